/** `tagsteer status`: whether the controller answers and serves, its generation, and how far each switch has come. */
import type { HealthCheckResponse__Output } from '../../proto/gen/grpc/health/v1/HealthCheckResponse.ts'
import type { Switch__Output } from '../../proto/gen/tagsteer/v1/Switch.ts'
import type { CommandRow } from '../command.ts'
import { EXIT } from '../failure.ts'
import { render } from '../output.ts'
import { type Column, table } from '../table.ts'

const BAD = ['SWITCH_STATE_DEGRADED', 'SWITCH_STATE_REFUSED', 'SWITCH_STATE_OFFLINE']
const word = (state: string): string => state.slice('SWITCH_STATE_'.length).toLowerCase()

const COLUMNS: Column<Switch__Output>[] = [
  { header: 'SWITCH', cell: ({ name, datapathId }) => name || datapathId },
  { header: 'STATE', cell: ({ state }) => word(state) },
  {
    header: 'GENERATION',
    cell: ({ appliedGeneration, desiredGeneration }) => `${appliedGeneration}/${desiredGeneration}`,
  },
  { header: 'FLOWS', cell: ({ installedFlows, desiredFlows }) => `${installedFlows}/${desiredFlows}` },
  { header: 'REASON', cell: ({ degradedReason }) => degradedReason },
]

export const status: CommandRow = {
  usage: 'status',
  summary: 'Say whether the controller serves, at which generation, and how far switches have come; exit 2 if any lags',
  examples: ['tagsteer status', 'tagsteer status -o json'],
  async run({ format, terminal, client }) {
    const connection = client()
    const [health, listed, switches] = await Promise.all([
      connection.call<HealthCheckResponse__Output>('Health', 'check', { service: '' }),
      connection.call<{ generation: string }>('InterfaceService', 'listInterfaces', { pageSize: 1 }),
      connection.list<Switch__Output>('TopologyService', 'listSwitches', 'switches'),
    ])
    const { generation } = listed
    const applied = switches.filter(({ appliedGeneration, desiredGeneration, state }) => {
      return state === 'SWITCH_STATE_SERVED' && appliedGeneration === desiredGeneration
    }).length
    if (format === 'json' || format === 'jsonl' || format === 'yaml') {
      const item = { server: connection.options.server, health: health.status, generation, switches }
      terminal.out(render(format, { columns: [], items: [item], single: true }))
    } else {
      const lines = [
        `controller  ${connection.options.server}  ${health.status.toLowerCase().replaceAll('_', ' ')}`,
        `generation  ${generation}, applied on ${applied} of ${switches.length} switches`,
        ...(switches.length > 0 ? ['', ...table(COLUMNS, switches, format === 'wide')] : []),
      ]
      terminal.out(`${lines.join('\n')}\n`)
    }
    const well = health.status === 'SERVING' && !switches.some(({ state }) => BAD.includes(state))
    return well ? EXIT.ok : EXIT.different
  },
}
