/**
 * A fake of NetBox, not NetBox: the parts of its REST API that the connector uses, with its field names, nested objects,
 * filters, statuses and error bodies as NetBox 4 documents them, over real HTTP. NetBox itself is no Debian and no npm
 * package. Whatever it does not know, it refuses loudly, so that a filter that NetBox would pass over is found here.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, parsePrefix, prefixHolds } from '../../model/address.ts'

interface Row {
  id: number
  [field: string]: unknown
}

export interface FakeNetboxOptions {
  token?: string
  /** Answers carry ETags, and If-Match is looked at, as of NetBox 4.6. */
  etags?: boolean
  /** As ENFORCE_GLOBAL_UNIQUE, and enforce_unique of every VRF. */
  unique?: boolean
  /** The most that one page holds, whatever is asked for. */
  maxPage?: number
}

export interface FakeNetbox {
  url: string
  token: string
  rows: Record<'ip-addresses' | 'prefixes' | 'ip-ranges' | 'vrfs' | 'tags', Map<number, Row>>
  /** Requests that were answered: method and path. */
  asked: string[]
  /**
   * What becomes of the next requests, one each: a status, `hang` for no answer, `lost` for one that is done and not told,
   * `pass` for one that goes well.
   */
  faults: (number | 'hang' | 'lost' | 'pass')[]
  /** Nobody answers while it is set. */
  isDown: boolean
  latencyMs: number
  add(kind: keyof FakeNetbox['rows'], fields: object): Row
  /** Changes a row, as somebody else would. */
  change(kind: keyof FakeNetbox['rows'], id: number, fields: object): void
  stop(): Promise<void>
}

const PATHS = {
  'api/ipam/ip-addresses': 'ip-addresses',
  'api/ipam/prefixes': 'prefixes',
  'api/ipam/ip-ranges': 'ip-ranges',
  'api/ipam/vrfs': 'vrfs',
  'api/extras/tags': 'tags',
} as const
const FILTERS = 'limit offset ordering id__gt vrf_id address prefix parent description slug name'.split(' ')
const STATUSES = 'container active reserved deprecated dhcp slaac'.split(' ')

