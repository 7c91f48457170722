/**
 * How what a switch has differs from what it is known to have been given. Pure. It refuses to correct anything.
 */
import { diff } from '../flows/diff.ts'
import type { SwitchProgram } from '../policy/program.ts'

export interface Drift {
  /** Flows, groups and meters that are gone. */
  missing: number
  /** Those whose content differs, and ports whose flooding does. */
  changed: number
  /** Those that nobody gave it. */
  stale: number
}

/** undefined where nothing differs. */
export function driftOf(given: SwitchProgram, found: SwitchProgram): Drift | undefined {
  const drift: Drift = { missing: 0, changed: 0, stale: 0 }
  const operations = diff(given, found)
  for (const operation of operations) {
    if (operation.act === 'delete') drift.stale++
    else if (operation.act === 'modify') drift.changed++
    else if (operation.what === 'flow' && found.flows.has(operation.key)) drift.changed++
    else drift.missing++
  }
  return operations.length === 0 ? undefined : drift
}
