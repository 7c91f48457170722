/**
 * Tags between hypervisors: what is written at the sender's edge is what is enforced at the receiver's, over real tunnels
 * between real Open vSwitches. Two networks have the same addresses; connections are real, datagrams are counted at both
 * ends, and the octets of the options are read on the wire (RFC 8926).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { GENEVE_OPTIONS } from '../../controller/policy/geneve.ts'
import { framesOf } from '../support/captured.ts'
import { HYPERVISORS, OPEN, OverlayCloud, SHUT, VMS, type Vm, vmOf } from '../support/overlay-cloud.ts'
import { genevePacket } from '../support/static-overlay.ts'

const PACKETS = 60

for (const encapsulation of ['geneve', 'vxlan'] as const)
  describe(`tags between hypervisors over ${encapsulation}`, function () {
    this.timeout(300_000)
    let overlay: OverlayCloud
    const directory = mkdtempSync(join(tmpdir(), 'overlay-'))

    before(async () => {
      overlay = await OverlayCloud.start(encapsulation)
    })
    after(async () => {
      await overlay?.stop()
      rmSync(directory, { recursive: true, force: true })
    })
    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.error(overlay?.controller.log.split('\n').slice(-40).join('\n'))
    })

    const addresses = ({ address, address6 }: Vm): string[] => [address, address6]
    const ask = (from: Vm, to: Vm, ports: number[]): Promise<string[]> =>
      overlay.cloud.probe(
        from.name,
        addresses(to).flatMap((address) =>
          ports.map((port) => ({ to: address, kind: 'tcp', port, timeout: 3 }) as const),
        ),
      )
    const isWeb = (source: string): boolean => VMS.some((vm) => vm.role === 'web' && addresses(vm).includes(source))

    it('lets web servers reach databases on every hypervisor, and nobody else', async () => {
      await overlay.reset()
      for (let at = 1; at <= HYPERVISORS; at++) {
        const [web, db, blue] = [vmOf('web', at), vmOf('db', (at % HYPERVISORS) + 1), vmOf('blue', at)]
        expect(await ask(web, db, [OPEN, SHUT]), `${web.name} to ${db.name}`).to.deep.equal([
          'open',
          'silent',
          'open',
          'silent',
        ])
        // The address of a database is nobody's in the other network.
        expect(await ask(blue, db, [OPEN]), `${blue.name} to ${db.name}`).to.satisfy((said: string[]) =>
          said.every((word) => word !== 'open' && word !== 'reset'),
        )
        expect(await ask(db, vmOf('db', ((at + 1) % HYPERVISORS) + 1), [OPEN])).to.deep.equal(['silent', 'silent'])
      }
      const strangers = await overlay.unexpected(({ role }, source, port) =>
        role === 'db' ? isWeb(source) && port === OPEN : role === 'web',
      )
      expect(strangers).to.deep.equal([])
    })

    it('counts every datagram of those who may, and none of others, where networks have the same addresses', async () => {
      await overlay.reset()
      for (let at = 1; at <= HYPERVISORS; at++) {
        const next = (at % HYPERVISORS) + 1
        for (const [from, to] of [
          [vmOf('web', at), vmOf('db', next)],
          [vmOf('blue', at), vmOf('blue', next)],
          [vmOf('web', at), vmOf('web', next)],
        ] as const)
          for (const address of addresses(to))
            await overlay.cloud.send(from.name, { kind: 'udp', to: address, port: OPEN, rate: 300, count: PACKETS })
      }
      for (const vm of VMS) {
        const got = (await overlay.cloud.received(vm.name)).filter(
          ({ protocol, port }) => protocol === 17 && port === OPEN,
        )
        const before = vm.at === 1 ? HYPERVISORS : vm.at - 1
        const senders = vm.role === 'web' ? [] : addresses(vmOf(vm.role === 'db' ? 'web' : 'blue', before))
        const expected = senders.map((source) => [source, PACKETS])
        expect(got.map(({ source, packets }) => [source, packets]).sort(), vm.name).to.deep.equal(expected.sort())
      }
    })

    if (encapsulation === 'vxlan') return

    it('writes the identity of the sender into an option of its own, critical, beside that of the prediction', async () => {
      const file = join(directory, 'identities.pcap')
      const captures = await Promise.all(
        (['spine1', 'spine2'] as const).map((spine, index) =>
          overlay.cloud.capture(spine, 'hv2', `${file}.${index}`, ['udp', 'port', '6081']),
        ),
      )
      const [web, db, one, other] = [vmOf('web', 1), vmOf('db', 2), vmOf('blue', 1), vmOf('blue', 2)]
      try {
        expect(await ask(web, db, [OPEN])).to.deep.equal(['open', 'open'])
        expect(await ask(one, other, [OPEN])).to.deep.equal(['open', 'open'])
      } finally {
        for (const capture of captures) await capture.stop()
      }
      const frames = captures.flatMap((capture) => framesOf(readFileSync(capture.file)))
      const seen = new Map<string, { identity: number; vni: number }>()
      for (const frame of frames) {
        const packet = genevePacket(frame)
        if (packet === undefined) continue
        const geneve = frame.subarray(14 + (frame[14]! & 15) * 4 + 8)
        // Version 0, two options of 8 octets each; critical options present; Ethernet inside (RFC 8926 section 3.4).
        expect(geneve[0]).to.equal(4)
        expect(geneve[1]! & 0x40).to.equal(0x40)
        expect(geneve.readUInt16BE(2)).to.equal(0x6558)
        const options = [8, 16].map((at) => [geneve.readUInt16BE(at), geneve[at + 2], geneve[at + 3]! & 0x1f] as const)
        const { identity, prediction } = GENEVE_OPTIONS
        expect(options.sort((a, b) => b[1]! - a[1]!)).to.deep.equal(
          [identity, prediction].map(({ optionClass, type, length }) => [optionClass, type, length / 4]),
        )
        expect(packet.options[prediction.type]).to.equal(0)
        const sender = VMS.find(({ mac }) => mac.replaceAll(':', '') === packet.inner.toString('hex', 6, 12))
        expect(sender, 'inner source').not.to.equal(undefined)
        expect(packet.options[identity.type], sender?.name).to.equal(overlay.identities.get(sender!.name))
        seen.set(sender!.name, { identity: packet.options[identity.type]!, vni: packet.vni })
      }
      expect([...seen.keys()].sort()).to.deep.equal(['blue1', 'blue2', 'db2', 'web1'])
      expect(seen.get('web1')?.vni).to.equal(seen.get('db2')?.vni)
      expect(seen.get('blue1')?.vni).to.equal(seen.get('blue2')?.vni)
      expect(seen.get('blue1')?.vni).not.to.equal(seen.get('web1')?.vni)
    })

    it('needs no row for an interface on another hypervisor but where it is', async () => {
      const flows = await overlay.cloud.ofctl('hv1', 'dump-flows', 'brint')
      for (const { mac, at } of VMS) if (at !== 1) expect(flows).not.to.include(`dl_src=${mac}`)
    })
  })
