/**
 * Experimenter messages (type 4; in OpenFlow 1.0 vendor messages, which look the same) that this codec knows: all of
 * Nicira's that Open vSwitch 3.1 speaks, and the ONF's flow monitor control and bundles (EXT-187, EXT-230). Others are
 * kept as octets. One row each: experimenter, its message type, shape of what follows the two.
 */

import { bytes, enumeration, list, rest, u8, u16, u32, u64 } from '../wire/field.ts'
import { type Members, pad, struct } from '../wire/struct.ts'
import { type UnionOf, type UnionRow, union } from '../wire/union.ts'
import type { ByVersion } from '../wire/version.ts'
import { asyncMasks } from './async-config.ts'
import { asyncProperties } from './async-properties.ts'
import { time } from './bundle-features.ts'
import { packetInReason } from './enums.ts'
import { oxmList } from './match.ts'
import { nxFlowMod, nxFlowRemoved, nxPacketIn } from './nicira-flows.ts'
import { EXPERIMENTER } from './oxm-row.ts'
import { EXPERIMENTER_PROPERTY, properties } from './properties.ts'

const nicira = <const N extends number, const M extends Members>(number: N, members: M) =>
  ({ number, experimenter: EXPERIMENTER.nicira, body: struct(members) }) as const
const onf = <const N extends ByVersion<number>, const M extends Members>(number: N, members: M) =>
  ({ number, experimenter: EXPERIMENTER.onf, body: struct(members) }) as const

/** Geneve option to tun_metadata field; `option_len` in octets, a multiple of 4. */
const tlvMap = struct({ option_class: u16, option_type: u8, option_len: u8, index: u16, pad: pad(2) })

/** Properties of nx_packet_in2 and nx_resume. Numbers of 8 bits stand alone, with a length of 5. */
export const PACKET_IN2_PROPERTIES = {
  packet: { number: 0, body: struct({ data: rest }) },
  full_len: { number: 1, body: struct({ full_len: u32 }) },
  buffer_id: { number: 2, body: struct({ buffer_id: u32 }) },
  table_id: { number: 3, body: struct({ table_id: u8 }) },
  cookie: { number: 4, body: struct({ pad: pad(4), cookie: u64 }) },
  reason: { number: 5, body: struct({ reason: packetInReason }) },
  metadata: { number: 6, body: struct({ fields: oxmList }) },
  userdata: { number: 7, body: struct({ userdata: rest }) },
  continuation: { number: 8, body: struct({ continuation: rest }) },
} as const satisfies Record<string, UnionRow>

const packetIn2Properties = list(union(PACKET_IN2_PROPERTIES, { align: 8, padded: 'behind' }))

/** One side of a connection to flush. IPv4 addresses stand as IPv4-mapped IPv6 addresses. */
export const CT_TUPLE_PROPERTIES = {
  src: { number: 0, body: struct({ address: bytes(16) }) },
  dst: { number: 1, body: struct({ address: bytes(16) }) },
  src_port: { number: 2, body: struct({ port: u16, pad: pad(2) }) },
  dst_port: { number: 3, body: struct({ port: u16, pad: pad(2) }) },
  icmp_id: { number: 4, body: struct({ id: u16, pad: pad(2) }) },
  icmp_type: { number: 5, body: struct({ icmp_type: u8 }) },
  icmp_code: { number: 6, body: struct({ icmp_code: u8 }) },
} as const satisfies Record<string, UnionRow>

const ctTuple = struct({ pad: pad(4), tuple: list(union(CT_TUPLE_PROPERTIES, { align: 8, padded: 'behind' })) })

export const CT_FLUSH_PROPERTIES = {
  orig_tuple: { number: 0, body: ctTuple },
  reply_tuple: { number: 1, body: ctTuple },
  zone_id: { number: 2, body: struct({ zone_id: u16, pad: pad(2) }) },
} as const satisfies Record<string, UnionRow>

/** Roles of OpenFlow 1.0 connections; `other` is what 1.2 calls equal. */
const nxRole = struct({ role: enumeration(u32, { other: 0, master: 1, slave: 2 }) })

