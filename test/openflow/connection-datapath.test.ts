/** What two ends agree on, and what belongs together: versions, and auxiliary connections of a datapath. */
import { expect } from 'chai'
import { connect, type ListenOptions, listen, type OpenFlowConnection, type WireError } from 'node-openflow'
import { authority } from '../support/certificates.ts'
import { type Controller, closing, Network, toSwitch } from '../support/openflow-network.ts'
import { answers, FEATURES, ports, Told } from '../support/openflow-peer.ts'

describe('OpenFlow connections', () => {
  const network = new Network()
  afterEach(() => network.close())

  describe('of the same datapath', () => {
    const numbered = (port: number, auxiliary_id: number, more: object = {}): Promise<OpenFlowConnection> => {
      const features = (): ReturnType<typeof main.features> => ({ ...main.features(), auxiliary_id })
      return connect(toSwitch(port, { answers: { ...main, features }, ...more }))
    }
    const main = answers(1)
    /** As many round trips as the other side's handshake has, and one more. */
    const settled = async (connection: OpenFlowConnection): Promise<void> => {
      for (let trip = 0; trip < 4; trip++) await connection.request({ type: 'echo_request', data: new Uint8Array(0) })
    }

    interface Pair {
      auxiliary: OpenFlowConnection
      main: OpenFlowConnection
    }
    const withAuxiliaries = async (
      options: Partial<ListenOptions> = {},
    ): Promise<Controller & { pairs: Told<Pair> }> => {
      const pairs = new Told<Pair>()
      const auxiliary = (joined: OpenFlowConnection, of: OpenFlowConnection): void =>
        pairs.add({ auxiliary: joined, main: of })
      return { ...(await network.controller(options, { auxiliary })), pairs }
    }

    it('auxiliary ones come with the main one, answer on their own stream, and go with it', async () => {
      const { port, connections, pairs } = await withAuxiliaries()
      const [switchMain, switchAuxiliary] = [await numbered(port, 0), await numbered(port, 7)]
      const { auxiliary, main: its } = await pairs.next()
      expect(its).to.equal(await connections.next())
      expect(auxiliary.features.auxiliary_id).to.equal(7)
      switchAuxiliary.onMessage = ({ xid }) => switchAuxiliary.send({ type: 'barrier_reply', xid })
      expect(await auxiliary.request({ type: 'barrier_request' })).to.have.length(1)
      const again = await numbered(port, 7)
      await pairs.next()
      expect(await closing(switchAuxiliary)).to.equal('closed by the peer')
      const gone = closing(again)
      switchMain.close()
      expect(await gone).to.equal('closed by the peer')
    })

    it('one that comes before its main one waits for it, and is told after it', async () => {
      const order: string[] = []
      const listener = await listen(
        { host: '127.0.0.1', port: 0 },
        {
          connection: () => order.push('main'),
          auxiliary: ({ features }) => order.push(`auxiliary ${features.auxiliary_id}`),
          refused: (_remote, reason) => order.push(reason),
        },
      )
      network.cleanups.push(() => listener.close())
      const early = await Promise.all([3, 4].map((number) => numbered(listener.address.port, number)))
      for (const one of early) await settled(one)
      expect(order).to.deep.equal([])
      await numbered(listener.address.port, 0)
      while (order.length < 3) await new Promise((resolve) => setImmediate(resolve))
      expect(order[0]).to.equal('main')
      expect(order).to.have.members(['main', 'auxiliary 3', 'auxiliary 4'])
      expect(early.map(({ closed }) => closed)).to.deep.equal([false, false])
    })

    it('one that goes while it waits is told once', async () => {
      const { port, refusals } = await withAuxiliaries()
      const early = await numbered(port, 3)
      await settled(early)
      early.close()
      expect((await refusals.next()).reason).to.match(/^auxiliary connection 3 of .*: closed by the peer$/)
      await numbered(port, 0)
      expect(refusals.count).to.equal(0)
    })

    it('are bounded, those that wait as well as those that have joined', async () => {
      const { port, pairs, refusals, connections } = await withAuxiliaries({ maxAuxiliaries: 2 })
      for (const number of [1, 2, 3]) await numbered(port, number)
      expect((await refusals.next()).reason).to.match(
        /^auxiliary connection 3 .*: there is no main connection, and 2 wait/,
      )
      await numbered(port, 0)
      await connections.next()
      const joined = [await pairs.next(), await pairs.next()]
      expect(joined.map(({ auxiliary }) => auxiliary.features.auxiliary_id)).to.have.members([1, 2])
      await numbered(port, 4)
      expect((await refusals.next()).reason).to.match(/^auxiliary connection 4 .*: the main connection has 2 already$/)
      const again = await numbered(port, 2)
      expect((await pairs.next()).auxiliary.features.auxiliary_id, 'another of a number takes its place').to.equal(2)
      again.close()
      await closing((joined[1] as Pair).auxiliary)
      await numbered(port, 5)
      expect((await pairs.next()).auxiliary.features.auxiliary_id, 'and a free place is free').to.equal(5)
    })

    it('go with the newest main one of two, and stay with theirs', async () => {
      const { port, pairs, connections } = await withAuxiliaries()
      await numbered(port, 0)
      const older = await connections.next()
      await numbered(port, 1)
      expect((await pairs.next()).main).to.equal(older)
      await numbered(port, 0)
      const newer = await connections.next()
      await numbered(port, 1)
      const second = await pairs.next()
      expect(second.main).to.equal(newer)
      const gone = closing(older)
      older.close()
      await gone
      expect([second.auxiliary.closed, newer.closed]).to.deep.equal([false, false])
      newer.close()
      await numbered(port, 2)
      await numbered(port, 0)
      expect((await pairs.next()).main, 'none joins one that is closed').to.equal(await connections.next())
    })

    it('come from the same certificate, unit included', async () => {
      const mine = authority('mine')
      const issued = (name: string, names: string[] = []) => ({ ...mine.issue(name, names), ca: mine.ca })
      const server = issued('controller', ['IP:127.0.0.1'])
      const [one, other, elsewhere] = ['switch-1', 'switch-2', 'switch-1/OU=elsewhere'].map((name) => issued(name))
      mine.remove()
      const { port, pairs, refusals } = await withAuxiliaries({ tls: server })
      await numbered(port, 0, { tls: one })
      await numbered(port, 1, { tls: one })
      expect((await pairs.next()).auxiliary.peer).to.equal('switch-1')
      for (const tls of [other, elsewhere]) {
        await numbered(port, 2, { tls })
        expect((await refusals.next()).reason).to.match(/^auxiliary connection 2 .*: another certificate or version/)
      }
    })

    it('are refused without their main one, and where nobody takes them', async () => {
      const { port, refusals } = await withAuxiliaries({ handshakeMs: 300 })
      const early = await numbered(port, 7)
      expect(await closing(early)).to.equal('closed by the peer')
      expect((await refusals.next()).reason).to.match(
        /^auxiliary connection 7 of datapath 0x.*: there is no main connection$/,
      )
      const without = await network.controller()
      const untaken = await numbered(without.port, 7)
      expect(await closing(untaken)).to.equal('closed by the peer')
      expect((await without.refusals.next()).reason).to.match(/^auxiliary connection 7 .*: none are taken here$/)
    })
  })

  it('speak the highest version that both offer', async () => {
    // Capabilities and ports that every version can say.
    const plain = {
      features: () => ({ ...FEATURES, capabilities: 7 }),
      ports: () => ports(3).map((port) => ({ ...port, state: 0, curr_speed: 0 })),
    }
    for (const [ours, theirs, agreed] of [
      [[4, 5, 6], [1, 4, 5], 5],
      [[4], [1, 4, 5, 6], 4],
      [[1, 4], [1], 1],
    ] as const) {
      const { port, connections } = await network.controller({ versions: ours })
      const device = await connect(toSwitch(port, { versions: theirs, answers: plain }))
      const side = await connections.next()
      expect([side.version, device.version]).to.deep.equal([agreed, agreed])
      expect(side.features.datapath_id).to.equal(FEATURES.datapath_id)
      expect(side.ports.map(({ port_no }) => port_no)).to.deep.equal(ports(3).map(({ port_no }) => port_no))
      const versions: Array<number | undefined> = []
      device.onMessage = (message) => {
        versions.push(message.version)
        device.send({ type: 'barrier_reply', xid: message.xid })
      }
      // A message that came in another version is written in this one.
      await side.request({ type: 'barrier_request', version: agreed === 4 ? 5 : 4 })
      expect(versions).to.deep.equal([agreed === 4 ? undefined : agreed])
      const told = new Promise<WireError>((resolve) => {
        device.onError = resolve
      })
      const stranger = Uint8Array.of(agreed === 4 ? 5 : 4, 5, 0, 8, 0, 0, 0, 9)
      side.sendOctets((w) => w.put(stranger))
      expect(await told).to.include({ code: 'bad_version', path: 'version' })
    }
  })

  it('close, and no more, where a switch is not what the agreed version can say', async () => {
    const { port } = await network.controller({ versions: [1] })
    const device = connect(toSwitch(port, { versions: [1, 4], answers: answers(3) }))
    const reason = await device.then(closing)
    expect(reason).to.match(/^what this switch is cannot be said in OpenFlow 1.0: not_in_version .* capabilities/)
  })
})
