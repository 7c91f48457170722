/** What is told of pools that fill and empty, over real gRPC on loopback, and what metrics show of them. */
import { expect } from 'chai'
import type { Subscription } from 'rxjs'
import { Watermarks } from '../../controller/addresses/watermarks.ts'
import { addressCounts } from '../../controller/metrics.ts'
import { testApi } from '../support/api-server.ts'

describe('watermarks of pools', () => {
  let api: Awaited<ReturnType<typeof testApi>>
  let marks: Watermarks
  let following: Subscription
  let time: number
  const told = (from: number) =>
    api.deps.events
      .since(from)
      .events.flatMap(({ type, subject }) => (type.startsWith('nap-') ? [`${type} ${subject}`] : []))

  beforeEach(async () => {
    time = Date.now()
    api = await testApi({ now: () => time })
    marks = new Watermarks(api.deps.writer.book, api.deps.events.tell)
    marks.begin()
    following = api.store.watch(api.store.revision()).subscribe((changeSet) => marks.changed(changeSet))
  })
  afterEach(async () => {
    following.unsubscribe()
    await api.close()
  })

  it('are told when crossed, each level once, and again when left', async () => {
    const { call } = api.client
    const ranges = [{ first: '10.0.0.1', last: '10.0.0.20' }]
    const watermarks = { low: 0.2, high: 0.8 }
    await call('NapService.CreateNap', { nap: { name: 'p', ranges, watermarks, coolSeconds: 10 } })
    await call('NapService.CreateNap', { nap: { name: 'q', ranges: [{ cidr: '2001:db8::/64' }] } })
    expect(told(1), 'a pool is empty at first').to.deep.equal([])
    expect(marks.levels()).to.deep.equal({ low: 1, normal: 1, high: 0, exhausted: 0 })
    const leases: { address: string; generation: string }[] = []
    for (let index = 1; index <= 20; index++) {
      const mac = `00:00:5e:00:53:${index.toString(16).padStart(2, '0')}`
      await call('InterfaceService.CreateInterface', { interface: { name: `vm-${index}`, mac } })
      leases.push(await call('LeaseService.Allocate', { interface: `vm-${index}`, nap: 'p' }))
    }
    expect(told(1)).to.deep.equal(['nap-normal p', 'nap-high p', 'nap-exhausted p'])
    const exhausted = api.deps.events.since(1).events.find(({ type }) => type === 'nap-exhausted')
    expect(exhausted?.sentence).to.equal(
      'NAP p has no free address: 20 held, 0 on standby, 0 cooling, 0 fixed. Give it another range, or release leases.',
    )
    expect(marks.levels()).to.deep.equal({ low: 0, normal: 1, high: 0, exhausted: 1 })
    const from = api.deps.events.next
    for (const lease of leases) await call('LeaseService.Release', lease)
    expect(told(from), 'cooling addresses are not free').to.deep.equal([])
    time += 60_000
    // Each request takes along some of what is due.
    for (let turn = 0; turn < 4; turn++) {
      const again = await call<{ address: string; generation: string }>('LeaseService.Allocate', {
        client: 'c',
        nap: 'p',
      })
      await call('LeaseService.Release', again)
    }
    expect(told(from)[0]).to.equal('nap-normal p')
    const counts = addressCounts(marks.pools(), 1)
    expect([...counts.keys()]).to.deep.equal(['p', '_others'])
    expect(counts.get('_others')?.free).to.equal(1n << 64n)
    await call('NapService.DeleteNap', { name: 'q' })
    expect(Object.values(marks.levels()).reduce((sum, each) => sum + each)).to.equal(1)
  })

  it('count addresses that records have without a lease', async () => {
    const { call } = api.client
    const ranges = [{ first: '10.0.0.1', last: '10.0.0.2' }]
    await call('NapService.CreateNap', { nap: { name: 'p', ranges } })
    const both = { name: 'vm-1', mac: '00:00:5e:00:53:01', addresses: ['10.0.0.1', '10.0.0.2'] }
    await call('InterfaceService.CreateInterface', { interface: both })
    expect(told(1)).to.deep.equal(['nap-exhausted p'])
    await call('InterfaceService.DeleteInterface', { name: 'vm-1' })
    expect(told(1)).to.deep.equal(['nap-exhausted p', 'nap-normal p'])
  })
})
