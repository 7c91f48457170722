/**
 * The TypeScript end of hypervisors.py: a cloud in a box as an object with typed requests. Hypervisors with an Open
 * vSwitch each, virtual machines, and an underlay of two spines; what that looks like is told there. Used by `tagsteer
 * lab` and by system tests. Everything that it made is removed by stop(), and also when this process dies. It knows
 * nothing of tagsteer.
 */
import { Asked, type Finished, HostRequests } from './host-requests.ts'

export type { Finished, Probe, Reach, Received, Traffic } from './host-requests.ts'

/** Names have 1 to 15 letters, digits and dashes. */
export interface HypervisorSpec {
  name: string
  /** Datapath id of brint, 16 hexadecimal digits; the hypervisor's number, from 1, where absent. */
  dpid?: string
  /** Of brphy; 0xb000 and the number where absent. */
  underlay_dpid?: string
}

export interface VmSpec {
  name: string
  hypervisor: string
  mac: string
  /** With prefix length. */
  ip: string
  ip6?: string
  /** IPv4 address of its default gateway. */
  gateway?: string
}

/** How brphy chooses between its uplinks; with `none` its tables stay empty, for somebody else. */
export type Uplinks = 'select' | 'failover' | 'none'

export interface CloudSpec {
  hypervisors: HypervisorSpec[]
  vms: VmSpec[]
  /** `select` where absent. */
  uplinks?: Uplinks
  /** `geneve` where absent. What external_ids say, and which port `tunnel` makes. */
  encapsulation?: 'geneve' | 'vxlan'
  /** The lab adds the tunnel's port (tsgnv0 or tsvxl0, OpenFlow number 1000) to brint; otherwise somebody else does. */
  tunnel?: boolean
  /** Cables between the brints of two hypervisors; the port at each has the name of the other. */
  links?: [one: string, other: string][]
}

export interface HypervisorState {
  name: string
  namespace: string
  /** OVS_RUNDIR of its daemons. */
  directory: string
  /** OVSDB target of its ovsdb-server. */
  database: string
  dpid: string
  underlay_dpid: string
  /** Where its tunnels end, in the underlay. */
  vtep: string
  running: Record<Daemon, boolean>
}

export interface VmState extends Required<Omit<VmSpec, 'ip6' | 'gateway'>> {
  namespace: string
  /** OpenFlow number of its port, whose name is the VM's. Its own end is eth0. */
  port: number
  ip6: string | null
}

export interface CloudState {
  directory: string
  pid: number
  /** Processes of start() by name: whether each still runs. */
  started: Record<string, boolean>
  hypervisors: HypervisorState[]
  vms: VmState[]
  spines: { name: Spine; namespace: string; cut: boolean }[]
}

export type Bridge = 'brint' | 'brphy'
export type Daemon = 'ovsdb-server' | 'ovs-vswitchd'
export type Spine = 'spine1' | 'spine2'

/** A capture that goes on until stop(), which tells how many packets there are in its file. */
export interface Capture {
  file: string
  stop(): Promise<number>
}

/** How a spine or an uplink is cut: silently, the hypervisor's end keeps its carrier and what is sent goes nowhere. */
export interface Cut {
  silent?: boolean
}

/** Hosts of its requests are VMs, hypervisors (with OVS_RUNDIR of their daemons) and spines, by name. */
export class Cloud extends HostRequests {
  /** Rejects, and leaves nothing behind, where the lab cannot be made. */
  static async start(spec: CloudSpec): Promise<Cloud> {
    const cloud = new Cloud(Asked.script('hypervisors.py'))
    try {
      await cloud.build(spec)
      return cloud
    } catch (error) {
      await cloud.stop()
      throw error
    }
  }

  /** One that serves DIRECTORY/lab.sock: it goes on when we leave. Rejects where none does. */
  static async at(directory: string): Promise<Cloud> {
    return new Cloud(await Asked.socket(`${directory}/lab.sock`))
  }

  /** To be asked once, and first; start() has done it. */
  build(spec: CloudSpec): Promise<CloudState> {
    return this.asked.ask('build', spec) as Promise<CloudState>
  }

  status(): Promise<CloudState> {
    return this.asked.ask('status') as Promise<CloudState>
  }

  /** Ends a lab that serves a socket, and removes what it made; stop() only leaves it. */
  async end(): Promise<void> {
    await this.asked.ask('stop')
    await this.stop()
  }

  /** A process of ours, outside of all namespaces, that ends with the lab; what it says goes to DIRECTORY/NAME.log. */
  async start(name: string, command: string[], environment: Record<string, string> = {}): Promise<void> {
    await this.asked.ask('start', { name, command, environment })
  }

  async hypervisor(name: string): Promise<HypervisorState> {
    const found = (await this.status()).hypervisors.find((row) => row.name === name)
    if (found === undefined) throw new Error(`there is no hypervisor ${name}`)
    return found
  }

  async vm(name: string): Promise<VmState> {
    const found = (await this.status()).vms.find((row) => row.name === name)
    if (found === undefined) throw new Error(`there is no VM ${name}`)
    return found
  }

  /** Ports of every brint: name to OpenFlow number. */
  ports(): Promise<Record<string, Record<string, number>>> {
    return this.asked.ask('ports') as Promise<Record<string, Record<string, number>>>
  }

