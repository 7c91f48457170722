/**
 * docs/wire.md: every shape on the wire, read off the rows of node-openflow: messages, multipart types, actions,
 * instructions, properties, match fields, errors, by version. A shape that this page cannot say is an error here: what
 * is written by hand in openflow/spec has its sentence in `wire-kinds.ts`.
 */
import { ACTIONS, actions } from '../openflow/spec/actions-nested.ts'
import { ERRORS } from '../openflow/spec/errors.ts'
import { INSTRUCTIONS } from '../openflow/spec/instructions.ts'
import { MESSAGE_ROWS } from '../openflow/spec/message.ts'
import { MULTIPART } from '../openflow/spec/multipart.ts'
import { EXTENSION_ERRORS } from '../openflow/spec/nicira-errors.ts'
import type { Apart } from '../openflow/spec/nicira-match.ts'
import { FIELD_NAMES, oxmRow } from '../openflow/spec/oxm.ts'
import { OXS } from '../openflow/spec/oxs.ts'
import type { Enumeration, Field, List } from '../openflow/wire/field.ts'
import type { Implied } from '../openflow/wire/narrow.ts'
import type { Length, PadTo, SizeOf, Struct } from '../openflow/wire/struct.ts'
import { rowIn, type Union, type UnionRow } from '../openflow/wire/union.ts'
import {
  type ByVersion,
  type Columns,
  inVersion,
  type Mapped,
  numberIn,
  type Since,
  SPOKEN_VERSIONS,
  VERSIONS,
  type Version,
  versionText,
} from '../openflow/wire/version.ts'
import { KINDS } from './wire-kinds.ts'

type AnyField = Field<unknown>
type Rows = Readonly<Record<string, UnionRow>>

/** The rows of a field that is a union, or a list or mapping of one. */
function rowsOf(field: AnyField): Rows {
  if (field.kind === 'union') return (field as Union<unknown>).rows
  return rowsOf((field as List<unknown> | Mapped<unknown>).of as AnyField)
}

interface Section {
  readonly heading: string
  readonly versions: readonly Version[]
}

const LATER = SPOKEN_VERSIONS.filter((version) => version !== VERSIONS.of10)

