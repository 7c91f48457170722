/**
 * How much is left of what there is only so much of: numbers, rules, priorities, flows of a table; and what is to be said
 * where a change does not fit or nearly fills it. Pure.
 */
import { TIERS, tierOf } from '../../model/records.ts'
import { RECORD_LIMITS } from '../policy/constraints.ts'
import type { Intent } from '../policy/intent.ts'
import { SPACES } from '../policy/numbers.ts'
import type { OrderedRule } from '../policy/order.ts'
import { POLICY_BANDS, POLICY_TABLES, STAGE_OF } from '../policy/pipeline.ts'
import type { PlannedSending } from './flows.ts'
import type { Capacity, Finding, TableFill } from './plan.ts'

/** The share of a limit from which there is little left. */
const NEARLY = 0.9
/** Numbers of a space that are in use or rest in quarantine, so cannot be given. */
const SPACE_WORDS = {
  identity: 'identities',
  network: 'network numbers',
  zone: 'connection-tracking zones',
  meter: 'meters',
  switch: 'switch numbers',
} as const

/** In the state that the intent and these rules, all of them, are in. */
export function capacitiesOf(intent: Intent, rules: readonly OrderedRule[]): Capacity[] {
  const found: Capacity[] = []
  for (const space of Object.keys(SPACE_WORDS) as (keyof typeof SPACE_WORDS)[]) {
    const { first, last } = SPACES[space]
    found.push({ what: SPACE_WORDS[space], used: intent.pools[space].size, limit: last - first + 1 })
  }
  found.push({ what: 'rules', used: intent.ruleCount, limit: RECORD_LIMITS.rule })
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
