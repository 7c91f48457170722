/**
 * flow_removed in place, of 1.3 and 1.4 (section 7.4.2 of OpenFlow 1.3.5; 1.5 has another layout), and writing one, for
 * switches.
 */

import { flowRemovedReason } from '../spec/enums.ts'
import type { MessageNamed } from '../spec/message.ts'
import { readU64, writeU64 } from '../wire/field.ts'
import { put16, put32, u16At, u32At } from '../wire/octets.ts'
import { MatchView, matchEnd } from './match.ts'
import { behindMatch, byRows, opened, part, plainMatch, u64 } from './read.ts'
import { isMessage, NOTHING, namesOf, OF13, OF14, refuse, TYPES, View } from './view.ts'
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

const MATCH_AT = 48
const REASONS = namesOf(flowRemovedReason)
const REASON_NUMBERS = numbersOf(flowRemovedReason)

/** Its members in the versions of the view. */
type FlowRemoved = Pick<
  MessageNamed<'flow_removed'>,
  | 'xid'
  | 'version'
  | 'cookie'
  | 'priority'
  | 'reason'
  | 'table_id'
  | 'duration_sec'
  | 'duration_nsec'
  | 'idle_timeout'
  | 'hard_timeout'
  | 'packet_count'
  | 'byte_count'
>

/** flow_removed of 1.3 and 1.4 in place: members as of the message. */
export class FlowRemovedView extends View implements FlowRemoved {
  readonly type = 'flow_removed'
  private readonly fields = new MatchView()

  /**
   * Points the view at the message in octets `at` to `end`. False if that is no flow_removed, or of a version that the
   * view does not know; throws the WireError of decode if decode refuses it.
   */
  over(octets: Uint8Array, at = 0, end = octets.length): boolean {
    this.octets = NOTHING
    this.end = 0
    if (!isMessage(octets, at, end, TYPES.flow_removed, OF13, OF14)) return false
    if (matchEnd(octets, at + MATCH_AT, end) !== end) return refuse(octets, at, end)
    this.octets = octets
    this.at = at
    this.end = end
    this.version = octets[at]!
    return true
  }

  get cookie(): bigint {
    return readU64(this.octets, this.at + 8)
  }

  get priority(): number {
    return u16At(this.octets, this.at + 16)
  }

  get reason(): FlowRemoved['reason'] {
    const number = this.octets[this.at + 18]!
    return REASONS[number] ?? number
  }

  get table_id(): number {
    return this.octets[this.at + 19]!
  }

  get duration_sec(): number {
    return u32At(this.octets, this.at + 20)
  }

  get duration_nsec(): number {
    return u32At(this.octets, this.at + 24)
  }

  get idle_timeout(): number {
    return u16At(this.octets, this.at + 28)
  }

  get hard_timeout(): number {
    return u16At(this.octets, this.at + 30)
  }

  get packet_count(): bigint {
    return readU64(this.octets, this.at + 32)
  }

  get byte_count(): bigint {
    return readU64(this.octets, this.at + 40)
  }

  /** Before its first field. One object serves all messages of this view. */
  get match(): MatchView {
    this.fields.place(this.octets, this.at + MATCH_AT, this.version)
    return this.fields
  }
}

/**
 * The message in octets `at` to `end` as decode gives it; undefined if it is no flow_removed. Throws what decode throws.
 */
export function readFlowRemoved(b: Uint8Array, at = 0, end = b.length): MessageNamed<'flow_removed'> | undefined {
  const octets = part(b, at, end)
  const size = octets.length
  const wire = opened(octets, TYPES.flow_removed, MATCH_AT)
  const match = wire && plainMatch(octets, MATCH_AT, size)
  if (wire === undefined || match === undefined || behindMatch(MATCH_AT) !== size) return byRows(octets, 'flow_removed')
  const number = wire.getUint8(18)
  return {
    type: 'flow_removed',
    xid: wire.getUint32(4),
    cookie: u64(8),
    priority: wire.getUint16(16),
    reason: REASONS[number] ?? number,
    table_id: wire.getUint8(19),
    duration_sec: wire.getUint32(20),
    duration_nsec: wire.getUint32(24),
    idle_timeout: wire.getUint16(28),
    hard_timeout: wire.getUint16(30),
    packet_count: u64(32),
    byte_count: u64(40),
    match,
  }
}

/** A flow_removed whose match is prepared (`matchOctets`). */
export type PreparedFlowRemoved = FlowRemoved & { match: Uint8Array }

/** Writes the message, of 1.3 or 1.4, at `at` and gives the offset behind it. Throws WireError as encode does. */
export function writeFlowRemoved(into: Uint8Array, at: number, message: PreparedFlowRemoved): number {
  const { xid, cookie, priority, table_id, duration_sec, duration_nsec, idle_timeout, hard_timeout } = message
  const { version = OF13, packet_count, byte_count, match } = message
  const reason = numberOf(REASON_NUMBERS, message.reason)
  const fits =
    isU32(xid) &&
    isU64(cookie) &&
    isU16(priority) &&
    isU8(reason) &&
    isU8(table_id) &&
    isU32(duration_sec) &&
    isU32(duration_nsec) &&
    isU16(idle_timeout) &&
    isU16(hard_timeout) &&
    isU64(packet_count) &&
    isU64(byte_count)
  checkVersion(version, OF14)
  if (!fits) refuseValues({ ...message, type: 'flow_removed', match: [] })
  checkPrepared(match, 'match')
  const end = at + MATCH_AT + match.length
  putHeader(into, at, TYPES.flow_removed, end - at, xid, version)
  writeU64(into, at + 8, cookie)
  put16(into, at + 16, priority)
  into[at + 18] = reason
  into[at + 19] = table_id
  put32(into, at + 20, duration_sec)
  put32(into, at + 24, duration_nsec)
  put16(into, at + 28, idle_timeout)
  put16(into, at + 30, hard_timeout)
  writeU64(into, at + 32, packet_count)
  writeU64(into, at + 40, byte_count)
  into.set(match, at + MATCH_AT)
  return end
}
