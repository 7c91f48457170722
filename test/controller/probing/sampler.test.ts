/**
 * The sampler against a network that is only a table of what goes wrong: with time by hand, random changes and random
 * faults. Faults that last are told within a bounded time, once for each cause, and so is their end; what passes by
 * itself never is, nor what was expected otherwise meanwhile. And which packets it draws.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { emptyDelta } from '../../../controller/policy/intent.ts'
import { PolicyLookup } from '../../../controller/policy/lookup.ts'
import type { DatapathView, NetworkState } from '../../../controller/policy/state.ts'
import type { ProbeWish } from '../../../controller/probing/aim.ts'
import { pick } from '../../../controller/probing/pick.ts'
import type { ProbeReport } from '../../../controller/probing/probing.ts'
import type { FaultKind } from '../../../controller/probing/report.ts'
import { SAMPLER_LIMITS, SAMPLER_TICK_MS, Sampler } from '../../../controller/probing/sampler.ts'
import { StateChanges } from '../../../controller/state-changes.ts'
import { fail, ok, type Result } from '../../../model/errors.ts'
import { datapathName, intentOf, interfaceRecord } from '../../support/arbitrary-state.ts'
import { policy, rule, vnp } from '../../support/records.ts'

const SWITCHES = [1, 2, 3].map(datapathName)
/** One after the other, from everyone of its switch to everyone of another. */
const key = (from: string, to: string): string => `${from} ${to}`

function randomOf(seed: number): () => number {
  let state = (seed % 0x7fff_fffe) + 1
  return () => {
    state = (state * 48_271) % 0x7fff_ffff
    return state / 0x7fff_ffff
  }
}

/** Three switches with tunnels, an interface on each that may talk to all. */
function network(): NetworkState {
  const ends = SWITCHES.map((_, at) => interfaceRecord(at + 1, 'default', [], SWITCHES[at]!))
  const open = { ingressDefault: 'allow', egressDefault: 'allow' } as const
  const records = [vnp('all', open), ...ends]
  const intent = intentOf({
    records: records.map((record, index) => ({ ...record, number: index + 1 })),
    datapathIds: SWITCHES,
  })
  const datapaths = new Map<string, DatapathView>()
  for (const [at, datapathId] of SWITCHES.entries()) {
    datapaths.set(datapathId, {
      ...{ datapathId, ports: new Map(), fabricPorts: new Set([9]), uplinkPorts: new Set<number>() },
      ...{ nextHops: new Map(), floodPorts: new Set<number>() },
      tunnel: { kind: 'geneve', address: `198.18.${at + 1}.1`, port: 9 },
    })
  }
  const places = new Map(ends.map(({ name }, at) => [name, { datapathId: SWITCHES[at]!, port: 1 }]))
  return { intent, observed: { datapaths, places }, backend: 'fabric' }
}

interface Told {
  type: string
  pair: string
  atMs: number
}

/** Time, what goes wrong, and what is told of it. */
class World {
  nowMs = 0
  readonly state = network()
  readonly told: Told[] = []
  /** What is wrong between two switches. */
  readonly faults = new Map<string, FaultKind>()
  /** What was expected of probes under way becomes another. */
  unsettled = false
  readonly away = new Set<string>()
  readonly changes = new StateChanges()
  readonly sampled: { pair: string; atMs: number }[] = []
  readonly sampler: Sampler
  dropped = 0
  /** Probes that are to end, and when. */
  readonly #waiting: { dueMs: number; end: () => void }[] = []

