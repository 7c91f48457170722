/**
 * Which ports say, through the databases of their hypervisors, whose they are (external_ids:iface-id), as clouds bind
 * interfaces: by id in the order in which it was claimed, and by port. Pure. It refuses to decide who is believed
 * (observe.ts does).
 */

/** A port that says an id. */
export interface Claim {
  datapathId: string
  portName: string
}

export class IfaceIds {
  /** By id, `datapath port` in order. */
  readonly #claims = new Map<string, Set<string>>()
  /** By datapath id and port name. */
  readonly #said = new Map<string, Map<string, string>>()

  /** The id that a port says. */
  of(datapathId: string, portName: string): string | undefined {
    return this.#said.get(datapathId)?.get(portName)
  }

  /** Ports that say this id, the first that did first. */
  claims(id: string): Claim[] {
    return [...(this.#claims.get(id) ?? [])].map((claim) => {
      const end = claim.indexOf(' ')
      return { datapathId: claim.slice(0, end), portName: claim.slice(end + 1) }
    })
  }

  /**
   * A switch's ports say these ids now, by port name; undefined: nothing is known of it any more.
   * @param ports Those that may say something else than before; all where absent.
   * @returns Ids that are said by others, or by nobody, now.
   */
  update(
    datapathId: string,
    ids: ReadonlyMap<string, string> | undefined,
    ports: Iterable<string> = new Set([...(this.#said.get(datapathId)?.keys() ?? []), ...(ids?.keys() ?? [])]),
  ): Set<string> {
    const changed = new Set<string>()
    const said = this.#said.get(datapathId) ?? new Map<string, string>()
    for (const port of ports) {
      const [before, after] = [said.get(port), ids?.get(port)]
      if (before === after) continue
      const claim = `${datapathId} ${port}`
      if (before !== undefined) {
        const claims = this.#claims.get(before)
        claims?.delete(claim)
        if (claims?.size === 0) this.#claims.delete(before)
        changed.add(before)
      }
      if (after === undefined) said.delete(port)
      else {
        said.set(port, after)
        this.#claims.set(after, (this.#claims.get(after) ?? new Set()).add(claim))
        changed.add(after)
      }
    }
    if (said.size === 0) this.#said.delete(datapathId)
    else this.#said.set(datapathId, said)
    return changed
  }
}
