/**
 * The settings of a controller: one table that gives the file's schema, the variables, the flags and docs/config.md, so
 * that they cannot drift apart; and what they come to. It refuses to read anything (config.ts does).
 */
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './log.ts'
import { TELEMETRY_ROWS, type TelemetryName, type TelemetrySettings } from './telemetry-settings.ts'

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

export interface Listener extends Endpoint {
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
  openflow: Listener[]
  /** Where metrics are served over HTTP; absent: nowhere. */
  metrics?: Endpoint
  /** `unix:PATH`, `tcp:HOST:PORT` or `ssl:HOST:PORT` of ovsdb-server. */
  ovsdb: string[]
  /** For those of `ssl:`. */
  ovsdbTls?: TlsFiles
  /** Where ovsdb-servers connect. */
  ovsdbListen: Listener[]
  /** Whether bridges are corrected through OVSDB: that they fail secure, their tunnel ports, what they export; and made. */
  repair: boolean
  /** Controllers of bridges that are made: `tcp:HOST:PORT` or `ssl:HOST:PORT`, as hosts reach this one. */
  bridgeControllers?: string[]
  /** What bridges export; absent: nothing. */
  telemetry?: TelemetrySettings
  /** File of external IPAMs; absent: none. */
  ipam?: string
  backend: 'fabric' | 'normal'
  /** Milliseconds between link probes. */
  probeMs: number
  /** Probes of tags that begin at each switch per minute; 0: none. */
  probeSamples: number
  logLevel: LogLevel
  logFormat: LogFormat
  limits: Limits
}

export interface Limits {
  /** Events kept for late readers. */
  events: number
  /** Connections at once of each OpenFlow and OVSDB listener. */
  connections: number
  /** Milliseconds between comparisons of each switch's flows with what they should be; 0 is never. */
  auditMs: number
  /** Seconds between readings of how much of what is forged each switch refused; 0 is never. */
  refusedSeconds: number
  /** Seconds between readings of what each switch counts of interfaces, where stage policies are; 0 is never. */
  stageSeconds: number
  /** Milliseconds that each part may take to stop. */
  stopMs: number
  /** Octets on disk of changes that the store's journal no longer holds, for diff, history and blame. */
  historyOctets: number
  /** Days that they are kept. */
  historyDays: number
}

export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** One setting: its key in the file is its name; `env` and `flag` write it as text. */
export interface Setting {
  name:
    | Exclude<keyof ControllerConfig, 'tls' | 'ovsdbTls' | 'limits' | 'telemetry'>
    | TelemetryName
    | `${'tls' | 'ovsdbTls'}.${keyof TlsFiles}`
    | `limits.${keyof Limits}`
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
const listenersSchema: JsonSchema = {
  type: 'array',
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
    { ...listenersSchema, minItems: 1 },
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
    { type: 'array', maxItems: 4096, items: { type: 'string', pattern: `^(unix:.+|(tcp|ssl):${HOST_PORT.slice(1)})` } },
    'OVSDB servers, unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT, or none; the local socket where it exists',
  ),
  row('ovsdbTls.cert', 'path', 'file', path, 'certificate of this client of ssl:HOST:PORT'),
  row('ovsdbTls.key', 'path', 'file', path, 'key of this client of ssl:HOST:PORT'),
  row('ovsdbTls.ca', 'path', 'file', path, 'authorities that sign certificates of ssl:HOST:PORT'),
  row(
    'ovsdbListen',
    'listeners',
    'host:port,...',
    listenersSchema,
    'where OVSDB servers connect (ovs-vsctl set-manager); tls:HOST:PORT uses the files of gRPC',
  ),
  row(
    'repair',
    'boolean',
    '',
    { type: 'boolean' },
    'write to OVSDB: that bridges fail secure, their tunnel ports, what they export, bridges that are wanted',
  ),
  row(
    'bridgeControllers',
    'list',
    'target,...',
    { type: 'array', maxItems: 8, items: { type: 'string', pattern: `^(tcp|ssl):${HOST_PORT.slice(1)}` } },
    'controllers that a bridge made through OVSDB is given, tcp:HOST:PORT or ssl:HOST:PORT as hosts reach them; none where absent',
  ),
  ...TELEMETRY_ROWS.map((each) => row(...each)),
  row(
    'ipam',
    'path',
    'file',
    path,
    'external IPAMs that addresses are reconciled with, in YAML (docs/ipam-connectors.md); none where absent',
  ),
  row(
    'backend',
    'text',
    'backend',
    { type: 'string', enum: ['fabric', 'normal'] },
    'forward by our own paths (fabric) or by the learning switch (normal)',
  ),
  row('probeMs', 'integer', 'milliseconds', milliseconds(50), 'time between link probes'),
  row(
    'probeSamples',
    'integer',
    'count',
    { type: 'integer', minimum: 0, maximum: 600 },
    'samples per minute and switch that show whether identities arrive; 0 is none',
  ),
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
    'connections at once of each OpenFlow and OVSDB listener',
  ),
  row(
    'limits.auditMs',
    'integer',
    'milliseconds',
    milliseconds(0),
    "time between audits of a switch's flows; 0 is never",
  ),
  row(
    'limits.refusedSeconds',
    'integer',
    'seconds',
    { type: 'integer', minimum: 0, maximum: 3600 },
    'time between readings of how much each switch refused; 0 is never',
  ),
  row(
    'limits.stageSeconds',
    'integer',
    'seconds',
    { type: 'integer', minimum: 0, maximum: 3600 },
    'time between readings of what each switch counts of interfaces, for their stages; 0 is never',
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
      ovsdbTls: group('ovsdbTls.', 'PEM files for OVSDB servers of ssl:HOST:PORT'),
      telemetry: {
        type: 'object',
        additionalProperties: false,
        description: 'what bridges export',
        properties: {
          sflow: group('telemetry.sflow.', 'sFlow, version 5'),
          ipfix: group('telemetry.ipfix.', 'IPFIX (RFC 7011)'),
        },
      },
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
