/**
 * packet_in in place, of 1.3, 1.4 and 1.5 (section 7.4.1 of OpenFlow 1.3.5), and writing one, for switches. Cheaper than
 * decode and encode by what the objects of message and match cost.
 */

import { packetInReason } from '../spec/enums.ts'
import type { MessageNamed } from '../spec/message.ts'
import { readU64, writeU64 } from '../wire/field.ts'
import { put16, put32, u16At, u32At } from '../wire/octets.ts'
import { MatchView, matchEnd } from './match.ts'
import { behindMatch, byRows, opened, part, plainMatch, u64 } from './read.ts'
import { isMessage, NOTHING, namesOf, OF13, OF15, refuse, TYPES, View } from './view.ts'
import {
  checkPrepared,
  checkVersion,
  isU8,
  isU16,
  isU32,
  isU64,
  numberOf,
  numbersOf,
  putHeader,
  refuseValues,
} from './write.ts'

const MATCH_AT = 24
const REASONS = namesOf(packetInReason)
const REASON_NUMBERS = numbersOf(packetInReason)

type PacketIn = MessageNamed<'packet_in'>

/** packet_in of 1.3, 1.4 and 1.5 in place: members as of the message; `match` is read by `fieldReader`. */
export class PacketInView extends View implements Omit<PacketIn, 'match' | 'padding'> {
  readonly type = 'packet_in'
  private readonly fields = new MatchView()
  private dataAt = 0

  /**
   * Points the view at the message in octets `at` to `end`. False if that is no packet_in, or of a version that the view
   * does not know; throws the WireError of decode if decode refuses it.
   */
  over(octets: Uint8Array, at = 0, end = octets.length): boolean {
    this.octets = NOTHING
    this.end = 0
    if (!isMessage(octets, at, end, TYPES.packet_in, OF13, OF15)) return false
    const behind = matchEnd(octets, at + MATCH_AT, end)
    if (behind < 0 || behind + 2 > end) return refuse(octets, at, end)
    this.octets = octets
    this.at = at
    this.end = end
    this.version = octets[at]!
    this.dataAt = behind + 2
    return true
  }

  get buffer_id(): number {
    return u32At(this.octets, this.at + 8)
  }

  get total_len(): number {
    return u16At(this.octets, this.at + 12)
  }

  get reason(): PacketIn['reason'] {
    const number = this.octets[this.at + 14]!
    return REASONS[number] ?? number
  }

  get table_id(): number {
    return this.octets[this.at + 15]!
  }

  get cookie(): bigint {
    return readU64(this.octets, this.at + 16)
  }

  /** Before its first field. One object serves all messages of this view. */
  get match(): MatchView {
    this.fields.place(this.octets, this.at + MATCH_AT, this.version)
    return this.fields
  }

  /** The frame, a view of the message's octets. */
  get data(): Uint8Array {
    return this.octets.subarray(this.dataAt, this.end)
  }
}

/**
 * The message in octets `at` to `end` as decode gives it; undefined if it is no packet_in. Throws what decode throws.
 */
export function readPacketIn(b: Uint8Array, at = 0, end = b.length): PacketIn | undefined {
  const octets = part(b, at, end)
  const size = octets.length
  const wire = opened(octets, TYPES.packet_in, MATCH_AT)
  // Behind the match are two octets of padding.
  const match = wire && plainMatch(octets, MATCH_AT, size - 2)
  const behind = behindMatch(MATCH_AT)
  if (wire === undefined || match === undefined || wire.getUint16(behind) !== 0) return byRows(octets, 'packet_in')
  const number = wire.getUint8(14)
  return {
    type: 'packet_in',
    xid: wire.getUint32(4),
    buffer_id: wire.getUint32(8),
    total_len: wire.getUint16(12),
    reason: REASONS[number] ?? number,
    table_id: wire.getUint8(15),
    cookie: u64(16),
    match,
    data: octets.subarray(behind + 2),
  }
}

/** A packet_in whose match is prepared (`matchOctets`). */
export type PreparedPacketIn = Omit<PacketIn, 'type' | 'match' | 'padding'> & { match: Uint8Array }

/** Writes the message at `at` and gives the offset behind it. Throws WireError as encode does. */
export function writePacketIn(into: Uint8Array, at: number, message: PreparedPacketIn): number {
  const { xid, version = OF13, buffer_id, total_len, table_id, cookie, match, data } = message
  const reason = numberOf(REASON_NUMBERS, message.reason)
  const fits =
    isU32(xid) &&
    isU32(buffer_id) &&
    isU16(total_len) &&
    isU8(reason) &&
    isU8(table_id) &&
    isU64(cookie) &&
    data instanceof Uint8Array
  checkVersion(version, OF15)
  if (!fits) refuseValues({ ...message, type: 'packet_in', match: [] })
  checkPrepared(match, 'match')
  const behind = at + MATCH_AT + match.length
  const end = behind + 2 + data.length
  putHeader(into, at, TYPES.packet_in, end - at, xid, version)
  put32(into, at + 8, buffer_id)
  put16(into, at + 12, total_len)
  into[at + 14] = reason
  into[at + 15] = table_id
  writeU64(into, at + 16, cookie)
  into.set(match, at + MATCH_AT)
  put16(into, behind, 0)
  into.set(data, behind + 2)
  return end
}
