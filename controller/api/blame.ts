/**
 * Blame: from a flow, as somebody saw it on a switch, to the record that caused it and the change since which it is as
 * it is. It finds the flow among what switches should have and have, then walks the store's past back and compiles what
 * each change touched (policy/rewind.ts) until the flow is another. Called by services/history.ts.
 */
import { fail, ok, type Result } from '../../model/errors.ts'
import { type AnyRecord, PREFIX } from '../../model/records.ts'
import type { BlamedFlow } from '../../proto/gen/tagsteer/v1/BlamedFlow.ts'
import type { BlameRequest__Output } from '../../proto/gen/tagsteer/v1/BlameRequest.ts'
import type { BlameResponse } from '../../proto/gen/tagsteer/v1/BlameResponse.ts'
import type { ChangeSet, Entry } from '../../store/contract.ts'
import { sameValue } from '../policy/changes.ts'
import type { Flow } from '../policy/program.ts'
import { type Found, type Origin, originOf, Rewind, type Target } from '../policy/rewind.ts'
import { type Causes, causesOf } from './causes.ts'
import type { ApiDependencies } from './deps.ts'
import { differenceMessage, internalText, madeBy, recordKindOf } from './differences.ts'
import { type MeantFlow, readFlowText } from './flow-text.ts'
import { timestamp } from './messages.ts'
import { datapathNamed, flowMessage, type Row, rowsOf } from './services/flow.ts'

/** What is compiled from, in the order in which taking it in costs least. */
const LOADED = ['identity', 'number', 'network', 'vnp', 'policy', 'switch', 'interface'] as const
/** Flows that one answer tells of. */
const TOLD = 100
/** Switches that are compiled for one answer, each on its own; those that have all rules count as one. */
const GROUPS = 8
/** Generations that one question looks back over. */
const WALKED = 200_000
/** Entries taken in, and single changes tried, between two turns of the event loop. */
const PER_TURN = 100
const TRIED_PER_TURN = 32

/** One flow, on every switch that has it so. */
interface Blamed {
  row: Row
  datapathIds: string[]
  origin: Origin
  target: Target
}

export async function blame(
  deps: ApiDependencies,
  request: BlameRequest__Output,
  signal: AbortSignal,
): Promise<Result<BlameResponse>> {
  const meant = readFlowText(request.flow)
  if (!meant.ok) return meant
  const { network, store, intent } = deps
  const named = request.switch === '' ? undefined : datapathNamed(deps, request.switch)
  if (request.switch !== '' && named === undefined) return fail('NOT_FOUND', { kind: 'switch', name: request.switch })
  const found: Blamed[] = []
  for (const datapathId of named === undefined ? network.switches.keys() : [named]) {
    for (const row of rowsMeant(deps, datapathId, meant.value)) {
      const origin = originOf(row.flow, network.observed.datapaths.get(datapathId))
      // Only what is compiled alike for several switches has one history.
      const same = origin === 'rules' && found.find((other) => other.origin === origin && isSame(other.row, row))
      if (!same) found.push({ row, origin, datapathIds: [datapathId], target: { key: row.key, flow: row.flow } })
      else same.datapathIds.push(datapathId)
    }
    await turn()
  }
  if (found.length === 0) return fail('NO_SUCH_FLOW', { flow: request.flow.trim() })
  const groups = [...new Set(found.map(groupOf))].slice(0, GROUPS)
  const told = found.filter((blamed) => groups.includes(groupOf(blamed))).slice(0, TOLD)

  // Intent, the past and the entries are of one moment: nothing is awaited between.
  const causes = causesOf(intent)
  const newest = store.revision()
  const entries = LOADED.map((kind) => store.list(PREFIX[kind]))
  const rewinds = rewindsOf(deps, told, causes)
  for (const each of entries) await loadAll(rewinds, each)
  const absent = new Set(rewinds.flatMap((rewind) => rewind.begin()))
  const { answers, oldest } = await walk(deps, rewinds, newest, signal)
  return ok({
    flows: told.map((blamed) => {
      const answer = answers.get(blamed.target)
      const { cause, ...flow } = flowMessage(blamed.row, causes, undefined)
      const message: BlamedFlow = {
        switches: blamed.datapathIds.map((datapathId) => network.nameOf(datapathId) || datapathId),
        flow: { ...flow, ...(cause && { cause }) },
      }
      if (answer !== undefined) return { ...message, basis: 'BLAME_BASIS_CHANGE', ...answer }
      if (absent.has(blamed.target)) return { ...message, ...lastWrite(deps, causes, blamed.row.flow) }
      return { ...message, basis: basisOf(blamed.row.flow) }
    }),
    truncated: found.length > told.length,
    newest: String(newest),
    oldest: String(oldest),
  })
}

