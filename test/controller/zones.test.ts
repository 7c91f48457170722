/**
 * Zones that follow places: with a real writer and a store in memory, interfaces that come to switches, leave them, and
 * change their network have zones where they are; gateways have all; what cannot be given is told once and given later.
 */
import { expect } from 'chai'
import { EventLog } from '../../controller/events.ts'
import { Numbering } from '../../controller/numbering.ts'
import { Observed } from '../../controller/observe.ts'
import { Intent } from '../../controller/policy/intent.ts'
import type { Write } from '../../controller/policy/propose.ts'
import type { Backend, Place, PortView } from '../../controller/policy/state.ts'
import { createWriter, REQUEST_LIMITS } from '../../controller/write.ts'
import { Zones } from '../../controller/zones.ts'
import { fail, ok } from '../../model/errors.ts'
import type { AnyRecord, Attachment, InterfaceRecord } from '../../model/records.ts'
import { openMemoryStore } from '../../store/memory.ts'
import { interfaceRecord } from '../support/arbitrary-state.ts'
import { draftOf } from '../support/policy-store.ts'
import { switchRecord } from '../support/records.ts'

const [ONE, TWO, THREE] = ['0000000000000001', '0000000000000002', '0000000000000003']
const port = (number: number, name = `p${number}`): PortView => ({ port: number, name, up: true })
const PORTS = [1, 2, 3, 100, 101, 200].map((number) => port(number))
const MAC: Attachment = { kind: 'mac' }

/** A controller without a channel: store, writer, intent, places and zones, put together as main.ts does. */
function world(backend: Backend = 'fabric') {
  const store = openMemoryStore()
  const intent = new Intent()
  const seen = new Map<number, Place>()
  const fabric: Record<string, number[]> = {}
  const failures: string[] = []
  /** Refuses to give zones. */
  const full = { is: false }
  const writer = createWriter(store, Date.now, REQUEST_LIMITS, undefined, {
    switchOf: (record) => zones.switchOf(record),
    networksOf: (datapathId) => zones.networksOf(datapathId),
    gateways: () => zones.gateways(),
    mayBeGateway: (datapathId) => zones.mayBeGateway(datapathId),
  })
  const observed = new Observed(
    intent,
    {
      view: (datapathId) => ({
        fabricPorts: new Set(fabric[datapathId] ?? []),
        nextHops: new Map(),
        floodPorts: new Set(),
      }),
      sighting: (mac) => seen.get(mac),
    },
    new EventLog(() => 0).tell,
  )
  const zones = new Zones({
    intent,
    observed,
    backend,
    assign: async (wishes) =>
      full.is ? fail('SPACE_FULL', { space: 'zone', limit: 65535 }) : writer.assignZones(wishes),
    failed: (reason) => failures.push(reason),
    retryMs: 5,
  })
  const look = (): void => {
    const delta = observed.takeDelta()
    if (delta !== undefined) zones.changed(delta.places, delta.datapaths)
  }
  const watch = store.watch(0).subscribe((changeSet) => {
    const delta = intent.apply(changeSet)
    observed.intentChanged(delta)
    look()
    zones.changed(delta.interfaces, [])
    zones.numbered(delta.numbers)
  })
  const write = async (...writes: Write[]): Promise<void> => {
    const written = await writer.write(() => ok(writes), { caller: 'test', method: 'Test' })
    if (!written.ok) throw new Error(written.failure.code)
  }
  return {
    full,
    failures,
    write,
    put: (...records: AnyRecord[]) =>
      write(...records.map((record): Write => ({ op: 'update', record: draftOf(record), allowMissing: true }))),
    async up(datapathId: string): Promise<void> {
      observed.switchUp(datapathId, PORTS)
      look()
      await writer.assignNumbers(datapathId)
    },
    see(mac: number, datapathId: string, at: number): void {
      seen.set(mac, { datapathId, port: at })
      observed.topologyChanged([], [mac])
      look()
    },
    link(datapathId: string, ...ports: number[]): void {
      fabric[datapathId] = ports
      observed.topologyChanged([datapathId], [])
      look()
    },
    /** Zones in use, by name. */
    all: () =>
      store
        .list<{ releasedAt?: number }>('number/zone/')
        .filter(({ value }) => value.releasedAt === undefined)
        .map(({ key }) => key.slice('number/zone/'.length)),
    zone: (name: string) => store.get<{ number: number; releasedAt?: number }>(`number/zone/${name}`)?.value,
    numbers: {
      assign: (datapathId: string, use: boolean) => writer.assignNumbers(datapathId, use),
      release: (datapathId: string) => writer.releaseZones(datapathId),
    },
    revision: () => store.revision(),
    async close(): Promise<void> {
      watch.unsubscribe()
      await zones.close()
      writer.stop()
      await store.close()
    },
  }
}

