/**
 * The rows of mirrors and redirects. A copy is made where the packet comes in first and goes straight to the collector's
 * port. A packet that rules lead through a chain goes to the MAC address of the first service; what a service's port
 * brings with somebody else's address enters again, is judged again as a packet of whoever that address belongs to, and
 * goes to the next service, or on. Where it stands in its chain is told by the port alone, so each return is one step
 * further and none goes round. It refuses to know rules; registers carry what they want (compile-rule.ts).
 *
 *     A ─▶ judged ─▶ steer ─▶ service 1 ─▶ judged ─▶ steer ─▶ service 2 ─▶ judged ─▶ steer ─▶ forward ─▶ B
 *
 * On links between switches, copies and what is for a service have a VLAN tag that says for whom; switches on the way look
 * at nothing else. The switch of a service takes the tag off, judges the packet as its own policy says, and gives it to
 * the service only if its own rules lead through it. Where the existing network forwards nothing is tagged: there all
 * services of a chain, both ends and the collector are on one switch, or there is no row.
 */
import { type Action, type Oxm, VLAN_PRESENT } from 'node-openflow'
import { CARRIED_MAC } from '../../model/address.ts'
import { IDENTITY } from '../../model/records.ts'
import { nextHopTo } from './carriers.ts'
import { sendTo } from './compile-carrier.ts'
import {
  factsOf,
  type InterfaceFacts,
  inDomain,
  NOTHING_ON_LINKS,
  SET_WORLD,
  sender,
  siteOf,
} from './compile-interface.ts'
import type { Work } from './compile-work.ts'
import { cookieOf } from './cookie.ts'
import { ETHERTYPE, from, is, load, ND, output, RowSet, type Rows, setFlag } from './fields.ts'
import type { IntentDelta } from './intent.ts'
import type { Multimap } from './multimap.ts'
import { FLAG, REGISTERS, TABLES } from './pipeline.ts'
import type { Backend, DatapathView, NetworkState } from './state.ts'
import { chainName, isCarried, joined, servicesOf, tagFor } from './steering.ts'

const flagged = (flag: number): Oxm => ({ field: 'reg8', value: flag, mask: flag })

export const RETURNED: Oxm = flagged(FLAG.returned)

/** Nobody's: what a service sends on of the world's would else be taken for its own by the next switch. */
const FROM_WORLD: Action = { type: 'set_field', field: { field: 'eth_src', value: CARRIED_MAC } }

/** Looks the packet up in connection tracking. */
export const LOOK_UP: Action = {
  ...{ type: 'nx_ct', flags: 0, zone: { field: 'reg7', ofs: 0, n_bits: 16 } },
  ...{ recirc_table: TABLES.tracked, alg: 'none', actions: [] },
}

/** What is the same on every switch. */
export function steerSystemRows(set: RowSet, backend: Backend): void {
  const { mirror_egress, mirror_ingress, steer, forward } = TABLES
  // It was copied before the first service had it.
  set.add(mirror_egress, 900, [RETURNED], { goto: steer })
  set.add(mirror_egress, 0, [], { goto: mirror_ingress })
  set.add(mirror_ingress, 0, [], { goto: steer })
  set.add(steer, 1000, [flagged(FLAG.refused)], {})
  set.add(steer, 800, [...inChains(0, 0), { field: REGISTERS.service, value: 0 }], { goto: forward })
  // Services lead only between ends of their own network.
  set.add(steer, 710, [flagged(FLAG.routed)], {})
  // What another switch has judged went through its chain there.
  if (backend === 'normal') {
    // The world comes by the same ports.
    set.add(steer, 900, [{ field: 'reg8', value: FLAG.fabric, mask: FLAG.fabric | FLAG.world }], { goto: forward })
    // The receiver is on another switch.
    set.add(steer, 700, [{ field: REGISTERS.port, value: 0 }], {})
    return
  }
  set.add(mirror_egress, 890, [flagged(FLAG.fabric)], { goto: steer })
  set.add(steer, 900, [{ field: 'reg8', value: FLAG.fabric, mask: FLAG.fabric | FLAG.bound }], { goto: forward })
  const bound = flagged(FLAG.bound)
  for (const type of [is.ipv4(), is.ipv6()]) set.add(TABLES.connection, 250, [bound, type], { actions: [LOOK_UP] })
}

function inChains(egress: number, ingress: number): Oxm[] {
  return [
    { field: REGISTERS.chainEgress, value: egress },
    { field: REGISTERS.chainIngress, value: ingress },
  ]
}

/** A collector or service. */
interface Hop {
  name: string
  number: number
  facts: InterfaceFacts
  /** Where it is on this switch. */
  port: number | undefined
  /** The switch that it is on, and its number. */
  datapathId: string
  switchNumber: number
}

