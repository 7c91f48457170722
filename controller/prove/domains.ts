/**
 * Routing domains by numbers: which networks a virtual router joins, who and which gateways are in them. A network without
 * a router is alone. It refuses to know tables and policy.
 */
import { type Address, type Family, parseAddress } from '../../model/address.ts'
import { domainOf } from '../policy/routing.ts'
import type { IntentView } from '../policy/state.ts'
import { zoneName } from '../policy/zones.ts'
import { addressKey, type Owner } from './owners.ts'

/** What is known of each network by itself (facts.ts). */
export interface OfNetworks {
  ownersIn(network: number): readonly Owner[]
  holderOf(network: number, address: number | bigint): Owner | undefined
  usersIn(identity: number, network: number): number
  speaksIn(network: number, family: Family): boolean
}

interface Domain {
  readonly networks: number[]
  /** Of all its networks; and of those that have interfaces, where nobody else may have these addresses. */
  readonly gateways: Map<number | bigint, Address>
  readonly kept: Map<number | bigint, Address>
}

export class Domains {
  readonly #its: OfNetworks
  readonly #byNetwork = new Map<number, Domain>()

  constructor(intent: IntentView, its: OfNetworks) {
    this.#its = its
    const domains = new Map<number, Domain>()
    for (const { name, router: named, subnets } of intent.networks.values()) {
      const router = named === undefined ? undefined : intent.number('router', named)
      if (router === undefined) continue
      const domain: Domain = domains.get(router) ?? { networks: [], gateways: new Map(), kept: new Map() }
      domains.set(router, domain)
      const network = intent.number('network', name)
      for (const { gateway = '' } of subnets) {
        const address = parseAddress(gateway)
        if (address === undefined) continue
        domain.gateways.set(addressKey(address), address)
        if (network !== undefined) domain.kept.set(addressKey(address), address)
      }
      if (network === undefined) continue
      domain.networks.push(network)
      this.#byNetwork.set(network, domain)
    }
  }

  /** Whether a network has a router. */
  isRouted(network: unknown): boolean {
    return typeof network === 'number' && this.#byNetwork.has(network)
  }

  get areAny(): boolean {
    return this.#byNetwork.size > 0
  }

  networksOf(network: number): readonly number[] {
    return this.#byNetwork.get(network)?.networks ?? [network]
  }

  areOne(one: number, other: number): boolean {
    return one === other || (this.isRouted(one) && this.#byNetwork.get(one) === this.#byNetwork.get(other))
  }

  /** Interfaces of all networks of the domain. */
  *owners(network: number): IterableIterator<Owner> {
    for (const its of this.networksOf(network)) yield* this.#its.ownersIn(its)
  }

  /** Whoever holds an address, as a field holds it, in the domain. */
  holder(network: number, address: number | bigint): Owner | undefined {
    for (const its of this.networksOf(network)) {
      const owner = this.#its.holderOf(its, address)
      if (owner !== undefined) return owner
    }
    return undefined
  }

  /** Addresses of the router. */
  gateways(network: number): Iterable<Address> {
    return this.#byNetwork.get(network)?.gateways.values() ?? []
  }

  isGateway(network: number, address: unknown): boolean {
    return this.#byNetwork.get(network)?.gateways.has(address as number | bigint) === true
  }

  /** Those that are nobody's in the world. */
  keptGateways(network: number): Iterable<Address> {
    return this.#byNetwork.get(network)?.kept.values() ?? []
  }

  /** Whether an address is the router's or an interface's: nobody in the world has it. */
  isHeld(network: number, address: Address): boolean {
    const key = addressKey(address)
    return this.#byNetwork.get(network)?.kept.has(key) === true || this.holder(network, key) !== undefined
  }

  /** How many interfaces of the domain have an identity. */
  users(identity: number, network: number): number {
    let count = 0
    for (const its of this.networksOf(network)) count += this.#its.usersIn(identity, its)
    return count
  }

  speaks(network: number, family: Family): boolean {
    return this.networksOf(network).some((its) => this.#its.speaksIn(its, family))
  }
}

/** The name of the zone of a network's connections on a switch. */
export function zoneOf(intent: IntentView, datapathId: string, network: string): string {
  return zoneName(datapathId, domainOf(intent, network))
}
