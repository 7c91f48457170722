/**
 * What is fuzzed: a target takes any octets, does something with them, and throws if a law is broken. It says by
 * features what it met on the way, which is the one guide to code that runs by tables: there every structure passes
 * through the same few lines, and coverage of lines tells none of them apart. It knows no mutations and no corpus.
 */

/** How inputs look, by which they are changed. */
export type Form = 'message' | 'stream' | 'file' | 'text'

export interface Target {
  readonly name: string
  readonly form: Form
  /** Octets of options in front of what is fuzzed proper (streams, files). */
  readonly options: number
  /** Milliseconds that no input may take. */
  readonly limit: number
  /** Throws on a finding. `feature` is told what was met; equal names count once. */
  run(input: Uint8Array, feature: (name: string) => void): void
}

/** A law that does not hold; `law` names it, so that findings can be told apart. */
export class Broken extends Error {
  readonly law: string

  constructor(law: string, detail: string) {
    super(`${law}: ${detail}`)
    this.name = 'Broken'
    this.law = law
  }
}

/** Throws Broken unless it holds. The detail is made only then. */
export function law(holds: boolean, name: string, detail: () => string): asserts holds {
  if (!holds) throw new Broken(name, detail())
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}

export const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

/** Whole messages by the length in their headers; what is left over comes last. */
export function cut(stream: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = []
  let at = 0
  while (stream.length - at >= 8) {
    const size = (stream[at + 2]! << 8) | stream[at + 3]!
    if (size < 8 || size > stream.length - at) break
    out.push(stream.subarray(at, at + size))
    at += size
  }
  if (at < stream.length) out.push(stream.subarray(at))
  return out
}
