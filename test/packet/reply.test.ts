/** What is sent in answer: judged by the standards' rules, over built and random packets. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeArp, encodeArp } from '../../packet/arp.ts'
import { checksum, transportChecksum } from '../../packet/checksum.ts'
import { decodeEthernet, ETHERTYPE, encodeEthernet } from '../../packet/ethernet.ts'
import { encodeIcmp } from '../../packet/icmp.ts'
import { encodeIcmpv6 } from '../../packet/icmpv6.ts'
import { decodeIpv4, encodeIpv4, type Ipv4 } from '../../packet/ipv4.ts'
import { decodeIpv6, encodeIpv6, fragmentExtension, type Ipv6, solicitedNode } from '../../packet/ipv6.ts'
import { decodeNd, encodeNd, linkLayerAddress, linkLayerOption } from '../../packet/nd.ts'
import { concat } from '../../packet/octets.ts'
import { parseFrame } from '../../packet/parse.ts'
import { arpReply, gratuitousArp, ndAdvertisement, rejectReply, unsolicitedAdvertisement } from '../../packet/reply.ts'
import { decodeTcp, encodeTcp, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../packet/tcp.ts'
import { encodeUdp } from '../../packet/udp.ts'

const A = 0x020000000001
const B = 0x020000000002
const IP_A = 0x0a000001
const IP_B = 0xc00002fa
const IP6_A = 0x20010db8000000000000000000000001n
const IP6_B = 0x20010db8000000000000000000000002n
const NONE = new Uint8Array(0)
const VLANS = [{ tpid: 0x8100, priority: 3, dropEligible: false, vid: 42 }]

const base4: Ipv4 = {
  dscp: 0,
  ecn: 0,
  identification: 5,
  dontFragment: false,
  moreFragments: false,
  fragmentOffset: 0,
  ttl: 9,
  protocol: 17,
  src: IP_A,
  dst: IP_B,
  options: NONE,
}
const base6: Ipv6 = {
  trafficClass: 0,
  flowLabel: 7,
  hopLimit: 9,
  src: IP6_A,
  dst: IP6_B,
  extensions: [],
  protocol: 17,
}
const frame4 = (header: Partial<Ipv4>, payload: Uint8Array, dst = B, src = A): Uint8Array =>
  encodeEthernet({ dst, src, vlans: VLANS, type: ETHERTYPE.ipv4 }, encodeIpv4({ ...base4, ...header }, payload))
const frame6 = (header: Partial<Ipv6>, payload: Uint8Array, dst = B, src = A): Uint8Array =>
  encodeEthernet({ dst, src, vlans: VLANS, type: ETHERTYPE.ipv6 }, encodeIpv6({ ...base6, ...header }, payload))
const udp4 = encodeUdp(base4, { srcPort: 1, dstPort: 2 }, new Uint8Array(30))
const udp6 = encodeUdp(base6, { srcPort: 1, dstPort: 2 }, new Uint8Array(30))
const tcp = {
  srcPort: 1000,
  dstPort: 80,
  sequence: 0,
  acknowledgment: 0,
  flags: 0,
  window: 9,
  urgent: 0,
  options: NONE,
}

/** Sets the total length of an IPv4 packet, with the checksum that fits. */
function cutTotal(frame: Uint8Array, total: number): Uint8Array {
  const packet = decodeIpv4(decodeEthernet(frame)!.payload)!
  const cut = encodeIpv4(packet.header, packet.payload.slice(0, total - 20))
  return concat(frame.slice(0, 18), cut, packet.payload.slice(total - 20))
}

/** The reply's outside: addresses swapped, VLAN kept, checksums right. */
function opened4(reply: Uint8Array) {
  const ethernet = decodeEthernet(reply)!
  expect(ethernet.header).to.deep.equal({ dst: A, src: B, vlans: VLANS, type: ETHERTYPE.ipv4 })
  const packet = decodeIpv4(ethernet.payload)!
  expect(packet.checksumHolds).to.equal(true)
  expect(packet.header).to.include({ src: IP_B, dst: IP_A, ttl: 64 })
  expect(packet.payload.length).to.equal(packet.payloadLength)
  return packet
}

function opened6(reply: Uint8Array) {
  const ethernet = decodeEthernet(reply)!
  expect(ethernet.header).to.deep.equal({ dst: A, src: B, vlans: VLANS, type: ETHERTYPE.ipv6 })
  const packet = decodeIpv6(ethernet.payload)!
  expect(packet.header).to.include({ src: IP6_B, dst: IP6_A, hopLimit: 64 })
  return packet
}

