/**
 * A controller that is started again beside a bridge with N flows: how long it takes until each phase has ended, how much
 * processor time, the longest turn of its event loop once it listens and the most processor time in one, and its memory;
 * where the bridge has the flows (nothing to send) and where it is empty (one bundle of everything). Beside it, in the same
 * run and on the same Open vSwitch, ovs-ofctl reads and writes the same flows. The daemons are of this run; nothing of the
 * machine's own is touched. Usage: npm run bench -- restart [FLOWS [ROUNDS]]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Daemons } from '../test/support/ovs-bridge.ts'
import { RunningController, until } from '../test/support/running-controller.ts'
import { figure, median, printTable } from './report.ts'

const TURNS = fileURLToPath(new URL('../test/support/turns.mjs', import.meta.url))
const DATAPATH = '0000000000000be5'
const ADDRESSES = 64
/** Flows that one record comes to. */
const PER_RECORD = 390
const PER_APPLY = 100
/** Within which a switch must enforce everything. */
const APPLIED_MS = 300_000
const [about = 100_000, rounds = 3] = process.argv.slice(2).map(Number)

const folder = mkdtempSync(join(tmpdir(), 'restart-'))
const turns = join(folder, 'turns')
const environment = { NODE_OPTIONS: `--import=${TURNS} ${process.env.CHILDOPT ?? ''}`, TURNS: turns }

/** What a started controller logs, as phases of its start. */
const PHASES = [
  ['store and intent', /"intent-loaded"/],
  ['listening', /"controller-started"/],
  ['compiled', /"switches":1.*"compiled"/],
  ['read back', /"switch-served"/],
] as const

interface Start {
  /** Milliseconds from the start of the process until each phase had ended; those of the switch go on side by side. */
  phases: number[]
  applied: number
  /** Of the controller, milliseconds. */
  processor: number
  longest: [number, number]
  /** Most resident memory, MB. */
  memory: number
}

function records(count: number): object[] {
  const vnp = { vnp: { name: 'a', selector: { allOf: [{ text: 'a' }] } } }
  const rule = { direction: 'DIRECTION_INGRESS', peer: { tags: {} }, protocols: ['udp'], ports: ['7000'] }
  const policy = { policy: { name: 'udp', vnp: 'a', rules: [{ ...rule, action: 'ACTION_ALLOW' }] } }
  const hex = (number: number): string => number.toString(16).padStart(2, '0')
  const interfaces = Array.from({ length: count }, (_, number) => ({
    interface: {
      name: `f${number}`,
      tags: [{ text: 'a' }, { text: 'wave' }],
      mac: `02:00:00:01:${hex(number >> 8)}:${hex(number & 255)}`,
      addresses: Array.from({ length: ADDRESSES }, (_, at) => `10.${52 + (number >> 8)}.${number & 255}.${at}`),
      attachment: { port: { datapathId: DATAPATH, port: number + 1 } },
    },
  }))
  return [vnp, policy, ...interfaces]
}

/** The longest turn, and the most processor time in one. */
async function longestTurn(pid: number): Promise<[number, number]> {
  rmSync(turns, { force: true })
  process.kill(pid, 'SIGUSR2')
  const read = async (): Promise<string> => {
    try {
      return readFileSync(turns, 'utf8')
    } catch {
      return ''
    }
  }
  return (await until('the longest turn', read, Boolean)).split(' ').map(Number) as [number, number]
}

/** Milliseconds of processor time of a process so far. */
function processorTime(pid: number): number {
  const [, words = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user, system] = words.split(' ').slice(11, 13).map(Number) as [number, number]
  return (user + system) * 10
}

async function start(controller: RunningController): Promise<Start> {
  const begun = Date.now()
  await controller.run(undefined, environment)
  // What it takes to begin holds nobody up.
  await longestTurn(controller.pid as number)
  await controller.enforced(APPLIED_MS)
  const whole = Date.now() - begun
  const pid = controller.pid as number
  const processor = processorTime(pid)
  const times = controller.log
    .split('\n')
    .map((line) => [Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? ''), line] as const)
  const phases = PHASES.map(([, pattern]) => {
    const [at = Number.NaN] = times.find(([time, line]) => time >= begun && pattern.test(line)) ?? []
    return at - begun
  })
  const memory = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  return { phases, applied: whole, processor, longest: await longestTurn(pid), memory }
}

