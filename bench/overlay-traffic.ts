/**
 * What packets of VMs between hypervisors meet, way by way in short turns (overlay-ways.ts): throughput of one TCP
 * connection, packets a second of small datagrams, and how long a request and its answer take: the first after the
 * datapath has forgotten its flows, the first of another connection, and later ones. Used by overlay.ts.
 */
import { askEcho, IPERF_PORT, type Way, Ways } from './overlay-ways.ts'
import { figure, median, printTable, quantile } from './report.ts'

const SMALL = 64
const PER_CONNECTION = 20

export interface TrafficSize {
  /** Turns of throughput, and seconds of each; turns of requests. */
  turns: number
  seconds: number
  requests: number
}

/** What came of one way. */
class Samples {
  /** Mbit/s; packets a second that arrived; share of them that did not. */
  readonly tcp: number[] = []
  readonly udp: number[] = []
  readonly lost: number[] = []
  /** Microseconds. */
  readonly cold: number[] = []
  readonly fresh: number[] = []
  readonly later: number[] = []
}

interface Iperf {
  error?: string
  end: {
    sum_received?: { bits_per_second: number }
    sum?: { packets: number; lost_packets: number; seconds: number }
  }
}

async function iperf({ cloud, from, address }: Way, seconds: number, ...words: string[]): Promise<Iperf['end']> {
  const command = ['iperf3', '-J', '-c', address, '-p', String(IPERF_PORT), '-t', String(seconds), ...words]
  const { stdout, stderr } = await cloud.run(from, command, seconds + 30)
  const said = JSON.parse(stdout || '{"error": "it said nothing"}') as Iperf
  if (said.error !== undefined) throw new Error(`iperf3 from ${from} to ${address}: ${said.error} ${stderr}`)
  return said.end
}

/** Datapaths forget their flows, as when nothing was sent for a while. */
async function forget({ cloud, hypervisors }: Way): Promise<void> {
  for (const hypervisor of hypervisors) await cloud.appctl(hypervisor, 'revalidator/purge')
}

async function measure(ways: readonly Way[], { turns, seconds, requests }: TrafficSize): Promise<Map<Way, Samples>> {
  const samples = new Map(ways.map((way) => [way, new Samples()]))
  for (let turn = 0; turn < turns; turn++) {
    for (const [way, its] of samples) {
      await way.use()
      await askEcho(way, 1)
      its.tcp.push((await iperf(way, seconds)).sum_received!.bits_per_second / 1e6)
      const {
        packets,
        lost_packets: lost,
        seconds: took,
      } = (await iperf(way, seconds, '-u', '-b', '0', '-l', String(SMALL))).sum!
      its.udp.push((packets - lost) / took)
      its.lost.push(lost / packets)
    }
  }
  for (let turn = 0; turn < requests; turn++) {
    for (const [way, its] of samples) {
      await way.use()
      // Who has which MAC address is known to the hosts.
      await askEcho(way, 1)
      await forget(way)
      its.cold.push((await askEcho(way, 1))[0]!)
      const [fresh, ...later] = await askEcho(way, PER_CONNECTION)
      its.fresh.push(fresh!)
      its.later.push(...later)
    }
  }
  return samples
}

/** Measures and prints. @param command What reproduces it. */
export async function measureTraffic(size: TrafficSize, command: string): Promise<void> {
  const ways = await Ways.start()
  let samples: Map<Way, Samples>
  try {
    samples = await measure(ways.all, size)
  } finally {
    await ways.stop()
  }
  const [limit, plain] = [...samples.values()] as [Samples, Samples]
  const times = (one: number[], other: number[]): string => `${figure(median(one) / median(other))} x`
  printTable(
    `between VMs of two hypervisors: one TCP connection, and datagrams of ${SMALL} octets as fast as they go; medians of
${size.turns} turns of ${size.seconds} s; the limit is the same bridges without a tunnel`,
    command,
    ['', 'TCP Mbit/s', '/ limit', '/ no option', 'UDP packets/s', '/ limit', '/ no option', 'lost'],
    [...samples].map(([{ name }, its]) => [
      ...[name, figure(median(its.tcp)), times(its.tcp, limit.tcp), times(its.tcp, plain.tcp)],
      ...[figure(median(its.udp)), times(its.udp, limit.udp), times(its.udp, plain.udp)],
      `${figure(100 * median(its.lost))} %`,
    ]),
  )
  printTable(
    `a request and its answer, microseconds, ${size.requests} turns: the first after datapaths forgot their flows, the first
of another connection, and ${PER_CONNECTION - 1} later ones each`,
    command,
    ['', 'first p50', 'p99', '/ limit', '/ no option', 'another p50', 'p99', 'later p50', 'p99', '/ limit'],
    [...samples].map(([{ name }, its]) => [
      ...[name, figure(median(its.cold)), figure(quantile(its.cold, 0.99))],
      ...[times(its.cold, limit.cold), times(its.cold, plain.cold)],
      ...[figure(median(its.fresh)), figure(quantile(its.fresh, 0.99))],
      ...[figure(median(its.later)), figure(quantile(its.later, 0.99)), times(its.later, limit.later)],
    ]),
  )
}
