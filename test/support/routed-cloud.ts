/**
 * Four hypervisors and two tenants, each with two networks and a router, under a controller as users run it. The tenants'
 * subnets, gateways and addresses are the same. VMs route through their gateway with the kernel's own stack. For tests of
 * what packets between networks meet between hypervisors.
 */
import { Cloud } from '../../mininet/hypervisors.ts'
import { NO_SAMPLES, RunningController, until } from './running-controller.ts'

export const HYPERVISORS = 4
/** What the shop lets its own VMs receive; OURS is sent by the shop's VMs only, THEIRS by the lab's only. */
export const [OURS, THEIRS, SHUT, TCP] = [7000, 7005, 7009, 7001]

export type RoutedNetwork = 'front' | 'back' | 'left' | 'right'

/** front and back are the shop's, left and right the lab's. */
export interface RoutedVm {
  name: string
  network: RoutedNetwork
  tenant: 'shop' | 'lab'
  /** Number of the hypervisor, from 1. */
  at: number
  mac: string
  address: string
  address6: string
}

/** The lab's networks have the subnets of the shop's. */
export const SUBNET = { front: 1, back: 2, left: 1, right: 2 } as const
const WHERE: Readonly<Record<RoutedNetwork, readonly number[]>> = {
  ...{ front: [1, 2, 3, 4], back: [1, 2, 3, 4] },
  ...{ left: [1, 3], right: [2, 4] },
}
const NETWORKS = Object.keys(WHERE) as RoutedNetwork[]

/** front1 … back4, left1, left3, right2, right4. VMs of equal subnets on one hypervisor have the same addresses. */
export const ROUTED_VMS: readonly RoutedVm[] = NETWORKS.flatMap((network, index) =>
  WHERE[network].map((at) => ({
    ...{ name: `${network}${at}`, network, tenant: index < 2 ? ('shop' as const) : ('lab' as const), at },
    mac: `00:00:5e:00:55:${index + 1}${at}`,
    address: `10.1.${SUBNET[network]}.${10 + at}`,
    address6: `fd01:${SUBNET[network]}::${10 + at}`,
  })),
)

export const routedVm = (network: RoutedNetwork, at: number): RoutedVm => {
  const found = ROUTED_VMS.find((vm) => vm.network === network && vm.at === at)
  if (found === undefined) throw new Error(`${network} has no VM at ${at}`)
  return found
}

export const gatewaysOf = (network: RoutedNetwork): [string, string] => [
  `10.1.${SUBNET[network]}.1`,
  `fd01:${SUBNET[network]}::1`,
]

export class RoutedCloud {
  readonly controller: RunningController
  readonly cloud: Cloud

  private constructor(controller: RunningController, cloud: Cloud) {
    this.controller = controller
    this.cloud = cloud
  }

  static async start(encapsulation: 'geneve' | 'vxlan'): Promise<RoutedCloud> {
    const controller = await RunningController.start({ words: NO_SAMPLES })
    let cloud: Cloud | undefined
    try {
      cloud = await Cloud.start({
        hypervisors: Array.from({ length: HYPERVISORS }, (_, index) => ({ name: `hv${index + 1}` })),
        vms: ROUTED_VMS.map(({ name, at, mac, network, address, address6 }) => ({
          ...{ name, hypervisor: `hv${at}`, mac, gateway: gatewaysOf(network)[0] },
          ...{ ip: `${address}/24`, ip6: `${address6}/64` },
        })),
        ...{ encapsulation, tunnel: true },
      })
      const made = new RoutedCloud(controller, cloud)
      await made.#prepare(encapsulation)
      return made
    } catch (error) {
      console.error(controller.log.split('\n').slice(-40).join('\n'))
      await cloud?.stop()
      await controller.remove()
      throw error
    }
  }

  async #prepare(encapsulation: string): Promise<void> {
    const { cloud, controller } = this
    const { hypervisors } = await cloud.status()
    for (const { name, network } of ROUTED_VMS)
      await cloud.run(name, ['ip', '-6', 'route', 'replace', 'default', 'via', gatewaysOf(network)[1]])
    await controller.call('ApplyService.Apply', {
      records: [
        ...hypervisors.map(({ name, dpid, vtep }) => ({
          switch: {
            ...{ name, datapathId: dpid },
            tunnel: { kind: `TUNNEL_KIND_${encapsulation.toUpperCase()}`, address: vtep },
          },
        })),
        ...routedRecords(),
      ],
    })
    await cloud.controllers([controller.openflow])
    await controller.served(HYPERVISORS)
    for (const { name } of ROUTED_VMS) {
      await until(
        `place of ${name}`,
        () => controller.call<{ status: { attached: boolean } }>('InterfaceService.GetInterface', { name }),
        ({ status }) => status.attached,
      )
      await cloud.received(name)
      await cloud.listen(name, [TCP, SHUT])
    }
    await controller.call('FlowService.WaitApplied', {})
  }

  async reset(): Promise<void> {
    for (const { name } of ROUTED_VMS) await this.cloud.received(name, { reset: true })
  }

  /** UDP packets of a port at a VM. */
  async counted(to: RoutedVm, port: number): Promise<number> {
    return (await this.cloud.received(to.name))
      .filter((row) => row.protocol === 17 && row.port === port)
      .reduce((sum, { packets }) => sum + packets, 0)
  }

  async stop(): Promise<void> {
    await this.cloud.stop()
    await this.controller.remove()
  }
}

/** Networks with their routers, who may talk to whom, and the VMs. */
function routedRecords(): object[] {
  const allow = (more: object): object => ({
    ...{ direction: 'DIRECTION_INGRESS', peer: { any: {} }, action: 'ACTION_ALLOW', ...more },
  })
  return [
    ...NETWORKS.map((name, index) => {
      const [gateway, gateway6] = gatewaysOf(name)
      const subnets = [
        { cidr: `10.1.${SUBNET[name]}.0/24`, gateway },
        { cidr: `fd01:${SUBNET[name]}::/64`, gateway: gateway6 },
      ]
      return { network: { name, router: index < 2 ? 'shop' : 'lab', subnets } }
    }),
    { vnp: { name: 'shop', selector: { allOf: [{ text: 'shop' }] } } },
    { vnp: { name: 'lab', selector: { allOf: [{ text: 'lab' }] }, ingressDefault: 'DEFAULT_VERDICT_ALLOW' } },
    {
      policy: {
        ...{ name: 'shop', vnp: 'shop' },
        rules: [
          allow({ protocols: ['udp'], ports: [String(OURS), String(THEIRS)] }),
          allow({ protocols: ['tcp'], ports: [String(TCP)] }),
          allow({ protocols: ['icmp'] }),
        ],
      },
    },
    ...ROUTED_VMS.map(({ name, network, tenant, mac, address, address6 }) => ({
      interface: {
        ...{ name, network, mac, addresses: [address, address6], tags: [{ text: tenant }] },
        attachment: { portName: { portName: name } },
      },
    })),
  ]
}
