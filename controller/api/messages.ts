/**
 * Records as messages of the protocol. The other direction is model/validate.ts, which reads messages from untrusted
 * callers; that a record survives the round trip is a property test.
 */
import { quietMs, type Track } from '../../ipam/silence.ts'
import { formatMac } from '../../model/address.ts'
import { icmpTexts } from '../../model/icmp.ts'
import type {
  AnyRecord,
  InterfaceRecord,
  Lease as LeaseRecord,
  LinkCarrier,
  Nap as NapRecord,
  NetworkRecord,
  Policy as PolicyRecord,
  PortRange,
  Profile as ProfileRecord,
  RecordMeta,
  Rule as RuleRecord,
  Selector as SelectorRecord,
  StageMove as StageMoveRecord,
  StagePolicy as StagePolicyRecord,
  StageState,
  SwitchRecord,
  TunnelKind,
  Vnp as VnpRecord,
} from '../../model/records.ts'
import { tierOf } from '../../model/records.ts'
import { writtenTags } from '../../model/stage.ts'
import { type Tag, tagKind } from '../../model/tag.ts'
import type { Timestamp } from '../../proto/gen/google/protobuf/Timestamp.ts'
import type { Interface } from '../../proto/gen/tagsteer/v1/Interface.ts'
import type { InterfaceStage } from '../../proto/gen/tagsteer/v1/InterfaceStage.ts'
import type { Lease } from '../../proto/gen/tagsteer/v1/Lease.ts'
import type { Meta } from '../../proto/gen/tagsteer/v1/Meta.ts'
import type { Nap } from '../../proto/gen/tagsteer/v1/Nap.ts'
import type { Network } from '../../proto/gen/tagsteer/v1/Network.ts'
import type { Policy } from '../../proto/gen/tagsteer/v1/Policy.ts'
import type { Profile } from '../../proto/gen/tagsteer/v1/Profile.ts'
import type { Reclaimed } from '../../proto/gen/tagsteer/v1/Reclaimed.ts'
import type { Record as RecordMessage } from '../../proto/gen/tagsteer/v1/Record.ts'
import type { Rule } from '../../proto/gen/tagsteer/v1/Rule.ts'
import type { Selector } from '../../proto/gen/tagsteer/v1/Selector.ts'
import type { SourcedTag } from '../../proto/gen/tagsteer/v1/SourcedTag.ts'
import type { StageMove } from '../../proto/gen/tagsteer/v1/StageMove.ts'
import type { StagePolicy } from '../../proto/gen/tagsteer/v1/StagePolicy.ts'
import type { Switch } from '../../proto/gen/tagsteer/v1/Switch.ts'
import type { Tag as TagMessage } from '../../proto/gen/tagsteer/v1/Tag.ts'
import type { Tunnel } from '../../proto/gen/tagsteer/v1/Tunnel.ts'
import type { Vnp } from '../../proto/gen/tagsteer/v1/Vnp.ts'
import type { Evidence } from '../lifecycle/reclaim.ts'
import type { SourcedTag as SourcedTagRecord } from '../policy/effective-tags.ts'

export function timestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000)
  return { seconds: String(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) }
}

export function tagMessage(tag: Tag): TagMessage {
  const kind = tagKind(tag)
  if (kind === 'string') return { text: JSON.parse(tag) as string }
  return kind === 'integer' ? { number: tag } : { json: tag }
}

function selectorMessage({ allOf, anyOf, noneOf }: SelectorRecord): Selector {
  return { allOf: allOf.map(tagMessage), anyOf: anyOf.map(tagMessage), noneOf: noneOf.map(tagMessage) }
}

/** `ordered-merge` → `RESOLUTION_ORDERED_MERGE`. */
const word = (prefix: string, value: string): string => `${prefix}_${value.toUpperCase().replaceAll('-', '_')}`

