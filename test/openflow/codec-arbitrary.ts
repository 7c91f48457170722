/**
 * Values for the codec's property tests, generated from the very rows that encode and decode: each field says what
 * kind it is, and here stands one generator per kind. A new row needs nothing here; a new kind fails loudly until it
 * has its generator. Knows what a value may be, not what becomes of it.
 */
import fc, { type Arbitrary } from 'fast-check'
import { ACTIONS_BASIC } from '../../openflow/spec/actions.ts'
import { errorKind, errorsIn } from '../../openflow/spec/errors.ts'
import { bundleProperties, EXPERIMENTER_MESSAGES } from '../../openflow/spec/experimenter.ts'
import { INSTRUCTIONS, instructions } from '../../openflow/spec/instructions.ts'
import { hasMessage, type Message, type MessageType } from '../../openflow/spec/message.ts'
import { MESSAGES, type MessageRow } from '../../openflow/spec/messages.ts'
import { hasMultipart, MULTIPART, type MultipartName } from '../../openflow/spec/multipart.ts'
import type { Apart } from '../../openflow/spec/nicira-match.ts'
import type { NxFlowUpdateField } from '../../openflow/spec/nicira-monitor.ts'
import { FIELD_NAMES, type FieldName, type Oxm, oxmRow } from '../../openflow/spec/oxm.ts'
import { OXM_CLASS, type OxmRow } from '../../openflow/spec/oxm-row.ts'
import { OXS } from '../../openflow/spec/oxs.ts'
import {
  type BigUint,
  type Enumeration,
  type Field,
  type List,
  octetsText,
  type Uint,
} from '../../openflow/wire/field.ts'
import type { Implied } from '../../openflow/wire/narrow.ts'
import type { SizeOf, Struct } from '../../openflow/wire/struct.ts'
import { VANISHING } from '../../openflow/wire/struct.ts'
import { rowIn, type Union, type UnionRow, type UnionShape } from '../../openflow/wire/union.ts'
import {
  type Columns,
  inVersion,
  type Mapped,
  type Since,
  SPOKEN_VERSIONS,
  VERSIONS,
  type Version,
} from '../../openflow/wire/version.ts'

type AnyField = Field<unknown>

/** Depth of nested actions and messages, and what the enclosing shape wants of a run of octets that ends it. */
interface Context {
  readonly depth: number
  readonly version: Version
  /** `(size of the run + before) % align` must be 0: padding would otherwise be read as part of the run. */
  readonly align?: { readonly before: number; readonly align: number }
}

const MAX_DEPTH = 2
const TOP: Context = { depth: 0, version: VERSIONS.of13 }
/** The same without `align`, for what stands elsewhere than at the end. */
const within = ({ depth, version }: Context): Context => ({ depth, version })

/** An experimenter id that no row has. */
const strangeExperimenter = fc.integer({ min: 0x0100_0000, max: 0x0fff_ffff })
const octets = (max: number, context: Context = TOP): Arbitrary<Uint8Array> => {
  const { align } = context
  if (align === undefined) return fc.uint8Array({ maxLength: max })
  return fc.uint8Array({ maxLength: max }).map((data) => {
    const rest = (align.align - ((data.length + align.before) % align.align)) % align.align
    const padded = new Uint8Array(data.length + rest)
    padded.set(data)
    return padded
  })
}

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
/** Small numbers often, any otherwise; the ends too. */
const upTo = (max: number): Arbitrary<number> => fc.oneof(fc.integer({ min: 0, max }), fc.constantFrom(0, max))

function text(size: number): Arbitrary<string> {
  const fit = (data: Uint8Array): string => {
    let end = Math.min(data.length, size)
    while (end > 0 && data[end - 1] === 0) end--
    return octetsText(data.subarray(0, end))
  }
  const utf8 = fc
    .string({ unit: 'grapheme', maxLength: Math.floor(size / 8) })
    .map((s) => fit(new TextEncoder().encode(s)))
  return fc.oneof(utf8, fc.uint8Array({ maxLength: size }).map(fit))
}

