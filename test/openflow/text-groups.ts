/** Random groups and meters that a switch can have, and texts of both in every spelling. */
import fc from 'fast-check'
import {
  type Action,
  type Bucket,
  type FieldName,
  GROUP_ANY,
  type MeterBand,
  type Oxm,
  type ParsedGroup,
  type ParsedMeter,
  PORT_ANY,
} from 'node-openflow'

const number = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })
const u32 = number(0, 0xffffffff)
const port = fc.oneof(number(1, 0xfeff), fc.constant(0xfffffffe))
const group = number(0, 0xffffff00)

/** Actions that need no match. */
const action: fc.Arbitrary<Action> = fc.oneof(
  port.map<Action>((to) => ({ type: 'output', port: to, max_len: 0 })),
  u32.map<Action>((queue_id) => ({ type: 'set_queue', queue_id })),
  u32.map<Action>((value) => ({ type: 'set_field', field: { field: 'reg3', value } })),
  group.map<Action>((group_id) => ({ type: 'group', group_id })),
  fc.constant<Action>({ type: 'nx_ct', flags: 1, zone: 5, recirc_table: 9, alg: 'none', actions: [] }),
  number(0, 254).map<Action>((table) => ({ type: 'nx_resubmit_table', in_port: 0xfff8, table })),
)
const actions = fc.array(action, { maxLength: 3 })

const types = ['all', 'select', 'indirect', 'ff'] as const

function bucket(type: (typeof types)[number]): fc.Arbitrary<Bucket> {
  // ovs-ofctl prints the name LOCAL here and does not read it.
  const watch = fc.record({ port: fc.option(number(1, 0xfeff)), group: fc.option(group) })
  return fc.record({ weight: number(0, 0xffff), watch, actions }).map(({ weight, watch: on, actions: acts }) => ({
    weight: type === 'select' ? weight : 0,
    watch_port: type === 'ff' || type === 'select' ? (on.port ?? (type === 'ff' ? 7 : PORT_ANY)) : PORT_ANY,
    watch_group: type === 'ff' || type === 'select' ? (on.group ?? GROUP_ANY) : GROUP_ANY,
    actions: acts,
  }))
}

/** A group of OpenFlow 1.3. */
export const arbitraryGroup: fc.Arbitrary<ParsedGroup> = fc.constantFrom(...types).chain((group_type) =>
  fc.record({
    group_type: fc.constant(group_type),
    group_id: group,
    buckets: fc.array(
      bucket(group_type),
      group_type === 'indirect' ? { minLength: 1, maxLength: 1 } : { maxLength: 4 },
    ),
  }),
)

/** Fields without bits that mean nothing, in the order of ovs-ofctl. */
const CHOOSING: readonly FieldName[] = ['metadata', 'reg5', 'eth_dst', 'ipv4_src', 'ipv6_dst', 'tcp_src', 'udp_dst']
const whole: Readonly<Record<string, Oxm>> = {
  metadata: { field: 'metadata', value: 0xffff_ffff_ffff_ffffn },
  reg5: { field: 'reg5', value: 0xff00 },
  eth_dst: { field: 'eth_dst', value: 0xffffffffffff },
  ipv4_src: { field: 'ipv4_src', value: 0xffff0000 },
  ipv6_dst: { field: 'ipv6_dst', value: (1n << 128n) - 1n },
  tcp_src: { field: 'tcp_src', value: 0xffff },
  udp_dst: { field: 'udp_dst', value: 0x00ff },
}

/** The same with what 1.5 adds: ids of buckets, and what chooses one. */
export const arbitraryGroup15: fc.Arbitrary<ParsedGroup> = fc
  .record({
    of13: arbitraryGroup,
    ids: fc.uniqueArray(number(0, 0xffffff00), { minLength: 4, maxLength: 4 }),
    method: fc.constantFrom('hash', 'dp_hash', undefined),
    param: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fields: fc.subarray([...CHOOSING]),
  })
  .map(({ of13, ids, method, param, fields }) => {
    const buckets = of13.buckets.map((one, i) => ({ ...one, bucket_id: ids[i]! }))
    if (method === undefined || of13.group_type !== 'select') return { ...of13, buckets }
    const chosen = method === 'hash' ? fields.map((name) => whole[name]!) : []
    const property = { type: 'selection_method', selection_method: method, selection_method_param: param } as const
    return { ...of13, buckets, properties: [{ ...property, fields: chosen }] }
  })

function band(flags: number): fc.Arbitrary<MeterBand> {
  return fc.record({ rate: u32, burst: u32, level: fc.option(number(0, 255)) }).map(({ rate, burst, level }) => {
    const burst_size = flags & 4 ? burst : 0
    if (level === null) return { type: 'drop', rate, burst_size }
    return { type: 'dscp_remark', rate, burst_size, prec_level: level }
  })
}

