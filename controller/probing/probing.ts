/**
 * Probes: a packet of one interface for another that goes the way of a real one, from the sender's port through the tables
 * of every switch between, and is watched there (policy/compile-watch.ts). It is put in as the sender's port would take it
 * in; at the receiver's edge it ends with the controller. Rows that watch are observed facts that the compiler makes rows
 * of, so that only ledgers send flows; they go when the probe is over, and a controller that starts knows of none. What a
 * probe shows is judged in report.ts. Called by the API and by sampler.ts.
 *
 * Bounds. So many probes at once, so many a second of one caller, three packets each at most, and a time for all of it. A
 * packet of a guest that looks like a probe but is none is given to its receiver.
 */
import { type Message, NO_BUFFER, PORT_TABLE } from 'node-openflow'
import { fail, ok, type Result } from '../../model/errors.ts'
import { Allowance } from '../channel/spacing.ts'
import type { PacketIn, SwitchState } from '../channel/types.ts'
import { PROBE_PREDICTION, watchRows } from '../policy/compile-watch.ts'
import { load } from '../policy/fields.ts'
import { REGISTERS } from '../policy/pipeline.ts'
import type { SwitchProgram } from '../policy/program.ts'
import type { Place, ProbeMatch } from '../policy/state.ts'
import { type Aim, type AimFacts, aim, aimText, type ProbeWish, packetText } from './aim.ts'
import { frameOf, marks, tokenIn } from './packet.ts'
import { type Judgement, judge } from './report.ts'
import { fieldIn, type Sighting, sightingOf } from './sighting.ts'

export const PROBE_LIMITS = {
  /** Probes under way, those included whose packets may still come. */
  atOnce: 32,
  /** Of one caller: at once, and per second after that. */
  burst: 20,
  perSecond: 10,
  /** Packets of one probe. */
  tries: 3,
  /** Milliseconds until switches have confirmed what watches for it. */
  installMs: 5000,
  /** Until a datapath that nobody can ask has taken it over. */
  settleMs: 1500,
  /** Until a packet is taken for lost, where policy permits it and where not; and for what others still have to say. */
  lostMs: 1000,
  droppedMs: 300,
  lateMs: 100,
  /** For which a packet that did not come is still watched for. */
  lingerMs: 3000,
} as const

export interface ProbingOptions extends AimFacts {
  /** These switches watch for it from now on; undefined: no longer. */
  watch(datapathIds: readonly string[], number: number, probe: ProbeMatch | undefined): void
  installed(datapathId: string): SwitchProgram | undefined
  /** Whether a datapath follows its tables as soon as they are confirmed. */
  settles(datapathId: string): boolean
  status(datapathId: string): SwitchState | undefined
  send(datapathId: string, message: Message): boolean
  /** Milliseconds, monotonic; and since the epoch. */
  clock(): number
  now(): number
  /** From 0, below 1. */
  random(): number
  limits?: Partial<Record<keyof typeof PROBE_LIMITS, number>>
}

export interface ProbeReport extends Omit<Aim, 'packet'>, Judgement {
  /** Since the epoch, in milliseconds: when it began. */
  time: number
  packet: string
  /** Packets that were sent, and that arrived. */
  sent: number
  arrived: number
  /** From the controller, through the network and back, of the packet that is told of; absent where it did not arrive. */
  ms?: number
  /** Of the same: from its entry to its receiver's port, as far apart as the controller heard of both. */
  crossedMs?: number
  /** What was expected of it became another while it was under way: a fault may be none. */
  unsettled: boolean
  wish: ProbeWish
}

/** A report without what only its reader needs, to be kept. */
export type Sample = Omit<ProbeReport, 'hops' | 'verdict'>

export function sampleOf({ hops: _, verdict: __, ...rest }: ProbeReport): Sample {
  return rest
}

export interface ProbeCall {
  /** Who asks; absent: the controller itself, of whom nothing is counted. */
  caller?: string
  signal?: AbortSignal
}

