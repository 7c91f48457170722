/**
 * The passive side: accepts TCP or TLS connections, runs their handshakes, hands over those that succeed. TLS always
 * asks for a certificate that the given authority signed; without TLS anybody who reaches the port may speak.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { Auxiliaries, auxiliaryName } from './auxiliary.ts'
import { Connection, type Terms } from './connection.ts'
import { limits } from './limits.ts'
import type { ConnectionOptions, OpenFlowConnection, SwitchAnswers, TlsOptions } from './types.ts'

export interface ListenOptions extends ConnectionOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly tls?: TlsOptions
  /** Connections at a time, those in the handshake included; more are refused. Default 10 000. */
  readonly maxConnections?: number
  /** Auxiliary connections of one main connection; more are refused. Default 16. */
  readonly maxAuxiliaries?: number
}

/** Peers that all come back at once wait in the system's queue, rather than for a second or three to try again. */
const BACKLOG = 4096

/** What this end plays. Default: controller. */
type Part = { readonly side?: 'controller' } | { readonly side: 'switch'; readonly answers: SwitchAnswers }

export interface ListenHandlers {
  /** The handshake is done. Set the connection's handlers in here. */
  connection(connection: OpenFlowConnection): void
  /**
   * Controller side: the same of an auxiliary connection, with the main one that it belongs to; it closes with that. One
   * that comes before its main connection waits for it, handshakeMs at most. Without this handler they are refused.
   */
  auxiliary?(connection: OpenFlowConnection, main: OpenFlowConnection): void
  /** A connection that came to nothing, TLS failures included. */
  refused(remote: string, reason: string): void
}

export interface Listener {
  readonly address: { readonly host: string; readonly port: number }
  /** Stops accepting, closes every connection, resolves when all are gone. */
  close(): Promise<void>
}

/** Rejects as the system does when the address cannot be had (EADDRINUSE, …), with RangeError on wrong options. */
export async function listen(options: ListenOptions & Part, handlers: ListenHandlers): Promise<Listener> {
  const { handshakeMs } = limits(options)
  const open = new Set<Connection>()
  const auxiliaries = new Auxiliaries({ most: options.maxAuxiliaries ?? 16, waitMs: handshakeMs })
  /** Streams in their TLS handshake, by remote address. */
  const securing = new Map<string, Socket>()
  const remotes = new WeakMap<Socket, string>()
  const maxConnections = options.maxConnections ?? 10_000

  const accept = (socket: Socket | TLSSocket): void => {
    const remote = remoteOf(socket)
    securing.delete(remote)
    const peer = peerOf(socket)
    if (options.tls !== undefined && peer.peer === undefined) {
      // To users, no peer means no TLS.
      handlers.refused(remote, 'TLS: the certificate has no common name')
      socket.destroy()
      return
    }
    const terms: Terms = {
      ...options,
      side: options.side ?? 'controller',
      remote,
      ...peer,
    }
    const connection: Connection = new Connection(socket, terms, {
      established: (established) => {
        if (established.side === 'switch') return handlers.connection(established)
        if (established.features.auxiliary_id === 0) {
          auxiliaries.main(established)
          return handlers.connection(established)
        }
        const refused = (reason: string): void => handlers.refused(remote, reason)
        if (handlers.auxiliary === undefined) {
          const reason = `${auxiliaryName(established)}: none are taken here`
          established.close(reason)
          refused(reason)
        } else {
          auxiliaries.join(established, { joined: (main) => handlers.auxiliary?.(established, main), refused })
        }
      },
      refused: (reason) => handlers.refused(remote, reason),
    })
    open.add(connection)
    socket.once('close', () => open.delete(connection))
  }

  const { tls } = options
  const server: Server =
    tls === undefined
      ? createServer(accept)
      : createTlsServer(
          {
            ...tls,
            requestCert: true,
            rejectUnauthorized: true,
            minVersion: 'TLSv1.2',
            handshakeTimeout: handshakeMs,
          },
          accept,
        )
  server.maxConnections = maxConnections
  server.on('drop', (data) => {
    handlers.refused(joinAddress(data?.remoteAddress, data?.remotePort), `more than ${maxConnections} connections`)
  })
  if (tls !== undefined) {
    server.on('connection', (socket) => {
      const remote = remoteOf(socket)
      securing.set(remote, socket)
      remotes.set(socket, remote)
      socket.once('close', () => {
        // An error that explains it comes first, if there is one.
        setImmediate(() => {
          if (securing.get(remote) !== socket) return
          securing.delete(remote)
          handlers.refused(remote, 'closed in the TLS handshake')
        })
      })
    })
    server.on('tlsClientError', (error: Error, socket: TLSSocket & { _parent?: Socket }) => {
      // The socket has often lost its address by now; Node keeps the stream beneath it in _parent.
      const remote = (socket._parent && remotes.get(socket._parent)) ?? remoteOf(socket)
      if (securing.delete(remote)) handlers.refused(remote, `TLS: ${socket.authorizationError ?? error.message}`)
      socket.destroy()
    })
  }
  server.listen({ host: options.host, port: options.port, backlog: BACKLOG })
  await once(server, 'listening')
  server.on('error', (error) => handlers.refused('unknown', error.message)) // accept failed, e.g. out of descriptors
  const address = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    address: { host: address.address, port: address.port },
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve())
        for (const connection of open) connection.close('the listener closes')
        for (const socket of securing.values()) socket.destroy()
      })
      return closing
    },
  }
}

/** `address:port`, brackets around IPv6. */
export function joinAddress(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return 'unknown'
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function remoteOf(socket: Socket): string {
  return joinAddress(socket.remoteAddress, socket.remotePort)
}

/** Common name and organisational unit in the peer's certificate; one that has several is as good as none. */
export function peerOf(socket: Socket | TLSSocket): { peer?: string; peerUnit?: string } {
  if (!('getPeerCertificate' in socket)) return {}
  const subject: { CN?: unknown; OU?: unknown } | undefined = socket.getPeerCertificate()?.subject
  return {
    ...(typeof subject?.CN === 'string' ? { peer: subject.CN } : {}),
    ...(typeof subject?.OU === 'string' ? { peerUnit: subject.OU } : {}),
  }
}
