/** npm run fuzz: reads the options. What they ask for is done by campaign.ts. */
import { parseArgs } from 'node:util'
import type { Options } from './campaign.ts'
import type { Feedback } from './runner.ts'
import { TARGETS, targetNamed } from './targets/index.ts'

const HELP = `usage: npm run fuzz -- [options]
  --target NAME     one of ${TARGETS.map(({ name }) => name).join(', ')}; may come again; all without it
  --minutes N       CPU minutes in all, shared out among the targets; 1 without it; 0.1 is six seconds
  --execs N         runs of each target instead: the same for the same seed
  --seed S          a number; another one each day without it
  --jobs J          targets at a time, 1 without it
  --feedback WHAT   what guides: features (default), blocks of code, all of both, or none
  --keep            write what met something new to test/fuzz/corpus/TARGET/coverage.txt
  --help
Findings are written to test/fuzz/corpus/TARGET/. Exit codes: 0 nothing found, 1 findings, 2 wrong usage.`

const FEEDBACKS: readonly string[] = ['all', 'features', 'blocks', 'none']
const DAY_MS = 86_400_000

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} wants a number above 0, not ${text}`)
  return value
}

function optionsOf(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: 'string', multiple: true },
      minutes: { type: 'string' },
      execs: { type: 'string' },
      seed: { type: 'string' },
      jobs: { type: 'string', default: '1' },
      feedback: { type: 'string', default: 'features' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  if (!FEEDBACKS.includes(values.feedback)) throw new Error(`--feedback is one of ${FEEDBACKS.join(', ')}`)
  const targets = values.target?.map(targetNamed) ?? TARGETS
  const minutes = values.minutes ?? (values.execs === undefined ? '1' : undefined)
  return {
    targets,
    cpuMs: minutes === undefined ? Infinity : (positive('minutes', minutes) * 60_000) / targets.length,
    execs: values.execs === undefined ? Infinity : positive('execs', values.execs),
    seed: values.seed === undefined ? Math.floor(Date.now() / DAY_MS) : Number(values.seed) >>> 0,
    jobs: positive('jobs', values.jobs),
    feedback: values.feedback as Feedback,
    keep: values.keep,
  }
}

async function main(): Promise<number> {
  let options: Options | undefined
  try {
    options = optionsOf(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${HELP}`)
    return 2
  }
  if (options === undefined) {
    console.log(HELP)
    return 0
  }
  // Loaded when it is needed: the seeds are made of every row there is.
  const { fuzz } = await import('./campaign.ts')
  return (await fuzz(options)) === 0 ? 0 : 1
}

process.exitCode = await main()
