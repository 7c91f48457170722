/**
 * Compiled programs on wired reference switches against permits(): what arrives, in both directions of a connection,
 * across switches and to and from the world; that a change cuts established connections; who may speak for whom; and
 * how neighbours are found.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Compiler } from '../../controller/policy/compile.ts'
import { Intent } from '../../controller/policy/intent.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits } from '../../controller/policy/permits.ts'
import type { Backend, NetworkState, Place } from '../../controller/policy/state.ts'
import type { Policy, Vnp } from '../../model/records.ts'
import { ARP_REPLY, ARP_REQUEST, decodeArp, encodeArp } from '../../packet/arp.ts'
import { decodeEthernet, encodeEthernet, MAC_BROADCAST } from '../../packet/ethernet.ts'
import {
  type ArbitraryNetwork,
  type ArbitraryPacket,
  arbitraryNetwork,
  intentOf,
  interfaceRecord,
  LINE_PORTS,
  networkOf,
  snapshotOf,
  WORLD,
} from '../support/arbitrary-state.ts'
import { CompileWorld } from '../support/compile-world.ts'
import { ALL } from '../support/controller-parts.ts'
import { NAMED_STATES, NOWHERE } from '../support/named-states.ts'
import { arrives, keptBy, openings, uplinkOf } from '../support/policy-packets.ts'
import { policy, rule, vnp } from '../support/records.ts'
import { type Arrival, type End, endOf, frameOf, GATEWAY_MAC, ReferenceNetwork } from '../support/reference-network.ts'
import { toward } from '../support/state-ways.ts'

function networkWith(state: NetworkState, compiler = new Compiler('fabric')): ReferenceNetwork {
  const network = new ReferenceNetwork(state.observed)
  for (const [datapathId, { program }] of compiler.compile(state, ALL)) network.install(datapathId, program)
  return network
}

/** From everybody who is somewhere to everybody, at the edges of all ports that rules name. */
function allPackets({ intent, observed }: NetworkState): ArbitraryPacket[] {
  const hasWorld = [...intent.switches.values()].some(({ uplinks }) => uplinks.length > 0)
  const names = [...observed.places.keys(), ...(hasWorld ? WORLD : [])]
  const familiesOf = (name: string) => {
    const addresses = intent.interfaces.get(name)?.addresses ?? [name]
    return new Set(addresses.map((text) => (text.includes(':') ? 6 : 4) as 4 | 6))
  }
  const ports = [...intent.policies.values()]
    .flatMap(({ rules }) => rules.flatMap((its) => its.ports))
    .flatMap(({ first, last }) => [first - 1, first, last, last + 1])
  const services = (family: 4 | 6) => [
    ...[...new Set([7, ...ports])].flatMap((port) => [6, 17].map((protocol) => ({ protocol, port }))),
    family === 4 ? { protocol: 1, port: 8 } : { protocol: 58, port: 128 },
  ]
  return names.flatMap((from) =>
    names
      .filter((to) => to !== from && (intent.interfaces.has(from) || intent.interfaces.has(to)))
      .flatMap((to) =>
        [...familiesOf(from)]
          .filter((family) => familiesOf(to).has(family))
          .flatMap((family) => services(family).map((its) => ({ from, to, family, reply: false, ...its }))),
      ),
  )
}

/** Two interfaces on two switches, and a rule that keeps what it admits. */
function keepers(): ArbitraryNetwork {
  const datapathIds = ['0000000000000001', '0000000000000002']
  const admits = rule('ingress', { kind: 'any' }, 'allow', { established: 'keep' })
  const records = [vnp('all'), policy('keeps', 'all', [admits])]
  const ends = datapathIds.map((datapathId, index) => interfaceRecord(index + 1, 'default', [], datapathId))
  const intent = intentOf({ records: [...records, ...ends], datapathIds })
  const between = { from: 'if-1', to: 'if-2', reply: false }
  const packets: ArbitraryPacket[] = ([4, 6] as const).flatMap((family) => [
    { ...between, family, protocol: 6, port: 80 },
    { ...between, family, protocol: 17, port: 53 },
    { ...between, family, ...(family === 4 ? { protocol: 1, port: 8 } : { protocol: 58, port: 128 }) },
  ])
  return { intent, state: networkOf(intent, datapathIds), packets }
}

