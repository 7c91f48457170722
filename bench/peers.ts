/**
 * Thousands of switches on one connection layer: packet-ins answered per second (a learning switch: look the source and
 * the destination up, answer a flow-mod and a packet-out), and memory per idle peer. Beside it, in the same rounds, the
 * floor: a bare Node server that cuts frames by their length and answers canned octets. Load comes from another process. And what one switch that floods does to those that say little.
 */
import { createServer, type Socket } from 'node:net'
import {
  actionsOctets,
  connect,
  encode,
  encodeAll,
  fieldReader,
  instructionsOctets,
  listen,
  type Message,
  matchOctets,
  NO_BUFFER,
  type OpenFlowConnection,
  PacketInView,
  type PreparedFlowMod,
  type PreparedPacketOut,
  type Writer,
  writeFlowMod,
  writePacketOut,
} from 'node-openflow'
import { PeerSwitches } from './processes.ts'
import { figure, median, printTable, quantile } from './report.ts'

const ROUNDS = 3
const WINDOW = 64
const LOAD_MS = 1000
const COUNTS = [16, 64, 256, 1024]
const IDLE_PEERS = 4096
/** Switches that say little beside one that has this many packet-ins outstanding, and how often each asks. */
const QUIET = 16
const FLOOD = 65_536
const ECHOES = 50

/** Something that listens and answers packet-ins. */
interface Controller {
  readonly port: number
  close(): Promise<void>
}

const flowMod = (in_port: number, eth_dst: number, port: number, xid: number): Message => ({
  type: 'flow_mod',
  xid,
  cookie: 0n,
  cookie_mask: 0n,
  table_id: 0,
  command: 'add',
  idle_timeout: 5,
  hard_timeout: 0,
  priority: 1,
  buffer_id: NO_BUFFER,
  out_port: 0xffffffff,
  out_group: 0xffffffff,
  flags: 0,
  match: [
    { field: 'in_port', value: in_port },
    { field: 'eth_dst', value: eth_dst },
  ],
  instructions: [{ type: 'apply_actions', actions: [{ type: 'output', port, max_len: 0 }] }],
})

const packetOut = (in_port: number, port: number, xid: number, data: Uint8Array): Message => ({
  type: 'packet_out',
  xid,
  buffer_id: NO_BUFFER,
  in_port,
  actions: [{ type: 'output', port, max_len: 0 }],
  data,
})

const address = (frame: Uint8Array, at: number): number =>
  ((frame[at]! << 8) | frame[at + 1]!) * 0x1_0000_0000 +
  (((frame[at + 2]! << 24) | (frame[at + 3]! << 16) | (frame[at + 4]! << 8) | frame[at + 5]!) >>> 0)

interface Mutable {
  xid: number
  in_port: number
  data: Uint8Array
}

function put32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24
  octets[at + 1] = value >>> 16
  octets[at + 2] = value >>> 8
  octets[at + 3] = value
}

/** Every message decoded to an object, every answer encoded from one. */
async function withRows(): Promise<Controller> {
  const connection = (peer: OpenFlowConnection): void => {
    const hosts = new Map<number, number>()
    peer.onMessage = (message) => {
      if (message.type !== 'packet_in') return
      const field = message.match.find((oxm) => oxm.field === 'in_port')
      const inPort = field?.value as number
      hosts.set(address(message.data, 6), inPort)
      const destination = address(message.data, 0)
      const port = hosts.get(destination) ?? 0xfffffffb
      peer.sendAll([
        flowMod(inPort, destination, port, message.xid),
        packetOut(inPort, port, message.xid, message.data),
      ])
    }
  }
  const listener = await listen({ host: '127.0.0.1', port: 0 }, { connection, refused: () => {} })
  return { port: listener.address.port, close: () => listener.close() }
}

/** Packet-ins read in place, answers written in place: no object for either. */
async function withViews(): Promise<Controller> {
  const view = new PacketInView()
  const inPortOf = fieldReader('in_port')
  // Octets 8 to 11 of the match are the port, 16 to 21 the address; octets 12 to 15 of the actions are the port.
  const match = matchOctets([
    { field: 'in_port', value: 0 },
    { field: 'eth_dst', value: 0 },
  ])
  const actions = actionsOctets([{ type: 'output', port: 0, max_len: 0 }])
  const instructions = instructionsOctets([{ type: 'apply_actions', actions: [] }])
  const applied = new Uint8Array(instructions.length + actions.length)
  applied.set(instructions)
  applied[3] = applied.length
  const rule = { ...flowMod(0, 0, 0, 0), match, instructions: applied } as PreparedFlowMod & { xid: number }
  const out = { ...packetOut(0, 0, 0, new Uint8Array(0)), actions } as PreparedPacketOut & Mutable
  const write = (w: Writer): void => {
    w.room(512)
    w.at = writeFlowMod(w.octets, w.at, rule)
    w.at = writePacketOut(w.octets, w.at, out)
  }
  const connection = (peer: OpenFlowConnection): void => {
    const hosts = new Map<number, number>()
    peer.onFrame = (frame) => {
      if (!view.over(frame)) return false
      const inPort = inPortOf(view.match) ?? 0
      const { data, xid } = view
      const destination = address(data, 0)
      hosts.set(address(data, 6), inPort)
      const port = hosts.get(destination) ?? 0xfffffffb
      put32(match, 8, inPort)
      match.set(data.subarray(0, 6), 16)
      put32(actions, 4, port)
      applied.set(actions, instructions.length)
      rule.xid = out.xid = xid
      out.in_port = inPort
      out.data = data
      peer.sendOctets(write)
      return true
    }
  }
  const listener = await listen({ host: '127.0.0.1', port: 0 }, { connection, refused: () => {} })
  return { port: listener.address.port, close: () => listener.close() }
}

