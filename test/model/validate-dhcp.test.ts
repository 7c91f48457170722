/** DHCP settings of networks as writers give them. */
import { expect } from 'chai'
import { validateNetwork } from '../../model/validate.ts'

const SUBNETS = [{ cidr: '10.0.0.0/24' }]
const read = (dhcp: unknown, subnets: object[] = SUBNETS) => validateNetwork({ name: 'n', subnets, dhcp })
const faults = (dhcp: unknown, subnets?: object[]): string[] => {
  const result = read(dhcp, subnets)
  return result.ok ? [] : (result.failure.violations ?? []).map(({ field }) => field)
}

describe('DHCP settings of a network', () => {
  it('are absent, usual or as they are said', () => {
    const absent = read(undefined)
    expect(absent.ok && 'dhcp' in absent.value).to.equal(false)
    const usual = read({})
    expect(usual.ok && usual.value.dhcp).to.deep.equal({
      leaseSeconds: 3600,
      dns: [],
      searchDomains: [],
      routes: [],
      relays: [],
    })
    const said = {
      ...{ leaseSeconds: 60, dns: ['10.0.0.53'], searchDomains: ['a.example'], mtu: 1400, relays: ['vm-1'] },
      routes: [{ cidr: '10.9.0.0/16', gateway: '10.0.0.9' }],
    }
    const whole = read(said)
    expect(whole.ok && whole.value.dhcp).to.deep.equal(said)
  })

  it('are refused where a message could not carry them, or nobody could use them', () => {
    expect(faults({}, [])).to.deep.equal(['dhcp'])
    expect(faults({}, [{ cidr: 'fd00::/64' }])).to.deep.equal(['dhcp'])
    expect(faults({ leaseSeconds: 59, mtu: 575 })).to.have.members(['dhcp.lease_seconds', 'dhcp.mtu'])
    expect(faults({ dns: ['fd00::1', 'x', '224.0.0.1'] })).to.deep.equal(['dhcp.dns[0]', 'dhcp.dns[1]', 'dhcp.dns[2]'])
    expect(faults({ dns: Array.from({ length: 7 }, () => '10.0.0.2') })).to.deep.equal(['dhcp.dns'])
    expect(faults({ searchDomains: ['a b', 'x'.repeat(64)] })).to.deep.equal([
      'dhcp.search_domains[0]',
      'dhcp.search_domains[1]',
    ])
    expect(faults({ routes: [{ cidr: '10.9.0.1/16', gateway: '10.0.0.9' }] })).to.deep.equal(['dhcp.routes[0].cidr'])
    expect(faults({ routes: [{ cidr: '10.9.0.0/16', gateway: '10.1.0.9' }] })).to.deep.equal(['dhcp.routes[0].gateway'])
    expect(faults({ relays: ['No Name'] })).to.deep.equal(['dhcp.relays[0]'])
    expect(faults('yes')).to.deep.equal(['dhcp'])
  })
})