describe('compiled programs on reference switches', () => {
  it('deliver what policy permits, and its replies, and nothing else', () => {
    let passed = 0
    fc.assert(
      fc.property(arbitraryNetwork(12), ({ state, intent, packets }) => {
        const network = networkWith(state)
        const rules = orderRules(intent)
        for (const packet of openings(intent as Intent, packets)) {
          const { allow } = permits(intent, packet, rules)
          expect(arrives(network, state, packet, false), JSON.stringify(packet)).to.equal(allow)
          if (!allow) continue
          passed++
          const isReplied = packet.protocol !== 47
          if (isReplied)
            expect(arrives(network, state, packet, true), `reply to ${JSON.stringify(packet)}`).to.equal(true)
        }
      }),
      { numRuns: 150, seed: 2026 },
    )
    expect(passed).to.be.at.least(20)
  })

  for (const named of NAMED_STATES) {
    it(`deliver what policy permits, and nothing else: ${named.name}`, function () {
      this.timeout(60_000)
      const world = new CompileWorld('fabric')
      for (const step of toward(NOWHERE, named)) world.must(step)
      world.close()
      const { state } = world
      const network = new ReferenceNetwork(state.observed)
      for (const [datapathId, program] of world.installed) network.install(datapathId, program)
      const intent = state.intent as Intent
      const rules = orderRules(intent)
      for (const packet of allPackets(state)) {
        const { allow } = permits(intent, packet, rules)
        // Meters let the next one through again.
        network.pass(1000)
        expect(arrives(network, state, packet, false), JSON.stringify(packet)).to.equal(allow)
        if (!allow) continue
        expect(arrives(network, state, packet, true), `reply to ${JSON.stringify(packet)}`).to.equal(true)
      }
    })
  }

  it('judge established connections by the policy of now, but for those that a rule keeps', () => {
    const seen = { cut: 0, kept: 0 }
    fc.assert(
      fc.property(arbitraryNetwork(12), fc.boolean(), ({ state, intent, packets }, denies) => {
        const compiler = new Compiler('fabric')
        const network = networkWith(state, compiler)
        const open = openings(intent as Intent, packets).filter((packet) => arrives(network, state, packet, false))
        const records = {
          datapathIds: [...state.observed.datapaths.keys()],
          records: [
            ...intent.interfaces.values(),
            ...[...intent.policies.values()].filter(() => !denies),
            ...[...intent.vnps.values()].map((vnp) => ({ ...vnp, ingressDefault: 'deny' as const })),
          ],
        }
        const next = { ...state, intent: intentOf(records) }
        for (const [datapathId, { program }] of compiler.compile(next, ALL)) network.install(datapathId, program)
        for (const packet of open.filter(({ protocol }) => protocol !== 47)) {
          const isNew = permits(next.intent, packet).allow
          const { allow } = permits(next.intent, { ...packet, kept: keptBy(intent as Intent, packet) })
          if (!allow) seen.cut++
          if (allow && !isNew) seen.kept++
          expect(arrives(network, next, packet, true), `reply to ${JSON.stringify(packet)}`).to.equal(allow)
          expect(arrives(network, next, packet, false), JSON.stringify(packet)).to.equal(allow)
        }
      }),
      // Random rules seldom keep what a change forbids: one network in which they do for certain.
      { numRuns: 50, seed: 2027, examples: [[keepers(), true]] },
    )
    expect(seen.cut).to.be.at.least(5)
    expect(seen.kept).to.be.at.least(5)
  })
})

describe('a switch without the zone that it needs', () => {
  const datapathIds = ['0000000000000001', '0000000000000002', '0000000000000003']
  const out = rule('egress', { kind: 'cidr', cidr: '0.0.0.0/0' }, 'allow')
  const records = [
    ...datapathIds.map((datapathId, index) => interfaceRecord(index + 1, 'default', [], datapathId)),
    { ...vnp('all'), ingressDefault: 'allow' as const },
    policy('out', 'all', [out]),
  ]
  /** What arrives of packets between all, the world among them, where these switches lack their zone. */
  const arriving = (...lacking: string[]): string[] => {
    const { changes, revision } = snapshotOf({ records, datapathIds, zones: 'needed' })
    const kept = changes.filter(({ key }) => !lacking.some((datapathId) => key.includes(`/zone/${datapathId}/`)))
    const intent = new Intent()
    intent.apply({ revision, changes: kept })
    const state = networkOf(intent, datapathIds)
    const network = networkWith(state)
    const ends = ['if-1', 'if-2', 'if-3', '203.0.113.9']
    return ends.flatMap((from) =>
      ends.flatMap((to) => {
        if (from === to || from === ends[3]) return []
        const packet: ArbitraryPacket = { from, to, protocol: 17, port: 53, family: 4, reply: false }
        return arrives(network, state, packet, false) ? [`${from} ${to}`] : []
      }),
    )
  }

  it('carries for others on the way, and nothing comes from or to what is on it', () => {
    const all = arriving()
    expect(all).to.have.length(9)
    expect(arriving(datapathIds[1]!)).to.deep.equal(all.filter((pair) => !pair.includes('if-2')))
    expect(arriving(datapathIds[0]!), 'the gateway').to.deep.equal(['if-2 if-3', 'if-3 if-2'])
  })
})

