/**
 * Requests that wait for their answers, by xid, and the parts of multipart replies until the last one. It writes to
 * no socket; time limits are the one clock in here.
 */
import { OFPMPF_MORE } from '../spec/constants.ts'
import { MESSAGE_ROWS, type Message, type MessageType } from '../spec/message.ts'
import type { WireError } from '../wire/error.ts'
import { rowIn } from '../wire/union.ts'
import { SPOKEN_VERSIONS, type Version } from '../wire/version.ts'
import { timerMs } from './limits.ts'
import { BadReply, OpenFlowError, REPLIES, type RequestMessage, RequestTimeout } from './types.ts'

/** What a part counts for besides its octets: one without any takes memory, too. */
const PART_COST = 256
const EXPERIMENTER_TYPE = 4

/** Message types that can answer a request, as the octet in the header: errors and replies. */
const ANSWER_TYPES: Array<ReadonlySet<number>> = []
for (const version of SPOKEN_VERSIONS) {
  const places = ['error', ...Object.values(REPLIES)].map((type) => rowIn(MESSAGE_ROWS[type]!, version))
  ANSWER_TYPES[version] = new Set(
    places.flatMap((place) =>
      place === undefined ? [] : [place.experimenter === undefined ? place.number : EXPERIMENTER_TYPE],
    ),
  )
}

interface Waiting {
  readonly reply: MessageType
  /** Of a multipart request. */
  readonly mp_type: string | undefined
  readonly parts: Message[]
  /** Takes the parts; otherwise they are kept. */
  readonly part: ((part: Message) => void) | undefined
  octets: number
  readonly timer: NodeJS.Timeout
  readonly resolve: (parts: Message[]) => void
  readonly reject: (error: Error) => void
}

export class Requests {
  readonly #maxOctets: number
  readonly #waiting = new Map<number, Waiting>()
  /** Of the parts that wait for their last ones. */
  #octets = 0
  #last: number

  /** @param last The xid before the first. */
  constructor(maxOctets: number, last = 0) {
    this.#maxOctets = maxOctets
    this.#last = last
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Whether a request waits under this xid. */
  has(xid: number): boolean {
    return this.#waiting.has(xid)
  }

  /** Counts through 1 to 2^32 - 1, leaving out what is in use. */
  nextXid(): number {
    do this.#last = this.#last === 0xffffffff ? 1 : this.#last + 1
    while (this.#waiting.has(this.#last))
    return this.#last
  }

  /** Waits for the answer to a request that goes out under this xid. */
  add(xid: number, request: RequestMessage, timeoutMs: number, part?: (part: Message) => void): Promise<Message[]> {
    return new Promise((resolve, reject) => {
      const late = (): void => this.#settle(xid)?.reject(new RequestTimeout(request.type, timeoutMs))
      const timer = setTimeout(late, timerMs(timeoutMs))
      const mp_type = request.type === 'multipart_request' ? request.mp_type : undefined
      const reply = REPLIES[request.type]
      this.#waiting.set(xid, { reply, mp_type, parts: [], part, octets: 0, timer, resolve, reject })
    })
  }

  /** True if the message, of that many octets, answers a request; it then belongs to that request. */
  take(message: Message, octets: number): boolean {
    const waiting = this.#waiting.get(message.xid)
    if (waiting === undefined) return false
    if (message.type === 'error') {
      this.#settle(message.xid)?.reject(new OpenFlowError(message))
      return true
    }
    if (message.type !== waiting.reply) return false
    if (message.type === 'multipart_reply' && message.mp_type !== waiting.mp_type) {
      this.#settle(message.xid)?.reject(new BadReply(`${message.mp_type} in answer to ${waiting.mp_type}`))
      return true
    }
    if (waiting.part === undefined) waiting.parts.push(message)
    else {
      try {
        waiting.part(message)
      } catch (error) {
        this.#settle(message.xid)?.reject(error as Error)
        return true
      }
    }
    // Whoever takes them, it is for one answer.
    waiting.octets += octets + PART_COST
    this.#octets += octets + PART_COST
    if (this.#octets > this.#maxOctets) {
      this.#settle(message.xid)?.reject(new BadReply(`reply above ${this.#maxOctets} octets`))
    } else if (message.type !== 'multipart_reply' || (message.flags & OFPMPF_MORE) === 0) {
      this.#settle(message.xid)?.resolve(waiting.parts)
    }
    return true
  }

  /** A message of that type (octet of the header) could not be decoded: if a request waits for it, that is its answer. */
  undecodable(type: number, version: Version, xid: number, error: WireError): void {
    if (!ANSWER_TYPES[version]!.has(type)) return
    this.#settle(xid)?.reject(new BadReply(`undecodable reply: ${error}`, error))
  }

  /** Rejects everything. */
  fail(error: Error): void {
    for (const xid of [...this.#waiting.keys()]) this.#settle(xid)?.reject(error)
  }

  #settle(xid: number): Waiting | undefined {
    const waiting = this.#waiting.get(xid)
    if (waiting === undefined) return undefined
    clearTimeout(waiting.timer)
    this.#waiting.delete(xid)
    this.#octets -= waiting.octets
    return waiting
  }
}
