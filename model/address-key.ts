/**
 * Addresses of both families as one kind of number, in the order in which pools and the store keep them: IPv4 as it is,
 * IPv6 above all of IPv4. And the keys under which leases are stored. It knows no pools. Used by ipam/ and the store's
 * readers.
 */
import { type Address, formatAddress, parseAddress } from './address.ts'
import { type Lease, PREFIX } from './records.ts'

const SIX = 1n << 128n

/** The number of an address: below 2^32 for IPv4, 2^128 and more for IPv6. */
export function addressNumber({ family, value }: Address): bigint {
  return family === 4 ? value : SIX + value
}

/** The number of an address of a stored record; where the text is none, -1, which no pool holds. */
export function numberOfText(text: string): bigint {
  const address = parseAddress(text)
  return address === undefined ? -1n : addressNumber(address)
}

/** Canonical text of a number that addressNumber made. */
export function textOfNumber(number: bigint): string {
  return formatAddress(number < SIX ? { family: 4, value: number } : { family: 6, value: number - SIX })
}

/** Where the lease of an address is stored; the keys of a network are in the order of the numbers. */
export function leaseKey(network: string, address: bigint): string {
  const hex = address < SIX ? `4-${text16(address, 8)}` : `6-${text16(address - SIX, 32)}`
  return `${PREFIX.lease}${network}/${hex}`
}

/** The store key of a lease. */
export function keyOfLease({ network, address }: Pick<Lease, 'network' | 'address'>): string {
  return leaseKey(network, numberOfText(address))
}

const text16 = (value: bigint, digits: number): string => value.toString(16).padStart(digits, '0')
