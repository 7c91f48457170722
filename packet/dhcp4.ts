/**
 * DHCP messages for IPv4 (RFC 2131, options RFC 2132, long options RFC 3396) as UDP carries them. Decoding is total: any
 * octets are a message or one of the faults below. Options come as they were sent, in their order, pieces of one option
 * joined; their meaning is the caller's. It refuses to know BOOTP without DHCP.
 */
import { concat, put, u8, u16, u32, u48 } from './octets.ts'

export const DHCP4_TYPE = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const

/** Codes of options. */
export const DHCP4_OPTION = {
  subnetMask: 1,
  router: 3,
  dns: 6,
  hostName: 12,
  domainName: 15,
  mtu: 26,
  broadcast: 28,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  server: 54,
  parameters: 55,
  message: 56,
  maxSize: 57,
  renewalTime: 58,
  rebindingTime: 59,
  clientId: 61,
  /** RFC 3046. */
  relayAgent: 82,
  /** RFC 3397. */
  domainSearch: 119,
  /** RFC 3442. */
  routes: 121,
} as const

export interface Dhcp4 {
  /** 1: from a client. 2: from a server. */
  op: 1 | 2
  hops: number
  xid: number
  secs: number
  broadcast: boolean
  ciaddr: number
  yiaddr: number
  siaddr: number
  giaddr: number
  /** MAC address of the client. */
  chaddr: number
  /** DHCP4_TYPE. */
  type: number
  /** But for message type, padding, overload and end. */
  options: ReadonlyMap<number, Uint8Array>
}

export type Dhcp4Fault = 'short' | 'not-ethernet' | 'no-cookie' | 'bad-option' | 'no-type'

export type Dhcp4Read = { ok: true; message: Dhcp4 } | { ok: false; fault: Dhcp4Fault }

const FIXED = 236
const COOKIE = 0x63825363
const [PAD, END] = [0, 255]
/** Where `file` and `sname` are, which may hold options too. */
const OVERLOADED = [
  { bit: 1, at: 108, to: 236 },
  { bit: 2, at: 44, to: 108 },
] as const
/** What BOOTP relays may refuse to carry when it is shorter (RFC 1542 section 2.1). */
const LEAST = 300

/** @param data What follows the UDP header. */
export function decodeDhcp4(data: Uint8Array): Dhcp4Read {
  if (data.length < FIXED + 4) return bad('short')
  const op = u8(data, 0)
  if ((op !== 1 && op !== 2) || u8(data, 1) !== 1 || u8(data, 2) !== 6) return bad('not-ethernet')
  if (u32(data, FIXED) !== COOKIE) return bad('no-cookie')
  const options = new Map<number, Uint8Array>()
  if (!readOptions(data.subarray(FIXED + 4), options)) return bad('bad-option')
  const overload = options.get(DHCP4_OPTION.overload)
  options.delete(DHCP4_OPTION.overload)
  if (overload !== undefined) {
    if (overload.length !== 1) return bad('bad-option')
    for (const { bit, at, to } of OVERLOADED)
      if ((u8(overload, 0) & bit) !== 0 && !readOptions(data.subarray(at, to), options)) return bad('bad-option')
    options.delete(DHCP4_OPTION.overload)
  }
  const type = options.get(DHCP4_OPTION.messageType)
  options.delete(DHCP4_OPTION.messageType)
  if (type?.length !== 1) return bad('no-type')
  return {
    ok: true,
    message: {
      op,
      hops: u8(data, 3),
      xid: u32(data, 4),
      secs: u16(data, 8),
      broadcast: (u8(data, 10) & 0x80) !== 0,
      ciaddr: u32(data, 12),
      yiaddr: u32(data, 16),
      siaddr: u32(data, 20),
      giaddr: u32(data, 24),
      chaddr: u48(data, 28),
      type: u8(type, 0),
      options,
    },
  }
}

