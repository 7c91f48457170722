/**
 * Connections that are owed to be cut, with a controller that is killed: at whatever step, everything that a change cuts and
 * that a switch has not said to have forgotten is owed by the next controller, on an intent that is as if made anew. What is
 * done is forgotten, and where no rule cuts nothing is written.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { Cutter } from '../../controller/cutter.ts'
import { type Flush, flushKey } from '../../controller/flows/flush.ts'
import { intentEntries, OWED_CUTS, OwedCuts, type OwedCutsOptions } from '../../controller/owed-cuts.ts'
import type { EntryChangeSet } from '../../controller/policy/entries.ts'
import { Intent } from '../../controller/policy/intent.ts'
import type { ObservedView } from '../../controller/policy/state.ts'
import { createWriter } from '../../controller/write.ts'
import { type AnyRecord, PREFIX, RECORD_KINDS } from '../../model/records.ts'
import type { ChangeSet, Store } from '../../store/contract.ts'
import { openEmbeddedStore } from '../../store/embedded.ts'
import { cuttingChange } from '../support/arbitrary-change.ts'
import { datapathName, networkOf, snapshotOf } from '../support/arbitrary-state.ts'
import { changesBetween } from '../support/compile-states.ts'
import { portrait } from '../support/intent-portrait.ts'
import { draftOf } from '../support/policy-store.ts'
import { iface, policy, rule, vnp } from '../support/records.ts'

const PROMPT: Required<OwedCutsOptions>['limits'] = { ...OWED_CUTS, gatherMs: 0, behindMs: 0, retryMs: 5 }

/** By datapath id: what its switch is to forget. */
type Owing = Map<string, Map<string, Flush>>

function add(owing: Owing, datapathId: string, flushes: readonly Flush[]): void {
  const its = owing.get(datapathId) ?? new Map<string, Flush>()
  for (const flush of flushes) its.set(flushKey(flush), flush)
  if (its.size > 0) owing.set(datapathId, its)
}

/** As much of a controller as owes cuts, on a directory of its own. */
class Life {
  readonly directory: string
  readonly store: Store
  readonly intent = new Intent()
  readonly owed: OwedCuts
  readonly owing: Owing = new Map()
  readonly told: string[] = []
  /** Called when a change set that is not its own is durable and nobody has seen it. */
  durable: () => void = () => {}

  private constructor(directory: string, store: Store, limits: typeof PROMPT) {
    this.directory = directory
    this.store = store
    this.owed = new OwedCuts({ store, tell: (type, subject) => this.told.push(`${type} ${subject}`), limits })
  }

  static async start(directory: string, observed: ObservedView, limits = PROMPT): Promise<Life> {
    const store = await openEmbeddedStore({ directory, aheadOctets: 1024 })
    const life = new Life(directory, store, limits)
    for (const [datapathId, flushes] of await life.owed.load(life.intent)) add(life.owing, datapathId, flushes)
    const cutter = new Cutter({ intent: life.intent, observed, tell: () => {} })
    store.watch(life.intent.generation).subscribe((changeSet: ChangeSet) => {
      if (!changeSet.changes.every(({ key }) => key.startsWith('cut/'))) life.durable()
      const { flushes } = cutter.apply(changeSet)
      life.owed.took(changeSet, flushes, cutter.cuts)
      for (const [datapathId, its] of flushes) add(life.owing, datapathId, its)
    })
    return life
  }

  /** Its switch has answered. */
  forget(datapathId: string): void {
    this.owed.forgotten(datapathId, [...(this.owing.get(datapathId)?.values() ?? [])])
    this.owing.delete(datapathId)
  }

  /** What a process that is killed now leaves behind. */
  remains(into: string): string {
    cpSync(this.directory, into, { recursive: true, filter: (path) => !/\/lock\./.test(path) })
    return into
  }

  async end(): Promise<void> {
    await this.owed.close()
    await this.store.close()
  }
}

const keysOf = (owing: Owing): string[] =>
  [...owing].flatMap(([datapathId, its]) => [...its.keys()].map((key) => `${datapathId} ${key}`)).sort()

describe('entries that intent is made of', () => {
  it('are those of every kind of record, and their numbers and identities', () => {
    const list = (prefix: string) => [{ key: `${prefix}x`, value: {}, modRevision: 1, createRevision: 1 }]
    const keys = new Set(intentEntries({ list: list as Store['list'] }).map(({ key }) => key))
    for (const kind of [...RECORD_KINDS, 'number', 'identity'] as const)
      expect([...keys]).to.include(`${PREFIX[kind]}x`)
  })
})

