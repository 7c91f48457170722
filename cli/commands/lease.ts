/** tagsteer lease: addresses given out of pools: list, show, allocate, renew, release, history. */
import { randomUUID } from 'node:crypto'
import type { Holding__Output } from '../../proto/gen/tagsteer/v1/Holding.ts'
import type { Lease__Output } from '../../proto/gen/tagsteer/v1/Lease.ts'
import { type CommandRow, flag, type Invocation, text } from '../command.ts'
import { CliError } from '../failure.ts'
import { render } from '../output.ts'
import { age, type Column, timeText } from '../table.ts'
import { appliedText, readWait, waitApplied } from './apply.ts'

const columns = (now: number): Column<Lease__Output>[] => [
  { header: 'ADDRESS', cell: ({ address }) => address },
  { header: 'NETWORK', cell: ({ network }) => network },
  { header: 'NAP', cell: ({ nap }) => nap },
  { header: 'STATE', cell: stateOf },
  { header: 'INTERFACE', cell: (its) => its.interface },
  { header: 'CLIENT', cell: ({ client }) => client, wide: true },
  { header: 'GENERATION', cell: ({ generation }) => generation, align: 'right' },
  { header: 'UNTIL', cell: ({ expires, coolUntil }) => timeText(coolUntil ?? expires) },
  { header: 'AGE', cell: ({ since }) => age(since, now) },
]

const stateOf = ({ state }: Lease__Output): string => state.slice('LEASE_STATE_'.length).toLowerCase()

const ACTIONS: Readonly<Record<string, (invocation: Invocation) => Promise<undefined>>> = {
  list,
  show,
  allocate,
  history,
  renew: (invocation) => moved(invocation, 'renew'),
  release: (invocation) => moved(invocation, 'release'),
}

export const lease: CommandRow = {
  usage: 'lease <action> [target]',
  summary:
    'List, show, allocate, renew or release addresses of network address pools, or tell who had one when (history)',
  options: [
    { flags: '--network <name>', description: 'of which network an address is; all where absent (list)' },
    { flags: '--nap <name>', description: 'from this pool (allocate), of this pool (list)' },
    { flags: '--profile <name>', description: 'from the pool that fits this profile best (allocate)' },
    { flags: '--address <address>', description: 'this address and no other (allocate)' },
    { flags: '--client <id>', description: 'who asks; the interface where absent (allocate, list)' },
    { flags: '--interface <name>', description: 'only those of this interface (list)' },
    { flags: '--generation <number>', description: 'of the lease; what it has now where absent (renew, release)' },
    {
      flags: '--at <time>',
      description: 'only who had it then: 2026-11-22T10:00:00Z, or seconds of the epoch (history)',
    },
    { flags: '--dry-run', description: 'tell what would be given (allocate)' },
    { flags: '--wait <state>', description: 'none, or applied: return when switches enforce it', default: 'none' },
    { flags: '--wait-timeout <duration>', description: 'how long to wait', default: '30s' },
  ],
  examples: [
    'tagsteer lease allocate web-1 --nap web-pool --wait applied',
    'tagsteer lease allocate web-1 --profile web',
    'tagsteer lease allocate --client cloud-7 --nap web-pool',
    'tagsteer lease list --nap web-pool -o wide',
    'tagsteer lease release 10.0.0.7',
    'tagsteer lease history 10.0.0.7 --at 2026-11-22T10:00:00Z',
  ],
  async run(invocation) {
    const [word] = invocation.arguments
    const action = Object.hasOwn(ACTIONS, word!) ? ACTIONS[word!] : undefined
    if (action === undefined) throw new CliError(`tagsteer lease takes ${Object.keys(ACTIONS).join(', ')}, not ${word}`)
    return action(invocation)
  },
}

