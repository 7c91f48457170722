/**
 * Changes of programs as a switch without bundles meets them, message by message: reference switches that are wired
 * together are stopped after every message of every batch, and packets of pairs that the change may concern are sent.
 * Each must fare as before the change, or as after it, or be dropped: what neither permits never passes. Between two
 * barriers the messages come in any order, and switches go on independently of each other. Replies of connections that
 * were open before are packets too. Used by a fast test and by the soak.
 */
import { expect } from 'chai'
import { apply, type Operation } from '../../controller/flows/diff.ts'
import { copyProgram } from '../../controller/flows/ledger.ts'
import { batches } from '../../controller/flows/order.ts'
import { tablesReached } from '../../controller/flows/reach.ts'
import { GUARD_KEY, guardFlow } from '../../controller/policy/pipeline.ts'
import type { SwitchProgram } from '../../controller/policy/program.ts'
import type { Place } from '../../controller/policy/state.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import { Random } from '../fuzz/engine/random.ts'
import { WORLD } from './arbitrary-state.ts'
import { CompileWorld, type Step } from './compile-world.ts'
import { beginning, cableAt, edited, randomEdit } from './random-edits.ts'
import { vnp } from './records.ts'
import { endOf, frameOf, ReferenceNetwork } from './reference-network.ts'
import { upsert } from './state-ways.ts'

const guard = { key: GUARD_KEY, flow: guardFlow() }
/** Messages per batch where packets do not see them. */
const PER_SLICE = 5
/** Packets tried before and after a change; of those that it turns and of the others, how many are sent at every prefix. */
const [TRIED, SENT] = [80, 4]
/** Edits before the first change that is looked into. */
const WARM_UP = 150
/** Lets everybody reach everybody where no rule says otherwise, so that most rules matter. */
const OPEN = vnp('vnp-0', { ingressDefault: 'allow' })
/** Changes with more messages are made, and not looked into. */
const MOST_MESSAGES = 60

/** What was looked into. */
export interface PrefixesMet {
  changes: number
  prefixes: number
  /** Packets that fared otherwise after the change than before. */
  turned: number
  /** Changes that needed no guard. */
  unguarded: number
}

/** Who is where, as a packet needs it. */
interface Somebody {
  name: string
  record: InterfaceRecord | undefined
  place: Place
}

interface Probe {
  text: string
  /** What a reply answers. */
  opening?: Probe
  at: Place
  frame(): Uint8Array
  before: string
  after: string
}

/** What one change sends to one switch. */
interface Sent {
  before: SwitchProgram
  operations: readonly Operation[]
}

export class PrefixWalk {
  readonly met: PrefixesMet = { changes: 0, prefixes: 0, turned: 0, unguarded: 0 }
  readonly world = new CompileWorld('fabric')
  readonly #random: Random
  /** What switches hold, a message at a time, and what they are to hold. */
  #now!: ReferenceNetwork
  #then!: ReferenceNetwork
  #port = 1024

  constructor(random: Random) {
    this.#random = random
    for (const step of beginning()) this.world.must(step)
    this.rebuild()
  }

  /** Switches that hold what they are to hold, with no connection open. */
  rebuild(): void {
    const { world } = this
    const networks = [1, 2].map(() => {
      const network = new ReferenceNetwork(world.observed, cableAt)
      for (const [datapathId, program] of world.installed) network.install(datapathId, program)
      return network
    })
    this.#now = networks[0]!
    this.#then = networks[1]!
  }

  /** Takes steps at once and looks into every prefix of what they send; false where one was refused. */
  look(...steps: Step[]): boolean {
    const { world } = this
    const people = this.#people()
    const sent = new Map<string, Sent>()
    world.sent = (datapathId, before, operations) => {
      sent.set(datapathId, { before: copyProgram(before), operations: [...operations] })
    }
    const refused = steps.some((step) => world.happen(step) !== undefined)
    world.compile()
    world.sent = () => {}
    const count = [...sent.values()].reduce((sum, { operations }) => sum + operations.length, 0)
    if (count === 0) return !refused
    if (count > MOST_MESSAGES) {
      this.rebuild()
      return !refused
    }
    this.met.changes++
    const probes = this.#probes([...people, ...this.#people()], sent)
    this.#walk(sent, probes)
    return !refused
  }

