/**
 * The layout of the tables: which there are, in which order a packet meets them, where each may send it on, what
 * happens to a packet that no row matches, and what the registers carry. Declared once; docs/pipeline.md, the command
 * line's names of stages and a test that holds every compiled row to its table are made from it. An incompatible change
 * raises PIPELINE_EPOCH (cookie.ts). It refuses to know policy.
 */
import { cookieOf, isOurs } from './cookie.ts'
import { type Flow, flowKey } from './program.ts'

/** Table numbers by name of stage, in the order of the pipeline. */
export const TABLES = {
  classify: 0,
  port_security: 1,
  origin: 2,
  outside: 3,
  neighbour: 4,
  advertise: 5,
  destination: 6,
  connection: 7,
  tracked: 8,
  log: 9,
  egress_policy: 10,
  ingress_policy: 11,
  commit: 12,
  flood: 13,
  forward: 14,
  deliver: 15,
} as const

export type TableName = keyof typeof TABLES

/** Names by number. */
export const TABLE_NAMES: readonly TableName[] = Object.keys(TABLES) as TableName[]

/** Whether a flow is another's and in one of these tables, where it takes packets from ours. */
export function isIntruder(table: number, cookie: bigint): boolean {
  return !isOurs(cookie) && TABLE_NAMES[table] !== undefined
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
    purpose: 'Tells ports of interfaces, links and uplinks apart by the port of entry.',
    next: ['port_security', 'origin'],
    miss: 'A port that is down or unknown: dropped.',
  },
  port_security: {
    purpose: 'Holds an interface to its MAC and addresses and gives its packets network and identity.',
    next: ['neighbour', 'destination'],
    miss: 'A forged sender: dropped.',
  },
  origin: {
    purpose: 'Finds network and sender of packets from other switches and from uplinks.',
    next: ['outside', 'neighbour'],
    miss: 'Belongs to no network: dropped.',
  },
  outside: {
    purpose: 'Gives packets from the world the identity of their longest prefix; refuses the addresses of records.',
    next: ['neighbour'],
    miss: 'Neither IP nor ARP: dropped.',
  },
  neighbour: {
    purpose: 'Answers ARP requests and neighbour solicitations for interfaces of the same network.',
    next: ['advertise', 'destination', 'flood'],
    miss: 'Neighbour messages that nobody asked for: dropped.',
  },
  advertise: {
    purpose: 'Completes and sends neighbour advertisements.',
    next: [],
    miss: 'Dropped.',
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
    purpose: 'Turns replies to the original direction and loads protocol and destination port or ICMP type.',
    next: ['log', 'egress_policy'],
    miss: 'Invalid for connection tracking: dropped.',
  },
  log: {
    purpose: 'Copies new connections that a log rule names to the controller.',
    next: ['egress_policy'],
    miss: 'Goes on to egress_policy.',
  },
  egress_policy: {
    purpose: 'Whether the sender may send it.',
    next: ['ingress_policy'],
    miss: 'No rule and no default allows it: dropped.',
  },
  ingress_policy: {
    purpose: 'Whether the receiver may receive it.',
    next: ['commit'],
    miss: 'No rule and no default allows it: dropped.',
  },
  commit: {
    purpose: 'Commits new connections to connection tracking.',
    next: ['forward'],
    miss: 'Goes on to forward.',
  },
  flood: {
    purpose: 'Sends requests for neighbours in the world along the flood tree and to uplinks.',
    next: [],
    miss: 'Dropped.',
  },
  forward: {
    purpose: 'Chooses the way to the switch of the receiver.',
    next: ['deliver'],
    miss: 'No way: dropped.',
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
  /** Destination port or ICMP type of the original direction. */
  key: 'reg4',
  protocol: 'reg5',
  /** Number of the receiver's switch; 0 is this one. */
  place: 'reg6',
  zone: 'reg7',
  flags: 'reg8',
  /** For exchanging two registers. */
  scratch: 'reg9',
} as const

/** Bits of the flags register: which port it came in by; it came from the world; it goes to the world. */
export const FLAG = { fabric: 1, uplink: 2, world: 4, outward: 8 } as const

/**
 * The key of a packet whose port nobody can know: a later fragment of a connection that is not committed yet. It matches
 * no port that a rule allows, and every port that a rule forbids.
 */
export const UNKNOWN_PORT = 0x1_0000

/** What ct_mark of a connection carries: its key, whether one end is in the world, and that it was committed here. */
export const MARK = { keyBits: 16, worldFlags: { ofs: 16, bits: 2 }, committed: 18 } as const

/** Value of the place register for what another switch, or the existing network, has to find by itself. */
export const ELSEWHERE = 0xffff_ffff

/** Priorities in the policy tables: one for each rule, from `rules.first` up; one for each partition's default below. */
export const POLICY_BANDS = {
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

export const GUARD_KEY = flowKey(TABLES.classify, 0xffff, [])
