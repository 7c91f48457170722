/**
 * The proof that is kept up: after each generation that switches have applied, and at intervals, the tables are read
 * back, and what may have become another since the proof before is proved again. Comparing what was read goes in turns of
 * the event loop; a proof that follows is one short step, the first one and one after a failure are whole ones. A failure
 * is told when it stands on a second look: what is being changed while it is read is none. It refuses to know who asks.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { sameFlow, sameGroup } from './flows/spelling.ts'
import { type Flow, flowKey } from './policy/program.ts'
import type { NetworkState } from './policy/state.ts'
import type { ProofLink } from './prove/facts.ts'
import { isProved, type Proof, type ProofInput, Prover } from './prove/prove.ts'
import type { ChangeFollower, StateChanges } from './state-changes.ts'
import { inTurns } from './turns.ts'

/** What came of reading: tables by switch, and switches that could not be read, with the reason. */
export interface TablesRead {
  readonly inputs: ReadonlyMap<string, ProofInput>
  readonly absent: ReadonlyMap<string, string>
}

export interface FollowedProof {
  readonly proof: Proof
  readonly inputs: ReadonlyMap<string, ProofInput>
  readonly absent: ReadonlyMap<string, string>
  readonly generation: number
  /** Of the proof alone, without reading. */
  readonly milliseconds: number
}

export interface FollowedSources {
  readonly state: NetworkState
  links(): readonly ProofLink[]
  generation(): number
  /** Whether every connected switch has the generation; false after a while, or when aborted. */
  applied(generation: number, signal: AbortSignal): Promise<boolean>
  read(): Promise<TablesRead>
}

export interface FollowOptions {
  readonly limit: number
  /** Where packets come in that are looked at; absent: all switches. */
  readonly switches?: ReadonlySet<string>
  /** Milliseconds after which tables are read again though nothing is known to have changed. */
  readonly everyMs: number
}

/** Milliseconds for which changes gather before tables are read. */
const SETTLE_MS = 100
/** Looks until a failure is told. */
const LOOKS = 3
/** Flows compared in one step. */
const PER_STEP = 200

export class ProofFollower {
  readonly #sources: FollowedSources
  readonly #options: FollowOptions
  readonly #changes: ChangeFollower
  #prover = new Prover()
  #known = new Map<string, ProofInput>()
  #isNew = true
  #changed: () => void = () => {}

  constructor(sources: FollowedSources, changes: StateChanges, options: FollowOptions) {
    this.#sources = sources
    this.#options = options
    this.#changes = changes.follow(() => this.#changed())
  }

