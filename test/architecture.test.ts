/**
 * The house rules as a test: who may import whom, where RxJS and Node I/O may appear, how long a file may be, and
 * that every file says what it is for. docs/architecture.md explains the rules; this file enforces them.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect } from 'chai'

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '')
const source = new Map(
  files.flatMap((file) => {
    try {
      return [[file, readFileSync(file, 'utf8')] as const]
    } catch {
      return [] // deleted in the work tree, still in the index
    }
  }),
)
const production = [...source.keys()].filter((file) => !/^(test|bench|scripts|openflow\/examples)\//.test(file))

/** A room of the house: the first row whose pattern matches a file is its room. */
interface Room {
  room: string
  files: RegExp
  imports: string[]
  rxjs?: boolean
  io?: boolean
}

const ROOMS: Room[] = [
  {
    room: 'openflow connection',
    files: /^openflow\/(connection|cli)(\/|\.ts$)/,
    imports: ['openflow', 'openflow connection'],
    io: true,
  },
  { room: 'openflow', files: /^openflow\//, imports: ['openflow', 'openflow connection'] },
  { room: 'packet', files: /^packet\//, imports: ['packet', 'openflow'] },
  { room: 'model', files: /^model\//, imports: ['model', 'openflow'] },
  { room: 'store', files: /^store\//, imports: ['store', 'model'], rxjs: true, io: true },
  { room: 'host', files: /^host\//, imports: ['host', 'model'], io: true },
  {
    room: 'topology service',
    files: /^topology\/service\.ts$/,
    imports: ['topology', 'openflow', 'packet', 'model', 'host'],
    rxjs: true,
    io: true,
  },
  { room: 'topology', files: /^topology\//, imports: ['topology', 'openflow', 'packet', 'model'] },
  { room: 'ipam', files: /^ipam\//, imports: ['ipam', 'model'] },
  { room: 'connectors', files: /^connectors\//, imports: ['connectors', 'ipam', 'model'], io: true },
  { room: 'policy', files: /^controller\/policy\//, imports: ['policy', 'openflow', 'packet', 'model', 'topology'] },
  {
    room: 'flows',
    files: /^controller\/flows\//,
    imports: ['flows', 'policy', 'openflow', 'packet', 'model', 'topology'],
  },
  { room: 'prove', files: /^controller\/prove\//, imports: ['prove', 'policy', 'openflow', 'packet', 'model'] },
  {
    room: 'controller',
    files: /^controller\//,
    imports: [
      'controller',
      'prove',
      'flows',
      'policy',
      'ipam',
      'connectors',
      'topology service',
      'topology',
      'store',
      'host',
      'openflow',
      'openflow connection',
      'packet',
      'model',
      'proto',
    ],
    rxjs: true,
    io: true,
  },
  { room: 'lab', files: /^mininet\//, imports: ['lab'], io: true },
  { room: 'proto', files: /^proto\//, imports: ['proto'], io: true },
  {
    room: 'cli entry',
    files: /^cli\/(main|lab-plan|commands\/(up|controller|lab))\.ts$/,
    imports: ['cli', 'proto', 'host', 'openflow', 'controller', 'store', 'model', 'lab'],
    io: true,
  },
  { room: 'cli', files: /^cli\//, imports: ['cli', 'cli entry', 'proto', 'host', 'openflow', 'model'], io: true },
]

const roomOf = (file: string): Room | undefined => ROOMS.find((room) => room.files.test(file))
const specifiers = (text: string): string[] =>
  [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3]) as string)

/** Modules of Node that reach outside the process. Pure ones (assert, crypto hashes, util) are not among them. */
const IO =
  /^node:(fs|net|tls|dgram|http|https|http2|child_process|process|os|dns|readline|repl|cluster|worker_threads|timers)(\/|$)/

describe('the house', () => {
  it('has a room for every production file', () => {
    expect(production.length).to.be.greaterThan(20)
    expect(production.filter((file) => roomOf(file) === undefined)).to.deep.equal([])
  })

  it('lets each room import only the rooms that the table names', () => {
    const broken: string[] = []
    for (const file of production) {
      const room = roomOf(file)
      if (room === undefined) continue
      for (const specifier of specifiers(source.get(file)!)) {
        const target = specifier.startsWith('.')
          ? roomOf(normalize(join(dirname(file), specifier)))?.room
          : specifier === 'node-openflow'
            ? 'openflow'
            : undefined
        if (target !== undefined && target !== room.room && !room.imports.includes(target)) {
          broken.push(`${file} (${room.room}) imports ${specifier} (${target})`)
        }
        if (file.startsWith('openflow/') && !specifier.startsWith('.') && !specifier.startsWith('node:')) {
          broken.push(`${file}: node-openflow has no dependencies, yet it imports ${specifier}`)
        }
      }
    }
    expect(broken).to.deep.equal([])
  })

  it('keeps RxJS and Node I/O at the edges', () => {
    const broken: string[] = []
    for (const file of production) {
      const room = roomOf(file)
      for (const specifier of specifiers(source.get(file)!)) {
        if (/^rxjs(\/|$)/.test(specifier) && room?.rxjs !== true) broken.push(`${file} imports ${specifier}`)
        if (IO.test(specifier) && room?.io !== true) broken.push(`${file} imports ${specifier}`)
      }
    }
    expect(broken).to.deep.equal([])
  })

  it('gives cores no clock and no dice', () => {
    const cores = production.filter((file) => roomOf(file)?.io !== true)
    const broken = cores.filter((file) =>
      /\b(Date\.now|Math\.random|performance\.now|process\.hrtime)\s*\(|\bnew Date\(\)/.test(source.get(file)!),
    )
    expect(broken).to.deep.equal([])
  })

  it('keeps every file under 500 lines, but for what is generated', () => {
    const long = [...source]
      .filter(([file]) => !file.startsWith('proto/gen/'))
      .map(([file, text]) => [file, text.split('\n').length] as const)
      .filter(([, lines]) => lines > 501)
    expect(long).to.deep.equal([])
  })

  it('opens every production file with what it is for', () => {
    const silent = production.filter((file) => !/^(#![^\n]*\n)?\s*(\/\*\*|\/\/)/.test(source.get(file)!))
    expect(silent).to.deep.equal([])
  })

  it('leaves no reminder without an owner', () => {
    const words = ['TO', 'FIX'].map((start, index) => start + ['DO', 'ME'][index])
    const marker = new RegExp(`\\b(${words.join('|')})\\b(?!\\(#\\d+\\))`)
    expect([...source].filter(([, text]) => marker.test(text)).map(([file]) => file)).to.deep.equal([])
  })
})
