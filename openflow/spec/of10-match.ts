/**
 * `struct ofp_match` of OpenFlow 1.0.1 (section 5.2.3): 40 octets for twelve fields, with one wildcard bit for each,
 * and six for how much of an IPv4 address is wild. The value is a match like any other, its fields in the order of their
 * OXM numbers; a field that 1.0 ignores (table 3: an address without eth_type, ports of what has none) is not there.
 * Which are ignored is as in Open vSwitch 3.1: RARP is taken as ARP, IPv6 has ip_dscp, ip_proto and ports, SCTP has
 * ports. Octets of ignored and wild fields are kept as padding.
 *
 * What ofp_match cannot say is refused when written. On connections with Open vSwitch the messages of
 * `nicira-flows.ts` say it.
 */

import { shown, WireError } from '../wire/error.ts'
import { isUint, type Of, u8, u16, u32, u48 } from '../wire/field.ts'
import { sparing } from '../wire/narrow.ts'
import { pad, struct } from '../wire/struct.ts'
import { mapped, notInVersion, type Place } from '../wire/version.ts'
import { VLAN_PRESENT } from './constants.ts'
import { fromPort10, toPort10 } from './of10-ports.ts'
import type { FieldName, KnownOxm, Oxm } from './oxm.ts'

const ofpMatch = struct({
  wildcards: u32,
  in_port: u16,
  dl_src: u48,
  dl_dst: u48,
  dl_vlan: u16,
  dl_vlan_pcp: u8,
  pad: pad(1),
  dl_type: u16,
  nw_tos: u8,
  nw_proto: u8,
  pad2: pad(2),
  nw_src: u32,
  nw_dst: u32,
  tp_src: u16,
  tp_dst: u16,
})
type OfpMatch = Of<typeof ofpMatch>

/** `enum ofp_flow_wildcards`. */
const WILD = {
  in_port: 1,
  dl_vlan: 1 << 1,
  dl_src: 1 << 2,
  dl_dst: 1 << 3,
  dl_type: 1 << 4,
  nw_proto: 1 << 5,
  tp_src: 1 << 6,
  tp_dst: 1 << 7,
  dl_vlan_pcp: 1 << 20,
  nw_tos: 1 << 21,
} as const
/** Where the count of wild low bits of an address stands; 32 and more are all. */
const WILD_BITS = { nw_src: 8, nw_dst: 14 } as const
const COUNT_MASK = 0x3f
const ADDRESS_BITS = 32

const NOTHING: OfpMatch = {
  wildcards:
    Object.values(WILD).reduce((sum, bit) => sum | bit, 0) |
    (ADDRESS_BITS << WILD_BITS.nw_src) |
    (ADDRESS_BITS << WILD_BITS.nw_dst),
  in_port: 0,
  dl_src: 0,
  dl_dst: 0,
  dl_vlan: 0,
  dl_vlan_pcp: 0,
  dl_type: 0,
  nw_tos: 0,
  nw_proto: 0,
  nw_src: 0,
  nw_dst: 0,
  tp_src: 0,
  tp_dst: 0,
}

/** OFP_VLAN_NONE: packets without a tag. */
const NO_VLAN = 0xffff
const VLAN_VID_BITS = 0x0fff
const PCP_BITS = 7
/** nw_tos has the DSCP in its upper six bits. */
const DSCP_SHIFT = 2

type Named<M extends keyof OfpMatch> = Readonly<Partial<Record<M, FieldName>>>

/** What the network members are for an Ethernet type. */
const NETWORK: ReadonlyMap<number, Named<'nw_tos' | 'nw_proto' | 'nw_src' | 'nw_dst'>> = new Map([
  [0x0800, { nw_tos: 'ip_dscp', nw_proto: 'ip_proto', nw_src: 'ipv4_src', nw_dst: 'ipv4_dst' }],
  [0x86dd, { nw_tos: 'ip_dscp', nw_proto: 'ip_proto' }],
  [0x0806, { nw_proto: 'arp_op', nw_src: 'arp_spa', nw_dst: 'arp_tpa' }],
  [0x8035, { nw_proto: 'arp_op', nw_src: 'arp_spa', nw_dst: 'arp_tpa' }],
])

const TCP = { tp_src: 'tcp_src', tp_dst: 'tcp_dst' } as const
const UDP = { tp_src: 'udp_src', tp_dst: 'udp_dst' } as const
const SCTP = { tp_src: 'sctp_src', tp_dst: 'sctp_dst' } as const

/** What the transport members are, by Ethernet type and IP protocol. */
const TRANSPORT: ReadonlyMap<number, ReadonlyMap<number, Named<'tp_src' | 'tp_dst'>>> = new Map([
  [
    0x0800,
    new Map<number, Named<'tp_src' | 'tp_dst'>>([
      [1, { tp_src: 'icmpv4_type', tp_dst: 'icmpv4_code' }],
      [6, TCP],
      [17, UDP],
      [132, SCTP],
    ]),
  ],
  [
    0x86dd,
    new Map<number, Named<'tp_src' | 'tp_dst'>>([
      [6, TCP],
      [17, UDP],
      [58, { tp_src: 'icmpv6_type', tp_dst: 'icmpv6_code' }],
      [132, SCTP],
    ]),
  ],
])

