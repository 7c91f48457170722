/** Hand-written records for tests that state a case: each field has a plain default. */

import type { Intent } from '../../controller/policy/intent.ts'
import { formatAddress, parsePrefix } from '../../model/address.ts'
import type {
  AnyRecord,
  Direction,
  InterfaceRecord,
  NetworkRecord,
  Peer,
  Policy,
  Rule,
  RuleAction,
  SwitchRecord,
  Vnp,
} from '../../model/records.ts'
import { EVERYTHING } from '../../model/selector.ts'
import { type Tag, tagSet } from '../../model/tag.ts'
import { datapathName, intentOf, interfaceRecord } from './arbitrary-state.ts'

/** Interface `name` with addresses 10.0.0.<index> and fd00::<index>, on port <index> of the first switch. */
export function iface(name: string, index: number, tags: string[], network = 'default'): InterfaceRecord {
  const canonical = tagSet(tags.map((tag) => JSON.stringify(tag) as Tag))
  return { ...interfaceRecord(index, network, canonical, datapathName(1)), name }
}

const meta = (name: string) => ({ name, number: 1, createTime: 0, updateTime: 0, updatedBy: 'test', owner: '' })

/** Deny for ingress and allow for egress, as the API's default. */
export function vnp(name: string, fields: Partial<Vnp> = {}): Vnp {
  return {
    ...meta(name),
    kind: 'vnp',
    selector: EVERYTHING,
    priority: 0,
    resolution: 'highest-priority',
    ingressDefault: 'deny',
    egressDefault: 'allow',
    ...fields,
  }
}

export function policy(name: string, vnpName: string, rules: Rule[], fields: Partial<Policy> = {}): Policy {
  return { ...meta(name), kind: 'policy', vnp: vnpName, appliesTo: EVERYTHING, priority: 0, rules, ...fields }
}

export function rule(direction: Direction, peer: Peer, action: RuleAction, fields: Partial<Rule> = {}): Rule {
  return { direction, peer, protocols: [], ports: [], action, log: action === 'log', ...fields }
}

export function switchRecord(name: string, datapathId: string, uplinks: string[] = []): SwitchRecord {
  return { ...meta(name), kind: 'switch', datapathId, uplinks, links: [] }
}

/** A network with these subnets, each with its first address as gateway where there is a router. */
export function network(name: string, router: string | undefined, ...cidrs: string[]): NetworkRecord {
  const subnets = cidrs.map((cidr) => (router === undefined ? { cidr } : { cidr, gateway: firstOf(cidr) }))
  return { ...meta(name), kind: 'network', ...(router === undefined ? {} : { router }), subnets }
}

function firstOf(cidr: string): string {
  const prefix = parsePrefix(cidr)!
  return formatAddress({ ...prefix, value: prefix.value + 1n })
}

/** The intent of these records on two switches; record numbers of policies and VNPs follow their position. */
export function intentWith(records: AnyRecord[]): Intent {
  const numbered = records.map((record, index) => ({ ...record, number: index + 1 }))
  return intentOf({ records: numbered, datapathIds: [datapathName(1), datapathName(2)] })
}
