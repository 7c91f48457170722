/**
 * The output formats that every command shares: table, wide, json, jsonl, yaml, name. JSON is the protocol's own JSON
 * spelling (camelCase fields); YAML is a manifest where the item is a record, so that it can be applied again.
 */
import { stringify } from 'yaml'
import { CliError } from './failure.ts'
import { type Column, table } from './table.ts'

export const FORMATS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const
export type Format = (typeof FORMATS)[number]

export function readFormat(text: string): Format {
  const format = FORMATS.find((known) => known === text)
  if (format === undefined) throw new CliError(`unknown output format ${text}: use one of ${FORMATS.join(', ')}`)
  return format
}

export interface Printable<T> {
  columns: Column<T>[]
  items: T[]
  /** One item was asked for by name: JSON and YAML show it without a list around it. */
  single: boolean
  /** What YAML shows of an item. */
  manifest?(item: T): unknown
  name?(item: T): string
}

/** The whole output as text, ending in a line feed; empty where there is nothing to print. */
export function render<T>(format: Format, { columns, items, single, manifest, name }: Printable<T>): string {
  switch (format) {
    case 'table':
    case 'wide':
      return items.length === 0 ? '' : `${table(columns, items, format === 'wide').join('\n')}\n`
    case 'json':
      return `${JSON.stringify(single ? items[0] : items, plain, 2)}\n`
    case 'jsonl':
      return items.map((item) => `${JSON.stringify(item, plain)}\n`).join('')
    case 'yaml':
      return items.map((item) => stringify(manifest?.(item) ?? item, { lineWidth: 0 })).join('---\n')
    case 'name':
      return items.map((item) => `${name?.(item) ?? columns[0]!.cell(item)}\n`).join('')
  }
}

/** Drops the virtual oneof fields that proto-loader adds; they are no part of the protocol's JSON. */
function plain(this: unknown, key: string, value: unknown): unknown {
  if (key.startsWith('_')) return undefined
  if ((key === 'kind' || key === 'value' || key === 'record') && typeof value === 'string') {
    const owner = this as Record<string, unknown>
    if (value in owner) return undefined
  }
  return typeof value === 'bigint' ? value.toString() : value
}
