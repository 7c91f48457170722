/**
 * A controller without sockets for tests of incremental compilation: the real proposals, intent, places, compile loop and
 * compiler, fed with steps (writes, switches, ports, links) instead of messages. Each program is held to two laws as it
 * is handed out: the touched keys cover every difference, and a restart changes nothing. It knows no channel; what a
 * switch would have installed is kept by applying the differences.
 */

import { AssertionError } from 'chai'
import type { CompileLoop } from '../../controller/compile-loop.ts'
import { apply, diff, type Operation } from '../../controller/flows/diff.ts'
import { sameValue } from '../../controller/flows/same.ts'
import { Observed } from '../../controller/observe.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import type { IntentDelta } from '../../controller/policy/intent.ts'
import { emptyProgram, type SwitchProgram, type Touched } from '../../controller/policy/program.ts'
import { proposeNumbers, type Write } from '../../controller/policy/propose.ts'
import type { Backend, NetworkState, ObservedDelta, Place, PortView } from '../../controller/policy/state.ts'
import type { Failure } from '../../model/errors.ts'
import { Graph, type PortRef } from '../../topology/graph.ts'
import { shortestPaths } from '../../topology/paths.ts'
import { floodTree } from '../../topology/tree.ts'
import { ALL, loopOf } from './controller-parts.ts'
import { PolicyStore } from './policy-store.ts'

/** Something that happens to a network or its records. */
export type Step =
  | { what: 'write'; writes: Write[] }
  /** A switch connects, for the first time or again, with these ports. */
  | { what: 'switch up'; datapathId: string; ports: PortView[] }
  /** A switch that will not come back, and its links. */
  | { what: 'switch gone'; datapathId: string }
  | { what: 'port'; datapathId: string; port: PortView; removed: boolean }
  | { what: 'link'; one: PortRef; other: PortRef; there: boolean }
  /** A frame of this MAC came in. */
  | { what: 'seen'; mac: number; at: Place }
  | { what: 'time'; ms: number }
  /** A change set without changes: a generation that differs in nothing. */
  | { what: 'nothing' }
  | { what: 'restart' }

/** What a switch is sent: from `installed`, by `operations`, to its new program. Told before it is carried out. */
export type Sent = (datapathId: string, installed: SwitchProgram, operations: readonly Operation[]) => void

export interface Heard {
  intent(delta: IntentDelta): void
  observed(delta: ObservedDelta): void
  wanted(datapathId: string, program: SwitchProgram, touched: Touched | undefined): void
}

export class CompileWorld {
  store = new PolicyStore()
  readonly backend: Backend
  observed!: Observed
  sent: Sent = () => {}
  /** Told of what the compile loop is told, and of what it hands out, before it is carried out. */
  heard: Partial<Heard> = {}
  /** What each switch holds. */
  readonly installed = new Map<string, SwitchProgram>()
  #graph = new Graph()
  #hops = shortestPaths(this.#graph)
  #flood = floodTree(new Set(), [])
  readonly #sightings = new Map<number, Place>()
  #loop!: CompileLoop
  #defect: unknown

  constructor(backend: Backend) {
    this.backend = backend
    this.#start([])
  }

  get state(): NetworkState {
    return { intent: this.store.intent, observed: this.observed, backend: this.backend }
  }

  get programs(): ReadonlyMap<string, SwitchProgram> {
    return this.#loop.programs
  }

