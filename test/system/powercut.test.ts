/**
 * Power cuts under a store that commits all the time: the writer is frozen, the medium copied as it is (without what
 * only memory holds), the copy mounted and opened; every acknowledged revision must be in it, whole. kill -9 cannot
 * show this, because the kernel keeps the dead process's pages. A few cuts here; TAGSTEER_SOAK_CUTS=1000 for more.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { openEmbeddedStore } from '../../store/embedded.ts'
import { bundle } from '../support/bundle.ts'
import { freeze, LoopDisk } from '../support/loop-disk.ts'
import { checkPast, checkWritten } from '../support/store-check.ts'
import { CAUSE, put, rejection } from '../support/store-conformance.ts'

const CUTS = Number(process.env['TAGSTEER_SOAK_CUTS'] ?? 12)
const WRITER = join(import.meta.dirname, '../support/store-writer.ts')

describe('the embedded store on a real file system', () => {
  let disk: LoopDisk | undefined
  let child: ChildProcess | undefined
  let work: string

  before(() => {
    work = mkdtempSync(join(tmpdir(), 'tagsteer-powercut-'))
  })

  afterEach(async () => {
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    child = undefined
    disk?.remove()
    disk = undefined
  })

  after(() => rmSync(work, { recursive: true, force: true }))

  it(`loses nothing acknowledged and applies nothing by halves in ${CUTS} power cuts`, async function () {
    this.timeout(20_000 + CUTS * 1000)
    disk = new LoopDisk(24)
    const answers = join(work, 'answers')
    child = spawn(process.execPath, [await bundle(WRITER, work), join(disk.path, 'store')], {
      stdio: ['ignore', openSync(answers, 'w'), 'inherit'],
    })
    while (statSync(answers).size === 0) await sleep(5)
    let acknowledged = 0
    for (let cut = 0; cut < CUTS; cut++) {
      await sleep(Math.random() * 60)
      await freeze(child.pid!)
      const before = acknowledged
      acknowledged = Number(readFileSync(answers, 'latin1').trimEnd().split('\n').at(-1))
      expect(acknowledged, 'the writer goes on between cuts').to.be.at.least(before)
      await disk.cut(async (path) => {
        const store = await openEmbeddedStore({ directory: join(path, 'store') })
        try {
          checkWritten(store, acknowledged)
          await checkPast(store)
          expect((await store.commit(put('after the cut'))).ok).to.equal(true)
        } finally {
          await store.close()
        }
      })
      child.kill('SIGCONT')
    }
    expect(acknowledged).to.be.above(CUTS)
  })

  it('refuses writes with DISK_FULL on a full file system, goes on reading, and writes again when there is room', async function () {
    this.timeout(30_000)
    disk = new LoopDisk(8)
    const directory = join(disk.path, 'store')
    const filler = join(disk.path, 'filler')
    const store = await openEmbeddedStore({ directory, aheadOctets: 4096 })
    await store.commit(put('kept'))
    expect(() => writeFileSync(filler, Buffer.alloc(8 << 20, 1))).to.throw(/ENOSPC/)
    let written = 0
    const fill = async () => {
      for (;;) {
        await store.commit(put(`big/${written}`, 'x'.repeat(3000)))
        written++
      }
    }
    expect((await rejection(fill())).code).to.equal('DISK_FULL')
    expect((await rejection(store.commit(put('small', 'x'.repeat(5000))))).code).to.equal('DISK_FULL')
    expect(store.get('kept')?.value).to.equal('kept')
    expect(store.list('big/').length).to.equal(written)
    rmSync(filler)
    expect((await store.commit({ puts: [{ key: 'room', value: 1 }], cause: CAUSE })).ok).to.equal(true)
    const before = store.list('')
    await store.close()
    const again = await openEmbeddedStore({ directory })
    expect(again.list('')).to.deep.equal(before)
    await again.close()
  })
})
