/**
 * Connection-tracking zones: which switches need one for which networks. A switch judges packets where an interface sends
 * or receives, and on the way to the world and from it; what it only carries meets no connection tracking and loads
 * zone 0 (compile-interface.ts). Networks with one router share a zone, so that both directions of a routed connection meet
 * the same entry wherever its ends are: `network` is the name of the routing domain here (routing.ts). It refuses to give numbers; allocate.ts does, propose.ts says when.
 */
import type { InterfaceRecord } from '../../model/records.ts'
import { Multimap } from './multimap.ts'

/** What is seen of who needs zones, for decisions that records alone cannot tell. Kept by controller/zones.ts. */
export interface ZoneNeeds {
  /** The switch where the interface of a record is, or would be found now. */
  switchOf(record: InterfaceRecord): string | undefined
  /** Networks of the interfaces that are on the switch. */
  networksOf(datapathId: string): Iterable<string>
  /** Switches that judge packets of every network, between the world and others. */
  gateways(): Iterable<string>
  /** Whether a switch may be a gateway once its links are found: then it keeps the zones that it has. */
  mayBeGateway(datapathId: string): boolean
}

/** A switch and a network. */
export interface ZoneWish {
  datapathId: string
  network: string
}

/** The name of a zone: each switch has its own for each network, or domain of a router. */
export function zoneName(datapathId: string, network: string): string {
  return `${datapathId}/${network}`
}

/** The inverse of zoneName. */
export function readZoneName(name: string): ZoneWish {
  const slash = name.indexOf('/')
  return { datapathId: name.slice(0, slash), network: name.slice(slash + 1) }
}

/** The zones that are in use, both ways. */
export class ZoneIndex {
  /** Network to datapath ids. */
  readonly byNetwork = new Multimap<string>()
  /** Datapath id to networks. */
  readonly byDatapath = new Multimap<string>()

  set(name: string, isUsed: boolean): void {
    const { datapathId, network } = readZoneName(name)
    const action = isUsed ? 'add' : 'remove'
    this.byNetwork[action](network, datapathId)
    this.byDatapath[action](datapathId, network)
  }
}

/** The switch that a record's attachment names, whether it is there or not. */
export function switchNamedBy({ attachment }: InterfaceRecord): string | undefined {
  return 'datapathId' in attachment ? attachment.datapathId : undefined
}
