/**
 * What is true of the network, from intent and observed alone: who owns which port, MAC and address, who may talk to
 * whom (asked of permits.ts and of nothing else), who is within reach, what the world is. It refuses to know tables.
 */
import {
  type Address,
  type Family,
  formatAddress,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixContains,
  prefixHolds,
} from '../../model/address.ts'
import { IDENTITY, type InterfaceRecord, type Policy, type Vnp } from '../../model/records.ts'
import { gatewayOf, nextHopTo } from '../policy/carriers.ts'
import type { IntentDelta } from '../policy/intent.ts'
import { type OrderedRule, orderRules } from '../policy/order.ts'
import { permits } from '../policy/permits.ts'
import { isWorldIdentity, peersOf, worldIdentities } from '../policy/resolve.ts'
import type { DatapathView, IntentView, NetworkState, ObservedDelta, Place } from '../policy/state.ts'
import { Domains, zoneOf } from './domains.ts'
import {
  addressKey,
  count,
  inner,
  isAny,
  type Owner,
  type OwnerChange,
  pull,
  push,
  Residents,
  Spoken,
} from './owners.ts'
import { addressOfWorld } from './samples.ts'

/** A directed link between two of our switches. */
export interface ProofLink {
  readonly from: Place
  readonly to: Place
}

/** Protocol number, and destination port, or ICMP type << 8 | code, of the original direction where the protocol has one. */
export interface Layer4 {
  readonly protocol: number
  readonly key: number | undefined
}

/** What is another in intent and observed since the last look. */
export interface StateChange {
  readonly intent: IntentDelta
  readonly observed: ObservedDelta
}

export interface FactsChange {
  readonly owners: readonly OwnerChange[]
  /** Identities of whom something is another: verdicts to or from them may be. */
  readonly moved: ReadonlySet<number>
  /** Those, and all that might open connections to one of them. */
  readonly openers: ReadonlySet<number>
}

export const WITH_KEYS: readonly number[] = [1, 6, 17, 58, 132]

const NOBODY: readonly Owner[] = []

export class Facts {
  readonly state: NetworkState
  readonly links: readonly ProofLink[]
  readonly owners = new Map<string, Owner>()
  readonly hasWorld: boolean
  readonly domains: Domains
  readonly #byMac = new Map<number, Owner>()
  readonly #byPort = new Map<string, Map<number, Owner[]>>()
  readonly #byNetwork = new Map<number, Owner[]>()
  /** By network; addresses of both families, 4 as numbers. */
  readonly #byAddress = new Map<number, Map<number | bigint, Owner>>()
  readonly #spoken = new Spoken()
  readonly #residents = new Residents()
  readonly #switchNumbers = new Map<string, number>()
  readonly #switchByNumber = new Map<number, string>()
  readonly #reactive = new Set<string>()
  readonly #zones = new Map<string, Map<number, number | undefined>>()
  readonly #networkNames = new Map<number, string>()
  /** Policies with rules, and their partitions. */
  readonly #vnpOf = new Map<string, string>()
  readonly #rulesByVnp = new Map<string, OrderedRule[]>()
  readonly #potentialOfVnp = new Map<string, Set<number>>()
  readonly #potential = new Map<number, ReadonlySet<number>>()
  readonly #pairs = new Map<number, Map<number, Pair>>()
  readonly #worlds = new Map<number, boolean>()
  /** How many, by network and identity. */
  readonly #users = new Map<number, Map<number, number>>()
  readonly #behind = new Map<string, Place>()
  readonly #samples = new Map<string, Address | undefined>()
  readonly #prefixes: { identity: number; prefix: Prefix | undefined }[]