/** Two interfaces of one network on two switches, all allowed. */
function pair(backend: Backend = 'fabric') {
  const datapathIds = ['0000000000000001', '0000000000000002']
  const meta = { number: 1, createTime: 0, updateTime: 0, updatedBy: 'test', owner: '' }
  const selector = { allOf: [], anyOf: [], noneOf: [] }
  const defaults = { ingressDefault: 'allow', egressDefault: 'allow' } as const
  const vnp = {
    ...meta,
    ...defaults,
    kind: 'vnp',
    name: 'all',
    selector,
    priority: 0,
    resolution: 'highest-priority',
  } as const
  const one = interfaceRecord(1, 'default', [], '0000000000000001')
  const two = interfaceRecord(2, 'default', [], '0000000000000002')
  const intent = intentOf({ records: [one, two, vnp], datapathIds })
  const state = networkOf(intent, datapathIds, backend)
  const place = (name: string) => state.observed.places.get(name) as Place
  return {
    state,
    one,
    two,
    at: { one: place(one.name), two: place(two.name) },
    network: networkWith(state, new Compiler(backend)),
  }
}

/** Two interfaces of the first of two switches. */
function neighboursUnder(backend: 'fabric' | 'normal') {
  const datapathIds = ['0000000000000001', '0000000000000002']
  const meta = { number: 1, createTime: 0, updateTime: 0, updatedBy: 'test', owner: '' }
  const cidr = { kind: 'cidr', cidr: '0.0.0.0/0' } as const
  const rule = { direction: 'egress', peer: cidr, protocols: [], ports: [], action: 'allow', log: false } as const
  const everybody = { allOf: [], anyOf: [], noneOf: [] }
  const vnp: Vnp = {
    ...meta,
    ingressDefault: 'allow',
    egressDefault: 'allow',
    kind: 'vnp',
    name: 'all',
    selector: everybody,
    priority: 0,
    resolution: 'highest-priority',
  }
  const out: Policy = {
    ...meta,
    kind: 'policy',
    name: 'out',
    vnp: 'all',
    appliesTo: everybody,
    priority: 0,
    rules: [{ ...rule, protocols: [], ports: [] }],
  }
  const [one, three] = [1, 3].map((number) => interfaceRecord(number, 'default', [], datapathIds[0]!))
  const intent = intentOf({ records: [one!, three!, vnp, out], datapathIds })
  const state = networkOf(intent, datapathIds, backend)
  const place = (name: string) => state.observed.places.get(name) as Place
  return {
    one: one!,
    three: three!,
    at: { one: place(one!.name), three: place(three!.name) },
    network: networkWith(state, new Compiler(backend)),
  }
}

function arpOf({ frame }: Arrival) {
  const ethernet = decodeEthernet(frame)
  return { to: ethernet?.header.dst, arp: ethernet && decodeArp(ethernet.payload)?.header }
}

