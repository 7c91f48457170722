/**
 * Virtual routers on real switches with real hosts: two networks of one router with three hosts each, on two switches, and
 * another tenant with the same addresses. Hosts route through their gateway with the kernel's own stack. A packet that
 * arrives where policy or the absence of a router forbids it fails the test.
 */
import { expect } from 'chai'
import { Lab } from '../../mininet/lab.ts'
import { RunningController, until } from '../support/running-controller.ts'

interface Host {
  network: 'front' | 'back' | 'other'
  /** Number of the switch. */
  at: 1 | 2
  ip: string
  ip6: string
  mac: string
}

const host = (network: Host['network'], at: Host['at'], subnet: number, index: number, last: number): Host => ({
  ...{ network, at, ip: `10.1.${subnet}.${index}`, ip6: `fd01:${subnet}::${index}` },
  mac: `00:00:5e:00:54:${String(last).padStart(2, '0')}`,
})
const HOSTS = {
  f1: host('front', 1, 1, 11, 11),
  f2: host('front', 1, 1, 12, 12),
  f3: host('front', 2, 1, 13, 13),
  b1: host('back', 1, 2, 21, 21),
  b2: host('back', 2, 2, 22, 22),
  b3: host('back', 2, 2, 23, 23),
  /** Another tenant's, with the address of b2. */
  o1: host('other', 2, 2, 22, 31),
  o2: host('other', 1, 2, 21, 32),
} satisfies Record<string, Host>
type Name = keyof typeof HOSTS
const NAMES = Object.keys(HOSTS) as Name[]
const SHOP = NAMES.filter((name) => HOSTS[name].network !== 'other')
const PREFIX = 'rt'
const SUBNET = { front: 1, back: 2, other: 2 } as const
const [OPEN, SHUT] = [7000, 7009]

