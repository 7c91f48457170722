/** What one change set has touched of an intent while it is taken in. It refuses to read the intent. Used by intent.ts. */
import type { Tag } from '../../model/tag.ts'
import { readKey } from './identity.ts'

/** What one change set has touched so far. */
export class Applying {
  readonly interfaces = new Set<string>()
  /** Mentioned tags and whether they were relevant before. */
  readonly mentioned = new Map<Tag, boolean>()
  readonly keys = new Set<string>()
  readonly cidrs = new Set<string>()

  identityKeyChanged(key: string): void {
    const meaning = readKey(key)
    if (meaning.kind === 'cidr') this.cidrs.add(meaning.cidr)
    else this.keys.add(key)
  }
}
