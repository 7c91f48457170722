/**
 * Changes of the store as the API tells them: which records, by which fields, and what the controller changed for
 * itself. Also the net effect of many change sets. Used by services/history.ts and blame; it holds nothing.
 */
import { type AnyRecord, PREFIX, RECORD_KINDS, type RecordKind } from '../../model/records.ts'
import type { Generation } from '../../proto/gen/tagsteer/v1/Generation.ts'
import type { RecordDifference } from '../../proto/gen/tagsteer/v1/RecordDifference.ts'
import type { Change, ChangeSet, Entry, Key } from '../../store/contract.ts'
import { sameValue } from '../policy/changes.ts'
import { ownFields, recordMessage, timestamp } from './messages.ts'

/** Changes told of one generation in a list. */
const TOLD = 20

/** The kind of record that a key is of; undefined for what the controller keeps for itself. */
export function recordKindOf(key: Key): RecordKind | undefined {
  const kind = key.slice(0, key.indexOf('/'))
  return RECORD_KINDS.find((known) => known === kind)
}

export function nameOf(key: Key): string {
  return key.slice(key.indexOf('/') + 1)
}

/** What the controller keeps for itself, in words. */
export function internalText(key: Key): string {
  if (key.startsWith('hint/place/')) return `place of interface ${key.slice('hint/place/'.length)}`
  if (key === 'hint/links') return 'links'
  if (key.startsWith('hint/ipam/')) return `what is agreed on with external IPAM ${key.slice('hint/ipam/'.length)}`
  if (key === 'cut/done') return 'how far connections are cut'
  if (key.startsWith('cut/owed/')) return `connections that switch ${key.slice('cut/owed/'.length)} is to forget`
  if (key.startsWith(PREFIX.number)) return `number ${key.slice(PREFIX.number.length)}`
  if (key.startsWith(PREFIX.identity)) return `identity ${key.slice(PREFIX.identity.length)}`
  return key
}

/** Fields that differ, in the spelling of manifests; of rules each, where there are as many. */
export function changedFields(before: AnyRecord, after: AnyRecord): string[] {
  const [one, other] = [ownFields(before), ownFields(after)]
  return Object.keys({ ...one, ...other }).flatMap((field) => {
    const [left, right] = [one[field], other[field]]
    if (sameValue(left, right)) return []
    if (field !== 'rules' || !Array.isArray(left) || !Array.isArray(right) || left.length !== right.length)
      return [field]
    return left.flatMap((rule, index) => (sameValue(rule, right[index]) ? [] : [`rules[${index}]`]))
  })
}

/** Whether two states of a record say the same, whoever wrote them when. */
function saysTheSame(before: Entry | undefined, after: Entry | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  return changedFields(before.value as AnyRecord, after.value as AnyRecord).length === 0
}

/**
 * A record's change in a change set.
 *
 * @param whole With the records themselves.
 */
export function differenceMessage(
  { key, before, after }: Change,
  { revision, cause }: Pick<ChangeSet, 'revision' | 'cause'>,
  whole: boolean,
): RecordDifference {
  const [was, is] = [before?.value, after?.value] as [AnyRecord | undefined, AnyRecord | undefined]
  return {
    kind: recordKindOf(key) ?? '',
    name: nameOf(key),
    outcome: was === undefined ? 'OUTCOME_CREATED' : is === undefined ? 'OUTCOME_DELETED' : 'OUTCOME_UPDATED',
    fields: was === undefined || is === undefined ? [] : changedFields(was, is),
    ...(whole && was !== undefined ? { before: recordMessage(was, before!.modRevision) } : {}),
    ...(whole && is !== undefined ? { after: recordMessage(is, after!.modRevision) } : {}),
    generation: String(revision),
    caller: cause.caller,
  }
}

/** Which generation a change set made, when, and on whose call. */
export function madeBy({ revision, time, cause }: Pick<ChangeSet, 'revision' | 'time' | 'cause'>) {
  return {
    generation: String(revision),
    time: timestamp(time),
    caller: cause.caller,
    method: cause.method,
    requestId: cause.requestId ?? '',
  }
}

/** A change set as a generation. @param whole Every change, with the records; else the first few, by name. */
export function generationMessage(set: ChangeSet, whole: boolean): Generation {
  const { cause } = set
  const records = set.changes.filter(({ key }) => recordKindOf(key) !== undefined)
  const internal = set.changes.filter(({ key }) => recordKindOf(key) === undefined)
  return {
    ...madeBy(set),
    note: cause.note ?? '',
    changes: (whole ? records : records.slice(0, TOLD)).map((change) => differenceMessage(change, set, whole)),
    changeCount: records.length,
    internal: internal.slice(0, TOLD).map(({ key }) => internalText(key)),
    internalCount: internal.length,
  }
}

/** One record's net change over many change sets, and which of them touched it last. */
export interface NetChange {
  change: Change
  last: Pick<ChangeSet, 'revision' | 'cause'>
}

/** The net effect of change sets that are taken newest first. */
export class NetEffect {
  readonly #changes = new Map<Key, NetChange>()

  takeEarlier(set: ChangeSet): void {
    const { revision, cause } = set
    for (const { key, before, after } of set.changes) {
      if (recordKindOf(key) === undefined) continue
      const known = this.#changes.get(key)
      const newest = known === undefined ? after : known.change.after
      const change: Change = { key, ...(before && { before }), ...(newest && { after: newest }) }
      this.#changes.set(key, { change, last: known?.last ?? { revision, cause } })
    }
  }

  /** Records that differ, by key. */
  differences(): NetChange[] {
    return [...this.#changes.values()]
      .filter(({ change: { before, after } }) => !saysTheSame(before, after))
      .sort(({ change: one }, { change: other }) => (one.key < other.key ? -1 : 1))
  }
}

/** @param backwards The difference as seen from the later generation. */
export function netMessage({ change, last }: NetChange, backwards: boolean): RecordDifference {
  const { key, before, after } = change
  const seen: Change = backwards ? { key, ...(after && { before: after }), ...(before && { after: before }) } : change
  return differenceMessage(seen, last, true)
}
