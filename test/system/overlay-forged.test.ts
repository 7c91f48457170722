/**
 * What guests and strangers forge between hypervisors over tunnels: tags, labels, senders, whole tunnels. None of it
 * arrives, and each is counted by its reason, with an alert.
 */
import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { OPEN, OverlayCloud, vmOf } from '../support/overlay-cloud.ts'
import { until } from '../support/running-controller.ts'

const STRANGER = '198.18.200.200'
const UNKNOWN_MAC = '02ee00000009'

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

for (const kind of ['geneve', 'vxlan'] as const) {
  describe(`what is forged between hypervisors over ${kind}`, function () {
    this.timeout(300_000)
    let overlay: OverlayCloud

    before(async () => {
      overlay = await OverlayCloud.start(kind)
    })
    after(async () => overlay?.stop())
    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.error(overlay?.controller.log.split('\n').slice(-40).join('\n'))
    })

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
        `${UNKNOWN_MAC}${hex(blue.mac)}0800${datagram(blue.address, vtep)}`,
        `${UNKNOWN_MAC}${hex(blue.mac)}0800${datagram(blue.address, (await overlay.cloud.hypervisor('hv1')).vtep)}`,
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
      await refusedFor('hv1', 'tunnel-from-guest', 2 * 20)
    })

    it('lets nothing in from an end of tunnels that no switch of ours has', async () => {
      const [web, db] = [vmOf('web', 1), vmOf('db', 2)]
      const { vtep } = await overlay.cloud.hypervisor('hv2')
      const { namespace } = (await overlay.cloud.status()).spines[0]!
      const identity = overlay.identities.get(web.name)!.toString(16).padStart(8, '0')
      const inner = `${hex(db.mac)}${hex(web.mac)}0800${datagram(web.address, db.address)}`
      const header = kind === 'geneve' ? '04406558' : '08000000'
      const options = kind === 'geneve' ? `ff548101${identity}ff54020100000000` : ''
      const script = [
        'import socket, struct, sys',
        'source, target, payload, networks = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]), int(sys.argv[4])',
        's = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)',
        'for vni in range(1, networks + 1):',
        `  body = bytes.fromhex("${header}") + struct.pack("!I", vni << 8) + payload`,
        `  udp = struct.pack("!HHHH", 50000, ${kind === 'geneve' ? 6081 : 4789}, 8 + len(body), 0) + body`,
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
      // Without an identity, the sender's MAC address says which network it is, and not the one that the tunnel names.
      forge((await overlay.cloud.hypervisor('hv1')).vtep)
      const got = await until('what seems to come from hv1', arrived, (rows) => rows.length > 0)
      expect(got).to.deep.equal([`${db.name} <- ${web.address} 17/${OPEN}: ${kind === 'geneve' ? 20 : 8 * 20}`])
    })
  })
}
