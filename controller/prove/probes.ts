/**
 * Which protocols and ports to look at between two identities: one of each stretch in which neither a rule nor a row
 * changes its mind. It refuses to judge.
 */
import { REGISTERS } from '../policy/pipeline.ts'
import { type Facts, type Layer4, type Thresholds, WITH_KEYS } from './facts.ts'
import { field, type Members, type Test, type Val } from './space.ts'
import type { TableIndex } from './table.ts'

const PROTOCOL = field(REGISTERS.protocol)
const KEY = field(REGISTERS.key)
const SOURCE = field(REGISTERS.source)
const DESTINATION = field(REGISTERS.destination)

/** Types of ICMP that ask and are answered (RFC 792, RFC 4443): only they open connections. */
const QUERIES: Readonly<Record<number, readonly number[]>> = { 1: [8, 13, 15], 58: [128] }
/** Nobody's protocol (RFC 3692): stands for those that nothing mentions. */
const UNMENTIONED = [253, 254, 252, 251]

export interface Probes {
  readonly protocols: readonly number[]
  readonly keys: readonly number[]
  /** What policy says of all of them, by family, where that was asked. */
  verdict4?: Verdict
  verdict6?: Verdict
}

export type Verdict = 'all' | 'none' | 'some'

export class ProbeFinder {
  readonly #facts: Facts
  readonly #tables: ReadonlyMap<number, TableIndex>
  readonly #cache = new Map<number, Map<number, Probes>>()

  constructor(facts: Facts, tables: ReadonlyMap<number, TableIndex>) {
    this.#facts = facts
    this.#tables = tables
  }

  /** @param members Families that registers may stand for; none matters here. */
  between(opener: number, target: number, members: Members): Probes {
    let ofOpener = this.#cache.get(opener)
    if (ofOpener === undefined) {
      ofOpener = new Map()
      this.#cache.set(opener, ofOpener)
    }
    const cached = ofOpener.get(target)
    if (cached !== undefined) return cached
    const found: Thresholds = { protocols: new Set(), keys: new Set() }
    this.#facts.thresholds(opener, target, found)
    const vals: Val[] = []
    vals[SOURCE] = opener
    vals[DESTINATION] = target
    for (const table of this.#tables.values()) {
      if (!table.tested.has(KEY) && !table.tested.has(PROTOCOL)) continue
      for (const row of table.compatible(vals, members)) {
        for (const test of row.tests) {
          if (test.field === KEY) noteKey(test, found.keys)
          else if (test.field === PROTOCOL && test.mask === undefined) found.protocols.add(Number(test.value))
        }
      }
    }
    const keys = [...found.keys].filter((key) => key > 0 && key <= 0xffff)
    const probes: Probes = { protocols: [...found.protocols], keys }
    ofOpener.set(target, probes)
    return probes
  }

  /** Forgets what was found of pairs with these identities; undefined: all. */
  forget(identities: ReadonlySet<number> | undefined): void {
    if (identities === undefined) this.#cache.clear()
    for (const [opener, ofOpener] of this.#cache) {
      if (identities?.has(opener) === true) this.#cache.delete(opener)
      else for (const target of identities ?? []) ofOpener.delete(target)
    }
  }

  /** Whether policy permits everything that an identity may open to another, or nothing. */
  verdict(opener: number, target: number, family: 4 | 6, members: Members): Verdict {
    const probes = this.between(opener, target, members)
    const known = family === 4 ? probes.verdict4 : probes.verdict6
    if (known !== undefined) return known
    let permitted = 0
    const all = this.layer4(opener, target, family, members)
    for (const layer4 of all) if (this.#facts.permits(opener, target, layer4)) permitted++
    const found: Verdict = permitted === 0 ? 'none' : permitted === all.length ? 'all' : 'some'
    if (family === 4) probes.verdict4 = found
    else probes.verdict6 = found
    return found
  }

  /** Between all pairs of these, as many as it takes to see every difference. */
  layer4(opener: number, target: number, family: 4 | 6, members: Members): Layer4[] {
    const { protocols, keys } = this.between(opener, target, members)
    const other = UNMENTIONED.find((its) => !protocols.includes(its)) as number
    const found: Layer4[] = []
    for (const protocol of new Set([...protocols, 6, 17, 132, family === 4 ? 1 : 58, other])) {
      if (protocol === (family === 4 ? 58 : 1)) continue
      for (const key of keysFor(protocol, keys)) found.push({ protocol, key })
    }
    return found
  }
}

/** Keys of one protocol. */
export function keysFor(protocol: number, keys: readonly number[]): readonly (number | undefined)[] {
  if (!WITH_KEYS.includes(protocol)) return [undefined]
  const types = QUERIES[protocol]
  if (types === undefined) return [...new Set([1, ...keys])]
  const codes = keys.filter((key) => types.includes(key >> 8))
  return [...new Set([...types.map((type) => type << 8), ...codes])]
}

export function protocolsFor(mentioned: readonly number[]): number[] {
  const other = UNMENTIONED.find((its) => !mentioned.includes(its)) as number
  return [...new Set([...mentioned, other, 1, 6, 17, 58, 132])]
}

/** Where a test of the key begins to hold, and where it ends. */
function noteKey({ value, mask }: Test, keys: Set<number>): void {
  const first = Number(value)
  if (mask === undefined) {
    keys.add(first)
    keys.add(first + 1)
    return
  }
  const low = Number(mask & 0xffffn)
  const size = 0x10000 - low
  if ((low & (size - 1)) === 0 && low + size === 0x10000) {
    keys.add(first & 0xffff)
    keys.add((first & 0xffff) + size)
    return
  }
  for (let key = 0, before = false; key <= 0xffff; key++) {
    const holds = (key & low) === (first & 0xffff)
    if (holds !== before) keys.add(key)
    before = holds
  }
}
