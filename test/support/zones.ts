/** Zones in a PolicyStore: those in use, those that records need, and nothing seen beside the records. */
import type { NumberRecord } from '../../controller/policy/numbers.ts'
import type { Proposal } from '../../controller/policy/propose.ts'
import { type ZoneNeeds, zoneName } from '../../controller/policy/zones.ts'
import type { Result } from '../../model/errors.ts'
import type { PolicyStore } from './policy-store.ts'

/** Zones in use, by name. */
export function zonesOf({ entries }: PolicyStore): string[] {
  return [...entries]
    .filter(([key, { value }]) => key.startsWith('number/zone/') && (value as NumberRecord).releasedAt === undefined)
    .map(([key]) => key.slice('number/zone/'.length))
    .sort()
}

/** Zones of the switches that records name, by name. */
export function zonesNeeded({ intent }: PolicyStore): string[] {
  const names = [...intent.interfaces.values()].flatMap(({ attachment, network }) =>
    attachment.kind === 'port' ? [zoneName(attachment.datapathId, network)] : [],
  )
  return [...new Set(names)].sort()
}

export const NOTHING_SEEN: ZoneNeeds = {
  switchOf: () => undefined,
  networksOf: () => [],
  gateways: () => [],
  mayBeGateway: () => false,
}

/** Commits what is proposed. */
export function took(store: PolicyStore, result: Result<Proposal>): Proposal['transaction'] {
  if (!result.ok) throw new Error(result.failure.code)
  if (result.value.transaction !== undefined) store.commit(result.value.transaction)
  return result.value.transaction
}
