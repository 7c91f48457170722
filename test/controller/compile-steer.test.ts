/**
 * Mirrors and redirects on reference switches against ways.ts: which service gets which packet, in which order, who gets
 * copies, and that a service can send on what it was given and nothing else. Services here route: they send on what
 * they get, to the MAC address of whom it is for.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Compiler } from '../../controller/policy/compile.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { orderRules } from '../../controller/policy/order.ts'
import { permits } from '../../controller/policy/permits.ts'
import { FLAG } from '../../controller/policy/pipeline.ts'
import type { NetworkState, Place } from '../../controller/policy/state.ts'
import { wayOf } from '../../controller/policy/ways.ts'
import { formatAddress } from '../../model/address.ts'
import type { AnyRecord, Rule } from '../../model/records.ts'
import { EVERYTHING } from '../../model/selector.ts'
import { decodeEthernet } from '../../packet/ethernet.ts'
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

/** Chains work on one switch: half of the networks are there, and have two rules that concern everybody. */
const steeredNetwork = fc
  .tuple(arbitrarySteeredRecords, fc.boolean(), fc.infiniteStream(fc.nat(1000)))
  .chain(([given, together, dice]) => {
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
      const attachment = { ...record.attachment, datapathId: given.datapathIds[0] as string }
      return { ...record, attachment, network: pick(['default', 'default', 'default', 'default', 'blue']) }
    })
    const records = together ? [...there, ...everybody] : given.records
    return fc
      .array(arbitraryPacket(names), { minLength: 8, maxLength: 16 })
      .map((packets) => ({ records: { ...given, records, zones: 'all' as const }, packets }))
  })

describe('mirrors and redirects on reference switches', () => {
  for (const [where, labFor, numRuns] of [
    ['', (intent: Intent, its: string[]) => labOf(networkOf(intent, its)), 200],
    [', where switches ask for each verdict too', reactiveLabOf, 120],
  ] as const)
    it(`take packets and replies through the services of their rules, copies to collectors, and nothing anywhere else${where}`, function () {
      this.timeout(120_000)
      const seen = { through: 0, chains: 0, copies: 0, refusedCopies: 0, without: 0 }
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
            }
          }
        }),
        { numRuns, seed: 4077 },
      )
      for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.at.least(10)
    })
})

/** Interfaces 1 to 4 on one switch, all allowed; the rules are the sender's. */
function four(rules: Rule[], more: AnyRecord[] = [], without: string[] = []) {
  const datapathIds = [datapathName(1)]
  const people = [1, 2, 3, 4].map((index) => interfaceRecord(index, 'default', [], datapathName(1)))
  const policies = rules.length === 0 ? [] : [policy('steers', 'all', rules)]
  const records = [...people, vnp('all', { ingressDefault: 'allow' }), ...policies, ...more]
  const intent = intentOf({ records: records.map((record, index) => ({ ...record, number: index + 1 })), datapathIds })
  const whole = networkOf(intent, datapathIds)
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
