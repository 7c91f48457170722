/**
 * Many writers at once, over real gRPC: nobody's tags are lost, of two that saw the same version one wins, an answer's
 * etag belongs to its record, a prune and a creation agree, and an Apply is all or nothing whatever is wrong with it.
 */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { createWriter, REQUEST_LIMITS } from '../../controller/write.ts'
import { ok } from '../../model/errors.ts'
import { openMemoryStore } from '../../store/memory.ts'
import { type Call, type CallFailure, failureOf, type TestApi, testApi } from '../support/api-server.ts'
import { inconsistencies } from '../support/store-consistency.ts'

interface Answer {
  etag: string
  owner: string
  tags: { text: string }[]
}

const web = (name: string, index: number, more: object = {}): object => ({
  interface: { name, mac: `02:00:00:00:00:${index.toString(16).padStart(2, '0')}`, ...more },
})
const tagsOf = ({ tags }: Answer): string[] => tags.map(({ text }) => text).sort()

describe('writers at once', () => {
  let api: TestApi
  let call: Call
  beforeEach(async () => {
    api = await testApi()
    call = api.client.call
  })
  afterEach(async () => {
    expect(inconsistencies(api.store)).to.deep.equal([])
    await api.close()
  })
  const get = (name: string): Promise<Answer> => call<Answer>('InterfaceService.GetInterface', { name })
  const settle = async (calls: Promise<Answer>[]): Promise<{ answers: Answer[]; reasons: string[] }> => {
    const answers: Answer[] = []
    const reasons: string[] = []
    for (const each of await Promise.allSettled(calls)) {
      if (each.status === 'fulfilled') answers.push(each.value)
      else reasons.push((each.reason as CallFailure).details.reason)
    }
    return { answers, reasons }
  }

  it('loses no tag of fifty SetTags on one record, and gives each answer its own version', async () => {
    await call('InterfaceService.CreateInterface', web('one', 1))
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        call<Answer>('InterfaceService.SetTags', { name: 'one', add: [{ text: `t${index}` }] }),
      ),
    )
    expect(tagsOf(await get('one'))).to.have.length(50)
    expect(new Set(answers.map(({ etag }) => etag))).to.have.property('size', 50)
    for (const answer of answers) expect(answer.tags).to.have.length(Number(answer.etag) - 1)
  })

  it('lets one of many win that saw the same version', async () => {
    const { etag } = await call<Answer>('InterfaceService.CreateInterface', web('one', 1))
    const { answers, reasons } = await settle(
      Array.from({ length: 20 }, (_, index) =>
        call<Answer>('InterfaceService.SetTags', { name: 'one', add: [{ text: `t${index}` }], replace: true, etag }),
      ),
    )
    expect(answers).to.have.length(1)
    expect(reasons).to.deep.equal(Array(19).fill('ETAG_MISMATCH'))
    expect(tagsOf(await get('one'))).to.deep.equal(tagsOf(answers[0]!))
  })

  it('never gives the record of one version with the etag of another, though nothing changed', async () => {
    await call('InterfaceService.CreateInterface', web('one', 1, { tags: [{ text: 'a' }] }))
    const versions = new Map<string, string>()
    for (let round = 0; round < 40; round++) {
      const text = round % 2 === 0 ? 'b' : 'a'
      const keep = round % 2 === 0 ? 'a' : 'b'
      const set = (tag: string): Promise<Answer> =>
        call('InterfaceService.SetTags', { name: 'one', add: [{ text: tag }], replace: true })
      // The first changes nothing, the second does, and both are decided before either is answered.
      for (const answer of await Promise.all([set(keep), set(text)])) {
        const tags = tagsOf(answer).join()
        expect(versions.get(answer.etag) ?? tags, `etag ${answer.etag}`).to.equal(tags)
        versions.set(answer.etag, tags)
      }
    }
  })

  it('repeats an answer as it was, though the record has changed since', async () => {
    await call('InterfaceService.CreateInterface', web('one', 1))
    const request = { requestId: randomUUID(), name: 'one', add: [{ text: 'a' }] }
    const first = await call<Answer>('InterfaceService.SetTags', request)
    await call('InterfaceService.SetTags', { name: 'one', add: [{ text: 'b' }] })
    const again = await call<Answer>('InterfaceService.SetTags', request)
    expect([again.etag, tagsOf(again)]).to.deep.equal([first.etag, ['a']])
    expect(tagsOf(await get('one'))).to.deep.equal(['a', 'b'])
    const other = await failureOf(call('InterfaceService.SetTags', { ...request, add: [{ text: 'c' }] }))
    expect(other.details.reason).to.equal('REQUEST_ID_REUSED')
    await call('InterfaceService.DeleteInterface', { name: 'one' })
    expect((await call<Answer>('InterfaceService.SetTags', request)).etag).to.equal(first.etag)
  })

  it('applies all or nothing: duplicates, a stale etag, a missing partition, an address taken twice', async () => {
    const { etag } = await call<Answer>('InterfaceService.CreateInterface', web('one', 1))
    await call('InterfaceService.SetTags', { name: 'one', add: [{ text: 'a' }] })
    const before = api.store.revision()
    const good = web('two', 2)
    const cases: [object[], string, object?][] = [
      [[good, web('two', 3)], 'INVALID_FIELD'],
      [[good], 'INVALID_FIELD', { deletions: [{ kind: 'interface', name: 'two' }] }],
      [[good, web('one', 1, { etag })], 'ETAG_MISMATCH'],
      [[good, { policy: { name: 'p', vnp: 'nobody' } }], 'NOT_FOUND'],
      [[good, web('three', 2)], 'DUPLICATE_MAC'],
      [[good, web('three', 1)], 'DUPLICATE_MAC'],
      [[good, {}], 'INVALID_FIELD'],
      [[good], 'NOT_FOUND', { deletions: [{ kind: 'vnp', name: 'nobody' }] }],
      [[good], 'INVALID_FIELD', { deletions: [{ kind: '__proto__', name: 'constructor' }] }],
      [[good], 'INVALID_FIELD', { prune: true }],
      [Array.from({ length: 10_001 }, () => ({})), 'TOO_MANY'],
    ]
    for (const [records, reason, more] of cases) {
      const failure = await failureOf(call('ApplyService.Apply', { records, ...more }))
      expect(failure.details.reason, JSON.stringify(more ?? records.slice(1, 2))).to.equal(reason)
    }
    expect(api.store.revision()).to.equal(before)
  })

  it('prunes what an owner had at that moment: a record that is created meanwhile stays whole or is gone whole', async () => {
    const apply = (records: object[], owner: string, more: object = {}): Promise<object> =>
      call('ApplyService.Apply', { records, owner, ...more })
    for (let round = 0; round < 15; round++) {
      await apply([web('mine', 1), web('other', 2)], 'red')
      await Promise.all([
        apply([web('mine', 1)], 'red', { prune: true }),
        apply([web('late', 3)], 'red'),
        apply([web('other', 2, { tags: [{ text: `${round}` }] })], 'blue'),
      ])
      const { interfaces } = await call<{ interfaces: (Answer & { name: string })[] }>(
        'InterfaceService.ListInterfaces',
      )
      const owners = Object.fromEntries(interfaces.map(({ name, owner }) => [name, owner]))
      expect(owners['mine']).to.equal('red')
      // Whichever came first: the new owner's version, never a remainder of the old one.
      expect(owners['other']).to.equal('blue')
      expect(owners['late'] ?? 'red').to.equal('red')
      await apply([], 'red', { prune: true })
      await apply([], 'blue', { prune: true })
      expect(await call('InterfaceService.ListInterfaces')).to.deep.include({ interfaces: [] })
    }
  })

  it('remembers no more of requests than it may, the newest of them', async () => {
    const store = openMemoryStore()
    const limits = { ...REQUEST_LIMITS, outcomes: 100, outcomesWithRecords: 3 }
    const writer = createWriter(store, Date.now, limits)
    const kept = (): string[] => store.list('request/').map(({ key }) => key)
    const send = (requestId: string, count: number): Promise<unknown> => {
      const decide = () =>
        ok(
          Array.from({ length: count }, (_, each) => ({
            op: 'delete' as const,
            kind: 'vnp' as const,
            name: `v${each}`,
            allowMissing: true,
          })),
        )
      return writer.write(decide, { caller: 'test', method: 'test', requestId, body: count })
    }
    // Ten outcomes without records count ten, two with theirs twenty.
    for (let index = 10; index < 40; index++) await send(`r${index}`, 10)
    expect(kept()).to.have.length.within(10, 11)
    expect(kept().at(-1)).to.equal('request/r39')
    for (let index = 40; index < 60; index++) await send(`r${index}`, 2)
    expect(kept()).to.have.length.within(5, 6)
    writer.stop()
    const again = createWriter(store, Date.now, limits)
    await again.write(() => ok([]), { caller: 'test', method: 'test', requestId: 'r99', body: 0 })
    expect(kept()).to.have.length.within(5, 7)
    again.stop()
    await store.close()
  })

  it('takes ten thousand attachments by one port name on as many switches like any others', async function () {
    this.timeout(9000)
    const mac = (index: number): string =>
      `02:00:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`
    const on = (name: string, index: number, datapathId?: string): object => ({
      interface: {
        name,
        mac: mac(index),
        attachment: { portName: { portName: 'eth0', ...(datapathId === undefined ? {} : { datapathId }) } },
      },
    })
    const id = (index: number): string => (index + 1).toString(16).padStart(16, '0')
    // It took 78 s when each was compared with all.
    await call('ApplyService.Apply', {
      records: Array.from({ length: 10_000 }, (_, index) => on(`if-${index}`, index, id(index))),
    })
    const reasonOf = async (record: object): Promise<string> =>
      (await failureOf(call('ApplyService.Apply', { records: [record] }))).details.reason
    expect(await reasonOf(on('new', 20_000, id(77)))).to.equal('DUPLICATE_ATTACHMENT')
    expect(await reasonOf(on('new', 20_000))).to.equal('DUPLICATE_ATTACHMENT')
    expect(api.deps.intent.byAttachment(id(77), 5, 'eth0')).to.equal('if-77')
    expect(api.deps.intent.byAttachment(id(10_077), 5, 'eth0')).to.equal(undefined)
  })
})