/** Options longer than 255 octets go in pieces. The relay agent's goes last (RFC 3046 section 2.2). */
export function encodeDhcp4(message: Dhcp4): Uint8Array {
  const fixed = new Uint8Array(FIXED + 4)
  put(fixed, 0, 1, message.op)
  put(fixed, 1, 1, 1)
  put(fixed, 2, 1, 6)
  put(fixed, 3, 1, message.hops)
  put(fixed, 4, 4, message.xid)
  put(fixed, 8, 2, message.secs)
  put(fixed, 10, 2, message.broadcast ? 0x8000 : 0)
  put(fixed, 12, 4, message.ciaddr)
  put(fixed, 16, 4, message.yiaddr)
  put(fixed, 20, 4, message.siaddr)
  put(fixed, 24, 4, message.giaddr)
  put(fixed, 28, 6, message.chaddr)
  put(fixed, FIXED, 4, COOKIE)
  const parts: Uint8Array[] = [fixed, Uint8Array.of(DHCP4_OPTION.messageType, 1, message.type)]
  for (const [code, data] of message.options) if (code !== DHCP4_OPTION.relayAgent) parts.push(...pieces(code, data))
  const relay = message.options.get(DHCP4_OPTION.relayAgent)
  if (relay !== undefined) parts.push(...pieces(DHCP4_OPTION.relayAgent, relay))
  const whole = concat(...parts, Uint8Array.of(END))
  return whole.length >= LEAST ? whole : concat(whole, new Uint8Array(LEAST - whole.length))
}

function* pieces(code: number, data: Uint8Array): IterableIterator<Uint8Array> {
  let at = 0
  do {
    const piece = data.subarray(at, at + 255)
    yield concat(Uint8Array.of(code, piece.length), piece)
    at += 255
  } while (at < data.length)
}

/** False where an option runs over the end. */
function readOptions(data: Uint8Array, into: Map<number, Uint8Array>): boolean {
  for (let at = 0; at < data.length; ) {
    const code = u8(data, at)
    if (code === END) return true
    if (code === PAD) {
      at++
      continue
    }
    const length = u8(data, at + 1)
    if (at + 2 + length > data.length) return false
    const piece = data.slice(at + 2, at + 2 + length)
    const before = into.get(code)
    into.set(code, before === undefined ? piece : concat(before, piece))
    at += 2 + length
  }
  return true
}

const bad = (fault: Dhcp4Fault): Dhcp4Read => ({ ok: false, fault })

/** IPv4 addresses one after the other; undefined where the octets are no whole number of them. */
export function addressesOf(data: Uint8Array | undefined): number[] | undefined {
  if (data === undefined || data.length === 0 || data.length % 4 !== 0) return undefined
  return Array.from({ length: data.length / 4 }, (_, index) => u32(data, index * 4))
}

/** A number of so many octets as the content of an option. */
export function octetsOf(size: number, ...values: number[]): Uint8Array {
  const octets = new Uint8Array(size * values.length)
  for (const [index, value] of values.entries()) put(octets, index * size, size, value)
  return octets
}

/** Names in the form of the domain name system (RFC 1035 section 3.1), not compressed. */
export function domainNames(names: readonly string[]): Uint8Array {
  const octets: number[] = []
  for (const name of names) {
    for (const label of name.split('.'))
      octets.push(label.length, ...[...label].map((letter) => letter.charCodeAt(0) & 0xff))
    octets.push(0)
  }
  return Uint8Array.from(octets)
}

/** Ways with their prefixes in as many octets as they need (RFC 3442). */
export function classlessRoutes(routes: readonly { prefix: number; length: number; gateway: number }[]): Uint8Array {
  const parts = routes.map(({ prefix, length, gateway }) => {
    const destination = octetsOf(4, prefix).subarray(0, Math.ceil(length / 8))
    return concat(Uint8Array.of(length), destination, octetsOf(4, gateway))
  })
  return concat(...parts)
}
