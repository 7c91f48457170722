/**
 * Random flow tables and packets over what tags travel in: MPLS labels, VLAN priorities, tunnel fields and options,
 * and lengths. Made like those of arbitrary-flows.ts, over a vocabulary of their own.
 */

import fc from 'fast-check'
import type { Action, GeneveOption, Message, MessageNamed, Oxm, TunnelHeader } from 'node-openflow'
import { apply, CONTROLLER, flowAdd, late, output, packet } from './arbitrary-flows.ts'
import { octets } from './packets.ts'

/** The switch's own underlay address, those of others, and ports that are ends of tunnels. */
export const OWN = 0x01010101
const OTHERS = [0x01010102, 0x01010103]
export const GENEVE_PORT = 4
export const VXLAN_PORT = 5

/** Options that are mapped, by the field's number. */
export const MAPPINGS = [
  { option_class: 0xff54, option_type: 0x81, option_len: 4, index: 0 },
  { option_class: 0xff54, option_type: 0x02, option_len: 4, index: 1 },
  { option_class: 0xff54, option_type: 0x03, option_len: 12, index: 5 },
] as const

export const mapOptions = (xid: number): Message[] => [
  { type: 'nx_tlv_table_mod', xid, command: 'clear', mappings: [] },
  { type: 'nx_tlv_table_mod', xid: xid + 1, command: 'add', mappings: [...MAPPINGS] },
]

type Kind = 'any' | 'mpls' | 'ip' | 'ip6'
const ETH_TYPES = { mpls: 0x8847, ip: 0x800, ip6: 0x86dd } as const
const LABELS = [0, 2, 100, 0xfffff]

const optional = (arbitrary: fc.Arbitrary<Oxm>, freq = 3): fc.Arbitrary<Oxm[]> =>
  fc.option(arbitrary, { nil: undefined, freq }).map((oxm) => (oxm === undefined ? [] : [oxm]))
const among = (...found: Oxm[]): fc.Arbitrary<Oxm> => fc.constantFrom(...found)

const tunnelFields = fc
  .tuple(
    optional(among({ field: 'tunnel_id', value: 7n }, { field: 'tunnel_id', value: 1n, mask: 1n }), 1),
    optional(
      among({ field: 'tun_src', value: OTHERS[0]! }, { field: 'tun_src', value: 0x01010000, mask: 0xffff0000 }),
      1,
    ),
    optional(
      among({ field: 'tun_dst', value: OWN }, { field: 'tun_dst', value: 2, mask: 2 }, { field: 'tun_dst', value: 0 }),
      1,
    ),
    optional(among({ field: 'tun_flags', value: 1 }, { field: 'tun_flags', value: 0, mask: 1 }), 1),
    optional(among({ field: 'tun_gbp_id', value: 77 }, { field: 'tun_gbp_id', value: 1, mask: 1 }), 1),
    optional(
      among(
        { field: 'tun_metadata0', value: octets('00000000') },
        { field: 'tun_metadata0', value: octets('00001234') },
        { field: 'tun_metadata0', value: octets('1234') },
        { field: 'tun_metadata0', value: octets('00000034'), mask: octets('000000ff') },
        { field: 'tun_metadata0', value: octets('00000000'), mask: octets('00000000') },
      ),
      1,
    ),
    optional(
      among({
        field: 'tun_metadata5',
        value: octets('000000000000000100000000'),
        mask: octets('0000000000000001 00000000'),
      }),
      1,
    ),
  )
  .map((found) => found.flat())

