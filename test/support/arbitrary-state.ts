/**
 * Random networks for property tests: records that are valid together, the intent they make, where everything is
 * attached, and packets worth asking about. Small vocabularies on purpose: collisions of tags, ports and prefixes are
 * what finds faults. Used by the tests of policy, compiler and data path.
 */
import fc from 'fast-check'
import { effectiveTags } from '../../controller/policy/effective-tags.ts'
import type { EntryChangeSet, StoredEntry } from '../../controller/policy/entries.ts'
import { cidrKey, cidrsNamedBy, tagsKey, tagsMentionedBy } from '../../controller/policy/identity.ts'
import { Intent } from '../../controller/policy/intent.ts'
import { meterName, numberKey } from '../../controller/policy/numbers.ts'
import { domainNamed } from '../../controller/policy/routing.ts'
import type { Backend, DatapathView, NetworkState, NumberSpace, PortView } from '../../controller/policy/state.ts'
import { steeringNumbers } from '../../controller/policy/steering.ts'
import { switchNamedBy, zoneName } from '../../controller/policy/zones.ts'
import { formatAddress, parseAddress } from '../../model/address.ts'
import {
  type AnyRecord,
  type IcmpMatch,
  IDENTITY,
  type IdentityRecord,
  type InterfaceRecord,
  type Nap,
  type Peer,
  type Policy,
  type PortRange,
  PREFIX,
  type Rule,
  type Selector,
  TIERS,
  type Vnp,
} from '../../model/records.ts'
import { canonicalSelector, EVERYTHING } from '../../model/selector.ts'
import { type Tag, tagSet } from '../../model/tag.ts'

export const TAGS = ['"app"', '"db"', '"web"', '42', '{"env":"prod","tier":1}', '"idle"'] as Tag[]
/** Nested and disjoint prefixes of both families; 10.0.0.0/24 and fd00::/64 also hold the interfaces' own addresses. */
export const CIDRS = [
  '0.0.0.0/0',
  '10.0.0.0/24',
  '192.0.2.0/24',
  '192.0.2.128/25',
  '192.0.2.200/32',
  '::/0',
  'fd00::/64',
]
export const WORLD = ['10.0.0.200', '192.0.2.1', '192.0.2.130', '192.0.2.200', '203.0.113.9', 'fd00::c8', '2001:db8::1']
const PORTS = [22, 53, 80, 443, 8080]
const TIME = Date.UTC(2026, 0, 1)

/** A packet as permits() takes it. `port` is the destination port or ICMP type of the original direction. */
export interface ArbitraryPacket {
  from: string
  to: string
  protocol: number
  port?: number
  /** ICMP code; 0 where absent. */
  code?: number
  family: 4 | 6
  reply: boolean
  /** Sides on which the connection is kept; replies only, for what is new is not. */
  kept?: { egress: boolean; ingress: boolean }
}

const tags = fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 4 }).map(tagSet)
const fewTags = fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 2 })

const arbitrarySelector: fc.Arbitrary<Selector> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(EVERYTHING) },
  {
    weight: 4,
    arbitrary: fc.record({ allOf: fewTags, anyOf: fewTags, noneOf: fewTags }).map((lists) => canonicalSelector(lists)),
  },
)

function arbitraryPeer(vnps: string[]): fc.Arbitrary<Peer> {
  return fc.oneof(
    fc.constant<Peer>({ kind: 'any' }),
    arbitrarySelector.map<Peer>((selector) => ({ kind: 'tags', selector })),
    fc.constantFrom(...vnps).map<Peer>((vnp) => ({ kind: 'vnp', vnp })),
    fc.constantFrom(...CIDRS).map<Peer>((cidr) => ({ kind: 'cidr', cidr })),
  )
}

const portRange: fc.Arbitrary<PortRange> = fc
  .tuple(fc.constantFrom(...PORTS), fc.constantFrom(0, 0, 1, 30))
  .map(([first, more]) => ({ first, last: first + more }))

