/**
 * Numbers that a batch of record changes needs or no longer needs: identities of tag sets and prefixes, networks, zones
 * and meters. A number is taken when its first user comes, marked released when the last one goes, given back to the
 * same name if it returns, and given to another only after the quarantine. It refuses to judge the records; propose.ts
 * has done that. Pure: answers with what to put and delete.
 */
import { type Failure, fail } from '../../model/errors.ts'
import type { IdentityRecord, InterfaceRecord, NetworkRecord, Policy } from '../../model/records.ts'
import type { Tag } from '../../model/tag.ts'
import type { Changes } from './changes.ts'
import { effectiveTags, sameTags } from './effective-tags.ts'
import { cidrKey, cidrsNamedBy, tagsKey, tagsMentionedBy } from './identity.ts'
import type { Intent } from './intent.ts'
import { Counter } from './multimap.ts'
import { identityRecordKey, isLimited, meterName, type NumberRecord, numberKey, SPACES } from './numbers.ts'
import { compareText } from './order.ts'
import { domainNamed, domainOf, networksIn } from './routing.ts'
import type { NumberSpace } from './state.ts'
import { steeringNumbers } from './steering.ts'
import { switchNamedBy, type ZoneNeeds, type ZoneWish, zoneName } from './zones.ts'

export interface AllocationRules {
  /** Milliseconds since the epoch. */
  now: number
  quarantineMs: number
  zoneQuarantineMs: number
  spaces?: typeof SPACES
}

