/**
 * The spellings of ovs-actions(7) and ovs-fields(7): parseFlow gives the octets that ovs-ofctl sends for the same
 * text, and formatMessage prints them as ovs-ofctl does; the few where it is not so, with evidence. Needs ovs-ofctl,
 * no switch and no root.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { decode, encode, formatMessage, fromHex, type MessageNamed, parseFlow, TextError, toHex } from 'node-openflow'
import {
  type Difference,
  OTHER_OCTETS,
  OTHER_TEXT,
  READ_BY_OVS,
  READ_BY_US,
  REFUSED_BY_BOTH,
} from '../openflow/text-differences.ts'
import { type Sent, sentFlow, sentFlows } from '../openflow/text-ofctl.ts'

const SPELLINGS = readFileSync(new URL('../openflow/text-spellings.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** What we send for a text and print of it, as ovs-ofctl's. */
function ours(line: string): Sent {
  const message: MessageNamed<'flow_mod'> = { type: 'flow_mod', xid: 1, command: 'add', ...parseFlow(line) }
  const octets = toHex(encode(message))
  return { octets, text: formatMessage(decode(fromHex(octets))).replace(/^.*?: /, '') }
}

function oursOrNone(line: string): Sent | undefined {
  try {
    return ours(line)
  } catch (error) {
    if (error instanceof TextError) return undefined
    // What the version has no room for.
    if (error instanceof Error && error.name === 'WireError') return undefined
    throw error
  }
}

describe('spellings of flows against ovs-ofctl', function () {
  this.timeout(30_000)

  it(`sends and prints ${SPELLINGS.length} texts as ovs-ofctl does`, () => {
    const theirs = sentFlows(SPELLINGS)
    const differing = SPELLINGS.flatMap((line, i) => {
      const own = ours(line)
      const same = own.octets === theirs[i]!.octets && own.text === theirs[i]!.text
      return same ? [] : [{ line, own, theirs: theirs[i] }]
    })
    expect(differing.slice(0, 5), `${differing.length} differ`).to.deep.equal([])
  })

  /** A difference is still there if this says how. */
  const kinds: ReadonlyArray<
    readonly [string, readonly Difference[], (own: Sent | undefined, theirs: Sent | undefined) => boolean]
  > = [
    ['refused by both', [['-', ...REFUSED_BY_BOTH]], (own, theirs) => own === undefined && theirs === undefined],
    ['read by us alone', READ_BY_US, (own, theirs) => own !== undefined && theirs === undefined],
    ['read by ovs-ofctl alone', READ_BY_OVS, (own, theirs) => own === undefined && theirs !== undefined],
    ['sent otherwise', OTHER_OCTETS, (own, theirs) => own?.octets !== theirs?.octets && !!own && !!theirs],
    ['printed otherwise', OTHER_TEXT, (own, theirs) => own?.octets === theirs?.octets && own?.text !== theirs?.text],
  ]
  for (const [kind, differences, holds] of kinds) {
    it(`names only texts that are ${kind}`, () => {
      const lines = differences.flatMap(([, ...of]) => of)
      expect(lines.filter((line) => !holds(oursOrNone(line), sentFlow(line)))).to.deep.equal([])
      expect(lines.filter((line) => SPELLINGS.includes(line))).to.deep.equal([])
    })
  }
})
