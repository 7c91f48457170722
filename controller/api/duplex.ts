/**
 * Methods with streams both ways: each message is a request of its own, served without waiting for those before it, and
 * answered when it is done. What is being served is bounded by a window: beyond it nothing more is taken off the
 * connection, and neither while the client takes no answers, so that HTTP/2 holds the client back. They know no gRPC.
 * Used by server.ts.
 */
import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js'
import { type Failure, fail, type Result } from '../../model/errors.ts'
import {
  admitted,
  broken,
  type CallContext,
  Calling,
  type CallRules,
  failedStatus,
  type OpenCalls,
  unknownIn,
} from './call.ts'

export interface DuplexMethod<Request, Response> {
  /** Answers one message. A failure ends the stream. */
  serve(request: Request, context: CallContext): Promise<Result<Response>>
  /** How much of the window a message takes. */
  weigh(request: Request): number
  /** No more messages are taken while those that are being served weigh as much. */
  window: number
}

/** Wraps a method with streams both ways. */
export function duplex<Request extends object, Response>(
  method: string,
  { serve, weigh, window }: DuplexMethod<Request, Response>,
  rules: CallRules,
  calls: OpenCalls,
): handleBidiStreamingCall<Request, Response> {
  return (call: ServerDuplexStream<Request, Response>) => {
    const started = rules.now()
    const admission = admitted(calls, call, method)
    let [served, waiting] = [0, 0]
    let [ended, isLast, full] = [false, false, false]
    let forget = (): void => {}
    const end = (failure?: Failure): void => {
      if (ended) return
      ended = true
      forget()
      const { name, role } = admission.ok ? admission.value : { name: '?', role: '?' }
      const code = failure?.code ?? 'OK'
      rules.log({ method, caller: name, role, code, ms: rules.now() - started })
      if (failure === undefined) call.end()
      else call.emit('error', failedStatus(failure))
    }
    if (!admission.ok) return end(admission.failure)
    const { maxStreams } = rules
    if (calls.streams >= maxStreams)
      return end(fail('TOO_MANY', { what: 'open streams', count: calls.streams + 1, limit: maxStreams }).failure)
    const calling = new Calling(admission.value, method)
    const takeBack = calls.add(() => end(fail('STOPPING').failure))
    calls.streams++
    forget = () => {
      calls.streams--
      takeBack()
    }
    const go = (): void => {
      if (ended) return
      if (isLast && waiting === 0) end()
      else if (full || served >= window) call.pause()
      else call.resume()
    }
    const answer = (result: Result<Response>, weight: number): void => {
      served -= weight
      waiting--
      if (ended) return
      if (result.ok) {
        full = !call.write(result.value)
        go()
      } else end(result.failure)
    }
    call.on('cancelled', () => {
      if (!ended) calling.abort()
      end()
    })
    call.on('drain', () => {
      full = false
      go()
    })
    call.on('end', () => {
      isLast = true
      go()
    })
    call.on('data', (request: Request) => {
      if (ended) return
      const unknown = unknownIn(request)
      if (unknown !== undefined) return end(unknown)
      const weight = weigh(request)
      served += weight
      waiting++
      void (async () => serve(request, calling))()
        .catch((error: unknown): Result<Response> => ({ ok: false, failure: broken(error) }))
        .then((result) => answer(result, weight))
      go()
    })
  }
}