/** What an allocation writes: puts by store key; a key whose number was taken over is deleted. */
export class Allocation {
  readonly puts = new Map<string, IdentityRecord | NumberRecord>()
  readonly deletes = new Set<string>()
  failure: Failure | undefined
  readonly #intent: Intent
  readonly #rules: AllocationRules
  /** Released numbers that go back to their names, so nobody else may take them over. */
  readonly #returned: Record<NumberSpace | 'identity', Set<number>> = {
    identity: new Set(),
    network: new Set(),
    router: new Set(),
    zone: new Set(),
    meter: new Set(),
    steer: new Set(),
    switch: new Set(),
  }
  readonly #free = new Map<NumberSpace | 'identity', Generator<number, undefined, undefined>>()

  constructor(intent: Intent, rules: AllocationRules) {
    this.#intent = intent
    this.#rules = rules
  }

  /** Identity keys with the number of their users afterwards. Those that return come first: they keep their numbers. */
  identities(users: ReadonlyMap<string, number>): void {
    const fresh: string[] = []
    for (const [key, count] of users) {
      const record = this.#intent.identityForKey(key)
      if (count > 0 && record === undefined) fresh.push(key)
      else if (record === undefined) continue
      else if (count > 0 && record.releasedAt !== undefined) {
        this.#returned.identity.add(record.number)
        this.puts.set(identityRecordKey(record.number), { number: record.number, key })
      } else if (count <= 0 && record.releasedAt === undefined) {
        this.puts.set(identityRecordKey(record.number), { ...record, releasedAt: this.#rules.now })
      }
    }
    for (const key of fresh.sort(compareText)) {
      const number = this.#take('identity')
      if (number !== undefined) this.puts.set(identityRecordKey(number), { number, key })
    }
  }

  /** Names of a space with whether each is to have a number afterwards. */
  numbers(space: NumberSpace, wanted: ReadonlyMap<string, boolean>): void {
    const fresh: string[] = []
    for (const [name, use] of wanted) {
      const storeKey = numberKey(space, name)
      const record = this.#intent.numberRecord(storeKey)
      if (use && record === undefined) fresh.push(storeKey)
      else if (record === undefined) continue
      else if (use && record.releasedAt !== undefined) {
        this.#returned[space].add(record.number)
        this.puts.set(storeKey, { number: record.number })
      } else if (!use && record.releasedAt === undefined) {
        this.puts.set(storeKey, { number: record.number, releasedAt: this.#rules.now })
      }
    }
    for (const storeKey of fresh.sort(compareText)) {
      const number = this.#take(space)
      if (number === undefined) continue
      const former = this.#intent.pools[space].holder(number)
      if (former !== undefined) this.deletes.add(former)
      this.puts.set(storeKey, { number })
    }
  }

  #take(space: NumberSpace | 'identity'): number | undefined {
    const { now, spaces = SPACES, quarantineMs, zoneQuarantineMs } = this.#rules
    const { first, last } = spaces[space]
    const rest = space === 'zone' ? zoneQuarantineMs : quarantineMs
    const free = this.#free.get(space) ?? this.#intent.pools[space].free(last, now - rest)
    this.#free.set(space, free)
    let number = free.next().value
    while (number !== undefined && this.#returned[space].has(number)) number = free.next().value
    if (number === undefined) this.failure = fail('SPACE_FULL', { space, limit: last - first + 1 }).failure
    return number
  }
}

/** Everything that these record changes need. @param needs Where things are seen, if that is known. */
export function allocate(changes: Changes, rules: AllocationRules, needs: ZoneNeeds | undefined): Allocation {
  const allocation = new Allocation(changes.intent, rules)
  allocation.identities(identityUsers(changes))
  const networks = networkUse(changes)
  allocation.numbers('network', networks)
  allocation.numbers('router', routerUse(changes))
  allocation.numbers('zone', zoneUse(changes, networks, needs))
  allocation.numbers('meter', meterUse(changes))
  allocation.numbers('steer', steerUse(changes))
  return allocation
}

/**
 * Identity keys whose number of users the batch changes, with that number afterwards. Where the batch changes which
 * tags are relevant, every interface that carries such a tag gets its new key here, in the same transaction; where it
 * changes the tags of a pool, every interface that inherits them.
 */
function identityUsers(changes: Changes): Map<string, number> {
  const { intent } = changes
  const mentions = new Counter<Tag>()
  const prefixes = new Counter<string>()
  for (const kind of ['vnp', 'policy'] as const) {
    for (const { before, after } of changes.of(kind)) {
      for (const [record, by] of [
        [before, -1],
        [after, 1],
      ] as const) {
        if (record === undefined) continue
        for (const tag of tagsMentionedBy(record)) mentions.add(tag, by)
        if (record.kind === 'policy') for (const cidr of cidrsNamedBy(record)) prefixes.add(cidr, by)
      }
    }
  }
  const relevantAfter = { has: (tag: Tag) => intent.relevantTags.get(tag) + mentions.get(tag) > 0 }
  const rekeyed = new Set<string>()
  for (const { name } of changes.of('interface')) rekeyed.add(name)
  for (const { name, before, after } of changes.of('nap')) {
    if (sameTags(before, after)) continue
    for (const heir of intent.interfacesByNap.all(name)) rekeyed.add(heir)
  }
  for (const tag of mentions.keys()) {
    if (intent.relevantTags.has(tag) === relevantAfter.has(tag)) continue
    for (const name of intent.interfacesByTag.all(tag)) rekeyed.add(name)
  }
  const sources = { naps: { get: (name: string) => changes.get('nap', name) } }
  const moves = new Counter<string>()
  for (const name of rekeyed) {
    const before = intent.keyOf(name)
    const record = changes.get('interface', name)
    if (before !== undefined) moves.add(before, -1)
    if (record !== undefined) moves.add(tagsKey(effectiveTags(sources, record), relevantAfter), 1)
  }
  const users = new Map<string, number>()
  for (const [key, by] of moves.entries()) users.set(key, intent.userCount(key) + by)
  for (const [cidr, by] of prefixes.entries()) users.set(cidrKey(cidr), intent.namedPrefixes.get(cidr) + by)
  return users
}

/** Networks that gain their first or lose their last interface. */
function networkUse(changes: Changes): Map<string, boolean> {
  const moves = new Counter<string>()
  for (const { before, after } of changes.of('interface')) {
    if (before !== undefined) moves.add(before.network, -1)
    if (after !== undefined) moves.add(after.network, 1)
  }
  const use = new Map<string, boolean>()
  for (const [network, by] of moves.entries()) {
    use.set(network, changes.intent.interfacesByNetwork.all(network).size + by > 0)
  }
  return use
}

/** Routers that gain their first or lose their last network. */
function routerUse(changes: Changes): Map<string, boolean> {
  const moves = new Counter<string>()
  for (const { before, after } of changes.of('network')) {
    if (before?.router !== undefined) moves.add(before.router, -1)
    if (after?.router !== undefined) moves.add(after.router, 1)
  }
  const use = new Map<string, boolean>()
  for (const [router, by] of moves.entries()) use.set(router, changes.intent.networksByRouter.all(router).size + by > 0)
  return use
}

/**
 * Zones where the interfaces of the batch are, and those of networks that are in another routing domain now; none of
 * domains that nobody is in any more.
 */
function zoneUse(
  changes: Changes,
  networks: ReadonlyMap<string, boolean>,
  needs: ZoneNeeds | undefined,
): Map<string, boolean> {
  const { intent } = changes
  const domainAfter = (network: string): string =>
    domainNamed(network, (changes.get('network', network) as NetworkRecord | undefined)?.router)
  const rerouted = new Set<string>()
  for (const { name } of changes.of('network')) if (domainAfter(name) !== domainOf(intent, name)) rerouted.add(name)
  const isUsed = (network: string): boolean => networks.get(network) ?? intent.interfacesByNetwork.all(network).size > 0
  const use = new Map<string, boolean>()
  const wishes: ZoneWish[] = []
  const domains = new Set([...networks.keys(), ...rerouted].flatMap((its) => [domainOf(intent, its), domainAfter(its)]))
  for (const domain of domains) {
    const before = [...networksIn(intent, domain)].filter((its) => domainOf(intent, its) === domain)
    const after = [...before, ...rerouted].filter((its) => domainAfter(its) === domain)
    if (!after.some(isUsed))
      for (const datapathId of intent.zones.byNetwork.all(domain)) use.set(zoneName(datapathId, domain), false)
    else if (!before.some((its) => intent.interfacesByNetwork.all(its).size > 0))
      for (const datapathId of needs?.gateways() ?? []) wishes.push({ datapathId, network: domain })
  }
  const wish = (record: InterfaceRecord): void => {
    for (const datapathId of new Set([switchNamedBy(record), needs?.switchOf(record)]))
      if (datapathId !== undefined) wishes.push({ datapathId, network: domainAfter(record.network) })
  }
  for (const record of changes.written('interface')) wish(record)
  for (const network of rerouted) {
    for (const name of intent.interfacesByNetwork.all(network)) {
      const record = changes.get('interface', name)
      if (record !== undefined) wish(record)
    }
  }
  for (const [name, used] of zonesWanted(intent, wishes)) use.set(name, used)
  return use
}

/** Names of zones of switches that have connected before; the others get theirs when they do. */
export function zonesWanted(intent: Intent, wishes: Iterable<ZoneWish>): Map<string, true> {
  const wanted = new Map<string, true>()
  for (const { datapathId, network } of wishes)
    if (intent.number('switch', datapathId) !== undefined) wanted.set(zoneName(datapathId, network), true)
  return wanted
}

function meterUse(changes: Changes): Map<string, boolean> {
  const use = new Map<string, boolean>()
  for (const { before, after } of changes.of('policy')) {
    for (const name of metersOf(before)) use.set(name, false)
    for (const name of metersOf(after)) use.set(name, true)
  }
  return use
}

/** Collectors, services and chains that the batch begins or ceases to name. */
function steerUse(changes: Changes): Map<string, boolean> {
  const moves = new Counter<string>()
  for (const { before, after } of changes.of('policy')) {
    for (const name of steeringNumbers(before)) moves.add(name, -1)
    for (const name of steeringNumbers(after)) moves.add(name, 1)
  }
  const use = new Map<string, boolean>()
  for (const [name, by] of moves.entries()) use.set(name, changes.intent.steerings.count(name) + by > 0)
  return use
}

function metersOf(policy: Policy | undefined): string[] {
  if (policy === undefined) return []
  return policy.rules.flatMap((rule, index) => (isLimited(rule) ? [meterName(policy.name, index)] : []))
}
