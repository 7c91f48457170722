/** Lines of dump-conntrack, as Open vSwitch 3.1 prints them, and whether the connections would be cut. */
import { expect } from 'chai'
import { datapathOf } from '../../controller/channel/conntrack.ts'
import { connectionKey, readConnection } from '../../controller/plan/conntrack.ts'

const TCP =
  'tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=40112,dport=5432),reply=(src=10.0.0.2,dst=10.0.0.1,sport=5432,dport=40112),zone=3,mark=267576,protoinfo=(state=ESTABLISHED)'

describe('dumps of connection tracking', () => {
  it('are read as connections of the original direction', () => {
    expect(readConnection(TCP)).to.deep.equal({
      protocol: 6,
      source: '10.0.0.1',
      destination: '10.0.0.2',
      sourcePort: 40112,
      port: 5432,
      mark: 267576,
      state: 'ESTABLISHED',
    })
    const icmp6 =
      'icmpv6,orig=(src=fd00::0001,dst=fd00::2,id=77,type=128,code=0),reply=(src=fd00::2,dst=fd00::1,id=77,type=129,code=0),zone=3'
    expect(readConnection(icmp6)).to.deep.equal({
      protocol: 58,
      source: 'fd00::1',
      destination: 'fd00::2',
      sourcePort: 77,
      port: 128,
      code: 0,
      mark: 0,
      state: '',
    })
    expect(readConnection('47,orig=(src=10.0.0.1,dst=10.0.0.2),reply=(src=10.0.0.2,dst=10.0.0.1),zone=3')).to.include({
      protocol: 47,
    })
  })

  it('leave out what has ended, and what is no connection', () => {
    for (const state of ['TIME_WAIT', 'CLOSED'])
      expect(readConnection(TCP.replace('ESTABLISHED', state)), state).to.equal(undefined)
    for (const line of ['', 'nothing', 'tcp,orig=(src=x,dst=10.0.0.2)', `x${TCP}`])
      expect(readConnection(line), line).to.equal(undefined)
  })

  it('name a connection alike on every switch that it passes', () => {
    const other = readConnection(TCP.replace('zone=3', 'zone=9').replace('mark=267576', 'mark=1'))
    expect(connectionKey(other!)).to.equal(connectionKey(readConnection(TCP)!))
    expect(connectionKey(readConnection(TCP.replace('sport=40112', 'sport=40113'))!)).not.to.equal(
      connectionKey(other!),
    )
  })

  it('are of the datapath under which the daemon lists the bridge', () => {
    const shown = [
      'netdev@ovs-netdev: hit:1 missed:2',
      '  br1:',
      '    br1 65534/1: (tap)',
      'system@ovs-system: hit:0 missed:0',
      '  br2:',
      '    br1 1/none: (patch)',
    ].join('\n')
    expect(['br1', 'br2', 'br3'].map((bridge) => datapathOf(shown, bridge))).to.deep.equal([
      'netdev@ovs-netdev',
      'system@ovs-system',
      undefined,
    ])
  })
})
