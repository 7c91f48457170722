/** The framer: however the stream is cut into chunks, the same messages come out, and the same error after them. */
import { hex, law, sameOctets, type Target } from '../engine/target.ts'
import { Framer, WireError } from '../subject.ts'

interface Outcome {
  readonly messages: Uint8Array[]
  readonly error: { readonly code: string; readonly offset: number } | undefined
  readonly waiting: number
}

function push(chunks: Iterable<Uint8Array>, longest: number): Outcome {
  const framer = new Framer(longest)
  const messages: Uint8Array[] = []
  try {
    for (const chunk of chunks) framer.push(chunk, messages)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return { messages, error: { code: error.code, offset: error.offset }, waiting: 0 }
  }
  return { messages, error: undefined, waiting: framer.waiting }
}

/** The same without chunks: what a framer should do, told plainly. */
function expected(stream: Uint8Array, longest: number): Outcome {
  const messages: Uint8Array[] = []
  let at = 0
  while (stream.length - at >= 8) {
    const size = (stream[at + 2]! << 8) | stream[at + 3]!
    if (size < 8 || size > longest) return { messages, error: { code: 'bad_len', offset: at + 2 }, waiting: 0 }
    if (size > stream.length - at) break
    messages.push(stream.subarray(at, at + size))
    at += size
  }
  return { messages, error: undefined, waiting: stream.length - at }
}

/** Chunks of sizes that a number tells: empty ones, single octets, long ones; in long streams no short ones. */
export function* sliced(stream: Uint8Array, how: number): Iterable<Uint8Array> {
  let state = how * 2654435761 + 1
  let at = 0
  const least = stream.length >> 10
  while (at < stream.length) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const size = least + (how % 4 === 0 ? 1 + (how >> 2) : (state >>> 24) % (how % 4 === 1 ? 3 : 40))
    yield stream.slice(at, at + size)
    at += size
  }
}

function same(a: Outcome, b: Outcome): boolean {
  if (a.messages.length !== b.messages.length || a.waiting !== b.waiting) return false
  if (a.error?.code !== b.error?.code || a.error?.offset !== b.error?.offset) return false
  return a.messages.every((message, i) => sameOctets(message, b.messages[i]!))
}

const shown = ({ messages, error, waiting }: Outcome): string =>
  `${messages.map(hex).join(' ')} then ${error === undefined ? `${waiting} waiting` : `${error.code} ${error.offset}`}`

export const framerTarget: Target = {
  name: 'framer',
  form: 'stream',
  options: 2,
  limit: 50,
  run(input, feature) {
    const [most = 0, how = 0] = input
    const longest = most < 128 ? 65535 : 8 + (most - 128) * 4
    const stream = input.subarray(2)
    const wanted = expected(stream, longest)
    for (const [name, got] of [
      ['whole', push([stream], longest)],
      ['sliced', push(sliced(stream, how), longest)],
    ] as const) {
      law(same(got, wanted), `framer, ${name}`, () => `${shown(got)}; wanted ${shown(wanted)}`)
    }
    const end = wanted.error === undefined ? Math.min(9, wanted.waiting) : 'error'
    feature(`${Math.min(8, wanted.messages.length)} messages, ${how % 4}, ${end}`)
  },
}
