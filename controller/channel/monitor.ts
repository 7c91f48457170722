/**
 * What a switch tells of its flows by itself (flow monitor: ONF EXT-187 on OpenFlow 1.3, section 7.3.5.19 of 1.4.1),
 * made into two things: what contradicts what it is known to have been given, and flows of others in our tables. Pure:
 * who subscribes, when it is looked at, and what follows is upkeep.ts's business.
 *
 * Of every key it keeps what the switch said last, unless we have written that key since. A switch tells of our own
 * changes in short: "done, transaction x" (`abbrev`). Open vSwitch 3.1 sends one of these for a message that changed
 * something, in the order in which it works, thus before the barrier's answer; for a bundle, one before the answer to
 * the commit, with the transaction id of the first message in it that changed something; for one that changed nothing,
 * none. So what was said before an `abbrev` is out of date for the flows of that message or bundle, and what is said
 * after it is news. Whatever is kept is therefore true of the switch now, however it lies between our own changes.
 *
 * A switch that has too much to tell pauses (messages of their own on 1.3, updates since 1.4); what happens until it
 * resumes is not told. Then, and where more is told than is kept, what the switch has is in doubt and must be read.
 */
import {
  type FlowUpdate,
  ONFFMF_ACTIONS,
  ONFFMF_ADD,
  ONFFMF_DELETE,
  ONFFMF_MODIFY,
  PORT_ANY,
  TABLE_ALL,
} from 'node-openflow'
import { isTimed, type Operation } from '../flows/diff.ts'
import { withNames } from '../flows/field-names.ts'
import { sameFlow } from '../flows/spelling.ts'
import { isOurs } from '../policy/cookie.ts'
import { isIntruder } from '../policy/pipeline.ts'
import { type Flow, flowKey, type SwitchProgram } from '../policy/program.ts'
import { Drift } from './drift.ts'

/** Keys that are kept of what a switch says, until somebody looks. */
const MAX_SEEN = 10_000
/** Flows of others that are known by key, so that each is told once. */
const MAX_FOREIGN = 10_000
/** Of others' flows that came, those that are written out. */
const SHOWN = 8

type FullUpdate = Extract<FlowUpdate, { cookie: bigint }>

/** All changes of flows, with instructions; ours in short. */
export function monitorRequest(id: number) {
  const flags = ONFFMF_ADD | ONFFMF_DELETE | ONFFMF_MODIFY | ONFFMF_ACTIONS
  const body = [{ id, flags, out_port: PORT_ANY, table_id: TABLE_ALL, match: [] }]
  return { type: 'multipart_request' as const, flags: 0, mp_type: 'flow_monitor' as const, body }
}

/** A flow of ours as the switch has it. */
interface Seen {
  flow: Flow
  /** It goes at a time of its own. We give none of these. */
  mortal: boolean
}

/** Flows that are not as they were given. */
export interface Contradiction {
  drift: Drift
  /** What the switch has under these keys; undefined: no flow of ours. */
  flows: Map<string, Flow | undefined>
  /** Of flows that go by themselves, those that are gone: no difference, but news to who asked for them. */
  expired: Map<string, Flow>
}

export class FlowMonitor {
  /** By key, what the switch said last and nobody has looked at; undefined: no flow of ours. */
  readonly #seen = new Map<string, Seen | undefined>()
  /** Keys of others' flows in our tables. */
  readonly #foreign = new Set<string>()
  /** Of these, those that came and have not been told. */
  #news: Flow[] = []
  #newsCount = 0
  #paused = false

  /** Whether there is anything to look at of ours. */
  get isNews(): boolean {
    return this.#seen.size > 0
  }

  /** Flows of others in our tables that are known of; of more than 10,000 the rest is not counted. */
  get foreignFlows(): number {
    return this.#foreign.size
  }

  /** Whether flows of others came that were not told. */
  get isForeignNews(): boolean {
    return this.#newsCount > 0
  }

