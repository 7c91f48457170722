/**
 * Manifests and protocol messages are two spellings of the same records; this file turns each into the other. What
 * `get -o yaml` prints is what `apply -f` reads. Shape only: a value that the controller would refuse passes through.
 */

import {
  type Tag as CanonicalTag,
  integerTag,
  type Json,
  parseTagText,
  tagKind,
  tagText,
  valueTag,
} from '../model/tag.ts'
import type { Interface, Interface__Output } from '../proto/gen/tagsteer/v1/Interface.ts'
import type { Network, Network__Output } from '../proto/gen/tagsteer/v1/Network.ts'
import type { Policy, Policy__Output } from '../proto/gen/tagsteer/v1/Policy.ts'
import type { Rule, Rule__Output } from '../proto/gen/tagsteer/v1/Rule.ts'
import type { Selector, Selector__Output } from '../proto/gen/tagsteer/v1/Selector.ts'
import type { SourcedTag__Output } from '../proto/gen/tagsteer/v1/SourcedTag.ts'
import type { Switch, Switch__Output } from '../proto/gen/tagsteer/v1/Switch.ts'
import type { Tag, Tag__Output } from '../proto/gen/tagsteer/v1/Tag.ts'
import type { Vnp, Vnp__Output } from '../proto/gen/tagsteer/v1/Vnp.ts'
import { type DhcpManifest, dhcpManifest, dhcpMessage } from './convert-dhcp.ts'
import { CliError } from './failure.ts'
import type { NapManifest, ProfileManifest, StagePolicyManifest } from './manifest-kinds.ts'

type ManifestSelector = { allOf?: Json[]; anyOf?: Json[]; noneOf?: Json[] }

export interface InterfaceManifest {
  kind: 'Interface'
  name: string
  tags?: Json[]
  network?: string
  mac: string
  addresses?: string[]
  attachment?: { datapathId?: string; port?: number; portName?: string; ifaceId?: string }
  portSecurity?: boolean
  profile?: string
  overrides?: { without?: Json[] }
}

export interface VnpManifest {
  kind: 'Vnp'
  name: string
  selector: ManifestSelector
  priority?: number
  resolution?: string
  conflicts?: string
  ingressDefault?: string
  egressDefault?: string
}

export interface RuleManifest {
  direction: string
  peer?: { any?: object; tags?: ManifestSelector; vnp?: string; cidr?: string }
  protocols?: (string | number)[]
  ports?: (string | number)[]
  icmp?: (string | number)[]
  action: string
  log?: boolean
  established?: string
  mirror?: { to: string }
  redirect?: { via: string[] }
  rateKbps?: number
  burstKb?: number
  priority?: number
}

export interface PolicyManifest {
  kind: 'Policy'
  name: string
  vnp: string
  tier?: string
  appliesTo?: ManifestSelector
  priority?: number
  rules: RuleManifest[]
}

export interface SwitchManifest {
  kind: 'Switch'
  name: string
  datapathId: string
  uplinks?: string[]
  links?: string[]
  mode?: string
  verdicts?: number
  idleSeconds?: number
  tunnel?: { kind?: string; address: string }
  carriers?: string[]
  underlay?: { kind?: string; uplinks: string[] }
  mtu?: number
}

export interface NetworkManifest {
  kind: 'Network'
  name: string
  router?: string
  subnets?: { cidr: string; gateway?: string }[]
  dhcp?: DhcpManifest
}

export type Manifest =
  | InterfaceManifest
  | VnpManifest
  | PolicyManifest
  | SwitchManifest
  | NetworkManifest
  | NapManifest
  | ProfileManifest
  | StagePolicyManifest

/** A tag as typed on a command line. */
export function tagFromText(text: string): Tag {
  const result = parseTagText(text)
  if (!result.ok) throw new CliError(`tag ${text}: ${result.reason}`)
  return tagMessage(result.tag)
}

function tagMessage(tag: CanonicalTag): Tag {
  const kind = tagKind(tag)
  if (kind === 'string') return { text: JSON.parse(tag) as string }
  return kind === 'integer' ? { number: tag } : { json: tag }
}

/** The first integer inside a structured value that YAML holds exactly and JSON does not. */
function inexactInside(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value !== 'object' || value === null) return undefined
  for (const member of Object.values(value)) {
    const found = inexactInside(member)
    if (found !== undefined) return found
  }
  return undefined
}

export function tagFromJson(value: Json | bigint): Tag {
  const inexact = typeof value === 'bigint' ? undefined : inexactInside(value)
  if (inexact !== undefined)
    throw new CliError(`a structured tag holds ${inexact}, which is not exact in JSON; write it as a string`)
  const result = typeof value === 'bigint' ? integerTag(value) : valueTag(value)
  if (!result.ok)
    throw new CliError(`tag ${typeof value === 'bigint' ? value : JSON.stringify(value)}: ${result.reason}`)
  return tagMessage(result.tag)
}

