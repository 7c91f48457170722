/**
 * What writers say that a network's guests are told by DHCP: servers of names, domains, routes, times, within the bounds
 * of the messages that carry them. What a guest is answered is controller/dhcp/. Called by validate.ts.
 */
import {
  type Address,
  formatAddress,
  formatPrefix,
  networkPrefix,
  parseAddress,
  parsePrefix,
  prefixHolds,
  unusableAddress,
} from './address.ts'
import type { Check } from './check.ts'
import type { DhcpRoute, NetworkDhcp, Subnet } from './records.ts'

export const DHCP_LIMITS = {
  /** Together they have room in a message of 576 octets, which every client takes (RFC 2131 section 2). */
  dns: 6,
  searchDomains: 4,
  /** Octets of one domain name. */
  domain: 63,
  routes: 8,
  relays: 16,
  /** Seconds. */
  lease: { least: 60, most: 10 * 365 * 86_400, absent: 3600 },
  /** Octets: RFC 2132 section 5.1 from below, the largest IP packet from above. */
  mtu: { least: 576, most: 65_535 },
} as const

const DOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** @param subnets Of the network. */
export function readDhcp(
  check: Check,
  value: unknown,
  path: string,
  subnets: readonly Subnet[],
): { dhcp?: NetworkDhcp } {
  if (value === undefined || value === null) return {}
  const fields = check.fields(value, path)
  if (!subnets.some(({ cidr }) => parsePrefix(cidr)?.family === 4))
    check.report(path, 'a network that answers DHCP needs an IPv4 subnet')
  const { lease, mtu } = DHCP_LIMITS
  const octets = check.integer(fields['mtu'] ?? 0, `${path}.mtu`, 0, mtu.most) ?? 0
  if (octets !== 0 && octets < mtu.least) check.report(`${path}.mtu`, `must be at least ${mtu.least}, or 0 for none`)
  const seconds = check.integer(fields['leaseSeconds'] ?? 0, `${path}.lease_seconds`, 0, lease.most) ?? 0
  if (seconds !== 0 && seconds < lease.least) check.report(`${path}.lease_seconds`, `must be at least ${lease.least}`)
  return {
    dhcp: {
      leaseSeconds: seconds || lease.absent,
      dns: readServers(check, fields['dns'], `${path}.dns`),
      searchDomains: readDomains(check, fields['searchDomains'], `${path}.search_domains`),
      ...(octets === 0 ? {} : { mtu: octets }),
      routes: readRoutes(check, fields['routes'], `${path}.routes`, subnets),
      relays: check
        .list(fields['relays'], `${path}.relays`, DHCP_LIMITS.relays)
        .map((name, index) => check.name(name, `${path}.relays[${index}]`)),
    },
  }
}

function readServers(check: Check, value: unknown, path: string): string[] {
  return check.list(value, path, DHCP_LIMITS.dns).flatMap((each, index) => {
    const at = `${path}[${index}]`
    const address = readAddress(check, each, at)
    return address === undefined ? [] : [formatAddress(address)]
  })
}

function readAddress(check: Check, value: unknown, path: string): Address | undefined {
  const address = parseAddress(check.text(value, path))
  if (address?.family !== 4) return check.report(path, 'must be an IPv4 address')
  const why = unusableAddress(address)
  return why === undefined ? address : check.report(path, why)
}

function readDomains(check: Check, value: unknown, path: string): string[] {
  return check.list(value, path, DHCP_LIMITS.searchDomains).map((each, index) => {
    const at = `${path}[${index}]`
    const text = check.text(each, at)
    const isLong = text.length > DHCP_LIMITS.domain || text.split('.').some((label) => label.length > 63)
    if (isLong) check.report(at, `is longer than ${DHCP_LIMITS.domain} characters`)
    else if (!DOMAIN.test(text)) check.report(at, 'must be a domain name in lower case, as in example.org')
    return text
  })
}

function readRoutes(check: Check, value: unknown, path: string, subnets: readonly Subnet[]): DhcpRoute[] {
  return check.list(value, path, DHCP_LIMITS.routes).flatMap((each, index) => {
    const at = `${path}[${index}]`
    const fields = check.fields(each, at)
    const text = check.text(fields['cidr'], `${at}.cidr`)
    const prefix = text.includes('/') ? parsePrefix(text) : undefined
    const gateway = readAddress(check, fields['gateway'], `${at}.gateway`)
    if (prefix?.family !== 4 || networkPrefix(prefix).value !== prefix.value)
      return check.report(`${at}.cidr`, 'must be an IPv4 prefix without host bits, as in 10.0.0.0/8') ?? []
    if (gateway === undefined) return []
    if (!subnets.some(({ cidr }) => prefixHolds(parsePrefix(cidr)!, gateway)))
      return check.report(`${at}.gateway`, 'is in no subnet of the network') ?? []
    return [{ cidr: formatPrefix(prefix), gateway: formatAddress(gateway) }]
  })
}
