/**
 * The plan of carriers in pages: pairs of switches by datapath ids, found one after the other, so that a page costs its own
 * pairs and as many as were looked at in vain. It refuses to plan (policy/carrier-plan.ts).
 */
import { invalid, ok, type Result } from '../../model/errors.ts'
import type { CarrierPlan as CarrierMessage } from '../../proto/gen/tagsteer/v1/CarrierPlan.ts'
import type { ListCarriersRequest__Output } from '../../proto/gen/tagsteer/v1/ListCarriersRequest.ts'
import type { ListCarriersResponse } from '../../proto/gen/tagsteer/v1/ListCarriersResponse.ts'
import { type CarrierPlan, carrierPlan, identitiesInUse, type PlanFacts, Rooms } from '../policy/carrier-plan.ts'
import type { ApiDependencies } from './deps.ts'
import { nextToken, readPage } from './page.ts'
import { CARRIER_WORDS } from './probed.ts'

/** Pairs that one page looks at. */
const MAX_LOOKS = 20_000

export function listCarriers(
  { network, intent }: Pick<ApiDependencies, 'network' | 'intent'>,
  request: ListCarriersRequest__Output,
): Result<ListCarriersResponse> {
  const { observed } = network
  const query = JSON.stringify(['carriers', request.from, request.to])
  const page = readPage(request.pageSize, request.pageToken, query)
  if (!page.ok) return page
  const idsOf = (said: string, all: () => string[]): string[] | undefined => {
    if (said === '') return all().sort()
    const found = intent.switches.get(said)?.datapathId ?? said
    if (all().includes(found)) return [found]
    return all().filter((its) => network.nameOf(its) === said)
  }
  const present = (): string[] => [...observed.datapaths.keys()]
  const froms = idsOf(request.from, present) ?? []
  const tos = idsOf(request.to, () => [...new Set([...present(), ...(observed.absent?.keys() ?? [])])]) ?? []
  for (const [field, ids] of [
    ['from', froms],
    ['to', tos],
  ] as const)
    if (request[field] !== '' && ids.length === 0)
      return invalid([{ field, description: 'names no switch that is known' }])
  if (network.backend === 'normal') return ok({ carriers: [], nextPageToken: '' })
  const facts = factsOf(network, new Rooms(identitiesInUse(intent)))
  const nameOf = (datapathId: string): string => network.nameOf(datapathId)
  const carriers: CarrierMessage[] = []
  const [afterFrom = '', afterTo = ''] = page.value.after?.split('/') ?? []
  let looks = 0
  let last: string | undefined
  for (const from of froms) {
    if (from < afterFrom) continue
    for (const to of tos) {
      if (from === afterFrom && to <= afterTo) continue
      // There is one more pair, at least.
      if (carriers.length >= page.value.size || looks >= MAX_LOOKS)
        return ok({ carriers, nextPageToken: nextToken(query, last ?? '') })
      looks++
      last = `${from}/${to}`
      const plan = carrierPlan(facts, from, to)
      if (plan !== undefined) carriers.push(message(from, to, plan, nameOf))
    }
  }
  return ok({ carriers, nextPageToken: '' })
}

function factsOf({ observed, links }: ApiDependencies['network'], rooms: Rooms): PlanFacts {
  const others = new Map(links.map(({ from, to }) => [`${from.datapathId}/${from.port}`, to.datapathId]))
  return { observed, rooms, behind: ({ datapathId, port }) => others.get(`${datapathId}/${port}`) }
}

function message(from: string, to: string, plan: CarrierPlan, nameOf: (datapathId: string) => string): CarrierMessage {
  const { carrier, bits, carried, byAddress, octets, mtu, signalled, remote = '', way, reason } = plan
  return {
    ...{ fromDatapathId: from, from: nameOf(from), toDatapathId: to, to: nameOf(to) },
    carrier: CARRIER_WORDS[carrier],
    ...{ identityBits: bits, identitiesCarried: carried, identitiesByAddress: byAddress },
    ...{ octetsIpv4: octets.ipv4, octetsIpv6: octets.ipv6, mtu, signalled, tunnelAddress: remote, reason },
    way: way.map((its) => nameOf(its) || its),
  }
}
