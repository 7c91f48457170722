/**
 * A small connection table with the meaning that ovs-fields(7) and ovs-actions(7) give to ct(): connections are
 * found by zone and 5-tuple in either direction. Simplifications: a TCP connection starts with any segment but a
 * SYN-ACK or an impossible set of flags, and no window, sequence number or closing is followed; a committed
 * connection is "new" in its first direction until a reply was seen, and "est" from then on (Linux' reading); ICMP
 * errors are related to the connection of the packet inside them; nothing times out; helpers (ftp, tftp) do
 * nothing; NAT takes the lowest address and the first free port, and does not touch the packet inside an ICMP
 * error. SCTP has no ports here, as in
 * Open vSwitch's userspace tracker. A fragment other than the first is tracked only if the first one was seen before, by its ports.
 * Knows nothing of flows.
 */

import * as k from '../spec/constants.ts'
import type { FieldName } from '../spec/oxm.ts'
import type { Frame } from './frame.ts'
import { type Layout, readNumber } from './parse.ts'
import { checksumsHold } from './rewrite.ts'

/** One direction. ICMP has its identifier in both ports. */
interface Tuple {
  readonly ip: 4 | 6
  readonly proto: number
  readonly src: bigint
  readonly dst: bigint
  readonly sport: number
  readonly dport: number
  /** ICMP: type of the query, or of its answer. */
  readonly icmpType?: number
}

/** Nothing came from it, something did, the other side has acknowledged it. */
type TcpSide = 'silent' | 'sent' | 'acknowledged'

export interface Connection {
  readonly zone: number
  readonly original: Tuple
  /** What replies look like: the original reversed, and translated. */
  reply: Tuple
  replied: boolean
  /** TCP: how far each side is. */
  tcp: { original: TcpSide; reply: TcpSide }
  mark: bigint
  label: bigint
}

export interface NatRequest {
  readonly flags: number
  readonly address?: bigint
  readonly ports?: readonly [number, number]
}

interface CtRequest {
  readonly zone: number
  readonly commit: boolean
  readonly force: boolean
  readonly nat?: NatRequest
  /** Sets ct_mark and ct_label of a connection that is committed. */
  readonly set: (frame: Frame) => void
}

const ICMP = 1
const ICMPV6 = 58
/** Request types and their replies; others start no connection. */
const ICMP_QUERIES: Readonly<Record<string, ReadonlyMap<number, number>>> = {
  4: new Map([
    [8, 0],
    [13, 14],
    [15, 16],
  ]),
  6: new Map([[128, 129]]),
}
const ICMP_ERRORS: Readonly<Record<string, ReadonlySet<number>>> = {
  4: new Set([3, 4, 5, 11, 12]),
  6: new Set([1, 2, 3, 4]),
}

function reversed(t: Tuple): Tuple {
  const turned = { ...t, src: t.dst, dst: t.src, sport: t.dport, dport: t.sport }
  if (t.icmpType === undefined) return turned
  const pair = [...ICMP_QUERIES[t.ip]!].find((types) => types.includes(t.icmpType!))
  return { ...turned, icmpType: pair?.find((type) => type !== t.icmpType) ?? t.icmpType }
}

function equal(a: Tuple, b: Tuple): boolean {
  return (
    a.ip === b.ip &&
    a.proto === b.proto &&
    a.src === b.src &&
    a.dst === b.dst &&
    a.sport === b.sport &&
    a.dport === b.dport &&
    a.icmpType === b.icmpType
  )
}

interface Packet {
  readonly tuple: Tuple
  /** The tuple is that of the packet inside an ICMP error, in the direction of the error. */
  readonly related: boolean
  /** May start a connection. */
  readonly starts: boolean
  readonly tcpFlags?: number
}

const u16 = (b: Uint8Array, at: number): number => Number(readNumber(b, at, 2))

