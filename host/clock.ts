/**
 * Time as the rest of the code is given it: wall time for what people read, monotonic time for durations and timers, so
 * that a jump of the wall clock never fires or delays anything. `manualClock` is the same by hand, for tests. It
 * refuses to know what is being timed. Used by whoever starts timers; cores take plain numbers instead.
 */

/** A timer that has not fired yet can be cancelled; afterwards `cancel` does nothing. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number
  /** Milliseconds since some fixed moment; never goes back. */
  monotonic(): number
  /** Runs `task` once after `ms` milliseconds. Until then the process stays alive. */
  after(ms: number, task: () => void): Timer
  /** Runs `task` every `ms` milliseconds until cancelled. This alone keeps no process alive. */
  every(ms: number, task: () => void): Timer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task) {
    const handle = setTimeout(task, ms)
    return { cancel: () => clearTimeout(handle) }
  },
  every(ms, task) {
    const handle = setInterval(task, ms)
    handle.unref()
    return { cancel: () => clearInterval(handle) }
  },
}

export interface ManualClock extends Clock {
  /** Lets time pass; timers fire in the order of their due times, those due together in the order they were set. */
  advance(ms: number): void
  /** Sets the wall time without letting time pass, as an administrator would. */
  jump(wallMs: number): void
  /** Timers that wait. */
  readonly pending: number
}

/** @param start Wall time at the beginning, milliseconds since the epoch. */
export function manualClock(start = 0): ManualClock {
  let elapsed = 0
  let offset = start
  const waiting = new Set<{ due: number; period?: number; task: () => void }>()
  const set = (timer: { due: number; period?: number; task: () => void }): Timer => {
    waiting.add(timer)
    return { cancel: () => void waiting.delete(timer) }
  }
  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,
    after: (ms, task) => set({ due: elapsed + ms, task }),
    every: (ms, task) => set({ due: elapsed + ms, period: Math.max(1, ms), task }),
    advance(ms) {
      const end = elapsed + ms
      for (;;) {
        let next: { due: number; period?: number; task: () => void } | undefined
        for (const timer of waiting) {
          if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer
        }
        if (next === undefined) break
        elapsed = Math.max(elapsed, next.due)
        waiting.delete(next)
        if (next.period !== undefined) {
          next.due += next.period
          waiting.add(next)
        }
        next.task()
      }
      elapsed = end
    },
    jump(wallMs) {
      offset = wallMs - elapsed
    },
    get pending() {
      return waiting.size
    },
  }
}
