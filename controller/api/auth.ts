/**
 * Who calls, and whether they may: the role is the organisational unit of the client's certificate, the caller's name
 * its common name. The table says for every method which roles may call it; a method without a row may be called by
 * nobody, and a test compares the table with the services. Plaintext exists only on loopback and only when asked for;
 * such a caller is an administrator named "loopback".
 */
import type { PeerCertificate } from 'node:tls'
import { ROLES, type Role } from '../../model/roles.ts'

/** What grpc-js tells of the connection; the library does not export the type. */
export interface AuthContext {
  transportSecurityType?: string
  sslPeerCertificate?: PeerCertificate
}

export interface Caller {
  name: string
  role: Role
}

const EVERYONE: readonly Role[] = ROLES
const WRITERS: readonly Role[] = ['admin', 'provisioner']
const ADMIN: readonly Role[] = ['admin']

/** Full method path to the roles that may call it. */
export const METHOD_ROLES: Readonly<Record<string, readonly Role[]>> = {
  '/tagsteer.v1.InterfaceService/GetInterface': EVERYONE,
  '/tagsteer.v1.InterfaceService/ListInterfaces': EVERYONE,
  '/tagsteer.v1.InterfaceService/CreateInterface': WRITERS,
  '/tagsteer.v1.InterfaceService/UpdateInterface': WRITERS,
  '/tagsteer.v1.InterfaceService/DeleteInterface': WRITERS,
  // The profiler tags instances by what it saw of them; it may change nothing else.
  '/tagsteer.v1.InterfaceService/SetTags': ['admin', 'provisioner', 'profiler'],
  '/tagsteer.v1.InterfaceService/BatchUpdateInterfaces': WRITERS,
  '/tagsteer.v1.VnpService/GetVnp': EVERYONE,
  '/tagsteer.v1.VnpService/ListVnps': EVERYONE,
  '/tagsteer.v1.VnpService/CreateVnp': ADMIN,
  '/tagsteer.v1.VnpService/UpdateVnp': ADMIN,
  '/tagsteer.v1.VnpService/DeleteVnp': ADMIN,
  '/tagsteer.v1.NetworkService/GetNetwork': EVERYONE,
  '/tagsteer.v1.NetworkService/ListNetworks': EVERYONE,
  '/tagsteer.v1.NetworkService/CreateNetwork': ADMIN,
  '/tagsteer.v1.NetworkService/UpdateNetwork': ADMIN,
  '/tagsteer.v1.NetworkService/DeleteNetwork': ADMIN,
  '/tagsteer.v1.NapService/GetNap': EVERYONE,
  '/tagsteer.v1.NapService/ListNaps': EVERYONE,
  '/tagsteer.v1.NapService/CreateNap': ADMIN,
  '/tagsteer.v1.NapService/UpdateNap': ADMIN,
  '/tagsteer.v1.NapService/DeleteNap': ADMIN,
  '/tagsteer.v1.NapService/GetUtilisation': EVERYONE,
  '/tagsteer.v1.ProfileService/GetProfile': EVERYONE,
  '/tagsteer.v1.ProfileService/ListProfiles': EVERYONE,
  // What an instance is like is the profiler's to say.
  '/tagsteer.v1.ProfileService/CreateProfile': ['admin', 'profiler'],
  '/tagsteer.v1.ProfileService/UpdateProfile': ['admin', 'profiler'],
  '/tagsteer.v1.ProfileService/DeleteProfile': ['admin', 'profiler'],
  '/tagsteer.v1.LeaseService/Allocate': WRITERS,
  '/tagsteer.v1.LeaseService/BatchAllocate': WRITERS,
  '/tagsteer.v1.LeaseService/StreamAllocate': WRITERS,
  '/tagsteer.v1.LeaseService/Renew': WRITERS,
  '/tagsteer.v1.LeaseService/Release': WRITERS,
  '/tagsteer.v1.LeaseService/GetLease': EVERYONE,
  '/tagsteer.v1.LeaseService/ListLeases': EVERYONE,
  '/tagsteer.v1.LeaseService/GetLeaseHistory': EVERYONE,
  '/tagsteer.v1.LeaseService/SelectNap': EVERYONE,
  '/tagsteer.v1.LifecycleService/GetStage': EVERYONE,
  '/tagsteer.v1.LifecycleService/ListStages': EVERYONE,
  '/tagsteer.v1.LifecycleService/MoveStage': WRITERS,
  '/tagsteer.v1.LifecycleService/Reclaim': WRITERS,
  '/tagsteer.v1.LifecycleService/GetStagePolicy': EVERYONE,
  '/tagsteer.v1.LifecycleService/ListStagePolicies': EVERYONE,
  '/tagsteer.v1.LifecycleService/CreateStagePolicy': ADMIN,
  '/tagsteer.v1.LifecycleService/UpdateStagePolicy': ADMIN,
  '/tagsteer.v1.LifecycleService/DeleteStagePolicy': ADMIN,
  '/tagsteer.v1.IpamService/ListConnectors': EVERYONE,
  '/tagsteer.v1.IpamService/PlanReconcile': WRITERS,
  '/tagsteer.v1.IpamService/Reconcile': WRITERS,
  '/tagsteer.v1.IpamService/ImportCsv': ADMIN,
  '/tagsteer.v1.IpamService/ExportCsv': EVERYONE,
  '/tagsteer.v1.PolicyService/GetPolicy': EVERYONE,
  '/tagsteer.v1.PolicyService/ListPolicies': EVERYONE,
  '/tagsteer.v1.PolicyService/CreatePolicy': ADMIN,
  '/tagsteer.v1.PolicyService/UpdatePolicy': ADMIN,
  '/tagsteer.v1.PolicyService/DeletePolicy': ADMIN,
  '/tagsteer.v1.PolicyService/GetPolicyForTraffic': EVERYONE,
  '/tagsteer.v1.PolicyService/CheckTraffic': EVERYONE,
  '/tagsteer.v1.LintService/Lint': EVERYONE,
  '/tagsteer.v1.FlowService/ListFlows': EVERYONE,
  '/tagsteer.v1.FlowService/Explain': EVERYONE,
  '/tagsteer.v1.FlowService/WaitApplied': EVERYONE,
  '/tagsteer.v1.FlowService/ListTables': EVERYONE,
  '/tagsteer.v1.FlowService/ListRefused': EVERYONE,
  '/tagsteer.v1.TopologyService/GetTopology': EVERYONE,
  '/tagsteer.v1.TopologyService/ListSwitches': EVERYONE,
  '/tagsteer.v1.TopologyService/ListCarriers': EVERYONE,
  '/tagsteer.v1.TopologyService/UpdateSwitch': ADMIN,
  '/tagsteer.v1.TopologyService/DeleteSwitch': ADMIN,
  // Interface records for provisioners, every kind for administrators: the method looks at the kinds itself.
  '/tagsteer.v1.ApplyService/Apply': WRITERS,
  // It changes nothing, but costs the work of compiling everything.
  '/tagsteer.v1.VerifyService/Verify': WRITERS,
  '/tagsteer.v1.ProveService/Prove': WRITERS,
  '/tagsteer.v1.ProveService/Watch': WRITERS,
  // It puts a packet into the network, and rows beside those of policy for as long as that is under way.
  '/tagsteer.v1.ProbeService/Probe': WRITERS,
  '/tagsteer.v1.ProbeService/Watch': EVERYONE,
  '/tagsteer.v1.ProbeService/ListPropagation': EVERYONE,
  '/tagsteer.v1.ApplyService/Plan': WRITERS,
  '/tagsteer.v1.EventService/WatchRecords': EVERYONE,
  '/tagsteer.v1.EventService/WatchEvents': EVERYONE,
  '/tagsteer.v1.HistoryService/ListGenerations': EVERYONE,
  '/tagsteer.v1.HistoryService/GetGeneration': EVERYONE,
  '/tagsteer.v1.HistoryService/DiffGenerations': EVERYONE,
  '/tagsteer.v1.HistoryService/Blame': EVERYONE,
}

