/**
 * Three real Open vSwitch bridges in a line under a controller as users run it, hosts at both ends, and who may talk to
 * whom: web reaches db at OPEN, other reaches nobody. For tests of what links carry.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { Lab, type PortTable } from '../../mininet/lab.ts'
import { NO_SAMPLES, RunningController, until } from './running-controller.ts'

export const OPEN = 7000
/** Hosts by the number of their switch. */
const PLACES = { web: 1, other: 1, db: 3 } as const
export type Host = keyof typeof PLACES
export const HOSTS = Object.keys(PLACES) as Host[]
export const addressOf = (host: Host): string => `10.0.0.${HOSTS.indexOf(host) + 1}`
export const address6Of = (host: Host): string => `fd00::${HOSTS.indexOf(host) + 1}`
export const macOf = (host: Host): string => `00:00:5e:00:53:d${HOSTS.indexOf(host) + 1}`

/** Of connections from web, into db. */
export const RULE = {
  ...{ direction: 'DIRECTION_INGRESS', peer: { tags: { allOf: [{ text: 'web' }] } } },
  ...{ protocols: ['tcp', 'udp'], ports: [String(OPEN)], action: 'ACTION_ALLOW' },
}

interface Seen {
  fromDatapathId: string
  fromPort: number
  toDatapathId: string
}

export class LineOfBridges {
  readonly controller: RunningController
  readonly #id = randomBytes(2).toString('hex')
  #lab!: Lab
  #ports!: PortTable
  /** Ports of the middle switch: towards the first and the last. */
  #middle!: [number, number]
  readonly identities = new Map<Host, number>()

  private constructor(controller: RunningController) {
    this.controller = controller
  }

  /** @param more Rules for db beside that which lets web in. @param words For the controller's command line; without any it takes no samples. */
  static async start(more: readonly object[] = [], words = NO_SAMPLES): Promise<LineOfBridges> {
    const line = new LineOfBridges(await RunningController.start({ words }))
    try {
      await line.#build([RULE, ...more])
      return line
    } catch (error) {
      console.error(line.controller.log.split('\n').slice(-30).join('\n'))
      await line.stop()
      throw error
    }
  }

  get lab(): Lab {
    return this.#lab
  }

  get middle(): readonly [towardsFirst: number, towardsLast: number] {
    return this.#middle
  }

  nameOf(host: Host): string {
    return `h${this.#id}${host}`
  }

  /** @param number From 1 to 3. */
  switchName(number: number): string {
    return `s${this.#id}${number}`
  }

  datapathId(number: number): string {
    return `00000000${this.#id}000${number}`
  }

  /** Names of the devices of the middle switch that are links. */
  get devices(): [string, string] {
    const its = this.#ports[this.switchName(2)] ?? {}
    const nameOf = (port: number): string => Object.keys(its).find((name) => its[name] === port) ?? ''
    return [nameOf(this.#middle[0]), nameOf(this.#middle[1])]
  }

  async #build(rules: readonly object[]): Promise<void> {
    const { controller } = this
    const numbers = [1, 2, 3]
    const started = await Lab.start({
      switches: numbers.map((number) => ({ name: this.switchName(number), dpid: this.datapathId(number) })),
      hosts: HOSTS.map((host) => ({
        ...{ name: this.nameOf(host), mac: macOf(host), switch: this.switchName(PLACES[host]) },
        ...{ ip: `${addressOf(host)}/24`, ip6: `${address6Of(host)}/64` },
      })),
      links: [
        [this.switchName(1), this.switchName(2)],
        [this.switchName(2), this.switchName(3)],
      ],
      controllers: [`tcp:${controller.openflow}`],
    })
    this.#lab = started.lab
    this.#ports = started.ports
    await controller.call('ApplyService.Apply', {
      records: [
        { vnp: { name: 'shop', selector: { anyOf: HOSTS.map((text) => ({ text })) } } },
        { policy: { name: 'db', vnp: 'shop', appliesTo: { allOf: [{ text: 'db' }] }, rules } },
        ...HOSTS.map((host) => ({
          interface: {
            ...{ name: host, tags: [{ text: host }], mac: macOf(host) },
            ...{ addresses: [addressOf(host), address6Of(host)], attachment: { mac: {} } },
          },
        })),
      ],
    })
    const links = await until(
      'links',
      async () => (await controller.call<{ links: Seen[] }>('TopologyService.GetTopology')).links,
      ({ length }) => length === 4,
    )
    const towards = (number: number): number =>
      links.find((its) => its.fromDatapathId === this.datapathId(2) && its.toDatapathId === this.datapathId(number))!
        .fromPort
    this.#middle = [towards(1), towards(3)]
    for (const host of HOSTS) {
      const { code } = await this.#lab.run(this.nameOf(host), ['ping', '-c', '1', '-W', '1', '10.0.0.99'])
      expect(code).not.to.equal(0)
      await this.#lab.received(this.nameOf(host))
    }
    for (const host of HOSTS) {
      const { status } = await until(
        `place of ${host}`,
        () =>
          controller.call<{ status: { attached: boolean; identity: number } }>('InterfaceService.GetInterface', {
            name: host,
          }),
        (its) => its.status.attached,
      )
      this.identities.set(host, status.identity)
    }
  }

  /** What the switches may put identities in on links, from the first: words of LinkCarrier. */
  async carry(...carriers: string[][]): Promise<void> {
    await this.controller.call('ApplyService.Apply', {
      records: carriers.map((its, at) => ({
        switch: {
          ...{ name: `sw-${at + 1}`, datapathId: this.datapathId(at + 1) },
          carriers: its.map((word) => `LINK_CARRIER_${word}`),
        },
      })),
    })
    await this.controller.call('FlowService.WaitApplied', {})
  }

  async stop(): Promise<void> {
    await this.#lab?.stop()
    await this.controller.remove()
  }
}
