/**
 * What the compiler reads: intent (what was asked, with every number given out) and observed (where things are). It
 * refuses to know what switches confirmed; that never feeds a decision (law 2). Intent is kept by intent.ts from the
 * store's watch; observed by the channel and topology. Both are read-only here.
 */
import type { Address } from '../../model/address.ts'
import type {
  Direction,
  IdentityRecord,
  InterfaceRecord,
  LinkCarrier,
  Nap,
  NetworkRecord,
  Policy,
  RecordKind,
  SwitchRecord,
  TunnelAddress,
  Underlay,
  Vnp,
} from '../../model/records.ts'
import type { Tag } from '../../model/tag.ts'
import type { SteeringView } from './steering.ts'

export interface IntentView {
  readonly generation: number
  /** Tags that some selector mentions. */
  readonly relevantTags: { has(tag: Tag): boolean }
  readonly interfaces: ReadonlyMap<string, InterfaceRecord>
  readonly vnps: ReadonlyMap<string, Vnp>
  readonly policies: ReadonlyMap<string, Policy>
  readonly switches: ReadonlyMap<string, SwitchRecord>
  /** Pools, whose tags interfaces inherit. */
  readonly naps: ReadonlyMap<string, Nap>
  /** Of networks of which something is said. */
  readonly networks: ReadonlyMap<string, NetworkRecord>
  /** Names of the networks that name a router. */
  readonly networksByRouter: { all(router: string): ReadonlySet<string> }
  /** By identity number. */
  readonly identities: ReadonlyMap<number, IdentityRecord>
  /** Numbers given out for names: networks, routers, switches by datapath id, zones by `datapathId/domain`, meters by `policy/rule`, collectors, services and chains by name. */
  number(space: NumberSpace, name: string): number | undefined
  /** The revision that wrote a record last: its generation, and as text its etag. */
  modRevision(kind: RecordKind, name: string): number | undefined

  /** The identity of an interface record; IDENTITY.unknown where there is no such record. */
  identityOf(interfaceName: string): number
  /** Names of the interface records with this identity. */
  usersOf(identity: number): ReadonlySet<string>
  /** The policy-relevant tags that a tag identity stands for; empty for world identities. */
  tagsOf(identity: number): ReadonlySet<Tag>
  /** Partitions that a tag identity is a member of, in the order in which they are consulted. */
  vnpsOf(identity: number): readonly Vnp[]
  /** Identities in use that are members of a partition. */
  membersOf(vnp: string): ReadonlySet<number>
  /** Prefix (canonical text) to identity, for each prefix that a rule names. IDENTITY.world is not among them. */
  readonly prefixes: ReadonlyMap<string, number>
  /** Where rules lead packets and copies. */
  readonly steerings: SteeringView
  /** Policies of a partition, by name. */
  policiesOf(vnp: string): ReadonlySet<string>
  /** The interface record that holds an address (canonical text) in a network. */
  byAddress(network: string, address: string): string | undefined
  byMac(mac: number): string | undefined
  /** Interface records attached to a port by number or by name on this switch, or by name on any switch. */
  byAttachment(datapathId: string, port: number, portName: string): string | undefined
}

export type NumberSpace = 'network' | 'router' | 'switch' | 'zone' | 'meter' | 'steer'

export interface PortView {
  port: number
  name: string
  up: boolean
}

export interface Place {
  datapathId: string
  port: number
}

/** The one port by which a switch sends to all others that have an end of the same kind, and its own address. */
export interface TunnelEnd extends TunnelAddress {
  port: number
}

/** One connected or recently connected switch. */
export interface DatapathView {
  datapathId: string
  ports: ReadonlyMap<number, PortView>
  /** Ports with a confirmed link to another of our switches, and the port of its tunnels. */
  fabricPorts: ReadonlySet<number>
  /** Ports that lead to the existing network. */
  uplinkPorts: ReadonlySet<number>
  /** Destination datapath id to the port that is the next hop on the shortest path. */
  nextHops: ReadonlyMap<string, number>
  /** Fabric ports in the loop-free flood tree. */
  floodPorts: ReadonlySet<number>
  /** Where it has an end of tunnels: they lead to all switches with one of the same kind, whatever links there are. */
  tunnel?: TunnelEnd
  /** What it may put identities in on links, the best first. */
  carriers?: readonly LinkCarrier[]
  /** It is the bridge below tunnels, and nothing else (compile-uplinks.ts). */
  underlay?: UnderlayView
  /** Octets of the largest IP packet that its links, and the network below its tunnels, take; UNDERLAY_MTU where absent. */
  mtu?: number
  /** False: it cannot compare the length of a packet (check_pkt_larger of Open vSwitch 2.12). */
  measures?: false
}

/** How the packets of tunnels leave a hypervisor. */
export interface UnderlayView {
  kind: Underlay['kind']
  /** Of its uplinks those that are there, in the order of the record. */
  ports: readonly number[]
}

/**
 * What a reactive switch asked: whether this side lets a packet of this kind pass. It is all that a verdict depends on:
 * the world's addresses are identities too.
 */
export interface Demand {
  side: Direction
  /** Identity of who opened the connection. */
  source: number
  destination: number
  protocol: number
  /** As the registers carry it (pipeline.ts): destination port, or ICMP type and code; UNKNOWN_PORT. */
  key: number
}

/** What others need to know of a switch to send to it, and to believe what it sends. */
export type Edge = Pick<DatapathView, 'carriers' | 'mtu'> & { tunnel?: TunnelAddress }

/**
 * The packet of a probe that is on its way (controller/probing), as the switches that it may meet know it: what it says
 * and how it is marked.
 */
export interface ProbeMatch {
  /** 1 to 2^32 - 1; no other probe under way has it. */
  number: number
  ethSrc: number
  ethDst: number
  source: Address
  destination: Address
  /** TCP, UDP, ICMP or ICMPv6. */
  protocol: number
  /** Ports; or type and code of ICMP. */
  first: number
  second: number
  dscp: number
  /** Of IPv6. */
  flowLabel: number
  /** It may travel below a label, where only its MAC addresses can be seen. */
  labelled: boolean
  /** It is for another network: its sender sends it to the gateway, and what it has of MAC addresses changes on its way. */
  routed: boolean
}

export interface ObservedView {
  readonly datapaths: ReadonlyMap<string, DatapathView>
  /** Interface record name to where it is attached now. */
  readonly places: ReadonlyMap<string, Place>
  /** Switches that have not connected since the start, as their records tell: others go on sending to them. */
  readonly absent?: ReadonlyMap<string, Edge>
  /** By datapath id, what switches asked and may keep the verdict of; by demandKey (compile-demand.ts). */
  readonly demands?: ReadonlyMap<string, ReadonlyMap<string, Demand>>
  /** By datapath id and number, probes that the switch watches for. */
  readonly probes?: ReadonlyMap<string, ReadonlyMap<number, ProbeMatch>>
}

/** What changed in an observed view since the last look. */
export interface ObservedDelta {
  /** Switches that came, went, or whose ports, links, next hops or flood ports changed. */
  datapaths: Set<string>
  /** Interface records whose place changed. */
  places: Set<string>
  /** Switches whose end of tunnels, or whose carriers on links, came, went or changed; among `datapaths` too. */
  ends?: Set<string>
  /** By datapath id, demands that came or went. */
  demands?: Map<string, Set<string>>
  /** By datapath id, numbers of probes that it is to watch for, or no longer. */
  probes?: Map<string, Set<number>>
}

export type Backend = 'fabric' | 'normal'

export interface NetworkState {
  readonly intent: IntentView
  readonly observed: ObservedView
  readonly backend: Backend
}
