/**
 * The policy rows of a switch in reactive mode: for each demand (what it asked, state.ts) the row that decides it, and
 * nothing else. A demand's row is the row of the rule or default that decides, with the match narrowed to the demand: so
 * it does what that rule does on a switch that has all of them, whatever that is. The verdict is the cached lookup's
 * (lookup.ts). Rows go by themselves when no packet needs them. A change of intent decides those demands anew whose ends
 * it concerns. It refuses to know who asked and what is kept (controller/demands.ts). Used by compile-shares.ts.
 *
 *     demand ──lookup──▶ rule, default or world ──compile-rule──▶ rows in the first table of its side
 */
import type { Oxm } from 'node-openflow'
import type { Reactive } from '../../model/records.ts'
import { type Judgement, judgementOfRule, judgementOfVnp, verdictRows } from './compile-rule.ts'
import type { Pace } from './compile-work.ts'
import { cookieOf, PIPELINE_EPOCH, readCookie } from './cookie.ts'
import { RowSet, type Rows } from './fields.ts'
import type { IntentDelta } from './intent.ts'
import { type Answer, PolicyLookup, type Validity } from './lookup.ts'
import type { MergeableState } from './merged.ts'
import { type PlacedRule, type RuleCause, ruleObject } from './order.ts'
import type { DecidedBy } from './permits.ts'
import { AFTER, homeOf, POLICY_BANDS, POLICY_TABLES, TABLES, UNKNOWN_PORT } from './pipeline.ts'
import type { Flow } from './program.ts'
import type { Demand } from './state.ts'

/** Takes a row over, or away. */
export type Share = (key: string, flow: Flow | undefined) => void

/** What forbids is kept no longer than this, in seconds: whoever is refused seldom asks for long. */
const MOST_DENIED_SECONDS = 10
/** Of every row that decides a demand. */
export const PRIORITY = POLICY_BANDS.rules.first
const UNIT = 'demand'
/** Rows that deciding one takes as long as, about. */
export const ROWS_OF_A_DEMAND = 2

/** The same for the same demand. */
export function demandKey({ side, source, destination, protocol, key }: Demand): string {
  return `${side} ${source} ${destination} ${protocol} ${key}`
}

/** Packets that a demand is about, in the tables of policy. */
function demandMatch({ source, destination, protocol, key }: Demand): Oxm[] {
  return [
    { field: 'reg0', value: source },
    { field: 'reg1', value: destination },
    { field: 'reg5', value: protocol },
    { field: 'reg4', value: key },
  ]
}

/** The demand that a row was made for; undefined where it was made for none, or in another layout of registers. */
export function demandOf({ table, priority, match, cookie }: Omit<Flow, 'instructions' | 'unit'>): Demand | undefined {
  if (priority !== PRIORITY || readCookie(cookie)?.epoch !== PIPELINE_EPOCH) return undefined
  return demandHeld(table, (field) => Number(match.find((oxm) => oxm.field === field)?.value ?? Number.NaN))
}

/** The demand of a packet that came from a table with these registers; undefined where it is of another layout of both. */
export function demandAsked(
  table: number,
  cookie: bigint,
  value: (register: Oxm['field']) => number,
): Demand | undefined {
  // Rows that are on their way to their tables ask like those that are there.
  return readCookie(cookie)?.epoch === PIPELINE_EPOCH ? demandHeld(homeOf(table), value) : undefined
}

/** The demand that registers say at a table; undefined where nobody asks there or they cannot have said it. */
function demandHeld(table: number, value: (register: Oxm['field']) => number): Demand | undefined {
  const side = sideOf(table)
  if (side === undefined) return undefined
  const demand = {
    side,
    source: value('reg0'),
    destination: value('reg1'),
    protocol: value('reg5'),
    key: value('reg4'),
  }
  return isDemand(demand) ? demand : undefined
}

/** Which side asks in a table; undefined where none does. */
export function sideOf(table: number): Demand['side'] | undefined {
  if (table === POLICY_TABLES.egress.admin) return 'egress'
  return table === POLICY_TABLES.ingress.admin ? 'ingress' : undefined
}

