/**
 * Cookies: what a flow is for, in 64 bits, so that a flow read back from a switch, a packet handed to the controller
 * and a counter all lead to the record that caused them. Pure.
 *
 *     63          48 47    40 39    32 31                              0
 *     | magic 7a67  | epoch  | kind   | object number                 |
 *
 * The magic tells our flows from anybody else's: only they are ever read back, corrected or deleted. The epoch is the
 * layout of the pipeline; a controller that lays it out differently knows the flows of its predecessor by it.
 */
import { RULES_PER_POLICY } from './order.ts'

export const COOKIE_MAGIC = 0x7a67n
/** Layout of tables and registers; changes with every incompatible change of pipeline.ts. */
export const PIPELINE_EPOCH = 5

/** What the object number counts. */
export const COOKIE_KINDS = {
  /** Rows that no record asked for: table misses, drops, defaults. No object. */
  system: 1,
  /** Topology probes on their way to the controller. */
  probe: 2,
  /** A port that no interface is attached to: its packets are told to the controller. Object: port. */
  unattached: 3,
  /** A port of a link, or an uplink. Object: port. */
  link: 4,
  /** An interface record: object is its number. */
  interface: 5,
  /** An interface as a destination. */
  destination: 6,
  /** Answers to ARP and neighbour solicitations for an interface. */
  neighbour: 7,
  /** A rule: object is policy number * 4096 + slot of the rule (order.ts). */
  rule: 8,
  /** A partition's default: object is its number. */
  vnp: 9,
  /** The copy that a rule's log sends to the controller: object as for rules. */
  log: 10,
  /** The copy that a reject rule sends to the controller: object as for rules. */
  reject: 11,
  /** Towards another switch: object is its number. */
  switch: 12,
  /** A prefix outside: object is its identity. */
  prefix: 13,
  /** Mirrors and redirects: object is the number of the collector, the service or the chain. */
  steer: 14,
  /** What a reactive switch has no verdict for is asked of the controller. No object: the table says which side. */
  ask: 15,
  /** Gateways of a network, and the way to its router. Object: number of the network record. */
  network: 16,
  /** Packets that a router does not take on, for the controller to tell their sender. No object. */
  unrouted: 17,
  /** The packet of a probe, on its way (compile-watch.ts): object is the number of the probe. */
  watch: 18,
  /** What is forged, and dropped for that alone. Object: the reason (refusals.ts). */
  refused: 19,
  /** Packets that are too large for their way, for the controller to tell their sender. No object. */
  oversize: 20,
  /** What guests ask by DHCP, and for routers (controller/dhcp/). Object: number of the interface; 0 where a gateway is asked. */
  dhcp: 21,
} as const

export type CookieKind = keyof typeof COOKIE_KINDS

export interface CookieMeaning {
  epoch: number
  kind: CookieKind
  object: number
}

export const COOKIE_MASK_OURS = 0xffff_0000_0000_0000n
export const COOKIE_OURS = COOKIE_MAGIC << 48n

const KIND_BY_NUMBER = new Map<number, CookieKind>(
  Object.entries(COOKIE_KINDS).map(([kind, number]) => [number, kind as CookieKind]),
)

const BASES = Object.fromEntries(
  Object.entries(COOKIE_KINDS).map(([kind, number]) => [
    kind,
    COOKIE_OURS | (BigInt(PIPELINE_EPOCH) << 40n) | (BigInt(number) << 32n),
  ]),
) as Readonly<Record<CookieKind, bigint>>

/** @param object 0 to 2^32 - 1. */
export function cookieOf(kind: CookieKind, object = 0): bigint {
  return object === 0 ? BASES[kind] : BASES[kind] | BigInt(object)
}

/** Whether a flow with this cookie is ours. */
export function isOurs(cookie: bigint): boolean {
  return (cookie & COOKIE_MASK_OURS) === COOKIE_OURS
}

/** The layout of tables and registers that a flow of ours is of. */
export function epochOf(cookie: bigint): number {
  return Number((cookie >> 40n) & 0xffn)
}

/** What a cookie says; undefined where it is not ours or of a kind that this version does not know. */
export function readCookie(cookie: bigint): CookieMeaning | undefined {
  const kind = KIND_BY_NUMBER.get(Number((cookie >> 32n) & 0xffn))
  if (!isOurs(cookie) || kind === undefined) return undefined
  return { epoch: epochOf(cookie), kind, object: Number(cookie & 0xffff_ffffn) }
}

/** What order.ts's ruleObject put together; its ruleAt finds the rule of a slot. */
export function readRuleObject(object: number): { policyNumber: number; slot: number } {
  return { policyNumber: Math.floor(object / RULES_PER_POLICY), slot: object % RULES_PER_POLICY }
}
