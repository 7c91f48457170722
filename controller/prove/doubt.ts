/**
 * What the exploration could not square with the truth: a region whose fate is not what it should be, or may not be.
 * A doubt is no verdict; confirm.ts turns it into a counterexample or takes it back. Types only.
 */

import type { Layer4 } from './facts.ts'
import type { Entry, Met, Tracking } from './region.ts'
import type { Val } from './space.ts'

export type DoubtKind =
  /** It comes out, or is answered, and must not. */
  | 'leak'
  /** It must arrive and does not. */
  | 'loss'
  /**
   * What one packet need not show: it leaves for another switch and does not say truly who sent it, of which network it is,
   * or whom it is for; or its connection is kept among those of another network; or its header is another than it should
   * be. No packet takes such a doubt back.
   */
  | 'hidden'
  /** A row does what the proof has no words for. */
  | 'unmodelled'

export interface Doubt {
  readonly kind: DoubtKind
  readonly why: string
  readonly datapathId: string
  readonly entry: Entry
  /** Port of entry of one of the packets. */
  readonly port: number
  readonly tracking: Tracking
  /** Of its packets, where that is known; else 0. */
  readonly network: number
  /** Identities it may be from and to, each with an interface, or undefined for the world; empty: nobody known. */
  readonly senders: ReadonlyMap<number, string | undefined>
  readonly receivers: ReadonlyMap<number, string | undefined>
  /** An interface, or `world`, that it must reach or come from; empty: nobody in particular. */
  readonly must: string
  /** Switches that it may be for, by number. */
  readonly places: ReadonlySet<number>
  /** Where it is known. */
  readonly layer4: Layer4 | undefined
  /** What is known of the header, by field. */
  readonly vals: readonly Val[]
  readonly met: Met | undefined
}
