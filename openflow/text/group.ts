/** Groups in text, as dump-groups prints them and add-group reads them: type, what chooses a bucket, buckets. */

import { BUCKET_ALL, GROUP_ANY, PORT_ANY } from '../spec/constants.ts'
import type { GroupProperty } from '../spec/group-properties.ts'
import type { Bucket } from '../spec/groups.ts'
import { type Oxm, oxmRow } from '../spec/oxm.ts'
import { formatActions } from './actions.ts'
import { fieldBits, fieldText, formatPort, type TextOptions } from './names.ts'
import { hex } from './scan.ts'
import { bigOf, formatOxm, formatValue, octetsText, ones } from './values.ts'

/** A group_mod, a description of a group, or what parseGroup gives. */
export interface GroupLike {
  readonly command?: string | number | undefined
  readonly group_id: number
  readonly group_type: string | number
  readonly buckets: readonly Bucket[]
  readonly properties?: readonly GroupProperty[] | undefined
  /** Of insert_bucket and remove_bucket. */
  readonly command_bucket_id?: number | undefined
}

export const BUCKET_NAMES: Readonly<Record<number, string>> = {
  [0xfffffffd]: 'first',
  [0xfffffffe]: 'last',
  [BUCKET_ALL]: 'all',
}

/** `,bucket=weight:10,actions=output:1` for each; a weight of 1 is not told, nor one where buckets have none. */
function formatBuckets(buckets: readonly Bucket[], type: string | number, options: TextOptions): string {
  return buckets
    .map(({ bucket_id, weight, watch_port, watch_group, actions }) => {
      const parts: string[] = []
      if (bucket_id !== undefined) parts.push(`bucket_id:${bucket_id}`)
      if (type === 'select' ? weight !== 1 : weight !== 0) parts.push(`weight:${weight}`)
      if (watch_port !== PORT_ANY) parts.push(`watch_port:${formatPort(watch_port, options)}`)
      if (watch_group !== GROUP_ANY) parts.push(`watch_group:${watch_group}`)
      parts.push(`actions=${formatActions(actions, options)}`)
      return `,bucket=${parts.join(',')}`
    })
    .join('')
}

/** The name of a field, and the bits of it that count unless all do. */
function formatSelected(oxm: Oxm, options: TextOptions): string {
  if (oxm.field === 'unknown') return formatOxm(oxm, options)
  const value = bigOf(oxm.value)
  const bits = oxm.value instanceof Uint8Array ? oxm.value.length * 8 : oxmRow(oxm.field).size * 8
  const whole = value === ones(fieldBits(oxm.field)) || value === ones(bits)
  return fieldText(oxm.field) + (whole ? '' : `=${formatValue(oxm.field, value, undefined, options)}`)
}

function formatProperty(property: GroupProperty, options: TextOptions): string {
  if (property.type !== 'selection_method') {
    const { experimenter, exp_type, data } = property
    return `,experimenter=${hex(experimenter)},exp_type=${hex(exp_type)},data=0x${octetsText(data)}`
  }
  const { selection_method, selection_method_param, fields } = property
  let out = `,selection_method=${selection_method}`
  if (selection_method_param !== 0n) out += `,selection_method_param=${selection_method_param}`
  const names = fields.map((oxm) => formatSelected(oxm, options))
  if (names.length === 0) return out
  return `${out},fields${names.length === 1 ? `=${names[0]}` : `(${names.join(',')})`}`
}

/** `group_id=7,type=select,bucket=weight:10,actions=output:1`; of commands on buckets the bucket and no type. */
export function formatGroup(group: GroupLike, options: TextOptions = {}): string {
  const { command, group_id, group_type, properties = [], command_bucket_id: bucket = BUCKET_ALL } = group
  const ofBucket = command === 'insert_bucket' || command === 'remove_bucket'
  const front = ofBucket ? `command_bucket_id:${BUCKET_NAMES[bucket] ?? bucket},` : ''
  const type = ofBucket ? '' : `,type=${group_type}`
  const chosen = properties.map((property) => formatProperty(property, options)).join('')
  return `${front}group_id=${group_id}${type}${chosen}${formatBuckets(group.buckets, group_type, options)}`
}
