/**
 * Makes capture files for tests: messages to TCP segments to frames to pcap or pcapng. Written from the formats'
 * documents, not from the reader under test. Checksums stay zero; nothing here looks at them.
 */

export type Link = 'ethernet' | 'vlan' | 'cooked' | 'cooked2' | 'raw' | 'null'
const LINK_NUMBER: Record<Link, number> = { ethernet: 1, vlan: 1, cooked: 113, cooked2: 276, raw: 101, null: 0 }

export interface SegmentPlan {
  readonly from: { address: number; port: number }
  readonly to: { address: number; port: number }
  readonly sequence: number
  readonly payload: Uint8Array
  readonly syn?: boolean
}

const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255]
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)]

function tcp({ from, to, sequence, payload, syn }: SegmentPlan): Uint8Array {
  const head = [
    ...u16(from.port),
    ...u16(to.port),
    ...u32(sequence),
    ...u32(0),
    0x50,
    syn ? 2 : 0x10,
    ...u16(65535),
    0,
    0,
    0,
    0,
  ]
  return Uint8Array.from([...head, ...payload])
}

/** IPv4 192.0.2.x or IPv6 2001:db8::x. */
export function packet(plan: SegmentPlan, link: Link, ip: 4 | 6 = 4): Uint8Array {
  const segment = tcp(plan)
  const v6 = (address: number): number[] => [0x20, 0x01, 0x0d, 0xb8, ...new Array(11).fill(0), address]
  const network =
    ip === 4
      ? [
          0x45,
          0,
          ...u16(20 + segment.length),
          0,
          0,
          0x40,
          0,
          64,
          6,
          0,
          0,
          192,
          0,
          2,
          plan.from.address,
          192,
          0,
          2,
          plan.to.address,
        ]
      : [0x60, 0, 0, 0, ...u16(segment.length), 6, 64, ...v6(plan.from.address), ...v6(plan.to.address)]
  const type = ip === 4 ? [0x08, 0x00] : [0x86, 0xdd]
  const front: Record<Link, number[]> = {
    ethernet: [...new Array(12).fill(2), ...type],
    vlan: [...new Array(12).fill(2), 0x81, 0x00, 0x00, 0x05, ...type],
    cooked: [0, 0, 0, 1, 0, 6, ...new Array(8).fill(0), ...type],
    cooked2: [...type, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, ...new Array(8).fill(0)],
    raw: [],
    null: ip === 4 ? [2, 0, 0, 0] : [30, 0, 0, 0],
  }
  // Short Ethernet frames are padded to 60 octets; the reader must go by the IP length.
  const frame = [...front[link], ...network, ...segment]
  if (link === 'ethernet') while (frame.length < 60) frame.push(0xee)
  return Uint8Array.from(frame)
}

export type Format = 'pcap' | 'pcap nanoseconds' | 'pcapng'

/** Packets one microsecond apart from 1970-01-01T00:00:01. */
export function capture(packets: readonly Uint8Array[], link: Link, format: Format, little: boolean): Uint8Array {
  const number = (size: 2 | 4, value: number): number[] => {
    const octets = size === 2 ? u16(value) : u32(value)
    return little ? octets.reverse() : octets
  }
  const out: number[] = []
  if (format !== 'pcapng') {
    const magic = format === 'pcap' ? 0xa1b2c3d4 : 0xa1b23c4d
    out.push(...number(4, magic), ...number(2, 2), ...number(2, 4), ...number(4, 0), ...number(4, 0))
    out.push(...number(4, 262144), ...number(4, LINK_NUMBER[link]))
    packets.forEach((one, i) => {
      const fraction = format === 'pcap' ? i : i * 1000
      out.push(...number(4, 1), ...number(4, fraction), ...number(4, one.length), ...number(4, one.length), ...one)
    })
    return Uint8Array.from(out)
  }
  const block = (type: number, body: number[]): void => {
    while (body.length % 4 !== 0) body.push(0)
    out.push(...number(4, type), ...number(4, body.length + 12), ...body, ...number(4, body.length + 12))
  }
  block(0x0a0d0d0a, [...number(4, 0x1a2b3c4d), ...number(2, 1), ...number(2, 0), ...new Array(8).fill(255)])
  block(1, [...number(2, LINK_NUMBER[link]), ...number(2, 0), ...number(4, 0)])
  // A block of a type that nobody knows, as any file may hold.
  block(0xbad, [1, 2, 3, 4])
  packets.forEach((one, i) => {
    block(6, [
      ...number(4, 0),
      ...number(4, 0),
      ...number(4, 1_000_000 + i),
      ...number(4, one.length),
      ...number(4, one.length),
      ...one,
    ])
  })
  return Uint8Array.from(out)
}
