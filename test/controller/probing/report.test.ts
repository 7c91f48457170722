/** What probes show: frames and tokens, and faults of every kind at every place on ways of any length. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { WatchedStage } from '../../../controller/policy/compile-watch.ts'
import type { ProbeMatch } from '../../../controller/policy/state.ts'
import { frameOf, marks, tokenIn } from '../../../controller/probing/packet.ts'
import { type Expected, judge } from '../../../controller/probing/report.ts'
import type { Sighting, Tag } from '../../../controller/probing/sighting.ts'
import { transportChecksum } from '../../../packet/checksum.ts'
import { decodeEthernet } from '../../../packet/ethernet.ts'
import { decodeIpv4 } from '../../../packet/ipv4.ts'
import { decodeIpv6 } from '../../../packet/ipv6.ts'
import { parseFrame } from '../../../packet/parse.ts'

const probes: fc.Arbitrary<ProbeMatch> = fc
  .record({
    number: fc.integer({ min: 1, max: 0xffff_ffff }),
    ethSrc: fc.integer({ min: 0, max: 0xfe_ffff_ffff }),
    ethDst: fc.integer({ min: 0, max: 0xfe_ffff_ffff }),
    family: fc.constantFrom(4 as const, 6 as const),
    ends: fc.tuple(fc.bigInt(1n, 0xfffffffen), fc.bigInt(1n, 0xfffffffen)),
    what: fc.constantFrom('tcp', 'udp', 'icmp'),
    port: fc.integer({ min: 1, max: 65_535 }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  .map(({ family, ends, what, port, random, ...rest }) => {
    const protocol = what === 'tcp' ? 6 : what === 'udp' ? 17 : family === 4 ? 1 : 58
    const [source, destination] = ends.map((value) => ({ family, value })) as [
      ProbeMatch['source'],
      ProbeMatch['source'],
    ]
    const { nonce: _, ...drawn } = marks(protocol, () => random)
    return {
      ...rest,
      ...drawn,
      protocol,
      source,
      destination,
      second: what === 'icmp' ? 0 : port,
      labelled: false,
      routed: false,
    }
  })
const u32s = fc.integer({ min: 0, max: 0xffff_ffff })

describe('packets of probes', () => {
  it('say what they are, below tags and labels too, and are whole packets with their marks', () => {
    const fronts = fc.array(fc.constantFrom(4, 8), { maxLength: 2 })
    fc.assert(
      fc.property(probes, u32s, fc.integer({ min: 1, max: 3 }), fronts, (probe, nonce, attempt, front) => {
        const frame = frameOf(probe, nonce, attempt)
        expect(frame.length).to.be.within(60, 160)
        const below = Buffer.concat([
          frame.subarray(0, 12),
          ...front.map((size) => Buffer.alloc(size, 0x88)),
          frame.subarray(12),
        ])
        for (const octets of [frame, below])
          expect(tokenIn(octets)).to.deep.equal({ number: probe.number, nonce, attempt })
        const { ip, l4, ethSrc, ethDst } = parseFrame(frame)!
        expect([ethSrc, ethDst]).to.deep.equal([probe.ethSrc, probe.ethDst])
        expect([ip?.protocol, BigInt(ip!.src), BigInt(ip!.dst)]).to.deep.equal([
          probe.protocol,
          probe.source.value,
          probe.destination.value,
        ])
        const { srcPort, dstPort, type, code } = l4!
        expect([srcPort ?? type, dstPort ?? code]).to.deep.equal([probe.first, probe.second])
        const { payload } = decodeEthernet(frame)!
        if (probe.source.family === 4) {
          const packet = decodeIpv4(payload)!
          expect([packet.checksumHolds, packet.header.dscp]).to.deep.equal([true, probe.dscp])
          if (probe.protocol !== 1)
            expect(
              transportChecksum({ src: packet.header.src, dst: packet.header.dst }, probe.protocol, packet.payload),
            ).to.equal(0)
        } else {
          const { header, payload: segment } = decodeIpv6(payload)!
          expect([header.trafficClass, header.flowLabel]).to.deep.equal([probe.dscp << 2, probe.flowLabel])
          expect(transportChecksum({ src: header.src, dst: header.dst }, probe.protocol, segment)).to.equal(0)
        }
      }),
    )
  })

  it('are not seen in other frames', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1600 }), (frame) => {
        expect(tokenIn(frame)).to.equal(undefined)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(probes, u32s, (probe, nonce) => {
        const frame = frameOf(probe, nonce, 1)
        for (let length = 0; length < frame.length; length += 7)
          expect(tokenIn(frame.subarray(0, length))).to.equal(undefined)
      }),
      { numRuns: 30 },
    )
  })
})

/** What happens on a way: to the tag in a switch or on a link, or to the packet. */
interface Mishap {
  what: 'none' | 'strip' | 'change' | 'drop'
  /** Even: in the switch of half the number; odd: on the link behind it. */
  at: number
  /** Below a tag that is stripped the packet is dropped where it comes next, as nobody knows its sender. */
  known: boolean
}

