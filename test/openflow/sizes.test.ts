/**
 * Every fixed struct, and the fixed part of every other, has the size that the specification says: as os-ken states it
 * (test/golden/sizes), or as written in sizes-table.ts. Every row has a size, and every constant of os-ken a row.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { encode, type Message, OXM, oxmRow } from 'node-openflow'
import { errorBody } from '../../openflow/spec/errors.ts'
import { helloElement } from '../../openflow/spec/hello.ts'
import { OXS } from '../../openflow/spec/oxs.ts'
import { VERSIONS, type Version, versionText } from '../../openflow/wire/version.ts'
import { shapesIn } from './sizes.ts'
import { type ByVersion, CONSTANTS, FAMILIES, NO_ROW, OWN, type Sized } from './sizes-table.ts'

type Text = '1.0' | '1.3' | '1.4' | '1.5'
type Field = readonly [cls: number, number: number, experimenter: number | null, octets: number]

const golden = JSON.parse(readFileSync(new URL('../golden/sizes/os-ken.json', import.meta.url), 'utf8')) as {
  implementation: string
  sizes: Readonly<Record<Text | 'nicira', Readonly<Record<string, number>>>>
  oxm: Readonly<Record<Text, Readonly<Record<string, Field>>>>
  oxs: { '1.5': Readonly<Record<string, Field>> }
}

const ANY = 0xffffffff
const FLOW = {
  ...{
    cookie: 0n,
    cookie_mask: 0n,
    table_id: 0,
    command: 'add',
    idle_timeout: 0,
    hard_timeout: 0,
    priority: 0,
    flags: 0,
  },
  ...{ buffer_id: ANY, out_port: ANY, out_group: ANY, match: [], instructions: [] },
}

const STRANGER = { type: 'experimenter', experimenter: 0x0fed_cba9, data: new Uint8Array(0) }

/** Structures that no row lists: from what encode writes of messages with nothing in them. */
function* special(version: Version): Generator<readonly [name: string, size: number]> {
  const size = (message: object): number =>
    encode({ xid: 1, ...(version === VERSIONS.of13 ? {} : { version }), ...message } as unknown as Message).length
  const data = new Uint8Array(0)
  const part = { flags: 0, mp_type: 'desc', body: {} }
  const inner = { type: 'barrier_request', xid: 1, ...(version === VERSIONS.of13 ? {} : { version }) }
  const header = size({ type: 'barrier_request' })
  yield ['header', header]
  yield ['match', size({ type: 'flow_mod', ...FLOW }) - (version === VERSIONS.of10 ? 32 : 48)]
  yield ['multipart', size({ type: 'multipart_request', ...part })]
  yield ['multipart reply', size({ ...part, type: 'multipart_reply', mp_type: 'table', body: [] })]
  const flow = (instructions: object[]): number => size({ type: 'flow_mod', ...FLOW, instructions })
  const apply = (actions: object[]): number => flow([{ type: 'apply_actions', actions }])
  yield ['action experimenter', apply([STRANGER, STRANGER]) - apply([STRANGER])]
  yield ['message error', header + errorBody.min]
  yield ['message experimenter', size({ type: 'experimenter', experimenter: 0x1234_5678, exp_type: 0, data })]
  if (version === VERSIONS.of10) return
  yield ['message hello', size({ type: 'hello', elements: [] })]
  yield ['hello element', helloElement.min]
  yield ['instruction experimenter', flow([STRANGER, STRANGER]) - flow([STRANGER])]
  const error = { error_type: 'experimenter', code: 1, experimenter: 5, data }
  yield ['message error of an experimenter', size({ type: 'error', ...error })]
  yield [
    'message bundle_add_message',
    size({ type: 'bundle_add_message', bundle_id: 1, flags: 0, message: inner, properties: [] }),
  ]
}

const NUMBERS: readonly Text[] = ['1.0', '1.3', '1.4', '1.5']

/** The entry of a version: its own, or the nearest older one's. */
function entryIn(by: ByVersion, text: Text): Sized | undefined {
  if (typeof by === 'string' || Array.isArray(by)) return by as Sized
  const entries = by as Readonly<Partial<Record<Text, Sized>>>
  return NUMBERS.slice(0, NUMBERS.indexOf(text) + 1)
    .toReversed()
    .map((number) => entries[number])
    .find((entry) => entry !== undefined)
}

