/**
 * A child process of the crash tests: commits in a loop with several commits under way and prints each acknowledged
 * revision, until it is killed. Arguments: directory [failpoint [nth passage]]. At the failpoint it kills itself with
 * SIGKILL; `mid-write` is one more failpoint, half a write.
 *
 * Every transaction n writes `a/<n % 50>` and `b/<n % 50>` with the same value n, and deletes `c/<n - 1>` for `c/<n>`,
 * so that the reader can tell a half-applied one.
 */
import { writeSync } from 'node:fs'
import { type Disk, realDisk } from '../../store/disk.ts'
import { openEmbeddedStore } from '../../store/embedded.ts'

const [directory, crashAt, nth = '1'] = process.argv.slice(2)
let left = Number(nth)

function die(at: string): void {
  if (at === crashAt && --left === 0) process.kill(process.pid, 'SIGKILL')
}

const disk: Disk = {
  ...realDisk,
  async write(fd, octets, position) {
    if (crashAt === 'mid-write') await realDisk.write(fd, octets.subarray(0, octets.length >> 1), position)
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

async function writer(): Promise<void> {
  for (;;) {
    const done = await store.update((view) => {
      const n = view.revision() + 1
      const puts = ['a', 'b'].map((kind) => ({ key: `${kind}/${n % 50}`, value: n }))
      puts.push({ key: `c/${n}`, value: n })
      const transaction = { puts, deletes: [`c/${n - 1}`], cause: { caller: 'crash', method: 'loop' } }
      return { result: n, transaction }
    })
    // Synchronous, so that what is printed was acknowledged and what was acknowledged is printed.
    if (done.ok) writeSync(1, `${done.revision}\n`)
  }
}

await Promise.all([writer(), writer(), writer()])
