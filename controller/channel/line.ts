/** What belongs to one connection of a switch's session. It refuses to know what is done with it. */
import type { OpenFlowConnection } from 'node-openflow'
import type { Forget } from './forget.ts'
import type { Push } from './push.ts'
import type { Upkeep } from './upkeep.ts'

export interface Line {
  connection: OpenFlowConnection
  /** Milliseconds since the epoch. */
  since: number
  admitted: boolean
  bundles: boolean
  push: Push | undefined
  forget: Forget | undefined
  /** Since it was admitted. */
  upkeep: Upkeep | undefined
  faults: number
}

/** A connection that is heard, and not talked to. */
export function lineOf(connection: OpenFlowConnection, since: number): Line {
  const idle = { push: undefined, forget: undefined, upkeep: undefined }
  return { connection, since, admitted: false, bundles: false, ...idle, faults: 0 }
}

/** Nothing more is sent that was on its way. */
export function cancel(line: Line, reason: string): void {
  line.push?.cancel(reason)
  line.push = undefined
  line.forget?.cancel()
  line.forget = undefined
}

/** Bits by reason (section 7.3.10): no_match, action, invalid_ttl; add, delete, modify. */
const ALL_REASONS = 7
const WHOLE_PACKET = 0xffff
/** OFPRR_IDLE_TIMEOUT: what else goes was removed by us, or the flow monitor tells it. */
const IDLE_TIMEOUT = 1

/** Packets as a whole, and what happens to ports and flows. */
export function askToBeTold(connection: OpenFlowConnection): void {
  connection.sendAll([
    { type: 'set_config', xid: connection.nextXid(), flags: 0, miss_send_len: WHOLE_PACKET },
    {
      type: 'set_async',
      xid: connection.nextXid(),
      packet_in_mask_master: ALL_REASONS,
      packet_in_mask_slave: 0,
      port_status_mask_master: ALL_REASONS,
      port_status_mask_slave: ALL_REASONS,
      flow_removed_mask_master: IDLE_TIMEOUT,
      flow_removed_mask_slave: 0,
    },
  ])
}
