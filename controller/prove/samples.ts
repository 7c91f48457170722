/**
 * Addresses that stand for the identities of the world. It refuses to know policy.
 */
import { type Address, type Family, prefixHolds } from '../../model/address.ts'
import type { Facts } from './facts.ts'

/** An address of the world that has an identity and that nothing of the network's domain holds; undefined: none is found. */
export function addressOfWorld(facts: Facts, identity: number, family: Family, network: number): Address | undefined {
  const prefix = facts.prefixOf(identity)
  if (prefix !== undefined && prefix.family !== family) return undefined
  const fits = (value: bigint): Address | undefined => {
    const address = { family, value }
    if (prefix !== undefined && !prefixHolds(prefix, address)) return undefined
    return facts.worldOf(address) === identity && !facts.domains.isHeld(network, address) ? address : undefined
  }
  const width = family === 4 ? 32n : 128n
  const starts =
    prefix === undefined
      ? family === 4
        ? [0xc6336401n, 0xcb007109n, 0x08080801n, 0x64000001n, 0x10000001n]
        : [0x20010db8n << 96n, 0x26004700n << 96n, 0x2a000000n << 96n]
      : [prefix.value]
  // Behind each longer prefix there may be room, too.
  for (const inner of facts.prefixesWithin(prefix, family)) {
    starts.push(inner.value + (1n << (width - BigInt(inner.length))))
    if (inner.value > 0n) starts.push(inner.value - 1n)
  }
  for (const start of starts) {
    for (let step = 0n; step < 64n; step++) {
      const found = start + step < 1n << width ? fits(start + step) : undefined
      if (found !== undefined) return found
    }
  }
  return undefined
}
