/** What tests of parsers share: texts with damage, and that nothing but TextError comes of them. */
import { expect } from 'chai'
import fc from 'fast-check'
import { TextError } from 'node-openflow'

/** The TextError that an act throws. */
export function failure(act: () => unknown): TextError {
  try {
    act()
  } catch (error) {
    if (error instanceof TextError) return error
    throw error
  }
  throw new Error('nothing thrown')
}

const SIGNS = ['', ',', '=', ':', '(', ')', '[', ']', '->', '/', '-', '..', '.', '0x', '"', ' ', '\n', '#', '0', '-1']
const NUMBERS = [
  '255',
  '65536',
  '4294967296',
  '0xffffffffffffffffffffffffffffffffff',
  '1e9',
  'NaN',
  '٣',
  '\u0000',
  '😀',
]

/** Up to three places of a text cut (one text in four is left as it is), and something that has a meaning there or elsewhere put in. */
export function damaged(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const put = fc.oneof(fc.constantFrom(...SIGNS, ...NUMBERS), fc.string({ maxLength: 3 }))
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 6 }), put), { minLength: 0, maxLength: 3 })
  return fc.tuple(texts, damage).map(([text, changes]) => {
    let out = text
    for (const [at, cut, sign] of changes) {
      const from = at % (out.length + 1)
      out = out.slice(0, from) + sign + out.slice(from + cut)
    }
    return out
  })
}

/** Every text gives a value or a TextError whose place is in the text; some give each. */
export function total(texts: fc.Arbitrary<string>, parse: (text: string) => unknown, numRuns = 300): void {
  let read = 0
  let refused = 0
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: texts }, { weight: 1, arbitrary: fc.string() }), (text) => {
      try {
        parse(text)
        read++
      } catch (error) {
        if (!(error instanceof TextError)) throw error
        expect(error.offset).to.be.within(0, text.length)
        refused++
      }
    }),
    { numRuns },
  )
  expect(read).to.be.above(0)
  expect(refused).to.be.above(0)
}
