/**
 * The TypeScript end of lab.py: one Mininet network as an object with typed requests. Used by the demo and by the
 * system tests; it knows nothing of tagsteer. Everything it made is taken down by stop(), and also when this process
 * dies, because lab.py ends with its standard input.
 */
import { Asked, HostRequests } from './host-requests.ts'

export type { Finished, Probe, Reach, Received, Traffic } from './host-requests.ts'

export interface HostSpec {
  name: string
  mac: string
  /** With prefix length. */
  ip: string
  ip6?: string
  switch: string
}

export interface NetworkSpec {
  /** A standalone one is an ordinary learning switch without a controller: somebody else's network. */
  switches: { name: string; dpid: string; standalone?: boolean }[]
  hosts: HostSpec[]
  links: [string, string][]
  /** Open vSwitch controller targets. */
  controllers: string[]
}

/** Ports of each switch: interface name to OpenFlow port number. */
export type PortTable = Record<string, Record<string, number>>

export class Lab extends HostRequests {
  private constructor() {
    super(Asked.script('lab.py'))
  }

  /** Starts a network; rejects (and leaves nothing behind) where Mininet or Open vSwitch cannot make it. */
  static async start(spec: NetworkSpec): Promise<{ lab: Lab; ports: PortTable }> {
    const lab = new Lab()
    try {
      const { ports } = (await lab.asked.ask('build', { ...spec })) as { ports: PortTable }
      return { lab, ports }
    } catch (error) {
      await lab.stop()
      throw error
    }
  }

  ports(): Promise<PortTable> {
    return this.asked.ask('ports') as Promise<PortTable>
  }

  async link(a: string, b: string, up: boolean): Promise<void> {
    await this.asked.ask('link', { a, b, up })
  }

  /** Moves the switch end of a host's link to another switch; the port keeps its name. */
  async move(host: string, to: string): Promise<{ interface: string }> {
    return (await this.asked.ask('move', { host, to })) as { interface: string }
  }

  async restartSwitch(name: string): Promise<void> {
    await this.asked.ask('restart_switch', { switch: name })
  }

  async setControllers(targets: string[]): Promise<void> {
    await this.asked.ask('controllers', { targets })
  }
}