/** @param generation Revision that wrote the record; it is the etag too. */
function metaMessage(record: RecordMeta, generation: number): Meta {
  return {
    number: record.number,
    createTime: timestamp(record.createTime),
    updateTime: timestamp(record.updateTime),
    updatedBy: record.updatedBy,
    generation: String(generation),
  }
}

const common = (record: RecordMeta, generation: number) => ({
  name: record.name,
  owner: record.owner,
  etag: String(generation),
  meta: metaMessage(record, generation),
})

export function interfaceMessage(record: InterfaceRecord, generation: number): Interface {
  const { attachment } = record
  return {
    ...common(record, generation),
    tags: writtenTags(record.tags).map(tagMessage),
    network: record.network,
    mac: formatMac(record.mac),
    addresses: record.addresses,
    attachment:
      attachment.kind === 'port'
        ? { port: { datapathId: attachment.datapathId, port: attachment.port } }
        : attachment.kind === 'portName'
          ? { portName: { portName: attachment.portName, datapathId: attachment.datapathId ?? '' } }
          : attachment.kind === 'ifaceId'
            ? { ifaceId: { ifaceId: attachment.ifaceId ?? '' } }
            : { mac: {} },
    portSecurity: record.portSecurity,
    profile: record.profile ?? '',
    ...(record.overrides && { overrides: { without: record.overrides.without.map(tagMessage) } }),
    naps: record.naps ?? [],
    stage: record.stage?.stage ?? 'provisioned',
  }
}

export function sourcedTagMessage({ tag, origin, lost }: SourcedTagRecord): SourcedTag {
  return {
    tag: tagMessage(tag),
    origin: word('TAG_ORIGIN', origin.kind) as NonNullable<SourcedTag['origin']>,
    from: origin.kind === 'nap' ? origin.name : '',
    counts: lost === undefined,
    ...(lost === undefined ? {} : { lost: word('TAG_LOSS', lost) as NonNullable<SourcedTag['lost']> }),
  }
}

export function vnpMessage(record: VnpRecord, generation: number): Vnp {
  return {
    ...common(record, generation),
    selector: selectorMessage(record.selector),
    priority: record.priority,
    resolution: word('RESOLUTION', record.resolution) as NonNullable<Vnp['resolution']>,
    ...(record.conflicts === undefined
      ? {}
      : { conflicts: word('CONFLICTS', record.conflicts) as NonNullable<Vnp['conflicts']> }),
    ingressDefault: word('DEFAULT_VERDICT', record.ingressDefault) as NonNullable<Vnp['ingressDefault']>,
    egressDefault: word('DEFAULT_VERDICT', record.egressDefault) as NonNullable<Vnp['egressDefault']>,
  }
}

const PROTOCOL: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

/** ICMP of both families goes back into the one word that stands for both. */
function protocolWords(protocols: readonly number[]): string[] {
  const both = protocols.includes(1) && protocols.includes(58)
  const words = protocols
    .filter((number) => !(both && (number === 1 || number === 58)))
    .map((number) => PROTOCOL[number] ?? String(number))
  return both ? ['icmp', ...words] : words
}

const portsText = ({ first, last }: PortRange): string => (first === last ? String(first) : `${first}-${last}`)

export function ruleMessage(rule: RuleRecord): Rule {
  const { peer } = rule
  const message: Rule = {
    direction: word('DIRECTION', rule.direction) as NonNullable<Rule['direction']>,
    peer:
      peer.kind === 'tags'
        ? { tags: selectorMessage(peer.selector) }
        : peer.kind === 'vnp'
          ? { vnp: peer.vnp }
          : peer.kind === 'cidr'
            ? { cidr: peer.cidr }
            : { any: {} },
    protocols: protocolWords(rule.protocols),
    ports: rule.ports.map(portsText),
    action: word('ACTION', rule.action) as NonNullable<Rule['action']>,
    log: rule.log,
    established: word('ESTABLISHED', rule.established ?? 're-evaluate') as NonNullable<Rule['established']>,
  }
  if (rule.rateKbps !== undefined)
    message.rateLimit = { kilobitsPerSecond: rule.rateKbps, burstKilobits: rule.burstKb ?? 0 }
  if (rule.icmp !== undefined) message.icmp = icmpTexts(rule.icmp, rule.protocols)
  if (rule.mirror !== undefined) message.mirror = { to: rule.mirror }
  if (rule.redirect !== undefined) message.redirect = { via: rule.redirect }
  if (rule.priority !== undefined) message.priority = rule.priority
  return message
}

