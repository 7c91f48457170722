/** Instructions (OpenFlow 1.3.5 section 7.2.4, 1.5.1 section 7.2.5). */

import { type Field, lazy, list, type Of, u8, u32, u64 } from '../wire/field.ts'
import { pad, struct } from '../wire/struct.ts'
import { answering, type UnionRow, type UnknownExperimenter, unionOf } from '../wire/union.ts'
import { type Action, actions } from './actions-nested.ts'
import { stats } from './oxs.ts'

const gotoTable = struct({ table_id: u8, pad: pad(3) })
const writeMetadata = struct({ pad: pad(4), metadata: u64, metadata_mask: u64 })
const meter = struct({ meter_id: u32 })
/** `flags`: OFPSTF_PERIODIC, OFPSTF_ONLY_FIRST. */
const statTrigger = struct({ flags: u32, thresholds: stats })
const withActions = struct({ pad: pad(4), actions: lazy<Action[]>('actions', () => actions) })

/**
 * One instruction of a flow: `{ type: 'goto_table', table_id: 4 }`. Those of 1.0, which has only actions, are one
 * apply_actions.
 */
export type Instruction =
  | ({ type: 'goto_table' } & Of<typeof gotoTable>)
  | ({ type: 'write_metadata' } & Of<typeof writeMetadata>)
  | { type: 'write_actions'; actions: Action[] }
  | { type: 'apply_actions'; actions: Action[] }
  | { type: 'clear_actions' }
  | ({ type: 'meter' } & Of<typeof meter>)
  | ({ type: 'stat_trigger' } & Of<typeof statTrigger>)
  | UnknownExperimenter

/** The instruction of one type: `InstructionNamed<'meter'>`. */
export type InstructionNamed<N extends Instruction['type']> = Extract<Instruction, { type: N }>

/** Every instruction: number and shape. */
export const INSTRUCTIONS = {
  goto_table: { number: 1, body: gotoTable },
  write_metadata: { number: 2, body: writeMetadata },
  write_actions: { number: 3, body: withActions },
  apply_actions: { number: 4, body: withActions },
  clear_actions: { number: 5, body: struct({ pad: pad(4) }) },
  /** 1.5 has an action instead, and keeps the number for nothing. */
  meter: { number: { of13: 6, of15: null }, body: meter },
  stat_trigger: { number: { of15: 7 }, body: statTrigger },
} as const satisfies Record<string, UnionRow>

/** The order in which a switch does instructions (1.3.5 section 5.9), and in which texts have them. */
export const INSTRUCTION_ORDER: ReadonlyArray<Instruction['type']> = [
  'meter',
  'apply_actions',
  'clear_actions',
  'write_actions',
  'write_metadata',
  'goto_table',
]

const CODES = { bad_type: 'unknown_inst' }

const instruction = unionOf<Instruction>(INSTRUCTIONS, { align: 8, padded: 'inside', experimenter: 0xffff })

/** Instructions up to the end of the region; errors are OFPET_BAD_INSTRUCTION. */
export const instructions: Field<Instruction[]> = answering('bad_instruction', CODES, list(instruction))
