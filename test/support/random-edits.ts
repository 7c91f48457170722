/**
 * Random edits of a living network: one record, one switch, one port or one link at a time, drawn from what is there. A
 * run is told by its seed. The vocabularies are small, so that tags, addresses, ports and prefixes collide. It refuses to
 * know what an edit does; the writer may refuse one, and then another is drawn.
 */
import type { Write } from '../../controller/policy/propose.ts'
import type { PortView } from '../../controller/policy/state.ts'
import type {
  AnyRecord,
  Attachment,
  InterfaceRecord,
  Peer,
  Policy,
  Resolution,
  Rule,
  RuleAction,
  Selector,
  SwitchRecord,
  Vnp,
} from '../../model/records.ts'
import { canonicalSelector } from '../../model/selector.ts'
import { type Tag, tagSet } from '../../model/tag.ts'
import type { PortRef } from '../../topology/graph.ts'
import type { Random } from '../fuzz/engine/random.ts'
import { CIDRS, datapathName, interfaceRecord, napRecord } from './arbitrary-state.ts'
import type { CompileWorld, Step } from './compile-world.ts'
import type { PolicyStore } from './policy-store.ts'
import { policy, rule, switchRecord, vnp } from './records.ts'
import { upsert } from './state-ways.ts'

const TAGS = ['"app"', '"db"', '"web"', '42', '{"env":"prod","tier":1}', '"idle"'] as Tag[]
/** In no selector. */
const IRRELEVANT = ['"blue-green"', '{"note":7}'] as Tag[]
const NETWORKS = ['default', 'default', 'blue', 'red']
const RESOLUTIONS: readonly Resolution[] = ['highest-priority', 'strictest-wins', 'ordered-merge']
const VERDICTS = ['allow', 'deny'] as const
const NAPS = ['nap-1', 'nap-2', 'nap-3']
const SWITCHES = 4
const INTERFACES = 14
const VNPS = 4
const POLICIES = 6
const RULES = 6
/** Ports of interfaces; 10 and 11 may be links, 20 an uplink. */
const TENANTS = 8
const LINKS = [10, 11]
const UPLINK = 20
const PORTS = [...Array.from({ length: TENANTS }, (_, index) => index + 1), ...LINKS, UPLINK]
const NUMBERED = [22, 80, 81, 443, 8080]

/** What can be drawn, with how often among all. */
const EDITS: readonly [weight: number, draw: (world: CompileWorld, random: Random) => Step | undefined][] = [
  [20, tags],
  [10, editInterface],
  [6, createInterface],
  [4, moveInterface],
  [6, inheritance],
  [4, poolTags],
  [3, deleteRecord],
  [8, editVnp],
  [22, editPolicy],
  [3, createPolicy],
  [3, editSwitch],
  [5, port],
  [5, link],
  [2, joinOrLeave],
  [3, seen],
  [2, (_, random) => ({ what: 'time', ms: random.below(2000) })],
  [1, () => ({ what: 'nothing' })],
  [1, (_, random) => (random.oneIn(4) ? { what: 'restart' } : undefined)],
]
const ALL_WEIGHTS = EDITS.reduce((sum, [weight]) => sum + weight, 0)

/** What a walk starts from: switches in a line, and nothing that they enforce. */
export function beginning(): Step[] {
  const steps: Step[] = []
  for (let index = 1; index <= 3; index++) steps.push(up(datapathName(index)))
  for (let index = 1; index <= 2; index++) steps.push({ what: 'link', ...cable(index), there: true })
  return steps
}

/** The next edit that this network may take; it may still be refused. */
export function randomEdit(world: CompileWorld, random: Random): Step {
  for (;;) {
    let at = random.below(ALL_WEIGHTS)
    const [, draw] = EDITS.find(([weight]) => {
      at -= weight
      return at < 0
    })!
    const step = draw(world, random)
    if (step !== undefined) return step
  }
}

/** Makes `count` edits that the writer takes. */
export function edited(
  world: CompileWorld,
  random: Random,
  count: number,
  after: (step: Step, at: number) => void,
): void {
  for (let done = 0; done < count; ) {
    const step = randomEdit(world, random)
    if (world.take(step) !== undefined) continue
    done++
    after(step, done)
  }
}

