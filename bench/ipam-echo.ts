/**
 * The peer beside the controller: a gRPC server of the same library over the same mutual TLS, which answers requests for
 * addresses with a lease that is always the same and does nothing else. Usage: ipam-echo.ts CERTS; commands as lines on
 * standard input: `usage`.
 */
import { createInterface } from 'node:readline'
import {
  Server,
  type ServerDuplexStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { loadServices } from '../proto/index.ts'
import { echoCredentials } from './ipam-certs.ts'
import { clock } from './network.ts'

const [certs = ''] = process.argv.slice(2)
const lease = {
  network: 'default',
  address: '10.0.12.34',
  nap: 'bench',
  interface: 'vm-123456',
  client: 'vm-123456',
  state: 'LEASE_STATE_HELD',
  generation: '1234567',
  since: { seconds: '1790000000', nanos: 123_000_000 },
  revision: '1234567',
}
type Answer = (error: null, response: object) => void
const same = (_: unknown, answer: Answer): void => answer(null, lease)
const methods = {
  Allocate: same,
  Renew: same,
  Release: same,
  BatchAllocate: ({ request }: { request: { requests: unknown[] } }, answer: Answer) =>
    answer(null, { leases: request.requests.map(() => lease), generation: '1234567' }),
  StreamAllocate(call: ServerDuplexStream<{ requests: { id: string }[] }, object>) {
    call.on('data', ({ requests }) =>
      call.write({ results: requests.map(({ id }: { id: string }) => ({ id, lease })) }),
    )
    call.on('end', () => call.end())
  },
} as unknown as UntypedServiceImplementation
const server = new Server()
const all = loadServices().definition['tagsteer.v1.LeaseService'] as ServiceDefinition
server.addService(Object.fromEntries(Object.entries(all).filter(([name]) => name in methods)), methods)
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', echoCredentials(certs), (error, bound) => (error ? reject(error) : resolve(bound)))
})
console.log(JSON.stringify({ grpc: `127.0.0.1:${port}` }))
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(line === 'usage' ? { processor: clock() } : null))
process.exit(0)
