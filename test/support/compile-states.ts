/**
 * Walks through states for tests of the compiler: networks that follow each other, with the change set and the observed
 * delta that lead from each to the next, as the store's watch and the topology would tell them.
 */
import fc from 'fast-check'
import { sameValue } from '../../controller/policy/changes.ts'
import type { EntryChangeSet } from '../../controller/policy/entries.ts'
import type { DatapathView, Edge, ObservedDelta, ObservedView, Place } from '../../controller/policy/state.ts'
import { IDENTITY, type IdentityRecord, type LinkCarrier, PREFIX } from '../../model/records.ts'
import {
  type ArbitraryRecords,
  arbitraryRecords,
  intentOf,
  LINE_PORTS,
  networkOf,
  snapshotOf,
} from './arbitrary-state.ts'
import { carriedNetwork, type Ends } from './carried-network.ts'

/** One state of a walk: what the store holds and what is seen. */
export interface Step {
  snapshot: EntryChangeSet
  observed: ObservedView
}

/** Choices that spoil a neat network: which records, switches, places, uplinks and ports there are. */
interface Spoiling {
  records: ArbitraryRecords
  kept: boolean[]
  switches: boolean[]
  moved: { from: number; to: number; port: number }[]
  uplinks: boolean
  fabric: boolean
  down: number
  noNumbers: boolean[]
  /** How far identities are turned round among the first few numbers, so that numbers change hands. */
  turned: number
  /** Ends of tunnels and carriers of the switches; whether those that are not there are known from before. */
  ends: Ends[]
  remembered: boolean
}

/** Mostly nothing, as in most networks. */
const arbitraryEnds: fc.Arbitrary<Ends> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Ends>({ carriers: [] }) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        tunnel: fc.record({ kind: fc.constantFrom('geneve' as const, 'vxlan' as const), six: fc.boolean() }),
        carriers: fc.shuffledSubarray<LinkCarrier>(['mpls', 'vlan']),
        mtu: fc.constantFrom(1500, 1600, 9000),
      },
      { requiredKeys: ['carriers'] },
    ),
  },
)

const spoiling = (records: ArbitraryRecords): fc.Arbitrary<Spoiling> =>
  fc.record({
    records: fc.constant(records),
    kept: fc.array(mostly(), { minLength: 16, maxLength: 16 }),
    switches: fc.array(mostly(), { minLength: 3, maxLength: 3 }),
    moved: fc.array(
      fc.record({
        from: fc.integer({ min: 0, max: 5 }),
        to: fc.integer({ min: 0, max: 2 }),
        port: fc.constantFrom(1, 2, 7, LINE_PORTS.right, LINE_PORTS.uplink),
      }),
      { maxLength: 2 },
    ),
    uplinks: mostly(),
    fabric: mostly(),
    down: fc.integer({ min: 0, max: 6 }),
    noNumbers: fc.array(mostly(), { minLength: 8, maxLength: 8 }),
    turned: fc.nat(TURNED - 1),
    ends: fc.array(arbitraryEnds, { minLength: 3, maxLength: 3 }),
    remembered: fc.boolean(),
  })

function mostly(): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 7 }).map((number) => number > 0)
}

/** Several states of two pools of records; records of one name differ between the pools. */
export const arbitraryWalk: fc.Arbitrary<Step[]> = fc
  .tuple(arbitraryRecords, arbitraryRecords)
  .chain(([one, other]) =>
    fc.array(fc.oneof(spoiling(one), spoiling(mixed(one, other))), { minLength: 2, maxLength: 5 }),
  )
  .map((spoilings) => spoilings.map(stepOf))

/** Interfaces and partitions of one, policies of the other where they fit. */
function mixed(one: ArbitraryRecords, other: ArbitraryRecords): ArbitraryRecords {
  const vnps = one.records.filter(({ kind }) => kind === 'vnp')
  const fits = new Set(vnps.map(({ name }) => name))
  const policies = other.records.filter((record) => record.kind === 'policy' && fits.has(record.vnp))
  const interfaces = one.records.filter(({ kind }) => kind === 'interface')
  return { ...one, records: [...interfaces, ...vnps, ...policies] }
}

