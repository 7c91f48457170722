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
import type { ControllerConfig } from '../host/config.ts'
import { EXIT_CODE, Lifecycle } from '../host/lifecycle.ts'
import type { Log } from '../host/log.ts'
import { PREFIX, type SwitchRecord } from '../model/records.ts'
import { TopologyService } from '../topology/service.ts'
import { Watermarks } from './addresses/watermarks.ts'
import { Applied, type SwitchApplied } from './applied.ts'
import { CapacityWatch } from './capacity.ts'
import { Southbound } from './channel/southbound.ts'
import type { SwitchProgress } from './channel/types.ts'
import { type ChannelFollowers, channelHandler, forgetSwitch } from './channel-events.ts'
import { CompileLoop } from './compile-loop.ts'
import { Cutter } from './cutter.ts'
import { Demands } from './demands.ts'
import { DhcpServer } from './dhcp/server.ts'
import { EventLog } from './events.ts'
import { Hints } from './hints.ts'
import { Hypervisors } from './hypervisors.ts'
import { openConnectors } from './ipam/open.ts'
import { IpamSync } from './ipam/sync.ts'
import { startLifecycle } from './lifecycle/start.ts'
import { databaseWishes, southboundOptions } from './listening.ts'
import { metricSourcesOf } from './metric-sources.ts'
import { Metrics, serveMetrics } from './metrics.ts'
import { Narrow } from './narrow.ts'
import { Serving, startNorthbound } from './northbound.ts'
import { Numbering } from './numbering.ts'
import { Observed } from './observe.ts'
import { openStore } from './open-store.ts'
import { intentEntries, OwedCuts } from './owed-cuts.ts'
import { packetHandler } from './packets.ts'
import { capacities } from './policy/capacity.ts'
import { Compiler } from './policy/compile.ts'
import { demandRows } from './policy/compile-demand.ts'
import { Intent } from './policy/intent.ts'
import { PolicyLookup } from './policy/lookup.ts'
import { startProbing } from './probing/start.ts'
import { RefusedWatch } from './refused-watch.ts'
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

