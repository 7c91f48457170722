/**
 * Runs test files in lanes, side by side: each lane is one mocha at a time, which is given some files of the lane's own
 * queue and, when that is empty, of another's. Then come the files that need the machine for themselves. What a lane prints
 * goes to its log, and to the output in whole groups, so that two lanes are not mixed up; failures are printed at the end. A
 * mocha that ends without its counts, or does not end after them, is a failure. It refuses to know which files there are
 * and what they test.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { format } from 'node:util'

export interface Lane {
  readonly name: string
  /** Files of each mocha, in the order in which they are run. */
  readonly queue: string[][]
}

export interface LanesOptions {
  readonly lanes: readonly Lane[]
  /** Files that are run alone, after all lanes. */
  readonly quiet: readonly string[]
  /** Arguments of every mocha. */
  readonly mocha: readonly string[]
  /** Where logs go. */
  readonly folder: string
  /** Time for all of it, in ms. */
  readonly limitMs: number
  /** Time in which a mocha has to end after its last test, in ms. */
  readonly endMs: number
  readonly write: (text: string) => void
}

export interface LanesResult {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** What the reporter says of one mocha. */
interface Counts {
  passes: number
  failures: number
  pending: number
  texts: [string, number, ...unknown[]][]
}

/** Why a mocha is no success although no test of it may have failed. */
type Trouble = 'crash' | 'open' | undefined

interface Ended {
  counts: Counts | undefined
  trouble: Trouble
  /** Its exit code or signal. */
  how: string
}

/** The process that runs tests itself: bin/mocha.js starts another, which signals and descriptors do not reach. */
const MOCHA = createRequire(import.meta.url).resolve('mocha/lib/cli/cli.js')
const NODE = ['--import=tsx', '--conditions=source']
/** Lines of a mocha that crashed which are shown again at the end. */
const LAST_LINES = 40
/** How long what a mocha has printed may take to arrive after its end, in ms. */
const OUTPUT_MS = 2000
/** How long a mocha that was interrupted may take to end, in ms. */
const INTERRUPTED_MS = 20_000

/** Files in portions of at most this many. */
export function portions(files: readonly string[], size: number): string[][] {
  const found: string[][] = []
  for (let at = 0; at < files.length; at += size) found.push(files.slice(at, at + size))
  return found
}

/** Runs all. Prints failures and one line of counts at the end. */
export async function runLanes(options: LanesOptions): Promise<LanesResult> {
  mkdirSync(options.folder, { recursive: true })
  const children = new Set<ChildProcess>()
  const told: Counts[] = []
  const troubles: string[] = []
  let ended = ''
  const end = (why: string): void => {
    ended ||= why
    for (const child of children) child.kill('SIGINT')
    setTimeout(() => children.forEach((child) => void child.kill('SIGKILL')), INTERRUPTED_MS).unref()
  }
  const timer = setTimeout(end, options.limitMs, `not done in ${options.limitMs / 1000} s`)
  const interrupted = (): void => end('interrupted')
  process.on('SIGINT', interrupted)
  process.on('SIGTERM', interrupted)

  const run = async (name: string, log: WriteStream, files: readonly string[]): Promise<void> => {
    const lines: string[] = []
    const shown = new Blocks((text) => {
      lines.push(...text.split('\n'))
      lines.splice(0, lines.length - LAST_LINES)
      log.write(text)
      options.write(text)
    })
    const { counts, trouble, how } = await one(files, options, name, children, shown)
    shown.end()
    if (counts !== undefined) told.push(counts)
    const its = `lane ${name}: mocha of ${files.join(' ')}`
    if (trouble === 'crash') troubles.push(`${its} ended before its last test, with ${how}:\n${lines.join('\n')}`)
    else if (trouble === 'open') troubles.push(`${its} did not end after its last test: something is left open`)
    else if (how !== 'code 0' && (counts?.failures ?? 0) === 0) troubles.push(`${its} ended with ${how}`)
  }
  const lane = async ({ name, queue }: Lane): Promise<void> => {
    const log = createWriteStream(join(options.folder, `${name}.log`))
    const next = (): string[] | undefined =>
      queue.shift() ?? options.lanes.toSorted((a, b) => b.queue.length - a.queue.length)[0]?.queue.pop()
    for (let files = next(); files !== undefined && ended === ''; files = next()) await run(name, log, files)
    await new Promise<void>((resolve) => void log.end(resolve))
  }
  await Promise.all(options.lanes.map(lane))
  if (options.quiet.length > 0) await lane({ name: 'quiet', queue: [[...options.quiet]] })
  clearTimeout(timer)
  process.off('SIGINT', interrupted)
  process.off('SIGTERM', interrupted)
  if (ended !== '') troubles.push(`the tests were ended: ${ended}`)
  return summed(told, troubles, options.write)
}

/** One mocha, until it is gone. */
function one(
  files: readonly string[],
  { mocha, endMs }: LanesOptions,
  name: string,
  children: Set<ChildProcess>,
  shown: Blocks,
): Promise<Ended> {
  const reporter = join(import.meta.dirname, 'reporter.cjs')
  const child = spawn(process.execPath, [...NODE, MOCHA, '--reporter', reporter, ...mocha, ...files], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // Not TAGSTEER_…: programs under test say which of those they do not know.
    env: { ...process.env, LANE_OF_TESTS: name },
  })
  children.add(child)
  let said = ''
  let isOpen = false
  for (const output of [child.stdout, child.stderr]) output?.setEncoding('utf8').on('data', (text) => shown.add(text))
  child.stdio[3]?.on('data', (text: Buffer) => {
    if (said === '') {
      setTimeout(() => {
        isOpen = child.exitCode === null && child.signalCode === null
        if (isOpen) child.kill('SIGKILL')
      }, endMs).unref()
    }
    said += text.toString()
  })
  return new Promise((resolve) => {
    const gone = (): void => {
      children.delete(child)
      let counts: Counts | undefined
      try {
        counts = JSON.parse(said) as Counts
      } catch {
        counts = undefined
      }
      const trouble = isOpen ? 'open' : counts === undefined ? 'crash' : undefined
      resolve({ counts, trouble, how: child.signalCode ?? `code ${child.exitCode}` })
    }
    child.on('close', gone)
    // A process that outlives mocha may hold its output open.
    child.on('exit', () => void setTimeout(gone, OUTPUT_MS).unref())
  })
}

/** Text in whole groups of mocha's report: up to an empty line. */
class Blocks {
  readonly #write: (text: string) => void
  #text = ''

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  add(text: string): void {
    this.#text += text
    const at = this.#text.lastIndexOf('\n\n')
    if (at < 0) return
    this.#write(this.#text.slice(0, at + 2))
    this.#text = this.#text.slice(at + 2)
  }

  end(): void {
    if (this.#text !== '') this.#write(this.#text)
    this.#text = ''
  }
}

function summed(told: readonly Counts[], troubles: readonly string[], write: (text: string) => void): LanesResult {
  let number = 0
  const failures = told.flatMap(({ texts }) => texts)
  const failed = told.reduce((sum, { failures: count }) => sum + count, troubles.length)
  if (failed > 0) write(`\n  ${failed} failing\n\n`)
  for (const [text, , ...rest] of failures) write(`${format(text, ++number, ...rest)}\n`)
  for (const text of troubles) write(`  ${++number}) ${text}\n\n`)
  const passed = told.reduce((sum, { passes }) => sum + passes, 0)
  const skipped = told.reduce((sum, { pending }) => sum + pending, 0)
  write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  return { passed, failed, skipped }
}
