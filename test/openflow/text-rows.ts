/**
 * One random match for each row of the field tables, with what else must be matched; and the rows of fields and
 * actions of which the round trip through ovs-ofctl is not to be asked, with evidence.
 */
import fc from 'fast-check'
import { FIELD_NAMES, type FieldName, type Oxm, oxmRow } from 'node-openflow'
import { sentPlace } from '../../openflow/text/match-form.ts'
import { fieldValue } from './text-arbitrary.ts'

/** Why a row is left out, and a text of which ovs-ofctl shows it. */
export interface LeftOut {
  readonly reason: string
  /** ovs-ofctl refuses it, sends other octets than we do, or prints less than it sends. */
  readonly shown: 'refused' | 'other octets' | 'other text'
  readonly text: string
}

const UNKNOWN = 'Open vSwitch has no such field'
const VALUE_AS_MASK = 'Open vSwitch 3.1 takes the value for the mask'

/** Fields that do not come back from ovs-ofctl as they were. */
export const FIELDS_LEFT_OUT: Readonly<Partial<Record<FieldName, LeftOut>>> = {
  in_phy_port: { reason: UNKNOWN, shown: 'refused', text: 'in_phy_port=5,actions=drop' },
  pbb_isid: { reason: UNKNOWN, shown: 'refused', text: 'dl_type=0x88e7,pbb_isid=5,actions=drop' },
  pbb_uca: { reason: UNKNOWN, shown: 'refused', text: 'dl_type=0x88e7,pbb_uca=1,actions=drop' },
  ipv6_exthdr: { reason: UNKNOWN, shown: 'refused', text: 'ipv6,ipv6_exthdr=1,actions=drop' },
  nxm_nx_cookie: {
    reason: 'stands for the cookie in messages of 1.0, and in no text',
    shown: 'refused',
    text: 'nxm_nx_cookie=5,actions=drop',
  },
  tun_erspan_ver: { reason: VALUE_AS_MASK, shown: 'other octets', text: 'tun_erspan_ver=1,actions=drop' },
  tun_erspan_dir: { reason: VALUE_AS_MASK, shown: 'other octets', text: 'tun_erspan_dir=1,actions=drop' },
  tun_erspan_hwid: { reason: VALUE_AS_MASK, shown: 'other octets', text: 'tun_erspan_hwid=5,actions=drop' },
  tun_erspan_idx: {
    reason: 'Open vSwitch prints it only beside a version that it sends wrong',
    shown: 'other text',
    text: 'tun_erspan_idx=5,actions=drop',
  },
  tun_gtpu_flags: { reason: VALUE_AS_MASK, shown: 'other octets', text: 'tun_gtpu_flags=5,actions=drop' },
  tun_gtpu_msgtype: { reason: VALUE_AS_MASK, shown: 'other octets', text: 'tun_gtpu_msgtype=5,actions=drop' },
}

/** Spellings of other rows: they come back as those. */
const isSpelling = (name: FieldName): boolean =>
  oxmRow(name).twin !== undefined || /^x+reg\d+$/.test(name) || name === 'nw_tos' || name === 'vlan_tci'

interface RowMatch {
  readonly match: Oxm[]
  /** The match is in the form in which it comes back. */
  readonly canonical: boolean
}

const oxm = (field: FieldName, value: number | bigint, mask?: number): Oxm =>
  ({ field, value, ...(mask === undefined ? {} : { mask }) }) as Oxm

/** What must be matched for the field, in the order of a match; a needed field has the value itself. */
function needed(name: FieldName): Oxm[] {
  const { needs = {} } = oxmRow(name)
  const out = Object.entries(needs).map(([field, values]) =>
    field === 'vlan_vid' ? oxm('vlan_vid', 0x1000, 0x1000) : oxm(field as FieldName, values[0]!),
  )
  if (needs.icmpv6_type !== undefined) out.push(oxm('icmpv6_code', 0))
  if (/^ct_(nw_proto|tp_)/.test(name)) out.push(oxm('eth_type', 0x0800))
  if (/^ct_tp_/.test(name)) out.push(oxm('ct_nw_proto', 6))
  if (/^ct_(nw|ipv6|tp)_/.test(name)) out.push(oxm('ct_state', 0x22, 0x22))
  if (/^nsh_c\d/.test(name)) out.push(oxm('nsh_mdtype', 1))
  return out
}

const number = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

/** As many octets as the value needs; a mask that does not have all bits of its first octet. */
function option(name: FieldName): fc.Arbitrary<Oxm> {
  const octets = (size: number, first: fc.Arbitrary<number>): fc.Arbitrary<Uint8Array> =>
    fc
      .tuple(first, fc.uint8Array({ minLength: size - 1, maxLength: size - 1 }))
      .map(([head, rest]) => Uint8Array.of(head, ...rest))
  const exact = number(1, 124)
    .chain((size) => octets(size, number(1, 255)))
    .map((value) => ({ field: name, value }) as Oxm)
  const masked = number(1, 124)
    .chain((size) => fc.tuple(octets(size, number(0, 255)), octets(size, number(1, 127))))
    .map(([value, mask]) => ({ field: name, value: value.map((octet, i) => octet & mask[i]!), mask }) as Oxm)
  const any = { field: name, value: new Uint8Array(0), mask: new Uint8Array(0) } as Oxm
  return fc.oneof(exact, masked, fc.constant(any))
}

function rowValue(name: FieldName): fc.Arbitrary<Oxm> {
  if (oxmRow(name).variable) return option(name)
  switch (name) {
    case 'eth_type':
    case 'nxm_of_eth_type':
      return number(0x0600, 0xffff).map((value) => oxm(name, value))
    case 'packet_type':
      return number(0x0600, 0xffff).map((type) => oxm(name, 0x10000 + type))
    case 'vlan_vid':
      return fc.oneof(
        number(0, 0xfff).map((vid) => oxm(name, 0x1000 | vid)),
        fc
          .tuple(number(0, 0xfff), number(0, 0xffe))
          .map(([vid, mask]) => oxm(name, 0x1000 | (vid & mask), 0x1000 | mask)),
      )
    case 'vlan_tci':
      return fc
        .tuple(number(0, 0xfff), number(0, 7), fc.boolean())
        .map(([vid, pcp, priority]) => oxm(name, 0x1000 | vid | (priority ? pcp << 13 : 0), priority ? 0xffff : 0x1fff))
    case 'ct_nw_proto':
      return number(1, 255).map((protocol) => oxm(name, protocol))
    case 'nw_tos':
      return number(0, 63).map((dscp) => oxm(name, dscp << 2))
    case 'nxm_of_in_port':
      return number(1, 0xfeff).map((port) => oxm(name, port))
    default:
      return fieldValue(name, name !== 'tun_gbp_flags')
  }
}

/** A match that has the field, and what the field needs. */
export function rowMatch(name: FieldName): fc.Arbitrary<RowMatch> {
  const others = needed(name).filter(({ field }) => field !== name)
  return rowValue(name).map((value) => ({
    match: [...others, value].sort((a, b) => sentPlace(a.field as FieldName) - sentPlace(b.field as FieldName)),
    canonical: !isSpelling(name),
  }))
}

/** Rows whose round trip is asked. */
export const ROWS: readonly FieldName[] = FIELD_NAMES.filter((name) => FIELDS_LEFT_OUT[name] === undefined)
