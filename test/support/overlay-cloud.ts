/**
 * Four hypervisors with three VMs each, of two networks whose addresses are the same, under a controller as users run it;
 * between them tunnels, or links to two switches that have no VMs. In both networks there are web servers, in one there
 * are databases; who may talk to whom follows from tags. For tests of what packets meet between hypervisors.
 */
import { Cloud, type HypervisorState } from '../../mininet/hypervisors.ts'
import type { Underlay } from '../../model/records.ts'
import { NO_SAMPLES, RunningController, until } from './running-controller.ts'

export const OPEN = 7000
export const SHUT = 7001
/** As open as OPEN, for transfers: nobody of the lab listens. */
export const BULK = 7002
export const HYPERVISORS = 4
/** MTU of the lab's underlay, and of its links. */
const BELOW = 9000
/** Switches between hypervisors, where those have links. */
export const CORES = ['core1', 'core2'] as const

export type Role = 'web' | 'db' | 'blue'

/** A VM of each role on each hypervisor, from 1. Web servers of the two networks have the same addresses. */
export interface Vm {
  name: string
  role: Role
  at: number
  network: 'red' | 'blue'
  mac: string
  address: string
  address6: string
}

export const VMS: readonly Vm[] = Array.from({ length: HYPERVISORS }, (_, index) => index + 1).flatMap((at) =>
  (['web', 'db', 'blue'] as const).map((role, which) => {
    const host = at * 10 + (role === 'db' ? 2 : 1)
    return {
      ...({ name: `${role}${at}`, role, at, network: role === 'blue' ? 'blue' : 'red' } as const),
      mac: `00:00:5e:00:53:${at}${which + 1}`,
      ...{ address: `10.0.0.${host}`, address6: `fd00::${host}` },
    }
  }),
)

export const vmOf = (role: Role, at: number): Vm => VMS.find((vm) => vm.role === role && vm.at === at)!

/** What is between hypervisors. */
export type Between = 'geneve' | 'vxlan' | 'links'

/** Who has the tag of those that `from` may reach accepts it at OPEN and BULK, and at more ports. */
export function acceptance(vnp: string, from: string, more: readonly number[] = []): object {
  return {
    policy: {
      ...{ name: `${vnp}-accepts`, vnp, appliesTo: { allOf: [{ text: from === 'web' ? 'db' : from }] } },
      rules: [
        {
          ...{ direction: 'DIRECTION_INGRESS', peer: { tags: { allOf: [{ text: from }] } } },
          ...{ protocols: ['tcp', 'udp'], ports: [OPEN, BULK, ...more].map(String), action: 'ACTION_ALLOW' },
        },
      ],
    },
  }
}

/** The bridge of a hypervisor's uplinks as the controller is told of it. */
export function underlayRecord({ name, underlay_dpid }: HypervisorState, kind: Underlay['kind']): object {
  const underlay = { kind: `UNDERLAY_KIND_${kind.toUpperCase()}`, uplinks: ['up1', 'up2'] }
  return { switch: { name: `${name}-uplinks`, datapathId: underlay_dpid, underlay } }
}

/** With `underlay`, the controller has the bridges of the uplinks too; otherwise they are the lab's. */
export class OverlayCloud {
  readonly controller: RunningController
  readonly cloud: Cloud
  readonly between: Between
  /** By name of the VM. */
  readonly identities = new Map<string, number>()

  private constructor(controller: RunningController, cloud: Cloud, between: Between) {
    this.controller = controller
    this.cloud = cloud
    this.between = between
  }

  get switches(): number {
    return this.between === 'links' ? HYPERVISORS + CORES.length : HYPERVISORS
  }

  /**
   * Databases accept OPEN over TCP and UDP from web servers of their network, and those of blue accept it of each other.
   * @param words For the controller's command line; without any it takes no samples. @param options.environment Beside that of this process.
   */
  static async start(
    between: Between,
    words = NO_SAMPLES,
    options: { underlay?: Underlay['kind']; environment?: Record<string, string> } = {},
  ): Promise<OverlayCloud> {
    const controller = await RunningController.start({ words, environment: options.environment ?? {} })
    try {
      const hosts = Array.from({ length: HYPERVISORS }, (_, index) => `hv${index + 1}`)
      const cores = between === 'links' ? CORES : []
      const cloud = await Cloud.start({
        hypervisors: [...hosts, ...cores].map((name) => ({ name })),
        vms: VMS.map(({ name, at, mac, address, address6 }) => ({
          ...{ name, hypervisor: `hv${at}`, mac },
          ...{ ip: `${address}/24`, ip6: `${address6}/64` },
        })),
        links: cores.flatMap((core) => hosts.map((host): [string, string] => [host, core])),
        ...(options.underlay === undefined ? {} : { uplinks: 'none' as const }),
        ...(between === 'links' ? {} : { encapsulation: between, tunnel: true }),
      })
      const made = new OverlayCloud(controller, cloud, between)
      try {
        await made.#write(options.underlay)
      } catch (error) {
        await cloud.stop()
        throw error
      }
      return made
    } catch (error) {
      console.error(controller.log.split('\n').slice(-40).join('\n'))
      await controller.remove()
      throw error
    }
  }

