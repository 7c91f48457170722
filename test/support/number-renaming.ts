/**
 * Numbers that are given out in order of arrival (records, identities, meters, networks, zones, switches, and the
 * priorities of partitions' defaults), exchanged in a program for those that another intent gave to the same names. Two
 * histories of one state must give the same programs up to this: the exchange is one to one in each space of numbers, and
 * a number that stands for nothing is an error. It refuses to leave anything else out of the comparison.
 */
import type { Action, Instruction, Oxm } from 'node-openflow'
import { type CookieKind, cookieOf, readCookie } from '../../controller/policy/cookie.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { numberKey } from '../../controller/policy/numbers.ts'
import { RULES_PER_POLICY } from '../../controller/policy/order.ts'
import { ELSEWHERE } from '../../controller/policy/pipeline.ts'
import { type Flow, flowKey, type SwitchProgram } from '../../controller/policy/program.ts'
import type { NumberSpace } from '../../controller/policy/state.ts'
import { IDENTITY } from '../../model/records.ts'

const SPACES = [
  'identity',
  'network',
  'router',
  'zone',
  'switch',
  'meter',
  'steer',
  'interface',
  'policy',
  'vnp',
] as const
type Space = (typeof SPACES)[number]

/** Number to name, for each space. */
function namesIn(intent: Intent): Record<Space, Map<number, string>> {
  const names = Object.fromEntries(SPACES.map((space) => [space, new Map()])) as Record<Space, Map<number, string>>
  const give = (space: Space, number: number, name: string): void => {
    const known = names[space].get(number)
    if (known !== undefined) throw new Error(`${space} number ${number} is that of ${known} and of ${name}`)
    names[space].set(number, name)
  }
  for (const { number, key, releasedAt } of intent.identities.values()) {
    if (releasedAt === undefined) give('identity', number, key)
  }
  for (const space of ['network', 'router', 'zone', 'switch', 'meter', 'steer'] satisfies NumberSpace[]) {
    for (const key of intent.numberKeys(space)) {
      const name = key.slice(numberKey(space, '').length)
      const number = intent.number(space, name)
      if (number !== undefined) give(space, number, name)
    }
  }
  for (const kind of ['interface', 'policy', 'vnp'] as const) {
    const records = { interface: intent.interfaces, policy: intent.policies, vnp: intent.vnps }[kind]
    for (const { number, name } of records.values()) give(kind, number, name)
  }
  return names
}

/** Which space a register's value is of; the others hold ports, flags and what packets bring. */
const REGISTER: Readonly<Record<string, Space>> = {
  reg0: 'identity',
  reg1: 'identity',
  reg3: 'network',
  reg6: 'switch',
  reg7: 'zone',
  ...Object.fromEntries([10, 11, 12, 13, 14].map((register) => [`reg${register}`, 'steer' as const])),
}

const COOKIE: Readonly<Partial<Record<CookieKind, Space>>> = {
  interface: 'interface',
  destination: 'interface',
  neighbour: 'interface',
  rule: 'policy',
  log: 'policy',
  reject: 'policy',
  vnp: 'vnp',
  switch: 'switch',
  prefix: 'identity',
  steer: 'steer',
}

export class Renaming {
  readonly #maps: Record<Space, Map<number, number>>

  /** From the numbers of one intent to those of another. */
  constructor(from: Intent, to: Intent) {
    const [before, after] = [namesIn(from), namesIn(to)]
    const exchange = (space: Space): Map<number, number> => {
      const numbers = new Map([...after[space]].map(([number, name]) => [name, number]))
      if (numbers.size !== after[space].size) throw new Error(`a name with two ${space} numbers`)
      return new Map(
        [...before[space]].flatMap(([number, name]) => {
          const its = numbers.get(name)
          return its === undefined ? [] : [[number, its]]
        }),
      )
    }
    this.#maps = Object.fromEntries(SPACES.map((space) => [space, exchange(space)])) as Record<
      Space,
      Map<number, number>
    >
  }

  number(space: Space, number: number): number {
    if (space === 'identity' && number < IDENTITY.first) return number
    if ((space === 'zone' || space === 'steer') && number === 0) return number
    if (space === 'switch' && (number === ELSEWHERE || number === 0)) return number
    const its = this.#maps[space].get(number)
    if (its === undefined) throw new Error(`${space} number ${number} stands for nothing that both have`)
    return its
  }

