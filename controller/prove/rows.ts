/**
 * A flow as the proof reads it: tests, and effects in order. Actions whose effect is not written down here become the
 * effect `unknown`, which counts as able to do anything. It refuses to know what tables mean.
 */
import { type Action, type FieldName, type Instruction, NX_CT_COMMIT, NX_CT_RECIRC_NONE, type Oxm } from 'node-openflow'
import { readCookie } from '../policy/cookie.ts'
import { ETHERTYPE } from '../policy/fields.ts'
import { REGISTERS } from '../policy/pipeline.ts'
import type { Flow, Group } from '../policy/program.ts'
import { allBits, type Exact, exact, field, fieldOf, isPlain, partsOf, type Test, testsOf } from './space.ts'

export type Effect =
  /** Of one of both: the whole field, or some bits of it. */
  | { do: 'write'; field: number; whole: Exact | undefined; bits: { value: bigint; mask: bigint } | undefined }
  | { do: 'move'; from: number; fromBit: number; to: number; toBit: number; bits: number }
  | { do: 'output'; port: number }
  | { do: 'outputField'; field: number; bit: number; bits: number }
  | {
      do: 'track'
      next: number | undefined
      zone: number | { field: number; bit: number; bits: number }
      commit: boolean
      marks: Effect[]
    }
  | { do: 'copies'; lists: Effect[][] }
  /** Writes a bit: whether the packet is larger than some size. Of any size that it may have. */
  | { do: 'measure'; field: number; bit: number }
  | { do: 'pushVlan' | 'popVlan' | 'pushMpls' }
  | { do: 'popMpls'; type: number }
  /** Without a hop left it goes to the controller, and no further. */
  | { do: 'hop' }
  | { do: 'unknown'; what: string }

export interface Clause {
  id: number
  clause: number
  count: number
}

export interface Row {
  key: string
  flow: Flow
  priority: number
  tests: readonly Test[]
  /** Not empty: never matches by itself. */
  clauses: readonly Clause[]
  effects: readonly Effect[]
  next: number | undefined
  /** Neither goes on nor comes out anywhere but at the controller. */
  isDrop: boolean
  /** Asks the controller for a verdict. */
  asks: boolean
  /** The row as a packet meets it by itself. */
  hit: Hit
}

/** A row that part of a region may meet. Of the region, rows that come before it take their part first. */
export interface Hit {
  row: Row
  priority: number
  /** What a packet has to pass, clauses included. */
  tests: readonly Test[]
  /** Rows of a conjunction that led to it. */
  clauses: readonly Row[]
}

const NOTHING: readonly never[] = []

class ARow implements Row {
  key: string
  flow: Flow
  priority: number
  tests: readonly Test[]
  clauses: readonly Clause[] = NOTHING
  effects: readonly Effect[] = NOTHING
  next: number | undefined = undefined
  isDrop = false
  asks = false
  hit: Hit

  constructor(key: string, flow: Flow, tests: readonly Test[]) {
    this.key = key
    this.flow = flow
    this.priority = flow.priority
    this.tests = tests
    this.hit = { row: this, priority: flow.priority, tests, clauses: NOTHING }
  }
}

/** A field that no row describes is matched by nothing we can say: the row counts as matching all and doing anything. */
export function rowOf(key: string, flow: Flow, groups: ReadonlyMap<number, Group>): Row {
  const tests = testsOf(flow.match)
  const row = new ARow(key, flow, tests ?? [])
  const effects: Effect[] = []
  const clauses: Clause[] = []
  if (tests === undefined) effects.push({ do: 'unknown', what: 'a match field that is not known' })
  for (const instruction of flow.instructions) readInstruction(instruction, row, effects, clauses, groups)
  if (effects.length > 0) row.effects = effects
  if (clauses.length > 0) row.clauses = clauses
  row.isDrop = row.next === undefined && effects.every(leadsNowhere)
  return row
}

/** Effects that only change the packet. */
const CHANGES: ReadonlySet<Effect['do']> = new Set([
  ...(['write', 'move', 'measure', 'hop'] as const),
  ...(['pushVlan', 'popVlan', 'pushMpls', 'popMpls'] as const),
])

function leadsNowhere(effect: Effect): boolean {
  if (CHANGES.has(effect.do)) return true
  return effect.do === 'track' && effect.next === undefined && !effect.marks.some((its) => its.do === 'unknown')
}

