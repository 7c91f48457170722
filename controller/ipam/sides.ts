/**
 * What is compared with an external IPAM, and what a step of a reconciliation does to our side: facts of the ledger's
 * addresses in pools, and leases given or released for them. Pure: it reads the newest intent and book, and answers with
 * rows, or with what to write in one transaction, what is agreed on included. Called by sync.ts.
 *
 * used: a lease that an interface holds, or an address written into its record (which no reconciliation changes).
 * withheld: on standby. A cooling address waits. What a pool excludes is not compared.
 */
import { type Fact, factOf, type IpamAddress, sameFact } from '../../ipam/external/entry.ts'
import type { Compared, Step } from '../../ipam/external/reconcile.ts'
import type { Ledger } from '../../ipam/ledger.ts'
import { parseMac } from '../../model/address.ts'
import { leaseKey, numberOfText, textOfNumber } from '../../model/address-key.ts'
import { type Failure, fail } from '../../model/errors.ts'
import { type Lease, PREFIX } from '../../model/records.ts'
import { allocate, change, type LeaseView, type Leasing } from '../addresses/leases.ts'

/** What both sides of one connector agreed on, by store key. */
export interface Agreed {
  get(key: string): Fact | undefined
  keys(): Iterable<string>
}

/** Where what was agreed on is stored: like observed facts it is no intent, and is lost without harm. */
export const BASE = 'hint/ipam/'

/** `hint/ipam/<connector>/<network>/<address>`, in the order of the addresses. */
export function baseKey(connector: string, network: string, address: bigint): string {
  return `${BASE}${connector}/${leaseKey(network, address).slice(PREFIX.lease.length)}`
}

/** What is imported from a file is nobody's to agree with afterwards: a name that no connector has. */
export const CSV = 'csv'

/** Names an address in plans and choices. */
export const addressKey = (network: string, address: string): string => `${network}/${address}`

/** The client of addresses that are withheld because an external IPAM says so. */
export const keeper = (connector: string): string => `ipam:${connector}`

export interface Sides {
  rows: Compared[]
  /** Their entries by addressKey. */
  entries: ReadonlyMap<string, IpamAddress>
  /** Their entries for addresses of no pool of ours, and for those that pools exclude. */
  outside: number
  /** Bases of addresses that are in no pool any more: to be forgotten. */
  stale: string[]
}

/** @param isOurs Whether an entry of theirs is ours to give out: claimed, and not in use. */
export function compareSides(
  view: LeaseView,
  connector: string,
  networks: ReadonlySet<string>,
  entries: readonly IpamAddress[],
  agreed: Agreed,
  isOurs: (entry: IpamAddress) => boolean,
): Sides {
  const byKey = new Map<string, IpamAddress>()
  const numbers = new Map<string, Set<bigint>>()
  const note = (network: string, address: bigint): void => {
    const set = numbers.get(network)
    if (set === undefined) numbers.set(network, new Set([address]))
    else set.add(address)
  }
  let outside = 0
  for (const entry of entries) {
    const address = numberOfText(entry.address)
    if (!networks.has(entry.network) || !isCompared(view.book.ledger(entry.network), address)) {
      outside++
      continue
    }
    byKey.set(addressKey(entry.network, entry.address), entry)
    note(entry.network, address)
  }
  for (const network of networks) {
    const ledger = view.book.ledger(network)
    for (const pool of ledger?.pools.values() ?? [])
      for (const range of pool.ranges) for (const [address] of ledger!.leasesIn(range)) note(network, address)
    for (const name of view.intent.interfacesByNetwork.all(network))
      for (const address of view.intent.interfaces.get(name)?.addresses ?? []) note(network, numberOfText(address))
  }
  const stale: string[] = []
  const known = new Set<string>()
  const rows: Compared[] = []
  for (const [network, addresses] of numbers) {
    const ledger = view.book.ledger(network)
    for (const address of addresses) {
      if (ledger === undefined || !isCompared(ledger, address)) continue
      const key = addressKey(network, textOfNumber(address))
      const base = baseKey(connector, network, address)
      known.add(base)
      const entry = byKey.get(key)
      const theirs = entry === undefined || isOurs(entry) ? undefined : factOf(entry, (each) => interfaceOf(view, each))
      rows.push({ key, base: agreed.get(base), theirs, ...ourFact(view, ledger, address) })
    }
  }
  for (const key of agreed.keys()) {
    if (known.has(key)) continue
    const [network = '', text = ''] = key.slice(`${BASE}${connector}/`.length).split('/')
    const address = numberOfKey(text)
    const ledger = view.book.ledger(network)
    if (ledger === undefined || !networks.has(network) || !isCompared(ledger, address)) stale.push(key)
    else {
      const named = addressKey(network, textOfNumber(address))
      rows.push({ key: named, base: agreed.get(key), theirs: undefined, ...ourFact(view, ledger, address) })
    }
  }
  return { rows, entries: byKey, outside, stale }
}

