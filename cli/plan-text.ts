/** A plan as people read it: records, verdicts, connections, flows, headroom, findings; nothing of what stays as it is. */

import { flowProtocolWord } from '../model/protocol.ts'
import type { PlannedEnds__Output } from '../proto/gen/tagsteer/v1/PlannedEnds.ts'
import type { PlanResponse__Output } from '../proto/gen/tagsteer/v1/PlanResponse.ts'
import type { VerdictChange__Output } from '../proto/gen/tagsteer/v1/VerdictChange.ts'
import { shownTag } from './convert.ts'
import { table } from './table.ts'

const MARK: Record<string, string> = { OUTCOME_CREATED: '+', OUTCOME_UPDATED: '~', OUTCOME_DELETED: '-' }
const ICMP = new Set([1, 58])

const passes = (verdict: string): boolean => verdict === 'allow' || verdict === 'rate-limit'
const counted = (count: number | string, one: string, many = `${one}s`): string =>
  `${count} ${String(count) === '1' ? one : many}`

export function planText(plan: PlanResponse__Output): string {
  const sections = [
    recordLines(plan),
    verdictLines(plan),
    connectionLines(plan),
    switchLines(plan),
    tableLines(plan),
    capacityLines(plan),
    findingLines(plan),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function recordLines({ generation, records, created, updated, deleted, unchanged }: PlanResponse__Output): string[] {
  const head = `Records: ${created} to create, ${updated} to change, ${deleted} to delete, ${unchanged} as they are (generation ${generation})`
  const more = created + updated + deleted - records.length
  return [
    head,
    ...records.map(({ kind, name, outcome }) => `  ${MARK[outcome] ?? ' '} ${kind}/${name}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
}

function verdictLines({ verdicts }: PlanResponse__Output): string[] {
  if (verdicts === null || verdicts.total === '0') return ['Verdicts: none changes']
  const { losing, gaining, differing, changes, total, complete } = verdicts
  const least = complete ? '' : 'at least '
  const lines = [
    `Verdicts: ${least}${counted(differing, 'pair')} of interfaces with another: ${losing} lose packets, ${gaining} gain some`,
  ]
  for (const change of changes) lines.push(...changeLines(change))
  const more = Number(total) - changes.length
  if (more > 0) lines.push(`  and ${counted(more, 'group')} more: raise --limit`)
  return lines
}

function changeLines({ from, to, packets, before, after, pairs }: VerdictChange__Output): string[] {
  const [was, is] = [before?.verdict ?? '', after?.verdict ?? '']
  const mark = passes(was) === passes(is) ? '~' : passes(is) ? '+' : '-'
  return [
    `  ${mark} ${endsText(from)} -> ${endsText(to)}: ${packets.join(', ')}  ${was} -> ${is}  (${counted(pairs, 'pair')})`,
    `      was by ${before?.decidedBy ?? ''}`,
    `      will be by ${after?.decidedBy ?? ''}`,
  ]
}

/** `{db, shop} db-1, db-2 and 3 more`. */
function endsText(ends: PlannedEnds__Output | null): string {
  if (ends === null) return '?'
  const { count, interfaces, world, tags } = ends
  const shown = [...interfaces.slice(0, SHOWN), ...world.slice(0, SHOWN).map((prefix) => `world ${prefix}`)]
  const more = Number(count) - Math.min(SHOWN, interfaces.length) + Math.max(0, world.length - SHOWN)
  const label = tags.length === 0 ? '' : `{${tags.map(shownTag).join(', ')}} `
  return `${label}${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Names in one line; -o json has as many as --limit says. */
const SHOWN = 3

function connectionLines({ connections }: PlanResponse__Output): string[] {
  if (connections === null) return []
  const unknown = connections.switches.filter(({ known }) => !known)
  const head = `Connections: ${connections.cut} of those there now would be cut${unknown.length > 0 ? `; unknown on ${counted(unknown.length, 'switch', 'switches')}` : ''}`
  const more = Number(connections.cut) - connections.examples.length
  return [
    head,
    ...connections.examples.map(
      ({ from, to, source, destination, protocol, sourcePort, port, after, switches, removed }) => {
        const word = flowProtocolWord(protocol) ?? `protocol ${protocol}`
        const [one, other] = ICMP.has(protocol)
          ? [source, destination]
          : [endpoint(source, sourcePort), endpoint(destination, port)]
        const names = from === source && to === destination ? '' : `${from} -> ${to}  `
        return `  - ${names}${word} ${one} -> ${other}  on ${switches.join(', ')}, by ${after?.decidedBy ?? ''}${removed ? '; forgotten' : ''}`
      },
    ),
    ...(more > 0 ? [`  and ${more} more: raise --limit`] : []),
    ...unknown.map(({ name, datapathId, reason }) => `  ? switch ${name || datapathId}: ${reason}`),
  ]
}

function endpoint(address: string, port: number): string {
  if (port === 0) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function switchLines({ switches }: PlanResponse__Output): string[] {
  if (switches.length === 0) return ['Flows: no switch gets any']
  const count = (acts: { add: string; modify: string; delete: string } | null): string =>
    acts === null ? '0' : String(Number(acts.add) + Number(acts.modify) + Number(acts.delete))
  const right = 'right' as const
  return [
    'Flows:',
    ...table<(typeof switches)[number]>(
      [
        { header: 'SWITCH', cell: ({ name, datapathId }) => name || datapathId },
        { header: 'FLOW-MODS', cell: ({ flowMods }) => flowMods, align: right },
        { header: 'ADD', cell: ({ flows }) => flows?.add ?? '0', align: right },
        { header: 'MODIFY', cell: ({ flows }) => flows?.modify ?? '0', align: right },
        { header: 'DELETE', cell: ({ flows }) => flows?.delete ?? '0', align: right },
        { header: 'METERS', cell: ({ meters }) => count(meters), align: right },
        { header: 'GROUPS', cell: ({ groups }) => count(groups), align: right },
        { header: 'PORTS', cell: ({ ports }) => String(ports), align: right },
        { header: 'FLOWS-NOW', cell: ({ flowsBefore }) => flowsBefore, align: right },
        { header: 'FLOWS-THEN', cell: ({ flowsAfter }) => flowsAfter, align: right },
      ],
      switches,
      false,
    ).map((line) => `  ${line}`),
  ]
}

function tableLines({ switches }: PlanResponse__Output): string[] {
  const rows = switches.flatMap(({ name, datapathId, tables }) =>
    tables.map((one) => ({ ...one, where: name || datapathId })),
  )
  if (rows.length === 0) return []
  const right = 'right' as const
  return [
    'Tables:',
    ...table<(typeof rows)[number]>(
      [
        { header: 'SWITCH', cell: ({ where }) => where },
        { header: 'TABLE', cell: ({ name }) => name },
        { header: 'NOW', cell: ({ before }) => before, align: right },
        { header: 'THEN', cell: ({ after }) => after, align: right },
        { header: 'PEAK', cell: ({ peak }) => peak, align: right },
        { header: 'LIMIT', cell: ({ limit }) => (limit === '0' ? 'unknown' : limit), align: right },
      ],
      rows,
      false,
    ).map((line) => `  ${line}`),
  ]
}

function capacityLines({ capacities }: PlanResponse__Output): string[] {
  const used = capacities.filter(({ used: count }) => count !== '0')
  if (used.length === 0) return []
  return ['Headroom:', ...used.map(({ what, used: count, limit }) => `  ${what}: ${count} of ${limit}`)]
}

function findingLines({ findings }: PlanResponse__Output): string[] {
  return findings.length === 0 ? [] : ['Findings:', ...findings.map(({ sentence }) => `  ! ${sentence}`)]
}
