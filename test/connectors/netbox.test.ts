/** The NetBox connector against a fake of NetBox: the conformance suite with and without ETags, and what goes wrong. */
import { expect } from 'chai'
import { ConnectorError, type IpamConnector } from '../../connectors/connector.ts'
import { NetboxConnector, type NetboxOptions } from '../../connectors/netbox.ts'
import type { IpamAddress } from '../../ipam/external/entry.ts'
import { type ConnectorBed, codeOf, connectorConformance } from '../support/connector-conformance.ts'
import { type FakeNetbox, type FakeNetboxOptions, startFakeNetbox } from '../support/fake-netbox.ts'

const QUICK = { timeoutMs: 500, backoffMs: 5, page: 5, tag: 'tagsteer', name: 'netbox' }

const connect = (fake: FakeNetbox, more: Partial<NetboxOptions> = {}): NetboxConnector =>
  new NetboxConnector({ ...QUICK, url: fake.url, token: fake.token, networks: { default: '' }, ...more })

async function bed(options: FakeNetboxOptions): Promise<ConnectorBed> {
  const fake = await startFakeNetbox(options)
  const { id: vrf } = fake.add('vrfs', { name: 'Blue VRF' })
  const networks = { blue: 'Blue VRF' }
  fake.add('prefixes', { prefix: '10.9.0.0/24', vrf })
  fake.add('prefixes', { prefix: '10.9.0.0/24' })
  fake.add('ip-ranges', { start_address: '10.9.0.10/24', end_address: '10.9.0.200/24', vrf })
  fake.add('ip-addresses', { address: '10.9.0.20/24', dns_name: 'of-the-global-table' })
  return {
    ...{ network: 'blue', cidr: '10.9.0.0/24', range: { first: '10.9.0.10', last: '10.9.0.200' } },
    secret: fake.token,
    connector: ({ secret = fake.token } = {}) => connect(fake, { networks, token: secret }),
    otherRenames: async (address, dns_name) => {
      const row = [...fake.rows['ip-addresses'].values()].find((each) => each['address'] === `${address}/24`)
      fake.change('ip-addresses', row!.id, { dns_name })
    },
    stop: () => fake.stop(),
  }
}

