/**
 * Actions that Open vSwitch adds (experimenter 0x2320), all but those that contain
 * actions (`actions-nested.ts`) and learn (`learn.ts`). The facts are those of ovs-actions(7) and of what
 * ovs-ofctl 3.1 emits; the goldens hold them. Subfields are named by field, offset of the lowest bit and number
 * of bits, as everywhere in Nicira's actions; `ofs_nbits` packs the two as offset << 6 | (bits - 1).
 */

import { WireError } from '../wire/error.ts'
import { enumeration, type Field, list, rest, u8, u16, u32, u64, u128 } from '../wire/field.ts'
import { type Members, pad, sizeOf, struct } from '../wire/struct.ts'
import { type UnionOf, type UnionRow, union } from '../wire/union.ts'
import { encapProperties } from './encap.ts'
import { packetInReason } from './enums.ts'
import { type FieldRef, fieldRef, fieldRef32 } from './oxm.ts'
import { EXPERIMENTER } from './oxm-row.ts'
import { loadField } from './set-field.ts'

/** A Nicira action: subtype and what follows it. */
export const nx = <const N extends number, const M extends Members>(number: N, members: M) =>
  ({ number, experimenter: EXPERIMENTER.nicira, body: struct(members) }) as const

/** Offset and bit count in one 16 bit number. */
export interface Bits {
  ofs: number
  n_bits: number
}

export const ofsNbits: Field<Bits> = {
  kind: 'ofsNbits',
  min: 2,
  fixed: true,
  read(r) {
    const packed = u16.read(r)
    return { ofs: packed >>> 6, n_bits: (packed & 63) + 1 }
  },
  write(w, value) {
    const { ofs, n_bits } = value ?? {}
    if (!(Number.isInteger(ofs) && Number.isInteger(n_bits) && ofs >= 0 && ofs < 1024 && n_bits >= 1 && n_bits <= 64)) {
      throw new WireError('out_of_range', w.at, 'ofs in 0..1023 and n_bits in 1..64 wanted')
    }
    u16.write(w, (ofs << 6) | (n_bits - 1))
  },
}

/** Addresses and ports of a nat action: present or not by a bit each, in this order. */
export interface NatRange {
  ipv4_min?: number
  ipv4_max?: number
  ipv6_min?: bigint
  ipv6_max?: bigint
  proto_min?: number
  proto_max?: number
}

const NAT_PARTS = [
  ['ipv4_min', u32],
  ['ipv4_max', u32],
  ['ipv6_min', u128],
  ['ipv6_max', u128],
  ['proto_min', u16],
  ['proto_max', u16],
] as const

const natRange: Field<NatRange> = {
  kind: 'natRange',
  min: 2,
  fixed: false,
  read(r) {
    const at = r.at
    const present = u16.read(r)
    if (present > 0x3f) throw new WireError('bad_value', at, 'unknown part of a nat range')
    const out: Record<string, number | bigint> = {}
    NAT_PARTS.forEach(([name, field], bit) => {
      if (present & (1 << bit)) out[name] = field.read(r)
    })
    return out as NatRange
  },
  write(w, value) {
    if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
    let present = 0
    NAT_PARTS.forEach(([name], bit) => {
      if (value[name] !== undefined) present |= 1 << bit
    })
    u16.write(w, present)
    for (const [name, field] of NAT_PARTS) {
      if (value[name] !== undefined) (field as Field<number | bigint>).write(w, value[name]!)
    }
  },
}

const hashFields = enumeration(u16, {
  eth_src: 0,
  symmetric_l4: 1,
  symmetric_l3l4: 2,
  symmetric_l3l4_udp: 3,
  nw_src: 4,
  nw_dst: 5,
  symmetric_l3: 6,
})

/** Slaves (Open vSwitch now says members) are OpenFlow 1.0 port numbers; `slave_type` is NXM_OF_IN_PORT's header. */
const bundle = {
  algorithm: enumeration(u16, { active_backup: 0, hrw: 1 }),
  fields: hashFields,
  basis: u16,
  slave_type: fieldRef32,
  n_slaves: sizeOf('slaves', 2),
  ofs_nbits: u16,
  dst: fieldRef32,
  pad: pad(4),
  slaves: list(u16),
} as const

const sample = {
  probability: u16,
  collector_set_id: u32,
  obs_domain_id: u32,
  obs_point_id: u32,
} as const

const sampleAtPort = {
  ...sample,
  sampling_port: u16,
  direction: enumeration(u8, { default: 0, ingress: 1, egress: 2 }),
  pad: pad(5),
} as const

/** Properties of nx_controller2. */
export const CONTROLLER2_PROPERTIES = {
  max_len: { number: 0, body: struct({ max_len: u16, pad: pad(2) }) },
  controller_id: { number: 1, body: struct({ controller_id: u16, pad: pad(2) }) },
  reason: { number: 2, body: struct({ reason: packetInReason }) },
  userdata: { number: 3, body: struct({ userdata: rest }) },
  pause: { number: 4, body: struct({}) },
  meter_id: { number: 5, body: struct({ meter_id: u32 }) },
} as const satisfies Record<string, UnionRow>

