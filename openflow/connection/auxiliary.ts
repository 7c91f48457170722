/**
 * Auxiliary connections (OpenFlow 1.3.5 section 6.3.5): further connections of a datapath that has its main one, each
 * with a number of its own, for packet-ins beside flow-mods, say. Here is who belongs to whom: an auxiliary is taken
 * only while its main connection is there and comes from the same certificate, and goes when that goes. One whose main
 * connection is still shaking hands waits for it. Replies come on the connection of their request; nothing here looks
 * at messages.
 */
import type { Connection } from './connection.ts'

interface Datapath {
  readonly main: Connection
  readonly auxiliaries: Map<number, Connection>
}

interface AuxiliaryLimits {
  /** Auxiliary connections that a main one may have, and that may wait for one. */
  readonly most: number
  /** Ms that they may wait. */
  readonly waitMs: number
}

/** Exactly one of the two is told, once. */
interface Joining {
  joined(main: Connection): void
  refused(reason: string): void
}

interface Early {
  readonly connection: Connection
  readonly joining: Joining
  readonly timer: NodeJS.Timeout
}

export class Auxiliaries {
  readonly #limits: AuxiliaryLimits
  /** Newest last: who has the listener decides which of several main connections of a datapath stays. */
  readonly #datapaths = new Map<bigint, Datapath[]>()
  /** Those that wait, by datapath. */
  readonly #early = new Map<bigint, Set<Early>>()

  constructor(limits: AuxiliaryLimits) {
    this.#limits = limits
  }

  /** A main connection is established. Its auxiliaries close with it; those that waited for it join after this turn. */
  main(connection: Connection): void {
    const id = connection.features.datapath_id
    const datapath: Datapath = { main: connection, auxiliaries: new Map() }
    this.#datapaths.set(id, [...(this.#datapaths.get(id) ?? []), datapath])
    connection.closedWith((reason) => {
      const others = (this.#datapaths.get(id) ?? []).filter((other) => other !== datapath)
      if (others.length === 0) this.#datapaths.delete(id)
      else this.#datapaths.set(id, others)
      for (const auxiliary of datapath.auxiliaries.values()) auxiliary.close(`the main connection is gone: ${reason}`)
    })
    for (const early of this.#early.get(id) ?? []) queueMicrotask(() => this.#again(early))
  }

  /** Looks for the main connection that an auxiliary belongs to. An older one of its number ends. */
  join(connection: Connection, joining: Joining): void {
    const { datapath_id, auxiliary_id } = connection.features
    const mains = (this.#datapaths.get(datapath_id) ?? []).filter(({ main }) => !main.closed)
    const datapath = mains.findLast(({ main }) => ofOneSwitch(main, connection))
    if (mains.length === 0) this.#wait(connection, joining)
    else if (datapath === undefined) refuse(connection, joining, 'another certificate or version than the main one')
    else {
      const { main, auxiliaries } = datapath
      const older = auxiliaries.get(auxiliary_id)
      if (older === undefined && auxiliaries.size >= this.#limits.most) {
        refuse(connection, joining, `the main connection has ${this.#limits.most} already`)
        return
      }
      auxiliaries.set(auxiliary_id, connection)
      connection.closedWith(() => {
        if (auxiliaries.get(auxiliary_id) === connection) auxiliaries.delete(auxiliary_id)
      })
      older?.close('the auxiliary connection was made anew')
      joining.joined(main)
    }
  }

  #wait(connection: Connection, joining: Joining): void {
    const { datapath_id } = connection.features
    const waiting = this.#early.get(datapath_id) ?? new Set()
    if (waiting.size >= this.#limits.most) {
      refuse(connection, joining, `there is no main connection, and ${waiting.size} wait for it already`)
      return
    }
    const timer = setTimeout(() => {
      if (this.#forget(early)) refuse(connection, joining, 'there is no main connection')
    }, this.#limits.waitMs)
    const early: Early = { connection, joining, timer }
    this.#early.set(datapath_id, waiting.add(early))
    connection.closedWith((reason) => {
      if (this.#forget(early)) joining.refused(`${auxiliaryName(connection)}: ${reason}`)
    })
  }

  /** The main connection has come. */
  #again(early: Early): void {
    if (early.connection.closed || !this.#forget(early)) return
    try {
      this.join(early.connection, early.joining)
    } catch (error) {
      early.connection.close('handler failed')
      throw error
    }
  }

  /** False where it did not wait any more. */
  #forget(early: Early): boolean {
    clearTimeout(early.timer)
    const id = early.connection.features.datapath_id
    const waiting = this.#early.get(id)
    const found = waiting?.delete(early) ?? false
    if (waiting?.size === 0) this.#early.delete(id)
    return found
  }
}

function refuse(connection: Connection, joining: Joining, why: string): void {
  const reason = `${auxiliaryName(connection)}: ${why}`
  connection.close(reason)
  joining.refused(reason)
}

/** As far as certificates and the handshake tell. */
function ofOneSwitch(one: Connection, other: Connection): boolean {
  return one.peer === other.peer && one.peerUnit === other.peerUnit && one.version === other.version
}

/** "auxiliary connection 1 of datapath 0x2a". */
export function auxiliaryName({ features }: Connection): string {
  return `auxiliary connection ${features.auxiliary_id} of datapath 0x${features.datapath_id.toString(16)}`
}
