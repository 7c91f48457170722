/**
 * From untrusted input to records: each validator takes a message of the northbound protocol as JavaScript sees it
 * (camelCase members, everything optional) and returns the record's own fields in canonical form, or every field
 * violation at once with paths in wire spelling (`rules[1].ports[0]`). It refuses to know other records: uniqueness,
 * references and numbers are controller/policy/propose.ts. Called by the API and by `tagsteer validate`.
 */
import {
  CARRIED_MAC,
  formatAddress,
  GATEWAY_MAC,
  isGroupMac,
  parseAddress,
  parseMac,
  unusableAddress,
} from './address.ts'
import { Check, type Fields } from './check.ts'
import { invalid, ok, type Result } from './errors.ts'
import {
  type Attachment,
  type InterfaceRecord,
  MTU_LIMITS,
  type Nap,
  type NetworkRecord,
  type Policy,
  type Profile,
  type RecordKind,
  type RecordMeta,
  type Selector,
  type StagePolicy,
  type SwitchRecord,
  TIERS,
  type Vnp,
} from './records.ts'
import { isStageTag } from './stage.ts'
import type { Tag } from './tag.ts'
import { readDhcp } from './validate-dhcp.ts'
import { readNap, readProfile } from './validate-nap.ts'
import { readSubnets } from './validate-network.ts'
import { readRules } from './validate-rule.ts'
import { readStagePolicy } from './validate-stage.ts'

/** What a writer says of a record; propose.ts adds the rest. */
export type Draft<R extends RecordMeta> = Omit<R, 'number' | 'createTime' | 'updateTime' | 'updatedBy'>
export type InterfaceDraft = Draft<InterfaceRecord>
export type VnpDraft = Draft<Vnp>
export type PolicyDraft = Draft<Policy>
export type SwitchDraft = Draft<SwitchRecord>
export type NetworkDraft = Draft<NetworkRecord>
export type NapDraft = Draft<Nap>
export type ProfileDraft = Draft<Profile>
export type StagePolicyDraft = Draft<StagePolicy>
export type AnyDraft =
  | InterfaceDraft
  | VnpDraft
  | PolicyDraft
  | SwitchDraft
  | NetworkDraft
  | NapDraft
  | ProfileDraft
  | StagePolicyDraft

const TUNNEL_KINDS = ['geneve', 'vxlan'] as const
const LINK_CARRIERS = ['mpls', 'vlan'] as const
const UNDERLAY_KINDS = ['select', 'failover'] as const
const MODES = ['proactive', 'reactive'] as const

export const LIMITS = {
  ...{ addresses: 64, uplinks: 64, links: 256, underlayUplinks: 8 },
  /** Of a reactive switch: verdicts that it may keep, and seconds for which it keeps one that is not used. */
  verdicts: { least: 16, most: 65_536, absent: 1024 },
  idleSeconds: { least: 1, most: 3600, absent: 60 },
} as const
/** The highest number a physical or virtual port can have (OFPP_MAX, OpenFlow 1.3.5 section 7.2.1). */
export const LAST_PORT = 0xffffff00
/** Octets of a port's name without its ending zero (OFP_MAX_PORT_NAME_LEN is 16). */
export const PORT_NAME_LENGTH = 15
/** Octets of an interface id; clouds use UUIDs. */
export const IFACE_ID_LENGTH = 255
export const DEFAULT_NETWORK = 'default'

const DATAPATH_ID = /^[0-9a-f]{16}$/
const PORT_NAME = /^[!-~]+$/
const RESOLUTIONS = ['highest-priority', 'strictest-wins', 'ordered-merge'] as const
const CONFLICT_MODES = ['allow', 'warn', 'refuse'] as const
const DEFAULTS = ['allow', 'deny'] as const
const ATTACHMENTS = [
  ['port', 'port'],
  ['portName', 'port_name'],
  ['ifaceId', 'iface_id'],
  ['mac', 'mac'],
] as const

export function validateInterface(input: unknown): Result<InterfaceDraft> {
  return validated(input, (check, fields) => ({
    kind: 'interface',
    ...named(check, fields),
    tags: readTags(check, fields['tags']),
    network: readNetwork(check, fields),
    mac: readMac(check, fields['mac']),
    addresses: readAddresses(check, fields['addresses']),
    attachment: readAttachment(check, fields['attachment']),
    portSecurity: check.boolean(fields['portSecurity'], 'port_security', true),
    ...readProfileName(check, fields['profile']),
    ...readOverrides(check, fields['overrides']),
  }))
}