/** A field and zeros, 14 octets in all, of which the action's own padding would not make 24. */
const fieldRefOf14: Field<FieldRef> = {
  kind: 'fieldRef',
  min: 14,
  fixed: true,
  read(r) {
    r.need(14)
    const end = r.at + 14
    const field = fieldRef.read(r)
    r.skip(end - r.at)
    return field
  },
  write(w, field) {
    const end = w.at + 14
    fieldRef.write(w, field)
    w.skip(end - w.at)
  },
}

/** Subfield on the stack, 24 octets in all; the action's own padding fills up. */
const stack = { offset: u16, field: fieldRef, n_bits: u16 } as const

export const ACTIONS_NICIRA = {
  nx_resubmit: nx(1, { in_port: u16, pad: pad(4) }),
  nx_set_tunnel: nx(2, { pad: pad(2), tun_id: u32 }),
  nx_set_queue: nx(4, { pad: pad(2), queue_id: u32 }),
  nx_pop_queue: nx(5, { pad: pad(6) }),
  nx_reg_move: nx(6, { n_bits: u16, src_ofs: u16, dst_ofs: u16, src: fieldRef, dst: fieldRef }),
  nx_reg_load: nx(7, { ofs_nbits: ofsNbits, dst: fieldRef32, value: u64 }),
  nx_note: nx(8, { note: rest }),
  nx_set_tunnel64: nx(9, { pad: pad(6), tun_id: u64 }),
  nx_multipath: nx(10, {
    fields: hashFields,
    basis: u16,
    pad: pad(2),
    algorithm: enumeration(u16, { modulo_n: 0, hash_threshold: 1, hrw: 2, iter_hash: 3 }),
    max_link: u16,
    arg: u32,
    pad2: pad(2),
    ofs_nbits: ofsNbits,
    dst: fieldRef32,
  }),
  nx_bundle: nx(12, bundle),
  nx_bundle_load: nx(13, bundle),
  nx_resubmit_table: nx(14, { in_port: u16, table: u8, pad: pad(3) }),
  nx_output_reg: nx(15, { ofs_nbits: ofsNbits, src: fieldRef32, max_len: u16, pad: pad(6) }),
  nx_exit: nx(17, { pad: pad(6) }),
  nx_dec_ttl: nx(18, { pad: pad(6) }),
  nx_fin_timeout: nx(19, { fin_idle_timeout: u16, fin_hard_timeout: u16, pad: pad(2) }),
  nx_controller: nx(20, { max_len: u16, controller_id: u16, reason: packetInReason, pad: pad(1) }),
  nx_dec_ttl_cnt_ids: nx(21, { n_controllers: sizeOf('cnt_ids', 2), pad: pad(4), cnt_ids: list(u16) }),
  nx_write_metadata: nx(22, { pad: pad(6), metadata: u64, metadata_mask: u64 }),
  nx_push_mpls: nx(23, { ethertype: u16, pad: pad(4) }),
  nx_pop_mpls: nx(24, { ethertype: u16, pad: pad(4) }),
  nx_set_mpls_ttl: nx(25, { mpls_ttl: u8, pad: pad(5) }),
  nx_dec_mpls_ttl: nx(26, { pad: pad(6) }),
  nx_stack_push: nx(27, stack),
  nx_stack_pop: nx(28, stack),
  nx_sample: nx(29, sample),
  nx_set_mpls_label: nx(30, { pad: pad(2), mpls_label: u32 }),
  nx_set_mpls_tc: nx(31, { mpls_tc: u8, pad: pad(5) }),
  nx_output_reg2: nx(32, { ofs_nbits: ofsNbits, max_len: u16, src: fieldRef }),
  nx_reg_load2: nx(33, { field: loadField }),
  nx_conjunction: nx(34, { clause: u8, n_clauses: u8, id: u32 }),
  nx_nat: nx(36, { pad: pad(2), flags: u16, range: natRange }),
  nx_controller2: nx(37, {
    pad: pad(6),
    properties: list(union(CONTROLLER2_PROPERTIES, { align: 8, padded: 'behind' })),
  }),
  nx_sample2: nx(38, sampleAtPort),
  nx_output_trunc: nx(39, { port: u16, max_len: u32 }),
  nx_group: nx(40, { pad: pad(2), group_id: u32 }),
  nx_sample3: nx(41, sampleAtPort),
  nx_ct_clear: nx(43, { pad: pad(6) }),
  nx_resubmit_table_ct: nx(44, { in_port: u16, table: u8, pad: pad(3) }),
  nx_encap: nx(46, { hdr_size: u16, new_pkt_type: u32, properties: encapProperties }),
  nx_decap: nx(47, { pad: pad(2), new_pkt_type: u32 }),
  nx_dec_nsh_ttl: nx(48, { pad: pad(6) }),
  nx_check_pkt_larger: nx(49, { pkt_len: u16, offset: u16, dst: fieldRef }),
  nx_delete_field: nx(50, { field: fieldRefOf14 }),
  /** Of Open vSwitch's own tests; a switch takes them when started with --enable-dummy. */
  nx_debug_slow: nx(254, { pad: pad(6) }),
  nx_debug_recirc: nx(255, { pad: pad(6) }),
} as const satisfies Record<string, UnionRow>

export type NiciraAction = UnionOf<typeof ACTIONS_NICIRA>
