/**
 * Mirrors and redirects on reference switches against ways.ts: which service gets which packet, in which order, who gets
 * copies, and that a service can send on what it was given and nothing else. Services here route: they send on what
 * they get, to the MAC address of whom it is for.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Compiler } from '../../controller/policy/compile.ts'
import { emptyDelta, type Intent } from '../../controller/policy/intent.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits } from '../../controller/policy/permits.ts'
import { FLAG } from '../../controller/policy/pipeline.ts'
import type { Backend, NetworkState, NumberSpace, Place } from '../../controller/policy/state.ts'
import { MAX_CARRIED } from '../../controller/policy/steering.ts'
import { wayOf } from '../../controller/policy/ways.ts'
import { formatAddress } from '../../model/address.ts'
import type { AnyRecord, Rule } from '../../model/records.ts'
import { EVERYTHING } from '../../model/selector.ts'
import { decodeEthernet, encodeEthernet } from '../../packet/ethernet.ts'
import { decodeIpv4 } from '../../packet/ipv4.ts'
import { decodeIpv6 } from '../../packet/ipv6.ts'
import {
  type ArbitraryPacket,
  arbitraryPacket,
  arbitrarySteeredRecords,
  datapathName,
  intentOf,
  interfaceRecord,
  LINE_PORTS,
  networkOf,
} from '../support/arbitrary-state.ts'
import { ReactiveNetwork, reactively, UNHURRIED } from '../support/reactive-network.ts'
import { policy, rule, vnp } from '../support/records.ts'
import { type Arrival, type End, endOf, frameOf, GATEWAY_MAC, ReferenceNetwork } from '../support/reference-network.ts'

const ALL = { intent: 'all', observed: 'all' } as const
const ANY = { kind: 'any' } as const
const text = ({ datapathId, port }: Place): string => `${datapathId}:${port}`

interface Lab {
  state: NetworkState
  network: Pick<ReferenceNetwork, 'send'>
}

/** The same on switches that ask for each verdict. */
function reactiveLabOf(intent: Intent, datapathIds: string[]): Lab {
  const state = networkOf(reactively(intent, datapathIds, 1), datapathIds)
  return { state, network: new ReactiveNetwork(state, UNHURRIED) }
}

function labOf(state: NetworkState): Lab & { network: ReferenceNetwork } {
  const network = new ReferenceNetwork(state.observed)
  for (const [datapathId, { program }] of new Compiler(state.backend).compile(state, ALL))
    network.install(datapathId, program)
  return { state, network }
}

function uplinkOf({ observed }: NetworkState): Place {
  const [datapathId] = observed.datapaths.keys()
  return { datapathId: datapathId as string, port: LINE_PORTS.uplink }
}

function placeOf(state: NetworkState, name: string): Place {
  return state.observed.places.get(name) ?? uplinkOf(state)
}

/** What a router makes of a frame: from its own MAC address, to that of whom it is for. */
function sentOn({ intent }: NetworkState, name: string, frame: Uint8Array): Uint8Array {
  const { header, payload } = decodeEthernet(frame)!
  const six = header.type === 0x86dd
  const dst = (six ? decodeIpv6(payload) : decodeIpv4(payload))!.header.dst
  const address = { family: six ? 6 : 4, value: BigInt(dst) } as const
  const service = intent.interfaces.get(name)
  const target = intent.byAddress(service?.network ?? '', formatAddress(address))
  const out = frame.slice()
  const put = (mac: number, at: number): void => {
    for (let index = 0; index < 6; index++) out[at + index] = Math.floor(mac / 2 ** (8 * (5 - index))) & 0xff
  }
  put((target === undefined ? undefined : intent.interfaces.get(target)?.mac) ?? GATEWAY_MAC, 0)
  put(service?.mac ?? 0, 6)
  return out
}

interface Trip {
  /** Services in the order in which they got the packet, and whoever got it at last. */
  stops: string[]
  /** Where copies arrived; each is what was sent, octet by octet. */
  copies: string[]
}

