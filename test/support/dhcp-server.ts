/**
 * The DHCP server over a memory store, with a switch that confirms when the test says so, and guests whose messages are
 * made here. It knows no tables.
 */

import { allocate } from '../../controller/addresses/leases.ts'
import { DhcpServer } from '../../controller/dhcp/server.ts'
import { Intent } from '../../controller/policy/intent.ts'
import type { Place } from '../../controller/policy/state.ts'
import { createWriter, type Writer } from '../../controller/write.ts'
import type { Result } from '../../model/errors.ts'
import type { InterfaceRecord } from '../../model/records.ts'
import { type AnyDraft, validateInterface, validateNap, validateNetwork } from '../../model/validate.ts'
import { DHCP4_OPTION, DHCP4_TYPE, type Dhcp4, decodeDhcp4, encodeDhcp4, octetsOf } from '../../packet/dhcp4.ts'
import { decodeEthernet, ETHERTYPE, encodeEthernet, MAC_BROADCAST } from '../../packet/ethernet.ts'
import { decodeIpv4, encodeIpv4, PROTOCOL } from '../../packet/ipv4.ts'
import { decodeUdp, encodeUdp } from '../../packet/udp.ts'
import { openMemoryStore } from '../../store/memory.ts'

export const DATAPATH = '0000000000000001'
export const MAC = 0x00005e005300

export interface Answered4 {
  port: number
  mac: number
  source: number
  destination: number
  message: Dhcp4
}

export class ServedDhcp {
  readonly store = openMemoryStore()
  readonly intent = new Intent()
  readonly writer: Writer
  readonly server: DhcpServer
  readonly places = new Map<string, Place>()
  readonly answers: Answered4[] = []
  readonly frames: { port: number; frame: Uint8Array }[] = []
  readonly told: { type: string; subject: string; details: Record<string, unknown> }[] = []
  /** What the switch says when it is asked whether it has confirmed. */
  confirms: (generation: number) => Promise<boolean> = async () => true
  time = 1_000_000_000_000

  constructor() {
    this.writer = createWriter(this.store, () => this.time)
    this.store.watch(0).subscribe((changeSet) => this.intent.apply(changeSet))
    this.server = new DhcpServer({
      ...{ intent: this.intent, places: this.places, writer: this.writer, portName: () => '' },
      confirmed: (_, generation) => this.confirms(generation),
      send: (_, message) => {
        if (message.type === 'packet_out') this.#sent(message.actions[0]!, message.data)
        return true
      },
      tell: (type, subject, details = {}) => this.told.push({ type, subject, details }),
      now: () => this.time,
      clock: () => this.time,
    })
  }

