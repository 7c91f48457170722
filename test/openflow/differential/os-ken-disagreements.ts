/**
 * Where os-ken 2.5.0 and this codec disagree, and who is right: one row each. A message is excused in a phase when one
 * of its parts is a row's; the test asserts that all others agree, and that each row still disagrees.
 */
import { MESSAGE_ROWS } from './os-ken-message-rows.ts'
import { PART_ROWS } from './os-ken-part-rows.ts'
import type { Disagreement } from './os-ken-row.ts'

export const DISAGREEMENTS: readonly Disagreement[] = [...PART_ROWS, ...MESSAGE_ROWS]
