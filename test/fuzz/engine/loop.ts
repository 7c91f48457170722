/**
 * The fuzzing loop: takes an input, changes it, runs the target, and keeps what met something new. Two guides say
 * what is new: features that the target names, after each run; and lines of code never run before, asked for once a
 * batch and then hunted down by halves, since asking costs milliseconds. It knows no corpus files and no clock but
 * the time that a run took.
 */
import { readFileSync } from 'node:fs'
import type { Coverage } from './coverage.ts'
import { minimise } from './minimise.ts'
import type { Random } from './random.ts'
import { Broken, type Target } from './target.ts'

export interface Mutator {
  mutate(input: Uint8Array, other: () => Uint8Array): Uint8Array
}

export interface Finding {
  readonly kind: 'throws' | 'breaks' | 'slow'
  /** Equal for what is probably the same defect. */
  readonly key: string
  readonly text: string
  readonly input: Uint8Array
}

export interface Figures {
  execs: number
  corpus: number
  features: number
  blocks: number
  /** Findings and how often the same ones came again. */
  findings: number
  repeats: number
}

const BATCH = 256
/** Runs with nothing new after which a batch may be longer: there is less and less to hunt down. */
const LONGEST_BATCH = 2048
/** Different names that one prefix (up to `=`) may have, lest a text in a message be new for ever. */
const NAMES_OF_ONE = 96

/** Where an error came from: its first line, without numbers, and the nearest function. */
function keyOf(error: unknown): string {
  if (error instanceof Broken) return error.law
  if (!(error instanceof Error)) return `thrown ${String(error)}`
  const frame = /\n\s+at (?:new )?(?:\w+\.)?([^\s(]+)/.exec(error.stack ?? '')?.[1] ?? ''
  return `${error.name} ${blurred(error.message).slice(0, 80)} ${/stack size/.test(error.message) ? '' : frame}`
}

/** Milliseconds that this thread has had of a processor, where the system says; what others take is not counted. */
function threadTime(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6
  } catch {
    return performance.now()
  }
}

const blurred = (text: string): string => text.replace(/0x[0-9a-f]+|[0-9a-f]{8,}|\d+/gi, '#')

export class Loop {
  readonly corpus: Uint8Array[] = []
  readonly findings: Finding[] = []
  readonly #target: Target
  readonly #mutator: Mutator
  readonly #random: Random
  readonly #coverage: Coverage | undefined
  readonly #keep: boolean
  readonly #hunts: boolean
  readonly #before: (input: Uint8Array) => void
  readonly #features = new Set<string>()
  readonly #names = new Map<string, number>()
  readonly #keys = new Set<string>()
  #batch = BATCH
  #execs = 0
  #repeats = 0
  /** Whether the run under way met a new feature. */
  #new = false

  /**
   * @param keep Whether what is new is kept and changed further; without it changes are of the seeds alone.
   * @param hunts Whether code that never ran before is something new; else it is only counted, when figures are asked.
   * @param before Is told every input before it runs.
   */
  constructor(
    target: Target,
    mutator: Mutator,
    random: Random,
    options: {
      coverage?: Coverage | undefined
      keep?: boolean
      hunts?: boolean
      before?: (input: Uint8Array) => void
    } = {},
  ) {
    this.#target = target
    this.#mutator = mutator
    this.#random = random
    this.#coverage = options.coverage
    this.#keep = options.keep ?? true
    this.#hunts = options.hunts ?? false
    this.#before = options.before ?? (() => {})
  }

