/**
 * The protobuf wire format, read only: just enough to walk the fields of a message without its schema (protobuf
 * encoding guide, "Message structure"). Used to read descriptor sets and to find fields that a schema does not know,
 * which protobufjs drops without a word. It never writes.
 */

export interface WireField {
  number: number
  /** 0 varint, 1 64-bit, 2 length-delimited, 5 32-bit. */
  wireType: number
  /** The content of a length-delimited field; empty for the other types. */
  octets: Uint8Array
  /** The value of a varint, as far as a double can hold it. */
  varint: number
}

/** Thrown by `wireFields` where the octets are no protobuf message. */
export class ProtoWireError extends Error {
  override name = 'ProtoWireError'
}

const NONE = new Uint8Array(0)

/** The fields of one message in wire order. Groups (wire types 3 and 4) are refused: proto3 has none. */
export function* wireFields(message: Uint8Array): Generator<WireField> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const octet = message[at++]
      if (octet === undefined) throw new ProtoWireError('truncated varint')
      value += (octet & 0x7f) * 2 ** shift
      if (octet < 0x80) return value
    }
    throw new ProtoWireError('varint longer than ten octets')
  }
  while (at < message.length) {
    const key = varint()
    const wireType = key % 8
    const field: WireField = { number: Math.floor(key / 8), wireType, octets: NONE, varint: 0 }
    if (field.number === 0) throw new ProtoWireError('field number 0')
    if (wireType === 0) field.varint = varint()
    else if (wireType === 1) at += 8
    else if (wireType === 5) at += 4
    else if (wireType === 2) {
      const size = varint()
      field.octets = message.subarray(at, at + size)
      if (field.octets.length !== size) throw new ProtoWireError('truncated field')
      at += size
    } else throw new ProtoWireError(`wire type ${wireType}`)
    if (at > message.length) throw new ProtoWireError('truncated field')
    yield field
  }
}
