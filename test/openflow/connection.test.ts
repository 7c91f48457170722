/**
 * Connections on a stream in memory, where every write and every octet is under the test's control: requests, what is
 * handed over, back-pressure, errors. Beginning and end are in connection-life, streams of the network in
 * connection-network.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  BadReply,
  ConnectionClosed,
  encode,
  encodeAll,
  type Message,
  OpenFlowError,
  RequestTimeout,
  WireError,
} from 'node-openflow'
import { Requests } from '../../openflow/connection/requests.ts'
import {
  bad,
  barrier,
  echo,
  establish,
  FEATURES,
  packetIn,
  portDesc,
  ports,
  rejection,
  turn,
} from '../support/openflow-peer.ts'

describe('an OpenFlow connection', () => {
  it('knows features, ports and names after the handshake', async () => {
    const { connection } = await establish({ peer: 'switch-1' })
    expect(connection).to.include({ side: 'controller', remote: 'memory', peer: 'switch-1', closed: false })
    expect(connection.features).to.deep.equal({ type: 'features_reply', xid: 2, ...FEATURES })
    expect(connection.ports).to.deep.equal(ports(2))
  })

  describe('requests', () => {
    it('resolve with the reply', async () => {
      const { connection, socket } = await establish()
      const answer = connection.request(barrier)
      await turn()
      const [sent] = socket.messages()
      expect(sent?.type).to.equal('barrier_request')
      await socket.receive(encode({ type: 'barrier_reply', xid: sent!.xid }))
      expect(await answer).to.deep.equal([{ type: 'barrier_reply', xid: sent!.xid }])
    })

    it('gather the parts of multipart replies, whatever comes between', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(2), fc.nat(3)), { maxLength: 12 }),
          fc.integer({ min: 1, max: 200 }),
          async (script, chunk) => {
            const { connection, socket } = await establish()
            const others: Message[] = []
            connection.onMessage = (message) => others.push(message)
            const request = { type: 'multipart_request', flags: 0, mp_type: 'port_desc', body: {} } as const
            const both = [connection.request(request), connection.request(request)]
            await turn()
            const xids = socket.messages().map(({ xid }) => xid)
            const expected: [Message[], Message[], Message[]] = [[], [], []]
            for (const [who, count] of script) {
              expected[who]!.push(
                who === 2 ? packetIn(xids[0]!) : portDesc(xids[who]!, 1, expected[who]!.length, count),
              )
            }
            const all: Message[] = []
            const next = [0, 0, 0]
            for (const [who] of script) all.push(expected[who]![next[who]!++]!)
            for (const who of [0, 1]) {
              const last = portDesc(xids[who]!, 0, 0, 1)
              expected[who]!.push(last)
              all.push(last)
            }
            const octets = encodeAll(all)
            for (let at = 0; at < octets.length; at += chunk) socket.push(Buffer.from(octets.subarray(at, at + chunk)))
            expect(await Promise.all(both)).to.deep.equal(expected.slice(0, 2))
            expect(others, 'an asynchronous message is no answer, not even with that xid').to.deep.equal(expected[2])
            connection.close()
          },
        ),
        { numRuns: 40 },
      )
    })

    it('reject with the error that answers them', async () => {
      const { connection, socket } = await establish()
      const answer = rejection(connection.request({ type: 'role_request', role: 'master', generation_id: 1n }))
      await turn()
      const xid = socket.messages()[0]!.xid
      const error: Message = {
        type: 'error',
        xid,
        error_type: 'role_request_failed',
        code: 'stale',
        data: new Uint8Array(0),
      }
      await socket.receive(encode(error))
      const reason = await answer
      expect(reason).to.be.instanceOf(OpenFlowError)
      expect(reason.message).to.equal('error role_request_failed/stale')
      expect((reason as OpenFlowError).answer).to.deep.equal(error)
    })

    it('time out, and a late answer is a message like others', async () => {
      const { connection, socket } = await establish()
      const heard: Message[] = []
      connection.onMessage = (message) => heard.push(message)
      expect(await rejection(connection.request(barrier, { timeoutMs: 10 }))).to.be.instanceOf(RequestTimeout)
      const late: Message = { type: 'barrier_reply', xid: socket.messages()[0]!.xid }
      await socket.receive(encode(late))
      expect(heard).to.deep.equal([late])
    })

    it('reject replies that are undecodable, of another kind, or too big', async () => {
      const { connection, socket } = await establish({ maxMultipartOctets: 1000 })
      const request = { type: 'multipart_request', flags: 0, mp_type: 'port_desc', body: {} } as const
      const requests = [0, 1, 2].map(() => rejection(connection.request(request)))
      await turn()
      const [first, second, third] = socket.messages().map(({ xid }) => xid)
      await socket.receive(bad(19, first!, [0, 13]))
      await socket.receive(encode({ type: 'multipart_reply', xid: second!, flags: 0, mp_type: 'flow', body: [] }))
      await socket.receive(encodeAll([portDesc(third!, 1, 0, 10), portDesc(third!, 1, 10, 10)]))
      const errors = await Promise.all(requests)
      for (const error of errors) expect(error).to.be.instanceOf(BadReply)
      expect(errors[0]!.cause).to.be.instanceOf(WireError)
      expect(errors[1]!.message).to.equal('flow in answer to port_desc')
      expect(errors[2]!.message).to.equal('reply above 1000 octets')
    })

    it('give parts to who takes them as they come, keep none, and bound them all the same', async () => {
      const { connection, socket } = await establish({ maxMultipartOctets: 1500 })
      const request = { type: 'multipart_request', flags: 0, mp_type: 'port_desc', body: {} } as const
      const taken: Message[] = []
      let ended: Message[] | undefined
      void connection.request(request, { part: (part) => taken.push(part) }).then((parts) => {
        ended = parts
      })
      await turn()
      const [first] = socket.messages().map(({ xid }) => xid)
      await socket.receive(encode(portDesc(first!, 1, 0, 3)))
      expect([taken.length, ended]).to.deep.equal([1, undefined])
      await socket.receive(encode(portDesc(first!, 0, 3, 3)))
      expect([taken.length, ended]).to.deep.equal([2, []])
      const failing = rejection(
        connection.request(request, {
          part: () => {
            throw new Error('enough')
          },
        }),
      )
      const long = rejection(connection.request(request, { part: (part) => taken.push(part) }))
      await turn()
      const [second, third] = socket.messages().map(({ xid }) => xid)
      await socket.receive(
        encodeAll([portDesc(second!, 1, 0, 3), portDesc(third!, 1, 0, 10), portDesc(third!, 1, 10, 10)]),
      )
      expect((await failing).message).to.equal('enough')
      expect((await long).message).to.equal('reply above 1500 octets')
    })

    it('reject, sending nothing, when they cannot be encoded', async () => {
      const { connection, socket } = await establish()
      const request = { type: 'role_request', role: 'master', generation_id: 1n << 64n } as const
      expect(await rejection(connection.request(request))).to.be.instanceOf(WireError)
      await turn()
      expect(socket.written).to.deep.equal([])
    })

    it('never get xid 0 or one that is in use', async () => {
      const requests = new Requests(1000, 0xfffffffd)
      const waiting = [1, 0xffffffff].map((xid) => rejection(requests.add(xid, barrier, 1000)))
      expect([1, 2, 3].map(() => requests.nextXid())).to.deep.equal([0xfffffffe, 2, 3])
      requests.fail(new Error('over'))
      await Promise.all(waiting)
      expect(requests.size).to.equal(0)
    })
  })

  describe('messages', () => {
    it('are kept in order until somebody listens, then come as they come', async () => {
      const { connection, socket } = await establish()
      await socket.receive(encodeAll([packetIn(1), packetIn(2)]))
      const heard: number[] = []
      connection.onMessage = ({ xid }) => heard.push(xid)
      expect(heard, 'setting a handler does not call it').to.deep.equal([])
      await socket.receive(encode(packetIn(3)))
      expect(heard).to.deep.equal([1, 2, 3])
      await socket.receive(encode(packetIn(4)))
      expect(heard).to.deep.equal([1, 2, 3, 4])
    })

    it('pause the stream while nobody listens and too many are kept', async () => {
      const { connection, socket } = await establish({ maxKept: 1000 })
      const count = 30
      for (let xid = 1; xid <= count; xid++) await socket.receive(encode(packetIn(xid, new Uint8Array(100))))
      expect(socket.isPaused()).to.equal(true)
      const heard: number[] = []
      connection.onMessage = ({ xid }) => heard.push(xid)
      await turn()
      await turn()
      expect(socket.isPaused()).to.equal(false)
      expect(heard).to.deep.equal(Array.from({ length: count }, (_, index) => index + 1))
    })

    it('that came during the handshake come first', async () => {
      const { connection, socket } = await establish({}, [packetIn(800), packetIn(801)])
      await socket.receive(encode(packetIn(802)))
      const heard: number[] = []
      connection.onMessage = ({ xid }) => heard.push(xid)
      await turn()
      expect(heard).to.deep.equal([800, 801, 802])
    })

    it('include errors that answer no request', async () => {
      const { connection, socket } = await establish()
      const heard: Message[] = []
      connection.onMessage = (message) => heard.push(message)
      const error: Message = {
        type: 'error',
        xid: 4711,
        error_type: 'bad_action',
        code: 'bad_len',
        data: Buffer.from('x'),
      }
      await socket.receive(encode(error))
      expect(heard).to.deep.equal([error])
    })

    it('end the connection, and go their way, when a handler throws', async () => {
      const { connection, socket } = await establish()
      connection.onMessage = () => {
        throw new Error('a bug')
      }
      const closed = new Promise((resolve) => {
        connection.onClose = resolve
      })
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      const uncaught = new Promise<Error>((resolve) => process.once('uncaughtException', resolve))
      try {
        setImmediate(() => socket.emit('data', Buffer.from(encode(packetIn(1)))))
        expect((await uncaught).message).to.equal('a bug')
      } finally {
        for (const listener of listeners) process.on('uncaughtException', listener)
      }
      expect(await closed).to.equal('handler failed: a bug')
    })
  })

  describe('octets that are no message', () => {
    it('are answered with the error of the codec, quoted, and the connection goes on', async () => {
      const { connection, socket } = await establish()
      const errors: WireError[] = []
      connection.onError = (error) => errors.push(error)
      const flowMod = bad(14, 0xdeadbeef, Array<number>(80).fill(255))
      await socket.receive(Buffer.concat([flowMod, encode(echo(5))]))
      const [error, reply] = socket.messages()
      expect(error).to.deep.include({ type: 'error', xid: 0xdeadbeef, data: flowMod.subarray(0, 64) })
      expect(reply).to.include({ type: 'echo_reply', xid: 5 })
      expect(errors).to.have.length(1)
      expect(connection.closed).to.equal(false)
    })

    it('are not answered when they say that they are an error', async () => {
      const { connection, socket } = await establish()
      await socket.receive(bad(1, 9, [0, 1]))
      expect(socket.messages()).to.deep.equal([])
      const errors: WireError[] = []
      connection.onError = (error) => errors.push(error)
      await turn()
      expect(errors, 'kept until somebody listens').to.have.length(1)
    })

    it('close the connection when they lose the framing', async () => {
      const { connection, socket } = await establish()
      const closed = new Promise((resolve) => {
        connection.onClose = resolve
      })
      await socket.receive(Buffer.from([4, 2, 0, 7, 0, 0, 0, 1]))
      expect(await closed).to.match(/^framing lost: bad_len/)
      expect(socket.messages()).to.deep.equal([
        { type: 'error', xid: 0, error_type: 'bad_request', code: 'bad_len', data: Buffer.alloc(0) },
      ])
      expect(socket.writableEnded).to.equal(true)
    })

    it('of any kind, in frames, never break the connection', async () => {
      const { connection, socket } = await establish()
      let told = 0
      connection.onMessage = () => told++
      connection.onError = () => told++
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(4, 4, 4, 1, 6),
          fc.integer({ min: 0, max: 31 }),
          fc.uint8Array({ maxLength: 90 }),
          async (version, type, body) => {
            const frame = bad(type, 0x70000000, [...body])
            frame[0] = version
            const before = told
            await socket.receive(frame)
            expect(connection.closed).to.equal(false)
            const answered = socket.messages()
            expect(answered.length + told - before, 'heard, told or answered').to.be.at.least(1)
          },
        ),
        { numRuns: 1000 },
      )
    })
  })

  describe('writing', () => {
    it('leaves in one piece what one turn sends, in order', async () => {
      const { connection, socket } = await establish()
      for (let xid = 1; xid <= 100; xid++) expect(connection.send(echo(xid))).to.equal(true)
      connection.sendAll([echo(101), echo(102)])
      await turn()
      expect(socket.written).to.have.length(1)
      expect(socket.messages().map(({ xid }) => xid)).to.deep.equal(
        Array.from({ length: 102 }, (_, index) => index + 1),
      )
    })

    it('sends all or nothing', async () => {
      const { connection, socket } = await establish()
      const many = Array.from({ length: 2000 }, (_, xid) => echo(xid))
      expect(() => connection.sendAll([...many, { type: 'echo_request', xid: -1, data: Buffer.alloc(0) }])).to.throw(
        WireError,
      )
      await turn()
      expect(socket.written).to.deep.equal([])
      connection.sendAll(many)
      await turn()
      expect(socket.messages()).to.have.length(2000)
    })

    it('tells of the high water mark, and of the low one when it is drained', async () => {
      const { connection, socket } = await establish({ highWater: 10_000, lowWater: 2000 })
      socket.hold()
      await connection.drained()
      const message = echo(1, 'x'.repeat(92))
      let sent = 1
      while (connection.send(message)) {
        sent++
        await turn()
      }
      expect(sent, '100 octets each').to.equal(100)
      expect(connection.queued).to.equal(10_000)
      let drained = false
      const wait = connection.drained().then(() => {
        drained = true
      })
      while (connection.queued > 2000) {
        await turn()
        expect(drained, `${connection.queued} octets`).to.equal(false)
        expect(connection.send({ type: 'barrier_request', xid: 1 }), 'still full').to.equal(false)
        socket.step()
        await turn()
        socket.step()
      }
      await wait
      socket.unhold()
      await turn()
      const before = socket.messages().filter(({ type }) => type === 'echo_request').length
      expect(before).to.equal(100)
      expect(connection.send(message)).to.equal(true)
      await turn()
      expect(socket.messages()).to.have.length(1)
    })

    it('gives a peer up that does not read', async () => {
      const { connection, socket } = await establish({ highWater: 1000, maxQueue: 5000 })
      const closed = new Promise((resolve) => {
        connection.onClose = resolve
      })
      socket.hold()
      while (!connection.closed) connection.send(echo(1, 'x'.repeat(100)))
      expect(await closed).to.equal('the peer does not read: write queue above its limit')
      expect(socket.destroyed).to.equal(true)
      expect(await rejection(connection.drained())).to.be.instanceOf(ConnectionClosed)
    })
  })
})
