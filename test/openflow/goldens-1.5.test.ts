/**
 * OpenFlow 1.5 against octets that others wrote (test/golden/wire, made by of15.py): what ovs-ofctl and ovs-vswitchd
 * said to each other, and os-ken's octets with its account of the values. Shapes that 1.5 has from 1.3 or 1.4 are in
 * goldens.test.ts and goldens-1.4.test.ts.
 */
import { expect } from 'chai'
import { decode, formatMessage, fromHex, WireError } from 'node-openflow'
import { hasMessage, MESSAGE_TYPES } from '../../openflow/spec/message.ts'
import { hasMultipart, MULTIPART, type MultipartName } from '../../openflow/spec/multipart.ts'
import { VERSIONS } from '../../openflow/wire/version.ts'
import { golden, read } from './golden.ts'
import { type Account, agree, leaves } from './os-ken-account.ts'

interface Said {
  what: string
  side: 'sent' | 'back'
  octets: string
  text: string
}

/** Messages that Open vSwitch's printer tells less of, or otherwise, than is in them. */
const PRINTED_OTHERWISE: ReadonlyArray<readonly [RegExp, string]> = [
  [/dump-table-features br back$/, 'another layout'],
  [/set_field outside its mask/, 'refuses the value'],
  [/^(flow_stats|bundle_features|controller_status|flow_mod stat_trigger) /, 'does not know it'],
  [/^packet_out without a port/, 'refuses it'],
]

/** An instruction that 1.5 has no more; refused here and there with the same error. */
const REFUSED = 'flow_mod meter instruction'

const bucket = (id: number, port: number, more: object = {}): object => ({
  bucket_id: id,
  weight: 0,
  watch_port: 0xffffffff,
  watch_group: 0xffffffff,
  actions: [{ type: 'output', port, max_len: 0 }],
  ...more,
})

const SELECTION = {
  type: 'selection_method',
  selection_method: 'hash',
  selection_method_param: 7n,
  fields: [
    { field: 'eth_dst', value: 0xffffff000000 },
    { field: 'ipv4_src', value: 0xffffffff },
  ],
}

/** Of single messages (the end of what was said), what they mean; the first element of lists. */
const MEANING: Readonly<Record<string, object>> = {
  'ffff,actions=output:2 sent': { type: 'packet_out', in_port: 1 },
  'actions=controller sent': {
    in_port: 1,
    match: [
      { field: 'in_port', value: 1 },
      { field: 'metadata', value: 5n },
    ],
  },
  'dump-aggregate br back': { body: { packet_count: 0n, byte_count: 0n, flow_count: 5 } },
  'meter-features br back': {
    body: { max_meter: 0x40000, band_types: 2, capabilities: 15, max_bands: 8, max_color: 0, features: undefined },
  },
  'dump-ports-desc br 1 sent': { mp_type: 'port_desc', body: { port_no: 1 } },
  'dump-groups br 5 sent': { mp_type: 'group_desc', body: { group_id: 5 } },
  'dump-groups br sent': { mp_type: 'group_desc', body: { group_id: 0xfffffffc } },
  'dump-groups br 5 back': {
    body: [
      {
        group_type: 'select',
        group_id: 5,
        buckets: [bucket(4, 1, { weight: 3 }), bucket(10, 1), bucket(0, 2, { weight: 1, watch_port: 2 })],
        properties: [SELECTION],
      },
    ],
  },
  'group_id=6 sent': { command: 'delete', group_id: 6, command_bucket_id: 0xffffffff, buckets: [] },
  'command_bucket_id=first,bucket=bucket_id:9,actions=output:1 sent': {
    command: 'insert_bucket',
    command_bucket_id: 0xfffffffd,
    buckets: [bucket(9, 1)],
  },
  'command_bucket_id=9 sent': { command: 'remove_bucket', command_bucket_id: 9, buckets: [] },
  'role_request with an id sent': { role: 'master', short_id: 9, generation_id: 2n },
  'role_request with an id back': { type: 'role_reply', role: 'master', short_id: 0, generation_id: 2n },
  'group_mod of a bucket that is there back': { error_type: 'group_mod_failed', code: 'bucket_exists' },
  'group_mod of a bucket that is not back': { error_type: 'group_mod_failed', code: 'unknown_bucket' },
  'requestforward back': {
    request: {
      type: 'group_mod',
      version: 6,
      xid: 0x10f,
      command: 'add',
      group_type: 'select',
      group_id: 9,
      command_bucket_id: 0xffffffff,
      buckets: [bucket(3, 2, { weight: 5, watch_port: 2 })],
    },
  },
  'bundle_features back': { error_type: 'bad_request', code: 'bad_multipart' },
}

