/**
 * One meaning above the versions: a message of one version, written in another, is there the same message, or it is
 * refused with where. Nothing is lost in silence. The values are made from the rows of each version.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode, encodeAll, type Message } from '../../openflow/spec/message.ts'
import { WireError } from '../../openflow/wire/error.ts'
import { SPOKEN_VERSIONS, VERSIONS, type Version, versionText } from '../../openflow/wire/version.ts'
import { MESSAGES_IN } from './codec-arbitrary.ts'

type Members = Record<string, unknown>
type Path = readonly string[]

/** Members that a value may have or lack beside the plain members which say the same (wire/spelled.ts). */
const LISTS = new Set(['properties', 'stats', 'match'])

/** A message decodes with padding where octets were not zero; it is of one version's octets, as `version` is. */
const ABOUT_OCTETS = new Set(['version', 'padding'])

/** What became of a message. */
interface Outcome {
  readonly differences: string[]
  /** Another spelling of the same: order of a match, names of numbers. */
  respelled: boolean
  /** List spellings that are not there any more. */
  readonly lists: Path[]
  /** Other members that are not there any more and are not 0. */
  readonly left: Path[]
}

const ADDRESSES = new Set(['ipv4_src', 'ipv4_dst', 'arp_spa', 'arp_tpa'])
const ALL_BITS = 0xffff_ffff

/** A match of 1.0 has no order, and says "all bits" as no mask. */
function settled(match: readonly Members[]): Members[] {
  return match
    .map((oxm) => {
      const { mask, ...rest } = oxm
      return mask === ALL_BITS && ADDRESSES.has(String(oxm['field'])) ? rest : oxm
    })
    .sort((a, b) => String(a['field']).localeCompare(String(b['field'])))
}

/** In 1.0 a list of no actions is no instruction. */
function doesSomething({ type, actions }: { type: string; actions?: unknown[] }): boolean {
  return type !== 'apply_actions' || actions?.length !== 0
}

/** What `given` says and `got` does not say, or says otherwise. */
function compare(given: unknown, got: unknown, path: Path, to: Version, outcome: Outcome): void {
  const differ = (what: string): void => void outcome.differences.push(`${path.join('.')}: ${what}`)
  if (typeof given === 'number' && typeof got === 'string') outcome.respelled = true
  else if (given instanceof Uint8Array) {
    if (!(got instanceof Uint8Array) || !Buffer.from(given).equals(got)) differ('other octets')
  } else if (typeof given !== 'object' || given === null) {
    if (given !== got) differ(`${String(given)} became ${String(got)}`)
  } else if (typeof got !== 'object' || got === null || Array.isArray(given) !== Array.isArray(got)) {
    differ(`became ${String(got)}`)
  } else if (Array.isArray(given) && given.length !== (got as unknown[]).length) {
    differ(`${given.length} became ${(got as unknown[]).length}`)
  } else {
    for (const [key, value] of Object.entries(given)) {
      if ('xid' in given && ABOUT_OCTETS.has(key)) continue
      member(key, value, (got as Members)[key], [...path, key], to, outcome)
    }
  }
}

function member(key: string, value: unknown, there: unknown, path: Path, to: Version, outcome: Outcome): void {
  if (value === undefined || (there === undefined && value === 0)) return
  if (there === undefined) (LISTS.has(key) ? outcome.lists : outcome.left).push(path)
  else if (to === VERSIONS.of10 && Array.isArray(value) && (key === 'match' || key === 'instructions')) {
    outcome.respelled = true
    if (key === 'instructions') compare(value.filter(doesSomething), there, path, to, outcome)
    else compare(settled(value), settled(there as Members[]), path, to, outcome)
  } else compare(value, there, path, to, outcome)
}

function without(message: Message, paths: readonly Path[]): Message {
  const copy = structuredClone(message)
  for (const path of paths) {
    let at = copy as unknown as Members
    for (const key of path.slice(0, -1)) at = at[key] as Members
    delete at[path.at(-1)!]
  }
  return copy
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

/** The message in another version; undefined if that refuses it. */
function rewritten(message: Message, version: Version): Uint8Array | undefined {
  try {
    return encodeAll([message], version)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    // A command of 16 bits is too wide for 8; only 1.5 has masks in set_field.
    expect(error.code, `${message.type}: ${error}`).to.be.oneOf(['not_in_version', 'out_of_range', 'bad_mask'])
    expect(error.path, `${message.type}: ${error}`).not.to.equal('')
    return undefined
  }
}

describe('openflow versions: a message of one, written in another', () => {
  for (const from of SPOKEN_VERSIONS) {
    for (const to of SPOKEN_VERSIONS.filter((version) => version !== from)) {
      it(`from ${versionText(from)} to ${versionText(to)}: the same, or refused`, () => {
        const arrived = new Set<string>()
        for (const [name, arbitrary] of MESSAGES_IN.get(from)!) {
          const law = fc.property(arbitrary, (message) => {
            const octets = rewritten(message, to)
            if (octets === undefined) return
            arrived.add(name)
            const got = decode(octets)
            expect(got.version ?? VERSIONS.of13).to.equal(to)
            const outcome: Outcome = { differences: [], respelled: false, lists: [], left: [] }
            compare(message, got, [], to, outcome)
            expect(outcome.differences).to.deep.equal([])
            // What is left out means the same as what was there.
            const plain = without(message, outcome.lists)
            expect(hex(encode(without(plain, outcome.left))), outcome.left.join(' ')).to.equal(hex(encode(plain)))
            if (outcome.respelled || outcome.lists.length > 0) return
            expect(hex(encodeAll([got], from))).to.equal(hex(encode(message)))
          })
          fc.assert(law, { numRuns: 15 })
        }
        // A law about messages that are all refused says nothing.
        const least = from === VERSIONS.of10 || to === VERSIONS.of10 ? 10 : 40
        expect([...arrived].length, [...arrived].join(' ')).to.be.greaterThan(least)
      })
    }
  }
})
