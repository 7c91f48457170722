/** The examples of openflow/README.md do what it says. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { COMMANDS } from '../../openflow/cli/commands.ts'

const readme = readFileSync('openflow/README.md', 'utf8')
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]!)

describe('openflow README', () => {
  // Beneath node_modules, so that the examples find the package by its name as everybody does.
  const directory = resolve('node_modules/.cache', `node-openflow-readme-${process.pid}`)
  before(() => {
    mkdirSync(directory, { recursive: true })
  })
  after(() => {
    rmSync(directory, { recursive: true })
  })

  const programs = blocks('js')
  it('has examples', () => {
    expect(programs.length).to.be.greaterThan(4)
    for (const program of programs) expect(program).to.contain('assert')
  })

  programs.forEach((program, i) => {
    it(`example ${i + 1}: ${/import \{ (.*) \} from 'node-openflow'/.exec(program)![1]}`, async () => {
      const file = join(directory, `${i}.mjs`)
      writeFileSync(file, program)
      await import(pathToFileURL(file).href)
    })
  })

  it('commands', () => {
    const runs = [
      ...blocks('console')
        .join('')
        .matchAll(/^\$ echo (\S+) \| npx node-openflow (\w+)\n((?:[^$].*\n)*)/gm),
    ]
    expect(runs.length).to.equal(5)
    for (const [, line, command, output] of runs) expect(COMMANDS[command!]!.line(line!)).to.equal(output)
  })

  it('names every command', () => {
    for (const name of Object.keys(COMMANDS)) expect(readme).to.contain(`node-openflow ${name} [file ...]`)
  })
})
