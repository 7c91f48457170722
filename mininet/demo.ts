/**
 * The main job, shown: a controller with the embedded store, three switches, six hosts of three tenants; an example file
 * is applied, and who reaches whom is measured with real packets before and after tags change and after a link is cut.
 * With --once it ends by itself, with code 1 if any verdict was wrong; otherwise the network stays up for exploring.
 * Run by scripts/demo.sh. What should happen is written down here by hand, independent of the controller's own answers.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Lab, type Reach } from './lab.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TAGSTEER = join(ROOT, 'dist', 'tagsteer.js')
const EXAMPLE = join('examples', 'three-tenants.yaml')
const once = process.argv.includes('--once')

const HOSTS = ['red-web', 'tools', 'red-db', 'green-web', 'blue-web', 'blue-db']
const SWITCH_OF = ['s1', 's1', 's2', 's2', 's3', 's3']
const PORT = 5432

const bold = (text: string): string => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text)
const red = (text: string): string => (process.stdout.isTTY ? `\x1b[31m${text}\x1b[0m` : text)
const say = (text = ''): void => console.log(text)
const step = (text: string): void => say(`\n${bold(`── ${text}`)}`)

/** What is expected of `to` when `from` asks: a ping and a TCP connection to port 5432. */
interface Expected {
  ping: Reach
  tcp: Reach
}
const NOTHING: Expected = { ping: 'silent', tcp: 'silent' }
const ALL: Expected = { ping: 'open', tcp: 'open' }

/** The example file in one function, by hand. `reds` are the members of red at the moment. */
function expected(from: string, to: string, reds: string[]): Expected {
  const greens = ['tools', 'green-web']
  const blues = ['blue-web', 'blue-db'].filter((name) => !reds.includes(name))
  if (greens.includes(from) && greens.includes(to)) return ALL
  if (blues.includes(from) && blues.includes(to)) return ALL
  if (!reds.includes(from) || !reds.includes(to)) return NOTHING
  if (to !== 'red-db') return { ping: 'open', tcp: 'silent' }
  return { ping: 'unreachable', tcp: ['red-web', 'blue-web'].includes(from) ? 'open' : 'silent' }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

let wrong = 0
const folder = mkdtempSync(join(tmpdir(), 'tagsteer-demo-'))
const [api, openflow] = [await freePort(), await freePort()]
const environment = { ...process.env, TAGSTEER_HOME: folder, TAGSTEER_SERVER: `127.0.0.1:${api}` }

/** Runs the command line as a user would, and shows the command and what it printed. */
function tagsteer(...words: string[]): Promise<string> {
  say(`$ tagsteer ${words.map((word) => (/^[\w./:=,+-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`)
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [TAGSTEER, ...words], { env: environment, cwd: ROOT }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`tagsteer ${words.join(' ')} failed (${error.code}): ${stderr}`))
      else resolve(stdout + stderr)
    })
  })
}

async function shown(...words: string[]): Promise<void> {
  process.stdout.write(await tagsteer(...words))
}

function startController(): Promise<ChildProcess> {
  const words = ['up', '--listen', `127.0.0.1:${api}`, '--openflow', `127.0.0.1:${openflow}`]
  say(`$ tagsteer ${words.join(' ')}`)
  const child = spawn(process.execPath, [TAGSTEER, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    let text = ''
    const lines = createInterface({ input: child.stdout! })
    child.stderr!.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-4000)
    })
    const late = setTimeout(() => reject(new Error(`the controller does not start: ${text}`)), 30_000)
    lines.on('line', (line) => {
      if (!/ready/.test(line)) return
      clearTimeout(late)
      resolve(child)
    })
    child.on('exit', (code) => {
      clearTimeout(late)
      reject(new Error(`the controller ended with code ${code}: ${text}`))
    })
  })
}

/** Measures every ordered pair and prints a matrix; counts what differs from what should happen. */
async function measure(lab: Lab, reds: string[]): Promise<void> {
  const answers = await Promise.all(
    HOSTS.map((_from, index) =>
      lab.probe(
        `h${index + 1}`,
        HOSTS.flatMap((_to, other) =>
          other === index
            ? []
            : [
                { to: `10.0.0.${other + 1}`, kind: 'ping' as const, timeout: 1 },
                { to: `10.0.0.${other + 1}`, kind: 'tcp' as const, port: PORT, timeout: 1 },
                { to: `fd00::${other + 1}`, kind: 'tcp' as const, port: PORT, timeout: 1 },
              ],
        ),
      ),
    ),
  )
  const sign: Record<Reach, string> = { open: 'yes', reset: 'rst', unreachable: 'icmp!', silent: '-' }
  const width = 16
  say('Row to column: ping / tcp 5432 over IPv4, IPv6.  yes: answered  -: silence  icmp!: refused by an ICMP error')
  say(`${''.padEnd(12)}${HOSTS.map((name) => name.padEnd(width)).join('')}`.trimEnd())
  HOSTS.forEach((from, index) => {
    const row = HOSTS.map((to, other) => {
      if (other === index) return '·'.padEnd(width)
      const at = (other > index ? other - 1 : other) * 3
      const [ping, tcp4, tcp6] = answers[index]!.slice(at, at + 3) as [Reach, Reach, Reach]
      const should = expected(from, to, reds)
      const right = ping === should.ping && tcp4 === should.tcp && tcp6 === should.tcp
      if (!right) {
        wrong++
        console.error(
          red(
            `WRONG: ${from} -> ${to}: ping ${ping}, tcp ${tcp4}, tcp6 ${tcp6}; should be ${should.ping}, ${should.tcp}`,
          ),
        )
      }
      const cell = `${sign[ping]} / ${sign[tcp4]},${sign[tcp6]}`.padEnd(width)
      return right ? cell : red(cell)
    })
    say(`${from.padEnd(12)}${row.join('')}`.trimEnd())
  })
}