  /** The program with the numbers exchanged. @param other The program it is to equal: where its defaults stand. */
  program(program: SwitchProgram, other: SwitchProgram): SwitchProgram {
    const priorities = this.#defaults(program, other)
    const flows = new Map<string, Flow>()
    for (const flow of program.flows.values()) {
      const renamed = this.#flow(flow, priorities)
      const key = flowKey(renamed.table, renamed.priority, renamed.match)
      if (flows.has(key)) throw new Error(`two flows become ${key}`)
      flows.set(key, renamed)
    }
    const meters = [...program.meters.values()].map((meter) => {
      const meterId = this.number('meter', meter.meterId)
      return [meterId, { ...meter, meterId }] as const
    })
    return { ...program, flows, meters: new Map(meters) }
  }

  /** Priorities of defaults by table and number of the partition, as text; one to one in each table. */
  #defaults(program: SwitchProgram, other: SwitchProgram): Map<string, number> {
    const there = defaultsIn(other)
    const found = new Map<string, number>()
    for (const key of defaultsIn(program).keys()) {
      const [table, number] = key.split(' ').map(Number) as [number, number]
      const priority = there.get(`${table} ${this.number('vnp', number)}`)
      if (priority !== undefined) found.set(key, priority)
    }
    return found
  }

  #flow(flow: Flow, priorities: ReadonlyMap<string, number>): Flow {
    const meaning = readCookie(flow.cookie)
    if (meaning === undefined) throw new Error(`a cookie without meaning: ${flow.cookie.toString(16)}`)
    const { kind, object } = meaning
    const space = COOKIE[kind]
    const exchanged =
      space === undefined
        ? object
        : space === 'policy'
          ? this.number(space, Math.floor(object / RULES_PER_POLICY)) * RULES_PER_POLICY + (object % RULES_PER_POLICY)
          : this.number(space, object)
    // A conjunction's id is its object, or lies as far from it.
    const conjunction = (id: number): number => id + exchanged - object
    return {
      ...flow,
      priority: (kind === 'vnp' ? priorities.get(`${flow.table} ${object}`) : undefined) ?? flow.priority,
      cookie: cookieOf(kind, exchanged),
      match: flow.match.map((oxm) => this.#oxm(oxm, conjunction)),
      instructions: flow.instructions.map((instruction) => this.#instruction(instruction, conjunction)),
    }
  }

  #oxm(oxm: Oxm, conjunction: (id: number) => number): Oxm {
    if (oxm.field === 'conj_id') return { ...oxm, value: conjunction(oxm.value) }
    const space = REGISTER[oxm.field]
    if (space === undefined || oxm.field === 'unknown') return oxm
    if ('mask' in oxm && oxm.mask !== undefined) throw new Error(`${oxm.field} with a mask`)
    return { ...oxm, value: this.number(space, Number(oxm.value)) } as Oxm
  }

  #instruction(instruction: Instruction, conjunction: (id: number) => number): Instruction {
    if (instruction.type === 'meter') return { ...instruction, meter_id: this.number('meter', instruction.meter_id) }
    if (instruction.type !== 'apply_actions') return instruction
    return { ...instruction, actions: instruction.actions.map((action) => this.#action(action, conjunction)) }
  }

  #action(action: Action, conjunction: (id: number) => number): Action {
    if (action.type === 'nx_conjunction') return { ...action, id: conjunction(action.id) }
    if (action.type !== 'set_field') return action
    return { ...action, field: this.#oxm(action.field, conjunction) }
  }
}

/** By table and partition's number, the priority of the partition's default. */
function defaultsIn({ flows }: SwitchProgram): Map<string, number> {
  const found = new Map<string, number>()
  const holders = new Map<string, string>()
  for (const { cookie, table, priority } of flows.values()) {
    const meaning = readCookie(cookie)
    if (meaning?.kind !== 'vnp') continue
    const key = `${table} ${meaning.object}`
    if ((found.get(key) ?? priority) !== priority) throw new Error(`two priorities of one default: ${key}`)
    const place = `${table} ${priority}`
    if ((holders.get(place) ?? key) !== key) throw new Error(`two defaults at priority ${priority}`)
    found.set(key, priority)
    holders.set(place, key)
  }
  return found
}