interface Attempt {
  sentMs: number
  sightings: Sighting[]
  /** A switch has sent it to be rejected: it comes no further. */
  refused: boolean
}

interface Active {
  readonly aim: Aim
  readonly match: ProbeMatch
  readonly nonce: number
  /** Keys of the rows that watch, and the switches that have not confirmed them. */
  readonly keys: readonly string[]
  readonly missing: Set<string>
  readonly attempts: Attempt[]
  /** Why it cannot go on. */
  failed?: string
  /** Something was seen, or confirmed. */
  wake(): void
}

export class Probing {
  readonly #options: ProbingOptions
  readonly #limits: Record<keyof typeof PROBE_LIMITS, number>
  readonly #active = new Map<number, Active>()
  readonly #lingering = new Map<number, NodeJS.Timeout>()
  readonly #allowances = new Map<string, Allowance>()
  readonly #told = new Set<(report: ProbeReport) => void>()
  #number: number
  #closed = false

  constructor(options: ProbingOptions) {
    this.#options = options
    this.#limits = { ...PROBE_LIMITS, ...options.limits }
    this.#number = Math.floor(options.random() * 2 ** 31)
  }

  /** Tells of each probe that is over until the answer is called. */
  follow(told: (report: ProbeReport) => void): () => void {
    this.#told.add(told)
    return () => this.#told.delete(told)
  }

  /** Whether a probe can begin now. */
  get isFree(): boolean {
    return !this.#closed && this.#active.size < this.#limits.atOnce
  }

