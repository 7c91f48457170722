/**
 * The DHCP server at the edge: what guests ask by packet-in is held to the record of the interface at that port, decided
 * (decide4.ts), done in the ledger in one durable step, and answered by packet-out when the guest's switch has confirmed the rows of its
 * interface: an address that is answered is enforced already. What cannot be confirmed in time is not answered; the client
 * asks again. It refuses to know messages' octets (packet/) and pools (addresses/). Called by packets.ts; put together by main.ts.
 */
import { type Message, NO_BUFFER, PORT_CONTROLLER } from 'node-openflow'
import type { Result } from '../../model/errors.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import { decodeEthernet, ETHERTYPE } from '../../packet/ethernet.ts'
import type { LeaseView, Leasing } from '../addresses/leases.ts'
import type { PacketIn } from '../channel/types.ts'
import type { Tell } from '../events.ts'
import type { Intent } from '../policy/intent.ts'
import type { Place } from '../policy/state.ts'
import type { Writer, Written } from '../write.ts'
import type { Guest } from './decide4.ts'
import { Offers } from './offers.ts'
import { DHCP_TIMES, type DhcpResult, FORGED, WHY } from './results.ts'
import { serve4 } from './serve4.ts'
import { type TurnLimits, Turns } from './turns.ts'

export interface DhcpOptions {
  /** As it is durable. */
  intent: Intent
  places: ReadonlyMap<string, Place>
  portName(datapathId: string, port: number): string
  writer: Pick<Writer, 'lease' | 'peek' | 'newest'>
  /** Whether the switch enforces a generation, within that time. */
  confirmed(datapathId: string, generation: number, timeoutMs: number, signal: AbortSignal): Promise<boolean>
  send(datapathId: string, message: Message): boolean
  tell: Tell
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds, monotonic. */
  clock(): number
  turns?: TurnLimits
}

/** Ports and reasons whose last telling is remembered. */
const REMEMBERED = 4096

export class DhcpServer {
  readonly options: DhcpOptions
  readonly offers = new Offers()
  readonly #turns: Turns<PacketIn>
  readonly #counts = new Map<DhcpResult, number>()
  readonly #told = new Map<string, { at: number; count: number }>()
  readonly #busy = new Set<string>()
  readonly #stop = new AbortController()

  constructor(options: DhcpOptions) {
    this.options = options
    this.#turns = new Turns((packet) => this.#serve(packet), options.turns)
  }

  /** A packet that a guest's port has for servers, or that was sent to a gateway. */
  ask(packet: PacketIn): void {
    const name = this.sender(packet)
    const isRelay = name !== undefined && this.isRelay(name)
    const port = `${packet.datapathId} ${packet.inPort}`
    if (!this.#turns.ask(port, isRelay, packet, this.options.clock())) this.count('limited', packet)
  }

  /** Questions since the start, by what became of them. */
  counts(): Iterable<readonly [DhcpResult, number]> {
    return this.#counts
  }

  close(): void {
    this.#turns.close()
    this.#stop.abort()
  }

  async #serve(packet: PacketIn): Promise<void> {
    const ethernet = decodeEthernet(packet.data)
    const name = this.sender(packet)
    if (ethernet === undefined || name === undefined) {
      this.count('unknown-guest', packet)
      return
    }
    try {
      if (ethernet.header.type === ETHERTYPE.ipv4) await serve4(this, packet, name, ethernet.payload)
    } catch (error) {
      this.options.tell('dhcp-failed', name, { reason: error instanceof Error ? error.message : String(error) })
      this.count('failed', packet)
    }
  }

  /** The interface at the port by which a packet came. */
  sender({ datapathId, inPort, data }: PacketIn): string | undefined {
    const { intent, places, portName } = this.options
    const isHere = (name: string | undefined): name is string => {
      const place = name === undefined ? undefined : places.get(name)
      return place?.datapathId === datapathId && place.port === inPort
    }
    const byMac = intent.byMac(decodeEthernet(data)?.header.src ?? 0)
    if (isHere(byMac)) return byMac
    const attached = intent.byAttachment(datapathId, inPort, portName(datapathId, inPort))
    return isHere(attached) && intent.interfaces.get(attached)?.portSecurity === false ? attached : undefined
  }

  /** Whether an interface may relay what guests of some network ask; that of its own, or one that names it. */
  isRelay(name: string): boolean {
    const { intent } = this.options
    const network = intent.interfaces.get(name)?.network
    return network !== undefined && intent.networks.get(network)?.dhcp?.relays.includes(name) === true
  }

  /** An interface whose network answers. */
  guest(name: string): (Guest & { record: InterfaceRecord }) | undefined {
    const { intent } = this.options
    const record = intent.interfaces.get(name)
    const network = record && intent.networks.get(record.network)
    if (record === undefined || network?.dhcp === undefined) return undefined
    return { name, mac: record.mac, network: { ...network, dhcp: network.dhcp }, record }
  }

  /** One thing at a time for a guest: what it asks meanwhile is the same again. */
  async alone(guest: string, act: () => Promise<DhcpResult>): Promise<DhcpResult> {
    if (this.#busy.has(guest)) return 'ignored'
    this.#busy.add(guest)
    try {
      return await act()
    } finally {
      this.#busy.delete(guest)
    }
  }

  lease(method: string, decide: (view: LeaseView) => Leasing): Promise<Result<Written>> {
    return this.options.writer.lease(decide, { caller: 'dhcp', method })
  }

  /** Whether the switch of an interface has confirmed all that its record says now; true where it is on none of ours. */
  async enforced(name: string): Promise<boolean> {
    const { places, writer, confirmed } = this.options
    const revision = writer.newest.modRevision('interface', name)
    const place = places.get(name)
    if (revision === undefined) return false
    if (place === undefined) return true
    return confirmed(place.datapathId, revision, DHCP_TIMES.confirmMs, this.#stop.signal)
  }

  /** Sends a frame out by the port by which the question came. */
  answer({ datapathId, inPort }: PacketIn, frame: Uint8Array): void {
    this.options.send(datapathId, {
      type: 'packet_out',
      xid: 0,
      buffer_id: NO_BUFFER,
      in_port: PORT_CONTROLLER,
      actions: [{ type: 'output', port: inPort, max_len: 0 }],
      data: frame,
    })
  }

  count(result: DhcpResult, { datapathId, inPort }: PacketIn): void {
    this.#counts.set(result, (this.#counts.get(result) ?? 0) + 1)
    const isForged = FORGED.has(result)
    if (!isForged && result !== 'no-address' && result !== 'unconfirmed') return
    const key = `${datapathId} ${inPort} ${result}`
    const nowMs = this.options.clock()
    const told = this.#told.get(key)
    if (told !== undefined && nowMs - told.at < DHCP_TIMES.toldMs) {
      told.count++
      return
    }
    const [oldest] = this.#told.size >= REMEMBERED ? this.#told.keys() : []
    if (oldest !== undefined) this.#told.delete(oldest)
    this.#told.delete(key)
    this.#told.set(key, { at: nowMs, count: 0 })
    const type = isForged ? 'dhcp-forged' : 'dhcp-unanswered'
    this.options.tell(type, datapathId, { port: inPort, reason: WHY[result] ?? result, count: (told?.count ?? 0) + 1 })
  }
}
