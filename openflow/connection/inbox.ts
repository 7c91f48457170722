/**
 * Inbox: what one connection reads, frame by frame and at a pace. It stands still where somebody asks for it, even
 * between two frames of one chunk, and lets the other connections of the process have their turn after a share of work.
 * It knows framing and no message.
 */
import type { Socket } from 'node:net'
import { Framer } from '../framer.ts'
import { WireError } from '../wire/error.ts'

/** Why reading stands still. Bits: there may be several reasons at a time. */
export const HOLD = {
  /** Too much is kept that nobody takes. */
  kept: 1,
  /** The peer does not read what it is answered. */
  unread: 2,
  /** It is the others' turn. */
  turn: 4,
} as const
type Hold = (typeof HOLD)[keyof typeof HOLD]

/** A turn's work in octets, where a frame counts as many as it has and some for itself. */
const TURN = 131_072
const FRAME_COST = 64

interface InboxReader {
  /** Octets have come. */
  heard(): void
  frame(frame: Uint8Array): void
  /** Framing is lost: nothing more is read. */
  lost(error: WireError): void
  /** The peer says no more, and all that it said has been given. */
  ended(): void
  /** `frame` threw; that goes on to whoever called the stream's handler. */
  failed(error: unknown): void
}

export class Inbox {
  readonly #socket: Socket
  readonly #reader: InboxReader
  readonly #framer = new Framer()
  #holds = 0
  #paused = false
  #working = false
  #stopped = false
  #ended = false
  /** Work since the others last had their turn. */
  #done = 0

  constructor(socket: Socket, reader: InboxReader) {
    this.#socket = socket
    this.#reader = reader
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('end', () => this.#finish())
  }

  /** Whether reading stands still for that reason. */
  held(why: Hold): boolean {
    return (this.#holds & why) !== 0
  }

  hold(why: Hold): void {
    this.#holds |= why
    if (this.#paused || this.#stopped) return
    this.#paused = true
    this.#socket.pause()
  }

  /** Goes on, unless there is another reason not to. */
  release(why: Hold): void {
    if ((this.#holds & why) === 0) return
    this.#holds &= ~why
    this.#work()
  }

  /** Counts work that came of a frame. */
  spend(octets: number): void {
    this.#done += octets
    if (this.#done < TURN || this.#stopped || this.#ended) return
    this.#done = 0
    this.hold(HOLD.turn)
    setImmediate(() => this.release(HOLD.turn))
  }

  /** No more frames. What still comes is read and forgotten, so that the end of the stream is seen. */
  stop(): void {
    this.#stopped = true
    this.#socket.resume()
  }

  #take(chunk: Uint8Array): void {
    if (this.#stopped) return
    this.#reader.heard()
    this.#framer.feed(chunk)
    this.#work()
  }

  /** What is left, at most a chunk, is given whatever holds: there is no later. */
  #finish(): void {
    this.#ended = true
    this.#work()
    if (!this.#stopped) this.#reader.ended()
  }

  #work(): void {
    if (this.#working) return
    this.#working = true
    try {
      for (let frame = this.#next(); frame !== undefined; frame = this.#next()) {
        this.spend(frame.length + FRAME_COST)
        this.#reader.frame(frame)
      }
    } catch (error) {
      this.#reader.failed(error)
      throw error
    } finally {
      this.#working = false
    }
    if (!this.#paused || this.#holds !== 0 || this.#stopped) return
    this.#paused = false
    this.#socket.resume()
  }

  #next(): Uint8Array | undefined {
    if (this.#stopped || (this.#holds !== 0 && !this.#ended)) return undefined
    try {
      return this.#framer.next()
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#reader.lost(error)
      return undefined
    }
  }
}
