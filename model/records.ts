/**
 * The records tagsteer keeps: what each looks like once it is validated and stored. Intent only: where things were
 * seen and what switches confirmed live elsewhere. Pure types and their constants; validation is in validate.ts, the
 * meaning of policy in controller/policy/permits.ts. Imported by nearly everything.
 */
import type { Tag } from './tag.ts'

/** All-of, any-of and none-of over tags. An empty selector matches every interface. */
export interface Selector {
  allOf: Tag[]
  anyOf: Tag[]
  noneOf: Tag[]
}

/** What every stored record carries besides its own fields. */
export interface RecordMeta {
  name: string
  /** Small number that stands for the record in cookies, conjunction ids and logs; never 0, never reused. */
  number: number
  /** Milliseconds since the epoch. */
  createTime: number
  updateTime: number
  /** Who wrote it last (the certificate's common name) and the manifest owner, if any. */
  updatedBy: string
  owner: string
}

export type Attachment =
  | { kind: 'port'; datapathId: string; port: number }
  | { kind: 'portName'; portName: string; datapathId?: string }
  /** Where a hypervisor's database says `external_ids:iface-id` is this; the record's own name where absent. */
  | { kind: 'ifaceId'; ifaceId?: string }
  | { kind: 'mac' }

/** A cloud's ENI or port. */
export interface InterfaceRecord extends RecordMeta {
  kind: 'interface'
  tags: Tag[]
  /** Layer 2 domain; addresses may overlap between networks. */
  network: string
  /** 48-bit number. */
  mac: number
  /** Canonical text, IPv4 dotted or IPv6 RFC 5952; single addresses. */
  addresses: string[]
  attachment: Attachment
  /** True: only frames from `mac` and `addresses` enter. False: identity by port alone. */
  portSecurity: boolean
  /** The profile by which a pool is chosen for it; where absent, the one that has its own name, if any. */
  profile?: string
  /** Pools that its leased addresses come from, ascending; absent where it has none. Written with leases, never by writers. */
  naps?: string[]
  /** What it does not take of what it inherits; absent where it takes all. */
  overrides?: Overrides
  /** Absent while it was never moved: it is provisioned since it was created. No writer of the record says it. */
  stage?: StageState
}

/** Where an interface differs from what it inherits, beyond its own tags, which win anyway. */
export interface Overrides {
  /** Inherited tags that do not count: by themselves, or all with this key. */
  without: Tag[]
}

/** The id by which a hypervisor's database names the interface of a record that is attached so. */
export function ifaceIdOf({ name, attachment }: Pick<InterfaceRecord, 'name' | 'attachment'>): string {
  return attachment.kind === 'ifaceId' ? (attachment.ifaceId ?? name) : name
}

export type Resolution = 'highest-priority' | 'strictest-wins' | 'ordered-merge'
export type ConflictMode = 'allow' | 'warn' | 'refuse'
export type DefaultVerdict = 'allow' | 'deny'

/** A virtual network partition: the interfaces whose tags match, and what happens among them by default. */
export interface Vnp extends RecordMeta {
  kind: 'vnp'
  selector: Selector
  /** Higher is consulted first where an interface belongs to several partitions. */
  priority: number
  resolution: Resolution
  /** What becomes of a write that brings a shadowed or contradictory rule; `warn` where absent. */
  conflicts?: Exclude<ConflictMode, 'warn'>
  /** Verdicts between members where no rule matches. */
  ingressDefault: DefaultVerdict
  egressDefault: DefaultVerdict
}

export type Direction = 'ingress' | 'egress'
/** `pass` decides nothing and ends its own tier: the next one is consulted. */
export type RuleAction = 'allow' | 'deny' | 'reject' | 'log' | 'rate-limit' | 'pass'

/** Which of a subject's rules are consulted first, of whatever partition. */
export type Tier = 'admin' | 'tenant' | 'baseline'

export type Peer =
  | { kind: 'any' }
  | { kind: 'tags'; selector: Selector }
  | { kind: 'vnp'; vnp: string }
  /** Addresses that belong to no interface record, IPv4 or IPv6, canonical prefix text. */
  | { kind: 'cidr'; cidr: string }

/** Inclusive range of destination ports. */
export interface PortRange {
  first: number
  last: number
}

