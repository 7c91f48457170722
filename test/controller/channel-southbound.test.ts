/**
 * The channel against a switch that does what the test makes it do: what it sends, in what order, what it believes,
 * and what is left after refusals, lost connections and interference. test/system/southbound.test.ts does the same
 * with Open vSwitch.
 */
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { expect } from 'chai'
import { encode, Framer, type Instruction, type Message, type MessageNamed, OFPPC_NO_FLOOD } from 'node-openflow'
import { RANGES, rangeOf, TABLES } from '../../controller/policy/pipeline.ts'
import type { Flow, Group, Meter } from '../../controller/policy/program.ts'
import { nothingTouched } from '../../controller/policy/program.ts'
import { FakeSwitch, portOf } from '../support/fake-switch.ts'
import { Bench, keyOf, programOf, towards } from '../support/southbound-bench.ts'

const ID = '00000000000000a1'
const FULL = { error_type: 'flow_mod_failed', code: 'table_full' } as const
const CHANGES = ['flow_mod', 'group_mod', 'meter_mod', 'port_mod']

const changesOf = (device: FakeSwitch): Message[] => device.received.filter(({ type }) => CHANGES.includes(type))
const some = (count: number, port = 1) => Array.from({ length: count }, (_, i) => towards(0x0a000000 + i, port, i % 3))
const bundleSteps = (device: FakeSwitch): string[] =>
  device.received.flatMap((message) => (message.type === 'bundle_control' ? [String(message.bundle_type)] : []))

