/**
 * The codec's laws, over values made from the rows: what is encoded decodes to the same value, what decodes encodes
 * to the same octets, and no octets at all make decode do anything but answer with a message or a WireError.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { ACTIONS, action } from '../../openflow/spec/actions-nested.ts'
import { type ErrorKind, errorKind, errorNumbers, errorsIn } from '../../openflow/spec/errors.ts'
import { INSTRUCTIONS, instructions } from '../../openflow/spec/instructions.ts'
import { decode, encode, encodeAll, MESSAGE_TYPES, type Message } from '../../openflow/spec/message.ts'
import { nearestError } from '../../openflow/spec/nearest-error.ts'
import { FIELD_NAMES, oxmField } from '../../openflow/spec/oxm.ts'
import { Reader, Writer } from '../../openflow/wire/cursor.ts'
import { WIRE_CODES, WireError } from '../../openflow/wire/error.ts'
import type { Field } from '../../openflow/wire/field.ts'
import { rowIn, type UnionRow } from '../../openflow/wire/union.ts'
import { isSpoken, SPOKEN_VERSIONS, VERSIONS, versionText } from '../../openflow/wire/version.ts'
import { MESSAGES_IN, message, messageIn, oxmOf, rowOf, strangerOf } from './codec-arbitrary.ts'

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

function written<T>(field: Field<T>, value: T, version: number = VERSIONS.of13): Uint8Array {
  const w = new Writer(16)
  w.version = version
  field.write(w, value)
  return w.octets.slice(0, w.at)
}

function returns<T>(field: Field<T>, value: T, version: number = VERSIONS.of13): void {
  const octets = written(field, value, version)
  const r = new Reader(octets)
  r.version = version
  expect(field.read(r)).to.deep.equal(value)
  expect(r.at).to.equal(octets.length)
  expect(r.padding).to.equal(undefined)
}

/** decode's law for any octets: a message that encodes to the same octets, or a WireError within bounds. */
function lawful(octets: Uint8Array): Message | WireError {
  let got: Message
  try {
    got = decode(octets)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    expect(error.offset).to.be.within(0, octets.length)
    expect(WIRE_CODES).to.have.property(error.code)
    const { type, code } = error.error!
    const version = isSpoken(octets[0] ?? 0) ? octets[0] : VERSIONS.of13
    expect(errorNumbers({ error_type: type, code } as never, version), `${type}/${code}`).not.to.equal(undefined)
    return error
  }
  expect(hex(encode(got))).to.equal(hex(octets))
  return got
}

const everyMessage = [...MESSAGES_IN.values()].flatMap((messages) => [...messages.values()])

/** Octets with the message length made right, so that mutations get past the header. */
function framed(octets: Uint8Array): Uint8Array {
  const out = octets.slice(0, 65535)
  if (out.length >= 4) {
    out[2] = out.length >>> 8
    out[3] = out.length
  }
  return out
}

