/**
 * packet_out in place, of 1.3 and 1.4 (section 7.3.7 of OpenFlow 1.3.5; 1.5 has another layout), and writing one whose
 * actions are prepared: what a controller answers a packet_in with.
 */

import type { MessageNamed } from '../spec/message.ts'
import { put16, put32, u16At, u32At } from '../wire/octets.ts'
import { ActionsView } from './actions.ts'
import { byRows, opened, part, plainActions } from './read.ts'
import { actionShapes, listFits } from './shapes.ts'
import { isMessage, NOTHING, OF13, OF14, refuse, TYPES, View } from './view.ts'
import { checkPrepared, checkVersion, isU32, putHeader, refuseValues } from './write.ts'

const ACTIONS_AT = 24

/** Its members in the versions of the view. */
type PacketOut = Pick<MessageNamed<'packet_out'>, 'xid' | 'version' | 'buffer_id' | 'in_port' | 'data'>

/** packet_out of 1.3 and 1.4 in place: members as of the message. */
export class PacketOutView extends View implements PacketOut {
  readonly type = 'packet_out'
  private readonly list = new ActionsView()
  private dataAt = 0

  /**
   * Points the view at the message in octets `at` to `end`. False if that is no packet_out, or of a version that the
   * view does not know; throws the WireError of decode if decode refuses it.
   */
  over(octets: Uint8Array, at = 0, end = octets.length): boolean {
    this.octets = NOTHING
    this.end = 0
    if (!isMessage(octets, at, end, TYPES.packet_out, OF13, OF14)) return false
    const shapes = actionShapes(octets[at]!)
    const from = at + ACTIONS_AT
    const behind = end < from ? -1 : from + u16At(octets, at + 16)
    if (behind < 0 || behind > end || !listFits(shapes, octets, from, behind, 1)) {
      return refuse(octets, at, end)
    }
    this.octets = octets
    this.at = at
    this.end = end
    this.version = octets[at]!
    this.dataAt = behind
    return true
  }

  get buffer_id(): number {
    return u32At(this.octets, this.at + 8)
  }

  get in_port(): number {
    return u32At(this.octets, this.at + 12)
  }

  /** Before the first. One object serves all messages of this view. */
  get actions(): ActionsView {
    this.list.place(this.octets, this.at + ACTIONS_AT, this.end === 0 ? 0 : this.dataAt, actionShapes(this.version))
    return this.list
  }

  /** The frame, a view of the message's octets. */
  get data(): Uint8Array {
    return this.octets.subarray(this.dataAt, this.end)
  }
}

/**
 * The message in octets `at` to `end` as decode gives it; undefined if it is no packet_out. Throws what decode throws.
 */
export function readPacketOut(b: Uint8Array, at = 0, end = b.length): MessageNamed<'packet_out'> | undefined {
  const octets = part(b, at, end)
  const wire = opened(octets, TYPES.packet_out, ACTIONS_AT)
  const behind = wire === undefined ? 0 : ACTIONS_AT + wire.getUint16(16)
  const plain = behind <= octets.length && wire !== undefined && (wire.getUint16(18) | wire.getUint32(20)) === 0
  const actions = plain ? plainActions(octets, ACTIONS_AT, behind, 0) : undefined
  if (wire === undefined || actions === undefined) return byRows(octets, 'packet_out')
  return {
    type: 'packet_out',
    xid: wire.getUint32(4),
    buffer_id: wire.getUint32(8),
    in_port: wire.getUint32(12),
    actions,
    data: octets.subarray(behind),
  }
}

/** A packet_out whose actions are prepared (`actionsOctets`). */
export type PreparedPacketOut = PacketOut & { actions: Uint8Array }

/** Writes the message, of 1.3 or 1.4, at `at` and gives the offset behind it. Throws WireError as encode does. */
export function writePacketOut(into: Uint8Array, at: number, message: PreparedPacketOut): number {
  const { xid, version = OF13, buffer_id, in_port, actions, data } = message
  const fits = isU32(xid) && isU32(buffer_id) && isU32(in_port) && data instanceof Uint8Array
  checkVersion(version, OF14)
  if (!fits) refuseValues({ ...message, type: 'packet_out', actions: [] })
  checkPrepared(actions, 'actions')
  const behind = at + ACTIONS_AT + actions.length
  const end = behind + data.length
  putHeader(into, at, TYPES.packet_out, end - at, xid, version)
  put32(into, at + 8, buffer_id)
  put32(into, at + 12, in_port)
  put16(into, at + 16, actions.length)
  put16(into, at + 18, 0)
  put32(into, at + 20, 0)
  into.set(actions, at + ACTIONS_AT)
  into.set(data, behind)
  return end
}
