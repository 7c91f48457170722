/**
 * One JSON-RPC 1.0 connection over a stream, as ovsdb-server and Open vSwitch's control sockets speak it (RFC 7047
 * section 4.1): requests with answers, notifications, echo in both directions, and the end told exactly once. What the
 * other side can make this one hold or do is bounded. It refuses to know what is asked and to reconnect; ovsdb.ts and
 * unixctl.ts do.
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { JsonStream } from './json-stream.ts'

/** `unix:/path/to/socket`, `tcp:host:port` or `ssl:host:port`. */
export type RpcTarget = string

/** PEM: of this side, and of the authority that signs the other's. */
export interface RpcTls {
  cert: string
  key: string
  ca: string
}

/** An answer `{"error": …}`. `error` is the member's text for people. */
export class RpcError extends Error {
  constructor(method: string, error: unknown) {
    super(`${method}: ${typeof error === 'string' ? error : JSON.stringify(error)}`)
    this.name = 'RpcError'
  }
}

interface Incoming {
  id?: unknown
  method?: unknown
  params?: unknown
  result?: unknown
  error?: unknown
}

/** Octets that several connections together may make this side keep. */
export class Budget {
  readonly #limit: number
  #used = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** What one of them keeps has grown, or shrunk where negative. @throws Error where all together keep too much. */
  take(octets: number): void {
    this.#used += octets
    if (octets > 0 && this.#used > this.#limit)
      throw new Error(`all that connect keep more than ${this.#limit} octets together`)
  }
}

export interface RpcHandlers {
  /** Throwing ends the connection, with the error's message as the reason. */
  notified?(method: string, params: unknown): void
  ended?(reason: string): void
}

/** Octets that the other side may leave unread: answers to its echoes. */
const MAX_UNREAD = 8 * 2 ** 20
/** Octets of one text. The rows of 10,000 ports are some 5 MiB. */
const MAX_TEXT = 64 * 2 ** 20
/** Octets that are read at once, and per second when those are used up: whoever never ends does not keep others waiting. */
const BURST = 128 * 2 ** 20
const PER_SECOND = 4 * 2 ** 20
const PAUSE_MS = 250

type Where = { path: string } | { host: string; port: number; tls: boolean }

/** Where a target text leads, or undefined where it is no target. */
export function readTarget(target: RpcTarget): Where | undefined {
  if (target.startsWith('unix:') && target.length > 5) return { path: target.slice(5) }
  const found = /^(tcp|ssl):(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(target)
  if (found === null || Number(found[4]) > 65535) return undefined
  return { host: (found[2] ?? found[3]) as string, port: Number(found[4]), tls: found[1] === 'ssl' }
}

export class RpcConnection {
  readonly #socket: Socket
  readonly #stream = new JsonStream(MAX_TEXT)
  readonly #waiting = new Map<number, { method: string; resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #handlers: RpcHandlers
  readonly #budget: Budget | undefined
  #next = 1
  #open = true
  #reason = 'closed by the other side'
  #allowance = BURST
  #pause: NodeJS.Timeout | undefined

  /** @param socket Connected, and of somebody who may speak. */
  constructor(socket: Socket, handlers: RpcHandlers, budget?: Budget) {
    this.#socket = socket
    this.#budget = budget
    this.#handlers = handlers
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error) => {
      this.#reason = error.message
    })
    socket.on('close', () => this.#end())
  }

  /**
   * Connects; rejects where the target does not answer within the timeout or is malformed.
   * @param refuse Why the other side's certificate is not good enough beyond being signed; asked of `ssl:` only.
   */
  static open(
    target: RpcTarget,
    handlers: RpcHandlers = {},
    timeoutMs = 5000,
    tls?: RpcTls & { refuse(socket: TLSSocket): string | undefined },
  ): Promise<RpcConnection> {
    const where = readTarget(target)
    if (where === undefined)
      return Promise.reject(new Error(`not a target: ${target} (unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT)`))
    const secured = 'tls' in where && where.tls
    if (secured && tls === undefined) return Promise.reject(new Error(`${target} needs certificates`))
    return new Promise((resolve, reject) => {
      // Certificates of switches name no hosts: `refuse` looks at whom they are for.
      const socket: Socket | TLSSocket = secured
        ? connectTls({ ...where, ...tls, minVersion: 'TLSv1.2', checkServerIdentity: () => undefined })
        : connect(where)
      socket.setTimeout(timeoutMs)
      socket.once('timeout', () => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)))
      socket.once('error', reject)
      socket.once(secured ? 'secureConnect' : 'connect', () => {
        const refusal = secured ? tls?.refuse(socket as TLSSocket) : undefined
        if (refusal !== undefined) return socket.destroy(new Error(refusal))
        socket.removeListener('error', reject)
        socket.setTimeout(0)
        resolve(new RpcConnection(socket, handlers))
      })
    })
  }

  /**
   * Sends a request and gives its result. Rejects with RpcError, or where the connection ends or the time is over.
   * @param first Is given the result before anything that came after it is looked at.
   */
  request(method: string, params: unknown[], timeoutMs = 10000, first?: (result: unknown) => void): Promise<unknown> {
    if (!this.#open) return Promise.reject(new Error(`${method}: ${this.#reason}`))
    const id = this.#next++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`${method}: no answer within ${timeoutMs} ms`))
      }, timeoutMs)
      this.#waiting.set(id, {
        method,
        resolve: (value) => {
          clearTimeout(timer)
          try {
            first?.(value)
          } catch (error) {
            reject(error as Error)
            throw error
          }
          resolve(value)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      })
      this.#send({ method, params, id })
    })
  }

  close(reason = 'closed by this side'): void {
    this.#reason = reason
    this.#socket.destroy()
  }

  #send(value: unknown): void {
    this.#socket.write(JSON.stringify(value))
    if (this.#socket.writableLength > MAX_UNREAD) this.close('it does not read what is sent to it')
  }

  #read(chunk: Uint8Array): void {
    try {
      const held = this.#stream.held
      const values = this.#stream.push(chunk)
      this.#budget?.take(this.#stream.held - held)
      for (const value of values) if (!this.#socket.destroyed) this.#receive(value)
    } catch (error) {
      this.close((error as Error).message)
      return
    }
    this.#allowance -= chunk.length
    if (this.#allowance > 0 || this.#pause !== undefined) return
    this.#socket.pause()
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#allowance += (PER_SECOND * PAUSE_MS) / 1000
      this.#socket.resume()
    }, PAUSE_MS)
  }

  #receive(value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    const message = value as Incoming
    if (typeof message.method === 'string') {
      if (message.method === 'echo') this.#send({ result: message.params ?? [], error: null, id: message.id ?? null })
      else this.#handlers.notified?.(message.method, message.params)
      return
    }
    const waiter = this.#waiting.get(message.id as number)
    if (waiter === undefined) return
    this.#waiting.delete(message.id as number)
    if (message.error !== null && message.error !== undefined) {
      waiter.reject(new RpcError(waiter.method, message.error))
    } else waiter.resolve(message.result)
  }

  #end(): void {
    if (!this.#open) return
    this.#open = false
    clearTimeout(this.#pause)
    this.#budget?.take(-this.#stream.held)
    for (const waiter of this.#waiting.values()) waiter.reject(new Error(`${waiter.method}: ${this.#reason}`))
    this.#waiting.clear()
    this.#handlers.ended?.(this.#reason)
  }
}
