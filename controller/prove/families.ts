/**
 * Families of senders and receivers in a region: uniting two regions, taking one apart where a table asks who, and what
 * else is asked of a region as a whole. It refuses to know what becomes of the parts.
 */
import { isGroupMac } from '../../model/address.ts'
import { REGISTERS } from '../policy/pipeline.ts'
import type { Facts, Owner } from './facts.ts'
import type { Judge } from './judge.ts'
import { copyOf, pin, REG, type Region } from './region.ts'
import { ETH_DST, IP_DST } from './settle.ts'
import { type Exact, field, isExact, type Ref, type Test, type Val } from './space.ts'
import type { TableIndex } from './table.ts'

const KEY = field(REGISTERS.key)
const PROTO = field(REGISTERS.protocol)
const TCI = field('vlan_tci')
const ICMPV6_TYPE = field('icmpv6_type')
const NW_FRAG = field('nw_frag')
/** Fields of the receiver that rows for packets from links and uplinks ask one by one, and that are kept as sets. */
export const COLLECTED = [ETH_DST, field('arp_tpa'), field('ipv6_nd_target')]

/**
 * Takes families apart where the table asks who: every pair that the table names or policy may permit becomes a region
 * of its own, and what is left stays one region, which knows the pairs that it holds no more. undefined: the table asks
 * for nobody.
 */
export function membersOf(facts: Facts, region: Region, table: TableIndex): Region[] | undefined {
  if (region.isMute) return undefined
  const asked = REG.filter((its) => table.tested.has(its) && isFamily(region.vals[its]))
  if (asked.length === 0) return undefined
  const opener: Ref['of'] = isReply(region) ? 'receiver' : 'sender'
  const target: Ref['of'] = opener === 'sender' ? 'receiver' : 'sender'
  const split = new Split(facts, region, opener, target)
  const openerRegister = asked.find((its) => (region.vals[its] as Ref).of === opener)
  const targetRegister = asked.find((its) => (region.vals[its] as Ref).of === target)
  const named = openerRegister === undefined ? NOBODY : table.mentioned(openerRegister, region.vals, region)
  for (const [identity, name] of familyOf(region, opener)) {
    const isNamed = named.has(identity)
    if (!isNamed && !split.mayTalk(identity)) continue
    const part = single(region, opener, identity, name)
    const targets = targetRegister === undefined ? NOBODY : table.mentioned(targetRegister, part.vals, part)
    split.pairs(part, identity, targets)
    if (openerRegister === undefined || !isNamed) continue
    if (targetRegister === undefined || table.asksAlone(openerRegister, identity, targetRegister))
      split.rest(part, identity)
  }
  if (targetRegister !== undefined && holdsFamily(region, opener)) {
    for (const value of table.mentionedAlone(targetRegister, openerRegister, region.vals, region))
      split.toTarget(Number(value))
  }
  split.remainder()
  return split.parts
}

const NOBODY: ReadonlySet<Exact> = new Set()

function familyOf({ ghost }: Region, of: Ref['of']): ReadonlyMap<number, string | undefined> {
  return of === 'sender' ? ghost.senders : ghost.receivers
}

function holdsFamily(region: Region, of: Ref['of']): boolean {
  return REG.some((its) => {
    const val = region.vals[its]
    return typeof val === 'object' && val.kind === 'ref' && val.of === of
  })
}

/** The parts of one region at one table. */
class Split {
  readonly parts: Region[] = []
  readonly #facts: Facts
  readonly #region: Region
  readonly #opener: Ref['of']
  readonly #target: Ref['of']
  /** Pairs that are in no other part any more: opener to targets. */
  readonly #except: Map<number, ReadonlySet<number> | 'all'>

  constructor(facts: Facts, region: Region, opener: Ref['of'], target: Ref['of']) {
    this.#facts = facts
    this.#region = region
    this.#opener = opener
    this.#target = target
    this.#except = new Map(region.ghost.except)
  }

