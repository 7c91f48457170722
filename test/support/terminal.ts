/** Runs one command line in this process with a home of its own, and gives what it printed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMANDS } from '../../cli/commands.ts'
import { run } from '../../cli/program.ts'

export interface Ran {
  code: number
  out: string
  err: string
}

export interface TerminalOptions {
  input?: string
  signal?: AbortSignal
  /** Called with all output so far, whenever something is printed. */
  printed?(out: string): void
}

export async function tagsteer(words: readonly string[], options: TerminalOptions = {}): Promise<Ran> {
  const ran: Ran = { code: -1, out: '', err: '' }
  ran.code = await run(words, COMMANDS, {
    out(text) {
      ran.out += text
      options.printed?.(ran.out)
    },
    note(text) {
      ran.err += text
    },
    interactive: false,
    now: Date.now,
    signal: options.signal ?? new AbortController().signal,
    readInput: async () => options.input ?? '',
  })
  return ran
}

/** A fresh TAGSTEER_HOME without other TAGSTEER_* variables; `end` puts all back. */
export function freshHome(): { home: string; end(): void } {
  const home = mkdtempSync(join(tmpdir(), 'tagsteer-home-'))
  const before = Object.entries(process.env).filter(([name]) => name.startsWith('TAGSTEER_'))
  for (const [name] of before) delete process.env[name]
  process.env['TAGSTEER_HOME'] = home
  return {
    home,
    end() {
      delete process.env['TAGSTEER_HOME']
      for (const [name, value] of before) process.env[name] = value
      rmSync(home, { recursive: true, force: true })
    },
  }
}
