/**
 * Makes an input smaller while it still shows the same: pieces are taken out, from halves down to single octets, then
 * octets become zero. The length in a message's header may be made right after each cut. It knows no target.
 */
import type { Form } from './target.ts'

function repaired(input: Uint8Array, form: Form): Uint8Array {
  if (form !== 'message' || input.length < 4) return input
  const out = input.slice()
  out[2] = out.length >>> 8
  out[3] = out.length
  return out
}

/** @param budget Runs of `same` at most. */
export function minimise(
  input: Uint8Array,
  same: (input: Uint8Array) => boolean,
  budget: number,
  form: Form,
): Uint8Array {
  let best = input
  let left = budget
  const attempt = (candidate: Uint8Array): boolean => {
    if (left <= 0) return false
    left--
    if (!same(candidate)) return false
    best = candidate
    return true
  }
  const without = (at: number, size: number): boolean => {
    const shorter = new Uint8Array(best.length - size)
    shorter.set(best.subarray(0, at))
    shorter.set(best.subarray(at + size), at)
    return attempt(repaired(shorter, form)) || (form === 'message' && attempt(shorter))
  }
  for (let size = best.length >> 1; size >= 1 && left > 0; size >>= 1) {
    for (let at = 0; at + size <= best.length && left > 0; ) if (!without(at, size)) at += size
  }
  if (form === 'text') return best
  for (let at = 0; at < best.length && left > 0; at++) {
    if (best[at] === 0) continue
    const zeroed = best.slice()
    zeroed[at] = 0
    attempt(zeroed)
  }
  return best
}
