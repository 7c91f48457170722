/** Three-way reconciliation against a model of both sides: agreement, nothing lost, nothing done twice, choices kept. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Fact, factOf, factText, sameFact } from '../../../ipam/external/entry.ts'
import { type Choice, type Compared, hasVanished, reconcile, type Step } from '../../../ipam/external/reconcile.ts'

const fact = fc.constantFrom<(Fact | undefined)[]>(
  undefined,
  { use: 'withheld' },
  { use: 'used', name: 'a' },
  { use: 'used', name: 'b' },
)
const row = fc.record({ base: fact, ours: fact, theirs: fact })
type World = Map<string, { base: Fact | undefined; ours: Fact | undefined; theirs: Fact | undefined }>
const rowsOf = fc
  .array(row, { maxLength: 30 })
  .map((rows): World => new Map(rows.map((each, index) => [`10.0.0.${index}`, each])))

const compared = (world: World): Compared[] => [...world].map(([key, sides]) => ({ key, ...sides }))

/** What a side's write does; it holds only where that side says what the step says it says. */
function apply(world: World, step: Step): void {
  const at = world.get(step.key)!
  if (step.side !== 'base') {
    expect(sameFact(at[step.side], step.from)).to.equal(true)
    at[step.side] = step.to
  }
  at.base = step.to
}

const copy = (world: World): World => new Map([...world].map(([key, sides]) => [key, { ...sides }]))

describe('reconciliation', () => {
  it('makes both sides agree where only one has changed, and loses nothing of it', () => {
    fc.assert(
      fc.property(rowsOf, (before) => {
        const world = copy(before)
        const plan = reconcile(compared(world))
        for (const step of plan.steps) apply(world, step)
        const inConflict = new Set(plan.conflicts.map(({ key }) => key))
        for (const [key, { base, ours, theirs }] of before) {
          const after = world.get(key)!
          if (inConflict.has(key)) {
            expect(after).to.deep.equal({ base, ours, theirs })
            expect([sameFact(base, ours), sameFact(base, theirs), sameFact(ours, theirs)]).to.deep.equal([
              false,
              false,
              false,
            ])
            continue
          }
          expect(after.ours).to.deep.equal(after.theirs)
          expect(after.base).to.deep.equal(after.ours)
          if (!sameFact(base, ours)) expect(after.theirs).to.deep.equal(ours)
          if (!sameFact(base, theirs)) expect(after.ours).to.deep.equal(theirs)
        }
        const again = reconcile(compared(world))
        expect(again.steps).to.deep.equal([])
        expect(again.conflicts).to.deep.equal(plan.conflicts)
        expect(again.agreed).to.equal(world.size - inConflict.size)
      }),
      { numRuns: 500 },
    )
  })

  it('goes on where a crash ended it: after a part, with or without what was agreed on, the rest is planned', () => {
    fc.assert(
      fc.property(rowsOf, fc.nat(), fc.boolean(), (before, cut, isNoted) => {
        const whole = copy(before)
        for (const step of reconcile(compared(whole)).steps) apply(whole, step)
        const world = copy(before)
        const { steps } = reconcile(compared(world))
        const done = steps.slice(0, steps.length === 0 ? 0 : cut % (steps.length + 1))
        for (const [index, step] of done.entries()) {
          const at = world.get(step.key)!
          const { base } = at
          apply(world, step)
          if (!isNoted && index === done.length - 1 && step.side !== 'base') at.base = base
        }
        for (const step of reconcile(compared(world)).steps) apply(world, step)
        expect(world).to.deep.equal(whole)
      }),
      { numRuns: 300 },
    )
  })

  it('resolves a conflict only by a choice that names it', () => {
    fc.assert(
      fc.property(rowsOf, fc.constantFrom<Choice>('ours', 'theirs'), (world, choice) => {
        const { conflicts } = reconcile(compared(world))
        const chosen = conflicts.filter((_, index) => index % 2 === 0).map(({ key }) => key)
        const before = copy(world)
        const plan = reconcile(compared(world), new Map([...chosen, 'nobody'].map((key) => [key, choice])))
        expect(plan.unused).to.deep.equal(['nobody'])
        expect(plan.conflicts.map(({ key }) => key)).to.deep.equal(
          conflicts.map(({ key }) => key).filter((key) => !chosen.includes(key)),
        )
        for (const step of plan.steps) apply(world, step)
        for (const key of chosen) expect(world.get(key)!.base).to.deep.equal(before.get(key)![choice])
      }),
      { numRuns: 200 },
    )
  })

  it('leaves what is written by hand, and what waits, as it is', () => {
    const used: Fact = { use: 'used', name: 'a' }
    const fixed = { key: 'x', base: used, ours: used, theirs: undefined, isFixed: true }
    expect(reconcile([fixed]).conflicts).to.deep.equal([
      { key: 'x', base: used, ours: used, theirs: undefined, why: 'fixed' },
    ])
    expect(reconcile([fixed], new Map([['x', 'theirs']])).conflicts).to.have.length(1)
    expect(reconcile([fixed], new Map([['x', 'ours']])).steps).to.deep.equal([
      { key: 'x', side: 'theirs', from: undefined, to: used },
    ])
    const waiting = { key: 'y', base: used, ours: undefined, theirs: used, waits: 'cooling' }
    expect(reconcile([waiting])).to.deep.include({
      steps: [],
      conflicts: [],
      waiting: [{ key: 'y', reason: 'cooling' }],
    })
  })

  it('releases before it gives, on our side first', () => {
    const used: Fact = { use: 'used', name: 'a' }
    const rows: Compared[] = [
      { key: '1', base: undefined, ours: undefined, theirs: used },
      { key: '2', base: used, ours: used, theirs: undefined },
      { key: '3', base: undefined, ours: used, theirs: undefined },
      { key: '4', base: used, ours: undefined, theirs: used },
    ]
    expect(
      reconcile(rows)
        .steps.map(({ key }) => key)
        .join(''),
    ).to.equal('2143')
  })

  it('takes it for a failure where most has vanished', () => {
    const used: Fact = { use: 'used', name: 'a' }
    const rows = (count: number, gone: number): Compared[] =>
      Array.from({ length: count }, (_, index) => {
        return { key: `${index}`, base: used, ours: used, theirs: index < gone ? undefined : used }
      })
    expect(hasVanished(reconcile(rows(40, 40)))).to.equal(true)
    expect(hasVanished(reconcile(rows(100, 20)))).to.equal(false)
    expect(hasVanished(reconcile(rows(5, 5)))).to.equal(false)
  })

  it('reads a status and a name as a fact', () => {
    const known = (name: string): string | undefined => (name === 'web-1' ? name : undefined)
    const read = (status: 'active' | 'reserved' | 'deprecated' | 'dhcp' | 'slaac', dnsName: string): string =>
      factText(factOf({ status, dnsName }, (entry) => known(entry.dnsName)))
    expect(read('active', 'web-1')).to.equal('used by web-1')
    expect(read('dhcp', 'web-1')).to.equal('used by web-1')
    expect(read('active', 'printer')).to.equal('withheld')
    expect(read('reserved', 'web-1')).to.equal('withheld')
    expect(read('deprecated', '')).to.equal('withheld')
    expect(factText(undefined)).to.equal('free')
  })
})
