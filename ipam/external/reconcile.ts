/**
 * Two-way reconciliation as a three-way comparison: for each address what both sides last agreed on (*base*), what we say
 * and what the external IPAM says. What one side alone changed goes to the other; what both changed differently is a
 * conflict, and stays as it is until somebody chooses. Pure: it neither reads nor writes either side. The plan is a
 * function of the three, so that applying a part of it and planning again goes on where that ended, and applying it again
 * does nothing. Used by controller/ipam/.
 *
 * Source: the three-way merge of diff3 (Khanna, Kunal, Pierce, A Formal Investigation of Diff3, 2007), of values.
 */
import { type Fact, sameFact } from './entry.ts'

/** One address. */
export interface Compared {
  /** Names the address; unique. */
  key: string
  base: Fact | undefined
  ours: Fact | undefined
  theirs: Fact | undefined
  /** Written by hand into a record of ours: no reconciliation may change it. */
  isFixed?: boolean
  /** Why neither side can be touched now, such as that the address is cooling. */
  waits?: string
}

export type Choice = 'ours' | 'theirs'

/** A write on one side, from what it says now. `base` writes only what was agreed on. */
export interface Step {
  key: string
  side: Choice | 'base'
  from: Fact | undefined
  to: Fact | undefined
}

export interface Disagreement {
  key: string
  base: Fact | undefined
  ours: Fact | undefined
  theirs: Fact | undefined
  /** fixed: only ours can win, since our record was written by hand. */
  why: 'both' | 'fixed'
}

export interface ReconcilePlan {
  /** Ours first, releases before what is given; then theirs; then what is agreed on already. */
  steps: Step[]
  conflicts: Disagreement[]
  waiting: { key: string; reason: string }[]
  /** Addresses on which nothing is to be done. */
  agreed: number
  /** Addresses that were agreed on with a fact, and how many of them the other side no longer has. */
  known: number
  vanished: number
  /** Choices that name no conflict. */
  unused: string[]
}

/** @param choices Which side wins a conflict, by key. */
export function reconcile(rows: Iterable<Compared>, choices: ReadonlyMap<string, Choice> = new Map()): ReconcilePlan {
  const plan: ReconcilePlan = { steps: [], conflicts: [], waiting: [], agreed: 0, known: 0, vanished: 0, unused: [] }
  const unused = new Set(choices.keys())
  for (const row of rows) {
    if (row.base !== undefined) {
      plan.known++
      if (row.theirs === undefined) plan.vanished++
    }
    compare(row, choices.get(row.key), plan, unused)
  }
  plan.steps.sort((a, b) => order(a) - order(b) || (a.key < b.key ? -1 : 1))
  plan.unused = [...unused]
  return plan
}

function compare(row: Compared, choice: Choice | undefined, plan: ReconcilePlan, unused: Set<string>): void {
  const { key, base, ours, theirs } = row
  if (sameFact(ours, theirs)) {
    if (sameFact(base, ours)) plan.agreed++
    else plan.steps.push({ key, side: 'base', from: base, to: ours })
    return
  }
  if (row.waits !== undefined) {
    plan.waiting.push({ key, reason: row.waits })
    return
  }
  const weChanged = !sameFact(base, ours)
  const theyChanged = !sameFact(base, theirs)
  const isClear = weChanged !== theyChanged
  const winner = isClear ? (weChanged ? 'ours' : 'theirs') : choice
  const isHeld = winner === 'theirs' && row.isFixed === true
  if (isHeld && choice === 'ours') {
    unused.delete(key)
    plan.steps.push({ key, side: 'theirs', from: theirs, to: ours })
    return
  }
  if (winner === undefined || isHeld) {
    if (isHeld) unused.delete(key)
    plan.conflicts.push({ key, base, ours, theirs, why: isHeld || row.isFixed === true ? 'fixed' : 'both' })
    return
  }
  if (!isClear) unused.delete(key)
  if (winner === 'ours') plan.steps.push({ key, side: 'theirs', from: theirs, to: ours })
  else plan.steps.push({ key, side: 'ours', from: ours, to: theirs })
}

const SIDES = { ours: 0, theirs: 2, base: 4 } as const

const order = ({ side, from, to }: Step): number => SIDES[side] + (from !== undefined && to === undefined ? 0 : 1)

/** Beyond this share of what was agreed on, and this many, what has vanished is taken for a failure of the other side. */
export const VANISHED = { share: 0.2, count: 10 } as const

/** Whether so much has vanished over there that it is rather a permission or a filter than anybody's wish. */
export function hasVanished({ known, vanished }: Pick<ReconcilePlan, 'known' | 'vanished'>): boolean {
  return vanished > VANISHED.count && vanished > known * VANISHED.share
}