describe('the southbound channel', () => {
  let bench: Bench
  let device: FakeSwitch

  beforeEach(async () => {
    bench = await Bench.start()
    device = new FakeSwitch(0xa1n)
  })

  afterEach(() => bench.close(device))

  const up = (): Promise<void> => bench.serve(device)

  it('changes nothing on a switch before something is wanted for it', async () => {
    device.put(towards(1, 1))
    await up()
    expect(changesOf(device)).to.deep.equal([])
    expect(device.committed).to.equal(0)
    expect(device.flows.size).to.equal(1)
    expect(bench.kinds()).to.deep.equal(['up'])
    expect(bench.told.map(({ type }) => type)).to.deep.equal(['switch-connected', 'switch-unverified', 'switch-served'])
    const status = bench.southbound.switches.get(ID)
    expect(status).to.include({ state: 'served', wantedGeneration: 0, appliedGeneration: 0, flows: 1 })
    expect([...(status?.ports.values() ?? [])].map(({ port, name, up }) => ({ port, name, up }))).to.deep.equal([
      { port: 1, name: 'p1', up: true },
      { port: 2, name: 'p2', up: true },
    ])
  })

  it('asks whether lengths of packets are compared, and takes no for an answer', async () => {
    const measured = () => bench.events.flatMap((event) => (event.kind === 'up' ? [event.measures] : []))
    await up()
    expect(measured()).to.deep.equal([true])
    await device.disconnect()
    const text = (message: Message) => JSON.stringify(message, (_, its) => (typeof its === 'bigint' ? `${its}` : its))
    device.refuse = (message) =>
      text(message).includes('nx_check_pkt_larger') ? { error_type: 'bad_action', code: 'bad_experimenter' } : undefined
    await up()
    expect(measured()).to.deep.equal([true, false])
    bench.southbound.want(ID, 1, programOf(some(3)))
    await bench.applied(ID, 1)
    expect(bench.told.map(({ type }) => type))
      .to.include('switch-served')
      .and.not.include('switch-degraded')
    expect(bench.told.map(({ type }) => type)).not.to.include('protocol-error')
    device.bundles = false
    await device.disconnect()
    await up()
    expect(measured()).to.deep.equal([true, false, false])
  })

  it('installs what is wanted in one atomic bundle, and confirms when it is committed', async () => {
    const flows = some(1200)
    bench.southbound.want(ID, 4, programOf(flows))
    await device.connect(bench.address)
    await bench.applied(ID, 4)
    expect([...device.flows.keys()].sort()).to.deep.equal(flows.map(keyOf).sort())
    expect(bundleSteps(device).slice(-2)).to.deep.equal(['open_request', 'commit_request'])
    const control = device.received.find((message) => message.type === 'bundle_control')
    expect(control).to.include({ flags: 3 })
    expect(device.count('flow_mod')).to.equal(0)
    expect(bench.southbound.switches.get(ID)).to.include({ state: 'served', appliedGeneration: 4, flows: 1200 })
  })

  it('sends only the difference, and the newest of what came meanwhile', async () => {
    const program = programOf(some(10))
    await up()
    bench.southbound.want(ID, 1, program)
    for (let generation = 2; generation <= 6; generation++) {
      const touched = nothingTouched()
      const flow = towards(0x0b000000 + generation, 1)
      program.flows.set(keyOf(flow), flow)
      touched.flows.add(keyOf(flow))
      bench.southbound.want(ID, generation, program, touched)
    }
    await bench.applied(ID, 6)
    const applied = bench.events.flatMap((event) => (event.kind === 'applied' ? [event.generation] : []))
    expect(applied).to.deep.equal([1, 6])
    expect(device.committed).to.equal(15)
    expect([...device.flows.values()].every(({ writes }) => writes === 1)).to.equal(true)
  })

  it('leaves alone what is right, replaces what is wrong, removes what is stale, and does not touch what is not ours', async () => {
    const right = towards(1, 1)
    const wrong = towards(2, 1)
    const reworded = towards(3, 1)
    const stale = towards(4, 1)
    const missing = towards(5, 1)
    const foreign = { ...towards(6, 1), cookie: 77n }
    device.put({ ...right, instructions: [...right.instructions] })
    device.put(towards(2, 2))
    device.put({ ...reworded, cookie: reworded.cookie + 1n })
    device.put(stale)
    device.put(foreign)
    bench.southbound.want(ID, 9, programOf([right, wrong, reworded, missing]))
    await device.connect(bench.address)
    await bench.applied(ID, 9)
    const held = (flow: typeof right) => device.flows.get(keyOf(flow))
    expect(held(right)?.writes).to.equal(0)
    expect(held(wrong)?.instructions).to.deep.equal(wrong.instructions)
    expect(held(reworded)?.cookie).to.equal(reworded.cookie)
    expect(held(missing)?.writes).to.equal(1)
    expect(held(stale)).to.equal(undefined)
    expect(held(foreign)?.writes).to.equal(0)
  })

  it('does not commit a bundle from which an addition was refused, says so once, and recovers', async () => {
    const before = some(3)
    await up()
    bench.southbound.want(ID, 1, programOf(before))
    await bench.applied(ID, 1)
    let full = true
    device.refuse = (message) =>
      full && message.type === 'flow_mod' && message.match.some(({ value }) => value === 0x0a000007) ? FULL : undefined
    bench.southbound.want(ID, 2, programOf(some(10)))
    const degraded = await bench.tells('switch-degraded')
    expect(degraded.details).to.include({ generation: 2, applied: 1 })
    expect(degraded.details['error']).to.match(/flow_mod_failed\/table_full.*a000007/)
    expect(bench.southbound.switches.get(ID)).to.include({ state: 'degraded', appliedGeneration: 1 })
    await device.until(() => bundleSteps(device).filter((step) => step === 'discard_request').length >= 4)
    expect(bundleSteps(device).filter((step) => step === 'commit_request')).to.have.lengthOf(1)
    expect([...device.flows.keys()].sort()).to.deep.equal(before.map(keyOf).sort())
    full = false
    await bench.applied(ID, 2)
    await bench.tells('switch-recovered')
    expect(device.flows.size).to.equal(10)
    expect(bench.toldOf('switch-degraded')).to.have.lengthOf(1)
  })

  it('believes a refused commit', async () => {
    await up()
    device.refuseCommit = (message) => (message.type === 'flow_mod' && message.table_id === 1 ? FULL : undefined)
    bench.southbound.want(ID, 2, programOf(some(4)))
    const { details } = await bench.tells('switch-degraded')
    expect(details['error']).to.match(/table_full to add flow 1\//)
    expect(device.flows.size).to.equal(0)
    expect(bench.southbound.switches.get(ID)?.appliedGeneration).to.equal(0)
    device.refuseCommit = () => undefined
    await bench.applied(ID, 2)
  })

  it('names the flow that cannot be encoded, and sends nothing of its change', async () => {
    await up()
    const broken = { ...towards(9, 1), priority: 70000 }
    bench.southbound.want(ID, 1, programOf([towards(1, 1), broken]))
    const { details } = await bench.tells('switch-degraded')
    expect(details['error']).to.match(/cannot add flow 0\/70000\/.*of test\/9/)
    expect(device.flows.size).to.equal(0)
    bench.southbound.want(ID, 2, programOf([towards(1, 1)]))
    await bench.applied(ID, 2)
  })

  for (const moment of ['barrier_request', 'bundle_control'] as const) {
    it(`reads anew after a connection lost at the ${moment === 'bundle_control' ? 'commit' : 'barrier'}`, async () => {
      await up()
      device.intercept = (message) => {
        if (message.type !== moment) return false
        if (message.type === 'bundle_control' && message.bundle_type !== 'commit_request') return false
        device.connection?.close('test')
        return true
      }
      bench.southbound.want(ID, 3, programOf(some(700)))
      await bench.tells('switch-disconnected')
      expect(bench.southbound.switches.get(ID)).to.include({ state: 'disconnected', appliedGeneration: 0, flows: 0 })
      device.intercept = () => false
      // The half that the switch did before it went away.
      for (const flow of some(350)) device.put(flow)
      await device.connect(bench.address)
      await bench.applied(ID, 3)
      expect(device.flows.size).to.equal(700)
      expect([...device.flows.values()].filter(({ writes }) => writes === 0)).to.have.lengthOf(350)
    })
  }

  it('takes a commit without an answer for neither done nor undone', async () => {
    await bench.close()
    bench = await Bench.start({ times: { answerMs: 60 } })
    await up()
    let silent = true
    device.intercept = (message) => {
      const commit = message.type === 'bundle_control' && message.bundle_type === 'commit_request'
      if (!commit || !silent) return false
      silent = false
      for (const flow of some(20)) device.put(flow)
      return true
    }
    bench.southbound.want(ID, 3, programOf(some(20)))
    const { details } = await bench.tells('switch-degraded')
    expect(details['error']).to.match(/no answer to bundle_control/)
    await bench.applied(ID, 3)
    expect([...device.flows.values()].every(({ writes }) => writes === 0)).to.equal(true)
  })

  it('works message by message, under a guard, on a switch without bundles', async () => {
    device.bundles = false
    // Where the first table leads packets into the others, they see a change of those.
    const leading = some(9).map((flow): Flow => {
      const next: Instruction = { type: 'goto_table', table_id: flow.table + 1 }
      return flow.table < 2 ? { ...flow, instructions: [next] } : flow
    })
    bench.southbound.want(ID, 1, programOf(leading))
    await device.connect(bench.address)
    await bench.applied(ID, 1)
    const before = device.received.length
    const moved = leading.map((flow) => ({ ...flow, cookie: flow.cookie + 1n }))
    bench.southbound.want(ID, 2, programOf(moved))
    await bench.applied(ID, 2)
    expect(device.flows.size).to.equal(9)
    const mods = device.received.slice(before).filter((message) => message.type === 'flow_mod')
    expect(mods[0]).to.include({ command: 'add', priority: 65535, table_id: 0 })
    expect(mods.at(-1)).to.include({ command: 'delete_strict', priority: 65535, table_id: 0 })
    expect(mods.slice(1, -1).map(({ table_id }) => table_id)).to.deep.equal([2, 2, 2, 1, 1, 1, 0, 0, 0])
  })

  it('moves to tables that another layout is in by way of others, and is not looked at meanwhile', async () => {
    const layout = (port: number, epochs: bigint): Flow[] =>
      [0, TABLES.carried, TABLES.origin].map((table, at, tables): Flow => {
        const flow = towards(1, port, table)
        const next = tables[at + 1]
        const onward: Instruction[] = next === undefined ? [] : [{ type: 'goto_table', table_id: next }]
        return { ...flow, cookie: flow.cookie + (epochs << 40n), instructions: at < 2 ? onward : flow.instructions }
      })
    for (const flow of layout(1, BigInt(RANGES))) device.put(flow)
    const wanted = layout(2, 0n)
    const looks: Promise<string>[] = []
    const look = async (): Promise<string> =>
      bench.southbound.readTables(ID).then(
        ({ program }) => `${program.flows.size} flows`,
        (error: Error) => error.message,
      )
    device.intercept = (message) => {
      if (message.type === 'bundle_control' && message.bundle_type === 'commit_request') looks.push(look())
      return false
    }
    bench.southbound.want(ID, 3, programOf(wanted))
    await device.connect(bench.address)
    await bench.applied(ID, 3)
    const seen = await Promise.all(looks)
    // Each hop fills tables, leads packets there, and empties tables; after the fifth commit they get to their own.
    expect(seen).to.have.lengthOf(6)
    expect(new Set(seen.slice(0, 4))).to.deep.equal(new Set(['it is on its way from one layout of tables to another']))
    expect(await look()).to.equal('3 flows')
    expect([...device.flows.keys()].sort()).to.deep.equal(wanted.map(keyOf).sort())
    const tables = device.received.flatMap((message) =>
      message.type === 'bundle_add_message' && message.message.type === 'flow_mod' ? [message.message.table_id] : [],
    )
    expect(new Set(tables.map(rangeOf)).size).to.equal(3)
  })

  it('puts meters and ports around the bundle, where Open vSwitch takes them', async () => {
    const meter: Meter = {
      meterId: 3,
      flags: 1,
      bands: [{ type: 'drop', rate: 100, burst_size: 0 }],
      unit: 'm',
    }
    const group: Group = { groupId: 8, groupType: 'all', buckets: [], unit: 'g' }
    const full = { meters: new Map([[3, meter]]), groups: new Map([[8, group]]), noFloodPorts: new Set([2]) }
    await up()
    const from = device.received.length
    bench.southbound.want(ID, 1, programOf(some(1), full))
    await bench.applied(ID, 1)
    /** All that changes anything or says when. */
    const steps = (start: number): string[] =>
      device.received.slice(start).flatMap((message) => {
        if (message.type === 'multipart_request') return []
        if (message.type === 'bundle_control') return String(message.bundle_type)
        return message.type === 'bundle_add_message' ? `+${message.message.type}` : message.type
      })
    expect(steps(from)).to.deep.equal([
      'meter_mod',
      'port_mod',
      'barrier_request',
      'open_request',
      '+group_mod',
      '+flow_mod',
      'barrier_request',
      'commit_request',
    ])
    expect(device.received.find(({ type }) => type === 'port_mod')).to.include({
      port_no: 2,
      hw_addr: portOf(2).hw_addr,
      config: OFPPC_NO_FLOOD,
      mask: OFPPC_NO_FLOOD,
    })
    const then = device.received.length
    bench.southbound.want(ID, 2, programOf([]))
    await bench.applied(ID, 2)
    expect(steps(then)).to.deep.equal([
      'open_request',
      '+flow_mod',
      '+group_mod',
      'barrier_request',
      'commit_request',
      'port_mod',
      'meter_mod',
      'barrier_request',
    ])
    expect(device.meters.size + device.groups.size + device.flows.size).to.equal(0)
    expect(bench.southbound.switches.get(ID)?.state).to.equal('served')
  })

  it('finds its groups and meters again, and leaves those of others', async () => {
    const group = (groupId: number): Group => ({ groupId, groupType: 'all', buckets: [], unit: 'g' })
    const named = towards(2, 1)
    named.instructions = [{ type: 'apply_actions', actions: [{ type: 'group', group_id: 5 }] }]
    const held = (group_id: number): MessageNamed<'group_mod'> => ({
      type: 'group_mod',
      xid: 0,
      command: 'add',
      group_type: 'all',
      group_id,
      buckets: [],
    })
    for (const id of [5, 6, 7]) device.groups.set(id, held(id))
    device.put(named)
    // 5 is named by a stale flow of ours, 6 is wanted, 7 is somebody else's.
    bench.southbound.want(ID, 1, programOf([], { groups: new Map([[6, group(6)]]) }))
    await device.connect(bench.address)
    await bench.applied(ID, 1)
    expect([...device.groups.keys()]).to.deep.equal([6, 7])
    expect(device.committed).to.equal(2)
  })

  it('lets a newer connection of a switch take the place of the old one', async () => {
    bench.southbound.want(ID, 1, programOf(some(2)))
    await up()
    await bench.applied(ID, 1)
    const twin = new FakeSwitch(0xa1n)
    const old = device.connection
    const closed = new Promise<string>((resolve) => {
      if (old !== undefined) old.onClose = resolve
    })
    await twin.connect(bench.address)
    await closed
    await bench.until(() => bench.kinds().filter((kind) => kind === 'applied').length === 2)
    expect(bench.kinds()).to.deep.equal(['up', 'applied', 'down', 'up', 'applied'])
    expect(twin.flows.size).to.equal(2)
    expect(bench.southbound.switches.size).to.equal(1)
    await twin.disconnect()
  })

  it('refuses auxiliary connections, and switches under a certificate that is not theirs', async () => {
    device.auxiliaryId = 1
    await device.connect(bench.address)
    expect((await bench.tells('connection-refused')).details['reason']).to.match(/auxiliary connection 1/)
    await bench.close()
    bench = await Bench.start({ admit: (id) => (id === ID ? 'certificate is of another switch' : undefined) })
    device.auxiliaryId = 0
    await device.connect(bench.address)
    expect((await bench.tells('connection-refused')).details['reason']).to.match(/another switch/)
    expect(bench.southbound.switches.size).to.equal(0)
    expect(bench.kinds()).to.deep.equal([])
  })

  it('finds and corrects what others did to its flows, and nothing else', async () => {
    await bench.close()
    bench = await Bench.start({ times: { auditMs: 40 } })
    const flows = some(6)
    const [gone, bent, fine] = flows as [(typeof flows)[0], (typeof flows)[0], (typeof flows)[0]]
    bench.southbound.want(ID, 1, programOf(flows))
    await up()
    await bench.applied(ID, 1)
    const dumps = () => device.received.filter((m) => m.type === 'multipart_request' && m.mp_type === 'flow').length
    const before = dumps()
    await device.until(() => dumps() >= before + 3)
    expect(bench.toldOf('switch-drifted')).to.deep.equal([])
    device.flows.delete(keyOf(gone))
    device.put({ ...bent, instructions: [] })
    device.put(towards(0x0c000000, 2))
    device.put({ ...towards(0x0d000000, 2), cookie: 5n })
    const { details } = await bench.tells('switch-drifted')
    expect(details).to.include({ missing: 1, changed: 1, stale: 1 })
    for (const told of ['missing table=0,', 'changed table=1,', 'stale table=0,'])
      expect(details['flows']).to.include(told)
    expect(details['flows']).to.include('nw_dst=12.0.0.0,')
    await bench.until(() => bench.kinds().filter((kind) => kind === 'applied').length >= 2)
    expect(device.flows.get(keyOf(gone))?.writes).to.equal(1)
    expect(device.flows.get(keyOf(bent))?.instructions).to.deep.equal(bent.instructions)
    expect(device.flows.get(keyOf(fine))?.writes).to.equal(1)
    expect(device.flows.size).to.equal(7)
  })

  it('silences a port again that went and came back', async () => {
    bench.southbound.want(ID, 1, programOf([], { noFloodPorts: new Set([2]) }))
    await up()
    await bench.applied(ID, 1)
    device.portStatus('delete', portOf(2))
    device.portStatus('add', portOf(2))
    await bench.tells('switch-drifted')
    await device.until(() => device.count('port_mod') >= 2)
    expect(device.ports.find(({ port_no }) => port_no === 2)?.config).to.equal(OFPPC_NO_FLOOD)
    expect(bench.kinds().filter((kind) => kind === 'port')).to.have.lengthOf(2)
    expect(bench.told.map(({ type }) => type)).to.include.members(['port-removed', 'port-added'])
  })

  it('hands on packets with what the switch says of them, and sends packet-outs and nothing else', async () => {
    await up()
    device.packetIn(2, Uint8Array.of(1, 2, 3), 99n)
    await bench.until(() => bench.kinds().includes('packetIn'))
    const packet = bench.events.find((event) => event.kind === 'packetIn')
    expect(packet).to.deep.equal({
      kind: 'packetIn',
      datapathId: ID,
      inPort: 2,
      reason: 'action',
      tableId: 3,
      cookie: 99n,
      data: Uint8Array.of(1, 2, 3),
      fields: [{ field: 'reg1', value: 7 }],
    })
    const out: Message = {
      type: 'packet_out',
      xid: 0,
      buffer_id: 0xffffffff,
      in_port: 1,
      actions: [],
      data: new Uint8Array(4),
    }
    expect(bench.southbound.send(ID, out)).to.equal(true)
    await device.until(() => device.count('packet_out') === 1)
    expect(bench.southbound.send(ID, { type: 'barrier_request', xid: 0 })).to.equal(false)
    expect(bench.southbound.send('00000000000000ff', out)).to.equal(false)
  })

  it('lets a port that floods lose its own packets and nobody else’s', async () => {
    await up()
    const packet = new Uint8Array(200)
    const flood = 3000
    for (let i = 0; i < flood; i++) {
      device.packetIn(1, packet)
      if (i % 100 === 0) device.packetIn(2, packet)
    }
    const lost = await bench.tells('packets-lost')
    expect(lost.details['port']).to.equal('1')
    const from = (port: number) =>
      bench.events.filter((event) => event.kind === 'packetIn' && event.inPort === port).length
    await bench.until(() => from(1) + Number(lost.details['count']) >= flood)
    expect(from(1) + Number(lost.details['count'])).to.equal(flood)
    expect(from(2)).to.equal(flood / 100)
    expect(bench.toldOf('packets-lost')).to.have.lengthOf(1)
  })

  it('gives up a connection that sends what cannot be used, and says so without flooding', async () => {
    const at = bench.address.lastIndexOf(':')
    const socket = connectSocket(Number(bench.address.slice(at + 1)), '127.0.0.1')
    const framer = new Framer()
    const answer = (type: number, xid: number): void => {
      if (type === 5) {
        const features = { n_buffers: 0, n_tables: 1, auxiliary_id: 0, capabilities: 0, reserved: 0 }
        socket.write(encode({ type: 'features_reply', xid, datapath_id: 0xa1n, ...features }))
      }
      if (type === 18) {
        socket.write(encode({ type: 'multipart_reply', xid, flags: 0, mp_type: 'port_desc', body: [] }))
      }
    }
    socket.on('data', (chunk) => {
      for (const frame of framer.push(chunk)) answer(frame[1] as number, Buffer.from(frame).readUInt32BE(4))
    })
    socket.on('error', () => {})
    socket.write(encode({ type: 'hello', xid: 1, elements: [] }))
    await bench.tells('switch-connected')
    const nonsense = Buffer.from([4, 99, 0, 8, 0, 0, 0, 7])
    for (let i = 0; i < 200; i++) socket.write(nonsense)
    await once(socket, 'close')
    expect((await bench.tells('switch-disconnected')).details['reason']).to.match(/more than 100 messages/)
    expect(bench.toldOf('protocol-error').length).to.be.within(1, 2)
  })
})
