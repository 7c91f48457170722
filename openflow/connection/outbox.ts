/**
 * Outbox: what one connection has to write. Messages are encoded straight into a buffer that the socket is given as it
 * is: at the end of the turn, or, while an earlier write is under way, when that is done or a write's worth has
 * gathered. It says when the peer reads too slowly (high and low water mark) and when it does not read at all (limit).
 * It knows no message and no handshake.
 */
import type { Socket } from 'node:net'
import { Writer } from '../wire/cursor.ts'

/** Octets of unsent messages that are handed to the socket before the turn ends. */
const FLUSH_AT = 65_536
const SMALLEST = 1024
/** Buffers between two uses; they belong to no connection, so one that is silent has none. */
const idle: Writer[] = []
const MOST_IDLE = 64
/** A buffer that grew past this for one large burst is given back after it. */
const LARGEST_IDLE = 2 * FLUSH_AT

interface OutboxLimits {
  readonly highWater: number
  readonly lowWater: number
  readonly maxQueue: number
}

interface OutboxOwner {
  /** More than maxQueue octets wait. */
  overflow(): void
  /** A write is done: `unread` is less, perhaps. */
  written(): void
}

export class Outbox {
  readonly #socket: Socket
  readonly #limits: OutboxLimits
  readonly #owner: OutboxOwner
  #buffer: Writer | undefined
  /** Where what sendOctets writes began; nothing else can be written until it is done. */
  #lentAt = -1
  /** Writes that the socket has not finished; the buffer of the first of them. */
  #writing = 0
  #given: Writer | undefined
  #flushPlanned = false
  #full = false
  #closed = false
  #waiters: Array<{ resolve: () => void; reject: (error: Error) => void }> = []
  /** Octets of answers in the buffer, and those with what the socket has not finished. */
  #answers = 0
  #unread = 0

  constructor(socket: Socket, limits: OutboxLimits, owner: OutboxOwner) {
    this.#socket = socket
    this.#limits = limits
    this.#owner = owner
  }

  /** Octets that wait to be written. */
  get queued(): number {
    return (this.#buffer?.at ?? 0) + this.#socket.writableLength
  }

  /** Octets that wait to be written and that the peer itself asked for. */
  get unread(): number {
    return this.#unread
  }

  /** Where to append: write from `at` on, move `at`, then call `appended`. */
  get buffer(): Writer {
    if (this.#lentAt >= 0) throw new Error('sendOctets is writing: nothing can be sent from within it')
    this.#buffer ??= idle.pop() ?? new Writer(SMALLEST)
    return this.#buffer
  }

  /** Lends the buffer. What is thrown undoes what was written; what closes the connection, too. */
  lend(write: (w: Writer) => void, version: number): boolean {
    const { buffer } = this
    const start = buffer.at
    buffer.version = version
    buffer.depth = 0
    this.#lentAt = start
    try {
      write(buffer)
    } catch (error) {
      buffer.at = start
      throw error
    } finally {
      this.#lentAt = -1
    }
    return this.#closed ? false : this.appended()
  }

  /**
   * Something was appended, of which so many octets answer the peer. False: sent all the same, but the peer reads too
   * slowly; wait for drained().
   */
  appended(answers = 0): boolean {
    this.#answers += answers
    this.#unread += answers
    const size = this.#buffer?.at ?? 0
    if (size >= FLUSH_AT) this.#flush()
    else if (!this.#flushPlanned && this.#writing === 0) {
      this.#flushPlanned = true
      queueMicrotask(this.#planned)
    }
    const { queued } = this
    if (queued > this.#limits.maxQueue) this.#owner.overflow()
    else if (queued >= this.#limits.highWater) this.#full = true
    return !this.#full && !this.#closed
  }

  readonly #planned = (): void => {
    this.#flushPlanned = false
    if (this.#writing === 0) this.#flush()
  }

  /** Everything unsent, in one write. */
  #flush(): void {
    const buffer = this.#buffer
    if (buffer === undefined || buffer.at === 0 || !this.#socket.writable) return
    const answers = this.#answers
    const written = answers === 0 ? this.#written : (error?: Error | null) => this.#written(error, answers)
    this.#answers = 0
    let octets = buffer.octets.subarray(0, buffer.at)
    if (this.#writing++ === 0) {
      this.#given = buffer
      this.#buffer = undefined
    } else if (buffer.octets.length > LARGEST_IDLE) this.#buffer = undefined
    else {
      // The peer reads slowly: what it makes us hold is of its own size.
      octets = octets.slice()
      buffer.at = 0
    }
    this.#socket.write(octets, written)
  }

  readonly #written = (error?: Error | null, answers = 0): void => {
    this.#unread -= answers
    if (--this.#writing === 0) {
      if (this.#given !== undefined && !error) giveBack(this.#given)
      this.#given = undefined
      // What gathered meanwhile.
      if (!this.#closed && !this.#flushPlanned) this.#flush()
    }
    // The stream's error comes next, and that closes.
    if (error || this.#closed) return
    this.#owner.written()
    if (!this.#full || this.queued > this.#limits.lowWater) return
    this.#full = false
    for (const waiter of this.#waiters.splice(0)) waiter.resolve()
  }

  /** Resolves when the queue is below the low water mark, at once unless it has been above the high one. */
  drained(): Promise<void> {
    if (!this.#full) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /** Hands everything to the socket; what sendOctets is just writing is no message yet. */
  finish(): void {
    if (this.#lentAt >= 0 && this.#buffer !== undefined) this.#buffer.at = this.#lentAt
    this.#flush()
  }

  /** Nothing more is written; who waits learns why. */
  close(error: Error): void {
    this.#closed = true
    this.#buffer = undefined
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }
}

function giveBack(buffer: Writer): void {
  buffer.at = 0
  buffer.padding = undefined
  if (buffer.octets.length <= LARGEST_IDLE && idle.length < MOST_IDLE) idle.push(buffer)
}
