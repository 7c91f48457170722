/**
 * A bridge of the running Open vSwitch with the userspace datapath, for tests: its management connection, and
 * ofproto/trace by its control socket (JSON-RPC, no process per call). Names end in the process id; `remove` is for
 * `after` and leaves nothing behind.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { connect, type ErrorMessage, type Message, type OpenFlowConnection } from 'node-openflow'

const RUN = '/var/run/openvswitch'
const vsctl = (...words: string[]): string => execFileSync('ovs-vsctl', words, { encoding: 'utf8' }).trim()

/** Tests' xids are small; the connection's own requests count from small ones, too. */
const XIDS = 0x4000_0000

function renumbered(message: Message, by: number): Message {
  const xid = message.xid + by
  if (message.type !== 'bundle_add_message') return { ...message, xid }
  return { ...message, xid, message: renumbered(message.message, by) }
}

/** One flow looked up in a trace; cookie 0 with `missed`. */
export interface TracedStep {
  readonly table: number
  readonly cookie: bigint
  readonly missed: boolean
}

export interface TracedPacket {
  readonly steps: readonly TracedStep[]
  /** OpenFlow port numbers, or `controller`. */
  readonly outputs: readonly (number | 'controller')[]
  readonly text: string
}

/** ovs-vswitchd's control socket. */
class Control {
  readonly #socket: Socket
  readonly #waiting = new Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>()
  #text = ''
  #id = 0

  constructor() {
    const pid = readFileSync(`${RUN}/ovs-vswitchd.pid`, 'utf8').trim()
    this.#socket = createConnection(`${RUN}/ovs-vswitchd.${pid}.ctl`)
    this.#socket.setEncoding('utf8')
    this.#socket.on('data', (chunk: string) => this.#read(chunk))
  }

  call(method: string, params: readonly string[]): Promise<string> {
    const id = this.#id++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#socket.write(JSON.stringify({ method, params, id }))
    })
  }

  /** One call at a time is under way, so what has come is whole when it parses. */
  #read(chunk: string): void {
    this.#text += chunk
    let reply: { id: number; result: string | null; error: string | null }
    try {
      reply = JSON.parse(this.#text)
    } catch {
      return
    }
    this.#text = ''
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (reply.error !== null) waiting?.reject(new Error(reply.error))
    else waiting?.resolve(reply.result ?? '')
  }

  close(): void {
    this.#socket.destroy()
  }
}

export class OvsBridge {
  readonly name: string
  readonly connection: OpenFlowConnection
  readonly #control = new Control()
  /** OpenFlow port by datapath port. */
  readonly #ports = new Map<number, number>()
  #heard: Message[] = []

  private constructor(name: string, connection: OpenFlowConnection) {
    this.name = name
    this.connection = connection
    connection.onMessage = (message) => {
      const kept = structuredClone(message)
      this.#heard.push(kept.xid >= XIDS ? renumbered(kept, -XIDS) : kept)
    }
    connection.onError = (error) => {
      throw error
    }
  }

  /** Internal ports 1 .. count, which stay down on the host's side. */
  static async create(prefix: string, count: number): Promise<OvsBridge> {
    const name = `${prefix}${process.pid.toString(36)}`.slice(0, 12)
    vsctl(
      ...['--may-exist', 'add-br', name, '--', 'set', 'bridge', name, 'datapath_type=netdev', 'fail_mode=secure'],
      'protocols=OpenFlow13',
    )
    for (let i = 1; i <= count; i++) {
      const port = `${name}.${i}`
      const settings = ['type=internal', `ofport_request=${i}`]
      vsctl('--may-exist', 'add-port', name, port, '--', 'set', 'interface', port, ...settings)
    }
    const bridge = new OvsBridge(name, await connect({ path: `${RUN}/${name}.mgmt`, side: 'controller' }))
    const shown = await bridge.#control.call('dpif/show', [])
    for (const line of shown.matchAll(new RegExp(`^ +${name}\\.(\\d+) (\\d+)/(\\d+)`, 'gm'))) {
      bridge.#ports.set(Number(line[3]), Number(line[2]))
    }
    // Management connections hear of nothing until they say so: packet-ins, ports, flows removed.
    bridge.connection.send({
      type: 'set_async',
      xid: bridge.connection.nextXid(),
      packet_in_mask_master: 3,
      packet_in_mask_slave: 0,
      port_status_mask_master: 0,
      port_status_mask_slave: 0,
      flow_removed_mask_master: 15,
      flow_removed_mask_slave: 0,
    })
    return bridge
  }

  /** Sends messages, and gives what came back until all were done: errors, packet_ins, flow_removed. */
  async tell(messages: readonly Message[]): Promise<Message[]> {
    this.#heard = []
    this.connection.sendAll(messages.map((message) => renumbered(message, XIDS)))
    await this.connection.request({ type: 'barrier_request' })
    return this.#heard
  }

  /** What has come since, up to `count` messages of a type, or as many as come within a second. */
  async heard(type: Message['type'], count: number): Promise<Message[]> {
    const deadline = Date.now() + 1000
    const found = (): Message[] => this.#heard.filter((message) => message.type === type)
    while (found().length < count && Date.now() < deadline) {
      await this.connection.request({ type: 'echo_request', data: new Uint8Array(0) })
    }
    return found()
  }

  async trace(inPort: number, packet: Uint8Array, ctNext: readonly string[] = []): Promise<TracedPacket> {
    const hex = Buffer.from(packet).toString('hex')
    const states = ctNext.flatMap((state) => ['--ct-next', state])
    const text = await this.#control.call('ofproto/trace', [this.name, `in_port=${inPort}`, hex, ...states])
    return { steps: stepsIn(text), outputs: this.#outputsIn(text), text }
  }

  #outputsIn(text: string): Array<number | 'controller'> {
    return [...text.matchAll(/^Datapath actions: (.*)$/gm)]
      .flatMap((line) => leaves(line[1]!))
      .flatMap((leaf): Array<number | 'controller'> => {
        if (/^\d+$/.test(leaf)) return [this.#ports.get(Number(leaf)) ?? -Number(leaf)]
        return leaf.includes('controller(') && !leaf.includes('reason=2') ? ['controller'] : []
      })
  }

  remove(): void {
    this.connection.close()
    this.#control.close()
    vsctl('--if-exists', 'del-br', this.name)
  }
}

/** `1,clone(2,set(x)),3` as 1, 2, set(x), 3. */
function leaves(actions: string): string[] {
  const out: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i <= actions.length; i++) {
    const c = actions[i]
    if (c === '(') depth++
    if (c === ')') depth--
    if ((c === ',' || c === undefined) && depth === 0) {
      const one = actions.slice(start, i)
      const clone = /^clone\((.*)\)$/.exec(one)
      if (clone === null) out.push(one)
      else out.push(...leaves(clone[1]!))
      start = i + 1
    }
  }
  return out
}

function stepsIn(text: string): TracedStep[] {
  return [...text.matchAll(/^ *(\d+)\. (.*)$/gm)].map((line) => {
    const cookie = /, cookie (0x[0-9a-f]+)/.exec(line[2]!)
    return {
      table: Number(line[1]),
      cookie: BigInt(cookie?.[1] ?? 0),
      missed: line[2]!.startsWith('No match'),
    }
  })
}

export function isError(message: Message): message is ErrorMessage {
  return message.type === 'error'
}
