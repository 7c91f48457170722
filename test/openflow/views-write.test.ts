/**
 * Messages written straight into octets: what encode gives, where the caller wants it and nowhere else, and encode's
 * errors for values that do not fit.
 */
import { expect } from 'chai'
import fc, { type Arbitrary } from 'fast-check'
import { encode, type Message, type MessageNamed } from '../../openflow/spec/message.ts'
import {
  actionsOctets,
  instructionsOctets,
  matchOctets,
  writeBarrierReply,
  writeBarrierRequest,
  writeEchoReply,
  writeEchoRequest,
  writeFlowMod,
  writeFlowRemoved,
  writePacketIn,
  writePacketOut,
} from '../../openflow/views/index.ts'
import { WireError } from '../../openflow/wire/error.ts'
import { toHex } from '../../openflow/wire/hex.ts'
import { MESSAGES_IN } from './codec-arbitrary.ts'

type Write = (into: Uint8Array, at: number, message: Message) => number

/** Each writer as one of a whole message: lists are prepared first. */
const WRITERS: ReadonlyArray<readonly [Message['type'], readonly number[], Write]> = [
  ['echo_request', [1, 4, 5, 6], (into, at, m) => echo(writeEchoRequest, into, at, m as MessageNamed<'echo_request'>)],
  ['echo_reply', [1, 4, 5, 6], (into, at, m) => echo(writeEchoReply, into, at, m as MessageNamed<'echo_reply'>)],
  ['barrier_request', [4, 5, 6], (into, at, { xid, version }) => writeBarrierRequest(into, at, xid, version)],
  ['barrier_reply', [4, 5, 6], (into, at, { xid, version }) => writeBarrierReply(into, at, xid, version)],
  [
    'packet_in',
    [4, 5, 6],
    (into, at, message) => {
      const m = message as MessageNamed<'packet_in'>
      return writePacketIn(into, at, { ...m, match: matchOctets(m.match, m.version) })
    },
  ],
  [
    'packet_out',
    [4, 5],
    (into, at, message) => {
      const m = message as MessageNamed<'packet_out'>
      return writePacketOut(into, at, { ...m, actions: actionsOctets(m.actions, m.version) })
    },
  ],
  [
    'flow_mod',
    [4, 5, 6],
    (into, at, message) => {
      const m = message as MessageNamed<'flow_mod'>
      const match = matchOctets(m.match, m.version)
      return writeFlowMod(into, at, { ...m, match, instructions: instructionsOctets(m.instructions, m.version) })
    },
  ],
  [
    'flow_removed',
    [4, 5],
    (into, at, message) => {
      const m = message as MessageNamed<'flow_removed'>
      return writeFlowRemoved(into, at, { ...m, match: matchOctets(m.match, m.version) })
    },
  ],
]

function echo(
  write: typeof writeEchoReply,
  into: Uint8Array,
  at: number,
  { xid, data, version }: { xid: number; data: Uint8Array; version?: number },
): number {
  return write(into, at, xid, data, version)
}

const arbitraryOf = (type: string, versions: readonly number[]): Arbitrary<Message> =>
  fc.oneof(...versions.map((version) => MESSAGES_IN.get(version as never)!.get(type)!))

const junk = fc.constantFrom<unknown>(
  undefined,
  null,
  '',
  'nonsense',
  -1,
  1.5,
  NaN,
  256,
  65536,
  2 ** 32,
  7n,
  -1n,
  1n << 64n,
  [],
  {},
)

function failure(work: () => unknown): { code: string; path: string } | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { code: error.code, path: error.path }
  }
}

describe('openflow views: writing', () => {
  for (const [type, versions, write] of WRITERS) {
    it(`${type}: the octets of encode, and no others touched`, () => {
      fc.assert(
        fc.property(arbitraryOf(type, versions), fc.integer({ min: 0, max: 20 }), (message, at) => {
          const octets = encode(message)
          const into = new Uint8Array(at + octets.length + 5).fill(0xaa)
          expect(write(into, at, message)).to.equal(at + octets.length)
          const around = 'aa'.repeat(at) + toHex(octets) + 'aa'.repeat(5)
          expect(toHex(into)).to.equal(around)
          const small = new Uint8Array(at + octets.length - 1).fill(0xaa)
          expect(failure(() => write(small, at, message))?.code).to.equal('truncated')
          expect(toHex(small)).to.equal('aa'.repeat(small.length))
        }),
        { numRuns: 200 },
      )
    })

    it(`${type}: a value that does not fit is refused as encode does`, () => {
      const into = new Uint8Array(65536)
      const lists = ['match', 'actions', 'instructions', 'type', 'version']
      let refused = 0
      fc.assert(
        fc.property(arbitraryOf(type, versions), fc.nat(), junk, (message, where, value) => {
          const keys = Object.keys(message).filter((key) => !lists.includes(key))
          const spoilt = { ...message, [keys[where % keys.length]!]: value } as Message
          const wanted = failure(() => encode(spoilt))
          expect(failure(() => write(into, 0, spoilt))).to.deep.equal(wanted)
          if (wanted !== undefined) refused++
        }),
        { numRuns: 400 },
      )
      expect(refused).to.be.greaterThan(50)
    })

    it(`${type}: a version of another layout is refused`, () => {
      const [message] = fc.sample(arbitraryOf(type, [4]), { numRuns: 1, seed: 1 })
      const empty = { match: [], actions: [], instructions: [] }
      for (const version of [0, 1, 2, 3, 5, 6, 7, 256, 4.5]) {
        if (versions.includes(version) || type.startsWith('echo')) continue
        const work = (): number =>
          write(new Uint8Array(200), 0, { ...message!, ...empty, version } as unknown as Message)
        expect(failure(work), String(version)).to.deep.equal({ code: 'bad_version', path: 'version' })
      }
    })
  }

  it('prepared octets must be octets, and whole', () => {
    const flow = {
      ...(fc.sample(arbitraryOf('flow_mod', [4]), { numRuns: 1, seed: 2 })[0] as MessageNamed<'flow_mod'>),
      match: matchOctets([]),
      instructions: new Uint8Array(0),
    }
    const into = new Uint8Array(100)
    expect(failure(() => writeFlowMod(into, 0, { ...flow, match: [] as never }))).to.deep.equal({
      code: 'wrong_type',
      path: 'match',
    })
    expect(failure(() => writeFlowMod(into, 0, { ...flow, instructions: new Uint8Array(7) }))).to.deep.equal({
      code: 'bad_len',
      path: 'instructions',
    })
    const huge = { ...flow, instructions: new Uint8Array(65536) }
    expect(failure(() => writeFlowMod(new Uint8Array(70000), 0, huge))?.code).to.equal('too_long')
    expect(failure(() => matchOctets([{ field: 'in_port', value: -1 }]))).to.deep.equal({
      code: 'out_of_range',
      path: '[0].value',
    })
  })
})
