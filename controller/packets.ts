/**
 * What becomes of a packet that a switch hands to the controller: probes and frames of unattached ports go to topology,
 * what a reactive switch asks to demands.ts, what watches for the probes of tags to probing/, rejected ones and those that
 * a router does not take on, or that are too large for their way, are answered in the network's name, logged ones become events. The flow's cookie says which.
 * It changes no record and no flow. Called by main.ts; the queue before it (channel/) is fair and bounded.
 */

import { CT_NEW, type FieldName, type Message, NO_BUFFER, PORT_CONTROLLER } from 'node-openflow'
import { type Address, formatAddress } from '../model/address.ts'
import { formatPacket, type TextPacket } from '../model/packet-text.ts'
import type { Rule } from '../model/records.ts'
import { parseFrame, type Summary } from '../packet/parse.ts'
import { rejectReply } from '../packet/reply.ts'
import type { PacketIn } from './channel/types.ts'
import type { Tell } from './events.ts'
import { oversizeReply } from './oversize.ts'
import type { CarriedView } from './policy/carriers.ts'
import { readCookie, readRuleObject } from './policy/cookie.ts'
import type { Intent } from './policy/intent.ts'
import { ruleAt } from './policy/order.ts'
import type { PolicyPacket, Verdict } from './policy/permits.ts'
import { FLAG, REGISTERS } from './policy/pipeline.ts'
import { domainOf, holderIn } from './policy/routing.ts'
import { verdictWord } from './policy/verdict-changes.ts'
import type { Probing } from './probing/probing.ts'
import { unroutedReply } from './unrouted.ts'

export interface PacketOptions {
  intent: Intent
  tell: Tell
  /** Milliseconds, monotonic. */
  clock(): number
  send(datapathId: string, message: Message): boolean
  topology(datapathId: string, port: number, data: Uint8Array, kind: 'probe' | 'unattached'): void
  /** Empty where the port is not known. */
  portName(datapathId: string, port: number): string
  /** Of the policy of now. */
  verdict(packet: PolicyPacket): Verdict
  /** Where packets go to other switches. */
  observed: CarriedView
  /** What a reactive switch asks. */
  ask(packet: PacketIn): void
  /** Takes what watches for probes says; of a probe that rules reject or log nobody is answered or told. */
  probing: Pick<Probing, 'seen' | 'isProbe'>
  /** What guests ask by DHCP. */
  dhcp(packet: PacketIn): void
  limits?: typeof PACKET_LIMITS
}

export const PACKET_LIMITS = {
  /** Answers to rejected packets per second and port: RFC 1812 section 4.3.2.8 asks for a limit. */
  rejectsPerSecond: 100,
  /** Events per second and rule. */
  logsPerSecond: 10,
} satisfies Record<string, number>

/** Counts per key and second; keys of past seconds are forgotten. */
class PerSecond<K> {
  #second = 0
  readonly #counts = new Map<K, number>()

  take(key: K, limit: number, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#counts.clear()
    }
    const count = this.#counts.get(key) ?? 0
    if (count >= limit) return false
    this.#counts.set(key, count + 1)
    return true
  }
}

