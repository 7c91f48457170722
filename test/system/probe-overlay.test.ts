/**
 * Probes between hypervisors over real tunnels: the identity that is written into an option of Geneve is the one that is
 * read, and where somebody writes another into it, that is said; and so is, of VXLAN, that none came, on a
 * datapath that knows no group policy ids.
 */
import { expect } from 'chai'
import { OPEN, OverlayCloud, SHUT, type Vm, vmOf } from '../support/overlay-cloud.ts'
import { OURS, SHUT as ROUTED_SHUT, RoutedCloud, routedVm, TCP } from '../support/routed-cloud.ts'

interface Tag {
  carrier: string
  identity: number
}

interface Report {
  healthy: boolean
  summary: string
  outcome: string
  permitted: boolean
  senderIdentity: number
  carrier: string
  written: Tag | null
  carried: Tag | null
  read?: number
  network: string
  toNetwork: string
  router: string
  hops: { datapathId: string; inPortName: string; outPortName: string }[]
  fault: { kind: string; fromDatapathId: string; toDatapathId: string } | null
}

for (const kind of ['geneve', 'vxlan'] as const) {
  describe(`probes between hypervisors over ${kind}`, function () {
    this.timeout(300_000)
    let overlay: OverlayCloud

    before(async () => {
      overlay = await OverlayCloud.start(kind)
    })
    after(async () => {
      await overlay?.stop()
    })
    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.error(overlay?.controller.log.split('\n').slice(-40).join('\n'))
    })

    const [web, db] = [vmOf('web', 1), vmOf('db', 3)]
    const probe = (from: Vm, to: Vm, packet: string): Promise<Report> =>
      overlay.controller.call<Report>('ProbeService.Probe', { from: from.name, to: to.name, packet })

    if (kind === 'vxlan') {
      it('show that no identity came, and that the sender is known all the same', async () => {
        // Open vSwitch's userspace datapath neither writes nor reads group policy ids.
        const report = await probe(web, db, `tcp/${OPEN}`)
        expect(report).to.deep.include({ healthy: true, outcome: 'PROBE_OUTCOME_DELIVERED', carried: null })
        expect(report.written).to.deep.equal({ carrier: 'CARRIER_VXLAN', identity: report.senderIdentity })
        expect(report.read).to.equal(report.senderIdentity)
        expect(report.summary).to.contain('known by address')
      })
      return
    }
    it('show the identity that is written and read, and reach no guest', async () => {
      await overlay.cloud.received(db.name, { reset: true })
      const carrier = 'CARRIER_GENEVE'
      for (const packet of [`tcp/${OPEN}`, `udp/${OPEN}`]) {
        const report = await probe(web, db, packet)
        const tag = { carrier, identity: report.senderIdentity }
        expect(report.summary).to.contain('arrived')
        expect(report).to.deep.include({ healthy: true, carrier, written: tag, carried: tag, read: tag.identity })
        expect(report.hops).to.have.length(2)
        const name = 'tsgnv0'
        expect([report.hops[0]!.outPortName, report.hops[1]!.inPortName]).to.deep.equal([name, name])
      }
      expect(await probe(web, db, `tcp/${SHUT}`)).to.deep.include({
        permitted: false,
        outcome: 'PROBE_OUTCOME_DROPPED',
      })
      expect(await overlay.cloud.received(db.name)).to.deep.equal([])
    })

    it('say where another identity is put in the packet', async () => {
      const { senderIdentity } = await probe(db, web, `tcp/${OPEN}`)
      const right = overlay.identities.get(web.name)!
      expect(right).not.to.equal(senderIdentity)
      const field = 'tun_metadata0'
      const set = `set_field:${senderIdentity}->${field}`
      // Nobody meets it twice.
      const row = `cookie=0x1,priority=65535,in_port=1000,${field}=${right},actions=${set},resubmit(,0)`
      await overlay.cloud.ofctl('hv3', 'add-flow', 'brint', row)
      try {
        const report = await probe(web, db, `tcp/${OPEN}`)
        expect(report).to.deep.include({ healthy: false, permitted: true, read: senderIdentity })
        expect(report.written?.identity).to.equal(right)
        expect(report.carried?.identity).to.equal(senderIdentity)
        const [from, to] = report.hops.map(({ datapathId }) => datapathId)
        expect(report.fault).to.deep.equal({
          kind: 'PROBE_FAULT_KIND_TAG_CHANGED',
          ...{ fromDatapathId: from, toDatapathId: to },
        })
      } finally {
        await overlay.cloud.ofctl('hv3', 'del-flows', 'brint', 'cookie=0x1/-1')
      }
      expect((await probe(web, db, `tcp/${OPEN}`)).healthy).to.equal(true)
    })
  })
}

for (const kind of ['geneve', 'vxlan'] as const)
  describe(`probes between networks of a router over ${kind}`, function () {
    this.timeout(300_000)
    let routed: RoutedCloud

    before(async () => {
      routed = await RoutedCloud.start(kind)
    })
    after(() => routed?.stop())
    beforeEach(() => routed.reset())

    const probe = (from: string, to: string, packet: string): Promise<Report> =>
      routed.controller.call<Report>('ProbeService.Probe', { from, to, packet })

    it('go by the gateway, show the identity that is written and read, and reach no guest', async () => {
      for (const [from, to] of [
        [routedVm('front', 1), routedVm('back', 3)],
        [routedVm('back', 2), routedVm('front', 4)],
        [routedVm('front', 2), routedVm('back', 2)],
      ] as const) {
        for (const packet of [`tcp/${TCP}`, `udp/${OURS}`]) {
          const report = await probe(from.name, to.name, packet)
          const { senderIdentity } = report
          expect(report.summary).to.contain('It arrived')
          expect(report).to.deep.include({ healthy: true, permitted: true, read: senderIdentity, router: 'shop' })
          expect([report.network, report.toNetwork]).to.deep.equal([from.network, to.network])
          const isCarried = kind === 'geneve' && from.at !== to.at
          const tag = { carrier: 'CARRIER_GENEVE', identity: senderIdentity }
          if (isCarried) expect([report.written, report.carried]).to.deep.equal([tag, tag])
          expect(report.hops).to.have.length(from.at === to.at ? 1 : 2)
        }
        expect(await probe(from.name, to.name, `tcp/${ROUTED_SHUT}`)).to.deep.include({
          ...{ healthy: true, permitted: false, outcome: 'PROBE_OUTCOME_DROPPED' },
        })
        const seen = (await routed.cloud.received(to.name)).filter(({ protocol }) => protocol === 6 || protocol === 17)
        expect(seen).to.deep.equal([])
      }
      const refusal = await probe(routedVm('front', 1).name, routedVm('left', 1).name, 'icmp').catch(String)
      expect(refusal).to.contain('which no router joins')
      const world = await probe(routedVm('front', 1).name, '203.0.113.1', 'icmp').catch(String)
      expect(world).to.contain('an address of the world has no port of ours')
    })
  })
