/**
 * Nicira's messages as an ovs-vswitchd 3.1 of the recorder's own took and answered them in every version
 * (test/golden/wire/ovs-nicira.json): decoded by name, encoded to the same octets, printed as ovs-ofctl prints them. And
 * the shapes that no switch sends: properties of encap in other spellings, the selection method of groups.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { decode, encode, formatMessage, fromHex, toHex, WireError } from 'node-openflow'
import { encapProperties } from '../../openflow/spec/encap.ts'
import { EXPERIMENTER_MESSAGES } from '../../openflow/spec/experimenter.ts'
import { MULTIPART } from '../../openflow/spec/multipart.ts'
import { nxAggregateStats, nxFlowStats, nxFlowStatsRequest } from '../../openflow/spec/nicira-flows.ts'
import { selectionMethod } from '../../openflow/spec/selection-method.ts'
import { Reader, Writer } from '../../openflow/wire/cursor.ts'
import type { Field } from '../../openflow/wire/field.ts'
import { VERSIONS, versionText } from '../../openflow/wire/version.ts'

interface Turn {
  version: number
  name: string
  asked: string
  text: string
  answers: string[]
  texts: string[]
}

const { switch: turns } = JSON.parse(readFileSync('test/golden/wire/ovs-nicira.json', 'utf8')) as { switch: Turn[] }

/** Requests that are wrong on purpose. */
const WRONG = /bad|unknown|encap|conjunction|duplicate/

/** What ovs-ofctl prints otherwise: a request or a packet that it cannot read, and the message inside an error. */
function comparable(text: string): string {
  return (
    text
      .split('\n')
      .filter((line) => !/^(vlan_tci=|arp,|[0-9a-f]{8} {2})/.test(line))
      // Of updates of monitors ovs-ofctl leaves out the priority.
      .map((line) => line.replace(/^( event=.* )priority=\d+,/, '$1'))
      .join('\n')
      .trimEnd()
  )
}

function octetsOf(hex: string): Uint8Array {
  const octets = fromHex(hex)
  const message = decode(octets)
  expect(message.type).not.to.equal('experimenter')
  expect(message).not.to.have.property('padding')
  if ('mp_type' in message) expect(message.mp_type).not.to.equal('experimenter')
  expect(toHex(encode(message))).to.equal(hex)
  return octets
}

describe('nicira messages of ovs-vswitchd', () => {
  for (const version of Object.values(VERSIONS)) {
    const here = turns.filter((turn) => turn.version === version)

    it(`decode by name and encode to the same octets, OpenFlow ${versionText(version)}`, () => {
      expect(here.length).to.be.greaterThan(30)
      const types = new Set<string>()
      for (const { name, asked, answers } of here) {
        for (const hex of WRONG.test(name) ? answers : [asked, ...answers]) {
          const message = decode(octetsOf(hex))
          types.add('mp_type' in message ? `${message.type} ${message.mp_type}` : message.type)
        }
      }
      const wanted = Object.keys(EXPERIMENTER_MESSAGES).filter((name) => /^nx_/.test(name) && !ABSENT.test(name))
      expect(wanted.filter((name) => !types.has(name) && !(version !== 1 && ONLY_10.test(name)))).to.deep.equal(
        version >= VERSIONS.of14 ? ['nx_set_async_config2'] : [],
      )
      const stats = Object.keys(MULTIPART).filter((name) => /^nx_/.test(name) && (version === 1 || /ipfix/.test(name)))
      for (const name of stats) {
        expect([...types]).to.include(`multipart_request ${name}`)
        expect([...types]).to.include(`multipart_reply ${name}`)
      }
    })

    it(`are printed as ovs-ofctl prints them, OpenFlow ${versionText(version)}`, () => {
      let alike = 0
      const different: string[] = []
      for (const { name, asked, text, answers, texts } of here) {
        const all = WRONG.test(name) ? [] : [[asked, text] as const]
        answers.forEach((hex, i) => {
          all.push([hex, texts[i]!])
        })
        for (const [hex, theirs] of all) {
          const message = decode(fromHex(hex))
          // Only the first line of an error: what follows is the request, cut short.
          const cut = message.type === 'error' ? (whole: string): string => whole.split('\n')[0]! : comparable
          const ours = cut(formatMessage(message))
          const wanted = cut(theirs)
          if (ours === wanted) alike++
          else if (!PRINTED_OTHERWISE.some(([pattern]) => pattern.test(name)))
            different.push(`${name}: ${ours} <> ${wanted}`)
        }
      }
      expect(different).to.deep.equal([])
      expect(alike).to.be.greaterThan(40)
    })
  }

  /** Messages of flow monitors that pause, and what connection tracking wants. */
  const ABSENT = /_paused|_resumed|nx_ct_/
  /** Those that Open vSwitch 3.1 speaks on 1.0 alone; flow_removed is the protocol's own there. */
  const ONLY_10 = /nx_set_flow_format|nx_flow_monitor|nx_flow_removed/
  /** What ovs-ofctl prints otherwise. */
  const PRINTED_OTHERWISE: ReadonlyArray<readonly [RegExp, string]> = [
    [/^nx_flow cookie$/, 'leaves the cookie out of requests'],
  ]
})

