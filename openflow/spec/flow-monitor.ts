/**
 * Flow monitors: a request asks to be told of flow changes; the reply parts are updates, which go on arriving, with
 * xid 0. On OpenFlow 1.3 it is the ONF's extension 187 as Open vSwitch speaks it (experimenter multipart 1870, messages
 * 1870 to 1872), since 1.4 it is part of the protocol (1.4.1 section 7.3.5.19), with pauses and the end of a monitor
 * as updates and requests instead of messages. The goldens hold what Open vSwitch 3.1 and ovs-ofctl send.
 */

import type { Reader, Writer } from '../wire/cursor.ts'
import { WireError } from '../wire/error.ts'
import { enumeration, type Field, type Of, u8, u16, u32, u64 } from '../wire/field.ts'
import { u16At } from '../wire/octets.ts'
import { pad, struct } from '../wire/struct.ts'
import { type ByVersion, columns, inVersion, notInVersion, since } from '../wire/version.ts'
import { GROUP_ANY } from './constants.ts'
import { flowRemovedReason, REMOVED_REASONS } from './enums.ts'
import { type Instruction, instructions } from './instructions.ts'
import { match } from './match.ts'
import type { Oxm } from './oxm.ts'

const request14 = struct({
  id: u32,
  out_port: u32,
  out_group: since(u32, GROUP_ANY),
  flags: u16,
  table_id: u8,
  command: since(enumeration(u8, { add: 0, modify: 1, delete: 2 }), 'add'),
  match,
})
/** `flags`: ONFFMF_ and OFPFMF_ bits. out_port PORT_ANY, out_group GROUP_ANY, table_id TABLE_ALL mean any. */
export type FlowMonitorRequest = Of<typeof request14>

/** `match_len`, which says a second time what the header of the match behind it says: octets without padding. */
function readMatchLen(r: Reader, distance: number): void {
  const at = r.at
  const size = u16.read(r)
  const header = at + distance
  if (header + 4 > r.end) throw new WireError('truncated', r.end, 'no match')
  const own = u16At(r.octets, header + 2)
  if (own !== size) throw new WireError('bad_len', at, `match_len ${size} of a match of ${own}`).within('match_len')
}

/** Fills in the `match_len` at `at` when the match stands `distance` octets behind it. */
function patchMatchLen(w: Writer, at: number, distance: number): void {
  w.octets.copyWithin(at, at + distance + 2, at + distance + 4)
}

const requestTail = struct({ out_port: u32, table_id: u8, pad: pad(3), match })
/** From match_len to the match: itself, out_port, table_id, padding. */
const REQUEST_DISTANCE = 10

const request13: Field<FlowMonitorRequest> = {
  kind: 'flowMonitorRequest',
  min: 24,
  fixed: false,
  read(r) {
    r.need(24)
    const id = u32.read(r)
    const flags = u16.read(r)
    readMatchLen(r, REQUEST_DISTANCE)
    return { id, flags, ...requestTail.read(r) }
  },
  write(w, value) {
    if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
    u32.write(w, value.id)
    u16.write(w, value.flags)
    const at = w.at
    u16.write(w, 0)
    requestTail.write(w, value)
    patchMatchLen(w, at, REQUEST_DISTANCE)
  },
}

/** `struct onf_flow_monitor_request` and `struct ofp_flow_monitor_request`. */
export const flowMonitorRequest = columns<FlowMonitorRequest>({ of13: request13, of14: request14 })

/**
 * What happened. `initial` is a flow that was there before the monitor (on 1.3 such come as added). `abbrev` tells that
 * this connection's own flow_mod with that xid has been done. Between `paused` and `resumed` changes are not told.
 */
export type FlowUpdate =
  | ({ event: 'initial' | 'added' | 'removed' | 'modified' } & FullUpdate)
  | { event: 'abbrev'; xid: number }
  | { event: 'paused' }
  | { event: 'resumed' }

interface FullUpdate {
  /** Of `removed`; a number of no meaning otherwise. */
  reason: Of<typeof removedReason>
  priority: number
  idle_timeout: number
  hard_timeout: number
  table_id: number
  cookie: bigint
  match: Oxm[]
  instructions: Instruction[]
}

const removedReason = enumeration(u16, REMOVED_REASONS)
const head13 = struct({ reason: removedReason, priority: u16, idle_timeout: u16, hard_timeout: u16 })
const tail13 = struct({ table_id: u8, pad: pad(1), cookie: u64, match, instructions })
/** From match_len to the match: itself, table_id, padding, cookie. */
const UPDATE_DISTANCE = 12

const full13: Field<FullUpdate> = {
  kind: 'flowUpdateFull',
  min: 28,
  fixed: false,
  read(r) {
    const head = head13.read(r)
    readMatchLen(r, UPDATE_DISTANCE)
    return { ...head, ...tail13.read(r) }
  },
  write(w, value) {
    head13.write(w, value)
    const at = w.at
    u16.write(w, 0)
    tail13.write(w, value)
    patchMatchLen(w, at, UPDATE_DISTANCE)
  },
}

const full14: Field<FullUpdate> = struct({
  table_id: u8,
  reason: flowRemovedReason,
  idle_timeout: u16,
  hard_timeout: u16,
  priority: u16,
  zeros: pad(4),
  cookie: u64,
  match,
  instructions,
})

type Event = FlowUpdate['event']
/** Events in the order of their numbers, and the body that most have. */
interface Column {
  readonly events: readonly Event[]
  readonly full: Field<FullUpdate>
}

const EVENTS_14 = ['initial', 'added', 'removed', 'modified', 'abbrev', 'paused', 'resumed'] as const
const UPDATES: ByVersion<Column> = {
  of13: { events: ['added', 'removed', 'modified', 'abbrev'], full: full13 },
  of14: { events: EVENTS_14, full: full14 },
}
const abbrev = struct({ xid: u32 })
const pause = struct({ zeros: pad(4) })

/** What follows length and event. */
function bodyOf(event: Event, { full }: Column): Field<object> {
  if (event === 'abbrev') return abbrev
  return event === 'paused' || event === 'resumed' ? pause : full
}

function columnIn(version: number, at: number): Column {
  const column = inVersion(UPDATES, version)
  if (column === undefined) throw notInVersion(at, version, 'flow monitor')
  return column
}

export const flowUpdate: Field<FlowUpdate> = {
  kind: 'flowUpdate',
  min: 8,
  fixed: false,
  read(r) {
    const start = r.at
    const outer = r.end
    const column = columnIn(r.version, start)
    const size = u16.read(r)
    const number = u16.read(r)
    const event = column.events[number]
    if (size < 8 || start + size > outer) throw new WireError('bad_len', start, `length ${size}`).within('length')
    if (event === undefined) throw new WireError('bad_value', start + 2, `event ${number}`).within('event')
    r.end = start + size
    const update = { event, ...bodyOf(event, column).read(r) } as FlowUpdate
    if (r.at !== r.end) throw new WireError('bad_len', r.at, `${r.end - r.at} octets left over`)
    r.end = outer
    return update
  },
  write(w, value) {
    const start = w.at
    const column = columnIn(w.version, start)
    const event = value?.event
    const number = column.events.indexOf(event)
    if (number < 0 && EVENTS_14.includes(event)) throw notInVersion(start, w.version, `event ${event}`).within('event')
    if (number < 0) throw new WireError('unknown_name', start, 'no such event').within('event')
    u16.write(w, 0)
    u16.write(w, number)
    bodyOf(event, column).write(w, value)
    w.patch16(start, w.at - start)
  },
}
