/** tagsteer ipam, as it is typed: connectors, plan, reconcile with a choice, CSV out and in again. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { NetboxConnector } from '../../connectors/netbox.ts'
import { type TestApi, testApi } from '../support/api-server.ts'
import { type FakeNetbox, startFakeNetbox } from '../support/fake-netbox.ts'
import { freshHome, type Ran, tagsteer } from '../support/terminal.ts'

describe('tagsteer ipam', () => {
  let fake: FakeNetbox
  let api: TestApi
  let folder: ReturnType<typeof freshHome>
  before(async () => {
    folder = freshHome()
    fake = await startFakeNetbox()
    const connector = new NetboxConnector({
      ...{ name: 'netbox', url: fake.url, token: fake.token, networks: { default: '' }, tag: 'tagsteer' },
      ...{ timeoutMs: 500, backoffMs: 5 },
    })
    api = await testApi({ connectors: [{ connector, networks: new Set(['default']), intervalMs: 0, claims: [] }] })
  })
  after(async () => {
    await api.close()
    await fake.stop()
    folder.end()
  })
  const run = (...words: string[]): Promise<Ran> =>
    tagsteer(['ipam', ...words, '--server', api.server.address, '--insecure'])

  it('takes a file in, after a dry run, and gives it out again', async () => {
    const file = join(folder.home, 'ranges.csv')
    writeFileSync(
      file,
      'start_address,end_address,status,role,description\n10.0.1.10/24,10.0.1.20/24,active,web,pool\n',
    )
    const dry = await run('import', '--csv', file, '--dry-run')
    expect(dry).to.deep.equal({
      ...{ code: 0, out: 'NAME      OUTCOME\nnap/pool  created\n' },
      err: '1 taken (dry run), 0 conflicts, 0 failed\n',
    })
    expect(api.store.list('nap/')).to.deep.equal([])
    expect((await run('import', '--csv', file)).code).to.equal(0)
    const out = join(folder.home, 'out.csv')
    expect((await run('export', 'ip-ranges', '--csv', out)).err).to.equal(`1 lines in ${out}\n`)
    expect(readFileSync(out, 'utf8')).to.contain('10.0.1.10/32,10.0.1.20/32,,active,web,pool,')
    expect((await run('export', 'ip-ranges')).out).to.equal(readFileSync(out, 'utf8'))
    writeFileSync(file, 'start_address,end_address,status\n10.0.1.10/24,10.0.1.9/24,active\n')
    const wrong = await run('import', '--csv', file)
    expect([wrong.code, wrong.err]).to.deep.equal([
      1,
      'tagsteer: the request has 1 invalid field [INVALID_FIELD]\n  csv:2:14: end_address: is before start_address\n',
    ])
  })

  it('plans, reconciles, and lets a conflict be chosen', async () => {
    fake.add('ip-addresses', { address: '10.0.1.11/24', dns_name: 'printer' })
    const planned = await run('plan', 'netbox')
    expect(planned.code).to.equal(2)
    expect(planned.out).to.equal(
      'ADDRESS    NETWORK  WHAT        FROM  TO\n10.0.1.11  default  write ours  free  withheld\n',
    )
    const digest = /plan ([0-9a-f]{16})/.exec(planned.err)?.[1]
    expect((await run('reconcile', 'netbox', '--plan', '0123456789abcdef')).err).to.contain('IPAM_PLAN_CHANGED')
    const done = await run('reconcile', 'netbox', '--plan', digest!)
    expect([done.code, done.err]).to.deep.equal([0, '1 done, 0 failed, 0 left; 0 conflicts stay\n'])
    expect((await run('plan', 'netbox')).code).to.equal(0)
    await api.client.call('InterfaceService.CreateInterface', {
      interface: { name: 'web-1', mac: '00:00:5e:00:53:01', attachment: { mac: {} } },
    })
    await api.client.call('LeaseService.Allocate', { interface: 'web-1', address: '10.0.1.12' })
    fake.add('ip-addresses', { address: '10.0.1.12/24', status: 'reserved' })
    const conflict = await run('reconcile', 'netbox')
    expect(conflict.code).to.equal(2)
    expect(conflict.out).to.contain('CONFLICT (both)  ours: used by web-1  theirs: withheld')
    const chosen = await run('reconcile', 'netbox', '--take', 'ours:10.0.1.12', '-o', 'json')
    expect(chosen.code).to.equal(0)
    expect(JSON.parse(chosen.out)).to.deep.include({ done: 1, left: 0 })
    const listed = await run('connectors')
    expect(listed.out).to.match(/^NAME .*\nnetbox +netbox +http:\/\/127.0.0.1:\d+ +default +0 +0 +\d+s\n$/)
  })

  it('says what it takes', async () => {
    expect((await run('x')).err).to.contain('takes connectors, plan, reconcile, import, export')
    expect((await run('plan')).err).to.contain('name the connector')
    expect((await run('plan', 'other')).err).to.contain('There is no connector named other')
    expect((await run('plan', 'netbox', '--take', 'mine:10.0.0.1')).err).to.contain('--take takes ours:ADDRESS')
    expect((await run('import')).err).to.contain('name the file')
    expect((await run('import', '--csv', '/nowhere/x')).err).to.contain('cannot read /nowhere/x')
  })
})
