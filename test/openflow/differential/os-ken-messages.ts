/**
 * Messages as os-ken names them: the class of each type, and the members that differ from the specification's names or
 * carry names for numbers. See tree.ts for the form, os-ken-parts.ts for what is inside.
 */
import { encode, errorNumbers, type Message, type MessageNamed, toHex } from 'node-openflow'
import { messages10, stats10 } from './os-ken-10.ts'
import * as later from './os-ken-later.ts'
import {
  actions,
  bands,
  buckets,
  instructions,
  match,
  packetInReason,
  queueProperties,
  tableFeatures,
} from './os-ken-parts.ts'
import {
  type Convert,
  camel,
  leaf,
  listOf,
  type Member,
  mac,
  membersOf,
  NOWHERE,
  nameOctets,
  numbered,
  ordered,
  type Part,
  type Side,
  shape,
  type Tree,
  type Walk,
} from './tree.ts'

type Members = Readonly<Record<string, Member>>

const port = shape('OFPPort', { hw_addr: mac, name: nameOctets })
const groupType = ordered('all', 'select', 'indirect', 'ff')
const role = ordered('nochange', 'equal', 'master', 'slave')
const modCommand = ordered('add', 'modify', 'delete')
const removedReason = ordered('idle_timeout', 'hard_timeout', 'delete', 'group_delete', 'meter_delete', 'eviction')

/** Two masks of one kind stand in one list. */
function asyncMasks(cls: string): Convert {
  return (value) => {
    const masks = value as Record<string, number>
    const pair = (kind: string): Tree => [String(masks[`${kind}_mask_master`]), String(masks[`${kind}_mask_slave`])]
    return {
      class: cls,
      packet_in_mask: pair('packet_in'),
      port_status_mask: pair('port_status'),
      flow_removed_mask: pair('flow_removed'),
    }
  }
}

function hello(value: unknown, walk: Walk): Tree {
  const { elements } = value as { elements: Array<{ type: string | number; bitmaps?: number[] }> }
  const told: Tree[] = []
  for (const element of elements) {
    walk.saw({ kind: 'hello element', name: String(element.type), value: element })
    const versions = (element.bitmaps ?? []).flatMap((bitmap, word) =>
      Array.from({ length: 32 }, (_, bit) => bit)
        .filter((bit) => ((bitmap >>> bit) & 1) === 1)
        .map((bit) => String(word * 32 + bit)),
    )
    told.push({ class: 'OFPHelloElemVersionBitmap', versions })
  }
  return { class: 'OFPHello', elements: told }
}

function error(value: unknown, walk: Walk): Tree {
  const { data, ...kind } = value as MessageNamed<'error'>
  const numbers = errorNumbers(kind, walk.version)
  if (numbers?.type === 0xffff) {
    const octets = encode(value as Message)
    const [experimenter, rest] = [octets.subarray(12, 16), octets.subarray(16)]
    return {
      ...{ class: 'OFPErrorMsg', type: '65535', exp_type: String(numbers.code) },
      ...{ experimenter: String(Number(`0x${toHex(experimenter)}`)), data: leaf(rest, walk) },
    }
  }
  return { class: 'OFPErrorMsg', type: String(numbers?.type), code: String(numbers?.code), data: leaf(data, walk) }
}

/** Members by message, and classes where they are not the type's name. */
const MESSAGES: Readonly<Record<string, Convert>> = {
  hello,
  error,
  features_reply: shape('OFPSwitchFeatures', { reserved: null }),
  packet_in: shape('OFPPacketIn', { reason: packetInReason, match }),
  flow_removed: shape('OFPFlowRemoved', { reason: removedReason, match }),
  port_status: shape('OFPPortStatus', { reason: ordered('add', 'delete', 'modify'), desc: port }),
  packet_out: shape('OFPPacketOut', { actions }),
  flow_mod: shape('OFPFlowMod', {
    command: ordered('add', 'modify', 'modify_strict', 'delete', 'delete_strict'),
    match,
    instructions,
  }),
  group_mod: shape('OFPGroupMod', { command: modCommand, group_type: ['type', groupType], buckets }),
  port_mod: shape('OFPPortMod', { hw_addr: mac }),
  queue_get_config_reply: shape('OFPQueueGetConfigReply', {
    queues: listOf(shape('OFPPacketQueue', { properties: queueProperties })),
  }),
  role_request: shape('OFPRoleRequest', { role }),
  role_reply: shape('OFPRoleReply', { role }),
  get_async_reply: asyncMasks('OFPGetAsyncReply'),
  set_async: asyncMasks('OFPSetAsync'),
  meter_mod: shape('OFPMeterMod', { command: modCommand, bands }),
  experimenter: shape('OFPExperimenter'),
  nx_set_packet_in_format: (value) => ({
    class: 'NXTSetPacketInFormatMsg',
    packet_in_format: numbered({ openflow10: 0, nxt_packet_in: 1, nxt_packet_in2: 2 })(
      (value as { format: unknown }).format,
      NOWHERE,
    ),
  }),
  bundle_control: bundleControl,
  bundle_add_message: bundleAdd,
}

