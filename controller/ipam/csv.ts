/**
 * Records and leases as CSV in NetBox's columns, and such files taken in: prefixes become subnets of network records, or
 * pools where they have a role or are pools; IP ranges become pools; IP addresses become leases, or are withheld. What is
 * there already is never overwritten: an address of which the file says something else is a conflict, and stays. Decides
 * against what it is given and writes through the writer. Called by the IpamService.
 */
import type { Fact, IpamAddress, IpamBlock } from '../../ipam/external/entry.ts'
import { type CsvKind, fullLength, type Read, readAddresses, readBlocks } from '../../ipam/external/netbox-csv.ts'
import { reconcile } from '../../ipam/external/reconcile.ts'
import { parseAddress, parsePrefix, prefixHolds } from '../../model/address.ts'
import { numberOfText } from '../../model/address-key.ts'
import { failureText, invalid, ok, type Result } from '../../model/errors.ts'
import type { Nap } from '../../model/records.ts'
import { validateRecord } from '../../model/validate.ts'
import type { LeaseView } from '../addresses/leases.ts'
import { ownFields } from '../api/messages.ts'
import type { Intent } from '../policy/intent.ts'
import type { Write } from '../policy/propose.ts'
import type { Writer } from '../write.ts'
import { CSV, compareSides, ourFact, ourStep } from './sides.ts'
import { slugsOf } from './tags.ts'

const NAME = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/

/** The entries of a file, or every mistake with its place. */
export function readCsv(kind: CsvKind, text: string): Result<{ blocks: IpamBlock[]; addresses: IpamAddress[] }> {
  const read: Read<IpamBlock> | Read<IpamAddress> =
    kind === 'ip-addresses' ? readAddresses(text) : readBlocks(kind, text)
  if (read.problems.length > 0)
    return invalid(
      read.problems.map(({ line, column, message }) => ({ field: `csv:${line}:${column}`, description: message })),
    )
  const entries = read.entries.map(({ entry }) => entry)
  return ok(
    kind === 'ip-addresses'
      ? { blocks: [], addresses: entries as IpamAddress[] }
      : { blocks: entries as IpamBlock[], addresses: [] },
  )
}

/** What blocks of a file write. Ranges of one pool become its ranges; subnets are added to those of a network. */
export function blockWrites(intent: Intent, blocks: readonly IpamBlock[]): Result<Write[]> {
  const pools = new Map<string, IpamBlock[]>()
  const subnets = new Map<string, string[]>()
  for (const block of blocks) {
    if (block.status === 'container') continue
    const isPool = block.kind === 'range' || block.isPool || block.role !== ''
    const [lists, key] = isPool ? [pools as Map<string, unknown[]>, poolName(block)] : [subnets, block.network]
    const list = lists.get(key)
    const item = isPool ? block : block.cidr
    if (list === undefined) lists.set(key, [item])
    else list.push(item)
  }
  const writes: Write[] = []
  for (const [name, its] of pools) {
    const draft = validateRecord('nap', napFields(intent.naps.get(name), name, its))
    if (!draft.ok) return named(draft, `nap ${name}`)
    writes.push({ op: 'update', record: draft.value, allowMissing: true })
  }
  for (const [name, cidrs] of subnets) {
    const record = intent.networks.get(name)
    const had = (record?.subnets ?? []).map(({ cidr }) => cidr)
    const missing = cidrs.filter((cidr, index) => !had.includes(cidr) && cidrs.indexOf(cidr) === index)
    if (missing.length === 0) continue
    const before = record === undefined ? {} : ownFields(record)
    const all = [...(record?.subnets ?? []), ...missing.map((cidr) => ({ cidr }))]
    const draft = validateRecord('network', { ...before, name, subnets: all })
    if (!draft.ok) return named(draft, `network ${name}`)
    writes.push({ op: 'update', record: draft.value, allowMissing: true })
  }
  return ok(writes)
}

/** The description where it is a name, as export writes it. */
function poolName({ kind, description, range }: IpamBlock): string {
  return NAME.test(description) ? description : `${kind}-${range.first.replaceAll(/[.:]+/g, '-')}`.replace(/-$/, '-0')
}

function napFields(before: Nap | undefined, name: string, blocks: readonly IpamBlock[]): object {
  const [first] = blocks as [IpamBlock, ...IpamBlock[]]
  const slugs = [...new Set(blocks.flatMap(({ tags }) => tags))]
  const own = before === undefined ? {} : ownFields(before)
  // Tags that have no slug cannot be in a file, and stay.
  const others = (before?.tags ?? []).filter((tag) => slugsOf([tag]).length === 0)
  const draining = blocks.some(({ status }) => status === 'reserved' || status === 'deprecated')
  return {
    ...own,
    ...{ name, network: first.network, applicationType: first.role, draining },
    ranges: blocks.map(({ range }) => range),
    tags: [...others.map((tag) => ({ json: tag })), ...slugs.map((text) => ({ text }))],
  }
}

