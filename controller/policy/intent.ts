/**
 * Intent in memory: every record, number and identity, with the indices that make a change cost what it touches. It is
 * a function of the store's content alone: any sequence of change sets that ends in the same content gives the same
 * intent as a rebuild from that content (a property test holds it to that). It refuses to decide or to write: propose.ts
 * does. Kept current from the store's watch; read by the compiler, the lookup, explain and the API.
 *
 *     record ──effective tags──▶ relevant tags ──▶ identity key ──▶ number (identity record)
 *     pools ──────┘                  ▲                  │
 *               VNP and policy selectors (counted)      └──▶ memberships of VNPs
 */
import {
  type AnyRecord,
  IDENTITY,
  type IdentityRecord,
  type InterfaceRecord,
  ifaceIdOf,
  type Nap,
  type NetworkRecord,
  type Policy,
  PREFIX,
  type Profile,
  type RecordKind,
  type RecordOf,
  type StagePolicy,
  type SwitchRecord,
  type Vnp,
} from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import { answersDhcp } from './compile-dhcp.ts'
import { effectiveTags, sameTags } from './effective-tags.ts'
import type { EntryChangeSet, StoredEntry } from './entries.ts'
import { type Hash, hash64 } from './hash.ts'
import { cidrKey, cidrsNamedBy, IdentityIndex, tagsKey, tagsMentionedBy } from './identity.ts'
import { Applying } from './intent-applying.ts'
import { emptyDelta, type IntentDelta } from './intent-delta.ts'
import { addressKey, namedPortKey, portKey, put, readTags } from './intent-keys.ts'
import { Memberships } from './memberships.ts'
import { Counter, Multimap } from './multimap.ts'
import { NumberPool, type NumberRecord, numberKey, SPACES } from './numbers.ts'
import type { IntentView, NumberSpace } from './state.ts'
import { SteeringIndex } from './steering.ts'
import { switchNamedBy, ZoneIndex } from './zones.ts'

export { emptyDelta, type IntentDelta, mergeDelta } from './intent-delta.ts'
export { addressKey, namedPortKey, portKey } from './intent-keys.ts'

/** What is known about one identity key that has users. */
interface KeyState {
  tags: ReadonlySet<Tag>
  users: Set<string>
  number: number
  vnps: readonly Vnp[]
}

/** A key and what was derived from it before a change set. */
interface Moving {
  key: string
  state: KeyState
  number: number
  vnps: readonly Vnp[]
}

const NOBODY: ReadonlySet<never> = new Set<never>()

export class Intent implements IntentView {
  generation = 0
  readonly interfaces = new Map<string, InterfaceRecord>()
  readonly vnps = new Map<string, Vnp>()
  readonly policies = new Map<string, Policy>()
  readonly switches = new Map<string, SwitchRecord>()
  readonly networks = new Map<string, NetworkRecord>()
  /** Interfaces inherit their tags; of the rest, and of profiles, switches learn nothing. */
  readonly naps = new Map<string, Nap>()
  readonly profiles = new Map<string, Profile>()
  /** What they forbid and limit is said by policies that are derived from them (stages.ts). */
  readonly stagePolicies = new Map<string, StagePolicy>()
  readonly identities = new Map<number, IdentityRecord>()
  readonly prefixes = new Map<string, number>()

