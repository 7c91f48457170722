/**
 * Attacks on the data plane of real switches under `tagsteer up`: forged, disguised, malformed and stateful frames from
 * tenants, from ports without a record, and from the world. Every frame carries a mark, counted in the raw frames that
 * hosts receive. Each volley has frames that must arrive, in equal number, next to those that must not: it cannot pass
 * because nothing was sent.
 */
import { expect } from 'chai'
import {
  BROADCAST,
  both,
  type Ends,
  fragments,
  frame,
  hexed,
  linkLocal,
  type Make,
  OPEN,
  ROUTER,
  SHUT,
  shot,
  tcp4,
  udp,
  udp4,
  udp6,
  v4,
} from '../support/attack-frames.ts'
import { HOSTS, type Host, ip4, ip6, macOf, NAMES, UPLINK } from '../support/attack-hosts.ts'
import { AttackLab, type Shot } from '../support/attack-lab.ts'
import { record, records, vnp } from '../support/attack-records.ts'
import { disguises, lies } from '../support/attack-shots.ts'
import * as packets from '../support/packets.ts'
import { until } from '../support/running-controller.ts'

const { octets, TCP_FLAGS } = packets
const LLDP = 0x01_80_c2_00_00_0e

/** Kind and name of a record. */
const nameOf = (record: object): string =>
  Object.entries(record)
    .map(([kind, { name }]) => `${kind} ${name}`)
    .join()

