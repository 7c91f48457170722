/** DHCP settings of a network between manifests and the protocol's messages. It refuses to know anything else. */
import type { NetworkDhcp, NetworkDhcp__Output } from '../proto/gen/tagsteer/v1/NetworkDhcp.ts'

export interface DhcpManifest {
  leaseSeconds?: number
  dns?: string[]
  searchDomains?: string[]
  mtu?: number
  routes?: { cidr: string; gateway: string }[]
  relays?: string[]
}

export function dhcpMessage(manifest: DhcpManifest): NetworkDhcp {
  return { ...manifest }
}

/** What is usual is left out. */
export function dhcpManifest(message: NetworkDhcp__Output): DhcpManifest {
  const { leaseSeconds, dns, searchDomains, mtu, routes, relays } = message
  return {
    leaseSeconds,
    ...(dns.length === 0 ? {} : { dns }),
    ...(searchDomains.length === 0 ? {} : { searchDomains }),
    ...(mtu === 0 ? {} : { mtu }),
    ...(routes.length === 0 ? {} : { routes: routes.map(({ cidr, gateway }) => ({ cidr, gateway })) }),
    ...(relays.length === 0 ? {} : { relays }),
  }
}
