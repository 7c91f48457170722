/** TopologyService in a simulated network: discovery, cuts, forgeries, restarts. */
import { expect } from 'chai'
import fc from 'fast-check'
import { encodeProbe } from '../../topology/discover.ts'
import type { PortRef } from '../../topology/graph.ts'
import { type Cable, Network } from './network.ts'

const id = (index: number): string => index.toString(16).padStart(16, '0')
const at = (index: number, port: number): PortRef => ({ datapathId: id(index), port })
const cable = (a: number, aPort: number, b: number, bPort: number): Cable => ({ a: at(a, aPort), b: at(b, bPort) })
const RING = [cable(1, 1, 2, 2), cable(2, 1, 3, 2), cable(3, 1, 4, 2), cable(4, 1, 1, 2)]

function network(cables: Cable[], hosts: PortRef[] = []): Network {
  const net = new Network()
  for (const each of cables) net.wire(each)
  for (const host of hosts) net.addPort(host)
  net.service.start()
  return net
}

/** Follows next hops through the real cables. */
function walk(net: Network, from: string, to: string): string[] | undefined {
  const way = [from]
  for (let here = from; here !== to; ) {
    const port = net.service.view(here).nextHops.get(to)
    const next = port === undefined ? undefined : net.peers.get(`${here}:${port}`)?.[0]
    if (next === undefined || net.down.has(`${here}:${port}`) || way.includes(next.datapathId)) return undefined
    here = next.datapathId
    way.push(here)
  }
  return way
}

/** Random switches, each wired to an earlier one, and some more cables; every port is used once. */
const topologies = fc
  .record({
    size: fc.integer({ min: 2, max: 12 }),
    parents: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
    extra: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 8 }),
  })
  .map(({ size, parents, extra }) => {
    const next = new Map<number, number>()
    const port = (index: number): number => {
      const number = (next.get(index) ?? 0) + 1
      next.set(index, number)
      return number
    }
    const pairs = Array.from(
      { length: size - 1 },
      (_, index) => [index + 2, (parents[index]! % (index + 1)) + 1] as const,
    )
    for (const [a, b] of extra) if (a % size !== b % size) pairs.push([(a % size) + 1, (b % size) + 1] as const)
    return pairs.map(([a, b]) => cable(a, port(a), b, port(b)))
  })