async function settled(): Promise<void> {
  await shown('wait', '--wait-timeout', '30s')
}

let controller: ChildProcess | undefined
let lab: Lab | undefined

async function cleanUp(): Promise<void> {
  await lab?.stop()
  if (controller !== undefined && controller.exitCode === null) {
    const ended = new Promise((resolve) => controller!.once('exit', resolve))
    controller.kill('SIGTERM')
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
}

async function main(): Promise<void> {
  step('A controller with the embedded store')
  controller = await startController()
  step('Three switches in a ring, six hosts of three tenants (Mininet, real Open vSwitch)')
  say('   s1: red-web, tools     s2: red-db, green-web     s3: blue-web, blue-db')
  const started = await Lab.start({
    switches: ['s1', 's2', 's3'].map((name, index) => ({ name, dpid: `000000000000000${index + 1}` })),
    hosts: HOSTS.map((_, index) => ({
      name: `h${index + 1}`,
      mac: `00:00:5e:00:53:0${index + 1}`,
      ip: `10.0.0.${index + 1}/24`,
      ip6: `fd00::${index + 1}/64`,
      switch: SWITCH_OF[index]!,
    })),
    links: [
      ['s1', 's2'],
      ['s2', 's3'],
      ['s3', 's1'],
    ],
    controllers: [`tcp:127.0.0.1:${openflow}`],
  })
  lab = started.lab
  const running = lab
  await Promise.all(HOSTS.map((_, index) => running.listen(`h${index + 1}`, [PORT])))

  step('Before any record: nobody reaches anybody')
  await waitForSwitches()
  await measureNothing(running)

  step('Apply the example file')
  await shown('apply', '-f', EXAMPLE, '--wait', 'applied', '--print-wait-time')
  // blue-web is attached by its MAC: its first frame shows where it is.
  await running.ping('h5', '10.0.0.6', { count: 3 })
  await settled()
  await shown('get', 'interfaces')
  await shown('topology')

  step('Who reaches whom, measured with real packets')
  await measure(running, ['red-web', 'tools', 'red-db'])

  step('Why? Ask the controller')
  await shown('explain', 'red-web', 'red-db', 'tcp/5432')
  await shown('explain', 'green-web', 'red-db', 'tcp/5432')
  await shown('flows', 's2', '--policy', 'red-db')

  step('A tag changes: blue-web joins red')
  await shown('tag', 'blue-web', 'tenant=red', 'tenant=blue-', '--wait', 'applied')
  await measure(running, ['red-web', 'tools', 'red-db', 'blue-web'])

  step('A link is cut: s1 and s2 now meet through s3')
  await running.link('s1', 's2', false)
  await waitForLinks(4)
  await measure(running, ['red-web', 'tools', 'red-db', 'blue-web'])
  await shown('events', '--type', 'link-down', '--severity', 'warning')

  step(wrong === 0 ? 'Every verdict was right.' : `${wrong} verdicts were WRONG.`)
}

async function waitForSwitches(): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const { stdout } = await quiet('get', 'switches', '-o', 'json')
    const served = (JSON.parse(stdout || '[]') as { state: string }[]).filter(
      ({ state }) => state === 'SWITCH_STATE_SERVED',
    )
    if (served.length === 3) {
      await waitForLinks(6)
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error('the switches are not served after 30 s: see `tagsteer events`')
}

async function waitForLinks(count: number): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const { stdout } = await quiet('topology', '-o', 'json')
    if (((JSON.parse(stdout || '{}') as { links?: unknown[] }).links ?? []).length === count) {
      await quiet('wait')
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(`the topology does not settle at ${count} links: see \`tagsteer topology\``)
}

function quiet(...words: string[]): Promise<{ stdout: string }> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [TAGSTEER, ...words], { env: environment, cwd: ROOT }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(stderr))
      else resolve({ stdout })
    })
  })
}

async function measureNothing(running: Lab): Promise<void> {
  const reached = await running.probe(
    'h1',
    HOSTS.slice(1).map((_, index) => ({ to: `10.0.0.${index + 2}`, kind: 'ping' as const, timeout: 1 })),
  )
  const open = reached.filter((answer) => answer === 'open').length
  say(`red-web pings ${reached.length} others: ${open} answer`)
  wrong += open
}

const interrupted = (): void => void cleanUp().then(() => process.exit(130))
process.once('SIGINT', interrupted)
process.once('SIGTERM', () => void cleanUp().then(() => process.exit(143)))
try {
  await main()
  if (!once) {
    step('The network stays up. In another terminal:')
    say(`  export TAGSTEER_HOME=${folder} TAGSTEER_SERVER=127.0.0.1:${api}`)
    say(`  alias tagsteer='node ${TAGSTEER}'`)
    say('  tagsteer explain blue-web red-db tcp/5432')
    say('  tagsteer tag blue-web tenant=red-')
    say('  tagsteer flows s1 -o wide')
    say('Hosts h1 to h6 are red-web, tools, red-db, green-web, blue-web, blue-db at 10.0.0.1 to 10.0.0.6:')
    say("  mnexec -a $(pgrep -fo 'mininet:h1$') ping -c 1 10.0.0.2")
    say('Press Ctrl-C to take everything down.')
    // From here on an interruption is the orderly end.
    process.off('SIGINT', interrupted)
    await new Promise<void>((resolve) => process.once('SIGINT', resolve))
  }
} catch (error) {
  console.error(red(`The demo failed: ${(error as Error).message}`))
  wrong++
} finally {
  await cleanUp()
}
process.exitCode = wrong === 0 ? 0 : 1