function timed(act: () => void): number {
  const begun = performance.now()
  act()
  return performance.now() - begun
}

const daemons = await Daemons.start()
const ofctl = (bridge: string, command: string, ...words: string[]): string =>
  execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', command, `unix:${daemons.directory}/${bridge}.mgmt`, ...words], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
let controller: RunningController | undefined
const rows: string[][] = []
const row = (name: string, starts: readonly Start[], peer: number): void => {
  const of = (pick: (start: Start) => number): number => median(starts.map(pick))
  rows.push([
    name,
    ...PHASES.map((_, at) => figure(of(({ phases }) => phases[at] as number))),
    figure(of((each) => each.applied)),
    figure(of(({ processor }) => processor)),
    figure(of(({ longest }) => longest[0])),
    figure(of(({ longest }) => longest[1])),
    figure(of(({ memory }) => memory)),
    figure(peer),
    `${figure(of((each) => each.applied) / peer)} x`,
  ])
}
try {
  const settings = ['datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow13']
  for (const [bridge, id] of [
    ['br', DATAPATH],
    ['peer', '0000000000000be6'],
  ] as const) {
    const words = [...settings, `other-config:datapath-id=${id}`, 'other-config:disable-in-band=true']
    daemons.vsctl('add-br', bridge, '--', 'set', 'bridge', bridge, ...words)
  }
  const words = ['--ovsdb', `unix:${daemons.directory}/db.sock`, '--log-level', 'debug', '--log-format', 'json']
  controller = await RunningController.start({ words, environment })
  const target = `target="tcp:${controller.openflow}"`
  const ports = Array.from({ length: Math.ceil(about / PER_RECORD) }, (_, at) => {
    const words = ['--', 'add-port', 'br', `f${at}`, '--', 'set', 'interface', `f${at}`, 'type=dummy']
    return [...words, `ofport_request=${at + 1}`]
  })
  daemons.vsctl(...ports.flat().slice(1))
  daemons.vsctl(
    'set',
    'bridge',
    'br',
    'controller=@c',
    '--',
    '--id=@c',
    'create',
    'Controller',
    target,
    'max_backoff=1000',
  )
  const all = records(Math.ceil(about / PER_RECORD))
  for (let at = 0; at < all.length; at += PER_APPLY) {
    await controller.call('ApplyService.Apply', { records: all.slice(at, at + PER_APPLY), owner: 'bench' })
  }
  await controller.enforced(APPLIED_MS)
  const dump = ofctl('br', 'dump-flows', '--no-stats')
  const count = dump.trim().split('\n').length - 1
  const flows = join(folder, 'flows')
  writeFileSync(
    flows,
    dump
      .split('\n')
      .filter((line) => line.includes('priority=') || line.includes('table='))
      .join('\n'),
  )
  const [peerRead, peerAdd]: [number[], number[]] = [[], []]
  const [kept, emptied]: [Start[], Start[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    peerRead.push(timed(() => ofctl('br', 'dump-flows')))
    ofctl('peer', 'del-flows')
    peerAdd.push(timed(() => ofctl('peer', 'add-flows', flows, '--bundle')))
    await controller.end()
    kept.push(await start(controller))
    await controller.end()
    ofctl('br', 'del-flows')
    emptied.push(await start(controller))
  }
  row('the flows are there (ovs-ofctl dump-flows)', kept, median(peerRead))
  row('the bridge is empty (ovs-ofctl --bundle add-flows)', emptied, median(peerAdd))
  const header = [
    '',
    ...PHASES.map(([name]) => name),
    'applied',
    'processor',
    'longest turn',
    'its processor',
    'memory MB',
    'ovs-ofctl',
    'ratio',
  ]
  printTable(
    `restart at ${count.toLocaleString('en-US')} flows, medians of ${rounds}, milliseconds since the process was started`,
    `npm run bench -- restart ${about} ${rounds}`,
    header,
    rows,
  )
} finally {
  await controller?.remove()
  daemons.stop()
  rmSync(folder, { recursive: true, force: true })
}
