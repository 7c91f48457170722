/**
 * A switch's program as the sum of units: each unit owns the rows it asked for last. What units come to is seen in the
 * program when it is published, at once and with the keys that may differ, so that nobody meets half of it. Where two units
 * ask for the same (table, priority, match) the one whose name comes first holds it, whatever the order in which they
 * asked. A unit may come in parts that share its name and never keep the same key, so that a part that is equal on many
 * switches is one map for all of them. What a switch began with in a block (compile-block.ts) it takes from there until it
 * is asked for anew. It refuses to know what rows mean. Used by compile.ts.
 */
import { type KeptRows, NO_ROWS, OneRow } from './fields.ts'
import {
  emptyProgram,
  type Flow,
  type Group,
  type Meter,
  nothingTouched,
  type SwitchProgram,
  type Touched,
} from './program.ts'

const NOTHING: readonly KeptRows[] = []

/** Rows of a unit on one switch, and parts of it that others have as they are. */
interface UnitRows {
  own: KeptRows
  shared: readonly KeptRows[]
}

/** A unit of a block: the key of the one row of a switch's own, and the parts that all have. */
export interface BlockUnit {
  key: string
  shared: readonly KeptRows[]
}

/** Units that switches have in the same way when they begin. */
export interface Block {
  of(unit: string): BlockUnit | undefined
}

export class SwitchUnits {
  /** What is to be seen: only publish() changes it, but for a switch that has not been published yet. */
  readonly program: SwitchProgram = emptyProgram()
  /** What differs from the program, until it is published; undefined is gone. */
  #flows = new Map<string, Flow | undefined>()
  #meters = new Map<number, Meter | undefined>()
  #groups = new Map<number, Group | undefined>()
  /** Ports that are to become silent, or are to be no longer. */
  #ports = new Map<number, boolean>()
  #isPublished = false
  /** But for those that are as they were in a block. */
  readonly #units = new Map<string, UnitRows>()
  /** By network. */
  readonly #blocks = new Map<string, Block>()
  /** Keys that several units ask for, with what each asks for. */
  readonly #contested = new Map<string, Map<string, Flow>>()
  readonly #drafted: () => void

  /** @param drafted Told at least once whenever there is something to publish. */
  constructor(drafted = () => {}) {
    this.#drafted = drafted
    drafted()
  }

