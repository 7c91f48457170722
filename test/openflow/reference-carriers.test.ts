/**
 * What tags travel in, in the reference switch: labels on and off, tunnel fields and options from one switch to the
 * other, lengths. Against Open vSwitch they are held in test/system/reference-carriers.test.ts.
 */

import { expect } from 'chai'
import { type Action, type Message, type Output, type Oxm, ReferenceSwitch, type TunnelHeader } from 'node-openflow'
import { apply, flowAdd, output } from '../support/arbitrary-flows.ts'
import { MAPPINGS, OWN } from '../support/carrier-flows.ts'
import * as build from '../support/packets.ts'

const PEER = OWN + 1
const set = (field: string, value: unknown): Action => ({ type: 'set_field', field: { field, value } as Oxm })
const move = (src: string, dst: string, n_bits: number): Action =>
  ({ type: 'nx_reg_move', n_bits, src_ofs: 0, dst_ofs: 0, src, dst }) as Action
const push: Action = { type: 'push_mpls', ethertype: 0x8847 }
const pop = (ethertype: number): Action => ({ type: 'pop_mpls', ethertype })

function withFlows(address: number, kind: 'geneve' | 'vxlan', ...mods: Message[]): ReferenceSwitch {
  const tunnels = new Map([[9, { kind, address }]])
  const device = new ReferenceSwitch({ datapathId: 7n, ports: [1, 2, 9], tunnels })
  for (const mod of mods) expect(device.handle(mod)).to.deep.equal([])
  return device
}

const mapped: Message = { type: 'nx_tlv_table_mod', xid: 1, command: 'add', mappings: MAPPINGS.slice(0, 2) }
const octetsOf = (outs: readonly Output[]): string[] =>
  outs.map((out) => (out.port === 'controller' ? 'controller' : Buffer.from(out.packet).toString('hex')))
const tunnelOf = (out: Output | undefined): TunnelHeader => {
  if (out === undefined || out.port === 'controller' || out.tunnel === undefined) throw new Error('not in a tunnel')
  return out.tunnel
}

const four = build.tcp4({ sport: 1000, dport: 80 })
const six = build.ethernet({
  type: 0x86dd,
  payload: build.ipv6({ proto: 17, payload: build.udp({ sport: 1, dport: 2, src: build.SOURCE6 }) }),
})