  /** Tags that selectors mention, counted: the policy-relevant ones. */
  readonly relevantTags = new Counter<Tag>()
  /** Prefixes that rules name, counted. */
  readonly namedPrefixes = new Counter<string>()
  /** By effective tag, as policies select. */
  readonly interfacesByTag = new Multimap<Tag>()
  /** By the pools that they inherit tags from. */
  readonly interfacesByNap = new Multimap<string>()
  readonly interfacesByNetwork = new Multimap<string>()
  readonly interfacesByAddress = new Multimap<string>()
  readonly interfacesByMac = new Multimap<number>()
  readonly networksByRouter = new Multimap<string>()
  readonly switchesByDatapath = new Multimap<string>()
  readonly switchesByUplink = new Multimap<string>()
  /** By the switch that the attachment names. */
  readonly interfacesByDatapath = new Multimap<string>()
  readonly interfacesByPort = new Multimap<string>()
  /** By the port name of the attachment, whatever switch it names. */
  readonly interfacesByPortName = new Multimap<string>()
  /** By port name and the switch that the attachment names, or none: the same name may be on every switch. */
  readonly interfacesByNamedPort = new Multimap<string>()
  /** By the interface id of the attachment. */
  readonly interfacesByIfaceId = new Multimap<string>()
  readonly policiesByVnp = new Multimap<string>()
  /** Partitions that rules of these policies name as peers. */
  readonly policiesByPeerVnp = new Multimap<string>()
  readonly steerings = new SteeringIndex()
  readonly pools: Readonly<Record<NumberSpace | 'identity', NumberPool>> = {
    identity: new NumberPool(SPACES.identity.first),
    network: new NumberPool(SPACES.network.first),
    router: new NumberPool(SPACES.router.first),
    zone: new NumberPool(SPACES.zone.first),
    meter: new NumberPool(SPACES.meter.first),
    switch: new NumberPool(SPACES.switch.first),
    steer: new NumberPool(SPACES.steer.first),
  }

  readonly zones = new ZoneIndex()

  /** Rules of all policies together. */
  ruleCount = 0

