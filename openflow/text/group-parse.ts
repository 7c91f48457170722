/**
 * Groups out of text: what `ovs-ofctl add-group` and its files read, and what dump-groups prints. What ovs-ofctl
 * refuses (a weight outside of select, a fast failover bucket that watches nothing) is refused. Ids of buckets and
 * what chooses one are of OpenFlow 1.5; in a message of 1.3 there is no room for them.
 */

import { BUCKET_MAX, GROUP_ALL, GROUP_ANY, PORT_ANY } from '../spec/constants.ts'
import type { GroupProperty } from '../spec/group-properties.ts'
import type { Bucket } from '../spec/groups.ts'
import type { MessageNamed } from '../spec/message.ts'
import { type FieldName, type Oxm, oxmRow } from '../spec/oxm.ts'
import { parseActionList } from './actions-parse.ts'
import { stateOf } from './actions-state.ts'
import { TextError, unknownName } from './error.ts'
import { BUCKET_NAMES } from './group.ts'
import { toOxm } from './match-parse.ts'
import { FIELD_TEXTS, fieldBits, fieldByText, parsePort, plainField, type TextOptions } from './names.ts'
import { givenValue, keyValue, type Piece, parseBig, parseNumber, piece, slice, splitList } from './scan.ts'
import { ones, parseValue } from './values.ts'

type GroupMod = MessageNamed<'group_mod'>
/** Fields of a group_mod that a text can give. */
export type ParsedGroup = Omit<GroupMod, 'type' | 'xid' | 'command' | 'version' | 'padding'>
/** The same with what is to be done with the group. */
export type ParsedGroupMod = ParsedGroup & Pick<GroupMod, 'command'>
type GroupType = 'all' | 'select' | 'indirect' | 'ff'

const TYPES: Readonly<Record<string, GroupType>> = {
  all: 'all',
  select: 'select',
  indirect: 'indirect',
  ff: 'ff',
  fast_failover: 'ff',
}
const COMMANDS = ['add', 'modify', 'delete', 'insert_bucket', 'remove_bucket'] as const
const CHOICE = ['selection_method', 'selection_method_param', 'fields'] as const
const KEYS = ['group_id', 'type', 'command_bucket_id', ...CHOICE, 'bucket']
/** Octets of the name of a selection method, and the zero behind it. */
const METHOD_ROOM = 16

/** Parts of a text by key, and those of its buckets, `bucket=` left out. */
interface Read {
  readonly whole: Piece
  readonly settings: ReadonlyMap<string, Piece>
  readonly buckets: ReadonlyArray<{ readonly at: number; readonly parts: Piece[] }>
}

function read(whole: Piece): Read {
  const settings = new Map<string, Piece>()
  const buckets: { at: number; parts: Piece[] }[] = []
  for (const part of splitList(whole)) {
    const parsed = keyValue(part)
    const name = parsed.key.text
    if (name === 'bucket') {
      const first = givenValue(parsed)
      buckets.push({ at: part.at, parts: first.text === '' ? [] : [first] })
    } else if (buckets.length > 0) buckets.at(-1)!.parts.push(part)
    else if (!KEYS.includes(name)) throw unknownName('keyword', name, part.at, KEYS)
    else if (settings.has(name)) throw new TextError('duplicate', part.at, `${name} twice`)
    else settings.set(name, parsed.args ?? givenValue(parsed))
  }
  return { whole, settings, buckets }
}

function groupId(part: Piece): number {
  return part.text.toLowerCase() === 'all' ? GROUP_ALL : parseNumber(part, 32)
}

function groupType(part: Piece): GroupType {
  const type = Object.hasOwn(TYPES, part.text) ? TYPES[part.text] : undefined
  if (type === undefined) throw unknownName('type of group', part.text, part.at, Object.keys(TYPES))
  return type
}

function bucketId(part: Piece): number {
  const id = parseNumber(part, 32)
  if (id > BUCKET_MAX) throw new TextError('bad_value', part.at, `bucket ids end at ${BUCKET_MAX}`)
  return id
}

function commandBucket(part: Piece): number {
  const found = Object.entries(BUCKET_NAMES).find(([, name]) => name === part.text.toLowerCase())
  if (found !== undefined) return Number(found[0])
  if (!/^\d/.test(part.text)) throw unknownName('bucket', part.text, part.at, Object.values(BUCKET_NAMES))
  return bucketId(part)
}

/** `ip_src=255.255.0.0`: the bits that count; all of them where none are named. */
function selected(part: Piece, options: TextOptions): Oxm {
  const { key, value } = keyValue(part)
  const found = fieldByText(key.text)
  if (found === undefined) throw unknownName('field', key.text, key.at, FIELD_TEXTS)
  const field: FieldName = key.text.toLowerCase() === 'in_port' ? 'nxm_of_in_port' : plainField(found)
  if (oxmRow(field).variable) throw new TextError('bad_value', key.at, `${key.text} cannot choose a bucket`)
  if (value?.text.includes('/')) throw new TextError('bad_mask', value.at, 'the value is the mask here')
  // ovs-ofctl writes ones into all octets, whatever bits the field has.
  const whole = ones(oxmRow(field).size * 8)
  const mask = value === undefined ? whole : parseValue(field, value, options).value
  return toOxm(field, { masked: { value: mask, mask: ones(fieldBits(field)) } })
}

