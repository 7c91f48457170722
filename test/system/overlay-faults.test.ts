/**
 * What happens between hypervisors while connections go on: a VM moves, a spine is cut, a switch daemon is killed. And what
 * guests and strangers forge: tags, labels, senders, whole tunnels. Streams are numbered and counted at both ends; how long
 * they are silent is printed, what arrives and may not is always none.
 */
import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { HYPERVISORS, OPEN, OverlayCloud, vmOf } from '../support/overlay-cloud.ts'
import { RATE, Streams } from '../support/overlay-streams.ts'
import { until } from '../support/running-controller.ts'

const STRANGER = '198.18.200.200'

describe('tunnels between hypervisors, disturbed', function () {
  this.timeout(300_000)
  let overlay: OverlayCloud
  let streams: Streams

  before(async () => {
    overlay = await OverlayCloud.start('geneve')
    streams = new Streams(overlay)
  })
  after(async () => {
    streams?.print()
    streams?.end()
    await overlay?.stop()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(overlay?.controller.log.split('\n').slice(-40).join('\n'))
  })

  it('goes on with a VM that moves to another hypervisor, by what its new port says', async () => {
    const db = vmOf('db', 2)
    const { sent, lost } = await streams.during('a VM moves to another hypervisor', db, async () => {
      await overlay.cloud.move(db.name, 'hv3')
    })
    expect(lost).to.be.lessThan(sent - RATE)
    const its = await overlay.controller.call<{ status: { switchName: string } }>('InterfaceService.GetInterface', {
      name: db.name,
    })
    expect(its.status.switchName).to.equal('hv3')
    await streams.during('it moves back', db, async () => {
      await overlay.cloud.move(db.name, 'hv2')
    })
  })

  it('goes on over the other spine', async () => {
    for (const spine of ['spine1', 'spine2'] as const) {
      await streams.during(`${spine} is cut`, vmOf('db', 3), async () => {
        await overlay.cloud.cutSpine(spine)
      })
      await overlay.cloud.joinSpine(spine)
    }
  })

  it('goes on when the daemons of the receiver were killed and come again', async () => {
    await streams.during('the switch daemon of the receiver is killed and started', vmOf('db', 4), async () => {
      await overlay.cloud.restart('hv4')
    })
    await streams.during('its database and its switch daemon are', vmOf('db', 4), async () => {
      await overlay.cloud.halt('hv4', 'ovs-vswitchd')
      await overlay.cloud.restart('hv4', 'ovsdb-server')
      await overlay.cloud.resume('hv4', 'ovs-vswitchd')
    })
  })

  it('goes on while the controller is killed, and comes again', async () => {
    const { lost } = await streams.during('the controller is killed and started', vmOf('db', 4), async () => {
      await overlay.controller.kill()
      await new Promise((resolve) => setTimeout(resolve, 500))
      await overlay.controller.run()
      await overlay.controller.served(HYPERVISORS)
      await overlay.settled()
    })
    expect(lost).to.equal(0)
    expect(await overlay.controller.events(['switch-drifted'])).to.deep.equal([])
  })

  const hex = (text: string): string => text.replaceAll(':', '')
  const ipv4 = (address: string): string =>
    address
      .split('.')
      .map((part) => Number(part).toString(16).padStart(2, '0'))
      .join('')
  /** A datagram with a payload of 8 octets, to OPEN. */
  const datagram = (from: string, to: string): string => {
    const header = `4500002400010000401100000${''}`.slice(0, 24)
    const octets = Buffer.from(`${header}${ipv4(from)}${ipv4(to)}`, 'hex')
    let sum = 0
    for (let at = 0; at < octets.length; at += 2) sum += octets.readUInt16BE(at)
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
    octets.writeUInt16BE(~sum & 0xffff, 10)
    return `${octets.toString('hex')}${(40_000).toString(16)}${OPEN.toString(16)}001000000102030405060708`
  }

  /** What a switch is said to have refused for a reason, when it is so much or more; and that there was an alert. */
  const refusedFor = async (at: string, reason: string, packets: number): Promise<{ interface: string }> => {
    const its = await until(
      `${packets} packets refused at ${at}: ${reason}`,
      async () => {
        const { refused } = await overlay.controller.call<{
          refused?: { reason: string; packets: string; interface: string }[]
        }>('FlowService.ListRefused', { switch: at })
        return refused?.find((one) => one.reason === reason)
      },
      (one) => Number(one?.packets ?? 0) >= packets,
    )
    expect(Number(its?.packets), `${reason}: packets`).to.equal(packets)
    const told = await overlay.controller.events<{ sentence: string }>(['traffic-refused'])
    expect(
      told.some(({ sentence }) => sentence.includes(`(${reason})`)),
      `alert: ${reason}`,
    ).to.equal(true)
    return its!
  }

  it('lets nothing in that a guest forges: tags, labels, senders, tunnels; and says who did', async () => {
    const [blue, web, db] = [vmOf('blue', 1), vmOf('web', 1), vmOf('db', 2)]
    // The first web server has the same address in its network as the guest has in its own.
    const other = vmOf('web', 3)
    expect(other.address).to.not.equal(blue.address)
    const identity = overlay.identities.get(web.name)!
    const to = hex(db.mac)
    const own = datagram(blue.address, db.address)
    const tag = (0x800 | identity).toString(16).padStart(4, '0')
    const label = ((identity << 12) | 0x1_40).toString(16).padStart(8, '0')
    const { vtep } = await overlay.cloud.hypervisor('hv2')
    const frames = [
      `${to}${hex(blue.mac)}8100${tag}0800${own}`,
      `${to}${hex(web.mac)}8100${tag}0800${datagram(web.address, db.address)}`,
      `${to}${hex(blue.mac)}8847${label}${own}`,
      `${to}${hex(web.mac)}0800${datagram(web.address, db.address)}`,
      `${to}${hex(blue.mac)}0800${datagram(other.address, db.address)}`,
      // An ARP request in the name of another (RFC 826).
      `ffffffffffff${hex(blue.mac)}08060001080006040001${hex(blue.mac)}${ipv4(other.address)}000000000000${ipv4(db.address)}`,
      `${to}${hex(blue.mac)}0800${own}`,
      `${to}${hex(blue.mac)}0800${datagram(blue.address, vtep)}`,
    ]
    await overlay.reset()
    await overlay.cloud.send(blue.name, {
      kind: 'raw',
      interface: 'eth0',
      frames,
      rate: 300,
      count: frames.length * 20,
    })
    expect(await overlay.unexpected(() => false)).to.deep.equal([])
    for (const [reason, frames] of [
      ['tagged-vlan', 2],
      ['tagged-mpls', 1],
      ['forged-mac', 1],
      ['forged-address', 2],
    ] as const)
      expect((await refusedFor('hv1', reason, frames * 20)).interface).to.equal(blue.name)
  })

  it('lets nothing in from an end of tunnels that no switch of ours has', async () => {
    const [web, db] = [vmOf('web', 1), vmOf('db', 2)]
    const { vtep } = await overlay.cloud.hypervisor('hv2')
    const { namespace } = (await overlay.cloud.status()).spines[0]!
    const identity = overlay.identities.get(web.name)!.toString(16).padStart(8, '0')
    const inner = `${hex(db.mac)}${hex(web.mac)}0800${datagram(web.address, db.address)}`
    const options = `ff548101${identity}ff54020100000000`
    const script = [
      'import socket, struct, sys',
      'source, target, payload, networks = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]), int(sys.argv[4])',
      's = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)',
      'for vni in range(1, networks + 1):',
      '  body = bytes.fromhex("04406558") + struct.pack("!I", vni << 8) + payload',
      '  udp = struct.pack("!HHHH", 50000, 6081, 8 + len(body), 0) + body',
      '  ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))',
      '  for _ in range(20): s.sendto(ip + udp, (target, 0))',
    ].join('\n')
    const forge = (source: string): void => {
      const words = ['netns', 'exec', namespace, '/usr/bin/python3', '-c', script, source, vtep, options + inner, '8']
      execFileSync('ip', words)
    }
    await overlay.reset()
    forge(STRANGER)
    const arrived = async (): Promise<string[]> => overlay.unexpected(() => false)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await arrived()).to.deep.equal([])
    await refusedFor('hv2', 'unknown-tunnel-end', 8 * 20)
    // The same octets in the name of the hypervisor that the web server is on do arrive: what is refused is who sends them.
    forge((await overlay.cloud.hypervisor('hv1')).vtep)
    const got = await until('what seems to come from hv1', arrived, (rows) => rows.length > 0)
    expect(got).to.deep.equal([`${db.name} <- ${web.address} 17/${OPEN}: 20`])
  })
})
