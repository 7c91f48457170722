/**
 * Extents, the ordered map and the ledger of a network against models that are slow and obvious: sets of numbers, and
 * one state per address. Together some 100,000 random operations.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Draw, type Moment } from '../../ipam/draw.ts'
import { Extents } from '../../ipam/extents.ts'
import { ADDRESS_STATES, type AddressState, Ledger } from '../../ipam/ledger.ts'
import { Ordered } from '../../ipam/ordered.ts'
import { numberOfText, textOfNumber } from '../../model/address-key.ts'
import type { Lease, Nap } from '../../model/records.ts'

export function napOf(name: string, more: Partial<Nap> = {}): Nap {
  return {
    ...{ kind: 'nap', name, number: 1, createTime: 0, updateTime: 0, updatedBy: 'test', owner: '' },
    ...{ network: 'net', ranges: [], exclusions: [], applicationType: '', expectedVolume: 0, maxVolume: 1 },
    ...{ securityLevel: 0, region: '', tags: [], leaseSeconds: 0, coolSeconds: 60, watermarks: { low: 0, high: 1 } },
    ...more,
  }
}

/** As chai's equal, at a cost that 100,000 operations can pay. */
function same(one: unknown, other: unknown, what = 'value'): void {
  if (one !== other) expect(one, what).to.equal(other)
}

const range = (first: string, last: string) => ({ first, last })

describe('the ordered map', () => {
  it('answers as a sorted list does', () => {
    const step = fc.record({ key: fc.bigInt(0n, 60n), act: fc.constantFrom('set', 'delete', 'look') })
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 200 }), (steps) => {
        const map = new Ordered<number>()
        const model = new Map<bigint, number>()
        for (const [at, { key, act }] of steps.entries()) {
          if (act === 'set') {
            map.set(key, at)
            model.set(key, at)
          } else if (act === 'delete') expect(map.delete(key)).to.equal(model.delete(key))
          let [floor, ceiling]: (bigint | undefined)[] = []
          for (const each of model.keys()) {
            if (each <= key && (floor === undefined || each > floor)) floor = each
            if (each >= key && (ceiling === undefined || each < ceiling)) ceiling = each
          }
          same(map.get(key), model.get(key))
          same(map.floor(key)?.key, floor)
          same(map.ceiling(key)?.key, ceiling)
          same(map.size, model.size)
        }
        expect([...map.from(0n)].map(({ key, value }) => [key, value])).to.deep.equal(
          [...model].sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      }),
      { numRuns: 60 },
    )
  })
})

describe('extents', () => {
  it('hold what a set of numbers holds, in maximal runs', () => {
    const step = fc.record({
      act: fc.constantFrom('add', 'remove'),
      first: fc.nat(60),
      length: fc.nat(12),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 120 }), (steps) => {
        const extents = new Extents()
        const model = new Set<number>()
        for (const { act, first, length } of steps) {
          extents[act as 'add'](BigInt(first), BigInt(first + length))
          for (let each = first; each <= first + length; each++) model[act === 'add' ? 'add' : 'delete'](each)
          let next = first
          while (next <= 80 && !model.has(next)) next++
          same(extents.total, BigInt(model.size))
          same(extents.next(BigInt(first)), next > 80 ? undefined : BigInt(next))
          same(extents.has(BigInt(first)), model.has(first))
        }
        const runs = [...extents]
        expect(runs.length).to.equal(extents.count)
        for (const [at, { first }] of runs.entries())
          if (at > 0) expect(first, 'a gap between two runs').to.be.above(Number(runs[at - 1]!.last) + 1)
        const members = runs.flatMap(({ first, last }) =>
          Array.from({ length: Number(last - first) + 1 }, (_, index) => Number(first) + index),
        )
        expect(members).to.deep.equal([...model].sort((a, b) => a - b))
      }),
      { numRuns: 150 },
    )
  })

  it('keep a /64 as one run, and take addresses out of it at the cost of one', () => {
    const first = numberOfText('2001:db8::')
    const extents = new Extents([{ first, last: first + 2n ** 64n - 1n }])
    for (let each = 0n; each < 1000n; each++) extents.remove(first + each * 2n)
    expect(extents.total).to.equal(2n ** 64n - 1000n)
    expect(extents.count).to.equal(1000)
  })
})

/** What a test knows of one address, kept the slow way. */
interface Known {
  state: AddressState
  lease?: Lease
}

