/**
 * Actions out of text: one row per name in `READERS`. Where OpenFlow has an action and Open vSwitch another of the
 * same effect, the result is the one that ovs-ofctl sends on a 1.3 connection.
 */

import type { Action } from '../spec/actions-nested.ts'
import { PORT_CONTROLLER } from '../spec/constants.ts'
import { oxmRow } from '../spec/oxm.ts'
import {
  FIELD_READERS,
  readCheckPktLarger,
  readDeleteField,
  readLoad,
  readMove,
  readSetField,
  readStack,
} from './actions-fields.ts'
import {
  parseBundle,
  parseController,
  parseCt,
  parseDecap,
  parseEncap,
  parseMultipath,
  parseNat,
  parseSample,
} from './actions-parse-args.ts'
import { bare, behind, mayBehind, named, need, number, type Reader } from './actions-reader.ts'
import { TextError } from './error.ts'
import { parseLearn } from './learn.ts'
import { fieldByText, parseBits, parsePort, parseTable, type TextOptions } from './names.ts'
import { type Piece, parseNumber, splitList } from './scan.ts'
import { parseOctets } from './values.ts'

const IN_PORT = 0xfff8
const HERE = 0xff
const WHOLE_PACKET = 0xffff

/** Output to a port; all of the packet if it is the controller. */
export function toPort(target: Piece, options: TextOptions): Action {
  const port = parsePort(target, options)
  return { type: 'output', port, max_len: port === PORT_CONTROLLER ? WHOLE_PACKET : 0 }
}

