/**
 * The law of views: over the octets of any message, sound or damaged, a view takes exactly what decode takes, refuses
 * the rest with decode's own error, and then says member for member what decode says.
 */
import { expect } from 'chai'
import fc, { type Arbitrary } from 'fast-check'
import type { Action } from '../../openflow/spec/actions-nested.ts'
import type { Instruction } from '../../openflow/spec/instructions.ts'
import { decode, encode, type Message } from '../../openflow/spec/message.ts'
import { FIELD_NAMES, type Oxm } from '../../openflow/spec/oxm.ts'
import { ActionsView, FlowModView, InstructionsView, MatchView } from '../../openflow/views/index.ts'
import { fieldReader, maskReader } from '../../openflow/views/match.ts'
import { WireError } from '../../openflow/wire/error.ts'
import { MESSAGES_IN, messageIn } from './codec-arbitrary.ts'
import { VIEWS, type ViewCase } from './views-cases.ts'

/** What decode says, or its error. */
function outcome<T>(work: () => T): { got: T } | { code: string; offset: number; path: string; answer: unknown } {
  try {
    return { got: work() }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { code: error.code, offset: error.offset, path: error.path, answer: error.error }
  }
}

/** Whether the header says that the message is one of this view. */
function claims({ numbers, versions, multipart }: ViewCase, octets: Uint8Array): boolean {
  if (octets.length < 8) return true
  if (!numbers.includes(octets[1]!) || !(versions.length === 0 || versions.includes(octets[0]!))) return false
  // A reply too short to say of what kind it is counts as one, and so does one of a wrong length.
  if (multipart === undefined || octets.length < 16 || ((octets[2]! << 8) | octets[3]!) !== octets.length) return true
  return ((octets[8]! << 8) | octets[9]!) === multipart
}

/** A function that reads a message as an object gives what decode gives, of its type, and throws what decode throws. */
function readsAsDecode({ read, types }: ViewCase, octets: Uint8Array, around: Uint8Array): void {
  if (read === undefined) return
  const whole = outcome(() => decode(octets))
  const message = 'got' in whole && whole.got.type !== types[0] ? { got: undefined } : whole
  expect(outcome(() => read(around, 7, 7 + octets.length))).to.deep.equal(message)
  expect(outcome(() => read(octets, 0, octets.length))).to.deep.equal(message)
}

/** The law, for one view and any octets; says how it went. */
function lawful(of: ViewCase, octets: Uint8Array): 'taken' | 'refused' | 'other' {
  // In a bigger buffer, so that reaching beyond the message would be seen.
  const around = new Uint8Array(octets.length + 11).fill(0xa5)
  around.set(octets, 7)
  const decoded = outcome(() => decode(octets))
  const viewed = outcome(() => of.view.over(around, 7, 7 + octets.length))
  readsAsDecode(of, octets, around)
  if (!claims(of, octets)) {
    expect(viewed).to.deep.equal({ got: false })
    return 'other'
  }
  if (!('got' in decoded)) {
    expect(viewed).to.deep.equal(decoded)
    return 'refused'
  }
  expect(viewed).to.deep.equal({ got: true })
  const { padding: _, ...message } = decoded.got
  expect(of.message()).to.deep.equal(message)
  expect(of.message(), 'a second time').to.deep.equal(message)
  return 'taken'
}

