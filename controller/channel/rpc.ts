/**
 * One JSON-RPC 1.0 connection over a stream, as ovsdb-server and Open vSwitch's control sockets speak it (RFC 7047
 * section 4.1): requests with answers, notifications, echo in both directions, and the end told exactly once. It
 * refuses to know what is asked and to reconnect; ovsdb.ts and unixctl.ts do.
 */
import { connect, type Socket } from 'node:net'
import { JsonStream } from './json-stream.ts'

/** `unix:/path/to/socket` or `tcp:host:port`. */
export type RpcTarget = string

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

/** Where a target text leads, or undefined where it is no target. */
export function readTarget(target: RpcTarget): { path: string } | { host: string; port: number } | undefined {
  if (target.startsWith('unix:') && target.length > 5) return { path: target.slice(5) }
  const tcp = /^tcp:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(target)
  if (tcp === null || Number(tcp[3]) > 65535) return undefined
  return { host: (tcp[1] ?? tcp[2]) as string, port: Number(tcp[3]) }
}

export class RpcConnection {
  readonly #socket: Socket
  readonly #stream = new JsonStream()
  readonly #waiting = new Map<number, { method: string; resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #notified: (method: string, params: unknown) => void
  readonly #ended: (reason: string) => void
  #next = 1
  #open = true
  #reason = 'closed by the other side'

  private constructor(
    socket: Socket,
    notified: (method: string, params: unknown) => void,
    ended: (reason: string) => void,
  ) {
    this.#socket = socket
    this.#notified = notified
    this.#ended = ended
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error) => {
      this.#reason = error.message
    })
    socket.on('close', () => this.#end())
  }

  /** Connects; rejects where the target does not answer within the timeout or is malformed. */
  static open(
    target: RpcTarget,
    handlers: { notified?(method: string, params: unknown): void; ended?(reason: string): void } = {},
    timeoutMs = 5000,
  ): Promise<RpcConnection> {
    const where = readTarget(target)
    if (where === undefined) return Promise.reject(new Error(`not a target: ${target} (unix:PATH or tcp:HOST:PORT)`))
    return new Promise((resolve, reject) => {
      const socket = connect(where)
      socket.setTimeout(timeoutMs)
      socket.once('timeout', () => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)))
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.removeListener('error', reject)
        socket.setTimeout(0)
        resolve(
          new RpcConnection(
            socket,
            (method, params) => handlers.notified?.(method, params),
            (reason) => handlers.ended?.(reason),
          ),
        )
      })
    })
  }

  /** Sends a request and gives its result. Rejects with RpcError, or where the connection ends or the time is over. */
  request(method: string, params: unknown[], timeoutMs = 10000): Promise<unknown> {
    if (!this.#open) return Promise.reject(new Error(`${method}: ${this.#reason}`))
    const id = this.#next++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`${method}: no answer within ${timeoutMs} ms`))
      }, timeoutMs)
      const settle =
        <T>(act: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer)
          act(value)
        }
      this.#waiting.set(id, { method, resolve: settle(resolve), reject: settle(reject) })
      this.#send({ method, params, id })
    })
  }

  close(): void {
    this.#reason = 'closed by this side'
    this.#socket.destroy()
  }

  #send(value: unknown): void {
    this.#socket.write(JSON.stringify(value))
  }

  #read(chunk: Uint8Array): void {
    let values: unknown[]
    try {
      values = this.#stream.push(chunk)
    } catch (error) {
      this.#reason = (error as Error).message
      this.#socket.destroy()
      return
    }
    for (const value of values) this.#receive(value)
  }

  #receive(value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    const message = value as Incoming
    if (typeof message.method === 'string') {
      if (message.method === 'echo') this.#send({ result: message.params ?? [], error: null, id: message.id ?? null })
      else this.#notified(message.method, message.params)
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
    for (const waiter of this.#waiting.values()) waiter.reject(new Error(`${waiter.method}: ${this.#reason}`))
    this.#waiting.clear()
    this.#ended(this.#reason)
  }
}
