/**
 * What the Mininet scenarios share: `tagsteer up`, three Open vSwitch bridges in a ring, eight hosts that count what
 * they receive below their IP stack, and words for tenants, traffic and counts.
 */
import { Lab, type Received } from '../../mininet/lab.ts'
import { RunningController, until } from './running-controller.ts'

export const PORT = 7000
export const HOSTS = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'x1', 'y1'] as const
export type Host = (typeof HOSTS)[number]

/** Suffix of the switch's name. */
const SWITCH_OF: Record<Host, number> = { a1: 1, a2: 2, a3: 3, b1: 1, b2: 2, c1: 3, x1: 2, y1: 3 }
const indexOf = (host: Host): number => HOSTS.indexOf(host) + 1
export const ip4 = (host: Host): string => `10.0.0.${indexOf(host)}`
export const ip6 = (host: Host): string => `fd00::${indexOf(host)}`
export const macText = (host: Host): string => `00:00:5e:00:53:0${indexOf(host)}`
export const mac = (host: Host): number => Number.parseInt(macText(host).replaceAll(':', ''), 16)
const portNumber = (host: Host): number =>
  HOSTS.filter((other) => SWITCH_OF[other] === SWITCH_OF[host] && indexOf(other) <= indexOf(host)).length

export const allowUdp = {
  direction: 'DIRECTION_INGRESS',
  peer: { any: {} },
  protocols: ['udp'],
  ports: [String(PORT)],
  action: 'ACTION_ALLOW',
}

export interface Sent {
  sent: number
  failed: number
}

/** Packets of the tested UDP port from one host. */
export function countOf(rows: readonly Received[], from: Host): number {
  return rows
    .filter(({ source, port, protocol }) => protocol === 17 && port === PORT && [ip4(from), ip6(from)].includes(source))
    .reduce((sum, { packets }) => sum + packets, 0)
}

export class Ring {
  readonly controller: RunningController
  readonly lab: Lab
  readonly #prefix: string

  private constructor(controller: RunningController, lab: Lab, prefix: string) {
    this.controller = controller
    this.lab = lab
    this.#prefix = prefix
  }

