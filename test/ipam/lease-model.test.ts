/** The naive model that storms of leases are held against finds what it is there to find. */
import { expect } from 'chai'
import { type Fact, LeaseModel, type Maybe, type SeenLease } from '../support/lease-model.ts'

const lease = (generation: number, more: Partial<SeenLease> = {}): SeenLease => ({
  ...{
    address: '10.0.0.1',
    nap: 'p',
    interface: 'one',
    client: 'one',
    state: 'held',
    generation,
    revision: generation,
  },
  since: generation * 1000,
  ...more,
})
const given = (generation: number, more: Partial<SeenLease> = {}): Fact => ({
  what: 'given',
  lease: lease(generation, more),
})
const ended = (generation: number, revision: number, coolUntil = 0): Fact => ({
  what: 'ended',
  lease: lease(generation, { state: 'cooling', revision, coolUntil }),
})
const other = { interface: 'two', client: 'two' }

function faults(facts: Fact[], now: SeenLease[], maybes: Maybe[] = []): number {
  const model = new LeaseModel()
  model.replay(facts, maybes)
  model.settle(now, 1_000_000)
  return model.faults.length
}

describe('the naive model of leases', () => {
  it('takes answers in whatever order they were heard', () => {
    const facts = [given(3, other), ended(1, 2, 2000), given(1), given(1)]
    expect(faults(facts, [lease(3, other)])).to.equal(0)
  })

  it('finds an address that two have, one that is given too early, and one whose generation does not grow', () => {
    expect(faults([given(1), given(2, other)], [lease(2, other)]), 'two have it').to.equal(1)
    expect(faults([given(1), ended(1, 2, 9000), given(3, other)], [lease(3, other)]), 'too early').to.equal(1)
    expect(faults([given(1), ended(1, 2, 9000), given(3)], [lease(3)]), 'the same client may').to.equal(0)
    expect(faults([given(5), ended(5, 6), given(4, { ...other, revision: 7 })], [lease(4, other)])).to.equal(1)
  })

  it('finds a lease that was answered and is not there, and one that nobody asked for', () => {
    expect(faults([given(1)], []), 'lost').to.equal(1)
    expect(faults([], [lease(1)]), 'out of nothing').to.equal(1)
    expect(faults([given(1), ended(1, 2)], [lease(1)]), 'back from the dead').to.equal(1)
    expect(faults([given(1), ended(1, 2, 2_000_000)], []), 'free before it has cooled').to.equal(1)
    expect(faults([given(1), { what: 'deleted', interface: 'one', revision: 2 }], [lease(1)])).to.equal(1)
    expect(faults([given(1)], [lease(1), lease(1)]), 'twice in one list').to.be.greaterThan(0)
  })

  it('lets each request without an answer explain what it asked for, and no more', () => {
    const give: Maybe = { what: 'give', interface: 'one', client: 'one', count: 1 }
    const end: Maybe = { what: 'end', address: '10.0.0.1', generation: 1 }
    expect(faults([], [lease(1)], [{ ...give }])).to.equal(0)
    expect(faults([], [], [{ ...give }]), 'it may not have happened').to.equal(0)
    expect(faults([], [lease(1), lease(2, { address: '10.0.0.2' })], [{ ...give }])).to.equal(1)
    expect(faults([], [lease(1, other)], [{ ...give }]), 'another’s').to.equal(1)
    expect(faults([given(1)], [], [end])).to.equal(0)
    expect(faults([given(1), given(2, other)], [lease(2, other)], [end])).to.equal(0)
    expect(faults([given(3)], [], [end]), 'of another generation').to.equal(1)
    expect(faults([given(1)], [], [{ what: 'delete', interface: 'one' }])).to.equal(0)
  })
})
