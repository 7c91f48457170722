/**
 * Kea's DHCPv4 server as an external IPAM, through its control agent and the commands of the lease_cmds hook (Kea
 * Administrator Reference Manual, sections on the control channel and libdhcp_lease_cmds). Subnets and pools come from
 * the configuration, addresses from leases and from reservations in it. It cannot claim, and reservations
 * are read only. A lease that we make does not expire, and says in its user context that it is ours.
 */

import type { IpamAddress, IpamBlock } from '../ipam/external/entry.ts'
import { formatAddress, parseAddress, parsePrefix } from '../model/address.ts'
import { type Capabilities, CONNECTOR_LIMITS, ConnectorError, type IpamConnector } from './connector.ts'
import { JsonHttp, type JsonHttpOptions, listOf, members, textOf } from './json-http.ts'

export interface KeaOptions extends Omit<JsonHttpOptions, 'headers'> {
  name: string
  /** Whose addresses its subnets hold. */
  network: string
  /** HTTP basic authentication of the control agent; none where absent. */
  user?: string
  password?: string
  /** Leases of one page. */
  page?: number
}

/** Result codes of Kea's answers. */
const RESULT = { success: 0, error: 1, unsupported: 2, empty: 3, conflict: 4 } as const
/** A lease without end. */
const ENDLESS = 0xffff_ffff
/** Of entries that are reservations: they are the configuration's. */
const RESERVATION = 'reservation'

export class KeaConnector implements IpamConnector {
  readonly kind = 'kea'
  readonly name: string
  readonly url: string
  readonly capabilities: Capabilities = { claims: false, tags: false, families: [4], preconditions: 'looked' }
  readonly #http: JsonHttp
  readonly #network: string
  readonly #page: number

  constructor({ name, network, user, password, page, ...options }: KeaOptions) {
    this.name = name
    this.url = options.url
    this.#network = network
    this.#page = page ?? CONNECTOR_LIMITS.page
    const secret = user === undefined ? undefined : Buffer.from(`${user}:${password ?? ''}`).toString('base64')
    this.#http = new JsonHttp({ ...options, headers: secret === undefined ? {} : { authorization: `Basic ${secret}` } })
  }

  async blocks(signal?: AbortSignal): Promise<IpamBlock[]> {
    return (await this.#subnets(signal)).flatMap(({ cidr, id, fields }) => {
      const base = { network: this.#network, cidr, role: '', description: '', tags: [], isPool: false }
      const active = { ...base, status: 'active' as const }
      const { value, length } = parsePrefix(cidr)!
      const size = 1n << BigInt(32 - length)
      const text = (at: bigint): string => formatAddress({ family: 4, value: at })
      const edge = length < 31 ? 1n : 0n
      const range = { first: text(value + edge), last: text(value + size - 1n - edge) }
      const pools = listOf(fields['pools']).map((each, index): IpamBlock => {
        return { ...active, kind: 'range', range: poolRange(textOf(members(each)['pool'])), id: `${id}/${index}` }
      })
      return [{ ...active, kind: 'prefix', range, id }, ...pools]
    })
  }

