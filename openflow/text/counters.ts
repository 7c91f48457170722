/** A flow's counters alone, as flow_stats of OpenFlow 1.5 tells them. Open vSwitch 3.1 does not know them; the words are those of dump-flows. */

import type { FlowCountersOnly } from '../spec/flows.ts'
import { formatDuration, ruleParts } from './flow.ts'
import type { TextOptions } from './names.ts'

/** `duration=1.002s, table=3, n_packets=7, n_bytes=420, reason=stats_request priority=5,tcp`. */
export function formatFlowCounters(flow: FlowCountersOnly, options: TextOptions): string {
  const { duration_sec, duration_nsec, table_id, packet_count, byte_count, reason } = flow
  const head = `duration=${formatDuration(duration_sec, duration_nsec)}, table=${table_id}`
  const rule = ruleParts({ ...flow, instructions: [] }, options).join(',')
  return `${head}, n_packets=${packet_count}, n_bytes=${byte_count}, reason=${reason}${rule === '' ? '' : ` ${rule}`}`
}
