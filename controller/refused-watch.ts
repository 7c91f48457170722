/**
 * Reads from each switch, now and then, how much it refused, and tells of it. Of every reason the switch is asked for one
 * sum, by the whole cookie that its rows have; only where that is another than before are the rows themselves read. So a
 * switch where nothing is forged costs a few short messages, however many flows it has. It refuses to count
 * (refused.ts). Used by main.ts.
 */
import type { FlowStats, Oxm } from 'node-openflow'
import type { Tell } from './events.ts'
import { flowKey, type SwitchProgram } from './policy/program.ts'
import { REFUSAL_NAMES, REFUSALS, type Refusal, refusalCookie } from './policy/refusals.ts'
import { Refused, type RefusedEntry, type RefusedSample, type RefusedTelling } from './refused.ts'

export interface RefusedSources {
  /** Sums up the packets of flows with this cookie; rejects where the switch does not answer. */
  packetsOf(datapathId: string, cookie: bigint): Promise<bigint>
  /** The flows with this cookie. */
  flowsOf(datapathId: string, cookie: bigint): Promise<FlowStats[]>
  /** What the switch should have: rows of interfaces say whose they are. */
  desired(datapathId: string): SwitchProgram | undefined
  tell: Tell
  /** Milliseconds since the epoch. */
  now(): number
  /** Between two readings of one switch, in milliseconds; 0 is never. */
  periodMs: number
}

const OF_INTERFACE = 'interface/'

export class RefusedWatch {
  readonly #sources: RefusedSources
  readonly #refused = new Refused()
  /** Switches that are read, with the timer until they are again; undefined while they are. */
  readonly #read = new Map<string, NodeJS.Timeout | undefined>()

  constructor(sources: RefusedSources) {
    this.#sources = sources
  }

  /** A switch enforces something of ours: it is read at once, and from now on. */
  came(datapathId: string): void {
    if (this.#sources.periodMs === 0 || this.#read.has(datapathId)) return
    this.#read.set(datapathId, undefined)
    void this.#look(datapathId, true)
  }

  went(datapathId: string): void {
    clearTimeout(this.#read.get(datapathId))
    this.#read.delete(datapathId)
  }

  /** Its record is deleted, and it is away. */
  forget(datapathId: string): void {
    this.went(datapathId)
    this.#refused.forget(datapathId)
  }

  entries(): Iterable<RefusedEntry> {
    return this.#refused.entries()
  }

  counts(): Iterable<{ datapathId: string; refusal: Refusal; packets: number }> {
    return this.#refused.counts()
  }

  close(): void {
    for (const timer of this.#read.values()) clearTimeout(timer)
    this.#read.clear()
  }

  async #look(datapathId: string, isFirst: boolean): Promise<void> {
    const { periodMs } = this.#sources
    try {
      await this.#readNow(datapathId)
    } catch {
      // It is gone, or is told of as slow already; what it counts meanwhile is read when it answers.
    }
    if (!this.#read.has(datapathId) || this.#read.get(datapathId) !== undefined) return
    // Switches that came at once are not read at once.
    const wait = isFirst ? periodMs * (0.5 + spread(datapathId) / 2) : periodMs
    this.#read.set(
      datapathId,
      setTimeout(() => {
        this.#read.set(datapathId, undefined)
        void this.#look(datapathId, false)
      }, wait),
    )
  }

  async #readNow(datapathId: string): Promise<void> {
    const { packetsOf, flowsOf, tell, now } = this.#sources
    const sums = REFUSAL_NAMES.map(async (refusal) => {
      return [refusal, await packetsOf(datapathId, refusalCookie(refusal))] as const
    })
    const totals = new Map(await Promise.all(sums))
    const changed = this.#refused.changed(datapathId, totals)
    const read = changed.map(async (refusal) => {
      const total = totals.get(refusal) ?? 0n
      const flows = total === 0n ? [] : await flowsOf(datapathId, refusalCookie(refusal))
      return { refusal, flows }
    })
    const rows = await Promise.all(read)
    if (!this.#read.has(datapathId)) return
    const at = now()
    for (const { refusal, flows } of rows) {
      const samples = flows.map((flow) => this.#sampleOf(datapathId, flow))
      // Packets that came between the two answers are in both.
      const total = samples.reduce((sum, { packets }) => sum + packets, 0n)
      this.#refused.take(datapathId, refusal, total, samples, at)
    }
    for (const telling of this.#refused.tell(datapathId, at)) say(tell, telling)
  }

  #sampleOf(datapathId: string, { table_id, priority, match, packet_count }: FlowStats): RefusedSample {
    const key = flowKey(table_id, priority, match)
    const unit = this.#sources.desired(datapathId)?.flows.get(key)?.unit ?? ''
    const name = unit.startsWith(OF_INTERFACE) ? unit.slice(OF_INTERFACE.length) : ''
    return { key, port: portOf(match), interface: name, packets: packet_count }
  }
}

function portOf(match: readonly Oxm[]): number | undefined {
  const value = match.find(({ field }) => field === 'in_port')?.value
  return typeof value === 'number' ? value : undefined
}

function say(tell: Tell, { type, datapathId, refusal, packets, seconds, ports, others }: RefusedTelling): void {
  const { sentence } = REFUSALS[refusal]
  const details = { reason: refusal, what: sentence, packets, seconds }
  if (type === 'over') {
    tell('traffic-refused-over', datapathId, details)
    return
  }
  const named = ports.map(({ port, interface: name, packets: its }) => {
    const where = port === undefined ? 'no port in particular' : `port ${port}${name === '' ? '' : ` (${name})`}`
    return `${where}: ${its}`
  })
  if (others > 0) named.push(`${others} more port(s)`)
  tell('traffic-refused', datapathId, { ...details, ports: named.join(', ') })
}

/** From 0 to 1, the same for the same switch. */
function spread(datapathId: string): number {
  let sum = 0
  for (const letter of datapathId) sum = (sum * 31 + letter.charCodeAt(0)) % 1009
  return sum / 1009
}
