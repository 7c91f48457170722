/** The command about what the network is: switches, links, where interfaces are, and what carries identities. */
import type { CarrierPlan__Output } from '../../proto/gen/tagsteer/v1/CarrierPlan.ts'
import type { ListCarriersResponse__Output } from '../../proto/gen/tagsteer/v1/ListCarriersResponse.ts'
import type { Topology__Output } from '../../proto/gen/tagsteer/v1/Topology.ts'
import { type CommandRow, type Invocation, text } from '../command.ts'
import { CliError } from '../failure.ts'
import { render } from '../output.ts'
import { type Column, table } from '../table.ts'

export const topology: CommandRow = {
  usage: 'topology',
  summary: 'Show switches, links and where interfaces are; or what carries identities between switches',
  options: [
    { flags: '--carriers', description: 'each two switches: what carries identities, and how large packets may be' },
    { flags: '--from <switch>', description: 'with --carriers: only what this switch sends' },
    { flags: '--to <switch>', description: 'with --carriers: only what is for this switch' },
    { flags: '--limit <pairs>', description: 'with --carriers: pairs to show; 1000 where absent' },
  ],
  examples: ['tagsteer topology', 'tagsteer topology --carriers', 'tagsteer topology --carriers --from hv1 -o json'],
  async run(invocation) {
    const { options, format, terminal, client } = invocation
    if (options['carriers'] === true) return carriers(invocation)
    for (const name of ['from', 'to', 'limit'])
      if (options[name] !== undefined) throw new CliError(`--${name} belongs to --carriers`)
    const network = await client().call<Topology__Output>('TopologyService', 'getTopology', {})
    if (format === 'json' || format === 'jsonl' || format === 'yaml') {
      terminal.out(render(format, { columns: [], items: [network], single: true }))
      return undefined
    }
    const names = new Map(network.switches.map((row) => [row.datapathId, row.name || row.datapathId]))
    const portName = (datapathId: string, port: number): string =>
      network.switches.find((row) => row.datapathId === datapathId)?.ports.find((row) => row.port === port)?.name ??
      String(port)
    const links = network.links.map((row) => ({
      from: `${names.get(row.fromDatapathId) ?? row.fromDatapathId}:${portName(row.fromDatapathId, row.fromPort)}`,
      to: `${names.get(row.toDatapathId) ?? row.toDatapathId}:${portName(row.toDatapathId, row.toPort)}`,
    }))
    const lines: string[] = []
    const section = (title: string, body: string[]): void => {
      lines.push(title, ...body.map((line) => `  ${line}`), '')
    }
    section(
      `Switches (${network.switches.length})`,
      table(
        [
          { header: 'NAME', cell: (row) => names.get(row.datapathId) ?? '' },
          { header: 'DATAPATH', cell: (row) => row.datapathId },
          { header: 'STATE', cell: (row) => row.state.slice(13).toLowerCase() },
          { header: 'MODE', cell: (row) => row.mode.slice(12).toLowerCase() },
          { header: 'PORTS', cell: (row) => String(row.ports.length) },
          { header: 'REASON', cell: (row) => row.degradedReason },
        ],
        network.switches,
        false,
      ),
    )
    section(
      `Links (${links.length}, each direction confirmed by its own probe)`,
      table(
        [
          { header: 'FROM', cell: ({ from }) => from },
          { header: 'TO', cell: ({ to }) => to },
        ],
        links,
        false,
      ),
    )
    section(
      `Interfaces (${network.locations.length} attached)`,
      table(
        [
          { header: 'INTERFACE', cell: (row) => row.interface },
          { header: 'SWITCH', cell: (row) => names.get(row.datapathId) ?? row.datapathId },
          { header: 'PORT', cell: (row) => row.portName || String(row.port) },
        ],
        network.locations,
        false,
      ),
    )
    terminal.out(`${lines.join('\n')}`)
    return undefined
  },
}

const both = (one: number, other: number): string => (one === other ? String(one) : `${one}, ${other}`)

const CARRIER_COLUMNS: Column<CarrierPlan__Output>[] = [
  { header: 'FROM', cell: ({ from, fromDatapathId }) => from || fromDatapathId },
  { header: 'TO', cell: ({ to, toDatapathId }) => to || toDatapathId },
  { header: 'CARRIER', cell: ({ carrier }) => carrier.slice('CARRIER_'.length).toLowerCase() },
  { header: 'BITS', cell: ({ identityBits }) => String(identityBits), align: 'right' },
  { header: 'CARRIED', cell: ({ identitiesCarried }) => String(identitiesCarried), align: 'right' },
  { header: 'BY-ADDRESS', cell: ({ identitiesByAddress }) => String(identitiesByAddress), align: 'right' },
  { header: 'OCTETS', cell: ({ octetsIpv4, octetsIpv6 }) => both(octetsIpv4, octetsIpv6), align: 'right' },
  { header: 'MTU', cell: ({ mtu }) => String(mtu), align: 'right' },
  { header: 'SIGNALLED', cell: ({ signalled }) => (signalled ? 'yes' : 'no'), wide: true },
  {
    header: 'WAY',
    cell: ({ way, tunnelAddress }) => (tunnelAddress === '' ? way.join(' > ') : `tunnel ${tunnelAddress}`),
  },
  { header: 'REASON', cell: ({ reason }) => reason },
]

/** Pairs that are shown where nobody says how many. */
const SHOWN = 1000

/** Asks page by page, and no further than what is to be shown. */
async function carriers({ options, format, terminal, client }: Invocation): Promise<undefined> {
  const said = text(options, 'limit') ?? String(SHOWN)
  if (!/^[1-9][0-9]{0,6}$/.test(said)) throw new CliError(`--limit takes a number of pairs, not ${said}`)
  const request = { from: text(options, 'from') ?? '', to: text(options, 'to') ?? '' }
  const limit = Number(said)
  const items: CarrierPlan__Output[] = []
  let pageToken = ''
  do {
    const pageSize = Math.min(1000, limit - items.length)
    const page = await client().call<ListCarriersResponse__Output>('TopologyService', 'listCarriers', {
      ...{ ...request, pageSize, pageToken },
    })
    items.push(...page.carriers)
    pageToken = page.nextPageToken
  } while (pageToken !== '' && items.length < limit)
  terminal.out(
    render(format, { columns: CARRIER_COLUMNS, items, single: false, name: ({ from, to }) => `${from}/${to}` }),
  )
  if (pageToken !== '') terminal.note(`There are more pairs: say --from, --to or a larger --limit than ${limit}.`)
  return undefined
}
