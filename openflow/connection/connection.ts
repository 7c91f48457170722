/**
 * One OpenFlow connection over an open stream (TCP, TLS or a unix socket), either side: frames and decodes what
 * comes, coalesces and bounds what goes, keeps the peer honest with echo, answers what cannot be decoded. It does not
 * know how the stream came to be, nor what messages mean beyond handshake, echo and the switch side's two answers.
 */
import type { Socket } from 'node:net'
import { Handshake, type Side } from '../handshake.ts'
import type { ErrorCodeName, ErrorTypeName } from '../spec/errors.ts'
import { decode, encodeOnto, type Message, type MessageNamed } from '../spec/message.ts'
import { nearestError } from '../spec/nearest-error.ts'
import type { Port } from '../spec/ports.ts'
import type { Writer } from '../wire/cursor.ts'
import { type ErrorAnswer, WireError } from '../wire/error.ts'
import { u32At } from '../wire/octets.ts'
import { type Version, versionText } from '../wire/version.ts'
import { Alive } from './alive.ts'
import { answer } from './answers.ts'
import { HOLD, Inbox } from './inbox.ts'
import { type Limits, limits } from './limits.ts'
import { Outbox } from './outbox.ts'
import { Requests } from './requests.ts'
import {
  ConnectionClosed,
  type ConnectionOptions,
  type OpenFlowConnection,
  type RequestMessage,
  type RequestOptions,
  type SwitchAnswers,
} from './types.ts'

/** Ms that a closing connection has for writing its queue and for the peer's end. */
const LINGER_MS = 1000
/** Of lost framing, for which the framer knows no answer. */
const BAD_LENGTH: ErrorAnswer = { type: 'bad_request', code: 'bad_len' }
/** What an error message quotes (section 7.4.4: at least 64 octets). */
const QUOTED = 64
const REQUEST_TIMEOUT_MS = 10_000
const ERROR_TYPE = 1
const LAST_OF_ANY_VERSION = 3
/** Octets of answers that wait for the peer to read them from which nothing more is read of it. */
const UNREAD_MOST = 65_536
/** What keeping a frame costs besides its octets. */
const KEPT_COST = 128

export interface Terms extends ConnectionOptions {
  readonly side: Side
  readonly remote: string
  readonly peer?: string
  readonly peerUnit?: string
  /** Switch side only. */
  readonly answers?: SwitchAnswers
}

/** What is told while nobody has the connection yet: exactly one of the two, once. */
export interface Outcome {
  established(connection: Connection): void
  refused(reason: string): void
}

export class Connection implements OpenFlowConnection {
  readonly side: Side
  readonly remote: string
  declare readonly peer?: string
  declare readonly peerUnit?: string
  readonly #socket: Socket
  readonly #limits: Limits
  readonly #answers: SwitchAnswers | undefined
  readonly #requests: Requests
  #handshake: Handshake | undefined
  #outcome: Outcome | undefined
  #handshakeTimer: NodeJS.Timeout | undefined
  #features: MessageNamed<'features_reply'> | undefined
  #ports: Port[] = []

  readonly #inbox: Inbox
  readonly #outbox: Outbox
  readonly #alive: Alive
  #version: Version
  #echoXid = -1
  #echoAt = 0

  /** For a handler that is not set yet: messages of the handshake, then frames, copied. */
  #kept: Array<Message | Uint8Array> = []
  #keptOctets = 0
  #keptErrors: WireError[] = []
  #releasePlanned = false
  #onMessage: ((message: Message) => void) | undefined
  #onFrame: ((frame: Uint8Array) => boolean) | undefined
  #onError: ((error: WireError) => void) | undefined
  #onClose: ((reason: string) => void) | undefined
  onEcho: (ms: number) => void = ignore
  #closedWith: ((reason: string) => void) | undefined
  #closed = false
  #reason = ''

