/**
 * What a disagreement with os-ken is, and how rows say which parts of messages they are about. The rows are in
 * os-ken-part-rows.ts and os-ken-message-rows.ts.
 *
 * Phases: `read` (os-ken reads other values, or fails), `write` (os-ken does not write back the octets that it read),
 * `build` (os-ken writes other octets for the same values, or fails).
 */
import { type Message, OXM } from 'node-openflow'
import type { Part } from './tree.ts'

export type Phase = 'read' | 'write' | 'build'

export interface Disagreement {
  readonly where: string
  /** Versions in which it is; all without. */
  readonly versions?: readonly number[]
  readonly phases: readonly Phase[]
  readonly is: (part: Part) => boolean
  readonly right: 'node-openflow' | 'os-ken' | 'both' | 'neither'
  readonly why: string
  /** Messages that show it, where generated ones rarely do; 1.3 unless the row is of other versions only. */
  readonly examples?: readonly Message[]
}

export type Value = Record<string, unknown>

export const SINCE_13 = [4, 5, 6]

/** Parts of a kind with one of the names; any name without names. */
export function part(kind: string, names?: readonly string[] | RegExp, when: (value: Value) => boolean = () => true) {
  return (one: Part): boolean => {
    if (one.kind !== kind) return false
    if (names instanceof RegExp ? !names.test(one.name) : names !== undefined && !names.includes(one.name)) return false
    return when(one.value as Value)
  }
}

export const any =
  (...tests: ReadonlyArray<(one: Part) => boolean>): ((one: Part) => boolean) =>
  (one) =>
    tests.some((test) => test(one))

export const size = (value: unknown): number => (value as Uint8Array).length
/** Not of Nicira's classes, by the field's number. */
export const isOfOpenFlow = (field: string): boolean => {
  const { class: cls = 0 } = OXM[field as keyof typeof OXM] ?? {}
  return cls === 0x8000 || cls === 0x8001 || cls === 0xffff
}
export const isExperimenter = (field: string): boolean => 'experimenter' in (OXM[field as keyof typeof OXM] ?? {})

/** Octets of a match field with its header. */
export function oxmSize(value: Value): number {
  const { field, mask, body, experimenter } = value as Value & { field: string }
  const row = OXM[field as keyof typeof OXM]
  if (row === undefined) return 4 + size(body) + (experimenter === undefined ? 0 : 4)
  const width = value['value'] instanceof Uint8Array ? size(value['value']) : row.size
  return 4 + ('experimenter' in row ? 4 : 0) + width * (mask === undefined ? 1 : 2)
}
