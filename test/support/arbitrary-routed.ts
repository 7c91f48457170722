/**
 * Random networks with routers: interfaces of four networks, of which each has one of two routers or none; subnets of
 * networks with different routers have the same addresses. Used by tests of the compiler and of its increments.
 */
import fc from 'fast-check'
import type { Backend } from '../../controller/policy/state.ts'
import type { InterfaceRecord, NetworkDhcp, NetworkRecord } from '../../model/records.ts'
import {
  type ArbitraryNetwork,
  type ArbitraryRecords,
  arbitraryPacket,
  arbitraryRecords,
  intentOf,
  networkOf,
} from './arbitrary-state.ts'
import { network } from './records.ts'

const NAMES = ['front', 'back', 'side', 'flat']
const ROUTERS = ['shop', 'shop', 'shop', 'lab', undefined]

/** Guests of one network are answered. */
const DHCP: NetworkDhcp = { leaseSeconds: 60, dns: [], searchDomains: [], routes: [], relays: [] }

/** As arbitraryRecords, with records of networks, most of them with a router. */
export const arbitraryRoutedRecords: fc.Arbitrary<ArbitraryRecords> = arbitraryRecords.chain((given) =>
  fc
    .tuple(
      fc.array(fc.constantFrom(...ROUTERS), { minLength: NAMES.length, maxLength: NAMES.length }),
      fc.array(fc.nat(NAMES.length - 1), { minLength: 6, maxLength: 6 }),
    )
    .map(([routers, homes]) => {
      // Networks of one router count their subnets from the same start as those of the other.
      const slots = routers.map((router, at) => routers.slice(0, at).filter((other) => other === router).length)
      let next = 0
      const placed = given.records.map((record) => {
        if (record.kind !== 'interface') return record
        const home = homes[next++ % homes.length]!
        return moved(record, NAMES[home]!, routers[home], slots[home]!, next)
      })
      const networks = NAMES.flatMap((name, at): NetworkRecord[] => {
        const record = network(name, routers[at], `10.0.${slots[at]}.0/24`, `fd00:0:0:${slots[at]}::/64`)
        // Without a router there may be a record or none.
        const answers = at === 1 ? { dhcp: DHCP } : {}
        return routers[at] === undefined && at % 2 === 0 ? [] : [{ ...record, ...answers, number: at + 1 }]
      })
      return { ...given, records: [...placed, ...networks] }
    }),
)

/** The same host number in every network of its own, so that only routers tell addresses apart. */
function moved(record: InterfaceRecord, name: string, router: string | undefined, slot: number, index: number) {
  const host = 10 + (router === 'shop' ? index : index % 3)
  const other = router === undefined ? 100 + index : host
  return { ...record, network: name, addresses: [`10.0.${slot}.${other}`, `fd00:0:0:${slot}::${other}`] }
}

/** A whole network and packets to ask about. */
export function arbitraryRouted(packetCount = 8, backend: Backend = 'fabric'): fc.Arbitrary<ArbitraryNetwork> {
  return arbitraryRoutedRecords.filter(hasDistinctAddresses).chain((records) => {
    const names = records.records.flatMap(({ kind, name }) => (kind === 'interface' ? [name] : []))
    return fc.array(arbitraryPacket(names), { minLength: 1, maxLength: packetCount }).map((packets) => {
      const intent = intentOf(records)
      return { state: networkOf(intent, records.datapathIds, backend), intent, packets }
    })
  })
}

function hasDistinctAddresses({ records }: ArbitraryRecords): boolean {
  const held = records.flatMap((its) => (its.kind === 'interface' ? [`${its.network} ${its.addresses[0]}`] : []))
  return new Set(held).size === held.length
}
