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
  /** Whether a table is still to come that asks who sent it and for whom it is, and decides where it goes on. */
  readonly who: boolean
}

export class Liveness {
  readonly #tables: ReadonlyMap<number, TableIndex>
  #matters = new Map<number, Matters>()

  readonly #exits: () => readonly number[]

  /** @param exits Fields that are looked at where packets come out. */
  constructor(tables: ReadonlyMap<number, TableIndex>, exits: () => readonly number[]) {
    this.#tables = tables
    this.#exits = exits
  }

  at(table: number): Matters {
    return this.#matters.get(table) ?? NOTHING
  }

  /** Rows lead to higher tables only; what leads back is refused elsewhere. */
  compute(): void {
    const live = new Map<number, Set<number>>()
    const deciding = new Map<number, Set<number>>()
    const exits = this.#exits()
    for (const number of [...this.#tables.keys()].sort((one, other) => other - one)) {
      const table = this.#tables.get(number) as TableIndex
      const its = new Set<number>(table.reads.keys())
      if (table.outs > 0) for (const one of exits) its.add(one)
      live.set(number, withMoves(table, number, its, live))
      const decides = new Set<number>(table.nexts.size > 0 ? table.reads.keys() : [])
      deciding.set(number, withMoves(table, number, decides, deciding))
    }
    this.#matters = new Map(
      [...live].map(([number, its]) => [number, this.#mattersOf(its, deciding.get(number) as ReadonlySet<number>)]),
    )
  }

  #mattersOf(its: ReadonlySet<number>, deciding: ReadonlySet<number>): Matters {
    const live = [...its].sort((one, other) => one - other)
    const asked = [...new Set([...its, ...TRUTHS])].sort((one, other) => one - other)
    const who = WHO.some((one) => deciding.has(one))
    return { live, asked, isLive: flags(live), isAsked: flags(asked), who }
  }
}

/** What matters at a table: what it asks, what those behind it do, and what that is copied from. */
function withMoves(
  table: TableIndex,
  number: number,
  its: Set<number>,
  behind: ReadonlyMap<number, ReadonlySet<number>>,
): Set<number> {
  for (const next of table.nexts.keys()) if (next > number) for (const one of behind.get(next) ?? []) its.add(one)
  for (let before = -1; before !== its.size; ) {
    before = its.size
    for (const pair of table.moves.keys()) {
      const [from, to] = pair.split('>').map(Number) as [number, number]
      if (its.has(to)) its.add(from)
    }
  }
  return its
}

function flags(fields: readonly number[]): Uint8Array {
  const found = new Uint8Array(Math.max(-1, ...fields) + 1)
  for (const its of fields) found[its] = 1
  return found
}

const NOTHING: Matters = { live: [], asked: [], isLive: new Uint8Array(0), isAsked: new Uint8Array(0), who: false }
