/**
 * Features of values and errors: which structures stand in which, which names, which errors at which place. Numbers
 * and octets are not looked at, or every input would be new. Counts too, so that results are bounded by their input.
 */
import { hex, law } from '../engine/target.ts'
import { decode, encode, type Message, toJson, WIRE_CODES, WireError } from '../subject.ts'

type Feature = (name: string) => void

/** A name of the specification, not somebody's text. */
const NAME = /^[a-z0-9_]{1,32}$/

function kindOf(value: object): string {
  const { type, field, mp_type, event } = value as Record<string, unknown>
  const kind = type ?? field ?? mp_type ?? event
  return typeof kind === 'string' ? kind : typeof kind === 'number' ? 'number' : ''
}

/** Tells what stands in what; returns how many values there are in all, and code units of texts. */
export function shapeOf(value: unknown, parent: string, feature: Feature): number {
  if (typeof value === 'string') {
    if (!NAME.test(value)) return 1 + value.length
    // Names of the specification are one string each, however often they come.
    feature(`${parent}=${value}`)
    return 1
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 1
  let count = 1
  if (Array.isArray(value)) {
    feature(`${parent}[${Math.min(3, value.length)}]`)
    for (const item of value) count += shapeOf(item, parent, feature)
    return count
  }
  const kind = kindOf(value)
  if (kind !== '') feature(`${parent}>${kind}`)
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key]
    if (member === undefined) continue
    const place = `${kind}.${key}`
    feature(place)
    count += shapeOf(member, place, feature)
  }
  return count
}

/** Of what was refused: why and where, without indexes. */
export function refusalOf(error: WireError, size: number, feature: Feature): void {
  law(Object.hasOwn(WIRE_CODES, error.code), 'error code', () => error.code)
  law(error.offset >= 0 && error.offset <= size, 'error offset', () => `${error.offset} of ${size}: ${error}`)
  const path = error.path
    .replace(/\[\d+\]/g, '[]')
    .split('.')
    .slice(-3)
    .join('.')
  feature(`error ${error.code} ${path} ${error.error?.type}/${error.error?.code}`)
}

/** The message, or the WireError that decode answered with; anything else passes through. */
export function decoded(octets: Uint8Array): Message | WireError {
  try {
    return decode(octets)
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
}

/** A message that this library made must be one that can be sent. */
export function sendable(message: Message, whose: string): Uint8Array {
  let octets: Uint8Array
  try {
    octets = encode(message)
  } catch (error) {
    law(!(error instanceof WireError), `${whose} cannot be encoded`, () => `${error} in ${toJson(message)}`)
    throw error
  }
  const back = decoded(octets)
  law(!(back instanceof WireError), `${whose} cannot be decoded`, () => `${back} in ${hex(octets)}`)
  return octets
}
