/**
 * Random flows by the field tables: matches whose prerequisites hold, actions in the form in which a 1.3 connection
 * has them. For the round trip of the text form and for comparing it with ovs-ofctl.
 */
import fc from 'fast-check'
import { type Action, FIELD_NAMES, type FieldName, type Instruction, type Oxm, oxmRow } from 'node-openflow'
import { sentPlace } from '../../openflow/text/match-form.ts'

const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n

/**
 * Another spelling of a field, a field that Open vSwitch does not know, or (recirc_id) keeps for itself, or prints in
 * part (ERSPAN by version, NSH contexts by type) or under a name that it does not read (GTP-U).
 */
const LEFT_OUT =
  /^(nxm_|oxm_)|^(in_phy_port|pbb_|ipv6_exthdr|packet_type|nw_tos|vlan_|tun_metadata|tun_id|x+reg|eth_type|ip_proto|recirc_id|nsh_c|tun_erspan|tun_gtpu)/
/** Wants a tracked connection too; the captured flows have these. */
const TRACKED = /^ct_(nw|ipv6|tp)_/
/** Masks that ovs-ofctl does not print. */
const MASK_HIDDEN = /^tun_gbp_flags/

const bitsOf = (name: FieldName): number => oxmRow(name).bits ?? oxmRow(name).size * 8

/** Prefixes, any bits, all bits. */
const mask = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.integer({ min: 1, max: bits }).map((n) => ones(bits) ^ ones(bits - n)),
    // ovs-ofctl takes an IPv6 mask that begins with digits for the length of a prefix.
    fc.bigInt({ min: 1n, max: ones(bits) }).map((n) => (bits === 128 ? n | (15n << 124n) : n)),
  )

/** Bits that Open vSwitch takes, where they are fewer than the field has. */
const NARROW: Readonly<Partial<Record<FieldName, number>>> = {
  ct_state: 8,
  arp_op: 8,
  nsh_ttl: 6,
}

/** A value of the field, and where it takes one a mask if `masked`, as Open vSwitch sends them. */
export function fieldValue(name: FieldName, masked: boolean): fc.Arbitrary<Oxm> {
  const row = oxmRow(name)
  const bits = NARROW[(row.twin ?? name) as FieldName] ?? bitsOf(name)
  const make = (number: bigint, m: bigint | undefined): Oxm => {
    const of = (n: bigint): number | bigint => (row.size <= 6 ? Number(n) : n)
    // Open vSwitch says of these fields which bits there are.
    if (masked && m === undefined && name === 'ct_state') return make(number, 0xffn)
    if (masked && name === 'tun_flags') return { field: name, value: Number(number), mask: 1 }
    const whole = m === undefined || m === ones(bitsOf(name))
    return (whole ? { field: name, value: of(number) } : { field: name, value: of(number & m), mask: of(m) }) as Oxm
  }
  if (row.print === 'port') {
    return fc.oneof(fc.integer({ min: 1, max: 0xfeff }), fc.constant(0xfffffffe)).map((n) => make(BigInt(n), undefined))
  }
  if (name === 'nsh_mdtype') return fc.constantFrom(1n, 2n).map((n) => make(n, undefined))
  if (name === 'nw_frag')
    return fc
      .constantFrom(
        ...([
          [0n, 3n],
          [1n, 1n],
          [1n, 3n],
          [3n, 3n],
          [0n, 2n],
        ] as const),
      )
      .map(([v, m]) => make(v, m)) // prettier-ignore
  const number = fc.oneof(fc.bigInt({ min: 0n, max: ones(bits) }), fc.constantFrom(0n, 1n, ones(bits)))
  if (!masked || !row.maskable || MASK_HIDDEN.test(name)) return number.map((n) => make(n, undefined))
  return fc.tuple(number, fc.option(mask(bits), { nil: undefined })).map(([n, m]) => make(n, m))
}

interface Family {
  readonly ethType?: number
  readonly ipProto?: number
  readonly icmpv6Type?: number
}

