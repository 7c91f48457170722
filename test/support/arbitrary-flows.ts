/**
 * Random flow tables and packets over a small vocabulary, so that they meet often: a few addresses, ports and
 * register values, four tables, masks, conjunctions, groups. Cookies are unique; a flow without sense is not made.
 */

import fc from 'fast-check'
import type { Action, Instruction, Message, MessageNamed, Oxm } from 'node-openflow'
import * as build from './packets.ts'

const none = {
  buffer_id: 0xffffffff,
  cookie_mask: 0n,
  out_port: 0xffffffff,
  out_group: 0xffffffff,
  idle_timeout: 0,
  hard_timeout: 0,
  flags: 0,
} as const

export function flowAdd(
  xid: number,
  m: { cookie?: bigint; table?: number; priority?: number; match?: Oxm[]; instructions?: Instruction[] },
): MessageNamed<'flow_mod'> {
  return {
    type: 'flow_mod',
    command: 'add',
    xid,
    cookie: m.cookie ?? 0n,
    table_id: m.table ?? 0,
    priority: m.priority ?? 1,
    match: m.match ?? [],
    instructions: m.instructions ?? [],
    ...none,
  }
}

export const apply = (...actions: Action[]): Instruction[] => [{ type: 'apply_actions', actions }]
export const output = (port: number): Action => ({ type: 'output', port, max_len: 0xffff })
export const CONTROLLER = 0xfffffffd

export const deleteAll = (xid: number): Message[] => [
  { ...flowAdd(xid, { table: 0xff }), command: 'delete' },
  { type: 'group_mod', xid: xid + 1, command: 'delete', group_type: 'all', group_id: 0xfffffffc, buckets: [] },
]

const MACS = [0x020000000001, 0x020000000002, 0x020000000003, 0x01005e000001, 0xffffffffffff]
const HOSTS = [0x0a000001, 0x0a000002, 0x0a000102, 0xc0a80001]
const HOSTS6 = [build.SOURCE6, build.DESTINATION6, build.SOURCE6 + 0x1_0000n]
const L4_PORTS = [53, 80, 443, 8080]

type Kind = 'tcp' | 'udp' | 'icmp' | 'tcp6' | 'udp6' | 'icmp6' | 'arp'
const KINDS: readonly Kind[] = ['tcp', 'udp', 'icmp', 'tcp6', 'udp6', 'icmp6', 'arp']
const MASKS16 = [0xffff, 0xfff0, 0xff00, 0x8000, 1]
const MASKS32 = [0xffffffff, 0xffffff00, 0xffff0000, 0x80000000, 0xff]

const flip = fc.boolean()
const optional = (arbitrary: fc.Arbitrary<Oxm>): fc.Arbitrary<Oxm[]> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 }).map((oxm) => (oxm === undefined ? [] : [oxm]))

function masked(value: number, bits: number, full: number): { value: number; mask?: number } {
  if (bits === full) return { value }
  return { value: Number(BigInt(value) & BigInt(bits)), mask: bits }
}

const pair = <F extends string>(field: F, values: readonly number[], masks: readonly number[], full: number) =>
  fc
    .tuple(fc.constantFrom(...values), fc.constantFrom(full, full, ...masks))
    .map(([value, bits]) => ({ field, ...masked(value, bits, full) }) as unknown as Oxm)

const address6 = (field: 'ipv6_src' | 'ipv6_dst') =>
  fc.tuple(fc.constantFrom(...HOSTS6), fc.constantFrom(128n, 64n, 112n)).map(([value, length]): Oxm => {
    if (length === 128n) return { field, value }
    const mask = ((1n << 128n) - 1n) ^ ((1n << (128n - length)) - 1n)
    return { field, value: value & mask, mask }
  })