/** Where a record names the ports that may be links, no other is; and none is of a bridge below tunnels. */
function isNoLink(record: SwitchRecord | undefined, portName: string): boolean {
  if (record === undefined) return false
  return record.underlay !== undefined || (record.links.length > 0 && !record.links.includes(portName))
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

  const store = await openStore(config, tell)
  lifecycle.onStop('store', () => store.close())
  const capacity = new CapacityWatch(tell, () => clock.monotonic())
  const writer = createWriter(
    store,
    now,
    REQUEST_LIMITS,
    (failure) => capacity.refused(failure),
    {
      switchOf: (record) => zones.switchOf(record),
      networksOf: (datapathId) => zones.networksOf(datapathId),
      gateways: () => zones.gateways(),
      mayBeGateway: (datapathId) => zones.mayBeGateway(datapathId),
    },
    () => applied.reached,
  )
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
      bridgeChanged: (datapathId, ports) => hypervisors.bridgeChanged(datapathId, ports),
      databaseChanged: (database) => hypervisors.databaseChanged(database),
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
    (datapathId) => southbound.appliedOn(datapathId),
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
  const serving = new Serving()
  const watermarks = new Watermarks(writer.book, tell)
  watermarks.begin()
  const metricSources = metricSourcesOf({
    ...{ intent, applied, southbound, loop, lookup },
    demands: () => demands.counts(),
    dhcp: () => dhcp.counts(),
    sampler: () => sampler,
    refused: () => refused.counts(),
    naps: () => watermarks,
    ipam: () => ipam.status(),
    serving: () => serving.is,
  })
  const metrics = config.metrics && new Metrics(metricSources)
  events.follow.subscribe(({ type, severity }) => metrics?.told(type, severity))

  // Observed follows what the channel and topology find out; what it learns by name or MAC is remembered.
  const narrow = new Narrow({
    observed,
    mtuOf: (datapathId, port) => observed.sizes.ofPort(datapathId, port),
    nameOf: (datapathId) => intent.switchOf(datapathId)?.name ?? '',
    tell,
  })
  lifecycle.onStop('sizes', () => narrow.close())
  const observe = (act: () => void): void => {
    act()
    const delta = observed.takeDelta()
    if (delta === undefined) return
    if (delta.places.size > 0 || delta.ends !== undefined) narrow.changed()
    for (const name of delta.places) {
      const kind = intent.interfaces.get(name)?.attachment.kind
      hints.place(name, kind === undefined || kind === 'port' ? undefined : observed.places.get(name))
    }
    for (const datapathId of delta.ends ?? []) hints.end(datapathId, observed.endSaid(datapathId))
    zones.changed(delta.places, delta.datapaths)
    loop.observedChanged(delta)
    changes.observedChanged(delta)
    if (loop.isOpen) steering.look()
  }
  const hypervisors = new Hypervisors({
    databases: southbound.databases,
    ...databaseWishes(config),
    changed: (datapathId, facts, ports) => {
      observe(() => observed.hypervisorChanged(datapathId, facts, ports))
      hints.end(datapathId, observed.endSaid(datapathId))
      if (ports.size > 0) narrow.changed()
    },
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
  const started = startProbing({
    ...{ state, lookup, topology, southbound, observed, changes, observe, tell, clock },
    ...{ samples: config.probeSamples, linkProbeMs: config.probeMs, crossed: (seconds) => metrics?.crossed(seconds) },
  })
  const { probing, sampler } = started
  lifecycle.onStop('probes', () => started.close())
  const refused = new RefusedWatch({
    packetsOf: (datapathId, cookie) => southbound.packetsOf(datapathId, cookie),
    flowsOf: (datapathId, cookie) => southbound.flowStats(datapathId, cookie),
    desired: (datapathId) => loop.programs.get(datapathId),
    tell,
    now,
    periodMs: config.limits.refusedSeconds * 1000,
  })
  lifecycle.onStop('refused', () => refused.close())
  const periodMs = config.limits.stageSeconds * 1000
  const stages = startLifecycle({ intent, store, writer, southbound, observed, loop, refused, tell, now, periodMs })
  lifecycle.onStop('stages', () => stages.watch.close())
  const dhcp = new DhcpServer({
    ...{ intent, writer, tell, now },
    places: observed.places,
    portName: (datapathId, port) => observed.datapaths.get(datapathId)?.ports.get(port)?.name ?? '',
    confirmed: (datapathId, generation, timeoutMs, signal) =>
      applied.waitFor(datapathId, generation, timeoutMs, signal),
    send: (datapathId, message) => southbound.send(datapathId, message),
    clock: () => clock.monotonic(),
  })
  lifecycle.onStop('dhcp', () => dhcp.close())
  const packetIn = packetHandler({
    dhcp: (packet) => dhcp.ask(packet),
    probing,
    ask: (packet) => demands.ask(packet),
    intent,
    observed,
    tell,
    clock: () => clock.monotonic(),
    send: (datapathId, message) => southbound.send(datapathId, message),
    topology: (datapathId, port, data, kind) => topology.packetIn(datapathId, port, data, kind),
    portName: (datapathId, port) => observed.datapaths.get(datapathId)?.ports.get(port)?.name ?? '',
    verdict: (packet) => lookup.getPolicyForTraffic(packet),
  })
  const followers: ChannelFollowers = {
    ...{ topology, observed, observe, southbound, hypervisors, numbering, owed, demands, probing, loop, applied },
    ...{ refused, packetIn, lifecycle: stages.watch },
  }
  const channelEvents = southbound.events.subscribe(channelHandler(followers))
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
      watermarks.changed(changeSet)
      stages.watch.changed(changeSet)
      for (const { key, before, after } of changeSet.changes) {
        if (key.startsWith(PREFIX.switch) && after === undefined && before !== undefined)
          forgetSwitch(followers, (before.value as SwitchRecord).datapathId)
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
  observed.recall(hints.places(), hints.ends())
  // Some of them gave way at once.
  for (const [datapathId] of hints.ends()) hints.end(datapathId, observed.endSaid(datapathId))
  if (remembered !== undefined) loop.open()
  topology.start()
  lifecycle.onStop('topology', () => topology.close())
  const openflow = await southbound.start()
  lifecycle.onStop('channel', () => southbound.close())

  const connectors = openConnectors(config.ipam, process.env)
  const ipam = new IpamSync({ store, writer, intent, tell, now, clock: () => clock.monotonic(), connectors })
  lifecycle.onStop('ipam', () => ipam.close())
  const api = await startNorthbound({
    ...{ config, log, serving, southbound, topology, observed, loop, clock },
    ...{ store, writer, intent, lookup, events, applied, verifier, changes, probing, sampler, refused, ipam },
    lifecycle: stages.api,
  })
  ipam.start()
  lifecycle.onStop('api', async () => {
    serving.end()
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
