/**
 * Rules that cut, on a real Open vSwitch with live connections of TCP and UDP: what a change cuts is gone from connection
 * tracking when the change is applied, with or without traffic; no packet of it arrives, and permitting it again does not
 * bring it back. What other rules keep or judge anew is left alone. A switch that was away catches up.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Lab } from '../../mininet/lab.ts'
import { Echoes } from '../support/echoing-hosts.ts'
import { RunningController, until } from '../support/running-controller.ts'

const ID = randomBytes(2).toString('hex')
const DPID = `00000000${ID}03d1`
const SWITCH = `ct${ID}`
const hostName = (index: number): string => `c${ID}h${index}`
/** Nobody else's on this machine: bridges of one Open vSwitch may share zones. */
const address = (index: number): string => `10.77.31.${index}`
const CUT = 6432
const KEEP = 6433
const ANEW = 6434
const UDP = 6435
const IDLE = 6436
const LATE = 6437
const PORTS = { CUT, KEEP, ANEW, UDP, IDLE, LATE }

describe('connections that a rule cuts, on Open vSwitch', function () {
  this.timeout(180_000)
  const echoes = new Echoes({
    client: { name: hostName(1), address: address(1) },
    server: { name: hostName(2), address: address(2) },
    tcp: [CUT, KEEP, ANEW, IDLE, LATE],
    udp: UDP,
    idle: IDLE,
  })
  let controller: RunningController
  let lab: Lab

  const rule = (port: number, established: string, protocol = 'tcp'): object => ({
    direction: 'DIRECTION_INGRESS',
    peer: { tags: { allOf: [{ text: 'web' }] } },
    protocols: [protocol],
    ports: [String(port)],
    action: 'ACTION_ALLOW',
    established: `ESTABLISHED_${established}`,
  })
  const policy = (rules: object[]): object => ({
    policy: { name: 'db', vnp: 'shop', appliesTo: { allOf: [{ text: 'db' }] }, rules },
  })
  const late = rule(LATE, 'CUT')
  const all = [
    rule(CUT, 'CUT'),
    rule(KEEP, 'KEEP'),
    rule(ANEW, 'RE_EVALUATE'),
    rule(UDP, 'CUT', 'udp'),
    rule(IDLE, 'CUT'),
    late,
  ]
  const set = async (rules: object[]): Promise<string> => {
    const { generation } = await controller.call<{ generation: string }>('ApplyService.Apply', {
      records: [policy(rules)],
    })
    return generation
  }
  const apply = async (rules: object[]): Promise<void> => {
    await controller.call('FlowService.WaitApplied', { generation: await set(rules) })
  }
  const read = (name: 'client' | 'server'): Record<string, number> => echoes.read(name)
  /** Ports of connections that are tracked. */
  const tracked = (): Set<number> => new Set(Object.keys(echoes.tracked()).map(Number))

  before(async () => {
    controller = await RunningController.start()
    const host = (index: number) => ({
      name: hostName(index),
      mac: `00:00:5e:00:53:d${index}`,
      ip: `${address(index)}/24`,
      switch: SWITCH,
    })
    const spec = {
      switches: [{ name: SWITCH, dpid: DPID }],
      hosts: [host(1), host(2)],
      links: [],
      controllers: [`tcp:${controller.openflow}`],
    }
    lab = (await Lab.start(spec as Parameters<typeof Lab.start>[0])).lab
    const record = (index: number, tag: string): object => ({
      interface: {
        name: `${tag}-${index}`,
        tags: [{ text: 'shop' }, { text: tag }],
        mac: `00:00:5e:00:53:d${index}`,
        addresses: [address(index)],
        attachment: { portName: { portName: `${SWITCH}-eth${index}` } },
      },
    })
    await controller.call('ApplyService.Apply', {
      records: [
        { vnp: { name: 'shop', selector: { allOf: [{ text: 'shop' }] } } },
        policy(all),
        record(1, 'web'),
        record(2, 'db'),
      ],
    })
    await controller.served()
    await controller.call('FlowService.WaitApplied', {})
    await echoes.start(lab, 170)
  })
  after(async () => {
    await echoes.stop(lab)
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-30).join('\n'))
  })

  it('are listed by a plan, with whether their entries go', async () => {
    interface Answer {
      connections: { cut: string; examples: { port: number; removed: boolean }[] }
    }
    const answer = await controller.call<Answer>('ApplyService.Plan', {
      change: { records: [policy([late])] },
      limit: 50,
    })
    const removed = Object.fromEntries(answer.connections.examples.map((one) => [one.port, one.removed]))
    expect(removed).to.deep.equal({ [CUT]: true, [ANEW]: false, [UDP]: true, [IDLE]: true })
  })

  it('are forgotten at once, silent ones too, and no packet of them arrives; others are left alone', async () => {
    expect([...tracked()].sort()).to.deep.equal(Object.values(PORTS).sort())
    await apply([late])
    // Whatever was on its way to the server when the tables changed is counted by now.
    await sleep(300)
    const before = { client: read('client'), server: read('server') }
    expect([...tracked()].sort()).to.deep.equal([KEEP, ANEW, LATE].sort())
    await sleep(2500)
    const [client, server] = [read('client'), read('server')]
    for (const port of [CUT, UDP, ANEW, IDLE]) {
      expect(server[port], `packets of ${port} that arrived`).to.equal(before.server[port])
      expect(client[port], `echoes of ${port}`).to.equal(before.client[port])
    }
    for (const port of [KEEP, LATE]) expect(client[port], `${port} goes on`).to.be.greaterThan(before.client[port]! + 5)
    expect([...tracked()].sort(), 'nothing came back').to.deep.equal([KEEP, ANEW, LATE].sort())
    const events = await controller.events<{ type: string; subject: string; details: Record<string, string> }>([
      'connections-cut',
      'connections-not-cut',
    ])
    expect(events.map(({ type, subject }) => ({ type, subject }))).to.deep.equal([
      { type: 'connections-cut', subject: DPID },
    ])
    expect(Number(events[0]!.details['count'])).to.be.within(1, 4)
  })

  it('do not come back when they are permitted again, and new ones may begin', async () => {
    const before = { client: read('client'), server: read('server') }
    await apply(all)
    echoes.wake()
    await until(
      'the connection that is judged anew goes on',
      async () => read('client'),
      (client) => (client[ANEW] ?? 0) > before.client[ANEW]! + 3,
      60_000,
    )
    // What the other had waiting may come at once.
    await until(
      'UDP begins anew with the next packet',
      async () => read('client'),
      (client) => (client[UDP] ?? 0) > before.client[UDP]!,
      5000,
    )
    await sleep(3000)
    const [client, server] = [read('client'), read('server')]
    for (const port of [CUT, IDLE]) {
      expect(server[port], `octets of ${port} that arrived`).to.equal(before.server[port])
      expect(client[port], `echoes of ${port}`).to.equal(before.client[port])
      expect(tracked().has(port), `${port} is tracked`).to.equal(false)
    }
    const dial = `import socket; c=socket.create_connection(("${address(2)}", ${CUT}), 3); c.sendall(b"n"); print(c.recv(1))`
    const fresh = await lab.run(hostName(1), ['/usr/bin/python3', '-c', dial], 10)
    expect(fresh.stdout, `a new connection ${fresh.stderr}`).to.equal("b'n'\n")
  })

  it('are forgotten by a switch that was away, once it is back', async () => {
    await lab.setControllers([])
    await until(
      'the switch is away',
      () => controller.call<{ switches: { state: string }[] }>('TopologyService.ListSwitches'),
      ({ switches }) => switches.every(({ state }) => state === 'SWITCH_STATE_OFFLINE'),
      30_000,
    )
    await set([rule(KEEP, 'KEEP')])
    // Permitted again before the switch has heard of either: it is cut all the same.
    await set([rule(KEEP, 'KEEP'), late])
    await sleep(1000)
    expect(tracked().has(LATE), 'it keeps enforcing the last good tables').to.equal(true)
    await lab.setControllers([`tcp:${controller.openflow}`])
    await until(
      'forgotten',
      async () => tracked(),
      (ports) => !ports.has(LATE),
      30_000,
    )
    expect(tracked().has(KEEP)).to.equal(true)
    const before = read('client')
    await sleep(2000)
    expect(read('client')[LATE]).to.equal(before[LATE])
  })
})
