/**
 * Deliberate faults in the compiler and in the order of changes, each with the test that must notice it. `npm run
 * mutation` puts them one by one into a copy of the sources; docs/mutation.md is made from the rows.
 */
export interface Fault {
  name: string
  file: string
  /** Exact text that occurs once in the file. */
  find: string
  replace: string
  /** A mocha file, and a part of the names of the tests in it that must fail. */
  test: { file: string; grep: string }
}

const EDITS = { file: 'test/controller/compile-edits.test.ts', grep: 'compiled at once, fabric' }
const BLOCKS = { file: 'test/controller/compile-block.test.ts', grep: '' }
const DELIVERS = { file: 'test/controller/compile-network.test.ts', grep: 'deliver what policy permits' }
const UNKNOWN_PORTS = { file: 'test/controller/compile.test.ts', grep: 'whose port nobody knows' }
const LAYOUT = { file: 'test/controller/compile.test.ts', grep: 'keep to their table' }
const ORDER = { file: 'test/controller/flows-order.test.ts', grep: 'the order of operations' }
const DIFF = { file: 'test/controller/flows-order.test.ts', grep: 'flow differences' }
const CONJUNCTION = { file: 'test/controller/flows-prefixes.test.ts', grep: 'within one conjunction' }
const SHIFT = { file: 'test/controller/flows-shift.test.ts', grep: 'however they name' }
const HOPS = { file: 'test/controller/flows-hops.test.ts', grep: 'leaves alone' }
const ROWS = { file: 'test/controller/compile-rows.test.ts', grep: '' }

const at =
  (folder: string) =>
  (file: string, name: string, find: string, replace: string, test: Fault['test']): Fault => ({
    ...{ name, file: `${folder}/${file}`, find, replace, test },
  })
const policy = at('controller/policy')
const flows = at('controller/flows')

