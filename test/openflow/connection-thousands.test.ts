/**
 * Thousands of peers in one process: that they all get a connection, what each costs, that one who floods does not
 * starve the others, and that nothing is left of them when they are gone. Both ends are in this process. What takes more
 * time than a test may is in bench/peers.ts.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { connect, encodeAll, keepConnected, type Message, type OpenFlowConnection } from 'node-openflow'
import { authority } from '../support/certificates.ts'
import { Network, toSwitch } from '../support/openflow-network.ts'
import { answers, FEATURES, packetIn } from '../support/openflow-peer.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function memory(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** How many of each kind of thing would keep the process alive, once the time limit of the test is one of them. */
async function resources(): Promise<Record<string, number>> {
  await turn()
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo().filter((one) => /^(TCP|TLS|Timeout)/.test(one)))
    counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** Streams take a moment to go. */
async function nothingMoreThan(before: Record<string, number>): Promise<void> {
  const start = performance.now()
  for (;;) {
    const more = Object.entries(await resources()).filter(([name, count]) => count > (before[name] ?? 0))
    if (more.length === 0) return
    if (performance.now() - start > 5000) expect(Object.fromEntries(more)).to.deep.equal(before)
  }
}

const numbered = (datapath_id: bigint) => ({
  ...answers(4),
  features: () => ({ ...FEATURES, datapath_id, auxiliary_id: 0 }),
})
const answersBarriers = (side: OpenFlowConnection): void => {
  side.onMessage = ({ type, xid }) => {
    if (type === 'barrier_request') side.send({ type: 'barrier_reply', xid })
  }
}

describe('thousands of OpenFlow connections', function () {
  this.timeout(30_000)
  const network = new Network()
  afterEach(() => network.close())

  for (const [count, kind, most] of [
    [2000, 'plain', 40_000],
    [200, 'TLS', 60_000],
  ] as const) {
    it(`${count} ${kind} ones come at once, answer, cost little, and leave nothing`, async () => {
      const before = await resources()
      const certificates = kind === 'TLS' ? authority('mine') : undefined
      const tls = (name: string, ...names: string[]) =>
        certificates === undefined ? {} : { tls: { ...certificates.issue(name, names), ca: certificates.ca } }
      const { listener, port, connections } = await network.controller(tls('controller', 'IP:127.0.0.1'))
      const own = tls('switch')
      certificates?.remove()
      const empty = memory()
      const start = performance.now()
      const switches = await Promise.all(
        Array.from({ length: count }, (_, id) => connect(toSwitch(port, { answers: numbered(BigInt(id)), ...own }))),
      )
      const controllers = await Promise.all(switches.map(() => connections.next()))
      expect(performance.now() - start).to.be.lessThan(15_000)
      expect(new Set(controllers.map(({ features }) => features.datapath_id)).size).to.equal(count)
      for (const side of switches) answersBarriers(side)
      const barriers = (): Promise<Message[][]> =>
        Promise.all(controllers.map((side) => side.request({ type: 'barrier_request' })))
      expect((await barriers()).flat()).to.have.length(count)
      expect((memory() - empty) / count, 'octets for both ends of one').to.be.lessThan(most)
      await listener.close()
      expect([...controllers, ...switches].filter(({ closed }) => !closed)).to.deep.equal([])
      switches.length = controllers.length = 0
      await nothingMoreThan(before)
    })
  }

  it('one that floods does not starve those that say little', async () => {
    const { port, connections } = await network.controller()
    let flood = 0
    const connected = async (id: bigint): Promise<OpenFlowConnection> => {
      const side = await connect(toSwitch(port, { answers: numbered(id), highWater: 4 << 20 }))
      const controller = await connections.next()
      controller.onMessage = () => flood++
      return side
    }
    const flooding = await connected(1n)
    const quiet = await Promise.all([2n, 3n, 4n].map(connected))
    const octets = encodeAll(Array.from({ length: 10_000 }, (_, xid) => packetIn(xid, new Uint8Array(60))))
    let ends = false
    const flooded = (async () => {
      while (!ends) {
        if (!flooding.sendOctets((w) => w.put(octets))) await flooding.drained()
        await turn()
      }
    })()
    const between: number[] = []
    while (between.length < 60) {
      await Promise.all(
        quiet.map(async (side) => {
          const before = flood
          await side.request({ type: 'echo_request', data: new Uint8Array(0) })
          between.push(flood - before)
        }),
      )
    }
    ends = true
    await flooded
    between.sort((a, b) => a - b)
    expect(flood).to.be.greaterThan(10_000)
    expect(between[30], 'messages of the flood that one echo waits for').to.be.lessThan(5000)
    expect(between.at(-1), 'at worst').to.be.lessThan(10_000)
  })

  it('leaves no timer, stream or listener behind, whenever connecting is given up', async () => {
    const before = await resources()
    const certificates = authority('mine')
    const tls = { ...certificates.issue('controller', ['IP:127.0.0.1']), ca: certificates.ca }
    certificates.remove()
    for (const options of [{}, { tls }]) {
      const { listener, port } = await network.controller(options)
      for (let turns = 0; turns < 30; turns++) {
        const connector = keepConnected(toSwitch(port, options), { connection() {} })
        for (let i = 0; i < turns; i++) await turn()
        connector.close()
      }
      const waiting = await connect(toSwitch(port, options))
      const request = waiting.request({ type: 'barrier_request' }).catch(() => {})
      await Promise.all([listener.close(), request])
    }
    await nothingMoreThan(before)
  })
})
