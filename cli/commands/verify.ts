/** `tagsteer verify`: whether switches have what is wanted of them, and whether that is what compiling anew gives. */
import type { Difference__Output } from '../../proto/gen/tagsteer/v1/Difference.ts'
import type { FlowComparison__Output } from '../../proto/gen/tagsteer/v1/FlowComparison.ts'
import type { SwitchVerification__Output } from '../../proto/gen/tagsteer/v1/SwitchVerification.ts'
import type { VerifyStep__Output } from '../../proto/gen/tagsteer/v1/VerifyStep.ts'
import type { CommandRow } from '../command.ts'
import { EXIT } from '../failure.ts'
import { render } from '../output.ts'
import type { Column } from '../table.ts'

/** Milliseconds between lines of progress. */
const PROGRESS_MS = 1000
const PHASES: Record<string, string> = { read: 'switches read', compile: 'switches compiled anew' }

const KINDS: Record<string, string> = {
  DIFFERENCE_KIND_MISSING: 'missing',
  DIFFERENCE_KIND_CHANGED: 'changed',
  DIFFERENCE_KIND_STALE: 'stale',
  DIFFERENCE_KIND_FOREIGN: 'foreign',
}

function summary(found: FlowComparison__Output | null): string {
  if (found === null) return ''
  if (found.reason !== '') return `not compared: ${found.reason}`
  const { missing, changed, stale, foreign, changing } = found
  const counts = { missing, changed, stale, foreign, 'changing meanwhile': changing }
  const parts = Object.entries(counts).flatMap(([word, count]) => (count > 0 ? [`${count} ${word}`] : []))
  return parts.length === 0 ? 'equal' : parts.join(', ')
}

const COLUMNS: Column<SwitchVerification__Output>[] = [
  { header: 'SWITCH', cell: ({ name, datapathId }) => name || datapathId },
  { header: 'VERIFIED', cell: ({ verified }) => (verified ? 'yes' : 'no') },
  { header: 'FLOWS', cell: ({ installed }) => String(installed?.flows ?? 0), align: 'right' },
  { header: 'ON THE SWITCH', cell: ({ installed }) => summary(installed) },
  { header: 'COMPILED ANEW', cell: ({ program }) => summary(program) },
]

/** What differs, a line each, where only the first of many are told. */
function lines({ name, datapathId, installed, program }: SwitchVerification__Output): string {
  const of = (found: FlowComparison__Output | null, where: string): string[] => {
    if (found === null) return []
    const { missing, changed, stale, foreign, differences } = found
    const more = missing + changed + stale + foreign - differences.length
    const told = differences.map(
      ({ kind, text }: Difference__Output) => `${name || datapathId} ${where}: ${KINDS[kind] ?? ''} ${text}\n`,
    )
    return more > 0 ? [...told, `${name || datapathId} ${where}: ${more} more\n`] : told
  }
  return [...of(installed, 'on the switch'), ...of(program, 'compiled anew')].join('')
}

export const verify: CommandRow = {
  usage: 'verify [switch...]',
  summary:
    'Read switches back and compare with what is wanted; compile everything anew and compare; exit 2 if anything differs',
  examples: ['tagsteer verify', 'tagsteer verify s1 s2 -o json'],
  complete: ['switch'],
  async run({ arguments: switches, format, terminal, client }) {
    const items: SwitchVerification__Output[] = []
    let toldAt = terminal.now()
    for await (const { progress, switch: found } of client().stream<VerifyStep__Output>('VerifyService', 'verify', {
      switches,
    })) {
      if (found) items.push(found)
      if (!progress || terminal.now() - toldAt < PROGRESS_MS) continue
      toldAt = terminal.now()
      terminal.note(`${progress.done} of ${progress.total} ${PHASES[progress.phase] ?? progress.phase}\n`)
    }
    terminal.out(
      render(format, { columns: COLUMNS, items, single: false, name: ({ name, datapathId }) => name || datapathId }),
    )
    if (items.length === 0) terminal.note('no switches found\n')
    if (format === 'table' || format === 'wide') terminal.out(items.map(lines).join(''))
    return items.every(({ verified }) => verified) ? EXIT.ok : EXIT.different
  },
}
