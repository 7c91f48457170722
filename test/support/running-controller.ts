/**
 * The controller as users run it: `tagsteer up` as a process of its own, with its state in a directory of the test's.
 * It can be ended, killed and started again on the same state and ports.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { credentials } from '@grpc/grpc-js'
import { type Call, type Caller, caller } from './api-server.ts'

/** The built program. */
export const TAGSTEER = fileURLToPath(new URL('../../dist/tagsteer.js', import.meta.url))
const START_MS = 30_000
/** For tests that look at everything that is on a wire: what is there is the guests'. */
export const NO_SAMPLES = ['--probe-samples', '0']

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

export class RunningController {
  readonly home = mkdtempSync(join(tmpdir(), 'tagsteer-test-'))
  readonly api: string
  readonly openflow: string
  readonly #words: string[]
  readonly #tls: boolean
  #process: ChildProcess | undefined
  #client: Caller | undefined
  #stderr = ''

  private constructor(api: number, openflow: number, tls: boolean, words: string[]) {
    this.#tls = tls
    this.api = `127.0.0.1:${api}`
    this.openflow = `127.0.0.1:${openflow}`
    this.#words = words
  }

  /** With `tls` both sides are encrypted, with the development certificates of its home; otherwise neither is. */
  static async start({
    tls = false,
    words = [],
    environment = {},
  }: {
    tls?: boolean
    words?: string[]
    environment?: Record<string, string>
  } = {}): Promise<RunningController> {
    const controller = new RunningController(await freePort(), await freePort(), tls, words)
    await controller.run(TAGSTEER, environment)
    return controller
  }

  /**
   * Starts it again after end() or kill().
   * @param program The build to run. @param environment Beside this process's.
   */
  async run(program = TAGSTEER, environment: Record<string, string> = {}): Promise<void> {
    const sides = this.#tls ? ['--openflow', `tls:${this.openflow}`] : ['--openflow', this.openflow, '--plaintext']
    const words = ['up', '--listen', this.api, ...sides, ...this.#words]
    const child = spawn(process.execPath, [program, ...words], {
      env: { ...process.env, ...environment, TAGSTEER_HOME: this.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-200_000)
    })
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the controller does not start: ${this.#stderr}`)), START_MS)
      child.once('exit', (code) => {
        clearTimeout(late)
        reject(new Error(`the controller ended with code ${code}: ${this.#stderr}`))
      })
      createInterface({ input: child.stdout! }).on('line', (line) => {
        if (!line.includes('ready')) return
        clearTimeout(late)
        resolve()
      })
    })
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** What it logged last. */
  get log(): string {
    return this.#stderr
  }

  #connect(): Caller {
    const read = (name: string): Buffer => readFileSync(join(this.home, 'certs', name))
    const channel = this.#tls
      ? credentials.createSsl(read('ca.crt'), read('admin.key'), read('admin.crt'))
      : credentials.createInsecure()
    this.#client ??= caller(this.api, channel)
    return this.#client
  }

  /** A call to `Service.Method`. */
  readonly call: Call = (method, request) => {
    return this.#connect().call(method, request)
  }

  /** Runs a command line with its home, to its end; this process stands still meanwhile. */
  tagsteer(...words: string[]): { code: number; out: string; err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [TAGSTEER, ...words], {
      env: { ...process.env, TAGSTEER_HOME: this.home },
      encoding: 'utf8',
    })
    return { code: status ?? -1, out: stdout, err: stderr }
  }

  /** Resolves when it serves so many switches. */
  async served(count = 1): Promise<void> {
    await until(
      `${count} served`,
      () => this.call<{ switches: { state: string }[] }>('TopologyService.ListSwitches'),
      ({ switches }) => switches.filter(({ state }) => state === 'SWITCH_STATE_SERVED').length === count,
    )
  }

  /** Resolves when its one switch is connected and enforces what was written last. */
  async enforced(timeoutMs?: number): Promise<void> {
    interface Seen {
      switches: { connected: boolean }[]
    }
    await until(
      'the switch enforces what was written last',
      () => this.call<Seen>('FlowService.WaitApplied', {}).catch((): Seen => ({ switches: [] })),
      ({ switches }) => switches.length === 1 && switches[0]?.connected === true,
      timeoutMs,
    )
  }

  /** Events of these types that are kept. */
  async events<Event>(types: string[]): Promise<Event[]> {
    const client = this.#connect()
    const events: Event[] = []
    for await (const event of client.stream('EventService.WatchEvents', {
      fromSequence: '1',
      types,
      noFollow: true,
    }))
      events.push(event as Event)
    return events
  }

  /** Asks it to end, as an operator does. */
  end(): Promise<void> {
    return this.#gone('SIGTERM')
  }

  /** Takes it away without a word. */
  kill(): Promise<void> {
    return this.#gone('SIGKILL')
  }

  async #gone(signal: NodeJS.Signals): Promise<void> {
    this.#client?.close()
    this.#client = undefined
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.home, { recursive: true, force: true })
  }
}

/** Asks again until the answer is wanted; rejects with what was seen last after `timeoutMs`. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  wanted: (seen: T) => boolean,
  timeoutMs = 30_000,
): Promise<T> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const seen = await ask()
    if (wanted(seen)) return seen
    if (Date.now() > end)
      throw new Error(`${what}: not after ${timeoutMs} ms; last seen ${JSON.stringify(seen)?.slice(0, 2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
