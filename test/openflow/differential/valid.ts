/**
 * Messages that mean something: those of the property tests' generators, with every number where the specification (or
 * Open vSwitch, where it is narrower) has a meaning for it. Matches and instructions are those of the text form's
 * generator, whose prerequisites hold. Knows what is valid, not who says so.
 */
import fc, { type Arbitrary } from 'fast-check'
import { FIELD_NAMES, type FieldName, type Message, type Oxm, oxmRow } from 'node-openflow'
import { VERSIONS, type Version } from '../../../openflow/wire/version.ts'
import { MESSAGES_IN, oxmOf } from '../codec-arbitrary.ts'
import { type ArbitraryFlow, arbitraryFlow } from '../text-arbitrary.ts'
import { tableFeatures } from '../text-samples-parts.ts'
import { type Case, flowMod, flowWithActions, isWritten } from './cases.ts'

interface Place {
  readonly version: Version
  /** Type of the message. */
  readonly message: string
  /** Whether it is Nicira's, whose matches have all fields in every version. */
  readonly nicira: boolean
  readonly flow: ArbitraryFlow
}

type Tame = (value: never, place: Place) => unknown
type Value = Record<string, unknown>

const bits =
  (mask: number) =>
  (value: number): number =>
    (value & mask) >>> 0
const below =
  (limit: number, from = 0) =>
  (value: number): number =>
    from + (value % (limit - from))
const constant = (value: unknown) => (): unknown => value

/** The value, or one of the choices in its place. */
const among =
  (...choices: ReadonlyArray<string | number>) =>
  (value: string | number): unknown =>
    choices.includes(value) ? value : choices[Number(value) % choices.length || 0]

/** A port that there can be, or a reserved one. */
const portAmong =
  (...reserved: readonly number[]) =>
  (value: number): number =>
    value % 4 === 0 && reserved.length > 0 ? reserved[value % reserved.length]! : below(0xff00, 1)(value)

const ascii = (text: string): string => text.replaceAll(/[^!-~]/gu, '').slice(0, 15)

const ANY = 0xffffffff
const LOCAL = 0xfffffffe
const CONTROLLER = 0xfffffffd
const orAny =
  (limit: number) =>
  (value: number): number =>
    value % 2 === 0 ? ANY : value % limit

/** Actions for lists that no match stands before. */
const someActions = (value: ReadonlyArray<unknown>): unknown[] =>
  [
    { type: 'output', port: 3, max_len: 0 },
    { type: 'set_field', field: { field: 'eth_dst', value: 0x0200_0000_0001 } },
    { type: 'set_queue', queue_id: 4 },
    { type: 'nx_note', note: Uint8Array.of(1, 2, 3, 4, 5, 6) },
  ].slice(0, value.length + 1)

const isIn =
  (version: Version) =>
  (action: unknown): boolean =>
    version !== VERSIONS.of10 || (action as Value)['type'] !== 'set_queue'

