/**
 * Rows of one set of fields and masks, found by a hash of those that are known (tuple space search, table.ts), and the
 * tuples of one table. It refuses to know what rows do.
 */
import type { Row } from './rows.ts'
import { type Exact, isExact, type Test, under, type Val } from './space.ts'

const NONE: readonly Row[] = []
const byHighest = (one: Tuple, other: Tuple): number => other.highest - one.highest

export class Tuple {
  readonly tests: readonly Test[]
  readonly rows = new Set<Row>()
  highest = 0
  /** By which fields are known, rows by a hash of those: who asks looks at what he finds. */
  readonly #indices = new Map<number, Map<number, Row | Row[]>>()

  /** @param tests Of any of its rows: only fields and masks count. */
  constructor(tests: readonly Test[]) {
    this.tests = tests
  }

  add(row: Row): void {
    this.rows.add(row)
    if (row.priority > this.highest) this.highest = row.priority
    for (const [pattern, index] of this.#indices) enter(index, hashOfTests(row.tests, pattern), row)
  }

  remove(row: Row): void {
    this.rows.delete(row)
    for (const [pattern, index] of this.#indices) {
      const key = hashOfTests(row.tests, pattern)
      const found = index.get(key)
      if (found === row) index.delete(key)
      else if (Array.isArray(found))
        index.set(
          key,
          found.filter((other) => other !== row),
        )
    }
  }

  /** Whether a row of these tests is one of its. */
  holds(tests: readonly Test[]): boolean {
    const its = this.tests
    if (its.length !== tests.length) return false
    for (let at = 0; at < its.length; at++) {
      const [one, other] = [its[at] as Test, tests[at] as Test]
      if (one.field !== other.field || one.mask !== other.mask) return false
    }
    return true
  }

  /** A superset of the rows that agree with what is known exactly; other fields are not looked at. */
  near(vals: readonly Val[]): Iterable<Row> {
    const { tests } = this
    let pattern = 0
    let key = 0
    for (let at = 0; at < tests.length; at++) {
      const { field: its, mask, mask32 } = tests[at] as Test
      const val = vals[its]
      if (!isExact(val)) continue
      pattern |= 1 << at
      if (mask === undefined) key = mixed(key, val)
      else key = mixed(key, mask32 !== undefined && typeof val === 'number' ? val & mask32 : under(val, mask))
    }
    if (pattern === 0) return this.rows
    let index = this.#indices.get(pattern)
    if (index === undefined) {
      index = new Map()
      for (const row of this.rows) enter(index, hashOfTests(row.tests, pattern), row)
      this.#indices.set(pattern, index)
    }
    const found = index.get(key)
    if (found === undefined) return NONE
    if (Array.isArray(found)) return found
    ONE[0] = found
    return ONE
  }
}

/** What is found is looked at before anything else is asked for. */
const ONE: Row[] = []

function enter(index: Map<number, Row | Row[]>, key: number, row: Row): void {
  const found = index.get(key)
  if (found === undefined) index.set(key, row)
  else if (Array.isArray(found)) found.push(row)
  else index.set(key, [found, row])
}

/** The same for a number of 32 bits, signed or not, and for a bigint of that value. */
function mixed(hash: number, value: Exact): number {
  const low = typeof value === 'number' ? value | 0 : Number(value & 0xffff_ffffn) | 0
  const high =
    typeof value === 'number' ? (value < 0 ? 0 : value / 0x1_0000_0000) | 0 : Number((value >> 32n) & 0xffffn)
  return Math.imul(hash ^ low ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1) ^ (low >>> 15)
}

function hashOfTests(tests: readonly Test[], pattern: number): number {
  let key = 0
  for (let at = 0; at < tests.length; at++) {
    if ((pattern & (1 << at)) !== 0) key = mixed(key, (tests[at] as Test).value)
  }
  return key
}

/** Tuples by their fields and masks. */
export class Tuples {
  readonly all: Tuple[] = []
  readonly #byName = new Map<string, Tuple>()
  /** From the highest priority down; undefined: not yet sorted. */
  order: Tuple[] | undefined
  /** That of the row before: rows often come one like the other. */
  recent: Tuple | undefined

  get size(): number {
    return this.all.length
  }

  /** The tuple of these tests; a new one where there is none. */
  of(tests: readonly Test[]): Tuple {
    for (let at = 0; at < this.all.length && at < FEW; at++) {
      const tuple = this.all[at] as Tuple
      if (tuple.holds(tests)) return tuple
    }
    const name = nameOf(tests)
    let tuple = this.#byName.get(name)
    if (tuple === undefined) {
      tuple = new Tuple(tests)
      this.#byName.set(name, tuple)
      this.all.push(tuple)
    }
    return tuple
  }

  delete(tuple: Tuple): void {
    this.#byName.delete(nameOf(tuple.tests))
    this.all.splice(this.all.indexOf(tuple), 1)
    this.recent = undefined
  }

  ordered(): readonly Tuple[] {
    this.order ??= [...this.all].sort(byHighest)
    return this.order
  }
}

/** Tuples that are looked through one by one. */
const FEW = 8

function nameOf(tests: readonly Test[]): string {
  return tests.map(({ field: its, mask }) => `${its}/${mask ?? ''}`).join()
}
