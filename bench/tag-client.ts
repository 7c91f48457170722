/**
 * A client of the API as a process of its own: sets and removes a tag of one interface after the other and waits until
 * every switch enforces it; or makes calls that do next to nothing, for what a round trip costs.
 * Usage: tag-client.ts ADDRESS INTERFACES; commands as lines on standard input: `changes N`, `calls N`, `steps JSON` (an
 * array of `{method, request}`: calls that answer with a generation, which is then waited for).
 */
import { createInterface } from 'node:readline'
import { caller } from '../test/support/api-server.ts'

const [address = '', interfaces = '1'] = process.argv.slice(2)
const size = Number(interfaces)
const { call, close } = caller(address)
let made = 0

async function change(): Promise<void> {
  const index = made++
  const side = index % 2 === 0 ? { add: [{ text: 'hot' }] } : { remove: [{ text: 'hot' }] }
  const name = `i${Math.floor(index / 2) % size}`
  const { meta } = await call<{ meta: { generation: string } }>('InterfaceService.SetTags', { name, ...side })
  await call('FlowService.WaitApplied', { generation: meta.generation, withoutSwitches: true })
}

interface Step {
  method: string
  request: object
}

async function step({ method, request }: Step): Promise<void> {
  const { meta, generation } = await call<{ meta?: { generation: string }; generation?: string }>(method, request)
  await call('FlowService.WaitApplied', { generation: generation ?? meta?.generation, withoutSwitches: true })
}

/** Milliseconds of each. */
async function timed(count: number, act: () => Promise<unknown>): Promise<number[]> {
  const samples: number[] = []
  for (let index = 0; index < count; index++) {
    const begun = process.hrtime.bigint()
    await act()
    samples.push(Number(process.hrtime.bigint() - begun) / 1e6)
  }
  return samples
}

await call('FlowService.ListTables')
console.log(JSON.stringify({ ready: true }))
for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('steps ')) {
    const steps = JSON.parse(line.slice('steps '.length)) as Step[]
    let at = 0
    console.log(JSON.stringify({ samples: await timed(steps.length, () => step(steps[at++]!)) }))
    continue
  }
  const [command, count] = line.split(' ')
  const act = command === 'changes' ? change : () => call('FlowService.ListTables')
  console.log(JSON.stringify({ samples: await timed(Number(count), act) }))
}
close()
