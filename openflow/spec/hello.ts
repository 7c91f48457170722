/** Hello (section 7.5.1): elements, of which one is defined, the bitmap of versions. */

import type { Reader, Writer } from '../wire/cursor.ts'
import { inside, shown, WireError } from '../wire/error.ts'
import { type Field, isUint, list, rest, u32 } from '../wire/field.ts'
import { put16, u16At } from '../wire/octets.ts'
import { struct } from '../wire/struct.ts'
import { isSpoken, notInVersion, VERSIONS } from '../wire/version.ts'

/** Bit n of word w says that version 32 w + n is spoken. Elements of another type are kept. */
export type HelloElement = { type: 'versionbitmap'; bitmaps: number[] } | { type: number; data: Uint8Array }

const VERSION_BITMAP = 1
const bitmaps = struct({ bitmaps: list(u32) })
const opaque = struct({ data: rest })

/** Lengths do not include the padding to 8 octets that follows each element. */
export const helloElement: Field<HelloElement> = {
  kind: 'helloElement',
  min: 4,
  fixed: false,
  read(r: Reader) {
    const start = r.at
    const outer = r.end
    r.need(4)
    const b = r.octets
    const type = u16At(b, start)
    const size = u16At(b, start + 2)
    if (size < 4 || start + size > outer) throw new WireError('bad_len', start + 2, `length ${size}`).within('len')
    r.at = start + 4
    r.end = start + size
    const element: HelloElement =
      type === VERSION_BITMAP ? { type: 'versionbitmap', ...bitmaps.read(r) } : { type, ...opaque.read(r) }
    r.end = outer
    r.skip(-size & 7)
    return element
  },
  write(w: Writer, element: HelloElement) {
    if (typeof element !== 'object' || element === null) throw new WireError('wrong_type', w.at, 'object wanted')
    const start = w.at
    w.room(4)
    w.at = start + 4
    let type: number = VERSION_BITMAP
    if (element.type === 'versionbitmap') bitmaps.write(w, element)
    else {
      type = element.type
      if (!isUint(type, 0xffff)) {
        throw new WireError('unknown_name', start, `no such element: ${shown(type)}`).within('type')
      }
      opaque.write(w, element)
    }
    const size = w.at - start
    put16(w.octets, start, type)
    w.patch16(start + 2, size)
    w.skip(-size & 7)
  },
}

const elements = list(helloElement)

/** `data` is there when a peer of a version without elements sent a hello whose body is not made of them. */
export interface HelloBody {
  elements: HelloElement[]
  data?: Uint8Array
}

/** Header octets before the body; the version is the first of them. */
const HEADER_SIZE = 8

/** Hellos of OpenFlow 1.0 to 1.2 may carry a body that is to be ignored; what versions to come carry is not known. */
function hasElements(octets: Uint8Array, at: number): boolean {
  const version = octets[at - HEADER_SIZE]!
  return version !== VERSIONS.of10 && isSpoken(version)
}

export const helloBody: Field<HelloBody> = {
  kind: 'hello',
  min: 0,
  fixed: false,
  read(r) {
    const at = r.at
    const outer = r.end
    const { depth } = r
    const kept = r.padding?.length ?? 0
    try {
      return { elements: elements.read(r) }
    } catch (error) {
      if (hasElements(r.octets, at)) throw inside(error, 'elements')
      r.at = at
      r.end = outer
      r.depth = depth
      if (kept === 0) r.padding = undefined
      else if (r.padding !== undefined) r.padding.length = kept
      return { elements: [], data: rest.read(r) }
    }
  },
  write(w, value) {
    if (value.data !== undefined) {
      if (hasElements(w.octets, w.at)) {
        throw notInVersion(w.at, w.octets[w.at - HEADER_SIZE]!, 'hello without elements').within('data')
      }
      rest.write(w, value.data)
    } else {
      try {
        elements.write(w, value.elements)
      } catch (error) {
        throw inside(error, 'elements')
      }
    }
  },
}
