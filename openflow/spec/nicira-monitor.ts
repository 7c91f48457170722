/**
 * Flow monitor as Nicira's extension of OpenFlow 1.0 writes it (statistics 2 of experimenter 0x2320, messages 21 to
 * 23): what `flow-monitor.ts` is on 1.3, with nx_match and 16 bit ports.
 */

import type { Reader, Writer } from '../wire/cursor.ts'
import { WireError } from '../wire/error.ts'
import { enumeration, type Field, type Of, u8, u16, u32, u64 } from '../wire/field.ts'
import { u16At } from '../wire/octets.ts'
import { length, pad, padTo, type Struct, sizeOf, struct } from '../wire/struct.ts'
import { REMOVED_REASONS } from './enums.ts'
import { flowActions } from './flow-actions.ts'
import { nxMatch } from './nicira-match.ts'

/** `struct nx_flow_monitor_request`. `flags`: as of ONFFMF_. out_port 0xffff and table_id 0xff mean any. */
export const nxFlowMonitorRequest = struct({
  id: u32,
  flags: u16,
  out_port: u16,
  match_len: sizeOf('match'),
  table_id: u8,
  pad: pad(5),
  match: nxMatch,
  pad2: padTo(8),
})
export type NxFlowMonitorRequest = Of<typeof nxFlowMonitorRequest>

const CHANGES = { added: 0, removed: 1, modified: 2 } as const
const ABBREV = { abbrev: 3 } as const

/** `struct nx_flow_update_full`. `reason` says something when the flow was removed. */
const full = struct({
  length,
  event: enumeration(u16, CHANGES),
  reason: enumeration(u16, REMOVED_REASONS),
  priority: u16,
  idle_timeout: u16,
  hard_timeout: u16,
  match_len: sizeOf('match'),
  table_id: u8,
  pad: pad(1),
  cookie: u64,
  match: nxMatch,
  pad2: padTo(8),
  instructions: flowActions,
})

/** `struct nx_flow_update_abbrev`: this connection's own request with that xid has been done. */
const abbrev = struct({ length, event: enumeration(u16, ABBREV), xid: u32 })

/** Flows that were there before the monitor come as added. */
export type NxFlowUpdate =
  | ({ event: keyof typeof CHANGES } & Omit<Of<typeof full>, 'event'>)
  | { event: 'abbrev'; xid: number }

export interface NxFlowUpdateField extends Field<NxFlowUpdate> {
  readonly kind: 'nxFlowUpdate'
  readonly shapes: readonly [full: Struct<object>, abbrev: Struct<object>]
}

export const nxFlowUpdate: NxFlowUpdateField = {
  kind: 'nxFlowUpdate',
  min: 8,
  fixed: false,
  shapes: [full, abbrev],
  read(r: Reader) {
    r.need(4)
    const event = u16At(r.octets, r.at + 2)
    if (event > ABBREV.abbrev) throw new WireError('bad_value', r.at + 2, `event ${event}`).within('event')
    return (event === ABBREV.abbrev ? abbrev : full).read(r) as NxFlowUpdate
  },
  write(w: Writer, value: NxFlowUpdate) {
    const event = value?.event
    if (event === 'abbrev') abbrev.write(w, value)
    else if (typeof event === 'string' && Object.hasOwn(CHANGES, event)) full.write(w, value)
    else throw new WireError('unknown_name', w.at, 'no such event').within('event')
  },
}
