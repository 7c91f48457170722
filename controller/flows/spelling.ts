/**
 * Whether what a switch has means what it was given, however it spells it: other actions that write the same, other names
 * of the same field, another order where order means nothing. Pure. It refuses to know what follows from a difference.
 */
import {
  type Action,
  type Bucket,
  type FieldName,
  INSTRUCTION_ORDER,
  type Instruction,
  OXM,
  type Oxm,
  oxmRow,
  PORT_CONTROLLER,
} from 'node-openflow'
import type { Flow, Group, Meter } from '../policy/program.ts'
import { sameValue } from './same.ts'

/** Whether a flow as a switch spells it means what another says; keys are compared elsewhere. */
export function sameFlow(a: Flow, b: Flow): boolean {
  return a.cookie === b.cookie && a.idleTimeout === b.idleTimeout && sameInstructions(a.instructions, b.instructions)
}

/** Whether instructions mean the same. */
export function sameInstructions(a: readonly Instruction[], b: readonly Instruction[]): boolean {
  return a === b || sameInPlace(a, b) || sameValue(canonical(a), canonical(b))
}

/** Whether they mean the same one by one, as they mostly do; tells without making anything. */
function sameInPlace(a: readonly Instruction[], b: readonly Instruction[]): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) {
    const [one, other] = [a[at] as Instruction, b[at] as Instruction]
    if (one.type !== other.type) return false
    if (one.type !== 'apply_actions' && one.type !== 'write_actions') {
      if (!sameValue(one, other)) return false
    } else if (!sameActions(one.actions, (other as typeof one).actions)) return false
  }
  return true
}

function sameActions(a: readonly Action[], b: readonly Action[]): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (!sameAction(a[at] as Action, b[at] as Action)) return false
  return true
}

function sameAction(a: Action, b: Action): boolean {
  if (a.type === 'output' && b.type === 'output') {
    return a.port === b.port && (a.port !== PORT_CONTROLLER || a.max_len === b.max_len)
  }
  if (
    a.type === 'set_field' &&
    b.type === 'set_field' &&
    a.field.field === b.field.field &&
    a.field.field !== 'unknown'
  ) {
    if (a.field.value === b.field.value && a.field.mask === b.field.mask) return true
  } else if (a.type === 'nx_reg_move' && b.type === 'nx_reg_move') {
    if (a.n_bits !== b.n_bits || a.src_ofs !== b.src_ofs || a.dst_ofs !== b.dst_ofs) return false
    return sameName(a.src, b.src) && sameName(a.dst, b.dst)
  }
  return sameValue(a, b) || sameValue(canonicalAction(a), canonicalAction(b))
}

function sameName(a: unknown, b: unknown): boolean {
  return a === b || sameValue(withPlainNames(a), withPlainNames(b))
}

export function sameGroup(a: Group, b: Group): boolean {
  const buckets = (list: readonly Bucket[]): unknown =>
    list.map(({ actions, weight, ...bucket }) => ({
      ...bucket,
      // Only select groups have weights (section 6.10.1).
      weight: a.groupType === 'select' ? weight : 0,
      actions: actions.flatMap(canonicalAction),
    }))
  return a === b || (a.groupType === b.groupType && sameValue(buckets(a.buckets), buckets(b.buckets)))
}

export function sameMeter(a: Meter, b: Meter): boolean {
  return a.flags === b.flags && sameValue(a.bands, b.bands)
}

/** Instructions act in the order of their kinds, whatever order they are written in. */
const ORDER: readonly string[] = INSTRUCTION_ORDER

/** The same value for instructions that mean the same. */
export function canonical(instructions: readonly Instruction[]): unknown[] {
  return instructions
    .flatMap((instruction): { type: string }[] => {
      if (instruction.type === 'write_metadata') {
        const { metadata, metadata_mask } = instruction
        return [{ ...instruction, metadata: metadata & metadata_mask } as { type: string }]
      }
      if (instruction.type !== 'apply_actions' && instruction.type !== 'write_actions') return [instruction]
      const actions = instruction.actions.flatMap(canonicalAction)
      return actions.length === 0 ? [] : [{ type: instruction.type, actions } as { type: string }]
    })
    .sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type))
}

function canonicalAction(action: Action): unknown[] {
  switch (action.type) {
    case 'output':
      // max_len means something towards the controller only (section 7.2.5).
      return [action.port === PORT_CONTROLLER ? action : { ...action, max_len: 0 }]
    case 'set_field':
      return [writing(action.field)]
    case 'nx_reg_load2':
      return [writing(action.field)]
    case 'nx_reg_load':
      return [load(action)]
    case 'nx_ct':
    case 'nx_clone':
      return [withPlainNames({ ...action, actions: action.actions.flatMap(canonicalAction) })]
    case 'nx_controller2': {
      // In whatever order they were given.
      const properties = [...action.properties].sort((a, b) => (a.type < b.type ? -1 : 1))
      return [{ ...action, properties }]
    }
    default:
      return [withPlainNames(action)]
  }
}

/** Names of fields that are another spelling of one field become that field's. */
function withPlainNames(value: unknown): unknown {
  if (typeof value === 'string') return Object.hasOwn(OXM, value) ? (oxmRow(value as FieldName).twin ?? value) : value
  if (Array.isArray(value)) return value.map(withPlainNames)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withPlainNames(member)]))
}

/** The bits written to a field, whichever action says so. */
interface Writing {
  type: 'write'
  field: string | number | object
  value: string | bigint
  mask: bigint | undefined
}

function writing(oxm: Oxm): unknown {
  if (oxm.field === 'unknown' || typeof oxm.value === 'object') return { type: 'write', ...oxm }
  const row = oxmRow(oxm.field)
  const all = (1n << BigInt(row.bits ?? row.size * 8)) - 1n
  const mask = oxm.mask === undefined ? all : BigInt(oxm.mask as number | bigint)
  const value = BigInt(oxm.value) & mask
  return { type: 'write', field: row.twin ?? oxm.field, value, mask } satisfies Writing
}

function load({ dst, ofs_nbits: { ofs, n_bits }, value }: Extract<Action, { type: 'nx_reg_load' }>): unknown {
  if (typeof dst !== 'string') return { type: 'write', field: dst, value, ofs, n_bits }
  const mask = ((1n << BigInt(n_bits)) - 1n) << BigInt(ofs)
  const row = oxmRow(dst as FieldName)
  return { type: 'write', field: row.twin ?? dst, value: (value << BigInt(ofs)) & mask, mask } satisfies Writing
}