const WHOLE: WatchedStage[] = ['classify', 'egress_admin', 'ingress_admin', 'commit', 'forward']

/** What switches say of a packet that this happens to. */
function walked({ path, sender, receiver, carrier }: Expected, { what, at, known }: Mishap): Sighting[] {
  const said: Sighting[] = []
  let tag: Tag | undefined
  const suffer = (): boolean => {
    if (what === 'strip') tag = undefined
    if (what === 'change') tag = { carrier: 'mpls', value: 999 }
    return what !== 'drop'
  }
  for (const [place, datapathId] of path.entries()) {
    const isLast = place === path.length - 1
    const read = place === 0 || carrier === 'address' ? sender.identity : (tag?.value ?? (known ? sender.identity : 0))
    const say = (stage: WatchedStage, its = tag, port = 0): void =>
      void said.push({
        ...{ datapathId, stage, inPort: place === 0 ? sender.port : 100, atMs: said.length, port },
        ...{ source: stage === 'classify' ? 0 : read, destination: receiver.identity, ...(its && { tag: its }) },
      })
    say('classify')
    if (isLast && read === 0) return said
    if (place === 0 || isLast) for (const stage of WHOLE.slice(1, 4)) say(stage)
    if (isLast) {
      say('forward')
      say('deliver', tag, receiver.port)
      return said
    }
    if (place === 0 && carrier !== 'address') tag = { carrier, value: sender.identity }
    if (at === 2 * place && !suffer()) return said
    say('forward')
    if (at === 2 * place + 1 && !suffer()) return said
  }
  return said
}