/** Flows of one switch that a text may mean. */
function rowsMeant({ network }: ApiDependencies, datapathId: string, meant: MeantFlow): Row[] {
  const [desired, installed] = [network.desired(datapathId), network.installed(datapathId)]
  const some = (flows: ReadonlyMap<string, Flow> | undefined): Map<string, Flow> => {
    if (flows === undefined) return new Map()
    if (meant.key !== undefined) return new Map([[meant.key, flows.get(meant.key)!]].filter(([, flow]) => flow) as [])
    return new Map([...flows].filter(([, { cookie }]) => cookie === meant.cookie))
  }
  const part = (program: typeof desired): typeof desired => program && { ...program, flows: some(program.flows) }
  return rowsOf(part(desired), part(installed))
}

/** Flows of one group are walked back together. */
function groupOf({ origin, datapathIds }: Blamed): string {
  return origin === 'rules' ? origin : `${origin} ${datapathIds[0]}`
}

function isSame(one: Row, other: Row): boolean {
  return (
    one.key === other.key &&
    one.state === other.state &&
    one.flow.cookie === other.flow.cookie &&
    one.flow.unit === other.flow.unit &&
    sameValue(one.flow.instructions, other.flow.instructions)
  )
}

/** One for the rules of all switches, and one for each switch that other flows are on. */
function rewindsOf(deps: ApiDependencies, told: readonly Blamed[], causes: Causes): Rewind[] {
  const groups = new Map<string, { origin: Origin; datapathId: string; targets: Target[]; causes: Set<string> }>()
  for (const blamed of told) {
    const { target, origin, datapathIds } = blamed
    const { flow } = target
    const datapathId = datapathIds[0]!
    const name = groupOf(blamed)
    const group = groups.get(name) ?? { origin, datapathId, targets: [], causes: new Set<string>() }
    groups.set(name, group)
    group.targets.push(target)
    const cause = causes.of(flow.cookie)
    group.causes.add(`${cause.kind}/${cause.name}`)
  }
  const { observed, backend } = deps.network
  return [...groups.values()].map((group) => new Rewind({ ...group, present: { observed, backend } }))
}

async function loadAll(rewinds: readonly Rewind[], entries: readonly Entry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += PER_TURN) {
    const some = entries.slice(at, at + PER_TURN)
    for (const rewind of rewinds) rewind.load(some)
    await turn()
  }
}

type Answer = Pick<BlamedFlow, 'generation' | 'time' | 'caller' | 'method' | 'requestId' | 'change' | 'internal'>

/** Walks back until every flow's change is found; and how far that was. */
async function walk(
  { store }: ApiDependencies,
  rewinds: readonly Rewind[],
  newest: number,
  signal: AbortSignal,
): Promise<{ answers: Map<Target, Answer>; oldest: number }> {
  const answers = new Map<Target, Answer>()
  let oldest = newest
  for await (const set of store.past(newest)) {
    if (signal.aborted || newest - set.revision > WALKED || rewinds.every(({ open }) => open.length === 0)) break
    for (const rewind of rewinds) {
      const steps = rewind.undo(set)
      let step = steps.next()
      for (let tried = 1; step.done !== true; tried++, step = steps.next())
        if (tried % TRIED_PER_TURN === 0) await turn()
      for (const found of step.value) answers.set(found.target, answerOf(set, found))
    }
    oldest = set.revision - 1
  }
  return { answers, oldest }
}

function answerOf(set: ChangeSet, { change }: Found): Answer {
  const its = set.changes.find(({ key }) => key === change?.key)
  const isRecord = its !== undefined && recordKindOf(its.key) !== undefined
  return {
    ...madeBy(set),
    ...(isRecord ? { change: differenceMessage(its, set, true) } : {}),
    ...(its !== undefined && !isRecord ? { internal: internalText(its.key) } : {}),
  }
}

/** The last write of the record that a cookie names. */
function lastWrite({ store }: ApiDependencies, causes: Causes, { cookie }: Flow): Partial<BlamedFlow> {
  const { kind, name, generation, caller } = causes.of(cookie)
  const record = store.get<AnyRecord>(`${kind}/${name}`)?.value
  return {
    basis: 'BLAME_BASIS_RECORD',
    generation: String(generation ?? 0),
    caller: caller ?? '',
    ...(record === undefined ? {} : { time: timestamp(record.updateTime) }),
  }
}

/** Why a flow is there that no change within the history made. */
function basisOf({ unit }: Flow): NonNullable<BlamedFlow['basis']> {
  if (unit === 'system' || unit === 'undecided') return 'BLAME_BASIS_PIPELINE'
  return unit === 'switches' || unit.startsWith('port/') ? 'BLAME_BASIS_TOPOLOGY' : 'BLAME_BASIS_OLDER'
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