/** Fields that need no other. */
const freeFields: fc.Arbitrary<Oxm[]> = fc
  .tuple(
    optional(fc.constantFrom(1, 2, 3).map((value): Oxm => ({ field: 'in_port', value }))),
    optional(pair('eth_dst', MACS, [0x010000000000, 0xffffff000000], 0xffffffffffff)),
    optional(
      fc.constantFrom<Oxm>(
        { field: 'vlan_vid', value: 0 },
        { field: 'vlan_vid', value: 0x1000, mask: 0x1000 },
        { field: 'vlan_vid', value: 0x1005 },
      ),
    ),
    optional(pair('reg0', [1, 2, 3], [1, 2, 0xff], 0xffffffff)),
    optional(
      fc.constantFrom<Oxm>(
        { field: 'metadata', value: 1n, mask: 1n },
        { field: 'metadata', value: 2n, mask: 0xffn },
        { field: 'xreg1', value: 5n, mask: 0xfn },
      ),
    ),
  )
  .map((found) => found.flat().filter(() => true))

const ETH_TYPES: Record<Kind, number> = {
  tcp: 0x800,
  udp: 0x800,
  icmp: 0x800,
  tcp6: 0x86dd,
  udp6: 0x86dd,
  icmp6: 0x86dd,
  arp: 0x806,
}
const PROTOS = { tcp: 6, udp: 17, icmp: 1, tcp6: 6, udp6: 17, icmp6: 58 } as const

/** Match fields of one kind of packet, prerequisites first. */
function kindFields(kind: Kind): fc.Arbitrary<Oxm[]> {
  const type: Oxm = { field: 'eth_type', value: ETH_TYPES[kind] }
  if (kind === 'arp') {
    return fc
      .tuple(
        optional(fc.constantFrom(1, 2).map((value): Oxm => ({ field: 'arp_op', value }))),
        optional(pair('arp_tpa', HOSTS, MASKS32, 0xffffffff)),
      )
      .map((found) => [type, ...found.flat()])
  }
  const six = kind.endsWith('6')
  const network = six
    ? fc.tuple(optional(address6('ipv6_src')), optional(address6('ipv6_dst')))
    : fc.tuple(
        optional(pair('ipv4_src', HOSTS, MASKS32, 0xffffffff)),
        optional(pair('ipv4_dst', HOSTS, MASKS32, 0xffffffff)),
      )
  const proto: Oxm = { field: 'ip_proto', value: PROTOS[kind] }
  const plain = kind.replace('6', '')
  const transport =
    plain === 'icmp'
      ? fc.constant<Oxm[]>([])
      : fc
          .tuple(
            optional(pair(`${plain}_src`, L4_PORTS, MASKS16, 0xffff)),
            optional(pair(`${plain}_dst`, L4_PORTS, MASKS16, 0xffff)),
            plain === 'tcp' ? optional(pair('tcp_flags', [2, 16, 18], [2, 16, 18], 0xfff)) : fc.constant<Oxm[]>([]),
          )
          .map((found) => found.flat())
  const other = optional(fc.constantFrom<Oxm>({ field: 'ip_dscp', value: 0 }, { field: 'nw_frag', value: 0 }))
  return fc
    .tuple(network, other, transport, flip)
    .map(([net, more, l4, deep]) => [type, ...net.flat(), ...more, ...(deep ? [proto, ...l4] : [])])
}

/** How deep a match goes: fields that actions may name after it. */
function level(match: readonly Oxm[]): Kind | 'ip' | 'ip6' | undefined {
  const type = match.find(({ field }) => field === 'eth_type')?.value
  const proto = match.find(({ field }) => field === 'ip_proto')?.value
  if (type === 0x806) return 'arp'
  if (type === undefined) return undefined
  const six = type === 0x86dd
  if (proto === undefined) return six ? 'ip6' : 'ip'
  const names: Record<number, string> = { 6: 'tcp', 17: 'udp', 1: 'icmp', 58: 'icmp' }
  return `${names[proto as number]}${six ? '6' : ''}` as Kind
}