describe('what probes show', () => {
  const ways = fc.integer({ min: 2, max: 5 }).chain((length) =>
    fc.record({
      path: fc.constant(Array.from({ length }, (_, index) => `s${index}`)),
      at: fc.integer({ min: 0, max: 2 * (length - 1) - 1 }),
      what: fc.constantFrom('none', 'strip', 'change', 'drop'),
      known: fc.boolean(),
      shuffled: fc.boolean(),
    }),
  )
  const expectedOn = (path: string[], carrier: Expected['carrier'] = 'mpls', permitted = true): Expected => ({
    ...{ path, carrier, permitted },
    sender: { datapathId: path[0]!, port: 1, identity: 300 },
    receiver: { datapathId: path.at(-1)!, port: 2, identity: 301 },
  })

  it('is the fault and its place, whatever happens where', () => {
    const seen = new Map<string, number>()
    const property = fc.property(ways, ({ path, at, what, known, shuffled }) => {
      const expected = expectedOn(path)
      const sightings = walked(expected, { what: what as Mishap['what'], at, known })
      const found = judge(expected, shuffled ? sightings.reverse() : sightings)
      seen.set(what, (seen.get(what) ?? 0) + 1)
      const place = Math.floor(at / 2)
      const [from, to] = [path[place], path[at % 2 === 0 ? place : place + 1]]
      if (what === 'none') {
        expect(found).to.deep.include({ outcome: 'delivered', read: 300, written: { carrier: 'mpls', value: 300 } })
        expect(found.carried).to.deep.equal(found.written)
        expect(found.fault).to.equal(undefined)
      } else {
        const kind = { strip: 'tag-lost', change: 'tag-changed', drop: 'packet-lost' }[what]
        expect(found.fault).to.deep.equal({ kind, from, to })
        expect(found.outcome).to.equal(what === 'drop' || (what === 'strip' && !known) ? 'lost' : 'delivered')
      }
    })
    for (let batch = 0; batch < 50 && (seen.size < 4 || Math.min(...seen.values()) < 20); batch++)
      fc.assert(property, { numRuns: 100 })
    expect([...seen.values()].every((count) => count >= 20)).to.equal(true)
  })

  it('is the side of policy that dropped it, and a fault where policy permits it', () => {
    for (const [stages, side] of [
      [WHOLE.slice(0, 2), 'egress'],
      [WHOLE.slice(0, 3), 'ingress'],
    ] as const) {
      const path = ['a', 'b']
      const all = walked(expectedOn(path), { what: 'none', at: 0, known: true })
      for (const at of path) {
        const said = all.filter(({ datapathId, stage }) => (datapathId === at ? stages.includes(stage) : at === 'b'))
        const permitted = judge(expectedOn(path), said)
        expect(permitted).to.deep.include({ outcome: 'dropped', fault: { kind: 'refused', from: at, to: at } })
        expect(permitted.at).to.deep.equal({ datapathId: at, side })
        const forbidden = judge(expectedOn(path, 'mpls', false), said)
        expect(forbidden).to.deep.include({ outcome: 'dropped' })
        expect(forbidden.fault).to.equal(undefined)
      }
    }
  })

  it('is a leak where policy does not permit it, and nothing where it does not take it in', () => {
    const whole = walked(expectedOn(['a', 'b']), { what: 'none', at: 0, known: true })
    expect(judge(expectedOn(['a', 'b'], 'mpls', false), whole).fault).to.deep.equal({
      kind: 'leaked',
      from: 'b',
      to: 'b',
    })
    expect(judge(expectedOn(['a', 'b']), []).fault).to.deep.equal({ kind: 'packet-lost', from: 'a', to: 'a' })
    expect(judge(expectedOn(['a', 'b'], 'mpls', false), [])).to.deep.equal({ outcome: 'lost', hops: [] })
  })

  it('is no fault where a group policy id is left behind and the sender is known, and one where it is another', () => {
    const expected = expectedOn(['a', 'b'], 'vxlan')
    const left = judge(expected, walked(expected, { what: 'strip', at: 1, known: true }))
    expect(left).to.deep.include({ outcome: 'delivered', read: 300, written: { carrier: 'vxlan', value: 300 } })
    expect([left.fault, left.carried]).to.deep.equal([undefined, undefined])
    const unknown = judge(expected, walked(expected, { what: 'strip', at: 1, known: false }))
    expect(unknown.fault).to.deep.equal({ kind: 'packet-lost', from: 'b', to: 'b' })
    const other = judge(expected, walked(expected, { what: 'change', at: 1, known: true }))
    expect(other.fault?.kind).to.equal('tag-changed')
  })

  it('is another sender where the receiver reads another, though nothing carries the identity', () => {
    const expected = expectedOn(['a', 'b', 'c'], 'address')
    const said = walked(expected, { what: 'none', at: 0, known: true })
    expect(judge(expected, said).fault).to.equal(undefined)
    const wrong = said.map((its) => (its.datapathId === 'c' && its.source !== 0 ? { ...its, source: 555 } : its))
    expect(judge(expected, wrong)).to.deep.include({ read: 555, fault: { kind: 'tag-changed', from: 'c', to: 'c' } })
  })
})
