/**
 * A whole controller as a process of its own, so that what it uses is its own. Usage: controller-process.ts CONFIG, a
 * ControllerConfig as JSON; it answers with its gRPC address. Commands as lines on standard input: `usage` (milliseconds
 * of processor time, octets), `collect` (the same after garbage was collected), `profile` and `profiled FILE` (what
 * took the processor between the two, for the developer tools of a browser).
 */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { createInterface } from 'node:readline'
import { runController } from '../controller/main.ts'
import type { ControllerConfig } from '../host/config.ts'
import { silentLog } from '../host/log.ts'
import { clock } from './network.ts'
import { collectGarbage } from './report.ts'

export interface Usage {
  /** Milliseconds since the process began. */
  processor: number
  /** Octets now, and the most there ever were. */
  resident: number
  mostResident: number
  heap: number
}

const config = JSON.parse(process.argv[2] ?? '') as ControllerConfig
const controller = await runController(config, { log: silentLog, stop: new AbortController().signal })
const inspector = new Session()
inspector.connect()

function usage(): Usage {
  const { rss, heapUsed } = process.memoryUsage()
  return {
    processor: clock(),
    resident: rss,
    mostResident: process.resourceUsage().maxRSS * 1024,
    heap: heapUsed,
  }
}

const commands: Readonly<Record<string, (word: string) => unknown>> = {
  usage,
  collect() {
    collectGarbage()
    return usage()
  },
  async profile() {
    await inspector.post('Profiler.enable')
    await inspector.post('Profiler.start')
    return true
  },
  async profiled(file) {
    const { profile } = await inspector.post('Profiler.stop')
    writeFileSync(file, JSON.stringify(profile))
    return true
  },
}

console.log(JSON.stringify({ grpc: controller.addresses.grpc }))
for await (const line of createInterface({ input: process.stdin })) {
  const [command = '', word = ''] = line.split(' ')
  console.log(JSON.stringify(await commands[command]?.(word)))
}
await controller.stop()
process.exit(0)
