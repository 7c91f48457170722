/**
 * Ways to a state. A way is a list of steps; `toward` gives the direct one between any two named states, expanders turn
 * it into a longer one that ends in the same state: other order, other portions, repetitions, errors that are put right,
 * writes that change nothing, restarts. It refuses to know what a program looks like.
 */
import { sameValue } from '../../controller/policy/changes.ts'
import type { Write } from '../../controller/policy/propose.ts'
import type { PortView } from '../../controller/policy/state.ts'
import type { AnyRecord, DefaultVerdict, RecordKind } from '../../model/records.ts'
import { EVERYTHING } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import type { Random } from '../fuzz/engine/random.ts'
import type { Step } from './compile-world.ts'
import { type NamedState, NOWHERE } from './named-states.ts'
import { draftOf } from './policy-store.ts'

/** Whoever writes a record without an owner leaves it the one it has, so each is written with one. */
export function upsert(record: AnyRecord): Write {
  const owner = record.owner === '' ? 'walker' : record.owner
  return { op: 'update', record: { ...draftOf(record), owner }, allowMissing: true }
}

const gone = ({ kind, name }: AnyRecord): Write => ({ op: 'delete', kind, name, allowMissing: true })
const write = (...writes: Write[]): Step[] => (writes.length === 0 ? [] : [{ what: 'write', writes }])
const nameOf = ({ kind, name }: AnyRecord): string => `${kind}/${name}`
const portView = (port: number): PortView => ({ port, name: `p${port}`, up: true })

function physical(from: NamedState, to: NamedState): Step[] {
  const steps: Step[] = []
  const linkText = (link: unknown): string => JSON.stringify(link)
  const [had, has] = [from, to].map(({ wiring }) => new Set(wiring.links.map(linkText)))
  for (const link of from.wiring.links) {
    if (!has!.has(linkText(link))) steps.push({ what: 'link', one: link[0], other: link[1], there: false })
  }
  const before = new Map(from.wiring.switches.map(({ datapathId, ports }) => [datapathId, ports]))
  const after = new Map(to.wiring.switches.map(({ datapathId, ports }) => [datapathId, ports]))
  for (const datapathId of before.keys()) if (!after.has(datapathId)) steps.push({ what: 'switch gone', datapathId })
  for (const [datapathId, ports] of after) {
    const known = before.get(datapathId)
    if (known === undefined) steps.push({ what: 'switch up', datapathId, ports: ports.map(portView) })
    for (const port of new Set([...(known ?? ports), ...ports])) {
      const removed = !ports.includes(port)
      if (removed !== !(known ?? ports).includes(port)) {
        steps.push({ what: 'port', datapathId, port: portView(port), removed })
      }
    }
  }
  for (const link of to.wiring.links) {
    if (!had!.has(linkText(link))) steps.push({ what: 'link', one: link[0], other: link[1], there: true })
  }
  return steps
}

/** Batches of writes in an order that no constraint forbids. */
function recorded(from: NamedState, to: NamedState): Step[] {
  const before = new Map(from.records.map((record) => [nameOf(record), record]))
  const after = new Set(to.records.map(nameOf))
  const put = (kind: RecordKind): Step[] =>
    write(
      ...to.records
        .filter((record) => record.kind === kind)
        .filter((record) => !sameValue(record, before.get(nameOf(record))))
        .map(upsert),
    )
  const take = (kind: RecordKind): Step[] =>
    write(...from.records.filter((record) => record.kind === kind && !after.has(nameOf(record))).map(gone))
  return [
    ...[take('network'), put('network'), put('vnp'), take('policy'), put('policy'), take('vnp')],
    ...[take('interface'), take('switch'), put('switch'), put('interface')],
  ].flat()
}

/** The direct way from one state to another. */
export function toward(from: NamedState, to: NamedState): Step[] {
  return [...physical(from, to), ...recorded(from, to)]
}

/** A way from nothing to a state. `others`: states that it may lead through. */
export type Way = (state: NamedState, random: Random, others: readonly NamedState[]) => Step[]

