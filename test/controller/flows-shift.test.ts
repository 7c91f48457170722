/**
 * Programs at other table numbers: on reference switches they treat packets as they do at their own, and to go back is
 * to have been nowhere. Programs of the compiler, and random rows that name tables in every way there is.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Action, type MessageNamed, type Output, ReferenceSwitch } from 'node-openflow'
import { operationMessage } from '../../controller/flows/messages.ts'
import { backwards, type Shift, shifted } from '../../controller/flows/shift.ts'
import { Compiler } from '../../controller/policy/compile.ts'
import type { Intent } from '../../controller/policy/intent.ts'
import { homeOf, inRange, RANGES, rangeOf, TABLES } from '../../controller/policy/pipeline.ts'
import { emptyProgram, flowKey, type Group, type SwitchProgram } from '../../controller/policy/program.ts'
import { apply, flowAdd, flows, groups, output, packet } from '../support/arbitrary-flows.ts'
import { arbitraryNetwork } from '../support/arbitrary-state.ts'
import { ALL } from '../support/controller-parts.ts'
import { openings, uplinkOf } from '../support/policy-packets.ts'
import { endOf, frameOf, ReferenceNetwork } from '../support/reference-network.ts'

const HOME = rangeOf(TABLES.deliver) as number
const NO_GROUPS: ReadonlyMap<number, number> = new Map()

const elsewhere = (from: number): fc.Arbitrary<number> => fc.nat(RANGES - 1).filter((range) => range !== from)

/** The program somewhere else, and what comes of it on the way back. */
function moved(program: SwitchProgram, shift: Shift): SwitchProgram {
  const made = shifted(program, shift)
  if (made === undefined) throw new Error('it cannot be shifted')
  expect(shifted(made, backwards(shift))).to.deep.equal(program)
  for (const { table } of made.flows.values()) expect([undefined, shift.to]).to.include(rangeOf(table))
  return made
}

