/** What tagsteer history and diff print about the past, word for word. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeContext } from '../../cli/context.ts'
import { openMemoryStore } from '../../store/memory.ts'
import { type TestApi, testApi } from '../support/api-server.ts'
import { freshHome, type Ran, tagsteer } from '../support/terminal.ts'

const MANIFEST = `kind: Vnp
name: shop
selector:
  allOf: [web]
---
kind: Policy
name: p
vnp: shop
rules:
  - direction: ingress
    protocols: [tcp]
    ports: [80]
    action: allow
---
kind: Interface
name: web-1
mac: 00:00:5e:00:53:01
addresses: [10.0.0.1]
tags: [web]
`

describe('the command line about the past', () => {
  let home: ReturnType<typeof freshHome>
  let api: TestApi
  let now = 0
  const run = (...words: string[]): Promise<Ran> => tagsteer([...words, '--server', api.server.address, '--insecure'])
  beforeEach(async () => {
    home = freshHome()
    now = Date.parse('2026-03-01T10:00:00Z')
    api = await testApi({ store: openMemoryStore({ now: () => now }) })
    const file = join(home.home, 'net.yaml')
    writeFileSync(file, MANIFEST)
    expect((await run('apply', '-f', file)).code).to.equal(0)
    now += 60_000
    writeFileSync(file, MANIFEST.replace('[80]', '[80, 443]').replace('tags: [web]', 'tags: [web, blue]'))
    expect((await run('apply', '-f', file)).code).to.equal(0)
    now += 60_000
    expect((await run('delete', 'interface', 'web-1')).code).to.equal(0)
    await api.store.commit({
      puts: [{ key: 'hint/links', value: [] }],
      cause: { caller: 'controller', method: 'observed' },
    })
  })
  afterEach(async () => {
    await api.close()
    home.end()
  })

  it('lists generations, newest first', async () => {
    expect(await run('history')).to.deep.equal({
      code: 0,
      err: '',
      out: [
        'GENERATION  TIME                      BY        CALL                CHANGES',
        '         3  2026-03-01T10:02:00.000Z  loopback  ApplyService.Apply  interface/web-1 deleted',
        '         2  2026-03-01T10:01:00.000Z  loopback  ApplyService.Apply  policy/p: rules[0]; interface/web-1: tags',
        '         1  2026-03-01T10:00:00.000Z  loopback  ApplyService.Apply  vnp/shop created; policy/p created; interface/web-1 created',
        '',
      ].join('\n'),
    })
    const first = (await run('history', '--all', '-n', '1')).out.split('\n')[1]
    expect(first).to.match(/^ +4 {2}2026-03-01T10:02:00.000Z {2}topology {2}observed {2}links$/)
    expect((await run('history', '--kind', 'policies', '-o', 'name')).out).to.equal('2\n1\n')
    const rows = JSON.parse((await run('history', '--name', 'web-1', '-o', 'json')).out) as { generation: string }[]
    expect(rows.map(({ generation }) => generation)).to.deep.equal(['3', '2', '1'])
    expect((await run('history', '--since', '1h')).out, 'long ago').to.equal('')
    expect((await run('history', '--until', '2d', '-o', 'name')).out).to.equal('3\n2\n1\n')
    expect((await run('history', '-n', '0')).err).to.contain('--number takes a count of 1 or more')
    expect((await run('history', 'web-1')).err).to.contain('web-1 is no generation')
  })

  it('shows one generation with its changes as manifests', async () => {
    const { out } = await run('history', '2')
    const [head, ...rest] = out.split('--- ')
    expect(head).to.match(
      /^Generation: 2\nTime: {7}2026-03-01T10:01:00.000Z\nBy: {9}loopback\nCall: {7}ApplyService.Apply\nRequest: {4}[-0-9a-f]{36}\n/,
    )
    expect(rest.map((part) => part.split('\n')[0])).to.deep.equal([
      'policy/p\tgeneration 1, loopback',
      'interface/web-1\tgeneration 1, loopback',
    ])
  })

  it('compares two generations, or one and now, and exits 2 where something differs', async () => {
    const changed = [
      '--- interface/web-1\tgeneration 1, loopback',
      '+++ interface/web-1\tgeneration 2, loopback',
      ' kind: Interface',
      ' name: web-1',
      ' mac: 00:00:5e:00:53:01',
      ' tags:',
      '+  - blue',
      '   - web',
      ' network: default',
      ' addresses:',
      '   - 10.0.0.1',
      '--- policy/p\tgeneration 1, loopback',
      '+++ policy/p\tgeneration 2, loopback',
      ' kind: Policy',
      ' name: p',
      ' vnp: shop',
      ' priority: 0',
      ' rules:',
      '   - direction: ingress',
      '     action: allow',
      '     protocols:',
      '       - tcp',
      '     ports:',
      '       - "80"',
      '+      - "443"',
      '',
    ].join('\n')
    expect(await run('diff', '1', '2')).to.deep.equal({ code: 2, err: '', out: changed })
    const gone = (await run('diff', '2')).out.split('\n').slice(0, 3)
    expect(gone).to.deep.equal([
      '--- interface/web-1\tgeneration 2, loopback, deleted in 3 by loopback',
      '+++ /dev/null',
      '-kind: Interface',
    ])
    expect(await run('diff', '3', '4')).to.deep.equal({ code: 0, err: '', out: '' })
    expect((await run('diff', '2', '1')).out).to.contain('-      - "443"')
    expect((await run('diff', '1', '2', '-o', 'name')).out).to.equal('interface/web-1\npolicy/p\n')
    const json = JSON.parse((await run('diff', '1', '2', '-o', 'json')).out) as { from: string; changes: object[] }
    expect([json.from, json.changes.length]).to.deep.equal(['1', 2])
    expect((await run('diff', '1', '2', '-o', 'yaml')).out).to.match(
      /^from: "1"\nto: "2"\nchanges:\n {2}- kind: interface\n {4}name: web-1\n {4}outcome: updated\n {4}before:\n {6}kind: Interface\n/,
    )
    const yaml = (await run('history', '2', '-o', 'yaml')).out.split('\n')
    expect(yaml.slice(0, 4)).to.deep.equal([
      'generation: "2"',
      'time: 2026-03-01T10:01:00.000Z',
      'caller: loopback',
      'method: ApplyService.Apply',
    ])
    expect(yaml.slice(5, 7)).to.deep.equal(['changes:', '  - kind: policy'])
    for (const words of [['diff'], ['diff', '1', '-f', 'x']])
      expect((await run(...words)).err).to.contain('name manifests with -f FILE, or one or two generations')
    expect((await run('diff', '1', '99')).err).to.contain('is ahead of the newest generation 4')
    await api.store.compact(4)
    const old = await run('diff', '1')
    expect([old.code, old.err]).to.deep.equal([
      1,
      'tagsteer: Revision 1 is no longer kept; the oldest is 3. Watch from the revision of a new list of the records; ask about the past from generation 3 on. [COMPACTED]\n',
    ])
    expect((await run('history')).err).to.equal('history begins after generation 3\n')
  })

  it('compares manifests with now as it did', async () => {
    const file = join(home.home, 'net.yaml')
    const { code, out } = await run('diff', '-f', file)
    expect([code, out.split('\n').slice(0, 2)]).to.deep.equal([2, ['--- /dev/null', '+++ interface/web-1']])
    const json = JSON.parse((await run('diff', '-f', file, '-o', 'json')).out) as { changes: { name: string }[] }
    expect(json.changes.map(({ name }) => name)).to.deep.equal(['web-1'])
  })

  it('completes generations', async () => {
    writeContext({ server: api.server.address, insecure: true })
    expect((await tagsteer(['__complete', 'diff', ''])).out).to.equal('3\n2\n1\n')
    expect((await tagsteer(['__complete', 'diff', '1', '2'])).out).to.equal('2\n')
    expect((await tagsteer(['__complete', 'history', '--cal'])).out).to.equal('--caller\n')
  })
})
