/**
 * The prover where identities travel in tunnels, labels and VLAN tags.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { Compiler } from '../../controller/policy/compile.ts'
import { TABLES } from '../../controller/policy/pipeline.ts'
import type { SwitchProgram } from '../../controller/policy/program.ts'
import type { NetworkState } from '../../controller/policy/state.ts'
import type { ProofLink } from '../../controller/prove/facts.ts'
import { isProved, type Proof, Prover } from '../../controller/prove/prove.ts'
import { EVERYTHING } from '../../model/selector.ts'
import type { Tag } from '../../model/tag.ts'
import {
  type ArbitraryRecords,
  arbitraryVnp,
  datapathName,
  intentOf,
  interfaceRecord,
  LINE_PORTS,
  networkOf,
} from '../support/arbitrary-state.ts'
import { type Carrying, carriedNetwork, UNIFORM } from '../support/carried-network.ts'

const ALL = { intent: 'all', observed: 'all' } as const

/** The links of carriedNetwork(). */
function linksOf({ observed }: NetworkState): ProofLink[] {
  const names = [...observed.datapaths.keys()]
  return names.flatMap((one, index) => {
    const other = names[index + 1]
    if (other === undefined || observed.datapaths.get(one)?.fabricPorts.has(LINE_PORTS.right) !== true) return []
    const left = { datapathId: one, port: LINE_PORTS.right }
    const right = { datapathId: other, port: LINE_PORTS.left }
    return [
      { from: left, to: right },
      { from: right, to: left },
    ]
  })
}

function compiled(state: NetworkState): Map<string, SwitchProgram> {
  const found = new Map<string, SwitchProgram>()
  for (const [datapathId, { program }] of new Compiler(state.backend).compile(state, ALL))
    found.set(datapathId, program)
  return found
}

function prove(state: NetworkState, programs: ReadonlyMap<string, SwitchProgram>): Proof {
  const prover = new Prover()
  for (const [datapathId, program] of programs) prover.set(datapathId, { program, foreign: [] })
  return prover.prove(state, linksOf(state), { limit: 1, perKind: 4 })
}

const WEB = JSON.stringify('web') as Tag

/** Two switches with an interface each; everybody may talk. */
function pair(carrying: Carrying): NetworkState {
  const datapathIds = [datapathName(1), datapathName(2)]
  const fixed = datapathIds.map((datapathId, index) => interfaceRecord(index + 1, 'default', [WEB], datapathId))
  const all = arbitraryVnp('all', 1).map((vnp): ArbitraryRecords => {
    const open = { ...vnp, selector: EVERYTHING, ingressDefault: 'allow', egressDefault: 'allow' } as const
    return { records: [...fixed, open], datapathIds }
  })
  const [records] = fc.sample(all, 1) as [ArbitraryRecords]
  return carriedNetwork(networkOf(intentOf(records), datapathIds), carrying)
}

describe('the prover where identities travel with packets', () => {
  for (const [name, carrying] of Object.entries(UNIFORM)) {
    it(`finds no fault in what the compiler makes, with ${name}`, function () {
      this.timeout(180_000)
      const state = pair(carrying)
      expect(prove(state, compiled(state)).counterexamples).to.deep.equal([])
    })

    it(`does not call proved that nothing comes, with ${name}`, function () {
      this.timeout(180_000)
      const state = pair(carrying)
      const programs = compiled(state)
      for (const { flows } of programs.values())
        for (const [key, { table }] of flows) if (table === TABLES.tag) flows.delete(key)
      expect(isProved(prove(state, programs))).to.equal(false)
    })
  }
})
