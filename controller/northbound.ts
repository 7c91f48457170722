/**
 * The API connected to the parts that it asks, and whether it still takes calls. It refuses to decide anything.
 * Used by main.ts.
 */
import { type ControllerConfig, endpointText } from '../host/config.ts'
import type { Log } from '../host/log.ts'
import type { TopologyService } from '../topology/service.ts'
import type { ApiDependencies } from './api/deps.ts'
import { API_LIMITS, type ApiServer, startApi } from './api/server.ts'
import type { Southbound } from './channel/southbound.ts'
import type { CompileLoop } from './compile-loop.ts'
import type { Observed } from './observe.ts'
import { Planner } from './plan/planner.ts'

/** Whether calls are taken: until the controller begins to stop. */
export class Serving {
  #is = true
  readonly #listeners = new Set<() => void>()

  get is(): boolean {
    return this.#is
  }

  /** @returns Ends the listening. */
  changed(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  end(): void {
    this.#is = false
    for (const listener of this.#listeners) listener()
  }
}

interface NorthboundParts extends Omit<ApiDependencies, 'planner' | 'network'> {
  config: ControllerConfig
  log: Log
  serving: Serving
  southbound: Southbound
  topology: TopologyService
  observed: Observed
  loop: CompileLoop
  clock: { now(): number; monotonic(): number }
}

/** @throws {AppError} where it cannot listen. */
export function startNorthbound(parts: NorthboundParts): Promise<ApiServer> {
  const { config, log, serving, southbound, topology, observed, loop, clock, ...asked } = parts
  const { intent } = asked
  const callLog = log.child('api')
  const now = (): number => clock.now()
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
  return startApi(
    {
      ...asked,
      planner,
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
      serving: () => serving.is,
      servingChanged: (listener) => serving.changed(listener),
    },
  )
}
