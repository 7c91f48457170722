/**
 * Handshake: what two sides of an OpenFlow connection say before anything else (OpenFlow 1.3.5 sections 6.3.1 and
 * 7.5.1), as a state machine that is given messages and answers messages. It knows no socket and no clock; who owns
 * those also owns the time limit.
 *
 * Both sides send a hello and compare. Then the controller asks for features and ports and gathers all parts of the
 * answer; the switch is done with the hello, because its answers are the same at any time. What arrives meanwhile
 * and belongs to the user (port_status, packet_in, …) is kept in order.
 */
import { OFP_VERSION, OFPMPF_MORE } from './spec/constants.ts'
import type { HelloElement } from './spec/hello.ts'
import type { ErrorMessage, Message, MessageNamed } from './spec/message.ts'
import type { Port } from './spec/ports.ts'
import type { WireError } from './wire/error.ts'
import { VERSIONS, type Version, versionText } from './wire/version.ts'

export type Side = 'controller' | 'switch'

const WORD = 32
/** Versions are octets in headers: what a bitmap says of higher ones is of no use. */
const WORDS = 256 / WORD
/** A peer may claim all of them; people need not read them all. */
const SHOWN = 8
const utf8 = new TextEncoder()
const text = new TextDecoder('latin1')

function versionsText(versions: readonly number[]): string {
  const shown = versions.slice(0, SHOWN).map(versionText).join(', ')
  return versions.length > SHOWN ? `${shown} and ${versions.length - SHOWN} others` : shown
}

/** The element that says which versions are spoken. */
export function versionBitmap(versions: readonly number[]): HelloElement {
  const bitmaps: number[] = []
  for (const version of versions) {
    const word = Math.floor(version / WORD)
    while (bitmaps.length <= word) bitmaps.push(0)
    bitmaps[word] = (bitmaps[word]! | (1 << (version % WORD))) >>> 0
  }
  return { type: 'versionbitmap', bitmaps }
}

function spoken(hello: MessageNamed<'hello'>): Set<number> | undefined {
  let versions: Set<number> | undefined
  for (const element of hello.elements) {
    if (element.type !== 'versionbitmap') continue
    versions ??= new Set()
    for (const [word, bits] of element.bitmaps.slice(0, WORDS).entries()) {
      for (let bit = 0; bit < WORD; bit++) if ((bits >>> bit) & 1) versions.add(word * WORD + bit)
    }
  }
  return versions
}

/**
 * The version that both sides calculate from the two hellos (section 6.3.1): the highest in both bitmaps; if one has
 * no bitmap, or they share no bit, the smaller of the header versions. Either side may then find that it does not
 * speak the result.
 */
export function negotiate(one: MessageNamed<'hello'>, other: MessageNamed<'hello'>): number {
  const others = spoken(other)
  const common = [...(spoken(one) ?? [])].filter((version) => others?.has(version))
  if (common.length > 0) return Math.max(...common)
  return Math.min(one.version ?? OFP_VERSION, other.version ?? OFP_VERSION)
}

export interface HandshakeOptions {
  readonly side: Side
  /** Transaction ids for the controller's two requests. */
  readonly nextXid: () => number
  /** Versions to offer. Default 1.3 (4) alone. */
  readonly versions?: readonly Version[]
  /** Messages that the peer may send before the handshake is done. */
  readonly maxMessages?: number
  /** Octets that those messages may have in all. */
  readonly maxOctets?: number
}

type State = 'hello' | 'features' | 'ports' | 'done' | 'failed'

export class Handshake {
  readonly #side: Side
  readonly #nextXid: () => number
  readonly #versions: readonly Version[]
  #version: Version
  readonly #hello: MessageNamed<'hello'>
  #messagesLeft: number
  #octetsLeft: number
  #state: State = 'hello'
  #reason = ''
  /** Of the request that is outstanding. */
  #xid = -1
  #features: MessageNamed<'features_reply'> | undefined
  readonly #ports: Port[] = []
  readonly #kept: Message[] = []

