/**
 * A region of packets on its way through a switch: what is known of every field, the truth about it that the tables do
 * not know (who really sent it, whom it is really for), and what rows did to it so far. It refuses to judge.
 */

import { MARK, REGISTERS } from '../policy/pipeline.ts'
import type { Layer4 } from './facts.ts'
import type { Effect, Hit, Row } from './rows.ts'
import {
  allBits,
  bitsOf,
  type Exact,
  field,
  implies,
  isExact,
  known,
  type Members,
  merged,
  narrowed,
  type Ref,
  type Test,
  type Val,
} from './space.ts'

/** By which kind of port it came in. */
export type Entry = 'tenant' | 'fabric' | 'uplink' | 'idle'

/**
 * raw: as it came in. sent: the registers say truly who sent it. aimed: and whom it is for. passed: and that is
 * permitted. stray: the registers say something that is not true, or too little is known: nothing may come of it.
 */
export type Phase = 'raw' | 'sent' | 'aimed' | 'passed' | 'stray'

/** What connection tracking finds; `none`: it was not asked. */
export type Tracking = 'none' | 'new' | 'est' | 'rpl' | 'rel' | 'rel-rpl' | 'inv'

export interface Ghost {
  readonly entry: Entry
  readonly port: number
  readonly phase: Phase
  /** Why it is astray. */
  readonly why: string
  readonly network: number
  /** 4, 6, or 0 for what is not IP. */
  readonly family: 4 | 6 | 0
  /** Identities that may have sent it, each with an interface that is one of its users; undefined: of the world. */
  readonly senders: ReadonlyMap<number, string | undefined>
  readonly receivers: ReadonlyMap<number, string | undefined>
  /** Switches of the receivers, by number. */
  readonly places: ReadonlySet<number>
  readonly where: 'nowhere' | 'here' | 'away' | 'world'
  readonly tracking: Tracking
  readonly committed: boolean
  /** Whose packets these are, that must get through; empty: nobody's in particular. */
  readonly must: string
  /** ARP or neighbour discovery. */
  readonly neighbour: boolean
  /** Of its packets nothing is promised but that they go nowhere else (docs/policy.md). */
  readonly improper: boolean
  /** A family that holds also those who are looked at one by one: what is dropped of it says nothing. */
  readonly unasked: boolean
  /** Pairs of opener and target that it holds no more. */
  readonly except: ReadonlyMap<number, ReadonlySet<number> | 'all'>
  /** Set: it holds these pairs, openers to targets, and no other. */
  readonly pairs?: Relation | undefined
  /** Why it may not come out, where that was found by asking policy. */
  readonly finding?: Finding | undefined
}

/** Identities to identities. */
export type Relation = ReadonlyMap<number, ReadonlySet<number>>

/** A pair and a class of packets whose verdict is another. */
export interface Finding {
  readonly why: string
  readonly from: number
  readonly to: number
  readonly layer4: Layer4 | undefined
}

const NO_MEMBERS: ReadonlyMap<number, string | undefined> = new Map()
const NO_PLACES: ReadonlySet<number> = new Set()

export const NO_PAIRS: ReadonlyMap<number, ReadonlySet<number> | 'all'> = new Map()

export function ghostAt(entry: Entry, port: number): Ghost {
  return {
    entry,
    port,
    phase: 'raw',
    why: '',
    network: 0,
    family: 0,
    senders: NO_MEMBERS,
    receivers: NO_MEMBERS,
    places: NO_PLACES,
    where: 'nowhere',
    tracking: 'none',
    committed: false,
    must: '',
    neighbour: false,
    improper: false,
    unasked: false,
    except: NO_PAIRS,
    pairs: undefined,
    finding: undefined,
  }
}

/** Rows that took their part of a region before. */
export interface Above {
  readonly hits: readonly Hit[]
  /** How many of them. */
  readonly count: number
  readonly next: Above | undefined
}

export interface Met {
  readonly table: number
  readonly hit: Hit
  readonly before: Met | undefined
}

/** Bits of a header field, from its lowest, that stand at `at` of a register. */
export interface Part {
  readonly field: number
  readonly at: number
  readonly bits: number
}

export interface Region extends Members {
  table: number
  vals: Val[]
  ghost: Ghost
  /** Fields that are made of bits of header fields, to these bits; the rest of them is known. */
  alias: ReadonlyMap<number, readonly Part[]>
  above: Above | undefined
  met: Met | undefined
  /** Rows of the table it is at that ask for senders or receivers do not concern it. */
  isMute: boolean
}