/** ICMP messages of one family: a type, or one code of it. */
export interface IcmpMatch {
  /** ICMP or ICMPv6. */
  protocol: 1 | 58
  type: number
  /** Any where absent. */
  code?: number
}

export interface Rule {
  direction: Direction
  peer: Peer
  /** IP protocol numbers, ascending; empty is any. 'icmp' in a manifest means 1 and 58, ICMP of either family. */
  protocols: number[]
  /** Ascending, disjoint; empty is any. Only with TCP, UDP or SCTP. */
  ports: PortRange[]
  /** Ascending, none inside another; any where absent. Only with ICMP and ICMPv6. */
  icmp?: IcmpMatch[]
  action: RuleAction
  /** Also report matching packets. Always true where the action is 'log'. */
  log: boolean
  /**
   * keep: connections that it admitted go on until they end, whatever policy becomes; only with 'allow'. cut: connections
   * that it let through are forgotten by switches when policy no longer permits them; with 'allow' and 'rate-limit'.
   */
  established?: 'keep' | 'cut'
  /** The interface that gets a copy of the packets that the rule decides; not with 'log' and 'pass'. */
  mirror?: string
  /** Interfaces through which packets go on their way, in this order; only with 'allow' and 'rate-limit'. */
  redirect?: string[]
  /** Kilobits per second and burst in kilobits; only with 'rate-limit', and with 'pass' of a stage policy. */
  rateKbps?: number
  burstKb?: number
  /** Defaults to the policy's. */
  priority?: number
}

/** Rules for the members of one partition that match `appliesTo`. */
export interface Policy extends RecordMeta {
  kind: 'policy'
  vnp: string
  /** Absent where it is `tenant`, as in every record written before there were tiers: read it with tierOf. */
  tier?: Exclude<Tier, 'tenant'>
  appliesTo: Selector
  priority: number
  rules: Rule[]
}

/** In the order in which they are consulted. */
export const TIERS: readonly Tier[] = ['admin', 'tenant', 'baseline']

export function tierOf({ tier }: Pick<Policy, 'tier'>): Tier {
  return tier ?? 'tenant'
}

/** What is said about a switch, beyond what it says itself. */
export interface SwitchRecord extends RecordMeta {
  kind: 'switch'
  /** 16 hexadecimal digits. */
  datapathId: string
  /** Ports (by name) that lead to the existing network: trusted, never an interface's. */
  uplinks: string[]
  /** Ports (by name) that may be links to other switches of ours; any port may where it is empty. */
  links: string[]
  /**
   * Verdicts are asked of the controller, one pair, protocol and port at a time, and the switch keeps those in use.
   * Absent where it has all of them beforehand, as in every record written before there were modes.
   */
  reactive?: Reactive
  /** Its end of tunnels to other switches; where absent, its hypervisor's database may say one. */
  tunnel?: TunnelAddress
  /** What it may put identities in on its links, the best first; nothing where absent. */
  carriers?: LinkCarrier[]
  /** It is the bridge below tunnels, with the uplinks of a hypervisor: then nothing of the above is said. */
  underlay?: Underlay
  /** Octets of the largest IP packet that its links, and the network below its tunnels, take. */
  mtu?: number
}

/** How packets of the bridge's own port, where tunnels end, leave it. */
export interface Underlay {
  /** Spread over all uplinks that are up, or by the first of them. */
  kind: 'select' | 'failover'
  /** Names of ports, 1 to 8, in the order in which they are preferred. */
  uplinks: string[]
}

/** What a record may say of the network below: IPv6 packets of 1280 octets (RFC 8200 section 5) fit into any tunnel. */
export const MTU_LIMITS = { least: 1366, most: 65_535 } as const

/** What carries packets between switches whose ends have an address each in a network below. */
export type TunnelKind = 'geneve' | 'vxlan'

/** What a link can carry an identity in. */
export type LinkCarrier = 'mpls' | 'vlan'

export interface TunnelAddress {
  kind: TunnelKind
  /** IPv4 or IPv6, canonical text. */
  address: string
}

/** How a switch keeps verdicts that it asked for. */
export interface Reactive {
  /** Verdicts that it may hold at once; each is one row, two where a rule logs. */
  verdicts: number
  /** Seconds without a packet after which one goes. */
  idleSeconds: number
}

