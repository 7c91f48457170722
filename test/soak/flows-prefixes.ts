/** Every prefix of a thousand changes, sent without bundles to reference switches. */
import { expect } from 'chai'
import { checkPrefixes } from '../support/prefixes-check.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const ROUNDS = 20
const CHANGES = 50

describe(`every prefix of ${ROUNDS * CHANGES} changes without bundles, seed ${SEED}`, () => {
  for (let round = 0; round < ROUNDS; round++) {
    it(`seed ${SEED + round}`, function () {
      this.timeout(0)
      expect(checkPrefixes(SEED + round, CHANGES).prefixes).to.be.greaterThan(CHANGES)
    })
  }
})
