/**
 * The other end for tests of OpenFlow connections: a stream in memory whose writes are recorded one by one, ports and
 * features to answer with, and waiting for what must happen.
 */
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import {
  decode,
  encode,
  encodeAll,
  Framer,
  type Message,
  type OpenFlowConnection,
  type Port,
  type SwitchAnswers,
  versionBitmap,
} from 'node-openflow'
import { Connection, type Terms } from '../../openflow/connection/connection.ts'

const port = (port_no: number): Port => ({
  port_no,
  hw_addr: 0x020000000000 + port_no,
  name: `p${port_no}`,
  config: 0,
  state: 4,
  curr: 0x840,
  advertised: 0,
  supported: 0,
  peer: 0,
  curr_speed: 10_000_000,
  max_speed: 0,
})

export const ports = (count: number): Port[] => Array.from({ length: count }, (_, index) => port(index + 1))

export const FEATURES = {
  datapath_id: 0x0123456789abcdefn,
  n_buffers: 0,
  n_tables: 254,
  auxiliary_id: 0,
  capabilities: 0x4f,
  reserved: 0,
}

export const answers = (count = 3): SwitchAnswers => ({ features: () => FEATURES, ports: () => ports(count) })

export const HELLO: Message = { type: 'hello', xid: 77, elements: [versionBitmap([4])] }
export const echo = (xid: number, text = ''): Message => ({ type: 'echo_request', xid, data: Buffer.from(text) })
export const packetIn = (xid: number, data = new Uint8Array(20)): Message => ({
  type: 'packet_in',
  xid,
  buffer_id: 0xffffffff,
  total_len: data.length,
  reason: 'action',
  table_id: 0,
  cookie: 1n,
  match: [{ field: 'in_port', value: 1 }],
  data,
})

export const barrier = { type: 'barrier_request' } as const
export const portDesc = (xid: number, flags: number, first: number, count: number): Message => ({
  type: 'multipart_reply',
  xid,
  flags,
  mp_type: 'port_desc',
  body: ports(first + count).slice(first),
})
/** A frame of that type whose body is whatever. */
export const bad = (type: number, xid: number, rest: number[] = []): Buffer => {
  const octets = Buffer.from([4, type, 0, 8 + rest.length, 0, 0, 0, 0, ...rest])
  octets.writeUInt32BE(xid, 4)
  return octets
}

/** A stream without a network. `written` has one entry for each write that reached it. */
export class MemorySocket extends Duplex {
  readonly written: Buffer[] = []
  readonly #framer = new Framer()
  /** Writes that are held back while the peer "does not read". */
  #held: Array<(error?: Error) => void> | undefined

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.written.push(Buffer.from(chunk)) // Its memory is used again.
    if (this.#held === undefined) done()
    else this.#held.push(done)
  }

  setNoDelay(): this {
    return this
  }

  hold(): void {
    this.#held ??= []
  }

  /** Lets one held write through. */
  step(): void {
    this.#held?.shift()?.()
  }

  /** The write that is held fails, as it does when the peer is gone. */
  failHeld(error: Error): void {
    this.#held?.shift()?.(error)
  }

  /** Lets writes through again. */
  unhold(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const done of held) done()
  }

  /** As if the peer had sent this; the reader has seen it when the promise resolves. */
  async receive(octets: Uint8Array): Promise<void> {
    this.push(Buffer.from(octets))
    await turn()
  }

  /** The whole messages among what was written since the last call. */
  messages(): Message[] {
    return this.written
      .splice(0)
      .flatMap((octets) => this.#framer.push(octets))
      .map((octets) => decode(octets))
  }
}

/** All that is ready to happen has happened. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

/** An established connection, controller side unless told, and the stream behind it. */
export async function establish(
  terms: Partial<Terms> = {},
  between: readonly Message[] = [],
): Promise<{ connection: OpenFlowConnection; socket: MemorySocket }> {
  const socket = new MemorySocket()
  const established = new Promise<OpenFlowConnection>((resolve, reject) => {
    new Connection(
      socket as unknown as Socket,
      { side: 'controller', remote: 'memory', ...terms },
      { established: resolve, refused: (reason) => reject(new Error(reason)) },
    )
  })
  await socket.receive(encode(HELLO))
  if (terms.side !== 'switch') {
    await answerHandshake(socket, between)
  }
  const connection = await established
  socket.messages()
  return { connection, socket }
}

/** Answers the two requests of a controller whose hello has been answered. */
async function answerHandshake(socket: MemorySocket, between: readonly Message[] = []): Promise<void> {
  const features = socket.messages().find(({ type }) => type === 'features_request')
  if (features === undefined) throw new Error('no features_request')
  await socket.receive(encodeAll([...between, { type: 'features_reply', xid: features.xid, ...FEATURES }]))
  const desc = socket.messages().find(({ type }) => type === 'multipart_request')
  if (desc === undefined) throw new Error('no port_desc request')
  await socket.receive(
    encode({ type: 'multipart_reply', xid: desc.xid, flags: 0, mp_type: 'port_desc', body: ports(2) }),
  )
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (value) => {
      throw new Error(`resolved with ${String(value)}`)
    },
    (error: Error) => error,
  )
}

/** What callbacks told, to be waited for one by one. */
export class Told<T> {
  readonly #values: T[] = []
  readonly #waiting: Array<(value: T) => void> = []

  add(value: T): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#values.push(value)
    else waiting(value)
  }

  next(): Promise<T> {
    const value = this.#values.shift()
    return value === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(value)
  }

  get count(): number {
    return this.#values.length
  }
}
