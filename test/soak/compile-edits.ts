/** Ten thousand random edits on either back end, each compiled by itself, against compiling at once. */
import { expect } from 'chai'
import { checkEdits } from '../support/edits-check.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const EDITS = 10_000

describe(`${EDITS} random edits, seed ${SEED}`, () => {
  for (const backend of ['fabric', 'normal'] as const) {
    it(backend, function () {
      this.timeout(0)
      const met = checkEdits({ backend, seed: SEED, edits: EDITS, every: 20 })
      expect(met.conjunctions).to.be.greaterThan(1000)
      expect(met.restarts).to.be.greaterThan(3)
    })
  }
})
