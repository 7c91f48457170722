/**
 * Sixteen clients give and take addresses at once, several in one write, and the process is killed with SIGKILL, at random
 * moments and at every failpoint of the store: no address that was told of is lost, none is held twice, and what was
 * written together is there together.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openEmbeddedStore } from '../../store/embedded.ts'
import { FAILPOINTS } from '../../store/journal.ts'
import { checkAddresses, checkGroups, type Told } from '../support/address-check.ts'
import { bundle } from '../support/bundle.ts'

const WRITER = join(import.meta.dirname, '../support/address-writer.ts')
const ROUNDS = 4

describe('addresses after kill -9', () => {
  const root = mkdtempSync(join(tmpdir(), 'tagsteer-address-crash-'))
  let program: string
  before(async () => {
    program = await bundle(WRITER, root)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  /** Runs the writer until it dies; what it acknowledged. */
  async function run(directory: string, args: string[], killAfterMs?: number): Promise<Told[]> {
    const child = spawn(process.execPath, [program, directory, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
    if (killAfterMs !== undefined) {
      await once(child.stdout, 'data')
      setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    }
    const [code, signal] = await once(child, 'close')
    expect(`${code} ${signal}`).to.equal('null SIGKILL')
    const whole = printed.slice(0, printed.lastIndexOf('\n') + 1)
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Told)
  }

  async function check(directory: string, told: readonly Told[]): Promise<number> {
    const store = await openEmbeddedStore({ directory })
    try {
      checkAddresses(store, told)
      return checkGroups(store)
    } finally {
      await store.close()
    }
  }

  it(`are those that were told, ${ROUNDS} times at random moments`, async function () {
    this.timeout(120_000)
    const directory = join(root, 'random')
    const told: Told[] = []
    let groups = 0
    for (let round = 0; round < ROUNDS; round++) {
      told.push(...(await run(directory, [], Math.random() * 60)))
      groups += await check(directory, told)
    }
    expect(told.length, 'something was told').to.be.greaterThan(ROUNDS)
    expect(groups, 'something was written together').to.be.greaterThan(0)
  })

  it('are those that were told when it dies at any step of a write or of compaction', async function () {
    this.timeout(180_000)
    let told = 0
    for (const failpoint of [...FAILPOINTS, 'mid-write']) {
      const directory = join(root, failpoint)
      const its = await run(directory, [
        failpoint,
        failpoint.startsWith('archive') || failpoint.startsWith('rewrite') ? '2' : '5',
      ])
      await check(directory, its)
      told += its.length
    }
    expect(told, 'something was told').to.be.greaterThan(FAILPOINTS.length)
  })
})
