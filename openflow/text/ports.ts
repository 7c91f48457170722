/** Ports and queues in text: description, configuration, counters. */

import type { MessageNamed } from '../spec/message.ts'
import type { Port, PortStats, QueueProperty, QueueStats } from '../spec/ports.ts'
import { VERSIONS } from '../wire/version.ts'
import { names } from './bits.ts'
import { counter, counters } from './counters.ts'
import { formatDuration } from './flow.ts'
import { formatPort, type TextOptions } from './names.ts'
import { PORT_CONFIG_10, portState10, speed10 } from './of10.ts'
import { formatPortCounters } from './port-counters.ts'
import { formatMac } from './values.ts'

const CONFIG = ['PORT_DOWN', undefined, 'NO_RECV', undefined, 'NO_FLOOD', 'NO_FWD', 'NO_PACKET_IN']
const STATE = ['LINK_DOWN', 'BLOCKED', 'LIVE']
const FEATURES = [
  ...['10MB-HD', '10MB-FD', '100MB-HD', '100MB-FD', '1GB-HD', '1GB-FD', '10GB-FD', '40GB-FD', '100GB-FD', '1TB-FD'],
  ...['OTHER', 'COPPER', 'FIBER', 'AUTO_NEG', 'AUTO_PAUSE', 'AUTO_PAUSE_ASYM'],
]

const config = (bits: number, { version }: TextOptions): string =>
  names(bits, version === VERSIONS.of10 ? PORT_CONFIG_10 : CONFIG)

/** Number, name and address, then a line for each of configuration, state, link modes that there are, speeds. */
export function formatPortDesc(port: Port, options: TextOptions): string {
  const modes = (title: string, bits: number): string =>
    bits === 0 ? '' : `\n     ${`${title}:`.padEnd(11)} ${names(bits, FEATURES)}`
  const old = options.version === VERSIONS.of10
  const mbps = (kbps: number, bits: number): number => (old ? speed10(bits) : Math.floor(kbps / 1000))
  const { curr, supported, curr_speed, max_speed } = port
  return (
    ` ${formatPort(port.port_no, { ...options, ports: undefined })}(${port.name}): addr:${formatMac(BigInt(port.hw_addr))}\n` +
    `     config:     ${config(port.config, options)}\n` +
    `     state:      ${old ? portState10(port.state) : names(port.state, STATE)}` +
    modes('current', curr) +
    modes('advertised', port.advertised) +
    modes('supported', supported) +
    modes('peer', port.peer) +
    `\n     speed: ${mbps(curr_speed, curr)} Mbps now, ${mbps(max_speed, supported)} Mbps max`
  )
}

/** Descriptions of ports by number, each after a newline. */
export function formatPorts(ports: readonly Port[], options: TextOptions): string {
  const sorted = [...ports].sort((a, b) => a.port_no - b.port_no)
  return sorted.map((port) => `\n${formatPortDesc(port, options)}`).join('')
}

export function formatPortMod(message: MessageNamed<'port_mod'>, options: TextOptions): string {
  const { port_no, hw_addr, mask, advertise } = message
  return (
    `port: ${formatPort(port_no, options)}: addr:${formatMac(BigInt(hw_addr))}\n` +
    `     config: ${config(message.config, options)}\n` +
    `     mask:   ${config(mask, options)}\n` +
    `     advertise: ${names(advertise, FEATURES, 'UNCHANGED')}`
  )
}

const RATES = ['min_rate', 'max_rate'] as const
type Rate = Extract<QueueProperty, { rate: number }>
const UNSAID = 0xffff

/** ` min_rate:10.0% max_rate:(disabled)`. */
function queueRates(properties: readonly QueueProperty[]): string {
  const rates = RATES.map((type) => {
    const found = properties.findLast((one): one is Rate => one.type === type)
    const rate = found?.rate ?? UNSAID
    if (rate > 1000) return rate === UNSAID ? '' : ` ${type}:(disabled)`
    return ` ${type}:${Math.floor(rate / 10)}.${rate % 10}%`
  })
  return rates.join('')
}

/** Queues of ports, sorted: a line for each port that has a number, a line for each queue. */
export function formatQueues(queues: readonly QueueLike[], options: TextOptions): string {
  const lines: string[] = []
  let last = 0
  for (const { port, queue_id, properties } of [...queues].sort((a, b) => a.port - b.port || a.queue_id - b.queue_id)) {
    if (port !== last) lines.push(`port=${formatPort(port, options)}`)
    last = port
    lines.push(`queue ${queue_id}:${queueRates(properties)}`)
  }
  return lines.join('\n')
}

/** A queue of queue_get_config_reply, or of queue_desc. */
interface QueueLike {
  readonly port: number
  readonly queue_id: number
  readonly properties: readonly QueueProperty[]
}

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
  const duration =
    stats.duration_sec === 0xffffffff
      ? ''
      : `\n           duration=${formatDuration(stats.duration_sec, stats.duration_nsec)}`
  const port = formatPort(stats.port_no, options).padStart(2)
  return `\n  port ${port}: rx ${counters(rx)}\n           tx ${counters(tx)}${duration}${formatPortCounters(stats.properties)}`
}

export function formatQueueStats(stats: QueueStats, options: TextOptions): string {
  const { port_no, queue_id, tx_bytes, tx_packets, tx_errors, duration_sec, duration_nsec } = stats
  const duration = duration_sec === 0xffffffff ? '?' : formatDuration(duration_sec, duration_nsec)
  const queue = queue_id === 0xffffffff ? 'ALL' : queue_id
  return `\n  port ${formatPort(port_no, options)} queue ${queue}: bytes=${counter(tx_bytes)}, pkts=${counter(tx_packets)}, errors=${counter(tx_errors)}, duration=${duration}`
}
