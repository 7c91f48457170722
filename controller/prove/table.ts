/**
 * The rows of one table, found by what is known of a packet: tuple space search (Srinivasan, Suri, Varghese, SIGCOMM
 * 1999), where a tuple is a set of fields and masks, with an index for each subset of its fields that has ever been known
 * exactly. Conjunctive rows are put together from their clauses as Open vSwitch does (ovs-fields(7), CONJUNCTIVE MATCH
 * FIELDS). It refuses to know what rows do.
 */
import { moves, nexts, type Row, reads } from './rows.ts'
import {
  type Exact,
  field,
  implies,
  isExact,
  type Members,
  meets,
  narrowed,
  type Test,
  under,
  type Val,
} from './space.ts'

/** A row that part of a region may meet. Of the region, rows that come before it take their part first. */
export interface Hit {
  row: Row
  priority: number
  /** What a packet has to pass, clauses included. */
  tests: readonly Test[]
  /** Rows of a conjunction that led to it. */
  clauses: readonly Row[]
}

export interface Lookup {
  /** From the highest priority down; none below a row that takes all that is left. */
  hits: Hit[]
  /** Something may be left that no row matches. */
  misses: boolean
}

const CONJ_ID = field('conj_id')

class Tuple {
  readonly tests: readonly Test[]
  readonly rows = new Set<Row>()
  highest = 0
  readonly #indices = new Map<number, Map<Exact | string, Row[]>>()

  /** @param tests Of any of its rows: only fields and masks count. */
  constructor(tests: readonly Test[]) {
    this.tests = tests
  }

  add(row: Row): void {
    this.rows.add(row)
    if (row.priority > this.highest) this.highest = row.priority
    for (const [pattern, index] of this.#indices) {
      const key = keyOf(row.tests, pattern)
      const found = index.get(key)
      if (found === undefined) index.set(key, [row])
      else found.push(row)
    }
  }

  remove(row: Row): void {
    this.rows.delete(row)
    for (const [pattern, index] of this.#indices) {
      const key = keyOf(row.tests, pattern)
      const left = (index.get(key) ?? []).filter((other) => other !== row)
      if (left.length === 0) index.delete(key)
      else index.set(key, left)
    }
  }

  /** Rows that agree with what is known exactly; other fields are not looked at. */
  near(vals: readonly Val[]): Iterable<Row> {
    let pattern = 0
    for (let at = 0; at < this.tests.length; at++) {
      if (isExact(vals[(this.tests[at] as Test).field])) pattern |= 1 << at
    }
    if (pattern === 0) return this.rows
    let index = this.#indices.get(pattern)
    if (index === undefined) {
      index = new Map()
      for (const row of this.rows) {
        const key = keyOf(row.tests, pattern)
        const found = index.get(key)
        if (found === undefined) index.set(key, [row])
        else found.push(row)
      }
      this.#indices.set(pattern, index)
    }
    return index.get(keyOfVals(this.tests, vals, pattern)) ?? []
  }
}

function keyOf(tests: readonly Test[], pattern: number): Exact | string {
  let key: Exact | string | undefined
  for (let at = 0; at < tests.length; at++) {
    if ((pattern & (1 << at)) === 0) continue
    const { value } = tests[at] as Test
    key = key === undefined ? value : `${key},${value}`
  }
  return key as Exact | string
}

