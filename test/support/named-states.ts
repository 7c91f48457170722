/**
 * Networks worth coming to by many ways: each has a feature of policy, of the data path or of the wiring that incremental
 * compilation has to get right. Records as a writer gives them and how switches are wired; which steps lead there is in
 * state-ways.ts.
 */
import type { AnyRecord, InterfaceRecord, Policy, Rule, Selector } from '../../model/records.ts'
import type { Tag } from '../../model/tag.ts'
import type { PortRef } from '../../topology/graph.ts'
import { datapathName, LINE_PORTS } from './arbitrary-state.ts'
import { iface, policy, rule, switchRecord, vnp } from './records.ts'

export interface Wiring {
  /** Ports by number; port 7 is named p7. */
  switches: { datapathId: string; ports: number[] }[]
  links: [PortRef, PortRef][]
}

export interface NamedState {
  name: string
  wiring: Wiring
  /** Their numbers and times are of no account. */
  records: AnyRecord[]
}

export const NOWHERE: NamedState = { name: 'nothing at all', wiring: { switches: [], links: [] }, records: [] }

const [ONE, TWO, THREE] = [datapathName(1), datapathName(2), datapathName(3)]
const TENANT_PORTS = [1, 2, 3, 4, 5, 6, 7, 8]

/** Switches in a line; each of the inner ones has two links, the last is a leaf. */
function line(count: number, ports = TENANT_PORTS): Wiring {
  const switches = Array.from({ length: count }, (_, index) => ({
    datapathId: datapathName(index + 1),
    ports: [
      ...ports,
      ...(index > 0 ? [LINE_PORTS.left] : []),
      ...(index < count - 1 ? [LINE_PORTS.right] : []),
      ...(index === 0 ? [LINE_PORTS.uplink] : []),
    ],
  }))
  const links = switches.slice(1).map(({ datapathId }, index): [PortRef, PortRef] => [
    { datapathId: datapathName(index + 1), port: LINE_PORTS.right },
    { datapathId, port: LINE_PORTS.left },
  ])
  return { switches, links }
}

const has = (...tags: string[]): Selector => ({ allOf: tags.map(tag), anyOf: [], noneOf: [] })
const any = (...tags: string[]): Selector => ({ allOf: [], anyOf: tags.map(tag), noneOf: [] })
const tag = (text: string): Tag => JSON.stringify(text) as Tag
const tagged = (...tags: string[]) => ({ kind: 'tags', selector: has(...tags) }) as const
const cidr = (text: string) => ({ kind: 'cidr', cidr: text }) as const
const members = (name: string) => ({ kind: 'vnp', vnp: name }) as const
const ANY = { kind: 'any' } as const
const tcp = (first: number, last = first): Partial<Rule> => ({ protocols: [6], ports: [{ first, last }] })

const on = (record: InterfaceRecord, datapathId: string, port: number): InterfaceRecord => ({
  ...record,
  attachment: { kind: 'port', datapathId, port },
})
const EDGE = switchRecord('edge', ONE, [`p${LINE_PORTS.uplink}`])

/** Web servers and databases on two switches. */
const SHOP: AnyRecord[] = [
  on(iface('web-1', 1, ['shop', 'web']), ONE, 1),
  on(iface('web-2', 2, ['shop', 'web', 'canary']), TWO, 2),
  on(iface('db-1', 3, ['shop', 'db']), TWO, 3),
]

/** `count` interfaces, each with a tag of its own, that are subjects, and as many that are peers of one rule. */
function product(subjects: number, peers: number): AnyRecord[] {
  const numbered = (what: string, count: number, from: number) =>
    Array.from({ length: count }, (_, index) =>
      on(iface(`${what}-${index}`, from + index, [what, `${what}${index}`]), index % 2 === 0 ? ONE : TWO, from + index),
    )
  const every = [...numbered('near', subjects, 1), ...numbered('far', peers, subjects + 1)]
  const own = every.flatMap(({ tags }) => tags)
  return [
    ...every,
    vnp('all', { ingressDefault: 'allow' }),
    // Mentions every tag, so that each interface has an identity of its own.
    vnp('apart', { selector: { allOf: [], anyOf: own, noneOf: [] }, egressDefault: 'deny', priority: 1 }),
    policy('near-to-far', 'all', [rule('egress', tagged('far'), 'deny', tcp(22))], { appliesTo: has('near') }),
  ]
}

