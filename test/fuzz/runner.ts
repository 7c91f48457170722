/**
 * Runs one target in a thread of its own and watches it: an input that does not end, or ends the thread, is a finding
 * like any other. It knows no target and writes nothing.
 */
import { Worker } from 'node:worker_threads'
import type { Figures, Finding } from './engine/loop.ts'

/** What guides: lines of code and features, one of them, or nothing (then what is new is only counted). */
export type Feedback = 'all' | 'features' | 'blocks' | 'none'

export interface ToWorker {
  readonly target: string
  readonly seed: number
  readonly feedback: Feedback
  /** Runs at most. */
  readonly execs: number
  /** The script whose coverage counts. */
  readonly subject: { readonly url: string; readonly size: number }
  readonly inputs: readonly Uint8Array[]
  readonly tokens: readonly Uint8Array[]
  readonly words: readonly string[]
  /** Four numbers of 32 bits (runs begun, octets of the input, stop, unused), then the input that runs. */
  readonly shared: SharedArrayBuffer
}

export type AnyFinding = Omit<Finding, 'kind'> & { readonly kind: Finding['kind'] | 'hangs' | 'ends' | 'grows' }

export type FromWorker =
  | { readonly kind: 'figures'; readonly figures: Figures; readonly share: number }
  | { readonly kind: 'finding'; readonly finding: AnyFinding }
  | { readonly kind: 'done'; readonly corpus: Uint8Array[] }

export interface Progress extends Figures {
  /** Share of the subject's code that ran. */
  readonly share: number
}

export interface Run {
  progress: Progress
  readonly findings: AnyFinding[]
  /** What was found to meet something new. */
  corpus: Uint8Array[]
  /** Ends the run after the batch under way. */
  stop(): void
  /** Settles when the thread has ended. */
  readonly ended: Promise<void>
}

const CURRENT = 1 << 18
const HEAP_MB = 1024
/** CPU time of the process in which a thread has begun no run: it is at one that does not end. */
const HANG_MS = 10_000
const NOTHING: Progress = { execs: 0, corpus: 0, features: 0, blocks: 0, findings: 0, repeats: 0, share: 0 }

/** Other programs may keep this one waiting for long; that is no hang. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

export function start(worker: URL, job: Omit<ToWorker, 'shared'>, hangMs = HANG_MS): Run {
  const shared = new SharedArrayBuffer(16 + CURRENT)
  const control = new Int32Array(shared, 0, 4)
  const data: ToWorker = { ...job, shared }
  const thread = new Worker(worker, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } })
  const current = (): Uint8Array => new Uint8Array(shared, 16, control[1]).slice()
  let done = false
  let beaten = -1
  let since = cpuMs()
  const lost = (kind: 'hangs' | 'ends', text: string): void => {
    run.findings.push({ kind, key: kind, text, input: current() })
  }
  const watch = setInterval(() => {
    const beat = Atomics.load(control, 0)
    if (beat !== beaten) {
      beaten = beat
      since = cpuMs()
    } else if (beat > 0 && !done && cpuMs() - since > hangMs) {
      done = true
      lost('hangs', `no end after ${hangMs} ms`)
      void thread.terminate()
    }
  }, 250)
  const ended = new Promise<void>((resolve) => {
    thread.on('message', (message: FromWorker) => {
      if (message.kind === 'figures') run.progress = { ...message.figures, share: message.share }
      else if (message.kind === 'finding') run.findings.push(message.finding)
      else {
        run.corpus = message.corpus
        done = true
      }
    })
    thread.on('error', (error) => {
      if (!done) lost('ends', `the thread ended: ${error.stack ?? error.message}`)
      done = true
    })
    thread.on('exit', (code) => {
      clearInterval(watch)
      if (!done) lost('ends', `the thread ended with ${code}`)
      resolve()
    })
  })
  const run: Run = {
    progress: NOTHING,
    findings: [],
    corpus: [],
    stop: () => void Atomics.store(control, 2, 1),
    ended,
  }
  return run
}
