/** Frames that ask for the holder of an address, octet by octet where it matters. */
import { expect } from 'chai'
import { parseAddress } from '../../model/address.ts'
import { ARP_REQUEST, decodeArp } from '../../packet/arp.ts'
import { decodeEthernet } from '../../packet/ethernet.ts'
import { decodeIpv6 } from '../../packet/ipv6.ts'
import { decodeNd, ND_TYPES } from '../../packet/nd.ts'
import { presenceProbe } from '../../packet/presence.ts'

const MAC = 0x0000_5e00_5301

describe('a question for the holder of an address', () => {
  it('is an ARP probe: no sender address, so that no cache takes it (RFC 5227)', () => {
    const { header, payload } = decodeEthernet(presenceProbe(parseAddress('10.0.0.7')!, MAC))!
    expect(header).to.include({ dst: 0xffff_ffff_ffff, src: MAC, type: 0x0806 })
    expect(decodeArp(payload)?.header).to.deep.equal({
      ...{ op: ARP_REQUEST, senderMac: MAC, senderIp: 0, targetMac: 0, targetIp: 0x0a000007 },
    })
  })

  it('is a solicitation without a source, to the solicited-node address (RFC 4862)', () => {
    const target = parseAddress('fd00::1:2:3')!
    const { header, payload } = decodeEthernet(presenceProbe(target, MAC))!
    expect(header).to.include({ dst: 0x3333_ff02_0003, src: MAC, type: 0x86dd })
    const packet = decodeIpv6(payload)!
    expect(packet.header).to.include({ hopLimit: 255, src: 0n, protocol: 58 })
    expect(packet.payload[0]).to.equal(ND_TYPES['neighbor-solicitation'])
    const body = packet.payload.subarray(4)
    expect(decodeNd(ND_TYPES['neighbor-solicitation'], body)).to.deep.equal({
      ...{ kind: 'neighbor-solicitation', target: target.value, options: [] },
    })
  })
})