/** Messages of the shapes that the readers read without decode. */
const PLAIN = (() => {
  const u32 = fc.nat(0xffffffff)
  const u64 = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn)
  const field: Arbitrary<Oxm> = fc.oneof(
    fc.record({ field: fc.constant('in_port' as const), value: u32 }),
    fc.record({ field: fc.constant('eth_dst' as const), value: fc.nat(2 ** 48 - 1), mask: fc.nat(2 ** 48 - 1) }),
    fc.record({ field: fc.constant('ipv4_src' as const), value: u32, mask: u32 }),
    fc.record({ field: fc.constant('ipv6_dst' as const), value: fc.bigInt(0n, (1n << 128n) - 1n) }),
    fc.record({ field: fc.constant('vlan_pcp' as const), value: fc.nat(7) }),
    fc.record({ field: fc.constant('metadata' as const), value: u64, mask: u64 }),
  )
  const match = fc.array(field, { maxLength: 5 })
  const actions: Arbitrary<Action[]> = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('output' as const), port: u32, max_len: fc.nat(0xffff) }),
      fc.record({ type: fc.constant('group' as const), group_id: u32 }),
    ),
    { maxLength: 3 },
  )
  const instructions: Arbitrary<Instruction[]> = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('apply_actions' as const), actions }),
      fc.record({ type: fc.constant('goto_table' as const), table_id: fc.nat(255) }),
    ),
    { maxLength: 3 },
  )
  const data = fc.uint8Array({ maxLength: 40 })
  const [none, some] = [0, 7].map((value) => ({
    table_id: value,
    idle_timeout: value,
    hard_timeout: value,
    priority: value,
  }))
  const flow = fc.constantFrom(none!, some!)
  const messages: Record<string, Arbitrary<Message>> = {
    flow_mod: fc.record({ flow, xid: u32, cookie: u64, match, instructions }).map(({ flow: rest, ...varied }) => ({
      type: 'flow_mod',
      ...{ command: 'add', cookie_mask: 0n, buffer_id: 0xffffffff, out_port: 1, out_group: 2, flags: 3 },
      ...rest,
      ...varied,
    })) as Arbitrary<Message>,
    packet_in: fc.record({ xid: u32, cookie: u64, match, data }).map((varied) => ({
      type: 'packet_in',
      ...{ buffer_id: 9, total_len: 40, reason: 'no_match', table_id: 3 },
      ...varied,
    })) as Arbitrary<Message>,
    packet_out: fc.record({ xid: u32, in_port: u32, actions, data }).map((varied) => ({
      type: 'packet_out',
      buffer_id: 0xffffffff,
      ...varied,
    })) as Arbitrary<Message>,
    flow_removed: fc
      .record({ flow, xid: u32, packet_count: u64, byte_count: u64, match })
      .map(({ flow: rest, ...varied }) => ({
        type: 'flow_removed',
        ...{ cookie: 5n, reason: 'idle_timeout', duration_sec: 6, duration_nsec: 7 },
        ...rest,
        ...varied,
      })) as Arbitrary<Message>,
  }
  return messages
})()

function arbitraryOf({ types, versions }: ViewCase): Arbitrary<Message> {
  const wanted = versions.length === 0 ? [...MESSAGES_IN.keys()] : versions
  const found = wanted.flatMap((version) => types.map((type) => MESSAGES_IN.get(version as never)!.get(type)!))
  return fc.oneof(...found)
}

const damage = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
  cut: fc.option(fc.nat(), { freq: 4 }),
  tail: fc.uint8Array({ maxLength: 12 }),
  frame: fc.boolean(),
})

function damaged(
  value: Message,
  {
    changes,
    cut,
    tail,
    frame,
  }: { changes: Array<[number, number]>; cut: number | null; tail: Uint8Array; frame: boolean },
): Uint8Array {
  let octets = encode(value)
  for (const [at, octet] of changes) octets[at % octets.length] = octet
  if (cut !== null) octets = octets.slice(0, cut % (octets.length + 1))
  else if (tail.length > 8) octets = Uint8Array.from([...octets, ...tail])
  if (frame && octets.length >= 4) {
    octets[2] = octets.length >>> 8
    octets[3] = octets.length
  }
  return octets
}

