/**
 * The reference switch by sections of OpenFlow 1.3.5: flow table commands, counters, timeouts, groups, meters,
 * bundles, roles; and every answer in `switch-cases`, which test/system holds against Open vSwitch as well.
 */

import { expect } from 'chai'
import fc from 'fast-check'
import { type Action, decode, encode, type Message, type MessageNamed, ReferenceSwitch } from 'node-openflow'
import { apply, CONTROLLER, flowAdd, flows, output } from '../support/arbitrary-flows.ts'
import { octets, tcp4, udp4 } from '../support/packets.ts'
import { answerText, FLOW_CASES } from '../support/switch-cases.ts'
import { SESSION_CASES } from '../support/switch-cases-session.ts'
import { TUNNEL_CASES } from '../support/switch-cases-tunnel.ts'

const ANY = 0xffffffff
let time = 0
const fresh = (): ReferenceSwitch => {
  time = 0
  return new ReferenceSwitch({ datapathId: 7n, ports: [1, 2, 3, 0xfffffffe], now: () => time })
}
const TCP = tcp4({ sport: 1000, dport: 80 })
const UDP = udp4({ sport: 1000, dport: 53 })

/** Ports a packet leaves by. */
const out = (device: ReferenceSwitch, packet = TCP, inPort = 1): Array<number | 'controller'> =>
  device.inject(inPort, packet).map(({ port }) => port)

function tell(device: ReferenceSwitch, ...messages: Message[]): Message[] {
  return messages.flatMap((message) => device.handle(message))
}

/** Other members of a flow_mod. */
const more = (mod: MessageNamed<'flow_mod'>, members: Partial<MessageNamed<'flow_mod'>>): Message => ({
  ...mod,
  ...members,
})

function flowStats(device: ReferenceSwitch, tableId = 0xff) {
  const [reply] = device.handle({
    type: 'multipart_request',
    xid: 9,
    flags: 0,
    mp_type: 'flow',
    body: { table_id: tableId, out_port: ANY, out_group: ANY, cookie: 0n, cookie_mask: 0n, match: [] },
  })
  if (reply?.type !== 'multipart_reply' || reply.mp_type !== 'flow') throw new Error('no flow statistics')
  return reply.body
}

const cookies = (device: ReferenceSwitch): bigint[] => flowStats(device).map(({ cookie }) => cookie)

