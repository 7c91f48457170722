/**
 * Headers of the packets that a doubt is tried with, and whether what came out looks as it should. It refuses to know
 * which packets are worth trying (confirm.ts).
 */
import { type Address, GATEWAY_MAC } from '../../model/address.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import { REGISTERS } from '../policy/pipeline.ts'
import { WORLD_MAC } from './ask.ts'
import type { Doubt } from './doubt.ts'
import { AT_EXITS, OF_TUNNELS } from './exits.ts'
import type { Facts, Layer4, Owner } from './facts.ts'
import { ACK, canWrite, ECHO_ID, type Header } from './packet.ts'
import { ETH_DST, ETH_SRC, ETH_TYPE, IP_DST, IP_SRC, inField } from './settle.ts'
import { field, isExact, known, narrowed, type Val } from './space.ts'
import type { Looks } from './truth.ts'

export interface Trial {
  from: Party
  to: Party
  layer4: Layer4
  reply: boolean
}

/** An interface, a gateway, or an address of the world. */
export interface Party {
  owner: Owner | undefined
  address: Address
  isGateway?: boolean
}

/** What is for another network of the domain is sent to the gateway. */
export function headerOf({ from, to, layer4, reply }: Trial, serial: number, facts: Facts): Header {
  const header: Header = new Map()
  const { family } = from.address
  header.set(ETH_SRC, from.owner?.mac ?? WORLD_MAC)
  const [own, its] = [from.owner?.network, to.owner?.network]
  const isRouted = own !== undefined && its !== undefined && own !== its && facts.domains.areOne(own, its)
  const isToGateway = to.isGateway === true || isRouted
  header.set(ETH_DST, isToGateway ? GATEWAY_MAC : (to.owner?.mac ?? WORLD_MAC))
  header.set(ETH_TYPE, family === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6)
  header.set(IP_SRC[family], inField(from.address))
  header.set(IP_DST[family], inField(to.address))
  const { protocol, key = 0 } = layer4
  header.set(field('ip_proto'), protocol)
  header.set(field('nw_ttl'), 64)
  header.set(ECHO_ID, serial)
  const name = { 6: 'tcp', 17: 'udp', 132: 'sctp' }[protocol]
  if (name !== undefined) {
    header.set(field(`${name}_src`), reply ? key : serial)
    header.set(field(`${name}_dst`), reply ? serial : key)
  }
  if (protocol === 6 && reply) header.set(field('tcp_flags'), ACK)
  if (protocol === 1) {
    const type = key >> 8
    header.set(field('icmpv4_type'), reply ? (type === 8 ? 0 : type + 1) : type)
    header.set(field('icmpv4_code'), key & 0xff)
  }
  if (protocol === 58) {
    header.set(field('icmpv6_type'), (key >> 8) + (reply ? 1 : 0))
    header.set(field('icmpv6_code'), key & 0xff)
  }
  return header
}

/** Whether a frame that came out looks as it should. */
export function looksAs(frame: Uint8Array, header: Header, as: Looks | undefined): boolean {
  const at = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const mac = (from: number): number => at.getUint16(from) * 0x1_0000_0000 + at.getUint32(from + 2)
  const type = Number(header.get(ETH_TYPE))
  if (at.getUint16(12) !== type) return false
  const hops = type === ETHERTYPE.ipv4 ? at.getUint8(22) : type === ETHERTYPE.ipv6 ? at.getUint8(21) : undefined
  const sources = as?.sources ?? [Number(header.get(ETH_SRC))]
  if (!sources.includes(mac(6)) || mac(0) !== (as?.destination ?? Number(header.get(ETH_DST)))) return false
  return hops === undefined || hops === (as?.hops ?? Number(header.get(field('nw_ttl')) ?? 64))
}

/** What connections are known by. */
export const OF_CONNECTION = [
  ...[IP_SRC[4], IP_SRC[6], IP_DST[4], IP_DST[6]],
  ...['ip_proto', 'tcp_src', 'tcp_dst', 'udp_src', 'udp_dst', 'sctp_src', 'sctp_dst'].map(field),
  ...['icmpv4_type', 'icmpv4_code', 'icmpv6_type', 'icmpv6_code'].map(field),
]

const ENDS = new Set([ETH_SRC, ETH_DST, ETH_TYPE, IP_SRC[4], IP_SRC[6], IP_DST[4], IP_DST[6], field('in_port')])

export function isEndField(its: number): boolean {
  return ENDS.has(its)
}

/** What is not written is zero in every packet that is made. */
export function mayBeZero(its: number, val: Val): boolean {
  return known(its, val).value === 0n
}

/** Puts in what a doubt knows of the header. @param ends What it knows of the ends, too. */
export function fitted(header: Header, wanted: ReadonlyMap<number, Val>, ends: boolean): Header {
  const result = new Map(header)
  for (const [its, val] of wanted) {
    if (!canWrite(its) || its === field('in_port') || (!ends && isEndField(its))) continue
    const before = result.get(its) ?? 0
    if (isExact(val)) result.set(its, val)
    else {
      const { value, mask } = known(its, val)
      const both = (BigInt(before) & ~mask) | value
      result.set(its, typeof before === 'bigint' || both > 0xffff_ffff_ffffn ? both : Number(both))
    }
  }
  return result
}

const IS_PIPELINE = new Set<number>([
  ...Object.values(REGISTERS).map(field),
  ...['ct_state', 'ct_zone', 'ct_mark', 'ct_nw_proto', 'ct_tp_src', 'ct_tp_dst', 'metadata', 'conj_id'].map(field),
])
for (let index = 0; index < 16; index++) IS_PIPELINE.add(field(`reg${index}`))

const PUT_ON: ReadonlySet<number> = new Set([...OF_TUNNELS, ...AT_EXITS].filter((its) => !isEndField(its)))

/** What is known of the header of a doubt's packets: from the rows that they met, and from what is left of it at the end. */
export function constraintsOf(doubt: Doubt): Map<number, Val> {
  const found = new Map<number, Val>()
  // What another switch puts on, it puts on again.
  const isMade = (its: number): boolean => IS_PIPELINE.has(its) || (doubt.entry === 'fabric' && PUT_ON.has(its))
  for (let met = doubt.met; met !== undefined; met = met.before) {
    for (const test of met.hit.tests) {
      if (isMade(test.field)) continue
      // What came to a gateway is addressed to its receiver afterwards.
      if (test.field === ETH_DST && test.value === GATEWAY_MAC) found.set(ETH_DST, GATEWAY_MAC)
      if (isExact(found.get(test.field))) continue
      found.set(test.field, narrowed(found.get(test.field), test))
    }
  }
  for (const [its, val] of doubt.vals.entries()) {
    if (val === undefined || isMade(its)) continue
    if (isExact(val) || val.kind === 'masked') if (!isExact(found.get(its))) found.set(its, val)
  }
  return found
}
