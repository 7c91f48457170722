/**
 * Routing between networks over real tunnels: four hypervisors, two tenants with the same addresses, each with a router of
 * its own. What policy permits arrives with one hop less, by the hypervisors of its two ends and no other; what it does not
 * permit, and what is another tenant's, never does.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  gatewaysOf,
  HYPERVISORS,
  OURS,
  ROUTED_VMS,
  RoutedCloud,
  type RoutedVm,
  routedVm,
  SHUT,
  TCP,
  THEIRS,
} from '../support/routed-cloud.ts'

const PACKETS = 40
const SPINES = ['spine1', 'spine2'] as const

for (const encapsulation of ['geneve', 'vxlan'] as const)
  describe(`virtual routers over ${encapsulation}`, function () {
    this.timeout(300_000)
    let routed: RoutedCloud
    const directory = mkdtempSync(join(tmpdir(), 'routed-'))

    before(async () => {
      routed = await RoutedCloud.start(encapsulation)
    })
    after(async () => {
      await routed?.stop()
      rmSync(directory, { recursive: true, force: true })
    })
    beforeEach(() => routed.reset())
    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.error(routed?.controller.log.split('\n').slice(-40).join('\n'))
    })

    const addresses = ({ address, address6 }: RoutedVm): string[] => [address, address6]
    const ping = async (from: RoutedVm, to: string, ...more: string[]): Promise<string> => {
      const told = await routed.cloud.run(from.name, ['ping', '-n', '-c', '1', '-W', '3', ...more, to])
      return told.stdout + told.stderr
    }
    const send = (from: RoutedVm, to: string, port: number, count = PACKETS): Promise<unknown> =>
      routed.cloud.send(from.name, { kind: 'udp', to, port, rate: 400, count })
    /** Pairs of the shop, between its networks, on one hypervisor and between two. */
    const pairs = Array.from({ length: HYPERVISORS }, (_, index) => index + 1).flatMap((at) => {
      const next = (at % HYPERVISORS) + 1
      return [
        [routedVm('front', at), routedVm('back', next)],
        [routedVm('back', at), routedVm('front', next)],
        [routedVm('front', at), routedVm('back', at)],
      ] as const
    })

    it('take a packet one hop, over both families, between hypervisors and on one', async () => {
      for (const [from, to] of pairs)
        for (const address of addresses(to))
          expect(await ping(from, address), `${from.name} to ${to.name}, ${address}`).to.match(/ ttl=63 /)
      const [front, next] = [routedVm('front', 1), routedVm('front', 3)]
      for (const address of addresses(next)) expect(await ping(front, address)).to.match(/ ttl=64 /)
    })

    it('carry TCP both ways, and nothing on ports that are shut', async () => {
      for (const [from, to] of pairs) {
        const probes = addresses(to).flatMap((address) =>
          [TCP, SHUT].map((port) => ({ to: address, kind: 'tcp' as const, port, timeout: 2 })),
        )
        const said = await routed.cloud.probe(from.name, probes)
        expect(said, `${from.name} to ${to.name}`).to.deep.equal(['open', 'silent', 'open', 'silent'])
      }
    })

    it('deliver every datagram to whom it is for, none that is forbidden, and none of another tenant', async () => {
      for (const [from, to] of pairs)
        for (const address of addresses(to)) {
          await send(from, address, OURS)
          await send(from, address, SHUT)
        }
      // The lab's VMs, whose addresses are those of shop's VMs, to each other; and to addresses only the shop has.
      const ends = [
        [routedVm('left', 1), routedVm('right', 2)],
        [routedVm('right', 4), routedVm('left', 3)],
      ] as const
      for (const [from, to] of ends) for (const address of addresses(to)) await send(from, address, THEIRS)
      for (const [from, to] of [
        [routedVm('left', 1), routedVm('back', 1)],
        [routedVm('left', 3), routedVm('back', 3)],
        [routedVm('right', 2), routedVm('front', 4)],
      ] as const)
        for (const address of addresses(to)) await send(from, address, THEIRS)
      for (const vm of ROUTED_VMS) {
        const isOurs = vm.tenant === 'shop'
        const from = pairs.filter(([, to]) => to === vm).length
        const theirs = ends.filter(([, to]) => to === vm).length
        expect(await routed.counted(vm, SHUT), `${vm.name}, forbidden`).to.equal(0)
        expect(await routed.counted(vm, OURS), `${vm.name}, of the shop`).to.equal(from * 2 * PACKETS)
        expect(await routed.counted(vm, THEIRS), `${vm.name}, of the lab`).to.equal(isOurs ? 0 : theirs * 2 * PACKETS)
      }
    })

    it('touch the hypervisors of the two ends, and no other', async () => {
      const filter = ['udp', 'port', encapsulation === 'geneve' ? '6081' : '4789']
      const [from, to] = [routedVm('front', 1), routedVm('back', 2)]
      // Neighbours are known, and connections of other tests have ended.
      for (const address of addresses(to)) expect(await ping(from, address)).to.match(/ ttl=63 /)
      const captures = await Promise.all(
        [...Array.from({ length: HYPERVISORS }, (_, index) => `hv${index + 1}`), 'peer'].flatMap((iface) =>
          SPINES.map(async (spine) => ({
            iface,
            capture: await routed.cloud.capture(spine, iface, join(directory, `${spine}-${iface}`), filter),
          })),
        ),
      )
      for (const address of addresses(to)) await send(from, address, OURS)
      const seen: Record<string, number> = {}
      for (const { iface, capture } of captures) seen[iface] = (seen[iface] ?? 0) + (await capture.stop())
      expect(await routed.counted(to, OURS)).to.equal(2 * PACKETS)
      // Nobody listens there: ICMP errors go back by the same way.
      expect(seen.hv1).to.be.at.least(2 * PACKETS)
      expect(seen).to.deep.equal({ hv1: seen.hv1, hv2: seen.hv1, hv3: 0, hv4: 0, peer: 0 })
    })

    it('answer for their gateways at the edge, and say what they do not route', async () => {
      for (const vm of [routedVm('front', 1), routedVm('back', 4), routedVm('left', 3)]) {
        for (const gateway of [...gatewaysOf('front'), ...gatewaysOf('back')])
          expect(await ping(vm, gateway), `${vm.name} to ${gateway}`).to.match(/ 1 received/)
        const [gateway, gateway6] = gatewaysOf(vm.network)
        const other = SUBNET_OF_PEER[vm.network]
        expect(await ping(vm, `10.1.${other}.12`, '-t', '1')).to.match(
          new RegExp(`From ${gateway} .*Time to live exceeded`),
        )
        expect(await ping(vm, `fd01:${other}::12`, '-t', '1')).to.match(
          new RegExp(`From ${gateway6} .*Time exceeded: Hop limit`),
        )
        expect(await ping(vm, `10.1.${other}.99`)).to.match(
          new RegExp(`From ${gateway} .*Destination Host Unreachable`),
        )
        expect(await ping(vm, '203.0.113.9')).to.match(new RegExp(`From ${gateway} .*Destination Net Unreachable`))
      }
    })
  })

/** Where the other network of the same router is. */
const SUBNET_OF_PEER = { front: 2, back: 1, left: 2, right: 1 } as const