  constructor(perMinute: number, random: () => number, limits = {}) {
    const lookup = new PolicyLookup(this.state.intent)
    const changes = this.changes.follow(() => {})
    this.changes.observedChanged({ datapaths: new Set(SWITCHES), places: new Set(this.state.observed.places.keys()) })
    this.sampler = new Sampler({
      ...{ perMinute, state: this.state, changes, linkProbeMs: 1000, random, limits },
      between: (from, to) => lookup.between(from, to),
      probe: (wish) => this.#probe(wish),
      isReady: (datapathId) => !this.away.has(datapathId),
      dropped: () => this.dropped,
      news: (type, { expected }) =>
        this.told.push({
          type,
          pair: key(expected.sender.datapathId, expected.receiver.datapathId),
          atMs: this.nowMs,
        }),
      crossed: () => {},
      clock: () => this.nowMs,
      now: () => this.nowMs,
    })
  }

  #probe(wish: ProbeWish): Promise<Result<ProbeReport>> {
    const [from, to] = [wish.from, wish.to].map((name) => this.state.observed.places.get(name)!.datapathId)
    const pair = key(from!, to!)
    this.sampled.push({ pair, atMs: this.nowMs })
    const began = this.faults.get(pair)
    const isAway = [from!, to!].some((datapathId) => this.away.has(datapathId))
    // A lost packet is sent three times.
    const ms = began === 'packet-lost' ? 3300 : 40
    return new Promise((resolve) => {
      const end = (): void => {
        const kind = this.faults.get(pair) ?? began
        if (isAway || this.away.has(from!) || this.away.has(to!)) {
          resolve(fail('NOT_PROBED', { ...wish, reason: 'a switch is away' }))
          return
        }
        const expected: ProbeReport['expected'] = {
          sender: { datapathId: from!, port: 1, identity: 300 },
          receiver: { datapathId: to!, port: 1, identity: 301 },
          ...{ path: [from!, to!], carrier: 'geneve', permitted: true },
        }
        const decision = { verdict: 'allow', by: { kind: 'world' } } as const
        resolve(
          ok({
            ...{ from: wish.from, to: wish.to, network: 'default', generation: 1, expected, wish },
            verdict: { allow: true, egress: decision, ingress: decision },
            ...{ time: this.nowMs, packet: 'a packet', sent: 1, arrived: 1, ms: 2, crossedMs: 1 },
            ...{ outcome: 'delivered', hops: [{ datapathId: from!, stages: ['classify'] }], unsettled: this.unsettled },
            ...(kind !== undefined && { fault: { kind, from: from!, to: to! } }),
          }),
        )
      }
      this.#waiting.push({ dueMs: this.nowMs + ms, end })
    })
  }

  async pass(ms: number, each: () => void = () => {}): Promise<void> {
    for (const end = this.nowMs + ms; this.nowMs < end; ) {
      this.nowMs += SAMPLER_TICK_MS
      each()
      for (const waiting of [...this.#waiting]) {
        if (waiting.dueMs > this.nowMs) continue
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        waiting.end()
      }
      for (let turn = 0; turn < 6; turn++) await Promise.resolve()
      this.sampler.tick()
    }
  }
}

const PAIRS = SWITCHES.flatMap((from) => SWITCHES.filter((to) => to !== from).map((to) => key(from, to)))

