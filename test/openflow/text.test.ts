/** Messages as text, against what ovs-ofctl prints (test/golden/text), and where we mean to say more than it. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { decode, type FlowLike, formatFlow, formatMessage, MESSAGE_TYPES, type Message, WireError } from 'node-openflow'
import { hasMessage } from '../../openflow/spec/message.ts'
import { VERSIONS } from '../../openflow/wire/version.ts'
import { SAMPLES } from './text-samples.ts'
import { flowMod, request, tcp443 } from './text-samples-parts.ts'

interface Golden {
  implementation: string
  command: string
  samples: { name: string; octets: string; text: string }[]
}

const golden = (file: string): Golden =>
  JSON.parse(readFileSync(new URL(`../golden/text/${file}`, import.meta.url), 'utf8')) as Golden

/**
 * Samples whose text is our own, and why: ovs-ofctl refuses experimenters that it does not know, prints flow updates
 * without priority, cut messages in errors with another heading, table features and tuples to flush not one by one.
 */
const OUR_OWN = new Set(['experimenter', 'flow_monitor', 'table_features', 'nx_ct_flush', 'error of a flow mod'])

/** ovs-ofctl takes packets apart on a line of their own; we leave that to the caller. */
const withoutPacket = (text: string): string => text.replace(/\narp,vlan_tci=.*\n$/, '\n')