const IP = [0x0800, 0x86dd]
const FAMILIES: readonly Family[] = [
  {},
  ...[0x0806, 0x8035, 0x8847, 0x8848, 0x894f, 0x1234].map((ethType) => ({ ethType })),
  ...IP.flatMap((ethType) => [{ ethType }, ...[6, 17, 132, 200].map((ipProto) => ({ ethType, ipProto }))]),
  { ethType: 0x0800, ipProto: 1 },
  { ethType: 0x86dd, ipProto: 58 },
  ...[135, 136].map((icmpv6Type) => ({ ethType: 0x86dd, ipProto: 58, icmpv6Type })),
]

function fits(name: FieldName, { ethType, ipProto, icmpv6Type }: Family): boolean {
  if (LEFT_OUT.test(name) || TRACKED.test(name)) return false
  if (icmpv6Type !== undefined && /^icmpv6_/.test(name)) return false
  const { needs } = oxmRow(name)
  const has = { eth_type: ethType, ip_proto: ipProto, icmpv6_type: icmpv6Type, icmpv6_code: 0, vlan_vid: undefined }
  return Object.entries(needs ?? {}).every(([need, values]) => {
    const found = has[need as keyof typeof has]
    return found !== undefined && values.includes(found)
  })
}

const vlan: fc.Arbitrary<Oxm[]> = fc.oneof(
  fc.constant<Oxm[]>([]),
  fc.constant<Oxm[]>([{ field: 'vlan_vid', value: 0 }]),
  fc.constant<Oxm[]>([{ field: 'vlan_vid', value: 0x1000, mask: 0x1000 }]),
  fc.integer({ min: 0, max: 0xfff }).map<Oxm[]>((v) => [{ field: 'vlan_vid', value: 0x1000 | v }]),
  fc.tuple(fc.integer({ min: 0, max: 0xfff }), fc.integer({ min: 0, max: 7 })).map<Oxm[]>(([v, pcp]) => [
    { field: 'vlan_vid', value: 0x1000 | v },
    { field: 'vlan_pcp', value: pcp },
  ]),
  fc.integer({ min: 0, max: 7 }).map<Oxm[]>((pcp) => [
    { field: 'vlan_vid', value: 0x1000, mask: 0x1000 },
    { field: 'vlan_pcp', value: pcp },
  ]),
)

const place = ({ field }: Oxm): number => (field === 'unknown' ? FIELD_NAMES.length : sentPlace(field))

/** Later fragments have no transport header: ovs-ofctl itself sends what it then refuses to read. */
function withoutLaterPorts(fields: Oxm[]): Oxm[] {
  const later = fields.some((oxm) => oxm.field === 'nw_frag' && (oxm.value & 2) !== 0)
  if (!later) return fields
  return fields.filter((oxm) => oxm.field === 'unknown' || oxmRow(oxm.field).needs?.ip_proto === undefined)
}

/** A sound match in the form in which Open vSwitch sends it. */
export const arbitraryMatch: fc.Arbitrary<Oxm[]> = fc.constantFrom(...FAMILIES).chain((family) => {
  const names = FIELD_NAMES.filter((name) => fits(name, family))
  // Registers are many: without this they would crowd out everything else.
  const few = names.filter((name) => !/^reg([4-9]|1\d)$/.test(name))
  const fixed: Oxm[] = []
  if (family.ethType !== undefined) fixed.push({ field: 'eth_type', value: family.ethType })
  if (family.ipProto !== undefined) fixed.push({ field: 'ip_proto', value: family.ipProto })
  if (family.icmpv6Type !== undefined) {
    fixed.push({ field: 'icmpv6_type', value: family.icmpv6Type }, { field: 'icmpv6_code', value: 0 })
  }
  return fc
    .tuple(fc.subarray(few, { maxLength: 8 }), vlan)
    .chain(([chosen, tag]) =>
      fc.tuple(...chosen.map((name) => fieldValue(name, true))).map((fields) => [...fixed, ...tag, ...fields]),
    )
    .map((fields) => withoutLaterPorts(fields).sort((a, b) => place(a) - place(b)))
})

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const shortPort = fc.oneof(fc.integer({ min: 1, max: 0xfeff }), fc.constantFrom(0xfffe, 0xfff8))

const register = fc.integer({ min: 0, max: 15 }).map((i) => `reg${i}` as FieldName)
const range = fc
  .tuple(register, fc.integer({ min: 0, max: 31 }), fc.integer({ min: 0, max: 31 }))
  .map(([field, a, b]) => ({ field, ofs: Math.min(a, b), n_bits: Math.abs(a - b) + 1 }))
