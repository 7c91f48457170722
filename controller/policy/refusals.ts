/**
 * Why a packet is refused that nobody honest sends: one row each, with what is said of it. The rows that drop such packets
 * carry the reason in their cookie and nothing else, so that a switch counts them by reason, and finds them by their whole
 * cookie without looking at any other (Open vSwitch keeps an index of those). Whose port it was is what a row matches. It
 * refuses to know rows and counters. Pure.
 */
import { cookieOf, readCookie } from './cookie.ts'

interface RefusalRow {
  /** Object number of the cookie; never given to another reason. */
  code: number
  /** What was refused, in a sentence about a packet. */
  sentence: string
}

export const REFUSALS = {
  'tagged-vlan': { code: 1, sentence: 'A guest sent it with a VLAN tag.' },
  'tagged-mpls': { code: 2, sentence: 'A guest sent it with an MPLS label.' },
  'forged-mac': { code: 3, sentence: "A guest sent it from a MAC address that is not its interface's." },
  'forged-address': {
    code: 4,
    sentence: "A guest sent it from, or claimed in ARP or neighbour discovery, an address that is not its interface's.",
  },
  'rogue-router': { code: 5, sentence: 'A guest sent a router advertisement or a redirect.' },
  'unknown-tunnel-end': { code: 6, sentence: 'A tunnel brought it from an address that no switch of ours has.' },
  'forged-identity': { code: 7, sentence: 'It brought an identity that no sender of ours has.' },
  'tunnel-from-guest': { code: 8, sentence: 'A guest sent it to the end of a tunnel between switches.' },
} as const satisfies Record<string, RefusalRow>

export type Refusal = keyof typeof REFUSALS

export const REFUSAL_NAMES = Object.keys(REFUSALS) as readonly Refusal[]

const BY_CODE = new Map(REFUSAL_NAMES.map((name) => [REFUSALS[name].code as number, name]))

/** The cookie of rows that drop for this reason. */
export function refusalCookie(refusal: Refusal): bigint {
  return cookieOf('refused', REFUSALS[refusal].code)
}

/** The reason of a code; undefined where this version knows none. */
export function refusalOf(code: number): Refusal | undefined {
  return BY_CODE.get(code)
}

/** Why a flow with this cookie drops packets; undefined where it is none of those. */
export function readRefusal(cookie: bigint): Refusal | undefined {
  const meaning = readCookie(cookie)
  return meaning?.kind === 'refused' ? refusalOf(meaning.object) : undefined
}
