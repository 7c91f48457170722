/**
 * Stages followed from counters, with switches that are numbers and a clock that is one too: 72 hours pass in milliseconds. The
 * intent is real, and so are moves: they are written as the controller writes them.
 */
import { expect } from 'chai'
import type { FlowStats, Message } from 'node-openflow'
import { AddressBook } from '../../controller/addresses/book.ts'
import type { LeaseView } from '../../controller/addresses/leases.ts'
import { type MoveAsk, move, stageOf } from '../../controller/lifecycle/moves.ts'
import { Reclaimer, type ReclaimSources } from '../../controller/lifecycle/reclaim.ts'
import { LifecycleWatch } from '../../controller/lifecycle/watch.ts'
import { TABLES } from '../../controller/policy/pipeline.ts'
import { type Flow, flowKey, type SwitchProgram } from '../../controller/policy/program.ts'
import { type fail, ok } from '../../model/errors.ts'
import { validateStagePolicy } from '../../model/validate.ts'
import { PolicyStore } from '../support/policy-store.ts'
import { iface } from '../support/records.ts'

const HOUR = 3_600_000
const DPID = '0000000000000001'

/** Interfaces a and b on one switch, whose counters a test sets. */
class World {
  now = 1_800_000_000_000
  readonly store = new PolicyStore()
  readonly told: { type: string; subject: string; details: Record<string, unknown> }[] = []
  readonly counters = new Map<string, { packets: bigint; octets: bigint; begun: number }>()
  readonly refused = new Map<string, number>()
  away = false
  asked = 0
  /** Whether the guest behind a port answers. */
  answers = false
  sent = 0
  readonly watch: LifecycleWatch
  readonly reclaimer: Reclaimer

  constructor() {
    this.store.now = this.now
    for (const [index, name] of ['a', 'b'].entries()) {
      this.store.must({ op: 'create', record: iface(name, index + 1, []) })
      this.counters.set(name, { packets: 0n, octets: 0n, begun: this.now })
    }
    const { intent } = this.store
    const tell = (type: string, subject: string, details: object = {}) => {
      this.told.push({ type, subject, details: details as Record<string, unknown> })
    }
    this.watch = new LifecycleWatch({
      ...{ intent, tell, periodMs: 60_000, now: () => this.now, read: () => {} },
      rowsOf: async () => this.#rows(),
      desired: () => this.#program(),
      refused: () => [...this.refused].map(([name, packets]) => ({ interface: name, packets })),
      move: async (asks) => void this.write(asks),
    })
    this.reclaimer = new Reclaimer({
      ...{ intent, tell, periodMs: 60_000, now: () => this.now },
      track: (name) => this.watch.track(name),
      placeOf: () => ({ datapathId: DPID, port: 1 }),
      leasedBy: (record) => record.addresses,
      flowsOf: async () => this.#rows(),
      send: (_: string, message: Message) => {
        expect(message.type).to.equal('packet_out')
        this.sent++
        if (this.answers) this.counters.get('a')!.packets++
        return true
      },
      move: async (ask: MoveAsk) => this.write([ask]),
      wait: async () => {},
    } satisfies ReclaimSources)
  }

  write(asks: readonly MoveAsk[]): ReturnType<typeof ok<number>> | ReturnType<typeof fail> {
    const { intent } = this.store
    const book = new AddressBook(intent)
    const view: LeaseView = { intent, book, moment: { now: this.now, revision: 1, confirmed: 1 } }
    const { answer, writes } = move(view, asks)
    if (!answer.ok) return answer
    this.store.must(...writes)
    return ok(this.store.revision)
  }

  policy(message: object): void {
    const draft = validateStagePolicy(message)
    if (!draft.ok) throw new Error(JSON.stringify(draft.failure))
    this.store.must({ op: 'update', record: draft.value, allowMissing: true })
  }

  send(name: string, octets = 100): void {
    const its = this.counters.get(name)!
    its.packets++
    its.octets += BigInt(octets)
  }

  async pass(ms: number): Promise<void> {
    this.now += ms
    this.store.now = this.now
    if (!this.away) await this.watch.readNow(DPID)
  }

  stage(name = 'a'): string {
    return stageOf(this.store.intent.interfaces.get(name)!).stage
  }

  #flow(name: string): Flow {
    const match: Flow['match'] = [{ field: 'in_port', value: name === 'a' ? 1 : 2 }]
    const [table, priority] = [TABLES.port_security, 200]
    return { ...{ table, priority, match, instructions: [], cookie: 0n, unit: `interface/${name}` } }
  }

  #program(): SwitchProgram {
    const flows = new Map(
      [...this.counters.keys()].map((name) => {
        const flow = this.#flow(name)
        return [flowKey(flow.table, flow.priority, flow.match), flow]
      }),
    )
    return { flows, groups: new Map(), meters: new Map(), noFloodPorts: new Set() } as unknown as SwitchProgram
  }

  #rows(): FlowStats[] {
    this.asked++
    return [...this.counters].map(([name, { packets, octets, begun }]) => {
      const { table, priority, match } = this.#flow(name)
      const age = this.now - begun
      return {
        ...{ table_id: table, priority, match, packet_count: packets, byte_count: octets },
        ...{ duration_sec: Math.floor(age / 1000), duration_nsec: (age % 1000) * 1e6 },
      } as unknown as FlowStats
    })
  }
}