export async function startFakeNetbox(options: FakeNetboxOptions = {}): Promise<FakeNetbox> {
  const { token = 'nbt_a-token-of-the-fake', etags = false, unique = true, maxPage = 1000 } = options
  let nextId = 100
  let time = Date.UTC(2026, 0, 1)
  const tables = ['ip-addresses', 'prefixes', 'ip-ranges', 'vrfs', 'tags'] as const
  const rows = Object.fromEntries(tables.map((name) => [name, new Map()])) as FakeNetbox['rows']
  const stamp = (): string => new Date(time++).toISOString()
  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) =>
      send(response, 500, { error: error.message, exception: error.name }),
    )
  })
  const fake: FakeNetbox = {
    ...{ url: '', token, rows, asked: [], faults: [], isDown: false, latencyMs: 0 },
    add(kind, fields) {
      const now = stamp()
      const row = { ...defaults(kind), created: now, ...fields, id: nextId++, last_updated: now }
      rows[kind].set(row.id, row)
      return row
    },
    change(kind, id, fields) {
      Object.assign(rows[kind].get(id)!, fields, { last_updated: stamp() })
    },
    async stop() {
      server.closeAllConnections()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (fake.isDown) {
      request.socket.destroy()
      return
    }
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    if (fake.latencyMs > 0) await sleep(fake.latencyMs)
    const url = new URL(request.url ?? '', 'http://fake')
    fake.asked.push(`${request.method} ${url.pathname}`)
    const fault = fake.faults.shift()
    if (fault === 'hang') return
    if (typeof fault === 'number') {
      send(response, fault, { detail: `fault ${fault}` })
      return
    }
    const scheme = token.startsWith('nbt_') ? 'Bearer' : 'Token'
    if (request.headers.authorization !== `${scheme} ${token}`) {
      send(response, 403, { detail: 'Invalid token' })
      return
    }
    const text = Buffer.concat(parts).toString('utf8')
    const answer = handle(request, url, text === '' ? undefined : JSON.parse(text))
    if (fault === 'lost') request.socket.destroy()
    else send(response, answer.status, answer.body, answer.etag)
  }

  interface Answer {
    status: number
    body?: unknown
    etag?: string
  }

  function handle(request: IncomingMessage, url: URL, body: unknown): Answer {
    const { method = '' } = request
    const found = /^\/(api\/[a-z]+\/[a-z-]+)\/(?:(\d+)\/)?(available-ips\/)?$/.exec(url.pathname)
    const kind = found === null ? undefined : PATHS[found[1] as keyof typeof PATHS]
    if (found === null || kind === undefined) return { status: 404, body: { detail: 'No matches the given query.' } }
    const id = found[2] === undefined ? undefined : Number(found[2])
    if (found[3] !== undefined) return available(method, id!, body)
    if (id === undefined) {
      if (method === 'GET') return list(kind, url.searchParams)
      return method === 'POST' ? create(kind, body as Record<string, unknown>) : { status: 405 }
    }
    const row = rows[kind].get(id)
    if (row === undefined) return { status: 404, body: { detail: `No ${kind} matches the given query.` } }
    const etag = `W/"${Date.parse(String(row['last_updated'])).toString(16)}"`
    const asked = request.headers['if-match']
    if (etags && asked !== undefined && asked !== etag && method !== 'GET')
      return { status: 412, body: { detail: 'The object has been modified.' } }
    if (method === 'GET') return { status: 200, body: shown(kind, row), ...(etags ? { etag } : {}) }
    if (method === 'PATCH') {
      const wrong = check(kind, body as Record<string, unknown>)
      if (wrong !== undefined) return { status: 400, body: wrong }
      fake.change(kind, id, stored(kind, body as Record<string, unknown>))
      return { status: 200, body: shown(kind, row) }
    }
    if (method !== 'DELETE') return { status: 405 }
    rows[kind].delete(id)
    return { status: 204 }
  }

  function list(kind: keyof FakeNetbox['rows'], query: URLSearchParams): Answer {
    for (const name of query.keys()) if (!FILTERS.includes(name)) throw new Error(`the fake knows no filter ${name}`)
    const get = (name: string): string | undefined => query.get(name) ?? undefined
    const prefix = parsePrefix(get('parent') ?? '')
    const matching = [...rows[kind].values()]
      .filter((row) => {
        if (row.id <= Number(get('id__gt') ?? 0)) return false
        const vrf = get('vrf_id')
        if (vrf !== undefined && String(row['vrf']) !== vrf) return false
        const address = get('address')
        if (address !== undefined && String(row['address']).split('/')[0] !== address.split('/')[0]) return false
        if (prefix !== undefined && !prefixHolds(prefix, parsePrefix(String(row['address']))!)) return false
        return ['prefix', 'description', 'slug', 'name'].every((name) => {
          const wanted = get(name)
          return wanted === undefined || String(row[name]).toLowerCase() === wanted.toLowerCase()
        })
      })
      .sort((a, b) => (get('ordering') === 'id' ? a.id - b.id : String(a['address']) < String(b['address']) ? -1 : 1))
    const offset = Number(get('offset') ?? 0)
    const limit = Math.min(Number(get('limit') ?? 50) || maxPage, maxPage)
    const results = matching.slice(offset, offset + limit).map((row) => shown(kind, row))
    const next = offset + limit < matching.length ? `http://elsewhere.invalid/?offset=${offset + limit}` : null
    return { status: 200, body: { count: matching.length, next, previous: null, results } }
  }

  function create(kind: keyof FakeNetbox['rows'], body: Record<string, unknown>): Answer {
    const wrong = check(kind, body)
    if (wrong !== undefined) return { status: 400, body: wrong }
    if (kind === 'ip-addresses' && unique) {
      const [address] = String(body['address']).split('/')
      const vrf = body['vrf'] ?? null
      const twin = [...rows[kind].values()].find(
        (row) => String(row['address']).split('/')[0] === address && row['vrf'] === vrf,
      )
      const table = vrf === null ? 'global table' : `VRF ${vrf}`
      if (twin !== undefined)
        return { status: 400, body: { address: [`Duplicate IP address found in ${table}: ${twin['address']}`] } }
    }
    return { status: 201, body: shown(kind, fake.add(kind, stored(kind, body))) }
  }

  function available(method: string, id: number, body: unknown): Answer {
    const parent = rows.prefixes.get(id)
    if (parent === undefined) return { status: 404, body: { detail: 'No Prefix matches the given query.' } }
    const prefix = parsePrefix(String(parent['prefix']))!
    const taken = new Set(
      [...rows['ip-addresses'].values()]
        .filter((row) => row['vrf'] === parent['vrf'])
        .map((row) => formatAddress(parsePrefix(String(row['address']))!)),
    )
    const free: string[] = []
    const size = 1n << BigInt((prefix.family === 4 ? 32 : 128) - prefix.length)
    for (let value = prefix.value + 1n; value < prefix.value + size - 1n && free.length < 2000; value++) {
      const address = formatAddress({ family: prefix.family, value })
      if (!taken.has(address)) free.push(`${address}/${prefix.length}`)
    }
    if (method !== 'POST') return { status: 405 }
    const asked = (Array.isArray(body) ? body : [body]) as Record<string, unknown>[]
    if (asked.length > free.length) {
      const counts = `(${asked.length} requested, ${free.length} available)`
      return { status: 409, body: { detail: `Insufficient IP addresses are available within the prefix ${counts}` } }
    }
    const made = asked.map((each, index) =>
      shown(
        'ip-addresses',
        fake.add('ip-addresses', { ...stored('ip-addresses', each), address: free[index], vrf: parent['vrf'] }),
      ),
    )
    return { status: 201, body: Array.isArray(body) ? made : made[0] }
  }

  function check(kind: keyof FakeNetbox['rows'], body: Record<string, unknown>): object | undefined {
    if (kind === 'tags')
      return [...rows.tags.values()].some((row) => row['slug'] === body['slug'])
        ? { slug: ['tag with this slug already exists.'] }
        : undefined
    const { status, dns_name, tags } = body
    if (status !== undefined && !STATUSES.includes(String(status)))
      return { status: [`${String(status)} is not a valid choice.`] }
    if (!/^([0-9A-Za-z_-]+|\*)?(\.[0-9A-Za-z_-]+)*\.?$/.test(String(dns_name ?? '')))
      return {
        dns_name: [
          'Only alphanumeric characters, asterisks, hyphens, periods, and underscores are allowed in DNS names',
        ],
      }
    for (const { slug } of (tags ?? []) as { slug: string }[])
      if (![...rows.tags.values()].some((row) => row['slug'] === slug))
        return { tags: [`Related object not found using the provided attributes: {'slug': '${slug}'}`] }
    return undefined
  }

  /** As it is kept: DNS names in lower case, as NetBox saves them. */
  function stored(kind: keyof FakeNetbox['rows'], body: Record<string, unknown>): Record<string, unknown> {
    if (kind !== 'ip-addresses') return body
    const { dns_name } = body
    return { ...body, ...(typeof dns_name === 'string' ? { dns_name: dns_name.toLowerCase() } : {}) }
  }

  function shown(kind: keyof FakeNetbox['rows'], row: Row): object {
    if (kind === 'vrfs' || kind === 'tags') return { ...row, display: row['name'] }
    const labelled = (value: unknown): object => ({ value, label: String(value).replace(/^./, (c) => c.toUpperCase()) })
    const vrf = rows.vrfs.get(Number(row['vrf']))
    const role = row['role']
    return {
      ...row,
      url: `${fake.url}/api/ipam/${kind}/${row.id}/`,
      display: row['address'] ?? row['prefix'],
      vrf: vrf === undefined ? null : { id: vrf.id, name: vrf['name'] },
      status: labelled(row['status']),
      ...(kind === 'ip-addresses' || role === null ? {} : { role: { id: 1, name: role, slug: role } }),
      tags: (row['tags'] as { slug: string }[]).map(({ slug }) => ({ name: slug, slug, display: slug })),
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  fake.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  return fake
}

function defaults(kind: keyof FakeNetbox['rows']): object {
  if (kind === 'vrfs' || kind === 'tags') return {}
  const common = { vrf: null, tenant: null, status: 'active', role: null, description: '', comments: '', tags: [] }
  if (kind === 'ip-addresses')
    return { ...common, dns_name: '', assigned_object: null, nat_inside: null, custom_fields: {} }
  return { ...common, is_pool: false, mark_utilized: false, custom_fields: {} }
}

function send(response: ServerResponse, status: number, body?: unknown, etag?: string): void {
  const headers = { 'content-type': 'application/json', ...(etag === undefined ? {} : { etag }) }
  response.writeHead(status, headers)
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
