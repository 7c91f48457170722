/** Groups out of text: what `ovs-ofctl add-group` reads, and what dump-groups prints. */

import type { Bucket } from '../spec/groups.ts'
import type { MessageNamed } from '../spec/message.ts'
import { parseActionList } from './actions-parse.ts'
import { stateOf } from './actions-state.ts'
import { TextError, unknownName } from './error.ts'
import { parsePort, type TextOptions } from './names.ts'
import { type KeyValue, keyValue, type Piece, parseNumber, piece, splitList } from './scan.ts'

/** Fields of a group_mod that a text can give. */
export type ParsedGroup = Omit<MessageNamed<'group_mod'>, 'type' | 'xid' | 'command' | 'version' | 'padding'>
type GroupType = 'all' | 'select' | 'indirect' | 'ff'

const ANY = 0xffffffff
const ALL_GROUPS = 0xfffffffc
const TYPES: Readonly<Record<string, GroupType>> = {
  all: 'all',
  select: 'select',
  indirect: 'indirect',
  ff: 'ff',
  fast_failover: 'ff',
}
const KEYS = ['group_id', 'type', 'bucket']

function value({ key, value: found }: KeyValue): Piece {
  if (found === undefined) throw new TextError('missing', key.at + key.text.length, `${key.text} needs a value`)
  return found
}

function groupType(part: Piece): GroupType {
  const type = Object.hasOwn(TYPES, part.text) ? TYPES[part.text] : undefined
  if (type === undefined) throw unknownName('type of group', part.text, part.at, Object.keys(TYPES))
  return type
}

/** The parts of a bucket, `bucket=` left out. */
interface Read {
  readonly at: number
  readonly parts: Piece[]
}

/** `group_id=7,type=select,bucket=weight:10,watch_port:1,actions=output:1`. Throws TextError. */
export function parseGroup(text: string, options: TextOptions = {}): ParsedGroup {
  let group_id: number | undefined
  let type: GroupType | undefined
  const buckets: Read[] = []
  for (const part of splitList(piece(text))) {
    const parsed = keyValue(part)
    const name = parsed.key.text
    if (name === 'bucket') {
      const first = value(parsed)
      buckets.push({ at: part.at, parts: first.text === '' ? [] : [first] })
    } else if (buckets.length > 0) buckets.at(-1)!.parts.push(part)
    else if (name === 'group_id') {
      group_id = value(parsed).text.toLowerCase() === 'all' ? ALL_GROUPS : parseNumber(value(parsed), 32)
    } else if (name === 'type') type = groupType(value(parsed))
    else throw unknownName('keyword', name, part.at, KEYS)
  }
  if (group_id === undefined) throw new TextError('missing', 0, 'a group needs group_id=')
  if (type === undefined) throw new TextError('missing', text.length, 'a group needs type=')
  const group_type = type
  if (group_type === 'indirect' && buckets.length > 1) {
    throw new TextError('syntax', buckets[1]!.at, 'an indirect group has at most one bucket')
  }
  return { group_type, group_id, buckets: buckets.map((read) => bucketOf(read, group_type, options)) }
}

/** What is no setting of the bucket is an action, with or without `actions=` in front. */
function bucketOf({ at, parts }: Read, type: GroupType, options: TextOptions): Bucket {
  const bucket: Bucket = { weight: type === 'select' ? 1 : 0, watch_port: ANY, watch_group: ANY, actions: [] }
  let acts = false
  for (const part of parts) {
    const parsed = keyValue(part)
    let actions = part
    switch (parsed.key.text) {
      case 'weight':
        if (type !== 'select') throw new TextError('syntax', part.at, 'only buckets of a select group have a weight')
        bucket.weight = parseNumber(value(parsed), 16)
        continue
      case 'watch_port':
        bucket.watch_port = parsePort(value(parsed), options)
        continue
      case 'watch_group':
        bucket.watch_group = parseNumber(value(parsed), 32)
        continue
      case 'action':
      case 'actions':
        actions = value(parsed)
    }
    acts = true
    if (actions.text === '' || actions.text.toLowerCase() === 'drop') continue
    bucket.actions.push(...parseActionList(actions, options, stateOf(undefined)))
  }
  if (!acts) throw new TextError('missing', at, 'a bucket needs actions')
  if (type === 'ff' && bucket.watch_port === ANY && bucket.watch_group === ANY) {
    throw new TextError('missing', at, 'a bucket of a fast failover group needs watch_port or watch_group')
  }
  return bucket
}
