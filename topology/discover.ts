/**
 * Link discovery: LLDP probes that carry which port they leave from, when, and a tag made with the controller's secret
 * (HMAC-SHA256, cut to 16 octets), so that no host can invent or keep links; and the table of links believed. It
 * refuses to send, to know switches, and to read a clock: times are the caller's, in milliseconds.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeEthernet, ETHERTYPE, encodeEthernet } from '../packet/ethernet.ts'
import { decodeLldp, encodeLldp, findOrgTlv, LLDP_MAC, LLDP_TLV, orgTlv } from '../packet/lldp.ts'
import { concat, put, u16, u32 } from '../packet/octets.ts'
import { Graph, type Link, linkKey, type PortRef, portKey } from './graph.ts'

/** A locally administered identifier: nobody else's. */
const OUI = 0x027473
const SUBTYPE = 1
const TAG_SIZE = 16
/** Subtype "locally assigned" of chassis and port ids. */
const LOCAL = 7
const text = new TextEncoder()

export interface Probe extends PortRef {
  /** When it was made, in milliseconds. */
  time: number
}

/** @param hwAddr MAC address of the port. @param ttl Seconds that other LLDP speakers may keep it. */
export function encodeProbe(secret: Uint8Array, probe: Probe, hwAddr: number, ttl: number): Uint8Array {
  const seconds = new Uint8Array(2)
  put(seconds, 0, 2, Math.min(Math.max(Math.ceil(ttl), 1), 0xffff))
  const body = signed(probe)
  const tlvs = [
    { type: LLDP_TLV.chassisId, value: concat(Uint8Array.of(LOCAL), text.encode(probe.datapathId)) },
    { type: LLDP_TLV.portId, value: concat(Uint8Array.of(LOCAL), text.encode(String(probe.port))) },
    { type: LLDP_TLV.ttl, value: seconds },
    orgTlv(OUI, SUBTYPE, concat(body, tag(secret, body))),
  ]
  return encodeEthernet({ dst: LLDP_MAC, src: hwAddr, vlans: [], type: ETHERTYPE.lldp }, encodeLldp(tlvs))
}

export type ProbeFault = 'forged' | 'replayed'

/**
 * The probe in a frame; undefined for LLDP that is not ours; a fault where it is not by this secret, or older than
 * `expiryMs`, or newer than now.
 */
export function verifyProbe(
  secret: Uint8Array,
  frame: Uint8Array,
  now: number,
  expiryMs: number,
): Probe | ProbeFault | undefined {
  const ethernet = decodeEthernet(frame)
  if (ethernet?.header.type !== ETHERTYPE.lldp) return undefined
  const unit = decodeLldp(ethernet.payload)
  const data = unit && findOrgTlv(unit.header, OUI, SUBTYPE)
  if (data === undefined) return undefined
  const body = data.subarray(0, data.length - TAG_SIZE)
  if (data.length <= TAG_SIZE + 12 || !timingSafeEqual(tag(secret, body), data.subarray(data.length - TAG_SIZE)))
    return 'forged'
  const probe = {
    port: u32(body, 0),
    time: u16(body, 4) * 0x1000000000000 + u16(body, 6) * 0x100000000 + u32(body, 8),
    datapathId: new TextDecoder().decode(body.subarray(12)),
  }
  return now < probe.time || now - probe.time > expiryMs ? 'replayed' : probe
}

function signed(probe: Probe): Uint8Array {
  const head = new Uint8Array(12)
  put(head, 0, 4, probe.port)
  put(head, 4, 8, BigInt(Math.floor(probe.time)))
  return concat(head, text.encode(probe.datapathId))
}

function tag(secret: Uint8Array, body: Uint8Array): Uint8Array {
  return createHmac('sha256', secret).update('topology probe 1\0').update(body).digest().subarray(0, TAG_SIZE)
}

/** A link that goes down this often within FLAP_WINDOW stays down for DAMP after the last time. */
const FLAPS = 3
const FLAP_WINDOW = 10_000
const DAMP = 5_000
/** Links that one port may have: more is no network but a defect or an attack. */
export const MAX_PEERS = 8

export interface Belief {
  link: Link
  /** Of the last probe that arrived, or of the start of belief. */
  seen: number
  /** A probe arrived; otherwise it is only remembered. */
  confirmed: boolean
}

export type Sighting = 'new' | 'known' | 'damped' | 'crowded'

