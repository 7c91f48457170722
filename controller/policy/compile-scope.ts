/**
 * The policy rows of a switch that is not concerned with every network: those of rules that can decide between
 * identities that occur there, kept current at the cost of what changed. A row belongs there where every identity that
 * it matches occurs there; the rows of a conjunction, only where both of its sides do. It refuses to know what rows
 * mean and which identities occur. Fed by compile-policy.ts (rules) and compile.ts (identities).
 */
import { type Clauses, isConjunction } from './compile-rule.ts'
import type { Rows } from './fields.ts'
import type { Flow } from './program.ts'

type Side = 'subjects' | 'peers'
const SIDES: readonly Side[] = ['subjects', 'peers']

/** A row and its key. */
type Row = readonly [key: string, flow: Flow]

/** The rows of a rule, found by the identities that they match; the index is made when it is first asked for. */
export class RuleRows {
  readonly #rows: Map<string, Flow>
  #byIdentity: Map<number, Map<string, Flow>> | undefined
  /** Rows that match no identity: layer 4 and verdict of a conjunction. */
  #common = new Map<string, Flow>()

  constructor(rows: Rows) {
    this.#rows = new Map(rows)
  }

  get all(): Rows {
    return this.#rows
  }

  get common(): Iterable<Row> {
    this.#index()
    return this.#common
  }

  identities(): ReadonlyMap<number, Iterable<Row>> {
    return this.#index()
  }

  of(identity: number): Iterable<Row> {
    return this.#index().get(identity) ?? []
  }