  /** Proves again and again until aborted. @param told Takes each proof. */
  async run(told: (proof: FollowedProof) => void, signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const found = await this.#settled(signal)
        if (found === undefined) return
        told(found)
        await this.#change(signal)
      }
    } finally {
      this.#changes.stop()
    }
  }

  /** Until something changes, or the interval is over. */
  async #change(signal: AbortSignal): Promise<void> {
    const waiting = new AbortController()
    const wake = (): void => waiting.abort()
    signal.addEventListener('abort', wake, { once: true })
    this.#changed = wake
    if (!this.#changes.isStale && !signal.aborted) await pause(this.#options.everyMs, waiting.signal)
    this.#changed = () => {}
    signal.removeEventListener('abort', wake)
    await pause(SETTLE_MS, signal)
  }

  /** A proof that holds, or fails at each of some looks. */
  async #settled(signal: AbortSignal): Promise<FollowedProof | undefined> {
    let found: FollowedProof | undefined
    for (let look = 0; look < LOOKS && !signal.aborted; look++) {
      if (look > 0) await pause(SETTLE_MS, signal)
      found = await this.#once(signal)
      if (found !== undefined && isProved(found.proof)) return found
    }
    return signal.aborted ? undefined : found
  }

  /** One proof of tables and of a state that did not change while they were read; undefined: aborted. */
  async #once(signal: AbortSignal): Promise<FollowedProof | undefined> {
    while (!signal.aborted) {
      const generation = this.#sources.generation()
      if (!(await this.#sources.applied(generation, signal))) continue
      this.#changes.look()
      const read = await this.#sources.read()
      const touched = await inTurns(this.#compare(read.inputs))
      if (signal.aborted) return undefined
      // Tables of one state and rules of another prove nothing.
      const isOfOne = !this.#changes.isStale && this.#sources.generation() === generation
      if (isOfOne) return this.#prove(read, touched, this.#changes.take(), generation)
      await pause(SETTLE_MS, signal)
    }
    return undefined
  }

  #prove(
    { inputs, absent }: TablesRead,
    touched: ReadonlyMap<string, Compared>,
    change: ReturnType<ChangeFollower['take']>,
    generation: number,
  ): FollowedProof {
    const { links, state } = this.#sources
    const started = performance.now()
    if ([...this.#known.keys()].some((datapathId) => !inputs.has(datapathId))) this.#isNew = true
    if (this.#isNew) this.#prover = new Prover()
    this.#known = new Map()
    for (const [datapathId, { input, keys }] of touched) {
      this.#known.set(datapathId, input)
      this.#prover.set(datapathId, input, this.#isNew ? undefined : keys)
    }
    const { limit, switches } = this.#options
    const options = { limit, ...(switches && { switches }) }
    const proof = this.#isNew
      ? this.#prover.prove(state, links(), options)
      : this.#prover.update(links(), change, options)
    this.#isNew = false
    return { proof, inputs, absent, generation, milliseconds: performance.now() - started }
  }

  /** Flows that were read before keep their objects, so that the proof sees which are others. */
  *#compare(inputs: ReadonlyMap<string, ProofInput>): Generator<void, Map<string, Compared>> {
    const found = new Map<string, Compared>()
    for (const [datapathId, input] of inputs) {
      const before = this.#known.get(datapathId)
      found.set(datapathId, before === undefined ? { input, keys: undefined } : yield* compared(before, input))
    }
    return found
  }
}

interface Compared {
  readonly input: ProofInput
  /** Keys of flows that are others; undefined: all may be. */
  readonly keys: Set<string> | undefined
}

function* compared(before: ProofInput, { program, foreign }: ProofInput): Generator<void, Compared> {
  const flows = new Map<string, Flow>()
  const keys = new Set<string>()
  let count = 0
  for (const [key, flow] of program.flows) {
    if (++count % PER_STEP === 0) yield
    const was = before.program.flows.get(key)
    const isSame = was !== undefined && (was === flow || sameFlow(flow, was))
    flows.set(key, isSame ? was : flow)
    if (!isSame) keys.add(key)
  }
  for (const key of before.program.flows.keys()) if (!flows.has(key)) keys.add(key)
  const others = foreign.map((flow, at) => {
    const was = before.foreign[at]
    return was !== undefined && keyOf(was) === keyOf(flow) && sameFlow(flow, was) ? was : flow
  })
  const isAlike = areGroups(before.program.groups, program.groups) && arePorts(before.program, program)
  const { groups, noFloodPorts } = isAlike ? before.program : program
  return {
    input: { program: { flows, groups, noFloodPorts }, foreign: others },
    keys: isAlike ? keys : undefined,
  }
}

function keyOf({ table, priority, match }: Flow): string {
  return flowKey(table, priority, match)
}

type Groups = ProofInput['program']['groups']

function areGroups(ones: Groups, others: Groups): boolean {
  if (ones.size !== others.size) return false
  for (const [id, group] of ones) {
    const other = others.get(id)
    if (other === undefined || !sameGroup(group, other)) return false
  }
  return true
}

function arePorts({ noFloodPorts: ones }: ProofInput['program'], { noFloodPorts: others }: ProofInput['program']) {
  return ones.size === others.size && [...ones].every((port) => others.has(port))
}

/** A while, or until aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false }).catch(() => {})
}
