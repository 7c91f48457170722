/**
 * Which tracked connections a change would cut: each is judged in both states, by the interfaces that hold its addresses.
 * It refuses to know how connections are read from switches.
 */
import { type Address, parseAddress, prefixHolds } from '../../model/address.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import type { Classes, Photograph, WorldClass } from '../policy/classes.ts'
import type { CutIndex } from '../policy/cuts.ts'
import { addressKey } from '../policy/intent.ts'
import { MARK } from '../policy/pipeline.ts'
import { type Judged, judged, passes, type VerdictChanges } from '../policy/verdict-changes.ts'
import type { TrackedConnection } from './conntrack.ts'
import type { CutConnection } from './plan.ts'

/** Who has an address now. */
export type Holder = (network: string, address: string) => string | undefined

interface Found {
  /** A name, or the address itself where it is the world's. */
  name: string
  /** Undefined where no class has it: it appeared after the photograph. */
  index: number | undefined
}

export class ConnectionJudge {
  readonly #verdicts: VerdictChanges
  readonly #holder: Holder
  readonly #byName = new Map<string, number>()
  /** Longest first. */
  readonly #world: { end: WorldClass; index: number }[] = []
  /** Addresses of records that the change writes or deletes: who has them, in either state. */
  readonly #changed: Record<'before' | 'after', Map<string, string>>

  readonly #removed: CutIndex

  constructor(verdicts: VerdictChanges, removed: CutIndex, holder: Holder) {
    this.#removed = removed
    this.#verdicts = verdicts
    this.#holder = holder
    const { all, before, after } = verdicts.classes
    for (const [index, end] of all.entries()) {
      if (end.kind === 'world') this.#world.push({ end, index })
      else for (const name of end.names) this.#byName.set(name, index)
    }
    this.#world.sort((one, other) => other.end.prefix.length - one.end.prefix.length)
    this.#changed = { before: holdersIn(before), after: holdersIn(after) }
  }

  /** The connection as one that would be cut; undefined where it would not. */
  cut(network: string, connection: TrackedConnection): CutConnection | undefined {
    const { source, destination, protocol, port, sourcePort } = connection
    const was = this.#judged(network, connection, 'before')
    if (was === undefined || !passes(was.judged.verdict)) return undefined
    const is = this.#judged(network, connection, 'after')
    if (is === undefined || passes(is.judged.verdict)) return undefined
    return {
      from: was.from,
      to: was.to,
      source,
      destination,
      protocol,
      sourcePort,
      port,
      before: was.judged.verdict,
      after: is.judged.verdict,
      by: is.judged.by,
      switches: [],
      removed: this.#removed.has(network, { source, destination, protocol, ...(port !== undefined && { port }) }),
    }
  }

  #judged(
    network: string,
    { source, destination, protocol, port, code, mark }: TrackedConnection,
    when: 'before' | 'after',
  ): { from: string; to: string; judged: Judged } | undefined {
    const [from, to] = [this.#end(network, source, when), this.#end(network, destination, when)]
    if (from.index === undefined || to.index === undefined) return undefined
    const packet = {
      protocol,
      ...(port === undefined ? {} : { port }),
      ...(code === undefined ? {} : { code }),
      kept: { egress: hasBit(mark, MARK.kept.egress), ingress: hasBit(mark, MARK.kept.ingress) },
    }
    const verdict = this.#verdicts.judge.verdict(from.index, to.index, packet, when)
    return { from: from.name, to: to.name, judged: judged(verdict) }
  }

  #end(network: string, address: string, when: 'before' | 'after'): Found {
    const key = addressKey(network, address)
    const other = when === 'before' ? 'after' : 'before'
    let name = this.#changed[when].get(key)
    // A record of the change that has it in the other state only does not have it in this one.
    if (name === undefined && !this.#changed[other].has(key)) name = this.#holder(network, address)
    if (name !== undefined) return { name, index: this.#byName.get(name) }
    const parsed = parseAddress(address) as Address
    const world = this.#world.find(({ end }) => prefixHolds(end.prefix, parsed))
    return { name: address, index: world?.index }
  }
}

const hasBit = (mark: number, bit: number): boolean => ((mark >>> bit) & 1) === 1

function holdersIn({ changed }: Photograph): Map<string, string> {
  const holders = new Map<string, string>()
  for (const [name, { record, network }] of changed) {
    for (const address of record.addresses) holders.set(addressKey(network, address), name)
  }
  return holders
}

/** Whether a connection may be cut at all, and networks and interfaces that may have one. */
export function whoMayLose(
  { changes, classes, complete }: VerdictChanges,
  hasWorld: boolean,
): {
  networks: Set<string>
  names: Iterable<string>[]
} {
  const networks = new Set<string>()
  const names: Iterable<string>[] = []
  const seen = new Set<number>()
  const take = (index: number): void => {
    const end = classes.all[index]!
    if (seen.has(index) || end.kind === 'world') return
    seen.add(index)
    names.push(end.names)
    for (const stand of [end.before, end.after]) if (stand !== undefined) networks.add(stand.network)
  }
  for (const { before, after, from, to } of changes) {
    if (passes(before.verdict) && !passes(after.verdict)) for (const index of [...from, ...to]) take(index)
  }
  if (!complete) for (const index of classes.all.keys()) take(index)
  if (hasWorld) takeAddresses(classes, networks, names)
  return { networks, names }
}

/** An address that the world has now, and a record afterwards, changes hands, whatever rules say of either. */
function takeAddresses({ before, after }: Classes, networks: Set<string>, names: Iterable<string>[]): void {
  const addressesOf = (record: InterfaceRecord | undefined): string => `${record?.network} ${record?.addresses.join()}`
  for (const [name, { record, network }] of after.changed) {
    if (addressesOf(before.changed.get(name)?.record) === addressesOf(record)) continue
    networks.add(network)
    names.push([name])
  }
}
