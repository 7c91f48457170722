/**
 * What OpenFlow 1.4 and 1.5 have as lists of properties and statistics, as os-ken names it. Our values have the members
 * of 1.3 where the list says no more than they; here the list is told in any case. See tree.ts for the form.
 */
import { encode, toHex } from 'node-openflow'
import { textOctets } from '../../../openflow/wire/field.ts'
import { actions, oxmId, stats, words } from './os-ken-parts.ts'
import { type Convert, leaf, listOf, type Member, mac, membersOf, nameOctets, shape, tagged } from './tree.ts'

type Value = Record<string, unknown>

type Row = readonly [number: number, name: string, members?: Readonly<Record<string, Member>>]

const EXPERIMENTER: Row = [0xffff, 'Experimenter', { data: words }]

/** A list of properties whose classes have names with a common beginning. */
function propertyList(kind: string, prefix: string, rows: Readonly<Record<string, Row>>): Convert {
  const all = { experimenter: EXPERIMENTER, ...rows }
  const shapes = Object.entries(all).map(([name, [number, cls, members = {}]]): [string, Convert] => [
    name,
    (value, walk) => ({
      class: prefix + cls,
      type: String(number),
      ...membersOf(value as object, members, walk),
    }),
  ])
  return listOf(tagged(`${kind} property`, Object.fromEntries(shapes)))
}

/** The value with `key` in the place of the members that say the same; the list is `said` where the value has none. */
export function listed(
  key: string,
  hoisted: readonly string[],
  said: (value: Value) => unknown,
  convert: Convert,
): Convert {
  return (value, walk) => {
    const whole = value as Value
    const rest = Object.entries(whole).filter(([name]) => !hoisted.includes(name))
    return convert({ ...Object.fromEntries(rest), [key]: whole[key] ?? said(whole) }, walk)
  }
}

/** Members in a property of the type ethernet. */
function inEthernet(names: readonly string[], convert: Convert): Convert {
  const said = (value: Value): unknown => [
    Object.fromEntries([['type', 'ethernet'], ...names.map((name) => [name, value[name]])]),
  ]
  return listed('properties', names, said, convert)
}

export const none = (): unknown[] => []

/** The value with members that it may leave out. */
export const withDefaults =
  (defaults: Value, convert: Convert): Convert =>
  (value, walk) => {
    const given = Object.entries(value as Value).filter(([, one]) => one !== undefined)
    return convert({ ...defaults, ...Object.fromEntries(given) }, walk)
  }

// ---- ports, queues, tables ------------------------------------------------------------------------------------

const portProperties = propertyList('port', 'OFPPortDescProp', {
  ethernet: [0, 'Ethernet'],
  optical: [1, 'Optical'],
  pipeline_input: [2, 'Oxm', { oxm_ids: listOf(oxmId) }],
  pipeline_output: [3, 'Oxm', { oxm_ids: listOf(oxmId) }],
  recirculate: [4, 'Recirculate', { port_nos: listOf(leaf) }],
})

const ETHERNET = ['curr', 'advertised', 'supported', 'peer', 'curr_speed', 'max_speed']

export const port14 = inEthernet(
  ETHERNET,
  shape('OFPPort', { hw_addr: mac, name: nameOctets, properties: portProperties }),
)

export const portMod14 = inEthernet(
  ['advertise'],
  shape('OFPPortMod', {
    hw_addr: mac,
    properties: propertyList('port mod', 'OFPPortModProp', { ethernet: [0, 'Ethernet'], optical: [1, 'Optical'] }),
  }),
)

export const portStats14 = inEthernet(
  ['rx_frame_err', 'rx_over_err', 'rx_crc_err', 'collisions'],
  shape('OFPPortStats', {
    properties: propertyList('port stats', 'OFPPortStatsProp', { ethernet: [0, 'Ethernet'], optical: [1, 'Optical'] }),
  }),
)

export const queueStats14 = listed(
  'properties',
  [],
  none,
  shape('OFPQueueStats', { properties: propertyList('queue stats', 'OFPQueueStatsProp', {}) }),
)

export const queueDesc = shape('OFPQueueDesc', {
  properties: propertyList('queue desc', 'OFPQueueDescProp', { min_rate: [1, 'MinRate'], max_rate: [2, 'MaxRate'] }),
})

const tableProperties = propertyList('table', 'OFPTableModProp', { eviction: [2, 'Eviction'], vacancy: [3, 'Vacancy'] })
export const tableMod14 = listed('properties', [], none, shape('OFPTableMod', { properties: tableProperties }))
export const tableDesc = shape('OFPTableDesc', { properties: tableProperties })

// ---- asynchronous messages ------------------------------------------------------------------------------------

/** In the order of their numbers, slave before master; all versions have the first three. */
const KINDS = [
  ...['packet_in', 'port_status', 'flow_removed', 'role_status'],
  ...['table_status', 'requestforward', 'flow_stats', 'cont_status'],
]
const ROLES = ['slave', 'master']
const ASYNC = KINDS.flatMap((kind, i) => ROLES.map((role, j) => ({ kind, role, number: 2 * i + j })))