const SAFE: readonly Action[] = [
  { type: 'set_field', field: { field: 'eth_src', value: 0x020000000009 } },
  { type: 'set_field', field: { field: 'reg0', value: 2 } },
  { type: 'nx_reg_load', ofs_nbits: { ofs: 0, n_bits: 2 }, dst: 'reg0', value: 3n },
  { type: 'nx_reg_load', ofs_nbits: { ofs: 0, n_bits: 4 }, dst: 'xreg1', value: 5n },
  { type: 'nx_reg_load2', field: { field: 'eth_dst', value: 2, mask: 0xffff } },
  { type: 'nx_reg_move', n_bits: 16, src_ofs: 0, dst_ofs: 8, src: 'eth_dst', dst: 'reg1' },
  { type: 'nx_reg_move', n_bits: 4, src_ofs: 0, dst_ofs: 0, src: 'reg0', dst: 'reg3' },
  { type: 'nx_stack_push', offset: 0, field: 'reg0', n_bits: 32 },
  { type: 'nx_stack_pop', offset: 0, field: 'reg2', n_bits: 32 },
  { type: 'nx_note', note: new Uint8Array(6) },
  { type: 'nx_output_reg', ofs_nbits: { ofs: 0, n_bits: 16 }, src: 'reg0', max_len: 0xffff },
  { type: 'push_vlan', ethertype: 0x8100 },
  { type: 'nx_exit' },
  { type: 'nx_ct_clear' },
]

const IP_ACTIONS: readonly Action[] = [
  { type: 'dec_nw_ttl' },
  { type: 'set_nw_ttl', nw_ttl: 9 },
  { type: 'set_field', field: { field: 'ip_dscp', value: 10 } },
]
const IP4_ACTIONS: readonly Action[] = [
  { type: 'set_field', field: { field: 'ipv4_dst', value: HOSTS[2]! } },
  { type: 'nx_reg_move', n_bits: 32, src_ofs: 0, dst_ofs: 0, src: 'ipv4_src', dst: 'reg4' },
  { type: 'nx_reg_load2', field: { field: 'ipv4_src', value: 0x63, mask: 0xff } },
]
const IP6_ACTIONS: readonly Action[] = [
  { type: 'set_field', field: { field: 'ipv6_dst', value: HOSTS6[2]! } },
  { type: 'nx_reg_move', n_bits: 64, src_ofs: 0, dst_ofs: 0, src: 'ipv6_src', dst: 'xreg4' },
]

const transportActions = (name: 'tcp' | 'udp'): Action[] => [
  { type: 'set_field', field: { field: `${name}_dst`, value: 8080 } },
  { type: 'nx_reg_move', n_bits: 16, src_ofs: 0, dst_ofs: 0, src: `${name}_src`, dst: `${name}_dst` },
  { type: 'nx_reg_move', n_bits: 16, src_ofs: 0, dst_ofs: 16, src: `${name}_dst`, dst: 'reg5' },
]

export interface FlowOptions {
  /** ct() actions too; then no action sets: Open vSwitch 3.1 aborts when ct() goes on in a table with one. */
  readonly ct?: boolean
}

/**
 * Tables a flow may send to: later ones only. A ct() that comes back to its own table never ends, and ofproto/trace
 * follows it until ovs-vswitchd has no memory left.
 */
const later = (table: number): number[] => [1, 2, 3].filter((to) => to > table)

