/**
 * Properties of nx_encap: what the header to put on is to contain. Each is a class (16 bits), a type (8 bits), a
 * length (8 bits, without padding) and data, filled up to 8 octets. Open vSwitch 3.1 knows two, of the class of NSH
 * (ovs-actions(7), encap); what is neither is kept. Knows no action.
 */

import { inside, shown, WireError } from '../wire/error.ts'
import { type Field, list, u8, u16 } from '../wire/field.ts'

/** `namespace << 16 | type` of headers that nx_encap puts on, and of `packet_type`. */
export const PACKET_TYPE = {
  ethernet: 0x00000,
  mpls: 0x18847,
  mpls_mc: 0x18848,
  nsh: 0x1894f,
} as const

/** `data` of `unknown`: all after the length, padding left out. */
export type EncapProperty =
  | { type: 'nsh_md_type'; md_type: number }
  | { type: 'nsh_tlv'; tlv_class: number; tlv_type: number; data: Uint8Array }
  | { type: 'unknown'; class: number; number: number; data: Uint8Array }

const HEADER = 4
const CLASS_NSH = 4
const MD_TYPE = 1
const TLV = 2
const MD_TYPE_SIZE = HEADER + 1
/** Class, type and length of the TLV inside. */
const TLV_HEADER = 4

/** Length of the property of a TLV: Open vSwitch counts the padding of TLVs, and of nothing else. */
const tlvSize = (octets: number): number => (HEADER + TLV_HEADER + octets + 7) & ~7

const encapProperty: Field<EncapProperty> = {
  kind: 'encapProperty',
  min: HEADER,
  fixed: false,
  read(r) {
    r.need(HEADER)
    const at = r.at
    const b = r.octets
    const cls = u16.read(r)
    const number = u8.read(r)
    const size = u8.read(r)
    if (size < HEADER || at + size > r.end) throw new WireError('bad_len', at + 3, `length ${size}`).within('len')
    if (cls === CLASS_NSH && number === TLV && size >= HEADER + TLV_HEADER && size === tlvSize(b[at + 7]!)) {
      const tlv_class = u16.read(r)
      const tlv_type = u8.read(r)
      const data = r.take(u8.read(r))
      r.skip(at + size - r.at)
      return { type: 'nsh_tlv', tlv_class, tlv_type, data }
    }
    const data = r.take(size - HEADER)
    r.skip(-size & 7)
    if (cls === CLASS_NSH && number === MD_TYPE && size === MD_TYPE_SIZE) {
      return { type: 'nsh_md_type', md_type: data[0]! }
    }
    return { type: 'unknown', class: cls, number, data }
  },
  write(w, value) {
    if (typeof value !== 'object' || value === null) throw new WireError('wrong_type', w.at, 'object wanted')
    const { type } = value
    const start = w.at
    const octets = type === 'nsh_md_type' ? new Uint8Array(1) : value.data
    if (!(octets instanceof Uint8Array)) throw new WireError('wrong_type', start, 'Uint8Array wanted').within('data')
    const size = type === 'nsh_tlv' ? tlvSize(octets.length) : HEADER + octets.length
    if (size > 0xff) throw new WireError('out_of_range', start, `${size} octets do not fit the length`).within('data')
    const part = (key: string, field: Field<number>, number: number): void => {
      try {
        field.write(w, number)
      } catch (error) {
        throw inside(error, key)
      }
    }
    const head = (cls: number, number: number): void => {
      part('class', u16, cls)
      part('number', u8, number)
      u8.write(w, size)
    }
    switch (type) {
      case 'nsh_md_type':
        head(CLASS_NSH, MD_TYPE)
        part('md_type', u8, value.md_type)
        break
      case 'nsh_tlv':
        head(CLASS_NSH, TLV)
        part('tlv_class', u16, value.tlv_class)
        part('tlv_type', u8, value.tlv_type)
        u8.write(w, octets.length)
        w.put(octets)
        break
      case 'unknown':
        head(value.class, value.number)
        w.put(octets)
        break
      default:
        throw new WireError('unknown_name', start, `no such property: ${shown(type)}`).within('type')
    }
    w.skip(((size + 7) & ~7) - (w.at - start))
  },
}

export const encapProperties = list(encapProperty)