export function validateVnp(input: unknown): Result<VnpDraft> {
  return validated(input, (check, fields) => ({
    kind: 'vnp',
    ...named(check, fields),
    selector: check.selector(fields['selector'], 'selector'),
    priority: check.priority(fields['priority'], 'priority'),
    resolution:
      check.word(fields['resolution'], 'resolution', 'RESOLUTION', RESOLUTIONS, 'highest-priority') ??
      'highest-priority',
    ...readConflicts(check, fields['conflicts']),
    ingressDefault:
      check.word(fields['ingressDefault'], 'ingress_default', 'DEFAULT_VERDICT', DEFAULTS, 'deny') ?? 'deny',
    egressDefault:
      check.word(fields['egressDefault'], 'egress_default', 'DEFAULT_VERDICT', DEFAULTS, 'allow') ?? 'deny',
  }))
}

export function validatePolicy(input: unknown): Result<PolicyDraft> {
  return validated(input, (check, fields) => ({
    kind: 'policy',
    ...named(check, fields),
    vnp: check.name(fields['vnp'], 'vnp'),
    ...readTier(check, fields['tier']),
    appliesTo: check.selector(fields['appliesTo'], 'applies_to'),
    priority: check.priority(fields['priority'], 'priority'),
    rules: readRules(check, fields['rules'], 'rules'),
  }))
}

export function validateSwitch(input: unknown): Result<SwitchDraft> {
  return validated(input, (check, fields) => ({
    kind: 'switch',
    ...named(check, fields),
    datapathId: readDatapathId(check, fields['datapathId'], 'datapath_id'),
    uplinks: readPortNames(check, fields['uplinks'], 'uplinks'),
    links: readPortNames(check, fields['links'], 'links'),
    ...readReactive(check, fields),
    ...readTunnel(check, fields['tunnel']),
    ...readCarriers(check, fields['carriers']),
    ...readUnderlay(check, fields),
    ...readMtu(check, fields['mtu']),
  }))
}

export function validateNetwork(input: unknown): Result<NetworkDraft> {
  return validated(input, (check, fields) => {
    const router = check.text(fields['router'], 'router')
    const subnets = readSubnets(check, fields['subnets'], 'subnets', router !== '')
    return {
      kind: 'network',
      ...named(check, fields),
      ...(router === '' ? {} : { router: check.name(router, 'router') }),
      subnets,
      ...readDhcp(check, fields['dhcp'], 'dhcp', subnets),
    }
  })
}

export function validateNap(input: unknown): Result<NapDraft> {
  return validated(input, (check, fields) => ({
    kind: 'nap',
    ...named(check, fields),
    ...readNap(check, fields, readNetwork(check, fields)),
  }))
}

export function validateProfile(input: unknown): Result<ProfileDraft> {
  return validated(input, (check, fields) => ({
    kind: 'profile',
    ...named(check, fields),
    ...readProfile(check, fields),
  }))
}

export function validateStagePolicy(input: unknown): Result<StagePolicyDraft> {
  return validated(input, (check, fields) => ({
    kind: 'stagePolicy',
    ...named(check, fields),
    ...readStagePolicy(check, fields),
  }))
}

/** Without those of stages, which are moved and not written. */
function readTags(check: Check, value: unknown): Tag[] {
  const tags = check.tags(value, 'tags')
  const staged = tags.find(isStageTag)
  if (staged !== undefined) check.report('tags', `${staged} says the stage; move it with MoveStage`)
  return tags
}

function readNetwork(check: Check, fields: Fields): string {
  const text = check.text(fields['network'], 'network')
  return text === '' ? DEFAULT_NETWORK : check.name(text, 'network')
}

function readTunnel(check: Check, value: unknown): Pick<SwitchDraft, 'tunnel'> {
  if (value === undefined || value === null) return {}
  const fields = check.fields(value, 'tunnel')
  const kind = check.word(fields['kind'], 'tunnel.kind', 'TUNNEL_KIND', TUNNEL_KINDS, 'geneve')
  const text = check.text(fields['address'], 'tunnel.address')
  const address = parseAddress(text)
  const problem = address === undefined ? 'must be an IPv4 or IPv6 address' : unusableAddress(address)
  if (problem !== undefined) check.report('tunnel.address', problem)
  return kind === undefined || address === undefined ? {} : { tunnel: { kind, address: formatAddress(address) } }
}

/** Absent is 0 in a message. */
function readMtu(check: Check, value: unknown): Pick<SwitchDraft, 'mtu'> {
  if (value === undefined || value === null || value === 0) return {}
  const { least, most } = MTU_LIMITS
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
    return { mtu: value as number }
  check.report('mtu', `must be ${least} to ${most}`)
  return {}
}

