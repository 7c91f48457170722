/**
 * What the controller is told about itself: defaults, then a YAML file, then TAGSTEER_* variables, then flags; the later
 * wins, setting by setting (a list replaces a list). The settings are in settings.ts. Every mistake is found at once and named with its place. It opens no file
 * and no socket but through what it is given. Used by `tagsteer controller` and `tagsteer up`.
 */
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import {
  CONFIG_SCHEMA,
  type ControllerConfig,
  type Endpoint,
  type Limits,
  type Listener,
  SETTINGS,
  type Setting,
  type TlsFiles,
} from './settings.ts'
import { telemetryContradictions, telemetrySettings } from './telemetry-settings.ts'
import { checkDocument, nearest, problemText, readYaml, type YamlDocument } from './yaml.ts'

export {
  CONFIG_SCHEMA,
  type ControllerConfig,
  type Endpoint,
  type Limits,
  type Listener,
  SETTINGS,
  type Setting,
  type TlsFiles,
} from './settings.ts'

/** Where the local ovsdb-server listens on every distribution. */
export const OVSDB_SOCKETS = ['/var/run/openvswitch/db.sock', '/run/openvswitch/db.sock'] as const
export const DEFAULT_LISTEN: Endpoint = { host: '127.0.0.1', port: 7470 }
export const OPENFLOW_PORT = 6653
export const OVSDB_PORT = 6640
/** Of four switches every pair has its turn within half a minute, of a hundred within 17 minutes. */
const DEFAULT_PROBE_SAMPLES = 6
const DEFAULT_LIMITS: Limits = {
  events: 10_000,
  connections: 1000,
  auditMs: 60_000,
  refusedSeconds: 10,
  stageSeconds: 10,
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
  return (value as Listener[]).map(({ tls, ...listener }) => ({
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

function fromText({ form, schema }: Setting, text: string): unknown {
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
      if (text === 'none' && schema['minItems'] === undefined) return []
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
  const files = (of: 'tls' | 'ovsdbTls'): TlsFiles => {
    const given = (name: keyof TlsFiles): string => get(`${of}.${name}`, '')
    return { cert: given('cert'), key: given('key'), ca: given('ca') }
  }
  const plaintext = get('plaintext', false)
  const tls = files('tls')
  const ovsdbTls = files('ovsdbTls')
  const socket = OVSDB_SOCKETS.find(exists)
  const listeners = (name: 'openflow' | 'ovsdbListen', absent: { host: string }[], usual: number): Listener[] =>
    get<(Partial<Endpoint> & { host: string; tls?: TlsFiles | true })[]>(name, absent).map(
      ({ host, port = usual, tls: its }) => ({
        host,
        port,
        ...(its === undefined ? {} : { tls: its === true ? tls : its }),
      }),
    )
  const config: ControllerConfig = {
    store: get('store', join(stateDirectory(environment), 'store')),
    listen: get('listen', DEFAULT_LISTEN),
    plaintext,
    ...(plaintext ? {} : { tls }),
    openflow: listeners('openflow', [{ host: '127.0.0.1' }], OPENFLOW_PORT),
    ...(values.has('metrics') ? { metrics: get('metrics', DEFAULT_LISTEN) } : {}),
    ovsdb: get('ovsdb', socket === undefined ? [] : [`unix:${socket}`]),
    ...(Object.values(ovsdbTls).every((file) => file === '') ? {} : { ovsdbTls }),
    ovsdbListen: listeners('ovsdbListen', [], OVSDB_PORT),
    repair: get('repair', false),
    bridgeControllers: get('bridgeControllers', []),
    telemetry: telemetrySettings((name) => values.get(name)),
    ...(values.has('ipam') ? { ipam: get('ipam', '') } : {}),
    backend: get('backend', 'fabric'),
    probeMs: get('probeMs', 1000),
    probeSamples: get('probeSamples', DEFAULT_PROBE_SAMPLES),
    logLevel: get('logLevel', 'info'),
    logFormat: get('logFormat', 'text'),
    limits: {
      events: get('limits.events', DEFAULT_LIMITS.events),
      connections: get('limits.connections', DEFAULT_LIMITS.connections),
      auditMs: get('limits.auditMs', DEFAULT_LIMITS.auditMs),
      refusedSeconds: get('limits.refusedSeconds', DEFAULT_LIMITS.refusedSeconds),
      stageSeconds: get('limits.stageSeconds', DEFAULT_LIMITS.stageSeconds),
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
  const listening = [
    ['openflow', config.openflow],
    ['ovsdbListen', config.ovsdbListen],
  ] as const
  for (const [name, listeners] of listening) {
    if (listeners.some(({ tls }) => tls?.cert === '' || tls?.key === '' || tls?.ca === ''))
      problems.push(`${name}: tls:HOST:PORT needs tls.cert, tls.key and tls.ca`)
  }
  const isSecured = config.ovsdb.some((target) => target.startsWith('ssl:'))
  if (config.ovsdbTls === undefined ? isSecured : Object.values(config.ovsdbTls).includes(''))
    problems.push('ovsdb: ssl:HOST:PORT needs ovsdbTls.cert, ovsdbTls.key and ovsdbTls.ca')
  if (config.metrics !== undefined && !(config.metrics.port <= 65535))
    problems.push(`metrics: ${config.metrics.port} is no port`)
  problems.push(...telemetryContradictions(config.telemetry))
  const users = new Map([[endpointText(config.listen), 'gRPC']])
  for (const [name, listeners] of listening) {
    for (const place of listeners.filter(({ port }) => port !== 0).map(endpointText)) {
      const user = users.get(place)
      if (user === name) problems.push(`${name}: ${place} stands twice`)
      else if (user !== undefined) problems.push(`${name}: ${place} is ${nameOf(user)}'s`)
      else users.set(place, name)
    }
  }
  if (config.metrics !== undefined && config.metrics.port !== 0) {
    const place = endpointText(config.metrics)
    const user = users.get(place)
    if (user !== undefined) problems.push(`metrics: ${place} is ${nameOf(user)}'s`)
  }
  return problems
}

const nameOf = (user: string): string => (user === 'openflow' ? 'OpenFlow' : user === 'ovsdbListen' ? 'OVSDB' : user)

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
  for (const listener of config.ovsdbListen) {
    if (listener.tls === undefined && !isLoopback(listener.host))
      lines.push(`ovsdbListen: whoever reaches ${endpointText(listener)} can speak for bridges; use TLS`)
  }
  return lines
}