/** The tuple of a packet; undefined for one that cannot be tracked. */
function inspect(octets: Uint8Array, layout: Layout, fragments: Map<string, Uint8Array>): Packet | undefined {
  const { ip, l3, end } = layout
  if (ip === undefined || !checksumsHold(octets, layout)) return undefined
  const src = ip === 4 ? readNumber(octets, l3 + 12, 4) : readNumber(octets, l3 + 8, 16)
  const dst = ip === 4 ? readNumber(octets, l3 + 16, 4) : readNumber(octets, l3 + 24, 16)
  let { l4, proto } = layout
  let b = octets
  if (layout.derived.has('nw_frag') && ip === 4) {
    const key = `${src}/${dst}/${proto}/${u16(octets, l3 + 4)}`
    if (l4 !== undefined) fragments.set(key, octets.slice(l4, end))
    const first = fragments.get(key)
    if (first === undefined) return undefined
    b = first
    l4 = 0
  }
  if (l4 === undefined) return undefined
  const room = b === octets ? end - l4 : b.length
  if (proto === ICMP || proto === ICMPV6) return inspectIcmp(b, l4, room, ip, proto, src, dst)
  let ports = { sport: 0, dport: 0 }
  let starts = true
  let tcpFlags: number | undefined
  const least = { 6: 20, 17: 8 }[proto]
  if (least !== undefined) {
    if (room < least) return undefined
    ports = { sport: u16(b, l4), dport: u16(b, l4 + 2) }
    if (ports.sport === 0 || ports.dport === 0) return undefined
  }
  if (proto === 6) {
    const flags = b[l4 + 13]!
    if (impossible(flags)) return undefined
    starts = (flags & (SYN | ACK)) !== (SYN | ACK)
    tcpFlags = flags
  }
  const tuple = { ip, proto, src, dst, ...ports }
  return tcpFlags === undefined ? { tuple, related: false, starts } : { tuple, related: false, starts, tcpFlags }
}

const FIN = 1
const SYN = 2
const RST = 4
const PSH = 8
const ACK = 16
const URG = 32

function impossible(flags: number): boolean {
  if (flags & SYN) return (flags & (RST | FIN)) !== 0
  if ((flags & (ACK | RST)) === 0) return true
  return (flags & ACK) === 0 && (flags & (FIN | PSH | URG)) !== 0
}

function inspectIcmp(
  b: Uint8Array,
  l4: number,
  room: number,
  ip: 4 | 6,
  proto: number,
  src: bigint,
  dst: bigint,
): Packet | undefined {
  if (room < 8 || (proto === ICMP) !== (ip === 4)) return undefined
  const type = b[l4]!
  const id = u16(b, l4 + 4)
  for (const [request, reply] of ICMP_QUERIES[ip]!) {
    if (type === request || type === reply) {
      return {
        tuple: { ip, proto, src, dst, sport: id, dport: id, icmpType: type },
        related: false,
        starts: type === request,
      }
    }
  }
  if (!ICMP_ERRORS[ip]!.has(type)) return undefined
  const inner = innerTuple(b.subarray(l4 + 8, l4 + room), ip)
  if (inner === undefined) return undefined
  return { tuple: reversed(inner), related: true, starts: false }
}

/** The packet inside an ICMP error may be cut: only its header and eight octets are needed. */
function innerTuple(inner: Uint8Array, ip: 4 | 6): Tuple | undefined {
  const header = ip === 4 ? (inner[0]! & 15) * 4 : 40
  if (inner.length < header + 8) return undefined
  const proto = inner[ip === 4 ? 9 : 6]!
  const src = ip === 4 ? readNumber(inner, 12, 4) : readNumber(inner, 8, 16)
  const dst = ip === 4 ? readNumber(inner, 16, 4) : readNumber(inner, 24, 16)
  const plain = { ip, proto, src, dst }
  if (proto === ICMP || proto === ICMPV6) {
    const id = u16(inner, header + 4)
    return { ...plain, sport: id, dport: id, icmpType: inner[header]! }
  }
  if (proto !== 6 && proto !== 17) return { ...plain, sport: 0, dport: 0 }
  return { ...plain, sport: u16(inner, header), dport: u16(inner, header + 2) }
}

