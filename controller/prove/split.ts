/**
 * Takes families of senders and receivers apart where a table asks who: every pair that the table names or policy may
 * permit is looked at; those that meet one plain row, or none, stay together by where that leads, others become regions of
 * their own, and what is left stays one region, which knows the pairs that it holds no more. It refuses to know what
 * becomes of the parts.
 */
import { REGISTERS } from '../policy/pipeline.ts'
import type { Facts } from './facts.ts'
import { isFamily, isReply, single } from './families.ts'
import { copyOf, type Ghost, holds, REG, type Region, type Relation } from './region.ts'
import { isEqualButEnds, isSameExcept, isSameFamily } from './same.ts'
import { type Exact, field, isSame, type Ref, type Test, type Val } from './space.ts'
import type { TableIndex } from './table.ts'

const KEY = field(REGISTERS.key)
const PROTO = field(REGISTERS.protocol)
const NOBODY: ReadonlySet<Exact> = new Set()

/** What a region comes to that was taken apart by who opens connections. */
export interface SplitParts {
  /** @param whose The identity that opens connections; empty: of several. */
  part(part: Region, whose: number | ''): void
}

/** A part of any region that is split alike. */
interface Made {
  readonly make: (region: Region) => Region
  readonly whose: number | ''
}

/** Pairs that go on together, by table; at NOWHERE they are dropped. */
export type Groups = Map<number, Relation>

export const NOWHERE = -1

/** Whether a table asks for the ends of a region that stands for several. */
export function asksWho(region: Region, table: TableIndex): boolean {
  if (region.isMute) return false
  const asked = table.registers.filter((its) => isFamily(region.vals[its]))
  if (asked.length === 0 && region.ghost.pairs === undefined) return false
  return table.asksAny([...asked, KEY, PROTO], region.vals, region)
}

/** The parts of one region at one table. */
export class Split {
  readonly groups = new Map<number, Map<number, ReadonlySet<number>>>()
  readonly #facts: Facts
  readonly #table: TableIndex
  #region: Region
  readonly #opener: Ref['of']
  readonly #target: Ref['of']
  readonly #openerRegister: number | undefined
  readonly #targetRegister: number | undefined
  readonly #openerRegisters: readonly number[]
  readonly #targetRegisters: readonly number[]
  /** Pairs that are in no other part any more: opener to targets. */
  readonly #except = new Map<number, ReadonlySet<number> | 'all'>()
  /** What is known of one pair. */
  #vals: Val[] = []
  /** Parts that came up, as they are made of any region that is split in the same way. */
  #made: Made[] | undefined

  constructor(facts: Facts, region: Region, table: TableIndex) {
    this.#facts = facts
    this.#region = region
    this.#table = table
    this.#opener = isReply(region) ? 'receiver' : 'sender'
    this.#target = this.#opener === 'sender' ? 'receiver' : 'sender'
    this.#openerRegisters = standing(region, this.#opener)
    this.#targetRegisters = standing(region, this.#target)
    this.#openerRegister = this.#openerRegisters.find((its) => table.tested.has(its))
    this.#targetRegister = this.#targetRegisters.find((its) => table.tested.has(its))
  }

