/**
 * Frames of the attack tests: packets from one host to another that are right but for what the test makes wrong. They
 * carry the mark of their shot. It knows nothing of what becomes of them.
 */
import { type Host, ip4, ip6, macOf } from './attack-hosts.ts'
import type { Shot } from './attack-lab.ts'
import * as packets from './packets.ts'

const { octets, TCP_FLAGS } = packets
export const OPEN = 7000
export const SHUT = 7999
export const BROADCAST = 0xffff_ffff_ffff
export const ROUTER = 0x02_ff_00_00_00_01

export interface Ends {
  eth?: { src?: number; dst?: number; tags?: NonNullable<packets.EthernetMembers['tags']> }
  src?: number
  dst?: number
  src6?: bigint
  dst6?: bigint
}

/** Frames of a shot, given the mark. */
export type Make = Shot['frames']

export const none: Shot['arrives'] = {}
export const shot = (name: string, from: Host, frames: Make, arrives: Shot['arrives'] = none): Shot => ({
  name,
  from,
  frames,
  arrives,
})

export const frame = (from: Host, to: Host, type: number, payload: Uint8Array, { eth = {} }: Ends = {}): Uint8Array =>
  packets.ethernet({ src: macOf(from), dst: macOf(to), ...eth, type, payload })

/** An IPv4 packet of any protocol with `payload` after its header. */
export const v4 = (
  from: Host,
  to: Host,
  members: Partial<packets.Ipv4Members> & Pick<packets.Ipv4Members, 'proto' | 'payload'>,
  ends: Ends = {},
): Uint8Array =>
  frame(from, to, 0x0800, packets.ipv4({ src: ends.src ?? ip4(from), dst: ends.dst ?? ip4(to), ...members }), ends)
export const v6 = (
  from: Host,
  to: Host,
  members: Partial<packets.Ipv6Members> & Pick<packets.Ipv6Members, 'proto' | 'payload'>,
  ends: Ends = {},
): Uint8Array =>
  frame(from, to, 0x86dd, packets.ipv6({ src: ends.src6 ?? ip6(from), dst: ends.dst6 ?? ip6(to), ...members }), ends)

export const udpOf = (
  from: Host,
  to: Host,
  port: number,
  mark: Uint8Array,
  ends: Ends = {},
  sport = 4000,
): Uint8Array => packets.udp({ src: ends.src ?? ip4(from), dst: ends.dst ?? ip4(to), sport, dport: port, data: mark })
export const udp6Of = (
  from: Host,
  to: Host,
  port: number,
  mark: Uint8Array,
  ends: Ends = {},
  sport = 4000,
): Uint8Array => packets.udp({ src: ends.src6 ?? ip6(from), dst: ends.dst6 ?? ip6(to), sport, dport: port, data: mark })

export const udp4 =
  (from: Host, to: Host, port = OPEN, ends: Ends = {}, sport = 4000): Make =>
  (mark) => [v4(from, to, { proto: 17, payload: udpOf(from, to, port, mark, ends, sport) }, ends)]
export const udp6 =
  (from: Host, to: Host, port = OPEN, ends: Ends = {}, sport = 4000): Make =>
  (mark) => [v6(from, to, { proto: 17, payload: udp6Of(from, to, port, mark, ends, sport) }, ends)]
export const tcp4 =
  (from: Host, to: Host, dport: number, flags: number, sport: number, seq = 1): Make =>
  (mark) =>
    [
      v4(from, to, {
        proto: 6,
        payload: packets.tcp({
          src: ip4(from),
          dst: ip4(to),
          sport,
          dport,
          flags,
          seq,
          data: flags & TCP_FLAGS.syn ? octets() : mark,
        }),
      }),
      // The mark of a SYN is behind the packet, as padding of the frame.
    ].map((each) => octets(each, flags & TCP_FLAGS.syn ? mark : []))

/** The two families of one case. */
export const both = (name: string, from: Host, to: Host, make: (family: 4 | 6) => Make, count = 0): Shot[] =>
  ([4, 6] as const).map((family) =>
    shot(`${name}, IPv${family}`, from, make(family), count > 0 ? { [to]: count } : none),
  )

/** Ends are given by the shot's own MAC and addresses, other things by `ends`. */
export const udp =
  (from: Host, to: Host, port = OPEN, ends: Ends = {}, sport = 4000) =>
  (family: 4 | 6): Make =>
    family === 4 ? udp4(from, to, port, ends, sport) : udp6(from, to, port, ends, sport)

/** A UDP packet in fragments of `size` octets of its IP payload, each with the mark. */
export const fragments =
  (
    from: Host,
    to: Host,
    port: number,
    { size = 1400, only = (_: number): boolean => true, id = 77, parts = 2, sport = 4000 } = {},
  ) =>
  (family: 4 | 6): Make =>
  (mark) => {
    const data = octets(
      ...Array.from({ length: parts }, () => octets(mark, new Uint8Array(size - 8 - mark.length), new Uint8Array(8))),
    )
    const whole = (family === 4 ? udpOf : udp6Of)(from, to, port, data, {}, sport)
    const count = Math.ceil(whole.length / size)
    return Array.from({ length: count }, (_, index) => {
      const payload = whole.subarray(index * size, (index + 1) * size)
      const more = index < count - 1
      if (family === 4)
        return v4(from, to, { proto: 17, id, fragment: (index * size) / 8 + (more ? 0x2000 : 0), payload })
      return v6(from, to, { proto: 44, payload: octets(fragmentHeader(17, index * size, more, id), payload) })
    }).filter((_, index) => only(index))
  }

export function fragmentHeader(next: number, offset: number, more: boolean, id = 77): Uint8Array {
  const word = offset + Number(more)
  return octets(next, 0, word >> 8, word & 0xff, 0, 0, id >> 8, id & 0xff)
}

export const hex6 = (value: bigint): string => value.toString(16).padStart(32, '0')
export const linkLocal = (host: Host): bigint => {
  const mac = BigInt(macOf(host))
  return (0xfe80n << 112n) | ((((mac >> 24n) << 40n) | (0xfffen << 24n) | (mac & 0xff_ffffn)) ^ (1n << 57n))
}

/** ICMPv6 with the mark behind its options; the mark is an option of its own, so that parsers go on. */
export const icmp6 =
  (from: Host, to: Host, type: number, body: Uint8Array, ends: Ends & { hopLimit?: number } = {}): Make =>
  (mark) => {
    const option = octets(253, 2, mark, new Uint8Array(14 - mark.length))
    const [src, dst] = [ends.src6 ?? ip6(from), ends.dst6 ?? ip6(to)]
    const payload = packets.icmpv6({ src, dst, type, rest: 0, data: octets(body, option) })
    return [v6(from, to, { proto: 58, hopLimit: ends.hopLimit ?? 255, payload }, ends)]
  }
export const option = (type: number, mac: number): Uint8Array => octets(type, 1, mac.toString(16).padStart(12, '0'))

export const arp =
  (from: Host, members: packets.ArpMembers, eth: NonNullable<Ends['eth']> = {}): Make =>
  (mark) => [
    packets.ethernet({
      src: macOf(from),
      dst: BROADCAST,
      ...eth,
      type: 0x0806,
      payload: octets(packets.arp({ sha: macOf(from), spa: ip4(from), ...members }), mark),
    }),
  ]

export function hexed(text: string): bigint {
  const [head = '', tail = ''] = text.split('::')
  return (BigInt(`0x${head}`) << 112n) | (tail === '' ? 0n : BigInt(`0x${tail}`))
}
