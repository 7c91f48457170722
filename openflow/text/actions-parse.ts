/**
 * Actions and instructions out of text: one row per name in `READERS`. Where OpenFlow has an action and Open vSwitch
 * another of the same effect, the result is the one that ovs-ofctl sends on a 1.3 connection.
 */

import type { Action } from '../spec/actions-nested.ts'
import type { Instruction } from '../spec/instructions.ts'
import type { FieldName } from '../spec/oxm.ts'
import {
  parseBundle,
  parseController,
  parseCt,
  parseEncap,
  parseMultipath,
  parseNat,
  parseSample,
} from './actions-parse-args.ts'
import { TextError, unknownName } from './error.ts'
import { parseLearn } from './learn.ts'
import { toOxm } from './match-parse.ts'
import {
  FIELD_TEXTS,
  fieldBits,
  fieldByText,
  nxmField,
  parsePort,
  parseRange,
  parseTable,
  plainField,
  type TextOptions,
} from './names.ts'
import { arrow, type KeyValue, keyValue, type Piece, parseBig, parseNumber, piece, splitList } from './scan.ts'
import { ones, parseIpv4, parseMac, parseValue } from './values.ts'

const IN_PORT = 0xfff8
const HERE = 0xff
const CONTROLLER = 0xfffffffd

/** What stands behind the name: `:value` or `(arguments)`; an error if nothing does. */
function behind(part: KeyValue): Piece {
  const found = part.args ?? part.value
  if (found === undefined) {
    throw new TextError('missing', part.key.at + part.key.text.length, `${part.key.text} needs an argument`)
  }
  return found
}

type Reader = (part: KeyValue, options: TextOptions) => Action | Action[]

const number =
  (bits: number, make: (value: number) => Action): Reader =>
  (part) =>
    make(parseNumber(behind(part), bits))
const bare =
  (make: () => Action): Reader =>
  (part) => {
    const extra = part.value ?? (part.args?.text === '' ? undefined : part.args)
    if (extra !== undefined) throw new TextError('syntax', extra.at, `${part.key.text} takes no argument`)
    return make()
  }

function setField(field: FieldName, value: bigint): Action {
  return { type: 'set_field', field: toOxm(field, { masked: { value, mask: ones(fieldBits(field)) } }) }
}