// ---- match fields -------------------------------------------------------------------------------------------

function oxmValue(row: OxmRow, key: 'value' | 'mask'): Arbitrary<number | bigint> {
  if (row.size > 6) return fc.bigInt({ min: 0n, max: (1n << BigInt(row.size * 8)) - 1n })
  return upTo(key === 'value' && row.bits !== undefined ? 2 ** row.bits - 1 : 2 ** (row.size * 8) - 1)
}

export function oxmOf(field: FieldName, masks = true): Arbitrary<Oxm> {
  const row = oxmRow(field)
  const plain = row.variable
    ? fc.uint8Array({ minLength: 1, maxLength: row.size }).map((value) => ({ field, value }))
    : oxmValue(row, 'value').map((value) => ({ field, value }))
  if (!masks || !row.maskable) return plain as Arbitrary<Oxm>
  const masked = row.variable
    ? fc
        .integer({ min: 1, max: row.size })
        .chain((size) =>
          fc.tuple(
            fc.uint8Array({ minLength: size, maxLength: size }),
            fc.uint8Array({ minLength: size, maxLength: size }),
          ),
        )
        .map(([value, mask]) => ({ field, value, mask }))
    : fc.tuple(oxmValue(row, 'value'), oxmValue(row, 'mask')).map(([value, mask]) => ({ field, value, mask }))
  return fc.oneof(plain as Arbitrary<Oxm>, masked as Arbitrary<Oxm>)
}

/** Class 0x0002 has no row; nor has the experimenter. */
function unknownOxm(masks: boolean): Arbitrary<Oxm> {
  return fc
    .record({
      id: fc.integer({ min: 0, max: 0x7f }),
      masked: masks ? fc.boolean() : fc.constant(false),
      half: fc.uint8Array({ maxLength: 100 }),
      experimenter: fc.option(strangeExperimenter),
    })
    .map(({ id, masked, half, experimenter }) => {
      const body = masked ? Uint8Array.from([...half, ...half]) : half
      if (experimenter === null) return { field: 'unknown', class: 2, id, masked, body }
      return { field: 'unknown', class: OXM_CLASS.experimenter, id, experimenter, masked, body }
    })
}

const fieldName = fc.constantFrom(...FIELD_NAMES)
const oxm: Arbitrary<Oxm> = fc.oneof(
  { weight: 9, arbitrary: fieldName.chain((name) => oxmOf(name)) },
  { weight: 1, arbitrary: unknownOxm(true) },
)
const unmaskedOxm = fc.oneof(
  { weight: 9, arbitrary: fieldName.chain((name) => oxmOf(name, false)) },
  { weight: 1, arbitrary: unknownOxm(false) },
)
const match = fc.array(oxm, { maxLength: 4 })

const strangeHeader = u16.map((low) => 0x0002_0000 + low)
const strangeLongHeader = fc
  .tuple(u16, strangeExperimenter)
  .map(([low, id]) => (0xffff_0000n + BigInt(low)) * 0x1_0000_0000n + BigInt(id))
const fieldRef = fc.oneof(fieldName, strangeHeader, strangeLongHeader)
const shortNames = FIELD_NAMES.filter((name) => oxmRow(name).experimenter === undefined)
/** In 1.5 some fields have the headers of others. */
const traded = (name: FieldName): FieldName => (oxmRow(name).trades as FieldName | undefined) ?? name
const fieldRef32 = (version: Version): Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom(...shortNames).map((name) => (version < VERSIONS.of15 ? name : traded(name))),
    strangeHeader,
    u16.map((low) => 0xffff_0000 + low),
  )
const oxmId = fc.oneof(
  fc.tuple(fieldName, fc.boolean()).map(([field, masked]) => ({
    field,
    masked: masked && oxmRow(field).maskable,
  })),
  fc.oneof(strangeHeader, strangeLongHeader).map((header) => ({ header })),
)