export function tagToJson(tag: Tag__Output): Json {
  if (tag.value === 'text') return tag.text ?? ''
  if (tag.value === 'json') return JSON.parse(tag.json ?? 'null') as Json
  const integer = BigInt(tag.number ?? 0)
  // YAML writes a big integer digit for digit, and the manifest reader reads it back as one.
  return (Number.isSafeInteger(Number(integer)) ? Number(integer) : integer) as Json
}

/** How a tag of a message is shown in a table. */
export function shownTag(tag: Tag__Output): string {
  if (tag.value === 'number') return String(tag.number)
  return tagText((tag.value === 'json' ? (tag.json ?? '') : JSON.stringify(tag.text ?? '')) as CanonicalTag)
}

const LOST = {
  TAG_LOSS_UNSPECIFIED: '',
  TAG_LOSS_OVERRIDES: 'overrides',
  TAG_LOSS_KEY: 'another tag with this key',
} as const

/** `web (nap web-pool)`; of one that does not count, why as well. */
export function shownSource({ tag, origin, from, lost }: SourcedTag__Output): string {
  const source = `${origin.slice('TAG_ORIGIN_'.length).toLowerCase()} ${from}`.trim()
  const why = LOST[lost]
  return `${tag === null ? '' : shownTag(tag)} (${source}${why === '' ? '' : `, left out by ${why}`})`
}

/** `{app=web, env=prod}` and the like; empty for a selector that matches all. */
export function shownSelector(selector: Selector__Output | null): string {
  if (selector === null) return ''
  const part = (word: string, tags: Tag__Output[]): string[] =>
    tags.length === 0 ? [] : [`${word}{${tags.map(shownTag).join(',')}}`]
  return [...part('all', selector.allOf), ...part('any', selector.anyOf), ...part('none', selector.noneOf)].join(' ')
}

function selectorMessage(selector: ManifestSelector | undefined): Selector {
  const { allOf = [], anyOf = [], noneOf = [] } = selector ?? {}
  return { allOf: allOf.map(tagFromJson), anyOf: anyOf.map(tagFromJson), noneOf: noneOf.map(tagFromJson) }
}

function selectorManifest(selector: Selector__Output | null): ManifestSelector {
  const result: ManifestSelector = {}
  for (const key of ['allOf', 'anyOf', 'noneOf'] as const) {
    const tags = selector?.[key] ?? []
    if (tags.length > 0) result[key] = tags.map(tagToJson)
  }
  return result
}

const isEmpty = (selector: ManifestSelector): boolean => Object.keys(selector).length === 0

/** `ordered-merge` ↔ `RESOLUTION_ORDERED_MERGE`. */
const enumWord = (prefix: string, word: string): string => `${prefix}_${word.toUpperCase().replaceAll('-', '_')}`
const manifestWord = (prefix: string, word: string): string =>
  word
    .slice(prefix.length + 1)
    .toLowerCase()
    .replaceAll('_', '-')

export function interfaceMessage(manifest: InterfaceManifest): Interface {
  const { attachment } = manifest
  const message: Interface = {
    name: manifest.name,
    tags: (manifest.tags ?? []).map(tagFromJson),
    network: manifest.network ?? 'default',
    mac: manifest.mac,
    addresses: manifest.addresses ?? [],
    portSecurity: manifest.portSecurity ?? true,
    profile: manifest.profile ?? '',
    ...(manifest.overrides && { overrides: { without: (manifest.overrides.without ?? []).map(tagFromJson) } }),
  }
  if (attachment === undefined) message.attachment = { mac: {} }
  else if (attachment.ifaceId !== undefined) message.attachment = { ifaceId: { ifaceId: attachment.ifaceId } }
  else if (attachment.port !== undefined)
    message.attachment = { port: { datapathId: attachment.datapathId ?? '', port: attachment.port } }
  else
    message.attachment = { portName: { portName: attachment.portName ?? '', datapathId: attachment.datapathId ?? '' } }
  return message
}

export function interfaceManifest(message: Interface__Output): InterfaceManifest {
  const manifest: InterfaceManifest = { kind: 'Interface', name: message.name, mac: message.mac }
  if (message.tags.length > 0) manifest.tags = message.tags.map(tagToJson)
  manifest.network = message.network
  if (message.addresses.length > 0) manifest.addresses = message.addresses
  const { attachment } = message
  if (attachment?.kind === 'port' && attachment.port) {
    manifest.attachment = { datapathId: attachment.port.datapathId, port: attachment.port.port }
  } else if (attachment?.kind === 'portName' && attachment.portName) {
    const { portName, datapathId } = attachment.portName
    manifest.attachment = datapathId === '' ? { portName } : { portName, datapathId }
  } else if (attachment?.kind === 'ifaceId' && attachment.ifaceId) {
    manifest.attachment = { ifaceId: attachment.ifaceId.ifaceId }
  }
  if (message.portSecurity === false) manifest.portSecurity = false
  if (message.profile !== '') manifest.profile = message.profile
  if (message.overrides) manifest.overrides = { without: message.overrides.without.map(tagToJson) }
  return manifest
}