export const FAULTS: readonly Fault[] = [
  policy(
    'compile-rule.ts',
    'priorities of rules upside down',
    '      set.add(table, priority, [...match, ...when], outcome, its)',
    '      set.add(table, 69_999 - priority, [...match, ...when], outcome, its)',
    ROWS,
  ),
  policy(
    'compile-rule.ts',
    'source and destination swapped',
    "=== (direction === 'egress') ? 'reg0' : 'reg1'",
    "=== (direction === 'egress') ? 'reg1' : 'reg0'",
    DELIVERS,
  ),
  policy(
    'compile-rule.ts',
    'a range of ports that is one too long',
    'blocks(first, last))',
    'blocks(first, last + 1))',
    ROWS,
  ),
  policy(
    'compile-rule.ts',
    'pass treated as allow',
    "action === 'pass' && policy !== undefined ? afterTier(direction, tierOf(policy)) : AFTER[direction]",
    "action === 'pass' && policy === undefined ? afterTier(direction, 'tenant') : AFTER[direction]",
    DELIVERS,
  ),
  policy(
    'compile-rule.ts',
    'pass leads back to its own tier’s successor but one',
    'TIERS[TIERS.indexOf(tier) + 1]',
    'TIERS[TIERS.indexOf(tier) + 2]',
    ROWS,
  ),
  policy(
    'compile-rule.ts',
    'a rate limit without a meter lets everything pass',
    '(rule === undefined || !isLimited(rule) || meter !== undefined) && ',
    '',
    ROWS,
  ),
  policy(
    'compile-rule.ts',
    'a meter in kilobits without its burst',
    'flags: OFPMF_KBPS | OFPMF_BURST',
    'flags: OFPMF_KBPS',
    ROWS,
  ),
  policy(
    'compile-rule.ts',
    'both sides of a conjunction are its first clause',
    "side === 'subjects' ? 0 : 1)",
    "side === 'subjects' ? 0 : 0)",
    ROWS,
  ),
  policy(
    'compile-rule.ts',
    'a conjunction that does not wait for its ports',
    'layer4.length === 0 ? 2 : 3',
    'layer4.length === 0 ? 2 : 2',
    ROWS,
  ),
  policy(
    'compile-rule.ts',
    'a deny that lets unknown ports through',
    "action === 'deny' || action === 'reject' || action === 'pass' ? [exactly(UNKNOWN_PORT)] : []",
    "action === 'reject' || action === 'pass' ? [exactly(UNKNOWN_PORT)] : []",
    UNKNOWN_PORTS,
  ),
  policy(
    'compile-rule.ts',
    'a mask of ports that unknown ports match',
    '(0xffff_0000 | mask) >>> 0',
    'mask',
    UNKNOWN_PORTS,
  ),
  policy(
    'compile-rule.ts',
    'the code of ICMP is ignored',
    'code === undefined ? masked(type << 8, 0xff00)',
    'code !== -1 ? masked(type << 8, 0xff00)',
    ROWS,
  ),
  policy(
    'compile-rule.ts',
    'the log of a rule tells of all packets but the first',
    'value: isNew ? CT_NEW : 0',
    'value: isNew ? 0 : CT_NEW',
    ROWS,
  ),
  policy(
    'compile-policy.ts',
    'a clause of a conjunction stays when its identity leaves',
    'this.#take(key, undefined, change)',
    'change.flows.add(key)',
    EDITS,
  ),
  policy(
    'compile-policy.ts',
    'rows of a rule that is gone stay',
    'if (!wanted.has(unitOf(object))) this.#drop(unitOf(object), change)',
    'if (!wanted.has(unitOf(object))) change.flows.size',
    EDITS,
  ),
  policy(
    'compile-policy.ts',
    'a change of whom a policy applies to is overlooked',
    'sameValue(one.policy?.appliesTo, other.policy?.appliesTo)',
    'one.direction === other.direction',
    EDITS,
  ),
  policy(
    'compile-policy.ts',
    'a rule stays where it was when its priority changes',
    'one.priority === other.priority &&\n',
    '',
    EDITS,
  ),
  policy(
    'compile-policy.ts',
    'rules about the world do not learn of new prefixes',
    'for (const name of [...this.#unitsOfWorld]) this.#rebuild(name, intent, change)',
    'this.#unitsOfWorld.size',
    EDITS,
  ),
  policy(
    'compile-policy.ts',
    'the world is asked for its consent',
    "match('reg0'), { goto: AFTER.egress }",
    "match('reg1'), { goto: AFTER.egress }",
    DELIVERS,
  ),
  policy(
    'compile-policy.ts',
    'switches at the edge do not learn who joins a conjunction',
    'for (const scope of this.#scopesFor([identity])) scope.move(name, unit, identity, moves)',
    'moves.length',
    EDITS,
  ),
  policy(
    'compile-policy.ts',
    'switches at the edge do not learn of a rule’s new rows',
    'for (const scope of this.#scopesFor(identities)) scope.replace(name, before, unit)',
    'before.size',
    EDITS,
  ),
  policy(
    'compile-scope.ts',
    'an identity in two networks leaves the edge with the first',
    'if (count > 0) {\n      this.#occurrences.set(identity, count)\n      return\n    }',
    '',
    EDITS,
  ),
  policy(
    'compile-scope.ts',
    'a conjunction is taken from the edge while both its sides occur there',
    'counts.subjects > 0 && (counts.peers > 0 || facesWorld)',
    'counts.subjects > 0 && counts.peers > 1',
    ROWS,
  ),
  policy(
    'interest.ts',
    'a switch between two others is taken for a leaf',
    'const LINKS_OF_A_CARRIER = 2',
    'const LINKS_OF_A_CARRIER = 3',
    DELIVERS,
  ),
  policy(
    'interest.ts',
    'interest is one network short: that of the first interface',
    'if (local.get(network) === 1) {',
    'if (local.get(network) === 2) {',
    EDITS,
  ),
  policy(
    'interest.ts',
    'a switch stays concerned with networks that it lost',
    'if (local === undefined || local.has(network)) return',
    'if (local === undefined || !local.has(network)) return',
    EDITS,
  ),
  policy('occurrences.ts', 'what came and went is never settled', 'this.#touched = new Map()\n  }', '}', EDITS),
  policy(
    'compile.ts',
    'the port that an interface left stays a tenant’s',
    'for (const where of [before?.place, place])',
    'for (const where of [place])',
    EDITS,
  ),
  policy(
    'compile.ts',
    'other switches are not told that the world came',
    'if (hasWorld !== this.#worldExists) for (const name of this.#seen.keys()) work.interfaces.add(name)',
    '',
    EDITS,
  ),
  policy('compile.ts', 'next hops that changed are not compiled', 'work.forward.add(datapathId)', '', EDITS),
  policy(
    'compile.ts',
    'interfaces do not learn of their network’s new number',
    "if (space === 'network') for (const its of this.#byNetwork.all(name)) work.interfaces.add(its)",
    '',
    { file: 'test/controller/compile.test.ts', grep: 'change hands' },
  ),
  policy(
    'compile-units.ts',
    'who asks first holds a contested row',
    'first === undefined || flow.unit < first.unit',
    'first === undefined',
    ROWS,
  ),
  policy(
    'compile-units.ts',
    'a row that goes is not among the touched',
    'if (replace(flows, key, flow)) touched',
    'if (replace(flows, key, flow) && flow !== undefined) touched',
    EDITS,
  ),
  policy(
    'compile-units.ts',
    'what a switch began with stays when its interface is another',
    'this.#units.get(unit) ?? (network === undefined ? undefined : this.#inBlock(unit, network))',
    'this.#units.get(unit)',
    BLOCKS,
  ),
  policy(
    'compile-block.ts',
    'a switch that begins is not told that two ask for the same row',
    'if (!units.takeAllNew(this.#rows, from, to) || !isAlone) return undefined',
    'if (!units.takeAllNew(this.#rows, from, to) && isAlone) others.push()',
    BLOCKS,
  ),
  policy(
    'compile-switch.ts',
    'no miss row in the table that commits',
    'set.add(TABLES.commit, 0, [], { goto: TABLES.mirror_egress })',
    '',
    DELIVERS,
  ),
  policy(
    'compile-switch.ts',
    'ends of replies are not exchanged',
    '[CT_RPL, SWAP_ENDS, 210]',
    '[CT_RPL, [], 210]',
    DELIVERS,
  ),
  policy(
    'compile-switch.ts',
    'a bit of ct_state is missing: new connections are not known',
    'value: CT_TRK | bit, mask: TRACKED_BITS | bit',
    'value: CT_TRK, mask: TRACKED_BITS | bit',
    DELIVERS,
  ),
  policy(
    'compile-switch.ts',
    'transit goes to the wrong table',
    'set.add(TABLES.connection, 200, transit, { goto: TABLES.forward })',
    'set.add(TABLES.connection, 200, transit, { goto: TABLES.deliver })',
    DELIVERS,
  ),
  policy(
    'compile-switch.ts',
    'a row leads where its table may not',
    "set.add(TABLES.forward, 100, [{ field: 'reg6', value: 0 }], { goto: TABLES.deliver })",
    "set.add(TABLES.forward, 100, [{ field: 'reg6', value: 0 }], { goto: TABLES.flood })",
    LAYOUT,
  ),
  policy(
    'compile-switch.ts',
    'IPv6 is not sent on to its destination',
    'for (const type of [is.ipv4(), is.ipv6()]) {\n    set.add(TABLES.neighbour, 10',
    'for (const type of [is.ipv4()]) {\n    set.add(TABLES.neighbour, 10',
    DELIVERS,
  ),
  policy(
    'compile-switch.ts',
    'the identity of the world in the wrong register',
    "const actions = [load('reg1', identity), SET_OUTWARD, ...way]",
    "const actions = [load('reg0', identity), SET_OUTWARD, ...way]",
    DELIVERS,
  ),
  policy(
    'compile-switch.ts',
    'nested prefixes at one priority',
    'priority: 100 + prefix.length',
    'priority: 100',
    DELIVERS,
  ),
  policy(
    'compile-switch.ts',
    'tenants are left out of the way through the tiers',
    'set.add(admin, 0, [], { goto: tenant })',
    'set.add(admin, 0, [], { goto: baseline })',
    DELIVERS,
  ),
  policy(
    'compile-interface.ts',
    'port security without the MAC',
    "const own: Oxm[] = [atPort, { field: 'eth_src', value: record.mac }]",
    'const own: Oxm[] = [atPort]',
    ROWS,
  ),
  policy(
    'compile-interface.ts',
    'an uplink may speak for interfaces of other switches',
    '? [fromMac] : [fromMac, FROM_FABRIC]',
    '? [fromMac] : [fromMac]',
    ROWS,
  ),
  policy(
    'compile-neighbour.ts',
    'answers to ARP that are requests',
    "{ field: 'arp_op', value: 2 }",
    "{ field: 'arp_op', value: 1 }",
    { file: 'test/controller/compile-network.test.ts', grep: 'answer ARP requests' },
  ),
  policy(
    'compile-interface.ts',
    'the world may have the address of an interface',
    'set.add(TABLES.outside, 300, [domain, ...from(address)], {})',
    '',
    ROWS,
  ),
  policy(
    'order.ts',
    'tiers are consulted from the baseline up',
    'TIERS.indexOf(tierOf(one.policy)) - TIERS.indexOf(tierOf(other.policy))',
    'TIERS.indexOf(tierOf(other.policy)) - TIERS.indexOf(tierOf(one.policy))',
    { file: 'test/controller/policy-permits.test.ts', grep: '' },
  ),
  policy(
    'order.ts',
    'the most lenient rule wins',
    'STRICTNESS[other.rule.action] - STRICTNESS[one.rule.action]',
    'STRICTNESS[one.rule.action] - STRICTNESS[other.rule.action]',
    ROWS,
  ),
  policy(
    'pipeline.ts',
    'what egress permits is not judged by ingress',
    'egress: TABLES.ingress_admin, ingress: TABLES.commit }',
    'egress: TABLES.commit, ingress: TABLES.commit }',
    LAYOUT,
  ),
  flows(
    'diff.ts',
    'a flow that changes its cookie is modified',
    'const sameCookie = before.cookie === after.cookie',
    'const sameCookie = true',
    DIFF,
  ),
  flows(
    'spelling.ts',
    'a meter that changes its rate is taken for the same',
    'a.flags === b.flags && sameValue(a.bands, b.bands)',
    'a.flags === b.flags',
    DIFF,
  ),
  flows(
    'order.ts',
    'no guard',
    'if (orderIsEnough || (list.length < 2 && others.length === operations.length)) return list',
    'if (list.length > 0) return list',
    ORDER,
  ),
  flows(
    'order.ts',
    'flows are deleted before others are added',
    'flow: { add: 3, modify: 4, delete: 5 }',
    'flow: { add: 5, modify: 4, delete: 3 }',
    ORDER,
  ),
  flows(
    'order.ts',
    'one conjunction changes without the guard',
    'tables.size < 2 && !mixesConjunction(operations)',
    'tables.size < 2',
    CONJUNCTION,
  ),
  flows(
    'order.ts',
    'shallow tables are filled first',
    "operation.act === 'delete' ? at : TABLES * PRIORITIES - 1 - at",
    "operation.act === 'delete' ? TABLES * PRIORITIES - 1 - at : at",
    ORDER,
  ),
  flows(
    'order.ts',
    'what packets see is done with what they do not',
    "const isLate = act === 'delete' && misses(reach.after, operation.flow.table)",
    "const isLate = act === 'delete'",
    ORDER,
  ),
  flows(
    'names.ts',
    'the second half of connection tracking stays behind when rows are shifted',
    'const recirc_table = onward(action.recirc_table, names)',
    'const { recirc_table } = action',
    SHIFT,
  ),
  flows(
    'hops.ts',
    'layouts that have the same tables are changed at once',
    'refusals < MOST_REFUSALS ?',
    'refusals < 0 ?',
    HOPS,
  ),
  flows(
    'hops.ts',
    'rows are shifted to tables that are in use',
    'find((range) => !used.has(range)) ?? unmet',
    'at(0)',
    HOPS,
  ),
  flows(
    'hops.ts',
    'what somebody left half way is changed before the datapath has settled',
    'if (isJustLeft(installed, first))',
    'if (isJustLeft(installed, { ...first, operations: [] }))',
    HOPS,
  ),
]

/** How often a text occurs. */
export function occurrences(source: string, find: string): number {
  return source.split(find).length - 1
}
