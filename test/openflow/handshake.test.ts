/** The handshake as a machine: negotiation against an oracle, both sides against each other, and what it refuses. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  decode,
  encode,
  encodeAll,
  Handshake,
  type Message,
  type MessageNamed,
  negotiate,
  SPOKEN_VERSIONS,
  type Version,
  versionBitmap,
} from 'node-openflow'
import { echo, FEATURES, HELLO, packetIn, ports } from '../support/openflow-peer.ts'

const hello = (version: number, versions?: readonly number[]): MessageNamed<'hello'> => ({
  type: 'hello',
  xid: 0,
  version,
  elements: versions === undefined ? [] : [versionBitmap(versions)],
})

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const size = (message: Message): number => encode(message).length

function controller(limits: { maxMessages?: number; maxOctets?: number } = {}): {
  machine: Handshake
  give: (message: Message) => Message[]
} {
  let xid = 0
  const machine = new Handshake({ side: 'controller', nextXid: () => ++xid, ...limits })
  return { machine, give: (message) => machine.receive(message, size(message)) }
}

describe('version negotiation (OpenFlow 1.3.5 section 6.3.1)', () => {
  /** Bitmaps as one big number; the header version where there is no bitmap. */
  const oracle = (one: number, ones: number[] | undefined, other: number, others: number[] | undefined): number => {
    const mask = (versions: number[] | undefined): bigint =>
      (versions ?? []).reduce((bits, version) => bits | (1n << BigInt(version)), 0n)
    const common = mask(ones) & mask(others)
    return common === 0n ? Math.min(one, other) : common.toString(2).length - 1
  }
  const version = fc.integer({ min: 1, max: 100 })
  const bitmap = fc.option(fc.array(version, { maxLength: 5 }), { nil: undefined })

  it('gives both sides what the specification calculates', () => {
    fc.assert(
      fc.property(version, bitmap, version, bitmap, (one, ones, other, others) => {
        const expected = oracle(one, ones, other, others)
        expect(negotiate(hello(one, ones), hello(other, others))).to.equal(expected)
        expect(negotiate(hello(other, others), hello(one, ones))).to.equal(expected)
      }),
    )
  })

  it('puts versions in words of 32 bits', () => {
    expect(versionBitmap([1, 4])).to.deep.equal({ type: 'versionbitmap', bitmaps: [0x12] })
    expect(versionBitmap([31, 32, 65])).to.deep.equal({ type: 'versionbitmap', bitmaps: [0x80000000, 1, 2] })
  })

  for (const [what, theirs, ends] of [
    ['1.3 alone', hello(4, [4]), 'features'],
    ['no bitmap', hello(4), 'features'],
    ['1.0 to 1.5 by bitmap', hello(6, [1, 2, 3, 4, 5, 6]), 'features'],
    ['1.5 without bitmap: the smaller is 1.3', hello(6), 'features'],
    ['a bitmap of strangers: header versions decide', hello(6, [5, 6]), 'features'],
    ['1.0 alone', hello(1), 'failed'],
    ['1.2 and a bitmap without 1.3', hello(3, [1, 3]), 'failed'],
  ] as const) {
    it(`with a peer that speaks ${what}: ${ends}`, () => {
      const { machine, give } = controller()
      give(theirs)
      expect(machine.state).to.equal(ends)
    })
  }

  it('answers hello_failed in a version that the peer can read, with the reason', () => {
    const { machine, give } = controller()
    const [error, ...others] = give(hello(1)) as [MessageNamed<'error'>]
    expect(others).to.deep.equal([])
    expect(error).to.include({ type: 'error', version: 1, error_type: 'hello_failed', code: 'incompatible' })
    expect(Buffer.from(error.data).toString()).to.equal(machine.reason)
    expect(machine.reason).to.equal('no common version: this side speaks 1.3, the peer 1.0')
    expect(encode(error)[0]).to.equal(1)
  })
})