/** The caller that a certificate names; undefined where it names none. */
export function callerOf(context: AuthContext): Caller | undefined {
  if (context.transportSecurityType !== 'ssl') return { name: 'loopback', role: 'admin' }
  const subject = context.sslPeerCertificate?.subject
  if (subject === undefined) return undefined
  const name = single(subject.CN)
  const unit = single(subject.OU)
  const role = ROLES.find((known) => known === unit)
  return name === undefined || role === undefined ? undefined : { name, role }
}

/** A call, as far as it tells of its connection; `call` is inside of grpc-js, and only identity is taken from it. */
interface Connected {
  getAuthContext(): AuthContext
  call?: { stream?: { session?: object | undefined } }
}

/** Who the calls of one server are from. A connection's certificate is read once: it stays while the connection does. */
export class Callers {
  readonly #plaintext: boolean
  readonly #known = new WeakMap<object, Caller>()

  /** @param plaintext Whether the server has no TLS. */
  constructor(plaintext: boolean) {
    this.#plaintext = plaintext
  }

  of(call: unknown): Caller | undefined {
    const connected = call as Connected
    const session = connected.call?.stream?.session
    const known = session && this.#known.get(session)
    if (known !== undefined) return known
    const context = connected.getAuthContext()
    // Of a connection that is over, nothing is known: its caller is nobody.
    if (context.transportSecurityType !== 'ssl' && !this.#plaintext) return undefined
    const caller = callerOf(context)
    if (session !== undefined && caller !== undefined) this.#known.set(session, caller)
    return caller
  }
}

/** A subject with two units or two common names is ambiguous and names nobody. */
function single(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
