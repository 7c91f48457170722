/**
 * What a change would do, without doing it: wishes in, a plan out. The change is proposed against the intent that
 * switches are compiled for, supposed for one synchronous moment (suppose.ts), and what was seen in it is worked out in
 * slices afterwards. Plans are made one after another. It writes nothing, sends no flow and knows no gRPC.
 *
 *     wishes ─▶ propose ─▶ suppose ─▶ classes ─▶ verdicts that change ─▶ connections that would be cut
 *                             └─────▶ programs ─▶ operations per switch ─▶ flows per table
 */
import { ok, type Result } from '../../model/errors.ts'
import type { SwitchRecord } from '../../model/records.ts'
import type { SwitchStatus } from '../channel/types.ts'
import type { CompileLoop } from '../compile-loop.ts'
import { classesOf, photograph } from '../policy/classes.ts'
import { worldExists } from '../policy/compile-switch.ts'
import { CutIndex, type Cuts, cutsOf } from '../policy/cuts.ts'
import type { IntentDelta } from '../policy/intent.ts'
import { propose, type Write } from '../policy/propose.ts'
import { holderIn } from '../policy/routing.ts'
import type { ObservedView } from '../policy/state.ts'
import { type VerdictChanges, verdictChanges } from '../policy/verdict-changes.ts'
import { zoneName } from '../policy/zones.ts'
import { completeOutcome, type WriteRequest } from '../write.ts'
import { ConnectionJudge, whoMayLose } from './connections.ts'
import { connectionKey, readConnection } from './conntrack.ts'
import { flowsByTable, plannedSending } from './flows.ts'
import { capacitiesOf, capacityFindings, tableFills, tableFindings } from './headroom.ts'
import type { CutConnection, CutConnections, Finding, Plan, PlannedSwitch, TrackingSwitch } from './plan.ts'
import { inSlices } from './slices.ts'
import { type Parts, type SupposedProgram, suppose } from './suppose.ts'

export interface PlanSources extends Parts {
  loop: Parts['loop'] & Pick<CompileLoop, 'rested'>
  places: ObservedView
  switches(): ReadonlyMap<string, SwitchStatus>
  nameOf(datapathId: string): string
  /** Rejects where the switch cannot be asked. */
  tableLimits(datapathId: string): Promise<ReadonlyMap<number, number>>
  /** Dumps by zone; rejects, with the reason for people, where the switch cannot be asked. */
  connections(datapathId: string, zones: readonly number[]): Promise<ReadonlyMap<number, string>>
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds, monotonic. */
  clock(): number
}

export interface PlanOptions {
  /** Examples of connections told. */
  limit: number
  /** Count flows however long the controller has to stand still for it. */
  thorough: boolean
  signal?: AbortSignal
}

/**
 * Interfaces times switches that are compiled unasked: nothing else happens meanwhile. What it costs is for bench/plan.ts
 * to say: 20,000 were about a second of processor time, twice what the change itself costs.
 */
export const MAX_UNITS = 4000

export class Planner {
  readonly #sources: PlanSources
  #last: Promise<unknown> = Promise.resolve()

  constructor(sources: PlanSources) {
    this.#sources = sources
  }

  /** Failures are those of the write itself. */
  plan(
    decide: (intent: Parts['intent']) => Result<Write[]>,
    request: WriteRequest,
    options: PlanOptions,
  ): Promise<Result<Plan>> {
    const next = this.#last.then(() => this.#plan(decide, request, options))
    this.#last = next.catch(() => undefined)
    return next
  }

