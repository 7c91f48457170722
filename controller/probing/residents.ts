/**
 * Names of interfaces by the switch that they are on, so that one of them can be drawn without looking at all. It costs
 * what moves. It refuses to know why anything is where it is.
 */
import type { Place } from '../policy/state.ts'

interface Residence {
  datapathId: string
  index: number
}

const NOBODY: readonly string[] = []

export class Residents {
  readonly #on = new Map<string, string[]>()
  readonly #where = new Map<string, Residence>()

  /** In no order. */
  on(datapathId: string): readonly string[] {
    return this.#on.get(datapathId) ?? NOBODY
  }

  /** It is there now; undefined: nowhere. */
  put(name: string, place: Place | undefined): void {
    const before = this.#where.get(name)
    if (before?.datapathId === place?.datapathId) return
    if (before !== undefined) this.#leave(name, before)
    if (place === undefined) return
    const { datapathId } = place
    const its = this.#on.get(datapathId)
    this.#where.set(name, { datapathId, index: its?.length ?? 0 })
    if (its === undefined) this.#on.set(datapathId, [name])
    else its.push(name)
  }

  #leave(name: string, { datapathId, index }: Residence): void {
    const its = this.#on.get(datapathId) ?? []
    const last = its.pop() as string
    this.#where.delete(name)
    if (last !== name) {
      its[index] = last
      this.#where.set(last, { datapathId, index })
    }
    if (its.length === 0) this.#on.delete(datapathId)
  }
}
