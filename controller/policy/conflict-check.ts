/**
 * What a write would do to rules, before it is written: which of them it would make shadowed, redundant or
 * contradictory. For each rule that decides something it remembers one packet that shows it, so that a write costs its
 * own rules and those whose packet one of them names. It decides nothing about the write: the caller refuses or warns
 * (`refusal` says what the partitions ask for). Called by the writer, inside the store's step.
 */
import { fail, type Result } from '../../model/errors.ts'
import type { ConflictMode, InterfaceRecord, Nap, Policy, Vnp } from '../../model/records.ts'
import { Population } from './conflicts/population.ts'
import { compareEntries, isLog, namesPoint, type Point, type RuleEntry, RuleIndex } from './conflicts/rules.ts'
import { Analysis, type Finding, ruleText, witnessText } from './conflicts.ts'
import type { EntryChangeSet } from './entries.ts'
import type { Intent } from './intent.ts'
import { ruleHash } from './order.ts'
import type { WriteOutcome } from './propose.ts'

export interface ConflictReport {
  /** Of the severity `warning`, about rules that the write brings or concerns; none of partitions that allow conflicts. */
  warnings: Finding[]
  /** A shadowed or contradictory rule that was not there before, where a partition refuses it. */
  refused: Finding | undefined
}

/** Warnings of one write at most. */
export const MAX_WARNINGS = 100

export const NO_CONFLICTS: ConflictReport = { warnings: [], refused: undefined }
/** Classes of rules that may have gone away before the index is made afresh. */
const MORE_CLASSES = 1000
const MODES: readonly ConflictMode[] = ['allow', 'warn', 'refuse']

/** What a batch makes of the records that matter here: absent ones are deleted. */
interface Batch {
  vnps: Map<string, Vnp | undefined>
  policies: Map<string, Policy | undefined>
  interfaces: Map<string, InterfaceRecord | undefined>
  naps: Map<string, Nap | undefined>
}

export class ConflictCheck {
  readonly #intent: Intent
  #index = new RuleIndex()
  /** For each rule that decides something, a packet that it decides. */
  readonly #alive = new Map<RuleEntry, Point>()
  readonly #aliveByTag = new Map<string, Set<RuleEntry>>()
  /** Rules that decide nothing. */
  readonly #dead = new Set<RuleEntry>()
  /** Rules of which it must be found out. */
  readonly #unknown = new Set<RuleEntry>()
  readonly #stale = { vnps: new Set<string>(), policies: new Set<string>() }
  /** Classes from which on the index is made afresh. */
  #mostClasses = MORE_CLASSES

  constructor(intent: Intent) {
    this.#intent = intent
  }

  /** Tells what was written. Costs nothing yet. */
  changed({ changes }: Pick<EntryChangeSet, 'changes'>): void {
    for (const { key } of changes) {
      const slash = key.indexOf('/')
      const kind = key.slice(0, slash)
      if (kind === 'vnp') this.#stale.vnps.add(key.slice(slash + 1))
      else if (kind === 'policy') this.#stale.policies.add(key.slice(slash + 1))
    }
  }

  /** Finds out about some rules; false where nothing is left to do. For idle moments: a check does what is left. */
  prepare(rules: number): boolean {
    this.#refresh()
    const analysis = this.#analysis()
    for (const entry of this.#unknown) {
      if (rules-- <= 0) return true
      this.#settle(entry, analysis)
    }
    return false
  }