/** Messages of ICMP, by type, by code and of both families. */
const ICMP_RULES: { protocols: number[]; icmp: IcmpMatch[] }[] = [
  { protocols: [1], icmp: [{ protocol: 1, type: 8 }] },
  { protocols: [1], icmp: [{ protocol: 1, type: 3, code: 4 }] },
  {
    protocols: [1],
    icmp: [
      { protocol: 1, type: 3 },
      { protocol: 1, type: 8, code: 0 },
    ],
  },
  {
    protocols: [1, 58],
    icmp: [
      { protocol: 1, type: 8 },
      { protocol: 58, type: 128 },
    ],
  },
  { protocols: [1, 58], icmp: [{ protocol: 1, type: 13 }] },
  { protocols: [58], icmp: [{ protocol: 58, type: 1, code: 4 }] },
]

const layer4: fc.Arbitrary<Pick<Rule, 'protocols' | 'ports' | 'icmp'>> = fc.oneof(
  fc.constantFrom(...ICMP_RULES).map((its) => ({ ...its, ports: [] as PortRange[] })),
  fc.constant({ protocols: [] as number[], ports: [] as PortRange[] }),
  fc
    .constantFrom<number[]>([1, 58], [6], [17], [6, 17], [132])
    .map((protocols) => ({ protocols, ports: [] as PortRange[] })),
  fc.record({
    protocols: fc.constantFrom<number[]>([6], [17], [6, 17]),
    ports: fc.uniqueArray(portRange, { minLength: 1, maxLength: 2, selector: ({ first }) => first }),
  }),
)

function arbitraryRule(vnps: string[]): fc.Arbitrary<Rule> {
  return fc
    .record({
      direction: fc.constantFrom('ingress' as const, 'egress' as const),
      peer: arbitraryPeer(vnps),
      layer4,
      action: fc.constantFrom(
        'allow',
        'allow',
        'allow',
        'deny',
        'reject',
        'log',
        'rate-limit',
        'pass',
        'pass' as const,
      ),
      log: fc.boolean(),
      priority: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      established: fc.constantFrom(undefined, 'keep', 'cut'),
    })
    .map(({ direction, peer, layer4: matched, action, log, priority, established }) => ({
      direction,
      peer,
      ...matched,
      action: action as Rule['action'],
      log: log || action === 'log',
      ...(action === 'allow' && established !== undefined ? { established: established as 'keep' | 'cut' } : {}),
      ...(action === 'rate-limit' && established === 'cut' ? { established: 'cut' as const } : {}),
      ...(action === 'rate-limit' ? { rateKbps: 1000, burstKb: 100 } : {}),
      ...(priority === undefined ? {} : { priority }),
    }))
}

const meta = (name: string, number: number) => ({
  name,
  number,
  createTime: TIME,
  updateTime: TIME,
  updatedBy: 'test',
  owner: '',
})

export function arbitraryVnp(name: string, number: number): fc.Arbitrary<Vnp> {
  return fc.record({
    ...constants(meta(name, number)),
    kind: fc.constant('vnp' as const),
    selector: arbitrarySelector,
    priority: fc.integer({ min: 0, max: 2 }),
    resolution: fc.constantFrom('highest-priority', 'strictest-wins', 'ordered-merge' as const),
    ingressDefault: fc.constantFrom('allow', 'deny' as const),
    egressDefault: fc.constantFrom('allow', 'deny' as const),
  })
}

export function arbitraryPolicy(name: string, number: number, vnps: string[]): fc.Arbitrary<Policy> {
  return fc
    .record({
      ...constants(meta(name, number)),
      kind: fc.constant('policy' as const),
      vnp: fc.constantFrom(...vnps),
      tier: fc.constantFrom(...TIERS),
      appliesTo: arbitrarySelector,
      priority: fc.integer({ min: 0, max: 3 }),
      rules: fc.array(arbitraryRule(vnps), { maxLength: 4 }),
    })
    .map(({ tier, ...policy }) => ({ ...policy, ...(tier === 'tenant' ? {} : { tier }) }))
}

/** Interface number `index` (from 1) of the test networks: addresses and MAC follow from it. */
export function interfaceRecord(index: number, network: string, itsTags: Tag[], datapathId: string): InterfaceRecord {
  return {
    ...meta(`if-${index}`, index),
    kind: 'interface',
    tags: tagSet(itsTags),
    network,
    mac: 0x020000000000 + index,
    addresses: [`10.0.0.${index}`, formatAddress({ family: 6, value: (0xfd00n << 112n) + BigInt(index) })],
    attachment: { kind: 'port', datapathId, port: index },
    portSecurity: true,
  }
}