  #people(): Somebody[] {
    const { observed, store } = this.world
    const people = [...observed.places].flatMap(([name, place]): Somebody[] => {
      const record = store.intent.interfaces.get(name)
      return record === undefined || !observed.datapaths.has(place.datapathId) ? [] : [{ name, record, place }]
    })
    for (const { datapathId, uplinkPorts } of observed.datapaths.values()) {
      for (const port of uplinkPorts) {
        people.push({ name: this.#random.pick(WORLD), record: undefined, place: { datapathId, port } })
      }
    }
    return people
  }

  /** Packets with what becomes of them before and after; some whose fate the change turns, some others. */
  #probes(people: readonly Somebody[], sent: ReadonlyMap<string, Sent>): Probe[] {
    const drawn = people.length === 0 ? [] : Array.from({ length: TRIED }, () => this.#draw(people) ?? [])
    const probes = drawn.flatMap((some) => {
      const met: Probe[] = []
      for (const probe of some) {
        // Nobody replies to what did not arrive: it would be a connection of its own, the other way round.
        if (probe === some[2] && some[1]!.before === '') break
        probe.before = fate(this.#now, probe)
        // Opens the same connections there.
        fate(this.#then, probe)
        met.push(probe)
      }
      return met
    })
    for (const [datapathId, { operations }] of sent) this.#then.carryOut(datapathId, batched(operations).flat())
    for (const probe of probes) probe.after = fate(this.#then, probe)
    const turned = probes.filter(({ before, after }) => before !== after)
    const others = probes.filter(({ before, after }) => before === after)
    this.met.turned += turned.length
    return [...shuffled(this.#random, turned).slice(0, SENT), ...shuffled(this.#random, others).slice(0, SENT)]
  }

  /** A packet of a new connection each time; one that opens a connection, and the reply to it. */
  #draw(people: readonly Somebody[]): Probe[] | undefined {
    const random = this.#random
    const [from, to] = [random.pick(people), random.pick(people)]
    const families = ([4, 6] as const).filter((family) => holds(from, family) && holds(to, family))
    if (from.name === to.name || (from.record === undefined && to.record === undefined)) return undefined
    if (families.length === 0) return undefined
    const family = random.pick(families)
    const layer4 = random.pick([
      ...[22, 80, 81, 443, 8080, 95].flatMap((port) => [6, 17].map((protocol) => ({ protocol, port }))),
      family === 4 ? { protocol: 1, port: 8 } : { protocol: 58, port: 128 },
    ])
    const packet = { from: from.name, to: to.name, family, reply: false, ...layer4 }
    const [sender, receiver] = [endOf(from.name, from.record, family), endOf(to.name, to.record, family)]
    const text = JSON.stringify(packet)
    const fresh: Probe = {
      ...{ text, at: from.place, before: '', after: '' },
      // Each time another connection, so that none is judged by what an earlier one left.
      frame: () => frameOf(packet, false, sender, receiver, this.#nextPort()),
    }
    const port = this.#nextPort()
    const opening: Probe = {
      ...fresh,
      text: `${text} again`,
      frame: () => frameOf(packet, false, sender, receiver, port),
    }
    const reply: Probe = {
      ...{ text: `reply to ${text}`, opening, at: to.place, before: '', after: '' },
      frame: () => frameOf(packet, true, receiver, sender, port),
    }
    return [fresh, opening, reply]
  }

  #nextPort(): number {
    this.#port = this.#port >= 0xffff ? 1024 : this.#port + 1
    return this.#port
  }

  #walk(sent: ReadonlyMap<string, Sent>, probes: readonly Probe[]): void {
    const random = this.#random
    const queues = [...sent].map(([datapathId, { before, operations }]) => {
      const after = copyProgram(before)
      apply(operations, after)
      const reach = random.oneIn(2) ? { before: tablesReached(before), after: tablesReached(after) } : undefined
      const parts = batched(operations, reach)
      if (!parts.flat().some((one) => one.what === 'flow' && one.key === GUARD_KEY)) this.met.unguarded++
      // Within a batch a switch may take them in any order.
      return { datapathId, waiting: parts.flatMap((part) => shuffled(random, part)) }
    })
    const done: string[] = []
    for (;;) {
      const open = queues.filter(({ waiting }) => waiting.length > 0)
      if (open.length === 0) break
      const { datapathId, waiting } = random.pick(open)
      const next = waiting.shift()!
      this.#now.carryOut(datapathId, [next])
      done.push(`${datapathId.slice(-1)}: ${next.act} ${next.what === 'flow' ? next.key : next.what}`)
      this.met.prefixes++
      for (const probe of probes) {
        const its = fate(this.#now, probe)
        const where = `${probe.text} after ${done.length} messages:\n${done.join('\n')}\n`
        expect(['', probe.before, probe.after], where).to.include(its)
      }
    }
    for (const probe of probes) {
      // Where an end has moved, the switch that it is on now knows of the connection by what was sent there.
      if (probe.opening !== undefined) fate(this.#now, probe.opening)
      expect(fate(this.#now, probe), `${probe.text} at last`).to.equal(probe.after)
    }
  }
}

function batched(operations: readonly Operation[], reach?: Parameters<typeof batches>[2]): Operation[][] {
  const sending = { bundles: false, perSlice: PER_SLICE, guard }
  return batches(operations, sending, reach).map((batch) => batch.operations)
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items]
  return items.map(() => left.splice(random.below(left.length), 1)[0]!)
}

function holds({ name, record }: Somebody, family: 4 | 6): boolean {
  return (record?.addresses ?? [name]).some((address) => address.includes(':') === (family === 6))
}

/** Where a packet comes out; nothing where it is dropped. */
function fate(network: ReferenceNetwork, { at, frame }: Probe): string {
  return network
    .send(at, frame())
    .map(({ datapathId, port }) => `${datapathId}/${port}`)
    .sort()
    .join()
}

/** Random edits, one or several at a time; those of records are looked into. */
export function checkPrefixes(seed: number, changes: number): PrefixesMet {
  const random = new Random(seed)
  const walk = new PrefixWalk(random)
  const { world, met } = walk
  const last: string[] = []
  try {
    // A network with something in it.
    edited(world, random, WARM_UP, () => {})
    walk.rebuild()
    while (met.changes < changes) {
      if (!world.store.intent.vnps.has(OPEN.name)) {
        world.must({ what: 'write', writes: [upsert(OPEN)] })
        walk.rebuild()
      }
      const step = randomEdit(world, random)
      last.push(JSON.stringify(step))
      if (last.length > 3) last.shift()
      if (step.what === 'write' || step.what === 'link') {
        const more = random.oneIn(3) ? [randomEdit(world, random)].filter(({ what }) => what === 'write') : []
        walk.look(step, ...more)
      } else if (world.take(step) === undefined) walk.rebuild()
    }
  } catch (error) {
    if (error instanceof Error)
      error.message = `seed ${seed}, change ${met.changes}; last:\n${last.join('\n')}\n${error.message}`
    throw error
  } finally {
    world.close()
  }
  return met
}