/** 1.3 has bundles as the ONF's extension, of which os-ken knows no properties. */
function bundleParts(properties: unknown[], walk: Walk): { prefix: string; properties: Tree } {
  if (properties.length > 0) walk.saw({ kind: 'bundle properties', name: '', value: properties })
  if (walk.version < 5) return { prefix: 'ONF', properties: [] }
  return { prefix: 'OFP', properties: later.bundleProperties(properties, walk) }
}

function bundleControl(value: unknown, walk: Walk): Tree {
  const { properties, bundle_type, ...rest } = value as { properties: unknown[]; bundle_type: unknown }
  const parts = bundleParts(properties, walk)
  const types = ordered(
    ...['open_request', 'open_reply', 'close_request', 'close_reply', 'commit_request', 'commit_reply'],
    ...['discard_request', 'discard_reply'],
  )
  const members = { ...membersOf(rest, {}, walk), type: types(bundle_type, walk), properties: parts.properties }
  return { class: `${parts.prefix}BundleCtrlMsg`, ...members }
}

/** os-ken writes these and does not read them. */
function bundleAdd(value: unknown, walk: Walk): Tree {
  const { bundle_id, flags, message, properties } = value as MessageNamed<'bundle_add_message'>
  const parts = bundleParts(properties, walk)
  const inner = toTree(message, walk.side, walk.saw)
  if (walk.side === 'read' && walk.version < 5) return opaque(value as Message, [0x4f4e4600, 2301])
  const { xid: _, ...tree } = inner as { [member: string]: Tree }
  return {
    ...{ class: `${parts.prefix}BundleAddMsg`, bundle_id: String(bundle_id), flags: String(flags) },
    ...{ message: { ...tree, xid: String((value as Message).xid) }, properties: parts.properties },
  }
}

function requestForward(value: unknown, walk: Walk): Tree {
  return { class: 'OFPRequestForward', request: toTree((value as { request: Message }).request, walk.side, walk.saw) }
}

/** Experimenter messages that os-ken has no class for: it keeps the octets behind id and type. */
type Numbers = readonly [experimenter: number, type: number]

const OPAQUE: Readonly<Record<string, Numbers>> = {
  nx_role_request: [0x2320, 10],
  nx_role_reply: [0x2320, 11],
  nx_set_flow_format: [0x2320, 12],
  nx_flow_mod: [0x2320, 13],
  nx_flow_removed: [0x2320, 14],
  nx_flow_mod_table_id: [0x2320, 15],
  nx_packet_in: [0x2320, 17],
  nx_flow_age: [0x2320, 18],
  nx_set_async_config: [0x2320, 19],
  nx_set_controller_id: [0x2320, 20],
  nx_flow_monitor_cancel: [0x2320, 21],
  nx_flow_monitor_paused: [0x2320, 22],
  nx_flow_monitor_resumed: [0x2320, 23],
  nx_tlv_table_mod: [0x2320, 24],
  nx_tlv_table_request: [0x2320, 25],
  nx_tlv_table_reply: [0x2320, 26],
  nx_set_async_config2: [0x2320, 27],
  nx_resume: [0x2320, 28],
  nx_ct_flush_zone: [0x2320, 29],
  nx_ct_flush: [0x2320, 32],
}

/** On 1.3; messages of their own since 1.4. */
const OPAQUE_13: Readonly<Record<string, Numbers>> = {
  flow_monitor_cancel: [0x4f4e4600, 1870],
  flow_monitor_paused: [0x4f4e4600, 1871],
  flow_monitor_resumed: [0x4f4e4600, 1872],
  role_status: [0x4f4e4600, 1911],
  requestforward: [0x4f4e4600, 2350],
}

