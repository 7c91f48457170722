/**
 * What TopologyService is given and gives: the shapes at its border. It refuses to hold any behaviour.
 */
import type { Message } from 'node-openflow'
import type { Link, PortRef } from './graph.ts'
import type { NextHops } from './paths.ts'

/** Events that topology tells; what controller/events.ts calls Tell fits. */
export type TopologyTell = (
  type: 'link-up' | 'link-down' | 'link-refused' | 'topology-settled' | 'interface-contested',
  subject: string,
  details?: Record<string, string | number>,
) => void

export interface TopologyPort {
  port: number
  name: string
  up: boolean
  /** 48 bit. */
  hwAddr: number
}

export interface SwitchView {
  /** Ports that are an end of a link. */
  fabricPorts: ReadonlySet<number>
  /** Destination datapath id to the port that is the next hop. */
  nextHops: NextHops
  /** Fabric ports of the flood tree. */
  floodPorts: ReadonlySet<number>
}

export interface TopologyChange {
  /** Switches whose view changed. */
  datapaths: Set<string>
  /** MAC addresses whose sighting changed or went. */
  macs: Set<number>
  /** Whether a link came or went. */
  links: boolean
}

/** Timers; a test brings its own. Each answers how to stop it. */
export interface Timers {
  every(ms: number, act: () => void): () => void
  after(ms: number, act: () => void): () => void
}

export interface TopologyOptions {
  /** Sends a packet_out; false where that is not possible now. */
  send(datapathId: string, message: Message): boolean
  /** Milliseconds since the epoch, for what is shown. */
  now(): number
  tell: TopologyTell
  /** Of this run only; at least 16 random octets. */
  secret: Uint8Array
  /** Milliseconds between probes of a port. */
  probeMs?: number
  /** Milliseconds without a probe after which a link is gone. */
  expiryMs?: number
  /** Milliseconds from the start until remembered links must have been confirmed. */
  settleMs?: number
  /** Where a record attaches a MAC address, by port: it is seen nowhere else, and who shows it there is told of. */
  attached?: (mac: number) => (PortRef & { name: string }) | undefined
  /**
   * Whether a port is known to hold an interface: no probe leaves it, and none is believed that arrives there. So two
   * hosts cannot pass probes on between them and become a link.
   */
  edge?: (port: PortRef & { name: string }) => boolean
  /** Links of the last run. */
  hints?: readonly Link[]
  /** Milliseconds, monotonic: what expires, expires by this clock. */
  clock?: () => number
  /** From 0 up to 1, for jitter. */
  random?: () => number
  timers?: Timers
}