describe('two sides that speak some of the versions', () => {
  const subsets = Array.from({ length: 15 }, (_, bits) => SPOKEN_VERSIONS.filter((_, at) => ((bits + 1) >> at) & 1))
  const newest = (versions: readonly number[]): number => Math.max(...versions)
  /** What a switch says of itself in every version. */
  const plain = { ...FEATURES, capabilities: 7 }

  /** Both, at the end of all that they say, over the wire and in the versions that they write. */
  function meet(mine: readonly Version[], theirs: readonly Version[]): { controller: Handshake; device: Handshake } {
    let xid = 0
    const nextXid = (): number => ++xid
    const controller = new Handshake({ side: 'controller', nextXid, versions: mine })
    const device = new Handshake({ side: 'switch', nextXid, versions: theirs })
    const carried = (message: Message, version: number): Message =>
      decode(encodeAll([message], message.version ?? version))
    const answer = (message: Message): Message[] => {
      if (device.state !== 'done') return device.receive(message, 8)
      if (message.type === 'features_request') return [{ type: 'features_reply', ...plain, xid: message.xid }]
      if (message.type !== 'multipart_request') return []
      return [{ type: 'multipart_reply', xid: message.xid, flags: 0, mp_type: 'port_desc', body: [] }]
    }
    let toDevice = controller.start().map((message) => carried(message, newest(mine)))
    let toController = device.start().map((message) => carried(message, newest(theirs)))
    while (toDevice.length + toController.length > 0) {
      const answers = toDevice.flatMap(answer).map((message) => carried(message, device.version))
      toDevice = toController
        .flatMap((message) => controller.receive(message, 8))
        .map((message) => carried(message, controller.version))
      toController = answers
    }
    return { controller, device }
  }

  it('meet in the highest that both speak, and where they share none, do not', () => {
    for (const mine of subsets) {
      for (const theirs of subsets) {
        const agreed = newest(mine.filter((version) => theirs.includes(version)))
        const { controller, device } = meet(mine, theirs)
        const what = `${mine} and ${theirs}: ${controller.reason} ${device.reason}`
        expect(controller.state, what).to.equal(agreed > 0 ? 'done' : 'failed')
        if (agreed < 0) continue
        expect([controller.version, device.version, device.state], what).to.deep.equal([agreed, agreed, 'done'])
        expect(controller.features, what).to.deep.include(plain)
      }
    }
  })

  it('go by the header where the other has no bitmap, or one without a common version', () => {
    for (const side of ['controller', 'switch'] as const) {
      for (const mine of subsets) {
        for (const header of [0, 1, 2, 3, 4, 5, 6, 7, 255]) {
          for (const bitmap of [undefined, [], [7, 31, 32, 255]]) {
            const machine = new Handshake({ side, nextXid: () => 1, versions: mine })
            machine.receive(decode(encode(hello(header, bitmap))), 8)
            const agreed = Math.min(newest(mine), header)
            const meets = mine.includes(agreed as Version)
            const what = `${side} of ${mine} with ${header}, ${bitmap}: ${machine.reason}`
            expect(machine.state === 'failed', what).to.equal(!meets)
            if (meets) expect(machine.version, what).to.equal(agreed)
          }
        }
      }
    }
  })

  for (const agreed of SPOKEN_VERSIONS) {
    for (const other of SPOKEN_VERSIONS.filter((version) => version !== agreed)) {
      it(`refuse answers of version octet ${other} where ${agreed} was agreed on`, () => {
        const machine = new Handshake({ side: 'controller', nextXid: () => 5, versions: [agreed] })
        machine.start()
        machine.receive({ ...(HELLO as MessageNamed<'hello'>), elements: [versionBitmap([agreed])] }, 16)
        machine.receive(decode(encodeAll([{ type: 'features_reply', ...plain, xid: 5 }], other)), 32)
        expect(machine.state).to.equal('failed')
        expect(machine.reason).to.match(/^features_reply of OpenFlow 1.\d where 1.\d was agreed on$/)
      })
    }
  }

  it('take an error of any version for what it is', () => {
    for (const version of [1, 2, 3, 4, 5, 6, 200]) {
      const { machine, give } = controller()
      give(HELLO)
      give(
        decode(
          encode({
            type: 'error',
            xid: 0,
            version,
            error_type: 'hello_failed',
            code: 'incompatible',
            data: utf8('no'),
          }),
        ),
      )
      expect(machine).to.include({ state: 'failed', reason: 'error hello_failed/incompatible: no' })
    }
  })

  it('do not begin anew with a second hello', () => {
    const { machine, give } = controller()
    give(HELLO)
    for (const again of [HELLO, hello(1), hello(6, [1, 6])]) expect(give(again)).to.deep.equal([])
    expect(machine).to.include({ state: 'features', version: 4 })
    expect(machine.kept).to.have.length(3)
  })
})

