/**
 * `ofp_match` (OpenFlow 1.3.5 section 7.2.3): type, length, fields, padding to 8 octets. And the checks that need
 * the whole match: prerequisites and duplicates. Whoever installs flows calls `checkMatch`; decoding does not,
 * because packet-ins and table features carry fields without their prerequisites.
 */

import { inside, WireError } from '../wire/error.ts'
import { type Field, type List, list } from '../wire/field.ts'
import { put16, u16At } from '../wire/octets.ts'
import { answering } from '../wire/union.ts'
import { type FieldName, type Oxm, oxmField, oxmRow, readOxm } from './oxm.ts'

/** Fields one after the other, without header and padding: `list(oxmField)`, with the calls known in advance. */
export const oxmList: List<Oxm> = {
  ...list(oxmField),
  read(r) {
    const out: Oxm[] = []
    r.enter()
    try {
      while (r.at < r.end) out.push(readOxm(r))
    } catch (error) {
      throw inside(error, out.length)
    }
    r.leave()
    return out
  },
}

const OFPMT_OXM = 1

const plainMatch: Field<Oxm[]> = {
  kind: 'match',
  min: 8,
  fixed: false,
  read(r) {
    const start = r.at
    const outer = r.end
    r.need(4)
    const b = r.octets
    const type = u16At(b, start)
    const size = u16At(b, start + 2)
    if (type !== OFPMT_OXM) throw new WireError('bad_type', start, `match type ${type}`).within('type')
    if (size < 4 || start + size > outer)
      throw new WireError('bad_len', start + 2, `match length ${size}`).within('len')
    r.at = start + 4
    r.end = start + size
    const fields = oxmList.read(r)
    r.end = outer
    r.skip(-size & 7)
    return fields
  },
  write(w, fields) {
    const start = w.at
    w.room(4)
    w.at = start + 4
    oxmList.write(w, fields)
    const size = w.at - start
    put16(w.octets, start, OFPMT_OXM)
    w.patch16(start + 2, size)
    w.skip(-size & 7)
  },
}

/** Errors inside are OFPET_BAD_MATCH. */
export const match = answering(
  'bad_match',
  { bad_type: 'bad_type', bad_value: 'bad_value', bad_mask: 'bad_mask' },
  plainMatch,
)

/** What is wrong with a match as a whole; `code` is the code of OFPET_BAD_MATCH. */
export interface MatchFault {
  readonly index: number
  readonly field: FieldName | 'unknown'
  readonly code: 'bad_prereq' | 'dup_field' | 'bad_field' | 'bad_wildcards'
  readonly detail: string
}

/** A field and its twins (NXM spelling, ...) are one and the same for duplicates and prerequisites. */
function plainName(name: FieldName): string {
  return oxmRow(name).twin ?? name
}

/**
 * The first field that comes before what it needs, comes twice, is unknown, or has value bits outside its mask;
 * undefined if the match is sound (sections 7.2.3.6 and 7.2.3.8).
 */
export function checkMatch(fields: readonly Oxm[]): MatchFault | undefined {
  const seen = new Map<string, Oxm>()
  for (const [index, oxm] of fields.entries()) {
    const fault = (code: MatchFault['code'], detail: string): MatchFault => ({ index, field: oxm.field, code, detail })
    if (oxm.field === 'unknown') return fault('bad_field', `class ${oxm.class} field ${oxm.id}`)
    const name = plainName(oxm.field)
    if (seen.has(name)) return fault('dup_field', `${name} twice`)
    seen.set(name, oxm)
    if (outsideMask(oxm)) return fault('bad_wildcards', 'value has bits that the mask leaves out')
    for (const [need, values] of Object.entries(oxmRow(oxm.field).needs ?? {})) {
      if (!provides(seen.get(need), values)) {
        return fault(
          'bad_prereq',
          `${oxm.field} needs ${need}=${values.map((v) => `0x${v.toString(16)}`).join(' or ')}`,
        )
      }
    }
  }
  return undefined
}

function provides(oxm: Oxm | undefined, values: readonly number[]): boolean {
  if (oxm === undefined || typeof oxm.value !== 'number') return false
  if (oxm.field === 'vlan_vid') return (oxm.value & (oxm.mask ?? 0x1fff) & 0x1000) !== 0
  return oxm.mask === undefined && values.includes(oxm.value)
}

function outsideMask(oxm: Oxm): boolean {
  const { value, mask } = oxm
  if (mask === undefined) return false
  if (value instanceof Uint8Array) return value.some((octet, i) => (octet & ~(mask as Uint8Array)[i]!) !== 0)
  return (BigInt(value as number) & ~BigInt(mask as number)) !== 0n
}
