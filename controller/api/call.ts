/**
 * What every call goes through before a method sees it: role, unknown fields, limits; and after it: failures as
 * statuses, one log line. Methods are functions from a request to a result; they know no gRPC. Used by server.ts.
 */
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  ServerUnaryCall,
  ServerWritableStream,
  StatusObject,
  sendUnaryData,
} from '@grpc/grpc-js'
import { type Failure, fail, type Result, STATUS } from '../../model/errors.ts'
import { loadServices, unknownField } from '../../proto/index.ts'
import { type Caller, callerOf, METHOD_ROLES } from './auth.ts'
import { statusOf } from './status.ts'

/** What a method is told besides its request. */
export interface CallContext {
  caller: Caller
  method: string
  /** Aborted when the client went away or its deadline passed. */
  signal: AbortSignal
}

export type CallLog = (event: {
  method: string
  caller: string
  role: string
  code: string
  ms: number
  reason?: string
}) => void

/** A serving policy that all methods share. */
export interface CallRules {
  log: CallLog
  now(): number
  /** Milliseconds that a unary call may take at most. */
  maxUnaryMs: number
  /** Octets that a stream may hold for a slow reader before it is ended. */
  maxStreamBuffer: number
}

/** Requests whose schema knows a field the octets do not fit are marked by the deserialiser under this symbol. */
const UNKNOWN = Symbol('unknown field')

/** The service definition's method with a deserialiser that notices unknown fields. */
export function strictMethod<Request extends object, Response>(
  method: MethodDefinition<Request, Response>,
  requestType: string,
): MethodDefinition<Request, Response> {
  const { descriptors } = loadServices()
  return {
    ...method,
    requestDeserialize: (octets: Buffer): Request => {
      const request = method.requestDeserialize(octets)
      const unknown = unknownField(descriptors, requestType, octets)
      if (unknown !== undefined) Object.defineProperty(request, UNKNOWN, { value: unknown })
      return request
    },
  }
}

function admit(context: Parameters<typeof callerOf>[0], method: string, request: object): Result<Caller> {
  const caller = callerOf(context)
  if (caller === undefined) return fail('UNAUTHENTICATED')
  const roles = METHOD_ROLES[method] ?? []
  if (!roles.includes(caller.role)) return fail('FORBIDDEN', { role: caller.role, method, roles: roles.join(', ') })
  const unknown = (request as { [UNKNOWN]?: string })[UNKNOWN]
  if (unknown !== undefined)
    return fail('UNKNOWN_FIELD', { field: unknown, nearest: 'see the .proto files of this version' })
  return { ok: true, value: caller }
}

const broken = (error: unknown): Failure => ({
  code: 'INTERNAL',
  details: { reason: error instanceof Error ? error.message : String(error) },
})

/** A defect in telling a failure must not become the end of the process. */
function failedStatus(failure: Failure): Partial<StatusObject> & { code: number; details: string } {
  try {
    return statusOf(failure)
  } catch (error) {
    return { code: STATUS.INTERNAL, details: `${failure.code}: ${String(error)}` }
  }
}

export type UnaryMethod<Request, Response> = (
  request: Request,
  context: CallContext,
) => Promise<Result<Response>> | Result<Response>

/** Wraps a unary method. */
export function unary<Request extends object, Response>(
  method: string,
  serve: UnaryMethod<Request, Response>,
  rules: CallRules,
): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
    const started = rules.now()
    const admitted = admit(call.getAuthContext(), method, call.request)
    const finish = (result: Result<Response>): void => {
      const caller = admitted.ok ? admitted.value : { name: '?', role: '?' }
      const code = result.ok ? 'OK' : result.failure.code
      rules.log({
        method,
        caller: caller.name,
        role: caller.role,
        code,
        ms: rules.now() - started,
        ...(result.ok ? {} : { reason: JSON.stringify(result.failure.details).slice(0, 500) }),
      })
      if (result.ok) callback(null, result.value)
      else callback(failedStatus(result.failure))
    }
    if (!admitted.ok) return finish(admitted)
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), rules.maxUnaryMs)
    let served = false
    // Told at the end of every call; an abortion that nobody hears still costs an exception with its stack.
    call.on('cancelled', () => {
      if (!served) abort.abort()
    })
    void (async () => serve(call.request, { caller: admitted.value, method, signal: abort.signal }))()
      .catch((error: unknown): Result<Response> => ({ ok: false, failure: broken(error) }))
      .then((result) => {
        served = true
        clearTimeout(timer)
        finish(result)
      })
  }
}

/** What a streaming method writes to. `send` is false when the reader is too slow and the stream has been ended. */
export interface Sink<Response> {
  send(message: Response): boolean
  end(failure?: Failure): void
}

/** A streaming method starts sending and returns what stops it. */
export type StreamMethod<Request, Response> = (
  request: Request,
  sink: Sink<Response>,
  context: CallContext,
) => Result<() => void>

/** Wraps a server-streaming method; a reader that is too slow is cut off rather than buffered without limit. */
export function streaming<Request extends object, Response>(
  method: string,
  serve: StreamMethod<Request, Response>,
  rules: CallRules,
): handleServerStreamingCall<Request, Response> {
  return (call: ServerWritableStream<Request, Response>) => {
    const started = rules.now()
    let stop: (() => void) | undefined
    let ended = false
    const admitted = admit(call.getAuthContext(), method, call.request)
    const end = (failure?: Failure): void => {
      if (ended) return
      ended = true
      stop?.()
      const caller = admitted.ok ? admitted.value : { name: '?', role: '?' }
      rules.log({
        method,
        caller: caller.name,
        role: caller.role,
        code: failure?.code ?? 'OK',
        ms: rules.now() - started,
      })
      if (failure === undefined) call.end()
      else call.emit('error', failedStatus(failure))
    }
    if (!admitted.ok) return end(admitted.failure)
    const abort = new AbortController()
    call.on('cancelled', () => {
      abort.abort()
      end()
    })
    const sink: Sink<Response> = {
      send(message) {
        if (ended) return false
        call.write(message)
        if (call.writableLength <= rules.maxStreamBuffer) return true
        end({
          code: 'TOO_MANY',
          details: {
            what: 'messages waiting for a slow reader',
            count: String(call.writableLength),
            limit: String(rules.maxStreamBuffer),
          },
        })
        return false
      },
      end,
    }
    try {
      const begun = serve(call.request, sink, { caller: admitted.value, method, signal: abort.signal })
      if (!begun.ok) return end(begun.failure)
      stop = begun.value
      if (ended) stop()
    } catch (error) {
      end(broken(error))
    }
  }
}