describe('rows at other table numbers', () => {
  it('of compiled programs deliver, refuse and tell what they do at their own, and are themselves when they are back', function () {
    this.timeout(120_000)
    const seen = { delivered: 0, dropped: 0, told: 0 }
    const least = { delivered: 20, dropped: 20, told: 2 }
    const isMet = (): boolean =>
      seen.delivered >= least.delivered && seen.dropped >= least.dropped && seen.told >= least.told
    for (let runs = 0; runs < 20 && !isMet(); runs++)
      fc.assert(
        fc.property(arbitraryNetwork(8), elsewhere(HOME), ({ state, intent, packets }, to) => {
          const [here, there] = [new ReferenceNetwork(state.observed), new ReferenceNetwork(state.observed)]
          const asked: [string, number][][] = [[], []]
          for (const [at, network] of [here, there].entries())
            network.onPacketIn = (datapathId, { table_id }) => asked[at]!.push([datapathId, homeOf(table_id)])
          for (const [datapathId, { program }] of new Compiler('fabric').compile(state, ALL)) {
            here.install(datapathId, program)
            there.install(datapathId, moved(program, { from: HOME, to, groups: NO_GROUPS }))
          }
          for (const one of openings(intent as Intent, packets)) {
            for (const reply of [false, true]) {
              const [sender, receiver] = reply ? [one.to, one.from] : [one.from, one.to]
              const [from, its] = [sender, receiver].map((name) =>
                endOf(name, state.intent.interfaces.get(name), one.family),
              )
              const frame = frameOf(one, reply, from!, its!)
              const place = state.observed.places.get(sender) ?? uplinkOf(state)
              const arrivals = here.send(place, frame)
              expect(there.send(place, frame)).to.deep.equal(arrivals)
              if (arrivals.length > 0) seen.delivered++
              else seen.dropped++
            }
          }
          expect(there.told).to.deep.equal(here.told)
          expect(asked[1]).to.deep.equal(asked[0])
          seen.told += here.told.length
        }),
        { numRuns: 20 },
      )
    expect(isMet(), JSON.stringify(seen)).to.equal(true)
  })

  it('do the same to a packet, however they name tables and groups', () => {
    const learns: Action = {
      ...{ type: 'nx_learn', idle_timeout: 0, hard_timeout: 0, priority: 60_000, cookie: 5n, flags: 0, table_id: 3 },
      ...{ fin_idle_timeout: 0, fin_hard_timeout: 0 },
      specs: [
        { n_bits: 48, src: { field: 'eth_src', ofs: 0 }, to: 'match', dst: { field: 'eth_dst', ofs: 0 } },
        { n_bits: 16, src: { field: 'nxm_of_in_port', ofs: 0 }, to: 'output' },
      ],
    }
    const nested: Action = {
      type: 'nx_clone',
      actions: [learns, { type: 'nx_resubmit_table', in_port: 0xfff8, table: 2 }],
    }
    const deeper: Action = {
      ...{ type: 'nx_ct', flags: 1, zone: 3, recirc_table: 2, alg: 'none' },
      actions: [{ type: 'set_field', field: { field: 'ct_mark', value: 9 } }],
    }
    const own = [
      flowAdd(901, {
        ...{ cookie: 901n, priority: 9000, match: [{ field: 'in_port', value: 1 }] },
        instructions: [...apply(nested), { type: 'goto_table', table_id: 1 }],
      }),
      flowAdd(902, {
        ...{ cookie: 902n, table: 1, priority: 9000 },
        match: [
          { field: 'in_port', value: 1 },
          { field: 'eth_type', value: 0x800 },
        ],
        instructions: apply(deeper, { type: 'nx_resubmit_table', in_port: 0xfff8, table: 3 }),
      }),
      flowAdd(903, {
        ...{ cookie: 903n, table: 2, priority: 9000, match: [{ field: 'ct_zone', value: 3 }] },
        instructions: apply(output(3)),
      }),
    ]
    const seen = { outputs: 0, groups: 0, learned: 0 }
    const numbers = new Map([
      [1, 11],
      [3, 12],
    ])
    fc.assert(
      fc.property(
        ...[flows({ ct: true }), flows(), elsewhere(0), fc.boolean()],
        fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), packet), { minLength: 1, maxLength: 12 }),
        (tracking, setting, to, tracks, packets) => {
          const program = programOf([...(tracks ? tracking : setting), ...own])
          const other = moved(program, { from: 0, to, groups: numbers })
          const [{ made: here, ...first }, { made: there, ...second }] = [switchOf(program), switchOf(other)]
          expect(second).to.deep.equal(first)
          for (const [port, data] of packets) {
            const outputs = here.inject(port, data)
            expect(there.inject(port, data).map(plain)).to.deep.equal(outputs.map(plain))
            seen.outputs += outputs.length
          }
          seen.learned += there.state.tables.get(inRange(3, to))?.flows.filter((flow) => flow.cookie === 5n).length ?? 0
          seen.groups += [...other.groups.keys()].filter((id) => id > 10).length
        },
      ),
      { numRuns: 60 },
    )
    expect(seen.outputs).to.be.above(30)
    expect(seen.learned).to.be.above(20)
    expect(seen.groups).to.be.above(20)
  })

  it('are none where they lead out of their range, or where nobody can read them', () => {
    const shift = { from: 2, to: 5, groups: NO_GROUPS }
    const of = (table: number, ...actions: Action[]): SwitchProgram =>
      programOf([flowAdd(1, { table, instructions: apply(...actions) })])
    const onward = (table: number): Action => ({ type: 'nx_resubmit_table', in_port: 0xfff8, table })
    expect(shifted(of(0, onward(inRange(7, 2))), shift)).to.deep.equal(of(0, onward(inRange(7, 5))))
    expect(shifted(of(inRange(1, 2), onward(0xff)), shift)).to.deep.equal(of(inRange(1, 5), onward(0xff)))
    expect(shifted(of(0, onward(inRange(7, 3))), shift)).to.equal(undefined)
    expect(shifted(of(inRange(7, 3)), shift)).to.equal(undefined)
    expect(shifted(of(inRange(1, 2) - 1), shift)).to.equal(undefined)
    const unknown: Action = { type: 'experimenter', experimenter: 7, data: new Uint8Array(4) }
    expect(shifted(of(0, { type: 'nx_clone', actions: [unknown] }), shift)).to.equal(undefined)
  })
})

function programOf(mods: readonly MessageNamed<'flow_mod'>[]): SwitchProgram {
  const program = emptyProgram()
  for (const { table_id: table, priority, match, instructions, cookie } of mods)
    program.flows.set(flowKey(table, priority, match), { table, priority, match, instructions, cookie, unit: '' })
  for (const { group_id: groupId, group_type, buckets } of groups)
    program.groups.set(groupId, { groupId, groupType: group_type as Group['groupType'], buckets, unit: '' })
  return program
}

/** Random rows may be refused; then by both. */
function switchOf(program: SwitchProgram): { made: ReferenceSwitch; refused: (string | number)[] } {
  const made = new ReferenceSwitch({ datapathId: 7n, ports: [1, 2, 3] })
  const messages = [
    ...[...program.groups.values()]
      // What others name comes first.
      .sort((a, b) => Number(a.groupType === 'select') - Number(b.groupType === 'select'))
      .map((group) => operationMessage({ what: 'group', act: 'add', group })),
    ...[...program.flows].map(([key, flow]) => operationMessage({ what: 'flow', act: 'add', key, flow })),
  ]
  const refused = messages
    .flatMap((message) => made.handle(message))
    .map((answer) => (answer.type === 'error' ? answer.code : ''))
  return { made, refused }
}

/** Without the number of the table that tells the controller. */
function plain(output: Output): unknown {
  if (output.port !== 'controller') return output
  return { port: output.port, message: { ...output.message, table_id: 0, place: homeOf(output.message.table_id) } }
}