describe('the sampler of tags', () => {
  it('has every pair have its turn within a round, which lasts as long as it says', async () => {
    const world = new World(30, randomOf(1))
    await world.pass(200)
    expect(world.sampler.rounds).to.deep.include({ switches: 3, pairs: 6, plannedMs: 4000, perMinute: 30 })
    await world.pass(20_000)
    expect(world.sampler.rounds.lastMs).to.be.within(3000, 4500)
    expect(new Set(world.sampled.map(({ pair }) => pair))).to.deep.equal(new Set(PAIRS))
    for (const pair of PAIRS) {
      const times = world.sampled.filter((its) => its.pair === pair).map(({ atMs }) => atMs)
      for (const [at, time] of times.entries()) if (at > 0) expect(time - times[at - 1]!).to.be.at.most(8200)
    }
    expect(world.sampler.counts).to.deep.equal({ proven: 6, faulty: 0, unproven: 0 })
    expect(world.told).to.deep.equal([])
    for (const datapathId of SWITCHES) world.away.add(datapathId)
    const before = world.sampled.length
    await world.pass(10_000)
    expect(world.sampled.length).to.equal(before)
  })

  it('tells of what lasts within a bounded time, once for each cause, and of its end; and of nothing else', async function () {
    this.timeout(60_000)
    const seen = { told: 0, recovered: 0, passing: 0, both: 0 }
    const kinds: FaultKind[] = ['tag-lost', 'tag-changed', 'packet-lost']
    const property = fc.asyncProperty(
      fc.nat(),
      fc.uniqueArray(fc.record({ pair: fc.constantFrom(...PAIRS), kind: fc.constantFrom(...kinds) }), {
        selector: ({ pair }) => pair,
        maxLength: 6,
      }),
      fc.boolean(),
      async (seed, lasting, swap) => {
        const random = randomOf(seed)
        const world = new World(30, random)
        const lastingPairs = new Set(lasting.map(({ pair }) => pair))
        /** What passes by itself: away, expected otherwise, dropped on the way to the controller, wrong for a moment. */
        let until = 0
        const hit = new Map<string, number>()
        const passing = (): void => {
          if (world.nowMs < until) return
          world.unsettled = false
          world.away.clear()
          for (const pair of PAIRS) if (!lastingPairs.has(pair)) world.faults.delete(pair)
          if (random() > 0.02) return
          seen.passing++
          until = world.nowMs + Math.floor(random() * 3000)
          const pair = PAIRS[Math.floor(random() * PAIRS.length)]!
          // What comes back again and again does not pass.
          if (world.nowMs - (hit.get(pair) ?? Number.NEGATIVE_INFINITY) < 15_000) return
          hit.set(pair, world.nowMs)
          if (!lastingPairs.has(pair)) world.faults.set(pair, kinds[Math.floor(random() * 3)]!)
          const what = random()
          if (what < 0.3) world.unsettled = true
          else if (what < 0.5) world.away.add(pair.split(' ')[0]!)
          else if (what < 0.7) world.dropped++
          else world.changes.observedChanged({ datapaths: new Set([pair.split(' ')[1]!]), places: new Set() })
        }
        await world.pass(10_000, passing)
        expect(world.told).to.deep.equal([])
        for (const { pair, kind } of lasting) world.faults.set(pair, kind)
        await world.pass(90_000, passing)
        const cause = (kind: FaultKind): string => (kind === 'tag-changed' ? kind : 'tag-lost')
        const text = ({ type, pair }: Pick<Told, 'type' | 'pair'>): string => `${type} ${pair}`
        const wanted = lasting.map(({ pair, kind }) => text({ type: cause(kind), pair }))
        expect(world.told.map(text).sort()).to.deep.equal(wanted.sort())
        expect(world.sampler.counts.faulty).to.equal(lasting.length)
        seen.told += lasting.length
        if (swap) {
          // Another cause is told, too, and one end of both.
          for (const { pair, kind } of lasting) {
            const other: FaultKind = kind === 'tag-changed' ? 'tag-lost' : 'tag-changed'
            world.faults.set(pair, other)
            wanted.push(text({ type: cause(other), pair }))
            seen.both++
          }
          await world.pass(60_000, passing)
          expect(world.told.map(text).sort()).to.deep.equal(wanted.sort())
        }
        world.faults.clear()
        world.unsettled = false
        world.away.clear()
        await world.pass(30_000)
        const ends = lasting.map(({ pair }) => text({ type: 'tag-recovered', pair }))
        expect(world.told.map(text).sort()).to.deep.equal([...wanted, ...ends].sort())
        seen.recovered += ends.length
        await world.pass(20_000)
        expect(world.sampler.counts).to.deep.equal({ proven: 6, faulty: 0, unproven: 0 })
      },
    )
    for (let batch = 0; batch < 60 && (batch === 0 || Math.min(...Object.values(seen)) < 20); batch++)
      await fc.assert(property, { numRuns: 5 })
    for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.at.least(20)
  })

  it('asks again what was wrong, not another pair of interfaces, and never more at once than it may', async () => {
    const world = new World(600, randomOf(3), { atOnce: 3, againAtOnce: 1 })
    for (const pair of PAIRS) world.faults.set(pair, 'packet-lost')
    let most = 0
    let began = 0
    await world.pass(60_000, () => {
      const under = world.sampled.filter(({ atMs }) => atMs > world.nowMs - 3300).length
      most = Math.max(most, under)
      began = world.sampled.length
    })
    expect(began).to.be.greaterThan(10)
    expect(most).to.be.at.most(4)
    expect(world.told.length).to.be.greaterThan(0)
  })

  it('takes none where it is told so, nor for a switch that is gone, and forgets its pairs', async () => {
    const idle = new World(0, randomOf(4))
    await idle.pass(60_000)
    expect(idle.sampled).to.deep.equal([])
    const world = new World(60, randomOf(5))
    await world.pass(20_000)
    const gone = SWITCHES[2]!
    ;(world.state.observed.datapaths as Map<string, DatapathView>).delete(gone)
    world.changes.observedChanged({ datapaths: new Set([gone]), places: new Set() })
    await world.pass(200)
    const count = world.sampled.length
    await world.pass(20_000)
    for (const { pair } of world.sampled.slice(count)) expect(pair).not.to.contain(gone)
    expect([...world.sampler.pairs]).to.have.length(2)
    expect(world.sampler.rounds).to.deep.include({ switches: 2, pairs: 2 })
    world.sampler.close()
    const last = world.sampled.length
    await world.pass(5000)
    expect(world.sampled.length).to.equal(last)
  })

  it('does not make up for time that it stood still', async () => {
    const world = new World(60, randomOf(6))
    await world.pass(5000)
    const before = world.sampled.length
    world.nowMs += 3_600_000
    await world.pass(200)
    expect(world.sampled.length - before).to.be.at.most(SAMPLER_LIMITS.atOnce + 1)
  })
})

