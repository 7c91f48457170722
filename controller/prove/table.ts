/**
 * The rows of one table, found by what is known of a packet: tuple space search (Srinivasan, Suri, Varghese, SIGCOMM
 * 1999), where a tuple is a set of fields and masks, with an index for each subset of its fields that has ever been known
 * exactly. Conjunctive rows are put together from their clauses as Open vSwitch does (ovs-fields(7), CONJUNCTIVE MATCH
 * FIELDS). It refuses to know what rows do.
 */
import { type Effect, type Hit, moves, nexts, OUT, type Row, readByEffects } from './rows.ts'
import { type Exact, field, implies, type Members, meets, narrowed, type Test, type Val } from './space.ts'
import { type Tuple, Tuples } from './tuples.ts'

export interface Lookup {
  /** From the highest priority down; none below a row that takes all that is left. */
  hits: Hit[]
  /** Something may be left that no row matches. */
  misses: boolean
}

const CONJ_ID = field('conj_id')
const IN_PORT = field('in_port')
const REGISTER_FIELDS = Array.from({ length: 16 }, (_, index) => field(`reg${index}`))

/** Counts by key. */
class Counts<K> extends Map<K, number> {
  /** Whether the key came or went. */
  by(key: K, change: 1 | -1): boolean {
    const before = this.get(key) ?? 0
    if (before + change === 0) this.delete(key)
    else this.set(key, before + change)
    return before === 0 || before + change === 0
  }
}

export class TableIndex {
  readonly rows = new Map<string, Row>()
  readonly reads = new Counts<number>()
  /** Copies, as `from>to`. */
  readonly moves = new Counts<string>()
  readonly nexts = new Counts<number>()
  /** Fields of tests. */
  readonly tested = new Counts<number>()
  /** Rows by which packets may come out. */
  outs = 0
  /** Rows that write the port of entry. */
  turns = 0
  /** Grows when a field or a table is read or named for the first or last time. */
  shape = 0
  readonly #hard = new Tuples()
  readonly #soft = new Tuples()
  #registers: readonly number[] = []
  #registersAt = -1
  readonly #byId = new Map<number, Set<Row>>()
  /** Fields that a row asks for one value, all bits. */
  readonly #exact = new Counts<number>()

  set(key: string, row: Row | undefined): void {
    const before = this.rows.get(key)
    if (before !== undefined) {
      this.rows.delete(key)
      this.#count(before, -1)
    }
    if (row === undefined) return
    this.rows.set(key, row)
    this.#count(row, 1)
  }

