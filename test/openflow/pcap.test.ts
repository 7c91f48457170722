/**
 * Captures: in every format and on every link type, with segments cut anywhere, doubled, overlapping and out of
 * order, the messages that went over the wire come out, once and in order.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { encode, type Message, WireError } from 'node-openflow'
import { type Captured, Streams } from '../../openflow/cli/streams.ts'
import { isCapture, PcapError, PcapReader } from '../../openflow/pcap.ts'
import { message } from './codec-arbitrary.ts'
import { capture, type Format, type Link, packet, type SegmentPlan } from './pcap-build.ts'

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
const SWITCH = { address: 1, port: 40000 }
const CONTROLLER = { address: 2, port: 16653 }
const HELLO: Message = { type: 'hello', xid: 1, elements: [] }

const shown = ({ message: one }: Captured): string => (one instanceof WireError ? String(one) : hex(one))

function read(file: Uint8Array, pieceSize = file.length): Captured[] {
  const reader = new PcapReader()
  const streams = new Streams()
  const out: Captured[] = []
  for (let at = 0; at < file.length; at += pieceSize) {
    for (const one of reader.push(file.slice(at, at + pieceSize))) out.push(...streams.push(one))
  }
  expect(reader.waiting).to.equal(0)
  out.push(...streams.end())
  return out
}

const link = fc.constantFrom<Link>('ethernet', 'vlan', 'cooked', 'cooked2', 'raw', 'null')
const format = fc.constantFrom<Format>('pcap', 'pcap nanoseconds', 'pcapng')

/** Segments of a stream cut at any places, with repeats that reach back. */
function segments(stream: Uint8Array, isn: number, sizes: readonly number[], back: readonly number[]): SegmentPlan[] {
  const plans: SegmentPlan[] = [{ from: SWITCH, to: CONTROLLER, sequence: isn, payload: new Uint8Array(0), syn: true }]
  let at = 0
  for (let i = 0; at < stream.length; i++) {
    const size = (sizes[i % sizes.length] ?? 0) + 1
    const from = Math.max(0, at - (back[i % Math.max(1, back.length)] ?? 0))
    const payload = stream.slice(from, at + size)
    plans.push({ from: SWITCH, to: CONTROLLER, sequence: (isn + 1 + from) >>> 0, payload })
    at += size
  }
  return plans
}

/** Moves some elements a few places away. */
function shuffled<T>(list: readonly T[], swaps: readonly [number, number][]): T[] {
  const out = [...list]
  for (const [where, far] of swaps) {
    const a = where % out.length
    const b = (a + far) % out.length
    ;[out[a], out[b]] = [out[b]!, out[a]!]
  }
  return out
}