describe('the handshake', () => {
  const strangers = fc.array(
    fc.oneof(
      fc.nat(1000).map((xid) => packetIn(1000 + xid)),
      fc.nat(1000).map((xid) => ({ type: 'barrier_reply', xid: 1000 + xid }) as const),
      fc.nat(1000).map((xid) => echo(xid, 'during')),
    ),
    { maxLength: 4 },
  )

  it('gathers features and all ports, answers echo, and keeps everything else in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }),
        fc.array(strangers, { minLength: 8, maxLength: 8 }),
        (parts, noise) => {
          const { machine, give } = controller()
          expect(machine.start()).to.deep.equal([{ type: 'hello', xid: 1, elements: [versionBitmap([4])] }])
          const kept: Message[] = []
          let round = 0
          const interrupt = (): void => {
            for (const message of noise[round++]!) {
              const answer = give(message)
              if (message.type === 'echo_request') {
                expect(answer).to.deep.equal([{ ...message, type: 'echo_reply' }])
              } else {
                expect(answer).to.deep.equal([])
                kept.push(message)
              }
            }
          }
          expect(give(HELLO)).to.deep.equal([{ type: 'features_request', xid: 2 }])
          interrupt()
          const features: Message = { type: 'features_reply', xid: 2, ...FEATURES }
          expect(give(features)).to.deep.equal([
            { type: 'multipart_request', xid: 3, flags: 0, mp_type: 'port_desc', body: {} },
          ])
          const all = ports(parts.reduce((sum, count) => sum + count, 0))
          let at = 0
          for (const [index, count] of parts.entries()) {
            interrupt()
            expect(machine.state).to.equal('ports')
            const flags = index < parts.length - 1 ? 1 : 0
            const body = all.slice(at, at + count)
            at += count
            expect(give({ type: 'multipart_reply', xid: 3, flags, mp_type: 'port_desc', body })).to.deep.equal([])
          }
          expect(machine.state).to.equal('done')
          expect(machine.features).to.deep.equal(features)
          expect(machine.ports).to.deep.equal(all)
          expect(machine.kept).to.deep.equal(kept)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('is done with the hello on the switch side', () => {
    const machine = new Handshake({ side: 'switch', nextXid: () => 9 })
    expect(machine.start()).to.deep.equal([{ type: 'hello', xid: 9, elements: [versionBitmap([4])] }])
    expect(machine.receive(HELLO, 16)).to.deep.equal([])
    expect(machine.state).to.equal('done')
  })

  it('does not take answers to requests that it has not made', () => {
    const { machine, give } = controller()
    give(HELLO)
    give({ type: 'features_reply', xid: 99, ...FEATURES })
    expect(machine.state).to.equal('features')
    expect(machine.kept).to.have.length(1)
  })

  const features: Message = { type: 'features_reply', xid: 2, ...FEATURES }
  const error = (xid: number, text = ''): Message => ({
    type: 'error',
    xid,
    error_type: 'hello_failed',
    code: 'eperm',
    data: Buffer.from(text),
  })
  for (const [what, messages, reason] of [
    ['anything before hello', [features], 'features_reply before hello'],
    ['an error instead of hello', [error(0, 'go\u0007away')], 'error hello_failed/eperm: go away'],
    ['hello_failed after hello', [HELLO, error(0)], 'error hello_failed/eperm'],
    [
      'an error in answer to its request',
      [HELLO, { type: 'error', xid: 2, error_type: 'bad_request', code: 'eperm', data: new Uint8Array(8) }],
      'error bad_request/eperm',
    ],
    [
      'another multipart in answer to port_desc',
      [HELLO, features, { type: 'multipart_reply', xid: 3, flags: 0, mp_type: 'flow', body: [] }],
      'flow in answer to port_desc',
    ],
  ] as [string, Message[], string][]) {
    it(`refuses ${what}`, () => {
      const { machine, give } = controller()
      for (const message of messages) expect(machine.state).to.not.equal('failed', give(message).join())
      expect(machine.state).to.equal('failed')
      expect(machine.reason).to.equal(reason)
      expect(give(HELLO), 'and stays silent').to.deep.equal([])
    })
  }

  it('bounds the messages of a handshake', () => {
    const { machine, give } = controller({ maxMessages: 10 })
    give(HELLO)
    for (let count = 1; count < 10; count++) give(packetIn(500))
    expect(machine.state).to.equal('features')
    give(packetIn(500))
    expect(machine).to.include({ state: 'failed', reason: 'too many messages in the handshake' })
  })

  it('bounds the octets of a handshake', () => {
    const { machine, give } = controller({ maxOctets: size(HELLO) + 3 * size(packetIn(500)) })
    give(HELLO)
    for (let count = 0; count < 3; count++) give(packetIn(500))
    expect(machine.state).to.equal('features')
    give(packetIn(500))
    expect(machine).to.include({ state: 'failed', reason: 'too many octets in the handshake' })
  })
})