describe('what is drawn for a sample', () => {
  it('is a packet that policy permits, neither led through services nor copied, of interfaces on both switches', () => {
    const web = rule('ingress', { kind: 'any' }, 'allow', { protocols: [6], ports: [{ first: 80, last: 90 }] })
    const copied = rule('ingress', { kind: 'any' }, 'allow', { protocols: [17], mirror: 'if-4' })
    const led = rule('ingress', { kind: 'any' }, 'allow', { protocols: [1], redirect: ['if-5'] })
    const open = { ingressDefault: 'deny', egressDefault: 'allow' } as const
    const ends = [1, 2, 3, 4, 5].map((at) => interfaceRecord(at, 'default', [], SWITCHES[0]!))
    const records = [vnp('all', open), policy('some', 'all', [web, copied, led]), ...ends]
    const intent = intentOf({
      records: records.map((record, index) => ({ ...record, number: index + 1 })),
      datapathIds: SWITCHES,
    })
    const lookup = new PolicyLookup(intent)
    const random = randomOf(9)
    const facts = { intent, between: lookup.between.bind(lookup), random }
    const seen = new Set<string>()
    for (let times = 0; times < 300; times++) {
      const wish = pick(facts, ['if-1', 'if-2'], ['if-2', 'if-3'])
      expect(wish).to.deep.include({ protocol: 6, port: 80 })
      seen.add(`${wish?.from} ${wish?.to}`)
    }
    expect([...seen].sort()).to.deep.equal(['if-1 if-2', 'if-1 if-3', 'if-2 if-3'])
    expect(pick(facts, [], ['if-2'])).to.equal(undefined)
    expect(pick(facts, ['if-1'], ['if-1'])).to.equal(undefined)
    expect(pick(facts, ['nobody'], ['if-1'])).to.equal(undefined)
    expect(emptyDelta(1).generation).to.equal(1)
  })
})