/** In the order in which they are preferred, each once. */
function readCarriers(check: Check, value: unknown): Pick<SwitchDraft, 'carriers'> {
  const given = check
    .list(value, 'carriers', LINK_CARRIERS.length)
    .flatMap((each, at) => check.word(each, `carriers[${at}]`, 'LINK_CARRIER', LINK_CARRIERS) ?? [])
  return given.length === 0 ? {} : { carriers: [...new Set(given)] }
}

/** In the order in which they are preferred. Of such a bridge nothing else is said. */
function readUnderlay(check: Check, fields: Fields): Pick<SwitchDraft, 'underlay'> {
  const value = fields['underlay']
  if (value === undefined || value === null) return {}
  const given = check.fields(value, 'underlay')
  const kind = check.word(given['kind'], 'underlay.kind', 'UNDERLAY_KIND', UNDERLAY_KINDS, 'select')
  const uplinks = check
    .list(given['uplinks'], 'underlay.uplinks', LIMITS.underlayUplinks)
    .map((each, at) => readPortName(check, each, `underlay.uplinks[${at}]`))
  const listed = given['uplinks'] ?? []
  if (Array.isArray(listed) && listed.length === 0) check.report('underlay.uplinks', 'must name at least one port')
  if (new Set(uplinks).size < uplinks.length) check.report('underlay.uplinks', 'names a port twice')
  for (const name of ['uplinks', 'links', 'carriers'] as const)
    if (check.list(fields[name], name, LIMITS.links).length > 0) check.report(name, NOT_BELOW)
  if (fields['tunnel'] !== undefined && fields['tunnel'] !== null) check.report('tunnel', NOT_BELOW)
  if (check.word(fields['mode'], 'mode', 'SWITCH_MODE', MODES, 'proactive') === 'reactive')
    check.report('mode', NOT_BELOW)
  return kind === undefined ? {} : { underlay: { kind, uplinks } }
}

const NOT_BELOW = 'belongs to switches that interfaces are on; this one has an underlay'

/** Absent is 0 in a message: then the default. */
function readReactive(check: Check, fields: Fields): Pick<SwitchDraft, 'reactive'> {
  const isReactive = check.word(fields['mode'], 'mode', 'SWITCH_MODE', MODES, 'proactive') === 'reactive'
  const read = (value: unknown, path: string, limits: { least: number; most: number; absent: number }): number => {
    if (value === undefined || value === null || value === 0) return limits.absent
    if (!isReactive) check.report(path, 'belongs to the mode reactive')
    return check.integer(value, path, limits.least, limits.most) ?? limits.absent
  }
  const verdicts = read(fields['verdicts'], 'verdicts', LIMITS.verdicts)
  const idleSeconds = read(fields['idleSeconds'], 'idle_seconds', LIMITS.idleSeconds)
  return isReactive ? { reactive: { verdicts, idleSeconds } } : {}
}

const VALIDATORS: Readonly<Record<RecordKind, (input: unknown) => Result<AnyDraft>>> = {
  interface: validateInterface,
  vnp: validateVnp,
  policy: validatePolicy,
  switch: validateSwitch,
  network: validateNetwork,
  nap: validateNap,
  profile: validateProfile,
  stagePolicy: validateStagePolicy,
}

export function validateRecord(kind: RecordKind, input: unknown): Result<AnyDraft> {
  return VALIDATORS[kind](input)
}

/** Tags outside a record: of a request to add or remove some, or to ask what policy they have. */
export function validateTags(input: unknown, path: string): Result<Tag[]> {
  const check = new Check()
  const tags = check.tags(input, path)
  return check.violations.length === 0 ? ok(tags) : invalid(check.violations)
}

export function validateSelector(input: unknown, path: string): Result<Selector> {
  const check = new Check()
  const selector = check.selector(input, path)
  return check.violations.length === 0 ? ok(selector) : invalid(check.violations)
}

function validated<D extends AnyDraft>(input: unknown, read: (check: Check, fields: Fields) => D): Result<D> {
  const check = new Check()
  const draft = read(check, check.fields(input, 'record'))
  return check.violations.length === 0 ? ok(draft) : invalid(check.violations)
}

function named(check: Check, fields: Fields): { name: string; owner: string } {
  const owner = check.text(fields['owner'], 'owner')
  return { name: check.name(fields['name'], 'name'), owner: owner === '' ? '' : check.name(owner, 'owner') }
}

function readProfileName(check: Check, value: unknown): Pick<InterfaceDraft, 'profile'> {
  const profile = check.text(value, 'profile')
  return profile === '' ? {} : { profile: check.name(profile, 'profile') }
}

/** None and empty ones are one form. */
function readOverrides(check: Check, value: unknown): Pick<InterfaceDraft, 'overrides'> {
  if (value === undefined || value === null) return {}
  const without = check.tags(check.fields(value, 'overrides')['without'], 'overrides.without')
  return without.length === 0 ? {} : { overrides: { without } }
}

