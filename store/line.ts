/**
 * Lines with a checksum, and what is wrong with a run of octets that should be such lines. A line is eight hexadecimal
 * digits (CRC-32 of the text, as zlib), a space, the text, a newline; zeros may follow the last one (space written
 * ahead). Refuses to know what the texts mean. Pure; called by journal.ts.
 *
 * Two things look alike at the end of a file: a write that a crash cut short, which nobody was told of and which must
 * be dropped, and a line that was acknowledged and has rotted since, which must never be dropped in silence. They are
 * told apart so: a bad line before a good one is rot, because lines are synced one after another; and a bad end that
 * becomes a good line (or two) by changing one single bit is rot, because a torn write has that form once in 2^32
 * over the number of its bits.
 */
import { crc32 } from 'node:zlib'

const NEWLINE = 0x0a
const SPACE = 0x20
const PREFIX = 9
/** CRC-32's polynomial, bits reversed as zlib uses it: the checksum's change for the last bit of the text. */
const POLYNOMIAL = 0xedb88320

export interface Line {
  text: string
  offset: number
}
export interface Damage {
  /** Counted from 1. */
  line: number
  offset: number
  /** The text as it was, if one bit tells; else what is left of it. */
  text: string
}
export interface Scan {
  lines: Line[]
  /** Octets that are good. */
  end: number
  /** Octets of an unfinished write after them. */
  torn: number
  damage?: Damage
}

export function encodeLine(text: string): Buffer {
  const body = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${hex(crc32(body))} `), body, Buffer.of(NEWLINE)])
}

export function scan(octets: Buffer): Scan {
  const lines: Line[] = []
  let offset = 0
  while (offset < octets.length) {
    const newline = octets.indexOf(NEWLINE, offset)
    if (newline < 0 || !isLine(octets.subarray(offset, newline))) break
    lines.push({ text: octets.toString('utf8', offset + PREFIX, newline), offset })
    offset = newline + 1
  }
  let last = octets.length
  while (last > offset && octets[last - 1] === 0) last--
  const good = { lines, end: offset }
  if (last === offset) return { ...good, torn: 0 }
  const next = nextLine(octets.subarray(offset, last))
  const bad = octets.subarray(offset, next < 0 ? last : offset + next)
  const repaired = repair(bad)
  if (next < 0 && repaired === undefined) return { ...good, torn: bad.length }
  const text = repaired ?? bad.toString('utf8', PREFIX)
  return { ...good, torn: 0, damage: { line: lines.length + 1, offset, text } }
}

/** A run of good lines within a file's octets. */
export interface Run {
  /** Where each line's text begins and ends. */
  texts: { start: number; end: number }[]
  /** Nothing bad is before them. */
  whole: boolean
  /** Offset after the last of them; what follows is no good line. */
  end: number
}

/** The last good lines of a file that have nothing bad between them. */
export function lastRun(octets: Buffer): Run {
  let texts: Run['texts'] = []
  let whole = true
  let end = 0
  let gap = false
  for (let offset = 0; offset < octets.length; ) {
    const newline = octets.indexOf(NEWLINE, offset)
    if (newline < 0) break
    if (isLine(octets.subarray(offset, newline))) {
      if (gap) texts = []
      whole &&= !gap
      gap = false
      texts.push({ start: offset + PREFIX, end: newline })
      end = newline + 1
    } else gap = true
    offset = newline + 1
  }
  return { texts, whole, end }
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}

/** Whether the octets, newline excluded, are a good line. */
function isLine(octets: Buffer): boolean {
  if (octets.length < PREFIX || octets[8] !== SPACE) return false
  return octets.toString('latin1', 0, 8) === hex(crc32(octets.subarray(PREFIX)))
}

/** Offset of the first good line that begins after some newline; -1 if there is none. */
function nextLine(octets: Buffer): number {
  for (let start = octets.indexOf(NEWLINE) + 1; start > 0; start = octets.indexOf(NEWLINE, start) + 1) {
    const newline = octets.indexOf(NEWLINE, start)
    if (newline < 0) return -1
    if (isLine(octets.subarray(start, newline))) return start
  }
  return -1
}

/** The text of the (first) line that the octets become by changing one bit; undefined if none does it. */
function repair(octets: Buffer): string | undefined {
  const end = octets.length - 1
  if (end < PREFIX) return undefined
  const line = octets.subarray(0, end)
  // The newline at the end, or one between two lines, was hit.
  if (octets[end] !== NEWLINE) return oneBit(octets[end]! ^ NEWLINE) && isLine(line) ? textOf(line) : undefined
  for (let at = PREFIX; at < end; at++) {
    if (!oneBit(octets[at]! ^ NEWLINE) || !isLine(octets.subarray(0, at))) continue
    if (isLine(octets.subarray(at + 1, end))) return textOf(octets.subarray(0, at))
  }
  const crc = crc32(line.subarray(PREFIX))
  const expected = Buffer.from(`${hex(crc)} `)
  const difference = bitsBetween(expected, line.subarray(0, PREFIX))
  if (difference === 1) return textOf(line)
  const stored = line.toString('latin1', 0, 8)
  if (line[8] !== SPACE || !/^[0-9a-f]{8}$/.test(stored)) return undefined
  return withBit(line.subarray(PREFIX), (Number.parseInt(stored, 16) ^ crc) >>> 0)
}

/** The text with the one bit changed that changes its CRC-32 by `syndrome`: walks the bits from the last to the first. */
function withBit(text: Buffer, syndrome: number): string | undefined {
  let change = POLYNOMIAL
  for (let bit = text.length * 8 - 1; bit >= 0; bit--) {
    if (change === syndrome) {
      const fixed = Buffer.from(text)
      fixed[bit >> 3]! ^= 1 << (bit & 7)
      return fixed.toString('utf8')
    }
    change = ((change >>> 1) ^ (change & 1 ? POLYNOMIAL : 0)) >>> 0
  }
  return undefined
}

const textOf = (line: Buffer): string => line.toString('utf8', PREFIX)

const oneBit = (difference: number): boolean => difference !== 0 && (difference & (difference - 1)) === 0

function bitsBetween(a: Buffer, b: Buffer): number {
  let bits = 0
  for (let i = 0; i < a.length; i++) for (let x = a[i]! ^ b[i]!; x !== 0; x &= x - 1) bits++
  return bits
}
