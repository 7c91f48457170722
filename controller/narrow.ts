/**
 * Tells of switches whose guests may send packets that are larger than what fits towards some other switch: the hypervisor's
 * database says the MTU of guests' ports, carriers.ts which size fits. Told once for each switch and size, and that it is over.
 * A look costs the switches that carry, and the interfaces that are anywhere. It refuses to change anything.
 */
import type { Tell } from './events.ts'
import { type Carrier, isIpv6, overheadOf, UNDERLAY_MTU } from './policy/carriers.ts'
import type { DatapathView, ObservedView } from './policy/state.ts'

export interface NarrowFacts {
  observed: Pick<ObservedView, 'datapaths' | 'places' | 'absent'>
  /** Octets that a port takes, where its hypervisor's database says it. */
  mtuOf(datapathId: string, portName: string): number | undefined
  nameOf(datapathId: string): string
  tell: Tell
}

/** The two that take least, of switches that reach each other in one way. */
interface Least {
  first: { mtu: number; datapathId: string }
  second?: { mtu: number; datapathId: string }
}

const LOOK_MS = 1000

export class Narrow {
  readonly #facts: NarrowFacts
  /** By switch, what was told last. */
  readonly #told = new Map<string, string>()
  #looking: NodeJS.Timeout | undefined

  constructor(facts: NarrowFacts) {
    this.#facts = facts
  }

  /** Something of this may be another; it is looked at within a second, once, however often this is called. */
  changed(): void {
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined
      this.look()
    }, LOOK_MS).unref()
  }

  close(): void {
    clearTimeout(this.#looking)
  }

  look(): void {
    const { observed, nameOf, tell } = this.#facts
    const least = this.#least()
    const guests = this.#guests()
    for (const datapathId of new Set([...this.#told.keys(), ...guests.keys()])) {
      const view = observed.datapaths.get(datapathId)
      const guest = guests.get(datapathId)
      const fits = view && guest && sizeFrom(view, least)
      if (fits === undefined || guest === undefined || guest.mtu <= fits.largest) {
        if (this.#told.delete(datapathId)) tell('carrier-wide', datapathId)
        continue
      }
      const text = `${guest.mtu} ${guest.port} ${fits.largest} ${fits.other}`
      if (this.#told.get(datapathId) === text) continue
      this.#told.set(datapathId, text)
      const { carrier, largest, other } = fits
      const wanted = guest.mtu + fits.overhead
      const details = { carrier, largest, wanted, mtu: guest.mtu, port: guest.port, other: nameOf(other) || other }
      tell('carrier-narrow', datapathId, details)
    }
  }

  /** By switch, the port of an interface that takes most. */
  #guests(): Map<string, { mtu: number; port: string }> {
    const { observed, mtuOf } = this.#facts
    const found = new Map<string, { mtu: number; port: string }>()
    for (const { datapathId, port } of observed.places.values()) {
      const name = observed.datapaths.get(datapathId)?.ports.get(port)?.name
      const mtu = name === undefined ? undefined : mtuOf(datapathId, name)
      if (name === undefined || mtu === undefined) continue
      const before = found.get(datapathId)
      if (before === undefined || mtu > before.mtu || (mtu === before.mtu && name < before.port))
        found.set(datapathId, { mtu, port: name })
    }
    return found
  }

  #least(): Map<string, Least> {
    const found = new Map<string, Least>()
    for (const [datapathId, edge] of this.#facts.observed.datapaths) {
      const its = { mtu: edge.mtu ?? UNDERLAY_MTU, datapathId }
      for (const way of waysOf(edge)) {
        const before = found.get(way)
        if (before === undefined) found.set(way, { first: its })
        else if (its.mtu < before.first.mtu) found.set(way, { first: its, second: before.first })
        else if (before.second === undefined || its.mtu < before.second.mtu) found.set(way, { ...before, second: its })
      }
    }
    return found
  }
}

/** How a switch reaches others that takes room away. */
function waysOf({ tunnel, carriers }: DatapathView): string[] {
  const ways = tunnel === undefined ? [] : [`${tunnel.kind} ${isIpv6(tunnel.address) ? 6 : 4}`]
  return carriers?.includes('mpls') === true ? [...ways, 'mpls 4'] : ways
}

/** The least that fits from a switch to any other. */
function sizeFrom(
  view: DatapathView,
  least: ReadonlyMap<string, Least>,
): { largest: number; overhead: number; carrier: string; other: string } | undefined {
  let found: ReturnType<typeof sizeFrom>
  for (const way of waysOf(view)) {
    const { first, second } = least.get(way) ?? {}
    const other = first?.datapathId === view.datapathId ? second : first
    if (other === undefined) continue
    const [carrier = '', family] = way.split(' ')
    const overhead = overheadOf(carrier as Carrier, family === '6' ? 6 : 4)
    const largest = Math.min(view.mtu ?? UNDERLAY_MTU, other.mtu) - overhead
    if (found === undefined || largest < found.largest) found = { largest, overhead, carrier, other: other.datapathId }
  }
  return found
}
