/**
 * What happens to a network, on real switches with real packets: forged senders, links cut, hosts that move, switches
 * made anew, controllers killed. Forbidden packets received: 0, whatever happens.
 */
import { expect } from 'chai'
import { ETHERTYPE, encodeEthernet } from '../../packet/ethernet.ts'
import { HOSTS, type Host, ip4, mac, macText, onRing, type Ring } from '../support/ring.ts'
import { until } from '../support/running-controller.ts'

describe('three real switches in trouble', function () {
  this.timeout(120_000)
  let ring: Ring
  onRing('q', '1a', (made) => {
    ring = made
  })

  it('refuses forged senders', async () => {
    const to = mac('a1')
    const ipv4 = (source: Host): Uint8Array => {
      const packet = Buffer.from(`4500001c000040004011000000000000000000001b581b5800080000`, 'hex')
      packet.set(ip4(source).split('.').map(Number), 12)
      packet.set(ip4('a1').split('.').map(Number), 16)
      return packet
    }
    const frame = (src: number, type: number, payload: Uint8Array, dst = to): string =>
      Buffer.from(encodeEthernet({ src, dst, type, vlans: [] }, payload)).toString('hex')
    const arp = (senderMac: number, sender: Host): Uint8Array => {
      const packet = Buffer.concat([Buffer.from('0001080006040002', 'hex'), Buffer.alloc(20)])
      packet.writeUIntBE(senderMac, 8, 6)
      packet.set(ip4(sender).split('.').map(Number), 14)
      packet.writeUIntBE(to, 18, 6)
      packet.set(ip4('a1').split('.').map(Number), 24)
      return packet
    }
    const own = mac('c1')
    const forged = [
      frame(mac('a2'), ETHERTYPE.ipv4, ipv4('a2')),
      frame(own, ETHERTYPE.ipv4, ipv4('a2')),
      frame(mac('a2'), ETHERTYPE.ipv4, ipv4('c1')),
      frame(own, ETHERTYPE.arp, arp(own, 'a2')),
      frame(own, ETHERTYPE.arp, arp(mac('a2'), 'a2')),
      frame(own, ETHERTYPE.arp, arp(own, 'a2'), 0xffffffffffff),
      frame(own, 0x88b5, Buffer.alloc(46)),
      frame(own, 0x88cc, Buffer.alloc(46), 0x0180c200000e),
    ]
    const before = await ring.rows('a1')
    expect(before.filter(({ source }) => source === ip4('c1'))).to.deep.equal([])
    for (const host of ['c1', 'x1'] as const) {
      await ring.lab.send(ring.host(host), {
        kind: 'raw',
        interface: `${ring.host(host)}-eth0`,
        frames: forged,
        rate: 200,
        count: 80,
      })
    }
    // A packet that may pass, sent last on the same path, says that the others had their time.
    await ring.udp('a3', ip4('a1'), 5)
    await until(
      'the marker',
      () => ring.received('a1', 'a3'),
      (count) => count === 5,
      5000,
    )
    for (const host of HOSTS) {
      const rows = await ring.rows(host)
      // The controller's own probes carry the address of the switch's port, never a host's.
      const hosts = new Set<string>(HOSTS.map(macText))
      const wrong = rows.filter(({ source, protocol }) => {
        if (protocol === '0x88cc') return hosts.has(source)
        if (protocol === 'arp') return source === ip4('a2') && host === 'a1'
        // The marker, and that nobody listens on its port.
        return ![ip4('a3'), ip4('a1')].includes(source) && protocol !== 58
      })
      expect(wrong, `at ${host}`).to.deep.equal([])
    }
  })

  it('reroutes when a link is cut, and forbids the same', async () => {
    const flow = ring.udp('a1', ip4('a2'), 1600)
    const forbidden = ring.udp('b1', ip4('a2'), 1600)
    await until(
      'traffic',
      () => ring.received('a2', 'a1'),
      (count) => count > 50,
    )
    await ring.lab.link(ring.switch(1), ring.switch(2), false)
    try {
      await ring.served(4)
      await ring.rows('a2', true)
      await until(
        'traffic over q3',
        () => ring.received('a2', 'a1'),
        (count) => count > 100,
        10_000,
      )
      const { sent } = await flow
      await forbidden
      expect(sent).to.equal(1600)
      expect(await ring.received('a2', 'b1')).to.equal(0)
    } finally {
      await ring.lab.link(ring.switch(1), ring.switch(2), true)
    }
    await ring.served(6)
  })

  it('follows a host that moves to another switch', async () => {
    const flow = ring.udp('a1', ip4('a3'), 2000)
    const forbidden = ring.udp('b1', ip4('a3'), 2000)
    await until(
      'traffic',
      () => ring.received('a3', 'a1'),
      (count) => count > 50,
    )
    await ring.lab.move(ring.host('a3'), ring.switch(2))
    await ring.rows('a3', true)
    await until(
      'traffic at the new place',
      () => ring.received('a3', 'a1'),
      (count) => count > 100,
      10_000,
    )
    await ring.lab.move(ring.host('a3'), ring.switch(3))
    await ring.rows('a3', true)
    await until(
      'traffic at the old place',
      () => ring.received('a3', 'a1'),
      (count) => count > 100,
      10_000,
    )
    await Promise.all([flow, forbidden])
    expect(await ring.received('a3', 'b1')).to.equal(0)
  })

  it('finds an interface by its MAC and keeps it there against somebody who shouts the same MAC', async () => {
    await ring.apply([...ring.base(), ring.record('x1', ['tenant-c'], { attachment: { mac: {} } })])
    await ring.udp('x1', ip4('c1'), 10)
    const place = await until(
      'x1 is placed',
      () =>
        ring.controller.call<{ status: { attached: boolean; portName: string } }>('InterfaceService.GetInterface', {
          name: 'x1',
        }),
      ({ status }) => status.attached,
    )
    expect(place.status.portName).to.equal(ring.port('x1'))
    await ring.controller.call('FlowService.WaitApplied', {})
    expect(await ring.received('c1', 'x1'), 'c has no rule for it').to.equal(0)
    await ring.setTags('x1', ['tenant-b'], ['tenant-c'])
    const reach = async (): Promise<number> => {
      await ring.udp('x1', ip4('b1'), 5)
      return ring.received('b1', 'x1')
    }
    await until('x1 reaches b1', reach, (count) => count > 0, 5000)
    const forged = encodeEthernet({ src: mac('x1'), dst: mac('b1'), type: 0x0806, vlans: [] }, Buffer.alloc(46))
    const frames = [Buffer.from(forged).toString('hex')]
    await ring.lab.send(ring.host('y1'), {
      kind: 'raw',
      interface: `${ring.host('y1')}-eth0`,
      frames,
      rate: 50,
      count: 20,
    })
    const alerts = await until(
      'the alert',
      () => ring.controller.events<{ subject: string; severity: string }>(['interface-contested']),
      (events) => events.some(({ subject }) => subject === 'x1'),
      5000,
    )
    expect(alerts[0]?.severity).to.equal('SEVERITY_ALERT')
    const after = await ring.controller.call<typeof place>('InterfaceService.GetInterface', { name: 'x1' })
    expect(after.status.portName).to.equal(ring.port('x1'))
    await until('x1 still reaches b1', reach, (count) => count > 5, 5000)
  })

  it('serves a switch that was made anew, and forbids the same meanwhile', async () => {
    const forbidden = ring.udp('b1', ip4('a2'), 1600)
    await ring.lab.restartSwitch(ring.switch(2))
    await ring.served(6)
    await until(
      'a1 reaches a2 again',
      async () => {
        await ring.udp('a1', ip4('a2'), 5)
        return ring.received('a2', 'a1')
      },
      (count) => count > 0,
      10_000,
    )
    await forbidden
    expect(await ring.received('a2', 'b1')).to.equal(0)
  })

  it('keeps traffic whole while the controller is killed, is away and comes back', async () => {
    const flow = ring.udp('a1', ip4('a2'), 3000)
    const forbidden = ring.udp('b1', ip4('a2'), 3000)
    await until(
      'traffic',
      () => ring.received('a2', 'a1'),
      (count) => count > 50,
    )
    await ring.controller.kill()
    await ring.controller.run()
    await ring.served(6)
    await ring.controller.end()
    await ring.controller.run()
    await ring.served(6)
    const { sent } = await flow
    await forbidden
    expect(await ring.received('a2', 'b1'), 'forbidden').to.equal(0)
    expect(await ring.received('a2', 'a1'), 'permitted').to.equal(sent)
    await ring.setTags('b1', ['tenant-a'], ['tenant-b'])
    await until(
      'b1 is of tenant a now',
      async () => {
        await ring.udp('b1', ip4('a2'), 5)
        return ring.received('a2', 'b1')
      },
      (count) => count > 0,
      5000,
    )
  })
})
