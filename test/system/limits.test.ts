/**
 * Limits of Open vSwitch: a table that is full and meters beyond what the datapath holds. The change is refused as a
 * whole, the switch goes on deciding by the last good policy, it is told with the switch's own error, and it is taken
 * when the limit is lifted. Verdicts are those of ofproto/trace. With an ovs-vswitchd of the test's own.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { connect, type Message, OFPMF_KBPS } from 'node-openflow'
import type { Flow, Meter, SwitchProgram } from '../../controller/policy/program.ts'
import { Daemons } from '../support/ovs-bridge.ts'
import { Bench, programOf, towards } from '../support/southbound-bench.ts'

const ID = '00000000000011f1'
const BRIDGE = 'limits'
const PORTS = 3
/** Meters that the userspace datapath of Open vSwitch 3.1 holds. */
const METERS = 2 ** 18

describe('limits of Open vSwitch', function () {
  this.timeout(60_000)
  let daemons: Daemons
  let bench: Bench

  const run = async (command: string, ...words: string[]): Promise<string> => {
    const env = { ...process.env, OVS_RUNDIR: daemons.directory }
    return (await promisify(execFile)(command, words, { env, maxBuffer: 1e8 })).stdout
  }
  const ofctl = (...words: string[]): Promise<string> => run('ovs-ofctl', '-O', 'OpenFlow13', ...words)
  const dump = async (): Promise<string[]> => {
    const lines = (await ofctl('--no-stats', 'dump-flows', BRIDGE)).split('\n')
    return lines.map((line) => line.trim()).filter((line) => line.includes('actions='))
  }
  /** Whether a packet to 10.0.0.N goes `out`. */
  const verdict = async (n: number): Promise<string> => {
    const packet = `in_port=1,ip,nw_dst=10.0.0.${n}`
    const text = await run('ovs-appctl', '-t', `${daemons.directory}/switch.ctl`, 'ofproto/trace', BRIDGE, packet)
    const actions = /^Datapath actions: (.*)$/m.exec(text)?.[1]
    return actions === 'drop' ? 'drop' : /^(meter\(\d+\),)?\d+$/.test(actions ?? '') ? 'out' : text
  }
  const verdicts = (): Promise<string[]> => Promise.all([1, 2, 3, 4, 90].map(verdict))

  beforeEach(async () => {
    daemons = await Daemons.start()
    bench = await Bench.start({ ovsdb: [`unix:${daemons.directory}/db.sock`], times: { retryMs: 50, retryMaxMs: 200 } })
    const settings = ['datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow13']
    const id = `other-config:datapath-id=${ID}`
    daemons.vsctl('add-br', BRIDGE, '--', 'set', 'bridge', BRIDGE, ...settings, id)
    for (let port = 1; port <= PORTS; port++) {
      const of = ['type=dummy', `ofport_request=${port}`]
      daemons.vsctl('add-port', BRIDGE, `p${port}`, '--', 'set', 'interface', `p${port}`, ...of)
    }
    daemons.vsctl('set-controller', BRIDGE, `tcp:${bench.address}`)
  })
  afterEach(async () => {
    await bench.close()
    daemons.stop()
  })

  /** Meters of somebody else, numbered from 1000. */
  const others = async (command: 'add' | 'delete', count: number): Promise<void> => {
    const connection = await connect({
      path: `${daemons.directory}/${BRIDGE}.mgmt`,
      side: 'controller',
      deadMs: 60_000,
    })
    const refused: string[] = []
    connection.onMessage = (message) => {
      if (message.type === 'error') refused.push(`${message.error_type}/${message.code}`)
    }
    try {
      const bands = command === 'add' ? [{ type: 'drop', rate: 77, burst_size: 0 } as const] : []
      for (let at = 0; at < count; at += 5000) {
        const messages = Array.from({ length: Math.min(5000, count - at) }, (_, i): Message => {
          const meter_id = 1000 + at + i
          return { type: 'meter_mod', xid: connection.nextXid(), command, flags: OFPMF_KBPS, meter_id, bands }
        })
        connection.sendAll(messages)
        await connection.request({ type: 'barrier_request' }, { timeoutMs: 30_000 })
      }
      expect(refused).to.deep.equal([])
    } finally {
      connection.close()
    }
  }

  /** Addresses 10.0.0.2 on go to port 2; the ones named are forbidden by a row above. */
  const policy = (count: number, forbidden: readonly number[], rest: Partial<SwitchProgram> = {}): SwitchProgram => {
    const allowed = Array.from({ length: count }, (_, i) => towards(0x0a000002 + i, 2))
    const denied = forbidden.map((n): Flow => ({ ...towards(0x0a000000 + n, 2), priority: 200, instructions: [] }))
    return programOf([...allowed, ...denied], rest)
  }

  it('a table that is full: refused as a whole, nothing forbidden passes, taken when the limit is lifted', async () => {
    bench.southbound.want(ID, 1, policy(50, [3]))
    await bench.applied(ID, 1)
    const rows = await dump()
    const before = await verdicts()
    expect(before).to.deep.equal(['drop', 'out', 'drop', 'out', 'drop'])
    const limit = ['--id=@t', 'create', 'Flow_Table', 'flow_limit=70', 'overflow_policy=refuse']
    daemons.vsctl('--', ...limit, '--', 'set', 'bridge', BRIDGE, 'flow_tables:0=@t')

    // 3 is allowed, 4 forbidden, and there are more addresses: more rows than fit.
    bench.southbound.want(ID, 2, policy(98, [4]))
    const { details } = await bench.tells('switch-degraded')
    expect(details).to.include({ generation: 2, applied: 1 })
    expect(details['error']).to.match(/^error flow_mod_failed\/table_full to add flow /)
    expect(bench.southbound.status(ID)).to.include({
      state: 'degraded',
      reason: details['error'],
      appliedGeneration: 1,
    })
    // Attempts go on; at no moment between them does a packet meet another policy.
    for (let look = 0; look < 10; look++) {
      expect(await verdicts()).to.deep.equal(before)
      expect(await dump()).to.have.members(rows)
    }
    expect(bench.toldOf('switch-degraded'), 'told once').to.have.lengthOf(1)

    // What fits is taken at once, however full the table is.
    bench.southbound.want(ID, 3, policy(60, [4]))
    await bench.applied(ID, 3)
    expect(await verdicts()).to.deep.equal(['drop', 'out', 'out', 'drop', 'drop'])
    bench.southbound.want(ID, 4, policy(98, [4]))
    await bench.tells('switch-degraded', 2)
    daemons.vsctl('clear', 'bridge', BRIDGE, 'flow_tables')
    await bench.applied(ID, 4)
    await bench.tells('switch-recovered', 2)
    expect(await verdicts()).to.deep.equal(['drop', 'out', 'out', 'drop', 'out'])
    expect(bench.southbound.status(ID)).to.include({ state: 'served', reason: undefined })
  })

  it('more meters than the datapath holds: no row of the change is there, and the last policy goes on', async () => {
    const features = await ofctl('meter-features', BRIDGE)
    expect(features).to.match(new RegExp(`max_meter:${METERS} `))
    const meter = (meterId: number): Meter => ({
      meterId,
      flags: OFPMF_KBPS,
      bands: [{ type: 'drop', rate: 1000, burst_size: 0 }],
      unit: 'test',
    })
    const limited = (n: number, meterId: number): Flow => {
      const flow = towards(0x0a000000 + n, 2)
      return { ...flow, instructions: [{ type: 'meter', meter_id: meterId }, ...flow.instructions] }
    }
    const withMeters = (ids: readonly number[], extra: Flow[] = []): SwitchProgram => {
      const program = programOf([...ids.map((id, index) => limited(2 + index, id)), ...extra])
      for (const id of ids) program.meters.set(id, meter(id))
      return program
    }
    bench.southbound.want(ID, 1, withMeters([1]))
    await bench.applied(ID, 1)
    // Somebody else has all the others: OpenFlow numbers are free, the datapath has no room.
    await others('add', METERS - 1)
    const rows = await dump()
    const before = await verdicts()
    expect(before).to.deep.equal(['drop', 'out', 'drop', 'drop', 'drop'])
    bench.southbound.want(ID, 2, withMeters([1, 2], [towards(0x0a00005a, 2)]))
    const { details } = await bench.tells('switch-degraded')
    expect(details['error']).to.equal('error meter_mod_failed/out_of_meters to add meter 2')
    expect(await dump()).to.have.members(rows)
    expect(await verdicts()).to.deep.equal(before)
    expect(bench.southbound.status(ID)).to.include({ state: 'degraded', appliedGeneration: 1 })
    await others('delete', 1)
    await bench.applied(ID, 2)
    await bench.tells('switch-recovered')
    expect(await dump()).to.have.lengthOf(3)
    expect(await verdicts()).to.deep.equal(['drop', 'out', 'out', 'drop', 'out'])
  })
})
