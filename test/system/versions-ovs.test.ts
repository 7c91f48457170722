/**
 * Valid messages of 1.3 written in the other versions, against `ovs-ofctl ofp-parse` of Open vSwitch 3.1: what it takes
 * on 1.3 it takes there, too, and prints what we print of it, but for the rows. Needs ovs-ofctl, no switch and
 * no root.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { ACTIONS, decode, encode, encodeAll, formatMessage, type Message, WireError } from 'node-openflow'
import { rowIn } from '../../openflow/wire/union.ts'
import { VERSIONS, versionText } from '../../openflow/wire/version.ts'
import { TEXTS } from '../openflow/differential/ovs-texts.ts'
import { validMessages } from '../openflow/differential/valid.ts'
import { ofpParse } from '../support/ofp-parse.ts'

const EACH = 12
/** From 1.4 on Open vSwitch has its own message for this, and takes Nicira's no more. */
const NOT_LATER = new Set(['nx_set_async_config2'])

/** `version/experimenter/subtype` of the experimenters' actions that Open vSwitch takes. */
const ACTIONS_TAKEN = new Set<string>(
  JSON.parse(readFileSync('test/golden/wire/ovs-nicira.json', 'utf8'))
    .actions.filter(([, , , least]: unknown[]) => least !== null)
    .map(([version, experimenter, subtype]: unknown[]) => `${version}/${experimenter}/${subtype}`),
)

/** Whether all actions in a value are actions that Open vSwitch takes in a version. */
function actionsTaken(value: unknown, version: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true
  const { type } = value as { type?: unknown }
  const row = typeof type === 'string' && Object.hasOwn(ACTIONS, type) ? rowIn(ACTIONS[type]!, version) : undefined
  if (row?.experimenter !== undefined && !ACTIONS_TAKEN.has(`${version}/${row.experimenter}/${row.number}`))
    return false
  return Object.values(value).every((inner) => actionsTaken(inner, version))
}

/** Undefined where the version has no room for it. */
function written(message: Message, version: number): Uint8Array | undefined {
  try {
    return encodeAll([message], version)
  } catch (error) {
    if (error instanceof WireError && error.code === 'not_in_version') return undefined
    throw error
  }
}

for (const version of [VERSIONS.of14, VERSIONS.of15]) {
  describe(`messages of 1.3 in ${versionText(version)}, Open vSwitch`, function () {
    this.timeout(60_000)

    it('takes them and prints what we print', () => {
      const kinds = [...validMessages(VERSIONS.of13)].filter(([kind]) => !NOT_LATER.has(kind))
      const messages = kinds.flatMap(([kind, arbitrary]) =>
        fc
          .sample(arbitrary, { numRuns: EACH, seed: Number(process.env['DIFFERENTIAL_SEED'] ?? 7) })
          .map((message) => ({ name: kind, message })),
      )
      const taken = ofpParse(messages.map(({ message }) => encode(message)))
      const cases = messages.flatMap((one, i) => {
        const fit = taken[i]!.refused === undefined && actionsTaken(one.message, version)
        const octets = fit ? written(one.message, version) : undefined
        return octets === undefined ? [] : [{ ...one, octets, message: decode(octets) }]
      })
      const printed = ofpParse(cases.map(({ octets }) => octets))
      const wrong = cases.flatMap(({ name, message, octets }, i) => {
        const { text, refused } = printed[i]!
        if (refused !== undefined) return [`${name}: ${refused} ${Buffer.from(octets).toString('hex')}`]
        const theirs = /^packet_|^nx_(packet_in2?|resume)$/.test(name) ? text.replace(/\n\S[\s\S]*$/, '\n') : text
        const ours = `${formatMessage(message)}\n`
        return theirs === ours || TEXTS.some(({ is }) => is({ name, message })) ? [] : [`${name}: ${theirs}not ${ours}`]
      })
      expect(wrong.slice(0, 8), `${wrong.length} of ${cases.length}`).to.deep.equal([])
      expect(cases.length).to.be.greaterThan(800)
    })
  })
}
