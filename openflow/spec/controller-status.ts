/** What a switch tells of its controllers (OpenFlow 1.5.1 sections 7.3.5.19 and 7.4.8): message and multipart type. */

import { WireError } from '../wire/error.ts'
import { enumeration, type Field, list, type Of, octetsText, rest, textOctets, u8, u16 } from '../wire/field.ts'
import { length, pad, struct } from '../wire/struct.ts'
import type { UnionOf, UnionRow } from '../wire/union.ts'
import { controllerRole } from './enums.ts'
import { EXPERIMENTER_PROPERTY, properties } from './properties.ts'

/** Text up to the end of the region. Octets that are no UTF-8 survive as lone surrogates. */
export interface OpenText extends Field<string> {
  readonly kind: 'openText'
}
const openText: OpenText = {
  kind: 'openText',
  min: 0,
  fixed: false,
  read: (r) => octetsText(rest.read(r)),
  write(w, value) {
    if (typeof value !== 'string') throw new WireError('wrong_type', w.at, 'text wanted')
    w.put(textOctets(value))
  },
}

export const CONTROLLER_STATUS_PROPERTIES = {
  /** Of the connection: `tls:192.0.2.1:6653`. */
  uri: { number: 0, body: struct({ uri: openText }) },
  experimenter: EXPERIMENTER_PROPERTY,
} as const satisfies Record<string, UnionRow>
/** Where the connection goes (`uri`), or what an experimenter adds. */
export type ControllerStatusProperty = UnionOf<typeof CONTROLLER_STATUS_PROPERTIES>

/** `struct ofp_controller_status`. */
export const controllerStatus = struct({
  length,
  short_id: u16,
  role: controllerRole,
  /** `request` in replies; otherwise what has changed. */
  reason: enumeration(u8, {
    request: 0,
    channel_status: 1,
    role: 2,
    controller_added: 3,
    controller_removed: 4,
    short_id: 5,
    experimenter: 6,
  }),
  channel_status: enumeration(u8, { up: 0, down: 1 }),
  pad: pad(6),
  properties: properties(CONTROLLER_STATUS_PROPERTIES),
})
/** What a switch tells of one of its controllers (1.5.1 section 7.3.5.19). */
export type ControllerStatus = Of<typeof controllerStatus>

export const controllerStatusMessage = struct({ status: controllerStatus })
export const controllerStatuses = list(controllerStatus)
