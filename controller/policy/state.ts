/**
 * What the compiler reads: intent (what was asked, with every number given out) and observed (where things are). It
 * refuses to know what switches confirmed; that never feeds a decision (law 2). Intent is kept by intent.ts from the
 * store's watch; observed by the channel and topology. Both are read-only here.
 */
import type { IdentityRecord, InterfaceRecord, Policy, SwitchRecord, Vnp } from '../../model/records.ts'

export interface IntentView {
  readonly generation: number
  readonly interfaces: ReadonlyMap<string, InterfaceRecord>
  readonly vnps: ReadonlyMap<string, Vnp>
  readonly policies: ReadonlyMap<string, Policy>
  readonly switches: ReadonlyMap<string, SwitchRecord>
  /** By identity number. */
  readonly identities: ReadonlyMap<number, IdentityRecord>
  /** Numbers given out for names: networks, switches by datapath id, zones by `datapathId/network`, meters by `policy/rule`. */
  number(space: 'network' | 'switch' | 'zone' | 'meter', name: string): number | undefined
}

export interface PortView {
  port: number
  name: string
  up: boolean
}

export interface Place {
  datapathId: string
  port: number
}

/** One connected or recently connected switch. */
export interface DatapathView {
  datapathId: string
  ports: ReadonlyMap<number, PortView>
  /** Ports with a confirmed link to another of our switches. */
  fabricPorts: ReadonlySet<number>
  /** Ports that lead to the existing network. */
  uplinkPorts: ReadonlySet<number>
  /** Destination datapath id to the port that is the next hop on the shortest path. */
  nextHops: ReadonlyMap<string, number>
  /** Fabric ports in the loop-free flood tree. */
  floodPorts: ReadonlySet<number>
}

export interface ObservedView {
  readonly datapaths: ReadonlyMap<string, DatapathView>
  /** Interface record name to where it is attached now. */
  readonly places: ReadonlyMap<string, Place>
}

export type Backend = 'fabric' | 'normal'

export interface NetworkState {
  readonly intent: IntentView
  readonly observed: ObservedView
  readonly backend: Backend
}
