/**
 * The records of a made-up cloud for benches, and its switches as they would be seen. 1,000 tenants, each with a network,
 * a partition, ten roles and a policy of ten rules from role to role: 10,000 tags that matter, whatever the number of
 * interfaces, so that only they grow. A tenant's interfaces are on ten switches. The switches are leaves of one spine,
 * which alone carries what others send each other.
 */
import type { NetworkState, ObservedView, PortView } from '../controller/policy/state.ts'

export const ROLES = 10
const SWITCHES_PER_TENANT = 10
const RULES = 10
/** Tenants, and policies. */
export const TENANTS = 1000
export const SPINE_PORT = 1
const FIRST_PORT = 10

export interface CloudSize {
  interfaces: number
  switches: number
}

export const datapathOf = (index: number): string => (index + 1).toString(16).padStart(16, '0')
const text = (value: string): { text: string } => ({ text: value })
const role = (tenant: number, index: number): string => `t${tenant}-role-${index % ROLES}`

/** Which switch and port an interface is on. */
export function placeOf({ switches }: CloudSize, index: number): { datapathId: string; port: number } {
  const tenant = index % TENANTS
  const within = Math.floor(index / TENANTS)
  const at = (tenant * 7 + (within % SWITCHES_PER_TENANT) * 101) % switches
  return { datapathId: datapathOf(at), port: FIRST_PORT + index }
}

/** As the API takes it; `extra` are tags beside the tenant's and the role's. */
export function interfaceOf(size: CloudSize, index: number, extra: string[] = []): object {
  const tenant = index % TENANTS
  const within = Math.floor(index / TENANTS)
  const hex = (index + 1).toString(16).padStart(6, '0')
  return {
    name: `i${index}`,
    network: `net-${tenant}`,
    tags: [`tenant-${tenant}`, role(tenant, within), `note-${index}`, ...extra].map(text),
    mac: `02:00:5e:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
    addresses: [`10.0.${Math.floor(within / 200)}.${(within % 200) + 1}`],
    attachment: { port: placeOf(size, index) },
  }
}

export function vnpOf(tenant: number): object {
  return { name: `vnp-${tenant}`, selector: { allOf: [text(`tenant-${tenant}`)] } }
}

/** @param without Index of a rule that is left out. */
export function policyOf(tenant: number, without = -1): object {
  const rules = Array.from({ length: RULES }, (_, at) => ({
    direction: 'DIRECTION_INGRESS',
    peer: { tags: { anyOf: [0, 1, 2].map((more) => text(role(tenant, at + more))) } },
    protocols: ['tcp'],
    ports: [String(1000 + at)],
    action: 'ACTION_ALLOW',
  })).filter((_, at) => at !== without)
  return {
    name: `p${tenant}`,
    vnp: `vnp-${tenant}`,
    appliesTo: { anyOf: [0, 1].map((each) => text(role(tenant, each))) },
    rules,
  }
}

/** Leaves with one link, and the spine that they are linked to; every interface is where its record says. */
export function observedOf(size: CloudSize, places: Map<string, { datapathId: string; port: number }>): ObservedView {
  const spine = datapathOf(size.switches)
  const port = (number: number): PortView => ({ port: number, name: `p${number}`, up: true })
  const datapaths = new Map<
    string,
    NetworkState['observed']['datapaths'] extends ReadonlyMap<string, infer D> ? D : never
  >()
  const ids = Array.from({ length: size.switches }, (_, index) => datapathOf(index))
  const portsOf = new Map<string, Map<number, PortView>>(
    ids.map((id) => [id, new Map([[SPINE_PORT, port(SPINE_PORT)]])]),
  )
  for (const { datapathId, port: its } of places.values()) portsOf.get(datapathId)?.set(its, port(its))
  for (const datapathId of ids) {
    datapaths.set(datapathId, {
      datapathId,
      ports: portsOf.get(datapathId) ?? new Map(),
      fabricPorts: new Set([SPINE_PORT]),
      uplinkPorts: new Set(),
      nextHops: new Map(
        [...ids, spine].flatMap((other): [string, number][] => (other === datapathId ? [] : [[other, SPINE_PORT]])),
      ),
      floodPorts: new Set([SPINE_PORT]),
    })
  }
  const links = ids.map((_, index) => index + 1)
  datapaths.set(spine, {
    datapathId: spine,
    ports: new Map(links.map((number) => [number, port(number)])),
    fabricPorts: new Set(links),
    uplinkPorts: new Set(),
    nextHops: new Map(ids.map((id, index) => [id, index + 1])),
    floodPorts: new Set(links),
  })
  return { datapaths, places }
}
