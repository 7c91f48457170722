/**
 * The codec against `ovs-ofctl ofp-parse` of Open vSwitch 3.1, over generated messages of every type: Open vSwitch
 * accepts what is valid, refuses what our checks refuse, prints what we print, and of damaged messages accepts none
 * that we refuse. Where not, a row says why. Needs ovs-ofctl, no switch and no root.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { encode, formatMessage, toHex, toJson } from 'node-openflow'
import type { Version } from '../../openflow/wire/version.ts'
import { type Case, cases, inVersion, isWritten } from '../openflow/differential/cases.ts'
import { damage } from '../openflow/differential/damage.ts'
import { ERRORS, EXAMPLES, outcomeOf, same, THEIRS, WE_REFUSE } from '../openflow/differential/ovs-damage.ts'
import { TEXTS } from '../openflow/differential/ovs-texts.ts'
import { expected, NO_ACTIONS, VERDICTS } from '../openflow/differential/ovs-verdicts.ts'
import { fieldCases, validMessages } from '../openflow/differential/valid.ts'
import { ofpParse, type Printed } from '../support/ofp-parse.ts'

const VERSIONS: ReadonlyArray<{ readonly version: Version; readonly name: string }> = [
  { version: 1, name: '1.0' },
  { version: 4, name: '1.3' },
  { version: 5, name: '1.4' },
  { version: 6, name: '1.5' },
]
const EACH = 12

for (const { version, name } of VERSIONS) {
  describe(`differential, Open vSwitch, OpenFlow ${name}`, function () {
    this.timeout(60_000)
    const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? 20)
    const verdicts = VERDICTS.filter(({ versions }) => versions?.includes(version) ?? true)
    const texts = TEXTS.filter(({ versions }) => versions?.includes(version) ?? true)
    let valid: Array<Case & { printed: Printed }> = []

    before(() => {
      const messages = [...validMessages(version)].flatMap(([kind, arbitrary]) =>
        fc.sample(arbitrary, { numRuns: EACH, seed }).map((message) => ({ name: kind, message })),
      )
      const examples = [...verdicts, ...texts]
        .flatMap((row) => row.examples ?? [])
        .filter(({ message }) => (message.version ?? version) === version)
        .map(({ name: kind, message }) => ({ name: kind, message: inVersion(message, version) }))
        .filter(({ message }) => isWritten(message))
      const list: Case[] = [...messages, ...fieldCases(version, 2, seed), ...examples]
      const printed = ofpParse(list.map(({ message }) => encode(message)))
      valid = list.map((one, i) => ({ ...one, printed: printed[i]! }))
    })

    it('accepts what is valid and refuses what our checks refuse, but for the rows', () => {
      const wrong = valid.filter((one) => {
        const row = verdicts.find(({ is }) => is(one))
        return one.printed.refused !== expected(one) && one.printed.refused !== row?.error
      })
      const told = wrong.map((one) => {
        const json = toJson(one.message).slice(0, 700)
        return `${one.name}: ${one.printed.refused}, not ${expected(one)}\n    ${json}`
      })
      expect(told.slice(0, 8), `${wrong.length} of ${valid.length} (seed ${seed})`).to.deep.equal([])
    })

    it('still refuses where a row says so', () => {
      const idle = verdicts.filter(({ is, error }) => !valid.some((one) => is(one) && one.printed.refused === error))
      expect(idle.map(({ where }) => where)).to.deep.equal([])
    })

    it('has the actions that Open vSwitch has, but for the rows', () => {
      const list = cases(version, 4, seed).filter(({ name: kind }) => kind.startsWith('action '))
      const printed = ofpParse(list.map(({ message }) => encode(message)))
      const known = new Set(
        list
          .filter((_, i) => !/BAD_(TYPE|VENDOR|VENDOR_TYPE)$/.test(printed[i]!.refused ?? ''))
          .map(({ name: kind }) => kind),
      )
      const names = [...new Set(list.map(({ name: kind }) => kind))]
      const unknown = names.filter((kind) => !known.has(kind)).map((kind) => kind.slice('action '.length))
      const listed = NO_ACTIONS.filter(([, versions]) => versions.includes(version)).flatMap(([actions]) => actions)
      expect(unknown).to.have.members(listed)
    })

    /** What Open vSwitch prints, without the packet on a line of its own. */
    const theirs = ({ name: kind, printed }: Case & { printed: Printed }): string =>
      /^packet_|^nx_(packet_in2?|resume)$/.test(kind) ? printed.text.replace(/\n\S[\s\S]*$/, '\n') : printed.text
    const ours = ({ message }: Case): string => `${formatMessage(message)}\n`

    it('prints what we print, but for the rows', () => {
      const accepted = valid.filter(({ printed }) => printed.refused === undefined)
      const wrong = accepted.filter((one) => theirs(one) !== ours(one) && !texts.some(({ is }) => is(one)))
      const told = wrong.map((one) => `${one.name}: ${theirs(one)}\nnot ${ours(one)}`)
      expect(told.slice(0, 5), `${wrong.length} of ${accepted.length} (seed ${seed})`).to.deep.equal([])
      expect(accepted.filter((one) => theirs(one) === ours(one)).length / accepted.length).to.be.above(0.8)
    })

    it('still prints otherwise where a row says so', () => {
      const alone = (one: Case): boolean => texts.filter(({ is }) => is(one)).length === 1
      const idle = texts.filter(
        ({ is }) =>
          !valid.some((one) => one.printed.refused === undefined && is(one) && alone(one) && theirs(one) !== ours(one)),
      )
      expect(idle.map(({ where }) => where)).to.deep.equal([])
    })
  })
}

describe('differential, Open vSwitch, damaged messages', function () {
  this.timeout(60_000)
  const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? 20)
  const rows = [...WE_REFUSE, ...THEIRS, ...ERRORS]

  it('refuses what Open vSwitch refuses, with the same error, but for the rows', () => {
    const octets = [...validMessages(4)].flatMap(([, arbitrary]) => {
      const whole = fc.sample(arbitrary, { numRuns: 10, seed }).map((message) => encode(message))
      return fc.sample(damage, { numRuns: 50, seed }).map((change, i) => change(whole[i % whole.length]!))
    })
    const printed = ofpParse(octets)
    const outcomes = octets.map((one, i) => ({ one, ...outcomeOf(one, printed[i]!.refused) }))
    const wrong = outcomes.filter((outcome) => !same(outcome) && !rows.some(({ is }) => is(outcome)))
    const told = wrong.map(({ one, theirs, ours, text }) => `${theirs}, here ${ours} (${text})\n    ${toHex(one)}`)
    expect(told.slice(0, 8), `${wrong.length} of ${octets.length} (seed ${seed})`).to.deep.equal([])
    expect(outcomes.filter(same).length / octets.length).to.be.above(0.7)
  })

  it('has octets that show each row', () => {
    const examples = rows.map(({ key }) => EXAMPLES.get(key) ?? encode({ type: 'barrier_reply', xid: 1 }))
    const printed = ofpParse(examples)
    const idle = rows.filter(({ is }, i) => !is(outcomeOf(examples[i]!, printed[i]!.refused)))
    expect(idle.map(({ key }) => key)).to.deep.equal([])
  })
})
