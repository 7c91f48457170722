/** Tags: one canonical text per value (RFC 8785), nothing that two values could share, limits. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  integerTag,
  type Json,
  jsonTag,
  parseTagText,
  stringTag,
  TAG_LIMITS,
  type Tag,
  type TagResult,
  tagKind,
  tagSet,
  tagText,
  valueTag,
} from '../../model/tag.ts'

const tagOf = (result: TagResult): Tag => (result.ok ? result.tag : expect.fail(result.reason))
const reasonOf = (result: TagResult): string => (result.ok ? expect.fail(`accepted ${result.tag}`) : result.reason)

const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
const key = fc.oneof(fc.constantFrom('a', 'b', 'B', '1', '10', '\u20ac', '\ud83d\ude00', '\ufb33', '\r'), text)
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false),
    text,
    fc
      .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
      .map((value) => (Object.is(value, -0) ? 0 : value)),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(key, tie('json'), { maxKeys: 4 }),
  ),
}))

/** RFC 8785 by its own words, another way: sort the keys as arrays of code units, then let JSON.stringify write. */
function oracle(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(oracle).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const units = (name: string) => Array.from({ length: name.length }, (_, index) => name.charCodeAt(index))
  const order = (a: number[], b: number[]): number => {
    for (let index = 0; index < Math.min(a.length, b.length); index++)
      if (a[index] !== b[index]) return a[index]! - b[index]!
    return a.length - b.length
  }
  const names = Object.keys(value).sort((a, b) => order(units(a), units(b)))
  return `{${names.map((name) => `${JSON.stringify(name)}:${oracle(value[name]!)}`).join()}}`
}

/** The same value with keys in another order and white space between. */
const respelled = (value: Json): string =>
  JSON.stringify(
    value,
    (_, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).reverse())
        : member,
    2,
  )

describe('tags', () => {
  it('have the canonical text of RFC 8785, sections 3.2.2 and 3.2.3', () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(tagOf(jsonTag(input))).to.equal(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
    const sorted = String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`
    expect(
      Object.values(JSON.parse(tagOf(jsonTag(sorted))) as object).filter((value) => value !== 'One'),
    ).to.deep.equal([
      'Carriage Return',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
    expect(tagOf(jsonTag(sorted)).indexOf('"1"')).to.be.below(tagOf(jsonTag(sorted)).indexOf('\u0080'))
  })

  it('have one text per value, whatever the spelling, and it is canonical', () => {
    fc.assert(
      fc.property(json, (value) => {
        fc.pre(value !== '' && !(typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)))
        const tag = tagOf(valueTag(value))
        expect(tag).to.equal(oracle(value))
        const spelled = respelled(value)
        // Integers that JSON does not hold exactly are refused in text, where digits could be lost.
        if (!/(^|[^\d.eE"-])-?\d{16,}(?![\d.eE])/.test(spelled)) expect(tagOf(jsonTag(spelled))).to.equal(tag)
        expect(tagOf(valueTag(JSON.parse(tag) as Json)), 'canonical again').to.equal(tag)
      }),
      { numRuns: 400 },
    )
  })

  it('differ where values differ', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        const [a, b] = [valueTag(one), valueTag(other)]
        if (a.ok && b.ok) expect(a.tag === b.tag).to.equal(oracle(one) === oracle(other))
      }),
    )
    expect(tagOf(stringTag('42'))).not.to.equal(tagOf(integerTag(42)))
    expect(tagOf(stringTag('é')), 'no normalisation (RFC 8785 section 3.1)').not.to.equal(tagOf(stringTag('e\u0301')))
  })

  it('hold integers of 64 bits exactly and no others', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (value) => {
        const fits = value >= -(2n ** 63n) && value < 2n ** 63n
        for (const result of [integerTag(value), jsonTag(value.toString()), parseTagText(value.toString())]) {
          expect(result.ok).to.equal(fits)
          if (result.ok) expect(result.tag).to.equal(value.toString())
        }
      }),
    )
    for (const odd of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) reasonOf(integerTag(odd))
    expect(reasonOf(jsonTag('{"a":9007199254740993}'))).to.match(/9007199254740993 is not exact/)
    expect(tagOf(jsonTag('{"a":"9007199254740993"}'))).to.equal('{"a":"9007199254740993"}')
  })

  it('refuse what would be lost or is too large', () => {
    expect(reasonOf(jsonTag('{"a":1,"b":{"c":1,"c":2}}'))).to.match(/key "c" occurs twice/)
    expect(reasonOf(jsonTag('{"a":1,"\\u0061":2}'))).to.match(/key "a" occurs twice/)
    expect(tagOf(jsonTag('[{"a":1},{"a":2}]'))).to.equal('[{"a":1},{"a":2}]')
    for (const bad of ['{', '[1,]', "{'a':1}", 'NaN', '01', '', '{"a":1}x'])
      expect(reasonOf(jsonTag(bad)), bad).to.match(/not JSON/)
    for (const bad of ['\ud800', 'x\udc00y']) {
      expect(reasonOf(stringTag(bad))).to.match(/well-formed/)
      expect(reasonOf(valueTag({ [bad]: 1 }))).to.match(/well-formed/)
    }
    expect(reasonOf(stringTag(''))).to.match(/empty/)
    expect(reasonOf(valueTag([Number.NaN]))).to.match(/cannot express/)
    const nested = (depth: number): Json => (depth === 0 ? 1 : [nested(depth - 1)])
    tagOf(valueTag(nested(TAG_LIMITS.depth)))
    expect(reasonOf(valueTag(nested(TAG_LIMITS.depth + 1)))).to.match(/deeper/)
    const longest = 'é'.repeat((TAG_LIMITS.octets - 2) / 2)
    expect(Buffer.byteLength(tagOf(stringTag(longest)))).to.equal(TAG_LIMITS.octets)
    expect(reasonOf(stringTag(`${longest}x`))).to.match(/longer than 4096 octets/)
  })

  it('read back what is shown of them', () => {
    fc.assert(
      fc.property(fc.oneof(json, text), (value) => {
        const result = valueTag(value)
        if (!result.ok || !/^["{[\d-]/.test(result.tag)) return
        if (tagKind(result.tag) === 'json' && !/^[{[]/.test(result.tag)) return
        if (/\d{16,}/.test(result.tag)) return
        expect(tagOf(parseTagText(tagText(result.tag)))).to.equal(result.tag)
      }),
      { numRuns: 300 },
    )
    expect(['"web"', '42', '{"a":1}', 'true'].map((tag) => tagKind(tag as Tag))).to.deep.equal([
      'string',
      'integer',
      'json',
      'json',
    ])
  })

  it('make sets that do not depend on order or repeats', () => {
    const tag = fc.constantFrom('"a"', '"b"', '1', '10', '2', '{"a":1}').map((each) => each as Tag)
    fc.assert(
      fc.property(fc.array(tag), fc.array(tag), (one, other) => {
        expect(tagSet([...one, ...other])).to.deep.equal(tagSet([...other, ...one, ...one]))
        expect(new Set(tagSet(one))).to.deep.equal(new Set(one))
      }),
    )
  })
})
