/**
 * Packets that a tunnel makes too large, between real Open vSwitches: guests whose MTU is that of the network below are told
 * which size fits, keep to it, and lose nothing; where there is room below, nobody is told anything. And the plan of
 * carriers, as users ask for it.
 */
import { expect } from 'chai'
import { Cloud } from '../../mininet/hypervisors.ts'
import { RunningController } from '../support/running-controller.ts'

/** The second VM of each hypervisor is in another network behind a router. */
const VMS = [
  { name: 'vm1', at: 1, network: 'red', ip: '10.0.1.1', ip6: 'fd01::1', mac: '00:00:5e:00:53:11' },
  { name: 'vm2', at: 2, network: 'red', ip: '10.0.1.2', ip6: 'fd01::2', mac: '00:00:5e:00:53:12' },
  { name: 'far', at: 2, network: 'green', ip: '10.0.2.3', ip6: 'fd02::3', mac: '00:00:5e:00:53:13' },
]
const FITS = 1500 - 66
/** Two MiB over TCP, and how many octets of them arrive. */
const RECEIVE = `import socket
s = socket.create_server(('', 7002)); c = s.accept()[0]; n = 0
while True:
    data = c.recv(65536)
    if not data: break
    n += len(data)
print(n)`
const SEND = `import socket, time
for attempt in range(50):
    try: c = socket.create_connection(('10.0.1.2', 7002), 10); break
    except ConnectionRefusedError: time.sleep(0.1)
c.sendall(bytes(2 << 20)); c.close()`

