/**
 * What switches refused, from the counters of the rows that drop it: how much more each time, of which port, since when,
 * and when that is worth telling. Counters begin again where a row is made anew; what is counted here does not. It
 * refuses to read counters (refused-watch.ts) and knows no clock and no records.
 */
import { REFUSAL_NAMES, type Refusal } from './policy/refusals.ts'

/** A row that drops, as a switch tells it. */
export interface RefusedSample {
  /** Of the row, on its switch. */
  key: string
  /** Undefined where the row is for all ports. */
  port: number | undefined
  /** The interface record whose port it is; empty where it is nobody's. */
  interface: string
  packets: bigint
}

/** What was refused of one port, for one reason, since the controller counts. */
export interface RefusedEntry {
  readonly datapathId: string
  readonly refusal: Refusal
  readonly port: number | undefined
  interface: string
  packets: number
  /** When it was first and last seen to grow, in milliseconds since the epoch. */
  readonly since: number
  last: number
}

/** Something to be told of a switch and a reason. */
export interface RefusedTelling {
  type: 'began' | 'goes-on' | 'over'
  datapathId: string
  refusal: Refusal
  /** Since it began. */
  packets: number
  seconds: number
  /** Of ports, those with most packets first; as many as are worth naming. */
  ports: { port: number | undefined; interface: string; packets: number }[]
  /** More ports than those. */
  others: number
}

/** Growth without a pause, of one switch and reason. */
interface Spell {
  since: number
  last: number
  packets: number
  /** When it was told; undefined where it was not yet. */
  told: number | undefined
  ports: Map<string, { port: number | undefined; interface: string; packets: number }>
}

interface Switch {
  /** Sums as they were read last. */
  totals: Map<Refusal, bigint>
  /** Of rows that have dropped something, by reason. */
  rows: Map<Refusal, Map<string, bigint>>
  entries: Map<string, RefusedEntry>
  counts: Map<Refusal, number>
  spells: Map<Refusal, Spell>
  /** Reasons whose rows were read once: what they had dropped before the controller looked is not told. */
  known: Set<Refusal>
}

/** No growth for so long is the end of it, in milliseconds. */
export const QUIET_MS = 30_000
/** Between two tellings of what goes on. */
export const AGAIN_MS = 60_000
/** Ports that a telling names. */
const NAMED = 5
/** Entries that are kept of one switch; those that have grown least lately go first. */
export const MAX_ENTRIES = 4096
/** What a switch says that does not count. */
const UNCOUNTED = 2n ** 64n - 1n

export class Refused {
  readonly #switches = new Map<string, Switch>()

  /** @returns Reasons whose rows have to be read: their sum is another than before. */
  changed(datapathId: string, totals: ReadonlyMap<Refusal, bigint>): Refusal[] {
    const its = this.#of(datapathId)
    return REFUSAL_NAMES.filter((refusal) => {
      const now = counted(totals.get(refusal) ?? 0n)
      return now !== (its.totals.get(refusal) ?? 0n) || !its.known.has(refusal)
    })
  }

  /**
   * All rows of one reason as they are now, and their sum.
   * @param now Milliseconds since the epoch.
   */
  take(datapathId: string, refusal: Refusal, total: bigint, samples: readonly RefusedSample[], now: number): void {
    const its = this.#of(datapathId)
    const isNew = !its.known.has(refusal)
    const before = its.rows.get(refusal) ?? new Map<string, bigint>()
    const rows = new Map<string, bigint>()
    its.known.add(refusal)
    its.totals.set(refusal, counted(total))
    its.rows.set(refusal, rows)
    let grown = 0
    for (const sample of samples) {
      const packets = counted(sample.packets)
      if (packets > 0n) rows.set(sample.key, packets)
      const last = before.get(sample.key) ?? 0n
      const more = isNew ? 0 : Number(packets >= last ? packets - last : packets)
      if (more === 0) continue
      grown += more
      this.#grow(its, datapathId, refusal, sample, more, now)
    }
    its.counts.set(refusal, (its.counts.get(refusal) ?? 0) + grown)
    const spell = its.spells.get(refusal)
    if (spell !== undefined && grown > 0) {
      spell.packets += grown
      spell.last = now
    }
  }

  /**
   * What is to be told of a switch after it was read.
   * @param now Milliseconds since the epoch.
   */
  *tell(datapathId: string, now: number): IterableIterator<RefusedTelling> {
    const its = this.#switches.get(datapathId)
    for (const [refusal, spell] of its?.spells ?? []) {
      const isGrowing = spell.last === now
      if (spell.told === undefined) {
        spell.told = now
        yield telling('began', datapathId, refusal, spell, now)
      } else if (isGrowing && now - spell.told >= AGAIN_MS) {
        spell.told = now
        yield telling('goes-on', datapathId, refusal, spell, now)
      } else if (now - spell.last >= QUIET_MS) {
        its?.spells.delete(refusal)
        yield telling('over', datapathId, refusal, spell, spell.last)
      }
    }
  }

  /** Everything that was refused since the controller counts, by switch, in no order. */
  *entries(): IterableIterator<RefusedEntry> {
    for (const { entries } of this.#switches.values()) yield* entries.values()
  }

  /** Packets by switch and reason; none of them ever falls. */
  *counts(): IterableIterator<{ datapathId: string; refusal: Refusal; packets: number }> {
    for (const [datapathId, { counts }] of this.#switches)
      for (const [refusal, packets] of counts) yield { datapathId, refusal, packets }
  }

  /** The switch is gone for good. */
  forget(datapathId: string): void {
    this.#switches.delete(datapathId)
  }

  #of(datapathId: string): Switch {
    const known = this.#switches.get(datapathId)
    if (known !== undefined) return known
    const made: Switch = {
      ...{ totals: new Map(), rows: new Map(), entries: new Map(), counts: new Map() },
      ...{ spells: new Map(), known: new Set<Refusal>() },
    }
    this.#switches.set(datapathId, made)
    return made
  }

  #grow(
    { entries, spells }: Switch,
    datapathId: string,
    refusal: Refusal,
    { port, interface: name }: RefusedSample,
    more: number,
    now: number,
  ): void {
    const key = `${refusal}/${port ?? ''}`
    const entry = entries.get(key) ?? { datapathId, refusal, port, interface: name, packets: 0, since: now, last: now }
    // Behind those that have not grown since.
    entries.delete(key)
    entry.interface = name
    entry.packets += more
    entry.last = now
    entries.set(key, entry)
    if (entries.size > MAX_ENTRIES) for (const oldest of entries.keys()) if (entries.delete(oldest)) break
    let spell = spells.get(refusal)
    if (spell === undefined) {
      spell = { since: now, last: now, packets: 0, told: undefined, ports: new Map() }
      spells.set(refusal, spell)
    }
    const its = spell.ports.get(key) ?? { port, interface: name, packets: 0 }
    its.interface = name
    its.packets += more
    spell.ports.set(key, its)
  }
}

function counted(packets: bigint): bigint {
  return packets === UNCOUNTED ? 0n : packets
}

function telling(
  type: RefusedTelling['type'],
  datapathId: string,
  refusal: Refusal,
  { since, packets, ports: all }: Spell,
  until: number,
): RefusedTelling {
  const ports = [...all.values()].sort((one, other) => other.packets - one.packets)
  const named = ports.slice(0, NAMED).map((its) => ({ ...its }))
  const seconds = Math.round((until - since) / 1000)
  return { type, datapathId, refusal, packets, seconds, ports: named, others: ports.length - named.length }
}