type World = ReturnType<typeof world>

async function until(what: () => boolean): Promise<void> {
  const end = Date.now() + 5000
  while (!what() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 2))
}

async function settlesAt(its: World, ...names: string[]): Promise<void> {
  const wanted = [...names].sort().join()
  await until(() => its.all().sort().join() === wanted)
  expect(its.all().sort().join()).to.equal(wanted)
}

const on = (index: number, network: string, attachment: Attachment): InterfaceRecord => ({
  ...interfaceRecord(index, network, [], ONE),
  attachment,
})

describe('zones', () => {
  const open: World[] = []
  const make = (backend?: Backend): World => {
    const made = world(backend)
    open.push(made)
    return made
  }
  afterEach(async () => {
    for (const its of open.splice(0)) await its.close()
  })

  it('come when an interface is found by its MAC or port name, and when it goes to another network there', async () => {
    const its = make()
    for (const datapathId of [ONE, TWO]) await its.up(datapathId)
    const one = on(1, 'blue', MAC)
    await its.put(one)
    await settlesAt(its)
    its.see(one.mac, TWO, 1)
    await settlesAt(its, `${TWO}/blue`)
    await its.put({ ...one, network: 'red' })
    await settlesAt(its, `${TWO}/red`)
    await its.put(on(2, 'green', { kind: 'portName', portName: 'p2' }))
    await settlesAt(its, `${TWO}/red`, `${ONE}/green`)
  })

  it('come with the record where its place can be told when it is written', async () => {
    const its = make()
    await its.up(TWO)
    const known = on(1, 'blue', MAC)
    its.see(known.mac, TWO, 1)
    const before = its.revision()
    await its.put(known, on(2, 'red', { kind: 'portName', portName: 'p2' }))
    expect(its.all().sort()).to.deep.equal([`${TWO}/blue`, `${TWO}/red`])
    expect(its.revision()).to.equal(before + 1)
  })

  it('are those of all networks on a switch between the world and others, from when it is one', async () => {
    const its = make()
    for (const datapathId of [ONE, TWO, THREE]) await its.up(datapathId)
    const at = (index: number, network: string) => on(index, network, { kind: 'port', datapathId: TWO, port: index })
    await its.put(at(1, 'blue'), at(2, 'red'))
    its.link(TWO, 100, 101)
    its.link(ONE, 100)
    await settlesAt(its, `${TWO}/blue`, `${TWO}/red`)
    await its.put(switchRecord('gateway', ONE, ['p200']))
    await settlesAt(its, `${TWO}/blue`, `${TWO}/red`, `${ONE}/blue`, `${ONE}/red`)
    const before = its.revision()
    await its.put(at(3, 'green'))
    expect(its.revision(), 'in the same transaction').to.equal(before + 1)
    const all = ['blue', 'red', 'green'].flatMap((network) => [`${ONE}/${network}`, `${TWO}/${network}`])
    await settlesAt(its, ...all)
    // Its links are not found again yet: nothing may be taken away.
    its.link(ONE)
    await its.up(ONE)
    await settlesAt(its, ...all)
  })

  it('are not needed for uplinks where the existing network forwards', async () => {
    const its = make('normal')
    await its.up(ONE)
    its.link(ONE, 100)
    await its.put(switchRecord('edge', ONE, ['p200']), on(1, 'blue', { kind: 'port', datapathId: TWO, port: 1 }))
    await its.up(TWO)
    await settlesAt(its, `${TWO}/blue`)
  })

  it('are released when a switch connects that needs them no longer, and those of networks that are gone at once', async () => {
    const its = make()
    for (const datapathId of [ONE, TWO]) await its.up(datapathId)
    const one = on(1, 'blue', { kind: 'port', datapathId: ONE, port: 1 })
    await its.put(one, on(2, 'red', { kind: 'port', datapathId: ONE, port: 2 }))
    await its.put({ ...one, attachment: { kind: 'port', datapathId: TWO, port: 1 } })
    await settlesAt(its, `${ONE}/blue`, `${ONE}/red`, `${TWO}/blue`)
    await its.up(ONE)
    await settlesAt(its, `${ONE}/red`, `${TWO}/blue`)
    await its.write({ op: 'delete', kind: 'interface', name: 'if-2' })
    await settlesAt(its, `${TWO}/blue`)
  })

  it('are released by and by from a switch that stays, and kept by one that is away', async () => {
    const its = make()
    const numbering = new Numbering({ ...its.numbers, sweepMs: 5, tell: () => {} })
    try {
      for (const datapathId of [ONE, TWO]) await its.up(datapathId)
      for (const datapathId of [ONE, TWO]) await numbering.came(datapathId)
      const [one, two] = [on(1, 'blue', { kind: 'port', datapathId: ONE, port: 1 }), on(2, 'red', MAC)]
      await its.put(one, two)
      its.see(two.mac, TWO, 2)
      await settlesAt(its, `${ONE}/blue`, `${TWO}/red`)
      numbering.went(TWO)
      // Neither is where it was any more.
      const there = { kind: 'port', datapathId: THREE, port: 1 } as const
      await its.up(THREE)
      await its.put({ ...one, attachment: there }, { ...two, attachment: { ...there, port: 2 } })
      await settlesAt(its, `${TWO}/red`, `${THREE}/blue`, `${THREE}/red`)
      await new Promise((resolve) => setTimeout(resolve, 30))
      expect(its.all(), 'one that is away goes on with it').to.include(`${TWO}/red`)
      await numbering.came(TWO)
      await settlesAt(its, `${THREE}/blue`, `${THREE}/red`)
      const { number } = its.zone(`${ONE}/blue`)!
      await its.put(one)
      await settlesAt(its, `${ONE}/blue`, `${THREE}/blue`, `${THREE}/red`)
      expect(its.zone(`${ONE}/blue`)!.number, 'what comes back has its own').to.equal(number)
    } finally {
      numbering.stop()
    }
  })

  it('are given again where somebody shows up while they are being released', async () => {
    const its = make()
    for (const datapathId of [ONE, TWO]) await its.up(datapathId)
    const two = on(2, 'blue', MAC)
    await its.put(on(1, 'blue', { kind: 'port', datapathId: TWO, port: 1 }), two)
    await its.put(on(1, 'blue', { kind: 'port', datapathId: ONE, port: 1 }))
    await settlesAt(its, `${ONE}/blue`, `${TWO}/blue`)
    const connects = its.up(TWO)
    its.see(two.mac, TWO, 2)
    await connects
    expect(its.all()).to.deep.equal([`${ONE}/blue`])
    await settlesAt(its, `${ONE}/blue`, `${TWO}/blue`)
  })

  it('that cannot be given are told once, and given when they can be', async () => {
    const its = make()
    await its.up(TWO)
    const many = Array.from({ length: 3 }, (_, index) => on(index + 1, `net-${index}`, MAC))
    await its.put(...many)
    its.full.is = true
    for (const [index, { mac }] of many.entries()) {
      its.see(mac, TWO, index + 1)
      await new Promise((resolve) => setTimeout(resolve, 12))
    }
    expect(its.all()).to.deep.equal([])
    expect(its.failures).to.have.length(1)
    its.full.is = false
    await settlesAt(its, ...many.map(({ network }) => `${TWO}/${network}`))
    expect(its.failures).to.have.length(1)
  })
})
