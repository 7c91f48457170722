/** Ports and queues in text: description, configuration, counters. */

import type { MessageNamed } from '../spec/message.ts'
import type { Port, PortStats, QueueProperty, QueueStats } from '../spec/ports.ts'
import { names } from './bits.ts'
import { formatDuration } from './flow.ts'
import { formatPort, type TextOptions } from './names.ts'
import { formatMac } from './values.ts'

const CONFIG = ['PORT_DOWN', undefined, 'NO_RECV', undefined, 'NO_FLOOD', 'NO_FWD', 'NO_PACKET_IN']
const STATE = ['LINK_DOWN', 'BLOCKED', 'LIVE']
const FEATURES = [
  ...['10MB-HD', '10MB-FD', '100MB-HD', '100MB-FD', '1GB-HD', '1GB-FD', '10GB-FD', '40GB-FD', '100GB-FD', '1TB-FD'],
  ...['OTHER', 'COPPER', 'FIBER', 'AUTO_NEG', 'AUTO_PAUSE', 'AUTO_PAUSE_ASYM'],
]

/** Number, name and address, then a line for each of configuration, state, link modes that there are, speeds. */
export function formatPortDesc(port: Port, options: TextOptions): string {
  const modes = (title: string, bits: number): string =>
    bits === 0 ? '' : `\n     ${`${title}:`.padEnd(11)} ${names(bits, FEATURES)}`
  const mbps = (kbps: number): number => Math.floor(kbps / 1000)
  return (
    ` ${formatPort(port.port_no, { ...options, ports: undefined })}(${port.name}): addr:${formatMac(BigInt(port.hw_addr))}\n` +
    `     config:     ${names(port.config, CONFIG)}\n` +
    `     state:      ${names(port.state, STATE)}` +
    modes('current', port.curr) +
    modes('advertised', port.advertised) +
    modes('supported', port.supported) +
    modes('peer', port.peer) +
    `\n     speed: ${mbps(port.curr_speed)} Mbps now, ${mbps(port.max_speed)} Mbps max`
  )
}

export function formatPortMod(message: MessageNamed<'port_mod'>, options: TextOptions): string {
  const { port_no, hw_addr, config, mask, advertise } = message
  return (
    `port: ${formatPort(port_no, options)}: addr:${formatMac(BigInt(hw_addr))}\n` +
    `     config: ${names(config, CONFIG)}\n` +
    `     mask:   ${names(mask, CONFIG)}\n` +
    `     advertise: ${names(advertise, FEATURES, 'UNCHANGED')}`
  )
}

/** ` min_rate:10.0%`. */
export function queueRate(property: QueueProperty): string {
  if (property.type === 'none') return ''
  if (property.type === 'experimenter') return ` experimenter:0x${property.experimenter.toString(16)}`
  const { type, rate } = property
  if (rate > 1000) return rate === 0xffff ? '' : ` ${type}:(disabled)`
  return ` ${type}:${Math.floor(rate / 10)}.${rate % 10}%`
}

const UNKNOWN = 0xffff_ffff_ffff_ffffn
const counter = (value: bigint): string => (value === UNKNOWN ? '?' : `${value}`)

export function formatPortStats(stats: PortStats, options: TextOptions): string {
  const rx = [
    ['pkts', stats.rx_packets],
    ['bytes', stats.rx_bytes],
    ['drop', stats.rx_dropped],
    ['errs', stats.rx_errors],
    ['frame', stats.rx_frame_err],
    ['over', stats.rx_over_err],
    ['crc', stats.rx_crc_err],
  ] as const
  const tx = [
    ['pkts', stats.tx_packets],
    ['bytes', stats.tx_bytes],
    ['drop', stats.tx_dropped],
    ['errs', stats.tx_errors],
    ['coll', stats.collisions],
  ] as const
  const list = (pairs: readonly (readonly [string, bigint])[]): string =>
    pairs.map(([name, value]) => `${name}=${counter(value)}`).join(', ')
  const duration =
    stats.duration_nsec === 0xffffffff
      ? ''
      : `\n           duration=${formatDuration(stats.duration_sec, stats.duration_nsec)}`
  const port = formatPort(stats.port_no, options).padStart(2)
  return `\n  port ${port}: rx ${list(rx)}\n           tx ${list(tx)}${duration}`
}

export function formatQueueStats(stats: QueueStats, options: TextOptions): string {
  const { port_no, queue_id, tx_bytes, tx_packets, tx_errors, duration_sec, duration_nsec } = stats
  const duration = duration_nsec === 0xffffffff ? '?' : formatDuration(duration_sec, duration_nsec)
  const queue = queue_id === 0xffffffff ? 'ALL' : queue_id
  return `\n  port ${formatPort(port_no, options)} queue ${queue}: bytes=${counter(tx_bytes)}, pkts=${counter(tx_packets)}, errors=${counter(tx_errors)}, duration=${duration}`
}