function choices(match: readonly Oxm[], table: number, options: FlowOptions): Action[] {
  const deep = level(match)
  const out: Action[] = [...SAFE]
  if (match.some((oxm) => oxm.field === 'vlan_vid' && (oxm.value & 0x1000) !== 0)) {
    out.push({ type: 'pop_vlan' }, { type: 'set_field', field: { field: 'vlan_vid', value: 0x1007 } })
  }
  if (deep === 'arp') {
    out.push({ type: 'set_field', field: { field: 'arp_op', value: 2 } })
    out.push({ type: 'nx_reg_move', n_bits: 32, src_ofs: 0, dst_ofs: 0, src: 'arp_tpa', dst: 'arp_spa' })
  }
  if (deep === undefined || deep === 'arp') return out
  out.push(...IP_ACTIONS, ...(deep.endsWith('6') ? IP6_ACTIONS : IP4_ACTIONS))
  if (deep.startsWith('tcp')) out.push(...transportActions('tcp'))
  if (deep.startsWith('udp')) out.push(...transportActions('udp'))
  if (options.ct) {
    for (const recirc_table of [...later(table), 0xff]) {
      out.push({ type: 'nx_ct', flags: 0, zone: 7, recirc_table, alg: 'none', actions: [] })
      out.push({ type: 'nx_ct', flags: 1, zone: 7, recirc_table, alg: 'none', actions: [mark] })
    }
  }
  return out
}

const mark: Action = { type: 'set_field', field: { field: 'ct_mark', value: 5 } }

function action(match: readonly Oxm[], table: number, options: FlowOptions): fc.Arbitrary<Action> {
  const outputs = fc.constantFrom(1, 2, 3, 9, 0xfffffff8, 0xfffffffb, CONTROLLER, CONTROLLER).map(output)
  const plain = fc.constantFrom(...choices(match, table, options))
  const group = fc.constantFrom(1, 2, 3).map((group_id): Action => ({ type: 'group', group_id }))
  const clone = fc
    .array(fc.oneof(plain, outputs), { minLength: 1, maxLength: 3 })
    .map((actions): Action => ({ type: 'nx_clone', actions: actions.filter((one) => one.type !== 'pop_vlan') }))
  const kinds: fc.WeightedArbitrary<Action>[] = [
    { weight: 4, arbitrary: outputs },
    { weight: 6, arbitrary: plain },
    { weight: 1, arbitrary: group },
    { weight: 1, arbitrary: clone },
  ]
  if (table < 3) {
    const onward = fc
      .constantFrom(...later(table))
      .map((to): Action => ({ type: 'nx_resubmit_table', in_port: 0xfff8, table: to }))
    kinds.push({ weight: 2, arbitrary: onward })
  }
  return fc.oneof(...kinds)
}

const SET_ACTIONS: readonly Action[] = [
  output(2),
  output(3),
  output(CONTROLLER),
  { type: 'group', group_id: 1 },
  { type: 'set_field', field: { field: 'eth_src', value: 0x02000000000a } },
  { type: 'set_field', field: { field: 'reg0', value: 1 } },
  { type: 'push_vlan', ethertype: 0x8100 },
]

/** Actions that leave a tag or take it: no more than one per flow, or the second would not fit the first. */
function tidy(actions: Action[]): Action[] {
  let tags = 0
  return actions.filter((one) => (one.type === 'push_vlan' || one.type === 'pop_vlan' ? tags++ === 0 : true))
}

export interface Sketch {
  table: number
  priority: number
  match: Oxm[]
  instructions: Instruction[]
}

function sketch(options: FlowOptions): fc.Arbitrary<Sketch> {
  return fc
    .tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 1, max: 6 }),
      freeFields,
      fc.option(fc.constantFrom(...KINDS).chain(kindFields), { nil: [] as Oxm[], freq: 4 }),
    )
    .chain(([table, priority, free, kind]) => {
      const match = [...free, ...kind]
      return fc
        .tuple(
          fc.array(action(match, table, options), { maxLength: 4 }),
          fc.subarray([...SET_ACTIONS]),
          options.ct ? fc.constantFrom('none', 'clear') : fc.constantFrom('none', 'none', 'write', 'clear'),
          fc.option(fc.constantFrom(1n, 2n, 3n), { nil: undefined }),
          table < 3
            ? fc.option(fc.integer({ min: table + 1, max: 3 }), { nil: undefined, freq: 2 })
            : fc.constant(undefined),
        )
        .map(([actions, set, setting, metadata, goto]): Sketch => {
          const instructions: Instruction[] = [{ type: 'apply_actions', actions: tidy(actions) }]
          if (setting === 'clear') instructions.push({ type: 'clear_actions' })
          if (setting === 'write') instructions.push({ type: 'write_actions', actions: set })
          if (metadata !== undefined) {
            instructions.push({ type: 'write_metadata', metadata, metadata_mask: 3n })
          }
          if (goto !== undefined) instructions.push({ type: 'goto_table', table_id: goto })
          return { table, priority, match, instructions }
        })
    })
}

