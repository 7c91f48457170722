/** What two ends agree on, and what belongs together: versions, and auxiliary connections of a datapath. */
import { expect } from 'chai'
import { connect, type ListenOptions, type OpenFlowConnection, type WireError } from 'node-openflow'
import { type Controller, closing, Network, toSwitch } from '../support/openflow-network.ts'
import { answers, FEATURES, ports, Told } from '../support/openflow-peer.ts'

describe('OpenFlow connections', () => {
  const network = new Network()
  afterEach(() => network.close())

  describe('of the same datapath', () => {
    const numbered = (port: number, auxiliary_id: number): Promise<OpenFlowConnection> => {
      const features = (): ReturnType<typeof main.features> => ({ ...main.features(), auxiliary_id })
      return connect(toSwitch(port, { answers: { ...main, features } }))
    }
    const main = answers(1)

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

    it('are refused before their main one, and where nobody takes them', async () => {
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