const bit = fc.tuple(register, fc.integer({ min: 0, max: 31 })).map(([field, ofs]) => ({ field, ofs }))

const output: fc.Arbitrary<Action> = fc.oneof(
  fc.integer({ min: 1, max: 0xfeff }).map<Action>((port) => ({ type: 'output', port, max_len: 0 })),
  fc
    .constantFrom(0xfffffff8, 0xfffffffa, 0xfffffffb, 0xfffffffc, 0xfffffffe)
    .map<Action>((port) => ({ type: 'output', port, max_len: 0 })),
  u16.map<Action>((max_len) => ({ type: 'output', port: 0xfffffffd, max_len })),
)

const SETTABLE: readonly FieldName[] = [
  'eth_src',
  'eth_dst',
  'metadata',
  'tunnel_id',
  'pkt_mark',
  'reg0',
  'reg15',
  'xreg3',
  'xxreg1',
  'tun_src',
  'tun_ipv6_dst',
  'tun_flags',
  'tun_gbp_id',
  'nxm_of_in_port',
] // prettier-ignore
const setField = fc
  .constantFrom(...SETTABLE)
  .chain((name) => fieldValue(name, false))
  .map<Action>((field) => ({
    type: 'set_field',
    field: (field.field === 'nxm_of_in_port' ? { ...field, value: (field.value as number) & 0xffff } : field) as Oxm,
  }))

const v4 = u32
const nat: fc.Arbitrary<Action> = fc.oneof(
  fc.constant<Action>({ type: 'nx_nat', flags: 0, range: {} }),
  fc
    .record({
      src: fc.boolean(),
      flag: fc.constantFrom(0, 4, 8, 16, 20),
      addresses: fc.tuple(fc.integer({ min: 1, max: 0x7fffffff }), fc.integer({ min: 1, max: 1000 }), fc.boolean()),
      ports: fc.option(fc.tuple(fc.integer({ min: 1, max: 30000 }), fc.integer({ min: 0, max: 1000 })), {
        nil: undefined,
      }),
    })
    .map<Action>(({ src, flag, addresses: [ip, more, many], ports }) => ({
      type: 'nx_nat',
      flags: (src ? 1 : 2) | flag,
      range: {
        ipv4_min: ip,
        ...(many ? { ipv4_max: ip + more } : {}),
        ...(ports === undefined ? {} : { proto_min: ports[0] }),
        ...(ports === undefined || ports[1] === 0 ? {} : { proto_max: ports[0] + ports[1] }),
      },
    })),
)

const ctInside = fc.array(
  fc.oneof(
    u32.map<Action>((n) => ({ type: 'set_field', field: { field: 'ct_mark', value: n } })),
    fc
      .bigInt({ min: 0n, max: ones(128) })
      .map<Action>((n) => ({ type: 'set_field', field: { field: 'ct_label', value: n } })),
    u32.map<Action>((n) => ({
      type: 'nx_reg_load',
      ofs_nbits: { ofs: 32, n_bits: 32 },
      dst: 'ct_label',
      value: BigInt(n),
    })),
  ),
  { maxLength: 2 },
)
/** Addresses of nat want a match on IP; `natural` says that there is one. */
const ct = (natural: boolean, alg: 'none' | 'ftp' | 'tftp'): fc.Arbitrary<Action> =>
  fc
    .record({
      force: fc.boolean(),
      zone: fc.oneof(
        u16,
        range.filter(({ n_bits }) => n_bits === 16),
      ),
      recirc_table: fc.oneof(fc.constant(0xff), fc.integer({ min: 100, max: 200 })),
      alg: fc.constantFrom('none' as const, alg),
      nat: fc.option(nat, { nil: undefined }),
      inside: ctInside,
    })
    .map<Action>(({ force, nat: n, inside, alg, zone, recirc_table }) => ({
      type: 'nx_ct',
      flags: force ? 3 : 1,
      zone,
      recirc_table,
      alg,
      actions: n === undefined || !natural ? inside : [n, ...inside],
    }))

