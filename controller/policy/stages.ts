/**
 * What stage policies mean as partitions and policies: records like any other, in the admin tier, of two partitions that
 * hold every interface. All that forbids is consulted before anything else; the rates are consulted last, and pass on, so
 * that a stage never permits what somebody else forbids. Nobody writes these records: propose.ts makes them with the stage
 * policy that they come from. Pure.
 */
import { type PortRange, type Rule, STAGES, type StagePolicy } from '../../model/records.ts'
import { EVERYTHING } from '../../model/selector.ts'
import { stageSelector } from '../../model/stage.ts'
import type { PolicyDraft, VnpDraft } from '../../model/validate.ts'

/** No name that a writer may give has a colon. */
const MARK = 'stage:'
const LIMITS = `${MARK}limits`
const RATES = `${MARK}rates`
/** Who owns the derived records. */
export const STAGE_OWNER = 'stage-policies'

export function isDerived(name: string): boolean {
  return name.startsWith(MARK)
}

/** Names that derived records may have, of either kind. */
export const DERIVED: Readonly<Record<'vnp' | 'policy', readonly string[]>> = {
  vnp: [LIMITS, RATES],
  policy: STAGES.flatMap((stage) => [`${MARK}${stage}`, `${MARK}${stage}.rate`]),
}

/** The records that these stage policies come to. */
export function derivedRecords(policies: readonly StagePolicy[]): (VnpDraft | PolicyDraft)[] {
  const records: (VnpDraft | PolicyDraft)[] = []
  for (const policy of policies) {
    const limits = limitsOf(policy)
    if (limits.length > 0) records.push(derived(policy, LIMITS, '', limits))
    const { rateKbps, burstKb = rateKbps } = policy
    if (rateKbps === undefined) continue
    const rates = BOTH.map((direction) => ({
      ...rule(direction),
      action: 'pass' as const,
      rateKbps,
      burstKb: burstKb!,
    }))
    records.push(derived(policy, RATES, '.rate', rates))
  }
  const used = new Set(records.map((record) => (record as PolicyDraft).vnp))
  return [
    ...[...used].map((name) => partition(name, name === LIMITS ? HIGHEST : LOWEST)),
    ...records.sort((one, other) => (one.name < other.name ? -1 : 1)),
  ]
}

const HIGHEST = 2 ** 31 - 1
const LOWEST = -(2 ** 31)
const BOTH = ['egress', 'ingress'] as const

/** A partition of all interfaces whose defaults permit nothing. */
function partition(name: string, priority: number): VnpDraft {
  return {
    ...{ kind: 'vnp', name, owner: STAGE_OWNER, selector: EVERYTHING, priority },
    ...{ resolution: 'highest-priority', conflicts: 'allow', ingressDefault: 'deny', egressDefault: 'deny' },
  }
}

function derived({ name }: StagePolicy, vnp: string, suffix: string, rules: Rule[]): PolicyDraft {
  const stage = STAGES.find((each) => each === name)!
  return {
    ...{ kind: 'policy', name: `${MARK}${name}${suffix}`, owner: STAGE_OWNER, vnp, tier: 'admin' },
    ...{ appliesTo: stageSelector(stage), priority: 0, rules },
  }
}

const rule = (direction: Rule['direction']): Rule => ({
  ...{ direction, peer: { kind: 'any' }, protocols: [], ports: [], action: 'deny', log: false },
})

/** Denials: of a side, of the world, and of every application but those that are permitted. */
function limitsOf({ restrictions, applications }: StagePolicy): Rule[] {
  const rules: Rule[] = []
  for (const direction of BOTH) {
    if (restrictions.includes(`no-${direction}`)) {
      rules.push(rule(direction))
      continue
    }
    if (restrictions.includes('no-world'))
      for (const cidr of ['0.0.0.0/0', '::/0']) rules.push({ ...rule(direction), peer: { kind: 'cidr', cidr } })
    if (applications.length > 0) rules.push(...othersThan(applications).map((its) => ({ ...rule(direction), ...its })))
  }
  return rules
}

const PORTS: readonly PortRange[] = [{ first: 0, last: 65_535 }]

/** Protocols and ports that none of the applications has. */
function othersThan(applications: StagePolicy['applications']): Pick<Rule, 'protocols' | 'ports'>[] {
  const whole: number[] = []
  const parts: Pick<Rule, 'protocols' | 'ports'>[] = []
  for (let protocol = 0; protocol <= 255; protocol++) {
    const its = applications.filter(({ protocols }) => protocols.includes(protocol))
    if (its.length === 0) whole.push(protocol)
    else if (its.every(({ ports }) => ports.length > 0)) {
      const ports = its.reduce((left, { ports: taken }) => without(left, taken), PORTS)
      if (ports.length > 0) parts.push({ protocols: [protocol], ports: [...ports] })
    }
  }
  return whole.length === 0 ? parts : [{ protocols: whole, ports: [] }, ...parts]
}

/** Ranges without those taken out. Both ascending and disjoint. */
function without(ranges: readonly PortRange[], taken: readonly PortRange[]): PortRange[] {
  return ranges.flatMap(({ first, last }) => {
    const left: PortRange[] = []
    let from = first
    for (const out of taken) {
      if (out.last < from || out.first > last) continue
      if (out.first > from) left.push({ first: from, last: out.first - 1 })
      from = out.last + 1
    }
    if (from <= last) left.push({ first: from, last })
    return left
  })
}
