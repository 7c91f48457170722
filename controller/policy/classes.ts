/**
 * Two states of one network side by side: every interface belongs to a class of those that have the same identity and
 * network before and the same after, so that all of a class have the same verdicts in both states (networks with one
 * router are one network here, routing.ts); the world falls into
 * classes by the prefixes that rules of either state name. Photographs are taken of an intent while it is in the state;
 * what is made of them later needs no intent, so it may be done in slices. It refuses to judge. Used by concerned.ts and
 * verdict-changes.ts.
 */
import {
  type Address,
  formatAddress,
  formatPrefix,
  type Prefix,
  parsePrefix,
  prefixContains,
  prefixHolds,
} from '../../model/address.ts'
import { IDENTITY, type IdentityRecord, type InterfaceRecord, type Policy, type Vnp } from '../../model/records.ts'
import type { Tag } from '../../model/tag.ts'
import { effectiveTags } from './effective-tags.ts'
import type { Intent, IntentDelta } from './intent.ts'
import type { MergeableState } from './merged.ts'
import { type OrderedRule, orderRules } from './order.ts'
import { domainOf } from './routing.ts'
import { SteeringIndex } from './steering.ts'

/** What policy sees of an identity. */
interface Traits {
  tags: ReadonlySet<Tag>
  vnps: readonly Vnp[]
}

/** An interface in one state. */
interface Standing {
  identity: number
  /** Of its routing domain, as everywhere here. */
  network: string
  record: InterfaceRecord
  /** Effective ones. */
  tags: readonly Tag[]
}

/** One state, as it was when the photograph was taken. */
export interface Photograph {
  vnps: ReadonlyMap<string, Vnp>
  policies: ReadonlyMap<string, Policy>
  /** Every rule, first consulted first. */
  rules: readonly OrderedRule[]
  prefixes: ReadonlyMap<string, number>
  traits: ReadonlyMap<number, Traits>
  /** Interfaces that the change wrote, deleted or renumbered. */
  changed: ReadonlyMap<string, Standing>
  /** Names of all others, by identity and network. Before only: they are the same after. */
  others: ReadonlyMap<number, ReadonlyMap<string, string[]>>
}

/**
 * @param others Whether those that the change did not touch are wanted: all their names, or one of each identity and
 * network, for whoever asks the intent for the rest. @param known The other state's photograph where the change left the
 * rules as they are: then their order is the same.
 */
export function photograph(
  intent: Intent,
  delta: IntentDelta,
  { others, known }: { others: 'all' | 'one' | 'none'; known?: Photograph | undefined },
): Photograph {
  const traits = new Map<number, Traits>()
  const rest = new Map<number, Map<string, string[]>>()
  const networks = [...new Set([...intent.interfacesByNetwork.keys()].map((each) => domainOf(intent, each)))]
  for (const identity of intent.identities.keys()) {
    const users = intent.usersOf(identity)
    if (users.size === 0) continue
    traits.set(identity, { tags: intent.tagsOf(identity), vnps: intent.vnpsOf(identity) })
    if (others === 'none') continue
    const byNetwork = new Map<string, string[]>()
    rest.set(identity, byNetwork)
    for (const name of users) {
      if (delta.interfaces.has(name)) continue
      const network = networks.length === 1 ? networks[0]! : domainOf(intent, intent.interfaces.get(name)!.network)
      const names = byNetwork.get(network)
      if (names === undefined) byNetwork.set(network, [name])
      else if (others === 'all') names.push(name)
      if (others === 'one' && byNetwork.size === networks.length) break
    }
  }
  const changed = new Map<string, Standing>()
  for (const name of delta.interfaces) {
    const record = intent.interfaces.get(name)
    if (record === undefined) continue
    const network = domainOf(intent, record.network)
    changed.set(name, { identity: intent.identityOf(name), network, record, tags: effectiveTags(intent, record) })
  }
  return {
    vnps: known?.vnps ?? new Map(intent.vnps),
    policies: known?.policies ?? new Map(intent.policies),
    rules: known?.rules ?? orderRules(intent),
    prefixes: new Map(intent.prefixes),
    traits,
    changed,
    others: rest,
  }
}

/** How the interfaces of a class stand in one state. */
export interface Stand {
  network: string
  tags: ReadonlySet<Tag>
  vnps: readonly Vnp[]
  members: ReadonlySet<string>
}

export interface InterfaceClass {
  kind: 'interfaces'
  names: string[]
  /** Undefined where they are not there. */
  before: Stand | undefined
  after: Stand | undefined
  /** Some of them carry other tags than before. */
  retagged: boolean
}

export interface WorldClass {
  kind: 'world'
  prefix: Prefix
  text: string
  /** One of its addresses. */
  address: string
}

export type EndClass = InterfaceClass | WorldClass
export type When = 'before' | 'after'

/** The classes of two states; a class is known by its index. */
export interface Classes {
  before: Photograph
  after: Photograph
  all: readonly EndClass[]
}

/** How a class stands; undefined for the world, and for interfaces that are not there. */
export function standOf(end: EndClass, when: When): Stand | undefined {
  return end.kind === 'world' ? undefined : end[when]
}

