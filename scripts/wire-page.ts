/**
 * docs/wire.md: every shape on the wire, read off the rows of node-openflow: messages, multipart types, actions,
 * instructions, properties, match fields, errors, by version. A shape that this page cannot say is an error here.
 */
import { ACTIONS } from '../openflow/spec/actions-nested.ts'
import { ERRORS } from '../openflow/spec/errors.ts'
import { INSTRUCTIONS } from '../openflow/spec/instructions.ts'
import { MESSAGE_ROWS } from '../openflow/spec/message.ts'
import { MULTIPART } from '../openflow/spec/multipart.ts'
import { ACTIONS_10 } from '../openflow/spec/of10-actions.ts'
import { FIELD_NAMES, oxmRow } from '../openflow/spec/oxm.ts'
import type { Enumeration, Field, List } from '../openflow/wire/field.ts'
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
  type Version,
  versionText,
} from '../openflow/wire/version.ts'

type AnyField = Field<unknown>
type Rows = Readonly<Record<string, UnionRow>>

/** Tables of rows under the heading that they get, in the order in which shapes mention them. */
class Sections {
  readonly #headings = new Map<Rows, string>([
    [ACTIONS, 'Actions'],
    [ACTIONS_10, 'Actions of 1.0'],
    [INSTRUCTIONS, 'Instructions'],
  ])

  /** The heading of a union: the one it has, or one made of what mentions it. */
  of(rows: Rows, mention: string): string {
    let heading = this.#headings.get(rows)
    if (heading === undefined) {
      heading = `In ${mention}`
      const taken = new Set(this.#headings.values())
      for (let i = 2; taken.has(heading); i++) heading = `In ${mention} (${i})`
      this.#headings.set(rows, heading)
    }
    return heading
  }

  /** Sections that were mentioned; what these mention in turn comes after them. */
  *all(): Generator<readonly [string, Rows]> {
    const done = new Set<Rows>()
    for (let grown = true; grown; ) {
      grown = false
      for (const [rows, heading] of [...this.#headings]) {
        if (done.has(rows)) continue
        done.add(rows)
        grown = true
        yield [heading, rows]
      }
    }
  }
}

const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-')

/** Kinds that are written by hand in openflow/spec, and say what they are by name. */
const OWN_KINDS: Readonly<Record<string, string>> = {
  match: '[match](#match-fields)',
  oxm: '[match field](#match-fields)',
  setField: '[match field](#match-fields)',
  actions: '[actions](#actions)',
  instructions: 'instructions',
  error: '[error](#errors)',
  hello: 'hello elements',
  multipart: '[multipart](#multipart-types)',
  message: 'message',
}

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
      default:
        return OWN_KINDS[field.kind] ?? field.kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
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
          return `**${name}** ${this.of(member, mention)}`
      }
    })
    return words.length === 0 ? 'nothing' : `{ ${words.join(', ')} }`
  }
}

/** What holds in which versions: "…" where all agree, otherwise "1.0: …<br>1.3, 1.4: …". */
function perVersion(say: (version: Version) => string | undefined): string {
  const versions = new Map<string, string[]>()
  for (const version of SPOKEN_VERSIONS) {
    const said = say(version)
    if (said !== undefined) versions.set(said, [...(versions.get(said) ?? []), versionText(version)])
  }
  if (versions.size === 1) return [...versions.keys()][0]!
  return [...versions].map(([said, names]) => `${names.join(', ')}: ${said}`).join('<br>')
}

function numbers(number: number | ByVersion<number>, experimenter?: number | ByVersion<number>): string[] {
  return SPOKEN_VERSIONS.map((version) => {
    const place = rowIn({ number, experimenter }, version)
    if (place === undefined) return ''
    return place.experimenter === undefined
      ? String(place.number)
      : `${place.number} of 0x${place.experimenter.toString(16).padStart(8, '0')}`
  })
}

const VERSION_COLUMNS = SPOKEN_VERSIONS.map(versionText)

export type Table = (header: string[], rows: string[][]) => string

export function wirePage(table: Table): string {
  const sections = new Sections()
  const shapes = new Map(SPOKEN_VERSIONS.map((version) => [version, new Shapes(sections, version)]))
  const shape = (field: AnyField, mention: string, exists: (version: Version) => boolean): string =>
    perVersion((version) => (exists(version) ? shapes.get(version)!.of(field, mention) : undefined))

  const messages = Object.entries(MESSAGE_ROWS).map(([name, row]) => [
    `\`${name}\``,
    ...numbers(row.number, row.experimenter),
    shape(row.body as AnyField, name, (version) => rowIn(row, version) !== undefined),
  ])
  const multiparts = Object.entries(MULTIPART).map(([name, row]) => {
    const there = (version: Version): boolean => numberIn(row.number, version) !== undefined
    return [
      `\`${name}\``,
      ...SPOKEN_VERSIONS.map((version) => String(numberIn(row.number, version) ?? '')),
      shape(row.request as AnyField, `${name} request`, there),
      shape(row.reply as AnyField, `${name} reply`, there),
    ]
  })
  const unions: string[] = []
  for (const [heading, rows] of sections.all()) {
    const lines = Object.entries(rows).map(([name, row]) => [
      `\`${name}\``,
      ...numbers(row.number, row.experimenter),
      shape(row.body as AnyField, name, (version) => rowIn(row, version) !== undefined),
    ])
    unions.push(`## ${heading}\n\n${table(['type', ...VERSION_COLUMNS, 'shape'], lines)}\n`)
  }
  const fields = FIELD_NAMES.map((name) => {
    const row = oxmRow(name)
    const needs = Object.entries(row.needs ?? {}).map(
      ([need, values]) => `${need} ${values.map((value) => `0x${value.toString(16)}`).join(' or ')}`,
    )
    const owner = row.experimenter === undefined ? '' : ` of 0x${row.experimenter.toString(16).padStart(8, '0')}`
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
  return `# On the wire

What node-openflow reads and writes, from the rows in openflow/spec. Numbers are by version of OpenFlow; an empty cell
means that the version has no such thing. \`5 of 0x00002320\` is number 5 of that experimenter (0x00002320 Nicira,
0x4f4e4600 ONF). A shape lists members in their order; those in bold are in the value. Where versions differ, a value has
the same members all the same (\`implied\`: with the value that means nothing); what a version cannot say is refused.

## Messages

${table(['type', ...VERSION_COLUMNS, 'after the header'], messages)}

## Multipart types

${table(['type', ...VERSION_COLUMNS, 'request', 'reply'], multiparts)}

${unions.join('\n')}
## Match fields

${table(['field', 'class/number', 'width', 'mask', 'needs', 'since'], fields)}

## Errors

${table(['type', 'code', ...VERSION_COLUMNS], errors)}
`
}
