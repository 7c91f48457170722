/**
 * Compiled programs on reference switches that are wired together as networkOf() says: frames go in at a port and come
 * out at others, with connection tracking in between. And the frames of policy's packets. Used by tests of the compiler.
 */
import { AssertionError } from 'chai'
import {
  GROUP_ANY,
  type Message,
  type MessageNamed,
  type Output,
  PORT_ANY,
  ReferenceSwitch,
  TABLE_ALL,
  type TunnelEnd,
  type TunnelHeader,
  type UnderlayAddress,
} from 'node-openflow'
import { apply, diff, type Operation } from '../../controller/flows/diff.ts'
import { operationMessage } from '../../controller/flows/messages.ts'
import { cookieOf } from '../../controller/policy/cookie.ts'
import { GENEVE_OPTIONS } from '../../controller/policy/geneve.ts'
import { homeOf, TABLES } from '../../controller/policy/pipeline.ts'
import { emptyProgram, flowKey, type SwitchProgram } from '../../controller/policy/program.ts'
import { type Refusal, readRefusal } from '../../controller/policy/refusals.ts'
import type { ObservedView, Place } from '../../controller/policy/state.ts'
import { type Address, parseAddress } from '../../model/address.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import { encodeEthernet } from '../../packet/ethernet.ts'
import { echoBody, encodeIcmp } from '../../packet/icmp.ts'
import { encodeIcmpv6 } from '../../packet/icmpv6.ts'
import { encodeIpv4 } from '../../packet/ipv4.ts'
import { encodeIpv6 } from '../../packet/ipv6.ts'
import { encodeTcp, TCP_ACK, TCP_SYN } from '../../packet/tcp.ts'
import { encodeUdp } from '../../packet/udp.ts'
import { type ArbitraryPacket, LINE_PORTS } from './arbitrary-state.ts'

export const GATEWAY_MAC = 0x02ff00000001
const NONE = new Uint8Array(0)
const EPHEMERAL = 40_000

/** What switches with ends of Geneve tunnels are told first. */
const OPTIONS: Message = {
  type: 'nx_tlv_table_mod',
  xid: 0,
  command: 'add',
  mappings: Object.values(GENEVE_OPTIONS).map(({ optionClass, type, length, index }) => ({
    ...{ option_class: optionClass, option_type: type, option_len: length, index },
  })),
}

const OF_REFUSALS: Message = {
  ...{ type: 'multipart_request', xid: 0, flags: 0, mp_type: 'flow' },
  body: {
    ...{ table_id: TABLE_ALL, out_port: PORT_ANY, out_group: GROUP_ANY, match: [] },
    ...{ cookie: cookieOf('refused'), cookie_mask: 0xffff_ffff_0000_0000n },
  },
}

function underlayAddress(text: string): UnderlayAddress {
  const address = parseAddress(text)
  if (address === undefined) throw new Error(`no address: ${text}`)
  return address.family === 6 ? address.value : Number(address.value)
}

/** The port at the other end of a port's cable. */
export type Cables = (datapathId: string, port: number) => Place | undefined

/** A frame that came out where no switch of ours is behind the port, or went to the controller. */
export interface Arrival extends Place {
  frame: Uint8Array
  /** What it is carried in, where the port is the end of tunnels and no switch has the destination's address. */
  tunnel?: TunnelHeader
}

export class ReferenceNetwork {
  readonly #switches = new Map<string, ReferenceSwitch>()
  readonly #installed = new Map<string, SwitchProgram>()
  readonly #order: string[]
  /** Cookies of packet_ins since last asked. */
  readonly told: bigint[] = []

  /** Called with each packet_in. */
  onPacketIn: ((datapathId: string, message: MessageNamed<'packet_in'>) => void) | undefined
  readonly #cables: Cables | undefined
  /** Ends of tunnels, by switch. */
  readonly #tunnels = new Map<string, TunnelEnd & { port: number }>()
  /** Milliseconds. */
  #now = 0
  /** Frames on their way. */
  readonly #waiting: Arrival[] = []

  /**
   * What goes out at the end of tunnels that a switch is observed to have comes in at the end of its kind that has the
   * address it is sent to. Those of kind geneve know the options of GENEVE_OPTIONS.
   *
   * @param cables Where a port leads; as in networkOf() where absent.
   */
  constructor(observed: ObservedView, cables?: Cables) {
    this.#order = [...observed.datapaths.keys()]
    this.#cables = cables
    for (const { datapathId, ports, tunnel } of observed.datapaths.values()) {
      const end = tunnel === undefined ? undefined : { ...tunnel, address: underlayAddress(tunnel.address) }
      const its = new ReferenceSwitch({
        datapathId: BigInt(`0x${datapathId}`),
        ports: [...new Set([...ports.keys(), ...(end === undefined ? [] : [end.port])])],
        tunnels: new Map(end === undefined ? [] : [[end.port, end]]),
      })
      if (end !== undefined) this.#tunnels.set(datapathId, end)
      if (end?.kind === 'geneve') its.handle(OPTIONS)
      this.#switches.set(datapathId, its)
    }
  }

