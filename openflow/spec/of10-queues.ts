/** Queues of a port in OpenFlow 1.0.1 (sections 5.2.2, 5.3.4). */

import { list, type Of, u32 } from '../wire/field.ts'
import { length, pad, struct } from '../wire/struct.ts'
import { mapped, notInVersion } from '../wire/version.ts'
import { port10Number } from './of10-ports.ts'
import { type PacketQueue, queueProperty } from './ports.ts'

const queue = struct({ queue_id: u32, len: length, pad: pad(2), properties: list(queueProperty) })
const reply = struct({ port: port10Number, pad: pad(6), queues: list(queue) })

export const queueConfigRequest10 = struct({ port: port10Number, pad: pad(2) })

/** A queue does not say its port; it is the one that was asked for. */
export const queueConfigReply10 = mapped<Of<typeof reply>, { port: number; queues: PacketQueue[] }>(
  reply,
  ({ port, queues }) => ({ port, queues: queues.map((one) => ({ ...one, port })) }),
  (value, { at, version }) => {
    if (Array.isArray(value.queues)) {
      for (const [index, one] of value.queues.entries()) {
        if (one?.port !== value.port) {
          throw notInVersion(at, version, 'queue of another port').within('port').within(index).within('queues')
        }
      }
    }
    return value
  },
)
