/**
 * What all views share: where the message stands, its header, and whom to ask what is wrong.
 *
 * A view reads a message where it stands and makes no object; it is made once and pointed at message after message.
 * Its members have the names and the values of the message that decode gives, so that code takes either. `over` checks
 * the whole message, lists included, and takes exactly what decode takes: after it no member can fail or reach beyond
 * the message. That is one pass over the octets; fields and actions that are rare (experimenters' fields, learn, nat and
 * their like) are checked by their rows, which costs what reading them does. So a view pays where few members of many
 * messages are wanted; of all members and rare actions, decode is as quick.
 *
 * What views do not do: they know the messages that come by the thousand and no other; they do not tell padding that
 * was not zero (`padding` of decode); and they are of use only as long as the octets stay as they were. A view that is
 * over nothing (before `over`, and after one that did not give true) has empty lists and members without meaning.
 */

import { decode } from '../spec/message.ts'
import type { Enumeration } from '../wire/field.ts'
import { u16At, u32At } from '../wire/octets.ts'
import { VERSIONS } from '../wire/version.ts'

/** Where a view stands that is over no message: nothing is there to be read. */
export const NOTHING: Uint8Array = new Uint8Array(0)

export const HEADER_SIZE = 8

/** Where the message is. Each view sets these itself: a place that sets them for all would be slow for all. */
export abstract class View {
  octets: Uint8Array = NOTHING
  /** First octet of the message, and of what is behind it. */
  at = 0
  end = 0

  /** Version octet of the header. */
  version = 0

  get xid(): number {
    return u32At(this.octets, this.at + 4)
  }
}

/** Throws what decode throws. False should decode take it: then it is a message that the view does not know. */
export function refuse(octets: Uint8Array, at: number, end: number): false {
  decode(octets.subarray(at, end))
  return false
}

/**
 * Whether this is a message of this number in one of these versions; what follows the header is for the view to check.
 * Throws what decode throws where the header itself is wrong.
 */
export function isMessage(
  octets: Uint8Array,
  at: number,
  end: number,
  type: number,
  oldest: number,
  newest: number,
): boolean {
  if (end - at < HEADER_SIZE || end > octets.length) return refuse(octets, at, end)
  const version = octets[at]!
  if (octets[at + 1] !== type || version < oldest || version > newest) return false
  return u16At(octets, at + 2) === end - at || refuse(octets, at, end)
}

export const { of13: OF13, of14: OF14, of15: OF15 } = VERSIONS

/** Type numbers of the messages that have views, in the versions above. */
export const TYPES = {
  echo_request: 2,
  echo_reply: 3,
  packet_in: 10,
  flow_removed: 11,
  packet_out: 13,
  flow_mod: 14,
  multipart_reply: 19,
  barrier_request: 20,
  barrier_reply: 21,
} as const

/** Names of an enumeration by number. */
export function namesOf<N extends string>(of: Enumeration<N>): readonly N[] {
  const names: N[] = []
  for (const [name, number] of Object.entries(of.names)) names[number] = name as N
  return names
}