/**
 * Clauses of one conjunction and its conj_id flow, at a priority of their own so that what wins is told by
 * ovs-fields(7), not by chance.
 */
const conjunction: fc.Arbitrary<Sketch[]> = fc
  .tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })),
    fc.integer({ min: 1, max: 2 }),
    fc.uniqueArray(fc.constantFrom(...HOSTS), { minLength: 1, maxLength: 3 }),
    fc.uniqueArray(fc.constantFrom(...HOSTS), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(1, 2, 3, CONTROLLER),
  )
  .map(([table, [step, result], id, sources, destinations, port]) => {
    // Between those of other flows, and the conj_id flow's apart from the clauses'.
    const priority = step * 1000 + 900 + id
    const ip: Oxm = { field: 'eth_type', value: 0x800 }
    const clause = (match: Oxm[], k: number): Sketch => ({
      table,
      priority,
      match: [ip, ...match],
      instructions: apply({ type: 'nx_conjunction', clause: k, n_clauses: 2, id }),
    })
    return [
      ...sources.map((value) => clause([{ field: 'ipv4_src', value }], 0)),
      ...destinations.map((value) => clause([{ field: 'ipv4_dst', value }], 1)),
      {
        table,
        priority: result * 1000 + 800 + id,
        match: [{ field: 'conj_id', value: id }, ip],
        instructions: apply(
          output(port),
          { type: 'set_field', field: { field: 'reg0', value: id } },
          output(CONTROLLER),
        ),
      },
    ]
  })

export const groups: readonly MessageNamed<'group_mod'>[] = [
  group(1, 'all', [
    [output(1)],
    [{ type: 'set_field', field: { field: 'eth_src', value: 0x020000000077 } }, output(2)],
  ]),
  group(2, 'indirect', [
    [output(CONTROLLER), { type: 'set_field', field: { field: 'eth_dst', value: 0x020000000078 } }],
  ]),
  group(3, 'select', [[{ type: 'group', group_id: 1 }]]),
]

function group(id: number, group_type: 'all' | 'indirect' | 'select', buckets: Action[][]): MessageNamed<'group_mod'> {
  return {
    type: 'group_mod',
    xid: 900 + id,
    command: 'add',
    group_type,
    group_id: id,
    buckets: buckets.map((actions) => ({
      weight: group_type === 'select' ? 1 : 0,
      watch_port: 0xffffffff,
      watch_group: 0xffffffff,
      actions,
    })),
  }
}

/** flow_mods with cookies 1, 2, ...; no two flows of one identity, no two that could match at one priority. */
export function flows(options: FlowOptions = {}): fc.Arbitrary<MessageNamed<'flow_mod'>[]> {
  return fc
    .tuple(fc.array(sketch(options), { minLength: 4, maxLength: 24 }), fc.array(conjunction, { maxLength: 3 }))
    .map(([plain, conjunctions]) => {
      const all = [...plain.map((one, i) => ({ ...one, priority: one.priority * 1000 + i })), ...unlike(conjunctions)]
      return all.map((one, i) => flowAdd(i + 1, { ...one, cookie: BigInt(i + 1) }))
    })
}

/** One conjunction per table and priority. */
function unlike(conjunctions: readonly Sketch[][]): Sketch[] {
  const seen = new Set<string>()
  return conjunctions.flatMap((sketches) => {
    const key = `${sketches[0]!.table}/${sketches[0]!.priority}`
    if (seen.has(key)) return []
    seen.add(key)
    return sketches
  })
}

