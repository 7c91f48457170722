/** Enumerations that more than one message uses (OpenFlow 1.3.5; names of the specification in lower case). */

import { enumeration, u8, u32 } from '../wire/field.ts'

/** `enum ofp_packet_in_reason`; action_set, group and packet_out are of 1.4 and sent by Open vSwitch's extensions. */
export const packetInReason = enumeration(u8, {
  no_match: 0,
  action: 1,
  invalid_ttl: 2,
  action_set: 3,
  group: 4,
  packet_out: 5,
})

/** `enum ofp_flow_removed_reason`; eviction and meter_delete are of 1.4. */
export const REMOVED_REASONS = {
  idle_timeout: 0,
  hard_timeout: 1,
  delete: 2,
  group_delete: 3,
  meter_delete: 4,
  eviction: 5,
} as const
export const flowRemovedReason = enumeration(u8, REMOVED_REASONS)

/** `enum ofp_group_type`. */
export const groupType = enumeration(u8, { all: 0, select: 1, indirect: 2, ff: 3 })

/** `enum ofp_controller_role`. */
export const controllerRole = enumeration(u32, { nochange: 0, equal: 1, master: 2, slave: 3 })

/** `enum ofp_flow_mod_command`; 16 bits in 1.0. */
export const FLOW_COMMANDS = { add: 0, modify: 1, modify_strict: 2, delete: 3, delete_strict: 4 } as const
