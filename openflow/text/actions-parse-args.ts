/** Actions with many arguments, out of text: controller, ct, nat, bundle, multipath, sample, encap. */

import type { Action, CtZone } from '../spec/actions-nested.ts'
import type { NatRange } from '../spec/actions-nicira.ts'
import { NX_CT_COMMIT, NX_CT_FORCE, NX_CT_RECIRC_NONE, NX_NAT_DST, NX_NAT_SRC } from '../spec/constants.ts'
import { type EncapProperty, PACKET_TYPE } from '../spec/encap.ts'
import { TextError, unknownName } from './error.ts'
import { parseBits, parsePort, parseTable, type TextOptions } from './names.ts'
import { givenValue, type KeyValue, keyValue, type Piece, parseNumber, piece, slice, splitList } from './scan.ts'
import { parseIpv4, parseIpv6, parseOctets } from './values.ts'

/** One of a list of names. */
function oneOf<const N extends string>(what: string, part: Piece, all: readonly N[]): N {
  const found = all.find((name) => name === part.text)
  if (found === undefined) throw unknownName(what, part.text, part.at, all)
  return found
}

const CONTROLLER_PORT = 0xfffffffd
type Property = Extract<Action, { type: 'nx_controller2' }>['properties'][number]

/** `controller:128`, `controller(reason=…,max_len=…,id=…,userdata=…,pause,meter_id=…)`. */
export function parseController(part: KeyValue): Action {
  if (part.args === undefined) {
    const max_len = part.value === undefined || part.value.text === '' ? 0xffff : parseNumber(part.value, 16)
    return { type: 'output', port: CONTROLLER_PORT, max_len }
  }
  const found: Partial<Record<Property['type'], Property>> = {}
  let userdata: Uint8Array | undefined
  for (const arg of splitList(part.args)) {
    const parsed = keyValue(arg)
    const name = parsed.key.text
    if (name === 'max_len') found.max_len = { type: 'max_len', max_len: parseNumber(givenValue(parsed), 16) }
    else if (name === 'id')
      found.controller_id = { type: 'controller_id', controller_id: parseNumber(givenValue(parsed), 16) }
    else if (name === 'reason') found.reason = { type: 'reason', reason: oneOf('reason', givenValue(parsed), REASONS) }
    else if (name === 'userdata') userdata = parseOctets(givenValue(parsed))
    else if (name === 'pause') found.pause = { type: 'pause' }
    else if (name === 'meter_id') found.meter_id = { type: 'meter_id', meter_id: parseNumber(givenValue(parsed), 32) }
    else throw unknownName('argument', name, arg.at, CONTROLLER_ARGUMENTS)
  }
  if (userdata !== undefined && userdata.length > 0) found.userdata = { type: 'userdata', userdata }
  return leastController(found, userdata !== undefined)
}

const REASONS = ['no_match', 'action', 'invalid_ttl', 'action_set', 'group', 'packet_out'] as const
const CONTROLLER_ARGUMENTS = ['max_len', 'id', 'reason', 'userdata', 'pause', 'meter_id']
/** The order in which properties are sent. */
const PROPERTIES = ['max_len', 'controller_id', 'reason', 'userdata', 'pause', 'meter_id'] as const

/** The action with the fewest octets that can say it; output of plain OpenFlow unless `own` is asked for. */
function leastController(found: Partial<Record<Property['type'], Property>>, own: boolean): Action {
  const { max_len = 0xffff } = found.max_len?.type === 'max_len' ? found.max_len : {}
  const { controller_id = 0 } = found.controller_id?.type === 'controller_id' ? found.controller_id : {}
  const { reason = 'action' } = found.reason?.type === 'reason' ? found.reason : {}
  if (found.userdata === undefined && found.pause === undefined && found.meter_id === undefined) {
    if (controller_id === 0 && reason === 'action' && !own) return { type: 'output', port: CONTROLLER_PORT, max_len }
    return { type: 'nx_controller', max_len, controller_id, reason }
  }
  if (max_len === 0xffff) delete found.max_len
  if (controller_id === 0) delete found.controller_id
  if (reason === 'action') delete found.reason
  return { type: 'nx_controller2', properties: PROPERTIES.flatMap((name) => found[name] ?? []) }
}

