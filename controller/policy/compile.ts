/**
 * From intent and observed to what every switch should hold, at the cost of what changed. A program is the sum of units
 * (an interface on a switch, a port, a rule ...); each unit is a function of the state alone, so compiling step by step
 * and compiling at once give the same (a property test holds them together). It refuses to know what switches have
 * confirmed. Called by compile-loop.ts.
 *
 *     delta ─▶ interfaces ─▶ per switch:  rows of the interface        compile-interface.ts
 *           ─▶ switches   ─▶ per switch:  ports, forwarding, world     compile-switch.ts
 *           ─▶ rules      ─▶ once:        shared policy tables         compile-policy.ts
 *           ─▶ demands    ─▶ per switch:  verdicts that it asked for   compile-demand.ts
 *           ─▶ probes     ─▶ per switch:  what watches for them        compile-watch.ts
 */
import { LINK_CARRIERS, onLinksOf } from './carriers.ts'
import { NetworkStarts } from './compile-block.ts'
import { CARRIER_UNIT, carrierRows } from './compile-carrier.ts'
import { FORWARD_UNIT, ForwardRows } from './compile-forward.ts'
import { factsOf, interfaceUnit, NOTHING_ON_LINKS, ownRows, type Site, siteOf } from './compile-interface.ts'
import { NetworkUnits } from './compile-networks.ts'
import { PolicyShares } from './compile-shares.ts'
import { Steering, steerRows } from './compile-steer.ts'
import { classOf, networkRows, portRows, systemRows, worldExists, worldRows } from './compile-switch.ts'
import { SwitchUnits } from './compile-units.ts'
import { isTurned, keepUnderlay, setUnderlay } from './compile-uplinks.ts'
import { watches } from './compile-watch.ts'
import {
  type Changed,
  type Compiled,
  concernedOnes,
  isForAll,
  type Looked,
  type Looks,
  linksOf,
  lookedAt,
  Pace,
  portName,
  type Seen,
  silentPorts,
  Work,
} from './compile-work.ts'
import { kept, NO_ROWS, type Rows } from './fields.ts'
import type { IntentDelta } from './intent.ts'
import { Interest } from './interest.ts'
import { Multimap } from './multimap.ts'
import { Occurrences } from './occurrences.ts'
import { isAny, type SwitchProgram } from './program.ts'
import { domainOf } from './routing.ts'
import type { Backend, DatapathView, NetworkState, ObservedDelta, ObservedView } from './state.ts'

export type { Changed, Compiled } from './compile-work.ts'
export { guardFlow, TABLE_NAMES, TABLES } from './pipeline.ts'

export class Compiler {
  readonly #backend: Backend
  readonly #pace: Pace
  readonly #forward = new ForwardRows()
  /** The same objects on all switches. */
  readonly #system: Rows
  readonly #switches = new Map<string, SwitchUnits>()
  /** Those that have something to publish. */
  readonly #drafted = new Set<string>()
  readonly #seen = new Map<string, Seen>()
  readonly #byNetwork = new Multimap<string>()
  readonly #byDomain = new Multimap<string>()
  readonly #bySwitch = new Multimap<string>()
  /** Interfaces by `datapathId/port`. */
  readonly #byPort = new Multimap<string>()
  /** Links and uplinks of a switch when it was compiled last. */
  readonly #linksOf = new Map<string, Set<number>>()
  readonly #interest = new Interest()
  readonly #networks = new NetworkUnits(this.#interest)
  readonly #occurrences = new Occurrences()
  readonly #steering = new Steering()
  readonly #policy = new PolicyShares(this.#interest, this.#occurrences)
  #worldExists = false
  /** What any switch puts identities in on links. */
  #onLinks = NOTHING_ON_LINKS
  #isNew = true

  /** @param perStep Rows of one step of work, about. */
  constructor(backend: Backend, perStep?: number) {
    this.#backend = backend
    this.#system = systemRows(backend)
    this.#pace = new Pace(perStep)
  }

