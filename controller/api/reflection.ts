/**
 * Server reflection and health, so that grpcurl and load balancers need no .proto files. Both are served to everyone
 * who can connect: they tell nothing that is not in the repository. Descriptors come from the build's own set, so type
 * names are absolute, as strict clients require.
 */
import type { ServerDuplexStream, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js'
import { STATUS } from '../../model/errors.ts'
import type { HealthCheckRequest__Output } from '../../proto/gen/grpc/health/v1/HealthCheckRequest.ts'
import type { HealthCheckResponse } from '../../proto/gen/grpc/health/v1/HealthCheckResponse.ts'
import type { ServerReflectionRequest__Output } from '../../proto/gen/grpc/reflection/v1/ServerReflectionRequest.ts'
import type { ServerReflectionResponse } from '../../proto/gen/grpc/reflection/v1/ServerReflectionResponse.ts'
import { loadServices } from '../../proto/index.ts'
import type { OpenCalls } from './call.ts'

/** The answer to one reflection request. */
export function reflect(request: ServerReflectionRequest__Output): ServerReflectionResponse {
  const { descriptors } = loadServices()
  const base: ServerReflectionResponse = { validHost: request.host, originalRequest: request }
  const missing = (what: string): ServerReflectionResponse => ({
    ...base,
    errorResponse: { errorCode: STATUS.NOT_FOUND, errorMessage: `${what} is not known` },
  })
  const withDependencies = (file: string): ServerReflectionResponse => {
    const wanted = new Set<string>()
    const visit = (name: string): void => {
      const row = descriptors.files.get(name)
      if (row === undefined || wanted.has(name)) return
      wanted.add(name)
      row.dependencies.forEach(visit)
    }
    visit(file)
    const fileDescriptorProto = [...wanted].map((name) => Buffer.from(descriptors.files.get(name)!.octets))
    return { ...base, fileDescriptorResponse: { fileDescriptorProto } }
  }
  switch (request.messageRequest) {
    case 'listServices':
      return { ...base, listServicesResponse: { service: descriptors.services.map((name) => ({ name })) } }
    case 'fileByFilename': {
      const name = request.fileByFilename ?? ''
      return descriptors.files.has(name) ? withDependencies(name) : missing(`file ${name}`)
    }
    case 'fileContainingSymbol': {
      const symbol = request.fileContainingSymbol ?? ''
      const file = descriptors.symbols.get(symbol)
      return file === undefined ? missing(`symbol ${symbol}`) : withDependencies(file)
    }
    default:
      return missing('an extension')
  }
}

type ReflectionCall = ServerDuplexStream<ServerReflectionRequest__Output, ServerReflectionResponse>

/** What a stream beyond the limit is told; these two services have no details of ours. */
const tooMany = { code: STATUS.RESOURCE_EXHAUSTED, details: 'too many open streams' }

export function reflectionImplementation({ maxStreams }: { maxStreams: number }, calls: OpenCalls) {
  return {
    ServerReflectionInfo: (call: ReflectionCall): void => {
      if (calls.streams >= maxStreams) return void call.emit('error', tooMany)
      const close = openStream(calls, () => call.end())
      // A client that asks and does not read is not asked for more.
      call.on('data', (request: ServerReflectionRequest__Output) => {
        if (!call.write(reflect(request))) call.pause()
      })
      call.on('drain', () => call.resume())
      call.on('cancelled', close)
      call.on('end', () => {
        close()
        call.end()
      })
    },
  }
}

/** Counts a stream; returns what ends the count, once. */
function openStream(calls: OpenCalls, end: () => void): () => void {
  calls.streams++
  const takeBack = calls.add(end)
  let open = true
  return () => {
    if (!open) return
    open = false
    calls.streams--
    takeBack()
  }
}

export interface Health {
  serving: () => boolean
  servingChanged: (listener: () => void) => () => void
  rules: { maxStreams: number }
}

/** Health of the whole server (service "") and of each service; `serving` is asked at every call. */
export function healthImplementation({ serving, servingChanged, rules }: Health, calls: OpenCalls) {
  const { descriptors } = loadServices()
  const status = (service: string): HealthCheckResponse => {
    if (service !== '' && !descriptors.services.includes(service)) return { status: 'SERVICE_UNKNOWN' }
    return { status: serving() ? 'SERVING' : 'NOT_SERVING' }
  }
  return {
    Check: (
      call: ServerUnaryCall<HealthCheckRequest__Output, HealthCheckResponse>,
      callback: sendUnaryData<HealthCheckResponse>,
    ): void => {
      const answer = status(call.request.service)
      if (answer.status === 'SERVICE_UNKNOWN') callback({ code: STATUS.NOT_FOUND, details: 'unknown service' })
      else callback(null, answer)
    },
    Watch: (call: ServerWritableStream<HealthCheckRequest__Output, HealthCheckResponse>): void => {
      if (calls.streams >= rules.maxStreams) return void call.emit('error', tooMany)
      let last = ''
      const tell = (): void => {
        const answer = status(call.request.service)
        if (answer.status !== last) call.write(answer)
        last = String(answer.status)
      }
      tell()
      const stop = servingChanged(tell)
      const close = openStream(calls, () => call.end())
      call.on('cancelled', () => {
        stop()
        close()
        call.end()
      })
    },
  }
}
