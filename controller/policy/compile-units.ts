/**
 * A switch's program as the sum of units: each unit owns the rows it asked for last, and setting it anew changes the
 * program in place and notes the keys. Where two units ask for the same (table, priority, match) the one whose name
 * comes first holds it, whatever the order in which they asked. A unit may come in parts that share its name and never
 * keep the same key, so that a part that is equal on many switches is one map for all of them. It refuses to know what
 * rows mean. Used by compile.ts.
 */
import type { Rows } from './fields.ts'
import { emptyProgram, type Flow, nothingTouched, type SwitchProgram, type Touched } from './program.ts'

const NO_ROWS: Rows = new Map()

export class SwitchUnits {
  readonly program: SwitchProgram = emptyProgram()
  #touched: Touched = nothingTouched()
  #notes = true
  readonly #units = new Map<string, Rows>()
  /** Keys that several units ask for, with what each asks for. */
  readonly #contested = new Map<string, Map<string, Flow>>()

  /** What may differ since the last call. */
  takeTouched(): Touched {
    const touched = this.#touched
    this.#touched = nothingTouched()
    this.#notes = true
    return touched
  }

  /** Until what is touched is taken, nobody wants to know which flows are. */
  touchAll(): void {
    this.#notes = false
  }

  unitNames(): Iterable<string> {
    return this.#units.keys()
  }

  /** Replaces the rows of a unit, or of the part of it that goes by `part`; no rows removes it. */
  set(unit: string, rows: Rows, part = unit): void {
    const before = this.#units.get(part) ?? NO_ROWS
    if (before === rows) return
    for (const [key, flow] of before) if (!rows.has(key)) this.#remove(unit, key, flow)
    for (const [key, flow] of rows) this.#put(unit, key, flow)
    if (rows.size === 0) this.#units.delete(part)
    else this.#units.set(part, rows)
  }

  /** Takes over one row that all switches share; no other unit asks for its key. */
  share(key: string, flow: Flow | undefined): void {
    if (flow === undefined) this.program.flows.delete(key)
    else this.program.flows.set(key, flow)
    if (this.#notes) this.#touched.flows.add(key)
  }

  shareMeter(id: number, meter: SwitchProgram['meters'] extends Map<number, infer M> ? M | undefined : never): void {
    if (meter === undefined) this.program.meters.delete(id)
    else this.program.meters.set(id, meter)
    this.#touched.meters.add(id)
  }

  setNoFlood(ports: ReadonlySet<number>): void {
    const { noFloodPorts } = this.program
    for (const port of noFloodPorts) if (!ports.has(port)) this.#touched.ports.add(port)
    for (const port of ports) if (!noFloodPorts.has(port)) this.#touched.ports.add(port)
    noFloodPorts.clear()
    for (const port of ports) noFloodPorts.add(port)
  }

  /** Whether the switch's own flooding leaves out this port. */
  setSilent(port: number, silent: boolean): void {
    const { noFloodPorts } = this.program
    if (noFloodPorts.has(port) === silent) return
    this.#touched.ports.add(port)
    if (silent) noFloodPorts.add(port)
    else noFloodPorts.delete(port)
  }

  #put(unit: string, key: string, flow: Flow): void {
    if (this.#notes) this.#touched.flows.add(key)
    const { flows } = this.program
    let claims = this.#contested.size === 0 ? undefined : this.#contested.get(key)
    if (claims === undefined) {
      const holder = flows.get(key)
      if (holder === undefined || holder.unit === unit) {
        flows.set(key, flow)
        return
      }
      claims = new Map([[holder.unit, holder]])
      this.#contested.set(key, claims)
    }
    claims.set(unit, flow)
    this.#settle(key, claims)
  }

  /** Unless another part of the unit has asked for the key meanwhile. */
  #remove(unit: string, key: string, flow: Flow): void {
    if (this.#notes) this.#touched.flows.add(key)
    const claims = this.#contested.get(key)
    if (claims === undefined) {
      if (this.program.flows.get(key) === flow) this.program.flows.delete(key)
      return
    }
    if (claims.get(unit) === flow) claims.delete(unit)
    this.#settle(key, claims)
  }

  #settle(key: string, claims: Map<string, Flow>): void {
    let first: Flow | undefined
    for (const flow of claims.values()) if (first === undefined || flow.unit < first.unit) first = flow
    if (first === undefined) this.program.flows.delete(key)
    else this.program.flows.set(key, first)
    if (claims.size <= 1) this.#contested.delete(key)
  }
}
