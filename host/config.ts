/**
 * What the controller is told about itself: defaults, then a YAML file, then TAGSTEER_* variables, then flags; the later
 * wins, setting by setting (a list replaces a list). One table of settings gives the file's schema, the variables and
 * the flags, so that they cannot drift apart. Every mistake is found at once and named with its place. It opens no file
 * and no socket but through what it is given. Used by `tagsteer controller` and `tagsteer up`.
 */
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './log.ts'
import { checkDocument, nearest, problemText, readYaml, type YamlDocument } from './yaml.ts'

/** PEM files. `ca` holds the authorities that the other side's certificate may be signed by. */
export interface TlsFiles {
  cert: string
  key: string
  ca: string
}

export interface Endpoint {
  /** A name, an IPv4 or an IPv6 address without brackets. */
  host: string
  /** 0 takes a free port. */
  port: number
}

export interface OpenFlowListener extends Endpoint {
  /** Absent: TCP without encryption, as most bridges are set up. */
  tls?: TlsFiles
}

export interface ControllerConfig {
  /** Directory of the embedded store. */
  store: string
  /** Where gRPC is served. */
  listen: Endpoint
  /** gRPC without TLS; only where `listen` is a loopback address. */
  plaintext: boolean
  /** Files for gRPC; present unless `plaintext`. */
  tls?: TlsFiles
  openflow: OpenFlowListener[]
  /** Where metrics are served over HTTP; absent: nowhere. */
  metrics?: Endpoint
  /** `unix:PATH` or `tcp:HOST:PORT` of ovsdb-server. */
  ovsdb: string[]
  /** Whether bridges that would stop enforcing without a controller are corrected through OVSDB. */
  repair: boolean
  backend: 'fabric' | 'normal'
  /** Milliseconds between link probes. */
  probeMs: number
  logLevel: LogLevel
  logFormat: LogFormat
  limits: Limits
}

export interface Limits {
  /** Events kept for late readers. */
  events: number
  /** OpenFlow connections at once. */
  connections: number
  /** Milliseconds between comparisons of each switch's flows with what they should be; 0 is never. */
  auditMs: number
  /** Milliseconds that each part may take to stop. */
  stopMs: number
  /** Octets on disk of changes that the store's journal no longer holds, for diff, history and blame. */
  historyOctets: number
  /** Days that they are kept. */
  historyDays: number
}

/** Where the local ovsdb-server listens on every distribution. */
export const OVSDB_SOCKETS = ['/var/run/openvswitch/db.sock', '/run/openvswitch/db.sock'] as const
export const DEFAULT_LISTEN: Endpoint = { host: '127.0.0.1', port: 7470 }
export const OPENFLOW_PORT = 6653
const DEFAULT_LIMITS: Limits = {
  events: 10_000,
  connections: 1000,
  auditMs: 60_000,
  stopMs: 5000,
  historyOctets: 256 * 1024 * 1024,
  historyDays: 90,
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Where state and certificates are kept unless told otherwise. */
export function stateDirectory(environment: Environment): string {
  const given = environment['TAGSTEER_HOME']
  return given === undefined || given === '' ? join(homedir(), '.tagsteer') : resolve(given)
}

interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** One setting: its key in the file is its name; `env` and `flag` write it as text. */
export interface Setting {
  name: Exclude<keyof ControllerConfig, 'tls' | 'limits'> | 'tls.cert' | 'tls.key' | 'tls.ca' | `limits.${keyof Limits}`
  schema: JsonSchema
  description: string
  env: string
  /** commander syntax. */
  flag: string
  /** How its text is read. */
  form: 'text' | 'path' | 'integer' | 'boolean' | 'endpoint' | 'listeners' | 'list'
}

const HOST_PORT = '^(\\[[0-9a-fA-F:.]+\\]|[^:\\[\\]\\s/]+):[0-9]{1,5}$'
const path: JsonSchema = { type: 'string', minLength: 1 }
const tlsFiles: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['cert', 'key', 'ca'],
  properties: {
    cert: { ...path, description: 'PEM certificate' },
    key: { ...path, description: 'PEM private key' },
    ca: { ...path, description: 'PEM authorities of the other side' },
  },
}
const milliseconds = (minimum: number): JsonSchema => ({ type: 'integer', minimum, maximum: 86_400_000 })

const row = (
  name: Setting['name'],
  form: Setting['form'],
  metavar: string,
  schema: JsonSchema,
  description: string,
): Setting => {
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('.', '-')
  return {
    name,
    form,
    schema,
    description,
    env: `TAGSTEER_${words.toUpperCase().replaceAll('-', '_')}`,
    flag: form === 'boolean' ? `--${words}` : `--${words} <${metavar}>`,
  }
}

