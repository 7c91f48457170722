/**
 * Messages of every version in text, against `ovs-ofctl ofp-parse`: those for which versions have words of their own, one by
 * one, every action, field and property in every version, and all of 1.0 (of the others, see differential-ovs.test.ts). What
 * Open vSwitch 3.1 prints otherwise is a row, which must still be needed. Needs ovs-ofctl, no switch and no root.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode, formatMessage, type Message, toJson, WireError } from 'node-openflow'
import { SPOKEN_VERSIONS, VERSIONS, type Version, versionText } from '../../openflow/wire/version.ts'
import { type Case, cases } from '../openflow/differential/cases.ts'
import { TEXTS } from '../openflow/differential/ovs-texts.ts'
import { validMessages } from '../openflow/differential/valid.ts'
import { MESSAGES, OTHERWISE } from '../openflow/text-versions.ts'
import { ofpParse } from '../support/ofp-parse.ts'

/** What Open vSwitch prints, without the packet, which it takes apart on a line of its own. */
function theirs({ type }: Message, text: string): string {
  const carries = /^packet_|^nx_(packet_in2?|resume)$/.test(type)
  return carries ? text.replace(/\n\S[\s\S]*$/, '\n') : text
}

const ours = (octets: Uint8Array): string => `${formatMessage(decode(octets))}\n`

/** The messages that both print otherwise; those that Open vSwitch refuses are left out. */
function differing(list: readonly Case[]): { wrong: Case[]; told: string[]; compared: number } {
  const octets = list.map(({ message }) => encode(message))
  const printed = ofpParse(octets)
  const accepted = list.flatMap((one, i) => (printed[i]!.refused === undefined ? [{ one, i }] : []))
  const wrong = accepted.filter(({ one, i }) => theirs(one.message, printed[i]!.text) !== ours(octets[i]!))
  const told = wrong.map(
    ({ one, i }) => `${one.name}: ${theirs(one.message, printed[i]!.text)}\nnot ${ours(octets[i]!)}`,
  )
  return { wrong: wrong.map(({ one }) => one), told, compared: accepted.length }
}

/** Whether a version can say it. */
function sayable({ message }: Case): boolean {
  try {
    encode(message)
    return true
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}

/** Fails with the messages for which there is no row. */
function expectAlike(list: readonly Case[], version: Version, share: number, seed: number): void {
  const { wrong, told, compared } = differing(list)
  const rows = TEXTS.filter(({ versions }) => versions?.includes(version) ?? true)
  const without = told.filter((_, i) => {
    const one = wrong[i]!
    return !rows.some(({ is }) => is(one)) && !OTHERWISE.some(({ is }) => is(one.name, one.message))
  })
  expect(without.slice(0, 5), `${without.length} of ${compared} (seed ${seed})`).to.deep.equal([])
  expect((compared - wrong.length) / list.length, `${compared} compared`).to.be.above(share)
}

describe('text of messages in every version against ovs-ofctl', function () {
  this.timeout(60_000)
  const seed = Number(process.env['TEXT_SEED'] ?? Date.now() % 2 ** 31)

  for (const [kind, messages] of MESSAGES) {
    it(`prints alike: ${kind}`, () => {
      const printed = ofpParse(messages.map((message) => encode(message)))
      messages.forEach((message, i) => {
        const text = theirs(message, printed[i]!.text)
        // Only what an error quotes may be refused.
        if (message.type !== 'error') expect(printed[i]!.refused, toJson(message)).to.equal(undefined)
        expect(ours(encode(message)), toJson(message)).to.equal(text)
      })
    })
  }

  it('prints otherwise where a row says so', () => {
    const { wrong } = differing(OTHERWISE.map(({ where, example }) => ({ name: where, message: example })))
    const refused = ofpParse(OTHERWISE.map(({ example }) => encode(example)))
    const idle = OTHERWISE.filter(
      ({ where }, i) => refused[i]!.refused === undefined && !wrong.some(({ name }) => name === where),
    )
    expect(idle.map(({ where }) => where)).to.deep.equal([])
  })

  it(`prints messages of 1.0 alike, but for the rows (seed ${seed})`, () => {
    const list = [...validMessages(VERSIONS.of10)].flatMap(([name, arbitrary]) =>
      fc.sample(arbitrary, { numRuns: 12, seed }).map((message) => ({ name, message })),
    )
    expectAlike(list.filter(sayable), VERSIONS.of10, 0.75, seed)
  })

  for (const version of SPOKEN_VERSIONS) {
    it(`prints actions, fields and properties of ${versionText(version)} alike, but for the rows (seed ${seed})`, () => {
      const list = cases(version, 2, seed).filter(
        ({ name }) => !/^(message|error|table feature|requestforward)/.test(name) && name !== 'packet_out',
      )
      // Most fields have prerequisites, so that Open vSwitch refuses them alone.
      expectAlike(list.filter(sayable), version, 0.3, seed)
    })
  }
})
