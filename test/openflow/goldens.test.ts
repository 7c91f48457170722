/**
 * The codec against octets that others wrote (test/golden/wire, made by capture.py): ovs-ofctl, ovs-vswitchd and
 * os-ken. All decode and encode to the same octets. What they mean is held against Open vSwitch's own reading of
 * them, against the values that the recorded commands name, and against os-ken's account, member by member.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import {
  ACTIONS,
  decode,
  encode,
  errorKind,
  formatMessage,
  fromHex,
  INSTRUCTIONS,
  type Message,
  MULTIPART,
  OXM,
  toHex,
} from 'node-openflow'
import { METER_BANDS } from '../../openflow/spec/groups.ts'
import { TABLE_FEATURE_PROPERTIES } from '../../openflow/spec/table-features.ts'
import { type ByVersion, numberIn, VERSIONS } from '../../openflow/wire/version.ts'

const golden = (name: string): Recording => JSON.parse(readFileSync(`test/golden/wire/${name}.json`, 'utf8'))

interface Recording {
  source: string
  entries: Entry[]
}
interface Entry {
  command: string[]
  messages: string[]
  texts: string[]
  field?: string
  value?: string
  mask?: string
}

function read(octets: string): Message {
  const message = decode(fromHex(octets))
  expect(toHex(encode(message))).to.equal(octets)
  // No sender leaves rubbish in padding; if there is some, a row takes a member for padding.
  expect(message).not.to.have.property('padding')
  return message
}

/** Every value under a key, at any depth. */
function* under(value: unknown, key: string): Generator<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const [name, member] of Object.entries(value)) {
    if (name === key) yield member
    yield* under(member, key)
  }
}

/** Messages that Open vSwitch's printer tells less of, or otherwise, than is in them. */
const PRINTED_OTHERWISE: ReadonlyArray<readonly [RegExp, string]> = [
  [/^del-flows TCP cookie/, 'leaves out out_group'],
  [/^dump-flows TCP table=3,cookie/, 'leaves out out_group and cookie'],
  [/^del-tlv-map TCP$/, 'an empty table has no heading'],
  [/^set-frags/, 'names the value 3, which OpenFlow does not have'],
  [/^ct-flush/, 'another layout'],
  [/monitor TCP watch/, 'leaves out priority; names of flags'],
  [/actions=drop$/, 'ct_nw_*: refuses to read what ovs-ofctl wrote; tun_erspan_*: leaves out; tun_gtpu_*: other names'],
  [/^dump-table-features/, 'another layout'],
  [/^queue-get-config|^\(os-ken\)/, 'refuses to read the request inside the error'],
  [/^monitor TCP 65534$/, 'reads its continuations'],
]