const write = (...writes: Write[]): Step => ({ what: 'write', writes })
const put = (record: AnyRecord): Step => write(upsert(record))

function some<T>(random: Random, from: readonly T[], most: number): T[] {
  return [...new Set(Array.from({ length: random.below(most + 1) }, () => random.pick(from)))]
}

function pickOf<T>(random: Random, from: Iterable<T>): T | undefined {
  const list = [...from]
  return list.length === 0 ? undefined : random.pick(list)
}

function selector(random: Random): Selector {
  const parts = () => (random.oneIn(2) ? some(random, TAGS, 2) : [])
  return canonicalSelector({ allOf: parts(), anyOf: parts(), noneOf: random.oneIn(3) ? parts() : [] })
}

function tags({ store }: CompileWorld, random: Random): Step | undefined {
  const name = pickOf(random, store.intent.interfaces.keys())
  if (name === undefined) return undefined
  const from = random.oneIn(5) ? IRRELEVANT : TAGS
  const replace = random.oneIn(6)
  return write({ op: 'tags', name, add: some(random, from, 2), remove: some(random, from, 2), replace })
}

function createInterface({ store }: CompileWorld, random: Random): Step | undefined {
  const index = 1 + random.below(INTERFACES)
  if (store.intent.interfaces.has(`if-${index}`)) return undefined
  const datapathId = datapathName(1 + random.below(SWITCHES))
  const record = interfaceRecord(index, random.pick(NETWORKS), some(random, TAGS, 3), datapathId)
  return put({ ...record, attachment: attachment(random) })
}

function attachment(random: Random): Attachment {
  const datapathId = datapathName(1 + random.below(SWITCHES))
  const number = random.oneIn(12) ? random.pick(PORTS) : 1 + random.below(TENANTS)
  if (random.oneIn(5)) return { kind: 'mac' }
  if (random.oneIn(8)) return { kind: 'ifaceId', ...(random.oneIn(2) ? {} : { ifaceId: `id-${number}` }) }
  if (random.oneIn(4)) return { kind: 'portName', portName: `p${number}`, ...(random.oneIn(3) ? {} : { datapathId }) }
  return { kind: 'port', datapathId, port: number }
}

function moveInterface({ store }: CompileWorld, random: Random): Step | undefined {
  const record = pickOf(random, store.intent.interfaces.values())
  return record && put({ ...record, attachment: attachment(random) })
}

function editInterface({ store }: CompileWorld, random: Random): Step | undefined {
  const record = pickOf(random, store.intent.interfaces.values())
  if (record === undefined) return undefined
  const host = 1 + random.below(INTERFACES)
  const choices: (() => Partial<InterfaceRecord>)[] = [
    () => ({ network: random.pick(NETWORKS) }),
    () => ({ addresses: [...new Set([`10.0.0.${host}`, ...record.addresses.slice(1)])] }),
    () => ({ addresses: record.addresses.slice(0, 1) }),
    () => ({ addresses: [...new Set([...record.addresses, `fd00::${host.toString(16)}`])] }),
    () => ({ portSecurity: !record.portSecurity }),
    () => ({ mac: 0x020000000000 + host }),
    () => ({ tags: tagSet(some(random, TAGS, 3)) }),
  ]
  return put({ ...record, ...random.pick(choices)() })
}

/** As if addresses were leased or released, and what the record says of what it inherits. */
function inheritance({ store }: CompileWorld, random: Random): Step | undefined {
  const record = pickOf(random, store.intent.interfaces.values())
  if (record === undefined) return undefined
  const { naps: _, overrides, ...rest } = record
  const naps = some(random, NAPS, 2).sort()
  const without = random.oneIn(3) ? tagSet(some(random, TAGS, 2)) : (overrides?.without ?? [])
  const takesLess = without.length === 0 ? {} : { overrides: { without } }
  return put({ ...rest, ...(naps.length === 0 ? {} : { naps }), ...takesLess })
}

