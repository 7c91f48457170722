/**
 * The corpus in files: corpus/<target>/*.txt, an input on each line, comments behind #. Octets are hexadecimal; a line
 * that begins with a quote is a text as JSON has it. `coverage.txt` is what fuzzing found beyond the seeds; every other
 * file is named by the defect it once showed.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { octetsText, textOctets } from '../../openflow/wire/field.ts'
import type { Target } from './engine/target.ts'

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'corpus')
const COVERAGE = 'coverage.txt'
/** Characters of a target's coverage file: the corpus is read by people and cloned by all. */
const ROOM = 38_000

export interface Entry {
  /** File and line. */
  readonly where: string
  readonly input: Uint8Array
}

export function inputLine(input: Uint8Array, form: Target['form']): string {
  return form === 'text' ? JSON.stringify(octetsText(input)) : Buffer.from(input).toString('hex')
}

export function lineInput(line: string): Uint8Array {
  if (line.startsWith('"')) return textOctets(JSON.parse(line) as string)
  if (!/^([0-9a-f]{2})*$/.test(line)) throw new Error(`neither hexadecimal nor a text: ${line}`)
  return Uint8Array.from(Buffer.from(line, 'hex'))
}

/** All entries of a target, in the order of files and lines. */
export function readCorpus(target: string): Entry[] {
  const folder = join(FOLDER, target)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .flatMap((line, i) => {
          const where = `${target}/${name}:${i + 1}`
          return line === '' || line.startsWith('#') ? [] : [{ where, input: lineInput(line) }]
        }),
    )
}

function write(target: Target, name: string, lines: readonly string[]): string {
  const folder = join(FOLDER, target.name)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

/** A file of its own for a finding, named by what it is until somebody names it better; says which. */
export function writeFinding(target: Target, kind: string, text: string, input: Uint8Array): string {
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 8)
  const why = text.split('\n').filter((line) => !/node:internal|\(native\)/.test(line))
  const comment = why.slice(0, 4).map(
    (line) =>
      `# ${line
        .trim()
        .replace(/\(?file:.*\//, '')
        .slice(0, 200)}`,
  )
  return write(target, `${kind}-${hash}.txt`, [...comment, inputLine(input, target.form)])
}

/** What is worth keeping for its coverage takes the place of what was kept before, as far as there is room. */
export function writeCoverage(target: Target, inputs: readonly Uint8Array[]): number {
  const lines = ['# Found by fuzzing: each meets something that neither the seeds nor the lines before it meet.']
  let room = ROOM
  for (const input of inputs) {
    const line = inputLine(input, target.form)
    room -= line.length + 1
    if (room < 0) break
    lines.push(line)
  }
  write(target, COVERAGE, lines)
  return lines.length - 1
}
