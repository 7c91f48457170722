/**
 * What a switch says of a probe that it met: at which stage, from which port, with which identities in its registers, and
 * which identity the packet itself carries there. It refuses to judge (report.ts).
 */
import type { FieldName } from 'node-openflow'
import { u16, u32 } from '../../packet/octets.ts'
import type { PacketIn } from '../channel/types.ts'
import type { Carrier } from '../policy/carriers.ts'
import { CARRIER_CODE, IDENTITY_TAG } from '../policy/compile-carrier.ts'
import { WATCHED_STAGES, type WatchedStage } from '../policy/compile-watch.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import { GENEVE_FIELDS } from '../policy/geneve.ts'
import { REGISTERS, STAGE_OF } from '../policy/pipeline.ts'
import type { TunnelEnd } from '../policy/state.ts'

/** An identity in a packet, and what it is in. */
export interface Tag {
  carrier: Exclude<Carrier, 'address'>
  value: number
}

export interface Sighting {
  datapathId: string
  stage: WatchedStage
  inPort: number
  /** Milliseconds, monotonic. */
  atMs: number
  /** Identities of both ends, as far as the tables have found them; 0: not yet. */
  source: number
  destination: number
  /** Where it is put out, or is to be; 0: not known. */
  port: number
  /** What the packet carries here; absent where that is nothing. */
  tag?: Tag
}

/** @param tunnel The end of tunnels that the switch has. */
export function sightingOf(packet: PacketIn, tunnel: TunnelEnd | undefined, atMs: number): Sighting | undefined {
  const stage = STAGE_OF.get(packet.tableId)
  const watched = WATCHED_STAGES.find((its) => its === stage)
  if (watched === undefined) return undefined
  const read = (name: FieldName): number => fieldIn(packet, name)
  const tag = tagIn(packet, watched, tunnel)
  return {
    ...{ datapathId: packet.datapathId, stage: watched, inPort: packet.inPort, atMs },
    ...{ source: read(REGISTERS.source), destination: read(REGISTERS.destination), port: read(REGISTERS.port) },
    ...(tag && { tag }),
  }
}

/** A field that came with a packet; 0 where it did not. */
export function fieldIn({ fields }: Pick<PacketIn, 'fields'>, name: FieldName): number {
  const value = fields.find(({ field }) => field === name)?.value ?? 0
  // Options of Geneve are octets, at the end of the field.
  return typeof value === 'object' ? u32(value, value.length - 4) : Number(value)
}

function tagIn(packet: PacketIn, stage: WatchedStage, tunnel: TunnelEnd | undefined): Tag | undefined {
  const { data, inPort } = packet
  const type = u16(data, 12)
  if (type === ETHERTYPE.mpls) return { carrier: 'mpls', value: u32(data, 14) >>> 12 }
  if (type === ETHERTYPE.vlan && (u16(data, 14) & IDENTITY_TAG) !== 0)
    return { carrier: 'vlan', value: u16(data, 14) & (IDENTITY_TAG - 1) }
  // What a tunnel brought stays with the packet; what it is to take is there when it leaves.
  if (tunnel === undefined) return undefined
  const { kind, port } = tunnel
  const isThere = stage === 'forward' ? fieldIn(packet, REGISTERS.scratch) === CARRIER_CODE[kind] : inPort === port
  const value = fieldIn(packet, kind === 'geneve' ? GENEVE_FIELDS.identity : 'tun_gbp_id')
  return isThere && value !== 0 ? { carrier: kind, value } : undefined
}
