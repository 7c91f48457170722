/** The framer: however a stream is cut into chunks, the same messages come out; and nothing that is no message. */
import { expect } from 'chai'
import fc from 'fast-check'
import { encodeAll, Framer, type Message, WireError } from 'node-openflow'
import { message } from './codec-arbitrary.ts'

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

/** Cuts octets at places given as any numbers. */
function chunks(octets: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (octets.length + 1)), octets.length])].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => octets.slice(at[i], end))
}

describe('openflow framer', () => {
  it('gives the same messages for every way to cut the stream', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, cuts) => {
        const framer = new Framer()
        const got = chunks(encodeAll(messages), cuts).flatMap((chunk) => framer.push(chunk).map(hex))
        expect(got).to.deep.equal(messages.map((one) => hex(encodeAll([one]))))
        expect(framer.waiting).to.equal(0)
      }),
    )
  })

  it('gives each message as soon as its last octet is there, octet by octet', () => {
    const messages: Message[] = [
      { type: 'barrier_request', xid: 1 },
      { type: 'echo_request', xid: 2, data: new Uint8Array([1, 2, 3]) },
      { type: 'barrier_reply', xid: 3 },
    ]
    const framer = new Framer()
    const ends: number[] = []
    encodeAll(messages).forEach((octet, i) => {
      if (framer.push(new Uint8Array([octet])).length > 0) ends.push(i + 1)
    })
    expect(ends).to.deep.equal([8, 19, 27])
  })

  it('does not keep a view of a chunk that its owner uses again', () => {
    const framer = new Framer()
    const chunk = Uint8Array.from([4, 20, 0, 8])
    expect(framer.push(chunk)).to.deep.equal([])
    chunk.fill(0xff)
    expect(framer.push(Uint8Array.from([0, 0, 0, 1])).map(hex)).to.deep.equal(['0414000800000001'])
  })

  it('refuses lengths below the header and above the limit, and says where in the stream', () => {
    const good = Uint8Array.from([4, 20, 0, 8, 0, 0, 0, 1])
    const framer = new Framer(100)
    framer.push(good)
    expect(() => framer.push(Uint8Array.from([4, 20, 0, 7, 0, 0, 0, 1])))
      .to.throw(WireError)
      .that.includes({ code: 'bad_len', offset: 10, path: 'length' })
    expect(() => new Framer(100).push(Uint8Array.from([4, 2, 0, 101, 0, 0, 0, 1]))).to.throw(WireError)
    expect(new Framer(100).push(Uint8Array.from([4, 2, 0, 100, 0, 0, 0, 1]))).to.deep.equal([])
  })

  it('gives the messages before the one whose length is wrong', () => {
    const messages: Uint8Array[] = []
    const chunk = Uint8Array.from([4, 20, 0, 8, 0, 0, 0, 1, 4, 20, 0, 3, 0, 0, 0, 2])
    expect(() => new Framer().push(chunk, messages)).to.throw(WireError)
    expect(messages.map(hex)).to.deep.equal(['0414000800000001'])
  })

  it('takes no memory for a length that is claimed, and little more than what has come', () => {
    const count = 2000
    const before = process.memoryUsage().arrayBuffers
    const framers = Array.from({ length: count }, () => {
      const framer = new Framer()
      framer.push(Uint8Array.from([4, 2, 255, 255, 0, 0, 0, 1, 9]))
      return framer
    })
    expect((process.memoryUsage().arrayBuffers - before) / count).to.be.lessThan(2000)
    const rest = new Uint8Array(65_535 - 9)
    for (const framer of framers.slice(0, 3)) {
      const [message] = [0, 1, 2, 3].flatMap((part) => framer.push(rest.subarray(part * 20_000, (part + 1) * 20_000)))
      expect([message?.length, message?.[8], framer.waiting]).to.deep.equal([65_535, 9, 0])
      expect(message?.buffer.byteLength).to.equal(65_535)
    }
  })

  it('waits for no more than one message', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 })), (pieces) => {
        const framer = new Framer()
        try {
          for (const piece of pieces) framer.push(piece)
        } catch (error) {
          expect(error).to.be.instanceOf(WireError)
        }
        expect(framer.waiting).to.be.lessThan(65535)
      }),
    )
  })
})