describe('neighbours and senders on reference switches', () => {
  const PACKET: ArbitraryPacket = { from: 'if-1', to: 'if-2', protocol: 17, port: 53, family: 4, reply: false }

  it('let an interface send with its own MAC and addresses only', () => {
    const { network, one, two, at } = pair()
    for (const family of [4, 6] as const) {
      const [from, to] = [endOf('', one, family), endOf('', two, family)]
      const send = (end: Partial<End>, place = at.one) =>
        network.send(place, frameOf({ ...PACKET, family }, false, { ...from, ...end }, to)).length
      expect(send({})).to.equal(1)
      expect(send({ mac: 0x0200000000ff }), 'another MAC').to.equal(0)
      expect(send({ address: { family, value: to.address.value + 7n } }), 'another address').to.equal(0)
      expect(send({ address: to.address }), "the receiver's address").to.equal(0)
      expect(send({}, { ...at.one, port: LINE_PORTS.uplink }), 'from the uplink').to.equal(0)
    }
  })

  it('answer ARP requests for interfaces, and for nobody under a false name', () => {
    const { network, one, two, at } = pair()
    const request = { op: ARP_REQUEST, senderMac: one.mac, senderIp: 0x0a000001, targetMac: 0, targetIp: 0x0a000002 }
    const ask = (its: Partial<typeof request>) =>
      network.send(
        at.one,
        encodeEthernet(
          { dst: MAC_BROADCAST, src: one.mac, vlans: [], type: 0x0806 },
          encodeArp({ ...request, ...its }),
        ),
      )
    const [answer, ...more] = ask({})
    expect(more).to.deep.equal([])
    expect(answer && { ...at.one, ...arpOf(answer) }).to.deep.equal({
      ...at.one,
      to: one.mac,
      arp: { op: ARP_REPLY, senderMac: two.mac, senderIp: 0x0a000002, targetMac: one.mac, targetIp: 0x0a000001 },
    })
    expect(ask({ senderIp: 0x0a000002 }), 'a forged sender').to.deep.equal([])
    expect(ask({ senderMac: two.mac }), 'a forged MAC').to.deep.equal([])
    expect(ask({ op: ARP_REPLY }), 'an answer').to.deep.equal([])
    expect(ask({ targetIp: 0x0a000001 }), 'announcing itself').to.deep.equal([])
    const outside = ask({ targetIp: 0x0a0000c8 })
    expect(outside.map(({ port }) => port)).to.deep.equal([LINE_PORTS.uplink])
  })

  it('bring answers from the world to who asked, unless they speak for an interface', () => {
    const { network, state, two, at } = pair()
    const reply = {
      op: ARP_REPLY,
      senderMac: GATEWAY_MAC,
      senderIp: 0x0a0000c8,
      targetMac: two.mac,
      targetIp: 0x0a000002,
    }
    const tell = (its: Partial<typeof reply>) =>
      network
        .send(
          uplinkOf(state),
          encodeEthernet({ dst: two.mac, src: GATEWAY_MAC, vlans: [], type: 0x0806 }, encodeArp({ ...reply, ...its })),
        )
        .map(({ datapathId, port }) => ({ datapathId, port }))
    expect(tell({})).to.deep.equal([at.two])
    expect(tell({ senderIp: 0x0a000001 })).to.deep.equal([])
  })

  it('leave the way to another switch to the existing network where that forwards', () => {
    const { network, one, two, at, state } = pair('normal')
    const [from, to] = [endOf('', one, 4), endOf('', two, 4)]
    const places = (arrivals: Arrival[]) => arrivals.map(({ datapathId, port }) => ({ datapathId, port }))
    const uplink = uplinkOf(state)
    // The first frame floods, so it shows at the uplink too; the second knows the way.
    expect(places(network.send(at.one, frameOf(PACKET, false, from, to)))).to.have.deep.members([at.two, uplink])
    expect(places(network.send(at.two, frameOf(PACKET, true, to, from)))).to.deep.equal([at.one])
    expect(network.send(at.one, frameOf(PACKET, false, { ...from, mac: two.mac }, to))).to.deep.equal([])
    // Another of our switches beyond the uplink: its interface is known by its MAC.
    const elsewhere = frameOf({ ...PACKET, port: 54 }, false, to, from)
    expect(places(network.send(uplink, elsewhere))).to.deep.equal([at.one])
  })

  it('deliver to interfaces by policy only, where the existing network forwards', () => {
    const { one, three, at, network } = neighboursUnder('normal')
    const [from, to] = [endOf('', one, 4), endOf('', three, 4)]
    const stranger = { mac: GATEWAY_MAC, address: { family: 4, value: 0x0a000063n } } as const
    const request = { op: ARP_REQUEST, senderMac: one.mac, senderIp: 0x0a000001, targetMac: 0, targetIp: 0x0a000063 }
    const ask = encodeEthernet({ dst: three.mac, src: one.mac, vlans: [], type: 0x0806 }, encodeArp(request))
    const portsOf = (arrivals: Arrival[]) => arrivals.map(({ port }) => port)
    // Whatever the switch itself might learn from this.
    network.send(at.three, frameOf({ ...PACKET, to: '10.0.0.99' }, false, to, stranger))
    network.send(
      at.three,
      encodeEthernet(
        { dst: one.mac, src: three.mac, vlans: [], type: 0x0806 },
        encodeArp({ ...request, senderMac: three.mac, senderIp: 0x0a000003 }),
      ),
    )
    const asked = portsOf(network.send(at.one, ask))
    expect(asked, 'a request to the MAC of an interface').to.not.include(at.three.port)
    expect(asked, 'it goes out, though').to.not.deep.equal([])
    expect(portsOf(network.send(at.one, frameOf(PACKET, false, from, to)))).to.deep.equal([at.three.port])
  })
})
