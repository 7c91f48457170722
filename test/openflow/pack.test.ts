/**
 * The package as strangers get it: `npm pack`, installed into an empty project by the package's name; its types hold
 * there without the repository's settings, its examples compile and run against each other, its command runs.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { expect } from 'chai'

describe('the packed package, in an empty project', function () {
  this.timeout(120_000)
  const project = mkdtempSync(join(tmpdir(), 'node-openflow-'))
  const running: ChildProcess[] = []
  const run = (command: string, ...words: string[]): string =>
    execFileSync(command, words, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  /** An example's process, and its lines one by one. */
  function start(
    example: string,
    ...words: string[]
  ): { process: ChildProcess; line(pattern: RegExp): Promise<string> } {
    const child = spawn(process.execPath, [join(project, 'out', `${example}.js`), ...words], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    running.push(child)
    const lines: Interface = createInterface({ input: child.stdout })
    const told: string[] = []
    let look: () => void = () => {}
    lines.on('line', (line) => {
      told.push(line)
      look()
    })
    return {
      process: child,
      line: (pattern) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`${example} does not say ${pattern}: ${told}`)), 20_000)
          look = () => {
            const found = told.findIndex((line) => pattern.test(line))
            if (found < 0) return
            clearTimeout(timer)
            resolve(told.splice(0, found + 1).at(-1)!)
          }
          look()
        }),
    }
  }

  before(() => {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', project], { cwd: 'openflow', stdio: 'pipe' })
    const [tarball] = readdirSync(project).filter((name) => name.endsWith('.tgz'))
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }))
    run('npm', 'install', '--silent', '--offline', '--no-audit', '--no-fund', `./${tarball}`)
  })
  after(() => {
    for (const child of running) child.kill()
    rmSync(project, { recursive: true, force: true })
  })

  it('brings nothing but itself', () => {
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).to.deep.equal([
      'node-openflow',
    ])
    const files = readdirSync(join(project, 'node_modules/node-openflow'), { recursive: true, encoding: 'utf8' })
    expect(files).to.include.members(['README.md', 'dist/index.js', 'dist/types/index.d.ts', 'bin/node-openflow.js'])
    expect(files.filter((name) => /(^|\/)(test|examples)\//.test(name))).to.deep.equal([])
  })

  it('has a command', () => {
    writeFileSync(join(project, 'messages'), '0414000800000003\n')
    expect(run('npx', '--no-install', 'node-openflow', 'print', 'messages')).to.contain('OFPT_BARRIER_REQUEST')
  })

  it('has types under which the examples compile, and wrong use does not', () => {
    const examples = readdirSync('openflow/examples')
    for (const name of examples) writeFileSync(join(project, name), readFileSync(join('openflow/examples', name)))
    // Types of Node itself, and the compiler, are the only things borrowed.
    symlinkSync(resolve('node_modules/@types'), join(project, 'node_modules/@types'))
    symlinkSync(resolve('node_modules/undici-types'), join(project, 'node_modules/undici-types'))
    const compilerOptions = {
      target: 'ES2022',
      module: 'nodenext',
      strict: true,
      types: ['node'],
      outDir: 'out',
      skipLibCheck: false,
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: examples }))
    run(resolve('node_modules/.bin/tsc'), '-p', '.')
    writeFileSync(
      join(project, 'wrong.ts'),
      `import { encode } from 'node-openflow'\nencode({ type: 'barrier_request', xid: 'one' })\n`,
    )
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['wrong.ts'] }))
    expect(() => run(resolve('node_modules/.bin/tsc'), '-p', '.'))
      .to.throw()
      .with.property('stdout')
      .that.contains('wrong.ts(2')
  })

  it('runs the examples against each other: a switch, its controller, and who listens between', async () => {
    const controller = start('learning-controller', '0')
    const [controllerPort] = (await controller.line(/^listening on \d+$/)).match(/\d+/)!
    const snoop = start('snoop', '0', controllerPort)
    const [snoopPort] = (await snoop.line(/^listening on \d+$/)).match(/\d+/)!
    const device = start('memory-switch', snoopPort)
    await device.line(/^connected to/)
    expect(await controller.line(/connected/)).to.match(/^0x2a connected from .*, version octet 5$/)
    await snoop.line(/^< OFPT_FEATURES_REQUEST \(OF1.4\)/)
    const frame = (to: string, from: string): string => `0200000000${to}0200000000${from}88b50000`
    device.process.stdin!.write(`1 ${frame('02', '01')}\n`)
    // Unknown destination: flooded to the other two ports.
    await device.line(new RegExp(`^port 2: ${frame('02', '01')}`))
    await device.line(new RegExp(`^port 3: ${frame('02', '01')}`))
    device.process.stdin!.write(`2 ${frame('01', '02')}\n`)
    await device.line(new RegExp(`^port 1: ${frame('01', '02')}`))
    // Now there is a flow for it, and the controller is not asked again.
    await snoop.line(/^< OFPT_FLOW_MOD .*dl_dst=02:00:00:00:00:01 .*actions=output:1/)
    device.process.stdin!.write(`2 ${frame('01', '02')}\n`)
    await device.line(new RegExp(`^port 1: ${frame('01', '02')}`))
    device.process.stdin!.end()
    await controller.line(/^0x2a is gone/)
  })
})
