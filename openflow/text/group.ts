/** Groups in text, as dump-groups prints them and add-group reads them: type, buckets, what chooses a bucket. */

import type { Bucket } from '../spec/groups.ts'
import { formatActions } from './actions.ts'
import { formatPort, type TextOptions } from './names.ts'

const ANY = 0xffffffff

/** A group_mod, a description of a group, or what parseGroup gives. */
export interface GroupLike {
  readonly group_id: number
  readonly group_type: string | number
  readonly buckets: readonly Bucket[]
}

/** `,bucket=weight:10,actions=output:1` for each; a weight of 1 is not told, nor one where buckets have none. */
export function formatBuckets(buckets: readonly Bucket[], type: string | number, options: TextOptions): string {
  return buckets
    .map(({ weight, watch_port, watch_group, actions }) => {
      const parts: string[] = []
      if (type === 'select' ? weight !== 1 : weight !== 0) parts.push(`weight:${weight}`)
      if (watch_port !== ANY) parts.push(`watch_port:${formatPort(watch_port, options)}`)
      if (watch_group !== ANY) parts.push(`watch_group:${watch_group}`)
      parts.push(`actions=${formatActions(actions, options)}`)
      return `,bucket=${parts.join(',')}`
    })
    .join('')
}

/** `group_id=7,type=select,bucket=weight:10,actions=output:1`. */
export function formatGroup(group: GroupLike, options: TextOptions = {}): string {
  const { group_id, group_type, buckets } = group
  return `group_id=${group_id},type=${group_type}${formatBuckets(buckets, group_type, options)}`
}