/** Whether registers can have said this. */
function isDemand({ source, destination, protocol, key }: Demand): boolean {
  const isNumber = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most
  return (
    isNumber(source, 0xffff_ffff) &&
    isNumber(destination, 0xffff_ffff) &&
    isNumber(protocol, 0xff) &&
    isNumber(key, UNKNOWN_PORT)
  )
}

/** The rows of a demand; the row of a log rule comes with what is asked first, the sender's side. */
export function demandRows(intent: MergeableState, demand: Demand, answer: Answer, reactive: Reactive): Rows {
  const { side, key } = demand
  const match = demandMatch(demand)
  const { verdict, by } = answer[side]
  const table = POLICY_TABLES[side].admin
  const passes = verdict === 'allow' || verdict === 'rate-limit'
  const idleTimeout = passes ? reactive.idleSeconds : Math.min(reactive.idleSeconds, MOST_DENIED_SECONDS)
  const rows: Rows = new Map()
  for (const [name, flow] of decisionRows(intent, demand, by, passes, { table, match })) {
    // What only first packets meet, or those that come back from a service, goes with what the others meet.
    const isRare = flow.match.some(({ field, value }) => (field === 'ct_state' || field === 'reg8') && value !== 0)
    rows.set(name, isRare ? flow : { ...flow, idleTimeout })
  }
  if (side === 'egress' && answer.log !== undefined && key !== UNKNOWN_PORT) {
    const judgement = judgementAt(intent, answer.log, TABLES.log)
    for (const [name, flow] of verdictRows(judgement, match)) rows.set(name, flow)
  }
  return rows
}

function decisionRows(
  intent: MergeableState,
  { side, source, destination }: Demand,
  by: DecidedBy,
  passes: boolean,
  { table, match }: { table: number; match: Oxm[] },
): Rows {
  if (by.kind === 'rule') {
    const placed = placedRule(intent, by.cause)
    if (placed !== undefined) {
      // A pass that ends here forbids.
      if (passes || placed.rule.action !== 'pass') return verdictRows(judgementAt(intent, placed, table), match)
      return plainRow(table, match, judgementAt(intent, placed, table).cookie, undefined)
    }
  }
  const vnp = by.kind === 'default' ? intent.vnps.get(by.vnps[0] ?? '') : undefined
  if (vnp !== undefined && passes) return verdictRows({ ...judgementOfVnp(vnp, side, PRIORITY), table }, match)
  const subject = side === 'egress' ? source : destination
  const cookie = vnp !== undefined ? cookieOf('vnp', vnp.number) : cookieOf(...worldCookie(by, subject))
  return plainRow(table, match, cookie, passes ? AFTER[side] : undefined)
}

function worldCookie(by: DecidedBy, subject: number): ['prefix' | 'system', number] {
  return by.kind === 'world' ? ['prefix', subject] : ['system', 0]
}

function plainRow(table: number, match: Oxm[], cookie: bigint, goto: number | undefined): Rows {
  const set = new RowSet(UNIT, cookie)
  set.add(table, PRIORITY, match, goto === undefined ? {} : { goto })
  return set.rows
}

function placedRule(intent: MergeableState, cause: RuleCause): PlacedRule | undefined {
  const [vnp, policy] = [intent.vnps.get(cause.vnp), intent.policies.get(cause.policy)]
  const rule = policy?.rules[cause.ruleIndex]
  return vnp === undefined || policy === undefined || rule === undefined ? undefined : { rule, policy, vnp, cause }
}

function judgementAt(intent: MergeableState, placed: PlacedRule, table: number): Judgement {
  const { policy, cause } = placed
  const ordered = { ...placed, rank: 0, object: ruleObject(policy, cause.ruleIndex) }
  return judgementOfRule(intent, ordered, table, PRIORITY)
}

/** A demand on a switch, and its rows there. */
interface Held {
  demand: Demand
  of: SwitchDemands
  rows: Rows
}

interface SwitchDemands {
  share: Share
  reactive: Reactive
  held: Map<string, Held>
}

/** Answers kept beside what is held: switches that ask alike. */
const ANSWERS = 8192

/** The demands of an identity, and whether what was found out about it holds. */
interface Asked {
  validity: Validity | undefined
  held: Set<Held>
}

