/**
 * The gRPC server: every service behind the same door (call.ts), with TLS and client certificates, or plaintext on
 * loopback where that was asked for. Limits on message size, streams and memory are set here. It knows no method.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import tls from 'node:tls'
import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { loadServices } from '../../proto/index.ts'
import { Callers } from './auth.ts'
import {
  type CallRules,
  OpenCalls,
  type StreamMethod,
  streaming,
  strictMethod,
  type UnaryMethod,
  unary,
} from './call.ts'
import type { ApiDependencies } from './deps.ts'
import { type DuplexMethod, duplex } from './duplex.ts'
import { healthImplementation, reflectionImplementation } from './reflection.ts'
import { applyService } from './services/apply.ts'
import { eventService } from './services/events.ts'
import { flowService } from './services/flow.ts'
import { historyService } from './services/history.ts'
import { interfaceService } from './services/interface.ts'
import { ipamService } from './services/ipam.ts'
import { leaseService } from './services/lease.ts'
import { lifecycleService } from './services/lifecycle.ts'
import { lintService } from './services/lint.ts'
import { napService } from './services/nap.ts'
import { networkService } from './services/network.ts'
import { policyService } from './services/policy.ts'
import { probeService } from './services/probe.ts'
import { profileService } from './services/profile.ts'
import { proveService } from './services/prove.ts'
import { topologyService } from './services/topology.ts'
import { verifyService } from './services/verify.ts'
import { vnpService } from './services/vnp.ts'

/** A service's methods by name. Requests are typed where they are served; the wire is the only caller. */
export type ServiceMethods = Record<
  string,
  | { unary: UnaryMethod<never, object> }
  | { stream: StreamMethod<never, object> }
  | { duplex: DuplexMethod<never, object> }
>

export interface ApiOptions {
  /** HOST:PORT; port 0 takes a free one. */
  listen: string
  /** PEM files. Absent: plaintext, which only loopback addresses are given. */
  tls?: { cert: string; key: string; ca: string }
  rules: CallRules
  /** False while the controller cannot serve (not loaded yet, stopping). */
  serving: () => boolean
  servingChanged: (listener: () => void) => () => void
}

export const API_LIMITS = {
  /** Octets of one request; an Apply of 10,000 records needs about 6 MB. */
  receive: 8 * 1024 * 1024,
  send: 64 * 1024 * 1024,
  streamsPerConnection: 100,
  /** Megabytes that one HTTP/2 session may hold. */
  sessionMemory: 10,
  unaryMs: 600_000,
  /** Open watches, health watches and reflections of all clients together. */
  streams: 2_000,
} as const

export interface ApiServer {
  /** HOST:PORT */
  address: string
  /** Ends streams, lets calls finish within the time, then closes. */
  stop(graceMs: number): Promise<void>
}

const SERVICES: Readonly<Record<string, (deps: ApiDependencies) => ServiceMethods>> = {
  ApplyService: applyService,
  EventService: eventService,
  FlowService: flowService,
  HistoryService: historyService,
  InterfaceService: interfaceService,
  IpamService: ipamService,
  LeaseService: leaseService,
  LifecycleService: lifecycleService,
  LintService: lintService,
  NapService: napService,
  NetworkService: networkService,
  PolicyService: policyService,
  ProbeService: probeService,
  ProfileService: profileService,
  ProveService: proveService,
  TopologyService: topologyService,
  VerifyService: verifyService,
  VnpService: vnpService,
}

/** Every method path that is served, with the roles to be found in auth.ts. */
export function methodPaths(): string[] {
  return Object.keys(SERVICES).flatMap((name) => Object.values(definitionOf(name)).map(({ path }) => path))
}

