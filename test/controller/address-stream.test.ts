/**
 * Addresses over a stream: answers by id, each request for itself, one write for one message, repetition by request id,
 * limits, a client that reads nothing, and one that goes away. What one message decides is held against the same requests
 * made one by one.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js'
import { expect } from 'chai'
import fc from 'fast-check'
import { type AddressAsk, allocate, allocateEach, runsOf } from '../../controller/addresses/leases.ts'
import { createWriter, type Writer } from '../../controller/write.ts'
import { numberOfText } from '../../model/address-key.ts'
import type { Result } from '../../model/errors.ts'
import { type InterfaceRecord, type Lease, PREFIX } from '../../model/records.ts'
import { validateRecord } from '../../model/validate.ts'
import type { Store } from '../../store/contract.ts'
import { openMemoryStore } from '../../store/memory.ts'
import { type TestApi, testApi } from '../support/api-server.ts'

interface Ask {
  id: number
  allocate?: object
}
interface Answer {
  id: string
  lease?: { address: string; generation: string; revision: string }
  failure?: { code: number; message: string; details: object[] }
}
type AllocateStream = ClientDuplexStream<{ requests: Ask[] }, { results: Answer[] }>

const RESOURCE_EXHAUSTED = 8
const INVALID_ARGUMENT = 3

/** What a stream is answered, and how it ends. */
function reading(stream: AllocateStream): { answers: Answer[]; done: Promise<number> } {
  const answers: Answer[] = []
  stream.on('data', ({ results }: { results: Answer[] }) => answers.push(...results))
  const done = new Promise<number>((resolve) => {
    stream.on('error', ({ code }: ServiceError) => resolve(code))
    stream.on('end', () => resolve(0))
  })
  return { answers, done }
}