function poolTags({ store }: CompileWorld, random: Random): Step {
  const index = 1 + random.below(NAPS.length)
  const name = `nap-${index}`
  if (store.intent.naps.has(name) && random.oneIn(5)) return write({ op: 'delete', kind: 'nap', name })
  return put(napRecord(index, some(random, TAGS, 3)))
}

function deleteRecord({ store }: CompileWorld, random: Random): Step | undefined {
  const { interfaces, vnps, policies, switches } = store.intent
  const record = pickOf<AnyRecord>(random, [
    ...[...interfaces.values(), ...policies.values()],
    ...[...vnps.values(), ...switches.values()].filter(() => random.oneIn(2)),
  ])
  return record && write({ op: 'delete', kind: record.kind, name: record.name })
}

function editVnp({ store }: CompileWorld, random: Random): Step {
  const name = `vnp-${1 + random.below(VNPS)}`
  const record = store.intent.vnps.get(name)
  if (record === undefined) return put(vnp(name, { selector: selector(random), priority: random.below(3) }))
  const choices: (() => Partial<Vnp>)[] = [
    () => ({ selector: selector(random) }),
    () => ({ selector: selector(random) }),
    () => ({ priority: random.below(3) }),
    () => ({ resolution: random.pick(RESOLUTIONS) }),
    () => ({ ingressDefault: random.pick(VERDICTS) }),
    () => ({ egressDefault: random.pick(VERDICTS) }),
  ]
  return put({ ...record, ...random.pick(choices)() })
}

function createPolicy({ store }: CompileWorld, random: Random): Step | undefined {
  const name = `pol-${1 + random.below(POLICIES)}`
  const its = pickOf(random, store.intent.vnps.keys())
  if (its === undefined || store.intent.policies.has(name)) return undefined
  const rules = Array.from({ length: random.below(RULES) }, () => randomRule(random, store))
  return put(policy(name, its, rules, { appliesTo: selector(random), priority: random.below(4) }))
}

function editPolicy({ store }: CompileWorld, random: Random): Step | undefined {
  const record = pickOf(random, store.intent.policies.values())
  if (record === undefined) return undefined
  const vnps = [...store.intent.vnps.keys()]
  const { rules } = record
  const at = random.below(rules.length + 1)
  const choices: (() => Partial<Policy>)[] = [
    () => ({
      rules: rules.length < RULES ? rules.toSpliced(at, 0, randomRule(random, store)) : rules.toSpliced(at, 1),
    }),
    () => ({ rules: rules.toSpliced(at, 1, randomRule(random, store)) }),
    () => ({ rules: rules.toSpliced(at, 1) }),
    () => ({ rules: [...rules.slice(at), ...rules.slice(0, at)] }),
    () => ({ appliesTo: selector(random) }),
    () => ({ priority: random.below(4) }),
    () => ({ vnp: random.pick(vnps) }),
  ]
  if (random.oneIn(8)) {
    const { tier: _, ...rest } = record
    return put({ ...rest, ...random.pick([{}, { tier: 'admin' as const }, { tier: 'baseline' as const }]) })
  }
  return put({ ...record, ...random.pick(choices)() })
}

/** Limits are so high that no packet of a test is over them. */
function randomRule(random: Random, { intent }: PolicyStore): Rule {
  const vnps = [...intent.vnps.keys()]
  const peers: (() => Peer)[] = [
    () => ({ kind: 'any' }),
    () => ({ kind: 'tags', selector: selector(random) }),
    () => ({ kind: 'vnp', vnp: random.pick(vnps) }),
    () => ({ kind: 'cidr', cidr: random.pick(CIDRS) }),
  ]
  const first = random.pick(NUMBERED)
  const ports = [{ first, last: first + random.pick([0, 0, 1, 30]) }]
  const layer4: (() => Partial<Rule>)[] = [
    () => ({}),
    () => ({ protocols: [6], ports }),
    () => ({ protocols: random.pick([[6, 17], [17], [132]]), ports }),
    () => ({ protocols: [1, 58] }),
    () => ({
      protocols: [1, 58],
      icmp: [
        { protocol: 1, type: 8 },
        { protocol: 58, type: 128, code: 0 },
      ],
    }),
  ]
  const action = random.pick(['allow', 'allow', 'deny', 'reject', 'log', 'rate-limit', 'pass'] as const)
  return rule(random.pick(['ingress', 'egress']), random.pick(peers)(), action, {
    ...random.pick(layer4)(),
    log: action === 'log' || random.oneIn(5),
    ...(action === 'rate-limit' ? { rateKbps: 1_000_000 * (1 + random.below(3)), burstKb: 1_000_000 } : {}),
    ...(random.oneIn(2) ? { priority: random.below(4) } : {}),
    ...steering(random, [...intent.interfaces.keys()], action),
  })
}

