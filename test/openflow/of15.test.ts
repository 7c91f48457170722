/**
 * What OpenFlow 1.5 says otherwise than 1.3, by example: values are those of 1.3, what 1.5 adds is beside them, and a
 * version that has no room for it refuses it. The laws that hold for every value are in codec.test.ts and
 * versions.test.ts.
 */
import { expect } from 'chai'
import { decode, encodeAll, fromHex, type Message, toHex, WireError } from 'node-openflow'
import { VERSIONS } from '../../openflow/wire/version.ts'

const { of13, of14, of15 } = VERSIONS
const octets = (message: object, version: number): string => toHex(encodeAll([message as Message], version))
const value = (hex: string): Record<string, unknown> => ({ ...decode(fromHex(hex.replaceAll(' ', ''))) })

/** `code path` of why it cannot be written. */
function refusal(message: object, version: number): string {
  try {
    encodeAll([message as Message], version)
  } catch (error) {
    if (error instanceof WireError) return `${error.code} ${error.path}`
  }
  return 'written'
}

/** A message of 1.5 in octets: its length filled in. */
function framed(type: string, body: string): string {
  const rest = body.replaceAll(' ', '')
  return `06${type}${(8 + rest.length / 2).toString(16).padStart(4, '0')}00000001${rest}`
}

const output = { type: 'output', port: 2, max_len: 0 }
const ANY = 0xffff_ffff
const ALL_ONES = 0xffff_ffff_ffff_ffffn

