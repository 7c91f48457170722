/**
 * What reactive switches ask, and which of it they may keep the verdict of: an observed fact each, which the compiler
 * makes a row of (policy/compile-demand.ts). The packet that asked waits until the switch has confirmed that row, and
 * then goes through the tables once more. It decides nothing about packets: rows do. Called by main.ts; the queue before
 * it (channel/) is fair and bounded.
 *
 * Bounds. A port may ask so often; a switch keeps so many verdicts, of which a quarter may be refusals. Where there are
 * more, the one goes that was asked longest ago by the port that has most, so that a port that floods loses its own. A
 * verdict that the switch does not take is given up, so that nothing else has to wait for it. Packets wait for a short
 * time, few for each verdict and so many octets for each switch; the others are dropped, and their senders ask again.
 */
import { type Message, NO_BUFFER, type Oxm, PORT_TABLE } from 'node-openflow'
import { GATEWAY_MAC } from '../model/address.ts'
import type { Reactive } from '../model/records.ts'
import { beforeRouting } from '../packet/ttl.ts'
import { Allowance } from './channel/spacing.ts'
import type { PacketIn, SwitchStatus } from './channel/types.ts'
import type { Tell } from './events.ts'
import { demandAsked, demandKey, demandOf } from './policy/compile-demand.ts'
import { ETHERTYPE } from './policy/fields.ts'
import type { Answer, Question } from './policy/lookup.ts'
import { FLAG, REGISTERS } from './policy/pipeline.ts'
import type { Flow, SwitchProgram } from './policy/program.ts'
import type { Demand } from './policy/state.ts'
import { tagFor } from './policy/steering.ts'

export const DEMAND_LIMITS = {
  /** Of one port: packets that ask at once, and per second after that. */
  burst: 200,
  asksPerSecond: 200,
  /** Of what a switch may keep, the part that may be refusals. */
  denied: 0.25,
  /** Packets that wait for one verdict, octets that wait on one switch, and for how long one may. */
  packets: 16,
  octets: 262_144,
  freshMs: 2000,
  /** A switch whose datapath still asks that long after it confirmed a verdict has lost it. */
  distrustMs: 2000,
  /** Of what a switch may keep, the part below which it is no longer told as full. */
  relieved: 0.9,
} as const

export interface DemandOptions {
  reactive(datapathId: string): Reactive | undefined
  answer(question: Question): Answer
  /** What the compiler reads; has it compiled soon. */
  put(datapathId: string, demands: ReadonlyMap<string, Demand | undefined>): void
  installed(datapathId: string): SwitchProgram | undefined
  /** Keys of the rows that the compiler makes of a demand. */
  rows(demand: Demand, reactive: Reactive): Iterable<string>
  /** Sends a packet-out. */
  send(datapathId: string, message: Message): boolean
  /** What the switch has is in doubt. */
  doubt(datapathId: string): void
  tell: Tell
  /** Milliseconds, monotonic. */
  clock(): number
  limits?: typeof DEMAND_LIMITS
}

interface Waiting {
  inPort: number
  data: Uint8Array
  atMs: number
}

/** A verdict that a switch keeps, or is about to. */
interface Kept {
  demand: Demand
  /** Which port asked; 0 where that is not known any more. */
  port: number
  denied: boolean
  /** When the switch confirmed it. */
  confirmedMs: number | undefined
  waiting: Waiting[]
}

interface Asking {
  /** Asked longest ago first. */
  kept: Map<string, Kept>
  /** Those that are not confirmed. */
  pending: Map<string, Kept>
  denied: number
  octets: number
  /** Asked while the switch ceases to be reactive: they go on when it has confirmed that. */
  leaving: Waiting[]
  /** By port, how often it may ask. */
  allowances: Map<number, Allowance>
  /** By port, packets that were dropped and not told. */
  lost: Map<number, number>
  lostToldMs: number
  /** It was told that it keeps as many as it may. */
  isFull: boolean
  counts: { asked: number; answered: number; lost: number }
}

/** Of one switch, for metrics. */
export interface DemandCounts {
  datapathId: string
  /** Packets that asked, whose verdict the switch was given, and that were dropped before. */
  asked: number
  answered: number
  lost: number
  /** Packets that wait for a verdict. */
  waiting: number
  /** Verdicts: kept, those of them that forbid, and how many there may be. */
  kept: number
  denied: number
  limit: number
}

export class Demands {
  readonly #options: DemandOptions
  readonly #limits: typeof DEMAND_LIMITS
  readonly #switches = new Map<string, Asking>()