const tlvCommand = enumeration(u16, { add: 0, delete: 1, clear: 2 })

/** `bundle_control.bundle_type`; replies are the odd ones. */
const bundleType = enumeration(u16, {
  open_request: 0,
  open_reply: 1,
  close_request: 2,
  close_reply: 3,
  commit_request: 4,
  commit_reply: 5,
  discard_request: 6,
  discard_reply: 7,
})

export const BUNDLE_PROPERTIES = {
  /** When to commit: goes with OFPBF_TIME. */
  time: { number: { of15: 1 }, body: struct({ pad: pad(4), scheduled_time: time }) },
  experimenter: EXPERIMENTER_PROPERTY,
} as const satisfies Record<string, UnionRow>
/** Property of a bundle message: when to carry it out (`time`, 1.5), or what an experimenter adds. */
export type BundleProperty = UnionOf<typeof BUNDLE_PROPERTIES>
export const bundleProperties = properties(BUNDLE_PROPERTIES)

export const EXPERIMENTER_MESSAGES = {
  nx_role_request: { number: 10, experimenter: EXPERIMENTER.nicira, body: nxRole },
  nx_role_reply: { number: 11, experimenter: EXPERIMENTER.nicira, body: nxRole },
  nx_set_flow_format: nicira(12, { format: enumeration(u32, { openflow10: 0, nxm: 2 }) }),
  nx_flow_mod: { number: 13, experimenter: EXPERIMENTER.nicira, body: nxFlowMod },
  nx_flow_removed: { number: 14, experimenter: EXPERIMENTER.nicira, body: nxFlowRemoved },
  nx_flow_mod_table_id: nicira(15, { set: u8, pad: pad(7) }),
  nx_set_packet_in_format: nicira(16, {
    format: enumeration(u32, { openflow10: 0, nxt_packet_in: 1, nxt_packet_in2: 2 }),
  }),
  nx_packet_in: { number: 17, experimenter: EXPERIMENTER.nicira, body: nxPacketIn },
  /** The ages of nx_flow statistics are wanted. */
  nx_flow_age: nicira(18, {}),
  /** Masks of reasons; those of master hold for other, too. */
  nx_set_async_config: { number: 19, experimenter: EXPERIMENTER.nicira, body: asyncMasks },
  nx_set_controller_id: nicira(20, { pad: pad(6), controller_id: u16 }),
  nx_flow_monitor_cancel: nicira(21, { id: u32 }),
  nx_flow_monitor_paused: nicira(22, {}),
  nx_flow_monitor_resumed: nicira(23, {}),
  nx_tlv_table_mod: nicira(24, { command: tlvCommand, pad: pad(6), mappings: list(tlvMap) }),
  nx_tlv_table_request: nicira(25, {}),
  nx_tlv_table_reply: nicira(26, { max_option_space: u32, max_fields: u16, pad: pad(10), mappings: list(tlvMap) }),
  nx_set_async_config2: nicira(27, { properties: asyncProperties }),
  nx_resume: nicira(28, { properties: packetIn2Properties }),
  nx_ct_flush_zone: nicira(29, { pad: pad(6), zone_id: u16 }),
  nx_packet_in2: nicira(30, { properties: packetIn2Properties }),
  nx_ct_flush: nicira(32, {
    ip_proto: u8,
    pad: pad(7),
    properties: list(union(CT_FLUSH_PROPERTIES, { align: 8, padded: 'behind' })),
  }),
  /** From 1.4 on requests and updates of the multipart type say what these three do. */
  flow_monitor_cancel: onf({ of13: 1870, of14: null }, { id: u32 }),
  flow_monitor_paused: onf({ of13: 1871, of14: null }, {}),
  flow_monitor_resumed: onf({ of13: 1872, of14: null }, {}),
  bundle_control: {
    number: { of13: 2300, of14: 33 },
    experimenter: { of13: EXPERIMENTER.onf, of14: null },
    body: struct({ bundle_id: u32, bundle_type: bundleType, flags: u16, properties: bundleProperties }),
  },
} as const