/** Frames of the vocabulary. */
export const packet: fc.Arbitrary<Uint8Array> = fc
  .record({
    kind: fc.constantFrom<Kind | 'sctp' | 'other'>(...KINDS, 'sctp', 'other'),
    dl: fc.tuple(fc.constantFrom(...MACS), fc.constantFrom(...MACS.slice(0, 3))),
    vid: fc.constantFrom(undefined, undefined, 5, 6),
    hosts: fc.tuple(fc.constantFrom(...HOSTS), fc.constantFrom(...HOSTS)),
    hosts6: fc.tuple(fc.constantFrom(...HOSTS6), fc.constantFrom(...HOSTS6)),
    ports: fc.tuple(fc.constantFrom(...L4_PORTS), fc.constantFrom(...L4_PORTS)),
    flags: fc.constantFrom(2, 16, 18),
    ttl: fc.constantFrom(64, 2, 1),
    tos: fc.constantFrom(0, 40, 41),
    fragment: fc.constantFrom(0, 0, 0, 0x2000, 0x2001, 1),
  })
  .map((m) => {
    const ends = { src: m.hosts[0], dst: m.hosts[1] }
    const ends6 = { src: m.hosts6[0], dst: m.hosts6[1] }
    const [sport, dport] = m.ports
    const four = (proto: number, payload: Uint8Array): Uint8Array =>
      build.ipv4({ ...ends, proto, payload, ttl: m.ttl, tos: m.tos, fragment: m.fragment })
    const six = (proto: number, payload: Uint8Array): Uint8Array =>
      build.ipv6({ ...ends6, proto, payload, hopLimit: m.ttl, trafficClass: m.tos })
    const [type, payload] = ((): [number, Uint8Array] => {
      switch (m.kind) {
        case 'tcp':
          return [0x800, four(6, build.tcp({ ...ends, sport, dport, flags: m.flags }))]
        case 'udp':
          return [0x800, four(17, build.udp({ ...ends, sport, dport }))]
        case 'sctp':
          return [0x800, four(132, build.sctp({ sport, dport }))]
        case 'icmp':
          return [0x800, four(1, build.icmp({ type: 8 }))]
        case 'tcp6':
          return [0x86dd, six(6, build.tcp({ ...ends6, sport, dport, flags: m.flags }))]
        case 'udp6':
          return [0x86dd, six(17, build.udp({ ...ends6, sport, dport }))]
        case 'icmp6':
          return [0x86dd, six(58, build.neighbour({ ...ends6, type: 135, target: m.hosts6[1], address: 5 }))]
        case 'arp':
          return [0x806, build.arp({ spa: m.hosts[0], tpa: m.hosts[1] })]
        default:
          return [0x88b5, build.octets('00112233445566778899')]
      }
    })()
    const tags = m.vid === undefined ? [] : [{ vid: m.vid, pcp: 3 }]
    return build.ethernet({ dst: m.dl[0], src: m.dl[1], tags, type, payload })
  })

/** IPv4 fragments other than the first. */
export function late(data: Uint8Array): boolean {
  const l3 = data[12] === 0x81 ? 18 : 14
  return data[l3 - 2] === 8 && data[l3 - 1] === 0 && ((data[l3 + 6]! & 0x1f) | data[l3 + 7]!) !== 0
}

/** The same with octets changed or cut off: lengths, versions, header sizes that lie. */
export const damaged: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    packet,
    fc.array(fc.tuple(fc.integer({ min: 12, max: 60 }), fc.constantFrom(0, 1, 0x0f, 0x45, 0x46, 0x7f, 0xff)), {
      maxLength: 3,
    }),
    fc.integer({ min: 14, max: 140 }),
  )
  .map(([data, changes, size]) => {
    const out = data.slice(0, size)
    for (const [at, octet] of changes) if (at < out.length) out[at] = octet
    return out
  })
