/** The header codecs against scapy's frames, against themselves, and against anything. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeArp, encodeArp } from '../../packet/arp.ts'
import { checksum, transportChecksum } from '../../packet/checksum.ts'
import { decodeEthernet, ETHERTYPE, encodeEthernet } from '../../packet/ethernet.ts'
import { decodeIcmp, encodeIcmp } from '../../packet/icmp.ts'
import { decodeIcmpv6, encodeIcmpv6 } from '../../packet/icmpv6.ts'
import { decodeIpv4, encodeIpv4, ipv4Options } from '../../packet/ipv4.ts'
import { decodeIpv6, encodeIpv6, finalDestination, fragmentExtension, type Ipv6Extension } from '../../packet/ipv6.ts'
import { decodeLldp, encodeLldp, findOrgTlv, orgTlv } from '../../packet/lldp.ts'
import { decodeNd, encodeNd, linkLayerAddress, linkLayerOption, ND_TYPES, type Nd } from '../../packet/nd.ts'
import { concat } from '../../packet/octets.ts'
import { parseFrame } from '../../packet/parse.ts'
import { arpReply, ndAdvertisement, rejectReply } from '../../packet/reply.ts'
import { decodeTcp, encodeTcp, tcpOptions } from '../../packet/tcp.ts'
import { decodeUdp, encodeUdp } from '../../packet/udp.ts'

interface Golden {
  name: string
  octets: string
  read: {
    src: number
    dst: number
    vlans: { vid: number; priority: number; dropEligible: boolean }[]
    type: number
    arp?: Record<string, number>
    ip?: { version: number; src: string; dst: string; ttl: number; protocol: number } & Record<string, unknown>
    l4?: Record<string, number>
  }
}

const golden: { generator: string; frames: Golden[] } = JSON.parse(
  readFileSync(new URL('../golden/packet/frames.json', import.meta.url), 'utf8'),
)
const octetsOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')

const u = (bits: number) => fc.nat({ max: 2 ** bits - 1 })
const mac = fc.maxSafeNat().map((value) => value % 2 ** 48)
const ip6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })
const octets = (maxLength: number) => fc.uint8Array({ maxLength })
const units = (unit: number, max: number) =>
  fc.nat({ max: max / unit }).chain((count) => fc.uint8Array({ minLength: count * unit, maxLength: count * unit }))

const TCP = {
  srcPort: 1,
  dstPort: 2,
  sequence: 3,
  acknowledgment: 4,
  flags: 2,
  window: 5,
  urgent: 0,
  options: new Uint8Array(0),
}
const IPV4 = {
  dscp: 0,
  ecn: 0,
  identification: 0,
  dontFragment: false,
  moreFragments: false,
  fragmentOffset: 0,
  ttl: 1,
  protocol: 17,
  src: 1,
  dst: 2,
  options: new Uint8Array(0),
}

/** Takes a frame apart and builds it again from what was read: lengths and checksums are computed anew. */
function rebuild(frame: Uint8Array): Uint8Array {
  const ethernet = decodeEthernet(frame)!
  return encodeEthernet(ethernet.header, rebuildPacket(ethernet.header.type, ethernet.payload))
}

function rebuildPacket(type: number, data: Uint8Array): Uint8Array {
  if (type === ETHERTYPE.arp) return encodeArp(decodeArp(data)!.header)
  if (type === ETHERTYPE.lldp) {
    const { header, payload } = decodeLldp(data)!
    return concat(encodeLldp(header), payload) // a short frame's padding
  }
  if (type === ETHERTYPE.ipv4) {
    const { header, payload } = decodeIpv4(data)!
    const fragment = header.moreFragments || header.fragmentOffset > 0
    return encodeIpv4(header, fragment ? payload : rebuildTransport(header, payload))
  }
  const { header, payload, fragment } = decodeIpv6(data)!
  const between = { ...header, dst: finalDestination(header) }
  return encodeIpv6(header, fragment === undefined ? rebuildTransport(between, payload) : payload)
}

