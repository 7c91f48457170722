/**
 * Which asynchronous messages a connection wants, as properties (OpenFlow 1.4.1 section 7.3.10, 1.5.1 section 7.3.10):
 * one for each kind of message and role, a bit for each reason. Nicira's nx_set_async_config2 has them before 1.4.
 */

import { u32 } from '../wire/field.ts'
import { struct } from '../wire/struct.ts'
import type { UnionOf, UnionRow } from '../wire/union.ts'
import { experimenterProperty, properties } from './properties.ts'

const mask = struct({ mask: u32 })

export const ASYNC_PROPERTIES = {
  packet_in_slave: { number: 0, body: mask },
  packet_in_master: { number: 1, body: mask },
  port_status_slave: { number: 2, body: mask },
  port_status_master: { number: 3, body: mask },
  flow_removed_slave: { number: 4, body: mask },
  flow_removed_master: { number: 5, body: mask },
  role_status_slave: { number: 6, body: mask },
  role_status_master: { number: 7, body: mask },
  table_status_slave: { number: 8, body: mask },
  table_status_master: { number: 9, body: mask },
  requestforward_slave: { number: 10, body: mask },
  requestforward_master: { number: 11, body: mask },
  flow_stats_slave: { number: { of15: 12 }, body: mask },
  flow_stats_master: { number: { of15: 13 }, body: mask },
  cont_status_slave: { number: { of15: 14 }, body: mask },
  cont_status_master: { number: { of15: 15 }, body: mask },
  experimenter_slave: { number: 0xfffe, body: experimenterProperty },
  experimenter_master: { number: 0xffff, body: experimenterProperty },
} as const satisfies Record<string, UnionRow>

export type AsyncProperty = UnionOf<typeof ASYNC_PROPERTIES>

export const asyncProperties = properties(ASYNC_PROPERTIES)
