/** CSV in NetBox's columns through gRPC: what goes out comes back, mistakes have places, nothing is overwritten. */
import { expect } from 'chai'
import { failureOf, type TestApi, testApi } from '../../support/api-server.ts'

interface Imported {
  kind: string
  results: { kind: string; name: string; outcome: string }[]
  conflicts: { address: string; ours: string; theirs: string }[]
  failures: object[]
  agreed: number
  outside: number
}

describe('CSV of addresses', () => {
  let api: TestApi
  beforeEach(async () => {
    api = await testApi()
  })
  afterEach(() => api.close())
  const importCsv = (csv: string, more: object = {}): Promise<Imported> =>
    api.client.call<Imported>('IpamService.ImportCsv', { csv, ...more })
  const exportCsv = async (kind: string): Promise<string> =>
    (await api.client.call<{ csv: string }>('IpamService.ExportCsv', { kind })).csv
  const outcomes = ({ results }: Imported): string[] =>
    results.map(({ kind, name, outcome }) => `${kind} ${name} ${outcome}`)

  const PREFIXES = 'prefix,vrf,status,role,is_pool,description,tags\r\n10.0.1.0/24,,active,,false,,\r\n'
  const RANGES =
    'start_address,end_address,vrf,status,role,description,tags\r\n' +
    '10.0.1.10/24,10.0.1.49/24,,active,web,web-pool,"edge,prod"\r\n' +
    '10.0.1.60/24,10.0.1.69/24,,active,web,web-pool,"edge,prod"\r\n' +
    '10.0.2.1/32,10.0.2.9/32,blue,deprecated,,old,\r\n'

  it('comes back as it was: subnets, pools, addresses', async () => {
    expect(outcomes(await importCsv(PREFIXES))).to.deep.equal(['network default created'])
    expect(outcomes(await importCsv(RANGES))).to.deep.equal(['nap web-pool created', 'nap old created'])
    expect(await exportCsv('prefixes')).to.equal(PREFIXES)
    const [head, ...lines] = (await exportCsv('ip-ranges')).split('\r\n')
    const [wantedHead, ...wanted] = RANGES.split('\r\n')
    expect(head).to.equal(wantedHead)
    expect(lines.sort()).to.deep.equal(wanted.sort())
    expect(outcomes(await importCsv(RANGES))).to.deep.equal(['nap web-pool unchanged', 'nap old unchanged'])
    await api.client.call('InterfaceService.CreateInterface', {
      interface: { name: 'web-1', mac: '00:00:5e:00:53:01', attachment: { mac: {} } },
    })
    const addresses =
      'address,vrf,status,dns_name,description,tags\r\n' +
      '10.0.1.10/24,,active,web-1,,"edge,prod"\r\n10.0.1.11/24,,reserved,,,"edge,prod"\r\n'
    expect(outcomes(await importCsv(addresses, { validateOnly: true }))).to.have.length(2)
    expect(await exportCsv('ip-addresses')).to.equal('address,vrf,status,dns_name,description,tags\r\n')
    expect(outcomes(await importCsv(addresses))).to.deep.equal([
      'address default/10.0.1.10 used by web-1',
      'address default/10.0.1.11 withheld',
    ])
    expect(await exportCsv('ip-addresses')).to.equal(addresses)
    expect(await importCsv(addresses)).to.deep.include({ results: [], agreed: 2 })
    expect(api.store.list('hint/ipam/')).to.deep.equal([])
  })

  it('overwrites no address that somebody has', async () => {
    await importCsv(RANGES)
    for (const name of ['web-1', 'web-2']) {
      const mac = `00:00:5e:00:53:0${name.at(-1)}`
      await api.client.call('InterfaceService.CreateInterface', { interface: { name, mac, attachment: { mac: {} } } })
    }
    await api.client.call('LeaseService.Allocate', { interface: 'web-1', address: '10.0.1.10' })
    const head = 'address,status,dns_name\n'
    const answer = await importCsv(`${head}10.0.1.10/24,active,web-2\n10.0.9.9/24,active,web-2\n`)
    expect(answer.conflicts).to.have.length(1)
    expect(answer.conflicts[0]).to.deep.include({
      address: '10.0.1.10',
      ours: 'used by web-1',
      theirs: 'used by web-2',
    })
    expect([answer.results, answer.outside]).to.deep.equal([[], 1])
    expect(await exportCsv('ip-addresses')).to.contain('10.0.1.10/32,,active,web-1')
  })

  it('keeps what a file cannot say of a pool, and refuses to drop what is given', async () => {
    const tags = [{ json: '{"a":1}' }, { text: 'gone' }]
    const ranges = [{ first: '10.0.1.10', last: '10.0.1.49' }]
    await api.client.call('NapService.CreateNap', { nap: { name: 'web-pool', ranges, tags, securityLevel: 70 } })
    await api.client.call('LeaseService.Allocate', { client: 'c', nap: 'web-pool' })
    await importCsv(RANGES)
    const nap = await api.client.call<{ securityLevel: number; tags: { json?: string; text?: string }[] }>(
      'NapService.GetNap',
      {
        name: 'web-pool',
      },
    )
    expect(nap.securityLevel).to.equal(70)
    expect(nap.tags.map(({ json, text }) => text ?? json)).to.have.members(['{"a":1}', 'edge', 'prod'])
    const smaller = RANGES.replace('10.0.1.10/24', '10.0.1.30/24')
    expect((await failureOf(importCsv(smaller))).details.reason).to.equal('NAP_IN_USE')
  })

  it('tells mistakes with line and column, and writes nothing', async () => {
    const failed = await failureOf(importCsv(RANGES.replace('10.0.1.69/24', '10.0.1.5/24')))
    expect(failed.details.violations).to.deep.equal([
      { field: 'csv:3:14', description: 'end_address: is before start_address' },
    ])
    const overlap = await failureOf(importCsv(RANGES.replace('10.0.1.60', '10.0.1.40')))
    expect(overlap.details.violations.map(({ field }) => field)).to.deep.equal(['nap web-pool: ranges[1]'])
    expect((await failureOf(importCsv('a,b\n'))).details.violations[0]?.field).to.equal('kind')
    expect((await failureOf(importCsv('a', { kind: 'x' }))).details.violations[0]?.field).to.equal('kind')
    expect(api.store.list('nap/')).to.deep.equal([])
  })
})