export const SETTINGS: readonly Setting[] = [
  row('store', 'path', 'directory', path, 'directory of the embedded store'),
  row('listen', 'endpoint', 'host:port', { type: 'string', pattern: HOST_PORT }, 'where gRPC is served'),
  row('plaintext', 'boolean', '', { type: 'boolean' }, 'serve gRPC without TLS, on loopback only'),
  row('tls.cert', 'path', 'file', path, 'certificate of the gRPC server'),
  row('tls.key', 'path', 'file', path, 'key of the gRPC server'),
  row('tls.ca', 'path', 'file', path, 'authorities that sign client certificates'),
  row(
    'openflow',
    'listeners',
    'host:port,...',
    {
      type: 'array',
      minItems: 1,
      maxItems: 16,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['host'],
        properties: {
          host: { type: 'string', minLength: 1 },
          port: { type: 'integer', minimum: 0, maximum: 65535 },
          tls: tlsFiles,
        },
      },
    },
    'where switches connect; tls:HOST:PORT uses the files of gRPC',
  ),
  row(
    'metrics',
    'endpoint',
    'host:port',
    { type: 'string', pattern: HOST_PORT },
    'where /metrics (Prometheus), /livez and /readyz are served, in the clear; nowhere where absent',
  ),
  row(
    'ovsdb',
    'list',
    'target,...',
    { type: 'array', maxItems: 16, items: { type: 'string', pattern: `^(unix:.+|tcp:${HOST_PORT.slice(1)})` } },
    'OVSDB servers, unix:PATH or tcp:HOST:PORT, or none; the local socket where it exists',
  ),
  row('repair', 'boolean', '', { type: 'boolean' }, 'make bridges fail secure through OVSDB'),
  row(
    'backend',
    'text',
    'backend',
    { type: 'string', enum: ['fabric', 'normal'] },
    'forward by our own paths (fabric) or by the learning switch (normal)',
  ),
  row('probeMs', 'integer', 'milliseconds', milliseconds(50), 'time between link probes'),
  row('logLevel', 'text', 'level', { type: 'string', enum: [...LOG_LEVELS] }, 'least severity that is logged'),
  row('logFormat', 'text', 'format', { type: 'string', enum: [...LOG_FORMATS] }, 'text for people or json'),
  row(
    'limits.events',
    'integer',
    'count',
    { type: 'integer', minimum: 1, maximum: 10_000_000 },
    'events kept for late readers',
  ),
  row(
    'limits.connections',
    'integer',
    'count',
    { type: 'integer', minimum: 1, maximum: 100_000 },
    'OpenFlow connections at once',
  ),
  row(
    'limits.auditMs',
    'integer',
    'milliseconds',
    milliseconds(0),
    "time between audits of a switch's flows; 0 is never",
  ),
  row('limits.stopMs', 'integer', 'milliseconds', milliseconds(1), 'time that each part may take to stop'),
  row(
    'limits.historyOctets',
    'integer',
    'octets',
    { type: 'integer', minimum: 1024 * 1024, maximum: 2 ** 40 },
    'octets on disk of past changes, the oldest dropped first',
  ),
  row(
    'limits.historyDays',
    'integer',
    'days',
    { type: 'integer', minimum: 1, maximum: 36_500 },
    'days that past changes are kept',
  ),
]

/** The file's schema (draft-07), made from the table. */
export const CONFIG_SCHEMA = fileSchema()

function fileSchema(): JsonSchema {
  const group = (prefix: string, description: string): JsonSchema => ({
    type: 'object',
    additionalProperties: false,
    description,
    properties: members(prefix),
  })
  return {
    title: 'Config',
    description: 'The controller itself (tagsteer.yaml).',
    type: 'object',
    additionalProperties: false,
    properties: {
      ...members(''),
      tls: group('tls.', 'PEM files for gRPC'),
      limits: group('limits.', 'bounds on memory and time'),
    },
  }
}

function members(prefix: string): Record<string, JsonSchema> {
  const rows = SETTINGS.filter(({ name }) => name.slice(0, name.lastIndexOf('.') + 1) === prefix)
  return Object.fromEntries(
    rows.map(({ name, schema, description }) => [name.slice(prefix.length), { ...schema, description }]),
  )
}

export interface ConfigSources {
  /** The file's text and name, for messages and for paths in it that are relative. */
  file?: { text: string; name: string } | undefined
  environment: Environment
  /** By setting name, as typed. A flag that is a switch is `true`. */
  flags?: Readonly<Partial<Record<Setting['name'], string | true>>>
  /** Whether a file or socket exists. */
  exists(path: string): boolean
}

export type ConfigResult =
  | { ok: true; config: ControllerConfig; warnings: string[] }
  /** One line for each mistake, with its place. */
  | { ok: false; problems: string[] }