/** Statistics fields; class 0x0002 has no row, nor has a known number with the reserved bit. */
const oxs = (): Arbitrary<unknown> =>
  fc.oneof(
    ...Object.entries(OXS).map(([field, { body }]) =>
      structOf(body as Struct<object>).map((value) => ({ field, ...value })),
    ),
    fc
      .record({
        field: fc.constant('unknown'),
        class: fc.constantFrom(2, 0x8002),
        id: fc.integer({ min: 6, max: 0x7f }),
        reserved: fc.boolean(),
        body: fc.uint8Array({ maxLength: 20 }),
      })
      .chain((value) =>
        fc.oneof(
          fc.constant(value),
          strangeExperimenter.map((experimenter) => ({ ...value, class: OXM_CLASS.experimenter, experimenter })),
        ),
      ),
  )

// ---- kinds --------------------------------------------------------------------------------------------------

const bits = fc.record({ ofs: fc.integer({ min: 0, max: 1023 }), n_bits: fc.integer({ min: 1, max: 64 }) })
const optional = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
const present = (value: object): object => Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined))

const natRange = fc
  .record({
    ipv4_min: optional(u32),
    ipv4_max: optional(u32),
    ipv6_min: optional(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })),
    ipv6_max: optional(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })),
    proto_min: optional(u16),
    proto_max: optional(u16),
  })
  .map(present)

const subfield = fc.record({ field: fieldRef, ofs: u16 })
const learnSpec = fc
  .record({
    n_bits: fc.oneof(fc.integer({ min: 1, max: 128 }), fc.integer({ min: 1, max: 0x7ff })),
    immediate: fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
    src: fc.option(subfield),
    dst: subfield,
    to: fc.constantFrom('match', 'load', 'output'),
  })
  .map(({ n_bits, immediate, src, dst, to }) => {
    const from = src ?? Uint8Array.from({ length: 2 * Math.ceil(n_bits / 16) }, () => immediate.next().value as number)
    return to === 'output' ? { n_bits, src: from, to } : { n_bits, src: from, to, dst }
  })

const helloElement = fc.oneof(
  fc.record({ type: fc.constant('versionbitmap'), bitmaps: fc.array(u32, { maxLength: 3 }) }),
  fc.record({ type: fc.integer({ min: 2, max: 0xffff }), data: octets(20) }),
)