function rebuildTransport(
  ip: { protocol: number } & ({ src: number; dst: number } | { src: bigint; dst: bigint }),
  data: Uint8Array,
): Uint8Array {
  if (ip.protocol === 6) {
    const { header, payload } = decodeTcp(data)!
    return encodeTcp(ip, header, payload)
  }
  if (ip.protocol === 17) {
    const { header, payload } = decodeUdp(data)!
    return encodeUdp(ip, header, payload)
  }
  if (ip.protocol === 1) {
    const { header, payload } = decodeIcmp(data)!
    return encodeIcmp(header, payload)
  }
  if (typeof ip.src !== 'bigint' || typeof ip.dst !== 'bigint') throw new Error('ICMPv6 in IPv4')
  const { header, payload } = decodeIcmpv6(data)!
  const nd = decodeNd(header.type, payload)
  return encodeIcmpv6({ src: ip.src, dst: ip.dst }, header, nd === undefined ? payload : encodeNd(nd))
}

describe('packet codecs', () => {
  it('read frames as scapy reads them', () => {
    expect(golden.generator).to.match(/^scapy \d/)
    expect(golden.frames.length).to.be.greaterThan(20)
    for (const { name, octets: text, read } of golden.frames) {
      const frame = octetsOf(text)
      const ethernet = decodeEthernet(frame)!
      const { src, dst, type } = ethernet.header
      const vlans = ethernet.header.vlans.map(({ tpid: _, ...rest }) => rest)
      expect({ src, dst, vlans, type }, name).to.deep.equal({
        src: read.src,
        dst: read.dst,
        vlans: read.vlans,
        type: read.type,
      })
      const summary = parseFrame(frame)!
      expect(summary.vlan, name).to.equal(read.vlans[0]?.vid)
      expect(summary.arp, name).to.deep.equal(read.arp)
      const { ip, l4 } = summary
      expect(ip && { ...ip, src: String(ip.src), dst: String(ip.dst) }, name).to.deep.equal(
        read.ip && {
          version: read.ip.version,
          src: read.ip.src,
          dst: read.ip.dst,
          ttl: read.ip.ttl,
          protocol: read.ip.protocol,
          laterFragment: name.includes('later fragment'),
        },
      )
      const { sequence, acknowledgment, window, ...short } = read.l4 ?? {}
      expect(l4 ?? {}, name).to.deep.equal(short)
      if (ip?.version === 4) {
        const { header, checksumHolds } = decodeIpv4(ethernet.payload)!
        expect(checksumHolds, name).to.equal(true)
        expect({ ...read.ip, tos: undefined }, name).to.deep.include({
          fragmentOffset: header.fragmentOffset,
          moreFragments: header.moreFragments,
          dontFragment: header.dontFragment,
          identification: header.identification,
        })
        expect(header.dscp * 4 + header.ecn, name).to.equal(read.ip!['tos'])
      } else if (ip?.version === 6) {
        const { flowLabel, trafficClass } = decodeIpv6(ethernet.payload)!.header
        expect(read.ip, name).to.deep.include({ flowLabel, trafficClass })
      }
      if (sequence !== undefined) {
        const packet = ip!.version === 4 ? decodeIpv4(ethernet.payload)! : decodeIpv6(ethernet.payload)!
        expect(decodeTcp(packet.payload)!.header, name).to.deep.include({ sequence, acknowledgment, window })
      }
    }
  })

  it('build the octets that scapy builds, checksums and lengths included', () => {
    for (const { name, octets: text } of golden.frames) expect(hex(rebuild(octetsOf(text))), name).to.equal(text)
  })

  it('notice every changed bit of an IPv4 header', () => {
    const frame = octetsOf(golden.frames.find(({ name }) => name === 'ipv4 options')!.octets)
    const packet = decodeEthernet(frame)!.payload.slice()
    const length = 20 + decodeIpv4(packet)!.header.options.length
    for (let bit = 0; bit < length * 8; bit++) {
      const changed = packet.slice()
      changed[bit >> 3]! ^= 0x80 >> (bit & 7)
      expect(decodeIpv4(changed)?.checksumHolds ?? false, `bit ${bit}`).to.equal(false)
    }
  })

  it('read options of IPv4, TCP and LLDP that scapy wrote', () => {
    const find = (wanted: string) =>
      decodeEthernet(octetsOf(golden.frames.find(({ name }) => name === wanted)!.octets))!
    const syn = decodeTcp(decodeIpv4(find('tcp syn with options').payload)!.payload)!.header
    expect(tcpOptions(syn.options).map(({ type, data }) => [type, hex(data)])).to.deep.equal([
      [2, '05b4'],
      [4, ''],
      [8, '0000007b00000000'],
      [3, '07'],
    ])
    expect(ipv4Options(decodeIpv4(find('ipv4 options').payload)!.header.options).map(({ type }) => type)).to.deep.equal(
      [7, 68],
    )
    const tlvs = decodeLldp(find('lldp').payload)!.header
    expect(tlvs.map(({ type }) => type)).to.deep.equal([1, 2, 3, 127])
    expect(Buffer.from(findOrgTlv(tlvs, 0x0080c2, 9)!).toString()).to.equal('opaque')
    expect(findOrgTlv(tlvs, 0x0080c2, 8)).to.equal(undefined)
    const nd = parseFrame(octetsOf(golden.frames.find(({ name }) => name === 'router advertisement')!.octets))!.nd!
    expect(nd).to.include({ kind: 'router-advertisement', hopLimit: 64, flags: 0x88, routerLifetime: 1800 })
    expect(linkLayerAddress(nd.options, 1)).to.equal(0x020000000001)
  })

  it('give back what was written: Ethernet, ARP, IPv4', () => {
    const vlan = fc.record({
      tpid: fc.constantFrom(0x8100, 0x88a8),
      priority: u(3),
      dropEligible: fc.boolean(),
      vid: u(12),
    })
    const type = u(16).filter((value) => value !== 0x8100 && value !== 0x88a8)
    const ethernet = fc.record({ dst: mac, src: mac, vlans: fc.array(vlan, { maxLength: 4 }), type })
    fc.assert(
      fc.property(ethernet, octets(40), (header, payload) => {
        const read = decodeEthernet(encodeEthernet(header, payload))!
        expect(read.header).to.deep.equal(header)
        expect(hex(read.payload)).to.equal(hex(payload))
      }),
    )
    const arp = fc.record({ op: u(16), senderMac: mac, senderIp: u(32), targetMac: mac, targetIp: u(32) })
    fc.assert(
      fc.property(arp, (header) => {
        expect(decodeArp(encodeArp(header))!.header).to.deep.equal(header)
      }),
    )
    const ipv4 = fc.record({
      dscp: u(6),
      ecn: u(2),
      identification: u(16),
      dontFragment: fc.boolean(),
      moreFragments: fc.boolean(),
      fragmentOffset: u(13).map((value) => value * 8),
      ttl: u(8),
      protocol: u(8),
      src: u(32),
      dst: u(32),
      options: units(4, 40),
    })
    fc.assert(
      fc.property(ipv4, octets(40), octets(10), (header, payload, padding) => {
        const packet = encodeIpv4(header, payload)
        const read = decodeIpv4(new Uint8Array([...packet, ...padding]))!
        expect(read.header).to.deep.equal(header)
        expect(hex(read.payload)).to.equal(hex(payload))
        expect(read.checksumHolds).to.equal(true)
      }),
    )
  })

  it('give back what was written: IPv6 with extension headers', () => {
    const extension = fc.oneof(
      fc.record({ type: fc.constantFrom(0, 43, 60, 135), units: fc.nat(2), fill: u(8) }).map(
        ({ type, units: count, fill }): Ipv6Extension => ({
          type,
          body: new Uint8Array(count * 8 + 7).fill(fill).fill(count, 0, 1),
        }),
      ),
      fc.record({ more: fc.boolean(), identification: u(32) }).map((rest) => fragmentExtension({ offset: 0, ...rest })),
    )
    const header = fc.record({
      trafficClass: u(8),
      flowLabel: u(20),
      hopLimit: u(8),
      src: ip6,
      dst: ip6,
      extensions: fc.array(extension, { maxLength: 5 }),
      protocol: fc.constantFrom(6, 17, 58, 59, 132, 255),
    })
    fc.assert(
      fc.property(header, octets(40), (written, payload) => {
        const read = decodeIpv6(encodeIpv6(written, payload))!
        expect(read.header).to.deep.equal(written)
        expect(hex(read.payload)).to.equal(hex(payload))
      }),
    )
  })

  it('give back what was written: ICMP, ICMPv6, neighbor discovery, TCP, UDP, LLDP, with checksums that hold', () => {
    const ends = fc.oneof(fc.record({ src: u(32), dst: u(32) }), fc.record({ src: ip6, dst: ip6 }))
    const tcp = fc.record({
      srcPort: u(16),
      dstPort: u(16),
      sequence: u(32),
      acknowledgment: u(32),
      flags: u(12),
      window: u(16),
      urgent: u(16),
      options: units(4, 40),
    })
    fc.assert(
      fc.property(ends, tcp, octets(33), (between, header, payload) => {
        const written = encodeTcp(between, header, payload)
        expect(transportChecksum(between, 6, written)).to.equal(0)
        const read = decodeTcp(written)!
        expect(read.header).to.deep.equal(header)
        expect(hex(read.payload)).to.equal(hex(payload))
        const datagram = encodeUdp(between, header, payload)
        expect(transportChecksum(between, 17, datagram)).to.equal(0)
        const { srcPort, dstPort } = header
        expect(decodeUdp(datagram)!.header).to.deep.equal({ srcPort, dstPort })
        const icmp = encodeIcmp({ type: 8, code: 0 }, new Uint8Array([0, 0, 0, 0, ...payload]))
        expect(checksum(icmp)).to.equal(0)
      }),
    )
    const options = fc.array(
      mac.chain((value) => fc.constantFrom(1, 2).map((type) => linkLayerOption(type, value))),
      {
        maxLength: 3,
      },
    )
    const nd: fc.Arbitrary<Nd> = fc.oneof(
      fc.record({ kind: fc.constant('router-solicitation' as const), options }),
      fc.record({
        kind: fc.constant('router-advertisement' as const),
        hopLimit: u(8),
        flags: u(8),
        routerLifetime: u(16),
        reachableTime: u(32),
        retransTimer: u(32),
        options,
      }),
      fc.record({ kind: fc.constant('neighbor-solicitation' as const), target: ip6, options }),
      fc.record({
        kind: fc.constant('neighbor-advertisement' as const),
        router: fc.boolean(),
        solicited: fc.boolean(),
        override: fc.boolean(),
        target: ip6,
        options,
      }),
      fc.record({ kind: fc.constant('redirect' as const), target: ip6, destination: ip6, options }),
    )
    fc.assert(
      fc.property(fc.record({ src: ip6, dst: ip6 }), nd, (between, message) => {
        const written = encodeIcmpv6(between, { type: ND_TYPES[message.kind], code: 0 }, encodeNd(message))
        expect(transportChecksum(between, 58, written)).to.equal(0)
        expect(decodeNd(ND_TYPES[message.kind], decodeIcmpv6(written)!.payload)).to.deep.equal(message)
      }),
    )
    const tlv = fc.record({ type: fc.integer({ min: 1, max: 127 }), value: octets(511) })
    fc.assert(
      fc.property(fc.array(tlv, { maxLength: 5 }), u(24), u(8), octets(50), (tlvs, oui, subtype, data) => {
        const all = [orgTlv(oui, subtype, data), ...tlvs]
        const read = decodeLldp(encodeLldp(all))!.header
        expect(read.map(({ type, value }) => [type, hex(value)])).to.deep.equal(
          all.map(({ type, value }) => [type, hex(value)]),
        )
        expect(hex(findOrgTlv(read, oui, subtype)!)).to.equal(hex(data))
      }),
    )
  })

  it('read headers only where they are whole and sound', () => {
    const segment = encodeTcp({ src: 1, dst: 2 }, { ...TCP, options: new Uint8Array(8) }, new Uint8Array(3))
    expect(decodeTcp(segment)).to.be.an('object')
    for (const words of [0, 4, 8]) {
      const changed = segment.slice(0, 28)
      changed[12] = words << 4
      expect(decodeTcp(changed), `${words} words`).to.equal(undefined)
    }
    const packet = encodeIpv4(IPV4, new Uint8Array(4))
    for (const [at, value] of [
      [0, 0x44],
      [0, 0x65],
      [0, 0x4f],
      [3, 19],
    ] as const) {
      const changed = packet.slice()
      changed[at] = value
      expect(decodeIpv4(changed), `${at}: ${value}`).to.equal(undefined)
    }
    const unit = encodeLldp([{ type: 1, value: new Uint8Array(5) }])
    for (let length = 0; length < unit.length; length++)
      expect(decodeLldp(unit.slice(0, length)), `${length} octets`).to.equal(undefined)
    expect(decodeLldp(unit)!.header).to.have.length(1)
  })

  it('write a UDP checksum that comes out as zero as 0xffff: zero means none', () => {
    // The sum of pseudo header, ports, lengths and these two octets is 0xffff.
    const sum = 17 + 10 + 10
    const payload = new Uint8Array([0xff, 0xff - sum])
    const datagram = encodeUdp({ src: 0, dst: 0 }, { srcPort: 0, dstPort: 0 }, payload)
    expect([...datagram.slice(6, 8)]).to.deep.equal([0xff, 0xff])
  })

  it('look for no header in what follows a later fragment, whatever it says is next', () => {
    const extensions = [fragmentExtension({ offset: 8, more: false, identification: 1 })]
    const header = { trafficClass: 0, flowLabel: 0, hopLimit: 1, src: 1n, dst: 2n, extensions, protocol: 60 }
    const read = decodeIpv6(encodeIpv6(header, new Uint8Array(24)))!
    expect(read.header.extensions).to.have.length(1)
    expect(read.payload).to.have.length(24)
    expect(read.fragment).to.deep.equal({ offset: 8, more: false, identification: 1 })
  })

  it('never throw: random octets, and frames cut short or with octets changed', () => {
    const frames = golden.frames.map((frame) => octetsOf(frame.octets))
    const damaged = fc
      .record({
        frame: fc.constantFrom(...frames),
        length: fc.nat(200),
        changes: fc.array(fc.tuple(fc.nat(150), u(8)), { maxLength: 4 }),
      })
      .map(({ frame, length, changes }) => {
        const copy = frame.slice(0, length)
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(octets(200), damaged), (data) => {
        const summary = parseFrame(data)
        expect(summary === undefined).to.equal(data.length < 14)
        for (const answer of [rejectReply(data), arpReply(data, 1), ndAdvertisement(data, 1)])
          if (answer !== undefined) expect(parseFrame(answer)).to.be.an('object')
        decodeLldp(data)
        decodeIpv4(data)
        decodeIpv6(data)
        decodeTcp(data)
        decodeUdp(data)
        for (const type of [133, 134, 135, 136, 137]) decodeNd(type, data)
      }),
      { numRuns: 2000 },
    )
  })
})