const matchOf = (kind: Kind): fc.Arbitrary<Oxm[]> =>
  fc
    .tuple(
      optional(fc.constantFrom(1, 2, GENEVE_PORT).map((value): Oxm => ({ field: 'in_port', value }))),
      optional(
        among({ field: 'reg0', value: 1 }, { field: 'reg0', value: 8, mask: 8 }, { field: 'reg0', value: 0, mask: 8 }),
      ),
      fc.oneof({ weight: 2, arbitrary: fc.constant<Oxm[]>([]) }, { weight: 1, arbitrary: tunnelFields }),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant<Oxm[]>([]) },
        { weight: 1, arbitrary: fc.constant<Oxm[]>([{ field: 'vlan_vid', value: 0 }]) },
        {
          weight: 1,
          arbitrary: optional(
            fc.constantFrom(0, 3, 5).map((value): Oxm => ({ field: 'vlan_pcp', value })),
            1,
          ).map((pcp): Oxm[] => [{ field: 'vlan_vid', value: 0x1000, mask: 0x1000 }, ...pcp]),
        },
      ),
      kind === 'mpls' ? labelFields : fc.constant<Oxm[]>([]),
    )
    .map(([port, reg, tunnel, vlan, labels]) => [
      ...port,
      ...reg,
      ...tunnel,
      ...vlan,
      ...(kind === 'any' ? [] : [{ field: 'eth_type', value: ETH_TYPES[kind] } as const]),
      ...labels,
    ])

const labelFields = fc
  .tuple(
    optional(
      fc.constantFrom(...LABELS).map((value): Oxm => ({ field: 'mpls_label', value })),
      1,
    ),
    optional(
      fc.constantFrom(0, 5).map((value): Oxm => ({ field: 'mpls_tc', value })),
      1,
    ),
    optional(
      fc.constantFrom(0, 1).map((value): Oxm => ({ field: 'mpls_bos', value })),
      1,
    ),
    optional(
      fc.constantFrom(1, 64).map((value): Oxm => ({ field: 'mpls_ttl', value })),
      1,
    ),
  )
  .map((found) => found.flat())

const move = (src: string, src_ofs: number, dst: string, dst_ofs: number, n_bits: number): Action =>
  ({ type: 'nx_reg_move', n_bits, src_ofs, dst_ofs, src, dst }) as Action
const load = (dst: string, ofs: number, n_bits: number, value: bigint): Action =>
  ({ type: 'nx_reg_load', ofs_nbits: { ofs, n_bits }, dst, value }) as Action
const set = (field: string, value: unknown): Action => ({ type: 'set_field', field: { field, value } }) as Action

const PUSH: Action = { type: 'push_mpls', ethertype: 0x8847 }
const pop = (ethertype: number): Action => ({ type: 'pop_mpls', ethertype })

/** Whatever the packet is. */
const FREE: readonly Action[][] = [
  [set('reg0', 1)],
  [load('reg0', 3, 1, 1n)],
  [load('reg1', 0, 20, 0x12345n)],
  [move('tunnel_id', 0, 'reg3', 0, 24), move('tun_src', 0, 'reg4', 0, 32)],
  [move('tun_gbp_id', 0, 'reg0', 0, 16)],
]

/** Trace follows both answers. */
const LENGTHS: readonly Action[][] = [
  [{ type: 'nx_check_pkt_larger', pkt_len: 60, offset: 3, dst: 'reg0' }],
  [{ type: 'nx_check_pkt_larger', pkt_len: 70, offset: 0, dst: 'reg2' }],
]

/** A tag where there is none: with two of them, Open vSwitch 3.1 may put a label between them. */
const TAGGING: readonly Action[][] = [
  [{ type: 'push_vlan', ethertype: 0x8100 }, set('vlan_vid', 0x1805), move('reg1', 0, 'vlan_pcp', 0, 3)],
  [{ type: 'push_vlan', ethertype: 0x8100 }, move('reg1', 0, 'vlan_vid', 0, 11), set('vlan_pcp', 5)],
]

const TUNNELLING: readonly Action[][] = [
  [move('reg1', 0, 'tun_metadata0', 0, 32)],
  [set('tun_metadata0', octets('00001234'))],
  [load('tun_metadata1', 0, 32, 0xbeefn)],
  [set('tun_metadata5', octets('000000000000000100000000'))],
  [{ type: 'nx_delete_field', field: 'tun_metadata0' } as Action],
  [set('tunnel_id', 7n)],
  [{ type: 'nx_set_tunnel', tun_id: 0x1000007 }],
  [set('tun_dst', OTHERS[0]!)],
  [set('tun_dst', OTHERS[1]!), move('reg0', 0, 'tunnel_id', 0, 24)],
  [set('tun_dst', OWN)],
  [set('tun_flags', 1)],
  [set('tun_gbp_id', 77), set('tun_gbp_flags', 8)],
  [set('tun_ipv6_dst', 0n)],
]