export class DemandRows {
  readonly #switches = new Map<string, SwitchDemands>()
  readonly #byIdentity = new Map<number, Asked>()
  #lookup: PolicyLookup | undefined;

  /**
   * Intent changed: decides anew what that concerns, on all switches, in steps, between which intent may change: what
   * changes then has to be told by another call.
   */
  *updating(intent: MergeableState, delta: IntentDelta | 'all', pace: Pick<Pace, 'spend'>): Generator<undefined> {
    if (delta === 'all') {
      this.#switches.clear()
      this.#byIdentity.clear()
      this.#lookup = undefined
      return
    }
    if (this.#lookup === undefined) return
    this.#lookup.changed(delta)
    const meters = [...delta.numbers].some((number) => number.startsWith('meter/'))
    if (!meters && !delta.rulesChanged && !delta.prefixesChanged && delta.identities.size === 0) return
    const stale = new Set<Held>()
    for (const [identity, { validity, held }] of this.#byIdentity) {
      if (!meters && validity?.valid === true && !delta.identities.has(identity)) continue
      for (const each of held) stale.add(each)
    }
    for (const held of stale) this.#unlink(held)
    for (const held of stale) {
      this.#decide(intent, held)
      if (pace.spend(ROWS_OF_A_DEMAND)) yield undefined
    }
  }

  /** How the switch keeps verdicts; undefined where it is not one of these. */
  modeOf(datapathId: string): Reactive | undefined {
    return this.#switches.get(datapathId)?.reactive
  }

  *starting(
    intent: MergeableState,
    datapathId: string,
    reactive: Reactive,
    { demands, share, pace }: { demands: Iterable<Demand>; share: Share; pace: Pick<Pace, 'spend'> },
  ): Generator<undefined> {
    const its: SwitchDemands = { share, reactive, held: new Map() }
    this.#switches.set(datapathId, its)
    for (const demand of [...demands]) {
      this.#put(intent, its, demandKey(demand), demand)
      if (pace.spend(ROWS_OF_A_DEMAND)) yield undefined
    }
  }

  /** A demand came, or went. */
  set(intent: MergeableState, datapathId: string, key: string, demand: Demand | undefined): void {
    const its = this.#switches.get(datapathId)
    if (its === undefined) return
    if (demand === undefined) this.#take(its, key)
    else this.#put(intent, its, key, demand)
  }

  /** Takes every row of a switch away. */
  end(datapathId: string): void {
    const its = this.#switches.get(datapathId)
    if (its === undefined) return
    for (const key of [...its.held.keys()]) this.#take(its, key)
    this.#switches.delete(datapathId)
  }

  #put(intent: MergeableState, its: SwitchDemands, key: string, demand: Demand): void {
    if (its.held.has(key)) return
    const held: Held = { demand, of: its, rows: new Map() }
    its.held.set(key, held)
    this.#decide(intent, held)
  }

  #take(its: SwitchDemands, key: string): void {
    const held = its.held.get(key)
    if (held === undefined) return
    its.held.delete(key)
    this.#unlink(held)
    for (const name of held.rows.keys()) its.share(name, undefined)
  }

  #decide(intent: MergeableState, held: Held): void {
    this.#lookup ??= new PolicyLookup(intent, { capacity: ANSWERS })
    const { demand, of, rows: before } = held
    held.rows = demandRows(intent, demand, this.#lookup.answer(demand), of.reactive)
    for (const name of before.keys()) if (!held.rows.has(name)) of.share(name, undefined)
    for (const [name, flow] of held.rows) of.share(name, flow)
    for (const identity of new Set([demand.source, demand.destination])) {
      const validity = this.#lookup.validity(identity)
      const asked = this.#byIdentity.get(identity)
      if (asked === undefined) this.#byIdentity.set(identity, { validity, held: new Set([held]) })
      else {
        asked.validity = validity
        asked.held.add(held)
      }
    }
  }

  #unlink(held: Held): void {
    const { source, destination } = held.demand
    for (const identity of [source, destination]) {
      const asked = this.#byIdentity.get(identity)
      asked?.held.delete(held)
      if (asked?.held.size === 0) this.#byIdentity.delete(identity)
    }
  }
}
