/**
 * OpenFlow 1.0 against octets that others wrote (test/golden/wire, made by of10.py there): ovs-ofctl, ovs-vswitchd and
 * os-ken; and its match, whose octets mean something or nothing depending on each other.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  decode,
  encode,
  encodeAll,
  formatMatch,
  formatMessage,
  fromHex,
  type Message,
  type MessageNamed,
  type Oxm,
  toHex,
  WireError,
} from 'node-openflow'
import { type Account, accounted } from './of10-osken.ts'

interface Entry {
  readonly command: string[]
  readonly messages: string[]
  readonly texts: string[]
  readonly field?: string
  readonly value?: string
  readonly mask?: string
}

function golden<T = Entry>(name: string): readonly T[] {
  return (JSON.parse(readFileSync(`test/golden/wire/${name}-1.0.json`, 'utf8')) as { entries: T[] }).entries
}

/** The message, which encodes to the same octets. */
function read(octets: string): Message {
  const message = decode(fromHex(octets))
  expect(toHex(encode(message))).to.equal(octets)
  expect(message.version).to.equal(1)
  return message
}

const flowOf = (match: string): string => `010e004800000001${match}${'00'.repeat(16)}ffffffffffff0000`
const HEAD = {
  type: 'flow_mod',
  xid: 1,
  cookie: 0n,
  cookie_mask: 0n,
  table_id: 0,
  command: 'add',
  idle_timeout: 0,
  hard_timeout: 0,
  priority: 0,
  buffer_id: 0xffffffff,
  out_port: 0xffffffff,
  out_group: 0xffffffff,
  flags: 0,
  instructions: [],
} as const

function matchOf(octets: string): Oxm[] {
  return (read(flowOf(octets)) as MessageNamed<'flow_mod'>).match
}

function flow(members: Partial<MessageNamed<'flow_mod'>>): Message {
  return { ...HEAD, match: [], ...members } as unknown as Message
}

function refusal(message: Message): WireError {
  try {
    encodeAll([message], 1)
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
  throw new Error(`${message.type} was written`)
}

/** Errors whose request Open vSwitch refuses in words of its own, because it checks values as well. */
const REFUSED = /^\(by hand\) (bad (vendor|subtype|argument|command)|emergency)$/

/** Without the packet, which Open vSwitch takes apart on a line of its own. */
const withoutPacket = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => !/nw_frag=|dl_type=/.test(line) || /^(OFPT|NXT)_/.test(line))
    .join('\n')

describe('openflow 1.0: goldens', () => {
  for (const name of ['ovs-ofctl', 'ovs-vswitchd']) {
    it(`${name}: the same octets again, without padding, and they mean what Open vSwitch prints`, () => {
      let compared = 0
      for (const { messages, texts, command } of golden(name)) {
        messages.forEach((octets, i) => {
          const message = read(octets)
          expect(message, command.join(' ')).not.to.have.property('padding')
          if (message.type === 'experimenter') return
          compared++
          const [ours, theirs] = [formatMessage(message), withoutPacket(texts[i]!)]
          const firstLine = (text: string): string => text.split('\n')[0]!
          const compare = REFUSED.test(command.join(' ')) && message.type === 'error' ? firstLine : String
          expect(compare(ours), command.join(' ')).to.equal(compare(theirs))
        })
      }
      expect(compared).to.be.greaterThan(25)
    })
  }

  it('ovs-ofctl: every field has the value and mask of the command', () => {
    const entries = golden('ovs-ofctl').filter(({ field }) => field !== undefined)
    expect(entries.length).to.be.greaterThan(30)
    for (const { command, messages, field, value, mask } of entries) {
      const { match } = read(messages[0]!) as MessageNamed<'flow_mod'>
      const found = match.find((oxm) => oxm.field === field)
      expect([found?.value, found?.mask], command.join(' ')).to.deep.equal([
        Number(value),
        mask === undefined ? undefined : Number(mask),
      ])
    }
  })

  it('os-ken: the same octets again, and all members have the value that os-ken tells', () => {
    const types = new Set<string>()
    for (const { name, octets, osken } of golden<{ name: string; octets: string; osken: Account }>('os-ken')) {
      const { xid, padding, ...message } = read(octets)
      types.add('mp_type' in message ? `${message.type} ${message.mp_type}` : message.type)
      expect(padding, name).to.equal(undefined)
      expect(message, name).to.deep.equal(accounted(osken))
    }
    // Every message type of OpenFlow 1.0, both sides of its statistics but the vendors'.
    expect([...types].filter((type) => type.startsWith('multipart'))).to.have.length(12)
    expect([...types].filter((type) => !type.startsWith('multipart'))).to.have.length(20)
  })
})

/** Members of an ofp_match, by name: offset and size. */
const PLACES = {
  wildcards: [0, 4],
  in_port: [4, 2],
  dl_vlan: [18, 2],
  dl_vlan_pcp: [20, 1],
  dl_type: [22, 2],
  nw_tos: [24, 1],
  nw_proto: [25, 1],
  tp_src: [36, 2],
} as const