function chosenBy({ settings }: Read, type: GroupType, options: TextOptions): GroupProperty[] {
  const method = settings.get('selection_method')
  const param = settings.get('selection_method_param')
  const fields = settings.get('fields')
  const alone = param ?? fields
  if (method === undefined || method.text === '') {
    if (alone !== undefined) throw new TextError('missing', alone.at, 'selection_method is missing')
    return []
  }
  if (type !== 'select') throw new TextError('syntax', method.at, 'only a select group has a selection method')
  if (new TextEncoder().encode(method.text).length >= METHOD_ROOM) {
    throw new TextError('bad_value', method.at, `a selection method has at most ${METHOD_ROOM - 1} octets`)
  }
  if (fields !== undefined && method.text !== 'hash') {
    throw new TextError('syntax', fields.at, 'fields need selection_method=hash')
  }
  return [
    {
      type: 'selection_method',
      selection_method: method.text,
      selection_method_param: param === undefined ? 0n : parseBig(param, 64),
      fields: fields === undefined ? [] : splitList(fields).map((field) => selected(field, options)),
    },
  ]
}

/** What is no setting of the bucket is an action, with or without `actions=` in front. */
function bucketOf({ at, parts }: Read['buckets'][number], type: GroupType, options: TextOptions): Bucket {
  const weight = type === 'select' ? 1 : 0
  const bucket: Bucket = { weight, watch_port: PORT_ANY, watch_group: GROUP_ANY, actions: [] }
  let acts = false
  for (const part of parts) {
    const parsed = keyValue(part)
    let actions = part
    switch (parsed.key.text) {
      case 'bucket_id':
        bucket.bucket_id = bucketId(givenValue(parsed))
        continue
      case 'weight':
        if (type !== 'select') throw new TextError('syntax', part.at, 'only buckets of a select group have a weight')
        bucket.weight = parseNumber(givenValue(parsed), 16)
        continue
      case 'watch_port':
        bucket.watch_port = parsePort(givenValue(parsed), options)
        continue
      case 'watch_group':
        bucket.watch_group = parseNumber(givenValue(parsed), 32)
        continue
      case 'action':
      case 'actions':
        actions = givenValue(parsed)
    }
    acts = true
    if (actions.text === '' || actions.text.toLowerCase() === 'drop') continue
    bucket.actions.push(...parseActionList(actions, options, stateOf(undefined)))
  }
  if (!acts) throw new TextError('missing', at, 'a bucket needs actions')
  if (type === 'ff' && bucket.watch_port === PORT_ANY && bucket.watch_group === GROUP_ANY) {
    throw new TextError('missing', at, 'a bucket of a fast failover group needs watch_port or watch_group')
  }
  return bucket
}

function groupOf(found: Read, command: ParsedGroupMod['command'], options: TextOptions): ParsedGroup {
  const { whole, settings, buckets } = found
  const needs = (name: string): Piece => {
    const part = settings.get(name)
    if (part === undefined) throw new TextError('missing', whole.at + whole.text.length, `a group needs ${name}=`)
    return part
  }
  const ofBucket = command === 'insert_bucket' || command === 'remove_bucket'
  const typed = !ofBucket && (command !== 'delete' || settings.has('type'))
  const group_id = groupId(needs('group_id'))
  const group_type = typed ? groupType(needs('type')) : 'all'
  for (const name of ofBucket ? ['type', ...CHOICE] : ['command_bucket_id']) {
    const extra = settings.get(name)
    if (extra !== undefined) throw new TextError('syntax', extra.at, `${command} takes no ${name}`)
  }
  if (group_type === 'indirect' && buckets.length > 1) {
    throw new TextError('syntax', buckets[1]!.at, 'an indirect group has at most one bucket')
  }
  const properties = chosenBy(found, group_type, options)
  const group: ParsedGroup = { group_type, group_id, buckets: buckets.map((one) => bucketOf(one, group_type, options)) }
  if (ofBucket) group.command_bucket_id = commandBucket(needs('command_bucket_id'))
  if (properties.length > 0) group.properties = properties
  return group
}

/** `group_id=7,type=select,bucket=weight:10,watch_port:1,actions=output:1`. Throws TextError. */
export function parseGroup(text: string, options: TextOptions = {}): ParsedGroup {
  return groupOf(read(piece(text)), 'add', options)
}

/**
 * The same with a command in front, as in files of add-groups: `insert_bucket command_bucket_id=last,group_id=7,
 * bucket=output:1`; `add` where there is none. A deletion needs no type. Throws TextError.
 */
export function parseGroupMod(text: string, options: TextOptions = {}): ParsedGroupMod {
  const front = /^\s*([a-z_]+)(?=\s|$)/.exec(text)
  const command = COMMANDS.find((name) => name === front?.[1])
  if (front === null || command === undefined) return { command: 'add', ...parseGroup(text, options) }
  return { command, ...groupOf(read(slice(piece(text), front[0].length)), command, options) }
}