type Member = Exclude<keyof OfpMatch, 'wildcards'>

/** The members of ofp_match that stand for one field each, in the order of the fields' numbers, and their names. */
function namesOf(dl_type: number | undefined, nw_proto: number | undefined): Array<readonly [Member, FieldName]> {
  const network: Named<Member> = (dl_type === undefined ? undefined : NETWORK.get(dl_type)) ?? {}
  const transport: Named<Member> =
    (dl_type === undefined || nw_proto === undefined ? undefined : TRANSPORT.get(dl_type)?.get(nw_proto)) ?? {}
  const plain: Named<Member> = { in_port: 'in_port', dl_dst: 'eth_dst', dl_src: 'eth_src', dl_type: 'eth_type' }
  return Object.entries({ ...plain, ...network, ...transport }) as Array<readonly [Member, FieldName]>
}

// ---- reading ------------------------------------------------------------------------------------------------

/** The mask of an address of which so many low bits are wild, below 32. */
const maskOf = (wild: number): number => (0xffff_ffff << wild) >>> 0

function addressField(name: FieldName, value: number, wild: number): Oxm | undefined {
  if (wild >= ADDRESS_BITS) return undefined
  if (wild === 0) return { field: name, value } as Oxm
  const mask = maskOf(wild)
  return { field: name, value: (value & mask) >>> 0, mask } as Oxm
}

function vlanFields({ wildcards, dl_vlan, dl_vlan_pcp }: OfpMatch): Oxm[] {
  const anyVid = (wildcards & WILD.dl_vlan) !== 0
  const anyPcp = (wildcards & WILD.dl_vlan_pcp) !== 0
  if (!anyVid && dl_vlan === NO_VLAN) return [{ field: 'vlan_vid', value: 0 }]
  if (anyVid && anyPcp) return []
  const vid: Oxm = anyVid
    ? { field: 'vlan_vid', value: VLAN_PRESENT, mask: VLAN_PRESENT }
    : { field: 'vlan_vid', value: VLAN_PRESENT | (dl_vlan & VLAN_VID_BITS) }
  return anyPcp ? [vid] : [vid, { field: 'vlan_pcp', value: dl_vlan_pcp & PCP_BITS }]
}

/** The value of a member that is one field; types and codes of ICMP have 8 bits. */
function meant(member: Member, name: FieldName, wire: OfpMatch): number {
  const value = wire[member]
  if (member === 'in_port') return fromPort10(value)
  if (member === 'nw_tos') return value >> DSCP_SHIFT
  return name.startsWith('icmp') ? value & 0xff : value
}

function meaning(wire: OfpMatch): Oxm[] {
  const { wildcards, dl_type, nw_proto } = wire
  const type = (wildcards & WILD.dl_type) === 0 ? dl_type : undefined
  const proto = (wildcards & WILD.nw_proto) === 0 ? nw_proto : undefined
  const fields: Oxm[] = []
  for (const [member, name] of namesOf(type, proto)) {
    const shift = WILD_BITS[member as 'nw_src']
    if (shift !== undefined) {
      const field = addressField(name, wire[member], (wildcards >>> shift) & COUNT_MASK)
      if (field !== undefined) fields.push(field)
    } else if ((wildcards & WILD[member as 'in_port']) === 0) {
      fields.push({ field: name, value: meant(member, name, wire) } as Oxm)
    }
    if (member === 'dl_type') fields.push(...vlanFields(wire))
  }
  return fields
}

// ---- writing ------------------------------------------------------------------------------------------------

/** The only value of a field; undefined where it is masked, or not there. */
function exact(fields: readonly KnownOxm[], name: FieldName): number | undefined {
  const found = fields.find(({ field }) => field === name)
  return found?.mask === undefined ? (found?.value as number | undefined) : undefined
}

/** How many low bits an address's mask leaves out; undefined if it leaves out others. */
function wildOf(mask: number | undefined): number | undefined {
  if (mask === undefined) return 0
  if (!isUint(mask, 0xffff_ffff)) return undefined
  const inverse = ~mask >>> 0
  return (inverse & (inverse + 1)) === 0 ? 32 - Math.clz32(inverse) : undefined
}

/** The largest number of a field that fits its member. */
function mostOf(member: Member, name: FieldName): number {
  if (member === 'nw_tos') return 0x3f
  if (member === 'nw_proto' || name.startsWith('icmp')) return 0xff
  if (member === 'in_port' || member === 'nw_src' || member === 'nw_dst') return 0xffff_ffff
  return member === 'dl_src' || member === 'dl_dst' ? 0xffff_ffff_ffff : 0xffff
}

/** Puts fields where they belong, one after the other; says why one cannot be there. */
class Filling {
  readonly wire: OfpMatch = { ...NOTHING }
  private readonly place: Place
  private readonly seen = new Set<string>()

  constructor(place: Place) {
    this.place = place
  }

  refusal(what: string): WireError {
    return notInVersion(this.place.at, this.place.version, what)
  }

