/**
 * What each action does to a packet (section 7.2.5, and ovs-actions(7) for the Nicira ones). Fields and their
 * prerequisites were checked when the flow came in, so here every action simply happens. Not simulated, and
 * refused at installation (`check.ts`): PBB, NSH, encap and decap, multipath, bundles, samples.
 * Knows nothing of tables but how to look into one.
 */

import type { Action, ActionNamed } from '../spec/actions-nested.ts'
import * as k from '../spec/constants.ts'
import type { FieldName, FieldRef } from '../spec/oxm.ts'
import { clear, type NatRequest, track } from './conntrack.ts'
import { isOption, mask, refName, value, widePort } from './frame.ts'
import { learn } from './learn.ts'
import {
  Exhausted,
  fork,
  inSetOrder,
  lookBehindLabels,
  lookInto,
  MAX_RECIRCULATIONS,
  recirculate,
  runActionSet,
  runPipeline,
  toController,
  type Walk,
} from './pipeline.ts'
import { runGroup, send, sendNormal } from './ports.ts'
import { fitted } from './tunnel.ts'

/**
 * Does a list of actions; false if the rest of the flow is to be left: TTL ran out, or it was done already, by a copy.
 *
 * @param rest What the flow does after the list.
 */
export function act(walk: Walk, actions: readonly Action[], rest?: () => void): boolean {
  for (const [i, action] of actions.entries()) {
    if (walk.exit) return true
    if (!BEFORE_LABELS.has(action.type) && !setsLink(action)) lookBehindLabels(walk)
    walk.step?.actions.push(action)
    if (action.type === 'nx_check_pkt_larger') {
      checkLength(walk, action, actions.slice(i + 1), rest)
      return false
    }
    if (!actOne(walk, action)) return false
  }
  return true
}

/** What Open vSwitch does without a look at what was behind the last MPLS label. */
const BEFORE_LABELS = new Set<Action['type']>([
  'output',
  'nx_output_trunc',
  'nx_output_reg',
  'nx_output_reg2',
  'group',
  'set_queue',
  'nx_set_queue',
  'nx_set_tunnel',
  'nx_set_tunnel64',
])

/** A field that does not stand behind the Ethernet header is set. */
function setsLink(action: Action): boolean {
  return action.type === 'set_field' && !BEHIND_LINK.test(action.field.field)
}

const BEHIND_LINK = /^(mpls_|ip_|ipv[46]_|nw_|tcp_|udp_|sctp_|icmpv[46]_|arp_|nd_)/

/**
 * check_pkt_larger(): a copy knows in a bit whether the packet is longer than so many octets, does the rest of the
 * flow, and ends with its own copy of the action set. The packet itself goes on where the flow was looked up.
 */
function checkLength(
  walk: Walk,
  action: ActionNamed<'nx_check_pkt_larger'>,
  actions: readonly Action[],
  rest: (() => void) | undefined,
): void {
  fork(walk, () => {
    write(walk, action.dst, action.offset, 1, walk.frame.octets.length > action.pkt_len ? 1n : 0n)
    if (act(walk, actions, rest) && !walk.exit) rest?.()
    runActionSet(walk)
  })
}

