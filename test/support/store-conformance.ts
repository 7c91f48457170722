/**
 * What every store engine must do, as one suite over a factory. The oracle is a naive model: an object per revision.
 * Refuses to know how an engine keeps anything; engines that survive a restart pass `durable: true` and get their
 * directory name back at each reopening.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { lastValueFrom, Subscription, take, toArray } from 'rxjs'
import type { Cause, ChangeSet, Entry, Key, Store, Transaction } from '../../store/contract.ts'
import type { EngineOptions } from '../../store/engine.ts'
import { StoreError } from '../../store/errors.ts'

export interface EngineUnderTest {
  name: string
  durable: boolean
  /** Opens a store; the same `place` means the same directory. */
  open(place: string, options?: EngineOptions): Promise<Store>
}

export const CAUSE: Cause = { caller: 'test', method: 'test' }
export const put = (key: Key, value: unknown = key): Transaction => ({ puts: [{ key, value }], cause: CAUSE })

/** The store as a list of states, each a plain map: slow and obvious. */
class Model {
  states: Map<Key, Entry>[] = [new Map()]

  get revision() {
    return this.states.length - 1
  }

  get now() {
    return this.states.at(-1)!
  }

  /** Applies and says what the store must answer. */
  commit({ expect: expected = [], puts = [], deletes = [] }: Transaction) {
    for (const { key, modRevision } of expected) {
      const has = this.now.get(key)?.modRevision ?? 0
      if (has !== modRevision) return { ok: false, conflict: key, modRevision: has }
    }
    const next = new Map(this.now)
    const revision = this.revision + 1
    for (const { key, value } of puts) {
      const old = next.get(key)
      const version = (old?.version ?? 0) + 1
      next.set(key, { key, value, createRevision: old?.createRevision ?? revision, modRevision: revision, version })
    }
    for (const key of deletes) next.delete(key)
    if (puts.length > 0 || next.size !== this.now.size) this.states.push(next)
    return { ok: true, revision: this.revision }
  }

  /** Keys and values that differ between a revision and the one before it. */
  changes(revision: number) {
    const [before, after] = [this.states[revision - 1]!, this.states[revision]!]
    const keys = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key))
    return keys.sort().map((key) => ({ key, before: before.get(key), after: after.get(key) }))
  }
}

const keys = fc.constantFrom('interface/a', 'interface/b', 'interface/web-1', 'vnp/a', 'vnp/é', 'interfacf', 'i', 'z')
const steps = fc.array(
  fc.record({
    puts: fc.uniqueArray(keys, { maxLength: 4 }),
    deletes: fc.uniqueArray(keys, { maxLength: 3 }),
    expects: fc.array(fc.tuple(keys, fc.constantFrom('right', 'absent', 'wrong')), { maxLength: 2 }),
    value: fc.jsonValue({ maxDepth: 2 }),
    wait: fc.boolean(),
    reopen: fc.integer({ min: 0, max: 9 }),
  }),
  { maxLength: 25 },
)

type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never

function transactionOf(step: Step, model: Model): Transaction {
  const deletes = step.deletes.filter((key) => !step.puts.includes(key))
  const expected = step.expects.map(([key, how]) => ({
    key,
    modRevision: how === 'absent' ? 0 : (model.now.get(key)?.modRevision ?? 0) + (how === 'wrong' ? 1 : 0),
  }))
  const value = JSON.parse(JSON.stringify(step.value))
  return { puts: step.puts.map((key) => ({ key, value })), deletes, expect: expected, cause: CAUSE }
}

const plain = (changeSet: ChangeSet) => ({
  revision: changeSet.revision,
  changes: changeSet.changes
    .map(({ key, before, after }) => ({ key, before, after }))
    .sort((a, b) => (a.key < b.key ? -1 : 1)),
})

