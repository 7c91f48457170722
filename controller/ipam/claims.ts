/**
 * Addresses claimed beforehand: where few are free in a pool, more are claimed of a prefix of the external IPAM, in one
 * request, and become ranges of the pool. Allocations never wait for it: while claimed addresses last, an outage over
 * there fails none. What was claimed and never became a range (a lost answer, a crash) is found and taken first, so
 * that nothing is claimed twice. Looks at counts at intervals; it is given a clock. Used by sync.ts.
 */
import { ConnectorError, type IpamConnector } from '../../connectors/connector.ts'
import type { ClaimSettings } from '../../host/ipam-settings.ts'
import { numberOfText, textOfNumber } from '../../model/address-key.ts'
import { failureText, ok, type Result } from '../../model/errors.ts'
import type { AddressRange } from '../../model/records.ts'
import { validateRecord } from '../../model/validate.ts'
import { ownFields } from '../api/messages.ts'
import type { Tell } from '../events.ts'
import type { Intent } from '../policy/intent.ts'
import type { Write } from '../policy/propose.ts'
import type { Writer } from '../write.ts'
import { keeper } from './sides.ts'

export interface ClaimParts {
  writer: Pick<Writer, 'write' | 'look'>
  tell: Tell
  /** Milliseconds, growing. */
  clock(): number
}

/** Milliseconds between looks at the pools. */
export const LOOK_MS = 1000
/** Milliseconds after a failure before the next try; doubled for each further one up to the second. */
const RETRY_MS = [2000, 60_000] as const

interface State {
  readonly connector: IpamConnector
  readonly settings: ClaimSettings
  /** Tries that failed one after the other, and when the next may be. */
  failures: number
  notBefore: number
}

export class Claims {
  readonly #parts: ClaimParts
  readonly #states: readonly State[]
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(parts: ClaimParts, claims: readonly { connector: IpamConnector; settings: ClaimSettings }[]) {
    this.#parts = parts
    this.#states = claims.map((each) => ({ ...each, failures: 0, notBefore: 0 }))
  }

  start(): void {
    if (this.#states.length === 0 || this.#stop.signal.aborted) return
    this.look().finally(() => {
      if (!this.#stop.signal.aborted) this.#timer = setTimeout(() => this.start(), LOOK_MS)
    })
  }

  async close(): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#timer)
    await this.#looking
  }

  /** Claims for every pool that has few free addresses, and whose time it is. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      for (const state of this.#states) await this.#lookAt(state)
    })
    return this.#looking
  }

  async #lookAt(state: State): Promise<void> {
    const { connector, settings } = state
    const { tell, clock } = this.#parts
    if (this.#stop.signal.aborted || clock() < state.notBefore) return
    const free = await this.#free(settings)
    if (free === undefined || free >= BigInt(settings.low)) return
    const taken = await this.#claim(connector, settings)
    if (taken.ok) {
      state.failures = 0
      state.notBefore = 0
      tell('ipam-claimed', connector.name, { count: taken.count, prefix: settings.prefix, nap: settings.nap })
      return
    }
    if (this.#stop.signal.aborted) return
    if (state.failures === 0)
      tell('ipam-claim-failed', connector.name, { nap: settings.nap, free: String(free), reason: taken.reason })
    state.notBefore = clock() + Math.min(RETRY_MS[0] * 2 ** state.failures, RETRY_MS[1])
    state.failures++
  }

  /** Free addresses of the pool; none where there is no pool yet. */
  async #free({ nap, network }: ClaimSettings): Promise<bigint | undefined> {
    const looked = await this.#parts.writer.look(({ book }) => {
      return { free: book.ledger(network)?.pools.get(nap)?.counts.free ?? 0n }
    })
    return looked.ok ? looked.value.free : undefined
  }

  async #claim(
    connector: IpamConnector,
    settings: ClaimSettings,
  ): Promise<{ ok: true; count: number } | { ok: false; reason: string }> {
    const { nap, network, prefix, count } = settings
    const parent = { network, cidr: prefix }
    const signal = this.#stop.signal
    try {
      const had = await connector.claimed(parent, nap, signal)
      const looked = await this.#parts.writer.look(({ book }) => {
        const ledger = book.ledger(network)
        return { lost: had.filter(({ address }) => ledger?.poolOf(numberOfText(address)) === undefined) }
      })
      if (!looked.ok) return { ok: false, reason: failureText(looked.failure) }
      const { lost } = looked.value
      const addresses = (lost.length > 0 ? lost : await connector.claim(parent, count, nap, signal)).map(
        ({ address }) => address,
      )
      const request = { caller: keeper(connector.name), method: 'claim', body: addresses }
      const written = await this.#parts.writer.write((intent) => widened(intent, settings, addresses), request)
      return written.ok ? { ok: true, count: addresses.length } : { ok: false, reason: failureText(written.failure) }
    } catch (error) {
      return { ok: false, reason: error instanceof ConnectorError ? error.message : `a defect: ${String(error)}` }
    }
  }
}

/** The pool with these addresses among its ranges. */
export function widened(
  intent: Intent,
  { nap, network }: ClaimSettings,
  addresses: readonly string[],
): Result<Write[]> {
  const record = intent.naps.get(nap)
  const before = record === undefined ? { name: nap, network } : ownFields(record)
  const draft = validateRecord('nap', { ...before, ranges: merged(record?.ranges ?? [], addresses) })
  return draft.ok ? ok([{ op: 'update', record: draft.value, allowMissing: true }]) : draft
}

/** Ranges and single addresses as the fewest ranges, ascending. */
export function merged(ranges: readonly AddressRange[], addresses: readonly string[]): AddressRange[] {
  const all = [...ranges, ...addresses.map((address) => ({ first: address, last: address }))]
    .map(({ first, last }) => ({ first: numberOfText(first), last: numberOfText(last) }))
    .sort((a, b) => (a.first < b.first ? -1 : 1))
  const joined: { first: bigint; last: bigint }[] = []
  for (const range of all) {
    const end = joined.at(-1)
    if (end === undefined || range.first > end.last + 1n) joined.push({ ...range })
    else if (range.last > end.last) end.last = range.last
  }
  return joined.map(({ first, last }) => ({ first: textOfNumber(first), last: textOfNumber(last) }))
}
