/**
 * All findings about all rules, in the order in which rules are consulted. A generator, so that whoever has other things
 * to do can take its time between rules; it reads the index only, which must not change meanwhile. How one rule is
 * judged is conflicts.ts.
 */
import type { Analysis, Finding } from '../conflicts.ts'
import { isLog, type RuleEntry, type RuleIndex } from './rules.ts'

export interface LintOptions {
  /** Findings of the severity `information` too. */
  all: boolean
  /** Findings that are kept; the others are counted. */
  limit: number
}

export interface LintResult {
  findings: Finding[]
  /** Rules that were looked at. */
  rules: number
  /** Findings beyond the limit. */
  omitted: number
  /** Questions that were given up as too hard: about these nothing is known. */
  undecided: number
}

/** Yields after every rule. */
export function* lint(
  index: RuleIndex,
  analysis: Analysis,
  { all, limit }: LintOptions,
): Generator<undefined, LintResult> {
  const entries = index.ordered()
  const alive: RuleEntry[] = []
  /** Rules that could go, all together. */
  const gone = new Set<RuleEntry>()
  const found = new Map<RuleEntry, Finding[]>()
  const put = (entry: RuleEntry, findings: readonly Finding[]): void => {
    const kept = all ? findings : findings.filter(({ severity }) => severity === 'warning')
    if (kept.length > 0) found.set(entry, [...(found.get(entry) ?? []), ...kept])
  }
  for (const entry of entries) {
    yield
    const point = isLog(entry) && entry.region.length > 0 ? 'unknown' : analysis.alive(entry)
    if (point === undefined) {
      put(entry, analysis.dead(entry))
      gone.add(entry)
      continue
    }
    if (!isLog(entry)) alive.push(entry)
    if (all) put(entry, analysis.now(entry))
  }
  for (const entry of alive) {
    yield
    const superfluous = analysis.superfluous(entry, gone, all)
    if (superfluous.length > 0) gone.add(entry)
    put(entry, superfluous)
  }
  const rivals = new Map<string, RuleEntry[]>()
  for (const entry of alive) {
    if (gone.has(entry)) continue
    yield
    const { vnp, tier, direction } = entry
    const key = `${vnp.name} ${tier} ${direction} ${all ? '' : entry.standing}`
    const earlier = rivals.get(key) ?? []
    rivals.set(key, earlier)
    put(entry, analysis.pairs(entry, earlier, all))
    earlier.push(entry)
  }
  const findings = entries.flatMap((entry) => found.get(entry) ?? [])
  return {
    findings: findings.slice(0, limit),
    rules: entries.length,
    omitted: Math.max(0, findings.length - limit),
    undecided: analysis.undecided,
  }
}

/** The whole analysis at once. */
export function lintNow(index: RuleIndex, analysis: Analysis, options: LintOptions): LintResult {
  const steps = lint(index, analysis, options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
