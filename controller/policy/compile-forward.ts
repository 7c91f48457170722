/**
 * The ways to other switches where our own fabric forwards: a row for each destination, kept current at the cost of the
 * next hops that changed, for there are as many as pairs of switches. A row that several switches have is one object in
 * all programs that one compilation makes. It refuses to find ways; topology does. Used by compile.ts.
 */
import { cookieOf } from './cookie.ts'
import { output, RowSet } from './fields.ts'
import { TABLES } from './pipeline.ts'
import type { Flow } from './program.ts'
import type { DatapathView, IntentView } from './state.ts'

type NextHops = DatapathView['nextHops']

/** Takes over a row, or takes it away. */
type Share = (key: string, flow: Flow | undefined) => void

const NO_HOPS: NextHops = new Map()
export const FORWARD_UNIT = 'switches'

export class ForwardRows {
  /** By switch, next hops as they were compiled last. */
  readonly #hops = new Map<string, NextHops>()
  /** Numbers of switches as they were compiled last. */
  #numbers = new Map<string, number | undefined>()
  /** Of switches whose numbers are others since, the numbers before. */
  #former = new Map<string, number | undefined>()
  /** By port and number, while one compilation lasts. */
  readonly #rows = new Map<number, Map<number, readonly [key: string, flow: Flow]>>()

  /**
   * A compilation begins. Numbers are those that are met first in it, on every switch, even where intent changes between
   * its steps; the next compilation is told.
   * @param renumbered Switches whose numbers may be others since the last compilation; all: it begins from nothing.
   */
  begin(intent: IntentView, renumbered: ReadonlySet<string> | 'all'): void {
    this.#rows.clear()
    this.#former = new Map()
    if (renumbered === 'all') {
      this.#numbers = new Map()
      this.#hops.clear()
      return
    }
    for (const datapathId of renumbered) {
      const before = this.#numbers.get(datapathId)
      const now = intent.number('switch', datapathId)
      this.#numbers.set(datapathId, now)
      if (now !== before) this.#former.set(datapathId, before)
    }
  }

  /** Brings the rows of a switch up to date. @returns how many went or came. */
  update(intent: IntentView, { datapathId, nextHops: now }: DatapathView, share: Share): number {
    const before = this.#hops.get(datapathId) ?? NO_HOPS
    this.#hops.set(datapathId, now)
    if (before.size === 0) return this.#begin(intent, now, share)
    const changed = new Set<string>()
    for (const other of this.#former.keys()) if (before.has(other) || now.has(other)) changed.add(other)
    if (before !== now) {
      for (const other of before.keys()) if (!now.has(other)) changed.add(other)
      for (const [other, port] of now) if (before.get(other) !== port) changed.add(other)
    }
    // A number may pass from one switch to another: what goes, goes first.
    for (const other of changed) {
      const number = this.#former.has(other) ? this.#former.get(other) : this.#numbers.get(other)
      const port = before.get(other)
      if (port !== undefined && number !== undefined) share(this.#row(number, port)[0], undefined)
    }
    for (const other of changed) {
      const port = now.get(other)
      const number = port === undefined ? undefined : this.#numberOf(intent, other)
      if (port !== undefined && number !== undefined) share(...this.#row(number, port))
    }
    return changed.size
  }

  /** The rows of a switch that has none yet. */
  #begin(intent: IntentView, hops: NextHops, share: Share): number {
    for (const [other, port] of hops) {
      const number = this.#numberOf(intent, other)
      if (number === undefined) continue
      const [key, flow] = this.#row(number, port)
      share(key, flow)
    }
    return hops.size
  }

  /** A switch is gone, or will be compiled from nothing. */
  forget(datapathId: string): void {
    this.#hops.delete(datapathId)
  }

  #numberOf(intent: IntentView, datapathId: string): number | undefined {
    const known = this.#numbers.get(datapathId)
    if (known !== undefined || this.#numbers.has(datapathId)) return known
    const number = intent.number('switch', datapathId)
    this.#numbers.set(datapathId, number)
    return number
  }

  #row(number: number, port: number): readonly [key: string, flow: Flow] {
    let ofPort = this.#rows.get(port)
    if (ofPort === undefined) {
      ofPort = new Map()
      this.#rows.set(port, ofPort)
    }
    const known = ofPort.get(number)
    if (known !== undefined) return known
    const set = new RowSet(FORWARD_UNIT, cookieOf('switch', number))
    set.add(TABLES.forward, 50, [{ field: 'reg6', value: number }], { actions: [output(port)] })
    const [row] = [...set.rows]
    ofPort.set(number, row!)
    return row!
  }
}