/** Nothing is looked at but lengths and types; the answer is always the same, but for the xid. */
async function bareNode(): Promise<Controller> {
  const hello = Buffer.from(
    encodeAll([
      { type: 'hello', xid: 1, elements: [] },
      { type: 'features_request', xid: 2 },
      { type: 'multipart_request', xid: 3, flags: 0, mp_type: 'port_desc', body: {} },
    ]),
  )
  const first = encode(flowMod(1, 1, 2, 0))
  const answer = Buffer.concat([first, encode(packetOut(1, 2, 0, new Uint8Array(60)))])
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.setNoDelay(true)
    socket.write(hello)
    let left = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      const octets = left.length === 0 ? chunk : Buffer.concat([left, chunk])
      const xids: number[] = []
      let at = 0
      while (octets.length - at >= 8) {
        const size = octets.readUInt16BE(at + 2)
        if (octets.length - at < size) break
        if (octets[at + 1] === 10) xids.push(octets.readUInt32BE(at + 4))
        at += size
      }
      left = octets.subarray(at)
      if (xids.length === 0) return
      const out = Buffer.allocUnsafe(answer.length * xids.length)
      for (const [i, xid] of xids.entries()) {
        answer.copy(out, i * answer.length)
        out.writeUInt32BE(xid, i * answer.length + 4)
        out.writeUInt32BE(xid, i * answer.length + first.length + 4)
      }
      socket.write(out)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port: (server.address() as { port: number }).port, close }
}

interface Load {
  readonly rate: number
  readonly least: number
  readonly most: number
  readonly all: number
}

/** A load, and what of this process's time each answer took: on a machine that does other things, too, that says more. */
interface Measured extends Load {
  readonly cpuUs: number
}

async function load(start: () => Promise<Controller>, switches: PeerSwitches, count: number): Promise<Measured> {
  const controller = await start()
  await switches.ask(`open ${controller.port} ${count}`)
  const before = process.cpuUsage()
  const result = await switches.ask<Load>(`load ${Math.max(1, Math.min(WINDOW, 16384 / count))} ${LOAD_MS}`)
  const { user, system } = process.cpuUsage(before)
  await switches.ask('close')
  await controller.close()
  return { ...result, cpuUs: (user + system) / result.all }
}

async function idleOctets(switches: PeerSwitches): Promise<number> {
  const controller = await withRows()
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  await switches.ask(`open ${controller.port} ${IDLE_PEERS}`)
  globalThis.gc?.()
  const after = process.memoryUsage().rss
  await switches.ask('close')
  await controller.close()
  return (after - before) / IDLE_PEERS
}

/** Ms until echo is answered, while nothing else happens and while one switch floods; every message is decoded. */
async function echoMs(switches: PeerSwitches, flooding: boolean): Promise<number[]> {
  const controller = await withRows()
  const features = { datapath_id: 1n, n_buffers: 0, n_tables: 1, auxiliary_id: 0, capabilities: 0, reserved: 0 }
  const answers = { features: () => features, ports: () => [] }
  const target = { host: '127.0.0.1', port: controller.port, side: 'switch', answers } as const
  const quiet = await Promise.all(Array.from({ length: QUIET }, () => connect(target)))
  await switches.ask(`open ${controller.port} 1`)
  const flood = flooding ? switches.ask(`load ${FLOOD} ${LOAD_MS}`) : undefined
  const samples: number[] = []
  await Promise.all(
    quiet.map(async (side) => {
      for (let count = 0; count < ECHOES; count++) {
        const start = performance.now()
        await side.request({ type: 'echo_request', data: new Uint8Array(0) })
        samples.push(performance.now() - start)
      }
      side.close()
    }),
  )
  await flood
  await switches.ask('close')
  await controller.close()
  return samples
}

const switches = await PeerSwitches.start()
// First, while nothing has been freed that could be used again.
const idle = await idleOctets(switches)
const kinds: ReadonlyArray<readonly [string, () => Promise<Controller>]> = [
  ['views', withViews],
  ['rows', withRows],
  ['bare Node', bareNode],
]
const rows: string[][] = []
for (const count of COUNTS) {
  const rates = new Map<string, Measured[]>(kinds.map(([name]) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, start] of kinds) rates.get(name)!.push(await load(start, switches, count))
  }
  const rate = (name: string): number => median(rates.get(name)!.map((one) => one.rate))
  for (const [name] of kinds) {
    const fair = median(rates.get(name)!.map(({ least, most }) => least / most))
    const cpu = median(rates.get(name)!.map(({ cpuUs }) => cpuUs))
    rows.push([`${count} switches, ${name}`, ...[rate(name), rate(name) / rate('bare Node'), cpu, fair].map(figure)])
  }
}
const latencies: string[][] = []
for (const [name, flooding] of [
  ['alone', false],
  ['beside one that floods', true],
] as const) {
  const samples = await echoMs(switches, flooding)
  latencies.push([`${QUIET} switches, ${name}`, ...[median(samples), quantile(samples, 0.99)].map(figure)])
}
await switches.stop()
printTable(
  'Packet-ins answered by a flow-mod and a packet-out, one process',
  'npm run bench -- peers',
  ['', 'packet-ins/s', 'times bare Node', 'µs of CPU each', 'least/most served'],
  rows,
)
printTable('Echo answered, ms', 'npm run bench -- peers', ['', 'median', '99 of 100'], latencies)
console.log(`memory for each of ${IDLE_PEERS} idle peers, shaken hands: ${figure(idle / 1024)} KiB\n`)
