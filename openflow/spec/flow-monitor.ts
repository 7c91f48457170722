/**
 * Flow monitor on OpenFlow 1.3: the ONF's extension 187 as Open vSwitch speaks it (experimenter multipart 1870,
 * messages 1870 to 1872). A request asks to be told of flow changes; the reply parts are updates, which go on
 * arriving, with xid 0. The goldens hold what Open vSwitch 3.1 and ovs-ofctl send.
 */

import type { Reader, Writer } from '../wire/cursor.ts'
import { WireError } from '../wire/error.ts'
import { enumeration, type Field, type Of, u8, u16, u32, u64 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import { REMOVED_REASONS } from './enums.ts'
import { type Instruction, instructions } from './instructions.ts'
import { match } from './match.ts'
import type { Oxm } from './oxm.ts'

/** `flags`: ONFFMF_ bits. out_port PORT_ANY and table_id TABLE_ALL mean any. */
export interface FlowMonitorRequest {
  id: number
  flags: number
  out_port: number
  table_id: number
  match: Oxm[]
}

/** `match_len`, which says a second time what the header of the match behind it says: octets without padding. */
function readMatchLen(r: Reader, distance: number): void {
  const at = r.at
  const size = u16.read(r)
  const header = at + distance
  if (header + 4 > r.end) throw new WireError('truncated', r.end, 'no match')
  const own = (r.octets[header + 2]! << 8) | r.octets[header + 3]!
  if (own !== size) throw new WireError('bad_len', at, `match_len ${size} of a match of ${own}`).within('match_len')
}

/** Fills in the `match_len` at `at` when the match stands `distance` octets behind it. */
function patchMatchLen(w: Writer, at: number, distance: number): void {
  w.octets.copyWithin(at, at + distance + 2, at + distance + 4)
}

const requestTail = struct({ out_port: u32, table_id: u8, pad: pad(3), match })
/** From match_len to the match: itself, out_port, table_id, padding. */
const REQUEST_DISTANCE = 10

export const flowMonitorRequest: Field<FlowMonitorRequest> = {
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

/** What happened. `abbrev` tells that this connection's own flow_mod with that xid has been done. */
export type FlowUpdate = ({ event: 'added' | 'removed' | 'modified' } & FullUpdate) | { event: 'abbrev'; xid: number }

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

/** By number. Flows that were there before the monitor come as added. */
const EVENTS = ['added', 'removed', 'modified', 'abbrev'] as const

const removedReason = enumeration(u16, REMOVED_REASONS)
const fullHead = struct({ reason: removedReason, priority: u16, idle_timeout: u16, hard_timeout: u16 })
const fullTail = struct({ table_id: u8, pad: pad(1), cookie: u64, match, instructions })
/** From match_len to the match: itself, table_id, padding, cookie. */
const UPDATE_DISTANCE = 12
const abbrev = struct({ xid: u32 })

function readFull(r: Reader): FullUpdate {
  const head = fullHead.read(r)
  readMatchLen(r, UPDATE_DISTANCE)
  return { ...head, ...fullTail.read(r) }
}

function writeFull(w: Writer, value: FullUpdate): void {
  fullHead.write(w, value)
  const at = w.at
  u16.write(w, 0)
  fullTail.write(w, value)
  patchMatchLen(w, at, UPDATE_DISTANCE)
}

export const flowUpdate: Field<FlowUpdate> = {
  kind: 'flowUpdate',
  min: 8,
  fixed: false,
  read(r) {
    const start = r.at
    const outer = r.end
    const size = u16.read(r)
    const number = u16.read(r)
    const event = EVENTS[number]
    if (size < 8 || start + size > outer) throw new WireError('bad_len', start, `length ${size}`).within('length')
    if (event === undefined) throw new WireError('bad_value', start + 2, `event ${number}`).within('event')
    r.end = start + size
    const update = event === 'abbrev' ? { event, ...abbrev.read(r) } : { event, ...readFull(r) }
    if (r.at !== r.end) throw new WireError('bad_len', r.at, `${r.end - r.at} octets left over`)
    r.end = outer
    return update
  },
  write(w, value) {
    const start = w.at
    const number = EVENTS.indexOf(value?.event)
    if (number < 0) throw new WireError('unknown_name', w.at, 'no such event').within('event')
    u16.write(w, 0)
    u16.write(w, number)
    if (value.event === 'abbrev') abbrev.write(w, value)
    else writeFull(w, value)
    w.patch16(start, w.at - start)
  },
}
