/**
 * Fuzzing in small: everything that fuzzing ever found still holds, a fixed budget finds nothing new, and the fuzzer
 * itself finds what it should. `npm run fuzz` is the same with a budget of one's own.
 */
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { inputLine, lineInput, readCorpus } from '../fuzz/corpus.ts'
import { distil } from '../fuzz/engine/distil.ts'
import { Loop } from '../fuzz/engine/loop.ts'
import { OctetsMutator } from '../fuzz/engine/octets.ts'
import { Random } from '../fuzz/engine/random.ts'
import { law, type Target } from '../fuzz/engine/target.ts'
import { TextMutator } from '../fuzz/engine/text.ts'
import { start } from '../fuzz/runner.ts'
import { framerTarget } from '../fuzz/targets/framer.ts'
import { TARGETS } from '../fuzz/targets/index.ts'

const run = promisify(execFile)
const fuzz = (...args: string[]): Promise<{ stdout: string }> => run('bash', ['scripts/fuzz.sh', ...args])

describe('what fuzzing found', () => {
  for (const target of TARGETS) {
    it(`${target.name} holds for its corpus`, () => {
      for (const { where, input } of readCorpus(target.name)) {
        try {
          target.run(input, () => {})
        } catch (error) {
          throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, { cause: error })
        }
      }
    })
  }
})

describe('npm run fuzz', () => {
  it('finds nothing in a fixed budget', async function () {
    this.timeout(60_000)
    const { stdout } = await fuzz('--execs', '240', '--seed', '5', '--jobs', '2')
    expect(stdout).to.match(/ 0 findings\n$/)
    for (const { name } of TARGETS) expect(stdout).to.match(new RegExp(`^${name} +\\d+ runs.*ended$`, 'm'))
  })

  it('refuses what it does not know, and says how it is used', async () => {
    const refused = await fuzz('--target', 'nonsense').catch((error: unknown) => error)
    expect(refused).to.include({ code: 2 })
    expect(refused)
      .to.have.property('stderr')
      .that.matches(/^no target nonsense; .*\nusage: npm run fuzz/)
  })
})

/** Breaks a law behind three doors, each to be found before the next can be. */
const planted: Target = {
  name: 'planted',
  form: 'message',
  options: 0,
  limit: 50,
  run(input, feature) {
    if (input[1] !== 14) return
    feature('first')
    if (input[8] !== 0xab) return
    feature('second')
    if (input[10] !== 0xcd) return
    feature('third')
    law(input[12] !== 0xef, 'planted', () => `${input.length} octets`)
  },
}
const SEED = Uint8Array.from({ length: 40 }, (_, i) => (i === 3 ? 40 : 0))

function loopOf(target: Target, keep: boolean, seed = 3): Loop {
  const random = new Random(seed)
  const loop = new Loop(
    target,
    new OctetsMutator(
      random,
      [0xab, 0xcd, 0xef].map((octet) => Uint8Array.of(octet)),
      'message',
      0,
    ),
    random,
    { keep },
  )
  loop.seed([SEED])
  return loop
}

