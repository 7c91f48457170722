/**
 * What is written to hypervisors' databases, one wish at a time: a plan is carried out in one transaction where that is
 * allowed, and tried again, ever more rarely, where it fails; where nothing may be written, an event names the command.
 * What is wrong is told once, for as long as it is. It refuses to know what is wished and what rows mean (channel/).
 */
import type { EventType, Tell } from './events.ts'

/** How one wish differs from what a database says. */
export interface Repair {
  /** One transaction; empty where nothing is to be done. */
  operations: unknown[]
  /** What the operations do; details of an event for each. */
  steps: Record<string, string>[]
  /** The command line that does the same. */
  command: string
  /** Why it cannot be as it is wished, or does not work as it is; details of the event. */
  troubles: { type: EventType; details: Record<string, string> }[]
  /** It is to be looked at again although nothing that is followed will change. */
  again?: boolean
}

/** One kind of wish: the events that tell of it. */
export interface RepairKind {
  name: string
  written: EventType
  wanted: EventType
  failed: EventType
}

export interface RepairsOptions {
  /** Whether databases may be written to. */
  repair: boolean
  tell: Tell
}

/** Whoever takes a transaction: a database that is connected. */
export interface Writable {
  transact(operations: readonly unknown[]): Promise<void>
}

const RETRY_MS = 1000
const RETRY_MAX_MS = 60_000

export class Repairs {
  readonly #options: RepairsOptions
  /** What was told last of a wish, so that it is told once. */
  readonly #told = new Map<string, Set<string>>()
  readonly #writing = new Set<string>()
  readonly #retries = new Map<string, { timer: NodeJS.Timeout; ms: number }>()
  #closed = false

  constructor(options: RepairsOptions) {
    this.#options = options
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#retries.values()) clearTimeout(timer)
  }

  /**
   * @param about What the wish is of, and the subject of its events. @param look Asked for the plan now, with the details of
   * all events; undefined where there is nobody to write to. @param again Looks again, from the beginning.
   */
  look(
    kind: RepairKind,
    about: { key: string; subject: string },
    look: () => { repair: Repair; database: Writable; common: Record<string, string> } | undefined,
    again: () => void,
  ): void {
    const key = `${kind.name} ${about.key}`
    const { subject } = about
    if (this.#closed || this.#writing.has(key)) return
    const found = look()
    if (found === undefined) return
    const { repair, database, common } = found
    const { operations, steps, command, troubles } = repair
    const before = this.#told.get(key) ?? new Set<string>()
    // Until it is as it is wished, what was told of it stands.
    const now = new Set(operations.length > 0 ? before : [])
    this.#told.set(key, now)
    const once = (type: EventType, details: Record<string, string>): void => {
      const text = JSON.stringify([type, details])
      if (!before.has(text)) this.#options.tell(type, subject, { ...common, ...details })
      before.add(text)
      now.add(text)
    }
    for (const { type, details } of troubles) once(type, details)
    if (repair.again === true) this.#later(key, again)
    else if (operations.length === 0) this.#forget(key)
    if (operations.length === 0) {
      if (now.size === 0) this.#told.delete(key)
      return
    }
    if (!this.#options.repair) {
      once(kind.wanted, { command })
      return
    }
    this.#writing.add(key)
    database.transact(operations).then(
      () => {
        this.#forget(key)
        for (const details of steps) this.#options.tell(kind.written, subject, { ...common, ...details })
        // It comes back as a change, before or after the answer.
        this.#writing.delete(key)
        setImmediate(again)
      },
      (failure: Error) => {
        // Another was first where a wait failed: what he wrote comes as a change, and is looked at then.
        if (!failure.message.startsWith('timed out')) once(kind.failed, { ...steps[0], reason: failure.message })
        this.#writing.delete(key)
        this.#later(key, again)
      },
    )
  }

  #later(key: string, again: () => void): void {
    const before = this.#retries.get(key)
    if (this.#closed) return
    clearTimeout(before?.timer)
    const ms = Math.min(RETRY_MAX_MS, 2 * (before?.ms ?? RETRY_MS / 2))
    const timer = setTimeout(again, ms)
    timer.unref()
    this.#retries.set(key, { timer, ms })
  }

  #forget(key: string): void {
    clearTimeout(this.#retries.get(key)?.timer)
    this.#retries.delete(key)
  }
}
