/**
 * What a switch refuses in a flow, before it installs it (sections 6.4, 7.2.3.6, 7.2.5 and 7.4.4; where the text
 * leaves a choice, Open vSwitch's): instructions, their tables, meters and groups, actions, and whether a field
 * that an action names is one that the match says is there. Throws Refusal, returns nothing.
 */

import type { Action } from '../spec/actions-nested.ts'
import * as k from '../spec/constants.ts'
import type { ErrorCodeName } from '../spec/errors.ts'
import type { Instruction } from '../spec/instructions.ts'
import type { LearnSpec } from '../spec/learn.ts'
import { checkMatch } from '../spec/match.ts'
import type { FieldName, FieldRef, Oxm } from '../spec/oxm.ts'
import { oxmRow } from '../spec/oxm.ts'
import { type Frame, isOption, MAX_TAGS, width } from './frame.ts'
import { Refusal } from './refusal.ts'
import { type State, TABLE_COUNT, type Test, testsOf } from './state.ts'
import { fieldWidth } from './tunnel.ts'

/** Fields that the simulation has no packets for; Open vSwitch has no ipv6_exthdr, in_phy_port and pbb either. */
const UNSUPPORTED =
  /^(in_phy_port|ipv6_exthdr|pbb_.*|tun_erspan_.*|tun_gtpu_.*|nsh_.*|dp_hash|recirc_id|nd_options_type)$/

export function checkMatchFields(match: readonly Oxm[], options: State['options']): void {
  const fault = checkMatch(match)
  if (fault !== undefined) throw new Refusal('bad_match', fault.code, fault.detail)
  for (const { field } of match) {
    if (UNSUPPORTED.test(field)) throw new Refusal('bad_match', 'bad_field', field)
    if (field !== 'unknown') fieldWidth(field, options)
  }
}

const badAction = (code: ErrorCodeName, detail = ''): Refusal => new Refusal('bad_action', code, detail)

/** What is known of a packet where an action stands: grows by push_vlan, and changes with MPLS labels. */
interface Known {
  tests: readonly Test[]
  readonly options: State['options']
  /** Tags that are there for sure. */
  tags: number
  /** Undefined where groups and meters may still come: in a bundle. */
  readonly state: State | undefined
  /** Nothing is known, so nothing is held against an action: buckets. */
  readonly loose?: boolean
  /** Inside ct(), where ct_mark and ct_label may be written. */
  readonly inCt?: boolean
}

export function checkInstructions(
  state: State | undefined,
  options: State['options'],
  tableId: number,
  match: readonly Oxm[],
  instructions: readonly Instruction[],
): void {
  const known = knownFrom(state, options, match)
  const seen = new Set<string>()
  for (const instruction of instructions) {
    if (instruction.type === 'experimenter') throw new Refusal('bad_instruction', 'bad_experimenter')
    if (seen.has(instruction.type)) throw new Refusal('bad_instruction', 'dup_inst')
    seen.add(instruction.type)
    if (instruction.type === 'goto_table') {
      const { table_id } = instruction
      if (table_id <= tableId || table_id >= TABLE_COUNT) throw new Refusal('bad_instruction', 'bad_table_id')
    } else if (instruction.type === 'meter') {
      if (state?.meters.has(instruction.meter_id) === false) throw new Refusal('meter_mod_failed', 'invalid_meter')
    } else if (instruction.type === 'apply_actions') {
      checkList(instruction.actions, known)
      checkConjunctions(instructions, instruction.actions)
    } else if (instruction.type === 'write_actions') {
      checkSet(instruction.actions, known)
    }
  }
}

export function knownFrom(state: State | undefined, options: State['options'], match: readonly Oxm[]): Known {
  const tests = testsOf(match)
  return { tests, options, state, tags: provided(tests, 'vlan_vid', [0x1000]) || tagged(tests) ? 1 : 0 }
}

function tagged(tests: readonly Test[]): boolean {
  const tci = tests.find(({ field }) => field === 'vlan_tci')
  return tci !== undefined && (tci.mask & tci.value & 0x1000n) !== 0n
}

/** Actions of a packet_out are held against the packet. */
export function knownFromFrame(state: State, frame: Frame): Known {
  const tests = (['eth_type', 'ip_proto', 'icmpv6_type', 'icmpv6_code'] as const).map((field) => ({
    field,
    value: frame.get(field),
    mask: (1n << BigInt(width(field))) - 1n,
  }))
  return { tests, options: state.options, state, tags: frame.layout.tags }
}

