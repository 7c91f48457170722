/**
 * How much is left of what there is only so much of: numbers, rules, priorities, flows of a table; and what is to be said
 * where a change does not fit or nearly fills it. Pure.
 */
import { TIERS, tierOf } from '../../model/records.ts'
import { capacities } from '../policy/capacity.ts'
import type { Intent } from '../policy/intent.ts'
import type { OrderedRule } from '../policy/order.ts'
import { POLICY_BANDS, POLICY_TABLES, STAGE_OF } from '../policy/pipeline.ts'
import type { PlannedSending } from './flows.ts'
import type { Capacity, Finding, TableFill } from './plan.ts'

/** The share of a limit from which there is little left. */
const NEARLY = 0.9
/** Spaces that a plan tells of, as it calls them. */
const SPACE_WORDS: Readonly<Record<string, string>> = {
  identity: 'identities',
  network: 'network numbers',
  zone: 'connection-tracking zones',
  meter: 'meters',
  switch: 'switch numbers',
  rules: 'rules',
}

/** In the state that the intent and these rules, all of them, are in. */
export function capacitiesOf(intent: Intent, rules: readonly OrderedRule[]): Capacity[] {
  const found: Capacity[] = []
  for (const { space, used, resting, limit } of capacities(intent)) {
    const what = SPACE_WORDS[space]
    // What rests in quarantine cannot be given either.
    if (what !== undefined) found.push({ what, used: used + resting, limit })
  }
  const room = POLICY_BANDS.rules.last - POLICY_BANDS.rules.first + 1
  const count = (wanted: (ordered: OrderedRule) => boolean): number => rules.filter(wanted).length
  for (const direction of ['egress', 'ingress'] as const) {
    for (const tier of TIERS) {
      const used = count(
        ({ rule, policy }) => rule.action !== 'log' && rule.direction === direction && tierOf(policy) === tier,
      )
      if (used > 0) found.push({ what: `priorities of ${nameOf(POLICY_TABLES[direction][tier])}`, used, limit: room })
    }
  }
  return found
}

export function nameOf(table: number): string {
  return STAGE_OF.get(table) ?? String(table)
}

/** The tables of one switch that change, with what they can hold. */
export function tableFills(
  { tables }: PlannedSending,
  counts: ReadonlyMap<number, number>,
  limits: ReadonlyMap<number, number> | undefined,
): TableFill[] {
  return [...tables]
    .filter(([, { added, removed }]) => added + removed > 0)
    .sort(([one], [other]) => one - other)
    .map(([table, { added, removed }]) => {
      const before = counts.get(table) ?? 0
      return {
        table,
        name: nameOf(table),
        before,
        after: before + added - removed,
        peak: before + added,
        limit: limits?.get(table),
      }
    })
}

export function tableFindings(subject: string, fills: readonly TableFill[]): Finding[] {
  return fills.flatMap(({ name, before, after, peak, limit }): Finding[] => {
    if (limit === undefined || after <= before) return []
    if (peak > limit) {
      const sentence = `table ${name} of switch ${subject} would hold up to ${peak} flows and can hold ${limit}: the switch would refuse the change and keep what it has`
      return [{ kind: 'does-not-fit', subject, sentence }]
    }
    if (after <= limit * NEARLY) return []
    return [
      {
        kind: 'nearly-full',
        subject,
        sentence: `table ${name} of switch ${subject} would hold ${after} flows of ${limit}`,
      },
    ]
  })
}

/** Only where the change uses more than before. */
export function capacityFindings(before: readonly Capacity[], after: readonly Capacity[]): Finding[] {
  const used = new Map(before.map((capacity) => [capacity.what, capacity.used]))
  return after.flatMap(({ what, used: now, limit }): Finding[] => {
    if (now <= (used.get(what) ?? 0) || now <= limit * NEARLY) return []
    const kind = now > limit ? 'does-not-fit' : 'nearly-full'
    return [{ kind, subject: what, sentence: `${now} of ${limit} ${what} would be used` }]
  })
}