  /** `ovs-ofctl` in a hypervisor, e.g. `dump-flows brint`; its output. Rejects where it fails. */
  ofctl(hypervisor: string, ...words: string[]): Promise<string> {
    return this.#succeeds(hypervisor, ['ovs-ofctl', '-O', 'OpenFlow15', ...words])
  }

  /** Gives a bridge these flows, each as text, and no others, in one bundle. */
  async setFlows(hypervisor: string, bridge: string, flows: string[]): Promise<void> {
    const command = ['ovs-ofctl', '-O', 'OpenFlow15', '--bundle', 'replace-flows', bridge, '-']
    await this.#succeeds(hypervisor, command, `${flows.join('\n')}\n`)
  }

  vsctl(hypervisor: string, ...words: string[]): Promise<string> {
    return this.#succeeds(hypervisor, ['ovs-vsctl', '--timeout=20', ...words])
  }

  appctl(hypervisor: string, ...words: string[]): Promise<string> {
    return this.#succeeds(hypervisor, ['ovs-appctl', ...words])
  }

  async #succeeds(host: string, command: string[], input = ''): Promise<string> {
    const { code, stdout, stderr }: Finished = await this.run(host, command, 20, input)
    if (code !== 0) throw new Error(`${command.join(' ')} in ${host}: ${stderr}`)
    return stdout
  }

  /**
   * Lets these bridges of every hypervisor connect to these controllers, each `HOST:PORT` where this process runs; none
   * takes them away. Open vSwitch empties the tables of a bridge that gets its first controller, or loses its last.
   */
  async controllers(addresses: string[], bridges: readonly Bridge[] = ['brint']): Promise<void> {
    await this.asked.ask('controllers', { addresses, bridges })
  }

  /** Ends a hypervisor's connections to its controllers, and lets none in until joinControl. */
  async cutControl(hypervisor: string): Promise<void> {
    await this.asked.ask('cut_control', { hypervisor })
  }

  async joinControl(hypervisor: string): Promise<void> {
    await this.asked.ask('join_control', { hypervisor })
  }

  /**
   * Live migration: the VM's port appears at another hypervisor, and the VM announces itself unless asked not to.
   * @returns the OpenFlow number of its port there.
   */
  async move(vm: string, to: string, { announce = true } = {}): Promise<number> {
    return ((await this.asked.ask('move', { vm, to, announce })) as { port: number }).port
  }

  /** Kills a daemon of a hypervisor. ovs-vswitchd's tables are gone then. */
  async halt(hypervisor: string, daemon: Daemon = 'ovs-vswitchd'): Promise<void> {
    await this.asked.ask('halt', { hypervisor, daemon })
  }

  async resume(hypervisor: string, daemon: Daemon = 'ovs-vswitchd'): Promise<void> {
    await this.asked.ask('resume', { hypervisor, daemon })
  }

  async restart(hypervisor: string, daemon: Daemon = 'ovs-vswitchd'): Promise<void> {
    await this.halt(hypervisor, daemon)
    await this.resume(hypervisor, daemon)
  }

  /** Takes a spine away: its uplinks and its link to the other spine. @returns when, in milliseconds since the epoch. */
  async cutSpine(spine: Spine, { silent = false }: Cut = {}): Promise<number> {
    return ((await this.asked.ask('cut_spine', { spine, silent })) as { at: number }).at
  }

  async joinSpine(spine: Spine): Promise<number> {
    return ((await this.asked.ask('join_spine', { spine })) as { at: number }).at
  }

  /** Takes one uplink away; others reach the hypervisor through the other spine. */
  async cutUplink(hypervisor: string, spine: Spine, { silent = false }: Cut = {}): Promise<number> {
    return ((await this.asked.ask('cut_uplink', { hypervisor, spine, silent })) as { at: number }).at
  }

  async joinUplink(hypervisor: string, spine: Spine): Promise<number> {
    return ((await this.asked.ask('join_uplink', { hypervisor, spine })) as { at: number }).at
  }

  /** Takes the link between two hypervisors away: both ends lose their carrier. @returns when, as cutSpine(). */
  async cutLink(one: string, other: string): Promise<number> {
    return ((await this.asked.ask('cut_link', { one, other })) as { at: number }).at
  }

  async joinLink(one: string, other: string): Promise<number> {
    return ((await this.asked.ask('join_link', { one, other })) as { at: number }).at
  }

  /** Gives every brphy other flows; `none` leaves those it has. */
  async uplinks(kind: Uplinks): Promise<void> {
    await this.asked.ask('uplinks', { kind })
  }

  /**
   * Writes what passes an interface from now on into a file (pcap). A spine's interfaces have the names of the
   * hypervisors that they lead to, and `peer`; those of a hypervisor are up1, up2, brphy, the VMs' names, and of links.
   * @param filter Words of pcap-filter(7).
   */
  async capture(host: string, iface: string, file: string, filter: string[] = []): Promise<Capture> {
    const asked = (await this.asked.ask('capture', { host, interface: iface, file, filter })) as { capture: number }
    return {
      file,
      stop: async () => ((await this.asked.ask('end_capture', asked)) as { captured: number }).captured,
    }
  }
}
