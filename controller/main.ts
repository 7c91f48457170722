/**
 * The controller put together: store, intent, channel, topology, compiler, API; what is started after what, and which
 * facts go where. It decides nothing itself: each line connects a part that knows to a part that needs to know.
 *
 *     store ─watch─▶ intent ─▶ compile loop ─▶ channel ─▶ switches
 *       ▲                          ▲              │
 *     writer ◀─ API            observed ◀── topology, ports, sightings
 */
import { randomBytes } from 'node:crypto'
import { systemClock } from '../host/clock.ts'
import { type ControllerConfig, endpointText } from '../host/config.ts'
import { EXIT_CODE, Lifecycle } from '../host/lifecycle.ts'
import type { Log } from '../host/log.ts'
import { PREFIX, type SwitchRecord } from '../model/records.ts'
import { openEmbeddedStore } from '../store/embedded.ts'
import { TopologyService } from '../topology/service.ts'
import { RECORD_KINDS } from './api/messages.ts'
import { API_LIMITS, startApi } from './api/server.ts'
import { Applied, type SwitchApplied } from './applied.ts'
import { CapacityWatch } from './capacity.ts'
import { Southbound } from './channel/southbound.ts'
import type { ChannelEvent, SwitchProgress } from './channel/types.ts'
import { CompileLoop } from './compile-loop.ts'
import { Cutter } from './cutter.ts'
import { Demands } from './demands.ts'
import { EventLog } from './events.ts'
import { Hints } from './hints.ts'
import { Hypervisors } from './hypervisors.ts'
import { southboundOptions } from './listening.ts'
import { type MetricSources, Metrics, serveMetrics } from './metrics.ts'
import { Numbering } from './numbering.ts'
import { Observed } from './observe.ts'
import { intentEntries, OwedCuts } from './owed-cuts.ts'
import { packetHandler } from './packets.ts'
import { Planner } from './plan/planner.ts'
import { capacities } from './policy/capacity.ts'
import { Compiler } from './policy/compile.ts'
import { demandRows } from './policy/compile-demand.ts'
import { Intent } from './policy/intent.ts'
import { PolicyLookup } from './policy/lookup.ts'
import { startProbing } from './probing/start.ts'
import { StateChanges } from './state-changes.ts'
import { SteeringWatch } from './steering.ts'
import { Verifier } from './verify.ts'
import { createWriter, REQUEST_LIMITS } from './write.ts'
import { Zones } from './zones.ts'

export interface ControllerServices {
  log: Log
  /** Aborted to ask for a stop. */
  stop: AbortSignal
}

export interface RunningController {
  addresses: { grpc: string; openflow: string[] }
  /** Resolves when everything has been stopped. */
  stopped: Promise<void>
  stop(): Promise<void>
}

/** Milliseconds that calls may take to finish when the controller stops. */
const API_GRACE_MS = 2000
const DAY_MS = 86_400_000

/** Runs a controller in this process. Rejects, with nothing left behind, where a part does not start. */
export async function runController(
  config: ControllerConfig,
  { log, stop }: ControllerServices,
): Promise<RunningController> {
  const clock = systemClock
  const lifecycle = new Lifecycle({ clock, log, boundMs: config.limits.stopMs })
  // A defect in a subscriber or a promise may have left memory half changed: what is on disk is whole, so start again.
  const defect = (error: unknown): void => {
    log.fatal('a defect ends the controller; switches keep enforcing; start it again and report this', { error })
    process.exit(EXIT_CODE.failed)
  }
  process.on('uncaughtException', defect)
  lifecycle.onStop('defects', () => {
    process.off('uncaughtException', defect)
  })
  try {
    const addresses = await start(config, log, lifecycle)
    let stopped: () => void = () => {}
    const whenStopped = new Promise<void>((resolve) => {
      stopped = resolve
    })
    const end = async (reason: string): Promise<void> => {
      await lifecycle.stop(reason)
      stopped()
    }
    if (stop.aborted) void end(String(stop.reason))
    stop.addEventListener('abort', () => void end(String(stop.reason)), { once: true })
    return { addresses, stopped: whenStopped, stop: () => end('asked to') }
  } catch (error) {
    await lifecycle.stop('a part does not start')
    throw error
  }
}