/** Conjunction actions stand alone, but for notes; and not without a clause that makes sense. */
function checkConjunctions(instructions: readonly Instruction[], actions: readonly Action[]): void {
  const found = actions.filter((action) => action.type === 'nx_conjunction')
  if (found.length === 0) return
  const others = actions.some((action) => action.type !== 'nx_conjunction' && action.type !== 'nx_note')
  if (others || instructions.length > 1) throw badAction('nx_bad_conjunction')
  for (const { clause, n_clauses } of found) {
    if (n_clauses < 2 || n_clauses > 64 || clause >= n_clauses) throw badAction('nx_bad_conjunction')
  }
}

export function checkList(actions: readonly Action[], known: Known): void {
  for (const action of actions) checkAction(action, known)
}

const IN_SET = new Set<Action['type']>([
  'output',
  'group',
  'set_queue',
  'set_field',
  'set_nw_ttl',
  'dec_nw_ttl',
  'push_vlan',
  'pop_vlan',
  'push_mpls',
  'pop_mpls',
  'set_mpls_ttl',
  'dec_mpls_ttl',
  'nx_reg_load',
  'nx_reg_load2',
  'nx_reg_move',
  'copy_field',
  'nx_dec_ttl',
  'nx_resubmit_table',
  'nx_ct',
])

export function checkSet(actions: readonly Action[], known: Known): void {
  for (const action of actions) {
    if (!IN_SET.has(action.type)) throw badAction('bad_type', `${action.type} in an action set`)
  }
  checkList(actions, known)
}

const IGNORED = new Set<Action['type']>([
  'set_queue',
  'nx_set_queue',
  'nx_pop_queue',
  'nx_note',
  'nx_exit',
  'nx_ct_clear',
  'nx_controller',
  'nx_controller2',
  'nx_conjunction',
  'nx_fin_timeout',
  'nx_write_metadata',
  'nx_set_tunnel',
  'nx_set_tunnel64',
  'nx_resubmit',
  'nx_resubmit_table',
  'nx_resubmit_table_ct',
])

function checkAction(action: Action, known: Known): void {
  switch (action.type) {
    case 'output':
      checkPort(action.port)
      break
    case 'nx_output_trunc':
      if (action.max_len < 14) throw badAction('bad_argument', 'max_len below 14')
      break
    case 'nx_output_reg':
    case 'nx_output_reg2':
      checkBits(action.src, action.ofs_nbits.ofs, action.ofs_nbits.n_bits, known, false)
      break
    case 'group':
    case 'nx_group':
      if (known.state?.groups.has(action.group_id) === false) throw badAction('bad_out_group')
      break
    case 'set_field':
    case 'nx_reg_load2':
      checkWritten(action.field, known)
      break
    case 'nx_reg_load': {
      const { ofs, n_bits } = action.ofs_nbits
      checkBits(action.dst, ofs, n_bits, known, true)
      if (action.value >> BigInt(n_bits) !== 0n) throw badAction('bad_argument', 'value has more bits')
      break
    }
    case 'nx_reg_move':
      checkBits(action.src, action.src_ofs, action.n_bits, known, false)
      checkBits(action.dst, action.dst_ofs, action.n_bits, known, true)
      break
    case 'copy_field':
      checkBits(action.src, action.src_offset, action.n_bits, known, false)
      checkBits(action.dst, action.dst_offset, action.n_bits, known, true)
      break
    case 'nx_stack_push':
    case 'nx_stack_pop':
      checkBits(action.field, action.offset, action.n_bits, known, action.type === 'nx_stack_pop')
      break
    case 'nx_learn':
    case 'nx_learn2':
      for (const spec of action.specs) checkLearnSpec(spec, known)
      break
    case 'push_vlan':
      if (action.ethertype !== 0x8100 && action.ethertype !== 0x88a8) throw badAction('bad_argument', 'ethertype')
      if (known.tags >= MAX_TAGS && !known.loose) throw badAction('bad_tag', 'too many tags')
      known.tags++
      break
    case 'pop_vlan':
      if (known.tags === 0 && !known.loose) throw badAction('match_inconsistent', 'pop_vlan without vlan')
      known.tags--
      break
    case 'push_mpls':
      if (action.ethertype !== 0x8847 && action.ethertype !== 0x8848) throw badAction('bad_argument', 'ethertype')
      becomes(known, action.ethertype)
      break
    case 'pop_mpls':
      checkNeeds('mpls_label', known)
      becomes(known, action.ethertype)
      break
    case 'set_mpls_ttl':
    case 'dec_mpls_ttl':
      checkNeeds('mpls_ttl', known)
      break
    case 'nx_check_pkt_larger':
      checkBits(action.dst, action.offset, 1, known, true)
      break
    case 'nx_delete_field':
      if (typeof action.field !== 'string' || !isOption(action.field)) {
        throw badAction('bad_argument', 'not tun_metadata')
      }
      fieldWidth(action.field, known.options)
      break
    case 'set_nw_ttl':
    case 'dec_nw_ttl':
    case 'nx_dec_ttl':
    case 'nx_dec_ttl_cnt_ids':
      checkNeeds('nw_ttl', known)
      break
    case 'nx_clone':
      checkList(action.actions, { ...known })
      break
    case 'nx_ct':
      checkCt(action.actions, action.flags, known)
      break
    case 'experimenter':
      throw badAction('bad_experimenter')
    default:
      if (!IGNORED.has(action.type)) throw badAction('bad_type', action.type)
  }
}

