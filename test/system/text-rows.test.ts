/**
 * Every row of the field tables and every row of the actions, there and back through ovs-ofctl: our text read by it,
 * its print of that read by us; our octets printed by it, its print read and sent by us. What is left out has evidence.
 * Needs ovs-ofctl, no switch and no root.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  ACTIONS,
  type Action,
  encode,
  FIELD_NAMES,
  type FieldName,
  type FlowStats,
  formatFlow,
  type Instruction,
  type Oxm,
  type ParsedFlow,
  parseFlow,
  parseFlowStats,
  parseMatch,
  toHex,
  WireError,
} from 'node-openflow'
import { ACTION_ROWS, ACTIONS_LEFT_OUT } from '../openflow/text-action-rows.ts'
import { printed, type Sent, sentFlow, sentFlows } from '../openflow/text-ofctl.ts'
import { FIELDS_LEFT_OUT, type LeftOut, ROWS, rowMatch } from '../openflow/text-rows.ts'

const RUNS = 8

interface Case {
  readonly name: string
  readonly match: Oxm[]
  readonly instructions: Instruction[]
  /** It comes back as it is, not in another spelling. */
  readonly canonical: boolean
}

const octetsOf = (flow: ParsedFlow | FlowStats): string => {
  const { match, instructions } = flow
  return toHex(encode({ type: 'flow_mod', xid: 1, command: 'add', ...parseFlow(''), match, instructions }))
}

const asStats = ({ match, instructions }: Case): FlowStats => ({
  ...{ table_id: 0, duration_sec: 0, duration_nsec: 0, priority: 32768, idle_timeout: 0, hard_timeout: 0, flags: 0 },
  ...{ cookie: 0n, packet_count: 0n, byte_count: 0n, match, instructions },
})

/** What does not come back, in words; empty if all does. */
function lost(cases: readonly Case[]): string[] {
  const lines = cases.map((one) => formatFlow(one, { style: 'add' }))
  const sent = sentFlows(lines)
  const replies = cases.map((one) =>
    encode({ type: 'multipart_reply', xid: 1, flags: 0, mp_type: 'flow', body: [asStats(one)] }),
  )
  const prints = printed(replies)
  return cases.flatMap((one, i) => {
    const say = (what: string): string[] => [`${one.name}: ${what}: ${lines[i]} | ${sent[i]!.text} | ${prints[i]}`]
    const read = parseFlow(lines[i]!)
    const { match, instructions } = read
    try {
      if (one.canonical) expect({ match, instructions }).to.deep.equal(pick(one))
      expect(pick(parseFlow(sent[i]!.text.replace(/^ADD ?/, '')))).to.deep.equal({ match, instructions })
      expect(pick(parseFlowStats(prints[i]!))).to.deep.equal({ match, instructions })
    } catch (error) {
      return say(`${error}`.slice(0, 300))
    }
    if (octetsOf(read) !== sent[i]!.octets) return say('other octets')
    return []
  })
}

const pick = ({ match, instructions }: { match: Oxm[]; instructions: Instruction[] }) => ({ match, instructions })

/** Whether ovs-ofctl still shows why a row is left out. */
function shows({ shown, text }: LeftOut): boolean {
  const theirs: Sent | undefined = sentFlow(text)
  if (shown === 'refused') return theirs === undefined
  if (theirs === undefined) return false
  const read = parseFlow(text)
  if (shown === 'other octets') return octetsOf(read) !== theirs.octets
  return octetsOf(read) === theirs.octets && octetsOf(parseFlow(theirs.text.replace(/^ADD ?/, ''))) !== theirs.octets
}

describe('rows of fields and actions there and back through ovs-ofctl', function () {
  this.timeout(60_000)
  const seed = Number(process.env['TEXT_SEED'] ?? Date.now() % 2 ** 31)
  const output: Instruction[] = [{ type: 'apply_actions', actions: [{ type: 'output', port: 1, max_len: 0 }] }]

  it(`matches of each of ${ROWS.length} fields (seed ${seed})`, () => {
    const cases = ROWS.flatMap((name) =>
      fc.sample(rowMatch(name), { numRuns: RUNS, seed }).map((row) => ({ name, instructions: output, ...row })),
    )
    const failures = lost(cases)
    expect(failures.slice(0, 5), `${failures.length} of ${cases.length}`).to.deep.equal([])
  })

  it('leaves out fields that exist, and for the reason that it says', () => {
    const names = Object.keys(FIELDS_LEFT_OUT) as FieldName[]
    expect(names.filter((name) => !FIELD_NAMES.includes(name))).to.deep.equal([])
    expect(names.filter((name) => !shows(FIELDS_LEFT_OUT[name]!))).to.deep.equal([])
  })

  it('actions of each row', () => {
    const cases = ACTION_ROWS.map(([name, match, actions, as]) => ({
      name,
      match: parseMatch(match),
      instructions: [{ type: 'apply_actions', actions: [...actions] } as Instruction],
      canonical: as !== 'another',
    }))
    const failures = lost(cases)
    expect(failures.slice(0, 5), `${failures.length} of ${cases.length}`).to.deep.equal([])
  })

  it('has or leaves out every action that there is', () => {
    const used = new Set<string>()
    const see = (action: Action): void => {
      used.add(action.type)
      if ('actions' in action) action.actions.forEach(see)
    }
    for (const [name, , actions] of ACTION_ROWS) {
      actions.forEach(see)
      expect(actions.some(({ type }) => type === name) || used.has(name), name).to.equal(true)
    }
    const left = Object.keys(ACTIONS_LEFT_OUT)
    expect(Object.keys(ACTIONS).filter((name) => !used.has(name) && !left.includes(name))).to.deep.equal([])
    expect(left.filter((name) => used.has(name) || !Object.hasOwn(ACTIONS, name))).to.deep.equal([])
  })

  it('leaves out actions that Open vSwitch or OpenFlow 1.3 does not have', () => {
    const wrong = Object.entries(ACTIONS_LEFT_OUT).filter(([, { action }]) => {
      const instructions: Instruction[] = [{ type: 'apply_actions', actions: [action] }]
      try {
        const body = [asStats({ name: '', match: [], instructions, canonical: false })]
        const [print] = printed([encode({ type: 'multipart_reply', xid: 1, flags: 0, mp_type: 'flow', body })])
        return !/decode error|OFPBAC_/.test(print!)
      } catch (error) {
        return !(error instanceof WireError && error.code === 'not_in_version')
      }
    })
    expect(wrong.map(([name]) => name)).to.deep.equal([])
  })
})
