/**
 * The ways to other switches where our own fabric forwards: a row for each destination, kept current at the cost of the
 * next hops that changed, for there are as many as pairs of switches. A row that several switches have is one object in
 * all programs that one compilation makes. It refuses to find ways; topology and observe.ts do.
 * Used by compile.ts.
 */
import { isReached, type NextHop, nextHopTo, peersOf } from './carriers.ts'
import { hopRows, measuringRows } from './compile-carrier.ts'
import type { Flow } from './program.ts'
import type { DatapathView, IntentView, NetworkState } from './state.ts'

type NextHops = DatapathView['nextHops']

/** Takes over a row, or takes it away. */
type Share = (key: string, flow: Flow | undefined) => void
type Row = readonly [key: string, flow: Flow]
type State = Pick<NetworkState, 'intent' | 'observed'>

const NO_ENDS: ReadonlySet<string> = new Set()
export const FORWARD_UNIT = 'switches'

export class ForwardRows {
  /** By switch, next hops over links as they were compiled last. */
  readonly #hops = new Map<string, NextHops>()
  /** By switch, rows towards others where they say more than a port. */
  readonly #special = new Map<string, Map<string, readonly Row[]>>()
  /** Numbers of switches as they were compiled last. */
  #numbers = new Map<string, number | undefined>()
  /** Of switches whose numbers are others since, the numbers before. */
  #former = new Map<string, number | undefined>()
  /** Switches whose ends of tunnels or carriers are others since. */
  #ends: ReadonlySet<string> = NO_ENDS
  /** By port and number, while one compilation lasts. */
  readonly #rows = new Map<number, Map<number, Row>>()
  /** By all that they say, while one compilation lasts. */
  readonly #shared = new Map<string, readonly Row[]>()

  /**
   * A compilation begins. Numbers are those that are met first in it, on every switch, even where intent changes between
   * its steps; the next compilation is told.
   * @param renumbered Switches whose numbers may be others since the last compilation; all: it begins from nothing.
   * @param ends Switches whose ends of tunnels or carriers on links may be others since.
   */
  begin(intent: IntentView, renumbered: ReadonlySet<string> | 'all', ends: ReadonlySet<string> = NO_ENDS): void {
    this.#rows.clear()
    this.#shared.clear()
    this.#former = new Map()
    this.#ends = ends
    if (renumbered === 'all') {
      this.#numbers = new Map()
      this.#hops.clear()
      this.#special.clear()
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
  update(state: State, datapath: DatapathView, share: Share): number {
    const { datapathId, nextHops: now } = datapath
    const before = this.#hops.get(datapathId)
    this.#hops.set(datapathId, now)
    if (before === undefined && isPlain(datapath)) return this.#begin(state, now, share)
    const changed = before === undefined ? all(state, datapath) : this.#changed(state, datapath, before)
    // A number may pass from one switch to another: what goes, goes first.
    if (before !== undefined) for (const other of changed) this.#remove(datapathId, other, before, share)
    for (const other of changed) this.#add(state, datapath, other, share)
    return changed.size
  }

  /** The rows of a switch that has none yet, and nothing but links: as many as there are pairs of switches. */
  #begin({ intent }: State, hops: NextHops, share: Share): number {
    for (const [other, port] of hops) {
      const number = this.#numberOf(intent, other)
      if (number !== undefined) share(...this.#row(number, port))
    }
    return hops.size
  }

  /** Switches towards which rows may differ. */
  #changed(state: State, datapath: DatapathView, before: NextHops): Set<string> {
    const { datapathId, nextHops: now } = datapath
    const special = this.#special.get(datapathId)
    if (this.#ends.has(datapathId))
      return new Set([...before.keys(), ...(special?.keys() ?? []), ...all(state, datapath)])
    const changed = new Set<string>(this.#ends)
    for (const other of this.#former.keys())
      if (before.has(other) || special?.has(other) === true || isReached(state.observed, datapath, other))
        changed.add(other)
    if (before !== now) {
      for (const other of before.keys()) if (!now.has(other)) changed.add(other)
      for (const [other, port] of now) if (before.get(other) !== port) changed.add(other)
    }
    return changed
  }

  #remove(datapathId: string, other: string, before: NextHops, share: Share): void {
    const special = this.#special.get(datapathId)
    const rows = special?.get(other)
    if (rows !== undefined) {
      for (const [key] of rows) share(key, undefined)
      special?.delete(other)
      return
    }
    const number = this.#former.has(other) ? this.#former.get(other) : this.#numbers.get(other)
    const port = before.get(other)
    if (port !== undefined && number !== undefined) share(this.#row(number, port)[0], undefined)
  }

  #add(state: State, datapath: DatapathView, other: string, share: Share): void {
    const next = nextHopTo(state.observed, datapath, other)
    const number = next === undefined ? undefined : this.#numberOf(state.intent, other)
    if (next === undefined || number === undefined) return
    if (next.carrier === 'address') {
      share(...this.#row(number, next.port))
      return
    }
    const rows = this.#rowsTo(number, next)
    let special = this.#special.get(datapath.datapathId)
    if (special === undefined) {
      special = new Map()
      this.#special.set(datapath.datapathId, special)
    }
    special.set(other, rows)
    for (const row of rows) share(...row)
  }

  #rowsTo(number: number, next: NextHop): readonly Row[] {
    const key = `${number} ${next.port} ${next.carrier} ${next.remote}`
    // Switches that measure differently have the rest in common.
    return this.#share(`${key} ${next.largest}`, () => [
      ...this.#share(key, () => {
        const rows = hopRows(FORWARD_UNIT, number, next)
        // What others send goes on over a link as it is.
        return next.remote === undefined ? [this.#row(number, next.port), ...rows] : rows
      }),
      ...measuringRows(FORWARD_UNIT, number, next),
    ])
  }

  #share(key: string, make: () => readonly Row[]): readonly Row[] {
    const known = this.#shared.get(key) ?? make()
    this.#shared.set(key, known)
    return known
  }

  /** A switch is gone, or will be compiled from nothing. */
  forget(datapathId: string): void {
    this.#hops.delete(datapathId)
    this.#special.delete(datapathId)
  }

  #numberOf(intent: IntentView, datapathId: string): number | undefined {
    const known = this.#numbers.get(datapathId)
    if (known !== undefined || this.#numbers.has(datapathId)) return known
    const number = intent.number('switch', datapathId)
    this.#numbers.set(datapathId, number)
    return number
  }

  #row(number: number, port: number): Row {
    let ofPort = this.#rows.get(port)
    if (ofPort === undefined) {
      ofPort = new Map()
      this.#rows.set(port, ofPort)
    }
    const known = ofPort.get(number)
    if (known !== undefined) return known
    const [row] = hopRows(FORWARD_UNIT, number, { port, carrier: 'address' })
    ofPort.set(number, row!)
    return row!
  }
}

/** Whether it has links only, and nothing that carries identities on them. */
function isPlain({ tunnel, carriers }: DatapathView): boolean {
  return tunnel === undefined && carriers === undefined
}

/** Switches that packets have a way to. */
function all({ observed }: State, datapath: DatapathView): Set<string> {
  const found = new Set(datapath.nextHops.keys())
  for (const [other] of peersOf(observed, datapath)) found.add(other)
  return found
}
