/**
 * Uplinks of hypervisors under the controller: what tunnels send is spread over both, or takes the first that is up; an
 * uplink that loses its carrier is left at once, with the controller and without. Streams are counted where they arrive,
 * and packets of each uplink by the switch.
 */
import { expect } from 'chai'
import { OPEN, OverlayCloud, SHUT, underlayRecord, type Vm, vmOf } from '../support/overlay-cloud.ts'
import { TAGSTEER, until } from '../support/running-controller.ts'

/** Nobody tells of groups that others change: they are compared. */
const AUDITED = { TAGSTEER_LIMITS_AUDIT_MS: '1000' }
const STREAMS = 16
const PACKETS = 30
const RATE = 500
/** Far more than it takes on a machine that does nothing else; the figures are printed. */
const LONGEST_MS = 1000

describe("uplinks under the controller's select and fast-failover groups", function () {
  this.timeout(300_000)
  let overlay: OverlayCloud

  before(async () => {
    overlay = await OverlayCloud.start('geneve', [], { underlay: 'select', environment: AUDITED })
  })
  after(async () => {
    await overlay?.stop()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(overlay?.controller.log.split('\n').slice(-40).join('\n'))
  })

  /** Packets that have left a hypervisor, by uplink. */
  const left = async (hypervisor: string): Promise<[number, number]> => {
    const text = await overlay.cloud.ofctl(hypervisor, 'dump-ports', 'brphy')
    const of = (port: number): number => Number(new RegExp(`port +${port}: rx .*\\n +tx pkts=(\\d+)`).exec(text)?.[1])
    return [of(1), of(2)]
  }
  const during = async (hypervisor: string, act: () => Promise<unknown>): Promise<[number, number]> => {
    const before = await left(hypervisor)
    await act()
    const after = await left(hypervisor)
    return [after[0] - before[0], after[1] - before[1]]
  }
  const got = async (to: Vm, port: number): Promise<number> =>
    (await overlay.cloud.received(to.name))
      .filter((row) => row.protocol === 17 && row.port === port)
      .reduce((sum, { packets }) => sum + packets, 0)
  const burst = async (from: Vm, to: Vm): Promise<void> => {
    for (let stream = 0; stream < STREAMS; stream++) {
      const address = stream % 2 === 0 ? to.address : to.address6
      await overlay.cloud.send(from.name, { kind: 'udp', to: address, port: OPEN, rate: 2000, count: PACKETS })
    }
  }
  /** Streams of both families, web1 to db2, while something is done. @returns packets that did not arrive. */
  const lostWhile = async (act: () => Promise<unknown>, seconds = 2.5): Promise<number> => {
    const [from, to] = [vmOf('web', 1), vmOf('db', 2)]
    await overlay.reset()
    const count = Math.ceil(RATE * seconds)
    const streams = [to.address, to.address6, to.address, to.address6].map((address) =>
      overlay.cloud.send(from.name, { kind: 'udp', to: address, port: OPEN, rate: RATE, count }),
    )
    await until(
      'traffic',
      () => got(to, OPEN),
      (packets) => packets > RATE / 2,
    )
    await act()
    await Promise.all(streams)
    return streams.length * count - (await got(to, OPEN))
  }
  /**
   * Packets lost when something is cut: the least of three times, as a machine that others use may stand still for a while
   * and drop what comes meanwhile.
   */
  const leastLost = async (
    cut: () => Promise<unknown>,
    join: () => Promise<unknown>,
    { seconds = 2.5, enough = RATE } = {},
  ): Promise<number> => {
    let least = Number.POSITIVE_INFINITY
    for (let time = 0; time < 3 && least > enough; time++) {
      if (time > 0) await join()
      least = Math.min(least, await lostWhile(cut, seconds))
    }
    return least
  }
  const bothTaken = (): Promise<unknown> =>
    until(
      'both uplinks',
      () => during('hv1', () => burst(vmOf('web', 1), vmOf('db', 2))),
      (counts) => counts.every((some) => some >= PACKETS),
    )
  /** In the order of their numbers. */
  const groups = async (hypervisor: string): Promise<string> =>
    (await overlay.cloud.ofctl(hypervisor, 'dump-groups', 'brphy')).split('\n').sort().join('\n')
  const apply = async (kind: 'select' | 'failover'): Promise<void> => {
    const { hypervisors } = await overlay.cloud.status()
    const records = hypervisors.map((its) => underlayRecord(its, kind))
    await overlay.controller.call('ApplyService.Apply', { records })
    await overlay.settled()
  }

  it('spread what one pair of ends sends over both, and still deliver what is permitted and nothing else', async () => {
    const [web, db, blue] = [vmOf('web', 1), vmOf('db', 2), vmOf('blue', 1)]
    await overlay.reset()
    const [one, other] = await during('hv1', () => burst(web, db))
    console.log(`      ${STREAMS} streams from hv1 to hv2: ${one} packets by up1, ${other} by up2`)
    expect(await got(db, OPEN)).to.equal(STREAMS * PACKETS)
    expect(one + other).to.be.within(STREAMS * PACKETS, STREAMS * PACKETS + 100)
    for (const some of [one, other]) expect(some).to.be.at.least(2 * PACKETS)
    for (const at of [1, 2, 3] as const) {
      const [from, to] = [vmOf('web', at), vmOf('db', at + 1)]
      const probes = [to.address, to.address6].flatMap((address) =>
        [OPEN, SHUT].map((port) => ({ to: address, kind: 'tcp' as const, port, timeout: 2 })),
      )
      expect(await overlay.cloud.probe(from.name, probes)).to.deep.equal(['open', 'silent', 'open', 'silent'])
    }
    await overlay.cloud.send(blue.name, { kind: 'udp', to: db.address, port: OPEN, rate: 200, count: 20 })
    expect(await got(db, OPEN), 'of another network').to.equal(STREAMS * PACKETS)
  })

  it('lead from one uplink to another on no way', async () => {
    for (const port of [1, 2]) {
      for (const more of [
        'arp',
        'udp,udp_src=33333,udp_dst=6081',
        'tcp6',
        'icmp',
        'dl_type=0x88cc',
        'ip,dl_dst=ff:ff:ff:ff:ff:ff',
      ]) {
        const traced = await overlay.cloud.appctl('hv1', 'ofproto/trace', 'brphy', `in_port=${port},${more}`)
        expect(traced, `${more} by ${port}`).to.match(/^ +LOCAL$/m)
        expect(traced).not.to.match(/output:[12]$|bucket/m)
      }
    }
  })

  it('lose little where an uplink loses its carrier, and nothing when it is back', async () => {
    const lost = await leastLost(
      () => overlay.cloud.cutUplink('hv1', 'spine1'),
      async () => {
        await overlay.cloud.joinUplink('hv1', 'spine1')
        await bothTaken()
      },
    )
    console.log(
      `      uplink cut: ${lost} packets lost at ${4 * RATE} a second, ${((lost / 4 / RATE) * 1000).toFixed(0)} ms`,
    )
    expect(lost).to.be.below((4 * RATE * LONGEST_MS) / 1000)
    const [one] = await during('hv1', () => burst(vmOf('web', 1), vmOf('db', 2)))
    expect(one, 'by the uplink that is down').to.equal(0)
    const back = await lostWhile(() => overlay.cloud.joinUplink('hv1', 'spine1'))
    console.log(`      uplink back: ${back} packets lost`)
    await bothTaken()
  })

  it('do so without the controller, and lose nothing when it is back', async () => {
    const { controller, cloud } = overlay
    await controller.kill()
    const lost = await leastLost(
      () => cloud.cutSpine('spine2'),
      async () => {
        await cloud.joinSpine('spine2')
        await bothTaken()
      },
    )
    console.log(
      `      without controller, spine cut: ${lost} packets lost, ${((lost / 4 / RATE) * 1000).toFixed(0)} ms`,
    )
    expect(lost).to.be.below((4 * RATE * LONGEST_MS) / 1000)
    await cloud.joinSpine('spine2')
    await bothTaken()
    const flows = (): Promise<string> => cloud.ofctl('hv1', 'dump-flows', 'brphy')
    const age = (text: string): number =>
      Math.min(...[...text.matchAll(/duration=([\d.]+)s/g)].map(([, its]) => Number(its)))
    const [before, wanted] = [age(await flows()), await groups('hv1')]
    const restarted = await leastLost(
      async () => {
        await controller.run(TAGSTEER, AUDITED)
        await controller.served(8)
        await overlay.settled()
      },
      () => controller.kill(),
      { seconds: 8, enough: 0 },
    )
    expect(restarted, 'while the controller comes back').to.equal(0)
    // Nothing was given anew.
    expect(age(await flows())).to.be.above(before)
    expect(await groups('hv1')).to.equal(wanted)
  })

  it('have their groups put back where somebody changes or removes them', async () => {
    const wanted = await groups('hv1')
    expect(wanted.match(/type=ff/g)).to.have.lengthOf(2)
    expect(wanted.match(/type=select/g)).to.have.lengthOf(1)
    const number = /group_id=(\d+),type=ff/.exec(wanted)?.[1]
    await overlay.cloud.ofctl('hv1', 'mod-group', 'brphy', `group_id=${number},type=ff,bucket=watch_port:2,output:2`)
    await until(
      'the groups as they were',
      () => groups('hv1'),
      (now) => now === wanted,
    )
    // With the flows that name them.
    await overlay.cloud.ofctl('hv1', 'del-groups', 'brphy')
    await until(
      'the groups again',
      () => groups('hv1'),
      (now) => now === wanted,
    )
    await until(
      'the way again',
      () => lostWhile(async () => {}, 0.6),
      (lost) => lost === 0,
    )
  })

  it('take the first that is up where the record says failover', async () => {
    const changed = await lostWhile(() => apply('failover'))
    console.log(`      from select to failover: ${changed} packets lost`)
    expect(changed).to.equal(0)
    const burstOf = (): Promise<[number, number]> => during('hv1', () => burst(vmOf('web', 1), vmOf('db', 2)))
    const [one, other] = await burstOf()
    expect(one).to.be.at.least(STREAMS * PACKETS)
    // Answers to neighbours go by both.
    expect(other).to.be.below(PACKETS)
    const lost = await leastLost(
      () => overlay.cloud.cutUplink('hv1', 'spine1'),
      async () => {
        await overlay.cloud.joinUplink('hv1', 'spine1')
        await until('the first uplink', burstOf, ([first]) => first >= STREAMS * PACKETS)
      },
    )
    console.log(`      first uplink cut: ${lost} packets lost, ${((lost / 4 / RATE) * 1000).toFixed(0)} ms`)
    expect(lost).to.be.below((4 * RATE * LONGEST_MS) / 1000)
    expect((await burstOf())[1]).to.be.at.least(STREAMS * PACKETS)
    await overlay.cloud.joinUplink('hv1', 'spine1')
    await apply('select')
    expect((await groups('hv1')).match(/type=ff/g)).to.have.lengthOf(2)
  })
})
