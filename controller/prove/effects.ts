/**
 * What a row does to a region that met it: fields written and copied, tags and labels put on and taken off, connections
 * tracked, and where it goes. It refuses to judge.
 */
import { VLAN_PRESENT } from 'node-openflow'
import { ETHERTYPE } from '../policy/fields.ts'
import { MARK } from '../policy/pipeline.ts'
import { copyOf, IS_REGISTER, type Part, type Region, type Tracking } from './region.ts'
import { NW_TTL, note, takeHop } from './rewrites.ts'
import type { Effect, Row } from './rows.ts'
import { allBits, bitsOf, field, isExact, known, merged, type Ref, refIn, type Val } from './space.ts'

const CT = ['ct_state', 'ct_zone', 'ct_mark', 'ct_nw_proto', 'ct_tp_src', 'ct_tp_dst'].map(field)
const [CT_STATE, CT_ZONE, CT_MARK, CT_PROTO] = CT as [number, number, number, number]
const IP_PROTO = field('ip_proto')
const ETH_TYPE = field('eth_type')
const TCI = field('vlan_tci')
const LABEL = field('mpls_label')
const BOTTOM = field('mpls_bos')
const CLASS = field('mpls_tc')

/** What a region does on its way out of a row. */
export interface Leaving {
  goes(table: number, region: Region): void
  /** `in`: the port it came in by. undefined: any port at all. */
  comesOut(port: number | Ref | undefined, region: Region): void
  unknown(what: string, region: Region): void
  zone(zone: Val, commit: boolean, region: Region): void
}

/** Applies a row's effects to the region that met it, and leads it on. */
export function leave(region: Region, row: Row, to: Leaving): void {
  apply(region, row.effects, to, row.next)
}

/** @param next The table that it goes on to. @returns False where it goes no further. */
function apply(region: Region, effects: readonly Effect[], to: Leaving, next?: number): boolean {
  for (const [at, effect] of effects.entries()) {
    switch (effect.do) {
      case 'measure': {
        const bit = 1n << BigInt(effect.bit)
        const larger = copyOf(region)
        write(larger, { do: 'write', field: effect.field, whole: undefined, bits: { value: bit, mask: bit } })
        apply(larger, effects.slice(at + 1), to, next)
        write(region, { do: 'write', field: effect.field, whole: undefined, bits: { value: 0n, mask: bit } })
        break
      }
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
      case 'pushVlan':
      case 'popVlan':
        if (!retag(region, effect.do === 'pushVlan')) to.unknown(effect.do, copyOf(region))
        break
      case 'pushMpls':
        if (!pushLabel(region)) to.unknown(effect.do, copyOf(region))
        break
      case 'popMpls':
        if (!popLabel(region, effect.type)) to.unknown(effect.do, copyOf(region))
        break
      case 'hop':
        forget(region, NW_TTL)
        if (!takeHop(region)) return false
        break
      case 'copies':
        for (const list of effect.lists) apply(copyOf(region), list, to)
        break
      case 'unknown':
        to.unknown(effect.what, copyOf(region))
    }
  }
  if (next !== undefined) to.goes(next, region)
  return true
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
  if (!IS_REGISTER.has(its)) note(region, its, whole)
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
  if (!IS_REGISTER.has(to)) note(region, to, val, from)
  if (isExact(val) && isCopy(effect)) {
    forget(region, to)
    region.vals[to] = val
    return
  }
  const made = region.alias.get(to) ?? []
  const parts = partsMoved(region, from, fromBit, toBit, bits)
  const ref = refMoved(region, effect)
  forget(region, to)
  if (ref !== undefined) {
    region.vals[to] = ref
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

/** What the target is where the number of somebody is copied, or something beside it; undefined: it is no such number. */
function refMoved({ vals, ghost }: Region, { from, fromBit, to, toBit, bits }: Move): Ref | undefined {
  const [val, target] = [vals[from], vals[to]]
  if (isRef(target) && target.low !== undefined && toBit >= target.low.bits) {
    const source = known(from, isRef(val) ? undefined : val)
    const window = (1n << BigInt(bits)) - 1n
    const place = window << BigInt(toBit)
    const moved = (its: bigint): bigint => ((its >> BigInt(fromBit)) & window) << BigInt(toBit)
    const { value, mask } = target.low
    const both = [(value & ~place) | moved(source.value), (mask & ~place) | moved(source.mask)] as const
    return refIn(to, target.of, target.low.bits, ...both)
  }
  if (!isRef(val) || fromBit !== 0 || toBit !== 0 || bits > bitsOf(to)) return undefined
  const width = val.low?.bits ?? bitsOf(from)
  // Of a whole register no more is written than the carrier has bits for.
  const members = val.of === 'sender' ? ghost.senders : val.of === 'receiver' ? ghost.receivers : undefined
  if (bits < width) {
    if (members === undefined || val.low !== undefined) return undefined
    for (const identity of members.keys()) if (identity >= 2 ** bits) return undefined
  }
  if (bits > width && val.low !== undefined) return undefined
  const beside = isRef(target) ? undefined : known(to, target)
  return refIn(to, val.of, bits, beside?.value ?? 0n, beside?.mask ?? 0n)
}

function isRef(val: Val): val is Ref {
  return typeof val === 'object' && val.kind === 'ref'
}

/** Puts a VLAN tag on what has none, or takes one off. @returns Whether it is known to have been so. */
function retag(region: Region, on: boolean): boolean {
  const { vals } = region
  const has = vals[TCI]
  const present = BigInt(VLAN_PRESENT)
  const low = isRef(has) ? has.low : known(TCI, has)
  if (low === undefined || (low.mask & present) === 0n || ((low.value & present) !== 0n) === on) return false
  forget(region, TCI)
  vals[TCI] = on ? VLAN_PRESENT : 0
  return true
}

function pushLabel(region: Region): boolean {
  const { vals, ghost } = region
  const [type, label] = [vals[ETH_TYPE], vals[LABEL]]
  const isLabelled = type === ETHERTYPE.mpls
  if (isLabelled ? !isExact(label) : !isExact(type)) return false
  forget(region, ETH_TYPE)
  region.ghost = { ...ghost, under: isLabelled ? `${label}/${ghost.under}` : String(type) }
  vals[ETH_TYPE] = ETHERTYPE.mpls
  vals[LABEL] = undefined
  vals[CLASS] = undefined
  vals[BOTTOM] = isLabelled ? 0 : 1
  return true
}

/** Takes a label off. @returns False where what is below is not what the row takes it for. */
function popLabel(region: Region, type: number): boolean {
  const { vals, ghost } = region
  if (vals[ETH_TYPE] !== ETHERTYPE.mpls || ghost.under === '') return false
  const [next, ...rest] = ghost.under.split('/')
  const isLast = rest.length === 0
  if (isLast ? Number(next) !== type : type !== ETHERTYPE.mpls) return false
  forget(region, ETH_TYPE)
  region.ghost = { ...ghost, under: rest.join('/') }
  vals[ETH_TYPE] = type
  vals[LABEL] = isLast ? undefined : Number(next)
  vals[CLASS] = undefined
  vals[BOTTOM] = isLast ? undefined : rest.length === 1 ? 1 : 0
  return true
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
