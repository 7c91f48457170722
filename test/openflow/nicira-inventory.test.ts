/**
 * What Open vSwitch 3.1 speaks beyond OpenFlow, one by one: every error, message, statistics type, action and match field
 * that its ovs-ofctl knows in a version (test/golden/wire/ovs-nicira.json, made by nicira.py there) has a row here, with
 * the same number and size; and every action of ovs-actions(7) decodes to actions by name and encodes to the same octets.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ACTIONS, decode, encode, formatError, fromHex, type Message, type Oxm, toHex, WireError } from 'node-openflow'
import { type Action, action } from '../../openflow/spec/actions-nested.ts'
import { type ErrorKind, errorNumbers } from '../../openflow/spec/errors.ts'
import { FIELD_NAMES, oxmRow } from '../../openflow/spec/oxm.ts'
import { EXPERIMENTER, OXM_CLASS, type OxmRow } from '../../openflow/spec/oxm-row.ts'
import { Reader, Writer } from '../../openflow/wire/cursor.ts'
import { rowIn } from '../../openflow/wire/union.ts'
import { inVersion, VERSIONS, versionText } from '../../openflow/wire/version.ts'

interface Golden {
  source: string
  /** By name: version octet, experimenter (0: none), type, code. */
  errors: Record<string, Array<[version: number, experimenter: number, type: number, code: number]>>
  /** Of statistics with the side, 0 for requests. */
  messages: Array<[version: number, experimenter: number, type: number, side?: number]>
  /** Sizes that Open vSwitch takes, null where it does not tell. */
  actions: Array<[version: number, experimenter: number, type: number, least: number | null, most: number | null]>
  fields: Record<
    string,
    { octets: number; bits: number; maskable: boolean; writable: boolean; spelled: Record<string, number> }
  >
  'documented actions': string[]
  entries: Array<{ version: number; flow: string; octets: string; text: string }>
}

const golden = JSON.parse(readFileSync('test/golden/wire/ovs-nicira.json', 'utf8')) as Golden

const octetsOf = (version: number, type: number, body: number[]): Uint8Array =>
  Uint8Array.from([version, type, 0, 8 + body.length, 0, 0, 0, 1, ...body])
const u16 = (number: number): number[] => [number >>> 8, number & 0xff]
const u32 = (number: number): number[] => [...u16(number >>> 16), ...u16(number & 0xffff)]

/** Every value under a key, at any depth. */
function* under(value: unknown, key: string): Generator<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const [name, member] of Object.entries(value)) {
    if (name === key) yield member
    yield* under(member, key)
  }
}

describe(`openflow inventory of ${golden.source}: errors`, () => {
  /** Where Open vSwitch has two names for the numbers of one error of the specification. */
  const SAME: Readonly<Record<string, string>> = {
    '1.0 OFPBRC_IS_SECONDARY': 'OFPBRC_EPERM',
  }

  it('have the numbers that print-error tells, by name, in every version', () => {
    let count = 0
    for (const [name, rows] of Object.entries(golden.errors)) {
      for (const [version, experimenter, type, code] of rows) {
        const title = `${versionText(version)} ${name}`
        const vendor =
          version === VERSIONS.of10 ? [0xb0c2, 0, 0, experimenter, type, code] : [0xffff, type, experimenter]
        const body = experimenter === 0 ? [...u16(type), ...u16(code)] : []
        if (experimenter !== 0 && version === VERSIONS.of10) {
          body.push(...u16(vendor[0]!), 0, 0, ...u32(experimenter), ...u16(type), ...u16(code))
        } else if (experimenter !== 0) body.push(...u16(vendor[0]!), ...u16(type), ...u32(experimenter))
        const octets = octetsOf(version, 1, [...body, 0xaa, 0xbb])
        const error = decode(octets) as Message & ErrorKind
        expect(formatError(error), title).to.equal(SAME[title] ?? name)
        expect(error.type === 'error' && toHex(error.data), title).to.equal('aabb')
        expect(toHex(encode(error)), title).to.equal(toHex(octets))
        expect(errorNumbers(error, version), title).not.to.equal(undefined)
        count++
      }
    }
    expect(count).to.be.greaterThan(500)
  })

  it('of experimenters that nobody knows are kept octet for octet', () => {
    for (const body of [
      'ffff0007 00aabbcc 0102',
      'ffff0007 00aabbcc',
      'ffff0007 0102',
      'ffff 0007',
      'ffff fffe 00002320 ff',
    ]) {
      for (const version of [VERSIONS.of13, VERSIONS.of14, VERSIONS.of15]) {
        const octets = octetsOf(version, 1, [...fromHex(body.replaceAll(' ', ''))])
        const error = decode(octets)
        expect(error).to.include({ type: 'error', error_type: 'experimenter' })
        expect(toHex(encode(error))).to.equal(toHex(octets))
      }
    }
    const vendor = octetsOf(1, 1, [...fromHex('b0c2000000aabbcc00010002ff')])
    expect(decode(vendor)).to.include({ error_type: 0xb0c2, code: 0 })
    expect(toHex(encode(decode(vendor)))).to.equal(toHex(vendor))
    expect(decode(octetsOf(4, 1, [...fromHex('ffff000700aabbcc0102')]))).to.include({
      experimenter: 0xaabbcc,
      code: 7,
    })
  })
})