  async #write(underlay: Underlay['kind'] | undefined): Promise<void> {
    const { between, cloud, controller } = this
    const { hypervisors } = await cloud.status()
    await controller.call('ApplyService.Apply', {
      records: [
        ...hypervisors.map(({ name, dpid, vtep }) => ({
          switch: {
            ...{ name, datapathId: dpid, mtu: BELOW },
            ...(between === 'links' ? {} : { tunnel: { kind: `TUNNEL_KIND_${between.toUpperCase()}`, address: vtep } }),
          },
        })),
        ...(underlay === undefined ? [] : hypervisors.map((its) => underlayRecord(its, underlay))),
        { vnp: { name: 'red', selector: { anyOf: [{ text: 'web' }, { text: 'db' }] } } },
        { vnp: { name: 'blue', selector: { allOf: [{ text: 'blue' }] } } },
        ...[acceptance('red', 'web'), acceptance('blue', 'blue')],
        ...VMS.map(({ name, role, network, mac, address, address6 }) => ({
          interface: {
            ...{ name, network, mac, tags: [{ text: role }], addresses: [address, address6] },
            attachment: { portName: { portName: name } },
          },
        })),
      ],
    })
    const bridges = underlay === undefined ? (['brint'] as const) : (['brint', 'brphy'] as const)
    await cloud.controllers([controller.openflow], bridges)
    await controller.served(this.switches * bridges.length)
    if (between === 'links') await this.linked()
    await this.settled()
    for (const { name } of VMS) {
      const { status } = await until(
        `place of ${name}`,
        () =>
          controller.call<{ status: { attached: boolean; identity: number } }>('InterfaceService.GetInterface', {
            name,
          }),
        (its) => its.status.attached,
      )
      this.identities.set(name, status.identity)
      await cloud.received(name)
    }
    for (const { name, role } of VMS) if (role !== 'web') await cloud.listen(name, [OPEN, SHUT])
  }

  /** Every link has been found, in both directions. */
  async linked(): Promise<void> {
    await until(
      'links',
      async () => (await this.controller.call<{ links: unknown[] }>('TopologyService.GetTopology')).links,
      ({ length }) => length === 2 * HYPERVISORS * CORES.length,
    )
  }

  /** What hypervisors put identities in on links: words of LinkCarrier, the best first. */
  async carry(carriers: readonly string[]): Promise<void> {
    const { hypervisors } = await this.cloud.status()
    const hosts = hypervisors.filter(({ name }) => !CORES.some((core) => core === name))
    await this.controller.call('ApplyService.Apply', {
      records: hosts.map(({ name, dpid }) => ({
        switch: { name, datapathId: dpid, mtu: BELOW, carriers: carriers.map((word) => `LINK_CARRIER_${word}`) },
      })),
    })
    await this.settled()
  }

  /** Every switch enforces what was written last. */
  async settled(): Promise<void> {
    await this.controller.call('FlowService.WaitApplied', {})
  }

  /** Numbered datagrams and what came of them: by VM, packets received from an address on OPEN. */
  async reset(): Promise<void> {
    for (const { name } of VMS) await this.cloud.received(name, { reset: true })
  }

  /** UDP and TCP packets that VMs received, `to <- from address/protocol/port`, that are not among those expected. */
  async unexpected(isExpected: (to: Vm, from: string, port: number) => boolean): Promise<string[]> {
    const found: string[] = []
    for (const vm of VMS) {
      for (const { source, destination, protocol, port, packets } of await this.cloud.received(vm.name)) {
        if (protocol !== 6 && protocol !== 17) continue
        if (destination !== vm.address && destination !== vm.address6)
          found.push(`${vm.name} has what is for ${destination}`)
        else if (!isExpected(vm, source, port)) found.push(`${vm.name} <- ${source} ${protocol}/${port}: ${packets}`)
      }
    }
    return found
  }

  async stop(): Promise<void> {
    await this.cloud.stop()
    await this.controller.remove()
  }
}
