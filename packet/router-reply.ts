/**
 * Frames that a router sends in its own name about a packet that it takes no further: ICMP and ICMPv6 errors, and a reset
 * for a TCP segment that was sent to the router itself. It refuses to decide what to say; it only knows when nothing may
 * be said (RFC 1812 section 4.3.2.7, RFC 4443 section 2.4).
 */
import { decodeEthernet, ETHERTYPE, encodeEthernet, isGroupMac } from './ethernet.ts'
import { ICMP } from './icmp.ts'
import { ICMPV6 } from './icmpv6.ts'
import { errorIpv4, errorIpv6, type IcmpError, rejectReply } from './reply.ts'

/** The hops are spent; nobody has the address; no subnet holds it; it is the router's own, and nothing listens there. */
export type RouterFinding = 'expired' | 'nobody' | 'no-route' | 'no-service'

const ERRORS: Readonly<Record<RouterFinding, Readonly<Record<4 | 6, IcmpError>>>> = {
  expired: { 4: { type: ICMP.timeExceeded, code: 0 }, 6: { type: ICMPV6.timeExceeded, code: 0 } },
  nobody: { 4: { type: ICMP.unreachable, code: 1 }, 6: { type: ICMPV6.unreachable, code: 3 } },
  'no-route': { 4: { type: ICMP.unreachable, code: 0 }, 6: { type: ICMPV6.unreachable, code: 0 } },
  'no-service': { 4: { type: ICMP.unreachable, code: 3 }, 6: { type: ICMPV6.unreachable, code: 4 } },
}

/** @param router Its MAC and its address (a 32-bit or 128-bit number) of the packet's family. */
export function routerReply(
  frame: Uint8Array,
  router: { mac: number; address: bigint },
  finding: RouterFinding,
): Uint8Array | undefined {
  const ethernet = decodeEthernet(frame)
  if (ethernet === undefined) return undefined
  const { src, type } = ethernet.header
  if (isGroupMac(src) || src === 0) return undefined
  const reset = finding === 'no-service' ? resetOf(frame) : undefined
  if (reset !== undefined) return reset
  const packet =
    type === ETHERTYPE.ipv4
      ? errorIpv4(ethernet.payload, ERRORS[finding][4], Number(router.address))
      : type === ETHERTYPE.ipv6
        ? errorIpv6(ethernet.payload, ERRORS[finding][6], router.address)
        : undefined
  return packet && encodeEthernet({ ...ethernet.header, src: router.mac, dst: src }, packet)
}

/** Octet of the protocol in a frame without tags, and the number of TCP. */
const PROTOCOL_AT = { [ETHERTYPE.ipv4]: 23, [ETHERTYPE.ipv6]: 20 } as Readonly<Record<number, number>>
const TCP = 6

/** As from whom the segment was sent to: the router. */
function resetOf(frame: Uint8Array): Uint8Array | undefined {
  const at = PROTOCOL_AT[decodeEthernet(frame)?.header.type ?? 0]
  return at !== undefined && frame[at] === TCP ? rejectReply(frame) : undefined
}
