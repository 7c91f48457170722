/**
 * The whole suite, or all that needs neither root nor Open vSwitch, in two lanes: one of test/system, which waits more than
 * it computes, one of everything else, which computes. `npm test` calls it; its arguments go to every mocha.
 * usage: run-tests.ts unit|system [mocha arguments]
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Lane, portions, runLanes } from './lanes.ts'

/**
 * What is measured against the clock, or fills tables and both cores by itself: alone, after the lanes. Whatever else
 * fails beside other tests is mended, not put here.
 */
const QUIET = ['test/controller/channel-slow.test.ts', 'test/system/underlay.test.ts', 'test/system/no-gap.test.ts']
const LIMIT_MS = 3_000_000
const END_MS = 30_000
/** Files of one mocha: few enough that no lane is left alone for long, enough that loading them takes no time. */
const PORTION = { unit: 16, system: 6 }

const [mode, ...mocha] = process.argv.slice(2)
if (mode !== 'unit' && mode !== 'system') {
  process.stderr.write('usage: run-tests.ts unit|system [mocha arguments]\n')
  process.exit(1)
}
const found = readdirSync('test', { recursive: true, encoding: 'utf8' })
const files = found.filter((file) => file.endsWith('.test.ts')).map((file) => join('test', file))
const isSystem = (file: string): boolean => file.startsWith(join('test', 'system', ''))
const wanted = files.filter((file) => mode === 'system' || !isSystem(file)).sort()
const [quiet, rest] = [wanted.filter((file) => QUIET.includes(file)), wanted.filter((file) => !QUIET.includes(file))]
const lanes: Lane[] = [
  {
    name: 'unit',
    queue: portions(
      rest.filter((file) => !isSystem(file)),
      PORTION.unit,
    ),
  },
  { name: mode === 'system' ? 'system' : 'second', queue: portions(rest.filter(isSystem), PORTION.system) },
]
const { failed } = await runLanes({
  ...{ lanes, quiet, mocha, folder: join('.cache', 'test-logs'), limitMs: LIMIT_MS, endMs: END_MS },
  write: (text) => void process.stdout.write(text),
})
process.exitCode = failed > 0 ? 1 : 0
