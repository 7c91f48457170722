/**
 * The life of an interface on a real bridge: its record is created, it asks for an address, its flows come and its first packet
 * makes it active; silence makes it idle and revocable; its address stays while its host answers, and is another's when
 * it does not. A restricted one is kept from everybody.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { addBridge, removeBridge, vsctl } from '../support/bridge.ts'
import { RunningController } from '../support/running-controller.ts'

interface LeaseAnswer {
  address: string
  nap: string
  state: string
  revision: string
}

interface Reclaimed {
  interface: string
  refused: string
  addresses: string[]
}

describe('stages on a real bridge', function () {
  this.timeout(90_000)
  const id = randomBytes(3).toString('hex')
  const bridge = `stg${id}`
  const hosts = [1, 2, 3].map((index) => ({
    name: `vm-${index}`,
    netns: `stg${id}n${index}`,
    port: `stg${id}p${index}`,
    mac: `00:00:5e:00:53:6${index}`,
  }))
  let controller: RunningController

  const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8', stdio: 'pipe' })
  const inside = (netns: string, ...words: string[]) => ['netns', 'exec', netns, ...words]
  const pings = (index: number, address: string): boolean =>
    spawnSync('ip', inside(hosts[index]!.netns, 'ping', '-c', '1', '-W', '1', address), { stdio: 'ignore' }).status ===
    0

  before(async () => {
    controller = await RunningController.start({ environment: { TAGSTEER_LIMITS_STAGE_SECONDS: '1' } })
    addBridge(bridge, { ports: [], controller: `tcp:${controller.openflow}` })
    vsctl('set', 'bridge', bridge, 'fail_mode=secure')
    for (const { netns, port, mac } of hosts) {
      ip('netns', 'add', netns)
      // Nothing but what the test sends: no router solicitations, no reports of multicast.
      ip(...inside(netns, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1'))
      ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns)
      ip('link', 'set', port, 'up')
      ip('-n', netns, 'link', 'set', 'eth0', 'address', mac, 'up')
      vsctl('add-port', bridge, port)
    }
    const records = hosts.map(({ name, mac, port }) => ({
      interface: { name, mac, tags: [{ text: 'all' }], attachment: { portName: { portName: port } } },
    }))
    const allow = { direction: 'DIRECTION_INGRESS', peer: { any: {} }, action: 'ACTION_ALLOW' }
    await controller.call('ApplyService.Apply', {
      records: [
        ...records,
        { vnp: { name: 'all', selector: { allOf: [{ text: 'all' }] } } },
        { policy: { name: 'open', vnp: 'all', rules: [allow] } },
        {
          nap: {
            name: 'web',
            ranges: [{ first: '10.7.1.1', last: '10.7.1.2' }],
            applicationType: 'web',
            coolSeconds: 0,
          },
        },
        { nap: { name: 'any', ranges: [{ first: '10.7.2.1', last: '10.7.2.9' }], coolSeconds: 0 } },
        { profile: { name: 'vm-1', applicationType: 'web' } },
        { stagePolicy: { name: 'active', silence: { seconds: 2, to: 'STAGE_IDLE' } } },
        {
          stagePolicy: {
            name: 'idle',
            silence: { seconds: 4, to: 'STAGE_REVOCABLE' },
            rateLimit: { kilobitsPerSecond: 9000 },
          },
        },
        { stagePolicy: { name: 'revocable', retentionSeconds: 3 } },
        { stagePolicy: { name: 'restricted', restrictions: ['RESTRICTION_NO_EGRESS', 'RESTRICTION_NO_INGRESS'] } },
      ],
    })
  })
  after(async () => {
    removeBridge(bridge)
    for (const { netns } of hosts) spawnSync('ip', ['netns', 'delete', netns])
    await controller?.remove()
  })

  const boot = async (index: number, more: object = {}): Promise<LeaseAnswer> => {
    const { name, netns } = hosts[index]!
    const lease = await controller.call<LeaseAnswer>('LeaseService.Allocate', { interface: name, ...more })
    await controller.call('FlowService.WaitApplied', { generation: lease.revision, timeoutMs: 20_000 })
    ip('-n', netns, 'address', 'replace', `${lease.address}/16`, 'dev', 'eth0')
    return lease
  }
  const stage = async (index: number): Promise<string> =>
    (await controller.call<{ stage: string }>('LifecycleService.GetStage', { name: hosts[index]!.name })).stage
  const until = async (what: string, holds: () => Promise<boolean>, ms = 20_000): Promise<void> => {
    const end = Date.now() + ms
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`${what} did not come about`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  const cookiesOf = (address: string): string =>
    execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', 'dump-flows', bridge], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(`nw_src=${address},`) || line.includes(`nw_src=${address} `))
      .join('\n')

  it('begin with a record, a lease and a packet; what is restricted reaches nobody', async () => {
    const first = await boot(0)
    expect(first.nap, 'the profile of its name says web').to.equal('web')
    const second = await boot(1, { nap: 'any' })
    expect(await stage(0)).to.equal('STAGE_PROVISIONED')
    expect(pings(0, second.address)).to.equal(true)
    await until('active', async () => (await stage(0)) === 'STAGE_ACTIVE')
    const said = controller.tagsteer('stage', 'move', 'vm-1', 'restricted', '--wait', 'applied')
    expect(said.code, said.err).to.equal(0)
    expect(said.out).to.match(/^interface\/vm-1 is restricted, generation \d+\n$/)
    expect(pings(0, second.address)).to.equal(false)
    const explained = await controller.call<{ allow: boolean }>('FlowService.Explain', {
      from: 'vm-1',
      to: 'vm-2',
      packet: 'icmp',
    })
    expect(JSON.stringify(explained)).to.contain('stage:restricted')
    const freed = await controller.call<LeaseAnswer>('LifecycleService.MoveStage', {
      name: 'vm-1',
      stage: 'STAGE_ACTIVE',
    })
    await controller.call('FlowService.WaitApplied', { generation: freed.revision, timeoutMs: 20_000 })
    expect(pings(0, second.address)).to.equal(true)
  })

  it('end in silence: the address stays while its host answers, and then is another’s', async () => {
    const { reclaimed: none } = await controller.call<{ reclaimed: Reclaimed[] }>('LifecycleService.Reclaim', {
      ...{ name: 'vm-1', validateOnly: true },
    })
    expect(none[0]?.refused).to.match(/^it is (active|idle)$|^retention ends in \d+ s$/)
    await until('revocable', async () => (await stage(0)) === 'STAGE_REVOCABLE')
    const meters = execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', 'dump-meters', bridge], { encoding: 'utf8' })
    expect(meters, 'the rate of idle ones').to.contain('rate=9000')
    await until('a refusal to reclaim', async () => /keeps its addresses: something answers/.test(controller.log))
    expect(await stage(0), 'it answers').to.equal('STAGE_REVOCABLE')
    expect(cookiesOf('10.7.1.1')).to.not.equal('')
    ip('-n', hosts[0]!.netns, 'address', 'flush', 'dev', 'eth0')
    await until('retired', async () => (await stage(0)) === 'STAGE_RETIRED')
    const lease = await controller.call<LeaseAnswer>('LeaseService.GetLease', { address: '10.7.1.1' })
    expect(lease.state).to.equal('LEASE_STATE_COOLING')
    await controller.call('FlowService.WaitApplied', { generation: lease.revision, timeoutMs: 20_000 })
    expect(cookiesOf('10.7.1.1'), 'no switch lets it pass').to.equal('')
    const third = await boot(2, { address: '10.7.1.1' })
    expect(third.address).to.equal('10.7.1.1')
    ip('-n', hosts[1]!.netns, 'neighbour', 'flush', 'all')
    expect(pings(1, '10.7.1.1'), 'it is vm-3’s').to.equal(true)
    const history = controller.tagsteer('stage', 'history', 'vm-1')
    for (const cause of ['traffic', 'silence', 'reclaim']) expect(history.out, history.err).to.contain(cause)
  })
})
