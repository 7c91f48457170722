/** Options of connections: what they are where nothing is said, and what makes no sense and is refused before anything is opened. */
import { expect } from 'chai'
import { type ConnectionOptions, connect, keepConnected, listen } from 'node-openflow'
import { limits } from '../../openflow/connection/limits.ts'
import { toSwitch } from '../support/openflow-network.ts'
import { establish, rejection } from '../support/openflow-peer.ts'

describe('limits of OpenFlow connections', () => {
  it('follow one another where only some are said', () => {
    expect(limits({})).to.deep.equal({
      echoMs: 5000,
      deadMs: 15_000,
      handshakeMs: 10_000,
      maxHandshakeMessages: 10_000,
      maxMultipartOctets: 64 * 2 ** 20,
      highWater: 2 ** 20,
      lowWater: 2 ** 18,
      maxQueue: 16 * 2 ** 20,
      maxKept: 8 * 2 ** 20,
      versions: [4],
    })
    expect(limits({ echoMs: 20_000 })).to.include({ echoMs: 20_000, deadMs: 60_000 })
    expect(limits({ highWater: 1000 })).to.include({ highWater: 1000, lowWater: 250 })
    expect(limits({ highWater: 2 ** 25 })).to.include({ maxQueue: 2 ** 26 })
  })

  const wrong: ReadonlyArray<readonly [ConnectionOptions, RegExp]> = [
    [{ echoMs: 20_000, deadMs: 15_000 }, /deadMs 15000 below echoMs 20000/],
    [{ lowWater: 2000, highWater: 1000 }, /lowWater 2000 above highWater 1000/],
    [{ highWater: 2000, maxQueue: 1000 }, /highWater 2000 above maxQueue 1000/],
    [{ versions: [] }, /versions/],
    [{ versions: [4, 2 as 1] }, /versions: 4,2/],
    [{ echoMs: 0 }, /echoMs/],
    [{ handshakeMs: -1 }, /handshakeMs/],
    [{ maxKept: Number.NaN }, /maxKept/],
    [{ lowWater: -1 }, /lowWater/],
  ]
  for (const [options, told] of wrong) {
    it(`refuse ${JSON.stringify(options)}, whoever is asked`, async () => {
      const handlers = { connection() {}, refused() {} }
      const errors = [
        await rejection(listen({ host: '127.0.0.1', port: 0, ...options }, handlers)),
        await rejection(connect(toSwitch(1, options))),
      ]
      for (const error of errors) expect(error).to.be.instanceOf(RangeError).with.property('message').that.matches(told)
      expect(() => keepConnected(toSwitch(1, options), handlers)).to.throw(RangeError, told)
    })
  }

  it('may be for ever, in time: no timer is asked for more than it can count', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', warned)
    const { connection, socket } = await establish({ echoMs: Infinity, deadMs: Infinity, handshakeMs: Infinity })
    const request = connection.request({ type: 'barrier_request' }, { timeoutMs: Infinity }).catch((error) => error)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(connection.closed).to.equal(false)
    expect(socket.messages().map(({ type }) => type)).to.deep.equal(['barrier_request'])
    connection.close('enough')
    expect(await request).to.have.property('message', 'enough')
    process.off('warning', warned)
    expect(warnings).to.deep.equal([])
  })
})