/** By member, or by `message.member` where a name has several meanings. */
const TAME: Readonly<Record<string, Tame>> = {
  match: (own: unknown, { flow, version, nicira }) => (version === VERSIONS.of10 && !nicira ? own : flow.match),
  fields: (_: unknown, { flow }) => flow.match,
  instructions: (own: unknown[], { flow, version }) => {
    if (version === VERSIONS.of10) return own.length === 0 ? [] : [{ type: 'apply_actions', actions: someActions([]) }]
    // What was an instruction is an action in 1.5.
    return version < VERSIONS.of15 ? flow.instructions : flow.instructions.filter(({ type }) => type !== 'meter')
  },
  actions: (own: unknown[], { version }) => someActions(own).filter(isIn(version)),
  'flow_mod.table_id': (own: number, { flow, version }) => (version === VERSIONS.of10 ? own : flow.table_id),
  'flow_mod.flags': bits(0x1f),
  'flow_mod.command': among('add', 'modify', 'modify_strict', 'delete', 'delete_strict'),
  'multipart_reply.table_id': (_: number, { flow }) => flow.table_id,
  'multipart_reply.flags': bits(1),
  'multipart_request.flags': constant(0),
  'table_mod.config': constant(0),
  'group_mod.command': among('add', 'modify', 'delete'),
  'meter_mod.command': among('add', 'modify', 'delete'),
  'set_config.flags': bits(1),
  'get_config_reply.flags': bits(1),
  'packet_in.reason': among('no_match', 'action', 'invalid_ttl'),
  'flow_removed.reason': among('idle_timeout', 'hard_timeout', 'delete', 'group_delete'),
  'port_status.reason': among('add', 'delete', 'modify'),
  'nx_packet_in2.reason': among('no_match', 'action', 'invalid_ttl'),
  'nx_resume.reason': among('no_match', 'action', 'invalid_ttl'),
  'bundle_control.flags': bits(3),
  'bundle_add_message.flags': bits(3),
  'port_mod.mask': bits(0x65),
  'bundle_add_message.mask': bits(0x65),
  'queue_get_config_request.port': portAmong(ANY),
  'queue_get_config_reply.port': portAmong(),
  group_type: among('all', 'select', 'indirect', 'ff'),
  group_id: below(0xffffff00),
  watch_group: orAny(0xffffff00),
  out_group: orAny(0xffffff00),
  watch_port: portAmong(ANY),
  out_port: portAmong(ANY, LOCAL),
  port_no: portAmong(LOCAL),
  in_port: portAmong(LOCAL, CONTROLLER),
  meter_id: below(0xffff0000, 1),
  max_fields: constant(64),
  'role_request.role': among('nochange', 'equal', 'master', 'slave'),
  'role_reply.role': among('nochange', 'equal', 'master', 'slave'),
  'role_status.role': among('equal', 'master', 'slave'),
  'role_status.reason': among('master_request', 'config'),
  'nx_role_request.role': among('other', 'master', 'slave'),
  'nx_role_reply.role': among('other', 'master', 'slave'),
  'nx_set_packet_in_format.format': among('openflow10', 'nxt_packet_in', 'nxt_packet_in2'),
  'nx_flow_mod.out_port': constant(0xffff),
  'nx_flow_mod.command': among('add', 'modify', 'modify_strict', 'delete', 'delete_strict'),
  'nx_flow_mod.flags': bits(7),
  'nx_set_flow_format.format': among('openflow10', 'nxm'),
  bundle_type: among('open_request', 'open_reply', 'close_request', 'commit_request', 'commit_reply', 'discard_reply'),
  // What experimenters add, nobody knows.
  properties: (list: Value[], place) =>
    list
      .filter(({ type }, i) => type !== 'experimenter' && list.findIndex((one) => one['type'] === type) === i)
      .map((one) => tamed(one, place)),
  vacancy_down: below(50),
  vacancy_up: below(100, 50),
  vacancy: below(100),
  'table_status.flags': bits(7),
  // A message about a table says what its properties are; one that changes them gives no current value.
  'table_mod.vacancy': constant(0),
  'table_mod.flags': bits(0),
  packet_in_mask_master: bits(7),
  packet_in_mask_slave: bits(7),
  port_status_mask_master: bits(7),
  port_status_mask_slave: bits(7),
  flow_removed_mask_master: bits(15),
  flow_removed_mask_slave: bits(15),
  'table_status.reason': among('vacancy_down', 'vacancy_up'),
  'multipart_request.command': among('add', 'modify', 'delete'),
  config: bits(0x65),
  state: bits(7),
  curr: bits(0xffff),
  advertised: bits(0xffff),
  advertise: bits(0xffff),
  supported: bits(0xffff),
  peer: bits(0xffff),
  capabilities: bits(0x16f),
  duration_sec: below(0xffff_ffff),
  duration_nsec: below(1e9),
  name: ascii,
  mfr_desc: ascii,
  hw_desc: ascii,
  sw_desc: ascii,
  serial_num: ascii,
  dp_desc: ascii,
  buffer_id: orAny(0xffff_ffff),
}

function tamerOf(full: string, key: string, version: Version): Tame | undefined {
  if (version === VERSIONS.of10) {
    for (const one of [full, key]) if (Object.hasOwn(TAME_10, one)) return TAME_10[one]
  }
  return TAME[full] ?? TAME[key]
}

