/**
 * What a change set changed in intent, for whoever derives something from it, and two such changes taken as one. It
 * refuses to find out; intent.ts does.
 */

/** What one change set changed, for whoever derives something from intent. */
export interface IntentDelta {
  generation: number
  /** Records written or deleted, and records whose identity, or whose network's router, is another now. */
  interfaces: Set<string>
  vnps: Set<string>
  policies: Set<string>
  switches: Set<string>
  /** Network records written or deleted. */
  networks: Set<string>
  /** Identity numbers that came into use, went out of use, or belong to other partitions now; prefixes included. */
  identities: Set<number>
  /** `<space>/<name>` of numbers given, changed or released. */
  numbers: Set<string>
  /** Another set of tags is policy-relevant now. */
  relevanceChanged: boolean
  /** The order or content of rules may be another: a VNP or policy was written or deleted. */
  rulesChanged: boolean
  /** Another set of prefixes is named by rules, or one has another identity. */
  prefixesChanged: boolean
}

/** A delta in which nothing changed. */
export function emptyDelta(generation: number): IntentDelta {
  return {
    generation,
    interfaces: new Set(),
    vnps: new Set(),
    policies: new Set(),
    switches: new Set(),
    networks: new Set(),
    identities: new Set(),
    numbers: new Set(),
    relevanceChanged: false,
    rulesChanged: false,
    prefixesChanged: false,
  }
}

/** Takes a later delta into one that nobody has looked at yet. */
export function mergeDelta(into: IntentDelta, more: IntentDelta): void {
  into.generation = more.generation
  for (const name of more.interfaces) into.interfaces.add(name)
  for (const name of more.vnps) into.vnps.add(name)
  for (const name of more.policies) into.policies.add(name)
  for (const name of more.switches) into.switches.add(name)
  for (const name of more.networks) into.networks.add(name)
  for (const number of more.identities) into.identities.add(number)
  for (const name of more.numbers) into.numbers.add(name)
  into.relevanceChanged ||= more.relevanceChanged
  into.rulesChanged ||= more.rulesChanged
  into.prefixesChanged ||= more.prefixesChanged
}