  /** Takes over an open socket and begins the handshake. */
  constructor(socket: Socket, terms: Terms, outcome: Outcome) {
    this.side = terms.side
    this.remote = terms.remote
    if (terms.peer !== undefined) this.peer = terms.peer
    if (terms.peerUnit !== undefined) this.peerUnit = terms.peerUnit
    this.#socket = socket
    this.#answers = terms.answers
    this.#limits = limits(terms)
    this.#outcome = outcome
    this.#requests = new Requests(this.#limits.maxMultipartOctets)
    this.#handshake = new Handshake({
      side: terms.side,
      nextXid: () => this.nextXid(),
      maxMessages: this.#limits.maxHandshakeMessages,
      maxOctets: this.#limits.maxKept,
      versions: this.#limits.versions,
    })
    this.#version = this.#handshake.version
    this.#outbox = new Outbox(socket, this.#limits, {
      overflow: () => this.#abort('the peer does not read: write queue above its limit'),
      written: () => this.#readOn(),
    })
    this.#inbox = new Inbox(socket, {
      heard: () => this.#alive.heard(),
      frame: (frame) => this.#take(frame),
      lost: (error) => this.#lose(error),
      ended: () => this.#abort('closed by the peer'),
      failed: (error) => this.#fail(error),
    })
    this.#alive = new Alive({
      echoMs: this.#limits.echoMs,
      deadMs: this.#limits.deadMs,
      paused: () => this.#inbox.held(HOLD.kept),
      ask: () => {
        this.#echoXid = this.nextXid()
        this.#echoAt = performance.now()
        this.send({ type: 'echo_request', xid: this.#echoXid, data: new Uint8Array(0) })
      },
      dead: () =>
        this.#abort(
          this.#inbox.held(HOLD.unread)
            ? `dead: it has not read its answers for ${this.#limits.deadMs} ms`
            : `dead: nothing heard for ${this.#limits.deadMs} ms`,
        ),
    })
    const { handshakeMs } = this.#limits
    this.#handshakeTimer = setTimeout(() => this.close(`no handshake within ${handshakeMs} ms`), handshakeMs)
    socket.setNoDelay(true)
    socket.on('error', (error) => this.#abort(error.message))
    socket.on('close', () => this.#abort('stream closed'))
    this.#answer(this.#handshake.start())
  }

  get features(): MessageNamed<'features_reply'> {
    if (this.#answers !== undefined) return { type: 'features_reply', xid: 0, ...this.#answers.features() }
    if (this.#features === undefined) throw new Error('features are known after the handshake')
    return this.#features
  }

  get ports(): Port[] {
    return this.#answers === undefined ? this.#ports : [...this.#answers.ports()]
  }

  get closed(): boolean {
    return this.#closed
  }

  // ---- writing ----------------------------------------------------------------------------------------------

  get version(): Version {
    return this.#version
  }

  get queued(): number {
    return this.#outbox.queued
  }

  send(message: Message): boolean {
    return this.sendAll([message])
  }

  sendAll(messages: readonly Message[]): boolean {
    if (this.#closed) return false
    encodeOnto(this.#outbox.buffer, messages, this.#version)
    return this.#outbox.appended()
  }

  sendOctets(write: (w: Writer) => void): boolean {
    return this.#closed ? false : this.#outbox.lend(write, this.#version)
  }

  nextXid(): number {
    return this.#requests.nextXid()
  }

  async request(message: RequestMessage, options: RequestOptions = {}): Promise<Message[]> {
    if (this.#closed) throw new ConnectionClosed(this.#reason)
    const xid = this.nextXid()
    encodeOnto(this.#outbox.buffer, [{ ...message, xid } as Message], this.#version)
    const answer = this.#requests.add(xid, message, options.timeoutMs ?? REQUEST_TIMEOUT_MS, options.part)
    this.#outbox.appended()
    return answer
  }

  drained(): Promise<void> {
    return this.#closed ? Promise.reject(new ConnectionClosed(this.#reason)) : this.#outbox.drained()
  }

  // ---- reading ----------------------------------------------------------------------------------------------

  #take(frame: Uint8Array): void {
    const handshake = this.#handshake
    if (handshake === undefined) {
      if (this.#kept.length === 0 && this.#isSpoken(frame) && this.#onFrame?.(frame)) return
      const message = this.#decoded(this.#requests.has(xidOf(frame)) ? owned(frame) : frame)
      if (message !== undefined) this.#handle(message, frame)
      return
    }
    // The messages that the handshake keeps must not keep what was received with them.
    const message = this.#decoded(owned(frame))
    if (message === undefined) return
    const answers = handshake.receive(message, frame.length)
    this.#version = handshake.version
    this.#answer(answers)
    this.#step(handshake)
  }

  #handle(message: Message, frame: Uint8Array): void {
    if (message.type === 'echo_request') {
      this.#answer([{ type: 'echo_reply', xid: message.xid, data: message.data }])
    } else if (message.type === 'echo_reply' && message.xid === this.#echoXid) {
      this.#echoXid = -1
      this.onEcho(performance.now() - this.#echoAt)
    } else if (!this.#requests.take(message, frame.length) && !this.#answeredHere(message))
      this.#deliver(message, frame)
  }

  /** Once a version is agreed on it is spoken; what negotiates it (hello, error, echo) is read in any. */
  #isSpoken(frame: Uint8Array): boolean {
    return frame[0] === this.#version || frame[1]! <= LAST_OF_ANY_VERSION || this.#handshake?.state === 'hello'
  }

  /** Undefined where it was refused. */
  #decoded(frame: Uint8Array): Message | undefined {
    try {
      if (this.#isSpoken(frame)) return decode(frame)
      const told = `OpenFlow ${versionText(frame[0]!)} on a connection that speaks ${versionText(this.#version)}`
      throw new WireError('bad_version', 0, told, { type: 'bad_request', code: 'bad_version' }).within('version')
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#refuseMessage(frame, error)
      return undefined
    }
  }

  #refuseMessage(frame: Uint8Array, error: WireError): void {
    const xid = xidOf(frame)
    // An error is never answered with an error, lest two sides go on for ever.
    const told = frame[1] === ERROR_TYPE ? undefined : this.#errorAnswer(error, xid, frame)
    if (this.#handshake !== undefined) {
      this.#answer(this.#handshake.undecodable(error, xid, told))
      this.#tellError(error)
      if (this.#handshake !== undefined) this.#step(this.#handshake)
      return
    }
    if (told !== undefined) this.#answer([told])
    this.#requests.undecodable(frame[1]!, this.#version, xid, error)
    this.#tellError(error)
  }

  #lose(error: WireError): void {
    this.#answer([this.#errorAnswer(error, 0, new Uint8Array(0))])
    this.close(`framing lost: ${error}`)
    this.#tellError(error)
  }

  /** A handler that throws loses what is left of its input, so the connection ends; the bug goes its way. */
  #fail(error: unknown): void {
    this.#abort(`handler failed: ${error instanceof Error ? error.message : String(error)}`)
  }

  /**
   * What the peer asked for, whether it reads it or not: when it does not, it is not read from either. Messages of the
   * handshake may be of a version that was not agreed on.
   */
  #answer(messages: readonly Message[]): void {
    if (messages.length === 0 || this.#closed) return
    const { buffer } = this.#outbox
    const start = buffer.at
    if (this.#handshake === undefined) encodeOnto(buffer, messages, this.#version)
    else
      encodeOnto(
        buffer,
        messages.map((one) => ({ version: this.#version, ...one })),
      )
    const octets = buffer.at - start
    this.#outbox.appended(octets)
    this.#inbox.spend(octets)
    if (this.#outbox.unread > UNREAD_MOST) this.#inbox.hold(HOLD.unread)
  }

  /** Something was written. */
  #readOn(): void {
    if (!this.#inbox.held(HOLD.unread)) return
    // Nobody who takes what was written is dead.
    this.#alive.heard()
    if (this.#outbox.unread <= UNREAD_MOST / 2) this.#inbox.release(HOLD.unread)
  }

  /** Looks at what the handshake has come to. */
  #step(handshake: Handshake): void {
    if (handshake.state === 'failed') this.close(handshake.reason)
    if (handshake.state !== 'done' || this.#closed) return
    clearTimeout(this.#handshakeTimer)
    this.#handshakeTimer = undefined
    this.#handshake = undefined
    this.#features = handshake.features
    this.#ports = handshake.ports
    this.#kept.push(...handshake.kept)
    this.#alive.start()
    const outcome = this.#outcome
    this.#outcome = undefined
    outcome?.established(this)
  }

  #answeredHere(message: Message): boolean {
    if (this.#answers === undefined) return false
    try {
      return answer(this.#answers, this.#version, message, (replies) => this.#answer(replies))
    } catch (error) {
      // The peer chose the version: it must not bring this side down.
      if (!(error instanceof WireError)) throw error
      this.close(`what this switch is cannot be said in OpenFlow ${versionText(this.#version)}: ${error}`)
      return true
    }
  }

  /** In the version that is written here; what was refused may be of another, whose errors this one may lack. */
  #errorAnswer(error: WireError, xid: number, frame: Uint8Array): Message {
    const { type, code } = nearestError(error.error ?? BAD_LENGTH, this.#version)
    const kind = { error_type: type as ErrorTypeName, code: code as ErrorCodeName }
    return { type: 'error', xid, ...kind, data: frame.subarray(0, QUOTED) }
  }

  // ---- handing over -----------------------------------------------------------------------------------------

  get onMessage(): (message: Message) => void {
    return this.#onMessage ?? ignore
  }

  set onMessage(handler: (message: Message) => void) {
    this.#onMessage = handler
    this.#release()
  }

  get onFrame(): (frame: Uint8Array) => boolean {
    return this.#onFrame ?? leave
  }

  set onFrame(handler: (frame: Uint8Array) => boolean) {
    this.#onFrame = handler
    this.#release()
  }

  get onError(): (error: WireError) => void {
    return this.#onError ?? ignore
  }

  set onError(handler: (error: WireError) => void) {
    this.#onError = handler
    for (const error of this.#keptErrors.splice(0)) queueMicrotask(() => handler(error))
  }

  get onClose(): (reason: string) => void {
    return this.#onClose ?? ignore
  }

  set onClose(handler: (reason: string) => void) {
    const late = this.#closed && this.#onClose === undefined
    this.#onClose = handler
    if (late) queueMicrotask(() => handler(this.#reason))
  }

  /** For who opened the connection; its users have onClose. */
  closedWith(handler: (reason: string) => void): void {
    this.#closedWith = handler
  }

  /** Whether somebody takes what comes. */
  get #attended(): boolean {
    return this.#onMessage !== undefined || this.#onFrame !== undefined
  }

  #deliver(message: Message, frame: Uint8Array): void {
    if (this.#attended && this.#kept.length === 0) {
      this.#onMessage?.(message)
      return
    }
    this.#kept.push(owned(frame))
    this.#keptOctets += frame.length + KEPT_COST
    if (this.#keptOctets > this.#limits.maxKept) this.#inbox.hold(HOLD.kept)
  }

  /** Kept messages go out in a turn of their own, so that setting a handler never calls it. */
  #release(): void {
    if (this.#releasePlanned || this.#kept.length === 0) return
    this.#releasePlanned = true
    queueMicrotask(() => {
      this.#releasePlanned = false
      const kept = this.#kept
      this.#kept = []
      this.#keptOctets = 0
      try {
        for (const one of kept) {
          if (this.#closed) return
          if (!(one instanceof Uint8Array)) this.#onMessage?.(one)
          else if (!this.#onFrame?.(one)) this.#onMessage?.(decode(one))
        }
      } catch (error) {
        this.#fail(error)
        throw error
      }
      if (!this.#inbox.held(HOLD.kept)) return
      this.#alive.heard()
      this.#inbox.release(HOLD.kept)
    })
  }

  #tellError(error: WireError): void {
    if (this.#onError !== undefined) this.#onError(error)
    else if (this.#keptErrors.length < 100) this.#keptErrors.push(error)
  }

  // ---- closing ----------------------------------------------------------------------------------------------

  /** Writes what is queued, ends the stream, and does not wait for ever for the peer's end. */
  close(reason = 'closed by this side'): void {
    if (this.#closed) return
    this.#outbox.finish()
    this.#finish(reason)
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS)
    this.#socket.once('close', () => clearTimeout(linger))
    this.#socket.end()
  }

  /** The stream ended or broke, or is not worth a last word. */
  #abort(reason: string): void {
    if (!this.#closed) this.#finish(reason)
    this.#socket.destroy()
  }

  #finish(reason: string): void {
    this.#closed = true
    this.#reason = reason
    clearTimeout(this.#handshakeTimer)
    this.#alive.stop()
    const error = new ConnectionClosed(reason)
    this.#requests.fail(error)
    this.#outbox.close(error)
    this.#inbox.stop()
    this.#handshake = undefined
    this.#kept = []
    const outcome = this.#outcome
    this.#outcome = undefined
    // Each for itself: what one throws must not keep the other from knowing.
    queueMicrotask(() => (outcome === undefined ? this.#onClose?.(reason) : outcome.refused(reason)))
    queueMicrotask(() => this.#closedWith?.(reason))
  }
}

function xidOf(frame: Uint8Array): number {
  return u32At(frame, 4)
}

/** The frame, or a copy where it would hold more than itself: a few octets of a chunk hold all of it. */
function owned(frame: Uint8Array): Uint8Array {
  return frame.length === frame.buffer.byteLength ? frame : new Uint8Array(frame)
}

function ignore(): void {}

function leave(): boolean {
  return false
}
