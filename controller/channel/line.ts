/** What belongs to one connection of a switch's session. It refuses to know what is done with it. */
import type { ErrorMessage, OpenFlowConnection } from 'node-openflow'
import { measuringFlow } from '../policy/pipeline.ts'
import type { Forget } from './forget.ts'
import { hasBundles, type Push } from './push.ts'
import type { Upkeep } from './upkeep.ts'

export interface Line {
  connection: OpenFlowConnection
  /** Milliseconds since the epoch. */
  since: number
  admitted: boolean
  bundles: boolean
  /** The transaction id by which it was asked whether it compares the length of packets. */
  trial: number | undefined
  /** It does. */
  measures: boolean
  push: Push | undefined
  forget: Forget | undefined
  /** Since it was admitted. */
  upkeep: Upkeep | undefined
  faults: number
}

/** A connection that is heard, and not talked to. */
export function lineOf(connection: OpenFlowConnection, since: number): Line {
  const idle = { push: undefined, forget: undefined, upkeep: undefined }
  return { connection, since, admitted: false, bundles: false, trial: undefined, measures: false, ...idle, faults: 0 }
}

/** Asks a switch for bundles, and whether it compares the length of packets. Rejects without an answer. */
export async function askWhat(line: Line, answerMs: number): Promise<void> {
  line.bundles = await hasBundles(line.connection, answerMs, measuringFlow(), (xid) => {
    line.trial = xid
    line.measures = true
  })
}

/** Takes in the error that says no to the latter; true where it is that. */
export function answersTrial(line: Line, { xid }: ErrorMessage): boolean {
  if (xid !== line.trial) return false
  line.measures = false
  return true
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