  /**
   * Brings the programs up to date and returns those that may have changed. A state of another back end than the one
   * given at construction is read as if it were of that one.
   */
  compile(state: NetworkState, changed: Changed): Map<string, Compiled> {
    for (const _ of this.compiling(state, changed));
    return new Map(this.publishing())
  }

  /** What has been compiled takes effect in the programs, one by one: those that may have changed. */
  *publishing(): Generator<[datapathId: string, compiled: Compiled]> {
    for (const datapathId of this.#drafted) {
      this.#drafted.delete(datapathId)
      const units = this.#switches.get(datapathId)
      if (units === undefined) continue
      const touched = units.publish()
      if (touched === undefined || isAny(touched)) yield [datapathId, { program: units.program, touched }]
    }
  }

  /**
   * Compiles in steps; programs stay as they are until they are published. The state may change between two steps: then
   * what is compiled is of neither state, until what changed meanwhile has been compiled too, by another call. Each row
   * follows from the state as it is when it is made, and what changed is made again; so nothing of the mixture is left.
   */
  *compiling(given: NetworkState, { intent, observed }: Changed): Generator<undefined> {
    const state: NetworkState = { ...given, backend: this.#backend }
    const { datapaths } = state.observed
    const work = new Work()
    const all = this.#isNew || intent === 'all' || observed === 'all'
    this.#isNew = false
    if (all) this.#everything(state, work)
    else {
      this.#takeIntent(intent, work)
      this.#takeObserved(state, observed, work)
    }
    this.#forward.begin(state.intent, all ? 'all' : work.renumbered, work.ends)
    const told = all || this.#switches.size !== datapaths.size ? 'all' : (observed as ObservedDelta).datapaths
    for (const datapathId of told === 'all' ? [...this.#switches.keys()] : told)
      if (!datapaths.has(datapathId) && this.#switches.has(datapathId)) this.#forget(datapathId)
    const present = told === 'all' ? [...datapaths.keys()] : [...told].filter((datapathId) => datapaths.has(datapathId))
    for (const its of present) if (isTurned(this.#switches.get(its), datapaths.get(its)!)) this.#forget(its)
    const fresh = new Set(present.filter((datapathId) => !this.#switches.has(datapathId)))
    const hasWorld = told !== 'all' && told.size === 0 ? this.#worldExists : worldExists(datapaths)
    if (hasWorld !== this.#worldExists) for (const name of this.#seen.keys()) work.interfaces.add(name)
    const hadWorld = this.#worldExists
    this.#worldExists = hasWorld
    if (all || work.ends.size > 0) this.#setOnLinks(state.observed, work)
    for (const datapathId of all ? present : [...(observed as ObservedDelta).datapaths, ...fresh])
      this.#setLinks(datapathId, datapaths.get(datapathId))
    yield* this.#look(state, work, hadWorld || hasWorld)
    this.#networks.lookAt(state, all || hasWorld !== hadWorld ? 'all' : intent, work)
    work.steer = this.#steering.update(state, all ? 'all' : intent, work, this.#byNetwork)
    const looks: Looks = new Map()
    const starts = this.#starts(state, looks)
    work.policy = yield* this.#policy.updating(state.intent, all ? 'all' : intent, this.#pace)
    const isEverywhere = all || intent.switches.size > 0 || isForAll(work)
    for (const datapathId of isEverywhere ? [...this.#switches.keys(), ...fresh] : this.#concerned(work, fresh)) {
      const datapath = datapaths.get(datapathId)
      const units = this.#switches.get(datapathId)
      // One that came meanwhile is told of by another call, and one that went starts anew if it comes back.
      if (units === undefined && !fresh.has(datapathId)) continue
      if (datapath === undefined) this.#forget(datapathId)
      else if (units === undefined) yield* this.#starting(state, datapath, starts, looks)
      else yield* this.#update(state, datapath, units, work, looks)
    }
    this.#occurrences.settle()
  }

  /**
   * What a compiler that has compiled nothing yet makes of a state that does not change meanwhile, switch by switch, in
   * steps: between two the caller may do something else. A switch's program is good until the next step is asked for.
   */
  *anew(
    given: NetworkState,
    wanted: (datapathId: string) => boolean,
  ): Generator<{ datapathId: string; program: SwitchProgram } | undefined> {
    const state: NetworkState = { ...given, backend: this.#backend }
    const { datapaths } = state.observed
    this.#isNew = false
    this.#worldExists = worldExists(datapaths)
    for (const [datapathId, datapath] of datapaths) this.#setLinks(datapathId, datapath)
    const work = new Work()
    this.#setOnLinks(state.observed, work)
    for (const name of state.intent.interfaces.keys()) work.interfaces.add(name)
    yield* this.#look(state, work, this.#worldExists)
    this.#networks.lookAt(state, 'all', work)
    this.#steering.update(state, 'all', work, this.#byNetwork)
    yield* this.#policy.updating(state.intent, 'all', this.#pace)
    this.#forward.begin(state.intent, 'all')
    const looks: Looks = new Map()
    const starts = this.#starts(state, looks)
    for (const [datapathId, datapath] of datapaths) {
      if (!wanted(datapathId)) continue
      yield undefined
      const { program } = yield* this.#starting(state, datapath, starts, looks)
      yield { datapathId, program }
      this.#switches.delete(datapathId)
      this.#forward.forget(datapathId)
      this.#policy.end(datapathId)
    }
  }

  /** Switches whose rows may be others, some that are not known among them. */
  #concerned(work: Work, fresh: Iterable<string>): Set<string> {
    const found = new Set([...fresh, ...concernedOnes(work)])
    if (work.policy.flows.size > 0) for (const datapathId of this.#interest.carriers()) found.add(datapathId)
    return found
  }

  /** Forgets what there was: each switch is a new one. */
  #everything({ intent }: NetworkState, work: Work): void {
    this.#switches.clear()
    this.#policy.clear()
    for (const name of intent.interfaces.keys()) work.interfaces.add(name)
    for (const name of this.#seen.keys()) work.interfaces.add(name)
  }

  #takeIntent(delta: IntentDelta, work: Work): void {
    for (const name of delta.interfaces) work.interfaces.add(name)
    if (delta.prefixesChanged) work.world = true
    for (const number of delta.numbers) {
      const [space, ...rest] = number.split('/')
      const name = rest.join('/')
      if (space === 'network') for (const its of this.#byNetwork.all(name)) work.interfaces.add(its)
      if (space === 'router') for (const its of this.#byDomain.all(number)) work.interfaces.add(its)
      if (space === 'switch') {
        for (const its of this.#bySwitch.all(name)) work.interfaces.add(its)
        work.renumbered.add(name)
        work.world = true
      }
      if (space === 'zone') {
        const slash = name.indexOf('/')
        for (const its of this.#byDomain.all(name.slice(slash + 1))) work.onSwitch.add(name.slice(0, slash), its)
      }
    }
  }

  #takeObserved({ observed }: NetworkState, delta: ObservedDelta, work: Work): void {
    work.demands = delta.demands
    work.probes = delta.probes
    work.ends = delta.ends ?? new Set()
    for (const datapathId of work.ends) {
      for (const name of this.#bySwitch.all(datapathId)) work.interfaces.add(name)
      for (const name of this.#namesFor(datapathId)) work.onSwitch.add(datapathId, name)
    }
    for (const name of delta.places) work.interfaces.add(name)
    for (const datapathId of delta.datapaths) {
      work.allPorts.add(datapathId)
      work.forward.add(datapathId)
      // Uplinks and next hops of one switch are the way out of others.
      work.world = true
      const links = linksOf(observed.datapaths.get(datapathId))
      const before = this.#linksOf.get(datapathId) ?? new Set()
      for (const port of new Set([...links, ...before])) {
        if (links.has(port) && before.has(port)) continue
        for (const name of this.#byPort.all(portName({ datapathId, port }))) work.interfaces.add(name)
      }
    }
  }

  /** Every switch passes on what any two put on links. */
  #setOnLinks(observed: ObservedView, work: Work): void {
    const now = this.#backend === 'fabric' ? onLinksOf(observed) : NOTHING_ON_LINKS
    if (LINK_CARRIERS.every((carrier) => now.has(carrier) === this.#onLinks.has(carrier))) return
    this.#onLinks = now
    for (const name of this.#seen.keys()) work.interfaces.add(name)
    for (const datapathId of observed.datapaths.keys()) work.allPorts.add(datapathId)
  }

  #setLinks(datapathId: string, datapath: DatapathView | undefined): void {
    const links = linksOf(datapath)
    if (datapath === undefined) this.#linksOf.delete(datapathId)
    else this.#linksOf.set(datapathId, links)
    this.#interest.setLinks(datapathId, links.size, (datapath?.uplinkPorts.size ?? 0) > 0)
  }

  /** Notes where interfaces that may have changed were and are, and on which switches their rows may be others. */
  *#look(state: NetworkState, work: Work, world: boolean): Generator<undefined> {
    // Where all switches are new, each looks for itself.
    const isNew = this.#switches.size === 0
    const everywhere = [...(world && !isNew ? state.observed.datapaths.keys() : [])]
    const concern = (name: string): void => {
      const domain = this.#seen.get(name)?.domain
      if (domain === undefined || isNew) return
      for (const datapathId of this.#interest.switchesOf(domain)) work.onSwitch.add(datapathId, name)
    }
    // All that were concerned, before any of the changes takes their interest away.
    for (const name of work.interfaces) {
      concern(name)
      if (this.#pace.spend(1)) yield undefined
    }
    for (const name of work.interfaces) {
      const before = this.#seen.get(name)
      if (before !== undefined) this.#index('remove', name, before)
      const record = state.intent.interfaces.get(name)
      if (before !== undefined && before.network !== record?.network) work.formerly.set(name, before.network)
      const place = state.observed.places.get(name)
      if (record === undefined) this.#seen.delete(name)
      else {
        const identity = state.intent.identityOf(name)
        const domain = domainOf(state.intent, record.network)
        const seen: Seen = { network: record.network, domain, identity, place: place && { ...place } }
        this.#seen.set(name, seen)
        this.#index('add', name, seen)
      }
      for (const where of [before?.place, place]) if (where !== undefined) work.port(where)
      for (const datapathId of everywhere) work.onSwitch.add(datapathId, name)
      if (this.#pace.spend(1 + everywhere.length)) yield undefined
    }
    for (const name of work.interfaces) {
      concern(name)
      if (this.#pace.spend(1)) yield undefined
    }
    for (const [datapathId, networks] of this.#interest.takeChanged()) {
      if (isNew) continue
      work.interest.set(datapathId, networks)
      const names = networks === 'all' ? [this.#seen.keys()] : [...networks].map((name) => this.#byDomain.all(name))
      for (const some of names) for (const name of some) work.onSwitch.add(datapathId, name)
    }
  }

  #lookAt(state: NetworkState, name: string, looks: Looks): Looked | undefined {
    if (looks.has(name)) return looks.get(name)
    const facts = factsOf(state, name)
    const site = { normal: this.#backend === 'normal', world: this.#worldExists, onLinks: this.#onLinks }
    const looked = facts && lookedAt(facts, site)
    looks.set(name, looked)
    return looked
  }

  #index(action: 'add' | 'remove', name: string, { network, domain, identity, place }: Seen): void {
    this.#byNetwork[action](network, name)
    this.#byDomain[action](domain, name)
    this.#occurrences[action](domain, identity)
    if (place === undefined) return
    this.#bySwitch[action](place.datapathId, name)
    this.#byPort[action](portName(place), name)
    this.#interest[action](place.datapathId, domain)
  }

  #forget(datapathId: string): void {
    this.#switches.delete(datapathId)
    this.#forward.forget(datapathId)
    this.#policy.end(datapathId)
    this.#setLinks(datapathId, undefined)
  }

  #starts(state: NetworkState, looks: Looks): NetworkStarts {
    return new NetworkStarts(this.#byNetwork, (name) => this.#lookAt(state, name, looks), this.#pace)
  }

  /** A switch that is not known yet: all of its units. */
  *#starting(
    state: NetworkState,
    datapath: DatapathView,
    starts: NetworkStarts,
    looks: Looks,
  ): Generator<undefined, SwitchUnits> {
    const { datapathId } = datapath
    let units = this.#begin(datapathId)
    if (datapath.underlay !== undefined) return setUnderlay(units, datapath.underlay)
    const site = this.#sites(state, datapath)
    const isCarrier = this.#interest.isCarrier(datapathId)
    const networks = isCarrier ? this.#byNetwork.keys() : this.#networks.at(state, datapathId, this.#byNetwork)
    const left = this.#worldExists ? undefined : yield* starts.beginning(units, networks, site)
    if (left === undefined) units = this.#begin(datapathId)
    for (const name of left ?? this.#namesFor(datapathId)) {
      const rows = this.#setInterface(units, name, this.#lookAt(state, name, looks), site)
      if (this.#pace.spend(rows)) yield undefined
    }
    this.#networks.setAll(state, units, datapathId, this.#worldExists)
    this.#setPorts(datapath, units)
    if (this.#pace.spend(this.#setForward(state, datapath, units))) yield undefined
    units.set(CARRIER_UNIT, carrierRows(this.#backend, datapath, this.#onLinks))
    units.set('world', this.#worldExists ? worldRows(state, datapath) : NO_ROWS)
    this.#setSteer(state, datapath, units)
    yield* this.#policy.starting(state, datapath.datapathId, units, this.#pace)
    for (const [id, meter] of this.#policy.meters) units.shareMeter(id, meter)
    for (const its of watches(state.observed, datapathId)) units.set(...its)
    return units
  }

  #begin(datapathId: string): SwitchUnits {
    const units = new SwitchUnits(() => this.#drafted.add(datapathId))
    this.#switches.set(datapathId, units)
    units.set('system', this.#system)
    return units
  }

  *#update(
    state: NetworkState,
    datapath: DatapathView,
    units: SwitchUnits,
    work: Work,
    looks: Looks,
  ): Generator<undefined> {
    const { datapathId, underlay } = datapath
    if (underlay !== undefined) return keepUnderlay(units, underlay, work.allPorts.has(datapathId))
    const site = this.#sites(state, datapath)
    for (const name of work.onSwitch.all(datapathId)) {
      const network = work.formerly.get(name) ?? this.#seen.get(name)?.network
      const rows = this.#setInterface(units, name, this.#lookAt(state, name, looks), site, network)
      if (this.#pace.spend(rows)) yield undefined
    }
    this.#networks.set(state, units, datapathId, this.#worldExists, work.networks.all(datapathId))
    if (work.allPorts.has(datapathId)) {
      this.#setPorts(datapath, units)
      units.set(CARRIER_UNIT, carrierRows(this.#backend, datapath, this.#onLinks))
    } else {
      const ports = work.ports.get(datapathId) ?? []
      const links = linksOf(datapath)
      for (const port of ports) {
        this.#setPort(datapath, units, port)
        units.setSilent(port, datapath.ports.has(port) && !links.has(port))
      }
    }
    if (work.renumbered.size + work.ends.size > 0 || work.forward.has(datapathId)) {
      if (this.#pace.spend(this.#setForward(state, datapath, units))) yield undefined
    }
    if (work.world) units.set('world', this.#worldExists ? worldRows(state, datapath) : NO_ROWS)
    // Where a network is new, its services are among the names.
    if (work.steer || work.world || this.#steering.concerns(work.onSwitch.all(datapathId)))
      this.#setSteer(state, datapath, units)
    yield* this.#policy.following(state, datapathId, units, work, this.#pace)
    for (const id of work.policy.meters) units.shareMeter(id, this.#policy.meters.get(id))
    for (const its of watches(state.observed, datapathId, work.probes?.get(datapathId) ?? [])) units.set(...its)
  }

  #setSteer(state: NetworkState, datapath: DatapathView, units: SwitchUnits): void {
    const isLocal = (its: string) => this.#interest.isLocal(datapath.datapathId, domainOf(state.intent, its))
    units.set('steer', steerRows(state, datapath, this.#worldExists, isLocal))
  }

  /** @returns rows that were made. */
  #setForward(state: NetworkState, datapath: DatapathView, units: SwitchUnits): number {
    if (this.#backend === 'fabric') return this.#forward.update(state, datapath, (...row) => units.share(...row))
    units.set(FORWARD_UNIT, networkRows(datapath))
    return 1
  }

  /** Interfaces that a new switch may have rows of. */
  *#namesFor(datapathId: string): IterableIterator<string> {
    if (this.#worldExists || this.#interest.isCarrier(datapathId)) yield* this.#seen.keys()
    else for (const network of this.#interest.networksOf(datapathId)) yield* this.#byDomain.all(network)
  }

  /**
   * @param before The network that it was in when the switch was compiled last.
   * @returns Rows that it has there, or had to be made.
   */
  #setInterface(
    units: SwitchUnits,
    name: string,
    looked: Looked | undefined,
    siteIn: (network: string) => Site,
    before?: string,
  ): number {
    if (looked === undefined) {
      units.set(interfaceUnit(name), NO_ROWS, [], before)
      return 1
    }
    const { facts, here, elsewhere, farAway, shared } = looked
    const site = siteIn(facts.record.network)
    if (!this.#interest.concerns(site.datapathId, facts.domain)) {
      units.set(facts.unit, NO_ROWS, farAway, before)
      return 1 + shared
    }
    const own = ownRows(facts, site)
    units.set(facts.unit, own, facts.place?.datapathId === site.datapathId ? here : elsewhere, before)
    return 1 + own.size + shared
  }

  /** Sites of one switch by network, each looked up once. */
  #sites(state: NetworkState, { datapathId }: DatapathView): (network: string) => Site {
    const sites = new Map<string, Site>()
    return (network) => {
      const known = sites.get(network)
      if (known !== undefined) return known
      const isLocal = this.#interest.isLocal(datapathId, domainOf(state.intent, network))
      const services = {
        served: this.#steering.isServed(datapathId, network),
        steered: this.#steering.isSteered(network),
      }
      const site = siteOf(state, datapathId, network, this.#worldExists, isLocal, services, this.#onLinks)
      sites.set(network, site)
      return site
    }
  }

  /** Ports that are there, and ports of interfaces, links and uplinks that are not there yet. */
  #portsOf(datapath: DatapathView): Set<number> {
    const ports = new Set([...datapath.ports.keys(), ...linksOf(datapath)])
    for (const name of this.#bySwitch.all(datapath.datapathId)) {
      const port = this.#seen.get(name)?.place?.port
      if (port !== undefined) ports.add(port)
    }
    return ports
  }

  #setPorts(datapath: DatapathView, units: SwitchUnits): void {
    const ports = this.#portsOf(datapath)
    for (const unit of [...units.unitNames()]) {
      if (unit.startsWith('port/') && !ports.has(Number(unit.slice(5)))) units.set(unit, NO_ROWS)
    }
    for (const port of ports) this.#setPort(datapath, units, port)
    units.setNoFlood(silentPorts(datapath))
  }

  #setPort(datapath: DatapathView, units: SwitchUnits, port: number): void {
    const isTenant = this.#byPort.has(portName({ datapathId: datapath.datapathId, port }))
    const portClass = classOf(datapath, port, isTenant)
    units.set(`port/${port}`, kept(portRows(port, portClass, this.#backend === 'normal', this.#onLinks)))
  }
}
