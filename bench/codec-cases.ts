/**
 * The ten messages that the codec bench measures, and for those that have a view: reading every member that decode
 * gives, and writing the message. What a view has no member for is read by its row, as a user would.
 */
import { readFileSync } from 'node:fs'
import {
  type Action,
  type ActionsView,
  actionsOctets,
  BarrierView,
  decode,
  EchoView,
  encode,
  FlowModView,
  FlowRemovedView,
  type FlowStatsEntry,
  FlowStatsView,
  fieldReader,
  fromHex,
  type InstructionsView,
  instructionsOctets,
  type MatchView,
  type Message,
  type MessageNamed,
  matchOctets,
  PacketInView,
  PacketOutView,
  readFlowMod,
  readFlowRemoved,
  readPacketIn,
  readPacketOut,
  writeBarrierRequest,
  writeEchoRequest,
  writeFlowMod,
  writeFlowRemoved,
  writePacketIn,
  writePacketOut,
} from 'node-openflow'

export interface Case {
  readonly name: string
  readonly octets: Uint8Array
  /** Reads in place: all members, and those that a program usually wants. */
  readonly view?: () => void
  readonly some?: () => void
  /** Reads it into an object by the function that is written by hand. */
  readonly read?: () => void
  /** Writes it into octets that are there. */
  readonly write?: () => void
}

/** Where members go, so that reading them cannot be left out. Small numbers are folded into one. */
const seen = { bits: 0, other: undefined as unknown }

function seeMatch(match: MatchView): void {
  while (match.next()) {
    seen.other = match.field
    seen.other = match.value
    seen.other = match.mask
  }
}

function seeActions(list: ActionsView): void {
  while (list.next()) {
    const { type } = list
    seen.other = type
    if (type === 'output') seen.bits ^= list.port ^ list.max_len
    else if (type === 'group') seen.bits ^= list.group_id
    else seen.other = list.value
  }
}

function seeInstructions(list: InstructionsView): void {
  while (list.next()) {
    const { type } = list
    seen.other = type
    if (type === 'apply_actions' || type === 'write_actions') seeActions(list.actions)
    else if (type === 'goto_table') seen.bits ^= list.table_id
    else seen.other = list.value
  }
}

const echo = new EchoView()
const barrier = new BarrierView()
const packetIn = new PacketInView()
const packetOut = new PacketOutView()
const flowMod = new FlowModView()
const flowRemoved = new FlowRemovedView()
const flowStats = new FlowStatsView()

/** Points the view at the message; it must be one of the view's. */
function pointed<V extends { over(octets: Uint8Array): boolean }>(view: V, octets: Uint8Array): V {
  if (!view.over(octets)) throw new Error('another message')
  return view
}

function seeFlowMod(of: FlowModView): void {
  seen.bits ^= of.xid ^ of.table_id ^ of.idle_timeout ^ of.hard_timeout ^ of.priority
  seen.bits ^= of.buffer_id ^ of.out_port ^ of.out_group ^ of.flags
  seen.other = of.command
  seen.other = of.cookie
  seen.other = of.cookie_mask
}

function seeFlow(of: FlowStatsEntry): void {
  seen.bits ^= of.table_id ^ of.duration_sec ^ of.duration_nsec ^ of.priority
  seen.bits ^= of.idle_timeout ^ of.hard_timeout ^ of.flags
  seen.other = of.cookie
  seen.other = of.packet_count
  seen.other = of.byte_count
}

/** All members. */
const ALL: Readonly<Record<string, (octets: Uint8Array) => void>> = {
  echo_request(octets) {
    pointed(echo, octets)
    seen.bits ^= echo.xid
    seen.other = echo.data
  },
  barrier_request(octets) {
    seen.bits ^= pointed(barrier, octets).xid
  },
  packet_in(octets) {
    pointed(packetIn, octets)
    seen.bits ^= packetIn.xid ^ packetIn.buffer_id ^ packetIn.total_len ^ packetIn.table_id
    seen.other = packetIn.reason
    seen.other = packetIn.cookie
    seeMatch(packetIn.match)
    seen.other = packetIn.data
  },
  packet_out(octets) {
    pointed(packetOut, octets)
    seen.bits ^= packetOut.xid ^ packetOut.buffer_id ^ packetOut.in_port
    seeActions(packetOut.actions)
    seen.other = packetOut.data
  },
  flow_mod(octets) {
    pointed(flowMod, octets)
    seeFlowMod(flowMod)
    seeMatch(flowMod.match)
    seeInstructions(flowMod.instructions)
  },
  flow_removed(octets) {
    pointed(flowRemoved, octets)
    seen.bits ^= flowRemoved.xid ^ flowRemoved.priority ^ flowRemoved.table_id ^ flowRemoved.duration_sec
    seen.bits ^= flowRemoved.duration_nsec ^ flowRemoved.idle_timeout ^ flowRemoved.hard_timeout
    seen.other = flowRemoved.reason
    seen.other = flowRemoved.cookie
    seen.other = flowRemoved.packet_count
    seen.other = flowRemoved.byte_count
    seeMatch(flowRemoved.match)
  },
  multipart_reply(octets) {
    pointed(flowStats, octets)
    const { entry } = flowStats
    while (flowStats.next()) {
      seeFlow(entry)
      seeMatch(entry.match)
      seeInstructions(entry.instructions)
    }
  },
}