export function classesOf(before: Photograph, after: Photograph): Classes {
  const all: EndClass[] = []
  const stand = (photo: Photograph, identity: number, network: string): Stand => {
    const { tags, vnps } = photo.traits.get(identity) ?? { tags: new Set<Tag>(), vnps: [] }
    return { network, tags, vnps, members: new Set(vnps.map(({ name }) => name)) }
  }
  const found = new Map<string, InterfaceClass>()
  const classFor = (was: [number, string] | undefined, is: [number, string] | undefined): InterfaceClass => {
    const key = `${was?.join(' ') ?? ''}\n${is?.join(' ') ?? ''}`
    const known = found.get(key)
    if (known !== undefined) return known
    const made: InterfaceClass = {
      kind: 'interfaces',
      names: [],
      before: was && stand(before, ...was),
      after: is && stand(after, ...is),
      retagged: false,
    }
    found.set(key, made)
    all.push(made)
    return made
  }
  for (const [identity, byNetwork] of before.others) {
    for (const [network, names] of byNetwork) classFor([identity, network], [identity, network]).names = names
  }
  for (const name of new Set([...before.changed.keys(), ...after.changed.keys()])) {
    const [was, is] = [before.changed.get(name), after.changed.get(name)]
    const one = classFor(was && [was.identity, was.network], is && [is.identity, is.network])
    one.names.push(name)
    if (was?.tags.join() !== is?.tags.join()) one.retagged = true
  }
  return { before, after, all: [...all, ...worldClasses([...before.prefixes.keys(), ...after.prefixes.keys()])] }
}

/** Each named prefix without those inside it, and what is left of both families; none that has no address. */
function worldClasses(texts: readonly string[]): WorldClass[] {
  const found: WorldClass[] = []
  const prefixes = [...new Set([...texts, '0.0.0.0/0', '::/0'])].map((text) => parsePrefix(text)!)
  for (const prefix of prefixes) {
    const inside = prefixes.filter((other) => other !== prefix && prefixContains(prefix, other))
    const address = addressOutside(prefix, inside)
    if (address === undefined) continue
    found.push({ kind: 'world', prefix, text: formatPrefix(prefix), address: formatAddress(address) })
  }
  return found
}

/** The first address of a prefix that none of these inside it holds. */
function addressOutside(prefix: Prefix, inside: readonly Prefix[]): Address | undefined {
  const bits = prefix.family === 4 ? 32 : 128
  const candidates = [prefix.value, ...inside.map(({ value, length }) => value + (1n << BigInt(bits - length)))]
  const address = (value: bigint): Address => ({ family: prefix.family, value })
  const free = candidates.find(
    (value) =>
      value >> BigInt(bits) === 0n &&
      prefixHolds(prefix, address(value)) &&
      !inside.some((other) => prefixHolds(other, address(value))),
  )
  return free === undefined ? undefined : address(free)
}

/** The names of a class's two stand-ins, as interfaces of its own state. */
export const standIns = (index: number): [string, string] => [`class-${index}-a`, `class-${index}-b`]

/**
 * One of two states as an intent in which every class of interfaces is two interfaces and its identity is its index:
 * just what a verdict needs (lookup.ts). Their addresses are nobody's, so that all world addresses are the world's.
 */
export function viewOf({ before, after, all }: Classes, when: When): MergeableState {
  const photo = when === 'before' ? before : after
  const interfaces = new Map<string, InterfaceRecord>()
  const identityOf = new Map<string, number>()
  const members = new Map<string, Set<number>>()
  const policies = new Map<string, Set<string>>()
  const none: ReadonlySet<never> = new Set()
  const number = (index: number): number => IDENTITY.first + index
  const at = (identity: number): Stand | undefined => {
    const end = all[identity - IDENTITY.first]
    return end === undefined ? undefined : standOf(end, when)
  }
  for (const [index, end] of all.entries()) {
    const stand = standOf(end, when)
    if (stand === undefined) continue
    for (const name of standIns(index)) {
      interfaces.set(name, standIn(name, stand))
      identityOf.set(name, number(index))
    }
    for (const vnp of stand.members) {
      const its = members.get(vnp)
      if (its === undefined) members.set(vnp, new Set([number(index)]))
      else its.add(number(index))
    }
  }
  for (const { name, vnp } of photo.policies.values()) policies.set(vnp, (policies.get(vnp) ?? new Set()).add(name))
  return {
    generation: 0,
    interfaces,
    vnps: photo.vnps,
    policies: photo.policies,
    switches: new Map(),
    networks: new Map(),
    naps: new Map(),
    networksByRouter: { all: () => none },
    identities: new Map<number, IdentityRecord>(),
    prefixes: new Map([...photo.prefixes].map(([text], index) => [text, number(all.length + index)])),
    number: () => undefined,
    modRevision: () => undefined,
    identityOf: (name) => identityOf.get(name) ?? IDENTITY.unknown,
    usersOf: () => none,
    tagsOf: (identity) => at(identity)?.tags ?? none,
    vnpsOf: (identity) => at(identity)?.vnps ?? [],
    membersOf: (vnp) => members.get(vnp) ?? none,
    relevantTags: { has: () => true },
    steerings: new SteeringIndex(),
    policiesOf: (vnp) => policies.get(vnp) ?? none,
    byAddress: () => undefined,
    byMac: () => undefined,
    byAttachment: () => undefined,
  }
}

function standIn(name: string, { network, tags }: Stand): InterfaceRecord {
  const meta = { number: 0, createTime: 0, updateTime: 0, updatedBy: '', owner: '' }
  return {
    ...meta,
    kind: 'interface',
    name,
    network,
    tags: [...tags],
    mac: 0,
    addresses: [],
    attachment: { kind: 'mac' },
    portSecurity: true,
  }
}