describe('addresses over a stream', () => {
  let api: TestApi
  const open = (): AllocateStream => api.client.duplex('LeaseService.StreamAllocate')
  const pool = (last: string): Promise<object> =>
    api.client.call('NapService.CreateNap', { nap: { name: 'p', ranges: [{ first: '10.0.0.1', last }] } })
  const standby = async (): Promise<string> =>
    (await api.client.call<{ naps: { standby: string }[] }>('NapService.GetUtilisation', { nap: 'p' })).naps[0]!.standby
  const asks = (count: number, first = 0, more: (id: number) => object = () => ({})): Ask[] =>
    Array.from({ length: count }, (_, index) => {
      const id = first + index
      return { id, allocate: { nap: 'p', client: `c-${id}`, ...more(id) } }
    })

  beforeEach(async () => {
    api = await testApi()
  })
  afterEach(async () => {
    await api.close()
  })

  it('answers each request by its id, and one that fails takes nothing of the others along', async () => {
    await pool('10.0.0.4')
    const stream = open()
    const { answers, done } = reading(stream)
    const before = api.store.revision()
    const wrong: Ask[] = [{ id: 90 }, { id: 91, allocate: { nap: 'q', client: 'c' } }, { id: 92, allocate: {} }]
    stream.write({ requests: [...wrong, ...asks(6)] })
    stream.end()
    expect(await done).to.equal(0)
    expect(answers.map(({ id }) => Number(id))).to.deep.equal([90, 91, 92, 0, 1, 2, 3, 4, 5])
    expect(answers.map(({ failure }) => failure?.code ?? 0)).to.deep.equal([
      ...[INVALID_ARGUMENT, 5, INVALID_ARGUMENT],
      ...[0, 0, 0, 0, RESOURCE_EXHAUSTED, RESOURCE_EXHAUSTED],
    ])
    const leases = answers.flatMap(({ lease }) => lease ?? [])
    expect(leases.map(({ address }) => address)).to.deep.equal(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'])
    expect(api.store.revision(), 'one write').to.equal(before + 1)
    expect(new Set(leases.map(({ revision }) => Number(revision)))).to.deep.equal(new Set([before + 1]))
    expect(answers.at(-1)!.failure)
      .to.have.property('message')
      .that.matches(/NAP p has no address left/)
    expect(answers.at(-1)!.failure!.details).to.have.length(1)
  })

  it('serves messages without waiting for each other, and does a repeated request once', async () => {
    await pool('10.0.0.255')
    const ids = Array.from({ length: 30 }, () => randomUUID())
    const rounds: string[][] = []
    for (let round = 0; round < 2; round++) {
      const stream = open()
      const { answers, done } = reading(stream)
      for (const ask of asks(30, 0, (id) => ({ requestId: ids[id] }))) stream.write({ requests: [ask] })
      stream.end()
      expect(await done).to.equal(0)
      answers.sort((a, b) => Number(a.id) - Number(b.id))
      rounds.push(answers.map(({ lease }) => lease!.address))
    }
    expect(new Set(rounds[0]).size).to.equal(30)
    expect(rounds[1], 'as before').to.deep.equal(rounds[0])
    expect(await standby()).to.equal('30')
  })

  it('tells what would be given where it is only asked', async () => {
    await pool('10.0.0.4')
    const stream = open()
    const { answers, done } = reading(stream)
    stream.write({ requests: asks(2, 0, () => ({ validateOnly: true })) })
    stream.end()
    expect(await done).to.equal(0)
    expect(answers.map(({ lease }) => lease!.address)).to.deep.equal(['10.0.0.1', '10.0.0.1'])
    expect(await standby()).to.equal('0')
  })

  it('ends with a message that is too long, of which nothing is done', async () => {
    await pool('10.0.255.255')
    const stream = open()
    const { answers, done } = reading(stream)
    stream.write({ requests: asks(1001) })
    expect(await done).to.equal(RESOURCE_EXHAUSTED)
    expect(answers).to.deep.equal([])
    expect(await standby()).to.equal('0')
  })

  it('takes no more than it may while nobody reads the answers', async function () {
    this.timeout(30_000)
    await pool('10.0.255.255')
    const [messages, each] = [150, 100]
    const stream = open()
    const { answers, done } = reading(stream)
    // A client of this library takes what comes before its first read; from then on, what it reads.
    stream.once('data', () => stream.pause())
    for (let at = 0; at < messages; at++) stream.write({ requests: asks(each, at * each) })
    stream.end()
    let given = -1
    for (let now = Number(await standby()); now > given || now === 0; now = Number(await standby())) {
      given = now
      await sleep(300)
    }
    expect(given, 'held back').to.be.within(each, (messages - 1) * each)
    stream.resume()
    expect(await done).to.equal(0)
    expect(answers).to.have.length(messages * each)
    expect(new Set(answers.map(({ lease }) => lease!.address)).size).to.equal(messages * each)
    expect(await standby()).to.equal(String(messages * each))
  })

  it('does each request once for a client that goes away and asks again', async () => {
    await pool('10.0.255.255')
    const count = 300
    const ids = Array.from({ length: count }, () => randomUUID())
    const all = asks(count, 0, (id) => ({ requestId: ids[id] }))
    const first = open()
    const { answers: early, done: gone } = reading(first)
    for (let at = 0; at < count; at += 10) first.write({ requests: all.slice(at, at + 10) })
    while (early.length === 0) await sleep(1)
    first.cancel()
    expect(await gone, 'CANCELLED').to.equal(1)
    const again = open()
    const { answers, done } = reading(again)
    again.write({ requests: all })
    again.end()
    expect(await done).to.equal(0)
    const now = new Map(answers.map(({ id, lease }) => [id, lease!.address]))
    for (const { id, lease } of early) expect(lease!.address, id).to.equal(now.get(id))
    expect(new Set(now.values()).size).to.equal(count)
    expect(await standby()).to.equal(String(count))
  })
})

describe('addresses asked for together, each by itself', () => {
  const CALLER = { caller: 'test', method: 'test' }
  const NAPS = ['a', 'b', 'none']
  const must = <T>(result: Result<T>): T => {
    if (!result.ok) throw new Error(JSON.stringify(result.failure))
    return result.value
  }

  async function begin(): Promise<{ store: Store; writer: Writer }> {
    const store = openMemoryStore({ now: () => 1000 })
    const writer = createWriter(store, () => 1000)
    const drafts = [
      ...['a', 'b'].map((name, index) => {
        const range = { first: `10.0.${index}.1`, last: `10.0.${index}.${3 + index}` }
        return must(validateRecord('nap', { name, ranges: [range], coolSeconds: 60 }))
      }),
      ...[0, 1, 2].map((index) =>
        must(validateRecord('interface', { name: `vm-${index}`, mac: `00:00:5e:00:53:0${index}` })),
      ),
    ]
    must(
      await writer.write(
        () => ({ ok: true, value: drafts.map((record) => ({ op: 'create' as const, record })) }),
        CALLER,
      ),
    )
    return { store, writer }
  }

  function stateOf(store: Store): unknown {
    const leases = store.list<Lease>(PREFIX.lease).map(({ value: { generation: _, ...rest } }) => rest)
    const records = store.list<InterfaceRecord>(PREFIX.interface).map(({ value }) => [value.name, value.addresses])
    return { leases, records }
  }

  const choice = fc.oneof(
    fc.constantFrom(...NAPS).map((nap) => ({ nap })),
    fc.integer({ min: 0, max: 5 }).map((last) => ({ address: numberOfText(`10.0.0.${last}`) })),
    fc.constant(undefined),
  )
  const ask: fc.Arbitrary<AddressAsk> = fc.record({
    interface: fc.constantFrom('', 'vm-0', 'vm-1', 'vm-2', 'vm-9'),
    client: fc.constantFrom('', 'one', 'two', 'three', 'four', 'five'),
    network: fc.constant('default'),
    choice,
  })

  it('get what they would get one after the other', async function () {
    this.timeout(30_000)
    const seen = { given: 0, refused: 0 }
    let longest = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(ask, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 6 }),
        async (all, early) => {
          const [grouped, alone] = [await begin(), await begin()]
          const outcomes: unknown[][] = []
          for (const { writer } of [grouped, alone]) {
            const its: unknown[] = []
            outcomes.push(its)
            const one = async (each: AddressAsk): Promise<void> => {
              const done = await writer.lease((view) => allocate(view, [each]), CALLER)
              its.push(done.ok ? done.value.leases![0]!.address : done.failure.code)
            }
            for (const each of all.slice(0, early)) await one(each)
            if (writer === alone.writer) for (const each of all.slice(early)) await one(each)
            else {
              for (const run of runsOf(all.slice(early))) {
                longest = Math.max(longest, run.length)
                await writer.lease((view) => {
                  const { each, leasing } = allocateEach(view, run)
                  for (const given of each) its.push(given.ok ? given.value.address : given.failure.code)
                  return leasing
                }, CALLER)
              }
            }
          }
          expect(outcomes[0]).to.deep.equal(outcomes[1])
          expect(stateOf(grouped.store)).to.deep.equal(stateOf(alone.store))
          for (const outcome of outcomes[0]!) seen[String(outcome).startsWith('10.') ? 'given' : 'refused']++
          for (const { store, writer } of [grouped, alone]) {
            writer.stop()
            await store.close()
          }
        },
      ),
      { numRuns: 150 },
    )
    expect(Math.min(seen.given, seen.refused)).to.be.greaterThan(50)
    expect(longest, 'requests in one write').to.be.greaterThan(3)
  })
})
