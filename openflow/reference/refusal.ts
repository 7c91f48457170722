/** Why a switch does not do as told: thrown inside the reference switch, answered as an error message. */

import type { ErrorCodeName, ErrorTypeName } from '../spec/errors.ts'

export class Refusal extends Error {
  readonly error_type: ErrorTypeName | 'experimenter'
  readonly code: ErrorCodeName | number

  constructor(type: ErrorTypeName | 'experimenter', code: ErrorCodeName | number, detail = '') {
    super(`${type}/${code} ${detail}`)
    this.error_type = type
    this.code = code
  }
}

/** `enum ofp_bundle_failed_code` as the ONF numbers it on 1.3 (EXT-230); an experimenter error. */
export const BUNDLE_FAILED = {
  bad_id: 2302,
  bundle_exist: 2303,
  bundle_closed: 2304,
  bad_type: 2306,
  bad_flags: 2307,
  msg_bad_xid: 2309,
  msg_unsup: 2310,
  msg_failed: 2313,
} as const

export function bundleRefusal(code: keyof typeof BUNDLE_FAILED): Refusal {
  return new Refusal('experimenter', BUNDLE_FAILED[code])
}
