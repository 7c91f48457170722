/** Rows towards other switches: brought up to date step by step they are those that are made from nothing. */
import { expect } from 'chai'
import fc from 'fast-check'
import { nextHopTo } from '../../controller/policy/carriers.ts'
import { ForwardRows } from '../../controller/policy/compile-forward.ts'
import type { Flow } from '../../controller/policy/program.ts'
import type { DatapathView, IntentView, NetworkState } from '../../controller/policy/state.ts'

const NAMES = ['a', 'b', 'c', 'd']

/** Of each switch its number, if it has one, and the ports of next hops by destination. */
interface State {
  numbers: Map<string, number>
  hops: Map<string, Map<string, number>>
  /** Of each switch its end of tunnels and what it puts on links, if any. */
  ends: Map<string, Pick<DatapathView, 'tunnel' | 'carriers'>>
}

const arbitraryEnd = (name: string): fc.Arbitrary<Pick<DatapathView, 'tunnel' | 'carriers'>> =>
  fc.record(
    {
      tunnel: fc.record({
        kind: fc.constantFrom('geneve', 'vxlan'),
        port: fc.constantFrom(8, 9),
        address: fc.constantFrom(`192.0.2.${NAMES.indexOf(name)}`, `2001:db8::${NAMES.indexOf(name)}`),
      }),
      carriers: fc.subarray(['mpls', 'vlan'] as const),
      mtu: fc.constantFrom(1500, 9000),
      measures: fc.constant(false as const),
    },
    { requiredKeys: [] },
  )

const arbitraryState: fc.Arbitrary<State> = fc.record({
  ends: fc
    .tuple(fc.boolean(), ...NAMES.map(arbitraryEnd))
    .map(([are, ...ends]) => new Map(are ? NAMES.map((name, at) => [name, ends[at]!]) : [])),
  // A permutation of few numbers: they change hands often.
  numbers: fc
    .tuple(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 4, maxLength: 4 }), fc.subarray(NAMES))
    .map(([numbers, have]) => new Map(have.map((name) => [name, numbers[NAMES.indexOf(name)]!]))),
  hops: fc
    .array(fc.array(fc.option(fc.integer({ min: 1, max: 2 })), { minLength: 4, maxLength: 4 }), {
      minLength: 4,
      maxLength: 4,
    })
    .map(
      (table) =>
        new Map(
          NAMES.map((from, row) => [
            from,
            new Map(
              NAMES.flatMap((to, column): [string, number][] => {
                const port = table[row]![column]
                return from === to || port === null || port === undefined ? [] : [[to, port]]
              }),
            ),
          ]),
        ),
    ),
})

const intentOf = ({ numbers }: State): IntentView =>
  ({ number: (_: string, name: string) => numbers.get(name) }) as unknown as IntentView
const viewOf = (datapathId: string, { hops, ends }: State): DatapathView =>
  ({ datapathId, nextHops: hops.get(datapathId)!, ...ends.get(datapathId) }) as unknown as DatapathView
const stateOf = (state: State): Pick<NetworkState, 'intent' | 'observed'> => ({
  intent: intentOf(state),
  observed: { datapaths: new Map(NAMES.map((name) => [name, viewOf(name, state)])), places: new Map() },
})
const into =
  (rows: Map<string, Flow>) =>
  (key: string, flow: Flow | undefined): void => {
    if (flow === undefined) rows.delete(key)
    else rows.set(key, flow)
  }

/** One each; two more that read what comes through a tunnel and refuse guests its end, one that links carry identities; one that measures. */
function rowsExpected(from: string, state: State): number {
  const { observed } = stateOf(state)
  let count = 0
  for (const to of NAMES) {
    const next = state.numbers.has(to) ? nextHopTo(observed, viewOf(from, state), to) : undefined
    if (next === undefined) continue
    count += next.carrier === 'address' ? 1 : next.remote === undefined ? 2 : 3
    if (next.largest !== undefined) count++
  }
  return count
}

describe('rows towards other switches', () => {
  it('are after any steps what they are from nothing, and one object where switches share them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(arbitraryState, fc.boolean(), fc.boolean(), fc.boolean()), { minLength: 2 }),
        (steps) => {
          const rows = new ForwardRows()
          const held = new Map(NAMES.map((name) => [name, new Map<string, Flow>()]))
          let before: State | undefined
          for (const [drawn, keepsNumbers, keepsHops, keepsEnds] of steps) {
            const state: State = {
              numbers: keepsNumbers && before !== undefined ? before.numbers : drawn.numbers,
              hops: keepsHops && before !== undefined ? before.hops : drawn.hops,
              ends: keepsEnds && before !== undefined ? before.ends : drawn.ends,
            }
            const renumbered = NAMES.filter((name) => before?.numbers.get(name) !== state.numbers.get(name))
            const ends = new Set(NAMES.filter((name) => before?.ends.get(name) !== state.ends.get(name)))
            const now = stateOf(state)
            rows.begin(now.intent, before === undefined ? 'all' : new Set(renumbered), ends)
            for (const name of NAMES) rows.update(now, viewOf(name, state), into(held.get(name)!))
            const anew = new ForwardRows()
            anew.begin(now.intent, 'all')
            const made = NAMES.map((name) => {
              const its = new Map<string, Flow>()
              anew.update(now, viewOf(name, state), into(its))
              expect(held.get(name), name).to.deep.equal(its)
              expect(its.size).to.equal(rowsExpected(name, state))
              return its
            })
            const [one, ...others] = made
            for (const other of others) {
              for (const [key, flow] of other) {
                const same = one?.get(key)
                if (same !== undefined && same.instructions[0] !== flow.instructions[0])
                  expect(same.instructions).not.to.deep.equal(flow.instructions)
              }
            }
            before = state
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
