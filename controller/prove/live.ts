/**
 * Which fields still matter at a table: those that it or a table behind it looks at. What no longer matters is
 * forgotten there, and so regions that differ in nothing else become one; that is why the proof costs what rows and
 * identities cost, and not pairs of interfaces. It refuses to know what fields mean.
 */
import type { TableIndex } from './table.ts'

export class Liveness {
  readonly #tables: ReadonlyMap<number, TableIndex>
  #shape = -1
  #live = new Map<number, number[]>()

  constructor(tables: ReadonlyMap<number, TableIndex>) {
    this.#tables = tables
  }

  /** Fields that matter from a table on, ascending. */
  at(table: number): readonly number[] {
    let shape = 0
    for (const its of this.#tables.values()) shape += its.shape
    if (shape !== this.#shape) {
      this.#shape = shape
      this.#compute()
    }
    return this.#live.get(table) ?? []
  }

  /** Rows lead to higher tables only; what leads back is refused elsewhere. */
  #compute(): void {
    const live = new Map<number, Set<number>>()
    for (const number of [...this.#tables.keys()].sort((one, other) => other - one)) {
      const table = this.#tables.get(number) as TableIndex
      const its = new Set<number>(table.reads.keys())
      for (const next of table.nexts.keys()) if (next > number) for (const one of live.get(next) ?? []) its.add(one)
      for (let before = -1; before !== its.size; ) {
        before = its.size
        for (const pair of table.moves.keys()) {
          const [from, to] = pair.split('>').map(Number) as [number, number]
          if (its.has(to)) its.add(from)
        }
      }
      live.set(number, its)
    }
    this.#live = new Map([...live].map(([number, its]) => [number, [...its].sort((one, other) => one - other)]))
  }
}
