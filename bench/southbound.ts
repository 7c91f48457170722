/**
 * The southbound: flow-mods a second from a wanted program to a confirmed one, into a sink process and into Open vSwitch;
 * and packet-in to answer latency. Beside each the limit or a peer from the same run: the same octets down a bare socket,
 * `ovs-ofctl --bundle add-flows` of the same flows, echo round trips on the same connection.
 * Usage: npx tsx bench/southbound.ts [FLOWS]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeAll, formatFlow, type Message } from 'node-openflow'
import { Southbound } from '../controller/channel/southbound.ts'
import { operationMessage } from '../controller/flows/messages.ts'
import { packetHandler } from '../controller/packets.ts'
import { cookieOf } from '../controller/policy/cookie.ts'
import { Intent } from '../controller/policy/intent.ts'
import { emptyProgram, type Flow, flowKey, type SwitchProgram } from '../controller/policy/program.ts'
import { ETHERTYPE, encodeEthernet } from '../packet/ethernet.ts'
import { addBridge, removeBridge } from '../test/support/bridge.ts'
import { freePort } from '../test/support/running-controller.ts'
import { SinkSwitch } from './processes.ts'
import { figure, median, printTable, quantile } from './report.ts'

const FLOWS = Number(process.argv[2] ?? 10_000)
const ROUNDS = 5
const PACKETS = 5000
const PER_TURN = 100

/** FLOWS flows of the shape of policy rows: identities, protocol, port. `round` makes every one of them different. */
function program(round: number): SwitchProgram {
  const made = emptyProgram()
  for (let index = 0; index < FLOWS; index++) {
    const flow: Flow = {
      table: 10,
      priority: 100,
      match: [
        { field: 'eth_type', value: 0x0800 },
        { field: 'reg0', value: 256 + index },
        { field: 'reg1', value: 300 },
        { field: 'reg4', value: 443 + round },
      ],
      instructions: [{ type: 'goto_table', table_id: 11 }],
      cookie: cookieOf('rule', index),
      unit: 'bench',
    }
    made.flows.set(flowKey(flow.table, flow.priority, flow.match), flow)
  }
  return made
}

const seconds = (from: bigint): number => Number(process.hrtime.bigint() - from) / 1e9

