/**
 * Regions that are taken apart before they are looked up: where a table asks for more than they say, and not for who may
 * talk to whom (split.ts). It refuses to know what becomes of the parts.
 */
import { GATEWAY_MAC } from '../../model/address.ts'
import type { Facts } from './facts.ts'
import { isPlace, layer4Of, placesOf } from './families.ts'
import type { Judge } from './judge.ts'
import { copyOf, type Ghost, isTaken, type Region } from './region.ts'
import { DESTINATION, ETH_DST, SOURCE } from './settle.ts'
import { meets, type Other, type Test } from './space.ts'
import type { TableIndex } from './table.ts'
import { isMust } from './walking.ts'

/** The parts; undefined: the table asks for no more than is known. */
export function apart(region: Region, table: TableIndex, judge: Judge, facts: Facts): Region[] | undefined {
  const ways = gatewayApart(region, table, facts)
  if (ways !== undefined) return ways

  if (region.ghost.phase === 'aimed') {
    const parts = layer4Of(judge, region, table)
    if (parts !== undefined) return parts.filter((part) => !isTaken(part))
  }
  const macs = region.vals[ETH_DST]
  if (isMust(region) && typeof macs === 'object' && macs.kind === 'set' && table.tested.has(ETH_DST)) {
    return [...macs.set].map((mac) => {
      const part = copyOf(region)
      part.vals[ETH_DST] = mac
      return part
    })
  }
  const members = region.ghost.ends ? membersOf(region, table) : undefined
  if (members !== undefined) return members
  if (region.ghost.places.size === 0) return undefined
  const place = table.registers.find((its) => isPlace(region.vals[its]))
  return place === undefined ? undefined : placesOf(region, place)
}

const NOT_GATEWAY: Other = { kind: 'other', than: 'gateway', excludes: (mac) => mac === GATEWAY_MAC }

/** What an interface sends to its gateway, where a table asks for that, and what it sends to others. */
function gatewayApart(region: Region, table: TableIndex, { domains }: Facts): Region[] | undefined {
  const { ghost, vals } = region
  if (ghost.phase !== 'sent' || ghost.entry !== 'tenant' || vals[ETH_DST] !== undefined) return undefined
  if (ghost.neighbour || !domains.isRouted(ghost.network) || !table.tested.has(ETH_DST)) return undefined
  // Where no row asks for the gateway, what is for it is lost, or taken for what is not.
  const its = copyOf(region)
  its.vals[ETH_DST] = GATEWAY_MAC
  const other = copyOf(region)
  other.vals[ETH_DST] = NOT_GATEWAY
  return [its, other]
}

/** Those whose numbers rows treat alike: what leaves for another switch is told by how many bits a number has. */
function membersOf(region: Region, table: TableIndex): Region[] | undefined {
  for (const its of [SOURCE, DESTINATION]) {
    const val = region.vals[its]
    if (typeof val !== 'object' || val.kind !== 'ref' || !table.tested.has(its)) continue
    if (val.of !== 'sender' && val.of !== 'receiver') continue
    const tests = table.asked(its)
    const family = val.of === 'sender' ? region.ghost.senders : region.ghost.receivers
    const groups = new Map<string, Map<number, string | undefined>>()
    for (const [identity, name] of family) {
      const text = tests.map((test) => (passes(identity, test) ? '1' : '0')).join('')
      groups.set(text, (groups.get(text) ?? new Map<number, string | undefined>()).set(identity, name))
    }
    if (groups.size < 2) continue
    return [...groups.values()].map((only) => {
      const part = copyOf(region)
      const ends: Partial<Ghost> = val.of === 'sender' ? { senders: only } : { receivers: only }
      part.ghost = { ...part.ghost, ...ends }
      return part
    })
  }
  return undefined
}

const NOBODY = { has: () => false, any: () => false, every: () => false }

function passes(identity: number, test: Test): boolean {
  return meets(identity, test, NOBODY)
}
