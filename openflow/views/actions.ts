/**
 * Actions and instructions in place, one after the other. They know the members of those that are in nearly every flow
 * (output, group, goto_table, meter, lists of actions); any other is read as an object by its row.
 */

import type { Action } from '../spec/actions-nested.ts'
import { OFP_VERSION } from '../spec/constants.ts'
import type { Instruction } from '../spec/instructions.ts'
import { Reader } from '../wire/cursor.ts'
import type { Field } from '../wire/field.ts'
import { u16At, u32At } from '../wire/octets.ts'
import { actionShapes, instructionShapes, type Shapes, shapeAt } from './shapes.ts'

const NOTHING = new Uint8Array(0)

/**
 * Elements of type, length and body. `next` goes to the first, then to the following, and says whether there is one; the
 * members are those of the element it stands at.
 */
abstract class Elements<T extends { type: string }> {
  octets: Uint8Array = NOTHING
  protected shapes: Shapes
  /** First octet of the list, and of what is behind it. */
  start = 0
  end = 0
  protected here = 0
  protected following = 0

  constructor(shapes: Shapes) {
    this.shapes = shapes
  }

  /** Stands before the first element of a list that has been checked. */
  place(octets: Uint8Array, start: number, end: number, shapes: Shapes): void {
    this.octets = octets
    this.shapes = shapes
    this.start = start
    this.end = end
    this.following = start
  }

  rewind(): void {
    this.following = this.start
  }

  next(): boolean {
    if (this.following >= this.end) return false
    this.here = this.following
    this.following += u16At(this.octets, this.here + 2)
    return true
  }

  /** The row's name; `experimenter` where no row describes it. */
  get type(): T['type'] {
    const shape = shapeAt(this.shapes, u16At(this.octets, this.here), this.octets, this.here)
    return shape === undefined ? 'experimenter' : shape.name
  }

  /** The element as decode gives it: an object. */
  get value(): T {
    const r = new Reader(this.octets, this.here, this.following)
    r.version = this.shapes.version
    return (this.shapes.rows as Field<T[]>).read(r)[0]!
  }
}

/** `port` to `queue_id` are of use where `type` says so. */
export class ActionsView extends Elements<Action> {
  constructor(shapes: Shapes = actionShapes(OFP_VERSION)) {
    super(shapes)
  }

  /** Of output. */
  get port(): number {
    return u32At(this.octets, this.here + 4)
  }

  /** Of output. */
  get max_len(): number {
    return u16At(this.octets, this.here + 8)
  }

  /** Of group. */
  get group_id(): number {
    return u32At(this.octets, this.here + 4)
  }

  /** Of set_queue. */
  get queue_id(): number {
    return u32At(this.octets, this.here + 4)
  }
}

/** `table_id` to `actions` are of use where `type` says so. */
export class InstructionsView extends Elements<Instruction> {
  private readonly inner = new ActionsView()

  constructor(shapes: Shapes = instructionShapes(OFP_VERSION)) {
    super(shapes)
  }

  /** Of goto_table. */
  get table_id(): number {
    return this.octets[this.here + 4]!
  }

  /** Of meter. */
  get meter_id(): number {
    return u32At(this.octets, this.here + 4)
  }

  /** Of apply_actions and write_actions; before the first. One view serves all instructions of this one. */
  get actions(): ActionsView {
    this.inner.place(this.octets, this.here + 8, this.following, actionShapes(this.shapes.version))
    return this.inner
  }
}
