/**
 * Prefixes, IP ranges and IP addresses as NetBox's CSV import form has them: its column names, and the labels under which
 * it exports them. Reading tells every mistake with its line and column; columns that NetBox has and we have no use for
 * are passed over, unknown ones are mistakes. Pure; what becomes of the entries is controller/ipam/'s to decide.
 */
import {
  type Address,
  formatAddress,
  formatPrefix,
  networkPrefix,
  parseAddress,
  parsePrefix,
} from '../../model/address.ts'
import { type CsvField, type CsvProblem, csvText, parseCsv, plainText } from './csv.ts'
import { ADDRESS_STATUSES, type AddressStatus, type IpamAddress, type IpamBlock } from './entry.ts'

export const CSV_KINDS = ['prefixes', 'ip-ranges', 'ip-addresses'] as const
export type CsvKind = (typeof CSV_KINDS)[number]

/** What a file holds, by the column that only it has; undefined where there is none. */
export function csvKindOf(text: string): CsvKind | undefined {
  const head = parseCsv(text.slice(0, Math.min(text.indexOf('\n') + 1 || text.length, 10_000)))
  const columns = (head.ok ? (head.records[0] ?? []) : []).map((field) => headerOf(field.text))
  if (columns.includes('prefix')) return 'prefixes'
  if (columns.includes('start_address')) return 'ip-ranges'
  return columns.includes('address') ? 'ip-addresses' : undefined
}

/** Columns that are read and written. */
const COLUMNS = {
  prefixes: ['prefix', 'vrf', 'status', 'role', 'is_pool', 'description', 'tags'],
  'ip-ranges': ['start_address', 'end_address', 'vrf', 'status', 'role', 'description', 'tags'],
  'ip-addresses': ['address', 'vrf', 'status', 'dns_name', 'description', 'tags'],
} as const satisfies Record<CsvKind, readonly string[]>

/** Columns of NetBox that say nothing to us. */
const PASSED_OVER = new Set(
  (
    'id tenant tenant_group site scope scope_type scope_id vlan vlan_group vlan_site mark_utilized mark_populated comments ' +
    'device virtual_machine interface is_primary is_oob parent_object nat_inside nat_outside assigned assigned_object size ' +
    'utilization children depth created last_updated owner role_ip fhrp_group container'
  ).split(' '),
)

/** Labels of NetBox's own export, where they are not the column's name with spaces. */
const LABELS: Readonly<Record<string, string>> = { ip_address: 'address', is_a_pool: 'is_pool', pool: 'is_pool' }

/** `problems` empty: every line could be read. */
export interface Read<T> {
  entries: { entry: T; line: number }[]
  problems: CsvProblem[]
}

const BLOCK_STATUSES = { prefixes: ['container', 'active', 'reserved', 'deprecated'] as const }

/** Problems that are told at most. */
const TOLD = 100

class Row {
  readonly #cells: ReadonlyMap<string, CsvField>
  readonly #problems: CsvProblem[]
  readonly line: number
  isRight = true

  constructor(cells: ReadonlyMap<string, CsvField>, line: number, problems: CsvProblem[]) {
    this.#cells = cells
    this.line = line
    this.#problems = problems
  }