describe('openflow codec: value to octets and back', () => {
  it('has a generator for every message type', () => {
    const names = [...MESSAGES_IN.values()].flatMap((messages) => [...messages.keys()])
    const covered = new Set(names.map((name) => name.split(' ')[0]!))
    expect([...covered].sort()).to.deep.equal([...MESSAGE_TYPES].sort())
  })

  for (const [version, messages] of MESSAGES_IN) {
    for (const [name, arbitrary] of messages) {
      it(`message ${name}, OpenFlow ${versionText(version)}`, () => {
        fc.assert(
          fc.property(arbitrary, (value) => {
            const octets = encode(value)
            expect(octets[0]).to.equal(version)
            expect((octets[2]! << 8) | octets[3]!).to.equal(octets.length)
            expect(decode(octets)).to.deep.equal(value)
          }),
          { numRuns: 40 },
        )
      })
    }
  }

  it('every match field, with and without mask', () => {
    for (const version of [VERSIONS.of13, VERSIONS.of15]) {
      for (const name of FIELD_NAMES) {
        fc.assert(
          fc.property(oxmOf(name), (oxm) => returns(oxmField, oxm, version)),
          { numRuns: 15 },
        )
      }
    }
  })

  it('every action of every version', () => {
    const shape = { align: 8, padded: 'inside', experimenter: 0xffff } as const
    for (const version of SPOKEN_VERSIONS) {
      const context = { depth: 0, version }
      for (const [name, row] of Object.entries(ACTIONS)) {
        if (rowIn(row, version) === undefined) continue
        fc.assert(
          fc.property(rowOf(name, row, shape, context), (value) => {
            returns(action as Field<unknown>, value, version)
            expect(written(action as Field<unknown>, value, version).length % 8).to.equal(0)
          }),
          { numRuns: 25 },
        )
      }
      fc.assert(fc.property(strangerOf(shape), (value) => returns(action as Field<unknown>, value, version)))
    }
  })

  it('every instruction of every version', () => {
    const shape = { align: 8, padded: 'inside', experimenter: 0xffff } as const
    for (const version of SPOKEN_VERSIONS) {
      for (const [name, row] of Object.entries<UnionRow>(INSTRUCTIONS)) {
        if (rowIn(row, version) === undefined) continue
        const one = rowOf(name, row, shape, { depth: 0, version }).map((value) => [value])
        fc.assert(
          fc.property(one, (value) => returns(instructions as Field<unknown>, value, version)),
          { numRuns: 25 },
        )
      }
    }
  })

  it('every error that has a name, in every version', () => {
    for (const version of SPOKEN_VERSIONS) {
      for (const kind of errorsIn(version)) {
        const extra = version === VERSIONS.of13 ? {} : { version }
        const error = { type: 'error', xid: 7, ...extra, ...kind, data: new Uint8Array([1, 2]) } as Message
        expect(decode(encode(error))).to.deep.equal(error)
        const { type, code, extension } = errorNumbers(kind, version)!
        if (extension !== undefined) continue
        expect(errorKind(type, code, version)).to.deep.equal(kind)
        const numbers = [type, code].map((one) => one.toString(16).padStart(4, '0')).join('')
        expect(hex(encode(error))).to.equal(`0${version}01000e00000007${numbers}0102`)
      }
    }
  })

  it('each version has something to answer for every error', () => {
    for (const { error_type, code } of SPOKEN_VERSIONS.flatMap((version) => errorsIn(version))) {
      for (const version of SPOKEN_VERSIONS) {
        const answer = nearestError({ type: String(error_type), code: String(code) }, version)
        const kind = { error_type: answer.type, code: answer.code } as ErrorKind
        expect(errorNumbers(kind, version), `${error_type}/${code}`).not.to.equal(undefined)
        const itself = errorNumbers({ error_type, code }, version) !== undefined
        expect(answer.type === error_type && answer.code === code).to.equal(itself)
      }
    }
    const near = (type: string, code: string, version: number): string =>
      Object.values(nearestError({ type, code }, version)).join('/')
    expect(near('bad_match', 'bad_len', VERSIONS.of10)).to.equal('bad_request/bad_len')
    expect(near('bad_instruction', 'unknown_inst', VERSIONS.of10)).to.equal('flow_mod_failed/unsupported')
    expect(near('flow_mod_failed', 'unsupported', VERSIONS.of13)).to.equal('flow_mod_failed/unknown')
  })

  it('writes several messages as the octets of each, one after the other', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (values) => {
        expect(hex(encodeAll(values))).to.equal(values.map((value) => hex(encode(value))).join(''))
      }),
    )
  })
})

const FLOW = {
  type: 'flow_mod',
  xid: 1,
  cookie: 0n,
  cookie_mask: 0n,
  table_id: 0,
  command: 'add',
  idle_timeout: 0,
  hard_timeout: 0,
  priority: 1,
  buffer_id: 0xffffffff,
  out_port: 0,
  out_group: 0,
  flags: 0,
  match: [],
  instructions: [],
}

const mutated = fc
  .tuple(
    fc.constantFrom(...SPOKEN_VERSIONS).chain(messageIn),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    fc.option(fc.nat(), { freq: 3 }),
    fc.uint8Array({ maxLength: 12 }),
    fc.boolean(),
  )
  .map(([value, changes, cut, tail, keepLength]) => {
    let octets = encode(value)
    for (const [at, octet] of changes) octets[at % octets.length] = octet
    if (cut !== null) octets = octets.slice(0, cut % (octets.length + 1))
    else if (tail.length > 6) octets = Uint8Array.from([...octets, ...tail])
    return keepLength ? octets : framed(octets)
  })

