/**
 * The active side: opens a TCP, TLS or unix stream and runs the handshake, once (connect) or for ever again
 * (keepConnected). Which side of OpenFlow this end plays is independent of who dials.
 */
import { connect as connectSocket, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls } from 'node:tls'
import { backoffMs } from './backoff.ts'
import { Connection, type Terms } from './connection.ts'
import { limits } from './limits.ts'
import { joinAddress, peerOf } from './listen.ts'
import {
  ConnectionClosed,
  type ConnectionOptions,
  type OpenFlowConnection,
  type SwitchAnswers,
  type TlsOptions,
} from './types.ts'

export type Target =
  | {
      readonly host: string
      readonly port: number
      /** `serverName` is the name that the peer's certificate must carry; default: the host. */
      readonly tls?: TlsOptions & { readonly serverName?: string }
    }
  /** A unix socket, e.g. Open vSwitch's BRIDGE.mgmt. */
  | { readonly path: string }

export type ConnectOptions = Target &
  ConnectionOptions &
  ({ readonly side: 'controller' } | { readonly side: 'switch'; readonly answers: SwitchAnswers })

export interface ReconnectOptions {
  /** Ms before the second attempt; doubles with each that fails. Default 250. */
  readonly minMs?: number
  /** Ms between attempts at most. A connection that lasted this long resets the doubling. Default 10 000. */
  readonly maxMs?: number
  /** In [0, 1); a seam for tests. */
  readonly random?: () => number
  /** Ms of a clock that never goes back; a seam for tests. */
  readonly now?: () => number
}

export interface ConnectHandlers {
  /** The handshake is done. Set the connection's handlers in here. */
  connection(connection: OpenFlowConnection): void
  /** An attempt came to nothing, or the connection closed; the next attempt is in `retryMs`. */
  lost?(reason: string, retryMs: number): void
}

export interface Connector {
  /** Undefined between connections. */
  readonly connection: OpenFlowConnection | undefined
  /** No more attempts; closes what is open. */
  close(reason?: string): void
}

/** One attempt. Rejects with ConnectionClosed, whose message is the reason; with what Node says of wrong options. */
export function connect(options: ConnectOptions): Promise<OpenFlowConnection> {
  return new Promise((resolve, reject) => {
    dial(options, {
      established: resolve,
      refused: (reason) => reject(new ConnectionClosed(reason)),
      ended: () => {},
    })
  })
}

/** Attempts until close() is called, with growing, jittered pauses (`backoffMs`). */
export function keepConnected(
  options: ConnectOptions & { readonly reconnect?: ReconnectOptions },
  handlers: ConnectHandlers,
): Connector {
  const { minMs = 250, maxMs = 10_000, random = Math.random, now = () => performance.now() } = options.reconnect ?? {}
  let current: Connection | undefined
  let abandon: (reason: string) => void = () => {}
  let timer: NodeJS.Timeout | undefined
  let failures = 0
  let closed = false

  const retry = (reason: string): void => {
    current = undefined
    if (closed) return
    const ms = backoffMs(failures++, minMs, maxMs, random())
    timer = setTimeout(attempt, ms)
    handlers.lost?.(reason, ms)
  }
  const attempt = (): void => {
    let since = 0
    abandon = dial(options, {
      established(connection) {
        since = now()
        current = connection
        handlers.connection(connection)
      },
      refused: retry,
      ended(reason) {
        if (now() - since >= maxMs) failures = 0
        retry(reason)
      },
    })
  }
  attempt()
  return {
    get connection() {
      return current
    },
    close(reason = 'closed by this side') {
      closed = true
      clearTimeout(timer)
      abandon(reason)
    },
  }
}

interface Dialled {
  established(connection: Connection): void
  refused(reason: string): void
  /** The established connection is gone. */
  ended(reason: string): void
}

/** Returns what gives the attempt, or the connection that came of it, up. */
function dial(options: ConnectOptions, told: Dialled): (reason: string) => void {
  const { handshakeMs } = limits(options)
  const remote = 'path' in options ? `unix:${options.path}` : joinAddress(options.host, options.port)
  const socket = open(options)
  let connection: Connection | undefined
  let settled = false
  const refuse = (reason: string): void => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    socket.destroy()
    told.refused(reason)
  }
  const failed = (error: NodeJS.ErrnoException): void => refuse(error.message || (error.code ?? error.name))
  const timer = setTimeout(() => refuse(`no connection within ${handshakeMs} ms`), handshakeMs)
  const ended = (): void => refuse('stream closed')
  socket.on('error', failed)
  socket.on('close', ended)
  socket.once('tls' in options && options.tls !== undefined ? 'secureConnect' : 'connect', () => {
    if (settled) return
    clearTimeout(timer)
    socket.off('error', failed)
    socket.off('close', ended)
    const terms: Terms = { ...options, remote, ...peerOf(socket) }
    connection = new Connection(socket, terms, {
      established(established) {
        settled = true
        established.closedWith((reason) => told.ended(reason))
        told.established(established)
      },
      refused(reason) {
        // The connection ends its stream itself, so that a last word still goes out.
        settled = true
        told.refused(reason)
      },
    })
  })
  return (reason) => {
    if (connection === undefined) refuse(reason)
    else connection.close(reason)
  }
}

function open(options: Target): Socket {
  if ('path' in options) return connectSocket({ path: options.path })
  const { host, port, tls } = options
  if (tls === undefined) return connectSocket({ host, port })
  const { serverName = host, ...pem } = tls
  return connectTls({
    ...pem,
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  })
}
