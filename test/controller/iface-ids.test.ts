/**
 * Interfaces that hypervisors' databases bind (external_ids:iface-id): after any changes of ports, ids, records and
 * databases each is where the words of the rule say, and it moves without being nowhere in between.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { EventLog } from '../../controller/events.ts'
import { type HypervisorFacts, Observed } from '../../controller/observe.ts'
import { type InterfaceRecord, ifaceIdOf } from '../../model/records.ts'
import { draftOf, PolicyStore } from '../support/policy-store.ts'
import { iface } from '../support/records.ts'

const SWITCHES = ['0000000000000001', '0000000000000002', '0000000000000003']
const PORTS = [1, 2, 3]
const IDS = ['a', 'b', 'x']
const nameOf = (port: number): string => `tap${port}`

interface Said {
  id: string
  datapathId: string
  portName: string
}

class World {
  readonly store = new PolicyStore()
  readonly log = new EventLog(() => 0)
  readonly fabric = new Map<string, Set<number>>()
  readonly observed = new Observed(
    this.store.intent,
    {
      view: (datapathId) => ({
        fabricPorts: this.fabric.get(datapathId) ?? new Set(),
        nextHops: new Map(),
        floodPorts: new Set(),
      }),
      sighting: () => undefined,
    },
    this.log.tell,
  )
  /** Ports that are there, by switch. */
  readonly #ports = new Map<string, Set<number>>()
  readonly #ids = new Map<string, Map<string, string>>(SWITCHES.map((id) => [id, new Map()]))
  readonly #known = new Set<string>()
  /** The oracle: `switch name` by id in the order in which it was said, and where each record is. */
  #claims: Said[] = []
  #places = new Map<string, string>()

  put(name: string, index: number, ifaceId: string | undefined): void {
    const attachment = { kind: 'ifaceId', ...(ifaceId === undefined ? {} : { ifaceId }) } as const
    const record: InterfaceRecord = { ...iface(name, index, ['t']), attachment }
    const written = this.store.write({ op: 'update', record: draftOf(record), allowMissing: true })
    if (written.ok) this.observed.intentChanged(this.store.lastDelta!)
  }

  ports(datapathId: string, ports: number[]): void {
    this.#ports.set(datapathId, new Set(ports))
    this.observed.switchUp(
      datapathId,
      ports.map((port) => ({ port, name: nameOf(port), up: true })),
    )
  }

  port(datapathId: string, port: number, there: boolean): void {
    const its = this.#ports.get(datapathId)
    if (its === undefined) return
    if (there) its.add(port)
    else its.delete(port)
    this.observed.portChanged(datapathId, { port, name: nameOf(port), up: true }, !there)
  }

  link(datapathId: string, port: number, is: boolean): void {
    const its = new Set(this.fabric.get(datapathId))
    if (is) its.add(port)
    else its.delete(port)
    this.fabric.set(datapathId, its)
    this.observed.topologyChanged([datapathId], [])
  }

  say(datapathId: string, port: number, id: string | undefined): void {
    const its = this.#ids.get(datapathId)!
    if (id === undefined) its.delete(nameOf(port))
    else its.set(nameOf(port), id)
    if (this.#known.has(datapathId)) this.#tell(datapathId, [nameOf(port)])
  }

  database(datapathId: string, isKnown: boolean): void {
    if (isKnown) this.#known.add(datapathId)
    else this.#known.delete(datapathId)
    this.#tell(datapathId)
  }

  #tell(datapathId: string, ports?: string[]): void {
    const ids = this.#known.has(datapathId) ? this.#ids.get(datapathId)! : new Map<string, string>()
    const isSaid = (claim: Said): boolean => ids.get(claim.portName) === claim.id
    this.#claims = this.#claims.filter((claim) => claim.datapathId !== datapathId || isSaid(claim))
    for (const [portName, id] of ids) {
      const is = this.#claims.some((claim) => claim.datapathId === datapathId && claim.portName === portName)
      if (!is) this.#claims.push({ id, datapathId, portName })
    }
    const facts: HypervisorFacts | undefined = this.#known.has(datapathId)
      ? { ifaceIds: ids, mtus: new Map() }
      : undefined
    this.observed.hypervisorChanged(datapathId, facts, ports)
  }

  #mayHold(datapathId: string, port: number): boolean {
    return this.#ports.get(datapathId)?.has(port) === true && this.fabric.get(datapathId)?.has(port) !== true
  }

  /** Where the rule puts each record now, from where it was. */
  expected(): Map<string, string> {
    const places = new Map<string, string>()
    for (const record of this.store.intent.interfaces.values()) {
      const candidates = this.#claims
        .filter(
          ({ id, datapathId, portName }) =>
            id === ifaceIdOf(record) && this.#mayHold(datapathId, Number(portName.slice(3))),
        )
        .map(({ datapathId, portName }) => `${datapathId}:${portName.slice(3)}`)
      const before = this.#places.get(record.name)
      const [switchBefore, portBefore] = before?.split(':') ?? []
      const unheard =
        before !== undefined && !this.#known.has(switchBefore!) && this.#mayHold(switchBefore!, Number(portBefore))
      const place = candidates.find((each) => each === before) ?? candidates[0] ?? (unheard ? before : undefined)
      if (place !== undefined) places.set(record.name, place)
    }
    this.#places = places
    return places
  }

  actual(): Map<string, string> {
    return new Map([...this.observed.places].map(([name, { datapathId, port }]) => [name, `${datapathId}:${port}`]))
  }
}

