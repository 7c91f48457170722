/**
 * From doubts to counterexamples: makes packets of what a doubt says, sends them through the reference switches, and
 * compares with what the truth says of each packet. A packet whose fate is not the true one is a counterexample; a doubt
 * without one is taken back, or is left open where it needs a packet that cannot be made here.
 */

import { type Family, formatAddress, GATEWAY_MAC } from '../../model/address.ts'
import { flowProtocolWord } from '../../model/protocol.ts'
import type { Place } from '../policy/state.ts'
import { GATEWAY_MUST, WORLD_MAC } from './ask.ts'
import type { Doubt } from './doubt.ts'
import { type Facts, type Layer4, type Owner, portText } from './facts.ts'
import {
  constraintsOf,
  fitted,
  headerOf,
  isEndField,
  looksAs,
  mayBeZero,
  OF_CONNECTION,
  type Party,
  type Trial,
} from './headers.ts'
import { flowText, type Header, unwritable } from './packet.ts'
import { type Fate, type Leg, Replay, type SwitchTables } from './replay.ts'
import { ETH_DST, ETH_SRC, IP_DST, IP_SRC, inField } from './settle.ts'
import { type Exact, field, type Val } from './space.ts'
import { type Truth, truthOf } from './truth.ts'

/** What is asked of one packet, and what became of it. */
export interface Counterexample {
  readonly kind: 'leak' | 'loss' | 'loop' | 'altered'
  readonly why: string
  readonly datapathId: string
  readonly port: number
  /** As `ovs-appctl ofproto/trace` takes it. */
  readonly flow: string
  /** It answers a packet of a connection that was opened before, the other way round. */
  readonly reply: boolean
  /** FROM, TO and PACKET of `tagsteer explain`; empty where nobody is known to have sent it. */
  readonly from: string
  readonly to: string
  readonly packet: string
  /** Where it should come out; undefined: nowhere. */
  readonly expected: Place | undefined
  readonly arrivals: readonly Place[]
  readonly legs: readonly Leg[]
}

export type Confirmation =
  | { kind: 'confirmed'; example: Counterexample }
  | { kind: 'refuted' }
  | { kind: 'open'; needs: string[] }

const MOST_PARTIES = 24
/** Packets that one doubt is tried with, where nothing else is asked for. */
const MOST_TRIALS = 4000
/** Packets of one doubt of which nobody knows what becomes, before no more are sent. */
const MOST_UNKNOWN = 8
const EPHEMERAL = 20_000
const WORLD_PARTS: readonly (4 | 6)[] = [4, 6]

export class Confirmer {
  readonly #facts: Facts
  readonly #replay: Replay
  readonly #layer4: (opener: number, target: number, family: Family) => Layer4[]
  readonly #most: number
  #serial = 0

  constructor(
    facts: Facts,
    programs: ReadonlyMap<string, SwitchTables>,
    layer4: (opener: number, target: number, family: Family) => Layer4[],
    most = MOST_TRIALS,
  ) {
    this.#most = most
    this.#facts = facts
    this.#replay = new Replay(facts, programs)
    this.#layer4 = layer4
  }