describe('openflow goldens', () => {
  for (const name of ['ovs-ofctl', 'ovs-vswitchd'] as const) {
    const { source, entries } = golden(name)

    it(`${source}: the same octets, nothing unknown, nothing in padding`, () => {
      let count = 0
      for (const { command, messages } of entries) {
        for (const octets of messages) {
          const message = read(octets)
          expect(message.type, command.join(' ')).not.to.equal('experimenter')
          expect([...under(message, 'field')], command.join(' ')).not.to.include('unknown')
          for (const list of [...under(message, 'actions'), ...under(message, 'instructions')]) {
            for (const { type } of (Array.isArray(list) ? list : []) as Array<{ type: string }>) {
              expect(type, command.join(' ')).not.to.equal('experimenter')
            }
          }
          count++
        }
      }
      expect(count).to.be.greaterThan(50)
    })

    it(`${source}: Open vSwitch reads them as we do`, () => {
      let alike = 0
      const different: string[] = []
      for (const { command, messages, texts } of entries) {
        messages.forEach((octets, i) => {
          // The packet itself, which ovs-ofctl prints as a flow of its own, is not part of the codec.
          const theirs = texts[i]!.replace(/(data_len=\d+.*)\n[^\n]*nw_frag=no$/, '$1')
          if (formatMessage(read(octets)).trimEnd() === theirs) alike++
          else if (!PRINTED_OTHERWISE.some(([pattern]) => pattern.test(command.join(' '))))
            different.push(`${command.join(' ')}: ${theirs}`)
        })
      }
      expect(different).to.deep.equal([])
      // Exceptions must stay exceptions.
      const all = entries.reduce((sum, { messages }) => sum + messages.length, 0)
      expect(alike / all).to.be.greaterThan(name === 'ovs-ofctl' ? 0.95 : 0.7)
    })
  }

  it('ovs-ofctl: every field has the value and mask of the command', () => {
    const entries = golden('ovs-ofctl').entries.filter(({ field }) => field !== undefined)
    expect(entries.length).to.be.greaterThan(100)
    for (const { command, messages, field, value, mask } of entries) {
      const message = read(messages.at(-2)!) as {
        match?: Array<{ field: string; value: number | bigint; mask?: number | bigint }>
      }
      const oxm = message.match?.find((one) => one.field === field) ?? register(field!, message.match ?? [])
      expect(oxm, command.join(' ')).not.to.equal(undefined)
      expect(
        [BigInt(oxm!.value), oxm!.mask === undefined ? undefined : BigInt(oxm!.mask)],
        command.join(' '),
      ).to.deep.equal([BigInt(value!), mask === undefined ? undefined : BigInt(mask)])
    }
  })

  it('os-ken: the same octets, and every member has the value that os-ken tells', () => {
    const { entries } = golden('os-ken') as unknown as {
      entries: Array<{ name: string; octets: string; osken: Account }>
    }
    expect(entries.length).to.be.greaterThan(250)
    const types = new Set<string>()
    for (const { name, octets, osken } of entries) {
      const message = read(octets)
      types.add('mp_type' in message ? `${message.type} ${message.mp_type}` : message.type)
      const seen = new Set<string>()
      agree(osken, message, name, '', seen)
      expect(
        leaves(message, '').filter((path) => !seen.has(path) && path !== '.reserved'),
        name,
      ).to.deep.equal([])
    }
    // Every message type of OpenFlow 1.3.5, both sides of every multipart type.
    expect([...types].filter((type) => !type.startsWith('multipart'))).to.have.length(28)
    expect([...types].filter((type) => type.startsWith('multipart'))).to.have.length(
      2 * (Object.keys(MULTIPART).length - 1),
    )
  })
})

/** Wide registers, which ovs-ofctl matches by the 32 bit registers that they consist of; zero is matched too. */
function register(
  field: string,
  match: ReadonlyArray<{ field: string; value: number | bigint }>,
): { value: bigint; mask?: never } | undefined {
  const parts = /^(x+)reg(\d+)$/.exec(field)
  if (parts === null) return undefined
  const count = 2 ** parts[1]!.length
  const first = Number(parts[2]) * count
  const values = Array.from({ length: count }, (_, i) => match.find((one) => one.field === `reg${first + i}`)?.value)
  if (values.includes(undefined)) return undefined
  return { value: values.reduce<bigint>((sum, value) => (sum << 32n) | BigInt(value!), 0n) }
}

// ---- os-ken's account -----------------------------------------------------------------------------------------

type Account = null | number | string | Account[] | { [key: string]: Account }

/** Names that are ours alone, of classes' members. */
const RENAMED: Readonly<Record<string, string>> = {
  'OFPGroupMod.type': 'group_type',
  'OFPGroupDescStats.type': 'group_type',
  'OFPErrorMsg.type': 'error_type',
  'OFPHelloElemVersionBitmap.versions': 'bitmaps',
  'OFPTableFeaturePropNextTables.table_ids': 'next_table_ids',
}
const LENGTHS = new Set(['len', 'length', 'actions_len', 'property'])

/** Where a class's number `type` stands among our names. */
type NumberedRow = { readonly number: number | ByVersion<number> }