  async addresses(signal?: AbortSignal): Promise<IpamAddress[]> {
    const found = new Map<string, IpamAddress>()
    for (const { id, fields } of await this.#subnets(signal)) {
      for (const each of listOf(fields['reservations'])) {
        const { 'ip-address': address, hostname, 'hw-address': mac } = members(each)
        if (parseAddress(textOf(address)) === undefined) continue
        const entry = this.#entry(textOf(address), 'reserved', textOf(hostname), textOf(mac))
        found.set(entry.address, { ...entry, id: `${RESERVATION} ${id}`, version: RESERVATION })
      }
    }
    let from = 'start'
    for (;;) {
      const page = await this.#command('lease4-get-page', { from, limit: this.#page }, signal)
      const leases = listOf(members(page.arguments)['leases'])
      for (const each of leases) {
        const entry = this.#lease(members(each))
        if (entry !== undefined) found.set(entry.address, entry)
      }
      if (found.size > CONNECTOR_LIMITS.entries)
        throw new ConnectorError('broken', `more than ${CONNECTOR_LIMITS.entries} leases`)
      const last = textOf(members(leases.at(-1))['ip-address'])
      if (leases.length < this.#page || last === '' || last === from) break
      from = last
    }
    return [...found.values()]
  }

  async create(entry: IpamAddress, signal?: AbortSignal): Promise<IpamAddress> {
    const added = await this.#command('lease4-add', leaseOf(entry), signal)
    if (added.result !== RESULT.success) {
      // The text alone tells what is wrong, and is for people: whether the lease is there is asked.
      if ((await this.#get(entry.address, signal)) !== undefined)
        throw new ConnectorError('exists', `${entry.address} has a lease`)
      throw new ConnectorError('invalid', `lease4-add ${entry.address}: ${added.text}`)
    }
    return this.#written(entry.address, signal)
  }

  async update(expected: IpamAddress, to: IpamAddress, signal?: AbortSignal): Promise<IpamAddress> {
    await this.#hold(expected, signal)
    const updated = await this.#command('lease4-update', leaseOf(to), signal)
    if (updated.result !== RESULT.success)
      throw new ConnectorError('changed', `lease4-update ${to.address}: ${updated.text}`)
    return this.#written(to.address, signal)
  }

  async delete(expected: IpamAddress, signal?: AbortSignal): Promise<void> {
    if ((await this.#hold(expected, signal, true)) === undefined) return
    const gone = await this.#command('lease4-del', { 'ip-address': expected.address }, signal)
    if (gone.result !== RESULT.success && gone.result !== RESULT.empty)
      throw new ConnectorError('invalid', `lease4-del ${expected.address}: ${gone.text}`)
  }

  claim(): Promise<never> {
    return Promise.reject(new ConnectorError('unsupported', 'Kea gives no addresses to claim'))
  }

  claimed(): Promise<never> {
    return this.claim()
  }

  close(): void {
    this.#http.close()
  }

  /** The lease as it is expected; rejects where it is another. */
  async #hold(expected: IpamAddress, signal?: AbortSignal, mayBeGone = false): Promise<IpamAddress | undefined> {
    if (expected.version === RESERVATION)
      throw new ConnectorError('unsupported', `${expected.address} is a reservation of Kea's configuration`)
    const now = await this.#get(expected.address, signal)
    if (now === undefined && mayBeGone) return undefined
    if (now?.version !== expected.version)
      throw new ConnectorError(
        'changed',
        `the lease of ${expected.address} is ${now === undefined ? 'gone' : 'another'}`,
      )
    return now
  }

  async #written(address: string, signal?: AbortSignal): Promise<IpamAddress> {
    const now = await this.#get(address, signal)
    if (now === undefined) throw new ConnectorError('changed', `the lease of ${address} is gone again`)
    return now
  }

  async #get(address: string, signal?: AbortSignal): Promise<IpamAddress | undefined> {
    const found = await this.#command('lease4-get', { 'ip-address': address }, signal)
    return found.result === RESULT.success ? this.#lease(members(found.arguments)) : undefined
  }

  /** Of a lease in Kea's form; undefined where it has expired and was reclaimed: then the address is free. */
  #lease(fields: Readonly<Record<string, unknown>>): IpamAddress | undefined {
    const { 'ip-address': address, 'hw-address': mac, hostname, state, cltt, 'valid-lft': lifetime } = fields
    if (parseAddress(textOf(address)) === undefined || state === 2) return undefined
    const ours = members(members(fields['user-context'])['tagsteer'])
    // Declined leases (state 1) are somebody's whom nobody knows.
    const status = state === 1 ? 'reserved' : ours['status'] === 'reserved' ? 'reserved' : 'dhcp'
    const entry = this.#entry(textOf(address), status, textOf(hostname), textOf(mac))
    const version = JSON.stringify([cltt, lifetime, state, hostname, mac, ours])
    return { ...entry, description: textOf(ours['description']), id: entry.address, version }
  }

  #entry(address: string, status: IpamAddress['status'], hostname: string, mac: string): IpamAddress {
    return {
      ...{ network: this.#network, address: formatAddress(parseAddress(address)!), status },
      ...{ dnsName: hostname.replace(/\.$/, ''), description: '', tags: [], id: '', version: '' },
      ...(mac === '' ? {} : { mac }),
    }
  }

  async #subnets(
    signal?: AbortSignal,
  ): Promise<{ cidr: string; id: string; fields: Readonly<Record<string, unknown>> }[]> {
    const { result, text, arguments: config } = await this.#command('config-get', undefined, signal)
    if (result !== RESULT.success) throw new ConnectorError('broken', `config-get: ${text}`)
    const dhcp = members(members(config)['Dhcp4'])
    const shared = listOf(dhcp['shared-networks']).flatMap((each) => listOf(members(each)['subnet4']))
    return [...listOf(dhcp['subnet4']), ...shared].map((each) => {
      const fields = members(each)
      const cidr = textOf(fields['subnet'])
      if (parsePrefix(cidr) === undefined) throw new ConnectorError('broken', 'config-get: a subnet without a prefix')
      return { cidr, id: textOf(fields['id']), fields }
    })
  }