/** What connection tracking knows of a packet. */
export const CT_FIELDS: readonly FieldName[] = [
  'ct_state',
  'ct_zone',
  'ct_mark',
  'ct_label',
  'ct_nw_proto',
  'ct_nw_src',
  'ct_nw_dst',
  'ct_ipv6_src',
  'ct_ipv6_dst',
  'ct_tp_src',
  'ct_tp_dst',
]

/** ct_clear: the packet is untracked. */
export function clear(frame: Frame): void {
  for (const field of CT_FIELDS) frame.set(field, 0n)
}

/** What a packet of a connection is, and what it does to the connection. */
function followed(connection: Connection, packet: Packet, isReply: boolean): number {
  const direction = isReply ? k.CT_RPL : 0
  if (packet.related) return k.CT_REL | direction
  const { tcpFlags } = packet
  if (tcpFlags !== undefined) {
    const { tcp } = connection
    const [side, other] = isReply ? (['reply', 'original'] as const) : (['original', 'reply'] as const)
    if (tcp[side] === 'silent') tcp[side] = 'sent'
    // Another SYN of a side that only ever sent SYNs.
    if ((tcpFlags & (SYN | ACK)) === SYN && tcp[side] === 'sent') return k.CT_NEW
    if (tcpFlags & ACK && tcp[other] === 'sent') tcp[other] = 'acknowledged'
    return k.CT_EST | direction
  }
  if (isReply) connection.replied = true
  return (connection.replied ? k.CT_EST : k.CT_NEW) | direction
}

/** Tracks a packet: sets the ct fields of `frame`, and with `commit` remembers the connection. */
export function track(
  table: { connections: Connection[]; fragments: Map<string, Uint8Array> },
  frame: Frame,
  request: CtRequest,
): void {
  clear(frame)
  frame.set('ct_zone', BigInt(request.zone))
  const packet = inspect(frame.octets, frame.layout, table.fragments)
  if (packet === undefined) {
    frame.set('ct_state', BigInt(k.CT_TRK | k.CT_INV))
    return
  }
  const { tuple, related } = packet
  const zoned = table.connections.filter((c) => c.zone === request.zone)
  let found = zoned.find((c) => equal(c.original, tuple) || equal(c.reply, tuple))
  const isReply = found !== undefined && !equal(found.original, tuple)
  if (found !== undefined && isReply && request.commit && request.force && !related) {
    table.connections.splice(table.connections.indexOf(found), 1)
    found = undefined
  }
  if (found === undefined) {
    if (related || !packet.starts) {
      frame.set('ct_state', BigInt(k.CT_TRK | k.CT_INV))
      return
    }
    const fresh: Connection = {
      zone: request.zone,
      original: tuple,
      reply: reversed(tuple),
      replied: false,
      tcp: { original: 'sent', reply: 'silent' },
      mark: 0n,
      label: 0n,
    }
    frame.set('ct_state', BigInt(k.CT_TRK | k.CT_NEW))
    describe(frame, fresh)
    if (!request.commit) return
    if (request.nat !== undefined) translate(fresh, request.nat, zoned)
    table.connections.push(fresh)
    found = fresh
  } else {
    frame.set('ct_state', BigInt(k.CT_TRK | followed(found, packet, isReply)))
    describe(frame, found, related && !isReply)
  }
  if (request.commit) {
    request.set(frame)
    found.mark = frame.get('ct_mark')
    found.label = frame.get('ct_label')
  }
  if (request.nat !== undefined && !related) applyNat(frame, found, isReply)
}

/** What one direction of a connection must have to be flushed; absent is any. */
export interface FlushTuple {
  src?: Uint8Array
  dst?: Uint8Array
  srcPort?: number
  dstPort?: number
  icmpId?: number
  icmpType?: number
}

/** IPv4-mapped IPv6 addresses are IPv4 addresses; zero is any. */
function addressIn(octets: Uint8Array | undefined): { ip: 4 | 6; value: bigint } | undefined {
  if (octets === undefined) return undefined
  const value = readNumber(octets, 0, 16)
  if (value === 0n) return undefined
  return value >> 32n === 0xffffn ? { ip: 4, value: value & 0xffff_ffffn } : { ip: 6, value }
}

