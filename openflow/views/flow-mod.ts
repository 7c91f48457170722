/**
 * flow_mod in place, of 1.3, 1.4 and 1.5 (section 7.3.4.1 of OpenFlow 1.3.5), and writing one whose match and
 * instructions are prepared. Cheaper than decode and encode by what the objects of message, match, instructions and
 * actions cost; actions and fields that are rare are checked by their rows.
 */

import type { MessageNamed } from '../spec/message.ts'
import { MESSAGES } from '../spec/messages.ts'
import { type Enumeration, readU64, writeU64 } from '../wire/field.ts'
import { put16, put32, u16At, u32At } from '../wire/octets.ts'
import type { Struct } from '../wire/struct.ts'
import { InstructionsView } from './actions.ts'
import { MatchView, matchEnd } from './match.ts'
import { behindMatch, byRows, opened, part, plainInstructions, plainMatch, u64 } from './read.ts'
import { instructionShapes, listFits } from './shapes.ts'
import { isMessage, NOTHING, namesOf, OF13, OF14, OF15, refuse, TYPES, View } from './view.ts'
import {
  checkPrepared,
  checkVersion,
  isU8,
  isU16,
  isU32,
  isU64,
  numberOf,
  numbersOf,
  putHeader,
  refuseValues,
} from './write.ts'

const MATCH_AT = 48

type FlowMod = MessageNamed<'flow_mod'>
type CommandName = Extract<FlowMod['command'], string>

/** The enumeration of the row. */
const command = (MESSAGES.flow_mod.body.by.of13 as Struct<object>).members.find(
  ([key]) => key === 'command',
)![1] as Enumeration<CommandName>
const COMMANDS = namesOf(command)
const COMMAND_NUMBERS = numbersOf(command)

/** flow_mod of 1.3, 1.4 and 1.5 in place: members as of the message, none of them an object of its own. */
export class FlowModView extends View implements Omit<FlowMod, 'importance' | 'match' | 'instructions' | 'padding'> {
  readonly type = 'flow_mod'
  private readonly fields = new MatchView()
  private readonly list = new InstructionsView()
  /** First octet behind the match. */
  private behind = 0

  /**
   * Points the view at the message in octets `at` to `end`. False if that is no flow_mod, or of a version that the view
   * does not know; throws the WireError of decode if decode refuses it.
   */
  over(octets: Uint8Array, at = 0, end = octets.length): boolean {
    this.octets = NOTHING
    this.end = 0
    if (!isMessage(octets, at, end, TYPES.flow_mod, OF13, OF15)) return false
    const shapes = instructionShapes(octets[at]!)
    const behind = matchEnd(octets, at + MATCH_AT, end)
    if (behind < 0 || !listFits(shapes, octets, behind, end, 1)) return refuse(octets, at, end)
    this.octets = octets
    this.at = at
    this.end = end
    this.version = octets[at]!
    this.behind = behind
    return true
  }

  get cookie(): bigint {
    return readU64(this.octets, this.at + 8)
  }

  get cookie_mask(): bigint {
    return readU64(this.octets, this.at + 16)
  }

  get table_id(): number {
    return this.octets[this.at + 24]!
  }

  get command(): FlowMod['command'] {
    const number = this.octets[this.at + 25]!
    return COMMANDS[number] ?? number
  }

  get idle_timeout(): number {
    return u16At(this.octets, this.at + 26)
  }

  get hard_timeout(): number {
    return u16At(this.octets, this.at + 28)
  }

  get priority(): number {
    return u16At(this.octets, this.at + 30)
  }

  get buffer_id(): number {
    return u32At(this.octets, this.at + 32)
  }

  get out_port(): number {
    return u32At(this.octets, this.at + 36)
  }

  get out_group(): number {
    return u32At(this.octets, this.at + 40)
  }

  get flags(): number {
    return u16At(this.octets, this.at + 44)
  }

