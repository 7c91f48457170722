/** Reconciliation with an external IPAM through gRPC, against a fake of NetBox: what each side's changes do to the other. */
import { expect } from 'chai'
import { NetboxConnector } from '../../../connectors/netbox.ts'
import { CallFailure, failureOf, type TestApi, testApi } from '../../support/api-server.ts'
import { type FakeNetbox, startFakeNetbox } from '../../support/fake-netbox.ts'

interface Plan {
  digest: string
  steps: { address: string; side: string; from: string; to: string }[]
  conflicts: { address: string; base: string; ours: string; theirs: string; why: string }[]
  waiting: { address: string }[]
  agreed: number
  outside: number
}
interface Answer {
  plan: Plan
  done: number
  failures: { address: string; reason: string }[]
  left: number
}
interface Lease {
  address: string
  generation: string
  state: string
  interface: string
  client: string
}

describe('reconciliation with an external IPAM', () => {
  let fake: FakeNetbox
  let api: TestApi
  let now: number

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1)
    fake = await startFakeNetbox({ etags: true })
    fake.add('prefixes', { prefix: '10.0.1.0/24' })
    api = await startApi()
    const records = [1, 2, 3].map((index) => {
      const attachment = { mac: {} }
      return { interface: { name: `web-${index}`, mac: `00:00:5e:00:53:0${index}`, attachment } }
    })
    const ranges = [{ first: '10.0.1.10', last: '10.0.1.99' }]
    const exclusions = [{ first: '10.0.1.90', last: '10.0.1.99' }]
    const nap = { name: 'pool', ranges, exclusions, tags: [{ text: 'prod' }, { number: '7' }], coolSeconds: 60 }
    await api.client.call('ApplyService.Apply', { records: [...records, { nap }], allowMissing: true })
  })
  afterEach(async () => {
    await api.close()
    await fake.stop()
  })

  function startApi(): Promise<TestApi> {
    const connector = new NetboxConnector({
      ...{ name: 'netbox', url: fake.url, token: fake.token, networks: { default: '' }, tag: 'tagsteer' },
      ...{ timeoutMs: 500, backoffMs: 5 },
    })
    const connectors = [{ connector, networks: new Set(['default']), intervalMs: 0, claims: [] }]
    return testApi({ connectors, now: () => now })
  }
  const plan = (choices: object[] = []): Promise<Plan> =>
    api.client.call<Plan>('IpamService.PlanReconcile', { connector: 'netbox', choices })
  const reconcile = (more: object = {}): Promise<Answer> =>
    api.client.call<Answer>('IpamService.Reconcile', { connector: 'netbox', ...more })
  const allocate = (name: string, address: string): Promise<Lease> =>
    api.client.call<Lease>('LeaseService.Allocate', { interface: name, address })
  const stepsOf = ({ steps }: Plan): string[] =>
    steps.map(({ address, side, from, to }) => `${side} ${address}: ${from} -> ${to}`)
  const theirs = (): string[] =>
    [...fake.rows['ip-addresses'].values()]
      .map((row) => `${row['address']} ${row['status']} ${row['dns_name']}`.trim())
      .sort()
  const rowOf = (address: string): number =>
    [...fake.rows['ip-addresses'].values()].find((row) => String(row['address']).startsWith(`${address}/`))!.id
  const leases = async (): Promise<string[]> => {
    const { leases: found } = await api.client.call<{ leases: Lease[] }>('LeaseService.ListLeases')
    return found.map(({ address, state, interface: name, client }) => {
      return `${address} ${state.slice('LEASE_STATE_'.length).toLowerCase()} ${name || client}`
    })
  }
  const write = (address: string, dns_name = '', status = 'active'): number =>
    fake.add('ip-addresses', { address: `${address}/24`, dns_name, status }).id

  it('plans without writing, does what was planned on both sides, and then has nothing to do', async () => {
    await allocate('web-1', '10.0.1.10')
    write('10.0.1.20', 'web-2.example.net')
    write('10.0.1.21', 'printer')
    write('10.0.1.22', '', 'reserved')
    write('10.0.1.95', 'excluded-by-us')
    write('192.168.0.1', 'elsewhere')
    const planned = await plan()
    expect(stepsOf(planned)).to.deep.equal([
      'ours 10.0.1.20: free -> used by web-2',
      'ours 10.0.1.21: free -> withheld',
      'ours 10.0.1.22: free -> withheld',
      'theirs 10.0.1.10: free -> used by web-1',
    ])
    expect(planned.outside).to.equal(2)
    expect(await leases()).to.have.length(1)
    expect(fake.rows['ip-addresses'].size).to.equal(5)
    expect(fake.asked.some((line) => !line.startsWith('GET'))).to.equal(false)

    const answer = await reconcile({ digest: planned.digest })
    expect([answer.done, answer.failures, answer.left]).to.deep.equal([4, [], 0])
    expect(await leases()).to.deep.equal([
      '10.0.1.10 held web-1',
      '10.0.1.20 held web-2',
      '10.0.1.21 standby ipam:netbox',
      '10.0.1.22 standby ipam:netbox',
    ])
    expect(theirs()).to.include('10.0.1.10/24 active web-1')
    const { tags } = fake.rows['ip-addresses'].get(rowOf('10.0.1.10')) as unknown as { tags: { slug: string }[] }
    expect(tags.map(({ slug }) => slug)).to.deep.equal(['prod', 'tagsteer'])
    fake.asked.length = 0
    const again = await reconcile()
    expect([again.done, again.plan.steps, again.plan.agreed]).to.deep.equal([0, [], 4])
    expect(fake.asked.some((line) => !line.startsWith('GET'))).to.equal(false)
  })

  it('follows what one side alone changes, both ways', async () => {
    const lease = await allocate('web-1', '10.0.1.10')
    write('10.0.1.20', 'web-2')
    await reconcile()
    const { store } = api
    await api.client.call('LeaseService.Release', { address: '10.0.1.10', generation: lease.generation })
    fake.rows['ip-addresses'].delete(rowOf('10.0.1.20'))
    write('10.0.1.30', 'web-3')
    // While it cools, nobody over there is told that it is free.
    const cooling = await plan()
    expect(cooling.waiting.map(({ address }) => address)).to.deep.equal(['10.0.1.10'])
    expect(stepsOf(cooling)).to.deep.equal([
      'ours 10.0.1.20: used by web-2 -> free',
      'ours 10.0.1.30: free -> used by web-3',
    ])
    expect((await reconcile()).done).to.equal(2)
    now += 61_000
    expect(stepsOf((await reconcile()).plan)).to.deep.equal(['theirs 10.0.1.10: used by web-1 -> free'])
    expect(theirs()).to.deep.equal(['10.0.1.30/24 active web-3'])
    expect(store.list('hint/ipam/').map(({ key, value }) => [key, value])).to.deep.equal([
      ['hint/ipam/netbox/default/4-0a00011e', { use: 'used', name: 'web-3' }],
    ])
  })

  it('lists conflicts, and resolves those that are named', async () => {
    await allocate('web-1', '10.0.1.10')
    await allocate('web-2', '10.0.1.11')
    write('10.0.1.10', 'web-3')
    write('10.0.1.11', 'web-3')
    const first = await reconcile()
    expect(first.done).to.equal(0)
    expect(first.plan.conflicts).to.have.length(2)
    expect(first.plan.conflicts[0]).to.deep.include({ ours: 'used by web-1', theirs: 'used by web-3', why: 'both' })
    const choices = [
      { address: '10.0.1.10', side: 'SIDE_OURS' },
      { address: '10.0.1.11', side: 'SIDE_THEIRS' },
    ]
    const chosen = await reconcile({ choices })
    expect([chosen.done, chosen.plan.conflicts]).to.deep.equal([2, []])
    expect(theirs()).to.include('10.0.1.10/24 active web-1')
    now += 61_000
    expect((await reconcile()).done).to.equal(1)
    expect(await leases()).to.deep.equal(['10.0.1.10 held web-1', '10.0.1.11 held web-3'])
    const unused = await failureOf(reconcile({ choices: [{ address: '10.0.1.50', side: 'SIDE_OURS' }] }))
    expect(unused.details.reason).to.equal('IPAM_NO_CONFLICT')
    const wrong = await failureOf(plan([{ address: 'x', side: 'SIDE_OURS' }]))
    expect(wrong.details.violations[0]?.field).to.equal('choices[0].address')
  })

  it('never takes an address away that is written into a record', async () => {
    const addresses = ['10.0.1.40']
    await api.client.call('InterfaceService.UpdateInterface', {
      interface: { name: 'web-1', mac: '00:00:5e:00:53:01', attachment: { mac: {} }, addresses },
    })
    expect((await reconcile()).done).to.equal(1)
    fake.change('ip-addresses', rowOf('10.0.1.40'), { dns_name: 'web-2' })
    expect((await plan()).conflicts.map(({ why }) => why)).to.deep.equal(['fixed'])
    const theirsWins = [{ address: '10.0.1.40', side: 'SIDE_THEIRS' }]
    expect((await reconcile({ choices: theirsWins })).done).to.equal(0)
    await reconcile({ choices: [{ address: '10.0.1.40', side: 'SIDE_OURS' }] })
    expect(theirs()).to.deep.equal(['10.0.1.40/24 active web-1'])
  })

  it('does nothing where the plan is another by now, or where nearly all has vanished', async () => {
    for (let index = 10; index < 30; index++) write(`10.0.1.${index}`, '', 'reserved')
    const { digest } = await plan()
    write('10.0.1.60', 'web-1')
    expect((await failureOf(reconcile({ digest }))).details.reason).to.equal('IPAM_PLAN_CHANGED')
    expect((await reconcile()).done).to.equal(21)
    const rows = new Map(fake.rows['ip-addresses'])
    fake.rows['ip-addresses'].clear()
    expect((await failureOf(reconcile())).details.reason).to.equal('IPAM_VANISHED')
    expect(await leases()).to.have.length(21)
    for (const [id, row] of rows) fake.rows['ip-addresses'].set(id, row)
    expect((await reconcile()).done).to.equal(0)
    fake.rows['ip-addresses'].clear()
    expect((await reconcile({ allowVanished: true })).done).to.equal(21)
    expect((await leases()).every((line) => line.includes('cooling'))).to.equal(true)
  })

  it('goes on where an outage ended it, repeats nothing, and tells the outage once', async () => {
    for (let index = 10; index < 22; index++) await allocate('web-1', `10.0.1.${index}`)
    // What is read and looked for goes well; in the midst of writing, nobody answers any more.
    const told: string[] = []
    const following = api.deps.events.follow.subscribe(({ type }) => told.push(type))
    fake.faults.push(...Array.from({ length: 50 }, () => 'pass' as const), ...Array.from({ length: 60 }, () => 503))
    const cut = await reconcile()
    expect(cut.done).to.be.within(1, 11)
    expect(cut.done + cut.failures.length + cut.left).to.equal(12)
    const failed = await failureOf(reconcile())
    expect(failed).to.be.instanceOf(CallFailure)
    expect(failed.details.reason).to.equal('IPAM_UNREACHABLE')
    const { connectors } = await api.client.call<{ connectors: object[] }>('IpamService.ListConnectors')
    expect(connectors[0]).to.deep.include({ name: 'netbox', kind: 'netbox', networks: ['default'] })
    expect(JSON.stringify(connectors)).not.to.contain(fake.token)
    fake.faults.length = 0
    const rest = await reconcile()
    expect(cut.done + rest.done).to.be.within(12, 16)
    expect(theirs()).to.have.length(12)
    expect((await reconcile()).done).to.equal(0)
    following.unsubscribe()
    expect(told.filter((type) => type.startsWith('ipam-'))).to.deep.equal(['ipam-unreachable', 'ipam-reachable'])
    expect((await failureOf(api.client.call('IpamService.PlanReconcile', { connector: 'x' }))).details.reason).to.equal(
      'NOT_FOUND',
    )
  })

  it('leaves alone what somebody changes over there while it writes', async () => {
    await allocate('web-1', '10.0.1.10')
    await reconcile()
    const { generation } = await api.client.call<Lease>('LeaseService.GetLease', {
      address: '10.0.1.10',
      network: 'default',
    })
    await api.client.call('LeaseService.Release', { address: '10.0.1.10', generation })
    now += 61_000
    fake.latencyMs = 30
    const running = reconcile()
    // Between the reading of the list and that of the entry.
    while (fake.asked.at(-1) !== 'GET /api/ipam/ip-addresses/') await new Promise((resolve) => setTimeout(resolve, 2))
    fake.asked.length = 0
    while (!/ip-addresses\/\d/.test(fake.asked.at(-1) ?? '')) await new Promise((resolve) => setTimeout(resolve, 2))
    fake.change('ip-addresses', rowOf('10.0.1.10'), { dns_name: 'somebody' })
    const { failures } = await running
    expect(failures.map(({ address }) => address)).to.deep.equal(['10.0.1.10'])
    fake.latencyMs = 0
    expect(theirs()).to.deep.equal(['10.0.1.10/24 active somebody'])
    expect((await plan()).conflicts.map(({ ours, theirs: its }) => [ours, its])).to.deep.equal([['free', 'withheld']])
  })
})
