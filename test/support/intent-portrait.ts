/** What an intent answers, for tests that compare two of them. */
import type { Intent } from '../../controller/policy/intent.ts'
import { IDENTITY } from '../../model/records.ts'

/** Everything an intent answers, as plain values. */
export function portrait(intent: Intent): unknown {
  const numbers = [...intent.identities.keys()].sort((one, other) => one - other)
  const sorted = (names: Iterable<string>) => [...names].sort()
  return {
    interfaces: Object.fromEntries(
      sorted(intent.interfaces.keys()).map((name) => [
        name,
        { identity: intent.identityOf(name), key: intent.keyOf(name) },
      ]),
    ),
    identities: numbers.map((number) => ({
      number,
      record: intent.identities.get(number),
      users: sorted(intent.usersOf(number)),
      tags: sorted(intent.tagsOf(number)),
      vnps: intent.vnpsOf(number),
    })),
    members: sorted(intent.vnps.keys()).map((vnp) => [
      vnp,
      [...intent.membersOf(vnp)].sort(),
      sorted(intent.policiesOf(vnp)),
    ]),
    byTag: [...intent.interfacesByTag.keys()].sort().map((tag) => [tag, sorted(intent.interfacesByTag.all(tag))]),
    byNap: [...intent.interfacesByNap.keys()].sort().map((nap) => [nap, sorted(intent.interfacesByNap.all(nap))]),
    relevant: [...intent.relevantTags.entries()].sort(),
    prefixes: [...intent.prefixes].sort(),
    switches: [...intent.switches.values()]
      .map(({ datapathId }) => [datapathId, intent.switchOf(datapathId)?.name])
      .sort(),
    holders: [...intent.interfaces.values()]
      .flatMap((record) => record.addresses.map((address) => [address, intent.byAddress(record.network, address)]))
      .sort(),
    networks: ['blue', 'default'].map((network) => [
      intent.number('network', network),
      sorted(intent.interfacesByNetwork.all(network)),
    ]),
    free: intent.pools.identity.free(IDENTITY.last, 0).next().value,
  }
}