  /**
   * Takes in what was told. @param written Operations that the switch has carried out when it says that it did a
   * transaction; undefined where we do not know that one.
   * @returns false where the switch must be read as a whole to know what it has.
   */
  take(updates: readonly FlowUpdate[], written: (xid: number) => Iterable<Operation> | undefined): boolean {
    for (const update of updates) {
      if (update.event === 'paused') this.pause()
      else if (update.event === 'resumed') this.resume()
      else if (update.event === 'abbrev') this.#forget(written(update.xid))
      else if (!this.#paused) this.#note(update)
    }
    if (this.#seen.size <= MAX_SEEN) return !this.#paused
    this.#seen.clear()
    return false
  }

  pause(): void {
    this.#paused = true
    this.#seen.clear()
  }

  resume(): void {
    this.#paused = false
  }

  /** Others' flows in our tables, as read. Those that were not known are news. */
  readForeign(flows: Iterable<Flow>): void {
    const known = new Set(this.#foreign)
    this.#foreign.clear()
    for (const flow of flows) this.#addForeign(flowKey(flow.table, flow.priority, flow.match), flow, known)
  }

  /** Others' flows that came and were not told: how many, and the first few. They count as told from now on. */
  takeForeign(): { count: number; flows: Flow[] } | undefined {
    if (this.#newsCount === 0) return undefined
    const taken = { count: this.#newsCount, flows: this.#news }
    this.#news = []
    this.#newsCount = 0
    return taken
  }

  /**
   * What the switch said that differs from `installed`; undefined where nothing does. It is forgotten here. What means
   * the same as what is wanted comes as the wanted object.
   */
  takeContradiction(installed: SwitchProgram, wanted: SwitchProgram): Contradiction | undefined {
    const found: Contradiction = { drift: new Drift(), flows: new Map(), expired: new Map() }
    for (const [key, seen] of this.#seen) {
      const given = installed.flows.get(key)
      if (seen === undefined) {
        if (given === undefined) continue
        if (isTimed(given)) {
          found.expired.set(key, given)
          continue
        }
        found.drift.note('missing', given)
        found.flows.set(key, undefined)
        continue
      }
      const { flow, mortal } = seen
      if (given !== undefined && !mortal && sameFlow(flow, given)) continue
      found.drift.note(given === undefined ? 'stale' : 'changed', flow)
      const want = wanted.flows.get(key)
      // One that will go by itself is none of ours, unless nobody wants it anyway: then it has to go now.
      if (mortal && want !== undefined) found.flows.set(key, undefined)
      else found.flows.set(key, want !== undefined && sameFlow(flow, want) ? want : flow)
    }
    this.#seen.clear()
    return found.flows.size + found.expired.size === 0 ? undefined : found
  }

  #note(update: FullUpdate): void {
    const { table_id, priority, cookie } = update
    const key = flowKey(table_id, priority, update.match)
    const gone = update.event === 'removed'
    if (gone || !isOurs(cookie)) {
      this.#seen.set(key, undefined)
      this.#foreign.delete(key)
      if (!gone && isIntruder(table_id, cookie)) this.#addForeign(key, flowOf(update))
      return
    }
    this.#foreign.delete(key)
    const mortal = update.hard_timeout !== 0
    this.#seen.set(key, { flow: flowOf(update), mortal })
  }

  #addForeign(key: string, flow: Flow, known?: ReadonlySet<string>): void {
    if (this.#foreign.size < MAX_FOREIGN) this.#foreign.add(key)
    if (known?.has(key) === true) return
    this.#newsCount++
    if (this.#news.length < SHOWN) this.#news.push(flow)
  }

  /** What was said before these were done is out of date, where they did anything. */
  #forget(operations: Iterable<Operation> | undefined): void {
    if (this.#seen.size === 0 || operations === undefined) return
    for (const operation of operations) {
      if (operation.what !== 'flow' || !this.#seen.has(operation.key)) continue
      const seen = this.#seen.get(operation.key)
      // Modifications and deletions name the cookie: they leave a flow of another cookie, and none, as they are.
      const sameCookie = seen?.flow.cookie === operation.flow.cookie
      const isAddition = operation.act === 'add' || (operation.act === 'modify' && isTimed(operation.flow))
      if (isAddition || sameCookie || (operation.act === 'delete' && seen === undefined)) {
        this.#seen.delete(operation.key)
      }
    }
  }
}

/** A copy: what came from a connection is a view of memory that is used again. */
function flowOf({ table_id, priority, match, instructions, cookie, idle_timeout }: FullUpdate): Flow {
  const timeout = idle_timeout === 0 ? {} : { idleTimeout: idle_timeout }
  return {
    table: table_id,
    priority,
    ...structuredClone({ match, instructions: withNames(instructions) }),
    cookie,
    ...timeout,
    unit: '',
  }
}