export const REGISTER_COUNT = 16
export const REG = Array.from({ length: REGISTER_COUNT }, (_, index) => field(`reg${index}`))
const IS_REGISTER = new Set(REG)
const CT = ['ct_state', 'ct_zone', 'ct_mark', 'ct_nw_proto', 'ct_tp_src', 'ct_tp_dst'].map(field)
const [CT_STATE, CT_ZONE, CT_MARK, CT_PROTO, CT_SRC, CT_DST] = CT as [number, number, number, number, number, number]
const ZERO = [...REG, ...CT, field('metadata'), field('conj_id')]
const IN_PORT = field('in_port')
const IP_PROTO = field('ip_proto')
export const NO_ALIAS: ReadonlyMap<number, readonly Part[]> = new Map()

class ARegion implements Region {
  table: number
  vals: Val[]
  ghost: Ghost
  alias: ReadonlyMap<number, readonly Part[]>
  above: Above | undefined
  met: Met | undefined
  isMute = false

  constructor(
    table: number,
    vals: Val[],
    ghost: Ghost,
    alias: ReadonlyMap<number, readonly Part[]>,
    above: Above | undefined,
    met: Met | undefined,
  ) {
    this.table = table
    this.vals = vals
    this.ghost = ghost
    this.alias = alias
    this.above = above
    this.met = met
  }

  has(ref: Ref['of'], value: Exact): boolean {
    const { senders, receivers, places } = this.ghost
    if (ref === 'port') return value !== 0
    if (this.isMute && ref !== 'place') return false
    const members: { has(value: number): boolean } =
      ref === 'sender' ? senders : ref === 'receiver' ? receivers : places
    return members.has(value as number)
  }
}

/** What is known of every packet that comes in. */
const START: Val[] = Array.from({ length: Math.max(...ZERO, IN_PORT) + 1 }, () => undefined)
for (const its of ZERO) START[its] = 0
START[field('metadata')] = 0n

/** Every packet that comes in at a port. */
export function entering(ghost: Ghost): Region {
  const vals = START.slice()
  vals[IN_PORT] = ghost.port
  return new ARegion(0, vals, ghost, NO_ALIAS, undefined, undefined)
}

export function copyOf(region: Region): Region {
  const copy = new ARegion(region.table, region.vals.slice(), region.ghost, region.alias, region.above, region.met)
  copy.isMute = region.isMute
  return copy
}

/** The part of a region that passes tests. */
export function narrow(region: Region, tests: readonly Test[]): Region {
  const part = copyOf(region)
  const { vals } = part
  for (const test of tests) {
    const before = vals[test.field]
    const val = narrowed(before, test)
    if (val === before) continue
    vals[test.field] = val
    if (part.alias.size > 0 && isExact(val)) pin(part, test.field, val)
  }
  return part
}

/** A field has this value now known: so have the bits that it was made of, and what else was made of them. */
export function pin(region: Region, its: number, val: Exact): void {
  region.vals[its] = val
  const { alias, vals } = region
  if (alias.size === 0) return
  const sources = new Set([its])
  for (const { field: source, at, bits } of alias.get(its) ?? []) {
    const window = (1n << BigInt(bits)) - 1n
    const before = known(source, vals[source])
    const value = (BigInt(val) >> BigInt(at)) & window
    vals[source] = merged(source, (before.value & ~window) | value, before.mask | window)
    sources.add(source)
  }
  for (const [made, parts] of alias) {
    if (made === its || isExact(vals[made]) || !parts.some((part) => sources.has(part.field))) continue
    let { value, mask } = known(made, vals[made])
    for (const { field: source, at, bits } of parts) {
      const window = (1n << BigInt(bits)) - 1n
      const from = known(source, vals[source])
      value |= (from.value & window) << BigInt(at)
      mask |= (from.mask & window) << BigInt(at)
    }
    vals[made] = merged(made, value, mask)
  }
}

/** Whether rows that came before have taken all of it. */
export function isTaken(region: Region): boolean {
  for (let node = region.above; node !== undefined; node = node.next) {
    for (let at = 0; at < node.count; at++) {
      const { tests } = node.hits[at] as Hit
      if (takesWhole(tests, region.vals)) return true
    }
  }
  return false
}

/** What registers say is not what packets say: a row that asks for one takes nobody's packets for certain. */
function takesWhole(tests: readonly Test[], vals: readonly Val[]): boolean {
  for (const test of tests) if (IS_REGISTER.has(test.field) || !implies(vals[test.field], test)) return false
  return true
}

/** What a region does on its way out of a row. */
export interface Leaving {
  goes(table: number, region: Region): void
  /** `in`: the port it came in by. undefined: any port at all. */
  comesOut(port: number | Ref | undefined, region: Region): void
  unknown(what: string, region: Region): void
  zone(zone: Val, commit: boolean, region: Region): void
}

