/**
 * Probing and its sampler connected to the parts that they need. It refuses to decide anything. Used by main.ts.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../host/clock.ts'
import type { TopologyService } from '../../topology/service.ts'
import type { Southbound } from '../channel/southbound.ts'
import type { Tell } from '../events.ts'
import type { Observed } from '../observe.ts'
import type { Intent } from '../policy/intent.ts'
import type { PolicyLookup } from '../policy/lookup.ts'
import type { NetworkState } from '../policy/state.ts'
import type { StateChanges } from '../state-changes.ts'
import { tellNews } from './news.ts'
import { Probing, type ProbingOptions } from './probing.ts'
import { SAMPLER_TICK_MS, Sampler } from './sampler.ts'

export interface ProbingParts {
  state: NetworkState & { intent: Intent }
  lookup: PolicyLookup
  topology: Pick<TopologyService, 'links'>
  southbound: Southbound
  observed: Observed
  changes: StateChanges
  /** Has what follows from an observation compiled. */
  observe(act: () => void): void
  tell: Tell
  clock: Clock
  /** Samples per minute and switch; milliseconds between probes of links. */
  samples: number
  linkProbeMs: number
  /** A sample went from one edge to another in so many seconds. */
  crossed(seconds: number): void
}

const RANDOM_OCTETS = 6

export interface StartedProbing {
  probing: Probing
  sampler: Sampler
  close(): void
}

export function startProbing(parts: ProbingParts): StartedProbing {
  const { state, lookup, topology, southbound, observed, changes, observe, tell, clock } = parts
  const random = (): number => randomBytes(RANDOM_OCTETS).readUIntBE(0, RANDOM_OCTETS) / 2 ** (8 * RANDOM_OCTETS)
  const nameOf = (datapathId: string): string =>
    state.intent.switchOf(datapathId)?.name ?? southbound.status(datapathId)?.name ?? ''
  const options: ProbingOptions = {
    state,
    verdict: (packet) => lookup.getPolicyForTraffic(packet),
    peer: ({ datapathId, port }) =>
      topology.links.find(({ from }) => from.datapathId === datapathId && from.port === port)?.to,
    watch: (datapathIds, number, probe) =>
      observe(() => {
        for (const datapathId of datapathIds) observed.watched.put(datapathId, [[number, probe]])
      }),
    installed: (datapathId) => southbound.installed(datapathId),
    settles: (datapathId) => southbound.settles(datapathId),
    status: (datapathId) => southbound.status(datapathId)?.state,
    send: (datapathId, message) => southbound.send(datapathId, message),
    clock: () => clock.monotonic(),
    now: () => clock.now(),
    random,
  }
  const probing = new Probing(options)
  const sampler = new Sampler({
    state,
    changes: changes.follow(() => {}),
    between: (from, to) => lookup.between(from, to),
    probe: (wish) => probing.probe(wish),
    isReady: (datapathId) => {
      const status = southbound.status(datapathId)
      return status?.state === 'served' && status.appliedGeneration === status.wantedGeneration
    },
    dropped: (datapathId) => southbound.packetsDropped.get(datapathId) ?? 0,
    news: (type, report) => tellNews({ intent: state.intent, nameOf, tell }, type, report),
    crossed: parts.crossed,
    ...{ perMinute: parts.samples, linkProbeMs: parts.linkProbeMs, random },
    clock: () => clock.monotonic(),
    now: () => clock.now(),
  })
  const timer = clock.every(SAMPLER_TICK_MS, () => sampler.tick())
  const close = (): void => {
    timer.cancel()
    sampler.close()
    probing.close()
  }
  return { probing, sampler, close }
}
