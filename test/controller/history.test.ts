/** HistoryService over gRPC: every generation with its cause, differences as plain copies have them, and its limits. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { DiffGenerationsResponse__Output as Difference } from '../../proto/gen/tagsteer/v1/DiffGenerationsResponse.ts'
import type { Generation__Output as Generation } from '../../proto/gen/tagsteer/v1/Generation.ts'
import type { ListGenerationsResponse__Output as Page } from '../../proto/gen/tagsteer/v1/ListGenerationsResponse.ts'
import { type EmbeddedOptions, openEmbeddedStore } from '../../store/embedded.ts'
import { type Call, failureOf, type TestApi, testApi } from '../support/api-server.ts'

const web = (index: number, ...tags: string[]): object => ({
  name: `web-${index}`,
  tags: tags.map((text) => ({ text })),
  mac: `00:00:5e:00:53:${index.toString(16).padStart(2, '0')}`,
  addresses: [`10.0.0.${index}`],
})

describe('HistoryService', () => {
  let directory: string
  let api: TestApi
  let call: Call
  let now = 1_700_000_000_000

  async function start(more: Partial<EmbeddedOptions> = {}): Promise<void> {
    const store = await openEmbeddedStore({
      directory,
      now: () => now,
      archives: (key) => !key.startsWith('request/'),
      ...more,
    })
    api = await testApi({ store })
    call = api.client.call
  }
  async function stop(): Promise<void> {
    await api.close()
  }
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tagsteer-history-'))
    await start()
  })
  afterEach(async () => {
    await stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const put = (index: number, ...tags: string[]): Promise<object> =>
    call('InterfaceService.UpdateInterface', { interface: web(index, ...tags), allowMissing: true })
  const list = async (request: object = {}): Promise<Generation[]> => {
    const found: Generation[] = []
    let pageToken = ''
    do {
      const page = await call<Page>('HistoryService.ListGenerations', { ...request, pageToken })
      found.push(...page.generations)
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    return found
  }
  const difference = async (from: number, to: number, pageSize = 0): Promise<Difference['changes']> => {
    const found: Difference['changes'] = []
    let pageToken = ''
    do {
      const page = await call<Difference>('HistoryService.DiffGenerations', { from, to, pageSize, pageToken })
      found.push(...page.changes)
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    return found
  }

  it('lists generations newest first with call and what changed, and shows one whole', async () => {
    await put(1, 'a')
    now += 60_000
    await call('InterfaceService.SetTags', { name: 'web-1', add: [{ text: 'b' }] })
    now += 60_000
    await call('VnpService.CreateVnp', { vnp: { name: 'shop', selector: { allOf: [{ text: 'a' }] } } })
    await call('InterfaceService.DeleteInterface', { name: 'web-1' })
    await api.store.commit({
      puts: [{ key: 'hint/place/web-1', value: { datapathId: '1', port: 2 } }],
      cause: { caller: 'controller', method: 'observed' },
    })
    const words = (all: Generation[]): string[] =>
      all.map(
        ({ caller: by, method, changes }) =>
          `${by} ${method.split('/').at(-1)} ${changes.map(({ kind, name, outcome, fields }) => [kind, name, outcome, ...fields].join(' '))}`,
      )
    expect(words(await list())).to.deep.equal([
      'loopback DeleteInterface interface web-1 OUTCOME_DELETED',
      'loopback CreateVnp vnp shop OUTCOME_CREATED',
      'loopback SetTags interface web-1 OUTCOME_UPDATED tags',
      'loopback UpdateInterface interface web-1 OUTCOME_CREATED',
    ])
    const all = await list({ includeInternal: true })
    expect(all).to.have.length(api.store.revision())
    expect(all[0]).to.deep.include({ caller: 'controller', method: 'observed', internal: ['place of interface web-1'] })
    expect(await list({ pageSize: 1 })).to.deep.equal(await list())
    expect(await list({ kind: 'vnp' })).to.have.length(1)
    expect(await list({ kind: 'interface', name: 'web-1' })).to.have.length(3)
    expect(await list({ caller: 'nobody' })).to.have.length(0)
    const seconds = (ms: number): object => ({ seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 })
    expect(await list({ since: seconds(now - 60_000) })).to.have.length(3)
    expect(await list({ until: seconds(now - 60_000) })).to.have.length(2)
    expect(await list({ since: seconds(now + 1) })).to.have.length(0)

    const [, , tagged] = await list()
    const whole = await call<Generation>('HistoryService.GetGeneration', { generation: tagged!.generation })
    const tags = (record: Generation['changes'][number]['before']): unknown =>
      record?.interface?.tags.map(({ text }) => text)
    expect([tags(whole.changes[0]!.before), tags(whole.changes[0]!.after)]).to.deep.equal([['a'], ['a', 'b']])
    expect(whole.changes[0]!.after?.interface?.meta?.generation).to.equal(whole.generation)
    expect(Number(whole.changes[0]!.before?.interface?.meta?.generation)).to.be.below(Number(whole.generation))
  })

  it('tells the net effect between any two generations, forwards and backwards, over compaction and restarts', async function () {
    this.timeout(60_000)
    type State = Map<string, string>
    const states = new Map<number, State>([[0, new Map()]])
    const current: State = new Map()
    const steps = fc.sample(
      fc.record({
        index: fc.integer({ min: 1, max: 6 }),
        act: fc.constantFrom('put', 'put', 'put', 'delete'),
        tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
      }),
      { numRuns: 60, seed: 11 },
    )
    for (const [n, { index, act, tags }] of steps.entries()) {
      const name = `web-${index}`
      if (act === 'put') {
        await put(index, ...tags)
        current.set(name, [...tags].sort().join())
      } else {
        await call('InterfaceService.DeleteInterface', { name, allowMissing: true })
        current.delete(name)
      }
      states.set(api.store.revision(), new Map(current))
      if (n % 25 === 24) {
        await api.store.compact(api.store.revision() - 5)
        await stop()
        await start()
      }
    }
    const generations = [...states.keys()]
    for (let n = 0; n < 60; n++) {
      const from = generations[(n * 7) % generations.length]!
      const to = generations[(n * 13 + 5) % generations.length]!
      if (to === 0) continue
      const [one, other] = [states.get(from)!, states.get(to)!]
      const expected = [...new Set([...one.keys(), ...other.keys()])]
        .filter((name) => one.get(name) !== other.get(name))
        .sort()
        .map((name) => [name, one.get(name), other.get(name)])
      const text = (record: Difference['changes'][number]['before']): string | undefined =>
        record?.interface?.tags
          .map((tag) => tag.text)
          .sort()
          .join()
      const told = await difference(from, to, (n % 3) * 2)
      expect(
        told.map(({ name, before, after }) => [name, text(before), text(after)]),
        `${from}..${to}`,
      ).to.deep.equal(expected)
      for (const { outcome, before, after } of told)
        expect(outcome).to.equal(
          before === null ? 'OUTCOME_CREATED' : after === null ? 'OUTCOME_DELETED' : 'OUTCOME_UPDATED',
        )
    }
  })

  it('compares with the newest where no later one is named, and every page is of the same one', async () => {
    for (let index = 1; index <= 5; index++) await put(index, 'a')
    const first = await call<Difference>('HistoryService.DiffGenerations', { from: 0, pageSize: 2 })
    await put(6, 'a')
    const second = await call<Difference>('HistoryService.DiffGenerations', {
      from: 0,
      pageSize: 9,
      pageToken: first.nextPageToken,
    })
    expect(second.to).to.equal(first.to)
    expect([...first.changes, ...second.changes].map(({ name }) => name)).to.deep.equal(
      [1, 2, 3, 4, 5].map((n) => `web-${n}`),
    )
  })

  it('says COMPACTED with the oldest generation where history no longer reaches, and refuses what never was', async () => {
    for (let index = 1; index <= 5; index++) await put(index, 'a')
    const oldest = api.store.revision() - 2
    await api.store.compact(oldest + 1)
    expect(api.store.reach()).to.equal(0)
    await stop()
    for (const name of readdirSync(join(directory, 'history'))) writeFileSync(join(directory, 'history', name), 'bad')
    await start()
    expect(api.store.reach()).to.equal(oldest)
    for (const [method, request, named] of [
      ['DiffGenerations', { from: 1 }, oldest],
      ['DiffGenerations', { from: oldest, to: oldest - 1 }, oldest],
      ['GetGeneration', { generation: oldest }, oldest + 1],
    ] as const) {
      const failure = await failureOf(call(`HistoryService.${method}`, request))
      expect([failure.status, failure.details.reason]).to.deep.equal([11, 'COMPACTED'])
      expect(failure.message).to.contain(`the oldest is ${named}.`)
    }
    const page = await call<Page>('HistoryService.ListGenerations')
    expect([page.oldest, page.nextPageToken]).to.deep.equal([String(oldest), ''])
    expect(await difference(oldest, 0)).to.have.length(2)
    for (const [method, request, field] of [
      ['DiffGenerations', { from: 9999 }, 'from'],
      ['DiffGenerations', { from: oldest, to: 9999 }, 'to'],
      ['GetGeneration', { generation: 9999 }, 'generation'],
      ['GetGeneration', {}, 'generation'],
      ['ListGenerations', { kind: 'flow' }, 'kind'],
      ['ListGenerations', { pageToken: 'x' }, 'page_token'],
    ] as const) {
      const failure = await failureOf(call(`HistoryService.${method}`, request))
      expect(failure.details.violations[0]?.field, method).to.equal(field)
    }
  })
})
