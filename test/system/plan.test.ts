/**
 * A plan against a real Open vSwitch: a live TCP connection is listed as one that would be cut, nothing is applied by
 * asking, and what the switch is sent when the change is made is what the plan counted (read off the wire by a relay).
 */
import { expect } from 'chai'
import { Lab } from '../../mininet/lab.ts'
import { Relay } from '../support/relay.ts'
import { RunningController, until } from '../support/running-controller.ts'

const DPID = '00000000000003c1'
// Connections of other tests stay in the tracker that all bridges share.
const PORT = 20_000 + Math.floor(Math.random() * 20_000)
const OFPT_FLOW_MOD = 14
const OFPT_EXPERIMENTER = 4
/** ONF_EXPERIMENTER_ID and its bundle add message (EXT-230). */
const ONF = 0x4f4e4600
const BUNDLE_ADD = 2301

/** Passes octets on, and counts flow-mods in bundles; others change nothing (channel/settle.ts). */
class CountingRelay extends Relay {
  bundled = 0

  constructor(target: string) {
    super(target, {
      carry: (near, far) => {
        near.pipe(far)
        let held: Buffer = Buffer.alloc(0)
        far.on('data', (chunk: Buffer) => {
          near.write(chunk)
          held = this.#count(Buffer.concat([held, chunk]))
        })
      },
    })
  }

  /** Whole messages are counted; what is left of the last one is given back. */
  #count(octets: Buffer): Buffer {
    let at = 0
    while (octets.length - at >= 8 && octets.length - at >= octets.readUInt16BE(at + 2)) {
      const size = octets.readUInt16BE(at + 2)
      const isBundled =
        octets[at + 1] === OFPT_EXPERIMENTER &&
        octets.readUInt32BE(at + 8) === ONF &&
        octets.readUInt32BE(at + 12) === BUNDLE_ADD
      if (isBundled && octets[at + 25] === OFPT_FLOW_MOD) this.bundled++
      at += size
    }
    return octets.subarray(at)
  }
}

interface PlanAnswer {
  generation: string
  verdicts: { losing: string }
  connections: {
    cut: string
    examples: { from: string; to: string; protocol: number; port: number; switches: string[] }[]
    switches: { known: boolean; reason: string; connections: string }[]
  }
  switches: { flowMods: string; flowsAfter: string; flowsBefore: string; tables: { limit: string }[] }[]
  findings: { kind: string; sentence: string }[]
}