describe('the fuzzer', () => {
  it('finds by what inputs meet what changes of the seeds alone do not find, and makes it small', () => {
    const [guided, blind] = [true, false].map((keep) => {
      const loop = loopOf(planted, keep)
      for (let runs = 0; runs < 60_000 && loop.findings.length === 0; runs += 500) loop.step(500)
      return loop
    }) as [Loop, Loop]
    expect(blind.findings).to.deep.equal([])
    expect(guided.findings).to.have.length(1)
    const [{ kind, key, input }] = guided.findings as [Loop['findings'][number]]
    expect([kind, key]).to.deep.equal(['breaks', 'planted'])
    expect(input).to.have.length(13)
    expect([...input.slice(4)]).to.deep.equal([0, 0, 0, 0, 0xab, 0, 0xcd, 0, 0xef])
  })

  it('does the same for the same seed', () => {
    const corpus = (seed: number): string[] => {
      const loop = loopOf(framerTarget, true, seed)
      for (let i = 0; i < 5; i++) loop.step(100)
      return [JSON.stringify(loop.figures), ...loop.corpus.map((input) => inputLine(input, 'stream'))]
    }
    expect(corpus(7)).to.deep.equal(corpus(7))
    expect(corpus(7)).not.to.deep.equal(corpus(8))
  })

  it('finds what is slow every time', function () {
    this.timeout(60_000)
    const slow: Target = {
      ...planted,
      limit: 10,
      run(input) {
        if (input[5] === 0) return
        // By the processor's time: on a busy machine that of the clock is not all ours.
        const start = process.cpuUsage()
        for (let spent = 0; spent < 20_000; ) {
          const { user, system } = process.cpuUsage(start)
          spent = user + system
        }
      },
    }
    const loop = loopOf(slow, true)
    for (let runs = 0; runs < 2000 && loop.findings.length === 0; runs += 5) loop.step(5)
    expect(loop.findings.map(({ kind }) => kind)).to.deep.equal(['slow'])
  })

  it('tells errors of any kind from each other, and counts those that come again', () => {
    const thrower: Target = {
      ...planted,
      run(input) {
        if (input[6] === 1) throw new RangeError(`at ${input[7] ?? 0}`)
        if (input[6] === 2) (undefined as unknown as { x: number }).x = 1
      },
    }
    const loop = loopOf(thrower, true)
    for (let runs = 0; runs < 20_000; runs += 500) loop.step(500)
    expect(loop.findings.map(({ text }) => text.split(':')[0]).sort()).to.deep.equal(['RangeError', 'TypeError'])
    expect(loop.figures.repeats).to.be.greaterThan(0)
  })

  it('finds an input that never ends, by the input', async () => {
    const file = join(tmpdir(), `fuzz-hang-${process.pid}-${Math.random().toString(36).slice(2)}.mjs`)
    writeFileSync(
      file,
      `import { workerData } from 'node:worker_threads'
       const control = new Int32Array(workerData.shared, 0, 4)
       new Uint8Array(workerData.shared, 16).set([1, 2, 3])
       control[1] = 3
       Atomics.add(control, 0, 1)
       for (;;);`,
    )
    try {
      const job = { target: 'none', seed: 1, feedback: 'all', execs: 1, inputs: [], tokens: [], words: [] } as const
      const hanging = start(pathToFileURL(file), { ...job, subject: { url: '', size: 0 } }, 300)
      await hanging.ended
      expect(hanging.findings.map(({ kind, input }) => [kind, ...input])).to.deep.equal([['hangs', 1, 2, 3]])
    } finally {
      rmSync(file, { force: true })
    }
  })

  it('keeps of many inputs those that meet something, the shortest first', () => {
    const meets: Target = {
      ...planted,
      run: (input, feature) => void input.forEach((octet) => void feature(`${octet}`)),
    }
    const inputs = [[1, 2, 3, 4], [1, 2], [9], [2, 3], [1]].map((octets) => Uint8Array.from(octets))
    expect(distil(meets, [Uint8Array.of(9)], inputs).map((input) => [...input])).to.deep.equal([
      [1],
      [1, 2],
      [2, 3],
      [1, 2, 3, 4],
    ])
  })

  it('writes inputs as lines and reads them back', () => {
    for (const input of [Uint8Array.of(), Uint8Array.of(0, 255)]) {
      expect([...lineInput(inputLine(input, 'message'))]).to.deep.equal([...input])
    }
    const text = new TextEncoder().encode('set_field:"é\n"')
    expect([...lineInput(inputLine(text, 'text'))]).to.deep.equal([...text])
    expect(() => lineInput('0g')).to.throw('neither')
  })

  it('changes texts by its words, the same for the same dice', () => {
    const changed = (seed: number): string[] => {
      const mutator = new TextMutator(new Random(seed), ['goto_table'])
      const text = new TextEncoder().encode('table=0,actions=output:3')
      return Array.from({ length: 200 }, () => new TextDecoder().decode(mutator.mutate(text, () => text)))
    }
    expect(changed(1)).to.deep.equal(changed(1))
    expect(changed(1)).not.to.deep.equal(changed(2))
    expect(changed(1).some((text) => text.includes('goto_table'))).to.equal(true)
  })
})
