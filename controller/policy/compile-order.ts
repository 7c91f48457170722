/**
 * Where every rule stands in its table, kept current: a change of some policies or partitions costs the rules of their
 * partitions and those that have to make room, not all that there are. What it says is what compile-ranks.ts says of all
 * rules at once, whatever came and went before (a property test holds the two together). It refuses to know rows.
 * Used by compile-policy.ts.
 *
 *     table ─▶ blocks of one tier and partition, in their order ─▶ rules in their order
 */
import { type Policy, TIERS, type Tier, tierOf, type Vnp } from '../../model/records.ts'
import { ATTEMPTS, placeVnp, tooMany } from './compile-ranks.ts'
import { compareRules, compareVnps, type PlacedRule, ruleObject } from './order.ts'
import { POLICY_BANDS, POLICY_TABLES, TABLES } from './pipeline.ts'
import type { IntentView } from './state.ts'

/** A rule with its place in a table. */
export interface StandingRule extends PlacedRule {
  /** As in order.ts. */
  object: number
  table: number
  priority: number
}

/** What an update changed. */
export interface Reordered {
  /** Objects of rules that were there; one that also came again is in both. */
  gone: Set<number>
  /** Rules that came, or have another priority. */
  placed: Set<StandingRule>
}

/** Rules of one tier and partition in one table. */
interface Block {
  vnp: Vnp
  tier: Tier
  rules: StandingRule[]
  /** The room that it takes in each attempt, where that was asked for. */
  sizes: (number | undefined)[]
  /** Where its rules were placed last. */
  top: number
  attempt: number
}

interface Table {
  blocks: Map<string, Block>
  /** First consulted first. */
  order: Block[]
  /** Which sizes its blocks have. */
  attempt: number
}

/** How a block was before an update. */
interface Former {
  vnp: Vnp | undefined
  sizes: readonly (number | undefined)[]
}

/** Beyond one in so many rules, all of a block are sorted anew. */
const FEW = 8

export class RuleOrder {
  readonly #band: { first: number; last: number }
  readonly #tables = new Map<number, Table>()
  readonly #rulesOf = new Map<string, readonly StandingRule[]>()
  /** Rules that were looked at so far, for measurements. */
  visited = 0

  /** @param band Priorities of each table. */
  constructor(band: { first: number; last: number } = POLICY_BANDS.rules) {
    this.#band = band
  }

  /**
   * @param vnps Partitions that changed.
   * @param policies Policies that changed, and others whose rules are to be told again.
   * @throws RangeError as prioritiesOf; then it has to begin anew.
   */
  update(
    intent: Pick<IntentView, 'vnps' | 'policies' | 'policiesOf'>,
    vnps: Iterable<string>,
    policies: Iterable<string>,
  ): Reordered {
    const changed = new Set(policies)
    for (const vnp of vnps) for (const name of intent.policiesOf(vnp)) changed.add(name)
    const gone = new Set<number>()
    const left = new Map<Block, Set<StandingRule>>()
    const came = new Map<Block, StandingRule[]>()
    const tables = new Map<Table, Map<Block, Former>>()
    const touch = (rule: StandingRule): Block => {
      const [table, block] = this.#blockOf(rule)
      const touched = tables.get(table) ?? new Map<Block, Former>()
      tables.set(table, touched)
      const { vnp, sizes, rules } = block
      if (!touched.has(block)) touched.set(block, { vnp: rules.length === 0 ? undefined : vnp, sizes })
      return block
    }
    for (const name of changed) {
      for (const rule of this.#rulesOf.get(name) ?? []) {
        gone.add(rule.object)
        const block = touch(rule)
        left.set(block, (left.get(block) ?? new Set()).add(rule))
      }
      const rules = standing(intent, intent.policies.get(name))
      if (rules.length === 0) this.#rulesOf.delete(name)
      else this.#rulesOf.set(name, rules)
      for (const rule of rules) {
        const block = touch(rule)
        const its = came.get(block)
        if (its === undefined) came.set(block, [rule])
        else its.push(rule)
      }
    }
    const placed = new Set<StandingRule>()
    for (const [table, touched] of tables) {
      for (const block of touched.keys()) this.#change(block, left.get(block) ?? NONE, came.get(block) ?? [])
      this.#place(table, touched, placed)
    }
    for (const rules of came.values()) for (const rule of rules) placed.add(rule)
    return { gone, placed }
  }