  constructor(state: NetworkState, links: readonly ProofLink[]) {
    this.state = state
    this.links = links
    this.domains = new Domains(state.intent, this)
    const { intent, observed } = state
    this.hasWorld = [...observed.datapaths.values()].some(({ uplinkPorts }) => uplinkPorts.size > 0)
    for (const datapathId of observed.datapaths.keys()) {
      const number = intent.number('switch', datapathId)
      if (number === undefined) continue
      this.#switchNumbers.set(datapathId, number)
      this.#switchByNumber.set(number, datapathId)
    }
    for (const { datapathId, reactive } of intent.switches.values())
      if (reactive !== undefined) this.#reactive.add(datapathId)
    for (const { from, to } of links) this.#behind.set(portText(from), to)
    for (const record of intent.interfaces.values()) this.#addOwner(record)
    this.#spoken.isAnother()
    this.#readRules()
    this.#prefixes = [{ identity: IDENTITY.world, prefix: undefined }]
    for (const [text, identity] of intent.prefixes) this.#prefixes.push({ identity, prefix: parsePrefix(text) })
  }

  get intent(): IntentView {
    return this.state.intent
  }

  #readRules(): void {
    this.#rulesByVnp.clear()
    this.#vnpOf.clear()
    for (const rule of orderRules(this.intent)) {
      this.#vnpOf.set(rule.policy.name, rule.vnp.name)
      const its = this.#rulesByVnp.get(rule.vnp.name)
      if (its === undefined) this.#rulesByVnp.set(rule.vnp.name, [rule])
      else its.push(rule)
    }
  }

  /** Follows changes of interfaces, rules and identities. @returns undefined: more is another than it can follow. */
  update({ intent: delta, observed }: StateChange): FactsChange | undefined {
    const { intent } = this
    if (delta.prefixesChanged || delta.networks.size > 0) return undefined
    for (const name of delta.numbers) if (!name.startsWith('meter/')) return undefined
    const moved = new Set(delta.identities)
    const owners: OwnerChange[] = []
    for (const name of new Set([...delta.interfaces, ...observed.places])) {
      const before = this.owners.get(name)
      if (before !== undefined) this.#removeOwner(before)
      const record = intent.interfaces.get(name)
      if (record !== undefined) this.#addOwner(record)
      const after = this.owners.get(name)
      if (before === undefined && after === undefined) continue
      owners.push({ name, before, after })
      // One alone has nobody of its own to talk to.
      for (const its of [before, after]) if (its !== undefined) moved.add(its.identity)
    }
    if (this.#spoken.isAnother()) return undefined
    const vnps = new Set(delta.vnps)
    for (const name of delta.policies) vnps.add(this.#vnpOf.get(name) ?? '')
    if (delta.rulesChanged) this.#readRules()
    for (const name of delta.policies) vnps.add(this.#vnpOf.get(name) ?? '')
    for (const name of vnps) for (const identity of intent.membersOf(name)) moved.add(identity)
    const samples = [...this.#samples]
    this.#samples.clear()
    if (owners.length > 0) {
      for (const [text, before] of samples) {
        const [identity, family, network] = text.split(' ').map(Number) as [number, Family, number]
        if (this.worldSample(identity, family, network)?.value !== before?.value) return undefined
      }
    }
    return { owners, moved, openers: this.#forget(moved) }
  }

  /** Forgets what was found of identities. @returns Those that may talk to others than before, as openers. */
  #forget(moved: ReadonlySet<number>): Set<number> {
    const openers = new Set(moved)
    if (moved.size === 0) return openers
    const before = new Map(this.#potentialOfVnp)
    this.#potentialOfVnp.clear()
    this.#potential.clear()
    for (const vnp of new Set([...before.keys(), ...this.intent.vnps.keys()])) {
      if (!isAny(before.get(vnp), moved) && !isAny(this.#ofVnp(vnp), moved)) continue
      for (const identity of this.intent.membersOf(vnp)) openers.add(identity)
    }
    for (const identity of this.worldIdentities) openers.add(identity)
    for (const [opener, ofOpener] of this.#pairs) {
      if (moved.has(opener)) this.#pairs.delete(opener)
      else for (const target of moved) ofOpener.delete(target)
    }
    return openers
  }

  #removeOwner(owner: Owner): void {
    const { network, identity, place } = owner
    this.owners.delete(owner.name)
    if (this.#byMac.get(owner.mac) === owner) this.#byMac.delete(owner.mac)
    pull(this.#byNetwork, network, owner)
    count(this.#users, network, identity, -1)
    this.#spoken.count(owner, -1)
    this.#residents.count(owner, -1)
    const addresses = inner(this.#byAddress, network)
    for (const address of owner.addresses) {
      if (addresses.get(addressKey(address)) === owner) addresses.delete(addressKey(address))
    }
    if (place !== undefined) pull(inner(this.#byPort, place.datapathId), place.port, owner)
  }

  #addOwner(record: InterfaceRecord): void {
    const { intent, observed } = this.state
    const network = intent.number('network', record.network)
    if (network === undefined) return
    this.#networkNames.set(network, record.network)
    const place = observed.places.get(record.name)
    const there = place && observed.datapaths.get(place.datapathId)
    const isLink = place !== undefined && (there?.uplinkPorts.has(place.port) || there?.fabricPorts.has(place.port))
    const owner: Owner = {
      name: record.name,
      record,
      identity: intent.identityOf(record.name),
      network,
      mac: record.mac,
      addresses: record.addresses.flatMap((text) => parseAddress(text) ?? []),
      place: isLink || there === undefined ? undefined : place,
      isOpen: !record.portSecurity,
    }
    this.owners.set(owner.name, owner)
    this.#byMac.set(owner.mac, owner)
    push(this.#byNetwork, network, owner)
    count(this.#users, network, owner.identity, 1)
    this.#spoken.count(owner, 1)
    this.#residents.count(owner, 1)
    const addresses = inner(this.#byAddress, network)
    for (const address of owner.addresses) addresses.set(addressKey(address), owner)
    if (owner.place !== undefined) push(inner(this.#byPort, owner.place.datapathId), owner.place.port, owner)
  }

  ownersAt({ datapathId, port }: Place): readonly Owner[] {
    return this.#byPort.get(datapathId)?.get(port) ?? NOBODY
  }

  ownersIn(network: number): readonly Owner[] {
    return this.#byNetwork.get(network) ?? NOBODY
  }

  byMac(mac: number): Owner | undefined {
    return this.#byMac.get(mac)
  }

  byAddress(network: number, address: Address): Owner | undefined {
    return this.#byAddress.get(network)?.get(addressKey(address))
  }

  /** The same by an address as a field holds it. */
  holderOf(network: number, address: number | bigint): Owner | undefined {
    return this.#byAddress.get(network)?.get(address)
  }

  get networks(): Iterable<number> {
    return this.#byNetwork.keys()
  }

  /** How many interfaces of a network have an identity. */
  usersIn(identity: number, network: number): number {
    return this.#users.get(network)?.get(identity) ?? 0
  }

  /** Whether somebody in a network has an address of a family. */
  speaksIn(network: number, family: Family): boolean {
    return this.#spoken.has(network, family)
  }

  /** The port at the other end of a link. */
  behind(place: Place): Place | undefined {
    return this.#behind.get(portText(place))
  }

  switchNumber(datapathId: string): number | undefined {
    return this.#switchNumbers.get(datapathId)
  }

  switchByNumber(number: number): string | undefined {
    return this.#switchByNumber.get(number)
  }

  zone(datapathId: string, network: number): number | undefined {
    const zones = inner(this.#zones, datapathId)
    const known = zones.get(network)
    if (known !== undefined || zones.has(network)) return known
    const name = this.#networkNames.get(network)
    const zone = name === undefined ? undefined : this.intent.number('zone', zoneOf(this.intent, datapathId, name))
    zones.set(network, zone)
    return zone
  }

  /** Whether an interface has all that it takes to send and receive; what it lacks is shut. */
  isReady(owner: Owner): owner is Owner & { place: Place } {
    if (owner.place === undefined || owner.identity === IDENTITY.unknown) return false
    return this.zone(owner.place.datapathId, owner.network) !== undefined
  }

  /** Identities of those on a switch that can send, each with one of them, by network. */
  residents(datapathId: string): ReadonlyMap<number, ReadonlyMap<number, string>> {
    return this.#residents.of(datapathId, (name) => this.isReady(this.owners.get(name) as Owner))
  }

  /** Whether packets from one switch have a way to another, switch by switch. */
  reaches(from: string, to: string): boolean {
    const { datapaths } = this.state.observed
    let at = from
    for (let hops = 0; at !== to; hops++) {
      const own = datapaths.get(at)
      const hop = own && nextHopTo(this.state.observed, own, to)
      if (hop === undefined || hops > datapaths.size || this.switchNumber(to) === undefined) return false
      if (hop.remote !== undefined) return true
      const next = this.behind({ datapathId: at, port: hop.port })
      if (next === undefined) return false
      at = next.datapathId
    }
    return true
  }

  /** The switch whose uplink packets to the world take from here. */
  gatewayOf(datapath: DatapathView): string | undefined {
    if (datapath.uplinkPorts.size > 0) return datapath.datapathId
    return gatewayOf(this.state, datapath)
  }

  /** Whether a switch asks for verdicts that it does not have. */
  isReactive(datapathId: string): boolean {
    return this.#reactive.has(datapathId)
  }

  isWorld(identity: number): boolean {
    let found = this.#worlds.get(identity)
    if (found === undefined) {
      found = isWorldIdentity(this.intent, identity)
      this.#worlds.set(identity, found)
    }
    return found
  }

  /** The identity of an address that is nobody's: that of the longest prefix that a rule names. */
  worldOf(address: Address): number {
    let found = IDENTITY.world as number
    let longest = -1
    for (const { identity, prefix } of this.#prefixes) {
      if (prefix === undefined || !prefixHolds(prefix, address) || prefix.length <= longest) continue
      found = identity
      longest = prefix.length
    }
    return found
  }

  /** The prefix of a world identity; undefined for the rest of the world. */
  prefixOf(identity: number): Prefix | undefined {
    return this.#prefixes.find((its) => its.identity === identity)?.prefix
  }

  /** Prefixes with identities of their own inside a prefix, itself left out; undefined: all of a family. */
  prefixesWithin(outer: Prefix | undefined, family: Family): Prefix[] {
    return this.#prefixes.flatMap(({ prefix }) => {
      if (prefix === undefined || prefix.family !== family) return []
      if (outer === undefined) return [prefix]
      return prefix.length > outer.length && prefixContains(outer, prefix) ? [prefix] : []
    })
  }

  /** An address of the world that has this identity and that nothing of the network's domain holds. */
  worldSample(identity: number, family: Family, network: number): Address | undefined {
    const text = `${identity} ${family} ${network}`
    if (!this.#samples.has(text)) this.#samples.set(text, addressOfWorld(this, identity, family, network))
    return this.#samples.get(text)
  }

  /** Identities that policy might let an identity open connections to: a superset that is cheap to find. */
  potential(opener: number): ReadonlySet<number> {
    const cached = this.#potential.get(opener)
    if (cached !== undefined) return cached
    const found = new Set<number>()
    if (this.isWorld(opener)) {
      for (const [vnp, rules] of this.#rulesByVnp) {
        if (rules.some(({ rule }) => rule.peer.kind === 'any' || rule.peer.kind === 'cidr')) {
          for (const identity of this.intent.membersOf(vnp)) found.add(identity)
        }
      }
    } else for (const { name } of this.intent.vnpsOf(opener)) for (const its of this.#ofVnp(name)) found.add(its)
    this.#potential.set(opener, found)
    return found
  }

  #ofVnp(vnp: string): ReadonlySet<number> {
    let found = this.#potentialOfVnp.get(vnp)
    if (found !== undefined) return found
    found = new Set(this.intent.membersOf(vnp))
    for (const ordered of this.#rulesByVnp.get(vnp) ?? []) {
      if (ordered.rule.peer.kind === 'any') for (const its of worldIdentities(this.intent)) found.add(its)
      else if (ordered.rule.peer.kind !== 'tags') for (const its of peersOf(this.intent, ordered)) found.add(its)
    }
    this.#potentialOfVnp.set(vnp, found)
    return found
  }

  /** Whether a new connection between members of two identities is permitted; asked of permits(), remembered. */
  permits(opener: number, target: number, { protocol, key }: Layer4): boolean {
    const { view, from, to, rules, verdicts } = this.#pair(opener, target)
    // Where no rule decides, protocol and port do not count (permits.ts, sentence 5).
    const name = rules.length === 0 ? 0 : protocol * 0x4_0000 + (key ?? 0x3_ffff)
    const cached = verdicts.get(name)
    if (cached !== undefined) return cached
    const packet = { from, to, protocol, ...portOf(protocol, key) }
    const found = from !== '' && to !== '' && permits(view, packet, rules).allow
    verdicts.set(name, found)
    return found
  }

  #pair(opener: number, target: number): Pair {
    const ofOpener = inner(this.#pairs, opener)
    const cached = ofOpener.get(target)
    if (cached !== undefined) return cached
    const interfaces = new Map<string, InterfaceRecord>()
    const vnps = new Map<string, Vnp>()
    const rules: OrderedRule[] = []
    for (const vnp of [...this.intent.vnpsOf(opener), ...this.intent.vnpsOf(target)]) {
      if (vnps.has(vnp.name)) continue
      vnps.set(vnp.name, vnp)
      rules.push(...(this.#rulesByVnp.get(vnp.name) ?? []))
    }
    rules.sort((one, other) => one.rank - other.rank)
    const end = (identity: number, called: string): string => {
      if (this.isWorld(identity)) {
        const sample = this.worldSample(identity, 4, 0) ?? this.worldSample(identity, 6, 0)
        return sample === undefined ? '' : formatAddress(sample)
      }
      const [user] = this.intent.usersOf(identity)
      const record = user === undefined ? undefined : this.intent.interfaces.get(user)
      if (record === undefined) return ''
      interfaces.set(called, { ...record, name: called, network: 'one', addresses: [] })
      return called
    }
    const pair: Pair = {
      from: end(opener, 'opener'),
      to: end(target, 'target'),
      view: {
        ...{ interfaces, vnps, networks: new Map(), naps: this.intent.naps },
        policies: this.intent.policies as ReadonlyMap<string, Policy>,
      },
      rules,
      verdicts: new Map(),
    }
    ofOpener.set(target, pair)
    return pair
  }

  /** IDENTITY.world, and the prefixes that rules name. */
  get worldIdentities(): number[] {
    return worldIdentities(this.intent)
  }

  /** Numbers at which the verdict between two identities may change: protocols, and ports or types of each. */
  thresholds(opener: number, target: number, into: Thresholds): void {
    for (const { rule } of this.#pair(opener, target).rules) {
      for (const protocol of rule.protocols) into.protocols.add(protocol)
      for (const { type, code } of rule.icmp ?? []) {
        into.keys.add((type << 8) | (code ?? 0))
        into.keys.add((type << 8) + (code ?? 0xff) + 1)
      }
      for (const { first, last } of rule.ports) {
        into.keys.add(first)
        into.keys.add(last + 1)
      }
    }
  }
}

function portOf(protocol: number, key: number | undefined): { port?: number; code?: number } {
  if (key === undefined) return {}
  return protocol === 1 || protocol === 58 ? { port: key >> 8, code: key & 0xff } : { port: key }
}

interface Pair {
  from: string
  to: string
  view: Pick<IntentView, 'interfaces' | 'vnps' | 'policies' | 'networks' | 'naps'>
  rules: OrderedRule[]
  /** By protocol and key. */
  verdicts: Map<number, boolean>
}

export interface Thresholds {
  protocols: Set<number>
  keys: Set<number>
}

export function portText({ datapathId, port }: Place): string {
  return `${datapathId} ${port}`
}

export type { Owner }
