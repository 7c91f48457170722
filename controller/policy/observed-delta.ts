/** What changed in an observed view, put together while nobody can look. Pure. */
import type { ObservedDelta } from './state.ts'

export function nothingObserved(): ObservedDelta {
  return { datapaths: new Set(), places: new Set() }
}

/** Adds what changed after it. */
export function mergeObserved(into: ObservedDelta, delta: ObservedDelta): void {
  const { datapaths, places, ends, demands, probes } = delta
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
  for (const [datapathId, numbers] of probes ?? []) {
    into.probes ??= new Map()
    into.probes.set(datapathId, new Set([...(into.probes.get(datapathId) ?? []), ...numbers]))
  }
}
