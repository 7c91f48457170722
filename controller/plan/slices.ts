/** Long work in slices: a generator runs until its slice is used up, then the event loop turns. */
import { setImmediate as turn } from 'node:timers/promises'

/** Milliseconds that others wait at most, but for one step of the work. */
const SLICE_MS = 8

/**
 * Runs a generator to its end.
 * @param clock Milliseconds, monotonic.
 * @throws the signal's reason where nobody waits for the result any more.
 */
export async function inSlices<T>(work: Generator<void, T>, clock: () => number, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const until = clock() + SLICE_MS
    do {
      const step = work.next()
      if (step.done === true) return step.value
    } while (clock() < until)
    await turn()
    signal?.throwIfAborted()
  }
}
