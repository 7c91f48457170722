/**
 * Auxiliary connections (OpenFlow 1.3.5 section 6.3.5): further connections of a datapath that has its main one, each
 * with a number of its own, for packet-ins beside flow-mods, say. Here is who belongs to whom: an auxiliary is taken
 * only while its main connection is there and comes from the same certificate, and goes when that goes. Replies come on
 * the connection of their request; nothing here looks at messages.
 */
import type { Connection } from './connection.ts'

interface Datapath {
  readonly main: Connection
  readonly auxiliaries: Map<number, Connection>
}

export class Auxiliaries {
  /** Newest last: who has the listener decides which of several main connections of a datapath stays. */
  readonly #datapaths = new Map<bigint, Datapath[]>()

  /** A main connection is established. Its auxiliaries close with it. */
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
  }

  /** The main connection that an auxiliary belongs to, or why it cannot be taken. An older one of its number ends. */
  join(connection: Connection): Connection | string {
    const { datapath_id, auxiliary_id } = connection.features
    const name = auxiliaryName(connection)
    const mains = (this.#datapaths.get(datapath_id) ?? []).filter(({ main }) => !main.closed)
    const datapath = mains.findLast(({ main }) => main.peer === connection.peer && main.version === connection.version)
    if (datapath === undefined) {
      const why =
        mains.length === 0 ? 'there is no main connection' : 'another certificate or version than the main one'
      return `${name}: ${why}`
    }
    const { main, auxiliaries } = datapath
    auxiliaries.get(auxiliary_id)?.close('the auxiliary connection was made anew')
    auxiliaries.set(auxiliary_id, connection)
    connection.closedWith(() => {
      if (auxiliaries.get(auxiliary_id) === connection) auxiliaries.delete(auxiliary_id)
    })
    return main
  }
}

/** "auxiliary connection 1 of datapath 0x2a". */
export function auxiliaryName({ features }: Connection): string {
  return `auxiliary connection ${features.auxiliary_id} of datapath 0x${features.datapath_id.toString(16)}`
}
