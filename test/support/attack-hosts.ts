/**
 * Who is where in the network of the attack tests, and with which addresses. It knows nothing of how that is made.
 */

/** k1 and k2 are ours, linked; k9 is the world behind an uplink of k1. n1 and n2 are of another network. */
export const HOSTS = {
  a1: { index: 1, at: 'k1', host: 1 },
  a2: { index: 2, at: 'k2', host: 2 },
  b1: { index: 3, at: 'k1', host: 3 },
  b2: { index: 4, at: 'k2', host: 4 },
  /** Without a record. */
  x1: { index: 5, at: 'k1', host: 5 },
  x2: { index: 6, at: 'k2', host: 6 },
  /** The addresses of a1 and a2 again. */
  n1: { index: 7, at: 'k1', host: 1 },
  n2: { index: 8, at: 'k2', host: 2 },
  w1: { index: 9, at: 'k9', host: 9 },
  /** As a1, but without port security. */
  f1: { index: 10, at: 'k1', host: 10 },
} as const
export type Host = keyof typeof HOSTS
export const NAMES = Object.keys(HOSTS) as Host[]

export const macOf = (host: Host): number => 0x00_00_5e_00_53_60 + HOSTS[host].index
export const ip4 = (host: Host): number => 0x0a_00_00_00 + HOSTS[host].host
export const ip6 = (host: Host): bigint => (0xfd00n << 112n) + BigInt(HOSTS[host].host)
export const text4 = (host: Host): string => `10.0.0.${HOSTS[host].host}`
export const text6 = (host: Host): string => `fd00::${HOSTS[host].host.toString(16)}`
export const macText = (host: Host): string =>
  macOf(host)
    .toString(16)
    .padStart(12, '0')
    .replaceAll(/..(?!$)/g, '$&:')

/** The switch's port that a host is at: hosts come first, in order. */
export function portOf(host: Host): string {
  const { at } = HOSTS[host]
  const neighbours = NAMES.filter((other) => HOSTS[other].at === at)
  return `${at}-eth${neighbours.indexOf(host) + 1}`
}

/** The uplink of k1: after its hosts and the link to k2. */
export const UPLINK = `k1-eth${NAMES.filter((host) => HOSTS[host].at === 'k1').length + 2}`