export function packetHandler(options: PacketOptions): (packet: PacketIn) => void {
  const { intent, tell, clock, send, topology, portName, verdict, limits = PACKET_LIMITS } = options
  const rejects = new PerSecond<string>()
  const logs = new PerSecond<number>()

  function reject({ datapathId, inPort, data }: PacketIn): void {
    if (!rejects.take(`${datapathId} ${inPort}`, limits.rejectsPerSecond, clock())) return
    answer(datapathId, inPort, rejectReply(data))
  }

  /** A router tells why it takes a packet no further. */
  function unrouted(packet: PacketIn): void {
    const { datapathId, inPort, data } = packet
    if (!rejects.take(`${datapathId} ${inPort}`, limits.rejectsPerSecond, clock())) return
    const network = networkNumbered(intent, register(packet, 'reg3'))
    answer(datapathId, inPort, network === undefined ? undefined : unroutedReply(intent, network, data))
  }

  /** A packet that is larger than what its way takes: the network says which size does. */
  function oversize(packet: PacketIn): void {
    const { datapathId, inPort, data } = packet
    if (!rejects.take(`${datapathId} ${inPort}`, limits.rejectsPerSecond, clock())) return
    const at = { place: register(packet, REGISTERS.place), flags: register(packet, REGISTERS.flags) }
    answer(datapathId, inPort, oversizeReply(intent, options.observed, datapathId, at, data))
  }

  function answer(datapathId: string, inPort: number, reply: Uint8Array | undefined): void {
    if (reply === undefined) return
    send(datapathId, {
      type: 'packet_out',
      xid: 0,
      buffer_id: NO_BUFFER,
      in_port: PORT_CONTROLLER,
      actions: [{ type: 'output', port: inPort, max_len: 0 }],
      data: reply,
    })
  }

  function log(packet: PacketIn, object: number): void {
    if (!logs.take(object, limits.logsPerSecond, clock())) return
    const found = ruleOf(intent, object)
    if (found === undefined) return
    tell('rule-matched', `${found.policy}#${found.index}`, { ...describe(packet), switch: packet.datapathId })
  }

  /** A rejected packet comes here in any case; the event is for the first of a connection, where the rule asks for it. */
  function logRejected(packet: PacketIn, object: number): void {
    if ((register(packet, 'ct_state') & CT_NEW) !== 0 && ruleOf(intent, object)?.rule.log === true) log(packet, object)
  }

  /** Who sent it to whom, and the verdict of now: what the event says, and explain reads back. */
  function describe(packet: PacketIn): Record<string, string | number> {
    const { datapathId, inPort, data } = packet
    const frame = parseFrame(data)
    const read = frame && packetOf(frame)
    if (frame === undefined || read === undefined) return { from: UNKNOWN, to: UNKNOWN, packet: '' }
    const { source, destination, ...rest } = read
    const flags = register(packet, 'reg8')
    const network = networkNumbered(intent, register(packet, 'reg3'))
    const domain = network === undefined ? undefined : domainOf(intent, network)
    const inside = (name: string | undefined): string | undefined => {
      const record = name === undefined ? undefined : intent.interfaces.get(name)
      return record !== undefined && domainOf(intent, record.network) === domain ? name : undefined
    }
    const holder = (address: Address): string | undefined =>
      domain === undefined ? undefined : holderIn(intent, domain, formatAddress(address))
    // At its own port an interface is known by it; elsewhere by the address that was checked there.
    const attached = (): string | undefined =>
      inside(intent.byAttachment(datapathId, inPort, portName(datapathId, inPort))) ??
      inside(intent.byMac(frame.ethSrc))
    const isHere = (flags & (FLAG.fabric | FLAG.uplink)) === 0
    const sender = (isHere ? attached() : undefined) ?? holder(source)
    const from = endOf(sender, source, (flags & FLAG.world) !== 0)
    const to = endOf(holder(destination), destination, (flags & FLAG.outward) !== 0)
    const said = { generation: intent.generation, packet: formatPacket(read), ...(network && { network }) }
    const ends = { from: from.name, fromKind: from.kind, to: to.name, toKind: to.kind }
    if (from.kind === 'unknown' || to.kind === 'unknown') return { ...ends, ...said }
    const { protocol, destinationPort: port = rest.type, code } = rest
    const asked = { from: from.name, to: to.name, protocol, ...(port !== undefined && { port }) }
    return { ...ends, ...said, verdict: verdictWord(verdict({ ...asked, ...(code !== undefined && { code }) })) }
  }

  return (packet) => {
    const meaning = readCookie(packet.cookie)
    switch (meaning?.kind) {
      case 'probe':
      case 'unattached':
        return topology(packet.datapathId, packet.inPort, packet.data, meaning.kind)
      case 'ask':
        return options.ask(packet)
      case 'watch':
        return options.probing.seen(packet)
      case 'reject':
        if (options.probing.isProbe(packet, true)) return
        reject(packet)
        return logRejected(packet, meaning.object)
      case 'log':
        if (options.probing.isProbe(packet, false)) return
        return log(packet, meaning.object)
      case 'unrouted':
        return unrouted(packet)
      case 'oversize':
        return oversize(packet)
      case 'dhcp':
        return options.dhcp(packet)
      default:
    }
  }
}

/** An end that no record holds, and that is not the world's either: its record has gone since. */
const UNKNOWN = 'unknown'

interface End {
  name: string
  kind: 'interface' | 'world' | 'unknown'
}

function endOf(holder: string | undefined, address: Address, isWorld: boolean): End {
  if (holder !== undefined) return { name: holder, kind: 'interface' }
  return isWorld ? { name: formatAddress(address), kind: 'world' } : { name: UNKNOWN, kind: 'unknown' }
}

/** A register or ct_state that came with the packet; 0 where it did not. */
function register({ fields }: PacketIn, name: FieldName): number {
  const value = fields.find(({ field }) => field === name)?.value
  return typeof value === 'number' ? value : 0
}

function networkNumbered(intent: Intent, number: number): string | undefined {
  for (const network of intent.interfacesByNetwork.keys())
    if (intent.number('network', network) === number) return network
  return undefined
}

/** The rule of a cookie's object. */
function ruleOf(intent: Intent, object: number): { policy: string; index: number; rule: Rule } | undefined {
  const { policyNumber, slot } = readRuleObject(object)
  const policy = [...intent.policies.values()].find(({ number }) => number === policyNumber)
  const index = policy && ruleAt(policy, slot)
  const rule = index === undefined ? undefined : policy?.rules[index]
  return policy && index !== undefined && rule ? { policy: policy.name, index, rule } : undefined
}

/** Ends and layer 4 of a frame; undefined where it is not IP. */
export function packetOf({ ip, l4 }: Summary): TextPacket | undefined {
  if (ip === undefined) return undefined
  const address = (value: number | bigint): Address => ({ family: ip.version, value: BigInt(value) })
  const { srcPort: sourcePort, dstPort: destinationPort, type, code } = l4 ?? {}
  return {
    protocol: ip.protocol,
    source: address(ip.src),
    destination: address(ip.dst),
    ...(sourcePort !== undefined && { sourcePort }),
    ...(destinationPort !== undefined && { destinationPort }),
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
  }
}