const PING: Partial<Rule> = { protocols: [1, 58] }
const ECHO: Partial<Rule> = {
  ...PING,
  icmp: [
    { protocol: 1, type: 8 },
    { protocol: 58, type: 128, code: 0 },
  ],
}

/** Two records of equal priorities: only names and indices tell which of their rules comes first. */
function ties(): AnyRecord[] {
  const conflict = (name: string, rules: Rule[]): Policy => policy(name, 'merged', rules, { priority: 5 })
  return [
    ...SHOP,
    vnp('merged', { resolution: 'ordered-merge', ingressDefault: 'deny' }),
    conflict('b', [rule('ingress', tagged('web'), 'deny', tcp(80)), rule('ingress', tagged('web'), 'allow', tcp(80))]),
    conflict('a', [rule('ingress', ANY, 'allow', tcp(80, 443)), rule('ingress', ANY, 'reject', tcp(80))]),
    policy('c', 'merged', [rule('egress', ANY, 'deny', { ...tcp(22), priority: 9 })], { priority: 5 }),
  ]
}

/** The same addresses in two networks, over three switches: the one between carries what is none of its own. */
function overlapping(): AnyRecord[] {
  const place = (name: string, index: number, network: string, datapathId: string, port: number) => ({
    ...on(iface(name, index, ['app', network], network), datapathId, port),
    mac: 0x0200_0000_1000 + port * 16 + Number(`0x${datapathId}`),
  })
  return [
    EDGE,
    place('red-1', 1, 'red', ONE, 1),
    place('red-2', 2, 'red', TWO, 2),
    place('red-3', 3, 'red', THREE, 3),
    place('blue-1', 1, 'blue', ONE, 4),
    place('blue-2', 2, 'blue', TWO, 5),
    place('green-1', 1, 'green', ONE, 6),
    place('green-3', 3, 'green', THREE, 7),
    vnp('apps', { selector: has('app'), ingressDefault: 'allow' }),
    policy('blue-out', 'apps', [rule('egress', cidr('192.0.2.0/24'), 'allow'), rule('egress', ANY, 'deny', tcp(22))], {
      appliesTo: has('blue'),
    }),
  ]
}

