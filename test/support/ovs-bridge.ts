/**
 * An Open vSwitch of the test's own: database and ovs-vswitchd in a directory for the time of the test, dummy ports,
 * limited memory. Random flow tables can end a real ovs-vswitchd (a ct() in a circle under ofproto/trace takes all
 * memory; 3.1 has an assertion that frozen action sets can trip), so they must never run on the machine's own.
 * Gives the management connection, and ofproto/trace by the control socket (JSON-RPC, no process per call).
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ErrorMessage, type Message, type MessageNamed, type OpenFlowConnection } from 'node-openflow'

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'
/** Address space of ovs-vswitchd, octets: threads' stacks, and far below what the machine has. */
const MEMORY = 4 * 2 ** 30

/** Database and switch daemon; both end with `stop`, and the directory with them. */
export class Daemons {
  readonly directory = mkdtempSync(join(tmpdir(), 'ovs-'))
  readonly #processes: ChildProcess[] = []
  #database: ChildProcess | undefined

  /**
   * @param netns A network namespace to forward in with the userspace datapath; without it ports are dummies.
   * @param dummies `override`: whatever their type. `beside`: only those of type dummy; tunnels are real.
   */
  static async start(netns?: string, dummies: 'override' | 'beside' = 'override'): Promise<Daemons> {
    const daemons = new Daemons()
    const { directory } = daemons
    execFileSync('ovsdb-tool', ['create', `${directory}/conf.db`, SCHEMA])
    await daemons.#startDatabase()
    daemons.vsctl('--no-wait', 'init')
    const limited = [`--as=${MEMORY}`, 'ovs-vswitchd', `unix:${directory}/db.sock`]
    if (netns === undefined) {
      const control = `--unixctl=${directory}/switch.ctl`
      const enable = dummies === 'override' ? '--enable-dummy=override' : '--enable-dummy'
      daemons.#spawn('prlimit', [...limited, enable, '--disable-system', '--disable-system-route', control])
      await daemons.#appears('switch.ctl')
    } else {
      // Every userspace datapath has a device ovs-netdev: two of them need two namespaces.
      daemons.#spawn('ip', ['netns', 'exec', netns, 'prlimit', ...limited, '--disable-system', '--pidfile'])
      await daemons.#appears('ovs-vswitchd.pid')
    }
    return daemons
  }