/** Addresses of a network, as its router knows them. */
export interface Subnet {
  /** Canonical prefix text without host bits. */
  cidr: string
  /** The router's address in it; always where the network has a router, never where it has none. */
  gateway?: string
}

/** A way that guests are told of, besides that to everything else. */
export interface DhcpRoute {
  /** IPv4, canonical prefix text. */
  cidr: string
  /** In a subnet of the network. */
  gateway: string
}

/** What a network's guests are told by DHCP. */
export interface NetworkDhcp {
  /** Of answers about addresses that have no end of their own. */
  leaseSeconds: number
  /** IPv4 addresses of name servers, in the order in which they are asked. */
  dns: string[]
  /** Where names without dots are looked for; the first is the domain of hosts. */
  searchDomains: string[]
  /** Octets; nothing is said where absent. */
  mtu?: number
  routes: DhcpRoute[]
  /** Interfaces that may relay requests of the network's guests. */
  relays: string[]
}

/** What is said about a network; one without a record is a layer 2 domain and nothing else. */
export interface NetworkRecord extends RecordMeta {
  kind: 'network'
  /** Networks that name the same virtual router are routed to each other; absent where none is. */
  router?: string
  /** Disjoint, within a network and within a router; interfaces of a network with a router have addresses of these. */
  subnets: Subnet[]
  /** Absent: guests' requests are not answered. */
  dhcp?: NetworkDhcp
}

/** Addresses from first to last, inclusive, of one family; canonical text. */
export interface AddressRange {
  first: string
  last: string
}

/** What an equal word, or enough of a level, adds to the score of a pool: shares of 100. */
export interface NapWeights {
  application: number
  volume: number
  security: number
  region: number
}

/** A network address pool: addresses that are given out for a time, and what kind of use they are meant for. */
export interface Nap extends RecordMeta {
  kind: 'nap'
  network: string
  /** Ascending, disjoint, also from those of other pools of the network. */
  ranges: AddressRange[]
  /** Ascending, disjoint, inside the ranges: never given out. */
  exclusions: AddressRange[]
  applicationType: string
  /** Bits per second of one user. */
  expectedVolume: number
  /** Bits per second; never 0. */
  maxVolume: number
  /** 0 to 100. */
  securityLevel: number
  region: string
  /** Where absent, the usual ones (ipam/select.ts). */
  weights?: NapWeights
  tags: Tag[]
  /** 0: until it is released. */
  leaseSeconds: number
  /** How long a released address rests before it is given to another. */
  coolSeconds: number
  /** Shares of the addresses that can be given out, below and above which the pool counts as low and high. */
  watermarks: { low: number; high: number }
  /** Nothing is given out any more; held addresses may fall out of the ranges. */
  draining?: true
}

/** What an instance is like, as far as choosing a pool goes. */
export interface Profile extends RecordMeta {
  kind: 'profile'
  applicationType: string
  /** Bits per second. */
  currentVolume: number
  /** 0 to 100. */
  requiredSecurityLevel: number
  /** Pools of a lower security level are left out, however well they fit besides. */
  strictSecurity?: true
  region: string
}

/**
 * standby: given to a client and bound to no interface yet. cooling: released, and withheld from others for a while.
 */
export type LeaseState = 'held' | 'standby' | 'cooling'

/** One address of a pool in the hands of a client; an interface that has it by lease carries it in its record. */
export interface Lease {
  network: string
  /** Canonical text. */
  address: string
  nap: string
  /** Empty on standby; of a cooling lease, who had it last. */
  interface: string
  client: string
  state: LeaseState
  /** The store revision that gave it out: of two leases of one address the later one has the greater. */
  generation: number
  /** Milliseconds since the epoch: when it came into this state. */
  since: number
  /** When it ends unless it is renewed; absent where it does not end by itself. */
  expires?: number
  /** Of a cooling lease: not given to others before this time, nor before switches confirmed the release. */
  coolUntil?: number
  /** Of a cooling lease: the store revision that released it. */
  released?: number
  /** The guest asked for it itself, by DHCP, and may give it back. */
  by?: 'dhcp'
}

/** Where an interface is in its life; `provisioned` is one of which nothing else is said. */
export const STAGES = ['provisioned', 'active', 'idle', 'standby', 'revocable', 'retired', 'restricted'] as const
export type Stage = (typeof STAGES)[number]

