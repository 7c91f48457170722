/** An API in this process over a memory store, with no switches behind it; and a client that knows what errors say. */
import { type ChannelOptions, type ClientDuplexStream, credentials, type ServiceError } from '@grpc/grpc-js'
import { type RpcDetails, rpcDetails } from '../../cli/failure.ts'
import type { ApiDependencies } from '../../controller/api/deps.ts'
import { API_LIMITS, type ApiServer, startApi } from '../../controller/api/server.ts'
import { Applied, type SwitchApplied } from '../../controller/applied.ts'
import { EventLog } from '../../controller/events.ts'
import { IpamSync, type SyncedConnector } from '../../controller/ipam/sync.ts'
import { Observed } from '../../controller/observe.ts'
import { Intent } from '../../controller/policy/intent.ts'
import { PolicyLookup } from '../../controller/policy/lookup.ts'
import { Probing } from '../../controller/probing/probing.ts'
import { Sampler } from '../../controller/probing/sampler.ts'
import { StateChanges } from '../../controller/state-changes.ts'
import { createWriter } from '../../controller/write.ts'
import { ok } from '../../model/errors.ts'
import { loadServices } from '../../proto/index.ts'
import type { Store } from '../../store/contract.ts'
import { openMemoryStore } from '../../store/memory.ts'
import { loopOf, plannerOf } from './controller-parts.ts'

export interface TestApi {
  server: ApiServer
  /** In the clear; not for a server with TLS. */
  client: Caller
  deps: ApiDependencies
  store: Store
  switches: SwitchApplied[]
  /** The client first. */
  close(): Promise<void>
}

export async function testApi(
  options: {
    tls?: { cert: string; key: string; ca: string }
    store?: Store
    now?: () => number
    /** External IPAMs. */
    connectors?: readonly SyncedConnector[]
  } = {},
): Promise<TestApi> {
  const store = options.store ?? openMemoryStore()
  const writer = createWriter(store, options.now ?? Date.now)
  const intent = new Intent()
  const lookup = new PolicyLookup(intent)
  const changes = store.list('').map((after) => ({ key: after.key, after }))
  lookup.changed(intent.apply({ revision: store.revision(), changes }))
  const switches: SwitchApplied[] = []
  const events = new EventLog(Date.now)
  const nowhere = { fabricPorts: new Set<number>(), nextHops: new Map<string, number>(), floodPorts: new Set<number>() }
  const observed = new Observed(intent, { view: () => nowhere, sighting: () => undefined }, events.tell)
  const loop = loopOf({ intent, observed })
  const subscription = store.watch(store.revision()).subscribe((changeSet) => {
    const delta = intent.apply(changeSet)
    lookup.changed(delta)
    observed.intentChanged(delta)
    loop.intentChanged(delta)
  })
  loop.open()
  const nobody = (): Promise<never> => Promise.reject(new Error('there are no switches'))
  const planner = plannerOf({ intent, observed, loop, places: observed })
  const now = options.now ?? Date.now
  const ipam = new IpamSync({
    store,
    writer,
    intent,
    tell: events.tell,
    now,
    clock: () => performance.now(),
    connectors: options.connectors ?? [],
  })
  const deps: ApiDependencies = {
    ipam,
    store,
    writer,
    intent,
    lookup,
    events,
    applied: new Applied(() => switches),
    verifier: { run: async () => {} },
    changes: new StateChanges(),
    refused: { entries: () => [] },
    lifecycle: {
      track: () => undefined,
      evidence: () => ok([]),
      reclaim: async () => ({ found: [], revision: 0 }),
    },
    planner,
    probing: new Probing({
      state: { intent, observed, backend: 'fabric' },
      verdict: (packet) => lookup.getPolicyForTraffic(packet),
      peer: () => undefined,
      watch: () => {},
      installed: () => undefined,
      settles: () => true,
      status: () => undefined,
      send: () => false,
      clock: () => performance.now(),
      now: Date.now,
      random: Math.random,
    }),
    sampler: new Sampler({
      ...{ perMinute: 0, linkProbeMs: 1000, state: { intent, observed, backend: 'fabric' } },
      changes: new StateChanges().follow(() => {}),
      between: (from, to) => lookup.between(from, to),
      probe: nobody,
      isReady: () => false,
      dropped: () => 0,
      news: () => {},
      crossed: () => {},
      ...{ clock: () => performance.now(), now: Date.now, random: Math.random },
    }),
    network: {
      switches: new Map(),
      links: [],
      observed,
      backend: 'fabric',
      status: () => undefined,
      nameOf: () => '',
      desired: () => undefined,
      installed: () => undefined,
      flowStats: nobody,
      readTables: nobody,
    },
  }
  const server = await startApi(deps, {
    listen: '127.0.0.1:0',
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    rules: { log: () => {}, now: Date.now, maxUnaryMs: 10_000, maxStreams: API_LIMITS.streams },
    serving: () => true,
    servingChanged: () => () => {},
  })
  const client = caller(server.address)
  return {
    server,
    client,
    deps,
    store,
    switches,
    async close() {
      client.close()
      await ipam.close()
      subscription.unsubscribe()
      loop.close()
      writer.stop()
      await server.stop(200)
      await store.close()
    },
  }
}

