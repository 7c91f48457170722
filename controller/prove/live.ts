/**
 * Which fields still matter at a table: those that it or a table behind it looks at. What no longer matters is
 * forgotten there, and so regions that differ in nothing else become one; that is why the proof costs what rows and
 * identities cost, and not pairs of interfaces. It refuses to know what fields mean.
 */
import { REGISTERS } from '../policy/pipeline.ts'
import { field } from './space.ts'
import type { TableIndex } from './table.ts'

/** Who sent what, and for whom it is. */
const WHO = [REGISTERS.source, REGISTERS.destination, REGISTERS.key, REGISTERS.protocol].map(field)
/** What policy is asked about: kept until it has been asked. */
export const TRUTHS = [
  ...['ip_proto', 'nw_frag', 'tcp_dst', 'udp_dst', 'sctp_dst', 'icmpv4_type', 'icmpv6_type'],
  ...['icmpv4_code', 'icmpv6_code', 'ct_mark'],
  ...['ct_nw_proto', 'ct_tp_src', 'ct_tp_dst', REGISTERS.key, REGISTERS.protocol],
].map(field)

/** What matters at a table. */
export interface Matters {
  /** Fields, ascending. */
  readonly live: readonly number[]
  /** Those, and the ones that are kept until policy has been asked. */
  readonly asked: readonly number[]
  /** By field, 1 where it is among `live`, or among `asked`. */
  readonly isLive: Uint8Array
  readonly isAsked: Uint8Array
  /** Whether who sent it and for whom it is still matters. */
  readonly who: boolean
}

export class Liveness {
  readonly #tables: ReadonlyMap<number, TableIndex>
  #matters = new Map<number, Matters>()

  constructor(tables: ReadonlyMap<number, TableIndex>) {
    this.#tables = tables
  }

  at(table: number): Matters {
    return this.#matters.get(table) ?? NOTHING
  }

  /** Rows lead to higher tables only; what leads back is refused elsewhere. */
  compute(): void {
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
    this.#matters = new Map([...live].map(([number, its]) => [number, this.#mattersOf(its)]))
  }

  #mattersOf(its: ReadonlySet<number>): Matters {
    const live = [...its].sort((one, other) => one - other)
    const asked = [...new Set([...its, ...TRUTHS])].sort((one, other) => one - other)
    return { live, asked, isLive: flags(live), isAsked: flags(asked), who: WHO.some((one) => its.has(one)) }
  }
}

function flags(fields: readonly number[]): Uint8Array {
  const found = new Uint8Array(Math.max(-1, ...fields) + 1)
  for (const its of fields) found[its] = 1
  return found
}

const NOTHING: Matters = { live: [], asked: [], isLive: new Uint8Array(0), isAsked: new Uint8Array(0), who: false }
