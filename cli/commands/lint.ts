/** tagsteer lint: rules that conflict with others, and a packet that shows each. */
import type { Finding__Output } from '../../proto/gen/tagsteer/v1/Finding.ts'
import type { LintResponse__Output } from '../../proto/gen/tagsteer/v1/LintResponse.ts'
import { type CommandRow, flag, text, texts } from '../command.ts'
import { CliError, EXIT } from '../failure.ts'
import { findingKind, findingLine } from '../finding-text.ts'
import { KINDS } from '../kinds.ts'
import { render } from '../output.ts'
import { FILES, RECURSIVE, read } from './apply.ts'

const KINDS_FOUND = ['shadowed', 'redundant', 'contradictory', 'generalisation', 'correlation', 'irrelevant']

export const lint: CommandRow = {
  usage: 'lint',
  summary: 'Find rules that conflict with others: shadowed, redundant, contradictory; exit 2 where --fail-on says so',
  options: [
    { ...FILES, description: 'manifests as if they were applied; the records as they are where absent' },
    RECURSIVE,
    { flags: '--all', description: 'also information: exceptions, correlations, rules that concern nobody now' },
    {
      flags: '--fail-on <kinds>',
      description: `exit 2 where there is a finding of these kinds, separated by commas: ${KINDS_FOUND.join(', ')}, any, none`,
      default: 'shadowed,contradictory',
    },
  ],
  examples: [
    'tagsteer lint',
    'tagsteer lint -f net.yaml --fail-on shadowed,redundant,contradictory',
    'tagsteer lint --all -o json',
  ],
  async run(invocation) {
    const { options, format, terminal, client } = invocation
    const failOn = new Set((text(options, 'failOn') ?? '').split(',').map((word) => word.trim()))
    for (const word of failOn) {
      if (![...KINDS_FOUND, 'any', 'none'].includes(word))
        throw new CliError(`--fail-on takes ${KINDS_FOUND.join(', ')}, any or none, not ${word}`)
    }
    const placed = texts(options, 'filename').length === 0 ? [] : await read(invocation)
    const records = placed.map(({ manifest }) => KINDS.find(({ title }) => title === manifest.kind)!.toRecord(manifest))
    const request = { records, all: flag(options, 'all') }
    const answer = await client().call<LintResponse__Output>('LintService', 'lint', request)
    const { findings, rules, omitted, undecided } = answer
    if (format === 'json') terminal.out(render('json', { columns: [], items: [answer], single: true }))
    else if (format === 'table' || format === 'wide') terminal.out(findings.map(findingLine).join(''))
    else {
      const name = ({ rule }: Finding__Output): string => `${rule?.policy}/${rule?.index}`
      terminal.out(render(format, { columns: [], items: findings, single: false, name }))
    }
    const more = omitted > 0 ? `, ${omitted} more not shown` : ''
    const open = undecided > 0 ? `, ${undecided} questions given up as too hard` : ''
    const noun = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
    terminal.note(`${noun(findings.length, 'finding')} about ${noun(rules, 'rule')}${more}${open}\n`)
    return findings.some((one) => failOn.has('any') || failOn.has(findingKind(one))) ? EXIT.different : EXIT.ok
  },
}
