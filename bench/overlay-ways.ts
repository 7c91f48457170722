/**
 * Ways from a VM of one hypervisor to one of another that bench/overlay compares, all there at the same time: a controller's
 * over Geneve and over VXLAN, and flows set by hand over Geneve with options, without, and through no tunnel at all. Every
 * hypervisor has an Open vSwitch of its own (userspace datapath). It refuses to know what is measured (overlay-traffic.ts).
 */
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Cloud, type CloudState } from '../mininet/hypervisors.ts'
import { RunningController, until } from '../test/support/running-controller.ts'
import { setStaticOverlay } from '../test/support/static-overlay.ts'

const ECHO = fileURLToPath(new URL('echo.py', import.meta.url))
/** Of iperf3, and of echo.py. */
export const IPERF_PORT = 5201
export const ECHO_PORT = 7000
const TUNNELS = ['geneve', 'geneve', 'vxlan', 'vxlan'] as const
/** Of an end of tunnels that the lab did not make. */
const TUNNEL_PORT = 1000
/** Of the pair of ports between the two bridges of a hypervisor, for packets that go into no tunnel. */
const PATCH_PORT = 900

/** A VM that asks, one that answers, and what has to be done before. */
export interface Way {
  name: string
  cloud: Cloud
  from: string
  to: string
  address: string
  hypervisors: readonly [string, string]
  /** To be called before a measurement: others use the same switches. */
  use(): Promise<void>
}

const macOf = (number: number): string => `00:00:5e:00:53:0${number}`
const addressOf = (number: number): string => `10.0.0.${number}`
/** In the underlay, for VMs whose packets go into no tunnel. */
const underlayOf = (number: number): string => `198.18.${number}.10`
const gatewayOf = (number: number): string => `198.18.${number}.254`

async function serve(cloud: Cloud, { vms }: CloudState, name: string): Promise<void> {
  const { namespace } = vms.find((vm) => vm.name === name)!
  const inside = ['ip', 'netns', 'exec', namespace]
  await cloud.start(`iperf-${name}`, [...inside, 'iperf3', '-s', '-p', String(IPERF_PORT)])
  await cloud.start(`echo-${name}`, [...inside, '/usr/bin/python3', ECHO, 'serve', String(ECHO_PORT)])
}

const vm = (number: number): { name: string; hypervisor: string; mac: string; ip: string } => ({
  ...{ name: `vm${number}`, hypervisor: `hv${number}`, mac: macOf(number), ip: `${addressOf(number)}/24` },
})

/** Everything that was started for the ways. */
export class Ways {
  readonly all: Way[] = []
  readonly #clouds: Cloud[] = []
  #controller: RunningController | undefined