async function list({ options, format, terminal, client }: Invocation): Promise<undefined> {
  const request = Object.fromEntries(
    ['network', 'nap', 'client', 'interface'].map((name) => [name, text(options, name) ?? '']),
  )
  const items: Lease__Output[] = []
  let pageToken = ''
  do {
    const page = await client().call<{ leases: Lease__Output[]; nextPageToken: string }>('LeaseService', 'listLeases', {
      ...request,
      pageSize: 1000,
      pageToken,
    })
    items.push(...page.leases)
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  if (items.length === 0 && format !== 'json') terminal.note('no leases found\n')
  terminal.out(render(format, { columns: columns(terminal.now()), items, single: false, name: nameOf }))
  return undefined
}

const nameOf = ({ network, address }: Lease__Output): string => `lease/${network}/${address}`

/** The address that is named, and its network. */
function named({ arguments: [action, address], options }: Invocation): { network: string; address: string } {
  if (address === undefined) throw new CliError(`name the address: tagsteer lease ${action} ADDRESS`)
  return { network: text(options, 'network') ?? '', address }
}

async function show(invocation: Invocation): Promise<undefined> {
  const found = await invocation.client().call<Lease__Output>('LeaseService', 'getLease', named(invocation))
  return tell(invocation, found, '')
}

async function allocate(invocation: Invocation): Promise<undefined> {
  const { arguments: words, options, client } = invocation
  const chosen = (['nap', 'profile', 'address'] as const).filter((name) => text(options, name) !== undefined)
  if (chosen.length > 1) throw new CliError(`only one of --nap, --profile, --address may be given`)
  const wait = readWait(options)
  const request: Record<string, unknown> = {
    interface: words[1] ?? '',
    client: text(options, 'client') ?? '',
    network: text(options, 'network') ?? '',
    requestId: randomUUID(),
    validateOnly: flag(options, 'dryRun'),
  }
  for (const name of chosen) request[name] = text(options, name)
  const given = await client().call<Lease__Output>('LeaseService', 'allocate', request)
  await tell(invocation, given, flag(options, 'dryRun') ? ' would be given (dry run)' : ' given')
  if (wait === 'applied' && !flag(options, 'dryRun')) await applied(invocation, given)
  return undefined
}

async function moved(invocation: Invocation, how: 'renew' | 'release'): Promise<undefined> {
  const { options, client } = invocation
  const name = named(invocation)
  const wait = readWait(options)
  const said = text(options, 'generation')
  const generation = said ?? (await client().call<Lease__Output>('LeaseService', 'getLease', name)).generation
  if (!/^[1-9][0-9]*$/.test(generation)) throw new CliError(`--generation takes a number, not ${generation}`)
  const request = { ...name, generation, requestId: randomUUID() }
  const after = await client().call<Lease__Output>('LeaseService', how, request)
  await tell(invocation, after, how === 'renew' ? ' renewed' : ' released')
  if (wait === 'applied') await applied(invocation, after)
  return undefined
}

async function applied({ options, terminal, client }: Invocation, { revision }: Lease__Output): Promise<void> {
  terminal.note(appliedText(await waitApplied(client(), revision, text(options, 'waitTimeout') ?? '30s')))
}

async function tell({ format, terminal }: Invocation, found: Lease__Output, what: string): Promise<undefined> {
  if (format === 'table' && what !== '') {
    const to = found.interface || found.client
    terminal.out(`${nameOf(found)}${what}: ${to}, NAP ${found.nap}, generation ${found.generation}\n`)
  } else terminal.out(render(format, { columns: columns(terminal.now()), items: [found], single: true, name: nameOf }))
  return undefined
}

const HOLDINGS: Column<Holding__Output>[] = [
  { header: 'FROM', cell: ({ from }) => timeText(from) || 'earlier' },
  { header: 'UNTIL', cell: ({ until }) => timeText(until) || 'now' },
  { header: 'STATE', cell: ({ lease: its }) => (its ? stateOf(its) : 'none') },
  { header: 'INTERFACE', cell: ({ lease: its }) => its?.interface ?? '' },
  { header: 'CLIENT', cell: ({ lease: its }) => its?.client ?? '' },
  { header: 'NAP', cell: ({ lease: its }) => its?.nap ?? '' },
  { header: 'GENERATION', cell: ({ generation }) => generation, align: 'right' },
  { header: 'CALLER', cell: ({ caller }) => caller, wide: true },
]

async function history(invocation: Invocation): Promise<undefined> {
  const { options, format, terminal, client } = invocation
  const at = text(options, 'at')
  const ms = at === undefined ? undefined : /^[0-9]+$/.test(at) ? Number(at) * 1000 : Date.parse(at)
  if (Number.isNaN(ms)) throw new CliError(`--at takes a time such as 2026-11-22T10:00:00Z, not ${at}`)
  const time = ms === undefined ? {} : { time: { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 } }
  const request = { ...named(invocation), ...time }
  const answer = await client().call<{ holdings: Holding__Output[]; complete: boolean }>(
    'LeaseService',
    'getLeaseHistory',
    request,
  )
  terminal.out(render(format, { columns: HOLDINGS, items: answer.holdings, single: false, name: holderOf }))
  if (!answer.complete) terminal.note('older changes were not looked through\n')
  return undefined
}

const holderOf = ({ lease: its }: Holding__Output): string => (its?.interface ? `interface/${its.interface}` : 'none')
