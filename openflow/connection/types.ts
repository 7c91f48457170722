/**
 * What users of OpenFlow connections see: the connection, its errors, and which request has which reply. No code that
 * touches a socket is here.
 */
import { describeError, type Side } from '../handshake.ts'
import type { ErrorMessage, Message, MessageNamed, MessageType } from '../spec/message.ts'
import type { Port } from '../spec/ports.ts'
import type { Writer } from '../wire/cursor.ts'
import type { WireError } from '../wire/error.ts'
import type { Version } from '../wire/version.ts'

/**
 * Requests that have a reply, and its type. Others (flow_mod, …) are answered by an error or by nothing: send them,
 * then request a barrier.
 */
export const REPLIES = {
  echo_request: 'echo_reply',
  features_request: 'features_reply',
  get_config_request: 'get_config_reply',
  multipart_request: 'multipart_reply',
  barrier_request: 'barrier_reply',
  queue_get_config_request: 'queue_get_config_reply',
  role_request: 'role_reply',
  nx_role_request: 'nx_role_reply',
  get_async_request: 'get_async_reply',
  nx_tlv_table_request: 'nx_tlv_table_reply',
  bundle_control: 'bundle_control',
  experimenter: 'experimenter',
} as const satisfies Partial<Record<MessageType, MessageType>>

type WithoutXid<M> = M extends unknown ? Omit<M, 'xid'> & { xid?: number } : never
/** A message that has a reply; an xid in it is ignored. */
export type RequestMessage = WithoutXid<MessageNamed<keyof typeof REPLIES>>

export interface RequestOptions {
  timeoutMs?: number
  /** Takes a part of the reply. What it throws, the request rejects with. */
  part?: (part: Message) => void
}

/** The peer answered a request with an OpenFlow error. */
export class OpenFlowError extends Error {
  readonly answer: ErrorMessage

  constructor(answer: ErrorMessage) {
    super(describeError(answer))
    this.name = 'OpenFlowError'
    this.answer = answer
  }
}

/** The connection closed before the answer; the message is the reason. */
export class ConnectionClosed extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'ConnectionClosed'
  }
}

/** No answer in time. It may still come, and then goes to onMessage. */
export class RequestTimeout extends Error {
  constructor(type: string, ms: number) {
    super(`no answer to ${type} within ${ms} ms`)
    this.name = 'RequestTimeout'
  }
}

/** An answer came that is of no use: undecodable, of another multipart type, or above the limit. */
export class BadReply extends Error {
  constructor(reason: string, cause?: WireError) {
    super(reason, { cause })
    this.name = 'BadReply'
  }
}

