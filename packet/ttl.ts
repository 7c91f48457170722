/**
 * A frame as it was before a router had it: sent to the router, with one hop more. For packets that are to go through the
 * same tables again.
 */
import { decodeEthernet, ETHERTYPE } from './ethernet.ts'
import { put } from './octets.ts'

/** Where a frame without tags has its network layer. */
const NETWORK = 14

/** @param router Its MAC. Undefined where the frame is no IP packet without tags. */
export function beforeRouting(frame: Uint8Array, router: number): Uint8Array | undefined {
  const type = decodeEthernet(frame)?.header.type
  const octets = frame.slice()
  put(octets, 0, 6, router)
  if (type === ETHERTYPE.ipv6) {
    octets[NETWORK + 7]!++
    return octets
  }
  if (type !== ETHERTYPE.ipv4) return undefined
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  octets[NETWORK + 8]!++
  // RFC 1624: the checksum follows the word that changed, which is 0x100 more than it was.
  const sum = (~view.getUint16(NETWORK + 10) & 0xffff) + 0x100
  view.setUint16(NETWORK + 10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff)
  return octets
}
