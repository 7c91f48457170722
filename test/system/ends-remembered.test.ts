/**
 * Ends of tunnels that only hypervisors' databases name outlive the controller: while one database is away over its
 * restart, nobody stops sending to that hypervisor. What is remembered goes when the database says otherwise, and with
 * the record of the switch.
 */
import { renameSync } from 'node:fs'
import { expect } from 'chai'
import { Cloud } from '../../mininet/hypervisors.ts'
import { Station } from '../support/lab-hosts.ts'
import { RunningController, until } from '../support/running-controller.ts'

const PORT = 7000
const RATE = 100
const VMS = [1, 2, 3].map((at) => ({ name: `vm${at}`, at, mac: `00:00:5e:00:53:0${at}`, address: `10.0.0.${at}` }))
/** Senders, receivers: to the one whose database is away, from it, and between others. */
const STREAMS = [
  { id: 1, from: 1, to: 2 },
  { id: 2, from: 1, to: 3 },
  { id: 3, from: 2, to: 3 },
  { id: 4, from: 3, to: 1 },
]

interface Counted {
  got: Record<string, [packets: number, different: number, gapMs: number]>
  lost: number
}

describe('ends of tunnels that databases name', function () {
  this.timeout(240_000)
  let cloud: Cloud
  let controller: RunningController
  const stations: Station[] = []

  before(async () => {
    cloud = await Cloud.start({
      hypervisors: VMS.map(({ at }) => ({ name: `hv${at}` })),
      vms: VMS.map(({ name, at, mac, address }) => ({ name, hypervisor: `hv${at}`, mac, ip: `${address}/24` })),
    })
    const databases = (await cloud.status()).hypervisors.map(({ database }) => database)
    controller = await RunningController.start({ words: ['--repair', '--ovsdb', databases.join(',')] })
    await controller.call('ApplyService.Apply', {
      records: [
        { vnp: { name: 'red', selector: { allOf: [{ text: 'vm' }] } } },
        {
          policy: {
            ...{ name: 'all', vnp: 'red', appliesTo: { allOf: [{ text: 'vm' }] } },
            rules: [
              { direction: 'DIRECTION_INGRESS', peer: { tags: { allOf: [{ text: 'vm' }] } }, action: 'ACTION_ALLOW' },
            ],
          },
        },
        ...VMS.map(({ name, mac, address }) => ({
          interface: {
            ...{ name, network: 'red', mac, tags: [{ text: 'vm' }], addresses: [address] },
            attachment: { ifaceId: { ifaceId: name } },
          },
        })),
      ],
    })
    await cloud.controllers([controller.openflow])
    await controller.served(3)
    for (const { name } of VMS) {
      await until(
        `place of ${name}`,
        () => controller.call<{ status: { attached: boolean } }>('InterfaceService.GetInterface', { name }),
        ({ status }) => status.attached,
      )
      stations.push(new Station((await cloud.vm(name)).namespace, 'eth0'))
    }
    await isSentTo(['198.18.1.1', '198.18.2.1', '198.18.3.1'])
    for (const { from, to } of STREAMS)
      await until(
        `vm${to} answers vm${from}`,
        () => cloud.ping(`vm${from}`, `10.0.0.${to}`),
        (answers) => answers,
      )
  })
  after(async () => {
    for (const station of stations) station.end()
    await cloud?.stop()
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller?.log.split('\n').slice(-40).join('\n'))
  })

  const settled = (): Promise<unknown> => controller.call('FlowService.WaitApplied', {})
  /** Where hypervisors' packets to others go, all that have a say. */
  const sentTo = async (hypervisors: number[]): Promise<string[]> => {
    const found = new Set<string>()
    for (const at of hypervisors)
      for (const [, address] of (await cloud.ofctl(`hv${at}`, 'dump-flows', 'brint')).matchAll(/([\d.]+)->tun_dst/g))
        found.add(address!)
    return [...found].sort()
  }
  const isSentTo = (addresses: string[], hypervisors = [1, 2, 3]): Promise<string[]> =>
    until(
      `packets go to ${addresses.join()}`,
      () => sentTo(hypervisors),
      (seen) => seen.join() === addresses.join(),
    )
  const read = (count: number): Promise<unknown[]> =>
    until(
      `${count} databases are read`,
      () => controller.events(['ovsdb-connected']),
      (events) => events.length === count,
    )
  const socketOf = async (name: string): Promise<string> =>
    (await cloud.hypervisor(name)).database.slice('unix:'.length)
  const arrived = async (id: number): Promise<number> => {
    const { to } = STREAMS.find((stream) => stream.id === id)!
    return (await stations[to - 1]!.ask<Counted>('count')).got[id]?.[1] ?? 0
  }
  const more = async (streams: number[]): Promise<void> => {
    for (const id of streams) {
      const before = await arrived(id)
      await until(
        `more packets of stream ${id}`,
        () => arrived(id),
        (now) => now >= before + RATE,
      )
    }
  }

  /**
   * Streams that go on while one database is away and a controller that was killed comes again without it.
   * @param lossless Those of which every packet must arrive. @param present Switches that come to that controller.
   */
  const restarted = async (
    { lossless, present }: { lossless: number[]; present: number },
    away: () => Promise<void>,
    back: () => Promise<void>,
  ): Promise<void> => {
    for (const station of stations) await station.ask('reset')
    for (const { at } of VMS) {
      const streams = STREAMS.filter(({ from }) => from === at).map(({ id, to }) => ({
        ...{ id, to: `10.0.0.${to}`, port: PORT, rate: RATE },
      }))
      await stations[at - 1]!.ask('start', { streams })
    }
    const all = STREAMS.map(({ id }) => id)
    await more(all)
    await away()
    await controller.kill()
    await controller.run()
    await read(2)
    await controller.served(present)
    await settled()
    await more(lossless)
    for (const at of [1, 2]) expect(await sentTo([at])).to.include('198.18.3.1')
    await back()
    await read(3)
    await controller.served(3)
    await settled()
    await more(all)
    const sent: Record<string, number> = {}
    for (const { at } of VMS)
      Object.assign(sent, (await stations[at - 1]!.ask<{ sent: Record<string, number> }>('stop')).sent)
    await new Promise((resolve) => setTimeout(resolve, 500))
    for (const id of lossless) {
      expect(sent[id]).to.be.at.least(3 * RATE)
      expect(await arrived(id), `stream ${id}`).to.equal(sent[id])
    }
    for (const station of stations) expect((await station.ask<Counted>('count')).lost).to.equal(0)
  }

  it('lose no packet to it, from it and beside it, while a database is away over a restart of the controller', () =>
    restarted(
      { lossless: [1, 2, 3, 4], present: 3 },
      async () => renameSync(await socketOf('hv3'), `${await socketOf('hv3')}.away`),
      async () => renameSync(`${await socketOf('hv3')}.away`, await socketOf('hv3')),
    ))

  // Without its database an ovs-vswitchd begins no connection, and the userspace datapath stands still.
  it('go on being sent to while a database is away, and therefore the switch', () =>
    restarted(
      { lossless: [1], present: 2 },
      () => cloud.halt('hv3', 'ovsdb-server'),
      () => cloud.resume('hv3', 'ovsdb-server'),
    ))

  it('are forgotten when the database says otherwise', async () => {
    await controller.kill()
    await cloud.vsctl('hv3', 'remove', 'Open_vSwitch', '.', 'external_ids', 'tagsteer-encap-ip')
    await controller.run()
    await read(3)
    await controller.served(3)
    await isSentTo(['198.18.1.1', '198.18.2.1'])
    // Also by the next run, whatever that run reads.
    await cloud.halt('hv3', 'ovsdb-server')
    // Who ends in order has written what was found last.
    await controller.end()
    await controller.run()
    await read(2)
    await controller.served(2)
    await settled()
    await isSentTo(['198.18.2.1'], [1])
    await cloud.resume('hv3', 'ovsdb-server')
    await cloud.vsctl('hv3', 'set', 'Open_vSwitch', '.', 'external_ids:tagsteer-encap-ip=198.18.3.1')
    await isSentTo(['198.18.2.1', '198.18.3.1'], [1])
  })

  it('are forgotten with the record of a switch that is gone', async () => {
    const { dpid } = await cloud.hypervisor('hv3')
    await controller.call('ApplyService.Apply', { records: [{ switch: { name: 'gone', datapathId: dpid } }] })
    await settled()
    await cloud.halt('hv3', 'ovs-vswitchd')
    await cloud.halt('hv3', 'ovsdb-server')
    await controller.end()
    await controller.run()
    await controller.served(2)
    await settled()
    await isSentTo(['198.18.2.1', '198.18.3.1'], [1])
    await controller.call('TopologyService.DeleteSwitch', { name: 'gone' })
    await isSentTo(['198.18.2.1'], [1])
    await controller.end()
    await controller.run()
    await controller.served(2)
    await settled()
    await isSentTo(['198.18.2.1'], [1])
  })
})