/** Starts serving; rejects where the address cannot be had or a certificate cannot be read. */
export async function startApi(deps: ApiDependencies, options: ApiOptions): Promise<ApiServer> {
  const server = new Server({
    'grpc.max_receive_message_length': API_LIMITS.receive,
    'grpc.max_send_message_length': API_LIMITS.send,
    'grpc.max_concurrent_streams': API_LIMITS.streamsPerConnection,
    'grpc-node.max_session_memory': API_LIMITS.sessionMemory,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  })
  const calls = new OpenCalls(new Callers(options.tls === undefined))
  for (const [name, make] of Object.entries(SERVICES)) addService(server, name, make(deps), options.rules, calls)
  const { grpc } = loadServices().grpc
  server.addService(grpc.health.v1.Health.service, healthImplementation(options, calls))
  server.addService(grpc.reflection.v1.ServerReflection.service, reflectionImplementation(options.rules, calls))
  const credentials = credentialsOf(options)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.listen, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)))
  })
  const host = options.listen.slice(0, options.listen.lastIndexOf(':'))
  return {
    address: `${host}:${port}`,
    stop: (graceMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          server.forceShutdown()
          resolve()
        }, graceMs)
        calls.stop()
        server.tryShutdown(() => {
          clearTimeout(timer)
          resolve()
        })
      }),
  }
}

function credentialsOf({ tls: files, listen }: ApiOptions): ServerCredentials {
  if (files === undefined) {
    if (!/^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(listen))
      throw new Error(`plaintext gRPC is served on loopback only, not on ${listen}; give a certificate`)
    return ServerCredentials.createInsecure()
  }
  // grpc-js has no option for it, and takes the process's lowest version.
  tls.DEFAULT_MIN_VERSION = 'TLSv1.3'
  const { cert, key, ca } = readTls(files)
  return ServerCredentials.createSsl(
    Buffer.from(ca),
    [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }],
    true,
  )
}

/** The contents of PEM files. Throws, naming the file, where one cannot be used. */
export function readTls({ cert, key, ca }: Required<ApiOptions>['tls']): { cert: string; key: string; ca: string } {
  const read = <T>(path: string, what: string, parse: (text: string) => T): [text: string, parsed: T] => {
    try {
      const text = readFileSync(path, 'utf8')
      return [text, parse(text)]
    } catch (error) {
      throw new Error(`${path} cannot be used as ${what} (${(error as Error).message}); make one with tagsteer certs`)
    }
  }
  const certificate = (text: string): X509Certificate => new X509Certificate(text)
  const [certText, parsed] = read(cert, 'a certificate', certificate)
  const [keyText] = read(key, 'the private key of that certificate', (text) => {
    if (!parsed.checkPrivateKey(createPrivateKey(text))) throw new Error(`it is not the key of ${cert}`)
  })
  const [caText] = read(ca, 'the certificate of an authority', certificate)
  return { cert: certText, key: keyText, ca: caText }
}

function definitionOf(name: string): ServiceDefinition {
  return loadServices().definition[`tagsteer.v1.${name}`] as ServiceDefinition
}

function addService(server: Server, name: string, methods: ServiceMethods, rules: CallRules, calls: OpenCalls): void {
  const definition: Record<string, MethodDefinition<object, object>> = {}
  const implementation: UntypedServiceImplementation = {}
  for (const [method, row] of Object.entries(definitionOf(name)) as [string, MethodDefinition<object, object>][]) {
    const served = methods[method]
    if (served === undefined) throw new Error(`${name}.${method} is not implemented`)
    const requestType = (row as { requestType?: { type?: { name?: string } } }).requestType?.type?.name ?? ''
    definition[method] = strictMethod(row, `tagsteer.v1.${requestType}`)
    implementation[method] = wrapped(row.path, served, rules, calls)
  }
  server.addService(definition, implementation)
}

function wrapped(
  path: string,
  served: ServiceMethods[string],
  rules: CallRules,
  calls: OpenCalls,
): UntypedServiceImplementation[string] {
  if ('unary' in served) {
    const serve = served.unary as UnaryMethod<object, object>
    return unary(path, serve, rules, calls) as handleUnaryCall<object, object>
  }
  if ('duplex' in served) {
    const serve = served.duplex as DuplexMethod<object, object>
    return duplex(path, serve, rules, calls) as handleBidiStreamingCall<object, object>
  }
  const serve = served.stream as unknown as StreamMethod<object, object>
  return streaming(path, serve, rules, calls) as handleServerStreamingCall<object, object>
}