function output(part: KeyValue, options: TextOptions): Action {
  if (part.args !== undefined) {
    const args = named(part.args)
    const port = parsePort(need(args, 'port', part), options, false)
    return { type: 'nx_output_trunc', port, max_len: parseNumber(need(args, 'max_len', part), 32) }
  }
  const target = behind(part)
  if (/^[A-Za-z_]/.test(target.text)) {
    const name = target.text.replace(/\[.*$/, '')
    if (target.text.includes('[') || (fieldByText(name) !== undefined && !/^in_port$/i.test(name))) {
      const { field, ofs, n_bits } = parseRange(target)
      return { type: 'nx_output_reg', ofs_nbits: { ofs, n_bits }, src: field, max_len: 0xffff }
    }
  }
  const colon = /^(controller):(\d+)$/i.exec(target.text)
  if (colon !== null) return { type: 'output', port: CONTROLLER, max_len: Number(colon[2]) }
  return toPort(target, options)
}

/** Output to a port; all of the packet if it is the controller. */
function toPort(target: Piece, options: TextOptions): Action {
  const port = parsePort(target, options)
  return { type: 'output', port, max_len: port === CONTROLLER ? 0xffff : 0 }
}

type Arguments = Map<string, Piece>

/** `key=value` arguments by key; words alone have an empty value. */
export function named(args: Piece): Arguments {
  const out: Arguments = new Map()
  for (const part of splitList(args)) {
    const { key, value } = keyValue(part)
    if (out.has(key.text)) throw new TextError('duplicate', key.at, `${key.text} twice`)
    out.set(key.text, value ?? { text: '', at: key.at + key.text.length })
  }
  return out
}

export function need(args: Arguments, name: string, part: KeyValue): Piece {
  const found = args.get(name)
  if (found === undefined) throw new TextError('missing', part.key.at, `${part.key.text} needs ${name}`)
  return found
}

/** `value[/mask]->field`. With a mask: a load for each run of its bits, as a switch takes them. */
function setFieldText(part: KeyValue, options: TextOptions): Action[] {
  const [from, to] = arrow(behind(part))
  const found = /^in_port$/i.test(to.text) ? 'nxm_of_in_port' : fieldByText(to.text)
  if (found === undefined) throw unknownName('field', to.text, to.at, FIELD_TEXTS)
  const field = found === 'nxm_of_in_port' ? found : plainField(found)
  if (/^tun_metadata/.test(field)) {
    const digits = from.text.replace(/^0x/i, '').length
    const size = Math.max(1, Math.ceil(digits / 2))
    return [
      {
        type: 'set_field',
        field: toOxm(field, { masked: { value: parseBig(from, size * 8), mask: ones(size * 8) }, size }),
      },
    ]
  }
  const masked = parseValue(field, from, options)
  if (masked.mask === ones(fieldBits(field))) return [setField(field, masked.value)]
  return loads(field, masked.value, masked.mask)
}

const LOAD_BITS = 64

function loads(field: FieldName, value: bigint, mask: bigint): Action[] {
  const dst = nxmField(field)
  const out: Action[] = []
  for (let ofs = 0; mask >> BigInt(ofs) !== 0n; ) {
    if (!((mask >> BigInt(ofs)) & 1n)) {
      ofs++
      continue
    }
    let n_bits = 1
    while (n_bits < LOAD_BITS && (mask >> BigInt(ofs + n_bits)) & 1n) n_bits++
    const bits = (value >> BigInt(ofs)) & ones(n_bits)
    out.push({ type: 'nx_reg_load', ofs_nbits: { ofs, n_bits }, dst, value: bits })
    ofs += n_bits
  }
  return out
}

function load(part: KeyValue): Action {
  const [from, to] = arrow(behind(part))
  const { field, ofs, n_bits } = parseRange(to)
  if (n_bits > LOAD_BITS) throw new TextError('bad_value', to.at, `load writes at most ${LOAD_BITS} bits`)
  return { type: 'nx_reg_load', ofs_nbits: { ofs, n_bits }, dst: field, value: parseBig(from, n_bits) }
}

function move(part: KeyValue): Action {
  const [from, to] = arrow(behind(part))
  const src = parseRange(from)
  const dst = parseRange(to)
  if (src.n_bits !== dst.n_bits) {
    throw new TextError('bad_value', to.at, `${src.n_bits} bits do not fit ${dst.n_bits} bits`)
  }
  const { n_bits } = src
  return { type: 'nx_reg_move', n_bits, src_ofs: src.ofs, dst_ofs: dst.ofs, src: src.field, dst: dst.field }
}

function stack(type: 'nx_stack_push' | 'nx_stack_pop'): Reader {
  return (part) => {
    const { field, ofs, n_bits } = parseRange(behind(part))
    return { type, offset: ofs, field, n_bits }
  }
}

function resubmit(part: KeyValue, options: TextOptions): Action {
  if (part.args === undefined) return { type: 'nx_resubmit', in_port: parsePort(behind(part), options, false) }
  const [port, table, ct, extra] = splitList(part.args, { empty: true, blanks: false })
  if (extra !== undefined || (ct !== undefined && ct.text !== 'ct')) {
    throw new TextError('syntax', (extra ?? ct)!.at, 'resubmit takes port, table and ct')
  }
  const empty = (p: Piece | undefined): p is undefined => p === undefined || p.text === ''
  if (empty(port) && empty(table)) throw new TextError('missing', part.args.at, 'resubmit needs a port or a table')
  return {
    type: ct === undefined ? 'nx_resubmit_table' : 'nx_resubmit_table_ct',
    in_port: empty(port) ? IN_PORT : parsePort(port, options, false),
    table: empty(table) ? HERE : parseTable(table, options),
  }
}

function conjunction(part: KeyValue): Action {
  const args = behind(part)
  const found = /^\s*(0x[0-9a-f]+|\d+)\s*,\s*(\d+)\/(\d+)\s*$/i.exec(args.text)
  if (found === null) throw new TextError('syntax', args.at, 'conjunction takes id,k/n')
  const [id, clause, n_clauses] = [Number(found[1]), Number(found[2]), Number(found[3])]
  if (id > 0xffffffff || n_clauses < 2 || n_clauses > 64 || clause < 1 || clause > n_clauses) {
    throw new TextError('bad_value', args.at, 'k of n clauses wanted, n in 2..64')
  }
  return { type: 'nx_conjunction', clause: clause - 1, n_clauses, id }
}

/** Octets in hexadecimal with optional dots. */
function octets({ text, at }: Piece): number[] {
  if (!/^([0-9a-f]{2}\.?)*$/i.test(text)) throw new TextError('bad_value', at, 'hexadecimal octets wanted')
  return Array.from(text.replaceAll('.', '').matchAll(/../g), ([digits]) => Number.parseInt(digits, 16))
}

/** The octets of a note fill its action up to a multiple of 8. */
function note(part: KeyValue): Action {
  const out = part.value === undefined ? [] : octets(part.value)
  while (out.length % 8 !== 6) out.push(0)
  return { type: 'nx_note', note: Uint8Array.from(out) }
}

function decTtl(part: KeyValue): Action {
  if (part.args === undefined) return { type: 'dec_nw_ttl' }
  return { type: 'nx_dec_ttl_cnt_ids', cnt_ids: splitList(part.args).map((id) => parseNumber(id, 16)) }
}

function finTimeout(part: KeyValue): Action {
  const args = named(behind(part))
  const seconds = (name: string): number => (args.has(name) ? parseNumber(args.get(name)!, 16) : 0)
  return {
    type: 'nx_fin_timeout',
    fin_idle_timeout: seconds('idle_timeout'),
    fin_hard_timeout: seconds('hard_timeout'),
  }
}

function checkPktLarger(part: KeyValue): Action {
  const { args, tail } = part
  if (args === undefined || tail === undefined) {
    throw new TextError('syntax', part.key.at, 'check_pkt_larger(octets)->field[bit] wanted')
  }
  const to = arrow(tail)[1]
  const { field, ofs, n_bits } = parseRange(to)
  if (n_bits !== 1) throw new TextError('bad_value', to.at, 'one bit wanted')
  return { type: 'nx_check_pkt_larger', pkt_len: parseNumber(args, 16), offset: ofs, dst: field }
}

function deleteField(part: KeyValue): Action {
  const name = behind(part)
  const field = fieldByText(name.text)
  if (field === undefined) throw unknownName('field', name.text, name.at, FIELD_TEXTS)
  return { type: 'nx_delete_field', field }
}

function enqueue(part: KeyValue, options: TextOptions): Action[] {
  const args = behind(part)
  const cut = args.text.search(/[:,q]/)
  if (cut < 0) throw new TextError('syntax', args.at, 'enqueue takes port and queue')
  const port = toPort({ text: args.text.slice(0, cut), at: args.at }, options)
  const queue = parseNumber({ text: args.text.slice(cut + 1), at: args.at + cut + 1 }, 32)
  return [{ type: 'set_queue', queue_id: queue }, port, { type: 'nx_pop_queue' }]
}

const ethertype = (type: 'push_vlan' | 'push_mpls' | 'pop_mpls' | 'push_pbb'): Reader =>
  number(16, (value) => ({ type, ethertype: value }))
const store =
  (field: FieldName, bits: number): Reader =>
  (part) =>
    setField(field, parseBig(behind(part), bits))

const READERS: Readonly<Record<string, Reader>> = {
  output,
  controller: parseController,
  enqueue,
  group: number(32, (group_id) => ({ type: 'group', group_id })),
  set_queue: number(32, (queue_id) => ({ type: 'set_queue', queue_id })),
  pop_queue: bare(() => ({ type: 'nx_pop_queue' })),
  bundle: parseBundle,
  bundle_load: parseBundle,
  set_field: setFieldText,
  load,
  move,
  push: stack('nx_stack_push'),
  pop: stack('nx_stack_pop'),
  dec_ttl: decTtl,
  mod_nw_ttl: number(8, (nw_ttl) => ({ type: 'set_nw_ttl', nw_ttl })),
  mod_nw_src: (part) => setField('ipv4_src', parseIpv4(behind(part))),
  mod_nw_dst: (part) => setField('ipv4_dst', parseIpv4(behind(part))),
  mod_dl_src: (part) => setField('eth_src', parseMac(behind(part))),
  mod_dl_dst: (part) => setField('eth_dst', parseMac(behind(part))),
  mod_nw_tos: (part) => setField('ip_dscp', parseBig(behind(part), 8) >> 2n),
  mod_nw_ecn: store('ip_ecn', 2),
  set_tunnel: store('tunnel_id', 64),
  set_tunnel64: store('tunnel_id', 64),
  set_mpls_label: store('mpls_label', 20),
  set_mpls_tc: store('mpls_tc', 3),
  set_mpls_ttl: number(8, (mpls_ttl) => ({ type: 'set_mpls_ttl', mpls_ttl })),
  dec_mpls_ttl: bare(() => ({ type: 'dec_mpls_ttl' })),
  push_mpls: ethertype('push_mpls'),
  pop_mpls: ethertype('pop_mpls'),
  push_vlan: ethertype('push_vlan'),
  pop_vlan: bare(() => ({ type: 'pop_vlan' })),
  strip_vlan: bare(() => ({ type: 'pop_vlan' })),
  push_pbb: ethertype('push_pbb'),
  pop_pbb: bare(() => ({ type: 'pop_pbb' })),
  copy_ttl_out: bare(() => ({ type: 'copy_ttl_out' })),
  copy_ttl_in: bare(() => ({ type: 'copy_ttl_in' })),
  resubmit,
  learn: (part, options) => parseLearn(behind(part), options),
  conjunction,
  multipath: parseMultipath,
  note,
  exit: bare(() => ({ type: 'nx_exit' })),
  fin_timeout: finTimeout,
  sample: parseSample,
  ct: (part, options) => parseCt(part.args ?? part.value ?? piece(''), options, parseActionList),
  nat: parseNat,
  ct_clear: bare(() => ({ type: 'nx_ct_clear' })),
  clone: (part, options) => ({ type: 'nx_clone', actions: parseActionList(behind(part), options) }),
  encap: (part) => parseEncap(behind(part)),
  decap: (part) => {
    const found = /^(?:packet_type\(ns=(\d+),type=(0x[0-9a-f]+|\d+)\))?$/i.exec(behind(part).text)
    if (found === null) throw new TextError('syntax', behind(part).at, 'packet_type(ns=…,type=…) wanted')
    const { 1: ns, 2: type } = found
    return { type: 'nx_decap', new_pkt_type: ns === undefined ? 0xfffe : Number(ns) * 0x10000 + Number(type) }
  },
  dec_nsh_ttl: bare(() => ({ type: 'nx_dec_nsh_ttl' })),
  check_pkt_larger: checkPktLarger,
  delete_field: deleteField,
}

const INSTRUCTION_NAMES = ['meter', 'clear_actions', 'write_actions', 'write_metadata', 'goto_table']
const ACTION_NAMES = [...Object.keys(READERS), ...INSTRUCTION_NAMES, 'drop']

function readAction(part: KeyValue, whole: Piece, options: TextOptions): Action[] {
  const name = part.key.text.toLowerCase()
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined
  // CONTROLLER is a port and an action: the action has arguments.
  if (reader !== undefined && (name !== 'controller' || part.args !== undefined || part.value !== undefined)) {
    const out = reader(part, options)
    return Array.isArray(out) ? out : [out]
  }
  if (INSTRUCTION_NAMES.includes(name)) throw new TextError('syntax', whole.at, `${name} may not stand here`)
  if (part.value !== undefined || part.args !== undefined)
    throw unknownName('action', part.key.text, whole.at, ACTION_NAMES)
  try {
    return [toPort(whole, options)]
  } catch (error) {
    if (!(error instanceof TextError) || error.code !== 'unknown_name') throw error
    const ports = options.ports?.values() ?? []
    throw unknownName('action or port', part.key.text, whole.at, [
      ...ACTION_NAMES,
      'NORMAL',
      'FLOOD',
      'ALL',
      'IN_PORT',
      'LOCAL',
      ...ports,
    ])
  }
}

/** A list that must be actions only. */
function parseActionList(text: Piece, options: TextOptions): Action[] {
  const parts = splitList(text)
  if (parts.length === 1 && parts[0]!.text.toLowerCase() === 'drop') return []
  return parts.flatMap((part) => readAction(keyValue(part), part, options))
}

/** `ct(commit),output:3`; no actions for `drop` and for nothing. Throws TextError. */
export function parseActions(text: string, options: TextOptions = {}): Action[] {
  return parseActionList(piece(text), options)
}

function readInstruction(part: KeyValue, options: TextOptions): Instruction | undefined {
  switch (part.key.text.toLowerCase()) {
    case 'meter':
      return { type: 'meter', meter_id: parseNumber(behind(part), 32) }
    case 'clear_actions':
      return { type: 'clear_actions' }
    case 'write_actions':
      return { type: 'write_actions', actions: parseActionList(behind(part), options) }
    case 'goto_table':
      return { type: 'goto_table', table_id: parseTable(behind(part), options) }
    case 'write_metadata': {
      const { value, mask } = parseValue('metadata', behind(part), options)
      return { type: 'write_metadata', metadata: value, metadata_mask: mask }
    }
    default:
      return undefined
  }
}

const ORDER = ['meter', 'apply_actions', 'clear_actions', 'write_actions', 'write_metadata', 'goto_table']

/** Instructions from a part of a text; actions outside of write_actions are applied. */
export function parseInstructionList(text: Piece, options: TextOptions): Instruction[] {
  const applied: Action[] = []
  const out: Instruction[] = []
  const parts = splitList(text)
  for (const part of parts) {
    const parsed = keyValue(part)
    const instruction = readInstruction(parsed, options)
    if (instruction !== undefined) {
      if (out.some(({ type }) => type === instruction.type)) {
        throw new TextError('duplicate', part.at, `${instruction.type} twice`)
      }
      out.push(instruction)
    } else if (part.text.toLowerCase() === 'drop') {
      if (parts.length > 1) throw new TextError('syntax', part.at, 'drop stands alone')
    } else applied.push(...readAction(parsed, part, options))
  }
  if (applied.length > 0) out.push({ type: 'apply_actions', actions: applied })
  return out.sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type))
}

/** The same of a whole text. Throws TextError. */
export function parseInstructions(text: string, options: TextOptions = {}): Instruction[] {
  return parseInstructionList(piece(text), options)
}
