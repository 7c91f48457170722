/**
 * What observed is told of switches by those who find it out: topology and the databases of hypervisors. Types only. It
 * refuses to know how either finds out.
 */
import type { TunnelAddress } from '../model/records.ts'
import type { Place } from './policy/state.ts'

/** What topology knows of one switch. */
export interface FabricView {
  fabricPorts: ReadonlySet<number>
  nextHops: ReadonlyMap<string, number>
  floodPorts: ReadonlySet<number>
}

/** What the database of its hypervisor says of one switch. */
export interface HypervisorFacts {
  /** Its end of tunnels: IPv4 or IPv6 address in the underlay, canonical text. Absent where the database names none. */
  encap?: TunnelAddress
  /** Octets of the largest IP packet that the network below takes. */
  mtu?: number
  /** By port name, the id (external_ids:iface-id) of the interface that is there. */
  ifaceIds: ReadonlyMap<string, string>
  /** By port name, octets. */
  mtus: ReadonlyMap<string, number>
}

/** What topology is asked. */
export interface TopologyFacts {
  view(datapathId: string): FabricView
  /** Where a MAC was seen last. */
  sighting(mac: number): Place | undefined
}
