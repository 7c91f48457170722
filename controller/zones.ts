/**
 * Who needs connection-tracking zones by where things are: follows places, links and networks, tells the writer what a
 * record alone does not say, and has it give what is missing when an interface shows up on a switch, or a switch becomes
 * a way to the world. Zones of interfaces whose place can be told when they are written come with the record. It refuses
 * to release any; that is propose.ts when a switch connects.
 */
import { type Failure, failureText } from '../model/errors.ts'
import type { InterfaceRecord } from '../model/records.ts'
import type { Intent } from './policy/intent.ts'
import { Interest } from './policy/interest.ts'
import { domainOf, networksIn } from './policy/routing.ts'
import type { Backend, ObservedView, Place } from './policy/state.ts'
import { readZoneName, type ZoneNeeds, type ZoneWish, zoneName } from './policy/zones.ts'
import type { Writer } from './write.ts'

/** Zones of one transaction, and so of one turn of the event loop. */
export const ZONES_PER_WRITE = 1000
/** How names of zones begin among those of all numbers. */
const ZONE = 'zone/'
/** Milliseconds after which zones that could not be given are asked for again. */
const RETRY_MS = 5000

export interface ZonesOptions {
  intent: Pick<Intent, 'interfaces' | 'interfacesByNetwork' | 'networks' | 'networksByRouter' | 'number' | 'switchOf'>
  observed: ObservedView & { expected(record: InterfaceRecord): Place | undefined }
  backend: Backend
  assign: Writer['assignZones']
  /** Zones could not be given, and will be asked for again. Said once until it succeeds. */
  failed(reason: string): void
  retryMs?: number
}

export class Zones implements ZoneNeeds {
  readonly #options: ZonesOptions
  readonly #interest = new Interest()
  readonly #seen = new Map<string, { datapathId: string; network: string }>()
  readonly #missing = new Map<string, ZoneWish>()
  /** What could not be given, until it is asked for again. */
  #refused: ZoneWish[] = []
  #scheduled: NodeJS.Immediate | undefined
  #retry: NodeJS.Timeout | undefined
  #giving: Promise<void> | undefined
  #isFailing = false
  #closed = false

  constructor(options: ZonesOptions) {
    this.#options = options
  }

  switchOf(record: InterfaceRecord): string | undefined {
    return this.#options.observed.expected(record)?.datapathId
  }

  networksOf(datapathId: string): Iterable<string> {
    return this.#interest.networksOf(datapathId)
  }

  *gateways(): IterableIterator<string> {
    // Where the existing network forwards, nobody judges on the way to the world.
    if (this.#options.backend === 'fabric') yield* this.#interest.gateways()
  }

  mayBeGateway(datapathId: string): boolean {
    const { backend, intent } = this.#options
    return backend === 'fabric' && (intent.switchOf(datapathId)?.uplinks.length ?? 0) > 0
  }

  /**
   * These numbers, by space and name, were given or released. A zone whose release was decided before it was seen that
   * somebody needs it is asked for again.
   */
  numbered(numbers: Iterable<string>): void {
    for (const number of numbers) {
      if (!number.startsWith(ZONE)) continue
      const { datapathId, network } = readZoneName(number.slice(ZONE.length))
      if (this.#isNeeded(datapathId, network)) this.#want(datapathId, network)
    }
  }

  #isNeeded(datapathId: string, network: string): boolean {
    if (this.#interest.isLocal(datapathId, network)) return true
    const { intent } = this.#options
    const isUsed = (its: string): boolean =>
      domainOf(intent, its) === network && intent.interfacesByNetwork.all(its).size > 0
    if (![...networksIn(intent, network)].some(isUsed)) return false
    for (const gateway of this.gateways()) if (gateway === datapathId) return true
    return false
  }

  /** These interfaces are elsewhere or their records others; ports or links of these switches changed. */
  changed(interfaces: Iterable<string>, datapaths: Iterable<string>): void {
    const { intent, observed } = this.#options
    const gateways = new Set(this.gateways())
    for (const datapathId of datapaths) {
      const { fabricPorts, uplinkPorts } = observed.datapaths.get(datapathId) ?? NO_LINKS
      this.#interest.setLinks(datapathId, new Set([...fabricPorts, ...uplinkPorts]).size, uplinkPorts.size > 0)
    }
    for (const datapathId of this.gateways()) {
      if (gateways.has(datapathId)) continue
      for (const network of intent.interfacesByNetwork.keys()) this.#want(datapathId, domainOf(intent, network))
    }
    for (const name of interfaces) {
      const before = this.#seen.get(name)
      if (before !== undefined) this.#interest.remove(before.datapathId, before.network)
      const record = intent.interfaces.get(name)
      const network = record && domainOf(intent, record.network)
      const datapathId = observed.places.get(name)?.datapathId
      if (network === undefined || datapathId === undefined) this.#seen.delete(name)
      else {
        this.#seen.set(name, { datapathId, network })
        this.#interest.add(datapathId, network)
        this.#want(datapathId, network)
      }
      if (network !== undefined) for (const gateway of this.gateways()) this.#want(gateway, network)
    }
    this.#interest.takeChanged()
  }

  /** Nothing more is given; resolves when what was begun is done. */
  async close(): Promise<void> {
    this.#closed = true
    clearImmediate(this.#scheduled)
    clearTimeout(this.#retry)
    await this.#giving
  }

  #want(datapathId: string, network: string): void {
    const name = zoneName(datapathId, network)
    if (this.#options.intent.number('zone', name) !== undefined) return
    this.#missing.set(name, { datapathId, network })
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed || this.#giving !== undefined || this.#missing.size === 0) return
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined
      this.#giving = this.#give().finally(() => {
        this.#giving = undefined
        this.#schedule()
      })
    })
  }

  async #give(): Promise<void> {
    const wishes: ZoneWish[] = []
    for (const [name, wish] of this.#missing) {
      wishes.push(wish)
      this.#missing.delete(name)
      if (wishes.length === ZONES_PER_WRITE) break
    }
    const given = await this.#options.assign(wishes)
    if (given.ok) this.#isFailing = false
    else this.#failed(wishes, given.failure)
  }

  #failed(wishes: readonly ZoneWish[], failure: Failure): void {
    const { failed, retryMs = RETRY_MS } = this.#options
    if (!this.#isFailing && !this.#closed) failed(failureText(failure))
    this.#isFailing = true
    this.#refused.push(...wishes)
    if (this.#closed) return
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined
      const again = this.#refused
      this.#refused = []
      for (const { datapathId, network } of again) this.#want(datapathId, network)
    }, retryMs)
  }
}

const NO_LINKS = { fabricPorts: new Set<number>(), uplinkPorts: new Set<number>() }