/** Variables with our prefix that are not settings of the controller. */
const OTHER_VARIABLES = ['HOME', 'SERVER', 'CERT', 'KEY', 'CA', 'INSECURE', 'CONFIG'].map((name) => `TAGSTEER_${name}`)

export function readConfig(sources: ConfigSources): ConfigResult {
  const { file, environment, flags = {} } = sources
  const problems: string[] = []
  const values = new Map<Setting['name'], unknown>()
  if (file !== undefined) readFile(file, values, problems)
  for (const setting of SETTINGS) {
    const variable = environment[setting.env]
    if (variable !== undefined && variable !== '') readText(setting, variable, setting.env, values, problems)
    const flag = flags[setting.name]
    if (flag !== undefined) readText(setting, flag, setting.flag.split(' ')[0]!, values, problems)
  }
  if (problems.length > 0) return { ok: false, problems }
  const config = assemble(values, sources)
  problems.push(...contradictions(config, values))
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, config, warnings: warnings(config, environment) }
}

function readFile(
  { text, name }: { text: string; name: string },
  values: Map<Setting['name'], unknown>,
  problems: string[],
): void {
  const read = readYaml(text, name)
  if (!read.ok) {
    problems.push(...read.problems.map(problemText))
    return
  }
  const [document, second] = read.documents
  if (second !== undefined)
    problems.push(problemText({ file: name, ...second.position(''), path: '', message: 'a second document' }))
  if (document === undefined) return
  const found = checkDocument(document, CONFIG_SCHEMA, name)
  problems.push(...found.map(problemText))
  if (found.length > 0) return
  const folder = dirname(resolve(name))
  for (const setting of SETTINGS) {
    const value = memberAt(document, setting.name)
    if (value === undefined) continue
    values.set(setting.name, anchored(setting, setting.form === 'endpoint' ? endpoint(String(value)) : value, folder))
  }
}

function memberAt(document: YamlDocument, name: string): unknown {
  return name
    .split('.')
    .reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], document.value)
}

/** Paths in a file are relative to the file; elsewhere to where the process was started. */
function anchored(setting: Setting, value: unknown, folder: string): unknown {
  const anchor = (text: string): string => (isAbsolute(text) ? text : join(folder, text))
  if (setting.form === 'path') return anchor(String(value))
  if (setting.form !== 'listeners') return value
  return (value as OpenFlowListener[]).map(({ tls, ...listener }) => ({
    ...listener,
    ...(tls === undefined ? {} : { tls: { cert: anchor(tls.cert), key: anchor(tls.key), ca: anchor(tls.ca) } }),
  }))
}

function readText(
  setting: Setting,
  text: string | true,
  place: string,
  values: Map<Setting['name'], unknown>,
  problems: string[],
): void {
  const report = (message: string): void =>
    void problems.push(`${place}: ${text === true ? '' : `${text}: `}${message}`)
  const value = text === true ? true : fromText(setting, text)
  if (setting.form === 'endpoint' || setting.form === 'listeners') {
    const ends = [value].flat() as Endpoint[]
    if (ends.every(({ port }) => port <= 65535)) values.set(setting.name, value)
    else report('must be HOST:PORT')
    return
  }
  // The same checks as the file's, on a file of one value.
  const document: YamlDocument = { value: { value }, position: () => ({ line: 1, column: 1 }) }
  const found = checkDocument(document, { type: 'object', properties: { value: setting.schema } }, place)
  for (const { message, nearest: near } of found) {
    report(`${message}${near === undefined ? '' : `; did you mean "${near}"?`}`)
  }
  if (found.length === 0) values.set(setting.name, setting.form === 'path' ? resolve(String(value)) : value)
}

function fromText({ form }: Setting, text: string): unknown {
  switch (form) {
    case 'text':
    case 'path':
      return text
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
    case 'endpoint':
      return endpoint(text)
    case 'list':
      return text === 'none' ? [] : text.split(',').map((part) => part.trim())
    case 'listeners':
      return text.split(',').map((part) => {
        const [, tls, rest] = /^(tls:)?(.*)$/.exec(part.trim())!
        // In text the mark means the files of gRPC.
        return { ...endpoint(rest!), ...(tls === undefined ? {} : { tls: true }) }
      })
  }
}

/** `HOST:PORT` or `[IPv6]:PORT`; the port is NaN where there is none. */
function endpoint(text: string): Endpoint {
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  if (found === null) return { host: text, port: Number.NaN }
  return { host: (found[1] ?? found[2])!, port: Number(found[3]) }
}

