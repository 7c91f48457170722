/**
 * The kinds of record the command line knows: names and aliases, columns, which calls list and read them,
 * and how they turn into manifests. To add a kind, add a row here and its shape in schema.ts and convert.ts.
 */
import type { Interface__Output } from '../proto/gen/tagsteer/v1/Interface.ts'
import type { Nap__Output } from '../proto/gen/tagsteer/v1/Nap.ts'
import type { Network__Output } from '../proto/gen/tagsteer/v1/Network.ts'
import type { Policy__Output } from '../proto/gen/tagsteer/v1/Policy.ts'
import type { Profile__Output } from '../proto/gen/tagsteer/v1/Profile.ts'
import type { Record } from '../proto/gen/tagsteer/v1/Record.ts'
import type { StagePolicy__Output } from '../proto/gen/tagsteer/v1/StagePolicy.ts'
import type { Switch__Output } from '../proto/gen/tagsteer/v1/Switch.ts'
import type { Vnp__Output } from '../proto/gen/tagsteer/v1/Vnp.ts'
import type { Client } from './client.ts'
import {
  interfaceManifest,
  interfaceMessage,
  type Manifest,
  networkManifest,
  networkMessage,
  policyManifest,
  policyMessage,
  shownSelector,
  shownSource,
  shownTag,
  switchManifest,
  switchMessage,
  vnpManifest,
  vnpMessage,
} from './convert.ts'
import { napManifest, napMessage, profileManifest, profileMessage } from './convert-nap.ts'
import { stagePolicyManifest, stagePolicyMessage } from './convert-stage.ts'
import { CliError } from './failure.ts'
import type { ManifestKind } from './schema.ts'
import { age, type Column, timeText } from './table.ts'

export interface Kind<Message = never, Form extends Manifest = never> {
  title: ManifestKind
  plural: string
  /** Singular first; all are accepted. */
  names: string[]
  columns(now: number): Column<Message>[]
  list(client: Client): Promise<Message[]>
  get(client: Client, name: string): Promise<Message>
  toRecord(form: Form): Record
  toManifest(message: Message): Form
  /** What the controller knows beyond the manifest, for `describe`. */
  state(message: Message): object
}

function inheritedTags(status: Interface__Output['status']): string[] {
  const counting = (status?.tags ?? []).filter(({ counts, origin }) => counts && origin !== 'TAG_ORIGIN_RECORD')
  return counting.flatMap(({ tag }) => (tag === null ? [] : [shownTag(tag)]))
}

const interfaces: Kind<Interface__Output, ReturnType<typeof interfaceManifest>> = {
  title: 'Interface',
  plural: 'interfaces',
  names: ['interface', 'interfaces', 'if', 'eni', 'port'],
  columns: (now) => [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'NETWORK', cell: ({ network }) => network, wide: true },
    { header: 'ADDRESSES', cell: ({ addresses }) => addresses.join(',') },
    { header: 'MAC', cell: ({ mac }) => mac, wide: true },
    { header: 'TAGS', cell: ({ tags }) => tags.map(shownTag).join(',') },
    { header: 'INHERITED', cell: ({ status }) => inheritedTags(status).join(','), wide: true },
    { header: 'VNPS', cell: ({ status }) => (status?.vnps ?? []).join(',') },
    { header: 'IDENTITY', cell: ({ status }) => (status?.identity ? String(status.identity) : ''), wide: true },
    {
      header: 'SWITCH',
      cell: ({ status }) => (status?.attached ? status.switchName || status.datapathId.replace(/^0+(?=.)/, '') : ''),
    },
    { header: 'PORT', cell: ({ status }) => (status?.attached ? status.portName || String(status.port) : '') },
    { header: 'GENERATION', cell: ({ meta }) => meta?.generation ?? '', wide: true },
    { header: 'AGE', cell: ({ meta }) => age(meta?.createTime, now) },
  ],
  list: (client) => client.list('InterfaceService', 'listInterfaces', 'interfaces'),
  get: (client, name) => client.call('InterfaceService', 'getInterface', { name }),
  toRecord: (form) => ({ interface: interfaceMessage(form) }),
  toManifest: interfaceManifest,
  state: ({ status, naps }) => {
    if (status === null) return {}
    const { tags, ...rest } = status
    return { ...rest, effectiveTags: tags.map(shownSource), ...(naps.length === 0 ? {} : { naps }) }
  },
}