  /** Undefined in 1.3, which has none. */
  get importance(): number | undefined {
    return this.version < OF14 ? undefined : u16At(this.octets, this.at + 46)
  }

  /** Before its first field. One object serves all messages of this view. */
  get match(): MatchView {
    this.fields.place(this.octets, this.at + MATCH_AT, this.version)
    return this.fields
  }

  /** Before the first. One object serves all messages of this view. */
  get instructions(): InstructionsView {
    this.list.place(this.octets, this.behind, this.end, instructionShapes(this.version))
    return this.list
  }
}

/**
 * The message in octets `at` to `end` as decode gives it; undefined if it is no flow_mod. Throws what decode throws.
 */
export function readFlowMod(b: Uint8Array, at = 0, end = b.length): FlowMod | undefined {
  const octets = part(b, at, end)
  const size = octets.length
  const wire = opened(octets, TYPES.flow_mod, MATCH_AT)
  const match = wire?.getUint16(46) === 0 ? plainMatch(octets, MATCH_AT, size) : undefined
  const instructions = match === undefined ? undefined : plainInstructions(octets, behindMatch(MATCH_AT), size)
  if (wire === undefined || match === undefined || instructions === undefined) return byRows(octets, 'flow_mod')
  const number = wire.getUint8(25)
  return {
    type: 'flow_mod',
    xid: wire.getUint32(4),
    cookie: u64(8),
    cookie_mask: u64(16),
    table_id: wire.getUint8(24),
    command: COMMANDS[number] ?? number,
    idle_timeout: wire.getUint16(26),
    hard_timeout: wire.getUint16(28),
    priority: wire.getUint16(30),
    buffer_id: wire.getUint32(32),
    out_port: wire.getUint32(36),
    out_group: wire.getUint32(40),
    flags: wire.getUint16(44),
    match,
    instructions,
  }
}

/** A flow_mod whose match and instructions are prepared (`matchOctets`, `instructionsOctets`). */
export type PreparedFlowMod = Omit<FlowMod, 'type' | 'match' | 'instructions' | 'padding'> & {
  match: Uint8Array
  instructions: Uint8Array
}

/** Writes the message at `at` and gives the offset behind it. Throws WireError as encode does. */
export function writeFlowMod(into: Uint8Array, at: number, message: PreparedFlowMod): number {
  const { xid, version = OF13, cookie, cookie_mask, table_id, idle_timeout, hard_timeout, priority } = message
  const { buffer_id, out_port, out_group, flags, importance = 0, match, instructions } = message
  const code = numberOf(COMMAND_NUMBERS, message.command)
  const fits =
    isU32(xid) &&
    isU64(cookie) &&
    isU64(cookie_mask) &&
    isU8(table_id) &&
    isU8(code) &&
    isU16(idle_timeout) &&
    isU16(hard_timeout) &&
    isU16(priority) &&
    isU32(buffer_id) &&
    isU32(out_port) &&
    isU32(out_group) &&
    isU16(flags) &&
    (version < OF14 ? importance === 0 : isU16(importance))
  checkVersion(version, OF15)
  if (!fits) refuseValues({ ...message, type: 'flow_mod', match: [], instructions: [] })
  checkPrepared(match, 'match')
  checkPrepared(instructions, 'instructions')
  const behind = at + MATCH_AT + match.length
  const end = behind + instructions.length
  putHeader(into, at, TYPES.flow_mod, end - at, xid, version)
  writeU64(into, at + 8, cookie)
  writeU64(into, at + 16, cookie_mask)
  into[at + 24] = table_id
  into[at + 25] = code
  put16(into, at + 26, idle_timeout)
  put16(into, at + 28, hard_timeout)
  put16(into, at + 30, priority)
  put32(into, at + 32, buffer_id)
  put32(into, at + 36, out_port)
  put32(into, at + 40, out_group)
  put16(into, at + 44, flags)
  put16(into, at + 46, importance)
  into.set(match, at + MATCH_AT)
  into.set(instructions, behind)
  return end
}
