/** Levels of pools: what the marks say, and that a level is left only by a margin. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Filling, levelOf, nextLevel, type PoolLevel, usedShare } from '../../ipam/watermarks.ts'

const filling = (used: number, size: number, low: number, high: number, excluded = 0): Filling => ({
  nap: { watermarks: { low, high } },
  size: BigInt(size + excluded),
  counts: {
    ...{ free: BigInt(size - used), held: BigInt(used), standby: 0n, cooling: 0n, fixed: 0n },
    excluded: BigInt(excluded),
  },
})

describe('watermarks', () => {
  it('count what can be given, and nothing can be given of a pool that is excluded as a whole', () => {
    expect(usedShare(filling(5, 10, 0, 0.9, 90))).to.equal(0.5)
    expect(usedShare(filling(0, 0, 0, 0.9, 10))).to.equal(1)
    expect(levelOf(filling(0, 0, 0, 0.9, 10))).to.equal('exhausted')
  })

  it('are passed above and below, and not by what equals them', () => {
    const levels = [0, 19, 20, 50, 90, 91, 99, 100].map((used) => levelOf(filling(used, 100, 0.2, 0.9)))
    expect(levels.join(' ')).to.equal('low low normal normal normal high high exhausted')
  })

  it('are left by a margin only', () => {
    const walk = [89, 91, 90, 86, 85, 91, 100, 99, 96, 95, 84, 19, 20, 25, 26, 24, 19]
    let level: PoolLevel | undefined
    const seen = walk.map((used) => {
      level = nextLevel(level, filling(used, 100, 0.2, 0.9))
      return level
    })
    expect(seen.join(' ')).to.equal(
      'normal high high high normal high exhausted exhausted exhausted high normal low low normal normal normal low',
    )
  })

  it('are never told twice for one address that comes and goes, in pools of twenty addresses or more', () => {
    const pool = fc.record({ size: fc.integer({ min: 20, max: 5000 }), at: fc.double({ min: 0, max: 1, noNaN: true }) })
    const marks = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 60, max: 100 }))
    fc.assert(
      fc.property(
        pool,
        marks,
        fc.constantFrom(undefined, 'low', 'high', 'normal' as const),
        ({ size, at }, [low, high], from) => {
          const most = Math.floor(at * (size - 2))
          const look = (used: number, before: PoolLevel | undefined) =>
            nextLevel(before, filling(used, size, low / 100, high / 100))
          let level = look(most, from)
          let changes = 0
          for (let turn = 1; turn <= 6; turn++) {
            const next = look(most + (turn % 2), level)
            if (next !== level) changes++
            level = next
          }
          expect(changes).to.be.at.most(1)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