function readInstruction(
  instruction: Instruction,
  row: Row,
  effects: Effect[],
  clauses: Clause[],
  groups: ReadonlyMap<number, Group>,
): void {
  switch (instruction.type) {
    case 'goto_table':
      row.next = instruction.table_id
      return
    case 'meter':
    case 'clear_actions':
      // A meter slows and never sends elsewhere; the action set stays empty, as nothing that is known writes it.
      return
    case 'apply_actions':
      for (const action of instruction.actions) {
        if (action.type === 'nx_conjunction') {
          clauses.push({ id: action.id, clause: action.clause, count: action.n_clauses })
        } else readAction(action, effects, groups, 0)
        if (isTold(action)) row.asks ||= readCookie(row.flow.cookie)?.kind === 'ask'
      }
      return
    case 'write_metadata':
      effects.push(
        writing(field('metadata'), instruction.metadata & instruction.metadata_mask, instruction.metadata_mask),
      )
      return
    default:
      effects.push({ do: 'unknown', what: instruction.type })
  }
}

/** The controller: what goes there is told, not delivered. */
const CONTROLLER = 0xffff_fffd

function isTold(action: Action): boolean {
  if (action.type === 'output') return action.port === CONTROLLER
  return action.type === 'nx_controller' || action.type === 'nx_controller2'
}

function readAction(action: Action, effects: Effect[], groups: ReadonlyMap<number, Group>, depth: number): void {
  switch (action.type) {
    case 'output':
      if (action.port !== CONTROLLER) effects.push({ do: 'output', port: action.port })
      return
    case 'nx_controller':
    case 'nx_controller2':
    case 'nx_note':
    case 'set_queue':
      return
    case 'set_field':
    case 'nx_reg_load2':
      write(action.field, effects)
      return
    case 'nx_reg_load':
      load(action.dst, action.ofs_nbits.ofs, action.ofs_nbits.n_bits, action.value, effects)
      return
    case 'nx_reg_move':
      move(action, effects)
      return
    case 'nx_check_pkt_larger': {
      const [part, ...more] = typeof action.dst === 'string' ? partsOf(action.dst) : []
      if (part === undefined || more.length > 0) effects.push({ do: 'unknown', what: action.type })
      else effects.push({ do: 'measure', field: part.field, bit: action.offset + part.inField })
      return
    }
    case 'nx_output_reg': {
      const [part] = typeof action.src === 'string' ? partsOf(action.src) : []
      if (part === undefined) effects.push({ do: 'unknown', what: action.type })
      else
        effects.push({ do: 'outputField', field: part.field, bit: action.ofs_nbits.ofs, bits: action.ofs_nbits.n_bits })
      return
    }
    case 'nx_ct':
      track(action, effects, groups, depth)
      return
    case 'group':
    case 'nx_group': {
      const group = groups.get(action.group_id)
      if (group === undefined || depth > 8) {
        effects.push({ do: 'unknown', what: `group ${action.group_id}` })
        return
      }
      // Any bucket may be the one that is taken.
      const lists = group.buckets.map(({ actions }) => {
        const list: Effect[] = []
        for (const one of actions) readAction(one, list, groups, depth + 1)
        return list
      })
      effects.push({ do: 'copies', lists })
      return
    }
    case 'push_vlan':
    case 'push_mpls': {
      const isVlan = action.type === 'push_vlan'
      const isUsual = action.ethertype === (isVlan ? ETHERTYPE.vlan : ETHERTYPE.mpls)
      effects.push(isUsual ? { do: isVlan ? 'pushVlan' : 'pushMpls' } : { do: 'unknown', what: action.type })
      return
    }
    case 'pop_vlan':
      effects.push({ do: 'popVlan' })
      return
    case 'dec_nw_ttl':
      effects.push({ do: 'hop' })
      return
    case 'set_nw_ttl':
      effects.push(writing(field('nw_ttl'), BigInt(action.nw_ttl), allBits(field('nw_ttl'))))
      return
    case 'pop_mpls':
      effects.push({ do: 'popMpls', type: action.ethertype })
      return
    default:
      effects.push({ do: 'unknown', what: action.type })
  }
}

function writing(its: number, value: bigint, mask: bigint): Effect {
  const isWhole = mask === allBits(its)
  return isWhole
    ? { do: 'write', field: its, whole: exact(its, value), bits: undefined }
    : { do: 'write', field: its, whole: undefined, bits: { value, mask } }
}

function write(oxm: Oxm, effects: Effect[]): void {
  if (oxm.field === 'unknown' || typeof oxm.value === 'object' || typeof oxm.mask === 'object') {
    effects.push({ do: 'unknown', what: 'set_field of a field that is not known' })
    return
  }
  if (isPlain(oxm)) {
    effects.push({ do: 'write', field: fieldOf(oxm.field), whole: oxm.value as Exact, bits: undefined })
    return
  }
  const value = BigInt(oxm.value)
  for (const part of partsOf(oxm.field)) {
    const window = (1n << BigInt(part.bits)) - 1n
    const mask = oxm.mask === undefined ? window : (BigInt(oxm.mask) >> BigInt(part.at)) & window
    effects.push(
      writing(part.field, ((value >> BigInt(part.at)) & mask) << BigInt(part.inField), mask << BigInt(part.inField)),
    )
  }
}