describe('packet replies', () => {
  it('reset TCP as RFC 9293 section 3.10.7.1 says, in IPv4 and IPv6', () => {
    const segment = fc.record({
      sequence: fc.nat({ max: 0xffffffff }),
      acknowledgment: fc.nat({ max: 0xffffffff }),
      flags: fc.nat({ max: 0xff }),
      options: fc.constantFrom(NONE, new Uint8Array(12).fill(1)),
    })
    fc.assert(
      fc.property(segment, fc.uint8Array({ maxLength: 20 }), fc.nat(30), (fields, data, cut) => {
        const header = { ...tcp, ...fields }
        const whole = frame4({ protocol: 6 }, encodeTcp(base4, header, data))
        // A packet-in may hold the beginning only: the length is the IP header's word.
        const reply = rejectReply(whole.slice(0, Math.max(whole.length - cut, whole.length - data.length)))
        const reply6 = rejectReply(frame6({ protocol: 6 }, encodeTcp(base6, header, data)))
        if ((fields.flags & TCP_RST) !== 0) {
          expect([reply, reply6]).to.deep.equal([undefined, undefined])
          return
        }
        const octets = opened4(reply!).payload
        const octets6 = opened6(reply6!).payload
        expect(transportChecksum({ src: IP_B, dst: IP_A }, 6, octets)).to.equal(0)
        expect(transportChecksum({ src: IP6_B, dst: IP6_A }, 6, octets6)).to.equal(0)
        const length = data.length + (fields.flags & TCP_SYN ? 1 : 0) + (fields.flags & TCP_FIN ? 1 : 0)
        const acknowledges = (fields.flags & TCP_ACK) !== 0
        const expected = {
          srcPort: 80,
          dstPort: 1000,
          sequence: acknowledges ? fields.acknowledgment : 0,
          acknowledgment: acknowledges ? 0 : (fields.sequence + length) % 2 ** 32,
          flags: acknowledges ? TCP_RST : TCP_RST | TCP_ACK,
        }
        expect(decodeTcp(octets)!.header).to.include(expected)
        expect(decodeTcp(octets6)!.header).to.include(expected)
      }),
    )
  })

  it('say "administratively prohibited" to the rest, quoting as much as may be', () => {
    for (const size of [0, 8, 500, 1400]) {
      const packet = encodeIpv4(base4, encodeUdp(base4, { srcPort: 1, dstPort: 2 }, new Uint8Array(size).fill(7)))
      const frame = encodeEthernet(
        { dst: B, src: A, vlans: VLANS, type: ETHERTYPE.ipv4 },
        concat(packet, new Uint8Array(6)),
      )
      const reply = opened4(rejectReply(frame)!)
      expect(reply.header).to.include({ protocol: 1, dscp: 48 })
      expect(checksum(reply.payload)).to.equal(0)
      expect([...reply.payload.slice(0, 2), ...reply.payload.slice(4, 8)]).to.deep.equal([3, 13, 0, 0, 0, 0])
      const quoted = reply.payload.slice(8)
      expect(quoted).to.deep.equal(packet.slice(0, 576 - 28))
      expect(reply.packet.length).to.be.at.most(576)

      const packet6 = encodeIpv6(base6, encodeUdp(base6, { srcPort: 1, dstPort: 2 }, new Uint8Array(size).fill(7)))
      const reply6 = opened6(
        rejectReply(encodeEthernet({ dst: B, src: A, vlans: VLANS, type: ETHERTYPE.ipv6 }, packet6))!,
      )
      expect(reply6.header.protocol).to.equal(58)
      expect(transportChecksum({ src: IP6_B, dst: IP6_A }, 58, reply6.payload)).to.equal(0)
      expect([...reply6.payload.slice(0, 2), ...reply6.payload.slice(4, 8)]).to.deep.equal([1, 1, 0, 0, 0, 0])
      expect(reply6.payload.slice(8)).to.deep.equal(packet6.slice(0, 1280 - 48))
    }
    const first = fragmentExtension({ offset: 0, more: true, identification: 1 })
    for (const frame of [
      frame4({ moreFragments: true }, udp4),
      frame4({ protocol: 1 }, encodeIcmp({ type: 8, code: 0 }, new Uint8Array(4))),
      frame4({ protocol: 47 }, NONE),
      frame6({ extensions: [first] }, udp6),
      frame6({ protocol: 58 }, encodeIcmpv6(base6, { type: 128, code: 0 }, new Uint8Array(4))),
    ])
      expect(parseFrame(rejectReply(frame)!)!.l4!.type).to.be.oneOf([1, 3])
  })

  it('never answer what must not be answered', () => {
    expect(rejectReply(frame4({}, udp4))).to.be.instanceOf(Uint8Array)
    expect(rejectReply(frame6({}, udp6))).to.be.instanceOf(Uint8Array)
    const damaged = frame4({}, udp4)
    damaged[26]! ^= 1
    const syn = encodeTcp(base4, { ...tcp, flags: TCP_SYN }, NONE)
    const syn6 = encodeTcp(base6, { ...tcp, flags: TCP_SYN }, NONE)
    const later = fragmentExtension({ offset: 8, more: false, identification: 1 })
    const silent: Record<string, Uint8Array> = {
      'to the broadcast MAC': frame4({}, udp4, 0xffffffffffff),
      'to a multicast MAC': frame4({}, udp4, 0x01005e000001),
      'from a multicast MAC': frame4({}, udp4, B, 0x01005e000001),
      'from no MAC': frame4({}, udp4, B, 0),
      'to a multicast address': frame4({ dst: 0xe0000001 }, udp4),
      'to the broadcast address': frame4({ dst: 0xffffffff }, udp4),
      'from the broadcast address': frame4({ src: 0xffffffff }, udp4),
      'from a multicast address': frame4({ src: 0xe0000001 }, udp4),
      'from no address': frame4({ src: 0 }, udp4),
      'from this network': frame4({ src: 0x00000005 }, udp4),
      'from loopback': frame4({ src: 0x7f000001 }, udp4),
      'from class E': frame4({ src: 0xf0000001 }, udp4),
      'a later fragment': frame4({ fragmentOffset: 8 }, udp4),
      'a later fragment of TCP': frame4({ protocol: 6, fragmentOffset: 8 }, syn),
      'a fragmented segment': frame4({ protocol: 6, moreFragments: true }, syn),
      'a wrong header checksum': damaged,
      'half a TCP header': frame4({ protocol: 6 }, syn.slice(0, 12)),
      'a TCP header longer than the packet': cutTotal(
        frame4({ protocol: 6 }, encodeTcp(base4, { ...tcp, options: new Uint8Array(20) }, NONE)),
        50,
      ),
      'half an ICMP header': frame4({ protocol: 1 }, new Uint8Array(3)),
      'IPv6 to a multicast MAC': frame6({}, udp6, 0x333300000001),
      'IPv6 to a multicast address': frame6({ dst: 0xff02n << 112n }, udp6),
      'IPv6 from a multicast address': frame6({ src: 0xff02n << 112n }, udp6),
      'IPv6 from no address': frame6({ src: 0n }, udp6),
      'IPv6 from loopback': frame6({ src: 1n }, udp6),
      'IPv6 later fragment': frame6({ extensions: [later] }, udp6),
      'IPv6 fragmented segment': frame6(
        { protocol: 6, extensions: [fragmentExtension({ offset: 0, more: true, identification: 1 })] },
        syn6,
      ),
      'no IP': encodeEthernet({ dst: B, src: A, vlans: [], type: 0x88b5 }, new Uint8Array(50)),
      ARP: gratuitousArp(A, IP_A),
    }
    for (const type of [3, 4, 5, 11, 12])
      silent[`ICMP ${type}`] = frame4({ protocol: 1 }, encodeIcmp({ type, code: 0 }, new Uint8Array(30)))
    for (const type of [1, 2, 3, 4, 100, 127, 137])
      silent[`ICMPv6 ${type}`] = frame6({ protocol: 58 }, encodeIcmpv6(base6, { type, code: 0 }, new Uint8Array(30)))
    for (const [name, frame] of Object.entries(silent)) expect(rejectReply(frame), name).to.equal(undefined)
  })

  it('never answer their own answers', () => {
    const frames: { octets: string }[] = JSON.parse(
      readFileSync(new URL('../golden/packet/frames.json', import.meta.url), 'utf8'),
    ).frames
    let answered = 0
    for (const { octets } of frames) {
      const reply = rejectReply(new Uint8Array(Buffer.from(octets, 'hex')))
      if (reply === undefined) continue
      answered++
      expect(rejectReply(reply)).to.equal(undefined)
    }
    expect(answered).to.be.greaterThan(8)
  })

  it('answer ARP requests for an address, and nothing else of ARP', () => {
    const arp = { op: 1, senderMac: A, senderIp: IP_A, targetMac: 0, targetIp: IP_B }
    const ask = (change: Partial<typeof arp> = {}, src = A) =>
      encodeEthernet({ dst: 0xffffffffffff, src, vlans: VLANS, type: ETHERTYPE.arp }, encodeArp({ ...arp, ...change }))
    const reply = decodeEthernet(arpReply(ask(), B)!)!
    expect(reply.header).to.deep.equal({ dst: A, src: B, vlans: VLANS, type: ETHERTYPE.arp })
    expect(decodeArp(reply.payload)!.header).to.deep.equal({
      op: 2,
      senderMac: B,
      senderIp: IP_B,
      targetMac: A,
      targetIp: IP_A,
    })
    expect(decodeArp(decodeEthernet(arpReply(ask({ senderIp: 0 }), B)!)!.payload)!.header.targetIp).to.equal(0)
    expect(arpReply(ask({ op: 2 }), B)).to.equal(undefined)
    expect(arpReply(ask({ senderIp: IP_B }), B)).to.equal(undefined)
    expect(arpReply(ask({ senderMac: 0xffffffffffff }), B)).to.equal(undefined)
    expect(arpReply(ask({}, 0x010000000001), B)).to.equal(undefined)
    expect(arpReply(frame4({}, udp4), B)).to.equal(undefined)
    const announced = parseFrame(gratuitousArp(A, IP_A, VLANS))!
    expect(announced).to.deep.include({ ethDst: 0xffffffffffff, ethSrc: A, vlan: 42 })
    expect(announced.arp).to.deep.equal({ op: 1, senderMac: A, senderIp: IP_A, targetMac: 0, targetIp: IP_A })
  })

  it('answer neighbor solicitations that are valid by RFC 4861 section 7.1.1', () => {
    const ask = (
      change: { header?: Partial<Ipv6>; code?: number; target?: bigint; named?: boolean; spoil?: boolean } = {},
    ): Uint8Array => {
      const header = { ...base6, hopLimit: 255, dst: solicitedNode(IP6_B), protocol: 58, ...change.header }
      const options = change.named === false ? [] : [linkLayerOption(1, A)]
      const body = encodeNd({ kind: 'neighbor-solicitation', target: change.target ?? IP6_B, options })
      const message = encodeIcmpv6(header, { type: 135, code: change.code ?? 0 }, body)
      if (change.spoil === true) message[10]! ^= 1
      return frame6(header, message, 0x3333ff000002)
    }
    const advertised = (frame: Uint8Array, router = false) => {
      const ethernet = decodeEthernet(ndAdvertisement(frame, B, router)!)!
      const packet = decodeIpv6(ethernet.payload)!
      expect(ethernet.header).to.deep.include({ src: B, vlans: VLANS })
      expect(packet.header).to.include({ hopLimit: 255, src: IP6_B })
      expect(transportChecksum(packet.header, 58, packet.payload)).to.equal(0)
      const nd = decodeNd(packet.payload[0]!, packet.payload.subarray(4))!
      expect(linkLayerAddress(nd.options, 2)).to.equal(B)
      return { to: ethernet.header.dst, dst: packet.header.dst, nd }
    }
    const direct = advertised(ask(), true)
    expect(direct).to.include({ to: A, dst: IP6_A })
    expect(direct.nd).to.include({ solicited: true, override: true, router: true, target: IP6_B })
    const detection = advertised(ask({ header: { src: 0n }, named: false }))
    expect(detection).to.include({ to: 0x333300000001, dst: 0xff020000000000000000000000000001n })
    expect(detection.nd).to.include({ solicited: false, router: false, target: IP6_B })
    const faults = {
      'a hop limit that shows a router on the way': ask({ header: { hopLimit: 254 } }),
      'a wrong checksum': ask({ spoil: true }),
      'a code': ask({ code: 1 }),
      'a multicast target': ask({ target: 0xff02n << 112n }),
      'no source but an address option': ask({ header: { src: 0n } }),
      'no source, not to the solicited-node address': ask({ header: { src: 0n, dst: IP6_B }, named: false }),
      'no solicitation': unsolicitedAdvertisement(A, IP6_A),
      'no IPv6': frame4({}, udp4),
    }
    for (const [name, frame] of Object.entries(faults)) expect(ndAdvertisement(frame, B), name).to.equal(undefined)
    expect(parseFrame(unsolicitedAdvertisement(A, IP6_A))!.nd).to.include({ solicited: false, target: IP6_A })
  })
})
