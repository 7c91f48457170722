/**
 * Tags between hypervisors: what is written at the sender's edge is what is enforced at the receiver's, over real tunnels
 * between real Open vSwitches. Two networks have the same addresses; connections are real, datagrams are counted at both
 * ends, contents are compared, and the octets of the options are read on the wire (RFC 8926).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { GENEVE_OPTIONS } from '../../controller/policy/geneve.ts'
import { framesOf } from '../support/captured.ts'
import { acceptance, HYPERVISORS, OPEN, OverlayCloud, VMS, vmOf } from '../support/overlay-cloud.ts'
import { ask, expectConnections, expectDatagrams, expectTransfers } from '../support/overlay-traffic.ts'
import { genevePacket } from '../support/static-overlay.ts'

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

    it('lets web servers reach databases on every hypervisor, and nobody else', () => expectConnections(overlay))

    it('counts every datagram of those who may, and none of others, where networks have the same addresses', () =>
      expectDatagrams(overlay))

    it('brings contents as they are, while policy and tags of others change', async () => {
      const { controller } = overlay
      let turn = 0
      try {
        const times = await expectTransfers(overlay, async () => {
          turn++
          const [name, port] = [vmOf('blue', (turn % HYPERVISORS) + 1).name, 7100 + (turn % 50)]
          const tags = { [turn % 2 === 0 ? 'add' : 'remove']: [{ text: 'web' }] }
          await controller.call('ApplyService.Apply', { records: [acceptance('blue', 'blue', [port])] })
          await controller.call('InterfaceService.SetTags', { name, ...tags })
          await overlay.settled()
        })
        console.log(`      policy and a tag changed ${times} times meanwhile`)
        expect(times).to.be.greaterThan(3)
      } finally {
        await controller.call('ApplyService.Apply', { records: [acceptance('blue', 'blue')] })
        for (const { name, role } of VMS)
          if (role === 'blue') await controller.call('InterfaceService.SetTags', { name, remove: [{ text: 'web' }] })
        await overlay.settled()
      }
    })

    /** What both spines carry towards a hypervisor while a connection is made in each network, over both families. */
    const captured = async (udpPort: number): Promise<Buffer[]> => {
      const captures = await Promise.all(
        (['spine1', 'spine2'] as const).map((spine) =>
          overlay.cloud.capture(spine, 'hv2', join(directory, spine), ['udp', 'port', String(udpPort)]),
        ),
      )
      try {
        expect(await ask(overlay, vmOf('web', 1), vmOf('db', 2), [OPEN])).to.deep.equal(['open', 'open'])
        expect(await ask(overlay, vmOf('blue', 1), vmOf('blue', 2), [OPEN])).to.deep.equal(['open', 'open'])
      } finally {
        for (const capture of captures) await capture.stop()
      }
      return captures.flatMap(({ file }) => framesOf(readFileSync(file)))
    }
    const senderOf = (inner: Buffer): string | undefined =>
      VMS.find(({ mac }) => mac.replaceAll(':', '') === inner.toString('hex', 6, 12))?.name

    if (encapsulation === 'vxlan') {
      it('has the number of the network where RFC 7348 has it, and nothing in what is reserved', async () => {
        const networks = new Map<string, number>()
        for (const frame of await captured(4789)) {
          const udp = frame.subarray(14 + (frame[14]! & 15) * 4)
          expect(udp.readUInt16BE(2)).to.equal(4789)
          const vxlan = udp.subarray(8)
          // Section 5: of the flags only I, which says that there is a VNI; 24 reserved bits, VNI, 8 reserved bits. Open
          // vSwitch 3.1 leaves the group policy id out that its flows write.
          expect(vxlan.readUInt32BE(0)).to.equal(0x08000000)
          expect(vxlan[7]).to.equal(0)
          const sender = senderOf(vxlan.subarray(8))
          expect(sender, 'inner source').not.to.equal(undefined)
          networks.set(sender!, vxlan.readUIntBE(4, 3))
        }
        expect([...networks.keys()].sort()).to.deep.equal(['blue1', 'blue2', 'db2', 'web1'])
        expect(networks.get('web1')).to.equal(networks.get('db2'))
        expect(networks.get('blue1')).to.equal(networks.get('blue2'))
        expect(networks.get('blue1')).not.to.equal(networks.get('web1'))
      })
      return
    }

    it('writes the identity of the sender into an option of its own, critical, beside that of the prediction', async () => {
      const seen = new Map<string, { identity: number; vni: number }>()
      for (const frame of await captured(6081)) {
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
        const sender = senderOf(packet.inner)
        expect(sender, 'inner source').not.to.equal(undefined)
        expect(packet.options[identity.type], sender).to.equal(overlay.identities.get(sender!))
        seen.set(sender!, { identity: packet.options[identity.type]!, vni: packet.vni })
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
