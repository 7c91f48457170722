/**
 * Beginning, staying alive and end of connections on a stream in memory, and what the switch side answers by itself.
 */
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ConnectionClosed, encode, encodeAll, type Message } from 'node-openflow'
import { Connection } from '../../openflow/connection/connection.ts'
import {
  answers,
  bad,
  barrier,
  echo,
  establish,
  FEATURES,
  HELLO,
  MemorySocket,
  packetIn,
  portDesc,
  ports,
  rejection,
  turn,
} from '../support/openflow-peer.ts'

describe('the life of an OpenFlow connection', () => {
  it('has no time limit once the handshake is done', async () => {
    const { connection } = await establish({ handshakeMs: 400 })
    await sleep(500)
    expect(connection.closed).to.equal(false)
    connection.close()
  })

  describe('in its handshake', () => {
    const start = (): { socket: MemorySocket; refused: Promise<string>; established: () => boolean } => {
      const socket = new MemorySocket()
      let established = false
      const refused = new Promise<string>((resolve) => {
        const outcome = {
          established: () => {
            established = true
          },
          refused: resolve,
        }
        new Connection(socket as unknown as Socket, { side: 'controller', remote: 'memory' }, outcome)
      })
      return { socket, refused, established: () => established }
    }

    it('refuses a peer whose first message is undecodable, with the codec’s error', async () => {
      const { socket, refused } = start()
      await socket.receive(bad(0, 3, [0, 1, 0, 99]))
      expect(await refused).to.match(/^bad_len/)
      expect(socket.messages().map(({ type }) => type)).to.deep.equal(['hello', 'error'])
      expect(socket.writableEnded).to.equal(true)
    })

    it('refuses a peer whose answer is undecodable', async () => {
      const { socket, refused } = start()
      await socket.receive(encode(HELLO))
      const xid = socket.messages().at(-1)!.xid
      await socket.receive(bad(6, xid, [1]))
      expect(await refused).to.match(/^truncated/)
    })

    it('answers another undecodable message and goes on', async () => {
      const { socket, established } = start()
      await socket.receive(Buffer.concat([encode(HELLO), bad(10, 900, [1])]))
      const sent = socket.messages()
      expect(sent.map(({ type }) => type)).to.deep.equal(['hello', 'features_request', 'error'])
      await socket.receive(encode({ type: 'features_reply', xid: sent[1]!.xid, ...FEATURES }))
      const desc = socket.messages()[0]!
      await socket.receive(encode(portDesc(desc.xid, 0, 0, 1)))
      expect(established()).to.equal(true)
      socket.destroy()
    })

    it('refuses a peer that leaves', async () => {
      const { socket, refused } = start()
      socket.push(null)
      expect(await refused).to.equal('closed by the peer')
    })
  })

  describe('echo', () => {
    it('answers the peer with its own data', async () => {
      const { connection, socket } = await establish()
      connection.onMessage = () => expect.fail('echo is handled inside')
      await socket.receive(encode(echo(12, 'data')))
      expect(socket.messages()).to.deep.equal([{ type: 'echo_reply', xid: 12, data: Buffer.from('data') }])
    })

    it('asks an idle peer, and closes when it stays silent', async () => {
      const start = performance.now()
      const { connection, socket } = await establish({ echoMs: 30, deadMs: 90 })
      const reason = await new Promise((resolve) => {
        connection.onClose = resolve
      })
      expect(reason).to.equal('dead: nothing heard for 90 ms')
      expect(performance.now() - start).to.be.at.least(85)
      expect(
        socket.messages().map(({ type }) => type),
        'asked once',
      ).to.deep.equal(['echo_request'])
    })

    it('goes on while the peer answers, and asks nobody who talks', async () => {
      const { connection, socket } = await establish({ echoMs: 400, deadMs: 1200 })
      const heard: Message[] = []
      connection.onMessage = (message) => heard.push(message)
      const end = performance.now() + 600
      while (performance.now() < end) {
        await sleep(10)
        await socket.receive(encode(packetIn(1)))
      }
      expect(socket.messages(), 'not idle').to.deep.equal([])
      let asked = 0
      while (asked < 2 && !connection.closed) {
        await sleep(5)
        for (const { type, xid } of socket.messages()) {
          expect(type).to.equal('echo_request')
          asked++
          await socket.receive(encode({ type: 'echo_reply', xid, data: new Uint8Array(0) }))
        }
      }
      expect(connection.closed).to.equal(false)
      expect(heard.filter(({ type }) => type !== 'packet_in')).to.deep.equal([])
      connection.close()
    })
  })

  describe('closing', () => {
    it('writes what is queued, rejects what waits, and tells once', async () => {
      const { connection, socket } = await establish()
      const reasons: string[] = []
      connection.onClose = (reason) => reasons.push(reason)
      const request = rejection(connection.request(barrier))
      connection.send(echo(50))
      connection.close('enough')
      connection.close('twice')
      expect(connection.closed).to.equal(true)
      expect(reasons, 'not from within close').to.deep.equal([])
      expect(await request)
        .to.be.instanceOf(ConnectionClosed)
        .with.property('message', 'enough')
      await turn()
      expect(reasons).to.deep.equal(['enough'])
      expect(socket.messages().map(({ type }) => type)).to.deep.equal(['barrier_request', 'echo_request'])
      expect(socket.writableEnded).to.equal(true)
      expect(connection.send(echo(51))).to.equal(false)
      expect(await rejection(connection.request(barrier))).to.be.instanceOf(ConnectionClosed)
    })

    it('by the peer is told, also to who asks late', async () => {
      const { connection, socket } = await establish()
      socket.push(null)
      await turn()
      expect(connection.closed).to.equal(true)
      const reason = await new Promise((resolve) => {
        connection.onClose = resolve
      })
      expect(reason).to.equal('closed by the peer')
    })
  })

  describe('on the switch side', () => {
    for (const count of [0, 1, 1023, 1024, 3000]) {
      it(`answers features and ${count} ports at any time`, async () => {
        const { connection, socket } = await establish({ side: 'switch', answers: answers(count) })
        expect(connection.ports).to.have.length(count)
        expect(connection.features).to.deep.include(FEATURES)
        await socket.receive(
          encodeAll([
            HELLO,
            { type: 'features_request', xid: 21 },
            { type: 'multipart_request', xid: 22, flags: 0, mp_type: 'port_desc', body: {} },
          ]),
        )
        const [features, ...parts] = socket.messages()
        expect(features).to.deep.equal({ type: 'features_reply', xid: 21, ...FEATURES })
        expect(parts.map((part) => part.type === 'multipart_reply' && part.flags)).to.deep.equal(
          parts.map((_, index) => (index < parts.length - 1 ? 1 : 0)),
        )
        const told = parts.flatMap((part) => {
          expect(part).to.include({ type: 'multipart_reply', xid: 22, mp_type: 'port_desc' })
          return part.type === 'multipart_reply' && part.mp_type === 'port_desc' ? part.body : []
        })
        expect(told).to.deep.equal(ports(count))
        connection.close()
      })
    }
  })
})