/** Built, taken down in the order it was built in, and built again from the other end. */
const reversed: Way = (state, random) => {
  const down = recorded(state, { ...NOWHERE, wiring: state.wiring }).flatMap(eachAlone)
  const backwards: NamedState = {
    ...state,
    wiring: { switches: [...state.wiring.switches].reverse(), links: [...state.wiring.links].reverse() },
    records: [...state.records].reverse(),
  }
  const of = (...kinds: RecordKind[]): Step[] =>
    backwards.records.filter(({ kind }) => kinds.includes(kind)).flatMap((record) => write(upsert(record)))
  return [
    ...toward(NOWHERE, state),
    ...down.reverse().sort((one, other) => Number(deletesVnp(one)) - Number(deletesVnp(other))),
    ...physical(state, NOWHERE),
    { what: 'time', ms: random.below(3) * 1000 },
    ...of('interface'),
    ...physical(NOWHERE, backwards),
    ...[...of('vnp'), ...of('policy'), ...of('switch'), ...of('network')],
  ]
}

/** A partition goes after the policies that name it. */
function deletesVnp(step: Step): boolean {
  return step.what === 'write' && step.writes.some((its) => its.op === 'delete' && its.kind === 'vnp')
}

function eachAlone(step: Step): Step[] {
  return step.what === 'write' ? step.writes.flatMap((one) => write(one)) : [step]
}

/** Every field of every record in a write of its own, lists item by item. */
const split: Way = (state) => {
  const whole = recorded(NOWHERE, state).flatMap((step) => (step.what === 'write' ? step.writes : []))
  const writes = whole.flatMap((one) => (one.op === 'update' ? grown(one.record as AnyRecord) : [one]))
  return [...physical(NOWHERE, state), ...writes.flatMap((one) => write(one))]
}

/** From the least record of a name to the record, a field at a time. */
function grown(record: AnyRecord): Write[] {
  let now = { ...record, ...least(record) } as AnyRecord
  const found: Write[] = [upsert(now)]
  for (const [field, value] of Object.entries(least(record))) {
    const wanted = record[field as keyof AnyRecord] as unknown
    const parts = Array.isArray(wanted) && Array.isArray(value) ? wanted.map((_, at) => wanted.slice(0, at + 1)) : []
    for (const part of parts.length > 0 ? parts : [wanted]) {
      const { [field as keyof AnyRecord]: _, ...rest } = now
      now = (part === undefined ? rest : { ...rest, [field]: part }) as AnyRecord
      found.push(upsert(now))
    }
  }
  return found
}

function least(record: AnyRecord): Record<string, unknown> {
  switch (record.kind) {
    case 'interface':
      return { tags: [], addresses: record.addresses.slice(0, 1), attachment: { kind: 'mac' }, portSecurity: true }
    case 'vnp':
      return {
        ...{ selector: EVERYTHING, priority: 0, resolution: 'highest-priority' },
        ...{ ingressDefault: 'deny', egressDefault: 'allow' },
      }
    case 'policy':
      return { appliesTo: EVERYTHING, priority: 0, rules: [], tier: 'admin' }
    case 'switch':
      return { uplinks: [] }
    case 'network':
      return { subnets: record.subnets }
    case 'nap':
      return { exclusions: [], tags: [], leaseSeconds: 0 }
    case 'profile':
      return { currentVolume: 0 }
    case 'stagePolicy':
      return { applications: [], restrictions: [], escalations: [] }
  }
}

/** All records in one batch, before the switches come. */
const squashed: Way = (state) => [...write(...state.records.map(upsert)), ...physical(NOWHERE, state)]

/** By way of another state. */
const detour: Way = (state, random, others) => {
  const other = random.pick(others)
  return [...toward(NOWHERE, other), { what: 'time', ms: random.below(3) * 1000 }, ...toward(other, state)]
}

/** Several at once, and back again. */
const longDetour: Way = (state, random, others) => {
  const stops = [NOWHERE, random.pick(others), state, random.pick(others), random.pick(others), state]
  return stops.slice(1).flatMap((stop, index) => toward(stops[index]!, stop))
}

