/** `tagsteer refused`: what switches dropped because it was forged, by switch, reason and port. */
import type { RefusedTraffic__Output } from '../../proto/gen/tagsteer/v1/RefusedTraffic.ts'
import { type CommandRow, text } from '../command.ts'
import { render } from '../output.ts'
import { type Column, timeText } from '../table.ts'

const COLUMNS: Column<RefusedTraffic__Output>[] = [
  { header: 'SWITCH', cell: ({ switch: name, datapathId }) => name || datapathId },
  { header: 'REASON', cell: ({ reason }) => reason },
  { header: 'PORT', cell: ({ port }) => (port === 0 ? '' : String(port)), align: 'right' },
  { header: 'INTERFACE', cell: ({ interface: name }) => name },
  { header: 'PACKETS', cell: ({ packets }) => packets, align: 'right' },
  { header: 'SINCE', cell: ({ since }) => timeText(since) },
  { header: 'LAST', cell: ({ last }) => timeText(last) },
  { header: 'WHAT', cell: ({ sentence }) => sentence, wide: true },
]

export const refused: CommandRow = {
  usage: 'refused',
  summary: 'List what switches dropped because it was forged: tags, senders, tunnels; by switch, reason and port',
  options: [
    { flags: '--switch <name>', description: 'only of this switch' },
    { flags: '--interface <name>', description: 'only of the port of this interface record' },
  ],
  examples: ['tagsteer refused', 'tagsteer refused --interface web-1 -o wide', 'tagsteer refused -o json'],
  async run({ options, format, terminal, client }) {
    const request = { switch: text(options, 'switch') ?? '', interface: text(options, 'interface') ?? '' }
    const items = await client().list<RefusedTraffic__Output>('FlowService', 'listRefused', 'refused', request)
    terminal.out(render(format, { columns: COLUMNS, items, single: false }))
    return undefined
  },
}
