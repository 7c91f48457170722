/**
 * How soon a change by somebody else is seen and corrected on Open vSwitch: from the write of one flow_mod on another
 * connection until `switch-drifted` (or `foreign-flows`) is told, and until `switch-recovered` is, which comes when the
 * correction has been committed and the datapath follows it. Beside it, in the same run and of the same events, when
 * `ovs-ofctl monitor` has printed them: the time of the switch, a process and a pipe. Root, Open vSwitch.
 * Usage: npx tsx bench/drift.ts [FLOWS...]
 */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Message, NO_BUFFER, PORT_ANY } from 'node-openflow'
import { Southbound } from '../controller/channel/southbound.ts'
import type { Flow } from '../controller/policy/program.ts'
import { addBridge, removeBridge } from '../test/support/bridge.ts'
import { programOf, towards } from '../test/support/southbound-bench.ts'
import { figure, median, printTable, quantile } from './report.ts'

const DPID = '00000000000d01f7'
const ROUNDS = 25
/** Events of one kind are told at once when it was quiet for twice the shortest gap between them. */
const QUIET_MS = 2100
const SOCKETS = '/var/run/openvswitch'
const sizes = process.argv.slice(2).map(Number)

type Told = { type: string; at: number }

/** A flow_mod that somebody else sends. */
function mod(flow: Flow, command: 'add' | 'modify_strict' | 'delete_strict', xid: number): Message {
  return {
    type: 'flow_mod',
    xid,
    cookie: flow.cookie,
    cookie_mask: 0n,
    table_id: flow.table,
    command,
    idle_timeout: 0,
    hard_timeout: 0,
    priority: flow.priority,
    buffer_id: NO_BUFFER,
    out_port: PORT_ANY,
    out_group: PORT_ANY,
    flags: 0,
    match: [...flow.match],
    instructions: command === 'delete_strict' ? [] : [...flow.instructions],
  }
}

async function measure(count: number): Promise<string[][]> {
  const told: Told[] = []
  let wake: () => void = () => {}
  const note = (type: string): void => {
    told.push({ type, at: performance.now() })
    wake()
  }
  const southbound = new Southbound(
    { listen: [{ host: '127.0.0.1', port: 0 }], ovsdb: [`unix:${SOCKETS}/db.sock`], repair: false },
    note,
    Date.now,
  )
  const [address] = await southbound.start()
  const bridge = `tsd${process.pid % 100_000}`
  addBridge(bridge, { ports: [1, 2, 3], datapathId: DPID, controller: `tcp:${address}`, failMode: 'secure' })
  const watch = spawn('ovs-ofctl', ['-O', 'OpenFlow13', 'monitor', bridge, 'watch:!initial'])
  try {
    const flows = Array.from({ length: count }, (_, i) => towards(0x0a000000 + i, 1 + (i % 3), i % 5))
    southbound.want(DPID, 1, programOf(flows))
    while (southbound.status(DPID)?.appliedGeneration !== 1) await sleep(20)
    for (const stream of [watch.stdout, watch.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        if (chunk.includes('event=')) note('printed')
      })
    }
    const other = await connect({ path: `${SOCKETS}/${bridge}.mgmt`, side: 'controller' })
    /** Milliseconds from the flow_mod until each of the types is told. */
    const round = async (message: Message, types: readonly string[]): Promise<number[]> => {
      told.length = 0
      const begun = performance.now()
      other.send(message)
      for (;;) {
        const found = types.map((type) => told.find((one) => one.type === type))
        if (found.every((one) => one !== undefined)) return found.map((one) => one!.at - begun)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    const victim = flows[count >> 1] as Flow
    const bent: Flow = { ...victim, instructions: [] }
    const rogue: Flow = { ...towards(0x0a000001, 3, 2), priority: 900 }
    const foreign: Flow = { ...rogue, cookie: 0x99n, priority: 901 }
    const kinds = [
      { name: 'flow of ours deleted', flow: victim, command: 'delete_strict' },
      { name: 'flow of ours modified', flow: bent, command: 'modify_strict' },
      { name: 'flow with our cookie added', flow: rogue, command: 'add' },
      { name: 'flow of others added', flow: foreign, command: 'add' },
    ] as const
    const samples = kinds.map(() => [[], [], []] as [number[], number[], number[]])
    for (let at = 0; at < ROUNDS; at++) {
      for (const [index, { flow, command }] of kinds.entries()) {
        const theirs = flow === foreign
        await sleep(QUIET_MS)
        const types = ['printed', theirs ? 'foreign-flows' : 'switch-drifted', ...(theirs ? [] : ['switch-recovered'])]
        const times = await round(mod(flow, command, other.nextXid()), types)
        for (const [which, ms] of times.entries()) samples[index]![which]!.push(ms)
        if (theirs) other.send(mod(flow, 'delete_strict', other.nextXid()))
      }
    }
    other.close()
    return kinds.map(({ name }, index) => {
      const [printed, seen, repaired] = samples[index]!
      return [
        `${name}, among ${count.toLocaleString('en-US')}`,
        figure(median(printed)),
        figure(median(seen)),
        figure(quantile(seen, 0.95)),
        `${figure(median(seen) / median(printed))} x`,
        repaired.length === 0 ? '-' : figure(median(repaired)),
        repaired.length === 0 ? '-' : figure(quantile(repaired, 0.95)),
      ]
    })
  } finally {
    watch.kill()
    removeBridge(bridge)
    await southbound.close()
  }
}

const rows: string[][] = []
for (const count of sizes.length > 0 ? sizes : [1000, 100_000]) rows.push(...(await measure(count)))
printTable(
  `drift, milliseconds from the change, ${ROUNDS} changes each`,
  'npm run bench -- drift',
  ['what others did', 'ovs-ofctl p50', 'seen p50', 'seen p95', 'seen / ovs-ofctl', 'repaired p50', 'repaired p95'],
  rows,
)
process.exit(0)