describe('topology service', () => {
  it('finds every link of random topologies in the first round of probes', () => {
    fc.assert(
      fc.property(topologies, (cables) => {
        const net = network(cables)
        const switches = [...net.ports.keys()]
        switches.forEach((datapathId, index) => {
          net.at(net.now + index, () => net.connect(datapathId))
        })
        // The interval, a tenth of jitter, a tenth until the next tick; the last switch's start, the
        // longest cable, and the time that new links gather.
        net.run(1000 + 100 + 100 + switches.length + 5 + 10)
        expect(net.linkTexts()).to.deep.equal(net.expected())
        for (const one of switches)
          for (const other of switches) expect(walk(net, one, other), `${one} to ${other}`).to.be.an('array')
        expect(net.count('link-refused')).to.equal(0)
      }),
      { numRuns: 40 },
    )
  })

  it('probes a port at once and then once per interval at most, whatever its port does', () => {
    const net = network(RING)
    net.connectAll()
    expect([...net.sent.values()].map((times) => times.length)).to.deep.equal(Array(8).fill(1))
    for (let flap = 0; flap < 10; flap++) {
      net.run(130)
      net.setPort(at(1, 1), false)
      net.run(20)
      net.setPort(at(1, 1), true)
    }
    net.run(10_000)
    for (const [port, times] of net.sent) {
      times.slice(1).forEach((time, index) => {
        expect(time - times[index]!, port).to.be.within(1000, port === `${id(1)}:1` ? 1300 : 1201)
      })
      expect(times.length, port).to.be.greaterThan(8)
    }
  })

  it('reroutes before portChanged returns, and takes the link back when it is up again', () => {
    const net = network(RING)
    net.connectAll()
    net.run(2000)
    expect(walk(net, id(1), id(2))).to.deep.equal([id(1), id(2)])
    net.setPort(at(1, 1), false)
    expect(walk(net, id(1), id(2))).to.deep.equal([id(1), id(4), id(3), id(2)])
    expect(walk(net, id(2), id(1))).to.deep.equal([id(2), id(3), id(4), id(1)])
    expect(net.changes.at(-1)!.links).to.equal(true)
    expect([...net.changes.at(-1)!.datapaths]).to.include.members([id(1), id(2)])
    net.run(2000)
    net.setPort(at(1, 1), true)
    net.run(1200)
    expect(net.linkTexts()).to.deep.equal(net.expected())
    expect(walk(net, id(1), id(2))).to.deep.equal([id(1), id(2)])
  })

  it('drops a link in the direction in which it falls silent, after the expiry', () => {
    const net = network(RING)
    net.connectAll()
    net.run(2000)
    net.silent.add(`${id(1)}:1`)
    net.run(2000)
    expect(net.linkTexts()).to.have.length(8)
    net.run(1800)
    expect(net.linkTexts()).to.deep.equal(net.expected())
    expect(net.linkTexts()).to.have.length(7)
    expect(walk(net, id(1), id(2))).to.deep.equal([id(1), id(4), id(3), id(2)])
    expect(net.service.view(id(1)).floodPorts.has(1)).to.equal(false)
    expect(net.service.view(id(2)).floodPorts.has(2)).to.equal(false)
    expect(net.count('link-down')).to.equal(1)
  })

  it('refuses probes that are forged, changed, replayed or reflected', () => {
    const net = network(RING, [at(1, 9), at(3, 9)])
    net.connectAll()
    net.run(1500)
    const links = net.linkTexts()
    const arrive = (data: Uint8Array): string | undefined => {
      const before = net.told.length
      net.service.packetIn(id(3), 9, data, 'probe')
      const told = net.told.slice(before)
      expect(told.every(({ type }) => type === 'link-refused')).to.equal(true)
      net.run(10_001) // the same fault is told again only after a while
      return told[0]?.details['reason'] as string | undefined
    }
    const now = (): number => net.now
    expect(arrive(encodeProbe(new Uint8Array(32).fill(2), { ...at(1, 9), time: now() }, 1, 4))).to.equal(
      'it is not ours',
    )
    const good = encodeProbe(new Uint8Array(32).fill(1), { ...at(3, 9), time: now() }, 1, 4)
    for (const index of [good.length - 20, good.length - 5, good.length - 40]) {
      const changed = good.slice()
      changed[index]! ^= 1
      expect(arrive(changed), `octet ${index}`).to.equal('it is not ours')
    }
    const overheard = net.frames[0]!
    expect(arrive(overheard.data)).to.equal('it is a replay')
    expect(arrive(encodeProbe(new Uint8Array(32).fill(1), { ...at(1, 9), time: now() + 5000 }, 1, 4))).to.equal(
      'it is a replay',
    )
    expect(arrive(encodeProbe(new Uint8Array(32).fill(1), { ...at(3, 9), time: now() }, 1, 4))).to.equal(
      'it came back to the port that it left from',
    )
    expect(arrive(new Uint8Array(60).fill(7))).to.equal(undefined)
    expect(net.linkTexts()).to.deep.equal(links)
    // The same probe, in time and from elsewhere, is a link: the refusals above are what kept it out.
    net.service.packetIn(id(3), 9, encodeProbe(new Uint8Array(32).fill(1), { ...at(1, 9), time: now() }, 1, 4), 'probe')
    expect(net.linkTexts()).to.have.length(links.length + 1)
  })

  it('drops nothing when the controller restarts with what it remembered', () => {
    fc.assert(
      fc.property(topologies, fc.nat(1400), (cables, late) => {
        const net = network(cables)
        net.connectAll()
        net.run(2500)
        const before = new Map([...net.ports.keys()].map((datapathId) => [datapathId, net.service.view(datapathId)]))
        const links = net.linkTexts()
        net.restart(net.service.links, { secret: 2 })
        const same = (when: string): void => {
          expect(net.linkTexts(), when).to.deep.equal(links)
          for (const [datapathId, view] of before) expect(net.service.view(datapathId), when).to.deep.equal(view)
        }
        same('at the start')
        const switches = [...net.ports.keys()]
        switches.forEach((datapathId, index) => {
          net.at(net.now + (index === 0 ? late : 0), () => net.connect(datapathId))
        })
        const downs = net.count('link-down')
        for (let step = 0; step < 60; step++) {
          net.run(100)
          same(`after ${step * 100} ms`)
        }
        expect(net.service.settled).to.equal(true)
        expect(net.count('link-down')).to.equal(downs)
      }),
      { numRuns: 20 },
    )
  })

  it('drops remembered links that are not there: at once where contradicted, else when settled', () => {
    const net = network([cable(1, 1, 2, 2), cable(1, 2, 3, 1)], [at(2, 5), at(3, 5)])
    const ghost = [
      { from: at(2, 5), to: at(3, 5) },
      { from: at(3, 5), to: at(2, 5) },
    ]
    const moved = { from: at(1, 1), to: at(3, 1) }
    net.restart([...ghost, moved])
    net.connectAll()
    net.run(100)
    expect(net.linkTexts()).to.include(`${id(2)}:5>${id(3)}:5`)
    expect(net.linkTexts()).to.not.include(`${id(1)}:1>${id(3)}:1`)
    expect(net.service.settled).to.equal(false)
    net.run(1600)
    expect(net.service.settled).to.equal(true)
    expect(net.linkTexts()).to.deep.equal(net.expected())
    expect(net.count('topology-settled')).to.equal(1)
  })

  it('works around a switch of the last run that does not come back', () => {
    const net = network(RING)
    net.connectAll()
    net.run(2000)
    net.restart(net.service.links)
    for (const index of [1, 3, 4]) net.connect(id(index))
    net.run(2000)
    expect(net.service.settled).to.equal(true)
    expect(walk(net, id(1), id(3))).to.deep.equal([id(1), id(2), id(3)])
    net.run(4000)
    expect(walk(net, id(1), id(3))).to.deep.equal([id(1), id(4), id(3)])
    expect(walk(net, id(1), id(2)), 'it may still forward what is for it').to.deep.equal([id(1), id(2)])
  })

  it('settles a round of probes after the newest switch, yet within three times the time', () => {
    const settledAt = (late: number[]): number => {
      const net = network(RING)
      const began = net.now
      late.forEach((ms, index) => {
        net.at(began + ms, () => net.connect(id((index % 4) + 1)))
      })
      while (!net.service.settled && net.now - began < 20_000) net.run(50)
      return net.now - began
    }
    expect(settledAt([0, 0, 0, 0])).to.be.within(1500, 1600)
    expect(settledAt([0, 0, 0, 1400])).to.be.within(2600, 2850)
    expect(settledAt(Array.from({ length: 20 }, (_, index) => index * 900))).to.be.within(4400, 4650)
  })

  it('believes no probe that left before its port last came up, or that arrives at a port that is down', () => {
    const net = network(RING)
    net.connectAll()
    net.run(1500)
    const inFlight = (from: PortRef): Uint8Array =>
      encodeProbe(new Uint8Array(32).fill(1), { ...from, time: net.now }, 1, 4)
    const early = inFlight(at(1, 1))
    net.run(5)
    net.setPort(at(1, 1), false)
    net.setPort(at(1, 1), true)
    net.service.packetIn(id(2), 2, early, 'probe')
    expect(net.linkTexts()).to.have.length(6)
    net.service.packetIn(id(2), 2, inFlight(at(1, 1)), 'probe')
    expect(net.linkTexts()).to.have.length(7)
    net.setPort(at(2, 2), false)
    net.service.packetIn(id(2), 2, inFlight(at(1, 1)), 'probe')
    expect(net.linkTexts()).to.have.length(6)
  })

  it('keeps the links of a switch that is disconnected, and works around it where it can', () => {
    const net = network([...RING, cable(1, 5, 5, 1)])
    net.connectAll()
    net.run(2000)
    const links = net.linkTexts()
    expect(walk(net, id(1), id(3))).to.deep.equal([id(1), id(2), id(3)])
    net.disconnect(id(2))
    net.disconnect(id(5))
    net.run(2000)
    expect(walk(net, id(1), id(3)), 'not at once: it may be back').to.deep.equal([id(1), id(2), id(3)])
    net.run(2000)
    expect(walk(net, id(1), id(3))).to.deep.equal([id(1), id(4), id(3)])
    net.run(60_550) // between two rounds of probes
    expect(net.linkTexts()).to.deep.equal(links)
    expect(walk(net, id(1), id(2))).to.deep.equal([id(1), id(2)])
    expect(walk(net, id(4), id(5))).to.deep.equal([id(4), id(1), id(5)])
    net.setPort(at(1, 5), false) // the neighbor's port tells that the switch is really gone
    expect(walk(net, id(4), id(5))).to.equal(undefined)
    net.setPort(at(1, 5), true)
    const downs = net.count('link-down')
    net.connect(id(2))
    net.connect(id(5))
    net.run(1300)
    expect(net.count('link-down'), 'who is back gets its time to probe').to.equal(downs)
    expect(net.linkTexts()).to.deep.equal(links)
    expect(walk(net, id(1), id(3))).to.deep.equal([id(1), id(2), id(3)])
  })

  it('drops no link because the controller stood still, or a connection was full', () => {
    const net = network(RING)
    net.connectAll()
    net.run(2000)
    const links = net.linkTexts()
    for (const ms of [2000, 5000, 30_000]) {
      net.stall(ms)
      net.run(2500)
      expect(net.linkTexts(), `${ms} ms`).to.deep.equal(links)
    }
    net.full.add(id(1))
    net.run(20_000)
    expect(net.linkTexts()).to.deep.equal(links)
    net.full.delete(id(1))
    net.run(20_000)
    expect(net.linkTexts()).to.deep.equal(links)
    expect(net.count('link-down')).to.equal(0)
    expect(net.count('link-refused'), 'probes that were read late').to.equal(0)
    for (const { lastSeen } of net.service.links)
      expect(lastSeen - 1_700_000_000_000).to.be.within(net.now - 1200, net.now)
    net.silent.add(`${id(1)}:1`)
    net.run(3700)
    expect(net.count('link-down'), 'but silence still counts').to.equal(1)
  })

  it('neither sends probes to a port that holds an interface nor believes what arrives there', () => {
    const net = network(RING, [at(1, 9), at(3, 9)])
    net.edges.add(`${id(1)}:9`).add(`${id(3)}:9`)
    // Two hosts that pass on between them whatever arrives.
    net.peers.set(`${id(1)}:9`, [at(3, 9)])
    net.peers.set(`${id(3)}:9`, [at(1, 9)])
    net.connectAll()
    net.run(5000)
    expect(net.sent.has(`${id(1)}:9`)).to.equal(false)
    expect(net.linkTexts()).to.have.length(8)
    net.service.packetIn(
      id(3),
      9,
      encodeProbe(new Uint8Array(32).fill(1), { ...at(1, 1), time: net.now }, 1, 4),
      'probe',
    )
    expect(net.linkTexts()).to.have.length(8)
    expect(net.told.at(-1)!.details['reason']).to.equal('its port holds an interface')
    net.edges.clear()
    net.run(2000)
    expect(net.linkTexts(), 'it was the edge that kept them out').to.have.length(10)
  })

  it('damps a link that flaps, and uses no port on a shared segment', () => {
    const net = network([...RING, cable(1, 7, 2, 7), cable(1, 7, 3, 7), cable(2, 7, 3, 7)])
    net.connectAll()
    net.run(2000)
    for (const index of [1, 2, 3]) {
      const view = net.service.view(id(index))
      expect(view.fabricPorts.has(7)).to.equal(true)
      expect(view.floodPorts.has(7)).to.equal(false)
      expect([...view.nextHops.values()]).to.not.include(7)
    }
    for (let flap = 0; flap < 3; flap++) {
      net.setPort(at(1, 1), false)
      net.run(50)
      net.setPort(at(1, 1), true)
      net.run(1300)
    }
    expect(walk(net, id(1), id(2))).to.deep.equal([id(1), id(4), id(3), id(2)])
    net.run(5000)
    expect(walk(net, id(1), id(2))).to.deep.equal([id(1), id(2)])
  })

  it('notes hosts on ports that are no link, and forgets them with their port', () => {
    const net = network(RING, [at(1, 9), at(3, 9)])
    net.connectAll()
    net.run(2000)
    const frame = (mac: number): Uint8Array => {
      const data = new Uint8Array(60).fill(0xff, 0, 6)
      data[6] = 2
      data[11] = mac
      return data
    }
    const mac = 0x020000000007
    net.service.packetIn(id(1), 9, frame(7), 'unattached')
    expect(net.service.sightings.get(mac)).to.include({ datapathId: id(1), port: 9 })
    expect([...net.changes.at(-1)!.macs]).to.deep.equal([mac])
    net.service.packetIn(id(2), 1, frame(7), 'unattached') // a link: what comes there lives elsewhere
    expect(net.service.sightings.get(mac)).to.include({ datapathId: id(1), port: 9 })
    net.service.packetIn(id(3), 9, frame(7), 'unattached')
    expect(net.service.sightings.get(mac)).to.include({ datapathId: id(3), port: 9 })
    net.attached.set(mac, { ...at(3, 9), name: 'web-1' })
    for (let index = 0; index < 5; index++) net.service.packetIn(id(1), 9, frame(7), 'unattached')
    expect(net.service.sightings.get(mac)).to.include({ datapathId: id(3), port: 9 })
    const told = net.told.filter(({ type }) => type === 'interface-contested')
    expect(told).to.have.length(1)
    expect(told[0]).to.deep.include({ subject: 'web-1' })
    expect(told[0]!.details).to.include({ port: 9, switch: id(1) })
    net.service.packetIn(id(1), 9, frame(8), 'unattached')
    expect(net.service.sightings.size).to.equal(2)
    net.wire({ a: at(1, 9), b: at(2, 9) })
    net.service.portChanged(id(2), { port: 9, name: 'p9', up: true, hwAddr: 9 })
    net.run(1200)
    expect([...net.service.sightings.keys()], 'who is behind a link lives elsewhere').to.deep.equal([mac])
    net.setPort(at(3, 9), false)
    expect(net.service.sightings.size).to.equal(0)
    expect([...net.changes.at(-1)!.macs]).to.deep.equal([mac])
  })
})
