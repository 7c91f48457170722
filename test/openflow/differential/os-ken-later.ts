/** Messages of OpenFlow 1.4 and 1.5 that os-ken names otherwise than those of 1.3. See tree.ts for the form. */
import { actions, bands, instructions, match, packetInReason, tableFeatures } from './os-ken-parts.ts'
import * as list from './os-ken-properties.ts'
import { type Convert, listOf, type Member, ordered, shape, type Tree, type Walk } from './tree.ts'

type Shapes = Readonly<Record<string, Convert>>
type Value = Record<string, unknown>

const removedReason = ordered('idle_timeout', 'hard_timeout', 'delete', 'group_delete', 'meter_delete', 'eviction')
const role = ordered('nochange', 'equal', 'master', 'slave')
const groupType: Member = ['type', ordered('all', 'select', 'indirect', 'ff')]

/** Members under other names. */
const renamed =
  (names: Readonly<Record<string, string>>, convert: Convert): Convert =>
  (value, walk) =>
    convert(Object.fromEntries(Object.entries(value as Value).map(([key, one]) => [names[key] ?? key, one])), walk)

const controllerStatus = shape('OFPControllerStatusStats', {
  role,
  reason: ordered(
    ...['request', 'channel_status', 'role', 'controller_added', 'controller_removed', 'short_id', 'experimenter'],
  ),
  channel_status: ordered('up', 'down'),
  properties: list.controllerProperties,
})

// ---- messages -------------------------------------------------------------------------------------------------

const flowMod = list.withDefaults(
  { importance: 0 },
  shape('OFPFlowMod', {
    command: ordered('add', 'modify', 'modify_strict', 'delete', 'delete_strict'),
    match,
    instructions,
  }),
)

export const MESSAGES_14: Shapes = {
  port_status: shape('OFPPortStatus', { reason: ordered('add', 'delete', 'modify'), desc: list.port14 }),
  port_mod: list.portMod14,
  table_mod: list.tableMod14,
  flow_mod: flowMod,
  get_async_reply: list.asyncConfig14('OFPGetAsyncReply'),
  set_async: list.asyncConfig14('OFPSetAsync'),
  role_status: shape('OFPRoleStatus', {
    role,
    reason: ordered('master_request', 'config', 'experimenter'),
    properties: list.roleProperties,
  }),
  table_status: shape('OFPTableStatus', {
    reason: ordered('', '', '', 'vacancy_down', 'vacancy_up'),
    table: list.tableDesc,
  }),
  packet_in: shape('OFPPacketIn', { reason: packetInReason, match }),
}

const inPort = (value: Value): unknown => [{ field: 'in_port', value: value['in_port'] }]

export const MESSAGES_15: Shapes = {
  packet_out: list.listed('match', ['in_port'], inPort, shape('OFPPacketOut', { match, actions })),
  flow_removed: list.withStats('OFPFlowRemoved', { reason: removedReason, match }),
  group_mod: list.withDefaults(
    { command_bucket_id: 0xffffffff },
    list.group15((members) =>
      shape('OFPGroupMod', {
        ...members,
        group_type: groupType,
        command: ordered('add', 'modify', 'delete', 'insert_bucket', '', 'remove_bucket'),
      }),
    ),
  ),
  role_request: list.withDefaults({ short_id: 0 }, shape('OFPRoleRequest', { role })),
  role_reply: list.withDefaults({ short_id: 0 }, shape('OFPRoleReply', { role })),
  controller_status: shape('OFPControllerStatus', { status: controllerStatus }),
}

// ---- multipart ------------------------------------------------------------------------------------------------

/** Classes are called as the specification calls the type; of 1.5's flow_desc and meter_desc we keep the old names. */
export const CLASSES_15: Readonly<Record<string, string>> = {
  flow: 'FlowDesc',
  flow_stats: 'Flow',
  meter_config: 'MeterDesc',
}

const EVENTS = ordered('initial', 'added', 'removed', 'modified', 'abbrev', 'paused', 'resumed')
const updateMembers = { event: EVENTS, reason: removedReason, match, instructions }

function flowUpdate(value: unknown, walk: Walk): Tree {
  const { event } = value as { event: string }
  walk.saw({ kind: 'flow update', name: event, value })
  const kind = event === 'abbrev' ? 'Abbrev' : event === 'paused' || event === 'resumed' ? 'Paused' : 'Full'
  const tree = shape(`OFPFlowUpdate${kind}`, updateMembers)(value, walk) as { [member: string]: Tree }
  return kind === 'Abbrev' ? { ...tree, xid: String((value as { xid: number }).xid) } : tree
}

export const REPLIES_14: Shapes = {
  flow: listOf(list.withDefaults({ importance: 0 }, shape('OFPFlowStats', { match, instructions }))),
  port_stats: listOf(list.portStats14),
  queue: listOf(list.queueStats14),
  port_desc: listOf(list.port14),
  table_desc: listOf(list.tableDesc),
  queue_desc: listOf(list.queueDesc),
  flow_monitor: listOf(flowUpdate),
}

const flowDesc = list.withStats('OFPFlowDesc', { match, instructions })
const tableFeatures15: Convert = (value, walk) =>
  tableFeatures(
    (value as Value[]).map((one) =>
      renamed({ config: 'capabilities' }, (all) => all as Tree)({ command: 'replace', features: 0, ...one }, walk),
    ),
    walk,
  )

export const REPLIES_15: Shapes = {
  flow: listOf(list.withDefaults({ importance: 0 }, flowDesc)),
  flow_stats: listOf(list.withStats('OFPFlowStats', { match, reason: ordered('stats_request', 'stat_trigger') })),
  aggregate: list.withStats('OFPAggregateStats'),
  group_desc: listOf(list.group15((members) => shape('OFPGroupDescStats', { ...members, group_type: groupType }))),
  meter: listOf(
    renamed({ flow_count: 'ref_count' }, shape('OFPMeterStats', { band_stats: listOf(shape('OFPMeterBandStats')) })),
  ),
  meter_config: listOf(shape('OFPMeterDescStats', { bands })),
  meter_features: (value, walk) => [list.withDefaults({ features: 0 }, shape('OFPMeterFeaturesStats'))(value, walk)],
  table_features: tableFeatures15,
  bundle_features: shape('OFPBundleFeaturesStats', { properties: list.bundleFeatureProperties }),
  controller_status: listOf(controllerStatus),
}

/** Members of requests by type; `convert` makes the object of them. */
export function requestBody(mp_type: string, body: unknown, version: number): Value {
  if (mp_type === 'flow_monitor') return monitor(body)
  if (version < 6) return body as Value
  if (mp_type === 'group_desc') return { group_id: 0xfffffffc, ...(body as object) }
  if (mp_type === 'port_desc') return { port_no: 0xffffffff, ...(body as object) }
  return body as Value
}

/** os-ken has one monitor in a request; its flags are called otherwise there, for the name is the message's. */
function monitor(body: unknown): Value {
  const [one] = body as Array<Value & { id: number; flags: number; command?: string }>
  if (one === undefined) return {}
  const { id, flags, command = 'add', ...rest } = one
  return { out_group: 0xffffffff, ...rest, monitor_id: id, monitor_flags: flags, command }
}

export const REQUEST_MEMBERS: Readonly<Record<string, Member>> = {
  match,
  command: ordered('add', 'modify', 'delete'),
  properties: list.bundleFeatureProperties,
}
export { bundleProperties } from './os-ken-properties.ts'
export { tableFeatures15 }
