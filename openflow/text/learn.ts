/** The learn action in text: timeouts and cookie of the flow it makes, then its specs. */

import type { LearnAction, LearnSpec } from '../spec/learn.ts'
import { fieldBits, fieldText, formatRange, type TextOptions } from './names.ts'
import { hex } from './scan.ts'
import { bigOf, formatValue } from './values.ts'

const DEFAULT_PRIORITY = 32768
const FLAGS = [
  [1, 'send_flow_rem'],
  [2, 'delete_learned'],
] as const

export function formatLearn(action: LearnAction, options: TextOptions): string {
  const out = [`table=${action.table_id}`]
  const number = (name: string, value: number): void => {
    if (value !== 0) out.push(`${name}=${value}`)
  }
  number('idle_timeout', action.idle_timeout)
  number('hard_timeout', action.hard_timeout)
  number('fin_idle_timeout', action.fin_idle_timeout)
  number('fin_hard_timeout', action.fin_hard_timeout)
  if (action.priority !== DEFAULT_PRIORITY) out.push(`priority=${action.priority}`)
  for (const [bit, name] of FLAGS) if (action.flags & bit) out.push(name)
  if (action.cookie !== 0n) out.push(`cookie=${hex(action.cookie)}`)
  if (action.type === 'nx_learn2') {
    number('limit', action.limit)
    const { field, ofs } = action.result
    if (field !== undefined) out.push(`result_dst=${formatRange(field, ofs, 1)}`)
  }
  return `learn(${[...out, ...action.specs.map((spec) => formatSpec(spec, options))].join(',')})`
}

function formatSpec(spec: LearnSpec, options: TextOptions): string {
  const { src, n_bits } = spec
  const from = src instanceof Uint8Array ? hex(bigOf(src)) : formatRange(src.field, src.ofs, n_bits)
  if (spec.to === 'output') return `output:${from}`
  const to = formatRange(spec.dst.field, spec.dst.ofs, n_bits)
  if (spec.to === 'load') return `load:${from}->${to}`
  if (!(src instanceof Uint8Array)) {
    return src.field === spec.dst.field && src.ofs === spec.dst.ofs ? to : `${to}=${from}`
  }
  const { field, ofs } = spec.dst
  if (typeof field === 'string' && ofs === 0 && n_bits === fieldBits(field)) {
    return `${fieldText(field)}=${formatValue(field, bigOf(src), undefined, options)}`
  }
  return `${to}=${from}`
}
