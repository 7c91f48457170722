/**
 * Which connections a change cuts: those that a rule with `established: cut` let through before and that policy does not
 * permit after, said in the words that a switch can be told to forget by (NXT_CT_FLUSH: exact addresses, protocol, port, or
 * any). A word never covers a connection that is permitted, and two ends at once are named wherever they can be; what
 * cannot be named is counted. Pairs of classes come from concerned.ts, verdicts from the lookup. It refuses to know
 * switches, zones and what is tracked. A generator, so that a caller can let others in between.
 */
import { type Address, formatAddress, parseAddress } from '../../model/address.ts'
import { ICMP, ICMPV6 } from '../../model/icmp.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import { type Classes, type EndClass, standOf } from './classes.ts'
import { concernedPairs } from './concerned.ts'
import { type Layer4, packetAt, ranges } from './layer4.ts'
import type { Between } from './lookup.ts'
import type { Verdict } from './permits.ts'
import { Judge } from './verdict-changes.ts'

/** Connections of one network that are to be forgotten, by their original direction; absent is any. */
export interface Cut {
  network: string
  source?: string
  destination?: string
  /** IP protocol number; a port needs it. */
  protocol?: number
  /** Destination port. */
  port?: number
  /** Interfaces among their ends: at whose switches they are. */
  names: readonly string[]
  /** One end may be in the world: they are at switches with uplinks too. */
  hasWorld: boolean
}

export interface Cuts {
  cuts: Cut[]
  /** Pairs of classes, protocols or ports of which not all could be named. */
  left: number
}

export interface CutOptions {
  /** Interfaces of a class. */
  namesOf(end: EndClass): Iterable<string>
  /** A record as it was before. */
  record(name: string): InterfaceRecord | undefined
  limits?: typeof CUT_LIMITS
}

export const CUT_LIMITS = {
  /** Pairs of classes that are looked at. */
  pairs: 5000,
  /** Cuts of one change. */
  cuts: 1000,
  /** Ports of one range that are named one by one. */
  ports: 32,
  /** Pairs of addresses named one by one, where one end alone would do. */
  product: 64,
} satisfies Record<string, number>

/** No rule that cuts was there: nothing is cut. */
export const NO_CUTS: Cuts = { cuts: [], left: 0 }

export function* cutsOf(classes: Classes, options: CutOptions): Generator<void, Cuts> {
  const { pairs } = options.limits ?? CUT_LIMITS
  if (!classes.before.rules.some(({ rule }) => rule.established === 'cut')) return NO_CUTS
  const concerned = yield* concernedPairs(classes, pairs)
  const work = new Cutting(classes, options)
  if (concerned.cut) work.left++
  for (const [from, its] of concerned.pairs) {
    for (const to of its.keys()) {
      yield
      work.pair(from, to)
    }
  }
  return { cuts: [...work.cuts.values()], left: work.left }
}

/** What policy permits between an end and all others now; `keeps`: connections may go on whatever it is. */
interface Open {
  permitted: Layer4[]
  keeps: boolean
}

class Cutting {
  readonly cuts = new Map<string, Cut>()
  left = 0
  readonly #classes: Classes
  readonly #judge: Judge
  readonly #options: CutOptions
  readonly #limits: typeof CUT_LIMITS
  readonly #open = new Map<string, Open>()

  constructor(classes: Classes, options: CutOptions) {
    this.#classes = classes
    this.#judge = new Judge(classes)
    this.#options = options
    this.#limits = options.limits ?? CUT_LIMITS
  }

