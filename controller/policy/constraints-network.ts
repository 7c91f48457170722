/**
 * What must hold between networks and interfaces after a batch: subnets of networks with one router are disjoint, no
 * interface holds the address of a gateway, and every address of a network with a router lies in one of its subnets, so
 * that an address means one interface wherever packets are routed. Called by constraints.ts.
 */
import { formatPrefix, type Prefix, parseAddress, parsePrefix, prefixHolds } from '../../model/address.ts'
import { invalid } from '../../model/errors.ts'
import type { InterfaceRecord, NetworkRecord } from '../../model/records.ts'
import { overlap } from '../../model/validate-network.ts'
import type { Changes } from './changes.ts'
import type { Failed } from './constraints.ts'

/** The first constraint of networks that a batch would break. */
export function brokenNetwork(changes: Changes): Failed | undefined {
  for (const record of changes.written('network')) {
    const failed = overlapping(changes, record) ?? unfit(changes, record)
    if (failed !== undefined) return failed
  }
  for (const record of changes.written('interface')) {
    const network = changes.get('network', record.network)
    const problem = network && misfit(record, network)
    if (problem === undefined) continue
    const description = `${problem.address} ${problem.why} (network ${record.network})`
    return invalid([{ field: `addresses[${problem.index}]`, description }])
  }
  return undefined
}

/** Two networks with one router that have addresses in common. */
function overlapping(changes: Changes, { name, router, subnets }: NetworkRecord): Failed | undefined {
  if (router === undefined) return undefined
  const others = new Set(changes.intent.networksByRouter.all(router))
  for (const other of changes.written('network')) others.add(other.name)
  others.delete(name)
  const own = subnets.map(({ cidr }) => prefixOf(cidr))
  for (const other of [...others].sort()) {
    const its = changes.get('network', other)
    if (its?.router !== router) continue
    for (const { cidr } of its.subnets) {
      const prefix = prefixOf(cidr)
      const at = own.findIndex((one) => overlap(one, prefix))
      if (at < 0) continue
      const description = `${formatPrefix(own[at]!)} of network ${name} overlaps with ${cidr} of network ${other}, which has the same router ${router}`
      return invalid([{ field: `subnets[${at}].cidr`, description }])
    }
  }
  return undefined
}

/** An interface that is there already and does not fit the record of its network. */
function unfit(changes: Changes, network: NetworkRecord): Failed | undefined {
  if (network.router === undefined) return undefined
  const before = changes.intent.networks.get(network.name)
  const isSame = before?.router !== undefined && sameSubnets(before, network)
  if (isSame) return undefined
  for (const name of changes.intent.interfacesByNetwork.all(network.name)) {
    const record = changes.get('interface', name)
    // Those of the batch are looked at with all it writes.
    if (record?.network !== network.name || changes.has('interface', name)) continue
    const problem = misfit(record, network)
    if (problem === undefined) continue
    const description = `interface ${name} has ${problem.address}, which ${problem.why}`
    return invalid([{ field: 'subnets', description }])
  }
  return undefined
}

function misfit(
  { addresses }: InterfaceRecord,
  { router, subnets }: NetworkRecord,
): { index: number; address: string; why: string } | undefined {
  if (router === undefined) return undefined
  for (const [index, text] of addresses.entries()) {
    const address = parseAddress(text)
    if (address === undefined) continue
    const subnet = subnets.find(({ cidr }) => prefixHolds(prefixOf(cidr), address))
    if (subnet === undefined) return { index, address: text, why: 'is in no subnet of the network, which has a router' }
    if (subnet.gateway === text) return { index, address: text, why: `is the address of the router in ${subnet.cidr}` }
  }
  return undefined
}

function sameSubnets(one: NetworkRecord, other: NetworkRecord): boolean {
  return (
    one.subnets.length === other.subnets.length &&
    one.subnets.every(
      ({ cidr, gateway }, at) => cidr === other.subnets[at]?.cidr && gateway === other.subnets[at]?.gateway,
    )
  )
}

/** Of a stored record, so it is one. */
function prefixOf(cidr: string): Prefix {
  return parsePrefix(cidr) as Prefix
}
