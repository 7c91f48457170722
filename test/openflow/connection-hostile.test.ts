/**
 * What a peer that means no good, or a handler that does what it should not, can do to an OpenFlow connection: memory,
 * torn messages, lost messages. On a stream in memory.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  BadReply,
  ConnectionClosed,
  encode,
  encodeAll,
  type Message,
  type OpenFlowConnection,
  WireError,
  type Writer,
} from 'node-openflow'
import {
  answers,
  bad,
  barrier,
  echo,
  establish,
  type MemorySocket,
  packetIn,
  portDesc,
  rejection,
  turn,
} from '../support/openflow-peer.ts'

const portDescRequest = { type: 'multipart_request', flags: 0, mp_type: 'port_desc', body: {} } as const
const closing = (connection: OpenFlowConnection): Promise<string> =>
  new Promise((resolve) => {
    connection.onClose = resolve
  })

/** Reads and answers nothing until `done` says so. */
async function until(done: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !done(); turns++) {
    if (turns > 2000) throw new Error(`never: ${what}`)
    await turn()
  }
}

describe('an OpenFlow connection with a hostile peer', () => {
  describe('that does not read', () => {
    it('stops reading it while it has not read its echo replies, then goes on where it was', async () => {
      const { connection, socket } = await establish()
      socket.hold()
      const count = 500
      const requests = Array.from({ length: count }, (_, xid) => echo(xid, 'x'.repeat(60_000)))
      for (const request of requests) {
        await socket.receive(encode(request))
        expect(connection.queued).to.be.lessThan(200_000)
      }
      expect(socket.isPaused()).to.equal(true)
      socket.unhold()
      const xids: number[] = []
      await until(() => {
        xids.push(...socket.messages().map(({ xid }) => xid))
        return xids.length >= count
      }, 'all answered')
      expect(xids).to.deep.equal(requests.map(({ xid }) => xid))
      await until(() => !socket.isPaused(), 'reading again')
      connection.close()
    })

    it('stops between two requests of one chunk: an answer may be ten thousand times as long', async () => {
      const { connection, socket } = await establish({ side: 'switch', answers: answers(2000) })
      socket.hold()
      const count = 50
      const requests = Array.from({ length: count }, (_, xid): Message => ({ ...portDescRequest, xid }))
      await socket.receive(encodeAll(requests))
      expect(connection.queued, 'one answer of 128 KB').to.be.within(100_000, 200_000)
      expect(connection.closed).to.equal(false)
      socket.unhold()
      const last: number[] = []
      await until(() => {
        for (const message of socket.messages()) {
          if (message.type === 'multipart_reply' && message.flags === 0) last.push(message.xid)
        }
        return last.length >= count
      }, 'all answered')
      expect(last).to.deep.equal(requests.map(({ xid }) => xid))
      connection.close()
    })

    it('holds as little of the errors that it provokes', async () => {
      const { connection, socket } = await establish()
      socket.hold()
      const junk = Buffer.concat(Array.from({ length: 8000 }, (_, xid) => bad(99, xid)))
      await socket.receive(junk)
      expect(connection.queued).to.be.lessThan(100_000)
      connection.close()
    })

    it('closes when it never reads its answers, and not as long as it does, however slowly', async () => {
      const { connection, socket } = await establish({ echoMs: 20, deadMs: 60 })
      socket.hold()
      for (let xid = 0; xid < 20; xid++) socket.push(encode(echo(xid, 'x'.repeat(60_000))))
      const since = performance.now()
      let reason: string | undefined
      connection.onClose = (why) => {
        reason = why
      }
      await until(() => socket.isPaused(), 'paused')
      while (performance.now() - since < 200) {
        socket.step()
        await new Promise((resolve) => setTimeout(resolve, 15))
      }
      expect(reason).to.equal(undefined)
      while (reason === undefined) await new Promise((resolve) => setTimeout(resolve, 15))
      expect(reason).to.equal('dead: it has not read its answers for 60 ms')
    })

    it('counts what is queued once: gathered in pieces of their own size, not turn by turn', async () => {
      const { connection, socket } = await establish()
      socket.hold()
      for (let xid = 0; xid < 3000; xid++) {
        connection.send(echo(xid, 'x'.repeat(100)))
        await Promise.resolve()
        await Promise.resolve()
      }
      socket.unhold()
      await turn()
      expect(socket.written.length).to.be.lessThan(10)
      expect(socket.messages().map(({ xid }) => xid)).to.deep.equal(Array.from({ length: 3000 }, (_, xid) => xid))
    })
  })

  describe('and what is kept of it', () => {
    /** A message in a chunk that is otherwise somebody else's. */
    const inLargeChunk = (message: Message): Uint8Array =>
      Buffer.concat([encode(message), encode(echo(1, 'x'.repeat(60_000)))])

    it('is the messages alone, not what came in the same chunk', async () => {
      const { connection, socket } = await establish()
      const count = 20
      for (let xid = 0; xid < count; xid++) await socket.receive(inLargeChunk(packetIn(xid)))
      const held: number[] = []
      connection.onMessage = (message) => held.push(message.type === 'packet_in' ? message.data.buffer.byteLength : -1)
      await turn()
      expect(held).to.have.length(count)
      expect(Math.max(...held)).to.be.lessThan(1000)
      expect(Math.min(...held)).to.be.greaterThan(0)
    })

    it('is the same in the handshake', async () => {
      const { connection } = await establish({}, [packetIn(7), echo(1, 'x'.repeat(60_000))])
      let held = -1
      connection.onMessage = (message) => {
        if (message.type === 'packet_in') held = message.data.buffer.byteLength
      }
      await turn()
      expect(held).to.be.within(1, 1000)
    })

    it('is the same of replies', async () => {
      const { connection, socket } = await establish()
      const reply = connection.request({ type: 'experimenter', experimenter: 1, exp_type: 2, data: new Uint8Array(4) })
      await turn()
      const { xid } = socket.messages()[0]!
      await socket.receive(
        inLargeChunk({ type: 'experimenter', xid, experimenter: 1, exp_type: 2, data: new Uint8Array(4) }),
      )
      const [answer] = await reply
      expect(answer?.type === 'experimenter' && answer.data.buffer.byteLength).to.be.within(1, 1000)
    })

    it('counts more than its octets, where it has few', async () => {
      const { connection, socket } = await establish({ maxKept: 10_000 })
      let sent = 0
      for (; !socket.isPaused(); sent++) await socket.receive(encode({ type: 'barrier_reply', xid: sent }))
      expect(sent).to.be.lessThan(100)
      connection.close()
    })

    it('of multipart replies is bounded over all requests', async () => {
      const { connection, socket } = await establish({ maxMultipartOctets: 10_000 })
      const requests = Array.from({ length: 5 }, () => rejection(connection.request(portDescRequest)))
      await turn()
      const xids = socket.messages().map(({ xid }) => xid)
      for (const xid of xids) await socket.receive(encode(portDesc(xid, 1, 0, 40)))
      const errors = await Promise.race([
        Promise.all(requests.slice(3, 4)),
        turn().then(() => [new Error('still waiting')]),
      ])
      expect(errors[0]).to.be.instanceOf(BadReply).with.property('message', 'reply above 10000 octets')
      for (const xid of xids.slice(0, 3)) {
        await socket.receive(
          encode({ type: 'error', xid, error_type: 'bad_request', code: 'eperm', data: Buffer.of() }),
        )
      }
      const fresh = connection.request(portDescRequest)
      await turn()
      await socket.receive(encode(portDesc(socket.messages()[0]!.xid, 0, 0, 40)))
      expect(await fresh, 'what has been settled counts no more').to.have.length(1)
      connection.close()
      await Promise.all(requests)
    })

    it('of multipart replies is bounded where the parts are empty', async () => {
      const { connection, socket } = await establish({ maxMultipartOctets: 100_000 })
      const request = rejection(connection.request(portDescRequest))
      await turn()
      const { xid } = socket.messages()[0]!
      await socket.receive(encodeAll(Array.from({ length: 1000 }, () => portDesc(xid, 1, 0, 0))))
      expect(await Promise.race([request, turn()])).to.be.instanceOf(BadReply)
    })
  })

  it('that ends its stream right behind its messages: all are told, however many', async () => {
    const { connection, socket } = await establish()
    const heard: number[] = []
    connection.onMessage = ({ xid }) => heard.push(xid)
    const reason = closing(connection)
    const count = 5000
    socket.push(encodeAll(Array.from({ length: count }, (_, xid) => packetIn(xid))))
    socket.push(null)
    expect(await reason).to.equal('closed by the peer')
    expect(heard).to.deep.equal(Array.from({ length: count }, (_, xid) => xid))
  })

  it('that floods leaves others their turn between two shares of its messages', async () => {
    const { connection, socket } = await establish()
    let heard = 0
    const shares: number[] = []
    connection.onMessage = () => heard++
    socket.push(encodeAll(Array.from({ length: 5000 }, (_, xid) => packetIn(xid))))
    for (let before = 0; before < 5000; before = heard) {
      await new Promise((resolve) => setImmediate(resolve))
      shares.push(heard - before)
    }
    expect(Math.max(...shares)).to.be.lessThan(2500)
    connection.close()
  })
})

