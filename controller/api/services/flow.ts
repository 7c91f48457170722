/**
 * FlowService: what switches should have and have, each flow with its cause; why a packet passes or not; whether a
 * generation is enforced.
 */
import { type FlowStats, formatFlow, formatInstructions, formatMatch } from 'node-openflow'
import { fail, invalid, ok, type Result } from '../../../model/errors.ts'
import type { AppliedStatus } from '../../../proto/gen/tagsteer/v1/AppliedStatus.ts'
import type { Cause } from '../../../proto/gen/tagsteer/v1/Cause.ts'
import type { ExplainRequest__Output } from '../../../proto/gen/tagsteer/v1/ExplainRequest.ts'
import type { Explanation } from '../../../proto/gen/tagsteer/v1/Explanation.ts'
import type { Flow as FlowMessage } from '../../../proto/gen/tagsteer/v1/Flow.ts'
import type { FlowState } from '../../../proto/gen/tagsteer/v1/FlowState.ts'
import type { ListFlowsRequest__Output } from '../../../proto/gen/tagsteer/v1/ListFlowsRequest.ts'
import type { ListFlowsResponse } from '../../../proto/gen/tagsteer/v1/ListFlowsResponse.ts'
import type { ListRefusedRequest__Output } from '../../../proto/gen/tagsteer/v1/ListRefusedRequest.ts'
import type { ListRefusedResponse } from '../../../proto/gen/tagsteer/v1/ListRefusedResponse.ts'
import type { ListTablesResponse } from '../../../proto/gen/tagsteer/v1/ListTablesResponse.ts'
import type { WaitAppliedRequest__Output } from '../../../proto/gen/tagsteer/v1/WaitAppliedRequest.ts'
import { STAGE_OF, STAGES, TABLE_NAMES, TABLES } from '../../policy/pipeline.ts'
import { type Flow, flowKey, type SwitchProgram } from '../../policy/program.ts'
import { REFUSALS } from '../../policy/refusals.ts'
import type { RefusedEntry } from '../../refused.ts'
import type { CallContext } from '../call.ts'
import { type Causes, causesOf } from '../causes.ts'
import type { ApiDependencies } from '../deps.ts'
import { explained } from '../explained.ts'
import { timestamp } from '../messages.ts'
import { readPage, takePage } from '../page.ts'
import type { ServiceMethods } from '../server.ts'

const DEFAULT_WAIT_MS = 30_000
const MAX_WAIT_MS = 600_000

export interface Row {
  /** Sorts by table, then by priority from the top, then by match. */
  order: string
  key: string
  flow: Flow
  state: FlowState
}

export function flowService(deps: ApiDependencies): ServiceMethods {
  const { network, intent, applied } = deps

  async function listFlows(request: ListFlowsRequest__Output): Promise<Result<ListFlowsResponse>> {
    const datapathId = datapathNamed(deps, request.switch)
    if (datapathId === undefined) return fail('NOT_FOUND', { kind: 'switch', name: request.switch })
    const query = JSON.stringify([
      request.switch,
      request.table,
      request.interface,
      request.policy,
      request.vnp,
      request.cookie,
    ])
    const page = readPage(request.pageSize, request.pageToken, query)
    if (!page.ok) return page
    const causes = causesOf(intent)
    const keep = filterOf(deps, request, causes)
    if (!keep.ok) return keep
    const all = rowsOf(network.desired(datapathId), network.installed(datapathId)).filter(({ flow }) =>
      keep.value(flow),
    )
    const { items, nextPageToken } = takePage(all, ({ order }) => order, page.value, query)
    const status = network.status(datapathId)
    let counters = new Map<string, FlowStats>()
    if (request.counters && status !== undefined && (status.state === 'served' || status.state === 'degraded')) {
      try {
        const stats = await network.flowStats(datapathId)
        counters = new Map(stats.map((row) => [flowKey(row.table_id, row.priority, row.match), row]))
      } catch {
        return fail('SWITCH_OFFLINE', { datapathId })
      }
    }
    return ok({
      flows: items.map((row) => flowMessage(row, causes, counters.get(row.key))),
      nextPageToken,
      desiredGeneration: String(status?.wantedGeneration ?? 0),
      appliedGeneration: String(status?.appliedGeneration ?? 0),
    })
  }

  async function waitApplied(
    request: WaitAppliedRequest__Output,
    { signal }: CallContext,
  ): Promise<Result<AppliedStatus>> {
    const generation = request.generation === '0' ? deps.store.revision() : Number(request.generation)
    if (generation > deps.store.revision())
      return invalid([
        { field: 'generation', description: `is ahead of the newest generation ${deps.store.revision()}` },
      ])
    if (request.timeoutMs > MAX_WAIT_MS)
      return invalid([{ field: 'timeout_ms', description: `must be at most ${MAX_WAIT_MS}` }])
    const reached = await applied.wait(generation, request.timeoutMs || DEFAULT_WAIT_MS, signal)
    if (!reached) {
      const laggards = applied.laggards(generation)
      return fail('NOT_APPLIED', {
        generation,
        switches: laggards.join(', ') || 'the controller itself (not compiled yet)',
      })
    }
    const status = request.withoutSwitches ? [] : applied.status()
    const switches = status.map(({ appliedGeneration, ...rest }) => ({
      ...rest,
      appliedGeneration: String(appliedGeneration),
    }))
    return ok({ generation: String(generation), switches })
  }

  function listTables(): Result<ListTablesResponse> {
    return ok({
      tables: TABLE_NAMES.map((name) => {
        const { purpose, miss, next } = STAGES[name]
        return { id: TABLES[name], name, purpose, miss, next: [...next] }
      }),
    })
  }

  function listRefused(request: ListRefusedRequest__Output): Result<ListRefusedResponse> {
    const { switch: name, interface: its, pageSize, pageToken } = request
    const datapathId = name === '' ? undefined : datapathNamed(deps, name)
    if (name !== '' && datapathId === undefined) return fail('NOT_FOUND', { kind: 'switch', name })
    const query = JSON.stringify([name, its])
    const page = readPage(pageSize, pageToken, query)
    if (!page.ok) return page
    const order = (entry: RefusedEntry): string =>
      `${entry.datapathId} ${entry.refusal} ${String(entry.port ?? 0).padStart(10, '0')}`
    const all = [...deps.refused.entries()]
      .filter((entry) => (name === '' || entry.datapathId === datapathId) && (its === '' || entry.interface === its))
      .sort((one, other) => (order(one) < order(other) ? -1 : 1))
    const { items, nextPageToken } = takePage(all, order, page.value, query)
    const refused = items.map((entry) => ({
      ...{ datapathId: entry.datapathId, switch: network.nameOf(entry.datapathId), reason: entry.refusal },
      ...{ sentence: REFUSALS[entry.refusal].sentence, port: entry.port ?? 0, interface: entry.interface },
      ...{ packets: String(entry.packets), since: timestamp(entry.since), last: timestamp(entry.last) },
    }))
    return ok({ refused, nextPageToken })
  }

  function explain(request: ExplainRequest__Output): Result<Explanation> {
    return explained(deps, request, causesOf(intent))
  }

  return {
    ListFlows: { unary: listFlows },
    Explain: { unary: explain },
    WaitApplied: { unary: waitApplied },
    ListTables: { unary: listTables },
    ListRefused: { unary: listRefused },
  }
}

