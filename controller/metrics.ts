/**
 * What the controller counts, for Prometheus: one row per metric with its type, labels and sentence (docs/metrics.md
 * restates the table), and the small HTTP server that shows them beside /livez and /readyz. Values are read when they
 * are asked for; nothing is counted twice. No label names an interface, an address, a tag or a rule: there are too many,
 * and the API answers such questions. It refuses to decide anything. Called by main.ts.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { ADDRESS_STATES, type AddressState, type Pool } from '../ipam/ledger.ts'
import type { Watermarks } from './addresses/watermarks.ts'
import type { SwitchState } from './channel/types.ts'
import type { DemandCounts } from './demands.ts'
import type { Severity } from './events.ts'
import type { Capacity } from './policy/capacity.ts'
import type { LookupCounts } from './policy/lookup.ts'
import type { MergedCounts } from './policy/merged.ts'
import type { Sampler } from './probing/sampler.ts'

interface MetricRow {
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  labels: readonly string[]
}

export const METRICS = {
  tagsteer_generation: {
    type: 'gauge',
    help: 'Newest generation: stored, compiled, applied by every connected switch.',
    labels: ['state'],
  },
  tagsteer_records: { type: 'gauge', help: 'Records kept.', labels: ['kind'] },
  tagsteer_identities: { type: 'gauge', help: 'Identity numbers in use.', labels: [] },
  tagsteer_space: {
    type: 'gauge',
    help: 'Spaces of numbers and limits of records: in use, in quarantine (resting), and the limit.',
    labels: ['space', 'state'],
  },
  tagsteer_switches: {
    type: 'gauge',
    help: 'Switches known, by what the controller can do for them.',
    labels: ['state'],
  },
  tagsteer_switch_generation_lag: {
    type: 'gauge',
    help: 'Generations between what a switch should enforce and what it has confirmed.',
    labels: ['dpid'],
  },
  tagsteer_flows: {
    type: 'gauge',
    help: 'Flows of a switch: compiled for it, and known to be on it.',
    labels: ['dpid', 'state'],
  },
  tagsteer_databases: {
    type: 'gauge',
    help: 'OVSDB servers: read now (connected), and those that are not but were or should be (lost).',
    labels: ['state'],
  },
  tagsteer_compile_duration_seconds: {
    type: 'histogram',
    help: 'Time of one compilation of what changed.',
    labels: [],
  },
  tagsteer_policy_lookup_total: {
    type: 'counter',
    help: 'Verdicts asked of the lookup: answered from the cache (hit), searched (miss), searched because intent had changed (stale) or another question had the hash (collision).',
    labels: ['result'],
  },
  tagsteer_policy_lookup_entries: { type: 'gauge', help: 'Verdicts that the lookup keeps.', labels: [] },
  tagsteer_policy_search_seconds_total: {
    type: 'counter',
    help: 'Time spent on verdicts that were not in the cache.',
    labels: [],
  },
  tagsteer_policy_merge_total: {
    type: 'counter',
    help: 'Merged policies of tag sets asked for: from the cache (hit), merged (miss, collision), and dropped because something they were made from changed (dropped).',
    labels: ['result'],
  },
  tagsteer_policy_merge_entries: { type: 'gauge', help: 'Tag sets whose merged policy is kept.', labels: [] },
  tagsteer_packets_dropped_total: {
    type: 'counter',
    help: 'Packets from a switch to the controller that were dropped because as many of their port were waiting as may.',
    labels: ['dpid'],
  },
  tagsteer_refused_packets_total: {
    type: 'counter',
    help: 'Packets that a switch dropped because they were forged, by reason, since the controller reads its counters.',
    labels: ['dpid', 'reason'],
  },
  tagsteer_dhcp_total: {
    type: 'counter',
    help: 'Questions of guests by DHCP, by what became of them: the answer (offer, ack, nak), what was done (release, decline), or why there was none.',
    labels: ['result'],
  },
  tagsteer_questions_total: {
    type: 'counter',
    help: 'Packets by which a reactive switch asked for a verdict: all (asked), those whose verdict it was given (answered), and those dropped before, as their port asks too fast or too many wait (lost).',
    labels: ['dpid', 'result'],
  },
  tagsteer_questions_waiting: {
    type: 'gauge',
    help: 'Packets of a reactive switch that wait until it has confirmed their verdict.',
    labels: ['dpid'],
  },
  tagsteer_verdicts: {
    type: 'gauge',
    help: 'Verdicts of a reactive switch: kept, those of them that forbid (denied), and the limit.',
    labels: ['dpid', 'state'],
  },
  tagsteer_probe_samples_total: {
    type: 'counter',
    help: 'Samples of whether identities arrive: they do (proven), they do not (lost, changed), rows of policy were wrong about one (refused), something it depends on changed meanwhile (unsettled), it could not be sent now (unsent), nobody found who may talk (silent).',
    labels: ['outcome'],
  },
  tagsteer_probe_pairs: {
    type: 'gauge',
    help: 'Ordered pairs of switches with a carrier: proved lately (proven), with a fault that was told (faulty), neither (unproven).',
    labels: ['state'],
  },
  tagsteer_probe_round_seconds: {
    type: 'gauge',
    help: 'Time in which every pair of switches has its turn to be sampled: as planned, and of the last round.',
    labels: ['which'],
  },
  tagsteer_probe_crossing_seconds: {
    type: 'histogram',
    help: 'Time of a sample from where it came in to the port of its receiver, as the controller heard of both.',
    labels: [],
  },
  tagsteer_naps: { type: 'gauge', help: 'Pools, by where they are between their watermarks.', labels: ['level'] },
  tagsteer_nap_addresses: {
    type: 'gauge',
    help: 'Addresses of a pool in each state. The oldest 200 pools have their names; all others together are _others.',
    labels: ['nap', 'state'],
  },
  tagsteer_ipam_failures_total: {
    type: 'counter',
    help: 'Readings of an external IPAM and writes to it that failed.',
    labels: ['connector'],
  },
  tagsteer_ipam_conflicts: {
    type: 'gauge',
    help: 'Addresses on which an external IPAM and we disagreed when it was last read.',
    labels: ['connector'],
  },
  tagsteer_ipam_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When an external IPAM was last read; 0 is never since the controller started.',
    labels: ['connector'],
  },
  tagsteer_events_total: { type: 'counter', help: 'Events told.', labels: ['type', 'severity'] },
} as const satisfies Record<string, MetricRow>

export type MetricName = keyof typeof METRICS

/** What metrics are read from. */
export interface MetricSources {
  generation(): { stored: number; compiled: number; applied: number }
  records(): Readonly<Record<string, number>>
  identities(): number
  capacities(): Iterable<Capacity>
  switches(): Iterable<{
    datapathId: string
    state: SwitchState
    wantedGeneration: number
    appliedGeneration: number
    flows: number
    desiredFlows: number
  }>
  lookup(): { counts: LookupCounts; size: number; merged: { counts: MergedCounts; size: number } }
  /** By datapath id. */
  packetsDropped(): Iterable<readonly [string, number]>
  refused(): Iterable<{ datapathId: string; refusal: string; packets: number }>
  databases(): { connected: number; lost: number }
  demands(): Iterable<DemandCounts>
  dhcp(): Iterable<readonly [result: string, count: number]>
  naps(): Pick<Watermarks, 'levels' | 'pools'>
  sampler(): Pick<Sampler, 'outcomes' | 'counts' | 'rounds'>
  /** External IPAMs. */
  ipam(): Iterable<{ name: string; failures: number; conflicts: number; lastSuccess: number }>
  /** Neither stopping nor still to begin. */
  serving(): boolean
}