const sw = fc.constantFrom(...SWITCHES)
const port = fc.constantFrom(...PORTS)
const step: fc.Arbitrary<(world: World) => void> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(sw, port, fc.option(fc.constantFrom(...IDS), { nil: undefined })).map(
      ([id, at, said]) =>
        (world: World) =>
          world.say(id, at, said),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(sw, port, fc.boolean()).map(
      ([id, at, is]) =>
        (world: World) =>
          world.port(id, at, is),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(sw, port, fc.boolean()).map(
      ([id, at, is]) =>
        (world: World) =>
          world.link(id, at, is),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(sw, fc.subarray(PORTS)).map(
      ([id, ports]) =>
        (world: World) =>
          world.ports(id, ports),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(sw, fc.boolean()).map(
      ([id, is]) =>
        (world: World) =>
          world.database(id, is),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(fc.constantFrom(...IDS), { nil: undefined })).map(
      ([name, id]) =>
        (world: World) =>
          world.put(name, 1 + ['a', 'b', 'c'].indexOf(name), id),
    ),
  },
)

describe('interfaces that databases bind', () => {
  it('are where the first port is that says their id, as long as it says so', () => {
    const met = { placed: 0, moved: 0, contested: 0, unheard: 0 }
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const world = new World()
        for (const id of SWITCHES) {
          world.ports(id, PORTS)
          world.database(id, true)
        }
        world.put('a', 1, undefined)
        world.put('b', 2, undefined)
        world.expected()
        let before = world.actual()
        for (const act of steps) {
          const from = world.log.next
          act(world)
          const after = world.actual()
          expect(after).to.deep.equal(world.expected())
          const { events } = world.log.since(from)
          met.contested += events.filter(({ type }) => type === 'iface-id-contested').length
          for (const [name, place] of after) {
            if (!before.has(name)) met.placed++
            else if (before.get(name) !== place) {
              met.moved++
              const unplaced = events.some(({ type, subject }) => type === 'interface-unplaced' && subject === name)
              expect(unplaced, `${name} was nowhere on its way`).to.equal(false)
            }
          }
          const delta = world.observed.takeDelta()
          for (const name of new Set([...before.keys(), ...after.keys()]))
            if (before.get(name) !== after.get(name)) expect(delta?.places.has(name)).to.equal(true)
          before = after
        }
      }),
      { numRuns: 300 },
    )
    expect(met.placed).to.be.greaterThan(100)
    expect(met.moved).to.be.greaterThan(20)
    expect(met.contested).to.be.greaterThan(20)
  })

  it('stay where they were last, after a restart, until switch and database have spoken', () => {
    const world = new World()
    world.put('a', 1, undefined)
    const [one, two] = SWITCHES as [string, string]
    world.observed.recall([['a', { datapathId: one, port: 2 }]])
    const place = (): string | undefined => world.actual().get('a')
    expect(place()).to.equal(`${one}:2`)
    world.say(one, 2, 'a')
    world.database(one, true)
    expect(place(), 'the database came first').to.equal(`${one}:2`)
    world.ports(one, PORTS)
    expect(place()).to.equal(`${one}:2`)
    world.ports(two, PORTS)
    world.say(two, 3, 'a')
    world.database(two, true)
    expect(place()).to.equal(`${one}:2`)
    world.say(one, 2, undefined)
    expect(place()).to.equal(`${two}:3`)
  })

  it('leave their place of an earlier run where their database says otherwise', () => {
    const world = new World()
    world.put('a', 1, undefined)
    const [one] = SWITCHES as [string]
    world.observed.recall([['a', { datapathId: one, port: 2 }]])
    world.ports(one, PORTS)
    expect(world.actual().get('a')).to.equal(`${one}:2`)
    world.database(one, true)
    expect(world.actual().get('a')).to.equal(undefined)
  })

  it('are one for each id', () => {
    const { store } = new World()
    const record = (name: string, index: number, ifaceId?: string): InterfaceRecord => ({
      ...iface(name, index, ['t']),
      attachment: { kind: 'ifaceId', ...(ifaceId === undefined ? {} : { ifaceId }) },
    })
    store.must({ op: 'update', record: draftOf(record('a', 1)), allowMissing: true })
    const second = store.write({ op: 'update', record: draftOf(record('b', 2, 'a')), allowMissing: true })
    expect(second.ok ? undefined : second.failure.code).to.equal('DUPLICATE_ATTACHMENT')
  })
})
