/**
 * A packet in one line, as the event of a log shows it and as a question may repeat it: protocol, both ends, ports or ICMP
 * type and code. Pure. It refuses to know frames (packet/) and what a protocol's words mean (the API). Called by the
 * controller's events and by explain.
 *
 *     tcp 10.0.0.1:40000 -> 10.0.0.2:443        icmp/8/0 10.0.0.1 -> 10.0.0.2        protocol 47 10.0.0.1 -> 10.0.0.2
 *     udp [2001:db8::1]:40000 -> [2001:db8::2]:53        tcp,10.0.0.1:40000>10.0.0.2:443
 */
import { type Address, formatAddress, parseAddress } from './address.ts'
import { ICMP, ICMPV6 } from './icmp.ts'
import { flowProtocolWord } from './protocol.ts'

export interface PacketEnds {
  source: Address
  destination: Address
  /** Absent where the protocol has none, or a later fragment does not show them. */
  sourcePort?: number
  destinationPort?: number
}

export interface TextPacket extends PacketEnds {
  /** IP protocol number. */
  protocol: number
  /** Of ICMP. */
  type?: number
  code?: number
}

/** What a line says: ends, and the rest in the words of a question (`tcp/443`, `icmp/8/0`, `47`). */
export interface ReadPacketText extends PacketEnds {
  layer4: string
}

export function formatPacket(packet: TextPacket): string {
  const { protocol, source, destination, sourcePort, destinationPort, type, code } = packet
  const isIcmp = protocol === ICMP || protocol === ICMPV6
  const name = flowProtocolWord(protocol) ?? `protocol ${protocol}`
  const message = isIcmp && type !== undefined ? `/${type}/${code ?? 0}` : ''
  return `${name}${message} ${endText(source, sourcePort)} -> ${endText(destination, destinationPort)}`
}

/** Undefined where the text does not name both ends, or not in one way: two families, a port on one side only. */
export function readPacketText(text: string): ReadPacketText | undefined {
  const line = /^(?:protocol +)?([a-z0-9]+(?:\/[a-z0-9-]+){0,2})[ ,]+([^ ,>]+?) *-?> *([^ ,>]+?)\.?$/i.exec(text.trim())
  if (line === null) return undefined
  const [, word, from, to] = line as unknown as [string, string, string, string]
  const [source, destination] = [readEnd(from), readEnd(to)]
  if (source === undefined || destination === undefined) return undefined
  if (source.address.family !== destination.address.family) return undefined
  if ((source.port === undefined) !== (destination.port === undefined)) return undefined
  if (source.port !== undefined && word.includes('/')) return undefined
  return {
    source: source.address,
    destination: destination.address,
    ...(source.port === undefined ? {} : { sourcePort: source.port }),
    ...(destination.port === undefined ? {} : { destinationPort: destination.port }),
    layer4: destination.port === undefined ? word : `${word}/${destination.port}`,
  }
}

function endText(address: Address, port: number | undefined): string {
  const text = formatAddress(address)
  if (port === undefined) return text
  return address.family === 6 ? `[${text}]:${port}` : `${text}:${port}`
}

/** A colon and digits after an IPv6 address without brackets are of the address. */
function readEnd(text: string): { address: Address; port?: number } | undefined {
  const [, bracketed, after] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? []
  const [, plain, port] = /^([0-9.]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = parseAddress(bracketed ?? plain ?? text)
  if (address === undefined || (bracketed !== undefined && address.family !== 6)) return undefined
  const said = after ?? port
  if (said === undefined) return { address }
  return Number(said) <= 65535 ? { address, port: Number(said) } : undefined
}
