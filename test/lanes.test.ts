/**
 * Lanes of tests: nothing that fails is lost, whatever way it fails, and what two lanes print is not mixed up. The tests
 * that lanes run here are small files in a folder of their own.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type LanesResult, portions, runLanes } from '../scripts/lanes.ts'

const FILES: Readonly<Record<string, string>> = {
  good: "describe('good', () => { it('a', () => {}); it('b', () => {}) })",
  wrong: "describe('wrong', () => { it('c', () => {}); it('d', () => { throw new Error('what went wrong') }) })",
  crash: "describe('crash', () => { it('e', () => { console.log('last words'); process.exit(0) }) })",
  killed: "describe('killed', () => { it('f', () => process.kill(process.pid, 'SIGKILL')) })",
  broken: 'this is no program',
  open: "describe('open', () => { it('g', () => { setInterval(() => {}, 1000) }) })",
  deaf: "describe('deaf', () => { it('i', () => { process.on('SIGTERM', () => {}); setInterval(() => {}, 1000) }) })",
  slow: "describe('slow', () => { it('h', (done) => { setTimeout(done, 20_000) }) })",
  one: talker('one'),
  two: talker('two'),
}

/** A test file that prints a line of its group every 20 ms. */
function talker(name: string): string {
  const test = (it: number): string =>
    `it('${name} ${it}', async () => { console.log('${name} says'); await new Promise((go) => setTimeout(go, 20)) })`
  return `describe('${name}', () => { ${Array.from({ length: 20 }, (_, it) => test(it)).join('\n')} })`
}

describe('lanes of tests', function () {
  this.timeout(60_000)
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tagsteer-lanes-'))
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, `${name}.cjs`), text)
  })
  after(() => rmSync(folder, { recursive: true }))

  const path = (name: string): string => join(folder, `${name}.cjs`)

  async function run(
    lanes: Record<string, string[][]>,
    { quiet = [] as string[], limitMs = 60_000 } = {},
  ): Promise<LanesResult & { text: string }> {
    let text = ''
    const write = (its: string): void => {
      text += its
    }
    const result = await runLanes({
      lanes: Object.entries(lanes).map(([name, queue]) => ({ name, queue: queue.map((names) => names.map(path)) })),
      quiet: quiet.map(path),
      mocha: [],
      ...{ folder, limitMs, endMs: 1500, write },
    })
    return { ...result, text }
  }

  it('add up what all have passed, and end with one line', async () => {
    const { passed, failed, text } = await run({ a: [['good'], ['good']], b: [] }, { quiet: ['good'] })
    expect([passed, failed]).to.deep.equal([6, 0])
    expect(text.endsWith('\n6 passed, 0 failed\n')).to.equal(true)
  })

  it('print a failure at the end, numbered over all lanes', async () => {
    const { passed, failed, text } = await run({ a: [['wrong'], ['good']], b: [['wrong']] })
    expect([passed, failed]).to.deep.equal([4, 2])
    const end = text.slice(text.lastIndexOf('2 failing'))
    for (const number of [1, 2])
      expect(end).to.match(new RegExp(`${number}\\) wrong\\n +d:\\n +Error: what went wrong`))
    expect(end.endsWith('\n4 passed, 2 failed\n')).to.equal(true)
  })

  for (const [name, says] of [
    ['crash', 'ended before its last test, with code 0:\n[^]*last words'],
    ['killed', 'ended before its last test, with SIGKILL'],
    ['broken', 'ended before its last test, with code 1:\n[^]*SyntaxError'],
    ['open', 'did not end after its last test: something is left open'],
    ['deaf', 'did not end after its last test: something is left open'],
  ] as const) {
    it(`fail where a mocha is ${name}, and go on`, async () => {
      const { passed, failed, text } = await run({ a: [[name], ['good']], b: [['good']] })
      expect([passed, failed]).to.deep.equal([name === 'open' || name === 'deaf' ? 5 : 4, 1])
      expect(text).to.match(new RegExp(`1\\) lane a: mocha of ${path(name)} ${says}`))
    })
  }

  it('end at the limit, as a failure', async () => {
    const { failed, text } = await run({ a: [['slow'], ['good']], b: [] }, { limitMs: 1500 })
    expect(failed).to.be.at.least(1)
    expect(text).to.contain('the tests were ended: not done in 1.5 s')
  })

  it('do not mix up what two lanes print at the same time, and keep a log of each', async () => {
    const { text } = await run({ a: [['one']], b: [['two']] })
    const lines = text.split('\n').filter((line) => line.includes('says'))
    expect(lines).to.have.length(40)
    expect(lines.filter((line, at) => line !== lines[at - 1])).to.have.length(2)
    for (const [lane, name, other] of [
      ['a', 'one', 'two'],
      ['b', 'two', 'one'],
    ]) {
      const log = readFileSync(join(folder, `${lane}.log`), 'utf8')
      expect([log.includes(`${name} says`), log.includes(`${other} says`)]).to.deep.equal([true, false])
    }
  })

  it('help each other: no file is run twice or left out', async () => {
    const { passed } = await run({ a: Array.from({ length: 5 }, () => ['good']), b: [['good']] })
    expect(passed).to.equal(12)
    expect(portions(['a', 'b', 'c'], 2)).to.deep.equal([['a', 'b'], ['c']])
  })
})