describe('nicira structs', () => {
  it('have the sizes that os-ken has for them', () => {
    /** Octets with the header; NX_..._SIZE of os-ken's nicira_ext. */
    const messages = {
      nx_role_request: 20,
      nx_set_flow_format: 20,
      nx_flow_mod: 48,
      nx_flow_removed: 56,
      nx_flow_mod_table_id: 24,
      nx_set_packet_in_format: 20,
      // The two octets in front of the packet are not counted there.
      nx_packet_in: 40 + 2,
      nx_set_async_config: 40,
      nx_set_controller_id: 24,
    } as const
    for (const [name, size] of Object.entries(messages)) {
      expect(16 + EXPERIMENTER_MESSAGES[name as keyof typeof messages].body.min, name).to.equal(size)
    }
    expect(nxFlowStatsRequest.min).to.equal(8)
    expect(nxFlowStats.min).to.equal(48)
    expect(nxAggregateStats.min).to.equal(24)
  })
})

function roundTrip<T>(field: Field<T>, hex: string): T {
  const octets = fromHex(hex.replaceAll(' ', ''))
  const r = new Reader(octets)
  const value = field.read(r)
  expect(r.at).to.equal(octets.length)
  const w = new Writer()
  if (r.padding !== undefined) w.padding = new Map(r.padding.map((one) => [one.offset, one.octets]))
  field.write(w, value)
  expect(toHex(w.octets.slice(0, w.at))).to.equal(toHex(octets))
  return value
}

describe('nicira properties', () => {
  it('of encap: those of NSH by name, others and other spellings octet for octet', () => {
    expect(roundTrip(encapProperties, '00040105 02000000')).to.deep.equal([{ type: 'nsh_md_type', md_type: 2 }])
    const tlv = { type: 'nsh_tlv', tlv_class: 0x1000, tlv_type: 10, data: Uint8Array.of(0x12, 0x34, 0x56, 0x78) }
    expect(roundTrip(encapProperties, '00040210 10000a04 12345678 00000000')).to.deep.equal([tlv])
    expect(roundTrip(encapProperties, '00040210 10000a04 12345678 0000ff00')).to.deep.equal([tlv])
    expect(roundTrip(encapProperties, '00040108 02000000 0004020c 10000a04 12345678 00000000')).to.deep.equal([
      { type: 'unknown', class: 4, number: 1, data: Uint8Array.of(2, 0, 0, 0) },
      { type: 'unknown', class: 4, number: 2, data: fromHex('10000a0412345678') },
    ])
    expect(roundTrip(encapProperties, '00090304 00000000 ffff0008 12345678')).to.deep.equal([
      { type: 'unknown', class: 9, number: 3, data: new Uint8Array(0) },
      { type: 'unknown', class: 0xffff, number: 0, data: fromHex('12345678') },
    ])
    for (const wrong of ['00040103', '000401', '00040109 0000000000', '00040105 02']) {
      expect(() => encapProperties.read(new Reader(fromHex(wrong.replaceAll(' ', ''))))).to.throw(WireError)
    }
  })

  it('of groups: the selection method with its fields', () => {
    // hash over ip_dst/24 and all of nw_proto, as ovs-ofctl -O OpenFlow15 add-group sends it.
    const hex = `00000000 68617368${'0'.repeat(24)} 0000000000000007 80001804 ffffff00 80001401 ff`
    expect(roundTrip(selectionMethod, hex)).to.deep.equal({
      selection_method: 'hash',
      selection_method_param: 7n,
      fields: [
        { field: 'ipv4_dst', value: 0xffffff00 },
        { field: 'ip_proto', value: 0xff },
      ],
    })
  })
})