describe('openflow captures', () => {
  it('messages come out of segments that are cut, doubled, overlapping and out of order', () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(1, 0xffff_fff0, 0x7fff_fff0),
        fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 5 })), { maxLength: 4 }),
        link,
        format,
        fc.boolean(),
        fc.constantFrom<4 | 6>(4, 6),
        (messages, isn, sizes, back, swaps, on, as, little, ip) => {
          const sent = [HELLO, ...messages].map(encode)
          const [syn, ...data] = segments(Buffer.concat(sent), isn, sizes, back)
          const packets = [syn!, ...shuffled(data, swaps)].map((plan) => packet(plan, on, ip))
          const file = capture(packets, on, as, little)
          expect(isCapture(file)).to.equal(true)
          for (const pieceSize of [file.length, 1000]) {
            const got = read(file, pieceSize)
            expect(got.map(shown)).to.deep.equal(sent.map(hex))
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('keeps the two directions apart, and says who spoke when', () => {
    const plan = (
      from: typeof SWITCH,
      to: typeof SWITCH,
      sequence: number,
      one: Message,
      syn = false,
    ): SegmentPlan => ({
      from,
      to,
      sequence,
      payload: encode(one),
      syn,
    })
    const file = capture(
      [
        packet(plan(SWITCH, CONTROLLER, 100, HELLO, true), 'ethernet', 6),
        packet(plan(CONTROLLER, SWITCH, 500, { ...HELLO, xid: 2 }, true), 'ethernet', 6),
        packet(plan(SWITCH, CONTROLLER, 109, { type: 'barrier_request', xid: 3 }), 'ethernet', 6),
      ],
      'ethernet',
      'pcapng',
      true,
    )
    expect(
      read(file).map(({ time, from, to, message: one }) => [time, from, to, hex(one as Uint8Array)]),
    ).to.deep.equal([
      [1_000_000_000n, '[2001:db8::1]:40000', '[2001:db8::2]:16653', '0400000800000001'],
      [1_000_001_000n, '[2001:db8::2]:16653', '[2001:db8::1]:40000', '0400000800000002'],
      [1_000_002_000n, '[2001:db8::1]:40000', '[2001:db8::2]:16653', '0414000800000003'],
    ])
  })

  it('begins in the middle of a connection, and goes on after what the capture missed', () => {
    const barrier = (xid: number): Uint8Array => encode({ type: 'barrier_request', xid })
    const echo = encode({ type: 'echo_request', xid: 9, data: new Uint8Array(2000).fill(0xab) })
    const stream = Buffer.concat([echo, barrier(1), barrier(2), barrier(3), echo, barrier(4)])
    // Cuts: inside the first echo, whole barriers, [missing: rest of barrier 3 and the start of echo], tail, barrier 4.
    const cuts = [1000, 2008, 2024, 2028, 3000, 2024 + 8 + 2008, stream.length]
    const parts = cuts.slice(1).map((end, i) => ({
      from: SWITCH,
      to: CONTROLLER,
      sequence: cuts[i]!,
      payload: stream.subarray(cuts[i], end),
    }))
    const kept = parts.filter((_, i) => i !== 3)
    const streams = new Streams()
    const got: Captured[] = []
    for (const plan of kept) {
      for (const one of new PcapReader().push(capture([packet(plan, 'raw')], 'raw', 'pcap', true))) {
        got.push(...streams.push(one))
      }
    }
    got.push(...streams.end())
    expect(got.map(shown)).to.deep.equal([barrier(1), barrier(2), barrier(4)].map(hex))
    expect(streams.losses).to.deep.equal({ gaps: 1, fragments: 0 })
  })

  it('leaves other protocols alone, also those whose later octets look like messages', () => {
    const http = Buffer.concat([Buffer.from('GET / HTTP/1.1\r\n\r\n'), encode(HELLO), encode(HELLO)])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 4 }), (sizes) => {
        const packets = segments(http, 7, sizes, []).map((plan) => packet(plan, 'ethernet'))
        expect(read(capture(packets, 'ethernet', 'pcap', true))).to.deep.equal([])
      }),
    )
  })

  it('tells of a length that no message has, and finds the next message', () => {
    const plans = segments(Buffer.concat([encode(HELLO), Buffer.from('0414000300000001', 'hex')]), 0, [15], [])
    const later: SegmentPlan = {
      from: SWITCH,
      to: CONTROLLER,
      sequence: 17,
      payload: encode({ type: 'barrier_request', xid: 5 }),
    }
    const got = read(
      capture(
        [...plans, later].map((plan) => packet(plan, 'cooked')),
        'cooked',
        'pcap',
        false,
      ),
    )
    expect(got.map(({ message: one }) => (one instanceof WireError ? one.code : hex(one)))).to.deep.equal([
      '0400000800000001',
      'bad_len',
      '0414000800000005',
    ])
  })

  it('any octets: packets or a PcapError', () => {
    const files = fc.tuple(
      link,
      format,
      fc.boolean(),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    )
    fc.assert(
      fc.property(files, fc.nat(), ([on, as, little, changes], cut) => {
        const plans = segments(Buffer.concat([encode(HELLO), encode(HELLO)]), 0, [4, 9], [3])
        const file = capture(
          plans.map((plan) => packet(plan, on)),
          on,
          as,
          little,
        )
        for (const [at, octet] of changes) file[at % file.length] = octet
        const streams = new Streams()
        try {
          const reader = new PcapReader()
          for (const one of reader.push(file.subarray(0, file.length - (cut % 10)))) streams.push(one)
        } catch (error) {
          expect(error).to.be.instanceOf(PcapError)
        }
        streams.end()
      }),
      { numRuns: 1500 },
    )
  })

  it('holds no more than a bounded number of octets behind a gap', () => {
    const streams = new Streams()
    const payload = new Uint8Array(60000)
    const count = 100
    let released = 0
    streams.push({
      time: 0n,
      link: 101,
      octets: packet({ from: SWITCH, to: CONTROLLER, sequence: 0, payload: encode(HELLO), syn: true }, 'raw'),
    })
    for (let i = 0; i < count; i++) {
      // Each begins with a whole echo of 60000 octets: after the gap the stream can be taken up again.
      payload.set([4, 2, 60000 >>> 8, 60000 & 255, 0, 0, 0, i])
      const plan = { from: SWITCH, to: CONTROLLER, sequence: 5000 + i * 60000, payload: payload.slice() }
      released += streams.push({ time: 0n, link: 101, octets: packet(plan, 'raw') }).length
    }
    expect(released).to.equal(count)
    expect(streams.losses.gaps).to.equal(1)
  })
})
