/** One or more multipart requests and replies of every type, for the text tests. */
import { type Message, PORT_ANY } from 'node-openflow'
import {
  actions,
  allTables,
  bands,
  bucket,
  flow,
  port,
  portStats,
  reply,
  request,
  tableFeatures,
  tcp443,
} from './text-samples-parts.ts'

export const MULTIPART_SAMPLES: ReadonlyArray<readonly [string, Message]> = [
  ['desc request', request('desc', {})],
  ['desc', reply('desc', { mfr_desc: 'Maker', hw_desc: 'Box', sw_desc: '1.0', serial_num: 'None', dp_desc: 'here' })],
  ['flow request', request('flow', allTables)],
  [
    'flow request with everything',
    request('flow', {
      ...allTables,
      table_id: 3,
      out_port: 2,
      match: tcp443,
    }),
  ],
  [
    'flow',
    reply('flow', [
      { ...flow, match: tcp443, instructions: [{ type: 'apply_actions', actions }] },
      {
        ...flow,
        duration_nsec: 0,
        priority: 32768,
        flags: 0,
        idle_timeout: 0,
        hard_timeout: 0,
        cookie: 0n,
        match: [],
        instructions: [],
      },
    ]),
  ],
  ['flow, first part of more', reply('flow', [], 1)],
  ['aggregate request', request('aggregate', { ...allTables, match: tcp443 })],
  ['aggregate', reply('aggregate', { packet_count: 5n, byte_count: 6n, flow_count: 7 })],
  ['table request', request('table', {})],
  [
    'table',
    reply(
      'table',
      [0, 1, 2, 3].map((table_id) => ({
        table_id,
        active_count: table_id > 1 ? 4 : table_id,
        lookup_count: 9n,
        matched_count: 8n,
      })),
    ),
  ],
  ['port_stats request', request('port_stats', { port_no: PORT_ANY })],
  ['port_stats request of one', request('port_stats', { port_no: 3 })],
  ['port_stats', reply('port_stats', [portStats(3), { ...portStats(0xfffffffe), rx_dropped: 0xffff_ffff_ffff_ffffn }])],
  ['queue request', request('queue', { port_no: PORT_ANY, queue_id: 0xffffffff })],
  ['queue request of one', request('queue', { port_no: 3, queue_id: 7 })],
  [
    'queue',
    reply('queue', [
      {
        port_no: 3,
        queue_id: 1,
        tx_bytes: 2n,
        tx_packets: 3n,
        tx_errors: 4n,
        duration_sec: 5,
        duration_nsec: 6_000_000,
      },
    ]),
  ],
  ['group request', request('group', { group_id: 0xfffffffc })],
  ['group request of one', request('group', { group_id: 6 })],
  [
    'group',
    reply('group', [
      {
        group_id: 6,
        ref_count: 2,
        packet_count: 3n,
        byte_count: 4n,
        duration_sec: 5,
        duration_nsec: 6_000_000,
        bucket_stats: [
          { packet_count: 7n, byte_count: 8n },
          { packet_count: 9n, byte_count: 10n },
        ],
      },
    ]),
  ],
  ['group_desc request', request('group_desc', {})],
  [
    'group_desc',
    reply('group_desc', [
      { group_type: 'select', group_id: 6, buckets: [bucket(1, 10), bucket(2, 20, 2)] },
      { group_type: 'indirect', group_id: 7, buckets: [bucket(3, 0)] },
    ]),
  ],
  ['group_features request', request('group_features', {})],
  [
    'group_features',
    reply('group_features', {
      types: 15,
      capabilities: 7,
      max_groups_all: 1,
      max_groups_select: 2,
      max_groups_indirect: 3,
      max_groups_ff: 4,
      actions_all: 0x1000001,
      actions_select: 1,
      actions_indirect: 0x3ff8001,
      actions_ff: 0,
    }),
  ],
  ['meter request', request('meter', { meter_id: 5 })],
  [
    'meter',
    reply('meter', [
      {
        meter_id: 5,
        flow_count: 1,
        packet_in_count: 2n,
        byte_in_count: 3n,
        duration_sec: 4,
        duration_nsec: 5_000_000,
        band_stats: [{ packet_band_count: 6n, byte_band_count: 7n }],
      },
    ]),
  ],
  ['meter_config request', request('meter_config', { meter_id: 0xffffffff })],
  [
    'meter_config',
    reply('meter_config', [
      { flags: 13, meter_id: 5, bands },
      { flags: 2, meter_id: 6, bands: [] },
    ]),
  ],
  ['meter_features request', request('meter_features', {})],
  [
    'meter_features',
    reply('meter_features', { max_meter: 100, band_types: 6, capabilities: 15, max_bands: 2, max_color: 1 }),
  ],
  ['table_features request', request('table_features', [])],
  [
    'table_features',
    reply('table_features', [tableFeatures(0), tableFeatures(1), { ...tableFeatures(2), max_entries: 5 }]),
  ],
  ['port_desc request', request('port_desc', {})],
  ['port_desc', reply('port_desc', [port(1, 'eth1'), port(0xfffffffe, 'br0', 1)])],
  [
    'flow_monitor request',
    request('flow_monitor', [{ id: 5, flags: 0x1f, out_port: PORT_ANY, table_id: 0xff, match: [] }]),
  ],
  [
    'flow_monitor',
    reply('flow_monitor', [
      {
        event: 'added',
        table_id: 1,
        reason: 'idle_timeout',
        idle_timeout: 0,
        hard_timeout: 0,
        priority: 7,
        cookie: 5n,
        match: tcp443,
        instructions: [{ type: 'apply_actions', actions }],
      },
      {
        event: 'removed',
        table_id: 1,
        reason: 'delete',
        idle_timeout: 5,
        hard_timeout: 6,
        priority: 32768,
        cookie: 5n,
        match: [],
        instructions: [],
      },
      { event: 'abbrev', xid: 0x1234 },
    ]),
  ],
]
