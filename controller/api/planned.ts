/** A plan (plan/plan.ts) as a message of the protocol: groups of interfaces by name, lists cut to the caller's limit. */
import type { Tag } from '../../model/tag.ts'
import type { Applied } from '../../proto/gen/tagsteer/v1/Applied.ts'
import type { PlannedConnections } from '../../proto/gen/tagsteer/v1/PlannedConnections.ts'
import type { PlannedEnds } from '../../proto/gen/tagsteer/v1/PlannedEnds.ts'
import type { PlannedSwitch as SwitchMessage } from '../../proto/gen/tagsteer/v1/PlannedSwitch.ts'
import type { PlanResponse } from '../../proto/gen/tagsteer/v1/PlanResponse.ts'
import type { VerdictChange as ChangeMessage } from '../../proto/gen/tagsteer/v1/VerdictChange.ts'
import type { CutConnections, Plan, PlannedSwitch } from '../plan/plan.ts'
import type { Classes } from '../policy/classes.ts'
import { compareText } from '../policy/order.ts'
import type { VerdictChange } from '../policy/verdict-changes.ts'
import { recordMessage, tagMessage } from './messages.ts'

/** Records told; more would exceed what most clients receive (4 MiB). */
const MAX_RECORDS = 1000

type Name = (datapathId: string) => string

export function planMessage(plan: Plan, limit: number, nameOf: Name): PlanResponse {
  const { generation, outcomes, verdicts, connections, switches, capacities, findings } = plan
  const count = (wanted: string): number => outcomes.filter(({ outcome }) => outcome === wanted).length
  return {
    generation: String(generation),
    records: outcomes
      .filter(({ outcome }) => outcome !== 'unchanged')
      .slice(0, MAX_RECORDS)
      .map(appliedMessage),
    created: count('created'),
    updated: count('updated'),
    deleted: count('deleted'),
    unchanged: count('unchanged'),
    verdicts: {
      losing: String(verdicts.losing),
      gaining: String(verdicts.gaining),
      differing: String(verdicts.differing),
      complete: verdicts.complete,
      changes: verdicts.changes.slice(0, limit).map((change) => changeMessage(verdicts.classes, change, limit)),
      total: String(verdicts.changes.length),
    },
    connections: connectionsMessage(connections, nameOf),
    switches: switches.map((one) => switchMessage(one, nameOf)),
    capacities: capacities.map(({ what, used, limit: most }) => ({ what, used: String(used), limit: String(most) })),
    findings,
  }
}

function appliedMessage({ kind, name, outcome, before, record, revision }: Plan['outcomes'][number]): Applied {
  return {
    kind,
    name,
    outcome: `OUTCOME_${outcome.toUpperCase()}` as 'OUTCOME_CREATED',
    ...(before === undefined ? {} : { before: recordMessage(before, 0) }),
    ...(record === undefined || outcome === 'deleted' ? {} : { after: recordMessage(record, revision) }),
  }
}

function changeMessage(classes: Classes, change: VerdictChange, limit: number): ChangeMessage {
  const judged = ({ verdict, by }: VerdictChange['before']) => ({ verdict, decidedBy: by })
  return {
    from: endsMessage(classes, change.from, limit),
    to: endsMessage(classes, change.to, limit),
    packets: [...change.packets],
    before: judged(change.before),
    after: judged(change.after),
    pairs: String(change.pairs),
  }
}

function endsMessage({ all }: Classes, indices: readonly number[], limit: number): PlannedEnds {
  const names: string[] = []
  const world: string[] = []
  let tags: Tag[] | undefined
  for (const index of indices) {
    const end = all[index]!
    if (end.kind === 'world') {
      world.push(end.text)
      continue
    }
    for (const name of end.names) names.push(name)
    const its = (end.after ?? end.before)?.tags
    tags = tags === undefined ? [...(its ?? [])] : tags.filter((tag) => its?.has(tag) === true)
  }
  return {
    count: String(names.length),
    interfaces: names.sort(compareText).slice(0, limit),
    world: world.sort(compareText).slice(0, limit),
    tags: (tags ?? []).sort(compareText).map(tagMessage),
  }
}

function connectionsMessage({ count, examples, switches }: CutConnections, nameOf: Name): PlannedConnections {
  return {
    cut: String(count),
    examples: examples.map(({ sourcePort = 0, port = 0, after, by, before: _, ...rest }) => ({
      ...rest,
      sourcePort,
      port,
      after: { verdict: after, decidedBy: by },
      switches: rest.switches.map((datapathId) => nameOf(datapathId) || datapathId),
    })),
    switches: switches.map(({ datapathId, connections, reason }) => ({
      datapathId,
      name: nameOf(datapathId),
      known: connections !== undefined,
      reason,
      connections: String(connections ?? 0),
    })),
  }
}

function switchMessage(
  { datapathId, connected, sending, flowsBefore, flowsAfter, tables }: PlannedSwitch,
  nameOf: Name,
): SwitchMessage {
  const acts = ({ add, modify, delete: gone }: { add: number; modify: number; delete: number }) => ({
    add: String(add),
    modify: String(modify),
    delete: String(gone),
  })
  return {
    datapathId,
    name: nameOf(datapathId),
    connected,
    flows: acts(sending.flows),
    groups: acts(sending.groups),
    meters: acts(sending.meters),
    ports: sending.ports,
    flowMods: String(sending.flows.add + sending.flows.modify + sending.flows.delete),
    flowsBefore: String(flowsBefore),
    flowsAfter: String(flowsAfter),
    tables: tables.map(({ table, name, before, after, peak, limit }) => ({
      table,
      name,
      before: String(before),
      after: String(after),
      peak: String(peak),
      limit: String(limit ?? 0),
    })),
  }
}