  readonly #maps = {
    interface: this.interfaces,
    vnp: this.vnps,
    policy: this.policies,
    switch: this.switches,
    network: this.networks,
    nap: this.naps,
    profile: this.profiles,
    stagePolicy: this.stagePolicies,
  }
  readonly #revisions = new Map<string, number>()
  readonly #numbers = new Map<string, NumberRecord>()
  readonly #index: IdentityIndex
  readonly #keyOf = new Map<string, string>()
  readonly #keys = new Map<string, KeyState>()
  readonly #keyByNumber = new Map<number, KeyState>()
  readonly #members = new Map<string, Set<number>>()
  readonly #memberships = new Memberships()

  constructor(hash: Hash = hash64) {
    this.#index = new IdentityIndex(hash)
  }

  number(space: NumberSpace, name: string): number | undefined {
    const record = this.numberRecord(numberKey(space, name))
    return record === undefined || record.releasedAt !== undefined ? undefined : record.number
  }

  /** The stored number under a key, released or not. */
  numberRecord(storeKey: string): NumberRecord | undefined {
    return this.#numbers.get(storeKey)
  }

  /** Store keys of all numbers of a space whose name begins so. */
  *numberKeys(space: NumberSpace): IterableIterator<string> {
    const prefix = numberKey(space, '')
    for (const key of this.#numbers.keys()) if (key.startsWith(prefix)) yield key
  }

  /** The revision that wrote a store key last; 0 where it holds nothing. */
  revisionOf(storeKey: string): number {
    return this.#revisions.get(storeKey) ?? 0
  }

  modRevision(kind: RecordKind, name: string): number | undefined {
    return this.#revisions.get(PREFIX[kind] + name)
  }

  record<K extends RecordKind>(kind: K, name: string): RecordOf<K> | undefined {
    return (this.#maps[kind] as ReadonlyMap<string, AnyRecord>).get(name) as RecordOf<K> | undefined
  }

  /** The records of a kind, by name. */
  all(kind: RecordKind): ReadonlyMap<string, AnyRecord> {
    return this.#maps[kind]
  }

  identityOf(interfaceName: string): number {
    return this.#stateOf(interfaceName)?.number ?? IDENTITY.unknown
  }

  /** The identity key of an interface record. */
  keyOf(interfaceName: string): string | undefined {
    return this.#keyOf.get(interfaceName)
  }

  userCount(key: string): number {
    return this.#keys.get(key)?.users.size ?? 0
  }

  identityForKey(key: string): IdentityRecord | undefined {
    return this.#index.find(key)
  }

  usersOf(identity: number): ReadonlySet<string> {
    return this.#keyByNumber.get(identity)?.users ?? NOBODY
  }

  tagsOf(identity: number): ReadonlySet<Tag> {
    return this.#keyByNumber.get(identity)?.tags ?? NOBODY
  }

  vnpsOf(identity: number): readonly Vnp[] {
    return this.#keyByNumber.get(identity)?.vnps ?? []
  }

  membersOf(vnp: string): ReadonlySet<number> {
    return this.#members.get(vnp) ?? NOBODY
  }

  policiesOf(vnp: string): ReadonlySet<string> {
    return this.policiesByVnp.all(vnp)
  }

  byAddress(network: string, address: string): string | undefined {
    return this.interfacesByAddress.first(addressKey(network, address))
  }

  byMac(mac: number): string | undefined {
    return this.interfacesByMac.first(mac)
  }

  /** The record about a switch. */
  switchOf(datapathId: string): SwitchRecord | undefined {
    const name = this.switchesByDatapath.first(datapathId)
    return name === undefined ? undefined : this.switches.get(name)
  }

  byAttachment(datapathId: string, port: number, portName: string): string | undefined {
    const byNumber = this.interfacesByPort.first(portKey(datapathId, port))
    if (byNumber !== undefined) return byNumber
    const on = (where: string | undefined) => this.interfacesByNamedPort.first(namedPortKey(portName, where))
    return on(datapathId) ?? on(undefined)
  }

  /**
   * Takes a change set in and says what it changed. A store that takes an unwritable change back sends the inverse, so
   * the revision may fall.
   */
  apply(changeSet: EntryChangeSet): IntentDelta {
    const delta = emptyDelta(changeSet.revision)
    this.generation = changeSet.revision
    const work = new Applying()
    for (const { key, after } of changeSet.changes) {
      if (after === undefined) this.#revisions.delete(key)
      else this.#revisions.set(key, after.modRevision)
      this.#change(key, after, work, delta)
    }
    for (const [tag, wasRelevant] of work.mentioned) {
      if (wasRelevant === this.relevantTags.has(tag)) continue
      delta.relevanceChanged = true
      for (const name of this.interfacesByTag.all(tag)) work.interfaces.add(name)
    }
    for (const name of work.interfaces) this.#rekey(name, work, delta)
    if (delta.vnps.size > 0) this.#findMoved(delta.vnps, work)
    // All are taken out before any goes in: a number may pass from one key to another in one change set.
    const moving = [...work.keys].flatMap((key) => this.#takeOut(key))
    for (const moved of moving) this.#putIn(moved, delta)
    for (const cidr of work.cidrs) this.#refreshPrefix(cidr, delta)
    return delta
  }

  #change(key: string, after: StoredEntry | undefined, work: Applying, delta: IntentDelta): void {
    const value = after?.value
    const slash = key.indexOf('/') + 1
    const name = key.slice(slash)
    switch (key.slice(0, slash)) {
      case PREFIX.interface:
        this.#indexInterface(this.interfaces.get(name), 'remove')
        put(this.interfaces, name, value as InterfaceRecord | undefined)
        this.#indexInterface(this.interfaces.get(name), 'add')
        work.interfaces.add(name)
        delta.interfaces.add(name)
        return
      case PREFIX.vnp:
        this.#mention(this.vnps.get(name), -1, work)
        put(this.vnps, name, value as Vnp | undefined)
        this.#mention(this.vnps.get(name), 1, work)
        delta.vnps.add(name)
        delta.rulesChanged = true
        return
      case PREFIX.policy:
        this.#mention(this.policies.get(name), -1, work)
        put(this.policies, name, value as Policy | undefined)
        this.#mention(this.policies.get(name), 1, work)
        delta.policies.add(name)
        delta.rulesChanged = true
        return
      case PREFIX.switch:
        this.#indexSwitch(this.switches.get(name), 'remove')
        put(this.switches, name, value as SwitchRecord | undefined)
        this.#indexSwitch(this.switches.get(name), 'add')
        delta.switches.add(name)
        return
      case PREFIX.network:
        this.#changeNetwork(name, value as NetworkRecord | undefined, delta)
        return
      case PREFIX.nap:
        this.#changeNap(name, value as Nap | undefined, work)
        return
      case PREFIX.profile:
        put(this.profiles, name, value as Profile | undefined)
        return
      case PREFIX.stagePolicy:
        put(this.stagePolicies, name, value as StagePolicy | undefined)
        return
      case PREFIX.identity:
        this.#changeIdentity(Number(name), value as IdentityRecord | undefined, work)
        return
      case PREFIX.number:
        this.#changeNumber(key, value as NumberRecord | undefined)
        delta.numbers.add(name)
    }
  }

  /** Other tags are other tags of all that have an address of the pool. */
  #changeNap(name: string, record: Nap | undefined, work: Applying): void {
    const heirs = sameTags(this.naps.get(name), record) ? [] : [...this.interfacesByNap.all(name)]
    for (const heir of heirs) this.#indexTags(this.interfaces.get(heir)!, 'remove')
    put(this.naps, name, record)
    for (const heir of heirs) {
      this.#indexTags(this.interfaces.get(heir)!, 'add')
      work.interfaces.add(heir)
    }
  }

  #indexTags(record: InterfaceRecord, action: 'add' | 'remove'): void {
    for (const tag of effectiveTags(this, record)) this.interfacesByTag[action](tag, record.name)
  }

  /** Another router is another routing domain for all that are attached to the network. */
  #changeNetwork(name: string, record: NetworkRecord | undefined, delta: IntentDelta): void {
    const before = this.networks.get(name)
    put(this.networks, name, record)
    delta.networks.add(name)
    if (before?.router !== record?.router) {
      if (before?.router !== undefined) this.networksByRouter.remove(before.router, name)
      if (record?.router !== undefined) this.networksByRouter.add(record.router, name)
    } else if (answersDhcp(before) === answersDhcp(record)) return
    for (const its of this.interfacesByNetwork.all(name)) delta.interfaces.add(its)
  }

  #changeIdentity(number: number, record: IdentityRecord | undefined, work: Applying): void {
    const before = this.identities.get(number)
    const storeKey = PREFIX.identity + number
    if (before !== undefined) {
      this.#index.remove(before)
      work.identityKeyChanged(before.key)
    }
    put(this.identities, number, record)
    if (record === undefined) this.pools.identity.remove(number, storeKey)
    else {
      this.#index.add(record)
      this.pools.identity.set(number, storeKey, record.releasedAt)
      work.identityKeyChanged(record.key)
    }
  }

  #changeNumber(key: string, record: NumberRecord | undefined): void {
    const space = key.slice(PREFIX.number.length, key.indexOf('/', PREFIX.number.length))
    const pool = space in this.pools ? this.pools[space as NumberSpace] : undefined
    const before = this.#numbers.get(key)
    if (before !== undefined) pool?.remove(before.number, key)
    put(this.#numbers, key, record)
    if (record !== undefined) pool?.set(record.number, key, record.releasedAt)
    const isUsed = record !== undefined && record.releasedAt === undefined
    if (space === 'zone') this.zones.set(key.slice(`${PREFIX.number}zone/`.length), isUsed)
  }

  #indexInterface(record: InterfaceRecord | undefined, action: 'add' | 'remove'): void {
    if (record === undefined) return
    const { name } = record
    this.#indexTags(record, action)
    for (const nap of record.naps ?? []) this.interfacesByNap[action](nap, name)
    for (const address of record.addresses) this.interfacesByAddress[action](addressKey(record.network, address), name)
    this.interfacesByNetwork[action](record.network, name)
    this.interfacesByMac[action](record.mac, name)
    const { attachment } = record
    const datapathId = switchNamedBy(record)
    if (datapathId !== undefined) this.interfacesByDatapath[action](datapathId, name)
    if (attachment.kind === 'port') this.interfacesByPort[action](portKey(attachment.datapathId, attachment.port), name)
    if (attachment.kind === 'ifaceId') this.interfacesByIfaceId[action](ifaceIdOf(record), name)
    if (attachment.kind !== 'portName') return
    this.interfacesByPortName[action](attachment.portName, name)
    this.interfacesByNamedPort[action](namedPortKey(attachment.portName, attachment.datapathId), name)
  }

  #indexSwitch(record: SwitchRecord | undefined, action: 'add' | 'remove'): void {
    if (record === undefined) return
    this.switchesByDatapath[action](record.datapathId, record.name)
    for (const uplink of record.uplinks) this.switchesByUplink[action](uplink, record.name)
  }

  #mention(record: Vnp | Policy | undefined, by: 1 | -1, work: Applying): void {
    if (record === undefined) return
    for (const tag of tagsMentionedBy(record)) {
      if (!work.mentioned.has(tag)) work.mentioned.set(tag, this.relevantTags.has(tag))
      this.relevantTags.add(tag, by)
    }
    const action = by === 1 ? 'add' : 'remove'
    if (record.kind === 'vnp') {
      this.#memberships[action](record)
      return
    }
    this.ruleCount += by * record.rules.length
    this.policiesByVnp[action](record.vnp, record.name)
    this.steerings[action](record)
    for (const { peer } of record.rules) {
      if (peer.kind === 'vnp') this.policiesByPeerVnp[action](peer.vnp, record.name)
    }
    for (const cidr of cidrsNamedBy(record)) {
      this.namedPrefixes.add(cidr, by)
      work.cidrs.add(cidr)
    }
  }

  #stateOf(interfaceName: string): KeyState | undefined {
    const key = this.#keyOf.get(interfaceName)
    return key === undefined ? undefined : this.#keys.get(key)
  }

  /** Moves an interface to the users of the key that its effective tags have now. */
  #rekey(name: string, work: Applying, delta: IntentDelta): void {
    const record = this.interfaces.get(name)
    const before = this.#keyOf.get(name)
    const key = record === undefined ? undefined : tagsKey(effectiveTags(this, record), this.relevantTags)
    if (before === key) return
    delta.interfaces.add(name)
    if (before !== undefined) {
      this.#keys.get(before)?.users.delete(name)
      work.keys.add(before)
    }
    put(this.#keyOf, name, key)
    if (key === undefined) return
    let state = this.#keys.get(key)
    if (state === undefined) {
      state = { tags: new Set(readTags(key)), users: new Set(), number: IDENTITY.unknown, vnps: [] }
      this.#keys.set(key, state)
    }
    state.users.add(name)
    work.keys.add(key)
  }

  /** Keys that are, or are to be, members of a partition that changed. */
  #findMoved(changed: ReadonlySet<string>, work: Applying): void {
    const now = [...changed].flatMap((name) => this.vnps.get(name) ?? [])
    for (const [key, state] of this.#keys) {
      const wasMember = state.vnps.some((vnp) => changed.has(vnp.name))
      if (wasMember || now.some((vnp) => matches(vnp.selector, state.tags))) work.keys.add(key)
    }
  }

  /** Takes one key's number out of its partitions' members. */
  #takeOut(key: string): Moving[] {
    const state = this.#keys.get(key)
    if (state === undefined) return []
    for (const vnp of state.vnps) this.#leave(vnp.name, state.number)
    this.#keyByNumber.delete(state.number)
    return [{ key, state, number: state.number, vnps: state.vnps }]
  }

  /** Derives a key's number and partitions anew, and says what is different. */
  #putIn({ key, state, ...before }: Moving, delta: IntentDelta): void {
    const inUse = state.users.size > 0
    state.number = inUse ? (this.#index.find(key)?.number ?? IDENTITY.unknown) : IDENTITY.unknown
    state.vnps = inUse ? this.#memberships.of(state.tags) : []
    if (!inUse) this.#keys.delete(key)
    if (state.number !== IDENTITY.unknown) {
      this.#keyByNumber.set(state.number, state)
      for (const vnp of state.vnps) this.#join(vnp.name, state.number)
    }
    const moved = before.vnps.map(({ name }) => name).join() !== state.vnps.map(({ name }) => name).join()
    if (before.number !== state.number) for (const name of state.users) delta.interfaces.add(name)
    if (before.number === state.number && !moved) return
    for (const number of [before.number, state.number]) if (number !== IDENTITY.unknown) delta.identities.add(number)
  }

  #join(vnp: string, number: number): void {
    const members = this.#members.get(vnp)
    if (members === undefined) this.#members.set(vnp, new Set([number]))
    else members.add(number)
  }

  #leave(vnp: string, number: number): void {
    const members = this.#members.get(vnp)
    members?.delete(number)
    if (members?.size === 0) this.#members.delete(vnp)
  }

  #refreshPrefix(cidr: string, delta: IntentDelta): void {
    const before = this.prefixes.get(cidr)
    const now = this.namedPrefixes.has(cidr) ? this.#index.find(cidrKey(cidr))?.number : undefined
    if (before === now) return
    put(this.prefixes, cidr, now)
    delta.prefixesChanged = true
    for (const number of [before, now]) if (number !== undefined) delta.identities.add(number)
  }
}
