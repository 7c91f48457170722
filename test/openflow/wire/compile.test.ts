/**
 * The two ways of a struct, compiled and walked, are one: for every struct of the rows, whatever the octets and the
 * value, both give the same, down to the order of keys, the padding kept, and code, place and path of errors.
 */
import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { ACTIONS } from '../../../openflow/spec/actions-nested.ts'
import { EXPERIMENTER_MESSAGES } from '../../../openflow/spec/experimenter.ts'
import { INSTRUCTIONS } from '../../../openflow/spec/instructions.ts'
import { encode, type Message } from '../../../openflow/spec/message.ts'
import { MESSAGES } from '../../../openflow/spec/messages.ts'
import { MULTIPART } from '../../../openflow/spec/multipart.ts'
import { compileRead, compileWrite, mayCompile, type Read, type Write } from '../../../openflow/wire/compile.ts'
import { Reader, Writer } from '../../../openflow/wire/cursor.ts'
import { WireError } from '../../../openflow/wire/error.ts'
import {
  enumeration,
  type Field,
  type List,
  list,
  rest,
  u8,
  u16,
  u32,
  u48,
  u64,
  u128,
} from '../../../openflow/wire/field.ts'
import { toHex } from '../../../openflow/wire/hex.ts'
import { toJson } from '../../../openflow/wire/json.ts'
import {
  fixedValue,
  length,
  pad,
  padTo,
  type Struct,
  sizeOf,
  struct,
  unpaddedLength,
  walk,
} from '../../../openflow/wire/struct.ts'
import { type Columns, inVersion, SPOKEN_VERSIONS, since, type Version } from '../../../openflow/wire/version.ts'
import { messageIn, structOf } from '../codec-arbitrary.ts'
import { said } from './said.ts'

type AnyStruct = Struct<object>

/** Every struct that a value is made of, with the version in which it was found. */
function structsIn(value: unknown, found = new Set<AnyStruct>(), seen = new Set<unknown>()): Set<AnyStruct> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return found
  seen.add(value)
  if ((value as Field<unknown>).kind === 'struct') found.add(value as AnyStruct)
  if ('get' in value && typeof value.get === 'function' && value.get.length === 0) structsIn(value.get(), found, seen)
  for (const part of Object.values(value)) structsIn(part, found, seen)
  return found
}

const ALL = [...structsIn([MESSAGES, EXPERIMENTER_MESSAGES, MULTIPART, ACTIONS, INSTRUCTIONS])]

/** Shapes that use every kind of member, in places where the rows have them not. */
const ODD: AnyStruct[] = [
  struct({ a: u8, length, b: u64, pad: pad(3), c: list(u16), d: rest }),
  struct({ size: sizeOf('inner', 2), length, a: u48, inner: list(u16), b: u128, pad: pad(1) }),
  struct({ length: unpaddedLength, a: u16, data: rest, pad: padTo(8), behind: u32 }),
  struct({
    a: fixedValue(u16, 7),
    b: enumeration(u32, { few: 1, many: 70_000 }),
    c: since(u16, 5),
    d: fixedValue(u8, 9, 'bad_type'),
  }),
  struct({
    a: since(enumeration(u8, { no: 0, yes: 1 }), 'yes'),
    b: since(u64, 9n),
    n: sizeOf('text'),
    text: rest,
    c: u16,
  }),
  struct({ pad: pad(0), a: struct({ b: u8, pad: pad(1), c: struct({ length, d: rest }) }), pad2: padTo(4) }),
] as unknown as AnyStruct[]

interface Outcome {
  readonly value?: unknown
  readonly text?: string
  readonly state?: unknown
  readonly error?: unknown
}

function outcome(work: () => unknown, state: () => unknown): Outcome {
  try {
    const value = work()
    return { value, text: toJson(value), state: state() }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    const { code, offset, path, detail, error: answer } = error
    return { error: { code, offset, path, detail, answer } }
  }
}

function reads(read: Read<unknown>, octets: Uint8Array, at: number, end: number, version: Version): Outcome {
  const r = new Reader(octets, at, end)
  r.version = version
  return outcome(
    () => read(r),
    () => [r.at, r.end, r.depth, r.padding],
  )
}

function writes(
  write: Write<never>,
  value: unknown,
  at: number,
  version: Version,
  padding: ReadonlyMap<number, Uint8Array> | undefined,
): Outcome {
  // Small, so that it has to grow; not zero, so that what is left out shows.
  const w = new Writer(at + 8)
  w.octets.fill(0xaa)
  w.at = at
  w.version = version
  w.padding = padding as Map<number, Uint8Array> | undefined
  return outcome(
    () => write(w, value as never),
    () => [toHex(w.octets.subarray(at, w.at)), w.depth],
  )
}

const junk = fc.constantFrom<unknown>(
  undefined,
  null,
  -1,
  1.5,
  256,
  2 ** 16,
  2 ** 32,
  2 ** 48,
  -0,
  NaN,
  -1n,
  1n << 64n,
  3n,
  '',
  'add',
  [],
  {},
  Symbol.iterator,
  true,
)

