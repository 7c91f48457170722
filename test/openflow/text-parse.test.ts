/** Text back into flows: the round trip of random flows, every spelling that ovs-ofctl takes, and typed errors. */
import { expect } from 'chai'
import fc from 'fast-check'
import { formatActions, formatFlow, formatMatch, parseActions, parseFlow, parseMatch, TextError } from 'node-openflow'
import { arbitraryFlow, arbitraryMatch } from './text-arbitrary.ts'
import { failure } from './text-total.ts'

describe('parsing text', () => {
  it('gives back every flow that formatFlow writes, in both styles', () => {
    fc.assert(
      fc.property(arbitraryFlow, fc.constantFrom('dump' as const, 'add' as const), (flow, style) => {
        const { cookie_mask, buffer_id, out_port, out_group, ...rest } = parseFlow(formatFlow(flow, { style }))
        expect(rest).to.deep.equal(flow)
        expect([cookie_mask, buffer_id, out_port, out_group]).to.deep.equal([0n, 0xffffffff, 0xffffffff, 0xffffffff])
      }),
      { numRuns: 700 },
    )
  })

  it('gives back every match that formatMatch writes', () => {
    fc.assert(
      fc.property(arbitraryMatch, (match) => {
        expect(parseMatch(formatMatch(match))).to.deep.equal(match)
      }),
      { numRuns: 700 },
    )
  })

  it('throws nothing but TextError, with an offset inside the text', () => {
    const damaged = fc
      .tuple(arbitraryFlow, fc.nat(), fc.nat({ max: 4 }), fc.string({ maxLength: 4 }))
      .map(([flow, at, cut, put]) => {
        const text = formatFlow(flow, { style: 'add' })
        const from = at % (text.length + 1)
        return text.slice(0, from) + put + text.slice(from + cut)
      })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string()), (text) => {
        try {
          parseFlow(text)
        } catch (error) {
          if (!(error instanceof TextError)) throw error
          expect(error.offset).to.be.within(0, text.length)
        }
      }),
      { numRuns: 700 },
    )
  })

  it('names the place and the nearest name', () => {
    const field = failure(() => parseFlow('table=8,tcp,tp_dts=443,actions=drop'))
    expect(field).to.include({ code: 'unknown_name', offset: 12, nearest: 'tp_dst' })
    const action = failure(() => parseFlow('table=8,actions=outptu:3'))
    expect(action).to.include({ code: 'unknown_name', offset: 16, nearest: 'output' })
    const argument = failure(() => parseFlow('ip,actions=ct(comit,zone=5)'))
    expect(argument).to.include({ code: 'unknown_name', offset: 14, nearest: 'commit' })
    const flag = failure(() => parseMatch('ct_state=+trk-nwe'))
    expect(flag).to.include({ code: 'unknown_name', offset: 14, nearest: 'new' })
    expect(failure(() => parseMatch('reg0=0x1ffffffff'))).to.include({ code: 'bad_value', offset: 5 })
    expect(failure(() => parseMatch('tp_dst=443'))).to.include({ code: 'missing', offset: 7 })
    expect(failure(() => parseMatch('nw_src=1.2.3.4'))).to.include({ code: 'missing' })
    expect(failure(() => parseMatch('in_port=1/1'))).to.include({ offset: 8 })
    expect(failure(() => parseMatch('reg0=1,reg0=2'))).to.include({ code: 'duplicate', offset: 7 })
    expect(failure(() => parseActions('ct(commit'))).to.include({ code: 'syntax', offset: 9 })
    expect(failure(() => parseActions('resubmit(,)'))).to.include({ code: 'missing' })
    expect(failure(() => parseActions('goto_table:3'))).to.include({ code: 'syntax', offset: 0 })
  })

  const spellings: ReadonlyArray<readonly [string, string]> = [
    ['dl_type=0x800,nw_proto=6,tp_dst=80', 'tcp,tp_dst=80'],
    ['eth_type=0x0806,nw_proto=1,nw_src=1.2.3.4', 'arp,arp_spa=1.2.3.4,arp_op=1'],
    ['ip,ip_src=10.0.0.1/255.255.0.0', 'ip,nw_src=10.0.0.0/16'],
    ['icmp6,icmpv6_type=135,icmpv6_code=0,nd_target=FE80::1', 'icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1'],
    ['ip,nw_tos=8,ip_ecn=1', 'ip,nw_tos=8,nw_ecn=1'],
    ['ip,ip_frag=later', 'ip,nw_frag=later'],
    ['dl_vlan=0xffff', 'vlan_tci=0x0000/0x1fff'],
    ['vlan_tci=0', 'vlan_tci=0x0000/0x1fff'],
    ['vlan_tci=0x1000/0x1000', 'vlan_tci=0x1000/0x1000'],
    ['vlan_vid=0x1005,vlan_pcp=3', 'dl_vlan=5,dl_vlan_pcp=3'],
    ['dl_vlan_pcp=3', 'dl_vlan_pcp=3'],
    ['ct_state=trk|est', 'ct_state=est|trk'],
    ['ct_state=0x21/0x23', 'ct_state=+new-est+trk'],
    ['NXM_NX_REG0[0..3]=2,reg0[8]=1', 'reg0=0x102/0x10f'],
    ['xreg0=0x100000001/0xffffffff00000001', 'reg0=0x1,reg1=0x1/0x1'],
    ['xxreg0=5', 'reg0=0,reg1=0,reg2=0,reg3=0x5'],
    ['tun_metadata3=0x0102/0xff0f', 'tun_metadata3=0x102/0xff0f'],
    ['in_port=local', 'in_port=LOCAL'],
    ['tunnel_id=0x5/0xff', 'tun_id=0x5/0xff'],
    ['packet_type=(1,0x894f)', 'packet_type=(1,0x894f)'],
  ]
  for (const [given, canonical] of spellings) {
    it(`reads the match ${given}`, () => {
      expect(formatMatch(parseMatch(given))).to.equal(canonical)
    })
  }

  const actionSpellings: ReadonlyArray<readonly [string, string]> = [
    ['5,LOCAL,normal', 'output:5,LOCAL,NORMAL'],
    ['CONTROLLER,controller:128', 'CONTROLLER:65535,CONTROLLER:128'],
    ['enqueue:1:2', 'set_queue:2,output:1,pop_queue'],
    ['set_field:0x5/0xff0f->reg0', 'load:0x5->NXM_NX_REG0[0..3],load:0->NXM_NX_REG0[8..15]'],
    ['output:reg0[0..15]', 'output:NXM_NX_REG0[0..15]'],
    [
      'mod_nw_dst:1.2.3.4,mod_dl_src:00:00:00:00:00:01',
      'set_field:1.2.3.4->ip_dst,set_field:00:00:00:00:00:01->eth_src',
    ],
    ['note:0102', 'note:01.02.00.00.00.00'],
    ['ct', 'ct()'],
    ['ct(commit,nat(dst=[fe80::1]-[fe80::9]:10,random))', 'ct(commit,nat(dst=[fe80::1]-[fe80::9]:10,random))'],
    ['ct(table=3,exec(load:1->ct_mark[0..7]),commit)', 'ct(commit,table=3,exec(load:0x1->NXM_NX_CT_MARK[0..7]))'],
    ['encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))', 'encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))'],
    ['decap(),decap(packet_type(ns=1,type=0x800))', 'decap(),decap(packet_type(ns=1,type=0x800))'],
    ['bundle(eth_src,0,hrw,ofport,slaves:1,2)', 'bundle(eth_src,0,hrw,ofport,members:1,2)'],
    [
      'learn(table=5,eth_type=0x800,nw_proto=6,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[])',
      'learn(table=5,eth_type=0x800,nw_proto=6,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[])',
    ],
    ['drop', 'drop'],
  ]
  for (const [given, canonical] of actionSpellings) {
    it(`reads the actions ${given}`, () => {
      expect(formatActions(parseActions(given))).to.equal(canonical)
    })
  }

  it('reads what dump-flows prints, counters and all, and names', () => {
    const ports = new Map([[3, 's1-eth3']])
    const tableNames = new Map([[9, 'policy']])
    const flow = parseFlow(
      ' cookie=0x5, duration=12.345s, table=policy, n_packets=5, n_bytes=500, idle_timeout=30, idle_age=3, send_flow_rem priority=77,tcp,in_port="s1-eth3" actions=output:"s1-eth3",goto_table:policy',
      { ports, tableNames },
    )
    expect(flow).to.include({ cookie: 5n, table_id: 9, idle_timeout: 30, flags: 1, priority: 77 })
    expect(flow.match[0]).to.deep.equal({ field: 'in_port', value: 3 })
    expect(flow.instructions).to.deep.equal([
      { type: 'apply_actions', actions: [{ type: 'output', port: 3, max_len: 0 }] },
      { type: 'goto_table', table_id: 9 },
    ])
    expect(parseFlow('cookie=0x1/-1,tcp')).to.include({ cookie: 1n, cookie_mask: 0xffff_ffff_ffff_ffffn })
  })
})