  /** Links that packets take, one of each direction. */
  get links(): readonly { from: PortRef; to: PortRef }[] {
    return [...this.#graph.usableLinks()]
  }

  close(): void {
    this.#loop.close()
  }

  /** Lets a step happen and compiles; why it was refused, where it was, and then nothing has happened. */
  take(step: Step): Failure | undefined {
    const refused = this.happen(step)
    if (refused === undefined) this.compile()
    return refused
  }

  /** As take, for steps that must succeed. */
  must(step: Step): void {
    const refused = this.take(step)
    if (refused !== undefined) throw new Error(`${JSON.stringify(step)} was refused: ${JSON.stringify(refused)}`)
  }

  /** Lets a step happen without compiling: as where several happen in one turn of the event loop. */
  happen(step: Step): Failure | undefined {
    const { observed, store } = this
    switch (step.what) {
      case 'write': {
        const result = store.write(...step.writes)
        if (!result.ok) return result.failure
        if (result.value.transaction !== undefined) this.#intentChanged()
        break
      }
      case 'switch up': {
        const numbers = proposeNumbers(store.intent, step.datapathId, store.context)
        if (!numbers.ok) return numbers.failure
        this.#graph.addSwitch(step.datapathId)
        this.#rewire()
        observed.switchUp(step.datapathId, step.ports)
        if (numbers.value.transaction !== undefined) {
          store.commit(numbers.value.transaction)
          this.#intentChanged()
        }
        break
      }
      case 'switch gone':
        this.#graph.removeSwitch(step.datapathId)
        this.#rewire()
        this.#unsee(step.datapathId)
        observed.switchForgotten(step.datapathId)
        this.#loop.forget(step.datapathId)
        this.installed.delete(step.datapathId)
        break
      case 'port':
        observed.portChanged(step.datapathId, step.port, step.removed)
        break
      case 'link':
        for (const [from, to] of [
          [step.one, step.other],
          [step.other, step.one],
        ] as const) {
          if (step.there) this.#graph.add({ from, to })
          else this.#graph.remove({ from, to })
        }
        this.#rewire()
        break
      case 'seen':
        this.#sightings.set(step.mac, step.at)
        observed.topologyChanged([], [step.mac])
        break
      case 'time':
        store.now += step.ms
        break
      case 'nothing':
        store.lastDelta = store.intent.apply({ revision: ++store.revision, changes: [] })
        this.#intentChanged()
        break
      case 'restart':
        this.#restart()
    }
    this.#observedChanged()
    return undefined
  }

  /** Compiles what is pending. */
  compile(): void {
    this.#loop.catchUp()
    if (this.#defect !== undefined) throw this.#defect
  }

  /** Differences between what was compiled step by step and what is compiled at once from the stored entries. */
  differencesFromFull(): string[] {
    const { intent } = this.store.reopened()
    const fresh = new Compiler(this.backend).compile({ ...this.state, intent }, ALL)
    const names = new Set([...fresh.keys(), ...this.programs.keys()])
    return [...names].flatMap((datapathId) => {
      const [kept, full] = [this.programs.get(datapathId), fresh.get(datapathId)?.program]
      if (kept === undefined || full === undefined) return [`${datapathId}: only ${kept ? 'step by step' : 'at once'}`]
      return programDifferences(kept, full).map((line) => `${datapathId} ${line}`)
    })
  }

  #start(places: readonly (readonly [string, Place])[]): void {
    const { store, backend } = this
    const view = (datapathId: string) => ({
      fabricPorts: this.#graph.fabricPorts(datapathId),
      nextHops: this.#hops.get(datapathId) ?? new Map<string, number>(),
      floodPorts: this.#flood.get(datapathId) ?? new Set<number>(),
    })
    const topology = { view, sighting: (mac: number) => this.#sightings.get(mac) }
    this.observed = new Observed(store.intent, topology, () => {})
    this.observed.recall(places)
    this.#loop = loopOf({
      ...{ intent: store.intent, observed: this.observed, backend },
      want: (datapathId, _generation, program, touched) => this.#want(datapathId, program, touched),
      failed: (error) => {
        this.#defect ??= error
      },
      clock: () => 0,
    })
    this.#loop.open()
  }

