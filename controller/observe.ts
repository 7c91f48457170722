/**
 * Where things are, for the compiler (law 2's *observed*): every switch with its ports, links and next hops, and the
 * place of every interface record. It combines facts that others find out (the channel: ports; topology: links and
 * where a MAC was seen; intent: how a record is attached) and refuses to find out anything itself. Called by main.ts.
 *
 * Places. A record attached to a port, by number or name, is where that port is. A record found by its MAC is on the
 * port from which a frame of that MAC came last, but it does not leave a port that is up: a MAC that shows up elsewhere
 * meanwhile is reported and ignored, so that nobody takes an address over by shouting. Ports of links and uplinks hold
 * no interface. A record attached by an interface id is on the port that says it (iface-ids.ts), and stays there as long
 * as that does. A switch that is away keeps its ports and places: it goes on enforcing, and others go on sending to it.
 */
import { type InterfaceRecord, ifaceIdOf, type SwitchRecord, type TunnelAddress } from '../model/records.ts'
import type { Tell } from './events.ts'
import { IfaceIds } from './iface-ids.ts'
import type { FabricView, HypervisorFacts, TopologyFacts } from './observed-facts.ts'
import { PerSwitch } from './per-switch.ts'
import { add, key, readKey, sameSet } from './places.ts'
import { TUNNEL_PORTS } from './policy/carriers.ts'
import { type Intent, type IntentDelta, namedPortKey } from './policy/intent.ts'
import type {
  DatapathView,
  Demand,
  Edge,
  ObservedDelta,
  ObservedView,
  Place,
  PortView,
  ProbeMatch,
  TunnelEnd,
} from './policy/state.ts'
import { Sizes } from './sizes.ts'
import { edgeText, TunnelEnds } from './tunnel-ends.ts'

export type { FabricView, HypervisorFacts, TopologyFacts } from './observed-facts.ts'

interface Datapath extends DatapathView {
  ports: Map<number, PortView>
}

/** Of a switch without a record. */
const NOT_SAID: Partial<SwitchRecord> = {}
const NOWHERE: FabricView = { fabricPorts: new Set(), nextHops: new Map(), floodPorts: new Set() }

export class Observed implements ObservedView {
  readonly datapaths = new Map<string, Datapath>()
  readonly places = new Map<string, Place>()
  /** What switches asked and may keep the verdict of, and probes that they are to watch for. */
  readonly asked = new PerSwitch<string, Demand>()
  readonly watched = new PerSwitch<number, ProbeMatch>()
  readonly demands = this.asked.all
  readonly probes = this.watched.all
  readonly #intent: Intent
  readonly #topology: TopologyFacts
  readonly #tell: Tell
  /** Names of records by `datapath port` of their place. */
  readonly #at = new Map<string, Set<string>>()
  /** Ports by name, as `datapath port`. */
  readonly #named = new Map<string, Set<string>>()
  /** Ports on which the MAC or the id of a record was seen in vain since it is where it is. */
  readonly #contests = new Map<string, Set<string>>()
  /** By datapath id. */
  readonly #hypervisors = new Map<string, HypervisorFacts>()
  readonly #ifaceIds = new IfaceIds()
  readonly #ends: TunnelEnds
  readonly sizes: Sizes
  #delta: ObservedDelta = { datapaths: new Set(), places: new Set() }
  /** While something is only supposed: places that were given up, as they were. */
  #supposed: Map<string, Place | undefined> | undefined

