/**
 * tagsteer in front of somebody else's network: two of our switches with uplinks into an ordinary learning switch, which
 * also has a host that no record knows. With the `normal` back end that network forwards between our switches; with
 * either back end the host is part of the world, reached by CIDR rules only.
 */
import { expect } from 'chai'
import { Lab, type Received } from '../../mininet/lab.ts'
import { RunningController, until } from '../support/running-controller.ts'

const PORT = 7100
const macOf = (index: number): string => `00:00:5e:00:53:2${index}`

describe('in front of an existing network', function () {
  this.timeout(90_000)
  let controller: RunningController
  let lab: Lab

  before(async () => {
    controller = await RunningController.start({ words: ['--backend', 'normal'] })
    const host = (index: number, at: string): object => ({
      name: `eh${index}`,
      mac: macOf(index),
      ip: `10.0.0.${index}/24`,
      ip6: `fd00::${index}/64`,
      switch: at,
    })
    const started = await Lab.start({
      switches: [
        { name: 'e1', dpid: '00000000000002b1' },
        { name: 'e2', dpid: '00000000000002b2' },
        { name: 'e9', dpid: '00000000000002b9', standalone: true },
      ],
      hosts: [host(1, 'e1'), host(2, 'e2'), host(3, 'e2'), host(4, 'e9')] as Parameters<typeof Lab.start>[0]['hosts'],
      links: [
        ['e1', 'e9'],
        ['e2', 'e9'],
      ],
      controllers: [`tcp:${controller.openflow}`],
    })
    lab = started.lab
    const record = (index: number, portName: string, tag: string): object => ({
      interface: {
        name: `i${index}`,
        tags: [{ text: tag }],
        mac: macOf(index),
        addresses: [`10.0.0.${index}`, `fd00::${index}`],
        attachment: { portName: { portName } },
      },
    })
    const allow = (peer: object, more: object = {}): object => ({
      direction: 'DIRECTION_INGRESS',
      peer,
      action: 'ACTION_ALLOW',
      ...more,
    })
    await controller.call('ApplyService.Apply', {
      records: [
        { switch: { name: 'left', datapathId: '00000000000002b1', uplinks: ['e1-eth2'] } },
        { switch: { name: 'right', datapathId: '00000000000002b2', uplinks: ['e2-eth3'] } },
        { vnp: { name: 'inside', selector: { allOf: [{ text: 'inside' }] } } },
        {
          policy: {
            name: 'inside',
            vnp: 'inside',
            rules: [
              allow({ tags: {} }),
              allow({ cidr: '10.0.0.4/32' }, { protocols: ['udp'], ports: [String(PORT)] }),
              {
                direction: 'DIRECTION_EGRESS',
                peer: { cidr: '10.0.0.4/32' },
                protocols: ['icmp'],
                action: 'ACTION_ALLOW',
              },
            ],
          },
        },
        record(1, 'e1-eth1', 'inside'),
        record(2, 'e2-eth1', 'inside'),
        record(3, 'e2-eth2', 'other'),
      ],
    })
    await controller.served(2)
    await controller.call('FlowService.WaitApplied', {})
    for (const index of [1, 2, 3, 4]) await lab.received(`eh${index}`)
  })
  after(async () => {
    await lab?.stop()
    await controller?.remove()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-30).join('\n'))
  })

  const udpFrom = (rows: Received[], index: number): number =>
    rows
      .filter(({ source, protocol, port }) => protocol === 17 && port === PORT && source.endsWith(`.${index}`))
      .reduce((sum, { packets }) => sum + packets, 0)

  it('lets members reach each other across it, over IPv4 and IPv6', async () => {
    expect(await lab.ping('eh1', '10.0.0.2', { count: 5 })).to.equal(true)
    expect(await lab.ping('eh1', 'fd00::2', { count: 5 })).to.equal(true)
    expect(await lab.ping('eh2', '10.0.0.1', { count: 3 })).to.equal(true)
  })

  it('forbids what no partition shares', async () => {
    expect(await lab.ping('eh1', '10.0.0.3', { count: 2 })).to.equal(false)
    expect(await lab.ping('eh3', '10.0.0.2', { count: 2 })).to.equal(false)
    const rows = await lab.received('eh3')
    expect(rows.filter(({ source, protocol }) => protocol === 1 && source === '10.0.0.1')).to.deep.equal([])
  })

  it('reaches the world, and is reached by it, as CIDR rules say', async () => {
    expect(await lab.ping('eh1', '10.0.0.4', { count: 5 }), 'egress rule for ICMP').to.equal(true)
    expect(await lab.ping('eh4', '10.0.0.1', { count: 2 }), 'no ingress rule for ICMP').to.equal(false)
    const { sent } = await lab.send('eh4', { kind: 'udp', to: '10.0.0.1', port: PORT, rate: 50, count: 20 })
    expect(sent).to.equal(20)
    await until(
      'UDP of the world',
      async () => udpFrom(await lab.received('eh1'), 4),
      (count) => count >= 19,
      5000,
    )
    await lab.send('eh4', { kind: 'udp', to: '10.0.0.3', port: PORT, rate: 50, count: 20 })
    await lab.send('eh4', { kind: 'udp', to: '10.0.0.1', port: PORT + 1, rate: 50, count: 20 })
    const forbidden = (await lab.received('eh1')).filter(({ port, protocol }) => protocol === 17 && port === PORT + 1)
    expect(forbidden).to.deep.equal([])
    expect(udpFrom(await lab.received('eh3'), 4)).to.equal(0)
  })
})
