/**
 * Who is there now: interfaces grouped by the tags that rules mention, as one identity stands for all of them, with the
 * changes that a batch of writes would make. It finds two interfaces (or one and an address) that can really send each
 * other a packet: in one network or routing domain, not the same, an address that no record holds. It knows no rules, only the classes
 * of their ends.
 */
import { type Address, formatAddress } from '../../../model/address.ts'
import type { InterfaceRecord, Nap } from '../../../model/records.ts'
import type { Tag } from '../../../model/tag.ts'
import { effectiveTags } from '../effective-tags.ts'
import type { Intent } from '../intent.ts'
import { domainOf, holderIn } from '../routing.ts'
import { cubeMatches, type TagTable } from './cube.ts'
import { freeAddress, layer4Sample } from './layer4.ts'
import { type Box, boxesOf } from './region.ts'
import type { EndClass, Entry, Point } from './rules.ts'

/** Interface records as a batch leaves them: absent ones are deleted. */
export type ChangedInterfaces = ReadonlyMap<string, InterfaceRecord | undefined>

/** Pools likewise: interfaces inherit their tags. */
export type ChangedNaps = ReadonlyMap<string, Nap | undefined>

/** Interfaces that no rule tells apart. */
interface Group {
  /** Tags that some rule mentions. */
  tags: ReadonlySet<number>
  users(): Iterable<InterfaceRecord>
  /** Two of the interfaces in each routing domain; found on first use. */
  places?: ReadonlyMap<string, readonly string[]>
}

export class Population {
  readonly #tags: TagTable
  readonly #groups: Group[] = []
  readonly #held: (network: string, address: string) => boolean
  readonly #members = new Map<number, bigint>()
  readonly #domainOf: (network: string) => string

  constructor(intent: Intent, tags: TagTable, changed: ChangedInterfaces = new Map(), naps: ChangedNaps = new Map()) {
    this.#tags = tags
    this.#domainOf = (network) => domainOf(intent, network)
    const moved = new Map<string, InterfaceRecord[]>()
    const apart = apartOf(intent, tags, changed, naps)
    const sources = { naps: { get: (name: string) => (naps.has(name) ? naps.get(name) : intent.naps.get(name)) } }
    const tagsOf = (record: InterfaceRecord): number[] => this.#known(effectiveTags(sources, record))
    for (const record of apart.values()) {
      if (record === undefined) continue
      const key = tagsOf(record).join()
      const group = moved.get(key)
      if (group === undefined) moved.set(key, [record])
      else group.push(record)
    }
    for (const identity of intent.identities.keys()) {
      const users = intent.usersOf(identity)
      if (users.size === 0) continue
      this.#groups.push({
        tags: new Set(this.#known(intent.tagsOf(identity))),
        *users() {
          for (const name of users) {
            const record = apart.has(name) ? undefined : intent.interfaces.get(name)
            if (record !== undefined) yield record
          }
        },
      })
    }
    for (const records of moved.values()) {
      this.#groups.push({ tags: new Set(tagsOf(records[0]!)), users: () => records })
    }
    const addresses = new Set(
      [...changed.values()].flatMap(
        (record) => record?.addresses.map((each) => `${this.#domainOf(record.network)} ${each}`) ?? [],
      ),
    )
    this.#held = (network, address) => {
      if (addresses.has(`${network} ${address}`)) return true
      const holder = holderIn(intent, network, address)
      return holder !== undefined && !changed.has(holder)
    }
  }

  /** How many groups there are. */
  get size(): number {
    return this.#groups.length
  }

  /** Tags that some rule mentions, as ascending numbers. */
  #known(tags: Iterable<Tag>): number[] {
    return [...tags].flatMap((tag) => this.#tags.known(tag) ?? []).sort((one, other) => one - other)
  }

  /** The groups of a class. */
  membersOf({ id, cube }: EndClass): bigint {
    const known = this.#members.get(id)
    if (known !== undefined) return known
    // Hexadecimal digits from the highest group down: linear, where shifting bit by bit is not.
    const digits: string[] = []
    for (let base = (this.#groups.length + 3) & ~3; base > 0; base -= 4) {
      let digit = 0
      for (let bit = 1; bit <= 4; bit++) {
        const group = this.#groups[base - bit]
        digit = digit * 2 + Number(group !== undefined && cubeMatches(cube, group.tags))
      }
      digits.push(digit.toString(16))
    }
    const members = digits.length === 0 ? 0n : BigInt(`0x${digits.join('')}`)
    this.#members.set(id, members)
    return members
  }

  regionOf({ subject, peers, world, layer4 }: Entry): Box<bigint>[] {
    const subjects = subject === undefined ? 0n : this.membersOf(subject)
    if (subjects === 0n) return []
    return boxesOf(subjects, peers === undefined ? undefined : this.membersOf(peers) || undefined, world, layer4)
  }

  /** A packet of a box that can be sent now; undefined where there is none. */
  sample(direction: Point['direction'], { subject, peer, layer4 }: Box<bigint>): Point | undefined {
    const code = layer4Sample(layer4)
    for (const one of this.#of(subject)) {
      for (const [network, names] of this.#places(one)) {
        if (peer.kind === 'world') {
          const held = (address: Address): boolean => this.#held(network, formatAddress(address))
          const address = freeAddress(peer.range, held)
          if (address === undefined) continue
          const ends = { subject: names[0]!, peer: formatAddress(address) }
          return { direction, subject: one.tags, peer: address, code, names: ends }
        }
        for (const other of this.#of(peer.tags)) {
          const name = this.#places(other)
            .get(network)
            ?.find((each) => each !== names[0])
          if (name === undefined) continue
          return { direction, subject: one.tags, peer: other.tags, code, names: { subject: names[0]!, peer: name } }
        }
      }
    }
    return undefined
  }

  /** Groups of a set, from the lowest bit up. */
  *#of(set: bigint): IterableIterator<Group> {
    const text = set.toString(16)
    for (let at = text.length - 1; at >= 0; at--) {
      const digit = Number.parseInt(text[at]!, 16)
      for (let bit = 0; bit < 4; bit++) {
        if ((digit >> bit) & 1) yield this.#groups[(text.length - 1 - at) * 4 + bit]!
      }
    }
  }

  #places(group: Group): ReadonlyMap<string, readonly string[]> {
    if (group.places !== undefined) return group.places
    const places = new Map<string, string[]>()
    for (const { network: own, name } of group.users()) {
      const network = this.#domainOf(own)
      const names = places.get(network)
      if (names === undefined) places.set(network, [name])
      else if (names.length < 2) names.push(name)
    }
    group.places = places
    return places
  }
}

/**
 * Interfaces whose group cannot be had from identities: those of the batch, those that inherit from a pool of it, and those
 * with a tag that only it mentions.
 */
function apartOf(
  intent: Intent,
  tags: TagTable,
  changed: ChangedInterfaces,
  naps: ChangedNaps,
): Map<string, InterfaceRecord | undefined> {
  const apart = new Map<string, InterfaceRecord | undefined>(changed)
  const add = (names: ReadonlySet<string>): void => {
    for (const name of names) if (!apart.has(name)) apart.set(name, intent.interfaces.get(name))
  }
  for (const name of naps.keys()) add(intent.interfacesByNap.all(name))
  for (const tag of tags.all()) if (!intent.relevantTags.has(tag)) add(intent.interfacesByTag.all(tag))
  return apart
}
