/**
 * Out of the switch: ports, NORMAL, groups. NORMAL is a learning switch without ageing: it learns the source
 * address by VLAN, sends to the port where the destination was learned, and floods otherwise. A select group takes
 * the bucket that a hash of the packet's addresses and ports falls on, by weight, among live buckets.
 * Knows nothing of tables.
 */

import * as k from '../spec/constants.ts'
import type { Bucket } from '../spec/groups.ts'
import type { FieldName } from '../spec/oxm.ts'
import type { Port } from '../spec/ports.ts'
import { actBucket } from './act.ts'
import type { Walk } from './pipeline.ts'
import type { State } from './state.ts'
import { sentThrough } from './tunnel.ts'

/** Through one port, if it is there and up; LOCAL is a port like others. */
export function send(walk: Walk, port: number): void {
  const state = walk.state.ports.get(port)
  if (state === undefined || (state.desc.config & (k.OFPPC_PORT_DOWN | k.OFPPC_NO_FWD)) !== 0) return
  const { frame } = walk
  const end = walk.state.tunnels.get(port)
  const tunnel = end === undefined ? undefined : sentThrough(frame, end, walk.state.options, walk.own)
  if (end === undefined) walk.outputs.push({ port, packet: frame.octets })
  else if (tunnel !== undefined) walk.outputs.push({ port, packet: frame.octets, tunnel })
}

export function sendNormal(walk: Walk): void {
  const { frame, state } = walk
  const inPort = Number(frame.get('in_port'))
  const vlan = frame.get('vlan_vid') & 0xfffn
  const group = (frame.get('eth_dst') & 0x010000000000n) !== 0n
  if (!walk.dry && (frame.get('eth_src') & 0x010000000000n) === 0n) {
    state.learned.set(`${vlan}/${frame.get('eth_src')}`, inPort)
  }
  const known = group ? undefined : state.learned.get(`${vlan}/${frame.get('eth_dst')}`)
  if (known !== undefined) {
    if (known !== inPort) send(walk, known)
    return
  }
  for (const [no, { desc }] of state.ports) {
    if (no !== inPort && (desc.config & k.OFPPC_NO_FLOOD) === 0) send(walk, no)
  }
}

export function runGroup(walk: Walk, id: number): void {
  const group = walk.state.groups.get(id)
  if (group === undefined) return
  const octets = BigInt(walk.frame.octets.length)
  if (!walk.dry) {
    group.packets++
    group.bytes += octets
  }
  const { buckets } = group
  let chosen: Bucket[]
  if (group.type === 'all') chosen = buckets
  else if (group.type === 'indirect') chosen = buckets.slice(0, 1)
  else if (group.type === 'ff') chosen = buckets.filter((one) => live(walk.state, one, group.type)).slice(0, 1)
  else chosen = selected(walk, buckets)
  for (const bucket of chosen) {
    const stats = group.bucketStats[buckets.indexOf(bucket)]
    if (!walk.dry && stats !== undefined) {
      stats.packets++
      stats.bytes += octets
    }
    actBucket(walk, bucket.actions)
  }
}

/** A bucket that watches nothing is live in a select group, and not in a fast failover one. */
function live(state: State, bucket: Bucket, type: unknown, depth = 0): boolean {
  if (depth > 16) return false
  const watchesPort = bucket.watch_port !== k.PORT_ANY && bucket.watch_port !== 0
  const watchesGroup = bucket.watch_group !== k.GROUP_ANY && bucket.watch_group !== 0
  if (type === 'select' && !watchesPort && !watchesGroup) return true
  const port = watchesPort ? state.ports.get(bucket.watch_port) : undefined
  if (port !== undefined) {
    return (port.desc.config & k.OFPPC_PORT_DOWN) === 0 && (port.desc.state & k.OFPPS_LINK_DOWN) === 0
  }
  const group = watchesGroup ? state.groups.get(bucket.watch_group) : undefined
  return group?.buckets.some((one) => live(state, one, group.type, depth + 1)) ?? false
}

const HASHED: readonly FieldName[] = [
  'eth_src',
  'eth_dst',
  'eth_type',
  'vlan_vid',
  'ip_proto',
  'ipv4_src',
  'ipv4_dst',
  'ipv6_src',
  'ipv6_dst',
  'tcp_src',
  'tcp_dst',
  'udp_src',
  'udp_dst',
  'sctp_src',
  'sctp_dst',
]

function selected(walk: Walk, buckets: readonly Bucket[]): Bucket[] {
  const candidates = buckets.filter((one) => one.weight > 0 && live(walk.state, one, 'select'))
  const total = candidates.reduce((sum, one) => sum + one.weight, 0)
  if (total === 0) return []
  let hash = 0n
  for (const field of HASHED) hash = (hash * 1_000_003n + walk.frame.get(field)) % 0x7fffffffn
  let point = Number(hash) % total
  for (const bucket of candidates) {
    if (point < bucket.weight) return [bucket]
    point -= bucket.weight
  }
  return []
}

/** A port that only its number is known of. */
export function defaultPort(no: number): Port {
  return {
    port_no: no,
    hw_addr: 0x0200_0000_0000 + no,
    name: no === k.PORT_LOCAL ? 'local' : `p${no}`,
    config: 0,
    state: k.OFPPS_LIVE,
    curr: 0,
    advertised: 0,
    supported: 0,
    peer: 0,
    curr_speed: 0,
    max_speed: 0,
  }
}
