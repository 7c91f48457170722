/**
 * Permission that comes with a pool, on a real bridge: an interface may reach another only while it has an address of the
 * pool whose tag the policy names. It sends from an address of its own all the time, so that it is the tag that counts.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { addBridge, removeBridge, vsctl } from '../support/bridge.ts'
import { RunningController } from '../support/running-controller.ts'

interface Written {
  address: string
  generation: string
  revision: string
  meta: { generation: string }
}

/** Echo requests that one look sends. */
const SENT = 50

describe('inherited tags on a real bridge', function () {
  this.timeout(60_000)
  const id = randomBytes(3).toString('hex')
  const bridge = `inh${id}`
  const hosts = [1, 2].map((index) => ({
    name: `vm-${index}`,
    netns: `inh${id}n${index}`,
    port: `inh${id}p${index}`,
    mac: `00:00:5e:00:53:7${index}`,
    address: `10.8.0.${index}`,
  }))
  const [client, server] = hosts as [(typeof hosts)[number], (typeof hosts)[number]]
  let controller: RunningController

  const ip = (...words: string[]): string => execFileSync('ip', words, { encoding: 'utf8', stdio: 'pipe' })
  const call = async (method: string, request: object): Promise<Written> =>
    (await controller.call(method, request)) as unknown as Written
  const applied = (generation: string) => controller.call('FlowService.WaitApplied', { generation, timeoutMs: 20_000 })

  before(async () => {
    controller = await RunningController.start()
    addBridge(bridge, { ports: [], controller: `tcp:${controller.openflow}` })
    vsctl('set', 'bridge', bridge, 'fail_mode=secure')
    for (const { netns, port, mac, address } of hosts) {
      ip('netns', 'add', netns)
      ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns)
      ip('link', 'set', port, 'up')
      ip('-n', netns, 'link', 'set', 'eth0', 'address', mac, 'up')
      ip('-n', netns, 'address', 'add', `${address}/24`, 'dev', 'eth0')
      vsctl('add-port', bridge, port)
    }
    const trusted = { tags: { allOf: [{ text: 'trust=full' }] } }
    const rule = { direction: 'DIRECTION_INGRESS', peer: trusted, action: 'ACTION_ALLOW' }
    const { generation } = await call('ApplyService.Apply', {
      records: [
        ...hosts.map(({ name, mac, port, address }) => ({
          interface: {
            ...{ name, mac, addresses: [address], tags: [{ text: 'all' }] },
            attachment: { portName: { portName: port } },
          },
        })),
        { vnp: { name: 'all', selector: { allOf: [{ text: 'all' }] } } },
        { policy: { name: 'trusted', vnp: 'all', rules: [rule] } },
        {
          nap: {
            ...{ name: 'pool', ranges: [{ first: '10.8.0.100', last: '10.8.0.101' }], coolSeconds: 0 },
            tags: [{ text: 'trust=full' }],
          },
        },
      ],
    })
    await applied(generation)
  })
  after(async () => {
    removeBridge(bridge)
    for (const { netns } of hosts) spawnSync('ip', ['netns', 'delete', netns])
    await controller?.remove()
  })

  /** Echo requests that reached the server, of those that the client sent from its own address just now. */
  function arrived(): number {
    const echoes = (): number => {
      const text = ip('netns', 'exec', server.netns, 'cat', '/proc/net/snmp')
      const [names, values] = text
        .split('\n')
        .filter((line) => line.startsWith('Icmp:'))
        .map((line) => line.split(' ')) as [string[], string[]]
      return Number(values[names.indexOf('InEchos')])
    }
    const before = echoes()
    const ping = ['ping', '-I', client.address, '-c', String(SENT), '-i', '0.01', '-w', '3', server.address]
    spawnSync('ip', ['netns', 'exec', client.netns, ...ping], { stdio: 'ignore' })
    return echoes() - before
  }

  it('permit as long as an address of the pool is held, and not one packet longer', async () => {
    expect(arrived(), 'before').to.equal(0)
    const lease = await call('LeaseService.Allocate', { interface: client.name, nap: 'pool' })
    await applied(lease.revision)
    expect(arrived(), 'with a lease').to.equal(SENT)

    const bare = { name: 'pool', tags: [] }
    const updateMask = { paths: ['tags'] }
    const untagged = await call('NapService.UpdateNap', { nap: bare, updateMask })
    await applied(untagged.meta.generation)
    expect(arrived(), 'of a pool without the tag').to.equal(0)
    const nap = { ...bare, tags: [{ text: 'trust=full' }] }
    await applied((await call('NapService.UpdateNap', { nap, updateMask })).meta.generation)
    expect(arrived(), 'of a pool with it again').to.equal(SENT)

    const own = { name: client.name, add: [{ text: 'trust=none' }] }
    await applied((await call('InterfaceService.SetTags', own)).meta.generation)
    expect(arrived(), 'where the record says otherwise').to.equal(0)
    const taken = { name: client.name, remove: own.add }
    await applied((await call('InterfaceService.SetTags', taken)).meta.generation)
    expect(arrived(), 'where it says so no longer').to.equal(SENT)

    const { address, generation } = lease
    const ended = await call('LeaseService.Release', { address, generation })
    await applied(ended.revision)
    expect(arrived(), 'after the release').to.equal(0)
  })
})
