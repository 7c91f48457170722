/**
 * Attacks on the data plane of real switches under `tagsteer up`: forged, disguised, malformed and stateful frames from
 * tenants, from ports without a record, and from the world. Every frame carries a mark, counted in the raw frames that
 * hosts receive. Each volley has frames that must arrive, in equal number, next to those that must not: it cannot pass
 * because nothing was sent.
 */
import { expect } from 'chai'
import {
  arp,
  BROADCAST,
  both,
  type Ends,
  fragmentHeader,
  fragments,
  frame,
  hex6,
  hexed,
  icmp6,
  linkLocal,
  type Make,
  none,
  OPEN,
  option,
  ROUTER,
  SHUT,
  shot,
  tcp4,
  udp,
  udp6Of,
  udpOf,
  v4,
  v6,
} from '../support/attack-frames.ts'
import { AttackLab, HOSTS, type Host, ip4, ip6, macOf, type Shot, text4, text6 } from '../support/attack-lab.ts'
import * as packets from '../support/packets.ts'
import { until } from '../support/running-controller.ts'

const { octets, TCP_FLAGS } = packets

describe('attacks', function () {
  this.timeout(60_000)
  let attack: AttackLab

  const allow = (more: object): object => ({ direction: 'DIRECTION_INGRESS', action: 'ACTION_ALLOW', ...more })
  const record = (host: Host, tag: string, more: object = {}): object => ({
    interface: {
      name: host,
      tags: [{ text: tag }],
      mac: macOf(host)
        .toString(16)
        .padStart(12, '0')
        .replaceAll(/..(?!$)/g, '$&:'),
      addresses: [text4(host), text6(host)],
      attachment: { portName: { portName: attack.portOf(host) } },
      ...more,
    },
  })
  const vnp = (name: string, more: object = {}): object => ({
    vnp: { name, selector: { allOf: [{ text: name }] }, ...more },
  })
  /** Tenant a: one UDP port, ICMP, and TCP 7001 of a2 only. Tenant b: everything. o: the other network, everything. */
  const base = (): object[] => [
    { switch: { name: 'left', datapathId: '0000000000000601', uplinks: [attack.uplink] } },
    vnp('a'),
    vnp('b', { ingressDefault: 'DEFAULT_VERDICT_ALLOW' }),
    vnp('o', { ingressDefault: 'DEFAULT_VERDICT_ALLOW' }),
    {
      policy: {
        name: 'a',
        vnp: 'a',
        rules: [
          allow({ peer: { any: {} }, protocols: ['udp'], ports: [String(OPEN)] }),
          allow({ peer: { tags: {} }, protocols: ['icmp'] }),
          ...[text4('w1'), text6('w1')].map((address) => ({
            direction: 'DIRECTION_EGRESS',
            action: 'ACTION_ALLOW',
            peer: { cidr: `${address}/${address.includes(':') ? 128 : 32}` },
            protocols: ['udp'],
            ports: [String(OPEN)],
          })),
        ],
      },
    },
    {
      policy: {
        name: 'b',
        vnp: 'b',
        rules: [
          {
            direction: 'DIRECTION_INGRESS',
            peer: { any: {} },
            protocols: ['udp'],
            ports: ['7998'],
            action: 'ACTION_DENY',
          },
        ],
      },
    },
    {
      policy: {
        name: 'a2',
        vnp: 'a',
        appliesTo: { allOf: [{ text: 'serves' }] },
        rules: [allow({ peer: { tags: {} }, protocols: ['tcp'], ports: ['7001'] })],
      },
    },
    record('a1', 'a'),
    record('a2', 'a', { tags: [{ text: 'a' }, { text: 'serves' }] }),
    record('f1', 'a', { portSecurity: false }),
    record('b1', 'b'),
    record('b2', 'b'),
    record('n1', 'o', { network: 'other' }),
    record('n2', 'o', { network: 'other' }),
  ]

  async function apply(records: object[]): Promise<void> {
    const { generation } = await attack.controller.call<{ generation: string }>('ApplyService.Apply', {
      records,
      owner: 'test',
      prune: true,
    })
    await attack.controller.call('FlowService.WaitApplied', { generation })
  }

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
    await apply(base())
  })
  after(() => attack?.stop())
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(attack?.controller.log.split('\n').slice(-20).join('\n'))
  })

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

  it('frames in disguise', async () => {
    const shots = controls()
    const tags = {
      plain: [{ vid: 5 }],
      priority: [{ vid: 0, pcp: 5 }],
      service: [{ tpid: 0x88a8, vid: 5 }, { vid: 6 }],
      twice: [{ vid: 5 }, { vid: 5 }],
      service1: [{ tpid: 0x88a8, vid: 5 }],
    }
    for (const [name, its] of Object.entries(tags)) {
      const eth = { tags: its }
      shots.push(...both(`${name} tag`, 'a1', 'a2', udp('a1', 'a2', OPEN, { eth })))
      shots.push(...both(`${name} tag to the world`, 'a1', 'w1', udp('a1', 'w1', OPEN, { eth })))
      shots.push(...both(`${name} tag of the world`, 'w1', 'a2', udp('w1', 'a2', OPEN, { eth })))
      shots.push(...both(`${name} tag, everything allowed`, 'b1', 'b2', udp('b1', 'b2', SHUT, { eth })))
      shots.push(...both(`${name} tag to another tenant`, 'a1', 'b2', udp('a1', 'b2', SHUT, { eth })))
      shots.push(shot(`${name} tag, ARP`, 'b1', arp('b1', { tpa: ip4('w1') }, eth)))
    }
    for (const type of [
      0x05dc, 0x0040, 0x8035, 0x8847, 0x8848, 0x8863, 0x888e, 0x88cc, 0x88e5, 0x8902, 0x9000, 0x894f, 0xffff,
    ]) {
      for (const [from, to] of [
        ['b1', 'b2'],
        ['a1', 'a2'],
        ['x1', 'a1'],
        ['w1', 'a1'],
      ] as const) {
        shots.push(
          shot(`type ${type.toString(16)}`, from, (mark) => [
            frame(from, to, type, octets('42420300', mark, new Uint8Array(40))),
          ]),
        )
        shots.push(
          shot(`type ${type.toString(16)} to all`, from, (mark) => [
            frame(from, to, type, octets('42420300', mark, new Uint8Array(40)), { eth: { dst: BROADCAST } }),
          ]),
        )
      }
    }
    for (const dst of [0x01_80_c2_00_00_00, 0x01_80_c2_00_00_0e, 0x01_00_0c_cc_cc_cc]) {
      shots.push(
        shot(`to ${dst.toString(16)}`, 'b1', (mark) => [
          frame('b1', 'b2', 0x88cc, octets(mark, new Uint8Array(40)), { eth: { dst } }),
        ]),
      )
    }
    // Headers between: what is behind them is what counts.
    const extensions: Record<string, (next: number) => { proto: number; header: Uint8Array }> = {
      'hop-by-hop': (next) => ({ proto: 0, header: octets(next, 0, 1, 4, 0, 0, 0, 0) }),
      destination: (next) => ({ proto: 60, header: octets(next, 0, 1, 4, 0, 0, 0, 0) }),
      routing: (next) => ({ proto: 43, header: octets(next, 2, 0, 1, 0, 0, 0, 0, hex6(ip6('b2'))) }),
      'atomic fragment': (next) => ({ proto: 44, header: fragmentHeader(next, 0, false) }),
      'both options': (next) => ({ proto: 0, header: octets(60, 0, 1, 4, 0, 0, 0, 0, next, 0, 1, 4, 0, 0, 0, 0) }),
    }
    for (const [name, extension] of Object.entries(extensions)) {
      const send = (from: Host, to: Host, port: number, count: number): void => {
        shots.push(
          shot(
            `${name} header, port ${port}`,
            from,
            (mark) => {
              const { proto, header } = extension(17)
              return [v6(from, to, { proto, payload: octets(header, udp6Of(from, to, port, mark)) })]
            },
            count > 0 ? { [to]: count } : none,
          ),
        )
      }
      send('a1', 'a2', OPEN, 1)
      send('a1', 'a2', SHUT, 0)
      send('a1', 'b2', OPEN, 0)
    }
    const options = {
      'no operation': '01010101',
      'source route': '8307040a00000400',
      'record route': '07070400000000 00'.replace(' ', ''),
      alert: '94040000',
    }
    for (const [name, text] of Object.entries(options)) {
      const send = (port: number, count: number): void => {
        shots.push(
          shot(
            `${name} option, port ${port}`,
            'a1',
            (mark) => [v4('a1', 'a2', { proto: 17, options: octets(text), payload: udpOf('a1', 'a2', port, mark) })],
            count > 0 ? { a2: count } : none,
          ),
        )
      }
      send(OPEN, 1)
      send(SHUT, 0)
    }
    for (const ttl of [0, 1, 255]) {
      shots.push(
        shot(
          `TTL ${ttl}`,
          'a1',
          (mark) => [v4('a1', 'a2', { proto: 17, ttl, payload: udpOf('a1', 'a2', OPEN, mark) })],
          { a2: 1 },
        ),
      )
    }
    for (const proto of [2, 4, 41, 47, 50, 51, 89, 103, 112, 132, 136, 253, 255]) {
      const make =
        (from: Host, to: Host): Make =>
        (mark) => [v4(from, to, { proto, payload: octets('45000000', new Uint8Array(20), mark) })]
      shots.push(shot(`protocol ${proto}`, 'a1', make('a1', 'a2')))
      shots.push(shot(`protocol ${proto} to another tenant`, 'b1', make('b1', 'a2')))
      // Authentication headers and SCTP are looked into, and these are none.
      if (proto !== 132 && proto !== 51)
        shots.push(shot(`protocol ${proto}, everything allowed`, 'b1', make('b1', 'b2'), { b2: 1 }))
    }
    const sctp =
      (from: Host, to: Host, port: number): Make =>
      (mark) => [
        v4(from, to, {
          proto: 132,
          payload: packets.sctp({
            sport: 4000,
            dport: port,
            data: octets('0100001f', '00000007', '00010000', '00010001', '00000001', mark),
          }),
        }),
      ]
    shots.push(
      shot('SCTP', 'a1', sctp('a1', 'a2', OPEN)),
      shot('SCTP, everything allowed', 'b1', sctp('b1', 'b2', OPEN), { b2: 1 }),
    )
    await fire(shots)
  })

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

  it('neighbours that lie', async () => {
    const shots = controls()
    const allNodes = { eth: { dst: 0x33_33_00_00_00_01 }, dst6: hexed('ff02::1') }
    for (const [from, to, victim] of [
      ['b1', 'b2', 'b2'],
      ['a1', 'a2', 'a2'],
      ['f1', 'a1', 'a2'],
      ['x1', 'a1', 'a2'],
      ['w1', 'a1', 'a2'],
      ['n1', 'n2', 'n2'],
    ] as const) {
      const add = (name: string, type: number, body: string | Uint8Array, ends: Ends = {}): void => {
        shots.push(shot(name, from, icmp6(from, to, type, octets(body), ends)))
        shots.push(
          shot(
            `${name}, from its link-local address`,
            from,
            icmp6(from, to, type, octets(body), { src6: linkLocal(from), ...ends }),
          ),
        )
        const hidden: Make = (mark) =>
          icmp6(
            from,
            to,
            type,
            octets(body),
            ends,
          )(mark).map((whole) =>
            frame(
              from,
              to,
              0x86dd,
              octets(
                packets.ipv6({
                  src: ends.src6 ?? ip6(from),
                  dst: ends.dst6 ?? ip6(to),
                  proto: 60,
                  payload: octets(58, 0, 1, 4, 0, 0, 0, 0, whole.subarray(54)),
                }),
              ),
              ends,
            ),
          )
        shots.push(shot(`${name}, behind options`, from, hidden))
        const cut: Make = (mark) =>
          icmp6(
            from,
            to,
            type,
            octets(body),
            ends,
          )(mark).flatMap((whole) => [
            v6(
              from,
              to,
              { proto: 44, payload: octets(fragmentHeader(60, 0, true, 90), octets(58, 0, 1, 4, 0, 0, 0, 0)) },
              ends,
            ),
            v6(from, to, { proto: 44, payload: octets(fragmentHeader(60, 8, false, 90), whole.subarray(54)) }, ends),
          ])
        shots.push(shot(`${name}, in the second fragment`, from, cut))
      }
      const target = hex6(ip6(victim))
      add('advertisement', 136, octets(target, option(2, macOf(from))))
      add('advertisement to all', 136, octets(target, option(2, macOf(from))), allNodes)
      add('solicitation of another MAC', 135, octets(target, option(1, macOf(victim))))
      add('solicitation to all', 135, octets(target, option(1, macOf(victim))), allNodes)
      add('solicitation without address', 135, octets(target), { ...allNodes, src6: 0n })
      add('router advertisement', 134, octets('40000708', new Uint8Array(4), option(1, macOf(from))), allNodes)
      add('router advertisement to one', 134, octets('40000708', new Uint8Array(4), option(1, macOf(from))))
      add('router solicitation', 133, option(1, macOf(from)), { ...allNodes, dst6: hexed('ff02::2') })
      add('redirect', 137, octets(target, target, option(2, macOf(from))))
      add('listener report', 143, octets('00000001', '04000000', hex6(hexed('ff02::fb'))), {
        ...allNodes,
        dst6: hexed('ff02::16'),
      })
      add('inverse solicitation', 141, octets('0000', option(1, macOf(from))))
      const lie = (name: string, members: packets.ArpMembers, eth: NonNullable<Ends['eth']> = {}): void => {
        shots.push(shot(`ARP ${name}`, from, arp(from, members, eth)))
        shots.push(shot(`ARP ${name} to one`, from, arp(from, members, { ...eth, dst: macOf(to) })))
      }
      lie('answer for another', { op: 2, spa: ip4(victim), tpa: ip4(to), tha: macOf(to) })
      lie('announcement for another', { spa: ip4(victim), tpa: ip4(victim) })
      lie('request of another', { spa: ip4(victim), tpa: ip4(to) })
      lie('request with another MAC', { sha: macOf(victim), tpa: ip4(to) })
      lie('request from another MAC', { tpa: ip4(to) }, { src: macOf(victim) })
      lie('probe', { spa: 0, tpa: ip4(to) })
      lie('reverse request', { op: 3, tpa: ip4(to) })
      if (from !== 'w1') lie('answer of its own', { op: 2, tpa: ip4(to), tha: macOf(to) })
      lie('announcement of its own', { tpa: ip4(from) })
    }
    shots.push(
      shot(
        'ARP answer of the world',
        'w1',
        arp('w1', { op: 2, tpa: ip4('a1'), tha: macOf('a1') }, { dst: macOf('a1') }),
        { a1: 1 },
      ),
    )
    await fire(
      shots.filter(
        ({ from, name }) => !(from !== 'w1' && name.startsWith('ARP announcement of its own') && from === 'f1'),
      ),
    )
  })

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
})
