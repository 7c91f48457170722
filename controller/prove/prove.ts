/**
 * The proof: from the tables of all switches, as they are or as they are wanted, to `proved` or to packets whose fate is
 * not what policy says. What is proved of whole packets (docs/architecture.md has the words): exactly what permits()
 * allows passes, between every pair of interfaces and the world and for every class of protocol and port; replies as
 * the connection; nothing goes between networks; nothing of a false sender goes anywhere; no packet circles; none that
 * is permitted is lost. It refuses to read tables from switches and to change any.
 */

import { nextPortTo } from '../policy/carriers.ts'
import type { Flow, SwitchProgram } from '../policy/program.ts'
import type { DatapathView, NetworkState } from '../policy/state.ts'
import { Confirmer, type Counterexample } from './confirm.ts'
import type { Doubt } from './doubt.ts'
import { Facts, type ProofLink, portText, type StateChange } from './facts.ts'
import type { Ports } from './ports.ts'
import { ProbeFinder } from './probes.ts'
import type { SwitchTables } from './replay.ts'
import { type Row, rowOf } from './rows.ts'
import { type Straightened, straighten } from './steer.ts'
import { TableIndex } from './table.ts'
import { SwitchWalk, type Walked, type Ways } from './walk.ts'

/** What a switch has: its program, and rows in our tables that are not ours. */
export interface ProofInput {
  readonly program: Pick<SwitchProgram, 'flows' | 'groups' | 'noFloodPorts'>
  readonly foreign: readonly Flow[]
}

export interface Open {
  readonly why: string
  readonly datapathId: string
  readonly port: number
  /** What a packet would have to have that cannot be made. */
  readonly needs: readonly string[]
}

export interface Proof {
  readonly counterexamples: readonly Counterexample[]
  /** What could neither be shown nor ruled out. */
  readonly open: readonly Open[]
  readonly switches: number
  readonly flows: number
  /** Regions looked at, and doubts that a packet has dispelled. */
  readonly regions: number
  readonly refuted: number
}

export function isProved({ counterexamples, open }: Proof): boolean {
  return counterexamples.length === 0 && open.length === 0
}

export interface ProveOptions {
  /** Counterexamples after which to stop. */
  limit: number
  /** Where packets come in that are looked at; absent: all switches. */
  switches?: ReadonlySet<string>
  /** Doubts of one kind that are looked into one by one, where other than 40; of more, the rest is left open. */
  perKind?: number
  /** Packets that one doubt is tried with before it is taken back, where other than 4,000. */
  trials?: number
}

const NO_MEMBERS = { has: () => false, any: () => false, every: () => false }
/** Doubts of one kind that are looked into one by one. */
const PER_KIND = 40

/** A switch's tables, and what was found in them. */
interface Known extends SwitchTables {
  readonly tables: Map<number, TableIndex>
  readonly foreign: readonly Flow[]
  readonly flows: number
  /** Rows that came or went since the last walk. */
  readonly rows: { table: number; row: Row }[]
  walk: SwitchWalk | undefined
  walked: Walked | undefined
  /** Ports as they were at the last walk: whether each is up. */
  ports: ReadonlyMap<number, boolean>
}

export class Prover {
  readonly #programs = new Map<string, Known>()
  #facts: Facts | undefined
  /** Links at the last proof, and those that each switch knows. */
  #links = ''
  readonly #linksOf = new Map<string, string>()
  #isSteered = false

