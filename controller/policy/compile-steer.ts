/**
 * The rows of mirrors and redirects. A copy goes from the switch where its collector is, straight to the collector's
 * port. A packet that rules lead through a chain goes to the MAC address of the first service; what a service's port
 * brings with somebody else's address enters again, is judged again as a packet of whoever that address belongs to, and
 * goes to the next service, or on. Where it stands in its chain is told by the port alone, so each return is one step
 * further and none goes round. It refuses to know rules; registers carry what they want (compile-rule.ts).
 *
 *     A ─▶ judged ─▶ steer ─▶ service 1 ─▶ judged ─▶ steer ─▶ service 2 ─▶ judged ─▶ steer ─▶ forward ─▶ B
 *
 * A chain works where its services and both ends of a connection are on one switch. Everywhere else there is no row for
 * it, and what has to go through it is dropped.
 */
import type { Action, Oxm } from 'node-openflow'
import { IDENTITY } from '../../model/records.ts'
import { factsOf, type InterfaceFacts, NOT_WORLD, SET_WORLD, sender, siteOf } from './compile-interface.ts'
import type { Work } from './compile-work.ts'
import { cookieOf } from './cookie.ts'
import { from, is, load, ND, output, RowSet, type Rows, setFlag } from './fields.ts'
import type { IntentDelta } from './intent.ts'
import type { Multimap } from './multimap.ts'
import { FLAG, REGISTERS, TABLES } from './pipeline.ts'
import type { Backend, DatapathView, NetworkState } from './state.ts'
import { chainName, joined, servicesOf } from './steering.ts'

const flagged = (flag: number): Oxm => ({ field: 'reg8', value: flag, mask: flag })

export const RETURNED: Oxm = flagged(FLAG.returned)

/** What is the same on every switch. */
export function steerSystemRows(set: RowSet, backend: Backend): void {
  const { mirror_egress, mirror_ingress, steer, forward } = TABLES
  // It was copied before the first service had it.
  set.add(mirror_egress, 900, [RETURNED], { goto: steer })
  set.add(mirror_egress, 0, [], { goto: mirror_ingress })
  set.add(mirror_ingress, 0, [], { goto: steer })
  set.add(steer, 1000, [flagged(FLAG.refused)], {})
  set.add(steer, 800, [...inChains(0, 0), { field: REGISTERS.service, value: 0 }], { goto: forward })
  // What another switch has judged went through its chain there. Where the existing network forwards, the world comes by
  // the same ports.
  const flags = backend === 'normal' ? FLAG.fabric | FLAG.world : FLAG.fabric
  set.add(steer, 900, [{ field: 'reg8', value: FLAG.fabric, mask: flags }], { goto: forward })
  // The receiver is on another switch.
  set.add(steer, 700, [{ field: REGISTERS.port, value: 0 }], {})
}

function inChains(egress: number, ingress: number): Oxm[] {
  return [
    { field: REGISTERS.chainEgress, value: egress },
    { field: REGISTERS.chainIngress, value: ingress },
  ]
}

/** A collector or service on this switch. */
interface Hop {
  name: string
  number: number
  port: number
  facts: InterfaceFacts
}

/** Which services are where, as far as it matters to what is compiled otherwise. */
export class Steering {
  /** Collectors and services. */
  #names: ReadonlySet<string> = new Set()
  /** Networks of the services on a switch. */
  #served = new Map<string, Set<string>>()
  /** Chains and collectors that rules named. */
  #named = ''

