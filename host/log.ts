/**
 * The log: structured lines about what the process does, as JSON for machines or as aligned text for people, on
 * standard error so that output proper stays clean. One child per component. Values under names that carry secrets are
 * blanked before they are written. It refuses to know events (controller/events.ts), which are part of the service.
 */
import { writeSync } from 'node:fs'
import { type DestinationStream, type Logger, pino } from 'pino'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export const LOG_FORMATS = ['text', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

export type LogFields = { readonly [name: string]: unknown }

/** A sentence and the values that belong to it. An Error belongs under `error`. */
export interface Log {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  fatal(message: string, fields?: LogFields): void
  /** The same log with the component's name in every line. */
  child(component: string, fields?: LogFields): Log
}

export interface LogOptions {
  level?: LogLevel
  format?: LogFormat
  /** Takes one whole line with its line feed; standard error where absent. */
  write?(line: string): void
}

/** Names whose values are never written, at the top level or one below. */
const SECRET = ['password', 'passphrase', 'secret', 'token', 'privateKey', 'pem', 'authorization']
const CENSOR = '[redacted]'

export function createLog({ level = 'info', format = 'text', write = toStandardError }: LogOptions = {}): Log {
  const destination: DestinationStream = {
    write: format === 'json' ? write : (line) => write(textLine(line)),
  }
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      errorKey: 'error',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`]), censor: CENSOR },
    },
    destination,
  )
  return wrap(logger)
}

/** A log that writes nothing. */
export const silentLog: Log = createLog({ level: 'silent', write: () => {} })

function wrap(logger: Logger): Log {
  const at =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields: LogFields = {}): void =>
      logger[level](fields, message)
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (component, fields = {}) => wrap(logger.child({ component, ...fields })),
  }
}

/** Synchronous: the last lines before a crash are the ones that matter. A closed pipe is no reason to fail. */
function toStandardError(line: string): void {
  try {
    writeSync(2, line)
  } catch {
    // Nobody reads the log.
  }
}

/** `12:00:00.123 warn  channel    switch is gone  subject=s1 reason="timed out"` */
function textLine(line: string): string {
  const { time, level, component, message, error, ...rest } = JSON.parse(line) as Record<string, unknown>
  const head = `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(component ?? '').padEnd(10)} ${oneLine(String(message ?? ''))}`
  const fields = Object.entries(rest).map(([name, value]) => ` ${name}=${fieldText(value)}`)
  const { message: what, stack } = (error ?? {}) as { message?: unknown; stack?: unknown }
  const tail = error === undefined ? '' : `\n  ${typeof stack === 'string' ? stack : String(what ?? error)}`
  return `${head}${fields.length > 0 ? ' ' : ''}${fields.join('')}${tail.replaceAll('\n', '\n  ').replace('\n    ', '\n  ')}\n`
}

function fieldText(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+[\]-]+$/.test(value)) return value
  return oneLine(JSON.stringify(value) ?? String(value))
}

/** What a switch or a caller said must not look like a new line of the log, nor steer a terminal. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
