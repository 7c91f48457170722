/** Why a switch does not do as told: thrown inside the reference switch, answered as an error message. */

import type { ErrorCodeName, ErrorTypeName } from '../spec/errors.ts'

export class Refusal extends Error {
  readonly error_type: ErrorTypeName
  readonly code: ErrorCodeName

  constructor(type: ErrorTypeName, code: ErrorCodeName, detail = '') {
    super(`${type}/${code} ${detail}`)
    this.error_type = type
    this.code = code
  }
}
