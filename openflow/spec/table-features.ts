/** Table features (section 7.3.5.5): what a table can match, set and reach, as properties. */

import { WireError } from '../wire/error.ts'
import { enumeration, type Field, fixedText, list, type Of, u8, u16, u32, u64 } from '../wire/field.ts'
import { length, pad, struct } from '../wire/struct.ts'
import { answering, rowIn, type UnionOf, type UnionRow, union } from '../wire/union.ts'
import { columns, notInVersion, SPOKEN_VERSIONS, since } from '../wire/version.ts'
import { ACTIONS_BASIC } from './actions.ts'
import { INSTRUCTIONS } from './instructions.ts'
import { oxmList } from './match.ts'
import { oxmId } from './oxm.ts'
import { experimenterProperty, PROPERTY_SHAPE } from './properties.ts'

/** An action or instruction type without its body; experimenters add their id (and whatever they like). */
export type TypeId<N extends string> = N | { type: number; data: Uint8Array }

/** Type and length; the name if the length is the bare 4 octets and the type has one. */
function typeId<N extends string>(rows: Readonly<Record<N, UnionRow>>): Field<TypeId<N>> {
  const names: Array<Map<number, N>> = []
  for (const version of SPOKEN_VERSIONS) {
    names[version] = new Map()
    for (const name of Object.keys(rows) as N[]) {
      const place = rowIn(rows[name], version)
      if (place !== undefined && place.experimenter === undefined) names[version].set(place.number, name)
    }
  }
  return {
    kind: 'typeId',
    min: 4,
    fixed: false,
    read(r) {
      const at = r.at
      const type = u16.read(r)
      const size = u16.read(r)
      if (size < 4 || at + size > r.end) throw new WireError('bad_len', at + 2, `length ${size}`).within('len')
      const name = names[r.version]!.get(type)
      if (size === 4 && name !== undefined) return name
      return { type, data: r.take(size - 4) }
    },
    write(w, value) {
      if (typeof value === 'string') {
        const row = Object.hasOwn(rows, value) ? rows[value] : undefined
        if (row === undefined) throw new WireError('unknown_name', w.at, `no such type: ${value}`)
        const place = rowIn(row, w.version)
        if (place === undefined || place.experimenter !== undefined) throw notInVersion(w.at, w.version, value)
        u16.write(w, place.number)
        u16.write(w, 4)
        return
      }
      if (!(value?.data instanceof Uint8Array)) throw new WireError('wrong_type', w.at, 'name, or type and data wanted')
      u16.write(w, value.type)
      u16.write(w, 4 + value.data.length)
      w.put(value.data)
    },
  }
}

type ActionTypeName = keyof typeof ACTIONS_BASIC
type InstructionTypeName = keyof typeof INSTRUCTIONS

const instructionIds = struct({ instruction_ids: list(typeId<InstructionTypeName>(INSTRUCTIONS)) })
const tableIds = struct({ next_table_ids: list(u8) })
const actionIds = struct({ action_ids: list(typeId<ActionTypeName>(ACTIONS_BASIC)) })
const oxmIds = struct({ oxm_ids: list(oxmId) })

export const TABLE_FEATURE_PROPERTIES = {
  instructions: { number: 0, body: instructionIds },
  instructions_miss: { number: 1, body: instructionIds },
  next_tables: { number: 2, body: tableIds },
  next_tables_miss: { number: 3, body: tableIds },
  write_actions: { number: 4, body: actionIds },
  write_actions_miss: { number: 5, body: actionIds },
  apply_actions: { number: 6, body: actionIds },
  apply_actions_miss: { number: 7, body: actionIds },
  match: { number: 8, body: oxmIds },
  wildcards: { number: 10, body: oxmIds },
  write_setfield: { number: 12, body: oxmIds },
  write_setfield_miss: { number: 13, body: oxmIds },
  apply_setfield: { number: 14, body: oxmIds },
  apply_setfield_miss: { number: 15, body: oxmIds },
  /** Tables whose flows this one copies. */
  table_sync_from: { number: { of14: 16 }, body: struct({ table_ids: list(u8) }) },
  write_copyfield: { number: { of15: 18 }, body: oxmIds },
  write_copyfield_miss: { number: { of15: 19 }, body: oxmIds },
  apply_copyfield: { number: { of15: 20 }, body: oxmIds },
  apply_copyfield_miss: { number: { of15: 21 }, body: oxmIds },
  /** Values of packet_type that the table can match. */
  packet_types: { number: { of15: 22 }, body: struct({ oxm_values: oxmList }) },
  experimenter: { number: 0xfffe, body: experimenterProperty },
  experimenter_miss: { number: 0xffff, body: experimenterProperty },
} as const satisfies Record<string, UnionRow>

/** What flows of a table may contain, one list for each kind; those ending in `_miss` for the table-miss flow. */
export type TableFeatureProperty = UnionOf<typeof TABLE_FEATURE_PROPERTIES>

const properties = answering(
  'table_features_failed',
  { bad_type: 'bad_type', bad_value: 'bad_argument' },
  list(union(TABLE_FEATURE_PROPERTIES, PROPERTY_SHAPE)),
)

const tableFeaturesTail = {
  name: fixedText(32),
  metadata_match: u64,
  metadata_write: u64,
  config: u32,
  max_entries: u32,
  properties,
} as const
const tableFeatures15 = struct({
  length,
  table_id: u8,
  /** What a request does to the tables; before 1.5 it replaces them. */
  command: since(enumeration(u8, { replace: 0, modify: 1, enable: 2, disable: 3 }), 'replace'),
  /** OFPTFF_ bits: where in the pipeline the table may be. */
  features: since(u32, 0),
  ...tableFeaturesTail,
})
/** What a table can do, or is asked to do (section 7.3.5.5). `name` up to 32 octets. */
export type TableFeatures = Of<typeof tableFeatures15>

/** `struct ofp_table_features`. From 1.4 on `config` is called `capabilities`. */
export const tableFeatures = columns<TableFeatures>({
  of13: struct({ length, table_id: u8, pad: pad(5), ...tableFeaturesTail }),
  of15: tableFeatures15,
})
