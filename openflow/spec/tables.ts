/**
 * Configuration of tables (OpenFlow 1.3.5 section 7.3.3, 1.4.1 sections 7.3.3, 7.3.5.17 and 7.4.6): eviction and
 * vacancy events came with 1.4. What a table can do is in `table-features.ts`.
 */

import { type Of, u8, u32 } from '../wire/field.ts'
import { spelled } from '../wire/spelled.ts'
import { length, pad, struct } from '../wire/struct.ts'
import type { UnionOf, UnionRow } from '../wire/union.ts'
import { columns } from '../wire/version.ts'
import { EXPERIMENTER_PROPERTY, NO_MEMBERS, properties } from './properties.ts'

/** Thresholds and `vacancy`, which is the present one, in percent of the table that is free. */
export const TABLE_MOD_PROPERTIES = {
  eviction: { number: 2, body: struct({ flags: u32 }) },
  vacancy: { number: 3, body: struct({ vacancy_down: u8, vacancy_up: u8, vacancy: u8, pad: pad(1) }) },
  experimenter: EXPERIMENTER_PROPERTY,
} as const satisfies Record<string, UnionRow>

/** What a table evicts by, or when it tells of its vacancy (percent); since 1.4. */
export type TableModProperty = UnionOf<typeof TABLE_MOD_PROPERTIES>

const tableProperties = properties(TABLE_MOD_PROPERTIES)

const tableMod14 = spelled(
  struct({ table_id: u8, pad: pad(3), config: u32, properties: tableProperties }),
  'properties',
  NO_MEMBERS,
)

/** `struct ofp_table_mod`. `config`: OFPTC_ bits. */
export const tableMod = columns<Of<typeof tableMod14>>({
  of13: struct({ table_id: u8, pad: pad(3), config: u32 }),
  of14: tableMod14,
})

/** `struct ofp_table_desc`. */
export const tableDesc = struct({ length, table_id: u8, pad: pad(1), config: u32, properties: tableProperties })
/** Configuration of a table (1.4.1 section 7.3.5.17). `config`: OFPTC_ bits. */
export type TableDesc = Of<typeof tableDesc>
