/** `tagsteer certs`: the development authority and certificates signed by it, made, kept or renewed. */
import { join } from 'node:path'
import { type CertOutcome, CertsError, ensureCerts, type Holder } from '../../host/certs.ts'
import { nearest } from '../../host/yaml.ts'
import { ROLES, type Role } from '../../model/roles.ts'
import { type CommandRow, type Invocation, text, texts } from '../command.ts'
import { home } from '../context.ts'
import { CliError } from '../failure.ts'
import { render } from '../output.ts'
import type { Column } from '../table.ts'
import { DEVELOPMENT } from './up.ts'

const KINDS = ['all', 'server', 'client', 'switch'] as const

const COLUMNS: Column<CertOutcome>[] = [
  { header: 'CERTIFICATE', cell: ({ cert }) => cert },
  { header: 'SUBJECT', cell: ({ subject }) => subject.replaceAll(', ', ',') },
  { header: 'EXPIRES', cell: ({ expires }) => new Date(expires).toISOString().slice(0, 10) },
  { header: 'STATE', cell: ({ action }) => action },
  { header: 'KEY', cell: ({ key }) => key, wide: true },
]

export const certs: CommandRow = {
  usage: 'certs [kind] [name]',
  summary: 'Make development certificates: all, or one for the server, a client with a role, or a switch',
  options: [
    { flags: '--dir <directory>', description: 'where; the certs folder of TAGSTEER_HOME where absent' },
    { flags: '--host <host...>', description: 'names and addresses of the server beside localhost' },
    { flags: '--role <role>', description: `what a client may do: ${ROLES.join(', ')}` },
    { flags: '--days <days>', description: 'how long certificates are good for', default: '365' },
  ],
  examples: [
    'tagsteer certs --host controller.example.org',
    'tagsteer certs client --role provisioner',
    'tagsteer certs client dashboard --role viewer',
    'tagsteer certs switch s1',
  ],
  shared: ['output'],
  async run(invocation) {
    const { options, format, terminal } = invocation
    const days = Number(text(options, 'days'))
    if (!Number.isInteger(days) || days < 1 || days > 3650)
      throw new CliError(`--days takes a whole number from 1 to 3650, not ${text(options, 'days')}`)
    const directory = text(options, 'dir') ?? join(home(), 'certs')
    try {
      const items = await ensureCerts({ directory, holders: holders(invocation), now: terminal.now(), days })
      terminal.out(render(format, { columns: COLUMNS, items, single: false, name: ({ cert }) => cert }))
    } catch (error) {
      if (error instanceof CertsError) throw new CliError(error.message)
      throw error
    }
    return undefined
  },
}

function holders({ arguments: [word = 'all', name], options }: Invocation): Holder[] {
  const kind = KINDS.find((known) => known === word)
  const hosts = texts(options, 'host')
  const role = text(options, 'role')
  if (kind === undefined) {
    const near = nearest(word, KINDS)
    throw new CliError(
      `no certificates are for a ${word}: use ${KINDS.join(', ')}`,
      1,
      near ? [`did you mean ${near}?`] : [],
    )
  }
  if (role !== undefined && kind !== 'client')
    throw new CliError('--role is for clients: tagsteer certs client --role ROLE')
  if (hosts.length > 0 && kind !== 'server' && kind !== 'all') throw new CliError('--host is for the server')
  if (name !== undefined && kind !== 'client' && kind !== 'switch') throw new CliError(`${kind} takes no name`)
  if (kind === 'server') return [{ kind, hosts }]
  if (kind === 'switch') return [{ kind, name: name ?? 'switch' }]
  if (kind === 'all') return [{ kind: 'server', hosts }, ...DEVELOPMENT]
  const known = readRole(role ?? name)
  return [{ kind: 'client', name: name ?? known, role: known }]
}

function readRole(word: string | undefined): Role {
  const role = ROLES.find((known) => known === word)
  if (role !== undefined) return role
  const near = nearest(word ?? '', ROLES)
  throw new CliError(word === undefined ? 'a client needs a role' : `there is no role ${word}`, 1, [
    `roles: ${ROLES.join(', ')}`,
    ...(near === undefined ? [] : [`did you mean ${near}?`]),
  ])
}