describe('attacks', function () {
  this.timeout(60_000)
  let attack: AttackLab

  before(async () => {
    attack = await AttackLab.start()
    await until(
      'two served switches and their link',
      () =>
        attack.controller
          .call<{ switches: { state: string }[]; links: unknown[] }>('TopologyService.GetTopology')
          .catch(() => ({ switches: [], links: [] })),
      ({ switches, links }) =>
        switches.filter(({ state }) => state === 'SWITCH_STATE_SERVED').length === 2 && links.length === 2,
    )
    await attack.apply(records())
  })
  after(() => attack?.stop())
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(attack?.controller.log.split('\n').slice(-20).join('\n'))
  })

  async function retag(host: Host, round: number): Promise<void> {
    const add = [{ text: `round-${round}` }, { text: 'c' }]
    for (const tags of [{ add }, { remove: add }]) {
      const { meta } = await attack.controller.call<{ meta: { generation: string } }>('InterfaceService.SetTags', {
        name: host,
        ...tags,
      })
      await attack.controller.call('FlowService.WaitApplied', { generation: meta.generation })
    }
  }

  async function linkCount(): Promise<number> {
    const { links } = await attack.controller.call<{ links: unknown[] }>('TopologyService.GetTopology')
    return links.length
  }

  const fire = async (shots: Shot[]): Promise<void> => {
    expect(
      shots.some(({ arrives }) => Object.keys(arrives).length > 0),
      'a volley needs a control',
    ).to.equal(true)
    expect(await attack.volley(shots)).to.deep.equal([])
  }
  /** Frames that show that the way is open. */
  const controls = (): Shot[] => [
    ...both('control', 'a1', 'a2', udp('a1', 'a2'), 1),
    ...both('control', 'b1', 'b2', udp('b1', 'b2', SHUT), 1),
    ...both('control', 'n1', 'n2', udp('n1', 'n2', SHUT), 1),
    ...both('control', 'f1', 'a1', udp('f1', 'a1'), 1),
    ...both('control', 'w1', 'a2', udp('w1', 'a2'), 1),
    ...both('control', 'a1', 'w1', udp('a1', 'w1'), 1),
  ]

  it('forged senders and receivers', async () => {
    const shots = controls()
    const forge = (name: string, from: Host, to: Host, ends: Ends): void => {
      shots.push(...both(name, from, to, udp(from, to, OPEN, ends)))
    }
    shots.push(
      ...both('shut port', 'a1', 'a2', udp('a1', 'a2', SHUT)),
      ...both('other tenant', 'a1', 'b2', udp('a1', 'b2')),
    )
    shots.push(
      ...both('other network', 'a1', 'n1', udp('a1', 'n1')),
      ...both('other network', 'n1', 'a2', udp('n1', 'a2')),
    )
    for (const from of ['b1', 'n1', 'x1', 'x2', 'w1'] as const) {
      for (const to of ['a1', 'a2', 'b2'] as const) {
        for (const as of ['a1', 'a2', 'b1', 'f1', 'n2'] as const) {
          if (as === from || as === to) continue
          const whole = { eth: { src: macOf(as) }, src: ip4(as), src6: ip6(as) }
          forge(`${as} to ${to}`, from, to, whole)
          // n1 has the addresses of a1 by right, and b1 may reach b2 under none but its own.
          if (HOSTS[as].host !== HOSTS[from].host)
            forge(`addresses of ${as} to ${to}`, from, to, { src: ip4(as), src6: ip6(as) })
          forge(`MAC of ${as} to ${to}`, from, to, { eth: { src: macOf(as) } })
        }
      }
    }
    for (const src of [0, BROADCAST, 0x01_00_5e_00_00_01, 0x33_33_00_00_00_01, ROUTER, macOf('w1')]) {
      forge(`from MAC ${src.toString(16)}`, 'a1', 'a2', { eth: { src } })
    }
    for (const dst of [
      0,
      BROADCAST,
      0x01_00_5e_00_00_01,
      0x33_33_00_00_00_01,
      macOf('b2'),
      macOf('n2'),
      macOf('a1'),
      macOf('x2'),
      ROUTER,
    ]) {
      forge(`to MAC ${dst.toString(16)}`, 'a1', 'a2', { eth: { dst } })
      if (dst !== macOf('b2')) forge(`to MAC ${dst.toString(16)}`, 'b1', 'b2', { eth: { dst } })
    }
    for (const [src, src6] of [
      [0, 0n],
      [0x7f000001, 1n],
      [0xffffffff, hexed('ff02::1')],
      [ip4('w1'), ip6('w1')],
      [0x0a090909, linkLocal('a1')],
    ] as const) {
      forge(`from ${src.toString(16)}`, 'a1', 'a2', { src, src6 })
    }
    for (const [dst, dst6] of [
      [0xffffffff, hexed('ff02::1')],
      [0x0a0000ff, linkLocal('b2')],
      [0xe0000001, hexed('ff05::1')],
      [ip4('b1'), ip6('b1')],
      [0, 0n],
    ] as const) {
      forge(`to ${dst.toString(16)}`, 'b1', 'b2', { dst, dst6 })
      forge(`to ${dst.toString(16)} of the world`, 'w1', 'a1', { dst, dst6, eth: { dst: BROADCAST } })
    }
    await fire(shots)
  })

  it('frames in disguise', () => fire([...controls(), ...disguises()]))

  it('fragments', async () => {
    await fire([
      ...controls(),
      ...both('fragments of a connection', 'a1', 'a2', fragments('a1', 'a2', OPEN), 2),
      ...both('three fragments of a connection', 'a1', 'a2', fragments('a1', 'a2', OPEN, { parts: 3, id: 79 }), 3),
      ...both('fragments of a reply', 'a2', 'a1', fragments('a2', 'a1', 4000, { sport: OPEN }), 2),
      ...both('fragments of a connection, everything allowed', 'b1', 'b2', fragments('b1', 'b2', SHUT), 2),
      ...both('fragments at first, every port allowed', 'n1', 'n2', fragments('n1', 'n2', SHUT, { sport: 4001 }), 2),
      ...both('fragments at first, to the one port denied', 'b1', 'b2', fragments('b1', 'b2', 7998, { sport: 4002 })),
      ...both('fragments of a reply that nobody asked for', 'a2', 'a1', fragments('a2', 'a1', 4003, { sport: OPEN })),
      ...both('fragments to a shut port', 'a1', 'a2', fragments('a1', 'a2', SHUT, { id: 80 })),
      ...both('fragments to port 0', 'a1', 'a2', fragments('a1', 'a2', 0, { id: 81 })),
      ...both('fragments to another tenant', 'a1', 'b2', fragments('a1', 'b2', OPEN, { id: 82 })),
      ...both('later fragments only', 'a1', 'a2', fragments('a1', 'a2', SHUT, { id: 83, only: (index) => index > 0 })),
      ...both('tiny fragments', 'a1', 'a2', fragments('a1', 'a2', SHUT, { id: 84, size: 32 })),
      ...both(
        'later fragments only, another tenant',
        'b1',
        'a2',
        fragments('b1', 'a2', SHUT, { id: 85, only: (index) => index > 0 }),
      ),
      ...([4, 6] as const).map((family) =>
        shot(`an open port overwritten by a shut one, IPv${family}`, 'a1', (mark) => [
          ...fragments('a1', 'a2', OPEN, { id: 86, only: (index) => index === 0 })(family)(octets(new Uint8Array(11))),
          ...fragments('a1', 'a2', SHUT, { id: 86 })(family)(mark),
        ]),
      ),
    ])
  })

  it('neighbours that lie', () => fire([...controls(), ...lies()]))

  it('replies that nobody asked for', async () => {
    await fire([
      ...controls(),
      ...both('question', 'a1', 'a2', udp('a1', 'a2', OPEN, {}, 5555), 1),
      ...both('answer', 'a2', 'a1', udp('a2', 'a1', 5555, {}, OPEN), 1),
      ...both('answer to another port', 'a2', 'a1', udp('a2', 'a1', 5556, {}, OPEN)),
      ...both('answer from another port', 'a2', 'a1', udp('a2', 'a1', 5555, {}, OPEN + 1)),
      ...both('answer of another', 'f1', 'a1', udp('f1', 'a1', 5555, {}, OPEN)),
      ...both('answer of another tenant', 'b2', 'a1', udp('b2', 'a1', 5555, {}, OPEN)),
      ...both('answer in the other network', 'n2', 'n1', udp('n2', 'n1', 5555, {}, OPEN), 1),
      ...both('answer of the other network', 'n2', 'a1', udp('n2', 'a1', 5555, {}, OPEN)),
      ...both('port 0', 'a1', 'a2', udp('a1', 'a2', 0)),
    ])
    const { syn, ack, rst, fin } = TCP_FLAGS
    await fire([
      shot('SYN', 'a1', tcp4('a1', 'a2', 7001, syn, 6000), { a2: 1 }),
      shot('SYN to a host that does not serve', 'a2', tcp4('a2', 'a1', 7001, syn, 6000)),
      // Without port security addresses are free, but what may be asked is not.
      shot('SYN and ACK with the addresses of who serves', 'f1', (mark) => {
        const ends = { src: ip4('a2'), dst: ip4('a1') }
        const payload = packets.tcp({ ...ends, sport: 7001, dport: 6000, flags: syn | ack, data: mark })
        return [v4('f1', 'a1', { ...ends, proto: 6, payload })]
      }),
      shot('SYN and ACK', 'a2', tcp4('a2', 'a1', 6000, syn | ack, 7001), { a1: 1 }),
      ...[ack, rst, rst | ack, fin, fin | ack, ack | TCP_FLAGS.psh, syn | fin, 0, 0x3f].flatMap((flags) => [
        shot(`flags ${flags} to a shut port`, 'a1', tcp4('a1', 'a2', SHUT, flags, 6001)),
        shot(`flags ${flags} from the port that serves`, 'a2', tcp4('a2', 'a1', 6002, flags, 7001)),
        shot(`flags ${flags} of another tenant`, 'b2', tcp4('b2', 'a1', 6000, flags, 7001)),
        shot(`flags ${flags} of another network`, 'n2', tcp4('n2', 'a1', 6000, flags, 7001)),
      ]),
    ])
  })

  it('forged errors about connections', async () => {
    const inner = packets.ipv4({
      src: ip4('a1'),
      dst: ip4('a2'),
      proto: 17,
      payload: packets.udp({ src: ip4('a1'), dst: ip4('a2'), sport: 5557, dport: OPEN }),
    })
    const shutInner = packets.ipv4({
      src: ip4('a1'),
      dst: ip4('a2'),
      proto: 17,
      payload: packets.udp({ src: ip4('a1'), dst: ip4('a2'), sport: 5557, dport: SHUT }),
    })
    const error =
      (from: Host, about: Uint8Array, ends: Ends = {}): Make =>
      (mark) => [
        v4(
          from,
          'a1',
          { proto: 1, payload: packets.icmp({ type: 3, code: 4, rest: 576, data: octets(about, mark) }) },
          ends,
        ),
      ]
    await fire(both('question', 'a1', 'a2', udp('a1', 'a2', OPEN, {}, 5557), 1))
    await fire([
      shot('error of who was asked', 'a2', error('a2', inner), { a1: 1 }),
      shot('error about what was never sent', 'b2', error('b2', shutInner)),
      shot('error of another tenant', 'b1', error('b1', inner)),
      shot('error of another network', 'n2', error('n2', inner)),
      shot('error with the address of who was asked', 'b1', error('b1', inner, { src: ip4('a2') })),
      shot('error of the world', 'w1', error('w1', inner)),
      shot('error of the world with the address of who was asked', 'w1', error('w1', inner, { src: ip4('a2') })),
      shot('echo reply to nobody', 'w1', (mark) => [
        v4('w1', 'a1', { proto: 1, payload: packets.icmp({ type: 0, data: mark }) }),
      ]),
    ])
  })

  it('a flood from ports without a record', async () => {
    const noise = Array.from({ length: 200 }, (_, index) =>
      frame('x1', 'a1', index % 2 === 0 ? 0x0800 : 0x88cc, new Uint8Array(60).fill(index), {
        eth: { src: 0x02_00_00_00_00_00 + index, dst: index % 3 === 0 ? LLDP : BROADCAST },
      }),
    )
    const flood = Promise.all([
      attack.send('x1', noise, { rate: 20_000, count: 30_000 }),
      attack.send('x2', noise, { rate: 20_000, count: 30_000 }),
    ])
    const { mark, number } = attack.mark()
    const flow = attack.send('a1', udp4('a1', 'a2')(mark), { rate: 200, count: 300 })
    const waits: number[] = []
    for (let round = 0; round < 5; round++) {
      const begin = performance.now()
      await retag('b1', round)
      waits.push(performance.now() - begin)
    }
    expect(Math.max(...waits), 'milliseconds for a change of tags meanwhile').to.be.lessThan(2500)
    await Promise.all([flood, flow])
    expect((await attack.seen('a2')).marks[number]).to.equal(300)
    expect(await linkCount()).to.equal(2)
    await fire(controls())
  })

  it('probes that were made up, sent back or kept', async () => {
    const probes = (await attack.seen('x1')).lldp.map((text) => octets(text))
    expect(probes.length, 'probes that reach a port without a record').to.be.greaterThan(0)
    const changed = probes.map((probe) => octets(probe).fill(0x55, probe.length - 12, probe.length - 4))
    await attack.send('x1', [...probes, ...changed])
    await attack.send('x2', changed)
    for (const from of ['a1', 'a2', 'w1'] as const) await attack.send(from, [...probes, ...changed])
    expect(await linkCount()).to.equal(2)
    await fire([
      ...controls(),
      ...both(
        'a1 from a port without a record',
        'x2',
        'a2',
        udp('x2', 'a2', OPEN, { eth: { src: macOf('a1') }, src: ip4('a1'), src6: ip6('a1') }),
      ),
    ])
  })

  it('probes that two hosts carry to each other, where link ports are declared', async () => {
    interface Seen {
      links: { fromDatapathId: string; fromPort: number }[]
      switches: { name: string; datapathId: string; etag: string; ports: { port: number; name: string }[] }[]
    }
    const topology = (): Promise<Seen> => attack.controller.call<Seen>('TopologyService.GetTopology')
    const relay = async (): Promise<void> => {
      const [one, two] = [(await attack.seen('x1')).lldp, (await attack.seen('x2')).lldp]
      await attack.send(
        'x2',
        one.slice(-2).map((text) => octets(text)),
      )
      await attack.send(
        'x1',
        two.slice(-2).map((text) => octets(text)),
      )
    }
    const before = await topology()
    expect(before.links).to.have.length(2)
    // Undeclared, the two are a cable.
    await until(
      'the relayed link',
      async () => relay().then(linkCount),
      (count) => count === 4,
      15_000,
    )
    const declare = async (links: (dpid: string) => string[]): Promise<void> => {
      for (const { name, datapathId } of before.switches.filter((each) =>
        each.datapathId.startsWith('00000000000006'),
      )) {
        const uplinks = datapathId === '0000000000000601' ? [UPLINK] : []
        const record = { name: datapathId === '0000000000000601' ? 'left' : `declared-${name}`, datapathId, uplinks }
        await attack.controller.call('TopologyService.UpdateSwitch', {
          switch: { ...record, links: links(datapathId) },
          allowMissing: true,
        })
      }
    }
    const genuine = (datapathId: string): string[] =>
      before.links
        .filter(({ fromDatapathId }) => fromDatapathId === datapathId)
        .flatMap(({ fromPort }) => {
          const ports = before.switches.find((each) => each.datapathId === datapathId)?.ports ?? []
          return ports.filter(({ port }) => port === fromPort).map(({ name }) => name)
        })
    await declare(genuine)
    await until(
      'the relayed link is gone',
      async () => relay().then(linkCount),
      (count) => count === 2,
      15_000,
    )
    for (let round = 0; round < 10; round++) {
      await relay()
      expect(await linkCount()).to.equal(2)
    }
    await declare(() => [])
    await fire(controls())
  })

  it('changes while packets are on their way', async () => {
    const forbidden: [Host, Make][] = [
      ['b1', udp4('b1', 'a2')],
      ['n1', udp6('n1', 'a2')],
      ['x2', udp4('x2', 'a2', OPEN, { eth: { src: macOf('a1') }, src: ip4('a1') })],
      ['w1', udp4('w1', 'a2', SHUT)],
    ]
    const permitted: [Host, Host, Make][] = [
      ['a1', 'a2', udp4('a1', 'a2')],
      ['a2', 'a1', udp6('a2', 'a1')],
    ]
    const wrong = forbidden.map(([from, make]) => ({ from, make, ...attack.mark() }))
    const right = permitted.map(([from, to, make]) => ({ from, to, make, ...attack.mark() }))
    const rate = { rate: 250, count: 1500 }
    const traffic = Promise.all([...wrong, ...right].map(({ from, make, mark }) => attack.send(from, make(mark), rate)))
    let sending = true
    const sent = traffic.finally(() => {
      sending = false
    })
    const many = Array.from({ length: 20 }, (_, index) => String(8000 + 2 * index))
    let rounds = 0
    for (; sending; rounds++) {
      const odd = rounds % 2 === 1
      const without = records().filter(
        (each) => !JSON.stringify(each).startsWith(`{"interface":{"name":"${odd ? 'n2' : 'f1'}"`),
      )
      const rule = {
        direction: 'DIRECTION_INGRESS',
        peer: { any: {} },
        protocols: ['udp', 'tcp'],
        ports: many,
        action: odd ? 'ACTION_ALLOW' : 'ACTION_DENY',
      }
      await attack.apply(
        [
          ...(odd ? without : records()),
          vnp('c', { priority: odd ? 5 : 0 }),
          { policy: { name: 'more', vnp: 'a', rules: [rule] } },
          record('b2', 'b', odd ? {} : { mac: '00:00:5e:00:53:7f', addresses: ['10.0.0.77'] }),
        ].filter((each, index, all) => all.findLastIndex((other) => nameOf(other) === nameOf(each)) === index),
      )
      await retag('b1', rounds)
    }
    await sent
    expect(rounds, 'changes').to.be.greaterThan(3)
    await attack.apply(records())
    for (const { to, number, from } of right)
      expect((await attack.seen(to)).marks[number], `from ${from} to ${to}`).to.equal(rate.count)
    for (const { from, number } of wrong)
      for (const host of NAMES)
        if (host !== from) expect((await attack.seen(host)).marks[number] ?? 0, `from ${from} at ${host}`).to.equal(0)
    await fire(controls())
  })
})
