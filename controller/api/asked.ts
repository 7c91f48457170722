/**
 * The words of a question about traffic: which packet a text means, and between whom where it names its ends. It refuses
 * to know what policy says of it (explained.ts).
 */

import { type FieldName, type Oxm, parseMatch } from 'node-openflow'
import { type Address, formatAddress, parseAddress, parseMac } from '../../model/address.ts'
import { invalid, ok, type Result } from '../../model/errors.ts'
import { ICMP, ICMPV6, readIcmp } from '../../model/icmp.ts'
import { type PacketEnds, readPacketText } from '../../model/packet-text.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import type { ApiDependencies } from './deps.ts'

const PROTOCOLS: ReadonlyMap<string, number> = new Map(
  Object.entries({ ...PROTOCOL, icmpv4: PROTOCOL.icmp, icmp6: PROTOCOL.icmpv6 }),
)
/** A number that no rule can name: any protocol that rules leave out. */
const OTHER_PROTOCOL = -1
const DESTINATION_FIELDS: readonly FieldName[] = ['tcp_dst', 'udp_dst', 'sctp_dst', 'icmpv4_type', 'icmpv6_type']
const ECHO_REQUEST = { 1: 8, 58: 128 } as const

/** IP protocol number, and destination port or ICMP type and code. */
export interface AskedPacket {
  protocol: number
  port?: number
  code?: number
}

/** Who is asked about, and which packet. */
export interface Question {
  /** Names of interface records, addresses or MACs. */
  from: string
  to: string
  packet: AskedPacket
}

/** A packet that names its own ends needs no others; where others are given, its addresses must be theirs. */
export function readQuestion(
  deps: ApiDependencies,
  request: { from: string; to: string; packet: string },
): Result<Question> {
  const ends = readPacketText(request.packet) ?? flowTextEnds(request.packet)
  const named = { from: ends?.source, to: ends?.destination }
  const found = { from: request.from, to: request.to }
  for (const side of ['from', 'to'] as const) {
    const address = named[side] && formatAddress(named[side])
    if (found[side] === '') found[side] = address ?? ''
    else if (address !== undefined && !mayHold(deps, found[side], address)) {
      const description = `${found[side]}: does not hold ${address}, which the packet names`
      return invalid([{ field: side, description }])
    }
    if (found[side] === '')
      return invalid([{ field: side, description: 'is needed: an interface record, an address or a MAC' }])
  }
  const packet = readPacket(request.packet, isIpv6(deps, found.from, found.to))
  return packet.ok ? ok({ ...found, packet: packet.value }) : packet
}

/** Without port security an interface may speak for any address. */
export function mayHold({ intent }: ApiDependencies, name: string, address: string): boolean {
  const mac = parseMac(name)
  const record = intent.interfaces.get((mac === undefined ? undefined : intent.byMac(mac)) ?? name)
  if (record !== undefined) return !record.portSecurity || record.addresses.includes(address)
  const said = parseAddress(name)
  return said === undefined || formatAddress(said) === address
}

/**
 * `tcp/443`, `icmp`, `icmp/3/4`, `icmpv6/packet-too-big`, `47`, or all of a packet (model/packet-text.ts); an empty text is
 * a packet of a protocol that no rule names. @param ipv6 Of which family is `icmp` without a number, where the text names
 * no address; a number is the type of the protocol as it is spelled.
 */
