/**
 * Meters (section 5.7): each band is a token bucket filled by the passed clock. A packet for which some band has
 * no tokens left falls under the one of those with the highest rate. Without OFPMF_BURST a bucket holds one
 * second's worth. dscp_remark raises the drop precedence of AF classes. Knows nothing of flows.
 */

import { OFPMF_BURST, OFPMF_PKTPS } from '../spec/constants.ts'
import type { Walk } from './pipeline.ts'
import type { Meter } from './state.ts'

/** Tokens a full bucket holds: thousandths of packets, or bits. */
export function capacity(meter: Meter, band: number): number {
  const { rate, burst_size } = meter.bands[band]!
  return ((meter.flags & OFPMF_BURST) !== 0 && burst_size > 0 ? burst_size : rate) * 1000
}

/** Takes the packet's tokens; false if it is to be dropped. A meter that is not there lets all pass. */
export function meterAllows(walk: Walk, id: number): boolean {
  const meter = walk.state.meters.get(id)
  if (meter === undefined || walk.dry) return true
  const octets = walk.frame.octets.length
  const cost = (meter.flags & OFPMF_PKTPS) !== 0 ? 1000 : octets * 8
  meter.packets++
  meter.bytes += BigInt(octets)
  let over: number | undefined
  meter.bands.forEach((band, i) => {
    const bucket = meter.buckets[i]!
    // A rate of r per second is r thousandths per millisecond.
    bucket.tokens = Math.min(capacity(meter, i), bucket.tokens + (walk.now - bucket.filled) * band.rate)
    bucket.filled = walk.now
    if (bucket.tokens >= cost) bucket.tokens -= cost
    else if (over === undefined || band.rate > meter.bands[over]!.rate) over = i
  })
  if (over === undefined) return true
  const band = meter.bands[over]!
  const bucket = meter.buckets[over]!
  bucket.packets++
  bucket.bytes += BigInt(octets)
  if (band.type !== 'dscp_remark') return false
  const dscp = Number(walk.frame.get('ip_dscp'))
  const precedence = Math.min(3, ((dscp >> 1) & 3) + band.prec_level)
  if (dscp >> 3 >= 1 && dscp >> 3 <= 4 && (dscp & 1) === 0 && (dscp & 6) !== 0) {
    walk.frame.set('ip_dscp', BigInt((dscp & 0x38) | (precedence << 1)))
  }
  return true
}
