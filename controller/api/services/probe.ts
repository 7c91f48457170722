/** ProbeService: packets that show which identity is written and which is read, asked for and as they come. */
import { ok, type Result } from '../../../model/errors.ts'
import type { ListPropagationRequest__Output } from '../../../proto/gen/tagsteer/v1/ListPropagationRequest.ts'
import type { ListPropagationResponse } from '../../../proto/gen/tagsteer/v1/ListPropagationResponse.ts'
import type { ProbeReport as ProbeMessage } from '../../../proto/gen/tagsteer/v1/ProbeReport.ts'
import type { ProbeRequest__Output } from '../../../proto/gen/tagsteer/v1/ProbeRequest.ts'
import type { WatchProbesRequest__Output } from '../../../proto/gen/tagsteer/v1/WatchProbesRequest.ts'
import { type PairState, standing } from '../../probing/propagation.ts'
import { isIpv6, readPacket } from '../asked.ts'
import type { CallContext, Sink, Source } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { readPage, takePage } from '../page.ts'
import { probeMessage, propagationMessage } from '../probed.ts'
import type { ServiceMethods } from '../server.ts'

/** Reports that wait for a reader who does not take them; older ones are dropped. */
const WAITING = 1000

const nameOf = ({ from, to }: PairState): string => `${from} ${to}`

export function probeService(deps: ApiDependencies): ServiceMethods {
  const { probing, sampler, network } = deps

  async function probe(
    { from, to, packet }: ProbeRequest__Output,
    { caller, signal }: CallContext,
  ): Promise<Result<ProbeMessage>> {
    const asked = readPacket(packet === '' ? 'icmp' : packet, isIpv6(deps, from, to))
    if (!asked.ok) return asked
    const report = await probing.probe({ from, to, ...asked.value }, { caller: caller.name, signal })
    return report.ok ? ok(probeMessage(network, report.value)) : report
  }

  function watch({ faults }: WatchProbesRequest__Output, sink: Sink): Result<Source<ProbeMessage>> {
    const waiting: ProbeMessage[] = []
    const stop = probing.follow((report) => {
      if (faults && (report.fault === undefined || report.unsettled)) return
      if (waiting.length >= WAITING) waiting.shift()
      waiting.push(probeMessage(network, report))
      sink.wake()
    })
    return ok({ next: () => waiting.shift(), stop })
  }

  function list(request: ListPropagationRequest__Output): Result<ListPropagationResponse> {
    const { from, to, unproven, pageSize, pageToken } = request
    const query = JSON.stringify([from, to, unproven])
    const page = readPage(pageSize, pageToken, query)
    if (!page.ok) return page
    const since = sampler.provenSince
    const is = (asked: string, datapathId: string): boolean =>
      asked === '' || asked === datapathId || asked === network.nameOf(datapathId)
    const asked = [...sampler.pairs].filter(
      (pair) => is(from, pair.from) && is(to, pair.to) && !(unproven && standing(pair, since) === 'proven'),
    )
    asked.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
    const { items, nextPageToken } = takePage(asked, nameOf, page.value, query)
    const { proven, faulty, unproven: notProven } = sampler.counts
    const { perMinute, switches, pairs, plannedMs, lastMs = 0 } = sampler.rounds
    return ok({
      pairs: items.map((pair) => propagationMessage(network, pair, since)),
      ...{ nextPageToken, proven, faulty, notProven, samplesPerMinute: perMinute, switches, switchPairs: pairs },
      ...{ roundSeconds: plannedMs / 1000, lastRoundSeconds: lastMs / 1000 },
    })
  }

  return { ListPropagation: { unary: list }, Probe: { unary: probe }, Watch: { stream: watch } }
}
