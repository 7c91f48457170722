/** Places as keys, and the sets that observed keeps by them. It refuses to know who is where. Used by observe.ts. */
import type { Place } from './policy/state.ts'

export function add<K, V>(map: Map<K, Set<V>>, at: K, value: V): void {
  const set = map.get(at)
  if (set === undefined) map.set(at, new Set([value]))
  else set.add(value)
}

/** A place as text, to be found by. */
export const key = (datapathId: string, port: number): string => `${datapathId} ${port}`

export function readKey(text: string): Place {
  const [datapathId, port] = text.split(' ') as [string, string]
  return { datapathId, port: Number(port) }
}

export function sameSet<T>(one: ReadonlySet<T>, other: ReadonlySet<T>): boolean {
  if (one.size !== other.size) return false
  for (const each of one) if (!other.has(each)) return false
  return true
}