describe(`openflow inventory of ${golden.source}: messages`, () => {
  it('and statistics that it knows have a row in the version', () => {
    const missing: string[] = []
    for (const [version, experimenter, type, side] of golden.messages) {
      const ids = [...u32(experimenter), ...u32(type)]
      let octets = octetsOf(version, 4, ids)
      if (side !== undefined && version === VERSIONS.of10) {
        octets = octetsOf(version, 16 + side, [0xff, 0xff, 0, 0, ...ids, 0, 0, 0, 0])
      } else if (side !== undefined) octets = octetsOf(version, 18 + side, [0xff, 0xff, 0, 0, 0, 0, 0, 0, ...ids])
      let named: boolean
      try {
        const message = decode(octets)
        named = message.type !== 'experimenter' && !('mp_type' in message && message.mp_type === 'experimenter')
      } catch (error) {
        // A row that wants more than is there.
        named = error instanceof WireError
      }
      if (!named)
        missing.push(
          `${versionText(version)} ${experimenter.toString(16)}/${type}${side === undefined ? '' : ` side ${side}`}`,
        )
    }
    expect(missing).to.deep.equal([])
    expect(golden.messages.length).to.be.greaterThan(100)
  })
})

describe(`openflow inventory of ${golden.source}: actions`, () => {
  it('that it knows have a row of the same number and size', () => {
    const rows = Object.entries(ACTIONS)
    for (const [version, experimenter, type, least, most] of golden.actions) {
      const title = `${versionText(version)} ${experimenter.toString(16)}/${type}`
      const found = rows.find(([, row]) => {
        const place = rowIn(row, version)
        return place?.experimenter === experimenter && place.number === type
      })
      expect(found, title).not.to.equal(undefined)
      const [name, row] = found!
      const body = row.body.kind === 'columns' ? inVersion(row.body.by, version)! : row.body
      const size = Math.ceil((10 + body.min) / 8) * 8
      if (least !== null) expect(size - (BEHIND[name] ?? 0), `${title} ${name}`).to.equal(least)
      if (body.fixed && most !== null) expect(most, `${title} ${name}`).to.equal(size)
    }
    expect(golden.actions.length).to.be.greaterThan(150)
  })

  /** Octets of fields behind the struct, which Open vSwitch does not count. */
  const BEHIND: Readonly<Record<string, number>> = { copy_field: 8 }

  it('of ovs-actions(7) are all recorded', () => {
    const words = new Set(golden.entries.flatMap(({ flow }) => flow.split(/[^a-z0-9_]+/)))
    expect(golden['documented actions'].filter((name) => !words.has(name))).to.deep.equal([])
    expect(golden['documented actions'].length).to.be.greaterThan(50)
  })

  for (const version of Object.values(VERSIONS)) {
    it(`of ovs-actions(7) have names and come back octet for octet, OpenFlow ${versionText(version)}`, () => {
      const entries = golden.entries.filter((entry) => entry.version === version)
      expect(entries.length).to.be.greaterThan(110)
      const used = new Set<string>()
      for (const { flow, octets } of entries) {
        for (const one of extensionActions(fromHex(octets))) {
          const r = new Reader(one)
          r.version = version
          const value = action.read(r)
          named(value, flow, used)
          const w = new Writer()
          w.version = version
          action.write(w, value)
          expect(toHex(w.octets.slice(0, w.at)), flow).to.equal(toHex(one))
        }
        const message = decode(fromHex(octets))
        for (const list of under(message, 'actions')) for (const one of list as Action[]) named(one, flow, used)
        expect([...under(message, 'field')], flow).not.to.include('unknown')
        expect(message, flow).not.to.have.property('padding')
        expect(toHex(encode(message)), flow).to.equal(octets)
      }
      const own = Object.keys(ACTIONS).filter((name) => name.startsWith('nx_'))
      // What only other versions write, what ovs-ofctl never writes, what is only inside ct, and what switches refuse.
      expect(own.filter((name) => !used.has(name))).to.have.members(UNUSED[version]!)
    })
  }

  /** Of switches' tests, and resubmit(1), in whose place ovs-ofctl has written 14 for long. */
  const NEVER = ['nx_debug_slow', 'nx_debug_recirc', 'nx_resubmit']
  /** Later versions have actions, fields or instructions of their own. */
  const ONLY_10 = [
    'nx_set_tunnel',
    'nx_set_tunnel64',
    'nx_set_queue',
    'nx_dec_ttl',
    'nx_push_mpls',
    'nx_pop_mpls',
    'nx_set_mpls_ttl',
    'nx_dec_mpls_ttl',
    'nx_set_mpls_label',
    'nx_set_mpls_tc',
    'nx_group',
    'nx_write_metadata',
  ]
  const UNUSED: Readonly<Record<number, readonly string[]>> = {
    [VERSIONS.of10]: [...NEVER, 'nx_encap'],
    [VERSIONS.of13]: [...NEVER, ...ONLY_10],
    [VERSIONS.of14]: [...NEVER, ...ONLY_10],
    [VERSIONS.of15]: [...NEVER, ...ONLY_10, 'nx_reg_move', 'nx_reg_load', 'nx_reg_load2'],
  }

  function named(one: Action, flow: string, used: Set<string>): void {
    expect(one.type, flow).not.to.equal('experimenter')
    used.add(one.type)
  }

  /** The actions with an experimenter that a flow_mod has at its end. */
  function extensionActions(octets: Uint8Array): Uint8Array[] {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
    const out: Uint8Array[] = []
    const walk = (from: number, end: number): void => {
      for (let at = from; at < end; at += view.getUint16(at + 2)) {
        if (view.getUint16(at) === 0xffff) out.push(octets.subarray(at, at + view.getUint16(at + 2)))
      }
    }
    if (octets[0] === VERSIONS.of10) {
      walk(octets[1] === 14 ? 72 : 48 + ((view.getUint16(40) + 7) & ~7), octets.length)
      return out
    }
    for (let at = 48 + ((view.getUint16(50) + 7) & ~7); at < octets.length; at += view.getUint16(at + 2)) {
      const type = view.getUint16(at)
      if (type === 3 || type === 4) walk(at + 8, at + view.getUint16(at + 2))
    }
    return out
  }
})