describe('cuts that are owed', () => {
  const root = mkdtempSync(join(tmpdir(), 'tagsteer-owed-'))
  let lives: Life[] = []
  let made = 0
  const directory = (): string => join(root, String(made++))
  const start = async (...given: Parameters<typeof Life.start>): Promise<Life> => {
    const life = await Life.start(...given)
    lives.push(life)
    return life
  }
  afterEach(async () => {
    await Promise.all(lives.map((life) => life.end()))
    lives = []
    for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true })
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  const SWITCHES = [1, 2].map(datapathName)
  const database = policy('db', 'all', [rule('ingress', { kind: 'any' }, 'allow', { established: 'cut' })])
  const records = (cuts: boolean): AnyRecord[] => [
    vnp('all'),
    ...(cuts ? [database] : []),
    iface('web', 1, ['web']),
    iface('db', 2, ['db']),
  ]
  const observedOf = (its: AnyRecord[]): ObservedView => {
    const intent = new Intent()
    intent.apply(snapshotOf({ records: its, datapathIds: SWITCHES }))
    return networkOf(intent, SWITCHES).observed
  }
  const KEYS = (life: Life): string[] => life.store.list('cut/').map(({ key }) => key)

  /** A life whose rule that cuts came through the writer. */
  async function cutting(limits = PROMPT): Promise<{ life: Life; remove(): Promise<void> }> {
    const life = await start(directory(), observedOf(records(true)), limits)
    const writer = createWriter(life.store, () => 0)
    const write = async (writes: Parameters<typeof writer.write>[0]): Promise<void> => {
      const done = await writer.write(writes, { caller: 'test', method: 'Test', unchecked: true })
      if (!done.ok) throw new Error(JSON.stringify(done.failure))
    }
    await write(() => ({
      ok: true,
      value: records(false).map((record) => ({ op: 'create' as const, record: draftOf(record) })),
    }))
    for (const datapathId of SWITCHES) await writer.assignNumbers(datapathId)
    expect(KEYS(life), 'no rule cuts').to.deep.equal([])
    await write(() => ({ ok: true, value: [{ op: 'create', record: draftOf(database) }] }))
    writer.stop()
    const remove = async (): Promise<void> => {
      const again = createWriter(life.store, () => 0)
      const done = await again.write(() => ({ ok: true, value: [{ op: 'delete', kind: 'policy', name: 'db' }] }), {
        caller: 'test',
        method: 'Test',
        unchecked: true,
      })
      again.stop()
      expect(done.ok).to.equal(true)
    }
    return { life, remove }
  }

  it('are looked for from the transaction on that brings the first rule that cuts', async () => {
    const { life } = await cutting({ ...PROMPT, gatherMs: 60_000, behindMs: 60_000 })
    const [created] = life.store.history(life.store.revision() - 1)
    expect(created!.changes.map(({ key }) => key)).to.include.members(['policy/db', 'cut/done'])
  })

  for (const [step, isOwed] of [
    ['before anybody has seen that the change is durable', true],
    ['before the switch has been told', true],
    ['when that is written down', true],
    ['when the switch has answered', true],
    ['when that is written down too', false],
  ] as const) {
    it(`are ${isOwed ? '' : 'not '}owed again by a controller that was killed ${step}`, async () => {
      const slow = { ...PROMPT, gatherMs: 60_000, behindMs: 60_000 }
      const { life, remove } = await cutting(slow)
      let remains = ''
      const kill = (): void => {
        remains ||= life.remains(directory())
      }
      if (step.startsWith('before anybody')) life.durable = kill
      await remove()
      const wanted = keysOf(life.owing)
      expect(wanted.length).to.be.greaterThan(0)
      if (step === 'when that is written down') {
        await life.owed.close()
        expect(KEYS(life)).to.include(`cut/owed/${SWITCHES[0]}`)
      }
      if (step.startsWith('when the switch') || step.endsWith('too')) for (const each of SWITCHES) life.forget(each)
      if (step.endsWith('too')) await life.owed.close()
      kill()
      const next = await start(remains, observedOf([]))
      expect(keysOf(next.owing)).to.deep.equal(isOwed ? wanted : [])
      expect(next.told).to.deep.equal([])
      for (const each of SWITCHES) next.forget(each)
      await next.owed.close()
      expect(KEYS(next), 'no rule cuts, and nothing is owed').to.deep.equal([])
    })
  }

  it('are bounded, and what is beyond is told', async () => {
    const few = { ...PROMPT, gatherMs: 60_000, behindMs: 60_000, kept: 1, again: 1 }
    const { life, remove } = await cutting(few)
    await remove()
    expect(keysOf(life.owing).length).to.be.greaterThan(1)
    expect(life.told[0]).to.equal(`connections-not-cut switch ${SWITCHES[0]}`)
    const unwritten = life.remains(directory())
    await life.owed.close()
    const written = await start(life.remains(directory()), observedOf([]), few)
    expect(keysOf(written.owing)).to.have.length(1)
    const next = await start(unwritten, observedOf([]), few)
    expect(keysOf(next.owing)).to.deep.equal([])
    expect(next.told).to.have.length(1)
    expect(next.told[0]).to.match(/^connections-not-cut generations \d+ to \d+$/)
  })

  it('are owed by whoever comes next, whatever changes and whenever it is killed', async function () {
    this.timeout(300_000)
    const seen = { cut: 0, early: 0, again: 0, left: 0 }
    const met = (): boolean => Object.values(seen).every((count) => count > 5)
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ what: 'change' as const }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('forget' as const), at: fc.nat(2) }) },
      { weight: 2, arbitrary: fc.constant({ what: 'settle' as const }) },
      { weight: 3, arbitrary: fc.record({ what: fc.constant('kill' as const), early: fc.boolean() }) },
    )
    for (let batch = 0; batch < 10 && !met(); batch++) {
      await fc.assert(
        fc.asyncProperty(cuttingChange, fc.array(step, { minLength: 4, maxLength: 8 }), async (change, steps) => {
          // Every other change turns against what a rule that cuts let through.
          const wide = (allows: boolean): AnyRecord[] => {
            const its = rule(
              'ingress',
              { kind: 'any' },
              allows ? 'allow' : 'deny',
              allows ? { established: 'cut' } : {},
            )
            const open = vnp('open', { priority: 9, ingressDefault: 'allow', number: 90 })
            return [open, policy('wide', 'open', [its], { tier: 'admin', priority: 9, number: 91 })]
          }
          // Nobody moves, so that one list of places is right all the time.
          const home = new Map(
            change.before.records.flatMap((its) =>
              its.kind === 'interface' ? [[its.name, its.attachment] as const] : [],
            ),
          )
          const settled = (its: AnyRecord): AnyRecord =>
            its.kind === 'interface' ? { ...its, attachment: home.get(its.name) ?? its.attachment } : its
          const states = [change.before, change.after].map((state, index) => ({
            records: [...state.records.map(settled), ...wide(index === 0)],
            datapathIds: [1, 2, 3].map(datapathName),
          }))
          const truth = new Intent()
          const observed = networkOf(truth, states[0]!.datapathIds).observed
          const places = new Map<string, { datapathId: string; port: number }>()
          for (const { kind, name, ...record } of states.flatMap(({ records }) => records)) {
            const attachment = kind === 'interface' && 'attachment' in record ? record.attachment : undefined
            if (attachment?.kind === 'port') places.set(name, attachment)
          }
          const sees: ObservedView = { ...observed, places }
          const cutter = new Cutter({ intent: truth, observed: sees, tell: () => {} })
          let at: EntryChangeSet = { revision: 0, changes: [] }
          let turn = 0
          let life = await start(directory(), sees)
          const owing: Owing = new Map()
          const commit = async (): Promise<void> => {
            const after = snapshotOf(states[turn++ % 2]!, life.store.revision() + 1)
            const { changes } = changesBetween(at, after, after.revision)
            at = after
            const puts = changes.flatMap(({ key, after }) => (after === undefined ? [] : [{ key, value: after.value }]))
            const deletes = changes.filter(({ after }) => after === undefined).map(({ key }) => key)
            const first = life.store.get('cut/done') === undefined && JSON.stringify(puts).includes('"cut"')
            const marker = first ? [{ key: 'cut/done', value: { generation: life.store.revision() } }] : []
            const cause = { caller: 'test', method: 'Test' }
            await life.store.commit({ puts: [...puts, ...marker], deletes, cause })
            const { flushes } = cutter.apply({ revision: after.revision, changes })
            for (const [datapathId, its] of flushes) add(owing, datapathId, its)
            if (flushes.size > 0) seen.cut++
          }
          const reborn = async (remains: string): Promise<void> => {
            await life.end()
            life = await start(remains, sees)
            const found = new Set(keysOf(life.owing))
            for (const key of keysOf(owing)) expect(found.has(key), `${key} of ${[...found]}`).to.equal(true)
            if (owing.size > 0) seen.again++
            expect(life.told.filter((type) => !type.startsWith('connections-not-cut generation '))).to.deep.equal([])
            const anew = new Intent()
            const revision = life.store.revision()
            anew.apply({ revision, changes: intentEntries(life.store).map((after) => ({ key: after.key, after })) })
            expect(portrait(life.intent)).to.deep.equal(portrait(anew))
            expect(life.intent.generation).to.equal(revision)
          }
          for (const { what, ...its } of [...steps, { what: 'kill' as const, early: true }]) {
            if (what === 'change') await commit()
            else if (what === 'settle') await sleep(2)
            else if (what === 'forget') {
              const datapathId = datapathName(1 + ('at' in its ? its.at : 0))
              life.forget(datapathId)
              owing.delete(datapathId)
            } else if ('early' in its && its.early) {
              let remains = ''
              life.durable = () => {
                remains ||= life.remains(directory())
              }
              await commit()
              if (remains === '') continue
              seen.early++
              await reborn(remains)
            } else await reborn(life.remains(directory()))
          }
          for (const datapathId of states[0]!.datapathIds) life.forget(datapathId)
          await life.owed.close()
          owing.clear()
          await reborn(life.remains(directory()))
          if (keysOf(life.owing).length === 0) seen.left++
          expect(keysOf(life.owing), 'nothing is left').to.deep.equal([])
          await life.end()
          lives = []
          for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true })
        }),
        { numRuns: 15, endOnFailure: true },
      )
    }
    expect(met(), JSON.stringify(seen)).to.equal(true)
  })
})
