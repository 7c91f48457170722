/**
 * The TypeScript end of lab.py: one Mininet network as an object with typed requests. Used by the demo and by the
 * system tests; it knows nothing of tagsteer. Everything it made is taken down by stop(), and also when this process
 * dies, because lab.py ends with its standard input.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface HostSpec {
  name: string
  mac: string
  /** With prefix length. */
  ip: string
  ip6?: string
  switch: string
}

export interface NetworkSpec {
  /** A standalone one is an ordinary learning switch without a controller: somebody else's network. */
  switches: { name: string; dpid: string; standalone?: boolean }[]
  hosts: HostSpec[]
  links: [string, string][]
  /** Open vSwitch controller targets. */
  controllers: string[]
}

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

/** Ports of each switch: interface name to OpenFlow port number. */
export type PortTable = Record<string, Record<string, number>>

interface Answer {
  id: number
  ok?: unknown
  error?: string
}

export class Lab {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #next = 1
  #stderr = ''
  readonly #ended: Promise<void>

  private constructor() {
    this.#process = spawn('/usr/bin/python3', [fileURLToPath(new URL('lab.py', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4000)
    })
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      const reply = JSON.parse(line) as Answer
      const waiter = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if (reply.error === undefined) waiter?.resolve(reply.ok)
      else waiter?.reject(new Error(reply.error))
    })
    this.#ended = new Promise((resolve) => {
      this.#process.on('exit', () => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`the lab ended: ${this.#stderr}`))
        this.#waiting.clear()
        resolve()
      })
    })
  }

  /** Starts a network; rejects (and leaves nothing behind) where Mininet or Open vSwitch cannot make it. */
  static async start(spec: NetworkSpec): Promise<{ lab: Lab; ports: PortTable }> {
    const lab = new Lab()
    try {
      const { ports } = (await lab.#ask('build', { ...spec })) as { ports: PortTable }
      return { lab, ports }
    } catch (error) {
      await lab.stop()
      throw error
    }
  }

  #ask(op: string, request: Record<string, unknown> = {}): Promise<unknown> {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process.stdin!.write(`${JSON.stringify({ ...request, id, op })}\n`)
    })
  }

  /** Runs one command in a host to its end, or until `timeout` seconds (code 124). */
  run(host: string, command: string[], timeout = 20): Promise<Finished> {
    return this.#ask('run', { host, command, timeout }) as Promise<Finished>
  }

  /** True when at least one of `count` echo requests is answered. */
  async ping(host: string, to: string, { count = 1, wait = 1 } = {}): Promise<boolean> {
    const { code } = await this.run(host, ['ping', '-n', '-c', String(count), '-i', '0.2', '-W', String(wait), to])
    return code === 0
  }

  /** TCP listeners that greet and close, until the lab stops. */
  async listen(host: string, ports: number[]): Promise<void> {
    await this.#ask('listen', { host, ports })
  }

  /** Asks many reachability questions from one host at once. */
  async probe(host: string, probes: Probe[]): Promise<Reach[]> {
    const finished = (await this.#ask('probe', { host, probes })) as Finished
    if (finished.code !== 0) throw new Error(`probe in ${host}: ${finished.stderr}`)
    return JSON.parse(finished.stdout) as Reach[]
  }

  /** Sends bounded traffic; resolves when it has been sent. */
  async send(host: string, traffic: Traffic): Promise<{ sent: number; failed: number }> {
    const finished = (await this.#ask('send', { host, traffic, timeout: 120 })) as Finished
    if (finished.code !== 0) throw new Error(`sender in ${host}: ${finished.stderr}`)
    return JSON.parse(finished.stdout) as { sent: number; failed: number }
  }

  /** What a host received since the first call or the last reset. Throws where the observer itself lost packets. */
  async received(host: string, { reset = false } = {}): Promise<Received[]> {
    const { rows, lost } = (await this.#ask('observe', { host, reset })) as {
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

  ports(): Promise<PortTable> {
    return this.#ask('ports') as Promise<PortTable>
  }

  async link(a: string, b: string, up: boolean): Promise<void> {
    await this.#ask('link', { a, b, up })
  }

  /** Moves the switch end of a host's link to another switch; the port keeps its name. */
  async move(host: string, to: string): Promise<{ interface: string }> {
    return (await this.#ask('move', { host, to })) as { interface: string }
  }

  async restartSwitch(name: string): Promise<void> {
    await this.#ask('restart_switch', { switch: name })
  }

  async setControllers(targets: string[]): Promise<void> {
    await this.#ask('controllers', { targets })
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) this.#process.stdin?.end()
    const force = setTimeout(() => this.#process.kill('SIGKILL'), 30_000)
    await this.#ended
    clearTimeout(force)
  }
}
