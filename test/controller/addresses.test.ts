/**
 * Addresses over real gRPC on loopback: pools, leases, the interface records that carry them, and what happens to all of
 * it when records are written, requests repeated, and time passes.
 */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { type Call, failureOf, type TestApi, testApi } from '../support/api-server.ts'

interface LeaseAnswer {
  network: string
  address: string
  nap: string
  interface: string
  client: string
  state: string
  generation: string
  revision: string
}

const pool = (name: string, more: object = {}): object => ({
  name,
  ranges: [{ first: '10.0.0.1', last: '10.0.0.4' }],
  coolSeconds: 0,
  ...more,
})

describe('addresses', () => {
  let api: TestApi
  let call: Call
  let time: number
  const advance = (ms: number): void => {
    time += ms
  }

  beforeEach(async () => {
    time = Date.now()
    api = await testApi({ now: () => time })
    call = api.client.call
  })
  afterEach(async () => {
    await api.close()
  })

  const create = (index: number, more: object = {}) =>
    call('InterfaceService.CreateInterface', {
      interface: { name: `vm-${index}`, mac: `00:00:5e:00:53:${index.toString(16).padStart(2, '0')}`, ...more },
    })
  const allocate = (name: string, more: object = {}) =>
    call<LeaseAnswer & Record<string, unknown>>('LeaseService.Allocate', { interface: name, ...more })
  const addressesOf = async (name: string) =>
    (await call<{ addresses: string[] }>('InterfaceService.GetInterface', { name })).addresses
  const reasonOf = async (asked: Promise<object>) => (await failureOf(asked)).details.reason
  const usage = async (nap: string) =>
    (await call<{ naps: Record<string, string>[] }>('NapService.GetUtilisation', { nap })).naps[0]!
  const release = ({ network, address, generation }: LeaseAnswer, more: object = {}) =>
    call<LeaseAnswer & Record<string, unknown>>('LeaseService.Release', { network, address, generation, ...more })

  it('gives an interface an address, which its record carries until it is released', async () => {
    await call('NapService.CreateNap', { nap: pool('p', { coolSeconds: 60 }) })
    await create(1)
    const lease = await allocate('vm-1', { nap: 'p' })
    expect(lease).to.include({ address: '10.0.0.1', nap: 'p', interface: 'vm-1', client: 'vm-1', network: 'default' })
    expect([lease.state, lease.generation]).to.deep.equal(['LEASE_STATE_HELD', lease.revision])
    expect(await addressesOf('vm-1')).to.deep.equal(['10.0.0.1'])
    expect(await call('LeaseService.GetLease', { address: '10.0.0.1' })).to.deep.equal(lease)
    expect(await usage('p')).to.include({ size: '4', free: '3', held: '1', used: 0.25, pressure: 'PRESSURE_NORMAL' })
    const ended = await release(lease)
    expect(ended.state).to.equal('LEASE_STATE_COOLING')
    expect(await addressesOf('vm-1')).to.deep.equal([])
    expect((await release(lease)).state, 'ended once').to.equal('LEASE_STATE_COOLING')
    const again = await allocate('vm-1', { nap: 'p' })
    expect(again.address, 'the same client has it again').to.equal('10.0.0.1')
    expect(await reasonOf(release(lease))).to.equal('LEASE_SUPERSEDED')
    expect((await failureOf(release(lease))).status, 'ABORTED').to.equal(10)
    expect(await addressesOf('vm-1')).to.deep.equal(['10.0.0.1'])
  })

  it('answers a repeated request as before, and does it once', async () => {
    await call('NapService.CreateNap', { nap: pool('p') })
    await create(1)
    const requestId = randomUUID()
    const lease = await allocate('vm-1', { requestId })
    expect(await allocate('vm-1', { requestId })).to.deep.equal(lease)
    expect(await addressesOf('vm-1')).to.deep.equal(['10.0.0.1'])
    expect(await reasonOf(allocate('vm-1', { requestId, nap: 'p' }))).to.equal('REQUEST_ID_REUSED')
    const again = randomUUID()
    const ended = await release(lease, { requestId: again })
    await allocate('vm-1')
    expect(await release(lease, { requestId: again }), 'released once').to.deep.equal(ended)
    expect((await usage('p'))['held']).to.equal('1')
  })

  it('gives all addresses of a batch or none', async () => {
    await call('NapService.CreateNap', { nap: pool('p') })
    for (let index = 1; index <= 5; index++) await create(index)
    const asks = (count: number) => Array.from({ length: count }, (_, index) => ({ interface: `vm-${index + 1}` }))
    const failure = await failureOf(call('LeaseService.BatchAllocate', { requests: asks(5) }))
    expect([failure.details.reason, failure.details.metadata['index']]).to.deep.equal(['NO_NAP_FITS', '4'])
    expect((await usage('p'))['free']).to.equal('4')
    const tried = await call<{ leases: LeaseAnswer[] }>('LeaseService.BatchAllocate', {
      requests: asks(4),
      validateOnly: true,
    })
    expect(tried.leases.map(({ address }) => address)).to.have.length(4)
    expect((await usage('p'))['free']).to.equal('4')
    const { leases } = await call<{ leases: LeaseAnswer[] }>('LeaseService.BatchAllocate', { requests: asks(4) })
    expect(new Set(leases.map(({ address }) => address)).size).to.equal(4)
    expect(leases.map((lease) => lease.interface)).to.deep.equal(['vm-1', 'vm-2', 'vm-3', 'vm-4'])
    expect((await usage('p'))['pressure']).to.equal('PRESSURE_EXHAUSTED')
    expect(await reasonOf(allocate('vm-5', { nap: 'p' }))).to.equal('POOL_EXHAUSTED')
  })

  it('keeps leased addresses in a record, whatever its writers say of addresses', async () => {
    await call('NapService.CreateNap', { nap: pool('p') })
    const made = await create(1)
    await allocate('vm-1')
    const { status: _, etag: _etag, ...bare } = made as Record<string, unknown>
    await call('InterfaceService.UpdateInterface', { interface: { ...bare, addresses: ['192.0.2.9'] } })
    expect(await addressesOf('vm-1')).to.deep.equal(['192.0.2.9', '10.0.0.1'])
    const applied = await call<{ results: { outcome: string }[] }>('ApplyService.Apply', {
      records: [{ interface: { ...bare, addresses: ['192.0.2.9'] } }],
    })
    expect(applied.results[0]?.outcome).to.equal('OUTCOME_UNCHANGED')
    const moved = { ...bare, network: 'other' }
    expect(await reasonOf(call('InterfaceService.UpdateInterface', { interface: moved }))).to.equal('INTERFACE_LEASED')
    await call('InterfaceService.DeleteInterface', { name: 'vm-1' })
    const { leases } = await call<{ leases: LeaseAnswer[] }>('LeaseService.ListLeases', { nap: 'p' })
    expect(leases.map(({ state }) => state)).to.deep.equal(['LEASE_STATE_COOLING'])
    expect(await usage('p')).to.include({ held: '0', cooling: '1' })
  })

  it('never gives what interface records have, what is excluded, or what is the network’s own', async () => {
    await call('NetworkService.CreateNetwork', {
      network: { name: 'default', router: 'r', subnets: [{ cidr: '10.0.0.0/29', gateway: '10.0.0.1' }] },
    })
    await call('NapService.CreateNap', {
      nap: pool('p', { exclusions: [{ first: '10.0.0.2', last: '10.0.0.2' }] }),
    })
    await create(1, { addresses: ['10.0.0.3'] })
    expect(await usage('p')).to.include({ free: '1', fixed: '1', excluded: '2' })
    await create(2)
    expect((await allocate('vm-2')).address).to.equal('10.0.0.4')
    for (const [address, reason] of [
      ['10.0.0.1', 'ADDRESS_TAKEN'],
      ['10.0.0.2', 'ADDRESS_TAKEN'],
      ['10.0.0.3', 'ADDRESS_TAKEN'],
      ['10.0.0.4', 'ADDRESS_TAKEN'],
      ['10.0.0.5', 'ADDRESS_OUTSIDE'],
      ['10.0.0', 'INVALID_FIELD'],
    ] as const)
      expect(await reasonOf(allocate('vm-2', { address })), address).to.equal(reason)
    expect(await reasonOf(create(3, { addresses: ['10.0.0.4'] }))).to.equal('DUPLICATE_ADDRESS')
  })

  it('holds an address on standby for a client, and nobody else gets it', async () => {
    await call('NapService.CreateNap', { nap: pool('p') })
    const promised = await call<LeaseAnswer>('LeaseService.Allocate', { client: 'cloud-7', address: '10.0.0.3' })
    expect(promised).to.include({ state: 'LEASE_STATE_STANDBY', interface: '' })
    await create(1)
    await create(2)
    expect(await reasonOf(allocate('vm-1', { address: '10.0.0.3' }))).to.equal('ADDRESS_TAKEN')
    expect(await reasonOf(create(3, { addresses: ['10.0.0.3'] }))).to.equal('ADDRESS_TAKEN')
    const bound = await allocate('vm-2', { client: 'cloud-7' })
    expect(bound).to.include({ address: '10.0.0.3', state: 'LEASE_STATE_HELD', interface: 'vm-2' })
    expect(await addressesOf('vm-2')).to.deep.equal(['10.0.0.3'])
    expect(await reasonOf(call('LeaseService.Allocate', { nap: 'p' }))).to.equal('INVALID_FIELD')
  })

  it('chooses the pool by the score, and tells what each scored and why it was left out', async () => {
    const at = (last: number) => ({ ranges: [{ first: `10.0.${last}.1`, last: `10.0.${last}.9` }] })
    for (const nap of [
      { name: 'web', ...at(1), applicationType: 'web', expectedVolume: '1000', maxVolume: '10000', securityLevel: 5 },
      { name: 'db', ...at(2), applicationType: 'db', expectedVolume: '2000', maxVolume: '10000', securityLevel: 9 },
      { name: 'old', ...at(3), applicationType: 'web', draining: true },
    ])
      await call('NapService.CreateNap', { nap })
    const profile = { name: 'shop', applicationType: 'web', currentVolume: '3000', requiredSecurityLevel: 7 }
    await call('ProfileService.CreateProfile', { profile })
    const select = () =>
      call<{ nap: string; scores: { nap: string; score: number; leftOut: string }[] }>('LeaseService.SelectNap', {
        profile: 'shop',
      })
    const found = await select()
    expect(found.nap).to.equal('web')
    expect(found.scores.map(({ nap, leftOut }) => `${nap} ${leftOut}`)).to.deep.equal(['web ', 'db ', 'old draining'])
    // 0.4·100 + 0.3·(100 − 2000/10000·100); 0.3·(100 − 1000/10000·100) + 0.3·100
    expect(found.scores.slice(0, 2).map(({ score }) => score)).to.deep.equal([40 + 0.3 * 80, 0.3 * 90 + 30])
    await create(1)
    expect((await allocate('vm-1', { profile: 'shop' })).nap).to.equal('web')
    await call('ProfileService.UpdateProfile', { profile: { ...profile, strictSecurity: true } })
    expect((await select()).nap).to.equal('db')
    expect((await allocate('vm-1', { profile: 'shop' })).nap).to.equal('db')
    expect(await reasonOf(allocate('vm-1', { profile: 'none' }))).to.equal('NOT_FOUND')
  })

  it('refuses pools that overlap, that drop what they gave, and to delete them', async () => {
    await call('NapService.CreateNap', { nap: pool('p') })
    expect(await reasonOf(call('NapService.CreateNap', { nap: pool('q') }))).to.equal('INVALID_FIELD')
    await call('NapService.CreateNap', { nap: pool('q', { network: 'other' }) })
    await create(1)
    const lease = await allocate('vm-1', { address: '10.0.0.4' })
    const smaller = pool('p', { ranges: [{ first: '10.0.0.1', last: '10.0.0.3' }] })
    expect(await reasonOf(call('NapService.UpdateNap', { nap: smaller }))).to.equal('NAP_IN_USE')
    expect(await reasonOf(call('NapService.DeleteNap', { name: 'p' }))).to.equal('NAP_IN_USE')
    await call('NapService.UpdateNap', { nap: { ...smaller, draining: true } })
    expect(await usage('p')).to.include({ size: '3', free: '3', held: '0' })
    expect(await reasonOf(allocate('vm-1', { nap: 'p' }))).to.equal('NAP_DRAINING')
    expect(await addressesOf('vm-1')).to.deep.equal(['10.0.0.4'])
    await release(lease)
    await call('NapService.DeleteNap', { name: 'p' })
    expect(await reasonOf(allocate('vm-1'))).to.equal('NO_NAP_FITS')
    // Two pools may exchange their ranges in one request.
    const [one, other] = ['10.9.0.1', '10.9.0.2']
    const of = (name: string, address: string) => ({ nap: { name, ranges: [{ first: address, last: address }] } })
    await call('ApplyService.Apply', { records: [of('a', one), of('b', other)] })
    await call('ApplyService.Apply', { records: [of('a', other), of('b', one)] })
    expect((await allocate('vm-1', { nap: 'a' })).address).to.equal(other)
  })

  it('ends leases whose time is over, and gives cooled addresses when nothing else is left', async () => {
    const range = { ranges: [{ first: '10.0.0.1', last: '10.0.0.1' }] }
    await call('NapService.CreateNap', { nap: pool('p', { ...range, leaseSeconds: 100, coolSeconds: 50 }) })
    await create(1)
    await create(2)
    const lease = await allocate('vm-1')
    advance(90_000)
    await call('LeaseService.Renew', { address: lease.address, generation: lease.generation })
    advance(99_000)
    expect(await reasonOf(allocate('vm-2'))).to.equal('NO_NAP_FITS')
    expect(await addressesOf('vm-1')).to.deep.equal(['10.0.0.1'])
    advance(2_000)
    expect(await reasonOf(allocate('vm-2'))).to.equal('NO_NAP_FITS')
    expect(await addressesOf('vm-1'), 'its time was over').to.deep.equal([])
    const renewed = call('LeaseService.Renew', { address: lease.address, generation: lease.generation })
    expect(await reasonOf(renewed)).to.equal('LEASE_ENDED')
    advance(49_000)
    expect(await reasonOf(allocate('vm-2'))).to.equal('NO_NAP_FITS')
    advance(2_000)
    expect((await allocate('vm-2')).address).to.equal('10.0.0.1')
  })

  it('lists leases in pages, and by what is asked for', async () => {
    const ranges = [{ first: '10.0.0.1', last: '10.0.0.40' }, { cidr: '2001:db8::/120' }]
    await call('NapService.CreateNap', { nap: pool('p', { ranges }) })
    for (let index = 1; index <= 3; index++) await create(index)
    for (let each = 0; each < 20; each++) await allocate(`vm-${1 + (each % 3)}`)
    await allocate('vm-1', { address: '2001:db8::7' })
    const found: string[] = []
    let pageToken = ''
    do {
      const page = await call<{ leases: LeaseAnswer[]; nextPageToken: string }>('LeaseService.ListLeases', {
        pageSize: 4,
        pageToken,
      })
      found.push(...page.leases.map(({ address }) => address))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    expect(found).to.deep.equal([...Array.from({ length: 20 }, (_, at) => `10.0.0.${at + 1}`), '2001:db8::7'])
    const own = await call<{ leases: LeaseAnswer[] }>('LeaseService.ListLeases', { interface: 'vm-1' })
    expect(own.leases.map(({ address }) => address).sort()).to.deep.equal((await addressesOf('vm-1')).sort())
  })
})