/**
 * Whether NXT_CT_FLUSH as Open vSwitch 3.1 reads it takes a direction: fields that are absent or zero are any, but those of
 * ICMP, where a protocol is named, are exactly what they say, and absent is zero.
 */
export function isFlushed(direction: Tuple, protocol: number, wanted: FlushTuple): boolean {
  const { ip, src, dst, sport, dport, icmpType = 0 } = direction
  if (protocol !== 0 && direction.proto !== protocol) return false
  for (const [said, value] of [
    [addressIn(wanted.src), src],
    [addressIn(wanted.dst), dst],
  ] as const) {
    if (said !== undefined && (said.ip !== ip || said.value !== value)) return false
  }
  if (protocol === ICMP || protocol === ICMPV6)
    return sport === (wanted.icmpId ?? 0) && icmpType === (wanted.icmpType ?? 0)
  return [
    [wanted.srcPort, sport],
    [wanted.dstPort, dport],
  ].every(([said = 0, value]) => said === 0 || said === value)
}

function describe(frame: Frame, connection: Connection, mute = false): void {
  const { original } = connection
  frame.set('ct_mark', connection.mark)
  frame.set('ct_label', connection.label)
  // ICMP errors in the original direction are not told the tuple by Open vSwitch's userspace tracker.
  if (mute) return
  frame.set('ct_nw_proto', BigInt(original.proto))
  frame.set(original.ip === 4 ? 'ct_nw_src' : 'ct_ipv6_src', original.src)
  frame.set(original.ip === 4 ? 'ct_nw_dst' : 'ct_ipv6_dst', original.dst)
  const icmp = original.proto === ICMP || original.proto === ICMPV6
  frame.set('ct_tp_src', BigInt(original.icmpType ?? original.sport))
  frame.set('ct_tp_dst', BigInt(icmp ? 0 : original.dport))
}

/** Changes the reply's tuple to what the translated packet will be answered with. */
function translate(connection: Connection, nat: NatRequest, others: readonly Connection[]): void {
  const source = (nat.flags & k.NX_NAT_SRC) !== 0
  if (!source && (nat.flags & k.NX_NAT_DST) === 0) return
  const plainReply = connection.reply
  const address = nat.address ?? (source ? plainReply.dst : plainReply.src)
  const own = source ? plainReply.dport : plainReply.sport
  const [low, high] = nat.ports ?? [own, own]
  for (let port = low; port <= high; port++) {
    const reply: Tuple = source
      ? { ...plainReply, dst: address, dport: port }
      : { ...plainReply, src: address, sport: port }
    if (!others.some((other) => equal(other.reply, reply))) {
      connection.reply = reply
      return
    }
  }
}

/** Rewrites the packet as the connection says, undone for replies. */
function applyNat(frame: Frame, connection: Connection, isReply: boolean): void {
  const { original, reply } = connection
  const to = isReply ? reversed(original) : reversed(reply)
  const from = isReply ? reply : original
  const family = to.ip === 4 ? 'ipv4' : 'ipv6'
  const ports = { 6: 'tcp', 17: 'udp', 132: 'sctp' }[to.proto]
  let state = 0
  if (to.src !== from.src || to.sport !== from.sport) {
    state |= isReply ? k.CT_DNAT : k.CT_SNAT
    frame.set(`${family}_src`, to.src)
    if (ports !== undefined) frame.set(`${ports}_src` as FieldName, BigInt(to.sport))
  }
  if (to.dst !== from.dst || to.dport !== from.dport) {
    state |= isReply ? k.CT_SNAT : k.CT_DNAT
    frame.set(`${family}_dst`, to.dst)
    if (ports !== undefined) frame.set(`${ports}_dst` as FieldName, BigInt(to.dport))
  }
  frame.set('ct_state', frame.get('ct_state') | BigInt(state))
}