/** Links believed, and why no longer. The graph holds the same links. */
export class LinkTable {
  readonly graph = new Graph()
  readonly #beliefs = new Map<string, Belief>()
  readonly #downs = new Map<string, number[]>()

  links(): Readonly<Belief>[] {
    return [...this.#beliefs.values()]
  }

  /** Takes a remembered link as present until it is confirmed, contradicted or dropped. */
  presume(link: Link, now: number): void {
    if (this.graph.add(link)) this.#beliefs.set(linkKey(link), { link, seen: now, confirmed: false })
  }

  /** A probe arrived over a link. @param contradicted Receives remembered links that cannot be, now dropped. */
  see(link: Link, now: number, contradicted: Link[] = []): Sighting {
    const key = linkKey(link)
    for (const other of [...this.graph.at(link.from), ...this.graph.at(link.to)]) {
      const same = linkKey(other) === key || linkKey({ from: other.to, to: other.from }) === key
      if (same || this.#beliefs.get(linkKey(other))?.confirmed !== false || !this.#drop(other)) continue
      contradicted.push(other)
    }
    const belief = this.#beliefs.get(key)
    if (belief !== undefined) {
      belief.seen = now
      belief.confirmed = true
      return 'known'
    }
    if (this.graph.at(link.from).length >= 2 * MAX_PEERS || this.graph.at(link.to).length >= 2 * MAX_PEERS)
      return 'crowded'
    if (this.#isDamped(link, now)) return 'damped'
    this.graph.add(link)
    this.#beliefs.set(key, { link, seen: now, confirmed: true })
    return 'new'
  }

  /** Drops the links at a port that went down. */
  dropPort(port: PortRef, now: number): Link[] {
    const gone = this.graph.at(port).filter((link) => this.#drop(link))
    for (const link of gone) this.#countDown(link, now)
    return gone
  }

  /** Drops the links of a switch that is no more. */
  dropSwitch(datapathId: string): Link[] {
    return this.graph.of(datapathId).filter((link) => this.#drop(link))
  }

  /** Drops links that no probe confirmed for too long. @param verifiable Whether probes could have. */
  expire(now: number, expiryMs: number, verifiable: (link: Link) => boolean): Link[] {
    const gone: Link[] = []
    for (const { link, seen } of this.#beliefs.values())
      if (now - seen > expiryMs && verifiable(link) && this.#drop(link)) gone.push(link)
    for (const link of gone) this.#countDown(link, now)
    for (const [key, downs] of this.#downs) if (now - downs.at(-1)! > FLAP_WINDOW) this.#downs.delete(key)
    return gone
  }

  /** Drops remembered links that no probe confirmed although both ends were there since `until`. */
  dropUnconfirmed(until: number, verifiable: (link: Link) => boolean): Link[] {
    const gone: Link[] = []
    for (const { link, confirmed, seen } of this.#beliefs.values())
      if (!confirmed && seen <= until && verifiable(link) && this.#drop(link)) gone.push(link)
    return gone
  }

  /** Believes the links of a switch anew: it is back, and its probes begin now. */
  touch(datapathId: string, now: number): void {
    for (const link of this.graph.of(datapathId)) {
      const belief = this.#beliefs.get(linkKey(link))
      if (belief !== undefined) belief.seen = now
    }
  }

  /** Leaves links that much more time: nobody listened meanwhile. */
  excuse(ms: number, now: number): void {
    for (const belief of this.#beliefs.values()) belief.seen = Math.min(belief.seen + ms, now)
  }

  /** Takes the links that leave a port as seen at a time, unless they were seen later: no probe could be sent. */
  hold(from: PortRef, since: number): void {
    for (const link of this.graph.at(from)) {
      const belief = this.#beliefs.get(linkKey(link))
      if (belief !== undefined && portKey(link.from) === portKey(from)) belief.seen = Math.max(belief.seen, since)
    }
  }

  #drop(link: Link): boolean {
    this.#beliefs.delete(linkKey(link))
    return this.graph.remove(link)
  }

  #countDown(link: Link, now: number): void {
    const key = portKey(link.from)
    this.#downs.set(key, [...(this.#downs.get(key) ?? []).slice(1 - FLAPS), now])
  }

  #isDamped(link: Link, now: number): boolean {
    const downs = this.#downs.get(portKey(link.from)) ?? []
    return downs.length >= FLAPS && now - downs[0]! <= FLAP_WINDOW && now - downs.at(-1)! < DAMP
  }
}
