/**
 * A process that commits in a loop is killed with SIGKILL, at random moments and at every failpoint; what it had
 * acknowledged must be there afterwards, and nothing half applied. This shows recovery from a dead process; what a
 * power cut leaves is shown by test/system/powercut.test.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openEmbeddedStore } from '../../store/embedded.ts'
import { FAILPOINTS } from '../../store/journal.ts'
import { bundle } from '../support/bundle.ts'
import { checkPast, checkWritten } from '../support/store-check.ts'

const WRITER = join(import.meta.dirname, '../support/store-writer.ts')
const ROUNDS = 30

describe('the embedded store after kill -9', () => {
  const root = mkdtempSync(join(tmpdir(), 'tagsteer-crash-'))
  let program: string
  before(async () => {
    program = await bundle(WRITER, root)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  /** Runs the writer until it dies; returns the last revision it acknowledged, 0 if none. */
  async function run(directory: string, args: string[], killAfterMs?: number): Promise<number> {
    const child = spawn(process.execPath, [program, directory, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
    if (killAfterMs !== undefined) {
      await once(child.stdout, 'data')
      setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    }
    const [code, signal] = await once(child, 'close')
    expect(`${code} ${signal}`).to.equal('null SIGKILL')
    return Number(printed.trimEnd().split('\n').at(-1))
  }

  it(`has everything acknowledged and nothing half applied, ${ROUNDS} times at random moments`, async function () {
    this.timeout(120_000)
    const directory = join(root, 'random')
    let acknowledged = 0
    for (let round = 0; round < ROUNDS; round++) {
      acknowledged = Math.max(acknowledged, await run(directory, [], Math.random() * 40))
      const store = await openEmbeddedStore({ directory })
      checkWritten(store, acknowledged)
      await checkPast(store)
      acknowledged = store.revision()
      await store.close()
    }
    expect(acknowledged, 'the loop did commit').to.be.above(ROUNDS)
  })

  for (const failpoint of [...FAILPOINTS, 'mid-write']) {
    it(`has everything acknowledged and nothing half applied when it dies at ${failpoint}`, async function () {
      this.timeout(60_000)
      const directory = join(root, failpoint)
      let acknowledged = 0
      for (const nth of ['1', '2']) {
        acknowledged = Math.max(acknowledged, await run(directory, [failpoint, nth]))
        const store = await openEmbeddedStore({ directory })
        checkWritten(store, acknowledged)
        await checkPast(store)
        acknowledged = store.revision()
        await store.close()
      }
    })
  }
})