  pair(from: number, to: number): void {
    const before = this.#judge.between(from, to, 'before')
    if (!before.rules.some(({ established }) => established === 'cut')) return
    const after = this.#judge.between(from, to, 'after')
    const all = ranges([...before.rules, ...after.rules], 'all')
    const lost = all.filter((one) => {
      const packet = packetAt(one)
      const was = before.verdict(packet)
      return was.allow && this.#isCutters(was) && !after.verdict(packet).allow
    })
    if (lost.length === 0) return
    const [sources, destinations] = [this.#addresses(from), this.#addresses(to)]
    const network = (standOf(this.#classes.all[from]!, 'before') ?? standOf(this.#classes.all[to]!, 'before'))?.network
    if (network === undefined) return
    const pairs = (sources?.length ?? Number.POSITIVE_INFINITY) * (destinations?.length ?? Number.POSITIVE_INFINITY)
    const hasWorld = [from, to].some((index) => this.#classes.all[index]!.kind === 'world')
    // One end alone says more than was asked, so it is the second choice; where the world has no one address, the only one.
    if (pairs > this.#limits.product && this.#alone(network, from, to, sources, destinations, lost, hasWorld)) return
    if (sources === undefined || destinations === undefined) {
      this.left++
      return
    }
    const open = all.filter((one) => after.verdict(packetAt(one)).allow)
    const { words, left } = wordsFor(lost, open, this.#limits.ports)
    this.left += left
    for (const source of sources) {
      for (const destination of destinations) {
        if (source.name !== undefined && source.name === destination.name) continue
        if (source.address.family !== destination.address.family) continue
        for (const word of words) this.#add({ network, source, destination, word, hasWorld })
      }
    }
  }

  /** Names connections by one end, where nothing that this end's address opens or receives is permitted. */
  #alone(
    network: string,
    from: number,
    to: number,
    sources: End[] | undefined,
    destinations: End[] | undefined,
    lost: readonly Layer4[],
    hasWorld: boolean,
  ): boolean {
    const ways: [End[] | undefined, number, 'source' | 'destination'][] = [
      [destinations, to, 'destination'],
      [sources, from, 'source'],
    ]
    ways.sort(
      ([one], [other]) => (one?.length ?? Number.POSITIVE_INFINITY) - (other?.length ?? Number.POSITIVE_INFINITY),
    )
    for (const [ends, index, side] of ways) {
      if (ends === undefined || this.#classes.all[index]!.kind === 'world') continue
      const { permitted, keeps } = this.#openAt(index, side)
      if (keeps) continue
      const { words, left } = wordsFor(lost, permitted, this.#limits.ports)
      if (left > 0) continue
      const others = side === 'source' ? to : from
      const names = [...this.#namesOf(others)]
      for (const end of ends) for (const word of words) this.#add({ network, [side]: end, word, hasWorld, names })
      return true
    }
    return false
  }

  #openAt(index: number, side: 'source' | 'destination'): Open {
    const key = `${side} ${index}`
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const open: Open = { permitted: [], keeps: false }
    for (const other of this.#classes.all.keys()) {
      const ends: [number, number] = side === 'source' ? [index, other] : [other, index]
      const [before, after] = [this.#judge.between(...ends, 'before'), this.#judge.between(...ends, 'after')]
      if (keeps(before) || keeps(after)) open.keeps = true
      for (const one of ranges(after.rules, 'all')) {
        if (after.verdict(packetAt(one)).allow) open.permitted.push(one)
      }
    }
    this.#open.set(key, open)
    return open
  }

  #isCutters({ egress, ingress }: Verdict): boolean {
    return [egress, ingress].some(({ by }) => {
      if (by.kind !== 'rule') return false
      const policy = this.#classes.before.policies.get(by.cause.policy)
      return policy?.rules[by.cause.ruleIndex]?.established === 'cut'
    })
  }

  /** Addresses of a class; undefined where they are a prefix of the world. */
  #addresses(index: number): End[] | undefined {
    const end = this.#classes.all[index]!
    if (end.kind === 'world') {
      const isOne = end.prefix.length === (end.prefix.family === 4 ? 32 : 128)
      return isOne ? [{ address: { family: end.prefix.family, value: end.prefix.value } }] : undefined
    }
    const found: End[] = []
    for (const name of this.#options.namesOf(end)) {
      for (const text of this.#options.record(name)?.addresses ?? []) {
        const address = parseAddress(text)
        if (address !== undefined) found.push({ name, address })
      }
      // As many pairs as this are not gone through one by one: who is left out here is not forgotten there.
      if (found.length > Math.max(this.#limits.cuts, this.#limits.product)) break
    }
    return found
  }

  *#namesOf(index: number): IterableIterator<string> {
    const end = this.#classes.all[index]!
    if (end.kind === 'world') return
    let count = 0
    for (const name of this.#options.namesOf(end)) {
      if (count++ < this.#limits.cuts) yield name
      else {
        this.left++
        return
      }
    }
  }

  #add(cut: {
    network: string
    source?: End
    destination?: End
    word: Word
    hasWorld: boolean
    names?: readonly string[]
  }): void {
    const { network, source, destination, word, hasWorld, names = [] } = cut
    const [from, to] = [source && formatAddress(source.address), destination && formatAddress(destination.address)]
    const made: Cut = {
      network,
      ...(from === undefined ? {} : { source: from }),
      ...(to === undefined ? {} : { destination: to }),
      ...word,
      names: [...names, ...[source?.name, destination?.name].filter((name) => name !== undefined)],
      hasWorld,
    }
    const key = cutKey(made)
    const known = this.cuts.get(key)
    if (known !== undefined) {
      const all = new Set([...known.names, ...made.names])
      this.cuts.set(key, { ...known, names: [...all], hasWorld: known.hasWorld || hasWorld })
    } else if (this.cuts.size >= this.#limits.cuts) this.left++
    else this.cuts.set(key, made)
  }
}

interface End {
  /** Absent for an address of the world. */
  name?: string
  address: Address
}

type Word = Pick<Cut, 'protocol' | 'port'>

const keeps = ({ rules }: Between): boolean => rules.some(({ established }) => established === 'keep')

/**
 * Words for what was lost that cover nothing that is open. Open vSwitch 3.1 names ICMP by the identifier of each query, so
 * ICMP, and protocols that no rule names, have no word of their own: they go where nothing at all is open.
 */
export function wordsFor(
  lost: readonly Layer4[],
  open: readonly Layer4[],
  maxPorts: number,
): { words: Word[]; left: number } {
  if (open.length === 0) return { words: [{}], left: 0 }
  const words: Word[] = []
  let left = 0
  for (const protocol of new Set(lost.map((one) => one.protocol))) {
    const its = lost.filter((one) => one.protocol === protocol && one.except === undefined)
    if (its.length === 0 || protocol === ICMP || protocol === ICMPV6) continue
    const others = open.filter(({ protocol: one, except }) =>
      except === undefined ? one === protocol : !except.includes(protocol),
    )
    if (others.length === 0) {
      words.push({ protocol })
      continue
    }
    const isOpen = (port: number): boolean =>
      others.some(({ first = 0, last = 65535 }) => first <= port && port <= last)
    for (const { first = 0, last = 65535 } of its) {
      if (last - first >= maxPorts) left++
      else for (let port = first; port <= last; port++) isOpen(port) ? left++ : words.push({ protocol, port })
    }
  }
  return { words, left }
}

/** The same for equal words, whoever their ends are. */
export function cutKey({ network, source, destination, protocol, port }: Omit<Cut, 'names' | 'hasWorld'>): string {
  return [network, source, destination, protocol, port].join(' ')
}

/** Whether a connection is among those cut. */
export class CutIndex {
  readonly #keys: ReadonlySet<string>

  constructor(cuts: readonly Cut[]) {
    this.#keys = new Set(cuts.map(cutKey))
  }

  has(
    network: string,
    { source, destination, protocol, port }: { source: string; destination: string; protocol: number; port?: number },
  ): boolean {
    if (this.#keys.size === 0) return false
    const ends = [{ source, destination }, { source }, { destination }]
    const words: Word[] = [{}, { protocol }]
    if (port !== undefined && protocol !== ICMP && protocol !== ICMPV6) words.push({ protocol, port })
    const isIcmp = protocol === ICMP || protocol === ICMPV6
    return ends.some((end) =>
      words.some((word) => !(isIcmp && 'protocol' in word) && this.#keys.has(cutKey({ network, ...end, ...word }))),
    )
  }
}