describe('openflow goldens of 1.5', () => {
  const said = golden<Said>('ovs-1.5').entries.filter(({ what, side }) => what !== REFUSED || side !== 'sent')

  it('Open vSwitch: the same octets, nothing unknown, nothing in padding', () => {
    const types = new Set<string>()
    for (const { what, octets } of said) {
      const message = read(octets)
      expect(message.type, what).not.to.equal('experimenter')
      const json = JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
      expect(json, what).not.to.match(/"field":"unknown"|"header":/)
      // Counters of its own are Open vSwitch's properties of port statistics.
      if (!what.includes('dump-ports br')) expect(json, what).not.to.match(/"type":"experimenter"/)
      types.add('mp_type' in message ? `${message.type} ${message.mp_type}` : message.type)
    }
    expect(said.length).to.be.greaterThan(90)
    expect([...types]).to.include.members([
      ...['flow_mod', 'packet_out', 'group_mod', 'meter_mod', 'role_request', 'role_reply', 'role_status'],
      ...['flow_removed', 'requestforward', 'bundle_control', 'bundle_add_message', 'get_async_reply', 'error'],
      ...['flow', 'aggregate', 'table_features', 'group', 'group_desc', 'group_features', 'meter', 'meter_config'].map(
        (name) => `multipart_reply ${name}`,
      ),
    ])
  })

  it('an instruction that 1.5 does not have is refused with the error of Open vSwitch', () => {
    const [sent, back] = golden<Said>('ovs-1.5').entries.filter(({ what }) => what === REFUSED)
    const answer = read(back!.octets)
    expect(answer).to.include({ error_type: 'bad_instruction', code: 'unknown_inst' })
    expect(() => decode(fromHex(sent!.octets)))
      .to.throw(WireError)
      .with.deep.property('error', { type: 'bad_instruction', code: 'unknown_inst' })
  })

  it('Open vSwitch prints them as we do', () => {
    let alike = 0
    const different: string[] = []
    for (const { what, side, octets, text } of said) {
      const theirs = text.replace(/(data_len=\d+.*)\n[^\n]*nw_frag=no.*$/, '$1')
      if (what === REFUSED) continue
      if (formatMessage(read(octets)).trimEnd() === theirs) alike++
      else if (!PRINTED_OTHERWISE.some(([pattern]) => pattern.test(`${what} ${side}`)))
        different.push(`${what} ${side}: ${theirs}`)
    }
    expect(different).to.deep.equal([])
    // Exceptions must stay exceptions.
    expect(alike).to.be.greaterThan(75)
  })

  it('Open vSwitch: what messages mean', () => {
    for (const [which, meaning] of Object.entries(MEANING)) {
      const found = said.find(({ what, side }) => `${what} ${side}`.endsWith(which))
      expect(found, which).not.to.equal(undefined)
      expect(read(found!.octets), which).to.deep.include(meaning)
    }
  })

  it('Open vSwitch: flows have the members of 1.3, and the time idle', () => {
    const reply = said.find(({ what, side }) => what.endsWith('dump-flows br') && side === 'back')!
    const flows = (read(reply.octets) as { body: Record<string, unknown>[] }).body
    expect(flows.map(({ importance, cookie, packet_count }) => [importance, cookie, packet_count])).to.deep.equal([
      [0, 0n, 0n],
      [0, 0n, 0n],
      [0, 0n, 0n],
      [0, 0n, 0n],
      [9, 9n, 0n],
    ])
    for (const flow of flows) {
      expect(flow).not.to.have.property('stats')
      expect(flow['idle_time']).to.have.all.keys('sec', 'nsec')
      expect(flow['duration_sec']).to.equal(0)
    }
    const removed = said.find(({ what }) => what === 'flow_removed')!
    expect(read(removed.octets)).to.deep.include({ reason: 'delete', table_id: 3, cookie: 7n, packet_count: 0n })
    expect(read(removed.octets)).not.to.have.any.keys('stats', 'idle_time')
  })

  it('os-ken: the same octets, and every member has the value that os-ken tells', () => {
    const { entries } = golden<{ name: string; octets: string; osken: Account }>('os-ken-1.5')
    expect(entries.length).to.be.greaterThan(90)
    const types = new Set<string>()
    for (const { name, octets, osken } of entries) {
      const message = read(octets)
      types.add('mp_type' in message ? message.mp_type : message.type)
      const seen = new Set<string>()
      agree(osken, message, { name, version: VERSIONS.of15 }, '', seen)
      expect(
        leaves(message, '').filter((path) => !seen.has(path) && !path.endsWith('.version')),
        name,
      ).to.deep.equal([])
    }
    const { of14, of15 } = VERSIONS
    const added = MESSAGE_TYPES.filter((type) => hasMessage(type, of15) && !hasMessage(type, of14))
    const parts = (Object.keys(MULTIPART) as MultipartName[]).filter(
      (name) => hasMultipart(name, of15) && !hasMultipart(name, of14),
    )
    expect(added).to.deep.equal(['controller_status'])
    expect(parts).to.have.members(['flow_stats', 'controller_status', 'bundle_features'])
    expect([...types]).to.include.members([...added, ...parts])
  })
})
