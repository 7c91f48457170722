/**
 * Interfaces as the data path knows them, and maps of maps and lists of them. It refuses to know what is true of them.
 */
import type { Address, Family } from '../../model/address.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import type { Place } from '../policy/state.ts'

/** An interface record with all that the data path knows it by. */
export interface Owner {
  readonly name: string
  readonly record: InterfaceRecord
  readonly identity: number
  readonly network: number
  readonly mac: number
  readonly addresses: readonly Address[]
  /** Where it is attached; undefined where it is nowhere, or on a port that is a link. */
  readonly place: Place | undefined
  readonly isOpen: boolean
}

export interface OwnerChange {
  readonly name: string
  readonly before: Owner | undefined
  readonly after: Owner | undefined
}

/** Identities by the switch and the network of those who have them. */
export class Residents {
  readonly #names = new Map<string, Map<number, Map<number, Set<string>>>>()

  /** @param by 1 for an owner that comes, -1 for one that goes. */
  count({ name, place, network, identity }: Owner, by: 1 | -1): void {
    if (place === undefined) return
    const networks = inner<string, number, Map<number, Set<string>>>(this.#names, place.datapathId)
    const its = inner<number, number, Set<string>>(networks, network)
    const names = its.get(identity) ?? new Set()
    its.set(identity, names)
    if (by === 1) names.add(name)
    else names.delete(name)
    if (names.size === 0) its.delete(identity)
    if (its.size === 0) networks.delete(network)
  }

  /** Those of a switch. @param isOne Whether an interface counts. */
  of(datapathId: string, isOne: (name: string) => boolean): Map<number, Map<number, string>> {
    const found = new Map<number, Map<number, string>>()
    for (const [network, identities] of this.#names.get(datapathId) ?? []) {
      for (const [identity, names] of identities) {
        for (const name of names) {
          if (!isOne(name)) continue
          inner<number, number, string>(found, network).set(identity, name)
          break
        }
      }
    }
    return found
  }
}

/** Families of which somebody in a network has an address. */
export class Spoken {
  readonly #counts = new Map<number, Map<Family, number>>()
  /** Networks and families that are spoken now and were not when this was asked last, or the other way round. */
  readonly #others = new Set<string>()

  /** @param by 1 for an owner that comes, -1 for one that goes. */
  count({ network, addresses }: Owner, by: 1 | -1): void {
    for (const { family } of addresses) {
      const before = this.has(network, family)
      count(this.#counts, network, family, by)
      if (this.has(network, family) === before) continue
      const text = `${network} ${family}`
      if (!this.#others.delete(text)) this.#others.add(text)
    }
  }

  has(network: number, family: Family): boolean {
    return (this.#counts.get(network)?.get(family) ?? 0) > 0
  }

  /** Whether another family is spoken in some network than when this was asked last. */
  isAnother(): boolean {
    const isAny = this.#others.size > 0
    this.#others.clear()
    return isAny
  }
}

export function count<K, L>(map: Map<K, Map<L, number>>, key: K, its: L, by: number): void {
  const counts = inner(map, key)
  counts.set(its, (counts.get(its) ?? 0) + by)
}

export function isAny(some: ReadonlySet<number> | undefined, moved: ReadonlySet<number>): boolean {
  if (some === undefined) return false
  for (const identity of moved) if (some.has(identity)) return true
  return false
}

export function pull<K>(map: Map<K, Owner[]>, key: K, owner: Owner): void {
  const left = (map.get(key) ?? []).filter((other) => other !== owner)
  if (left.length === 0) map.delete(key)
  else map.set(key, left)
}

export function push<K>(map: Map<K, Owner[]>, key: K, owner: Owner): void {
  const its = map.get(key)
  if (its === undefined) map.set(key, [owner])
  else its.push(owner)
}

export function addressKey({ family, value }: Address): number | bigint {
  return family === 4 ? Number(value) : value
}

export function inner<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let found = map.get(key)
  if (found === undefined) {
    found = new Map()
    map.set(key, found)
  }
  return found
}
