/** What changed in an observed view, put together while nobody can look. Pure. */
import type { ObservedDelta } from './state.ts'

export function nothingObserved(): ObservedDelta {
  return { datapaths: new Set(), places: new Set() }
}

/** Adds what changed after it. */
export function mergeObserved(into: ObservedDelta, { datapaths, places, ends, demands }: ObservedDelta): void {
  for (const each of datapaths) into.datapaths.add(each)
  for (const each of places) into.places.add(each)
  for (const each of ends ?? []) {
    into.ends ??= new Set()
    into.ends.add(each)
  }
  for (const [datapathId, keys] of demands ?? []) {
    into.demands ??= new Map()
    into.demands.set(datapathId, new Set([...(into.demands.get(datapathId) ?? []), ...keys]))
  }
}
