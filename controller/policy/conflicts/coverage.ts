/**
 * Whether rules that are consulted before a rule leave it any packet, exactly: a region is split along the rules that a
 * sample of it meets, until a sample meets none or nothing of the region is left. Only rules that some sample meets are
 * ever looked at, so a rule that decides something costs a look-up or two; the question as such is coNP-complete (it is
 * the tautology of a disjunction of conjunctions), so that every search has a budget and says when it ended there.
 * It refuses to say what a finding means: conflicts.ts does.
 */
import { type Cube, cubeSample, cubesOverlap } from './cube.ts'
import { freeAddress, layer4Overlap, layer4Sample } from './layer4.ts'
import type { Population } from './population.ts'
import { type Box, boxAnd, boxMinus, CUBES, type Ends, GROUPS } from './region.ts'
import {
  compareEntries,
  type EndClass,
  type Entry,
  isLog,
  isPass,
  namesPoint,
  type Point,
  type RuleEntry,
  type RuleIndex,
} from './rules.ts'

/** One level of the analysis: packets of all possible sets of tags, or those that can be sent now. */
export interface Space<T> {
  ends: Ends<T>
  region(entry: Entry): readonly Box<T>[]
  /** A packet of the box; undefined where it holds none. */
  sample(direction: Point['direction'], box: Box<T>): Point | undefined
  /** False only where none of these subjects is in the box. */
  meets(subject: EndClass, box: Box<T>): boolean
  /** About what a box takes of memory, octets. */
  size(box: Box<T>): number
}

/** A box without its ends, octets. */
const BOX_SIZE = 256

const cubeSize = ({ all, none, any }: Cube): number => {
  let literals = all.length + none.length
  for (const clause of any) literals += clause.length + 4
  return 8 * literals
}

export const ALL_TAG_SETS: Space<Cube> = {
  ends: CUBES,
  region: (entry) => entry.region,
  sample: (direction, { subject, peer, layer4 }) => ({
    direction,
    subject: cubeSample(subject),
    peer: peer.kind === 'tags' ? cubeSample(peer.tags) : freeAddress(peer.range, () => false)!,
    code: layer4Sample(layer4),
  }),
  meets: ({ cube }, box) => cubesOverlap(cube, box.subject),
  size: ({ subject, peer, layer4 }) =>
    BOX_SIZE + cubeSize(subject) + (peer.kind === 'tags' ? cubeSize(peer.tags) : 0) + 8 * layer4.length,
}

export function presentSpace(population: Population): Space<bigint> {
  const regions = new Map<Entry, readonly Box<bigint>[]>()
  return {
    ends: GROUPS,
    region: (entry) => {
      let region = regions.get(entry)
      if (region === undefined) {
        region = population.regionOf(entry)
        regions.set(entry, region)
      }
      return region
    },
    sample: (direction, box) => population.sample(direction, box),
    meets: (subject, box) => (population.membersOf(subject) & box.subject) !== 0n,
    size: ({ layer4 }) => BOX_SIZE + population.size / 4 + 8 * layer4.length,
  }
}

/** The search took more steps or more memory than it was given: nothing is known. */
export class Exhausted extends Error {}

/** Pieces that one search looks at before it gives up. */
export const SEARCH_BUDGET = 20_000
/** What all pieces that one search makes may take together, octets: rules of a few kilobytes can ask for any amount. */
export const PIECES_BUDGET = 128 << 20

const NOBODY: ReadonlySet<RuleEntry> = new Set()

/** Questions about one rule on one level. */
export class Coverage<T> {
  readonly #index: RuleIndex
  readonly #space: Space<T>
  #left: number
  #octets: number

  constructor(index: RuleIndex, space: Space<T>, budget = SEARCH_BUDGET, octets = PIECES_BUDGET) {
    this.#index = index
    this.#space = space
    this.#left = budget
    this.#octets = octets
  }

  #spend(): void {
    if (this.#left-- <= 0) throw new Exhausted()
  }

  #made(boxes: Box<T>[]): Box<T>[] {
    for (const box of boxes) this.#octets -= this.#space.size(box)
    if (this.#octets < 0) throw new Exhausted()
    return boxes
  }

  /** A packet that the rule names; undefined where there is none. */
  any(target: RuleEntry): Point | undefined {
    for (const box of this.#space.region(target)) {
      const point = this.#space.sample(target.direction, box)
      if (point !== undefined) return point
    }
    return undefined
  }

