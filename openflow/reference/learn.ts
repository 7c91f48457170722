/**
 * nx_learn and nx_learn2 (ovs-actions(7)): a flow made from the packet at hand. Limits, results and deletion with
 * the learning flow are not simulated. Knows nothing of where the new flow will match.
 */

import type { Action, ActionNamed } from '../spec/actions-nested.ts'
import type { LearnSpec, Subfield } from '../spec/learn.ts'
import type { FieldName, Oxm } from '../spec/oxm.ts'
import { oxmRow } from '../spec/oxm.ts'
import { refName, width } from './frame.ts'
import { readNumber } from './parse.ts'
import type { Walk } from './pipeline.ts'
import { insertFlow, sameTests, tableOf, testsOf } from './state.ts'

type Part = { value: bigint; mask: bigint }

function sourceOf(walk: Walk, spec: LearnSpec): bigint {
  if (spec.src instanceof Uint8Array) return readNumber(spec.src, 0, spec.src.length)
  const name = refName(spec.src.field)
  return name === undefined ? 0n : walk.frame.getBits(name, spec.src.ofs, spec.n_bits)
}

export function learn(walk: Walk, action: ActionNamed<'nx_learn' | 'nx_learn2'>): void {
  const parts = new Map<FieldName, Part>()
  const actions: Action[] = []
  for (const spec of action.specs) {
    const value = sourceOf(walk, spec)
    if (spec.to === 'output') actions.push({ type: 'output', port: Number(value), max_len: 0 })
    else if (spec.to === 'load') actions.push(load(spec.dst, spec.n_bits, value))
    else addPart(parts, spec.dst, spec.n_bits, value)
  }
  const match = [...parts].map(([field, part]) => oxmOf(field, part))
  const tests = testsOf(match)
  const table = tableOf(walk.state, action.table_id)
  table.flows = table.flows.filter((one) => one.priority !== action.priority || !sameTests(one.tests, tests))
  insertFlow(table, {
    tableId: action.table_id,
    priority: action.priority,
    match,
    tests,
    instructions: actions.length === 0 ? [] : [{ type: 'apply_actions', actions }],
    cookie: action.cookie,
    idleTimeout: action.idle_timeout,
    hardTimeout: action.hard_timeout,
    flags: action.flags & 1,
    created: walk.now,
    used: walk.now,
    packets: 0n,
    bytes: 0n,
  })
}

function load(dst: Subfield, bits: number, value: bigint): Action {
  return { type: 'nx_reg_load', ofs_nbits: { ofs: dst.ofs, n_bits: bits }, dst: dst.field, value }
}

function addPart(parts: Map<FieldName, Part>, dst: Subfield, bits: number, value: bigint): void {
  const name = refName(dst.field)
  if (name === undefined) return
  const old = parts.get(name) ?? { value: 0n, mask: 0n }
  parts.set(name, {
    value: old.value | (value << BigInt(dst.ofs)),
    mask: old.mask | (((1n << BigInt(bits)) - 1n) << BigInt(dst.ofs)),
  })
}

function oxmOf(field: FieldName, part: Part): Oxm {
  const wide = oxmRow(field).size > 6
  const full = part.mask === (1n << BigInt(width(field))) - 1n
  const value = wide ? part.value : Number(part.value)
  return (full ? { field, value } : { field, value, mask: wide ? part.mask : Number(part.mask) }) as Oxm
}
