/**
 * How what a switch has differs from what it is known to have been given, in numbers and, for the first few, in words.
 * Pure. It refuses to correct anything.
 */
import { formatFlow } from 'node-openflow'
import { diff, isTimed, type Operation } from '../flows/diff.ts'
import type { Flow, SwitchProgram } from '../policy/program.ts'

/** Flows that are written out unless told otherwise, and characters of one. */
const SHOWN = 8
const SHOWN_CHARACTERS = 300

export type DriftKind = 'missing' | 'changed' | 'stale'

/** An account of differences; several can be put together. */
export class Drift {
  /** Flows, groups and meters that are gone. */
  missing = 0
  /** Those whose content differs, and ports whose flooding does. */
  changed = 0
  /** Those that nobody gave it. */
  stale = 0
  /** The first few. */
  readonly shown: { kind: DriftKind; text: string }[] = []
  readonly #most: number

  /** @param most Differences that are written out. */
  constructor(most = SHOWN) {
    this.#most = most
  }

  get count(): number {
    return this.missing + this.changed + this.stale
  }

  /** @param what A flow as it was found, or where it is missing as it should be; other things in words. */
  note(kind: DriftKind, what: Flow | string): void {
    this[kind]++
    if (this.shown.length < this.#most)
      this.shown.push({ kind, text: typeof what === 'string' ? what : flowText(what) })
  }

  add(more: Drift): void {
    this.missing += more.missing
    this.changed += more.changed
    this.stale += more.stale
    this.shown.push(...more.shown.slice(0, this.#most - this.shown.length))
  }

  /** The first few, as ovs-ofctl writes flows, and how many more there are. */
  get flows(): string {
    const texts = this.shown.slice(0, SHOWN).map(({ kind, text }) => `${kind} ${text}`)
    const more = this.count - texts.length
    return [...texts, ...(more > 0 ? [`${more} more`] : [])].join('; ')
  }

  /** What an event says of it. */
  get details(): { missing: number; changed: number; stale: number; flows: string } {
    const { missing, changed, stale, flows } = this
    return { missing, changed, stale, flows }
  }
}

/** A flow in the syntax of `ovs-ofctl add-flow`, cut off where it is long. */
export function flowText(flow: Flow): string {
  const { table, priority, match, instructions, cookie } = flow
  const text = formatFlow({ table, priority, match, instructions, cookie }, { style: 'add' })
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text
}

/** Flows that go by themselves and are not there any more. */
export function expiredOf(given: SwitchProgram, found: SwitchProgram): Map<string, Flow> {
  const gone = new Map<string, Flow>()
  for (const [key, flow] of given.flows) if (isTimed(flow) && !found.flows.has(key)) gone.set(key, flow)
  return gone
}

/** undefined where nothing differs. */
export function driftOf(given: SwitchProgram, found: SwitchProgram): Drift | undefined {
  const operations = diff(given, found)
  if (operations.length === 0) return undefined
  const drift = new Drift()
  for (const operation of operations) drift.note(...differenceOf(operation, found))
  return drift
}

/** What an operation that would correct a difference says about it. */
export function differenceOf(operation: Operation, found: SwitchProgram): [DriftKind, Flow | string] {
  switch (operation.what) {
    case 'flow': {
      const there = found.flows.get(operation.key)
      if (there === undefined) return ['missing', operation.flow]
      return [operation.act === 'delete' ? 'stale' : 'changed', there]
    }
    case 'group':
      return [kindOf(operation.act), `group ${operation.group.groupId}`]
    case 'meter':
      return [kindOf(operation.act), `meter ${operation.meter.meterId}`]
    case 'port':
      return ['changed', `flooding of port ${operation.port}`]
  }
}

function kindOf(act: 'add' | 'modify' | 'delete'): DriftKind {
  return act === 'add' ? 'missing' : act === 'modify' ? 'changed' : 'stale'
}