/** Applies a row's effects to the region that met it. */
export function leave(region: Region, row: Row, to: Leaving): void {
  apply(region, row.effects, to)
  if (row.next !== undefined) to.goes(row.next, region)
}

function apply(region: Region, effects: readonly Effect[], to: Leaving): void {
  for (const effect of effects) {
    switch (effect.do) {
      case 'write':
        write(region, effect)
        break
      case 'move':
        move(region, effect)
        break
      case 'output':
        to.comesOut(effect.port, copyOf(region))
        break
      case 'outputField': {
        const val = region.vals[effect.field]
        const all = effect.bit === 0 && effect.bits >= 32
        if (isExact(val))
          to.comesOut(Number((BigInt(val) >> BigInt(effect.bit)) & ((1n << BigInt(effect.bits)) - 1n)), copyOf(region))
        else to.comesOut(all && typeof val === 'object' && val.kind === 'ref' ? val : undefined, copyOf(region))
        break
      }
      case 'track':
        track(region, effect, to)
        break
      case 'copies':
        for (const list of effect.lists) apply(copyOf(region), list, to)
        break
      case 'unknown':
        to.unknown(effect.what, copyOf(region))
    }
  }
}

function forget(region: Region, its: number): void {
  if (!IS_REGISTER.has(its)) region.above = undefined
  if (region.alias.size === 0 || !isPartOf(region.alias, its)) return
  const left = [...region.alias].filter(([made, parts]) => made !== its && !parts.some((part) => part.field === its))
  region.alias = new Map(left)
}

function isPartOf(alias: Region['alias'], its: number): boolean {
  for (const [made, parts] of alias) {
    if (made === its) return true
    for (const part of parts) if (part.field === its) return true
  }
  return false
}

type Move = Extract<Effect, { do: 'move' }>

function write(region: Region, { field: its, whole, bits }: Extract<Effect, { do: 'write' }>): void {
  forget(region, its)
  if (bits === undefined) {
    region.vals[its] = whole
    return
  }
  const { value, mask } = bits
  const before = known(its, region.vals[its])
  region.vals[its] = merged(its, (before.value & ~mask) | value, before.mask | mask)
}

/** All of a field, to all of another. */
function isCopy({ from, fromBit, to, toBit, bits }: Move): boolean {
  return fromBit === 0 && toBit === 0 && bits === bitsOf(to) && bits === bitsOf(from)
}

function move(region: Region, effect: Move): void {
  const { from, fromBit, to, toBit, bits } = effect
  const val = region.vals[from]
  if (isExact(val) && isCopy(effect)) {
    forget(region, to)
    region.vals[to] = val
    return
  }
  const made = region.alias.get(to) ?? []
  const isWhole = fromBit === 0 && toBit === 0
  const parts = partsMoved(region, from, fromBit, toBit, bits)
  forget(region, to)
  if (isWhole && bits >= 32 && typeof val === 'object' && val.kind === 'ref') {
    region.vals[to] = val
    return
  }
  if (val === undefined && parts !== undefined && isCopy(effect)) {
    region.vals[to] = undefined
    region.alias = new Map(region.alias).set(to, parts)
    return
  }
  const source = known(from, val)
  const window = (1n << BigInt(bits)) - 1n
  const target = known(to, region.vals[to])
  const place = window << BigInt(toBit)
  const value = (target.value & ~place) | (((source.value >> BigInt(fromBit)) & window) << BigInt(toBit))
  const mask = (target.mask & ~place) | (((source.mask >> BigInt(fromBit)) & window) << BigInt(toBit))
  region.vals[to] = merged(to, value, mask)
  if (isExact(region.vals[to]) || parts === undefined) return
  const kept = made.filter((part) => part.at + part.bits <= toBit || part.at >= toBit + bits)
  let covered = mask
  for (const part of [...kept, ...parts]) covered |= ((1n << BigInt(part.bits)) - 1n) << BigInt(part.at)
  if (covered !== allBits(to)) return
  region.alias = new Map(region.alias).set(to, [...kept, ...parts])
}

/** What the bits that are moved are made of; undefined where that has no words. */
function partsMoved({ alias }: Region, from: number, fromBit: number, toBit: number, bits: number): Part[] | undefined {
  const made = alias.get(from)
  if (made === undefined)
    return fromBit === 0 && !IS_REGISTER.has(from) ? [{ field: from, at: toBit, bits }] : undefined
  if (fromBit !== 0) return undefined
  return made
    .filter((part) => part.at < bits)
    .map((part) => ({ ...part, at: part.at + toBit, bits: Math.min(part.bits, bits - part.at) }))
}

const KEPT = ((1n << BigInt(MARK.kept.bits)) - 1n) << BigInt(MARK.kept.ofs)

