/** ProbeService: packets that show which identity is written and which is read, asked for and as they come. */
import { ok, type Result } from '../../../model/errors.ts'
import type { ProbeReport as ProbeMessage } from '../../../proto/gen/tagsteer/v1/ProbeReport.ts'
import type { ProbeRequest__Output } from '../../../proto/gen/tagsteer/v1/ProbeRequest.ts'
import type { WatchProbesRequest__Output } from '../../../proto/gen/tagsteer/v1/WatchProbesRequest.ts'
import { isIpv6, readPacket } from '../asked.ts'
import type { CallContext, Sink, Source } from '../call.ts'
import type { ApiDependencies } from '../deps.ts'
import { probeMessage } from '../probed.ts'
import type { ServiceMethods } from '../server.ts'

/** Reports that wait for a reader who does not take them; older ones are dropped. */
const WAITING = 1000

export function probeService(deps: ApiDependencies): ServiceMethods {
  const { probing, network } = deps

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
      if (faults && report.fault === undefined) return
      if (waiting.length >= WAITING) waiting.shift()
      waiting.push(probeMessage(network, report))
      sink.wake()
    })
    return ok({ next: () => waiting.shift(), stop })
  }

  return { Probe: { unary: probe }, Watch: { stream: watch } }
}
