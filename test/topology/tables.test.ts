/** The tables behind the topology: the graph against a plain list, links believed, and where hosts were seen. */
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeEthernet } from '../../packet/ethernet.ts'
import { decodeLldp } from '../../packet/lldp.ts'
import { encodeProbe, LinkTable, MAX_PEERS, type Probe, verifyProbe } from '../../topology/discover.ts'
import { Graph, type Link, linkKey, type PortRef, portKey, reversed } from '../../topology/graph.ts'
import { Locations } from '../../topology/location.ts'

const place = (datapathId: string, port: number): PortRef => ({ datapathId, port })
const link = (from: PortRef, to: PortRef): Link => ({ from, to })
const A1 = place('a', 1)
const A2 = place('a', 2)
const B1 = place('b', 1)
const C1 = place('c', 1)
const secret = new Uint8Array(32).fill(9)

describe('topology graph', () => {
  it('is the list of its links, through any additions and removals', () => {
    const ports = fc.record({ datapathId: fc.constantFrom('a', 'b', 'c', 'd'), port: fc.integer({ min: 1, max: 2 }) })
    const step = fc.oneof(
      fc.record({ act: fc.constantFrom('add' as const, 'remove' as const), from: ports, to: ports }),
      fc.record({ act: fc.constant('removeSwitch' as const), from: ports, to: ports }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const graph = new Graph()
        let plain: Link[] = []
        for (const { act, from, to } of steps) {
          const one = link(from, to)
          const known = plain.some((other) => linkKey(other) === linkKey(one))
          if (act === 'add') {
            expect(graph.add(one)).to.equal(!known)
            if (!known) plain.push(one)
          } else if (act === 'remove') {
            expect(graph.remove(one)).to.equal(known)
            plain = plain.filter((other) => linkKey(other) !== linkKey(one))
          } else {
            const touches = (other: Link) => [other.from.datapathId, other.to.datapathId].includes(from.datapathId)
            expect(graph.removeSwitch(from.datapathId).length).to.equal(plain.filter(touches).length)
            plain = plain.filter((other) => !touches(other))
          }
        }
        expect([...graph.links].map(linkKey).sort()).to.deep.equal(plain.map(linkKey).sort())
        for (const datapathId of ['a', 'b', 'c', 'd'])
          for (const port of [1, 2]) {
            const here = portKey({ datapathId, port })
            const fabric = plain.some(({ from, to }) => portKey(from) === here || portKey(to) === here)
            expect(graph.fabricPorts(datapathId).has(port)).to.equal(fabric)
            expect(graph.isFabric({ datapathId, port })).to.equal(fabric)
          }
        // Usable: between two switches, and neither port has a link with any third port.
        const usable = plain.filter(({ from, to }) => {
          if (from.datapathId === to.datapathId) return false
          const ends = [portKey(from), portKey(to)]
          return plain.every((other) => {
            const others = [portKey(other.from), portKey(other.to)]
            return (
              others.every((end) => !ends.includes(end)) ||
              others.every((end) => ends.includes(end) && others[0] !== others[1])
            )
          })
        })
        expect(graph.usableLinks().map(linkKey).sort()).to.deep.equal(usable.map(linkKey).sort())
      }),
      { numRuns: 300 },
    )
  })
})

