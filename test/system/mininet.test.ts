/**
 * The main job on real switches: `tagsteer up`, three Open vSwitch bridges in a ring, seven hosts, real packets. Hosts
 * count what they receive below their IP stack; a packet that policy forbids and that arrives all the same fails the
 * test, whatever else happens meanwhile: changes of tags and policy, moves, cuts, restarts.
 */
import { expect } from 'chai'
import { Lab, type Received } from '../../mininet/lab.ts'
import { ETHERTYPE, encodeEthernet } from '../../packet/ethernet.ts'
import { RunningController, until } from '../support/running-controller.ts'

const PORT = 7000
const HOSTS = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'x1', 'y1'] as const
type Host = (typeof HOSTS)[number]
const SWITCH_OF: Record<Host, string> = {
  a1: 's1',
  a2: 's2',
  a3: 's3',
  b1: 's1',
  b2: 's2',
  c1: 's3',
  x1: 's2',
  y1: 's3',
}
const indexOf = (host: Host): number => HOSTS.indexOf(host) + 1
const ip4 = (host: Host): string => `10.0.0.${indexOf(host)}`
const ip6 = (host: Host): string => `fd00::${indexOf(host)}`
const macText = (host: Host): string => `00:00:5e:00:53:0${indexOf(host)}`
const mac = (host: Host): number => Number.parseInt(macText(host).replaceAll(':', ''), 16)

interface Sent {
  sent: number
  failed: number
}

