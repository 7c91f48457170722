/**
 * Addresses given out durably: a whole controller over mutual TLS with its store on disk, its clients sixteen connections
 * in a process of their own. Beside each figure, from the same rounds: the same requests answered by a bare gRPC server
 * that does nothing (ipam-echo.ts), and, for what must be on disk, one append and sync of as many octets. Processor time
 * is the controller's, or the bare server's, of one address.
 * Usage: npm run bench -- ipam [--quick] [held...], held a number of leases that are held when it begins
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appendSampler } from './disk.ts'
import { clientChannel, makeCerts, serverFiles } from './ipam-certs.ts'
import { type Filled, fill } from './ipam-fill.ts'
import { AddressClient, EchoServer, type Work } from './processes.ts'
import { figure, median, printTable, quantile } from './report.ts'
import { BenchController } from './tag-controller.ts'

const words = process.argv.slice(2)
const quick = words.includes('--quick')
const numbers = words.filter((word) => /^\d+$/.test(word)).map(Number)
const HELD = numbers.length > 0 ? numbers : quick ? [10, 1000] : [10, 1000, 1_000_000]
const ROUNDS = quick ? 3 : 9
/** Instances at once. */
const BURST = 1000
/** Requests one after the other. */
const SERIAL = quick ? 300 : 2000
const NAP = 'bench'
const COMMAND = `npm run bench -- ipam${words.map((word) => ` ${word}`).join('')}`

const certs = mkdtempSync(join(tmpdir(), 'tagsteer-bench-certs-'))
await makeCerts(certs)
const tls = { files: serverFiles(certs), channel: clientChannel(certs) }

interface Server {
  client: AddressClient
  usage(): Promise<{ processor: number }>
}

interface Took {
  ms: number
  samples: number[]
  /** Microseconds of the server's processor for one address. */
  processor: number
}

async function timed({ client, usage }: Server, work: Work): Promise<Took> {
  const before = await usage()
  const done = await client.do(work)
  const after = await usage()
  return { ...done, processor: ((after.processor - before.processor) * 1000) / work.count }
}

async function serving(plan: readonly Filled[]): Promise<{ controller: BenchController; server: Server }> {
  const controller = await BenchController.start(tls, (directory) => fill(directory, plan))
  const client = await AddressClient.start(controller.grpc, certs)
  return { controller, server: { client, usage: () => controller.process.usage() } }
}

async function echoing(): Promise<{ server: Server; stop(): Promise<void> }> {
  const echo = await EchoServer.start(certs)
  const client = await AddressClient.start(echo.grpc, certs)
  return {
    server: { client, usage: () => echo.usage() },
    async stop() {
      await client.stop()
      await echo.stop()
    },
  }
}

/** A thousand instances at once, in each of the ways a cloud may ask; rounds of all ways, one after the other. */
async function bursts(): Promise<void> {
  const ways: { title: string; act: Work['act']; inFlight: number; echo?: boolean }[] = [
    { title: 'unary', act: 'allocate', inFlight: BURST },
    { title: 'one stream, 50 in a message', act: 'stream', inFlight: 1 },
    { title: 'one batch', act: 'batch', inFlight: 1 },
    { title: 'record created, then unary', act: 'boot', inFlight: BURST, echo: false },
    { title: 'records in one Apply, then one batch', act: 'bootBatch', inFlight: 1, echo: false },
    { title: 'renewed, unary', act: 'renew', inFlight: BURST },
    { title: 'released, unary', act: 'release', inFlight: BURST },
  ]
  const existing = 3 * BURST * (ROUNDS + 1)
  const made = existing + 2 * BURST * (ROUNDS + 1)
  const { controller, server } = await serving([{ nap: NAP, size: made, held: 0, each: 1, instances: existing }])
  const echo = await echoing()
  const append = appendSampler(controller.folder)
  const results = new Map(ways.map((way) => [way, { ours: [] as Took[], bare: [] as Took[], disk: [] as number[] }]))
  const log = join(controller.folder, 'store', 'store.log')
  try {
    let [given, booted] = [0, existing]
    for (let round = -1; round < ROUNDS; round++) {
      for (const way of ways) {
        const isNew = way.act === 'boot' || way.act === 'bootBatch'
        const isAgain = way.act === 'renew' || way.act === 'release'
        const from = isNew ? booted : isAgain ? given - BURST : given
        if (isNew) booted += BURST
        else if (!isAgain) given += BURST
        const work: Work = { act: way.act, from, count: BURST, inFlight: way.inFlight, nap: NAP }
        const before = statSync(log).size
        const ours = await timed(server, work)
        const bare = way.echo === false ? undefined : await timed(echo.server, work)
        if (round < 0) continue
        const its = results.get(way)!
        its.ours.push(ours)
        if (bare !== undefined) its.bare.push(bare)
        its.disk.push(append(Math.max(OCTETS * BURST, statSync(log).size - before)))
      }
    }
  } finally {
    await echo.stop()
    await server.client.stop()
    await controller.stop()
  }
  const rows = [...results].map(([{ title }, { ours, bare, disk }]) => {
    const ms = median(ours.map((each) => each.ms))
    return [
      title,
      figure(ms),
      figure(Math.max(...ours.map((each) => each.ms))),
      figure(BURST / (ms / 1000)),
      figure(median(ours.map(({ processor }) => processor))),
      figure(median(bare.map((each) => each.ms))),
      figure(median(bare.map(({ processor }) => processor))),
      figure(median(disk)),
    ]
  })
  printTable(
    `${figure(BURST)} instances at once, durable, mutual TLS, ${ROUNDS} rounds, milliseconds`,
    COMMAND,
    ['way', 'p50', 'most', 'addresses/s', 'µs CPU each', 'bare gRPC p50', 'its µs CPU', 'append + sync'],
    rows,
  )
}

