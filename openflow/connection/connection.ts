/**
 * One OpenFlow connection over an open stream (TCP, TLS or a unix socket), either side: frames and decodes what
 * comes, coalesces and bounds what goes, keeps the peer honest with echo, answers what cannot be decoded. It does not
 * know how the stream came to be, nor what messages mean beyond handshake, echo and the switch side's two answers.
 */
import type { Socket } from 'node:net'
import { Framer } from '../framer.ts'
import { Handshake, type Side } from '../handshake.ts'
import { OFPMPF_MORE } from '../spec/constants.ts'
import type { ErrorCodeName, ErrorTypeName } from '../spec/errors.ts'
import { decode, encodeOnto, type Message, type MessageNamed } from '../spec/message.ts'
import { nearestError } from '../spec/nearest-error.ts'
import type { Port } from '../spec/ports.ts'
import type { Writer } from '../wire/cursor.ts'
import { type ErrorAnswer, WireError } from '../wire/error.ts'
import { VERSIONS, type Version, versionText } from '../wire/version.ts'
import { Alive } from './alive.ts'
import { Outbox } from './outbox.ts'
import { Requests } from './requests.ts'
import {
  ConnectionClosed,
  type ConnectionOptions,
  type OpenFlowConnection,
  type RequestMessage,
  type SwitchAnswers,
} from './types.ts'

const DEFAULTS = {
  echoMs: 5000,
  deadMs: 15_000,
  handshakeMs: 10_000,
  maxHandshakeMessages: 10_000,
  maxMultipartOctets: 64 * 2 ** 20,
  highWater: 2 ** 20,
  lowWater: 2 ** 18,
  maxQueue: 256 * 2 ** 20,
  maxKept: 16 * 2 ** 20,
  versions: [VERSIONS.of13],
} satisfies Required<ConnectionOptions>

