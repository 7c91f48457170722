/**
 * The codec against os-ken, over generated messages of every type, field, action and property: os-ken reads what we
 * write to the same values and writes it back to the same octets, and what os-ken writes of the same values is what we
 * write. Where not, a row of os-ken-disagreements.ts says who is right. Needs Debian's python3-os-ken, no switch.
 */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import { decode, encode, toHex, toJson } from 'node-openflow'
import type { Version } from '../../openflow/wire/version.ts'
import { type Case, cases, inVersion, isWritten } from '../openflow/differential/cases.ts'
import { NOT_COMPARED_10 } from '../openflow/differential/os-ken-10.ts'
import { DISAGREEMENTS } from '../openflow/differential/os-ken-disagreements.ts'
import { toTree } from '../openflow/differential/os-ken-messages.ts'
import type { Disagreement, Phase } from '../openflow/differential/os-ken-row.ts'
import type { Part, Tree } from '../openflow/differential/tree.ts'
import { type Built, OsKen, type Read } from '../support/os-ken.ts'

const EACH = 3
/** Versions that are compared. */
const VERSIONS: ReadonlyArray<{ readonly version: Version; readonly name: string }> = [
  { version: 1, name: '1.0' },
  { version: 4, name: '1.3' },
  { version: 5, name: '1.4' },
  { version: 6, name: '1.5' },
]

type Outcome = 'agrees' | 'not there' | string

interface Compared extends Case {
  readonly rows: readonly Disagreement[]
  readonly outcome: Readonly<Record<Phase, Outcome>>
}

const shortly = (tree: Tree | undefined): string => JSON.stringify(tree)?.slice(0, 1500) ?? 'nothing'

function judge(octets: string, trees: { read: Tree }, read: Read, built: Built): Record<Phase, Outcome> {
  const outcome: Record<Phase, Outcome> = { read: 'agrees', write: 'agrees', build: 'agrees' }
  if (read.reads === false) outcome.read = 'not there'
  else if (read.tree === undefined) outcome.read = read.readError ?? 'nothing'
  else if (!isDeepStrictEqual(read.tree, trees.read)) outcome.read = `${shortly(read.tree)}, not ${shortly(trees.read)}`
  if (!read.writes) outcome.write = 'not there'
  else if (read.written !== octets) outcome.write = read.writeError ?? `${read.written}, not ${octets}`
  if (built.builds === false) outcome.build = 'not there'
  else if (built.octets === undefined) outcome.build = built.buildError ?? 'nothing'
  else if (built.octets !== octets) outcome.build = built.writes ? `${built.octets}, not ${octets}` : 'not there'
  return outcome
}

for (const { version, name } of VERSIONS) {
  describe(`differential, os-ken, OpenFlow ${name}`, function () {
    this.timeout(60_000)
    const seed = Number(process.env['DIFFERENTIAL_SEED'] ?? 20)
    let compared: Compared[] = []
    const rowsOfVersion = DISAGREEMENTS.filter(({ versions }) => versions?.includes(version) ?? true)

    before(async () => {
      const examples = rowsOfVersion.flatMap(({ where, examples: shown = [] }) =>
        shown
          .filter((message) => (message.version ?? version) === version)
          .map((message) => ({ name: where, message: inVersion(message, version) }))
          .filter(({ message }) => isWritten(message)),
      )
      const all = [...cases(version, EACH, seed), ...examples]
      const list = all
        .filter((one) => version !== 1 || !NOT_COMPARED_10.test(one.name))
        .map((one) => {
          const parts: Part[] = []
          const read = toTree(one.message, 'read', (part) => parts.push(part))
          const build = toTree(one.message, 'build')
          const rows = rowsOfVersion.filter(({ is }) => parts.some(is))
          return { ...one, octets: encode(one.message), read, build, rows }
        })
      const peer = await OsKen.start()
      try {
        expect(peer.version).to.equal('2.5.0')
        const reads = await peer.ask<Read>(list.map(({ octets }) => ({ read: octets, version })))
        const builds = await peer.ask<Built>(list.map(({ build }) => ({ build, version })))
        compared = list.map(({ octets, read, ...one }, i) => {
          const outcome = judge(toHex(octets), { read }, reads[i]!, builds[i]!)
          // Of a request inside that os-ken cannot read nothing is left to write.
          if (one.message.type === 'requestforward' && outcome.read !== 'agrees') outcome.write = 'not there'
          return { ...one, outcome }
        })
      } finally {
        peer.stop()
      }
    })

    const disagrees = ({ outcome }: Compared, phase: Phase): boolean =>
      outcome[phase] !== 'agrees' && outcome[phase] !== 'not there'

    for (const phase of ['read', 'write', 'build'] as const) {
      it(`agrees when os-ken is to ${phase}, but for the rows`, () => {
        const wrong = compared.filter(
          (one) => disagrees(one, phase) && !one.rows.some(({ phases }) => phases.includes(phase)),
        )
        const kinds = new Map(wrong.map((one) => [one.name, one]))
        const told = [...kinds.values()].map(
          (one) => `${one.name}: ${one.outcome[phase]}\n    ${toJson(one.message).slice(0, 600)}`,
        )
        expect(told.slice(0, 8), `${wrong.length} of ${compared.length} differ (seed ${seed})`).to.deep.equal([])
      })
    }

    it('still disagrees in each phase of each row', () => {
      const idle = rowsOfVersion.flatMap((row) =>
        row.phases
          .filter((phase) => {
            const others = (one: Compared): boolean =>
              one.rows.some((other) => other !== row && other.phases.includes(phase))
            return !compared.some((one) => one.rows.includes(row) && !others(one) && disagrees(one, phase))
          })
          .map((phase) => `${row.where}: ${phase}`),
      )
      expect(idle).to.deep.equal([])
    })

    it('compares every kind of message in one direction at least', () => {
      const there = new Set(
        compared
          .filter(({ outcome }) => outcome.read !== 'not there' || outcome.build !== 'not there')
          .map(({ name: kind }) => kind),
      )
      const kinds = new Set(compared.map(({ name: kind }) => kind))
      expect([...kinds].filter((kind) => !there.has(kind))).to.deep.equal([])
    })

    it('decodes what it compares to the values it was made of', () => {
      for (const { message } of compared) expect(decode(encode(message))).to.deep.equal(message)
    })
  })
}
