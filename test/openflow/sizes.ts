/**
 * The fixed structures that the rows of openflow/spec describe, and how many octets each takes in a version: a struct,
 * or the fixed part of one that ends in a list. Read from the rows themselves; knows no specification.
 */
import { ACTIONS, INSTRUCTIONS, MULTIPART, type MultipartName } from 'node-openflow'
import { CONTROLLER2_PROPERTIES } from '../../openflow/spec/actions-nicira.ts'
import { ASYNC_PROPERTIES } from '../../openflow/spec/async-properties.ts'
import { BUNDLE_FEATURES_PROPERTIES } from '../../openflow/spec/bundle-features.ts'
import { CONTROLLER_STATUS_PROPERTIES } from '../../openflow/spec/controller-status.ts'
import {
  BUNDLE_PROPERTIES,
  CT_FLUSH_PROPERTIES,
  CT_TUPLE_PROPERTIES,
  EXPERIMENTER_MESSAGES,
  PACKET_IN2_PROPERTIES,
} from '../../openflow/spec/experimenter.ts'
import { BUCKET_PROPERTIES, METER_BANDS } from '../../openflow/spec/groups.ts'
import { hasMessage, type MessageType } from '../../openflow/spec/message.ts'
import { MESSAGES, type MessageRow } from '../../openflow/spec/messages.ts'
import { hasMultipart } from '../../openflow/spec/multipart.ts'
import {
  PORT_MOD_PROPERTIES,
  PORT_PROPERTIES,
  PORT_STATS_PROPERTIES,
  QUEUE_DESC_PROPERTIES,
  QUEUE_PROPERTIES,
} from '../../openflow/spec/ports.ts'
import { TABLE_FEATURE_PROPERTIES } from '../../openflow/spec/table-features.ts'
import { TABLE_MOD_PROPERTIES } from '../../openflow/spec/tables.ts'
import type { Field, List } from '../../openflow/wire/field.ts'
import type { Struct } from '../../openflow/wire/struct.ts'
import { rowIn, type UnionRow } from '../../openflow/wire/union.ts'
import {
  type Columns,
  inVersion,
  type Mapped,
  type Since,
  VERSIONS,
  type Version,
} from '../../openflow/wire/version.ts'

type AnyField = Field<unknown>

/** What a field is on the wire in a version; undefined where it is not there. */
function onWire(field: AnyField, version: Version): AnyField | undefined {
  switch (field.kind) {
    case 'columns': {
      const column = inVersion((field as Columns<unknown>).by, version)
      return column === undefined ? undefined : onWire(column as AnyField, version)
    }
    case 'mapped':
    case 'since':
    case 'apart':
      return onWire((field as Mapped<unknown> | Since<unknown>).of as AnyField, version)
    default:
      return field
  }
}

/** Octets of the least value: those of the fixed part. */
function sizeOf(field: AnyField, version: Version): number {
  const shape = onWire(field, version)
  if (shape === undefined) return 0
  if (shape.kind !== 'struct') return shape.min
  return (shape as Struct<object>).members.reduce((sum, [, member]) => sum + sizeOf(member, version), 0)
}

/** Kinds of fields that are structs of the specification, though the codec reads them by hand. */
const STRUCTS = ['flowMonitorRequest', 'flowUpdate', 'nxFlowUpdate']

type Shape = readonly [name: string, size: number]

/** The structs that lists inside a field are made of. */
function* elements(name: string, field: AnyField, version: Version): Generator<Shape> {
  const shape = onWire(field, version)
  if (shape?.kind === 'list') {
    const of = onWire((shape as List<unknown>).of as AnyField, version)
    if (of === undefined || !['struct', ...STRUCTS].includes(of.kind)) return
    yield [`${name}[]`, sizeOf(of, version)]
    yield* elements(`${name}[]`, of, version)
  } else if (shape?.kind === 'struct') {
    for (const [key, member] of (shape as Struct<object>).members) yield* elements(`${name}.${key}`, member, version)
  }
}

