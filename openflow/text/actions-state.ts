/**
 * What is known of a packet at an action in a text, as far as spellings depend on it: mod_tp_dst means the port of
 * the protocol that the flow matches, mod_vlan_vid puts a tag on where none is known. It knows no text.
 */

import type { Action } from '../spec/actions-nested.ts'
import type { Oxm } from '../spec/oxm.ts'
import { bigOf } from './values.ts'

export type Transport = 'tcp' | 'udp' | 'sctp'

export interface PacketState {
  /** VLAN tags that are there for sure; undefined where no match is known, and then every mod_vlan_* pushes one. */
  tags: number | undefined
  transport: Transport | undefined
  /** Actions that the list is inside of. */
  readonly depth: number
}

const TRANSPORTS: Readonly<Record<number, Transport>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }
const PRESENT = 0x1000

/** Before the first action of a flow with this match; of a bucket without any. */
export function stateOf(match: readonly Oxm[] | undefined): PacketState {
  if (match === undefined) return { tags: undefined, transport: undefined, depth: 0 }
  let tags = 0
  let transport: Transport | undefined
  for (const { field, value, mask } of match) {
    if (field === 'ip_proto' || field === 'nxm_of_ip_proto') transport = TRANSPORTS[value]
    if (field === 'vlan_vid' || field === 'vlan_tci') tags = value & (mask ?? PRESENT) & PRESENT ? 1 : 0
  }
  return { tags, transport, depth: 0 }
}

/** The state behind an action, written into the state before it. */
export function advance(state: PacketState, action: Action): void {
  if (action.type === 'push_mpls' || action.type === 'pop_mpls') state.transport = undefined
  if (state.tags === undefined) return
  if (action.type === 'push_vlan') state.tags++
  else if (action.type === 'pop_vlan') state.tags = Math.max(0, state.tags - 1)
  else if (action.type === 'set_field' && action.field.field === 'vlan_tci') {
    state.tags = bigOf(action.field.value) & BigInt(PRESENT) ? Math.max(1, state.tags) : 0
  } else if (action.type === 'nx_reg_load' && action.dst === 'vlan_tci') {
    const { ofs, n_bits } = action.ofs_nbits
    if (ofs > 12 || ofs + n_bits <= 12) return
    state.tags = (action.value >> BigInt(12 - ofs)) & 1n ? Math.max(1, state.tags) : 0
  }
}
