/**
 * LLDP data units as lists of TLVs (IEEE 802.1AB), and organizationally specific TLVs. It refuses to know what
 * topology/ puts in them.
 */
import { concat, type Decoded, put, u8, u16 } from './octets.ts'

/** Nearest bridge: not forwarded by any bridge. */
export const LLDP_MAC = 0x0180c200000e

export const LLDP_TLV = {
  end: 0,
  chassisId: 1,
  portId: 2,
  ttl: 3,
  portDescription: 4,
  systemName: 5,
  org: 127,
} as const

/** TLVs read from one data unit. */
export const MAX_TLVS = 64

export interface LldpTlv {
  type: number
  value: Uint8Array
}

/** Undefined where the unit does not end properly; the end TLV is not among those returned. */
export function decodeLldp(data: Uint8Array): Decoded<LldpTlv[]> | undefined {
  const tlvs: LldpTlv[] = []
  let at = 0
  while (at + 2 <= data.length && tlvs.length <= MAX_TLVS) {
    const type = u8(data, at) >> 1
    const length = u16(data, at) & 0x1ff
    at += 2
    if (type === LLDP_TLV.end) return { header: tlvs, payload: data.subarray(at) }
    tlvs.push({ type, value: data.slice(at, at + length) })
    at += length
  }
  return undefined
}

/** Adds the end TLV. @throws RangeError where a value is longer than 511 octets. */
export function encodeLldp(tlvs: readonly LldpTlv[]): Uint8Array {
  return concat(...tlvs.map(encodeTlv), new Uint8Array(2))
}

export function encodeTlv({ type, value }: LldpTlv): Uint8Array {
  if (value.length > 511) throw new RangeError(`LLDP value of ${value.length} octets; at most 511 fit`)
  const octets = concat(new Uint8Array(2), value)
  put(octets, 0, 2, (type << 9) | value.length)
  return octets
}

/** An organizationally specific TLV. @param oui 24 bits. */
export function orgTlv(oui: number, subtype: number, data: Uint8Array): LldpTlv {
  const head = new Uint8Array(4)
  put(head, 0, 3, oui)
  put(head, 3, 1, subtype)
  return { type: LLDP_TLV.org, value: concat(head, data) }
}

/** The data of the first organizationally specific TLV of this kind. */
export function findOrgTlv(tlvs: readonly LldpTlv[], oui: number, subtype: number): Uint8Array | undefined {
  const wanted = oui * 0x100 + subtype
  return tlvs
    .find(
      ({ type, value }) =>
        type === LLDP_TLV.org && value.length >= 4 && u16(value, 0) * 0x10000 + u16(value, 2) === wanted,
    )
    ?.value.subarray(4)
}
