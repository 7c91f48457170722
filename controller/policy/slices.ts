/** Work in slices, between which others may have the event loop. Pure: who takes the slices decides when. */

/** Lists of so many of what there is, the last one shorter; a list for nothing, too. */
export function* slices<T>(all: Iterable<T>, size: number): Generator<readonly T[]> {
  let slice: T[] = []
  for (const each of all) {
    if (slice.push(each) < size) continue
    yield slice
    slice = []
  }
  yield slice
}