/** What a failed call told. */
export class CallFailure extends Error {
  readonly status: number
  readonly details: RpcDetails
  constructor(error: ServiceError) {
    super(error.details)
    this.status = error.code
    this.details = rpcDetails(error)
  }
}

export type Call = <Response = Record<string, unknown>>(method: string, request?: object) => Promise<Response>

export interface Caller {
  call: Call
  stream(method: string, request?: object): AsyncIterable<object>
  /** A stream both ways. */
  duplex<Request, Response>(method: string): ClientDuplexStream<Request, Response>
  close(): void
}

/** Calls by `Service.Method`; rejects with CallFailure. It connects with the first call. */
export function caller(address: string, channel = credentials.createInsecure(), options: ChannelOptions = {}): Caller {
  type Unary = (request: object, done: (error: ServiceError | null, response: object) => void) => AsyncIterable<object>
  const clients = new Map<string, Record<string, Unary> & { close(): void }>()
  const services = loadServices().grpc.tagsteer.v1 as unknown as Record<
    string,
    new (
      a: string,
      c: typeof channel,
      o: ChannelOptions,
    ) => never
  >
  const clientOf = (service: string): Record<string, Unary> & { close(): void } => {
    const found = clients.get(service)
    if (found !== undefined) return found
    const made: Record<string, Unary> & { close(): void } = new services[service]!(address, channel, options)
    clients.set(service, made)
    return made
  }
  return {
    call: <Response>(path: string, request: object = {}) => {
      const [service, method] = path.split('.') as [string, string]
      return new Promise<Response>((resolve, reject) => {
        const client = clientOf(service)
        client[method]!.call(client, request, (error, response) => {
          if (error !== null) reject(new CallFailure(error))
          else resolve(response as Response)
        })
      })
    },
    stream: (path, request = {}) => {
      const [service, method] = path.split('.') as [string, string]
      const client = clientOf(service)
      return (client[method] as unknown as (request: object) => AsyncIterable<object>).call(client, request)
    },
    duplex: <Request, Response>(path: string) => {
      const [service, method] = path.split('.') as [string, string]
      const client = clientOf(service)
      return (client[method] as unknown as () => ClientDuplexStream<Request, Response>).call(client)
    },
    close: () => {
      for (const client of clients.values()) client.close()
    },
  }
}

/** The failure that a call must end with. */
export async function failureOf(promise: Promise<unknown>): Promise<CallFailure> {
  try {
    await promise
  } catch (error) {
    if (error instanceof CallFailure) return error
    throw error
  }
  throw new Error('the call succeeded')
}