const inPort = fieldReader('in_port')
const ipv4Dst = fieldReader('ipv4_dst')

/** The members that a program usually wants of such a message. */
const SOME: Readonly<Record<string, (octets: Uint8Array) => void>> = {
  packet_in(octets) {
    pointed(packetIn, octets)
    seen.other = packetIn.reason
    seen.other = inPort(packetIn.match)
    seen.other = packetIn.data
  },
  packet_out(octets) {
    pointed(packetOut, octets)
    seen.bits ^= packetOut.in_port
    const { actions } = packetOut
    while (actions.next()) seen.bits ^= actions.port
  },
  flow_mod(octets) {
    pointed(flowMod, octets)
    seen.bits ^= flowMod.table_id ^ flowMod.priority
    seen.other = flowMod.command
    seen.other = flowMod.cookie
    seen.other = ipv4Dst(flowMod.match)
  },
  flow_removed(octets) {
    pointed(flowRemoved, octets)
    seen.bits ^= flowRemoved.table_id ^ flowRemoved.priority
    seen.other = flowRemoved.reason
    seen.other = flowRemoved.cookie
  },
  multipart_reply(octets) {
    pointed(flowStats, octets)
    const { entry } = flowStats
    while (flowStats.next()) {
      seen.other = entry.cookie
      seen.other = entry.packet_count
      seen.other = entry.byte_count
    }
  },
}

const READ: Readonly<Record<string, (octets: Uint8Array) => object | undefined>> = {
  packet_in: (octets) => readPacketIn(octets),
  packet_out: (octets) => readPacketOut(octets),
  flow_mod: (octets) => readFlowMod(octets),
  flow_removed: (octets) => readFlowRemoved(octets),
}

/** Writes the message again and again into the same octets, with its lists prepared. */
function writerOf(message: Message): (() => void) | undefined {
  const into = new Uint8Array(65536)
  switch (message.type) {
    case 'echo_request':
      return () => void writeEchoRequest(into, 0, message.xid, message.data)
    case 'barrier_request':
      return () => void writeBarrierRequest(into, 0, message.xid)
    case 'packet_in': {
      const prepared = { ...message, match: matchOctets(message.match) }
      return () => void writePacketIn(into, 0, prepared)
    }
    case 'packet_out': {
      const prepared = { ...message, actions: actionsOctets(message.actions) }
      return () => void writePacketOut(into, 0, prepared)
    }
    case 'flow_mod': {
      const { match, instructions } = message
      const prepared = { ...message, match: matchOctets(match), instructions: instructionsOctets(instructions) }
      return () => void writeFlowMod(into, 0, prepared)
    }
    case 'flow_removed': {
      const prepared = { ...message, match: matchOctets(message.match) }
      return () => void writeFlowRemoved(into, 0, prepared)
    }
    default:
      return undefined
  }
}

function caseOf(name: string, octets: Uint8Array): Case {
  const message = decode(octets)
  const all = ALL[message.type]
  const some = SOME[message.type]
  const read = READ[message.type]
  const write = writerOf(message)
  return {
    name,
    octets,
    ...(all && { view: () => all(octets) }),
    ...(some && { some: () => some(octets) }),
    ...(read && { read: () => void read(octets) }),
    ...(write && { write }),
  }
}

const golden = (name: string): Array<{ messages: string[]; command: string[] }> =>
  JSON.parse(readFileSync(new URL(`../test/golden/wire/${name}.json`, import.meta.url), 'utf8')).entries

/** The recorded message of a command that decodes to the type. */
function recorded<N extends Message['type']>(file: string, command: RegExp, type: N): MessageNamed<N> {
  for (const entry of golden(file)) {
    if (!command.test(entry.command.join(' '))) continue
    const found = entry.messages.map((digits) => decode(fromHex(digits))).find((message) => message.type === type)
    if (found !== undefined) return found as MessageNamed<N>
  }
  throw new Error(`no ${type} of ${command} in ${file}`)
}

/** A reply with the flow of another, repeated: what a dump of a full table is made of. */
function manyFlows(): Message {
  const reply = recorded('ovs-vswitchd', /dump-flows TCP table=1/, 'multipart_reply')
  if (reply.mp_type !== 'flow') throw new Error('not a flow reply')
  return { ...reply, body: Array.from({ length: 400 }, () => reply.body[0]!) }
}