/** Tables of rows under the heading that they get, in the order in which shapes mention them. */
class Sections {
  readonly #sections = new Map<Rows, Section>([
    [ACTIONS, { heading: 'Actions', versions: LATER }],
    [
      rowsOf((actions as Columns<unknown>).by.of10 as AnyField),
      { heading: 'Actions of 1.0', versions: [VERSIONS.of10] },
    ],
    [INSTRUCTIONS, { heading: 'Instructions', versions: LATER }],
  ])

  /** The heading of a union: the one it has, or one made of what mentions it. */
  of(rows: Rows, mention: string): string {
    const known = this.#sections.get(rows)
    if (known !== undefined) return known.heading
    const wanted = mention.endsWith(' properties') ? `Properties of ${mention.slice(0, -11)}` : `In ${mention}`
    const taken = new Set([...this.#sections.values()].map(({ heading }) => heading))
    let heading = wanted
    for (let i = 2; taken.has(heading); i++) heading = `${wanted} (${i})`
    this.#sections.set(rows, { heading, versions: SPOKEN_VERSIONS })
    return heading
  }

  /** Sections that were mentioned; what these mention in turn comes after them. */
  *all(): Generator<readonly [Section, Rows]> {
    const done = new Set<Rows>()
    for (let grown = true; grown; ) {
      grown = false
      for (const [rows, section] of [...this.#sections]) {
        if (done.has(rows)) continue
        done.add(rows)
        grown = true
        yield [section, rows]
      }
    }
  }
}

const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-')

/** Zero, or a number that stands for "none" and is better known by its digits in hexadecimal. */
const digits = (value: number | bigint): string => (value > 9 ? `0x${value.toString(16)}` : String(value))

class Shapes {
  readonly sections: Sections
  readonly version: Version

  constructor(sections: Sections, version: Version) {
    this.sections = sections
    this.version = version
  }

  of(field: AnyField, mention: string): string {
    switch (field.kind) {
      case 'uint':
      case 'biguint':
        return `u${field.min * 8}`
      case 'enumeration': {
        const { of, names } = field as Enumeration<string>
        const words = Object.entries(names).map(([name, number]) => `${name} ${number}`)
        return `u${of.min * 8} (${words.join(', ')})`
      }
      case 'octets':
        return field.fixed ? `octets[${field.min}]` : 'octets'
      case 'text':
        return `text[${field.min}]`
      case 'list':
        return `list of ${this.of((field as List<unknown>).of, mention)}`
      case 'struct':
        return this.members(field as Struct<unknown>, mention)
      case 'union': {
        const heading = this.sections.of((field as Union<unknown>).rows, mention)
        return `[${heading}](#${anchor(heading)})`
      }
      case 'columns': {
        const column = inVersion((field as Columns<unknown>).by, this.version)
        if (column === undefined) throw new Error(`${mention} has no shape in ${versionText(this.version)}`)
        return this.of(column as AnyField, mention)
      }
      case 'since':
        return this.of((field as Since<unknown>).of, mention)
      case 'mapped':
        return this.of((field as Mapped<unknown>).of, mention)
      case 'implied':
        return `implied ${digits((field as Implied<number | bigint>).value)}`
      case 'apart':
        return this.of((field as Apart<unknown>).of as AnyField, mention)
      default: {
        const own = KINDS[field.kind]
        if (own === undefined) throw new Error(`${mention} has a shape of kind ${field.kind}: say it in wire-kinds.ts`)
        return `[${own.name}](#${own.section ?? 'shapes-of-their-own'})`
      }
    }
  }

  members(field: Struct<unknown>, mention: string): string {
    const words = field.members.map(([name, member]) => {
      switch (member.kind) {
        case 'pad':
          return `pad[${member.min}]`
        case 'padTo':
          return `pad to ${(member as unknown as PadTo).align}`
        case 'length':
          return `length u16${(member as unknown as Length).unpadded ? ' (without padding)' : ''}`
        case 'sizeOf': {
          const { member: of, unit } = member as unknown as SizeOf
          return unit === 1 ? `size of ${of} u16` : `size of ${of} u16 (in ${unit})`
        }
        case 'fixedValue':
          return `constant u${member.min * 8}`
        default:
          return `**${name}** ${this.of(member, `${mention} ${name}`)}`
      }
    })
    return words.length === 0 ? 'nothing' : `{ ${words.join(', ')} }`
  }
}

/** What holds in which versions: "…" where all agree, otherwise "1.0: …<br>1.3, 1.4: …". */
function perVersion(among: readonly Version[], say: (version: Version) => string | undefined): string {
  const versions = new Map<string, string[]>()
  for (const version of among) {
    const said = say(version)
    if (said !== undefined) versions.set(said, [...(versions.get(said) ?? []), versionText(version)])
  }
  if (versions.size === 1) return [...versions.keys()][0]!
  return [...versions].map(([said, names]) => `${names.join(', ')}: ${said}`).join('<br>')
}

const id = (experimenter: number): string => `0x${experimenter.toString(16).padStart(8, '0')}`

const placeText = (number: number, experimenter: number | undefined): string =>
  experimenter === undefined ? String(number) : `${number} of ${id(experimenter)}`

function numbers(row: Omit<UnionRow, 'body'>, among: readonly Version[]): string[] {
  return among.map((version) => {
    const place = rowIn(row, version)
    return place === undefined ? '' : placeText(place.number, place.experimenter)
  })
}

type ExperimenterType = { readonly id: number; readonly type: number }
interface MultipartRow {
  readonly number: number | ByVersion<number>
  readonly experimenter?: ExperimenterType | ByVersion<ExperimenterType>
}

function multipartNumber({ number, experimenter = {} }: MultipartRow, version: Version): string {
  const place = 'id' in experimenter ? experimenter : inVersion(experimenter, version)
  const own = numberIn(number, version)
  return own === undefined ? '' : placeText(place?.type ?? own, place?.id)
}

/** What the rows cannot say of themselves, by heading. */
const NOTES: Readonly<Record<string, string>> = {
  'Actions of 1.0': 'Those with the name of a match field are `set_field` of that field.\n\n',
}

const VERSION_COLUMNS = SPOKEN_VERSIONS.map(versionText)

export type Table = (header: string[], rows: string[][]) => string

export function wirePage(table: Table): string {
  const sections = new Sections()
  const shapes = new Map(SPOKEN_VERSIONS.map((version) => [version, new Shapes(sections, version)]))
  const shape = (
    field: AnyField,
    mention: string,
    exists: (version: Version) => boolean,
    among: readonly Version[] = SPOKEN_VERSIONS,
  ): string => perVersion(among, (version) => (exists(version) ? shapes.get(version)!.of(field, mention) : undefined))

  const messages = Object.entries(MESSAGE_ROWS).map(([name, row]) => [
    `\`${name}\``,
    ...numbers(row, SPOKEN_VERSIONS),
    shape(row.body as AnyField, name, (version) => rowIn(row, version) !== undefined),
  ])
  const multiparts = Object.entries(MULTIPART).map(([name, row]) => {
    const there = (version: Version): boolean => numberIn(row.number, version) !== undefined
    return [
      `\`${name}\``,
      ...SPOKEN_VERSIONS.map((version) => multipartNumber(row, version)),
      shape(row.request as AnyField, `${name} request`, there),
      shape(row.reply as AnyField, `${name} reply`, there),
    ]
  })
  const unions: string[] = []
  for (const [{ heading, versions }, rows] of sections.all()) {
    const lines = Object.entries(rows).flatMap(([name, row]) => {
      const places = numbers(row, versions)
      if (places.every((place) => place === '')) return []
      const there = (version: Version): boolean => rowIn(row, version) !== undefined
      return [[`\`${name}\``, ...places, shape(row.body as AnyField, name, there, versions)]]
    })
    unions.push(
      `## ${heading}\n\n${NOTES[heading] ?? ''}${table(['type', ...versions.map(versionText), 'shape'], lines)}\n`,
    )
  }
  const fields = FIELD_NAMES.map((name) => {
    const row = oxmRow(name)
    const needs = Object.entries(row.needs ?? {}).map(
      ([need, values]) => `${need} ${values.map((value) => `0x${value.toString(16)}`).join(' or ')}`,
    )
    const owner = row.experimenter === undefined ? '' : ` of ${id(row.experimenter)}`
    return [
      `\`${name}\``,
      `0x${row.class.toString(16).padStart(4, '0')}/${row.id}${owner}`,
      row.variable ? `1 to ${row.size} octets` : `${row.bits ?? row.size * 8} bits`,
      row.maskable ? 'yes' : '',
      needs.join(', '),
      row.since,
    ]
  })
  const errors = Object.entries(ERRORS).flatMap(([type, { number, codes }]) => [
    [`\`${type}\``, '', ...SPOKEN_VERSIONS.map((version) => String(numberIn(number, version) ?? ''))],
    ...Object.entries(codes).map(([code, at]) => [
      '',
      `\`${code}\``,
      ...SPOKEN_VERSIONS.map((version) =>
        numberIn(number, version) === undefined ? '' : String(numberIn(at, version) ?? ''),
      ),
    ]),
  ])
  const statistics = Object.entries(OXS).map(([name, row]) => [
    `\`${name}\``,
    `0x8002/${row.id}`,
    shapes.get(VERSIONS.of15)!.of(row.body as AnyField, name),
  ])
  const extensions = Object.entries(EXTENSION_ERRORS).flatMap(([type, codes]) =>
    Object.entries<ByVersion<readonly [number, number, number?]>>(codes).map(([code, by]) => [
      `\`${type}\``,
      `\`${code}\``,
      ...SPOKEN_VERSIONS.map((version) => {
        const [experimenter, number, second] = inVersion(by, version) ?? []
        if (experimenter === undefined || number === undefined) return ''
        return `${second === undefined ? '' : `${number}/`}${placeText(second ?? number, experimenter)}`
      }),
    ]),
  )
  const own = Object.values(KINDS)
    .filter(({ section }) => section === undefined)
    .map(({ name, octets }) => [name, octets])
  return `# On the wire

What node-openflow reads and writes, from the rows in openflow/spec. Numbers are by version of OpenFlow; an empty cell
means that the version has no such thing. \`5 of 0x00002320\` is number 5 of that experimenter (0x00002320 Nicira,
0x4f4e4600 ONF, 0x0000154d Netronome, 0x005ad650 NSH). A shape lists members in their order; those in bold have a name in the value.

A value has the same members in every version. So \`implied 0\` takes no octets: it is read as 0, and nothing else can
be written in that version. What a version spells otherwise than 1.3 (the match of 1.0, ports and counters as
properties or statistics since 1.4 and 1.5) is read into the members of 1.3; the list that it stood in is in the value
only when it says more than these. What a version cannot say is refused (\`not_in_version\`).

## Messages

${table(['type', ...VERSION_COLUMNS, 'after the header'], messages)}

## Multipart types

What follows type and flags; of an experimenter's, what follows its id and type.

${table(['type', ...VERSION_COLUMNS, 'request', 'reply'], multiparts)}

${unions.join('\n')}
## Shapes of their own

${table(['shape', 'octets'], own)}

## Match fields

${table(['field', 'class/number', 'width', 'mask', 'needs', 'since'], fields)}

## Statistics fields

Of 1.5, where older versions have members of these names.

${table(['field', 'class/number', 'shape'], statistics)}

## Errors

${table(['type', 'code', ...VERSION_COLUMNS], errors)}

## Errors of experimenters

What a version has no code for, as Open vSwitch tells it: since 1.3 the code of an experimenter, in 1.0 type/code of one.

${table(['type', 'code', ...VERSION_COLUMNS], extensions)}
`
}
