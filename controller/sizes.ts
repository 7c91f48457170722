/**
 * How large packets may be below each switch and at its ports, as far as records and the databases of hypervisors say, and
 * which switches compare the length of packets. It refuses to know what follows (policy/carriers.ts). Used by observe.ts.
 */
import type { HypervisorFacts } from './observed-facts.ts'
import type { Intent } from './policy/intent.ts'
import type { DatapathView } from './policy/state.ts'

export class Sizes {
  readonly #intent: Pick<Intent, 'switchOf'>
  readonly #hypervisors: ReadonlyMap<string, HypervisorFacts>
  /** Switches that do not compare. */
  readonly #unable = new Set<string>()

  constructor(intent: Pick<Intent, 'switchOf'>, hypervisors: ReadonlyMap<string, HypervisorFacts>) {
    this.#intent = intent
    this.#hypervisors = hypervisors
  }

  /** Notes whether a switch compares the length of packets. */
  measures(datapathId: string, does: boolean): void {
    if (does) this.#unable.delete(datapathId)
    else this.#unable.add(datapathId)
  }

  /** Octets of the largest IP packet that the network below a switch takes; undefined where nobody says. */
  below(datapathId: string): number | undefined {
    return this.#intent.switchOf(datapathId)?.mtu ?? this.#hypervisors.get(datapathId)?.mtu
  }

  /** Octets that a port takes, where its hypervisor's database says it. */
  ofPort(datapathId: string, portName: string): number | undefined {
    return this.#hypervisors.get(datapathId)?.mtus.get(portName)
  }

  /** What a view says of it. */
  of(datapathId: string): Pick<DatapathView, 'mtu' | 'measures'> {
    const mtu = this.below(datapathId)
    return { ...(mtu !== undefined && { mtu }), ...(this.#unable.has(datapathId) && { measures: false as const }) }
  }
}