const asyncProperties = propertyList('async', 'OFPAsyncConfigProp', {
  ...Object.fromEntries(ASYNC.map(({ kind, role, number }): [string, Row] => [`${kind}_${role}`, [number, 'Reasons']])),
  experimenter_slave: [0xfffe, 'Experimenter', { data: words }],
  experimenter_master: EXPERIMENTER,
})

export const asyncConfig14 = (cls: string): Convert =>
  listed(
    'properties',
    ASYNC.map(({ kind, role }) => `${kind}_mask_${role}`),
    (value) =>
      ASYNC.flatMap(({ kind, role, number }) => {
        const mask = value[`${kind}_mask_${role}`] ?? (number < 6 ? 0 : undefined)
        return mask === undefined ? [] : [{ type: `${kind}_${role}`, mask }]
      }),
    shape(cls, { properties: asyncProperties }),
  )

// ---- groups of 1.5 --------------------------------------------------------------------------------------------

const bucketProperties = propertyList('bucket', 'OFPGroupBucketProp', {
  weight: [0, 'Weight'],
  watch_port: [1, 'Watch'],
  watch_group: [2, 'Watch'],
})

const ANY = 0xffffffff

/** A weight is told of select groups, a port or group to watch where there is one. */
function bucketSays({ weight, watch_port, watch_group }: Value, select: boolean): Value[] {
  return [
    ...(select || weight !== 0 ? [{ type: 'weight', weight }] : []),
    ...(watch_port === ANY ? [] : [{ type: 'watch_port', watch: watch_port }]),
    ...(watch_group === ANY ? [] : [{ type: 'watch_group', watch: watch_group }]),
  ]
}

const BUCKET = ['weight', 'watch_port', 'watch_group']
const bucket = shape('OFPBucket', { actions, properties: bucketProperties })

/** Octets of a property behind type, length and the experimenter's two numbers. */
function groupPropertyOctets(property: object): Uint8Array {
  const group = { type: 'group_mod', version: 6, xid: 0, command: 'add', group_type: 'all', group_id: 1 }
  const octets = encode({ ...group, command_bucket_id: ANY, buckets: [], properties: [property] } as never)
  return octets.subarray(36, 24 + octets[26]! * 256 + octets[27]!)
}

const groupProperties = propertyList('group', 'OFPGroupProp', {})

/** `convert` is of a group with lists in all places; os-ken has no class for the selection method. */
export function group15(convert: (members: Readonly<Record<string, Member>>) => Convert): Convert {
  return (value, walk) => {
    const {
      buckets,
      properties = [],
      ...rest
    } = value as { buckets: Value[]; properties?: Value[]; group_type?: string }
    const select = rest.group_type === 'select'
    walk.saw({ kind: 'buckets', name: String(buckets.length), value: buckets })
    const list = buckets.map((one, index) =>
      listed('properties', BUCKET, (all) => bucketSays(all, select), bucket)({ bucket_id: index, ...one }, walk),
    )
    const plain = properties.map((property) =>
      property['type'] === 'selection_method'
        ? { type: 'experimenter', experimenter: 0x154d, exp_type: 1, data: groupPropertyOctets(property) }
        : property,
    )
    const members = { buckets: () => list, properties: groupProperties }
    return convert(members)({ ...rest, buckets, properties: plain }, walk)
  }
}

// ---- statistics of 1.5 ----------------------------------------------------------------------------------------

const NEVER32 = 0xffff_ffff
const NEVER64 = 2n ** 64n - 1n
/** Counters as members, in the order of the fields; those that are all ones are not there. */
const COUNTED = ['duration_sec', 'duration_nsec', 'idle_time', 'packet_count', 'byte_count', 'flow_count']

function counted(value: Value): unknown[] {
  const { duration_sec: sec, duration_nsec: nsec, idle_time, packet_count, byte_count, flow_count } = value
  const has = (count: unknown): boolean => count !== undefined && count !== NEVER32 && count !== NEVER64
  return [
    ...(has(sec) || has(nsec) ? [{ field: 'duration', sec, nsec }] : []),
    ...(idle_time === undefined ? [] : [{ field: 'idle_time', ...(idle_time as object) }]),
    ...(has(packet_count) ? [{ field: 'packet_count', value: packet_count }] : []),
    ...(has(byte_count) ? [{ field: 'byte_count', value: byte_count }] : []),
    ...(has(flow_count) ? [{ field: 'flow_count', value: flow_count }] : []),
  ]
}

export const withStats = (cls: string, members: Readonly<Record<string, Member>> = {}): Convert =>
  listed('stats', COUNTED, counted, shape(cls, { ...members, stats }))

// ---- others ---------------------------------------------------------------------------------------------------

const time = shape('OFPTime')

export const bundleProperties = propertyList('bundle', 'OFPBundleProp', { time: [1, 'Time', { scheduled_time: time }] })

export const bundleFeatureProperties = propertyList('bundle features', 'OFPBundleFeaturesProp', {
  time_capability: [1, 'Time', { sched_accuracy: time, sched_max_future: time, sched_max_past: time, timestamp: time }],
})

export const roleProperties = propertyList('role', 'OFPRoleProp', {})

export const controllerProperties = propertyList('controller status', 'OFPControllerStatusProp', {
  uri: [0, 'Uri', { uri: (value) => `x${toHex(textOctets(value as string))}` }],
})