  /** Brings a switch to a program by the differences, and throws what it refuses. */
  install(datapathId: string, program: SwitchProgram): void {
    const operations = diff(program, this.#installed.get(datapathId) ?? emptyProgram())
    const rank = { meter: 0, group: 1, flow: 2, port: 3 }
    operations.sort(
      (one, other) =>
        Number(one.act !== 'delete') - Number(other.act !== 'delete') || rank[one.what] - rank[other.what],
    )
    this.carryOut(datapathId, operations)
  }

  /** Carries operations out in this order, and throws what the switch refuses. */
  carryOut(datapathId: string, operations: readonly Operation[]): void {
    const target = this.#switches.get(datapathId)
    if (target === undefined) throw new Error(`no switch ${datapathId}`)
    const installed = this.#installed.get(datapathId) ?? emptyProgram()
    this.#installed.set(datapathId, installed)
    for (const operation of operations) {
      if (operation.what === 'port' || isAdvert(operation)) continue
      const refusal = target.handle(operationMessage(operation)).find((answer: Message) => answer.type === 'error')
      if (refusal !== undefined)
        throw new AssertionError(`refused: ${JSON.stringify(refusal, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`)
    }
    apply(operations, installed)
  }

  /** So much time goes by on all switches; what each says of it. */
  pass(ms: number): Map<string, Message[]> {
    this.#now += ms
    return new Map([...this.#switches].map(([datapathId, its]) => [datapathId, its.tick(this.#now)]))
  }

  /** Where a frame comes out that goes in at a port, at the end of tunnels in `tunnel`. */
  send(from: Place, frame: Uint8Array, tunnel?: TunnelHeader): Arrival[] {
    this.#waiting.push({ ...from, frame, ...(tunnel === undefined ? {} : { tunnel }) })
    return this.drain()
  }

  /** Where frames come out that packet_outs have sent. */
  drain(): Arrival[] {
    const arrivals: Arrival[] = []
    const waiting = this.#waiting
    for (let hops = 0; waiting.length > 0; hops++) {
      if (hops > 100) throw new Error('a frame goes round in circles')
      const { datapathId, port, frame: its, tunnel } = waiting.shift() as Arrival
      this.#leave(datapathId, this.#switches.get(datapathId)?.inject(port, its, tunnel) ?? [], arrivals)
    }
    return arrivals.concat(this.#arrived.splice(0))
  }

  /** Frames that packet_outs have sent where no switch of ours is. */
  readonly #arrived: Arrival[] = []

  /** Carries a packet_out out; what it sends goes on with the frames that are on their way. */
  packetOut(datapathId: string, message: Message): void {
    const target = this.#switches.get(datapathId)
    const answers = target?.handle(message) ?? []
    const refusal = answers.find((answer) => answer.type === 'error')
    if (refusal !== undefined) throw new AssertionError(`refused: ${JSON.stringify(refusal)}`)
    for (const answer of answers) {
      if (answer.type !== 'packet_in') continue
      this.told.push(answer.cookie)
      this.onPacketIn?.(datapathId, answer)
    }
    this.#leave(datapathId, target?.takeSent() ?? [], this.#arrived)
  }

  /** Flows that a switch took away by itself. */
  lost(datapathId: string, key: string): void {
    this.#installed.get(datapathId)?.flows.delete(key)
  }

  /** Rows that refuse what is forged and have, by switch and key: why, of which port and how many packets. */
  refused(): Map<string, { refusal: Refusal; port: number | undefined; packets: bigint }> {
    const found = new Map<string, { refusal: Refusal; port: number | undefined; packets: bigint }>()
    for (const [datapathId, its] of this.#switches) {
      for (const answer of its.handle(OF_REFUSALS)) {
        if (answer.type !== 'multipart_reply' || answer.mp_type !== 'flow') continue
        for (const { table_id, priority, match, cookie, packet_count: packets } of answer.body) {
          const refusal = readRefusal(cookie)
          if (refusal === undefined || packets === 0n) continue
          const port = match.find(({ field }) => field === 'in_port')?.value as number | undefined
          found.set(`${datapathId} ${flowKey(table_id, priority, match)}`, { refusal, port, packets })
        }
      }
    }
    return found
  }

  /** What a switch has been given. */
  installed(datapathId: string): SwitchProgram | undefined {
    return this.#installed.get(datapathId)
  }

  #leave(datapathId: string, outputs: readonly Output[], arrivals: Arrival[]): void {
    for (const output of outputs) {
      if (output.port === 'controller') {
        this.told.push(output.message.cookie)
        this.onPacketIn?.(datapathId, output.message)
        continue
      }
      const { port, packet: frame, tunnel } = output
      const next = tunnel === undefined ? this.#behind(datapathId, port) : this.#otherEnd(tunnel)
      const carried = tunnel === undefined ? { frame } : { frame, tunnel }
      if (next === undefined) arrivals.push({ datapathId, port, ...carried })
      else this.#waiting.push({ ...next, ...carried })
    }
  }

  /** The end that a frame in a tunnel comes to. */
  #otherEnd({ kind, dst }: TunnelHeader): Place | undefined {
    for (const [datapathId, end] of this.#tunnels) {
      if (end.kind === kind && end.address === dst) return { datapathId, port: end.port }
    }
    return undefined
  }

  #behind(datapathId: string, port: number): Place | undefined {
    if (this.#cables !== undefined) return this.#cables(datapathId, port)
    const step = port === LINE_PORTS.left ? -1 : port === LINE_PORTS.right ? 1 : 0
    const next = step === 0 ? undefined : this.#order[this.#order.indexOf(datapathId) + step]
    if (next === undefined) return undefined
    return { datapathId: next, port: step === 1 ? LINE_PORTS.left : LINE_PORTS.right }
  }
}

/** Rows that write options of neighbour discovery, which reference switches do not know. */
function isAdvert(operation: Operation): boolean {
  return operation.what === 'flow' && homeOf(operation.flow.table) === TABLES.advertise
}

/** One end of a packet: an interface record, or an address of the world behind the gateway. */
export interface End {
  mac: number
  address: Address
}

export function endOf(name: string, record: InterfaceRecord | undefined, family: 4 | 6): End {
  const text = record?.addresses.find((its) => its.includes(':') === (family === 6)) ?? name
  const address = parseAddress(text)
  if (address === undefined) throw new Error(`no address of family ${family}: ${name}`)
  return { mac: record?.mac ?? GATEWAY_MAC, address }
}

/**
 * The frame of a packet of the original direction, or of the answer to it. `from` is who sends this very frame;
 * `ephemeral` tells connections between the same ends apart.
 */
export function frameOf(
  { protocol, port = 0 }: ArbitraryPacket,
  reply: boolean,
  from: End,
  to: End,
  ephemeral = EPHEMERAL,
): Uint8Array {
  const [srcPort, dstPort] = reply ? [port, ephemeral] : [ephemeral, port]
  const between = between4or6(from.address, to.address)
  const flags = reply ? TCP_SYN | TCP_ACK : TCP_SYN
  const tcp = {
    srcPort,
    dstPort,
    sequence: 1,
    acknowledgment: reply ? 2 : 0,
    flags,
    window: 1000,
    urgent: 0,
    options: NONE,
  }
  const type = reply ? ({ 8: 0, 13: 14, 128: 129 }[port] ?? 0) : port
  const echo = echoBody(ephemeral, 1, NONE)
  const payload =
    protocol === 6
      ? encodeTcp(between, tcp, NONE)
      : protocol === 17
        ? encodeUdp(between, { srcPort, dstPort }, NONE)
        : protocol === 1
          ? encodeIcmp({ type, code: 0 }, echo)
          : protocol === 58 && typeof between.src === 'bigint'
            ? encodeIcmpv6(between as { src: bigint; dst: bigint }, { type, code: 0 }, echo)
            : new Uint8Array(8)
  return ipFrame(from, to, protocol, payload)
}

/** An IP packet in an Ethernet frame. */
function ipFrame(from: End, to: End, protocol: number, payload: Uint8Array, hopLimit = 64): Uint8Array {
  const { src, dst } = between4or6(from.address, to.address)
  const head = { dst: to.mac, src: from.mac, vlans: [] }
  if (typeof src === 'bigint' && typeof dst === 'bigint') {
    const header = { trafficClass: 0, flowLabel: 0, hopLimit, src, dst, extensions: [], protocol }
    return encodeEthernet({ ...head, type: 0x86dd }, encodeIpv6(header, payload))
  }
  const header = {
    ...{ dscp: 0, ecn: 0, identification: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0 },
    ...{ ttl: hopLimit, protocol, src: Number(src), dst: Number(dst), options: NONE },
  }
  return encodeEthernet({ ...head, type: 0x0800 }, encodeIpv4(header, payload))
}

function between4or6(from: Address, to: Address): { src: number; dst: number } | { src: bigint; dst: bigint } {
  if (from.family === 6) return { src: from.value, dst: to.value }
  return { src: Number(from.value), dst: Number(to.value) }
}
