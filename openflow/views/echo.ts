/**
 * Echoes and barriers in place (sections 7.5.2, 7.5.3 and 7.3.8 of OpenFlow 1.3.5), and writing them: what keeps a
 * connection alive and what orders a batch.
 */

import { OFP_VERSION } from '../spec/constants.ts'
import { HEADER_SIZE, isMessage, NOTHING, OF13, OF15, refuse, TYPES, View } from './view.ts'
import { checkVersion, isU8, isU32, putHeader, refuseValues } from './write.ts'

const ANY_VERSION = 0xff

/** An echo of any version: echoes are exchanged before the version is agreed upon. */
export class EchoView extends View {
  /**
   * Points the view at the message in octets `at` to `end`. False if that is neither echo_request nor echo_reply;
   * throws the WireError of decode if decode refuses it.
   */
  over(octets: Uint8Array, at = 0, end = octets.length): boolean {
    const type = octets[at + 1] === TYPES.echo_reply ? TYPES.echo_reply : TYPES.echo_request
    this.octets = NOTHING
    this.end = 0
    if (!isMessage(octets, at, end, type, 0, ANY_VERSION)) return false
    this.octets = octets
    this.at = at
    this.end = end
    this.version = octets[at]!
    return true
  }

  get type(): 'echo_request' | 'echo_reply' {
    return this.octets[this.at + 1] === TYPES.echo_reply ? 'echo_reply' : 'echo_request'
  }

  /** A view of the message's octets. */
  get data(): Uint8Array {
    return this.octets.subarray(this.at + HEADER_SIZE, this.end)
  }
}

/** A barrier_request or barrier_reply of 1.3, 1.4 or 1.5. */
export class BarrierView extends View {
  /**
   * Points the view at the message in octets `at` to `end`. False if that is neither of the two, or of a version that
   * the view does not know; throws the WireError of decode if decode refuses it.
   */
  over(octets: Uint8Array, at = 0, end = octets.length): boolean {
    const type = octets[at + 1] === TYPES.barrier_reply ? TYPES.barrier_reply : TYPES.barrier_request
    this.octets = NOTHING
    this.end = 0
    if (!isMessage(octets, at, end, type, OF13, OF15)) return false
    if (end - at !== HEADER_SIZE) return refuse(octets, at, end)
    this.octets = octets
    this.at = at
    this.end = end
    this.version = octets[at]!
    return true
  }

  get type(): 'barrier_request' | 'barrier_reply' {
    return this.octets[this.at + 1] === TYPES.barrier_reply ? 'barrier_reply' : 'barrier_request'
  }
}

type Echo = 'echo_request' | 'echo_reply'
type Barrier = 'barrier_request' | 'barrier_reply'

function writeEcho(into: Uint8Array, at: number, type: Echo, xid: number, data: Uint8Array, version: number): number {
  if (!isU32(xid) || !isU8(version) || !(data instanceof Uint8Array)) {
    refuseValues({ type, xid, version, data })
  }
  const size = HEADER_SIZE + data.length
  putHeader(into, at, TYPES[type], size, xid, version)
  into.set(data, at + HEADER_SIZE)
  return at + size
}

/** Writes the message at `at` and gives the offset behind it. Throws WireError as encode does. */
export function writeEchoRequest(
  into: Uint8Array,
  at: number,
  xid: number,
  data: Uint8Array,
  version: number = OFP_VERSION,
): number {
  return writeEcho(into, at, 'echo_request', xid, data, version)
}

/** Writes the answer to an echo_request at `at` and gives the offset behind it. Throws WireError as encode does. */
export function writeEchoReply(
  into: Uint8Array,
  at: number,
  xid: number,
  data: Uint8Array,
  version: number = OFP_VERSION,
): number {
  return writeEcho(into, at, 'echo_reply', xid, data, version)
}

function writeBarrier(into: Uint8Array, at: number, type: Barrier, xid: number, version: number): number {
  checkVersion(version, OF15)
  if (!isU32(xid)) refuseValues({ type, xid, version })
  putHeader(into, at, TYPES[type], HEADER_SIZE, xid, version)
  return at + HEADER_SIZE
}

/** Writes the message at `at` and gives the offset behind it. Throws WireError as encode does. */
export function writeBarrierRequest(into: Uint8Array, at: number, xid: number, version: number = OFP_VERSION): number {
  return writeBarrier(into, at, 'barrier_request', xid, version)
}

/** Writes the message at `at` and gives the offset behind it. Throws WireError as encode does. */
export function writeBarrierReply(into: Uint8Array, at: number, xid: number, version: number = OFP_VERSION): number {
  return writeBarrier(into, at, 'barrier_reply', xid, version)
}