/** Members of which a list of properties is another spelling. */
const SPELLED = ['curr', 'advertise', 'rx_packets', 'packet_in_mask_master', 'tx_errors']

/** Members whose room in 1.0 is less; undefined leaves the member as it is generated there. */
const TAME_10: Readonly<Record<string, Tame | undefined>> = {
  actions: (own: unknown, place) => (Array.isArray(own) ? TAME['actions']!(own as never, place) : own),
  table_id: undefined,
  'flow_mod.table_id': undefined,
  'multipart_reply.table_id': undefined,
  duration_sec: undefined,
  duration_nsec: undefined,
  out_group: constant(ANY),
  out_port: undefined,
  port: undefined,
  'packet_in.reason': among('no_match', 'action'),
  'flow_removed.reason': among('idle_timeout', 'hard_timeout', 'delete'),
  config: bits(0x15),
  'port_mod.mask': bits(0x15),
  state: bits(1),
  curr: undefined,
  advertised: undefined,
  advertise: undefined,
  supported: undefined,
  peer: undefined,
  capabilities: undefined,
  'flow_mod.flags': bits(3),
  'nx_flow_mod.flags': bits(3),
  'queue_get_config_request.port': portAmong(),
}

/** A value with its members made valid, said in the usual way. */
function tamed(whole: unknown, place: Place): unknown {
  if (Array.isArray(whole)) return whole.map((one) => tamed(one, place))
  if (typeof whole !== 'object' || whole === null || whole instanceof Uint8Array) return whole
  const { properties, stats, ...plain } = whole as Value
  const value = stats !== undefined || SPELLED.some((key) => key in plain) ? plain : whole
  const { type, body } = value as Value
  const inside =
    type === 'flow_mod' || type === 'group_mod' || body !== undefined ? { ...place, message: `${type}` } : place
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const tame = tamerOf(`${inside.message}.${key}`, key, place.version)
      return [key, tame === undefined ? tamed(member, inside) : tame(member as never, inside)]
    }),
  )
}

// ---- what depends on more than one member ---------------------------------------------------------------------

/** Buckets as their type of group wants them. */
function groupMod(message: Value, hasIds = 'command_bucket_id' in message): Value {
  const { group_type, command, buckets } = message as { group_type: string; command: string; buckets: Value[] }
  const whole = 'properties' in message ? { ...message, properties: [] } : message
  if (command === 'delete')
    return { ...whole, buckets: [], ...('command_bucket_id' in message ? { command_bucket_id: ANY } : {}) }
  const bucket = { weight: 0, watch_port: ANY, watch_group: ANY, actions: someActions([]) }
  const list: readonly Value[] = group_type === 'indirect' ? [buckets[0] ?? bucket] : buckets
  const buckets15 = 'command_bucket_id' in message ? { command_bucket_id: ANY } : {}
  const watched = group_type === 'ff' ? { watch_port: 3 } : { watch_port: ANY, watch_group: ANY }
  return {
    ...whole,
    ...buckets15,
    buckets: list.map(({ properties: _, ...one }, index) => ({
      ...one,
      ...watched,
      ...(hasIds || 'bucket_id' in one ? { bucket_id: index } : {}),
      weight: group_type === 'select' ? one['weight'] : 0,
    })),
  }
}

/** A meter counts in one unit; Open vSwitch has bands that drop, and takes no flags for a deletion. */
function meterMod(message: Value): Value {
  const { flags, bands, command } = message as { flags: number; bands: Value[]; command: string }
  if (command === 'delete') return { ...message, flags: 1, bands: [] }
  return { ...message, flags: (flags & 12) | (flags & 1 ? 1 : 2), bands: plainBands(bands) }
}

const plainBands = (bands: readonly Value[]): Value[] => bands.filter(({ type }) => type !== 'experimenter')