/** The packet has another EtherType from here on; of what is behind nothing is known. */
function becomes(known: Known, ethertype: number): void {
  const kept = known.tests.filter(({ field }) => !BEHIND_TYPE.test(field))
  known.tests = [...kept, { field: 'eth_type', value: BigInt(ethertype), mask: 0xffffn }]
}

const BEHIND_TYPE = /^(eth_type|ip_proto|icmpv6_(type|code))$/

function checkCt(actions: readonly Action[], flags: number, known: Known): void {
  const commit = (flags & k.NX_CT_COMMIT) !== 0
  const within: Known = { ...known, inCt: true }
  if (!known.loose && !provided(known.tests, 'eth_type', [0x800, 0x86dd])) throw badAction('match_inconsistent', 'ct')
  if ((flags & k.NX_CT_FORCE) !== 0 && !commit) throw badAction('bad_argument', 'force without commit')
  for (const action of actions) {
    if (action.type === 'nx_nat') continue
    if (!commit) throw badAction('bad_argument', 'actions without commit')
    const field =
      action.type === 'set_field' || action.type === 'nx_reg_load2'
        ? action.field.field
        : action.type === 'nx_reg_load' || action.type === 'nx_reg_move'
          ? action.dst
          : undefined
    if (field !== 'ct_mark' && field !== 'ct_label') throw badAction('bad_argument', 'not ct_mark or ct_label')
    checkAction(action, within)
  }
}

/** Ports that do not exist are no error: they may come (section 7.2.5.1 leaves it open, Open vSwitch takes them). */
function checkPort(port: number): void {
  if (port === 0 || port === k.PORT_ANY || (port >= 0xff00 && port < k.PORT_IN_PORT)) throw badAction('bad_out_port')
}

/** ct_mark and ct_label are written inside ct() only. */
function writable(field: FieldName, known: Known): boolean {
  if (field === 'ct_mark' || field === 'ct_label') return known.inCt === true
  return oxmRow(field).writable !== false && !UNSUPPORTED.test(field)
}

/** in_port can be loaded, but not set (Open vSwitch). */
function checkWritten(oxm: Oxm, known: Known): void {
  if (oxm.field === 'unknown') throw badAction('bad_set_type')
  if (!writable(oxm.field, known) || oxm.field === 'in_port') throw badAction('bad_set_argument', oxm.field)
  fieldWidth(oxm.field, known.options)
  checkNeeds(oxm.field, known)
}

function checkBits(ref: FieldRef, offset: number, count: number, known: Known, written: boolean): void {
  if (typeof ref !== 'string' || UNSUPPORTED.test(ref)) throw badAction('bad_argument', 'no such field')
  if (count === 0 || offset + count > fieldWidth(ref, known.options))
    throw badAction('bad_set_len', `bits beyond ${ref}`)
  if (written && !writable(ref, known)) throw badAction('bad_set_argument', `${ref} cannot be written`)
  checkNeeds(ref, known)
}

/** What the destination needs is up to the learned flow's match, not to this one's. */
function checkLearnSpec(spec: LearnSpec, known: Known): void {
  if (!(spec.src instanceof Uint8Array)) checkBits(spec.src.field, spec.src.ofs, spec.n_bits, known, false)
  if (spec.to === 'output') return
  checkBits(spec.dst.field, spec.dst.ofs, spec.n_bits, { ...known, loose: true }, spec.to === 'load')
}

function checkNeeds(field: FieldName, known: Known): void {
  if (known.loose) return
  for (const [need, values] of Object.entries(oxmRow(field).needs ?? {})) {
    const there = need === 'vlan_vid' ? known.tags > 0 : provided(known.tests, need, values)
    if (!there) throw badAction('match_inconsistent', `${field} needs ${need}`)
  }
  if (field === 'vlan_vid' && known.tags === 0) throw badAction('match_inconsistent', 'vlan_vid without vlan')
}

function provided(tests: readonly Test[], need: string, values: readonly number[]): boolean {
  const test = tests.find(({ field }) => field === need)
  if (test === undefined) return false
  if (need === 'vlan_vid') return (test.mask & test.value & 0x1000n) !== 0n
  return values.some((value) => BigInt(value) === test.value)
}