const vnps: Kind<Vnp__Output, ReturnType<typeof vnpManifest>> = {
  title: 'Vnp',
  plural: 'vnps',
  names: ['vnp', 'vnps', 'partition'],
  columns: (now) => [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'SELECTOR', cell: ({ selector }) => shownSelector(selector) },
    { header: 'MEMBERS', cell: ({ memberCount }) => String(memberCount), align: 'right' },
    { header: 'PRIORITY', cell: ({ priority }) => String(priority), align: 'right' },
    { header: 'INGRESS', cell: ({ ingressDefault }) => ingressDefault.slice(16).toLowerCase() },
    { header: 'EGRESS', cell: ({ egressDefault }) => egressDefault.slice(16).toLowerCase() },
    {
      header: 'RESOLUTION',
      cell: ({ resolution }) => resolution.slice(11).toLowerCase().replaceAll('_', '-'),
      wide: true,
    },
    { header: 'GENERATION', cell: ({ meta }) => meta?.generation ?? '', wide: true },
    { header: 'AGE', cell: ({ meta }) => age(meta?.createTime, now) },
  ],
  list: (client) => client.list('VnpService', 'listVnps', 'vnps'),
  get: (client, name) => client.call('VnpService', 'getVnp', { name }),
  toRecord: (form) => ({ vnp: vnpMessage(form) }),
  toManifest: vnpManifest,
  state: ({ memberCount }) => ({ members: memberCount }),
}

const policies: Kind<Policy__Output, ReturnType<typeof policyManifest>> = {
  title: 'Policy',
  plural: 'policies',
  names: ['policy', 'policies', 'pol'],
  columns: (now) => [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'VNP', cell: ({ vnp }) => vnp },
    { header: 'TIER', cell: ({ tier }) => tier.slice(5).toLowerCase() },
    { header: 'APPLIES-TO', cell: ({ appliesTo }) => shownSelector(appliesTo) || 'all' },
    { header: 'PRIORITY', cell: ({ priority }) => String(priority), align: 'right' },
    { header: 'RULES', cell: ({ rules }) => String(rules.length), align: 'right' },
    { header: 'CHANGED-BY', cell: ({ meta }) => meta?.updatedBy ?? '', wide: true },
    { header: 'GENERATION', cell: ({ meta }) => meta?.generation ?? '', wide: true },
    { header: 'AGE', cell: ({ meta }) => age(meta?.createTime, now) },
  ],
  list: (client) => client.list('PolicyService', 'listPolicies', 'policies'),
  get: (client, name) => client.call('PolicyService', 'getPolicy', { name }),
  toRecord: (form) => ({ policy: policyMessage(form) }),
  toManifest: policyManifest,
  state: () => ({}),
}

/** `proactive`, or `reactive 17/1024`: verdicts that it keeps, of those that it may. */
function modeOf({ mode, keptVerdicts, verdicts }: Switch__Output): string {
  return mode === 'SWITCH_MODE_REACTIVE' ? `reactive ${keptVerdicts}/${verdicts}` : 'proactive'
}