  /** A number of the field, or the error of a value that is none. */
  number({ field, value }: KnownOxm, most: number): number {
    if (typeof value !== 'number')
      throw new WireError('wrong_type', this.place.at, `number wanted, not ${shown(value)}`)
    if (!isUint(value, 0xffff_ffff_ffff)) throw new WireError('out_of_range', this.place.at, `${value} for ${field}`)
    if (value > most) throw this.refusal(`${field} ${value}`).within('value')
    return value
  }

  once(name: string): void {
    if (this.seen.has(name)) throw this.refusal(`${name} twice`).within('field')
    this.seen.add(name)
  }

  address(member: 'nw_src' | 'nw_dst', oxm: KnownOxm): void {
    const wild = wildOf(oxm.mask as number | undefined)
    if (wild === undefined) throw this.refusal('mask but a prefix').within('mask')
    const value = this.number(oxm, 0xffff_ffff)
    const mask = wild === ADDRESS_BITS ? 0 : maskOf(wild)
    if ((value & ~mask) !== 0) throw this.refusal('bits outside the mask').within('value')
    this.wire[member] = value
    this.wire.wildcards = (this.wire.wildcards & ~(COUNT_MASK << WILD_BITS[member])) | (wild << WILD_BITS[member])
  }

  /** A tag without a certain VLAN can only be said by its priority. */
  vid(oxm: KnownOxm, withPriority: boolean): void {
    const value = this.number(oxm, VLAN_PRESENT | VLAN_VID_BITS)
    if (oxm.mask !== undefined) {
      if (oxm.mask !== VLAN_PRESENT || value !== VLAN_PRESENT || !withPriority) {
        throw this.refusal('such mask of vlan_vid').within('mask')
      }
      return
    }
    if (value !== 0 && (value & VLAN_PRESENT) === 0) throw this.refusal(`vlan_vid ${value}`).within('value')
    this.wire.dl_vlan = value === 0 ? NO_VLAN : value & VLAN_VID_BITS
    this.wire.wildcards &= ~(value === 0 ? WILD.dl_vlan | WILD.dl_vlan_pcp : WILD.dl_vlan)
  }

  pcp(oxm: KnownOxm, vid: number | undefined, tagged: boolean): void {
    if (!tagged || vid === 0) throw this.refusal('vlan_pcp without a tag').within('field')
    this.wire.dl_vlan_pcp = this.number(oxm, PCP_BITS)
    this.wire.wildcards &= ~WILD.dl_vlan_pcp
  }

  plain(member: Exclude<Member, 'nw_src' | 'nw_dst'>, oxm: KnownOxm): void {
    if (oxm.mask !== undefined) throw this.refusal(`mask on ${oxm.field}`).within('mask')
    const value = this.number(oxm, mostOf(member, oxm.field))
    const number = member === 'in_port' ? toPort10(value) : member === 'nw_tos' ? value << DSCP_SHIFT : value
    if (number === undefined) throw this.refusal(`port ${value}`).within('value')
    this.wire[member] = number
    this.wire.wildcards &= ~WILD[member]
  }
}

function wire(value: Oxm[], place: Place): OfpMatch {
  if (!Array.isArray(value)) throw new WireError('wrong_type', place.at, 'array wanted')
  const fields = value as KnownOxm[]
  for (const [index, oxm] of fields.entries()) {
    if (typeof oxm !== 'object' || oxm === null) {
      throw new WireError('wrong_type', place.at, 'object wanted').within(index)
    }
  }
  const members = new Map(
    namesOf(exact(fields, 'eth_type'), exact(fields, 'ip_proto')).map(([member, name]) => [name, member]),
  )
  const vid = fields.find(({ field }) => field === 'vlan_vid')
  const filling = new Filling(place)
  for (const [index, oxm] of fields.entries()) {
    try {
      const { field } = oxm
      const member = members.get(field)
      filling.once(shown(field))
      if (field === 'vlan_vid')
        filling.vid(
          oxm,
          fields.some((one) => one.field === 'vlan_pcp'),
        )
      else if (field === 'vlan_pcp') filling.pcp(oxm, exact(fields, 'vlan_vid'), vid !== undefined)
      else if (member === undefined) throw filling.refusal(`match on ${shown(field)} here`).within('field')
      else if (member === 'nw_src' || member === 'nw_dst') filling.address(member, oxm)
      else filling.plain(member as 'in_port', oxm)
    } catch (error) {
      throw error instanceof WireError ? error.within(index) : error
    }
  }
  return filling.wire
}

export const match10 = sparing(mapped<OfpMatch, Oxm[]>(ofpMatch, meaning, wire))

const inPort = struct({ in_port: u16 })

/** The match of a packet_in: its port and nothing else. */
export const inPort10 = mapped<Of<typeof inPort>, Oxm[]>(
  inPort,
  ({ in_port }) => [{ field: 'in_port', value: fromPort10(in_port) }],
  (value, place) => {
    const { wildcards, in_port } = wire(value, place)
    if (value.length !== 1 || wildcards !== (NOTHING.wildcards & ~WILD.in_port)) {
      throw notInVersion(place.at, place.version, 'match but in_port here')
    }
    return { in_port }
  },
)