/** The datapath of a switch's name or datapath id; undefined where there is none. */
export function datapathNamed({ network, intent }: ApiDependencies, name: string): string | undefined {
  const record = intent.switches.get(name)
  if (record !== undefined) return record.datapathId
  const wanted = name.toLowerCase()
  if (network.status(wanted) !== undefined) return wanted
  for (const [datapathId, status] of network.switches) if (status.name === name) return datapathId
  return undefined
}

/** Wanted and installed flows as one list in reading order. */
export function rowsOf(desired: SwitchProgram | undefined, installed: SwitchProgram | undefined): Row[] {
  const rows: Row[] = []
  for (const [key, flow] of desired?.flows ?? [])
    rows.push(row(key, flow, installed?.flows.has(key) ? 'FLOW_STATE_INSTALLED' : 'FLOW_STATE_PENDING'))
  for (const [key, flow] of installed?.flows ?? []) {
    if (desired?.flows.has(key) !== true) rows.push(row(key, flow, 'FLOW_STATE_STALE'))
  }
  return rows.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
}

function row(key: string, flow: Flow, state: FlowState): Row {
  const order = `${String(flow.table).padStart(3, '0')} ${String(65535 - flow.priority).padStart(5, '0')} ${key}`
  return { order, key, flow, state }
}

function filterOf(
  { intent }: ApiDependencies,
  { table, interface: interfaceName, policy, vnp, cookie }: ListFlowsRequest__Output,
  causes: Causes,
): Result<(flow: Flow) => boolean> {
  const tests: ((flow: Flow) => boolean)[] = []
  const causedBy = (test: (cause: Cause) => boolean): void => {
    tests.push((flow) => test(causes.of(flow.cookie)))
  }
  if (table !== '') {
    const found = TABLE_NAMES.find((name) => name === table || String(TABLES[name]) === table)
    if (found === undefined)
      return invalid([{ field: 'table', description: `${table}: must be one of ${TABLE_NAMES.join(', ')}` }])
    tests.push((flow) => flow.table === TABLES[found])
  }
  if (cookie !== '') {
    if (!/^(0x)?[0-9a-f]{1,16}$/i.test(cookie))
      return invalid([{ field: 'cookie', description: 'must be up to 16 hexadecimal digits' }])
    const wanted = BigInt(`0x${cookie.replace(/^0x/i, '')}`)
    tests.push((flow) => flow.cookie === wanted)
  }
  if (interfaceName !== '') {
    if (!intent.interfaces.has(interfaceName)) return fail('NOT_FOUND', { kind: 'interface', name: interfaceName })
    causedBy(({ kind, name }) => kind === 'interface' && name === interfaceName)
  }
  if (policy !== '') {
    if (!intent.policies.has(policy)) return fail('NOT_FOUND', { kind: 'policy', name: policy })
    causedBy(({ kind, name }) => kind === 'policy' && name === policy)
  }
  if (vnp !== '') {
    if (!intent.vnps.has(vnp)) return fail('NOT_FOUND', { kind: 'vnp', name: vnp })
    const policies = intent.policiesOf(vnp)
    causedBy(({ kind, name }) => (kind === 'vnp' ? name === vnp : kind === 'policy' && policies.has(name ?? '')))
  }
  return ok((flow) => tests.every((test) => test(flow)))
}

/** A flow as the API tells it. */
export function flowMessage({ flow, state }: Row, causes: Causes, counters: FlowStats | undefined): FlowMessage {
  return {
    table: STAGE_OF.get(flow.table) ?? '',
    tableId: flow.table,
    priority: flow.priority,
    match: formatMatch(flow.match),
    actions: formatInstructions(flow.instructions),
    cookie: `0x${flow.cookie.toString(16).padStart(16, '0')}`,
    packets: String(counters?.packet_count ?? 0),
    bytes: String(counters?.byte_count ?? 0),
    durationSeconds: counters?.duration_sec ?? 0,
    state,
    cause: causes.of(flow.cookie),
    text: formatFlow(flow, { style: 'add' }),
  }
}
