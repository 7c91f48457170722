/**
 * OpenFlow 1.4 against octets that others wrote (test/golden/wire, made by of14.py): what ovs-ofctl and ovs-vswitchd
 * said to each other, and os-ken's octets with its account of the values. Shapes that 1.4 has from 1.3 are in
 * goldens.test.ts.
 */
import { expect } from 'chai'
import { decode, formatMessage, fromHex, WireError } from 'node-openflow'
import { hasMessage, MESSAGE_TYPES } from '../../openflow/spec/message.ts'
import { VERSIONS } from '../../openflow/wire/version.ts'
import { golden, read } from './golden.ts'
import { type Account, agree, leaves } from './os-ken-account.ts'

interface Said {
  what: string
  side: 'sent' | 'back'
  octets: string
  text?: string
}

/** What Open vSwitch refuses because of its shape, and what is to be answered. It answers the second with bad_type. */
const REFUSED: Readonly<Record<string, { type: string; code: string }>> = {
  'set_async of a property that is none': { type: 'bad_property', code: 'bad_type' },
  'table_mod of a property that is none': { type: 'bad_property', code: 'bad_type' },
  'port_mod of a length that is wrong': { type: 'bad_property', code: 'bad_len' },
}

/** Messages that Open vSwitch's printer tells less of, or otherwise, than is in them. */
const PRINTED_OTHERWISE: ReadonlyArray<readonly [RegExp, string]> = [
  [/mod-table br 7 (no)?vacancy.* sent$/, 'takes the flags of eviction for its being on'],
  [/ that is none| that is wrong/, 'refuses what is in an error, or a bit that is none'],
  [/^flow( updates|_monitor( of all)?) back$/, 'leaves out the priority of updates'],
  [/^flow_monitor (twice|delete again) back$/, 'wrote an error of another version'],
]

const TABLE = { table_id: 7, config: 8 }

/** Of single messages, what they mean. The address of the port and durations are the switch's own. */
const MEANING: Readonly<Record<string, object>> = {
  'get_async back': {
    ...{
      packet_in_mask_slave: 0x3f,
      packet_in_mask_master: 0x3e,
      port_status_mask_slave: 7,
      port_status_mask_master: 6,
    },
    ...{ flow_removed_mask_slave: 0x3f, flow_removed_mask_master: 0x3e, role_status_mask_slave: 3 },
    ...{ role_status_mask_master: 3, table_status_mask_slave: 0x18, table_status_mask_master: 0x18 },
    ...{ requestforward_mask_slave: 3, requestforward_mask_master: 3 },
  },
  'set_async of one sent': { port_status_mask_master: 2, properties: [{ type: 'port_status_master', mask: 2 }] },
  'role_status back': {
    type: 'role_status',
    role: 'slave',
    reason: 'master_request',
    generation_id: 2n,
    properties: [],
  },
  'requestforward back': {
    type: 'requestforward',
    request: { type: 'group_mod', version: 5, xid: 0x10f, command: 'add', group_type: 'all', group_id: 9, buckets: [] },
  },
  'table_status back': {
    type: 'table_status',
    reason: 'vacancy_down',
    table: {
      ...TABLE,
      properties: [
        { type: 'eviction', flags: 7 },
        { type: 'vacancy', vacancy_down: 20, vacancy_up: 80, vacancy: 10 },
      ],
    },
  },
  'table_mod sent': { ...TABLE, properties: [{ type: 'vacancy', vacancy_down: 20, vacancy_up: 80, vacancy: 0 }] },
  'flow_monitor delete sent': {
    mp_type: 'flow_monitor',
    body: [
      { id: 1, flags: 0, out_port: 0xffffffff, out_group: 0xffffffff, table_id: 0xff, command: 'delete', match: [] },
    ],
  },
  'own flow_mod back': { mp_type: 'flow_monitor', body: [{ event: 'abbrev', xid: 0x10e }] },
  'bundle commit sent': {
    type: 'bundle_control',
    bundle_id: 6,
    bundle_type: 'commit_request',
    flags: 3,
    properties: [],
  },
  'flow_monitor delete again back': { type: 'error', error_type: 'flow_monitor_failed', code: 'unknown_monitor' },
  'bundle open twice back': { type: 'error', error_type: 'bundle_failed', code: 'bad_id' },
  'set_async of a bit that is none back': { type: 'error', error_type: 'async_config_failed', code: 'invalid' },
}