function tlvTable(message: Value): Value {
  const command = among('add', 'delete', 'clear')(message['command'] as string)
  const mappings = (message['mappings'] as Value[]).map((map, index) => ({
    ...map,
    ...{ option_len: 4 * (1 + ((map['option_len'] as number) % 31)), index },
  }))
  if (message['command'] === undefined) return { ...message, mappings }
  return { ...message, command, mappings: command === 'clear' ? [] : mappings }
}

/** The packet, and at most one of each other property. */
function packetIn2(message: Value): Value {
  const properties = message['properties'] as Value[]
  const data = new Uint8Array(14)
  const others = properties.filter(
    ({ type }, i) =>
      !['packet', 'full_len', 'continuation'].includes(String(type)) &&
      properties.findIndex((one) => one['type'] === type) === i,
  )
  return { ...message, properties: [{ type: 'packet', data }, ...others] }
}

/** What is done to groups and meters is forwarded. */
const forwarded = (message: Value): Value => {
  const request = { type: 'group_mod', xid: 9, command: 'delete', group_type: 'all', group_id: 5, buckets: [] }
  const { version } = message
  return { ...message, request: version === undefined ? request : { ...request, version } }
}

const bundled = (message: Value): Value => {
  const inner = message['message'] as Value
  const { xid } = message
  const settled = ['flow_mod', 'group_mod', 'port_mod'].includes(String(inner['type'])) ? inner : undefined
  const port = { type: 'port_mod', port_no: 1, hw_addr: 2, config: 0, mask: 0, advertise: 0 }
  const { version } = message
  const whole = { ...settle(settled ?? port), xid, ...(version === undefined ? {} : { version }) }
  return { ...message, message: whole, properties: [] }
}

/** Tables with every property that Open vSwitch asks for. What was the instruction meter is an action in 1.5. */
const features = (message: Value): Value => ({
  ...message,
  body: (message['body'] as Value[]).slice(0, 1).map(({ table_id }) => {
    const table = tableFeatures((table_id as number) % 200)
    if (message['version'] !== VERSIONS.of15) return table
    const kept = table.properties.map((property) =>
      'instruction_ids' in property
        ? { ...property, instruction_ids: property.instruction_ids?.filter((id) => id !== 'meter') }
        : property,
    )
    return { ...table, properties: kept }
  }),
})

const hello = (message: Value): Value => ({ ...message, elements: [{ type: 'versionbitmap', bitmaps: [0x12] }] })

/** The kinds of messages that all versions have, and a mask for each. */
const sixMasks = (message: Value): Value =>
  Object.fromEntries(
    Object.entries(message).filter(
      ([key]) => !/_mask_/.test(key) || /^(packet_in|port_status|flow_removed)_/.test(key),
    ),
  )

/** In 1.0 flows have no table: additions are to the first, deletions from all. */
function flowMod10(message: Value): Value {
  const deletes = String(message['command']).startsWith('delete')
  return { ...message, table_id: deletes ? 255 : 0, out_port: ANY, cookie_mask: message['cookie_mask'] }
}

const MORE: Readonly<Record<string, (message: Value) => Value>> = {
  hello,
  set_async: sixMasks,
  get_async_reply: sixMasks,
  // In 1.5 fields of the pipeline may stand there; in_port is one.
  packet_out: ({ match: _, ...message }) => message,
  group_mod: groupMod,
  meter_mod: meterMod,
  nx_tlv_table_mod: tlvTable,
  nx_tlv_table_reply: tlvTable,
  nx_packet_in2: packetIn2,
  nx_resume: packetIn2,
  bundle_add_message: bundled,
  requestforward: forwarded,
  nx_set_async_config2: (message) => ({ ...message, properties: [{ type: 'packet_in_slave', mask: 3 }] }),
  flow_mod: (message) => {
    if (message['version'] === VERSIONS.of10) return flowMod10(message)
    const deletes = String(message['command']).startsWith('delete')
    const any = { out_port: ANY, out_group: ANY }
    return { ...message, ...(deletes ? {} : any), ...(message['command'] === 'add' ? { cookie_mask: 0n } : {}) }
  },
  'multipart_reply table_features': features,
  'multipart_request table_features': features,
  'multipart_reply meter_config': (message) => ({
    ...message,
    body: (message['body'] as Value[]).map((one) => ({ ...one, flags: 1, bands: plainBands(one['bands'] as Value[]) })),
  }),
  'multipart_reply group_desc': (message) => ({
    ...message,
    body: (message['body'] as Value[]).map((one) =>
      groupMod(one, message['version'] === VERSIONS.of15 || message['version'] === VERSIONS.of10),
    ),
  }),
  'multipart_request nx_flow_monitor': (message) => ({
    ...message,
    body: (message['body'] as Value[]).map((one) => ({ ...one, flags: ((one['flags'] as number) & 0x3f) | 2 })),
  }),
  // In 1.0 the specification gives experimenters no type of message; Nicira and Open vSwitch want one.
  experimenter: (message) => (message['version'] === VERSIONS.of10 ? { ...message, data: new Uint8Array(8) } : message),
  'multipart_request flow_monitor': (message) => ({
    ...message,
    body: (message['body'] as Value[]).map((one) => ({ ...one, flags: ((one['flags'] as number) & 0x3f) | 2 })),
  }),
}

