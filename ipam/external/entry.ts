/**
 * What an external IPAM says, in words that every one of them can be read into: blocks of addresses, and single
 * addresses with a status; and what one says of an address as a *fact* that can be compared with ours. Pure: it knows
 * neither protocols (connectors/) nor our ledger. Used by reconcile.ts, netbox-csv.ts and every connector.
 */
import type { AddressRange } from '../../model/records.ts'

/** NetBox's words for the status of an address; others' are read into them. */
export const ADDRESS_STATUSES = ['active', 'reserved', 'deprecated', 'dhcp', 'slaac'] as const
export type AddressStatus = (typeof ADDRESS_STATUSES)[number]

/** A prefix, or a range inside one. */
export interface IpamBlock {
  kind: 'prefix' | 'range'
  network: string
  /** Canonical text of the prefix that it is, or in which the range lies. */
  cidr: string
  range: AddressRange
  status: 'container' | 'active' | 'reserved' | 'deprecated'
  role: string
  /** All of a prefix can be given, its first and last address included. */
  isPool: boolean
  description: string
  /** Slugs. */
  tags: string[]
  /** Its id there. */
  id: string
}

/** One address that an external IPAM has an entry for. */
export interface IpamAddress {
  network: string
  /** Canonical text. */
  address: string
  status: AddressStatus
  dnsName: string
  description: string
  /** Slugs. */
  tags: string[]
  /** Six pairs of hexadecimal digits; where it says one. */
  mac?: string
  /** Its id there; empty of one that is to be made. */
  id: string
  /** Changes when the entry does: what a write names as its precondition. */
  version: string
}

/** What both sides are brought to agree on: an interface has the address, or nobody is to be given it. */
export type Fact = { use: 'used'; name: string } | { use: 'withheld' }

/**
 * @param interfaceOf The interface record that an entry is of, if there is one.
 * @returns Used by that interface where the status says so; in use by somebody unknown to us, and kept, are withheld.
 */
export function factOf<E extends Pick<IpamAddress, 'status'>>(
  entry: E,
  interfaceOf: (entry: E) => string | undefined,
): Fact {
  const { status } = entry
  const isUsed = status === 'active' || status === 'dhcp' || status === 'slaac'
  const name = isUsed ? interfaceOf(entry) : undefined
  return name === undefined ? { use: 'withheld' } : { use: 'used', name }
}

export function sameFact(one: Fact | undefined, other: Fact | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.use === 'used' ? other.use === 'used' && one.name === other.name : other.use === 'withheld'
}

/** `used by web-1`, `withheld`, `free`. */
export function factText(fact: Fact | undefined): string {
  if (fact === undefined) return 'free'
  return fact.use === 'used' ? `used by ${fact.name}` : 'withheld'
}
