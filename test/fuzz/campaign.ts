/**
 * A whole run: bundles the subject and the fuzzer, runs targets within a budget, says every ten seconds how it stands,
 * and writes what was found.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { type BuildOptions, build } from 'esbuild'
import { readCorpus, writeCoverage, writeFinding } from './corpus.ts'
import { distil } from './engine/distil.ts'
import type { Target } from './engine/target.ts'
import { type Feedback, type Run, start } from './runner.ts'
import { seedsFor, tokens, words } from './seeds.ts'

const TICK = 250
const SAY_EVERY = 10_000

export interface Options {
  readonly targets: readonly Target[]
  /** CPU milliseconds of each target. */
  readonly cpuMs: number
  /** Runs of each target. */
  readonly execs: number
  readonly seed: number
  /** Targets at a time. */
  readonly jobs: number
  readonly feedback: Feedback
  /** Whether to write what met something new. */
  readonly keep: boolean
}

/** Two scripts in a folder of their own: what is fuzzed, and what fuzzes it. */
async function bundle(folder: string): Promise<{ worker: URL; subject: { url: string; size: number } }> {
  const here = dirname(fileURLToPath(import.meta.url))
  const common: BuildOptions = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['source'],
  }
  await build({ ...common, entryPoints: [join(here, 'subject.ts')], outfile: join(folder, 'subject.mjs') })
  await build({
    ...common,
    entryPoints: [join(here, 'worker.ts')],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    plugins: [
      {
        name: 'subject',
        setup({ onResolve }) {
          onResolve({ filter: /\/subject\.ts$/ }, () => ({ path: './subject.mjs', external: true }))
        },
      },
    ],
  })
  const url = pathToFileURL(join(folder, 'subject.mjs')).href
  const size = readFileSync(join(folder, 'subject.mjs'), 'utf8').length
  return { worker: pathToFileURL(join(folder, 'worker.mjs')), subject: { url, size } }
}

interface Job {
  readonly target: Target
  readonly run: Run
  /** Milliseconds of CPU used so far; of all threads by equal parts, as Node counts them together. */
  cpu: number
  ended: boolean
  /** Findings told so far. */
  told: number
}

function line({ target, run, cpu }: Job): string {
  const { execs, corpus, features, blocks, share, repeats } = run.progress
  const rate = cpu > 0 ? Math.round((execs / cpu) * 1000) : 0
  const code = blocks > 0 ? `blocks ${blocks} (${(share * 100).toFixed(1)} %), ` : ''
  const again = repeats > 0 ? ` (+${repeats} alike)` : ''
  return (
    `${target.name.padEnd(10)} ${execs} runs, ${(cpu / 1000).toFixed(0)} s, ${rate}/s, corpus ${corpus}, ` +
    `features ${features}, ${code}findings ${run.findings.length}${again}`
  )
}

/** Findings that came since this was asked last: written, and told. */
function tellFindings(job: Job): void {
  const { target, run } = job
  for (const { kind, text, input } of run.findings.slice(job.told)) {
    const shown = text.split('\n').slice(0, 4).join('\n  ')
    console.log(`FINDING ${target.name} ${kind}: ${writeFinding(target, kind, text, input)}\n  ${shown.slice(0, 1500)}`)
  }
  job.told = run.findings.length
}

function finish(job: Job, keep: boolean): void {
  const { target, run } = job
  console.log(`${line(job)}, ended`)
  if (!keep) return
  const regressions = readCorpus(target.name).filter(({ where }) => !where.includes('/coverage.txt:'))
  const others = readCorpus(target.name).filter(({ where }) => where.includes('/coverage.txt:'))
  const base = [...seedsFor(target), ...regressions.map(({ input }) => input)]
  const count = writeCoverage(target, distil(target, base, [...others.map(({ input }) => input), ...run.corpus]))
  console.log(`${target.name} keeps ${count} inputs for their coverage`)
}

/** The number of findings. */
export async function fuzz(options: Options): Promise<number> {
  setFlagsFromString('--expose-gc')
  // Functions that are thrown away for being idle would lose their counts.
  setFlagsFromString('--no-flush-bytecode')
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
  const queue = [...options.targets]
  const jobs: Job[] = []
  let said = performance.now()
  let used = process.cpuUsage()
  try {
    const scripts = await bundle(folder)
    console.log(`seed ${options.seed}, ${options.targets.length} targets, feedback ${options.feedback}`)
    const begin = (target: Target): void => {
      const inputs = [...seedsFor(target), ...readCorpus(target.name).map(({ input }) => input)]
      const { seed, feedback, execs } = options
      const run = start(scripts.worker, {
        target: target.name,
        seed,
        feedback,
        execs,
        subject: scripts.subject,
        inputs,
        tokens: target.form === 'text' ? [] : tokens(),
        words: target.form === 'text' ? words() : [],
      })
      const job: Job = { target, run, cpu: 0, ended: false, told: 0 }
      jobs.push(job)
      void run.ended.then(() => {
        job.ended = true
      })
    }
    const active = (): Job[] => jobs.filter(({ ended }) => !ended)
    while (queue.length > 0 || active().length > 0) {
      while (queue.length > 0 && active().length < options.jobs) begin(queue.shift()!)
      const running = active()
      await Promise.race([...running.map(({ run }) => run.ended), new Promise((resolve) => setTimeout(resolve, TICK))])
      const { user, system } = process.cpuUsage(used)
      used = process.cpuUsage()
      for (const job of running) {
        job.cpu += (user + system) / 1000 / running.length
        if (job.cpu > options.cpuMs) job.run.stop()
        tellFindings(job)
        if (job.ended) finish(job, options.keep)
      }
      if (performance.now() - said > SAY_EVERY) {
        said = performance.now()
        for (const job of active()) console.log(line(job))
      }
    }
  } finally {
    for (const { run } of jobs) run.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const findings = jobs.reduce((sum, { run }) => sum + run.findings.length, 0)
  const execs = jobs.reduce((sum, { run }) => sum + run.progress.execs, 0)
  const cpu = jobs.reduce((sum, job) => sum + job.cpu, 0)
  console.log(`${execs} runs in ${(cpu / 60_000).toFixed(1)} CPU minutes, ${findings} findings`)
  return findings
}
