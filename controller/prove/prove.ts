/**
 * The proof: from the tables of all switches, as they are or as they are wanted, to `proved` or to packets whose fate is
 * not what policy says. What is proved of whole packets (docs/architecture.md has the words): exactly what permits()
 * allows passes, between every pair of interfaces and the world and for every class of protocol and port; replies as
 * the connection; nothing goes between networks; nothing of a false sender goes anywhere; no packet circles; none that
 * is permitted is lost. It refuses to read tables from switches and to change any.
 */

import type { Flow, SwitchProgram } from '../policy/program.ts'
import type { NetworkState } from '../policy/state.ts'
import { Confirmer, type Counterexample } from './confirm.ts'
import type { Doubt } from './doubt.ts'
import { Facts, type ProofLink } from './facts.ts'
import { ProbeFinder } from './probes.ts'
import type { SwitchTables } from './replay.ts'
import { rowOf } from './rows.ts'
import { type Straightened, straighten } from './steer.ts'
import { TableIndex } from './table.ts'
import { SwitchWalk, type Ways } from './walk.ts'

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
}

const NO_MEMBERS = { has: () => false }
/** Doubts of one kind that are looked into one by one. */
const PER_KIND = 40

export class Prover {
  readonly #programs = new Map<
    string,
    SwitchTables & { tables: Map<number, TableIndex>; noFlood: ReadonlySet<number>; flows: number; foreign: number }
  >()

  /** Takes a switch's tables. @param touched Keys of flows that may differ from those of last time; absent: all. */
  set(datapathId: string, { program, foreign }: ProofInput, touched?: Iterable<string>): void {
    const known = this.#programs.get(datapathId)
    const tables = touched === undefined || known === undefined ? new Map<number, TableIndex>() : known.tables
    const put = (key: string, flow: Flow | undefined): void => {
      const number = flow?.table ?? Number(key.slice(0, key.indexOf('/')))
      let table = tables.get(number)
      if (table === undefined) {
        if (flow === undefined) return
        table = new TableIndex()
        tables.set(number, table)
      }
      table.set(key, flow && rowOf(key, flow, program.groups))
      if (table.rows.size === 0) tables.delete(number)
    }
    if (touched === undefined || known === undefined) for (const [key, flow] of program.flows) put(key, flow)
    else for (const key of touched) put(key, program.flows.get(key))
    const before = known?.foreign ?? 0
    for (let index = 0; index < Math.max(before, foreign.length); index++) {
      const flow = foreign[index]
      for (const [number, table] of tables) {
        if (number !== flow?.table) table.set(`foreign ${index}`, undefined)
      }
      if (flow !== undefined) put(`foreign ${index}`, flow)
    }
    this.#programs.set(datapathId, {
      ...{ tables, groups: program.groups, noFlood: program.noFloodPorts, foreign: foreign.length },
      flows: program.flows.size + foreign.length,
    })
  }

  delete(datapathId: string): void {
    this.#programs.delete(datapathId)
  }

  prove(state: NetworkState, links: readonly ProofLink[], options: ProveOptions): Proof {
    const facts = new Facts(state, links)
    const doubts: Doubt[] = []
    const straightened: Straightened[] = []
    const steered: Open[] = []
    let regions = 0
    let flows = 0
    let looked = 0
    for (const [datapathId, { tables }] of this.#programs) {
      const datapath = state.observed.datapaths.get(datapathId)
      if (datapath === undefined) continue
      const straight = straighten(tables, state, datapath, facts.hasWorld)
      straightened.push(straight)
      const [first] = straight.differing
      const why = 'a row of mirrors or chains is not as it should be, and nothing is proved of them'
      if (first !== undefined) steered.push({ why, datapathId, port: 0, needs: [`row ${first}`] })
    }
    for (const [datapathId, { tables, noFlood, flows: count }] of this.#programs) {
      const datapath = state.observed.datapaths.get(datapathId)
      if (datapath === undefined || options.switches?.has(datapathId) === false) continue
      looked++
      const walked = new SwitchWalk({ facts, datapath, normal: state.backend === 'normal' }, tables, noFlood).run()
      doubts.push(...walked.doubts, ...wayDoubts(facts, datapathId, walked.ways))
      regions += walked.regions
      flows += count
    }
    const confirmed = this.#confirm(facts, doubts, options)
    for (const { restore } of straightened) restore()
    return { ...confirmed, open: [...confirmed.open, ...steered], switches: looked, flows, regions }
  }

  #confirm(
    facts: Facts,
    doubts: readonly Doubt[],
    { limit }: ProveOptions,
  ): Pick<Proof, 'counterexamples' | 'open' | 'refuted'> {
    const counterexamples: Counterexample[] = []
    const open: Open[] = []
    let refuted = 0
    const finders = [...this.#programs.values()].map(({ tables }) => new ProbeFinder(facts, tables))
    const confirmer = new Confirmer(facts, this.#programs, (opener, target, family) => {
      const found = new Map<string, { protocol: number; key: number | undefined }>()
      for (const finder of finders) {
        for (const layer4 of finder.layer4(opener, target, family, NO_MEMBERS))
          found.set(`${layer4.protocol} ${layer4.key}`, layer4)
      }
      return [...found.values()]
    })
    const perKind = new Map<string, number>()
    const left: Doubt[] = []
    for (const doubt of doubts) {
      if (counterexamples.length >= limit) break
      const kind = `${doubt.kind} ${doubt.datapathId} ${doubt.why}`
      const count = perKind.get(kind) ?? 0
      perKind.set(kind, count + 1)
      if (count >= PER_KIND) {
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

/** Packets for a switch leave by the next hop that topology names, and by no other port. */
function wayDoubts(facts: Facts, datapathId: string, ways: Ways): Doubt[] {
  const doubts: Doubt[] = []
  const datapath = facts.state.observed.datapaths.get(datapathId)
  if (datapath === undefined || facts.state.backend === 'normal') return doubts
  for (const [place, ports] of ways) {
    const target = place === 'world' ? facts.gatewayOf(datapath) : facts.switchByNumber(place)
    const expected = target === undefined ? undefined : datapath.nextHops.get(target)
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