function checkState(store: Store, model: Model) {
  expect(store.revision()).to.equal(model.revision)
  const sorted = [...model.now.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  expect(store.list('')).to.deep.equal(sorted)
  for (const prefix of ['interface/', 'interface', 'vnp/', 'none/'])
    expect(store.list(prefix)).to.deep.equal(sorted.filter(({ key }) => key.startsWith(prefix)))
  for (const { key } of sorted) expect(store.get(key)).to.deep.equal(model.now.get(key))
}

function checkHistory(sets: ChangeSet[], model: Model, after: number) {
  const expected = []
  for (let r = after + 1; r <= model.revision; r++) expected.push({ revision: r, changes: model.changes(r) })
  expect(sets.map(plain)).to.deep.equal(expected)
}

export async function rejection(promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => expect.fail('it resolved'),
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(StoreError)
  return error as StoreError
}

export function storeConformance(engine: EngineUnderTest): void {
  let number = 0
  const place = () => `${engine.name}-${number++}`

  const using = async (work: (store: Store) => Promise<void>, options?: EngineOptions) => {
    const store = await engine.open(place(), options)
    try {
      await work(store)
    } finally {
      await store.close()
    }
  }

  describe(`the ${engine.name} store`, () => {
    it('agrees with a naive model over random transactions, one after the other and at once, and restarts', () =>
      fc.assert(
        fc.asyncProperty(steps, async (script) => {
          const at = place()
          let store = await engine.open(at)
          const model = new Model()
          let seen: ChangeSet[] = []
          let watching = store.watch(0).subscribe((set) => seen.push(set))
          let answers: Promise<void>[] = []
          for (const step of script) {
            const transaction = transactionOf(step, model)
            const expected = model.commit(transaction)
            answers.push(store.commit(transaction).then((answer) => void expect(answer).to.deep.equal(expected)))
            if (step.wait) {
              await Promise.all(answers)
              answers = []
              checkState(store, model)
              expect(seen.length).to.equal(model.revision)
            }
            if (engine.durable && step.reopen === 0) {
              await Promise.all(answers)
              watching.unsubscribe()
              await store.close()
              store = await engine.open(at)
              checkState(store, model)
              // Resumes where it was, in the reopened store.
              watching = store.watch(seen.length).subscribe((set) => seen.push(set))
            }
          }
          await Promise.all(answers)
          checkState(store, model)
          checkHistory(seen, model, 0)
          for (let after = 0; after <= model.revision; after++) {
            checkHistory(store.history(after), model, after)
            seen = []
            store
              .watch(after)
              .subscribe((set) => seen.push(set))
              .unsubscribe()
            checkHistory(seen, model, after)
          }
          watching.unsubscribe()
          await store.close()
        }),
        { numRuns: 40 },
      ))

    it('lists pages in key order that together are the whole, whatever the page size', () =>
      fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.stringMatching(/^[a-c]{1,4}$/), { maxLength: 60 }),
          fc.integer({ min: 1, max: 7 }),
          fc.stringMatching(/^[a-c]{0,2}$/),
          (names, limit, prefix) =>
            using(async (store) => {
              if (names.length > 0) await store.commit({ puts: names.map((key) => ({ key, value: 1 })), cause: CAUSE })
              const paged: Key[] = []
              for (;;) {
                const after = paged.at(-1)
                const page = store.list(prefix, { limit, ...(after === undefined ? {} : { after }) })
                expect(page.length).to.be.at.most(limit)
                if (page.length === 0) break
                paged.push(...page.map(({ key }) => key))
              }
              expect(paged).to.deep.equal(names.filter((name) => name.startsWith(prefix)).sort())
            }),
        ),
        { numRuns: 30 },
      ))

    it('tells watchers of a change set exactly when its own reads show it, and answers the writer after them', () =>
      using(async (store) => {
        const events: string[] = []
        store.watch(0).subscribe(({ revision, changes }) => {
          const { key, after } = changes[0]!
          expect(store.revision()).to.equal(revision)
          expect(store.get(key)).to.equal(after)
          events.push(`told ${revision}`)
        })
        const writes = [1, 2, 3].map((n) => store.commit(put(`k/${n}`)).then(() => events.push(`answered ${n}`)))
        expect(store.revision(), 'not visible before it is durable').to.equal(0)
        expect(store.get('k/1')).to.equal(undefined)
        await Promise.all(writes)
        expect(events.filter((event) => event.startsWith('told'))).to.deep.equal(['told 1', 'told 2', 'told 3'])
        for (const n of [1, 2, 3]) expect(events.indexOf(`told ${n}`)).to.be.below(events.indexOf(`answered ${n}`))
      }))

    it('lets each decision see every write accepted before it, so that no number is given twice', () =>
      using(async (store) => {
        const takeNumber = () =>
          store.update((view) => {
            const next = (view.get<number>('counter')?.value ?? 0) + 1
            const puts = [
              { key: 'counter', value: next },
              { key: `number/${next}`, value: view.list('number/').length },
            ]
            return { result: next, transaction: { puts, cause: CAUSE } }
          })
        const answers = await Promise.all(Array.from({ length: 50 }, takeNumber))
        expect(answers.map((answer) => answer.ok && answer.result)).to.deep.equal(
          Array.from({ length: 50 }, (_, i) => i + 1),
        )
        expect(answers.map((answer) => answer.ok && answer.revision)).to.deep.equal(
          Array.from({ length: 50 }, (_, i) => i + 1),
        )
        expect(store.list('number/').length).to.equal(50)
      }))

    it('answers a decision that writes nothing only after what it saw is durable', () =>
      using(async (store) => {
        const write = store.commit(put('a'))
        const read = await store.update((view) => ({ result: view.get('a')?.value }))
        expect(read).to.deep.equal({ ok: true, revision: 1, result: 'a' })
        expect(store.revision()).to.equal(1)
        await write
      }))

    it('changes nothing when a decision throws, conflicts or breaks the contract', () =>
      using(async (store) => {
        await store.commit(put('a'))
        const wrong = store.update(() => {
          throw new RangeError('refused')
        })
        expect(await wrong.catch((error: Error) => error.message)).to.equal('refused')
        const conflict = await store.update(() => ({
          result: 1,
          transaction: { ...put('b'), expect: [{ key: 'a', modRevision: 7 }] },
        }))
        expect(conflict).to.deep.equal({ ok: false, conflict: 'a', modRevision: 1 })
        const loop: unknown[] = []
        loop.push(loop)
        const refused: Transaction[] = [
          put(''),
          put('a\n'),
          put('x'.repeat(513)),
          put('\ud800'),
          { puts: [{ key: 'b', value: 1 }], deletes: ['b'], cause: CAUSE },
          ...[1n, Number.NaN, new Date(0), new Map(), () => 1, { deep: [Symbol('s')] }, loop, new Uint8Array(1)].map(
            (value) => put('b', value),
          ),
        ]
        for (const transaction of refused) expect((await rejection(store.commit(transaction))).code).to.equal('INVALID')
        const nested = store.update(() => ({ result: store.commit(put('b')) }))
        const answer = await nested
        expect(answer.ok && (await rejection(answer.result)).code).to.equal('INVALID')
        expect(store.revision()).to.equal(1)
        expect(await store.commit({ cause: CAUSE })).to.deep.equal({ ok: true, revision: 1 })
        expect(await store.commit({ deletes: ['none'], cause: CAUSE })).to.deep.equal({ ok: true, revision: 1 })
      }))

    it('keeps values as JSON would give them back, frozen, and apart from the object that was given', () =>
      using(async (store) => {
        const given = { list: [{ n: -0 }], gone: undefined, ['__proto__']: { polluted: true }, constructor: 'x' }
        await store.commit(put('a', given))
        given.list[0]!.n = 9
        const { value } = store.get<{ list: { n: number }[] }>('a')!
        expect(JSON.stringify(value)).to.equal('{"list":[{"n":0}],"__proto__":{"polluted":true},"constructor":"x"}')
        expect(Object.keys(value)).to.include('__proto__')
        expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
        expect(() => value.list.push({ n: 1 })).to.throw(TypeError)
        expect(() => (value.list[0]!.n = 1)).to.throw(TypeError)
        expect(Object.isFrozen(store.get('a'))).to.equal(true)
      }))

    it('shows a watcher with a prefix only what concerns it, and a late watcher everything once', () =>
      using(async (store) => {
        const seen: string[] = []
        const late: number[] = []
        const inner = new Subscription()
        store.watch(0, 'a/').subscribe(({ revision, changes }) => {
          seen.push(`${revision}:${changes.map(({ key }) => key).join()}`)
          if (revision === 3) inner.add(store.watch(0).subscribe((set) => late.push(set.revision)))
        })
        await Promise.all([
          store.commit({ puts: ['a/1', 'b/1'].map((key) => ({ key, value: 1 })), cause: CAUSE }),
          store.commit(put('b/2')),
          store.commit({ puts: [{ key: 'a/2', value: 1 }], deletes: ['a/1'], cause: CAUSE }),
          store.commit(put('a/3')),
        ])
        expect(seen).to.deep.equal(['1:a/1', '3:a/2,a/1', '4:a/3'])
        expect(late).to.deep.equal([1, 2, 3, 4])
      }))

    it('keeps a projection equal to the newest state, from its first call', () =>
      using(async (store) => {
        await store.commit(put('a'))
        const index = new Map<Key, unknown>()
        const stop = store.project(({ changes }) => {
          for (const { key, after } of changes) {
            if (after) index.set(key, after.value)
            else index.delete(key)
          }
        })
        expect([...index]).to.deep.equal([['a', 'a']])
        const write = store.commit({ ...put('b'), deletes: ['a'] })
        expect([...index], 'at once, before it is durable').to.deep.equal([['b', 'b']])
        await write
        stop()
        await store.commit(put('c'))
        expect([...index.keys()]).to.deep.equal(['b'])
      }))

    it('says COMPACTED with the oldest kept revision, AHEAD for the future, and keeps the state', () =>
      using(async (store) => {
        for (let n = 1; n <= 6; n++) await store.commit(put(`k/${n % 2}`, n))
        const before = store.list('')
        await store.compact(4)
        expect(store.oldest()).to.equal(3)
        expect(store.list('')).to.deep.equal(before)
        expect(store.history(3).map(({ revision }) => revision)).to.deep.equal([4, 5, 6])
        expect(store.history(3, 5).map(({ revision }) => revision)).to.deep.equal([4, 5])
        expect(() => store.history(2))
          .to.throw(StoreError)
          .with.property('code', 'COMPACTED')
        const failures: StoreError[] = []
        for (const after of [2, 7]) store.watch(after).subscribe({ error: (error) => failures.push(error) })
        expect(failures.map(({ code }) => code)).to.deep.equal(['COMPACTED', 'AHEAD'])
        expect(failures[0]!.details).to.deep.equal({ revision: 2, oldest: 3 })
        const resumed = lastValueFrom(store.watch(3).pipe(take(4), toArray()))
        await store.commit(put('k/7'))
        expect((await resumed).map(({ revision }) => revision)).to.deep.equal([4, 5, 6, 7])
        await store.compact(99)
        expect(store.oldest()).to.equal(7)
      }))

    it('keeps at least the configured history, and forgets the rest by itself', () =>
      using(
        async (store) => {
          for (let n = 1; n <= 100; n++) {
            await store.commit(put(`k/${n}`))
            expect(store.revision() - store.oldest()).to.be.within(Math.min(n, 10), 50)
          }
          // The last compaction may still be writing.
          for (let i = 0; i < 500 && store.oldest() <= 70; i++) await sleep(10)
          expect(store.oldest()).to.be.above(70)
        },
        { keep: { revisions: 10 } },
      ))

    it('writes what was accepted before close, completes its watches and then refuses', async () => {
      const at = place()
      const store = await engine.open(at)
      let completed = false
      store.watch(0).subscribe({ complete: () => (completed = true) })
      const write = store.commit(put('a'))
      await store.close()
      expect(await write).to.deep.equal({ ok: true, revision: 1 })
      expect(completed).to.equal(true)
      expect((await rejection(store.commit(put('b')))).code).to.equal('CLOSED')
      expect((await rejection(store.compact(1))).code).to.equal('CLOSED')
      await store.close()
    })
  })
}
