/**
 * Why a store refuses: one typed error with a code, a sentence and details. Knows how errno names map to codes, and how
 * a refusal reads as a row of model/errors.ts; refuses to know what the caller does about it. Thrown by store/, caught
 * by the API and by `main`.
 */
import { type Failure, fail } from '../model/errors.ts'

export type StoreErrorCode =
  /** Another process has the directory open. details: pid, directory. */
  | 'LOCKED'
  /** A checksum or the order of records is wrong. details: file, line, key. */
  | 'DAMAGED'
  /** Written by a newer tagsteer. details: found, known. */
  | 'SCHEMA'
  | 'DISK_FULL'
  | 'READ_ONLY'
  /** Any other failing system call. details: errno. */
  | 'IO'
  /** details: revision, oldest. */
  | 'COMPACTED'
  /** details: revision, newest. */
  | 'AHEAD'
  /** A transaction that breaks the contract. details: key, if one is concerned. */
  | 'INVALID'
  | 'CLOSED'

export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(
    code: StoreErrorCode,
    message: string,
    details: Record<string, string | number> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.details = details
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const FORBIDDEN = new Set(['EROFS', 'EACCES', 'EPERM'])

/** The StoreError for a failed system call; a StoreError passes through. */
export function systemFailure(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error
  const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  const code = FULL.has(errno) ? 'DISK_FULL' : FORBIDDEN.has(errno) ? 'READ_ONLY' : 'IO'
  const why = code === 'DISK_FULL' ? 'the disk is full' : code === 'READ_ONLY' ? 'no write permission' : 'input/output'
  return new StoreError(code, `${doing}: ${why} (${errno})`, { errno }, { cause: error })
}

/** The row of the error table that tells an API caller of a StoreError. */
export function storeFailure(error: StoreError): Failure {
  switch (error.code) {
    case 'COMPACTED':
      return fail('COMPACTED', error.details).failure
    case 'INVALID':
      return fail('INTERNAL', { reason: error.message }).failure
    default:
      return fail('STORE_FAILED', { reason: error.message }).failure
  }
}