describe('openflow codec: any octets', () => {
  it('mutated messages: a message that encodes to the same octets, or a WireError', () => {
    let decoded = 0
    let refused = 0
    fc.assert(
      fc.property(mutated, (octets) => {
        if (lawful(octets) instanceof WireError) refused++
        else decoded++
      }),
      { numRuns: 6000 },
    )
    // Neither outcome may be what nearly always happens, or the other half of the law is not tested.
    expect(Math.min(decoded, refused)).to.be.greaterThan(1000)
  })

  it('any octets behind a header of any type', () => {
    const noise = fc
      .tuple(fc.constantFrom(1, 4, 5, 6, 2), fc.integer({ min: 0, max: 35 }), fc.uint8Array({ maxLength: 200 }))
      .map(([version, type, rest]) => framed(Uint8Array.from([version, type, 0, 0, 0, 0, 0, 1, ...rest])))
    fc.assert(
      fc.property(noise, (octets) => void lawful(octets)),
      { numRuns: 3000 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => void lawful(octets)))
  })

  it('every octet of a message changed, one at a time', function () {
    this.timeout(60_000)
    for (const arbitrary of everyMessage) {
      for (const value of fc.sample(arbitrary, { numRuns: 1, seed: 5 })) {
        const octets = encode(value)
        for (let at = 0; at < Math.min(octets.length, 300); at++) {
          for (const octet of [0, 1, 0xff, octets[at]! ^ 0x80]) {
            const changed = octets.slice()
            changed[at] = octet
            lawful(changed)
          }
        }
      }
    }
  })

  it('every prefix of a message is refused', function () {
    this.timeout(60_000)
    for (const arbitrary of everyMessage) {
      const [value] = fc.sample(arbitrary, { numRuns: 1, seed: 11 })
      const octets = encode(value!)
      for (let size = 0; size < octets.length; size += Math.ceil(octets.length / 100)) {
        expect(lawful(octets.slice(0, size)), value!.type).to.be.instanceOf(WireError)
        lawful(framed(octets.slice(0, size)))
      }
    }
  })

  it('a message of another version inside a bundle is refused', () => {
    const octets =
      '0404002a00000001' + '4f4e4600000008fd' + '00000001' + 'beef' + '0000' + '01000012000000010001000300000000ffee'
    expect(lawful(Buffer.from(octets, 'hex'))).to.include({ code: 'bad_version', path: 'message.version' })
  })

  it('a version refuses what only another one can say, and takes what means nothing', () => {
    const flow = decode(encodeAll([{ ...FLOW, importance: 7 } as Message], 5)) as unknown as typeof FLOW & {
      importance: number
    }
    expect(flow.importance).to.equal(7)
    expect(() => encodeAll([flow as unknown as Message], 4))
      .to.throw(WireError)
      .that.includes({ code: 'not_in_version', path: 'importance' })
    expect(encodeAll([{ ...flow, importance: 0 } as unknown as Message], 4)).to.deep.equal(
      encode(FLOW as unknown as Message),
    )
    expect(() => encodeAll([{ type: 'barrier_request', xid: 1 }], 3))
      .to.throw(WireError)
      .that.includes({ code: 'bad_version' })
  })

  it('an experimenter is not taken for its neighbour, whatever its type', () => {
    // 0x231f with a type of more than 16 bits; 0x2320 is Nicira.
    const octets = '0404001000000001' + '0000231f' + '0001000f'
    expect(lawful(Buffer.from(octets, 'hex'))).to.include({
      type: 'experimenter',
      experimenter: 0x231f,
      exp_type: 0x1000f,
    })
  })

  it('lists of lists deeper than the limit are refused, with where', () => {
    let actions: unknown[] = []
    for (let i = 0; i < 15; i++) actions = [{ type: 'nx_clone', actions }]
    const flow = { ...FLOW, instructions: [{ type: 'apply_actions', actions }] } as unknown as Message
    expect(() => encode(flow))
      .to.throw(WireError)
      .with.property('code', 'too_deep')
  })
})

/** 64 KiB of what costs a decoder most, by name. */
const repeated = (head: string, unit: string): Uint8Array => {
  const front = Buffer.from(head, 'hex')
  const one = Buffer.from(unit, 'hex')
  const count = Math.floor((65535 - front.length) / one.length)
  return framed(Buffer.concat([front, ...Array.from({ length: count }, () => one)]))
}
const patched = (octets: Uint8Array, at: number, value: number): Uint8Array => {
  octets[at] = value >>> 8
  octets[at + 1] = value
  return octets
}
/** apply_actions of nothing but nx_clone in nx_clone in ... */
function nest(levels: number): Uint8Array {
  const flow = encode(FLOW as unknown as Message)
  const front = Buffer.concat([flow, Buffer.alloc(8)])
  const total = Math.floor((65535 - front.length) / 16) * 16
  const body = Buffer.alloc(total)
  for (let i = 0; i < levels && total - i * 16 >= 16; i++) {
    Buffer.from('ffff0000000023200 02a000000000000'.replace(' ', ''), 'hex').copy(body, i * 16)
    body.writeUInt16BE(total - i * 16, i * 16 + 2)
  }
  front.writeUInt16BE(4, flow.length)
  front.writeUInt16BE((8 + total) & 0xfff8, flow.length + 2)
  return framed(Buffer.concat([front, body]))
}

