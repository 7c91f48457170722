/**
 * Mirrors and redirects between three real Open vSwitch bridges in a line: services and collectors on other switches than
 * both ends. Packets of real connections go there and come back, also to the switch that they came from; copies are
 * counted, what policy forbids arrives nowhere, and nothing arrives that is not for its host.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { Lab } from '../../mininet/lab.ts'
import { forgedDatagrams } from '../support/forged-datagrams.ts'
import { RunningController, until } from '../support/running-controller.ts'

const [TCP, UDP] = [6, 17]
const OPEN = 7000
const SHUT = 7001
const NUMBERS = 150
/** Hosts by the number of their switch. */
const PLACES = { web: 1, near: 1, fw: 2, ids: 2, proxy: 3, db: 3, tap: 3 } as const
type Host = keyof typeof PLACES
const HOSTS = Object.keys(PLACES) as Host[]
const address = (host: Host): string => `10.0.0.${HOSTS.indexOf(host) + 1}`
const mac = (host: Host): string => `00:00:5e:00:53:c${HOSTS.indexOf(host) + 1}`
const NOBODY: Record<Host, number> = { web: 0, near: 0, fw: 0, ids: 0, proxy: 0, db: 0, tap: 0 }

describe('mirrors and redirects between Open vSwitch bridges', function () {
  this.timeout(240_000)
  const id = randomBytes(2).toString('hex')
  const nameOf = (host: Host): string => `h${id}${host}`
  const switchName = (number: number): string => `s${id}${number}`
  const portOf = (host: Host): string => {
    const here = HOSTS.filter((its) => PLACES[its] === PLACES[host])
    return `${switchName(PLACES[host])}-eth${here.indexOf(host) + 1}`
  }
  let controller: RunningController
  let lab: Lab

  const settle = async (): Promise<void> => {
    await controller.call('FlowService.WaitApplied', {})
  }
  const apply = async (more: object): Promise<void> => {
    const rule = {
      ...{ direction: 'DIRECTION_INGRESS', peer: { tags: { allOf: [{ text: 'web' }] } } },
      ...{ protocols: ['tcp', 'udp'], ports: [String(OPEN)], action: 'ACTION_ALLOW', ...more },
    }
    const policy = { name: 'servers', vnp: 'shop', appliesTo: { allOf: [{ text: 'server' }] }, rules: [rule] }
    await controller.call('ApplyService.Apply', { records: [{ policy }] })
    await settle()
  }
  const record = (host: Host, portName = portOf(host)): object => ({
    interface: {
      name: host,
      tags: [{ text: host === 'near' || host === 'db' ? 'server' : host }],
      mac: mac(host),
      addresses: [address(host)],
      attachment: { portName: { portName } },
    },
  })
  const explain = (to: Host): Promise<{ verdict: string; summary: string; steps: { finding: string }[] }> =>
    controller.call('FlowService.Explain', { from: 'web', to, packet: `tcp/${OPEN}` })
  const links = async (): Promise<number> =>
    (await controller.call<{ links: unknown[] }>('TopologyService.GetTopology')).links.length

  before(async () => {
    controller = await RunningController.start()
    lab = (
      await Lab.start({
        switches: [1, 2, 3].map((number) => ({ name: switchName(number), dpid: `00000000${id}000${number}` })),
        hosts: HOSTS.map((host) => ({
          ...{ name: nameOf(host), mac: mac(host), ip: `${address(host)}/24`, switch: switchName(PLACES[host]) },
        })),
        links: [
          [switchName(1), switchName(2)],
          [switchName(2), switchName(3)],
        ],
        controllers: [`tcp:${controller.openflow}`],
      })
    ).lab
    await controller.call('ApplyService.Apply', {
      records: [
        { vnp: { name: 'shop', selector: { anyOf: [...HOSTS, 'server'].map((text) => ({ text })) } } },
        ...HOSTS.map((host) => record(host)),
      ],
    })
    await until('links', links, (count) => count === 4)
    for (const host of ['fw', 'proxy'] as const) {
      for (const setting of ['ip_forward=1', 'conf.all.send_redirects=0', 'conf.all.rp_filter=0'])
        await lab.run(nameOf(host), ['sysctl', '-qw', `net.ipv4.${setting}`])
      for (const what of ['send_redirects', 'rp_filter'])
        await lab.run(nameOf(host), ['sysctl', '-qw', `net.ipv4.conf.${nameOf(host)}-eth0.${what}=0`])
    }
    for (const host of ['near', 'db'] as const) await lab.listen(nameOf(host), [OPEN, SHUT])
    for (const host of HOSTS) await lab.received(nameOf(host))
  })
  after(async () => {
    await lab?.stop()
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-30).join('\n'))
  })

  /** Packets between two that each host received since the last reset. */
  const counts = async (from: Host, to: Host, protocol: number): Promise<Record<Host, number>> => {
    const found = { ...NOBODY }
    for (const host of HOSTS) {
      for (const row of await lab.received(nameOf(host))) {
        const isTheirs = row.source === address(from) && row.destination === address(to) && row.protocol === protocol
        if (isTheirs) found[host] += row.packets
      }
    }
    return found
  }
  const reset = async (): Promise<void> => {
    for (const host of HOSTS) await lab.received(nameOf(host), { reset: true })
  }
  const send = (to: Host, port = OPEN): Promise<unknown> =>
    lab.send(nameOf('web'), { kind: 'udp', to: address(to), port, rate: 300, count: NUMBERS })
  const reach = (to: Host): Promise<string[]> =>
    lab.probe(
      nameOf('web'),
      [OPEN, SHUT].map((port) => ({ to: address(to), kind: 'tcp', port, timeout: 3 }) as const),
    )

  for (const to of ['near', 'db'] as const) {
    it(`take connections with ${to} through a service on another switch, and numbered packets without loss`, async () => {
      await apply({ redirect: { via: ['fw'] } })
      await reset()
      expect(await reach(to)).to.deep.equal(['open', 'silent'])
      const [there, back] = [await counts('web', to, TCP), await counts(to, 'web', TCP)]
      expect(there.fw).to.be.at.least(3)
      expect(back.fw).to.be.at.least(2)
      expect(there).to.deep.equal({ ...NOBODY, fw: there.fw, [to]: there.fw })
      expect(back).to.deep.equal({ ...NOBODY, fw: back.fw, web: back.fw })
      await reset()
      await send(to)
      await send(to, SHUT)
      expect(await counts('web', to, UDP)).to.deep.equal({ ...NOBODY, fw: NUMBERS, [to]: NUMBERS })
      const { verdict, steps } = await explain(to)
      expect(verdict).to.equal('VERDICT_ALLOW')
      const path = [1, 2, PLACES[to]].map(switchName).join(' - ')
      expect(steps.map(({ finding }) => finding)).to.include.members(['goes through fw', `path ${path}`])
    })

    it(`take packets to ${to} through a chain over both links, and copy each once to another switch`, async () => {
      await apply({ redirect: { via: ['proxy', 'fw'] }, mirror: { to: 'tap' } })
      await reset()
      await send(to)
      await send(to, SHUT)
      const once = { ...NOBODY, proxy: NUMBERS, fw: NUMBERS, tap: NUMBERS, [to]: NUMBERS }
      expect(await counts('web', to, UDP)).to.deep.equal(once)
      await reset()
      expect(await reach(to)).to.deep.equal(['open', 'silent'])
      const [there, back] = [await counts('web', to, TCP), await counts(to, 'web', TCP)]
      const [sent, answered] = [there[to], back.web]
      expect(sent).to.be.at.least(3)
      expect(there).to.deep.equal({ ...NOBODY, proxy: sent, fw: sent, tap: sent, [to]: sent })
      expect(back).to.deep.equal({ ...NOBODY, proxy: answered, fw: answered, tap: answered, web: answered })
    })
  }

  it('copy what a rule refuses to a collector on another switch, and to nobody else', async () => {
    await apply({ action: 'ACTION_DENY', mirror: { to: 'ids' } })
    await reset()
    await send('db')
    expect(await counts('web', 'db', UDP)).to.deep.equal({ ...NOBODY, ids: NUMBERS })
  })

  it('let a service on another switch open nothing in the name of somebody else', async () => {
    await apply({ redirect: { via: ['fw'] } })
    await reset()
    const forged = forgedDatagrams(address('web'), address('db'), OPEN)
    expect((await lab.run(nameOf('fw'), ['/usr/bin/python3', '-c', forged])).code).to.equal(0)
    expect(await counts('web', 'db', UDP)).to.deep.equal(NOBODY)
  })

  it('let nothing pass while the way to the service is cut, say so, and go straight without the rule', async () => {
    await apply({ redirect: { via: ['proxy'] } })
    await lab.link(switchName(2), switchName(3), false)
    await until('the link gone', links, (count) => count === 2)
    await settle()
    const { verdict, summary } = await explain('near')
    expect(verdict).to.equal('VERDICT_DENY')
    expect(summary).to.match(/but there is no path from switch \w+ to switch \w+, where proxy is\.$/)
    await reset()
    await send('near')
    expect(await counts('web', 'near', UDP)).to.deep.equal(NOBODY)
    await apply({})
    await send('near')
    expect(await counts('web', 'near', UDP)).to.deep.equal({ ...NOBODY, near: NUMBERS })
    await lab.link(switchName(2), switchName(3), true)
    await until('the link back', links, (count) => count === 4)
    await apply({ redirect: { via: ['proxy'] } })
    await reset()
    await send('near')
    expect(await counts('web', 'near', UDP)).to.deep.equal({ ...NOBODY, proxy: NUMBERS, near: NUMBERS })
  })
})
