/**
 * Which switch has which end of tunnels: what its record says, else the database of its hypervisor; and of several with one
 * address the first by datapath id, since packets could not be told apart. Also of switches that have not connected yet,
 * so that those who have go on sending to them. What databases said in an earlier run is believed until they are read, and
 * gives way to whoever has the address now. It refuses to know ports. Used by observe.ts.
 */
import type { TunnelAddress } from '../model/records.ts'
import type { Tell } from './events.ts'
import type { Edge } from './policy/state.ts'

export interface TunnelFacts {
  /** What a switch's record says, if it has one. */
  recordOf(datapathId: string): Edge | undefined
  /** What the database of its hypervisor says. */
  encapOf(datapathId: string): TunnelAddress | undefined
  /** What the network below a switch takes, by its record or that database. */
  mtuOf(datapathId: string): number | undefined
  isPresent(datapathId: string): boolean
  tell: Tell
}

export class TunnelEnds {
  readonly #facts: TunnelFacts
  /** Switches that have not connected. */
  readonly absent = new Map<string, Edge>()
  /** What databases that have not been read yet said of switches in an earlier run. */
  readonly #recalled = new Map<string, TunnelAddress>()
  /** Switches by the address that their end is to have, and the other way round. */
  readonly #claims = new Map<string, Set<string>>()
  readonly #claimed = new Map<string, string>()

  constructor(facts: TunnelFacts) {
    this.#facts = facts
  }

  /** The end that a switch is to have; the record's word counts more than the database's. */
  wanted(datapathId: string): TunnelAddress | undefined {
    return this.#facts.recordOf(datapathId)?.tunnel ?? this.said(datapathId)
  }

  /** What the database of a switch's hypervisor said last, as far as that is believed. */
  said(datapathId: string): TunnelAddress | undefined {
    return this.#facts.encapOf(datapathId) ?? this.#recalled.get(datapathId)
  }

  /** The database of a switch said this in an earlier run; undefined: that is to be forgotten. */
  recall(datapathId: string, end: TunnelAddress | undefined): void {
    if (end === undefined) this.#recalled.delete(datapathId)
    else this.#recalled.set(datapathId, end)
  }

  /** The end that a switch has as far as others may know. */
  of(datapathId: string): TunnelAddress | undefined {
    const end = this.wanted(datapathId)
    if (end === undefined) return undefined
    for (const other of this.#claims.get(end.address) ?? []) if (other < datapathId) return undefined
    return end
  }

  /** Looks again at what a switch is to have. @returns Others whose ends may be others because of that. */
  look(datapathId: string): Set<string> {
    const others = this.#giveWay(datapathId)
    const before = this.#claimed.get(datapathId)
    const address = this.wanted(datapathId)?.address
    if (before === address) return others
    if (before !== undefined) {
      for (const other of this.#claims.get(before) ?? []) others.add(other)
      this.#release(datapathId, before)
    }
    if (address !== undefined) {
      for (const other of this.#claims.get(address) ?? []) {
        others.add(other)
        const [held, second] = [datapathId, other].sort() as [string, string]
        this.#facts.tell('tunnel-contested', second, { address, held })
      }
      this.#take(datapathId, address)
    }
    others.delete(datapathId)
    return others
  }

  /** Notes what others may know of a switch that is not there. @returns Whether that is something else than before. */
  lookAbsent(datapathId: string): boolean {
    const before = this.absent.get(datapathId)
    const carriers = this.#facts.recordOf(datapathId)?.carriers
    const tunnel = this.#facts.isPresent(datapathId) ? undefined : this.of(datapathId)
    const mtu = this.#facts.mtuOf(datapathId)
    const isNothing = this.#facts.isPresent(datapathId) || (tunnel === undefined && carriers === undefined)
    if (isNothing) this.absent.delete(datapathId)
    else this.absent.set(datapathId, { ...(tunnel && { tunnel }), ...(carriers && { carriers }), ...(mtu && { mtu }) })
    return edgeText(before) !== edgeText(this.absent.get(datapathId))
  }

  /** Brings back what is now, when it is asked for. */
  remember(): () => void {
    const [claimed, absent, recalled] = [new Map(this.#claimed), new Map(this.absent), new Map(this.#recalled)]
    return () => {
      this.#recalled.clear()
      for (const [datapathId, end] of recalled) this.#recalled.set(datapathId, end)
      this.#claims.clear()
      this.#claimed.clear()
      for (const [datapathId, address] of claimed) this.#take(datapathId, address)
      this.absent.clear()
      for (const [datapathId, edge] of absent) this.absent.set(datapathId, edge)
    }
  }

  /** Who has an address from memory has it no more where another is said to have it. @returns Others that gave way. */
  #giveWay(datapathId: string): Set<string> {
    const gave = new Set<string>()
    const address = this.wanted(datapathId)?.address ?? ''
    const rivals = [...(this.#claims.get(address) ?? [])].filter((other) => other !== datapathId)
    if (this.#isRecalled(datapathId)) {
      if (rivals.some((other) => !this.#isRecalled(other))) this.#recalled.delete(datapathId)
      return gave
    }
    for (const other of rivals) {
      if (!this.#isRecalled(other)) continue
      this.#recalled.delete(other)
      this.#release(other, address)
      gave.add(other)
    }
    return gave
  }

  /** Whether nobody says now that a switch has its end. */
  #isRecalled(datapathId: string): boolean {
    if (!this.#recalled.has(datapathId) || this.#facts.encapOf(datapathId) !== undefined) return false
    return this.#facts.recordOf(datapathId)?.tunnel === undefined
  }

  #take(datapathId: string, address: string): void {
    this.#claimed.set(datapathId, address)
    const its = this.#claims.get(address) ?? new Set()
    this.#claims.set(address, its.add(datapathId))
  }

  #release(datapathId: string, address: string): void {
    const its = this.#claims.get(address)
    its?.delete(datapathId)
    if (its?.size === 0) this.#claims.delete(address)
    this.#claimed.delete(datapathId)
  }
}

/** What others read from a switch's packets. */
export function edgeText(edge: Edge | undefined): string {
  return JSON.stringify([edge?.tunnel ?? null, edge?.carriers ?? [], edge?.mtu ?? 0])
}
