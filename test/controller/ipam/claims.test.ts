/** Addresses claimed beforehand: a pool fills itself, an outage fails no allocation while they last, nothing is claimed twice. */
import { expect } from 'chai'
import fc from 'fast-check'
import { NetboxConnector } from '../../../connectors/netbox.ts'
import { Claims, merged } from '../../../controller/ipam/claims.ts'
import { textOfNumber } from '../../../model/address-key.ts'
import { failureOf, type TestApi, testApi } from '../../support/api-server.ts'
import { type FakeNetbox, startFakeNetbox } from '../../support/fake-netbox.ts'

describe('claimed addresses', () => {
  let fake: FakeNetbox
  let api: TestApi
  let claims: Claims
  let connector: NetboxConnector
  let now: number
  let told: string[]

  beforeEach(async () => {
    now = 0
    told = []
    fake = await startFakeNetbox()
    fake.add('prefixes', { prefix: '10.5.0.0/24' })
    fake.add('ip-addresses', { address: '10.5.0.5/24', dns_name: 'router' })
    connector = new NetboxConnector({
      ...{ name: 'netbox', url: fake.url, token: fake.token, networks: { default: '' }, tag: 'tagsteer' },
      ...{ timeoutMs: 300, backoffMs: 1 },
    })
    api = await testApi({ connectors: [{ connector, networks: new Set(['default']), intervalMs: 0, claims: [] }] })
    const settings = { nap: 'claimed', network: 'default', prefix: '10.5.0.0/24', count: 16, low: 8 }
    const parts = { writer: api.deps.writer, tell: (type: string) => told.push(type), clock: () => now }
    claims = new Claims(parts, [{ connector, settings }])
  })
  afterEach(async () => {
    await claims.close()
    await api.close()
    await fake.stop()
  })
  const allocate = async (count: number): Promise<string[]> => {
    const requests = Array.from({ length: count }, (_, index) => ({ client: `c${now}-${index}`, nap: 'claimed' }))
    const { leases } = await api.client.call<{ leases: { address: string }[] }>('LeaseService.BatchAllocate', {
      requests,
    })
    return leases.map(({ address }) => address)
  }
  const rangesOf = async (): Promise<string[]> => {
    const nap = await api.client.call<{ ranges: { first: string; last: string }[] }>('NapService.GetNap', {
      name: 'claimed',
    })
    return nap.ranges.map(({ first, last }) => `${first}-${last}`)
  }
  const claimed = (): number =>
    [...fake.rows['ip-addresses'].values()].filter(({ status }) => status === 'reserved').length

  it('make the pool, and widen it where few are free, around what others have', async () => {
    await claims.look()
    expect(await rangesOf()).to.deep.equal(['10.5.0.1-10.5.0.4', '10.5.0.6-10.5.0.17'])
    fake.asked.length = 0
    await claims.look()
    await allocate(8)
    await claims.look()
    expect(fake.asked).to.deep.equal([])
    await allocate(1)
    await claims.look()
    expect(await rangesOf()).to.deep.equal(['10.5.0.1-10.5.0.4', '10.5.0.6-10.5.0.33'])
    expect(told).to.deep.equal(['ipam-claimed', 'ipam-claimed'])
  })

  it('outlast an outage of ten minutes: no allocation fails while there are any, and the pool fills itself again', async () => {
    await claims.look()
    fake.isDown = true
    const given: string[] = []
    for (let second = 0; second <= 600; second++) {
      now = second * 1000
      await claims.look()
      // One address every 40 seconds: sixteen in all.
      if (second % 40 === 0) given.push(...(await allocate(1)))
    }
    expect(new Set(given).size).to.equal(16)
    const failed = await failureOf(allocate(1))
    expect(failed.details.reason).to.equal('POOL_EXHAUSTED')
    expect(told).to.deep.equal(['ipam-claimed', 'ipam-claim-failed'])
    fake.isDown = false
    now += 60_000
    await claims.look()
    expect(await allocate(8)).to.have.length(8)
    expect(told.slice(2)).to.deep.equal(['ipam-claimed'])
  }).timeout(30_000)

  it('are found where the answer to a claim was lost, and not claimed again', async () => {
    await connector.claim({ network: 'default', cidr: '10.5.0.0/24' }, 1, 'another-pool')
    // The list of what is claimed, and the prefix, are read; the claim is done and its answer lost.
    fake.faults.push('pass', 'pass', 'lost')
    await claims.look()
    expect(claimed()).to.equal(17)
    expect((await failureOf(rangesOf())).details.reason).to.equal('NOT_FOUND')
    now += 5000
    await claims.look()
    expect(claimed()).to.equal(17)
    expect(await allocate(16)).to.have.length(16)
  })

  it('are reconciled as ours to give: reserved is free, and what is given is told', async () => {
    await claims.look()
    const plan = (): Promise<{ steps: { side: string; address: string; to: string }[] }> =>
      api.client.call('IpamService.PlanReconcile', { connector: 'netbox' })
    expect((await plan()).steps).to.deep.equal([])
    await api.client.call('InterfaceService.CreateInterface', {
      interface: { name: 'web-1', mac: '00:00:5e:00:53:01', attachment: { mac: {} } },
    })
    await api.client.call('LeaseService.Allocate', { interface: 'web-1', address: '10.5.0.7' })
    await api.client.call('IpamService.Reconcile', { connector: 'netbox' })
    const row = [...fake.rows['ip-addresses'].values()].find(({ address }) => address === '10.5.0.7/24')
    expect(row).to.deep.include({ status: 'active', dns_name: 'web-1', description: 'tagsteer:claimed:claimed' })
    expect((await plan()).steps).to.deep.equal([])
  })

  it('are told where the prefix has not that many left', async () => {
    for (let index = 20; index < 250; index++) fake.add('ip-addresses', { address: `10.5.0.${index}/24` })
    for (let index = 8; index < 20; index++) fake.add('ip-addresses', { address: `10.5.0.${index}/24` })
    await claims.look()
    expect(told).to.deep.equal(['ipam-claim-failed'])
    expect(claimed()).to.equal(0)
  })

  it('are the fewest ranges that hold them', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(numbers, fc.nat(), (all, cut) => {
        const text = (number: number): string => textOfNumber((10n << 24n) + BigInt(number))
        const some = all.slice(0, cut % (all.length + 1))
        const ranges = merged(merged([], some.map(text)), all.slice(some.length).map(text))
        const held = new Set<string>()
        for (let number = 0; number < 64; number++) {
          const inside = ranges.filter(({ first, last }) => {
            const order = (address: string): number => Number(address.split('.')[3])
            return order(first) <= number && number <= order(last)
          })
          expect(inside.length).to.be.lessThan(2)
          if (inside.length > 0) held.add(text(number))
        }
        expect([...held].sort()).to.deep.equal(all.map(text).sort())
        expect(ranges.length).to.equal(all.filter((number) => !all.includes(number - 1)).length)
      }),
      { numRuns: 100 },
    )
  })
})