const trial = fc.record({
  tagged: fc.constantFrom(0, 1),
  at: fc.integer({ min: 0, max: 9 }),
  changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
  cut: fc.option(fc.nat(), { freq: 3 }),
  outside: fc.integer({ min: 0, max: 5 }),
  key: fc.option(fc.nat(), { freq: 3 }),
  junk,
  padding: fc.boolean(),
})

/** Whether the version has every shape in it. */
function isIn(field: Field<unknown>, version: Version): boolean {
  if (field.kind === 'columns') {
    const column = inVersion((field as Columns<unknown>).by, version)
    return column !== undefined && isIn(column, version)
  }
  if (field.kind === 'struct') return (field as AnyStruct).members.every(([, member]) => isIn(member, version))
  return ['list', 'mapped', 'since'].includes(field.kind) ? isIn((field as List<unknown>).of, version) : true
}

/** The two ways with and without a name for the values. */
function waysOf({
  members,
  min,
}: AnyStruct): Array<{ walked: ReturnType<typeof walk<object>>; read: Read<object>; write: Write<object> }> {
  return [undefined, 'name'].map((tag) => {
    const walked = walk<object>(members, min, tag)
    return {
      walked,
      read: compileRead<object>(members, min, tag, walked.read),
      write: compileWrite<object>(members, walked.write),
    }
  })
}

function agree(of: AnyStruct, runs: number): { values: number; errors: number } {
  const counts = { values: 0, errors: 0 }
  const count = ({ error }: Outcome): void => void (error === undefined ? counts.values++ : counts.errors++)
  const ways = waysOf(of)
  const keys = of.members.map(([name]) => name)
  const versions = SPOKEN_VERSIONS.filter((version) => isIn(of, version))
  const values = fc.oneof(
    ...versions.map((version) => fc.tuple(fc.constant(version), structOf(of, { depth: 1, version }))),
  )
  fc.assert(
    fc.property(values, trial, ([version, value], { tagged, at, changes, cut, outside, key, junk, padding }) => {
      const { walked, read, write } = ways[tagged]!
      const kept: ReadonlyArray<readonly [number, Uint8Array]> = [
        [at + of.min, new Uint8Array([1])],
        [at + 1, new Uint8Array([2, 3])],
      ]
      const place = padding ? new Map(kept) : undefined
      const written = writes(write, value, at, version, place)
      expect(written).to.deep.equal(writes(walked.write, value, at, version, place))
      count(written)
      if (key !== null) {
        const spoilt = { ...value, [keys[key % Math.max(1, keys.length)] ?? 'x']: junk }
        const bad = writes(write, spoilt, at, version, undefined)
        expect(bad).to.deep.equal(writes(walked.write, spoilt, at, version, undefined))
        count(bad)
      }
      // Not every version has every value.
      if (written.error !== undefined) return
      const w = new Writer(16)
      w.at = at
      w.version = version
      walked.write(w, value)
      const octets = w.octets.slice(0, w.at + outside)
      for (const [where, octet] of changes) octets[where % Math.max(1, octets.length)] = octet
      const end = cut === null ? octets.length : at + (cut % (octets.length - at + 1))
      const got = reads(read, octets, at, end, version)
      expect(got).to.deep.equal(reads(walked.read, octets, at, end, version))
      count(got)
    }),
    { numRuns: runs },
  )
  return counts
}

describe('openflow structs: compiled and walked', () => {
  it('every struct of the rows', function () {
    this.timeout(30_000)
    expect(ALL.length).to.be.greaterThan(100)
    let values = 0
    let errors = 0
    for (const of of ALL) {
      const counts = agree(of, 8)
      values += counts.values
      errors += counts.errors
    }
    expect(Math.min(values, errors)).to.be.greaterThan(1000)
  })

  for (const [i, of] of ODD.entries()) {
    it(`odd shape ${i}: ${of.members.map(([key]) => key).join(', ')}`, () => {
      const { values, errors } = agree(of, 400)
      expect(Math.min(values, errors)).to.be.greaterThan(100)
    })
  }

  it('without code from strings the walk does all', function () {
    this.timeout(30_000)
    expect(mayCompile()).to.equal(true)
    const lines = fc
      .sample(fc.oneof(...SPOKEN_VERSIONS.map(messageIn)), { numRuns: 150, seed: 3 })
      .flatMap((message, i) => {
        const octets = encode(message as Message)
        const damaged = octets.slice()
        damaged[(i * 7) % damaged.length]! ^= 1 << (i % 8)
        return [toHex(octets), toHex(damaged)]
      })
    const own = lines.map((line) => said(line))
    const script = `
      import { readFileSync } from 'node:fs'
      import { mayCompile } from '${new URL('../../../openflow/wire/compile.ts', import.meta.url)}'
      import { said } from '${new URL('said.ts', import.meta.url)}'
      console.log(mayCompile())
      for (const line of readFileSync(0, 'utf8').split('\\n')) console.log(said(line))`
    const flags = ['--disallow-code-generation-from-strings', '--import', 'tsx', '--conditions=source']
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', script], {
      input: lines.join('\n'),
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    })
    expect(stdout.trimEnd().split('\n'), stderr).to.deep.equal(['false', ...own])
  })
})
