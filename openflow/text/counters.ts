/** Counters in text: `pkts=5, bytes=300`. One that a switch does not have is all ones, and told as `?`. */

import { U64_MAX } from '../wire/field.ts'

export const counter = (value: bigint): string => (value === U64_MAX ? '?' : `${value}`)

/** Names and numbers, in a line. */
export const counters = (pairs: readonly (readonly [name: string, value: bigint])[]): string =>
  pairs.map(([name, value]) => `${name}=${counter(value)}`).join(', ')
