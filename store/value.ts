/**
 * What may be stored: JSON values, copied on the way in and frozen, so that memory holds exactly what a restart would
 * read back and no caller can change it afterwards. Also the rule for keys. Pure; called by engine.ts for every put.
 */
import type { Key } from './contract.ts'
import { StoreError } from './errors.ts'

const MAX_KEY_OCTETS = 512
const MAX_DEPTH = 64

/** Throws INVALID unless the key is 1 to 512 octets of well-formed text without control characters. */
export function checkKey(key: Key): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  const bad = typeof key !== 'string' || key === '' || /[\u0000-\u001f\u007f]/.test(key) || !key.isWellFormed()
  if (bad || Buffer.byteLength(key) > MAX_KEY_OCTETS)
    throw new StoreError('INVALID', `not a key: ${JSON.stringify(key)}`, { key: String(key).slice(0, 80) })
}

/**
 * A frozen deep copy in the form JSON gives back: undefined properties dropped, -0 as 0. Throws INVALID for what JSON
 * would lose silently: functions, bigints, NaN, infinities, dates, maps, octet arrays, cycles.
 */
export function frozenCopy(value: unknown, key: Key, depth = 0): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value
  if (typeof value === 'object' && depth < MAX_DEPTH) {
    if (Array.isArray(value)) return Object.freeze(value.map((item) => frozenCopy(item, key, depth + 1)))
    const prototype = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) {
      const copy: Record<string, unknown> = {}
      for (const [name, item] of Object.entries(value)) {
        if (item === undefined) continue
        const kept = frozenCopy(item, key, depth + 1)
        // Plain assignment would set the prototype instead of storing the name.
        if (name === '__proto__')
          Object.defineProperty(copy, name, { value: kept, enumerable: true, configurable: true, writable: true })
        else copy[name] = kept
      }
      return Object.freeze(copy)
    }
  }
  const what = typeof value === 'object' ? (value?.constructor?.name ?? 'object') : `${typeof value} ${String(value)}`
  throw new StoreError('INVALID', `the value of ${key} holds what JSON cannot keep: ${what}`, { key })
}
