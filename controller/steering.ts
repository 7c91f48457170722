/**
 * Tells when what rules mirror to or lead through is not where it can be reached, and when it is again: once each. It
 * refuses to know packets (policy/ways.ts says what becomes of each) and decides nothing. Called by main.ts after
 * changes of intent and of places.
 */
import type { Tell } from './events.ts'
import type { Backend, IntentView, NetworkState, ObservedView } from './policy/state.ts'
import { servicesOf } from './policy/steering.ts'
import { legProblem } from './policy/ways.ts'

export class SteeringWatch {
  readonly #intent: IntentView
  readonly #observed: ObservedView
  readonly #backend: Backend
  readonly #tell: Tell
  /** Chains and collectors that cannot be reached, with the reason that was told. */
  #chains = new Map<string, string>()
  #collectors = new Map<string, string>()

  constructor(intent: IntentView, observed: ObservedView, backend: Backend, tell: Tell) {
    this.#intent = intent
    this.#observed = observed
    this.#backend = backend
    this.#tell = tell
  }

  /** Costs what chains and collectors there are. */
  look(): void {
    const { steerings } = this.#intent
    const missing = new Map<string, string>()
    for (const chain of [...steerings.chains('egress'), ...steerings.chains('ingress')]) {
      const reason = this.#chainProblem(servicesOf(chain))
      if (reason !== undefined) missing.set(chain, reason)
    }
    const deaf = new Map<string, string>()
    for (const collector of steerings.collectors()) {
      const reason = this.#problem(collector)
      if (reason !== undefined) deaf.set(collector, reason)
    }
    const named = new Set([...steerings.chains('egress'), ...steerings.chains('ingress')])
    for (const [chain, reason] of missing) {
      if (this.#chains.get(chain) !== reason) this.#tell('service-missing', chain, { reason })
    }
    for (const chain of this.#chains.keys())
      if (!missing.has(chain) && named.has(chain)) this.#tell('service-found', chain, {})
    for (const [collector, reason] of deaf) {
      if (this.#collectors.get(collector) !== reason) this.#tell('collector-missing', collector, { reason })
    }
    this.#chains = missing
    this.#collectors = deaf
  }

  #chainProblem(services: readonly string[]): string | undefined {
    for (const name of services) {
      const problem = this.#problem(name)
      if (problem !== undefined) return problem
    }
    const switches = services.map((name) => this.#observed.places.get(name)?.datapathId as string)
    if (this.#backend === 'normal') {
      const isOne = new Set(switches).size === 1
      return isOne ? undefined : 'its services are on different switches, and the existing network forwards'
    }
    const state: NetworkState = { intent: this.#intent, observed: this.#observed, backend: this.#backend }
    for (const [index, name] of services.entries()) {
      const problem = legProblem(state, switches[Math.max(0, index - 1)], name, switches[index] as string)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #problem(name: string): string | undefined {
    const place = this.#observed.places.get(name)
    const port = place && this.#observed.datapaths.get(place.datapathId)?.ports.get(place.port)
    if (place === undefined || port === undefined) return `${name} is on no connected port`
    return port.up ? undefined : `port ${port.name} of ${name} is down`
  }
}