  async #startDatabase(): Promise<void> {
    const { directory } = this
    this.#database = this.#spawn('ovsdb-server', [
      `${directory}/conf.db`,
      `--remote=punix:${directory}/db.sock`,
      `--unixctl=${directory}/database.ctl`,
      // As distributions start it: managers and certificates are what ovs-vsctl set-manager and set-ssl say.
      '--remote=db:Open_vSwitch,Open_vSwitch,manager_options',
      '--private-key=db:Open_vSwitch,SSL,private_key',
      '--certificate=db:Open_vSwitch,SSL,certificate',
      '--ca-cert=db:Open_vSwitch,SSL,ca_cert',
    ])
    await this.#appears('db.sock')
  }

  /** Kills ovsdb-server and starts it on what it has written. */
  async restartDatabase(): Promise<void> {
    const child = this.#database!
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    rmSync(`${this.directory}/db.sock`, { force: true })
    await this.#startDatabase()
  }

  #spawn(program: string, words: string[]): ChildProcess {
    const { directory } = this
    const log = [
      '-vconsole:off',
      '-vsyslog:off',
      '-vfile:info',
      `--log-file=${directory}/${this.#processes.length}.log`,
    ]
    const child = spawn(program, [...words, ...log], {
      env: { ...process.env, OVS_RUNDIR: directory },
      stdio: 'ignore',
    })
    this.#processes.push(child)
    return child
  }

  /** Sockets appear when a daemon listens. */
  async #appears(name: string): Promise<void> {
    const path = `${this.directory}/${name}`
    const deadline = Date.now() + 10_000
    while (!existsSync(path)) {
      if (Date.now() > deadline) throw new Error(`no ${path} within 10 s`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  vsctl(...words: string[]): void {
    execFileSync('ovs-vsctl', [`--db=unix:${this.directory}/db.sock`, '--timeout=20', ...words])
  }

  stop(): void {
    for (const child of this.#processes.reverse()) child.kill('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }
}

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

  constructor(path: string) {
    this.#socket = createConnection(path)
    this.#socket.setEncoding('utf8')
    this.#socket.on('close', () => this.#gone())
    this.#socket.on('error', () => this.#gone())
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

  #gone(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('ovs-vswitchd is gone'))
    this.#waiting.clear()
  }

  close(): void {
    this.#socket.destroy()
  }
}

export class OvsBridge {
  readonly name = 'br'
  readonly connection: OpenFlowConnection
  readonly #daemons: Daemons
  readonly #control: Control
  /** OpenFlow port by datapath port. */
  readonly #ports = new Map<number, number>()
  #heard: Message[] = []

  private constructor(daemons: Daemons, connection: OpenFlowConnection) {
    this.#daemons = daemons
    this.#control = new Control(`${daemons.directory}/switch.ctl`)
    this.connection = connection
    connection.onMessage = (message) => {
      const kept = structuredClone(message)
      this.#heard.push(kept.xid >= XIDS ? renumbered(kept, -XIDS) : kept)
    }
    connection.onError = (error) => {
      throw error
    }
  }

  /**
   * Ports 1 .. count.
   *
   * @param tunnels Ports 4 and 5 are ends of Geneve and VXLAN tunnels, at 1.1.1.1 on a bridge `under` of its own with
   *   the port `p0`, where 1.1.1.2 and 1.1.1.3 are known.
   */
  static async create(count: number, tunnels = false): Promise<OvsBridge> {
    const daemons = await Daemons.start(undefined, tunnels ? 'beside' : 'override')
    try {
      const settings = ['datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow13']
      daemons.vsctl('add-br', 'br', '--', 'set', 'bridge', 'br', ...settings)
      for (let i = 1; i <= count; i++) {
        const port = ['type=dummy', `ofport_request=${i}`]
        daemons.vsctl('add-port', 'br', `br.${i}`, '--', 'set', 'interface', `br.${i}`, ...port)
      }
      const connection = await connect({ path: `${daemons.directory}/br.mgmt`, side: 'controller' })
      const bridge = new OvsBridge(daemons, connection)
      if (tunnels) await bridge.#addTunnels()
      await bridge.#prepare()
      return bridge
    } catch (error) {
      daemons.stop()
      throw error
    }
  }

  async #addTunnels(): Promise<void> {
    const dummies = ['datapath_type=dummy', 'fail_mode=standalone', 'other-config:hwaddr=aa:55:aa:55:00:00']
    this.#daemons.vsctl('add-br', 'under', '--', 'set', 'bridge', 'under', ...dummies)
    this.#daemons.vsctl('add-port', 'under', 'p0', '--', 'set', 'interface', 'p0', 'type=dummy')
    for (const [name, number, ...more] of [
      ['geneve', 4],
      ['vxlan', 5, 'options:exts=gbp'],
    ] as const) {
      const options = ['options:remote_ip=flow', 'options:key=flow', ...more, `ofport_request=${number}`]
      this.#daemons.vsctl('add-port', 'br', name, '--', 'set', 'interface', name, `type=${name}`, ...options)
    }
    await this.#control.call('netdev-dummy/ip4addr', ['under', '1.1.1.1/24'])
    await this.#control.call('ovs/route/add', ['1.1.1.0/24', 'under'])
    await this.#control.call('tnl/neigh/set', ['under', '1.1.1.2', 'aa:55:aa:55:00:02'])
    await this.#control.call('tnl/neigh/set', ['under', '1.1.1.3', 'aa:55:aa:55:00:03'])
    // A packet_in has the tunnel's fields of the packet that a flow of the datapath was made for, not of its own.
    await this.#control.call('upcall/disable-megaflows', [])
  }

  /** The datapath forgets flows, so that packets that come in meet the tables as they are now. */
  async purge(): Promise<void> {
    await this.#control.call('revalidator/purge', [])
  }

  /** A frame comes in on the underlay. */
  async receiveUnder(frame: Uint8Array): Promise<void> {
    await this.#control.call('netdev-dummy/receive', ['p0', Buffer.from(frame).toString('hex')])
  }

  async #prepare(): Promise<void> {
    const shown = await this.#control.call('dpif/show', [])
    for (const line of shown.matchAll(/^ +br\.(\d+) (\d+)\/(\d+)/gm)) {
      this.#ports.set(Number(line[3]), Number(line[2]))
    }
    // Management connections hear of nothing until they say so: packet-ins, ports, flows removed.
    this.connection.send({
      type: 'set_async',
      xid: this.connection.nextXid(),
      packet_in_mask_master: 3,
      packet_in_mask_slave: 0,
      port_status_mask_master: 0,
      port_status_mask_slave: 0,
      flow_removed_mask_master: 15,
      flow_removed_mask_slave: 0,
    })
  }

  /** The bridge's name for ovs-ofctl. */
  get management(): string {
    return `unix:${this.#daemons.directory}/br.mgmt`
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

  /** The packet_ins that have come since, as soon as one has come that is `last`. */
  async heardUntil(last: (message: MessageNamed<'packet_in'>) => boolean): Promise<MessageNamed<'packet_in'>[]> {
    for (let wanted = 1; ; wanted++) {
      const found = (await this.heard('packet_in', wanted)).filter((message) => message.type === 'packet_in')
      if (found.some(last)) return found
      if (found.length < wanted) throw new Error(`the last of ${wanted} packet_ins did not come within a second`)
    }
  }

  /** @param tunnel Fields of the tunnel that the packet comes in, as text. */
  async trace(
    inPort: number,
    packet: Uint8Array,
    ctNext: readonly string[] = [],
    tunnel: readonly string[] = [],
  ): Promise<TracedPacket> {
    const hex = Buffer.from(packet).toString('hex')
    const states = ctNext.flatMap((state) => ['--ct-next', state])
    const from = [`in_port=${inPort}`, ...tunnel].join(',')
    const text = await this.#control.call('ofproto/trace', [this.name, from, hex, ...states])
    return { steps: stepsIn(text), outputs: this.#outputsIn(text), text }
  }

  #outputsIn(text: string): Array<number | 'controller'> {
    return [...text.matchAll(/^Datapath actions: (.*)$/gm)]
      .flatMap((line) => leaves(line[1]!))
      .filter((_, i, all) => !all[i - 1]?.startsWith('tnl_push('))
      .flatMap((leaf): Array<number | 'controller'> => {
        if (leaf.startsWith('tnl_push(')) return [leaf.includes(',geneve(') ? 4 : 5]
        if (/^\d+$/.test(leaf)) return [this.#ports.get(Number(leaf)) ?? -Number(leaf)]
        return leaf.includes('controller(') && !leaf.includes('reason=2') ? ['controller'] : []
      })
  }

  remove(): void {
    this.connection.close()
    this.#control.close()
    this.#daemons.stop()
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

/** What a bridge below does with what is sent into a tunnel. */
const BELOW = /^ *bridge\("under"\)\n.*\n.*\n/gm

function stepsIn(text: string): TracedStep[] {
  return [...text.replaceAll(BELOW, '').matchAll(/^ *(\d+)\. (.*)$/gm)].map((line) => {
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