describe('topology probes', () => {
  const probes: fc.Arbitrary<Probe> = fc.record({
    datapathId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value.toString(16).padStart(16, '0')),
    port: fc.nat({ max: 0xffffff00 }),
    time: fc.nat({ max: 2 ** 48 }),
  })

  it('say who sent them and when, are LLDP, and are believed as long as they are young', () => {
    fc.assert(
      fc.property(probes, fc.nat(7000), (probe, age) => {
        const frame = encodeProbe(secret, probe, 0x020000000001, 3.5)
        const ethernet = decodeEthernet(frame)!
        expect(ethernet.header).to.deep.equal({ dst: 0x0180c200000e, src: 0x020000000001, vlans: [], type: 0x88cc })
        expect(decodeLldp(ethernet.payload)!.header.map(({ type }) => type)).to.deep.equal([1, 2, 3, 127])
        const verified = verifyProbe(secret, frame, probe.time + age, 3500)
        expect(verified).to.deep.equal(age <= 3500 ? probe : 'replayed')
        expect(verifyProbe(secret, frame, probe.time - 1, 3500)).to.equal('replayed')
        expect(verifyProbe(new Uint8Array(32), frame, probe.time, 3500)).to.equal('forged')
      }),
    )
  })

  it('are refused with any bit of what is signed changed, and never make the check throw', () => {
    const probe = { datapathId: '00000000000000ab', port: 7, time: 1_000_000 }
    const frame = encodeProbe(secret, probe, 1, 4)
    // The signed body and its tag end where the end TLV begins.
    const start = frame.length - 2 - 16 - (12 + probe.datapathId.length)
    for (let bit = start * 8; bit < (frame.length - 2) * 8; bit++) {
      const changed = frame.slice()
      changed[bit >> 3]! ^= 0x80 >> (bit & 7)
      expect(verifyProbe(secret, changed, probe.time, 3500), `bit ${bit}`).to.equal('forged')
    }
    fc.assert(
      fc.property(fc.nat(frame.length), fc.nat(frame.length - 1), fc.nat(255), (length, at, value) => {
        const changed = frame.slice()
        changed[at] = value
        const verified = verifyProbe(secret, changed.slice(0, length), probe.time, 3500)
        if (typeof verified === 'object') expect(verified).to.deep.equal(probe)
      }),
      { numRuns: 500 },
    )
  })
})

describe('topology link table', () => {
  it('believes a link until it expires, and again when it is seen', () => {
    const table = new LinkTable()
    expect(table.see(link(A1, B1), 0)).to.equal('new')
    expect(table.see(link(A1, B1), 1000)).to.equal('known')
    expect(table.expire(4500, 3500, () => true)).to.deep.equal([])
    expect(table.expire(4501, 3500, () => false)).to.deep.equal([])
    expect(table.expire(4501, 3500, () => true)).to.deep.equal([link(A1, B1)])
    expect(table.graph.size).to.equal(0)
    expect(table.see(link(A1, B1), 5000)).to.equal('new')
  })

  it('drops what is remembered when its port is found elsewhere, but not what was confirmed', () => {
    const table = new LinkTable()
    table.presume(link(A1, B1), 0)
    table.presume(link(B1, A1), 0)
    const contradicted: Link[] = []
    expect(table.see(link(A1, B1), 10, contradicted)).to.equal('known')
    expect(contradicted).to.deep.equal([])
    table.presume(link(A2, C1), 0)
    expect(table.see(link(A2, B1), 20, contradicted)).to.equal('new')
    // B1 to A1 was only remembered; A1 to B1 was confirmed: B1 is now on a shared segment, and used by nobody.
    expect(contradicted.map(linkKey).sort()).to.deep.equal([linkKey(link(A2, C1)), linkKey(link(B1, A1))].sort())
    expect(table.graph.usableLinks()).to.deep.equal([])
  })

  it('drops what was not confirmed only where there was time to', () => {
    const table = new LinkTable()
    table.presume(link(A1, B1), 0)
    table.presume(link(B1, A1), 0)
    table.presume(link(A2, C1), 0)
    table.see(link(B1, A1), 500)
    table.touch('c', 900)
    expect(table.dropUnconfirmed(899, () => false)).to.deep.equal([])
    expect(table.dropUnconfirmed(899, () => true)).to.deep.equal([link(A1, B1)])
    expect(table.dropUnconfirmed(900, () => true)).to.deep.equal([link(A2, C1)])
    expect(table.links().map((each) => each.link)).to.deep.equal([link(B1, A1)])
  })

  it('damps a link that went down three times in ten seconds, until it was quiet for five', () => {
    const table = new LinkTable()
    for (const time of [0, 1000, 2000]) {
      expect(table.see(link(A1, B1), time)).to.equal('new')
      expect(table.dropPort(B1, time + 500)).to.deep.equal([link(A1, B1)])
    }
    expect(table.see(link(A1, B1), 3000)).to.equal('damped')
    expect(table.see(link(A2, C1), 3000)).to.equal('new')
    expect(table.see(link(A1, B1), 7499)).to.equal('damped')
    expect(table.see(link(A1, B1), 7500)).to.equal('new')
  })

  it('bounds the links of a port', () => {
    const table = new LinkTable()
    const seen = Array.from({ length: 100 }, (_, index) => table.see(link(place(`x${index}`, 1), B1), 0))
    expect(seen.filter((each) => each === 'new')).to.have.length(2 * MAX_PEERS)
    expect(seen.at(-1)).to.equal('crowded')
    expect(table.see(reversed(link(place('x0', 1), B1)), 0)).to.equal('crowded')
    expect(table.graph.size).to.equal(2 * MAX_PEERS)
  })
})

