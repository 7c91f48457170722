/**
 * `tagsteer lab`: a cloud in a box on this machine. Hypervisors and their VMs are network namespaces; a controller serves
 * them, and every other command of this home finds it. What is built is said by lab-plan.ts, how by mininet/hypervisors.py,
 * which also keeps the controller: one process whose end is the end of all. `lab.json` in the home says where it is.
 */
import { spawn } from 'node:child_process'
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { script } from '../../mininet/host-requests.ts'
import { Cloud, type CloudState } from '../../mininet/hypervisors.ts'
import type { Switch__Output } from '../../proto/gen/tagsteer/v1/Switch.ts'
import { Client } from '../client.ts'
import { type CommandRow, type Invocation, type Terminal, text } from '../command.ts'
import { home, readContext } from '../context.ts'
import { CliError, EXIT } from '../failure.ts'
import { DATABASE_PORT, type LabPlan, type LabSize, LIMITS, labManifests, neighbours, planLab } from '../lab-plan.ts'
import { readManifests } from '../manifest.ts'
import { render } from '../output.ts'
import { table } from '../table.ts'
import { send, waitApplied } from './apply.ts'

const PROGRAMS = ['ip', 'ethtool', 'ping', 'setpriv', 'prlimit', 'sysctl']
const SWITCH_PROGRAMS = ['ovsdb-tool', 'ovsdb-server', 'ovs-vswitchd', 'ovs-vsctl', 'ovs-ofctl', 'ovs-appctl']
const PYTHON = '/usr/bin/python3'
const SOCKET_MS = 10_000
const CONTROLLER_MS = 60_000
const SERVED_MS = 60_000

const statePath = (): string => join(home(), 'lab.json')

interface LabState {
  directory: string
}

