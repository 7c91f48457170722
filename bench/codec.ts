/**
 * How fast the codec is: ns of processor time to decode and encode the ten commonest messages, by rows and by views, and
 * os-ken's for the same octets, by turns in the same rounds (medians). Open vSwitch's own parser can be measured only
 * through `ovs-ofctl ofp-parse`, which prints what it parses; so our decode and print stand beside it. Without os-ken or
 * ovs-ofctl their columns stay empty.
 *
 * Processor time and not the clock, because other programs may use the machine; it includes collecting garbage. "read"
 * gives the object that decode gives, by a function written by hand (`readFlowMod` and its like); "view all" checks the
 * message and reads every member in place, "view some" those that a program usually wants.
 *
 * A neighbour on the other thread of a core doubles processor time. The last table therefore has beside the median of
 * rounds what the fastest tenth of slices of 1 ms took, and the least that the same octets can cost: read into an object,
 * or written, by a function that knows their layout and checks nothing, in the same slices.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { decode, encode, formatMessage } from 'node-openflow'
import { bareDecode, bareEncode, CASES, TARGET } from './codec-cases.ts'
import { figure, median, printTable, quantile } from './report.ts'

const ROUNDS = 7
/** Of the clock, for each figure of a round. */
const SLICE_MS = 25
/** Octets that ovs-ofctl parses for one figure. */
const PARSED = 1_000_000

/** Rounds of slices of 1 ms for the figures that have a target. */
const FINE_ROUNDS = 250

/** Nanoseconds of processor time for one call. */
function nanoseconds(work: () => void, ms = SLICE_MS): number {
  const until = performance.now() + ms
  const start = process.cpuUsage()
  let calls = 0
  do {
    for (let i = 0; i < 16; i++) work()
    calls += 16
  } while (performance.now() < until)
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1000) / calls
}

const OS_KEN = `
import json, logging, sys, time
logging.disable(logging.CRITICAL)
import os_ken.ofproto.ofproto_v1_3_parser
from os_ken.ofproto import ofproto_parser, ofproto_protocol
D = ofproto_protocol.ProtocolDesc(version=4)
def measured(work):
    try:
        work()
        until, start, calls = time.perf_counter() + ${SLICE_MS / 1000}, time.process_time(), 0
        while time.perf_counter() < until:
            work(); calls += 1
        return (time.process_time() - start) / calls * 1e9
    except Exception:
        return None
def case(octets):
    kind, size, xid = octets[1], len(octets), int.from_bytes(octets[4:8], 'big')
    def decode():
        message = ofproto_parser.msg(D, 4, kind, size, xid, octets)
        if message is None: raise ValueError
        return message
    def encode():
        message.serialize()
    try:
        message = decode()
        message.serialize()
        same = bytes(message.buf) == octets
    except Exception:
        same = False
    return [measured(decode), measured(encode) if same else None]
cases = [bytes.fromhex(line) for line in json.loads(sys.stdin.readline())]
for line in sys.stdin:
    print(json.dumps([case(octets) for octets in cases]), flush=True)
`

/** Another process that measures all cases whenever it is asked; nothing where there is no os-ken. */
class OsKen {
  private readonly child = spawn('/usr/bin/python3', ['-c', OS_KEN], { stdio: ['pipe', 'pipe', 'ignore'] })
  private readonly lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()

  constructor() {
    for (const stream of [this.child, this.child.stdin]) stream.on('error', () => {})
    this.child.stdin.write(`${JSON.stringify(CASES.map(({ octets }) => Buffer.from(octets).toString('hex')))}\n`)
  }

  async round(): Promise<Array<[number | null, number | null]>> {
    this.child.stdin.write('\n')
    const { value, done } = await this.lines.next()
    return done ? [] : JSON.parse(value)
  }

  close(): void {
    this.child.stdin.end()
  }
}

/** Seconds of processor time that ovs-ofctl takes to parse and print a file. */
function ofpParse(file: string): number {
  const script = `TIMEFORMAT='%U %S'; time ovs-ofctl ofp-parse "$1" >/dev/null 2>&1`
  const { stderr, status } = spawnSync('bash', ['-c', script, 'bash', file], { encoding: 'utf8' })
  const [user, system] = stderr.trim().split(' ').map(Number)
  return status === 0 ? user! + system! : Number.NaN
}

const COLUMNS = [
  'rows decode',
  'rows encode',
  'read',
  'view all',
  'view some',
  'view encode',
  'os-ken decode',
  'os-ken encode',
] as const
const PRINTING = ['decode and print', 'ovs-ofctl parse and print'] as const
type Column = (typeof COLUMNS)[number] | (typeof PRINTING)[number]

const samples = CASES.map(() => new Map<Column, number[]>())
function note(index: number, column: Column, value: number | null | undefined): void {
  if (value === null || value === undefined || !Number.isFinite(value)) return
  const all = samples[index]!.get(column) ?? []
  samples[index]!.set(column, [...all, value])
}
const result = (index: number, column: Column): number => median(samples[index]!.get(column) ?? [])