/** The same octets down a loopback socket to a process that throws them away. */
async function bareSocket(octets: Uint8Array): Promise<number> {
  const server = createServer((socket) => {
    let got = 0
    socket.on('data', (chunk) => {
      got += chunk.length
      if (got === octets.length) socket.end('!')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = dial((server.address() as { port: number }).port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  const begun = process.hrtime.bigint()
  socket.write(octets)
  await new Promise((resolve) => socket.once('data', resolve))
  const took = seconds(begun)
  socket.destroy()
  server.close()
  return took
}

function applied(southbound: Southbound, datapathId: string, generation: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = (): void => {
      const status = southbound.switches.get(datapathId)
      if (status?.state === 'degraded') reject(new Error(`${datapathId} refused: ${status.reason}`))
      if ((status?.appliedGeneration ?? 0) < generation) return
      subscription.unsubscribe()
      resolve()
    }
    const subscription = southbound.events.subscribe(check)
    setImmediate(check)
  })
}

/** Seconds of each round in which all flows are replaced: additions and deletions. */
async function swaps(southbound: Southbound, datapathId: string): Promise<number[]> {
  const samples: number[] = []
  southbound.want(datapathId, 1, program(0))
  await applied(southbound, datapathId, 1)
  for (let round = 1; round <= ROUNDS; round++) {
    const wanted = program(round)
    const begun = process.hrtime.bigint()
    southbound.want(datapathId, round + 1, wanted)
    await applied(southbound, datapathId, round + 1)
    samples.push(seconds(begun))
  }
  return samples
}

const openflow = await freePort()
let answers: ReturnType<typeof packetHandler> = () => {}
const southbound = new Southbound(
  { listen: [{ host: '127.0.0.1', port: openflow }], ovsdb: [], repair: false, times: { auditMs: 0 } },
  () => {},
  Date.now,
)
answers = packetHandler({
  observed: { datapaths: new Map() },
  intent: new Intent(),
  tell: () => {},
  clock: () => performance.now(),
  send: (datapathId, message) => southbound.send(datapathId, message),
  topology: () => {},
  portName: () => '',
  verdict: () => {
    throw new Error('nothing is logged here')
  },
  ask: () => {},
  dhcp: () => {},
  probing: { seen: () => {}, isProbe: () => false },
  limits: { rejectsPerSecond: Number.POSITIVE_INFINITY, logsPerSecond: 0 },
})
southbound.events.subscribe((event) => {
  if (event.kind === 'packetIn') answers(event)
})
await southbound.start()
const folder = mkdtempSync(join(tmpdir(), 'tagsteer-bench-'))
const rows: string[][] = []
const [sinkId, bridgeId] = ['0000000000005111', '0000000000005112']
const sink = await SinkSwitch.start(openflow, Number.parseInt(sinkId, 16), 4)
const name = `tss${process.pid % 10_000}`
try {
  const mods: Message[] = [...program(1).flows].map(([key, flow]) =>
    operationMessage({ what: 'flow', act: 'add', key, flow }),
  )
  const octets = Buffer.concat(
    Array.from({ length: Math.ceil(mods.length / 500) }, (_, at) => encodeAll(mods.slice(at * 500, at * 500 + 500))),
  )
  const bare: number[] = []
  for (let round = 0; round < ROUNDS; round++) bare.push(await bareSocket(octets))
  const perRound = 2 * FLOWS
  const toSink = await swaps(southbound, sinkId)
  const limit = FLOWS / median(bare)
  const rate = perRound / median(toSink)
  rows.push([
    'flow-mods/s, diff to confirmed, sink',
    figure(rate),
    'same octets, bare socket',
    figure(limit),
    `${figure(rate / limit)} x`,
  ])
  if (process.getuid?.() === 0) {
    addBridge(name, { datapathId: bridgeId, controller: `tcp:127.0.0.1:${openflow}`, failMode: 'secure' })
    const toOvs = await swaps(southbound, bridgeId)
    const text = (round: number): string =>
      [...program(round).flows.values()].map((flow) => formatFlow(flow, { style: 'add' })).join('\n')
    const peer: number[] = []
    execFileSync('ovs-vsctl', ['del-controller', name])
    for (let round = 1; round <= ROUNDS; round++) {
      writeFileSync(join(folder, 'flows'), text(round))
      const begun = process.hrtime.bigint()
      execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', '--bundle', 'replace-flows', name, join(folder, 'flows')])
      peer.push(seconds(begun))
    }
    const ours = perRound / median(toOvs)
    const theirs = perRound / median(peer)
    rows.push([
      'flow-mods/s, diff to confirmed, Open vSwitch',
      figure(ours),
      'ovs-ofctl --bundle replace-flows',
      figure(theirs),
      `${figure(ours / theirs)} x`,
    ])
  }
  const ipv4 = Buffer.from('4500001c000040004011000000000000000000001b581b5800080000', 'hex')
  ipv4.set([10, 0, 0, 1, 10, 0, 0, 2], 12)
  let sum = 0
  for (let at = 0; at < 20; at += 2) sum += ipv4.readUInt16BE(at)
  ipv4.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 10)
  const frame = Buffer.from(encodeEthernet({ src: 0x02, dst: 0x04, type: ETHERTYPE.ipv4, vlans: [] }, ipv4)).toString(
    'hex',
  )
  await sink.ask(`packets 500 ${cookieOf('reject', 1)} ${frame}`)
  const [samples, echo]: [number[], number[]] = [[], []]
  for (let at = 0; at < PACKETS; at += PER_TURN) {
    // By turns, so that a machine that others use slows both alike.
    const answered = await sink.ask<{ samples: number[] }>(`packets ${PER_TURN} ${cookieOf('reject', 1)} ${frame}`)
    const echoed = await sink.ask<{ samples: number[] }>(`echo ${PER_TURN}`)
    samples.push(...answered.samples)
    echo.push(...echoed.samples)
  }
  for (const [share, text] of [
    [0.5, 'p50'],
    [0.99, 'p99'],
  ] as const) {
    const [ours, bound] = [quantile(samples, share), quantile(echo, share)]
    rows.push([
      `packet-in to answer (reject), ${text}, µs`,
      figure(ours),
      'echo on the same connection',
      figure(bound),
      `${figure(ours / bound)} x`,
    ])
  }
} finally {
  await sink.stop()
  if (process.getuid?.() === 0) removeBridge(name)
  await southbound.close()
  rmSync(folder, { recursive: true, force: true })
}
printTable(
  `southbound, ${FLOWS.toLocaleString('en-US')} flows replaced, median of ${ROUNDS}`,
  'npm run bench -- southbound',
  ['what', 'ours', 'limit or peer', 'theirs', 'ours / theirs'],
  rows,
)
process.exit(0)