describe('three real switches', function () {
  this.timeout(120_000)
  let controller: RunningController
  let lab: Lab
  let names: Record<Host, string>
  let portNames: Record<Host, string>

  const record = (host: Host, tags: string[], more: object = {}): object => ({
    interface: {
      name: host,
      tags: tags.map((text) => ({ text })),
      mac: macText(host),
      addresses: [ip4(host), ip6(host)],
      attachment: { portName: { portName: portNames[host] } },
      ...more,
    },
  })
  const vnp = (name: string, tag: string, more: object = {}): object => ({
    vnp: { name, selector: { allOf: [{ text: tag }] }, ...more },
  })
  const allowUdp = {
    direction: 'DIRECTION_INGRESS',
    peer: { any: {} },
    protocols: ['udp'],
    ports: [String(PORT)],
    action: 'ACTION_ALLOW',
  }
  /** Tenant A may talk to itself on one UDP port and ping; B to itself by default; C is alone. x1 and y1 have no record. */
  const base = (): object[] => [
    vnp('a', 'tenant-a'),
    vnp('b', 'tenant-b', { ingressDefault: 'DEFAULT_VERDICT_ALLOW' }),
    vnp('c', 'tenant-c'),
    {
      policy: {
        name: 'a-udp',
        vnp: 'a',
        rules: [
          allowUdp,
          { direction: 'DIRECTION_INGRESS', peer: { any: {} }, protocols: ['icmp'], action: 'ACTION_ALLOW' },
        ],
      },
    },
    record('a1', ['tenant-a']),
    record('a2', ['tenant-a']),
    record('a3', ['tenant-a']),
    record('b1', ['tenant-b']),
    record('b2', ['tenant-b']),
    record('c1', ['tenant-c']),
  ]

  async function apply(records: object[]): Promise<void> {
    const { generation } = await controller.call<{ generation: string }>('ApplyService.Apply', {
      records,
      owner: 'test',
      prune: true,
    })
    await controller.call('FlowService.WaitApplied', { generation })
  }

  async function setTags(host: Host, add: string[], remove: string[]): Promise<void> {
    const { meta } = await controller.call<{ meta: { generation: string } }>('InterfaceService.SetTags', {
      name: host,
      add: add.map((text) => ({ text })),
      remove: remove.map((text) => ({ text })),
    })
    await controller.call('FlowService.WaitApplied', { generation: meta.generation })
  }

  const udp = (from: Host, to: string, count: number, rate = 200): Promise<Sent> =>
    lab.send(names[from], { kind: 'udp', to, port: PORT, rate, count })

  /** Packets of the tested UDP port that a host received from another. */
  const countOf = (rows: Received[], from: Host): number =>
    rows
      .filter(
        ({ source, port, protocol }) => protocol === 17 && port === PORT && [ip4(from), ip6(from)].includes(source),
      )
      .reduce((sum, { packets }) => sum + packets, 0)

  const received = async (to: Host, from: Host, reset = false): Promise<number> =>
    countOf(await lab.received(names[to], { reset }), from)

  /** IP packets at `host` from hosts that are not among `friends`; neighbour resolution is not IP traffic. */
  async function strangers(host: Host, friends: Host[]): Promise<Received[]> {
    const allowed = new Set(friends.flatMap((friend) => [ip4(friend), ip6(friend)]))
    const rows = await lab.received(names[host])
    return rows.filter(
      ({ source, protocol, port }) =>
        typeof protocol === 'number' && !allowed.has(source) && !(protocol === 58 && port >= 133 && port <= 136),
    )
  }

  const contested = async (): Promise<{ events: { subject: string; severity: string }[] }> =>
    until(
      'the alert',
      async () => ({ events: await controller.events<{ subject: string; severity: string }>(['interface-contested']) }),
      ({ events }) => events.length > 0,
      5000,
    )

  async function served(links: number): Promise<void> {
    await until(
      `three served switches and ${links} links`,
      () =>
        controller
          .call<{ switches: { state: string }[]; links: unknown[] }>('TopologyService.GetTopology')
          .catch(() => ({
            switches: [],
            links: [],
          })),
      ({ switches, links: seen }) =>
        switches.filter(({ state }) => state === 'SWITCH_STATE_SERVED').length === 3 && seen.length === links,
    )
    await controller.call('FlowService.WaitApplied', {})
  }

  before(async () => {
    controller = await RunningController.start()
    names = Object.fromEntries(HOSTS.map((host) => [host, `h${indexOf(host)}`])) as Record<Host, string>
    const started = await Lab.start({
      switches: ['s1', 's2', 's3'].map((name, index) => ({ name, dpid: `00000000000001a${index + 1}` })),
      hosts: HOSTS.map((host) => ({
        name: names[host],
        mac: macText(host),
        ip: `${ip4(host)}/24`,
        ip6: `${ip6(host)}/64`,
        switch: SWITCH_OF[host],
      })),
      links: [
        ['s1', 's2'],
        ['s2', 's3'],
        ['s3', 's1'],
      ],
      controllers: [`tcp:${controller.openflow}`],
    })
    lab = started.lab
    const seen: Record<string, number> = { s1: 0, s2: 0, s3: 0 }
    portNames = Object.fromEntries(
      HOSTS.map((host) => [host, `${SWITCH_OF[host]}-eth${++seen[SWITCH_OF[host]]!}`]),
    ) as Record<Host, string>
    for (const host of HOSTS) await lab.received(names[host])
    await served(6)
  })
  after(async () => {
    await lab?.stop()
    await controller?.remove()
  })
  beforeEach(async () => {
    await apply(base())
    for (const host of HOSTS) await lab.received(names[host], { reset: true })
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-40).join('\n'))
  })

  it('permits and denies per tag, over IPv4 and IPv6, across switches', async () => {
    const pairs: [Host, Host][] = [
      ['a1', 'a2'],
      ['a2', 'a3'],
      ['b1', 'b2'],
      ['a1', 'b1'],
      ['b2', 'a3'],
      ['c1', 'a1'],
      ['a1', 'c1'],
      ['x1', 'a2'],
      ['a2', 'x1'],
    ]
    for (const [from, to] of pairs) {
      await udp(from, ip4(to), 20)
      await udp(from, ip6(to), 20)
    }
    const tenant = (host: Host): string => host[0]!
    for (const [from, to] of pairs) {
      const permitted = tenant(from) === tenant(to)
      expect(await received(to, from), `${from} to ${to}`).to.equal(permitted ? 40 : 0)
    }
    for (const host of HOSTS) {
      const friends = HOSTS.filter((other) => tenant(other) === tenant(host) && !['x1', 'y1'].includes(host))
      expect(await strangers(host, friends), `strangers at ${host}`).to.deep.equal([])
    }
  })

  it('lets replies back and nothing else that was not asked for', async () => {
    expect(await lab.ping(names.a1, ip4('a3'), { count: 3 })).to.equal(true)
    expect(await lab.ping(names.a1, ip6('a3'), { count: 3 })).to.equal(true)
    expect(await lab.ping(names.a1, ip4('c1'))).to.equal(false)
    await lab.listen(names.a2, [7001])
    const [open, closed] = await lab.probe(names.a1, [
      { to: ip4('a2'), kind: 'tcp', port: 7001, timeout: 1 },
      { to: ip6('c1'), kind: 'tcp', port: 7001, timeout: 1 },
    ])
    expect([open, closed]).to.deep.equal(['silent', 'silent'])
  })

  it('follows a change of tags in the middle of traffic', async () => {
    const flow = udp('c1', ip4('a1'), 2000)
    const other = udp('a2', ip4('a1'), 2000)
    await until(
      'some traffic of a2',
      () => received('a1', 'a2'),
      (count) => count > 50,
    )
    expect(await received('a1', 'c1')).to.equal(0)
    await setTags('c1', ['tenant-a'], [])
    await until(
      'c1 in tenant a',
      () => received('a1', 'c1'),
      (count) => count > 50,
      5000,
    )
    await setTags('c1', [], ['tenant-a'])
    await lab.received(names.a1, { reset: true })
    await Promise.all([flow, other])
    const rows = await lab.received(names.a1)
    expect(countOf(rows, 'c1'), 'after c1 left').to.equal(0)
    expect(countOf(rows, 'a2')).to.be.greaterThan(100)
  })

  it('loses no permitted packet while tags of others and policies change', async () => {
    const flow = udp('a2', ip4('a1'), 1000)
    for (let round = 0; round < 10; round++) {
      await setTags('c1', [`round-${round}`, 'tenant-b'], [])
      await setTags('c1', [], ['tenant-b'])
    }
    const { sent } = await flow
    expect(await received('a1', 'a2')).to.equal(sent)
  })

  it('follows a change of policy in the middle of traffic, established or not', async () => {
    const flow = udp('a2', ip6('a1'), 2000)
    await until(
      'traffic',
      () => received('a1', 'a2'),
      (count) => count > 50,
    )
    const deny = { ...allowUdp, action: 'ACTION_DENY' }
    const { meta } = await controller.call<{ meta: { generation: string } }>('PolicyService.UpdatePolicy', {
      policy: { name: 'a-udp', vnp: 'a', rules: [deny] },
    })
    await controller.call('FlowService.WaitApplied', { generation: meta.generation })
    await lab.received(names.a1, { reset: true })
    await flow
    expect(await received('a1', 'a2')).to.equal(0)
  })

  it('rejects loudly, limits the rate, and reports what a log rule names', async () => {
    const rules = [
      {
        direction: 'DIRECTION_INGRESS',
        peer: { any: {} },
        protocols: ['tcp'],
        ports: ['7001'],
        action: 'ACTION_REJECT',
      },
      { direction: 'DIRECTION_INGRESS', peer: { any: {} }, protocols: ['icmp'], action: 'ACTION_REJECT' },
      {
        direction: 'DIRECTION_INGRESS',
        peer: { any: {} },
        protocols: ['udp'],
        ports: [String(PORT)],
        action: 'ACTION_LOG',
      },
      {
        direction: 'DIRECTION_INGRESS',
        peer: { any: {} },
        protocols: ['udp'],
        ports: [String(PORT)],
        action: 'ACTION_RATE_LIMIT',
        rateLimit: { kilobitsPerSecond: 16, burstKilobits: 16 },
      },
    ]
    await apply([...base().filter((each) => !('policy' in each)), { policy: { name: 'a-limits', vnp: 'a', rules } }])
    const answers = await lab.probe(names.a1, [
      { to: ip4('a2'), kind: 'tcp', port: 7001, timeout: 2 },
      { to: ip6('a2'), kind: 'tcp', port: 7001, timeout: 2 },
      { to: ip4('a2'), kind: 'ping', timeout: 2 },
    ])
    expect(answers).to.deep.equal(['reset', 'reset', 'unreachable'])
    // 59 octets a packet at 1,000 packets a second are 472 kbit/s: at most some 16 + 3 * 16 kbit may pass in 3 s.
    const { sent } = await udp('a1', ip4('a2'), 3000, 1000)
    const passed = await received('a2', 'a1')
    expect(sent).to.equal(3000)
    expect(passed).to.be.within(10, 400)
    const logged = await controller.events<{ subject: string; sentence: string }>(['rule-matched'])
    expect(logged.map(({ subject }) => subject)).to.include('a-limits#2')
    expect(logged[0]?.sentence).to.match(/udp 10\.0\.0\.1:\d+ -> 10\.0\.0\.2:7000/)
  })

  it('refuses forged senders', async () => {
    const to = mac('a1')
    const ipv4 = (source: Host): Uint8Array => {
      const packet = Buffer.from(`4500001c000040004011000000000000000000001b581b5800080000`, 'hex')
      packet.set(ip4(source).split('.').map(Number), 12)
      packet.set(ip4('a1').split('.').map(Number), 16)
      return packet
    }
    const frame = (src: number, type: number, payload: Uint8Array, dst = to): string =>
      Buffer.from(encodeEthernet({ src, dst, type, vlans: [] }, payload)).toString('hex')
    const arp = (senderMac: number, sender: Host): Uint8Array => {
      const packet = Buffer.concat([Buffer.from('0001080006040002', 'hex'), Buffer.alloc(20)])
      packet.writeUIntBE(senderMac, 8, 6)
      packet.set(ip4(sender).split('.').map(Number), 14)
      packet.writeUIntBE(to, 18, 6)
      packet.set(ip4('a1').split('.').map(Number), 24)
      return packet
    }
    const own = mac('c1')
    const forged = [
      frame(mac('a2'), ETHERTYPE.ipv4, ipv4('a2')),
      frame(own, ETHERTYPE.ipv4, ipv4('a2')),
      frame(mac('a2'), ETHERTYPE.ipv4, ipv4('c1')),
      frame(own, ETHERTYPE.arp, arp(own, 'a2')),
      frame(own, ETHERTYPE.arp, arp(mac('a2'), 'a2')),
      frame(own, ETHERTYPE.arp, arp(own, 'a2'), 0xffffffffffff),
      frame(own, 0x88b5, Buffer.alloc(46)),
      frame(own, 0x88cc, Buffer.alloc(46), 0x0180c200000e),
    ]
    const before = await lab.received(names.a1)
    expect(before.filter(({ source }) => source === ip4('c1'))).to.deep.equal([])
    for (const host of ['c1', 'x1'] as const) {
      await lab.send(names[host], {
        kind: 'raw',
        interface: `${names[host]}-eth0`,
        frames: forged,
        rate: 200,
        count: 80,
      })
    }
    // A packet that may pass, sent last on the same path, says that the others had their time.
    await udp('a3', ip4('a1'), 5)
    await until(
      'the marker',
      () => received('a1', 'a3'),
      (count) => count === 5,
      5000,
    )
    for (const host of HOSTS) {
      const rows = await lab.received(names[host])
      // The controller's own probes carry the address of the switch's port, never a host's.
      const hosts = new Set<string>(HOSTS.map(macText))
      const wrong = rows.filter(({ source, protocol }) => {
        if (protocol === '0x88cc') return hosts.has(source)
        if (protocol === 'arp') return source === ip4('a2') && host === 'a1'
        // The marker, and that nobody listens on its port.
        return ![ip4('a3'), ip4('a1')].includes(source) && protocol !== 58
      })
      expect(wrong, `at ${host}`).to.deep.equal([])
    }
  })

  it('reroutes when a link is cut, and forbids the same', async () => {
    const flow = udp('a1', ip4('a2'), 1600)
    const forbidden = udp('b1', ip4('a2'), 1600)
    await until(
      'traffic',
      () => received('a2', 'a1'),
      (count) => count > 50,
    )
    await lab.link('s1', 's2', false)
    try {
      await served(4)
      await lab.received(names.a2, { reset: true })
      await until(
        'traffic over s3',
        () => received('a2', 'a1'),
        (count) => count > 100,
        10_000,
      )
      const { sent } = await flow
      await forbidden
      expect(sent).to.equal(1600)
      expect(await received('a2', 'b1')).to.equal(0)
    } finally {
      await lab.link('s1', 's2', true)
    }
    await served(6)
  })

  it('follows a host that moves to another switch', async () => {
    const flow = udp('a1', ip4('a3'), 2000)
    const forbidden = udp('b1', ip4('a3'), 2000)
    await until(
      'traffic',
      () => received('a3', 'a1'),
      (count) => count > 50,
    )
    await lab.move(names.a3, 's2')
    await lab.received(names.a3, { reset: true })
    await until(
      'traffic at the new place',
      () => received('a3', 'a1'),
      (count) => count > 100,
      10_000,
    )
    await lab.move(names.a3, 's3')
    await lab.received(names.a3, { reset: true })
    await until(
      'traffic at the old place',
      () => received('a3', 'a1'),
      (count) => count > 100,
      10_000,
    )
    await Promise.all([flow, forbidden])
    expect(await received('a3', 'b1')).to.equal(0)
  })

  it('finds an interface by its MAC and keeps it there against somebody who shouts the same MAC', async () => {
    await apply([...base(), record('x1', ['tenant-c'], { attachment: { mac: {} } })])
    await udp('x1', ip4('c1'), 10)
    const place = await until(
      'x1 is placed',
      () =>
        controller.call<{ status: { attached: boolean; portName: string } }>('InterfaceService.GetInterface', {
          name: 'x1',
        }),
      ({ status }) => status.attached,
    )
    expect(place.status.portName).to.equal(portNames.x1)
    await controller.call('FlowService.WaitApplied', {})
    expect(await received('c1', 'x1'), 'c has no rule for it').to.equal(0)
    await setTags('x1', ['tenant-b'], ['tenant-c'])
    const reach = async (): Promise<number> => {
      await udp('x1', ip4('b1'), 5)
      return received('b1', 'x1')
    }
    await until('x1 reaches b1', reach, (count) => count > 0, 5000)
    const forged = encodeEthernet({ src: mac('x1'), dst: mac('b1'), type: 0x0806, vlans: [] }, Buffer.alloc(46))
    const frames = [Buffer.from(forged).toString('hex')]
    await lab.send(names.y1, { kind: 'raw', interface: `${names.y1}-eth0`, frames, rate: 50, count: 20 })
    const { events } = await contested()
    expect(events[0]).to.include({ subject: 'x1', severity: 'SEVERITY_ALERT' })
    const after = await controller.call<typeof place>('InterfaceService.GetInterface', { name: 'x1' })
    expect(after.status.portName).to.equal(portNames.x1)
    await until('x1 still reaches b1', reach, (count) => count > 5, 5000)
  })

  it('serves a switch that was made anew, and forbids the same meanwhile', async () => {
    const forbidden = udp('b1', ip4('a2'), 1600)
    await lab.restartSwitch('s2')
    await served(6)
    await until(
      'a1 reaches a2 again',
      async () => {
        await udp('a1', ip4('a2'), 5)
        return received('a2', 'a1')
      },
      (count) => count > 0,
      10_000,
    )
    await forbidden
    expect(await received('a2', 'b1')).to.equal(0)
  })

  it('keeps traffic whole while the controller is killed, is away and comes back', async () => {
    const flow = udp('a1', ip4('a2'), 3000)
    const forbidden = udp('b1', ip4('a2'), 3000)
    await until(
      'traffic',
      () => received('a2', 'a1'),
      (count) => count > 50,
    )
    await controller.kill()
    await controller.run()
    await served(6)
    await controller.end()
    await controller.run()
    await served(6)
    const { sent } = await flow
    await forbidden
    expect(await received('a2', 'b1'), 'forbidden').to.equal(0)
    expect(await received('a2', 'a1'), 'permitted').to.equal(sent)
    await setTags('b1', ['tenant-a'], ['tenant-b'])
    await until(
      'b1 is of tenant a now',
      async () => {
        await udp('b1', ip4('a2'), 5)
        return received('a2', 'b1')
      },
      (count) => count > 0,
      5000,
    )
  })
})