/** `HOST:PORT`, with brackets around IPv6. */
export function endpointText({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function assemble(values: ReadonlyMap<Setting['name'], unknown>, { environment, exists }: ConfigSources) {
  const get = <T>(name: Setting['name'], absent: T): T => (values.get(name) as T | undefined) ?? absent
  const given = (name: 'cert' | 'key' | 'ca'): string => get(`tls.${name}`, '')
  const plaintext = get('plaintext', false)
  const tls: TlsFiles = { cert: given('cert'), key: given('key'), ca: given('ca') }
  const socket = OVSDB_SOCKETS.find(exists)
  const listeners = get<(Partial<Endpoint> & { host: string; tls?: TlsFiles | true })[]>('openflow', [
    { host: '127.0.0.1' },
  ])
  const config: ControllerConfig = {
    store: get('store', join(stateDirectory(environment), 'store')),
    listen: get('listen', DEFAULT_LISTEN),
    plaintext,
    ...(plaintext ? {} : { tls }),
    openflow: listeners.map(({ host, port = OPENFLOW_PORT, tls: its }) => ({
      host,
      port,
      ...(its === undefined ? {} : { tls: its === true ? tls : its }),
    })),
    ...(values.has('metrics') ? { metrics: get('metrics', DEFAULT_LISTEN) } : {}),
    ovsdb: get('ovsdb', socket === undefined ? [] : [`unix:${socket}`]),
    repair: get('repair', false),
    backend: get('backend', 'fabric'),
    probeMs: get('probeMs', 1000),
    logLevel: get('logLevel', 'info'),
    logFormat: get('logFormat', 'text'),
    limits: {
      events: get('limits.events', DEFAULT_LIMITS.events),
      connections: get('limits.connections', DEFAULT_LIMITS.connections),
      auditMs: get('limits.auditMs', DEFAULT_LIMITS.auditMs),
      stopMs: get('limits.stopMs', DEFAULT_LIMITS.stopMs),
      historyOctets: get('limits.historyOctets', DEFAULT_LIMITS.historyOctets),
      historyDays: get('limits.historyDays', DEFAULT_LIMITS.historyDays),
    },
  }
  return config
}

function contradictions(config: ControllerConfig, values: ReadonlyMap<Setting['name'], unknown>): string[] {
  const problems: string[] = []
  if (!(config.listen.port <= 65535)) problems.push(`listen: ${config.listen.port} is no port`)
  const files = (['cert', 'key', 'ca'] as const).map((name) => [name, values.get(`tls.${name}`)] as const)
  const missing = files.filter(([, file]) => file === undefined).map(([name]) => `tls.${name}`)
  if (config.plaintext && !isLoopback(config.listen.host)) {
    problems.push(
      `plaintext: gRPC without TLS is served on loopback only, not on ${endpointText(config.listen)}; give tls.cert, tls.key and tls.ca instead`,
    )
  }
  if (!config.plaintext && missing.length > 0) {
    problems.push(
      `tls: ${missing.join(', ')} missing: gRPC needs a certificate; make development ones with \`tagsteer certs\`, or serve loopback with --plaintext`,
    )
  }
  if (config.openflow.some(({ tls }) => tls?.cert === '' || tls?.key === '' || tls?.ca === '')) {
    problems.push('openflow: tls:HOST:PORT needs tls.cert, tls.key and tls.ca')
  }
  if (config.metrics !== undefined && !(config.metrics.port <= 65535))
    problems.push(`metrics: ${config.metrics.port} is no port`)
  const places = config.openflow.filter(({ port }) => port !== 0).map(endpointText)
  const twice = places.find((place, index) => places.indexOf(place) !== index)
  if (twice !== undefined) problems.push(`openflow: ${twice} stands twice`)
  if (places.includes(endpointText(config.listen))) problems.push(`openflow: ${endpointText(config.listen)} is gRPC's`)
  if (config.metrics !== undefined && config.metrics.port !== 0) {
    const place = endpointText(config.metrics)
    if (places.includes(place)) problems.push(`metrics: ${place} is OpenFlow's`)
    if (place === endpointText(config.listen)) problems.push(`metrics: ${place} is gRPC's`)
  }
  return problems
}

function warnings(config: ControllerConfig, environment: Environment): string[] {
  const known = [...SETTINGS.map(({ env }) => env), ...OTHER_VARIABLES]
  const lines = Object.keys(environment)
    .filter((name) => name.startsWith('TAGSTEER_') && !known.includes(name))
    .sort()
    .map((name) => {
      const near = nearest(name, known)
      return `${name}: no such variable${near === undefined ? '' : `; did you mean ${near}?`}`
    })
  for (const listener of config.openflow) {
    if (listener.tls === undefined && !isLoopback(listener.host))
      lines.push(`openflow: whoever reaches ${endpointText(listener)} can pose as a switch; use TLS`)
  }
  return lines
}