  /** Sends a probe and says what it showed. */
  async probe(wish: ProbeWish, { caller, signal }: ProbeCall = {}): Promise<Result<ProbeReport>> {
    if (this.#closed) return fail('STOPPING')
    const { clock, now, random } = this.#options
    const aimed = aim(this.#options, wish)
    if (!aimed.ok) return aimed
    if (caller !== undefined && !this.#mayAsk(caller)) {
      const what = `${caller} may begin ${this.#limits.perSecond} per second`
      return fail('TOO_MANY_PROBES', { what })
    }
    if (!this.isFree) return fail('TOO_MANY_PROBES', { what: `${this.#active.size} are under way` })
    const { path, permitted } = aimed.value.expected
    const away = path.find((datapathId) => this.#options.status(datapathId) !== 'served')
    const no = (reason: string): Result<never> => fail('NOT_PROBED', { from: wish.from, to: wish.to, reason })
    if (away !== undefined) return no(`switch ${away} is ${this.#options.status(away) ?? 'not connected'}`)
    const time = now()
    const active = this.#begin(aimed.value, random)
    let isOver = false
    try {
      await this.#until(active, () => active.missing.size === 0, this.#limits.installMs, signal)
      if (this.#isLeft(signal)) return fail('STOPPING')
      if (active.failed !== undefined) return no(active.failed)
      const [missing] = active.missing
      if (missing !== undefined) return no(`switch ${missing} takes nothing new at the moment`)
      if (!path.every((datapathId) => this.#options.settles(datapathId)))
        await this.#until(active, () => false, this.#limits.settleMs, signal)
      for (let tries = 1; tries <= this.#limits.tries && !this.#isLeft(signal); tries++) {
        const attempt: Attempt = { sentMs: clock(), sightings: [], refused: false }
        active.attempts.push(attempt)
        if (!this.#send(active, tries)) return no(`switch ${path[0]} takes no packets at the moment`)
        const wait = permitted ? this.#limits.lostMs : this.#limits.droppedMs
        await this.#until(active, () => attempt.refused || hasArrived(active, attempt), wait, signal)
        await this.#until(active, () => attempt.refused || isWhole(active, attempt), this.#limits.lateMs, signal)
        if (attempt.refused || !permitted || hasArrived(active, attempt)) break
      }
      isOver = active.attempts.every((attempt) => hasArrived(active, attempt))
      if (this.#isLeft(signal)) return fail('STOPPING')
      const expected = aim(this.#options, wish)
      const unsettled = !expected.ok || aimText(expected.value) !== aimText(aimed.value)
      const report = { ...reportOf(active, time, this.#options.peer), unsettled, wish }
      for (const told of this.#told) told(report)
      return ok(report)
    } finally {
      if (isOver || active.attempts.length === 0) this.#end(active.match.number)
      else this.#linger(active.match.number)
    }
  }

  /** What a row that watches has sent. Below a label several probes share a row, so the packet itself says whose it is. */
  seen(packet: PacketIn): void {
    const view = this.#options.state.observed.datapaths.get(packet.datapathId)
    const sighting = sightingOf(packet, view?.tunnel, this.#options.clock())
    if (sighting === undefined) return
    const token = tokenIn(packet.data)
    if (token === undefined) {
      if (sighting.stage === 'deliver') this.#giveBack(packet)
      return
    }
    const active = this.#active.get(token.number)
    if (active?.nonce !== token.nonce) return
    active.attempts[token.attempt - 1]?.sightings.push(sighting)
    active.wake()
  }

  /** Whether a packet that rules sent to the controller is a probe's: then nobody is told or answered. */
  isProbe({ data }: Pick<PacketIn, 'data'>, rejected: boolean): boolean {
    if (this.#active.size === 0) return false
    const token = tokenIn(data)
    const active = token && this.#active.get(token.number)
    if (token === undefined || active?.nonce !== token.nonce) return false
    const attempt = active.attempts[token.attempt - 1]
    if (rejected && attempt !== undefined) attempt.refused = true
    active.wake()
    return true
  }

  /** The switch has confirmed what it was given last. */
  confirmed(datapathId: string): void {
    if (this.#active.size === 0) return
    const flows = this.#options.installed(datapathId)?.flows
    for (const active of this.#active.values()) {
      if (!active.missing.has(datapathId) || !active.keys.every((key) => flows?.has(key))) continue
      active.missing.delete(datapathId)
      active.wake()
    }
  }

  /** A switch that does not take what it is given has to watch for nothing. */
  status(datapathId: string, state: SwitchState): void {
    if (state === 'served' || this.#active.size === 0) return
    for (const [number, active] of this.#active) {
      if (!active.aim.expected.path.includes(datapathId)) continue
      active.failed ??= `switch ${datapathId} is ${state}`
      active.wake()
      if (active.missing.has(datapathId)) this.#end(number)
    }
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#lingering.values()) clearTimeout(timer)
    for (const active of this.#active.values()) active.wake()
  }

  /** Nobody waits for an answer any more. */
  #isLeft(signal: AbortSignal | undefined): boolean {
    return this.#closed || signal?.aborted === true
  }

  #mayAsk(caller: string): boolean {
    let allowance = this.#allowances.get(caller)
    if (allowance === undefined) {
      // Callers have certificates; so many are none.
      if (this.#allowances.size >= MOST_CALLERS) this.#allowances.clear()
      allowance = new Allowance(this.#limits.burst, this.#limits.perSecond)
      this.#allowances.set(caller, allowance)
    }
    return allowance.take(1, this.#options.clock())
  }

  #begin(aimed: Aim, random: () => number): Active {
    do this.#number = (this.#number % 0xffff_fffe) + 1
    while (this.#active.has(this.#number))
    const { nonce, ...drawn } = marks(aimed.packet.protocol, random)
    const match: ProbeMatch = { ...aimed.packet, ...drawn, number: this.#number }
    const keys = [...watchRows(match).keys()]
    const missing = new Set(aimed.expected.path)
    const active: Active = { ...{ aim: aimed, match, nonce, keys, missing, attempts: [] }, wake: () => {} }
    this.#active.set(match.number, active)
    this.#options.watch(aimed.expected.path, match.number, match)
    return active
  }

  #send({ aim: { expected }, match, nonce }: Active, attempt: number): boolean {
    return this.#options.send(expected.sender.datapathId, {
      type: 'packet_out',
      xid: 0,
      buffer_id: NO_BUFFER,
      in_port: expected.sender.port,
      actions: [load(REGISTERS.prediction, PROBE_PREDICTION), { type: 'output', port: PORT_TABLE, max_len: 0 }],
      data: frameOf(match, nonce, attempt),
    })
  }

  /** A guest's own packet that was not delivered on account of a probe. */
  #giveBack(packet: PacketIn): void {
    const port = fieldIn(packet, REGISTERS.port)
    if (port === 0) return
    this.#options.send(packet.datapathId, {
      type: 'packet_out',
      xid: 0,
      buffer_id: NO_BUFFER,
      in_port: packet.inPort,
      actions: [{ type: 'output', port, max_len: 0 }],
      data: packet.data,
    })
  }

  #linger(number: number): void {
    if (this.#closed || !this.#active.has(number)) return
    this.#lingering.set(
      number,
      setTimeout(() => this.#end(number), this.#limits.lingerMs),
    )
  }

  #end(number: number): void {
    clearTimeout(this.#lingering.get(number))
    this.#lingering.delete(number)
    const active = this.#active.get(number)
    if (active === undefined) return
    this.#active.delete(number)
    this.#options.watch(active.aim.expected.path, number, undefined)
  }

  /** Resolves when it is so, when the time is over, or when nobody waits any more. */
  #until(active: Active, isSo: () => boolean, ms: number, signal: AbortSignal | undefined): Promise<void> {
    const isDone = (): boolean => active.failed !== undefined || this.#isLeft(signal) || isSo()
    if (isDone()) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        active.wake = () => {}
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
      active.wake = () => {
        if (isDone()) done()
      }
    })
  }
}

const MOST_CALLERS = 10_000

function hasArrived({ aim: { expected } }: Active, { sightings }: Attempt): boolean {
  return sightings.some(({ datapathId, stage }) => datapathId === expected.receiver.datapathId && stage === 'deliver')
}

/** Whether every switch on its way has told how it came and how it left. */
function isWhole(active: Active, attempt: Attempt): boolean {
  if (!hasArrived(active, attempt)) return false
  const { path, receiver } = active.aim.expected
  const saw = (at: string, stage: string): boolean =>
    attempt.sightings.some((sighting) => sighting.datapathId === at && sighting.stage === stage)
  return path.every((at) => saw(at, 'classify') && (at === receiver.datapathId || saw(at, 'forward')))
}

/** Of the packet that got furthest; of several the last. */
function reportOf(
  active: Active,
  time: number,
  peer: (place: Place) => Place | undefined,
): Omit<ProbeReport, 'unsettled' | 'wish'> {
  const { aim: aimed, match, attempts } = active
  const { packet: _, ...rest } = aimed
  const arrived = attempts.filter((attempt) => hasArrived(active, attempt))
  const told = arrived.at(-1) ?? attempts.reduce((best, its) => (reach(its) >= reach(best) ? its : best))
  const judgement = judge(aimed.expected, told.sightings)
  const end = told.sightings.find(({ stage }) => stage === 'deliver')
  const { sender } = aimed.expected
  const entry = told.sightings.find(({ datapathId, stage }) => datapathId === sender.datapathId && stage === 'classify')
  // By which port it left is seen where it came in next.
  for (const [place, hop] of judgement.hops.entries()) {
    const next = judgement.hops[place + 1]
    const there = next?.inPort === undefined ? undefined : peer({ datapathId: next.datapathId, port: next.inPort })
    if (hop.outPort === undefined && there?.datapathId === hop.datapathId) hop.outPort = there.port
  }
  return {
    ...{ ...rest, ...judgement, time, packet: packetText(match) },
    ...{ sent: attempts.length, arrived: arrived.length },
    ...(end !== undefined && { ms: end.atMs - told.sentMs }),
    ...(end !== undefined && entry !== undefined && { crossedMs: Math.max(0, end.atMs - entry.atMs) }),
  }
}

/** How far a packet got. */
function reach({ sightings }: Attempt): number {
  return sightings.length
}