export const datapathName = (index: number) => index.toString(16).padStart(16, '0')

/** A pool of network `default`, whose addresses nobody else has. */
export function napRecord(index: number, itsTags: Tag[]): Nap {
  return {
    ...meta(`nap-${index}`, index),
    kind: 'nap',
    network: 'default',
    ranges: [{ first: `10.9.${index}.1`, last: `10.9.${index}.9` }],
    exclusions: [],
    applicationType: '',
    ...{ expectedVolume: 0, maxVolume: 1_000_000_000, securityLevel: 0, region: '' },
    tags: tagSet(itsTags),
    leaseSeconds: 0,
    coolSeconds: 60,
    watermarks: { low: 0, high: 0.9 },
  }
}

/** What interfaces inherit: tags of two pools, which of them each has an address of, and what it does not take. */
const arbitraryHeirs = fc.record({
  pools: fc.tuple(tags, tags),
  heirs: fc.array(
    fc.record({
      naps: fc.constantFrom<string[]>([], [], ['nap-1'], ['nap-2'], ['nap-1', 'nap-2'], ['nap-9']),
      without: fc.oneof(fc.constant<Tag[]>([]), fewTags),
    }),
    { minLength: 6, maxLength: 6 },
  ),
})

export interface ArbitraryRecords {
  records: AnyRecord[]
  datapathIds: string[]
  /** Which zones the store holds: those that are needed where networkOf() has everything, or, where absent, all. */
  zones?: 'all' | 'needed'
}

/** 2 to 6 interfaces in up to two networks on up to 3 switches, 1 to 3 partitions, up to 4 policies. */
export const arbitraryRecords: fc.Arbitrary<ArbitraryRecords> = fc
  .record({
    switches: fc.integer({ min: 1, max: 3 }),
    interfaces: fc.array(fc.record({ tags, network: fc.constantFrom('default', 'default', 'default', 'blue') }), {
      minLength: 2,
      maxLength: 6,
    }),
    vnps: fc.integer({ min: 1, max: 3 }),
    policies: fc.integer({ min: 0, max: 4 }),
    inheritance: fc.option(arbitraryHeirs, { nil: undefined }),
  })
  .chain(({ switches, interfaces, vnps, policies, inheritance }) => {
    const zones = interfaces.length % 2 === 0 ? 'needed' : 'all'
    const datapathIds = Array.from({ length: switches }, (_, index) => datapathName(index + 1))
    const names = Array.from({ length: vnps }, (_, index) => `vnp-${index + 1}`)
    const fixed = interfaces.map(({ tags: its, network }, index): InterfaceRecord => {
      const { naps = [], without = [] } = inheritance?.heirs[index] ?? {}
      return {
        ...interfaceRecord(index + 1, network, its, datapathIds[index % switches] as string),
        ...(naps.length === 0 ? {} : { naps }),
        ...(without.length === 0 ? {} : { overrides: { without: tagSet(without) } }),
      }
    })
    const pools = (inheritance?.pools ?? []).map((its, index) => napRecord(index + 1, its))
    return fc
      .tuple(
        fc.tuple(...names.map((name, index) => arbitraryVnp(name, index + 1))),
        fc.tuple(
          ...Array.from({ length: policies }, (_, index) => arbitraryPolicy(`pol-${index + 1}`, index + 1, names)),
        ),
      )
      .map(([theVnps, thePolicies]) => ({
        records: [...fixed, ...pools, ...theVnps, ...thePolicies],
        datapathIds,
        zones,
      }))
  })

/**
 * The same, with mirrors and redirects on rules that can have them: through interfaces of any network, present on any
 * switch.
 */