describe('openflow 1.5', () => {
  describe('counters as fields', () => {
    const HEAD = '03 02 0064 0000 0000 0000000000000007 00010004 00000000'
    const removed = (stats: string): Record<string, unknown> => value(framed('0b', HEAD + stats))
    const PACKETS = '80020808 0000000000000009'
    const BYTES = '80020a08 000000000000000a'
    const DURATION = '80020008 00000005 00000006'
    const IDLE = '80020208 00000007 00000008'
    const block = (fields: string): string => {
      const size = 4 + fields.replaceAll(' ', '').length / 2
      return `0000${size.toString(16).padStart(4, '0')}${fields}${'00'.repeat(-size & 7)}`
    }

    it('the usual ones are members alone; the time idle is one more', () => {
      const usual = removed(block(DURATION + PACKETS + BYTES))
      expect(usual).to.include({ duration_sec: 5, duration_nsec: 6, packet_count: 9n, byte_count: 10n })
      expect(usual).not.to.have.any.keys('stats', 'idle_time')
      const idle = removed(block(DURATION + IDLE + PACKETS + BYTES))
      expect(idle).to.deep.include({ duration_sec: 5, idle_time: { sec: 7, nsec: 8 }, packet_count: 9n })
      expect(idle).not.to.have.property('stats')
      expect(octets(usual, of13)).to.have.length(2 * (48 + 8))
      expect(refusal(idle, of13)).to.equal('not_in_version idle_time')
    })

    it('those that are not told are all ones, as 1.3 has it, and are not written', () => {
      const none = removed(block(''))
      expect(none).to.include({ duration_sec: ANY, duration_nsec: ANY, packet_count: ALL_ONES, byte_count: ALL_ONES })
      expect(none).not.to.have.property('stats')
      expect(decode(fromHex(octets(none, of13)))).to.include({ packet_count: ALL_ONES })
    })

    it('any other list is kept, in its order', () => {
      for (const fields of [
        BYTES + PACKETS + DURATION,
        `${DURATION + PACKETS + BYTES}80020604 00000003`,
        `${DURATION}80020808 ffffffffffffffff`,
        `80020908 0000000000000009`,
        `ffff0006 01020304 abcd`,
      ]) {
        const message = removed(block(fields))
        expect(message, fields).to.have.property('stats')
        expect(octets(message, of15), fields).to.equal(framed('0b', HEAD + block(fields)))
      }
      const unknown = removed(block(`ffff0006 01020304 abcd`))
      expect(unknown['stats']).to.deep.equal([
        { field: 'unknown', class: 0xffff, id: 0, experimenter: 0x01020304, reserved: false, body: fromHex('abcd') },
      ])
      expect(refusal(unknown, of13)).to.equal('not_in_version stats')
    })

    it('a field of a wrong length is refused with where', () => {
      expect(() => removed(block('80020804 00000009')))
        .to.throw(WireError)
        .that.includes({ code: 'bad_len', path: 'stats[0].packet_count', offset: 39 })
      expect(() => removed(block('80020808 0000')))
        .to.throw(WireError)
        .that.includes({ code: 'bad_len', path: 'stats[0].len' })
    })

    it('tiny fields by the thousand take bounded time', () => {
      const size = 65480
      const hex = `060b${(size + 32).toString(16)}00000001${HEAD}0000${size.toString(16)}${'00030100'.repeat(size / 4 - 1)}`
      const start = performance.now()
      expect(value(hex)['stats']).to.have.length(size / 4 - 1)
      expect(performance.now() - start).to.be.lessThan(500)
    })
  })

  describe('groups', () => {
    const plain = { weight: 0, watch_port: ANY, watch_group: ANY, actions: [output] }
    const mod = (group_type: string, buckets: object[], more: object = {}): object => ({
      type: 'group_mod',
      xid: 1,
      command: 'add',
      group_type,
      group_id: 5,
      buckets,
      ...more,
    })
    const ACTION = '0000 0010 00000002 0000 000000000000'
    const add = (type: string, properties: string): string => {
      const size = 24 + properties.replaceAll(' ', '').length / 2
      const wire = `${size.toString(16).padStart(4, '0')} 0010 00000000 ${ACTION} ${properties}`
      return framed('0f', `0000 ${type} 00 00000005 ${size.toString(16).padStart(4, '0')} 0000 ffffffff ${wire}`)
    }

    it('a bucket without an id has that of its place, and 1.3 takes no other', () => {
      const two = mod('all', [plain, plain])
      const told = decode(fromHex(octets(two, of15))) as unknown as { buckets: Array<{ bucket_id: number }> }
      expect(told.buckets.map(({ bucket_id }) => bucket_id)).to.deep.equal([0, 1])
      expect(octets(told, of13)).to.equal(octets(two, of13))
      expect(refusal(mod('all', [plain, { ...plain, bucket_id: 7 }]), of13)).to.equal('not_in_version buckets')
    })

    it('a weight that is not told is 1 where buckets are weighed, else 0', () => {
      const weight = (type: string, properties: string): unknown => {
        const hex = add(type, properties)
        const message = decode(fromHex(hex.replaceAll(' ', '')))
        expect(octets(message, of15)).to.equal(hex.replaceAll(' ', ''))
        const [bucket] = (message as unknown as { buckets: Array<{ weight: number; properties?: unknown[] }> }).buckets
        return [bucket!.weight, bucket!.properties?.length]
      }
      expect(weight('01', '')).to.deep.equal([1, 0])
      expect(weight('01', '0000 0008 0001 0000')).to.deep.equal([1, undefined])
      expect(weight('01', '0000 0008 0000 0000')).to.deep.equal([0, undefined])
      expect(weight('00', '')).to.deep.equal([0, undefined])
      expect(weight('00', '0000 0008 0000 0000')).to.deep.equal([0, 1])
      const [, bucket13] = /.{32}(.*)/.exec(octets(decode(fromHex(add('01', '').replaceAll(' ', ''))), of13))!
      expect(bucket13!.slice(4, 8)).to.equal('0001')
    })

    it('commands on buckets, and properties, are of 1.5 alone', () => {
      expect(octets(mod('all', [], { command: 'remove_bucket', command_bucket_id: 3 }), of15)).to.equal(
        framed('0f', '0005 00 00 00000005 0000 0000 00000003'),
      )
      expect(refusal(mod('all', [], { command: 'insert_bucket' }), of14)).to.equal('not_in_version command')
      expect(refusal(mod('all', [], { command_bucket_id: 3 }), of14)).to.equal('not_in_version command_bucket_id')
      const properties = [
        { type: 'selection_method', selection_method: 'dp_hash', selection_method_param: 1n, fields: [] },
        { type: 'experimenter', experimenter: 9, exp_type: 0x80000000, data: fromHex('abcdef') },
      ]
      const chosen = mod('select', [], { properties, command_bucket_id: ANY })
      expect(decode(fromHex(octets(chosen, of15)))).to.deep.equal({ ...chosen, version: of15 })
      expect(refusal(chosen, of14)).to.equal('not_in_version properties')
      expect(octets(mod('select', [], { properties: [] }), of14)).to.equal(octets(mod('select', []), of14))
    })
  })

  it('packet_out has a match for its port; what it has beside is kept, and is of 1.5 alone', () => {
    const packetOut = { type: 'packet_out', xid: 1, buffer_id: ANY, in_port: 5, actions: [], data: new Uint8Array(0) }
    const hex = octets(packetOut, of15)
    expect(hex).to.equal(framed('0d', 'ffffffff 0000 0000 0001000c 80000004 00000005 00000000'))
    expect(value(hex)).to.deep.equal({ ...packetOut, version: of15 })
    const match = [
      { field: 'metadata', value: 1n },
      { field: 'in_port', value: 6 },
    ]
    const more = value(octets({ ...packetOut, match }, of15))
    expect(more).to.deep.include({ in_port: 6, match })
    expect(refusal(more, of13)).to.equal('not_in_version match')
    expect(value(octets({ ...packetOut, match: [] }, of15))).to.deep.include({ in_port: ANY, match: [] })
  })

  it('fields of the ONF on 1.3 are those of class 0x8000 on 1.5, under the same names', () => {
    const flow = (field: string, mask?: number): object => ({
      ...{ type: 'flow_mod', xid: 1, command: 'add', table_id: 0, priority: 1, cookie: 0n, cookie_mask: 0n },
      ...{ idle_timeout: 0, hard_timeout: 0, buffer_id: ANY, out_port: ANY, out_group: ANY, flags: 0 },
      match: [{ field, value: 2, ...(mask !== undefined && { mask }) }],
      instructions: [],
    })
    const ONF = 'ffff54064f4e46000002'
    const BASIC = '800054020002'
    for (const [field, older, newer] of [
      ['tcp_flags', ONF, BASIC],
      ['oxm_of_tcp_flags', BASIC, ONF],
    ] as const) {
      for (const [version, wanted] of [
        [of13, older],
        [of14, older],
        [of15, newer],
      ] as const) {
        const hex = octets(flow(field), version)
        expect(hex.slice(104), `${field} ${version}`).to.include(wanted)
        expect(value(hex)['match']).to.deep.equal([{ field, value: 2 }])
      }
    }
    expect(octets(flow('actset_output'), of15)).to.include('8000560400000002')
    expect(octets(flow('actset_output'), of13)).to.include('ffff56084f4e460000000002')
  })

  describe('actions and instructions', () => {
    const flow = (...instructions: object[]): object => ({
      ...{ type: 'flow_mod', xid: 1, command: 'add', table_id: 0, priority: 1, cookie: 0n, cookie_mask: 0n },
      ...{ idle_timeout: 0, hard_timeout: 0, buffer_id: ANY, out_port: ANY, out_group: ANY, flags: 0, match: [] },
      instructions,
    })
    const apply = (...actions: object[]): object => flow({ type: 'apply_actions', actions })
    const tail = (message: object, version: number): string => octets(message, version).slice(2 * (56 + 8))

    it('copy_field is one action with a number of 1.5 and one of the ONF before', () => {
      const copy = { type: 'copy_field', n_bits: 9, src_offset: 1, dst_offset: 2, src: 'metadata', dst: 'reg0' }
      expect(tail(apply(copy), of15)).to.equal('001c0018000900010002000080000408000100040000'.padEnd(48, '0'))
      expect(tail(apply(copy), of13)).to.equal(
        'ffff00204f4e46000c80000000090001000200008000040800010004'.padEnd(64, '0'),
      )
      expect(value(octets(apply(copy), of13))).to.deep.include(apply(copy))
      expect(refusal(apply(copy), VERSIONS.of10)).to.match(/^not_in_version/)
    })

    it('a meter is an action, and no instruction', () => {
      expect(tail(apply({ type: 'meter', meter_id: 7 }), of15)).to.equal('001d000800000007')
      expect(refusal(apply({ type: 'meter', meter_id: 7 }), of13)).to.equal(
        'not_in_version instructions[0].actions[0].type',
      )
      expect(refusal(flow({ type: 'meter', meter_id: 7 }), of15)).to.equal('not_in_version instructions[0].type')
      expect(octets(flow({ type: 'meter', meter_id: 7 }), of14).slice(112)).to.equal('0006000800000007')
    })

    it('set_field takes a mask', () => {
      const set = apply({ type: 'set_field', field: { field: 'ipv4_src', value: 0x0a000000, mask: 0xff000000 } })
      expect(tail(set, of15)).to.equal('00190010800017080a000000ff000000')
      expect(refusal(set, of14)).to.equal('not_in_version instructions[0].actions[0].field')
    })

    it('stat_trigger has fields as thresholds', () => {
      const thresholds = [{ field: 'packet_count', value: 100n }]
      const trigger = flow({ type: 'stat_trigger', flags: 1, thresholds })
      expect(octets(trigger, of15).slice(112)).to.equal('00070018000000010000001080020808' + '0000000000000064')
      expect(value(octets(trigger, of15))).to.deep.include(trigger)
      expect(refusal(trigger, of14)).to.equal('not_in_version instructions[0].type')
    })
  })

  it('what a version has no room for is refused by its name', () => {
    const role = { type: 'role_request', xid: 1, role: 'master', generation_id: 7n }
    expect(octets({ ...role, short_id: 9 }, of15)).to.equal(framed('18', '00000002 0009 0000 0000000000000007'))
    expect(refusal({ ...role, short_id: 9 }, of14)).to.equal('not_in_version short_id')
    expect(octets({ ...role, short_id: 0 }, of14)).to.equal(octets(role, of14))
    const part = (mp_type: string, body: unknown): object => ({
      type: 'multipart_request',
      xid: 1,
      flags: 0,
      mp_type,
      body,
    })
    expect(refusal(part('group_desc', { group_id: 5 }), of14)).to.equal('not_in_version body.group_id')
    expect(refusal(part('port_desc', { port_no: 5 }), of14)).to.equal('not_in_version body.port_no')
    expect(octets(part('group_desc', {}), of15)).to.equal(framed('12', '0007 0000 00000000 fffffffc 00000000'))
    expect(refusal(part('bundle_features', {}), of14)).to.equal('not_in_version mp_type')
    const table = { table_id: 1, name: '', metadata_match: 0n, metadata_write: 0n, config: 0, max_entries: 1 }
    const tables = (more: object): object => part('table_features', [{ ...table, properties: [], ...more }])
    expect(octets(tables({}), of15).slice(32, 48)).to.equal('0040010000000000')
    expect(refusal(tables({ command: 'enable' }), of14)).to.equal('not_in_version body[0].command')
    expect(refusal(tables({ features: 1 }), of14)).to.equal('not_in_version body[0].features')
  })

  it('meter features may end where those of 1.3 do, as Open vSwitch writes them', () => {
    const short = framed('13', '000b 0000 00000000 00000001 00000002 00000003 04 05 0000')
    const whole = framed('13', '000b 0000 00000000 00000001 00000002 00000003 04 05 0000 00000006 00000000')
    expect(value(short)).to.have.nested.property('body.features', undefined)
    expect(value(whole)).to.have.nested.property('body.features', 6)
    for (const hex of [short, whole]) expect(octets(value(hex), of15)).to.equal(hex)
    expect(octets(value(short), of13)).to.equal(`04${short.slice(2)}`)
    expect(refusal(value(whole), of14)).to.equal('not_in_version body.features')
    expect(() => value(framed('13', '000b 0000 00000000 00000001 00000002 00000003 04 05 0000 0006')))
      .to.throw(WireError)
      .with.property('code', 'truncated')
  })
})