describe('virtual routers on two real switches', function () {
  this.timeout(120_000)
  let controller: RunningController
  let lab: Lab

  const at = (name: Name): string => `${PREFIX}h${NAMES.indexOf(name) + 1}`
  const wire = (name: Name): string => {
    const { at: its } = HOSTS[name]
    const here = NAMES.filter((other) => HOSTS[other].at === its)
    return `${PREFIX}${its}-eth${here.indexOf(name) + 1}`
  }
  const run = async (name: Name, ...command: string[]): Promise<string> => {
    const { stdout, stderr } = await lab.run(at(name), command)
    return stdout + stderr
  }
  const apply = async (records: object[]): Promise<void> => {
    const { generation } = await controller.call<{ generation: string }>('ApplyService.Apply', {
      ...{ records, owner: 'test', prune: true },
    })
    await controller.call('FlowService.WaitApplied', { generation })
  }
  const networkRecord = (name: Host['network'], router: string): object => {
    const at = SUBNET[name]
    const subnets = [
      { cidr: `10.1.${at}.0/24`, gateway: `10.1.${at}.1` },
      { cidr: `fd01:${at}::/64`, gateway: `fd01:${at}::1` },
    ]
    return { network: { name, router, subnets: router === '' ? subnets.map(({ cidr }) => ({ cidr })) : subnets } }
  }
  const base = (backRouter = 'shop'): object[] => {
    const allow = (more: object): object => ({
      ...{ direction: 'DIRECTION_INGRESS', peer: { any: {} }, action: 'ACTION_ALLOW', ...more },
    })
    const vnp = (name: string, more: object = {}): object => ({
      vnp: { name, selector: { allOf: [{ text: name }] }, ...more },
    })
    return [
      networkRecord('front', 'shop'),
      networkRecord('back', backRouter),
      networkRecord('other', 'lab'),
      vnp('shop'),
      vnp('lab', { ingressDefault: 'DEFAULT_VERDICT_ALLOW' }),
      {
        policy: {
          ...{ name: 'shop', vnp: 'shop' },
          rules: [
            allow({ protocols: ['udp'], ports: [String(OPEN)] }),
            allow({ protocols: ['tcp'], ports: ['7001'] }),
            allow({ protocols: ['icmp'] }),
          ],
        },
      },
      ...NAMES.map((name) => ({
        interface: {
          ...{ name, network: HOSTS[name].network, mac: HOSTS[name].mac, addresses: [HOSTS[name].ip, HOSTS[name].ip6] },
          tags: [{ text: HOSTS[name].network === 'other' ? 'lab' : 'shop' }],
          attachment: { portName: { portName: wire(name) } },
        },
      })),
    ]
  }
  const reset = async (): Promise<void> => {
    for (const name of NAMES) await lab.received(at(name), { reset: true })
  }
  /** Packets of a UDP port from one host at another. */
  const counted = async (to: Name, from: Name, port: number): Promise<number> =>
    (await lab.received(at(to)))
      .filter((row) => row.protocol === 17 && row.port === port)
      .filter(({ source }) => [HOSTS[from].ip, HOSTS[from].ip6].includes(source))
      .reduce((sum, { packets }) => sum + packets, 0)
  const send = (from: Name, to: string, port: number, count = 10): Promise<unknown> =>
    lab.send(at(from), { kind: 'udp', to, port, rate: 200, count })

  before(async () => {
    controller = await RunningController.start()
    const started = await Lab.start({
      switches: [1, 2].map((index) => ({ name: `${PREFIX}${index}`, dpid: `00000000000005b${index}` })),
      hosts: NAMES.map((name) => ({
        ...{ name: at(name), mac: HOSTS[name].mac, ip: `${HOSTS[name].ip}/24`, ip6: `${HOSTS[name].ip6}/64` },
        switch: `${PREFIX}${HOSTS[name].at}`,
      })),
      links: [[`${PREFIX}1`, `${PREFIX}2`]],
      controllers: [`tcp:${controller.openflow}`],
    })
    lab = started.lab
    for (const name of NAMES) {
      const subnet = SUBNET[HOSTS[name].network]
      await run(name, 'ip', 'route', 'replace', 'default', 'via', `10.1.${subnet}.1`)
      await run(name, 'ip', '-6', 'route', 'replace', 'default', 'via', `fd01:${subnet}::1`)
      await lab.received(at(name))
    }
    interface Seen {
      switches: { state: string }[]
      links: unknown[]
    }
    await until(
      'two served switches and their link',
      () => controller.call<Seen>('TopologyService.GetTopology').catch((): Seen => ({ switches: [], links: [] })),
      ({ switches, links }) =>
        switches.filter(({ state }) => state === 'SWITCH_STATE_SERVED').length === 2 && links.length === 2,
    )
  })

  after(async () => {
    await lab?.stop()
    await controller?.remove()
  })

  beforeEach(async () => {
    await apply(base())
    await reset()
  })

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-40).join('\n'))
  })

  it('answer echo requests to every gateway of the router, over both families', async () => {
    for (const name of ['f1', 'b2'] as const) {
      for (const gateway of ['10.1.1.1', '10.1.2.1', 'fd01:1::1', 'fd01:2::1']) {
        const told = await run(name, 'ping', '-n', '-c', '2', '-i', '0.2', '-W', '2', gateway)
        expect(told, `${name} to ${gateway}`).to.match(/ 2 received, 0% packet loss/)
      }
    }
    expect(await run('o1', 'ping', '-n', '-c', '1', '-W', '1', '10.1.1.1'), 'another router').to.match(
      /Net Unreachable|100% packet loss/,
    )
  })

  it('take what policy permits from one network to the other, both ways, and one from its TTL', async () => {
    for (const from of SHOP) {
      for (const to of SHOP) {
        if (from === to) continue
        const ttl = HOSTS[from].network === HOSTS[to].network ? 64 : 63
        for (const address of [HOSTS[to].ip, HOSTS[to].ip6]) {
          const told = await run(from, 'ping', '-n', '-c', '1', '-W', '2', address)
          expect(told, `${from} to ${to}, ${address}`).to.match(new RegExp(` ttl=${ttl} `))
        }
      }
    }
  })

  it('carry TCP both ways, on one switch and between two', async () => {
    for (const name of ['b1', 'b3', 'f3'] as const) await lab.listen(at(name), [7001, 7002])
    const pairs: [Name, Name][] = [
      ['f1', 'b1'],
      ['f1', 'b3'],
      ['b2', 'f3'],
      ['b1', 'f3'],
    ]
    for (const [from, to] of pairs) {
      const probes = [HOSTS[to].ip, HOSTS[to].ip6].flatMap((address) =>
        [7001, 7002].map((port) => ({ to: address, kind: 'tcp' as const, port, timeout: 2 })),
      )
      expect(await lab.probe(at(from), probes), `${from} to ${to}`).to.deep.equal(['open', 'silent', 'open', 'silent'])
    }
  })

  it('deliver no packet that policy forbids, and none to another tenant with the same address', async () => {
    const pairs: [Name, Name][] = [
      ['f1', 'b1'],
      ['f1', 'b2'],
      ['f3', 'b1'],
      ['b2', 'f1'],
      ['b3', 'f3'],
    ]
    for (const [from, to] of pairs) {
      for (const address of [HOSTS[to].ip, HOSTS[to].ip6]) {
        await send(from, address, OPEN)
        await send(from, address, SHUT)
      }
    }
    // Of the other tenant: to those whose addresses it has too, and past its own router.
    for (const address of ['10.1.2.22', '10.1.2.23', '10.1.1.11', 'fd01:2::22', 'fd01:1::11'])
      for (const name of ['o1', 'o2'] as const) await send(name, address, OPEN)
    for (const [from, to] of pairs) {
      expect(await counted(to, from, OPEN), `${from} to ${to}`).to.equal(20)
      expect(await counted(to, from, SHUT), `${from} to ${to}, forbidden`).to.equal(0)
    }
    for (const name of SHOP) {
      const friends = pairs.filter(([, to]) => to === name).flatMap(([from]) => [HOSTS[from].ip, HOSTS[from].ip6])
      const rows = (await lab.received(at(name))).filter(
        ({ protocol, source }) => protocol === 17 && !friends.includes(source),
      )
      expect(rows, `strangers at ${name}`).to.deep.equal([])
    }
    // o2 and o1 are in one network: what comes to o1 is o2's, addressed as b1 is.
    for (const [name, other] of [
      ['o1', 'o2'],
      ['o2', 'o1'],
    ] as const) {
      const rows = (await lab.received(at(name))).filter(({ protocol }) => protocol === 17)
      const strangers = rows.filter(({ source }) => ![HOSTS[other].ip, HOSTS[other].ip6].includes(source))
      expect(strangers, `strangers at ${name}`).to.deep.equal([])
    }
  })

  it('are seen on the way, and say what they do not route', async () => {
    expect(await run('f1', 'ping', '-n', '-c', '1', '-W', '2', '-t', '1', '10.1.2.22')).to.match(
      /From 10\.1\.1\.1 .*Time to live exceeded/,
    )
    expect(await run('f1', 'ping', '-n', '-c', '1', '-W', '2', '-t', '1', 'fd01:2::22')).to.match(
      /From fd01:1::1 .*Time exceeded: Hop limit/,
    )
    expect(await run('b2', 'ping', '-n', '-c', '1', '-W', '2', '10.1.1.99')).to.match(
      /From 10\.1\.2\.1 .*Destination Host Unreachable/,
    )
    expect(await run('b2', 'ping', '-n', '-c', '1', '-W', '2', '203.0.113.9')).to.match(
      /From 10\.1\.2\.1 .*Destination Net Unreachable/,
    )
    expect(await run('b2', 'ping', '-n', '-c', '1', '-W', '2', '2001:db8::9')).to.match(
      /From fd01:2::1 .*Destination unreachable: No route/,
    )
    const [toGateway] = await lab.probe(at('f1'), [{ to: '10.1.1.1', kind: 'tcp', port: 22, timeout: 2 }])
    expect(toGateway).to.equal('reset')
  })

  it('follow their records in the middle of traffic', async () => {
    const flow = send('f1', HOSTS.b2.ip, OPEN, 1500)
    await until(
      'traffic',
      () => counted('b2', 'f1', OPEN),
      (count) => count > 50,
    )
    await apply(base(''))
    await lab.received(at('b2'), { reset: true })
    await flow
    expect(await counted('b2', 'f1', OPEN), 'without the router').to.equal(0)
    await apply(base())
    await send('f1', HOSTS.b2.ip, OPEN)
    expect(await counted('b2', 'f1', OPEN), 'with it again').to.equal(10)
  })
})
