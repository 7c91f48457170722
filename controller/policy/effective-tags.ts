/**
 * Which tags an interface has for policy, and where each comes from. Policies select by these *effective* tags and by
 * nothing else: intent, permits, explain, plan and lint all ask here, so that none can disagree. Pure: a function of the
 * interface record and of the records that it names. It refuses to know policies. docs/addresses.md tells the same to people.
 *
 *     own tags of the record  >  tags of the pools that its leased addresses come from
 *
 * A tag that is inherited does not count where the record's overrides name it, or where a tag of a higher rank has the same
 * key (model/tag.ts). Tags of one rank all count.
 */
import type { InterfaceRecord, Nap } from '../../model/records.ts'
import { isStageTag } from '../../model/stage.ts'
import { type Tag, tagKey, tagSet } from '../../model/tag.ts'

/** Records that interfaces inherit tags from. */
export interface TagSources {
  readonly naps: { get(name: string): Nap | undefined }
}

/** What effective tags depend on of an interface record. */
export type TagBearer = Pick<InterfaceRecord, 'tags' | 'naps' | 'overrides'>

/** A stage's tag stands in the record, and is written by who moves the stage. */
export type TagOrigin = { kind: 'record' | 'stage' } | { kind: 'nap'; name: string }

/** A tag that an interface has, or would have, and who says so. */
export interface SourcedTag {
  tag: Tag
  origin: TagOrigin
  /** Why it does not count; absent where it does. */
  lost?: 'overrides' | 'key'
}

interface Source {
  origin: TagOrigin
  tags: readonly Tag[]
}

/** What is inherited, in falling rank; sources of one rank are equals. */
function inherited({ naps }: TagSources, record: TagBearer): Source[][] {
  const pools = (record.naps ?? []).flatMap((name): Source[] => {
    const nap = naps.get(name)
    return nap === undefined || nap.tags.length === 0 ? [] : [{ origin: { kind: 'nap', name }, tags: nap.tags }]
  })
  return pools.length === 0 ? [] : [pools]
}

/** The tags that policies select by, each once; those of the record itself where nothing is inherited. */
export function effectiveTags(sources: TagSources, record: TagBearer): readonly Tag[] {
  const ranks = inherited(sources, record)
  if (ranks.length === 0) return record.tags
  const counting = weigh(ranks, record).flatMap(({ tag, lost }) => (lost === undefined ? [tag] : []))
  return tagSet(counting)
}

/** Every tag with its origin, own ones first; those that do not count as well. A tag that several say is there once for each. */
export function sourcedTags(sources: TagSources, record: TagBearer): SourcedTag[] {
  return weigh(inherited(sources, record), record)
}

function weigh(ranks: readonly Source[][], { tags, overrides }: TagBearer): SourcedTag[] {
  const found: SourcedTag[] = tags.map((tag) => ({ tag, origin: { kind: isStageTag(tag) ? 'stage' : 'record' } }))
  const without = new Set(overrides?.without)
  for (const rank of ranks) {
    const counting = found.filter(({ lost }) => lost === undefined).map(({ tag }) => tag)
    const known = new Set(counting)
    const keys = new Set(counting.flatMap((tag) => tagKey(tag) ?? []))
    for (const { origin, tags: its } of rank) {
      for (const tag of its) {
        const key = tagKey(tag)
        if (without.has(tag) || (key !== undefined && without.has(JSON.stringify(key) as Tag)))
          found.push({ tag, origin, lost: 'overrides' })
        else if (key !== undefined && keys.has(key) && !known.has(tag)) found.push({ tag, origin, lost: 'key' })
        else found.push({ tag, origin })
      }
    }
  }
  return found
}

/** Whether two records of a pool give those that inherit from it the same tags. */
export function sameTags(one: Pick<Nap, 'tags'> | undefined, other: Pick<Nap, 'tags'> | undefined): boolean {
  const [mine, theirs] = [one?.tags ?? [], other?.tags ?? []]
  return mine === theirs || (mine.length === theirs.length && mine.every((tag, index) => tag === theirs[index]))
}