const learn: fc.Arbitrary<Action> = fc
  .record({
    timeouts: fc.tuple(u16, u16, u16, u16),
    priority: u16,
    cookie: fc.bigInt({ min: 0n, max: ones(64) }),
    flags: fc.integer({ min: 0, max: 3 }),
    limit: fc.option(fc.integer({ min: 1, max: 0xffffffff }), { nil: undefined }),
    to: range,
    number: u16,
  })
  .map<Action>(({ timeouts, priority, cookie, flags, limit, to, number }) => {
    const head = {
      idle_timeout: timeouts[0],
      hard_timeout: timeouts[1],
      priority,
      cookie,
      flags,
      table_id: 200,
      fin_idle_timeout: timeouts[2],
      fin_hard_timeout: timeouts[3],
      specs: [
        { n_bits: 12, src: { field: 'vlan_tci', ofs: 0 }, to: 'match', dst: { field: 'vlan_tci', ofs: 0 } },
        { n_bits: 48, src: { field: 'nxm_of_eth_src', ofs: 0 }, to: 'match', dst: { field: 'nxm_of_eth_dst', ofs: 0 } },
        { n_bits: 16, src: Uint8Array.of(number >> 8, number & 255), to: 'match', dst: { field: 'reg3', ofs: 4 } },
        {
          n_bits: 32,
          src: Uint8Array.of(0, 0, number >> 8, number & 255),
          to: 'match',
          dst: { field: 'reg4', ofs: 0 },
        },
        { n_bits: to.n_bits, src: { field: 'reg5', ofs: 0 }, to: 'load', dst: { field: to.field, ofs: to.ofs } },
        { n_bits: 16, src: { field: 'nxm_of_in_port', ofs: 0 }, to: 'output' },
      ],
    } satisfies Omit<Extract<Action, { type: 'nx_learn' }>, 'type'>
    if (limit === undefined) return { type: 'nx_learn', ...head }
    return { type: 'nx_learn2', ...head, flags: flags | 4, limit, result: { ofs: 3, field: 'reg9' } }
  })

const resubmit: fc.Arbitrary<Action> = fc
  .tuple(fc.oneof(fc.constant(0xfff8), shortPort), fc.integer({ min: 0, max: 0xfe }))
  .map(([in_port, table]) => ({ type: 'nx_resubmit_table', in_port, table }))

