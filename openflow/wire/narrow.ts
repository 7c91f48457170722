/**
 * Members for which a version has less room: `implied` takes none, since there only one value is meant; `fewerNames` lacks names; `renumbered`
 * has other numbers on the wire; `sparing` has bits that mean nothing, and which these are depends on the others. What
 * does not fit is refused with `not_in_version`. Knows no version and no row.
 */

import { Reader, Writer } from './cursor.ts'
import { shown, WireError } from './error.ts'
import { type Enumeration, enumeration, type Field, isUint, type Uint } from './field.ts'
import { type Mapped, notInVersion } from './version.ts'

/** A member without octets: reading gives the value, writing takes no other. */
export interface Implied<T> extends Field<T> {
  readonly kind: 'implied'
  readonly value: T
}

export function implied<T extends number | bigint>(value: T): Implied<T> {
  return {
    kind: 'implied',
    min: 0,
    fixed: true,
    value,
    read: () => value,
    write(w, given) {
      if (typeof given !== typeof value) throw new WireError('wrong_type', w.at, `${typeof value} wanted`)
      if (given !== value) throw notInVersion(w.at, w.version, `value but ${value} here, not ${shown(given)}`)
    },
  }
}

/** The names of an enumeration that a version has; its other names are refused. */
export function fewerNames<N extends string>(of: Enumeration<N>, names: ReadonlyArray<NoInfer<N>>): Enumeration<N> {
  const numbers = Object.fromEntries(names.map((name) => [name, of.names[name]!]))
  const fewer = enumeration(of.of, numbers) as Enumeration<N>
  return {
    ...fewer,
    write(w, value) {
      if (typeof value === 'string' && Object.hasOwn(of.names, value) && !Object.hasOwn(numbers, value)) {
        throw notInVersion(w.at, w.version, value)
      }
      fewer.write(w, value)
    },
  }
}

/** A number that has another one on the wire; `wire` is undefined where there is none. Values have 32 bits. */
export function renumbered(
  of: Uint,
  meaning: (wire: number) => number,
  wire: (value: number) => number | undefined,
): Mapped<number> {
  return {
    kind: 'mapped',
    min: of.min,
    fixed: true,
    of: of as Field<unknown>,
    meaning,
    read: (r) => meaning(of.read(r)),
    write(w, value) {
      if (typeof value !== 'number') throw new WireError('wrong_type', w.at, `number wanted, not ${shown(value)}`)
      if (!isUint(value, 0xffff_ffff)) {
        throw new WireError('out_of_range', w.at, `${value} is not an integer in 0..${0xffff_ffff}`)
      }
      const number = wire(value)
      if (number === undefined) throw notInVersion(w.at, w.version, `number for ${value}`)
      of.write(w, number)
    },
  }
}

/**
 * A bit set whose bits stand elsewhere on the wire: pairs of masks, wire and meaning, both of one bit or of runs of the
 * same length. Other bits of the wire mean nothing, other bits of a value are refused.
 */
export function movedBits(of: Uint, pairs: ReadonlyArray<readonly [wire: number, meaning: number]>): Mapped<number> {
  const moves = pairs.map(([from, to]) => ({ from, to, factor: to / from }))
  const all = moves.reduce((sum, { to }) => sum + to, 0)
  const meaning = (wire: number): number =>
    moves.reduce((sum, { from, factor }) => sum + ((wire & from) >>> 0) * factor, 0)
  const back = (value: number): number | undefined =>
    (value & ~all) !== 0 ? undefined : moves.reduce((sum, { to, factor }) => sum + ((value & to) >>> 0) / factor, 0)
  return sparing(renumbered(of, meaning, back))
}

/**
 * `field` must be of fixed size and read whatever octets there are. What of them is not as it would write them is kept
 * as padding: the difference, bit by bit. Writing restores it unless that would mean something else by now.
 */
export function sparing<F extends Field<never> | Field<unknown>>(field: F): F {
  const inner = field as Field<unknown>
  const size = inner.min
  const scratch = new Writer(size)
  const canonical = (value: unknown, version: number): Uint8Array => {
    scratch.at = 0
    scratch.version = version
    inner.write(scratch, value)
    return scratch.octets
  }
  const valueAt = (octets: Uint8Array, at: number, version: number): unknown => {
    const r = new Reader(octets, at, at + size)
    r.version = version
    return inner.read(r)
  }
  const spare = {
    ...inner,
    read(r: Reader): unknown {
      r.need(size)
      const value = valueAt(r.octets, r.at, r.version)
      const plain = canonical(value, r.version)
      const difference = r.octets.slice(r.at, r.at + size)
      for (let i = 0; i < size; i++) difference[i]! ^= plain[i]!
      r.keep(r.at, difference)
      r.at += size
      return value
    },
    write(w: Writer, value: unknown): void {
      const start = w.at
      const { padding } = w
      // Padding inside belongs to the difference.
      w.padding = undefined
      try {
        inner.write(w, value)
      } finally {
        w.padding = padding
      }
      const kept = padding?.get(start)
      if (kept?.length !== size) return
      const restored = w.octets.slice(start, w.at)
      for (let i = 0; i < size; i++) restored[i]! ^= kept[i]!
      const plain = canonical(valueAt(restored, 0, w.version), w.version)
      if (plain.every((octet, i) => octet === w.octets[start + i])) w.octets.set(restored, start)
    },
  }
  return spare as unknown as F
}
