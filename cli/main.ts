#!/usr/bin/env node
/** The tagsteer command: connects the rows in commands.ts to a real terminal. Everything else is in program.ts. */
import { stopOnSignals } from '../host/lifecycle.ts'
import { COMMANDS } from './commands.ts'
import { run } from './program.ts'

const { signal } = stopOnSignals(process)
// A pipe that closes early (`tagsteer flows s1 | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

async function readInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

process.exitCode = await run(process.argv.slice(2), COMMANDS, {
  out: (text) => void process.stdout.write(text),
  note: (text) => void process.stderr.write(text),
  interactive: process.stdout.isTTY === true,
  now: Date.now,
  signal,
  readInput,
})
