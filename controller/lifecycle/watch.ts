/**
 * Reads, now and then, what switches count of each interface, and moves interfaces on for traffic, silence and what is too
 * much. Nothing is read while no stage policy is there. A switch is asked for the rows of one table; a switch that is away is
 * not asked, and proves nothing. When a move is due is decided by ipam/lifecycle.ts, and whether it is still so by the writer.
 */
import type { FlowStats } from 'node-openflow'
import { Escalations } from '../../ipam/escalation.ts'
import { dueMove, type StageRules } from '../../ipam/lifecycle.ts'
import { follow, quietMs, type Track } from '../../ipam/silence.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import type { ChangeSet } from '../../store/contract.ts'
import type { Tell } from '../events.ts'
import type { Intent } from '../policy/intent.ts'
import { flowKey, type SwitchProgram } from '../policy/program.ts'
import { type MoveAsk, stageOf } from './moves.ts'

export interface LifecycleSources {
  intent: Pick<Intent, 'interfaces' | 'stagePolicies'>
  /** Rows by which packets of interfaces come in; rejects where the switch does not answer. */
  rowsOf(datapathId: string): Promise<FlowStats[]>
  /** What the switch should have: rows say whose they are. */
  desired(datapathId: string): SwitchProgram | undefined
  /** Packets that were refused of interfaces, by name. */
  refused(): Iterable<{ interface: string; packets: number }>
  /** Moves each that may still move. */
  move(asks: readonly MoveAsk[]): Promise<void>
  /** Told after a switch was read. */
  read(datapathId: string, interfaces: readonly string[]): void
  tell: Tell
  /** Milliseconds since the epoch. */
  now(): number
  /** Between two readings of one switch, in milliseconds; 0 is never. */
  periodMs: number
}

/** Rows that let packets in which an interface sends as its own (compile-interface.ts); the others are about neighbours. */
const SENDING = new Set([100, 200])
const OF_INTERFACE = 'interface/'

export class LifecycleWatch {
  readonly #sources: LifecycleSources
  readonly #tracks = new Map<string, Track>()
  readonly #escalations = new Map<string, Escalations>()
  readonly #read = new Map<string, NodeJS.Timeout | undefined>()

  constructor(sources: LifecycleSources) {
    this.#sources = sources
  }

  /** What counters say of an interface; undefined where none is read. */
  track(name: string): Track | undefined {
    return this.#tracks.get(name)
  }