describe('openflow views', () => {
  for (const of of VIEWS) {
    describe(of.name, () => {
      it('says what decode says', () => {
        fc.assert(
          fc.property(arbitraryOf(of), (value) => {
            expect(lawful(of, encode(value))).to.equal('taken')
          }),
          { numRuns: 200 },
        )
      })

      it('takes what decode takes, of damaged octets', () => {
        const counts = { taken: 0, refused: 0, other: 0 }
        fc.assert(
          fc.property(arbitraryOf(of), damage, (value, how) => {
            counts[lawful(of, damaged(value, how))]++
          }),
          { numRuns: 1000 },
        )
        expect(Math.min(counts.taken, counts.refused)).to.be.greaterThan(100)
      })

      const plain = PLAIN[of.types[0]!]
      if (of.read !== undefined && plain !== undefined) {
        it('reads what decode reads: messages of the usual shapes, sound and damaged', () => {
          const counts = { taken: 0, refused: 0, other: 0 }
          fc.assert(
            fc.property(plain, damage, fc.boolean(), (value, how, sound) => {
              counts[lawful(of, sound ? encode(value) : damaged(value, how))]++
            }),
            { numRuns: 2000 },
          )
          expect(counts.taken).to.be.greaterThan(1000)
          expect(counts.refused).to.be.greaterThan(100)
        })

        it('reads every octet changed of messages of the usual shapes', () => {
          for (const value of fc.sample(plain, { numRuns: 4, seed: 11 })) {
            const octets = encode(value)
            for (let at = 0; at < octets.length; at++) {
              for (const octet of [0, 1, 8, 0xff, octets[at]! ^ 0x80]) lawful(of, octets.with(at, octet))
            }
          }
        })
      }

      it('every octet of a message changed, one at a time', () => {
        for (const value of fc.sample(arbitraryOf(of), { numRuns: 3, seed: 9 })) {
          const octets = encode(value)
          for (let at = 0; at < Math.min(octets.length, 250); at++) {
            for (const octet of [0, 1, 8, 0xff, octets[at]! ^ 0x80]) {
              const changed = octets.slice()
              changed[at] = octet
              lawful(of, changed)
            }
          }
        }
      })

      it('is over nothing after a message that is another’s or broken', () => {
        const values = fc
          .sample(arbitraryOf(of), { numRuns: 20, seed: 4 })
          .map((one) => [encode(one).length, one] as const)
        // The longest, to have something in its lists.
        const [, value] = values.reduce((a, b) => (a[0] > b[0] ? a : b))
        const octets = encode(value)
        expect(of.view.over(octets)).to.equal(true)
        expect(of.view.xid).to.equal(value.xid)
        expect(of.view.over(encode({ type: 'features_request', xid: 77 }))).to.equal(false)
        expect(of.view.xid).to.equal(0)
        expect(() => of.view.over(octets.subarray(0, octets.length - 1))).to.throw(WireError)
        expect(of.view.xid).to.equal(0)
        const { match, actions, instructions, body } = of.message() as Readonly<Record<string, unknown[] | undefined>>
        for (const list of [match, actions, instructions, body]) expect(list ?? []).to.deep.equal([])
      })
    })
  }

  it('any message: each view takes its own', () => {
    fc.assert(
      fc.property(fc.constantFrom(...MESSAGES_IN.keys()).chain(messageIn), (value) => {
        const octets = encode(value)
        const taken = VIEWS.filter((of) => lawful(of, octets) === 'taken')
        expect(taken.length).to.be.lessThan(2)
      }),
      { numRuns: 500 },
    )
  })

  it('lists of lists: as deep as decode goes, and no deeper', () => {
    for (let levels = 10; levels <= 17; levels++) {
      const actions = nested(levels)
      const instructions = Buffer.alloc(8 + actions.length)
      instructions.writeUInt16BE(4, 0)
      instructions.writeUInt16BE(8 + actions.length, 2)
      actions.copy(instructions, 8)
      const out = Buffer.from('040d000000000001ffffffff00000001000000000000000000', 'hex').subarray(0, 24)
      out.writeUInt16BE(actions.length, 16)
      const mod = Buffer.concat([Buffer.from('040e000000000001', 'hex'), Buffer.alloc(40), MATCH, instructions])
      const entry = Buffer.concat([Buffer.alloc(48), MATCH, instructions])
      entry.writeUInt16BE(entry.length, 0)
      const stats = Buffer.concat([Buffer.from('04130000000000010001000000000000', 'hex'), entry])
      const results = [Buffer.concat([out, actions]), mod, stats].map((octets) => {
        octets.writeUInt16BE(octets.length, 2)
        return VIEWS.map((of) => lawful(of, octets)).find((how) => how !== 'other')
      })
      if (levels === 10) expect(results).to.deep.equal(['taken', 'taken', 'taken'])
      if (levels === 17) expect(results).to.deep.equal(['refused', 'refused', 'refused'])
    }
  })
})

/** An empty match. */
const MATCH = Buffer.from('0001000400000000', 'hex')

/** nx_clone in nx_clone in ... */
function nested(levels: number): Buffer {
  const actions = Buffer.alloc(levels * 16)
  for (let i = 0; i < levels; i++) {
    Buffer.from('ffff000000002320002a000000000000', 'hex').copy(actions, i * 16)
    actions.writeUInt16BE(actions.length - i * 16, i * 16 + 2)
  }
  return actions
}

describe('openflow views: fields by name', () => {
  const view = new FlowModView()
  const readers = FIELD_NAMES.map((name) => [name, fieldReader(name), maskReader(name)] as const)

  it('fieldReader and maskReader give what the first field of the name has', () => {
    let found = 0
    fc.assert(
      fc.property(MESSAGES_IN.get(4)!.get('flow_mod')!, (message) => {
        if (message.type !== 'flow_mod') throw new Error(message.type)
        const octets = encode(message)
        expect(view.over(octets)).to.equal(true)
        for (const [name, value, mask] of readers) {
          const field = message.match.find((one) => one.field === name)
          if (field !== undefined) found++
          expect(value(view.match), name).to.deep.equal(field?.value)
          expect(mask(view.match), name).to.deep.equal(field?.mask)
        }
      }),
      { numRuns: 150 },
    )
    expect(found).to.be.greaterThan(100)
  })

  it('a view that is over nothing has no fields, actions or instructions', () => {
    for (const list of [new MatchView(), new ActionsView(), new InstructionsView()]) expect(list.next()).to.equal(false)
    expect(fieldReader('in_port')(new MatchView())).to.equal(undefined)
  })
})