const output: Action = { type: 'output', port: 2, max_len: 0 }
const match: MessageNamed<'flow_mod'>['match'] = [
  { field: 'in_port', value: 3 },
  { field: 'eth_type', value: 0x0800 },
  { field: 'ip_proto', value: 6 },
  { field: 'ipv4_dst', value: 0x0a000000, mask: 0xffffff00 },
]
const fourFields: MessageNamed<'flow_mod'> = {
  type: 'flow_mod',
  xid: 7,
  cookie: 0x1122334455667788n,
  cookie_mask: 0n,
  table_id: 1,
  command: 'add',
  idle_timeout: 0,
  hard_timeout: 0,
  priority: 100,
  buffer_id: 0xffffffff,
  out_port: 0xffffffff,
  out_group: 0xffffffff,
  flags: 1,
  match,
  instructions: [{ type: 'apply_actions', actions: [output] }],
}
const packet = recorded('ovs-vswitchd', /standard/, 'packet_in')
const answer: Message = {
  type: 'packet_out',
  xid: 8,
  buffer_id: 0xffffffff,
  in_port: 3,
  actions: [output],
  data: packet.data,
}

const LISTS = encode(fourFields).subarray(48)

/** The name of the message that has targets. */
export const TARGET = 'flow_mod, 4 fields, output'

const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!
const u32 = (b: Uint8Array, at: number): number => ((u16(b, at) << 16) | u16(b, at + 2)) >>> 0
const octetsOf64 = new DataView(new ArrayBuffer(8))
function u64(b: Uint8Array, at: number): bigint {
  octetsOf64.setUint32(0, u32(b, at))
  octetsOf64.setUint32(4, u32(b, at + 4))
  return octetsOf64.getBigUint64(0)
}

/** The message with targets as an object, read by its layout alone: nothing is checked and no other message fits. */
export function bareDecode(b: Uint8Array): object {
  return {
    type: 'flow_mod',
    xid: u32(b, 4),
    cookie: u64(b, 8),
    cookie_mask: u64(b, 16),
    table_id: b[24],
    command: b[25] === 0 ? 'add' : b[25],
    idle_timeout: u16(b, 26),
    hard_timeout: u16(b, 28),
    priority: u16(b, 30),
    buffer_id: u32(b, 32),
    out_port: u32(b, 36),
    out_group: u32(b, 40),
    flags: u16(b, 44),
    match: [
      { field: 'in_port', value: u32(b, 56) },
      { field: 'eth_type', value: u16(b, 64) },
      { field: 'ip_proto', value: b[70] },
      { field: 'ipv4_dst', value: u32(b, 75), mask: u32(b, 79) },
    ],
    instructions: [{ type: 'apply_actions', actions: [{ type: 'output', port: u32(b, 100), max_len: u16(b, 104) }] }],
  }
}

function put32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24
  b[at + 1] = value >>> 16
  b[at + 2] = value >>> 8
  b[at + 3] = value
}

/** The fixed part of the message with targets and its lists as they stand, written by its layout alone. */
export function bareEncode(b: Uint8Array, message: Message): void {
  const { xid, cookie, cookie_mask, table_id, idle_timeout, hard_timeout } = message as typeof fourFields
  const { priority, buffer_id, out_port, out_group, flags } = message as typeof fourFields
  put32(b, 0, 0x040e0070)
  put32(b, 4, xid)
  put32(b, 8, Number(cookie >> 32n))
  put32(b, 12, Number(cookie & 0xffffffffn))
  put32(b, 16, Number(cookie_mask >> 32n))
  put32(b, 20, Number(cookie_mask & 0xffffffffn))
  put32(b, 24, (table_id << 24) | idle_timeout)
  put32(b, 28, (hard_timeout << 16) | priority)
  put32(b, 32, buffer_id)
  put32(b, 36, out_port)
  put32(b, 40, out_group)
  put32(b, 44, flags << 16)
  b.set(LISTS, 48)
}

export const CASES: readonly Case[] = [
  caseOf('echo_request, 8 octets', encode({ type: 'echo_request', xid: 1, data: new Uint8Array(8) })),
  caseOf('barrier_request', encode({ type: 'barrier_request', xid: 1 })),
  caseOf('packet_in', encode(packet)),
  caseOf('packet_out, output', encode(answer)),
  caseOf(TARGET, encode(fourFields)),
  caseOf('flow_mod, 3 fields, ct', encode(recorded('ovs-ofctl', /ct_state=\+new\+trk,tcp/, 'flow_mod'))),
  caseOf('flow_mod with learn', encode(recorded('ovs-ofctl', /learn\(table=10/, 'flow_mod'))),
  caseOf('flow_removed', encode(recorded('ovs-vswitchd', /./, 'flow_removed'))),
  caseOf('port_status', encode(recorded('ovs-vswitchd', /./, 'port_status'))),
  caseOf('flow reply, 400 flows', encode(manyFlows())),
]