function load(dst: unknown, ofs: number, bits: number, value: bigint, effects: Effect[]): void {
  const parts = typeof dst === 'string' ? partsOf(dst) : []
  const [part] = parts
  if (part === undefined || parts.length > 1) {
    effects.push({ do: 'unknown', what: 'nx_reg_load' })
    return
  }
  const mask = ((1n << BigInt(bits)) - 1n) << BigInt(ofs + part.inField)
  effects.push(writing(part.field, (value << BigInt(ofs + part.inField)) & mask, mask))
}

function move(action: Extract<Action, { type: 'nx_reg_move' }>, effects: Effect[]): void {
  const { src, dst, n_bits: bits, src_ofs: fromBit, dst_ofs: toBit } = action
  const [from, ...more] = typeof src === 'string' ? partsOf(src as FieldName) : []
  const [to, ...rest] = typeof dst === 'string' ? partsOf(dst as FieldName) : []
  if (from === undefined || to === undefined || more.length + rest.length > 0) {
    effects.push({ do: 'unknown', what: action.type })
    return
  }
  effects.push({
    do: 'move',
    from: from.field,
    fromBit: fromBit + from.inField,
    to: to.field,
    toBit: toBit + to.inField,
    bits,
  })
}

function track(
  action: Extract<Action, { type: 'nx_ct' }>,
  effects: Effect[],
  groups: ReadonlyMap<number, Group>,
  depth: number,
): void {
  const marks: Effect[] = []
  for (const one of action.actions) readAction(one, marks, groups, depth)
  const [part] =
    typeof action.zone === 'number' || typeof action.zone.field !== 'string' ? [] : partsOf(action.zone.field)
  if (typeof action.zone !== 'number' && part === undefined)
    effects.push({ do: 'unknown', what: 'ct in a zone that is not known' })
  const zone =
    typeof action.zone === 'number' || part === undefined
      ? Number(typeof action.zone === 'number' ? action.zone : 0)
      : { field: part.field, bit: action.zone.ofs, bits: action.zone.n_bits }
  for (const its of marks)
    if (its.do !== 'write' && its.do !== 'move') effects.push({ do: 'unknown', what: 'ct with more than marks' })
  effects.push({
    do: 'track',
    next: action.recirc_table === NX_CT_RECIRC_NONE ? undefined : action.recirc_table,
    zone,
    commit: (action.flags & NX_CT_COMMIT) !== 0,
    marks,
  })
}

/** What is asked of the controller. */
const ASKED = [REGISTERS.source, REGISTERS.destination, REGISTERS.key, REGISTERS.protocol].map((name) => field(name))

/** Fields that a row looks at to choose a port or zone, or has the controller look at. */
export function readByEffects({ effects, asks }: Row): readonly number[] {
  if (asks) return ASKED
  for (const effect of effects) {
    if (effect.do !== 'outputField' && effect.do !== 'track' && effect.do !== 'copies') continue
    const found: number[] = []
    addReads(effects, found)
    return found
  }
  return NOTHING
}

function addReads(effects: readonly Effect[], found: number[]): void {
  for (const effect of effects) {
    if (effect.do === 'outputField') found.push(effect.field)
    else if (effect.do === 'track' && typeof effect.zone === 'object') found.push(effect.zone.field)
    else if (effect.do === 'copies') for (const list of effect.lists) addReads(list, found)
  }
}

/** `from>to` of the copies that a row makes and goes on with, or chooses a port by. */
export function moves(row: Row): readonly string[] {
  const { effects } = row
  if (!effects.some(isMove)) return NOTHING
  const goesOn = nexts(row).length > 0 || effects.some(({ do: what }) => OUT.has(what))
  if (!goesOn) return NOTHING
  return effects.flatMap((effect) => (effect.do === 'move' ? [`${effect.from}>${effect.to}`] : []))
}

/** Effects by which a packet may come out. */
export const OUT: ReadonlySet<Effect['do']> = new Set(['output', 'outputField', 'copies'])

function isMove(effect: Effect): boolean {
  return effect.do === 'move'
}

/** Tables that a row may send a packet to. */
export function nexts(row: Row): number[] {
  const found = row.next === undefined ? [] : [row.next]
  for (const effect of row.effects) if (effect.do === 'track' && effect.next !== undefined) found.push(effect.next)
  return found
}