function readState(): LabState | undefined {
  let written: string
  try {
    written = readFileSync(statePath(), 'utf8')
  } catch {
    return undefined
  }
  try {
    const { directory } = JSON.parse(written) as Partial<LabState>
    if (typeof directory === 'string') return { directory }
  } catch {
    // Said below.
  }
  throw new CliError(`${statePath()} is damaged`, 1, ['remove it; namespaces of labs are shown by `ip netns`: tsl-*'])
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks until there is an answer; throws a CliError after `timeoutMs`, or when interrupted. */
async function until<T>(
  what: string,
  { signal }: Terminal,
  timeoutMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  for (let left = timeoutMs; left > 0; left -= 50) {
    if (signal.aborted) throw new CliError('interrupted', EXIT.interrupted)
    const answer = await ask()
    if (answer !== undefined) return answer
    await pause(50)
  }
  throw new CliError(`${what}: not within ${timeoutMs / 1000} s`, EXIT.timeout)
}

function requirePrograms(): void {
  const folders = (process.env['PATH'] ?? '').split(':')
  const missing = (programs: readonly string[]): string[] =>
    programs.filter((name) => {
      return !folders.some((folder) => {
        try {
          accessSync(join(folder, name), constants.X_OK)
          return true
        } catch {
          return false
        }
      })
    })
  const [switches, others] = [missing(SWITCH_PROGRAMS), missing(PROGRAMS)]
  if (switches.length > 0) {
    throw new CliError(`Open vSwitch is not installed: there is no ${switches.join(', ')}`, 1, [
      'install it (Debian, Ubuntu: apt-get install openvswitch-switch)',
    ])
  }
  try {
    accessSync(PYTHON, constants.X_OK)
  } catch {
    others.push(PYTHON)
  }
  if (others.length > 0) {
    throw new CliError(`a lab needs ${others.join(', ')}`, 1, [
      'install them (Debian, Ubuntu: apt-get install iproute2 ethtool iputils-ping util-linux procps python3)',
    ])
  }
  if (process.getuid?.() !== 0) throw new CliError('a lab makes network namespaces: run it as root, e.g. with sudo -E')
}

function readSize(options: Invocation['options']): LabSize {
  const read = (name: keyof LabSize): number => {
    const given = text(options, name) ?? ''
    const number = /^\d+$/.test(given) ? Number(given) : 0
    if (number < 1 || number > LIMITS[name]) {
      throw new CliError(`--${name} takes a number from 1 to ${LIMITS[name]}, not ${given}`)
    }
    return number
  }
  return { hypervisors: read('hypervisors'), vms: read('vms'), networks: read('networks') }
}

/** A controller of this home that is none of a lab must not be mixed up with it. */
async function refuseOtherController(): Promise<void> {
  const context = readContext()
  if (context === undefined) return
  try {
    const client = new Client({ ...context, timeoutMs: 2000 })
    await client.call('Health', 'check', { service: '' }).finally(() => client.close())
  } catch {
    return
  }
  throw new CliError(`a controller of this home answers at ${context.server}`, 1, [
    'stop it, or give the lab a home of its own: TAGSTEER_HOME=/tmp/lab tagsteer lab up',
  ])
}

/** Another home's lab may have these names, too: where it is comes from ours. */
async function openLab(): Promise<Cloud> {
  const state = readState()
  if (state === undefined) throw new CliError('no lab is up', 1, ['start one with `tagsteer lab up`'])
  try {
    return await Cloud.at(state.directory)
  } catch {
    throw new CliError('the lab has crashed', 1, ['remove what is left with `tagsteer lab down`'])
  }
}

/** Runs something with the lab, and leaves it. */
async function withLab<T>(use: (cloud: Cloud) => Promise<T>): Promise<T> {
  const cloud = await openLab()
  try {
    return await use(cloud)
  } finally {
    await cloud.stop()
  }
}

async function serveLab(directory: string, terminal: Terminal): Promise<Cloud> {
  const log = openSync(join(directory, 'lab.log'), 'w')
  const child = spawn(PYTHON, [script('hypervisors.py'), directory], { detached: true, stdio: ['ignore', log, log] })
  child.unref()
  closeSync(log)
  return until('the lab starts', terminal, SOCKET_MS, async () => {
    if (child.exitCode !== null) {
      throw new CliError(`the lab does not start: ${readFileSync(join(directory, 'lab.log'), 'utf8').trim()}`)
    }
    return Cloud.at(directory).catch(() => undefined)
  })
}

/** Starts a controller of this home that ends with the lab, and resolves to where it answers. */
async function startController(cloud: Cloud, directory: string, terminal: Terminal): Promise<[string, string]> {
  const { hypervisors } = await cloud.status()
  const command = [process.execPath, ...process.execArgv, process.argv[1]!, 'up', '--listen', '127.0.0.1:0']
  const words = [
    '--repair',
    '--openflow',
    '127.0.0.1:0',
    '--ovsdb',
    hypervisors.map(({ database }) => database).join(','),
  ]
  const environment = { TAGSTEER_HOME: home(), TAGSTEER_STORE: join(directory, 'store') }
  await cloud.start('controller', [...command, ...words], environment)
  const log = join(directory, 'controller.log')
  return until('the controller starts', terminal, CONTROLLER_MS, async () => {
    const said = readFileSync(log, 'utf8')
    const ready = /^tagsteer is ready: gRPC (\S+), OpenFlow (\S+)$/m.exec(said)
    if (ready !== null) return [ready[1]!, ready[2]!]
    if ((await cloud.status()).started['controller'] === false) {
      throw new CliError('the controller of the lab does not start', 1, said.trim().split('\n').slice(-5))
    }
    return undefined
  })
}

async function build(plan: LabPlan, invocation: Invocation, directory: string): Promise<void> {
  const { terminal } = invocation
  const say = (line: string): void => terminal.note(`${line}\n`)
  const cloud = await serveLab(directory, terminal)
  try {
    say(`${plan.hypervisors.length} hypervisors, ${plan.vms.length} VMs and two spines, in ${directory}`)
    await cloud.build(plan)
    for (const { name, app } of plan.vms) if (app === 'db') await cloud.listen(name, [DATABASE_PORT])
    const [server, openflow] = await startController(cloud, directory, terminal)
    say(`a controller at ${server}; every bridge brint connects to it`)
    await cloud.controllers([openflow])
    const client = new Client({ server, insecure: false, timeoutMs: 30_000 })
    try {
      await until('every hypervisor is served', terminal, SERVED_MS, async () => {
        const switches = await client.list<Switch__Output>('TopologyService', 'listSwitches', 'switches')
        const served = switches.filter(({ state }) => state === 'SWITCH_STATE_SERVED').length
        return served === plan.hypervisors.length ? served : undefined
      })
      const file = join(directory, 'lab.yaml')
      writeFileSync(file, labManifests(plan))
      const asLab = { ...invocation, options: { owner: 'lab' }, client: () => client }
      const { generation } = await send(asLab, readManifests([file], ''), false)
      await waitApplied(client, generation, '60s')
      say(`records of ${file} applied on ${plan.hypervisors.length} switches`)
    } finally {
      client.close()
    }
    const pair = neighbours(plan)
    if (pair !== undefined) {
      const [from, to] = pair
      const address = to.ip.replace(/\/.*/, '')
      const answered = await cloud.ping(from.name, address, { count: 10 })
      say(
        `${from.name} on ${from.hypervisor} pings ${to.name} on ${to.hypervisor}: ${answered ? 'answered' : 'silence'}`,
      )
    }
  } finally {
    await cloud.stop()
  }
}

async function labUp(invocation: Invocation): Promise<number | undefined> {
  const { options, terminal } = invocation
  const size = readSize(options)
  requirePrograms()
  if (readState() !== undefined) {
    await withLab(async (cloud) => show(invocation, await cloud.status()))
    terminal.note('the lab is up already; `tagsteer lab down` ends it\n')
    return undefined
  }
  await refuseOtherController()
  const directory = mkdtempSync(join(tmpdir(), 'tagsteer-lab-'))
  try {
    mkdirSync(home(), { recursive: true, mode: 0o700 })
    writeFileSync(statePath(), `${JSON.stringify({ directory } satisfies LabState)}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    rmSync(directory, { recursive: true })
    throw new CliError(`another \`tagsteer lab up\` was faster: ${(error as Error).message}`)
  }
  const plan = planLab(size)
  try {
    await build(plan, invocation, directory)
  } catch (error) {
    await removeLab(directory)
    throw error instanceof CliError ? error : new CliError(`the lab cannot be built: ${(error as Error).message}`)
  }
  return withLab(async (cloud) => {
    show(invocation, await cloud.status())
    terminal.note(tryText(plan))
    return undefined
  })
}

function tryText(plan: LabPlan): string {
  const [from, to] = neighbours(plan) ?? [plan.vms[0]!, plan.vms[0]!]
  const address = to.ip.replace(/\/.*/, '')
  const lines = [
    '',
    'Try:',
    ...(process.env['TAGSTEER_HOME'] ? [`  export TAGSTEER_HOME=${home()}`] : []),
    `  tagsteer lab exec ${from.name} -- ping -c 3 ${address}`,
    `  tagsteer explain ${from.name} ${to.name} tcp/${DATABASE_PORT}`,
    `  tagsteer tag ${from.name} app-`,
    `  tagsteer lab exec ${from.hypervisor} -- ovs-ofctl -O OpenFlow13 dump-flows brint`,
    '  tagsteer status',
    '  tagsteer lab down',
    '',
  ]
  return lines.join('\n')
}

/** Ends it where it runs, then removes what it wrote down and still is there. */
async function removeLab(directory: string): Promise<void> {
  const cloud = await Cloud.at(directory).catch(() => undefined)
  // Its connection may break as it ends.
  await cloud?.end().catch(() => undefined)
  const child = spawn(PYTHON, [script('lab_state.py'), directory], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new CliError(`not all of the lab could be removed: ${said.trim()}`, 1, [`see ${directory}`])
  rmSync(statePath(), { force: true })
}

async function labDown({ format, terminal }: Invocation): Promise<number | undefined> {
  const state = readState()
  if (state !== undefined) await removeLab(state.directory)
  const item = { removed: state !== undefined }
  if (format === 'json') terminal.out(render(format, { columns: [], items: [item], single: true }))
  else terminal.out(state === undefined ? 'no lab is up\n' : 'the lab is gone\n')
  return undefined
}

function show({ format, terminal }: Invocation, state: CloudState): void {
  if (format === 'json' || format === 'jsonl' || format === 'yaml') {
    terminal.out(render(format, { columns: [], items: [state], single: true }))
    return
  }
  const rows = state.hypervisors.map((row) => ({
    ...row,
    daemons: Object.values(row.running).every((runs) => runs) ? 'run' : 'stopped',
    vms: state.vms.filter(({ hypervisor }) => hypervisor === row.name).map(({ name, ip }) => `${name} ${ip}`),
  }))
  const columns = [
    { header: 'HYPERVISOR', cell: ({ name }: (typeof rows)[number]) => name },
    { header: 'DAEMONS', cell: ({ daemons }: (typeof rows)[number]) => daemons },
    { header: 'TUNNEL END', cell: ({ vtep }: (typeof rows)[number]) => vtep },
    { header: 'VMS', cell: ({ vms }: (typeof rows)[number]) => vms.join(', ') },
    { header: 'NAMESPACE', cell: ({ namespace }: (typeof rows)[number]) => namespace, wide: true },
    { header: 'DIRECTORY', cell: ({ directory }: (typeof rows)[number]) => directory, wide: true },
  ]
  const controller = state.started['controller'] === true ? 'runs' : 'has ended'
  const spines = state.spines.map(({ name, cut }) => (cut ? `${name} is cut` : name)).join(', ')
  terminal.out(
    `${table(columns, rows, format === 'wide').join('\n')}\n\nunderlay ${spines}; the controller ${controller}\n`,
  )
}

async function labStatus(invocation: Invocation): Promise<number | undefined> {
  return withLab(async (cloud) => {
    const state = await cloud.status()
    show(invocation, state)
    const well =
      state.started['controller'] === true &&
      state.hypervisors.every(({ running }) => Object.values(running).every((runs) => runs))
    return well ? undefined : EXIT.different
  })
}

/** The command has our input and output, and its exit code is ours. */
async function labExec(words: string[]): Promise<number | undefined> {
  const [name, ...command] = words
  if (name === undefined || command.length === 0) {
    throw new CliError('say where and what: tagsteer lab exec vm1 -- ping -c 3 10.0.0.2')
  }
  const { hypervisors, vms, spines } = await withLab((cloud) => cloud.status())
  const hosts = [...vms, ...hypervisors, ...spines]
  const host = hosts.find((row) => row.name === name)
  if (host === undefined) {
    throw new CliError(`there is no ${name} in the lab`, 1, [`there are ${hosts.map((row) => row.name).join(', ')}`])
  }
  const daemons = 'directory' in host ? { OVS_RUNDIR: host.directory, OVS_DBDIR: host.directory } : {}
  const child = spawn('ip', ['netns', 'exec', host.namespace, ...command], {
    stdio: 'inherit',
    env: { ...process.env, ...daemons },
  })
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new CliError(`cannot run ${command[0]}: ${error.message}`)))
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? EXIT.interrupted : EXIT.error)))
  })
}