const plain: readonly fc.Arbitrary<Action>[] = [
  output,
  u32.map((group_id) => ({ type: 'group', group_id: group_id % 0xffffff00 })),
  u32.map((queue_id) => ({ type: 'set_queue', queue_id })),
  fc.constant<Action>({ type: 'nx_pop_queue' }),
  setField,
  fc.tuple(range, u32).map(([{ field, ofs, n_bits }, n]) => ({
    type: 'nx_reg_load',
    ofs_nbits: { ofs, n_bits },
    dst: field,
    value: BigInt(n) & ones(n_bits),
  })),
  fc.tuple(range, register).map(([{ field, ofs, n_bits }, dst]) => ({
    type: 'nx_reg_move',
    n_bits,
    src_ofs: ofs,
    dst_ofs: 0,
    src: field,
    dst,
  })),
  fc
    .tuple(range, fc.constantFrom('nx_stack_push' as const, 'nx_stack_pop' as const))
    .map(([{ field, ofs, n_bits }, type]) => ({ type, offset: ofs, field, n_bits })),
  range.map(({ field, ofs, n_bits }) => ({
    type: 'nx_output_reg',
    ofs_nbits: { ofs, n_bits },
    src: field,
    max_len: 0xffff,
  })),
  fc
    .tuple(shortPort, fc.integer({ min: 14, max: 0xffffffff }))
    .map(([port, max_len]) => ({ type: 'nx_output_trunc', port, max_len })),
  shortPort.filter((port) => port !== 0xfff8).map((in_port) => ({ type: 'nx_resubmit_table', in_port, table: 0xff })),
  resubmit,
  learn,
  fc
    .record({
      fields: fc.constantFrom('eth_src', 'symmetric_l4', 'symmetric_l3l4', 'symmetric_l3l4_udp', 'symmetric_l3'),
      basis: u16,
      links: u16,
      arg: u32,
      algorithm: fc.constantFrom('modulo_n', 'hash_threshold', 'hrw', 'iter_hash'),
    })
    .map(({ fields, basis, links, arg, algorithm }) => ({
      type: 'nx_multipath',
      fields: fields as 'eth_src',
      basis,
      algorithm: algorithm as 'hrw',
      max_link: links,
      arg,
      ofs_nbits: { ofs: 0, n_bits: 32 },
      dst: 'reg7',
    })),
  fc
    .tuple(fc.array(shortPort, { minLength: 1, maxLength: 4 }), fc.option(register, { nil: undefined }), u16)
    .map(([slaves, dst, basis]) => ({
      type: dst === undefined ? 'nx_bundle' : 'nx_bundle_load',
      algorithm: 'hrw',
      fields: 'symmetric_l4',
      basis,
      slave_type: 'nxm_of_in_port',
      ofs_nbits: dst === undefined ? 0 : 31,
      dst: dst ?? 0,
      slaves,
    })),
  fc.uint8Array({ minLength: 6, maxLength: 6 }).map((note) => ({ type: 'nx_note', note })),
  fc.constant<Action>({ type: 'nx_exit' }),
  fc
    .record({
      probability: fc.integer({ min: 1, max: 0xffff }),
      collector_set_id: u32,
      obs_domain_id: u32,
      obs_point_id: u32,
    })
    .map((sample) => ({ type: 'nx_sample', ...sample })),
  fc.tuple(shortPort, fc.constantFrom('ingress' as const, 'egress' as const)).map(([sampling_port, direction]) => ({
    type: 'nx_sample3',
    probability: 5,
    collector_set_id: 1,
    obs_domain_id: 2,
    obs_point_id: 3,
    sampling_port,
    direction,
  })),
  fc.constant<Action>({ type: 'nx_ct_clear' }),
  fc.integer({ min: 0, max: 63 }).map((i) => ({ type: 'nx_delete_field', field: `tun_metadata${i}` as FieldName })),
  fc
    .tuple(u16, bit)
    .map(([pkt_len, { field, ofs }]) => ({ type: 'nx_check_pkt_larger', pkt_len, offset: ofs, dst: field })),
  fc
    .tuple(u16, fc.integer({ min: 1, max: 0xffff }))
    .map(([max_len, controller_id]) => ({ type: 'nx_controller', max_len, controller_id, reason: 'invalid_ttl' })),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.boolean()).map(([userdata, pause]) => ({
    type: 'nx_controller2',
    properties: [{ type: 'userdata', userdata }, ...(pause ? [{ type: 'pause' } as const] : [])],
  })),
  u16.map((ethertype) => ({ type: 'push_vlan', ethertype: ethertype % 2 ? 0x8100 : 0x88a8 })),
]
const ofIp: readonly fc.Arbitrary<Action>[] = [
  fc.constant<Action>({ type: 'dec_nw_ttl' }),
  fc.integer({ min: 0, max: 255 }).map((nw_ttl) => ({ type: 'set_nw_ttl', nw_ttl })),
  fc.array(u16, { minLength: 1, maxLength: 3 }).map((cnt_ids) => ({ type: 'nx_dec_ttl_cnt_ids', cnt_ids })),
  fc.integer({ min: 0, max: 63 }).map((n) => ({ type: 'set_field', field: { field: 'ip_dscp', value: n } })),
]

const CT_INVALID = 16

const matched = (match: readonly Oxm[], field: FieldName): unknown => match.find((oxm) => oxm.field === field)?.value