describe('the reference switch', () => {
  describe('answers, as Open vSwitch or the specification wants', () => {
    for (const { name, messages, answer } of [...FLOW_CASES, ...SESSION_CASES, ...TUNNEL_CASES]) {
      it(`${name}: ${answer || 'nothing'}`, () => {
        const device = fresh()
        expect(answerText(messages.flatMap((message) => device.handle(message as unknown as Message)))).to.equal(answer)
      })
    }

    it('carry at least 64 octets of what was refused, behind the experimenter id where there is one', () => {
      const refused = flowAdd(0x1234, { table: 0xff })
      const [plain] = fresh().handle(refused)
      expect(plain?.type === 'error' && plain.data).to.deep.equal(encode(refused).subarray(0, 64))
      const twice = flowAdd(5, { instructions: [...apply(output(1)), ...apply(output(2))] })
      const [theirs] = fresh().handle(twice)
      expect([...encode(theirs!).subarray(8, 16)]).to.deep.equal([
        0xff,
        0xff,
        2600 >> 8,
        2600 & 0xff,
        0x4f,
        0x4e,
        0x46,
        0,
      ])
      expect(encode(theirs!).subarray(16)).to.deep.equal(encode(twice).subarray(0, 64))
    })

    it('can all be encoded, and come back the same', () => {
      const device = fresh()
      const asked: Message[] = [
        { type: 'hello', xid: 1, elements: [] },
        { type: 'echo_request', xid: 2, data: octets('0102') },
        { type: 'features_request', xid: 3 },
        { type: 'get_config_request', xid: 4 },
        { type: 'barrier_request', xid: 5 },
        { type: 'get_async_request', xid: 6 },
        ...(['desc', 'table', 'port_desc', 'group_desc', 'group_features', 'meter_features'] as const).map(
          (mp_type): Message => ({ type: 'multipart_request', xid: 7, flags: 0, mp_type, body: {} }),
        ),
      ]
      const answers = asked.flatMap((message) => device.handle(message))
      expect(answers.map(({ xid }) => xid)).to.deep.equal(asked.map(({ xid }) => xid))
      for (const answer of answers) expect(decode(encode(answer))).to.deep.equal(answer)
    })
  })

  describe('6.4 flow table modification', () => {
    it('the highest priority wins, whatever the order of coming', () => {
      fc.assert(
        fc.property(
          fc.uniqueArray(fc.integer({ min: 1, max: 0xffff }), { minLength: 1, maxLength: 8 }),
          (priorities) => {
            const device = fresh()
            for (const priority of priorities) {
              device.handle(flowAdd(1, { priority, cookie: BigInt(priority) }))
            }
            const [step] = device.trace(1, TCP).steps
            expect(step?.flow?.cookie).to.equal(BigInt(Math.max(...priorities)))
          },
        ),
      )
    })

    it('add replaces what has the same match, keeps its counters unless told to reset them, restarts its age', () => {
      const device = fresh()
      tell(device, flowAdd(1, { cookie: 1n, instructions: apply(output(2)) }))
      out(device)
      time = 5000
      tell(
        device,
        flowAdd(2, { cookie: 2n, match: [{ field: 'reg0', value: 0, mask: 0 }], instructions: apply(output(3)) }),
      )
      const [kept] = flowStats(device)
      expect([flowStats(device).length, kept?.cookie, kept?.packet_count, kept?.duration_sec]).to.deep.equal([
        1,
        2n,
        1n,
        0,
      ])
      tell(device, more(flowAdd(3, { cookie: 3n }), { flags: 4 }))
      expect(flowStats(device)[0]?.packet_count).to.equal(0n)
    })

    it('modify changes instructions of what the match covers and nothing else', () => {
      const device = fresh()
      const ip = { field: 'eth_type', value: 0x800 } as const
      tell(
        device,
        flowAdd(1, { cookie: 1n, priority: 5, match: [ip, { field: 'ip_proto', value: 6 }] }),
        flowAdd(2, { cookie: 2n, priority: 4, match: [ip] }),
        flowAdd(3, { cookie: 3n, priority: 3 }),
      )
      time = 1000
      tell(device, more(flowAdd(4, { cookie: 9n, match: [ip], instructions: apply(output(2)) }), { command: 'modify' }))
      expect(flowStats(device).map((flow) => [flow.cookie, flow.instructions.length, flow.duration_sec])).to.deep.equal(
        [
          [1n, 1, 1],
          [2n, 1, 1],
          [3n, 0, 1],
        ],
      )
      const strict = more(flowAdd(5, { priority: 4, match: [ip] }), { command: 'modify_strict' })
      tell(device, strict)
      expect(flowStats(device).map((flow) => flow.instructions.length)).to.deep.equal([1, 0, 0])
    })

    it('commands and statistics are filtered by cookie under mask, port and group', () => {
      const device = fresh()
      tell(
        device,
        { type: 'group_mod', xid: 1, command: 'add', group_type: 'all', group_id: 4, buckets: [] },
        flowAdd(1, { cookie: 0x11n, priority: 3, instructions: apply(output(2)) }),
        flowAdd(2, { cookie: 0x12n, priority: 2, instructions: [{ type: 'write_actions', actions: [output(3)] }] }),
        flowAdd(3, { cookie: 0x21n, priority: 1, instructions: apply({ type: 'group', group_id: 4 }) }),
      )
      const remove = (members: Partial<MessageNamed<'flow_mod'>>): bigint[] => {
        tell(device, more(flowAdd(9, { table: 0xff }), { command: 'delete', ...members }))
        return cookies(device)
      }
      expect(remove({ cookie: 0x30n, cookie_mask: 0xf0n })).to.deep.equal([0x11n, 0x12n, 0x21n])
      expect(remove({ out_port: 3 })).to.deep.equal([0x11n, 0x21n])
      expect(remove({ out_group: 4 })).to.deep.equal([0x11n])
      expect(remove({ cookie: 0x10n, cookie_mask: 0xf0n })).to.deep.equal([])
    })

    it('delete_strict wants the same priority and match', () => {
      const device = fresh()
      tell(device, flowAdd(1, { cookie: 1n, priority: 5 }), flowAdd(2, { cookie: 2n, priority: 6 }))
      tell(
        device,
        more(flowAdd(3, { priority: 6, match: [{ field: 'in_port', value: 1 }] }), { command: 'delete_strict' }),
      )
      expect(cookies(device)).to.deep.equal([2n, 1n])
      tell(device, more(flowAdd(4, { priority: 6 }), { command: 'delete_strict' }))
      expect(cookies(device)).to.deep.equal([1n])
    })
  })

  describe('5.5 flow removal', () => {
    it('hard and idle timeouts, told only for flows that ask for it', () => {
      const device = fresh()
      const timed = (cookie: bigint, members: Partial<MessageNamed<'flow_mod'>>): Message =>
        more(flowAdd(1, { cookie, priority: Number(cookie), instructions: apply(output(2)) }), members)
      tell(
        device,
        timed(3n, { idle_timeout: 2, flags: 1 }),
        timed(2n, { hard_timeout: 3, flags: 1 }),
        timed(1n, { hard_timeout: 1 }),
      )
      time = 1500
      out(device)
      expect(device.tick(time)).to.deep.equal([])
      expect(cookies(device)).to.deep.equal([3n, 2n])
      time = 3000
      const [hard, ...none] = device.tick(time)
      expect(none).to.deep.equal([])
      expect(hard).to.include({ type: 'flow_removed', reason: 'hard_timeout', cookie: 2n, duration_sec: 3 })
      time = 3500
      const [idle] = device.tick(time)
      expect(idle).to.include({ reason: 'idle_timeout', cookie: 3n, packet_count: 1n, duration_nsec: 500_000_000 })
    })

    it('deletion by command, and with a group or a meter', () => {
      const device = fresh()
      const meter: Message = {
        type: 'meter_mod',
        xid: 1,
        command: 'add',
        flags: 1,
        meter_id: 1,
        bands: [{ type: 'drop', rate: 1, burst_size: 0 }],
      }
      const group: Message = { type: 'group_mod', xid: 1, command: 'add', group_type: 'all', group_id: 1, buckets: [] }
      const told = (instructions: MessageNamed<'flow_mod'>['instructions'], priority: number): Message =>
        more(flowAdd(1, { priority, instructions }), { flags: 1 })
      tell(
        device,
        meter,
        group,
        told(apply({ type: 'group', group_id: 1 }), 1),
        told([{ type: 'meter', meter_id: 1 }], 2),
        told([], 3),
      )
      const reasons = (message: Message): unknown[] =>
        device.handle(message).map((one) => one.type === 'flow_removed' && one.reason)
      expect(reasons({ ...group, command: 'delete' })).to.deep.equal(['group_delete'])
      expect(reasons({ ...meter, command: 'delete' })).to.deep.equal(['meter_delete'])
      expect(reasons(more(flowAdd(1, { table: 0xff }), { command: 'delete' }))).to.deep.equal(['delete'])
    })
  })

  describe('5.6 groups', () => {
    const bucket = (actions: Action[], members: { weight?: number; watch_port?: number } = {}) => ({
      weight: 0,
      watch_port: ANY,
      watch_group: ANY,
      ...members,
      actions,
    })
    const group = (group_type: 'all' | 'select' | 'ff', buckets: MessageNamed<'group_mod'>['buckets']): Message => ({
      type: 'group_mod',
      xid: 1,
      command: 'add',
      group_type,
      group_id: 1,
      buckets,
    })
    const use = flowAdd(2, { instructions: apply({ type: 'group', group_id: 1 }, output(3)) })

    it('all: each bucket has a copy of its own, and the packet goes on unchanged', () => {
      const device = fresh()
      const change: Action = { type: 'set_field', field: { field: 'eth_src', value: 5 } }
      tell(device, group('all', [bucket([output(2), change]), bucket([output(3)])]), use)
      const sent = device.inject(1, TCP)
      expect(sent.map(({ port }) => port)).to.deep.equal([2, 3, 3])
      const sources = sent.map((one) => one.port !== 'controller' && one.packet[11])
      expect(sources).to.deep.equal([5, 1, 1])
    })

    it('ff: the first bucket whose port is live', () => {
      const device = fresh()
      tell(device, group('ff', [bucket([output(2)], { watch_port: 2 }), bucket([output(3)], { watch_port: 3 })]), use)
      expect(out(device)).to.deep.equal([2, 3])
      device.setLink(2, false)
      expect(out(device)).to.deep.equal([3, 3])
      device.setLink(3, false)
      expect(out(device)).to.deep.equal([3])
    })

    it('select: one bucket, the same for the packets of a connection, by weight over many', () => {
      const device = fresh()
      tell(device, group('select', [bucket([output(2)], { weight: 3 }), bucket([output(3)], { weight: 1 })]))
      tell(device, flowAdd(2, { instructions: apply({ type: 'group', group_id: 1 }) }))
      const chosen = Array.from({ length: 400 }, (_, i) => out(device, tcp4({ sport: 1000 + i, dport: 80 })))
      expect(chosen.every((ports) => ports.length === 1)).to.equal(true)
      expect(out(device, tcp4({ sport: 1000, dport: 80 }))).to.deep.equal(chosen[0])
      const share = chosen.filter(([port]) => port === 2).length / chosen.length
      expect(share).to.be.within(0.65, 0.85)
    })
  })

  describe('5.7 meters', () => {
    it('drop what is above the rate, by packets and by kilobits, and fill again with time', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 3 }), (rate, seconds) => {
          const device = fresh()
          const band = { type: 'drop', rate, burst_size: rate } as const
          tell(
            device,
            { type: 'meter_mod', xid: 1, command: 'add', flags: 2 | 4, meter_id: 1, bands: [band] },
            flowAdd(1, { instructions: [{ type: 'meter', meter_id: 1 }, ...apply(output(2))] }),
          )
          const passed = (): number => Array.from({ length: 200 }, () => out(device).length).reduce((a, b) => a + b, 0)
          expect(passed()).to.equal(rate)
          time += seconds * 1000
          expect(passed()).to.equal(seconds > 0 ? rate : 0)
        }),
        { numRuns: 30 },
      )
      const device = fresh()
      const band = { type: 'drop', rate: 8, burst_size: 0 } as const
      tell(
        device,
        { type: 'meter_mod', xid: 1, command: 'add', flags: 1, meter_id: 1, bands: [band] },
        flowAdd(1, { instructions: [{ type: 'meter', meter_id: 1 }, ...apply(output(2))] }),
      )
      const passed = Array.from({ length: 100 }, () => out(device).length).filter((n) => n > 0).length
      // 8000 bits at 54 octets each.
      expect(passed).to.equal(Math.floor(8000 / (TCP.length * 8)))
    })
  })

  describe('7.3.9 bundles', () => {
    it('are all or nothing', () => {
      const device = fresh()
      tell(device, flowAdd(1, { cookie: 1n, instructions: apply(output(2)) }))
      out(device)
      const before = flowStats(device)
      const control = (bundle_type: 'open_request' | 'commit_request'): Message => ({
        type: 'bundle_control',
        xid: 5,
        bundle_id: 1,
        bundle_type,
        flags: 1,
        properties: [],
      })
      const add = (message: Message): Message => ({
        type: 'bundle_add_message',
        xid: message.xid,
        bundle_id: 1,
        flags: 1,
        message,
        properties: [],
      })
      const deletion = more(flowAdd(6, { table: 0xff }), { command: 'delete' })
      const bad = flowAdd(8, { instructions: apply({ type: 'group', group_id: 9 }) })
      tell(device, control('open_request'), add(deletion), add(flowAdd(7, { cookie: 7n, priority: 9 })), add(bad))
      expect(flowStats(device), 'nothing happens before the commit').to.deep.equal(before)
      const answers = device.handle(control('commit_request'))
      expect(answers.map((one) => one.type === 'error' && [one.xid, one.code])).to.deep.equal([
        [8, 'bad_out_group'],
        [5, 'msg_failed'],
      ])
      expect(flowStats(device)).to.deep.equal(before)
      tell(device, control('open_request'), add(deletion), add(flowAdd(7, { cookie: 7n, priority: 9 })))
      expect(answerText(device.handle(control('commit_request')))).to.equal('commit_reply')
      expect(cookies(device)).to.deep.equal([7n])
    })
  })

  it('6.3.6 a slave may look and not touch; the generation is compared on a circle', () => {
    const device = fresh()
    const role = (to: 'master' | 'slave', generation_id: bigint): string =>
      answerText(device.handle({ type: 'role_request', xid: 1, role: to, generation_id }))
    expect(role('slave', 0xffff_ffff_ffff_fff0n)).to.equal('role_reply')
    expect(answerText(device.handle(flowAdd(1, {})))).to.equal('E bad_request/is_slave')
    expect(flowStats(device)).to.deep.equal([])
    expect(role('master', 5n)).to.equal('role_reply')
    expect(role('master', 0xffff_ffff_ffff_fff1n)).to.equal('E role_request_failed/stale')
    expect(device.handle(flowAdd(1, {}))).to.deep.equal([])
  })

  it('trace changes nothing', () => {
    fc.assert(
      fc.property(flows({ ct: true }), (mods) => {
        const device = fresh()
        tell(device, ...mods)
        const before = structuredClone(device.state)
        device.trace(1, TCP)
        device.trace(2, UDP, { ctNext: [0x21] })
        // Tables that were only looked at may come into being, empty.
        const filled = (state: typeof before) => [...state.tables].filter(([, table]) => table.flows.length > 0)
        expect(filled(device.state)).to.deep.equal(filled(before))
        expect(device.state.connections).to.deep.equal([])
      }),
      { numRuns: 50 },
    )
  })

  it('forgets what packets left behind, and treats the next as the first', () => {
    fc.assert(
      fc.property(flows({ ct: true }), (mods) => {
        const [used, never] = [fresh(), fresh()]
        for (const device of [used, never]) tell(device, ...mods)
        for (const packet of [TCP, UDP, TCP]) for (const port of [1, 2]) used.inject(port, packet)
        used.forget()
        expect(used.state.connections).to.deep.equal([])
        for (const [port, packet] of [[1, UDP] as const, [2, TCP] as const]) {
          const ways = [used, never].map((device) => device.follow(port, packet).outputs.map((its) => its.port))
          expect(ways[0]).to.deep.equal(ways[1])
        }
      }),
      { numRuns: 50 },
    )
  })

  it('gives up where flows lead in circles, by resubmit and by ct()', () => {
    const resubmit: Action = { type: 'nx_resubmit_table', in_port: 0xfff8, table: 0 }
    const device = fresh()
    tell(device, flowAdd(1, { instructions: apply(output(2), resubmit, resubmit) }))
    expect(out(device)).to.deep.equal([])
    const again = fresh()
    const ct: Action = { type: 'nx_ct', flags: 0, zone: 1, recirc_table: 0, alg: 'none', actions: [] }
    tell(again, flowAdd(1, { match: [{ field: 'eth_type', value: 0x800 }], instructions: apply(output(2), ct) }))
    expect(out(again)).to.deep.equal([2, 2, 2, 2, 2, 2, 2])
  })

  it('random flows for tests never lead back: on a real switch a ct() in a circle has no end', () => {
    const onward = (table: number, actions: readonly Action[]): boolean =>
      actions.every((action) => {
        if (action.type === 'nx_ct') return action.recirc_table > table
        if (action.type === 'nx_resubmit_table') return action.table > table
        return action.type !== 'nx_clone' || onward(table, action.actions)
      })
    fc.assert(
      fc.property(flows({ ct: true }), (mods) =>
        mods.every(({ table_id, instructions }) =>
          instructions.every((one) => {
            if (one.type === 'goto_table') return one.table_id > table_id
            return !('actions' in one) || onward(table_id, one.actions)
          }),
        ),
      ),
      { numRuns: 300 },
    )
  })

  it('packet_in: reason, table, cookie, what travels with the packet, and all of it', () => {
    const device = fresh()
    const load: Action = { type: 'set_field', field: { field: 'reg3', value: 9 } }
    tell(
      device,
      flowAdd(1, { priority: 0, cookie: 1n, instructions: [{ type: 'goto_table', table_id: 4 }] }),
      flowAdd(2, { table: 4, priority: 0, cookie: 2n, instructions: apply(load, output(CONTROLLER)) }),
    )
    expect(device.inject(3, TCP)).to.deep.equal([
      {
        port: 'controller',
        message: {
          type: 'packet_in',
          xid: 0,
          buffer_id: ANY,
          total_len: TCP.length,
          reason: 'no_match',
          table_id: 4,
          cookie: 2n,
          match: [
            { field: 'in_port', value: 3 },
            { field: 'reg3', value: 9 },
          ],
          data: TCP,
        },
      },
    ])
  })
})
