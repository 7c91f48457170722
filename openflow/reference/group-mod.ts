/**
 * group_mod and meter_mod (sections 6.5, 6.6, 7.3.4.2 and 7.3.4.4). Deleting a group or a meter deletes the flows
 * that use it; those are handed back. Throws Refusal.
 */

import * as k from '../spec/constants.ts'
import type { MessageNamed } from '../spec/message.ts'
import { checkSet, knownFrom } from './check.ts'
import { type Removed, removeAll, usesGroup } from './flow-mod.ts'
import { capacity } from './meter.ts'
import { Refusal } from './refusal.ts'
import type { Flow, Group, State } from './state.ts'

const GROUP_TYPES = new Set<unknown>(['all', 'select', 'indirect', 'ff'])

export function groupMod(state: State, mod: MessageNamed<'group_mod'>, now: number): Removed[] {
  const { command, group_id: id } = mod
  if (command === 'delete') return deleteGroups(state, id)
  if (typeof command === 'number') throw new Refusal('group_mod_failed', 'bad_command')
  if (id > k.GROUP_MAX) throw new Refusal('group_mod_failed', 'invalid_group')
  const old = state.groups.get(id)
  if (command === 'add' && old !== undefined) throw new Refusal('group_mod_failed', 'group_exists')
  if (command === 'modify' && old === undefined) throw new Refusal('group_mod_failed', 'unknown_group')
  if (!GROUP_TYPES.has(mod.group_type)) throw new Refusal('group_mod_failed', 'bad_type')
  checkBuckets(state, mod)
  const group: Group = {
    id,
    type: mod.group_type,
    buckets: mod.buckets,
    created: old?.created ?? now,
    packets: 0n,
    bytes: 0n,
    bucketStats: mod.buckets.map(() => ({ packets: 0n, bytes: 0n })),
  }
  state.groups.set(id, group)
  return []
}

function checkBuckets(state: State, mod: MessageNamed<'group_mod'>): void {
  if (mod.group_type === 'indirect' && mod.buckets.length !== 1) {
    throw new Refusal('group_mod_failed', 'invalid_group', 'indirect wants one bucket')
  }
  if (groupsIn(mod.buckets).some((next) => next === mod.group_id || reaches(state, next, mod.group_id, new Set()))) {
    throw new Refusal('group_mod_failed', 'loop')
  }
  for (const bucket of mod.buckets) {
    const watches = [
      bucket.watch_port !== k.PORT_ANY && bucket.watch_port !== 0,
      bucket.watch_group !== k.GROUP_ANY && bucket.watch_group !== 0,
    ]
    const watching = watches.includes(true)
    if (mod.group_type === 'ff' && !watching) {
      throw new Refusal('group_mod_failed', 'invalid_group', 'ff bucket watches nothing')
    }
    if ((mod.group_type === 'all' || mod.group_type === 'indirect') && watching) {
      throw new Refusal('group_mod_failed', 'watch_unsupported')
    }
    if (mod.group_type !== 'select' && bucket.weight !== 0) {
      throw new Refusal('group_mod_failed', 'invalid_group', 'weight')
    }
    // A bucket has no match: fields behind prerequisites are not checked, as nothing says what is there.
    // Groups it refers to may come later.
    checkSet(bucket.actions, { ...knownFrom(undefined, state.options, []), loose: true })
  }
}

function groupsIn(buckets: Group['buckets']): number[] {
  return buckets.flatMap((bucket) => bucket.actions.flatMap((a) => (a.type === 'group' ? [a.group_id] : [])))
}

function reaches(state: State, from: number, to: number, seen: Set<number>): boolean {
  if (seen.has(from)) return false
  seen.add(from)
  const next = groupsIn(state.groups.get(from)?.buckets ?? [])
  return next.includes(to) || next.some((id) => reaches(state, id, to, seen))
}

function flowsOf(state: State): Flow[] {
  return [...state.tables.values()].flatMap((table) => table.flows)
}

/** Deleting what is not there is no error; groups that refer to a deleted one lose those buckets. */
function deleteGroups(state: State, id: number): Removed[] {
  if (id > k.GROUP_MAX && id !== k.GROUP_ALL) throw new Refusal('group_mod_failed', 'invalid_group')
  const gone = id === k.GROUP_ALL ? [...state.groups.keys()] : [id].filter((one) => state.groups.has(one))
  for (const one of gone) state.groups.delete(one)
  for (const group of state.groups.values()) {
    group.buckets = group.buckets.filter((bucket) => !groupsIn([bucket]).some((one) => gone.includes(one)))
    group.bucketStats = group.buckets.map(() => ({ packets: 0n, bytes: 0n }))
  }
  const users = flowsOf(state).filter((flow) => gone.some((one) => usesGroup(flow.instructions, one)))
  return removeAll(state, users, 'group_delete')
}

const METER_FLAGS = k.OFPMF_KBPS | k.OFPMF_PKTPS | k.OFPMF_BURST | k.OFPMF_STATS

export function meterMod(state: State, mod: MessageNamed<'meter_mod'>, now: number): Removed[] {
  const { command, meter_id: id, flags } = mod
  if (command === 'delete') return deleteMeters(state, id)
  if (typeof command === 'number') throw new Refusal('meter_mod_failed', 'bad_command')
  const special = id === k.METER_CONTROLLER || id === k.METER_SLOWPATH
  if (id === 0 || (id > k.METER_MAX && !special)) throw new Refusal('meter_mod_failed', 'invalid_meter')
  const old = state.meters.get(id)
  if (command === 'add' && old !== undefined) throw new Refusal('meter_mod_failed', 'meter_exists')
  if (command === 'modify' && old === undefined) throw new Refusal('meter_mod_failed', 'unknown_meter')
  const both = k.OFPMF_KBPS | k.OFPMF_PKTPS
  if ((flags & ~METER_FLAGS) !== 0 || (flags & both) === both || (flags & both) === 0) {
    throw new Refusal('meter_mod_failed', 'bad_flags')
  }
  if (mod.bands.length === 0) throw new Refusal('meter_mod_failed', 'out_of_bands')
  for (const band of mod.bands) {
    if (band.type === 'experimenter') throw new Refusal('meter_mod_failed', 'bad_band')
    if (band.rate === 0) throw new Refusal('meter_mod_failed', 'bad_rate')
  }
  const meter = {
    id,
    flags,
    bands: mod.bands,
    created: old?.created ?? now,
    packets: old?.packets ?? 0n,
    bytes: old?.bytes ?? 0n,
    buckets: mod.bands.map(() => ({ tokens: 0, filled: now, packets: 0n, bytes: 0n })),
  }
  for (const [i, bucket] of meter.buckets.entries()) bucket.tokens = capacity(meter, i)
  state.meters.set(id, meter)
  return []
}

function deleteMeters(state: State, id: number): Removed[] {
  const gone = id === k.METER_ALL ? [...state.meters.keys()] : [id].filter((one) => state.meters.has(one))
  for (const one of gone) state.meters.delete(one)
  const users = flowsOf(state).filter((flow) =>
    flow.instructions.some((one) => one.type === 'meter' && gone.includes(one.meter_id)),
  )
  return removeAll(state, users, 'meter_delete')
}
