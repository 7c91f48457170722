/**
 * What the channel shows to the rest of the controller: the state of each switch and what happens on it. Types and two
 * small conversions, no behaviour. It refuses to know sockets and policy.
 */
import { type Message, type MessageNamed, OFPPC_PORT_DOWN, OFPPS_LINK_DOWN, type Oxm, type Port } from 'node-openflow'
import type { Tell } from '../events.ts'
import type { Flush } from '../flows/flush.ts'
import type { Standing } from '../flows/ledger.ts'
import type { Flow } from '../policy/program.ts'
import type { PortView } from '../policy/state.ts'

export interface SwitchPort extends PortView {
  /** 48 bit. */
  hwAddr: number
}

/**
 * connecting: there, its flows are being read or its fail mode is being asked for. served: what it enforces is known,
 * and it takes changes. degraded: it refused a change, or is slow (reason says which), and keeps enforcing
 * appliedGeneration. refused: it is not safe to serve; nothing is sent. disconnected: it keeps enforcing appliedGeneration on its own.
 */
export type SwitchState = 'connecting' | 'served' | 'degraded' | 'refused' | 'disconnected'

export interface SwitchStatus {
  /** 16 hexadecimal digits, lower case. */
  readonly datapathId: string
  /** The bridge's name in OVSDB; undefined where no configured database has it. */
  readonly name: string | undefined
  /** Empty where it has not been connected since the start. */
  readonly remote: string
  readonly state: SwitchState
  /** Why it is in this state, where that needs a word. */
  readonly reason: string | undefined
  /** 0 before there is one. */
  readonly wantedGeneration: number
  /** 0 before there is one. */
  readonly appliedGeneration: number
  /** Without reserved ports (OFPP_LOCAL and above). */
  readonly ports: ReadonlyMap<number, SwitchPort>
  /** Milliseconds since the epoch; undefined while disconnected. */
  readonly connectedAt: number | undefined
  /** Flows of ours that the switch is known to have; 0 while that is unknown. */
  readonly flows: number
}

/** How far a switch is. */
export type SwitchProgress = Pick<SwitchStatus, 'datapathId' | 'state' | 'reason' | 'appliedGeneration'>

export interface PacketIn {
  kind: 'packetIn'
  datapathId: string
  inPort: number
  reason: MessageNamed<'packet_in'>['reason']
  tableId: number
  cookie: bigint
  /** The packet, as much of it as was sent. */
  data: Uint8Array
  /** Fields of the pipeline when it was sent, without in_port. */
  fields: readonly Oxm[]
}

export type ChannelEvent =
  /** The switch may be served: its ports are known, packet-outs reach it; whether it compares the length of packets. */
  | { kind: 'up'; datapathId: string; ports: ReadonlyMap<number, SwitchPort>; measures: boolean }
  | { kind: 'down'; datapathId: string; reason: string }
  | { kind: 'port'; datapathId: string; port: SwitchPort; removed?: boolean }
  | PacketIn
  /** The switch enforces this generation; earlier ones may have been left out. */
  | { kind: 'applied'; datapathId: string; generation: number }
  /** Connections that the switch was to forget are forgotten, or it cannot. */
  | { kind: 'forgotten'; datapathId: string; flushes: readonly Flush[] }
  /** Flows of ours that go by themselves are gone, as their time was up. */
  | { kind: 'expired'; datapathId: string; flows: readonly Flow[] }
  /** The switch was read: of flows that go by themselves it has these. Comes before anything is compared with it. */
  | { kind: 'timed'; datapathId: string; flows: readonly Flow[] }
  /** Something in its SwitchStatus changed. */
  | { kind: 'status'; datapathId: string }

export type FlowStatsReply = Extract<Message, { type: 'multipart_reply'; mp_type: 'flow' }>

/** Times of one switch's session, in milliseconds. */
export interface SessionTimes {
  /** Between comparisons of what is installed with what should be; 0 is never. */
  auditMs: number
  /** Until the first retry after a refusal; doubles up to retryMaxMs. */
  retryMs: number
  retryMaxMs: number
  /** For the answer to a barrier or a bundle's commit. */
  answerMs: number
  /** For the same, or for an echo, until the switch is told of as slow. */
  slowMs: number
}

/** What one switch's session needs of the channel. */
export interface SessionContext {
  times: SessionTimes
  /** What is wanted of all switches that nothing else is wanted of. */
  standing: Standing
  /** The switch may not have all that is wanted of it any more. */
  stirred: () => void
  tell: Tell
  /** Milliseconds since the epoch. */
  now: () => number
  emit: (event: ChannelEvent) => void
  packetIn: (datapathId: string, message: MessageNamed<'packet_in'>) => void
  /** Resolves when the switch's datapath follows its tables, with false where nobody can tell (settle.ts). */
  settle: (datapathId: string, prompt: () => Promise<unknown>) => Promise<boolean>
}

/** 16 hexadecimal digits. */
export function datapathText(datapathId: bigint): string {
  return datapathId.toString(16).padStart(16, '0')
}

export function portView(port: Port): SwitchPort {
  return {
    port: port.port_no,
    name: port.name,
    up: (port.config & OFPPC_PORT_DOWN) === 0 && (port.state & OFPPS_LINK_DOWN) === 0,
    hwAddr: port.hw_addr,
  }
}
