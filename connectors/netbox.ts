/**
 * NetBox as an external IPAM, through its REST API (NetBox documentation, "REST API Overview" and "IPAM"): prefixes, IP
 * ranges, IP addresses, available-ips and tags. A VRF is a network, the global table another. Lists are read by growing id, so
 * that what comes and goes meanwhile neither hides nor repeats an entry. Writes name what they expect: the entry is read
 * and compared, and where the server sends an ETag (NetBox 4.6 and later) it goes along as If-Match.
 */

import type { AddressStatus, IpamAddress, IpamBlock } from '../ipam/external/entry.ts'
import { ADDRESS_STATUSES } from '../ipam/external/entry.ts'
import { formatAddress, formatPrefix, networkPrefix, parseAddress, parsePrefix, prefixHolds } from '../model/address.ts'
import { type Capabilities, CONNECTOR_LIMITS, ConnectorError, type IpamConnector, type Parent } from './connector.ts'
import { type JsonAnswer, JsonHttp, type JsonHttpOptions, listOf, members, textOf } from './json-http.ts'

export interface NetboxOptions extends Omit<JsonHttpOptions, 'headers'> {
  name: string
  token: string
  /** VRF names by network; empty is the global table. */
  networks: Readonly<Record<string, string>>
  /** Slug of the tag that entries we make carry. */
  tag: string
  page?: number
}

type Fields = Readonly<Record<string, unknown>>

const IPS = 'api/ipam/ip-addresses/'
const PREFIXES = 'api/ipam/prefixes/'

/** How a claimed entry's description begins. */
const CLAIM = 'tagsteer:claimed:'

export class NetboxConnector implements IpamConnector {
  readonly kind = 'netbox'
  readonly name: string
  readonly url: string
  readonly capabilities: Capabilities = { claims: true, tags: true, families: [4, 6], preconditions: 'looked' }
  readonly #http: JsonHttp
  readonly #networks: ReadonlyMap<string, string>
  readonly #tag: string
  readonly #page: number
  /** Ids of VRFs by network; null is the global table. */
  readonly #vrfs = new Map<string, number | null>()
  readonly #tags = new Set<string>()
  /** Of the last reading, for masks. */
  #prefixes: readonly IpamBlock[] | undefined

  constructor({ name, token, networks, tag, page, ...options }: NetboxOptions) {
    this.name = name
    this.url = options.url
    this.#networks = new Map(Object.entries(networks))
    this.#tag = tag
    this.#page = page ?? CONNECTOR_LIMITS.page
    // Tokens of the second version (NetBox 4.5) name their scheme themselves.
    const scheme = token.startsWith('nbt_') ? 'Bearer' : 'Token'
    this.#http = new JsonHttp({ ...options, headers: { authorization: `${scheme} ${token}` } })
  }

