/**
 * Outbox: what one connection has to write. Messages are encoded straight into its buffer and leave in one write when
 * the turn of the event loop ends, or when a write's worth has gathered. It says when the peer reads too slowly (high
 * and low water mark) and when it does not read at all (limit). It knows no message and no handshake.
 */
import type { Socket } from 'node:net'
import { Writer } from '../wire/cursor.ts'

/** Octets of unsent messages that are handed to the socket before the turn ends. */
const FLUSH_AT = 65_536
/** A buffer that grew past this for one large burst is given back after it. */
const KEEP_AT_MOST = 1 << 20

export interface OutboxLimits {
  readonly highWater: number
  readonly lowWater: number
  readonly maxQueue: number
}

export class Outbox {
  readonly #socket: Socket
  readonly #limits: OutboxLimits
  readonly #overflow: () => void
  #buffer = new Writer(1024)
  #flushPlanned = false
  #full = false
  #closed = false
  #waiters: Array<{ resolve: () => void; reject: (error: Error) => void }> = []

  /** @param overflow Told when more than maxQueue octets wait. */
  constructor(socket: Socket, limits: OutboxLimits, overflow: () => void) {
    this.#socket = socket
    this.#limits = limits
    this.#overflow = overflow
  }

  /** Octets that wait to be written. */
  get queued(): number {
    return this.#buffer.at + this.#socket.writableLength
  }

  /** Where to append: write from `at` on, move `at`, then call `appended`. */
  get buffer(): Writer {
    return this.#buffer
  }

  /** Something was appended. False: sent all the same, but the peer reads too slowly; wait for drained(). */
  appended(): boolean {
    if (this.#buffer.at >= FLUSH_AT) this.flush()
    else if (!this.#flushPlanned) {
      this.#flushPlanned = true
      queueMicrotask(this.#planned)
    }
    const { queued } = this
    if (queued > this.#limits.maxQueue) this.#overflow()
    else if (queued >= this.#limits.highWater) this.#full = true
    return !this.#full && !this.#closed
  }

  readonly #planned = (): void => {
    this.#flushPlanned = false
    this.flush()
  }

  /** Everything unsent, in one write. */
  flush(): void {
    const buffer = this.#buffer
    if (buffer.at === 0 || !this.#socket.writable) return
    if (buffer.octets.length > KEEP_AT_MOST) {
      this.#buffer = new Writer(1024)
      this.#socket.write(buffer.octets.subarray(0, buffer.at), this.#written)
      return
    }
    // The socket may hold what it is given for long; the buffer is written again at once.
    const octets = buffer.octets.slice(0, buffer.at)
    buffer.at = 0
    this.#socket.write(octets, this.#written)
  }

  readonly #written = (): void => {
    if (!this.#full || this.queued > this.#limits.lowWater) return
    this.#full = false
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.resolve()
  }

  /** Resolves when the queue is below the low water mark. */
  drained(): Promise<void> {
    if (!this.#full) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /** Nothing more is written; who waits learns why. */
  close(error: Error): void {
    this.#closed = true
    this.#buffer.at = 0
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }
}
