/**
 * Subnets of a network as writers give them: canonical prefixes with the router's address in each. What other networks
 * and interfaces have to do with them is controller/policy/constraints-network.ts. Called by validate.ts.
 */
import {
  type Address,
  formatAddress,
  formatPrefix,
  networkPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixContains,
  prefixHolds,
  unusableAddress,
} from './address.ts'
import type { Check } from './check.ts'
import type { Subnet } from './records.ts'

/** Subnets of one network. */
export const MAX_SUBNETS = 16

const LINK_LOCAL = parsePrefix('fe80::/10') as Prefix

/** @param isRouted The network has a router: it needs addresses and, in each subnet, a gateway. */
export function readSubnets(check: Check, value: unknown, path: string, isRouted: boolean): Subnet[] {
  const found: Subnet[] = []
  const prefixes: { prefix: Prefix; at: string }[] = []
  const list = check.list(value, path, MAX_SUBNETS)
  if (isRouted && list.length === 0) check.report(path, 'a network with a router needs a subnet')
  for (const [index, each] of list.entries()) {
    const at = `${path}[${index}]`
    const fields = check.fields(each, at)
    const prefix = readCidr(check, fields['cidr'], `${at}.cidr`)
    const gateway = readGateway(check, fields['gateway'], `${at}.gateway`, prefix, isRouted)
    if (prefix === undefined) continue
    const other = prefixes.find((its) => overlap(its.prefix, prefix))
    if (other !== undefined) check.report(`${at}.cidr`, `overlaps with ${other.at}.cidr`)
    prefixes.push({ prefix, at })
    found.push({ cidr: formatPrefix(prefix), ...(gateway === undefined ? {} : { gateway: formatAddress(gateway) }) })
  }
  return found
}

export function overlap(one: Prefix, other: Prefix): boolean {
  return one.family === other.family && (prefixContains(one, other) || prefixContains(other, one))
}

function readCidr(check: Check, value: unknown, path: string): Prefix | undefined {
  const text = check.text(value, path)
  const prefix = text.includes('/') ? parsePrefix(text) : undefined
  if (prefix === undefined) return check.report(path, 'must be a prefix, as in 10.0.1.0/24 or 2001:db8:1::/64')
  if (networkPrefix(prefix).value !== prefix.value)
    return check.report(path, `has bits beyond its length; ${formatPrefix(networkPrefix(prefix))} has none`)
  if (prefix.length === 0) return check.report(path, 'holds every address')
  if (overlap(prefix, LINK_LOCAL)) return check.report(path, 'link-local addresses are not routed')
  const why = unusableAddress({ ...prefix, value: prefix.value + 1n })
  return why === undefined ? prefix : check.report(path, why)
}

function readGateway(
  check: Check,
  value: unknown,
  path: string,
  prefix: Prefix | undefined,
  isRouted: boolean,
): Address | undefined {
  const text = check.text(value, path)
  if (text === '' && !isRouted) return undefined
  if (!isRouted) return check.report(path, 'belongs to a router, and the network names none')
  const address = parseAddress(text)
  if (address === undefined) return check.report(path, "must be the router's IPv4 or IPv6 address in the subnet")
  if (prefix === undefined) return address
  if (!prefixHolds(prefix, address)) return check.report(path, `is not in ${formatPrefix(prefix)}`)
  const why = unusableAddress(address) ?? reserved(prefix, address)
  return why === undefined ? address : check.report(path, why)
}

/** The first and the last address of an IPv4 subnet are nobody's, but of /31 and /32 (RFC 3021). */
function reserved({ family, length, value }: Prefix, address: Address): string | undefined {
  if (family === 6 || length > 30) return undefined
  const last = value + (1n << BigInt(32 - length)) - 1n
  if (address.value === value) return 'is the address of the subnet itself'
  return address.value === last ? 'is the broadcast address of the subnet' : undefined
}
