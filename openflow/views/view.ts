/**
 * What all views share: where the message stands, its header, and whom to ask what is wrong.
 *
 * A view reads a message where it stands and makes no object; it is made once and pointed at message after message.
 * Its members have the names and the values of the message that decode gives, so that code takes either. `over` checks
 * the whole message, lists included, and takes exactly what decode takes: after it no member can fail or reach beyond
 * the message. What it costs is one pass over the octets.
 *
 * What views do not do: they know the messages that come by the thousand and no other; they do not tell padding that
 * was not zero (`padding` of decode); and they are of use only as long as the octets stay as they were.
 */

import { decode } from '../spec/message.ts'
import type { Enumeration } from '../wire/field.ts'
import { u16At, u32At } from '../wire/octets.ts'
import { VERSIONS } from '../wire/version.ts'

/** Where a view stands that is over no message: all numbers are 0 there. */
const NOTHING = new Uint8Array(0)

export const HEADER_SIZE = 8

export abstract class View {
  octets: Uint8Array = NOTHING
  /** First octet of the message. */
  at = 0
  /** First octet behind it. */
  end = 0

  /** Version octet of the header. */
  get version(): number {
    return this.octets[this.at]!
  }

  get xid(): number {
    return u32At(this.octets, this.at + 4)
  }

  /**
   * Stands over a message of this number in one of these versions; false if it is none. What follows the header is to be
   * checked, and `refuse` to be called if it does not fit.
   */
  protected stand(octets: Uint8Array, at: number, end: number, type: number, oldest: number, newest: number): boolean {
    this.leave()
    if (end - at < HEADER_SIZE || end > octets.length) return this.refuse(octets, at, end)
    const version = octets[at]!
    if (octets[at + 1] !== type || version < oldest || version > newest) return false
    if (u16At(octets, at + 2) !== end - at) return this.refuse(octets, at, end)
    this.octets = octets
    this.at = at
    this.end = end
    return true
  }

  /** Stands over no message. */
  protected leave(): false {
    this.octets = NOTHING
    this.at = this.end = 0
    return false
  }

  /** Throws what decode throws. False should decode take it: then it is a message that the view does not know. */
  protected refuse(octets: Uint8Array, at: number, end: number): false {
    this.leave()
    decode(octets.subarray(at, end))
    return false
  }
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