  /** A packet that both rules name and that the first of them decides; undefined where there is none. */
  contested(first: RuleEntry, second: RuleEntry): Point | undefined {
    const both = this.#space
      .region(first)
      .flatMap((one) => this.#space.region(second).flatMap((other) => boxAnd(this.#space.ends, one, other) ?? []))
    return this.reaching(first, both)
  }

  /**
   * A packet of the region (the rule's own where absent) for which the rule is consulted and takes effect; undefined
   * where earlier rules leave none. Those that were needed to show it are added to `stops`.
   */
  reaching(target: RuleEntry, region = this.#space.region(target), stops = new Set<RuleEntry>()): Point | undefined {
    const open = [...region].reverse()
    for (let box = open.pop(); box !== undefined; box = open.pop()) {
      this.#spend()
      const point = this.#space.sample(target.direction, box)
      if (point === undefined) continue
      const stop = stoppedBy(this.#index.rulesFor(point), target)
      if (stop === undefined) return point
      stops.add(stop)
      open.push(...this.#beyond(box, stop, target))
    }
    return undefined
  }

  /** What of a box the stop may leave to the target, where rules that are gone pass nothing on. */
  #beyond(box: Box<T>, stop: RuleEntry, target: RuleEntry, gone: ReadonlySet<RuleEntry> = NOBODY): Box<T>[] {
    const left = this.#without([box], stop)
    // A stop of an earlier tier stops nothing that a pass before it has taken out of that tier.
    if (stop.tier === target.tier) return left
    for (const pass of this.#index.passes) {
      if (pass.tier !== stop.tier || pass.direction !== target.direction) continue
      if (compareEntries(pass, stop) >= 0 || gone.has(pass)) continue
      left.push(...this.#within(this.#within([box], stop), pass))
    }
    return left
  }

  #without(boxes: readonly Box<T>[], entry: Entry): Box<T>[] {
    let left = [...boxes]
    for (const its of this.#space.region(entry))
      left = left.flatMap((box) => this.#made(boxMinus(this.#space.ends, box, its)))
    return left
  }

  #within(boxes: readonly Box<T>[], entry: Entry): Box<T>[] {
    const region = this.#space.region(entry)
    return boxes.flatMap((box) => this.#made(region.flatMap((its) => boxAnd(this.#space.ends, box, its) ?? [])))
  }

  /**
   * A packet of the rule that no earlier rule names which does the same; undefined where such rules alone cover it.
   * Those that were needed are added to `covers`.
   */
  notRepeated(target: RuleEntry, covers = new Set<RuleEntry>()): Point | undefined {
    const open = [...this.#space.region(target)].reverse()
    for (let box = open.pop(); box !== undefined; box = open.pop()) {
      this.#spend()
      const point = this.#space.sample(target.direction, box)
      if (point === undefined) continue
      const cover = repeatOf(this.#index.rulesFor(point), target)
      if (cover === undefined) return point
      covers.add(cover)
      open.push(...this.#without([box], cover))
    }
    return undefined
  }

  /**
   * A packet that would be treated otherwise (another verdict, another report) without the rule, if rules that are gone
   * are not there; undefined where there is none. What decides in its place is added to `instead`. Unless `defaults`, a
   * packet that only a default would treat the same counts as such a packet.
   */
  needed(
    target: RuleEntry,
    gone: ReadonlySet<RuleEntry>,
    defaults: boolean,
    instead = new Set<Entry>(),
  ): Point | undefined {
    const open: Iterator<Box<T>>[] = [this.#space.region(target)[Symbol.iterator]()]
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const next = top.next()
      if (next.done === true) {
        open.pop()
        continue
      }
      const box = next.value
      this.#spend()
      const point = this.#space.sample(target.direction, box)
      if (point === undefined) continue
      const rules = this.#index.rulesFor(point).filter((rule) => !gone.has(rule))
      const stop = stoppedBy(rules, target)
      if (stop !== undefined) {
        open.push(this.#beyond(box, stop, target, gone)[Symbol.iterator]())
        continue
      }
      const later = rules.filter((rule) => compareEntries(rule, target) > 0)
      const then = this.#walk(later, point)
      const now = isPass(target) ? this.#walk(later, point, target.tier) : undefined
      if (then.text !== (now?.text ?? effectText(target))) return point
      const last = then.path.at(-1)!
      if (last.kind === 'default' && !defaults) return point
      instead.add(last)
      open.push(this.#elsewhere(target, box, now === undefined ? [then] : [then, now], gone))
    }
    return undefined
  }

  /** The parts of a box whose packets may go other ways than these. */
  *#elsewhere(
    target: RuleEntry,
    box: Box<T>,
    paths: readonly Path[],
    gone: ReadonlySet<RuleEntry>,
  ): IterableIterator<Box<T>> {
    let same = [box]
    const rest: Box<T>[] = []
    for (const entry of new Set(paths.flatMap(({ path }) => path))) {
      rest.push(...this.#without(same, entry))
      same = this.#within(same, entry)
    }
    for (const zone of same) {
      for (const other of this.#disturbing(target, zone, paths, gone)) yield* this.#within([zone], other)
    }
    yield* rest
  }

  /** What becomes of a packet after a rule: reports and passes on the way and what decides, last; and all of it as one text. */
  #walk(later: readonly RuleEntry[], point: Point, left = -1): Path {
    const path: Entry[] = []
    const reports: string[] = []
    let tier = left
    for (const entry of later) {
      if (entry.tier === tier) continue
      if (entry.rule.log) reports.push(`${entry.cause.policy}/${entry.cause.ruleIndex} `)
      path.push(entry)
      if (isLog(entry)) continue
      if (!isPass(entry)) return { path, left, text: reports.join('') + effectText(entry) }
      tier = entry.tier
    }
    const last = this.#index.defaults(point.direction).find((entry) => namesPoint(entry, point))!
    path.push(last)
    return { path, left, text: reports.join('') + last.effect }
  }

  /** Rules and defaults that could make a difference in a box, all of which goes the same ways as its sample otherwise. */
  *#disturbing(
    target: RuleEntry,
    zone: Box<T>,
    paths: readonly Path[],
    gone: ReadonlySet<RuleEntry>,
  ): IterableIterator<Entry> {
    const last = paths
      .map(({ path }) => path.at(-1)!)
      .sort(compareEntries)
      .at(-1)!
    const effect = effectText(last)
    const onPath = new Set(paths.flatMap(({ path }) => path))
    const disturbs = (entry: Entry): boolean => {
      if (onPath.has(entry) || compareEntries(entry, last) > 0) return false
      if (entry.kind === 'default') return entry.effect !== effect
      if (compareEntries(entry, target) <= 0 || gone.has(entry)) return false
      if (!entry.rule.log && !isPass(entry) && effectText(entry) === effect) return false
      return paths.some(({ path, left }) => {
        if (entry.tier === left || compareEntries(entry, path.at(-1)!) > 0) return false
        return !path.some(
          (pass) => pass.kind === 'rule' && isPass(pass) && pass.tier === entry.tier && compareEntries(pass, entry) < 0,
        )
      })
    }
    for (const { subject, entries } of this.#index.groups(target.direction)) {
      if (!this.#space.meets(subject, zone)) continue
      for (const entry of entries.meeting(zone.layer4))
        if (layer4Overlap(entry.layer4, zone.layer4) && disturbs(entry)) yield entry
    }
    for (const entry of this.#index.defaults(target.direction)) if (disturbs(entry)) yield entry
  }
}

interface Path {
  path: Entry[]
  /** The tier that was left before. */
  left: number
  text: string
}

/** What an entry does, where two rate limits are never the same: each has a meter of its own. */
function effectText(entry: Entry): string {
  if (entry.kind === 'default' || entry.rule.action !== 'rate-limit') return entry.effect
  return `${entry.effect} ${entry.cause.policy}/${entry.cause.ruleIndex}`
}

/** Which of the rules that name a packet keeps it from the target. */
export function stoppedBy(rules: readonly RuleEntry[], target: RuleEntry): RuleEntry | undefined {
  let left = -1
  for (const rule of rules) {
    if (compareEntries(rule, target) >= 0) return undefined
    if (isLog(rule) || rule.tier === left) continue
    if (!isPass(rule) || rule.tier === target.tier) return rule
    left = rule.tier
  }
  return undefined
}

/** The first rule before the target that does the same with a packet. */
export function repeatOf(rules: readonly RuleEntry[], target: RuleEntry): RuleEntry | undefined {
  return rules.find(
    (rule) =>
      compareEntries(rule, target) < 0 &&
      rule.effect === target.effect &&
      (!isPass(target) || rule.tier === target.tier) &&
      !isLog(rule),
  )
}