/** Generators of the kinds that are no combinator; each with the least that it needs to know of its field. */
const KINDS: Readonly<Record<string, (field: AnyField, context: Context) => Arbitrary<unknown>>> = {
  uint: (field) => upTo((field as Uint).max),
  biguint: (field) => fc.bigInt({ min: 0n, max: (field as BigUint).max }),
  enumeration(field) {
    const { of, names } = field as Enumeration<string>
    const known = new Set(Object.values(names))
    return fc.oneof(
      fc.constantFrom(...Object.keys(names)),
      upTo(of.max).filter((number) => !known.has(number)),
    )
  },
  octets: (field, context) =>
    field.fixed ? fc.uint8Array({ minLength: field.min, maxLength: field.min }) : octets(40, context),
  text: (field) => text(field.min),
  list: (field, context) => fc.array(arbitrary((field as List<unknown>).of, within(context)), { maxLength: 3 }),
  actions: (field, context) => {
    if (context.depth >= MAX_DEPTH) return fc.constant([])
    const inner = { depth: context.depth + 1, version: context.version }
    return arbitrary((field as unknown as { get: () => AnyField }).get(), inner)
  },
  columns: (field, context) => arbitrary(columnIn(field as Columns<unknown>, context.version), context),
  implied: (field) => fc.constant((field as Implied<number>).value),
  since: (field, context) => arbitrary((field as Since<unknown>).of, context),
  mapped: (field, context) => {
    const { of, meaning } = field as Mapped<unknown>
    return arbitrary(of, context).map(meaning as (wire: unknown) => unknown)
  },
  struct: (field, context) => structOf(field as Struct<object>, context),
  union: (field, context) => unionOf(field as Union<object>, context),
  oxm: () => oxm,
  fieldMask: () => unmaskedOxm,
  setField: (_field, { version }) => (version < VERSIONS.of15 ? unmaskedOxm : oxm),
  match: () => match,
  openText: () => fc.uint8Array({ maxLength: 30 }).map(octetsText),
  tail: () => optional(u32),
  stats: () => fc.array(oxs(), { maxLength: 5 }),
  fieldRef: () => fieldRef,
  fieldRef32: (_field, { version }) => fieldRef32(version),
  oxmId: () => oxmId,
  ctZone: (_field, { version }) =>
    fc.oneof(
      u16,
      fc.tuple(fieldRef32(version), bits).map(([field, b]) => ({ field, ...b })),
    ),
  ofsNbits: () => bits,
  natRange: () => natRange,
  learnSpecs: () => fc.array(learnSpec, { maxLength: 4 }),
  // A result field goes with a flag elsewhere in the struct; `structOf` sets both.
  learnResult: () => fc.record({ ofs: u16 }),
  helloElement: () => helloElement,
  hello: () => fc.record({ elements: fc.array(helloElement, { maxLength: 3 }) }),
  error: (_field, { version }) => {
    // The types whose data begins with an experimenter's id.
    const plain = u16.filter((type) => type !== 0xffff && type !== 0xb0c2)
    const kind = fc.oneof(
      fc.constantFrom(...errorsIn(version)),
      fc
        .tuple(fc.oneof(fc.integer({ min: 0, max: 19 }), plain), fc.oneof(fc.integer({ min: 0, max: 20 }), u16))
        .map(([type, code]) => errorKind(type, code, version)),
      ...(version === VERSIONS.of10
        ? []
        : [fc.record({ error_type: fc.constant('experimenter'), code: u16, experimenter: strangeExperimenter })]),
    )
    return fc.tuple(kind, octets(80)).map(([one, data]) => ({ ...one, data }))
  },
  apart: (field, context) => structOf((field as Apart<object>).of, context),
  nxFlowUpdate: (field, context) => {
    const [full, abbrev] = (field as NxFlowUpdateField).shapes
    return fc.oneof(
      fc
        .tuple(structOf(full, within(context)), fc.constantFrom('added', 'removed', 'modified'))
        .map(([value, event]) => ({ ...value, event })),
      structOf(abbrev, within(context)).map((value) => ({ ...value, event: 'abbrev' })),
    )
  },
  encapProperty: () =>
    fc.oneof(
      fc.record({ type: fc.constant('nsh_md_type'), md_type: fc.integer({ min: 0, max: 255 }) }),
      fc.record({
        type: fc.constant('nsh_tlv'),
        tlv_class: u16,
        tlv_type: fc.integer({ min: 0, max: 255 }),
        data: octets(247),
      }),
      fc.record({
        type: fc.constant('unknown'),
        class: u16.filter((cls) => cls !== 4),
        number: fc.integer({ min: 0, max: 255 }),
        data: octets(251),
      }),
    ),
  typeId: () =>
    fc.oneof(
      fc.constantFrom('apply_actions', 'output').map((name) => name),
      fc.tuple(u16, fc.uint8Array({ minLength: 1, maxLength: 12 })).map(([type, data]) => ({ type, data })),
      octets(0).map((data) => ({ type: 0x1234, data })),
    ),
  flowMonitorRequest: () =>
    fc.record({ id: u32, flags: u16, out_port: u32, table_id: fc.integer({ min: 0, max: 255 }), match }),
  flowUpdate: (_field, context) => {
    const core = context.version >= VERSIONS.of14
    const full = fc.record({
      event: fc.constantFrom('added', 'removed', 'modified', ...(core ? ['initial'] : [])),
      reason: fc.constantFrom('idle_timeout', 'delete', 77),
      priority: u16,
      idle_timeout: u16,
      hard_timeout: u16,
      table_id: fc.integer({ min: 0, max: 255 }),
      cookie: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      match,
      instructions: arbitrary(instructions as AnyField, context),
    })
    const pause = fc.record({ event: fc.constantFrom('paused', 'resumed') })
    return fc.oneof(fc.record({ event: fc.constant('abbrev'), xid: u32 }), full, ...(core ? [pause] : []))
  },
}

