/**
 * What to answer where a version lacks the error that something deserves: 1.0 has no error for a match, 1.3 none for
 * a property. Knows the names and which is near which; what they are in a version is in `errors.ts`.
 */

import type { ErrorAnswer } from '../wire/error.ts'
import { type ErrorKind, errorNumbers } from './errors.ts'

/** `type/code`, or `type` for all its codes: what comes near, best first. The first that the version has is taken. */
const NEAREST: Readonly<Record<string, readonly string[]>> = {
  'bad_match/bad_len': ['bad_request/bad_len'],
  bad_match: ['flow_mod_failed/unsupported'],
  'bad_instruction/bad_len': ['bad_action/bad_len'],
  'bad_instruction/bad_experimenter': ['bad_action/bad_experimenter'],
  'bad_instruction/bad_exp_type': ['bad_action/bad_exp_type'],
  bad_instruction: ['flow_mod_failed/unsupported'],
  'bad_action/bad_set_len': ['bad_action/bad_len'],
  'bad_action/bad_set_type': ['bad_action/bad_type'],
  'bad_action/bad_out_group': ['bad_action/bad_out_port'],
  'bad_action/unsupported_order': ['flow_mod_failed/unsupported'],
  bad_action: ['bad_action/bad_argument'],
  'flow_mod_failed/bad_emerg_timeout': ['flow_mod_failed/bad_timeout'],
  flow_mod_failed: ['flow_mod_failed/unsupported', 'flow_mod_failed/unknown'],
  group_mod_failed: ['bad_request/bad_type'],
  table_mod_failed: ['bad_request/bad_type'],
  role_request_failed: ['bad_request/bad_type'],
  meter_mod_failed: ['bad_request/bad_type'],
  bundle_failed: ['bad_request/bad_type'],
  'table_features_failed/bad_type': ['bad_property/bad_type'],
  'table_features_failed/bad_len': ['bad_property/bad_len'],
  'table_features_failed/bad_argument': ['bad_property/bad_value'],
  table_features_failed: ['bad_request/bad_len'],
  'bad_property/bad_len': ['bad_request/bad_len'],
  'bad_property/bad_experimenter': ['bad_request/bad_experimenter'],
  'bad_property/bad_exp_type': ['bad_request/bad_exp_type'],
  bad_property: ['bad_request/bad_len'],
}

/** Every version has it. */
const LAST = 'bad_request/eperm'

/** The error itself where the version (octet of the header) has it, the nearest one otherwise; there is always one. */
export function nearestError(answer: ErrorAnswer, version: number): ErrorAnswer {
  const name = `${answer.type}/${answer.code}`
  for (const one of [name, ...(NEAREST[name] ?? []), ...(NEAREST[answer.type] ?? []), LAST]) {
    const [type, code] = one.split('/') as [string, string]
    if (errorNumbers({ error_type: type, code } as ErrorKind, version) !== undefined) return { type, code }
  }
  throw new Error(`no error in version ${version}`)
}