const FIRST = numberOfText('10.0.0.0')
const SPACE = 24
/** Two pools, one of two ranges with exclusions, and addresses that belong to none. */
const POOLS = [
  napOf('a', {
    ranges: [range('10.0.0.1', '10.0.0.6'), range('10.0.0.9', '10.0.0.12')],
    exclusions: [range('10.0.0.4', '10.0.0.4')],
    coolSeconds: 20,
  }),
  napOf('b', { ranges: [range('10.0.0.13', '10.0.0.20')], coolSeconds: 5, leaseSeconds: 40 }),
]
const CLIENTS = ['one', 'two', 'three', 'four']

/** One network and its model; each operation goes to both. */
class World {
  readonly ledger = new Ledger('net')
  readonly known = new Map<bigint, Known>()
  readonly fixed = new Set<bigint>()
  readonly counted = { operations: 0, given: 0, returned: 0, exhausted: 0, refused: 0, rolledBack: 0 }
  naps = [...POOLS]
  now = 1_000_000
  revision = 1
  confirmed = 0

  /** Excluded addresses, one by one. */
  excluded = new Map<Nap, Set<bigint>>()

  constructor() {
    this.exclude()
    this.ledger.setPools([], this.naps, () => [])
  }

  exclude(): void {
    this.excluded = new Map(
      this.naps.map((nap) => {
        const out = new Set<bigint>()
        for (const { first, last } of nap.exclusions)
          for (let each = numberOfText(first); each <= numberOfText(last); each++) out.add(each)
        return [nap, out]
      }),
    )
  }

  get moment(): Moment {
    return { now: this.now, revision: this.revision + 1, confirmed: this.confirmed }
  }

  napAt(address: bigint): Nap | undefined {
    const at = Number(address - FIRST)
    if ((at >= 1 && at <= 6) || (at >= 9 && at <= 12)) return this.naps[0]
    return at >= 13 && at <= 20 ? this.naps[1] : undefined
  }

  stateOf(address: bigint): AddressState | undefined {
    const nap = this.napAt(address)
    if (nap === undefined) return undefined
    const lease = this.known.get(address)?.lease
    if (lease !== undefined) return lease.state
    if (this.fixed.has(address)) return 'fixed'
    return this.excluded.get(nap)!.has(address) ? 'excluded' : 'free'
  }

  /** Whether the rules allow that a client gets the address, by what the model knows. */
  mayHave(address: bigint, name: string, client: string): boolean {
    const state = this.stateOf(address)
    if (state === 'free') return true
    const lease = this.known.get(address)?.lease
    if (lease === undefined) return false
    if (state === 'standby') return lease.client === client && name !== ''
    if (state !== 'cooling') return false
    const isGone = lease.released! <= this.confirmed
    if (lease.client === client && (isGone || lease.interface === name)) return true
    return isGone && lease.coolUntil! <= this.now
  }

  /** Takes a draw into both, as a store's transaction would. */
  commit(draw: Draw): void {
    this.revision++
    for (const [address, lease] of draw.changes) {
      this.ledger.setLease(address, lease)
      if (lease === undefined) this.known.delete(address)
      else this.known.set(address, { state: lease.state, lease })
    }
  }

  check(): void {
    const counts = new Map<string, Record<AddressState, bigint>>()
    for (const { name } of this.naps)
      counts.set(name, { free: 0n, held: 0n, standby: 0n, cooling: 0n, fixed: 0n, excluded: 0n })
    for (let at = 0; at < SPACE; at++) {
      const address = FIRST + BigInt(at)
      const state = this.stateOf(address)
      if (state !== undefined) counts.get(this.napAt(address)!.name)![state]++
      same(this.ledger.stateOf(address), state, `state of number ${at}`)
    }
    for (const [name, pool] of this.ledger.pools) {
      for (const state of ADDRESS_STATES) same(pool.counts[state], counts.get(name)![state], `${state} of ${name}`)
      same(
        ADDRESS_STATES.reduce((sum, state) => sum + pool.counts[state], 0n),
        pool.size,
        `all of ${name}`,
      )
      same(pool.free.total, pool.counts.free, `free of ${name}`)
    }
  }
}

interface Step {
  act: 'any' | 'any' | 'specific' | 'batch' | 'renew' | 'release' | 'time' | 'confirm' | 'fix' | 'exclude' | 'undo'
  at: number
  who: number
  where: number
}

