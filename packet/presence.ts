/**
 * Frames that ask whether anybody has an address, in a form that changes no cache: an ARP probe (RFC 5227 section 2.1.1), and
 * a neighbour solicitation without a source, as in duplicate address detection (RFC 4862 section 5.4.2). Whoever has
 * the address answers. It refuses to send them and to hear answers.
 */
import { ARP_REQUEST, encodeArp } from './arp.ts'
import { ETHERTYPE, encodeEthernet, MAC_BROADCAST } from './ethernet.ts'
import { encodeIcmpv6 } from './icmpv6.ts'
import { PROTOCOL } from './ipv4.ts'
import { encodeIpv6, multicastMac, solicitedNode } from './ipv6.ts'
import { encodeNd, ND_TYPES } from './nd.ts'

/** @param src The MAC address that answers to ARP are sent to; answers to solicitations go to all nodes. */
export function presenceProbe({ family, value }: { family: 4 | 6; value: bigint }, src: number): Uint8Array {
  if (family === 4) {
    const arp = encodeArp({ op: ARP_REQUEST, senderMac: src, senderIp: 0, targetMac: 0, targetIp: Number(value) })
    return encodeEthernet({ dst: MAC_BROADCAST, src, vlans: [], type: ETHERTYPE.arp }, arp)
  }
  const dst = solicitedNode(value)
  const type = ND_TYPES['neighbor-solicitation']
  const body = encodeNd({ kind: 'neighbor-solicitation', target: value, options: [] })
  const header = { trafficClass: 0, flowLabel: 0, hopLimit: 255, src: 0n, dst, extensions: [] }
  return encodeEthernet(
    { dst: multicastMac(dst), src, vlans: [], type: ETHERTYPE.ipv6 },
    encodeIpv6({ ...header, protocol: PROTOCOL.icmpv6 }, encodeIcmpv6({ src: 0n, dst }, { type, code: 0 }, body)),
  )
}