function named<T>(failed: Result<T> & { ok: false }, what: string): Result<never> {
  const violations = (failed.failure.violations ?? []).map(({ field, description }) => {
    return { field: `${what}: ${field}`, description }
  })
  return violations.length === 0 ? failed : invalid(violations)
}

export interface AddressesTaken {
  /** By `<network>/<address>`. */
  taken: { key: string; to: Fact | undefined }[]
  conflicts: { key: string; ours: Fact | undefined; theirs: Fact | undefined }[]
  failed: { key: string; reason: string }[]
  agreed: number
  /** Addresses of no pool, or that a pool excludes. */
  outside: number
}

/** Takes addresses of a file in: those that are free with us; another answer of ours is a conflict, and stays. */
export async function takeAddresses(
  writer: Pick<Writer, 'lease' | 'look'>,
  entries: readonly IpamAddress[],
  { caller, dryRun }: { caller: string; dryRun: boolean },
): Promise<Result<AddressesTaken>> {
  const networks = new Set(entries.map(({ network }) => network))
  const nothing = { get: () => undefined, keys: () => [] }
  const looked = await writer.look((view) => compareSides(view, CSV, networks, entries, nothing, () => false))
  if (!looked.ok) return looked
  const { rows, entries: inPools, outside } = looked.value
  const plan = reconcile(rows.filter(({ key }) => inPools.has(key)))
  const answer: AddressesTaken = {
    taken: [],
    conflicts: plan.conflicts.map(({ key, ours, theirs }) => ({ key, ours, theirs })),
    failed: plan.waiting.map(({ key, reason }) => ({ key, reason })),
    agreed: plan.agreed,
    outside,
  }
  for (const step of plan.steps) {
    const { key, side, to } = step
    if (side === 'base') answer.agreed++
    if (side !== 'ours') continue
    if (!dryRun) {
      const request = { caller, method: 'import', body: key }
      const written = await writer.lease((view) => ourStep(view, CSV, step), request)
      if (!written.ok) {
        answer.failed.push({ key, reason: failureText(written.failure) })
        continue
      }
    }
    answer.taken.push({ key, to })
  }
  return ok(answer)
}

/** Subnets of networks, and ranges of pools, as NetBox has them. */
export function blocksOf(kind: 'prefixes' | 'ip-ranges', intent: Intent): IpamBlock[] {
  const plain = { role: '', isPool: false, description: '', tags: [], id: '', status: 'active' as const }
  if (kind === 'prefixes') {
    return [...intent.networks.values()].flatMap(({ name, subnets }) =>
      subnets.map(
        ({ cidr }) => ({ ...plain, kind: 'prefix', network: name, cidr, range: { first: '', last: '' } }) as const,
      ),
    )
  }
  return [...intent.naps.values()].flatMap((nap) =>
    nap.ranges.map((range): IpamBlock => {
      return {
        ...plain,
        ...{ kind: 'range', network: nap.network, range, role: nap.applicationType, description: nap.name },
        cidr: `${range.first}/${maskOf(intent, nap.network, range.first)}`,
        status: nap.draining === true ? 'deprecated' : 'active',
        tags: slugsOf(nap.tags),
      }
    }),
  )
}

/** Addresses of pools that somebody has, by lease or written into a record, or that are withheld. */
export function addressesOf(view: LeaseView): IpamAddress[] {
  const entries: IpamAddress[] = []
  for (const ledger of view.book.ledgers()) {
    const { network } = ledger
    const texts = new Set<string>()
    for (const pool of ledger.pools.values())
      for (const range of pool.ranges) for (const [, lease] of ledger.leasesIn(range)) texts.add(lease.address)
    for (const name of view.intent.interfacesByNetwork.all(network))
      for (const address of view.intent.interfaces.get(name)?.addresses ?? []) texts.add(address)
    for (const address of texts) {
      const number = numberOfText(address)
      const pool = ledger.poolOf(number)
      const { ours } = ourFact(view, ledger, number)
      if (pool === undefined || ours === undefined) continue
      const isUsed = ours.use === 'used'
      entries.push({
        ...{ network, address, status: isUsed ? 'active' : 'reserved', dnsName: isUsed ? ours.name : '' },
        ...{ description: '', tags: slugsOf(pool.nap.tags), id: '', version: '' },
      })
    }
  }
  return entries.sort((a, b) =>
    a.network === b.network ? compare(a.address, b.address) : a.network < b.network ? -1 : 1,
  )
}

function compare(one: string, other: string): number {
  return numberOfText(one) < numberOfText(other) ? -1 : 1
}

/** Length of the narrowest subnet of a network that an address is in; else that of a whole address. */
export function maskOf(intent: Intent, network: string, text: string): number {
  const address = parseAddress(text)
  const lengths = (intent.networks.get(network)?.subnets ?? [])
    .map(({ cidr }) => parsePrefix(cidr))
    .filter((prefix) => prefix !== undefined && address !== undefined && prefixHolds(prefix, address))
    .map((prefix) => prefix!.length)
  return lengths.length === 0 ? fullLength(text) : Math.max(...lengths)
}