  async #plan(
    decide: (intent: Parts['intent']) => Result<Write[]>,
    { caller, method, owner }: WriteRequest,
    options: PlanOptions,
  ): Promise<Result<Plan>> {
    const { intent, places, clock, now, loop } = this.#sources
    // What is being compiled would have to be finished at once.
    await loop.rested()
    options.signal?.throwIfAborted()
    const writes = decide(intent)
    if (!writes.ok) return writes
    const context = { caller, method, now: now(), ...(owner === undefined ? {} : { owner }) }
    const proposed = propose(intent, writes.value, context)
    if (!proposed.ok) return proposed
    const { transaction = { puts: [], deletes: [] } } = proposed.value
    const { generation } = intent
    const outcomes = proposed.value.outcomes.map((outcome) => completeOutcome(outcome, intent, generation))
    let tooLarge = false
    const { after, before, programs } = suppose(this.#sources, transaction, {
      after: (delta) => {
        const photo = photograph(intent, delta, { others: 'none' })
        return { photo, capacities: capacitiesOf(intent, photo.rules) }
      },
      compiles: (delta) => {
        tooLarge = !options.thorough && unitsOf(delta, places) > MAX_UNITS
        return !tooLarge
      },
      before: (delta, { photo }) => {
        const known = delta.rulesChanged ? undefined : photo
        const was = photograph(intent, delta, { others: 'all', known })
        return { photo: was, capacities: capacitiesOf(intent, was.rules) }
      },
    })
    const run = <T>(work: Generator<void, T>): Promise<T> => inSlices(work, clock, options.signal)
    const verdicts = await run(verdictChanges(classesOf(before.photo, after.photo)))
    const findings = capacityFindings(before.capacities, after.capacities)
    const switches: PlannedSwitch[] = []
    for (const [datapathId, program] of programs ?? []) {
      const planned = await this.#switch(datapathId, program, run, findings)
      if (planned !== undefined) switches.push(planned)
    }
    findings.push(...this.#unsure({ programs: programs !== undefined, tooLarge, verdicts, outcomes }))
    const cuts = await run(this.#cuts(verdicts))
    if (cuts.left > 0) {
      const sentence =
        'not all connections that rules with `established: cut` let through can be named to switches: some are only refused'
      findings.push({ kind: 'incomplete', subject: 'connections', sentence })
    }
    const connections = await this.#connections(verdicts, new CutIndex(cuts.cuts), options, run)
    return ok({ generation, outcomes, verdicts, connections, switches, capacities: after.capacities, findings })
  }

  async #switch(
    datapathId: string,
    supposed: SupposedProgram,
    run: <T>(work: Generator<void, T>) => Promise<T>,
    findings: Finding[],
  ): Promise<PlannedSwitch | undefined> {
    const { switches, nameOf, tableLimits } = this.#sources
    const sending = plannedSending(supposed)
    const { flows, groups, meters, ports } = sending
    const all = [flows, groups, meters].flatMap((acts) => [acts.add, acts.modify, acts.delete])
    if (ports + all.reduce((sum, count) => sum + count, 0) === 0) return undefined
    const state = switches().get(datapathId)?.state
    const connected = state === 'served' || state === 'degraded'
    const counts = await run(flowsByTable(supposed.program))
    const limits = connected ? await tableLimits(datapathId).catch(() => undefined) : undefined
    const tables = tableFills(sending, counts, limits)
    const name = nameOf(datapathId) || datapathId
    findings.push(...tableFindings(name, tables))
    if (!connected) {
      const sentence = `switch ${name} is not served now: it keeps what it has, and gets the change when it is back`
      findings.push({ kind: 'switch-away', subject: name, sentence })
    }
    const change = tables.reduce((sum, { before, after }) => sum + after - before, 0)
    const flowsBefore = [...counts.values()].reduce((sum, count) => sum + count, 0)
    return { datapathId, connected, sending, flowsBefore, flowsAfter: flowsBefore + change, tables }
  }

  /** What the plan cannot say. */
  #unsure({
    programs,
    tooLarge,
    verdicts,
    outcomes,
  }: {
    programs: boolean
    tooLarge: boolean
    verdicts: VerdictChanges
    outcomes: Plan['outcomes']
  }): Finding[] {
    const found: Finding[] = []
    const add = (kind: Finding['kind'], subject: string, sentence: string): void => {
      found.push({ kind, subject, sentence })
    }
    if (tooLarge) {
      const sentence =
        'flows were not counted, as the change touches so much that the controller would stand still meanwhile: ask for a thorough plan'
      add('not-counted', 'flows', sentence)
    } else if (!programs) add('not-compiled', 'flows', 'nothing is compiled yet: the controller waits for its topology')
    if (!verdicts.complete) {
      const sentence =
        'more pairs may get another verdict than one plan looks at: the counts of verdicts are at least so many'
      add('incomplete', 'verdicts', sentence)
    }
    for (const { kind, name, outcome, before, record } of outcomes) {
      if (kind !== 'switch' || outcome === 'unchanged' || outcome === 'created') continue
      const [was, is] = [before as SwitchRecord | undefined, record as SwitchRecord | undefined]
      if (outcome === 'updated' && was?.links.join() === is?.links.join()) continue
      const sentence = `what follows from other links of switch ${name} is not part of the plan: links are found by probes`
      add('links-change', name, sentence)
    }
    return found
  }

  /** What switches would be told to forget: as when the change is made (cutter.ts). */
  #cuts({ classes }: VerdictChanges): Generator<void, Cuts> {
    return cutsOf(classes, {
      namesOf: (end) => (end.kind === 'world' ? [] : end.names),
      record: (name) => classes.before.changed.get(name)?.record ?? this.#sources.intent.interfaces.get(name),
    })
  }

  async #connections(
    verdicts: VerdictChanges,
    removed: CutIndex,
    { limit, signal }: PlanOptions,
    run: <T>(work: Generator<void, T>) => Promise<T>,
  ): Promise<CutConnections> {
    const { intent, places, connections } = this.#sources
    const { networks, names } = whoMayLose(verdicts, worldExists(places.datapaths))
    const concerned = new Set<string>()
    for (const some of names) {
      for (const name of some) {
        const place = places.places.get(name)
        if (place !== undefined) concerned.add(place.datapathId)
      }
    }
    if (concerned.size === 0) return { count: 0, examples: [], switches: [] }
    const judge = new ConnectionJudge(verdicts, removed, (network, address) => holderIn(intent, network, address))
    const cut = new Map<string, CutConnection>()
    const switches: TrackingSwitch[] = []
    for (const datapathId of [...concerned].sort()) {
      const zones = new Map<number, string>()
      for (const network of networks) {
        const zone = intent.number('zone', zoneName(datapathId, network))
        if (zone !== undefined) zones.set(zone, network)
      }
      try {
        const dumps = await connections(datapathId, [...zones.keys()])
        switches.push({
          datapathId,
          connections: await run(judgeAll(judge, datapathId, dumps, zones, cut)),
          reason: '',
        })
      } catch (error) {
        signal?.throwIfAborted()
        switches.push({ datapathId, connections: undefined, reason: (error as Error).message })
      }
    }
    const all = [...cut].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, connection]) => connection)
    return { count: all.length, examples: all.slice(0, limit), switches }
  }
}

/** Judges all connections of some zones; says how many there were. */
function* judgeAll(
  judge: ConnectionJudge,
  datapathId: string,
  dumps: ReadonlyMap<number, string>,
  networks: ReadonlyMap<number, string>,
  cut: Map<string, CutConnection>,
): Generator<void, number> {
  let seen = 0
  for (const [zone, text] of dumps) {
    const network = networks.get(zone)
    if (network === undefined) continue
    for (const line of text.split('\n')) {
      const connection = readConnection(line)
      if (connection === undefined) continue
      if (++seen % 100 === 0) yield
      const key = `${network} ${connectionKey(connection)}`
      const known = cut.get(key) ?? judge.cut(network, connection)
      if (known === undefined) continue
      known.switches.push(datapathId)
      cut.set(key, known)
    }
  }
  return seen
}

/** What compiling a change has to look at, roughly: an interface on a switch each. */
function unitsOf({ interfaces }: IntentDelta, { datapaths }: ObservedView): number {
  return interfaces.size * datapaths.size
}
