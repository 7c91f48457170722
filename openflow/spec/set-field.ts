/**
 * The field inside set_field and nx_reg_load2: an OXM field whose errors are OFPET_BAD_ACTION. Until OpenFlow 1.4
 * set_field forbids a mask (1.3.5 section 7.2.5.9) and nx_reg_load2 exists for masked writes; 1.5 takes one (1.5.1
 * section 7.2.6.7).
 */

import { WireError } from '../wire/error.ts'
import type { Field } from '../wire/field.ts'
import { answering } from '../wire/union.ts'
import { notInVersion, VERSIONS } from '../wire/version.ts'
import { type Oxm, readOxm, writeOxm } from './oxm.ts'

const CODES = {
  bad_len: 'bad_set_len',
  truncated: 'bad_set_len',
  bad_value: 'bad_set_argument',
  bad_mask: 'bad_set_mask',
  bad_type: 'bad_set_type',
}

function isMasked(oxm: Oxm): boolean {
  return oxm.field === 'unknown' ? oxm.masked : oxm.mask !== undefined
}

export const setField: Field<Oxm> = answering('bad_action', CODES, {
  kind: 'setField',
  min: 4,
  fixed: false,
  read(r) {
    const at = r.at
    const oxm = readOxm(r)
    if (isMasked(oxm) && r.version < VERSIONS.of15) {
      throw new WireError('bad_mask', at + 2, 'set_field takes no mask before 1.5')
    }
    return oxm
  },
  write(w, oxm) {
    const at = w.at
    writeOxm(w, oxm)
    if (isMasked(oxm) && w.version < VERSIONS.of15) throw notInVersion(at + 2, w.version, 'mask in set_field')
  },
} satisfies Field<Oxm>)

export const loadField: Field<Oxm> = answering('bad_action', CODES, {
  kind: 'oxm',
  min: 4,
  fixed: false,
  read: readOxm,
  write: writeOxm,
} satisfies Field<Oxm>)
