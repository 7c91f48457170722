/**
 * One line of Open vSwitch's dump of tracked connections (ovs-dpctl(8), dump-conntrack) as a connection in the original
 * direction. It refuses to know who has the addresses.
 *
 *     tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=40112,dport=80),reply=(...),zone=3,mark=262224,protoinfo=(state=ESTABLISHED)
 */

import { formatAddress, parseAddress } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'

export interface TrackedConnection {
  /** IP protocol number. */
  protocol: number
  /** Canonical text. */
  source: string
  destination: string
  /** Absent where the protocol has none. */
  sourcePort?: number
  /** Destination port or ICMP type; absent where the protocol has none. */
  port?: number
  /** Of ICMP. */
  code?: number
  /** Its ct_mark: what the rows of commit wrote (pipeline.ts, MARK). */
  mark: number
  /** Of TCP, in Open vSwitch's words; empty otherwise. */
  state: string
}

const PROTOCOLS: Readonly<Record<string, number>> = PROTOCOL
/** Nothing is sent on these any more. */
const OVER: ReadonlySet<string> = new Set(['CLOSED', 'TIME_WAIT'])

/** Undefined where the line is no connection, or one that has ended. */
export function readConnection(line: string): TrackedConnection | undefined {
  const match = /^([a-z0-9]+),orig=\(src=([^,)]+),dst=([^,)]+)([^)]*)\)/.exec(line.trim())
  if (match === null) return undefined
  const [, word, from, to, rest] = match as unknown as [string, string, string, string, string]
  const protocol = PROTOCOLS[word] ?? (/^\d{1,3}$/.test(word) ? Number(word) : undefined)
  const [source, destination] = [parseAddress(from), parseAddress(to)]
  if (protocol === undefined || source === undefined || destination === undefined) return undefined
  const state = /protoinfo=\(state(?:_orig)?=([A-Z_0-9]+)/.exec(line)?.[1] ?? ''
  if (OVER.has(state)) return undefined
  const field = (name: string): number | undefined => {
    const found = new RegExp(`,${name}=(\\d+)`).exec(rest)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const [sourcePort, port, code] = [field('sport') ?? field('id'), field('dport') ?? field('type'), field('code')]
  return {
    protocol,
    source: formatAddress(source),
    destination: formatAddress(destination),
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(port === undefined ? {} : { port }),
    ...(code === undefined ? {} : { code }),
    mark: Number(/,mark=(\d+)/.exec(line)?.[1] ?? 0),
    state,
  }
}

/** The same for both switches that a connection passes. */
export function connectionKey({ protocol, source, destination, sourcePort, port }: TrackedConnection): string {
  return `${protocol} ${source} ${sourcePort ?? ''} ${destination} ${port ?? ''}`
}
