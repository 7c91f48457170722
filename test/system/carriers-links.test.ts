/**
 * Identities on the links between three real Open vSwitch bridges in a line: as labels, as VLAN tags, and for pairs where
 * one cannot. Frames are read octet by octet on both links; connections are real, and what policy forbids is counted at
 * its receiver.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { Lab } from '../../mininet/lab.ts'
import { Capture } from '../support/captured.ts'
import { RunningController, until } from '../support/running-controller.ts'

const OPEN = 7000
const SHUT = 7001
const PACKETS = 100
const [IPV4, IPV6, VLAN, MPLS] = [0x0800, 0x86dd, 0x8100, 0x8847]
/** Hosts by the number of their switch. */
const PLACES = { web: 1, other: 1, db: 3 } as const
type Host = keyof typeof PLACES
const HOSTS = Object.keys(PLACES) as Host[]
const address = (host: Host): string => `10.0.0.${HOSTS.indexOf(host) + 1}`
const address6 = (host: Host): string => `fd00::${HOSTS.indexOf(host) + 1}`
const mac = (host: Host): string => `00:00:5e:00:53:d${HOSTS.indexOf(host) + 1}`

type Carrier = 'MPLS' | 'VLAN'

describe('identities on links between Open vSwitch bridges', function () {
  this.timeout(240_000)
  const id = randomBytes(2).toString('hex')
  const nameOf = (host: Host): string => `h${id}${host}`
  const switchName = (number: number): string => `s${id}${number}`
  const datapathId = (number: number): string => `00000000${id}000${number}`
  let controller: RunningController
  let lab: Lab
  const identities = new Map<Host, number>()
  /** Devices of the two links, at the middle switch. */
  let links: [string, string]

  before(async () => {
    controller = await RunningController.start()
    const started = await Lab.start({
      switches: [1, 2, 3].map((number) => ({ name: switchName(number), dpid: datapathId(number) })),
      hosts: HOSTS.map((host) => ({
        ...{ name: nameOf(host), mac: mac(host), switch: switchName(PLACES[host]) },
        ...{ ip: `${address(host)}/24`, ip6: `${address6(host)}/64` },
      })),
      links: [
        [switchName(1), switchName(2)],
        [switchName(2), switchName(3)],
      ],
      controllers: [`tcp:${controller.openflow}`],
    })
    lab = started.lab
    const middle = Object.keys(started.ports[switchName(2)] ?? {}).filter((name) => name.includes('-eth'))
    expect(middle).to.have.length(2)
    links = middle.sort() as [string, string]
    const rule = {
      ...{ direction: 'DIRECTION_INGRESS', peer: { tags: { allOf: [{ text: 'web' }] } } },
      ...{ protocols: ['tcp', 'udp'], ports: [String(OPEN)], action: 'ACTION_ALLOW' },
    }
    await controller.call('ApplyService.Apply', {
      records: [
        { vnp: { name: 'shop', selector: { anyOf: HOSTS.map((text) => ({ text })) } } },
        { policy: { name: 'db', vnp: 'shop', appliesTo: { allOf: [{ text: 'db' }] }, rules: [rule] } },
        ...HOSTS.map((host) => ({
          interface: {
            ...{ name: host, tags: [{ text: host }], mac: mac(host), addresses: [address(host), address6(host)] },
            attachment: { mac: {} },
          },
        })),
      ],
    })
    const found = async (): Promise<number> =>
      (await controller.call<{ links: unknown[] }>('TopologyService.GetTopology')).links.length
    await until('links', found, (count) => count === 4)
    await lab.listen(nameOf('db'), [OPEN, SHUT])
    for (const host of HOSTS) {
      const ping = await lab.run(nameOf(host), ['ping', '-c', '1', '-W', '1', '10.0.0.99'])
      expect(ping.code).not.to.equal(0)
      await lab.received(nameOf(host))
    }
    for (const host of HOSTS) {
      const { status } = await until(
        `place of ${host}`,
        () =>
          controller.call<{ status: { attached: boolean; identity: number } }>('InterfaceService.GetInterface', {
            name: host,
          }),
        (its) => its.status.attached,
      )
      const { identity } = status
      identities.set(host, identity)
    }
  })
  after(async () => {
    await lab?.stop()
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-30).join('\n'))
  })

  const carry = async (...carriers: Carrier[][]): Promise<void> => {
    await controller.call('ApplyService.Apply', {
      records: carriers.map((its, at) => ({
        switch: {
          ...{ name: `sw-${at + 1}`, datapathId: datapathId(at + 1) },
          carriers: its.map((word) => `LINK_CARRIER_${word}`),
        },
      })),
    })
    await controller.call('FlowService.WaitApplied', {})
  }

  /** Real connections and numbered packets of both families; frames of IP on both links meanwhile. */
  const exchange = async (): Promise<Buffer[]> => {
    for (const host of HOSTS) await lab.received(nameOf(host), { reset: true })
    const captures = await Promise.all(links.map((device) => Capture.start(device)))
    let frames: Buffer[][] = []
    try {
      for (const to of [address('db'), address6('db')]) {
        const ask = (host: Host): Promise<string[]> =>
          lab.probe(
            nameOf(host),
            [OPEN, SHUT].map((port) => ({ to, kind: 'tcp', port, timeout: 2 }) as const),
          )
        expect(await ask('web'), `web to ${to}`).to.deep.equal(['open', 'silent'])
        expect(await ask('other'), `other to ${to}`).to.deep.equal(['silent', 'silent'])
        for (const host of ['web', 'other'] as const)
          await lab.send(nameOf(host), { kind: 'udp', to, port: OPEN, rate: 300, count: PACKETS })
      }
    } finally {
      frames = await Promise.all(captures.map((capture) => capture.stop()))
    }
    const rows = await lab.received(nameOf('db'))
    for (const [of, expected] of [
      ['web', PACKETS],
      ['other', 0],
    ] as const) {
      for (const source of [address(of), address6(of)]) {
        const got = rows.filter((row) => row.source === source && row.protocol === 17)
        expect(
          got.reduce((sum, { packets }) => sum + packets, 0),
          `datagrams of ${source}`,
        ).to.equal(expected)
      }
    }
    const macs = new Set(HOSTS.map((host) => mac(host).replaceAll(':', '')))
    const theirs = frames.map((some) => some.filter((frame) => macs.has(frame.toString('hex', 0, 6))))
    // Both links carried the same.
    const text = (some: Buffer[]): string[] => some.map((frame) => frame.toString('hex')).sort()
    expect(text(theirs[0]!)).to.deep.equal(text(theirs[1]!))
    expect(theirs[0]!.length).to.be.greaterThan(2 * PACKETS)
    return theirs[0]!
  }

  const senderOf = (frame: Buffer): Host => {
    const found = HOSTS.find((host) => mac(host).replaceAll(':', '') === frame.toString('hex', 6, 12))
    if (found === undefined) throw new Error(`a frame of nobody: ${frame.toString('hex')}`)
    return found
  }

  it('are found by address where nothing carries them', async () => {
    for (const frame of await exchange()) expect([IPV4, IPV6]).to.include(frame.readUInt16BE(12))
  })

  it('are labels, with the bottom of the stack as RFC 3032 has it', async () => {
    await carry(['MPLS'], [], ['VLAN', 'MPLS'])
    const seen = new Set<string>()
    for (const frame of await exchange()) {
      expect(frame.readUInt16BE(12)).to.equal(MPLS)
      const first = frame.readUInt32BE(14)
      const isLast = ((first >>> 8) & 1) === 1
      expect(first >>> 12, 'label').to.equal(identities.get(senderOf(frame)))
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
    await carry(['VLAN', 'MPLS'], [], ['VLAN'])
    for (const frame of await exchange()) {
      expect(frame.readUInt16BE(12)).to.equal(VLAN)
      expect(frame.readUInt16BE(14), 'tag').to.equal(0x800 | identities.get(senderOf(frame))!)
      expect([IPV4, IPV6]).to.include(frame.readUInt16BE(16))
    }
  })

  it('are found by address where the other end can read nothing that this one writes', async () => {
    await carry(['VLAN'], [], ['MPLS'])
    for (const frame of await exchange()) expect([IPV4, IPV6]).to.include(frame.readUInt16BE(12))
  })
})