type Rows = Readonly<Record<string, UnionRow>>

/** Type and length stand before a row's body, then an experimenter's id and subtype. */
function* unionShapes(kind: string, rows: Rows, version: Version, subtype = 2): Generator<Shape> {
  for (const [name, row] of Object.entries(rows)) {
    const place = rowIn(row, version)
    if (place === undefined || onWire(row.body as AnyField, version) === undefined) continue
    const head = 4 + (place.experimenter === undefined ? 0 : 4 + subtype)
    yield [`${kind} ${name}`, head + sizeOf(row.body as AnyField, version)]
    yield* elements(`${kind} ${name}`, row.body as AnyField, version)
  }
}

/** Rows of a union, and the first and last version in which something contains the union. */
const UNIONS: ReadonlyArray<readonly [kind: string, rows: Rows, since: Version, until?: Version]> = [
  ['action', ACTIONS, VERSIONS.of10],
  ['instruction', INSTRUCTIONS, VERSIONS.of13],
  ['controller2 property', CONTROLLER2_PROPERTIES, VERSIONS.of10],
  ['async property', ASYNC_PROPERTIES, VERSIONS.of10],
  ['bundle feature', BUNDLE_FEATURES_PROPERTIES, VERSIONS.of15],
  ['controller status property', CONTROLLER_STATUS_PROPERTIES, VERSIONS.of15],
  ['bundle property', BUNDLE_PROPERTIES, VERSIONS.of13],
  ['ct_flush property', CT_FLUSH_PROPERTIES, VERSIONS.of10],
  ['ct tuple property', CT_TUPLE_PROPERTIES, VERSIONS.of10],
  ['packet_in2 property', PACKET_IN2_PROPERTIES, VERSIONS.of10],
  ['bucket property', BUCKET_PROPERTIES, VERSIONS.of15],
  ['band', METER_BANDS, VERSIONS.of13],
  ['port property', PORT_PROPERTIES, VERSIONS.of14],
  ['port_mod property', PORT_MOD_PROPERTIES, VERSIONS.of14],
  ['port_stats property', PORT_STATS_PROPERTIES, VERSIONS.of14],
  ['queue property', QUEUE_PROPERTIES, VERSIONS.of10, VERSIONS.of13],
  ['queue_desc property', QUEUE_DESC_PROPERTIES, VERSIONS.of14],
  ['table feature', TABLE_FEATURE_PROPERTIES, VERSIONS.of13],
  ['table_mod property', TABLE_MOD_PROPERTIES, VERSIONS.of14],
]

const HEADER = 8
const EXPERIMENTER_IDS = 8

/** Every structure of a version by the name of its row, with its size in octets. */
export function* shapesIn(version: Version): Generator<Shape> {
  for (const [name, row] of Object.entries<MessageRow>({ ...MESSAGES, ...EXPERIMENTER_MESSAGES })) {
    if (!hasMessage(name as MessageType, version)) continue
    const ids = rowIn(row, version)?.experimenter === undefined ? 0 : EXPERIMENTER_IDS
    const body = row.body as AnyField
    yield [`message ${name}`, HEADER + ids + sizeOf(body, version)]
    yield* elements(`message ${name}`, body, version)
  }
  for (const name of Object.keys(MULTIPART) as MultipartName[]) {
    if (!hasMultipart(name, version)) continue
    for (const side of ['request', 'reply'] as const) {
      const body = MULTIPART[name][side] as AnyField
      if (onWire(body, version)?.kind !== 'list') yield [`${side} ${name}`, sizeOf(body, version)]
      yield* elements(`${side} ${name}`, body, version)
    }
  }
  for (const [kind, rows, since, until = VERSIONS.of15] of UNIONS) {
    if (version >= since && version <= until) yield* unionShapes(kind, rows, version)
  }
}