const CT_ARGUMENTS = ['commit', 'force', 'table', 'zone', 'exec', 'nat', 'alg']

/** What is between the brackets of `ct(…)`. */
export function parseCt(args: Piece, options: TextOptions, actionsOf: (text: Piece) => Action[]): Action {
  let flags = 0
  let zone: CtZone = 0
  let recirc_table = NX_CT_RECIRC_NONE
  let alg: Extract<Action, { type: 'nx_ct' }>['alg'] = 'none'
  const nat: Action[] = []
  const inside: Action[] = []
  for (const arg of splitList(args)) {
    const part = keyValue(arg)
    switch (part.key.text) {
      case 'commit':
        flags |= NX_CT_COMMIT
        break
      case 'force':
        flags |= NX_CT_FORCE
        break
      case 'table':
        recirc_table = parseTable(givenValue(part), options)
        break
      case 'zone':
        zone = parseZone(givenValue(part))
        break
      case 'alg':
        alg = oneOf('application', givenValue(part), ['ftp', 'tftp'])
        break
      case 'nat':
        nat.push(parseNat(part))
        break
      case 'exec':
        inside.push(...actionsOf(part.args ?? givenValue(part)))
        break
      default:
        throw unknownName('argument', part.key.text, arg.at, CT_ARGUMENTS)
    }
  }
  return { type: 'nx_ct', flags, zone, recirc_table, alg, actions: [...nat, ...inside] }
}

function parseZone(part: Piece): CtZone {
  if (/^\d/.test(part.text)) return parseNumber(part, 16)
  const { field, ofs, n_bits } = parseBits(part)
  return { field, ofs, n_bits }
}

const NAT_BITS: Readonly<Record<string, number>> = { persistent: 4, hash: 8, random: 16 }

/** `nat`, `nat(src=1.2.3.4-1.2.3.9:10-20,random)`. */
export function parseNat(part: KeyValue): Action {
  let flags = 0
  let range: NatRange = {}
  for (const arg of splitList(part.args ?? piece(''))) {
    const { key, value: target } = keyValue(arg)
    if (key.text === 'src' || key.text === 'dst') {
      flags |= key.text === 'src' ? NX_NAT_SRC : NX_NAT_DST
      if (target !== undefined) range = natRange(target)
    } else if (Object.hasOwn(NAT_BITS, key.text)) flags |= NAT_BITS[key.text]!
    else throw unknownName('argument', key.text, arg.at, ['src', 'dst', ...Object.keys(NAT_BITS)])
  }
  if ((flags & NX_NAT_SRC) !== 0 && (flags & NX_NAT_DST) !== 0) {
    throw new TextError('syntax', part.key.at, 'nat takes src or dst')
  }
  if (flags !== 0 && (flags & (NX_NAT_SRC | NX_NAT_DST)) === 0) {
    throw new TextError('missing', part.key.at, 'nat takes persistent, hash and random with src or dst only')
  }
  if ((flags & NAT_BITS['hash']!) !== 0 && (flags & NAT_BITS['random']!) !== 0) {
    throw new TextError('syntax', part.key.at, 'nat takes hash or random')
  }
  return { type: 'nx_nat', flags, range }
}

const V4 = /^(\d[\d.]*)(?:-(\d[\d.]*))?(?::(\d+)(?:-(\d+))?)?$/
const V6 = /^(?:\[([^\]]+)\](?:-\[([^\]]+)\])?(?::(\d+)(?:-(\d+))?)?|([0-9a-f:.]+)(?:-([0-9a-f:.]+))?)$/i