/** Sends one packet and lets services send it on, until it is with an end. */
function travel({ state, network }: Lab, packet: ArbitraryPacket, reply: boolean): Trip {
  const { intent } = state
  const names = new Map([...state.observed.places].map(([name, place]) => [text(place), name]))
  const [sender, receiver] = reply ? [packet.to, packet.from] : [packet.from, packet.to]
  const [from, to] = [sender, receiver].map((name) => endOf(name, intent.interfaces.get(name), packet.family))
  const sent = frameOf(packet, reply, from as never, to as never)
  const trip: Trip = { stops: [], copies: [] }
  let arrivals = network.send(placeOf(state, sender), sent)
  for (;;) {
    // The one whose MAC address it has; copies are for somebody else.
    const isFor = ({ frame, ...place }: Arrival): boolean => {
      const record = intent.interfaces.get(names.get(text(place)) ?? '')
      return decodeEthernet(frame)!.header.dst === (record?.mac ?? GATEWAY_MAC)
    }
    const mine = arrivals.filter(isFor)
    for (const arrival of arrivals) {
      if (mine.includes(arrival)) continue
      expect(arrival.frame, 'a copy').to.deep.equal(sent)
      trip.copies.push(names.get(text(arrival)) ?? 'uplink')
    }
    expect(mine.length).to.be.at.most(1)
    const [arrival] = mine
    if (arrival === undefined) return trip
    const at = names.get(text(arrival)) ?? 'uplink'
    trip.stops.push(at)
    if (at === receiver || at === 'uplink' || trip.stops.length > 10) return trip
    arrivals = network.send(arrival, sentOn(state, at, arrival.frame))
  }
}

function wanted(state: NetworkState, packet: ArbitraryPacket, reply: boolean, rules = orderRules(state.intent)): Trip {
  const verdict = permits(state.intent, packet, rules)
  const [from, to] = reply ? [packet.to, packet.from] : [packet.from, packet.to]
  const way = wayOf(state, { ...packet, from, to, reply }, verdict)
  const receiver = state.intent.interfaces.has(to) ? to : 'uplink'
  const passes = verdict.allow && way.problem === undefined
  return { stops: passes ? [...way.via, receiver] : [], copies: [...way.copies].sort() }
}

/** Packets that open a connection and that reference switches check. */
function usable(packets: ArbitraryPacket[], intent: Intent): ArbitraryPacket[] {
  return (
    packets
      .filter(({ protocol, port, code }) => {
        const isIcmp = protocol === 1 || protocol === 58
        const isQuery = ['1/8', '1/13', '58/128'].includes(`${protocol}/${port}`) && code === undefined
        return protocol !== 132 && protocol !== 47 && (!isIcmp || isQuery)
      })
      // What an interface sends to itself does not come back, and may be copied on its way.
      .filter(({ from, to }) => from !== to && (intent.interfaces.has(from) || intent.interfaces.has(to)))
      .map(({ kept: _, ...packet }) => ({ ...packet, reply: false }))
  )
}