describe(`openflow inventory of ${golden.source}: match fields`, () => {
  const CLASSES: ReadonlyArray<readonly [RegExp, number, number?]> = [
    [/^NXM_OF_/, OXM_CLASS.nxm_0],
    [/^NXM_NX_/, OXM_CLASS.nxm_1],
    [/^OXM_OF_PKT_REG/, OXM_CLASS.packet_registers],
    [/^OXM_OF_/, OXM_CLASS.openflow_basic],
    [/^ERICOXM_OF_/, OXM_CLASS.ericsson],
    [/^NXOXM_ET_/, OXM_CLASS.experimenter, EXPERIMENTER.nicira],
    [/^NXOXM_NSH_/, OXM_CLASS.experimenter, EXPERIMENTER.nsh],
    [/^ONFOXM_ET_/, OXM_CLASS.experimenter, EXPERIMENTER.onf],
  ]
  const find = (spelled: string, number: number): OxmRow | undefined => {
    const [, cls, experimenter] = CLASSES.find(([pattern]) => pattern.test(spelled))!
    const names = FIELD_NAMES.filter((name) => {
      const row = oxmRow(name)
      return row.class === cls && row.id === number && row.experimenter === experimenter && name !== 'nxm_nx_cookie'
    })
    return names[0] === undefined ? undefined : oxmRow(names[0])
  }

  it('of ovs-fields(7) have a row for each spelling, of the same size', () => {
    let count = 0
    for (const [name, { octets, bits, maskable, writable, spelled }] of Object.entries(golden.fields)) {
      for (const [spelling, number] of Object.entries(spelled)) {
        const row = find(spelling, number)
        expect(row, spelling).not.to.equal(undefined)
        expect(row!.size, spelling).to.equal(octets)
        const said = { bits: row!.bits ?? row!.size * 8, maskable: row!.maskable, writable: row!.writable !== false }
        expect(said, `${name} ${spelling}`).to.deep.equal({ bits, maskable, writable, ...OTHERWISE[spelling] })
        count++
      }
    }
    expect(count).to.be.greaterThan(100)
  })

  /** What the specification has otherwise than ovs-fields(7) says of the field. */
  const OTHERWISE: Readonly<Record<string, object>> = {
    OXM_OF_VLAN_VID: { bits: 13 },
  }

  it('in experimenter and NXM spelling that Open vSwitch reads decode by name', () => {
    // ffff0008 00002320 is a second spelling of dp_hash, 00013c08 the cookie, which no flow_mod of 1.3 has.
    const flow = golden.entries.find(({ version }) => version === VERSIONS.of13)!.octets
    const head = fromHex(flow).slice(0, 48)
    head[3] = 64
    const octets = Uint8Array.from([...head, ...fromHex('00010010ffff0004000023200000000500000000'.slice(0, 32))])
    octets.set(fromHex('0001 0010 ffff 0008 0000 2320 0000 0005'.replaceAll(' ', '')), 48)
    const message = decode(octets) as Message & { match: Oxm[] }
    expect(message.match).to.deep.equal([{ field: 'oxm_et_dp_hash', value: 5 }])
    expect(toHex(encode(message))).to.equal(toHex(octets))
  })
})