/** Why an interface came into a stage. */
export const STAGE_CAUSES = ['traffic', 'silence', 'escalation', 'reclaim', 'lease-ended', 'allocation', 'api'] as const
export type StageCause = (typeof STAGE_CAUSES)[number]

/** One stage that an interface came into. */
export interface StageMove {
  stage: Stage
  cause: StageCause
  /** Milliseconds since the epoch. */
  since: number
  /** What was seen, or said, in words; may be empty. */
  note: string
}

/** The stage of an interface: a part of its record, moved by verbs only. */
export interface StageState extends StageMove {
  /** Counts the moves. */
  generation: number
  /** Earlier stages, the newest first; as many as are kept. */
  earlier: StageMove[]
}

/** Earlier stages that a record keeps. */
export const KEPT_STAGES = 16

/** What is permitted besides what policy says: `no-world` forbids both sides of addresses that nobody's record has. */
export type StageRestriction = 'no-ingress' | 'no-egress' | 'no-world'

/** What an interface must not do for long, or an administrator hears of it. */
export interface StageEscalation {
  /** Packets refused within the time, or kilobits per second for all of the time. */
  trigger: 'refused-packets' | 'bandwidth'
  above: number
  seconds: number
  /** Besides, the interface is restricted. */
  restrict: boolean
}

/** What holds for interfaces in one stage; the record's name is that of the stage. */
export interface StagePolicy extends RecordMeta {
  kind: 'stagePolicy'
  /** Kilobits per second of all interfaces in the stage together, per switch and direction; unlimited where absent. */
  rateKbps?: number
  burstKb?: number
  /** Nothing else is permitted; any where empty. */
  applications: Pick<Rule, 'protocols' | 'ports'>[]
  /** In the order of the alphabet. */
  restrictions: StageRestriction[]
  /** After so much silence an interface goes to that stage. */
  silence?: { seconds: number; to: Stage }
  /** How long addresses stay with a revocable interface; only with that stage. */
  retentionSeconds?: number
  escalations: StageEscalation[]
}

export type AnyRecord = InterfaceRecord | Vnp | Policy | SwitchRecord | NetworkRecord | Nap | Profile | StagePolicy
export type RecordKind = AnyRecord['kind']
const KINDS = {
  ...{ interface: 0, vnp: 0, policy: 0, switch: 0, network: 0, nap: 0, profile: 0, stagePolicy: 0 },
} satisfies Record<RecordKind, 0>
export const RECORD_KINDS = Object.keys(KINDS) as RecordKind[]
export type RecordOf<K extends RecordKind> = Extract<AnyRecord, { kind: K }>

export const IDENTITY = {
  /** No interface record: packets with it are dropped. */
  unknown: 0,
  /** The switch itself. */
  host: 1,
  /** Virtual gateways. */
  gateway: 2,
  /** Any address that belongs to no interface record and to no prefix that a policy names. */
  world: 3,
  /** First number given to tag sets and prefixes. */
  first: 256,
  /** 20 bits: what the narrowest wide carrier (an MPLS label) can hold. */
  last: 0xfffff,
} as const

/**
 * A set of policy-relevant tags (or a prefix that a policy names), and the small number that stands for it in the
 * data path. Kept by the store so that numbers survive restarts.
 */
export interface IdentityRecord {
  number: number
  /** Canonical key: `tags:` and the sorted tags, or `cidr:` and the prefix. */
  key: string
  /** Set when the last user went away; not reused before the quarantine has passed. */
  releasedAt?: number
}

/** Store key prefixes. A record's key is its prefix and its name. */
export const PREFIX = {
  interface: 'interface/',
  vnp: 'vnp/',
  policy: 'policy/',
  switch: 'switch/',
  network: 'network/',
  nap: 'nap/',
  profile: 'profile/',
  stagePolicy: 'stage-policy/',
  /** `lease/<network>/<address>` in the form of leaseKey: no record that writers write, but what the pools have given. */
  lease: 'lease/',
  identity: 'identity/',
  /** Numbers for networks, routers, connection-tracking zones, meters, switches: `number/<space>/<name>`. */
  number: 'number/',
  request: 'request/',
} as const