/** Actions that make sense after a match. */
function actionsAfter(match: readonly Oxm[]): fc.Arbitrary<Action[]> {
  const ethType = matched(match, 'eth_type')
  const ipv4 = ethType === 0x0800
  const alg = ({ 6: 'ftp', 17: 'tftp' } as const)[Number(matched(match, 'ip_proto'))] ?? 'none'
  // A connection cannot be committed for a packet that is matched as invalid.
  const invalid = (Number(matched(match, 'ct_state') ?? 0) & CT_INVALID) !== 0
  const tracking = invalid ? [] : [ct(ipv4, alg)]
  const all = [...plain, ...(ipv4 || ethType === 0x86dd ? [...ofIp, ...tracking] : [])]
  const fragment = match.some(({ field, value }) => field === 'nw_frag' && (value & 2) !== 0)
  const tcp = ipv4 && !fragment && matched(match, 'ip_proto') === 6
  const addresses = v4.map<Action>((n) => ({ type: 'set_field', field: { field: 'ipv4_dst', value: n } }))
  const ports = u16.map<Action>((n) => ({ type: 'set_field', field: { field: 'tcp_dst', value: n } }))
  const finTimeout = fc
    .tuple(u16, fc.integer({ min: 1, max: 0xffff }))
    .map<Action>(([idle, hard]) => ({ type: 'nx_fin_timeout', fin_idle_timeout: idle, fin_hard_timeout: hard }))
  const some = fc.oneof(...all, ...(ipv4 ? [addresses] : []), ...(tcp ? [ports, finTimeout] : []))
  const pushed = (actions: Action[]): Action[] => {
    const first = actions.findIndex(({ type }) => type === 'push_vlan')
    return actions.filter(({ type }, i) => type !== 'push_vlan' || i === first)
  }
  const nested = fc.tuple(
    fc.array(some, { maxLength: 5 }),
    fc.array(output, { minLength: 1, maxLength: 2 }),
    fc.boolean(),
  )
  return nested.map(([actions, inside, clone]) =>
    pushed(clone ? [...actions, { type: 'nx_clone', actions: inside }] : actions),
  )
}

const conjunction = fc.array(
  fc
    .tuple(u32, fc.integer({ min: 2, max: 64 }), fc.integer({ min: 0, max: 63 }))
    .map<Action>(([id, n_clauses, clause]) => ({
      type: 'nx_conjunction',
      clause: clause % n_clauses,
      n_clauses,
      id,
    })),
  { minLength: 1, maxLength: 3 },
)

/** What a flow has besides table and the like; instructions in their order. */
export interface ArbitraryFlow {
  table_id: number
  priority: number
  cookie: bigint
  idle_timeout: number
  hard_timeout: number
  flags: number
  match: Oxm[]
  instructions: Instruction[]
}

const u64 = fc.bigInt({ min: 0n, max: ones(64) })

function instructionsAfter(match: readonly Oxm[]): fc.Arbitrary<Instruction[]> {
  const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(arbitrary, { nil: undefined })
  const whole = fc
    .record({
      meter: optional(
        fc.integer({ min: 1, max: 0xffff0000 }).map<Instruction>((meter_id) => ({ type: 'meter', meter_id })),
      ),
      apply: actionsAfter(match).map<Instruction | undefined>((actions) =>
        actions.length === 0 ? undefined : { type: 'apply_actions', actions },
      ),
      clear: optional(fc.constant<Instruction>({ type: 'clear_actions' })),
      write: optional(output.map<Instruction>((action) => ({ type: 'write_actions', actions: [action] }))),
      metadata: optional(
        fc
          .tuple(u64, u64)
          .map<Instruction>(([a, b]) => ({ type: 'write_metadata', metadata: a & b, metadata_mask: b })),
      ),
      goto: optional(
        fc.integer({ min: 201, max: 253 }).map<Instruction>((table_id) => ({ type: 'goto_table', table_id })),
      ),
    })
    .map((all) => Object.values(all).filter((instruction) => instruction !== undefined))
  return fc.oneof(
    { weight: 9, arbitrary: whole },
    { weight: 1, arbitrary: conjunction.map<Instruction[]>((actions) => [{ type: 'apply_actions', actions }]) },
  )
}

export const arbitraryFlow: fc.Arbitrary<ArbitraryFlow> = arbitraryMatch.chain((match) =>
  fc.record({
    table_id: fc.integer({ min: 0, max: 99 }),
    priority: fc.oneof(u16, fc.constant(32768)),
    cookie: fc.oneof(fc.bigInt({ min: 0n, max: ones(64) - 1n }), fc.constant(0n)),
    idle_timeout: fc.oneof(u16, fc.constant(0)),
    hard_timeout: fc.oneof(u16, fc.constant(0)),
    flags: fc.integer({ min: 0, max: 31 }),
    match: fc.constant(match),
    instructions: instructionsAfter(match),
  }),
)
