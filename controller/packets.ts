/**
 * What becomes of a packet that a switch hands to the controller: probes and frames of unattached ports go to topology,
 * rejected ones are answered in the network's name, logged ones become events. The flow's cookie says which. It changes
 * no record and no flow. Called by main.ts; the queue before it (channel/) is fair and bounded.
 */

import { type Message, NO_BUFFER, PORT_CONTROLLER } from 'node-openflow'
import { formatAddress } from '../model/address.ts'
import { flowProtocolWord } from '../model/protocol.ts'
import { parseFrame } from '../packet/parse.ts'
import { rejectReply } from '../packet/reply.ts'
import type { PacketIn } from './channel/types.ts'
import type { Tell } from './events.ts'
import { readCookie, readRuleObject } from './policy/cookie.ts'
import type { Intent } from './policy/intent.ts'
import { ruleAt } from './policy/order.ts'

export interface PacketOptions {
  intent: Intent
  tell: Tell
  /** Milliseconds, monotonic. */
  clock(): number
  send(datapathId: string, message: Message): boolean
  topology(datapathId: string, port: number, data: Uint8Array, kind: 'probe' | 'unattached'): void
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
  const { intent, tell, clock, send, topology, limits = PACKET_LIMITS } = options
  const rejects = new PerSecond<string>()
  const logs = new PerSecond<number>()

  function reject({ datapathId, inPort, data }: PacketIn): void {
    if (!rejects.take(`${datapathId} ${inPort}`, limits.rejectsPerSecond, clock())) return
    const reply = rejectReply(data)
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

  function log({ datapathId, data }: PacketIn, object: number): void {
    if (!logs.take(object, limits.logsPerSecond, clock())) return
    const { policyNumber, slot } = readRuleObject(object)
    const policy = [...intent.policies.values()].find(({ number }) => number === policyNumber)
    const index = policy && ruleAt(policy, slot)
    if (policy === undefined || index === undefined) return
    tell('rule-matched', `${policy.name}#${index}`, { summary: summaryOf(data), switch: datapathId })
  }

  return (packet) => {
    const meaning = readCookie(packet.cookie)
    switch (meaning?.kind) {
      case 'probe':
      case 'unattached':
        return topology(packet.datapathId, packet.inPort, packet.data, meaning.kind)
      case 'reject':
        return reject(packet)
      case 'log':
        return log(packet, meaning.object)
      default:
    }
  }
}

/** `tcp 10.0.0.1:40000 -> 10.0.0.2:443` */
export function summaryOf(frame: Uint8Array): string {
  const parsed = parseFrame(frame)
  if (parsed?.ip === undefined) return `ethernet type 0x${(parsed?.ethType ?? 0).toString(16).padStart(4, '0')}`
  const { ip, l4 } = parsed
  const end = (value: number | bigint, port: number | undefined): string => {
    const address = formatAddress({ family: ip.version, value: BigInt(value) })
    if (port === undefined) return address
    return ip.version === 6 ? `[${address}]:${port}` : `${address}:${port}`
  }
  const name = flowProtocolWord(ip.protocol) ?? `protocol ${ip.protocol}`
  return `${name} ${end(ip.src, l4?.srcPort)} -> ${end(ip.dst, l4?.dstPort)}`
}
