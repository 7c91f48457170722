/**
 * Clients of the address bench, in a process of their own: sixteen connections over mutual TLS, as agents of a cloud have
 * them. Usage: ipam-client.ts ADDRESS CERTS; each line on standard input is a `Work` as JSON (processes.ts), each answer
 * the milliseconds of all and of every request.
 */
import { createInterface } from 'node:readline'
import { type Caller, caller } from '../test/support/api-server.ts'
import { clientChannel } from './ipam-certs.ts'
import { interfaceOf, nameOf } from './ipam-fill.ts'
import type { Work } from './processes.ts'

interface Lease {
  address: string
  generation: string
}

const CONNECTIONS = 16
const [address = '', certs = ''] = process.argv.slice(2)
const options = { 'grpc.use_local_subchannel_pool': 1 }
const clients: Caller[] = Array.from({ length: CONNECTIONS }, () => caller(address, clientChannel(certs), options))
const held = new Map<string, Lease>()

const keyOf = ({ nap }: Work, index: number): string => `${nap} ${index}`

/** One request for one instance, or for as many as one batch has. */
const acts: Readonly<
  Record<Exclude<Work['act'], 'stream'>, (client: Caller, work: Work, at: number) => Promise<void>>
> = {
  async allocate({ call }, work, at) {
    held.set(keyOf(work, at), await call<Lease>('LeaseService.Allocate', askOf(work, at)))
  },
  async boot({ call }, work, at) {
    await call('InterfaceService.CreateInterface', { interface: interfaceOf(work.nap, at) })
    held.set(keyOf(work, at), await call<Lease>('LeaseService.Allocate', askOf(work, at)))
  },
  async bootBatch(client, work, at) {
    const records = Array.from({ length: work.count }, (_, index) => ({
      interface: interfaceOf(work.nap, work.from + index),
    }))
    await client.call('ApplyService.Apply', { records })
    await acts.batch(client, work, at)
  },
  async batch({ call }, work) {
    const requests = Array.from({ length: work.count }, (_, index) => askOf(work, work.from + index))
    const { leases } = await call<{ leases: Lease[] }>('LeaseService.BatchAllocate', { requests })
    for (const [index, lease] of leases.entries()) held.set(keyOf(work, work.from + index), lease)
  },
  async renew({ call }, work, at) {
    await call('LeaseService.Renew', namedOf(work, at))
  },
  async release({ call }, work, at) {
    await call('LeaseService.Release', namedOf(work, at))
  },
}

const askOf = ({ nap }: Work, index: number): object => ({ interface: nameOf(nap, index), nap })
function namedOf(work: Work, index: number): object {
  const { address, generation } = held.get(keyOf(work, index))!
  return { network: work.nap, address, generation }
}

async function perform(work: Work): Promise<{ ms: number; samples: number[] }> {
  const { act, from, count, inFlight } = work
  if (act === 'stream') return streamed(work)
  const samples: number[] = []
  const last = act === 'batch' || act === 'bootBatch' ? from + 1 : from + count
  let next = from
  const begun = process.hrtime.bigint()
  const one = async (client: Caller): Promise<void> => {
    while (next < last) {
      const at = next++
      const asked = process.hrtime.bigint()
      await acts[act](client, work, at)
      samples.push(Number(process.hrtime.bigint() - asked) / 1e6)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, index) => one(clients[index % CONNECTIONS]!)))
  return { ms: Number(process.hrtime.bigint() - begun) / 1e6, samples }
}

/** Messages of so many requests each. */
const PER_MESSAGE = 50

function streamed(work: Work): Promise<{ ms: number; samples: number[] }> {
  const begun = process.hrtime.bigint()
  const stream = clients[0]!.duplex<object, { results: { id: string; lease?: Lease; failure?: object }[] }>(
    'LeaseService.StreamAllocate',
  )
  return new Promise((resolve, reject) => {
    stream.on('error', reject)
    stream.on('end', () => resolve({ ms: Number(process.hrtime.bigint() - begun) / 1e6, samples: [] }))
    stream.on('data', ({ results }) => {
      for (const { id, lease, failure } of results) {
        if (lease === undefined) return reject(new Error(JSON.stringify(failure)))
        held.set(keyOf(work, Number(id)), lease)
      }
    })
    for (let at = work.from; at < work.from + work.count; at += PER_MESSAGE) {
      const ids = Array.from({ length: Math.min(PER_MESSAGE, work.from + work.count - at) }, (_, index) => at + index)
      stream.write({ requests: ids.map((id) => ({ id, allocate: askOf(work, id) })) })
    }
    stream.end()
  })
}

for (const { call } of clients) await call('LeaseService.Allocate', {}).catch(() => undefined)
console.log(JSON.stringify({ ready: true }))
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await perform(JSON.parse(line) as Work)))
for (const { close } of clients) close()
