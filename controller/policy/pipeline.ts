/**
 * The layout of the tables: which there are, in which order a packet meets them, where each may send it on, what
 * happens to a packet that no row matches, and what the registers carry. Declared once; docs/pipeline.md, the command
 * line's names of stages and a test that holds every compiled row to its table are made from it. An incompatible change
 * raises PIPELINE_EPOCH (cookie.ts), and that moves every table but the first to other numbers. It refuses to know policy.
 */
import type { Action } from 'node-openflow'
import type { Direction, Tier } from '../../model/records.ts'
import { cookieOf, isOurs, PIPELINE_EPOCH } from './cookie.ts'
import { type Flow, flowKey } from './program.ts'

/** Stages in the order of the pipeline. */
const PLACES = {
  classify: 0,
  tunnelled: 1,
  carried: 2,
  untag: 3,
  port_security: 4,
  origin: 5,
  sender: 6,
  outside: 7,
  neighbour: 8,
  advertise: 9,
  route: 10,
  destination: 11,
  connection: 12,
  tracked: 13,
  log: 14,
  egress_admin: 15,
  egress_tenant: 16,
  egress_baseline: 17,
  egress_default: 18,
  ingress_admin: 19,
  ingress_tenant: 20,
  ingress_baseline: 21,
  ingress_default: 22,
  commit: 23,
  mirror_egress: 24,
  mirror_ingress: 25,
  steer: 26,
  flood: 27,
  forward: 28,
  tag: 29,
  deliver: 30,
} as const

export type TableName = keyof typeof PLACES

/** Names in the order of the pipeline. */
export const TABLE_NAMES: readonly TableName[] = Object.keys(PLACES) as TableName[]

/** Tables that one epoch has for itself, beside the first, and epochs that have tables of their own at once. */
const PER_EPOCH = 31
export const RANGES = 8

/**
 * Table numbers by name of stage. Packets enter at table 0, whichever epoch it is; the others of an epoch are not those
 * of the seven before and after it. So a controller that lays tables out differently fills its own beside those of its
 * predecessor, lets the first table lead there, and then empties the old (flows/order.ts): nothing is lost, and no
 * packet meets rows of two layouts. Every eighth epoch has the same numbers; between those it makes a stop (flows/hops.ts).
 */
export const TABLES: Readonly<Record<TableName, number>> = tablesOf(PIPELINE_EPOCH)

/** The stage of a table of this epoch. */
export const STAGE_OF: ReadonlyMap<number, TableName> = new Map(TABLE_NAMES.map((name) => [TABLES[name], name]))

/** The tables in which each side is judged, in the order in which a packet meets them: one per tier, and the defaults. */
export const POLICY_TABLES = {
  egress: {
    admin: TABLES.egress_admin,
    tenant: TABLES.egress_tenant,
    baseline: TABLES.egress_baseline,
    default: TABLES.egress_default,
  },
  ingress: {
    admin: TABLES.ingress_admin,
    tenant: TABLES.ingress_tenant,
    baseline: TABLES.ingress_baseline,
    default: TABLES.ingress_default,
  },
} satisfies Record<Direction, Record<Tier | 'default', number>>

/** Where a packet goes that a side lets pass. */
export const AFTER: Readonly<Record<Direction, number>> = { egress: TABLES.ingress_admin, ingress: TABLES.commit }

/** @param epoch From 1. */
export function tablesOf(epoch: number): Readonly<Record<TableName, number>> {
  const base = ((epoch - 1) % RANGES) * PER_EPOCH
  const numbers = Object.entries(PLACES).map(([name, place]) => [name, place === 0 ? 0 : base + place])
  return Object.fromEntries(numbers) as Record<TableName, number>
}

/** Which of the ranges of numbers a table is in; undefined for the first table, which is in none, and where no epoch has any. */
export function rangeOf(table: number): number | undefined {
  const range = Math.floor(table / PER_EPOCH)
  return range < RANGES && table % PER_EPOCH !== 0 ? range : undefined
}

