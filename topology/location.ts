/**
 * Where MAC addresses were seen on ports that lead to no switch of ours. The newest sighting wins, but a MAC address
 * that a record attaches elsewhere is contested and not moved. The table, the addresses of a port and the moves of an
 * address are bounded. It refuses to know records and links: the caller tells.
 */
import { type PortRef, portKey } from './graph.ts'

export interface HostSighting extends PortRef {
  /** Milliseconds. */
  at: number
}

export type Seen = 'new' | 'moved' | 'known' | 'contested' | 'limited'

export interface LocationLimits {
  /** Addresses in the table; the one seen longest ago makes room. */
  total: number
  /** Addresses on one port. */
  perPort: number
  /** Moves of one address in `windowMs`. */
  moves: number
  windowMs: number
}

const LIMITS: LocationLimits = { total: 65_536, perPort: 1024, moves: 5, windowMs: 10_000 }

interface Entry extends HostSighting {
  moves: number
  windowStart: number
}

export class Locations {
  readonly #limits: LocationLimits
  /** From the one seen longest ago to the newest. */
  readonly #entries = new Map<number, Entry>()
  readonly #byPort = new Map<string, Set<number>>()

  constructor(limits: Partial<LocationLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits }
  }

  get sightings(): ReadonlyMap<number, HostSighting> {
    return this.#entries
  }

  /** @param attached Where a record attaches this MAC address, if one does. @param evicted Receives who made room. */
  see(mac: number, { datapathId, port }: PortRef, now: number, attached?: PortRef, evicted: number[] = []): Seen {
    if (attached !== undefined && (attached.datapathId !== datapathId || attached.port !== port)) return 'contested'
    const entry = this.#entries.get(mac)
    const moved = entry !== undefined && (entry.datapathId !== datapathId || entry.port !== port)
    if (entry !== undefined && !moved) {
      this.#entries.delete(mac)
      entry.at = now
      this.#entries.set(mac, entry)
      return 'known'
    }
    if ((this.#byPort.get(portKey({ datapathId, port }))?.size ?? 0) >= this.#limits.perPort) return 'limited'
    const fresh = entry === undefined || now - entry.windowStart >= this.#limits.windowMs
    const moves = fresh ? 0 : entry.moves
    if (moved && moves >= this.#limits.moves) return 'limited'
    this.forget(mac)
    if (this.#entries.size >= this.#limits.total) {
      const oldest = this.#entries.keys().next().value
      if (oldest !== undefined && this.forget(oldest)) evicted.push(oldest)
    }
    const windowStart = fresh ? now : entry.windowStart
    this.#entries.set(mac, { datapathId, port, at: now, moves: moved ? moves + 1 : 0, windowStart })
    const key = portKey({ datapathId, port })
    const here = this.#byPort.get(key)
    if (here === undefined) this.#byPort.set(key, new Set([mac]))
    else here.add(mac)
    return moved ? 'moved' : 'new'
  }

  forget(mac: number): boolean {
    const entry = this.#entries.get(mac)
    if (entry === undefined) return false
    this.#entries.delete(mac)
    const here = this.#byPort.get(portKey(entry))
    here?.delete(mac)
    if (here?.size === 0) this.#byPort.delete(portKey(entry))
    return true
  }

  /** Forgets who was seen on a port. */
  forgetPort(port: PortRef): number[] {
    return [...(this.#byPort.get(portKey(port)) ?? [])].filter((mac) => this.forget(mac))
  }

  /** Forgets who was not seen for `idleMs`. */
  expire(now: number, idleMs: number): number[] {
    const gone: number[] = []
    for (const [mac, { at }] of this.#entries) {
      if (now - at <= idleMs) break
      gone.push(mac)
    }
    return gone.filter((mac) => this.forget(mac))
  }
}