/** Most networks have two rules that concern everybody; in some all interfaces are on one switch. */
const steeredNetwork = fc
  .tuple(arbitrarySteeredRecords, fc.constantFrom('one', 'any', 'any', 'as given'), fc.infiniteStream(fc.nat(1000)))
  .chain(([given, where, dice]) => {
    const names = given.records.flatMap(({ kind, name }) => (kind === 'interface' ? [name] : []))
    const pick = <T>(from: readonly T[]): T => from[dice.next().value % from.length] as T
    const wide = (direction: Rule['direction']): Rule => {
      const action = pick(['allow', 'allow', 'allow', 'rate-limit', 'deny', 'reject'] as const)
      const passes = action === 'allow' || action === 'rate-limit'
      const via = [...new Set([pick(names), pick(names), pick(names)])].slice(0, pick([0, 1, 1, 2, 3]))
      return rule(direction, { kind: 'any' }, action, {
        ...(action === 'rate-limit' ? { rateKbps: 1000, burstKb: 1000 } : {}),
        ...(pick([true, false]) ? { mirror: pick(names) } : {}),
        ...(passes && via.length > 0 ? { redirect: via } : {}),
      })
    }
    const everybody = [
      { ...policy('wide', 'vnp-1', [wide('egress'), wide('ingress')], { tier: 'admin', priority: 9 }), number: 99 },
    ]
    const there = given.records.map((record): AnyRecord => {
      if (record.kind === 'vnp' && record.name === 'vnp-1') return { ...record, selector: EVERYTHING, priority: 9 }
      if (record.kind !== 'interface' || record.attachment.kind !== 'port') return record
      const datapathId = (where === 'one' ? given.datapathIds[0] : pick(given.datapathIds)) as string
      const attachment = { ...record.attachment, datapathId }
      return { ...record, attachment, network: pick(['default', 'default', 'default', 'default', 'blue']) }
    })
    const records = where === 'as given' ? given.records : [...there, ...everybody]
    return fc
      .array(arbitraryPacket(names), { minLength: 8, maxLength: 16 })
      .map((packets) => ({ records: { ...given, records, zones: 'all' as const }, packets }))
  })

describe('mirrors and redirects on reference switches', () => {
  for (const [where, labFor, numRuns] of [
    ['', (intent: Intent, its: string[]) => labOf(networkOf(intent, its)), 200],
    [', where switches ask for each verdict too', reactiveLabOf, 300],
  ] as const)
    it(`take packets and replies through the services of their rules, copies to collectors, and nothing anywhere else${where}`, function () {
      this.timeout(240_000)
      const seen = {
        ...{ through: 0, chains: 0, copies: 0, refusedCopies: 0, without: 0 },
        ...{ across: 0, back: 0, world: 0, farCopies: 0, farRefused: 0 },
      }
      fc.assert(
        fc.property(steeredNetwork, ({ records, packets }) => {
          const intent = intentOf(records)
          const lab = labFor(intent, records.datapathIds)
          const { state } = lab
          const rules = orderRules(intent)
          for (const packet of usable(packets, intent)) {
            for (const reply of [false, true]) {
              const expected = wanted(state, packet, reply, rules)
              // What never got there has no answer.
              if (reply && wanted(state, packet, false, rules).stops.length === 0) continue
              const label = `${reply ? 'reply to ' : ''}${JSON.stringify(packet)}`
              const trip = travel(lab, packet, reply)
              expect({ ...trip, copies: trip.copies.sort() }, label).to.deep.equal(expected)
              const services = expected.stops.length - 1
              if (services > 0) seen.through++
              if (services > 1) seen.chains++
              if (expected.copies.length > 0) {
                if (permits(intent, packet, rules).allow) seen.copies++
                else seen.refusedCopies++
              }
              if (permits(intent, packet, rules).allow && expected.stops.length === 0) seen.without++
              const [from, to] = reply ? [packet.to, packet.from] : [packet.from, packet.to]
              const switchOf = (name: string): string => placeOf(state, name).datapathId
              const switches = [from, ...expected.stops.slice(0, -1)].map(switchOf)
              if (new Set(switches).size > 1) {
                seen.across++
                if (switches.slice(1).some((its) => its !== switches[0]) && switchOf(to) === switches[0]) seen.back++
                if (!intent.interfaces.has(from) || !intent.interfaces.has(to)) seen.world++
              }
              if (expected.copies.some((name) => switchOf(name) !== switches[0])) {
                if (permits(intent, packet, rules).allow) seen.farCopies++
                else seen.farRefused++
              }
            }
          }
        }),
        { numRuns, seed: 4077 },
      )
      for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.at.least(10)
    })
})