  /** @param prefix One letter that no other network on this machine uses. @param family Two digits of datapath ids. */
  static async start(prefix: string, family: string): Promise<Ring> {
    const controller = await RunningController.start()
    let lab: Lab | undefined
    try {
      const started = await Lab.start({
        switches: [1, 2, 3].map((index) => ({ name: `${prefix}${index}`, dpid: `0000000000000${family}${index}` })),
        hosts: HOSTS.map((host) => ({
          name: `${prefix}h${indexOf(host)}`,
          mac: macText(host),
          ip: `${ip4(host)}/24`,
          ip6: `${ip6(host)}/64`,
          switch: `${prefix}${SWITCH_OF[host]}`,
        })),
        links: [
          [`${prefix}1`, `${prefix}2`],
          [`${prefix}2`, `${prefix}3`],
          [`${prefix}3`, `${prefix}1`],
        ],
        controllers: [`tcp:${controller.openflow}`],
      })
      lab = started.lab
      const ring = new Ring(controller, lab, prefix)
      for (const host of HOSTS) await ring.rows(host)
      await ring.served(6)
      return ring
    } catch (error) {
      console.error(controller.log)
      await lab?.stop()
      await controller.remove()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.lab.stop()
    await this.controller.remove()
  }

  /** The Mininet name of a host, of its interface, of its switch's port, of a switch. */
  host(host: Host): string {
    return `${this.#prefix}h${indexOf(host)}`
  }

  wire(host: Host): string {
    return `${this.host(host)}-eth0`
  }

  port(host: Host): string {
    return `${this.#prefix}${SWITCH_OF[host]}-eth${portNumber(host)}`
  }

  switch(index: 1 | 2 | 3): string {
    return `${this.#prefix}${index}`
  }

  record(host: Host, tags: string[], more: object = {}): object {
    return {
      interface: {
        name: host,
        tags: tags.map((text) => ({ text })),
        mac: macText(host),
        addresses: [ip4(host), ip6(host)],
        attachment: { portName: { portName: this.port(host) } },
        ...more,
      },
    }
  }

  /** Tenant A may talk to itself on one UDP port and ping; B to itself by default; C is alone. x1 and y1 have no record. */
  base(): object[] {
    const vnp = (name: string, more: object = {}): object => ({
      vnp: { name, selector: { allOf: [{ text: `tenant-${name}` }] }, ...more },
    })
    const ping = { direction: 'DIRECTION_INGRESS', peer: { any: {} }, protocols: ['icmp'], action: 'ACTION_ALLOW' }
    return [
      vnp('a'),
      vnp('b', { ingressDefault: 'DEFAULT_VERDICT_ALLOW' }),
      vnp('c'),
      { policy: { name: 'a-udp', vnp: 'a', rules: [allowUdp, ping] } },
      ...(['a1', 'a2', 'a3'] as const).map((host) => this.record(host, ['tenant-a'])),
      ...(['b1', 'b2'] as const).map((host) => this.record(host, ['tenant-b'])),
      this.record('c1', ['tenant-c']),
    ]
  }

  /** Makes these the records there are, and waits until switches enforce them. */
  async apply(records: object[]): Promise<void> {
    const { generation } = await this.controller.call<{ generation: string }>('ApplyService.Apply', {
      records,
      owner: 'test',
      prune: true,
    })
    await this.applied(generation)
  }

  async setTags(host: Host, add: string[], remove: string[]): Promise<void> {
    const { meta } = await this.controller.call<{ meta: { generation: string } }>('InterfaceService.SetTags', {
      name: host,
      add: add.map((text) => ({ text })),
      remove: remove.map((text) => ({ text })),
    })
    await this.applied(meta.generation)
  }

  async applied(generation = '0'): Promise<void> {
    await this.controller.call('FlowService.WaitApplied', { generation })
  }

  /** All counts start at zero. */
  async reset(): Promise<void> {
    for (const host of HOSTS) await this.rows(host, true)
  }

  udp(from: Host, to: string, count: number, rate = 200): Promise<Sent> {
    return this.lab.send(this.host(from), { kind: 'udp', to, port: PORT, rate, count })
  }

  raw(from: Host, frames: string[], count: number): Promise<Sent> {
    return this.lab.send(this.host(from), { kind: 'raw', interface: this.wire(from), frames, rate: 100, count })
  }

  rows(host: Host, reset = false): Promise<Received[]> {
    return this.lab.received(this.host(host), { reset })
  }

  async received(to: Host, from: Host): Promise<number> {
    return countOf(await this.rows(to), from)
  }

  /** Waits until `to` has received more than `least` packets from `from`. */
  async traffic(from: Host, to: Host, least = 50, timeoutMs = 10_000): Promise<void> {
    await until(
      `traffic of ${from} at ${to}`,
      () => this.received(to, from),
      (count) => count > least,
      timeoutMs,
    )
  }

  /** Sends until something arrives. */
  async reaches(from: Host, to: Host, timeoutMs = 10_000): Promise<void> {
    const try5 = async (): Promise<number> => {
      await this.udp(from, ip4(to), 5)
      return this.received(to, from)
    }
    await until(`${from} reaches ${to}`, try5, (count) => count > 0, timeoutMs)
  }

  /** IP packets at `host` from hosts that are not among `friends`; neighbour resolution is not IP traffic. */
  async strangers(host: Host, friends: Host[]): Promise<Received[]> {
    const allowed = new Set(friends.flatMap((friend) => [ip4(friend), ip6(friend)]))
    return (await this.rows(host)).filter(
      ({ source, protocol, port }) =>
        typeof protocol === 'number' && !allowed.has(source) && !(protocol === 58 && port >= 133 && port <= 136),
    )
  }

  /** Three served switches, so many directed links, and everything applied. */
  async served(links: number): Promise<void> {
    interface Seen {
      switches: { state: string }[]
      links: unknown[]
    }
    await until(
      `three served switches and ${links} links`,
      () => this.controller.call<Seen>('TopologyService.GetTopology').catch((): Seen => ({ switches: [], links: [] })),
      (seen) =>
        seen.switches.filter(({ state }) => state === 'SWITCH_STATE_SERVED').length === 3 &&
        seen.links.length === links,
    )
    await this.applied()
  }
}

/** Runs the tests of the suite that calls this on a ring of its own: each begins with the base records and counts of zero. */
export function onRing(prefix: string, family: string, started: (ring: Ring) => void): void {
  let ring: Ring | undefined
  before(async () => {
    ring = await Ring.start(prefix, family)
    started(ring)
  })
  after(async () => {
    await ring?.stop()
  })
  beforeEach(async () => {
    await ring?.apply(ring.base())
    await ring?.reset()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(ring?.controller.log.split('\n').slice(-40).join('\n'))
  })
}
