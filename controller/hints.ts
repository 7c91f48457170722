/**
 * What was observed last, kept across restarts: links, and places of interfaces that are found by port name or MAC. A
 * controller that starts believes them until the switches say better, so that its restart takes nobody's flows away.
 * They are hints, not intent: nothing but main.ts reads them, and losing them costs one round of discovery.
 */
import type { Store } from '../store/contract.ts'
import type { Tell } from './events.ts'
import { sameValue } from './policy/changes.ts'
import type { Place } from './policy/state.ts'

const PLACE = 'hint/place/'
const LINKS = 'hint/links'
/** Milliseconds that changes gather before they are written. */
const GATHER_MS = 500
/** Milliseconds after which a write that the store refused is tried again. */
const RETRY_MS = 5000
/** Places of one write, so that many do not stop the event loop. */
const PER_WRITE = 2000

export interface LinkHint {
  from: Place
  to: Place
}

export class Hints {
  readonly #store: Store
  readonly #tell: Tell
  readonly #places = new Map<string, Place | undefined>()
  #links: LinkHint[] | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #failed = false
  #closed = false

  constructor(store: Store, tell: Tell) {
    this.#store = store
    this.#tell = tell
  }

  /** Links of the last run; undefined where no run has told of any, nor that there are none. */
  links(): LinkHint[] | undefined {
    return this.#store.get<LinkHint[]>(LINKS)?.value.map((link) => ({ ...link }))
  }

  places(): [string, Place][] {
    return this.#store.list<Place>(PLACE).map(({ key, value }) => [key.slice(PLACE.length), { ...value }])
  }

  place(name: string, place: Place | undefined): void {
    this.#places.set(name, place)
    this.#later()
  }

  setLinks(links: LinkHint[]): void {
    this.#links = links
    this.#later()
  }

  /** Writes what is waiting. */
  async close(): Promise<void> {
    this.#closed = true
    do this.#flush()
    while (this.#places.size > 0)
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#writing
  }

  #later(ms = GATHER_MS): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#flush()
    }, ms)
  }

  #flush(): void {
    const puts: { key: string; value: unknown }[] = []
    const deletes: string[] = []
    const places = [...this.#places].slice(0, PER_WRITE)
    for (const [name, place] of places) {
      this.#places.delete(name)
      const kept = this.#store.get<Place>(PLACE + name)?.value
      // A port that came back within the time, or a link that was found again, is no reason for a generation.
      if (sameValue(kept, place)) continue
      if (place !== undefined) puts.push({ key: PLACE + name, value: place })
      else deletes.push(PLACE + name)
    }
    const links = this.#links && inOrder(this.#links)
    this.#links = undefined
    if (links !== undefined && !sameValue(this.#store.get(LINKS)?.value, links)) puts.push({ key: LINKS, value: links })
    if (this.#places.size > 0) this.#later()
    if (puts.length === 0 && deletes.length === 0) return
    const cause = { caller: 'controller', method: 'observed' }
    const written = this.#store.commit({ puts, deletes, cause }).then(
      () => {
        this.#failed = false
      },
      (error: Error) => {
        if (!this.#failed) this.#tell('store-failed', 'hints', { reason: error.message })
        this.#failed = true
        if (this.#closed) return
        for (const [name, place] of places) if (!this.#places.has(name)) this.#places.set(name, place)
        this.#links ??= links
        this.#later(RETRY_MS)
      },
    )
    this.#writing = Promise.all([this.#writing, written])
  }
}

/** Links in an order that does not depend on which was found first. */
function inOrder(links: readonly LinkHint[]): LinkHint[] {
  const text = ({ from, to }: LinkHint): string => `${from.datapathId} ${from.port} ${to.datapathId} ${to.port}`
  return [...links].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}
