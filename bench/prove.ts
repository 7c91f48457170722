/**
 * The proof of one switch's tables as read back: PORTS interfaces in VNPS partitions of their own; and the proof
 * again after one row. Beside it, from the
 * same run, what it costs to read the same tables at all: decoding the multipart replies of the dump.
 * Times are processor time: the least of a few runs, and over many rows the median.
 * Usage: npx tsx bench/prove.ts [PORTS [VNPS]]; 2,500 ports are about 20,400 flows.
 */
import { decode, encode, type Message } from 'node-openflow'
import { Compiler } from '../controller/policy/compile.ts'
import { TABLES } from '../controller/policy/pipeline.ts'
import { type Flow, flowKey, type SwitchProgram } from '../controller/policy/program.ts'
import type { DatapathView, NetworkState } from '../controller/policy/state.ts'
import { isProved, Prover } from '../controller/prove/prove.ts'
import { noChange } from '../controller/state-changes.ts'
import { validateRecord } from '../model/validate.ts'
import { benchRecords, must } from './records.ts'
import { figure, median, printTable } from './report.ts'

const [PORTS = 2_500, VNPS = 200] = process.argv.slice(2).map(Number)
const RUNS = 7
const WARM_ROUNDS = 10
const DATAPATH = '0000000000000001'

const { intent, put, connect } = benchRecords()
await connect(DATAPATH)
const vnps = Array.from({ length: VNPS }, (_, index) =>
  must(
    validateRecord('vnp', {
      name: `v${index}`,
      selector: { allOf: [{ text: `vnp-${index}` }] },
      ingressDefault: 'DEFAULT_VERDICT_ALLOW',
    }),
  ),
)
await put(vnps)
const interfaces = Array.from({ length: PORTS }, (_, index) => {
  const hex = (index + 1).toString(16).padStart(6, '0')
  return must(
    validateRecord('interface', {
      name: `i${index}`,
      tags: [{ text: `vnp-${index % VNPS}` }],
      mac: `02:00:5e:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
      addresses: [`10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`],
      attachment: { port: { datapathId: DATAPATH, port: index + 1 } },
    }),
  )
})
await put(interfaces)
await connect(DATAPATH)

const none = new Set<number>()
const ports = new Map(interfaces.map((_, index) => [index + 1, { port: index + 1, name: `p${index + 1}`, up: true }]))
const datapath: DatapathView = {
  ...{ datapathId: DATAPATH, ports, fabricPorts: none, uplinkPorts: none, nextHops: new Map(), floodPorts: none },
}
const places = new Map(interfaces.map(({ name }, index) => [name, { datapathId: DATAPATH, port: index + 1 }]))
const state: NetworkState = {
  intent,
  observed: { datapaths: new Map([[DATAPATH, datapath]]), places },
  backend: 'fabric',
}
const [compiled] = new Compiler('fabric').compile(state, { intent: 'all', observed: 'all' }).values()
if (compiled === undefined) throw new Error('nothing compiled')
const { program } = compiled

/** The replies of a switch to the request for all flows. */
function dumpOf({ flows }: SwitchProgram): Uint8Array[] {
  const all = [...flows.values()]
  const parts: Uint8Array[] = []
  for (let at = 0; at < all.length; at += 100) {
    const body = all.slice(at, at + 100).map((flow) => ({
      ...{ table_id: flow.table, duration_sec: 1, duration_nsec: 0, priority: flow.priority, idle_timeout: 0 },
      ...{ hard_timeout: 0, flags: 0, cookie: flow.cookie, packet_count: 0n, byte_count: 0n },
      ...{ match: [...flow.match], instructions: [...flow.instructions] },
    }))
    parts.push(encode({ type: 'multipart_reply', xid: 1, flags: 0, mp_type: 'flow', body } as Message))
  }
  return parts
}

function parsed(parts: readonly Uint8Array[]): SwitchProgram {
  const flows = new Map<string, Flow>()
  for (const part of parts) {
    const message = decode(part)
    if (message.type !== 'multipart_reply' || message.mp_type !== 'flow') throw new Error('no flows')
    for (const { table_id: table, priority, match, instructions, cookie } of message.body) {
      flows.set(flowKey(table, priority, match), { table, priority, match, instructions, cookie, unit: '' })
    }
  }
  return { ...program, flows }
}

function measured<T>(run: () => T): { ms: number; last: T } {
  const times: number[] = []
  let last = run()
  for (let at = 0; at < RUNS; at++) {
    const from = process.cpuUsage()
    last = run()
    const { user, system } = process.cpuUsage(from)
    times.push((user + system) / 1000)
  }
  return { ms: Math.min(...times), last }
}

const dump = dumpOf(program)
const parse = measured(() => parsed(dump))
const prover = new Prover()
const take = measured(() => prover.set(DATAPATH, { program: parse.last, foreign: [] }))
const proof = measured(() => prover.prove(state, [], { limit: 1 }))
if (!isProved(proof.last)) throw new Error(`not proved: ${JSON.stringify(proof.last)}`)

/** Proof after each of these rows came again as another: what a changed row costs, whatever is in it. */
function again(tables: readonly number[]): number {
  const followed = { ...parse.last, flows: new Map(parse.last.flows) }
  const times: number[] = []
  for (const table of tables) {
    const keys = [...followed.flows.keys()].filter((key) => key.startsWith(`${table}/`))
    for (let at = 1; at <= RUNS; at++) {
      const key = keys[Math.floor((keys.length * at) / (RUNS + 1))] as string
      followed.flows.set(key, { ...(followed.flows.get(key) as Flow) })
      const from = process.cpuUsage()
      prover.set(DATAPATH, { program: followed, foreign: [] }, [key])
      const found = prover.update([], noChange(), { limit: 1 })
      const { user, system } = process.cpuUsage(from)
      times.push((user + system) / 1000)
      if (!isProved(found)) throw new Error(`not proved: ${JSON.stringify(found)}`)
    }
  }
  return median(times)
}
const INTERFACE_TABLES = [TABLES.classify, TABLES.port_security, TABLES.origin, TABLES.neighbour, TABLES.destination]
const POLICY_TABLES = [TABLES.egress_default, TABLES.ingress_default]
const firstOfPolicy = again(POLICY_TABLES)
const firstOfInterfaces = again(INTERFACE_TABLES)
// As in a controller that has run for a while: its code is compiled for speed by then.
for (let round = 0; round < WARM_ROUNDS; round++) again([...INTERFACE_TABLES, ...POLICY_TABLES])
const ofPolicy = again(POLICY_TABLES)
const ofInterfaces = again(INTERFACE_TABLES)

printTable(
  'Proof of the tables of one switch, as read back',
  `npx tsx bench/prove.ts ${PORTS} ${VNPS}`,
  ['what', `${program.flows.size} flows, ${PORTS} ports, ${VNPS} partitions`],
  [
    ['parse the dump (the limit)', `${figure(parse.ms)} ms`],
    ['index all rows', `${figure(take.ms)} ms`],
    ['prove', `${figure(proof.ms)} ms, ${proof.last.regions} regions`],
    ['prove again, a row of an interface', `${figure(ofInterfaces)} ms, the first ${figure(firstOfInterfaces)} ms`],
    ['prove again, a row of policy', `${figure(ofPolicy)} ms, the first ${figure(firstOfPolicy)} ms`],
    ['index and prove', `${figure(take.ms + proof.ms)} ms`],
    ['prove / parse', figure((take.ms + proof.ms) / parse.ms)],
  ],
)
