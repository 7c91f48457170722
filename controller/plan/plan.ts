/** What a plan says: the effects of a change that nobody made. Types only; planner.ts fills them, api/planned.ts tells them. */

import type { WriteOutcome } from '../policy/propose.ts'
import type { VerdictChanges, VerdictWord } from '../policy/verdict-changes.ts'
import type { PlannedSending } from './flows.ts'

/** A connection that is there now and would be cut. */
export interface CutConnection {
  /** Interface names, or addresses of the world. */
  from: string
  to: string
  source: string
  destination: string
  /** IP protocol number. */
  protocol: number
  sourcePort: number | undefined
  /** Destination port or ICMP type. */
  port: number | undefined
  before: VerdictWord
  after: VerdictWord
  /** What decides afterwards, in words. */
  by: string
  /** Switches that track it. */
  switches: string[]
  /** They would be told to forget it: the rule that let it through cuts. */
  removed: boolean
}

export interface TrackingSwitch {
  datapathId: string
  /** Connections that were looked at; undefined where the switch could not be asked. */
  connections: number | undefined
  /** Why it could not. */
  reason: string
}

export interface CutConnections {
  /** All that are known; a switch that could not be asked may have more. */
  count: number
  /** The first of them, by address. */
  examples: CutConnection[]
  /** Switches that hold an interface which loses a packet. None where nothing can be cut. */
  switches: TrackingSwitch[]
}

export interface TableFill {
  table: number
  name: string
  before: number
  after: number
  /** While the change is under way: additions come first. */
  peak: number
  /** What the switch says it can hold; undefined where it was not asked or did not answer. */
  limit: number | undefined
}

export interface PlannedSwitch {
  datapathId: string
  connected: boolean
  sending: PlannedSending
  flowsBefore: number
  flowsAfter: number
  /** Tables whose number of flows changes. */
  tables: TableFill[]
}

/** Something of which there is only so much. */
export interface Capacity {
  what: string
  used: number
  limit: number
}

export type FindingKind =
  | 'does-not-fit'
  | 'nearly-full'
  | 'switch-away'
  | 'not-compiled'
  | 'not-counted'
  | 'incomplete'
  | 'links-change'

export interface Finding {
  kind: FindingKind
  subject: string
  sentence: string
}

export interface Plan {
  /** The state that the plan is about. */
  generation: number
  outcomes: (WriteOutcome & { before?: WriteOutcome['record']; revision: number })[]
  verdicts: VerdictChanges
  connections: CutConnections
  /** Switches that would be sent something. */
  switches: PlannedSwitch[]
  capacities: Capacity[]
  findings: Finding[]
}
