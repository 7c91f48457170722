/** `tagsteer propagation`: of which pairs of switches samples have shown that the identity written is the one read. */
import type { ListPropagationResponse__Output } from '../../proto/gen/tagsteer/v1/ListPropagationResponse.ts'
import type { ProbeTag__Output } from '../../proto/gen/tagsteer/v1/ProbeTag.ts'
import type { Propagation__Output } from '../../proto/gen/tagsteer/v1/Propagation.ts'
import { type CommandRow, flag } from '../command.ts'
import { EXIT } from '../failure.ts'
import { render } from '../output.ts'
import { age, type Column, duration } from '../table.ts'

const word = (text: string, prefix: string): string => text.slice(prefix.length).toLowerCase().replaceAll('_', ' ')
const identity = (tag: ProbeTag__Output | null): string => (tag === null ? '' : String(tag.identity))
const switches = ({ path, pathSwitches }: Propagation__Output): string =>
  path.map((datapathId, at) => pathSwitches[at] || datapathId).join(' > ')

function columns(nowMs: number): Column<Propagation__Output>[] {
  return [
    { header: 'FROM', cell: ({ fromSwitch, fromDatapathId }) => fromSwitch || fromDatapathId },
    { header: 'TO', cell: ({ toSwitch, toDatapathId }) => toSwitch || toDatapathId },
    { header: 'STATE', cell: ({ state }) => word(state, 'PROPAGATION_STATE_') },
    { header: 'PROVEN', cell: ({ provenTime }) => (provenTime === null ? 'never' : `${age(provenTime, nowMs)} ago`) },
    { header: 'CARRIER', cell: ({ carrier }) => word(carrier, 'CARRIER_') },
    { header: 'WRITTEN', cell: ({ written }) => identity(written), align: 'right' },
    { header: 'READ', cell: (row) => (row._read === undefined ? '' : String(row.read)), align: 'right' },
    { header: 'MS', cell: ({ milliseconds }) => (milliseconds > 0 ? milliseconds.toFixed(1) : ''), align: 'right' },
    { header: 'PATH', cell: switches },
    { header: 'INTERFACES', cell: (row) => `${row.fromInterface} -> ${row.toInterface}`, wide: true },
    { header: 'PACKET', cell: ({ packet }) => packet, wide: true },
    { header: 'SUMMARY', cell: ({ summary }) => summary, wide: true },
  ]
}

/** How often it is looked at, for people. */
function roundText(answer: ListPropagationResponse__Output): string {
  const { proven, faulty, notProven, samplesPerMinute, switches: count, roundSeconds, lastRoundSeconds } = answer
  const found = `${proven} pair(s) proven, ${faulty} faulty, ${notProven} neither`
  if (samplesPerMinute === 0) return `${found}; no samples are taken (probeSamples is 0)\n`
  if (count < 2) return `${found}; fewer than two switches write identities for others (tunnel, carriers)\n`
  const last = lastRoundSeconds > 0 ? `, the last in ${duration(Math.ceil(lastRoundSeconds))}` : ''
  return `${found}; every pair of ${count} switches has its turn in ${duration(Math.ceil(roundSeconds))}${last}\n`
}

export const propagation: CommandRow = {
  usage: 'propagation [from] [to]',
  summary:
    'Say of pairs of switches whether samples have shown that the identity written by the one is read by the other; exit 2 if a fault was told',
  options: [{ flags: '--unproven', description: 'only pairs that are not proven' }],
  examples: [
    'tagsteer propagation',
    'tagsteer propagation hv1 --unproven -o wide',
    'tagsteer propagation hv1 hv3 -o json',
  ],
  complete: ['switch', 'switch'],
  async run({ arguments: [from = '', to = ''], options, format, terminal, client }) {
    const items: Propagation__Output[] = []
    let answer: ListPropagationResponse__Output
    let pageToken = ''
    do {
      const asked = { from, to, unproven: flag(options, 'unproven'), pageSize: 1000, pageToken }
      answer = await client().call<ListPropagationResponse__Output>('ProbeService', 'listPropagation', asked)
      items.push(...answer.pairs)
      pageToken = answer.nextPageToken
    } while (pageToken !== '')
    const name = (row: Propagation__Output): string =>
      `${row.fromSwitch || row.fromDatapathId}/${row.toSwitch || row.toDatapathId}`
    terminal.out(render(format, { columns: columns(Date.now()), items, single: false, name }))
    terminal.note(roundText(answer))
    return items.some(({ state }) => state === 'PROPAGATION_STATE_FAULTY') ? EXIT.different : EXIT.ok
  },
}