describe('openflow goldens of 1.4', () => {
  const said = golden<Said>('ovs-1.4').entries

  it('Open vSwitch: the same octets, nothing unknown, nothing in padding', () => {
    const types = new Set<string>()
    for (const { what, side, octets } of said) {
      const answer = REFUSED[what]
      if (answer !== undefined && side === 'sent') {
        expect(() => decode(fromHex(octets)), what)
          .to.throw(WireError)
          .with.deep.property('error', answer)
        continue
      }
      const message = read(octets)
      expect(message.type, what).not.to.equal('experimenter')
      expect(
        JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
        what,
      ).not.to.match(/"field":"unknown"/)
      types.add('mp_type' in message ? `${message.type} ${message.mp_type}` : message.type)
    }
    expect(said.length).to.be.greaterThan(100)
    expect([...types]).to.include.members([
      ...['role_status', 'table_status', 'requestforward', 'port_status', 'port_mod', 'table_mod', 'get_async_reply'],
      ...['set_async', 'bundle_control', 'bundle_add_message'],
      ...['port_stats', 'port_desc', 'queue', 'queue_desc', 'table_desc', 'table_features', 'flow_monitor', 'flow'].map(
        (name) => `multipart_reply ${name}`,
      ),
    ])
  })

  it('Open vSwitch prints them as we do', () => {
    let alike = 0
    const different: string[] = []
    for (const { what, side, octets, text } of said) {
      if (text === undefined || (what in REFUSED && side === 'sent')) continue
      if (formatMessage(read(octets)).trimEnd() === text) alike++
      else if (!PRINTED_OTHERWISE.some(([pattern]) => pattern.test(`${what} ${side}`)))
        different.push(`${what}: ${text}`)
    }
    expect(different).to.deep.equal([])
    // Exceptions must stay exceptions.
    expect(alike).to.be.greaterThan(110)
  })

  it('Open vSwitch: what messages mean', () => {
    for (const [which, meaning] of Object.entries(MEANING)) {
      const found = said.find(({ what, side }) => `${what} ${side}` === which)
      expect(found, which).not.to.equal(undefined)
      expect(read(found!.octets), which).to.deep.include(meaning)
    }
    const events = said
      .filter(({ what, side }) => (what === 'flow updates' || what === 'flow_monitor') && side === 'back')
      .map(({ octets }) => read(octets) as { mp_type?: string; body: Array<Record<string, unknown>> })
      .flatMap(({ mp_type, body }) => (mp_type === 'flow_monitor' ? body : []))
    expect(events.map(({ event, priority, cookie }) => [event, priority, cookie])).to.deep.equal([
      ['initial', 9, 0n],
      ['added', 5, 0x11n],
      ['added', 6, 0x12n],
      ['removed', 5, 0x11n],
    ])
  })

  it('Open vSwitch: ports have plain members; what its counters of its own are stays a property', () => {
    const reply = (name: string): Record<string, unknown>[] => {
      const found = said.find(({ what, side }) => what.endsWith(`${name} br`) && side === 'back')!
      return (read(found.octets) as { body: Record<string, unknown>[] }).body
    }
    expect(reply('dump-ports-desc').map(({ name, properties }) => [name, properties])).to.have.deep.members([
      ['br', undefined],
      ['p1', undefined],
      ['p2', undefined],
    ])
    for (const stats of reply('dump-ports')) {
      const kinds = (stats['properties'] as Array<{ type: string; experimenter?: number }> | undefined) ?? []
      expect(kinds.map(({ type, experimenter }) => experimenter ?? type)).to.deep.equal(['ethernet', 0xaa01, 0xaa01])
    }
  })

  it('os-ken: the same octets, and every member has the value that os-ken tells', () => {
    const { entries } = golden<{ name: string; octets: string; osken: Account }>('os-ken-1.4')
    expect(entries.length).to.be.greaterThan(90)
    const types = new Set<string>()
    for (const { name, octets, osken } of entries) {
      const message = read(octets)
      types.add(message.type)
      const seen = new Set<string>()
      agree(osken, message, { name, version: VERSIONS.of14 }, '', seen)
      expect(
        leaves(message, '').filter((path) => !seen.has(path) && !path.endsWith('.version')),
        name,
      ).to.deep.equal([])
    }
    const added = MESSAGE_TYPES.filter((type) => hasMessage(type, VERSIONS.of14) && !hasMessage(type, VERSIONS.of13))
    expect([...types]).to.include.members(added)
  })
})
