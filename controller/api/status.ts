/**
 * How a failure travels: a gRPC status with google.rpc details (ErrorInfo, BadRequest, Help) in the
 * `grpc-status-details-bin` trailer, as AIP-193 asks. The table of failures is model/errors.ts; nothing here decides.
 */
import { Metadata, type StatusObject } from '@grpc/grpc-js'
import { ERRORS, type Failure, failureText, STATUS } from '../../model/errors.ts'
import { loadServices } from '../../proto/index.ts'

/** The gRPC status of a failure; its message is the sentence and the remedy. */
export function statusOf(failure: Failure): StatusObject {
  const { definition } = loadServices()
  const encode = (type: string, value: object): { type_url: string; value: Buffer } => {
    const row = definition[type]
    if (row === undefined || !('serialize' in row) || typeof row.serialize !== 'function')
      throw new Error(`${type} is not loaded`)
    return { type_url: `type.googleapis.com/${type}`, value: row.serialize(value) as Buffer }
  }
  const code = STATUS[ERRORS[failure.code].status]
  const message = `${failureText(failure)} ${failureText(failure, 'remedy')}`
  const details = [
    encode('google.rpc.ErrorInfo', { reason: failure.code, domain: 'tagsteer', metadata: bounded(failure.details) }),
  ]
  if (failure.violations !== undefined) {
    details.push(encode('google.rpc.BadRequest', { fieldViolations: failure.violations.slice(0, 64) }))
  }
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', encode('google.rpc.Status', { code, message: clip(message), details }).value)
  return { code, details: clip(message), metadata }
}

/** HTTP/2 header lists are limited: a trailer of more than some kilobytes would be cut off by the peer. */
const clip = (text: string): string => (text.length > 1500 ? `${text.slice(0, 1497)}...` : text)

function bounded(details: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, clip(value)]))
}
