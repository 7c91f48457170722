/**
 * Conflicts among rules, in the terms of E. Al-Shaer and H. Hamed, "Discovery of Policy Anomalies in Distributed
 * Firewalls" (IEEE INFOCOM 2004) and "Firewall Policy Advisor for Anomaly Discovery and Rule Editing" (IM 2003), taken
 * from pairs of rules to unions of them: what is wrong with a rule, which other rule is to blame, and a packet that
 * shows it. Everything is asked on two levels: over all possible sets of tags (scope `always`), and among the interfaces
 * that exist (scope `now`). docs/lint.md tells the same to people. It refuses to decide what becomes of a finding
 * (conflict-check.ts) and to change anything.
 */

import { formatAddress } from '../../model/address.ts'
import { flowProtocolWord } from '../../model/protocol.ts'
import { type Tag, tagText } from '../../model/tag.ts'
import {
  ALL_TAG_SETS,
  Coverage,
  Exhausted,
  presentSpace,
  repeatOf,
  SEARCH_BUDGET,
  type Space,
  stoppedBy,
} from './conflicts/coverage.ts'
import { cubeImplies, cubesOverlap } from './conflicts/cube.ts'
import { layer4Overlap, readCode } from './conflicts/layer4.ts'
import type { Population } from './conflicts/population.ts'
import {
  compareEntries,
  type EndClass,
  type Entry,
  isLog,
  isPass,
  type Point,
  type RuleEntry,
  type RuleIndex,
} from './conflicts/rules.ts'
import type { RuleCause } from './order.ts'
import type { PolicyPacket } from './permits.ts'

/** In the order of docs/lint.md. */
export const FINDING_KINDS = [
  /** Never decides: earlier rules decide all of its packets, some of them otherwise. */
  'shadowed',
  /** Without it every packet has the same verdict and the same reports. */
  'redundant',
  /** Two rules of equal standing disagree, and only the order of names or strictness decides. */
  'contradictory',
  /** Decides what an earlier rule that disagrees leaves of its packets: the usual exception to a general rule. */
  'generalisation',
  /** Two rules disagree about some packets of each; the order decides. */
  'correlation',
  /** Names no packet that can be sent. */
  'irrelevant',
] as const
export type FindingKind = (typeof FINDING_KINDS)[number]

/** One end of a packet: an interface that exists, an address of the world, or the tags that an interface would need. */
export type WitnessEnd =
  | { kind: 'interface'; name: string; tags: Tag[] }
  | { kind: 'world'; address: string }
  | { kind: 'tags'; tags: Tag[] }

export interface Witness {
  from: WitnessEnd
  to: WitnessEnd
  protocol: number
  /** Destination port or ICMP type. */
  port?: number
  /** ICMP code; 0 where absent. */
  code?: number
}

export interface Finding {
  kind: FindingKind
  severity: 'warning' | 'information'
  /** `always`: whatever tags interfaces have. `now`: true of the interfaces that exist. */
  scope: 'always' | 'now'
  /** The rule that the finding is about: of two, the one that is consulted later or could go. */
  rule: RuleCause
  /** The rule to blame: it decides the witness (or would, where the finding is `redundant`). Absent where there is none. */
  other?: RuleCause
  /** Rules that are to blame together with `other`; at most MAX_BLAMED. */
  also: RuleCause[]
  witness?: Witness
  /** One sentence. */
  text: string
}

/** Rules that one finding names besides the main one. */
export const MAX_BLAMED = 16
/** Findings about pairs for one rule, of each severity. */
const MAX_PAIRS = 8

type Bare = Omit<Finding, 'text' | 'witness'> & { witness?: Witness | undefined }

/** The packet of a witness whose ends exist, as permits() takes it. */
export function packetOf({ from, to, ...layer4 }: Witness): PolicyPacket | undefined {
  const [one, other] = [nameOf(from), nameOf(to)]
  if (one === undefined || other === undefined) return undefined
  return { from: one, to: other, ...layer4 }
}

const nameOf = (end: WitnessEnd): string | undefined =>
  end.kind === 'interface' ? end.name : end.kind === 'world' ? end.address : undefined

/** How two rules with other verdicts can meet: whoever has one has the other, or only some with the tags of both. */
type Meeting = 'nested' | 'partial'