function natRange(part: Piece): NatRange {
  const at = (text: string | undefined): Piece => ({ text: text ?? '', at: part.at + part.text.indexOf(text ?? '') })
  const ports = (min: string | undefined, max: string | undefined): NatRange => ({
    ...(min === undefined ? {} : { proto_min: parseNumber(at(min), 16) }),
    ...(max === undefined ? {} : { proto_max: parseNumber(at(max), 16) }),
  })
  const only = /^:(\d+)(?:-(\d+))?$/.exec(part.text)
  if (only !== null) return ports(only[1], only[2])
  const v4 = V4.exec(part.text)
  if (v4 !== null) {
    const max = v4[2] === undefined ? {} : { ipv4_max: Number(parseIpv4(at(v4[2]))) }
    return { ipv4_min: Number(parseIpv4(at(v4[1]))), ...max, ...ports(v4[3], v4[4]) }
  }
  const v6 = V6.exec(part.text)
  if (v6 === null) throw new TextError('bad_value', part.at, `no range of addresses and ports: ${part.text}`)
  const last = v6[2] ?? v6[6]
  const max = last === undefined ? {} : { ipv6_max: parseIpv6(at(last)) }
  return { ipv6_min: parseIpv6(at(v6[1] ?? v6[5])), ...max, ...ports(v6[3], v6[4]) }
}

const HASH_FIELDS = [
  'eth_src',
  'symmetric_l4',
  'symmetric_l3l4',
  'symmetric_l3l4+udp',
  'symmetric_l3',
  'nw_src',
  'nw_dst',
] as const
type HashFields = Extract<Action, { type: 'nx_multipath' }>['fields']

function hashFields(part: Piece): HashFields {
  const found = oneOf('hash', part, [...HASH_FIELDS, 'symmetric_l3l4_udp'])
  return found.replace('+', '_') as HashFields
}

function argument(args: readonly Piece[], i: number, part: KeyValue): Piece {
  const found = args[i]
  if (found === undefined) throw new TextError('missing', part.key.at, `${part.key.text} has too few arguments`)
  return found
}

/** `multipath(fields,basis,algorithm,n_links,arg,dst)`. */
export function parseMultipath(part: KeyValue): Action {
  const args = splitList(part.args ?? givenValue(part))
  const at = (i: number): Piece => argument(args, i, part)
  const links = parseNumber(at(3), 17)
  if (links < 1 || links > 65536) throw new TextError('bad_value', at(3).at, '1..65536 links wanted')
  const { field, ofs, n_bits } = parseBits(at(5))
  return {
    type: 'nx_multipath',
    fields: hashFields(at(0)),
    basis: parseNumber(at(1), 16),
    algorithm: oneOf('algorithm', at(2), ['modulo_n', 'hash_threshold', 'hrw', 'iter_hash']),
    max_link: links - 1,
    arg: parseNumber(at(4), 32),
    ofs_nbits: { ofs, n_bits },
    dst: field,
  }
}

/** `bundle(fields,basis,algorithm,ofport,members:1,2)`; bundle_load has a destination before the members. */
export function parseBundle(part: KeyValue, options: TextOptions): Action {
  const args = splitList(part.args ?? givenValue(part))
  const load = part.key.text.toLowerCase() === 'bundle_load'
  const at = (i: number): Piece => argument(args, i, part)
  oneOf('kind of members', at(3), ['ofport'])
  const from = load ? 5 : 4
  const first = at(from)
  const members = /^(?:members|slaves):/.exec(first.text)
  if (members === null) throw new TextError('syntax', first.at, 'members: wanted')
  const ports = [slice(first, members[0].length), ...args.slice(from + 1)].filter(({ text }) => text !== '')
  const range = load ? parseBits(at(4)) : undefined
  return {
    type: load ? 'nx_bundle_load' : 'nx_bundle',
    algorithm: oneOf('algorithm', at(2), ['active_backup', 'hrw']),
    fields: hashFields(at(0)),
    basis: parseNumber(at(1), 16),
    slave_type: 'nxm_of_in_port',
    ofs_nbits: range === undefined ? 0 : (range.ofs << 6) | (range.n_bits - 1),
    dst: range === undefined ? 0 : range.field,
    slaves: ports.map((port) => parsePort(port, options, false)),
  }
}

