/**
 * What the reference switch does to packets: checksums after every rewrite, fragments and extension headers, actions
 * of Open vSwitch, conjunctions, connection tracking with NAT, NORMAL. Packets come from `support/packets`, whose
 * checksums are computed apart from the switch's.
 */

import { expect } from 'chai'
import fc from 'fast-check'
import { type Action, type Output, type Oxm, ReferenceSwitch } from 'node-openflow'
import { apply, CONTROLLER, flowAdd, output } from '../support/arbitrary-flows.ts'
import * as build from '../support/packets.ts'

const fresh = (): ReferenceSwitch => new ReferenceSwitch({ datapathId: 7n, ports: [1, 2, 3] })
const IP: Oxm = { field: 'eth_type', value: 0x800 }
const IP6: Oxm = { field: 'eth_type', value: 0x86dd }
const set = (field: string, value: number | bigint): Action => ({ type: 'set_field', field: { field, value } as Oxm })

/** A switch with flows; refusals are failures. */
function withFlows(...flows: Parameters<typeof flowAdd>[1][]): ReferenceSwitch {
  const device = fresh()
  for (const flow of flows) expect(device.handle(flowAdd(1, flow))).to.deep.equal([])
  return device
}

const octetsOf = (out: Output | undefined): Uint8Array => {
  if (out === undefined || out.port === 'controller') throw new Error('nothing left by a port')
  return out.packet
}
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')
const portsOf = (outs: readonly Output[]): unknown[] => outs.map(({ port }) => port)

/** The packet after actions of one flow. */
function after(match: Oxm[], actions: Action[], packet: Uint8Array): Uint8Array {
  const device = withFlows({ match, instructions: apply(...actions, output(2)) })
  return octetsOf(device.inject(1, packet)[0])
}

const hosts = fc.integer({ min: 1, max: 0xfffffffe })
const ports = fc.integer({ min: 1, max: 0xffff })

