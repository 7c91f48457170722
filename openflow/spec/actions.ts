/**
 * Actions of OpenFlow 1.3.5 (section 7.2.5), with the numbers of other versions; `of10-actions.ts` has those that only
 * 1.0 has. `actions-nested.ts` joins them with Open vSwitch's and holds the type
 * `Action`; an experimenter action that no row describes is kept as it came.
 */

import { type Of, u8, u16, u32 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import type { UnionOf, UnionRow } from '../wire/union.ts'
import { columns } from '../wire/version.ts'
import { ACTIONS_10, output10 } from './of10-actions.ts'
import { fieldRef } from './oxm.ts'
import { EXPERIMENTER } from './oxm-row.ts'
import { setField } from './set-field.ts'

/** Shape of an action that is a type and nothing else. */
const bare = struct({ pad: pad(4) })
const ethertype = struct({ ethertype: u16, pad: pad(2) })

/** Offsets in bits, from the lowest bit of the field. */
const copyFieldBits = { n_bits: u16, src_offset: u16, dst_offset: u16 } as const
const copyFieldEnds = { src: fieldRef, dst: fieldRef } as const
const copyField15 = struct({ ...copyFieldBits, pad: pad(2), ...copyFieldEnds })

export const ACTIONS_BASIC = {
  output: {
    number: 0,
    body: columns<Of<typeof output10>>({ of10: output10, of13: struct({ port: u32, max_len: u16, pad: pad(6) }) }),
  },
  copy_ttl_out: { number: { of13: 11 }, body: bare },
  copy_ttl_in: { number: { of13: 12 }, body: bare },
  set_mpls_ttl: { number: { of13: 15 }, body: struct({ mpls_ttl: u8, pad: pad(3) }) },
  dec_mpls_ttl: { number: { of13: 16 }, body: bare },
  push_vlan: { number: { of13: 17 }, body: ethertype },
  /** strip_vlan of 1.0. */
  pop_vlan: { number: { of10: 3, of13: 18 }, body: bare },
  push_mpls: { number: { of13: 19 }, body: ethertype },
  pop_mpls: { number: { of13: 20 }, body: ethertype },
  set_queue: { number: { of13: 21 }, body: struct({ queue_id: u32 }) },
  group: { number: { of13: 22 }, body: struct({ group_id: u32 }) },
  set_nw_ttl: { number: { of13: 23 }, body: struct({ nw_ttl: u8, pad: pad(3) }) },
  dec_nw_ttl: { number: { of13: 24 }, body: bare },
  set_field: { number: { of13: 25 }, body: struct({ field: setField }) },
  push_pbb: { number: { of13: 26 }, body: ethertype },
  pop_pbb: { number: { of13: 27 }, body: bare },
  /** EXT-320 before 1.5: the ONF's experimenter id. */
  copy_field: {
    number: { of13: 3200, of15: 28 },
    experimenter: { of13: EXPERIMENTER.onf, of15: null },
    body: columns<Of<typeof copyField15>>({
      of13: struct({ pad: pad(2), ...copyFieldBits, pad2: pad(2), ...copyFieldEnds }),
      of15: copyField15,
    }),
  },
  /** Before 1.5 an instruction. */
  meter: { number: { of15: 29 }, body: struct({ meter_id: u32 }) },
  ...ACTIONS_10,
} as const satisfies Record<string, UnionRow>

export type BasicAction = UnionOf<typeof ACTIONS_BASIC>