/** Octets of a match; the members that decide over others have the values that do more often than chance has it. */
const wireMatch = fc
  .record({
    noise: fc.uint8Array({ minLength: 40, maxLength: 40 }),
    wild: fc.integer({ min: 0, max: 0xff }).map((bits) => bits & 0xdb),
    high: fc.integer({ min: 0, max: 3 }),
    counts: fc.tuple(fc.constantFrom(0, 1, 8, 31, 32, 40, 63), fc.constantFrom(0, 24, 32, 63)),
    dl_type: fc.constantFrom(0x800, 0x806, 0x8035, 0x86dd, 0x8847, 0x5ff),
    nw_proto: fc.constantFrom(1, 6, 17, 58, 132, 2),
    dl_vlan: fc.constantFrom(0, 5, 0xfff, 0x1005, 0xffff, 0xfffe),
  })
  .map(({ noise, wild, high, counts, ...members }) => {
    const octets = Buffer.from(noise)
    const wildcards = (wild | (high << 20) | (counts[0] << 8) | (counts[1] << 14) | (noise[0]! << 24)) >>> 0
    for (const [key, value] of Object.entries({ ...members, wildcards })) {
      const [offset, size] = PLACES[key as keyof typeof PLACES]
      octets.writeUIntBE(value, offset, size)
    }
    return octets.toString('hex')
  })

describe('openflow 1.0: match', () => {
  it('means what Open vSwitch reads', () => {
    const entries = golden<{ octets: string; text: string }>('ovs-matches')
    for (const { octets, text } of entries) {
      // A packet without a tag is told by fewer bits where OXM says it.
      const ours = formatMatch(matchOf(octets)).replace('vlan_tci=0x0000/0x1fff', 'vlan_tci=0x0000')
      expect(ours, octets).to.equal(text.replace(/ ?actions=drop$/, ''))
    }
  })

  it('any octets come back, by way of padding where they mean nothing', () => {
    let padded = 0
    fc.assert(
      fc.property(wireMatch, (octets) => {
        const message = read(flowOf(octets)) as MessageNamed<'flow_mod'>
        if (message.padding !== undefined) padded++
        // Without the padding the octets are those of the meaning alone, and stay so.
        const { padding: _, ...plain } = message
        const canonical = encode(plain as Message)
        expect(decode(canonical)).to.deep.equal(plain)
      }),
      { numRuns: 1000 },
    )
    expect(padded).to.be.greaterThan(100)
  })

  it('padding does not become meaning when the match is changed', () => {
    fc.assert(
      fc.property(wireMatch, wireMatch, (octets, other) => {
        const changed = { ...read(flowOf(octets)), match: matchOf(other) } as MessageNamed<'flow_mod'>
        expect((decode(encode(changed)) as MessageNamed<'flow_mod'>).match).to.deep.equal(changed.match)
      }),
    )
  })

  it('is written whatever the order of the fields', () => {
    fc.assert(
      fc.property(wireMatch, fc.nat(), (octets, turn) => {
        const match = matchOf(octets)
        const other = [...match]
        for (let i = other.length - 1; i > 0; i--) {
          const j = (turn * (i + 7)) % (i + 1)
          ;[other[i], other[j]] = [other[j]!, other[i]!]
        }
        expect(encodeAll([flow({ match: other })], 1)).to.deep.equal(encodeAll([flow({ match })], 1))
      }),
      { numRuns: 300 },
    )
  })

  const ip: Oxm = { field: 'eth_type', value: 0x800 }
  const tcp: Oxm[] = [ip, { field: 'ip_proto', value: 6 }]
  const REFUSED: ReadonlyArray<readonly [string, Oxm[], string]> = [
    [
      'an IPv6 address',
      [
        { field: 'eth_type', value: 0x86dd },
        { field: 'ipv6_src', value: 1n },
      ],
      'match[1].field',
    ],
    ['a register', [{ field: 'reg0', value: 1 }], 'match[0].field'],
    [
      'an unknown field',
      [{ field: 'unknown', class: 2, id: 1, masked: false, body: new Uint8Array(1) }],
      'match[0].field',
    ],
    ['an address without its Ethernet type', [{ field: 'ipv4_src', value: 1 }], 'match[0].field'],
    ['an address of ARP under IP', [ip, { field: 'arp_spa', value: 1 }], 'match[1].field'],
    ['a port without its protocol', [ip, { field: 'tcp_src', value: 1 }], 'match[1].field'],
    ['a port of another protocol', [...tcp, { field: 'udp_src', value: 1 }], 'match[2].field'],
    ['a masked MAC address', [{ field: 'eth_src', value: 0, mask: 1 }], 'match[0].mask'],
    ['a masked port', [...tcp, { field: 'tcp_src', value: 0, mask: 1 }], 'match[2].mask'],
    ['a mask that is no prefix', [ip, { field: 'ipv4_src', value: 1, mask: 0xff0000ff }], 'match[1].mask'],
    ['bits outside the mask', [ip, { field: 'ipv4_src', value: 1, mask: 0xff000000 }], 'match[1].value'],
    ['any VLAN without a priority', [{ field: 'vlan_vid', value: 0x1000, mask: 0x1000 }], 'match[0].mask'],
    ['a VLAN without the present bit', [{ field: 'vlan_vid', value: 5 }], 'match[0].value'],
    ['a priority without a tag', [{ field: 'vlan_pcp', value: 5 }], 'match[0].field'],
    [
      'a priority of what has none',
      [
        { field: 'vlan_vid', value: 0 },
        { field: 'vlan_pcp', value: 5 },
      ],
      'match[1].field',
    ],
    ['a field twice', [ip, ip], 'match[1].field'],
    ['a port number of 32 bits', [{ field: 'in_port', value: 0x10000 }], 'match[0].value'],
    [
      'an ARP operation of 16 bits',
      [
        { field: 'eth_type', value: 0x806 },
        { field: 'arp_op', value: 256 },
      ],
      'match[1].value',
    ],
  ]
  for (const [name, match, path] of REFUSED) {
    it(`refuses ${name}, with where`, () => {
      expect(refusal(flow({ match }))).to.include({ code: 'not_in_version', path })
    })
  }
})