const arbitraryStep: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(
    ...(['any', 'any', 'any', 'specific', 'batch', 'renew', 'release', 'release', 'release'] as const),
    ...(['time', 'time', 'confirm', 'fix', 'exclude', 'undo'] as const),
  ),
  at: fc.nat(SPACE - 1),
  who: fc.nat(CLIENTS.length - 1),
  where: fc.nat(2),
})

function take(world: World, { act, at, who, where }: Step): void {
  const address = FIRST + BigInt(at)
  const client = CLIENTS[who]!
  const asker = { client, interface: where === 0 ? '' : `if-${client}-${where}` }
  const pool = world.ledger.pools.get(at % 2 === 0 ? 'a' : 'b')!
  const inPool = [...Array(SPACE).keys()]
    .map((each) => FIRST + BigInt(each))
    .filter((each) => world.napAt(each)?.name === pool.nap.name)
  const draw = new Draw(world.ledger, world.moment)
  world.counted.operations++
  switch (act) {
    case 'any': {
      const may = inPool.filter((each) => world.mayHave(each, asker.interface, client))
      const own = may.filter((each) => world.known.get(each)?.lease?.client === client)
      const drawn = draw.any(pool, asker)
      // A cooling address that is not free below is nobody's.
      if (!drawn.ok) {
        world.counted.exhausted++
        expect(drawn.failure.code).to.equal('POOL_EXHAUSTED')
        expect(may.filter((each) => !isWithheld(world, each))).to.deep.equal([])
        return
      }
      const given = numberOfText(drawn.value.address)
      same(may.includes(given), true, `${drawn.value.address} may be given`)
      if (own.some((each) => !isWithheld(world, each))) {
        expect(own.includes(given), 'what the client had comes first').to.equal(true)
        world.counted.returned++
      }
      world.counted.given++
      world.commit(draw)
      return
    }
    case 'specific': {
      const may = world.napAt(address) !== undefined && world.mayHave(address, asker.interface, client)
      const drawn = draw.specific(address, asker)
      expect(drawn.ok).to.equal(may && !(world.known.has(address) && isWithheld(world, address)))
      if (drawn.ok) {
        world.commit(draw)
        return
      }
      world.counted.refused++
      return
    }
    case 'batch': {
      const drawn = [0, 1, 2, 3].map(() => draw.any(pool, asker))
      const given = drawn.flatMap((each) => (each.ok ? [each.value.address] : []))
      expect(new Set(given).size, 'none twice in a batch').to.equal(given.length)
      // All or nothing: a batch that does not get all its addresses is not committed.
      if (given.length === drawn.length) {
        world.commit(draw)
        return
      }
      world.counted.exhausted++
      return
    }
    case 'renew':
    case 'release': {
      const lease = world.known.get(address)?.lease
      const stale = draw[act](address, (lease?.generation ?? 1) - 1)
      expect(stale.ok ? '' : stale.failure.code).to.equal(lease === undefined ? 'NO_LEASE' : 'LEASE_SUPERSEDED')
      if (lease === undefined) return
      const done = draw[act](address, lease.generation)
      if (act === 'renew' && lease.state === 'cooling') expect(done.ok).to.equal(false)
      else if (act === 'renew') {
        const seconds = world.napAt(address)?.leaseSeconds ?? 0
        expect(done.ok && done.value.expires).to.equal(seconds === 0 ? undefined : world.now + seconds * 1000)
      } else if (lease.state === 'cooling') expect(done.ok && done.value).to.deep.equal(lease)
      else {
        const cool = world.napAt(address)?.coolSeconds ?? 0
        expect(done.ok && done.value.coolUntil).to.equal(world.now + cool * 1000)
      }
      world.commit(draw)
      return
    }
    case 'time': {
      world.now += at * 1000
      draw.tidy(pool)
      for (const [each, lease] of draw.changes) {
        const before = world.known.get(each)!.lease!
        if (lease === undefined) {
          expect(before.coolUntil!).to.be.at.most(world.now)
          expect(before.released!).to.be.at.most(world.confirmed)
        } else expect(before.expires!).to.be.at.most(world.now)
      }
      world.commit(draw)
      return
    }
    case 'confirm':
      world.confirmed = world.revision
      return
    case 'fix': {
      // The controller refuses to fix what is somebody's or cooling.
      if (world.known.has(address)) return
      const isFixed = world.fixed.has(address)
      if (isFixed) world.fixed.delete(address)
      else world.fixed.add(address)
      world.ledger.setFixed(address, !isFixed)
      return
    }
    case 'exclude': {
      const [first] = world.naps
      const exclusions =
        at % 3 === 0 ? [] : [range(textOfNumber(FIRST + 2n), textOfNumber(FIRST + BigInt(2 + (at % 5))))]
      const inside = exclusions.filter(({ last }) => numberOfText(last) <= FIRST + 6n)
      world.naps = [{ ...first!, exclusions: inside }, world.naps[1]!]
      world.exclude()
      world.ledger.setPools(['a'], [world.naps[0]!], () => world.fixed)
      return
    }
    case 'undo': {
      const before = new Map(world.known)
      if (!draw.any(pool, asker).ok) return
      const touched = [...draw.changes.keys()]
      world.commit(draw)
      // The store could not write: the inverse arrives.
      for (const each of touched) {
        world.ledger.setLease(each, before.get(each)?.lease)
        const was = before.get(each)
        if (was === undefined) world.known.delete(each)
        else world.known.set(each, was)
      }
      world.counted.rolledBack++
    }
  }
}