  set(key: string, flow: Flow): void {
    this.#rows.set(key, flow)
    if (this.#byIdentity !== undefined) this.#enter(this.#byIdentity, key, flow)
  }

  delete(key: string): void {
    const flow = this.#rows.get(key)
    this.#rows.delete(key)
    if (flow === undefined || this.#byIdentity === undefined) return
    this.#common.delete(key)
    for (const identity of identitiesOf(flow)) {
      const rows = this.#byIdentity.get(identity)
      rows?.delete(key)
      if (rows?.size === 0) this.#byIdentity.delete(identity)
    }
  }

  #index(): Map<number, Map<string, Flow>> {
    if (this.#byIdentity !== undefined) return this.#byIdentity
    const index = new Map<number, Map<string, Flow>>()
    for (const [key, flow] of this.#rows) this.#enter(index, key, flow)
    this.#byIdentity = index
    return index
  }

  #enter(index: Map<number, Map<string, Flow>>, key: string, flow: Flow): void {
    const identities = identitiesOf(flow)
    if (identities.length === 0) this.#common.set(key, flow)
    for (const identity of identities) {
      const rows = index.get(identity)
      if (rows === undefined) index.set(identity, new Map([[key, flow]]))
      else rows.set(key, flow)
    }
  }
}

/** The identities that a policy row matches: two, one of them, or none. */
function identitiesOf({ match }: Flow): number[] {
  const found: number[] = []
  for (const { field, value } of match) if (field === 'reg0' || field === 'reg1') found.push(value as number)
  return found
}

/** An identity joins a side of a rule, or leaves it. */
export interface Move {
  side: Side
  isIn: boolean
  row: Row
}

/** A rule or default with its rows on a switch that is concerned with everything. */
export interface RuleUnit {
  readonly clauses: Clauses
  readonly rows: RuleRows
  /** Some of its peers are identities of the world. */
  readonly facesWorld: boolean
}

/** What a scope asks about rules, and tells of itself. */
export interface ScopedRules {
  /** Rules that have the identity among their subjects or peers. */
  unitsOf(identity: number): Iterable<[name: string, unit: RuleUnit]>
  /** Identities that occur on every switch: those of the world. */
  readonly world: ReadonlySet<number>
  /** From now on the scope is to be told of what concerns the identity, or no longer. */
  follow(scope: PolicyScope, identity: number, follows: boolean): void
}

export class PolicyScope {
  readonly #rules: ScopedRules
  /** Takes a row over, or away. */
  readonly #share: (key: string, flow: Flow | undefined) => void
  /** How many of the switch's networks an identity occurs in. */
  readonly #occurrences = new Map<number, number>()
  /** How many subjects and peers of a conjunction occur here, but for the world's; nothing where none does. */
  readonly #counts = new Map<string, Record<Side, number>>()
  /** Rows that are here, by key. */
  readonly #held = new Map<string, Flow>()

  constructor(rules: ScopedRules, share: (key: string, flow: Flow | undefined) => void) {
    this.#rules = rules
    this.#share = share
  }

  /** An identity occurs in one more of the switch's networks. */
  enter(identity: number): void {
    const count = this.#occurrences.get(identity) ?? 0
    this.#occurrences.set(identity, count + 1)
    if (count > 0) return
    this.#rules.follow(this, identity, true)
    if (this.#rules.world.has(identity)) return
    for (const [name, unit] of this.#rules.unitsOf(identity)) this.#arrive(name, unit, identity)
  }

  /** One that entered is gone from one network. */
  leave(identity: number): void {
    const count = (this.#occurrences.get(identity) ?? 0) - 1
    if (count > 0) {
      this.#occurrences.set(identity, count)
      return
    }
    this.#occurrences.delete(identity)
    this.#rules.follow(this, identity, false)
    if (this.#rules.world.has(identity)) return
    for (const [name, unit] of this.#rules.unitsOf(identity)) this.#depart(name, unit, identity)
  }

  /** Takes every row away, for good. */
  clear(): void {
    for (const identity of this.#occurrences.keys()) this.#rules.follow(this, identity, false)
    for (const key of [...this.#held.keys()]) this.#dropHeld(key)
  }

  /** Rows that every switch has. */
  common(before: Rows, now: Rows): void {
    for (const [key, flow] of before) if (!now.has(key)) this.#drop(key, flow)
    for (const [key, flow] of now) this.#take(key, flow)
  }

  /** A rule came, went, or has other rows altogether. */
  replace(name: string, before: Rows, unit: RuleUnit | undefined): void {
    this.#counts.delete(name)
    if (unit !== undefined && isConjunction(unit.clauses)) this.#count(name, unit.clauses)
    const kept = unit !== undefined && this.#isActive(name, unit) ? unit : undefined
    for (const [key, flow] of before) if (kept?.rows.all.get(key) !== flow) this.#drop(key, flow)
    if (kept !== undefined) this.#takeAll(kept)
  }

  /** An identity joined or left sides of a conjunction, which stays one, and these are its rows there. */
  move(name: string, unit: RuleUnit, identity: number, moves: readonly Move[]): void {
    if (!this.#occurs(identity)) return
    const wasActive = this.#isActive(name, unit)
    if (!this.#rules.world.has(identity)) for (const { side, isIn } of moves) this.#add(name, side, isIn ? 1 : -1)
    const isActive = this.#isActive(name, unit)
    for (const { isIn, row } of moves) {
      if (!isIn) this.#dropHeld(row[0])
      else if (isActive && wasActive) this.#take(...row)
    }
    if (isActive && !wasActive) this.#takeAll(unit)
    if (wasActive && !isActive) for (const [key, flow] of unit.rows.all) this.#drop(key, flow)
  }

  #occurs(identity: number): boolean {
    return this.#occurrences.has(identity) || this.#rules.world.has(identity)
  }

  /** Whether every identity that a row matches occurs here. */
  #mayMatch({ match }: Flow): boolean {
    for (const { field, value } of match) {
      if ((field === 'reg0' || field === 'reg1') && !this.#occurs(value as number)) return false
    }
    return true
  }

  #arrive(name: string, unit: RuleUnit, identity: number): void {
    if (!isConjunction(unit.clauses)) {
      this.#takeSome(unit.rows.of(identity))
      return
    }
    const wasActive = this.#isActive(name, unit)
    for (const side of SIDES) if (unit.clauses[side].has(identity)) this.#add(name, side, 1)
    if (!this.#isActive(name, unit)) return
    if (wasActive) this.#takeSome(unit.rows.of(identity))
    else this.#takeAll(unit)
  }

  #depart(name: string, unit: RuleUnit, identity: number): void {
    if (isConjunction(unit.clauses)) {
      for (const side of SIDES) if (unit.clauses[side].has(identity)) this.#add(name, side, -1)
    }
    const rows = this.#isActive(name, unit) ? unit.rows.of(identity) : unit.rows.all
    for (const [key, flow] of rows) this.#drop(key, flow)
  }

  /** Whether a rule can decide here. Rows of other than conjunctions name both ends, and speak for themselves. */
  #isActive(name: string, { clauses, facesWorld }: RuleUnit): boolean {
    if (!isConjunction(clauses)) return true
    const counts = this.#counts.get(name)
    return counts !== undefined && counts.subjects > 0 && (counts.peers > 0 || facesWorld)
  }

  #count(name: string, clauses: Clauses): void {
    const { world } = this.#rules
    for (const side of SIDES) {
      const [few, many] = [clauses[side], this.#occurrences]
      const common = few.size < many.size ? few : many.keys()
      for (const identity of common) {
        if (few.has(identity) && many.has(identity) && !world.has(identity)) this.#add(name, side, 1)
      }
    }
  }

  #add(name: string, side: Side, by: number): void {
    const counts = this.#counts.get(name) ?? { subjects: 0, peers: 0 }
    counts[side] += by
    if (counts.subjects === 0 && counts.peers === 0) this.#counts.delete(name)
    else this.#counts.set(name, counts)
  }

  /** Every row whose identities occur here. */
  #takeAll({ rows }: RuleUnit): void {
    this.#takeSome(rows.common)
    const identities = rows.identities()
    if (identities.size <= this.#occurrences.size + this.#rules.world.size) {
      for (const [identity, its] of identities) if (this.#occurs(identity)) this.#takeSome(its)
      return
    }
    for (const identity of this.#occurrences.keys()) this.#takeSome(rows.of(identity))
    for (const identity of this.#rules.world) this.#takeSome(rows.of(identity))
  }

  #takeSome(rows: Iterable<Row>): void {
    for (const [key, flow] of rows) if (this.#mayMatch(flow)) this.#take(key, flow)
  }

  #take(key: string, flow: Flow): void {
    if (this.#held.get(key) === flow) return
    this.#held.set(key, flow)
    this.#share(key, flow)
  }

  /** Unless another rule has taken the row's place. */
  #drop(key: string, flow: Flow): void {
    if (this.#held.get(key) === flow) this.#dropHeld(key)
  }

  #dropHeld(key: string): void {
    if (this.#held.delete(key)) this.#share(key, undefined)
  }
}
