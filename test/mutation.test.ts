/** The rows of test/mutation/faults.ts are still about these sources; `npm run mutation` says whether they are caught. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { FAULTS, occurrences } from './mutation/faults.ts'

/** Names that are put together have no place in the source as a whole: their last part is looked for. */
const names = (grep: string): string => grep.split(', ')[0]!

describe('deliberate faults', () => {
  it('have names of their own', () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).to.equal(FAULTS.length)
  })

  for (const { name, file, find, replace, test } of FAULTS) {
    it(`still have their place and their test: ${name}`, () => {
      expect(occurrences(readFileSync(file, 'utf8'), find), `${file}: ${find}`).to.equal(1)
      expect(replace).not.to.equal(find)
      expect(readFileSync(test.file, 'utf8'), `${test.file} has a test of this name`).to.include(names(test.grep))
    })
  }
})
