/**
 * What a switch remembers: flows, groups, meters, ports, roles, counters. Plain data that structuredClone copies,
 * so that an atomic bundle can be undone by putting the copy back. The functions here only find and order.
 * Knows nothing of messages and packets.
 */

import type { Instruction } from '../spec/instructions.ts'
import type { MessageNamed } from '../spec/message.ts'
import type { FieldName, Oxm } from '../spec/oxm.ts'
import type { Port } from '../spec/ports.ts'
import type { Connection } from './conntrack.ts'
import { isOption, mask, plain, value } from './frame.ts'
import type { OptionMapping, TunnelEnd } from './tunnel.ts'

/** One field of a match as it is tested: (field & mask) == value. */
export interface Test {
  readonly field: FieldName
  readonly value: bigint
  readonly mask: bigint
}

export interface Flow {
  readonly tableId: number
  readonly priority: number
  readonly match: Oxm[]
  readonly tests: readonly Test[]
  instructions: Instruction[]
  readonly cookie: bigint
  readonly idleTimeout: number
  readonly hardTimeout: number
  readonly flags: number
  /** Milliseconds of the passed clock. */
  readonly created: number
  used: number
  packets: bigint
  bytes: bigint
}

export interface Group {
  readonly id: number
  type: MessageNamed<'group_mod'>['group_type']
  buckets: MessageNamed<'group_mod'>['buckets']
  readonly created: number
  packets: bigint
  bytes: bigint
  bucketStats: Array<{ packets: bigint; bytes: bigint }>
}

export interface Meter {
  readonly id: number
  flags: number
  bands: MessageNamed<'meter_mod'>['bands']
  readonly created: number
  packets: bigint
  bytes: bigint
  /** Per band: tokens in thousandths of a packet or of a kilobit, when last filled, what it took. */
  buckets: Array<{ tokens: number; filled: number; packets: bigint; bytes: bigint }>
}

export interface PortState {
  desc: Port
  rxPackets: bigint
  txPackets: bigint
  rxBytes: bigint
  txBytes: bigint
}

export interface Table {
  /** By priority, highest first; among equals the older first. */
  flows: Flow[]
  lookups: bigint
  matched: bigint
}

export interface Bundle {
  flags: number
  closed: boolean
  messages: Array<MessageNamed<'bundle_add_message'>['message']>
}

export interface State {
  tables: Map<number, Table>
  groups: Map<number, Group>
  meters: Map<number, Meter>
  ports: Map<number, PortState>
  connections: Connection[]
  /** Port by `vlan/address`, for NORMAL. */
  learned: Map<string, number>
  /** First fragments' transport octets, by `addresses/protocol/id`. */
  fragments: Map<string, Uint8Array>
  /** Which option the field `tun_metadata` of this number is. */
  options: Map<number, OptionMapping>
  /** Ports that are ends of tunnels. */
  tunnels: ReadonlyMap<number, TunnelEnd>
}

/** Tables 0 .. 253, as Open vSwitch has. */
export const TABLE_COUNT = 254

export function tableOf(state: State, id: number): Table {
  let table = state.tables.get(id)
  if (table === undefined) {
    table = { flows: [], lookups: 0n, matched: 0n }
    state.tables.set(id, table)
  }
  return table
}

export function insertFlow(table: Table, flow: Flow): void {
  const at = table.flows.findIndex((other) => other.priority < flow.priority)
  if (at < 0) table.flows.push(flow)
  else table.flows.splice(at, 0, flow)
}

export function removeFlow(state: State, flow: Flow): void {
  const table = tableOf(state, flow.tableId)
  table.flows = table.flows.filter((other) => other !== flow)
}

/** A match as tests, one per field, order and spelling of no matter; fields with an empty mask are not there, but an option has to be. */
export function testsOf(match: readonly Oxm[]): Test[] {
  const tests: Test[] = []
  for (const oxm of match) {
    if (oxm.field === 'unknown' || (mask(oxm) === 0n && !isOption(oxm.field))) continue
    const field = plain(oxm.field)
    tests.push({ field, value: value(oxm) & mask(oxm), mask: mask(oxm) })
  }
  return tests.sort((a, b) => (a.field < b.field ? -1 : 1))
}

export function sameTests(a: readonly Test[], b: readonly Test[]): boolean {
  if (a.length !== b.length) return false
  return a.every((test, i) => {
    const other = b[i]!
    return test.field === other.field && test.value === other.value && test.mask === other.mask
  })
}

/** Whether every packet that `inner` matches is one that `outer` matches (section 6.4, non-strict commands). */
export function covers(outer: readonly Test[], inner: readonly Test[]): boolean {
  return outer.every((test) => {
    const other = inner.find(({ field }) => field === test.field)
    return other !== undefined && (test.mask & ~other.mask) === 0n && (other.value & test.mask) === test.value
  })
}

/** Whether one packet could match both (section 6.4, OFPFF_CHECK_OVERLAP). */
export function overlaps(a: readonly Test[], b: readonly Test[]): boolean {
  return a.every((test) => {
    const other = b.find(({ field }) => field === test.field)
    return other === undefined || ((test.value ^ other.value) & test.mask & other.mask) === 0n
  })
}
