/**
 * Since when a flow is as it is: takes change sets back one after the other, newest first, compiles what they touch with
 * the compiler's own parts, and says which change set, and which change of it, a flow goes away with. Intent is as it
 * was; where switches, ports and links are is taken as now, but places of interfaces follow their records and what was
 * written down of them (`hint/place/`). It refuses to read a store: it is given entries and change sets.
 *
 * Flows of rules are compiled from all of intent: for switches that have every rule by PolicyRows alone, for one at the
 * edge with what it is concerned with. For other flows the interfaces on one switch are enough, and those that flows are
 * asked about.
 */
import type { Attachment, InterfaceRecord } from '../../model/records.ts'
import { PREFIX } from '../../model/records.ts'
import { isReached } from './carriers.ts'
import { sameValue } from './changes.ts'
import { Compiler } from './compile.ts'
import { PolicyRows } from './compile-policy.ts'
import type { StoredEntry } from './entries.ts'
import { Intent, type IntentDelta } from './intent.ts'
import { LINKS_OF_A_CARRIER } from './interest.ts'
import type { Flow } from './program.ts'
import type { DatapathView, NetworkState, ObservedView, Place } from './state.ts'
import { switchNamedBy } from './zones.ts'

export interface PastChange {
  key: string
  before?: StoredEntry
  after?: StoredEntry
}

export interface PastSet {
  revision: number
  changes: readonly PastChange[]
}

/** A flow that is asked about, by its flowKey. */
export interface Target {
  key: string
  flow: Flow
}

/** A flow that a change made what it is; without a change, several of the set together did. */
export interface Found {
  target: Target
  change?: PastChange
}

/**
 * Where a flow is compiled: a rule's on switches that have all rules, alike; a rule's on a switch at the edge; all the
 * rest, for one switch.
 */
export type Origin = 'rules' | 'edge' | 'switch'

const HINT = 'hint/place/'

export function originOf({ unit }: Flow, datapath: DatapathView | undefined): Origin {
  if (/^(interface\/|network\/|port\/|system$|switches$|carrier$|undecided$|world$)/.test(unit)) return 'switch'
  const links = new Set([...(datapath?.fabricPorts ?? []), ...(datapath?.uplinkPorts ?? [])])
  return links.size >= LINKS_OF_A_CARRIER ? 'rules' : 'edge'
}

export interface RewindOptions {
  origin: Origin
  datapathId: string
  targets: readonly Target[]
  /** Store keys of the records that the flows carry the cookies of: asked first. */
  causes: ReadonlySet<string>
  present: Pick<NetworkState, 'observed' | 'backend'>
}

export class Rewind {
  readonly #options: RewindOptions
  readonly #intent = new Intent()
  readonly #rules = new PolicyRows()
  readonly #compiler: Compiler
  readonly #datapaths: ReadonlyMap<string, DatapathView>
  readonly #places = new Map<string, Place>()
  readonly #hints = new Map<string, Place | undefined>()
  /** Interfaces that flows are asked about. */
  readonly #asked: ReadonlySet<string>
  #flows: ReadonlyMap<string, Flow> = new Map()
  #isNew = true
  #open: Target[]

  constructor(options: RewindOptions) {
    this.#options = options
    this.#open = [...options.targets]
    this.#compiler = new Compiler(options.present.backend)
    this.#datapaths = neighbourhood(options.present.observed, options.datapathId)
    const units = options.targets.map(({ flow }) => flow.unit).filter((unit) => unit.startsWith(PREFIX.interface))
    this.#asked = new Set(units.map((unit) => unit.slice(PREFIX.interface.length)))
  }

  /** Flows whose change was not found yet. */
  get open(): readonly Target[] {
    return this.#open
  }