function keyOfVals(tests: readonly Test[], vals: readonly Val[], pattern: number): Exact | string {
  let key: Exact | string | undefined
  for (let at = 0; at < tests.length; at++) {
    if ((pattern & (1 << at)) === 0) continue
    const { field: its, mask } = tests[at] as Test
    const val = vals[its] as Exact
    const part = mask === undefined ? val : typeof val === 'number' ? Number(under(val, mask)) : under(val, mask)
    key = key === undefined ? part : `${key},${part}`
  }
  return key as Exact | string
}

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
  /** Grows when a field or a table is read or named for the first or last time. */
  shape = 0
  readonly #hard = new Map<string, Tuple>()
  readonly #soft = new Map<string, Tuple>()
  #hardOrder: Tuple[] | undefined
  #softOrder: Tuple[] | undefined
  readonly #byId = new Map<number, Set<Row>>()
  readonly #values = new Map<number, Counts<Exact>>()

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
    const soft = row.clauses.length > 0
    const tuples = soft ? this.#soft : this.#hard
    let name = ''
    for (const { field: its, mask } of row.tests) name += mask === undefined ? `${its},` : `${its}/${mask},`
    let tuple = tuples.get(name)
    if (tuple === undefined) {
      tuple = new Tuple(row.tests)
      tuples.set(name, tuple)
    }
    if (change === 1) tuple.add(row)
    else tuple.remove(row)
    if (tuple.rows.size === 0) tuples.delete(name)
    this.#hardOrder = undefined
    this.#softOrder = undefined
    for (const { id } of row.clauses) {
      const its = this.#byId.get(id) ?? new Set()
      if (change === 1) its.add(row)
      else its.delete(row)
      if (its.size === 0) this.#byId.delete(id)
      else this.#byId.set(id, its)
    }
    for (const { field: its, mask, value } of row.tests) {
      if (this.tested.by(its, change)) this.shape++
      if (mask !== undefined) continue
      let values = this.#values.get(its)
      if (values === undefined) {
        values = new Counts()
        this.#values.set(its, values)
      }
      values.by(value, change)
    }
    for (const its of reads(row)) if (this.reads.by(its, change)) this.shape++
    for (const pair of moves(row)) if (this.moves.by(pair, change)) this.shape++
    for (const next of nexts(row)) if (this.nexts.by(next, change)) this.shape++
  }

  /** Values that rows ask a field for, all bits. */
  valuesOf(its: number): Iterable<Exact> {
    return this.#values.get(its)?.keys() ?? []
  }

  /** Where every packet goes on to unchanged; undefined where the table does more. */
  get passage(): number | undefined {
    if (this.rows.size !== 1) return undefined
    for (const row of this.rows.values()) {
      return row.tests.length === 0 && row.effects.length === 0 && row.clauses.length === 0 ? row.next : undefined
    }
    return undefined
  }

  /** Whether some row asks one field for this value and does not look at another. */
  asksAlone(its: number, value: Exact, other: number): boolean {
    const vals: Val[] = []
    vals[its] = value
    for (const tuple of this.#hard.values()) {
      if (!tuple.tests.some((test) => test.field === its) || tuple.tests.some((test) => test.field === other)) continue
      for (const row of tuple.near(vals)) if (all(row.tests, vals, NO_MEMBERS)) return true
    }
    return false
  }

  /** Whether a row asks for one value of a field, all bits. */
  asks(its: number): boolean {
    return (this.#values.get(its)?.size ?? 0) > 0
  }

  /** Rows that a region may meet. */
  lookup(vals: readonly Val[], members: Members): Lookup {
    const hits: Hit[] = []
    let floor = this.#collect(vals, members, hits)
    if (this.#soft.size > 0) floor = this.#conjunctions(vals, members, hits, floor)
    if (hits.length > 1) hits.sort((one, other) => other.priority - one.priority)
    while (hits.length > 0 && (hits[hits.length - 1] as Hit).priority < floor) hits.pop()
    return { hits, misses: floor < 0 }
  }

  /** @returns The priority of a row that takes all; -1 where there is none. */
  #collect(vals: readonly Val[], members: Members, hits: Hit[]): number {
    this.#hardOrder ??= [...this.#hard.values()].sort((one, other) => other.highest - one.highest)
    let floor = -1
    for (const tuple of this.#hardOrder) {
      if (tuple.highest < floor) break
      for (const row of tuple.near(vals)) {
        if (row.priority < floor || !all(row.tests, vals, members)) continue
        hits.push({ row, priority: row.priority, tests: row.tests, clauses: NONE })
        if (row.tests.every((test) => implies(vals[test.field], test))) floor = Math.max(floor, row.priority)
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
        for (const hit of inner.sort((one, other) => other.priority - one.priority)) {
          if (hit.priority < innerFloor) continue
          const without = hit.tests.filter((test) => test.field !== CONJ_ID)
          hits.push({ row: hit.row, priority: first.priority, tests: [...tests, ...without], clauses: combination })
        }
        if (innerFloor >= 0 && tests.every((test) => implies(vals[test.field], test))) {
          floor = Math.max(floor, first.priority)
        }
      }
    }
    return floor
  }

  #softNear(vals: readonly Val[], members: Members, floor: number): Row[] {
    this.#softOrder ??= [...this.#soft.values()].sort((one, other) => other.highest - one.highest)
    const found: Row[] = []
    for (const tuple of this.#softOrder) {
      if (tuple.highest < floor) break
      for (const row of tuple.near(vals)) {
        if (row.priority >= floor && all(row.tests, vals, members)) found.push(row)
      }
    }
    return found
  }

  /** Clause by clause the rows of each conjunction of one priority that may be complete. */
  #complete(soft: readonly Row[]): { id: number; clauses: Row[][] }[] {
    const found = new Map<string, { id: number; count: number; clauses: Row[][] }>()
    for (const row of soft) {
      for (const { id, clause, count } of row.clauses) {
        const name = `${row.priority} ${id}`
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
    return [...found.values()].filter(
      ({ count, clauses }) => clauses.length === count && Array.from(clauses).every((rows) => rows !== undefined),
    )
  }

  /** Values of a field that some row asks for which the region may meet. */
  mentioned(its: number, vals: readonly Val[], members: Members): Set<Exact> {
    const found = new Set<Exact>()
    const note = (row: Row): void => {
      for (const test of row.tests) if (test.field === its && test.mask === undefined) found.add(test.value)
    }
    for (const tuple of this.#hard.values()) {
      if (!tuple.tests.some((test) => test.field === its)) continue
      for (const row of tuple.near(vals)) if (all(row.tests, vals, members)) note(row)
    }
    if (this.#soft.size === 0) return found
    const ids = new Set<number>()
    for (const tuple of this.#soft.values()) {
      const asks = tuple.tests.some((test) => test.field === its)
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
    for (const tuple of this.#hard.values()) {
      if (!tuple.tests.some((test) => test.field === its)) continue
      if (other !== undefined && tuple.tests.some((test) => test.field === other)) continue
      for (const row of tuple.near(vals)) {
        if (!all(row.tests, vals, members)) continue
        for (const test of row.tests) if (test.field === its && test.mask === undefined) found.add(test.value)
      }
    }
    return found
  }

  /** Rows that a region may meet, and the clauses of conjunctions that may be complete in it. */
  compatible(vals: readonly Val[], members: Members): Row[] {
    const found: Row[] = []
    for (const tuple of this.#hard.values()) {
      for (const row of tuple.near(vals)) if (all(row.tests, vals, members)) found.push(row)
    }
    for (const { clauses } of this.#complete(this.#softNear(vals, members, -1))) found.push(...clauses.flat())
    return found
  }
}

const NONE: readonly Row[] = []
const NO_MEMBERS: Members = { has: () => true }

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
