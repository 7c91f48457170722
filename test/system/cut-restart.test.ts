/**
 * Connections between two bridges that a change cuts, on a real Open vSwitch: both forget them, the sender's and the
 * receiver's. So they do where the controller is killed as soon as the change is durable, and where the bridges were away
 * then and it is permitted again: the next controller still owes the cut.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Lab } from '../../mininet/lab.ts'
import { Echoes } from '../support/echoing-hosts.ts'
import { RunningController, until } from '../support/running-controller.ts'

const SUFFIX = randomBytes(2).toString('hex')
/** Nobody else's on this machine: bridges of one Open vSwitch may share zones. */
const NET = randomBytes(1)[0]!
const address = (index: number): string => `10.78.${NET}.${index}`
const SWITCHES = [1, 2].map((index) => ({ name: `cr${SUFFIX}${index}`, dpid: `00000000cf${SUFFIX}0${index}` }))
const AT_ONCE = 6442
const KILLED = 6443
const AWAY = 6444
const DATAGRAMS = 6445
const STAYS = 6446
const TCP = [AT_ONCE, KILLED, AWAY, STAYS]

describe('connections between two bridges that a rule cuts', function () {
  this.timeout(240_000)
  const echoes = new Echoes({
    client: { name: `ch${SUFFIX}1`, address: address(1) },
    server: { name: `ch${SUFFIX}2`, address: address(2) },
    tcp: TCP,
    udp: DATAGRAMS,
  })
  let controller: RunningController
  let lab: Lab

  const set = async (ports: number[]): Promise<string> => {
    const rules = ports.map((port) => ({
      direction: 'DIRECTION_INGRESS',
      peer: { tags: { allOf: [{ text: 'web' }] } },
      protocols: [port === DATAGRAMS ? 'udp' : 'tcp'],
      ports: [String(port)],
      action: 'ACTION_ALLOW',
      established: 'ESTABLISHED_CUT',
    }))
    const policy = { name: 'db', vnp: 'shop', appliesTo: { allOf: [{ text: 'db' }] }, rules }
    const { generation } = await controller.call<{ generation: string }>('ApplyService.Apply', {
      records: [{ policy }],
    })
    return generation
  }
  const tracked = (): Record<number, number> => echoes.tracked()
  const served = async (): Promise<void> => {
    await until(
      'two served switches',
      () => controller.call<{ switches: { state: string }[] }>('TopologyService.ListSwitches'),
      ({ switches }) => switches.filter(({ state }) => state === 'SWITCH_STATE_SERVED').length === 2,
    )
  }
  /** Nothing of what was sent to these ports arrives any more, and others go on. */
  const areCut = async (ports: number[]): Promise<void> => {
    await sleep(400)
    const before = echoes.read('server')
    await until(
      'others to go on',
      async () => echoes.read('server'),
      (server) => server[STAYS]! > before[STAYS]! + 8,
    )
    const server = echoes.read('server')
    for (const port of ports) expect(server[port], `what arrived at ${port}`).to.equal(before[port])
  }

  before(async () => {
    controller = await RunningController.start()
    const host = (index: number) => ({
      name: `ch${SUFFIX}${index}`,
      mac: `00:00:5e:00:53:c${index}`,
      ip: `${address(index)}/24`,
      switch: SWITCHES[index - 1]!.name,
    })
    const spec = {
      switches: SWITCHES,
      hosts: [host(1), host(2)],
      links: [[SWITCHES[0]!.name, SWITCHES[1]!.name]] as [string, string][],
      controllers: [`tcp:${controller.openflow}`],
    }
    lab = (await Lab.start(spec)).lab
    const record = (index: number, tag: string): object => ({
      interface: {
        name: `${tag}-${index}`,
        tags: [{ text: 'shop' }, { text: tag }],
        mac: `00:00:5e:00:53:c${index}`,
        addresses: [address(index)],
        attachment: { portName: { portName: `${SWITCHES[index - 1]!.name}-eth1` } },
      },
    })
    await controller.call('ApplyService.Apply', {
      records: [{ vnp: { name: 'shop', selector: { allOf: [{ text: 'shop' }] } } }, record(1, 'web'), record(2, 'db')],
    })
    await set([...TCP, DATAGRAMS])
    await served()
    await until(
      'a link',
      () => controller.call<{ links: unknown[] }>('TopologyService.GetTopology'),
      ({ links }) => links.length === 2,
    )
    await controller.call('FlowService.WaitApplied', {})
    await echoes.start(lab, 230)
  })
  after(async () => {
    await echoes.stop(lab)
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-30).join('\n'))
  })

  it('are forgotten by both', async () => {
    const both = Object.fromEntries([...TCP, DATAGRAMS].map((port) => [port, 2]))
    expect(tracked(), 'each bridge tracks each').to.deep.equal(both)
    await controller.call('FlowService.WaitApplied', { generation: await set([KILLED, AWAY, DATAGRAMS, STAYS]) })
    const { [AT_ONCE]: _, ...rest } = both
    expect(tracked()).to.deep.equal(rest)
    await areCut([AT_ONCE])
  })

  it('are forgotten by both, TCP and UDP, where the controller is killed once the change is durable', async () => {
    await set([AWAY, STAYS])
    await controller.kill()
    await controller.run()
    await until(
      'forgotten',
      async () => tracked(),
      (zones) => !(KILLED in zones) && !(DATAGRAMS in zones),
    )
    expect(tracked()).to.deep.equal({ [AWAY]: 2, [STAYS]: 2 })
    await areCut([AT_ONCE, KILLED, DATAGRAMS])
  })

  it('are forgotten by both that were away then, and come back to another controller when it is permitted again', async () => {
    await lab.setControllers([])
    await until(
      'both away',
      () => controller.call<{ switches: { state: string }[] }>('TopologyService.ListSwitches'),
      ({ switches }) => switches.every(({ state }) => state === 'SWITCH_STATE_OFFLINE'),
    )
    await set([STAYS])
    // Written down for the switches by then, or found again from what changed: it is owed all the same.
    await set([AWAY, STAYS])
    await controller.kill()
    await controller.run()
    expect(tracked(), 'both keep enforcing what they have').to.deep.equal({ [AWAY]: 2, [STAYS]: 2 })
    await sleep(2000)
    await controller.kill()
    await controller.run()
    await lab.setControllers([`tcp:${controller.openflow}`])
    await until(
      'forgotten',
      async () => tracked(),
      (zones) => !(AWAY in zones),
    )
    await served()
    expect(tracked()).to.deep.equal({ [STAYS]: 2 })
    await areCut([AWAY])
    const events = await controller.events<{ subject: string }>(['connections-cut'])
    expect(new Set(events.map(({ subject }) => subject))).to.deep.equal(new Set(SWITCHES.map(({ dpid }) => dpid)))
  })
})
