/**
 * Addresses on a real bridge: an interface record without addresses gets one by lease, after which its host is reached;
 * when the lease is released the switch lets it pass no more, and only then another interface gets the address.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { addBridge, removeBridge, vsctl } from '../support/bridge.ts'
import { RunningController } from '../support/running-controller.ts'

interface LeaseAnswer {
  address: string
  generation: string
  revision: string
}

describe('addresses on a real bridge', function () {
  this.timeout(60_000)
  const id = randomBytes(3).toString('hex')
  const bridge = `adr${id}`
  const hosts = [1, 2, 3].map((index) => ({
    name: `vm-${index}`,
    netns: `adr${id}n${index}`,
    port: `adr${id}p${index}`,
    mac: `00:00:5e:00:53:5${index}`,
  }))
  let controller: RunningController

  const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8', stdio: 'pipe' })
  const inside = (netns: string, ...words: string[]) => ['netns', 'exec', netns, ...words]
  const pings = (netns: string, address: string): boolean =>
    spawnSync('ip', inside(netns, 'ping', '-c', '1', '-W', '1', address), { stdio: 'ignore' }).status === 0

  before(async () => {
    controller = await RunningController.start()
    addBridge(bridge, { ports: [], controller: `tcp:${controller.openflow}` })
    vsctl('set', 'bridge', bridge, 'fail_mode=secure')
    for (const { netns, port, mac } of hosts) {
      ip('netns', 'add', netns)
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
        { nap: { name: 'two', ranges: [{ first: '10.7.0.1', last: '10.7.0.2' }], coolSeconds: 0 } },
      ],
    })
  })
  after(async () => {
    removeBridge(bridge)
    for (const { netns } of hosts) spawnSync('ip', ['netns', 'delete', netns])
    await controller?.remove()
  })

  const allocate = async (name: string): Promise<LeaseAnswer> => {
    const lease = (await controller.call('LeaseService.Allocate', {
      interface: name,
      nap: 'two',
    })) as unknown as LeaseAnswer
    await controller.call('FlowService.WaitApplied', { generation: lease.revision, timeoutMs: 20_000 })
    const { netns } = hosts.find((host) => host.name === name)!
    ip('-n', netns, 'address', 'add', `${lease.address}/24`, 'dev', 'eth0')
    return lease
  }

  it('are the interface’s while it holds them, and another’s only when the switch has let go of them', async () => {
    const [one, two, three] = hosts.map(({ netns }) => netns) as [string, string, string]
    const first = await allocate('vm-1')
    const second = await allocate('vm-2')
    expect(new Set([first.address, second.address]).size).to.equal(2)
    expect(pings(one, second.address), 'both hold addresses').to.equal(true)
    const { address, generation } = second
    const ended = (await controller.call('LeaseService.Release', { address, generation })) as unknown as LeaseAnswer
    await controller.call('FlowService.WaitApplied', { generation: ended.revision, timeoutMs: 20_000 })
    expect(pings(one, address), 'it is nobody’s').to.equal(false)
    expect(pings(two, first.address), 'and the host that still has it configured reaches nobody').to.equal(false)
    // Hosts remember neighbours for a while; nobody tells them that the address is another's now.
    ip('-n', one, 'neighbour', 'flush', 'all')
    const third = await allocate('vm-3')
    expect(third.address, 'it is given again').to.equal(address)
    expect(BigInt(third.generation) > BigInt(generation)).to.equal(true)
    expect(pings(three, first.address)).to.equal(true)
    expect(pings(two, first.address)).to.equal(false)
  })
})