  confirm(doubt: Doubt): Confirmation {
    const wanted = constraintsOf(doubt)
    let tried = 0
    let unknown = 0
    const beyond = new Set<string>()
    for (const [from, to] of this.#pairs(doubt)) {
      if (tried > this.#most) break
      if (from.address.family !== to.address.family) continue
      const trials = this.#trials(doubt, from, to)
      const headers = trials.flatMap((trial) => this.#headers(trial, doubt, wanted))
      const replay = this.#replay
      replay.expect(
        headers.flatMap(({ header, opening }) => (opening === undefined ? [header] : [header, opening])),
        this.#entries(doubt, from, to),
      )
      for (const { header, opening, trial } of headers) {
        if (tried++ > this.#most) break
        const found = this.#try(replay, doubt, trial, header, opening)
        if (typeof found === 'string') {
          beyond.add(found)
          // Others that go the same way will be no better.
          if (++unknown >= MOST_UNKNOWN) tried = this.#most
        } else if (found !== undefined) return { kind: 'confirmed', example: found }
      }
    }
    const needs = unwritable([...wanted].flatMap(([its, val]) => (isEndField(its) || mayBeZero(its, val) ? [] : its)))
    const special =
      doubt.kind === 'unmodelled' || doubt.kind === 'hidden' || ['rel', 'rel-rpl', 'inv'].includes(doubt.tracking)
    if (special) needs.push(doubt.why)
    for (const what of beyond) needs.push(`reference switches with ${what}`)
    return needs.length > 0 ? { kind: 'open', needs } : { kind: 'refuted' }
  }

  #entries(doubt: Doubt, from: Party, to: Party): Set<string> {
    const found = new Set([portText({ datapathId: doubt.datapathId, port: doubt.port })])
    for (const { owner } of [from, to]) if (owner?.place !== undefined) found.add(portText(owner.place))
    return found
  }

  // ---- who may have sent it to whom ----

  *#pairs(doubt: Doubt): IterableIterator<[Party, Party]> {
    const senders = this.#senders(doubt)
    const receivers = this.#receivers(doubt)
    for (const from of senders) {
      for (const to of receivers) {
        if (from.owner !== undefined && from.owner === to.owner) continue
        if (from.owner === undefined && to.owner === undefined) continue
        if (
          from.owner !== undefined &&
          to.owner !== undefined &&
          !this.#facts.domains.areOne(from.owner.network, to.owner.network) &&
          doubt.kind === 'loss'
        )
          continue
        yield [from, to]
      }
    }
  }

  #senders(doubt: Doubt): Party[] {
    const here = this.#facts.ownersAt({ datapathId: doubt.datapathId, port: doubt.port })
    const must = this.#facts.owners.get(doubt.must)
    const found: Party[] = []
    if (doubt.senders.size > 0)
      for (const [identity] of doubt.senders) found.push(...this.#users(identity, doubt, 'from'))
    else if (doubt.entry === 'tenant' && here.length > 0) for (const owner of here) found.push(...partiesOf(owner))
    else if (must !== undefined) found.push(...partiesOf(must))
    else found.push(...this.#everybody(doubt, []))
    return found.slice(0, MOST_PARTIES)
  }

  #receivers(doubt: Doubt): Party[] {
    const must = this.#facts.owners.get(doubt.must)
    if (doubt.must === GATEWAY_MUST)
      return [...this.#facts.domains.gateways(doubt.network)].map((address) => ({
        ...{ owner: undefined, address, isGateway: true },
      }))
    const found: Party[] = []
    if (doubt.receivers.size > 0)
      for (const [identity] of doubt.receivers) found.push(...this.#users(identity, doubt, 'to'))
    else if (must !== undefined && doubt.senders.size > 0) found.push(...partiesOf(must))
    else
      found.push(
        ...this.#everybody(
          doubt,
          [...doubt.places].map((number) => this.#facts.switchByNumber(number)),
        ),
      )
    return found.slice(0, MOST_PARTIES)
  }