const switches: Kind<Switch__Output, ReturnType<typeof switchManifest>> = {
  title: 'Switch',
  plural: 'switches',
  names: ['switch', 'switches', 'sw', 'dp'],
  columns: (now) => [
    { header: 'NAME', cell: ({ name, datapathId }) => name || datapathId },
    { header: 'DATAPATH', cell: ({ datapathId }) => datapathId },
    { header: 'STATE', cell: ({ state }) => state.slice(13).toLowerCase() },
    { header: 'MODE', cell: modeOf },
    { header: 'PORTS', cell: ({ ports }) => String(ports.length), align: 'right' },
    { header: 'FLOWS', cell: ({ installedFlows, desiredFlows }) => `${installedFlows}/${desiredFlows}` },
    {
      header: 'GENERATION',
      cell: ({ appliedGeneration, desiredGeneration }) => `${appliedGeneration}/${desiredGeneration}`,
    },
    { header: 'ADDRESS', cell: ({ remoteAddress }) => remoteAddress, wide: true },
    { header: 'UPLINKS', cell: ({ uplinks }) => uplinks.join(','), wide: true },
    { header: 'REASON', cell: ({ degradedReason }) => degradedReason.replaceAll(' ', '_'), wide: true },
    { header: 'AGE', cell: ({ connectTime }) => age(connectTime, now) },
  ],
  list: (client) => client.list('TopologyService', 'listSwitches', 'switches'),
  get: async (client, name) => {
    const all = await client.list<Switch__Output>('TopologyService', 'listSwitches', 'switches')
    const found = all.find(
      (one) => one.name === name || one.datapathId === name || one.datapathId.replace(/^0+/, '') === name,
    )
    if (found === undefined) throw new CliError(`there is no switch named ${name} [NOT_FOUND]`)
    return found
  },
  toRecord: (form) => ({ switch: switchMessage(form) }),
  toManifest: switchManifest,
  state: (message) => ({
    state: message.state.slice(13).toLowerCase(),
    reason: message.degradedReason,
    description: message.description,
    address: message.remoteAddress,
    connected: timeText(message.connectTime),
    generation: `${message.appliedGeneration}/${message.desiredGeneration}`,
    flows: `${message.installedFlows}/${message.desiredFlows}`,
    mode: modeOf(message),
    ports: message.ports.map(({ port, name, up, role, interfaces }) =>
      [port, name, up ? 'up' : 'down', role.slice(10).toLowerCase(), ...interfaces].join(' '),
    ),
  }),
}

const networks: Kind<Network__Output, ReturnType<typeof networkManifest>> = {
  title: 'Network',
  plural: 'networks',
  names: ['network', 'networks', 'net'],
  columns: (now) => [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'ROUTER', cell: ({ router }) => router },
    { header: 'SUBNETS', cell: ({ subnets }) => subnets.map(({ cidr }) => cidr).join(',') },
    { header: 'GATEWAYS', cell: ({ subnets }) => subnets.flatMap(({ gateway }) => gateway || []).join(',') },
    { header: 'INTERFACES', cell: ({ interfaceCount }) => String(interfaceCount), align: 'right' },
    { header: 'GENERATION', cell: ({ meta }) => meta?.generation ?? '', wide: true },
    { header: 'AGE', cell: ({ meta }) => age(meta?.createTime, now) },
  ],
  list: (client) => client.list('NetworkService', 'listNetworks', 'networks'),
  get: (client, name) => client.call('NetworkService', 'getNetwork', { name }),
  toRecord: (form) => ({ network: networkMessage(form) }),
  toManifest: networkManifest,
  state: ({ interfaceCount }) => ({ interfaces: interfaceCount }),
}

const naps: Kind<Nap__Output, ReturnType<typeof napManifest>> = {
  title: 'Nap',
  plural: 'naps',
  names: ['nap', 'naps', 'pool'],
  columns: (now) => [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'NETWORK', cell: ({ network }) => network },
    { header: 'RANGES', cell: ({ ranges }) => ranges.map(({ first, last }) => `${first}-${last}`).join(',') },
    { header: 'APPLICATION', cell: ({ applicationType }) => applicationType },
    { header: 'SECURITY', cell: ({ securityLevel }) => String(securityLevel), align: 'right' },
    { header: 'REGION', cell: ({ region }) => region },
    { header: 'DRAINING', cell: ({ draining }) => (draining ? 'yes' : 'no'), wide: true },
    { header: 'GENERATION', cell: ({ meta }) => meta?.generation ?? '', wide: true },
    { header: 'AGE', cell: ({ meta }) => age(meta?.createTime, now) },
  ],
  list: (client) => client.list('NapService', 'listNaps', 'naps'),
  get: (client, name) => client.call('NapService', 'getNap', { name }),
  toRecord: (form) => ({ nap: napMessage(form) }),
  toManifest: napManifest,
  state: () => ({}),
}

