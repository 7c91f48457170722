/**
 * Which switch has which end, whatever records and databases say in which order, and what was remembered of an earlier
 * run: compared with a plain statement of the same after every step; suppositions leave nothing behind.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { TunnelEnds } from '../../controller/tunnel-ends.ts'
import type { TunnelAddress } from '../../model/records.ts'

const IDS = ['01', '02', '03', '04'] as const
type Id = (typeof IDS)[number]

/** What is said, and the ends of it as observe.ts keeps them: whoever is touched is looked at again. */
class World {
  readonly records = new Map<string, TunnelAddress>()
  readonly databases = new Map<string, TunnelAddress>()
  readonly told: string[] = []
  readonly ends = new TunnelEnds({
    recordOf: (id) => {
      const tunnel = this.records.get(id)
      return tunnel && { tunnel }
    },
    encapOf: (id) => this.databases.get(id),
    mtuOf: () => undefined,
    isPresent: () => false,
    tell: (type, subject, details) => void this.told.push(`${type} ${subject} ${details?.['held']}`),
  })

  look(id: string): void {
    for (const other of this.ends.look(id)) this.look(other)
    this.ends.lookAbsent(id)
  }

  state(): unknown {
    return IDS.map((id) => [id, this.ends.of(id), this.ends.said(id), this.ends.absent.get(id)])
  }
}

const address = fc.constantFrom('198.18.0.1', '198.18.0.2')
const end: fc.Arbitrary<TunnelAddress> = fc.record({ kind: fc.constantFrom('geneve', 'vxlan'), address })
const step = fc.record({
  who: fc.constantFrom('record', 'database', 'recall') as fc.Arbitrary<'record' | 'database' | 'recall'>,
  id: fc.constantFrom(...IDS) as fc.Arbitrary<Id>,
  end: fc.option(end, { nil: undefined }),
})

describe('ends of tunnels', () => {
  it('are those that records, databases and memory name, memory last, and of several with one address the first', () => {
    const met = { byMemory: 0, gaveWay: 0, contested: 0, read: 0 }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const world = new World()
        const { records, databases, ends } = world
        const memory = new Map<string, TunnelAddress>()
        for (const { who, id, end: said } of steps) {
          if (who === 'recall') {
            // Of what is known better nobody asks memory.
            if (databases.has(id) || said === undefined) continue
            ends.recall(id, said)
            memory.set(id, said)
          } else {
            const into = who === 'record' ? records : databases
            if (said === undefined) into.delete(id)
            else into.set(id, said)
            if (who === 'database') {
              if (memory.delete(id)) met.read++
              ends.recall(id, undefined)
            }
          }
          world.look(id)
          const named = (one: string): TunnelAddress | undefined => records.get(one) ?? databases.get(one)
          for (const [one, its] of [...memory]) {
            if (named(one) !== undefined || !IDS.some((other) => named(other)?.address === its.address)) continue
            memory.delete(one)
            met.gaveWay++
          }
          for (const one of IDS) {
            const wanted = named(one) ?? memory.get(one)
            const isFirst = !IDS.some(
              (other) => other < one && (named(other) ?? memory.get(other))?.address === wanted?.address,
            )
            if (wanted !== undefined && !isFirst) met.contested++
            if (wanted !== undefined && named(one) === undefined) met.byMemory++
            expect(ends.wanted(one), `${one} wants`).to.deep.equal(wanted)
            expect(ends.of(one), `${one} has`).to.deep.equal(isFirst ? wanted : undefined)
            expect(ends.said(one), `the database of ${one} said`).to.deep.equal(databases.get(one) ?? memory.get(one))
          }
        }
      }),
      { numRuns: 1000 },
    )
    for (const [what, count] of Object.entries(met)) expect(count, what).to.be.greaterThan(20)
  })

  it('are what they were when a supposition is over', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.array(step, { maxLength: 4 }), (before, supposed) => {
        const world = new World()
        const { records, databases, ends } = world
        const take = ({ who, id, end: said }: (typeof before)[number]): void => {
          if (who === 'recall') ends.recall(id, said)
          else if (said === undefined) (who === 'record' ? records : databases).delete(id)
          else (who === 'record' ? records : databases).set(id, said)
          world.look(id)
        }
        for (const each of before) take(each)
        const was = world.state()
        const restore = ends.remember()
        const saved = [new Map(records), new Map(databases)]
        for (const each of supposed) take(each)
        for (const [index, map] of [records, databases].entries()) {
          map.clear()
          for (const [id, said] of saved[index]!) map.set(id, said)
        }
        restore()
        expect(world.state()).to.deep.equal(was)
      }),
      { numRuns: 1000 },
    )
  })
})