export const tierMessage = (policy: PolicyRecord): NonNullable<Policy['tier']> =>
  word('TIER', tierOf(policy)) as NonNullable<Policy['tier']>

export function policyMessage(record: PolicyRecord, generation: number): Policy {
  return {
    ...common(record, generation),
    vnp: record.vnp,
    tier: tierMessage(record),
    appliesTo: selectorMessage(record.appliesTo),
    priority: record.priority,
    rules: record.rules.map(ruleMessage),
  }
}

export function switchMessage(record: SwitchRecord, generation: number): Switch {
  const { datapathId, uplinks, links, reactive, tunnel, carriers = [], underlay, mtu } = record
  return {
    ...common(record, generation),
    ...{ datapathId, uplinks, links },
    mode: reactive === undefined ? 'SWITCH_MODE_PROACTIVE' : 'SWITCH_MODE_REACTIVE',
    ...reactive,
    ...(tunnel && { tunnel: { kind: tunnelKind(tunnel.kind), address: tunnel.address } }),
    carriers: carriers.map(carrierMessage),
    ...(underlay && {
      underlay: {
        kind: underlay.kind === 'select' ? 'UNDERLAY_KIND_SELECT' : 'UNDERLAY_KIND_FAILOVER',
        uplinks: underlay.uplinks,
      },
    }),
    ...(mtu !== undefined && { mtu }),
  }
}

export function networkMessage(record: NetworkRecord, generation: number): Network {
  return {
    ...common(record, generation),
    router: record.router ?? '',
    subnets: record.subnets.map(({ cidr, gateway }) => ({ cidr, gateway: gateway ?? '' })),
    ...(record.dhcp && { dhcp: { ...record.dhcp, mtu: record.dhcp.mtu ?? 0 } }),
  }
}

export function napMessage(record: NapRecord, generation: number): Nap {
  const { network, ranges, exclusions, applicationType, securityLevel, region, weights } = record
  const { leaseSeconds, coolSeconds, watermarks, draining } = record
  return {
    ...common(record, generation),
    ...{ network, ranges, exclusions, applicationType, securityLevel, region },
    expectedVolume: String(record.expectedVolume),
    maxVolume: String(record.maxVolume),
    ...(weights && { weights }),
    tags: record.tags.map(tagMessage),
    ...{ leaseSeconds, coolSeconds, watermarks, draining: draining === true },
  }
}

export function profileMessage(record: ProfileRecord, generation: number): Profile {
  const { applicationType, currentVolume, requiredSecurityLevel, strictSecurity, region } = record
  return {
    ...common(record, generation),
    ...{ applicationType, currentVolume: String(currentVolume), requiredSecurityLevel, region },
    strictSecurity: strictSecurity === true,
  }
}

const stageMove = ({ stage, cause, since, note }: StageMoveRecord): StageMove => ({
  stage: word('STAGE', stage) as NonNullable<StageMove['stage']>,
  cause: word('STAGE_CAUSE', cause) as NonNullable<StageMove['cause']>,
  since: timestamp(since),
  note,
})

/** @param revision The store revision that wrote the interface's record last. */
export function stageMessage(name: string, state: StageState, revision: number, track?: Track): InterfaceStage {
  return {
    interface: name,
    ...stageMove(state),
    generation: String(state.generation),
    earlier: state.earlier.map(stageMove),
    revision: String(revision),
    ...(track && { quietSeconds: String(Math.floor(quietMs(track) / 1000)) }),
    ...(track?.trafficAt === undefined ? {} : { trafficTime: timestamp(track.trafficAt) }),
  }
}

