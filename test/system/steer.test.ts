/**
 * Mirrors and redirects on a real Open vSwitch: packets of real connections pass through namespaces that forward, in
 * order and back, copies are counted, what policy forbids stays forbidden, a service opens nothing in another's name, and
 * without the rule everything goes straight.
 */
import { expect } from 'chai'
import { Lab } from '../../mininet/lab.ts'
import { forgedDatagrams } from '../support/forged-datagrams.ts'
import { RunningController, until } from '../support/running-controller.ts'

const DPID = '00000000000003c7'
const [TCP, UDP] = [6, 17]
const OPEN = 7000
const SHUT = 7001
const HOSTS = ['web', 'db', 'fw', 'proxy', 'ids'] as const
type Host = (typeof HOSTS)[number]
const address = (host: Host): string => `10.0.0.${HOSTS.indexOf(host) + 1}`
const NUMBERS = 150

describe('mirrors and redirects on Open vSwitch', function () {
  this.timeout(180_000)
  let controller: RunningController
  let lab: Lab

  const rule = (more: object): object => ({
    direction: 'DIRECTION_INGRESS',
    peer: { tags: { allOf: [{ text: 'web' }] } },
    protocols: ['tcp', 'udp'],
    ports: [String(OPEN)],
    action: 'ACTION_ALLOW',
    ...more,
  })
  const apply = async (more: object): Promise<void> => {
    const policy = { name: 'db', vnp: 'shop', appliesTo: { allOf: [{ text: 'db' }] }, rules: [rule(more)] }
    const { generation } = await controller.call<{ generation: string }>('ApplyService.Apply', {
      records: [{ policy }],
    })
    await controller.call('FlowService.WaitApplied', { generation })
  }
  const record = (host: Host, portName: string): object => ({
    interface: {
      name: host,
      tags: [{ text: host }],
      mac: `00:00:5e:00:53:e${HOSTS.indexOf(host) + 1}`,
      addresses: [address(host)],
      attachment: { portName: { portName } },
    },
  })
  const explain = (): Promise<{ verdict: string; summary: string; steps: { finding: string }[] }> =>
    controller.call('FlowService.Explain', { from: 'web', to: 'db', packet: `tcp/${OPEN}` })

  before(async () => {
    controller = await RunningController.start()
    lab = (
      await Lab.start({
        switches: [{ name: 'st1', dpid: DPID }],
        hosts: HOSTS.map((host, index) => ({
          name: `st${host}`,
          mac: `00:00:5e:00:53:e${index + 1}`,
          ip: `${address(host)}/24`,
          switch: 'st1',
        })),
        links: [],
        controllers: [`tcp:${controller.openflow}`],
      })
    ).lab
    await controller.call('ApplyService.Apply', {
      records: [
        { vnp: { name: 'shop', selector: { anyOf: HOSTS.map((text) => ({ text })) } } },
        ...HOSTS.map((host, index) => record(host, `st1-eth${index + 1}`)),
      ],
    })
    await controller.served()
    for (const host of ['fw', 'proxy']) {
      for (const setting of ['ip_forward=1', 'conf.all.send_redirects=0', 'conf.all.rp_filter=0'])
        await lab.run(`st${host}`, ['sysctl', '-qw', `net.ipv4.${setting}`])
      for (const what of ['send_redirects', 'rp_filter'])
        await lab.run(`st${host}`, ['sysctl', '-qw', `net.ipv4.conf.st${host}-eth0.${what}=0`])
    }
    await lab.listen('stdb', [OPEN, SHUT])
    for (const host of HOSTS) await lab.received(`st${host}`)
  })
  after(async () => {
    await lab?.stop()
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-30).join('\n'))
  })

  /** Packets that a host received of traffic between two, since the last time; its own neighbours' business left out. */
  const count = async (host: Host, from: Host, to: Host, protocol: number): Promise<number> => {
    const rows = await lab.received(`st${host}`)
    return rows
      .filter((its) => its.source === address(from) && its.destination === address(to) && its.protocol === protocol)
      .reduce((sum, { packets }) => sum + packets, 0)
  }
  const reset = async (): Promise<void> => {
    for (const host of HOSTS) await lab.received(`st${host}`, { reset: true })
  }
  const udp = (port = OPEN): Promise<unknown> =>
    lab.send('stweb', { kind: 'udp', to: address('db'), port, rate: 300, count: NUMBERS })
  const reach = async (): Promise<string[]> =>
    lab.probe(
      'stweb',
      [OPEN, SHUT].map((port) => ({ to: address('db'), kind: 'tcp', port, timeout: 3 }) as const),
    )
  const everywhere = async (protocol: number): Promise<Record<string, number>> => {
    const found: Record<string, number> = {}
    for (const host of HOSTS) found[host] = await count(host, 'web', 'db', protocol)
    return found
  }

  it('take connections through a namespace that forwards, both ways, and numbered packets without loss', async () => {
    await apply({ redirect: { via: ['fw'] } })
    await reset()
    expect(await reach()).to.deep.equal(['open', 'silent'])
    const there = await count('fw', 'web', 'db', TCP)
    expect(there, 'to the service').to.be.at.least(3)
    expect(await count('db', 'web', 'db', TCP), 'to the receiver, each once').to.equal(there)
    const back = await count('fw', 'db', 'web', TCP)
    expect(back, 'answers to the service').to.be.at.least(2)
    expect(await count('web', 'db', 'web', TCP), 'answers').to.equal(back)
    await reset()
    await udp()
    expect(await everywhere(UDP)).to.deep.equal({ web: 0, db: NUMBERS, fw: NUMBERS, proxy: 0, ids: 0 })
    await udp(SHUT)
    expect(await everywhere(UDP), 'nothing that is forbidden').to.deep.equal({
      ...{ web: 0, db: NUMBERS, fw: NUMBERS, proxy: 0, ids: 0 },
    })
    expect((await explain()).steps.map(({ finding }) => finding)).to.include('goes through fw')
  })

  it('take packets through a chain in order, and copy each once', async () => {
    await apply({ redirect: { via: ['fw', 'proxy'] }, mirror: { to: 'ids' } })
    await reset()
    await udp()
    expect(await everywhere(UDP)).to.deep.equal({ web: 0, db: NUMBERS, fw: NUMBERS, proxy: NUMBERS, ids: NUMBERS })
    await reset()
    expect(await reach()).to.deep.equal(['open', 'silent'])
    const [there, back] = [await count('db', 'web', 'db', TCP), await count('web', 'db', 'web', TCP)]
    expect([await count('ids', 'web', 'db', TCP), await count('ids', 'db', 'web', TCP)]).to.deep.equal([there, back])
    expect([await count('proxy', 'web', 'db', TCP), await count('fw', 'db', 'web', TCP)]).to.deep.equal([there, back])
  })

  it('copy what a rule refuses, to nobody else', async () => {
    await apply({ action: 'ACTION_DENY', mirror: { to: 'ids' } })
    await reset()
    await udp()
    expect(await everywhere(UDP)).to.deep.equal({ web: 0, db: 0, fw: 0, proxy: 0, ids: NUMBERS })
  })

  it('let a service open no connection in the name of somebody else', async () => {
    await apply({ redirect: { via: ['fw'] } })
    await reset()
    const forged = forgedDatagrams(address('web'), address('db'), OPEN)
    expect((await lab.run('stfw', ['/usr/bin/python3', '-c', forged])).code).to.equal(0)
    expect(await count('db', 'web', 'db', UDP)).to.equal(0)
  })

  it('let nothing pass while the service is gone, and say so; and go straight without the rule', async () => {
    await apply({ redirect: { via: ['fw'] } })
    const attach = (portName: string): Promise<unknown> =>
      controller.call('ApplyService.Apply', { records: [record('fw', portName)] })
    await attach('st1-eth99')
    const told = await until(
      'the alert',
      () => controller.events<{ subject: string }>(['service-missing']),
      (events) => events.length > 0,
    )
    expect(told.map(({ subject }) => subject)).to.deep.equal(['fw'])
    await controller.call('FlowService.WaitApplied', {})
    const { verdict, summary } = await explain()
    expect({ verdict, summary }).to.deep.equal({
      verdict: 'VERDICT_DENY',
      summary: 'Policy allows traffic from web to db, but fw, which it has to go through, is on no connected port.',
    })
    await reset()
    await udp()
    expect((await everywhere(UDP))['db']).to.equal(0)
    await apply({})
    await reset()
    await udp()
    expect(await everywhere(UDP)).to.deep.equal({ web: 0, db: NUMBERS, fw: 0, proxy: 0, ids: 0 })
    expect(await reach()).to.deep.equal(['open', 'silent'])
  })
})
