/** `spelled` and `columns` together: a shape whose newer version has its plain members in a list. */
import { expect } from 'chai'
import { Reader, Writer } from '../../../openflow/wire/cursor.ts'
import { WireError } from '../../../openflow/wire/error.ts'
import { type Field, list, type Of, rest, u8, u16 } from '../../../openflow/wire/field.ts'
import { sameContent, spelled } from '../../../openflow/wire/spelled.ts'
import { struct } from '../../../openflow/wire/struct.ts'
import { union } from '../../../openflow/wire/union.ts'
import { columns, VERSIONS } from '../../../openflow/wire/version.ts'

const property = union(
  { speed: { number: 0, body: struct({ speed: u16 }) }, note: { number: 1, body: struct({ data: rest }) } },
  { align: 1, padded: 'behind' },
)
type Property = Of<typeof property>
const SPELLING = {
  members(properties: readonly Property[]): { speed: number } {
    const found = properties.find(({ type }) => type === 'speed')
    return { speed: found?.type === 'speed' ? found.speed : 0xffff }
  },
  canonical: ({ speed }: { speed: number }): Property[] => [{ type: 'speed', speed }],
}
const new14 = spelled(struct({ id: u8, properties: list(property) }), 'properties', SPELLING)
type Value = Of<typeof new14>
const shape = columns<Value>({ of13: struct({ id: u8, speed: u16 }), of14: new14 })

function octets(value: Value, version: number, field: Field<Value> = shape): string {
  const w = new Writer(16)
  w.version = version
  field.write(w, value)
  return Buffer.from(w.octets.subarray(0, w.at)).toString('hex')
}

function value(hex: string, version: number, field: Field<Value> = shape): Value {
  const r = new Reader(Buffer.from(hex, 'hex'))
  r.version = version
  return field.read(r)
}

const SPEED = '00000006000a'
const NOTE = '00010005aa'
const note = { type: 'note', data: new Uint8Array([0xaa]) } as const

describe('openflow wire: members spelled as a list', () => {
  it('the canonical spelling is the members alone, the same value in both versions', () => {
    expect(value(`01${SPEED}`, VERSIONS.of14)).to.deep.equal({ id: 1, speed: 10 })
    expect(value('01000a', VERSIONS.of13)).to.deep.equal({ id: 1, speed: 10 })
    expect(octets({ id: 1, speed: 10 }, VERSIONS.of13)).to.equal('01000a')
    expect(octets({ id: 1, speed: 10 }, VERSIONS.of14)).to.equal(`01${SPEED}`)
  })

  it('any other spelling is kept as it came', () => {
    for (const list of ['', NOTE, NOTE + SPEED, SPEED + NOTE, SPEED + SPEED]) {
      const got = value(`01${list}`, VERSIONS.of14)
      expect(got, list).to.have.property('properties')
      expect(got.speed, list).to.equal(list.includes(SPEED) ? 10 : 0xffff)
      expect(octets(got, VERSIONS.of14)).to.equal(`01${list}`)
    }
  })

  it('a version without the list refuses one that says more than the members, and takes one that does not', () => {
    const speed = { type: 'speed', speed: 10 } as const
    expect(octets({ id: 1, speed: 10, properties: [speed, speed] }, VERSIONS.of13)).to.equal('01000a')
    expect(octets({ id: 1, speed: 0xffff, properties: [] }, VERSIONS.of13)).to.equal('01ffff')
    for (const properties of [[speed, note], [{ type: 'speed', speed: 11 } as const], 'x' as never]) {
      expect(() => octets({ id: 1, speed: 10, properties }, VERSIONS.of13))
        .to.throw(WireError)
        .that.includes({ code: 'not_in_version', path: 'properties' })
    }
  })

  it('a list that leaves out what matters is refused, in any order', () => {
    const strict = columns<Value>({
      of13: struct({ id: u8, speed: u16 }),
      of14: spelled(struct({ id: u8, properties: list(property) }), 'properties', { ...SPELLING, unsaidMatters: true }),
    })
    const speed = { type: 'speed', speed: 10 } as const
    expect(octets({ id: 1, speed: 10, properties: [speed, speed] }, VERSIONS.of13, strict)).to.equal('01000a')
    expect(() => octets({ id: 1, speed: 0xffff, properties: [] }, VERSIONS.of13, strict))
      .to.throw(WireError)
      .that.includes({ code: 'not_in_version', path: 'properties' })
  })

  it('says where a wrong member or list is wrong', () => {
    const path = (wrong: object): string => {
      try {
        octets(wrong as Value, VERSIONS.of14)
      } catch (error) {
        if (error instanceof WireError) return error.path
      }
      return 'no error'
    }
    expect(path({ id: 1, speed: -1 })).to.equal('properties[0].speed')
    expect(path({ id: 1, speed: 1, properties: [{ type: 'speed' }] })).to.equal('properties[0].speed')
    expect(path({ id: 1, speed: 1, properties: null })).to.equal('properties')
  })

  it('compares by content', () => {
    const one = { a: [1, 2n, { b: new Uint8Array([1]) }], c: undefined }
    expect(sameContent(one, { a: [1, 2n, { b: new Uint8Array([1]) }] })).to.equal(true)
    for (const other of [
      { a: [1, 2n, { b: new Uint8Array([2]) }] },
      { a: [1, 2n, { b: [1] }] },
      { a: [1, 2n] },
      { a: [1, 2n, { b: new Uint8Array([1]) }], d: 0 },
      { a: { 0: 1 } },
      null,
      'x',
    ]) {
      expect(sameContent(one, other)).to.equal(false)
      expect(sameContent(other, one)).to.equal(false)
    }
  })
})