  /** What is in memory goes; the store, the switches and the hints of the last run stay. */
  #restart(): void {
    this.compile()
    const switches = [...this.observed.datapaths.values()]
    const places = [...this.observed.places]
    this.#loop.close()
    this.store = this.store.reopened()
    // Where hosts were seen is in memory only.
    this.#sightings.clear()
    this.#start(places)
    for (const { datapathId, ports } of switches) this.observed.switchUp(datapathId, ports.values())
    const { sent } = this
    const changes: string[] = []
    this.sent = (datapathId, _, operations) => {
      for (const operation of operations) changes.push(`${datapathId}: ${operationText(operation)}`)
    }
    this.compile()
    this.sent = sent
    if (changes.length > 0) throw new AssertionError(`a restart changes switches:\n${changes.slice(0, 10).join('\n')}`)
  }

  #intentChanged(): void {
    const delta = this.store.lastDelta!
    this.observed.intentChanged(delta)
    this.heard.intent?.(delta)
    this.#loop.intentChanged(delta)
  }

  #observedChanged(): void {
    const delta = this.observed.takeDelta()
    if (delta === undefined) return
    this.heard.observed?.(delta)
    this.#loop.observedChanged(delta)
  }

  /** Nobody is seen any more on a switch that is gone. */
  #unsee(datapathId: string): void {
    const macs = [...this.#sightings].filter(([, at]) => at.datapathId === datapathId).map(([mac]) => mac)
    for (const mac of macs) this.#sightings.delete(mac)
    this.observed.topologyChanged([], macs)
  }

  #rewire(): void {
    this.#hops = shortestPaths(this.#graph)
    this.#flood = floodTree(this.#graph.switches, this.#graph.usableLinks())
    const concerned = [...this.observed.datapaths.values()].filter(({ datapathId, ...before }) => {
      const fabric = this.#graph.fabricPorts(datapathId)
      const text = (hops: ReadonlyMap<string, number> | undefined) => JSON.stringify([...(hops ?? [])].sort())
      return (
        !sameSet(before.fabricPorts, fabric) ||
        !sameSet(before.floodPorts, this.#flood.get(datapathId) ?? new Set()) ||
        text(before.nextHops) !== text(this.#hops.get(datapathId))
      )
    })
    this.observed.topologyChanged(
      concerned.map(({ datapathId }) => datapathId),
      [],
    )
  }

  #want(datapathId: string, program: SwitchProgram, touched: Touched | undefined): void {
    this.heard.wanted?.(datapathId, program, touched)
    const installed = this.installed.get(datapathId) ?? emptyProgram()
    this.installed.set(datapathId, installed)
    const operations = diff(program, installed)
    if (touched !== undefined) {
      const covered = new Set(diff(program, installed, touched).map(operationText))
      const missed = operations.map(operationText).filter((text) => !covered.has(text))
      if (missed.length > 0)
        throw new AssertionError(`a difference that is not touched on ${datapathId}: ${missed.join('; ')}`)
    }
    if (operations.length > 0) this.sent(datapathId, installed, operations)
    apply(operations, installed)
  }
}

/** Up to ten lines that say where two programs differ, units included; none where they are equal. */
export function programDifferences(one: SwitchProgram, other: SwitchProgram): string[] {
  const lines: string[] = []
  const compare = (what: string, a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): void => {
    for (const key of new Set([...a.keys(), ...b.keys()])) {
      if (lines.length >= 10 || sameValue(a.get(key), b.get(key))) continue
      lines.push(`${what} ${key}: ${text(a.get(key))} instead of ${text(b.get(key))}`)
    }
  }
  compare('flow', one.flows, other.flows)
  compare('meter', one.meters, other.meters)
  compare('group', one.groups, other.groups)
  const set = (ports: ReadonlySet<number>) => new Map([...ports].map((port) => [port, true]))
  compare('port without flooding', set(one.noFloodPorts), set(other.noFloodPorts))
  return lines
}

function operationText(operation: Operation): string {
  return operation.what === 'flow' ? `${operation.act} flow ${operation.key}` : text(operation)
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, its) => (typeof its === 'bigint' ? `${its.toString(16)}` : its)) ?? 'nothing'
}

function sameSet<T>(one: ReadonlySet<T>, other: ReadonlySet<T>): boolean {
  return one.size === other.size && [...one].every((each) => other.has(each))
}
