/** Tags as slugs and back: a string tag that is a slug is one; others have none, and are not told. Pure. */
import { SLUG } from '../../ipam/external/netbox-csv.ts'
import { stringTag, type Tag } from '../../model/tag.ts'

export function slugsOf(tags: readonly Tag[]): string[] {
  return tags.flatMap((tag) => {
    const value: unknown = JSON.parse(tag)
    return typeof value === 'string' && SLUG.test(value) ? [value] : []
  })
}

export function tagsOf(slugs: readonly string[]): Tag[] {
  return slugs.flatMap((slug) => {
    const made = stringTag(slug)
    return made.ok ? [made.tag] : []
  })
}
