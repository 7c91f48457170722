/**
 * State, not path: whatever way leads to a state, switches end with equal tables, and people with equal answers. Each
 * state takes its share of the ways here; `npm run soak` goes all of them to every state.
 */
import { expect } from 'chai'
import { readCookie } from '../../controller/policy/cookie.ts'
import { CompileWorld, programDifferences } from '../support/compile-world.ts'
import { NAMED_STATES, NOWHERE } from '../support/named-states.ts'
import { Renaming } from '../support/number-renaming.ts'
import { toward } from '../support/state-ways.ts'
import { BACKENDS, checkWays, PAIRS } from '../support/ways-check.ts'

/** A state goes one in so many of the ways. */
const SHARE = 4

describe('ways to a state', () => {
  for (const [at, state] of NAMED_STATES.entries()) {
    it(`all end in the same tables: ${state.name}`, function () {
      this.timeout(60_000)
      const passages = PAIRS.flatMap(([way, expansion], index) => {
        const turn = (index + at) % 3 === 0 ? 3 : 1
        const backend = BACKENDS[(Math.floor(index / SHARE) + at) % BACKENDS.length]!
        return index % SHARE === at % SHARE ? [{ way, expansion, backend, turn }] : []
      })
      checkWays(state, passages, at)
    })
  }
})

describe('the comparison of programs with different numbers', () => {
  const [, , state] = NAMED_STATES
  const world = (): CompileWorld => {
    const made = new CompileWorld('fabric')
    for (const step of toward(NOWHERE, state!)) made.must(step)
    made.close()
    return made
  }

  it('finds every change of a register, a cookie, a priority or a meter', () => {
    const made = world()
    const renaming = new Renaming(made.store.intent, made.store.intent)
    for (const program of made.programs.values()) {
      expect(programDifferences(renaming.program(program, program), program)).to.deep.equal([])
      for (const [key, flow] of program.flows) {
        const changed = [
          // Where a partition's defaults stand is a number of arrival; it may differ as a whole.
          ...(readCookie(flow.cookie)?.kind === 'vnp' ? [] : [{ ...flow, priority: flow.priority + 1 }]),
          { ...flow, cookie: flow.cookie ^ (1n << 32n) },
          { ...flow, instructions: [...flow.instructions, { type: 'goto_table', table_id: 99 } as const] },
          { ...flow, match: [...flow.match, { field: 'reg9', value: 1 } as const] },
        ]
        for (const other of changed) {
          const spoiled = { ...program, flows: new Map(program.flows).set(key, other) }
          let found: unknown[]
          try {
            found = programDifferences(renaming.program(spoiled, program), program)
          } catch {
            found = ['refused']
          }
          expect(found, key).not.to.deep.equal([])
        }
      }
    }
  })

  it('takes no number for another', () => {
    const made = world()
    const renaming = new Renaming(made.store.intent, made.store.intent)
    const program = [...made.programs.values()][0]!
    const identities = [...made.store.intent.identities.keys()]
    let exchanged = 0
    for (const [key, flow] of program.flows) {
      const [first] = flow.match
      if (first?.field !== 'reg0') continue
      const other = identities.find((number) => number !== first.value)!
      const spoiled = new Map(program.flows)
      spoiled.set(key, { ...flow, match: [{ field: 'reg0', value: other }, ...flow.match.slice(1)] })
      let found: unknown[]
      try {
        found = programDifferences(renaming.program({ ...program, flows: spoiled }, program), program)
      } catch {
        found = ['refused']
      }
      expect(found, key).not.to.deep.equal([])
      exchanged++
    }
    expect(exchanged).to.be.greaterThan(3)
  })
})