function sizedOf(name: string, text: Text): Sized | undefined {
  const listed = CONSTANTS[name]
  if (listed !== undefined) return entryIn(listed, text)
  for (const [pattern, by] of FAMILIES) {
    const found = pattern.exec(name)
    const entry = found === null ? undefined : entryIn(by, text)
    if (typeof entry === 'string') return entry.replace('$1', found?.[1]?.toUpperCase() ?? '')
  }
  return undefined
}

interface Expected {
  readonly size: number
  readonly constant?: string
}

function expectedOf(name: string, text: Text): Expected | undefined {
  const sized = sizedOf(name, text)
  const [constant, more] = typeof sized === 'string' ? [sized, 0] : (sized ?? ['', 0])
  const table = constant.startsWith('NX_') ? golden.sizes.nicira : golden.sizes[text]
  const size = table[constant]
  if (size !== undefined) return { size: size + more, constant }
  const own = OWN.find(([, , rows]) =>
    rows.some((row) => name === row || `${name} ${text}` === row || (row === 'async property' && name.startsWith(row))),
  )
  return own === undefined ? undefined : { size: own[0] }
}

describe('sizes of structures', () => {
  it('are those of one implementation', () => {
    expect(golden.implementation).to.equal('os-ken 2.5.0 (Debian python3-os-ken)')
  })

  for (const version of Object.values(VERSIONS)) {
    const text = versionText(version) as Text
    const shapes = (): Array<readonly [string, number]> => [...special(version), ...shapesIn(version)]

    it(`OpenFlow ${text}: every row has the octets of its struct`, () => {
      const list = shapes()
      expect(list.length).to.be.above(100)
      const wrong = list.flatMap(([name, size]) => {
        const expected = expectedOf(name, text)
        return expected?.size === size ? [] : [`${name}: ${size}, ${expected?.constant ?? 'own'} ${expected?.size}`]
      })
      expect(wrong).to.deep.equal([])
    })

    it(`OpenFlow ${text}: every constant of os-ken is of a row, or has a reason`, () => {
      const used = new Set(shapes().map(([name]) => expectedOf(name, text)?.constant))
      const constants = Object.keys(golden.sizes[text]).filter((name) => !name.startsWith('NX_'))
      const left = constants.filter((name) => !used.has(name) && !NO_ROW.some(([pattern]) => pattern.test(name)))
      expect(left).to.deep.equal([])
    })

    it(`OpenFlow ${text}: fields have the octets that os-ken's have`, () => {
      const byPlace = new Map(
        Object.values(golden.oxm[text]).map(([cls, id, experimenter, size]) => [`${cls}/${id}/${experimenter}`, size]),
      )
      let compared = 0
      for (const name of Object.keys(OXM) as Array<keyof typeof OXM>) {
        const row = oxmRow(name)
        const size = byPlace.get(`${row.class}/${row.id}/${row.experimenter ?? null}`)
        // It has the number of mpls_ttl; Open vSwitch tells the two apart by their length.
        if (size === undefined || name === 'nxm_nx_cookie') continue
        expect(row.size, name).to.equal(size)
        compared++
      }
      expect(compared).to.be.above(text === '1.0' ? 60 : 110)
    })
  }

  it('every constant of Nicira is of a row, or has a reason', () => {
    const used = new Set<string | undefined>()
    for (const version of Object.values(VERSIONS)) {
      for (const [name] of shapesIn(version)) used.add(expectedOf(name, versionText(version) as Text)?.constant)
    }
    const constants = Object.keys(golden.sizes.nicira).filter((name) => name.startsWith('NX_'))
    const left = constants.filter((name) => !used.has(name) && !NO_ROW.some(([pattern]) => pattern.test(name)))
    expect(left).to.deep.equal([])
  })

  it("OpenFlow 1.5: statistics have the octets that os-ken's have", () => {
    expect(Object.keys(OXS)).to.have.members(Object.keys(golden.oxs['1.5']))
    for (const [name, { id, body }] of Object.entries(OXS)) {
      const [, number, , size] = golden.oxs['1.5'][name]!
      expect([id, body.min], name).to.deep.equal([number, size])
    }
  })
})