export const WAYS: Readonly<Record<string, Way>> = {
  direct: (state) => toward(NOWHERE, state),
  reversed,
  split,
  squashed,
  detour,
  'long detour': longDetour,
}

/** Makes a way longer without changing where it leads. */
export type Expander = (steps: readonly Step[], random: Random) => Step[]

/** Writes each thing wrong, then right, then again; connects each switch with half of its ports first. */
const duplicated: Expander = (steps) =>
  steps.flatMap((step): Step[] => {
    if (step.what === 'write') return [...wronged(step.writes), step, step]
    if (step.what === 'switch up') return [{ ...step, ports: step.ports.slice(1) }, step, step]
    if (step.what === 'link') return [step, { ...step, there: !step.there }, step]
    if (step.what === 'port') return [step, { ...step, port: { ...step.port, up: false } }, step]
    return [step]
  })

function wronged(writes: readonly Write[]): Step[] {
  return write(...writes.flatMap((one) => (one.op === 'update' ? [upsert(wrong(one.record as AnyRecord))] : [])))
}

/** The record with other content that every constraint allows. */
function wrong(record: AnyRecord): AnyRecord {
  const flipped = (verdict: DefaultVerdict): DefaultVerdict => (verdict === 'allow' ? 'deny' : 'allow')
  switch (record.kind) {
    case 'interface':
      return { ...record, tags: ['"wrong"' as Tag, ...record.tags.slice(1)], portSecurity: !record.portSecurity }
    case 'vnp': {
      const { selector, priority, ingressDefault, egressDefault } = record
      const other = { ingressDefault: flipped(ingressDefault), egressDefault: flipped(egressDefault) }
      return {
        ...record,
        ...other,
        selector: { ...selector, noneOf: selector.allOf, allOf: [] },
        priority: priority + 1,
      }
    }
    case 'policy':
      return {
        ...record,
        tier: 'baseline',
        rules: record.rules.map((one) => ({ ...one, action: 'deny' as const })).reverse(),
      }
    case 'switch':
      return { ...record, uplinks: [] }
    case 'network':
      return { ...record, router: 'wrong' }
    case 'nap':
      return { ...record, region: 'wrong' }
    case 'profile':
      return { ...record, region: 'wrong' }
    case 'stagePolicy':
      return { ...record, restrictions: ['no-world'] }
  }
}

/** Between the steps what changes nothing that a switch could see. */
const idle: Expander = (steps, random) => {
  const known = new Map<string, AnyRecord>()
  return steps.flatMap((step): Step[] => {
    const found: Step[] = [step]
    if (step.what === 'write') {
      for (const one of step.writes) {
        if (one.op === 'update') known.set(nameOf(one.record as AnyRecord), one.record as AnyRecord)
        if (one.op === 'delete') known.delete(`${one.kind}/${one.name}`)
      }
    }
    const record = known.size === 0 ? undefined : random.pick([...known.values()])
    found.push({ what: 'write', writes: [] }, { what: 'nothing' }, { what: 'time', ms: 300 })
    if (record === undefined) return found
    found.push(...write(upsert(record)))
    if (record.kind === 'interface') {
      const unused = [`"unused-${random.below(3)}"`, '{"note":1}'] as Tag[]
      const tags = { op: 'tags', name: record.name } as const
      found.push(...write({ ...tags, add: unused, remove: [] }), ...write({ ...tags, add: [], remove: unused }))
    }
    found.push(...write(upsert({ ...record, owner: 'somebody' })), ...write(upsert(record)))
    return found
  })
}

/** The controller starts anew after one of so many steps. */
const restarts =
  (each: number): Expander =>
  (steps, random) =>
    steps.flatMap((step): Step[] => (random.oneIn(each) ? [step, { what: 'restart' }] : [step]))

export const EXPANDERS: Readonly<Record<string, Expander>> = {
  'as it is': (steps) => [...steps],
  duplicated,
  idle,
  'with restarts': restarts(3),
  'with everything': (steps, random) => restarts(20)(idle(duplicated(steps, random), random), random),
}
