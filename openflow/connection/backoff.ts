/** How long to wait before the next attempt to connect. Pure: the caller brings the dice. */

/**
 * Doubles from `minMs` with each failure up to `maxMs`; the random number in [0, 1) spreads the result over its upper
 * half, so that many switches that lost one controller do not come back in one instant.
 */
export function backoffMs(failures: number, minMs: number, maxMs: number, random: number): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(failures, 50))
  return Math.round(ceiling * (0.5 + random / 2))
}
