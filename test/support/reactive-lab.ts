/**
 * A controller as users run it and one real reactive bridge with hosts in namespaces, for tests of what packets meet. It
 * knows no policy.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { addLabBridge, addLabHost, Station } from './lab-hosts.ts'
import { Daemons } from './ovs-bridge.ts'
import { Relay } from './relay.ts'
import { freePort, RunningController } from './running-controller.ts'

export const DATAPATH = '0000000000000a71'
const BRIDGE = 'br'

export interface SwitchSeen {
  mode: string
  state: string
  keptVerdicts: number
  degradedReason: string
}

export class ReactiveLab {
  readonly controller: RunningController
  readonly daemons: Daemons
  readonly hosts: readonly string[]
  /** HOST:PORT of its metrics. */
  metrics = ''
  readonly #suffix: string
  readonly #stations = new Map<string, Station>()
  #cable: Relay | undefined

  private constructor(controller: RunningController, daemons: Daemons, hosts: readonly string[], suffix: string) {
    this.controller = controller
    this.daemons = daemons
    this.hosts = hosts
    this.#suffix = suffix
  }

  /** @param hosts Each has one port, in this order from 1. */
  static async start(hosts: readonly string[]): Promise<ReactiveLab> {
    const suffix = randomBytes(3).toString('hex')
    execFileSync('ip', ['netns', 'add', `rx${suffix}sw`])
    let daemons: Daemons | undefined
    let controller: RunningController | undefined
    try {
      daemons = await Daemons.start(`rx${suffix}sw`)
      const metrics = `127.0.0.1:${await freePort()}`
      const words = ['--ovsdb', `unix:${daemons.directory}/db.sock`, '--log-level', 'warn', '--metrics', metrics]
      controller = await RunningController.start({ words })
      const lab = new ReactiveLab(controller, daemons, hosts, suffix)
      lab.metrics = metrics
      await lab.#build()
      return lab
    } catch (error) {
      await controller?.remove()
      daemons?.stop()
      for (const name of ['sw', ...hosts]) spawnSync('ip', ['netns', 'del', `rx${suffix}${name}`])
      throw error
    }
  }

  netns(host: string): string {
    return `rx${this.#suffix}${host}`
  }

  macOf(host: string): string {
    return `02:00:00:00:71:0${this.hosts.indexOf(host) + 1}`
  }

  addressOf(host: string): string {
    return `10.71.0.${this.hosts.indexOf(host) + 1}`
  }

  async #build(): Promise<void> {
    addLabBridge(this.daemons, BRIDGE, DATAPATH)
    for (const [at, name] of this.hosts.entries()) {
      const [netns, mac, address] = [this.netns(name), this.macOf(name), `${this.addressOf(name)}/24`]
      addLabHost(this.daemons, BRIDGE, { name, netns, mac, address, port: at + 1, bridgeNetns: this.netns('sw') })
    }
    // The bridge forwards in a namespace of its own, where the controller's address is another.
    const path = `${this.daemons.directory}/cable.sock`
    this.#cable = new Relay(this.controller.openflow, { path })
    await this.#cable.listen()
    this.daemons.vsctl('set-controller', BRIDGE, `unix:${path}`)
  }

  interface(host: string, tags: readonly string[]): object {
    return {
      interface: {
        name: host,
        tags: tags.map((text) => ({ text })),
        mac: this.macOf(host),
        addresses: [this.addressOf(host)],
        attachment: { port: { datapathId: DATAPATH, port: this.hosts.indexOf(host) + 1 } },
      },
    }
  }

  /** Writes records and waits until the switch enforces them. */
  async apply(records: object[]): Promise<void> {
    await this.controller.call('ApplyService.Apply', { records, owner: 'test' })
    await this.applied()
  }

  applied(): Promise<void> {
    return this.controller.enforced()
  }

  async seen(): Promise<SwitchSeen> {
    const { switches } = await this.controller.call<{ switches: SwitchSeen[] }>('TopologyService.ListSwitches', {})
    return switches[0]!
  }

  /** Flows of ours that go by themselves, as the bridge tells them. */
  kept(): string[] {
    const words = ['-O', 'OpenFlow13', '--no-stats', 'dump-flows', `unix:${this.daemons.directory}/${BRIDGE}.mgmt`]
    const lines = execFileSync('ovs-ofctl', words, { encoding: 'utf8' }).split('\n')
    return lines.filter((line) => line.includes('idle_timeout=')).map((line) => line.trim())
  }

  /** Runs a program in a host; the bridge's connection goes through this process, so it must not block. */
  run(host: string, ...words: string[]): Promise<{ code: number | null; text: string }> {
    const child = spawn('ip', ['netns', 'exec', this.netns(host), ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })))
  }

  /** Counts and sends numbered UDP packets in a host. */
  station(host: string): Station {
    const known = this.#stations.get(host)
    if (known !== undefined) return known
    const station = new Station(this.netns(host), 'eth0')
    this.#stations.set(host, station)
    return station
  }

  async stop(): Promise<void> {
    for (const station of this.#stations.values()) station.end()
    await this.#cable?.cut()
    await this.controller.remove()
    this.daemons.stop()
    for (const name of ['sw', ...this.hosts]) spawnSync('ip', ['netns', 'del', this.netns(name)])
  }
}