/** The table that has the place of another, of some range, in this range; the first stays the first. */
export function inRange(table: number, range: number): number {
  return table === 0 ? 0 : range * PER_EPOCH + (table % PER_EPOCH)
}

/** The range of this epoch's tables. */
const HOME = rangeOf(TABLES.deliver) as number

/** The table of this epoch that has the place of another: rows on their way to their tables are in others (flows/hops.ts). */
export function homeOf(table: number): number {
  return inRange(table, HOME)
}

/** Whether a flow is another's and in one of these tables, where it takes packets from ours. */
export function isIntruder(table: number, cookie: bigint): boolean {
  return !isOurs(cookie) && STAGE_OF.has(table)
}

export interface Stage {
  /** One sentence for people. */
  purpose: string
  /** Where a row may send a packet on. */
  next: readonly TableName[]
  /** What happens to a packet that no row matches; all tables drop it. */
  miss: string
}

export const STAGES: Readonly<Record<TableName, Stage>> = {
  classify: {
    purpose:
      'Tells ports of interfaces, links and uplinks apart by the port of entry; holds interfaces to their MAC, without tags and labels.',
    next: ['tunnelled', 'carried', 'port_security', 'origin', 'forward'],
    miss: 'A port that is down or unknown: dropped.',
  },
  tunnelled: {
    purpose: 'Takes packets from tunnels on: those that brought the identity of their sender need not look for it.',
    next: ['carried', 'origin', 'neighbour'],
    miss: 'From an end that no switch of ours has: dropped.',
  },
  carried: {
    purpose: 'Takes what links bring with a tag, or with a label, on to the switch where it is for.',
    next: ['untag', 'origin', 'forward'],
    miss: 'For nobody who is known, or a tag that no collector or service here has: dropped.',
  },
  untag: {
    purpose: 'Reads the identity of the sender from the tag or label of a packet that has arrived, and takes that off.',
    next: ['neighbour'],
    miss: 'Neither tag nor label, or of no sender: dropped.',
  },
  port_security: {
    purpose: 'Holds an interface to its addresses and gives its packets network and identity.',
    next: ['sender', 'neighbour', 'destination'],
    miss: 'Neither IP nor ARP: dropped. Forged senders go on to sender, to be counted.',
  },
  origin: {
    purpose: 'Finds network and sender of packets from other switches and from uplinks.',
    next: ['outside', 'neighbour', 'destination'],
    miss: 'Belongs to no network: dropped.',
  },
  sender: {
    purpose:
      'Finds who first sent a packet that a service of a chain sends on, by its address; counts forged senders by port.',
    next: ['outside', 'destination'],
    miss: 'Nobody of the network: dropped.',
  },
  outside: {
    purpose: 'Gives packets from the world the identity of their longest prefix; refuses the addresses of records.',
    next: ['neighbour'],
    miss: 'Neither IP nor ARP: dropped.',
  },
  neighbour: {
    purpose: 'Answers ARP requests and neighbour solicitations for interfaces of the same network.',
    next: ['advertise', 'route', 'destination', 'flood'],
    miss: 'Neighbour messages that nobody asked for: dropped.',
  },
  advertise: {
    purpose: 'Completes and sends neighbour advertisements.',
    next: [],
    miss: 'Dropped.',
  },
  route: {
    purpose:
      'Takes packets that are sent to the gateway on to the network of their receiver; answers echo requests to it.',
    next: ['destination'],
    miss: 'Goes on to destination.',
  },
  destination: {
    purpose: 'Finds the receiver by network, MAC and address: its identity and where it is.',
    next: ['connection', 'forward'],
    miss: 'No such receiver: dropped.',
  },
  connection: {
    purpose: 'Looks packets up in connection tracking, in the zone of switch and network.',
    next: ['tracked', 'forward'],
    miss: 'Not IP: dropped.',
  },
  tracked: {
    purpose: 'Turns replies to the original direction and loads protocol and destination port or ICMP type and code.',
    next: ['log', 'egress_admin'],
    miss: 'Invalid for connection tracking: dropped.',
  },
  log: {
    purpose: 'Copies new connections that a log rule names to the controller.',
    next: ['egress_admin'],
    miss: 'Goes on to egress_admin.',
  },
  egress_admin: {
    purpose: 'Whether the sender may send it: rules of the admin tier.',
    next: ['egress_tenant', 'ingress_admin', 'mirror_egress'],
    miss: 'Goes on to egress_tenant.',
  },
  egress_tenant: {
    purpose: 'Whether the sender may send it: rules of tenants.',
    next: ['egress_baseline', 'ingress_admin', 'mirror_egress'],
    miss: 'Goes on to egress_baseline.',
  },
  egress_baseline: {
    purpose: 'Whether the sender may send it: rules of the baseline tier.',
    next: ['egress_default', 'ingress_admin', 'mirror_egress'],
    miss: 'Goes on to egress_default.',
  },
  egress_default: {
    purpose: 'Whether the sender may send it: the defaults of partitions.',
    next: ['ingress_admin'],
    miss: 'No rule and no default allows it: dropped.',
  },
  ingress_admin: {
    purpose: 'Whether the receiver may receive it: rules of the admin tier.',
    next: ['ingress_tenant', 'commit', 'mirror_egress'],
    miss: 'Goes on to ingress_tenant.',
  },
  ingress_tenant: {
    purpose: 'Whether the receiver may receive it: rules of tenants.',
    next: ['ingress_baseline', 'commit', 'mirror_egress'],
    miss: 'Goes on to ingress_baseline.',
  },
  ingress_baseline: {
    purpose: 'Whether the receiver may receive it: rules of the baseline tier.',
    next: ['ingress_default', 'commit', 'mirror_egress'],
    miss: 'Goes on to ingress_default.',
  },
  ingress_default: {
    purpose: 'Whether the receiver may receive it: the defaults of partitions.',
    next: ['commit'],
    miss: 'No rule and no default allows it: dropped.',
  },
  commit: {
    purpose: 'Commits new connections to connection tracking.',
    next: ['mirror_egress'],
    miss: 'Goes on to mirror_egress.',
  },
  mirror_egress: {
    purpose: 'Copies what the rule on the side of the sender mirrors, where the packet came in first.',
    next: ['mirror_ingress', 'steer'],
    miss: 'Goes on to mirror_ingress.',
  },
  mirror_ingress: {
    purpose: 'Copies what the rule on the side of the receiver mirrors.',
    next: ['steer'],
    miss: 'Goes on to steer.',
  },
  steer: {
    purpose: 'Leads packets through the services of their chain, one after the other.',
    next: ['forward'],
    miss: 'A chain that is not whole, or a packet that its service was never given: dropped.',
  },
  flood: {
    purpose: 'Sends requests for neighbours in the world along the flood tree and to uplinks.',
    next: [],
    miss: 'Dropped.',
  },
  forward: {
    purpose:
      'Chooses the way to the switch of the receiver, and what carries the identity of the sender there; on a bridge below tunnels, the uplink.',
    next: ['tag', 'deliver'],
    miss: 'No way: dropped.',
  },
  tag: {
    purpose:
      'Writes the identity of the sender into what carries it, and puts the packet out; hands what is too large to the controller.',
    next: [],
    miss: 'Cannot happen.',
  },
  deliver: {
    purpose: 'Puts the packet out on the port of the receiver.',
    next: [],
    miss: 'Cannot happen.',
  },
}

