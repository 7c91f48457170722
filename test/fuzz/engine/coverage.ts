/**
 * Which octets of one script ran since last asked, by V8's precise coverage. Its ranges are nested and merge where
 * counts are equal, so they are no stable names; painted on the script, outer ones first, they are: what is covered
 * is a set of octets of source. It knows nothing of what runs.
 */
import { type Profiler, Session } from 'node:inspector'

export class Coverage {
  readonly #session = new Session()
  readonly #url: string
  #now = new Uint8Array(0)
  /** 1 for each octet that ever ran. */
  #known = new Uint8Array(0)
  /** Runs of octets that came new, one after the other: about the blocks that were reached. */
  blocks = 0

  /** Call before the script is loaded: only functions compiled later are counted by block. */
  constructor(url: string, size: number) {
    this.#url = url
    this.#now = new Uint8Array(size)
    this.#known = new Uint8Array(size)
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Whether something ran since the last call that never ran before; `learn` makes it known. */
  fresh(learn: boolean): boolean {
    const now = this.#now.fill(0)
    for (const { functions } of this.#take()) {
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) now.fill(count > 0 ? 1 : 0, startOffset, endOffset)
      }
    }
    let found = false
    let inside = false
    for (let i = 0; i < now.length; i++) {
      const fresh = now[i] === 1 && this.#known[i] === 0
      if (fresh) {
        found = true
        if (!learn) break
        this.#known[i] = 1
        if (!inside) this.blocks++
      }
      inside = fresh
    }
    return found
  }

  /** Share of the script that ever ran. */
  get share(): number {
    let sum = 0
    for (const octet of this.#known) sum += octet
    return this.#known.length === 0 ? 0 : sum / this.#known.length
  }

  #take(): Profiler.ScriptCoverage[] {
    let taken: Profiler.ScriptCoverage[] = []
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw new Error(error.message)
      taken = answer.result.filter(({ url }) => url === this.#url)
    })
    return taken
  }
}
