/** Where the figures of metrics.ts come from. It refuses to compute any. Used by main.ts. */
import { RECORD_KINDS } from '../model/records.ts'
import type { Applied } from './applied.ts'
import type { Southbound } from './channel/southbound.ts'
import type { CompileLoop } from './compile-loop.ts'
import type { MetricSources } from './metrics.ts'
import { capacities } from './policy/capacity.ts'
import type { Intent } from './policy/intent.ts'
import type { PolicyLookup } from './policy/lookup.ts'

interface Measured
  extends Pick<MetricSources, 'demands' | 'dhcp' | 'ipam' | 'naps' | 'refused' | 'sampler' | 'serving'> {
  intent: Intent
  applied: Applied
  southbound: Southbound
  loop: CompileLoop
  lookup: PolicyLookup
}

export function metricSourcesOf({ intent, applied, southbound, loop, lookup, ...more }: Measured): MetricSources {
  return {
    ...more,
    generation: () => ({ stored: intent.generation, compiled: applied.compiled, applied: applied.reached }),
    records: () => Object.fromEntries(RECORD_KINDS.map((kind) => [kind, intent.all(kind).size])),
    identities: () => intent.identities.size,
    capacities: () => capacities(intent),
    *switches() {
      for (const status of southbound.switches.values())
        yield { ...status, desiredFlows: loop.programs.get(status.datapathId)?.flows.size ?? 0 }
    },
    lookup: () => lookup,
    packetsDropped: () => southbound.packetsDropped,
    databases: () => southbound.databases.counts(),
  }
}