describe('NetBox (a fake of it)', () => {
  describe('conforms as before 4.6', () => connectorConformance(() => bed({ token: '0123456789abcdef' })))
  describe('conforms with ETags', () => connectorConformance(() => bed({ etags: true, maxPage: 3 })))
  describe('conforms where uniqueness is not enforced', () => connectorConformance(() => bed({ unique: false })))

  describe('when things go wrong', () => {
    let fake: FakeNetbox
    let connector: IpamConnector
    beforeEach(async () => {
      fake = await startFakeNetbox({ etags: true })
      fake.add('prefixes', { prefix: '10.0.0.0/16', role: 'web', is_pool: true, tags: [] })
      fake.add('prefixes', { prefix: '10.0.1.0/24' })
      connector = connect(fake)
    })
    afterEach(async () => {
      connector.close()
      await fake.stop()
    })
    const entry = (address: string, dnsName = 'web-1'): IpamAddress => ({
      ...{
        network: 'default',
        address,
        status: 'active',
        dnsName,
        description: '',
        tags: ['prod'],
        id: '',
        version: '',
      },
    })

    it('reads again what may be read again', async () => {
      fake.faults.push(503, 429)
      expect(await connector.addresses()).to.deep.equal([])
      fake.faults.push(502, 502, 502)
      expect(await codeOf(connector.addresses())).to.equal('unreachable')
      const made = await connector.create(entry('10.0.1.5'))
      fake.faults.push('hang', 'pass', 'lost')
      await connector.delete(made)
      expect(fake.rows['ip-addresses'].size).to.equal(0)
    })

    it('sends a write once whose answer was lost, and finds what it did', async () => {
      const parent = { network: 'default', cidr: '10.0.1.0/24' }
      await connector.claim(parent, 1, 'other')
      fake.asked.length = 0
      fake.faults.push('pass', 'lost')
      expect(await codeOf(connector.claim(parent, 3, 'web'))).to.equal('unreachable')
      expect(fake.asked).to.have.length(2)
      expect(await connector.claimed(parent, 'web')).to.have.length(3)
      const { size } = fake.rows['ip-addresses']
      await connector.create(entry('10.0.1.100'))
      expect(fake.rows['ip-addresses'].size).to.equal(size + 1)
      fake.faults.push('pass', 'lost')
      expect(await codeOf(connector.create(entry('10.0.1.101')))).to.equal('unreachable')
      expect(fake.rows['ip-addresses'].size).to.equal(size + 2)
      expect(await codeOf(connector.create(entry('10.0.1.101')))).to.equal('exists')
      // A server that says that it is not able now has done nothing: the write is sent again.
      fake.faults.push('pass', 503)
      expect(await codeOf(connector.create(entry('10.0.1.102')))).to.equal('fulfilled')
    })

    it('makes the tags that it needs, and gives an address the mask of the narrowest prefix', async () => {
      const made = await connector.create(entry('10.0.1.7'))
      expect(made.tags.sort()).to.deep.equal(['prod', 'tagsteer'])
      expect([...fake.rows.tags.values()].map(({ slug }) => slug)).to.deep.equal(['prod', 'tagsteer'])
      await connector.create(entry('10.0.2.7'))
      await connector.create(entry('192.168.0.1'))
      expect([...fake.rows['ip-addresses'].values()].map(({ address }) => address)).to.deep.equal([
        '10.0.1.7/24',
        '10.0.2.7/16',
        '192.168.0.1/32',
      ])
    })

    it('reads roles, pools and statuses', async () => {
      const [wide] = await connector.blocks()
      expect(wide).to.deep.include({ cidr: '10.0.0.0/16', role: 'web', isPool: true, status: 'active' })
      expect(wide?.range).to.deep.equal({ first: '10.0.0.0', last: '10.0.255.255' })
      fake.add('ip-addresses', { address: '10.0.3.1/16', status: 'quarantine' })
      expect((await connector.addresses())[0]?.status).to.equal('reserved')
    })

    it('refuses what is not NetBox, redirections, and names that are none', async () => {
      fake.faults.push(302)
      expect(await codeOf(connector.addresses())).to.equal('broken')
      expect(await codeOf(connect(fake, { networks: { x: 'no such VRF' } }).addresses())).to.equal('invalid')
      expect(await codeOf(connector.create(entry('10.0.1.8', 'not a name')))).to.equal('invalid')
      expect(await codeOf(connector.claim({ network: 'default', cidr: '10.44.0.0/16' }, 4, 'x'))).to.equal('invalid')
      expect(await codeOf(connector.create({ ...entry('10.0.1.8'), network: 'other' }))).to.equal('invalid')
    })

    it('gives up a server that hangs, in time, and tells no token', async () => {
      fake.faults.push('hang', 'hang', 'hang')
      const started = performance.now()
      const error: unknown = await connector.addresses().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).to.be.instanceOf(ConnectorError)
      expect((error as ConnectorError).code).to.equal('unreachable')
      expect(String(error)).not.to.contain(fake.token)
      expect(performance.now() - started).to.be.within(1400, 6000)
    })

    it('stops two that make an entry for one address at once', async () => {
      const loose = await startFakeNetbox({ unique: false })
      loose.latencyMs = 20
      const both = [connect(loose), connect(loose)]
      const codes = await Promise.all(both.map((each) => codeOf(each.create(entry('10.0.1.9')))))
      expect(codes.sort()).to.deep.equal(['exists', 'fulfilled'])
      expect(loose.rows['ip-addresses'].size).to.equal(1)
      for (const each of both) each.close()
      await loose.stop()
    })
  })
})
