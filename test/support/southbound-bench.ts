/**
 * A Southbound with everything it says recorded, and promises for what it will say. For tests of the channel.
 */
import type { Instruction } from 'node-openflow'
import { type ChannelEvent, Southbound, type SouthboundOptions } from '../../controller/channel/southbound.ts'
import type { EventType } from '../../controller/events.ts'
import { type CookieKind, cookieOf } from '../../controller/policy/cookie.ts'
import { emptyProgram, type Flow, flowKey, type SwitchProgram } from '../../controller/policy/program.ts'
import type { FakeSwitch } from './fake-switch.ts'

export interface Told {
  type: EventType
  subject: string
  details: Readonly<Record<string, string | number>>
}

export class Bench {
  readonly southbound: Southbound
  readonly told: Told[] = []
  readonly events: ChannelEvent[] = []
  address = ''
  #wakers: (() => void)[] = []

  private constructor(options: Partial<SouthboundOptions>) {
    const listen = [{ host: '127.0.0.1', port: 0 }]
    const times = { auditMs: 0, retryMs: 10, retryMaxMs: 20, answerMs: 5000, slowMs: 1000, ...options.times }
    this.southbound = new Southbound(
      { listen, ovsdb: [], repair: false, ...options, times },
      (type, subject, details = {}) => {
        this.told.push({ type, subject, details })
        this.#wake()
      },
      Date.now,
    )
    this.southbound.events.subscribe((event) => {
      this.events.push(event)
      this.#wake()
    })
  }

  static async start(options: Partial<SouthboundOptions> = {}): Promise<Bench> {
    const bench = new Bench(options)
    bench.address = (await bench.southbound.start())[0] ?? ''
    return bench
  }

  /** Ends it, and then what is left of these switches' connections. */
  async close(...devices: FakeSwitch[]): Promise<void> {
    await this.southbound.close()
    await Promise.all(devices.map((device) => device.disconnect()))
  }

  /** Connects a switch and resolves when it is served. */
  async serve(device: FakeSwitch): Promise<void> {
    await device.connect(this.address)
    const datapathId = device.datapathId.toString(16).padStart(16, '0')
    await this.until(() => this.southbound.switches.get(datapathId)?.state === 'served')
  }

  /** Resolves when the condition holds; it is looked at after each event of either kind. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#wakers.push(resolve))
  }

  /** Resolves when a switch confirms this generation or has confirmed it. */
  applied(datapathId: string, generation: number): Promise<void> {
    return this.until(() => (this.southbound.switches.get(datapathId)?.appliedGeneration ?? 0) >= generation)
  }

  /** Resolves with the n-th event of this type, counted from 1. */
  async tells(type: EventType, n = 1): Promise<Told> {
    await this.until(() => this.toldOf(type).length >= n)
    return this.toldOf(type)[n - 1] as Told
  }

  toldOf(type: EventType): Told[] {
    return this.told.filter((told) => told.type === type)
  }

  kinds(): string[] {
    return this.events.filter(({ kind }) => kind !== 'status').map(({ kind }) => kind)
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake()
  }
}

/** A row that sends packets to an IPv4 address out of a port. */
export function towards(address: number, port: number, table = 0, kind: CookieKind = 'destination'): Flow {
  const instructions: Instruction[] = [{ type: 'apply_actions', actions: [{ type: 'output', port, max_len: 0 }] }]
  return {
    table,
    priority: 100,
    match: [
      { field: 'eth_type', value: 0x0800 },
      { field: 'ipv4_dst', value: address },
    ],
    instructions,
    cookie: cookieOf(kind, address),
    unit: `test/${address}`,
  }
}

export const keyOf = (flow: Flow): string => flowKey(flow.table, flow.priority, flow.match)

export function programOf(flows: Iterable<Flow>, rest: Partial<SwitchProgram> = {}): SwitchProgram {
  const program = { ...emptyProgram(), ...rest }
  for (const flow of flows) program.flows.set(keyOf(flow), flow)
  return program
}
