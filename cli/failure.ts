/**
 * How commands fail: a sentence for people, an exit code for scripts. 1 is an error, 2 is "different" or "the answer is
 * no", 124 a timeout, 130 an interruption: the conventions of ovs-ofctl and coreutils (kubectl diff has 1 and 2 the
 * other way round). Knows the google.rpc details that the controller sends.
 */
import { type ServiceError, status } from '@grpc/grpc-js'
import { loadServices } from '../proto/index.ts'

export const EXIT = { ok: 0, error: 1, different: 2, timeout: 124, interrupted: 130 } as const

/** An error that is printed as it is, without a stack. */
export class CliError extends Error {
  override name = 'CliError'
  readonly exitCode: number
  /** Further lines, one each: fields that are wrong, what to try. */
  readonly lines: string[]
  constructor(message: string, exitCode: number = EXIT.error, lines: string[] = []) {
    super(message)
    this.exitCode = exitCode
    this.lines = lines
  }
}

interface Detail {
  typeUrl?: string
  type_url?: string
  value?: Buffer
}

/** What the controller said about an error, in structured form. */
export interface RpcDetails {
  /** Code of docs/errors.md; empty where the error is not the controller's own. */
  reason: string
  metadata: Record<string, string>
  violations: { field: string; description: string }[]
}

export function rpcDetails(error: ServiceError): RpcDetails {
  const details: RpcDetails = { reason: '', metadata: {}, violations: [] }
  const raw = error.metadata?.get('grpc-status-details-bin')[0]
  if (!Buffer.isBuffer(raw)) return details
  const { definition } = loadServices()
  const decode = (type: string, octets: Buffer): Record<string, unknown> | undefined => {
    const row = definition[type]
    return row !== undefined && 'deserialize' in row && typeof row.deserialize === 'function'
      ? (row.deserialize(octets) as Record<string, unknown>)
      : undefined
  }
  const wrapper = decode('google.rpc.Status', raw)
  for (const detail of (wrapper?.['details'] ?? []) as Detail[]) {
    const type = (detail.typeUrl ?? detail.type_url ?? '').split('/').pop() ?? ''
    const body = detail.value === undefined ? undefined : decode(type, Buffer.from(detail.value))
    if (type === 'google.rpc.ErrorInfo' && body !== undefined) {
      details.reason = String(body['reason'])
      details.metadata = body['metadata'] as Record<string, string>
    } else if (type === 'google.rpc.BadRequest' && body !== undefined) {
      details.violations = body['fieldViolations'] as RpcDetails['violations']
    }
  }
  return details
}

/** The CliError for a failed call to the controller at `server`. */
export function fromRpc(error: ServiceError, server: string): CliError {
  const details = rpcDetails(error)
  const lines = details.violations.map(({ field, description }) => `${field}: ${description}`)
  if (error.code === status.DEADLINE_EXCEEDED) return new CliError(`timed out: ${error.details}`, EXIT.timeout, lines)
  if (error.code === status.UNAVAILABLE && details.reason === '') {
    // The library's own words repeat themselves; the last error is the one that says why.
    const reason = /Last error: (?:Error: )?(.*?)\.? Resolution note:/s.exec(error.details)?.[1] ?? error.details
    return new CliError(`no controller answers at ${server}: ${reason}`, EXIT.error, [
      'start one with `tagsteer up`, or name another with --server HOST:PORT (or TAGSTEER_SERVER)',
    ])
  }
  const code = details.reason === '' ? (status[error.code] ?? String(error.code)) : details.reason
  // Field violations are listed below; the sentence would repeat them.
  const sentence =
    lines.length > 0 ? `the request has ${lines.length} invalid field${lines.length === 1 ? '' : 's'}` : error.details
  return new CliError(`${sentence} [${code}]`, EXIT.error, lines)
}
