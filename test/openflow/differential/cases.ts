/**
 * The messages that the differential tests compare: for each version every type of message, and for each match field,
 * action, instruction, property, band and error a message that has little else, so that a disagreement can be told to
 * be of that part. Made by the generators of the property tests; knows no other implementation.
 */
import fc, { type Arbitrary } from 'fast-check'
import {
  ACTIONS,
  encode,
  errorKind,
  FIELD_NAMES,
  INSTRUCTIONS,
  type Message,
  type Oxm,
  oxmRow,
  WireError,
} from 'node-openflow'
import { CONTROLLER2_PROPERTIES } from '../../../openflow/spec/actions-nicira.ts'
import { CT_FLUSH_PROPERTIES, PACKET_IN2_PROPERTIES } from '../../../openflow/spec/experimenter.ts'
import { METER_BANDS } from '../../../openflow/spec/groups.ts'
import { QUEUE_PROPERTIES } from '../../../openflow/spec/ports.ts'
import { TABLE_FEATURE_PROPERTIES } from '../../../openflow/spec/table-features.ts'
import { rowIn, type UnionRow, type UnionShape } from '../../../openflow/wire/union.ts'
import type { Version } from '../../../openflow/wire/version.ts'
import { MESSAGES_IN, oxmOf, rowOf, strangerOf } from '../codec-arbitrary.ts'

export interface Case {
  /** What it is about: `action nx_ct`, `oxm eth_dst masked`, `message packet_in`. */
  readonly name: string
  readonly message: Message
}

type Value = Record<string, unknown>

const ANY = 0xffffffff

/** A flow mod with nothing in it but what is given. */
export function flowMod(
  version: Version,
  parts: { match?: readonly Oxm[]; instructions?: readonly object[] },
): Message {
  const flow = {
    ...{
      type: 'flow_mod',
      xid: 7,
      cookie: 5n,
      cookie_mask: 0n,
      table_id: 3,
      command: 'add',
      idle_timeout: 0,
    },
    ...{ hard_timeout: 0, priority: 9, buffer_id: ANY, out_port: ANY, out_group: ANY, flags: 0 },
    ...{ match: parts.match ?? [], instructions: parts.instructions ?? [] },
  }
  return inVersion(flow as unknown as Message, version)
}

/** A message of 1.3 in a version. */
export function inVersion(message: Message, version: Version): Message {
  if (version === 4) return message
  return { ...message, ...newMembers(message as unknown as Value, version), version } as Message
}

/** Members that a version has otherwise than 1.3, as they are when nothing is said. */
function newMembers({ type, mp_type, body }: Value, version: Version): Value {
  if (type === 'flow_mod') return version > 4 ? { importance: 0 } : { table_id: 0 }
  if (mp_type !== 'table_features' || version < 6) return {}
  return { body: (body as Value[]).map((table) => ({ command: 'replace', features: 0, ...table })) }
}

export const flowWithActions = (version: Version, actions: readonly object[], match: readonly Oxm[] = []): Message =>
  flowMod(version, { match, instructions: [{ type: 'apply_actions', actions }] })

const INSIDE: UnionShape = { align: 8, padded: 'inside', experimenter: 0xffff }
const BEHIND: UnionShape = { align: 8, padded: 'behind' }

type Rows = Readonly<Record<string, UnionRow>>

/** One message for each row of a union, by what a value of the row is put into. */
function* unionCases(
  version: Version,
  kind: string,
  rows: Rows,
  shape: UnionShape,
  put: (one: object) => object,
): Generator<Source> {
  for (const [name, row] of Object.entries(rows)) {
    if (rowIn(row, version) === undefined) continue
    yield [`${kind} ${name}`, rowOf(name, row, shape, { depth: 0, version }).map((one) => put(one) as Message)]
  }
  if (shape.experimenter !== undefined) {
    yield [`${kind} experimenter`, strangerOf(shape).map((one) => put(one) as Message)]
  }
}

type Source = readonly [name: string, messages: Arbitrary<Message>]

function* oxmSources(version: Version): Generator<Source> {
  for (const field of FIELD_NAMES) {
    const plain = oxmOf(field, false)
    yield [`oxm ${field}`, plain.map((oxm) => flowMod(version, { match: [oxm] }))]
    yield [`set_field ${field}`, plain.map((oxm) => flowWithActions(version, [{ type: 'set_field', field: oxm }]))]
    if (!oxmRow(field).maskable) continue
    const masked = oxmOf(field).filter((oxm) => oxm.mask !== undefined)
    yield [`oxm ${field} masked`, masked.map((oxm) => flowMod(version, { match: [oxm] }))]
  }
}

function* errorSources(version: Version): Generator<Source> {
  for (let type = 0; type <= 17; type++) {
    const data = fc.uint8Array({ minLength: 8, maxLength: 80 })
    const code = fc.integer({ min: 0, max: 20 })
    yield [
      `error ${type}`,
      fc.tuple(code, data).map(([number, octets]) => {
        const error = { type: 'error', xid: 7, ...errorKind(type, number, version), data: octets }
        return (version === 4 ? error : { ...error, version }) as Message
      }),
    ]
  }
}

