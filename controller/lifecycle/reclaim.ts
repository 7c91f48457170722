/**
 * Addresses of revocable interfaces taken back: only where retention is over, where counters of a switch that is read prove
 * silence for all of it, and where nobody answers when asked. Whether anybody does is seen by the rows of the interface's
 * port, which count every frame of it: one more of whatever kind, and the address stays. It gives nothing out: what is
 * taken back cools like anything that is released (ipam/draw.ts).
 */
import type { FlowStats, Message } from 'node-openflow'
import { NO_BUFFER, PORT_CONTROLLER } from 'node-openflow'
import { quietMs, type Track } from '../../ipam/silence.ts'
import { GATEWAY_MAC, parseAddress } from '../../model/address.ts'
import { fail, ok, type Result } from '../../model/errors.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import { presenceProbe } from '../../packet/presence.ts'
import type { Tell } from '../events.ts'
import { cookieOf } from '../policy/cookie.ts'
import type { Intent } from '../policy/intent.ts'
import type { Place } from '../policy/state.ts'
import { type MoveAsk, stageOf } from './moves.ts'

export interface ReclaimSources {
  intent: Pick<Intent, 'interfaces' | 'stagePolicies'>
  track(name: string): Track | undefined
  /** Where an interface is; undefined where it is nowhere. */
  placeOf(name: string): Place | undefined
  /** Addresses that the interface holds by lease. */
  leasedBy(record: InterfaceRecord): string[]
  /** Rows of a switch with this cookie; rejects where it does not answer. */
  flowsOf(datapathId: string, cookie: bigint): Promise<FlowStats[]>
  send(datapathId: string, message: Message): boolean
  /** Resolves to the store revision of the move. */
  move(ask: MoveAsk): Promise<Result<number>>
  tell: Tell
  now(): number
  wait(ms: number): Promise<void>
  /** Between two readings of one switch, in milliseconds. */
  periodMs: number
}

/** What is known of one revocable interface, and why it stays as it is; nothing where it may be reclaimed. */
export interface Evidence {
  interface: string
  addresses: string[]
  refused: string
  /** Milliseconds since the epoch. */
  since: number
  retentionSeconds: number
  quietMs?: number
  datapathId?: string
  readAt?: number
  unanswered: string[]
}

/** How often each address is asked for, and how long its holder has for the answer. */
const ASKS = 3
const ANSWER_MS = 500

export class Reclaimer {
  readonly #sources: ReclaimSources
  readonly #busy = new Set<string>()

  constructor(sources: ReclaimSources) {
    this.#sources = sources
  }