/** Interfaces 1 to 4, each on the switch of its number, all allowed; the rules are the sender's. */
function fourOn(switches: number[], rules: Rule[], more: AnyRecord[] = [], backend: Backend = 'fabric'): NetworkState {
  const datapathIds = [1, 2, 3].slice(0, Math.max(...switches)).map(datapathName)
  const people = [1, 2, 3, 4].map((index) =>
    interfaceRecord(index, 'default', [], datapathName(switches[index - 1] as number)),
  )
  const policies = rules.length === 0 ? [] : [policy('steers', 'all', rules)]
  const records = [...people, vnp('all', { ingressDefault: 'allow' }), ...policies, ...more]
  const intent = intentOf({ records: records.map((record, index) => ({ ...record, number: index + 1 })), datapathIds })
  return networkOf(intent, datapathIds, backend)
}

/** The same on one switch. */
function four(rules: Rule[], more: AnyRecord[] = [], without: string[] = []) {
  const whole = fourOn([1, 1, 1, 1], rules, more)
  const places = new Map([...whole.observed.places].filter(([name]) => !without.includes(name)))
  return labOf({ ...whole, observed: { ...whole.observed, places } })
}

const via = (...redirect: string[]): Rule => rule('egress', ANY, 'allow', { protocols: [17], redirect })
const SOME: ArbitraryPacket = { from: 'if-1', to: 'if-2', protocol: 17, port: 53, family: 4, reply: false }

/** Sends a packet of `packet`'s ends from a service's port, with its MAC address unless another is given. */
function forge({ state, network }: Lab, at: string, packet: ArbitraryPacket, its: Partial<End> = {}): number {
  const { interfaces } = state.intent
  const end = (name: string): End => endOf(name, interfaces.get(name), packet.family)
  const mac = interfaces.get(at)?.mac as number
  const frame = frameOf(packet, packet.reply, { ...end(packet.from), mac, ...its }, end(packet.to))
  return network.send(placeOf(state, at), frame).length
}

describe('a service', () => {
  it('sends on what belongs to a connection that it is given, and no connection of its own making', () => {
    const lab = four([via('if-3')])
    expect(forge(lab, 'if-3', SOME), 'before anybody opened it').to.equal(0)
    expect(travel(lab, SOME, false).stops).to.deep.equal(['if-3', 'if-2'])
    expect(forge(lab, 'if-3', SOME), 'once more').to.equal(1)
    expect(forge(lab, 'if-3', { ...SOME, port: 54 }), 'another connection').to.equal(0)
    expect(forge(lab, 'if-3', { ...SOME, to: 'if-4' }), 'to somebody else').to.equal(0)
    expect(forge(lab, 'if-3', { ...SOME, to: '203.0.113.9' }), 'to the world').to.equal(0)
    expect(forge(lab, 'if-3', SOME, { mac: lab.state.intent.interfaces.get('if-1')!.mac }), 'as its sender').to.equal(0)
    expect(forge(lab, 'if-4', SOME), 'somebody who is no service').to.equal(0)
  })

  it('sends on for its own chains only, and not what it was led past', () => {
    const other = policy('other', 'all', [rule('egress', ANY, 'allow', { protocols: [6], redirect: ['if-4'] })])
    const lab = four([via('if-3')], [other])
    travel(lab, SOME, false)
    expect(forge(lab, 'if-4', SOME), 'that goes through another').to.equal(0)
    const ownPacket = { ...SOME, from: 'if-3' }
    expect(travel(lab, ownPacket, false).stops, 'its own').to.deep.equal(['if-2'])
    expect(travel(lab, ownPacket, true).stops, 'answers to it').to.deep.equal(['if-3'])
    expect(travel(lab, { ...SOME, to: 'if-3' }, false).stops, 'to it').to.deep.equal(['if-3'])
    expect(forge(lab, 'if-3', { ...SOME, to: 'if-3' }), 'what was for itself').to.equal(0)
  })

  it('is given nothing that policy forbids, and passes nothing on that policy forbids by now', () => {
    const lab = four([via('if-3')])
    travel(lab, SOME, false)
    const shut = intentOf({
      records: [
        ...lab.state.intent.interfaces.values(),
        vnp('all', { ingressDefault: 'deny' }),
        policy('steers', 'all', [via('if-3')]),
      ],
      datapathIds: [datapathName(1)],
    })
    const compiled = new Compiler('fabric').compile({ ...lab.state, intent: shut }, ALL)
    for (const [datapathId, { program }] of compiled) lab.network.install(datapathId, program)
    expect(travel(lab, SOME, false)).to.deep.equal({ stops: [], copies: [] })
    expect(forge(lab, 'if-3', SOME)).to.equal(0)
  })

  it('that is nowhere lets nothing pass, and without the rule everything goes straight', () => {
    expect(travel(four([via('if-3')], [], ['if-3']), SOME, false).stops).to.deep.equal([])
    expect(travel(four([via('if-4', 'if-3')], [], ['if-3']), SOME, false).stops).to.deep.equal([])
    expect(travel(four([]), SOME, false).stops).to.deep.equal(['if-2'])
  })

  it('cannot speak of neighbours, or for the world, by what it sends on', () => {
    const lab = four([via('if-3')])
    travel(lab, SOME, false)
    expect(forge(lab, 'if-3', { ...SOME, from: '203.0.113.9' })).to.equal(0)
    for (const port of [133, 134, 135, 136, 137]) {
      const advert = { ...SOME, from: 'fe80::1', protocol: 58, port, family: 6 as const }
      expect(forge(lab, 'if-3', advert), `type ${port}`).to.equal(0)
    }
  })

  it('without port security has its own addresses, and for the rest is a service like any other', () => {
    const open = { ...interfaceRecord(3, 'default', [], datapathName(1)), portSecurity: false }
    const lab = four([via('if-3')], [open])
    expect(travel(lab, SOME, false).stops).to.deep.equal(['if-3', 'if-2'])
    expect(travel(lab, SOME, true).stops).to.deep.equal(['if-3', 'if-1'])
    expect(travel(lab, { ...SOME, from: 'if-3', port: 55 }, false).stops).to.deep.equal(['if-2'])
    expect(forge(lab, 'if-3', { ...SOME, port: 54 })).to.equal(0)
  })
})