describe('stages from counters', () => {
  const lives = (world: World): void => {
    world.policy({ name: 'active', silence: { seconds: 3600, to: 'idle' } })
    world.policy({ name: 'idle', silence: { seconds: 72 * 3600, to: 'revocable' } })
    world.policy({ name: 'revocable', retentionSeconds: 24 * 3600 })
  }

  it('go from the first packet through 72 hours of silence to revocable, and back with the next', async () => {
    const world = new World()
    lives(world)
    await world.pass(60_000)
    expect(world.stage()).to.equal('provisioned')
    world.send('a')
    await world.pass(60_000)
    expect([world.stage('a'), world.stage('b')]).to.deep.equal(['active', 'provisioned'])
    for (let hours = 0; hours < 71; hours++) await world.pass(HOUR)
    expect(world.stage()).to.equal('idle')
    await world.pass(HOUR)
    expect(world.stage()).to.equal('revocable')
    expect(stageOf(world.store.intent.interfaces.get('a')!)).to.include({ cause: 'silence', generation: 3 })
    world.send('a')
    await world.pass(60_000)
    expect(world.stage()).to.equal('active')
  })

  it('take a switch that is away as no proof, and its counters for the time between when it is back', async () => {
    const world = new World()
    lives(world)
    await world.pass(60_000)
    world.send('a')
    await world.pass(60_000)
    expect(world.stage()).to.equal('active')
    world.away = true
    for (let hours = 0; hours < 10; hours++) await world.pass(HOUR)
    expect(world.stage(), 'nobody read it').to.equal('active')
    world.away = false
    world.counters.set('a', { packets: 1n, octets: 100n, begun: world.now - 1000 })
    await world.pass(1000)
    expect(world.stage(), 'the switch began to count anew').to.equal('active')
    world.away = true
    for (let hours = 0; hours < 10; hours++) await world.pass(HOUR)
    world.away = false
    await world.pass(1000)
    expect(world.stage(), 'the same counter says the same').to.equal('idle')
  })

  it('read nothing and move nothing without stage policies', async () => {
    const world = new World()
    world.watch.came(DPID)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(world.asked).to.equal(0)
    world.watch.close()
  })

  it('are escalated: told once, and restricted where the policy says so', async () => {
    const world = new World()
    world.policy({
      name: 'active',
      escalations: [
        { trigger: 'bandwidth', above: 8, seconds: 120, restrict: false },
        { trigger: 'refused-packets', above: 10, seconds: 300, restrict: true },
      ],
    })
    world.send('a')
    await world.pass(60_000)
    for (let minutes = 0; minutes < 5; minutes++) {
      world.send('a', 80_000)
      await world.pass(60_000)
    }
    const told = () => world.told.filter(({ type }) => type === 'stage-escalated').map(({ details }) => details['what'])
    expect(told()).to.deep.equal(['more than 8 kbit/s for 120 s'])
    expect(world.stage()).to.equal('active')
    world.refused.set('a', 11)
    await world.pass(60_000)
    expect(told()).to.have.length(2)
    expect(world.stage()).to.equal('restricted')
    world.send('a')
    await world.pass(60_000)
    expect(world.stage(), 'traffic does not lead out of it').to.equal('restricted')
  })
})

describe('addresses of revocable interfaces', () => {
  const revocable = async (): Promise<World> => {
    const world = new World()
    world.policy({ name: 'idle', silence: { seconds: 60, to: 'revocable' } })
    world.policy({ name: 'revocable', retentionSeconds: 3600 })
    await world.pass(60_000)
    for (const stage of ['active', 'idle', 'revocable'] as const)
      world.write([{ interface: 'a', stage, cause: 'api', note: '' }])
    return world
  }
  const why = (world: World): string => {
    const evidence = world.reclaimer.evidence('a')
    return evidence.ok ? evidence.value[0]!.refused : evidence.failure.code
  }

  it('stay until retention is over and counters prove silence for all of it', async () => {
    const world = await revocable()
    expect(why(world)).to.match(/retention ends in 3600 s/)
    world.away = true
    await world.pass(2 * HOUR)
    expect(why(world)).to.match(/not read lately/)
    world.away = false
    world.counters.get('a')!.begun = world.now
    await world.pass(60_000)
    expect(why(world)).to.match(/prove only 0 s/)
    await world.pass(HOUR)
    expect(why(world)).to.equal('')
    expect(world.sent, 'evidence asks nobody').to.equal(0)
  })

  it('stay where anything answers, and go with the stage retired where nothing does', async () => {
    const world = await revocable()
    await world.pass(HOUR)
    world.answers = true
    const kept = await world.reclaimer.reclaim(['a'])
    expect(kept.found[0]?.refused).to.match(/^something answers at 10\.0\.0\.1$/)
    expect(world.stage()).to.equal('revocable')
    expect(world.told.map(({ type }) => type)).to.include('reclaim-refused')
    await world.pass(60_000)
    expect(world.stage(), 'and that was traffic').to.equal('active')
    const again = await revocable()
    await again.pass(HOUR)
    const { found } = await again.reclaimer.reclaim(['a'])
    expect(found[0]).to.deep.include({ refused: '', unanswered: again.store.intent.interfaces.get('a')!.addresses })
    expect(again.stage()).to.equal('retired')
    expect(again.told.map(({ type }) => type)).to.include('addresses-reclaimed')
  })
})
