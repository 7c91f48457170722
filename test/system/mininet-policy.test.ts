/**
 * The main job on real switches, with real packets: verdicts per tag, over both families, and changes of tags and policy
 * in the middle of traffic. A packet that policy forbids and that arrives all the same fails the test.
 */
import { expect } from 'chai'
import { allowUdp, countOf, HOSTS, type Host, ip4, ip6, onRing, PORT, type Ring } from '../support/ring.ts'
import { until } from '../support/running-controller.ts'

describe('policy on three real switches', function () {
  this.timeout(120_000)
  let ring: Ring
  onRing('p', '3a', (made) => {
    ring = made
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
      await ring.udp(from, ip4(to), 20)
      await ring.udp(from, ip6(to), 20)
    }
    const tenant = (host: Host): string => host[0]!
    for (const [from, to] of pairs) {
      const permitted = tenant(from) === tenant(to)
      expect(await ring.received(to, from), `${from} to ${to}`).to.equal(permitted ? 40 : 0)
    }
    for (const host of HOSTS) {
      const friends = HOSTS.filter((other) => tenant(other) === tenant(host) && !['x1', 'y1'].includes(host))
      expect(await ring.strangers(host, friends), `strangers at ${host}`).to.deep.equal([])
    }
  })

  it('lets replies back and nothing else that was not asked for', async () => {
    expect(await ring.lab.ping(ring.host('a1'), ip4('a3'), { count: 3 })).to.equal(true)
    expect(await ring.lab.ping(ring.host('a1'), ip6('a3'), { count: 3 })).to.equal(true)
    expect(await ring.lab.ping(ring.host('a1'), ip4('c1'))).to.equal(false)
    await ring.lab.listen(ring.host('a2'), [7001])
    const [open, closed] = await ring.lab.probe(ring.host('a1'), [
      { to: ip4('a2'), kind: 'tcp', port: 7001, timeout: 1 },
      { to: ip6('c1'), kind: 'tcp', port: 7001, timeout: 1 },
    ])
    expect([open, closed]).to.deep.equal(['silent', 'silent'])
  })

  it('follows a change of tags in the middle of traffic', async () => {
    const flow = ring.udp('c1', ip4('a1'), 2000)
    const other = ring.udp('a2', ip4('a1'), 2000)
    await until(
      'some traffic of a2',
      () => ring.received('a1', 'a2'),
      (count) => count > 50,
    )
    expect(await ring.received('a1', 'c1')).to.equal(0)
    await ring.setTags('c1', ['tenant-a'], [])
    await until(
      'c1 in tenant a',
      () => ring.received('a1', 'c1'),
      (count) => count > 50,
      5000,
    )
    await ring.setTags('c1', [], ['tenant-a'])
    await ring.rows('a1', true)
    await Promise.all([flow, other])
    const rows = await ring.rows('a1')
    expect(countOf(rows, 'c1'), 'after c1 left').to.equal(0)
    expect(countOf(rows, 'a2')).to.be.greaterThan(100)
  })

  it('loses no permitted packet while tags of others and policies change', async () => {
    const flow = ring.udp('a2', ip4('a1'), 1000)
    for (let round = 0; round < 10; round++) {
      await ring.setTags('c1', [`round-${round}`, 'tenant-b'], [])
      await ring.setTags('c1', [], ['tenant-b'])
    }
    const { sent } = await flow
    expect(await ring.received('a1', 'a2')).to.equal(sent)
  })

  it('follows a change of policy in the middle of traffic, established or not', async () => {
    const flow = ring.udp('a2', ip6('a1'), 2000)
    await until(
      'traffic',
      () => ring.received('a1', 'a2'),
      (count) => count > 50,
    )
    const deny = { ...allowUdp, action: 'ACTION_DENY' }
    const { meta } = await ring.controller.call<{ meta: { generation: string } }>('PolicyService.UpdatePolicy', {
      policy: { name: 'a-udp', vnp: 'a', rules: [deny] },
    })
    await ring.controller.call('FlowService.WaitApplied', { generation: meta.generation })
    await ring.rows('a1', true)
    await flow
    expect(await ring.received('a1', 'a2')).to.equal(0)
  })

  it('lets a connection go on that a rule keeps, on the side of the rule, and no new one', async () => {
    const write = async (...rules: object[]): Promise<void> => {
      const { meta } = await ring.controller.call<{ meta: { generation: string } }>('PolicyService.UpdatePolicy', {
        policy: { name: 'a-udp', vnp: 'a', rules },
      })
      await ring.applied(meta.generation)
    }
    /** Packets that arrive of 20 there and 20 back, between a port of a1 and the port of a2, on two switches. */
    const exchange = async (client: number, ip: typeof ip4): Promise<[there: number, back: number]> => {
      await ring.reset()
      const send = (from: Host, to: Host, port: number, source_port: number) =>
        ring.lab.send(ring.host(from), { kind: 'udp', to: ip(to), port, source_port, rate: 200, count: 20 })
      await send('a1', 'a2', PORT, client)
      await send('a2', 'a1', client, PORT)
      const arrived = async (to: Host, from: Host, port: number): Promise<number> =>
        (await ring.rows(to))
          .filter((row) => row.protocol === 17 && row.port === port && row.source === ip(from))
          .reduce((sum, { packets }) => sum + packets, 0)
      return [await arrived('a2', 'a1', PORT), await arrived('a1', 'a2', client)]
    }
    const keep = { ...allowUdp, established: 'ESTABLISHED_KEEP' }
    const shut = { ...allowUdp, action: 'ACTION_DENY' }
    const shutEgress = { ...shut, direction: 'DIRECTION_EGRESS' }
    for (const [ip, port] of [
      [ip4, 4001],
      [ip6, 4011],
    ] as const) {
      await write(keep)
      expect(await exchange(port, ip), 'admitted by a rule that keeps').to.deep.equal([20, 20])
      await write(shut)
      expect(await exchange(port, ip), 'kept').to.deep.equal([20, 20])
      expect(await exchange(port + 1, ip), 'new').to.deep.equal([0, 0])
      await write(shut, shutEgress)
      expect(await exchange(port, ip), 'kept at ingress, forbidden at egress').to.deep.equal([0, 0])
      await write(shut)
      expect(await exchange(port, ip), 'kept again').to.deep.equal([20, 20])
      await write(allowUdp)
      expect(await exchange(port + 2, ip), 'admitted by a rule that does not keep').to.deep.equal([20, 20])
      await write(shut)
      expect(await exchange(port + 2, ip), 'not kept').to.deep.equal([0, 0])
    }
  })

  it('rejects loudly, limits the rate, and reports what a log rule names', async () => {
    const rules = [
      {
        direction: 'DIRECTION_INGRESS',
        peer: { any: {} },
        protocols: ['tcp'],
        ports: ['7001'],
        action: 'ACTION_REJECT',
        log: true,
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
    await ring.apply([
      ...ring.base().filter((each) => !('policy' in each)),
      { policy: { name: 'a-limits', vnp: 'a', rules } },
    ])
    const answers = await ring.lab.probe(ring.host('a1'), [
      { to: ip4('a2'), kind: 'tcp', port: 7001, timeout: 2 },
      { to: ip6('a2'), kind: 'tcp', port: 7001, timeout: 2 },
      { to: ip4('a2'), kind: 'ping', timeout: 2 },
    ])
    expect(answers).to.deep.equal(['reset', 'reset', 'unreachable'])
    // 59 octets a packet at 1,000 packets a second are 472 kbit/s: at most some 16 + 3 * 16 kbit may pass in 3 s.
    const { sent } = await ring.udp('a1', ip4('a2'), 3000, 1000)
    const passed = await ring.received('a2', 'a1')
    expect(sent).to.equal(3000)
    expect(passed).to.be.within(10, 400)
    const logged = await ring.controller.events<{ sequence: string; subject: string; sentence: string }>([
      'rule-matched',
    ])
    expect(logged.map(({ subject }) => subject)).to.include('a-limits#2')
    expect(
      logged.map(({ subject }) => subject),
      'a reject that logs',
    ).to.include('a-limits#0')
    // What a log shows can be asked about: by the event, or as text.
    interface Answer {
      verdict: string
      from: string
      to: string
      packet: string
      steps: { table: string }[]
      smallestChange: string
      logged: { rule: string; verdict: string; generation: string }
    }
    const rejected = logged.find(({ subject }) => subject === 'a-limits#0')!
    const explain = (question: object): Promise<Answer> => ring.controller.call('FlowService.Explain', question)
    const now = await explain({ event: rejected.sequence })
    expect(now).to.include({ verdict: 'VERDICT_REJECT', from: 'a1', to: 'a2' })
    expect(now.packet).to.match(/^tcp (10\.0\.0\.1|\[fd00::1\]):\d+ -> (10\.0\.0\.2|\[fd00::2\]):7001$/)
    expect(now.steps.map(({ table }) => table)).to.include.members(['port_security', 'destination', 'ingress_tenant'])
    expect(now.smallestChange).to.match(/7001/)
    expect(now.logged).to.include({ rule: 'a-limits#0', verdict: 'VERDICT_REJECT' })
    expect(await explain({ packet: now.packet })).to.include({ verdict: 'VERDICT_REJECT', from: 'a1', to: 'a2' })
    const limited = logged.find(({ subject }) => subject === 'a-limits#2')!
    expect(limited.sentence).to.match(/from a1 to a2 matched .*: udp 10\.0\.0\.1:\d+ -> 10\.0\.0\.2:7000/)
    expect(await explain({ event: limited.sequence })).to.include({ verdict: 'VERDICT_ALLOW', to: 'a2' })
    await ring.apply(ring.base().filter((each) => !('policy' in each)))
    const shut = await explain({ event: limited.sequence })
    expect(shut.verdict).to.equal('VERDICT_DENY')
    expect(shut.logged.verdict, 'then').to.equal('VERDICT_ALLOW')
  })
})