describe('openflow 1.0: what it has no room for', () => {
  const output = (port: number): MessageNamed<'flow_mod'>['instructions'] => [
    { type: 'apply_actions', actions: [{ type: 'output', port, max_len: 0 }] },
  ]
  const packetIn = { ...decode(fromHex('010a001200000001ffffffff000000040000')) }
  const REFUSED: ReadonlyArray<readonly [string, Message, string]> = [
    ['a table', flow({ table_id: 1 }), 'table_id'],
    ['deletion from one table', flow({ command: 'delete' }), 'table_id'],
    ['a cookie mask', flow({ cookie_mask: 1n }), 'cookie_mask'],
    ['a group', flow({ out_group: 1 }), 'out_group'],
    ['reset_counts', flow({ flags: 4 }), 'flags'],
    ['importance', flow({ importance: 1 }), 'importance'],
    ['goto_table', flow({ instructions: [{ type: 'goto_table', table_id: 1 }] }), 'instructions[0].type'],
    ['two instructions', flow({ instructions: [...output(1), ...output(2)] }), 'instructions[1].type'],
    ['a port of 32 bits', flow({ instructions: output(0xff00) }), 'instructions[0].actions[0].port'],
    [
      'an action that it lacks',
      flow({ instructions: [{ type: 'apply_actions', actions: [{ type: 'group', group_id: 1 }] }] }),
      'instructions[0].actions[0].type',
    ],
    [
      'a field that it cannot set',
      flow({
        instructions: [
          { type: 'apply_actions', actions: [{ type: 'set_field', field: { field: 'tcp_src', value: 1 } }] },
        ],
      }),
      'instructions[0].actions[0].field.field',
    ],
    ['the table of a packet', { ...packetIn, table_id: 1 } as Message, 'table_id'],
    ['the cookie of a packet', { ...packetIn, cookie: 1n } as Message, 'cookie'],
    ['the fields of a packet', { ...packetIn, match: [{ field: 'reg0', value: 1 }] } as Message, 'match[0].field'],
    ['no port of a packet', { ...packetIn, match: [] } as unknown as Message, 'match'],
    ['a reason of later versions', { ...packetIn, reason: 'invalid_ttl' } as Message, 'reason'],
    ['port descriptions', { type: 'multipart_request', xid: 1, flags: 0, mp_type: 'port_desc', body: {} }, 'mp_type'],
    ['roles', { type: 'role_request', xid: 1, role: 'master', generation_id: 0n }, 'type'],
    [
      'a type of experimenter messages',
      { type: 'experimenter', xid: 1, experimenter: 1, exp_type: 1, data: new Uint8Array(0) },
      'exp_type',
    ],
  ]
  for (const [name, message, path] of REFUSED) {
    it(`refuses ${name}, with where`, () => {
      expect(refusal(message)).to.include({ code: 'not_in_version', path })
    })
  }

  it('says what is wrong in 1.0 terms', () => {
    const answers = (octets: string): unknown => {
      try {
        return decode(fromHex(octets)).type
      } catch (error) {
        return (error as WireError).error
      }
    }
    expect(answers('013c000800000001')).to.deep.equal({ type: 'bad_request', code: 'bad_type' })
    expect(answers('0110000c0000000100370000')).to.deep.equal({ type: 'bad_request', code: 'bad_multipart' })
    expect(answers('010e000c0000000100000000')).to.deep.equal({ type: 'bad_request', code: 'bad_len' })
    expect(answers(`010d001800000001ffffffffffff0008004d000800000000`)).to.deep.equal({
      type: 'bad_action',
      code: 'bad_type',
    })
  })
})