  constructor(options: DemandOptions) {
    this.#options = options
    this.#limits = options.limits ?? DEMAND_LIMITS
  }

  /** A packet for which a switch has no verdict. */
  ask(packet: PacketIn): void {
    const { datapathId, inPort } = packet
    const reactive = this.#options.reactive(datapathId)
    const demand = demandIn(packet)
    const nowMs = this.#options.clock()
    if (demand === undefined) return
    const data = asItCame(packet)
    if (reactive === undefined) {
      if (data !== undefined) this.#leave(datapathId, { inPort, data, atMs: nowMs })
      return
    }
    const asking = this.#asking(datapathId)
    asking.counts.asked++
    if (!this.#mayAsk(asking, inPort, nowMs)) {
      this.#lose(datapathId, asking, inPort, nowMs)
      return
    }
    const key = demandKey(demand)
    const known = asking.kept.get(key)
    if (known?.confirmedMs !== undefined) {
      // The datapath decides by what it had until it has looked again.
      if (nowMs - known.confirmedMs >= this.#limits.distrustMs) this.#options.doubt(datapathId)
      else if (data !== undefined) this.#send(datapathId, asking, { inPort, data, atMs: nowMs }, nowMs)
      return
    }
    const kept = known ?? this.#keep(datapathId, asking, demand, inPort, reactive)
    if (kept === undefined || data === undefined) return
    if (isFinal(this.#options.answer(demand), demand)) {
      asking.counts.answered++
      return
    }
    if (kept.waiting.length >= this.#limits.packets || asking.octets + data.length > this.#limits.octets) {
      this.#lose(datapathId, asking, inPort, nowMs)
      return
    }
    kept.waiting.push({ inPort, data, atMs: nowMs })
    asking.octets += data.length
  }

  /** The switch has confirmed what it was given last. */
  confirmed(datapathId: string): void {
    const asking = this.#switches.get(datapathId)
    const installed = this.#options.installed(datapathId)
    if (asking === undefined || installed === undefined) return
    const nowMs = this.#options.clock()
    for (const packet of asking.leaving.splice(0)) {
      asking.octets -= packet.data.length
      this.#send(datapathId, asking, packet, nowMs)
    }
    const reactive = this.#options.reactive(datapathId)
    if (reactive === undefined) return
    for (const [key, kept] of [...asking.pending]) {
      if (![...this.#options.rows(kept.demand, reactive)].every((row) => installed.flows.has(row))) continue
      kept.confirmedMs = nowMs
      asking.pending.delete(key)
      for (const packet of takeWaiting(asking, kept)) this.#send(datapathId, asking, packet, nowMs)
    }
  }

  /** The switch has taken rows away, as their time was up. */
  expired(datapathId: string, flows: readonly Flow[]): void {
    const asking = this.#switches.get(datapathId)
    if (asking === undefined) return
    const gone: string[] = []
    for (const flow of flows) {
      const demand = demandOf(flow)
      const key = demand && demandKey(demand)
      if (key !== undefined && asking.kept.get(key)?.confirmedMs !== undefined) gone.push(key)
    }
    this.#drop(datapathId, asking, gone)
  }

  /**
   * The switch was read: of rows that go by themselves it has these. What it kept before this controller was there it
   * goes on keeping, under the policy of now; what is gone it no longer keeps.
   */
  read(datapathId: string, flows: readonly Flow[]): void {
    const reactive = this.#options.reactive(datapathId)
    if (reactive === undefined) return
    const asking = this.#asking(datapathId)
    const nowMs = this.#options.clock()
    const there = new Set<string>()
    for (const flow of flows) {
      const demand = demandOf(flow)
      if (demand === undefined) continue
      const key = demandKey(demand)
      there.add(key)
      const kept = asking.kept.get(key) ?? this.#keep(datapathId, asking, demand, 0, reactive)
      if (kept === undefined) continue
      kept.confirmedMs ??= nowMs
      asking.pending.delete(key)
    }
    const gone = [...asking.kept].filter(([key, { confirmedMs }]) => confirmedMs !== undefined && !there.has(key))
    this.#drop(
      datapathId,
      asking,
      gone.map(([key]) => key),
    )
  }

  /** A switch that does not take what it is given is asked to keep no more than it has. */
  status({ datapathId, state }: Pick<SwitchStatus, 'datapathId' | 'state'>): void {
    const asking = this.#switches.get(datapathId)
    if (asking === undefined || (state !== 'degraded' && state !== 'disconnected')) return
    for (const { data } of asking.leaving.splice(0)) asking.octets -= data.length
    this.#drop(datapathId, asking, [...asking.pending.keys()])
  }

  /** Records about switches changed. */
  modesChanged(): void {
    for (const [datapathId, asking] of this.#switches) {
      const reactive = this.#options.reactive(datapathId)
      if (reactive === undefined) {
        const waiting = [...asking.pending.values()].flatMap((kept) => takeWaiting(asking, kept))
        this.#drop(datapathId, asking, [...asking.kept.keys()])
        for (const packet of waiting) this.#leave(datapathId, packet)
        continue
      }
      while (asking.kept.size > reactive.verdicts) this.#evict(datapathId, asking, false)
      this.#relieve(datapathId, asking)
    }
  }

  /** A switch will not come back. */
  forget(datapathId: string): void {
    this.#switches.delete(datapathId)
  }

  /** What reactive switches asked since the start of the controller, and what they keep. */
  *counts(): IterableIterator<DemandCounts> {
    for (const [datapathId, { counts, kept, pending, denied, leaving }] of this.#switches) {
      let waiting = leaving.length
      for (const its of pending.values()) waiting += its.waiting.length
      const limit = this.#options.reactive(datapathId)?.verdicts ?? 0
      yield { datapathId, ...counts, waiting, kept: kept.size, denied, limit }
    }
  }

  #asking(datapathId: string): Asking {
    const known = this.#switches.get(datapathId)
    if (known !== undefined) return known
    const asking: Asking = {
      ...{
        kept: new Map(),
        pending: new Map(),
        denied: 0,
        octets: 0,
        leaving: [],
        allowances: new Map(),
        lost: new Map(),
      },
      ...{ lostToldMs: Number.NEGATIVE_INFINITY, isFull: false },
      counts: { asked: 0, answered: 0, lost: 0 },
    }
    this.#switches.set(datapathId, asking)
    return asking
  }

  #leave(datapathId: string, packet: Waiting): void {
    const asking = this.#switches.get(datapathId)
    if (asking === undefined || asking.octets + packet.data.length > this.#limits.octets) return
    asking.leaving.push(packet)
    asking.octets += packet.data.length
  }

  #mayAsk({ allowances }: Asking, port: number, nowMs: number): boolean {
    let allowance = allowances.get(port)
    if (allowance === undefined) {
      allowance = new Allowance(this.#limits.burst, this.#limits.asksPerSecond)
      allowances.set(port, allowance)
    }
    return allowance.take(1, nowMs)
  }

  /** Keeps a verdict, and where the sender may send, also the receiver's, which is asked next. */
  #keep(datapathId: string, asking: Asking, demand: Demand, port: number, reactive: Reactive): Kept | undefined {
    const answer = this.#options.answer(demand)
    const sides = demand.side === 'egress' && passes(answer, 'egress') && port !== 0 ? BOTH : [demand.side]
    const came = new Map<string, Demand>()
    let asked: Kept | undefined
    for (const side of sides) {
      const its: Demand = { ...demand, side }
      const key = demandKey(its)
      if (asking.kept.has(key)) continue
      const denied = !passes(answer, side)
      const mostDenied = Math.floor(reactive.verdicts * this.#limits.denied)
      if (denied && asking.denied >= mostDenied) this.#evict(datapathId, asking, true)
      else if (asking.kept.size >= reactive.verdicts) {
        this.#tellFull(datapathId, asking, reactive)
        this.#evict(datapathId, asking, false)
      }
      const kept: Kept = { demand: its, port, denied, confirmedMs: undefined, waiting: [] }
      asking.kept.set(key, kept)
      asking.pending.set(key, kept)
      if (denied) asking.denied++
      came.set(key, its)
      asked ??= kept
    }
    this.#options.put(datapathId, came)
    return asked
  }

  /** Gives up the verdict that was asked longest ago by the port that has most. */
  #evict(datapathId: string, { kept }: Asking, denied: boolean): void {
    const counts = new Map<number, number>()
    for (const its of kept.values()) if (!denied || its.denied) counts.set(its.port, (counts.get(its.port) ?? 0) + 1)
    let most: number | undefined
    for (const [port, count] of counts) if (count > (counts.get(most ?? -1) ?? 0)) most = port
    for (const [key, its] of kept) {
      if (its.port !== most || (denied && !its.denied)) continue
      this.#drop(datapathId, this.#asking(datapathId), [key])
      return
    }
  }

  #drop(datapathId: string, asking: Asking, keys: readonly string[]): void {
    if (keys.length === 0) return
    for (const key of keys) {
      const kept = asking.kept.get(key)
      if (kept === undefined) continue
      takeWaiting(asking, kept)
      if (kept.denied) asking.denied--
      asking.kept.delete(key)
      asking.pending.delete(key)
    }
    this.#options.put(datapathId, new Map(keys.map((key) => [key, undefined])))
    this.#relieve(datapathId, asking)
  }

