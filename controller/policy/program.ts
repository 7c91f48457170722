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
  /** Seconds without a packet after which the switch takes it away by itself, and says so; never where absent. */
  idleTimeout?: number
  /** What asked for it: a compilation unit such as `interface/web-1`, or `rule/shop/817` by slot. Unknown to switches. */
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

export function isAny({ flows, groups, meters, ports }: Touched): boolean {
  return flows.size + groups.size + meters.size + ports.size > 0
}

export function emptyProgram(): SwitchProgram {
  return { flows: new Map(), groups: new Map(), meters: new Map(), noFloodPorts: new Set() }
}

/** The key of a flow: the same for matches that mean the same, whatever their order and spelling. */
export function flowKey(table: number, priority: number, match: readonly Oxm[]): string {
  const texts: string[] = []
  for (const oxm of match) {
    const text = fieldText(oxm)
    if (text !== '') texts.push(text)
  }
  // In order of their texts; matches have few fields.
  for (let from = 1; from < texts.length; from++) {
    const text = texts[from] as string
    let at = from
    for (; at > 0 && (texts[at - 1] as string) > text; at--) texts[at] = texts[at - 1] as string
    texts[at] = text
  }
  // Joined at once: a text of parts would be put together when it is first looked up.
  texts[0] = `${table}/${priority}/${texts[0] ?? ''}`
  return texts.join(',')
}

/** What a key needs of a field: the name that all its spellings share, and the mask that covers it. */
const FIELDS = new Map<string, { name: string; all: bigint; allNumber: number }>()

function fieldOf(field: Exclude<Oxm['field'], 'unknown'>): { name: string; all: bigint; allNumber: number } {
  let found = FIELDS.get(field)
  if (found === undefined) {
    const row = oxmRow(field)
    const bits = row.bits ?? row.size * 8
    found = { name: row.twin ?? field, all: (1n << BigInt(bits)) - 1n, allNumber: bits <= 48 ? 2 ** bits - 1 : -1 }
    FIELDS.set(field, found)
  }
  return found
}

/** `field=value` or `field=value/mask`; empty where the mask leaves nothing to match. */
function fieldText(oxm: Oxm): string {
  if (oxm.field === 'unknown') return `${oxm.class}.${oxm.id}=${text(oxm.value ?? 0)}`
  const { name, all, allNumber } = fieldOf(oxm.field)
  const { mask, value } = oxm
  if (mask === undefined) return `${name}=${text(value)}`
  if (typeof mask === 'object') return `${name}=${text(value)}/${text(mask)}`
  if (typeof mask === 'number' ? mask === 0 : mask === 0n) return ''
  return (typeof mask === 'number' ? mask === allNumber : mask === all)
    ? `${name}=${text(value)}`
    : `${name}=${text(value)}/${mask.toString(16)}`
}

function text(value: number | bigint | Uint8Array): string {
  if (typeof value === 'number') return hex(value)
  return typeof value === 'object' ? Buffer.from(value).toString('hex') : value.toString(16)
}

/** Hexadecimal numbers below 4096, as they are and with leading zeros: toString(16) takes ten times as long. */
const SHORT: string[] = []
const PADDED: string[] = []
for (let value = 0; value < 4096; value++) {
  SHORT.push(value.toString(16))
  PADDED.push(value.toString(16).padStart(3, '0'))
}

/** @param value Not below 0. */
function hex(value: number): string {
  if (value < 4096) return SHORT[value] as string
  const [above, below] = [Math.floor(value / 4096), value % 4096]
  return hex(above) + PADDED[below]
}
