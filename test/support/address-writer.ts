/**
 * A child process of the crash tests of addresses: sixteen clients give and take addresses at once, alone, with request
 * ids and several in one write, until it is killed. It prints what was acknowledged, one JSON line each. Arguments:
 * directory [failpoint [nth passage]]; at the failpoint it kills itself with SIGKILL; `mid-write` is one more, half a write.
 */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { allocate, allocateEach, change, type LeaseView } from '../../controller/addresses/leases.ts'
import { createWriter } from '../../controller/write.ts'
import { numberOfText } from '../../model/address-key.ts'
import type { Result } from '../../model/errors.ts'
import type { Lease } from '../../model/records.ts'
import { validateRecord } from '../../model/validate.ts'
import { type Disk, realDisk } from '../../store/disk.ts'
import { openEmbeddedStore } from '../../store/embedded.ts'
import { INTERFACES, POOL, type Told } from './address-check.ts'

const [directory, crashAt, nth = '1'] = process.argv.slice(2)
const CLIENTS = 16
const TOGETHER = 5
let left = Number(nth)
/** Counted only once there is something to lose. */
let isReady = false

function die(at: string): void {
  if (isReady && at === crashAt && --left === 0) process.kill(process.pid, 'SIGKILL')
}

const disk: Disk = {
  ...realDisk,
  async write(fd, octets, position) {
    if (isReady && crashAt === 'mid-write') await realDisk.write(fd, octets.subarray(0, octets.length >> 1), position)
    die('mid-write')
    await realDisk.write(fd, octets, position)
  },
}
const store = await openEmbeddedStore({
  directory: directory!,
  aheadOctets: 4096,
  keep: { revisions: 40 },
  disk,
  failpoint: die,
})
const writer = createWriter(store, Date.now)
const caller = { caller: 'crash', method: 'loop' }
const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}
// Synchronous, so that what is printed was acknowledged and what was acknowledged is printed.
const tell = (told: Told): void => {
  writeSync(1, `${JSON.stringify(told)}\n`)
}

if (writer.newest.naps.size === 0) {
  const drafts = [
    must(validateRecord('nap', POOL)),
    ...INTERFACES.map((name, index) =>
      must(validateRecord('interface', { name, mac: `00:00:5e:00:53:${index.toString(16).padStart(2, '0')}` })),
    ),
  ]
  must(
    await writer.write(
      () => ({ ok: true, value: drafts.map((record) => ({ op: 'create' as const, record })) }),
      caller,
    ),
  )
}
isReady = true

const askOf = (name: string) => ({ interface: name, client: '', network: 'default', choice: { nap: POOL.name } })
const release = (lease: Lease) => (view: LeaseView) =>
  change(view, 'release', lease.network, numberOfText(lease.address), lease.generation)

/** One client: its interfaces are its own, so what it was told last is what must be there. */
async function client(index: number): Promise<void> {
  const names = INTERFACES.filter((_, at) => at % CLIENTS === index)
  const held = names.flatMap((name) =>
    store
      .list<Lease>('lease/')
      .filter(({ value }) => value.interface === name && value.state === 'held')
      .map(({ value }) => value),
  )
  for (let round = 0; ; round++) {
    if (held.length >= TOGETHER * 2) {
      for (const lease of held.splice(0)) {
        tell({ releasing: [lease.address, lease.generation] })
        must(await writer.lease(release(lease), caller))
        tell({ released: [lease.address, lease.generation] })
      }
    }
    const alone = must(
      await writer.lease((view) => allocate(view, [askOf(names[0]!)]), {
        ...caller,
        requestId: randomUUID(),
        body: round,
      }),
    ).leases!
    let each: Result<Lease>[] = []
    const asks = names.slice(1, 1 + TOGETHER).map(askOf)
    const grouped = writer.lease((view) => {
      const given = allocateEach(view, asks)
      each = given.each
      return given.leasing
    }, caller)
    must(await grouped)
    const leases = [...alone, ...each.map(must)]
    held.push(...leases)
    tell({ given: leases.map(({ address, generation, interface: name }) => [address, generation, name]) })
  }
}

await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)))