/** `sample(probability=…,collector_set_id=…,obs_domain_id=…,obs_point_id=…,sampling_port=…,ingress)`. */
export function parseSample(part: KeyValue, options: TextOptions): Action {
  const numbers = { probability: 0, collector_set_id: 0, obs_domain_id: 0, obs_point_id: 0 }
  let sampling_port = 0xffff
  let direction: 'default' | 'ingress' | 'egress' = 'default'
  const names = [...Object.keys(numbers), 'sampling_port', 'ingress', 'egress']
  for (const arg of splitList(part.args ?? givenValue(part))) {
    const parsed = keyValue(arg)
    const name = parsed.key.text
    if (Object.hasOwn(numbers, name)) {
      numbers[name as keyof typeof numbers] = parseNumber(givenValue(parsed), name === 'probability' ? 16 : 32)
    } else if (name === 'sampling_port') sampling_port = parsePort(givenValue(parsed), options, false)
    else if (name === 'ingress' || name === 'egress') direction = name
    else throw unknownName('argument', name, arg.at, names)
  }
  if (numbers.probability === 0) throw new TextError('missing', part.key.at, 'sample needs a probability of 1..65535')
  if (direction !== 'default') return { type: 'nx_sample3', ...numbers, sampling_port, direction }
  if (sampling_port !== 0xffff) return { type: 'nx_sample2', ...numbers, sampling_port, direction }
  return { type: 'nx_sample', ...numbers }
}

/** Octets of a TLV that the 8 bit length of its property can count. */
const MOST_TLV = 240

/** `ethernet`, `nsh`, `nsh(md_type=2,tlv(0x1000,10,0x12345678))`. */
export function parseEncap(args: Piece): Action {
  const { key, args: inner } = keyValue(args)
  const header = Object.entries(PACKET_TYPE).find(([name]) => name === key.text)
  if (header === undefined) throw unknownName('header', key.text, key.at, Object.keys(PACKET_TYPE))
  const properties = (inner === undefined ? [] : splitList(inner)).map((arg): EncapProperty => {
    const part = keyValue(arg)
    if (part.key.text === 'md_type') return { type: 'nsh_md_type', md_type: parseNumber(givenValue(part), 8) }
    if (part.key.text !== 'tlv' || part.args === undefined) {
      throw unknownName('argument', part.key.text, arg.at, ['md_type', 'tlv'])
    }
    const [cls, type, octets] = splitList(part.args)
    if (cls === undefined || type === undefined || octets === undefined) {
      throw new TextError('missing', arg.at, 'tlv takes class, type and data')
    }
    // ovs-ofctl prints no zero in front of the first digit.
    const odd = /^0x([0-9a-f]{2})*[0-9a-f]$/i.test(octets.text)
    const data = parseOctets(odd ? { text: `0${octets.text.slice(2)}`, at: octets.at } : octets)
    if (data.length > MOST_TLV) throw new TextError('bad_value', octets.at, `at most ${MOST_TLV} octets wanted`)
    return { type: 'nsh_tlv', tlv_class: parseNumber(cls, 16), tlv_type: parseNumber(type, 8), data }
  })
  return { type: 'nx_encap', hdr_size: 0, new_pkt_type: header[1], properties }
}

/** `packet_type(ns=…,type=…)`, or nothing where the packet says what is inside. */
export function parseDecap(args: Piece): Action {
  const found = /^(?:packet_type\(ns=(\d+),\s*type=(0x[0-9a-f]+|\d+)\))?$/i.exec(args.text.trim())
  const [ns, type] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)]
  if (found === null || ns > 0xffff || type > 0xffff) {
    throw new TextError('syntax', args.at, 'packet_type(ns=…,type=…) wanted')
  }
  return { type: 'nx_decap', new_pkt_type: found[1] === undefined ? USE_NEXT_PROTO : ns * 0x10000 + type }
}

const USE_NEXT_PROTO = 0xfffe
