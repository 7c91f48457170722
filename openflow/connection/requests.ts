/**
 * Requests that wait for their answers, by xid, and the parts of multipart replies until the last one. It writes to
 * no socket; time limits are the one clock in here.
 */
import { OFPMPF_MORE } from '../spec/constants.ts'
import type { Message, MessageType } from '../spec/message.ts'
import type { WireError } from '../wire/error.ts'
import { BadReply, OpenFlowError, REPLIES, type RequestMessage, RequestTimeout } from './types.ts'

interface Waiting {
  readonly reply: MessageType
  /** Of a multipart request. */
  readonly mp_type: string | undefined
  readonly parts: Message[]
  octets: number
  readonly timer: NodeJS.Timeout
  readonly resolve: (parts: Message[]) => void
  readonly reject: (error: Error) => void
}

export class Requests {
  readonly #maxOctets: number
  readonly #waiting = new Map<number, Waiting>()
  #last: number

  /** @param last The xid before the first. */
  constructor(maxOctets: number, last = 0) {
    this.#maxOctets = maxOctets
    this.#last = last
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Counts through 1 to 2^32 - 1, leaving out what is in use. */
  nextXid(): number {
    do this.#last = this.#last === 0xffffffff ? 1 : this.#last + 1
    while (this.#waiting.has(this.#last))
    return this.#last
  }

  /** Waits for the answer to a request that goes out under this xid. */
  add(xid: number, request: RequestMessage, timeoutMs: number): Promise<Message[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(xid)?.reject(new RequestTimeout(request.type, timeoutMs)), timeoutMs)
      const mp_type = request.type === 'multipart_request' ? request.mp_type : undefined
      this.#waiting.set(xid, { reply: REPLIES[request.type], mp_type, parts: [], octets: 0, timer, resolve, reject })
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
    waiting.octets += octets
    if (waiting.octets > this.#maxOctets) {
      this.#settle(message.xid)?.reject(new BadReply(`reply above ${this.#maxOctets} octets`))
      return true
    }
    waiting.parts.push(message)
    if (message.type !== 'multipart_reply' || (message.flags & OFPMPF_MORE) === 0) {
      this.#settle(message.xid)?.resolve(waiting.parts)
    }
    return true
  }

  /** The answer to this xid, if one is awaited, could not be decoded. */
  undecodable(xid: number, error: WireError): void {
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
    return waiting
  }
}
