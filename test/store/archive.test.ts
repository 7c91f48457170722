/**
 * The store's past: any state there was, over compaction and restarts; bounded on disk; damage told and never passed on.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Store } from '../../store/contract.ts'
import { realDisk } from '../../store/disk.ts'
import { type EmbeddedOptions, openEmbeddedStore } from '../../store/embedded.ts'
import type { StoreEvent } from '../../store/engine.ts'
import type { StoreError } from '../../store/errors.ts'
import { type Plain, stateNow, walkBack } from '../support/store-past.ts'

const cause = { caller: 'test', method: 'write' }

describe('the past of the embedded store', () => {
  let root: string
  let count = 0
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tagsteer-past-'))
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))
  const place = (): string => join(root, `s${++count}`)
  const open = (directory: string, more: Partial<EmbeddedOptions> = {}): Promise<Store> =>
    openEmbeddedStore({ directory, aheadOctets: 4096, ...more })
  const segments = (directory: string): string[] => {
    const folder = join(directory, 'history')
    return existsSync(folder)
      ? readdirSync(folder)
          .sort()
          .map((name) => join(folder, name))
      : []
  }
  const octets = (directory: string): number => segments(directory).reduce((sum, path) => sum + statSync(path).size, 0)

  /** n writes of some 300 octets over ten keys; state by revision. */
  async function write(store: Store, n: number, kept = new Map<number, Plain>()): Promise<Map<number, Plain>> {
    for (let i = 0; i < n; i++) {
      const next = store.revision() + 1
      const puts = [{ key: `k/${next % 10}`, value: { next, text: `${next} `.repeat(30) } }]
      await store.commit({ puts, deletes: next % 7 === 0 ? [`k/${(next + 3) % 10}`] : [], cause })
      kept.set(store.revision(), stateNow(store))
    }
    return kept
  }

  async function agrees(store: Store, kept: ReadonlyMap<number, Plain>): Promise<number> {
    let lowest = store.revision()
    await walkBack(store, (revision, state) => {
      expect(state, `state at ${revision}`).to.deep.equal(kept.get(revision) ?? {})
      lowest = revision
    })
    expect(lowest).to.equal(store.reach())
    return lowest
  }

  it('gives the state of any revision as a plain copy kept then has it, whatever was written, compacted, reopened', async function () {
    this.timeout(60_000)
    const key = fc.constantFrom('a', 'b', 'c', 'interface/x', 'ü')
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ puts: fc.uniqueArray(key), deletes: fc.uniqueArray(key), value: fc.jsonValue() }),
      },
      { weight: 2, arbitrary: fc.constantFrom('compact', 'compact all', 'reopen') },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const directory = place()
        let store = await open(directory)
        const kept = new Map<number, Plain>()
        for (const each of steps) {
          if (each === 'reopen') {
            await store.close()
            store = await open(directory)
          } else if (each === 'compact' || each === 'compact all') {
            const half = Math.ceil((store.oldest() + store.revision()) / 2)
            await store.compact(each === 'compact' ? half : store.revision() + 1)
          } else {
            const puts = each.puts.map((name) => ({ key: name, value: each.value }))
            await store.commit({ puts, deletes: each.deletes.filter((name) => !each.puts.includes(name)), cause })
            kept.set(store.revision(), stateNow(store))
          }
          if (typeof each === 'string') expect(await agrees(store, kept)).to.equal(0)
        }
        expect(await agrees(store, kept)).to.equal(0)
        await store.close()
      }),
      { numRuns: 60 },
    )
  })

  it('keeps time, cause and both sides of every change', async () => {
    const store = await open(place(), { now: () => 12_345 })
    const who = { caller: 'ada', method: 'Apply', requestId: 'r-1', note: 'why' }
    await store.commit({ puts: [{ key: 'a', value: 1 }], cause: who })
    await store.commit({ puts: [{ key: 'a', value: 2 }], cause: who })
    await store.commit({ deletes: ['a'], cause: who })
    const before = store.history(0)
    await store.compact(4)
    expect(store.oldest()).to.equal(3)
    const after = []
    for await (const set of store.past(3, 0)) after.push(set)
    expect(after.reverse()).to.deep.equal(before)
    await store.close()
  })

  it('stays under its bound however much is written, and goes on being right as far as it reaches', async function () {
    this.timeout(60_000)
    const limit = 64 * 1024
    const directory = place()
    const archive = { octets: limit }
    let store = await open(directory, { keep: { revisions: 50 }, archive })
    const kept = new Map<number, Plain>()
    let reach = 0
    for (let round = 0; round < 12; round++) {
      await write(store, 120, kept)
      expect(octets(directory)).to.be.at.most(limit)
      if (round % 4 === 3) {
        await store.close()
        store = await open(directory, { keep: { revisions: 50 }, archive })
      }
      const now = await agrees(store, kept)
      expect(now).to.be.at.least(reach)
      reach = now
    }
    await store.compact(store.revision() + 1)
    expect(octets(directory)).to.be.within(limit / 2, limit)
    expect(reach).to.be.above(0)
    const failure = await rejection(store.past(store.revision(), reach - 1).next())
    expect(failure.code).to.equal('COMPACTED')
    expect(failure.details).to.deep.equal({ revision: reach - 1, oldest: store.reach() })
    expect((await rejection(store.past(store.revision() + 1).next())).code).to.equal('AHEAD')
    // One write that is larger than all that may be kept.
    await store.commit({ puts: [{ key: 'large', value: 'x'.repeat(limit) }], cause })
    await store.compact(store.revision() + 1)
    expect(octets(directory)).to.equal(0)
    expect(store.reach()).to.equal(store.revision())
    kept.set(store.revision(), stateNow(store))
    await write(store, 5, kept)
    await store.compact(store.revision() + 1)
    expect(await agrees(store, kept)).to.equal(store.revision() - 5)
    await store.close()
  })

  it('drops segments whose change sets are all too old', async () => {
    let now = 1_000_000
    const directory = place()
    const store = await open(directory, { now: () => now, archive: { octets: 2 ** 20, ageMs: 5000 } })
    const kept = new Map<number, Plain>()
    for (let second = 0; second < 20; second++) {
      await write(store, 10, kept)
      await store.compact(store.revision() + 1)
      now += 1000
    }
    const reach = await agrees(store, kept)
    // Five seconds, and what shares a segment with them.
    expect(reach).to.be.within(200 - 50 - 10 - 20, 150)
    await store.close()
  })

  it('leaves out keys that are not to be archived, before compaction as after it', async () => {
    const directory = place()
    const store = await open(directory, { archives: (key) => !key.startsWith('request/') })
    const keys = async (): Promise<string[][]> => {
      const found = []
      for await (const { changes } of store.past(store.revision(), 0)) found.push(changes.map(({ key }) => key))
      return found
    }
    await store.commit({ puts: ['a', 'request/1'].map((key) => ({ key, value: 1 })), cause })
    await store.commit({ puts: [{ key: 'request/2', value: 1 }], cause })
    const told = await keys()
    expect(told).to.deep.equal([[], ['a']])
    await store.compact(3)
    expect(await keys()).to.deep.equal(told)
    expect(readFileSync(segments(directory)[0]!, 'utf8')).not.to.contain('request/')
    await store.close()
  })

  it('opens with any octet of the archive changed, cut off or lost, tells what it cannot, and tells nothing wrong', async function () {
    this.timeout(120_000)
    const directory = place()
    const limits = { octets: 256 * 1024 }
    const writer = await open(directory, { archive: limits })
    const kept = await write(writer, 60)
    await writer.compact(50)
    await writer.close()
    const files = segments(directory).map((path) => [path, readFileSync(path)] as const)
    expect(files.length).to.be.above(3)
    let told = 0
    const check = async (what: string, mayBeWhole: boolean): Promise<void> => {
      const events: StoreEvent[] = []
      const store = await open(directory, { archive: limits, report: (event) => events.push(event) })
      const reach = await agrees(store, kept).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`)
      })
      const damage = events.find((event) => event.type === 'archive_damaged')
      // An archive that begins later is as one that dropped its oldest.
      if (what.endsWith('is gone') && what.startsWith(files[0]![0])) expect(reach).to.be.above(0)
      else if (reach > 0 || !mayBeWhole) {
        expect(damage, what).not.to.equal(undefined)
        expect(damage?.type === 'archive_damaged' && damage.oldest, what).to.equal(reach)
        told++
      } else expect(damage, what).to.equal(undefined)
      expect((await store.commit({ cause })).ok).to.equal(true)
      await store.close()
      for (const [path, content] of files) writeFileSync(path, content)
    }
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    for (const [path, content] of files) {
      for (let n = 0; n < 25; n++) {
        const at = random(content.length)
        const bad = Buffer.from(content)
        bad[at]! ^= 1 << random(8)
        writeFileSync(path, bad)
        // In the header's line nothing is but the time.
        await check(`${path} octet ${at}`, at <= content.indexOf('\n'))
        writeFileSync(path, content.subarray(0, at))
        await check(`${path} cut at ${at}`, false)
      }
      rmSync(path)
      await check(`${path} is gone`, false)
      writeFileSync(path, '')
      await check(`${path} is empty`, false)
    }
    expect(told).to.be.above(files.length * 50)
    rmSync(join(directory, 'history'), { recursive: true })
    writeFileSync(join(directory, 'history'), 'not a folder')
    const events: StoreEvent[] = []
    const store = await open(directory, { archive: limits, report: (event) => events.push(event) })
    expect(events.map(({ type }) => type)).to.deep.equal(['archive_damaged'])
    expect(store.reach()).to.equal(store.oldest())
    await store.close()
  })

  it('goes on from damage: what follows it is kept and told', async () => {
    const directory = place()
    const store = await open(directory)
    const kept = await write(store, 20)
    await store.compact(11)
    await store.close()
    const [path] = segments(directory)
    const text = readFileSync(path!, 'utf8')
    writeFileSync(path!, text.replace('"r":5,', '"r":6,'))
    const again = await open(directory)
    expect(again.reach()).to.equal(5)
    await write(again, 20, kept)
    await again.compact(31)
    expect(await agrees(again, kept)).to.equal(5)
    await again.close()
    const last = await open(directory)
    expect(await agrees(last, kept)).to.equal(5)
    await last.close()
  })

  it('does not take the archive of another store, or of a later time, for its own', async () => {
    const [one, other] = [place(), place()]
    const make = async (directory: string, value: number): Promise<void> => {
      const store = await open(directory)
      for (let n = 0; n < 12; n++) await store.commit({ puts: [{ key: `${value}/${n % 3}`, value: n }], cause })
      await store.compact(10)
      await store.close()
    }
    await make(one, 1)
    await make(other, 2)
    const early = readFileSync(join(one, 'store.log'))
    for (const path of segments(other)) writeFileSync(path.replace(other, one), readFileSync(path))
    const events: StoreEvent[] = []
    const mixed = await open(one, { report: (event) => events.push(event) })
    expect(mixed.reach()).to.equal(mixed.oldest())
    expect(events.map(({ type }) => type)).to.deep.equal(['archive_damaged'])
    await mixed.close()

    // A backup of the journal is put back: what came after it never happened.
    const third = place()
    await make(third, 1)
    const backup = readFileSync(join(third, 'store.log'))
    expect(backup.equals(early)).to.equal(false)
    const later = await open(third)
    const lost = await write(later, 10)
    await later.compact(20)
    await later.close()
    expect(lost.size).to.equal(10)
    writeFileSync(join(third, 'store.log'), backup)
    const back = await open(third)
    const kept = new Map<number, Plain>()
    await walkBack(back, (revision, state) => kept.set(revision, { ...state }))
    expect(back.reach()).to.equal(0)
    await write(back, 10, kept)
    await back.compact(20)
    expect(await agrees(back, kept)).to.equal(0)
    await back.close()
  })

  it('loses nothing to a disk that fails while it archives, and gives history up only when too much has gathered', async () => {
    const directory = place()
    const events: StoreEvent[] = []
    let failing: 'write' | 'sync' | 'create' | undefined
    const wrong = (): Error => Object.assign(new Error('full'), { code: 'ENOSPC' })
    let archiving = false
    const disk = {
      ...realDisk,
      async create(path: string) {
        if (failing === 'create' && path.endsWith('.seg')) throw wrong()
        return realDisk.create(path)
      },
      async write(fd: number, data: Uint8Array, position: number) {
        archiving = Buffer.from(data).includes('"x":[[')
        if (failing !== 'write' || !archiving) return realDisk.write(fd, data, position)
        await realDisk.write(fd, data.subarray(0, data.length >> 1), position)
        throw wrong()
      },
      async sync(fd: number) {
        if (failing === 'sync' && archiving) throw wrong()
        return realDisk.sync(fd)
      },
    }
    const store = await open(directory, { disk, keep: { revisions: 20 }, report: (event) => events.push(event) })
    const kept = await write(store, 10)
    for (const kind of ['create', 'write', 'sync'] as const) {
      failing = kind
      expect((await rejection(store.compact(store.revision() + 1))).code, kind).to.equal('DISK_FULL')
      failing = undefined
      expect(await agrees(store, kept)).to.equal(0)
      await store.compact(store.revision())
      expect(await agrees(store, kept), kind).to.equal(0)
      await write(store, 5, kept)
    }
    rmSync(join(directory, 'history'), { recursive: true })
    mkdirSync(join(directory, 'history'))
    failing = 'create'
    await write(store, 120, kept)
    const given = events.find((event) => event.type === 'archive_failed')
    expect(given).not.to.equal(undefined)
    expect(events.some((event) => event.type === 'compaction_failed')).to.equal(true)
    expect(await agrees(store, kept)).to.equal(store.oldest())
    failing = undefined
    const from = store.oldest()
    await write(store, 60, kept)
    await store.compact(store.revision())
    expect(await agrees(store, kept)).to.equal(from)
    await store.close()
  })

  it('can be read while it is written, compacted and bounded', async function () {
    this.timeout(60_000)
    const store = await open(place(), { keep: { revisions: 30 }, archive: { octets: 64 * 1024 } })
    const kept = await write(store, 200)
    let writing = true
    const loop = write(store, 600, kept).finally(() => (writing = false))
    let walks = 0
    while (writing) {
      let state = { ...kept.get(store.revision()) } as Plain
      const from = store.revision()
      let at = from
      for await (const { revision, changes } of store.past(from)) {
        expect(revision).to.equal(at)
        for (const { key, before } of changes) {
          if (before === undefined) delete state[key]
          else state = { ...state, [key]: before.value }
        }
        at -= 1
        expect(state).to.deep.equal(kept.get(at) ?? {})
      }
      walks++
    }
    await loop
    expect(walks).to.be.above(2)
    await store.close()
  })
})

async function rejection(promise: Promise<unknown>): Promise<StoreError> {
  return promise.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: StoreError) => error,
  )
}