/** The number in the last part of a leaseKey. */
function numberOfKey(text: string): bigint {
  const value = BigInt(`0x${text.slice(2)}`)
  return text.startsWith('6') ? (1n << 128n) + value : value
}

function isCompared(ledger: Ledger | undefined, address: bigint): boolean {
  const state = ledger?.stateOf(address)
  return state !== undefined && state !== 'excluded'
}

/** The interface record that an entry is of: by its DNS name or the first label of that, or by MAC address. */
function interfaceOf({ intent }: LeaseView, { network, dnsName, mac }: IpamAddress): string | undefined {
  const isIn = (name: string | undefined): boolean =>
    name !== undefined && intent.interfaces.get(name)?.network === network
  const whole = dnsName.toLowerCase()
  const names = [whole, whole.split('.')[0], mac === undefined ? undefined : intent.byMac(parseMac(mac) ?? -1)]
  return names.find(isIn)
}

export function ourFact(
  { intent, moment }: LeaseView,
  ledger: Ledger,
  address: bigint,
): Pick<Compared, 'ours' | 'isFixed' | 'waits'> {
  const state = ledger.stateOf(address)
  const lease = ledger.lease(address)
  if (state === 'held' && lease !== undefined) return { ours: { use: 'used', name: lease.interface } }
  if (state === 'standby') return { ours: { use: 'withheld' } }
  if (state === 'fixed') {
    const name = intent.byAddress(ledger.network, textOfNumber(address)) ?? ''
    return { ours: { use: 'used', name }, isFixed: true }
  }
  if (state === 'cooling' && lease !== undefined) {
    const { coolUntil = 0, released = 0 } = lease
    if (coolUntil > moment.now || released > moment.confirmed) return { ours: undefined, waits: 'it is cooling' }
  }
  return { ours: undefined }
}

/** What a step on our side writes. Where ours is not what the step starts from, it fails with IPAM_CHANGED. */
export function ourStep(view: LeaseView, connector: string, step: Step): Leasing {
  const slash = step.key.indexOf('/')
  const [network, text] = [step.key.slice(0, slash), step.key.slice(slash + 1)]
  const address = numberOfText(text)
  const ledger = view.book.ledger(network)
  const now = ledger && ourFact(view, ledger, address)
  if (ledger === undefined || now === undefined || !sameFact(now.ours, step.from) || now.waits !== undefined)
    return refused(fail('IPAM_CHANGED', { address: text, network }).failure)
  const { from, to } = step
  const lease = ledger.lease(address)
  const isPromoted = from?.use === 'withheld' && to?.use === 'used'
  if (from !== undefined && !isPromoted) {
    const released = change(view, 'release', network, address, lease?.generation ?? 0)
    // What follows is given when it has cooled, and is to be taken for their change then.
    return withBase(released, connector, baseKey(connector, network, address), undefined)
  }
  const asker =
    to?.use === 'used'
      ? { interface: to.name, client: isPromoted ? (lease?.client ?? to.name) : to.name }
      : { interface: '', client: keeper(connector) }
  const given = allocate(view, [{ ...asker, network, choice: { address } }])
  return withBase(endless(given, connector), connector, baseKey(connector, network, address), to)
}

const refused = (failure: Failure): Leasing => {
  return { answer: { ok: false, failure }, writes: [], effects: { puts: [], deletes: [] } }
}

/** With what is agreed on afterwards, in the same transaction. */
function withBase(leasing: Leasing, connector: string, key: string, fact: Fact | undefined): Leasing {
  if (!leasing.answer.ok || connector === CSV) return leasing
  const { puts, deletes } = leasing.effects
  const effects =
    fact === undefined ? { puts, deletes: [...deletes, key] } : { puts: [...puts, { key, value: fact }], deletes }
  return { ...leasing, effects }
}

/** What is withheld for another system ends when that says so, not by time. */
function endless(leasing: Leasing, connector: string): Leasing {
  const puts = leasing.effects.puts.map(({ key, value }) => {
    const lease = value as Lease
    if (lease.state !== 'standby' || lease.client !== keeper(connector)) return { key, value }
    const { expires: _, ...rest } = lease
    return { key, value: rest }
  })
  return { ...leasing, effects: { ...leasing.effects, puts } }
}
