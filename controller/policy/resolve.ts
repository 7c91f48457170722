/**
 * Rules in terms of identities: who is subject and peer of a rule as numbers, and in which order rules decide for one
 * identity. This is what the compiler writes into tables. It uses the intent's indices, where permits.ts scans; a
 * property test holds the two to the same answers. It refuses to know about tables and priorities of flows.
 */
import { IDENTITY } from '../../model/records.ts'
import { matches } from '../../model/selector.ts'
import { prefixesIn } from './identity.ts'
import type { OrderedRule } from './order.ts'
import type { IntentView } from './state.ts'

/** Identity numbers of the members a rule is about, ascending. */
export function subjectsOf(intent: IntentView, { policy }: Pick<OrderedRule, 'policy'>): number[] {
  const subjects: number[] = []
  for (const identity of intent.membersOf(policy.vnp)) {
    if (matches(policy.appliesTo, intent.tagsOf(identity))) subjects.push(identity)
  }
  return ascending(subjects)
}

/** Identity numbers at the other end of a rule, world identities included, ascending. */
export function peersOf(
  intent: IntentView,
  { rule: { peer }, policy }: Pick<OrderedRule, 'rule' | 'policy'>,
): number[] {
  switch (peer.kind) {
    case 'any':
      return ascending([...intent.membersOf(policy.vnp), ...worldIdentities(intent)])
    case 'vnp':
      return ascending([...intent.membersOf(peer.vnp)])
    case 'cidr':
      return ascending(prefixesIn(peer.cidr, intent.prefixes))
    case 'tags': {
      const peers: number[] = []
      for (const identity of intent.membersOf(policy.vnp)) {
        if (matches(peer.selector, intent.tagsOf(identity))) peers.push(identity)
      }
      return ascending(peers)
    }
  }
}

/** IDENTITY.world and every prefix that a rule names. */
export function worldIdentities(intent: IntentView): number[] {
  return [IDENTITY.world, ...intent.prefixes.values()]
}

/** Whether an identity is one of the world's. */
export function isWorldIdentity(intent: IntentView, identity: number): boolean {
  if (identity === IDENTITY.world) return true
  for (const number of intent.prefixes.values()) if (number === identity) return true
  return false
}

function ascending(numbers: number[]): number[] {
  return numbers.sort((one, other) => one - other)
}