describe('what goes through services', () => {
  it('is logged once, and metered once', () => {
    const lab = four([{ ...via('if-3', 'if-4'), action: 'rate-limit', rateKbps: 1000, burstKb: 1000, log: true }])
    lab.network.told.splice(0)
    expect(travel(lab, SOME, false).stops).to.deep.equal(['if-3', 'if-4', 'if-2'])
    expect(lab.network.told.length).to.equal(1)
    const [compiled] = new Compiler('fabric').compile(lab.state, ALL).values()
    const metered = [...compiled!.program.flows.values()].filter(({ instructions }) =>
      instructions.some(({ type }) => type === 'meter'),
    )
    const flags = metered.map(({ match }) => match.find(({ field }) => field === 'reg8'))
    expect(flags.length).to.be.greaterThan(0)
    for (const its of flags) expect(its).to.deep.equal({ field: 'reg8', value: 0, mask: FLAG.returned })
  })

  it('is copied as it was sent, before the first service', () => {
    const lab = four([{ ...via('if-3'), mirror: 'if-4' }])
    expect(travel(lab, SOME, false)).to.deep.equal({ stops: ['if-3', 'if-2'], copies: ['if-4'] })
    expect(travel(lab, SOME, true)).to.deep.equal({ stops: ['if-3', 'if-1'], copies: ['if-4'] })
  })
})