describe('a plan on Open vSwitch', function () {
  this.timeout(120_000)
  let controller: RunningController
  let lab: Lab
  let relay: CountingRelay
  const ended: Promise<unknown>[] = []

  const rule = (action: string, port: number): object => ({
    direction: 'DIRECTION_INGRESS',
    peer: { tags: { allOf: [{ text: 'web' }] } },
    protocols: ['tcp'],
    ports: [String(port)],
    action,
  })
  const policy = (rules: object[]): object => ({
    policy: { name: 'db', vnp: 'shop', appliesTo: { allOf: [{ text: 'db' }] }, rules },
  })

  before(async () => {
    controller = await RunningController.start()
    relay = new CountingRelay(controller.openflow)
    const address = await relay.listen()
    const host = (index: number): object => ({
      name: `ph${index}`,
      mac: `00:00:5e:00:53:c${index}`,
      ip: `10.0.0.${index}/24`,
      switch: 'p1',
    })
    lab = (
      await Lab.start({
        switches: [{ name: 'p1', dpid: DPID }],
        hosts: [host(1), host(2)] as Parameters<typeof Lab.start>[0]['hosts'],
        links: [],
        controllers: [`tcp:${address}`],
      })
    ).lab
    const record = (index: number, tag: string): object => ({
      interface: {
        name: `${tag}-${index}`,
        tags: [{ text: 'shop' }, { text: tag }],
        mac: `00:00:5e:00:53:c${index}`,
        addresses: [`10.0.0.${index}`],
        attachment: { portName: { portName: `p1-eth${index}` } },
      },
    })
    await controller.call('ApplyService.Apply', {
      records: [
        { vnp: { name: 'shop', selector: { allOf: [{ text: 'shop' }] } } },
        policy([rule('ACTION_ALLOW', PORT)]),
        record(1, 'web'),
        record(2, 'db'),
      ],
    })
    await controller.served()
    await controller.call('FlowService.WaitApplied', {})
    const listening = `import socket,time
s=socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", ${PORT})); s.listen(); c,_=s.accept(); c.sendall(b"up"); time.sleep(40)`
    const calling = `import socket,time
for _ in range(50):
  try:
    c=socket.create_connection(("10.0.0.2", ${PORT}), 2); break
  except OSError: time.sleep(.1)
c.recv(2); time.sleep(40)`
    for (const [name, script] of [
      ['ph2', listening],
      ['ph1', calling],
    ] as const)
      ended.push(lab.run(name, ['/usr/bin/python3', '-c', script], 60).catch(() => undefined))
  })
  after(async () => {
    await lab?.stop()
    await Promise.all(ended)
    await relay?.cut()
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-30).join('\n'))
  })

  const flowsOf = async (): Promise<string[]> => {
    const { flows } = await controller.call<{ flows: { match: string; cookie: string; table: string }[] }>(
      'FlowService.ListFlows',
      { switch: DPID, pageSize: 1000 },
    )
    return flows.map((flow) => `${flow.table} ${flow.match} ${flow.cookie}`).sort()
  }
  /** Generations in which a record changed; what the controller writes down of places and links makes others. */
  const writes = async (): Promise<string[]> => {
    const { generations } = await controller.call<{ generations: { generation: string }[] }>(
      'HistoryService.ListGenerations',
      {},
    )
    return generations.map(({ generation }) => generation)
  }
  const change = { records: [policy([rule('ACTION_ALLOW', PORT + 1)])] }
  const ask = (): Promise<PlanAnswer> => controller.call<PlanAnswer>('ApplyService.Plan', { change })

  it('lists the live connection as one that would be cut, applies nothing, and counts what apply sends', async () => {
    const cutting = await until('the connection', ask, ({ connections }) => connections.cut !== '0', 20_000)
    expect(cutting.connections.switches.map(({ known, reason }) => ({ known, reason }))).to.deep.equal([
      { known: true, reason: '' },
    ])
    expect(cutting.connections.cut).to.equal('1')
    expect(cutting.connections.examples[0]).to.include({ from: 'web-1', to: 'db-2', protocol: 6, port: PORT })
    expect(cutting.verdicts.losing).to.equal('1')
    expect(cutting.findings).to.deep.equal([])
    const [planned] = cutting.switches
    expect(Number(planned!.tables[0]?.limit ?? 1_000_000)).to.be.greaterThan(0)

    const [flows, sent, written] = [await flowsOf(), relay.bundled, await writes()]
    await ask()
    await controller.call('FlowService.WaitApplied', {})
    expect(await flowsOf()).to.deep.equal(flows)
    expect(relay.bundled, 'flow-mods because of a plan').to.equal(sent)
    expect(await writes()).to.deep.equal(written)

    const { generation } = await controller.call<{ generation: string }>('ApplyService.Apply', change)
    await controller.call('FlowService.WaitApplied', { generation })
    expect(relay.bundled - sent)
      .to.equal(Number(planned!.flowMods))
      .and.to.be.greaterThan(0)
    const { switches } = await controller.call<{ switches: { installedFlows: number }[] }>(
      'TopologyService.ListSwitches',
    )
    expect(Number(switches[0]!.installedFlows)).to.equal(Number(planned!.flowsAfter))
    const again = await ask()
    expect([again.verdicts.losing, again.connections.cut, again.switches.length]).to.deep.equal(['0', '0', 0])
  })
})
