/**
 * Flows in text: every row of the field tables and of the actions there and back, what the manual pages name, files of
 * flows, dumps of switches, and that no text does harm. What ovs-ofctl says of the same is in test/system.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  encode,
  FIELD_NAMES,
  type FlowStats,
  formatFlow,
  formatMatch,
  oxmRow,
  parseActions,
  parseFlow,
  parseFlowDump,
  parseFlowMod,
  parseFlowStats,
  parseFlows,
  parseMatch,
  toHex,
} from 'node-openflow'
import { ACTION_ROWS } from './text-action-rows.ts'
import { arbitraryFlow } from './text-arbitrary.ts'
import { OTHER_OCTETS, OTHER_TEXT, READ_BY_OVS, READ_BY_US, REFUSED_BY_BOTH } from './text-differences.ts'
import { ROWS, rowMatch } from './text-rows.ts'
import { damaged, failure, total } from './text-total.ts'

const SPELLINGS = readFileSync(new URL('text-spellings.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** The actions and instructions of ovs-actions(7). */
const MANUAL = [
  ...['output', 'controller', 'enqueue', 'bundle', 'bundle_load', 'group', 'strip_vlan', 'pop_vlan', 'push_vlan'],
  ...['push_mpls', 'pop_mpls', 'encap', 'decap', 'set_field', 'load', 'move', 'mod_dl_src', 'mod_dl_dst'],
  ...['mod_nw_src', 'mod_nw_dst', 'mod_nw_tos', 'mod_nw_ecn', 'mod_nw_ttl', 'mod_tp_src', 'mod_tp_dst'],
  ...['mod_vlan_vid', 'mod_vlan_pcp', 'set_vlan_vid', 'set_vlan_pcp', 'dec_ttl', 'set_mpls_label', 'set_mpls_tc'],
  ...['set_mpls_ttl', 'dec_mpls_ttl', 'dec_nsh_ttl', 'check_pkt_larger', 'delete_field', 'set_tunnel', 'set_tunnel64'],
  ...['set_queue', 'pop_queue', 'ct', 'ct_clear', 'learn', 'fin_timeout', 'resubmit', 'clone', 'push', 'pop', 'exit'],
  ...['multipath', 'conjunction', 'note', 'sample', 'meter', 'clear_actions', 'write_actions', 'write_metadata'],
  ...['goto_table', 'nat', 'drop', 'all', 'local', 'in_port', 'normal', 'flood', 'table'],
]

/** These are printed as ovs-ofctl prints them: as what comes to the same and is read as other octets. */
const PRINTED_AS_ANOTHER = [
  'actions=controller(userdata=)',
  'actions=enqueue:1:2',
  'actions=enqueue(1,2)',
  'actions=enqueue:local:5',
  'actions=enqueue:in_port:0x5',
  'actions=enqueue:1q2',
  'dl_type=0x894f,actions=load:1->nsh_ttl',
  'dl_type=0x894f,actions=load:1->NXOXM_NSH_TTL[]',
  'dl_type=0x894f,nsh_mdtype=1,actions=load:5->nsh_c1',
  'actions=load:1->tun_metadata0',
  'ip,actions=ct(commit,nat(src=10.0.0.5-10.0.0.5:80-80))',
  'packet_type=(0,0),actions=drop',
  'eth,actions=drop',
  'eth,in_port=3,actions=drop',
  'tun_metadata0=0x1234/0xff,actions=drop',
]

const octets = (line: string): string => toHex(encode({ type: 'flow_mod', xid: 1, command: 'add', ...parseFlow(line) }))

