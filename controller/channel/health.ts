/**
 * What people are told of one switch's health: that it refused a change and took it later, that it is slow and no longer
 * is, that it sent what is no use. Each is told once for as long as it lasts, or once a second. A switch is slow while a
 * change is not confirmed in the time that it should take, and while its last echo came late; nobody waits for it longer
 * because of that, and nothing is sent or withheld. It refuses to decide what follows (the ledger does).
 */
import type { Tell } from '../events.ts'
import type { Effect } from '../flows/ledger.ts'

const TELL_FAULT_MS = 1000

export interface HealthContext {
  tell: Tell
  /** Milliseconds since the epoch. */
  now: () => number
  /** Milliseconds for an answer that a switch that is well does not need. */
  slowMs: number
  /** Slow, or no longer. */
  changed: () => void
}

export class Health {
  readonly #datapathId: string
  readonly #context: HealthContext
  #degradedTold = ''
  #faultToldAt = Number.NEGATIVE_INFINITY
  /** Why it is slow: of a change, of an echo. */
  #change: string | undefined
  #echo: string | undefined
  #slowTold = false
  #timer: NodeJS.Timeout | undefined

  constructor(datapathId: string, context: HealthContext) {
    this.#datapathId = datapathId
    this.#context = context
  }

  /** Why the switch counts as slow; undefined where it does not. */
  get slow(): string | undefined {
    return this.#change ?? this.#echo
  }

  /** A change was sent, which may take this much longer than an answer. */
  sent(generation: number, extraMs: number): void {
    const ms = this.#context.slowMs + Math.ceil(extraMs)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#set(() => (this.#change = `slow: generation ${generation} is not confirmed after ${ms} ms`))
    }, ms).unref()
  }

  /** What was sent has been confirmed. */
  answered(): void {
    clearTimeout(this.#timer)
    if (this.#change !== undefined) this.#set(() => (this.#change = undefined))
  }

  /** What was sent was refused or given up, which is told as that. */
  failed(): void {
    clearTimeout(this.#timer)
    this.#change = undefined
    if (this.#echo === undefined) this.#slowTold = false
  }

  /** It answered an echo after this many milliseconds. */
  echoed(ms: number): void {
    const late = ms > this.#context.slowMs
    if (!late && this.#echo === undefined) return
    this.#set(() => (this.#echo = late ? `slow: it answered an echo after ${Math.round(ms)} ms` : undefined))
  }

  /** Nothing is known of it any more. */
  gone(): void {
    clearTimeout(this.#timer)
    this.#change = undefined
    this.#echo = undefined
    this.#slowTold = false
  }

  /** Once per generation and error, however often it is tried. */
  degraded({ generation, applied, error }: Extract<Effect, { effect: 'degraded' }>): void {
    const text = `${generation} ${error}`
    if (this.#degradedTold === text) return
    this.#degradedTold = text
    this.#context.tell('switch-degraded', this.#datapathId, { generation, applied, error })
  }

  recovered(generation: number): void {
    this.#degradedTold = ''
    this.#context.tell('switch-recovered', this.#datapathId, { generation })
  }

  fault(reason: string): void {
    const now = this.#context.now()
    if (now - this.#faultToldAt < TELL_FAULT_MS) return
    this.#faultToldAt = now
    this.#context.tell('protocol-error', this.#datapathId, { reason })
  }

  #set(change: () => void): void {
    const before = this.slow
    change()
    const { slow } = this
    if (before === slow) return
    const { tell, changed } = this.#context
    if (slow !== undefined && !this.#slowTold && this.#degradedTold === '') {
      this.#slowTold = true
      tell('switch-slow', this.#datapathId, { reason: slow })
    } else if (slow === undefined && this.#slowTold) {
      this.#slowTold = false
      tell('switch-prompt', this.#datapathId)
    }
    changed()
  }
}
