/**
 * Packets from switches to the controller, in turn per port: a port that floods loses its own packets and delays
 * nobody else's. Drained a few at a time between turns of the event loop, so that answers and timers get theirs.
 * Losses are told at most once per second and port. It refuses to look into packets.
 */
import type { Tell } from '../events.ts'
import { FairQueue } from './fair-queue.ts'
import type { PacketIn } from './types.ts'

/** Packets handed on per turn of the event loop. */
const PER_TURN = 32
const TELL_MS = 1000

export class PacketIns {
  readonly #queue: FairQueue<PacketIn>
  readonly #deliver: (packet: PacketIn) => void
  readonly #tell: Tell
  #draining: NodeJS.Immediate | undefined
  #telling: NodeJS.Timeout | undefined
  #closed = false
  /** By datapath id, packets that were dropped. */
  readonly dropped = new Map<string, number>()

  /** @param perPort Packets that one port may have waiting. */
  constructor(deliver: (packet: PacketIn) => void, tell: Tell, perPort = 64) {
    this.#queue = new FairQueue(perPort)
    this.#deliver = deliver
    this.#tell = tell
  }

  /**
   * @param packet Its data may be a view of memory that is used again; it is copied where the packet is kept.
   * @param known The switch has such a port. All others share one place, however many a switch makes up.
   */
  push(packet: PacketIn, known: boolean): void {
    if (this.#closed) return
    if (!this.#queue.push(`${packet.datapathId}/${known ? packet.inPort : 'unknown'}`, packet)) {
      this.dropped.set(packet.datapathId, (this.dropped.get(packet.datapathId) ?? 0) + 1)
      this.#telling ??= setTimeout(() => this.#tellLosses(), TELL_MS).unref()
      return
    }
    packet.data = new Uint8Array(packet.data)
    this.#draining ??= setImmediate(() => this.#drain())
  }

  /** The switch is gone; what it sent is of no use any more. */
  forget(datapathId: string): void {
    this.#queue.forget(`${datapathId}/`)
  }

  close(): void {
    this.#closed = true
    clearImmediate(this.#draining)
    clearTimeout(this.#telling)
  }

  #drain(): void {
    this.#draining = undefined
    for (let i = 0; i < PER_TURN; i++) {
      const packet = this.#queue.shift()
      if (packet === undefined) return
      this.#deliver(packet)
    }
    if (this.#queue.size > 0 && !this.#closed) this.#draining = setImmediate(() => this.#drain())
  }

  #tellLosses(): void {
    this.#telling = undefined
    for (const [key, count] of this.#queue.takeDropped()) {
      const [datapathId = '', port = ''] = key.split('/')
      this.#tell('packets-lost', datapathId, { port, count })
    }
  }
}
