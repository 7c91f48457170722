/**
 * Continuations of nx_packet_in2 and nx_resume in text: where Open vSwitch 3.1 goes on with a packet that it paused. They are
 * its own, nobody else has to understand them, and their bridge has the byte order of the machine: read as of a little-endian
 * one. What cannot be read is shown as octets.
 */

import { type Action, actions } from '../spec/actions-nested.ts'
import { properties } from '../spec/properties.ts'
import { Reader } from '../wire/cursor.ts'
import { WireError } from '../wire/error.ts'
import { bytes, rest, u8, u32, u64 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import type { UnionOf, UnionRow } from '../wire/union.ts'
import { VERSIONS } from '../wire/version.ts'
import { formatActions } from './actions.ts'
import type { TextOptions } from './names.ts'
import { hex } from './scan.ts'
import { bigOf, octetsText } from './values.ts'

const actionList = struct({ pad: pad(4), actions })

const ROWS = {
  bridge: { number: 0x8000, body: struct({ uuid: bytes(16) }) },
  /** Top first. */
  stack: { number: 0x8001, body: struct({ value: rest }) },
  mirrors: { number: 0x8002, body: struct({ mirrors: u32 }) },
  conntracked: { number: 0x8003, body: struct({}) },
  /** Table and cookie of the flow whose actions follow. */
  table_id: { number: 0x8004, body: struct({ table_id: u8 }) },
  cookie: { number: 0x8005, body: struct({ pad: pad(4), cookie: u64 }) },
  actions: { number: 0x8006, body: actionList },
  action_set: { number: 0x8007, body: actionList },
  odp_port: { number: 0x8008, body: struct({ odp_port: u32 }) },
} as const satisfies Record<string, UnionRow>

const continuation = struct({ pad: pad(4), properties: properties(ROWS) })
type Property = UnionOf<typeof ROWS>

/** Four numbers of 32 bits. */
function uuidText(octets: Uint8Array): string {
  const digits = [0, 4, 8, 12].map((at) => octetsText(octets.slice(at, at + 4).reverse())).join('')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** What goes on in each flow, one after the other. */
function actionsText(list: readonly Property[], options: TextOptions): string {
  let table = 0
  let cookie = 0n
  const out: string[] = []
  for (const property of list) {
    if (property.type === 'table_id') table = property.table_id
    if (property.type === 'cookie') cookie = property.cookie
    if (property.type !== 'actions') continue
    out.push(`unroll_xlate(table=${table}, cookie=${cookie})`)
    if (property.actions.length > 0) out.push(formatActions(property.actions, options))
  }
  return out.join(',')
}

function lines(list: readonly Property[], options: TextOptions): string {
  const last = <T extends Property['type']>(type: T): Extract<Property, { type: T }> | undefined =>
    list.findLast((one): one is Extract<Property, { type: T }> => one.type === type)
  const stack = list.flatMap((one) => (one.type === 'stack' ? [hex(bigOf(one.value))] : []))
  const set: Action[] = list.flatMap((one) => (one.type === 'action_set' ? one.actions : []))
  const uuid = last('bridge')?.uuid
  const told: ReadonlyArray<readonly [string, string | number | undefined]> = [
    ['bridge', uuid && uuidText(uuid)],
    ['stack', stack.length === 0 ? '' : `(top) ${stack.join(' ')} (bottom)`],
    ['mirrors', hex(last('mirrors')?.mirrors ?? 0)],
    ['conntracked', last('conntracked') && 'true'],
    ['actions', actionsText(list, options)],
    ['action_set', set.length === 0 ? '' : formatActions(set, options)],
    ['odp_port', last('odp_port')?.odp_port],
  ]
  const there = told.filter(([, text]) => text && text !== '0')
  return there.map(([name, text]) => `\n continuation.${name}=${text}`).join('')
}

/** A line for each part. */
export function continuationText(octets: Uint8Array, options: TextOptions): string {
  const reader = new Reader(octets)
  reader.version = options.version ?? VERSIONS.of13
  try {
    return lines(continuation.read(reader).properties, options)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return `\n continuation=${octetsText(octets, '.')}`
  }
}