  /** A switch enforces something of ours: it is read from now on. */
  came(datapathId: string): void {
    if (this.#sources.periodMs === 0 || this.#read.has(datapathId)) return
    this.#read.set(datapathId, undefined)
    void this.#look(datapathId)
  }

  went(datapathId: string): void {
    clearTimeout(this.#read.get(datapathId))
    this.#read.delete(datapathId)
  }

  /** What became another in records: stages that moved are told, and addresses that came and went move stages. */
  changed({ changes }: ChangeSet): void {
    const asks: MoveAsk[] = []
    for (const { before, after } of changes) {
      const [was, is] = [before?.value, after?.value] as (InterfaceRecord | undefined)[]
      if ((is ?? was)?.kind !== 'interface') continue
      if (is === undefined) {
        this.#tracks.delete(was!.name)
        this.#escalations.delete(was!.name)
        continue
      }
      const [from, to] = [was === undefined ? undefined : stageOf(was), stageOf(is)]
      if (from !== undefined && from.generation !== to.generation) {
        this.#escalations.delete(is.name)
        const note = to.note === '' ? '' : `: ${to.note}`
        this.#sources.tell('stage-moved', is.name, { from: from.stage, to: to.stage, cause: to.cause, note })
      }
      if (was === undefined || this.#sources.intent.stagePolicies.size === 0) continue
      const ask = this.#due(is, { addressed: is.addresses.length > 0, wasAddressed: was.addresses.length > 0 })
      if (ask !== undefined) asks.push(ask)
    }
    if (asks.length > 0) void this.#sources.move(asks)
  }

  close(): void {
    for (const timer of this.#read.values()) clearTimeout(timer)
    this.#read.clear()
  }

  async #look(datapathId: string): Promise<void> {
    try {
      if (this.#sources.intent.stagePolicies.size > 0) await this.readNow(datapathId)
    } catch {
      // It is gone, or is told of as slow already: what is not read proves nothing.
    }
    if (!this.#read.has(datapathId) || this.#read.get(datapathId) !== undefined) return
    this.#read.set(
      datapathId,
      setTimeout(() => {
        this.#read.set(datapathId, undefined)
        void this.#look(datapathId)
      }, this.#sources.periodMs),
    )
  }

  /** One reading of one switch, and the moves that follow. Rejects where it does not answer. */
  async readNow(datapathId: string): Promise<void> {
    const { rowsOf, now, intent, refused, tell, move, read } = this.#sources
    const at = now()
    const rows = await rowsOf(datapathId)
    const sums = this.#sums(datapathId, rows, now())
    for (const [name, { place }] of this.#tracks)
      if (place.startsWith(`${datapathId} `) && !sums.has(name)) this.#tracks.delete(name)
    const refusals = new Map<string, number>()
    for (const { interface: name, packets } of refused()) refusals.set(name, (refusals.get(name) ?? 0) + packets)
    const asks: MoveAsk[] = []
    for (const [name, sum] of sums) {
      const record = intent.interfaces.get(name)
      if (record === undefined) continue
      const track = follow(this.#tracks.get(name), { at, ...sum })
      this.#tracks.set(name, track)
      const { stage, since } = stageOf(record)
      const triggers = intent.stagePolicies.get(stage)?.escalations ?? []
      let restrict: string | undefined
      if (triggers.length > 0) {
        const escalations = this.#escalations.get(name) ?? new Escalations()
        this.#escalations.set(name, escalations)
        const sample = { at, rate: track.rate, refused: refusals.get(name) ?? 0 }
        for (const { trigger, words } of escalations.take(sample, triggers)) {
          tell('stage-escalated', name, { stage, what: words })
          if (trigger.restrict) restrict ??= words
        }
      }
      const traffic = track.trafficAt !== undefined && track.trafficAt > since
      const ask = this.#due(record, { traffic, quietMs: quietMs(track), escalation: restrict })
      if (ask !== undefined) asks.push(ask)
    }
    if (asks.length > 0) await move(asks)
    read(datapathId, [...sums.keys()])
  }

  #due(record: InterfaceRecord, seen: Partial<Parameters<typeof dueMove>[1]>): MoveAsk | undefined {
    const { stage, generation } = stageOf(record)
    const silence = this.#sources.intent.stagePolicies.get(stage)?.silence
    const rules: StageRules = silence === undefined ? {} : { silence: { ms: silence.seconds * 1000, to: silence.to } }
    const nothing = { traffic: false, quietMs: 0, addressed: true, wasAddressed: true, escalation: undefined }
    const due = dueMove(stage, { ...nothing, ...seen }, rules)
    return due && { ...due, interface: record.name, generation }
  }

  /** What is counted of each interface on a switch. @param answered When the answer was there. */
  #sums(datapathId: string, rows: readonly FlowStats[], answered: number): Map<string, Sum> {
    const program = this.#sources.desired(datapathId)
    const sums = new Map<string, Sum>()
    for (const { table_id, priority, match, packet_count, byte_count, duration_sec, duration_nsec } of rows) {
      if (!SENDING.has(priority)) continue
      const unit = program?.flows.get(flowKey(table_id, priority, match))?.unit ?? ''
      if (!unit.startsWith(OF_INTERFACE)) continue
      const name = unit.slice(OF_INTERFACE.length)
      const port = match.find(({ field }) => field === 'in_port')?.value
      const begun = answered - duration_sec * 1000 - Math.floor(duration_nsec / 1e6)
      const sum = sums.get(name) ?? { place: `${datapathId} ${String(port)}`, packets: 0n, octets: 0n, begun }
      sum.packets += packet_count
      sum.octets += byte_count
      sum.begun = Math.max(sum.begun, begun)
      sums.set(name, sum)
    }
    return sums
  }
}

interface Sum {
  place: string
  packets: bigint
  octets: bigint
  begun: number
}