function stepOf(spoiling: Spoiling): Step {
  const { records, kept, switches, moved, uplinks, fabric, down, noNumbers, turned, ends, remembered } = spoiling
  const some = { ...records, records: records.records.filter((_, index) => kept[index % kept.length]) }
  const whole = networkOf(intentOf(some), some.datapathIds)
  const carried = carriedNetwork(whole, { ends, links: true })
  const snapshot = snapshotOf(some)
  const numbers = snapshot.changes.filter(({ key }) => key.startsWith('number/') || key.startsWith('identity/'))
  const gone = new Set(numbers.filter((_, index) => !noNumbers[index % noNumbers.length]).map(({ key }) => key))
  const datapaths = new Map<string, DatapathView>()
  const absent = new Map<string, Edge>()
  for (const [index, [datapathId, view]] of [...carried.observed.datapaths].entries()) {
    if (!switches[index]) {
      const { tunnel, carriers, mtu } = view
      if (remembered && (tunnel ?? carriers) !== undefined)
        absent.set(datapathId, { ...(tunnel && { tunnel }), ...(carriers && { carriers }), ...(mtu && { mtu }) })
      continue
    }
    const ports = new Map([...view.ports].map(([port, its]) => [port, { ...its, up: port !== down }]))
    const none = new Set<number>()
    datapaths.set(datapathId, {
      ...view,
      ports,
      fabricPorts: fabric ? view.fabricPorts : new Set(view.tunnel === undefined ? [] : [view.tunnel.port]),
      floodPorts: fabric ? view.floodPorts : none,
      nextHops: fabric ? view.nextHops : new Map(),
      uplinkPorts: uplinks ? view.uplinkPorts : none,
    })
  }
  const places = new Map<string, Place>(whole.observed.places)
  for (const { from, to, port } of moved) {
    const name = `if-${from}`
    const datapathId = some.datapathIds[to]
    if (datapathId !== undefined && places.has(name)) places.set(name, { datapathId, port })
    else places.delete(name)
  }
  const changes = snapshot.changes.filter(({ key }) => !gone.has(key)).map((change) => turn(change, turned))
  return { snapshot: { ...snapshot, changes }, observed: { datapaths, places, absent } }
}

/** Identity numbers that change hands. */
const TURNED = 10

function turn(change: EntryChangeSet['changes'][number], by: number): EntryChangeSet['changes'][number] {
  const { after } = change
  if (after === undefined || !change.key.startsWith(PREFIX.identity)) return change
  const record = after.value as IdentityRecord
  const place = record.number - IDENTITY.first
  if (place >= TURNED) return change
  const number = IDENTITY.first + ((place + by) % TURNED)
  const key = PREFIX.identity + number
  return { key, after: { ...after, key, value: { ...record, number } } }
}

/** The change set that leads from one content of the store to another. */
export function changesBetween(
  before: EntryChangeSet | undefined,
  after: EntryChangeSet,
  revision: number,
): EntryChangeSet {
  const had = new Map((before?.changes ?? []).map(({ key, after: entry }) => [key, entry]))
  const changes: EntryChangeSet['changes'][number][] = []
  for (const { key, after: entry } of after.changes) {
    if (!sameValue(had.get(key)?.value, entry?.value)) changes.push({ key, after: entry })
    had.delete(key)
  }
  for (const key of had.keys()) changes.push({ key, after: undefined })
  return { revision, changes }
}

/** What differs between two observed views. */
export function observedBetween(before: ObservedView, after: ObservedView): ObservedDelta {
  return {
    datapaths: differing(before.datapaths, after.datapaths),
    places: differing(before.places, after.places),
    ends: differing(edgesOf(before), edgesOf(after)),
  }
}

function edgesOf({ datapaths, absent }: ObservedView): Map<string, Edge> {
  const found = new Map<string, Edge>(absent)
  for (const [datapathId, { tunnel, carriers, mtu }] of datapaths)
    found.set(datapathId, { ...(tunnel && { tunnel }), ...(carriers && { carriers }), ...(mtu && { mtu }) })
  return found
}

function differing<V>(before: ReadonlyMap<string, V>, after: ReadonlyMap<string, V>): Set<string> {
  const keys = new Set([...before.keys(), ...after.keys()])
  return new Set([...keys].filter((key) => text(before.get(key)) !== text(after.get(key))))
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, its) => (its instanceof Set || its instanceof Map ? [...its] : its)) ?? ''
}
