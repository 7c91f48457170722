/**
 * What becomes of a DHCP message of a guest (RFC 2131 section 4.3), as far as the message and the record of its interface
 * tell: what is asked of the ledger, or why nothing is answered. Pure: no clock, no ledger, no switch. Called by server.ts.
 *
 *     DISCOVER ─▶ offer        REQUEST ─▶ take (what was offered), keep (what it has) or nak
 *     DECLINE ─▶ withhold      RELEASE ─▶ release        INFORM ─▶ inform
 */
import { parseAddress, parsePrefix, prefixHolds } from '../../model/address.ts'
import type { NetworkDhcp, NetworkRecord } from '../../model/records.ts'
import { addressesOf, DHCP4_OPTION, DHCP4_TYPE, type Dhcp4 } from '../../packet/dhcp4.ts'
import { u8, u48 } from '../../packet/octets.ts'

/** An interface whose guest asks. */
export interface Guest {
  name: string
  mac: number
  network: NetworkRecord & { dhcp: NetworkDhcp }
}

export interface Guest4 extends Guest {
  /** IPv4 addresses of its record that lie in a subnet of the network. */
  addresses: readonly number[]
  /** The address that it was offered lately. */
  offered: number | undefined
}

/** Why a guest's message is refused: it says what is not so. */
export type Forgery = 'forged-mac' | 'forged-client' | 'forged-address' | 'forged-relay'

export type Decision4 =
  | { do: 'offer'; wished: number | undefined }
  /** Ledger first; then the answer. */
  | { do: 'take'; address: number }
  /** It has the address: the lease goes on. */
  | { do: 'keep'; address: number }
  | { do: 'nak' }
  | { do: 'inform'; address: number }
  | { do: 'release'; address: number }
  | { do: 'withhold'; address: number }
  | { do: 'refuse'; reason: Forgery }
  /** Not for this server, or nothing is to be said to it. */
  | { do: 'ignore' }

/** Who answers where a network has no gateway: link-local, as nobody else can have it (RFC 3927). */
export const SERVER4 = 0xa9fe_a9fd

const { discover, request, decline, release, inform } = DHCP4_TYPE
/** Hardware type of a client identifier that is a MAC address (RFC 2132 section 9.14). */
const ETHERNET = 1

/** @param source Of the IPv4 header. */
export function decide4(message: Dhcp4, source: number, guest: Guest4): Decision4 {
  const forgery = forgeryIn(message, source, guest)
  if (forgery !== undefined) return { do: 'refuse', reason: forgery }
  if (message.op !== 1) return { do: 'ignore' }
  const { ciaddr, options } = message
  const wished = oneAddress(options.get(DHCP4_OPTION.requestedAddress))
  const server = oneAddress(options.get(DHCP4_OPTION.server))
  const isOurs = server === undefined || serversOf(guest.network).includes(server)
  const has = (address: number): boolean => guest.addresses.includes(address)
  switch (message.type) {
    case discover:
      return { do: 'offer', wished }
    case request: {
      if (!isOurs) return { do: 'ignore' }
      const address = ciaddr !== 0 ? ciaddr : wished
      if (address === undefined || address === 0) return { do: 'ignore' }
      if (has(address)) return { do: 'keep', address }
      // What it was offered, it takes; anything else is not, or no longer, its own.
      return ciaddr === 0 && guest.offered === address && guest.addresses.length === 0
        ? { do: 'take', address }
        : { do: 'nak' }
    }
    case decline:
      return isOurs && wished !== undefined && has(wished) ? { do: 'withhold', address: wished } : { do: 'ignore' }
    case release:
      return isOurs && has(ciaddr) ? { do: 'release', address: ciaddr } : { do: 'ignore' }
    case inform:
      return has(ciaddr) ? { do: 'inform', address: ciaddr } : { do: 'ignore' }
    default:
      return { do: 'ignore' }
  }
}

/** The MAC address, a client identifier made of one, and the sender's address are the interface's. */
function forgeryIn({ chaddr, options, giaddr }: Dhcp4, source: number, guest: Guest4): Forgery | undefined {
  if (chaddr !== guest.mac) return 'forged-mac'
  const id = options.get(DHCP4_OPTION.clientId)
  if (id !== undefined && id.length === 7 && u8(id, 0) === ETHERNET && u48(id, 1) !== guest.mac) return 'forged-client'
  // What relays send is theirs; server.ts has seen to them.
  if (giaddr !== 0 || source === 0 || guest.addresses.includes(source)) return undefined
  return 'forged-address'
}

/** Every address that answers in the name of a network. */
export function serversOf({ subnets }: Pick<NetworkRecord, 'subnets'>): number[] {
  const gateways = subnets.flatMap(({ gateway = '' }) => {
    const address = parseAddress(gateway)
    return address?.family === 4 ? [Number(address.value)] : []
  })
  return gateways.length === 0 ? [SERVER4] : gateways
}

/** The subnet that holds an address. */
export function subnet4(
  { subnets }: Pick<NetworkRecord, 'subnets'>,
  address: number,
): { prefix: number; length: number; gateway: number | undefined } | undefined {
  for (const { cidr, gateway = '' } of subnets) {
    const prefix = parsePrefix(cidr)
    if (prefix === undefined || !prefixHolds(prefix, { family: 4, value: BigInt(address) })) continue
    const its = parseAddress(gateway)
    return { prefix: Number(prefix.value), length: prefix.length, gateway: its && Number(its.value) }
  }
  return undefined
}

function oneAddress(data: Uint8Array | undefined): number | undefined {
  const all = addressesOf(data)
  return all?.length === 1 ? all[0] : undefined
}
