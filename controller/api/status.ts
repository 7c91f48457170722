/**
 * How a failure travels: a gRPC status with google.rpc details (ErrorInfo, BadRequest, Help) in the
 * `grpc-status-details-bin` trailer, as AIP-193 asks. The table of failures is model/errors.ts; nothing here decides.
 */
import { Metadata, type StatusObject } from '@grpc/grpc-js'
import { ERRORS, type Failure, failureText, STATUS } from '../../model/errors.ts'
import { loadServices } from '../../proto/index.ts'

/** A failure as a google.rpc.Status; its message is the sentence and the remedy. */
export function rpcStatus(failure: Failure): { code: number; message: string; details: Encoded[] } {
  const code = STATUS[ERRORS[failure.code].status]
  const message = `${failureText(failure)} ${failureText(failure, 'remedy')}`
  const details = [
    encode('google.rpc.ErrorInfo', { reason: failure.code, domain: 'tagsteer', metadata: bounded(failure.details) }),
  ]
  if (failure.violations !== undefined) {
    details.push(encode('google.rpc.BadRequest', { fieldViolations: failure.violations.slice(0, 64) }))
  }
  return { code, message: clip(message), details }
}

/** The gRPC status of a failure. */
export function statusOf(failure: Failure): StatusObject {
  const status = rpcStatus(failure)
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', encode('google.rpc.Status', status).value)
  return { code: status.code, details: status.message, metadata }
}

/** A message in google.protobuf.Any. */
interface Encoded {
  type_url: string
  value: Buffer
}

function encode(type: string, value: object): Encoded {
  const row = loadServices().definition[type]
  if (row === undefined || !('serialize' in row) || typeof row.serialize !== 'function')
    throw new Error(`${type} is not loaded`)
  return { type_url: `type.googleapis.com/${type}`, value: row.serialize(value) as Buffer }
}

/** HTTP/2 header lists are limited: a trailer of more than some kilobytes would be cut off by the peer. */
const clip = (text: string): string => (text.length > 1500 ? `${text.slice(0, 1497)}...` : text)

function bounded(details: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, clip(value)]))
}
