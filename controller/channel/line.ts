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