export function vnpMessage(manifest: VnpManifest): Vnp {
  return {
    name: manifest.name,
    selector: selectorMessage(manifest.selector),
    priority: manifest.priority ?? 0,
    resolution: enumWord('RESOLUTION', manifest.resolution ?? 'highest-priority') as NonNullable<Vnp['resolution']>,
    conflicts: enumWord('CONFLICTS', manifest.conflicts ?? 'warn') as NonNullable<Vnp['conflicts']>,
    ingressDefault: enumWord('DEFAULT_VERDICT', manifest.ingressDefault ?? 'deny') as NonNullable<
      Vnp['ingressDefault']
    >,
    egressDefault: enumWord('DEFAULT_VERDICT', manifest.egressDefault ?? 'allow') as NonNullable<Vnp['egressDefault']>,
  }
}

export function vnpManifest(message: Vnp__Output): VnpManifest {
  return {
    kind: 'Vnp',
    name: message.name,
    selector: selectorManifest(message.selector),
    priority: message.priority,
    resolution: manifestWord('RESOLUTION', message.resolution),
    ...(message.conflicts === 'CONFLICTS_UNSPECIFIED' || message.conflicts === 'CONFLICTS_WARN'
      ? {}
      : { conflicts: manifestWord('CONFLICTS', message.conflicts) }),
    ingressDefault: manifestWord('DEFAULT_VERDICT', message.ingressDefault),
    egressDefault: manifestWord('DEFAULT_VERDICT', message.egressDefault),
  }
}

function ruleMessage(rule: RuleManifest): Rule {
  const { peer } = rule
  const message: Rule = {
    direction: enumWord('DIRECTION', rule.direction) as NonNullable<Rule['direction']>,
    protocols: (rule.protocols ?? []).map(String),
    ports: (rule.ports ?? []).map(String),
    icmp: (rule.icmp ?? []).map(String),
    action: enumWord('ACTION', rule.action) as NonNullable<Rule['action']>,
    log: rule.log ?? false,
    established: enumWord('ESTABLISHED', rule.established ?? 're-evaluate') as NonNullable<Rule['established']>,
  }
  if (peer?.tags !== undefined) message.peer = { tags: selectorMessage(peer.tags) }
  else if (peer?.vnp !== undefined) message.peer = { vnp: peer.vnp }
  else if (peer?.cidr !== undefined) message.peer = { cidr: peer.cidr }
  else message.peer = { any: {} }
  if (rule.rateKbps !== undefined || rule.burstKb !== undefined) {
    message.rateLimit = { kilobitsPerSecond: rule.rateKbps ?? 0, burstKilobits: rule.burstKb ?? 0 }
  }
  if (rule.mirror !== undefined) message.mirror = { to: rule.mirror.to }
  if (rule.redirect !== undefined) message.redirect = { via: rule.redirect.via }
  if (rule.priority !== undefined) message.priority = rule.priority
  return message
}

function ruleManifest(rule: Rule__Output): RuleManifest {
  const manifest: RuleManifest = {
    direction: manifestWord('DIRECTION', rule.direction),
    action: manifestWord('ACTION', rule.action),
  }
  const { peer } = rule
  if (peer?.kind === 'tags') manifest.peer = { tags: selectorManifest(peer.tags ?? null) }
  else if (peer?.kind === 'vnp') manifest.peer = { vnp: peer.vnp ?? '' }
  else if (peer?.kind === 'cidr') manifest.peer = { cidr: peer.cidr ?? '' }
  if (rule.protocols.length > 0) manifest.protocols = rule.protocols
  if (rule.ports.length > 0) manifest.ports = rule.ports
  if (rule.icmp.length > 0) manifest.icmp = rule.icmp
  if (rule.log && rule.action !== 'ACTION_LOG') manifest.log = true
  if (rule.established === 'ESTABLISHED_KEEP') manifest.established = 'keep'
  if (rule.established === 'ESTABLISHED_CUT') manifest.established = 'cut'
  if (rule.mirror) manifest.mirror = { to: rule.mirror.to }
  if (rule.redirect) manifest.redirect = { via: rule.redirect.via }
  if (rule.rateLimit) {
    manifest.rateKbps = rule.rateLimit.kilobitsPerSecond
    if (rule.rateLimit.burstKilobits > 0) manifest.burstKb = rule.rateLimit.burstKilobits
  }
  if (rule.priority !== undefined && rule._priority !== undefined) manifest.priority = rule.priority
  return manifest
}