function actOne(walk: Walk, action: Action): boolean {
  const { frame } = walk
  switch (action.type) {
    case 'output':
      output(walk, action.port)
      break
    case 'nx_output_trunc':
      truncated(walk, action)
      break
    case 'nx_output_reg':
    case 'nx_output_reg2':
      output(walk, Number(widePort16(bits(walk, action.src, action.ofs_nbits.ofs, action.ofs_nbits.n_bits), action)))
      break
    case 'group':
    case 'nx_group':
      runGroup(walk, action.group_id)
      break
    case 'set_field':
      if (action.field.field !== 'unknown') {
        frame.set(action.field.field, value(fitted(action.field, walk.state.options)))
      }
      break
    case 'nx_reg_load2':
      if (action.field.field !== 'unknown') {
        const its = fitted(action.field, walk.state.options)
        frame.setMasked(action.field.field, value(its), mask(its))
      }
      break
    case 'nx_reg_load':
      write(walk, action.dst, action.ofs_nbits.ofs, action.ofs_nbits.n_bits, action.value)
      break
    case 'nx_reg_move':
      write(walk, action.dst, action.dst_ofs, action.n_bits, bits(walk, action.src, action.src_ofs, action.n_bits))
      break
    case 'copy_field':
      write(
        walk,
        action.dst,
        action.dst_offset,
        action.n_bits,
        bits(walk, action.src, action.src_offset, action.n_bits),
      )
      break
    case 'nx_stack_push':
      walk.stack.push(bits(walk, action.field, action.offset, action.n_bits))
      break
    case 'nx_stack_pop':
      // An empty stack is logged and left alone by Open vSwitch.
      if (walk.stack.length > 0) write(walk, action.field, action.offset, action.n_bits, walk.stack.pop()!)
      break
    case 'nx_write_metadata':
      frame.setMasked('metadata', action.metadata, action.metadata_mask)
      break
    case 'nx_set_tunnel':
    case 'nx_set_tunnel64':
      frame.set('tunnel_id', BigInt(action.tun_id))
      break
    case 'push_vlan':
      frame.pushVlan(action.ethertype)
      break
    case 'pop_vlan':
      frame.popVlan()
      break
    case 'push_mpls':
      if (!frame.pushMpls(action.ethertype)) throw new Exhausted('too many MPLS labels')
      break
    case 'pop_mpls': {
      const labels = frame.layout.labels
      if (!frame.popMpls(action.ethertype)) throw new Exhausted('too many MPLS labels')
      walk.wasMpls = labels > 0 && frame.layout.labels === 0
      break
    }
    case 'set_mpls_ttl':
      frame.set('mpls_ttl', BigInt(action.mpls_ttl))
      break
    case 'dec_mpls_ttl':
      return decrementMplsTtl(walk)
    case 'set_nw_ttl':
      frame.set('nw_ttl', BigInt(action.nw_ttl))
      break
    case 'dec_nw_ttl':
    case 'nx_dec_ttl':
    case 'nx_dec_ttl_cnt_ids':
      return decrementTtl(walk)
    case 'nx_resubmit':
    case 'nx_resubmit_table':
    case 'nx_resubmit_table_ct':
      resubmit(walk, action)
      break
    case 'nx_controller':
      toController(walk, action.reason)
      break
    case 'nx_controller2':
      toController(walk, action.properties.find((p) => p.type === 'reason')?.reason ?? 'action')
      break
    case 'nx_clone':
      clone(walk, action.actions)
      break
    case 'nx_ct':
      connectionTrack(walk, action)
      break
    case 'nx_ct_clear':
      clear(frame)
      break
    case 'nx_learn':
    case 'nx_learn2':
      if (!walk.dry) learn(walk, action)
      break
    case 'nx_delete_field':
      if (typeof action.field === 'string' && isOption(action.field)) frame.remove(action.field)
      break
    case 'nx_exit':
      walk.exit = true
      break
    default:
      // nx_note, nx_conjunction, set_queue, nx_set_queue, nx_pop_queue, nx_fin_timeout: nothing of it shows here.
      break
  }
  return true
}

/** A 16 bit source of an output holds an OpenFlow 1.0 port number. */
function widePort16(port: bigint, action: ActionNamed<'nx_output_reg' | 'nx_output_reg2'>): bigint {
  return action.ofs_nbits.n_bits <= 16 ? widePort(port) : port
}

function bits(walk: Walk, ref: FieldRef, offset: number, count: number): bigint {
  const name = refName(ref)
  return name === undefined ? 0n : walk.frame.getBits(name, offset, count)
}

function write(walk: Walk, ref: FieldRef, offset: number, count: number, to: bigint): void {
  const name = refName(ref)
  if (name !== undefined) walk.frame.setBits(name, offset, count, to)
}

function output(walk: Walk, port: number): void {
  const inPort = Number(walk.frame.get('in_port'))
  switch (port) {
    case k.PORT_IN_PORT:
      send(walk, inPort)
      break
    case k.PORT_TABLE:
      lookInto(walk, 0)
      break
    case k.PORT_NORMAL:
      sendNormal(walk)
      break
    case k.PORT_FLOOD:
    case k.PORT_ALL:
      for (const [no, { desc }] of walk.state.ports) {
        const flooded = port === k.PORT_ALL || (desc.config & k.OFPPC_NO_FLOOD) === 0
        if (no !== inPort && flooded) send(walk, no)
      }
      break
    case k.PORT_CONTROLLER:
      toController(walk, 'action')
      break
    default:
      if (port !== inPort) send(walk, port)
  }
}

function truncated(walk: Walk, action: ActionNamed<'nx_output_trunc'>): void {
  const first = walk.outputs.length
  output(walk, Number(widePort(BigInt(action.port))))
  for (let i = first; i < walk.outputs.length; i++) {
    const out = walk.outputs[i]!
    if (out.port !== 'controller') walk.outputs[i] = { ...out, packet: out.packet.subarray(0, action.max_len) }
  }
}

/** Packets whose TTL would reach zero go to the controller, and the rest of the flow's actions are not done. */
function decrementTtl(walk: Walk): boolean {
  const { frame } = walk
  const type = frame.get('eth_type')
  if (type !== 0x0800n && type !== 0x86ddn) return true
  const ttl = frame.get('nw_ttl')
  if (ttl <= 1n) {
    toController(walk, 'invalid_ttl')
    if (walk.level <= walk.merged) walk.exit = true
    return false
  }
  frame.set('nw_ttl', ttl - 1n)
  return true
}