  /** Takes entries of the present in, in as many portions as suits; interfaces last is fastest. */
  load(entries: readonly StoredEntry[]): void {
    const { places } = this.#options.present.observed
    const wanted = entries.filter(({ key }) => {
      if (!key.startsWith(PREFIX.interface) || this.#options.origin !== 'switch') return true
      const name = key.slice(PREFIX.interface.length)
      return this.#asked.has(name) || places.get(name)?.datapathId === this.#options.datapathId
    })
    const moved = new Set<string>()
    for (const { key } of wanted) {
      const name = key.slice(PREFIX.interface.length)
      const place = key.startsWith(PREFIX.interface) ? places.get(name) : undefined
      if (place === undefined) continue
      this.#places.set(name, { ...place })
      moved.add(name)
    }
    const delta = this.#intent.apply({ revision: 0, changes: wanted.map((after) => ({ key: after.key, after })) })
    this.#compile(delta, moved)
  }

  /** The present is whole. Returns, and gives up, the flows that are not in it as they were given. */
  begin(): Target[] {
    const absent = this.#open.filter((target) => !this.#has(target))
    this.#open = this.#open.filter((target) => !absent.includes(target))
    return absent
  }

  /** Takes one change set back. Yields now and then, so that others can have their turn. */
  *undo({ revision, changes }: PastSet): Generator<void, Found[]> {
    if (this.#open.length === 0) return []
    const ours = changes.filter((change) => this.#concerns(change))
    if (ours.length === 0) return []
    this.#apply(ours.map(inverse), revision - 1)
    const lost = this.#open.filter((target) => !this.#has(target))
    if (lost.length === 0) return []
    this.#open = this.#open.filter((target) => !lost.includes(target))
    if (ours.length === 1) return lost.map((target) => ({ target, change: ours[0]! }))
    this.#apply(ours, revision)
    const found: Found[] = []
    let pending = lost
    const left = [...ours].sort((one, other) => this.#rank(one) - this.#rank(other))
    for (let change = left.shift(); change !== undefined && pending.length > 0; change = left.shift()) {
      this.#apply([inverse(change)], revision)
      for (const target of pending) if (!this.#has(target)) found.push({ target, change })
      pending = pending.filter((target) => this.#has(target))
      if (pending.length === 0) break
      yield
    }
    this.#apply(left.map(inverse), revision - 1)
    return [...found, ...pending.map((target) => ({ target }))]
  }

  /** What a user wrote is more of an answer than what followed from it. */
  #rank({ key }: PastChange): number {
    if (this.#options.causes.has(key)) return 0
    const order = [PREFIX.vnp, PREFIX.policy, PREFIX.switch, PREFIX.network, PREFIX.nap, PREFIX.interface, HINT]
    const at = order.findIndex((prefix) => key.startsWith(prefix))
    return at < 0 ? order.length + 1 : at + 1
  }

  #concerns({ key, before, after }: PastChange): boolean {
    // Repeated requests, and how far connections are cut: nothing of either is in a flow.
    if (key.startsWith(PREFIX.request) || key.startsWith('cut/')) return false
    if (this.#options.origin === 'rules') return !key.startsWith('hint/')
    if (key.startsWith(HINT)) return true
    if (this.#options.origin === 'edge') return !key.startsWith('hint/')
    if (!key.startsWith(PREFIX.interface)) return !key.startsWith('hint/')
    const name = key.slice(PREFIX.interface.length)
    if (this.#asked.has(name) || this.#intent.interfaces.has(name)) return true
    return [before, after].some((entry) => entry !== undefined && this.#mayBeHere(entry.value as InterfaceRecord))
  }

  #mayBeHere(record: InterfaceRecord): boolean {
    const where = switchNamedBy(record)
    return where === undefined || where === this.#options.datapathId
  }

  #has({ key, flow }: Target): boolean {
    const now = this.#flows.get(key)
    return now !== undefined && now.cookie === flow.cookie && sameValue(now.instructions, flow.instructions)
  }

  #state(): NetworkState {
    const { backend } = this.#options.present
    return {
      intent: this.#intent,
      observed: {
        datapaths: this.#datapaths,
        places: this.#places,
        absent: this.#options.present.observed.absent ?? new Map(),
      },
      backend,
    }
  }

  #apply(changes: readonly PastChange[], revision: number): void {
    const moved = new Set<string>()
    for (const { key, after } of changes) {
      if (!key.startsWith(HINT)) continue
      const name = key.slice(HINT.length)
      this.#hints.set(name, after?.value as Place | undefined)
      moved.add(name)
    }
    for (const { key, after } of changes) {
      if (!key.startsWith(PREFIX.interface)) continue
      const name = key.slice(PREFIX.interface.length)
      const is = (after?.value as InterfaceRecord | undefined)?.attachment
      if (!sameValue(this.#intent.interfaces.get(name)?.attachment, is)) moved.add(name)
    }
    const delta = this.#intent.apply({ revision, changes: changes.filter(({ key }) => !key.startsWith(HINT)) })
    this.#compile(delta, new Set([...moved].filter((name) => this.#locate(name))))
  }

  #compile(delta: IntentDelta, places: Set<string>): void {
    if (this.#options.origin === 'rules') {
      this.#rules.update(this.#intent, this.#isNew ? 'all' : delta)
      this.#flows = this.#rules.flows
    } else {
      const observed = { datapaths: new Set<string>(), places }
      const compiled = this.#compiler.compile(this.#state(), { intent: delta, observed })
      // Later compilations change the program in place.
      this.#flows = compiled.get(this.#options.datapathId)?.program.flows ?? this.#flows
    }
    this.#isNew = false
  }

  /** Finds an interface's place anew; whether it is another. */
  #locate(name: string): boolean {
    const attachment = this.#intent.interfaces.get(name)?.attachment
    const before = this.#places.get(name)
    const after = attachment && this.#placeOf(name, attachment, before)
    if (after === undefined) this.#places.delete(name)
    else this.#places.set(name, after)
    return !sameValue(before, after)
  }

  #placeOf(name: string, attachment: Attachment, before: Place | undefined): Place | undefined {
    if (attachment.kind === 'port') return { datapathId: attachment.datapathId, port: attachment.port }
    const hint = this.#hints.has(name) ? this.#hints.get(name) : before
    if (attachment.kind !== 'portName') return hint && { ...hint }
    const { portName, datapathId } = attachment
    const { datapaths } = this.#options.present.observed
    const isNamed = (place: Place | undefined): boolean =>
      place !== undefined && datapaths.get(place.datapathId)?.ports.get(place.port)?.name === portName
    if (isNamed(hint)) return hint && { ...hint }
    for (const [id, { ports }] of datapaths) {
      if (datapathId !== undefined && datapathId !== id) continue
      for (const { port, name: its } of ports.values()) if (its === portName) return { datapathId: id, port }
    }
    return undefined
  }
}

function inverse({ key, before, after }: PastChange): PastChange {
  return { key, ...(after && { before: after }), ...(before && { after: before }) }
}

/** A switch and what its rows look at of others: whether the world exists, and the way there. */
function neighbourhood({ datapaths }: ObservedView, datapathId: string): Map<string, DatapathView> {
  const found = new Map<string, DatapathView>()
  const own = datapaths.get(datapathId)
  if (own === undefined) return found
  const none = { ports: new Map(), fabricPorts: new Set<number>(), nextHops: new Map(), floodPorts: new Set<number>() }
  // No more of others than what they read from packets, and that one leads out, or all that they have would be compiled.
  for (const { datapathId: other, tunnel, carriers } of datapaths.values()) {
    if (tunnel === undefined && carriers === undefined) continue
    found.set(other, {
      ...{ datapathId: other, ...none, uplinkPorts: new Set() },
      ...(tunnel && { tunnel }),
      ...(carriers && { carriers }),
    })
  }
  found.set(datapathId, own)
  if (own.uplinkPorts.size > 0) return found
  const gateways = [...datapaths.values()].filter(({ uplinkPorts }) => uplinkPorts.size > 0)
  const reached = gateways.filter((other) => isReached({ datapaths }, own, other.datapathId))
  const [first] = (reached.length > 0 ? reached : gateways).sort((a, b) => (a.datapathId < b.datapathId ? -1 : 1))
  if (first === undefined) return found
  const uplinkPorts = new Set([...first.uplinkPorts].slice(0, 1))
  const { datapathId: gateway } = first
  found.set(gateway, { ...(found.get(gateway) ?? { datapathId: gateway, ...none }), uplinkPorts })
  return found
}