const NUMBERS: ReadonlyArray<readonly [RegExp, Readonly<Record<string, NumberedRow>>, 'type' | 'mp_type']> = [
  [/^OFPAction/, { ...ACTIONS, experimenter: { number: 0xffff } }, 'type'],
  [/^OFPInstruction/, INSTRUCTIONS, 'type'],
  [/^OFPMeterBand/, METER_BANDS, 'type'],
  [/^OFPTableFeatureProp/, TABLE_FEATURE_PROPERTIES, 'type'],
  [/Stats(Request|Reply)$/, MULTIPART, 'mp_type'],
]

const ENUMERATIONS: Readonly<Record<string, readonly string[]>> = {
  'OFPFlowMod.command': ['add', 'modify', 'modify_strict', 'delete', 'delete_strict'],
  'OFPGroupMod.command': ['add', 'modify', 'delete'],
  'OFPMeterMod.command': ['add', 'modify', 'delete'],
  'OFPGroupMod.type': ['all', 'select', 'indirect', 'ff'],
  'OFPGroupDescStats.type': ['all', 'select', 'indirect', 'ff'],
  'OFPRoleRequest.role': ['nochange', 'equal', 'master', 'slave'],
  'OFPRoleReply.role': ['nochange', 'equal', 'master', 'slave'],
  'OFPPacketIn.reason': ['no_match', 'action', 'invalid_ttl'],
  'OFPPortStatus.reason': ['add', 'delete', 'modify'],
  'OFPFlowRemoved.reason': ['idle_timeout', 'hard_timeout', 'delete', 'group_delete'],
}

function leaves(value: unknown, path: string): string[] {
  if (value instanceof Uint8Array) return value.length === 0 ? [] : [path]
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'type' || key === 'xid' ? [] : leaves(member, `${path}.${key}`),
  )
}

function agree(account: Account, ours: unknown, name: string, path: string, seen: Set<string>): void {
  const at = `${name}${path}`
  if (account === null) {
    expect(ours === undefined || (ours instanceof Uint8Array && ours.length === 0), at).to.equal(true)
    seen.add(path)
  } else if (Array.isArray(account)) {
    expect(ours, at).to.be.an('array').of.length(account.length)
    account.forEach((one, i) => {
      agree(one, (ours as unknown[])[i], name, `${path}.${i}`, seen)
    })
  } else if (typeof account === 'object') {
    const [[cls, members]] = Object.entries(account) as [[string, Account]]
    agreeClass(cls, members as { [key: string]: Account }, ours, name, path, seen)
  } else {
    expect(plain(ours), at).to.equal(plainAccount(account, ours))
    seen.add(path)
  }
}

