/**
 * Topology's shell: sends probes, takes what switches report, keeps links, next hops, flood ports and host sightings
 * current, and says what changed. Decisions are made by the pure files next to it; timers, the clock and RxJS are here.
 * It refuses to know connections, records and flows.
 *
 * A switch that is disconnected keeps its links and keeps forwarding as it was last told ("frozen"); when it stays away,
 * others work around it. Remembered links are taken as present until the topology has settled, so that a restart cuts no traffic. What
 * takes a usable way away (a port that goes down) takes effect before the call returns; what is found gathers briefly.
 */
import { NO_BUFFER, PORT_CONTROLLER, PORT_MAX } from 'node-openflow'
import { type Observable, Subject } from 'rxjs'
import { isGroupMac } from '../packet/ethernet.ts'
import { parseFrame } from '../packet/parse.ts'
import { encodeProbe, LinkTable, verifyProbe } from './discover.ts'
import { type Link, type PortRef, portKey } from './graph.ts'
import { type HostSighting, Locations } from './location.ts'
import type { SwitchView, Timers, TopologyChange, TopologyOptions, TopologyPort } from './options.ts'
import { Paths, sameHops } from './paths.ts'
import { floodTree } from './tree.ts'

export type { SwitchView, Timers, TopologyChange, TopologyOptions, TopologyPort, TopologyTell } from './options.ts'

interface Port extends TopologyPort {
  /** When it came up, and when its last probe left; by the monotonic clock. */
  upSince: number
  probed: number
  nextProbe: number
}

const NOWHERE: SwitchView = { fabricPorts: new Set(), nextHops: new Map(), floodPorts: new Set() }
/** Milliseconds that new links gather before ways are computed: at least, and at most. */
const GATHER_MS = [10, 2000] as const
/** In between, so many times what computing them took the last time: a large network that comes up leaves time for others. */
const GATHER_FACTOR = 4
/** Between two probes of a port; and without any until a link is gone, which is more where probes are rarer. */
const PROBE_MS = 1000
const EXPIRY_MS = 3500
/** A host that was not seen for so long is forgotten, in milliseconds. */
const IDLE_MS = 3_600_000
/** Milliseconds in which the same fault of a port is told once; faults remembered at most. */
const FAULT_MS = 10_000
const MAX_FAULTS = 10_000

