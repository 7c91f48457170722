/**
 * Capture files to packets: classic pcap (both byte orders, micro- and nanoseconds) and pcapng (section header,
 * interface description, enhanced and simple packet blocks; others are passed over). Takes the file in pieces as they
 * come. It knows no protocol in the packets and opens no file. Formats: draft-ietf-opsawg-pcap, -pcapng.
 */

/** One packet as captured. */
export interface Packet {
  /** Nanoseconds since 1970; 0 where the file does not say (pcapng's simple blocks). */
  readonly time: bigint
  /** LINKTYPE_ number (1 Ethernet, 101 raw IP, 113 Linux cooked, ...). */
  readonly link: number
  /** A view of the input; may be less than the packet was. */
  readonly octets: Uint8Array
}

/** The file is no capture, or not one that can be read. */
export class PcapError extends Error {
  override readonly name = 'PcapError'
}

/** No packet is longer (tcpdump's own limit, MAXIMUM_SNAPLEN). */
const LONGEST = 262144
const MAGIC_MICRO = 0xa1b2c3d4
const MAGIC_NANO = 0xa1b23c4d
const MAGIC_NG = 0x0a0d0d0a
const MAGIC_ORDER = 0x1a2b3c4d
const BLOCK_INTERFACE = 1
const BLOCK_SIMPLE = 3
const BLOCK_ENHANCED = 6
const OPTION_TSRESOL = 9
const BILLION = 1_000_000_000n

/** Whether a file that begins with these four octets is a capture. */
export function isCapture(head: Uint8Array): boolean {
  if (head.length < 4) return false
  const magic = new DataView(head.buffer, head.byteOffset, 4)
  const order = [magic.getUint32(0, false), magic.getUint32(0, true)]
  return order.some((number) => number === MAGIC_MICRO || number === MAGIC_NANO || number === MAGIC_NG)
}

interface Interface {
  readonly link: number
  /** Units of the time stamps in one second. */
  readonly perSecond: bigint
}

export class PcapReader {
  #rest: Uint8Array = new Uint8Array(0)
  #little = true
  /** Undefined until the first header was read. */
  #format: 'pcap' | 'pcapng' | undefined
  #interfaces: Interface[] = []

  /** Octets that wait for the rest of their packet; after the last piece, of a packet that was cut off. */
  get waiting(): number {
    return this.#rest.length
  }

  /** The packets that are whole now. Throws PcapError; nothing can be read after that. */
  push(piece: Uint8Array): Packet[] {
    let octets = piece
    if (this.#rest.length > 0) {
      octets = new Uint8Array(this.#rest.length + piece.length)
      octets.set(this.#rest)
      octets.set(piece, this.#rest.length)
    }
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
    const packets: Packet[] = []
    let at = 0
    for (;;) {
      const size = this.#next(view, at, packets)
      if (size === 0) break
      at += size
    }
    this.#rest = octets.slice(at)
    return packets
  }

  /** Takes one record at `at` and says how long it was; 0 if it is not whole yet. */
  #next(view: DataView, at: number, packets: Packet[]): number {
    if (this.#format === undefined) return this.#start(view, at)
    return this.#format === 'pcap' ? this.#record(view, at, packets) : this.#block(view, at, packets)
  }

  #start(view: DataView, at: number): number {
    if (view.byteLength - at < 4) return 0
    const magic = view.getUint32(at, false)
    if (magic === MAGIC_NG) {
      this.#format = 'pcapng'
      return this.#block(view, at, [])
    }
    if (view.byteLength - at < 24) return 0
    this.#little = magic !== MAGIC_MICRO && magic !== MAGIC_NANO
    const read = view.getUint32(at, this.#little)
    if (read !== MAGIC_MICRO && read !== MAGIC_NANO) throw new PcapError('not a capture file')
    this.#format = 'pcap'
    // The upper bits of the link type say how long the frame check sequence is.
    const link = view.getUint32(at + 20, this.#little) & 0xffff
    this.#interfaces = [{ link, perSecond: read === MAGIC_MICRO ? 1_000_000n : BILLION }]
    return 24
  }

  #record(view: DataView, at: number, packets: Packet[]): number {
    if (view.byteLength - at < 16) return 0
    const little = this.#little
    const size = view.getUint32(at + 8, little)
    if (size > LONGEST) throw new PcapError(`a packet of ${size} octets: not a sound capture file`)
    if (view.byteLength - at < 16 + size) return 0
    const { link, perSecond } = this.#interfaces[0]!
    const time =
      BigInt(view.getUint32(at, little)) * BILLION + (BigInt(view.getUint32(at + 4, little)) * BILLION) / perSecond
    packets.push({ time, link, octets: part(view, at + 16, size) })
    return 16 + size
  }

  #block(view: DataView, at: number, packets: Packet[]): number {
    if (view.byteLength - at < 12) return 0
    // A section header says its own byte order; its type reads alike in both.
    const isSection = view.getUint32(at, false) === MAGIC_NG
    if (isSection) {
      if (view.getUint32(at + 8, true) === MAGIC_ORDER) this.#little = true
      else if (view.getUint32(at + 8, false) === MAGIC_ORDER) this.#little = false
      else throw new PcapError('a pcapng section without byte order')
      this.#interfaces = []
    }
    const little = this.#little
    const size = view.getUint32(at + 4, little)
    if (size < 12 || size % 4 !== 0 || size > 16 * LONGEST) throw new PcapError(`a pcapng block of ${size} octets`)
    if (view.byteLength - at < size) return 0
    const type = isSection ? MAGIC_NG : view.getUint32(at, little)
    if (type === BLOCK_INTERFACE && size >= 20) {
      this.#interfaces.push({
        link: view.getUint16(at + 8, little),
        perSecond: resolution(view, at + 16, at + size - 4, little),
      })
    } else if (type === BLOCK_ENHANCED && size >= 32) {
      const from = this.#interfaces[view.getUint32(at + 8, little)]
      const captured = view.getUint32(at + 20, little)
      if (from === undefined) throw new PcapError('a pcapng packet of an interface that is not described')
      if (captured > size - 32) throw new PcapError('a pcapng packet longer than its block')
      const stamp = (BigInt(view.getUint32(at + 12, little)) << 32n) | BigInt(view.getUint32(at + 16, little))
      packets.push({
        time: (stamp * BILLION) / from.perSecond,
        link: from.link,
        octets: part(view, at + 28, captured),
      })
    } else if (type === BLOCK_SIMPLE && size >= 16) {
      const from = this.#interfaces[0]
      if (from === undefined) throw new PcapError('a pcapng packet of an interface that is not described')
      const captured = Math.min(view.getUint32(at + 8, little), size - 16)
      packets.push({ time: 0n, link: from.link, octets: part(view, at + 12, captured) })
    }
    return size
  }
}

function part(view: DataView, at: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, size)
}

/** The option if_tsresol: microseconds without it. */
function resolution(view: DataView, from: number, end: number, little: boolean): bigint {
  let at = from
  while (end - at >= 4) {
    const code = view.getUint16(at, little)
    const size = view.getUint16(at + 2, little)
    if (code === 0) break
    if (code === OPTION_TSRESOL && size >= 1 && at + 4 < end) {
      const value = view.getUint8(at + 4)
      return value & 0x80 ? 1n << BigInt(value & 0x7f) : 10n ** BigInt(value)
    }
    at += 4 + size + (-size & 3)
  }
  return 1_000_000n
}
