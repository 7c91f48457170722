/**
 * What a proof takes for given: a sentence for each thing that it has no model of. It refuses to prove.
 */
import type { Flow } from '../policy/program.ts'
import type { DatapathView, NetworkState } from '../policy/state.ts'

function measures({ tunnel, carriers, measures: can }: DatapathView): boolean {
  return can !== false && (tunnel !== undefined || carriers?.includes('mpls') === true)
}

/** @param flows Of all switches that were looked at. */
export function assumptionsOf({ intent, observed }: NetworkState, flows: Iterable<Flow>): string[] {
  const found = [
    'connection tracking says of each packet what it is (new, established, reply); the contents of marks are not looked into',
    'links lead where topology has seen them lead',
    'no packet looks like a probe that is under way: rows that watch for probes are left out',
  ]
  if ([...observed.datapaths.values()].some(({ tunnel }) => tunnel !== undefined))
    found.push('what comes through a tunnel from the address of a switch was sent by that switch')
  if ([...observed.datapaths.values()].some(measures))
    found.push('packets fit their way: those that are too large are refused, and their senders told')
  for (const { rules } of intent.policies.values()) {
    if (!rules.some(({ established }) => established === 'keep')) continue
    found.push('connections that a rule keeps go on whatever policy says now (established: keep)')
    break
  }
  for (const { instructions } of flows) {
    if (!instructions.some(({ type }) => type === 'meter')) continue
    found.push('meters let every packet pass: rates are not looked into')
    break
  }
  return found
}
