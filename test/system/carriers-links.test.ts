/**
 * Identities on the links between three real Open vSwitch bridges in a line: as labels, as VLAN tags, and for pairs where
 * one cannot. Frames are read octet by octet on both links; connections are real, and what policy forbids is counted at
 * its receiver.
 */
import { expect } from 'chai'
import { Capture } from '../support/captured.ts'
import { address6Of, addressOf, HOSTS, type Host, LineOfBridges, macOf, OPEN } from '../support/line-of-bridges.ts'

const SHUT = 7001
const PACKETS = 100
const [IPV4, IPV6, VLAN, MPLS] = [0x0800, 0x86dd, 0x8100, 0x8847]

describe('identities on links between Open vSwitch bridges', function () {
  this.timeout(240_000)
  let line: LineOfBridges

  before(async () => {
    line = await LineOfBridges.start()
    await line.lab.listen(line.nameOf('db'), [OPEN, SHUT])
  })
  after(() => line?.stop())
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(line.controller.log.split('\n').slice(-30).join('\n'))
  })

  /** Real connections and numbered packets of both families; frames of IP on both links meanwhile. */
  const exchange = async (): Promise<Buffer[]> => {
    for (const host of HOSTS) await line.lab.received(line.nameOf(host), { reset: true })
    const captures = await Promise.all(line.devices.map((device) => Capture.start(device)))
    let frames: Buffer[][] = []
    try {
      for (const to of [addressOf('db'), address6Of('db')]) {
        const ask = (host: Host): Promise<string[]> =>
          line.lab.probe(
            line.nameOf(host),
            [OPEN, SHUT].map((port) => ({ to, kind: 'tcp', port, timeout: 2 }) as const),
          )
        expect(await ask('web'), `web to ${to}`).to.deep.equal(['open', 'silent'])
        expect(await ask('other'), `other to ${to}`).to.deep.equal(['silent', 'silent'])
        for (const host of ['web', 'other'] as const)
          await line.lab.send(line.nameOf(host), { kind: 'udp', to, port: OPEN, rate: 300, count: PACKETS })
      }
    } finally {
      frames = await Promise.all(captures.map((capture) => capture.stop()))
    }
    const rows = await line.lab.received(line.nameOf('db'))
    for (const [of, expected] of [
      ['web', PACKETS],
      ['other', 0],
    ] as const) {
      for (const source of [addressOf(of), address6Of(of)]) {
        const got = rows.filter((row) => row.source === source && row.protocol === 17)
        expect(
          got.reduce((sum, { packets }) => sum + packets, 0),
          `datagrams of ${source}`,
        ).to.equal(expected)
      }
    }
    const macs = new Set(HOSTS.map((host) => macOf(host).replaceAll(':', '')))
    const theirs = frames.map((some) => some.filter((frame) => macs.has(frame.toString('hex', 0, 6))))
    // Both links carried the same.
    const text = (some: Buffer[]): string[] => some.map((frame) => frame.toString('hex')).sort()
    expect(text(theirs[0]!)).to.deep.equal(text(theirs[1]!))
    expect(theirs[0]!.length).to.be.greaterThan(2 * PACKETS)
    return theirs[0]!
  }

  const senderOf = (frame: Buffer): Host => {
    const found = HOSTS.find((host) => macOf(host).replaceAll(':', '') === frame.toString('hex', 6, 12))
    if (found === undefined) throw new Error(`a frame of nobody: ${frame.toString('hex')}`)
    return found
  }

  it('are found by address where nothing carries them', async () => {
    for (const frame of await exchange()) expect([IPV4, IPV6]).to.include(frame.readUInt16BE(12))
  })

  it('are labels, with the bottom of the stack as RFC 3032 has it', async () => {
    await line.carry(['MPLS'], [], ['VLAN', 'MPLS'])
    const seen = new Set<string>()
    for (const frame of await exchange()) {
      expect(frame.readUInt16BE(12)).to.equal(MPLS)
      const first = frame.readUInt32BE(14)
      const isLast = ((first >>> 8) & 1) === 1
      expect(first >>> 12, 'label').to.equal(line.identities.get(senderOf(frame)))
      expect((first >>> 9) & 7, 'traffic class').to.equal(0)
      expect(first & 0xff, 'time to live').to.be.greaterThan(1)
      if (!isLast) {
        // IPv6 explicit null, and nothing below.
        const second = frame.readUInt32BE(18)
        expect([second >>> 12, (second >>> 8) & 1]).to.deep.equal([2, 1])
      }
      expect(frame[isLast ? 18 : 22]! >> 4, 'version').to.equal(isLast ? 4 : 6)
      seen.add(`${senderOf(frame)} ${isLast}`)
    }
    expect([...seen].sort()).to.deep.equal(['db false', 'db true', 'web false', 'web true'])
  })

  it('are VLAN tags', async () => {
    await line.carry(['VLAN', 'MPLS'], [], ['VLAN'])
    for (const frame of await exchange()) {
      expect(frame.readUInt16BE(12)).to.equal(VLAN)
      expect(frame.readUInt16BE(14), 'tag').to.equal(0x800 | line.identities.get(senderOf(frame))!)
      expect([IPV4, IPV6]).to.include(frame.readUInt16BE(16))
    }
  })

  it('are found by address where the other end can read nothing that this one writes', async () => {
    await line.carry(['VLAN'], [], ['MPLS'])
    for (const frame of await exchange()) expect([IPV4, IPV6]).to.include(frame.readUInt16BE(12))
  })
})