/**
 * Behind a match on the option only: where it is absent and another is there, Open vSwitch 3.1 reads octets of that one
 * instead of zeros, and writes them back around bits that are written.
 */
const OPTION: readonly Action[][] = [
  [move('tun_metadata0', 0, 'reg0', 0, 32)],
  [load('tun_metadata0', 8, 16, 0xbeefn)],
  [
    {
      type: 'nx_reg_load2',
      field: { field: 'tun_metadata0', value: octets('00120000'), mask: octets('00ff0000') },
    },
  ],
]

const label = (to: number): Action => set('mpls_label', to)

/** Labels onto whatever it is; of what is behind them nothing is known any more. */
const PUSHING: readonly Action[][] = [
  [PUSH, label(100)],
  [PUSH, move('reg1', 0, 'mpls_label', 0, 20), set('mpls_tc', 5)],
  [PUSH, label(2), PUSH, move('reg1', 0, 'mpls_label', 0, 20), move('reg1', 4, 'mpls_tc', 0, 3)],
  [PUSH, { type: 'dec_mpls_ttl' }],
  [PUSH, { type: 'set_mpls_ttl', mpls_ttl: 1 }, { type: 'dec_mpls_ttl' }],
  [{ type: 'push_mpls', ethertype: 0x8848 }, set('mpls_ttl', 9)],
]

const LABELLED: readonly Action[][] = [
  [label(2)],
  [set('mpls_tc', 3)],
  [move('mpls_label', 0, 'reg0', 0, 20)],
  [move('mpls_tc', 0, 'reg1', 13, 3), move('mpls_bos', 0, 'reg0', 3, 1), move('mpls_ttl', 0, 'reg5', 0, 8)],
  [{ type: 'dec_mpls_ttl' }],
  [{ type: 'set_mpls_ttl', mpls_ttl: 3 }],
]

/**
 * The first label is taken away, and what is behind it is looked at. Not in later tables: of labels that are put on and
 * taken off again in one go Open vSwitch forgets the EtherType too, right or wrong.
 */
function popping(match: readonly Oxm[], table: number): Action[][] {
  const bottom = match.find(({ field }) => field === 'mpls_bos')?.value
  if (bottom === 0)
    return [[move('mpls_label', 0, 'reg0', 0, 20), pop(0x8847), move('mpls_label', 0, 'reg1', 0, 20)], [pop(0x8847)]]
  if (table > 0) return []
  const dec: Action = { type: 'dec_nw_ttl' }
  const inner4 = set('ipv4_dst', 0x0a000102)
  return [[pop(0x800)], [pop(0x86dd)], [pop(0x800), set('eth_src', 9), dec], [pop(0x800), inner4], [pop(0x86dd), dec]]
}

/**
 * What tests look at: `tunnels`, trace shows; `labels`, it does not follow behind the last one; `lengths` alone, because
 * Open vSwitch 3.1 aborts where a packet has too many labels for an action behind check_pkt_larger().
 */
export type Carried = 'labels' | 'lengths' | 'tunnels'

