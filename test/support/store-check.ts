/** Checks what store-writer.ts left behind: everything it acknowledged, whole, with a gap-free history. */
import { expect } from 'chai'
import type { Store } from '../../store/contract.ts'
import { walkBack } from './store-past.ts'

/** The history leads back to the empty store, change set by change set. */
export async function checkPast(store: Store): Promise<void> {
  expect(store.reach()).to.equal(0)
  let last: Record<string, unknown> = { none: true }
  await walkBack(store, (revision, state) => {
    last = state
    if (revision > 0) expect([state[`a/${revision % 50}`], state[`c/${revision}`]]).to.deep.equal([revision, revision])
  })
  expect(last).to.deep.equal({})
}

export function checkWritten(store: Store, acknowledged: number): void {
  const revision = store.revision()
  expect(revision, 'acknowledged revisions are there').to.be.at.least(acknowledged)
  const expected: [string, number][] = []
  // Transaction n wrote the number n under n % 50; each of the last 50 is still there.
  for (let n = Math.max(1, revision - 49); n <= revision; n++) {
    expected.push([`a/${n % 50}`, n], [`b/${n % 50}`, n])
  }
  if (revision > 0) expected.push([`c/${revision}`, revision])
  const found = store.list<number>('').map(({ key, value }) => [key, value] as const)
  expect(Object.fromEntries(found)).to.deep.equal(Object.fromEntries(expected))
  const history = store.history(store.oldest())
  expect(history.length).to.equal(revision - store.oldest())
  for (const [i, set] of history.entries()) {
    expect(set.revision).to.equal(store.oldest() + 1 + i)
    expect(set.changes.filter(({ after }) => after).length, 'all three puts').to.equal(3)
    expect(set.changes.filter(({ after }) => !after).length).to.equal(set.revision === 1 ? 0 : 1)
  }
}
