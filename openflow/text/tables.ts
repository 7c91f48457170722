/** Configuration of tables in text: what table_mod, table descriptions and table_status say of OpenFlow 1.4 on. */

import { OFPTC_EVICTION, OFPTC_VACANCY_EVENTS, TABLE_ALL } from '../spec/constants.ts'
import type { MessageNamed } from '../spec/message.ts'
import type { TableDesc, TableModProperty } from '../spec/tables.ts'
import { VERSIONS } from '../wire/version.ts'
import { names } from './bits.ts'
import { hex } from './scan.ts'

const EVICTION_FLAGS = ['OTHER', 'IMPORTANCE', 'LIFETIME']

type Vacancy = Extract<TableModProperty, { type: 'vacancy' }>
const NO_VACANCY = { vacancy_down: 0, vacancy_up: 0, vacancy: 0 }

const vacancyOf = (properties: readonly TableModProperty[] = []): Omit<Vacancy, 'type'> =>
  properties.find((one): one is Vacancy => one.type === 'vacancy') ?? NO_VACANCY
const onOff = (config: number, bit: number): string => ((config & bit) === 0 ? 'off' : 'on')

export function formatTableMod({ table_id, config, properties, version = 0 }: MessageNamed<'table_mod'>): string {
  const table = table_id === TABLE_ALL ? 'table_id: ALL_TABLES' : `table_id=${table_id}`
  if (version < VERSIONS.of14) return config === 0 ? table : `${table} config=${hex(config)}`
  const { vacancy_down, vacancy_up } = vacancyOf(properties)
  const levels = (config & OFPTC_VACANCY_EVENTS) === 0 ? '' : ` vacancy:${vacancy_down},${vacancy_up}`
  return `${table}, eviction=${onOff(config, OFPTC_EVICTION)}, vacancy=${onOff(config, OFPTC_VACANCY_EVENTS)}${levels}`
}

/** Three lines: the table, its eviction, its vacancy. */
export function formatTableDesc({ table_id, config, properties }: TableDesc): string {
  const eviction = properties.find((one) => one.type === 'eviction')
  const flags = eviction?.type === 'eviction' ? names(eviction.flags, EVICTION_FLAGS) : '(default)'
  const { vacancy_down, vacancy_up, vacancy } = vacancyOf(properties)
  const levels = ` vacancy_down=${vacancy_down}% vacancy_up=${vacancy_up}% vacancy=${vacancy}%`
  return (
    `\n  table ${table_id}:\n` +
    `   eviction=${onOff(config, OFPTC_EVICTION)} eviction_flags=${flags.replaceAll(' ', '|')}\n` +
    `   vacancy=${onOff(config, OFPTC_VACANCY_EVENTS)}${(config & OFPTC_VACANCY_EVENTS) === 0 ? '' : levels}`
  )
}

export function formatTableStatus({ reason, table }: MessageNamed<'table_status'>): string {
  return `reason=${String(reason).toUpperCase()}\ntable_desc:-${formatTableDesc(table)}`
}
