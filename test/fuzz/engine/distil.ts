/** From many inputs the few that are worth keeping in files. It opens none. */
import type { Target } from './target.ts'

/** What a run meets; nothing if it is a finding, which is kept elsewhere. */
function met(target: Target, input: Uint8Array): Set<string> {
  const names = new Set<string>()
  try {
    target.run(input, (name) => void names.add(name))
  } catch {
    return new Set()
  }
  return names
}

/** Shortest first, those that meet a feature that neither `base` nor the ones before meet. */
export function distil(target: Target, base: readonly Uint8Array[], inputs: readonly Uint8Array[]): Uint8Array[] {
  const known = new Set<string>()
  for (const input of base) for (const name of met(target, input)) known.add(name)
  const out: Uint8Array[] = []
  for (const input of [...inputs].sort((a, b) => a.length - b.length)) {
    const fresh = [...met(target, input)].filter((name) => !known.has(name))
    if (fresh.length === 0) continue
    for (const name of fresh) known.add(name)
    out.push(input)
  }
  return out
}