describe('topology locations', () => {
  it('let the newest sighting win, unless a record attaches the address elsewhere', () => {
    const hosts = new Locations()
    expect(hosts.see(1, A1, 0)).to.equal('new')
    expect(hosts.see(1, A1, 10)).to.equal('known')
    expect(hosts.see(1, B1, 20)).to.equal('moved')
    expect(hosts.see(1, C1, 30, B1)).to.equal('contested')
    expect(hosts.sightings.get(1)).to.include({ ...B1, at: 20 })
    expect(hosts.see(1, B1, 40, B1)).to.equal('known')
  })

  it('bound how often an address moves', () => {
    const hosts = new Locations({ moves: 3, windowMs: 1000 })
    hosts.see(1, A1, 0)
    const seen = Array.from({ length: 20 }, (_, index) => hosts.see(1, index % 2 === 0 ? B1 : A1, index + 1))
    expect(seen.filter((each) => each === 'moved')).to.have.length(3)
    expect(hosts.see(1, A1, 2000)).to.equal('moved')
  })

  it('stay within their bounds and agree with a plain list, whatever is seen', () => {
    const limits = { total: 6, perPort: 3, moves: 1000, windowMs: 1 }
    const step = fc.record({
      mac: fc.integer({ min: 1, max: 10 }),
      port: fc.integer({ min: 1, max: 3 }),
      act: fc.constantFrom('see' as const, 'see' as const, 'see' as const, 'forgetPort' as const, 'expire' as const),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const hosts = new Locations(limits)
        let plain: { mac: number; port: number; at: number }[] = []
        steps.forEach(({ mac, port, act }, now) => {
          if (act === 'forgetPort') {
            const gone = hosts.forgetPort(place('a', port)).sort()
            expect(gone).to.deep.equal(
              plain
                .filter((each) => each.port === port)
                .map((each) => each.mac)
                .sort(),
            )
            plain = plain.filter((each) => each.port !== port)
          } else if (act === 'expire') {
            hosts.expire(now, 20)
            plain = plain.filter((each) => now - each.at <= 20)
          } else {
            const evicted: number[] = []
            const seen = hosts.see(mac, place('a', port), now, undefined, evicted)
            const here = plain.filter((each) => each.port === port && each.mac !== mac)
            const known = plain.find((each) => each.mac === mac)
            if (known?.port !== port && here.length >= limits.perPort) expect(seen).to.equal('limited')
            else {
              expect(seen).to.equal(known === undefined ? 'new' : known.port === port ? 'known' : 'moved')
              plain = [...plain.filter((each) => each.mac !== mac), { mac, port, at: now }]
              const room = plain.length > limits.total ? [plain.shift()!.mac] : []
              expect(evicted).to.deep.equal(room)
            }
          }
          expect(
            [...hosts.sightings].map(([each, sighting]) => ({ mac: each, port: sighting.port, at: sighting.at })),
          ).to.deep.equal(plain)
        })
      }),
      { numRuns: 300 },
    )
  })
})
