/**
 * Routing domains: networks whose records name one virtual router are routed to each other, and what is unique in a
 * network elsewhere (an address, a connection in a zone) is unique in all of them together. A network without a router is
 * a domain of its own. It refuses to know tables. Used wherever the path between two interfaces matters.
 */
import type { IntentView } from './state.ts'

export type NetworkRecords = Pick<IntentView, 'networks'>

/** No name of a network or a router has a slash. */
const ROUTER = 'router/'

/** The router that a network is attached to. */
export function routerOf({ networks }: NetworkRecords, network: string): string | undefined {
  return networks.get(network)?.router
}

/** The name of a network's domain: its own, or `router/` and its router. */
export function domainOf(intent: NetworkRecords, network: string): string {
  return domainNamed(network, routerOf(intent, network))
}

export function domainNamed(network: string, router: string | undefined): string {
  return router === undefined ? network : ROUTER + router
}

/** Names of the networks of a domain. */
export function networksIn(
  { networksByRouter }: Pick<IntentView, 'networksByRouter'>,
  domain: string,
): Iterable<string> {
  return domain.startsWith(ROUTER) ? networksByRouter.all(domain.slice(ROUTER.length)) : [domain]
}

/** The interface that holds an address (canonical text) in the domain of a network. */
export function holderOf(
  intent: Pick<IntentView, 'networks' | 'networksByRouter' | 'byAddress'>,
  network: string,
  address: string,
): string | undefined {
  return holderIn(intent, domainOf(intent, network), address)
}

/** The interface that holds an address (canonical text) in a domain. */
export function holderIn(
  intent: Pick<IntentView, 'networksByRouter' | 'byAddress'>,
  domain: string,
  address: string,
): string | undefined {
  for (const network of networksIn(intent, domain)) {
    const holder = intent.byAddress(network, address)
    if (holder !== undefined) return holder
  }
  return undefined
}
