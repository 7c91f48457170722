/** Groups and meters in text: there and back, spellings, and typed errors at their place. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  decode,
  encode,
  formatGroup,
  formatMeter,
  parseGroup,
  parseGroupMod,
  parseMeter,
  TextError,
  WireError,
} from 'node-openflow'
import {
  arbitraryGroup,
  arbitraryGroup15,
  arbitraryMeter,
  GROUP_SPELLINGS,
  METER_SPELLINGS,
  NO_GROUPS,
  NO_METERS,
} from './text-groups.ts'
import { damaged, failure, total } from './text-total.ts'

describe('groups in text', () => {
  it('gives back every group that formatGroup writes', () => {
    const group = fc.oneof(arbitraryGroup, arbitraryGroup15)
    fc.assert(
      fc.property(group, (value) => {
        expect(parseGroup(formatGroup(value))).to.deep.equal(value)
      }),
    )
  })

  it('reads every spelling as a group that 1.3 has room for', () => {
    for (const text of GROUP_SPELLINGS) {
      const group = parseGroup(text)
      encode({ type: 'group_mod', xid: 1, command: 'add', ...group })
      expect(parseGroup(formatGroup(group)), text).to.deep.equal(group)
    }
  })

  it('has what 1.5 has, and 1.3 has no room for that', () => {
    const text =
      'group_id=1,type=select,selection_method=hash,selection_method_param=5,fields(eth_dst,ip_src=255.255.0.0),' +
      'bucket=bucket_id:3,weight:7,actions=output:1'
    const group = parseGroup(text)
    expect(group.buckets[0]).to.include({ bucket_id: 3, weight: 7 })
    expect(group.properties).to.deep.equal([
      {
        type: 'selection_method',
        selection_method: 'hash',
        selection_method_param: 5n,
        fields: [
          { field: 'eth_dst', value: 0xffffffffffff },
          { field: 'ipv4_src', value: 0xffff0000 },
        ],
      },
    ])
    expect(formatGroup(group)).to.equal(text)
    expect(() => encode({ type: 'group_mod', xid: 1, command: 'add', ...group })).to.throw(WireError)
    encode({ type: 'group_mod', xid: 1, command: 'add', ...group, version: 6 })
  })

  it('chooses whole fields by ones in every octet, as ovs-ofctl sends them', () => {
    const text = 'group_id=1,type=select,selection_method=hash,fields(ip_dscp,vlan_vid),bucket=bucket_id:0,actions=drop'
    const group = parseGroup(text)
    const [chosen] = group.properties!
    expect(chosen).to.have.deep.property('fields', [
      { field: 'ip_dscp', value: 0xff },
      { field: 'vlan_vid', value: 0xffff },
    ])
    const mod = {
      type: 'group_mod',
      xid: 1,
      version: 6,
      command: 'add',
      command_bucket_id: 0xffffffff,
      ...group,
    } as const
    expect(decode(encode(mod))).to.deep.equal(mod)
    expect(formatGroup(group)).to.equal(text)
  })

  it('reads commands, as files of groups have them', () => {
    expect(parseGroupMod('group_id=1,type=all')).to.include({ command: 'add', group_id: 1 })
    expect(parseGroupMod('delete group_id=all')).to.deep.equal({
      command: 'delete',
      group_type: 'all',
      group_id: 0xfffffffc,
      buckets: [],
    })
    const insert = parseGroupMod('insert_bucket command_bucket_id=last,group_id=1,bucket=bucket_id:4,actions=output:1')
    expect(insert).to.include({ command: 'insert_bucket', command_bucket_id: 0xfffffffe })
    expect(formatGroup(insert)).to.equal('command_bucket_id:last,group_id=1,bucket=bucket_id:4,actions=output:1')
    expect(parseGroupMod('remove_bucket group_id=1 command_bucket_id=7')).to.include({ command_bucket_id: 7 })
    expect(failure(() => parseGroupMod('remove_bucket group_id=1')).code).to.equal('missing')
    expect(failure(() => parseGroupMod('insert_bucket group_id=1,type=all')).code).to.equal('syntax')
  })

  it('refuses with the place and the nearest name', () => {
    for (const text of NO_GROUPS) expect(() => parseGroup(text), text).to.throw(TextError)
    expect(failure(() => parseGroup('group_id=1,type=selekt'))).to.include({ offset: 16, nearest: 'select' })
    expect(failure(() => parseGroup('group_id=1,type=all,bucket=outptu:1'))).to.include({
      offset: 27,
      nearest: 'output',
    })
    expect(failure(() => parseGroup('group_id=1,group_id=2,type=all'))).to.include({ code: 'duplicate', offset: 11 })
    expect(failure(() => parseGroup('group_id=1,type=all,bucket=mod_tp_dst:5'))).to.include({ code: 'missing' })
  })

  it('is total', () => {
    total(damaged(fc.oneof(arbitraryGroup, arbitraryGroup15).map((group) => formatGroup(group))), parseGroupMod)
  })
})

describe('meters in text', () => {
  it('gives back every meter that formatMeter writes, in both styles', () => {
    fc.assert(
      fc.property(arbitraryMeter, fc.constantFrom('dump' as const, 'add' as const), (meter, style) => {
        const text = formatMeter(meter, { style })
        expect(text.includes('\n')).to.equal(style === 'dump')
        expect(parseMeter(text)).to.deep.equal(meter)
      }),
    )
  })

  it('reads every spelling', () => {
    for (const text of METER_SPELLINGS) {
      expect(parseMeter(formatMeter(parseMeter(text))), text).to.deep.equal(parseMeter(text))
    }
    expect(
      parseMeter('meter=6,pktps,burst,stats,bands=type=dscp_remark,rate=9,burst_size=8,prec_level=7'),
    ).to.deep.equal({
      flags: 14,
      meter_id: 6,
      bands: [{ type: 'dscp_remark', rate: 9, burst_size: 8, prec_level: 7 }],
    })
  })

  it('refuses with the place and the nearest name', () => {
    for (const text of NO_METERS) expect(() => parseMeter(text), text).to.throw(TextError)
    expect(failure(() => parseMeter('meter=5,kpbs,bands=type=drop,rate=1'))).to.include({ offset: 8, nearest: 'kbps' })
    expect(failure(() => parseMeter('meter=5,kbps,bands=type=drop,rate=x'))).to.include({
      code: 'bad_value',
      offset: 34,
    })
  })

  it('is total', () => {
    total(damaged(arbitraryMeter.map((meter) => formatMeter(meter, { style: 'add' }))), parseMeter)
  })
})
