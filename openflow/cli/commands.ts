/**
 * What the node-openflow commands do with one line of hexadecimal text, or with one captured message: text in, text
 * out, errors as text. Reading, writing and arguments are in `run.ts`.
 */
import { decode, encodeAll, type Message } from '../spec/message.ts'
import { formatMessage } from '../text/index.ts'
import { WireError } from '../wire/error.ts'
import { fromHex, toHex } from '../wire/hex.ts'
import { toJson } from '../wire/json.ts'
import { u16At } from '../wire/octets.ts'
import type { Captured } from './streams.ts'

export interface Command {
  readonly summary: string
  /** Lines to print for a line of hex; each ends with a line feed. */
  line(text: string): string
  /** The same for a captured message; undefined where captures make no sense. */
  readonly captured?: (captured: Captured) => string
}

const HEADER_SIZE = 8

/** `ERR <code> <offset> <path>`, always four words: a path that is empty is written `-`. */
function errorLine(error: WireError, start = 0): string {
  return `ERR ${error.code} ${start + error.offset} ${error.path === '' ? '-' : error.path}\n`
}

/** Cuts a line into messages by their lengths. What cannot be a message goes as it is to decode, which says why. */
function* cut(octets: Uint8Array): Generator<{ start: number; octets: Uint8Array }> {
  let start = 0
  do {
    const left = octets.length - start
    const size = left < HEADER_SIZE ? left : u16At(octets, start + 2)
    const end = size < HEADER_SIZE || size > left ? octets.length : start + size
    yield { start, octets: octets.subarray(start, end) }
    start = end
  } while (start < octets.length)
}

function caught(work: () => string, start = 0): string {
  try {
    return work()
  } catch (error) {
    if (error instanceof WireError) return errorLine(error, start)
    throw error
  }
}

/** One output for each message of the line; one that fails does not stop the others. */
function each(show: (message: Message) => string): (text: string) => string {
  return (text) =>
    caught(() => {
      let out = ''
      for (const { start, octets } of cut(fromHex(text))) out += caught(() => show(decode(octets)), start)
      return out
    })
}

/** The whole line re-encoded, or the first thing that is wrong with it. */
function roundtrip(text: string): string {
  return caught(() => {
    const messages: Message[] = []
    for (const { start, octets } of cut(fromHex(text))) {
      try {
        messages.push(decode(octets))
      } catch (error) {
        if (error instanceof WireError) return errorLine(error, start)
        throw error
      }
    }
    return `${toHex(encodeAll(messages))}\n`
  })
}

/** Nanoseconds since 1970 as seconds with nine decimals, exactly. */
function seconds(time: bigint): string {
  const digits = time.toString().padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  decode: {
    summary: 'one JSON object for each message',
    line: each((message) => `${toJson(message)}\n`),
    captured: ({ time, from, to, message }) =>
      caught(() => {
        if (message instanceof WireError) throw message
        return `${toJson({ time: seconds(time), from, to, message: decode(message) })}\n`
      }),
  },
  print: {
    summary: 'text as ovs-ofctl writes it; some messages take several lines',
    line: each((message) => `${formatMessage(message).trimEnd()}\n`),
    captured: ({ time, from, to, message }) =>
      caught(() => {
        if (message instanceof WireError) throw message
        return `${seconds(time)} ${from} > ${to}: ${formatMessage(decode(message)).trimEnd()}\n`
      }),
  },
  roundtrip: { summary: 'decode, encode again, and print as hexadecimal digits', line: roundtrip },
}