export function reclaimedMessage(evidence: Evidence): Reclaimed {
  const { addresses, refused, since, retentionSeconds, quietMs: quiet, datapathId = '', readAt, unanswered } = evidence
  return {
    ...{ interface: evidence.interface, addresses, refused, datapathId, unanswered },
    revocableSince: timestamp(since),
    retentionSeconds: String(retentionSeconds),
    ...(quiet === undefined ? {} : { quietSeconds: String(Math.floor(quiet / 1000)) }),
    ...(readAt === undefined ? {} : { readTime: timestamp(readAt) }),
  }
}

export function stagePolicyMessage(record: StagePolicyRecord, generation: number): StagePolicy {
  const { rateKbps, burstKb = 0, applications, restrictions, silence, retentionSeconds = 0, escalations } = record
  return {
    ...common(record, generation),
    ...(rateKbps === undefined ? {} : { rateLimit: { kilobitsPerSecond: rateKbps, burstKilobits: burstKb } }),
    applications: applications.map(({ protocols, ports }) => ({
      protocols: protocolWords(protocols),
      ports: ports.map(portsText),
    })),
    restrictions: restrictions.map((each) => word('RESTRICTION', each) as 'RESTRICTION_NO_WORLD'),
    ...(silence && { silence: { seconds: silence.seconds, to: word('STAGE', silence.to) as 'STAGE_IDLE' } }),
    retentionSeconds,
    escalations: escalations.map(({ trigger, above, seconds, restrict }) => ({
      trigger: word('TRIGGER', trigger) as 'TRIGGER_BANDWIDTH',
      above: String(above),
      ...{ seconds, restrict },
    })),
  }
}

/** @param revision The store revision that wrote it last. */
export function leaseMessage(lease: LeaseRecord, revision: number): Lease {
  const { network, address, nap, interface: name, client, expires, coolUntil } = lease
  return {
    ...{ network, address, nap, interface: name, client },
    state: word('LEASE_STATE', lease.state) as NonNullable<Lease['state']>,
    generation: String(lease.generation),
    since: timestamp(lease.since),
    ...(expires === undefined ? {} : { expires: timestamp(expires) }),
    ...(coolUntil === undefined ? {} : { coolUntil: timestamp(coolUntil) }),
    revision: String(revision),
  }
}

export function tunnelKind(kind: TunnelKind): NonNullable<Tunnel['kind']> {
  return kind === 'geneve' ? 'TUNNEL_KIND_GENEVE' : 'TUNNEL_KIND_VXLAN'
}

function carrierMessage(carrier: LinkCarrier): 'LINK_CARRIER_MPLS' | 'LINK_CARRIER_VLAN' {
  return carrier === 'mpls' ? 'LINK_CARRIER_MPLS' : 'LINK_CARRIER_VLAN'
}

/** Any record in the message that can hold each kind. */
export function recordMessage(record: AnyRecord, generation: number): RecordMessage {
  switch (record.kind) {
    case 'interface':
      return { interface: interfaceMessage(record, generation) }
    case 'vnp':
      return { vnp: vnpMessage(record, generation) }
    case 'policy':
      return { policy: policyMessage(record, generation) }
    case 'switch':
      return { switch: switchMessage(record, generation) }
    case 'network':
      return { network: networkMessage(record, generation) }
    case 'nap':
      return { nap: napMessage(record, generation) }
    case 'profile':
      return { profile: profileMessage(record, generation) }
    case 'stagePolicy':
      return { stagePolicy: stagePolicyMessage(record, generation) }
  }
}

/** The record's own fields as a message, without what the controller adds: the base that an update mask changes. */
export function ownFields(record: AnyRecord): Record<string, unknown> {
  const message = recordMessage(record, 0)[record.kind] as Record<string, unknown>
  const { meta: _meta, etag: _etag, ...own } = message
  return own
}
