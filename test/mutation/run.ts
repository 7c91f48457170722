/**
 * Puts one fault after another into a copy of the sources and runs the test that must notice it. The checkout is never
 * edited. A fault is caught where the named test passes without it and fails with it by an assertion; a test that does
 * not run, a source that does not load and a failure of another kind do not count.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { FAULTS, type Fault, occurrences } from './faults.ts'

interface Report {
  ran: number
  failures: { test: string; chain: { name: string; message: string }[] }[]
}

const USAGE = `usage: npm run mutation [-- NAME ...]
  Puts deliberate faults into a copy of the sources, one at a time, and runs the test that must notice each.
  NAME is a fault of test/mutation/faults.ts or a part of its name; without one all are tried. Exit code 1: one survived.`
const LIMIT_MS = 300_000

function copied(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tagsteer-mutation-'))
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  for (const file of listed.split('\0')) {
    if (file === '' || /^test\/(golden|fuzz\/corpus)\//.test(file)) continue
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(file, join(folder, file))
  }
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync('node_modules')) {
    if (name !== 'node-openflow') symlinkSync(realpathSync(join('node_modules', name)), join(modules, name))
  }
  symlinkSync('../openflow', join(modules, 'node-openflow'))
  return folder
}

function run(folder: string, { file, grep }: Fault['test']): Report | undefined {
  const mocha = join('node_modules', 'mocha', 'bin', 'mocha.js')
  const reporter = join('test', 'mutation', 'reporter.cjs')
  const { stdout } = spawnSync(process.execPath, [mocha, '--reporter', `./${reporter}`, file, '-f', grep], {
    cwd: folder,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 1 << 26,
  })
  const line = stdout.split('\n').find((one) => one.startsWith('@@'))
  return line === undefined ? undefined : (JSON.parse(line.slice(2)) as Report)
}

/** Why a run does not show that the fault was noticed; undefined where it does. */
function doubt(report: Report | undefined): string | undefined {
  if (report === undefined) return 'the sources do not load, or the test did not end'
  if (report.ran === 0) return 'no such test'
  const [first] = report.failures
  if (first === undefined) return 'SURVIVED'
  const isAssertion = report.failures.some(({ chain }) => chain.some(({ name }) => name === 'AssertionError'))
  return isAssertion
    ? undefined
    : `failed, but by no assertion: ${first.chain.map(({ message }) => message).join(' / ')}`
}

function main(names: string[]): number {
  if (names.includes('--help') || names.includes('-h')) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const chosen = FAULTS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)))
  if (chosen.length === 0) {
    process.stderr.write(`no fault of that name\n${USAGE}\n`)
    return 2
  }
  const folder = copied()
  const sound = new Map<string, string | undefined>()
  let survived = 0
  try {
    for (const fault of chosen) {
      const { name, file, find, replace, test } = fault
      const key = `${test.file} ${test.grep}`
      if (!sound.has(key)) {
        const report = run(folder, test)
        const isGreen = report !== undefined && report.ran > 0 && report.failures.length === 0
        sound.set(key, isGreen ? undefined : 'its test does not pass without the fault')
      }
      const path = join(folder, file)
      const source = readFileSync(path, 'utf8')
      let verdict = sound.get(key) ?? (occurrences(source, find) === 1 ? undefined : 'its text does not occur once')
      if (verdict === undefined) {
        writeFileSync(
          path,
          source.replace(find, () => replace),
        )
        verdict = doubt(run(folder, test))
        writeFileSync(path, source)
      }
      if (verdict !== undefined) survived++
      process.stdout.write(
        `${verdict === undefined ? 'caught  ' : 'NOT     '} ${name}${verdict === undefined ? '' : `: ${verdict}`}\n`,
      )
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  process.stdout.write(`${chosen.length - survived} of ${chosen.length} caught\n`)
  return survived === 0 ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