const HOSTILE: ReadonlyArray<readonly [string, () => Uint8Array]> = [
  ['hello of tiny elements', () => repeated('0400000000000001', '0002000400000000')],
  ['hello of tiny elements with odd padding', () => repeated('0400000000000001', '00020004ffffffff')],
  ['echo of 64 KiB', () => repeated('0402000000000001', 'ff')],
  ['match of flags', () => patched(repeated(`040a000000000001${'00'.repeat(16)}00010000`, '8000080100'), 26, 65500)],
  [
    'match of empty unknown fields',
    () => patched(repeated(`040a000000000001${'00'.repeat(16)}00010000`, '00020000'), 26, 65500),
  ],
  [
    'packet_out of tiny actions',
    () => patched(repeated(`040d000000000001${'00'.repeat(16)}`, '000c0008ffffffff'), 16, 65504),
  ],
  [
    'packet_out of empty learn actions',
    () =>
      patched(
        repeated(
          `040d000000000001${'00'.repeat(16)}`,
          'ffff00200000232000100000000000000000000000000000000000000000000000'.slice(0, 64),
        ),
        16,
        65504,
      ),
  ],
  ['4000 actions deep', () => nest(4000)],
  ['table features of single ids', () => repeated('0412000000000001000c000000000000', `0040${'00'.repeat(62)}`)],
  ['descriptions that are no text', () => repeated('0413000000000001000d000000000000', 'ff'.repeat(64))],
  ['bundles in bundles', () => repeated('', '0404ffff000000014f4e4600000008fd0000000100000000')],
  ['multipart of queue statistics', () => repeated('04130000000000010005000000000000', 'ff'.repeat(40))],
]

describe('openflow codec: hostile input', () => {
  for (const [name, make] of HOSTILE) {
    it(`${name}: bounded time`, () => {
      const octets = make()
      expect(octets.length).to.be.greaterThan(60_000)
      const start = performance.now()
      lawful(octets)
      // About 10 ms at most when measured; the bound is for what grows with the square.
      expect(performance.now() - start).to.be.lessThan(500)
    })
  }
})

/** Things that no member of a message is. */
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    '',
    'nonsense',
    -1,
    1.5,
    NaN,
    2 ** 53,
    -1n,
    1n << 200n,
    {},
    [],
    [null],
    () => 1,
  ),
  fc.anything(),
)

/** Every (object, key) inside a value. */
function places(
  value: unknown,
  out: Array<[Record<string, unknown>, string]> = [],
): Array<[Record<string, unknown>, string]> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return out
  for (const key of Object.keys(value)) {
    out.push([value as Record<string, unknown>, key])
    places((value as Record<string, unknown>)[key], out)
  }
  return out
}

describe('openflow codec: any value', () => {
  it('encode answers with octets or a WireError, and what it wrote decodes', () => {
    fc.assert(
      fc.property(message, fc.nat(), junk, (original, where, replacement) => {
        const value = structuredClone(original)
        const all = places(value)
        const [object, key] = all[where % all.length]!
        object[key] = replacement
        let octets: Uint8Array
        try {
          octets = encode(value)
        } catch (error) {
          if (!(error instanceof WireError)) throw error
          return
        }
        lawful(octets)
      }),
      { numRuns: 4000 },
    )
    for (const value of [undefined, null, 5, 'x', [], {}, { type: 'hello' }]) {
      expect(() => encode(value as never)).to.throw(WireError)
    }
  })

  it('leaves nothing behind from a message that failed', () => {
    const good = { type: 'echo_request', xid: 1, data: new Uint8Array([1, 2, 3]) } as Message
    const before = hex(encode(good))
    expect(() => encode({ ...FLOW, match: [{ field: 'in_port', value: 'x' }] } as never)).to.throw(WireError)
    expect(hex(encode(good))).to.equal(before)
  })

  it('says where: the path of the member and the octet', () => {
    const bad = {
      ...FLOW,
      instructions: [
        {
          type: 'apply_actions',
          actions: [
            { type: 'output', port: 1, max_len: 0 },
            { type: 'output', port: -1, max_len: 0 },
          ],
        },
      ],
    }
    expect(() => encode(bad as never))
      .to.throw(WireError)
      .with.property('path', 'instructions[0].actions[1].port')
    const octets = encode({ ...bad, instructions: [{ type: 'goto_table', table_id: 3 }] } as never)
    octets[octets.length - 7] = 99
    expect(() => decode(octets))
      .to.throw(WireError)
      .that.deep.includes({
        code: 'bad_type',
        offset: 56,
        path: 'instructions[0].type',
        error: { type: 'bad_instruction', code: 'unknown_inst' },
      })
  })
})
