/**
 * Probing connected to the parts that it needs. It refuses to decide anything. Used by main.ts.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../host/clock.ts'
import type { TopologyService } from '../../topology/service.ts'
import type { Southbound } from '../channel/southbound.ts'
import type { Observed } from '../observe.ts'
import type { PolicyLookup } from '../policy/lookup.ts'
import type { NetworkState } from '../policy/state.ts'
import { Probing, type ProbingOptions } from './probing.ts'

export interface ProbingParts {
  state: NetworkState
  lookup: PolicyLookup
  topology: Pick<TopologyService, 'links'>
  southbound: Southbound
  observed: Observed
  /** Has what follows from an observation compiled. */
  observe(act: () => void): void
  clock: Clock
}

const RANDOM_OCTETS = 6

export function startProbing({ state, lookup, topology, southbound, observed, observe, clock }: ProbingParts): Probing {
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
    random: () => randomBytes(RANDOM_OCTETS).readUIntBE(0, RANDOM_OCTETS) / 2 ** (8 * RANDOM_OCTETS),
  }
  return new Probing(options)
}
