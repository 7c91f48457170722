/**
 * The stages of an interface and its addresses: which moves are legal, by which cause, and which one is due. The table is
 * all there is to say about moves: docs/lifecycle.md is generated from it. Pure: it knows no clock (times are given), no
 * counters (silence.ts follows them) and no records beyond their types. Called by controller/lifecycle.
 *
 *     provisioned ─traffic▶ active ─silence▶ idle ─silence▶ standby ─silence▶ revocable ─reclaim▶ retired
 */
import { fail, ok, type Result } from '../model/errors.ts'
import { KEPT_STAGES, STAGES, type Stage, type StageCause, type StageMove, type StageState } from '../model/records.ts'
import { SILENT_MOVES } from '../model/stage.ts'

export interface MoveRow {
  from: Stage
  to: Stage
  cause: StageCause
  /** When it happens, for people. */
  when: string
}

const USED = 'a packet from one of its addresses is counted'
const QUIET = 'its counters stand still for as long as the policy of the stage says'
const OVER = 'a trigger of the policy of the stage fires'
const ENDED = 'its last address is released'
const ASKED = 'an administrator or a provisioner says so'

/** In the order in which the page shows them. */
export const MOVES: readonly MoveRow[] = [
  ...rows('traffic', USED, ['provisioned', 'idle', 'standby', 'revocable'], ['active']),
  ...STAGES.flatMap((from) => rows('silence', QUIET, [from], SILENT_MOVES[from] ?? [])),
  ...rows('escalation', OVER, ['provisioned', 'active', 'idle', 'standby', 'revocable'], ['restricted']),
  ...rows('reclaim', 'nobody answers at its addresses after retention', ['revocable'], ['retired']),
  ...rows('lease-ended', ENDED, ['provisioned', 'active', 'idle', 'standby', 'revocable'], ['retired']),
  ...rows('allocation', 'it is given an address', ['retired'], ['provisioned']),
  ...rows('api', ASKED, ['provisioned'], ['active', 'idle', 'standby', 'revocable', 'retired', 'restricted']),
  ...rows('api', ASKED, ['active'], ['idle', 'standby', 'revocable', 'retired', 'restricted']),
  ...rows('api', ASKED, ['idle'], ['active', 'standby', 'revocable', 'retired', 'restricted']),
  ...rows('api', ASKED, ['standby'], ['active', 'idle', 'revocable', 'retired', 'restricted']),
  ...rows('api', ASKED, ['revocable'], ['active', 'standby', 'retired', 'restricted']),
  // Neither traffic nor silence nor another address leads out of it: who restricted it lets it go.
  ...rows('api', ASKED, ['restricted'], ['active', 'idle', 'revocable', 'retired']),
  ...rows('api', ASKED, ['retired'], ['provisioned', 'standby', 'restricted']),
]

function rows(cause: StageCause, when: string, all: readonly Stage[], targets: readonly Stage[]): MoveRow[] {
  return all.flatMap((from) => targets.map((to) => ({ from, to, cause, when })))
}

const LEGAL = new Set(MOVES.map(({ from, to, cause }) => `${from} ${to} ${cause}`))

export function isLegal(from: Stage, to: Stage, cause: StageCause): boolean {
  return LEGAL.has(`${from} ${to} ${cause}`)
}

/** Stages that a cause leads to from a stage, in the table's order. */
export function targetsOf(from: Stage, cause: StageCause): Stage[] {
  return MOVES.filter((row) => row.from === from && row.cause === cause).map(({ to }) => to)
}

/** The stage of a record that was never moved. @param createTime Milliseconds since the epoch. */
export function bornStage(createTime: number): StageState {
  return { stage: 'provisioned', cause: 'api', since: createTime, note: '', generation: 0, earlier: [] }
}

/** The state after a move; STAGE_MOVE_ILLEGAL where the table has no such row. `move.since` is now. */
export function movedTo(before: StageState, { stage, cause, since, note }: StageMove): Result<StageState> {
  if (!isLegal(before.stage, stage, cause)) {
    const to = targetsOf(before.stage, cause)
    return fail('STAGE_MOVE_ILLEGAL', { from: before.stage, to: stage, cause, legal: to.join(', ') || 'nowhere' })
  }
  const was: StageMove = { stage: before.stage, cause: before.cause, since: before.since, note: before.note }
  const earlier = [was, ...before.earlier].slice(0, KEPT_STAGES)
  return ok({ stage, cause, since, note, generation: before.generation + 1, earlier })
}

/** What was seen of an interface, as far as a move may follow from it. */
export interface Seen {
  /** Since it is in its stage a packet was counted. */
  traffic: boolean
  /** Milliseconds for which its counters are known to stand still; 0 where that is not known. */
  quietMs: number
  /** It has an address. */
  addressed: boolean
  /** It had one when it was looked at before. */
  wasAddressed: boolean
  /** What fired, in words; undefined where nothing did. */
  escalation: string | undefined
}

/** What the policy of a stage says about moves out of it. */
export interface StageRules {
  /** After so much silence, to that stage. */
  silence?: { ms: number; to: Stage }
}

/** The move that is due, the most urgent first; undefined where none is. */
export function dueMove(stage: Stage, seen: Seen, rules: StageRules): Omit<StageMove, 'since'> | undefined {
  const { traffic, quietMs, addressed, wasAddressed, escalation } = seen
  const { silence } = rules
  const due: (Omit<StageMove, 'since'> | false)[] = [
    escalation !== undefined && { stage: 'restricted', cause: 'escalation', note: escalation },
    !addressed && wasAddressed && { stage: 'retired', cause: 'lease-ended', note: '' },
    addressed && !wasAddressed && { stage: 'provisioned', cause: 'allocation', note: '' },
    traffic && { stage: 'active', cause: 'traffic', note: '' },
    silence !== undefined &&
      quietMs >= silence.ms && {
        stage: silence.to,
        cause: 'silence',
        note: `no packet for ${Math.floor(quietMs / 1000)} s`,
      },
  ]
  for (const move of due) if (move !== false && isLegal(stage, move.stage, move.cause)) return move
  return undefined
}
