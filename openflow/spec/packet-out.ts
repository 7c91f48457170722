/** packet_out (OpenFlow 1.3.5 section 7.3.7, 1.5.1 section 7.3.6). From 1.5 on a match stands where the port was. */

import { type Of, rest, u32 } from '../wire/field.ts'
import { spelled } from '../wire/spelled.ts'
import { pad, sizeOf, struct } from '../wire/struct.ts'
import { columns } from '../wire/version.ts'
import { actions } from './actions-nested.ts'
import { PORT_ANY } from './constants.ts'
import { match } from './match.ts'
import { packetOut10 } from './of10-flows.ts'
import type { Oxm } from './oxm.ts'

/** `match` is there when it is not in_port alone: metadata and other fields of the pipeline, or no in_port. */
const packetOut15 = spelled(
  struct({ buffer_id: u32, actions_len: sizeOf('actions'), pad: pad(2), match, actions, data: rest }),
  'match',
  {
    members: (fields: readonly Oxm[]) => ({
      in_port: fields.find((oxm) => oxm.field === 'in_port')?.value ?? PORT_ANY,
    }),
    canonical: ({ in_port }: { in_port: number }): Oxm[] => [{ field: 'in_port', value: in_port }],
  },
)

/** `struct ofp_packet_out` behind the header. */
export const packetOut = columns<Of<typeof packetOut15>>({
  of10: packetOut10,
  of13: struct({ buffer_id: u32, in_port: u32, actions_len: sizeOf('actions'), pad: pad(6), actions, data: rest }),
  of15: packetOut15,
})
