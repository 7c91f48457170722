/**
 * What must hold between records after a batch: addresses, MACs, ports and datapaths have one holder; what a policy
 * names exists; nothing in use is deleted; limits. Each check looks at the whole batch, so that two records may swap
 * their addresses and a policy may come with its partition. Called by propose.ts.
 */
import { formatMac } from '../../model/address.ts'
import { type Failure, fail, invalid, type Result } from '../../model/errors.ts'
import {
  type InterfaceRecord,
  ifaceIdOf,
  type Policy,
  RECORD_KINDS,
  type RecordKind,
  type SwitchRecord,
} from '../../model/records.ts'
import type { Changes } from './changes.ts'
import { brokenNetwork } from './constraints-network.ts'
import { addressKey, type Intent, namedPortKey, portKey } from './intent.ts'
import { Multimap } from './multimap.ts'
import { MAX_RULES } from './order.ts'
import { POLICY_BANDS } from './pipeline.ts'

/** Records of each kind, and rules of all policies together, that one controller keeps. */
export const RECORD_LIMITS: Readonly<Record<RecordKind | 'rule', number>> = {
  interface: 1_000_000,
  /** Each default that allows has a priority of its own. */
  vnp: POLICY_BANDS.defaults.last - POLICY_BANDS.defaults.first + 1,
  policy: 20_000,
  switch: 10_000,
  network: 0xffff,
  nap: 20_000,
  profile: 1_000_000,
  stagePolicy: 7,
  rule: MAX_RULES,
}

/** The name of a limit of records: among others, in events and metrics. */
export function recordSpace(kind: RecordKind | 'rule'): string {
  return kind === 'rule' ? 'rules' : `${kind}-records`
}

export type Failed = Extract<Result<never>, { ok: false }>

/** The first constraint that a batch would break; undefined where it breaks none. */
export function brokenConstraint(changes: Changes, limits = RECORD_LIMITS): Failure | undefined {
  return (
    overLimit(changes, limits) ??
    duplicateClaim(changes) ??
    brokenReference(changes) ??
    uplinkTaken(changes) ??
    brokenNetwork(changes)
  )?.failure
}

function overLimit(changes: Changes, limits: typeof RECORD_LIMITS): Failed | undefined {
  const growth: Record<RecordKind | 'rule', number> = {
    ...{ interface: 0, vnp: 0, policy: 0, switch: 0, network: 0, nap: 0, profile: 0, stagePolicy: 0, rule: 0 },
  }
  for (const { kind, before, after } of changes.all()) {
    growth[kind] += Number(after !== undefined) - Number(before !== undefined)
    if (kind === 'policy') {
      growth.rule +=
        ((after as Policy | undefined)?.rules.length ?? 0) - ((before as Policy | undefined)?.rules.length ?? 0)
    }
  }
  for (const kind of [...RECORD_KINDS, 'rule'] as const) {
    const count = growth[kind] + (kind === 'rule' ? changes.intent.ruleCount : changes.intent.all(kind).size)
    if (growth[kind] > 0 && count > limits[kind]) {
      return fail('TOO_MANY', {
        what: kind === 'rule' ? 'rules' : `${kind} records`,
        space: recordSpace(kind),
        count,
        limit: limits[kind],
      })
    }
  }
  return undefined
}

/** Something that only one interface may hold. */
interface Claim {
  key: string
  /** Interfaces that hold it before the batch. */
  holders(intent: Intent): Iterable<string>
  failure(holder: string): Failed
}

function claimsOf(record: InterfaceRecord): Claim[] {
  const { network, addresses, mac, attachment } = record
  const claims: Claim[] = addresses.map((address) => ({
    key: `address ${addressKey(network, address)}`,
    holders: (intent) => intent.interfacesByAddress.all(addressKey(network, address)),
    failure: (name) => fail('DUPLICATE_ADDRESS', { address, network, name }),
  }))
  claims.push({
    key: `mac ${mac}`,
    holders: (intent) => intent.interfacesByMac.all(mac),
    failure: (name) => fail('DUPLICATE_MAC', { mac: formatMac(mac), name }),
  })
  if (attachment.kind === 'port') {
    const { datapathId, port } = attachment
    claims.push({
      key: `port ${portKey(datapathId, port)}`,
      holders: (intent) => intent.interfacesByPort.all(portKey(datapathId, port)),
      failure: (name) => fail('DUPLICATE_ATTACHMENT', { port: `${datapathId}:${port}`, name }),
    })
  }
  if (attachment.kind === 'ifaceId') {
    const ifaceId = ifaceIdOf(record)
    claims.push({
      key: `iface-id ${ifaceId}`,
      holders: (intent) => intent.interfacesByIfaceId.all(ifaceId),
      failure: (name) => fail('DUPLICATE_ATTACHMENT', { port: `iface-id ${ifaceId}`, name }),
    })
  }
  return claims
}

function duplicateClaim(changes: Changes): Failed | undefined {
  const claimed = new Map<string, string>()
  const named = new Map<string, string>()
  for (const record of changes.written('interface')) {
    for (const claim of claimsOf(record)) {
      const other = claimed.get(claim.key)
      if (other !== undefined) return claim.failure(other)
      claimed.set(claim.key, record.name)
      for (const holder of claim.holders(changes.intent)) {
        if (!changes.has('interface', holder)) return claim.failure(holder)
      }
    }
    const clash = sameNamedPort(changes, record, named)
    if (clash !== undefined) return clash
  }
  const datapaths = new Map<string, string>()
  for (const { datapathId, name } of switchesAfter(changes)) {
    const other = datapaths.get(datapathId)
    if (other !== undefined) return fail('DUPLICATE_DATAPATH', { datapathId, name: other })
    datapaths.set(datapathId, name)
  }
  return undefined
}

