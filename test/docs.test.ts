/**
 * The documentation is true where that can be checked: command lines parse, relative links resolve, YAML validates, the
 * table of rooms is that of the architecture test, the example client runs, the unit's settings are settings.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { COMMANDS } from '../cli/commands.ts'
import { sharedOptions } from '../cli/program.ts'
import { EVENTS } from '../controller/events.ts'
import { readConfig } from '../host/config.ts'
import { ERRORS } from '../model/errors.ts'
import { freshHome, tagsteer } from './support/terminal.ts'

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const text = new Map(PAGES.map((page) => [page, readFileSync(page, 'utf8')]))

interface Block {
  page: string
  language: string
  body: string
}

/** Fenced blocks of all pages. */
const BLOCKS: Block[] = [...text].flatMap(([page, source]) =>
  [...source.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    page,
    language: match[1]!,
    body: match[2]!,
  })),
)

/** Words of a shell line up to a comment, pipe, redirection or conjunction; quotes kept together. */
function words(line: string): string[] {
  const found = line.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? []
  const end = found.findIndex((word) => /^([|>&;#]|[|>&;]{2}|\d>.*)$/.test(word))
  return (end === -1 ? found : found.slice(0, end)).map((word) => word.replace(/^(['"])(.*)\1$/, '$2'))
}

/** Command lines of blocks and of code in running text. */
const LINES: { page: string; line: string }[] = [
  ...BLOCKS.filter(({ language }) => language === '' || language === 'sh').flatMap(({ page, body }) =>
    body
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => ({ page, line: line.trim().replace(/^\$ /, '') })),
  ),
  ...[...text].flatMap(([page, source]) =>
    [...source.replaceAll(/^```.*?^```$/gms, '').matchAll(/`((?:npx )?tagsteer [^`]+)`/g)].map((match) => ({
      page,
      line: match[1]!.replaceAll('\n', ' '),
    })),
  ),
].map(({ page, line }) => ({ page, line: line.replace(/^(TAGSTEER_\w+=\S+ )*(npx )?/, '') }))

const nameOf = (usage: string): string => usage.split(' ')[0]!

describe('documentation', () => {
  it('names commands and flags that exist, with arguments that they take', () => {
    const wrong: string[] = []
    const lines = LINES.filter(({ line }) => /^tagsteer( |$)/.test(line) && !line.includes('@@'))
    expect(lines.length).to.be.greaterThan(40)
    for (const { page, line } of lines) {
      const [name, ...rest] = words(line).slice(1)
      if (name === undefined || name === 'is' || name.startsWith('-')) continue
      const row = COMMANDS.find(({ usage }) => nameOf(usage) === name)
      if (row === undefined) {
        wrong.push(`${page}: ${line}: no command ${name}`)
        continue
      }
      const options = [...(row.options ?? []), ...sharedOptions(row.shared)].map(({ flags }) => flags)
      const values: string[] = []
      for (let at = 0; at < rest.length; at++) {
        const word = rest[at]!
        // What follows is another program's.
        if (word === '--') break
        if (!/^-\w|^--\w/.test(word)) {
          values.push(word)
          continue
        }
        const flags = options.find((each) => each.split(/[ ,]+/).includes(word))
        if (flags === undefined && word !== '--help') wrong.push(`${page}: ${line}: no option ${word}`)
        if (flags?.includes('<')) at++
      }
      const slots = row.usage.split(' ').slice(1)
      const least = slots.filter((slot) => slot.startsWith('<')).length
      const most = slots.some((slot) => slot.includes('...')) ? Number.POSITIVE_INFINITY : slots.length
      const isUsage = rest.some((word) => /^[<[]/.test(word))
      // Running text may name a command without its arguments.
      if (!isUsage && (values.length > most || (values.length > 0 && values.length < least)))
        wrong.push(`${page}: ${line}: ${values.length} arguments, it takes ${row.usage}`)
    }
    expect(wrong).to.deep.equal([])
  })

  it('names npm scripts and openflow commands that exist', () => {
    const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }).scripts
    const called = [...text].flatMap(([page, source]) =>
      [...source.matchAll(/npm (?:run )?(test|demo|check|format|generate|bench|build)\b|npm run (\w+)/g)].map(
        (match) => `${page} ${match[1] ?? match[2]}`,
      ),
    )
    expect(called.length).to.be.greaterThan(5)
    expect(called.filter((each) => !Object.hasOwn(scripts, each.split(' ')[1]!))).to.deep.equal([])
  })

  it('links to files and headings that exist', () => {
    const broken: string[] = []
    const anchors = (page: string): Set<string> =>
      new Set(
        [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map((match) =>
          match[1]!
            .toLowerCase()
            .replaceAll(/[^\w\- ]/g, '')
            .replaceAll(' ', '-'),
        ),
      )
    for (const [page, source] of text) {
      for (const [, target] of source.replaceAll(/^```.*?^```$/gms, '').matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue
        const [path, anchor] = target!.split('#') as [string, string?]
        const file = path === '' ? page : normalize(join(dirname(page), path))
        if (!existsSync(file)) broken.push(`${page}: ${target}`)
        else if (anchor !== undefined && file.endsWith('.md') && !anchors(file).has(anchor))
          broken.push(`${page}: ${target}: no such heading`)
      }
    }
    expect(broken).to.deep.equal([])
  })

  it('has a table of rooms that the architecture test enforces, in its order', () => {
    const source = readFileSync('test/architecture.test.ts', 'utf8')
    const rows = [...source.matchAll(/\{\s*room: '([^']+)',\s*files: [^\n]*?,\s*imports: \[([^\]]*)\](.*?)\},?\n/gs)]
    const enforced = rows.map(([, room, imports, flags]) => ({
      room,
      imports: [...imports!.matchAll(/'([^']+)'/g)].map((match) => match[1]!).filter((each) => each !== room),
      rxjs: /rxjs: true/.test(flags!),
      io: /io: true/.test(flags!),
    }))
    expect(enforced.length).to.be.greaterThan(10)
    const page = text.get('docs/architecture.md')!
    const start = page.indexOf('| room | files |')
    const told = page
      .slice(start, page.indexOf('\n\n', start))
      .split('\n')
      .slice(2)
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, room, , imports, rxjs, io]) => ({
        room,
        imports: imports === '' ? [] : imports!.split(', '),
        rxjs: rxjs === 'yes',
        io: io === 'yes',
      }))
    expect(told).to.deep.equal(enforced)
  })

  it('names files that exist in its tables', () => {
    const page = text.get('docs/architecture.md')!
    const named = [
      ...page.matchAll(/\b((?:cli|controller|host|model|openflow|packet|store|test|topology)\/[\w./-]+\.ts)\b/g),
    ]
    expect(named.length).to.be.greaterThan(30)
    expect(named.map((match) => match[1]!).filter((file) => !existsSync(file))).to.deep.equal([])
  })

  it('names limits with errors, events and tests that exist', () => {
    const page = text.get('docs/limits.md')!
    const rows = page.split('\n').filter((line) => /^\| (?!limit)[^-]/.test(line))
    expect(rows.length).to.be.greaterThan(20)
    const wrong: string[] = []
    for (const row of rows) {
      const cells = row.split('|').map((cell) => cell.trim())
      const [limit = '', told = '', test = ''] = [cells[1], cells[4], cells[5]]
      if (limit === 'groups') continue
      for (const [, name] of told.matchAll(/`([^`]+)`/g))
        if (!Object.hasOwn(EVENTS, name!) && !Object.hasOwn(ERRORS, name!)) wrong.push(`${limit}: ${name}`)
      if (!/`/.test(told) || !/"/.test(test)) wrong.push(`${limit}: nobody is told, or no test`)
    }
    for (const [, file, titles] of page.matchAll(/`(test\/[\w/-]+\.test\.ts)`:((?:,?\s+"[^"]+")+)/g)) {
      const source = readFileSync(file!, 'utf8')
      for (const [, title] of titles!.matchAll(/"([^"]+)"/g))
        if (!source.includes(title!.replaceAll(/\s+/g, ' '))) wrong.push(`${file}: ${title}`)
    }
    expect(wrong).to.deep.equal([])
  })

  it('has manifests that validate', async () => {
    const home = freshHome()
    try {
      const manifests = [
        ...BLOCKS.filter(({ language, body }) => language === 'yaml' && /^kind: /m.test(body)).map(({ body }) => body),
        ...readdirSync('examples')
          .filter((name) => /\.ya?ml$/.test(name))
          .map((name) => readFileSync(join('examples', name), 'utf8')),
      ]
      expect(manifests.length).to.be.greaterThan(0)
      for (const input of manifests) {
        const { code, err } = await tagsteer(['validate', '-f', '-'], { input })
        expect(err, input).to.equal('')
        expect(code).to.equal(0)
      }
    } finally {
      home.end()
    }
  })

  it('has example settings that the controller takes', () => {
    const name = 'deploy/tagsteer.yaml'
    const read = readConfig({
      file: { text: readFileSync(name, 'utf8'), name: '/etc/tagsteer/tagsteer.yaml' },
      environment: {},
      exists: () => false,
    })
    expect(read.ok ? read.warnings : read.problems).to.deep.equal([])
  })

  it('has a Node.js client that does what the page says', async function () {
    this.timeout(30_000)
    const home = freshHome()
    const abort = new AbortController()
    const folder = mkdtempSync(join(process.cwd(), 'node_modules', '.docs-'))
    let running: Promise<unknown> | undefined
    try {
      const server = await new Promise<string>((resolve, reject) => {
        const listen = ['--listen', 'localhost:0', '--openflow', '127.0.0.1:0', '--ovsdb', 'none']
        running = tagsteer(['up', ...listen, '--log-level', 'silent'], {
          signal: abort.signal,
          printed(out) {
            const ready = /^tagsteer is ready: gRPC (\S+),/m.exec(out)
            if (ready !== null) resolve(ready[1]!)
          },
        })
        void running.then((ran) => reject(new Error(JSON.stringify(ran))), reject)
      })
      expect((await tagsteer(['apply', '-f', 'examples/three-tenants.yaml', '--wait', 'applied'])).code).to.equal(0)
      const program = join(folder, 'client.mjs')
      writeFileSync(program, BLOCKS.find(({ page, language }) => page === 'docs/api.md' && language === 'js')!.body)
      const { stdout } = await promisify(execFile)(process.execPath, [program, server])
      expect(stdout).to.match(/^generation 2: 0 switches\n5 There is no interface named nobody\./)
      const { out } = await tagsteer(['get', 'if', 'blue-web', '-o', 'json'])
      expect(out).to.contain('env=test')
    } finally {
      abort.abort('SIGTERM')
      await running
      rmSync(folder, { recursive: true, force: true })
      home.end()
    }
  })
})
