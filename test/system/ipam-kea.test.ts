/** The Kea connector against Kea itself: the conformance suite, and what is Kea's own. */
import { expect } from 'chai'
import { KeaConnector } from '../../connectors/kea.ts'
import { type ConnectorBed, codeOf, connectorConformance } from '../support/connector-conformance.ts'
import { type Kea, startKea } from '../support/kea.ts'

const SUBNETS = [{ id: 1, subnet: '10.9.0.0/24', pools: [{ pool: '10.9.0.10 - 10.9.0.200' }] }]
const QUICK = { timeoutMs: 3000, backoffMs: 20, page: 5, network: 'blue' }

describe('Kea', () => {
  describe('conforms', () => {
    connectorConformance(async (): Promise<ConnectorBed> => {
      const kea = await startKea(SUBNETS)
      return {
        ...{ network: 'blue', cidr: '10.9.0.0/24', range: { first: '10.9.0.10', last: '10.9.0.200' } },
        secret: kea.password,
        connector: ({ secret = kea.password } = {}) =>
          new KeaConnector({ ...QUICK, name: 'kea', url: kea.url, user: kea.user, password: secret }),
        otherRenames: async (address, hostname) => {
          const given = { 'ip-address': address, 'hw-address': '02:00:00:00:00:99', hostname }
          expect((await kea.command('lease4-update', given)).result).to.equal(0)
        },
        stop: () => kea.stop(),
      }
    })
  })

  describe('has besides', () => {
    let kea: Kea
    let connector: KeaConnector
    before(async () => {
      kea = await startKea([
        {
          ...{ id: 7, subnet: '10.8.0.0/24', pools: [{ pool: '10.8.0.128/25' }] },
          reservations: [{ 'hw-address': '02:00:00:00:00:01', 'ip-address': '10.8.0.5', hostname: 'printer' }],
        },
      ])
      connector = new KeaConnector({ ...QUICK, name: 'kea', url: kea.url, user: kea.user, password: kea.password })
    })
    after(async () => {
      connector?.close()
      await kea?.stop()
    })

    it('reservations, which are read and never written', async () => {
      const [printer] = await connector.addresses()
      expect(printer).to.deep.include({ address: '10.8.0.5', status: 'reserved', dnsName: 'printer', network: 'blue' })
      expect(await codeOf(connector.delete(printer!))).to.equal('unsupported')
      expect(await codeOf(connector.update(printer!, printer!))).to.equal('unsupported')
    })

    it('pools that are written as prefixes', async () => {
      const blocks = await connector.blocks()
      expect(blocks.map(({ range }) => `${range.first}-${range.last}`)).to.deep.equal([
        '10.8.0.1-10.8.0.254',
        '10.8.0.128-10.8.0.255',
      ])
    })

    it('leases of its own clients, declined ones among them, and none that has expired', async () => {
      const add = (address: string, more: object): Promise<unknown> =>
        kea.command('lease4-add', { 'ip-address': address, 'hw-address': '02:00:00:00:00:31', ...more })
      await add('10.8.0.130', { hostname: 'Laptop', 'valid-lft': 600 })
      await add('10.8.0.131', { hostname: '', state: 1 })
      await add('10.8.0.132', { hostname: 'old', state: 2 })
      const read = new Map((await connector.addresses()).map((each) => [each.address, each]))
      expect(read.get('10.8.0.130')).to.deep.include({ status: 'dhcp', dnsName: 'laptop', mac: '02:00:00:00:00:31' })
      expect(read.get('10.8.0.131')?.status).to.equal('reserved')
      expect(read.has('10.8.0.132')).to.equal(false)
    })

    it('no lease for an address of no subnet', async () => {
      const entry = { address: '10.7.0.1', status: 'active', dnsName: 'x', description: '', tags: [] } as const
      expect(await codeOf(connector.create({ ...entry, tags: [], network: 'blue', id: '', version: '' }))).to.equal(
        'invalid',
      )
    })
  })
})
