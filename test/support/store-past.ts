/** States of the past, told by walking back from the newest: what readers of the history do, in its simplest form. */
import type { Key, Store } from '../../store/contract.ts'

export type Plain = Record<Key, unknown>

/** Key to value now. */
export function stateNow(store: Store): Plain {
  return Object.fromEntries(store.list('').map(({ key, value }) => [key, value]))
}

/** Calls `visit` with the state at every revision from the newest down to where the history begins. */
export async function walkBack(store: Store, visit: (revision: number, state: Plain) => void): Promise<void> {
  const state = stateNow(store)
  let at = store.revision()
  visit(at, state)
  for await (const { revision, changes } of store.past(at)) {
    if (revision !== at) throw new Error(`revision ${revision} was told where ${at} was due`)
    for (const { key, before, after } of changes) {
      const is = JSON.stringify(state[key])
      if (is !== JSON.stringify(after?.value)) throw new Error(`${revision} left ${key} otherwise than it is: ${is}`)
      if (before === undefined) delete state[key]
      else state[key] = before.value
    }
    at = revision - 1
    visit(at, state)
  }
}