function flow(carried: Carried): fc.Arbitrary<Parameters<typeof flowAdd>[1]> {
  return fc
    .tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 1, max: 6 }),
      fc
        .constantFrom<Kind>('any', 'any', 'mpls', 'mpls', 'ip', 'ip6')
        .chain((kind) => fc.tuple(fc.constant(kind), matchOf(kind))),
    )
    .chain(([table, priority, [kind, match]]) => {
      const untagged = match.some(({ field, value }) => field === 'vlan_vid' && value === 0)
      const plain = [
        ...[...FREE, ...TUNNELLING],
        ...(match.some(({ field }) => field === 'tun_metadata0') ? OPTION : []),
        ...(kind === 'mpls' ? LABELLED : []),
        ...(carried === 'lengths' ? LENGTHS : []),
      ]
      const last = [
        [],
        carried === 'lengths' ? [] : PUSHING,
        kind === 'mpls' && carried === 'labels' ? popping(match, table) : [],
      ].flat()
      const ports = carried !== 'tunnels' ? [CONTROLLER, CONTROLLER, 2] : [1, 2, GENEVE_PORT, VXLAN_PORT, CONTROLLER]
      const outputs = fc.array(fc.constantFrom(...ports).map(output), { maxLength: 2 })
      const later = [1, 2, 3].filter((to) => to > table)
      const resubmit = fc
        .constantFrom(...later, 0)
        .map((to): Action[] => (to === 0 ? [] : [{ type: 'nx_resubmit_table', in_port: 0xfff8, table: to }]))
      return fc
        .tuple(
          fc.array(fc.constantFrom(...plain), { maxLength: 3 }),
          fc.constantFrom([], ...(untagged ? TAGGING : [])),
          fc.option(fc.constantFrom<Action[]>([], ...last), { nil: [] as Action[], freq: 2 }),
          fc.tuple(outputs, resubmit, outputs),
          fc.option(fc.constantFrom(...later, 9), { nil: 9, freq: 3 }),
        )
        .map(([units, tag, end, after, goto]) => ({
          table,
          priority,
          match,
          instructions: [
            ...apply(...units.flat(), ...tag, ...end, ...after.flat()),
            ...(goto === 9 ? [] : [{ type: 'goto_table', table_id: goto } as const]),
          ],
        }))
    })
}

/** flow_mods with cookies 1, 2, ..., and no two that could match at one priority. */
export function carrierFlows(carried: Carried): fc.Arbitrary<MessageNamed<'flow_mod'>[]> {
  return fc
    .array(flow(carried), { minLength: 6, maxLength: 24 })
    .map((all) =>
      all.map((one, i) => flowAdd(i + 1, { ...one, priority: (one.priority ?? 0) * 1000 + i, cookie: BigInt(i + 1) })),
    )
}

const entry = fc
  .tuple(fc.constantFrom(...LABELS), fc.constantFrom(0, 5), fc.constantFrom(64, 64, 1))
  .map(([its, tc, ttl]) => its * 4096 + tc * 512 + ttl)

/** Frames of arbitrary-flows.ts, half of them with one to four labels; of late fragments see reference-ovs.test.ts. */
export const carrierPacket: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    packet.filter((data) => !late(data)),
    fc.oneof(fc.constant<number[]>([]), fc.array(entry, { minLength: 1, maxLength: 4 })),
  )
  .map(([data, entries]) => {
    if (entries.length === 0) return data
    const at = data[12] === 0x81 ? 16 : 12
    const stack = entries.map((its, i) => (its + (i === entries.length - 1 ? 256 : 0)).toString(16).padStart(8, '0'))
    return octets(data.subarray(0, at), '8847', ...stack, data.subarray(at + 2))
  })

const option: fc.Arbitrary<GeneveOption> = fc.constantFrom(
  { option_class: 0xff54, option_type: 0x81, data: octets('00001234') },
  { option_class: 0xff54, option_type: 0x81, data: octets('00000000') },
  { option_class: 0xff54, option_type: 0x02, data: octets('0000beef') },
  { option_class: 0xff54, option_type: 0x03, data: octets('000000000000000100000000') },
  { option_class: 0x0102, option_type: 0x07, data: octets('01020304') },
)

/** A critical option that the switch does not know, and one of another length than it knows. */
const unfit: fc.Arbitrary<GeneveOption> = fc.constantFrom(
  { option_class: 0x0102, option_type: 0x87, data: octets('01020304') },
  { option_class: 0xff54, option_type: 0x81, data: octets('0000000000001234') },
)

/** What packets come in, to the switch's own address. */
export const geneveHeader = (withUnfit: boolean): fc.Arbitrary<TunnelHeader> =>
  fc
    .record({
      src: fc.constantFrom(...OTHERS),
      id: fc.constantFrom(0, 7, 9, 0xffffff),
      oam: fc.boolean(),
      options: fc.uniqueArray(
        withUnfit ? fc.oneof({ weight: 5, arbitrary: option }, { weight: 1, arbitrary: unfit }) : option,
        {
          selector: (one) => `${one.option_class}/${one.option_type}`,
          maxLength: 3,
        },
      ),
    })
    .map((its) => ({ kind: 'geneve', dst: OWN, gbp: { id: 0, flags: 0 }, ...its }))
