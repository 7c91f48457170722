/**
 * ReferenceSwitch: a switch in memory, slow and obvious, to test compiled pipelines and controllers on. One
 * connection's view of OpenFlow 1.3.5 with Open vSwitch's extensions: `handle` answers messages, `inject` sends a
 * packet in at a port, `trace` only says what would happen, `tick` lets time pass. It never does I/O and has no
 * clock but the one it is given. Simplifications are listed in the headers of conntrack.ts, ports.ts, tunnel.ts and act.ts.
 */

import * as k from '../spec/constants.ts'
import type { ErrorCodeName } from '../spec/errors.ts'
import type { ErrorMessage, Message, MessageNamed } from '../spec/message.ts'
import { encode } from '../spec/message.ts'
import type { Port } from '../spec/ports.ts'
import { act } from './act.ts'
import { checkList, knownFromFrame } from './check.ts'
import { type FlushTuple, isFlushed } from './conntrack.ts'
import { checkFlowMod, expire, flowMod, type Removed } from './flow-mod.ts'
import { groupMod, meterMod } from './group-mod.ts'
import { Exhausted, newWalk, type Output, runActionSet, runPipeline, type Step, type Walk } from './pipeline.ts'
import { defaultPort } from './ports.ts'
import { Refusal } from './refusal.ts'
import { type Bundle, type State, TABLE_COUNT } from './state.ts'
import { answerMultipart, duration } from './stats.ts'
import { type TunnelEnd, type TunnelHeader, tlvTableMod, tlvTableReply } from './tunnel.ts'

export interface ReferenceOptions {
  readonly datapathId: bigint
  /** Numbers alone give ports named `p1`, ... that are up. LOCAL is there only if it is listed. */
  readonly ports: readonly (number | Port)[]
  /** Which of the ports are ends of tunnels. */
  readonly tunnels?: ReadonlyMap<number, TunnelEnd>
  /** Which of the ports FLOOD and NORMAL leave out, as port_mod would say of them. */
  readonly noFlood?: ReadonlySet<number>
  /** Milliseconds; called when a message or packet comes. Time stands still without it. */
  readonly now?: () => number
}

export interface TraceOptions {
  /** ct_state for each ct() on the way instead of tracking, as `--ct-next` of ofproto/trace; then trk|new. */
  readonly ctNext?: readonly number[]
  /** What the packet comes in, through the end of a tunnel. */
  readonly tunnel?: TunnelHeader
}

export interface Trace {
  readonly steps: readonly Step[]
  readonly outputs: readonly Output[]
}

type AsyncConfig = Omit<MessageNamed<'get_async_reply'>, 'type' | 'xid'>

/** no_match and action; not invalid_ttl, as Open vSwitch. */
const ASYNC_DEFAULT: AsyncConfig = {
  packet_in_mask_master: 0x3,
  packet_in_mask_slave: 0,
  port_status_mask_master: 0x7,
  port_status_mask_slave: 0x7,
  flow_removed_mask_master: 0x3f,
  flow_removed_mask_slave: 0,
}

const PACKET_IN_REASONS: readonly unknown[] = ['no_match', 'action', 'invalid_ttl']
const REMOVED_REASONS: readonly unknown[] = [
  'idle_timeout',
  'hard_timeout',
  'delete',
  'group_delete',
  'meter_delete',
  'eviction',
]

/** Commands that a slave may not give (section 6.3.6). */
const WRITES = new Set<Message['type']>([
  'flow_mod',
  'group_mod',
  'meter_mod',
  'port_mod',
  'table_mod',
  'packet_out',
  'bundle_add_message',
])

export class ReferenceSwitch {
  readonly datapathId: bigint
  readonly #now: () => number
  /** Time as `tick` last told it, if no clock was given. */
  #time = 0
  #state: State
  #config = { flags: k.OFPC_FRAG_NORMAL, miss_send_len: 128 }
  #role: MessageNamed<'role_reply'>['role'] = 'equal'
  #generation: bigint | undefined
  #async: AsyncConfig = ASYNC_DEFAULT
  #bundles = new Map<number, Bundle>()
  #sent: Output[] = []