const profiles: Kind<Profile__Output, ReturnType<typeof profileManifest>> = {
  title: 'Profile',
  plural: 'profiles',
  names: ['profile', 'profiles', 'prof'],
  columns: (now) => [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'APPLICATION', cell: ({ applicationType }) => applicationType },
    { header: 'VOLUME', cell: ({ currentVolume }) => currentVolume, align: 'right' },
    { header: 'SECURITY', cell: ({ requiredSecurityLevel }) => String(requiredSecurityLevel), align: 'right' },
    { header: 'STRICT', cell: ({ strictSecurity }) => (strictSecurity ? 'yes' : 'no') },
    { header: 'REGION', cell: ({ region }) => region },
    { header: 'GENERATION', cell: ({ meta }) => meta?.generation ?? '', wide: true },
    { header: 'AGE', cell: ({ meta }) => age(meta?.createTime, now) },
  ],
  list: (client) => client.list('ProfileService', 'listProfiles', 'profiles'),
  get: (client, name) => client.call('ProfileService', 'getProfile', { name }),
  toRecord: (form) => ({ profile: profileMessage(form) }),
  toManifest: profileManifest,
  state: () => ({}),
}

const stagePolicies: Kind<StagePolicy__Output, ReturnType<typeof stagePolicyManifest>> = {
  title: 'StagePolicy',
  plural: 'stagepolicies',
  names: ['stagepolicy', 'stagepolicies', 'stp'],
  columns: (now) => [
    { header: 'STAGE', cell: ({ name }) => name },
    { header: 'RATE', cell: ({ rateLimit }) => (rateLimit ? `${rateLimit.kilobitsPerSecond}kbps` : '') },
    { header: 'APPLICATIONS', cell: ({ applications }) => applications.map(applicationText).join(',') || 'any' },
    { header: 'RESTRICTIONS', cell: (its) => stagePolicyManifest(its).restrictions?.join(',') ?? '' },
    { header: 'SILENCE', cell: (its) => silenceText(stagePolicyManifest(its).silence) },
    { header: 'RETENTION', cell: ({ retentionSeconds }) => (retentionSeconds ? `${retentionSeconds}s` : '') },
    { header: 'ESCALATIONS', cell: ({ escalations }) => String(escalations.length), align: 'right' },
    { header: 'GENERATION', cell: ({ meta }) => meta?.generation ?? '', wide: true },
    { header: 'AGE', cell: ({ meta }) => age(meta?.createTime, now) },
  ],
  list: (client) => client.list('LifecycleService', 'listStagePolicies', 'stagePolicies'),
  get: (client, name) => client.call('LifecycleService', 'getStagePolicy', { name }),
  toRecord: (form) => ({ stagePolicy: stagePolicyMessage(form) }),
  toManifest: stagePolicyManifest,
  state: () => ({}),
}

const applicationText = ({ protocols, ports }: { protocols: string[]; ports: string[] }): string =>
  `${protocols.join('+')}${ports.length === 0 ? '' : `/${ports.join('+')}`}`
const silenceText = (silence: { seconds: number; to: string } | undefined): string =>
  silence === undefined ? '' : `${silence.seconds}s->${silence.to}`

/** In the order in which references point: what is referred to comes first. */
export const KINDS = [switches, networks, naps, profiles, vnps, policies, stagePolicies, interfaces] as unknown as Kind<
  { name: string; etag: string; owner: string },
  Manifest
>[]

export function kindNamed(word: string): (typeof KINDS)[number] {
  const kind = KINDS.find(({ names, title }) => names.includes(word.toLowerCase()) || title === word)
  if (kind === undefined) {
    throw new CliError(`there is no kind named ${word}`, 1, [
      `kinds: ${KINDS.map(({ plural, names }) => `${plural} (${names[2] ?? names[0]})`).join(', ')}`,
    ])
  }
  return kind
}
