/**
 * Replies with flows in place, of 1.3 and 1.4 (section 7.3.5.2 of OpenFlow 1.3.5; 1.5 has another layout): entry after
 * entry without an object for any.
 */

import type { FlowStats } from '../spec/flows.ts'
import { readU64 } from '../wire/field.ts'
import { u16At, u32At } from '../wire/octets.ts'
import { InstructionsView } from './actions.ts'
import { MatchView, matchEnd } from './match.ts'
import { instructionShapes, listFits, type Shapes } from './shapes.ts'
import { isMessage, NOTHING, OF13, OF14, refuse, TYPES, View } from './view.ts'

const OFPMP_FLOW = 1
const BODY_AT = 16
const MATCH_AT = 48
/** An entry with an empty match and no instructions. */
const LEAST = MATCH_AT + 8

/** Its members in the versions of the view. */
type Entry = Pick<
  FlowStats,
  | 'table_id'
  | 'duration_sec'
  | 'duration_nsec'
  | 'priority'
  | 'idle_timeout'
  | 'hard_timeout'
  | 'flags'
  | 'cookie'
  | 'packet_count'
  | 'byte_count'
>

/** One flow of a reply. It stands where `next` of the reply has put it. */
export class FlowStatsEntry implements Entry {
  octets: Uint8Array = new Uint8Array(0)
  version = 0
  /** First octet of the entry, and of what is behind it. */
  at = 0
  end = 0
  private readonly fields = new MatchView()
  private readonly list = new InstructionsView()

  get table_id(): number {
    return this.octets[this.at + 2]!
  }

  get duration_sec(): number {
    return u32At(this.octets, this.at + 4)
  }

  get duration_nsec(): number {
    return u32At(this.octets, this.at + 8)
  }

  get priority(): number {
    return u16At(this.octets, this.at + 12)
  }

  get idle_timeout(): number {
    return u16At(this.octets, this.at + 14)
  }

  get hard_timeout(): number {
    return u16At(this.octets, this.at + 16)
  }

  get flags(): number {
    return u16At(this.octets, this.at + 18)
  }

  /** Undefined in 1.3, which has none. */
  get importance(): number | undefined {
    return this.version < OF14 ? undefined : u16At(this.octets, this.at + 20)
  }

  get cookie(): bigint {
    return readU64(this.octets, this.at + 24)
  }

  get packet_count(): bigint {
    return readU64(this.octets, this.at + 32)
  }

  get byte_count(): bigint {
    return readU64(this.octets, this.at + 40)
  }

  /** Before its first field. One object serves all flows. */
  get match(): MatchView {
    this.fields.place(this.octets, this.at + MATCH_AT, this.version)
    return this.fields
  }

  /** Before the first. One object serves all flows. */
  get instructions(): InstructionsView {
    const match = this.at + MATCH_AT
    const behind = match + ((u16At(this.octets, match + 2) + 7) & ~7)
    this.list.place(this.octets, behind, this.end, instructionShapes(this.version))
    return this.list
  }
}

/** A reply: `next` puts `entry` on the first flow, then on the following, and says whether there is one. */
export class FlowStatsView extends View {
  readonly type = 'multipart_reply'
  readonly mp_type = 'flow'
  readonly entry = new FlowStatsEntry()
  private following = 0

  /**
   * Points the view at the reply in octets `at` to `end`, before its first flow. False if that is no reply with flows, or
   * of a version that the view does not know; throws the WireError of decode if decode refuses it.
   */
  over(octets: Uint8Array, at = 0, end = octets.length): boolean {
    this.octets = NOTHING
    this.end = 0
    if (!isMessage(octets, at, end, TYPES.multipart_reply, OF13, OF14)) return false
    if (end - at < BODY_AT) return refuse(octets, at, end)
    if (u16At(octets, at + 8) !== OFPMP_FLOW) return false
    const version = octets[at]!
    const shapes = instructionShapes(version)
    for (let from = at + BODY_AT; from < end; ) {
      const next = entryEnd(shapes, octets, from, end)
      if (next < 0) return refuse(octets, at, end)
      from = next
    }
    this.octets = octets
    this.at = at
    this.end = end
    this.version = octets[at]!
    this.entry.octets = octets
    this.entry.version = version
    this.rewind()
    return true
  }

  get flags(): number {
    return u16At(this.octets, this.at + 10)
  }

  rewind(): void {
    this.following = this.at + BODY_AT
  }

  next(): boolean {
    if (this.following >= this.end) return false
    const { entry } = this
    entry.at = this.following
    entry.end = this.following += u16At(this.octets, this.following)
    return true
  }
}

/** The end of the entry at `at`, and -1 if decode refuses it. */
function entryEnd(shapes: Shapes, b: Uint8Array, at: number, end: number): number {
  if (end - at < LEAST) return -1
  const next = at + u16At(b, at)
  if (next - at < LEAST || next > end) return -1
  const behind = matchEnd(b, at + MATCH_AT, next)
  return behind >= 0 && listFits(shapes, b, behind, next, 2) ? next : -1
}