async function measure(directory: string): Promise<void> {
  const osKen = new OsKen()
  const empty = join(directory, 'empty')
  writeFileSync(empty, '')
  const files = CASES.map(({ octets }, i) => {
    const count = Math.ceil(PARSED / Math.max(octets.length, 40))
    const path = join(directory, String(i))
    writeFileSync(path, Buffer.concat(Array.from({ length: count }, () => octets)))
    return { path, count }
  })
  const messages = CASES.map(({ octets }) => decode(octets))
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const peers = await osKen.round()
    const idle = ofpParse(empty)
    for (const [i, { octets, read, view, some, write }] of CASES.entries()) {
      const message = messages[i]!
      const taken: Array<readonly [Column, number | null | undefined]> = [
        ['rows decode', nanoseconds(() => void decode(octets))],
        ['rows encode', nanoseconds(() => void encode(message))],
        ['read', read && nanoseconds(read)],
        ['view all', view && nanoseconds(view)],
        ['view some', some && nanoseconds(some)],
        ['view encode', write && nanoseconds(write)],
        ['os-ken decode', peers[i]?.[0]],
        ['os-ken encode', peers[i]?.[1]],
        ['decode and print', nanoseconds(() => void formatMessage(decode(octets)))],
        ['ovs-ofctl parse and print', ((ofpParse(files[i]!.path) - idle) / files[i]!.count) * 1e9],
      ]
      if (round > 0) for (const [column, value] of taken) note(i, column, value)
    }
  }
  osKen.close()
}

const directory = mkdtempSync(join(tmpdir(), 'codec-bench-'))
try {
  await measure(directory)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

const COMMAND = 'npm run bench -- codec'
printTable(
  'OpenFlow codec, ns of processor time for one message (medians)',
  COMMAND,
  ['message', 'octets', ...COLUMNS, 'os-ken / rows', 'os-ken / view'],
  CASES.map(({ name, octets }, i) => {
    const peer = result(i, 'os-ken decode')
    const ratios = [peer / result(i, 'rows decode'), peer / result(i, 'view all')]
    return [name, ...[octets.length, ...COLUMNS.map((column) => result(i, column)), ...ratios].map(figure)]
  }),
)
printTable(
  'The same with the text that ovs-ofctl prints (its start left out), since its parser cannot be run without',
  COMMAND,
  ['message', ...PRINTING, 'Open vSwitch / ours'],
  CASES.map(({ name }, i) => {
    const [ours, theirs] = PRINTING.map((column) => result(i, column)) as [number, number]
    return [name, ...[ours, theirs, theirs / ours].map(figure)]
  }),
)

/** Nanoseconds: what must be reached, and what is aimed at; and the least it can cost. */
type Bare = 'bare decode' | 'bare encode'
const TARGETS: ReadonlyArray<readonly [Column, number, number, Bare]> = [
  ['rows decode', 1000, 600, 'bare decode'],
  ['rows encode', 1500, 800, 'bare encode'],
  ['read', 250, 250, 'bare decode'],
  ['view some', 250, 250, 'bare decode'],
  ['view encode', 250, 250, 'bare encode'],
]
const target = CASES.findIndex(({ name }) => name === TARGET)
const { octets, read, view, some, write } = CASES[target]!
const message = decode(octets)
const into = new Uint8Array(octets.length)
assert.deepEqual(bareDecode(octets), message)
bareEncode(into, message)
assert.deepEqual(into, octets)
const works: ReadonlyArray<readonly [Column | Bare, () => void]> = [
  ['rows decode', () => void decode(octets)],
  ['rows encode', () => void encode(message)],
  ['read', read!],
  ['view all', view!],
  ['view some', some!],
  ['view encode', write!],
  ['bare decode', () => void bareDecode(octets)],
  ['bare encode', () => bareEncode(into, message)],
]
const slices = new Map<Column | Bare, number[]>(works.map(([name]) => [name, []]))
for (let round = 0; round < FINE_ROUNDS; round++) {
  for (const [name, work] of works) slices.get(name)!.push(nanoseconds(work, 1))
}
const undisturbed = (name: Column | Bare): number => quantile(slices.get(name)!, 0.1)
printTable(
  `Targets: ${TARGET}`,
  COMMAND,
  ['figure', 'median', 'undisturbed', 'gate', 'aim', 'median', 'undisturbed', 'bare', 'undisturbed / bare'],
  TARGETS.map(([column, gate, aim, bare]) => {
    const verdict = (ns: number): string => (ns <= aim ? 'aim reached' : ns <= gate ? 'gate reached' : 'missed')
    const [whole, alone, least] = [result(target, column), undisturbed(column), undisturbed(bare)]
    const told = [verdict(whole), verdict(alone)]
    return [column, ...[whole, alone, gate, aim].map(figure), ...told, figure(least), figure(alone / least)]
  }),
)
