/**
 * The tag by which policy knows the stage of an interface, and what stages may say. The tag stands among the record's tags,
 * so that every reader of tags sees it; nobody writes it but who moves the stage. An interface without one is provisioned.
 * It knows nothing of moves (ipam/lifecycle.ts) and of rules (controller/policy/stages.ts).
 */
import { type Selector, STAGES, type Stage } from './records.ts'
import { stringTag, type Tag, tagSet } from './tag.ts'

/** Where silence leads to. */
export const SILENT_MOVES: Readonly<Partial<Record<Stage, readonly Stage[]>>> = {
  provisioned: ['idle', 'standby', 'revocable'],
  active: ['idle'],
  idle: ['standby', 'revocable'],
  standby: ['revocable'],
}

const TAGGED = STAGES.filter((stage) => stage !== 'provisioned')
const TAGS = new Map<Stage, Tag>(TAGGED.map((stage) => [stage, tagOf(`stage:${stage}`)]))
const STAGE_TAGS: ReadonlySet<Tag> = new Set(TAGS.values())

function tagOf(text: string): Tag {
  const result = stringTag(text)
  if (!result.ok) throw new Error(result.reason)
  return result.tag
}

/** `stage:idle`; none for provisioned. */
export function stageTag(stage: Stage): Tag | undefined {
  return TAGS.get(stage)
}

export function isStageTag(tag: Tag): boolean {
  return STAGE_TAGS.has(tag)
}

/** The tags that somebody wrote. */
export function writtenTags(tags: readonly Tag[]): Tag[] {
  return tags.filter((tag) => !STAGE_TAGS.has(tag))
}

/** The tags that somebody wrote, with that of the stage. */
export function stagedTags(tags: readonly Tag[], stage: Stage | undefined): Tag[] {
  const its = stage === undefined ? undefined : TAGS.get(stage)
  const written = writtenTags(tags)
  return its === undefined ? written : tagSet([...written, its])
}

/** What matches the interfaces of a stage. */
export function stageSelector(stage: Stage): Selector {
  const tag = TAGS.get(stage)
  return { allOf: tag === undefined ? [] : [tag], anyOf: [], noneOf: tag === undefined ? [...STAGE_TAGS].sort() : [] }
}
