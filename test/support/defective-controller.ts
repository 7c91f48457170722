/**
 * A controller in which a defect shows up right after it started: `subscriber` or `promise`. Arguments: gRPC port,
 * OpenFlow port, store directory, where the defect is. Run as a process of its own.
 */
import { Subject } from 'rxjs'
import { runController } from '../../controller/main.ts'
import { readConfig } from '../../host/config.ts'
import { createLog } from '../../host/log.ts'

const [grpc, openflow, store, where] = process.argv.slice(2) as [string, string, string, string]
const read = readConfig({
  file: undefined,
  environment: {},
  exists: () => true,
  flags: { listen: `127.0.0.1:${grpc}`, openflow: `127.0.0.1:${openflow}`, plaintext: true, store },
})
if (!read.ok) throw new Error(JSON.stringify(read.problems))
await runController(read.config, { log: createLog({ level: 'warn' }), stop: new AbortController().signal })
const fail = (): never => {
  throw new Error('seeded defect')
}
if (where === 'subscriber') {
  const subject = new Subject<void>()
  subject.subscribe(fail)
  subject.next()
} else void (async () => fail())()