  /** Makes the program what the units are. @returns what may differ; undefined where it is published the first time. */
  publish(): Touched | undefined {
    if (!this.#isPublished) {
      this.#isPublished = true
      return undefined
    }
    const touched = nothingTouched()
    const { flows, groups, meters, noFloodPorts } = this.program
    for (const [key, flow] of this.#flows) if (replace(flows, key, flow)) touched.flows.add(key)
    for (const [id, group] of this.#groups) if (replace(groups, id, group)) touched.groups.add(id)
    for (const [id, meter] of this.#meters) if (replace(meters, id, meter)) touched.meters.add(id)
    for (const [port, silent] of this.#ports) {
      if (noFloodPorts.has(port) === silent) continue
      touched.ports.add(port)
      if (silent) noFloodPorts.add(port)
      else noFloodPorts.delete(port)
    }
    if (this.#flows.size > 0) this.#flows = new Map()
    if (this.#groups.size > 0) this.#groups = new Map()
    if (this.#meters.size > 0) this.#meters = new Map()
    if (this.#ports.size > 0) this.#ports = new Map()
    return touched
  }

  /** Units that were asked for one by one. */
  unitNames(): Iterable<string> {
    return this.#units.keys()
  }

  /** Whether a unit has rows, and is in no block. */
  has(unit: string): boolean {
    return this.#units.has(unit)
  }

  /**
   * Takes over a row before the first publication.
   * @returns Whether nobody had asked for its key; if not, what the switch holds is not what its units come to.
   */
  takeNew(key: string, flow: Flow): boolean {
    const { flows } = this.program
    const { size } = flows
    return flows.set(key, flow).size > size
  }

  /** The same for rows of a list, keys and rows in turn, from one place in it to another. */
  takeAllNew(rows: readonly (string | Flow)[], from: number, to: number): boolean {
    const { flows } = this.program
    const { size } = flows
    for (let at = from; at < to; at += 2) flows.set(rows[at] as string, rows[at + 1] as Flow)
    return flows.size === size + (to - from) / 2
  }

  /** Whose the rows are that the switch took over from a network, but for units that are set. */
  setBlock(network: string, block: Block): void {
    this.#blocks.set(network, block)
  }

  /**
   * Replaces the rows of a unit, part by part; no rows removes it.
   * @param network In whose block it may be.
   */
  set(unit: string, own: KeptRows = NO_ROWS, shared = NOTHING, network?: string): void {
    const before = this.#units.get(unit) ?? (network === undefined ? undefined : this.#inBlock(unit, network))
    const parts = before?.shared ?? NOTHING
    this.#replace(unit, before?.own ?? NO_ROWS, own)
    let size = own.size
    for (let at = 0; at < parts.length || at < shared.length; at++) {
      const now = shared[at] ?? NO_ROWS
      this.#replace(unit, parts[at] ?? NO_ROWS, now)
      size += now.size
    }
    if (size > 0) this.#units.set(unit, { own, shared })
    else if (before !== undefined) this.#units.delete(unit)
  }

  /** What a unit began with. Rows that it has no longer are others' by now, or nobody's. */
  #inBlock(unit: string, network: string): UnitRows | undefined {
    const found = this.#blocks.get(network)?.of(unit)
    if (found === undefined) return undefined
    const { key, shared } = found
    const flow = this.#contested.get(key)?.get(unit) ?? this.#read(key)
    return { own: flow?.unit === unit ? new OneRow(key, flow) : NO_ROWS, shared }
  }

  #replace(unit: string, before: KeptRows, now: KeptRows): void {
    if (before === now) return
    if (before.size > 0) {
      before.forEach((flow, key) => {
        if (!now.has(key)) this.#remove(unit, key, flow)
      })
    }
    now.forEach((flow, key) => {
      this.#put(unit, key, flow)
    })
  }

  /** Takes over one row that all switches share; no other unit asks for its key. */
  share(key: string, flow: Flow | undefined): void {
    this.#write(key, flow)
  }

  shareMeter(id: number, meter: Meter | undefined): void {
    if (!this.#isPublished) replace(this.program.meters, id, meter)
    else {
      if (this.#meters.size === 0) this.#drafted()
      this.#meters.set(id, meter)
    }
  }

  /** Replaces all groups. */
  setGroups(groups: ReadonlyMap<number, Group>): void {
    const gone = [...this.program.groups.keys(), ...this.#groups.keys()].filter((id) => !groups.has(id))
    for (const [id, group] of [...groups, ...gone.map((id) => [id, undefined] as const)]) {
      if (!this.#isPublished) replace(this.program.groups, id, group)
      else {
        if (this.#groups.size === 0) this.#drafted()
        this.#groups.set(id, group)
      }
    }
  }

  setNoFlood(ports: ReadonlySet<number>): void {
    for (const port of this.program.noFloodPorts) if (!ports.has(port)) this.setSilent(port, false)
    for (const [port, silent] of this.#ports) if (silent && !ports.has(port)) this.setSilent(port, false)
    for (const port of ports) this.setSilent(port, true)
  }

  /** Whether the switch's own flooding leaves out this port. */
  setSilent(port: number, silent: boolean): void {
    if (this.#isPublished) {
      if (this.#ports.size === 0) this.#drafted()
      this.#ports.set(port, silent)
    } else if (silent) this.program.noFloodPorts.add(port)
    else this.program.noFloodPorts.delete(port)
  }

  /** The row that holds a key. */
  #read(key: string): Flow | undefined {
    const drafted = this.#flows.size === 0 ? undefined : this.#flows.get(key)
    if (drafted !== undefined) return drafted
    return this.#flows.has(key) ? undefined : this.program.flows.get(key)
  }

  #write(key: string, flow: Flow | undefined): void {
    if (this.#isPublished) {
      if (this.#flows.size === 0) this.#drafted()
      this.#flows.set(key, flow)
    } else if (flow === undefined) this.program.flows.delete(key)
    else this.program.flows.set(key, flow)
  }

  #put(unit: string, key: string, flow: Flow): void {
    if (!this.#isPublished && this.#contested.size === 0) {
      const { flows } = this.program
      const holder = flows.get(key)
      if (holder === undefined || holder.unit === unit) {
        flows.set(key, flow)
        return
      }
    }
    let claims = this.#contested.size === 0 ? undefined : this.#contested.get(key)
    if (claims === undefined) {
      const holder = this.#read(key)
      if (holder === undefined || holder.unit === unit) {
        this.#write(key, flow)
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
    const claims = this.#contested.get(key)
    if (claims === undefined) {
      if (this.#read(key) === flow) this.#write(key, undefined)
      return
    }
    if (claims.get(unit) === flow) claims.delete(unit)
    this.#settle(key, claims)
  }

  #settle(key: string, claims: Map<string, Flow>): void {
    let first: Flow | undefined
    for (const flow of claims.values()) if (first === undefined || flow.unit < first.unit) first = flow
    this.#write(key, first)
    if (claims.size <= 1) this.#contested.delete(key)
  }
}

/** Whether that changed anything. */
function replace<K, V>(map: Map<K, V>, key: K, value: V | undefined): boolean {
  if (map.get(key) === value) return false
  if (value === undefined) map.delete(key)
  else map.set(key, value)
  return true
}