describe('packets in the reference switch', () => {
  it('rewritten, are what they would be if made so: IPv4 with TCP, UDP and SCTP', () => {
    fc.assert(
      fc.property(
        hosts,
        hosts,
        ports,
        ports,
        hosts,
        ports,
        fc.uint8Array({ maxLength: 40 }),
        (src, dst, sport, dport, to, port, data) => {
          const whole = (dst: number, dport: number, proto: 6 | 17 | 132): Uint8Array => {
            const members = { src, dst, sport, dport, data }
            const payload = { 6: build.tcp, 17: build.udp, 132: build.sctp }[proto](members)
            return build.ethernet({ type: 0x800, payload: build.ipv4({ src, dst, proto, payload }) })
          }
          for (const [proto, name] of [
            [6, 'tcp'],
            [17, 'udp'],
            [132, 'sctp'],
          ] as const) {
            const match: Oxm[] = [IP, { field: 'ip_proto', value: proto }]
            const actions = [set('ipv4_dst', to), set(`${name}_dst`, port)]
            expect(hex(after(match, actions, whole(dst, dport, proto)))).to.equal(hex(whole(to, port, proto)))
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('rewritten, are what they would be if made so: IPv6, TTL and DSCP', () => {
    const six = fc.bigInt({ min: 1n, max: (1n << 128n) - 1n })
    fc.assert(
      fc.property(
        six,
        six,
        six,
        fc.integer({ min: 2, max: 255 }),
        fc.integer({ min: 0, max: 63 }),
        (src, dst, to, ttl, dscp) => {
          const whole = (dst: bigint, hopLimit: number, trafficClass: number): Uint8Array => {
            const payload = build.udp({ src, dst, sport: 5, dport: 6 })
            return build.ethernet({
              type: 0x86dd,
              payload: build.ipv6({ src, dst, proto: 17, hopLimit, trafficClass, payload }),
            })
          }
          const actions: Action[] = [set('ipv6_dst', to), { type: 'dec_nw_ttl' }, set('ip_dscp', dscp)]
          expect(hex(after([IP6], actions, whole(dst, ttl, 1)))).to.equal(hex(whole(to, ttl - 1, dscp * 4 + 1)))
        },
      ),
      { numRuns: 40 },
    )
  })

  it('keep a UDP checksum of zero, and a wrong one wrong by as much', () => {
    const packet = build.udp4({ sport: 1000, dport: 53 })
    const without = packet.slice()
    without.set([0, 0], 40)
    const match: Oxm[] = [IP, { field: 'ip_proto', value: 17 }]
    expect([...after(match, [set('udp_dst', 54)], without).subarray(40, 42)]).to.deep.equal([0, 0])
    const wrong = packet.slice()
    wrong[41] = (wrong[41]! + 1) & 0xff
    expect(hex(after(match, [set('udp_dst', 54)], wrong).subarray(40, 42))).to.not.equal(
      hex(after(match, [set('udp_dst', 54)], packet).subarray(40, 42)),
    )
  })

  it('tags: pushed, set, popped', () => {
    const packet = build.tcp4({ sport: 1, dport: 2 })
    const tagged = build.tcp4({ sport: 1, dport: 2, eth: { tags: [{ vid: 9, pcp: 5 }] } })
    const push: Action[] = [{ type: 'push_vlan', ethertype: 0x8100 }, set('vlan_vid', 0x1009), set('vlan_pcp', 5)]
    expect(hex(after([], push, packet))).to.equal(hex(tagged))
    expect(hex(after([{ field: 'vlan_vid', value: 0x1009 }], [{ type: 'pop_vlan' }], tagged))).to.equal(hex(packet))
  })

  it('fragments have no ports to match, first ones neither; late ones no transport', () => {
    const port = { match: [IP, { field: 'ip_proto', value: 17 }, { field: 'udp_dst', value: 53 }] as Oxm[] }
    const device = withFlows(
      { ...port, priority: 9, cookie: 1n },
      { match: [IP, { field: 'nw_frag', value: 3 }], priority: 8, cookie: 2n },
      { match: [IP, { field: 'nw_frag', value: 1, mask: 1 }], priority: 7, cookie: 3n },
    )
    const cookie = (fragment: number): unknown => {
      const payload = build.ipv4({ proto: 17, fragment, payload: build.udp({ sport: 1, dport: 53 }) })
      return device.trace(1, build.ethernet({ type: 0x800, payload })).steps[0]?.flow?.cookie
    }
    expect([0, 0x2000, 0x2001, 1].map(cookie)).to.deep.equal([1n, 3n, 2n, 2n])
  })

  it('IPv6 extension headers are passed over to the transport', () => {
    const match: Oxm[] = [IP6, { field: 'ip_proto', value: 17 }, { field: 'udp_dst', value: 6 }]
    const ends = { src: build.SOURCE6, dst: build.DESTINATION6 }
    const udp = build.udp({ ...ends, sport: 5, dport: 6 })
    const through = (proto: number, ...headers: Array<string | Uint8Array>): unknown[] => {
      const payload = build.ipv6({ ...ends, proto, payload: build.octets(...headers) })
      return portsOf(
        withFlows({ match, instructions: apply(output(2)) }).inject(1, build.ethernet({ type: 0x86dd, payload })),
      )
    }
    expect(through(17, udp)).to.deep.equal([2])
    expect(through(0, '3c00 000000000000', '1100 000000000000', udp), 'hop-by-hop, destination').to.deep.equal([2])
    expect(through(43, '1101 0000000000000000000000000000', udp), 'routing of 16 octets').to.deep.equal([2])
    expect(through(51, `1104${'00'.repeat(22)}`, udp), 'authentication').to.deep.equal([2])
    expect(through(44, '1100 0000 00000001', udp), 'a whole packet with a fragment header').to.deep.equal([2])
    expect(through(44, '1100 0001 00000001', udp), 'a first fragment').to.deep.equal([])
    expect(through(0, '11ff 000000000000', udp), 'a header longer than the packet').to.deep.equal([])
  })

  it('neighbour discovery: target and address options', () => {
    const match = (type: 135 | 136): Oxm[] => [
      IP6,
      { field: 'ip_proto', value: 58 },
      { field: 'icmpv6_type', value: type },
      { field: 'ipv6_nd_target', value: 77n },
      { field: type === 135 ? 'ipv6_nd_sll' : 'ipv6_nd_tll', value: 0x0a0b0c0d0e0f },
    ]
    for (const type of [135, 136] as const) {
      const message = build.neighbour({ type, target: 77n, address: 0x0a0b0c0d0e0f })
      const packet = build.ethernet({ type: 0x86dd, payload: build.ipv6({ proto: 58, payload: message }) })
      const device = withFlows({ match: match(type), instructions: apply(output(2)) })
      expect(portsOf(device.inject(1, packet)), String(type)).to.deep.equal([2])
      expect(portsOf(withFlows({ match: match(type === 135 ? 136 : 135) }).inject(1, packet))).to.deep.equal([])
    }
  })

  it('wide registers are made of narrow ones, high half first', () => {
    const device = withFlows({
      instructions: apply(
        set('xxreg0', 0x11111111_22222222_33333333_44444444n),
        set('xreg1', 0x55555555_66666666n),
        output(CONTROLLER),
      ),
    })
    const [out] = device.inject(1, build.tcp4({ sport: 1, dport: 2 }))
    const registers = out?.port === 'controller' ? out.message.match.slice(1).map(({ value }) => value) : []
    expect(registers).to.deep.equal([0x11111111, 0x22222222, 0x55555555, 0x66666666])
  })

  it('reg_load2 writes under its mask, copy_field and the stack move bits', () => {
    const device = withFlows({
      instructions: apply(
        set('reg0', 0xffff_ffff),
        { type: 'nx_reg_load2', field: { field: 'reg0', value: 0x1200, mask: 0xff00 } },
        { type: 'copy_field', n_bits: 8, src_offset: 8, dst_offset: 4, src: 'reg0', dst: 'reg1' },
        { type: 'nx_stack_push', field: 'reg0', offset: 8, n_bits: 8 },
        { type: 'nx_stack_pop', field: 'reg2', offset: 24, n_bits: 8 },
        { type: 'nx_stack_pop', field: 'reg2', offset: 0, n_bits: 8 },
        output(CONTROLLER),
      ),
    })
    const [out] = device.inject(1, build.tcp4({ sport: 1, dport: 2 }))
    const registers = out?.port === 'controller' ? out.message.match.slice(1).map(({ value }) => value) : []
    expect(registers).to.deep.equal([0xffff_12ff, 0x120, 0x1200_0000])
  })

  it('conjunction: all clauses of one id at one priority, then the flow with conj_id, whatever its own', () => {
    const clause = (match: Oxm[], k: number, id = 5, priority = 100) => ({
      match: [IP, ...match],
      priority,
      instructions: apply({ type: 'nx_conjunction', clause: k, n_clauses: 2, id } as Action),
    })
    const from = (value: number): Oxm => ({ field: 'ipv4_src', value })
    const to = (value: number): Oxm => ({ field: 'ipv4_dst', value })
    const device = withFlows(
      clause([from(1)], 0),
      clause([from(2)], 0),
      clause([to(8)], 1),
      clause([to(9)], 1, 6),
      clause([to(7)], 1, 5, 99),
      { match: [{ field: 'conj_id', value: 5 }, IP], priority: 3, cookie: 55n, instructions: apply(output(2)) },
      { match: [IP], priority: 50, cookie: 1n },
      { match: [IP], priority: 2, cookie: 9n },
    )
    const cookie = (src: number, dst: number): unknown =>
      device.trace(1, build.tcp4({ src, dst, sport: 1, dport: 2 })).steps[0]?.flow?.cookie
    expect(cookie(1, 9), 'clauses of different ids').to.equal(1n)
    expect(cookie(2, 7), 'clauses of different priorities').to.equal(1n)
    expect(cookie(3, 8), 'one clause').to.equal(1n)
    // The second lookup finds the ordinary flow of priority 50 before conj_id at 3: as ovs-fields(7) warns.
    expect(cookie(1, 8)).to.equal(1n)
    device.handle({ ...flowAdd(1, { match: [IP], priority: 50 }), command: 'delete_strict' })
    expect([cookie(1, 8), cookie(2, 8), cookie(3, 8)]).to.deep.equal([55n, 55n, 9n])
  })

  it('resubmit keeps what it changed, but its in_port is for the lookup only; clone keeps nothing', () => {
    const device = withFlows(
      {
        instructions: apply(
          { type: 'nx_resubmit_table', in_port: 3, table: 1 },
          { type: 'nx_clone', actions: [set('eth_src', 7), output(3)] },
          output(2),
        ),
      },
      { table: 1, match: [{ field: 'in_port', value: 3 }], instructions: apply(set('eth_dst', 9), output(0xfffffff8)) },
    )
    const outs = device.inject(1, build.tcp4({ sport: 1, dport: 2 }))
    expect(portsOf(outs)).to.deep.equal([1, 3, 2])
    expect(outs.map((out) => [octetsOf(out)[5], octetsOf(out)[11]])).to.deep.equal([
      [9, 1],
      [9, 7],
      [9, 1],
    ])
  })

  it('a TTL that runs out ends the flow, and is told to who wants to know', () => {
    const device = withFlows({ match: [IP], instructions: apply({ type: 'dec_nw_ttl' }, output(2)) })
    const payload = build.ipv4({ proto: 17, ttl: 1, payload: build.udp({ sport: 1, dport: 2 }) })
    const packet = build.ethernet({ type: 0x800, payload })
    expect(device.inject(1, packet)).to.deep.equal([])
    const [async] = device.handle({ type: 'get_async_request', xid: 1 })
    if (async?.type !== 'get_async_reply') throw new Error('no answer')
    device.handle({ ...async, type: 'set_async', packet_in_mask_master: 7 })
    const [out] = device.inject(1, packet)
    expect(out?.port === 'controller' && out.message.reason).to.equal('invalid_ttl')
  })

  describe('ct()', () => {
    const ct = (members: { commit?: boolean; table?: number; actions?: Action[] }): Action => ({
      type: 'nx_ct',
      flags: members.commit ? 1 : 0,
      zone: 1,
      recirc_table: members.table ?? 0xff,
      alg: 'none',
      actions: members.actions ?? [],
    })
    const state = (bits: number, mask = bits): Oxm => ({ field: 'ct_state', value: bits, mask })
    const A = build.SOURCE
    const B = build.DESTINATION
    const segment = (back: boolean, flags: number): Uint8Array =>
      build.tcp4(
        back ? { src: B, dst: A, sport: 80, dport: 1000, flags } : { src: A, dst: B, sport: 1000, dport: 80, flags },
      )

    it('lets answers in and nothing else', () => {
      const device = withFlows(
        { match: [IP], instructions: apply(ct({ table: 1 })) },
        { table: 1, priority: 3, match: [IP, state(0x22)], instructions: apply(output(3)) },
        { table: 1, priority: 3, match: [IP, state(0x24)], instructions: apply(output(3)) },
        {
          table: 1,
          priority: 2,
          match: [{ field: 'in_port', value: 1 }, IP, state(0x21)],
          instructions: apply(ct({ commit: true }), output(2)),
        },
      )
      expect(device.inject(2, segment(true, 18)), 'an answer to nothing').to.deep.equal([])
      expect(device.inject(2, segment(true, 2)), 'from outside').to.deep.equal([])
      expect(portsOf(device.inject(1, segment(false, 2))), 'from inside').to.deep.equal([2])
      expect(portsOf(device.inject(2, segment(true, 18))), 'its answer').to.deep.equal([3])
      expect(portsOf(device.inject(1, segment(false, 16)))).to.deep.equal([3])
      const quoted = build.ipv4({
        src: A,
        dst: B,
        proto: 6,
        payload: build.tcp({ src: A, dst: B, sport: 1000, dport: 80 }),
      })
      const unreachable = (data: Uint8Array): Uint8Array =>
        build.icmp4({ src: B, dst: A, type: 3, code: 1, rest: 0, data })
      expect(portsOf(device.inject(2, unreachable(quoted))), 'an error about it').to.deep.equal([3])
      const other = quoted.slice()
      other[21] = 99
      expect(device.inject(2, unreachable(other)), 'an error about something else').to.deep.equal([])
    })

    it('is forgotten behind the fork, and the mark remembered in the connection', () => {
      const device = withFlows(
        {
          match: [IP],
          instructions: apply(ct({ commit: true, table: 1, actions: [set('ct_mark', 6)] }), output(CONTROLLER)),
        },
        { table: 1, instructions: apply(output(CONTROLLER)) },
      )
      const fields = device
        .inject(1, segment(false, 2))
        .map((out) => (out.port === 'controller' ? out.message.match.map(({ field }) => field) : []))
      expect(fields[0]).to.include.members(['ct_state', 'ct_zone', 'ct_mark', 'ct_nw_src', 'ct_tp_dst'])
      expect(fields[1]).to.deep.equal(['in_port'])
      expect(device.state.connections.map(({ mark }) => mark)).to.deep.equal([6n])
    })

    it('translates sources to the range, and answers back', () => {
      const nat = (range: object, flags = 1): Action => ({ type: 'nx_nat', flags, range })
      const device = withFlows(
        {
          match: [{ field: 'in_port', value: 1 }, IP],
          instructions: apply(
            ct({ commit: true, table: 1, actions: [nat({ ipv4_min: 0xc0a80001, proto_min: 5000, proto_max: 5001 })] }),
          ),
        },
        { match: [{ field: 'in_port', value: 2 }, IP], instructions: apply(ct({ table: 1, actions: [nat({}, 0)] })) },
        { table: 1, match: [{ field: 'in_port', value: 1 }], instructions: apply(output(2)) },
        { table: 1, match: [{ field: 'in_port', value: 2 }], instructions: apply(output(1)) },
      )
      const sent = (sport: number): string => hex(octetsOf(device.inject(1, build.udp4({ sport, dport: 53 }))[0]))
      expect(sent(1000)).to.equal(hex(build.udp4({ src: 0xc0a80001, sport: 5000, dport: 53 })))
      expect(sent(1001)).to.equal(hex(build.udp4({ src: 0xc0a80001, sport: 5001, dport: 53 })))
      const answer = build.udp4({ src: B, dst: 0xc0a80001, sport: 53, dport: 5001 })
      expect(hex(octetsOf(device.inject(2, answer)[0]))).to.equal(
        hex(build.udp4({ src: B, dst: A, sport: 53, dport: 1001 })),
      )
    })
  })

  it('learn: a flow made from the packet', () => {
    const device = withFlows({
      instructions: apply({
        type: 'nx_learn',
        idle_timeout: 10,
        hard_timeout: 0,
        priority: 7,
        cookie: 5n,
        flags: 0,
        table_id: 1,
        fin_idle_timeout: 0,
        fin_hard_timeout: 0,
        specs: [
          { n_bits: 48, src: { field: 'eth_src', ofs: 0 }, to: 'match', dst: { field: 'eth_dst', ofs: 0 } },
          { n_bits: 16, src: { field: 'nxm_of_in_port', ofs: 0 }, to: 'output' },
        ],
      }),
    })
    device.inject(3, build.tcp4({ sport: 1, dport: 2 }))
    const learned = device.state.tables
      .get(1)
      ?.flows.map(({ match, instructions, cookie }) => ({ match, instructions, cookie }))
    expect(learned).to.deep.equal([
      {
        match: [{ field: 'eth_dst', value: 0x020000000001 }],
        instructions: apply({ type: 'output', port: 3, max_len: 0 }),
        cookie: 5n,
      },
    ])
  })

  it('NORMAL floods what it does not know, and sends where it learned', () => {
    const device = withFlows({ instructions: apply(output(0xfffffffa)) })
    const frame = (src: number, dst: number): Uint8Array =>
      build.ethernet({ src, dst, type: 0x88b5, payload: build.octets('00') })
    expect(portsOf(device.inject(1, frame(0x02a, 0x02b)))).to.deep.equal([2, 3])
    expect(portsOf(device.inject(2, frame(0x02b, 0x02a)))).to.deep.equal([1])
    expect(portsOf(device.inject(1, frame(0x02a, 0x02b)))).to.deep.equal([2])
  })
})
