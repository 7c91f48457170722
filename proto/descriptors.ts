/**
 * The descriptor set that buf made from the .proto files, as tables: which file defines a symbol (for server
 * reflection) and which fields a message has (for the check against unknown fields). Reads google.protobuf.FileDescriptorSet
 * (descriptor.proto); field numbers are named where they are used.
 */
import { wireFields } from './wire.ts'

const text = new TextDecoder()

/** One field of a message; `message` is the full name of its type where that is a message. */
export interface FieldRow {
  name: string
  message?: string
}

export interface FileRow {
  name: string
  /** The serialised FileDescriptorProto. */
  octets: Uint8Array
  dependencies: string[]
}

export interface Descriptors {
  files: ReadonlyMap<string, FileRow>
  /** Full name of a service, message, enum or method to the name of its file. */
  symbols: ReadonlyMap<string, string>
  services: readonly string[]
  /** Full name of a message to its fields by number. */
  messages: ReadonlyMap<string, ReadonlyMap<number, FieldRow>>
}

const TYPE_MESSAGE = 11

export function readDescriptors(set: Uint8Array): Descriptors {
  const files = new Map<string, FileRow>()
  const symbols = new Map<string, string>()
  const services: string[] = []
  const messages = new Map<string, Map<number, FieldRow>>()

  const nameOf = (octets: Uint8Array): string => {
    for (const field of wireFields(octets)) if (field.number === 1) return text.decode(field.octets)
    return ''
  }
  const readMessage = (octets: Uint8Array, scope: string, file: string): void => {
    const name = `${scope}.${nameOf(octets)}`
    const rows = new Map<number, FieldRow>()
    symbols.set(name, file)
    messages.set(name, rows)
    for (const field of wireFields(octets)) {
      // DescriptorProto: field = 2, nested_type = 3, enum_type = 4.
      if (field.number === 2) readField(field.octets, rows)
      else if (field.number === 3) readMessage(field.octets, name, file)
      else if (field.number === 4) symbols.set(`${name}.${nameOf(field.octets)}`, file)
    }
  }
  const readField = (octets: Uint8Array, rows: Map<number, FieldRow>): void => {
    let number = 0
    let type = 0
    const row: FieldRow = { name: '' }
    let typeName = ''
    for (const field of wireFields(octets)) {
      // FieldDescriptorProto: name = 1, number = 3, type = 5, type_name = 6.
      if (field.number === 1) row.name = text.decode(field.octets)
      else if (field.number === 3) number = field.varint
      else if (field.number === 5) type = field.varint
      else if (field.number === 6) typeName = text.decode(field.octets)
    }
    if (type === TYPE_MESSAGE) row.message = typeName.slice(1)
    rows.set(number, row)
  }

  for (const entry of wireFields(set)) {
    const file: FileRow = { name: '', octets: entry.octets, dependencies: [] }
    let scope = ''
    for (const field of wireFields(entry.octets)) {
      // FileDescriptorProto: name = 1, package = 2, dependency = 3.
      if (field.number === 1) file.name = text.decode(field.octets)
      else if (field.number === 2) scope = text.decode(field.octets)
      else if (field.number === 3) file.dependencies.push(text.decode(field.octets))
    }
    files.set(file.name, file)
    for (const field of wireFields(entry.octets)) {
      // message_type = 4, enum_type = 5, service = 6.
      if (field.number === 4) readMessage(field.octets, scope, file.name)
      else if (field.number === 5) symbols.set(`${scope}.${nameOf(field.octets)}`, file.name)
      else if (field.number === 6) {
        const service = `${scope}.${nameOf(field.octets)}`
        services.push(service)
        symbols.set(service, file.name)
        for (const method of wireFields(field.octets)) {
          if (method.number === 2) symbols.set(`${service}.${nameOf(method.octets)}`, file.name)
        }
      }
    }
  }
  return { files, symbols, services: services.sort(), messages }
}

/**
 * The path of the first field, in wire order, that the schema of `message` does not know: `interface.#17`. Undefined
 * where every field is known. Depth is bounded by the schema's own nesting and `limit`.
 */
export function unknownField(
  descriptors: Descriptors,
  message: string,
  octets: Uint8Array,
  limit = 32,
): string | undefined {
  const rows = descriptors.messages.get(message)
  if (rows === undefined || limit === 0) return undefined
  for (const field of wireFields(octets)) {
    const row = rows.get(field.number)
    if (row === undefined) return `#${field.number}`
    if (row.message !== undefined && field.wireType === 2) {
      const inner = unknownField(descriptors, row.message, field.octets, limit - 1)
      if (inner !== undefined) return `${row.name}.${inner}`
    }
  }
  return undefined
}
