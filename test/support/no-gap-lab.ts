/**
 * A controller and one real bridge under steady traffic: hosts in namespaces send numbered packets to each other all the
 * time, and who got what is counted at both ends. The connection between controller and switch runs through this
 * process, so that it can be cut. Thousands of interface records that nobody sits behind make the tables large. It knows
 * nothing of what happens to the controller meanwhile.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { addLabBridge, addLabHost, Station } from './lab-hosts.ts'
import { Daemons } from './ovs-bridge.ts'
import { Relay } from './relay.ts'
import { RunningController, until } from './running-controller.ts'

const TURNS = fileURLToPath(new URL('turns.mjs', import.meta.url))
const DATAPATH = '0000000000000a51'
const PORT = 7000
const BRIDGE = 'br'
/** Packets a second of one stream, and the time that those on their way have to arrive. */
const RATE = 20
const ARRIVE_MS = 500
/** Records of one Apply, within the size of a message. */
const PER_APPLY = 100
/** Of a filling record: the most that a record may have. */
const ADDRESSES = 64

const HOSTS = ['a1', 'a2', 'a3', 'b1', 'b2'] as const
type Host = (typeof HOSTS)[number]
const PERMITTED: [Host, Host][] = [
  ['a1', 'a2'],
  ['a2', 'a3'],
  ['a3', 'a1'],
  ['b1', 'b2'],
  ['b2', 'b1'],
]
const FORBIDDEN: [Host, Host][] = [
  ['a1', 'b1'],
  ['b1', 'a2'],
  ['a3', 'b2'],
  ['b2', 'a1'],
]
const STREAMS = [...PERMITTED, ...FORBIDDEN].map(([from, to], at) => ({
  id: at + 1,
  from,
  to,
  permitted: at < PERMITTED.length,
}))

const macOf = (host: Host): string => `02:00:00:00:51:0${HOSTS.indexOf(host) + 1}`
const addressOf = (host: Host): string => `10.51.0.${HOSTS.indexOf(host) + 1}`

export interface Outcome {
  sent: number
  lost: number
  /** Packets that arrived and may not. */
  forbidden: number
  /** Longest time in which a permitted stream was silent, ms. */
  silence: number
}

export class NoGapLab {
  readonly controller: RunningController
  readonly cable: Relay
  readonly daemons: Daemons
  readonly #directory: string
  readonly #netns: (name: string) => string
  readonly #stations = new Map<Host, Station>()
  readonly #spaces: string[]
  readonly #turns: string

  private constructor(controller: RunningController, daemons: Daemons, directory: string, suffix: string) {
    this.controller = controller
    this.daemons = daemons
    this.#directory = directory
    this.#turns = join(directory, 'turns')
    this.cable = new Relay(controller.openflow, { path: join(daemons.directory, 'cable.sock') })
    this.#netns = (name) => `ng${suffix}${name}`
    this.#spaces = ['sw', ...HOSTS].map(this.#netns)
  }

  static async start(): Promise<NoGapLab> {
    const suffix = randomBytes(3).toString('hex')
    const directory = mkdtempSync(join(tmpdir(), 'no-gap-'))
    execFileSync('ip', ['netns', 'add', `ng${suffix}sw`])
    let daemons: Daemons | undefined
    let controller: RunningController | undefined
    let lab: NoGapLab | undefined
    try {
      daemons = await Daemons.start(`ng${suffix}sw`)
      const words = ['--ovsdb', `unix:${daemons.directory}/db.sock`, '--log-level', 'warn']
      controller = await RunningController.start({ words, environment: measured(join(directory, 'turns')) })
      lab = new NoGapLab(controller, daemons, directory, suffix)
      await lab.#build()
      return lab
    } catch (error) {
      console.error(controller?.log)
      if (lab !== undefined) await lab.stop()
      else {
        await controller?.remove()
        daemons?.stop()
        execFileSync('ip', ['netns', 'del', `ng${suffix}sw`])
        rmSync(directory, { recursive: true, force: true })
      }
      throw error
    }
  }

