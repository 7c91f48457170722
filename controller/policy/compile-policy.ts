/**
 * The policy tables, which are the same on every switch: rows of rules and of partitions' defaults, kept current at the
 * cost of what changed; a switch that is not concerned with every network has those that can matter there
 * (compile-scope.ts). A rule is subjects x peers x layer 4; where that is more than a handful of rows it becomes a
 * conjunction (ovs-fields(7), CONJUNCTIVE MATCH FIELDS), one row per subject, peer and layer 4 match and one for the
 * verdict. Every rule has a priority of its own, so rows of different rules never meet in one (priority, match). It
 * refuses to know switches. The rows of one rule are in compile-rule.ts. Used by compile.ts.
 */
import { type Direction, PREFIX } from '../../model/records.ts'
import { sameValue } from './changes.ts'
import { RuleOrder } from './compile-order.ts'
import {
  type Clauses,
  clauseRow,
  isConjunction,
  type Judgement,
  judgementOfRule,
  judgementOfVnp,
  meterOf,
  rowsOf,
} from './compile-rule.ts'
import { type Move, PolicyScope, RuleRows, type RuleUnit } from './compile-scope.ts'
import type { Pace } from './compile-work.ts'
import { cookieOf } from './cookie.ts'
import { RowSet, type Rows } from './fields.ts'
import type { IntentDelta } from './intent.ts'
import { Multimap } from './multimap.ts'
import { AFTER, POLICY_BANDS, POLICY_TABLES } from './pipeline.ts'
import type { Flow, Meter } from './program.ts'
import { worldIdentities } from './resolve.ts'
import type { IntentView } from './state.ts'
import { servicesOf } from './steering.ts'

/** What is kept about one rule or default. */
interface Unit extends RuleUnit {
  judgement: Judgement
  rows: RuleRows
  facesWorld: boolean
  meter: Meter | undefined
}

/** Keys and meters that may differ from what they were. */
export interface PolicyChange {
  flows: Set<string>
  meters: Set<number>
  /** A number means something else now: scopes have to be made anew. Numbers rest before that happens. */
  rescope: boolean
}

const NO_ROWS: Rows = new Map()
/** What the rows of an identity that moves are taken for. */
const ROWS_OF_A_MOVE = 20
const WORLD_UNIT = 'world-policy'
const DIRECTIONS: readonly Direction[] = ['egress', 'ingress']

export class PolicyRows {
  readonly flows = new Map<string, Flow>()
  readonly meters = new Map<number, Meter>()
  readonly #units = new Map<string, Unit>()
  /** Partition to the units that look at its members. */
  readonly #unitsOfVnp = new Multimap<string>()
  /** Units that have an identity among their subjects or peers. */
  readonly #unitsOfIdentity = new Multimap<number>()
  /** Units whose peers depend on the prefixes that rules name. */
  readonly #unitsOfWorld = new Set<string>()
  #order = new RuleOrder()
  /** Of partitions that allow, by name of unit. */
  #defaults: ReadonlyMap<string, Judgement> = new Map()
  #world: Rows = new Map()
  #worldIdentities: ReadonlySet<number> = new Set()
  /** Scopes in which an identity occurs. */
  readonly #scopesOf = new Map<number, Set<PolicyScope>>()
  readonly #scopes = new Set<PolicyScope>()

