/**
 * Settings of what bridges export to collectors: sFlow (version 5) and IPFIX (RFC 7011). Their limits are those of
 * ovs-vswitchd.conf.db(5), and of one datagram. It refuses to read anything (config.ts does).
 */
import { isIP } from 'node:net'
import type { JsonSchema, Setting } from './settings.ts'

export interface SflowSettings {
  /** Collectors, `ADDRESS:PORT`, IPv6 in brackets. None: no sFlow. */
  targets: string[]
  /** One packet in so many is sampled. */
  sampling: number
  /** Seconds between counters of each port; 0 is never. */
  polling: number
  /** Octets of each sampled packet. */
  header: number
  /** Address or network device that datagrams say they are from; absent, Open vSwitch takes that of the route. */
  agent?: string
}

export interface IpfixSettings {
  /** As those of sFlow. */
  targets: string[]
  /** One packet in so many is sampled. */
  sampling: number
  /** Absent: the low 32 bits of the bridge's datapath id, so that collectors can tell bridges apart. */
  obsDomainId?: number
  /** Absent: 0, as Open vSwitch has it. */
  obsPointId?: number
  /** Seconds after which a flow that goes on is told; 0 with no flows: each sampled packet is a record. */
  cacheActiveTimeout: number
  /** Flows that are gathered at once; 0 is none. */
  cacheMaxFlows: number
}

export interface TelemetrySettings {
  sflow: SflowSettings
  ipfix: IpfixSettings
}

const DEFAULTS: TelemetrySettings = {
  sflow: { targets: [], sampling: 400, polling: 30, header: 128 },
  ipfix: { targets: [], sampling: 400, cacheActiveTimeout: 10, cacheMaxFlows: 8192 },
}

const WORD = 2 ** 32 - 1
const integer = (minimum: number, maximum: number): JsonSchema => ({ type: 'integer', minimum, maximum })
const targets: JsonSchema = {
  type: 'array',
  maxItems: 8,
  items: { type: 'string', pattern: '^([0-9.]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}$' },
}

export type TelemetryName = `telemetry.sflow.${keyof SflowSettings}` | `telemetry.ipfix.${keyof IpfixSettings}`

type TelemetryRow = [TelemetryName, Setting['form'], metavar: string, schema: JsonSchema, description: string]

export const TELEMETRY_ROWS: readonly TelemetryRow[] = [
  [
    'telemetry.sflow.targets',
    'list',
    'address:port,...',
    targets,
    'collectors of sFlow that bridges export to, or none; written to bridges with repair',
  ],
  ['telemetry.sflow.sampling', 'integer', 'packets', integer(1, WORD), 'sFlow samples one packet in so many'],
  [
    'telemetry.sflow.polling',
    'integer',
    'seconds',
    integer(0, 3600),
    'time between counters that sFlow tells of each port; 0 is never',
  ],
  ['telemetry.sflow.header', 'integer', 'octets', integer(14, 1024), 'what sFlow tells of a sampled packet'],
  [
    'telemetry.sflow.agent',
    'text',
    'device',
    { type: 'string', pattern: '^[^\\s"\']{1,45}$' },
    'network device or address that sFlow is from; that of the route where absent',
  ],
  [
    'telemetry.ipfix.targets',
    'list',
    'address:port,...',
    targets,
    'collectors of IPFIX that bridges export to, or none; written to bridges with repair',
  ],
  ['telemetry.ipfix.sampling', 'integer', 'packets', integer(1, WORD), 'IPFIX samples one packet in so many'],
  [
    'telemetry.ipfix.obsDomainId',
    'integer',
    'number',
    integer(0, WORD),
    'observation domain of all bridges; the low 32 bits of each datapath id where absent',
  ],
  ['telemetry.ipfix.obsPointId', 'integer', 'number', integer(0, WORD), 'observation point of all bridges'],
  [
    'telemetry.ipfix.cacheActiveTimeout',
    'integer',
    'seconds',
    integer(0, 4200),
    'time after which a flow that goes on is told',
  ],
  [
    'telemetry.ipfix.cacheMaxFlows',
    'integer',
    'flows',
    integer(0, WORD),
    'flows that are gathered at once; 0 makes a record of each sampled packet',
  ],
]

/** What was said, and defaults. @param said What it says under a name, as the schema has it. */
export function telemetrySettings(said: (name: TelemetryName) => unknown): TelemetrySettings {
  const settings = structuredClone(DEFAULTS) as unknown as Record<string, Record<string, unknown>>
  for (const [name] of TELEMETRY_ROWS) {
    const [, protocol, key] = name.split('.') as [string, string, string]
    const value = said(name)
    if (value !== undefined) settings[protocol]![key] = value
  }
  return settings as unknown as TelemetrySettings
}

/** What is wrong with the settings together; one line each. */
export function telemetryContradictions(settings: TelemetrySettings | undefined): string[] {
  const problems: string[] = []
  for (const [name, targets] of [
    ['telemetry.sflow.targets', settings?.sflow.targets ?? []],
    ['telemetry.ipfix.targets', settings?.ipfix.targets ?? []],
  ] as const) {
    for (const [index, target] of targets.entries()) {
      const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(target) ?? []
      if (isIP(host) === 0 || Number(port) < 1 || Number(port) > 65535)
        problems.push(`${name}: ${target} must be ADDRESS:PORT, IPv6 in brackets; bridges look up no names`)
      if (targets.indexOf(target) < index) problems.push(`${name}: ${target} stands twice`)
    }
  }
  return problems
}