export function policyMessage(manifest: PolicyManifest): Policy {
  return {
    name: manifest.name,
    vnp: manifest.vnp,
    tier: enumWord('TIER', manifest.tier ?? 'tenant') as NonNullable<Policy['tier']>,
    appliesTo: selectorMessage(manifest.appliesTo),
    priority: manifest.priority ?? 0,
    rules: manifest.rules.map(ruleMessage),
  }
}

export function policyManifest(message: Policy__Output): PolicyManifest {
  const appliesTo = selectorManifest(message.appliesTo)
  return {
    kind: 'Policy',
    name: message.name,
    vnp: message.vnp,
    ...(message.tier === 'TIER_TENANT' ? {} : { tier: manifestWord('TIER', message.tier) }),
    ...(isEmpty(appliesTo) ? {} : { appliesTo }),
    priority: message.priority,
    rules: message.rules.map(ruleManifest),
  }
}

export function switchMessage(manifest: SwitchManifest): Switch {
  return {
    name: manifest.name,
    datapathId: manifest.datapathId,
    uplinks: manifest.uplinks ?? [],
    links: manifest.links ?? [],
    mode: enumWord('SWITCH_MODE', manifest.mode ?? 'proactive') as NonNullable<Switch['mode']>,
    ...(manifest.verdicts === undefined ? {} : { verdicts: manifest.verdicts }),
    ...(manifest.idleSeconds === undefined ? {} : { idleSeconds: manifest.idleSeconds }),
    ...(manifest.tunnel && { tunnel: tunnelMessage(manifest.tunnel) }),
    carriers: (manifest.carriers ?? []).map((word) => enumWord('LINK_CARRIER', word) as CarrierWord),
    ...(manifest.underlay && { underlay: underlayMessage(manifest.underlay) }),
    ...(manifest.mtu === undefined ? {} : { mtu: manifest.mtu }),
  }
}

type CarrierWord = NonNullable<Switch['carriers']>[number]

function tunnelMessage({
  kind = 'geneve',
  address,
}: NonNullable<SwitchManifest['tunnel']>): NonNullable<Switch['tunnel']> {
  return { kind: enumWord('TUNNEL_KIND', kind) as NonNullable<NonNullable<Switch['tunnel']>['kind']>, address }
}

function underlayMessage({
  kind = 'select',
  uplinks,
}: NonNullable<SwitchManifest['underlay']>): NonNullable<Switch['underlay']> {
  return { kind: enumWord('UNDERLAY_KIND', kind) as NonNullable<NonNullable<Switch['underlay']>['kind']>, uplinks }
}

export function switchManifest(message: Switch__Output): SwitchManifest {
  const manifest: SwitchManifest = { kind: 'Switch', name: message.name, datapathId: message.datapathId }
  if (message.uplinks.length > 0) manifest.uplinks = message.uplinks
  if (message.links.length > 0) manifest.links = message.links
  if (message.tunnel) {
    const { kind, address } = message.tunnel
    manifest.tunnel = { kind: manifestWord('TUNNEL_KIND', kind), address }
  }
  if (message.carriers.length > 0)
    manifest.carriers = message.carriers.map((word) => manifestWord('LINK_CARRIER', word))
  if (message.underlay) {
    const { kind, uplinks } = message.underlay
    manifest.underlay = { kind: manifestWord('UNDERLAY_KIND', kind), uplinks }
  }
  if (message.mtu !== 0) manifest.mtu = message.mtu
  if (message.mode !== 'SWITCH_MODE_REACTIVE') return manifest
  return { ...manifest, mode: 'reactive', verdicts: message.verdicts, idleSeconds: message.idleSeconds }
}

export function networkMessage(manifest: NetworkManifest): Network {
  const subnets = (manifest.subnets ?? []).map(({ cidr, gateway = '' }) => ({ cidr, gateway }))
  const dhcp = manifest.dhcp === undefined ? undefined : dhcpMessage(manifest.dhcp)
  return { name: manifest.name, router: manifest.router ?? '', subnets, ...(dhcp && { dhcp }) }
}

export function networkManifest(message: Network__Output): NetworkManifest {
  const subnets = message.subnets.map(({ cidr, gateway }) => (gateway === '' ? { cidr } : { cidr, gateway }))
  return {
    kind: 'Network',
    name: message.name,
    ...(message.router === '' ? {} : { router: message.router }),
    ...(subnets.length === 0 ? {} : { subnets }),
    ...(message.dhcp && { dhcp: dhcpManifest(message.dhcp) }),
  }
}
