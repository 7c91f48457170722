/**
 * DHCPv4 on a real bridge with real clients: guests whose records have no addresses get them on the wire, from the ledger,
 * and can use them the moment that their client has the answer; they renew, release and come back, over a restart of the
 * controller too; what is forged is not answered.
 */
import { expect } from 'chai'
import { DhcpLab } from '../support/dhcp-lab.ts'
import { until } from '../support/running-controller.ts'

interface LeaseSeen {
  address: string
  interface: string
  network: string
  state: string
}

describe('DHCP on a real bridge', function () {
  this.timeout(60_000)
  let lab: DhcpLab

  before(async () => {
    lab = await DhcpLab.start({ one: 'blue', two: 'blue', three: 'green', four: 'blue' })
    const subnets = [{ cidr: '10.8.0.0/24', gateway: '10.8.0.1' }]
    const dhcp = { dns: ['10.8.0.53', '10.8.0.54'], searchDomains: ['blue.example'], mtu: 1400, leaseSeconds: 600 }
    const routes = [{ cidr: '10.99.0.0/16', gateway: '10.8.0.9' }]
    await lab.apply([
      ...lab.records(),
      { network: { name: 'blue', router: 'r1', subnets, dhcp: { ...dhcp, routes } } },
      { network: { name: 'green', router: 'r2', subnets, dhcp: {} } },
      { nap: { name: 'blue', network: 'blue', ranges: [{ first: '10.8.0.10', last: '10.8.0.19' }], leaseSeconds: 60 } },
      { nap: { name: 'green', network: 'green', ranges: [{ first: '10.8.0.10', last: '10.8.0.19' }] } },
    ])
  })
  after(() => lab?.stop())

  const leases = async (): Promise<LeaseSeen[]> =>
    (await lab.controller.call<{ leases: LeaseSeen[] }>('LeaseService.ListLeases', {})).leases
  const heldBy = async (name: string): Promise<string[]> =>
    (await leases())
      .filter((its) => its.interface === name && its.state === 'LEASE_STATE_HELD')
      .map((its) => its.address)

  it('a guest is given an address of its pool, with all that its network says, and may use it at once', async () => {
    const given = await lab.udhcpc('one')
    expect(given).to.include({ subnet: '255.255.255.0', router: '10.8.0.1', mask: '24', serverid: '10.8.0.1' })
    expect(given).to.include({ dns: '10.8.0.53 10.8.0.54', domain: 'blue.example', hostname: 'one', mtu: '1400' })
    expect(given['staticroutes']).to.equal('10.99.0.0/16 10.8.0.9 0.0.0.0/0 10.8.0.1')
    expect(Number(given['lease'])).to.be.within(50, 60)
    expect(await heldBy('one')).to.deep.equal([given['ip']])
    expect(await lab.addresses('one')).to.deep.equal([given['ip']])
    expect(await lab.pings('one', '10.8.0.1'), 'its gateway answers').to.equal(true)
  })

  it('two guests that got addresses by DHCP alone reach each other; another network gives the same addresses', async () => {
    const [two, three] = [await lab.udhcpc('two'), await lab.udhcpc('three')]
    const [one] = await lab.addresses('one')
    expect(two['ip']).to.not.equal(one)
    expect(three['ip'], 'of its own pool, which begins alike').to.equal(one)
    expect(await lab.pings('two', one!)).to.equal(true)
    expect(await lab.pings('three', two['ip']!), 'networks are apart').to.equal(false)
  })

  it('the same guest is given the same again, and gives it back with a release', async () => {
    const [before] = await lab.addresses('two')
    const text = await lab.dhclient('two', '-4')
    expect(text).to.include(`bound to ${before}`)
    // The client sends it once and is gone: it must know its neighbour by then.
    expect(await lab.pings('two', '10.8.0.1')).to.equal(true)
    const ended = await lab.dhclient('two', '-4', '-r')
    expect(ended).to.include('DHCPRELEASE')
    await until(
      'the release',
      () => lab.addresses('two'),
      (addresses) => addresses.length === 0,
    )
    const again = await lab.udhcpc('two')
    expect(again['ip'], 'what it had comes back to it').to.equal(before)
  })

  it('a restart of the controller takes nothing away, and leases are renewed after it', async () => {
    const child = lab.follow('four')
    const given = await until(
      'an address',
      async () => lab.given('four'),
      (seen) => seen['ip'] !== undefined,
    )
    const ends = async (): Promise<number> => {
      const { expires } = await lab.controller.call<{ expires: { seconds: string } }>('LeaseService.GetLease', {
        network: 'blue',
        address: given['ip'],
      })
      return Number(expires.seconds)
    }
    const before = await ends()
    await lab.controller.end()
    await lab.controller.run()
    await lab.controller.enforced()
    // Asks to renew, as at half its time.
    child.kill('SIGUSR1')
    await until('the renewal', ends, (seen) => seen > before)
    const renewed = await until(
      'the answer',
      async () => lab.given('four'),
      (seen) => seen['event'] === 'renew',
    )
    expect(renewed['ip']).to.equal(given['ip'])
    child.kill('SIGKILL')
  })
})
