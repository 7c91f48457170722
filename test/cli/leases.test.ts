/** What tagsteer lease, nap, and get and describe of pools, profiles and interfaces with leases print, and their exit codes. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { bar } from '../../cli/commands/nap.ts'
import { type TestApi, testApi } from '../support/api-server.ts'
import { freshHome, type Ran, tagsteer } from '../support/terminal.ts'

const MANIFEST = `kind: Nap
name: web-pool
ranges:
  - {first: 10.0.0.1, last: 10.0.0.4}
applicationType: web
securityLevel: 50
coolSeconds: 60
tags: [web, env=prod, legacy]
---
kind: Nap
name: spare
ranges:
  - {first: 10.0.1.1, last: 10.0.1.1}
securityLevel: 10
---
kind: Profile
name: shop
applicationType: web
currentVolume: 1000
requiredSecurityLevel: 40
---
kind: Vnp
name: webs
selector: {allOf: [web]}
ingressDefault: allow
---
kind: Interface
name: vm-1
mac: 00:00:5e:00:53:01
tags: [env=test]
profile: shop
overrides: {without: [legacy]}
---
kind: Interface
name: vm-2
mac: 00:00:5e:00:53:02
tags: [web]
`

describe('the command line about addresses', () => {
  let home: ReturnType<typeof freshHome>
  let api: TestApi
  const run = (...words: string[]): Promise<Ran> => tagsteer([...words, '--server', api.server.address, '--insecure'])
  const good = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await run(...words)
    expect(code, `${words.join(' ')}: ${err}`).to.equal(0)
    return out
  }
  const json = async (...words: string[]) => JSON.parse(await good(...words, '-o', 'json'))
  const columns = (text: string): string[][] =>
    text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s{2,}/))
  const failed = async (said: string, ...words: string[]): Promise<string> => {
    const { code, out, err } = await run(...words)
    expect([code, out], words.join(' ')).to.deep.equal([1, ''])
    expect(err, words.join(' ')).to.contain(said)
    return err
  }
  beforeEach(async () => {
    home = freshHome()
    api = await testApi()
    const file = join(home.home, 'pools.yaml')
    writeFileSync(file, MANIFEST)
    await good('apply', '-f', file)
  })
  afterEach(async () => {
    await api.close()
    home.end()
  })

  it('allocates, shows, lists, renews and releases', async () => {
    const tried = await good('lease', 'allocate', 'vm-1', '--nap', 'web-pool', '--dry-run')
    expect(tried).to.match(
      /^lease\/default\/10\.0\.0\.1 would be given \(dry run\): vm-1, NAP web-pool, generation \d+\n$/,
    )
    expect((await run('lease', 'list')).err).to.contain('no leases found')
    expect(await json('lease', 'list')).to.deep.equal([])
    // No switch is there that could lag behind.
    api.deps.applied.compiledUpTo(1_000)
    const given = await good('lease', 'allocate', 'vm-1', '--wait', 'applied')
    expect(given, 'by the profile of its record').to.match(/^lease\/default\/10\.0\.0\.1 given: vm-1, NAP web-pool, /)
    expect(await good('lease', 'allocate', 'vm-2', '--address', '10.0.0.3')).to.contain('10.0.0.3 given')
    expect(await good('lease', 'allocate', 'vm-2', '--profile', 'shop')).to.contain('NAP web-pool')
    expect(await good('lease', 'allocate', '--client', 'cloud', '--nap', 'spare')).to.contain('10.0.1.1 given: cloud')
    const [header, first, ...rest] = columns(await good('lease', 'list', '-o', 'wide'))
    expect(header).to.deep.equal([
      'ADDRESS',
      'NETWORK',
      'NAP',
      'STATE',
      'INTERFACE',
      'CLIENT',
      'GENERATION',
      'UNTIL',
      'AGE',
    ])
    expect(first?.slice(0, 6)).to.deep.equal(['10.0.0.1', 'default', 'web-pool', 'held', 'vm-1', 'vm-1'])
    expect(rest.map(([address, , , state]) => `${address} ${state}`)).to.deep.equal([
      '10.0.0.3 held',
      '10.0.0.4 held',
      '10.0.1.1 standby',
    ])
    for (const [filter, count] of [
      [['--nap', 'spare'], 1],
      [['--interface', 'vm-2'], 2],
      [['--client', 'cloud'], 1],
      [['--network', 'other'], 0],
    ] as const)
      expect(await json('lease', 'list', ...filter), filter.join(' ')).to.have.length(count)
    expect(await good('lease', 'list', '-o', 'name')).to.contain('lease/default/10.0.0.3\n')
    const shown = await json('lease', 'show', '10.0.0.1')
    expect(shown).to.include({ address: '10.0.0.1', nap: 'web-pool', interface: 'vm-1', state: 'LEASE_STATE_HELD' })
    expect(await good('lease', 'renew', '10.0.0.1')).to.contain(' renewed: vm-1')
    const ended = await good('lease', 'release', '10.0.0.1', '--generation', shown.generation, '--wait', 'applied')
    expect(ended).to.contain(' released: vm-1')
    expect((await json('lease', 'show', '10.0.0.1')).state).to.equal('LEASE_STATE_COOLING')
    await failed('LEASE_ENDED', 'lease', 'renew', '10.0.0.1')
  })

  it('says what is wrong and what to do, and exits with 1', async () => {
    await failed('tagsteer lease takes list, show, allocate, history, renew, release, not give', 'lease', 'give')
    await failed('name the address: tagsteer lease release ADDRESS', 'lease', 'release')
    await failed('only one of --nap, --profile, --address', 'lease', 'allocate', 'vm-1', '--nap', 'a', '--profile', 'b')
    await failed('--generation takes a number, not x', 'lease', 'release', '10.0.0.1', '--generation', 'x')
    await failed('NOT_FOUND', 'lease', 'allocate', 'vm-9', '--nap', 'web-pool')
    await failed('NOT_FOUND', 'lease', 'allocate', 'vm-1', '--nap', 'none')
    await failed('NOT_FOUND', 'lease', 'allocate', 'vm-1', '--profile', 'none')
    await failed('ADDRESS_OUTSIDE', 'lease', 'allocate', 'vm-1', '--address', '192.0.2.1')
    await failed('INVALID_FIELD', 'lease', 'allocate', 'vm-1', '--address', 'x')
    await failed('INVALID_FIELD', 'lease', 'allocate', '--nap', 'web-pool')
    await failed('NO_LEASE', 'lease', 'show', '10.0.0.1')
    const { generation } = await json('lease', 'allocate', 'vm-2', '--nap', 'spare')
    const taken = await failed('POOL_EXHAUSTED', 'lease', 'allocate', 'vm-1', '--nap', 'spare')
    expect(taken, 'a next step').to.contain('`tagsteer nap usage spare`')
    await failed('ADDRESS_TAKEN', 'lease', 'allocate', 'vm-1', '--address', '10.0.1.1')
    await failed('LEASE_SUPERSEDED', 'lease', 'release', '10.0.1.1', '--generation', String(Number(generation) + 1))
    await failed('LEASE_SUPERSEDED', 'lease', 'renew', '10.0.1.1', '--generation', '1')
    await failed('tagsteer nap takes usage or select, not fill', 'nap', 'fill')
    await failed('NOT_FOUND', 'nap', 'usage', 'none')
    await failed('NOT_FOUND', 'nap', 'select', '--profile', 'none')
    await failed('NAP_IN_USE', 'delete', 'nap', 'spare')
  })

  it('shows how full pools are, with a bar and the watermarks', async () => {
    await good('lease', 'allocate', 'vm-1', '--nap', 'web-pool')
    await good('lease', 'allocate', 'vm-2', '--nap', 'spare')
    const [header, spare, web] = columns(await good('nap', 'usage'))
    expect(header).to.deep.equal(
      'NAP NETWORK SIZE FREE HELD STANDBY COOLING FIXED EXCLUDED FILL USED PRESSURE'.split(' '),
    )
    expect(spare).to.deep.equal('spare default 1 0 1 0 0 0 0 [####################] 100.0% exhausted'.split(' '))
    expect(web).to.deep.equal('web-pool default 4 3 1 0 0 0 0 [#####-------------|-] 25.0% normal'.split(' '))
    const items = await json('nap', 'usage')
    expect(items[1]).to.include({ nap: 'web-pool', free: '3', held: '1', used: 0.25, pressure: 'PRESSURE_NORMAL' })
    expect(items[1].watermarks).to.deep.equal({ low: 0, high: 0.9 })
    expect((await json('nap', 'usage', 'spare')).nap).to.equal('spare')
  })

  it('draws a bar that is full only when nothing is left, and empty only when nothing is used', () => {
    expect(bar(0, 0.1, 0.9)).to.equal('[--|---------------|-]')
    expect(bar(0.001, 0, 1)).to.equal('[#-------------------]')
    expect(bar(0.999, 0, 0.5)).to.equal('[###################-]')
    expect(bar(1, 0.1, 0.9)).to.equal('[####################]')
  })

  it('shows which pool a profile would get, and why others are left out', async () => {
    const { out, err } = await run('nap', 'select', '--profile', 'shop')
    expect(columns(out)[1]?.[0]).to.equal('web-pool')
    expect(err).to.equal('web-pool would be chosen\n')
    const scores = (await json('nap', 'select', '--profile', 'shop')).scores
    expect(scores.map(({ nap }: { nap: string }) => nap)).to.deep.equal(['web-pool', 'spare'])
    expect((await run('nap', 'select', '--network', 'other')).err).to.contain('no NAP can be chosen')
  })

  it('gets and describes pools and profiles', async () => {
    expect(columns(await good('get', 'naps')).map(([name]) => name)).to.deep.equal(['NAME', 'spare', 'web-pool'])
    expect(await good('describe', 'nap', 'web-pool')).to.contain('applicationType: web')
    expect(columns(await good('get', 'profiles'))[1]?.slice(0, 2)).to.deep.equal(['shop', 'web'])
    expect(await good('describe', 'profile', 'shop')).to.contain('requiredSecurityLevel: 40')
    expect((await json('get', 'profile', 'shop')).currentVolume).to.equal('1000')
    await failed('NOT_FOUND', 'get', 'profile', 'none')
    expect(await good('delete', 'profile', 'shop')).to.contain('profile/shop deleted')
    await failed('NOT_FOUND', 'lease', 'allocate', 'vm-1')
  })

  it('tells where each tag of an interface comes from, in its description, in lists and in explain', async () => {
    await good('lease', 'allocate', 'vm-1')
    const described = await good('describe', 'interface', 'vm-1')
    for (const line of [
      '- env=test (record)',
      '- env=prod (nap web-pool, left out by another tag with this key)',
      '- legacy (nap web-pool, left out by overrides)',
      '- web (nap web-pool)',
      'profile: shop',
    ])
      expect(described).to.contain(line)
    expect(described).to.match(/naps:\n\s+- web-pool/)
    const { status } = await json('describe', 'interface', 'vm-1')
    expect(status.vnps).to.deep.equal(['webs'])
    const counting = status.tags.flatMap((each: { counts: boolean; from: string }) => (each.counts ? [each.from] : []))
    expect(counting).to.deep.equal(['', 'web-pool'])
    const names = columns(await good('get', 'interfaces', '--tag', 'web')).map(([name]) => name)
    expect(names).to.deep.equal(['NAME', 'vm-1', 'vm-2'])
    const { out } = await run('explain', 'vm-1', 'vm-2', 'tcp/443')
    expect(out).to.contain('NAP web-pool: vm-1 inherits web; env=prod does not count')
    expect(out).to.contain('legacy does not count: the record overrides it')
    const manifest = await good('get', 'interface', 'vm-1', '-o', 'yaml')
    expect(manifest).to.contain('without:').and.not.to.contain('web-pool')
    const file = join(home.home, 'again.yaml')
    writeFileSync(file, manifest)
    expect(await good('apply', '-f', file), 'what is printed can be applied').to.contain('unchanged')
    await good('lease', 'release', '10.0.0.1')
    expect((await json('get', 'interface', 'vm-1')).status.vnps).to.deep.equal([])
  })
})