describe('a service on another switch', () => {
  const RATE = { action: 'rate-limit', rateKbps: 1000, burstKb: 1000, log: true } as const

  it('sends on what belongs to a connection that it is given, and no connection of its own making', () => {
    const lab = labOf(fourOn([1, 3, 2, 2], [via('if-3')]))
    expect(forge(lab, 'if-3', SOME), 'before anybody opened it').to.equal(0)
    expect(travel(lab, SOME, false).stops).to.deep.equal(['if-3', 'if-2'])
    expect(forge(lab, 'if-3', SOME), 'once more').to.equal(1)
    expect(forge(lab, 'if-3', { ...SOME, port: 54 }), 'another connection').to.equal(0)
    expect(forge(lab, 'if-3', { ...SOME, to: 'if-4' }), 'to somebody else').to.equal(0)
    expect(forge(lab, 'if-3', { ...SOME, from: '203.0.113.9' }), 'for the world').to.equal(0)
    expect(forge(lab, 'if-4', SOME), 'somebody who is no service').to.equal(0)
    expect(travel(lab, SOME, true).stops, 'answers').to.deep.equal(['if-3', 'if-1'])
  })

  it('is given nothing by a switch that has not heard of a change, where policy of now does not lead there', () => {
    const before = fourOn([1, 3, 2, 2], [via('if-3')])
    const lab = labOf(before)
    travel(lab, SOME, false)
    const straight = fourOn([1, 3, 2, 2], [])
    const compiled = new Compiler('fabric').compile(straight, ALL)
    for (const [datapathId, { program }] of compiled)
      if (datapathId !== datapathName(1)) lab.network.install(datapathId, program)
    expect(travel(lab, SOME, false).stops).to.deep.equal([])
    expect(forge(lab, 'if-3', SOME), 'what it still holds').to.equal(0)
    for (const [datapathId, { program }] of compiled) lab.network.install(datapathId, program)
    expect(travel(lab, SOME, false).stops).to.deep.equal(['if-2'])
  })

  it('has its packets logged and metered where they come in, as without it', () => {
    for (const switches of [
      [1, 1, 2, 3],
      [1, 3, 2, 1],
      [2, 2, 1, 3],
    ]) {
      const straight = labOf(fourOn(switches, [rule('egress', ANY, 'rate-limit', { ...RATE, protocols: [17] })]))
      travel(straight, SOME, false)
      const lab = labOf(fourOn(switches, [{ ...via('if-3', 'if-4'), ...RATE }]))
      expect(travel(lab, SOME, false).stops).to.deep.equal(['if-3', 'if-4', 'if-2'])
      expect(lab.network.told, switches.join()).to.have.length(straight.network.told.length)
    }
  })

  it('has its rows on a switch as soon as somebody of the network is there, and no longer than that', () => {
    const state = fourOn([1, 3, 2, 2], [via('if-3')])
    const places = new Map(state.observed.places)
    const compiler = new Compiler('fabric')
    const programs = compiler.compile({ ...state, observed: { ...state.observed, places } }, ALL)
    const noIntent = emptyDelta(1)
    for (const [name, place] of [
      ['if-2', undefined],
      ['if-2', { datapathId: datapathName(3), port: 2 }],
      ['if-3', undefined],
      ['if-3', { datapathId: datapathName(3), port: 3 }],
      ['if-1', { datapathId: datapathName(2), port: 1 }],
    ] as const) {
      if (place === undefined) places.delete(name)
      else places.set(name, place)
      const now = { ...state, observed: { ...state.observed, places } }
      const observed = { datapaths: new Set<string>(), places: new Set([name]) }
      compiler.compile(now, { intent: noIntent, observed })
      const whole = new Compiler('fabric').compile(now, ALL)
      for (const [datapathId, { program }] of programs) {
        const wanted = whole.get(datapathId)!.program
        expect([...program.flows.keys()].sort(), `${name} ${datapathId}`).to.deep.equal([...wanted.flows.keys()].sort())
      }
    }
  })

  it('is not gone past by a sender without port security that has its MAC address', () => {
    for (const switches of [
      [1, 2, 2, 1],
      [1, 1, 1, 1],
    ]) {
      const open = { ...interfaceRecord(1, 'default', [], datapathName(1)), portSecurity: false }
      const lab = labOf(fourOn(switches, [via('if-3')], [open]))
      const mac = lab.state.intent.interfaces.get('if-3')!.mac
      const end = (name: string): End => endOf(name, lab.state.intent.interfaces.get(name), 4)
      const frame = frameOf(SOME, false, { ...end('if-1'), mac }, end('if-2'))
      const arrivals = lab.network.send(placeOf(lab.state, 'if-1'), frame)
      expect(arrivals.map(text)).to.not.include(text(placeOf(lab.state, 'if-2')))
    }
  })

  it('cannot be spoken to by tags that hosts or the world write, nor by tags that nobody has', () => {
    const state = fourOn([1, 3, 2, 2], [{ ...via('if-3'), mirror: 'if-4' }])
    const lab = labOf(state)
    const end = (name: string): End => endOf(name, state.intent.interfaces.get(name), 4)
    const frame = frameOf(SOME, false, end('if-1'), end('if-2'))
    const { header, payload } = decodeEthernet(frame)!
    const tagged = (vid: number): Uint8Array =>
      encodeEthernet({ ...header, vlans: [{ tpid: 0x8100, priority: 0, dropEligible: false, vid }] }, payload)
    for (let vid = 0; vid < 40; vid++) {
      for (const place of [placeOf(state, 'if-1'), placeOf(state, 'if-3'), uplinkOf(state)])
        expect(lab.network.send(place, tagged(vid)), `tag ${vid} at ${text(place)}`).to.have.length(0)
    }
    const link = { datapathId: datapathName(2), port: LINE_PORTS.left }
    const answered = Array.from({ length: 4096 }, (_, vid) => lab.network.send(link, tagged(vid)))
    const arrived = answered.flat().map(text)
    expect(arrived.sort()).to.deep.equal(['if-3', 'if-4'].map((name) => text(placeOf(state, name))).sort())
  })

  it('gets nothing, and no copies go, where links have no tag for its number; and that is said', () => {
    const state = fourOn([1, 1, 2, 2], [{ ...via('if-3'), mirror: 'if-4' }])
    const numbered = (add: number): NetworkState => {
      const intent = new Proxy(state.intent, {
        get(target, name) {
          const value = Reflect.get(target, name) as unknown
          if (typeof value !== 'function') return value
          if (name !== 'number') return value.bind(target) as unknown
          return (space: NumberSpace, its: string): number | undefined => {
            const number = target.number(space, its)
            return space === 'steer' && number !== undefined ? number + add : number
          }
        },
      })
      return { ...state, intent }
    }
    const most = Math.max(...['if-3', 'if-4'].map((name) => state.intent.number('steer', name) ?? 0))
    for (const [add, reached] of [
      [MAX_CARRIED - most, true],
      [MAX_CARRIED, false],
    ] as const) {
      const lab = labOf(numbered(add))
      const way = wayOf(lab.state, SOME, permits(lab.state.intent, SOME))
      expect(travel(lab, SOME, false)).to.deep.equal(
        reached ? { stops: ['if-3', 'if-2'], copies: ['if-4'] } : { stops: [], copies: [] },
      )
      expect(way.problem === undefined, way.problem).to.equal(reached)
      expect(way.missed.map(({ collector }) => collector)).to.deep.equal(reached ? [] : ['if-4'])
    }
  })

  it('is reached by its own switch only where the existing network forwards, and that is said', () => {
    const state = fourOn([1, 1, 2, 2], [{ ...via('if-3'), mirror: 'if-4' }], [], 'normal')
    const way = wayOf(state, SOME, permits(state.intent, SOME))
    expect(way.problem).to.match(/as they must be where the existing network forwards$/)
    expect(way.missed.map(({ why }) => why).join()).to.match(/the existing network carries no copies$/)
    expect(travel(labOf(state), SOME, false)).to.deep.equal({ stops: [], copies: [] })
    const here = fourOn([1, 1, 1, 1], [{ ...via('if-3'), mirror: 'if-4' }], [], 'normal')
    expect(travel(labOf(here), SOME, false)).to.deep.equal({ stops: ['if-3', 'if-2'], copies: ['if-4'] })
  })
})