  update(intent: IntentView, delta: IntentDelta | 'all'): PolicyChange {
    const steps = this.updating(intent, delta, { spend: () => false })
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
    }
  }

  /** The same in steps, between which intent may change: what changes then has to be told by another call. */
  *updating(
    intent: IntentView,
    delta: IntentDelta | 'all',
    pace: Pick<Pace, 'spend'>,
  ): Generator<undefined, PolicyChange> {
    const change: PolicyChange = { flows: new Set(), meters: new Set(), rescope: false }
    const all = delta === 'all'
    if (all) {
      this.#scopes.clear()
      this.#scopesOf.clear()
    }
    if (all || delta.prefixesChanged) change.rescope = this.#setWorldIdentities(intent)
    const numbered = all ? [] : policiesNumbered(intent, delta.numbers)
    if (all || delta.rulesChanged || numbered.length > 0) yield* this.#reorder(intent, delta, numbered, change, pace)
    if (all || delta.prefixesChanged) {
      if (!all) for (const name of [...this.#unitsOfWorld]) this.#rebuild(name, intent, change)
      this.#setWorld(intent, change)
    }
    if (all) return change
    for (const identity of delta.identities) {
      this.#moveIdentity(identity, intent, change)
      if (pace.spend(ROWS_OF_A_MOVE)) yield undefined
    }
    return change
  }

  /** The rows of a switch to which identities come and go; `share` takes a row over, or away. None has come yet. */
  scope(share: (key: string, flow: Flow | undefined) => void): PolicyScope {
    const world = (): ReadonlySet<number> => this.#worldIdentities
    const made = new PolicyScope(
      {
        unitsOf: (identity) => this.#unitsOf(identity),
        get world() {
          return world()
        },
        follow: (scope, identity, follows) => {
          const scopes = this.#scopesOf.get(identity) ?? new Set()
          if (follows) this.#scopesOf.set(identity, scopes.add(scope))
          else if (scopes.delete(scope) && scopes.size === 0) this.#scopesOf.delete(identity)
        },
      },
      share,
    )
    made.common(NO_ROWS, this.#world)
    this.#scopes.add(made)
    return made
  }

  /** Nobody asks for the scope any more. */
  endScope(scope: PolicyScope): void {
    scope.clear()
    this.#scopes.delete(scope)
  }

  *#unitsOf(identity: number): IterableIterator<[string, RuleUnit]> {
    for (const name of this.#unitsOfIdentity.all(identity)) {
      const unit = this.#units.get(name)
      if (unit !== undefined) yield [name, unit]
    }
  }

  /** Finds the units that have to go, and builds those that are new or stand elsewhere. */
  *#reorder(
    intent: IntentView,
    delta: IntentDelta | 'all',
    numbered: readonly string[],
    change: PolicyChange,
    pace: Pick<Pace, 'spend'>,
  ): Generator<undefined> {
    const all = delta === 'all'
    if (all) this.#order = new RuleOrder()
    const { gone, placed } = all
      ? this.#order.update(intent, [], intent.policies.keys())
      : this.#order.update(intent, delta.vnps, [...delta.policies, ...numbered])
    const wanted = new Map<string, Judgement>()
    for (const rule of placed) wanted.set(unitOf(rule.object), judgementOfRule(intent, rule, rule.table, rule.priority))
    const defaults = all || delta.vnps.size > 0 ? defaultsOf(intent) : undefined
    for (const [name, judgement] of defaults ?? []) wanted.set(name, judgement)
    for (const object of gone) if (!wanted.has(unitOf(object))) this.#drop(unitOf(object), change)
    for (const name of this.#defaults.keys()) if (defaults?.has(name) === false) this.#drop(name, change)
    if (all) for (const name of [...this.#units.keys()]) if (!wanted.has(name)) this.#drop(name, change)
    this.#defaults = defaults ?? this.#defaults
    for (const [name, judgement] of wanted) {
      const known = this.#units.get(name)
      if (!all && known !== undefined && isSame(known.judgement, judgement)) {
        known.judgement = judgement
        continue
      }
      this.#drop(name, change)
      if (pace.spend(this.#build(name, judgement, intent, change))) yield undefined
    }
  }

  /** @returns How many rows it has. */
  #build(name: string, judgement: Judgement, intent: IntentView, change: PolicyChange): number {
    const clauses = judgement.clauses(intent)
    const rows = new RuleRows(rowsOf(judgement, clauses))
    const unit: Unit = { judgement, clauses, rows, meter: meterOf(judgement), facesWorld: this.#facesWorld(clauses) }
    this.#units.set(name, unit)
    for (const vnp of judgement.vnps) this.#unitsOfVnp.add(vnp, name)
    for (const identity of union(clauses)) this.#unitsOfIdentity.add(identity, name)
    if (judgement.looksAtWorld) this.#unitsOfWorld.add(name)
    for (const [key, flow] of rows.all) this.#put(key, flow, change)
    if (unit.meter !== undefined) {
      this.meters.set(unit.meter.meterId, unit.meter)
      change.meters.add(unit.meter.meterId)
    }
    this.#tellReplaced(name, NO_ROWS, unit, union(clauses))
    return 1 + rows.all.size
  }

  #drop(name: string, change: PolicyChange): void {
    const unit = this.#units.get(name)
    if (unit === undefined) return
    this.#units.delete(name)
    for (const vnp of unit.judgement.vnps) this.#unitsOfVnp.remove(vnp, name)
    for (const identity of union(unit.clauses)) this.#unitsOfIdentity.remove(identity, name)
    this.#unitsOfWorld.delete(name)
    for (const [key, flow] of unit.rows.all) this.#take(key, flow, change)
    if (unit.meter !== undefined && this.meters.get(unit.meter.meterId) === unit.meter) {
      this.meters.delete(unit.meter.meterId)
      change.meters.add(unit.meter.meterId)
    }
    this.#tellReplaced(name, unit.rows.all, undefined, union(unit.clauses))
  }

  /** Says whether a number has passed from a prefix to tags or back. */
  #setWorldIdentities(intent: IntentView): boolean {
    const before = this.#worldIdentities
    this.#worldIdentities = new Set(worldIdentities(intent))
    for (const identity of this.#worldIdentities) {
      if (!before.has(identity) && (this.#unitsOfIdentity.all(identity).size > 0 || this.#scopesOf.has(identity)))
        return true
    }
    for (const identity of before) {
      if (!this.#worldIdentities.has(identity) && intent.usersOf(identity).size > 0) return true
    }
    return false
  }

  #facesWorld({ peers }: Clauses): boolean {
    for (const identity of this.#worldIdentities) if (peers.has(identity)) return true
    return false
  }

  #scopesFor(identities: Iterable<number>): Set<PolicyScope> {
    const found = new Set<PolicyScope>()
    for (const identity of identities) for (const scope of this.#scopesOf.get(identity) ?? []) found.add(scope)
    return found
  }

  /** A scope in which none of the identities occurs has no row of the rule, before or after. */
  #tellReplaced(name: string, before: Rows, unit: Unit | undefined, identities: Iterable<number>): void {
    for (const scope of this.#scopesFor(identities)) scope.replace(name, before, unit)
  }

  #rebuild(name: string, intent: IntentView, change: PolicyChange): void {
    const unit = this.#units.get(name)
    if (unit === undefined) return
    this.#drop(name, change)
    this.#build(name, unit.judgement, intent, change)
  }

  /** An identity came, went, or belongs to other partitions now: its row in each rule that it enters or leaves. */
  #moveIdentity(identity: number, intent: IntentView, change: PolicyChange): void {
    const isWorld = this.#worldIdentities.has(identity)
    const names = new Set(this.#unitsOfIdentity.all(identity))
    for (const vnp of intent.vnpsOf(identity)) for (const name of this.#unitsOfVnp.all(vnp.name)) names.add(name)
    for (const name of names) {
      const unit = this.#units.get(name)
      if (unit === undefined) continue
      this.#moveIn(name, unit, identity, unit.judgement.holds(intent, identity, isWorld), change)
    }
  }

  #moveIn(
    name: string,
    unit: Unit,
    identity: number,
    now: { subjects: boolean; peers: boolean },
    change: PolicyChange,
  ): void {
    const { judgement, clauses } = unit
    const was = { subjects: clauses.subjects.has(identity), peers: clauses.peers.has(identity) }
    if (now.subjects === was.subjects && now.peers === was.peers) return
    const wasConjunction = isConjunction(clauses)
    for (const side of ['subjects', 'peers'] as const) {
      if (now[side]) clauses[side].add(identity)
      else clauses[side].delete(identity)
    }
    if (now.subjects || now.peers) this.#unitsOfIdentity.add(identity, name)
    else this.#unitsOfIdentity.remove(identity, name)
    if (!wasConjunction || !isConjunction(clauses)) {
      const before = unit.rows.all
      unit.rows = new RuleRows(rowsOf(judgement, clauses))
      unit.facesWorld = this.#facesWorld(clauses)
      for (const [key, flow] of before) if (!unit.rows.all.has(key)) this.#take(key, flow, change)
      for (const [key, flow] of unit.rows.all) this.#put(key, flow, change)
      this.#tellReplaced(name, before, unit, [...union(clauses), identity])
      return
    }
    const moves: Move[] = []
    for (const side of ['subjects', 'peers'] as const) {
      if (now[side] === was[side]) continue
      const row = clauseRow(judgement, clauses, side, identity)
      const [key, flow] = row
      moves.push({ side, isIn: now[side], row })
      if (now[side]) {
        unit.rows.set(key, flow)
        this.#put(key, flow, change)
      } else {
        unit.rows.delete(key)
        this.#take(key, undefined, change)
      }
    }
    for (const scope of this.#scopesFor([identity])) scope.move(name, unit, identity, moves)
  }

  /** The world has no say of its own: as a subject it passes. */
  #setWorld(intent: IntentView, change: PolicyChange): void {
    const set = new RowSet(WORLD_UNIT, cookieOf('system'))
    for (const identity of worldIdentities(intent)) {
      const cookie = cookieOf('prefix', identity)
      const { world } = POLICY_BANDS
      const match = (field: 'reg0' | 'reg1') => [{ field, value: identity }]
      set.add(POLICY_TABLES.egress.admin, world, match('reg0'), { goto: AFTER.egress }, cookie)
      set.add(POLICY_TABLES.ingress.admin, world, match('reg1'), { goto: AFTER.ingress }, cookie)
    }
    for (const [key, flow] of this.#world) if (!set.rows.has(key)) this.#take(key, flow, change)
    for (const [key, flow] of set.rows) this.#put(key, flow, change)
    for (const scope of this.#scopes) scope.common(this.#world, set.rows)
    this.#world = set.rows
  }

  #put(key: string, flow: Flow, change: PolicyChange): void {
    this.flows.set(key, flow)
    change.flows.add(key)
  }

  /** Removes a row unless another unit has taken its place meanwhile. */
  #take(key: string, flow: Flow | undefined, change: PolicyChange): void {
    if (flow !== undefined && this.flows.get(key) !== flow) return
    this.flows.delete(key)
    change.flows.add(key)
  }
}

/** Not by index: a rule that another pushes down stays what it is. */
function unitOf(object: number): string {
  return `rule/${object}`
}

/** Policies with rules whose meters, chains or collectors have these numbers. */
function policiesNumbered({ steerings }: IntentView, numbers: Iterable<string>): string[] {
  const found: string[] = []
  for (const number of numbers) {
    const [space, name] = [number.slice(0, number.indexOf('/')), number.slice(number.indexOf('/') + 1)]
    if (space === 'meter') found.push(name.slice(0, name.lastIndexOf('/')))
    if (space === 'steer') found.push(...steerings.policiesOf(servicesOf(name)[0] ?? ''))
  }
  return found
}

/** Every default that allows, by name of unit. */
function defaultsOf(intent: IntentView): Map<string, Judgement> {
  const found = new Map<string, Judgement>()
  const vnps = [...intent.vnps.values()].sort((one, other) => one.number - other.number)
  for (const direction of DIRECTIONS) {
    const { first, last } = POLICY_BANDS.defaults
    const allowing = vnps.filter((vnp) => (direction === 'egress' ? vnp.egressDefault : vnp.ingressDefault) === 'allow')
    const room = last - first + 1
    if (allowing.length > room) throw new RangeError(`${allowing.length} defaults do not fit into ${room} priorities`)
    for (const [index, vnp] of allowing.entries()) {
      const judgement = judgementOfVnp(vnp, direction, first + index)
      found.set(`${PREFIX.vnp}${vnp.name} ${direction}`, judgement)
    }
  }
  return found
}

/** Whether two judgements give the same rows, whoever asks. */
function isSame(one: Judgement, other: Judgement): boolean {
  return (
    one.priority === other.priority &&
    one.table === other.table &&
    one.meter === other.meter &&
    one.chain === other.chain &&
    one.collector === other.collector &&
    one.object === other.object &&
    one.vnp === other.vnp &&
    sameValue(one.rule, other.rule) &&
    sameValue(one.policy?.appliesTo, other.policy?.appliesTo)
  )
}

function union({ subjects, peers }: Clauses): Set<number> {
  return new Set([...subjects, ...peers])
}
