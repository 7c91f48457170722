/**
 * Stands between a switch and its controller: what comes in is brought to a server, by default as it is, and can be cut.
 * It knows no messages; who has to look at octets, hold them or delay them says how they are carried.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Brings octets of a connection both ways; `near` came in, `far` leads to the server. */
export type Carry = (near: Socket, far: Socket) => void

const asTheyAre: Carry = (near, far) => {
  near.pipe(far)
  far.pipe(near)
}

export class Relay {
  readonly #to: { host: string; port: number }
  readonly #path: string | undefined
  readonly #carry: Carry
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  /**
   * @param to `HOST:PORT` of the server.
   * @param path Of a Unix socket to listen at; without, it is a free port of 127.0.0.1.
   */
  constructor(to: string, { path, carry = asTheyAre }: { path?: string; carry?: Carry } = {}) {
    const [host = '', port] = to.split(':')
    this.#to = { host, port: Number(port) }
    this.#path = path
    this.#carry = carry
  }

  /** Takes connections, from the first time on or again; where: the path, or `HOST:PORT`. */
  async listen(): Promise<string> {
    const path = this.#path
    const server = createServer((near) => {
      const far = connect(this.#to)
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          this.#sockets.delete(one)
          other.destroy()
        })
      }
      this.#carry(near, far)
    })
    this.#server = server
    await new Promise<void>((resolve) => {
      if (path === undefined) server.listen(0, '127.0.0.1', resolve)
      else server.listen(path, resolve)
    })
    return path ?? `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** Ends its connections and takes none until it listens again. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