  #count(row: Row, change: 1 | -1): void {
    const { tests } = row
    const tuples = row.clauses.length > 0 ? this.#soft : this.#hard
    const tuple = tuples.recent?.holds(tests) ? tuples.recent : tuples.of(tests)
    tuples.recent = tuple
    if (change === 1) tuple.add(row)
    else tuple.remove(row)
    tuples.order = undefined
    const isNew = tuple.rows.size === 1 && change === 1
    if (tuple.rows.size === 0) tuples.delete(tuple)
    if (isNew || tuple.rows.size === 0) this.#countTests(tests, change)
    for (const { id } of row.clauses) {
      const its = this.#byId.get(id) ?? new Set()
      if (change === 1) its.add(row)
      else its.delete(row)
      if (its.size === 0) this.#byId.delete(id)
      else this.#byId.set(id, its)
    }
    for (const effect of row.effects) if (turnsPort(effect)) this.turns += change
    if (row.effects.some(({ do: what }) => OUT.has(what))) {
      this.outs += change
      if (this.outs === 0 || (this.outs === 1 && change === 1)) this.shape++
    }
    for (const its of readByEffects(row)) if (this.reads.by(its, change)) this.shape++
    for (const pair of moves(row)) if (this.moves.by(pair, change)) this.shape++
    for (const next of nexts(row)) if (this.nexts.by(next, change)) this.shape++
  }

  /** Fields are counted once for all rows of a tuple. */
  #countTests(tests: readonly Test[], change: 1 | -1): void {
    for (const { field: its, mask } of tests) {
      if (this.tested.by(its, change)) this.shape++
      if (this.reads.by(its, change)) this.shape++
      if (mask === undefined && this.#exact.by(its, change)) this.shape++
    }
  }

  /** Clauses of the conjunctions that a row is a clause of. */
  siblings({ clauses }: Row): Row[] {
    return clauses.flatMap(({ id }) => [...(this.#byId.get(id) ?? [])])
  }

  /** Registers that rows test. */
  get registers(): readonly number[] {
    if (this.#registersAt !== this.shape) {
      this.#registersAt = this.shape
      this.#registers = REGISTER_FIELDS.filter((its) => this.tested.has(its))
    }
    return this.#registers
  }

  /** Where every packet goes on to unchanged; undefined where the table does more. */
  get passage(): number | undefined {
    if (this.rows.size !== 1) return undefined
    for (const row of this.rows.values()) {
      return row.tests.length === 0 && row.effects.length === 0 && row.clauses.length === 0 ? row.next : undefined
    }
    return undefined
  }

  /** Whether some row that a region may meet asks one field and does not look at another. */
  asksAlone(its: number, other: number, vals: readonly Val[], members: Members): boolean {
    for (const tuple of this.#hard.all) {
      if (!asksFor(tuple, its) || asksFor(tuple, other)) continue
      for (const row of tuple.near(vals)) if (all(row.tests, vals, members)) return true
    }
    return false
  }

  /** Whether some row that a region may meet, or a clause of it, looks at one of these fields. */
  asksAny(fields: readonly number[], vals: readonly Val[], members: Members): boolean {
    for (const tuples of [this.#hard, this.#soft]) {
      for (const tuple of tuples.all) {
        if (!tuple.tests.some((test) => fields.includes(test.field))) continue
        for (const row of tuple.near(vals)) if (all(row.tests, vals, members)) return true
      }
    }
    return false
  }

  /** Whether a row asks for one value of a field, all bits. */
  asks(its: number): boolean {
    return this.#exact.has(its)
  }

  /** Rows that a region may meet. */
  lookup(vals: readonly Val[], members: Members): Lookup {
    const hits: Hit[] = []
    let floor = this.#collect(vals, members, hits)
    if (this.#soft.size > 0) floor = this.#conjunctions(vals, members, hits, floor)
    if (hits.length > 1) sortHits(hits)
    while (hits.length > 0 && (hits[hits.length - 1] as Hit).priority < floor) hits.pop()
    return { hits, misses: floor < 0 }
  }

  /**
   * Where all of a region goes that meets one row which does nothing else, or -1 where it meets none or is dropped;
   * undefined: it has to be looked up.
   */
  plain(vals: readonly Val[], members: Members): number | undefined {
    if (this.#soft.size > 0 && this.#softNear(vals, members, -1).length > 0) return undefined
    let only: Row | undefined
    for (const tuple of this.#hard.ordered()) {
      if (only !== undefined && tuple.highest < only.priority) break
      for (const row of tuple.near(vals)) {
        if (!all(row.tests, vals, members) || (only !== undefined && row.priority < only.priority)) continue
        // What lies under a row that takes all was not met; what lies over it was.
        if (!takesAll(row.tests, vals, members) || (only !== undefined && row.priority === only.priority))
          return undefined
        only = row
      }
    }
    if (only === undefined) return -1
    if (only.effects.length > 0 || only.asks) return undefined
    return only.next ?? -1
  }

  /** @returns The priority of a row that takes all; -1 where there is none. */
  #collect(vals: readonly Val[], members: Members, hits: Hit[]): number {
    let floor = -1
    for (const tuple of this.#hard.ordered()) {
      if (tuple.highest < floor) break
      for (const row of tuple.near(vals)) {
        if (row.priority < floor || !all(row.tests, vals, members)) continue
        hits.push(row.hit)
        if (takesAll(row.tests, vals, members) && row.priority > floor) floor = row.priority
      }
    }
    return floor
  }

  #conjunctions(vals: readonly Val[], members: Members, hits: Hit[], hardFloor: number): number {
    let floor = hardFloor
    for (const { id, clauses: rows } of this.#complete(this.#softNear(vals, members, floor))) {
      const [first] = rows[0] as Row[]
      if (first === undefined || first.priority < floor) continue
      for (const combination of product(rows)) {
        const tests = combination.flatMap((row) => row.tests)
        const narrow = vals.slice()
        let fits = true
        for (const test of tests) {
          fits &&= meets(narrow[test.field], test, members)
          narrow[test.field] = narrowed(narrow[test.field], test)
        }
        if (!fits) continue
        narrow[CONJ_ID] = id
        const inner: Hit[] = []
        const innerFloor = this.#collect(narrow, members, inner)
        for (const hit of inner.sort(byPriority)) {
          if (hit.priority < innerFloor) continue
          const without = hit.tests.filter((test) => test.field !== CONJ_ID)
          hits.push({ row: hit.row, priority: first.priority, tests: [...tests, ...without], clauses: combination })
        }
        if (innerFloor >= 0 && takesAll(tests, vals, members)) {
          floor = Math.max(floor, first.priority)
        }
      }
    }
    return floor
  }

  #softNear(vals: readonly Val[], members: Members, floor: number): Row[] {
    const found: Row[] = []
    for (const tuple of this.#soft.ordered()) {
      if (tuple.highest < floor) break
      for (const row of tuple.near(vals)) {
        if (row.priority >= floor && all(row.tests, vals, members)) found.push(row)
      }
    }
    return found
  }

  /** Clause by clause the rows of each conjunction of one priority that may be complete. */
  #complete(soft: readonly Row[]): readonly { id: number; clauses: Row[][] }[] {
    if (soft.length === 0) return NO_CONJUNCTIONS
    const found = new Map<number, { id: number; count: number; clauses: Row[][] }>()
    for (const row of soft) {
      for (const { id, clause, count } of row.clauses) {
        const name = row.priority * 0x1_0000_0000 + id
        let its = found.get(name)
        if (its === undefined) {
          its = { id, count, clauses: [] }
          found.set(name, its)
        }
        if (its.count !== count) continue
        const rows = its.clauses[clause]
        if (rows === undefined) its.clauses[clause] = [row]
        else rows.push(row)
      }
    }
    const complete: { id: number; clauses: Row[][] }[] = []
    for (const its of found.values()) {
      let clauses = 0
      for (let at = 0; at < its.count; at++) if (its.clauses[at] !== undefined) clauses++
      if (clauses === its.count && its.clauses.length === its.count) complete.push(its)
    }
    return complete
  }

  /** Values of a field that some row asks for which the region may meet. */
  mentioned(its: number, vals: readonly Val[], members: Members): Set<Exact> {
    const found = new Set<Exact>()
    const note = (row: Row): void => {
      for (const test of row.tests) if (test.field === its && test.mask === undefined) found.add(test.value)
    }
    for (const tuple of this.#hard.all) {
      if (!asksFor(tuple, its)) continue
      for (const row of tuple.near(vals)) if (all(row.tests, vals, members)) note(row)
    }
    if (this.#soft.size === 0) return found
    const ids = new Set<number>()
    for (const tuple of this.#soft.all) {
      const asks = asksFor(tuple, its)
      if (asks && tuple.tests.length === 1) continue
      for (const row of tuple.near(vals)) {
        if (!all(row.tests, vals, members)) continue
        if (asks) note(row)
        for (const { id } of row.clauses) ids.add(id)
      }
    }
    for (const id of ids) for (const row of this.#byId.get(id) ?? []) if (all(row.tests, vals, members)) note(row)
    return found
  }

  /** Values of a field that some row asks for which does not look at another field. */
  mentionedAlone(its: number, other: number | undefined, vals: readonly Val[], members: Members): Set<Exact> {
    const found = new Set<Exact>()
    for (const tuple of this.#hard.all) {
      if (!asksFor(tuple, its)) continue
      if (other !== undefined && asksFor(tuple, other)) continue
      for (const row of tuple.near(vals)) {
        if (!all(row.tests, vals, members)) continue
        for (const test of row.tests) if (test.field === its && test.mask === undefined) found.add(test.value)
      }
    }
    return found
  }

  /** What rows ask of a field. */
  asked(its: number): Test[] {
    const found: Test[] = []
    for (const tuple of this.#hard.all) {
      if (!asksFor(tuple, its)) continue
      for (const { tests } of tuple.rows) for (const test of tests) if (test.field === its) found.push(test)
    }
    return found
  }

  /** Rows that a region may meet, and the clauses of conjunctions that may be complete in it. */
  compatible(vals: readonly Val[], members: Members): Row[] {
    const found: Row[] = []
    for (const tuple of this.#hard.all) {
      for (const row of tuple.near(vals)) if (all(row.tests, vals, members)) found.push(row)
    }
    for (const { clauses } of this.#complete(this.#softNear(vals, members, -1))) found.push(...clauses.flat())
    return found
  }
}

const NO_CONJUNCTIONS: readonly never[] = []

function turnsPort(effect: Effect): boolean {
  return (effect.do === 'write' && effect.field === IN_PORT) || (effect.do === 'move' && effect.to === IN_PORT)
}

function asksFor({ tests }: Tuple, its: number): boolean {
  for (const test of tests) if (test.field === its) return true
  return false
}

/** Whether everything that is so known passes tests. */
export function takesAll(tests: readonly Test[], vals: readonly Val[], members: Members): boolean {
  for (const test of tests) if (!implies(vals[test.field], test, members)) return false
  return true
}

/** The same order as sort() makes; few hits are put in their places one by one. */
function sortHits(hits: Hit[]): void {
  if (hits.length > 8) {
    hits.sort(byPriority)
    return
  }
  for (let at = 1; at < hits.length; at++) {
    const hit = hits[at] as Hit
    let to = at
    for (; to > 0 && (hits[to - 1] as Hit).priority < hit.priority; to--) hits[to] = hits[to - 1] as Hit
    hits[to] = hit
  }
}

const byPriority = (one: Hit, other: Hit): number => other.priority - one.priority

function all(tests: readonly Test[], vals: readonly Val[], members: Members): boolean {
  for (const test of tests) if (!meets(vals[test.field], test, members)) return false
  return true
}

function* product(lists: readonly Row[][]): IterableIterator<Row[]> {
  const [first = [], ...rest] = lists
  if (lists.length === 0) return
  for (const row of first) {
    if (rest.length === 0) yield [row]
    else for (const more of product(rest)) yield [row, ...more]
  }
}