/** TCP connections are Nagle-free; every write of one turn of the event loop leaves in one piece. */
export interface OpenFlowConnection {
  readonly side: Side
  /** The version that the handshake agreed on. Messages are written in it, whatever version they came in. */
  readonly version: Version
  /** `address:port`, `[address]:port`, or `unix:path`. */
  readonly remote: string
  /** Common name in the peer's certificate; undefined without TLS. */
  readonly peer?: string
  /** Organisational unit in the peer's certificate; undefined without TLS, or where there is not exactly one. */
  readonly peerUnit?: string
  /** What the switch said of itself; on the switch side, what this side says. */
  readonly features: MessageNamed<'features_reply'>
  /** All ports at the time of the handshake; changes arrive as port_status. */
  readonly ports: Port[]
  /**
   * Assigns nothing; the xid is the caller's (see nextXid). False: sent all the same, but above the high water mark,
   * so wait for drained(). A closed connection drops the message and gives false. Throws WireError, sending nothing,
   * on a message that cannot be encoded; its offset counts from the first octet of these messages.
   */
  send(message: Message): boolean
  /** As send, for several; all or, on WireError, none. */
  sendAll(messages: readonly Message[]): boolean
  /**
   * Sends octets that the caller writes straight into the connection's buffer: whole messages of this connection's
   * version, from `w.at` on (views have writers for the hot ones). What it throws undoes what it wrote, and so does
   * closing from within it; sending from within it throws.
   */
  sendOctets(write: (w: Writer) => void): boolean
  /**
   * Sends with a fresh xid; resolves with the reply, or with all parts of a multipart reply. Rejects with
   * OpenFlowError, ConnectionClosed, RequestTimeout (default 10 000 ms), BadReply, or WireError (not sent).
   * With `part`, each part is given to it as it comes, and none is kept: the request then resolves with none.
   */
  request(message: RequestMessage, options?: RequestOptions): Promise<Message[]>
  /** A transaction id that no request uses now; never 0, which switches use for what nobody asked for. */
  nextXid(): number
  /**
   * Resolves when the write queue is below the low water mark; at once where send has not given false since it was.
   * Rejects with ConnectionClosed.
   */
  drained(): Promise<void>
  /** Octets that wait to be written. */
  readonly queued: number
  /**
   * Every message that no request consumed; echo is handled inside. What arrives before this or onFrame is set is kept,
   * in order. Octet values are views of received memory: copy what outlives the call.
   */
  onMessage: (message: Message) => void
  /**
   * Sees every frame of the agreed version after the handshake before it is decoded; true takes it, and nothing else
   * happens to it. For who reads the hot messages through views. The frame is a view of received memory. Leave replies
   * and echoes (false). Frames that were kept come here first.
   */
  onFrame: (frame: Uint8Array) => boolean
  /** A message that could not be decoded. It has been answered; the connection goes on unless framing is lost. */
  onError: (error: WireError) => void
  /** The peer has answered an echo request of this side, after so many ms. */
  onEcho: (ms: number) => void
  /** Exactly once, after `closed` has become true, never from within close(). May be set late. */
  onClose: (reason: string) => void
  /** Writes what is queued, for a second at most, then ends the stream. Outstanding requests reject at once. */
  close(reason?: string): void
  readonly closed: boolean
}

/** Limits and times of a connection; what contradicts itself is a RangeError. Infinity, for a time, is for ever. */
export interface ConnectionOptions {
  /** Ms without an octet from the peer until an echo request is sent. Default 5 000. */
  readonly echoMs?: number
  /**
   * Ms without an octet, or without progress in reading the answers for which reading waits, until the peer counts as
   * dead and the connection closes. Default three times echoMs.
   */
  readonly deadMs?: number
  /** Ms that a handshake may take. Default 10 000. */
  readonly handshakeMs?: number
  /** Messages that the peer may send in the handshake. Default 10 000. */
  readonly maxHandshakeMessages?: number
  /** Octets of the multipart replies that are not whole yet, all together. Default 64 MiB. */
  readonly maxMultipartOctets?: number
  /** Octets queued from which send gives false. Default 1 MiB. */
  readonly highWater?: number
  /** Octets queued at which drained() resolves. Default a quarter of highWater. */
  readonly lowWater?: number
  /**
   * Octets queued above which the connection closes: the peer does not read and the caller does not wait. Default
   * 16 MiB, or twice highWater. What the peer itself asks for (echo, errors, the switch side's answers) never comes near:
   * with more than 64 KiB of it unread, the peer is not read from.
   */
  readonly maxQueue?: number
  /**
   * Octets kept for an onMessage that is not yet set; reading pauses above. In the handshake, octets that the peer may
   * send (a port takes 72). Default 8 MiB.
   */
  readonly maxKept?: number
  /** Versions to offer. Default 1.3 (4) alone. */
  readonly versions?: readonly Version[]
}

/** PEM texts. The other side's certificate must be signed by `ca`. */
export interface TlsOptions {
  readonly key: string
  readonly cert: string
  readonly ca: string
}

/** What a switch side answers, at any time, when asked. */
export interface SwitchAnswers {
  features(): Omit<MessageNamed<'features_reply'>, 'type' | 'xid'>
  ports(): readonly Port[]
}
