/**
 * Packets to OpenFlow messages: finds TCP in captured frames, puts each direction of each connection in order, and
 * cuts messages where the octets look like OpenFlow, whatever the port. Segments may come twice, overlap, come out of
 * order, or be missing from the capture; after a gap, messages start again with the first segment that begins with
 * one. A connection whose beginning was captured and is no hello is left alone. IP fragments are not joined. It reads no file and prints nothing.
 */
import { Framer } from '../framer.ts'
import type { Packet } from '../pcap.ts'
import { WireError } from '../wire/error.ts'
import { u16At, u32At } from '../wire/octets.ts'

/** A message, or what was wrong with the octets that should have begun one. */
export interface Captured {
  /** Nanoseconds since 1970, of the packet that completed the message. */
  readonly time: bigint
  /** Address and port, as in `10.0.0.1:6653` or `[fe80::1]:6653`. */
  readonly from: string
  readonly to: string
  readonly message: Uint8Array | WireError
}

interface Segment {
  readonly from: string
  readonly to: string
  readonly sequence: number
  readonly syn: boolean
  readonly payload: Uint8Array
}

/** Out-of-order octets, and segments, that one direction may hold before what is missing is given up. */
const HELD_LIMIT = 1 << 20
const HELD_SEGMENTS = 1024

interface Direction {
  readonly from: string
  readonly to: string
  /** Sequence number of the octet that comes next; undefined until a segment was seen. */
  next: number | undefined
  /** `start`: the connection's first octets are still to come or too few; `middle`: waits for a message's beginning. */
  state: 'start' | 'middle' | 'openflow' | 'other'
  framer: Framer
  held: Array<{ sequence: number; payload: Uint8Array }>
  heldSize: number
  /** Octets at the start, while they are too few to say whether this is a hello. */
  start: Uint8Array
  lastTime: bigint
}

/** Octets that were passed over, and why. */
export interface Losses {
  /** Gaps in connections that speak OpenFlow. */
  gaps: number
  fragments: number
}

export class Streams {
  readonly losses: Losses = { gaps: 0, fragments: 0 }
  readonly #directions = new Map<string, Direction>()

  push(packet: Packet): Captured[] {
    const segment = this.#segment(packet)
    if (segment === undefined) return []
    const key = `${segment.from}>${segment.to}`
    const out: Captured[] = []
    let direction = this.#directions.get(key)
    if (direction === undefined || (segment.syn && direction.next !== (segment.sequence + 1) >>> 0)) {
      if (direction !== undefined) this.#giveUp(direction, out)
      if (!segment.syn && segment.payload.length === 0) return out
      direction = {
        from: segment.from,
        to: segment.to,
        next: undefined,
        state: segment.syn ? 'start' : 'middle',
        framer: new Framer(),
        held: [],
        heldSize: 0,
        start: new Uint8Array(0),
        lastTime: packet.time,
      }
      this.#directions.set(key, direction)
    }
    direction.lastTime = packet.time
    const sequence = segment.syn ? (segment.sequence + 1) >>> 0 : segment.sequence
    direction.next ??= sequence
    if (segment.payload.length > 0) this.#take(direction, sequence, segment.payload, out)
    return out
  }

  /** What is still held behind gaps. Call once, after the last packet. */
  end(): Captured[] {
    const out: Captured[] = []
    for (const direction of this.#directions.values()) this.#giveUp(direction, out)
    return out
  }

  #take(direction: Direction, sequence: number, payload: Uint8Array, out: Captured[]): void {
    const ahead = (sequence - direction.next!) | 0
    if (ahead > 0) {
      // Views would keep the whole piece of the file alive.
      direction.held.push({ sequence, payload: payload.slice() })
      direction.heldSize += payload.length
      if (direction.heldSize > HELD_LIMIT || direction.held.length > HELD_SEGMENTS) this.#skipGap(direction, out)
      return
    }
    if (-ahead >= payload.length) return
    this.#deliver(direction, payload.subarray(-ahead), out)
    this.#release(direction, out)
  }

