/**
 * A file system that turns read-only under the store and comes back: nothing can be written meanwhile, not even what a
 * failed write left can be cut off; afterwards the store goes on by itself, and what it refused is never found again.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Disk, realDisk } from '../../store/disk.ts'
import { openEmbeddedStore } from '../../store/embedded.ts'
import { StoreError } from '../../store/errors.ts'

describe('the embedded store on a file system that turns read-only', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tagsteer-read-only-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  for (const half of [0, 0.5, 1]) {
    it(`recovers by itself when ${half * 100} % of the failing write had reached the file`, async () => {
      let readOnly = false
      const refuse = (): never => {
        throw Object.assign(new Error('read-only file system'), { code: 'EROFS' })
      }
      const disk: Disk = {
        ...realDisk,
        async write(fd, octets, position) {
          if (!readOnly) return realDisk.write(fd, octets, position)
          await realDisk.write(fd, octets.subarray(0, octets.length * half), position)
          refuse()
        },
        truncate: async (fd, length) => (readOnly ? refuse() : realDisk.truncate(fd, length)),
      }
      const put = (key: string) => ({ puts: [{ key, value: key }], cause: { caller: 'test', method: 'put' } })
      const store = await openEmbeddedStore({ directory, disk, aheadOctets: 64 })
      await store.commit(put('a/1'))
      readOnly = true
      for (const key of ['a/refused-1', 'a/refused-2']) {
        const error = await store.commit(put(key)).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        expect(error).to.be.instanceOf(StoreError)
        expect((error as StoreError).code).to.equal('READ_ONLY')
      }
      expect(store.list('a/').map(({ key }) => key)).to.deep.equal(['a/1'])
      readOnly = false
      expect(await store.commit(put('a/2'))).to.deep.equal({ ok: true, revision: 2 })
      await store.close()
      const again = await openEmbeddedStore({ directory })
      expect(again.list('a/').map(({ key }) => key)).to.deep.equal(['a/1', 'a/2'])
      await again.close()
    })
  }
})