function arbitrary(field: AnyField, context: Context = TOP): Arbitrary<unknown> {
  const make = KINDS[field.kind]
  if (make === undefined) throw new Error(`no generator for fields of kind ${field.kind}`)
  return make(field, context)
}

/** `context.align` counts what stands before the struct; a run of octets at its end has the struct in front too. */
export function structOf(body: Struct<object>, context: Context = TOP): Arbitrary<object> {
  const shape: Record<string, Arbitrary<unknown>> = {}
  let before = 0
  let unit: string | undefined
  for (const [name, field] of body.members) {
    if (field.kind === 'sizeOf') unit = (field as SizeOf).member
    if (!VANISHING.has(field.kind)) {
      const inner: Context =
        context.align === undefined || name === unit
          ? within(context)
          : { ...within(context), align: { before: context.align.before + before, align: context.align.align } }
      const isTypeId = field.kind === 'list' && (field as List<unknown>).of.kind === 'typeId'
      shape[name] = isTypeId ? typeIds(name, context.version) : arbitrary(field, inner)
    }
    before += field.min
  }
  const value = fc.record(shape) as Arbitrary<Record<string, unknown>>
  if (!('result' in shape)) return value
  return fc.tuple(value, fc.option(fieldRef)).map(([learn, field]) => ({
    ...learn,
    flags: field === null ? (learn['flags'] as number) & ~4 : (learn['flags'] as number) | 4,
    result: field === null ? learn['result'] : { ...(learn['result'] as object), field },
  }))
}

function typeIds(member: string, version: Version): Arbitrary<unknown> {
  const rows: Readonly<Record<string, UnionRow>> = member === 'instruction_ids' ? INSTRUCTIONS : ACTIONS_BASIC
  const names = Object.keys(rows).filter((name) => {
    const place = rowIn(rows[name]!, version)
    return place !== undefined && place.experimenter === undefined
  })
  return fc.array(
    fc.oneof(
      fc.constantFrom(...names),
      fc.tuple(u16, fc.uint8Array({ minLength: 1, maxLength: 12 })).map(([type, data]) => ({ type, data })),
      fc.constant({ type: 0x1234, data: new Uint8Array(0) }),
    ),
    { maxLength: 3 },
  )
}

/** One value of a union's row. */
export function rowOf(name: string, row: UnionRow, shape: UnionShape, context: Context = TOP): Arbitrary<object> {
  const before = rowIn(row, context.version)?.experimenter === undefined ? 4 : 8 + (shape.subtype ?? 2)
  const inner: Context =
    shape.padded === 'inside' ? { ...within(context), align: { before, align: shape.align } } : within(context)
  return arbitrary(row.body as AnyField, inner).map((value) => ({ type: name, ...(value as object) }))
}

/** An experimenter's shape that no row describes. */
export function strangerOf(shape: UnionShape): Arbitrary<object> {
  const data = octets(30, shape.padded === 'inside' ? { ...TOP, align: { before: 8, align: shape.align } } : TOP)
  const plain = { type: fc.constant('experimenter'), experimenter: strangeExperimenter, data }
  return shape.subtype === 4 ? fc.record({ ...plain, exp_type: u32 }) : fc.record(plain)
}