  async #command(command: string, args: object | undefined, signal?: AbortSignal): Promise<KeaAnswer> {
    const isReading = /-get(-|$)/.test(command)
    const answer = await this.#http.ask({
      ...{ method: 'POST', path: '', isRepeatable: isReading, signal },
      body: { command, service: ['dhcp4'], ...(args === undefined ? {} : { arguments: args }) },
    })
    if (answer.status === 401 || answer.status === 403)
      throw new ConnectorError('denied', `the control agent answers ${command} with ${answer.status}`)
    if (answer.status !== 200)
      throw new ConnectorError('broken', `the control agent answers ${command} with ${answer.status}`)
    const [first] = listOf(answer.body)
    const { result, text, arguments: given } = members(first)
    if (typeof result !== 'number') throw new ConnectorError('broken', `the answer to ${command} has no result`)
    if (result === RESULT.unsupported)
      throw new ConnectorError('unsupported', `Kea has no ${command}: load the hook libdhcp_lease_cmds`)
    const said = textOf(text)
    if (result === RESULT.error && /forward(ing)? |control socket|unable to (forward|connect)/i.test(said))
      throw new ConnectorError('unreachable', `the control agent has no DHCPv4 server behind it: ${said}`)
    return { result, text: said, arguments: given }
  }
}

interface KeaAnswer {
  result: number
  text: string
  arguments: unknown
}

/** `10.0.0.10-10.0.0.20`, with or without spaces, or a prefix. */
function poolRange(text: string): IpamBlock['range'] {
  const prefix = text.includes('/') ? parsePrefix(text.trim()) : undefined
  if (prefix !== undefined) {
    const last = prefix.value + (1n << BigInt(32 - prefix.length)) - 1n
    return { first: formatAddress(prefix), last: formatAddress({ family: 4, value: last }) }
  }
  const [first, last] = text.split('-').map((each) => parseAddress(each.trim()))
  if (first === undefined || last === undefined) throw new ConnectorError('broken', `config-get: a pool ${text}`)
  return { first: formatAddress(first), last: formatAddress(last) }
}

function leaseOf({ address, status, dnsName, description, mac }: IpamAddress): object {
  return {
    'ip-address': address,
    'hw-address': mac ?? macFor(address),
    hostname: dnsName,
    'valid-lft': ENDLESS,
    'user-context': { tagsteer: { status, description } },
  }
}

/** A locally administered MAC address of an address that nobody has: Kea wants one of every lease. */
function macFor(address: string): string {
  const value = parseAddress(address)!.value & 0xffff_ffffn
  return `02:fe:${value
    .toString(16)
    .padStart(8, '0')
    .replace(/..(?!$)/g, '$&:')}`
}