  constructor(intent: Intent, topology: TopologyFacts, tell: Tell) {
    this.#intent = intent
    this.#topology = topology
    this.#tell = (...event) => {
      if (this.#supposed === undefined) tell(...event)
    }
    this.sizes = new Sizes(intent, this.#hypervisors)
    this.#ends = new TunnelEnds({
      recordOf: (datapathId) => intent.switchOf(datapathId),
      encapOf: (datapathId) => this.encapOf(datapathId),
      mtuOf: (datapathId) => this.sizes.below(datapathId),
      isPresent: (datapathId) => this.datapaths.has(datapathId),
      tell: this.#tell,
    })
    for (const { datapathId } of intent.switches.values()) this.#reshape(datapathId)
  }

  /** Whether an interface record is on this port now. */
  holdsInterface({ datapathId, port }: Place): boolean {
    return this.#at.has(key(datapathId, port))
  }

  /** Where a record, written or to be written, would be found now. */
  expected(record: InterfaceRecord): Place | undefined {
    const before = this.places.get(record.name)
    if (record.attachment.kind !== 'mac') return this.#placeOf(record, before)
    return before ?? this.#topology.sighting(record.mac)
  }

  /** What changed since the last call; undefined where nothing did. */
  takeDelta(): ObservedDelta | undefined {
    const delta = this.#delta
    const [demands, probes] = [this.asked.take(), this.watched.take()]
    const isEmpty = delta.datapaths.size === 0 && delta.places.size === 0
    if (isEmpty && demands === undefined && probes === undefined) return undefined
    this.#delta = { datapaths: new Set(), places: new Set() }
    return { ...delta, ...(demands && { demands }), ...(probes && { probes }) }
  }

  /** Places, and ends that databases named, of an earlier run, until the switches and databases say better. */
  recall(places: Iterable<readonly [string, Place]>, ends: Iterable<readonly [string, TunnelAddress]> = []): void {
    for (const [datapathId, end] of ends) {
      this.#ends.recall(datapathId, end)
      this.#reshape(datapathId)
    }
    for (const [name, place] of places) {
      const kind = this.#intent.interfaces.get(name)?.attachment.kind
      if (kind !== undefined && kind !== 'port') this.#put(name, place)
    }
    for (const name of this.#intent.interfaces.keys()) this.#locate(name)
  }

  /** @param measures Whether it compares the length of packets. */
  switchUp(datapathId: string, ports: Iterable<PortView>, measures = true): void {
    const before = this.datapaths.get(datapathId)
    this.sizes.measures(datapathId, measures)
    for (const port of before?.ports.values() ?? []) this.#unname(datapathId, port)
    const now = new Map([...ports].map((port) => [port.port, port]))
    this.#lookAtEnd(datapathId)
    this.#reshaped(datapathId, this.#shape(datapathId, now))
    for (const port of now.values()) this.#name(datapathId, port)
    this.#delta.datapaths.add(datapathId)
    const concerned = new Set<string>()
    for (const port of [...(before?.ports.values() ?? []), ...now.values()]) this.#concern(datapathId, port, concerned)
    for (const name of this.places.keys()) if (this.places.get(name)?.datapathId === datapathId) concerned.add(name)
    this.#locateAll(concerned)
  }

  /** A switch that will not come back: its ports are gone, and its interfaces are nowhere unless attached to it by number. */
  switchForgotten(datapathId: string): void {
    const before = this.datapaths.get(datapathId)
    const concerned = new Set<string>()
    for (const [name, place] of this.places) if (place.datapathId === datapathId) concerned.add(name)
    // Those whose port it did not have: where it is not known, their records are believed.
    for (const { name, attachment } of this.#intent.interfaces.values()) {
      if (attachment.kind === 'port' && attachment.datapathId === datapathId) concerned.add(name)
    }
    for (const port of before?.ports.values() ?? []) this.#unname(datapathId, port)
    this.#reshaped(datapathId, undefined)
    this.sizes.measures(datapathId, true)
    this.demands.delete(datapathId)
    this.probes.delete(datapathId)
    this.#delta.datapaths.add(datapathId)
    for (const name of concerned) {
      if (this.#intent.interfaces.get(name)?.attachment.kind !== 'port') this.#put(name, undefined)
    }
    this.#locateAll(concerned)
  }

  portChanged(datapathId: string, port: PortView, removed: boolean): void {
    const datapath = this.datapaths.get(datapathId)
    if (datapath === undefined) return
    const before = datapath.ports.get(port.port)
    const concerned = new Set<string>()
    if (before !== undefined) {
      this.#concern(datapathId, before, concerned)
      this.#unname(datapathId, before)
    }
    if (removed) datapath.ports.delete(port.port)
    else {
      datapath.ports.set(port.port, port)
      this.#name(datapathId, port)
      this.#concern(datapathId, port, concerned)
    }
    this.#reshape(datapathId)
    this.#delta.datapaths.add(datapathId)
    this.#locateAll(concerned)
  }

  /** The end of tunnels that the database of a switch's hypervisor names. */
  encapOf(datapathId: string): HypervisorFacts['encap'] {
    return this.#hypervisors.get(datapathId)?.encap
  }

  /** Whether a port says whose it is. */
  hasIfaceId(datapathId: string, portName: string): boolean {
    return this.#ifaceIds.of(datapathId, portName) !== undefined
  }

  /**
   * The database of a switch's hypervisor says this now; undefined: no database has the switch any more.
   * @param ports Names of ports whose ids may be others than before; all where absent.
   */
  hypervisorChanged(datapathId: string, facts: HypervisorFacts | undefined, ports?: Iterable<string>): void {
    const isNew = !this.#hypervisors.has(datapathId)
    const [before, mtu] = [this.endSaid(datapathId), this.sizes.below(datapathId)]
    if (facts === undefined) this.#hypervisors.delete(datapathId)
    else this.#hypervisors.set(datapathId, facts)
    this.#ends.recall(datapathId, undefined)
    const after = facts?.encap
    const isOther = before?.kind !== after?.kind || before?.address !== after?.address
    if (isOther || mtu !== this.sizes.below(datapathId)) this.#reshape(datapathId)
    for (const id of this.#ifaceIds.update(datapathId, facts?.ifaceIds, ports))
      this.#locateAll(this.#intent.interfacesByIfaceId.all(id))
    if (!isNew) return
    const concerned = new Set<string>()
    for (const port of this.datapaths.get(datapathId)?.ports.values() ?? []) this.#concern(datapathId, port, concerned)
    this.#locateAll(concerned)
  }

  /** Links, next hops or flood ports of these switches, or sightings of these MACs, changed. */
  topologyChanged(datapaths: Iterable<string>, macs: Iterable<number>): void {
    for (const datapathId of datapaths) {
      const before = this.datapaths.get(datapathId)
      if (before === undefined) continue
      this.#reshape(datapathId)
      this.#delta.datapaths.add(datapathId)
      this.#relocateWhere(datapathId, before.fabricPorts, this.datapaths.get(datapathId)!.fabricPorts)
    }
    for (const mac of macs) {
      const name = this.#intent.byMac(mac)
      if (name !== undefined) this.#locate(name)
    }
  }

  /** Intent must have taken the change already. */
  intentChanged(delta: Pick<IntentDelta, 'interfaces' | 'switches'>): void {
    if (delta.switches.size > 0) {
      const named = [...delta.switches].flatMap((name) => this.#intent.switches.get(name)?.datapathId ?? [])
      for (const its of new Set([...this.absent.keys(), ...named])) if (!this.datapaths.has(its)) this.#reshape(its)
      for (const [datapathId, before] of [...this.datapaths]) {
        this.#reshape(datapathId)
        const after = this.datapaths.get(datapathId)!
        const [were, are] = [before, after].map(({ uplinkPorts, tunnel }) => withTunnel(uplinkPorts, tunnel))
        if (sameSet(were!, are!) && JSON.stringify(before.underlay) === JSON.stringify(after.underlay)) continue
        this.#delta.datapaths.add(datapathId)
        this.#relocateWhere(datapathId, were!, are!)
      }
    }
    this.#locateAll(delta.interfaces)
  }

  /**
   * Shows `look` where things would be if intent had this change; intent must have taken it already. Afterwards
   * everything is where it was and nothing was told.
   */
  suppose<T>(delta: Pick<IntentDelta, 'interfaces' | 'switches'>, look: (delta: ObservedDelta) => T): T {
    const pending = this.#delta
    const datapaths = new Map(this.datapaths)
    const contests = [...this.#contests].map(([name, ports]) => [name, new Set(ports)] as const)
    const moved = new Map<string, Place | undefined>()
    const restoreEnds = this.#ends.remember()
    this.#delta = { datapaths: new Set(), places: new Set() }
    this.#supposed = moved
    try {
      this.intentChanged(delta)
      return look(this.#delta)
    } finally {
      for (const [name, place] of moved) this.#put(name, place)
      for (const [datapathId, datapath] of datapaths) this.datapaths.set(datapathId, datapath)
      restoreEnds()
      this.#contests.clear()
      for (const [name, ports] of contests) this.#contests.set(name, ports)
      this.#supposed = undefined
      this.#delta = pending
    }
  }

  #shape(datapathId: string, ports: Map<number, PortView>): Datapath {
    const { underlay, uplinks: names, carriers } = this.#intent.switchOf(datapathId) ?? NOT_SAID
    if (underlay !== undefined) {
      const named = underlay.uplinks.map((name) => [...ports.values()].find((its) => its.name === name)?.port)
      const view = { kind: underlay.kind, ports: named.filter((port) => port !== undefined) }
      return { ...{ datapathId, ports, uplinkPorts: new Set() }, ...NOWHERE, underlay: view }
    }
    const uplinks = new Set(names)
    const uplinkPorts = new Set([...ports.values()].filter(({ name }) => uplinks.has(name)).map(({ port }) => port))
    const view = { ...NOWHERE, ...this.#topology.view(datapathId) }
    const tunnel = this.#tunnel(datapathId, ports)
    return {
      ...{ datapathId, ports, uplinkPorts, ...view },
      ...(tunnel && { tunnel, fabricPorts: new Set([...view.fabricPorts, tunnel.port]) }),
      ...(carriers && carriers.length > 0 && { carriers }),
      ...this.sizes.of(datapathId),
    }
  }

  #reshape(datapathId: string): void {
    this.#lookAtEnd(datapathId)
    const datapath = this.datapaths.get(datapathId)
    if (datapath === undefined) this.#reshaped(datapathId, undefined)
    else this.#reshaped(datapathId, this.#shape(datapathId, datapath.ports))
  }

  /** A switch looks like this now; undefined: it is gone. */
  #reshaped(datapathId: string, now: Datapath | undefined): void {
    const before = this.datapaths.get(datapathId)
    if (now === undefined) this.datapaths.delete(datapathId)
    else this.datapaths.set(datapathId, now)
    const isOther = this.#ends.lookAbsent(datapathId)
    if (edgeText(before) === edgeText(now) && before?.measures === now?.measures && !isOther) return
    this.#delta.ends ??= new Set()
    this.#delta.ends.add(datapathId)
    this.#delta.datapaths.add(datapathId)
  }

  /** The end that a switch has, where its port is there. */
  #tunnel(datapathId: string, ports: ReadonlyMap<number, PortView>): TunnelEnd | undefined {
    const end = this.#ends.of(datapathId)
    if (end === undefined) return undefined
    const name = TUNNEL_PORTS[end.kind]
    const port = [...ports.values()].find((its) => its.name === name)?.port
    return port === undefined ? undefined : { ...end, port }
  }

  /** The end of tunnels that a switch is to have. */
  endOf(datapathId: string): TunnelAddress | undefined {
    return this.#ends.wanted(datapathId)
  }

  /** What the database of a switch's hypervisor named last as its end, in this run or an earlier one. */
  endSaid(datapathId: string): TunnelAddress | undefined {
    return this.#ends.said(datapathId)
  }

  /** Switches that have not connected, as far as others need to know them. */
  get absent(): ReadonlyMap<string, Edge> {
    return this.#ends.absent
  }

  #lookAtEnd(datapathId: string): void {
    for (const other of this.#ends.look(datapathId)) this.#reshape(other)
  }

  /** Interfaces on, or attached to, ports that are in one of two sets only. */
  #relocateWhere(datapathId: string, before: ReadonlySet<number>, after: ReadonlySet<number>): void {
    const concerned = new Set<string>()
    for (const number of new Set([...before, ...after])) {
      if (before.has(number) === after.has(number)) continue
      const port = this.datapaths.get(datapathId)?.ports.get(number)
      if (port !== undefined) this.#concern(datapathId, port, concerned)
    }
    this.#locateAll(concerned)
  }

  /** Records that a port may be the place of. */
  #concern(datapathId: string, { port, name }: PortView, into: Set<string>): void {
    for (const record of this.#at.get(key(datapathId, port)) ?? []) into.add(record)
    const attached = this.#intent.byAttachment(datapathId, port, name)
    if (attached !== undefined) into.add(attached)
    for (const where of [datapathId, undefined])
      for (const record of this.#intent.interfacesByNamedPort.all(namedPortKey(name, where))) into.add(record)
    const id = this.#ifaceIds.of(datapathId, name)
    if (id !== undefined) for (const record of this.#intent.interfacesByIfaceId.all(id)) into.add(record)
  }

  #locateAll(names: Iterable<string>): void {
    for (const name of [...names]) this.#locate(name)
  }

  #locate(name: string): void {
    const record = this.#intent.interfaces.get(name)
    const before = this.places.get(name)
    const after = record === undefined ? undefined : this.#placeOf(record, before)
    if (before?.datapathId === after?.datapathId && before?.port === after?.port) return
    this.#put(name, after)
    if (after !== undefined)
      this.#tell('interface-placed', name, { port: this.#portText(after), switch: after.datapathId })
    else if (record !== undefined) this.#tell('interface-unplaced', name, { reason: 'its port is gone' })
  }

  #placeOf(record: InterfaceRecord, before: Place | undefined): Place | undefined {
    const { attachment } = record
    if (attachment.kind === 'port') {
      const place = { datapathId: attachment.datapathId, port: attachment.port }
      return this.#holds(place) ? place : undefined
    }
    if (attachment.kind === 'portName') {
      const { portName, datapathId } = attachment
      if (
        before !== undefined &&
        this.#isNamed(before, portName) &&
        (datapathId ?? before.datapathId) === before.datapathId
      )
        return before
      const candidates = [...(this.#named.get(portName) ?? [])].sort().map(readKey)
      return candidates.find(
        (place) => (datapathId === undefined || place.datapathId === datapathId) && this.#holds(place),
      )
    }
    if (attachment.kind === 'ifaceId') return this.#claimedBy(record, ifaceIdOf(record), before)
    const seen = this.#topology.sighting(record.mac)
    const held = before !== undefined && this.#holds(before) ? before : undefined
    if (seen === undefined || !this.#holds(seen)) return held
    if (held === undefined || (held.datapathId === seen.datapathId && held.port === seen.port)) return seen
    const port = this.datapaths.get(held.datapathId)?.ports.get(held.port)
    if (port !== undefined && !port.up) return seen
    this.#contest('interface-contested', record.name, seen, held, 'that port is up, so the interface stays there')
    return held
  }

  /** The port that says the id of an interface; of several the one where it is, else the first that did. */
  #claimedBy({ name }: InterfaceRecord, id: string, before: Place | undefined): Place | undefined {
    const claims = this.#ifaceIds.claims(id)
    const places = claims.flatMap(({ datapathId, portName }) =>
      [...(this.#named.get(portName) ?? [])]
        .map(readKey)
        .filter((place) => place.datapathId === datapathId && this.#holds(place)),
    )
    const there = before !== undefined && this.#holds(before) ? before : undefined
    const isThere = (place: Place): boolean => place.datapathId === there?.datapathId && place.port === there.port
    // Which port of a switch that has not been here yet has a name, nobody knows: its place of an earlier run is believed.
    const isSaid =
      there !== undefined && this.datapaths.has(there.datapathId)
        ? places.some(isThere)
        : claims.some(({ datapathId }) => datapathId === there?.datapathId)
    if (there !== undefined && isSaid) {
      for (const other of places) if (!isThere(other)) this.#contest('iface-id-contested', name, other, there, id)
      return there
    }
    if (places.length > 0) return places[0]
    // Until the database of its hypervisor says something.
    return there !== undefined && !this.#hypervisors.has(there.datapathId) ? there : undefined
  }

  /** Told once for each port, until the interface moves: who shouts must not fill the log. */
  #contest(
    type: 'interface-contested' | 'iface-id-contested',
    name: string,
    seen: Place,
    held: Place,
    reason: string,
  ): void {
    const contested = key(seen.datapathId, seen.port)
    if (this.#contests.get(name)?.has(contested) === true) return
    add(this.#contests, name, contested)
    const text = `${this.#portText(held)} of ${held.datapathId}`
    this.#tell(type, name, { port: this.#portText(seen), switch: seen.datapathId, held: text, reason })
  }

  /** Whether a place can hold an interface. Of a switch that has not been here yet it is believed. */
  #holds({ datapathId, port }: Place): boolean {
    const datapath = this.datapaths.get(datapathId)
    if (datapath === undefined) return true
    if (datapath.underlay !== undefined) return false
    return datapath.ports.has(port) && !datapath.fabricPorts.has(port) && !datapath.uplinkPorts.has(port)
  }

  #isNamed(place: Place, portName: string): boolean {
    const datapath = this.datapaths.get(place.datapathId)
    return datapath === undefined || (datapath.ports.get(place.port)?.name === portName && this.#holds(place))
  }

  #put(name: string, place: Place | undefined): void {
    const before = this.places.get(name)
    if (this.#supposed?.has(name) === false) this.#supposed.set(name, before)
    if (before !== undefined) {
      const at = this.#at.get(key(before.datapathId, before.port))
      at?.delete(name)
      if (at?.size === 0) this.#at.delete(key(before.datapathId, before.port))
    }
    this.#contests.delete(name)
    this.#delta.places.add(name)
    if (place === undefined) {
      this.places.delete(name)
      return
    }
    this.places.set(name, place)
    add(this.#at, key(place.datapathId, place.port), name)
  }

  #name(datapathId: string, { port, name }: PortView): void {
    add(this.#named, name, key(datapathId, port))
  }

  #unname(datapathId: string, { port, name }: PortView): void {
    const named = this.#named.get(name)
    named?.delete(key(datapathId, port))
    if (named?.size === 0) this.#named.delete(name)
  }

  #portText({ datapathId, port }: Place): string {
    return this.datapaths.get(datapathId)?.ports.get(port)?.name ?? String(port)
  }
}

/** Ports that hold no interface on account of what records say. */
function withTunnel(uplinkPorts: ReadonlySet<number>, tunnel: TunnelEnd | undefined): ReadonlySet<number> {
  return tunnel === undefined ? uplinkPorts : new Set([...uplinkPorts, tunnel.port])
}
