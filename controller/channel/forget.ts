/**
 * Tells a switch to forget connections, a few at a time with a barrier behind each few, since Open vSwitch goes through all
 * connections of a zone for each, and tells what came of it. It refuses to decide which and when; the ledger does.
 */
import type { ErrorMessage, OpenFlowConnection } from 'node-openflow'
import type { Tell } from '../events.ts'
import { type Flush, flushMessage } from '../flows/flush.ts'

/** Messages between barriers. */
const PER_BARRIER = 64

export class Forget {
  readonly #connection: OpenFlowConnection
  readonly #sent = new Set<number>()
  #refused = 0
  #refusal = ''
  #cancelled = false

  constructor(connection: OpenFlowConnection) {
    this.#connection = connection
  }

  /** True where the error answers one of these messages. */
  error({ xid, error_type, code }: ErrorMessage): boolean {
    if (!this.#sent.has(xid)) return false
    this.#refused++
    this.#refusal = `error ${error_type}/${code}`
    return true
  }

  /** Nothing more is sent or told. */
  cancel(): void {
    this.#cancelled = true
  }

  /** @returns Why the switch did not answer; undefined where it did, if only to refuse. Then it is not asked again. */
  async run(
    datapathId: string,
    { flushes, generation }: { flushes: readonly Flush[]; generation: number },
    answerMs: number,
    tell: Tell,
  ): Promise<string | undefined> {
    try {
      for (let at = 0; at < flushes.length && !this.#cancelled; at += PER_BARRIER) {
        const messages = flushes.slice(at, at + PER_BARRIER).map((flush) => {
          const xid = this.#connection.nextXid()
          this.#sent.add(xid)
          return flushMessage(flush, xid)
        })
        this.#connection.sendAll(messages)
        await this.#connection.request({ type: 'barrier_request' }, { timeoutMs: answerMs })
      }
    } catch (error) {
      return (error as Error).message
    }
    if (this.#cancelled) return undefined
    if (this.#refused === 0) tell('connections-cut', datapathId, { generation, count: flushes.length })
    else notCut(tell, datapathId, `it refused ${this.#refused} of ${flushes.length} message(s): ${this.#refusal}`)
    return undefined
  }
}

/** What a switch was not told to forget, or cannot. */
export function notCut(tell: Tell, datapathId: string, reason: string): void {
  tell('connections-not-cut', `switch ${datapathId}`, { reason })
}
