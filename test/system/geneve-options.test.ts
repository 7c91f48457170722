/** Fields of Geneve options on a real Open vSwitch: given before the flows that name them, and never taken from others. */
import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { Daemons } from '../support/ovs-bridge.ts'
import { RunningController, until } from '../support/running-controller.ts'

const DATAPATH = '0000000000000e77'
const BRIDGE = 'br'
const OURS = ['0xff54  0x2  4        tun_metadata1', '0xff54  0x81 4        tun_metadata0']

describe('Geneve options of Open vSwitch', function () {
  this.timeout(120_000)
  let controller: RunningController
  let daemons: Daemons

  const ofctl = (...words: string[]): string => {
    const [command, ...rest] = words
    const target = `unix:${daemons.directory}/${BRIDGE}.mgmt`
    return execFileSync('ovs-ofctl', ['-O', 'OpenFlow13', command!, target, ...rest], { encoding: 'utf8' })
  }
  const mappings = (): string[] =>
    ofctl('dump-tlv-map')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^0x/.test(line))
      .map((line) => line.replace(/\s+/g, ' '))
      .sort()
  const status = async (): Promise<{ state?: string; degradedReason?: string }> => {
    interface Seen {
      switches: { datapathId: string; state: string; degradedReason: string }[]
    }
    const { switches } = await controller.call<Seen>('TopologyService.ListSwitches')
    return switches.find(({ datapathId }) => datapathId === DATAPATH) ?? {}
  }
  const connect = (): void => {
    const target = `target="tcp:${controller.openflow}"`
    daemons.vsctl(
      '--',
      '--id=@c',
      'create',
      'Controller',
      target,
      'max_backoff=1000',
      '--',
      'set',
      'bridge',
      BRIDGE,
      'controller=@c',
    )
  }

  beforeEach(async () => {
    daemons = await Daemons.start()
    controller = await RunningController.start({ words: ['--ovsdb', `unix:${daemons.directory}/db.sock`] })
    const settings = [
      'fail_mode=secure',
      'protocols=OpenFlow13',
      'other-config:disable-in-band=true',
      `other-config:datapath-id=${DATAPATH}`,
    ]
    daemons.vsctl('add-br', BRIDGE, '--', 'set', 'bridge', BRIDGE, ...settings)
    const options = ['type=geneve', 'options:remote_ip=flow', 'options:key=flow', 'ofport_request=9']
    daemons.vsctl('add-port', BRIDGE, 'tsgnv0', '--', 'set', 'interface', 'tsgnv0', ...options)
    await controller.call('ApplyService.Apply', {
      records: [
        { switch: { name: 'hv', datapathId: DATAPATH, tunnel: { kind: 'TUNNEL_KIND_GENEVE', address: '192.0.2.1' } } },
      ],
    })
  })
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(controller.log.split('\n').slice(-20).join('\n'))
    await controller?.remove()
    daemons?.stop()
  })

  it('are there when the switch is applied, once, and stay when the controller comes again', async () => {
    connect()
    await controller.enforced()
    expect(mappings()).to.deep.equal(OURS.map((line) => line.replace(/\s+/g, ' ')))
    expect(ofctl('dump-flows')).to.match(/tun_metadata0/i)
    await controller.kill()
    await controller.run()
    await controller.enforced()
    expect(mappings()).to.have.length(2)
    expect(await status()).to.include({ state: 'SWITCH_STATE_SERVED' })
  })

  it('of others stay theirs: then no flow is sent, and the reason is told', async () => {
    ofctl('add-tlv-map', '{class=0x0102,type=7,len=8}->tun_metadata0')
    connect()
    const { degradedReason } = await until('degraded', status, ({ state }) => state === 'SWITCH_STATE_DEGRADED')
    expect(degradedReason).to.include('class 0xff54 type 0x81 as tun_metadata0 is in use')
    expect(degradedReason).to.include('0x102 type 0x7')
    expect(ofctl('dump-flows')).not.to.match(/tun_metadata/i)
    ofctl('del-tlv-map', '{class=0x0102,type=7,len=8}->tun_metadata0')
    await controller.enforced()
    expect(mappings()).to.deep.equal(OURS.map((line) => line.replace(/\s+/g, ' ')))
  })
})
