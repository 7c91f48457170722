/**
 * Mirrors and redirects, taken out of the tables of a switch for the time of a proof: what is proved is who may reach
 * whom, and that is the same whether packets go straight or through services. So copies are left out, what is led
 * through a chain goes on as if the last service had sent it, and what services send on does not enter. Only rows that
 * are as they should be, one by one, are taken out; of any that is missing or another nothing is proved. It refuses to
 * prove that services are reached.
 */
import type { Oxm } from 'node-openflow'
import { onLinksOf } from '../policy/carriers.ts'
import { factsOf, interfaceRows, siteOf } from '../policy/compile-interface.ts'
import { servedBy, steerRows } from '../policy/compile-steer.ts'
import { cookieOf } from '../policy/cookie.ts'
import { REGISTERS, TABLES } from '../policy/pipeline.ts'
import { type Flow, flowKey, type Group } from '../policy/program.ts'
import type { DatapathView, NetworkState } from '../policy/state.ts'
import { type Row, rowOf } from './rows.ts'
import type { TableIndex } from './table.ts'

const NO_GROUPS: ReadonlyMap<number, Group> = new Map()
/** Above every row of chains, below that of what is refused. */
const STRAIGHT = 950

const STEERING: ReadonlySet<number> = new Set([
  ...[TABLES.carried, TABLES.mirror_egress, TABLES.mirror_ingress, TABLES.steer],
])

/** What was taken out, so that it can be put back. */
export interface Straightened {
  /** Rows that are not as they should be. */
  readonly differing: string[]
  restore(): void
}

/** Changes the tables of one switch until they are restored. */
export function straighten(
  tables: Map<number, TableIndex>,
  state: NetworkState,
  datapath: DatapathView,
  world: boolean,
): Straightened {
  const { steerings } = state.intent
  const chains = [...steerings.chains('egress'), ...steerings.chains('ingress')]
  const before: { table: number; key: string; row: Row | undefined }[] = []
  const differing: string[] = []
  const put = (table: number, key: string, row: Row | undefined): void => {
    const index = tables.get(table)
    if (index === undefined) return
    before.push({ table, key, row: index.rows.get(key) })
    index.set(key, row)
  }
  const restore = (): void => {
    for (const { table, key, row } of before.reverse()) tables.get(table)?.set(key, row)
  }
  if (chains.length === 0 && [...steerings.collectors()].length === 0) return { differing, restore }
  for (const [key, flow] of expectedRows(state, datapath, world)) {
    const row = tables.get(flow.table)?.rows.get(key)
    if (row === undefined || !isSame(row, rowOf(key, flow, NO_GROUPS))) differing.push(key)
    else if (isOfServices(flow) || leadsBack(flow) || STEERING.has(flow.table)) put(flow.table, key, undefined)
  }
  for (const chain of chains) {
    const number = state.intent.number('steer', chain)
    if (number === undefined) continue
    for (const register of [REGISTERS.chainEgress, REGISTERS.chainIngress]) {
      const flow = straightOn([{ field: register, value: number }])
      const key = flowKey(flow.table, flow.priority, flow.match)
      put(flow.table, key, rowOf(key, flow, NO_GROUPS))
    }
  }
  return { differing, restore }
}

function expectedRows(state: NetworkState, datapath: DatapathView, world: boolean): Map<string, Flow> {
  const { datapathId } = datapath
  const { intent, observed } = state
  const local = new Set<string>()
  for (const [name, place] of observed.places) {
    const network = intent.interfaces.get(name)?.network
    if (place.datapathId === datapathId && network !== undefined) local.add(network)
  }
  const expected = new Map(steerRows(state, datapath, world, (network) => local.has(network)))
  const served = servedBy(state)
  const steered = new Set([...served.values()].flatMap((networks) => [...networks]))
  const onLinks = onLinksOf(observed)
  for (const { name, network } of intent.interfaces.values()) {
    if (!local.has(network) || !steered.has(network)) continue
    const facts = factsOf(state, name)
    if (facts === undefined) continue
    const services = { served: served.get(datapathId)?.has(network) === true, steered: true }
    const rows = interfaceRows(facts, siteOf(state, datapathId, network, world, true, services, onLinks))
    for (const [key, flow] of rows) if (isOfServices(flow)) expected.set(key, flow)
  }
  return expected
}

/** Whether two rows do the same, however it is spelt. */
function isSame(one: Row, other: Row): boolean {
  const text = ({ effects, next }: Row): string =>
    JSON.stringify([effects, next], (_, value) => (typeof value === 'bigint' ? value.toString() : value))
  return text(one) === text(other)
}

/** Rows of interfaces for what services send on. */
function isOfServices({ table, instructions }: Flow): boolean {
  if (table !== TABLES.origin) return table === TABLES.sender
  return instructions.some((its) => its.type === 'goto_table' && its.table_id === TABLES.destination)
}

/** What a service sends on enters where its sender is looked for. */
function leadsBack({ instructions }: Flow): boolean {
  return instructions.some((its) => its.type === 'goto_table' && its.table_id === TABLES.sender)
}

function straightOn(match: Oxm[]): Flow {
  return {
    ...{ table: TABLES.steer, priority: STRAIGHT, match, cookie: cookieOf('system'), unit: 'proof' },
    instructions: [{ type: 'goto_table', table_id: TABLES.forward }],
  }
}