function opaque(message: Message, [experimenter, type]: Numbers): Tree {
  const data = leaf(encode(message).subarray(16), NOWHERE)
  return { class: 'OFPExperimenter', experimenter: String(experimenter), exp_type: String(type), data }
}

// ---- packet-in of Nicira --------------------------------------------------------------------------------------

const PACKET_IN2: Readonly<Record<string, readonly [number: number, cls: string]>> = {
  packet: [0, 'Packet'],
  full_len: [1, 'FullLen'],
  buffer_id: [2, 'BufferId'],
  table_id: [3, 'TableId'],
  cookie: [4, 'Cookie'],
  reason: [5, 'Reason'],
  metadata: [6, 'Metadata'],
  userdata: [7, 'UserData'],
  continuation: [8, 'Continuation'],
}

/** A property's octets: all but type, length and padding. */
function propertyOctets(property: object, version: number): string {
  const message = { type: 'nx_packet_in2', xid: 0, properties: [property] }
  const octets = encode((version === 4 ? message : { ...message, version }) as never)
  return `x${toHex(octets.subarray(20, 16 + octets[18]! * 256 + octets[19]!))}`
}

/** os-ken has every property twice: as octets in the list, as values among the members. The list is what is told. */
function packetIn2(value: unknown, walk: Walk): Tree {
  const { properties } = value as { properties: Array<{ type: string }> }
  const told: Tree[] = []
  for (const property of properties) {
    walk.saw({ kind: 'packet_in2 property', name: property.type, value: property })
    const [number, name] = PACKET_IN2[property.type]!
    told.push({ class: `NXTPacketIn2Prop${name}`, type: String(number), data: propertyOctets(property, walk.version) })
  }
  return { class: 'NXTPacketIn2', properties: told }
}

// ---- multipart ------------------------------------------------------------------------------------------------

const list = (cls: string, members: Members = {}): Convert => listOf(shape(cls, members))

function groupFeatures(value: unknown, walk: Walk): Tree {
  const { types, capabilities, ...rest } = value as Record<string, number>
  const four = (kind: string): Tree =>
    ['all', 'select', 'indirect', 'ff'].map((one) => leaf(rest[`${kind}_${one}`], walk))
  return {
    ...{ class: 'OFPGroupFeaturesStats', types: leaf(types, walk), capabilities: leaf(capabilities, walk) },
    ...{ max_groups: four('max_groups'), actions: four('actions') },
  }
}

const DESC = {
  mfr_desc: nameOctets,
  hw_desc: nameOctets,
  sw_desc: nameOctets,
  serial_num: nameOctets,
  dp_desc: nameOctets,
}

const REPLIES: Readonly<Record<string, Convert>> = {
  desc: shape('OFPDescStats', DESC),
  flow: list('OFPFlowStats', { match, instructions }),
  aggregate: shape('OFPAggregateStats'),
  table: list('OFPTableStats'),
  port_stats: list('OFPPortStats'),
  queue: list('OFPQueueStats'),
  group: list('OFPGroupStats', { bucket_stats: list('OFPBucketCounter') }),
  group_desc: list('OFPGroupDescStats', { group_type: ['type', groupType], buckets }),
  group_features: groupFeatures,
  meter: list('OFPMeterStats', { band_stats: list('OFPMeterBandStats') }),
  meter_config: list('OFPMeterConfigStats', { bands }),
  // os-ken puts the one body into a list.
  meter_features: (value, walk) => [shape('OFPMeterFeaturesStats')(value, walk)],
  table_features: tableFeatures,
  port_desc: listOf(port),
  experimenter: shape('OFPExperimenterMultipart'),
}

/** Experimenter multipart types that os-ken has no class for. */
const OPAQUE_PARTS: Readonly<Record<string, Numbers>> = {
  nx_flow: [0x2320, 0],
  nx_aggregate: [0x2320, 1],
  nx_flow_monitor: [0x2320, 2],
  nx_ipfix_bridge: [0x2320, 3],
  nx_ipfix_flow: [0x2320, 4],
}

const MONITOR_13: Numbers = [0x4f4e4600, 1870]
const monitors = list('ONFFlowMonitorRequest', { match })