  #send(datapathId: string, { counts }: Asking, { inPort, data, atMs }: Waiting, nowMs: number): void {
    if (nowMs - atMs > this.#limits.freshMs) {
      counts.lost++
      return
    }
    counts.answered++
    this.#options.send(datapathId, {
      type: 'packet_out',
      xid: 0,
      buffer_id: NO_BUFFER,
      in_port: inPort,
      actions: [{ type: 'output', port: PORT_TABLE, max_len: 0 }],
      data,
    })
  }

  #lose(datapathId: string, asking: Asking, port: number, nowMs: number): void {
    const { lost, counts } = asking
    counts.lost++
    lost.set(port, (lost.get(port) ?? 0) + 1)
    if (nowMs - asking.lostToldMs < 1000) return
    asking.lostToldMs = nowMs
    for (const [its, count] of lost) this.#options.tell('packets-lost', datapathId, { port: String(its), count })
    lost.clear()
  }

  #tellFull(datapathId: string, asking: Asking, { verdicts }: Reactive): void {
    if (asking.isFull) return
    asking.isFull = true
    this.#options.tell('verdicts-full', datapathId, { limit: verdicts })
  }

  /** One that gave way for another is no relief. */
  #relieve(datapathId: string, asking: Asking): void {
    const limit = this.#options.reactive(datapathId)?.verdicts ?? Number.POSITIVE_INFINITY
    if (!asking.isFull || asking.kept.size >= limit * this.#limits.relieved) return
    asking.isFull = false
    this.#options.tell('verdicts-relieved', datapathId, { kept: asking.kept.size })
  }
}