export const arbitraryMeter: fc.Arbitrary<ParsedMeter> = fc
  .tuple(fc.constantFrom(1, 2), fc.constantFrom(0, 4), fc.constantFrom(0, 8))
  .map(([unit, burst, stats]) => unit | burst | stats)
  .chain((flags) =>
    fc.record({
      flags: fc.constant(flags),
      meter_id: fc.oneof(number(1, 0xffff0000), fc.constantFrom(0xfffffffd, 0xfffffffe)),
      bands: fc.array(band(flags), { minLength: 1, maxLength: 3 }),
    }),
  )

/** Groups in every spelling that ovs-ofctl -O OpenFlow13 reads. */
export const GROUP_SPELLINGS: readonly string[] = [
  'group_id=1,type=all',
  'group_id=1 type=all bucket=output:1 bucket=output:2',
  'group_id=1,type=all,bucket=output:1,bucket=output:2',
  'group_id=1,type=indirect,bucket=output:1',
  'group_id=1,type=select,bucket=output:1',
  'group_id=1,type=select,bucket=weight:0,output:1',
  'group_id=1,type=select,bucket=weight=5,output:1',
  'group_id=1,type=select,bucket=watch_port:5,watch_group:6,output:1',
  'group_id=1,type=select,bucket=weight:3,actions=1,weight:4',
  'group_id=1,type=ff,bucket=watch_port:5,output:1,bucket=watch_group:3,output:2',
  'group_id=1,type=fast_failover,bucket=watch_port:5,output:1',
  'group_id=0xffffff00,type=all,bucket=drop',
  'group_id=all,type=all,bucket=1',
  'group_id=1,type=all,bucket=actions=drop',
  'group_id=1,type=all,bucket=actions=',
  'group_id=1,type=all,bucket=actions=output:1,output:2',
  'group_id=1,type=all,bucket=output:1,set_field:5->reg0',
  'group_id=1,type=all,bucket=ct(commit,table=3),output:1',
  'group_id=1,type=all,bucket=mod_vlan_vid:5,mod_vlan_pcp:3,output:1',
  'group_id=1,type=all,bucket=mod_nw_dst:1.2.3.4,mod_dl_src:00:00:00:00:00:01,1',
]

/** Groups that neither ovs-ofctl nor we read. */
export const NO_GROUPS: readonly string[] = [
  'group_id=1',
  'type=all,bucket=1',
  'group_id=1,type=foo,bucket=1',
  'group_id=1,type=all,actions=1',
  'group_id=1,type=all,bucket=',
  'group_id=1,type=all,bucket=weight:5,output:1',
  'group_id=1,type=ff,bucket=output:1',
  'group_id=1,type=indirect,bucket=1,bucket=2',
  'group_id=1,type=all,command_bucket_id=last,bucket=1',
  'group_id=1,type=select,fields=ip_src,bucket=1',
  'group_id=1,type=select,selection_method_param=5,bucket=1',
  'group_id=1,type=select,selection_method=abcdefghijklmnop,bucket=1',
  'group_id=1,type=all,bucket=bucket_id:0xffffff01,actions=1',
]

/** Meters in every spelling. */
export const METER_SPELLINGS: readonly string[] = [
  'meter=5,kbps,bands=type=drop,rate=100',
  'meter=5 kbps burst stats bands=type=drop rate=100 burst_size=7 type=drop rate=200 burst_size=8',
  'meter=6,pktps,burst,bands=type=drop,rate=100,burst_size=0x10',
  'meter=7 kbps kbps band=type=drop rate=0xff',
  'meter=controller,pktps,bands=type=drop,rate=1',
  'meter=slowpath pktps stats bands=\ntype=drop rate=1',
  'meter=0xffff,kbps,bands=type=drop,rate=1',
]

/** Meters that neither ovs-ofctl nor we read. */
export const NO_METERS: readonly string[] = [
  'kbps,bands=type=drop,rate=4',
  'meter=5,bands=type=drop,rate=1',
  'meter=0,kbps,bands=type=drop,rate=3',
  'meter=5,kbps',
  'meter=5,kbps,bands=',
  'meter=5,kbps,bands=type=drop',
  'meter=5,kbps,bands=rate=3,type=drop',
  'meter=5,kbps,bands=type=drop,rate=3,burst_size=9',
  'meter=5,kbps,burst,bands=type=drop,rate=3',
  'meter=5,kbps,bands=type=dscp_remark,rate=1',
  'meter=5,kbps,foo,bands=type=drop,rate=1',
  'meter=5,kbps,bands=type=drop,rate=1,foo=3',
  'meter=5,kbps,bands=type=drop,rate=1,prec_level=3',
]
