/** Values that the samples of the text tests share. */
import { type Action, GROUP_ANY, type Message, NO_BUFFER, PORT_ANY } from 'node-openflow'

export const octets = (...values: number[]): Uint8Array => Uint8Array.from(values)
export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
export const none = octets()

/** An ARP request, 42 octets. */
export const ARP = Uint8Array.from(
  Buffer.from('ffffffffffff0202020202020806000108000604000102020202020201020304000000000000' + '01020305', 'hex'),
)

export const port = (port_no: number, name: string, state = 0) => ({
  port_no,
  hw_addr: 0x0a0b0c0d0e00 + (port_no % 256),
  name,
  config: state & 1,
  state,
  curr: 0x2840,
  advertised: 0x280f,
  supported: 0x2fff,
  peer: 0xc820,
  curr_speed: 10_000_000,
  max_speed: 40_000_000,
})

export const flowMod = (rest: Partial<Extract<Message, { type: 'flow_mod' }>>): Message => ({
  type: 'flow_mod',
  xid: 0x21,
  cookie: 0n,
  cookie_mask: 0n,
  table_id: 0,
  command: 'add',
  idle_timeout: 0,
  hard_timeout: 0,
  priority: 32768,
  buffer_id: NO_BUFFER,
  out_port: PORT_ANY,
  out_group: GROUP_ANY,
  flags: 0,
  match: [],
  instructions: [],
  ...rest,
})

export const actions: Action[] = [
  { type: 'set_field', field: { field: 'eth_dst', value: 0x020000000001 } },
  { type: 'output', port: 3, max_len: 0 },
]
export const flow = {
  table_id: 4,
  duration_sec: 12,
  duration_nsec: 345_000_000,
  priority: 77,
  idle_timeout: 30,
  hard_timeout: 60,
  flags: 1,
  cookie: 0xabcdn,
  packet_count: 5n,
  byte_count: 500n,
}
export const tcp443 = [
  { field: 'eth_type', value: 0x800 } as const,
  { field: 'ip_proto', value: 6 } as const,
  { field: 'tcp_dst', value: 443 } as const,
]

export const portStats = (port_no: number) => ({
  port_no,
  rx_packets: 1n,
  tx_packets: 2n,
  rx_bytes: 3n,
  tx_bytes: 4n,
  rx_dropped: 5n,
  tx_dropped: 6n,
  rx_errors: 7n,
  tx_errors: 8n,
  rx_frame_err: 9n,
  rx_over_err: 10n,
  rx_crc_err: 11n,
  collisions: 12n,
  duration_sec: 13,
  duration_nsec: 14_000_000,
})

export const bands = [
  { type: 'drop', rate: 1000, burst_size: 100 } as const,
  { type: 'dscp_remark', rate: 2000, burst_size: 0, prec_level: 1 } as const,
]

export const bucket = (port_no: number, weight: number, watch_port = PORT_ANY) => ({
  weight,
  watch_port,
  watch_group: GROUP_ANY,
  actions: [{ type: 'output', port: port_no, max_len: 0 } as Action],
})

export const request = (mp_type: string, body: object): Message =>
  ({ type: 'multipart_request', xid: 0x31, flags: 0, mp_type, body }) as unknown as Message
export const reply = (mp_type: string, body: object, flags = 0): Message =>
  ({ type: 'multipart_reply', xid: 0x32, flags, mp_type, body }) as unknown as Message

export const asyncMasks = {
  packet_in_mask_master: 7,
  packet_in_mask_slave: 0,
  port_status_mask_master: 7,
  port_status_mask_slave: 5,
  flow_removed_mask_master: 15,
  flow_removed_mask_slave: 0,
}

export const allTables = {
  table_id: 0xff,
  out_port: PORT_ANY,
  out_group: GROUP_ANY,
  cookie: 0n,
  cookie_mask: 0n,
  match: [],
}

export const tableFeatures = (table_id: number) => ({
  table_id,
  name: `table${table_id}`,
  metadata_match: 0xffff_ffff_ffff_ffffn,
  metadata_write: 0xffff_ffff_ffff_ffffn,
  config: 3,
  max_entries: 1000000,
  properties: [
    { type: 'instructions', instruction_ids: ['goto_table', 'write_metadata', 'apply_actions', 'meter'] },
    { type: 'instructions_miss', instruction_ids: ['goto_table', 'write_metadata', 'apply_actions', 'meter'] },
    { type: 'next_tables', next_table_ids: [table_id + 1, table_id + 2, 9] },
    { type: 'next_tables_miss', next_table_ids: [table_id + 1, table_id + 2, 9] },
    { type: 'write_actions', action_ids: ['output', 'group', 'set_field'] },
    { type: 'write_actions_miss', action_ids: ['output', 'group', 'set_field'] },
    { type: 'apply_actions', action_ids: ['output', 'dec_nw_ttl', 'push_vlan'] },
    { type: 'apply_actions_miss', action_ids: ['output', 'dec_nw_ttl', 'push_vlan'] },
    {
      type: 'match',
      oxm_ids: [
        { field: 'in_port', masked: false },
        { field: 'eth_dst', masked: true },
      ],
    },
    {
      type: 'wildcards',
      oxm_ids: [
        { field: 'in_port', masked: false },
        { field: 'eth_dst', masked: false },
      ],
    },
    { type: 'write_setfield', oxm_ids: [{ field: 'eth_dst', masked: false }] },
    { type: 'write_setfield_miss', oxm_ids: [{ field: 'eth_dst', masked: false }] },
    { type: 'apply_setfield', oxm_ids: [{ field: 'reg0', masked: false }] },
    { type: 'apply_setfield_miss', oxm_ids: [{ field: 'reg0', masked: false }] },
  ],
})

export const tlv = { option_class: 0xffff, option_type: 1, option_len: 4, index: 0 }
