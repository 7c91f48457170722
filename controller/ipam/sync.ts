/**
 * External IPAMs reconciled with: reads the other side, plans (ipam/external/reconcile.ts), and does what a plan says, step
 * by step: ours through the writer, theirs through the connector with the entry that was read as precondition. What is
 * agreed on is stored step by step, so that a crash, an outage or another's change costs a repetition and nothing else. It polls
 * where settings say so; then conflicts stay, and nothing is done where most has vanished. Used by the IpamService.
 *
 *     connector ─▶ plan ◀─ ledgers, base       steps ─▶ writer | connector ─▶ base
 */
import { createHash } from 'node:crypto'
import { ConnectorError, type IpamConnector } from '../../connectors/connector.ts'
import { claimedFor } from '../../connectors/netbox.ts'
import type { ClaimSettings } from '../../host/ipam-settings.ts'
import type { Fact, IpamAddress } from '../../ipam/external/entry.ts'
import { type Choice, hasVanished, type ReconcilePlan, reconcile, type Step } from '../../ipam/external/reconcile.ts'
import { formatMac } from '../../model/address.ts'
import { numberOfText } from '../../model/address-key.ts'
import { type Failure, fail, failureText, ok, type Result } from '../../model/errors.ts'
import type { Nap } from '../../model/records.ts'
import type { Store } from '../../store/contract.ts'
import type { Tell } from '../events.ts'
import type { Intent } from '../policy/intent.ts'
import type { WriteRequest, Writer } from '../write.ts'
import { Claims } from './claims.ts'
import { BASE, baseKey, compareSides, keeper, ourStep, type Sides } from './sides.ts'
import { slugsOf } from './tags.ts'

export interface SyncedConnector {
  connector: IpamConnector
  networks: ReadonlySet<string>
  /** Milliseconds between reconciliations by itself; 0 is never. */
  intervalMs: number
  /** Addresses that are claimed for pools beforehand. */
  claims: readonly ClaimSettings[]
}

export interface SyncParts {
  store: Store
  writer: Pick<Writer, 'lease' | 'look' | 'write'>
  intent: Intent
  connectors: readonly SyncedConnector[]
  tell: Tell
  now(): number
  /** Milliseconds, growing. */
  clock(): number
}

export interface PlanAsk {
  connector: string
  /** Which side wins a conflict, by `<network>/<address>`. */
  choices: ReadonlyMap<string, Choice>
}

export interface ReconcileAsk extends PlanAsk {
  /** Of the plan that was looked at; where it is another now, nothing is done. Empty: whatever the plan is. */
  digest: string
  /** Also where most of what was agreed on has vanished over there. */
  allowVanished: boolean
}

export interface Planned {
  plan: ReconcilePlan
  digest: string
  outside: number
}

export interface Done extends Planned {
  done: number
  failed: { key: string; side: Step['side']; reason: string }[]
  /** Steps that were not tried, since the other side does not answer or there were too many. */
  left: number
}

export interface ConnectorStatus {
  name: string
  kind: string
  url: string
  networks: string[]
  /** Milliseconds since the epoch of the last reading that succeeded; 0 is never. */
  lastSuccess: number
  failures: number
  /** Why the last reading failed; empty where it did not. */
  lastFailure: string
  conflicts: number
}

/** Steps of one reconciliation; the next one goes on. */
export const MAX_STEPS = 10_000
/** Steps that are under way at once. */
const ABREAST = { ours: 32, theirs: 4 } as const

interface State {
  readonly synced: SyncedConnector
  /** One reading or reconciliation at a time. */
  turn: Promise<unknown>
  lastSuccess: number
  failures: number
  lastFailure: string
  conflicts: number
  timer?: NodeJS.Timeout
}

export class IpamSync {
  readonly #parts: SyncParts
  readonly #states: ReadonlyMap<string, State>
  readonly #stop = new AbortController()
  readonly #claims: Claims