/** Which services are where, as far as it matters to what is compiled otherwise. */
export class Steering {
  /** Collectors and services. */
  #names: ReadonlySet<string> = new Set()
  /** Networks of the services on a switch. */
  #served: Served = new Map()
  /** Networks with services anywhere. */
  #steered: ReadonlySet<string> = new Set()
  /** Chains and collectors that rules named. */
  #named = ''

  /**
   * Looks again where something that matters may have changed, and adds interfaces to the work for which services send on
   * now, or no longer.
   * @returns Whether rows may differ.
   */
  update(state: NetworkState, delta: IntentDelta | 'all', work: Work, byNetwork: Multimap<string>): boolean {
    const rulesMayDiffer = delta === 'all' || delta.rulesChanged || [...delta.numbers].some(isOfSteering)
    const isConcerned = this.concerns(work.interfaces)
    if (!rulesMayDiffer && !isConcerned) return false
    const named = namedIn(state)
    const isRenumbered = delta !== 'all' && [...delta.numbers].some(isOfSteering)
    if (delta !== 'all' && named === this.#named && !isConcerned && !isRenumbered) return false
    this.#named = named
    const served = servedBy(state)
    const steered = new Set([...served.values()].flatMap((networks) => [...networks]))
    for (const [datapathId, networks] of [...without(this.#served, served), ...without(served, this.#served)]) {
      for (const network of networks) for (const name of byNetwork.all(network)) work.onSwitch.add(datapathId, name)
    }
    for (const network of new Set([...this.#steered, ...steered])) {
      if (this.#steered.has(network) && steered.has(network)) continue
      for (const name of byNetwork.all(network)) {
        const place = state.observed.places.get(name)
        if (place !== undefined) work.onSwitch.add(place.datapathId, name)
      }
    }
    this.#names = new Set([...servicesIn(state), ...state.intent.steerings.collectors()])
    this.#served = served
    this.#steered = steered
    return true
  }

  isServed(datapathId: string, network: string): boolean {
    return this.#served.get(datapathId)?.has(network) === true
  }

  isSteered(network: string): boolean {
    return this.#steered.has(network)
  }

  /** Whether one of these is a collector or a service. */
  concerns(interfaces: ReadonlySet<string>): boolean {
    for (const name of this.#names) if (interfaces.has(name)) return true
    return false
  }
}

/** By switch, networks of the services that are there. */
export type Served = ReadonlyMap<string, ReadonlySet<string>>

/** What is in these and not in those. */
function without(these: Served, those: Served): [datapathId: string, networks: ReadonlySet<string>][] {
  return [...these].map(([datapathId, networks]) => {
    return [datapathId, new Set([...networks].filter((its) => those.get(datapathId)?.has(its) !== true))]
  })
}

const isOfSteering = (number: string): boolean => number.startsWith('steer/')

function namedIn({ intent: { steerings } }: NetworkState): string {
  return JSON.stringify([
    [...steerings.chains('egress')],
    [...steerings.chains('ingress')],
    [...steerings.collectors()],
  ])
}

function servicesIn({ intent: { steerings } }: NetworkState): Set<string> {
  return new Set([...steerings.chains('egress'), ...steerings.chains('ingress')].flatMap(servicesOf))
}

export function servedBy(state: NetworkState): Served {
  const served = new Map<string, Set<string>>()
  for (const name of servicesIn(state)) {
    const facts = factsOf(state, name)
    if (facts?.place === undefined) continue
    const networks = served.get(facts.place.datapathId) ?? new Set()
    served.set(facts.place.datapathId, networks.add(facts.record.network))
  }
  return served
}

/** The rows of one switch. @param isLocal Whether an interface of a network is on it. */
export function steerRows(
  state: NetworkState,
  datapath: DatapathView,
  world: boolean,
  isLocal: (network: string) => boolean,
): Rows {
  const set = new RowSet('steer', cookieOf('system'))
  const { steerings } = state.intent
  const hops = new Map<string, Hop | undefined>()
  const hopOf = (name: string): Hop | undefined => {
    if (!hops.has(name)) hops.set(name, hopAt(state, datapath, name))
    return hops.get(name)
  }
  for (const name of steerings.collectors()) {
    const hop = hopOf(name)
    if (hop === undefined) continue
    copyTo(set, state, hop, datapath)
    carry(set, state, hop, datapath, 'collector')
  }
  const wholeOf = (chains: Iterable<string>): Hop[][] =>
    [...chains].flatMap((chain) => {
      const whole = servicesOf(chain).flatMap((name) => hopOf(name) ?? [])
      return whole.length === servicesOf(chain).length ? [whole] : []
    })
  const [egress, ingress] = [wholeOf(steerings.chains('egress')), wholeOf(steerings.chains('ingress'))]
  const services = new Set([...egress, ...ingress].flat())
  for (const hop of services) {
    carry(set, state, hop, datapath, 'service')
    if (hop.port !== undefined) enterAgain(set, state, datapath.datapathId, hop, hop.port)
  }
  if ([...services].some(({ port }) => port !== undefined) && world)
    set.add(TABLES.sender, 10, [], { actions: [FROM_WORLD, SET_WORLD], goto: TABLES.outside })
  const numberOf = (chain: readonly Hop[]): number | undefined =>
    chain.length === 0 ? 0 : state.intent.number('steer', chainName(chain.map(({ name }) => name)))
  for (const one of [[], ...egress]) {
    for (const other of [[], ...ingress]) {
      const [first, second] = [numberOf(one), numberOf(other)]
      if (first === undefined || second === undefined || first + second === 0) continue
      const names = joined(
        one.map(({ name }) => name),
        other.map(({ name }) => name),
      )
      const chain = names.flatMap((name) => hopOf(name) ?? [])
      const network = chain[0]?.facts.record.network ?? ''
      if (!isLocal(network) && datapath.uplinkPorts.size === 0) continue
      lead(set, inChains(first, second), chain, cookieOf('steer', first === 0 ? second : first))
    }
  }
  return set.rows
}

/** Where the existing network forwards, only what is on this switch can be reached. */
function hopAt(state: NetworkState, { datapathId }: DatapathView, name: string): Hop | undefined {
  const facts = factsOf(state, name)
  const number = state.intent.number('steer', name)
  if (facts?.place === undefined || facts.switchNumber === undefined || number === undefined) return undefined
  if (facts.identity === IDENTITY.unknown) return undefined
  const isHere = facts.place.datapathId === datapathId
  if (!isHere && state.backend === 'normal') return undefined
  const { place, switchNumber } = facts
  const port = isHere ? place.port : undefined
  return { name, number, facts, port, datapathId: place.datapathId, switchNumber }
}

/** What a packet on a link is for. */
type Role = 'service' | 'collector'

function tagOf({ number }: Hop, role: Role): Oxm {
  return { field: 'vlan_vid', value: VLAN_PRESENT | tagFor(number, role) }
}

const POP: Action = { type: 'pop_vlan' }

function push(hop: Hop, role: Role): Action[] {
  return [
    { type: 'push_vlan', ethertype: ETHERTYPE.vlan },
    { type: 'set_field', field: tagOf(hop, role) },
  ]
}

/** What links bring that is for a collector or a service: on its way, or where it is to go. */
function carry(
  set: RowSet,
  state: NetworkState,
  hop: Hop,
  { datapathId, fabricPorts }: DatapathView,
  role: Role,
): void {
  const { number, port, switchNumber, facts } = hop
  if (!isCarried(number) || state.backend === 'normal' || fabricPorts.size === 0) return
  const cookie = cookieOf('steer', number)
  const match = [tagOf(hop, role)]
  const { carried, forward, origin } = TABLES
  if (port === undefined) {
    // A switch with one link carries nothing.
    if (fabricPorts.size === 1) return
    set.add(carried, 100, match, { actions: [load(REGISTERS.place, switchNumber)], goto: forward }, cookie)
    return
  }
  if (role === 'collector') {
    set.add(carried, 100, match, { actions: [POP, output(port)] }, cookie)
    return
  }
  if (zoneOf(state, datapathId, facts) === undefined) return
  const bound = [load(REGISTERS.service, number), setFlag(FLAG.returned), setFlag(FLAG.bound)]
  set.add(carried, 100, match, { actions: [POP, ...bound], goto: origin }, cookie)
}

/** One copy for each collector, and none of what it sends or receives itself. */
function copyTo(set: RowSet, { observed }: NetworkState, hop: Hop, datapath: DatapathView): void {
  const { number, port, facts, datapathId } = hop
  const next = nextHopTo(observed, datapath, datapathId)
  if (port === undefined && (next === undefined || !isCarried(number))) return
  const away = next === undefined ? [] : [...push(hop, 'collector'), ...sendTo(next), POP]
  const copy = port === undefined ? away : [output(port)]
  const cookie = cookieOf('steer', number)
  for (const [table, register, goto] of [
    [TABLES.mirror_egress, REGISTERS.mirrorEgress, TABLES.mirror_ingress],
    [TABLES.mirror_ingress, REGISTERS.mirrorIngress, TABLES.steer],
  ] as const) {
    const its: Oxm = { field: register, value: number }
    set.add(table, 100, [its], { actions: copy, goto }, cookie)
    set.add(table, 200, [its, { field: 'eth_dst', value: facts.record.mac }], { goto }, cookie)
    if (port !== undefined) set.add(table, 300, [its, { field: 'in_port', value: port }], { goto }, cookie)
  }
  const both: Oxm[] = [REGISTERS.mirrorEgress, REGISTERS.mirrorIngress].map((field) => ({ field, value: number }))
  set.add(TABLES.mirror_ingress, 400, both, { goto: TABLES.steer }, cookie)
}

function zoneOf(state: NetworkState, datapathId: string, { record }: InterfaceFacts): number | undefined {
  return siteOf(state, datapathId, record.network, false, true, NOT_SERVED, NOTHING_ON_LINKS).zone
}

const NOT_SERVED = { served: false, steered: false }

/** What comes from a service's port with its own MAC address and somebody else's IP address. */
function enterAgain(set: RowSet, state: NetworkState, datapathId: string, { number, facts }: Hop, port: number): void {
  const zone = zoneOf(state, datapathId, facts)
  if (zone === undefined) return
  const cookie = cookieOf('steer', number)
  const own: Oxm[] = [
    { field: 'in_port', value: port },
    { field: 'eth_src', value: facts.record.mac },
  ]
  const actions: Action[] = [
    ...[load('reg3', facts.network), load('reg7', zone), ...inDomain(facts), load(REGISTERS.service, number)],
    setFlag(FLAG.returned),
  ]
  for (let type: number = ND.routerSolicit; type <= ND.redirect; type++)
    set.add(TABLES.port_security, 155, [...own, ...is.icmpv6(type)], {}, cookie)
  for (const type of [is.ipv4(), is.ipv6()])
    set.add(TABLES.port_security, 150, [...own, type], { actions, goto: TABLES.sender }, cookie)
  // Where identity is the port's, that of its own addresses still is.
  if (facts.record.portSecurity) return
  for (const address of facts.addresses) {
    const match = [{ field: 'in_port', value: port } as const, ...from(address)]
    set.add(TABLES.port_security, 160, match, { actions: sender(facts, zone), goto: TABLES.neighbour }, cookie)
  }
}

/** Packets of one chain, in both directions. */
function lead(set: RowSet, match: Oxm[], chain: readonly Hop[], cookie: bigint): void {
  const [first] = chain
  if (first === undefined || chain.some(({ facts }) => facts.network !== first.facts.network)) return
  const { steer, forward } = TABLES
  const its: Oxm[] = [...match, { field: REGISTERS.network, value: first.facts.network }]
  for (const [reply, order] of [
    [0, chain],
    [FLAG.reply, [...chain].reverse()],
  ] as const) {
    const direction: Oxm = { field: 'reg8', value: reply, mask: FLAG.reply | FLAG.bound }
    for (const [at, hop] of [undefined, ...order].entries()) {
      // What a service sends on comes to the switch of the service only.
      if (hop !== undefined && hop.port === undefined) continue
      const from: Oxm = { field: REGISTERS.service, value: hop?.number ?? 0 }
      const next = order[at]
      const actions = next === undefined ? [] : give(next)
      if (actions !== undefined) set.add(steer, 500, [...its, direction, from], { actions, goto: forward }, cookie)
      const arriving: Oxm = { ...direction, value: reply | FLAG.bound }
      const here = hop && give(hop)
      if (here !== undefined) set.add(steer, 500, [...its, arriving, from], { actions: here, goto: forward }, cookie)
    }
  }
  // What a service sends or receives itself is led through none of them: nobody sends that on.
  const straight: Oxm = { field: REGISTERS.service, value: 0 }
  for (const { port, facts } of chain) {
    const receives: Oxm = { field: 'eth_dst', value: facts.record.mac }
    const sends: Oxm = { field: 'eth_src', value: facts.record.mac }
    set.add(steer, 650, [...its, receives, straight], { goto: forward }, cookie)
    if (port !== undefined) {
      const own: Oxm = { field: 'in_port', value: port }
      set.add(steer, 650, [...its, own, straight], { goto: forward }, cookie)
    }
    for (const end of [receives, sends]) set.add(steer, 640, [...its, end], {}, cookie)
  }
}

/** To the port of a service, or to the switch where it is; undefined where no tag is left for it. */
function give(hop: Hop): Action[] | undefined {
  const { number, port, facts, switchNumber } = hop
  if (port === undefined) {
    const way = [load(REGISTERS.port, 0), load(REGISTERS.place, switchNumber)]
    return isCarried(number) ? [...push(hop, 'service'), ...way] : undefined
  }
  const mac: Action = { type: 'set_field', field: { field: 'eth_dst', value: facts.record.mac } }
  return [mac, load(REGISTERS.port, port), load(REGISTERS.place, 0)]
}
