/**
 * What became another in intent and observed, collected for whoever follows it at its own pace. It refuses to know what
 * is done with it.
 */
import { emptyDelta, type IntentDelta, mergeDelta } from './policy/intent.ts'
import type { ObservedDelta } from './policy/state.ts'

/** Of intent and observed, since it was last taken. */
export interface CollectedChange {
  readonly intent: IntentDelta
  readonly observed: { readonly datapaths: Set<string>; readonly places: Set<string> }
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

  observedChanged({ datapaths, places }: ObservedDelta): void {
    for (const follower of this.#followers) {
      for (const each of datapaths) follower.change.observed.datapaths.add(each)
      for (const each of places) follower.change.observed.places.add(each)
      tell(follower)
    }
  }

  /** @param told Called at each change; nothing is to be done there but to note it. */
  follow(told: () => void): ChangeFollower {
    const follower: Following = { change: nothing(), isStale: false, told }
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
        follower.change = nothing()
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

function nothing(): CollectedChange {
  return { intent: emptyDelta(0), observed: { datapaths: new Set(), places: new Set() } }
}