describe('an OpenFlow connection with handlers that do what they should not', () => {
  /** Everything that was written, decoded: fails where a message is torn. */
  const whole = async (socket: MemorySocket): Promise<number[]> => {
    await turn()
    const octets = Buffer.concat(socket.written)
    const messages = socket.messages()
    expect(encodeAll(messages)).to.deep.equal(new Uint8Array(octets))
    return messages.map(({ xid }) => xid)
  }
  const half = (w: Writer): void => w.put(encode(echo(666, 'half')).subarray(0, 9))
  const put =
    (xid: number) =>
    (w: Writer): void =>
      w.put(encode(echo(xid)))

  it('sends nothing of what throws, and does not send twice what was sent', async () => {
    const { connection, socket } = await establish()
    connection.send(echo(1))
    const throws = (w: Writer): void => {
      half(w)
      throw new Error('a bug')
    }
    expect(() => connection.sendOctets(throws)).to.throw('a bug')
    connection.send(echo(2))
    expect(() =>
      connection.sendOctets((w) => {
        half(w)
        connection.send(echo(3, 'x'.repeat(65_000)))
        connection.send(echo(4, 'x'.repeat(65_000)))
        throw new Error('a bug')
      }),
    ).to.throw(Error)
    connection.sendOctets(put(5))
    const xids = await whole(socket)
    expect(xids).to.deep.equal([1, 2, 5])
  })

  it('refuses to send from within sendOctets, which would tear a message', async () => {
    const { connection, socket } = await establish()
    const tries: Array<() => unknown> = [
      () => connection.send(echo(10)),
      () => connection.sendAll([echo(11), echo(12)]),
      () => connection.sendOctets(put(13)),
    ]
    for (const one of tries) {
      connection.sendOctets((w) => {
        half(w)
        expect(one).to.throw('sendOctets')
        w.at -= 9
        put(1)(w)
      })
    }
    const refused = rejection(
      new Promise((_, reject) => {
        connection.sendOctets(() => {
          connection.request(barrier).catch(reject)
        })
      }),
    )
    expect((await refused).message).to.include('sendOctets')
    expect(await whole(socket)).to.deep.equal([1, 1, 1])
  })

  it('closes from within sendOctets with whole messages', async () => {
    const { connection, socket } = await establish()
    connection.send(echo(1))
    const more = connection.sendOctets((w) => {
      half(w)
      connection.close()
      half(w)
    })
    expect(more).to.equal(false)
    expect(await whole(socket)).to.deep.equal([1])
    expect(socket.writableEnded).to.equal(true)
  })

  it('lends a buffer that is set to the version of the connection', async () => {
    const { connection } = await establish({ versions: [4] })
    connection.sendOctets((w) => {
      expect([w.version, w.depth]).to.deep.equal([4, 0])
      w.version = 1
      w.depth = 9
    })
    connection.sendOctets((w) => expect([w.version, w.depth]).to.deep.equal([4, 0]))
  })

  it('tells where in the messages of the call an error is, whatever waits before them', async () => {
    const { connection } = await establish()
    const wrong = { type: 'role_request', xid: 1, role: 'master', generation_id: 1n << 64n } as const
    const errors = [0, 1].map(() => {
      try {
        connection.sendAll([echo(1), wrong])
      } catch (error) {
        connection.send(echo(2, 'some octets'))
        return error as WireError
      }
      throw new Error('sent')
    })
    expect(errors[0]).to.be.instanceOf(WireError).with.property('offset', 24)
    expect(errors[1]).to.include({ offset: 24, path: errors[0]!.path, message: errors[0]!.message })
  })

  it('keeps the order of messages small and large, however the peer reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            { weight: 4, arbitrary: fc.record({ send: fc.constantFrom(0, 20, 5000, 60_000, 65_527) }) },
            { weight: 1, arbitrary: fc.record({ large: fc.nat(4) }) },
            { weight: 2, arbitrary: fc.constantFrom('turn', 'tick', 'hold', 'step', 'unhold', 'wrong' as const) },
          ),
          { maxLength: 40 },
        ),
        async (script) => {
          const { connection, socket } = await establish()
          let xid = 0
          const octets = (size: number): Message => ({
            type: 'echo_request',
            xid: xid++,
            data: Buffer.alloc(size, xid),
          })
          for (const step of script) {
            if (typeof step === 'object' && 'send' in step) connection.send(octets(step.send))
            else if (typeof step === 'object') {
              connection.sendAll(Array.from({ length: step.large * 5 }, () => octets(60_000)))
            } else if (step === 'turn') await turn()
            else if (step === 'tick') await Promise.resolve()
            else if (step === 'wrong') {
              const wrong = { type: 'echo_request', xid: -1, data: Buffer.alloc(0) } as const
              expect(() => connection.sendAll([{ ...wrong, xid: 99_999 }, wrong])).to.throw(WireError)
            } else socket[step]()
          }
          socket.unhold()
          await turn()
          const got = socket.messages()
          expect(got.map((message) => message.xid)).to.deep.equal(Array.from({ length: xid }, (_, index) => index))
          for (const message of got) {
            const data = message.type === 'echo_request' ? message.data : Buffer.of(0)
            expect(data.every((octet) => octet === ((message.xid + 1) & 255))).to.equal(true)
          }
          connection.close()
        },
      ),
      { numRuns: 40 },
    )
  })

  it('hands no message over after close, not even of the same chunk', async () => {
    const { connection, socket } = await establish()
    const heard: number[] = []
    connection.onMessage = ({ xid }) => {
      heard.push(xid)
      if (xid === 2) connection.close()
    }
    await socket.receive(encodeAll([packetIn(1), packetIn(2), packetIn(3)]))
    expect(heard).to.deep.equal([1, 2])
  })

  it('rejects who waits for a drain when a write fails', async () => {
    const { connection, socket } = await establish({ highWater: 1000 })
    socket.hold()
    connection.send(echo(1, 'x'.repeat(2000)))
    await turn()
    const waiting = rejection(connection.drained())
    const reason = closing(connection)
    socket.failHeld(new Error('write EPIPE'))
    expect(await reason).to.equal('write EPIPE')
    expect(await waiting).to.be.instanceOf(ConnectionClosed)
    expect(await rejection(connection.drained())).to.be.instanceOf(ConnectionClosed)
    expect(connection.queued).to.equal(0)
  })

  it('keeps the order of frames for onFrame and onMessage where some were kept', async () => {
    const { connection, socket } = await establish({}, [packetIn(1), packetIn(2)])
    await socket.receive(encode(packetIn(3)))
    const heard: string[] = []
    connection.onFrame = (frame) => {
      const mine = frame[7]! % 2 === 1
      if (mine) heard.push(`frame ${frame[7]}`)
      return mine
    }
    connection.onMessage = ({ xid }) => heard.push(`message ${xid}`)
    socket.emit('data', Buffer.from(encodeAll([packetIn(4), packetIn(5)])))
    await turn()
    await socket.receive(encodeAll([packetIn(6), packetIn(7)]))
    expect(heard).to.deep.equal([
      ...['message 1', 'message 2', 'frame 3', 'message 4', 'frame 5', 'message 6', 'frame 7'],
    ])
  })

  it('goes on for who sets onFrame alone', async () => {
    const { connection, socket } = await establish({ maxKept: 1000 })
    let frames = 0
    connection.onFrame = () => ++frames % 2 === 0
    for (let xid = 0; xid < 100; xid++) await socket.receive(encode(packetIn(xid)))
    expect(frames).to.equal(100)
    expect(socket.isPaused()).to.equal(false)
  })

  it('shows onFrame no frame of another version', async () => {
    const { connection, socket } = await establish()
    connection.onFrame = () => expect.fail('of another version')
    await socket.receive(encode({ ...packetIn(5), version: 5 }))
    expect(socket.messages()[0]).to.include({ type: 'error', xid: 5, error_type: 'bad_request', code: 'bad_version' })
  })
})