  /**
   * Takes a switch's tables. @param touched Keys of flows that may differ from those of last time; absent: all, groups and
   * ports included.
   */
  set(datapathId: string, { program, foreign }: ProofInput, touched?: Iterable<string>): void {
    const known = touched === undefined ? undefined : this.#programs.get(datapathId)
    const tables = known?.tables ?? new Map<number, TableIndex>()
    const rows = known?.rows ?? []
    const put = (key: string, number: number, flow: Flow | undefined): void => {
      let table = tables.get(number)
      const before = table?.rows.get(key)
      if (before?.flow === flow) return
      if (table === undefined) {
        table = new TableIndex()
        tables.set(number, table)
      }
      const after = flow && rowOf(key, flow, program.groups)
      table.set(key, after)
      if (known === undefined) return
      for (const row of [before, after]) if (row !== undefined) rows.push({ table: number, row })
      if (table.rows.size === 0) tables.delete(number)
    }
    if (known === undefined) for (const [key, flow] of program.flows) put(key, flow.table, flow)
    else for (const key of touched ?? []) put(key, Number(key.slice(0, key.indexOf('/'))), program.flows.get(key))
    const before = known?.foreign ?? []
    for (let index = 0; index < Math.max(before.length, foreign.length); index++) {
      const [was, is] = [before[index], foreign[index]]
      if (was !== undefined && was.table !== is?.table) put(`foreign ${index}`, was.table, undefined)
      if (is !== undefined) put(`foreign ${index}`, is.table, is)
    }
    const isSame = known !== undefined && known.noFlood === program.noFloodPorts && known.groups === program.groups
    this.#programs.set(datapathId, {
      ...{ tables, groups: program.groups, noFlood: program.noFloodPorts, foreign: [...foreign], rows },
      ...{ flows: program.flows.size + foreign.length, ports: known?.ports ?? NO_PORTS },
      ...{ walk: isSame ? known.walk : undefined, walked: known?.walked },
    })
  }

  delete(datapathId: string): void {
    this.#programs.delete(datapathId)
    this.#facts = undefined
  }

  /** Proves all there is. */
  prove(state: NetworkState, links: readonly ProofLink[], options: ProveOptions): Proof {
    const facts = new Facts(state, links)
    this.#facts = facts
    this.#links = linksText(links)
    this.#linksOf.clear()
    for (const [datapathId, view] of state.observed.datapaths) this.#linksOf.set(datapathId, linksOf(view))
    const straightened: Straightened[] = []
    const steered: Open[] = []
    const { steerings, networks } = state.intent
    const chains = [...steerings.chains('egress'), ...steerings.chains('ingress')]
    const routers = new Set([...networks.values()].flatMap(({ router }) => router ?? []))
    if (chains.length > 0 && routers.size > 0) {
      const [datapathId = ''] = state.observed.datapaths.keys()
      const why = 'a routed packet that a rule leads through services is dropped, and that has no model'
      steered.push({ why, datapathId, port: 0, needs: [...routers].sort().map((router) => `router ${router}`) })
    }
    for (const [datapathId, { tables }] of this.#programs) {
      const datapath = state.observed.datapaths.get(datapathId)
      if (datapath === undefined || datapath.underlay !== undefined) continue
      const straight = straighten(tables, state, datapath, facts.hasWorld)
      straightened.push(straight)
      const [first] = straight.differing
      const why = 'a row of mirrors or chains is not as it should be, and nothing is proved of them'
      if (first !== undefined) steered.push({ why, datapathId, port: 0, needs: [`row ${first}`] })
    }
    for (const [datapathId, its] of this.#programs) {
      its.walk = undefined
      its.walked = undefined
      const view = state.observed.datapaths.get(datapathId)
      // What is below tunnels is nobody's who has tags.
      if (view !== undefined && view.underlay === undefined && options.switches?.has(datapathId) !== false)
        walk(facts, datapathId, its)
    }
    const found = this.#proof(facts, options)
    for (const { restore } of straightened) restore()
    this.#isSteered = isSteered(state)
    return { ...found, open: [...found.open, ...steered] }
  }

  /**
   * Proves again what may be another than at the last proof: after rows were set, and after these changes of the same
   * state. What it finds is what `prove` finds.
   */
  update(links: readonly ProofLink[], change: StateChange, options: ProveOptions): Proof {
    const facts = this.#facts
    if (facts === undefined) throw new Error('nothing was proved before')
    const { state } = facts
    const changed = this.#isAsBefore(facts, links, change, options) ? facts.update(change) : undefined
    if (changed === undefined) return this.prove(state, links, options)
    for (const [datapathId, its] of this.#programs) {
      const view = state.observed.datapaths.get(datapathId)
      if (view?.underlay !== undefined) {
        its.walk = undefined
        its.walked = undefined
      }
      if (view === undefined || view.underlay !== undefined || options.switches?.has(datapathId) === false) continue
      if (its.walk === undefined) walk(facts, datapathId, its)
      else {
        const ports = change.observed.datapaths.has(datapathId) ? otherPorts(its.ports, portsOf(view)) : []
        its.walked = its.walk.update({ rows: its.rows.splice(0), ports, facts: changed })
        if (change.observed.datapaths.has(datapathId)) its.ports = portsOf(view)
      }
    }
    // Where something is doubtful, what leads there is looked at from the beginning.
    for (const its of this.#programs.values()) {
      if (its.walked !== undefined && its.walked.doubts.length > 0) return this.prove(state, links, options)
    }
    return this.#proof(facts, options)
  }

  /** Whether switches and links are those of the last proof. */
  #isAsBefore(
    facts: Facts,
    links: readonly ProofLink[],
    { observed: { datapaths: changed } }: StateChange,
    { switches }: ProveOptions,
  ): boolean {
    const { datapaths } = facts.state.observed
    // Mirrors and chains are taken out for the time of one proof.
    if (this.#isSteered || isSteered(facts.state)) return false
    if (linksText(links) !== this.#links) return false
    for (const datapathId of changed) {
      const view = datapaths.get(datapathId)
      if ((view && linksOf(view)) !== this.#linksOf.get(datapathId)) return false
    }
    for (const [datapathId, { walked }] of this.#programs) {
      if ((datapaths.has(datapathId) && switches?.has(datapathId) !== false) !== (walked !== undefined)) return false
    }
    return true
  }

  #proof(facts: Facts, options: ProveOptions): Proof {
    const doubts: Doubt[] = []
    let regions = 0
    let flows = 0
    let switches = 0
    for (const [datapathId, { walked, flows: count }] of this.#programs) {
      if (walked === undefined) continue
      switches++
      doubts.push(...walked.doubts, ...wayDoubts(facts, datapathId, walked.ways))
      regions += walked.regions
      flows += count
    }
    return { ...this.#confirm(facts, doubts, options), switches, flows, regions }
  }

  #confirm(
    facts: Facts,
    doubts: readonly Doubt[],
    { limit, perKind: most = PER_KIND, trials }: ProveOptions,
  ): Pick<Proof, 'counterexamples' | 'open' | 'refuted'> {
    const counterexamples: Counterexample[] = []
    const open: Open[] = []
    let refuted = 0
    const finders = [...this.#programs.values()].map(({ tables }) => new ProbeFinder(facts, tables))
    const confirmer = new Confirmer(
      facts,
      this.#programs,
      (opener, target, family) => {
        const found = new Map<string, { protocol: number; key: number | undefined }>()
        for (const finder of finders) {
          for (const layer4 of finder.layer4(opener, target, family, NO_MEMBERS))
            found.set(`${layer4.protocol} ${layer4.key}`, layer4)
        }
        return [...found.values()]
      },
      trials,
    )
    const perKind = new Map<string, number>()
    const left: Doubt[] = []
    for (const doubt of doubts) {
      if (counterexamples.length >= limit) break
      const kind = `${doubt.kind} ${doubt.datapathId} ${doubt.why}`
      const count = perKind.get(kind) ?? 0
      perKind.set(kind, count + 1)
      if (count >= most) {
        left.push(doubt)
        continue
      }
      const found = confirmer.confirm(doubt)
      if (found.kind === 'confirmed') counterexamples.push(found.example)
      else if (found.kind === 'refuted') refuted++
      else open.push({ why: doubt.why, datapathId: doubt.datapathId, port: doubt.port, needs: found.needs })
    }
    if (left.length > 0 && counterexamples.length === 0) {
      const [{ why, datapathId, port }] = left as [Doubt, ...Doubt[]]
      open.push({ why, datapathId, port, needs: [`time: ${left.length} more of the kind`] })
    }
    return { counterexamples, open, refuted }
  }
}

function walk(facts: Facts, datapathId: string, its: Known): void {
  const { observed, backend } = facts.state
  const view = observed.datapaths.get(datapathId) as DatapathView
  const site: Ports = {
    ...{ facts, normal: backend === 'normal', noFlood: its.noFlood },
    get datapath() {
      return observed.datapaths.get(datapathId) as DatapathView
    },
  }
  its.rows.length = 0
  its.walk = new SwitchWalk(site, its.tables)
  its.walked = its.walk.run()
  its.ports = portsOf(view)
}

function isSteered({ intent: { steerings } }: NetworkState): boolean {
  const chains = [...steerings.chains('egress'), ...steerings.chains('ingress'), ...steerings.collectors()]
  return chains.length > 0
}

const NO_PORTS: ReadonlyMap<number, boolean> = new Map()

function portsOf({ ports }: DatapathView): Map<number, boolean> {
  return new Map([...ports].map(([port, { up }]) => [port, up]))
}

function otherPorts(before: ReadonlyMap<number, boolean>, after: ReadonlyMap<number, boolean>): Set<number> {
  const found = new Set<number>()
  for (const [port, up] of before) if (after.get(port) !== up) found.add(port)
  for (const [port, up] of after) if (before.get(port) !== up) found.add(port)
  return found
}

function linksOf({ fabricPorts, uplinkPorts, nextHops, tunnel, carriers }: DatapathView): string {
  return JSON.stringify([[...fabricPorts].sort(), [...uplinkPorts].sort(), [...nextHops].sort(), tunnel, carriers])
}

function linksText(links: readonly ProofLink[]): string {
  return links
    .map(({ from, to }) => `${portText(from)} ${portText(to)}`)
    .sort()
    .join()
}

/** Packets for a switch leave by the next hop that topology names, and by no other port. */
function wayDoubts(facts: Facts, datapathId: string, ways: Ways): Doubt[] {
  const doubts: Doubt[] = []
  const datapath = facts.state.observed.datapaths.get(datapathId)
  if (datapath === undefined || facts.state.backend === 'normal') return doubts
  for (const [place, ports] of ways) {
    const target = place === 'world' ? facts.gatewayOf(datapath) : facts.switchByNumber(place)
    const expected = target === undefined ? undefined : nextPortTo(facts.state.observed, datapath, target)
    for (const port of ports) {
      if (port === expected) continue
      doubts.push({
        ...{
          kind: 'loss',
          why: `packets for another switch leave by port ${port}`,
          datapathId,
          entry: 'tenant',
          port: 0,
        },
        ...{
          tracking: 'none',
          senders: new Map(),
          receivers: new Map(),
          must: '',
          network: 0,
          layer4: undefined,
          vals: [],
          met: undefined,
        },
        places: new Set(place === 'world' ? [] : [place]),
      })
    }
  }
  return doubts
}