  async blocks(signal?: AbortSignal): Promise<IpamBlock[]> {
    const prefixes: IpamBlock[] = []
    const ranges: IpamBlock[] = []
    for (const network of this.#networks.keys()) {
      for (const each of await this.#list(PREFIXES, network, {}, signal)) prefixes.push(prefixOf(each, network))
      for (const each of await this.#list('api/ipam/ip-ranges/', network, {}, signal))
        ranges.push(rangeOf(each, network))
    }
    this.#prefixes = prefixes
    return [...prefixes, ...ranges]
  }

  async addresses(signal?: AbortSignal): Promise<IpamAddress[]> {
    const found = new Map<string, IpamAddress>()
    for (const network of this.#networks.keys()) {
      for (const each of await this.#list(IPS, network, {}, signal)) {
        const entry = addressOf(each, network)
        // Of several entries for one address, the oldest counts: NetBox allows them where uniqueness is not enforced.
        const key = `${network} ${entry.address}`
        if (!found.has(key)) found.set(key, entry)
      }
    }
    return [...found.values()]
  }

  async create(entry: IpamAddress, signal?: AbortSignal): Promise<IpamAddress> {
    const others = await this.#at(entry, signal)
    if (others.length > 0) throw exists(entry)
    const vrf = await this.#vrf(entry.network, signal)
    const address = `${entry.address}/${await this.#mask(entry, signal)}`
    const body = { ...(await this.#written(entry, signal)), address, vrf }
    const made = await this.#http.ask({ method: 'POST', path: IPS, body, signal })
    if (made.status === 400 && (await this.#at(entry, signal)).length > 0) throw exists(entry)
    expectStatus(made, 201, `POST /${IPS}`)
    const ours = addressOf(members(made.body), entry.network)
    // Where uniqueness is not enforced, two of us may have looked before either wrote: the older entry stays.
    const [first] = await this.#at(entry, signal)
    if (first !== undefined && first.id !== ours.id) {
      await this.#http.ask({ method: 'DELETE', path: `${IPS}${ours.id}/`, isRepeatable: true, signal })
      throw exists(entry)
    }
    return ours
  }

  async update(expected: IpamAddress, to: IpamAddress, signal?: AbortSignal): Promise<IpamAddress> {
    const held = await this.#hold(expected, signal)
    if (held === undefined) throw new ConnectorError('changed', `the entry of ${expected.address} is gone`)
    const body = await this.#written(to, signal)
    const path = `${IPS}${expected.id}/`
    const done = await this.#http.ask({ method: 'PATCH', path, body, headers: held, signal })
    if (done.status === 412 || done.status === 404) throw changed(expected)
    expectStatus(done, 200, `PATCH /${path}`)
    return addressOf(members(done.body), to.network)
  }

  async delete(expected: IpamAddress, signal?: AbortSignal): Promise<void> {
    const held = await this.#hold(expected, signal)
    if (held === undefined) return
    const path = `${IPS}${expected.id}/`
    const done = await this.#http.ask({ method: 'DELETE', path, headers: held, isRepeatable: true, signal })
    if (done.status === 412) throw changed(expected)
    if (done.status !== 404) expectStatus(done, 204, `DELETE /${path}`)
  }

  async claim(parent: Parent, count: number, purpose: string, signal?: AbortSignal): Promise<IpamAddress[]> {
    if (count < 1 || count > CONNECTOR_LIMITS.claim)
      throw new ConnectorError('invalid', `${count} addresses: a claim is of 1 to ${CONNECTOR_LIMITS.claim}`)
    const id = await this.#parent(parent, signal)
    const tags = await this.#slugs([], signal)
    const each = { status: 'reserved', description: CLAIM + purpose, tags }
    const path = `${PREFIXES}${id}/available-ips/`
    const body = Array.from({ length: count }, () => each)
    const made = await this.#http.ask({ method: 'POST', path, body, signal })
    // Before 3.1.1 a prefix with nothing left answered 204.
    if (made.status === 409 || made.status === 204)
      throw new ConnectorError('full', `prefix ${parent.cidr} has not ${count} addresses left: ${detailOf(made)}`)
    expectStatus(made, 201, `POST /${path}`)
    return listOf(made.body).map((fields) => addressOf(members(fields), parent.network))
  }

  async claimed(parent: Parent, purpose: string, signal?: AbortSignal): Promise<IpamAddress[]> {
    const filters = { parent: parent.cidr, description: CLAIM + purpose }
    const found = await this.#list(IPS, parent.network, filters, signal)
    return found
      .map((fields) => addressOf(fields, parent.network))
      .filter(({ description }) => description === CLAIM + purpose)
  }

  close(): void {
    this.#http.close()
  }

  /** All of a list, by growing id. */
  async #list(path: string, network: string, filters: Fields, signal?: AbortSignal): Promise<Fields[]> {
    const vrf = await this.#vrf(network, signal)
    const found: Fields[] = []
    let last = 0
    for (;;) {
      const { count, results } = await this.#pageOf(
        path,
        { ...filters, vrf_id: vrf === null ? 'null' : vrf, ordering: 'id', id__gt: last, limit: this.#page },
        signal,
      )
      found.push(...results)
      if (found.length > CONNECTOR_LIMITS.entries)
        throw new ConnectorError('broken', `/${path} has more than ${CONNECTOR_LIMITS.entries} entries`)
      const next = Number(results.at(-1)?.['id'])
      if (results.length === 0 || results.length >= count) return found
      if (!(next > last)) throw new ConnectorError('broken', `/${path} is not in the order that was asked for`)
      last = next
    }
  }

  async #pageOf(path: string, query: Fields, signal?: AbortSignal): Promise<{ count: number; results: Fields[] }> {
    const text = new URLSearchParams(
      Object.entries(query).map(([key, value]): [string, string] => [key, textOf(value)]),
    ).toString()
    const answer = await this.#http.ask({ method: 'GET', path: `${path}?${text}`, isRepeatable: true, signal })
    expectStatus(answer, 200, `GET /${path}`)
    const { count, results } = members(answer.body)
    if (typeof count !== 'number' || !Array.isArray(results))
      throw new ConnectorError('broken', `GET /${path}: the answer is no list of NetBox`)
    return { count, results: results.map(members) }
  }

  /** Entries for one address, the oldest first. */
  async #at({ network, address }: IpamAddress, signal?: AbortSignal): Promise<IpamAddress[]> {
    const found = await this.#list(IPS, network, { address }, signal)
    return found.map((fields) => addressOf(fields, network))
  }

  /** Headers of a write to an entry that is as it is expected; undefined where it is gone. */
  async #hold(expected: IpamAddress, signal?: AbortSignal): Promise<Readonly<Record<string, string>> | undefined> {
    const path = `${IPS}${expected.id}/`
    const now = await this.#http.ask({ method: 'GET', path, isRepeatable: true, signal })
    if (now.status === 404) return undefined
    expectStatus(now, 200, `GET /${path}`)
    if (addressOf(members(now.body), expected.network).version !== expected.version) throw changed(expected)
    return now.etag === undefined ? {} : { 'if-match': now.etag }
  }

  async #written({ status, dnsName, description, tags }: IpamAddress, signal?: AbortSignal): Promise<Fields> {
    return { status, dns_name: dnsName, description, tags: await this.#slugs(tags, signal) }
  }

  /** Tags of an entry that we write, ours among them; those that NetBox lacks are made. */
  async #slugs(tags: readonly string[], signal?: AbortSignal): Promise<{ name: string; slug: string }[]> {
    const slugs = [...new Set([...tags, this.#tag])]
    for (const slug of slugs) {
      if (this.#tags.has(slug)) continue
      const path = 'api/extras/tags/'
      const { count } = await this.#pageOf(path, { slug, limit: 1 }, signal)
      if (count === 0) {
        const made = await this.#http.ask({ method: 'POST', path, body: { name: slug, slug }, signal })
        // 400: somebody else made it meanwhile.
        if (made.status !== 400) expectStatus(made, 201, `POST /${path}`)
      }
      this.#tags.add(slug)
    }
    return slugs.map((slug) => ({ name: slug, slug }))
  }

  async #vrf(network: string, signal?: AbortSignal): Promise<number | null> {
    const known = this.#vrfs.get(network)
    if (known !== undefined) return known
    const name = this.#networks.get(network)
    if (name === undefined) throw new ConnectorError('invalid', `network ${network} is none that ${this.name} serves`)
    let id: number | null = null
    if (name !== '') {
      const { count, results } = await this.#pageOf('api/ipam/vrfs/', { name, limit: 2 }, signal)
      if (count !== 1) throw new ConnectorError('invalid', `NetBox has ${count} VRFs named ${name}; one is needed`)
      id = Number(results[0]?.['id'])
    }
    this.#vrfs.set(network, id)
    return id
  }

  async #parent({ network, cidr }: Parent, signal?: AbortSignal): Promise<string> {
    const found = await this.#list(PREFIXES, network, { prefix: cidr }, signal)
    const [only] = found
    if (only === undefined || found.length > 1)
      throw new ConnectorError(
        'invalid',
        `NetBox has ${found.length} prefixes ${cidr} in network ${network}; one is needed`,
      )
    return textOf(only['id'])
  }

  /** Length of the narrowest prefix that holds an address. */
  async #mask({ network, address }: IpamAddress, signal?: AbortSignal): Promise<number> {
    const parsed = parseAddress(address)!
    if (this.#prefixes === undefined) await this.blocks(signal)
    const lengths = (this.#prefixes ?? [])
      .filter((each) => each.network === network)
      .map(({ cidr }) => parsePrefix(cidr)!)
      .filter((prefix) => prefixHolds(prefix, parsed))
      .map(({ length }) => length)
    return lengths.length === 0 ? (parsed.family === 4 ? 32 : 128) : Math.max(...lengths)
  }
}

/** What an entry was claimed for; undefined where it was not. */
export function claimedFor(description: string): string | undefined {
  return description.startsWith(CLAIM) ? description.slice(CLAIM.length) : undefined
}

const exists = ({ address }: IpamAddress): ConnectorError => new ConnectorError('exists', `${address} has an entry`)
const changed = ({ address }: IpamAddress): ConnectorError =>
  new ConnectorError('changed', `the entry of ${address} has changed`)

function expectStatus(answer: JsonAnswer, status: number, what: string): void {
  if (answer.status === status) return
  const code =
    answer.status === 401 || answer.status === 403 ? 'denied' : answer.status < 500 ? 'invalid' : 'unreachable'
  throw new ConnectorError(code, `${what} is answered with ${answer.status}: ${detailOf(answer)}`)
}

/** What NetBox says is wrong: `detail`, or lists of sentences by field; of a stranger's answer a part. */
function detailOf({ body }: JsonAnswer): string {
  const { detail } = members(body)
  return textOf(detail) || JSON.stringify(body ?? '').slice(0, 300)
}

const slugsOf = (tags: unknown): string[] => listOf(tags).map((tag) => textOf(members(tag)['slug']))

/** A choice field: `{ value, label }`. */
const choice = (field: unknown): string => textOf(members(field)['value'])

function addressOf(fields: Fields, network: string): IpamAddress {
  const { id, address, status, dns_name, description, tags, last_updated } = fields
  const prefix = parsePrefix(textOf(address))
  if (prefix === undefined) throw new ConnectorError('broken', `IP address ${textOf(id)} of NetBox has no address`)
  const word = ADDRESS_STATUSES.find((known) => known === choice(status))
  return {
    ...{ network, address: formatAddress(prefix), dnsName: textOf(dns_name), description: textOf(description) },
    // A status that somebody configured is none in which an address can be given.
    status: word ?? ('reserved' satisfies AddressStatus),
    ...{ tags: slugsOf(tags), id: textOf(id), version: textOf(last_updated) },
  }
}

const BLOCK_STATUSES = ['container', 'active', 'reserved', 'deprecated'] as const

function blockOf(fields: Fields, network: string): Omit<IpamBlock, 'kind' | 'cidr' | 'range'> {
  const { id, status, role, is_pool, description, tags } = fields
  return {
    network,
    status: BLOCK_STATUSES.find((known) => known === choice(status)) ?? 'reserved',
    role: textOf(members(role)['name']),
    isPool: is_pool === true,
    ...{ description: textOf(description), tags: slugsOf(tags), id: textOf(id) },
  }
}

function prefixOf(fields: Fields, network: string): IpamBlock {
  const prefix = parsePrefix(textOf(fields['prefix']))
  if (prefix === undefined) throw new ConnectorError('broken', 'a prefix of NetBox has no prefix')
  const block = blockOf(fields, network)
  const { family, value, length } = prefix
  const size = 1n << BigInt((family === 4 ? 32 : 128) - length)
  const edge = !block.isPool && family === 4 && length < 31 ? 1n : 0n
  const [first, last] = [value + edge, value + size - 1n - edge].map((at) => formatAddress({ family, value: at }))
  return { ...block, kind: 'prefix', cidr: formatPrefix(prefix), range: { first: first!, last: last! } }
}

function rangeOf(fields: Fields, network: string): IpamBlock {
  const [first, last] = [fields['start_address'], fields['end_address']].map((text) => parsePrefix(textOf(text)))
  if (first === undefined || last === undefined)
    throw new ConnectorError('broken', 'an IP range of NetBox has no first or last address')
  return {
    ...{ ...blockOf(fields, network), kind: 'range' },
    cidr: formatPrefix(networkPrefix(first)),
    range: { first: formatAddress(first), last: formatAddress(last) },
  }
}