  /** Whether policy might permit an opener anything. */
  mayTalk(opener: number): boolean {
    if (this.#region.ghost.unasked) return false
    const targets = familyOf(this.#region, this.#target)
    for (const one of this.#facts.potential(opener)) if (targets.has(one)) return true
    return false
  }

  pairs(part: Region, opener: number, named: Iterable<Exact>): void {
    const { ghost } = this.#region
    const targets = familyOf(this.#region, this.#target)
    const before = ghost.except.get(opener)
    if (before === 'all') return
    const done = new Set(before)
    const take = (target: number): void => {
      if (done.has(target) || !targets.has(target)) return
      done.add(target)
      this.parts.push(single(part, this.#target, target, targets.get(target)))
    }
    for (const value of named) take(Number(value))
    if (!ghost.unasked) for (const target of this.#facts.potential(opener)) take(target)
    this.#except.set(opener, done)
  }

  /** All that is left of one opener. */
  rest(part: Region, opener: number): void {
    const gone = this.#except.get(opener) ?? new Set<number>()
    if (gone === 'all') return
    const except = new Map([[opener, gone]])
    this.parts.push(muted(part, except))
    this.#except.set(opener, 'all')
  }

  /** All openers that are left, to one target. */
  toTarget(target: number): void {
    const targets = familyOf(this.#region, this.#target)
    if (!targets.has(target)) return
    const part = single(this.#region, this.#target, target, targets.get(target))
    this.parts.push(muted(part, new Map(this.#except)))
    for (const opener of familyOf(this.#region, this.#opener).keys()) {
      const its = this.#except.get(opener)
      if (its !== 'all') this.#except.set(opener, new Set(its).add(target))
    }
  }

  remainder(): void {
    this.parts.push(muted(this.#region, this.#except))
  }
}

/** Whoever is left: rows that name somebody do not concern it at this table. */
function muted(region: Region, except: ReadonlyMap<number, ReadonlySet<number> | 'all'>): Region {
  const part = copyOf(region)
  part.isMute = true
  part.ghost = { ...part.ghost, unasked: true, except }
  return part
}

export function placesOf(region: Region, register: number): Region[] {
  return [...region.ghost.places].map((place) => {
    const part = copyOf(region)
    part.vals[register] = place
    part.ghost = { ...part.ghost, places: new Set([place]) }
    return part
  })
}

/** Takes protocols and ports apart where the table asks for them and they are copies of the header's. */
export function layer4Of(judge: Judge, region: Region, table: TableIndex): Region[] | undefined {
  const { senders, receivers, family } = region.ghost
  if (family === 0 || senders.size !== 1 || receivers.size !== 1) return undefined
  for (const register of [PROTO, KEY]) {
    if (!table.tested.has(register) || isExact(region.vals[register]) || !region.alias.has(register)) continue
    const values = judge.values(region, register === PROTO)
    return values.map((value) => {
      const part = copyOf(region)
      pin(part, register, value)
      return part
    })
  }
  return undefined
}

/** Both as one; of what differs between them nothing is known. */
export function unite(known: Region, more: Region): void {
  const { ghost } = known
  if (ghost.phase === 'passed') {
    if ([...more.ghost.places].some((place) => !ghost.places.has(place))) {
      known.ghost = { ...ghost, places: new Set([...ghost.places, ...more.ghost.places]) }
    }
    return
  }
  const senders = union(ghost.senders, more.ghost.senders)
  const receivers = union(ghost.receivers, more.ghost.receivers)
  let places = ghost.places
  if ([...more.ghost.places].some((place) => !places.has(place))) places = new Set([...places, ...more.ghost.places])
  if (senders !== ghost.senders || receivers !== ghost.receivers || places !== ghost.places) {
    known.ghost = { ...ghost, senders, receivers, places }
  }
  if (known.ghost.except !== more.ghost.except) {
    known.ghost = { ...known.ghost, except: inBoth(known.ghost.except, more.ghost.except) }
  }
  if (known.above !== more.above) known.above = undefined
  for (const its of COLLECTED) {
    const [one, other] = [known.vals[its], more.vals[its]]
    if (typeof one === 'object' && one.kind === 'set' && typeof other === 'object' && other.kind === 'set') {
      for (const value of other.set) (one.set as Set<Exact>).add(value)
    }
  }
}

type Except = ReadonlyMap<number, ReadonlySet<number> | 'all'>

/** Pairs that neither of two regions holds. */
function inBoth(one: Except, other: Except): Except {
  const found = new Map<number, ReadonlySet<number> | 'all'>()
  for (const [opener, its] of one) {
    const too = other.get(opener)
    if (too === undefined) continue
    if (its === 'all') found.set(opener, too)
    else found.set(opener, too === 'all' ? its : new Set([...its].filter((target) => too.has(target))))
  }
  return found
}

function union(one: ReadonlyMap<number, string | undefined>, other: ReadonlyMap<number, string | undefined>) {
  for (const key of other.keys()) if (!one.has(key)) return new Map([...one, ...other])
  return one
}

export function isFamily(val: Val): boolean {
  return typeof val === 'object' && val.kind === 'ref' && (val.of === 'sender' || val.of === 'receiver')
}

export function isPlace(val: Val): boolean {
  return typeof val === 'object' && val.kind === 'ref' && val.of === 'place'
}

export function isReply({ ghost }: Region): boolean {
  return ghost.tracking === 'rpl' || ghost.tracking === 'rel-rpl'
}

/** One member, and the registers that stood for the family are its number. */
function single(region: Region, of: Ref['of'], identity: number, name: string | undefined): Region {
  const part = copyOf(region)
  for (const its of REG) {
    const val = part.vals[its]
    if (typeof val === 'object' && val.kind === 'ref' && val.of === of) part.vals[its] = identity
  }
  const only = new Map([[identity, name]])
  part.ghost = of === 'sender' ? { ...part.ghost, senders: only } : { ...part.ghost, receivers: only }
  return part
}

export function aimedAt(region: Region, owner: Owner): Region {
  const part = copyOf(region)
  part.ghost = { ...part.ghost, receivers: new Map([[owner.identity, owner.name]]) }
  return part
}

export function exactIn(tests: readonly Test[], its: number): Exact | undefined {
  return tests.find((test) => test.field === its && test.mask === undefined)?.value
}

export function isNeighbourDiscovery({ vals }: Region): boolean {
  const type = vals[ICMPV6_TYPE]
  return typeof type === 'number' && type >= 133 && type <= 137
}

/** Of packets that the data path drops whatever policy says (docs/policy.md) nothing is promised. */
export function isProper(region: Region): boolean {
  const { vals } = region
  if (region.ghost.neighbour || isNeighbourDiscovery(region)) return false
  if (vals[TCI] !== undefined && vals[TCI] !== 0) return false
  if (vals[NW_FRAG] !== undefined && vals[NW_FRAG] !== 0) return false
  const mac = vals[ETH_DST]
  if (typeof mac === 'object' && mac.kind === 'masked' && isGroupMac(Number(mac.value))) return false
  for (const family of [4, 6] as const) {
    const val = vals[IP_DST[family]]
    if (val === undefined) continue
    const value = isExact(val) ? BigInt(val) : val.kind === 'masked' ? val.value : 0n
    if (isMulticast(family, value)) return false
  }
  return true
}

export function isMulticast(family: 4 | 6, value: bigint): boolean {
  if (family === 4) return value >> 28n === 0xen
  return value >> 120n === 0xffn || value >> 118n === 0x3fan
}