  /** What is known of revocable interfaces; NOT_FOUND where the one that is named is not there. */
  evidence(name = ''): Result<Evidence[]> {
    const { intent } = this.#sources
    const named = intent.interfaces.get(name)
    if (name !== '' && named === undefined) return fail('NOT_FOUND', { kind: 'interface', name })
    const all = named === undefined ? [...intent.interfaces.values()] : [named]
    const asked = all.filter((record) => named !== undefined || stageOf(record).stage === 'revocable')
    return ok(asked.map((record) => this.#evidenceOf(record)))
  }

  /** Reclaims those that may be; the answer has each, with why it was not. */
  async reclaim(names: Iterable<string>): Promise<{ found: Evidence[]; revision: number }> {
    const found: Evidence[] = []
    let revision = 0
    for (const name of names) {
      const record = this.#sources.intent.interfaces.get(name)
      if (record === undefined || this.#busy.has(name)) continue
      this.#busy.add(name)
      try {
        const evidence = this.#evidenceOf(record)
        if (evidence.refused === '') revision = Math.max(revision, await this.#one(record, evidence))
        found.push(evidence)
      } finally {
        this.#busy.delete(name)
      }
    }
    return { found, revision }
  }

  async #one(record: InterfaceRecord, evidence: Evidence): Promise<number> {
    const { move, tell } = this.#sources
    evidence.refused = await this.#presence(record, evidence.unanswered)
    if (evidence.refused === '') {
      const quiet = Math.floor((evidence.quietMs ?? 0) / 1000)
      const note = `no packet for ${quiet} s, no answer from ${evidence.unanswered.join(', ') || 'it'}`
      const { generation } = stageOf(record)
      const moved = await move({ interface: record.name, stage: 'retired', cause: 'reclaim', note, generation })
      if (moved.ok) {
        tell('addresses-reclaimed', record.name, { addresses: evidence.addresses.join(', '), note })
        return moved.value
      }
      evidence.refused = 'it moved meanwhile'
    } else tell('reclaim-refused', record.name, { reason: evidence.refused })
    return 0
  }

  /** Asks for each address at the interface's port; why it stays, or nothing where nobody is there. */
  async #presence({ name, number, addresses }: InterfaceRecord, unanswered: string[]): Promise<string> {
    const { placeOf, flowsOf, send, wait } = this.#sources
    const place = placeOf(name)
    if (place === undefined) return 'it is on no port of a connected switch'
    const { datapathId, port } = place
    const heard = async (): Promise<bigint> => {
      const rows = await flowsOf(datapathId, cookieOf('interface', number))
      return rows.reduce((sum, row) => (isFrom(row, port) ? sum + row.packet_count : sum), 0n)
    }
    try {
      const before = await heard()
      for (const text of addresses) {
        const address = parseAddress(text)!
        const data = presenceProbe(address, GATEWAY_MAC)
        const actions = [{ type: 'output' as const, port, max_len: 0 }]
        for (let asked = 0; asked < ASKS; asked++) {
          const message = { type: 'packet_out' as const, xid: 0, buffer_id: NO_BUFFER, in_port: PORT_CONTROLLER }
          if (!send(datapathId, { ...message, actions, data })) return 'it could not be asked'
          await wait(ANSWER_MS)
        }
        if ((await heard()) !== before) return `something answers at ${text}`
        unanswered.push(text)
      }
      return ''
    } catch (error) {
      return `switch ${datapathId} does not answer (${error instanceof Error ? error.message : String(error)})`
    }
  }

  #evidenceOf(record: InterfaceRecord): Evidence {
    const { intent, track: trackOf, leasedBy, now, periodMs } = this.#sources
    const { stage, since } = stageOf(record)
    const retentionSeconds = intent.stagePolicies.get('revocable')?.retentionSeconds ?? 0
    const track = trackOf(record.name)
    const addresses = leasedBy(record)
    const known = {
      ...{ interface: record.name, addresses, since, retentionSeconds, unanswered: [] },
      ...(track && { quietMs: quietMs(track), datapathId: track.place.split(' ')[0]!, readAt: track.readAt }),
    }
    const over = since + retentionSeconds * 1000
    const reasons: [boolean, string][] = [
      [stage !== 'revocable', `it is ${stage}`],
      [addresses.length === 0, 'it holds no address by lease'],
      [retentionSeconds === 0, 'the stage policy of revocable names no retention'],
      [now() < over, `retention ends in ${Math.ceil((over - now()) / 1000)} s`],
      [track === undefined, 'no connected switch counts what it sends'],
      [track !== undefined && now() - track.readAt > 2 * periodMs + SLOW_MS, 'its switch was not read lately'],
      [
        track !== undefined && quietMs(track) < retentionSeconds * 1000,
        `counters prove only ${Math.floor((known.quietMs ?? 0) / 1000)} s of silence`,
      ],
    ]
    const [, refused] = reasons.find(([holds]) => holds) ?? [true, '']
    return { ...known, refused }
  }
}

/** A switch may take so long for its answer. */
const SLOW_MS = 10_000

const isFrom = ({ match }: FlowStats, port: number): boolean =>
  match.some(({ field, value }) => field === 'in_port' && value === port)