/** Seconds. */
const BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]

export class Metrics {
  readonly #registry = new Registry()
  readonly #compiled: Histogram
  readonly #events: Counter
  readonly #crossed: Histogram

  constructor(sources: MetricSources) {
    collectDefaultMetrics({ register: this.#registry })
    const from = this.#gauge.bind(this)
    from('tagsteer_generation', (set) => {
      for (const [state, value] of Object.entries(sources.generation())) set(value, { state })
    })
    from('tagsteer_records', (set) => {
      for (const [kind, value] of Object.entries(sources.records())) set(value, { kind })
    })
    from('tagsteer_identities', (set) => set(sources.identities()))
    from('tagsteer_space', (set) => {
      for (const { space, used, resting, limit } of sources.capacities())
        for (const [state, value] of Object.entries({ used, resting, limit })) set(value, { space, state })
    })
    from('tagsteer_switches', (set) => {
      const states: Record<SwitchState, number> = { connecting: 0, served: 0, degraded: 0, refused: 0, disconnected: 0 }
      for (const { state } of sources.switches()) states[state]++
      for (const [state, value] of Object.entries(states)) set(value, { state })
    })
    from('tagsteer_switch_generation_lag', (set) => {
      for (const { datapathId, wantedGeneration, appliedGeneration } of sources.switches())
        set(Math.max(0, wantedGeneration - appliedGeneration), { dpid: datapathId })
    })
    from('tagsteer_flows', (set) => {
      for (const { datapathId, flows, desiredFlows } of sources.switches()) {
        set(desiredFlows, { dpid: datapathId, state: 'desired' })
        set(flows, { dpid: datapathId, state: 'observed' })
      }
    })
    from('tagsteer_databases', (set) => {
      for (const [state, value] of Object.entries(sources.databases())) set(value, { state })
    })
    from('tagsteer_policy_lookup_entries', (set) => set(sources.lookup().size))
    from('tagsteer_policy_merge_entries', (set) => set(sources.lookup().merged.size))
    from('tagsteer_questions_waiting', (set) => {
      for (const { datapathId, waiting } of sources.demands()) set(waiting, { dpid: datapathId })
    })
    from('tagsteer_verdicts', (set) => {
      for (const { datapathId, kept, denied, limit } of sources.demands())
        for (const [state, value] of Object.entries({ kept, denied, limit })) set(value, { dpid: datapathId, state })
    })
    from('tagsteer_probe_pairs', (set) => {
      for (const [state, value] of Object.entries(sources.sampler().counts)) set(value, { state })
    })
    from('tagsteer_probe_round_seconds', (set) => {
      const { plannedMs, lastMs } = sources.sampler().rounds
      set(plannedMs / 1000, { which: 'planned' })
      if (lastMs !== undefined) set(lastMs / 1000, { which: 'last' })
    })
    from('tagsteer_naps', (set) => {
      for (const [level, value] of Object.entries(sources.naps().levels())) set(value, { level })
    })
    from('tagsteer_nap_addresses', (set) => {
      for (const [nap, counts] of addressCounts(sources.naps().pools()))
        for (const state of ADDRESS_STATES) set(Number(counts[state]), { nap, state })
    })
    const count = this.#counter.bind(this)
    count('tagsteer_probe_samples_total', (add) => {
      for (const [outcome, value] of Object.entries(sources.sampler().outcomes)) add(value, { outcome })
    })
    count('tagsteer_packets_dropped_total', (add) => {
      for (const [dpid, value] of sources.packetsDropped()) add(value, { dpid })
    })
    count('tagsteer_refused_packets_total', (add) => {
      for (const { datapathId, refusal, packets } of sources.refused())
        add(packets, { dpid: datapathId, reason: refusal })
    })
    count('tagsteer_dhcp_total', (add) => {
      for (const [result, value] of sources.dhcp()) add(value, { result })
    })
    count('tagsteer_questions_total', (add) => {
      for (const { datapathId, asked, answered, lost } of sources.demands())
        for (const [result, value] of Object.entries({ asked, answered, lost }))
          add(value, { dpid: datapathId, result })
    })
    count('tagsteer_policy_lookup_total', (add) => {
      const { hits, misses, stale, collisions } = sources.lookup().counts
      for (const [result, value] of Object.entries({ hit: hits, miss: misses, stale, collision: collisions }))
        add(value, { result })
    })
    count('tagsteer_policy_search_seconds_total', (add) => add(sources.lookup().counts.searchMs / 1000))
    count('tagsteer_policy_merge_total', (add) => {
      const { hits, misses, collisions, dropped } = sources.lookup().merged.counts
      for (const [result, value] of Object.entries({ hit: hits, miss: misses, collision: collisions, dropped }))
        add(value, { result })
    })
    count('tagsteer_ipam_failures_total', (add) => {
      for (const { name, failures } of sources.ipam()) add(failures, { connector: name })
    })
    from('tagsteer_ipam_conflicts', (set) => {
      for (const { name, conflicts } of sources.ipam()) set(conflicts, { connector: name })
    })
    from('tagsteer_ipam_last_success_timestamp_seconds', (set) => {
      for (const { name, lastSuccess } of sources.ipam()) set(lastSuccess / 1000, { connector: name })
    })
    this.#events = new Counter(this.#described('tagsteer_events_total'))
    this.#compiled = new Histogram({ ...this.#described('tagsteer_compile_duration_seconds'), buckets: BUCKETS })
    this.#crossed = new Histogram({ ...this.#described('tagsteer_probe_crossing_seconds'), buckets: BUCKETS })
  }

  compiled(ms: number): void {
    this.#compiled.observe(ms / 1000)
  }

  crossed(seconds: number): void {
    this.#crossed.observe(seconds)
  }

  told(type: string, severity: Severity): void {
    this.#events.inc({ type, severity })
  }

  /** In the text format of Prometheus 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  #described(name: MetricName): { name: string; help: string; labelNames: string[]; registers: Registry[] } {
    const { help, labels } = METRICS[name]
    return { name, help, labelNames: [...labels], registers: [this.#registry] }
  }

  #gauge(name: MetricName, read: (set: (value: number, labels?: Record<string, string>) => void) => void): void {
    new Gauge({
      ...this.#described(name),
      collect() {
        this.reset()
        read((value, labels = {}) => this.set(labels, value))
      },
    })
  }

  /** Counters that others keep: what they have now is what is shown. */
  #counter(name: MetricName, read: (add: (value: number, labels?: Record<string, string>) => void) => void): void {
    new Counter({
      ...this.#described(name),
      collect() {
        this.reset()
        read((value, labels = {}) => this.inc(labels, value))
      },
    })
  }
}

/** Pools that have a label of their own. */
export const NAMED_POOLS = 200
/** No name of a record. */
const OTHERS = '_others'

/** Addresses by state, of the oldest pools each and of the rest together. */
export function addressCounts(pools: Iterable<Pool>, named = NAMED_POOLS): Map<string, Record<AddressState, bigint>> {
  const sorted = [...pools].sort((a, b) => a.nap.number - b.nap.number)
  const found = new Map<string, Record<AddressState, bigint>>()
  for (const [index, { nap, counts }] of sorted.entries()) {
    const label = index < named ? nap.name : OTHERS
    const sums = found.get(label)
    if (sums === undefined) found.set(label, { ...counts })
    else for (const state of ADDRESS_STATES) sums[state] += counts[state]
  }
  return found
}

/** Connections at once. */
const MAX_CONNECTIONS = 64

export interface MetricsServer {
  /** HOST:PORT */
  address: string
  stop(): Promise<void>
}

/** Serves GET /metrics, /livez and /readyz in the clear. Rejects where the address cannot be had. */
export async function serveMetrics(
  metrics: Metrics,
  sources: Pick<MetricSources, 'serving'>,
  { host, port }: { host: string; port: number },
): Promise<MetricsServer> {
  const server: Server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    void answer(metrics, sources, request, response)
  })
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = server.address() as AddressInfo
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  metrics: Metrics,
  { serving }: Pick<MetricSources, 'serving'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const say = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
    response.end(request.method === 'HEAD' ? undefined : text)
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'only GET\n')
  switch (request.url?.split('?')[0]) {
    case '/metrics':
      return say(200, await metrics.text(), metrics.contentType)
    case '/livez':
      return say(200, 'ok\n')
    case '/readyz':
      return serving() ? say(200, 'ok\n') : say(503, 'not serving\n')
    default:
      return say(404, 'metrics are at /metrics, health at /livez and /readyz\n')
  }
}