  /** Ends with an identity: near the switch of the doubt first. */
  #users(identity: number, doubt: Doubt, end: 'from' | 'to'): Party[] {
    if (this.#facts.isWorld(identity)) {
      const networks = [...this.#facts.networks]
      return WORLD_PARTS.flatMap((family) => {
        const address = this.#facts.worldSample(identity, family, networks[0] ?? 0)
        return address === undefined ? [] : [{ owner: undefined, address }]
      })
    }
    const owners = [...this.#facts.intent.usersOf(identity)].flatMap((name) => this.#facts.owners.get(name) ?? [])
    const places = [...doubt.places].map((number) => this.#facts.switchByNumber(number))
    const named = (end === 'from' ? doubt.senders : doubt.receivers).get(identity)
    const isNear = ({ name, place, network }: Owner): number => {
      if (name === named) return 0
      if (doubt.network !== 0 && !this.#facts.domains.areOne(network, doubt.network)) return 4
      const here = place?.datapathId === doubt.datapathId
      if (end === 'to' && places.length > 0) return places.includes(place?.datapathId) ? 1 : 3
      return here === (doubt.entry === 'tenant' || end === 'to') ? 1 : 2
    }
    return owners
      .filter((owner) => this.#facts.isReady(owner))
      .sort((one, other) => isNear(one) - isNear(other))
      .slice(0, 4)
      .flatMap(partiesOf)
  }

  /** Some of everybody, on these switches where there are any: two of each identity and switch, and the world. */
  #everybody(doubt: Doubt, places: readonly (string | undefined)[]): Party[] {
    const found: Party[] = []
    const seen = new Map<string, number>()
    for (const owner of this.#facts.owners.values()) {
      if (!this.#facts.isReady(owner) || (places.length > 0 && !places.includes(owner.place.datapathId))) continue
      const name = `${owner.identity} ${owner.place.datapathId} ${owner.network}`
      const count = seen.get(name) ?? 0
      seen.set(name, count + 1)
      if (count < 2) found.push(...partiesOf(owner))
    }
    for (const identity of this.#facts.worldIdentities) found.push(...this.#users(identity, doubt, 'to'))
    return found
  }

  // ---- packets ----

  #trials(doubt: Doubt, from: Party, to: Party): Trial[] {
    const { tracking } = doubt
    if (to.isGateway === true) return this.#ofClasses(doubt, { from, to, reply: false }, true)
    const isLoss = doubt.kind === 'loss' || doubt.kind === 'hidden'
    const first = { from, to, reply: false }
    const answer = { from, to, reply: true }
    if (tracking === 'rpl' || tracking === 'rel-rpl') return this.#ofClasses(doubt, answer, isLoss)
    const found = this.#ofClasses(doubt, first, isLoss)
    if (isLoss) found.push(...this.#ofClasses(doubt, { from: to, to: from, reply: true }, isLoss))
    // Where nobody has asked connection tracking yet, it may be an answer.
    if (tracking === 'none') found.push(...this.#ofClasses(doubt, answer, isLoss))
    return found
  }

  #ofClasses(doubt: Doubt, way: Omit<Trial, 'layer4'>, isLoss: boolean): Trial[] {
    const { from, to, reply } = way
    const identity = ({ owner, address }: Party): number => owner?.identity ?? this.#facts.worldOf(address)
    const [opener, target] = (reply ? [to, from] : [from, to]).map(identity) as [number, number]
    const { family } = from.address
    if (to.isGateway === true) {
      if (reply) return []
      return [{ ...way, layer4: family === 4 ? { protocol: 1, key: 8 << 8 } : { protocol: 58, key: 128 << 8 } }]
    }
    return (doubt.layer4 === undefined ? this.#layer4(opener, target, family) : [doubt.layer4]).flatMap((layer4) => {
      if (reply && ![1, 6, 17, 58].includes(layer4.protocol)) return []
      // ICMP of the other family.
      if (layer4.protocol === (family === 4 ? 58 : 1)) return []
      // A loss of what is not permitted is none.
      return isLoss && !this.#facts.permits(opener, target, layer4) ? [] : [{ ...way, layer4 }]
    })
  }

  /** Headers of one trial: as it should be, then as the doubt wants it, with forged ends where nothing is known of them. */
  #headers(
    trial: Trial,
    doubt: Doubt,
    wanted: ReadonlyMap<number, Val>,
  ): { header: Header; opening: Header | undefined; trial: Trial }[] {
    this.#serial++
    const serial = EPHEMERAL + (this.#serial % 40_000)
    const plain = headerOf(trial, serial, this.#facts)
    if (wanted.get(ETH_DST) === GATEWAY_MAC && trial.from.owner !== undefined) plain.set(ETH_DST, GATEWAY_MAC)
    const opening = trial.reply
      ? headerOf({ ...trial, from: trial.to, to: trial.from, reply: false }, serial, this.#facts)
      : undefined
    const found = [fitted(plain, wanted, false)]
    if (doubt.senders.size === 0 || doubt.receivers.size === 0) {
      found.push(fitted(plain, wanted, true))
      for (const forged of this.#forgeries(trial)) {
        const header = new Map(plain)
        for (const [its, value] of forged) header.set(its, value)
        found.push(fitted(header, wanted, true))
      }
    }
    // What a doubt wants may make of an answer what is none.
    const answers = (header: Header): boolean => OF_CONNECTION.every((its) => header.get(its) === plain.get(its))
    return found.flatMap((header) => (opening !== undefined && !answers(header) ? [] : { header, opening, trial }))
  }

  /** Other ends in the place of the true ones. */
  #forgeries({ from, to }: Trial): [number, Exact][][] {
    const { family } = from.address
    const forged: [number, Exact][][] = [[[ETH_SRC, WORLD_MAC]]]
    let count = 0
    for (const owner of this.#facts.owners.values()) {
      if (owner === from.owner || count++ > 6) continue
      const address = owner.addresses.find((its) => its.family === family)
      forged.push([[ETH_SRC, owner.mac]])
      if (address === undefined) continue
      forged.push(
        [[IP_SRC[family], inField(address)]],
        [
          [ETH_SRC, owner.mac],
          [IP_SRC[family], inField(address)],
        ],
      )
      if (owner !== to.owner) forged.push([[IP_DST[family], inField(address)]], [[ETH_DST, owner.mac]])
    }
    forged.push([[ETH_DST, WORLD_MAC]])
    if (this.#facts.domains.areAny) forged.push([[ETH_DST, GATEWAY_MAC]], [[ETH_SRC, GATEWAY_MAC]])
    const sample = this.#facts.worldSample(
      this.#facts.worldIdentities[0] as number,
      family,
      from.owner?.network ?? to.owner?.network ?? 0,
    )
    if (sample !== undefined) forged.push([[IP_SRC[family], inField(sample)]], [[IP_DST[family], inField(sample)]])
    return forged
  }

  /** @returns A word for what the reference switches would have to know. */
  #try(
    replay: Replay,
    doubt: Doubt,
    trial: Trial,
    header: Header,
    opening: Header | undefined,
  ): Counterexample | string | undefined {
    const place = this.#entryOf(doubt, trial.from)
    const back = this.#entryOf(doubt, trial.to)
    if (place === undefined || (opening !== undefined && back === undefined)) return undefined
    header.set(field('in_port'), place.port)
    if (opening !== undefined && back !== undefined) {
      opening.set(field('in_port'), back.port)
      const opened = replay.send(back, opening)
      if (opened.beyond !== undefined) return opened.beyond
      // What does not get there has no answer.
      if (opened.arrivals.length === 0) return undefined
    }
    const truth = truthOf(this.#facts, place, header, trial.reply ? opening : undefined)
    if (truth === undefined) return undefined
    const fate = replay.send(place, header)
    if (fate.beyond !== undefined) return fate.beyond
    const kind = this.#compare(truth, fate, header)
    if (kind === undefined) return undefined
    return {
      ...{
        kind,
        why: doubt.why,
        datapathId: place.datapathId,
        port: place.port,
        flow: flowText(header),
        reply: trial.reply,
      },
      from: partyText(trial.from),
      to: partyText(trial.to),
      packet: layer4Text(trial.layer4),
      expected: truth.must,
      arrivals: fate.arrivals,
      legs: fate.legs,
    }
  }

  #compare(truth: Truth, fate: Fate, header: Header): Counterexample['kind'] | undefined {
    if (fate.loops) return 'loop'
    for (const place of fate.arrivals) {
      if (truth.must !== undefined && portText(place) === portText(truth.must)) continue
      if (!truth.may(place)) return 'leak'
    }
    if (truth.must === undefined) return undefined
    const must = portText(truth.must)
    const count = fate.arrivals.filter((place) => portText(place) === must).length
    if (count === 0 && fate.asked) return undefined
    if (count !== 1) return count === 0 ? 'loss' : 'leak'
    const frame = fate.frames[fate.arrivals.findIndex((place) => portText(place) === must)]
    return frame === undefined || looksAs(frame, header, truth.as) ? undefined : 'altered'
  }

  /** Where a party's packets come in. */
  #entryOf(doubt: Doubt, { owner }: Party): Place | undefined {
    if (owner !== undefined) return owner.place
    if (doubt.entry === 'uplink') return { datapathId: doubt.datapathId, port: doubt.port }
    for (const { datapathId, uplinkPorts } of this.#facts.state.observed.datapaths.values()) {
      for (const port of uplinkPorts) return { datapathId, port }
    }
    return undefined
  }
}

function partiesOf(owner: Owner): Party[] {
  return owner.addresses.map((address) => ({ owner, address }))
}

function partyText({ owner, address }: Party): string {
  return owner?.name ?? formatAddress(address)
}

function layer4Text({ protocol, key }: Layer4): string {
  const name = flowProtocolWord(protocol) ?? String(protocol)
  if (key === undefined) return name
  return protocol === 1 || protocol === 58 ? `${name}/${key >> 8}` : `${name}/${key}`
}