  constructor(parts: SyncParts) {
    this.#parts = parts
    this.#states = new Map(
      parts.connectors.map((synced) => [
        synced.connector.name,
        { synced, turn: Promise.resolve(), lastSuccess: 0, failures: 0, lastFailure: '', conflicts: 0 },
      ]),
    )
    this.#claims = new Claims(
      parts,
      parts.connectors.flatMap(({ connector, claims }) => claims.map((settings) => ({ connector, settings }))),
    )
  }

  /** Begins to poll and to claim. */
  start(): void {
    for (const state of this.#states.values()) this.#later(state)
    this.#claims.start()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    for (const { timer } of this.#states.values()) clearTimeout(timer)
    await this.#claims.close()
    await Promise.allSettled([...this.#states.values()].map(({ turn }) => turn))
    for (const { synced } of this.#states.values()) synced.connector.close()
  }

  status(): ConnectorStatus[] {
    return [...this.#states.values()].map(({ synced, lastSuccess, failures, lastFailure, conflicts }) => {
      const { name, kind, url } = synced.connector
      return { name, kind, url, networks: [...synced.networks], lastSuccess, failures, lastFailure, conflicts }
    })
  }

  /** What a reconciliation would do now. It changes nothing. */
  plan({ connector, choices }: PlanAsk): Promise<Result<Planned>> {
    return this.#inTurn(connector, async (state) => {
      const read = await this.#read(state, choices)
      return read.ok ? ok(planned(read.value)) : read
    })
  }

  reconcile(ask: ReconcileAsk, caller: string): Promise<Result<Done>> {
    return this.#inTurn(ask.connector, async (state) => {
      const read = await this.#read(state, ask.choices)
      if (!read.ok) return read
      const { plan, digest, outside } = planned(read.value)
      const { name } = state.synced.connector
      if (ask.digest !== '' && ask.digest !== digest) return fail('IPAM_PLAN_CHANGED', { connector: name })
      const [unused] = plan.unused
      if (unused !== undefined) return fail('IPAM_NO_CONFLICT', { connector: name, address: unused })
      if (!ask.allowVanished && hasVanished(plan))
        return fail('IPAM_VANISHED', { connector: name, vanished: plan.vanished, known: plan.known })
      return ok({ plan, digest, outside, ...(await this.#apply(state, read.value, caller)) })
    })
  }

  async #inTurn<T>(name: string, work: (state: State) => Promise<Result<T>>): Promise<Result<T>> {
    const state = this.#states.get(name)
    if (state === undefined) return fail('NOT_FOUND', { kind: 'connector', name })
    const mine = state.turn.then(() => work(state))
    state.turn = mine.catch(() => {})
    return mine
  }

  async #read(state: State, choices: ReadonlyMap<string, Choice>): Promise<Result<Sides & { plan: ReconcilePlan }>> {
    const { connector, networks } = state.synced
    let entries: IpamAddress[]
    try {
      entries = await connector.addresses(this.#stop.signal)
    } catch (error) {
      return { ok: false, failure: this.#failed(state, error) }
    }
    if (state.lastFailure !== '') this.#parts.tell('ipam-reachable', connector.name)
    state.lastFailure = ''
    state.lastSuccess = this.#parts.now()
    const prefix = `${BASE}${connector.name}/`
    const agreed = new Map(this.#parts.store.list<Fact>(prefix).map(({ key, value }) => [key, value]))
    const looked = await this.#parts.writer.look((view) =>
      compareSides(view, connector.name, networks, entries, agreed, isOursToGive),
    )
    if (!looked.ok) return looked
    const plan = reconcile(looked.value.rows, choices)
    if (plan.conflicts.length > 0 && plan.conflicts.length !== state.conflicts)
      this.#parts.tell('ipam-conflicts', connector.name, { count: plan.conflicts.length })
    state.conflicts = plan.conflicts.length
    return ok({ ...looked.value, plan })
  }

  #failed(state: State, error: unknown): Failure {
    const { name } = state.synced.connector
    const { code, message } =
      error instanceof ConnectorError ? error : new ConnectorError('broken', `a defect: ${String(error)}`)
    state.failures++
    if (state.lastFailure === '') this.#parts.tell('ipam-unreachable', name, { reason: message })
    state.lastFailure = message
    return fail(code === 'denied' ? 'IPAM_DENIED' : 'IPAM_UNREACHABLE', { connector: name, reason: message }).failure
  }

  async #apply(
    state: State,
    { plan, entries, stale }: Sides & { plan: ReconcilePlan },
    caller: string,
  ): Promise<Pick<Done, 'done' | 'failed' | 'left'>> {
    const steps = plan.steps.slice(0, MAX_STEPS)
    const failed: Done['failed'] = []
    let done = 0
    let left = plan.steps.length - steps.length
    let isGone = false
    const attempt = async (step: Step): Promise<void> => {
      if (isGone || this.#stop.signal.aborted) {
        left++
        return
      }
      const reason = await this.#do(state, step, entries.get(step.key), caller)
      if (reason === undefined) done++
      else failed.push({ key: step.key, side: step.side, reason: reason.text })
      isGone ||= reason?.isEnd === true
    }
    const groups = ['ours', 'theirs', 'base'] as const
    for (const side of groups) {
      const its = steps.filter((step) => step.side === side)
      if (side === 'base') {
        const written = await this.#agree(state, [...its.map(({ key, to }) => [key, to] as const)], stale)
        if (written) done += its.length
        else left += its.length
        continue
      }
      // Releases are done before what is given, since an interface may take an address in another's stead.
      for (const half of [its.filter(({ to }) => to === undefined), its.filter(({ to }) => to !== undefined)])
        await abreast(half, ABREAST[side], attempt)
    }
    return { done, failed, left }
  }

  /** undefined where it is done. */
  async #do(
    state: State,
    step: Step,
    entry: IpamAddress | undefined,
    caller: string,
  ): Promise<{ text: string; isEnd?: boolean } | undefined> {
    const { connector } = state.synced
    if (step.side === 'ours') {
      const request: WriteRequest = { caller, method: `reconcile ${connector.name}`, body: step.key }
      const written = await this.#parts.writer.lease((view) => ourStep(view, connector.name, step), request)
      return written.ok ? undefined : { text: failureText(written.failure) }
    }
    try {
      await this.#write(connector, step, entry)
    } catch (error) {
      const { code, message } =
        error instanceof ConnectorError ? error : new ConnectorError('broken', `a defect: ${String(error)}`)
      const isEnd = code === 'unreachable' || code === 'denied'
      if (isEnd) this.#failed(state, error)
      return { text: message, isEnd }
    }
    return (await this.#agree(state, [[step.key, step.to]])) ? undefined : { text: 'what is agreed on is not stored' }
  }

  async #write(connector: IpamConnector, { key, to }: Step, entry: IpamAddress | undefined): Promise<void> {
    const signal = this.#stop.signal
    if (to === undefined) {
      if (entry === undefined) return
      if (claimedFor(entry.description) === undefined) await connector.delete(entry, signal)
      else await connector.update(entry, { ...entry, status: 'reserved', dnsName: '' }, signal)
      return
    }
    const slash = key.indexOf('/')
    const [network, address] = [key.slice(0, slash), key.slice(slash + 1)]
    const { intent } = this.#parts
    const record = to.use === 'used' ? intent.interfaces.get(to.name) : undefined
    const wanted: IpamAddress = {
      ...{ network, address, id: '', version: '' },
      ...(to.use === 'used'
        ? { status: 'active' as const, dnsName: to.name }
        : { status: 'reserved' as const, dnsName: '' }),
      description: entry?.description ?? (to.use === 'used' ? '' : 'withheld by tagsteer'),
      tags: entry?.tags ?? (connector.capabilities.tags ? slugsOf(this.#napOf(network, address)?.tags ?? []) : []),
      ...(record === undefined ? {} : { mac: formatMac(record.mac) }),
    }
    if (entry === undefined) await connector.create(wanted, signal)
    else await connector.update(entry, { ...wanted, id: entry.id, version: entry.version }, signal)
  }

  #napOf(network: string, address: string): Nap | undefined {
    const number = numberOfText(address)
    for (const nap of this.#parts.intent.naps.values())
      if (
        nap.network === network &&
        nap.ranges.some(({ first, last }) => numberOfText(first) <= number && number <= numberOfText(last))
      )
        return nap
    return undefined
  }

  /** Stores what is agreed on. @returns Whether it is durable. */
  async #agree(
    state: State,
    facts: readonly (readonly [key: string, fact: Fact | undefined])[],
    stale: readonly string[] = [],
  ): Promise<boolean> {
    const { name } = state.synced.connector
    const puts: { key: string; value: unknown }[] = []
    const deletes = [...stale]
    for (const [key, fact] of facts) {
      const slash = key.indexOf('/')
      const stored = baseKey(name, key.slice(0, slash), numberOfText(key.slice(slash + 1)))
      if (fact === undefined) deletes.push(stored)
      else puts.push({ key: stored, value: fact })
    }
    if (puts.length + deletes.length === 0) return true
    try {
      await this.#parts.store.commit({ puts, deletes, cause: { caller: keeper(name), method: 'agreed' } })
      return true
    } catch (error) {
      this.#parts.tell('store-failed', name, { reason: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  #later(state: State): void {
    const { intervalMs, connector } = state.synced
    if (intervalMs === 0 || this.#stop.signal.aborted) return
    state.timer = setTimeout(() => {
      const ask = { connector: connector.name, choices: new Map(), digest: '', allowVanished: false }
      this.reconcile(ask, keeper(connector.name))
        .then((result) => this.#polled(connector.name, result))
        .finally(() => this.#later(state))
    }, intervalMs)
  }

  #polled(name: string, result: Result<Done>): void {
    const { tell } = this.#parts
    if (!result.ok) {
      if (result.failure.code === 'IPAM_VANISHED') tell('ipam-vanished', name, result.failure.details)
      return
    }
    const { done, failed, left } = result.value
    if (done + failed.length + left > 0) tell('ipam-reconciled', name, { done, failed: failed.length, left })
  }
}

/** A claimed address that nobody uses is ours to give: over there it is reserved, for us. */
const isOursToGive = ({ status, description }: IpamAddress): boolean =>
  status === 'reserved' && claimedFor(description) !== undefined

function planned({ plan, outside }: Sides & { plan: ReconcilePlan }): Planned {
  const digest = createHash('sha256')
    .update(JSON.stringify([plan.steps, plan.conflicts]))
    .digest('hex')
    .slice(0, 16)
  return { plan, digest, outside }
}

async function abreast<T>(items: readonly T[], count: number, each: (item: T) => Promise<void>): Promise<void> {
  const next = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let item = next.next(); item.done !== true; item = next.next()) await each(item.value)
  }
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, worker))
}