  constructor(options: HandshakeOptions) {
    this.#side = options.side
    this.#nextXid = options.nextXid
    this.#versions = options.versions ?? [OFP_VERSION]
    this.#messagesLeft = options.maxMessages ?? 10_000
    this.#octetsLeft = options.maxOctets ?? 2 ** 24
    this.#version = Math.max(...this.#versions) as Version
    this.#hello = { type: 'hello', xid: this.#nextXid(), elements: [versionBitmap(this.#versions)] }
    if (this.#version !== OFP_VERSION) this.#hello.version = this.#version
  }

  get state(): State {
    return this.#state
  }

  /** To write in: the highest that is offered, then what both sides agreed on. */
  get version(): Version {
    return this.#version
  }

  /** Why the state is `failed`. */
  get reason(): string {
    return this.#reason
  }

  /** Controller side, state `done`: what the switch said of itself. */
  get features(): MessageNamed<'features_reply'> | undefined {
    return this.#features
  }

  /** Controller side: the ports of all parts that arrived. */
  get ports(): Port[] {
    return this.#ports
  }

  /** Messages for the user that came before the handshake was done, in order. */
  get kept(): readonly Message[] {
    return this.#kept
  }

  /** What to send as soon as the stream is open. */
  start(): Message[] {
    return [this.#hello]
  }

  /** Takes a message of that many octets; returns what to send. Look at `state` afterwards. */
  receive(message: Message, octets: number): Message[] {
    if (this.#state === 'failed') return []
    if (this.#state === 'done') {
      this.#kept.push(message)
      return []
    }
    if (--this.#messagesLeft < 0) return this.#fail('too many messages in the handshake')
    this.#octetsLeft -= octets
    if (this.#octetsLeft < 0) return this.#fail('too many octets in the handshake')
    if (this.#state === 'hello') return this.#greeted(message)
    if (message.type === 'echo_request') return [{ type: 'echo_reply', xid: message.xid, data: message.data }]
    if (message.type === 'error' && (message.xid === this.#xid || message.error_type === 'hello_failed')) {
      return this.#fail(describeError(message))
    }
    if (message.xid === this.#xid) {
      if (this.#state === 'features' && message.type === 'features_reply') return this.#featured(message)
      if (this.#state === 'ports' && message.type === 'multipart_reply') return this.#part(message)
    }
    this.#kept.push(message)
    return []
  }

  /** Takes a message that could not be decoded; `answer` is the error that the codec wants sent. */
  undecodable(error: WireError, xid: number, answer: Message | undefined): Message[] {
    if (this.#state === 'done' || this.#state === 'failed') return []
    const send = answer === undefined ? [] : [answer]
    if (this.#state === 'hello' || xid === this.#xid) return [...send, ...this.#fail(String(error))]
    if (--this.#messagesLeft < 0) return this.#fail('too many messages in the handshake')
    return send
  }

  #fail(reason: string): Message[] {
    this.#state = 'failed'
    this.#reason = reason
    return []
  }

  #greeted(message: Message): Message[] {
    if (message.type === 'error') return this.#fail(describeError(message))
    if (message.type !== 'hello') return this.#fail(`${message.type} before hello`)
    const version = negotiate(this.#hello, message)
    const spokenHere = this.#versions.find((one) => one === version)
    if (spokenHere === undefined) {
      const theirs = [...(spoken(message) ?? [message.version ?? OFP_VERSION])]
      this.#fail(
        `no common version: this side speaks ${versionsText(this.#versions)}, the peer ${versionsText(theirs)}`,
      )
      return [this.#incompatible(message)]
    }
    this.#version = spokenHere
    if (this.#side === 'switch') {
      this.#state = 'done'
      return []
    }
    this.#state = 'features'
    this.#xid = this.#nextXid()
    return [{ type: 'features_request', xid: this.#xid }]
  }

  /** In the peer's version when that is the lower one, so that it can read it. */
  #incompatible(hello: MessageNamed<'hello'>): Message {
    const theirs = hello.version ?? OFP_VERSION
    const error: ErrorMessage = {
      type: 'error',
      xid: hello.xid,
      error_type: 'hello_failed',
      code: 'incompatible',
      data: utf8.encode(this.#reason),
    }
    if (theirs > 0 && theirs < this.#version) error.version = theirs
    return error
  }

  /** Who agreed on a version does not answer in another. */
  #strange(message: Message): boolean {
    const version = message.version ?? OFP_VERSION
    if (version === this.#version) return false
    this.#fail(`${message.type} of OpenFlow ${versionText(version)} where ${versionText(this.#version)} was agreed on`)
    return true
  }

  #featured(message: MessageNamed<'features_reply'>): Message[] {
    if (this.#strange(message)) return []
    this.#features = message
    if (this.#version === VERSIONS.of10) {
      // 1.0 tells the ports here.
      this.#ports.push(...(message.ports ?? []))
      this.#state = 'done'
      return []
    }
    this.#state = 'ports'
    this.#xid = this.#nextXid()
    return [{ type: 'multipart_request', xid: this.#xid, flags: 0, mp_type: 'port_desc', body: {} }]
  }

  #part(message: MessageNamed<'multipart_reply'>): Message[] {
    if (this.#strange(message)) return []
    if (message.mp_type !== 'port_desc') return this.#fail(`${message.mp_type} in answer to port_desc`)
    for (const port of message.body) this.#ports.push(port)
    if ((message.flags & OFPMPF_MORE) === 0) this.#state = 'done'
    return []
  }
}

/** One line for people: type, code, and the text that hello_failed carries. */
export function describeError(message: ErrorMessage): string {
  const line = `error ${message.error_type}/${message.code}`
  if (message.error_type !== 'hello_failed' || message.data.length === 0) return line
  const words = text.decode(message.data.subarray(0, 200)).replace(/[^ -~]+/g, ' ')
  return `${line}: ${words.trim()}`
}