export class Analysis {
  readonly #index: RuleIndex
  readonly #population: () => Population
  readonly #budget: number
  readonly #meetings = new Map<string, Meeting | 'apart'>()
  readonly #sharedNow = new Map<string, boolean>()
  #present: Space<bigint> | undefined
  /** Searches that ended at their budget: what they asked is not known. */
  undecided = 0

  /** @param population Asked for on first use: who exists now. */
  constructor(index: RuleIndex, population: () => Population, budget = SEARCH_BUDGET) {
    this.#index = index
    this.#population = population
    this.#budget = budget
  }

  get #now(): Coverage<bigint> {
    this.#present ??= presentSpace(this.#population())
    return new Coverage(this.#index, this.#present, this.#budget)
  }

  get #always() {
    return new Coverage(this.#index, ALL_TAG_SETS, this.#budget)
  }

  /** What a search finds; undefined, and counted, where it is exhausted. */
  #try<R>(search: () => R): { found: R } | undefined {
    try {
      return { found: search() }
    } catch (error) {
      if (!(error instanceof Exhausted)) throw error
      this.undecided++
      return undefined
    }
  }

  /** A packet that a rule decides whatever else is true; undefined where there is none, `unknown` where it is not known. */
  alive(entry: RuleEntry): Point | 'unknown' | undefined {
    const searched = this.#try(() => this.#always.reaching(entry))
    return searched === undefined ? 'unknown' : searched.found
  }

  /** Why a rule never decides; it must be one for which alive() found nothing. */
  dead(entry: RuleEntry): Finding[] {
    if (entry.region.length === 0) {
      return [finding({ kind: 'irrelevant', severity: 'information', scope: 'always', rule: entry.cause, also: [] })]
    }
    return isLog(entry) ? [] : this.#dead(entry, this.#always, 'always')
  }

  #dead<T>(entry: RuleEntry, coverage: Coverage<T>, scope: Finding['scope']): Finding[] {
    const covers = new Set<RuleEntry>()
    const searched = this.#try(() => coverage.notRepeated(entry, covers))
    if (searched === undefined) return []
    const severity = scope === 'always' ? 'warning' : 'information'
    const { found: other } = searched
    if (other === undefined) {
      const point = this.#shown((level) => level.any(entry)) ?? coverage.any(entry)
      const main = point === undefined ? undefined : repeatOf(this.#index.rulesFor(point), entry)
      if (point === undefined || main === undefined) return []
      return [this.#found({ kind: 'redundant', severity, scope, rule: entry.cause, also: [] }, point, main, covers)]
    }
    const point = this.#shown((level) => level.notRepeated(entry)) ?? other
    const main = stoppedBy(this.#index.rulesFor(point), entry)
    if (main === undefined) return []
    const stops = new Set<RuleEntry>()
    this.#try(() => coverage.reaching(entry, undefined, stops))
    return [this.#found({ kind: 'shadowed', severity, scope, rule: entry.cause, also: [] }, point, main, stops)]
  }

  /** A packet that can be sent now, rather than one of tags that nobody has. */
  #shown(ask: (level: Coverage<bigint>) => Point | undefined): Point | undefined {
    return this.#try(() => ask(this.#now))?.found
  }

  #found(bare: Bare, point: Point, main?: RuleEntry, blamed: Iterable<RuleEntry> = []): Finding {
    const also = [...blamed].filter((rule) => rule !== main).sort(compareEntries)
    return finding({
      ...bare,
      ...(main === undefined ? {} : { other: main.cause }),
      also: also.slice(0, MAX_BLAMED).map(({ cause }) => cause),
      witness: this.#witness(point),
    })
  }

  /**
   * Whether a rule that decides something could go all the same, when those that are said to be gone are; what a default
   * repeats only where `defaults` is set.
   */
  superfluous(entry: RuleEntry, gone: ReadonlySet<RuleEntry>, defaults: boolean): Finding[] {
    if (entry.rule.log) return []
    const instead = new Set<Entry>()
    const searched = this.#try(() => this.#always.needed(entry, gone, defaults, instead))
    if (searched === undefined || searched.found !== undefined) return []
    const point = this.#shown((level) => level.reaching(entry)) ?? this.#try(() => this.#always.reaching(entry))?.found
    if (point === undefined) return []
    const rules = [...instead].filter((one): one is RuleEntry => one.kind === 'rule')
    const main = this.#index
      .rulesFor(point)
      .find((rule) => compareEntries(rule, entry) > 0 && !isPass(rule) && !isLog(rule) && rules.includes(rule))
    // What only a default repeats is how many write down what holds anyway.
    const severity = main === undefined ? 'information' : 'warning'
    return [
      this.#found({ kind: 'redundant', severity, scope: 'always', rule: entry.cause, also: [] }, point, main, rules),
    ]
  }

  /** What is true of a rule among the interfaces that exist, where nothing is wrong with it as such. */
  now(entry: RuleEntry): Finding[] {
    const bare: Bare = { kind: 'irrelevant', severity: 'information', scope: 'now', rule: entry.cause, also: [] }
    if (this.#try(() => this.#now.any(entry))?.found === undefined) return [finding(bare)]
    if (isLog(entry)) return []
    const searched = this.#try(() => this.#now.reaching(entry))
    return searched === undefined || searched.found !== undefined ? [] : this.#dead(entry, this.#now, 'now')
  }

  /**
   * Disagreements of a rule with others, all of which decide something. Of the information kinds only where `all` is set.
   */
  pairs(entry: RuleEntry, others: Iterable<RuleEntry>, all: boolean): Finding[] {
    const found: Finding[] = []
    const left = { warning: MAX_PAIRS, information: all ? MAX_PAIRS : 0 }
    for (const other of others) {
      if (left.warning === 0 && left.information === 0) break
      if (other.effect === entry.effect || !layer4Overlap(other.layer4, entry.layer4)) continue
      const [first, second] = compareEntries(other, entry) < 0 ? [other, entry] : [entry, other]
      const equal = equalStanding(first, second)
      if (left[equal ? 'warning' : 'information'] === 0) continue
      const pair = this.#pair(first, second, equal, all)
      if (pair === undefined || left[pair.severity] === 0) continue
      left[pair.severity]--
      found.push(pair)
    }
    return found
  }

  #pair(first: RuleEntry, second: RuleEntry, equal: boolean, all: boolean): Finding | undefined {
    const meeting = this.#meeting(first, second)
    if (meeting === 'apart') return undefined
    const present = this.#meetNow(first, second)
    if (!present && meeting === 'partial' && !all) return undefined
    const concrete = present ? this.#shown((level) => level.contested(first, second)) : undefined
    if (concrete === undefined && meeting === 'partial' && !all) return undefined
    const point = concrete ?? this.#try(() => this.#always.contested(first, second))?.found
    if (point === undefined) return undefined
    const kind = equal ? 'contradictory' : includes(second, first) ? 'generalisation' : 'correlation'
    const certain = meeting === 'nested' || concrete !== undefined
    const severity = equal && certain ? 'warning' : 'information'
    return this.#found({ kind, severity, scope: 'always', rule: second.cause, also: [] }, point, first)
  }

  /** How the ends of two rules meet over all possible sets of tags. */
  #meeting(one: RuleEntry, other: RuleEntry): Meeting | 'apart' {
    const subjects = this.#classes(one.subject, other.subject)
    if (subjects === 'apart') return 'apart'
    const world = one.world.some(({ family, first, last }) =>
      other.world.some((its) => its.family === family && its.first <= last && first <= its.last),
    )
    const peers = world ? 'nested' : this.#classes(one.peers, other.peers)
    if (peers === 'apart') return 'apart'
    return subjects === 'nested' && peers === 'nested' ? 'nested' : 'partial'
  }

  #classes(one: EndClass | undefined, other: EndClass | undefined): Meeting | 'apart' {
    if (one === undefined || other === undefined) return 'apart'
    if (one === other) return 'nested'
    const key = `${one.id} ${other.id}`
    let known = this.#meetings.get(key)
    if (known === undefined) {
      const nested = cubeImplies(one.cube, other.cube) || cubeImplies(other.cube, one.cube)
      known = nested ? 'nested' : cubesOverlap(one.cube, other.cube) ? 'partial' : 'apart'
      this.#meetings.set(key, known)
    }
    return known
  }

  /** False only where no packet of both can be sent now. */
  #meetNow(one: RuleEntry, other: RuleEntry): boolean {
    const shared = (mine: EndClass | undefined, its: EndClass | undefined): boolean => {
      if (mine === undefined || its === undefined) return false
      const key = `${mine.id} ${its.id}`
      let known = this.#sharedNow.get(key)
      if (known === undefined) {
        known = (this.#population().membersOf(mine) & this.#population().membersOf(its)) !== 0n
        this.#sharedNow.set(key, known)
      }
      return known
    }
    const world = one.world.length > 0 && other.world.length > 0
    return shared(one.subject, other.subject) && (world || shared(one.peers, other.peers))
  }

  #witness({ direction, subject, peer, code, names }: Point): Witness {
    const tags = (numbers: ReadonlySet<number>): Tag[] => [...numbers].map((each) => this.#index.tags.tag(each)).sort()
    const end = (name: string | undefined, which: Point['peer']): WitnessEnd => {
      if ('value' in which) return { kind: 'world', address: formatAddress(which) }
      return name === undefined ? { kind: 'tags', tags: tags(which) } : { kind: 'interface', name, tags: tags(which) }
    }
    const [mine, its] = [end(names?.subject, subject), end(names?.peer, peer)]
    const [from, to] = direction === 'egress' ? [mine, its] : [its, mine]
    return { from, to, ...readCode(code) }
  }
}