  #blockOf({ table: number, policy, vnp }: StandingRule): [Table, Block] {
    const table = this.#tables.get(number) ?? { blocks: new Map(), order: [], attempt: 0 }
    this.#tables.set(number, table)
    const tier = tierOf(policy)
    const name = `${tier} ${vnp.name}`
    const block = table.blocks.get(name) ?? { vnp, tier, rules: [], sizes: [], top: Number.NaN, attempt: 0 }
    table.blocks.set(name, block)
    return [table, block]
  }

  #change(block: Block, left: ReadonlySet<StandingRule>, came: readonly StandingRule[]): void {
    block.sizes = []
    if ((left.size + came.length) * FEW > block.rules.length) {
      block.rules = [...block.rules.filter((rule) => !left.has(rule)), ...came].sort(compareRules)
    } else {
      for (const rule of left) {
        const at = lowerBound(rule, block.rules, compareRules)
        block.rules.splice(block.rules[at] === rule ? at : block.rules.indexOf(rule), 1)
      }
      for (const rule of came) block.rules.splice(lowerBound(rule, block.rules, compareRules), 0, rule)
    }
    block.vnp = block.rules[0]?.vnp ?? block.vnp
  }

  /** Gives rules of touched blocks, and of blocks that have to make room, their priorities. */
  #place(table: Table, touched: ReadonlyMap<Block, Former>, placed: Set<StandingRule>): void {
    let isMoved = false
    for (const [block, former] of touched) {
      const vnp = block.rules.length === 0 ? undefined : block.vnp
      if (vnp !== former.vnp) {
        isMoved = true
        this.#arrange(table, block, vnp !== undefined, former.vnp !== undefined)
      }
      for (let attempt = 0; attempt <= table.attempt; attempt++)
        if (this.#sizeOf(block, attempt) !== former.sizes[attempt]) isMoved = true
    }
    const { first, last } = this.#band
    const total = (attempt: number): number => table.order.reduce((sum, block) => sum + this.#sizeOf(block, attempt), 0)
    if (isMoved) {
      table.attempt = ATTEMPTS.findIndex((_, attempt) => total(attempt) <= last - first + 1)
      if (table.attempt < 0) throw tooMany(total(ATTEMPTS.length - 1), this.#band)
    }
    let top = last
    for (const block of isMoved ? table.order : touched.keys()) {
      if (!isMoved) top = block.top
      const isElsewhere = block.top !== top || block.attempt !== table.attempt
      block.top = top
      block.attempt = table.attempt
      if (isElsewhere || touched.has(block)) {
        this.visited += block.rules.length
        placeVnp(block.rules, top, ATTEMPTS[table.attempt]!, (rule, priority) => {
          if (rule.priority === priority) return
          rule.priority = priority
          placed.add(rule)
        })
      }
      top -= this.#sizeOf(block, table.attempt)
    }
  }

  /** Puts a block where its partition stands now. */
  #arrange({ blocks, order }: Table, block: Block, isThere: boolean, wasThere: boolean): void {
    if (wasThere) order.splice(order.indexOf(block), 1)
    if (isThere) order.splice(lowerBound(block, order, compareBlocks), 0, block)
    else blocks.delete(`${block.tier} ${block.vnp.name}`)
  }

  #sizeOf(block: Block, attempt: number): number {
    const known = block.sizes[attempt]
    if (known !== undefined) return known
    this.visited += block.rules.length
    const size = placeVnp(block.rules, 0, ATTEMPTS[attempt]!, () => {})
    block.sizes[attempt] = size
    return size
  }
}

const NONE: ReadonlySet<never> = new Set()

function standing({ vnps }: Pick<IntentView, 'vnps'>, policy: Policy | undefined): StandingRule[] {
  const vnp = policy === undefined ? undefined : vnps.get(policy.vnp)
  if (policy === undefined || vnp === undefined) return []
  return policy.rules.map((rule, ruleIndex) => ({
    cause: { vnp: vnp.name, policy: policy.name, ruleIndex },
    object: ruleObject(policy, ruleIndex),
    table: rule.action === 'log' ? TABLES.log : POLICY_TABLES[rule.direction][tierOf(policy)],
    priority: Number.NaN,
    rule,
    policy,
    vnp,
  }))
}

function compareBlocks(one: Block, other: Block): number {
  return TIERS.indexOf(one.tier) - TIERS.indexOf(other.tier) || compareVnps(one.vnp, other.vnp)
}

/** Where something belongs among what is sorted: before what it does not come after. */
function lowerBound<T>(item: T, sorted: readonly T[], compare: (one: T, other: T) => number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(sorted[middle]!, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}