/** A lease's address that would not be free without the lease: excluded meanwhile. */
function isWithheld(world: World, address: bigint): boolean {
  return world.excluded.get(world.napAt(address)!)!.has(address)
}

describe('the ledger of a network', function () {
  this.timeout(60_000)

  it('agrees with a model through random allocations, releases, rests, resizes and roll-backs', () => {
    const counted = { operations: 0, given: 0, returned: 0, exhausted: 0, refused: 0, rolledBack: 0 }
    while (counted.operations < 45_000 || Math.min(...Object.values(counted)) < 100) {
      fc.assert(
        fc.property(fc.array(arbitraryStep, { minLength: 150, maxLength: 150 }), (steps) => {
          const world = new World()
          for (const [at, step] of steps.entries()) {
            take(world, step)
            if (at % 25 === 24) world.check()
          }
          world.check()
          for (const key of Object.keys(counted) as (keyof typeof counted)[]) counted[key] += world.counted[key]
        }),
        { numRuns: 100 },
      )
    }
  })

  it('gives each address of a pool once before any again', () => {
    const nap = napOf('a', { ranges: [range('10.0.0.1', '10.0.0.50')], coolSeconds: 0 })
    const ledger = new Ledger('net')
    ledger.setPools([], [nap], () => [])
    const given: string[] = []
    for (let at = 0; at < 100; at++) {
      const moment = { now: at, revision: at + 1, confirmed: Number.POSITIVE_INFINITY }
      const draw = new Draw(ledger, moment)
      const drawn = draw.any(ledger.pools.get('a')!, { interface: `if-${at}`, client: `if-${at}` })
      if (!drawn.ok) throw new Error(drawn.failure.code)
      given.push(drawn.value.address)
      const address = numberOfText(drawn.value.address)
      ledger.setLease(address, drawn.value)
      ledger.setLease(address, undefined)
    }
    expect(new Set(given.slice(0, 50)).size).to.equal(50)
    expect(given.slice(50)).to.deep.equal(given.slice(0, 50))
  })

  it('goes on after the newest lease when it is built anew, and keeps the same counts', () => {
    const nap = napOf('v6', { ranges: [range('2001:db8::', '2001:db8::ffff:ffff:ffff:ffff')] })
    const one = new Ledger('net')
    one.setPools([], [nap], () => [])
    for (let at = 0; at < 200; at++) {
      const draw = new Draw(one, { now: at, revision: at + 2, confirmed: 0 })
      const drawn = draw.any(one.pools.get('v6')!, { interface: `if-${at % 7}`, client: `c${at}` })
      expect(drawn.ok).to.equal(true)
      if (at % 3 === 0 && drawn.ok) draw.end(numberOfText(drawn.value.address), drawn.value)
      for (const [address, lease] of draw.changes) one.setLease(address, lease)
    }
    const pool = one.pools.get('v6')!
    const other = new Ledger('net')
    for (const [address, lease] of one.leasesIn(pool.ranges[0]!)) other.setLease(address, lease)
    other.setPools([], [nap], () => [])
    const again = other.pools.get('v6')!
    expect(again.counts).to.deep.equal(pool.counts)
    expect(again.counts.cooling).to.equal(67n)
    expect(again.cursor).to.equal(pool.cursor)
    expect(again.cooling.size).to.equal(pool.cooling.size)
    expect(other.heldBy('if-1')).to.deep.equal(one.heldBy('if-1'))
  })
})