export const NAMED_STATES: readonly NamedState[] = [
  { name: 'two switches and no record', wiring: line(2), records: [] },
  {
    name: 'one partition',
    wiring: line(2),
    records: [...SHOP, vnp('shop', { selector: has('shop'), ingressDefault: 'allow' })],
  },
  {
    name: 'two partitions with a rule across',
    wiring: line(2),
    records: [
      ...SHOP,
      on(iface('vault', 4, ['backup']), ONE, 4),
      vnp('shop', { selector: has('shop') }),
      vnp('backup', { selector: has('backup') }),
      policy('db', 'shop', [rule('ingress', members('backup'), 'allow', tcp(873))], { appliesTo: has('db') }),
      policy('fetch', 'backup', [rule('egress', members('shop'), 'allow', { protocols: [6] })]),
    ],
  },
  {
    name: 'tiers with pass',
    wiring: line(2),
    records: [
      ...SHOP,
      vnp('shop', { selector: has('shop') }),
      policy(
        'operator',
        'shop',
        [
          rule('egress', ANY, 'deny', tcp(23)),
          rule('ingress', ANY, 'pass', { ...tcp(9100), priority: 2 }),
          rule('ingress', ANY, 'deny', { ...tcp(9000, 9200), priority: 1 }),
        ],
        { tier: 'admin' },
      ),
      policy('tenant', 'shop', [
        rule('ingress', tagged('web'), 'pass', tcp(80, 81)),
        rule('ingress', ANY, 'deny', tcp(80)),
      ]),
      policy('base', 'shop', [rule('ingress', ANY, 'allow', tcp(9000, 9200)), rule('ingress', ANY, 'allow', tcp(80))], {
        tier: 'baseline',
      }),
    ],
  },
  {
    name: 'overlapping memberships under three resolutions',
    wiring: line(2),
    records: [
      ...SHOP,
      on(iface('both', 4, ['web', 'db', 'shop']), ONE, 4),
      vnp('by-priority', { selector: has('shop'), resolution: 'highest-priority', priority: 2 }),
      vnp('strict', { selector: has('web'), resolution: 'strictest-wins', priority: 2, ingressDefault: 'allow' }),
      vnp('in-order', { selector: any('web', 'db'), resolution: 'ordered-merge', priority: 1, egressDefault: 'deny' }),
      ...['by-priority', 'strict', 'in-order'].flatMap((name, index) => [
        policy(`${name}-one`, name, [
          rule('ingress', ANY, 'allow', { ...tcp(80), priority: 3 }),
          rule('ingress', tagged('web'), 'deny', { ...tcp(80, 90), priority: index }),
        ]),
        policy(`${name}-two`, name, [rule('egress', tagged('db'), 'reject', tcp(80))], { priority: 2 }),
      ]),
    ],
  },
  { name: 'ties of an ordered merge', wiring: line(2), records: ties() },
  {
    name: 'nested prefixes of the world',
    wiring: line(2),
    records: [
      EDGE,
      ...SHOP,
      vnp('shop', { selector: has('shop') }),
      policy('out', 'shop', [
        rule('egress', cidr('0.0.0.0/0'), 'allow'),
        rule('egress', cidr('192.0.2.0/24'), 'deny', { priority: 1 }),
        rule('egress', cidr('192.0.2.128/25'), 'allow', { ...tcp(443), priority: 2 }),
        rule('egress', cidr('192.0.2.200/32'), 'deny', { priority: 3 }),
        rule('ingress', cidr('2001:db8::/32'), 'allow', tcp(80)),
        rule('ingress', cidr('2001:db8::/64'), 'deny', { priority: 1 }),
      ]),
    ],
  },
  {
    name: 'rate limits and logs',
    wiring: line(2),
    records: [
      ...SHOP,
      vnp('shop', { selector: has('shop'), ingressDefault: 'allow' }),
      policy('limits', 'shop', [
        rule('ingress', tagged('web'), 'rate-limit', { ...tcp(5432), rateKbps: 1000, burstKb: 100 }),
        rule('ingress', ANY, 'log', { protocols: [6], priority: 9 }),
        rule('egress', ANY, 'rate-limit', { protocols: [17], rateKbps: 50, burstKb: 10, log: true }),
        rule('egress', tagged('db'), 'deny', { ...tcp(25), log: true }),
      ]),
      policy('more', 'shop', [rule('egress', ANY, 'rate-limit', { ...PING, rateKbps: 10, burstKb: 1, priority: 1 })]),
    ],
  },
  {
    name: 'both families with ICMP',
    wiring: line(2),
    records: [
      ...SHOP,
      { ...on(iface('six', 4, ['shop', 'web']), ONE, 4), addresses: ['fd00::4', 'fd00::44'] },
      { ...on(iface('four', 5, ['shop', 'db']), TWO, 5), addresses: ['10.0.0.5'], portSecurity: false },
      vnp('shop', { selector: has('shop') }),
      policy('ping', 'shop', [rule('ingress', ANY, 'allow', ECHO), rule('ingress', tagged('db'), 'reject', PING)]),
      policy('six-only', 'shop', [rule('ingress', cidr('::/0'), 'allow', { protocols: [58] })], { priority: 1 }),
    ],
  },
  {
    name: 'interfaces without a place',
    wiring: line(2, [1, 2]),
    records: [
      ...SHOP,
      on(iface('no-port', 4, ['shop', 'web']), ONE, 44),
      { ...iface('no-name', 5, ['shop', 'db']), attachment: { kind: 'portName', portName: 'tap5' } },
      { ...iface('unseen', 6, ['shop', 'cache']), attachment: { kind: 'mac' } },
      { ...iface('named', 7, ['shop', 'web']), attachment: { kind: 'portName', portName: 'p2', datapathId: ONE } },
      vnp('shop', { selector: has('shop'), ingressDefault: 'allow' }),
      policy('web', 'shop', [rule('ingress', tagged('cache'), 'deny', tcp(80))], { appliesTo: has('web') }),
    ],
  },
  { name: 'a rule of as many rows as fit', wiring: line(2), records: product(2, 4) },
  { name: 'a rule of one row more, a conjunction', wiring: line(2), records: product(3, 3) },
  { name: 'overlapping addresses on three switches, one a leaf', wiring: line(3), records: overlapping() },
]
