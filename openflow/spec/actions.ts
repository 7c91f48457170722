/**
 * Actions of OpenFlow 1.3.5 (section 7.2.5). `actions-nested.ts` joins them with Open vSwitch's and holds the type
 * `Action`; an experimenter action that no row describes is kept as it came.
 */

import { u8, u16, u32 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import type { UnionOf, UnionRow } from '../wire/union.ts'
import { setField } from './set-field.ts'

/** Shape of an action that is a type and nothing else. */
const bare = struct({ pad: pad(4) })
const ethertype = struct({ ethertype: u16, pad: pad(2) })

export const ACTIONS_BASIC = {
  output: { number: 0, body: struct({ port: u32, max_len: u16, pad: pad(6) }) },
  copy_ttl_out: { number: 11, body: bare },
  copy_ttl_in: { number: 12, body: bare },
  set_mpls_ttl: { number: 15, body: struct({ mpls_ttl: u8, pad: pad(3) }) },
  dec_mpls_ttl: { number: 16, body: bare },
  push_vlan: { number: 17, body: ethertype },
  pop_vlan: { number: 18, body: bare },
  push_mpls: { number: 19, body: ethertype },
  pop_mpls: { number: 20, body: ethertype },
  set_queue: { number: 21, body: struct({ queue_id: u32 }) },
  group: { number: 22, body: struct({ group_id: u32 }) },
  set_nw_ttl: { number: 23, body: struct({ nw_ttl: u8, pad: pad(3) }) },
  dec_nw_ttl: { number: 24, body: bare },
  set_field: { number: 25, body: struct({ field: setField }) },
  push_pbb: { number: 26, body: ethertype },
  pop_pbb: { number: 27, body: bare },
} as const satisfies Record<string, UnionRow>

export type BasicAction = UnionOf<typeof ACTIONS_BASIC>
