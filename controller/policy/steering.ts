/**
 * Mirrors and redirects of rules by what they name: which interfaces are collectors and services, which chains there
 * are, and whose policies name them. A chain goes by the names of its services in order. It refuses to know where
 * interfaces are and how packets are led there (compile-steer.ts). Kept current by intent.ts.
 */
import type { Direction, Policy, Rule } from '../../model/records.ts'
import { Counter, Multimap } from './multimap.ts'

export interface SteeringView {
  /** Chains that rules of a direction lead through, by name. */
  chains(direction: Direction): Iterable<string>
  collectors(): Iterable<string>
  /** Policies that name an interface as a collector or a service. */
  policiesOf(interfaceName: string): Iterable<string>
}

/** The name of a chain, and of its number. A chain of one goes by the name of its service. */
export function chainName(via: readonly string[]): string {
  return via.join(',')
}

export function servicesOf(chain: string): string[] {
  return chain.split(',')
}

/** Whether links carry what is for the collector or service of this number: VLAN tags have room for so many only. */
export function isCarried(number: number): boolean {
  return number <= MAX_CARRIED
}

/** The VLAN tag of what is for a service, or a copy for a collector, of this number. */
export function tagFor(number: number, role: 'service' | 'collector'): number {
  return number * 2 + (role === 'collector' ? 1 : 0)
}

/** Two tags for each, of 2 to 2047: those above carry identities (carriers.ts). */
export const MAX_CARRIED = 1023

/**
 * The services that packets of the original direction come to, each once: those of the sender's rule, then those of the
 * receiver's.
 */
export function joined(egress: readonly string[], ingress: readonly string[]): string[] {
  return [...egress, ...ingress.filter((name) => !egress.includes(name))]
}

/** Names that need a number for the rules of a policy, with repeats: collectors, services, chains. */
export function steeringNumbers(policy: Policy | undefined): string[] {
  return (policy?.rules ?? []).flatMap(namesIn)
}

function namesIn({ mirror, redirect = [] }: Rule): string[] {
  const names = mirror === undefined ? [...redirect] : [mirror, ...redirect]
  return redirect.length > 1 ? [...names, chainName(redirect)] : names
}

export class SteeringIndex implements SteeringView {
  readonly #numbers = new Counter<string>()
  readonly #chains = { egress: new Counter<string>(), ingress: new Counter<string>() }
  readonly #collectors = new Counter<string>()
  readonly #policies = new Multimap<string>()

  chains(direction: Direction): Iterable<string> {
    return this.#chains[direction].keys()
  }

  collectors(): Iterable<string> {
    return this.#collectors.keys()
  }

  /** How often rules name what needs a number. */
  count(name: string): number {
    return this.#numbers.get(name)
  }

  policiesOf(interfaceName: string): ReadonlySet<string> {
    return this.#policies.all(interfaceName)
  }

  add(policy: Policy): void {
    this.#mention(policy, 1)
  }

  remove(policy: Policy): void {
    this.#mention(policy, -1)
  }

  #mention(policy: Policy, by: 1 | -1): void {
    for (const rule of policy.rules) {
      const { mirror, redirect, direction } = rule
      for (const name of namesIn(rule)) this.#numbers.add(name, by)
      if (mirror !== undefined) this.#collectors.add(mirror, by)
      if (redirect !== undefined) this.#chains[direction].add(chainName(redirect), by)
      for (const name of mirror === undefined ? (redirect ?? []) : [mirror, ...(redirect ?? [])])
        this.#policies[by === 1 ? 'add' : 'remove'](name, policy.name)
    }
  }
}
