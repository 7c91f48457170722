/**
 * Flow monitor on OpenFlow 1.3: the ONF's extension 187 as Open vSwitch speaks it (experimenter multipart 1870,
 * messages 1870 to 1872). A request asks to be told of flow changes; the reply parts are updates, which go on
 * arriving with the request's xid. The goldens hold what Open vSwitch 3.1 and ovs-ofctl send.
 */

import { WireError } from '../wire/error.ts'
import { type Field, type Of, u8, u16, u32, u64 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import { flowRemovedReason } from './enums.ts'
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

const requestTail = struct({ out_port: u32, table_id: u8, pad: pad(3), match })

/** The match's length stands twice: in the request (`match_len`, without padding) and in the match. */
export const flowMonitorRequest: Field<FlowMonitorRequest> = {
  kind: 'flowMonitorRequest',
  min: 24,
  fixed: false,
  read(r) {
    r.need(24)
    const id = u32.read(r)
    const flags = u16.read(r)
    const at = r.at
    const size = u16.read(r)
    const matchAt = at + 10
    const tail = requestTail.read(r)
    const own = (r.octets[matchAt + 2]! << 8) | r.octets[matchAt + 3]!
    if (own !== size) throw new WireError('bad_len', at, `match_len ${size} of a match of ${own}`).within('match_len')
    return { id, flags, ...tail }
  },
  write(w, value) {
    if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
    u32.write(w, value.id)
    u16.write(w, value.flags)
    const at = w.at
    u16.write(w, 0)
    requestTail.write(w, value)
    w.octets.copyWithin(at, at + 12, at + 14)
  },
}

/** What happened. `abbrev` tells that this connection's own flow_mod with that xid has been done. */
export type FlowUpdate =
  | ({ event: 'initial' | 'added' | 'removed' | 'modified' } & FullUpdate)
  | { event: 'abbrev'; xid: number }

interface FullUpdate {
  table_id: number
  /** Only of `removed`; a number of no meaning otherwise. */
  reason: Of<typeof flowRemovedReason>
  idle_timeout: number
  hard_timeout: number
  priority: number
  cookie: bigint
  match: Oxm[]
  instructions: Instruction[]
}

const EVENTS = ['initial', 'added', 'removed', 'modified', 'abbrev'] as const

const full = struct({
  table_id: u8,
  reason: flowRemovedReason,
  idle_timeout: u16,
  hard_timeout: u16,
  priority: u16,
  pad: pad(4),
  cookie: u64,
  match,
  instructions,
})
const abbrev = struct({ xid: u32 })

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
    const update = event === 'abbrev' ? { event, ...abbrev.read(r) } : { event, ...full.read(r) }
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
    else full.write(w, value)
    w.patch16(start, w.at - start)
  },
}