  text(column: string): string {
    const text = plainText((this.#cells.get(column)?.text ?? '').trim())
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused.
    if (/[\u0000-\u001f\u007f]/.test(text)) this.wrong(column, 'holds a control character')
    return text
  }

  wrong(column: string, message: string): undefined {
    this.isRight = false
    const { line, column: at } = this.#cells.get(column) ?? { line: this.line, column: 1 }
    if (this.#problems.length < TOLD) this.#problems.push({ line, column: at, message: `${column}: ${message}` })
    return undefined
  }

  word<W extends string>(column: string, words: readonly W[]): W {
    const text = this.text(column).toLowerCase()
    const found = words.find((word) => word === text)
    if (found === undefined) this.wrong(column, `must be one of ${words.join(', ')}`)
    return found ?? words[0]!
  }

  network(): string {
    const vrf = this.text('vrf')
    return vrf === '' || vrf === 'Global' ? 'default' : vrf
  }

  tags(): string[] {
    const slugs = this.text('tags')
      .split(',')
      .map((slug) => slug.trim())
      .filter((slug) => slug !== '')
    for (const slug of slugs)
      if (!SLUG.test(slug)) this.wrong('tags', `${slug} is no slug: letters, digits, hyphens and underscores`)
    return [...new Set(slugs)]
  }
}

export const SLUG = /^[-a-zA-Z0-9_]{1,100}$/

export function readBlocks(kind: 'prefixes' | 'ip-ranges', text: string): Read<IpamBlock> {
  return read(kind, text, (row) => (kind === 'prefixes' ? readPrefixRow(row) : readRangeRow(row)))
}

export function readAddresses(text: string): Read<IpamAddress> {
  return read('ip-addresses', text, (row) => {
    const prefix = parsePrefix(row.text('address'))
    if (prefix === undefined) return row.wrong('address', 'must be an address with a mask, as in 10.0.1.5/24')
    return {
      network: row.network(),
      address: formatAddress(prefix),
      status: row.word<AddressStatus>('status', ADDRESS_STATUSES),
      dnsName: row.text('dns_name').toLowerCase(),
      description: row.text('description'),
      tags: row.tags(),
      ...{ id: '', version: '' },
    }
  })
}

function read<T>(kind: CsvKind, text: string, entryOf: (row: Row) => T | undefined): Read<T> {
  const parsed = parseCsv(text)
  if (!parsed.ok) return { entries: [], problems: [parsed.problem] }
  const [head, ...records] = parsed.records
  if (head === undefined) return { entries: [], problems: [{ line: 1, column: 1, message: 'is empty' }] }
  const problems: CsvProblem[] = []
  const columns = head.map((field) => columnOf(kind, field, problems))
  for (const [index, name] of columns.entries())
    if (name !== '' && columns.indexOf(name) < index)
      problems.push({ ...placeOf(head[index]!), message: `${name}: stands twice` })
  const needed = kind === 'ip-ranges' ? ['start_address', 'end_address', 'status'] : [COLUMNS[kind][0], 'status']
  for (const name of needed)
    if (!columns.includes(name)) problems.push({ line: 1, column: 1, message: `the column ${name} is missing` })
  if (problems.length > 0) return { entries: [], problems }
  const entries: { entry: T; line: number }[] = []
  for (const record of records) {
    const { line } = record[0]!
    if (record.length !== head.length) {
      if (problems.length < TOLD)
        problems.push({ line, column: 1, message: `has ${record.length} fields; there are ${head.length} columns` })
      continue
    }
    const row = new Row(new Map(columns.map((name, index) => [name, record[index]!])), line, problems)
    const entry = entryOf(row)
    if (entry !== undefined && row.isRight) entries.push({ entry, line })
  }
  return { entries, problems }
}

const placeOf = ({ line, column }: CsvField): { line: number; column: number } => ({ line, column })

function headerOf(text: string): string {
  const words = text.trim().toLowerCase().replaceAll(/[ .]+/g, '_')
  return LABELS[words] ?? words
}

/** The column that a header names; empty where it is passed over. */
function columnOf(kind: CsvKind, field: CsvField, problems: CsvProblem[]): string {
  const name = headerOf(field.text)
  if ((COLUMNS[kind] as readonly string[]).includes(name)) return name
  if (PASSED_OVER.has(name) || name.startsWith('cf_')) return ''
  problems.push({
    ...placeOf(field),
    message: `NetBox has no column ${JSON.stringify(field.text.slice(0, 60))} of ${kind}`,
  })
  return ''
}

function readPrefixRow(row: Row): IpamBlock | undefined {
  const prefix = parsePrefix(row.text('prefix'))
  const isWhole =
    prefix !== undefined && row.text('prefix').includes('/') && networkPrefix(prefix).value === prefix.value
  if (!isWhole) return row.wrong('prefix', 'must be a prefix without host bits, as in 10.0.1.0/24')
  const isPool = /^(true|yes|1|✔)$/i.test(row.text('is_pool'))
  const size = 1n << BigInt((prefix.family === 4 ? 32 : 128) - prefix.length)
  const edge = !isPool && prefix.family === 4 && prefix.length < 31 ? 1n : 0n
  const { family, value } = prefix
  return {
    kind: 'prefix',
    network: row.network(),
    cidr: formatPrefix(prefix),
    range: rangeText({ family, value: value + edge }, { family, value: value + size - 1n - edge }),
    status: row.word('status', BLOCK_STATUSES.prefixes),
    role: row.text('role'),
    isPool,
    description: row.text('description'),
    tags: row.tags(),
    id: '',
  }
}

function readRangeRow(row: Row): IpamBlock | undefined {
  const [first, last] = (['start_address', 'end_address'] as const).map(
    (column) => parsePrefix(row.text(column)) ?? row.wrong(column, 'must be an address with a mask, as in 10.0.1.5/24'),
  )
  if (first === undefined || last === undefined) return undefined
  if (first.family !== last.family || first.length !== last.length)
    return row.wrong('end_address', 'must be of the family and mask of start_address')
  if (first.value > last.value) return row.wrong('end_address', 'is before start_address')
  return {
    kind: 'range',
    network: row.network(),
    cidr: formatPrefix(networkPrefix(first)),
    range: rangeText(first, last),
    status: row.word('status', ['active', 'reserved', 'deprecated'] as const),
    role: row.text('role'),
    isPool: false,
    description: row.text('description'),
    tags: row.tags(),
    id: '',
  }
}

const rangeText = (first: Address, last: Address): IpamBlock['range'] => ({
  first: formatAddress(first),
  last: formatAddress(last),
})

/** A file that NetBox imports. */
export function writeBlocks(kind: 'prefixes' | 'ip-ranges', blocks: readonly IpamBlock[]): string {
  const rows = blocks.map(({ network, cidr, range, status, role, isPool, description, tags }) => {
    const rest = [description, tags.join(',')]
    const vrf = vrfOf(network)
    if (kind === 'prefixes') return [cidr, vrf, status, role, String(isPool), ...rest]
    const mask = cidr.slice(cidr.indexOf('/'))
    return [range.first + mask, range.last + mask, vrf, status, role, ...rest]
  })
  return csvText([[...COLUMNS[kind]], ...rows])
}

/** @param maskOf The length of the prefix that an address is in. */
export function writeAddresses(entries: readonly IpamAddress[], maskOf: (entry: IpamAddress) => number): string {
  const rows = entries.map((entry) => {
    const { network, address, status, dnsName, description, tags } = entry
    return [`${address}/${maskOf(entry)}`, vrfOf(network), status, dnsName, description, tags.join(',')]
  })
  return csvText([[...COLUMNS['ip-addresses']], ...rows])
}

const vrfOf = (network: string): string => (network === 'default' ? '' : network)

/** Length of a whole address. */
export function fullLength(address: string): number {
  return parseAddress(address)?.family === 6 ? 128 : 32
}