function settle(message: Value): Value {
  const { type, mp_type } = message
  const more = MORE[mp_type === undefined ? `${type}` : `${type} ${mp_type}`]
  return more === undefined ? message : more(message)
}

/** Valid messages of each kind, by name as in `MESSAGES_IN`. */
export function validMessages(version: Version): Map<string, Arbitrary<Message>> {
  return new Map(
    [...MESSAGES_IN.get(version)!].map(([name, messages]) => [
      name,
      fc.tuple(messages, arbitraryFlow).map(([message, flow]) => {
        const { type, mp_type = '' } = message as unknown as { type: string; mp_type?: string }
        const place = { version, message: type, flow, nicira: /^nx_/.test(mp_type) || /^nx_/.test(type) }
        const whole = settle({ ...(tamed(message, place) as Value), xid: 1 + (message.xid % 0xabbf_ffff) })
        return whole as unknown as Message
      }),
    ]),
  )
}

// ---- fields with what they need --------------------------------------------------------------------------------

/** The fields that a field needs to be matched before it, with the first value that will do. */
function needed(field: FieldName): Oxm[] {
  return Object.entries(oxmRow(field).needs ?? {}).map(([name, values]) => ({ field: name, value: values[0]! }) as Oxm)
}

/** Each field after those that it needs, in a match and (where actions may) in set_field. */
export function fieldCases(version: Version, each: number, seed: number): Case[] {
  const all = FIELD_NAMES.flatMap((field) => {
    const sample = (masked: boolean): Oxm[] => {
      const values = oxmOf(field, masked).filter((oxm) => masked === (oxm.mask !== undefined))
      return fc.sample(values.map(withinMask), { numRuns: each, seed })
    }
    const need = needed(field)
    const matches = (masked: boolean): Case[] =>
      sample(masked).flatMap((oxm) => [
        { name: `oxm ${field}`, message: flowMod(version, { match: [...need, oxm] }) },
        { name: `oxm ${field} alone`, message: flowMod(version, { match: [oxm] }) },
      ])
    const sets = sample(false).map((oxm) => ({
      name: `set_field ${field}`,
      message: flowWithActions(version, [{ type: 'set_field', field: oxm }], need),
    }))
    return [...matches(false), ...(oxmRow(field).maskable ? matches(true) : []), ...sets]
  })
  return all.filter(({ message }) => isWritten(message))
}

/** Without the bits of the mask that the field does not have, and those of the value that the mask leaves out. */
function withinMask(oxm: Oxm): Oxm {
  const { value } = oxm
  if (oxm.mask === undefined) return oxm
  const row = oxmRow(oxm.field as FieldName)
  const mask = row.bits === undefined ? oxm.mask : (oxm.mask as number) & (2 ** row.bits - 1)
  if (value instanceof Uint8Array)
    return { ...oxm, value: value.map((octet, i) => octet & (mask as Uint8Array)[i]!) } as Oxm
  const both = BigInt(value as number) & BigInt(mask as number)
  return { ...oxm, mask, value: typeof value === 'number' ? Number(both) : both } as Oxm
}
