/**
 * What was observed last, kept across restarts: links, places of interfaces that are found by port name, id or MAC, and
 * ends of tunnels that hypervisors' databases name. A controller that starts believes them until the switches and
 * databases say better, so that its restart takes nobody's flows away.
 * They are hints, not intent: nothing but main.ts reads them, and losing them costs one round of discovery.
 */
import type { TunnelAddress } from '../model/records.ts'
import type { Store } from '../store/contract.ts'
import type { Tell } from './events.ts'
import { sameValue } from './policy/changes.ts'
import type { Place } from './policy/state.ts'

const PLACE = 'hint/place/'
const END = 'hint/end/'
const LINKS = 'hint/links'
/** Milliseconds that changes gather before they are written. */
const GATHER_MS = 500
/** Milliseconds after which a write that the store refused is tried again. */
const RETRY_MS = 5000
/** Places and ends of one write, so that many do not stop the event loop. */
const PER_WRITE = 2000

export interface LinkHint {
  from: Place
  to: Place
}

export class Hints {
  readonly #store: Store
  readonly #tell: Tell
  /** By key; undefined: to be forgotten. */
  readonly #pending = new Map<string, Place | TunnelAddress | undefined>()
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

  /** Ends of tunnels that databases named in the last run, by datapath id. */
  ends(): [string, TunnelAddress][] {
    return this.#store.list<TunnelAddress>(END).map(({ key, value }) => [key.slice(END.length), { ...value }])
  }

  place(name: string, place: Place | undefined): void {
    this.#pending.set(PLACE + name, place)
    this.#later()
  }

  /** What the database of a switch named as its end. */
  end(datapathId: string, end: TunnelAddress | undefined): void {
    this.#pending.set(END + datapathId, end && { kind: end.kind, address: end.address })
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
    while (this.#pending.size > 0)
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
    const taken = [...this.#pending].slice(0, PER_WRITE)
    for (const [key, value] of taken) {
      this.#pending.delete(key)
      // A port that came back within the time, or a link that was found again, is no reason for a generation.
      if (sameValue(this.#store.get(key)?.value, value)) continue
      if (value !== undefined) puts.push({ key, value })
      else deletes.push(key)
    }
    const links = this.#links && inOrder(this.#links)
    this.#links = undefined
    if (links !== undefined && !sameValue(this.#store.get(LINKS)?.value, links)) puts.push({ key: LINKS, value: links })
    if (this.#pending.size > 0) this.#later()
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
        for (const [key, value] of taken) if (!this.#pending.has(key)) this.#pending.set(key, value)
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