export const arbitrarySteeredRecords: fc.Arbitrary<ArbitraryRecords> = arbitraryRecords.chain((given) => {
  const names = given.records.flatMap(({ kind, name }) => (kind === 'interface' ? [name] : []))
  const wish = fc.record({
    mirror: fc.option(fc.constantFrom(...names), { nil: undefined }),
    via: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }),
  })
  return fc.array(wish, { minLength: 16, maxLength: 16 }).map((wishes) => {
    let next = 0
    const steer = (rule: Rule): Rule => {
      const { mirror, via } = wishes[next++ % wishes.length] as { mirror: string | undefined; via: string[] }
      const { established: _, ...its } = rule
      if (rule.action === 'log' || rule.action === 'pass') return rule
      const passes = rule.action === 'allow' || rule.action === 'rate-limit'
      return {
        ...its,
        ...(mirror === undefined ? {} : { mirror }),
        ...(passes && via.length > 0 ? { redirect: via } : {}),
      }
    }
    const records = given.records.map((record) =>
      record.kind === 'policy' ? { ...record, rules: record.rules.map(steer) } : record,
    )
    return { ...given, records }
  })
})

/** Everything a store would hold for these records: with identities, and numbers for networks, zones, switches, meters. */
export function snapshotOf({ records, datapathIds, zones }: ArbitraryRecords, revision = 1): EntryChangeSet {
  const entries: StoredEntry[] = []
  const put = (key: string, value: unknown) => entries.push({ key, value, modRevision: revision })
  for (const record of records) put(PREFIX[record.kind] + record.name, record)
  const policies = records.filter((record) => record.kind === 'policy')
  const relevant = new Set(
    records.flatMap((one) => (one.kind === 'vnp' || one.kind === 'policy' ? tagsMentionedBy(one) : [])),
  )
  const interfaces = records.filter((record) => record.kind === 'interface')
  const naps = new Map(records.flatMap((its) => (its.kind === 'nap' ? [[its.name, its] as const] : [])))
  const keys = new Set([
    ...interfaces.map((record) => tagsKey(effectiveTags({ naps }, record), relevant)),
    ...policies.flatMap(cidrsNamedBy).map(cidrKey),
  ])
  for (const [index, key] of [...keys].entries()) {
    const identity: IdentityRecord = { number: IDENTITY.first + index, key }
    put(PREFIX.identity + identity.number, identity)
  }
  const networks = [...new Set(interfaces.map(({ network }) => network))]
  const give = (space: NumberSpace, names: string[]) => {
    for (const [index, name] of names.entries()) put(numberKey(space, name), { number: index + 1 })
  }
  give('network', networks)
  const routerOf = new Map(records.flatMap((its) => (its.kind === 'network' ? [[its.name, its.router] as const] : [])))
  give('router', [...new Set([...routerOf.values()].flatMap((router) => router ?? []))])
  const domain = (network: string): string => domainNamed(network, routerOf.get(network))
  give('switch', datapathIds)
  // The first switch of several is the gateway. A zone has the same number whichever others there are.
  const isNeeded = (datapathId: string, its: string) =>
    (datapathIds.length > 1 && datapathId === datapathIds[0]) ||
    interfaces.some((record) => domain(record.network) === its && switchNamedBy(record) === datapathId)
  let zone = 0
  for (const datapathId of datapathIds) {
    for (const network of new Set(networks.map(domain))) {
      zone++
      if (zones === 'needed' && !isNeeded(datapathId, network)) continue
      put(numberKey('zone', zoneName(datapathId, network)), { number: zone })
    }
  }
  give(
    'meter',
    policies.flatMap(({ name, rules }) =>
      rules.flatMap(({ action }, index) => (action === 'rate-limit' ? [meterName(name, index)] : [])),
    ),
  )
  give('steer', [...new Set(policies.flatMap(steeringNumbers))])
  return { revision, changes: entries.map((after) => ({ key: after.key, after })) }
}

/** Store keys that an intent was made from. */
export function keysOf(intent: Intent): string[] {
  const kinds = [
    ['interface/', intent.interfaces],
    ['vnp/', intent.vnps],
    ['policy/', intent.policies],
    ['network/', intent.networks],
    ['nap/', intent.naps],
    ['identity/', intent.identities],
  ] as const
  const records = kinds.flatMap(([prefix, map]) => [...map.keys()].map((name) => `${prefix}${name}`))
  const numbers = (['network', 'router', 'switch', 'zone', 'meter', 'steer'] as const).flatMap((space) => [
    ...intent.numberKeys(space),
  ])
  return [...records, ...numbers]
}

export function intentOf(records: ArbitraryRecords): Intent {
  const intent = new Intent()
  intent.apply(snapshotOf(records))
  return intent
}

