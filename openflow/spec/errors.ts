/**
 * Error types and codes (section 7.4.4), and those of Open vSwitch's and the ONF's extensions that a controller
 * meets on 1.3 connections. Names of the specification in lower case; numbers without a name stay numbers.
 */

import { shown, WireError } from '../wire/error.ts'
import { type Field, rest, u16 } from '../wire/field.ts'

interface ErrorType {
  readonly number: number
  readonly codes: readonly string[]
}

/** By type: number, and the codes in the order of their numbers. */
export const ERRORS = {
  hello_failed: { number: 0, codes: ['incompatible', 'eperm'] },
  bad_request: {
    number: 1,
    codes: [
      'bad_version',
      'bad_type',
      'bad_multipart',
      'bad_experimenter',
      'bad_exp_type',
      'eperm',
      'bad_len',
      'buffer_empty',
      'buffer_unknown',
      'bad_table_id',
      'is_slave',
      'bad_port',
      'bad_packet',
      'multipart_buffer_overflow',
    ],
  },
  bad_action: {
    number: 2,
    codes: [
      'bad_type',
      'bad_len',
      'bad_experimenter',
      'bad_exp_type',
      'bad_out_port',
      'bad_argument',
      'eperm',
      'too_many',
      'bad_queue',
      'bad_out_group',
      'match_inconsistent',
      'unsupported_order',
      'bad_tag',
      'bad_set_type',
      'bad_set_len',
      'bad_set_argument',
    ],
  },
  bad_instruction: {
    number: 3,
    codes: [
      'unknown_inst',
      'unsup_inst',
      'bad_table_id',
      'unsup_metadata',
      'unsup_metadata_mask',
      'bad_experimenter',
      'bad_exp_type',
      'bad_len',
      'eperm',
    ],
  },
  bad_match: {
    number: 4,
    codes: [
      'bad_type',
      'bad_len',
      'bad_tag',
      'bad_dl_addr_mask',
      'bad_nw_addr_mask',
      'bad_wildcards',
      'bad_field',
      'bad_value',
      'bad_mask',
      'bad_prereq',
      'dup_field',
      'eperm',
    ],
  },
  flow_mod_failed: {
    number: 5,
    codes: ['unknown', 'table_full', 'bad_table_id', 'overlap', 'eperm', 'bad_timeout', 'bad_command', 'bad_flags'],
  },
  group_mod_failed: {
    number: 6,
    codes: [
      'group_exists',
      'invalid_group',
      'weight_unsupported',
      'out_of_groups',
      'out_of_buckets',
      'chaining_unsupported',
      'watch_unsupported',
      'loop',
      'unknown_group',
      'chained_group',
      'bad_type',
      'bad_command',
      'bad_bucket',
      'bad_watch',
      'eperm',
    ],
  },
  port_mod_failed: { number: 7, codes: ['bad_port', 'bad_hw_addr', 'bad_config', 'bad_advertise', 'eperm'] },
  table_mod_failed: { number: 8, codes: ['bad_table', 'bad_config', 'eperm'] },
  queue_op_failed: { number: 9, codes: ['bad_port', 'bad_queue', 'eperm'] },
  switch_config_failed: { number: 10, codes: ['bad_flags', 'bad_len', 'eperm'] },
  role_request_failed: { number: 11, codes: ['stale', 'unsup', 'bad_role'] },
  meter_mod_failed: {
    number: 12,
    codes: [
      'unknown',
      'meter_exists',
      'invalid_meter',
      'unknown_meter',
      'bad_command',
      'bad_flags',
      'bad_rate',
      'bad_burst',
      'bad_band',
      'bad_band_value',
      'out_of_meters',
      'out_of_bands',
    ],
  },
  table_features_failed: {
    number: 13,
    codes: ['bad_table', 'bad_metadata', 'bad_type', 'bad_len', 'bad_argument', 'eperm'],
  },
} as const satisfies Record<string, ErrorType>

export type ErrorTypeName = keyof typeof ERRORS
export type ErrorCodeName = (typeof ERRORS)[ErrorTypeName]['codes'][number]

/** Codes of experimenter errors (type 0xffff) are the experimenter's own 16 bit types. */
const EXPERIMENTER = 0xffff

const typeNames = new Map<number, ErrorTypeName>()
for (const name of Object.keys(ERRORS) as ErrorTypeName[]) typeNames.set(ERRORS[name].number, name)

/** `{ error_type: 'bad_match', code: 'bad_prereq' }`. The type's name is needed to name the code. */
export interface ErrorKind {
  error_type: ErrorTypeName | 'experimenter' | number
  code: ErrorCodeName | number
}

export function errorKind(type: number, code: number): ErrorKind {
  if (type === EXPERIMENTER) return { error_type: 'experimenter', code }
  const error_type = typeNames.get(type)
  if (error_type === undefined) return { error_type: type, code }
  return { error_type, code: (ERRORS[error_type].codes[code] as ErrorCodeName | undefined) ?? code }
}

/** Numbers of an error kind; undefined for a name that does not exist. */
export function errorNumbers(kind: ErrorKind): { type: number; code: number } | undefined {
  const { error_type, code } = kind
  if (typeof error_type === 'number') return typeof code === 'number' ? { type: error_type, code } : undefined
  if (error_type === 'experimenter') return typeof code === 'number' ? { type: EXPERIMENTER, code } : undefined
  const row: ErrorType | undefined =
    typeof error_type === 'string' && Object.hasOwn(ERRORS, error_type) ? ERRORS[error_type] : undefined
  if (row === undefined) return undefined
  const number = typeof code === 'number' ? code : row.codes.indexOf(code)
  return number < 0 ? undefined : { type: row.number, code: number }
}

/** The body of an error message; `data` is at least 64 octets of what was refused, or text for hello_failed. */
export const errorBody: Field<ErrorKind & { data: Uint8Array }> = {
  kind: 'error',
  min: 4,
  fixed: false,
  read: (r) => ({ ...errorKind(u16.read(r), u16.read(r)), data: rest.read(r) }),
  write(w, value) {
    const numbers = errorNumbers(value)
    if (numbers === undefined) {
      throw new WireError(
        'unknown_name',
        w.at,
        `no such error: ${shown(value.error_type)}/${shown(value.code)}`,
      ).within('code')
    }
    u16.write(w, numbers.type)
    u16.write(w, numbers.code)
    rest.write(w, value.data)
  },
}
