/**
 * What must hold of the content of any controller's store, at rest: every interface has an identity that is in use,
 * numbers mean one thing, references lead somewhere, nothing is kept for records that are gone. Written from the
 * definitions (model/records.ts), not from the code that writes: it knows no allocator.
 */
import { Intent } from '../../controller/policy/intent.ts'
import { SPACES } from '../../controller/policy/numbers.ts'
import { type AnyRecord, IDENTITY, type IdentityRecord, type InterfaceRecord, PREFIX } from '../../model/records.ts'
import { mentionedTags } from '../../model/selector.ts'
import type { Store } from '../../store/contract.ts'

/** Everything that is wrong; empty where all is well. */
export function inconsistencies(store: Store): string[] {
  const wrong: string[] = []
  const read = <T>(prefix: string): T[] => store.list<T>(prefix).map(({ value }) => value)
  const once = (what: string, values: Iterable<unknown>): void => {
    const seen = new Set<unknown>()
    for (const value of values) {
      if (seen.has(value)) wrong.push(`${what} ${String(value)} occurs twice`)
      seen.add(value)
    }
  }
  const interfaces = read<InterfaceRecord>(PREFIX.interface)
  const identities = read<IdentityRecord>(PREFIX.identity)

  const relevant = new Set<string>()
  for (const kind of ['vnp', 'policy'] as const) {
    for (const record of read<AnyRecord>(PREFIX[kind])) {
      if (record.kind === 'vnp') for (const tag of mentionedTags(record.selector)) relevant.add(tag)
      if (record.kind !== 'policy') continue
      for (const tag of mentionedTags(record.appliesTo)) relevant.add(tag)
      for (const { peer } of record.rules)
        if (peer.kind === 'tags') for (const tag of mentionedTags(peer.selector)) relevant.add(tag)
      if (store.get(PREFIX.vnp + record.vnp) === undefined)
        wrong.push(`policy ${record.name} is of no vnp ${record.vnp}`)
    }
  }
  const wanted = new Set(interfaces.map(({ tags }) => `tags:[${tags.filter((tag) => relevant.has(tag)).join(',')}]`))
  const inUse = new Set(identities.filter(({ releasedAt }) => releasedAt === undefined).map(({ key }) => key))
  for (const key of wanted) if (!inUse.has(key)) wrong.push(`no identity is in use for ${key}`)
  for (const key of inUse)
    if (key.startsWith('tags:') && !wanted.has(key)) wrong.push(`an identity is in use for ${key}, which nobody has`)
  once(
    'identity key',
    identities.map(({ key }) => key),
  )
  once(
    'identity number',
    identities.map(({ number }) => number),
  )
  for (const { number, key } of identities)
    if (number < IDENTITY.first || number > IDENTITY.last) wrong.push(`identity ${number} of ${key} is out of range`)

  once(
    'mac',
    interfaces.map(({ mac }) => mac),
  )
  once(
    'address',
    interfaces.flatMap(({ network, addresses }) => addresses.map((each) => `${network} ${each}`)),
  )
  const networks = new Set(interfaces.map(({ network }) => network))
  for (const space of ['network', 'zone', 'meter', 'switch', 'steer'] as const) {
    const prefix = `${PREFIX.number}${space}/`
    const rows = store.list<{ number: number; releasedAt?: number }>(prefix)
    once(
      `${space} number`,
      rows.map(({ value }) => value.number),
    )
    for (const { key, value } of rows) {
      if (value.number < SPACES[space].first || value.number > SPACES[space].last) wrong.push(`${key} is out of range`)
      if (space === 'network' && (value.releasedAt === undefined) !== networks.has(key.slice(prefix.length)))
        wrong.push(`${key} is ${value.releasedAt === undefined ? 'in use' : 'released'}, unlike its network`)
    }
    if (space === 'network')
      for (const name of networks)
        if (store.get(prefix + name) === undefined) wrong.push(`network ${name} has no number`)
  }
  for (const kind of ['interface', 'vnp', 'policy', 'switch', 'network'] as const) {
    const numbers = read<AnyRecord>(PREFIX[kind]).map(({ number }) => number)
    once(`${kind} record number`, numbers)
    const last = store.get<{ number: number }>(`${PREFIX.number}record/${kind}`)?.value.number ?? 0
    for (const number of numbers) if (number > last) wrong.push(`${kind} record number ${number} was never given`)
  }
  const intent = new Intent()
  const entries = Object.values(PREFIX).flatMap((prefix) => store.list(prefix))
  intent.apply({ revision: store.revision(), changes: entries.map((after) => ({ key: after.key, after })) })
  for (const { name } of interfaces)
    if (intent.identityOf(name) < IDENTITY.first) wrong.push(`interface ${name} is nobody in the data path`)
  return wrong
}