/** Ports of the line of switches that networkOf() builds. */
export const LINE_PORTS = { left: 100, right: 101, uplink: 200 } as const

/** Switches in a line, each interface on the port of its attachment, an uplink on the first switch. */
export function networkOf(intent: Intent, datapathIds: string[], backend: Backend = 'fabric'): NetworkState {
  const datapaths = new Map<string, DatapathView>()
  for (const [index, datapathId] of datapathIds.entries()) {
    const fabric = [
      ...(index > 0 ? [LINE_PORTS.left] : []),
      ...(index < datapathIds.length - 1 ? [LINE_PORTS.right] : []),
    ]
    const uplinks = index === 0 ? [LINE_PORTS.uplink] : []
    const here = [...intent.interfaces.values()].flatMap(({ attachment }) =>
      attachment.kind === 'port' && attachment.datapathId === datapathId ? [attachment.port] : [],
    )
    const ports: PortView[] = [...here, ...fabric, ...uplinks].map((port) => ({ port, name: `p${port}`, up: true }))
    datapaths.set(datapathId, {
      datapathId,
      ports: new Map(ports.map((port) => [port.port, port])),
      fabricPorts: new Set(fabric),
      uplinkPorts: new Set(uplinks),
      nextHops: new Map(
        datapathIds.flatMap((other, at): [string, number][] =>
          at === index ? [] : [[other, at < index ? LINE_PORTS.left : LINE_PORTS.right]],
        ),
      ),
      floodPorts: new Set(fabric),
    })
  }
  const places = new Map(
    [...intent.interfaces.values()].flatMap(({ name, attachment }): [string, { datapathId: string; port: number }][] =>
      attachment.kind === 'port' ? [[name, { datapathId: attachment.datapathId, port: attachment.port }]] : [],
    ),
  )
  return { intent, observed: { datapaths, places }, backend }
}

/** A packet between two of these interfaces, or between one and the world. */
export function arbitraryPacket(names: string[]): fc.Arbitrary<ArbitraryPacket> {
  const end = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.constantFrom(...WORLD) },
  )
  return fc
    .record({
      from: end,
      to: end,
      flow: fc.oneof(
        fc
          .constantFrom(...PORTS, 81, 8090, 9999)
          .chain((port) => fc.constantFrom(6, 17, 132).map((protocol) => ({ protocol, port }))),
        fc.constantFrom<{ protocol: number; port?: number; code?: number }>(
          { protocol: 1, port: 8 },
          { protocol: 1, port: 8 },
          { protocol: 1, port: 13 },
          { protocol: 1, port: 3, code: 4 },
          { protocol: 1, port: 3, code: 1 },
          { protocol: 47 },
        ),
      ),
      six: fc.boolean(),
      reply: fc.boolean(),
      kept: fc.option(fc.record({ egress: fc.boolean(), ingress: fc.boolean() }), { nil: undefined }),
    })
    .map(({ from, to, flow, six, reply, kept }) => {
      const family = parseAddress(from)?.family ?? parseAddress(to)?.family ?? (six ? 6 : 4)
      const type = { 8: 128, 13: 129, 3: 1 }[flow.port ?? 0]
      const message = flow.protocol === 1 && family === 6 && type !== undefined ? { protocol: 58, port: type } : {}
      return { from, to, family, reply, ...flow, ...message, ...(reply && kept !== undefined ? { kept } : {}) }
    })
}

export interface ArbitraryNetwork {
  state: NetworkState
  intent: Intent
  packets: ArbitraryPacket[]
}

/** A whole network and packets to ask about. */
export function arbitraryNetwork(packetCount = 8, backend: Backend = 'fabric'): fc.Arbitrary<ArbitraryNetwork> {
  return arbitraryRecords.chain((records) => {
    const names = records.records.flatMap(({ kind, name }) => (kind === 'interface' ? [name] : []))
    return fc.array(arbitraryPacket(names), { minLength: 1, maxLength: packetCount }).map((packets) => {
      const intent = intentOf(records)
      return { state: networkOf(intent, records.datapathIds, backend), intent, packets }
    })
  })
}

function constants<T extends object>(values: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.constant(value)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>
  }
}