/** Both messages of a bundle_add_message have the same xid (EXT-230 section 3.3). */
function withInnerXid(message: Message): Message {
  if (message.type !== 'bundle_add_message') return message
  return { ...message, message: withInnerXid({ ...message.message, xid: message.xid }) }
}

/** Whether what is in the bundle is for a switch: os-ken writes nothing else. */
function isOfController(message: Message): boolean {
  const inner = message.type === 'bundle_add_message' ? message.message.type : ''
  return /_mod$|^packet_out$|_request$|^set_/.test(inner)
}

/** Packets that os-ken would build: without buffer, with something to do. */
const packetOut = fc
  .record({ in_port: fc.nat(), data: fc.uint8Array({ minLength: 1, maxLength: 60 }) })
  .map((rest) => ({
    type: 'packet_out',
    xid: 7,
    buffer_id: ANY,
    actions: [{ type: 'output', port: 3, max_len: 0 }],
    ...rest,
  }))

/** Forwarded are changes of groups and meters (1.4.1 section 7.4.7); the generator of messages has others. */
function* forwardedSources(version: Version): Generator<Source> {
  if (version < 5) return
  for (const name of ['group_mod', 'meter_mod']) {
    const requests = MESSAGES_IN.get(version)!.get(name)!
    yield [
      `requestforward ${name}`,
      requests.map((request) => ({ type: 'requestforward', xid: request.xid, version, request }) as Message),
    ]
  }
}

function* sources(version: Version): Generator<Source> {
  for (const [name, messages] of MESSAGES_IN.get(version)!) {
    if (name === 'bundle_add_message') yield [`message ${name}`, messages.filter(isOfController).map(withInnerXid)]
    // The specification has no flags of requests in 1.0.
    else if (version === 1 && name.startsWith('multipart_request')) {
      yield [`message ${name}`, messages.map((one) => ({ ...one, flags: 0 }) as Message)]
    } else yield [`message ${name}`, messages]
  }
  yield* oxmSources(version)
  yield* errorSources(version)
  yield* forwardedSources(version)
  yield* unionCases(version, 'action', ACTIONS, INSIDE, (one) => flowWithActions(version, [one]))
  if (version !== 1) {
    yield* unionCases(version, 'instruction', INSTRUCTIONS, INSIDE, (one) => flowMod(version, { instructions: [one] }))
  }
  yield* unionCases(version, 'controller2 property', CONTROLLER2_PROPERTIES, BEHIND, (one) =>
    flowWithActions(version, [{ type: 'nx_controller2', properties: [one] }]),
  )
  const message = (rest: object): object => inVersion({ xid: 7, ...rest } as Message, version)
  yield* unionCases(version, 'packet_in2 property', PACKET_IN2_PROPERTIES, BEHIND, (one) =>
    message({ type: 'nx_packet_in2', properties: [one] }),
  )
  yield* unionCases(version, 'ct_flush property', CT_FLUSH_PROPERTIES, BEHIND, (one) =>
    message({ type: 'nx_ct_flush', ip_proto: 6, properties: [one] }),
  )
  yield* unionCases(version, 'band', METER_BANDS, { align: 4, padded: 'inside' }, (one) =>
    message({ type: 'meter_mod', command: 'add', flags: 1, meter_id: 5, bands: [one] }),
  )
  yield* unionCases(version, 'queue property', QUEUE_PROPERTIES, { align: 8, padded: 'inside' }, (one) =>
    message({ type: 'queue_get_config_reply', port: 4, queues: [{ queue_id: 1, port: 4, properties: [one] }] }),
  )
  const table = { table_id: 1, name: 't', metadata_match: 1n, metadata_write: 2n, config: 0, max_entries: 5 }
  yield* unionCases(version, 'table feature', TABLE_FEATURE_PROPERTIES, BEHIND, (one) =>
    message({ type: 'multipart_reply', flags: 0, mp_type: 'table_features', body: [{ ...table, properties: [one] }] }),
  )
  yield ['packet_out', packetOut.map((one) => message(one) as Message)]
}

/** Whether the version has room for it; older ones lack fields, actions, instructions. */
export function isWritten(message: Message): boolean {
  try {
    encode(message)
    return true
  } catch (error) {
    if (error instanceof WireError && error.code === 'not_in_version') return false
    throw error
  }
}

/** `each` messages of every kind, or fewer where the version has no room for them; the same ones for the same seed. */
export function cases(version: Version, each: number, seed: number): Case[] {
  return [...sources(version)]
    .flatMap(([name, messages]) => fc.sample(messages, { numRuns: each, seed }).map((message) => ({ name, message })))
    .filter(({ message }) => isWritten(message))
}
