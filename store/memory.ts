/**
 * The store contract with nothing behind it: for tests and `--store memory`. Same engine, a journal that keeps nothing,
 * so its semantics cannot differ from the durable engine's.
 */
import type { Store } from './contract.ts'
import { Engine, type EngineOptions } from './engine.ts'

export function openMemoryStore(options: EngineOptions = {}): Store {
  const nothing = () => Promise.resolve()
  return new Engine({ append: nothing, rewrite: nothing, close: nothing }, { base: 0, entries: [], sets: [] }, options)
}
