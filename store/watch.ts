/**
 * Ordered watches over a history: each watcher has its own place and is told of every change set once. The only file
 * of store/ that knows RxJS. engine.ts calls `deliver` after each change set became durable and visible.
 */
import { Observable, type Subscriber } from 'rxjs'
import type { ChangeSet } from './contract.ts'
import type { History } from './history.ts'

interface Watcher {
  subscriber: Subscriber<ChangeSet>
  prefix: string
  /** Revision delivered last. */
  at: number
}

export class Watchers {
  readonly #history: History
  readonly #watchers = new Set<Watcher>()
  #completed = false

  constructor(history: History) {
    this.#history = history
  }

  watch(after: number, prefix: string): Observable<ChangeSet> {
    return new Observable((subscriber) => {
      try {
        this.#history.check(after)
      } catch (error) {
        subscriber.error(error)
        return
      }
      const watcher: Watcher = { subscriber, prefix, at: after }
      this.#watchers.add(watcher)
      subscriber.add(() => this.#watchers.delete(watcher))
      this.#advance(watcher)
      if (this.#completed) subscriber.complete()
    })
  }

  deliver(): void {
    for (const watcher of this.#watchers) this.#advance(watcher)
  }

  complete(): void {
    this.#completed = true
    for (const { subscriber } of [...this.#watchers]) subscriber.complete()
  }

  #advance(watcher: Watcher): void {
    while (watcher.at < this.#history.newest && !watcher.subscriber.closed) {
      watcher.at += 1
      const set = filtered(this.#history.at(watcher.at)!, watcher.prefix)
      if (set) watcher.subscriber.next(set)
    }
  }
}

function filtered(set: ChangeSet, prefix: string): ChangeSet | undefined {
  if (prefix === '') return set
  const changes = set.changes.filter(({ key }) => key.startsWith(prefix))
  return changes.length === set.changes.length ? set : changes.length === 0 ? undefined : { ...set, changes }
}
