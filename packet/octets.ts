/**
 * Reading and writing of numbers in network order, shared by the header codecs. MAC addresses and IPv4 addresses are
 * numbers, IPv6 addresses bigint. Readers answer 0 beyond the end: a codec asks for the length first. It refuses to
 * know any protocol.
 */

/** A header and what follows it. Decoders answer undefined where the octets are no whole header of theirs. */
export interface Decoded<H> {
  header: H
  payload: Uint8Array
}

export function u8(data: Uint8Array, at: number): number {
  return data[at] ?? 0
}

export function u16(data: Uint8Array, at: number): number {
  return u8(data, at) * 0x100 + u8(data, at + 1)
}

export function u32(data: Uint8Array, at: number): number {
  return u16(data, at) * 0x10000 + u16(data, at + 2)
}

/** A MAC address. */
export function u48(data: Uint8Array, at: number): number {
  return u16(data, at) * 0x100000000 + u32(data, at + 2)
}

export function u64(data: Uint8Array, at: number): bigint {
  return (BigInt(u32(data, at)) << 32n) | BigInt(u32(data, at + 4))
}

/** An IPv6 address. */
export function u128(data: Uint8Array, at: number): bigint {
  return (u64(data, at) << 64n) | u64(data, at + 8)
}

/** Writes `size` octets of a number, the highest first; higher bits are cut off. */
export function put(data: Uint8Array, at: number, size: number, value: number | bigint): void {
  if (typeof value === 'bigint') {
    for (let index = size - 1, rest = value; index >= 0; index--, rest >>= 8n) data[at + index] = Number(rest & 0xffn)
  } else {
    for (let index = size - 1, rest = value; index >= 0; index--, rest = Math.floor(rest / 0x100))
      data[at + index] = rest % 0x100
  }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Fills up with zeros to a multiple of `unit` octets. */
export function padTo(data: Uint8Array, unit: number): Uint8Array {
  return data.length % unit === 0 ? data : concat(data, new Uint8Array(unit - (data.length % unit)))
}
