/**
 * Calls to the controller: credentials from files, one channel, unary calls as promises, streams as async iteration.
 * Knows nothing of any particular method.
 */
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { checkServerIdentity } from 'node:tls'
import { type ChannelCredentials, type ClientReadableStream, credentials, type ServiceError } from '@grpc/grpc-js'
import { loadServices } from '../proto/index.ts'
import { home } from './context.ts'
import { CliError, fromRpc } from './failure.ts'

export interface ClientOptions {
  /** HOST:PORT */
  server: string
  cert?: string
  key?: string
  ca?: string
  /** Plaintext; refused for hosts other than loopback. */
  insecure: boolean
  timeoutMs: number
}

function readCredential(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CliError(`cannot read the ${what}: ${(error as Error).message}`, 1, [
      'start a controller with `tagsteer up`, which makes development certificates, or name files with --cert, --key and --ca',
    ])
  }
}

function channelCredentials(options: ClientOptions): ChannelCredentials {
  if (options.insecure) {
    if (!/^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(options.server)) {
      throw new CliError(`--insecure is for loopback only, not for ${options.server}`)
    }
    return credentials.createInsecure()
  }
  const folder = join(home(), 'certs')
  const file = (given: string | undefined, name: string): string => given ?? join(folder, name)
  const role = existsSync(join(folder, 'admin.crt')) ? 'admin' : 'viewer'
  return credentials.createSsl(
    readCredential(file(options.ca, 'ca.crt'), 'CA certificate'),
    readCredential(file(options.key, `${role}.key`), 'client key'),
    readCredential(file(options.cert, `${role}.crt`), 'client certificate'),
    // Whatever name is sent in the handshake: the certificate must be for the host that was asked for.
    { checkServerIdentity: (_name, certificate) => checkServerIdentity(hostOf(options.server), certificate) },
  )
}

/** The host of HOST:PORT, without brackets. */
const hostOf = (server: string): string => server.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

/** RFC 6066 section 3 has no addresses in server_name, and Node warns about them: a name of no meaning goes instead. */
function serverName(server: string): { 'grpc.ssl_target_name_override'?: string } {
  return isIP(hostOf(server)) === 0 ? {} : { 'grpc.ssl_target_name_override': 'tagsteer' }
}

type ServiceName =
  | 'ApplyService'
  | 'InterfaceService'
  | 'IpamService'
  | 'VnpService'
  | 'LintService'
  | 'NetworkService'
  | 'NapService'
  | 'ProfileService'
  | 'LeaseService'
  | 'LifecycleService'
  | 'PolicyService'
  | 'FlowService'
  | 'TopologyService'
  | 'EventService'
  | 'HistoryService'
  | 'ProbeService'
  | 'ProveService'
  | 'VerifyService'
  | 'Health'

/** The part of a generated client that is used here: methods by name. */
type Methods = Record<
  string,
  (
    request: object,
    options: { deadline?: number },
    done?: (error: ServiceError | null, response: object) => void,
  ) => ClientReadableStream<object>
>

export class Client {
  readonly options: ClientOptions
  readonly #credentials: ChannelCredentials
  readonly #clients = new Map<ServiceName, { close(): void }>()

  constructor(options: ClientOptions) {
    this.options = options
    this.#credentials = channelCredentials(options)
  }

  #service(name: ServiceName): Methods {
    let client = this.#clients.get(name)
    if (client === undefined) {
      const { grpc } = loadServices()
      const Constructor = name === 'Health' ? grpc.grpc.health.v1.Health : grpc.tagsteer.v1[name]
      client = new Constructor(this.options.server, this.#credentials, {
        ...serverName(this.options.server),
        'grpc.max_receive_message_length': 64 * 1024 * 1024,
        'grpc.enable_retries': 0,
      })
      this.#clients.set(name, client)
    }
    return client as unknown as Methods
  }

  /** One unary call; rejects with a CliError. */
  call<Response>(
    service: ServiceName,
    method: string,
    request: object,
    timeoutMs = this.options.timeoutMs,
  ): Promise<Response> {
    const client = this.#service(service)
    return new Promise((resolve, reject) => {
      client[method]!.call(client, request, { deadline: Date.now() + timeoutMs }, (error, response) => {
        if (error !== null) reject(fromRpc(error, this.options.server))
        else resolve(response as Response)
      })
    })
  }

  /** Every item of a paged list. */
  async list<Item>(service: ServiceName, method: string, field: string, request: object = {}): Promise<Item[]> {
    const items: Item[] = []
    let pageToken = ''
    do {
      const page = await this.call<Record<string, unknown>>(service, method, { ...request, pageSize: 1000, pageToken })
      items.push(...(page[field] as Item[]))
      pageToken = page['nextPageToken'] as string
    } while (pageToken !== '')
    return items
  }

  /** A server stream; ends when the consumer stops iterating. */
  async *stream<Item>(service: ServiceName, method: string, request: object): AsyncGenerator<Item> {
    const client = this.#service(service)
    const stream = client[method]!.call(client, request, {})
    try {
      for await (const item of stream) yield item as Item
    } catch (error) {
      throw fromRpc(error as ServiceError, this.options.server)
    } finally {
      stream.cancel()
    }
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }
}
