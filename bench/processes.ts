/** Child processes of benches: sink switches, controllers and clients that answer line by line. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ControllerConfig } from '../host/config.ts'
import type { CloudSize } from './cloud.ts'
import type { Usage } from './controller-process.ts'

/** A script of this folder that answers each line with a line of JSON, once it has said that it is ready. */
class Answering {
  readonly #process: ChildProcess
  readonly #answers: ((line: string) => void)[] = []
  readonly #script: string
  #stopped = false

  protected constructor(script: string, words: readonly (string | number)[]) {
    this.#script = script
    const path = fileURLToPath(new URL(script, import.meta.url))
    const all = ['--import', 'tsx', '--conditions=source', path, ...words.map(String)]
    this.#process = spawn(process.execPath, all, { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines: Interface = createInterface({ input: this.#process.stdout! })
    lines.on('line', (line) => this.#answers.shift()?.(line))
    this.#process.once('exit', (code, signal) => {
      if (this.#stopped) return
      console.error(`${this.#script} ended (${code ?? signal})`)
      process.exit(1)
    })
  }

  /** Its next line. */
  protected next(): Promise<string> {
    return new Promise((resolve) => {
      this.#answers.push(resolve)
    })
  }

  async ask<Answer>(line: string): Promise<Answer> {
    const answer = this.next()
    this.#process.stdin!.write(`${line}\n`)
    return JSON.parse(await answer) as Answer
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.stdin!.end()
    this.#process.kill()
    await ended
  }
}

export class SinkSwitch extends Answering {
  /** Resolves when the switch has shaken hands. */
  static async start(openflowPort: number, datapathId: number, ports: number): Promise<SinkSwitch> {
    const sink = new SinkSwitch('sink-switch.ts', [openflowPort, datapathId, ports])
    await sink.next()
    return sink
  }
}

export class TagClient extends Answering {
  /** Resolves when the client has made a call. */
  static async start(address: string, interfaces: number): Promise<TagClient> {
    const client = new TagClient('tag-client.ts', [address, interfaces])
    await client.next()
    return client
  }

  /** Makes changes one after the other: milliseconds of each until every switch has confirmed it. */
  async take(steps: readonly { method: string; request: object }[]): Promise<number[]> {
    return (await this.ask<{ samples: number[] }>(`steps ${JSON.stringify(steps)}`)).samples
  }

  /** Milliseconds of calls that do next to nothing. */
  async calls(count: number): Promise<number[]> {
    return (await this.ask<{ samples: number[] }>(`calls ${count}`)).samples
  }
}

/** The switches of cloud.ts. */
export class CloudSwitches extends Answering {
  static async start(openflowPort: number, { interfaces, switches }: CloudSize): Promise<CloudSwitches> {
    const cloud = new CloudSwitches('cloud-switches.ts', [openflowPort, interfaces, switches])
    await cloud.next()
    return cloud
  }

  /** Resolves when all have shaken hands. */
  async open(): Promise<void> {
    await this.ask('open')
  }

  count(): Promise<{ flowMods: number }> {
    return this.ask('count')
  }

  /** Microseconds of round trips of one after the other. */
  async echo(times: number): Promise<number[]> {
    return (await this.ask<{ samples: number[] }>(`echo ${times}`)).samples
  }
}

export class ControllerProcess extends Answering {
  /** Where it serves gRPC. */
  grpc = ''

  static async start(config: ControllerConfig): Promise<ControllerProcess> {
    const controller = new ControllerProcess('controller-process.ts', [JSON.stringify(config)])
    controller.grpc = (JSON.parse(await controller.next()) as { grpc: string }).grpc
    return controller
  }

  usage(): Promise<Usage> {
    return this.ask('usage')
  }

  /** After garbage was collected. */
  collect(): Promise<Usage> {
    return this.ask('collect')
  }

  async profile(): Promise<void> {
    await this.ask('profile')
  }

  /** Writes what took the processor since profile(). */
  async profiled(file: string): Promise<void> {
    await this.ask(`profiled ${file}`)
  }
}

export class PeerSwitches extends Answering {
  static async start(): Promise<PeerSwitches> {
    const switches = new PeerSwitches('peer-switches.ts', [])
    await switches.next()
    return switches
  }
}

/** The server of ipam-echo.ts. */
export class EchoServer extends Answering {
  /** Where it serves gRPC. */
  grpc = ''

  static async start(certs: string): Promise<EchoServer> {
    const server = new EchoServer('ipam-echo.ts', [certs])
    server.grpc = (JSON.parse(await server.next()) as { grpc: string }).grpc
    return server
  }

  usage(): Promise<Usage> {
    return this.ask('usage')
  }
}

/** What ipam-client.ts does at one command. */
export interface Work {
  act: 'allocate' | 'boot' | 'batch' | 'bootBatch' | 'stream' | 'renew' | 'release'
  /** Instances, beginning with this one. */
  from: number
  count: number
  /** Requests that wait for their answers at once. */
  inFlight: number
  nap: string
}

/** Milliseconds of all, and of each answer. */
export interface Done {
  ms: number
  samples: number[]
}

export class AddressClient extends Answering {
  static async start(grpc: string, certs: string): Promise<AddressClient> {
    const client = new AddressClient('ipam-client.ts', [grpc, certs])
    await client.next()
    return client
  }

  do(work: Work): Promise<Done> {
    return this.ask(JSON.stringify(work))
  }
}