  /** Held segments that are in order now. */
  #release(direction: Direction, out: Captured[]): void {
    for (;;) {
      const index = direction.held.findIndex(({ sequence }) => ((sequence - direction.next!) | 0) <= 0)
      if (index < 0) return
      const [{ sequence, payload }] = direction.held.splice(index, 1) as [{ sequence: number; payload: Uint8Array }]
      direction.heldSize -= payload.length
      const old = (direction.next! - sequence) | 0
      if (old < payload.length) this.#deliver(direction, payload.subarray(old), out)
    }
  }

  #skipGap(direction: Direction, out: Captured[]): void {
    let nearest = direction.held[0]!.sequence
    for (const { sequence } of direction.held) if (((sequence - nearest) | 0) < 0) nearest = sequence
    if (direction.state === 'openflow') this.losses.gaps++
    direction.next = nearest
    if (direction.state !== 'other') direction.state = 'middle'
    this.#release(direction, out)
  }

  #giveUp(direction: Direction, out: Captured[]): void {
    while (direction.held.length > 0) this.#skipGap(direction, out)
  }

  /** Octets in order. */
  #deliver(direction: Direction, payload: Uint8Array, out: Captured[]): void {
    direction.next = (direction.next! + payload.length) >>> 0
    const octets = direction.state === 'start' ? concat(direction.start, payload) : payload
    if (direction.state === 'start') {
      if (octets.length < HEADER_SIZE) {
        direction.start = octets.slice()
        return
      }
      direction.start = new Uint8Array(0)
      direction.state = beginsWithHello(octets) ? 'openflow' : 'other'
    } else if (direction.state === 'middle' && isRunOfMessages(octets)) {
      direction.state = 'openflow'
      direction.framer = new Framer()
    }
    if (direction.state !== 'openflow') return
    const { from, to, lastTime: time } = direction
    const messages: Uint8Array[] = []
    let lost: WireError | undefined
    try {
      direction.framer.push(octets, messages)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      lost = error
      direction.state = 'middle'
    }
    for (const message of messages) out.push({ time, from, to, message })
    if (lost !== undefined) out.push({ time, from, to, message: lost })
  }

  #segment({ link, octets }: Packet): Segment | undefined {
    const at = networkOffset(link, octets)
    if (at === undefined || octets.length - at < 20) return undefined
    const b = octets
    const version = b[at]! >>> 4
    if (version === 4) {
      const head = (b[at]! & 15) * 4
      if (b[at + 9] !== 6 || head < 20) return undefined
      if (u16At(b, at + 6) & 0x3fff) {
        this.losses.fragments++
        return undefined
      }
      const total = u16At(b, at + 2)
      // Segmentation offload leaves 0 in captures made on the sending machine.
      const end = total === 0 ? b.length : Math.min(b.length, at + total)
      return tcpSegment(b, at + head, end, ipv4(b, at + 12), ipv4(b, at + 16))
    }
    if (version !== 6 || octets.length - at < 40) return undefined
    const payload = u16At(b, at + 4)
    const end = payload === 0 ? b.length : Math.min(b.length, at + 40 + payload)
    let next = b[at + 6]!
    let head = at + 40
    // Hop-by-hop, routing and destination options (RFC 8200 section 4).
    while ((next === 0 || next === 43 || next === 60) && head + 8 <= end) {
      next = b[head]!
      head += (b[head + 1]! + 1) * 8
    }
    if (next === 44) this.losses.fragments++
    if (next !== 6) return undefined
    return tcpSegment(b, head, end, `[${ipv6(b, at + 8)}]`, `[${ipv6(b, at + 24)}]`)
  }
}

function tcpSegment(b: Uint8Array, at: number, end: number, source: string, target: string): Segment | undefined {
  if (end - at < 20) return undefined
  const head = (b[at + 12]! >>> 4) * 4
  if (head < 20 || at + head > end) return undefined
  return {
    from: `${source}:${u16At(b, at)}`,
    to: `${target}:${u16At(b, at + 2)}`,
    sequence: u32At(b, at + 4),
    syn: (b[at + 13]! & 2) !== 0,
    payload: b.subarray(at + head, end),
  }
}

const LINK_NULL = 0
const LINK_ETHERNET = 1
const LINK_COOKED = 113
const LINK_COOKED2 = 276
const LINK_RAW: readonly number[] = [12, 14, 101, 228, 229]

/** Link types whose packets are understood. */
export const LINK_TYPES: ReadonlySet<number> = new Set([
  LINK_NULL,
  LINK_ETHERNET,
  LINK_COOKED,
  LINK_COOKED2,
  ...LINK_RAW,
])

/** Where the IP header begins; undefined if this is no IP. */
function networkOffset(link: number, b: Uint8Array): number | undefined {
  if (LINK_RAW.includes(link)) return 0
  if (link === LINK_NULL) return 4
  let at = link === LINK_ETHERNET ? 12 : link === LINK_COOKED ? 14 : link === LINK_COOKED2 ? 0 : undefined
  if (at === undefined) return undefined
  let type = u16At(b, at)
  at = link === LINK_COOKED2 ? 20 : at + 2
  while ((type === 0x8100 || type === 0x88a8) && at + 4 <= b.length) {
    type = u16At(b, at + 2)
    at += 4
  }
  return type === 0x0800 || type === 0x86dd ? at : undefined
}

const HEADER_SIZE = 8
/** OpenFlow 1.0 to 1.5, and the last type of 1.5. */
const LAST_VERSION = 6
const LAST_TYPE = 35

/** What a connection of OpenFlow begins with (OpenFlow 1.3.5 section 6.3.1). */
function beginsWithHello(b: Uint8Array): boolean {
  return b[0]! >= 1 && b[0]! <= LAST_VERSION && b[1] === 0 && u16At(b, 2) >= HEADER_SIZE
}

/** Whether a segment from the middle of a stream is whole messages, or begins with at least two: no accident. */
function isRunOfMessages(b: Uint8Array): boolean {
  let at = 0
  for (let count = 0; b.length - at >= HEADER_SIZE; count++) {
    const size = u16At(b, at + 2)
    if (b[at] === 0 || b[at]! > LAST_VERSION || b[at] !== b[0] || b[at + 1]! > LAST_TYPE || size < HEADER_SIZE)
      return false
    if (count === 1) return true
    at += size
  }
  return at === b.length
}

function ipv4(b: Uint8Array, at: number): string {
  return `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`
}

function ipv6(b: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => u16At(b, at + 2 * i).toString(16))
  const text = groups.join(':')
  // The longest run of zeros, the first of equals, becomes :: (RFC 5952); runs of one stay.
  const runs = text.match(/\b0(:0)+\b/g) ?? []
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
  if (longest === '') return text
  const index = text.search(new RegExp(`\\b${longest}\\b`))
  const before = text.slice(0, index).replace(/:$/, '')
  const after = text.slice(index + longest.length).replace(/^:/, '')
  return `${before}::${after}`
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