const BOTH = ['egress', 'ingress'] as const

/** A register that came with a packet; those that are zero are not told. */
function registerIn({ fields }: Pick<PacketIn, 'fields'>, name: Oxm['field']): number {
  return Number(fields.find(({ field }) => field === name)?.value ?? 0)
}

/**
 * What came in at the port, to send it there again: what a link brought for a service has its tag again. Undefined where a
 * service sent it on: the MAC address of the service is gone. Its sender sends it again.
 */
function asItCame(packet: PacketIn): Uint8Array | undefined {
  const { data } = packet
  const flags = registerIn(packet, REGISTERS.flags)
  if ((flags & FLAG.bound) !== 0) {
    const tag = tagFor(registerIn(packet, REGISTERS.service), 'service')
    const octets = new Uint8Array(data.length + 4)
    octets.set(data.subarray(0, MACS))
    octets.set([ETHERTYPE.vlan >>> 8, ETHERTYPE.vlan & 0xff, tag >>> 8, tag & 0xff], MACS)
    octets.set(data.subarray(MACS), MACS + 4)
    return octets
  }
  if ((flags & FLAG.returned) !== 0 && (flags & FLAG.fabric) === 0) return undefined
  // What came over a link was routed before.
  return (flags & FLAG.routed) !== 0 && (flags & FLAG.fabric) === 0 ? beforeRouting(data, GATEWAY_MAC) : data
}

/** Octets of both addresses in a frame. */
const MACS = 12

/** What a packet asks, from the registers that came with it. */
function demandIn({ tableId, cookie, fields }: Pick<PacketIn, 'tableId' | 'cookie' | 'fields'>): Demand | undefined {
  const demand = demandAsked(tableId, cookie, (name) => registerIn({ fields }, name))
  return demand !== undefined && demand.source !== 0 && demand.destination !== 0 ? demand : undefined
}

function passes(answer: Answer, side: Demand['side']): boolean {
  const { verdict } = answer[side]
  return verdict === 'allow' || verdict === 'rate-limit'
}

/** Whether nobody would notice if the packet went through the tables again: it is dropped without a word. */
function isFinal(answer: Answer, { side }: Demand): boolean {
  const { verdict, by } = answer[side]
  return verdict === 'deny' && by.kind !== 'rule' && (side === 'ingress' || answer.log === undefined)
}

function takeWaiting(asking: Asking, kept: Kept): Waiting[] {
  const { waiting } = kept
  kept.waiting = []
  for (const { data } of waiting) asking.octets -= data.length
  return waiting
}