describe('flows in text', () => {
  it('gives back a match of every row of the field tables', () => {
    for (const name of FIELD_NAMES.filter((field) => field !== 'nxm_nx_cookie')) {
      fc.assert(
        fc.property(rowMatch(name), ({ match, canonical }) => {
          const read = parseMatch(formatMatch(match))
          if (canonical) expect(read).to.deep.equal(match)
          else expect(formatMatch(read)).to.equal(formatMatch(match))
        }),
        { numRuns: 5 },
      )
    }
    expect(ROWS.length).to.be.above(190)
  })

  it('gives back actions of every row', () => {
    for (const [name, match, actions, as] of ACTION_ROWS) {
      const flow = {
        match: parseMatch(match),
        instructions: [{ type: 'apply_actions' as const, actions: [...actions] }],
      }
      const read = parseFlow(formatFlow(flow, { style: 'add' }))
      if (as !== 'another') expect(read, name).to.deep.include(flow)
      expect(parseFlow(formatFlow(read, { style: 'add' })), name).to.deep.equal(read)
    }
  })

  it('reads every spelling of the manual pages, and its own form of it as the same octets', () => {
    const others = [...READ_BY_US, ...OTHER_OCTETS, ...OTHER_TEXT].flatMap(([, ...lines]) => lines)
    const another = [...SPELLINGS, ...others].filter((line) => {
      const again = formatFlow(parseFlow(line), { style: 'add' })
      return octets(again).slice(96) !== octets(line).slice(96)
    })
    expect(another).to.have.members(PRINTED_AS_ANOTHER)
    for (const line of REFUSED_BY_BOTH) expect(failure(() => parseFlow(line)).offset, line).to.be.within(0, line.length)
    const refused = READ_BY_OVS.flatMap(([, ...lines]) => lines).filter((line) => !line.startsWith('importance'))
    for (const line of refused) failure(() => parseFlow(line))
  })

  it('has a spelling of every action of the manual, and of every field that Open vSwitch knows', () => {
    const seen = SPELLINGS.join('\n').toLowerCase()
    const word = (name: string): boolean => new RegExp(`(^|[^a-z0-9_])${name}([^a-z0-9_]|$)`, 'm').test(seen)
    expect(MANUAL.filter((name) => !word(name))).to.deep.equal([])
    const matched = new Set(SPELLINGS.flatMap((line) => parseFlow(line).match.map(({ field }) => field as string)))
    const split = /^(x+reg|reg([2-9]|1[0-4])$|tun_metadata)/
    const plain = ROWS.filter((name) => oxmRow(name).twin === undefined && !split.test(name))
    expect(plain.filter((name) => !matched.has(name) && !['nw_tos', 'vlan_tci'].includes(name))).to.deep.equal([])
  })

  it('knows what a flow matches where an action of OpenFlow 1.0 needs it', () => {
    const tcp = parseMatch('tcp,dl_vlan=5')
    expect(parseActions('mod_tp_dst:80,mod_vlan_vid:7', { match: tcp })).to.deep.equal([
      { type: 'set_field', field: { field: 'tcp_dst', value: 80 } },
      { type: 'set_field', field: { field: 'vlan_vid', value: 0x1007 } },
    ])
    expect(failure(() => parseActions('mod_tp_dst:80')).code).to.equal('missing')
    expect(parseActions('mod_vlan_vid:7,mod_vlan_pcp:1')).to.have.lengthOf(4)
    expect(parseActions('mod_vlan_vid:7,mod_vlan_pcp:1', { match: [] })).to.have.lengthOf(3)
  })

  it('reads commands and files of flows', () => {
    expect(parseFlowMod('tcp,actions=drop')).to.include({ command: 'add', table_id: 0 })
    expect(parseFlowMod('delete tcp')).to.include({ command: 'delete', table_id: 0xff })
    expect(parseFlowMod('delete_strict table=3,priority=5,out_port=7')).to.include({ table_id: 3, out_port: 7 })
    expect(parseFlowMod('modify cookie=1/-1,actions=1')).to.include({ cookie: 1n, cookie_mask: 0xffff_ffff_ffff_ffffn })
    const file = '# a comment\n\nadd table=1,tcp,actions=1 # another\n  udp,actions=2\ndelete table=4\n'
    expect(parseFlows(file).map(({ command, table_id }) => [command, table_id])).to.deep.equal([
      ['add', 1],
      ['add', 0],
      ['delete', 4],
    ])
    const wrong = failure(() => parseFlows('tcp,actions=1\nudp,actions=outptu:2\n'))
    expect(wrong).to.include({ code: 'unknown_name', offset: 26, nearest: 'output' })
  })

  it('gives back the flows of a dump with their counters', () => {
    const counters = fc.record({
      duration_sec: fc.nat(),
      duration_nsec: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: 999 }).map((ms) => ms * 300_000),
        fc.nat(999_999_999),
      ),
      packet_count: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      byte_count: fc.constantFrom(0n, 5n, (1n << 64n) - 1n),
    })
    const stats: fc.Arbitrary<FlowStats> = fc
      .tuple(arbitraryFlow, counters)
      .map(([flow, count]) => ({ ...flow, ...count }))
    fc.assert(
      fc.property(fc.array(stats, { maxLength: 4 }), (flows) => {
        const lines = flows.map((flow) => ` ${formatFlow(flow)}`)
        const dump = [
          'OFPST_FLOW reply (OF1.3) (xid=0x2): flags=[more]',
          ...lines,
          'NXST_FLOW reply (xid=0x4):',
          '',
        ].join('\n')
        expect(parseFlowDump(dump)).to.deep.equal(flows)
        if (flows.length > 0) expect(parseFlowStats(lines[0]!)).to.deep.equal(flows[0])
      }),
    )
    expect(failure(() => parseFlowStats('cookie=0x0, duration=1.5, actions=1'))).to.include({
      code: 'bad_value',
      offset: 21,
    })
    expect(parseFlowStats('actions=drop')).to.include({ packet_count: 0xffff_ffff_ffff_ffffn, duration_sec: 0 })
    expect(failure(() => parseFlowDump('\n tcp,actions=1\n tpc actions=1\n'))).to.include({
      offset: 17,
      nearest: 'tcp',
    })
  })

  it('is total', () => {
    total(damaged(fc.constantFrom(...SPELLINGS)), parseFlow, 500)
    total(damaged(arbitraryFlow.map((flow) => formatFlow(flow))), parseFlowStats)
    total(
      damaged(fc.constantFrom(...SPELLINGS)).map((line) => `modify_strict ${line}`),
      parseFlows,
    )
  })

  // What is not linear takes longer than the tests' timeout here.
  it('refuses what is long or deep in time', () => {
    const deep = (n: number): string => `actions=${'clone('.repeat(n)}output:1${')'.repeat(n)}`
    expect(failure(() => parseFlow(deep(20_000))).code).to.equal('syntax')
    encode({ type: 'flow_mod', xid: 1, command: 'add', ...parseFlow(deep(12)) })
    for (const text of [
      `reg0=${'9'.repeat(300_000)}`,
      `reg0=0x${'f'.repeat(300_000)}`,
      `${'a'.repeat(300_000)}=1`,
      `actions=note:${'00.'.repeat(200_000)}x`,
      `ipv6,ipv6_src=${':'.repeat(300_000)}`,
      `tcp_flags=${'+syn'.repeat(100_000)}`,
      `actions=${'('.repeat(300_000)}`,
      `actions=ct(nat(src=${'1.'.repeat(300_000)}))`,
    ]) {
      expect(failure(() => parseFlow(text)).offset).to.be.within(0, text.length)
    }
    expect(parseFlow(`actions=${'output:1,'.repeat(5_000)}`).instructions).to.have.lengthOf(1)
  })
})