/** Octets that one allocation adds to the store's file, roughly. */
const OCTETS = 900

/** One request after the other, and many at once, where so many leases are held already. */
async function held(leases: number): Promise<string[]> {
  const each = leases > 200_000 ? 8 : 1
  const holders = Math.ceil(leases / each)
  const asked = 2 * SERIAL + BURST * (ROUNDS + 1)
  const plan = { nap: NAP, size: 2 * leases + 2 * asked, held: leases, each, instances: holders + asked }
  const { controller, server } = await serving([plan])
  const append = appendSampler(controller.folder)
  try {
    let from = holders
    const next = async (act: Work['act'], count: number, inFlight: number): Promise<Took> => {
      const took = await timed(server, { act, from, count, inFlight, nap: NAP })
      from += count
      return took
    }
    await next('allocate', SERIAL, 16)
    const serial = await next('allocate', SERIAL, 1)
    const many: Took[] = []
    const sync: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      many.push(await next('batch', BURST, 1))
      for (let index = 0; index < 20; index++) sync.push(append(OCTETS))
    }
    const { resident, heap } = await controller.process.collect()
    return [
      leases.toLocaleString('en-US'),
      figure(quantile(serial.samples, 0.5)),
      figure(quantile(serial.samples, 0.99)),
      figure((SERIAL / serial.ms) * 1000),
      figure(serial.processor),
      figure(BURST / (median(many.map(({ ms }) => ms)) / 1000)),
      figure(median(many.map(({ processor }) => processor))),
      figure(1000 / median(sync)),
      figure(heap / 2 ** 20),
      figure(resident / 2 ** 20),
    ]
  } finally {
    await server.client.stop()
    await controller.stop()
  }
}

/** Two pools of which as many addresses are held; one is a tenth full by that, the other nearly full. */
async function fullness(): Promise<void> {
  const given = quick ? 9990 : 99_900
  const count = quick ? 5 : 50
  const sizes = { tenth: given * 10, full: given + given / 999 } as const
  const plan = Object.entries(sizes).map(([nap, size]) => ({
    ...{ nap, size, held: given, each: 1 },
    instances: given + count,
  }))
  const { controller, server } = await serving(plan)
  const took = { tenth: [] as Took[], full: [] as Took[] }
  try {
    for (let round = -1; round < ROUNDS * 4; round++) {
      for (const nap of ['tenth', 'full'] as const) {
        const work = { from: given, count, inFlight: 1, nap }
        const done = await timed(server, { act: 'allocate', ...work })
        await server.client.do({ act: 'release', ...work })
        if (round >= 0) took[nap].push(done)
      }
    }
  } finally {
    await server.client.stop()
    await controller.stop()
  }
  const all = (nap: 'tenth' | 'full'): number[] => took[nap].flatMap(({ samples }) => samples)
  const rows = (['tenth', 'full'] as const).map((nap) => [
    nap === 'tenth' ? '10 %' : '99.9 %',
    sizes[nap].toLocaleString('en-US'),
    figure(quantile(all(nap), 0.5)),
    figure(quantile(all(nap), 0.99)),
    figure(median(took[nap].map(({ processor }) => processor))),
    figure(median(all(nap)) / median(all('tenth'))),
  ])
  printTable(
    `a pool that is nearly full beside one that is not, ${given.toLocaleString('en-US')} leases held in each, one request after the other, milliseconds`,
    COMMAND,
    ['full', 'addresses', 'p50', 'p99', 'µs CPU each', 'p50 / that of 10 %'],
    rows,
  )
}

try {
  if (numbers.length === 0) {
    await bursts()
    await fullness()
  }
  const rows: string[][] = []
  for (const leases of HELD) rows.push(await held(leases))
  printTable(
    `leases held, one request after the other and batches of ${figure(BURST)}, milliseconds`,
    COMMAND,
    [
      'held',
      'p50',
      'p99',
      'one by one/s',
      'µs CPU',
      'batched/s',
      'µs CPU',
      'append + sync/s',
      'heap MiB',
      'resident MiB',
    ],
    rows,
  )
} finally {
  rmSync(certs, { recursive: true, force: true })
}
process.exit(0)