describe('what tags travel in, in the reference switch', () => {
  it('a label is the identity, and what is behind it is seen when it is taken', () => {
    const type = (value: number): Oxm => ({ field: 'eth_type', value })
    const device = withFlows(
      OWN,
      'geneve',
      flowAdd(1, {
        match: [{ field: 'in_port', value: 1 }, type(0x800)],
        instructions: apply(set('reg0', 300), push, move('reg0', 'mpls_label', 20), set('mpls_tc', 5), output(2)),
      }),
      flowAdd(2, {
        match: [{ field: 'in_port', value: 2 }, type(0x8847), { field: 'mpls_bos', value: 1 }],
        instructions: [
          ...apply(move('mpls_label', 'reg0', 20), move('mpls_tc', 'reg1', 3), pop(0x800)),
          { type: 'goto_table', table_id: 1 },
        ],
      }),
      flowAdd(3, {
        table: 1,
        match: [
          { field: 'reg0', value: 300 },
          { field: 'reg1', value: 5 },
          type(0x800),
          { field: 'ip_proto', value: 6 },
        ],
        instructions: apply(output(1)),
      }),
    )
    const [labelled] = device.inject(1, four)
    expect(octetsOf([labelled!])).to.deep.equal([
      Buffer.from(build.octets(four.subarray(0, 12), '8847', '0012cb40', four.subarray(14))).toString('hex'),
    ])
    expect(octetsOf(device.inject(2, (labelled as { packet: Uint8Array }).packet))).to.deep.equal(
      octetsOf([{ port: 1, packet: four }]),
    )
  })

  it('two labels over IPv6: the lower is the explicit null, and both go when IPv6 is next', () => {
    const match: Oxm[] = [{ field: 'eth_type', value: 0x86dd }]
    const on = withFlows(
      OWN,
      'geneve',
      flowAdd(1, { match, instructions: apply(push, push, set('mpls_label', 300), output(2)) }),
    )
    const [labelled] = on.inject(1, six)
    expect(octetsOf([labelled!])[0]!.slice(24, 44)).to.equal('88470012c04000002140')
    const off = withFlows(
      OWN,
      'geneve',
      flowAdd(1, {
        match: [
          { field: 'eth_type', value: 0x8847 },
          { field: 'mpls_bos', value: 0 },
        ],
        instructions: apply(pop(0x86dd), output(2)),
      }),
    )
    expect(octetsOf(off.inject(1, (labelled as { packet: Uint8Array }).packet))).to.deep.equal(
      octetsOf([{ port: 2, packet: six }]),
    )
  })

  it('options go from one end to the other; absent is not zero; who does not know a critical one drops the packet', () => {
    const tagged = apply(
      set('tun_dst', PEER),
      set('tunnel_id', 5n),
      set('reg0', 300),
      move('reg0', 'tun_metadata0', 32),
      output(9),
    )
    const untagged = apply(set('tun_dst', PEER), set('tun_metadata1', build.octets('00000007')), output(9))
    const sender = withFlows(
      OWN,
      'geneve',
      mapped,
      flowAdd(1, { match: [{ field: 'in_port', value: 1 }], instructions: tagged }),
      flowAdd(2, { match: [{ field: 'in_port', value: 2 }], instructions: untagged }),
    )
    const [one] = sender.inject(1, four)
    const [other] = sender.inject(2, four)
    expect(tunnelOf(one)).to.deep.equal({
      ...{ kind: 'geneve', src: OWN, dst: PEER, id: 5, oam: false, gbp: { id: 0, flags: 0 } },
      options: [{ option_class: 0xff54, option_type: 0x81, data: build.octets('0000012c') }],
    })
    const rows = [
      flowAdd(1, {
        priority: 3,
        match: [
          { field: 'tun_metadata0', value: build.octets('0000012c') },
          { field: 'tun_src', value: OWN },
        ],
        instructions: apply(output(1)),
      }),
      flowAdd(2, {
        priority: 2,
        match: [{ field: 'tun_metadata0', value: build.octets('00000000') }],
        instructions: apply(output(9)),
      }),
      flowAdd(3, { priority: 1, match: [], instructions: apply(output(2)) }),
    ]
    const receiver = withFlows(PEER, 'geneve', mapped, ...rows)
    const portsOf = (device: ReferenceSwitch, out: Output | undefined): unknown[] =>
      device.inject(9, four, tunnelOf(out)).map(({ port }) => port)
    expect(portsOf(receiver, one)).to.deep.equal([1])
    expect(portsOf(receiver, other)).to.deep.equal([2])
    const ignorant = withFlows(PEER, 'geneve', flowAdd(3, { instructions: apply(output(2)) }))
    expect(portsOf(ignorant, one)).to.deep.equal([])
    expect(portsOf(ignorant, other)).to.deep.equal([2])
  })

  it('VXLAN has the group policy, and no options; nothing goes to nobody or to the switch itself', () => {
    const to = (port: number, address: number): Message =>
      flowAdd(port, {
        match: [{ field: 'in_port', value: port }],
        instructions: apply(
          set('tun_dst', address),
          set('tun_gbp_id', 300),
          set('tun_gbp_flags', 8),
          set('tun_metadata0', build.octets('00000001')),
          output(9),
        ),
      })
    const device = withFlows(OWN, 'vxlan', mapped, to(1, PEER), to(2, OWN))
    const { options, gbp } = tunnelOf(device.inject(1, four)[0])
    expect({ options, gbp }).to.deep.equal({ options: [], gbp: { id: 300, flags: 8 } })
    expect(device.inject(2, four)).to.deep.equal([])
    // What came to this very address does not leave with it.
    const back: TunnelHeader = {
      kind: 'vxlan',
      src: PEER,
      dst: OWN,
      id: 5,
      oam: false,
      options: [],
      gbp: { id: 7, flags: 0 },
    }
    const relay = withFlows(
      OWN,
      'vxlan',
      flowAdd(1, {
        match: [{ field: 'tun_gbp_id', value: 7 }],
        instructions: apply({ type: 'output', port: 0xfffffff8, max_len: 0 }),
      }),
    )
    expect(relay.inject(9, four, back)).to.deep.equal([])
  })

  it('a packet that is longer than so many octets is told from one that is not', () => {
    const larger: Action = { type: 'nx_check_pkt_larger', pkt_len: four.length, offset: 3, dst: 'reg0' }
    const bit = (value: number): Oxm => ({ field: 'reg0', value, mask: 8 })
    const device = withFlows(
      OWN,
      'geneve',
      flowAdd(1, { instructions: [...apply(larger), { type: 'goto_table', table_id: 1 }] }),
      flowAdd(2, { table: 1, match: [bit(8)], instructions: apply(output(1)) }),
      flowAdd(3, { table: 1, match: [bit(0)], instructions: apply(output(2)) }),
    )
    const longer = build.octets(four, 0)
    expect(device.inject(9, four).map(({ port }) => port)).to.deep.equal([2])
    expect(device.inject(9, longer).map(({ port }) => port)).to.deep.equal([1])
  })
})