function agreeClass(
  cls: string,
  members: { [key: string]: Account },
  ours: unknown,
  name: string,
  path: string,
  seen: Set<string>,
): void {
  const at = `${name}${path} ${cls}`
  const to = (key: string, value: Account): void => {
    agree(value, (ours as Record<string, unknown>)[key], name, `${path}.${key}`, seen)
  }
  if (cls === 'OFPMatch') {
    agree(members['oxm_fields']!, ours, name, path, seen)
    return
  }
  if (cls === 'OXMTlv') {
    // The fields that os-ken names otherwise.
    const field = String(members['field']).replace(/^tun_ipv4_(src|dst)$/, 'tun_$1')
    agree({ _: { ...members, field } }, ours, name, path, seen)
    return
  }
  if (cls === 'OFPInstructionId' || cls === 'OFPActionId') {
    const table = cls === 'OFPActionId' ? ACTIONS : INSTRUCTIONS
    expect(
      numberIn((table as Readonly<Record<string, NumberedRow>>)[ours as string]!.number, VERSIONS.of13),
      at,
    ).to.equal(members['type'])
    seen.add(path)
    return
  }
  if (cls === 'OFPOxmId') {
    // os-ken writes these headers with length 0, so that they are nobody's and stay numbers: class, field, mask bit.
    const { header } = ours as { header: number }
    const row = OXM[members['type'] as 'in_port']
    expect([header >>> 16, (header >>> 9) & 0x7f, header & 0x1ff], at).to.deep.equal([
      row.class,
      row.id,
      members['hasmask'] ? 0x100 : 0,
    ])
    seen.add(`${path}.header`)
    return
  }
  if (cls === 'OFPSetAsync' || cls === 'OFPGetAsyncReply') {
    for (const [key, [master, slave]] of Object.entries(members) as Array<[string, [number, number]]>) {
      to(`${key}_master`, master)
      to(`${key}_slave`, slave)
    }
    return
  }
  if (cls === 'OFPGroupFeaturesStats') {
    for (const [key, value] of Object.entries(members)) {
      if (!Array.isArray(value)) to(key, value)
      else
        ['all', 'select', 'indirect', 'ff'].forEach((kind, i) => {
          to(`${key}_${kind}`, value[i]!)
        })
    }
    return
  }
  const numbers = NUMBERS.find(([pattern]) => pattern.test(cls))
  const asked = /^OFP(Flow|Aggregate|Port|Queue|Group|Meter|MeterConfig|Experimenter)StatsRequest$/.test(cls)
  for (const [key, value] of Object.entries(members)) {
    const full = `${cls}.${key}`
    if (LENGTHS.has(key)) continue
    // os-ken has one class for the three instructions; one of them has no actions.
    if (key === 'actions' && (ours as { type?: string }).type === 'clear_actions') continue
    if (key === 'type' && RENAMED[full] === undefined) {
      if (numbers !== undefined) {
        const [, table, mine] = numbers
        expect(numberIn(table[(ours as Record<string, string>)[mine]!]!.number, VERSIONS.of13), at).to.equal(value)
        if (mine === 'mp_type') seen.add(`${path}.mp_type`)
      }
      continue
    }
    if (full === 'OFPHelloElemVersionBitmap.versions') {
      to('bitmaps', [(value as number[]).reduce((sum, version) => sum + 2 ** version, 0)])
      continue
    }
    const names = ENUMERATIONS[full]
    const mine = RENAMED[full] ?? key
    const path2 = asked && key !== 'flags' ? `body.${mine}` : mine
    const member = path2.split('.').reduce<unknown>((object, k) => (object as Record<string, unknown>)[k], ours)
    // os-ken puts the one body of meter_features into a list.
    const listed = cls === 'OFPMeterFeaturesStatsReply' && Array.isArray(value) && value.length === 1
    let wanted = listed ? value[0]! : names === undefined ? value : names[value as number]!
    if (full === 'OFPErrorMsg.type') wanted = errorKind(value as number, 0).error_type
    if (full === 'OFPErrorMsg.code') wanted = errorKind(members['type'] as number, value as number).code
    agree(wanted, member, name, `${path}.${path2}`, seen)
  }
}

/** Our value as text or number that compares. */
function plain(ours: unknown): string {
  if (ours instanceof Uint8Array) return Buffer.from(ours).toString('base64')
  return String(ours)
}

/** os-ken's scalar in the form of ours: addresses as numbers. */
function plainAccount(account: number | string, ours: unknown): string {
  if (typeof account === 'number' || typeof ours === 'string' || ours instanceof Uint8Array) return String(account)
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(account)) return String(Number(`0x${account.replaceAll(':', '')}`))
  if (/^\d+\.\d+\.\d+\.\d+$/.test(account))
    return String(account.split('.').reduce((sum, part) => sum * 256 + Number(part), 0))
  if (account.includes(':')) return String(ipv6(account))
  return String(BigInt(account))
}

function ipv6(address: string): bigint {
  const [front, back] = address.split('::') as [string, string | undefined]
  const head = front === '' ? [] : front.split(':')
  const tail = back === undefined || back === '' ? [] : back.split(':')
  const middle = back === undefined ? [] : new Array<string>(8 - head.length - tail.length).fill('0')
  return [...head, ...middle, ...tail].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}
