/**
 * How a process ends: parts that run register how they are stopped, and are stopped in reverse order, each within its
 * time. The first SIGINT or SIGTERM asks for that; the second ends the process at once. It refuses to know what the
 * parts are. Used by the controller's main file and by the command line.
 *
 *     running ── stop() or first signal ──▶ stopping ── all hooks ended or out of time ──▶ stopped
 */
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

/** What a stopped process tells its parent. A second signal gives 128 plus the number of the signal. */
export const EXIT_CODE = { stopped: 0, failed: 1, interrupted: 130, terminated: 143 } as const

/** How one part ended. */
export interface Stopped {
  name: string
  outcome: 'stopped' | 'failed' | 'timed-out'
  /** Milliseconds. */
  took: number
  error?: unknown
}

export interface LifecycleOptions {
  clock: Clock
  log: Log
  /** How long one hook may take, in milliseconds; 5,000 where absent. */
  boundMs?: number
}

interface Hook {
  name: string
  stop(): void | Promise<void>
  boundMs: number
}

export class Lifecycle {
  readonly #clock: Clock
  readonly #log: Log
  readonly #boundMs: number
  readonly #hooks: Hook[] = []
  readonly #abort = new AbortController()
  #stopping: Promise<Stopped[]> | undefined

  constructor({ clock, log, boundMs = 5000 }: LifecycleOptions) {
    this.#clock = clock
    this.#log = log
    this.#boundMs = boundMs
  }

  /** Aborted as soon as stopping begins. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /**
   * Registers how a part is stopped. Parts stop in reverse order of registration, one after the other, so register a
   * part once it runs. A part registered while stopping is stopped too. @param boundMs Milliseconds this one may take.
   */
  onStop(name: string, stop: () => void | Promise<void>, boundMs: number = this.#boundMs): void {
    this.#hooks.push({ name, stop, boundMs })
  }

  /** Stops everything; later calls wait for the first. Never rejects: what went wrong is in the answer. */
  stop(reason: string): Promise<Stopped[]> {
    this.#stopping ??= this.#run(reason)
    return this.#stopping
  }

  async #run(reason: string): Promise<Stopped[]> {
    this.#log.info('stopping', { reason })
    this.#abort.abort(reason)
    const report: Stopped[] = []
    for (let hook = this.#hooks.pop(); hook !== undefined; hook = this.#hooks.pop()) {
      const stopped = await this.#end(hook)
      report.push(stopped)
      const { name, outcome, took, error } = stopped
      if (outcome === 'stopped') this.#log.debug('stopped a part', { part: name, took })
      else this.#log.error('a part did not stop cleanly', { part: name, outcome, took, error })
    }
    return report
  }

  async #end({ name, stop, boundMs }: Hook): Promise<Stopped> {
    const began = this.#clock.monotonic()
    const took = (): number => Math.round(this.#clock.monotonic() - began)
    let late = (): void => {}
    const bound = new Promise<'late'>((resolve) => {
      late = () => resolve('late')
    })
    const timer = this.#clock.after(boundMs, late)
    try {
      // The async function turns a hook that throws at once into one that rejects.
      const first = await Promise.race([(async () => stop())(), bound])
      return { name, outcome: first === 'late' ? 'timed-out' : 'stopped', took: took() }
    } catch (error) {
      return { name, outcome: 'failed', took: took(), error }
    } finally {
      timer.cancel()
    }
  }
}

/** The exit code for how the parts ended. */
export function exitCodeOf(report: readonly Stopped[]): number {
  return report.every(({ outcome }) => outcome === 'stopped') ? EXIT_CODE.stopped : EXIT_CODE.failed
}

/** What of a process is needed here; `process` itself, or a stand-in in tests. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  exit(code: number): void
}

/**
 * A signal that the first SIGINT or SIGTERM aborts, with its name as the reason; the second of either ends the process
 * at once. `release` stops listening.
 */
export function stopOnSignals(source: SignalSource): { signal: AbortSignal; release(): void } {
  const abort = new AbortController()
  const receive = (name: 'SIGINT' | 'SIGTERM') => (): void => {
    if (abort.signal.aborted) source.exit(name === 'SIGINT' ? EXIT_CODE.interrupted : EXIT_CODE.terminated)
    else abort.abort(name)
  }
  const [interrupt, terminate] = [receive('SIGINT'), receive('SIGTERM')]
  source.on('SIGINT', interrupt)
  source.on('SIGTERM', terminate)
  return {
    signal: abort.signal,
    release() {
      source.off('SIGINT', interrupt)
      source.off('SIGTERM', terminate)
    },
  }
}