  /** Looks at every pair. @param like One that differs in nothing that counts: it has found the same. */
  all(to: SplitParts, like: Split | undefined): void {
    if (like === undefined) {
      this.#made = []
      for (const [opener, its] of this.#region.ghost.except) this.#except.set(opener, its)
      const named = this.#named()
      for (const opener of this.#openers().keys()) this.#look(opener, named, to)
      this.#tail(to)
      return
    }
    for (const [where, group] of like.groups) this.groups.set(where, group)
    for (const [opener, its] of like.#except) this.#except.set(opener, its)
    for (const { make, whose } of like.#made ?? []) to.part(make(this.#region), whose)
  }

  /** Whether another region of this table is split in the same way. */
  isLike(region: Region, table: TableIndex): boolean {
    if (table !== this.#table || this.#made === undefined || !isSplitAlike(this.#region, region)) return false
    const { vals } = this.#region
    for (const its of REG) if (isFamily(region.vals[its]) && !isSame(region.vals[its], vals[its])) return false
    for (const its of REG) if (isFamily(vals[its]) && !isFamily(region.vals[its])) return false
    for (const its of table.tested.keys()) {
      const val = region.vals[its]
      if (val !== vals[its] && (!isSame(val, vals[its]) || isOneOf(val))) return false
    }
    return true
  }

  /** Forgets what others might be made from. */
  close(): void {
    this.#made = undefined
  }

  #part(make: Made['make'], whose: number | '', to: SplitParts): void {
    this.#made?.push({ make, whose })
    to.part(make(this.#region), whose)
  }

  /** Looks again at pairs that these open. Groups are others afterwards, and not changed in place. */
  some(openers: Iterable<number>, to: SplitParts): void {
    const { except } = this.#region.ghost
    for (const [where, group] of this.groups) this.groups.set(where, new Map(group))
    const all = this.#openers()
    for (const opener of openers) {
      for (const group of this.groups.values()) group.delete(opener)
      const before = except.get(opener)
      if (before === undefined) this.#except.delete(opener)
      else this.#except.set(opener, before)
      if (all.has(opener)) this.#look(opener, undefined, to)
    }
    for (const [where, group] of this.groups) if (group.size === 0) this.groups.delete(where)
    this.#tail(to)
  }

  /**
   * Takes another region in the place of the one before. @returns Openers of pairs that it holds and that one did not, or
   * the other way round; undefined: it differs in more.
   */
  movedTo(region: Region): Set<number> | undefined {
    const before = this.#region
    if (!isEqualButEnds(before, region)) return undefined
    this.#region = region
    const [one, other] = [before.ghost, region.ghost]
    const moved = new Set<number>()
    if (one.pairs !== undefined && other.pairs !== undefined) {
      for (const [opener, targets] of one.pairs) if (!isSameSet(targets, other.pairs.get(opener))) moved.add(opener)
      for (const opener of other.pairs.keys()) if (!one.pairs.has(opener)) moved.add(opener)
      return moved
    }
    const isSender = this.#opener === 'sender'
    difference(isSender ? one.senders : one.receivers, isSender ? other.senders : other.receivers, moved)
    const targets = new Set<number>()
    difference(isSender ? one.receivers : one.senders, isSender ? other.receivers : other.senders, targets)
    if (targets.size === 0) return moved
    for (const target of targets) {
      for (const opener of this.#openers().keys()) if (this.#facts.potential(opener).has(target)) moved.add(opener)
      if (this.#openerRegister === undefined) continue
      const vals = region.vals.slice()
      for (const its of this.#targetRegisters) vals[its] = target
      for (const opener of this.#table.mentioned(this.#openerRegister, vals, region)) moved.add(Number(opener))
    }
    return moved
  }

  /** The opener that a row asks for; undefined: for none, or for several. */
  openerOf(tests: readonly Test[]): number | undefined {
    for (const { field: its, value, mask } of tests) {
      if (mask === undefined && this.#openerRegisters.includes(its)) return Number(value)
    }
    return undefined
  }

  #openers(): ReadonlyMap<number, unknown> {
    return this.#region.ghost.pairs ?? this.#family(this.#opener)
  }

  #family(of: Ref['of']): ReadonlyMap<number, string | undefined> {
    const { senders, receivers } = this.#region.ghost
    return of === 'sender' ? senders : receivers
  }

  /** Openers that rows name. */
  #named(): ReadonlySet<Exact> {
    const register = this.#openerRegister
    if (register === undefined || this.#region.ghost.pairs !== undefined) return NOBODY
    return this.#table.mentioned(register, this.#region.vals, this.#region)
  }

  /** Whether rows name the opener that is looked at. */
  #isNamed(): boolean {
    return this.#openerRegister !== undefined && this.#table.asksAny([this.#openerRegister], this.#vals, this.#region)
  }

  /** All pairs of one opener. */
  #look(opener: number, named: ReadonlySet<Exact> | undefined, to: SplitParts): void {
    const { ghost, vals } = this.#region
    this.#vals = vals.slice()
    for (const its of this.#openerRegisters) this.#vals[its] = opener
    const pairs = ghost.pairs?.get(opener)
    if (pairs !== undefined) {
      for (const target of pairs) this.#pair(opener, target, to)
      return
    }
    const isNamed = named?.has(opener) ?? this.#isNamed()
    if (!isNamed && !this.#mayTalk(opener)) return
    const register = this.#targetRegister
    const targets = register === undefined ? NOBODY : this.#table.mentioned(register, this.#vals, this.#region)
    this.#pairs(opener, targets, to)
    if (!isNamed || this.#openerRegister === undefined) return
    const make: Made['make'] = (region) => single(region, this.#opener, opener, this.#family(this.#opener).get(opener))
    const part = make(this.#region)
    if (register === undefined || this.#table.asksAlone(this.#openerRegister, register, part.vals, part))
      this.#rest(make, opener, to)
  }

  /** Whether policy might permit an opener anything. */
  #mayTalk(opener: number): boolean {
    if (this.#region.ghost.unasked) return false
    const targets = this.#family(this.#target)
    for (const one of this.#facts.potential(opener)) if (targets.has(one)) return true
    return false
  }

  #pairs(opener: number, named: Iterable<Exact>, to: SplitParts): void {
    const before = this.#region.ghost.except.get(opener)
    if (before === 'all') return
    const targets = this.#family(this.#target)
    const done = new Set(before)
    for (const value of named) {
      const target = Number(value)
      if (done.has(target) || !targets.has(target)) continue
      done.add(target)
      this.#pair(opener, target, to)
    }
    for (const target of this.#region.ghost.unasked ? NO_TARGETS : this.#facts.potential(opener)) {
      if (done.has(target) || !targets.has(target)) continue
      done.add(target)
      this.#pair(opener, target, to)
    }
    this.#except.set(opener, done)
  }

  #pair(opener: number, target: number, to: SplitParts): void {
    const vals = this.#vals
    for (const its of this.#targetRegisters) vals[its] = target
    const where = this.#table.plain(vals, this.#region)
    if (where !== undefined) {
      let group = this.groups.get(where)
      if (group === undefined) {
        group = new Map()
        this.groups.set(where, group)
      }
      const its = group.get(opener)
      if (its === undefined) group.set(opener, new Set([target]))
      else (its as Set<number>).add(target)
      return
    }
    this.#part((region) => pairOf(region, opener, target), opener, to)
  }

  /** All that is left of one opener. */
  #rest(make: Made['make'], opener: number, to: SplitParts): void {
    const gone = this.#except.get(opener) ?? new Set<number>()
    if (gone === 'all') return
    this.#part((region) => muted(make(region), new Map([[opener, gone]])), opener, to)
    this.#except.set(opener, 'all')
  }

  /** Who is left. */
  #tail(to: SplitParts): void {
    const { ghost, vals } = this.#region
    if (ghost.pairs !== undefined) return
    const register = this.#targetRegister
    let except = this.#except
    if (register !== undefined && holds(this.#region, this.#opener)) {
      const targets = this.#family(this.#target)
      for (const value of this.#table.mentionedAlone(register, this.#openerRegister, vals, this.#region)) {
        const target = Number(value)
        if (!targets.has(target)) continue
        const gone = new Map(except)
        this.#part((region) => muted(single(region, this.#target, target, targets.get(target)), gone), '', to)
        except = this.#without(except, target)
      }
    }
    const gone = new Map(except)
    this.#part((region) => muted(region, gone), '', to)
  }

  /** All openers lose one target. */
  #without(except: Ghost['except'], target: number): Map<number, ReadonlySet<number> | 'all'> {
    const found = new Map(except)
    for (const opener of this.#family(this.#opener).keys()) {
      const its = found.get(opener)
      if (its !== 'all') found.set(opener, new Set(its).add(target))
    }
    return found
  }
}

/** Whether two regions hold the same pairs, opened by the same end. */
function isSplitAlike(one: Region, other: Region): boolean {
  const [a, b] = [one.ghost, other.ghost]
  return (
    isReply(one) === isReply(other) &&
    a.unasked === b.unasked &&
    a.places === b.places &&
    a.pairs === b.pairs &&
    one.isMute === other.isMute &&
    isSameFamily(a.senders, b.senders) &&
    isSameFamily(a.receivers, b.receivers) &&
    isSameExcept(a.except, b.except)
  )
}

function isOneOf(val: Val): boolean {
  return typeof val === 'object' && val.kind === 'set'
}

const NO_TARGETS: ReadonlySet<number> = new Set()

function isSameSet(one: ReadonlySet<number>, other: ReadonlySet<number> | undefined): boolean {
  if (one === other) return true
  if (other === undefined || one.size !== other.size) return false
  for (const its of one) if (!other.has(its)) return false
  return true
}

/** Members of one of two families that are not of the other. */
function difference(one: ReadonlyMap<number, unknown>, other: ReadonlyMap<number, unknown>, into: Set<number>): void {
  for (const its of one.keys()) if (!other.has(its)) into.add(its)
  for (const its of other.keys()) if (!one.has(its)) into.add(its)
}

/** Registers that stand for a family. */
function standing({ vals }: Region, of: Ref['of']): number[] {
  return REG.filter((its) => {
    const val = vals[its]
    return typeof val === 'object' && val.kind === 'ref' && val.of === of
  })
}

/** A region that holds pairs, pair by pair: of several that are not as they should be, each is told. */
export function* onesOf(region: Region): IterableIterator<Region> {
  for (const [opener, targets] of region.ghost.pairs ?? []) {
    for (const target of targets) yield pairOf(region, opener, target)
  }
}

/** One pair of a region. */
export function pairOf(region: Region, opener: number, target: number): Region {
  const { senders, receivers } = region.ghost
  const isBack = isReply(region)
  const [from, to] = isBack ? [target, opener] : [opener, target]
  const part = single(region, 'sender', from, senders.get(from))
  const pair = single(part, 'receiver', to, receivers.get(to))
  if (pair.ghost.pairs !== undefined) pair.ghost = { ...pair.ghost, pairs: undefined }
  return pair
}

/** Whoever is left: rows that name somebody do not concern it at this table. */
function muted(region: Region, except: ReadonlyMap<number, ReadonlySet<number> | 'all'>): Region {
  const part = copyOf(region)
  part.isMute = true
  part.ghost = { ...part.ghost, unasked: true, except }
  return part
}
