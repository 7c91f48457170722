/**
 * The TypeScript end of hosts.py: a lab as a process that answers requests, one line of JSON each, and what every host of
 * a lab can be asked to do. It knows no switches and nothing of tagsteer.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** One kind of packet that a host received. Times in milliseconds since the epoch. */
export interface Received {
  source: string
  destination: string
  /** IP protocol number, or "arp". */
  protocol: number | string
  /** Destination port, ICMP type, or ARP operation. */
  port: number
  packets: number
  first: number
  last: number
}

export interface Finished {
  code: number
  stdout: string
  stderr: string
}

export type Traffic =
  | { kind: 'udp'; to: string; port: number; rate: number; count: number; source_port?: number }
  | { kind: 'raw'; interface: string; frames: string[]; rate: number; count: number }

export interface Probe {
  to: string
  kind: 'ping' | 'tcp'
  port?: number
  /** Seconds. */
  timeout?: number
}

/** open: answered; reset: TCP RST; unreachable: ICMP error; silent: nothing came. */
export type Reach = 'open' | 'reset' | 'unreachable' | 'silent'

/** A script of this folder; in a build, of the folder `lab` beside it. */
export function script(name: string): string {
  const [here, built] = [name, `lab/${name}`].map((path) => fileURLToPath(new URL(path, import.meta.url)))
  return existsSync(here!) ? here! : built!
}

interface Answer {
  id: number
  ok?: unknown
  error?: string
}

/** The other side of a lab's requests: its process, or its socket. */
export class Asked {
  readonly #output: Writable
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #next = 1
  #ended = false
  /** What it said last that was no answer. */
  #said = ''
  readonly #close: () => Promise<void>

  private constructor(input: Readable, output: Writable, close: () => Promise<void>) {
    this.#output = output
    this.#close = close
    output.on('error', () => this.#end())
    createInterface({ input }).on('line', (line) => {
      const reply = JSON.parse(line) as Answer
      const waiter = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if (reply.error === undefined) waiter?.resolve(reply.ok)
      else waiter?.reject(new Error(reply.error))
    })
  }

  /** A script of this folder as a process of ours: it ends, and what it made with it, with us or with close(). */
  static script(name: string): Asked {
    const process = spawn('/usr/bin/python3', [script(name)], { stdio: 'pipe' })
    const gone = new Promise<void>((resolve) => {
      process.on('error', (error) => {
        asked.#said += error.message
        asked.#end()
        resolve()
      })
      process.on('close', () => {
        asked.#end()
        resolve()
      })
    })
    const asked = new Asked(process.stdout, process.stdin, async () => {
      if (process.exitCode === null) process.stdin.end()
      const force = setTimeout(() => process.kill('SIGKILL'), 60_000)
      await gone
      clearTimeout(force)
    })
    process.stderr.on('data', (chunk: Buffer) => {
      asked.#said = (asked.#said + chunk.toString()).slice(-4000)
    })
    return asked
  }

  /** A lab that serves a socket and goes on when we leave. Rejects where none does. */
  static socket(path: string): Promise<Asked> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        const asked = new Asked(socket, socket, async () => {
          socket.destroy()
        })
        socket.on('close', () => asked.#end())
        resolve(asked)
      })
    })
  }

  #end(): void {
    this.#ended = true
    for (const { reject } of this.#waiting.values()) reject(this.#over())
    this.#waiting.clear()
  }

  #over(): Error {
    return new Error(`the lab ended: ${this.#said}`)
  }

  /** Rejects with what the lab says where it cannot, and where it has ended. */
  ask(op: string, request: object = {}): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#over())
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#output.write(`${JSON.stringify({ ...request, id, op })}\n`)
    })
  }

  close(): Promise<void> {
    return this.#close()
  }
}

/** What can be asked of any host of a lab. */
export class HostRequests {
  protected readonly asked: Asked

  protected constructor(asked: Asked) {
    this.asked = asked
  }

  /** Runs one command in a host to its end, or until `timeout` seconds (code 124). `input` is what it may read. */
  run(host: string, command: string[], timeout = 20, input = ''): Promise<Finished> {
    return this.asked.ask('run', { host, command, timeout, input }) as Promise<Finished>
  }

  /** True when at least one of `count` echo requests is answered. */
  async ping(host: string, to: string, { count = 1, wait = 1 } = {}): Promise<boolean> {
    const { code } = await this.run(host, ['ping', '-n', '-c', String(count), '-i', '0.2', '-W', String(wait), to])
    return code === 0
  }

  /** TCP listeners that greet and close, until the lab stops. */
  async listen(host: string, ports: number[]): Promise<void> {
    await this.asked.ask('listen', { host, ports })
  }

  /** Asks many reachability questions from one host at once. */
  async probe(host: string, probes: Probe[]): Promise<Reach[]> {
    const finished = (await this.asked.ask('probe', { host, probes })) as Finished
    if (finished.code !== 0) throw new Error(`probe in ${host}: ${finished.stderr}`)
    return JSON.parse(finished.stdout) as Reach[]
  }

  /** Sends bounded traffic; resolves when it has been sent. */
  async send(host: string, traffic: Traffic): Promise<{ sent: number; failed: number }> {
    const finished = (await this.asked.ask('send', { host, traffic, timeout: 120 })) as Finished
    if (finished.code !== 0) throw new Error(`sender in ${host}: ${finished.stderr}`)
    return JSON.parse(finished.stdout) as { sent: number; failed: number }
  }

  /** What a host received since the first call or the last reset. Throws where the observer itself lost packets. */
  async received(host: string, { reset = false } = {}): Promise<Received[]> {
    const { rows, lost } = (await this.asked.ask('observe', { host, reset })) as {
      rows: [string, string, number | string, number, number, number, number][]
      lost: number
    }
    if (lost > 0) throw new Error(`the observer in ${host} lost ${lost} packets: its counts prove nothing`)
    return rows.map(([source, destination, protocol, port, packets, first, last]) => ({
      source,
      destination,
      protocol,
      port,
      packets,
      first,
      last,
    }))
  }

  /** Takes the lab down; where it has crashed, what is left is told by no one. */
  async stop(): Promise<void> {
    await this.asked.close()
  }
}
