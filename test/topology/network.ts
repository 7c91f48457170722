/**
 * A simulated network around a TopologyService: switches, cables with latency, a clock that only events move, and a
 * record of everything sent and told.
 */
import { encode, type Message } from 'node-openflow'
import type { Link, PortRef } from '../../topology/graph.ts'
import { portKey } from '../../topology/graph.ts'
import { type TopologyChange, type TopologyPort, TopologyService } from '../../topology/service.ts'

export interface Cable {
  a: PortRef
  b: PortRef
}

interface Happening {
  at: number
  order: number
  act: () => void
}

export class Network {
  now = 1000
  readonly told: { type: string; subject: string; details: Record<string, string | number> }[] = []
  readonly changes: TopologyChange[] = []
  /** Probes that left, by port. */
  readonly sent = new Map<string, number[]>()
  /** Every probe frame that arrived anywhere. */
  readonly frames: { at: PortRef; from: PortRef; data: Uint8Array }[] = []
  /** Directions (`portKey` of the sender) that lose everything. */
  readonly silent = new Set<string>()
  /** Switches whose connections are full. */
  readonly full = new Set<string>()
  /** Ports (`portKey`) that hold an interface. */
  readonly edges = new Set<string>()
  readonly down = new Set<string>()
  readonly connected = new Set<string>()
  readonly ports = new Map<string, Map<number, TopologyPort>>()
  readonly attached = new Map<number, PortRef & { name: string }>()
  readonly peers = new Map<string, PortRef[]>()
  service: TopologyService
  #queue: Happening[] = []
  #order = 0
  #run = 0

  constructor(hints: Link[] = [], settings: { secret?: number; probeMs?: number } = {}) {
    this.service = this.#controller(hints, settings)
  }

  /** A controller that starts anew, with what the last one remembered; switches must connect again. */
  restart(hints: Link[], settings: { secret?: number } = {}): void {
    this.service.close()
    this.connected.clear()
    this.service = this.#controller(hints, settings)
    this.service.start()
  }

  #controller(hints: Link[], { secret = 1, probeMs = 1000 }: { secret?: number; probeMs?: number }): TopologyService {
    const run = ++this.#run
    let seed = 1
    const service = new TopologyService({
      send: (datapathId, message) => this.#send(datapathId, message),
      now: () => this.now + 1_700_000_000_000,
      clock: () => this.now,
      random: () => {
        seed = (seed * 16807) % 2147483647
        return seed / 2147483647
      },
      tell: (type, subject, details = {}) => {
        this.told.push({ type, subject, details })
      },
      secret: new Uint8Array(32).fill(secret),
      probeMs,
      hints,
      edge: (port) => this.edges.has(portKey(port)),
      attached: (mac) => this.attached.get(mac),
      timers: {
        every: (ms, act) => {
          const again = () => {
            if (this.#run !== run) return
            act()
            this.at(this.now + ms, again)
          }
          this.at(this.now + ms, again)
          return () => undefined
        },
        after: (ms, act) => {
          let stopped = false
          this.at(this.now + ms, () => {
            if (!stopped && this.#run === run) act()
          })
          return () => {
            stopped = true
          }
        },
      },
    })
    service.changes.subscribe((change) => this.changes.push(change))
    return service
  }

  at(time: number, act: () => void): void {
    this.#queue.push({ at: time, order: this.#order++, act })
  }

  /** Lets time pass. */
  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      let first: Happening | undefined
      for (const event of this.#queue)
        if (event.at <= end && (!first || event.at < first.at || (event.at === first.at && event.order < first.order)))
          first = event
      if (first === undefined) break
      this.#queue.splice(this.#queue.indexOf(first), 1)
      this.now = Math.max(this.now, first.at)
      first.act()
    }
    this.now = end
  }

  /** The controller stands still: nothing of what happens is handled before the end. */
  stall(ms: number): void {
    this.now += ms
  }

  wire({ a, b }: Cable): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      this.addPort(one)
      this.peers.set(portKey(one), [...(this.peers.get(portKey(one)) ?? []), other])
    }
  }

  unwire({ a, b }: Cable): void {
    this.peers.delete(portKey(a))
    this.peers.delete(portKey(b))
  }

  addPort({ datapathId, port }: PortRef): void {
    const ports = this.ports.get(datapathId) ?? new Map<number, TopologyPort>()
    this.ports.set(datapathId, ports)
    ports.set(port, { port, name: `p${port}`, up: true, hwAddr: 0x020000000000 + port })
  }

  connect(datapathId: string): void {
    this.connected.add(datapathId)
    const ports = [...(this.ports.get(datapathId)?.values() ?? [])]
    this.service.switchUp(
      datapathId,
      ports.map((port) => ({ ...port, up: !this.down.has(portKey({ datapathId, port: port.port })) })),
    )
  }

  connectAll(): void {
    for (const datapathId of this.ports.keys()) this.connect(datapathId)
  }

  disconnect(datapathId: string): void {
    this.connected.delete(datapathId)
    this.service.switchDown(datapathId, 'connection lost')
  }

  setPort(at: PortRef, up: boolean): void {
    if (up) this.down.delete(portKey(at))
    else this.down.add(portKey(at))
    const port = this.ports.get(at.datapathId)?.get(at.port)
    if (port !== undefined && this.connected.has(at.datapathId))
      this.service.portChanged(at.datapathId, { ...port, up }, false)
  }

  count(type: string): number {
    return this.told.filter((event) => event.type === type).length
  }

  /** Links as text, in order. */
  linkTexts(): string[] {
    return this.service.links.map(({ from, to }) => `${portKey(from)}>${portKey(to)}`).sort()
  }

  /** The links that should be found. */
  expected(): string[] {
    return [...this.ports]
      .flatMap(([datapathId, ports]) =>
        [...ports.keys()].flatMap((port) => {
          const from = portKey({ datapathId, port })
          if (this.down.has(from) || this.silent.has(from)) return []
          return (this.peers.get(from) ?? [])
            .filter((to) => !this.down.has(portKey(to)))
            .map((to) => `${from}>${portKey(to)}`)
        }),
      )
      .sort()
  }

  #send(datapathId: string, message: Message): boolean {
    if (!this.connected.has(datapathId) || message.type !== 'packet_out') return false
    if (this.full.has(datapathId)) return false
    encode(message) // throws where it could not be sent
    const [action] = message.actions
    if (action?.type !== 'output') return false
    const from = { datapathId, port: action.port }
    const key = portKey(from)
    this.sent.set(key, [...(this.sent.get(key) ?? []), this.now])
    if (this.down.has(key) || this.silent.has(key)) return true
    for (const to of this.peers.get(key) ?? []) {
      this.at(this.now + 1 + (action.port % 5), () => {
        if (this.down.has(portKey(to)) || !this.connected.has(to.datapathId)) return
        this.frames.push({ at: to, from, data: message.data })
        this.service.packetIn(to.datapathId, to.port, message.data, 'probe')
      })
    }
    return true
  }
}
