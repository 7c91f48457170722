/**
 * Who asks, in turn: each port may ask so often, all together so often, so many wait at once and so many are answered at
 * once. What is more is dropped and counted; DHCP clients ask again. A port that floods loses its own questions and delays
 * nobody else's. It refuses to look into questions. Used by server.ts.
 */
import { FairQueue } from '../channel/fair-queue.ts'
import { Allowance } from '../channel/spacing.ts'

export const TURN_LIMITS = {
  /** Of a port: questions at once, and per second after that. A client that boots asks four or five times. */
  port: { burst: 20, perSecond: 10, waiting: 8 },
  /** Of a port that relays the questions of others. */
  relay: { burst: 4000, perSecond: 20_000, waiting: 1024 },
  /** Of all ports. */
  total: { burst: 8000, perSecond: 20_000 },
  /** Ports that are remembered, and questions that are answered at once. */
  ports: 65_536,
  busy: 256,
} as const

export interface TurnLimits {
  port: { burst: number; perSecond: number; waiting: number }
  relay: { burst: number; perSecond: number; waiting: number }
  total: { burst: number; perSecond: number }
  ports: number
  busy: number
}

interface Waiting<Q> {
  key: string
  question: Q
}

export class Turns<Q> {
  readonly #limits: TurnLimits
  readonly #answer: (question: Q) => Promise<void>
  readonly #allowances = new Map<string, Allowance>()
  readonly #total: Allowance
  readonly #waiting: FairQueue<Waiting<Q>>
  /** How many wait of a port. */
  readonly #counts = new Map<string, number>()
  #busy = 0
  #closed = false

  /** @param answer Never rejects. */
  constructor(answer: (question: Q) => Promise<void>, limits: TurnLimits = TURN_LIMITS) {
    this.#answer = answer
    this.#limits = limits
    this.#total = new Allowance(limits.total.burst, limits.total.perSecond)
    this.#waiting = new FairQueue(Math.max(limits.port.waiting, limits.relay.waiting))
  }

  /** False where it is dropped. @param nowMs Monotonic. */
  ask(port: string, isRelay: boolean, question: Q, nowMs: number): boolean {
    if (this.#closed) return false
    const limits = isRelay ? this.#limits.relay : this.#limits.port
    const key = `${port}${isRelay ? ' relay' : ''}`
    // What its own port may not ask takes nothing of what all may.
    if (!this.#allowance(key, limits).take(1, nowMs)) return false
    const waiting = this.#counts.get(key) ?? 0
    if (waiting >= limits.waiting || !this.#total.take(1, nowMs)) return false
    if (this.#busy < this.#limits.busy) {
      this.#run(question)
      return true
    }
    if (!this.#waiting.push(key, { key, question })) return false
    this.#counts.set(key, waiting + 1)
    return true
  }

  close(): void {
    this.#closed = true
  }

  #allowance(key: string, { burst, perSecond }: { burst: number; perSecond: number }): Allowance {
    const known = this.#allowances.get(key)
    if (known !== undefined) return known
    const [oldest] = this.#allowances.size >= this.#limits.ports ? this.#allowances.keys() : []
    if (oldest !== undefined) this.#allowances.delete(oldest)
    const allowance = new Allowance(burst, perSecond)
    this.#allowances.set(key, allowance)
    return allowance
  }

  #run(question: Q): void {
    this.#busy++
    void this.#answer(question).finally(() => {
      this.#busy--
      const next = this.#closed ? undefined : this.#waiting.shift()
      if (next === undefined) return
      const left = (this.#counts.get(next.key) ?? 1) - 1
      if (left === 0) this.#counts.delete(next.key)
      else this.#counts.set(next.key, left)
      this.#run(next.question)
    })
  }
}