/**
 * Whether neither priority nor tier says which of two rules of one partition comes first (order.ts). The rules of one
 * policy that are merged in order are a list, and meant to be.
 */
export function equalStanding(one: RuleEntry, other: RuleEntry): boolean {
  return one.standing === other.standing && (one.vnp.resolution !== 'ordered-merge' || one.policy !== other.policy)
}

/** Whether one rule names every packet that the other does, by their classes. */
function includes(wide: RuleEntry, narrow: RuleEntry): boolean {
  const within = (one: EndClass | undefined, other: EndClass | undefined): boolean =>
    one === undefined || (other !== undefined && cubeImplies(one.cube, other.cube))
  const layer4 = narrow.layer4.every((edge, at) =>
    at % 2 === 1
      ? true
      : wide.layer4.some(
          (first, to) => to % 2 === 0 && first <= edge && wide.layer4[to + 1]! >= narrow.layer4[at + 1]!,
        ),
  )
  const world = narrow.world.every((range) =>
    wide.world.some(({ family, first, last }) => family === range.family && first <= range.first && range.last <= last),
  )
  return layer4 && world && within(narrow.subject, wide.subject) && within(narrow.peers, wide.peers)
}

function finding({ witness, ...bare }: Bare): Finding {
  const whole = { ...bare, ...(witness === undefined ? {} : { witness }) }
  return { ...whole, text: sentence(whole) }
}

