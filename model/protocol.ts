/**
 * IP protocols that have a word here: their numbers (IANA, Assigned Internet Protocol Numbers) and names. It refuses to
 * know what users may write besides (validate-rule.ts, the API). Called wherever a protocol is read or told.
 */
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const

/** Protocols whose packets name ports. */
export const WITH_PORTS: ReadonlySet<number> = new Set([PROTOCOL.tcp, PROTOCOL.udp, PROTOCOL.sctp])

const WORDS = new Map<number, string>(Object.entries(PROTOCOL).map(([word, number]) => [number, word]))

/** `tcp`, `icmpv6`, as manifests write it; undefined where it has no word. */
export function protocolWord(protocol: number): string | undefined {
  return WORDS.get(protocol)
}

/** The same as ovs-ofctl writes it: `icmp6`. */
export function flowProtocolWord(protocol: number): string | undefined {
  return protocol === PROTOCOL.icmpv6 ? 'icmp6' : WORDS.get(protocol)
}
