/** Listening and connecting on real streams: TCP, unix sockets, TLS with certificates, limits, and reconnecting. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as dialTls } from 'node:tls'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  ConnectionClosed,
  type Connector,
  connect,
  encode,
  keepConnected,
  type ListenOptions,
  listen,
  type Message,
  type OpenFlowConnection,
} from 'node-openflow'
import { backoffMs } from '../../openflow/connection/backoff.ts'
import { type Authority, authority, type Identity } from '../support/certificates.ts'
import { closing, Network, toSwitch } from '../support/openflow-network.ts'
import { echo, FEATURES, HELLO, ports, rejection, Told } from '../support/openflow-peer.ts'

describe('OpenFlow connections on the network', () => {
  const network = new Network()
  const { cleanups } = network
  const controller = (options?: Partial<ListenOptions>): ReturnType<Network['controller']> =>
    network.controller(options)
  afterEach(() => network.close())

  async function raw(port: number): Promise<Socket> {
    const socket = dial({ host: '127.0.0.1', port })
    cleanups.push(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }

  it('meet: features, two thousand ports, a request each way, close', async () => {
    const { port, connections } = await controller()
    const switchSide = await connect(toSwitch(port))
    const controllerSide = await connections.next()
    expect(switchSide).to.include({ side: 'switch', remote: `127.0.0.1:${port}` })
    expect(controllerSide.remote).to.match(/^127\.0\.0\.1:\d+$/)
    expect(controllerSide.peer).to.equal(undefined)
    expect(controllerSide.features).to.deep.include(FEATURES)
    expect(controllerSide.ports).to.deep.equal(ports(2000))
    const answer = { type: 'role_reply', role: 'master', generation_id: 3n } as const
    switchSide.onMessage = ({ type, xid }) => {
      expect(type).to.equal('role_request')
      switchSide.send({ ...answer, xid })
    }
    const [reply] = await controllerSide.request({ type: 'role_request', role: 'master', generation_id: 3n })
    expect(reply).to.deep.include(answer)
    const [echoed] = await switchSide.request({ type: 'echo_request', data: Buffer.from('ping') })
    expect(echoed).to.deep.include({ type: 'echo_reply', data: Buffer.from('ping') })
    const reasons = [closing(controllerSide), closing(switchSide)]
    switchSide.close('maintenance')
    expect(await Promise.all(reasons)).to.deep.equal(['closed by the peer', 'maintenance'])
  })

  it('carry more than any buffer holds, in order, at the reader’s pace', async () => {
    const { port, connections } = await controller()
    const switchSide = await connect(toSwitch(port))
    const controllerSide = await connections.next()
    const count = 200_000
    let next = 0
    const done = new Promise<void>((resolve) => {
      controllerSide.onMessage = ({ xid }) => {
        if (xid !== next) throw new Error(`${xid} instead of ${next}`)
        if (++next === count) resolve()
      }
    })
    let waits = 0
    let most = 0
    for (let xid = 0; xid < count; ) {
      const batch: Message[] = []
      for (let size = 0; size < 1000; size++) batch.push({ type: 'barrier_reply', xid: xid++ })
      for (let size = 0; size < 20; size++) {
        batch.push({ type: 'experimenter', xid: xid++, experimenter: 1, exp_type: 1, data: new Uint8Array(3000) })
      }
      const more = switchSide.sendAll(batch.slice(0, count - xid + batch.length))
      most = Math.max(most, switchSide.queued)
      if (!more) {
        waits++
        await switchSide.drained()
      }
    }
    await done
    expect(waits).to.be.greaterThan(0)
    expect(most).to.be.lessThan(2 ** 21)
  })

  it('meet on a unix socket, with the controller dialling', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'openflow-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 'br.mgmt')
    const server = createServer((socket) => {
      socket.on('data', (chunk) => {
        const xid = chunk.readUInt32BE(4)
        if (chunk[1] === 0) socket.write(encode(HELLO))
        if (chunk[1] === 5) socket.write(encode({ type: 'features_reply', xid, ...FEATURES }))
        if (chunk[1] === 18) {
          socket.write(encode({ type: 'multipart_reply', xid, flags: 0, mp_type: 'port_desc', body: ports(1) }))
        }
      })
    }).listen(path)
    cleanups.push(() => server.close())
    await once(server, 'listening')
    const connection = await connect({ path, side: 'controller' })
    cleanups.push(() => connection.close())
    expect(connection).to.include({ remote: `unix:${path}`, side: 'controller' })
    expect(connection.ports).to.deep.equal(ports(1))
    expect((await rejection(connect({ path: `${path}.no`, side: 'controller' }))).message).to.include('ENOENT')
  })

  it('meet on IPv6', async () => {
    const { listener, port, connections } = await controller({ host: '::1' })
    const switchSide = await connect(toSwitch(port, { host: '::1' }))
    expect(listener.address.host).to.equal('::1')
    expect(switchSide.remote).to.equal(`[::1]:${port}`)
    expect((await connections.next()).remote).to.match(/^\[::1\]:\d+$/)
  })

  describe('limits', () => {
    it('refuses who says nothing, in time', async () => {
      const { port, refusals } = await controller({ handshakeMs: 50 })
      const socket = await raw(port)
      expect((await refusals.next()).reason).to.equal('no handshake within 50 ms')
      socket.resume()
      await once(socket, 'close')
    })

    it('refuses who says hello and no more, in time', async () => {
      const { port, refusals } = await controller({ handshakeMs: 50 })
      const socket = await raw(port)
      socket.resume().write(encode(HELLO))
      expect((await refusals.next()).reason).to.equal('no handshake within 50 ms')
    })

    it('gives up a server that says nothing', async () => {
      const server = createServer().listen(0, '127.0.0.1')
      cleanups.push(() => server.close())
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      server.on('connection', (socket) => socket.resume().on('error', () => {}))
      const error = await rejection(connect(toSwitch(port, { handshakeMs: 50 })))
      expect(error).to.be.instanceOf(ConnectionClosed).with.property('message', 'no handshake within 50 ms')
    })

    it('refuses connections above the most', async () => {
      const { port, connections, refusals } = await controller({ maxConnections: 2 })
      for (let count = 0; count < 2; count++) {
        await connect(toSwitch(port))
        await connections.next()
      }
      expect(await rejection(connect(toSwitch(port)))).to.be.instanceOf(ConnectionClosed)
      expect((await refusals.next()).reason).to.equal('more than 2 connections')
    })

    it('sends its last word to a peer without a common version', async () => {
      const { port, refusals } = await controller()
      const socket = await raw(port)
      socket.write(Buffer.from('0100000800000009', 'hex'))
      const chunks: Buffer[] = []
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      const octets = Buffer.concat(chunks)
      expect(octets[1], 'hello').to.equal(0)
      const error = octets.subarray(octets.readUInt16BE(2))
      expect(error.subarray(0, 12).toString('hex')).to.match(/^0101....0000000900000000$/)
      expect((await refusals.next()).reason).to.equal(error.subarray(12).toString())
    })

    it('closes the half-open ones with the listener', async () => {
      const { listener, port, refusals } = await controller()
      const socket = await raw(port)
      socket.write(encode(HELLO))
      await once(socket, 'data')
      socket.resume()
      await Promise.all([once(socket, 'close'), listener.close()])
      expect((await refusals.next()).reason).to.equal('the listener closes')
    })

    it('cannot listen on an address that is taken', async () => {
      const { port } = await controller()
      const again = listen({ host: '127.0.0.1', port }, { connection() {}, refused() {} })
      expect((await rejection(again)).message).to.include('EADDRINUSE')
    })
  })

  describe('TLS', () => {
    let mine: Authority
    let foreign: Authority
    let server: Identity
    let client: Identity

    before(() => {
      mine = authority('mine')
      foreign = authority('foreign')
      server = mine.issue('controller', ['IP:127.0.0.1', 'DNS:controller.example'])
      client = mine.issue('switch-7')
    })

    after(() => {
      mine.remove()
      foreign.remove()
    })

    const tlsController = (options: Partial<ListenOptions> = {}) =>
      controller({ tls: { ...server, ca: mine.ca }, ...options })

    it('names the peer by its certificate, both ways', async () => {
      const { port, connections } = await tlsController()
      const switchSide = await connect(toSwitch(port, { tls: { ...client, ca: mine.ca } }))
      const controllerSide = await connections.next()
      expect(controllerSide.peer).to.equal('switch-7')
      expect(switchSide.peer).to.equal('controller')
      expect(controllerSide.ports).to.have.length(2000)
      const [echoed] = await controllerSide.request({ type: 'echo_request', data: Buffer.alloc(60_000, 7) })
      expect(echoed).to.deep.include({ data: Buffer.alloc(60_000, 7) })
    })

    it('reads what comes in one piece with the end of the TLS handshake', async () => {
      const { port } = await tlsController()
      const socket = dialTls({ host: '127.0.0.1', port, ...client, ca: mine.ca })
      cleanups.push(() => socket.destroy())
      socket.write(encode(HELLO))
      let octets = Buffer.alloc(0)
      while (!octets.includes(Buffer.from('04050008', 'hex'))) {
        const [chunk] = (await once(socket, 'data')) as [Buffer]
        octets = Buffer.concat([octets, chunk])
      }
    })

    it('tells of the water marks, and gives up who does not read', async () => {
      const { port, connections } = await tlsController({ highWater: 100_000, maxQueue: 4_000_000 })
      const tls = { ...client, ca: mine.ca }
      const data = new Uint8Array(60_000)
      const message = { type: 'experimenter', xid: 1, experimenter: 1, exp_type: 1, data } as const
      const reads = await connect(toSwitch(port, { tls }))
      reads.onMessage = () => {}
      const toReader = await connections.next()
      for (let sent = 0, waits = 0; waits < 5; sent++) {
        if (toReader.send(message)) continue
        expect(toReader.queued, `${sent} sent`).to.be.at.least(100_000)
        await toReader.drained()
        expect(toReader.queued).to.be.at.most(25_000)
        waits++
      }
      const silent = await connect(toSwitch(port, { tls, maxKept: 10_000 }))
      cleanups.push(() => silent.close()) // Nobody takes its messages, so it reads no more, not even the end.
      const toSilent = await connections.next()
      const reason = closing(toSilent)
      while (!toSilent.closed) {
        toSilent.send(message)
        expect(toSilent.queued).to.be.lessThan(4_100_000)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(await reason).to.equal('the peer does not read: write queue above its limit')
    })

    it('refuses a client whose certificate another authority signed', async () => {
      const { port, connections, refusals } = await tlsController()
      const stranger = foreign.issue('switch-7')
      await rejection(connect(toSwitch(port, { tls: { ...stranger, ca: mine.ca } })))
      const { remote, reason } = await refusals.next()
      expect(reason).to.match(/^TLS: .*(UNABLE_TO|SELF_SIGNED|CERT)/)
      expect(remote).to.match(/^127\.0\.0\.1:\d+$/)
      expect(connections.count).to.equal(0)
    })

    it('refuses a client whose certificate names nobody', async () => {
      const { port, connections, refusals } = await tlsController()
      const nobody = mine.issue('', ['DNS:switch-7'])
      await rejection(connect(toSwitch(port, { tls: { ...nobody, ca: mine.ca } })))
      expect((await refusals.next()).reason).to.equal('TLS: the certificate has no common name')
      expect(connections.count).to.equal(0)
    })

    it('refuses a client without a certificate', async () => {
      const { port, connections, refusals } = await tlsController()
      const socket = dialTls({ host: '127.0.0.1', port, ca: mine.ca })
      cleanups.push(() => socket.destroy())
      socket.on('error', () => {}).resume()
      expect((await refusals.next()).reason).to.match(/^TLS: .*certificate/)
      expect(connections.count).to.equal(0)
    })

    it('refuses a client that speaks plain OpenFlow', async () => {
      const { port, refusals } = await tlsController()
      await rejection(connect(toSwitch(port)))
      expect((await refusals.next()).reason).to.match(/^TLS: /)
    })

    it('refuses a client that never finishes its TLS handshake, in time', async () => {
      const { port, refusals } = await tlsController({ handshakeMs: 50 })
      const socket = await raw(port)
      socket.on('error', () => {}).resume()
      expect((await refusals.next()).reason).to.match(/TLS/)
    })

    it('closes the half-secured ones with the listener', async () => {
      const { listener, port } = await tlsController()
      const socket = await raw(port)
      socket.on('error', () => {}).resume()
      const other = await connect(toSwitch(port, { tls: { ...client, ca: mine.ca } })) // after it, the first is accepted
      await Promise.all([once(socket, 'close'), closing(other), listener.close()])
    })

    it('does not talk to a server whose certificate another authority signed', async () => {
      const { port } = await tlsController()
      const error = await rejection(connect(toSwitch(port, { tls: { ...client, ca: foreign.ca } })))
      expect(error.message).to.match(/self-signed|unable to (get|verify)/)
    })

    it('does not talk to a server of another name: not any certificate of the authority will do', async () => {
      const { port, connections } = await controller({ tls: { ...client, ca: mine.ca } })
      const error = await rejection(connect(toSwitch(port, { tls: { ...client, ca: mine.ca } })))
      expect(error.message).to.match(/altnames/)
      expect(connections.count).to.equal(0)
    })

    it('gives up a server that never answers its TLS handshake', async () => {
      const silent = createServer((socket) => socket.resume().on('error', () => {})).listen(0, '127.0.0.1')
      cleanups.push(() => silent.close())
      await once(silent, 'listening')
      const { port } = silent.address() as AddressInfo
      const error = await rejection(connect(toSwitch(port, { handshakeMs: 50, tls: { ...client, ca: mine.ca } })))
      expect(error.message).to.equal('no connection within 50 ms')
    })

    it('goes by the name that it is told to expect', async () => {
      const { port, connections } = await tlsController()
      const tls = { ...client, ca: mine.ca, serverName: 'controller.example' }
      await connect(toSwitch(port, { tls }))
      await connections.next()
      const wrong = await rejection(connect(toSwitch(port, { tls: { ...tls, serverName: 'other.example' } })))
      expect(wrong.message).to.match(/altnames/)
    })
  })

  describe('reconnecting', () => {
    it('waits longer with each failure, between half and all of the doubled time', () => {
      fc.assert(
        fc.property(
          fc.nat(2000),
          fc.integer({ min: 1, max: 1000 }),
          fc.integer({ min: 1000, max: 100_000 }),
          fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          (failures, min, max, random) => {
            const ms = backoffMs(failures, min, max, random)
            expect(ms).to.be.within(Math.floor(Math.min(max, min * 2 ** Math.min(failures, 20)) / 2), max)
            expect(backoffMs(failures + 1, min, max, random)).to.be.at.least(ms)
            expect(backoffMs(0, min, max, random)).to.be.at.most(min)
          },
        ),
      )
    })

    it('spreads those that lost one controller evenly over the time', () => {
      const pauses = Array.from({ length: 1000 }, (_, index) => backoffMs(4, 100, 10_000, (index + 0.5) / 1000))
      const tenths = Array.from({ length: 10 }, (_, tenth) =>
        pauses.filter((ms) => ms >= 800 + tenth * 80 && ms < 880 + tenth * 80),
      )
      for (const tenth of tenths) expect(tenth.length).to.be.within(98, 102)
    })

    it('dials again even where onClose throws', async () => {
      const { port, connections } = await controller()
      const connector = keepConnected(
        { ...toSwitch(port), reconnect: { minMs: 2, maxMs: 4 } },
        {
          connection(connection) {
            connection.onClose = () => {
              throw new Error('a bug')
            }
          },
        },
      )
      cleanups.push(() => connector.close())
      const first = await connections.next()
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      const uncaught: unknown[] = []
      const caught = (error: unknown): unknown => uncaught.push(error)
      process.on('uncaughtException', caught)
      try {
        first.close()
        await connections.next()
        connector.close()
        while (uncaught.length < 2) await new Promise((resolve) => setImmediate(resolve))
      } finally {
        process.off('uncaughtException', caught)
        for (const listener of listeners) process.on('uncaughtException', listener)
      }
    })

    it('comes back after failures and after losses, until closed', async () => {
      const probe = await controller()
      await probe.listener.close()
      const lost = new Told<{ reason: string; retryMs: number }>()
      const ups = new Told<OpenFlowConnection>()
      const options = { ...toSwitch(probe.port), reconnect: { minMs: 4, maxMs: 40, random: () => 0 } }
      const connector: Connector = keepConnected(options, {
        connection: (connection) => ups.add(connection),
        lost(reason, retryMs) {
          expect(connector.connection, 'between connections').to.equal(undefined)
          lost.add({ reason, retryMs })
        },
      })
      cleanups.push(() => connector.close())
      for (const retryMs of [2, 4, 8]) {
        const told = await lost.next()
        expect(told.reason).to.include('ECONNREFUSED')
        expect(told.retryMs).to.equal(retryMs)
      }
      expect(connector.connection).to.equal(undefined)
      const { connections, listener } = await controller({ port: probe.port })
      const first = await ups.next()
      expect(connector.connection).to.equal(first)
      ;(await connections.next()).close()
      const second = await ups.next()
      expect(first.closed).to.equal(true)
      expect(second).to.not.equal(first)
      const peer = await connections.next()
      const ended = closing(peer)
      second.send(echo(1))
      connector.close('enough')
      expect(await ended).to.equal('closed by the peer')
      expect(second.closed).to.equal(true)
      await listener.close()
      expect(connections.count + ups.count, 'no more attempts').to.equal(0)
    })

    it('starts over with short pauses after a connection that lasted', async () => {
      const { connections, port } = await controller()
      const lost = new Told<number>()
      const ups = new Told<OpenFlowConnection>()
      let clock = 0
      const connector = keepConnected(
        { ...toSwitch(port), reconnect: { minMs: 2, maxMs: 32, random: () => 0, now: () => clock } },
        { connection: (connection) => ups.add(connection), lost: (_reason, retryMs) => lost.add(retryMs) },
      )
      cleanups.push(() => connector.close())
      const pauses: number[] = []
      for (const lastedMs of [0, 31, 31, 32, 0]) {
        const connection = await connections.next()
        await ups.next()
        clock += lastedMs
        connection.close()
        pauses.push(await lost.next())
      }
      expect(pauses).to.deep.equal([1, 2, 4, 1, 2])
    })

    it('gives an attempt up that is under way', async () => {
      const server = createServer((socket) => socket.resume().on('error', () => {})).listen(0, '127.0.0.1')
      cleanups.push(() => server.close())
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const accepted = once(server, 'connection') as Promise<[Socket]>
      const connector = keepConnected(toSwitch(port), {
        connection() {},
        lost: () => expect.fail('closed is not lost'),
      })
      const [socket] = await accepted
      connector.close()
      await once(socket, 'close')
    })
  })
})