const TIMERS: Timers = {
  every: (ms, act) => {
    const timer = setInterval(act, ms)
    return () => clearInterval(timer)
  },
  after: (ms, act) => {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
}

export class TopologyService {
  readonly #options: Required<Omit<TopologyOptions, 'hints'>>
  readonly #table = new LinkTable()
  readonly #paths = new Paths()
  readonly #locations = new Locations()
  readonly #changes = new Subject<TopologyChange>()
  /** Connected switches with their ports. */
  readonly #connected = new Map<string, Map<number, Port>>()
  /** Disconnected switches, with when they went; those of the last run went at no time until the topology settles. */
  readonly #frozen = new Map<string, number>()
  readonly #avoided = new Set<string>()
  #views = new Map<string, SwitchView>()
  readonly #faults = new Map<string, number>()
  readonly #stops: (() => void)[] = []
  /** Ports that are up, each once, by the tick in which its next probe is due. */
  readonly #due = new Map<number, [datapathId: string, port: Port][]>()
  readonly #tickMs: number
  #nextDue: number
  #gathering: (() => void) | undefined
  /** Milliseconds that ways took to compute, and those who were told of them to take it in. */
  #tookMs = 0
  #dirty = false
  #linksChanged = false
  #settled = false
  #startedAt: number | undefined
  #lastSwitchUp = 0
  #lastTick = 0
  #stoodStillAt = -Infinity
  /** The longest that a probe was on its way over a known link: since a time, and before that. */
  #late = { since: -Infinity, now: 0, before: 0 }

  constructor(options: TopologyOptions) {
    const { hints = [], ...rest } = options
    this.#options = {
      probeMs: PROBE_MS,
      expiryMs: Math.max(EXPIRY_MS, (EXPIRY_MS / PROBE_MS) * (rest.probeMs ?? PROBE_MS)),
      settleMs: 1500,
      clock: () => performance.now(),
      random: Math.random,
      attached: () => undefined,
      edge: () => false,
      timers: TIMERS,
      ...rest,
    }
    this.#tickMs = Math.max(this.#options.probeMs / 10, 10)
    this.#nextDue = Math.floor(this.#options.clock() / this.#tickMs)
    for (const { from, to } of hints) {
      this.#table.presume({ from: copyPort(from), to: copyPort(to) }, this.#options.clock())
      this.#frozen.set(from.datapathId, Infinity).set(to.datapathId, Infinity)
    }
    // As the last run computed them: switches that have not come back yet still forward so.
    this.#views = this.#compute()
  }

  get changes(): Observable<TopologyChange> {
    return this.#changes
  }

  /** Links believed, with when a probe last arrived (milliseconds since the epoch). */
  get links(): (Link & { lastSeen: number })[] {
    const skew = this.#options.now() - this.#options.clock()
    return this.#table.links().map(({ link, seen }) => ({ ...link, lastSeen: Math.round(seen + skew) }))
  }

  /** Whether remembered links have been confirmed or dropped. */
  get settled(): boolean {
    return this.#settled
  }

  /** MAC to where it was seen last on a port that is no link. */
  get sightings(): ReadonlyMap<number, HostSighting> {
    return this.#locations.sightings
  }

  view(datapathId: string): SwitchView {
    return this.#views.get(datapathId) ?? NOWHERE
  }

  start(): void {
    if (this.#startedAt !== undefined) return
    const { timers, clock } = this.#options
    this.#startedAt = clock()
    this.#lastTick = this.#startedAt
    const tickMs = this.#tickMs
    this.#stops.push(timers.every(tickMs, () => this.#tick(tickMs)))
  }

  close(): void {
    this.#gathering?.()
    for (const stop of this.#stops.splice(0)) stop()
    this.#changes.complete()
  }

  switchUp(datapathId: string, ports: readonly TopologyPort[]): void {
    const now = this.#options.clock()
    this.#lastSwitchUp = now
    const known = new Map<number, Port>()
    for (const port of ports) if (port.port <= PORT_MAX) known.set(port.port, newPort(port, now))
    this.#connected.set(datapathId, known)
    this.#frozen.delete(datapathId)
    this.#avoided.delete(datapathId)
    this.#table.graph.addSwitch(datapathId)
    this.#table.touch(datapathId, now)
    const lost = [...this.#table.graph.fabricPorts(datapathId)].filter((port) => known.get(port)?.up !== true)
    const macs = lost.flatMap((port) => this.#portLost({ datapathId, port }, 'its port is down or gone'))
    this.#dirty = true
    if (lost.length > 0) this.#flush(macs)
    else this.#gather()
    for (const port of known.values()) this.#probe(datapathId, port, now)
  }

  switchDown(datapathId: string, _reason: string): void {
    if (!this.#connected.delete(datapathId)) return
    this.#frozen.set(datapathId, this.#options.clock())
  }

  /** A switch is removed for good: what it was told and its links are forgotten. */
  forget(datapathId: string): void {
    if (this.#connected.has(datapathId)) return
    this.#frozen.delete(datapathId)
    this.#avoided.delete(datapathId)
    for (const link of this.#table.dropSwitch(datapathId)) this.#linkDown(link, 'the switch was removed')
    this.#table.graph.removeSwitch(datapathId)
    this.#dirty = true
    this.#flush()
  }

  portChanged(datapathId: string, port: TopologyPort, removed = false): void {
    const ports = this.#connected.get(datapathId)
    if (ports === undefined || port.port > PORT_MAX) return
    const now = this.#options.clock()
    const before = ports.get(port.port)
    if (removed || !port.up) {
      if (removed) ports.delete(port.port)
      else ports.set(port.port, { ...newPort(port, now), probed: before?.probed ?? -Infinity })
      const macs = this.#portLost({ datapathId, port: port.port }, removed ? 'its port is gone' : 'its port is down')
      this.#flush(macs)
      return
    }
    if (before?.up === true) {
      Object.assign(before, { name: port.name, hwAddr: port.hwAddr })
      return
    }
    const after: Port = { ...newPort(port, now), probed: before?.probed ?? -Infinity }
    ports.set(port.port, after)
    after.nextProbe = Math.max(now, after.probed + this.#options.probeMs)
    if (after.nextProbe <= now) this.#probe(datapathId, after, now)
    else this.#plan(datapathId, after)
  }

  packetIn(datapathId: string, inPort: number, data: Uint8Array, kind: 'probe' | 'unattached'): void {
    if (kind === 'probe') this.#probeArrived({ datapathId, port: inPort }, data)
    else this.#hostSeen({ datapathId, port: inPort }, data)
  }

  #probeArrived(to: PortRef, data: Uint8Array): void {
    const { secret, clock, expiryMs, probeMs } = this.#options
    const now = clock()
    const probe = verifyProbe(secret, data, now, expiryMs)
    if (probe === undefined) return
    if (typeof probe === 'string') {
      // Old because it was read late is no fault of anybody's.
      const waited = now - this.#lastTick > probeMs || now - this.#stoodStillAt < expiryMs
      if (probe === 'replayed' && waited) return
      this.#refuse(to, probe === 'forged' ? 'it is not ours' : 'it is a replay', now)
      return
    }
    const from = { datapathId: probe.datapathId, port: probe.port }
    if (portKey(from) === portKey(to)) {
      this.#refuse(to, 'it came back to the port that it left from', now)
      return
    }
    const left = this.#connected.get(from.datapathId)?.get(from.port)
    const arrived = this.#connected.get(to.datapathId)?.get(to.port)
    // What left before its port last came up, or a port that is down, says nothing of now.
    if (arrived !== undefined && this.#options.edge({ ...to, name: arrived.name })) {
      this.#refuse(to, 'its port holds an interface', now)
      return
    }
    if (left?.up !== true || arrived?.up !== true || probe.time < Math.floor(left.upSince)) return
    const link = { from, to }
    const contradicted: Link[] = []
    const seen = this.#table.see(link, now, contradicted)
    if (seen === 'known') this.#late.now = Math.max(this.#late.now, now - probe.time)
    for (const other of contradicted) this.#linkDown(other, 'another link was found on its port')
    if (seen === 'crowded') this.#refuse(to, 'its port has too many links', now)
    if (seen === 'new') {
      this.#dirty = true
      this.#linksChanged = true
      this.#options.tell('link-up', linkText(link), {})
    }
    if (!this.#dirty) return
    if (contradicted.length > 0) this.#flush()
    else this.#gather()
  }

  #hostSeen(at: PortRef, data: Uint8Array): void {
    const mac = parseFrame(data)?.ethSrc
    if (mac === undefined || mac === 0 || isGroupMac(mac)) return
    if (at.port > PORT_MAX || this.#table.graph.isFabric(at)) return
    const now = this.#options.clock()
    const attached = this.#options.attached(mac)
    const evicted: number[] = []
    const seen = this.#locations.see(mac, at, now, attached, evicted)
    if (seen === 'new' || seen === 'moved') this.#emit(new Set(), new Set([mac, ...evicted]))
    if (seen !== 'contested' || attached === undefined || !this.#isNews(`${portKey(at)} ${attached.name}`, now)) return
    this.#options.tell('interface-contested', attached.name, {
      port: at.port,
      switch: at.datapathId,
      held: portText(attached),
      reason: 'its record attaches it there',
    })
  }

  #tick(tickMs: number): void {
    const { clock, expiryMs } = this.#options
    const now = clock()
    const late = now - this.#lastTick - tickMs
    this.#lastTick = now
    // This process stood still: probes wait to be read, and links are not to blame.
    if (late > 2 * tickMs) {
      this.#table.excuse(late, now)
      this.#stoodStillAt = now
    }
    this.#settle(now)
    for (const [datapathId, since] of this.#frozen) {
      if (this.#avoided.has(datapathId) || now - since <= expiryMs) continue
      this.#avoided.add(datapathId)
      this.#dirty = true
    }
    const silent = this.#table.expire(now, expiryMs + this.#excess(now), (link) => this.#verifiable(link))
    for (const link of silent) this.#linkDown(link, `no probe for ${expiryMs} ms`)
    this.#flush(this.#locations.expire(now, IDLE_MS))
    this.#probeDue(now)
  }

  /**
   * Milliseconds that probes over known links took of late, where that is more than their interval: all that is ours, or
   * all switches, have too much to do, and links are not to blame for what is still on its way.
   */
  #excess(now: number): number {
    const { probeMs, expiryMs } = this.#options
    if (now - this.#late.since > expiryMs) this.#late = { since: now, now: 0, before: this.#late.now }
    const late = Math.max(this.#late.now, this.#late.before)
    return late > probeMs ? late : 0
  }

  /** Costs the probes that are due. */
  #probeDue(now: number): void {
    for (let tick = this.#nextDue; tick <= Math.floor(now / this.#tickMs); tick++) {
      const due = this.#due.get(tick) ?? []
      this.#due.delete(tick)
      for (const [datapathId, port] of due) {
        // Ports that went, or came anew.
        if (this.#connected.get(datapathId)?.get(port.port) !== port) continue
        if (port.nextProbe <= now) this.#probe(datapathId, port, now)
        else this.#plan(datapathId, port)
      }
    }
    this.#nextDue = Math.floor(now / this.#tickMs)
  }

  #plan(datapathId: string, port: Port): void {
    const tick = Math.max(Math.floor(port.nextProbe / this.#tickMs), this.#nextDue)
    const due = this.#due.get(tick)
    if (due === undefined) this.#due.set(tick, [[datapathId, port]])
    else due.push([datapathId, port])
  }

  /** Settled: started long enough ago, and the newest switch had a round of probes; but not put off for ever. */
  #settle(now: number): void {
    const { settleMs, probeMs } = this.#options
    const since = now - (this.#startedAt ?? now)
    if (this.#settled || since < settleMs) return
    const round = probeMs * 1.2 + 100
    if (now - this.#lastSwitchUp < round && since < settleMs * 3) return
    this.#settled = true
    for (const [datapathId, since] of this.#frozen) if (since === Infinity) this.#frozen.set(datapathId, now)
    for (const link of this.#table.dropUnconfirmed(now - round, (each) => this.#verifiable(each)))
      this.#linkDown(link, 'it was remembered, but is not there')
    this.#flush()
    this.#options.tell('topology-settled', 'topology', { links: this.#table.graph.size })
    this.#changes.next({ datapaths: new Set(), macs: new Set(), links: false })
  }

  /** Whether probes can tell: both switches are here. */
  #verifiable({ from, to }: Link): boolean {
    return this.#connected.has(from.datapathId) && this.#connected.has(to.datapathId)
  }

  #probe(datapathId: string, port: Port, now: number): void {
    const { send, secret, probeMs, expiryMs, random, edge } = this.#options
    if (!port.up) return
    port.nextProbe = now + probeMs * (1 + random() / 10)
    const from = { datapathId, port: port.port }
    if (edge({ ...from, name: port.name })) {
      this.#plan(datapathId, port)
      return
    }
    const sent = send(datapathId, {
      type: 'packet_out',
      xid: 0,
      buffer_id: NO_BUFFER,
      in_port: PORT_CONTROLLER,
      actions: [{ type: 'output', port: port.port, max_len: 0 }],
      data: encodeProbe(secret, { ...from, time: now }, port.hwAddr, expiryMs / 1000),
    })
    if (sent) {
      port.probed = now
    } else {
      // A connection that is full says nothing of the link.
      port.nextProbe = now + probeMs / 4
      this.#table.hold(from, now - probeMs)
    }
    this.#plan(datapathId, port)
  }

  /** Drops links and hosts of a port. @returns The MAC addresses that were there. */
  #portLost(port: PortRef, reason: string): number[] {
    for (const link of this.#table.dropPort(port, this.#options.clock())) this.#linkDown(link, reason)
    return this.#locations.forgetPort(port)
  }

  #linkDown(link: Link, reason: string): void {
    this.#dirty = true
    this.#linksChanged = true
    this.#options.tell('link-down', linkText(link), { reason })
  }

  #refuse(at: PortRef, reason: string, now: number): void {
    if (this.#isNews(`${portKey(at)} ${reason}`, now)) this.#options.tell('link-refused', portText(at), { reason })
  }

  /** Whether a fault was not told a moment ago. */
  #isNews(fault: string, now: number): boolean {
    const last = this.#faults.get(fault)
    if (last !== undefined && now - last < FAULT_MS) return false
    if (this.#faults.size >= MAX_FAULTS) this.#faults.clear()
    this.#faults.set(fault, now)
    return true
  }

  #gather(): void {
    const [least, most] = GATHER_MS
    const wait = Math.min(Math.max(GATHER_FACTOR * this.#tookMs, least), most)
    this.#gathering ??= this.#options.timers.after(wait, () => {
      this.#gathering = undefined
      this.#flush()
    })
  }

  /** Brings views up to date and says what changed. */
  #flush(macs: Iterable<number> = []): void {
    const changedMacs = new Set(macs)
    const datapaths = new Set<string>()
    const computes = this.#dirty
    const begun = this.#options.clock()
    if (computes) {
      this.#dirty = false
      const views = this.#compute()
      for (const datapathId of new Set([...this.#views.keys(), ...views.keys()])) {
        const before = this.#views.get(datapathId) ?? NOWHERE
        const after = views.get(datapathId) ?? NOWHERE
        if (sameView(before, after)) continue
        datapaths.add(datapathId)
        for (const port of after.fabricPorts)
          if (!before.fabricPorts.has(port))
            for (const mac of this.#locations.forgetPort({ datapathId, port })) changedMacs.add(mac)
      }
      this.#views = views
    }
    this.#emit(datapaths, changedMacs)
    if (computes) this.#tookMs = this.#options.clock() - begun
  }

  #emit(datapaths: Set<string>, macs: Set<number>): void {
    const links = this.#linksChanged
    if (!links && datapaths.size === 0 && macs.size === 0) return
    this.#linksChanged = false
    this.#changes.next({ datapaths, macs, links })
  }

  /** Views of all switches; those that cannot be told keep theirs in what others make of it. */
  #compute(): Map<string, SwitchView> {
    const { graph } = this.#table
    const frozen = [...this.#frozen.keys()].filter((datapathId) => this.#views.has(datapathId))
    const hops = new Map(frozen.map((datapathId) => [datapathId, this.view(datapathId).nextHops]))
    const floods = new Map(frozen.map((datapathId) => [datapathId, this.view(datapathId).floodPorts]))
    const usable = graph.usableLinks()
    this.#paths.update(graph.switches, usable, { frozen: hops, avoided: this.#avoided })
    const tree = floodTree(graph.switches, usable, floods)
    const views = new Map<string, SwitchView>()
    for (const datapathId of graph.switches) {
      views.set(datapathId, {
        fabricPorts: graph.fabricPorts(datapathId),
        nextHops: hops.get(datapathId) ?? this.#paths.of(datapathId),
        floodPorts: floods.get(datapathId) ?? tree.get(datapathId) ?? NOWHERE.floodPorts,
      })
    }
    return views
  }
}

function newPort(port: TopologyPort, now: number): Port {
  const { name, up, hwAddr } = port
  return { port: port.port, name, up, hwAddr, upSince: now, probed: -Infinity, nextProbe: now }
}

function copyPort({ datapathId, port }: PortRef): PortRef {
  return { datapathId, port }
}

function sameView(a: SwitchView, b: SwitchView): boolean {
  return (
    sameSet(a.fabricPorts, b.fabricPorts) && sameSet(a.floodPorts, b.floodPorts) && sameHops(a.nextHops, b.nextHops)
  )
}

function sameSet(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((port) => b.has(port))
}

function portText({ datapathId, port }: PortRef): string {
  return `${datapathId} port ${port}`
}

function linkText({ from, to }: Link): string {
  return `${portText(from)} to ${portText(to)}`
}
