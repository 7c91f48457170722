/** What the embedded store does when the disk, the file or another process is not as it should be. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ChangeSet } from '../../store/contract.ts'
import { type Disk, realDisk } from '../../store/disk.ts'
import { type EmbeddedOptions, openEmbeddedStore } from '../../store/embedded.ts'
import type { StoreEvent } from '../../store/engine.ts'
import { StoreError, storeFailure } from '../../store/errors.ts'
import { encodeLine } from '../../store/line.ts'
import { bundle } from '../support/bundle.ts'
import { put, rejection } from '../support/store-conformance.ts'

const WRITER = join(import.meta.dirname, '../support/store-writer.ts')
const errno = (code: string) => Object.assign(new Error(code), { code })

describe('the embedded store in trouble', () => {
  const root = mkdtempSync(join(tmpdir(), 'tagsteer-faults-'))
  after(() => rmSync(root, { recursive: true, force: true }))
  let number = 0
  const place = () => join(root, String(number++))
  const open = (directory: string, options: Partial<EmbeddedOptions> = {}) =>
    openEmbeddedStore({ directory, aheadOctets: 512, ...options })

  /** A closed store of a few records and revisions; returns its directory. */
  async function filled(): Promise<string> {
    const directory = place()
    const store = await open(directory)
    for (let n = 1; n <= 4; n++) await store.commit(put(`interface/web-${n}`, { tags: ['a', 'é'], n }))
    await store.compact(3)
    await store.commit({ ...put('vnp/blue', { n: 1 }), deletes: ['interface/web-1'] })
    await Promise.all(['vnp/red', 'vnp/green'].map((key) => store.commit(put(key))))
    await store.close()
    return directory
  }

  it('refuses to start after any single flipped bit in what it wrote, and names the record', async function () {
    this.timeout(20_000)
    const directory = await filled()
    const file = join(directory, 'store.log')
    const good = readFileSync(file)
    const reference = await open(directory)
    const state = reference.list('')
    const revision = reference.revision()
    await reference.close()
    const written = good.findLastIndex((octet) => octet !== 0) + 1
    expect(written).to.be.above(500)
    let named = 0
    let refused = 0
    // Every bit of the last two lines, and a stride through the rest that meets every bit position.
    const tail = good.lastIndexOf(10, good.lastIndexOf(10, written - 2) - 1)
    for (let bit = 0; bit < good.length * 8; bit += bit < tail * 8 ? 11 : 1) {
      const octet = bit >> 3
      if (octet > written + 20) break
      const bad = Buffer.from(good)
      bad[octet]! ^= 1 << (bit & 7)
      writeFileSync(file, bad)
      const answer = await open(directory).catch((error: unknown) => error)
      if (answer instanceof StoreError) {
        expect(answer.code, answer.message).to.equal('DAMAGED')
        refused++
        if (answer.details['key'] !== '') named++
      } else {
        const store = answer as Awaited<ReturnType<typeof open>>
        expect(octet, 'a bit that was written and acknowledged').to.be.at.least(written)
        expect(store.list('')).to.deep.equal(state)
        expect(store.revision()).to.equal(revision)
        await store.close()
      }
    }
    expect(refused).to.be.above(1000)
    expect(named / refused, 'errors that name a key').to.be.above(0.9)
  })

  it('drops a torn last write, whatever its length, and keeps every line before it', async () => {
    const directory = await filled()
    const file = join(directory, 'store.log')
    const good = readFileSync(file)
    const written = good.findLastIndex((octet) => octet !== 0) + 1
    const lastLine = good.lastIndexOf(10, written - 2) + 1
    for (let length = lastLine; length < written; length++) {
      for (const zeros of [0, 300]) {
        writeFileSync(file, Buffer.concat([good.subarray(0, length), Buffer.alloc(zeros)]))
        const events: StoreEvent[] = []
        const store = await open(directory, { report: (event) => events.push(event) })
        expect(store.revision()).to.equal(5)
        expect(events).to.deep.equal(
          length === lastLine ? [] : [{ type: 'torn_write_dropped', octets: length - lastLine }],
        )
        expect((await store.commit(put('next'))).ok).to.equal(true)
        await store.close()
        const again = await open(directory)
        expect(again.revision()).to.equal(6)
        await again.close()
      }
    }
  })

  it('refuses a file in which a whole line is missing, repeated or out of place', async () => {
    const directory = await filled()
    const file = join(directory, 'store.log')
    const good = readFileSync(file)
    const text = good.toString(
      'utf8',
      0,
      good.findLastIndex((octet) => octet !== 0),
    )
    const lines = text.split('\n')
    const write = (changed: string[]) => writeFileSync(file, `${changed.join('\n')}\n`)
    for (let at = 0; at < lines.length - 1; at++) {
      const swapped = lines.with(at, lines[at + 1]!).with(at + 1, lines[at]!)
      const bothEntries = [at, at + 1].every((i) => lines[i]!.includes('{"e":'))
      for (const changed of [
        lines.toSpliced(at, 1),
        lines.toSpliced(at, 0, lines[at]!),
        ...(bothEntries ? [] : [swapped]),
      ]) {
        write(changed)
        const error = await rejection(open(directory))
        expect(error.code, error.message).to.equal('DAMAGED')
      }
    }
    truncateSync(file, 0)
    expect((await rejection(open(directory))).code).to.equal('DAMAGED')
  })

  it('refuses a newer schema and says which it knows', async () => {
    const directory = await filled()
    const file = join(directory, 'store.log')
    const newer = encodeLine('{"format":"tagsteer store","schema":2,"base":0}')
    writeFileSync(file, Buffer.concat([newer, encodeLine('{"end":0}')]))
    const error = await rejection(open(directory))
    expect(error.code).to.equal('SCHEMA')
    expect(error.details).to.deep.equal({ found: '2', known: 1 })
    expect(error.message).to.match(/schema 2.*up to 1/)
  })

  it('refuses a second opening, in this process or another, names the pid, and frees the lock with the process', async function () {
    this.timeout(20_000)
    const program = await bundle(WRITER, root)
    // A path too long for a socket address, too.
    for (const directory of [place(), join(place(), 'x'.repeat(120))]) {
      const store = await open(directory)
      const error = await rejection(open(directory))
      expect(error.code).to.equal('LOCKED')
      expect(error.details['pid']).to.equal(process.pid)
      await store.close()

      const child = spawn(process.execPath, [program, directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      const other = await rejection(open(directory))
      expect(other.code).to.equal('LOCKED')
      expect(other.details['pid']).to.equal(child.pid)
      expect(other.message).to.include(String(child.pid))
      child.kill('SIGKILL')
      await once(child, 'exit')
      const heir = await open(directory)
      expect(heir.revision()).to.be.above(0)
      expect(readdirSync(directory).filter((name) => name.startsWith('lock.'))).to.have.length(1)
      await heir.close()
      expect(readdirSync(directory)).to.deep.equal(['store.log'])
    }
  })

  /** A store whose next calls of one kind fail; everything else is real. */
  async function failing(directory: string, options: Partial<EmbeddedOptions> = {}) {
    const plan: { [Call in keyof Disk]?: NodeJS.ErrnoException } = {}
    const disk: Disk = {
      ...realDisk,
      async write(fd, octets, position) {
        if (!plan.write) return realDisk.write(fd, octets, position)
        // What a full disk does: part of it is written.
        await realDisk.write(fd, octets.subarray(0, octets.length >> 1), position)
        throw plan.write
      },
      sync: (fd) => (plan.sync ? Promise.reject(plan.sync) : realDisk.sync(fd)),
      create: (path) => (plan.create ? Promise.reject(plan.create) : realDisk.create(path)),
      truncate: (fd, length) => (plan.truncate ? Promise.reject(plan.truncate) : realDisk.truncate(fd, length)),
    }
    return { plan, store: await open(directory, { ...options, disk }) }
  }

  it('refuses writes on a full or read-only disk with a typed error, goes on reading, and recovers by itself', async () => {
    const directory = place()
    const events: StoreEvent[] = []
    const { plan, store } = await failing(directory, { report: (event) => events.push(event) })
    await store.commit(put('kept'))
    const index = new Set<string>()
    const seen: ChangeSet[] = []
    store.project(({ changes }) => {
      for (const { key, after } of changes) after ? index.add(key) : index.delete(key)
    })
    store.watch(0).subscribe((set) => seen.push(set))
    for (const [name, code] of [
      ['ENOSPC', 'DISK_FULL'],
      ['EDQUOT', 'DISK_FULL'],
      ['EROFS', 'READ_ONLY'],
      ['EIO', 'IO'],
    ] as const) {
      plan.write = errno(name)
      const first = store.commit(put('lost/1'))
      // Decided on top of a write that fails: it must fail, too.
      const second = store.update((view) => ({ result: 0, transaction: put('lost/2', view.get('lost/1')!.value) }))
      const errors = await Promise.all([rejection(first), rejection(second)])
      expect(errors.map((error) => error.code)).to.deep.equal([code, code])
      expect(errors[0]!.details['errno']).to.equal(name)
      expect(storeFailure(errors[0]!).code).to.equal('STORE_FAILED')
      expect(store.list('').map(({ key }) => key)).to.deep.equal(['kept'])
      expect([...index]).to.deep.equal(['kept'])
    }
    expect(events.filter(({ type }) => type === 'write_failed').length).to.equal(4)
    delete plan.write
    expect(await store.commit(put('next'))).to.deep.equal({ ok: true, revision: 2 })
    expect(seen.map(({ revision }) => revision)).to.deep.equal([1, 2])
    await store.close()
    const again = await open(directory)
    expect(again.list('').map(({ key }) => key)).to.deep.equal(['kept', 'next'])
    await again.close()
  })

  it('writes nothing more after a failed sync until it is opened anew, and keeps nothing it refused', async () => {
    const directory = place()
    const { plan, store } = await failing(directory)
    await store.commit(put('kept'))
    plan.sync = errno('EIO')
    expect((await rejection(store.commit(put('lost')))).code).to.equal('IO')
    delete plan.sync
    expect((await rejection(store.commit(put('lost')))).code, 'still').to.equal('IO')
    expect((await rejection(store.compact(2))).code).to.equal('IO')
    expect(store.get('kept')?.value).to.equal('kept')
    await store.close()
    const again = await open(directory)
    expect(again.list('').map(({ key }) => key)).to.deep.equal(['kept'])
    await again.close()
  })

  it('writes nothing more if the failed write cannot be cut off, and drops its remains at the next opening', async () => {
    const directory = place()
    const { plan, store } = await failing(directory)
    await store.commit(put('kept'))
    plan.write = plan.truncate = errno('ENOSPC')
    expect((await rejection(store.commit(put('lost')))).code).to.equal('DISK_FULL')
    delete plan.write
    expect((await rejection(store.commit(put('lost')))).code).to.equal('DISK_FULL')
    await store.close()
    const again = await open(directory)
    expect(again.list('').map(({ key }) => key)).to.deep.equal(['kept'])
    await again.close()
  })

  it('reports a compaction that fails, goes on committing to the old file, and leaves no litter', async () => {
    const directory = place()
    const events: StoreEvent[] = []
    const { plan, store } = await failing(directory, {
      keep: { revisions: 3 },
      report: (event) => events.push(event),
    })
    plan.create = errno('ENOSPC')
    for (let n = 1; n <= 8; n++) await store.commit(put(`k/${n}`))
    expect(events.map(({ type }) => type)).to.include('compaction_failed')
    expect(store.oldest()).to.equal(0)
    expect((await rejection(store.compact(5))).code).to.equal('DISK_FULL')
    delete plan.create
    await store.compact(5)
    expect(store.oldest()).to.equal(4)
    await store.close()
    expect(readdirSync(directory)).to.deep.equal(['history', 'store.log'])
    expect(readdirSync(join(directory, 'history'))).to.deep.equal(['0000000000000001.seg'])
    const again = await open(directory)
    expect(again.reach()).to.equal(0)
    expect(again.revision()).to.equal(8)
    expect(again.oldest()).to.be.at.least(4)
    await again.close()
  })

  it('loses no commit that is made while a compaction writes its file', async () => {
    const directory = place()
    let store = await open(directory)
    for (let n = 0; n < 300; n++) void store.commit(put(`k/${n}`, 'x'.repeat(2000)))
    await store.commit(put('first'))
    for (let round = 0; round < 10; round++) {
      const compacting = store.compact(store.revision() - 5)
      for (let n = 0; n < 20; n++) await store.commit(put(`during/${round}-${n}`))
      await compacting
    }
    const before = store.list('')
    await store.close()
    store = await open(directory)
    expect(store.list('')).to.deep.equal(before)
    expect(store.list('during/').length).to.equal(200)
    await store.close()
  })

  it('keeps its file and directory to its own user', async () => {
    const directory = await filled()
    expect(statSync(directory).mode & 0o777).to.equal(0o700)
    expect(statSync(join(directory, 'store.log')).mode & 0o777).to.equal(0o600)
    const copy = place()
    execFileSync('mkdir', [copy])
    copyFileSync(join(directory, 'store.log'), join(copy, 'store.log'))
    const store = await open(copy)
    expect(store.revision(), 'a copied file is a backup').to.equal(7)
    await store.close()
  })
})
