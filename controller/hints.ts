/**
 * What was observed last, kept across restarts: links, and places of interfaces that are found by port name or MAC. A
 * controller that starts believes them until the switches say better, so that its restart takes nobody's flows away.
 * They are hints, not intent: nothing but main.ts reads them, and losing them costs one round of discovery.
 */
import type { Store } from '../store/contract.ts'
import type { Tell } from './events.ts'
import type { Place } from './policy/state.ts'

const PLACE = 'hint/place/'
const LINKS = 'hint/links'
/** Milliseconds that changes gather before they are written. */
const GATHER_MS = 500

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
  #writing: Promise<void> = Promise.resolve()

  constructor(store: Store, tell: Tell) {
    this.#store = store
    this.#tell = tell
  }

  links(): LinkHint[] {
    return this.#store.get<LinkHint[]>(LINKS)?.value.map((link) => ({ ...link })) ?? []
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
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flush()
    await this.#writing
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#flush()
    }, GATHER_MS)
  }

  #flush(): void {
    const puts: { key: string; value: unknown }[] = []
    const deletes: string[] = []
    for (const [name, place] of this.#places) {
      if (place !== undefined) puts.push({ key: PLACE + name, value: place })
      else deletes.push(PLACE + name)
    }
    if (this.#links !== undefined) puts.push({ key: LINKS, value: this.#links })
    this.#places.clear()
    this.#links = undefined
    if (puts.length === 0 && deletes.length === 0) return
    const cause = { caller: 'controller', method: 'observed' }
    this.#writing = this.#store.commit({ puts, deletes, cause }).then(
      () => undefined,
      (error: Error) => this.#tell('store-failed', 'hints', { reason: error.message }),
    )
  }
}