const output: Reader = (part, { options }) => {
  const target = behind(part)
  if (part.args?.text.includes('=')) {
    const args = named(part.args)
    const port = parsePort(need(args, 'port', part), options, false)
    return { type: 'nx_output_trunc', port, max_len: parseNumber(need(args, 'max_len', part), 32) }
  }
  if (/^[A-Za-z_]/.test(target.text)) {
    const name = target.text.replace(/\[.*$/, '')
    if (target.text.includes('[') || (fieldByText(name) !== undefined && !/^in_port$/i.test(name))) {
      const { field, ofs, n_bits } = parseBits(target, false)
      const type = oxmRow(field).experimenter === undefined ? 'nx_output_reg' : 'nx_output_reg2'
      return { type, ofs_nbits: { ofs, n_bits }, src: field, max_len: WHOLE_PACKET }
    }
  }
  const colon = /^(controller):(\d+)$/i.exec(target.text)
  if (colon === null) return toPort(target, options)
  const size = { text: colon[2]!, at: target.at + colon[1]!.length + 1 }
  return { type: 'output', port: PORT_CONTROLLER, max_len: parseNumber(size, 16) }
}

const resubmit: Reader = (part, { options }) => {
  const parts = splitList(behind(part), { empty: true, blanks: false })
  const [port, table, ct, extra] = parts
  if (extra !== undefined || (ct !== undefined && ct.text !== 'ct')) {
    throw new TextError('syntax', (extra ?? ct)!.at, 'resubmit takes port, table and ct')
  }
  const empty = (p: Piece | undefined): p is undefined => p === undefined || p.text === ''
  const in_port = empty(port) ? IN_PORT : parsePort(port, options, false)
  const number = empty(table) ? HERE : parseTable(table, options)
  if (in_port === IN_PORT && number === HERE) {
    throw new TextError('missing', behind(part).at, 'resubmit needs a port or a table')
  }
  return { type: ct === undefined ? 'nx_resubmit_table' : 'nx_resubmit_table_ct', in_port, table: number }
}

const conjunction: Reader = (part) => {
  const args = behind(part)
  const found = /^\s*(0x[0-9a-f]+|\d+)\s*,\s*(\d+)\/(\d+)\s*$/i.exec(args.text)
  if (found === null) throw new TextError('syntax', args.at, 'conjunction takes id,k/n')
  const [id, clause, n_clauses] = [Number(found[1]), Number(found[2]), Number(found[3])]
  if (id > 0xffffffff || n_clauses < 2 || n_clauses > 64 || clause < 1 || clause > n_clauses) {
    throw new TextError('bad_value', args.at, 'k of n clauses wanted, n in 2..64')
  }
  return { type: 'nx_conjunction', clause: clause - 1, n_clauses, id }
}

/** Octets in hexadecimal with optional dots; they fill the action up to a multiple of 8. */
const note: Reader = (part) => {
  const out = [...parseOctets(mayBehind(part))]
  while (out.length % 8 !== 6) out.push(0)
  return { type: 'nx_note', note: Uint8Array.from(out) }
}

const decTtl: Reader = (part) => {
  const ids = splitList(mayBehind(part)).map((id) => parseNumber(id, 16))
  return ids.length === 0 ? { type: 'dec_nw_ttl' } : { type: 'nx_dec_ttl_cnt_ids', cnt_ids: ids }
}

const finTimeout: Reader = (part) => {
  const args = named(mayBehind(part))
  const seconds = (name: string): number => (args.has(name) ? parseNumber(args.get(name)!, 16) : 0)
  for (const [name, { at }] of args) {
    if (name !== 'idle_timeout' && name !== 'hard_timeout') throw new TextError('unknown_name', at, `unknown ${name}`)
  }
  return {
    type: 'nx_fin_timeout',
    fin_idle_timeout: seconds('idle_timeout'),
    fin_hard_timeout: seconds('hard_timeout'),
  }
}

/** OpenFlow 1.0's action is three of later versions. */
const enqueue: Reader = (part, { options }) => {
  const args = behind(part)
  const cut = args.text.search(/[:,q]/)
  if (cut < 0) throw new TextError('syntax', args.at, 'enqueue takes port and queue')
  const port = parsePort({ text: args.text.slice(0, cut), at: args.at }, options)
  const queue_id = parseNumber({ text: args.text.slice(cut + 1), at: args.at + cut + 1 }, 32)
  return [{ type: 'set_queue', queue_id }, { type: 'output', port, max_len: WHOLE_PACKET }, { type: 'nx_pop_queue' }]
}

const ethertype = (type: 'push_vlan' | 'push_mpls' | 'pop_mpls' | 'push_pbb'): Reader =>
  number(16, (value) => ({ type, ethertype: value }))

/** An action of an experimenter that no row describes: `experimenter(0x1234,0x0102)`. */
const experimenter: Reader = (part) => {
  const found = /^\s*(0x[0-9a-f]+|\d+)\s*,\s*0x((?:[0-9a-f]{2})*)\s*$/i.exec(behind(part).text)
  if (found === null || Number(found[1]) > 0xffffffff) {
    throw new TextError('syntax', behind(part).at, 'experimenter takes an id and octets')
  }
  return { type: 'experimenter', experimenter: Number(found[1]), data: Uint8Array.from(Buffer.from(found[2]!, 'hex')) }
}

export const READERS: Readonly<Record<string, Reader>> = {
  ...FIELD_READERS,
  output,
  controller: parseController,
  enqueue,
  group: number(32, (group_id) => ({ type: 'group', group_id })),
  set_queue: number(32, (queue_id) => ({ type: 'set_queue', queue_id })),
  pop_queue: bare(() => ({ type: 'nx_pop_queue' })),
  bundle: (part, { options }) => parseBundle(part, options),
  bundle_load: (part, { options }) => parseBundle(part, options),
  set_field: readSetField,
  load: readLoad,
  move: readMove,
  push: readStack('nx_stack_push'),
  pop: readStack('nx_stack_pop'),
  dec_ttl: decTtl,
  mod_nw_ttl: number(8, (nw_ttl) => ({ type: 'set_nw_ttl', nw_ttl })),
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
  learn: (part, { options }) => parseLearn(behind(part), options),
  conjunction,
  multipath: parseMultipath,
  note,
  exit: bare(() => ({ type: 'nx_exit' })),
  fin_timeout: finTimeout,
  sample: (part, { options }) => parseSample(part, options),
  ct: (part, { options, list }) => parseCt(mayBehind(part), options, list),
  nat: parseNat,
  ct_clear: bare(() => ({ type: 'nx_ct_clear' })),
  debug_slow: bare(() => ({ type: 'nx_debug_slow' })),
  debug_recirc: bare(() => ({ type: 'nx_debug_recirc' })),
  clone: (part, { list }) => ({ type: 'nx_clone', actions: list(mayBehind(part)) }),
  encap: (part) => parseEncap(behind(part)),
  decap: (part) => parseDecap(mayBehind(part)),
  dec_nsh_ttl: bare(() => ({ type: 'nx_dec_nsh_ttl' })),
  check_pkt_larger: readCheckPktLarger,
  delete_field: readDeleteField,
  experimenter,
}
