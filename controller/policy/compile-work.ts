/**
 * What one compilation has to do, what it looks up on the way, and in which steps it goes. It refuses to know how anything
 * is compiled. Used by compile.ts.
 */
import {
  type InterfaceFacts,
  interfaceRowsElsewhere,
  interfaceRowsEverywhere,
  interfaceRowsFarAway,
  type Site,
} from './compile-interface.ts'
import type { PolicyChange } from './compile-policy.ts'
import { type KeptRows, kept, NO_ROWS } from './fields.ts'
import type { IntentDelta } from './intent.ts'
import { Multimap } from './multimap.ts'
import type { SwitchProgram, Touched } from './program.ts'
import type { DatapathView, ObservedDelta, Place } from './state.ts'

/** What changed since the last compilation. */
export interface Changed {
  intent: IntentDelta | 'all'
  observed: ObservedDelta | 'all'
}

/** A switch's program and the keys that may differ; undefined: compare all. */
export interface Compiled {
  program: SwitchProgram
  touched: Touched | undefined
}

/** An interface as it is compiled for all switches; the rows that several share are the same objects. */
export interface Looked {
  facts: InterfaceFacts
  /** Rows that several switches have: where it is, and on others. */
  here: readonly KeptRows[]
  elsewhere: readonly KeptRows[]
  /** On switches that are not concerned with its network. */
  farAway: readonly KeptRows[]
  /** How many rows these are, about. */
  shared: number
}

/** What was true of an interface when it was compiled last. */
export interface Seen {
  network: string
  /** The routing domain of the network (routing.ts). */
  domain: string
  identity: number
  place: Place | undefined
}

/** Interfaces as they are now, each looked at once; undefined where there is no such record any more. */
export type Looks = Map<string, Looked | undefined>

/** What is left to be done for switches. */
export class Work {
  /** Interfaces to compile on every switch. */
  readonly interfaces = new Set<string>()
  /** Networks of interfaces that were in another, by name. */
  readonly formerly = new Map<string, string>()
  /** Interfaces to compile on one switch, by datapath id. */
  readonly onSwitch = new Multimap<string>()
  /** Network records to compile on one switch, by datapath id. */
  readonly networks = new Multimap<string>()
  /** Ports to classify, by datapath id; missing from `allPorts`. */
  readonly ports = new Map<string, Set<number>>()
  readonly allPorts = new Set<string>()
  /** Switches whose rows towards other switches may differ. */
  readonly forward = new Set<string>()
  /** Switches whose own numbers may differ: on all of them the rows towards these. */
  readonly renumbered = new Set<string>()
  /** Switches whose ends of tunnels or carriers on links may differ: rows towards these, and of interfaces there. */
  ends: ReadonlySet<string> = new Set()
  /** The rows of the world may differ, on all switches. */
  world = false
  /** Rows of mirrors and chains may differ, on all switches. */
  steer = false
  policy: PolicyChange = { flows: new Set(), meters: new Set(), rescope: false }
  /** Networks that switches may be concerned with now, or no longer. */
  readonly interest = new Map<string, ReadonlySet<string> | 'all'>()
  /** What reactive switches asked, and what they no longer ask. */
  demands: ObservedDelta['demands']
  /** What switches are to watch for, and what no longer. */
  probes: ObservedDelta['probes']

  port({ datapathId, port }: Place): void {
    const ports = this.ports.get(datapathId)
    if (ports === undefined) this.ports.set(datapathId, new Set([port]))
    else ports.add(port)
  }
}

export function lookedAt(facts: InterfaceFacts, site: Pick<Site, 'normal' | 'world' | 'onLinks'>): Looked {
  const { world } = site
  const [elsewhere, everywhere, farAway] = [
    interfaceRowsElsewhere(facts, site),
    interfaceRowsEverywhere(facts, world),
    interfaceRowsFarAway(facts, world),
  ].map(kept) as [KeptRows, KeptRows, KeptRows]
  return {
    facts,
    here: [NO_ROWS, everywhere],
    elsewhere: [elsewhere, everywhere],
    farAway: [NO_ROWS, farAway],
    shared: elsewhere.size + everywhere.size,
  }
}

/** Switches that there is something to do for by name. */
export function* concernedOnes(work: Work): IterableIterator<string> {
  const { onSwitch, ports, interest, allPorts, forward, networks, demands, probes } = work
  for (const some of [onSwitch, ports, interest, networks, demands, probes]) yield* some?.keys() ?? []
  for (const some of [allPorts, forward]) yield* some
}

/** The switch's own flooding reaches links and uplinks only. */
export function silentPorts(datapath: DatapathView): Set<number> {
  const links = linksOf(datapath)
  return new Set([...datapath.ports.keys()].filter((port) => !links.has(port)))
}

/** Whether rows may be others on every switch. */
export function isForAll({ renumbered, ends, world, steer, policy }: Work): boolean {
  return world || steer || renumbered.size + ends.size > 0 || policy.rescope || policy.meters.size > 0
}

/** Rows of one step. Making one takes some 5 microseconds, of few others ten times as long. */
const PER_STEP = 200

/** Cuts work into steps of about as many rows: after each, others may have the event loop. */
export class Pace {
  readonly #perStep: number
  #spent = 0

  constructor(perStep = PER_STEP) {
    this.#perStep = perStep
  }

  /** Rows were made. Whether that ends the step. */
  spend(rows: number): boolean {
    this.#spent += rows
    if (this.#spent < this.#perStep) return false
    this.#spent = 0
    return true
  }
}

/** The key of a place. */
export function portName({ datapathId, port }: Place): string {
  return `${datapathId}/${port}`
}

/** Links and uplinks. */
export function linksOf(datapath: DatapathView | undefined): Set<number> {
  return new Set([...(datapath?.fabricPorts ?? []), ...(datapath?.uplinkPorts ?? [])])
}