/** What registers carry; packets enter with all of them zero. */
export const REGISTERS = {
  /** Identity of who opened the connection. */
  source: 'reg0',
  /** Identity of whom it was opened to. */
  destination: 'reg1',
  /** Port of the receiver if it is on this switch, else 0. */
  port: 'reg2',
  network: 'reg3',
  /** Destination port, or ICMP type << 8 | code, of the original direction. */
  key: 'reg4',
  protocol: 'reg5',
  /** Number of the receiver's switch; 0 is this one. */
  place: 'reg6',
  zone: 'reg7',
  flags: 'reg8',
  /** Number of the router of the packet's network, as far as `destination`; 0: none. */
  router: 'reg9',
  /** For exchanging two registers; after that, what carries the identity (compile-carrier.ts). */
  scratch: 'reg9',
  /** Number of the chain that the rule on the side of the sender, and of the receiver, leads through; 0: none. */
  chainEgress: 'reg10',
  chainIngress: 'reg11',
  /** Number of the service that sends the packet on, or that another switch sent it to; 0: it has been with none yet. */
  service: 'reg12',
  /** Number of the collector of the rule on each side; 0: none. */
  mirrorEgress: 'reg13',
  mirrorIngress: 'reg14',
  /** What the packet is predicted to be: 16 bits, of which the first 3 are its class; 0: nothing is known. */
  prediction: 'reg15',
} as const

