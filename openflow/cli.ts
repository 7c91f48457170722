#!/usr/bin/env node
/**
 * The node-openflow command: binds `cli/run.ts` to this process. A reader of our output that goes away (`| head`) is
 * no error.
 */
import { run } from './cli/run.ts'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await run(process.argv.slice(2), process)