/** Where a record names the ports that may be links, no other is. */
function isNoLink(record: SwitchRecord | undefined, portName: string): boolean {
  return record !== undefined && record.links.length > 0 && !record.links.includes(portName)
}

async function start(
  config: ControllerConfig,
  log: Log,
  lifecycle: Lifecycle,
): Promise<RunningController['addresses']> {
  const clock = systemClock
  const now = (): number => clock.now()
  const events = new EventLog(now, config.limits.events)
  const eventLog = log.child('event')
  events.follow.subscribe(({ type, severity, subject, sentence }) => {
    const level = severity === 'alert' ? 'error' : severity === 'warning' ? 'warn' : 'info'
    eventLog[level](sentence, { type, subject })
  })
  const { tell } = events
  lifecycle.onStop('events', () => events.close())

  const store = await openEmbeddedStore({
    directory: config.store,
    archive: { octets: config.limits.historyOctets, ageMs: config.limits.historyDays * DAY_MS },
    // Answers to repeated requests are no history.
    archives: (key) => !key.startsWith(PREFIX.request),
    report: (event) => {
      if (event.type === 'archive_damaged')
        tell('history-damaged', event.file, { oldest: event.oldest, reason: event.reason })
      if (event.type === 'archive_failed')
        tell('history-lost', config.store, { oldest: event.oldest, reason: event.error.message })
    },
  })
  lifecycle.onStop('store', () => store.close())
  const capacity = new CapacityWatch(tell, () => clock.monotonic())
  const writer = createWriter(store, now, REQUEST_LIMITS, (failure) => capacity.refused(failure), {
    switchOf: (record) => zones.switchOf(record),
    networksOf: (datapathId) => zones.networksOf(datapathId),
    gateways: () => zones.gateways(),
    mayBeGateway: (datapathId) => zones.mayBeGateway(datapathId),
  })
  const numbering = new Numbering({
    assign: (datapathId, use) => writer.assignNumbers(datapathId, use),
    release: (datapathId) => writer.releaseZones(datapathId),
    tell,
  })
  lifecycle.onStop('numbering', () => numbering.stop())
  const intent = new Intent()
  const owed = new OwedCuts({ store, tell })
  lifecycle.onStop('cuts', () => owed.close())
  const owing = await owed.load(intent)
  tell('intent-loaded', 'store', { generation: intent.generation })
  capacity.look(capacities(intent))

  const lookup = new PolicyLookup(intent, { clock: () => clock.monotonic() })
  const hints = new Hints(store, tell)
  const remembered = hints.links()
  /** The next run can begin without waiting for probes, links or none. */
  let isRemembered = remembered !== undefined
  lifecycle.onStop('hints', () => hints.close())
  const southbound = new Southbound(
    {
      ...southboundOptions(config),
      bridgeChanged: (datapathId, ports) => hypervisors.databaseChanged(datapathId, ports),
    },
    tell,
    now,
  )
  const topology = new TopologyService({
    send: (datapathId, message) => southbound.send(datapathId, message),
    now,
    tell,
    secret: randomBytes(32),
    probeMs: config.probeMs,
    hints: remembered ?? [],
    edge: ({ datapathId, port, name }) =>
      // Asked for each port before each probe: what is true of most comes first.
      observed.holdsInterface({ datapathId, port }) ||
      isNoLink(intent.switchOf(datapathId), name) ||
      observed.hasIfaceId(datapathId, name) ||
      intent.byAttachment(datapathId, port, name) !== undefined,
    attached: (mac) => {
      const name = intent.byMac(mac)
      const attachment = name === undefined ? undefined : intent.interfaces.get(name)?.attachment
      const place = name === undefined || attachment?.kind === 'mac' ? undefined : observed.places.get(name)
      return name === undefined || place === undefined ? undefined : { ...place, name }
    },
  })
  const observed = new Observed(
    intent,
    { view: (datapathId) => topology.view(datapathId), sighting: (mac) => topology.sightings.get(mac) },
    tell,
  )
  const zones = new Zones({
    intent,
    observed,
    backend: config.backend,
    assign: writer.assignZones,
    failed: (reason) => tell('store-failed', 'zones', { reason }),
  })
  lifecycle.onStop('zones', () => zones.close())
  const steering = new SteeringWatch(intent, observed, config.backend, tell)
  const progress = function* (switches: Iterable<SwitchProgress>): IterableIterator<SwitchApplied> {
    for (const { datapathId, state, reason, appliedGeneration } of switches) {
      if (state === 'refused') continue
      yield { datapathId, appliedGeneration, connected: state !== 'disconnected', degradedReason: reason ?? '' }
    }
  }
  const applied = new Applied(
    () => progress(southbound.progress()),
    () => progress(southbound.lagging()),
  )
  const compileLog = log.child('compile')
  const loop = new CompileLoop({
    intent,
    observed,
    backend: config.backend,
    compiler: new Compiler(config.backend),
    applied,
    want: (...all) => southbound.want(...all),
    stand: (generation) => southbound.stand(generation),
    measured: (ms, switches) => {
      metrics?.compiled(ms)
      compileLog.debug('compiled', { ms: Math.round(ms * 100) / 100, switches })
    },
    failed: (error) => {
      compileLog.error('compilation failed; switches keep what they have', { error })
      tell('compile-failed', 'compiler', { reason: error instanceof Error ? error.message : String(error) })
    },
    clock: () => clock.monotonic(),
  })
  lifecycle.onStop('compiler', () => loop.close())
  const changes = new StateChanges()
  const verifier = new Verifier({
    entries: () => ({ revision: store.revision(), entries: intentEntries(store) }),
    observed,
    backend: config.backend,
    loop,
    compare: (datapathId) => southbound.compare(datapathId),
    tell,
    clock: () => clock.monotonic(),
  })
  let serving = true
  const metricSources: MetricSources = {
    generation: () => ({ stored: intent.generation, compiled: applied.compiled, applied: applied.reached }),
    records: () => Object.fromEntries(RECORD_KINDS.map((kind) => [kind, intent.count(kind)])),
    identities: () => intent.identities.size,
    capacities: () => capacities(intent),
    *switches() {
      for (const status of southbound.switches.values())
        yield { ...status, desiredFlows: loop.programs.get(status.datapathId)?.flows.size ?? 0 }
    },
    lookup: () => lookup,
    packetsDropped: () => southbound.packetsDropped,
    databases: () => southbound.databases.counts(),
    demands: () => demands.counts(),
    serving: () => serving,
  }
  const metrics = config.metrics && new Metrics(metricSources)
  events.follow.subscribe(({ type, severity }) => metrics?.told(type, severity))

  // Observed follows what the channel and topology find out; what it learns by name or MAC is remembered.
  const observe = (act: () => void): void => {
    act()
    const delta = observed.takeDelta()
    if (delta === undefined) return
    for (const name of delta.places) {
      const kind = intent.interfaces.get(name)?.attachment.kind
      hints.place(name, kind === undefined || kind === 'port' ? undefined : observed.places.get(name))
    }
    zones.changed(delta.places, delta.datapaths)
    loop.observedChanged(delta)
    changes.observedChanged(delta)
    if (loop.isOpen) steering.look()
  }
  const hypervisors = new Hypervisors({
    databases: southbound.databases,
    repair: config.repair,
    changed: (datapathId, facts, ports) => observe(() => observed.hypervisorChanged(datapathId, facts, ports)),
    endOf: (datapathId) => observed.endOf(datapathId),
    isServed: (datapathId) => observed.datapaths.has(datapathId),
    tell,
  })
  lifecycle.onStop('hypervisors', () => hypervisors.close())
  const demands = new Demands({
    reactive: (datapathId) => intent.switchOf(datapathId)?.reactive,
    answer: (question) => lookup.answer(question),
    put: (datapathId, changes) => observe(() => observed.asked.put(datapathId, changes)),
    installed: (datapathId) => southbound.installed(datapathId),
    rows: (demand, reactive) => demandRows(intent, demand, lookup.answer(demand), reactive).keys(),
    send: (datapathId, message) => southbound.send(datapathId, message),
    doubt: (datapathId) => southbound.doubt(datapathId),
    tell,
    clock: () => clock.monotonic(),
  })
  const state = { intent, observed, backend: config.backend }
  const probing = startProbing({ state, lookup, topology, southbound, observed, observe, clock })
  lifecycle.onStop('probes', () => probing.close())
  const onPacket = packetHandler({
    probing,
    ask: (packet) => demands.ask(packet),
    intent,
    tell,
    clock: () => clock.monotonic(),
    send: (datapathId, message) => southbound.send(datapathId, message),
    topology: (datapathId, port, data, kind) => topology.packetIn(datapathId, port, data, kind),
    portName: (datapathId, port) => observed.datapaths.get(datapathId)?.ports.get(port)?.name ?? '',
    verdict: (packet) => lookup.getPolicyForTraffic(packet),
  })
  const onChannel = (event: ChannelEvent): void => {
    switch (event.kind) {
      case 'up':
        observe(() => {
          topology.switchUp(event.datapathId, [...event.ports.values()])
          observed.switchUp(event.datapathId, event.ports.values())
        })
        hypervisors.look(event.datapathId)
        // After it is known what is on the switch, for that says which zones it needs.
        void numbering.came(event.datapathId)
        break
      case 'down':
        numbering.went(event.datapathId)
        observe(() => topology.switchDown(event.datapathId, event.reason))
        applied.changed()
        break
      case 'port':
        observe(() => {
          const removed = event.removed === true
          topology.portChanged(event.datapathId, event.port, removed)
          observed.portChanged(event.datapathId, event.port, removed)
        })
        break
      case 'packetIn':
        onPacket(event)
        break
      case 'forgotten':
        owed.forgotten(event.datapathId, event.flushes)
        break
      case 'expired':
        demands.expired(event.datapathId, event.flows)
        break
      case 'timed':
        demands.read(event.datapathId, event.flows)
        // What the switch keeps is wanted of it before the two are compared.
        loop.catchUp()
        break
      case 'applied':
        demands.confirmed(event.datapathId)
        probing.confirmed(event.datapathId)
        applied.changed()
        break
      case 'status': {
        const status = southbound.status(event.datapathId)
        if (status !== undefined) {
          demands.status(status)
          probing.status(event.datapathId, status.state)
        }
        applied.changed()
      }
    }
  }
  /** The record about a switch was deleted: one that is away is gone for good. */
  const forget = (datapathId: string): void => {
    if (!southbound.forget(datapathId)) return
    void numbering.forgotten(datapathId)
    owed.gone(datapathId)
    demands.forget(datapathId)
    loop.forget(datapathId)
    observe(() => {
      topology.forget(datapathId)
      observed.switchForgotten(datapathId)
    })
    applied.changed()
  }
  const channelEvents = southbound.events.subscribe(onChannel)
  const topologyChanges = topology.changes.subscribe(({ datapaths, macs, links }) => {
    observe(() => observed.topologyChanged(datapaths, macs))
    if (links || (!isRemembered && topology.settled && southbound.switches.size > 0)) {
      hints.setLinks(topology.links.map(({ from, to }) => ({ from: { ...from }, to: { ...to } })))
      isRemembered = true
    }
    if (topology.settled) loop.open()
  })
  const cutter = new Cutter({ intent, observed, tell })
  const records = store.watch(intent.generation).subscribe({
    next: (changeSet) => {
      const { delta, flushes } = cutter.apply(changeSet)
      owed.took(changeSet, flushes, cutter.cuts)
      lookup.changed(delta)
      capacity.look(capacities(intent))
      for (const { key, before, after } of changeSet.changes) {
        if (key.startsWith(PREFIX.switch) && after === undefined && before !== undefined)
          forget((before.value as SwitchRecord).datapathId)
      }
      observe(() => observed.intentChanged(delta))
      for (const { key, before, after } of changeSet.changes) {
        if (!key.startsWith(PREFIX.switch)) continue
        for (const said of [before, after])
          if (said !== undefined) hypervisors.look((said.value as SwitchRecord).datapathId)
      }
      zones.changed(delta.interfaces, [])
      zones.numbered(delta.numbers)
      if (delta.switches.size > 0) demands.modesChanged()
      loop.intentChanged(delta, flushes)
      changes.intentChanged(delta)
      if (loop.isOpen) steering.look()
    },
    error: (error: unknown) => log.error('the watch on the store broke; restart the controller', { error }),
  })
  lifecycle.onStop('subscriptions', () => {
    for (const each of [channelEvents, topologyChanges, records]) each.unsubscribe()
  })

  loop.owe(owing)
  observed.recall(hints.places())
  if (remembered !== undefined) loop.open()
  topology.start()
  lifecycle.onStop('topology', () => topology.close())
  const openflow = await southbound.start()
  lifecycle.onStop('channel', () => southbound.close())

  const listeners = new Set<() => void>()
  const callLog = log.child('api')
  const nameOf = (datapathId: string): string =>
    intent.switchOf(datapathId)?.name ?? southbound.status(datapathId)?.name ?? ''
  const planner = new Planner({
    intent,
    observed,
    loop,
    places: observed,
    switches: () => southbound.switches,
    nameOf,
    tableLimits: (datapathId) => southbound.tableLimits(datapathId),
    connections: (datapathId, zones) => southbound.connections(datapathId, zones),
    now,
    clock: () => clock.monotonic(),
  })
  const api = await startApi(
    {
      store,
      writer,
      intent,
      lookup,
      events,
      applied,
      verifier,
      changes,
      planner,
      probing,
      network: {
        get switches() {
          return southbound.switches
        },
        get links() {
          return topology.links.map(({ from, to, lastSeen }) => ({ from, to, lastSeen }))
        },
        observed,
        backend: config.backend,
        status: (datapathId) => southbound.status(datapathId),
        nameOf,
        desired: (datapathId) => loop.programs.get(datapathId),
        installed: (datapathId) => southbound.installed(datapathId),
        flowStats: (datapathId) => southbound.flowStats(datapathId),
        readTables: (datapathId) => southbound.readTables(datapathId),
      },
    },
    {
      listen: endpointText(config.listen),
      ...(config.plaintext || config.tls === undefined ? {} : { tls: config.tls }),
      rules: {
        log: ({ method, ...rest }) => callLog.debug(method, rest),
        now,
        maxUnaryMs: API_LIMITS.unaryMs,
        maxStreams: API_LIMITS.streams,
      },
      serving: () => serving,
      servingChanged: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
  )
  lifecycle.onStop('api', async () => {
    serving = false
    for (const listener of listeners) listener()
    tell('controller-stopping', 'controller')
    await api.stop(API_GRACE_MS)
  })
  let shown = southbound.databases.addresses.map((address) => `, OVSDB ${address}`).join('')
  if (metrics !== undefined && config.metrics !== undefined) {
    const server = await serveMetrics(metrics, metricSources, config.metrics)
    lifecycle.onStop('metrics', () => server.stop())
    shown += `, metrics ${server.address}`
  }
  tell('controller-started', 'controller', {
    listeners: `gRPC ${api.address}, OpenFlow ${openflow.join(', ')}${shown}`,
  })
  return { grpc: api.address, openflow }
}
