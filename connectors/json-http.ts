/**
 * JSON over HTTP, as connectors need it: one server, bounded answers, a time for each, repetition with growing and random
 * pauses of what may be repeated, no redirection (a secret would go along), and errors that name method and path but
 * never a header. It refuses to know what the JSON means.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONNECTOR_LIMITS, ConnectorError } from './connector.ts'

export interface JsonHttpOptions {
  /** http or https; paths are below it. */
  url: string
  /** PEM authorities of the server's certificate; those of the system where absent. */
  ca?: string
  headers: Readonly<Record<string, string>>
  timeoutMs?: number
  attempts?: number
  backoffMs?: number
  /** 0 to 1. */
  random?: () => number
}

export interface JsonAnswer {
  status: number
  /** undefined where the answer has no body, or none that is JSON. */
  body: unknown
  etag: string | undefined
}

export interface JsonAsk {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** With its query. */
  path: string
  body?: unknown
  headers?: Readonly<Record<string, string>>
  /** It may be sent again though nobody knows whether it was done. */
  isRepeatable?: boolean
  signal?: AbortSignal | undefined
}

/** Answers after which another attempt is made: the server is there, and not able now. */
const BUSY = new Set([429, 502, 503, 504])

export class JsonHttp {
  readonly #options: Required<Omit<JsonHttpOptions, 'ca'>>
  readonly #base: URL
  readonly #agent: HttpAgent | HttpsAgent

  constructor(options: JsonHttpOptions) {
    const { timeoutMs, attempts, backoffMs } = CONNECTOR_LIMITS
    this.#options = { timeoutMs, attempts, backoffMs, random: Math.random, ...options }
    this.#base = new URL(options.url.endsWith('/') ? options.url : `${options.url}/`)
    const keep = { keepAlive: true, maxSockets: 4 }
    this.#agent =
      this.#base.protocol === 'https:'
        ? new HttpsAgent({ ...keep, ...(options.ca === undefined ? {} : { ca: options.ca }) })
        : new HttpAgent(keep)
  }

  /** Resolves with any answer but those of a server that is not able; rejects with ConnectorError. */
  async ask(ask: JsonAsk): Promise<JsonAnswer> {
    const { attempts, backoffMs, random } = this.#options
    for (let attempt = 1; ; attempt++) {
      let failure: Failed
      try {
        const answer = await this.#once(ask)
        if (!BUSY.has(answer.status)) return answer
        const error = new ConnectorError('unreachable', `${told(ask)} is answered with ${answer.status}`)
        failure = { error, wasSent: answer.status !== 429 && answer.status !== 503 }
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error
        failure = { error: new ConnectorError('unreachable', `${told(ask)}: ${error.message}`), wasSent: error.wasSent }
      }
      const mayRepeat = ask.isRepeatable === true || !failure.wasSent
      if (!mayRepeat || attempt >= attempts || ask.signal?.aborted === true) throw failure.error
      const pause = backoffMs * 2 ** (attempt - 1) * (0.5 + random() / 2)
      await sleep(pause, undefined, ask.signal === undefined ? {} : { signal: ask.signal }).catch(() => {
        throw failure.error
      })
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #once({ method, path, body, headers, signal }: JsonAsk): Promise<JsonAnswer> {
    const url = new URL(path.replace(/^\//, ''), this.#base)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const { timeoutMs } = this.#options
    const end = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])])
    return new Promise((resolve, reject) => {
      let wasSent = false
      const unanswered = (error: Error): void => {
        const why = signal?.aborted
          ? 'it was given up'
          : end.aborted
            ? `no answer within ${timeoutMs} ms`
            : error.message
        reject(new Unanswered(why, wasSent))
      }
      const send = this.#base.protocol === 'https:' ? httpsRequest : httpRequest
      const request = send(
        url,
        {
          method,
          agent: this.#agent,
          signal: end,
          headers: {
            ...{ accept: 'application/json', ...this.#options.headers, ...headers },
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          },
        },
        (response) => {
          read(response, method, path).then(resolve, (error: Error) => {
            if (error instanceof ConnectorError) reject(error)
            else unanswered(error)
          })
        },
      )
      request.on('socket', (socket) => {
        const sent = (): void => {
          wasSent = true
        }
        if (socket.connecting) socket.once(this.#base.protocol === 'https:' ? 'secureConnect' : 'connect', sent)
        else sent()
      })
      request.on('error', unanswered)
      request.end(text)
    })
  }
}

interface Failed {
  error: ConnectorError
  /** The server may have done it. */
  wasSent: boolean
}

class Unanswered extends Error {
  readonly wasSent: boolean
  constructor(message: string, wasSent: boolean) {
    super(message)
    this.wasSent = wasSent
  }
}

const told = ({ method, path }: JsonAsk): string => `${method} /${path.replace(/^\//, '')}`

async function read(response: IncomingMessage, method: string, path: string): Promise<JsonAnswer> {
  const status = response.statusCode ?? 0
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length
    if (length > CONNECTOR_LIMITS.answer)
      throw new ConnectorError(
        'broken',
        `${method} ${path}: the answer is longer than ${CONNECTOR_LIMITS.answer} octets`,
      )
    parts.push(part)
  }
  if (status >= 300 && status < 400)
    throw new ConnectorError(
      'broken',
      `${method} ${path}: the server sends elsewhere (${status}); name that URL itself`,
    )
  const { etag } = response.headers
  const text = Buffer.concat(parts).toString('utf8')
  let body: unknown
  try {
    body = text === '' ? undefined : JSON.parse(text)
  } catch {
    if (status < 300) throw new ConnectorError('broken', `${method} ${path}: the answer is no JSON`)
  }
  return { status, body, etag }
}

/** Members of what should be an object. */
export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