/** A rule as people find it. */
export function ruleText({ policy, ruleIndex }: RuleCause): string {
  return `rule ${ruleIndex} of policy ${policy}`
}

/** `tcp/443 from web-1 to an interface with tags app, db`. */
export function witnessText({ from, to, protocol, port, code }: Witness): string {
  const end = (one: WitnessEnd): string => {
    if (one.kind === 'interface') return one.name
    if (one.kind === 'world') return one.address
    if (one.tags.length === 0) return 'an interface without tags'
    return `an interface with ${one.tags.length === 1 ? 'tag' : 'tags'} ${one.tags.map(tagText).join(', ')}`
  }
  const word = flowProtocolWord(protocol) ?? `protocol ${protocol}`
  const its = code === undefined ? `type ${port}` : `type ${port} code ${code}`
  const packet = port === undefined ? word : protocol === 1 || protocol === 58 ? `${word} ${its}` : `${word}/${port}`
  return `${packet} from ${end(from)} to ${end(to)}`
}

function sentence({ kind, scope, rule, other, also, witness }: Omit<Finding, 'text'>): string {
  const [mine, its] = [ruleText(rule), other === undefined ? 'the default' : ruleText(other)]
  const more = also.length === 0 ? '' : ` and ${also.length} more`
  const packet = witness === undefined ? '' : `, for example ${witnessText(witness)}`
  const now = scope === 'now' ? ' among the interfaces that exist' : ''
  switch (kind) {
    case 'shadowed':
      return `${mine} never decides${now}: ${its}${more} ${also.length === 0 ? 'is' : 'are'} consulted first and decide${also.length === 0 ? 's' : ''} otherwise${packet}`
    case 'redundant':
      return `${mine} could go${now}: ${its}${more} ${also.length === 0 ? 'does' : 'do'} the same${packet}`
    case 'contradictory':
      return `${mine} and ${its} stand equal and disagree: only the tie-break decides${packet}`
    case 'generalisation':
      return `${its} is an exception to ${mine}${packet}`
    case 'correlation':
      return `${mine} and ${its} disagree about packets of both: ${its} is consulted first${packet}`
    case 'irrelevant':
      return `${mine} concerns nobody${scope === 'now' ? ' now' : ': no interface can match its selectors'}`
  }
}
