/**
 * The thread that fuzzes one target. Before each run the input lies in memory shared with whoever started it, so that
 * an input which never ends, or takes all memory, is known. It opens no file.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { Coverage } from './engine/coverage.ts'
import { Loop } from './engine/loop.ts'
import { OctetsMutator } from './engine/octets.ts'
import { Random } from './engine/random.ts'
import { TextMutator } from './engine/text.ts'
import type { FromWorker, ToWorker } from './runner.ts'

const { target: name, seed, feedback, execs, subject, inputs, tokens, words, shared } = workerData as ToWorker

/** Growth of the heap that is no corpus and no noise. */
const HEAP_GROWTH = 96 * 2 ** 20
const TELL_EVERY = 500

const control = new Int32Array(shared, 0, 4)
const current = new Uint8Array(shared, 16)
const tell = (message: FromWorker): void => parentPort!.postMessage(message)
const gc = (globalThis as { gc?: () => void }).gc

function heap(): number {
  gc?.()
  return process.memoryUsage().heapUsed
}

// Counting costs a fifth of the runs: only for who is guided by it, and for comparison.
const coverage = feedback === 'features' ? undefined : new Coverage(subject.url, subject.size)
// Behind the start of coverage, which counts only what is loaded after it.
const { targetNamed } = await import('./targets/index.ts')

const target = targetNamed(name)
const random = new Random(seed)
const mutator =
  target.form === 'text'
    ? new TextMutator(random, words)
    : new OctetsMutator(random, tokens, target.form, target.options)
const loop = new Loop(
  feedback === 'blocks' ? { ...target, run: (input) => target.run(input, () => {}) } : target,
  mutator,
  random,
  {
    coverage,
    keep: feedback !== 'none',
    hunts: feedback === 'all' || feedback === 'blocks',
    before(input) {
      const size = Math.min(input.length, current.length)
      current.set(input.subarray(0, size))
      control[1] = size
      Atomics.add(control, 0, 1)
    },
  },
)

let told = 0
let sent = 0
function report(): void {
  for (; told < loop.findings.length; told++) tell({ kind: 'finding', finding: loop.findings[told]! })
  tell({ kind: 'figures', figures: loop.figures, share: coverage?.share ?? 0 })
  sent = performance.now()
}

// With few runs, half of them are seeds from all over.
const every = Math.max(1, Math.ceil(inputs.length / (execs / 2)))
loop.seed(inputs.filter((_, i) => i % every === 0))
const seeds = loop.corpus.length
report()
const before = heap()
while (control[2] === 0 && loop.execs < execs) {
  loop.step(execs - loop.execs)
  // What targets have put off (writes of a connection) is done now, not piled up.
  await new Promise((resolve) => setImmediate(resolve))
  if (performance.now() - sent > TELL_EVERY) report()
}
const growth = heap() - before
if (growth > HEAP_GROWTH) {
  const text = `the heap grew by ${growth} octets in ${loop.execs} runs`
  tell({ kind: 'finding', finding: { kind: 'grows', key: 'grows', text, input: new Uint8Array(0) } })
}
report()
tell({ kind: 'done', corpus: loop.corpus.slice(seeds) })