const STATES: readonly (readonly [Tracking, number])[] = [
  ['new', 0x21],
  ['est', 0x22],
  ['rpl', 0x2a],
  ['rel', 0x24],
  ['rel-rpl', 0x2c],
  ['inv', 0x30],
]

function track(region: Region, effect: Extract<Effect, { do: 'track' }>, to: Leaving): void {
  const { zone } = effect
  let val: Val = typeof zone === 'number' ? zone : undefined
  if (typeof zone === 'object') {
    const from = region.vals[zone.field]
    if (isExact(from)) val = Number((BigInt(from) >> BigInt(zone.bit)) & ((1n << BigInt(zone.bits)) - 1n))
  }
  to.zone(val, effect.commit, region)
  if (effect.commit) region.ghost = { ...region.ghost, committed: true }
  if (effect.next !== undefined) {
    for (const [tracking, state] of STATES) {
      const copy = copyOf(region)
      for (const its of CT) copy.vals[its] = undefined
      copy.vals[CT_STATE] = state
      // What a rule keeps goes on whatever policy says: nothing is proved of it.
      copy.vals[CT_MARK] = merged(CT_MARK, 0n, KEPT)
      copy.vals[CT_ZONE] = val
      copy.ghost = { ...copy.ghost, tracking }
      copy.above = undefined
      if (tracking === 'new' || tracking === 'est') {
        copy.vals[CT_PROTO] = copy.vals[IP_PROTO]
        const alias = new Map(copy.alias)
        alias.set(CT_PROTO, [{ field: IP_PROTO, at: 0, bits: 8 }])
        copy.alias = alias
      }
      to.goes(effect.next, copy)
    }
  }
  for (const its of CT) region.vals[its] = 0
}

/** What a packet says of its connection: the protocol, and the port or type of the original direction. */
export function protocolIn({ ghost, vals }: Region): Val {
  return vals[isFresh(ghost.tracking) ? IP_PROTO : CT_PROTO]
}

/** Its packets of one protocol. */
export function ofProtocol(region: Region, protocol: number): Region {
  const part = copyOf(region)
  part.vals[isFresh(region.ghost.tracking) ? IP_PROTO : CT_PROTO] = protocol
  return part
}

/** Of ICMP: type << 8 | code. */
export function keyIn(region: Region, protocol: number): Val {
  const { ghost, vals, alias } = region
  if (isLaterFragment(vals[NW_FRAG])) return alias.get(KEY)?.[0]?.field === CT_MARK ? vals[KEY] : undefined
  const isFirst = isFresh(ghost.tracking)
  if (protocol === 1)
    return isFirst ? icmpKey(vals[ICMPV4_TYPE], vals[ICMPV4_CODE]) : icmpKey(vals[CT_SRC], vals[CT_DST])
  if (protocol === 58)
    return isFirst ? icmpKey(vals[ICMPV6_TYPE], vals[ICMPV6_CODE]) : icmpKey(vals[CT_SRC], vals[CT_DST])
  if (!isFirst) return vals[CT_DST]
  const its = { 6: TCP_DST, 17: UDP_DST, 132: SCTP_DST }[protocol]
  return its === undefined ? undefined : vals[its]
}

/** Connection tracking has 16 bits where ICMP has eight. */
function lowOctet(val: Val): number | undefined {
  const { value, mask } = known(CT_SRC, val)
  return (mask & 0xffn) === 0xffn ? Number(value & 0xffn) : undefined
}

function icmpKey(type: Val, code: Val): Val {
  const [first, second] = [lowOctet(type), lowOctet(code)]
  return first === undefined || second === undefined ? undefined : (first << 8) | second
}

const [ICMPV4_CODE, ICMPV6_CODE] = ['icmpv4_code', 'icmpv6_code'].map(field) as [number, number]
const [ICMPV4_TYPE, ICMPV6_TYPE, TCP_DST, UDP_DST, SCTP_DST] = [
  'icmpv4_type',
  'icmpv6_type',
  'tcp_dst',
  'udp_dst',
  'sctp_dst',
].map(field) as [number, number, number, number, number]
const NW_FRAG = field('nw_frag')
const KEY = field(REGISTERS.key)

function isFresh(tracking: Tracking): boolean {
  return tracking === 'new' || tracking === 'est' || tracking === 'none'
}

/** Bit 1 of nw_frag. */
export function isLaterFragment(val: Val): boolean {
  const { value, mask } = known(NW_FRAG, val)
  return (mask & value & 2n) !== 0n
}

/** Whether a register stands for a family. */
export function holds({ vals }: Region, ref: Ref['of']): boolean {
  for (const its of REG) {
    const val = vals[its]
    if (typeof val === 'object' && val.kind === 'ref' && val.of === ref) return true
  }
  return false
}
