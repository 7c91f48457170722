/**
 * The compiler alone, at the size of a cloud: everything at once, one tag, one rule, and what it takes in memory. Records
 * are made, compiled and checked by processes of their own (policy-compile-process.ts), so that figures are of what a
 * controller holds for the compiler and nothing else; what was compiled step by step is compared, on some switches, with
 * what compiling them from nothing gives. Used by policy.ts.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { CloudSize } from './cloud.ts'

const PROCESS = fileURLToPath(new URL('policy-compile-process.ts', import.meta.url))
/** MiB that the heap of the process that is measured may grow to: the gate. */
export const HEAP_LIMIT = 2048

/** Of changes: milliseconds of processor time of each, and the rows that one changes on all switches together. */
export interface Compilations {
  samples: number[]
  rows: number
}

/** By datapath id, of a program's rows. */
export type Digests = Record<string, string>

export interface CompileFigures {
  interfaces: number
  /** Everything: milliseconds of processor time and on the clock, and rows of all switches. */
  full: { processor: number; wall: number; rows: number }
  /** Milliseconds of processor time that putting as many rows into maps takes. */
  limit: number
  tag: Compilations
  rule: Compilations
  /**
   * Octets: of records, their indices and where things are; of programs and what the compiler keeps; the heap with both,
   * and the process, after garbage was collected; the process at most.
   */
  memory: { records: number; programs: number; heap: number; resident: number; mostResident: number }
  digests: Digests
}

/** @param options Of Node.js. */
async function run(command: string, { interfaces, switches }: CloudSize, file: string, options: string[] = []) {
  const words = ['--import', 'tsx', '--conditions=source', ...options, PROCESS]
  const all = [...words, command, String(interfaces), String(switches), file]
  const { stdout } = await promisify(execFile)(process.execPath, all, { maxBuffer: 2 ** 26 })
  return stdout
}

/** @param profile A folder for the profile of the processor while everything is measured. */
export async function measureCompile(size: CloudSize, profile?: string): Promise<CompileFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'tagsteer-bench-'))
  const file = join(folder, 'records')
  try {
    await run('write', size, file)
    const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
    const options = [`--max-old-space-size=${HEAP_LIMIT}`, ...profiling]
    const figures = JSON.parse(await run('measure', size, file, options)) as CompileFigures
    const digests = JSON.parse(await run('check', size, file)) as Digests
    for (const id of new Set([...Object.keys(digests), ...Object.keys(figures.digests)])) {
      if (digests[id] !== figures.digests[id])
        throw new Error(`${id} differs from what compiling it from nothing gives`)
    }
    return figures
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