  get figures(): Figures {
    if (!this.#hunts) this.#coverage?.fresh(true)
    return {
      execs: this.#execs,
      corpus: this.corpus.length,
      features: this.#features.size,
      blocks: this.#coverage?.blocks ?? 0,
      findings: this.findings.length,
      repeats: this.#repeats,
    }
  }

  /** Runs the seeds; those that meet nothing new are still kept, since changes of them may. */
  seed(inputs: readonly Uint8Array[]): void {
    for (const input of inputs) {
      this.#run(input)
      this.corpus.push(input)
    }
    this.#coverage?.fresh(true)
  }

  /** Runs so far. */
  get execs(): number {
    return this.#execs
  }

  /** One batch; at most that many runs. */
  step(most: number): void {
    const inputs: Uint8Array[] = []
    for (let i = Math.min(most, this.#batch); i > 0; i--) {
      const input = this.#mutator.mutate(this.#pick(), () => this.#pick())
      inputs.push(input)
      if (this.#run(input) && this.#keep) this.corpus.push(input)
    }
    const found = this.#hunts && this.#coverage?.fresh(false) === true
    if (found) this.#hunt(inputs)
    this.#batch = found ? BATCH : Math.min(LONGEST_BATCH, this.#batch * 2)
  }

  /** The seeds are the base; what came last is where something new is near. */
  #pick(): Uint8Array {
    const { length } = this.corpus
    const recent = length > 64 && this.#random.oneIn(3) ? length - 64 : 0
    return this.corpus[recent + this.#random.below(length - recent)]!
  }

  /** Finds one of the inputs that ran what was new, by halves; what others ran is new again when it comes again. */
  #hunt(inputs: readonly Uint8Array[]): void {
    const coverage = this.#coverage!
    let left = inputs
    while (left.length > 1) {
      const half = left.slice(0, left.length >> 1)
      for (const input of half) this.#run(input)
      left = coverage.fresh(false) ? half : left.slice(half.length)
    }
    // What runs but once (a table made on first use) is nobody's.
    this.#run(left[0]!)
    if (coverage.fresh(true)) this.corpus.push(left[0]!)
  }

  #feature = (name: string): void => {
    if (this.#features.has(name)) return
    const stem = name.slice(0, name.indexOf('=') + 1)
    if (stem !== '') {
      const count = this.#names.get(stem) ?? 0
      if (count >= NAMES_OF_ONE) return
      this.#names.set(stem, count + 1)
    }
    this.#features.add(name)
    this.#new = true
  }

  /** True if the input met a new feature. */
  #run(input: Uint8Array): boolean {
    this.#new = false
    this.#execs++
    const finding = this.#attempt(input, this.#feature)
    if (finding !== undefined) this.#found(finding)
    return this.#new
  }

  #attempt(input: Uint8Array, feature: (name: string) => void): Finding | undefined {
    this.#before(input)
    const start = performance.now()
    try {
      this.#target.run(input, feature)
    } catch (error) {
      if (error instanceof Broken) return { kind: 'breaks', key: keyOf(error), text: error.message, input }
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      return { kind: 'throws', key: keyOf(error), text, input }
    }
    const took = performance.now() - start
    return took > this.#target.limit ? this.#slow(input) : undefined
  }

  /** Slow only if it is slow every time: other programs and the garbage collector are not the target's fault. */
  #slow(input: Uint8Array): Finding | undefined {
    let least = Infinity
    for (let i = 0; i < 5; i++) {
      const start = threadTime()
      this.#target.run(input, () => {})
      least = Math.min(least, threadTime() - start)
      if (least <= this.#target.limit) return undefined
    }
    const text = `${least.toFixed(0)} ms for ${input.length} octets`
    return { kind: 'slow', key: `slow ${this.#target.name}`, text, input }
  }

  #found(finding: Finding): void {
    if (this.#keys.has(finding.key)) {
      this.#repeats++
      return
    }
    this.#keys.add(finding.key)
    const same = (input: Uint8Array): boolean => this.#attempt(input, () => {})?.key === finding.key
    const input = minimise(finding.input.slice(), same, finding.kind === 'slow' ? 12 : 4000, this.#target.form)
    const final = this.#attempt(input, () => {}) ?? finding
    this.findings.push({ ...final, key: finding.key })
  }
}
