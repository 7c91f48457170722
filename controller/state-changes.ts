/**
 * What became another in intent and observed, collected for whoever follows it at its own pace. It refuses to know what
 * is done with it.
 */
import { emptyDelta, type IntentDelta, mergeDelta } from './policy/intent.ts'
import { mergeObserved, nothingObserved } from './policy/observed-delta.ts'
import type { ObservedDelta } from './policy/state.ts'

/** Of intent and observed, since it was last taken. */
export interface CollectedChange {
  readonly intent: IntentDelta
  readonly observed: ObservedDelta
}

export interface ChangeFollower {
  /** Whether something became another since `look`. */
  readonly isStale: boolean
  look(): void
  /** All since it was last taken. */
  take(): CollectedChange
  stop(): void
}

interface Following {
  change: CollectedChange
  isStale: boolean
  readonly told: () => void
}

export class StateChanges {
  readonly #followers = new Set<Following>()

  intentChanged(delta: IntentDelta): void {
    for (const follower of this.#followers) {
      mergeDelta(follower.change.intent, delta)
      tell(follower)
    }
  }

  observedChanged(delta: ObservedDelta): void {
    // Probes come and go all the time, and concern nobody but themselves.
    if (isOfProbesOnly(delta)) return
    for (const follower of this.#followers) {
      mergeObserved(follower.change.observed, delta)
      tell(follower)
    }
  }

  /** @param told Called at each change; nothing is to be done there but to note it. */
  follow(told: () => void): ChangeFollower {
    const follower: Following = { change: noChange(), isStale: false, told }
    this.#followers.add(follower)
    return {
      get isStale() {
        return follower.isStale
      },
      look: () => {
        follower.isStale = false
      },
      take: () => {
        const { change } = follower
        follower.change = noChange()
        return change
      },
      stop: () => void this.#followers.delete(follower),
    }
  }
}

function tell(follower: Following): void {
  follower.isStale = true
  follower.told()
}

function isOfProbesOnly({ datapaths, places, ends, demands }: ObservedDelta): boolean {
  return datapaths.size === 0 && places.size === 0 && ends === undefined && demands === undefined
}

export function noChange(): CollectedChange {
  return { intent: emptyDelta(0), observed: nothingObserved() }
}