  /**
   * Looks again where something that matters may have changed, and adds interfaces to the work for which services send on
   * now, or no longer.
   * @returns Whether rows may differ.
   */
  update(state: NetworkState, delta: IntentDelta | 'all', work: Work, bySwitch: Multimap<string>): boolean {
    const rulesMayDiffer = delta === 'all' || delta.rulesChanged || [...delta.numbers].some(isOfSteering)
    const isConcerned = this.concerns(work.interfaces)
    if (!rulesMayDiffer && !isConcerned) return false
    const { steerings } = state.intent
    const named = namedIn(state)
    const isRenumbered = delta !== 'all' && [...delta.numbers].some(isOfSteering)
    if (delta !== 'all' && named === this.#named && !isConcerned && !isRenumbered) return false
    this.#named = named
    const services = servicesIn(state)
    const served = new Map<string, Set<string>>()
    for (const name of services) {
      const facts = factsOf(state, name)
      if (facts?.place === undefined) continue
      const networks = served.get(facts.place.datapathId) ?? new Set()
      served.set(facts.place.datapathId, networks.add(facts.record.network))
    }
    for (const [datapathId, networks] of [...without(this.#served, served), ...without(served, this.#served)]) {
      for (const name of bySwitch.all(datapathId))
        if (networks.has(state.intent.interfaces.get(name)?.network ?? '')) work.onSwitch.add(datapathId, name)
    }
    this.#names = new Set([...services, ...steerings.collectors()])
    this.#served = served
    return true
  }

  rows(state: NetworkState, datapath: DatapathView, world: boolean): Rows {
    return steerRows(state, datapath, world)
  }

  isServed(datapathId: string, network: string): boolean {
    return this.#served.get(datapathId)?.has(network) === true
  }

  /** Whether one of these is a collector or a service. */
  concerns(interfaces: ReadonlySet<string>): boolean {
    for (const name of this.#names) if (interfaces.has(name)) return true
    return false
  }
}

type Served = ReadonlyMap<string, ReadonlySet<string>>

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

/** Whether a service of the network is on the switch. */
export function isServedOn(state: NetworkState, datapathId: string, network: string): boolean {
  return [...servicesIn(state)].some((name) => {
    const facts = factsOf(state, name)
    return facts?.place?.datapathId === datapathId && facts.record.network === network
  })
}

/** The rows of one switch. */
export function steerRows(state: NetworkState, { datapathId }: DatapathView, world: boolean): Rows {
  const set = new RowSet('steer', cookieOf('system'))
  const { steerings } = state.intent
  const hops = new Map<string, Hop | undefined>()
  const hopOf = (name: string): Hop | undefined => {
    if (!hops.has(name)) hops.set(name, hopAt(state, datapathId, name))
    return hops.get(name)
  }
  for (const name of steerings.collectors()) copyTo(set, hopOf(name))
  const wholeOf = (chains: Iterable<string>): Hop[][] =>
    [...chains].flatMap((chain) => {
      const whole = servicesOf(chain).flatMap((name) => hopOf(name) ?? [])
      return whole.length === servicesOf(chain).length ? [whole] : []
    })
  const [egress, ingress] = [wholeOf(steerings.chains('egress')), wholeOf(steerings.chains('ingress'))]
  const services = new Set([...egress, ...ingress].flat())
  for (const hop of services) enterAgain(set, state, datapathId, hop)
  if (services.size > 0 && world) set.add(TABLES.sender, 10, [], { actions: [SET_WORLD], goto: TABLES.outside })
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
      lead(set, inChains(first, second), chain, cookieOf('steer', first === 0 ? second : first))
    }
  }
  return set.rows
}

function hopAt(state: NetworkState, datapathId: string, name: string): Hop | undefined {
  const facts = factsOf(state, name)
  const number = state.intent.number('steer', name)
  if (facts?.place?.datapathId !== datapathId || number === undefined) return undefined
  return { name, number, port: facts.place.port, facts }
}

/** One copy for each collector, and none of what it sends or receives itself. */
function copyTo(set: RowSet, hop: Hop | undefined): void {
  if (hop === undefined) return
  const { number, port } = hop
  const cookie = cookieOf('steer', number)
  for (const [table, register, next] of [
    [TABLES.mirror_egress, REGISTERS.mirrorEgress, TABLES.mirror_ingress],
    [TABLES.mirror_ingress, REGISTERS.mirrorIngress, TABLES.steer],
  ] as const) {
    const its: Oxm = { field: register, value: number }
    set.add(table, 100, [its], { actions: [output(port)], goto: next }, cookie)
    set.add(table, 200, [its, { field: REGISTERS.port, value: port }], { goto: next }, cookie)
    set.add(table, 300, [its, { field: 'in_port', value: port }], { goto: next }, cookie)
  }
  const both: Oxm[] = [REGISTERS.mirrorEgress, REGISTERS.mirrorIngress].map((field) => ({ field, value: number }))
  set.add(TABLES.mirror_ingress, 400, both, { goto: TABLES.steer }, cookie)
}

/** What comes from a service's port with its own MAC address and somebody else's IP address. */
function enterAgain(set: RowSet, state: NetworkState, datapathId: string, { number, port, facts }: Hop): void {
  const { zone } = siteOf(state, datapathId, facts.record.network, false, true, true)
  if (zone === undefined || facts.identity === IDENTITY.unknown) return
  const cookie = cookieOf('steer', number)
  const own: Oxm[] = [
    { field: 'in_port', value: port },
    { field: 'eth_src', value: facts.record.mac },
  ]
  const actions: Action[] = [
    ...[load('reg3', facts.network), load('reg7', zone), load(REGISTERS.service, number)],
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
  for (const [flag, order] of [
    [0, chain],
    [FLAG.reply, [...chain].reverse()],
  ] as const) {
    const direction: Oxm = { field: 'reg8', value: flag, mask: FLAG.reply }
    for (const [at, number] of [0, ...order.map((hop) => hop.number)].entries()) {
      const next = order[at]
      const actions = next === undefined ? [] : give(next)
      const from: Oxm = { field: REGISTERS.service, value: number }
      set.add(steer, 500, [...its, direction, from], { actions, goto: forward }, cookie)
    }
  }
  // What a service sends or receives itself is led through none of them: nobody sends that on.
  for (const { port, facts } of chain) {
    // What comes from the world keeps the MAC address of the service that sends it on.
    const ends: Oxm[][] = [
      [{ field: REGISTERS.port, value: port }],
      [{ field: 'eth_src', value: facts.record.mac }, NOT_WORLD],
    ]
    for (const end of ends) {
      set.add(steer, 650, [...its, ...end, { field: REGISTERS.service, value: 0 }], { goto: forward }, cookie)
      set.add(steer, 640, [...its, ...end], {}, cookie)
    }
  }
}

function give({ port, facts }: Hop): Action[] {
  return [{ type: 'set_field', field: { field: 'eth_dst', value: facts.record.mac } }, load(REGISTERS.port, port)]
}