/**
 * Bits of the flags register: which port it came in by; it came from the world; it goes to the world; a rule that keeps
 * connections lets it pass, on which side; a rule that cuts connections lets it pass; it travels in the reply direction;
 * it was judged and counted before it went to services; it is refused, and only copied; another switch sent it to the
 * service that the register names; it was sent to the gateway and comes from another network; it is larger than what the
 * way to its receiver takes; its length is not to be looked at.
 */
export const FLAG = {
  fabric: 1,
  uplink: 2,
  world: 4,
  outward: 8,
  keptEgress: 16,
  keptIngress: 32,
  cut: 64,
  reply: 128,
  returned: 256,
  refused: 512,
  bound: 1024,
  routed: 2048,
  large: 4096,
  unmeasured: 8192,
} as const

/**
 * The key of a packet whose port nobody can know: a later fragment of a connection that is not committed yet. It matches
 * no port that a rule allows, and every port that a rule forbids.
 */
export const UNKNOWN_PORT = 0x1_0000

/**
 * What ct_mark of a connection carries: its key, whether one end is in the world, that it was committed here, and on
 * which sides a rule keeps it, whatever policy becomes.
 */
export const MARK = {
  keyBits: 16,
  worldFlags: { ofs: 16, bits: 2 },
  committed: 18,
  kept: { ofs: 19, bits: 2, egress: 19, ingress: 20 },
} as const

/** One bit for each stage at which the packet of a probe was copied to the controller (compile-watch.ts). */
export const WATCHED = 'metadata'

/** Value of the place register for what another switch, or the existing network, has to find by itself. */
export const ELSEWHERE = 0xffff_ffff

/** Priorities in the policy tables: one for each rule of a tier, one for each partition's default. */
export const POLICY_BANDS = {
  /** Connections that go on whatever policy is; in the first table of a side. */
  kept: 65_510,
  world: 65_500,
  rules: { first: 5_000, last: 64_999 },
  defaults: { first: 10, last: 4_999 },
} as const

/** Drops everything at the first table, above all else: what a switch holds while its tables are replaced. */
export function guardFlow(): Flow {
  return {
    table: TABLES.classify,
    priority: 0xffff,
    match: [],
    instructions: [],
    cookie: cookieOf('system'),
    unit: 'guard',
  }
}

/** Compares the length of packets, and is nowhere: switches are asked whether they would take it. */
export function measuringFlow(): Flow {
  const offset = Math.log2(FLAG.large)
  const measure: Action = { type: 'nx_check_pkt_larger', pkt_len: 1500, offset, dst: REGISTERS.flags }
  return {
    table: TABLES.forward,
    priority: 0,
    match: [],
    instructions: [{ type: 'apply_actions', actions: [measure] }],
    cookie: cookieOf('system'),
    unit: 'trial',
  }
}

export const GUARD_KEY = flowKey(TABLES.classify, 0xffff, [])
