/**
 * Whether a way leads to the same tables and answers as the direct one. Numbers that are given out in order of arrival
 * may differ; they are exchanged one to one before programs are compared. Used by the fast tests and the soak.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { explain } from '../../controller/policy/explain.ts'
import { permits } from '../../controller/policy/permits.ts'
import type { Backend } from '../../controller/policy/state.ts'
import { Random } from '../fuzz/engine/random.ts'
import { type ArbitraryPacket, arbitraryPacket } from './arbitrary-state.ts'
import { CompileWorld, programDifferences, type Step } from './compile-world.ts'
import { NAMED_STATES, type NamedState } from './named-states.ts'
import { Renaming } from './number-renaming.ts'
import { EXPANDERS, WAYS } from './state-ways.ts'

/** One way among all. */
export interface Passage {
  way: string
  expansion: string
  backend: Backend
  /** Steps that one compilation takes in. */
  turn: number
}

export const BACKENDS: readonly Backend[] = ['fabric', 'normal']

/** All ways by all expanders. */
export const PAIRS: readonly [way: string, expansion: string][] = Object.keys(WAYS).flatMap((way) =>
  Object.keys(EXPANDERS).map((expansion): [string, string] => [way, expansion]),
)

/** Goes these ways to a state and holds each end to that of the direct way. */
export function checkWays(state: NamedState, passages: readonly Passage[], seed: number): void {
  const packets = packetsOf(state)
  const others = NAMED_STATES.filter((other) => other !== state)
  const direct = new Map(
    BACKENDS.map((backend) => [backend, walked(WAYS['direct']!(state, new Random(seed), others), backend, 1)]),
  )
  for (const { way, expansion, backend, turn } of passages) {
    const random = new Random(seed)
    const steps = EXPANDERS[expansion]!(WAYS[way]!(state, random, others), random)
    try {
      const world = walked(steps, backend, turn)
      expectSame(world, direct.get(backend)!, packets)
      world.close()
    } catch (error) {
      const name = `${way}, ${expansion}, ${backend}, ${turn} steps at a time, seed ${seed}`
      if (error instanceof Error) error.message = `${name}: ${error.message}`
      throw error
    }
  }
  for (const world of direct.values()) world.close()
}

/** The world at the end of a way. */
function walked(steps: readonly Step[], backend: Backend, turn: number): CompileWorld {
  const world = new CompileWorld(backend)
  for (const [index, step] of steps.entries()) {
    const refused = world.happen(step)
    expect(refused, `step ${index}: ${JSON.stringify(step)}`).to.equal(undefined)
    if (index % turn === turn - 1) world.compile()
  }
  world.compile()
  return world
}

/** What records say, without what their histories left on them. */
function said(world: CompileWorld): unknown {
  const { interfaces, vnps, policies, switches } = world.store.intent
  const records = [...interfaces.values(), ...vnps.values(), ...policies.values(), ...switches.values()]
  return records
    .map(({ number: _number, createTime: _create, updateTime: _update, updatedBy: _by, ...rest }) => rest)
    .sort((one, other) => (`${one.kind}/${one.name}` < `${other.kind}/${other.name}` ? -1 : 1))
}

function packetsOf({ records }: NamedState): ArbitraryPacket[] {
  const names = records.flatMap(({ kind, name }) => (kind === 'interface' ? [name] : []))
  return names.length === 0 ? [] : fc.sample(arbitraryPacket(names), { numRuns: 12, seed: 7 })
}

/** What people are told, with identities as what they stand for. */
function answers(world: CompileWorld, packets: readonly ArbitraryPacket[]): unknown {
  const { intent } = world.store
  return packets.map((packet) => {
    const { generation: _, from, to, ...rest } = explain(intent, world.observed, packet)
    const key = ({ identity, ...end }: typeof from) => ({ ...end, identity: intent.identities.get(identity ?? 0)?.key })
    return { ...rest, from: key(from), to: key(to), verdict: permits(intent, packet) }
  })
}

function expectSame(world: CompileWorld, direct: CompileWorld, packets: readonly ArbitraryPacket[]): void {
  expect(said(world)).to.deep.equal(said(direct))
  expect([...world.observed.places].sort()).to.deep.equal([...direct.observed.places].sort())
  expect([...world.programs.keys()].sort()).to.deep.equal([...direct.programs.keys()].sort())
  const renaming = new Renaming(world.store.intent, direct.store.intent)
  for (const [datapathId, program] of world.programs) {
    const wanted = direct.programs.get(datapathId)!
    expect(programDifferences(renaming.program(program, wanted), wanted), datapathId).to.deep.equal([])
  }
  expect(world.differencesFromFull(), 'step by step against at once').to.deep.equal([])
  expect(answers(world, packets)).to.deep.equal(answers(direct, packets))
}
