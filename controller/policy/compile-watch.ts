/**
 * The rows by which a switch tells of the packet of a probe that it meets (controller/probing), while that is on its way.
 * What they watch they leave alone: at a stage on the way a row copies the packet to the controller, notes that it did so,
 * and has it go through the same table again, where it meets the rows that every packet meets. Two rows do more than that:
 * the probe leaves no connection behind, and it is not given to its receiver. It refuses to know where probes go and what
 * they show. Used by compile.ts.
 *
 *     classify ──▶ egress_admin ──▶ ingress_admin ──▶ commit ──▶ forward ──▶ deliver
 *     what came    who sent it,     the sender may    passed     what was    here it
 *     in           to whom                                       put in it   ends
 *
 * A packet is known by its ends, ports and marks. Below a label only its MAC addresses can be seen, and the traffic class
 * of the label, that of probes: other packets of that class between the same two are copied as well, and nothing else.
 * One that is routed comes to the gateway's MAC address and goes on to its receiver's, from its sender's or the gateway's.
 */
import { type Action, type Oxm, PORT_IN_PORT } from 'node-openflow'
import { GATEWAY_MAC } from '../../model/address.ts'
import { PROTOCOL } from '../../model/protocol.ts'
import { cookieOf, readCookie } from './cookie.ts'
import {
  ETHERTYPE,
  from,
  type KeptRows,
  kept,
  NO_ROWS,
  RowSet,
  type Rows,
  setFlag,
  to,
  toController,
  WHOLE_PACKET,
} from './fields.ts'
import { FLAG, TABLES, type TableName, WATCHED } from './pipeline.ts'
import type { Flow, SwitchProgram } from './program.ts'
import type { ObservedView, ProbeMatch } from './state.ts'

/** The prediction that probes carry, so that labels say what they are: the highest class, and nothing else. */
export const PROBE_PREDICTION = 0xe000
const PROBE_CLASS = PROBE_PREDICTION >>> 13

/** Above everything but the row that drops all (pipeline.ts). */
const PRIORITY = 0xfffe

/** Stages that a probe is watched at, in the order in which it meets them. */
export const WATCHED_STAGES = [
  'classify',
  'egress_admin',
  'ingress_admin',
  'commit',
  'forward',
  'deliver',
] as const satisfies readonly TableName[]
export type WatchedStage = (typeof WATCHED_STAGES)[number]

const COPY = toController(WHOLE_PACKET)

function watchUnit(number: number): string {
  return `watch/${number}`
}

/** The units of a switch that watch, with their rows. @param numbers Of probes; of one that is over there are none. */
export function* watches(
  { probes }: Pick<ObservedView, 'probes'>,
  datapathId: string,
  numbers: Iterable<number> = probes?.get(datapathId)?.keys() ?? [],
): IterableIterator<[unit: string, rows: KeptRows]> {
  const its = probes?.get(datapathId)
  for (const number of numbers) {
    const probe = its?.get(number)
    yield [watchUnit(number), probe === undefined ? NO_ROWS : kept(watchRows(probe))]
  }
}

/** The same for the same probe; the rows of two that differ in a mark are different ones. */
export function watchRows(probe: ProbeMatch): Rows {
  const set = new RowSet(watchUnit(probe.number), cookieOf('watch', probe.number))
  const mark = markOf(probe, onItsWay(probe))
  const seen = probe.labelled ? [mark, labelOf(probe)] : [mark]
  const entering = probe.routed ? [markOf(probe, toGateway(probe)), ...seen] : seen
  for (const match of entering) pass(set, 'classify', match, (again) => [COPY, ...again])
  for (const stage of ['egress_admin', 'ingress_admin'] as const) pass(set, stage, mark, (again) => [COPY, ...again])
  set.add(TABLES.commit, PRIORITY, mark, { actions: [COPY], goto: TABLES.mirror_egress })
  // What is copied here is what leaves: with all that the rows behind have written.
  // A row that measures goes its own way from there, and nothing of that would be seen; probes are small.
  for (const match of seen) pass(set, 'forward', match, (again) => [setFlag(FLAG.unmeasured), ...again, COPY])
  set.add(TABLES.deliver, PRIORITY, mark, { actions: [COPY] })
  return set.rows
}

/** What the rows do to a packet at a stage that it goes on from. */
function pass(
  set: RowSet,
  stage: Exclude<WatchedStage, 'commit' | 'deliver'>,
  match: readonly Oxm[],
  actions: (again: readonly Action[]) => Action[],
): void {
  const place = WATCHED_STAGES.indexOf(stage)
  const bit = 1n << BigInt(place)
  const again: Action[] = [
    { type: 'nx_reg_load', ofs_nbits: { ofs: place, n_bits: 1 }, dst: WATCHED, value: 1n },
    { type: 'nx_resubmit_table', in_port: PORT_IN_PORT & 0xffff, table: TABLES[stage] },
  ]
  const first: Oxm = { field: WATCHED, value: 0n, mask: bit }
  set.add(TABLES[stage], PRIORITY, [first, ...match], { actions: actions(again) })
}

/** Its MAC addresses where it is led to its receiver: that of a gateway takes the place of the sender's somewhere. */
function onItsWay({ ethSrc, ethDst, routed }: ProbeMatch): Oxm[] {
  const there: Oxm = { field: 'eth_dst', value: ethDst }
  return routed ? [there] : [{ field: 'eth_src', value: ethSrc }, there]
}

/** As its sender sends it where it is for another network. */
function toGateway({ ethSrc }: ProbeMatch): Oxm[] {
  return [
    { field: 'eth_src', value: ethSrc },
    { field: 'eth_dst', value: GATEWAY_MAC },
  ]
}

/** The packet where all of it can be seen. */
function markOf({ source, destination, dscp, flowLabel, ...its }: ProbeMatch, addresses: readonly Oxm[]): Oxm[] {
  return [
    ...addresses,
    ...from(source),
    ...to(destination).slice(1),
    ...layer4(its),
    { field: 'ip_dscp', value: dscp },
    ...(source.family === 6 ? [{ field: 'ipv6_flabel', value: flowLabel } satisfies Oxm] : []),
  ]
}

/** The packet below a label. */
function labelOf(probe: ProbeMatch): Oxm[] {
  return [...onItsWay(probe), { field: 'eth_type', value: ETHERTYPE.mpls }, { field: 'mpls_tc', value: PROBE_CLASS }]
}

function layer4({ protocol, first, second }: Pick<ProbeMatch, 'protocol' | 'first' | 'second'>): Oxm[] {
  const of: Oxm = { field: 'ip_proto', value: protocol }
  switch (protocol) {
    case PROTOCOL.tcp:
      return [of, { field: 'tcp_src', value: first }, { field: 'tcp_dst', value: second }]
    case PROTOCOL.udp:
      return [of, { field: 'udp_src', value: first }, { field: 'udp_dst', value: second }]
    case PROTOCOL.icmp:
      return [of, { field: 'icmpv4_type', value: first }, { field: 'icmpv4_code', value: second }]
    default:
      return [of, { field: 'icmpv6_type', value: first }, { field: 'icmpv6_code', value: second }]
  }
}

/**
 * The program as it is for every packet that is no probe: what is proved. The rows that watch concern one packet each, and
 * are gone in a moment.
 */
export function withoutWatches<Program extends Pick<SwitchProgram, 'flows'>>(program: Program): Program {
  const flows = new Map<string, Flow>()
  for (const [key, flow] of program.flows) if (readCookie(flow.cookie)?.kind !== 'watch') flows.set(key, flow)
  return flows.size === program.flows.size ? program : { ...program, flows }
}
