/**
 * The messages of OpenFlow: one row each, number and shape of what follows the header, by version where they differ. Hello, error and
 * multipart have files of their own, experimenter messages are in `experimenter.ts`. `message.ts` makes types,
 * encoder and decoder of all.
 */

import { enumeration, type Field, list, type Of, rest, u8, u16, u32, u64 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import type { RowPlace } from '../wire/union.ts'
import { columns, since } from '../wire/version.ts'
import { asyncConfig } from './async-config.ts'
import { controllerStatusMessage } from './controller-status.ts'
import { controllerRole, FLOW_COMMANDS, packetInReason } from './enums.ts'
import { flowRemoved } from './flows.ts'
import { groupMod, meterBands, meterCommand } from './groups.ts'
import { instructions } from './instructions.ts'
import { match } from './match.ts'
import { featuresReply10, flowMod10, packetIn10 } from './of10-flows.ts'
import { queueConfigReply10, queueConfigRequest10 } from './of10-queues.ts'
import { EXPERIMENTER } from './oxm-row.ts'
import { packetOut } from './packet-out.ts'
import { packetQueue, port, portMod } from './ports.ts'
import { EXPERIMENTER_PROPERTY, properties } from './properties.ts'
import { tableDesc, tableMod } from './tables.ts'

/** `body` is what follows the header (and an experimenter's ids). */
export interface MessageRow extends RowPlace {
  readonly body: Field<never> | Field<unknown>
}

const nothing = struct({})
const config = struct({ flags: u16, miss_send_len: u16 })
/** `short_id` is the number of the controller, by which controller_status names it; 0 where there is none. */
const role15 = struct({ role: controllerRole, short_id: since(u16, 0), pad: pad(2), generation_id: u64 })
const role = columns<Of<typeof role15>>({
  of13: struct({ role: controllerRole, pad: pad(4), generation_id: u64 }),
  of15: role15,
})

/** `struct ofp_flow_mod`; the two octets before the match are padding until 1.4 made them the importance. */
const flowModHead = {
  cookie: u64,
  cookie_mask: u64,
  table_id: u8,
  command: enumeration(u8, FLOW_COMMANDS),
  idle_timeout: u16,
  hard_timeout: u16,
  priority: u16,
  buffer_id: u32,
  out_port: u32,
  out_group: u32,
  flags: u16,
} as const
const flowMod14 = struct({ ...flowModHead, importance: since(u16, 0), match, instructions })
const flowMod = columns<Of<typeof flowMod14>>({
  of10: flowMod10,
  of13: struct({ ...flowModHead, pad: pad(2), match, instructions }),
  of14: flowMod14,
})

const packetIn13 = struct({
  buffer_id: u32,
  total_len: u16,
  reason: packetInReason,
  table_id: u8,
  cookie: u64,
  match,
  pad: pad(2),
  data: rest,
})

const queueConfigRequest13 = struct({ port: u32, pad: pad(4) })
const queueConfigReply13 = struct({ port: u32, pad: pad(4), queues: list(packetQueue) })

export const MESSAGES = {
  echo_request: { number: 2, body: struct({ data: rest }) },
  echo_reply: { number: 3, body: struct({ data: rest }) },
  features_request: { number: 5, body: nothing },
  features_reply: {
    number: 6,
    body: columns<Of<typeof featuresReply10>>({
      of10: featuresReply10,
      of13: struct({
        datapath_id: u64,
        n_buffers: u32,
        n_tables: u8,
        auxiliary_id: u8,
        pad: pad(2),
        capabilities: u32,
        reserved: u32,
      }),
    }),
  },
  get_config_request: { number: 7, body: nothing },
  get_config_reply: { number: 8, body: config },
  set_config: { number: 9, body: config },
  packet_in: {
    number: 10,
    body: columns<Of<typeof packetIn13>>({ of10: packetIn10, of13: packetIn13 }),
  },
  flow_removed: { number: 11, body: flowRemoved },
  port_status: {
    number: 12,
    body: struct({ reason: enumeration(u8, { add: 0, delete: 1, modify: 2 }), pad: pad(7), desc: port }),
  },
  packet_out: { number: 13, body: packetOut },
  flow_mod: { number: 14, body: flowMod },
  /** Open vSwitch has groups on 1.0, too. */
  group_mod: { number: { of10: 31, of13: 15 }, experimenter: { of10: EXPERIMENTER.nicira }, body: groupMod },
  port_mod: { number: { of10: 15, of13: 16 }, body: portMod },
  table_mod: { number: { of13: 17 }, body: tableMod },
  barrier_request: { number: { of10: 18, of13: 20 }, body: nothing },
  barrier_reply: { number: { of10: 19, of13: 21 }, body: nothing },
  /** Since 1.4 a multipart type, queue_desc. */
  queue_get_config_request: {
    number: { of10: 20, of13: 22, of14: null },
    body: columns<Of<typeof queueConfigRequest13>>({ of10: queueConfigRequest10, of13: queueConfigRequest13 }),
  },
  queue_get_config_reply: {
    number: { of10: 21, of13: 23, of14: null },
    body: columns<Of<typeof queueConfigReply13>>({ of10: queueConfigReply10, of13: queueConfigReply13 }),
  },
  controller_status: { number: { of15: 35 }, body: controllerStatusMessage },
  role_request: { number: { of13: 24 }, body: role },
  role_reply: { number: { of13: 25 }, body: role },
  get_async_request: { number: { of13: 26 }, body: nothing },
  get_async_reply: { number: { of13: 27 }, body: asyncConfig },
  set_async: { number: { of13: 28 }, body: asyncConfig },
  meter_mod: {
    number: { of13: 29 },
    body: struct({ command: meterCommand, flags: u16, meter_id: u32, bands: meterBands }),
  },
  /** The switch changed this connection's role. */
  role_status: {
    number: { of13: 1911, of14: 30 },
    experimenter: { of13: EXPERIMENTER.onf, of14: null },
    body: struct({
      role: controllerRole,
      reason: enumeration(u8, { master_request: 0, config: 1, experimenter: 2 }),
      pad: pad(3),
      generation_id: u64,
      properties: properties({ experimenter: EXPERIMENTER_PROPERTY }),
    }),
  },
  /** A threshold of the table's vacancy was crossed. */
  table_status: {
    number: { of14: 31 },
    body: struct({ reason: enumeration(u8, { vacancy_down: 3, vacancy_up: 4 }), pad: pad(7), table: tableDesc }),
  },
} as const satisfies Record<string, MessageRow>
