/**
 * What a probe showed, as a message and in words. What it means is judged in controller/probing; this file finds names.
 */
import type { Carrier as CarrierMessage } from '../../proto/gen/tagsteer/v1/Carrier.ts'
import type { ProbeFault } from '../../proto/gen/tagsteer/v1/ProbeFault.ts'
import type { ProbeHop } from '../../proto/gen/tagsteer/v1/ProbeHop.ts'
import type { ProbeReport as ProbeMessage } from '../../proto/gen/tagsteer/v1/ProbeReport.ts'
import type { ProbeTag } from '../../proto/gen/tagsteer/v1/ProbeTag.ts'
import type { Propagation } from '../../proto/gen/tagsteer/v1/Propagation.ts'
import type { Carrier } from '../policy/carriers.ts'
import type { ProbeReport, Sample } from '../probing/probing.ts'
import { type PairState, standing } from '../probing/propagation.ts'
import type { Fault, FaultKind, Hop, Outcome } from '../probing/report.ts'
import type { Tag } from '../probing/sighting.ts'
import type { NetworkView } from './deps.ts'
import { decidedBy, deciding } from './explained.ts'
import { timestamp } from './messages.ts'

export const CARRIER_WORDS: Readonly<Record<Carrier, CarrierMessage>> = {
  address: 'CARRIER_ADDRESS',
  geneve: 'CARRIER_GENEVE',
  vxlan: 'CARRIER_VXLAN',
  mpls: 'CARRIER_MPLS',
  vlan: 'CARRIER_VLAN',
}

const OUTCOMES = {
  delivered: 'PROBE_OUTCOME_DELIVERED',
  dropped: 'PROBE_OUTCOME_DROPPED',
  lost: 'PROBE_OUTCOME_LOST',
} as const satisfies Record<Outcome, string>

const FAULTS = {
  'tag-lost': 'PROBE_FAULT_KIND_TAG_LOST',
  'tag-changed': 'PROBE_FAULT_KIND_TAG_CHANGED',
  'packet-lost': 'PROBE_FAULT_KIND_PACKET_LOST',
  refused: 'PROBE_FAULT_KIND_REFUSED',
  leaked: 'PROBE_FAULT_KIND_LEAKED',
} as const satisfies Record<FaultKind, string>

const STATES = {
  proven: 'PROPAGATION_STATE_PROVEN',
  unproven: 'PROPAGATION_STATE_UNPROVEN',
  faulty: 'PROPAGATION_STATE_FAULTY',
} as const satisfies Record<ReturnType<typeof standing>, string>

type Names = Pick<NetworkView, 'nameOf' | 'observed'>

export function probeMessage(names: Names, report: ProbeReport): ProbeMessage {
  const { expected, verdict, written, carried, read, fault, at, ms, hops, outcome } = report
  return {
    time: timestamp(report.time),
    generation: String(report.generation),
    ...{ from: report.from, to: report.to, network: report.network, packet: report.packet },
    healthy: fault === undefined,
    summary: summaryOf(names, report),
    outcome: OUTCOMES[outcome],
    permitted: expected.permitted,
    decidedBy: decidedBy(deciding(verdict)),
    senderIdentity: expected.sender.identity,
    receiverIdentity: expected.receiver.identity,
    carrier: CARRIER_WORDS[expected.carrier],
    ...(written && { written: tagMessage(written) }),
    ...(carried && { carried: tagMessage(carried) }),
    ...(read !== undefined && { read }),
    hops: hops.map((hop) => hopMessage(names, hop)),
    ...(fault && { fault: faultMessage(fault) }),
    lastDatapathId: at?.datapathId ?? '',
    side: at?.side ?? '',
    ...{ sent: report.sent, arrived: report.arrived, milliseconds: ms ?? 0, unsettled: report.unsettled },
    ...{ router: report.router ?? '', toNetwork: report.toNetwork ?? '' },
  }
}

/** @param since Milliseconds since the epoch: proved after that. */
export function propagationMessage(names: Names, pair: PairState, since: number): Propagation {
  const { last, proven } = pair
  const { expected, written, carried, read, fault, crossedMs } = last
  return {
    ...{ fromDatapathId: pair.from, toDatapathId: pair.to },
    ...{ fromSwitch: names.nameOf(pair.from), toSwitch: names.nameOf(pair.to) },
    state: STATES[standing(pair, since)],
    ...(proven && { provenTime: timestamp(proven.time) }),
    sampleTime: timestamp(last.time),
    ...{
      fromInterface: last.from,
      toInterface: last.to,
      packet: last.packet,
      carrier: CARRIER_WORDS[expected.carrier],
    },
    ...(written && { written: tagMessage(written) }),
    ...(carried && { carried: tagMessage(carried) }),
    ...(read !== undefined && { read }),
    ...{ path: [...expected.path], pathSwitches: expected.path.map((datapathId) => names.nameOf(datapathId)) },
    milliseconds: crossedMs ?? 0,
    ...(fault && { fault: faultMessage(fault) }),
    ...{ summary: summaryOf(names, last), generation: String(last.generation) },
  }
}

function faultMessage({ kind, from, to }: Fault): ProbeFault {
  return { kind: FAULTS[kind], fromDatapathId: from, toDatapathId: to }
}

function tagMessage({ carrier, value }: Tag): ProbeTag {
  return { carrier: CARRIER_WORDS[carrier], identity: value }
}

function hopMessage(names: Names, { datapathId, inPort = 0, outPort = 0, arrived, left, stages }: Hop): ProbeHop {
  const ports = names.observed.datapaths.get(datapathId)?.ports
  return {
    ...{ datapathId, switch: names.nameOf(datapathId), inPort, outPort, stages },
    ...{ inPortName: ports?.get(inPort)?.name ?? '', outPortName: ports?.get(outPort)?.name ?? '' },
    ...(arrived && { arrived: tagMessage(arrived) }),
    ...(left && { left: tagMessage(left) }),
  }
}

/** One sentence: what is wrong, else what became of it. */
function summaryOf(names: Names, report: Sample): string {
  const { expected, fault, outcome, at, read, carried, ms = 0 } = report
  const { carrier, sender } = expected
  const named = (datapathId: string): string => names.nameOf(datapathId) || datapathId
  if (fault === undefined) {
    const side = at?.side === 'ingress' ? 'the receiver may not receive it' : 'the sender may not send it'
    if (outcome === 'dropped') return `Policy drops it on switch ${named(at?.datapathId ?? '')}: ${side}.`
    if (outcome === 'lost') return 'It did not arrive, and policy does not permit it.'
    const how = carried === undefined ? 'known by address' : `carried by ${carrier}`
    return `It arrived after ${ms.toFixed(1)} ms; identity ${read} was read, ${how}.`
  }
  const where =
    fault.from === fault.to
      ? `on switch ${named(fault.from)}`
      : `between switches ${named(fault.from)} and ${named(fault.to)}`
  switch (fault.kind) {
    case 'tag-lost':
      return `Identity ${sender.identity}, carried by ${carrier}, is lost ${where}.`
    case 'tag-changed':
      return `Identity ${sender.identity}, carried by ${carrier}, becomes ${read ?? carried?.value ?? 'another'} ${where}.`
    case 'packet-lost':
      return `It is lost ${where}, and policy permits it.`
    case 'refused':
      return `Rows of policy drop it ${where}, and policy permits it.`
    case 'leaked':
      return `It arrived ${where}, and policy does not permit it.`
  }
}