/** A tenant's policy has no tier: one form for what records from before tiers mean, and for what says so. */
function readTier(check: Check, value: unknown): Pick<PolicyDraft, 'tier'> {
  const tier = check.word(value, 'tier', 'TIER', TIERS, 'tenant')
  return tier === undefined || tier === 'tenant' ? {} : { tier }
}

/** Absent and `warn` are one form. */
function readConflicts(check: Check, value: unknown): Pick<VnpDraft, 'conflicts'> {
  const mode = check.word(value, 'conflicts', 'CONFLICTS', CONFLICT_MODES, 'warn')
  return mode === undefined || mode === 'warn' ? {} : { conflicts: mode }
}

function readMac(check: Check, value: unknown): number {
  const mac = parseMac(check.text(value, 'mac'))
  if (mac === undefined) check.report('mac', 'must be six pairs of hexadecimal digits, as in 00:00:5e:00:53:01')
  else if (mac === CARRIED_MAC) check.report('mac', 'stands for senders of the world behind a service')
  else if (mac === GATEWAY_MAC) check.report('mac', 'is that of virtual gateways')
  else if (mac === 0) check.report('mac', 'the zero address belongs to nobody')
  else if (isGroupMac(mac)) check.report('mac', 'is a group address; an interface needs an individual one')
  return mac ?? 0
}

function readAddresses(check: Check, value: unknown): string[] {
  const addresses = new Map<string, string>()
  for (const [index, each] of check.list(value, 'addresses', LIMITS.addresses).entries()) {
    const path = `addresses[${index}]`
    const text = check.text(each, path)
    const address = parseAddress(text)
    if (address === undefined) {
      check.report(
        path,
        text.includes('/') ? 'must be a single address, not a prefix' : 'must be an IPv4 or IPv6 address',
      )
      continue
    }
    const why = unusableAddress(address)
    const canonical = formatAddress(address)
    const earlier = addresses.get(canonical)
    if (why !== undefined) check.report(path, why)
    else if (earlier !== undefined) check.report(path, `is the same address as ${earlier}`)
    else addresses.set(canonical, path)
  }
  return [...addresses.keys()]
}

function readAttachment(check: Check, value: unknown): Attachment {
  if (value === undefined || value === null) return { kind: 'mac' }
  const fields = check.fields(value, 'attachment')
  const kind = check.oneOf(fields, 'attachment', ATTACHMENTS)
  if (kind === 'port') {
    const port = check.fields(fields['port'], 'attachment.port')
    return {
      kind,
      datapathId: readDatapathId(check, port['datapathId'], 'attachment.port.datapath_id'),
      port: check.integer(port['port'], 'attachment.port.port', 1, LAST_PORT) ?? 0,
    }
  }
  if (kind === 'ifaceId') {
    const path = 'attachment.iface_id.iface_id'
    const ifaceId = check.text(check.fields(fields['ifaceId'], 'attachment.iface_id')['ifaceId'], path)
    if (ifaceId === '') return { kind }
    if (!PORT_NAME.test(ifaceId) || ifaceId.length > IFACE_ID_LENGTH)
      check.report(path, `must be at most ${IFACE_ID_LENGTH} printable characters without white space`)
    return { kind, ifaceId }
  }
  if (kind !== 'portName') return { kind: 'mac' }
  const named = check.fields(fields['portName'], 'attachment.port_name')
  const portName = readPortName(check, named['portName'], 'attachment.port_name.port_name')
  if (check.text(named['datapathId'], 'attachment.port_name.datapath_id') === '') return { kind, portName }
  const datapathId = readDatapathId(check, named['datapathId'], 'attachment.port_name.datapath_id')
  return { kind, portName, datapathId }
}

function readDatapathId(check: Check, value: unknown, path: string): string {
  const text = check.text(value, path).toLowerCase()
  if (!DATAPATH_ID.test(text)) check.report(path, 'must be 16 hexadecimal digits')
  else if (/^0+$/.test(text)) check.report(path, 'zero stands for no switch')
  return text
}

function readPortName(check: Check, value: unknown, path: string): string {
  const text = check.text(value, path)
  if (!PORT_NAME.test(text) || text.length > PORT_NAME_LENGTH) {
    check.report(path, `must be 1 to ${PORT_NAME_LENGTH} printable characters without white space`)
  }
  return text
}

function readPortNames(check: Check, value: unknown, path: 'uplinks' | 'links'): string[] {
  const names = check
    .list(value, path, LIMITS[path])
    .map((each, index) => readPortName(check, each, `${path}[${index}]`))
  return [...new Set(names)].sort()
}