function decrementMplsTtl(walk: Walk): boolean {
  const { frame } = walk
  if (frame.layout.labels === 0) return false
  const ttl = frame.get('mpls_ttl')
  if (ttl <= 1n) {
    toController(walk, 'invalid_ttl')
    if (walk.level <= walk.merged) walk.exit = true
    return false
  }
  frame.set('mpls_ttl', ttl - 1n)
  return true
}

const SAME_PORT = 0xfff8
const SAME_TABLE = 0xff

function resubmit(walk: Walk, action: ActionNamed<'nx_resubmit' | 'nx_resubmit_table' | 'nx_resubmit_table_ct'>): void {
  const table = action.type === 'nx_resubmit' || action.table === SAME_TABLE ? walk.table : action.table
  const inPort = action.in_port === SAME_PORT ? undefined : widePort(BigInt(action.in_port))
  if (action.type !== 'nx_resubmit_table_ct') {
    lookInto(walk, table, inPort)
    return
  }
  // The connection's original tuple stands in for addresses and ports during the lookup only.
  const swapped = walk.frame
  const copy = swapped.copy()
  for (const [to, from] of originalTuple(copy.layout.ip)) copy.set(to, copy.get(from))
  walk.frame = copy
  lookInto(walk, table, inPort)
  walk.frame = swapped
}

function originalTuple(ip: 4 | 6 | undefined): Array<[FieldName, FieldName]> {
  if (ip === undefined) return []
  const family = ip === 4 ? ('ipv4' as const) : ('ipv6' as const)
  const tuple = ip === 4 ? ('ct_nw' as const) : ('ct_ipv6' as const)
  return [
    [`${family}_src`, `${tuple}_src`],
    [`${family}_dst`, `${tuple}_dst`],
    ['tcp_src', 'ct_tp_src'],
    ['tcp_dst', 'ct_tp_dst'],
    ['udp_src', 'ct_tp_src'],
    ['udp_dst', 'ct_tp_dst'],
  ]
}

function natOf(actions: readonly Action[]): NatRequest | undefined {
  const nat = actions.find((action) => action.type === 'nx_nat')
  if (nat === undefined) return undefined
  const { range, flags } = nat
  const address = range.ipv4_min === undefined ? range.ipv6_min : BigInt(range.ipv4_min)
  return {
    flags,
    ...(address === undefined ? {} : { address }),
    ...(range.proto_min === undefined ? {} : { ports: [range.proto_min, range.proto_max ?? range.proto_min] as const }),
  }
}

/**
 * ct(): with a table, a tracked copy goes on there; the packet itself goes on here as untracked. Translation
 * changes the packet for both.
 */
function connectionTrack(walk: Walk, action: ActionNamed<'nx_ct'>): void {
  const { frame } = walk
  const zone =
    typeof action.zone === 'number'
      ? action.zone
      : Number(bits(walk, action.zone.field, action.zone.ofs, action.zone.n_bits))
  const nat = natOf(action.actions)
  const sets = action.actions.filter((one) => one.type !== 'nx_nat')
  const commit = (action.flags & k.NX_CT_COMMIT) !== 0
  if (walk.ctNext === undefined) {
    track(walk.state, frame, {
      zone,
      commit,
      force: (action.flags & k.NX_CT_FORCE) !== 0,
      ...(nat === undefined ? {} : { nat }),
      set: () => act({ ...walk, step: undefined }, sets),
    })
  } else {
    clear(frame)
    frame.set('ct_state', BigInt(walk.ctNext.shift() ?? k.CT_TRK | k.CT_NEW))
    frame.set('ct_zone', BigInt(zone))
    if (commit) act({ ...walk, step: undefined }, sets)
  }
  if (action.recirc_table !== k.NX_CT_RECIRC_NONE && walk.recirculations < MAX_RECIRCULATIONS) {
    fork(walk, () => {
      recirculate(walk)
      runPipeline(walk, action.recirc_table)
    })
  }
  clear(frame)
}

/**
 * As Open vSwitch 3.1: the copy ends with its own copy of the action set, and an exit inside ends everything, not
 * the copy alone.
 */
function clone(walk: Walk, actions: readonly Action[]): void {
  let exit = false
  fork(walk, () => {
    act(walk, actions)
    runActionSet(walk)
    exit = walk.exit
  })
  walk.exit = exit
}

/** A bucket's actions are a set (section 5.6.1); they are done on a copy. */
export function actBucket(walk: Walk, actions: readonly Action[]): void {
  fork(walk, () => act(walk, inSetOrder(actions)))
}
