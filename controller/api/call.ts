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
import { type Caller, type Callers, METHOD_ROLES } from './auth.ts'
import { statusOf } from './status.ts'

/** What a method is told besides its request. */
export interface CallContext {
  caller: Caller
  method: string
  /** Aborted when the client went away or its deadline passed. Made when it is first asked for: few methods wait. */
  readonly signal: AbortSignal
}

/** A call's context, and how its signal is given. */
export class Calling implements CallContext {
  readonly caller: Caller
  readonly method: string
  #aborted = false
  #controller: AbortController | undefined

  constructor(caller: Caller, method: string) {
    this.caller = caller
    this.method = method
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort()
    }
    return this.#controller.signal
  }

  abort(): void {
    this.#aborted = true
    this.#controller?.abort()
  }
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
  /** Streams that may be open at once; more are refused. */
  maxStreams: number
}

/** The calls that one server has open, so that stopping can end them. */
export class OpenCalls {
  streams = 0
  readonly callers: Callers
  readonly #ends = new Set<() => void>()
  #stopping = false

  constructor(callers: Callers) {
    this.callers = callers
  }

  get stopping(): boolean {
    return this.#stopping
  }

  /** Registers how a call is ended early; returns what takes it back. */
  add(end: () => void): () => void {
    this.#ends.add(end)
    return () => this.#ends.delete(end)
  }

  /** Ends every open call. */
  stop(): void {
    this.#stopping = true
    for (const end of [...this.#ends]) end()
  }
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

/** The caller, where it may call the method. */
export function admitted({ callers }: OpenCalls, call: object, method: string): Result<Caller> {
  const caller = callers.of(call)
  if (caller === undefined) return fail('UNAUTHENTICATED')
  const roles = METHOD_ROLES[method] ?? []
  if (!roles.includes(caller.role)) return fail('FORBIDDEN', { role: caller.role, method, roles: roles.join(', ') })
  return { ok: true, value: caller }
}

/** What a request has that its schema does not know. */
export function unknownIn(request: object): Failure | undefined {
  const unknown = (request as { [UNKNOWN]?: string })[UNKNOWN]
  if (unknown === undefined) return undefined
  return fail('UNKNOWN_FIELD', { field: unknown, nearest: 'see the .proto files of this version' }).failure
}

function admit(calls: OpenCalls, call: { request: object }, method: string): Result<Caller> {
  const caller = admitted(calls, call, method)
  const failure = caller.ok ? unknownIn(call.request) : undefined
  return failure === undefined ? caller : { ok: false, failure }
}

export const broken = (error: unknown): Failure => ({
  code: 'INTERNAL',
  details: { reason: error instanceof Error ? error.message : String(error) },
})

/** A defect in telling a failure must not become the end of the process. */
export function failedStatus(failure: Failure): Partial<StatusObject> & { code: number; details: string } {
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
  calls: OpenCalls,
): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
    const started = rules.now()
    const admission = admit(calls, call, method)
    const finish = (result: Result<Response>): void => {
      const caller = admission.ok ? admission.value : { name: '?', role: '?' }
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
    if (!admission.ok) return finish(admission)
    const calling = new Calling(admission.value, method)
    const timer = setTimeout(() => calling.abort(), rules.maxUnaryMs)
    let served = false
    // Told at the end of every call; an abortion that nobody hears still costs an exception with its stack.
    call.on('cancelled', () => {
      if (!served) calling.abort()
    })
    const forget = calls.add(() => calling.abort())
    void (async () => serve(call.request, calling))()
      .catch((error: unknown): Result<Response> => ({ ok: false, failure: broken(error) }))
      .then((result) => {
        served = true
        clearTimeout(timer)
        forget()
        // What failed because it was interrupted did not fail for the reason it gives.
        finish(calls.stopping && !result.ok && result.failure.code === 'NOT_APPLIED' ? fail('STOPPING') : result)
      })
  }
}

/** What a streaming method tells its stream. */
export interface Sink {
  /** There may be something to take now. */
  wake(): void
  end(failure?: Failure): void
}

/** Where a stream takes its messages from, one by one as its reader takes them: a slow reader costs no memory. */
export interface Source<Response> {
  /** The next message; undefined where there is none now. What it throws ends the stream. */
  next(): Response | undefined
  stop(): void
}

export type StreamMethod<Request, Response> = (
  request: Request,
  sink: Sink,
  context: CallContext,
) => Result<Source<Response>>

/** Wraps a server-streaming method. */
export function streaming<Request extends object, Response>(
  method: string,
  serve: StreamMethod<Request, Response>,
  rules: CallRules,
  calls: OpenCalls,
): handleServerStreamingCall<Request, Response> {
  return (call: ServerWritableStream<Request, Response>) => {
    const started = rules.now()
    let source: Source<Response> | undefined
    let ended = false
    let full = false
    let forget = (): void => {}
    const admission = admit(calls, call, method)
    const end = (failure?: Failure): void => {
      if (ended) return
      ended = true
      forget()
      source?.stop()
      const caller = admission.ok ? admission.value : { name: '?', role: '?' }
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
    if (!admission.ok) return end(admission.failure)
    const { maxStreams } = rules
    if (calls.streams >= maxStreams)
      return end(fail('TOO_MANY', { what: 'open streams', count: calls.streams + 1, limit: maxStreams }).failure)
    const calling = new Calling(admission.value, method)
    call.on('cancelled', () => {
      if (!ended) calling.abort()
      end()
    })
    const takeBack = calls.add(() => end(fail('STOPPING').failure))
    calls.streams++
    forget = () => {
      calls.streams--
      takeBack()
    }
    const pump = (): void => {
      try {
        while (source !== undefined && !ended && !full) {
          const message = source.next()
          if (message === undefined) return
          full = !call.write(message)
        }
      } catch (error) {
        end(broken(error))
      }
    }
    call.on('drain', () => {
      full = false
      pump()
    })
    try {
      const begun = serve(call.request, { wake: pump, end }, calling)
      if (!begun.ok) return end(begun.failure)
      source = begun.value
      if (ended) source.stop()
      else pump()
    } catch (error) {
      end(broken(error))
    }
  }
}