/** Attachments by one port name clash where they name the same switch, or where one of them names none. */
function sameNamedPort(changes: Changes, record: InterfaceRecord, named: Map<string, string>): Failed | undefined {
  const { attachment, name } = record
  if (attachment.kind !== 'portName') return undefined
  const { portName, datapathId } = attachment
  const { intent } = changes
  const clash = (other: string): Failed =>
    fail('DUPLICATE_ATTACHMENT', {
      port: datapathId === undefined ? portName : `${datapathId}:${portName}`,
      name: other,
    })
  const own = namedPortKey(portName, datapathId)
  const anywhere = namedPortKey(portName, undefined)
  const some = `some ${portName}`
  const earlier = datapathId === undefined ? named.get(some) : (named.get(own) ?? named.get(anywhere))
  if (earlier !== undefined) return clash(earlier)
  named.set(own, name)
  named.set(some, name)
  const holders =
    datapathId === undefined
      ? [intent.interfacesByPortName.all(portName)]
      : [intent.interfacesByNamedPort.all(own), intent.interfacesByNamedPort.all(anywhere)]
  for (const set of holders) for (const other of set) if (!changes.has('interface', other)) return clash(other)
  return undefined
}

function* switchesAfter(changes: Changes): IterableIterator<SwitchRecord> {
  if (changes.of('switch').next().done === true) return
  for (const record of changes.intent.switches.values()) if (!changes.has('switch', record.name)) yield record
  yield* changes.written('switch')
}

function brokenReference(changes: Changes): Failed | undefined {
  for (const policy of changes.written('policy')) {
    for (const [field, vnp] of partitionsNamed(policy)) {
      if (changes.get('vnp', vnp) !== undefined) continue
      const failed = fail('NOT_FOUND', { kind: 'vnp', name: vnp, field, user: policy.name })
      failed.failure.violations = [{ field, description: `there is no vnp named ${vnp}` }]
      return failed
    }
  }
  for (const policy of changes.written('policy')) {
    for (const [field, name] of interfacesNamed(policy)) {
      if (changes.get('interface', name) !== undefined) continue
      const failed = fail('NOT_FOUND', { kind: 'interface', name, field, user: policy.name })
      failed.failure.violations = [{ field, description: `there is no interface named ${name}` }]
      return failed
    }
  }
  for (const { name, after } of changes.of('interface')) {
    if (after !== undefined) continue
    for (const user of [...changes.intent.steerings.policiesOf(name)].sort()) {
      if (!changes.has('policy', user)) return fail('IN_USE', { kind: 'interface', name, user: `policy ${user}` })
    }
  }
  for (const { name, after } of changes.of('vnp')) {
    if (after !== undefined) continue
    const { policiesByVnp, policiesByPeerVnp } = changes.intent
    for (const user of [...policiesByVnp.all(name), ...policiesByPeerVnp.all(name)].sort()) {
      if (!changes.has('policy', user)) return fail('IN_USE', { kind: 'vnp', name, user: `policy ${user}` })
    }
  }
  return undefined
}

function* partitionsNamed(policy: Policy): IterableIterator<[field: string, vnp: string]> {
  yield ['vnp', policy.vnp]
  for (const [index, { peer }] of policy.rules.entries()) {
    if (peer.kind === 'vnp') yield [`rules[${index}].peer.vnp`, peer.vnp]
  }
}

/** Collectors and services. */
function* interfacesNamed({ rules }: Policy): IterableIterator<[field: string, name: string]> {
  for (const [index, { mirror, redirect = [] }] of rules.entries()) {
    if (mirror !== undefined) yield [`rules[${index}].mirror.to`, mirror]
    for (const [at, name] of redirect.entries()) yield [`rules[${index}].redirect.via[${at}]`, name]
  }
}

/** A port that leads to the existing network is trusted, so it can never be an interface's. */
function uplinkTaken(changes: Changes): Failed | undefined {
  const rewritten = new Multimap<string>()
  for (const { name, before, after } of changes.of('switch'))
    if (before !== undefined) for (const uplink of after?.uplinks ?? []) rewritten.add(uplink, name)
  for (const { name, attachment } of changes.written('interface')) {
    if (attachment.kind !== 'portName') continue
    const named = [changes.intent.switchesByUplink, rewritten].flatMap((index) => [...index.all(attachment.portName)])
    for (const its of new Set(named)) {
      const record = changes.get('switch', its)
      if (record === undefined || !isUplink(record, attachment.portName, attachment.datapathId)) continue
      const description = `port ${attachment.portName} is an uplink of switch ${record.name}`
      return {
        ...invalid([{ field: 'attachment.port_name.port_name', description: `${description} (interface ${name})` }]),
      }
    }
  }
  for (const record of changes.written('switch')) {
    for (const [index, uplink] of record.uplinks.entries()) {
      for (const name of interfacesOnPort(changes, uplink)) {
        const attachment = changes.get('interface', name)?.attachment
        if (attachment?.kind !== 'portName' || !isUplink(record, attachment.portName, attachment.datapathId)) continue
        return invalid([
          { field: `uplinks[${index}]`, description: `port ${uplink} is the attachment of interface ${name}` },
        ])
      }
    }
  }
  return undefined
}

function isUplink(record: SwitchRecord, portName: string, datapathId: string | undefined): boolean {
  return (datapathId === undefined || datapathId === record.datapathId) && record.uplinks.includes(portName)
}

function interfacesOnPort(changes: Changes, portName: string): string[] {
  const written = [...changes.written('interface')].map(({ name }) => name)
  return [...changes.intent.interfacesByPortName.all(portName), ...written]
}