  static async start(): Promise<Ways> {
    const ways = new Ways()
    try {
      await ways.#byHand()
      await ways.#controlled()
      return ways
    } catch (error) {
      await ways.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    for (const cloud of this.#clouds) await cloud.stop()
    await this.#controller?.remove()
  }

  async #byHand(): Promise<void> {
    const numbers = [1, 2]
    const hypervisors = numbers.map((number) => ({ name: `hv${number}` }))
    const cloud = await Cloud.start({ hypervisors, vms: numbers.map(vm), uplinks: 'failover', tunnel: true })
    this.#clouds.push(cloud)
    for (const number of numbers) {
      const [hypervisor, name] = [`hv${number}`, `vm${number}`]
      const ends = ['p0', 'p1'].map((port, at) => [port, at === 0 ? 'brint' : 'brphy', at === 0 ? 'p1' : 'p0'])
      for (const [port, bridge, peer] of ends) {
        const settings = ['type=patch', `options:peer=${peer}`, `ofport_request=${PATCH_PORT}`]
        await cloud.vsctl(hypervisor, 'add-port', bridge!, port!, '--', 'set', 'Interface', port!, ...settings)
      }
      // Beside what the lab set, which goes on for what is for tunnels.
      const flows = [
        `priority=300,in_port=1,dl_dst=${macOf(number)},actions=output:${PATCH_PORT}`,
        `priority=300,in_port=1,arp,arp_tpa=${underlayOf(number)},actions=output:${PATCH_PORT}`,
        `priority=300,in_port=${PATCH_PORT},actions=output:1`,
      ]
      for (const flow of flows) await cloud.ofctl(hypervisor, 'add-flow', 'brphy', flow)
      for (const words of [
        ['address', 'add', `${underlayOf(number)}/24`, 'dev', 'eth0'],
        ['route', 'add', '198.18.0.0/16', 'via', gatewayOf(number)],
      ]) {
        const { code, stderr } = await cloud.run(name, ['ip', ...words])
        if (code !== 0) throw new Error(`ip ${words.join(' ')} in ${name}: ${stderr}`)
      }
    }
    await serve(cloud, await cloud.status(), 'vm2')
    const ends = { cloud, from: 'vm1', to: 'vm2', hypervisors: ['hv1', 'hv2'] as const }
    this.all.push(
      {
        ...{ name: 'the same bridges, no tunnel', ...ends, address: underlayOf(2) },
        use: async () => {
          for (const number of numbers) {
            const { port } = await cloud.vm(`vm${number}`)
            const flows = [
              `in_port=${PATCH_PORT},actions=output:${port}`,
              `in_port=${port},actions=output:${PATCH_PORT}`,
            ]
            await cloud.setFlows(`hv${number}`, 'brint', flows)
          }
        },
      },
      {
        ...{ name: 'geneve, no option, by hand', ...ends, address: addressOf(2) },
        use: () => setStaticOverlay(cloud, { options: false }),
      },
      {
        ...{ name: 'geneve, both options, by hand', ...ends, address: addressOf(2) },
        use: () => setStaticOverlay(cloud),
      },
    )
  }

  async #controlled(): Promise<void> {
    const controller = await RunningController.start()
    this.#controller = controller
    // Labs end with this process; the controller is told to, also where this is interrupted.
    process.once('exit', () => {
      if (controller.pid !== undefined) process.kill(controller.pid)
      rmSync(controller.home, { recursive: true, force: true })
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
    const numbers = TUNNELS.map((_, index) => index + 1)
    const hypervisors = numbers.map((number) => ({ name: `hv${number}` }))
    const cloud = await Cloud.start({ hypervisors, vms: numbers.map(vm), uplinks: 'failover' })
    this.#clouds.push(cloud)
    for (const [index, kind] of TUNNELS.entries()) {
      const name = kind === 'geneve' ? 'tsgnv0' : 'tsvxl0'
      const settings = [`type=${kind}`, `ofport_request=${TUNNEL_PORT}`, 'options:remote_ip=flow', 'options:key=flow']
      await cloud.vsctl(`hv${index + 1}`, 'add-port', 'brint', name, '--', 'set', 'Interface', name, ...settings)
    }
    const state = await cloud.status()
    const rule = {
      ...{ direction: 'DIRECTION_INGRESS', peer: { tags: { allOf: [{ text: 'client' }] } }, protocols: ['tcp', 'udp'] },
      ...{ ports: [IPERF_PORT, ECHO_PORT].map(String), action: 'ACTION_ALLOW' },
    }
    await controller.call('ApplyService.Apply', {
      records: [
        ...state.hypervisors.map(({ name, dpid, vtep }, index) => ({
          switch: {
            ...{ name, datapathId: dpid },
            tunnel: { kind: `TUNNEL_KIND_${TUNNELS[index]!.toUpperCase()}`, address: vtep },
          },
        })),
        { vnp: { name: 'all', selector: { anyOf: [{ text: 'client' }, { text: 'server' }] } } },
        { policy: { name: 'served', vnp: 'all', appliesTo: { allOf: [{ text: 'server' }] }, rules: [rule] } },
        ...state.vms.map(({ name, mac }, index) => ({
          interface: {
            ...{ name, mac, network: TUNNELS[index], addresses: [addressOf(index + 1)] },
            tags: [{ text: index % 2 === 0 ? 'client' : 'server' }],
            attachment: { portName: { portName: name } },
          },
        })),
      ],
    })
    await cloud.controllers([controller.openflow])
    await controller.served(numbers.length)
    await controller.call('FlowService.WaitApplied', {})
    for (const [at, kind] of [
      [1, 'geneve'],
      [3, 'vxlan'],
    ] as const) {
      const [from, to, address] = [`vm${at}`, `vm${at + 1}`, addressOf(at + 1)]
      await serve(cloud, state, to)
      const ask = ['/usr/bin/python3', ECHO, 'ask', address, String(ECHO_PORT), '1']
      await until(
        `an answer of ${to}`,
        () => cloud.run(from, ask),
        ({ code }) => code === 0,
      )
      this.all.push({
        ...{ name: `ours, ${kind}`, cloud, from, to, address, hypervisors: [`hv${at}`, `hv${at + 1}`] as const },
        use: async () => {},
      })
    }
  }
}

/** Requests one after the other from a new port; microseconds of each. Rejects where one is not answered. */
export async function askEcho({ cloud, from, address }: Way, count: number): Promise<number[]> {
  const command = ['/usr/bin/python3', ECHO, 'ask', address, String(ECHO_PORT), String(count)]
  const { code, stdout, stderr } = await cloud.run(from, command)
  if (code !== 0) throw new Error(`echo from ${from} to ${address}: ${stderr}`)
  return JSON.parse(stdout) as number[]
}