describe('packets that a tunnel makes too large', function () {
  this.timeout(300_000)
  let controller: RunningController
  let cloud: Cloud

  const write = async (mtu?: number): Promise<void> => {
    const { hypervisors } = await cloud.status()
    await controller.call('ApplyService.Apply', {
      records: hypervisors.map(({ name, dpid, vtep }) => ({
        switch: {
          ...{ name, datapathId: dpid, tunnel: { kind: 'TUNNEL_KIND_GENEVE', address: vtep } },
          ...(mtu !== undefined && { mtu }),
        },
      })),
    })
    await controller.call('FlowService.WaitApplied', {})
  }

  before(async () => {
    controller = await RunningController.start()
    cloud = await Cloud.start({
      hypervisors: [{ name: 'hv1' }, { name: 'hv2' }],
      vms: VMS.map(({ name, at, ip, ip6, mac }) => ({
        ...{ name, hypervisor: `hv${at}`, mac, ip: `${ip}/24`, ip6: `${ip6}/64` },
      })),
      encapsulation: 'geneve',
      tunnel: true,
    })
    await write()
    await controller.call('ApplyService.Apply', {
      records: [
        ...[1, 2].map((subnet) => ({
          network: {
            name: subnet === 1 ? 'red' : 'green',
            router: 'r1',
            subnets: [
              { cidr: `10.0.${subnet}.0/24`, gateway: `10.0.${subnet}.254` },
              { cidr: `fd0${subnet}::/64`, gateway: `fd0${subnet}::fe` },
            ],
          },
        })),
        { vnp: { name: 'all', selector: {}, ingressDefault: 'DEFAULT_VERDICT_ALLOW' } },
        ...VMS.map(({ name, network, mac, ip, ip6 }) => ({
          interface: { name, network, mac, addresses: [ip, ip6], attachment: { portName: { portName: name } } },
        })),
      ],
    })
    await cloud.controllers([controller.openflow])
    await controller.served(2)
    await controller.call('FlowService.WaitApplied', {})
    for (const { name, network } of VMS) {
      const subnet = network === 'red' ? 1 : 2
      await cloud.run(name, ['ip', 'route', 'add', 'default', 'via', `10.0.${subnet}.254`])
      await cloud.run(name, ['ip', '-6', 'route', 'add', 'default', 'via', `fd0${subnet}::fe`])
    }
  })
  after(async () => {
    await cloud?.stop()
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-40).join('\n'))
  })

  /** What ping says, once, with so many octets of IP, and never in fragments. */
  const ping = async (to: string, octets: number, from = 'vm1'): Promise<string> => {
    const six = to.includes(':')
    const size = octets - (six ? 48 : 28)
    const options = [six ? '-6' : '-4', '-n', '-c', '1', '-W', '5', '-M', 'do', '-s', String(size), to]
    const { stdout, stderr } = await cloud.run(from, ['ping', ...options])
    return `${stdout}${stderr}`
  }
  const route = async (to: string): Promise<string> => (await cloud.run('vm1', ['ip', 'route', 'get', to])).stdout
  const forget = async (): Promise<void> => {
    await cloud.run('vm1', ['ip', 'route', 'flush', 'cache'])
    await cloud.run('vm1', ['ip', '-6', 'route', 'flush', 'cache'])
  }

  it('are answered with the size that fits, and one of that size arrives', async () => {
    for (const [to, says] of [
      ['10.0.1.2', /Frag needed.*mtu ?= ?1434/i],
      ['fd01::2', /Packet too big.*mtu ?= ?1434/i],
      // By way of the gateway, which says so.
      ['10.0.2.3', /From 10\.0\.1\.254 .*Frag needed.*mtu ?= ?1434/i],
      ['fd02::3', /From fd01::fe .*Packet too big.*mtu ?= ?1434/i],
    ] as const) {
      expect(await ping(to, 200), `${to} answers`).to.match(/ 1 received/)
      await forget()
      expect(await ping(to, 1500), `${to} too large`).to.match(says)
      expect(await route(to), 'the guest keeps to it').to.match(/mtu 1434/)
      expect(await ping(to, FITS), `${to} fits`).to.match(/ 1 received/)
      await forget()
      expect(await ping(to, FITS + 1), `${to} one more`).to.match(says)
    }
  })

  it('do not stop a transfer: the guest makes smaller ones by itself', async () => {
    const received = cloud.run('vm2', ['python3', '-c', RECEIVE])
    await forget()
    const sent = await cloud.run('vm1', ['python3', '-c', SEND])
    expect(sent.code, sent.stderr).to.equal(0)
    expect(Number((await received).stdout)).to.equal(2 * 2 ** 20)
    expect(await route('10.0.1.2')).to.match(/mtu 1434/)
  })

  it('are shown in the plan of carriers', async () => {
    const { carriers } = await controller.call<{ carriers: Record<string, unknown>[] }>(
      'TopologyService.ListCarriers',
      {
        from: 'hv1',
      },
    )
    expect(carriers).to.have.length(1)
    expect(carriers[0]).to.include({
      carrier: 'CARRIER_GENEVE',
      identityBits: 32,
      mtu: FITS,
      signalled: true,
      to: 'hv2',
    })
    const { out, code } = controller.tagsteer('topology', '--carriers')
    expect(code).to.equal(0)
    expect(out).to.match(/^FROM +TO +CARRIER +BITS +CARRIED +BY-ADDRESS +OCTETS +MTU +WAY +REASON$/m)
    expect(out).to.match(/^hv1 +hv2 +geneve +32 +1 +0 +66 +1434 +tunnel /m)
    const one = controller.tagsteer('topology', '--carriers', '--limit', '1', '-o', 'json')
    expect(JSON.parse(one.out)).to.have.length(1)
    expect(JSON.parse(controller.tagsteer('topology', '--carriers', '--to', 'hv1', '-o', 'json').out)).to.have.length(1)
    expect(controller.tagsteer('topology', '--from', 'hv1').code).to.equal(1)
    expect(controller.tagsteer('topology', '--carriers', '--to', 'nobody').code).to.equal(1)
  })

  it('are none where the network below has room', async () => {
    await write(1566)
    await forget()
    for (const to of ['10.0.1.2', 'fd01::2', '10.0.2.3', 'fd02::3'])
      expect(await ping(to, 1500), to).to.match(/ 1 received/)
    expect(await route('10.0.1.2')).not.to.match(/mtu 1434/)
  })
})