/** Ms that a closing connection has for writing its queue and for the peer's end. */
const LINGER_MS = 1000
/** Of lost framing, for which the framer knows no answer. */
const BAD_LENGTH: ErrorAnswer = { type: 'bad_request', code: 'bad_len' }
/** What an error message quotes (section 7.4.4: at least 64 octets). */
const QUOTED = 64
/** Ports that fit one part with whatever else a version tells of them: (65535 - 16) / 72. */
const PORTS_PER_PART = 910
const REQUEST_TIMEOUT_MS = 10_000
const ERROR_TYPE = 1
const LAST_OF_ANY_VERSION = 3
/** Message types that can answer a request: error, echo, experimenter, features, config, multipart, … replies. */
const ANSWER_TYPES = new Set([ERROR_TYPE, 3, 4, 6, 8, 19, 21, 23, 25, 27])

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
  readonly #limits: Required<ConnectionOptions>
  readonly #answers: SwitchAnswers | undefined
  readonly #framer = new Framer()
  readonly #requests: Requests
  #handshake: Handshake | undefined
  #outcome: Outcome | undefined
  #handshakeTimer: NodeJS.Timeout | undefined
  #features: MessageNamed<'features_reply'> | undefined
  #ports: Port[] = []

  readonly #outbox: Outbox
  readonly #alive: Alive
  #version: Version
  #echoXid = -1

  #kept: Message[] = []
  #keptOctets = 0
  #keptErrors: WireError[] = []
  #releasePlanned = false
  #paused = false
  #onMessage: ((message: Message) => void) | undefined
  #onFrame: ((frame: Uint8Array) => boolean) | undefined
  #onError: ((error: WireError) => void) | undefined
  #onClose: ((reason: string) => void) | undefined
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
    this.#outbox = new Outbox(socket, this.#limits, () =>
      this.#abort('the peer does not read: write queue above its limit'),
    )
    this.#alive = new Alive({
      echoMs: this.#limits.echoMs,
      deadMs: this.#limits.deadMs,
      paused: () => this.#paused,
      ask: () => {
        this.#echoXid = this.nextXid()
        this.send({ type: 'echo_request', xid: this.#echoXid, data: new Uint8Array(0) })
      },
      dead: () => this.#abort(`dead: nothing heard for ${this.#limits.deadMs} ms`),
    })
    const { handshakeMs } = this.#limits
    this.#handshakeTimer = setTimeout(() => this.close(`no handshake within ${handshakeMs} ms`), handshakeMs)
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error) => this.#abort(error.message))
    socket.on('end', () => this.#abort('closed by the peer'))
    socket.on('close', () => this.#abort('stream closed'))
    this.#sendEach(this.#handshake.start())
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
    if (this.#closed) return false
    const { buffer } = this.#outbox
    const start = buffer.at
    try {
      write(buffer)
    } catch (error) {
      buffer.at = start
      throw error
    }
    return this.#outbox.appended()
  }

  nextXid(): number {
    return this.#requests.nextXid()
  }

  async request(message: RequestMessage, options: { timeoutMs?: number } = {}): Promise<Message[]> {
    if (this.#closed) throw new ConnectionClosed(this.#reason)
    const xid = this.nextXid()
    encodeOnto(this.#outbox.buffer, [{ ...message, xid } as Message], this.#version)
    const answer = this.#requests.add(xid, message, options.timeoutMs ?? REQUEST_TIMEOUT_MS)
    this.#outbox.appended()
    return answer
  }

  drained(): Promise<void> {
    return this.#closed ? Promise.reject(new ConnectionClosed(this.#reason)) : this.#outbox.drained()
  }

  // ---- reading ----------------------------------------------------------------------------------------------

  #read(chunk: Uint8Array): void {
    if (this.#closed) return
    this.#alive.heard()
    const frames: Uint8Array[] = []
    let lost: WireError | undefined
    try {
      this.#framer.push(chunk, frames)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      lost = error
    }
    this.#guarded(frames, (frame) => this.#take(frame))
    if (lost === undefined || this.#closed) return
    this.send(this.#errorAnswer(lost, 0, chunk.subarray(0, 0)))
    this.close(`framing lost: ${lost}`)
    this.#tellError(lost)
  }

  /** A handler that throws loses what is left of its input, so the connection ends; the bug goes its way. */
  #guarded<T>(items: readonly T[], handle: (item: T) => void): void {
    try {
      for (const item of items) {
        if (this.#closed) return
        handle(item)
      }
    } catch (error) {
      this.#abort(`handler failed: ${error instanceof Error ? error.message : String(error)}`)
      throw error
    }
  }

  #take(frame: Uint8Array): void {
    if (this.#onFrame !== undefined && this.#handshake === undefined && this.#onFrame(frame)) return
    let message: Message
    try {
      if (this.#handshake === undefined) this.#expectVersion(frame)
      message = decode(frame)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#refuseMessage(frame, error)
      return
    }
    if (this.#handshake !== undefined) {
      const answers = this.#handshake.receive(message, frame.length)
      this.#version = this.#handshake.version
      this.#sendEach(answers)
      this.#step(this.#handshake)
      return
    }
    if (message.type === 'echo_request') {
      this.send({ type: 'echo_reply', xid: message.xid, data: message.data })
      return
    }
    if (message.type === 'echo_reply' && message.xid === this.#echoXid) {
      this.#echoXid = -1
      return
    }
    if (this.#requests.take(message, frame.length)) return
    if (this.#answers !== undefined && this.#answer(this.#answers, message)) return
    this.#deliver(message, frame.length)
  }

  /** After the handshake one version is spoken; what negotiates it (hello, error, echo) is read in any. */
  #expectVersion(frame: Uint8Array): void {
    if (frame[0] === this.#version || frame[1]! <= LAST_OF_ANY_VERSION) return
    const told = `OpenFlow ${versionText(frame[0]!)} on a connection that speaks ${versionText(this.#version)}`
    throw new WireError('bad_version', 0, told, { type: 'bad_request', code: 'bad_version' }).within('version')
  }

  #refuseMessage(frame: Uint8Array, error: WireError): void {
    const xid = ((frame[4]! << 24) | (frame[5]! << 16) | (frame[6]! << 8) | frame[7]!) >>> 0
    // An error is never answered with an error, lest two sides go on for ever.
    const answer = frame[1] === ERROR_TYPE ? undefined : this.#errorAnswer(error, xid, frame)
    if (this.#handshake !== undefined) {
      const answers = this.#handshake.undecodable(error, xid, answer)
      this.#sendEach(answers)
      this.#tellError(error)
      this.#step(this.#handshake)
      return
    }
    if (answer !== undefined) this.send(answer)
    if (ANSWER_TYPES.has(frame[1]!)) this.#requests.undecodable(xid, error)
    this.#tellError(error)
  }

  /** The handshake's messages: some are of a version that was not agreed on. */
  #sendEach(messages: readonly Message[]): void {
    for (const message of messages) {
      encodeOnto(this.#outbox.buffer, [message], message.version ?? this.#version)
      this.#outbox.appended()
    }
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

  #answer(answers: SwitchAnswers, message: Message): boolean {
    let replies: Message[]
    if (message.type === 'features_request') {
      // 1.0 tells the ports here.
      const ports = this.#version === VERSIONS.of10 ? { ports: [...answers.ports()] } : {}
      replies = [{ type: 'features_reply', ...answers.features(), ...ports, xid: message.xid }]
    } else if (message.type === 'multipart_request' && message.mp_type === 'port_desc') {
      replies = portParts(answers.ports(), message.xid)
    } else return false
    try {
      this.sendAll(replies)
    } catch (error) {
      // The peer chose the version: it must not bring this side down.
      if (!(error instanceof WireError)) throw error
      this.close(`what this switch is cannot be said in OpenFlow ${versionText(this.#version)}: ${error}`)
    }
    return true
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

  #deliver(message: Message, octets: number): void {
    if (this.#onMessage !== undefined && this.#kept.length === 0) {
      this.#onMessage(message)
      return
    }
    this.#kept.push(message)
    this.#keptOctets += octets
    if (this.#keptOctets > this.#limits.maxKept && !this.#paused) {
      this.#paused = true
      this.#socket.pause()
    }
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
      if (this.#paused) {
        this.#paused = false
        this.#alive.heard()
        this.#socket.resume()
      }
      this.#guarded(kept, (message) => this.onMessage(message))
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
    this.#outbox.flush()
    this.#finish(reason)
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS)
    this.#socket.once('close', () => clearTimeout(linger))
    this.#socket.end()
    this.#socket.resume()
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
    this.#handshake = undefined
    const outcome = this.#outcome
    this.#outcome = undefined
    queueMicrotask(() => {
      if (outcome !== undefined) outcome.refused(reason)
      else this.#onClose?.(reason)
      this.#closedWith?.(reason)
    })
  }
}

function portParts(ports: readonly Port[], xid: number): Message[] {
  const parts: Message[] = []
  for (let at = 0; at === 0 || at < ports.length; at += PORTS_PER_PART) {
    const flags = at + PORTS_PER_PART < ports.length ? OFPMPF_MORE : 0
    const body = ports.slice(at, at + PORTS_PER_PART)
    parts.push({ type: 'multipart_reply', xid, flags, mp_type: 'port_desc', body })
  }
  return parts
}

function ignore(): void {}

function leave(): boolean {
  return false
}

function limits(options: ConnectionOptions): Required<ConnectionOptions> {
  const given = Object.entries(options).filter(([key, value]) => key in DEFAULTS && value !== undefined)
  return { ...DEFAULTS, ...Object.fromEntries(given) }
}