type Part2 = { type: string; flags: number; mp_type: string; body: unknown }

/** What a name stands for in a version: what the newest of older versions says. */
function inVersion<T>(tables: ReadonlyArray<readonly [since: number, Readonly<Record<string, T>>]>) {
  return (name: string, version: number): T | undefined =>
    tables.find(([since, table]) => since <= version && Object.hasOwn(table, name))?.[1][name]
}

const opaquePart = inVersion<Numbers | undefined>([
  [5, { flow_monitor: undefined }],
  [1, { ...OPAQUE_PARTS, flow_monitor: MONITOR_13 }],
])
const opaqueMessage = inVersion<Numbers | undefined>([
  [5, Object.fromEntries(Object.keys(OPAQUE_13).map((name) => [name, undefined]))],
  [1, { ...OPAQUE, ...OPAQUE_13 }],
])
const replyBody = inVersion([
  [6, later.REPLIES_15],
  [5, later.REPLIES_14],
  [1, REPLIES],
])
const messageShape = inVersion([
  [6, later.MESSAGES_15],
  [5, { ...later.MESSAGES_14, requestforward: requestForward }],
  [4, MESSAGES],
])
const MESSAGES_10 = inVersion([[1, messages10(actions)]])
const STATS_10 = stats10(actions)
const partName = inVersion([
  [6, later.CLASSES_15],
  [1, { port_stats: 'Port' }],
])

function multipart(message: Part2, walk: Walk): Tree {
  const { flags, mp_type, body } = message
  const { version } = walk
  walk.saw({ kind: message.type, name: mp_type, value: message })
  const side = message.type === 'multipart_request' ? 'Request' : 'Reply'
  const head = { flags: String(flags) }
  if (version === 1) {
    const [request, reply] = STATS_10[mp_type]!
    const members = side === 'Request' ? membersOf(body as object, request, walk) : { body: reply(body, walk) }
    return { class: `OFP${partName(mp_type, version) ?? camel(mp_type)}Stats${side}`, ...head, ...members }
  }
  if (mp_type === 'flow_monitor' && version < 5 && side === 'Request') {
    return { class: 'ONFFlowMonitorStatsRequest', ...head, body: monitors(body, walk) }
  }
  const opaque = opaquePart(mp_type, version)
  if (opaque !== undefined) {
    const data = leaf(encode(message as never).subarray(24), walk)
    const experimenter = { experimenter: String(opaque[0]), exp_type: String(opaque[1]), data }
    if (side === 'Request') return { class: 'OFPExperimenterStatsRequest', ...head, ...experimenter }
    return { class: 'OFPExperimenterStatsReply', ...head, body: { class: 'OFPExperimenterMultipart', ...experimenter } }
  }
  // os-ken's classes of flow monitors have no "Stats" in their names.
  const stats = mp_type === 'flow_monitor' ? '' : 'Stats'
  const cls = `OFP${partName(mp_type, version) ?? camel(mp_type)}${stats}${side}`
  if (side === 'Reply') return { class: cls, ...head, body: replyBody(mp_type, version)!(body, walk) }
  if (mp_type === 'table_features') {
    const features = version < 6 ? tableFeatures : later.tableFeatures15
    return { class: cls, ...head, body: features(body, walk) }
  }
  return { class: cls, ...head, ...membersOf(later.requestBody(mp_type, body, version), later.REQUEST_MEMBERS, walk) }
}

/** A message as os-ken's object; its parts are told to `saw`. */
export function toTree(message: Message, side: Side, saw: (part: Part) => void = () => undefined): Tree {
  const walk: Walk = { version: message.version ?? 4, side, saw }
  const { type } = message
  saw({ kind: 'message', name: type, value: message })
  const xid = { xid: String(message.xid) }
  const told = (): Tree => {
    if (type === 'multipart_request' || type === 'multipart_reply') return multipart(message as unknown as Part2, walk)
    if (type === 'nx_packet_in2') return packetIn2(message, walk)
    const numbers = opaqueMessage(type, walk.version)
    if (numbers !== undefined) return opaque(message, numbers)
    const convert = (walk.version === 1 ? MESSAGES_10 : messageShape)(type, walk.version)
    return (convert ?? shape(`OFP${camel(type)}`))(message, walk)
  }
  return { ...(told() as object), ...xid }
}
