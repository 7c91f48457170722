/**
 * Takes change sets into intent and says what they cut: for each switch, the connections that it is to forget because a
 * rule with `established: cut` let them through and policy does not permit them any more. Where no such rule is, a change
 * set costs what it did; else intent goes to the state after, back, and there again, in one synchronous step, so that both
 * states can be looked at (policy/cuts.ts). It sends nothing; what is told here is what switches cannot be asked to forget.
 */
import { type Policy, PREFIX } from '../model/records.ts'
import type { Tell } from './events.ts'
import type { Flush } from './flows/flush.ts'
import { classesOf, type EndClass, photograph } from './policy/classes.ts'
import { type Cut, cutsOf } from './policy/cuts.ts'
import type { EntryChangeSet } from './policy/entries.ts'
import type { Intent, IntentDelta } from './policy/intent.ts'
import { domainOf } from './policy/routing.ts'
import type { ObservedView } from './policy/state.ts'
import { entryOf } from './policy/suppose.ts'
import { switchNamedBy, zoneName } from './policy/zones.ts'

export interface CutterSources {
  intent: Intent
  /** Still of the state before when apply() is called; undefined where nothing is seen. */
  observed: ObservedView | undefined
  tell: Tell
}

export interface AppliedChange {
  delta: IntentDelta
  /** By datapath id. */
  flushes: ReadonlyMap<string, Flush[]>
}

const NOTHING: ReadonlyMap<string, Flush[]> = new Map()

export class Cutter {
  readonly #sources: CutterSources
  /** Policies that have a rule that cuts. */
  readonly #policies = new Set<string>()

  constructor(sources: CutterSources) {
    this.#sources = sources
    for (const policy of sources.intent.policies.values()) this.#note(policy.name, policy)
  }

  /** Whether there is a rule that cuts. */
  get cuts(): boolean {
    return this.#policies.size > 0
  }

  apply(changeSet: EntryChangeSet): AppliedChange {
    const { intent } = this.#sources
    const { cuts } = this
    for (const { key, after } of changeSet.changes) {
      if (key.startsWith(PREFIX.policy)) this.#note(key.slice(PREFIX.policy.length), after?.value as Policy | undefined)
    }
    if (!cuts) return { delta: intent.apply(changeSet), flushes: NOTHING }
    const inverse: EntryChangeSet = {
      revision: intent.generation,
      changes: changeSet.changes.map(({ key }) => ({ key, after: entryOf(intent, key) })).reverse(),
    }
    const delta = intent.apply(changeSet)
    if (!mayCut(delta)) return { delta, flushes: NOTHING }
    const after = photograph(intent, delta, { others: 'none' })
    intent.apply(inverse)
    let flushes = NOTHING
    try {
      const known = delta.rulesChanged ? undefined : after
      const before = photograph(intent, delta, { others: 'one', known })
      flushes = this.#flushes(classesOf(before, after), delta)
    } catch (error) {
      this.#notCut(delta.generation, `a defect (${(error as Error).message}): report it`)
    }
    return { delta: intent.apply(changeSet), flushes }
  }

  #note(name: string, policy: Policy | undefined): void {
    if (policy !== undefined && isCutting(policy)) this.#policies.add(name)
    else this.#policies.delete(name)
  }

  #notCut(generation: number, reason: string): void {
    this.#sources.tell('connections-not-cut', `generation ${generation}`, { reason })
  }

  #flushes(classes: Parameters<typeof cutsOf>[0], delta: IntentDelta): Map<string, Flush[]> {
    const { intent } = this.#sources
    const work = cutsOf(classes, {
      namesOf: (end) => this.#namesOf(end, delta),
      record: (name) => intent.interfaces.get(name),
    })
    let step = work.next()
    while (step.done !== true) step = work.next()
    const { cuts, left } = step.value
    if (left > 0) {
      const reason = `${left} kind(s) of them cannot be named to switches without others that are permitted, or are too many`
      this.#notCut(delta.generation, reason)
    }
    const flushes = new Map<string, Flush[]>()
    for (const cut of cuts) {
      for (const [datapathId, zone] of this.#zones(cut)) {
        const { source, destination, protocol, port } = cut
        const flush: Flush = {
          zone,
          ...(source === undefined ? {} : { source }),
          ...(destination === undefined ? {} : { destination }),
          ...(protocol === undefined ? {} : { protocol }),
          ...(port === undefined ? {} : { port }),
        }
        const its = flushes.get(datapathId)
        if (its === undefined) flushes.set(datapathId, [flush])
        else its.push(flush)
      }
    }
    return flushes
  }

  /** The photograph has one name of those that the change did not touch. */
  *#namesOf(end: EndClass, { interfaces }: IntentDelta): IterableIterator<string> {
    if (end.kind === 'world') return
    const { intent } = this.#sources
    for (const name of end.names) {
      if (interfaces.has(name)) {
        yield name
        continue
      }
      const record = intent.interfaces.get(name)
      const network = record && domainOf(intent, record.network)
      for (const other of intent.usersOf(intent.identityOf(name))) {
        const its = intent.interfaces.get(other)
        if (!interfaces.has(other) && its && domainOf(intent, its.network) === network) yield other
      }
    }
  }

  /**
   * Switches that may track such connections, each with its zone of the network: where the ends are, by what is seen or else
   * by their records. Where nothing is seen at all, wherever the network has a zone unless a record says better.
   */
  #zones({ network, names, hasWorld }: Cut): Map<string, number> {
    const { intent, observed } = this.#sources
    const zones = new Map<string, number>()
    const add = (datapathId: string): void => {
      if (zones.has(datapathId)) return
      const zone = intent.number('zone', zoneName(datapathId, network))
      if (zone !== undefined) zones.set(datapathId, zone)
    }
    let everywhere = hasWorld && observed === undefined
    for (const name of names) {
      const record = intent.interfaces.get(name)
      const datapathId = observed?.places.get(name)?.datapathId ?? (record && switchNamedBy(record))
      if (datapathId !== undefined) add(datapathId)
      else if (observed === undefined) everywhere = true
    }
    for (const { datapathId, uplinkPorts } of (hasWorld && observed?.datapaths.values()) || [])
      if (uplinkPorts.size > 0) add(datapathId)
    if (!everywhere && !hasWorld) return zones
    // Of switches that have not come since the start nobody knows whether they have uplinks.
    for (const datapathId of intent.zones.byNetwork.all(network))
      if (everywhere || observed?.datapaths.has(datapathId) === false) add(datapathId)
    return zones
  }
}

/** Whether it has a rule that cuts. */
export function isCutting({ rules }: Policy): boolean {
  return rules.some(({ established }) => established === 'cut')
}

/** A verdict can be another only where one of these changed. */
function mayCut({ interfaces, identities, rulesChanged, prefixesChanged, relevanceChanged }: IntentDelta): boolean {
  return interfaces.size > 0 || identities.size > 0 || rulesChanged || prefixesChanged || relevanceChanged
}
