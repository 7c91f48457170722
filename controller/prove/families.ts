/**
 * Families of senders and receivers in a region: uniting two regions, taking one apart where a table asks who, and what
 * else is asked of a region as a whole. It refuses to know what becomes of the parts.
 */
import { GATEWAY_MAC, isGroupMac } from '../../model/address.ts'
import { TCP_SYN } from '../../packet/tcp.ts'
import { FLAG, REGISTERS } from '../policy/pipeline.ts'
import type { Owner } from './facts.ts'
import type { Judge } from './judge.ts'
import { copyOf, pin, REG, type Region } from './region.ts'
import { ETH_DST, IP_DST } from './settle.ts'
import { type Exact, field, isExact, known, type Ref, type Test, type Val } from './space.ts'
import type { TableIndex } from './table.ts'

const KEY = field(REGISTERS.key)
const PROTO = field(REGISTERS.protocol)
const FLAGS = field(REGISTERS.flags)
const TCI = field('vlan_tci')
const ICMPV6_TYPE = field('icmpv6_type')
const NW_FRAG = field('nw_frag')
const TCP_FLAGS = field('tcp_flags')
const NW_TTL = field('nw_ttl')
/** Fields of the receiver that rows for packets from links and uplinks ask one by one, and that are kept as sets. */
export const COLLECTED = [ETH_DST, field('arp_tpa'), field('ipv6_nd_target')]

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
export function single(region: Region, of: Ref['of'], identity: number, name: string | undefined): Region {
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

/** Known to have none of these bits. */
function isWithout(val: Val, bits: number): boolean {
  if (typeof val === 'number') return (val & bits) === 0
  if (typeof val !== 'object' || val.kind !== 'masked') return false
  return (val.mask & BigInt(bits)) === BigInt(bits) && (val.value & BigInt(bits)) === 0n
}

/**
 * Of packets that the data path drops whatever policy says (docs/policy.md) nothing is promised, nor of TCP segments that
 * begin nothing and belong to no connection, nor of packets to a gateway that have no hop left, nor of what is too large for
 * its way.
 */
export function isProper(region: Region): boolean {
  const { vals } = region
  if ((known(FLAGS, vals[FLAGS]).value & BigInt(FLAG.large)) !== 0n) return false
  if (region.ghost.neighbour || isNeighbourDiscovery(region)) return false
  if (vals[TCI] !== undefined && vals[TCI] !== 0 && region.ghost.said !== 'vlan') return false
  if (vals[NW_FRAG] !== undefined && vals[NW_FRAG] !== 0) return false
  if (region.ghost.tracking === 'new' && isWithout(vals[TCP_FLAGS], TCP_SYN)) return false
  const mac = vals[ETH_DST]
  const ttl = vals[NW_TTL]
  if (mac === GATEWAY_MAC && typeof ttl === 'number' && ttl <= 1) return false
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
