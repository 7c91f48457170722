/**
 * An Open vSwitch database server for tests: answers a monitor with the bridges that the test gives it, tells of
 * changes, and carries out the updates that a repair sends.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { JsonStream } from '../../controller/channel/json-stream.ts'

const METHODS = ['monitor', 'transact', 'echo']

type Row = Record<string, unknown>

export class FakeOvsdb {
  readonly tables: Record<string, Map<string, Row>> = { Bridge: new Map(), Controller: new Map() }
  readonly transactions: unknown[][] = []
  /** The answer to a transaction that is refused. */
  refusal: string | undefined
  readonly #server: Server
  #target = ''
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async start(): Promise<FakeOvsdb> {
    const server = createServer()
    const fake = new FakeOvsdb(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    fake.#target = `tcp:127.0.0.1:${(server.address() as AddressInfo).port}`
    return fake
  }

  get target(): string {
    return this.#target
  }

  bridge(name: string, datapathId: string, failMode: 'secure' | 'standalone' | undefined): void {
    const fail_mode = failMode ?? ['set', []]
    this.#write('Bridge', name, {
      name,
      datapath_id: datapathId,
      fail_mode,
      controller: ['set', []],
      protocols: ['set', []],
    })
  }

  /** Gives a bridge a controller row. */
  controller(bridge: string, row: Row): void {
    this.#write('Controller', `${bridge}-c`, row)
    this.#write('Bridge', bridge, { controller: ['uuid', `${bridge}-c`] })
  }

  remove(name: string): void {
    this.tables['Bridge']?.delete(name)
    this.#tell({ Bridge: { [name]: { old: {} } } })
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  #write(table: string, uuid: string, row: Row): void {
    const rows = this.tables[table] as Map<string, Row>
    const whole = { ...rows.get(uuid), ...row }
    rows.set(uuid, whole)
    this.#tell({ [table]: { [uuid]: { new: whole } } })
  }

  #tell(update: unknown): void {
    for (const socket of this.#sockets) {
      socket.write(JSON.stringify({ method: 'update', params: ['tagsteer', update], id: null }))
    }
  }

  #serve(socket: Socket): void {
    const stream = new JsonStream()
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk) => {
      for (const value of stream.push(chunk)) {
        const { method, params, id } = value as { method: string; params: unknown[]; id: unknown }
        // As one that knows RFC 7047 and no more.
        const answer = METHODS.includes(method)
          ? { result: this.#answer(method, params), error: null, id }
          : { result: null, error: { error: 'unknown method' }, id }
        socket.write(JSON.stringify(answer))
      }
    })
  }

  #answer(method: string, params: unknown[]): unknown {
    if (method === 'monitor') {
      return Object.fromEntries(
        Object.entries(this.tables).map(([table, rows]) => [
          table,
          Object.fromEntries([...rows].map(([uuid, row]) => [uuid, { new: row }])),
        ]),
      )
    }
    if (method !== 'transact') return params
    const operations = params.slice(1) as {
      op: string
      table: string
      where: [string, string, [string, string]][]
      row: Row
      mutations: unknown[][]
    }[]
    this.transactions.push(operations)
    if (this.refusal !== undefined) return [{ error: this.refusal, details: 'test' }]
    for (const { op, table, where, row, mutations } of operations) {
      const inserted = mutations?.find(([, mutator]) => mutator === 'insert')
      const changed = op === 'mutate' ? { [String(inserted?.[0])]: inserted?.[2] } : row
      this.#write(table, where[0]?.[2][1] ?? '', changed)
    }
    return operations.map(() => ({ count: 1 }))
  }
}