  #sent(action: object, frame: Uint8Array): void {
    const port = (action as { port: number }).port
    this.frames.push({ port, frame })
    const ethernet = decodeEthernet(frame)!
    if (ethernet.header.type !== ETHERTYPE.ipv4) return
    const packet = decodeIpv4(ethernet.payload)!
    const read = decodeDhcp4(decodeUdp(packet.payload)!.payload)
    if (!packet.checksumHolds || !read.ok) throw new Error('an answer that cannot be read')
    const { src, dst } = packet.header
    this.answers.push({ port, mac: ethernet.header.dst, source: src, destination: dst, message: read.message })
  }

  async write(drafts: Result<AnyDraft>[]): Promise<void> {
    const writes = drafts.map((draft) => {
      if (!draft.ok) throw new Error(JSON.stringify(draft.failure))
      return { op: 'update' as const, record: draft.value, allowMissing: true }
    })
    const written = await this.writer.write(() => ({ ok: true, value: writes }), { caller: 'test', method: 'test' })
    if (!written.ok) throw new Error(JSON.stringify(written.failure))
    await this.settle()
  }

  network(name: string, fields: object): Result<AnyDraft> {
    return validateNetwork({ name, ...fields })
  }

  nap(name: string, network: string, first: string, last: string, fields: object = {}): Result<AnyDraft> {
    return validateNap({ name, network, ranges: [{ first, last }], ...fields })
  }

  /** A guest at port `index`, whose MAC ends in that. */
  guest(index: number, network: string, fields: object = {}): Result<AnyDraft> {
    this.places.set(`g${index}`, { datapathId: DATAPATH, port: index })
    const mac = `00:00:5e:00:53:${index.toString(16).padStart(2, '0')}`
    const attachment = { port: { datapathId: DATAPATH, port: index } }
    return validateInterface({ name: `g${index}`, mac, network, attachment, ...fields })
  }

  record(index: number): InterfaceRecord {
    return this.intent.interfaces.get(`g${index}`)!
  }

  /** What somebody gives by LeaseService. */
  async allocate(index: number, client: string): Promise<void> {
    await this.writer.lease(
      (view) => allocate(view, [{ interface: `g${index}`, client, network: '', choice: undefined }]),
      { caller: 'test', method: 'test' },
    )
    await this.settle()
  }

  /** Gives everything that was begun the time to end. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 12; turns++) await new Promise((resolve) => setImmediate(resolve))
  }

  /** The answer to what a guest says, where there is one. */
  async say(
    index: number,
    message: Partial<Dhcp4>,
    from: { source?: number; mac?: number } = {},
  ): Promise<Answered4 | undefined> {
    const before = this.answers.length
    this.put(index, message, from)
    await this.settle()
    return this.answers[before]
  }

  put(
    index: number,
    message: Partial<Dhcp4>,
    { source = 0, mac = MAC + index }: { source?: number; mac?: number } = {},
  ): void {
    const whole: Dhcp4 = { ...EMPTY, chaddr: MAC + index, xid: index, ...message }
    const ends = { src: source, dst: 0xffff_ffff }
    const udp = encodeUdp(ends, { srcPort: whole.giaddr === 0 ? 68 : 67, dstPort: 67 }, encodeDhcp4(whole))
    const frame = encodeEthernet(
      { dst: MAC_BROADCAST, src: mac, vlans: [], type: ETHERTYPE.ipv4 },
      encodeIpv4({ ...HEADER, ...ends }, udp),
    )
    this.frame(index, frame)
  }

  frame(port: number, data: Uint8Array): void {
    const rest = { datapathId: DATAPATH, inPort: port, reason: 'action', tableId: 4, cookie: 0n, fields: [] } as const
    this.server.ask({ kind: 'packetIn', ...rest, data })
  }

  /** DISCOVER, then REQUEST of what was offered; what was acknowledged. */
  async boot(index: number): Promise<number | undefined> {
    const offer = await this.say(index, { type: DHCP4_TYPE.discover })
    if (offer === undefined) return undefined
    return this.take(index, offer)
  }

  async take(index: number, { source, message }: Answered4): Promise<number | undefined> {
    const options = new Map([
      [DHCP4_OPTION.requestedAddress as number, octetsOf(4, message.yiaddr)],
      [DHCP4_OPTION.server as number, octetsOf(4, source)],
    ])
    const ack = await this.say(index, { type: DHCP4_TYPE.request, options })
    return ack?.message.type === DHCP4_TYPE.ack ? ack.message.yiaddr : undefined
  }

  async close(): Promise<void> {
    this.server.close()
    this.writer.stop()
    await this.store.close()
  }
}

const EMPTY: Dhcp4 = {
  ...{ op: 1, hops: 0, xid: 0, secs: 0, broadcast: false, ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0, chaddr: 0 },
  ...{ type: DHCP4_TYPE.discover, options: new Map() },
}
const HEADER = {
  ...{ dscp: 0, ecn: 0, identification: 0, dontFragment: false, moreFragments: false, fragmentOffset: 0 },
  ...{ ttl: 64, protocol: PROTOCOL.udp, options: new Uint8Array(0) },
}
