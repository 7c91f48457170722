/**
 * The passive side of OVSDB: database servers that connect here, as their manager (`ovs-vsctl set-manager`). With TLS a
 * certificate is asked for, which the given authority signed and which is a switch's; without it anybody who reaches
 * the port may speak for any bridge that no other database has. It refuses to know what they say.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { SWITCH_UNIT } from '../../host/certs.ts'
import { endpointText } from '../../host/config.ts'
import { type Budget, RpcConnection, type RpcHandlers, type RpcTls } from './rpc.ts'

export interface OvsdbListenOptions {
  host: string
  /** 0 takes a free port. */
  port: number
  tls?: RpcTls
}

export interface OvsdbListenTerms {
  maxConnections: number
  budget: Budget
  /** Somebody who may speak has connected; `open` begins to listen to him. */
  accepted(remote: string, open: (handlers: RpcHandlers) => RpcConnection): void
  refused(remote: string, reason: string): void
}

const HANDSHAKE_MS = 10_000
const BACKLOG = 4096

/** Why the bearer of a certificate that is signed may not speak for switches; undefined where he may. */
export function refusalOf(socket: TLSSocket): string | undefined {
  const subject: { CN?: unknown; OU?: unknown } | undefined = socket.getPeerCertificate()?.subject
  if (subject?.OU === SWITCH_UNIT) return undefined
  return `it came with the certificate of ${String(subject?.CN ?? 'nobody')}, whose unit is not ${SWITCH_UNIT}`
}

export class OvsdbListener {
  readonly #server: Server
  readonly #open: ReadonlySet<Socket>

  private constructor(server: Server, open: ReadonlySet<Socket>) {
    this.#server = server
    this.#open = open
  }

  /** Rejects as the system does when the address cannot be had. */
  static async start({ host, port, tls }: OvsdbListenOptions, terms: OvsdbListenTerms): Promise<OvsdbListener> {
    const open = new Set<Socket>()
    const accept = (socket: Socket): void => {
      const remote = remoteOf(socket)
      const refusal = tls === undefined ? undefined : refusalOf(socket as TLSSocket)
      if (refusal !== undefined) {
        terms.refused(remote, refusal)
        socket.destroy()
        return
      }
      socket.setNoDelay(true)
      terms.accepted(remote, (handlers) => new RpcConnection(socket, handlers, terms.budget))
    }
    const server: Server =
      tls === undefined
        ? createServer(accept)
        : createTlsServer(
            {
              ...tls,
              requestCert: true,
              rejectUnauthorized: true,
              minVersion: 'TLSv1.2',
              handshakeTimeout: HANDSHAKE_MS,
            },
            accept,
          )
    server.maxConnections = terms.maxConnections
    server.on('connection', (socket: Socket) => {
      open.add(socket)
      // Its reason is told by whoever listens to it.
      socket.on('error', () => {})
      socket.once('close', () => open.delete(socket))
    })
    server.on('drop', (data) => {
      terms.refused(addressText(data?.remoteAddress, data?.remotePort), `more than ${terms.maxConnections} connections`)
    })
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      terms.refused(remoteOf(socket), `TLS: ${socket.authorizationError ?? error.message}`)
      socket.destroy()
    })
    server.listen({ host, port, backlog: BACKLOG })
    await once(server, 'listening')
    server.on('error', (error) => terms.refused('unknown', error.message))
    return new OvsdbListener(server, open)
  }

  /** `host:port`. */
  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo
    return endpointText({ host: address, port })
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#open) socket.destroy()
    await closed
  }
}

function remoteOf(socket: Socket): string {
  return addressText(socket.remoteAddress, socket.remotePort)
}

function addressText(host: string | undefined, port: number | undefined): string {
  return host === undefined || port === undefined ? 'unknown' : endpointText({ host, port })
}