describe('text of messages', () => {
  const messages = golden('messages.json')

  it('has a golden for every sample, of one implementation', () => {
    expect(messages.implementation).to.equal('ovs-ofctl (Open vSwitch) 3.1.0')
    expect(messages.samples.map(({ name }) => name)).to.deep.equal(SAMPLES.map(([name]) => name))
  })

  for (const { name, octets, text } of messages.samples) {
    if (OUR_OWN.has(name)) continue
    it(`prints ${name} as ovs-ofctl does`, () => {
      const message = decode(Buffer.from(octets, 'hex'))
      expect(`${formatMessage(message)}\n`).to.equal(withoutPacket(text))
    })
  }

  const sample = (name: string): Message => SAMPLES.find(([found]) => found === name)![1]

  it('prints what ovs-ofctl leaves out or cannot read', () => {
    expect(formatMessage(sample('experimenter'))).to.equal(
      'OFPT_EXPERIMENTER (OF1.3) (xid=0x10): experimenter=0xaabbcc type=0x3 data=01020304',
    )
    expect(formatMessage(sample('nx_ct_flush'))).to.equal('NXT_CT_FLUSH (OF1.3) (xid=0x14): zone=5 proto=17')
    expect(formatMessage(sample('error of a flow mod'))).to.equal(
      'OFPT_ERROR (OF1.3) (xid=0x2): OFPFMFC_TABLE_FULL\n' +
        'OFPT_FLOW_MOD (OF1.3) (xid=0x7):\n(***truncated to 12 bytes from 80***)\n' +
        '00000000  04 0e 00 50 00 00 00 07-00 00 00 00             |...P........    |',
    )
    expect(formatMessage(sample('flow_monitor')).split('\n').slice(1)).to.deep.equal([
      ' event=ADDED table=1 cookie=0x5 priority=7,tcp,tp_dst=443 actions=set_field:02:00:00:00:00:01->eth_dst,output:3',
      ' event=DELETED reason=delete table=1 idle_timeout=5 hard_timeout=6 cookie=0x5',
      ' event=ABBREV xid=0x1234',
    ])
    const noFlood: Message = { type: 'port_mod', xid: 9, port_no: 3, hw_addr: 1, config: 16, mask: 16, advertise: 0 }
    expect(formatMessage(noFlood)).to.include('config: NO_FLOOD\n     mask:   NO_FLOOD\n')
    expect(formatMessage(flowMod({ command: 'delete', out_group: 4 }))).to.match(/DEL out_group:4 actions=drop$/)
    const asked = request('flow', {
      table_id: 3,
      out_port: 2,
      out_group: 5,
      cookie: 1n,
      cookie_mask: 3n,
      match: tcp443,
    })
    expect(formatMessage(asked)).to.match(/: table=3 out_port=2 out_group=5 cookie=0x1\/0x3 tcp,tp_dst=443$/)
  })

  it('shows errors that quote errors that quote errors as octets in the end', () => {
    const size = 12
    const levels = Math.floor(0xffff / size)
    const octets = new Uint8Array(size * levels)
    for (let i = 0; i < levels; i++) {
      const left = size * (levels - i)
      octets.set([4, 1, left >>> 8, left & 255, 0, 0, 0, 1, 0, 1, 0, 1], size * i)
    }
    const lines = formatMessage(decode(octets)).split('\n')
    expect(lines.filter((line) => line === 'OFPT_ERROR (OF1.3) (xid=0x1): OFPBRC_BAD_TYPE')).to.have.length(9)
    expect(lines[9]).to.match(/^00000000 {2}04 01 /)
  })

  it('lists every property of a table, and says ditto of one like the one before', () => {
    const lines = formatMessage(sample('table_features')).split('\n')
    expect(lines).to.include('  table 0 ("table0"):')
    expect(lines).to.include('    next_tables: 1-2,9')
    expect(lines).to.include('    match: in_port_oxm eth_dst/mask')
    const [first] = (sample('table_features') as Extract<Message, { mp_type: 'table_features' }>).body
    const twice = request('table_features', [first!, { ...first!, table_id: 1 }])
    expect(formatMessage(twice)).to.match(/\n {2}table 1 \("table0"\): ditto$/)
  })

  it('puts names of ports and tables in place of numbers', () => {
    const ports = new Map([
      [3, 'eth3'],
      [4, 's1-eth4'],
    ])
    const flow: FlowLike = {
      table: 9,
      match: [{ field: 'in_port', value: 4 }],
      instructions: [
        { type: 'apply_actions', actions: [{ type: 'output', port: 3, max_len: 0 }] },
        { type: 'goto_table', table_id: 10 },
      ],
    }
    expect(formatFlow(flow, { ports, tableNames: new Map([[9, 'policy']]) })).to.equal(
      'table=policy, in_port="s1-eth4" actions=output:eth3,goto_table:10',
    )
  })

  it('shows a packet with the function that is given', () => {
    const shown = formatMessage(sample('packet_in'), { packet: (octets) => `${octets.length} octets` })
    expect(shown).to.match(/\(unbuffered\)\n42 octets$/)
  })

  it('has a sample of every type of message', () => {
    const seen = new Set(SAMPLES.map(([, message]) => message.type))
    // Twins of the ONF's, and what a switch is sent back of nx_packet_in2; the text of others is in nicira.test.ts.
    const alike = ['nx_flow_monitor_cancel', 'nx_flow_monitor_paused', 'nx_flow_monitor_resumed', 'nx_resume']
    const elsewhere = ['nx_role_request', 'nx_role_reply', 'nx_set_flow_format', 'nx_flow_mod', 'nx_flow_removed']
    elsewhere.push('nx_packet_in', 'nx_flow_age', 'nx_set_async_config', 'nx_set_async_config2')
    // The ONF's on 1.3, part of the protocol since.
    elsewhere.push('role_status', 'requestforward')
    expect(MESSAGE_TYPES.filter((type) => hasMessage(type, VERSIONS.of13) && !seen.has(type))).to.have.members([
      ...alike,
      ...elsewhere,
    ])
  })

  it('throws for no message that can be decoded', () => {
    const octets = messages.samples.map((sampled) => Buffer.from(sampled.octets, 'hex'))
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 })
    let printed = 0
    fc.assert(
      fc.property(fc.constantFrom(...octets), damage, (whole, changes) => {
        const copy = Buffer.from(whole)
        for (const [at, octet] of changes) if (copy.length > 8) copy[8 + (at % (copy.length - 8))] = octet
        let message: Message
        try {
          message = decode(copy)
        } catch (error) {
          if (error instanceof WireError) return
          throw error
        }
        expect(formatMessage(message)).to.match(/^[A-Z0-9_]+( request| reply)? \(OF1\.3\) \(xid=0x[0-9a-f]+\):/)
        printed++
      }),
      { numRuns: 3000 },
    )
    expect(printed).to.be.above(1000)
  })
})
