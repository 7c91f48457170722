/**
 * What attackers send that looks like something else: frames with headers around or between, and neighbour discovery
 * that lies. Each shot says where it must arrive, if anywhere. It knows nothing of how they are sent.
 */
import {
  arp,
  BROADCAST,
  both,
  type Ends,
  fragmentHeader,
  frame,
  hex6,
  hexed,
  icmp6,
  linkLocal,
  type Make,
  none,
  OPEN,
  option,
  SHUT,
  shot,
  udp,
  udp6Of,
  udpOf,
  v4,
  v6,
} from './attack-frames.ts'
import { type Host, ip4, ip6, macOf } from './attack-hosts.ts'
import type { Shot } from './attack-lab.ts'
import * as packets from './packets.ts'

const { octets } = packets

/** Tags, other types, extension headers, options, other protocols. */
export function disguises(): Shot[] {
  const shots: Shot[] = []
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
      shot(`TTL ${ttl}`, 'a1', (mark) => [v4('a1', 'a2', { proto: 17, ttl, payload: udpOf('a1', 'a2', OPEN, mark) })], {
        a2: 1,
      }),
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
  return shots
}

/** ARP and neighbour discovery from everybody who has no say. */
export function lies(): Shot[] {
  const shots: Shot[] = []
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
  return shots
}