  async #build(): Promise<void> {
    const { daemons } = this
    await this.cable.listen()
    addLabBridge(daemons, BRIDGE, DATAPATH)
    for (const [at, host] of HOSTS.entries()) {
      const netns = this.#netns(host)
      const [mac, address] = [macOf(host), `${addressOf(host)}/24`]
      addLabHost(daemons, BRIDGE, { name: host, netns, mac, address, port: at + 1, bridgeNetns: this.#netns('sw') })
      this.#stations.set(host, new Station(netns, 'eth0'))
    }
    const target = `target="unix:${daemons.directory}/cable.sock"`
    const controller = ['--', '--id=@c', 'create', 'Controller', target, 'max_backoff=1000']
    daemons.vsctl('set', 'bridge', BRIDGE, 'controller=@c', ...controller)
  }

  /** Two tenants, who reach themselves on one port and nobody else, and so many records with many addresses beside them. */
  async fill(fillers: number): Promise<void> {
    const sw = this.#netns('sw')
    const ports: string[] = []
    const portOf = (number: number): number => HOSTS.length + 1 + number
    for (let number = 0; number < fillers; number++) {
      const [near, far] = [`f${number}`, `g${number}`]
      execFileSync('ip', ['-n', sw, 'link', 'add', near, 'up', 'type', 'veth', 'peer', 'name', far])
      ports.push('--', 'add-port', BRIDGE, near, '--', 'set', 'interface', near, `ofport_request=${portOf(number)}`)
    }
    this.daemons.vsctl(...ports.slice(1))
    const vnp = (name: string): object => ({ vnp: { name, selector: { allOf: [{ text: name }] } } })
    const allow = (name: string): object => ({
      policy: {
        name: `${name}-udp`,
        vnp: name,
        rules: [
          {
            direction: 'DIRECTION_INGRESS',
            peer: { tags: {} },
            protocols: ['udp'],
            ports: [String(PORT)],
            action: 'ACTION_ALLOW',
          },
        ],
      },
    })
    const record = (name: string, tag: string, mac: string, addresses: string[], port: number): object => ({
      interface: {
        name,
        // Everybody has the second tag, and nobody asks for it yet.
        tags: [{ text: tag }, { text: 'wave' }],
        mac,
        addresses,
        attachment: { port: { datapathId: DATAPATH, port } },
      },
    })
    await this.#apply([
      ...['a', 'b'].flatMap((name) => [vnp(name), allow(name)]),
      ...HOSTS.map((host, at) => record(host, host[0]!, macOf(host), [addressOf(host)], at + 1)),
    ])
    const hex = (number: number): string => number.toString(16).padStart(4, '0')
    for (let from = 0; from < fillers; from += PER_APPLY) {
      const some = Array.from({ length: Math.min(PER_APPLY, fillers - from) }, (_, at) => {
        const number = from + at
        const mac = `02:00:00:01:${hex(number).slice(0, 2)}:${hex(number).slice(2)}`
        const addresses = Array.from(
          { length: ADDRESSES },
          (_, index) => `10.${52 + (number >> 8)}.${number & 255}.${index}`,
        )
        return record(`f${number}`, 'a', mac, addresses, portOf(number))
      })
      await this.#apply(some)
    }
    await this.applied()
  }

  async #apply(records: object[]): Promise<void> {
    await this.controller.call('ApplyService.Apply', { records, owner: 'test' })
  }

  /** The one switch is served, and enforces what was written last. @returns ms until then. */
  async applied(timeoutMs = 120_000): Promise<number> {
    const begun = performance.now()
    await this.controller.enforced(timeoutMs)
    return performance.now() - begun
  }

  /** Flows on the bridge whose cookie has this epoch, or all of ours. */
  flows(epoch?: number): number {
    const cookie = epoch === undefined ? '0x7a67000000000000/0xffff000000000000' : epochText(epoch)
    const words = [
      '-O',
      'OpenFlow13',
      'dump-aggregate',
      `unix:${this.daemons.directory}/${BRIDGE}.mgmt`,
      `cookie=${cookie}`,
    ]
    return Number(/flow_count=(\d+)/.exec(execFileSync('ovs-ofctl', words, { encoding: 'utf8' }))?.[1])
  }

  /** Sends all the time while something happens, and says what was lost and what got through. */
  async during(act: () => Promise<void>): Promise<Outcome> {
    for (const station of this.#stations.values()) await station.ask('reset')
    for (const [host, station] of this.#stations) {
      const streams = STREAMS.filter(({ from }) => from === host)
      await station.ask('start', {
        streams: streams.map(({ id, to }) => ({ id, to: addressOf(to), port: PORT, rate: RATE })),
      })
    }
    await sleep(300)
    try {
      await act()
    } finally {
      await sleep(300)
    }
    const sent = new Map<number, number>()
    let failed = 0
    for (const station of this.#stations.values()) {
      const said = await station.ask<{ sent: Record<string, number>; failed: Record<string, number> }>('stop')
      for (const [id, count] of Object.entries(said.sent)) sent.set(Number(id), count)
      failed += Object.values(said.failed).reduce((sum, count) => sum + count, 0)
    }
    await sleep(ARRIVE_MS)
    const outcome: Outcome = { sent: 0, lost: failed, forbidden: 0, silence: 0 }
    const got = new Map<string, [number, number, number]>()
    for (const [host, station] of this.#stations) {
      const said = await station.ask<{ got: Record<string, [number, number, number]>; lost: number }>('count')
      if (said.lost > 0) throw new Error(`${host} did not read ${said.lost} frames: its counts prove nothing`)
      for (const [id, row] of Object.entries(said.got)) got.set(`${host} ${id}`, row)
    }
    for (const { id, to, permitted } of STREAMS) {
      const [, different = 0, silence = 0] = got.get(`${to} ${id}`) ?? []
      got.delete(`${to} ${id}`)
      if (!permitted) outcome.forbidden += different
      else {
        outcome.sent += sent.get(id) ?? 0
        outcome.lost += (sent.get(id) ?? 0) - different
        outcome.silence = Math.max(outcome.silence, silence)
      }
    }
    // What arrived anywhere else.
    for (const [packets] of got.values()) outcome.forbidden += packets
    return outcome
  }

  /** Starts the controller again on the same state. */
  run(program?: string): Promise<void> {
    return this.controller.run(program, measured(this.#turns))
  }

  /** The longest turn of the controller's event loop since this was asked last or it started, ms. */
  async longestTurn(): Promise<number> {
    rmSync(this.#turns, { force: true })
    process.kill(this.controller.pid!, 'SIGUSR2')
    await until(
      'the longest turn',
      async () => existsSync(this.#turns) && readFileSync(this.#turns, 'utf8') !== '',
      Boolean,
    )
    return Number(readFileSync(this.#turns, 'utf8').split(' ')[0])
  }

  /** Resident memory of the switch daemon and the controller, MB. */
  memory(): [number, number] {
    const pid = readFileSync(`${this.daemons.directory}/ovs-vswitchd.pid`, 'utf8').trim()
    const of = (process: string): number =>
      Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1]) / 1024)
    return [of(pid), of(String(this.controller.pid))]
  }

  async stop(): Promise<void> {
    for (const station of this.#stations.values()) station.end()
    await this.cable.cut()
    await this.controller.remove()
    this.daemons.stop()
    for (const netns of this.#spaces) if (existsSync(`/run/netns/${netns}`)) execFileSync('ip', ['netns', 'del', netns])
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

const measured = (turns: string): Record<string, string> => ({ NODE_OPTIONS: `--import=${TURNS}`, TURNS: turns })

/** Cookies of one epoch, as ovs-ofctl takes them. */
function epochText(epoch: number): string {
  return `0x7a67${epoch.toString(16).padStart(2, '0')}0000000000/0xffffff0000000000`
}