  constructor(options: ReferenceOptions) {
    this.datapathId = options.datapathId
    this.#now = options.now ?? (() => this.#time)
    const ports = options.ports.map((port): Port => {
      const desc = typeof port === 'number' ? defaultPort(port) : port
      return options.noFlood?.has(desc.port_no) ? { ...desc, config: desc.config | k.OFPPC_NO_FLOOD } : desc
    })
    this.#state = {
      tables: new Map(),
      groups: new Map(),
      meters: new Map(),
      ports: new Map(
        ports.map((desc) => [desc.port_no, { desc, rxPackets: 0n, txPackets: 0n, rxBytes: 0n, txBytes: 0n }]),
      ),
      connections: [],
      learned: new Map(),
      fragments: new Map(),
      options: new Map(),
      tunnels: options.tunnels ?? new Map(),
    }
  }

  /** What the switch remembers; to look at, not to change. */
  get state(): Readonly<State> {
    return this.#state
  }

  /** The switch's messages after one of the controller's, in order. What a packet_out sent is in `takeSent`. */
  handle(message: Message): Message[] {
    try {
      return this.#handle(message)
    } catch (error) {
      return [errorFor(message, error)]
    }
  }

  /** Packets that packet_outs have sent out of ports since last asked. */
  takeSent(): Output[] {
    const sent = this.#sent
    this.#sent = []
    return sent
  }

  /** A packet comes in at a port; at the end of tunnels in `tunnel`. */
  inject(inPort: number, packet: Uint8Array, tunnel?: TunnelHeader): Output[] {
    return this.follow(inPort, packet, tunnel).outputs
  }

  /** `inject`, and the flows that the packet met. */
  follow(inPort: number, packet: Uint8Array, tunnel?: TunnelHeader): { steps: Step[]; outputs: Output[] } {
    const port = this.#state.ports.get(inPort)
    if (port !== undefined) {
      if ((port.desc.config & (k.OFPPC_PORT_DOWN | k.OFPPC_NO_RECV)) !== 0) return { steps: [], outputs: [] }
      port.rxPackets++
      port.rxBytes += BigInt(packet.length)
    }
    const walk = newWalk(this.#state, this.#now(), inPort, packet, { tunnel })
    const outputs = this.#send(walk, () => runPipeline(walk, 0))
    return { steps: walk.steps, outputs }
  }

  /** What `inject` would do, without doing it: counters, connections and learned addresses stay. */
  trace(inPort: number, packet: Uint8Array, options: TraceOptions = {}): Trace {
    const { connections, learned, fragments } = this.#state
    const state = { ...this.#state, ...structuredClone({ connections, learned, fragments }) }
    const walk = newWalk(state, this.#now(), inPort, packet, {
      dry: true,
      ...(options.ctNext === undefined ? {} : { ctNext: options.ctNext }),
      tunnel: options.tunnel,
    })
    try {
      if (!this.#droppedFragment(walk)) runPipeline(walk, 0)
    } catch (error) {
      if (!(error instanceof Exhausted)) throw error
      return { steps: walk.steps, outputs: walk.outputs.slice(0, walk.pass.from) }
    }
    return { steps: walk.steps, outputs: walk.outputs }
  }

  /** Time is now `now` (milliseconds): flows that have expired go, and are told of if they asked for it. */
  tick(now: number): Message[] {
    this.#time = now
    return this.#tellRemoved(expire(this.#state, now))
  }

  /** Forgets what packets have left behind: connections, learned addresses, fragments. Flows stay, and counters. */
  forget(): void {
    this.#state.connections.length = 0
    this.#state.learned.clear()
    this.#state.fragments.clear()
  }

  /** Carrier of a port comes or goes. */
  setLink(portNo: number, up: boolean): Message[] {
    const port = this.#state.ports.get(portNo)
    if (port === undefined) return []
    const state = up ? k.OFPPS_LIVE : k.OFPPS_LINK_DOWN
    port.desc = { ...port.desc, state }
    const mask = this.#role === 'slave' ? this.#async.port_status_mask_slave : this.#async.port_status_mask_master
    return mask & 4 ? [{ type: 'port_status', xid: 0, reason: 'modify', desc: port.desc }] : []
  }

  #droppedFragment(walk: Walk): boolean {
    return (this.#config.flags & 3) === k.OFPC_FRAG_DROP && walk.frame.layout.derived.has('nw_frag')
  }

  #send(walk: Walk, run: (walk: Walk) => void): Output[] {
    try {
      if (!this.#droppedFragment(walk)) run(walk)
    } catch (error) {
      if (!(error instanceof Exhausted)) throw error
      walk.outputs.length = walk.pass.from
    }
    const told = walk.outputs.filter((out) => out.port !== 'controller' || this.#wanted(out.message))
    for (const out of told) {
      const port = out.port === 'controller' ? undefined : walk.state.ports.get(out.port)
      if (port !== undefined && out.port !== 'controller') {
        port.txPackets++
        port.txBytes += BigInt(out.packet.length)
      }
    }
    return told
  }

  #wanted(message: MessageNamed<'packet_in'>): boolean {
    const { packet_in_mask_master, packet_in_mask_slave } = this.#async
    const bits = this.#role === 'slave' ? packet_in_mask_slave : packet_in_mask_master
    return (bits & (1 << PACKET_IN_REASONS.indexOf(message.reason))) !== 0
  }

  #tellRemoved(removed: readonly Removed[]): Message[] {
    const { flow_removed_mask_master, flow_removed_mask_slave } = this.#async
    const bits = this.#role === 'slave' ? flow_removed_mask_slave : flow_removed_mask_master
    return removed
      .filter(({ flow, reason }) => {
        const wanted = (bits & (1 << REMOVED_REASONS.indexOf(reason))) !== 0
        return wanted && (flow.flags & k.OFPFF_SEND_FLOW_REM) !== 0
      })
      .map(({ flow, reason }) => ({
        type: 'flow_removed',
        xid: 0,
        cookie: flow.cookie,
        priority: flow.priority,
        reason,
        table_id: flow.tableId,
        ...duration(flow.created, this.#now()),
        idle_timeout: flow.idleTimeout,
        hard_timeout: flow.hardTimeout,
        packet_count: flow.packets,
        byte_count: flow.bytes,
        match: flow.match,
      }))
  }

  #handle(message: Message): Message[] {
    const { xid } = message
    if (this.#role === 'slave' && WRITES.has(message.type)) throw new Refusal('bad_request', 'is_slave')
    switch (message.type) {
      case 'hello':
        return [{ type: 'hello', xid, elements: [{ type: 'versionbitmap', bitmaps: [1 << k.OFP_VERSION] }] }]
      case 'echo_request':
        return [{ type: 'echo_reply', xid, data: message.data }]
      case 'echo_reply':
      case 'error':
        return []
      case 'features_request':
        return [
          {
            type: 'features_reply',
            xid,
            datapath_id: this.datapathId,
            n_buffers: 0,
            n_tables: TABLE_COUNT,
            auxiliary_id: 0,
            capabilities: k.OFPC_FLOW_STATS | k.OFPC_TABLE_STATS | k.OFPC_PORT_STATS | k.OFPC_GROUP_STATS,
            reserved: 0,
          },
        ]
      case 'get_config_request':
        return [{ type: 'get_config_reply', xid, ...this.#config }]
      case 'set_config':
        if ((message.flags & 3) > k.OFPC_FRAG_DROP) throw new Refusal('switch_config_failed', 'bad_flags')
        this.#config = { flags: message.flags, miss_send_len: message.miss_send_len }
        return []
      case 'barrier_request':
        return [{ type: 'barrier_reply', xid }]
      case 'role_request':
        return this.#roleRequest(message)
      case 'get_async_request':
        return [{ type: 'get_async_reply', xid, ...this.#async }]
      case 'set_async': {
        const { type: _type, xid: _xid, padding: _padding, version: _version, ...masks } = message
        this.#async = masks
        return []
      }
      case 'flow_mod':
      case 'group_mod':
      case 'meter_mod':
      case 'port_mod':
        return this.#modify(message)
      case 'table_mod':
        if (message.table_id >= TABLE_COUNT && message.table_id !== k.TABLE_ALL) {
          throw new Refusal('table_mod_failed', 'bad_table')
        }
        return []
      case 'packet_out':
        return this.#packetOut(message)
      case 'multipart_request':
        return [answerMultipart(this.#state, message, this.#now(), `dp-${this.datapathId.toString(16)}`)]
      case 'queue_get_config_request':
        return [{ type: 'queue_get_config_reply', xid, port: message.port, queues: [] }]
      case 'bundle_control':
        return this.#bundleControl(message)
      case 'bundle_add_message':
        return this.#bundleAdd(message)
      case 'nx_tlv_table_mod':
        tlvTableMod(this.#state, message)
        return []
      case 'nx_tlv_table_request':
        return [tlvTableReply(this.#state, xid)]
      case 'nx_ct_flush_zone':
        this.#state.connections = this.#state.connections.filter(({ zone }) => zone !== message.zone_id)
        return []
      case 'nx_ct_flush':
        this.#flush(message)
        return []
      case 'experimenter':
        throw new Refusal('bad_request', 'bad_experimenter')
      default:
        throw new Refusal('bad_request', 'bad_type')
    }
  }

  #flush({ ip_proto, properties }: MessageNamed<'nx_ct_flush'>): void {
    const zone = properties.find(({ type }) => type === 'zone_id')
    const side = (type: 'orig_tuple' | 'reply_tuple'): FlushTuple | undefined => {
      const found = properties.find((one) => one.type === type)
      if (found === undefined || found.type !== type) return undefined
      const tuple: FlushTuple = {}
      for (const one of found.tuple) {
        if (one.type === 'src') tuple.src = one.address
        else if (one.type === 'dst') tuple.dst = one.address
        else if (one.type === 'src_port') tuple.srcPort = one.port
        else if (one.type === 'dst_port') tuple.dstPort = one.port
        else if (one.type === 'icmp_id') tuple.icmpId = one.id
        else if (one.type === 'icmp_type') tuple.icmpType = one.icmp_type
      }
      return tuple
    }
    const [original, reply] = [side('orig_tuple'), side('reply_tuple')]
    this.#state.connections = this.#state.connections.filter((connection) => {
      if (zone?.type === 'zone_id' && zone.zone_id !== connection.zone) return true
      if (original !== undefined && !isFlushed(connection.original, ip_proto, original)) return true
      return reply !== undefined && !isFlushed(connection.reply, ip_proto, reply)
    })
  }

  #modify(message: MessageNamed<'flow_mod' | 'group_mod' | 'meter_mod' | 'port_mod'>): Message[] {
    const now = this.#now()
    if (message.type === 'flow_mod') {
      const removed = flowMod(this.#state, message, now)
      const { command, buffer_id } = message
      if (buffer_id !== k.NO_BUFFER && command !== 'delete' && command !== 'delete_strict') {
        throw new Refusal('bad_request', 'buffer_unknown')
      }
      return this.#tellRemoved(removed)
    }
    if (message.type === 'group_mod') return this.#tellRemoved(groupMod(this.#state, message, now))
    if (message.type === 'meter_mod') return this.#tellRemoved(meterMod(this.#state, message, now))
    return this.#portMod(message)
  }

  #portMod(message: MessageNamed<'port_mod'>): Message[] {
    const port = this.#state.ports.get(message.port_no)
    if (port === undefined) throw new Refusal('port_mod_failed', 'bad_port')
    if (port.desc.hw_addr !== message.hw_addr) throw new Refusal('port_mod_failed', 'bad_hw_addr')
    const config = (port.desc.config & ~message.mask) | (message.config & message.mask)
    if (config === port.desc.config) return []
    port.desc = { ...port.desc, config }
    const { port_status_mask_master } = this.#async
    return port_status_mask_master & 4 ? [{ type: 'port_status', xid: 0, reason: 'modify', desc: port.desc }] : []
  }

  #roleRequest(message: MessageNamed<'role_request'>): Message[] {
    const { role, generation_id, xid } = message
    if (typeof role === 'number') throw new Refusal('role_request_failed', 'bad_role')
    if (role === 'master' || role === 'slave') {
      // The distance is signed 64 bit (section 6.3.6).
      if (this.#generation !== undefined && BigInt.asIntN(64, generation_id - this.#generation) < 0n) {
        throw new Refusal('role_request_failed', 'stale')
      }
      this.#generation = generation_id
    }
    if (role !== 'nochange') this.#role = role
    const generation = this.#generation ?? 0xffff_ffff_ffff_ffffn
    return [{ type: 'role_reply', xid, role: this.#role, generation_id: generation }]
  }

  #packetOut(message: MessageNamed<'packet_out'>): Message[] {
    if (message.buffer_id !== k.NO_BUFFER) throw new Refusal('bad_request', 'buffer_unknown')
    const inPort = message.in_port
    if (inPort === 0 || (inPort > 0xff00 && !ORIGINS.has(inPort))) throw new Refusal('bad_request', 'bad_port')
    const walk = newWalk(this.#state, this.#now(), inPort, message.data)
    checkList(message.actions, knownFromFrame(this.#state, walk.frame))
    const outputs = this.#send(walk, () => {
      act(walk, message.actions)
      runActionSet(walk)
    })
    this.#sent.push(...outputs.filter((out) => out.port !== 'controller'))
    return outputs.flatMap((out) => (out.port === 'controller' ? [out.message] : []))
  }

  #bundleControl(message: MessageNamed<'bundle_control'>): Message[] {
    const { bundle_id: id, flags, xid } = message
    const bundle = this.#bundles.get(id)
    const reply = (bundle_type: MessageNamed<'bundle_control'>['bundle_type']): Message[] => [
      { type: 'bundle_control', xid, bundle_id: id, bundle_type, flags, properties: [] },
    ]
    switch (message.bundle_type) {
      case 'open_request':
        if (bundle !== undefined) throw this.#broken(id, 'bad_id')
        this.#bundles.set(id, { flags, closed: false, messages: [] })
        return reply('open_reply')
      case 'close_request':
        if (bundle === undefined) throw new Refusal('bundle_failed', 'bad_id')
        if (bundle.closed) throw this.#broken(id, 'bundle_closed')
        if (bundle.flags !== flags) throw this.#broken(id, 'bad_flags')
        bundle.closed = true
        return reply('close_reply')
      case 'discard_request':
        if (bundle === undefined) throw new Refusal('bundle_failed', 'bad_id')
        this.#bundles.delete(id)
        return reply('discard_reply')
      case 'commit_request': {
        if (bundle === undefined) throw new Refusal('bundle_failed', 'bad_id')
        if (bundle.flags !== flags) throw this.#broken(id, 'bad_flags')
        this.#bundles.delete(id)
        const { messages, refused } = this.#commit(bundle)
        if (refused) return [...messages, errorFor(message, new Refusal('bundle_failed', 'msg_failed'))]
        return [...messages, ...reply('commit_reply')]
      }
      default:
        throw new Refusal('bundle_failed', 'bad_type')
    }
  }

  /** All or nothing, as Open vSwitch does also when the bundle is not atomic. */
  #commit(bundle: Bundle): { messages: Message[]; refused: boolean } {
    const before = structuredClone(this.#state)
    const sent = this.#sent.length
    const out: Message[] = []
    for (const message of bundle.messages) {
      try {
        out.push(...this.#handle(message))
      } catch (error) {
        this.#state = before
        this.#sent.length = sent
        return { messages: [errorFor(message, error)], refused: true }
      }
    }
    return { messages: out, refused: false }
  }

  /** A bundle used wrongly is thrown away. */
  #broken(id: number, code: ErrorCodeName): Refusal {
    this.#bundles.delete(id)
    return new Refusal('bundle_failed', code)
  }

  /**
   * What is wrong with a message by itself is told at once, and the message is not in the bundle then, which can
   * still be committed: as Open vSwitch does.
   */
  #bundleAdd(message: MessageNamed<'bundle_add_message'>): Message[] {
    const { bundle_id: id, flags, message: inner, xid } = message
    const bundle = this.#bundles.get(id) ?? { flags, closed: false, messages: [] }
    if (bundle.closed) throw this.#broken(id, 'bundle_closed')
    if (bundle.flags !== flags) throw this.#broken(id, 'bad_flags')
    if (inner.xid !== xid) throw new Refusal('bundle_failed', 'msg_bad_xid')
    const types: readonly Message['type'][] = ['flow_mod', 'group_mod', 'port_mod', 'packet_out']
    if (!types.includes(inner.type)) throw new Refusal('bundle_failed', 'msg_unsup')
    if (inner.type === 'flow_mod') checkFlowMod(undefined, this.#state.options, inner)
    this.#bundles.set(id, bundle)
    bundle.messages.push(inner)
    return []
  }
}

/** Reserved ports that a packet_out may come from. */
const ORIGINS = new Set([k.PORT_LOCAL, k.PORT_CONTROLLER, k.PORT_ANY])

function errorFor(message: Message, error: unknown): ErrorMessage {
  if (!(error instanceof Refusal)) throw error
  const data = encode(message).subarray(0, 64)
  return { type: 'error', xid: message.xid, error_type: error.error_type, code: error.code, data }
}
