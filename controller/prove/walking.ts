/**
 * Questions that a walk asks of one region or one table. It refuses to know nodes.
 */
import { COLLECTED } from './families.ts'
import type { Matters } from './live.ts'
import type { Region } from './region.ts'
import type { Hit } from './rows.ts'
import { ETH_TYPE } from './settle.ts'
import { isExact, meets, type Test, type Val } from './space.ts'
import { type TableIndex, takesAll } from './table.ts'

/** Forgets fields that no longer matter, and keeps receivers of packets from links as sets. */
export function forget(region: Region, { isLive, isAsked }: Matters): void {
  const { vals, ghost } = region
  const keeps = ghost.phase === 'aimed' ? isAsked : isLive
  let count = Math.min(vals.length, keeps.length)
  while (count > 0 && (keeps[count - 1] === 0 || vals[count - 1] === undefined)) count--
  const kept: Val[] = new Array(count)
  for (let its = 0; its < count; its++) kept[its] = keeps[its] === 1 ? vals[its] : undefined
  region.vals = kept
  if (ghost.entry === 'tenant' || (ghost.phase !== 'raw' && ghost.phase !== 'sent')) return
  for (const its of COLLECTED) {
    const val = kept[its]
    if (isExact(val)) kept[its] = { kind: 'set', set: new Set([val]) }
  }
}

/** Whether a row that comes before takes all of a region. */
export function isCovered(wide: readonly Hit[], { priority }: Hit, region: Region): boolean {
  for (const other of wide) if (other.priority > priority && takesAll(other.tests, region.vals, region)) return true
  return false
}

export function areSame(ones: readonly Hit[], others: readonly Hit[]): boolean {
  if (ones.length !== others.length) return false
  for (let at = 0; at < ones.length; at++) if (ones[at] !== others[at]) return false
  return true
}

/** Whether packets of a region may pass tests. */
export function mayMeet(tests: readonly Test[], region: Region): boolean {
  for (const test of tests) if (!meets(region.vals[test.field], test, region)) return false
  return true
}

/** Which fields tables look at and where they lead: a walk follows changes of all else. */
export function shapeOf(tables: ReadonlyMap<number, TableIndex>): string {
  let text = ''
  for (const [number, table] of tables) text += `${number} ${table.shape} ${table.passage} `
  return text
}

/** Packets that must get through. */
export function isMust({ ghost }: Region): boolean {
  return ghost.must !== ''
}

/** Packets of which it says nothing that they are dropped (ends.ts). */
export function isUnpromised({ ghost: { phase, family, must }, vals }: Region): boolean {
  if (phase === 'raw' || phase === 'stray') return must === '' || family === 0
  // Where no row has asked of what family packets are, both are among them.
  return family === 0 && phase !== 'passed' && (phase !== 'sent' || isExact(vals[ETH_TYPE]))
}

/** From a link or an uplink, and not for an interface here: the switch of one of its ends asks policy. */
export function isTransit({ ghost: { entry, tracking, where } }: Region): boolean {
  return entry !== 'tenant' && tracking === 'none' && where !== 'here'
}