function steering(random: Random, names: readonly string[], action: RuleAction): Pick<Rule, 'mirror' | 'redirect'> {
  if (action === 'log' || action === 'pass' || names.length === 0) return {}
  const passes = action === 'allow' || action === 'rate-limit'
  return {
    ...(random.oneIn(6) ? { mirror: random.pick(names) } : {}),
    ...(passes && random.oneIn(10) ? { redirect: [...new Set([random.pick(names), random.pick(names)])] } : {}),
  }
}

function editSwitch(_: CompileWorld, random: Random): Step {
  const index = 1 + random.below(SWITCHES)
  const record: SwitchRecord = switchRecord(`sw-${index}`, datapathName(index), random.oneIn(2) ? [`p${UPLINK}`] : [])
  return put({ ...record, uplinks: random.oneIn(4) ? [`p${random.pick(PORTS)}`] : record.uplinks })
}

function view(number: number, isUp = true): PortView {
  return { port: number, name: `p${number}`, up: isUp }
}

function up(datapathId: string, ports = PORTS): Step {
  return { what: 'switch up', datapathId, ports: ports.map((number) => view(number)) }
}

function port({ observed }: CompileWorld, random: Random): Step | undefined {
  const datapathId = pickOf(random, observed.datapaths.keys())
  if (datapathId === undefined) return undefined
  const number = random.pick(PORTS)
  const isThere = observed.datapaths.get(datapathId)?.ports.has(number) === true
  if (isThere && random.oneIn(2))
    return { what: 'port', datapathId, port: view(number, random.oneIn(2)), removed: false }
  return { what: 'port', datapathId, port: view(number), removed: isThere && random.oneIn(2) }
}

/** From the right-hand link port of a switch to the left-hand one of the next; the last and the first close the ring. */
function cable(index: number): { one: PortRef; other: PortRef } {
  return {
    one: { datapathId: datapathName(index), port: LINKS[1]! },
    other: { datapathId: datapathName((index % SWITCHES) + 1), port: LINKS[0]! },
  }
}

/** The cables that there are, whether or not anybody has found them yet. */
export function cableAt(datapathId: string, port: number): PortRef | undefined {
  for (let index = 1; index <= SWITCHES; index++) {
    const { one, other } = cable(index)
    if (one.datapathId === datapathId && one.port === port) return other
    if (other.datapathId === datapathId && other.port === port) return one
  }
  return undefined
}

function link({ observed }: CompileWorld, random: Random): Step | undefined {
  const { one, other } = cable(1 + random.below(SWITCHES))
  const here = observed.datapaths.get(one.datapathId)
  if (here === undefined || !observed.datapaths.has(other.datapathId)) return undefined
  return { what: 'link', one, other, there: !here.fabricPorts.has(one.port) || random.oneIn(4) }
}

function joinOrLeave({ observed }: CompileWorld, random: Random): Step {
  const datapathId = datapathName(1 + random.below(SWITCHES))
  const isThere = observed.datapaths.has(datapathId)
  if (isThere && random.oneIn(2)) return { what: 'switch gone', datapathId }
  return up(datapathId, isThere ? PORTS.filter(() => !random.oneIn(6)) : PORTS)
}

function seen({ store, observed }: CompileWorld, random: Random): Step | undefined {
  const record = pickOf(
    random,
    [...store.intent.interfaces.values()].filter(({ attachment: { kind } }) => kind === 'mac'),
  )
  const datapathId = pickOf(random, observed.datapaths.keys())
  if (record === undefined || datapathId === undefined) return undefined
  return { what: 'seen', mac: record.mac, at: { datapathId, port: 1 + random.below(TENANTS) } }
}