export function readPacket(text: string, ipv6: boolean): Result<AskedPacket> {
  const bad = invalid([
    {
      field: 'packet',
      description: `${text}: must be tcp/PORT, udp/PORT, sctp/PORT, icmp, icmp/TYPE, icmp/TYPE/CODE, icmp/NAME, icmpv6/..., a protocol number, ovs-ofctl text such as tcp,tp_dst=443, or a packet as logs show it, such as tcp 10.0.0.1:40000 -> 10.0.0.2:443`,
    },
  ])
  if (text === '') return ok({ protocol: OTHER_PROTOCOL })
  const line = readPacketText(text)
  if (line !== undefined) {
    const packet = readPacket(line.layer4, line.source.family === 6)
    return packet.ok ? packet : bad
  }
  if (/[,=]/.test(text)) return readFlowText(text) ?? bad
  const match = /^([a-z0-9]+)(?:\/(\d{1,5}))?$/i.exec(text.trim())
  const message = /^(icmp|icmpv4|icmpv6|icmp6|1|58)\/([a-z0-9/-]+)$/i.exec(text.trim().toLowerCase())
  if (message !== null) return readMessage(message[1]!, message[2]!, ipv6) ?? bad
  if (match === null) return bad
  const word = match[1]!.toLowerCase()
  const number = protocolOf(word)
  if (number === undefined || number > 255) return bad
  const protocol = word === 'icmp' && ipv6 ? ICMPV6 : number
  if (match[2] === undefined)
    return ok(protocol === 1 || protocol === 58 ? { protocol, port: ECHO_REQUEST[protocol] } : { protocol })
  const port = Number(match[2])
  const hasPort = [...PROTOCOLS.values()].includes(protocol)
  return hasPort && port <= 65535 ? ok({ protocol, port }) : bad
}

const protocolOf = (word: string): number | undefined => (/^\d{1,3}$/.test(word) ? Number(word) : PROTOCOLS.get(word))

/** A message of ICMP by name or number. */
function readMessage(word: string, said: string, ipv6: boolean): Result<AskedPacket> | undefined {
  const isNumber = /^\d/.test(said)
  const protocol = protocolOf(word) === ICMPV6 || (word === 'icmp' && ipv6 && !isNumber) ? ICMPV6 : ICMP
  const found = readIcmp(said, [protocol])
  if (typeof found === 'string') return undefined
  const { type, code } = found[0]!
  return ok({ protocol, port: type, ...(code === undefined ? {} : { code }) })
}

/** The same in the words of ovs-ofctl: `tcp,tp_dst=443`, `icmp6,icmp_type=128`. */
function readFlowText(text: string): Result<AskedPacket> | undefined {
  let match: Oxm[]
  try {
    match = parseMatch(text)
  } catch (error) {
    return invalid([{ field: 'packet', description: error instanceof Error ? error.message : String(error) }])
  }
  const exact = new Map(
    match.flatMap(({ field, value, mask }) => (mask === undefined ? [[field, value] as const] : [])),
  )
  const protocol = exact.get('ip_proto')
  if (typeof protocol !== 'number') return undefined
  const port = DESTINATION_FIELDS.map((field) => exact.get(field)).find((value) => value !== undefined)
  const code = exact.get('icmpv4_code') ?? exact.get('icmpv6_code')
  return ok({
    protocol,
    ...(typeof port === 'number' ? { port } : {}),
    ...(typeof code === 'number' ? { code } : {}),
  })
}

/** The ends in ovs-ofctl text that names both addresses. */
function flowTextEnds(text: string): PacketEnds | undefined {
  if (!/[,=]/.test(text)) return undefined
  let match: Oxm[]
  try {
    match = parseMatch(text)
  } catch {
    return undefined
  }
  const address = (end: 'src' | 'dst'): Address | undefined => {
    for (const { field, value, mask } of match) {
      if (mask !== undefined || (typeof value !== 'number' && typeof value !== 'bigint')) continue
      if (field === `ipv4_${end}`) return { family: 4, value: BigInt(value) }
      if (field === `ipv6_${end}`) return { family: 6, value: BigInt(value) }
    }
    return undefined
  }
  const [source, destination] = [address('src'), address('dst')]
  return source && destination && { source, destination }
}

/** Whether a question between these two is one of IPv6: an address says so, else the records' first address. */
export function isIpv6({ intent }: ApiDependencies, from: string, to: string): boolean {
  const texts = [from, to].map((name) => intent.interfaces.get(name)?.addresses[0] ?? name)
  const address = [from, to].find((name) => !intent.interfaces.has(name))
  return (address ?? texts[0] ?? '').includes(':') && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(address ?? '')
}