function unionOf(field: Union<object>, context: Context): Arbitrary<object> {
  const rows = Object.entries(field.rows)
    .filter(([, row]) => rowIn(row, context.version) !== undefined)
    .map(([name, row]) => rowOf(name, row, field.shape, context))
  if (field.shape.experimenter !== undefined) rows.push(strangerOf(field.shape))
  return fc.oneof(...rows)
}

// ---- messages -----------------------------------------------------------------------------------------------

/** The field that a row has in a version. */
function columnIn(field: Columns<unknown>, version: Version): AnyField {
  const column = inVersion(field.by, version)
  if (column === undefined) throw new Error(`no column for version ${version}`)
  return column
}

function messagesOf(version: Version): Map<string, Arbitrary<Message>> {
  const context: Context = { depth: 0, version }
  const extra = version === VERSIONS.of13 ? {} : { version }
  const header = <T extends object>(type: string, body: Arbitrary<T>): Arbitrary<Message> =>
    fc.tuple(u32, body).map(([xid, rest]) => ({ type, xid, ...extra, ...rest }) as unknown as Message)
  const part = (type: 'multipart_request' | 'multipart_reply', mp_type: MultipartName): Arbitrary<Message> => {
    const side = type === 'multipart_request' ? 'request' : 'reply'
    const body =
      mp_type === 'experimenter'
        ? fc.record({
            experimenter: strangeExperimenter,
            exp_type: version === VERSIONS.of10 ? fc.constant(0) : u32,
            data: octets(40),
          })
        : arbitrary(MULTIPART[mp_type][side] as AnyField, context)
    return header(type, fc.record({ flags: u16, mp_type: fc.constant(mp_type), body }))
  }
  const messages = new Map<string, Arbitrary<Message>>([
    ...Object.entries<MessageRow>({ ...MESSAGES, ...EXPERIMENTER_MESSAGES })
      .filter(([name]) => hasMessage(name as MessageType, version))
      .map(
        ([name, { body }]) => [name, header(name, arbitrary(body as AnyField, context) as Arbitrary<object>)] as const,
      ),
    ['hello', header('hello', KINDS['hello']!({} as AnyField, context) as Arbitrary<object>)],
    ['error', header('error', KINDS['error']!({} as AnyField, context) as Arbitrary<object>)],
    [
      'experimenter',
      header(
        'experimenter',
        fc.record({
          experimenter: strangeExperimenter,
          exp_type: version === VERSIONS.of10 ? fc.constant(0) : u32,
          data: octets(40),
        }),
      ),
    ],
    ...(Object.keys(MULTIPART) as MultipartName[])
      .filter((name) => hasMultipart(name, version))
      .flatMap((name) => [
        [`multipart_request ${name}`, part('multipart_request', name)] as const,
        [`multipart_reply ${name}`, part('multipart_reply', name)] as const,
      ]),
  ])
  const plain = fc.oneof(...messages.values())
  if (hasMessage('bundle_add_message', version)) {
    const properties = arbitrary(bundleProperties as AnyField, context)
    const body = fc.record({ bundle_id: u32, flags: u16, message: plain, properties })
    messages.set('bundle_add_message', header('bundle_add_message', body))
  }
  if (hasMessage('requestforward', version)) {
    messages.set('requestforward', header('requestforward', fc.record({ request: plain })))
  }
  return messages
}

/** Every message that has a shape of its own in a version, by a name for test titles. */
export const MESSAGES_IN: ReadonlyMap<Version, ReadonlyMap<string, Arbitrary<Message>>> = new Map(
  SPOKEN_VERSIONS.map((version) => [version, messagesOf(version)]),
)

/** Any message of a version. */
export function messageIn(version: Version): Arbitrary<Message> {
  return fc.constantFrom(...MESSAGES_IN.get(version)!.values()).chain((arbitrary) => arbitrary)
}

/** Any message of 1.3. */
export const message: Arbitrary<Message> = messageIn(VERSIONS.of13)
