/** Why a switch does not do as told: thrown inside the reference switch, answered as an error message. */

import type { ErrorCodeName, ErrorTypeName } from '../spec/errors.ts'
import { EXPERIMENTER } from '../spec/oxm-row.ts'

export class Refusal extends Error {
  readonly error_type: ErrorTypeName | 'experimenter'
  readonly code: ErrorCodeName | number
  /** Whose code it is, for type experimenter. */
  readonly experimenter: number

  constructor(
    type: ErrorTypeName | 'experimenter',
    code: ErrorCodeName | number,
    detail = '',
    experimenter: number = EXPERIMENTER.onf,
  ) {
    super(`${type}/${code} ${detail}`)
    this.error_type = type
    this.code = code
    this.experimenter = experimenter
  }
}

/** ONFBIC_DUP_INSTRUCTION of EXT-600: an instruction type twice. */
export const duplicateInstruction = (): Refusal => new Refusal('experimenter', 2600)
/** NXBAC_BAD_CONJUNCTION of Open vSwitch. */
export const badConjunction = (): Refusal => new Refusal('experimenter', 15, 'conjunction', EXPERIMENTER.nicira)

/** `enum ofp_bundle_failed_code` as the ONF numbers it on 1.3 (EXT-230); an experimenter error. */
export const BUNDLE_FAILED = {
  bad_id: 2302,
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
