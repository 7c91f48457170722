/**
 * What a switch should hold: the compiler's output and the ledger's currency. Pure types and the key of a flow. A
 * flow's identity is (table, priority, match); the key is the same for every spelling of a match that means the same,
 * so that what a switch reports can be compared with what was sent to it.
 */
import { type Bucket, type Instruction, type MeterBand, type Oxm, oxmRow } from 'node-openflow'

export interface Flow {
  table: number
  priority: number
  match: readonly Oxm[]
  instructions: readonly Instruction[]
  cookie: bigint
  /** What asked for it: a compilation unit such as `interface/web-1` or `rule/shop/3`. Unknown to switches. */
  unit: string
}

export interface Group {
  groupId: number
  groupType: 'all' | 'select' | 'indirect' | 'ff'
  buckets: readonly Bucket[]
  unit: string
}

export interface Meter {
  meterId: number
  flags: number
  bands: readonly MeterBand[]
  unit: string
}

export interface SwitchProgram {
  /** By flowKey. */
  flows: Map<string, Flow>
  groups: Map<number, Group>
  meters: Map<number, Meter>
  /** Ports on which a switch's own flooding stays silent. */
  noFloodPorts: Set<number>
}

/** Keys whose content may differ; the rest is known to be equal. */
export interface Touched {
  flows: Set<string>
  groups: Set<number>
  meters: Set<number>
  ports: Set<number>
}

export function nothingTouched(): Touched {
  return { flows: new Set(), groups: new Set(), meters: new Set(), ports: new Set() }
}

export function emptyProgram(): SwitchProgram {
  return { flows: new Map(), groups: new Map(), meters: new Map(), noFloodPorts: new Set() }
}

/** The key of a flow: the same for matches that mean the same, whatever their order and spelling. */
export function flowKey(table: number, priority: number, match: readonly Oxm[]): string {
  return `${table}/${priority}/${match.flatMap(fieldText).sort().join(',')}`
}

/** `field=value` or `field=value/mask`; nothing where the mask leaves nothing to match. */
function fieldText(oxm: Oxm): string[] {
  if (oxm.field === 'unknown') return [`${oxm.class}.${oxm.id}=${text(oxm.value ?? 0)}`]
  const row = oxmRow(oxm.field)
  const name = row.twin ?? oxm.field
  if (oxm.mask === undefined) return [`${name}=${text(oxm.value)}`]
  if (typeof oxm.mask === 'object') return [`${name}=${text(oxm.value)}/${text(oxm.mask)}`]
  const mask = BigInt(oxm.mask)
  if (mask === 0n) return []
  const all = (1n << BigInt(row.bits ?? row.size * 8)) - 1n
  return mask === all ? [`${name}=${text(oxm.value)}`] : [`${name}=${text(oxm.value)}/${mask.toString(16)}`]
}

function text(value: number | bigint | Uint8Array): string {
  return typeof value === 'object' ? Buffer.from(value).toString('hex') : value.toString(16)
}