export const lab: CommandRow = {
  usage: 'lab <action> [words...]',
  summary: 'A cloud in a box: up, down or status of hypervisors with VMs on this machine; exec runs a command in one',
  options: [
    { flags: '--hypervisors <count>', description: `up: how many, at most ${LIMITS.hypervisors}`, default: '4' },
    { flags: '--vms <count>', description: `up: on each hypervisor, at most ${LIMITS.vms}`, default: '3' },
    {
      flags: '--networks <count>',
      description: `up: with the same addresses, at most ${LIMITS.networks}`,
      default: '2',
    },
  ],
  examples: [
    'tagsteer lab up --hypervisors 4 --vms 3 --networks 2',
    'tagsteer lab exec vm1 -- ping -c 3 10.0.0.2',
    'tagsteer lab status -o wide',
    'tagsteer lab down',
  ],
  shared: ['output'],
  async run(invocation) {
    const [action, ...words] = invocation.arguments
    if (action === 'exec') return labExec(words)
    if (words.length > 0) throw new CliError(`lab ${action} takes no ${words[0]}`)
    if (action === 'up') return labUp(invocation)
    if (action === 'down') return labDown(invocation)
    if (action === 'status') return labStatus(invocation)
    throw new CliError(`lab takes up, down, status or exec, not ${action}`)
  },
}
