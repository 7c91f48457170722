/**
 * A batch of writes on top of an intent: what each record was and is to be. Answers questions about the state after the
 * batch, so that checks and allocation see the whole batch at once and the order of its writes does not matter. It
 * stores nothing. Used by propose.ts, constraints.ts and allocate.ts.
 */
import { PREFIX, type RecordKind, type RecordOf } from '../../model/records.ts'
import type { Intent } from './intent.ts'

/** One record of a batch; absent `before` is a creation, absent `after` a deletion. */
export interface RecordChange<K extends RecordKind = RecordKind> {
  kind: K
  name: string
  before: RecordOf<K> | undefined
  after: RecordOf<K> | undefined
}

export class Changes {
  readonly intent: Intent
  readonly #changes = new Map<string, RecordChange>()

  constructor(intent: Intent) {
    this.intent = intent
  }

  get size(): number {
    return this.#changes.size
  }

  set(change: RecordChange): void {
    this.#changes.set(PREFIX[change.kind] + change.name, change)
  }

  has(kind: RecordKind, name: string): boolean {
    return this.#changes.has(PREFIX[kind] + name)
  }

  /** The record as it is to be. */
  get<K extends RecordKind>(kind: K, name: string): RecordOf<K> | undefined {
    const change = this.#changes.get(PREFIX[kind] + name)
    return change === undefined ? this.intent.record(kind, name) : (change.after as RecordOf<K> | undefined)
  }

  all(): IterableIterator<RecordChange> {
    return this.#changes.values()
  }

  *of<K extends RecordKind>(kind: K): IterableIterator<RecordChange<K>> {
    for (const change of this.#changes.values()) if (change.kind === kind) yield change as unknown as RecordChange<K>
  }

  /** Records as they are to be, of those that the batch writes. */
  *written<K extends RecordKind>(kind: K): IterableIterator<RecordOf<K>> {
    for (const { after } of this.of(kind)) if (after !== undefined) yield after
  }
}

/** Structural equality of stored values; a member that is undefined counts as absent. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [left, right] = [one as { [key: string]: unknown }, other as { [key: string]: unknown }]
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  for (const key of keys) if (!sameValue(left[key], right[key])) return false
  return true
}