  /** What a proposed write would do. It changes nothing. */
  check(outcomes: readonly WriteOutcome[]): ConflictReport {
    const batch = batchOf(outcomes)
    if (batch.vnps.size === 0 && batch.policies.size === 0) return NO_CONFLICTS
    this.prepare(Number.POSITIVE_INFINITY)
    const before = {
      vnps: new Map([...batch.vnps.keys()].map((name) => [name, this.#index.vnps.get(name)])),
      policies: new Map([...batch.policies.keys()].map((name) => [name, this.#index.policies.get(name)])),
    }
    const added = new Set(this.#update(batch.vnps, batch.policies))
    const analysis = this.#analysis(batch)
    const found: { finding: Finding; entry: RuleEntry; isNew: boolean }[] = []
    for (const entry of this.#unknown) {
      const wasDead = !added.has(entry) && this.#dead.has(entry)
      const point = this.#settle(entry, analysis)
      if (point !== undefined || wasDead) continue
      for (const finding of analysis.dead(entry)) found.push({ finding, entry, isNew: !added.has(entry) })
    }
    for (const entry of added) {
      if (!this.#alive.has(entry)) continue
      for (const finding of analysis.superfluous(entry, this.#dead, false)) found.push({ finding, entry, isNew: false })
      for (const finding of analysis.pairs(entry, this.#rivals(entry, added), false))
        found.push({ finding, entry, isNew: false })
    }
    const warnings = found.filter(({ finding }) => finding.severity === 'warning' && this.#mode(finding) !== 'allow')
    const refusable = warnings.filter(
      ({ finding }) =>
        this.#mode(finding) === 'refuse' && (finding.kind === 'shadowed' || finding.kind === 'contradictory'),
    )
    this.#update(before.vnps, before.policies)
    const known = refusable.some(({ isNew }) => !isNew) ? this.#knownBefore(before) : new Set<string>()
    const refused = refusable.find(({ finding, entry, isNew }) => isNew || !known.has(keyOf(finding, entry)))
    return { warnings: warnings.slice(0, MAX_WARNINGS).map(({ finding }) => finding), refused: refused?.finding }
  }

  /** Findings that the rules of a batch had before it, by what the rules say. */
  #knownBefore(before: Pick<Batch, 'vnps' | 'policies'>): Set<string> {
    const known = new Set<string>()
    const concerned = new Set(before.policies.keys())
    for (const vnp of before.vnps.keys()) for (const name of this.#index.policiesAbout(vnp)) concerned.add(name)
    const analysis = this.#analysis()
    const entries = new Set([...concerned].flatMap((name) => this.#index.entriesOf(name)))
    this.prepare(Number.POSITIVE_INFINITY)
    for (const entry of entries) {
      const findings = this.#dead.has(entry)
        ? analysis.dead(entry)
        : analysis.pairs(entry, this.#rivals(entry, entries), false)
      for (const finding of findings) known.add(keyOf(finding, entry))
    }
    return known
  }

  /** Rules of the same standing that decide something; of those that are looked at themselves, only earlier ones. */
  *#rivals(entry: RuleEntry, looked: ReadonlySet<RuleEntry>): IterableIterator<RuleEntry> {
    for (const name of this.#index.policiesOf(entry.vnp.name)) {
      for (const other of this.#index.entriesOf(name)) {
        if (other === entry || other.standing !== entry.standing || !this.#alive.has(other)) continue
        if (!looked.has(other) || compareEntries(other, entry) < 0) yield other
      }
    }
  }

  /** What the stricter of the partitions of a finding's rules wants. */
  #mode({ rule, other }: Finding): ConflictMode {
    const modes = [rule, other ?? rule].map(({ vnp }) => MODES.indexOf(this.#index.vnps.get(vnp)?.conflicts ?? 'warn'))
    return MODES[Math.max(...modes)]!
  }

  #analysis(batch?: Batch): Analysis {
    const index = this.#index
    let population: Population | undefined
    return new Analysis(index, () => {
      population ??= new Population(this.#intent, index.tags, batch?.interfaces, batch?.naps)
      return population
    })
  }

  #refresh(): void {
    const { vnps, policies } = this.#stale
    if (vnps.size === 0 && policies.size === 0) return
    // Classes of rules that went away are kept: start afresh once there are many more than there were then.
    const isAfresh = this.#index.classCount > this.#mostClasses
    if (isAfresh) {
      this.#index = new RuleIndex()
      for (const known of [this.#alive, this.#aliveByTag, this.#dead, this.#unknown]) known.clear()
      for (const name of this.#intent.vnps.keys()) vnps.add(name)
      for (const name of this.#intent.policies.keys()) policies.add(name)
    }
    this.#update(
      new Map([...vnps].map((name) => [name, this.#intent.vnps.get(name)])),
      new Map([...policies].map((name) => [name, this.#intent.policies.get(name)])),
    )
    vnps.clear()
    policies.clear()
    if (isAfresh) this.#mostClasses = MORE_CLASSES + 2 * this.#index.classCount
  }

  /** Replaces records and marks the rules that this may concern. Answers with those that came. */
  #update(
    vnps: ReadonlyMap<string, Vnp | undefined>,
    policies: ReadonlyMap<string, Policy | undefined>,
  ): readonly RuleEntry[] {
    const { removed, added } = this.#index.update(vnps, policies)
    for (const entry of removed) {
      this.#forget(entry)
      this.#dead.delete(entry)
      this.#unknown.delete(entry)
    }
    // Without a rule another may decide something again.
    if (removed.length > 0) for (const entry of this.#dead) this.#unknown.add(entry)
    for (const entry of added) {
      this.#unknown.add(entry)
      if (isLog(entry) || entry.subject === undefined) continue
      const [tag] = entry.subject.cube.all
      const key = tag === undefined ? entry.direction : `${entry.direction} ${tag}`
      for (const other of this.#aliveByTag.get(key) ?? []) {
        if (compareEntries(entry, other) < 0 && namesPoint(entry, this.#alive.get(other)!)) this.#unknown.add(other)
      }
    }
    return added
  }

  #settle(entry: RuleEntry, analysis: Analysis): Point | 'unknown' | undefined {
    this.#unknown.delete(entry)
    this.#forget(entry)
    this.#dead.delete(entry)
    if (isLog(entry)) return 'unknown'
    const point = analysis.alive(entry)
    if (point === undefined) this.#dead.add(entry)
    else if (point !== 'unknown') this.#remember(entry, point)
    return point
  }

  #remember(entry: RuleEntry, point: Point): void {
    this.#alive.set(entry, point)
    for (const key of keysOf(point)) {
      const set = this.#aliveByTag.get(key) ?? new Set()
      set.add(entry)
      this.#aliveByTag.set(key, set)
    }
  }

  #forget(entry: RuleEntry): void {
    const point = this.#alive.get(entry)
    if (point === undefined) return
    this.#alive.delete(entry)
    for (const key of keysOf(point)) {
      const set = this.#aliveByTag.get(key)
      set?.delete(entry)
      if (set?.size === 0) this.#aliveByTag.delete(key)
    }
  }
}

/** The failure of a write that a partition refuses. */
export function refusal({ kind, rule, other, witness }: Finding): Result<never> {
  return fail('CONFLICTING_RULE', {
    rule: ruleText(rule),
    other: other === undefined ? 'none' : ruleText(other),
    kind,
    vnp: rule.vnp,
    witness: witness === undefined ? 'none' : witnessText(witness),
  })
}

function keysOf({ direction, subject }: Point): string[] {
  return [direction, ...[...subject].map((tag) => `${direction} ${tag}`)]
}

const keyOf = ({ kind }: Finding, { cause, rule }: RuleEntry): string => `${kind} ${cause.policy} ${ruleHash(rule)}`

function batchOf(outcomes: readonly WriteOutcome[]): Batch {
  const batch: Batch = { vnps: new Map(), policies: new Map(), interfaces: new Map(), naps: new Map() }
  for (const { kind, name, outcome, record } of outcomes) {
    if (outcome === 'unchanged') continue
    const after = outcome === 'deleted' ? undefined : record
    if (kind === 'vnp') batch.vnps.set(name, after as Vnp | undefined)
    else if (kind === 'policy') batch.policies.set(name, after as Policy | undefined)
    else if (kind === 'interface') batch.interfaces.set(name, after as InterfaceRecord | undefined)
    else if (kind === 'nap') batch.naps.set(name, after as Nap | undefined)
  }
  return batch
}
