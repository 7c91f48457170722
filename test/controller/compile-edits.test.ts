/**
 * Hundreds of random edits, each compiled by itself, against compiling at once; `npm run soak -- compile-edits` makes
 * ten thousand.
 */
import { expect } from 'chai'
import { checkEdits } from '../support/edits-check.ts'

describe('random edits', () => {
  for (const [backend, seed] of [
    ['fabric', 1],
    ['normal', 2],
  ] as const) {
    it(`leave the tables as if they had been compiled at once, ${backend}`, function () {
      this.timeout(60_000)
      const met = checkEdits({ backend, seed, edits: 300, every: 10 })
      expect(met.mostFlows).to.be.greaterThan(200)
      expect(met.conjunctions).to.be.greaterThan(10)
      expect([...met.kinds]).to.include.members([
        ...['tags', 'delete', 'update interface', 'update vnp', 'update policy', 'update switch'],
        ...['port', 'link', 'switch up', 'switch gone', 'seen', 'time'],
      ])
    })
  }
})
