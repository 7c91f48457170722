/** Declarative change: validate, apply; and waiting until switches enforce it. What apply would do is in diff.ts. */
import { randomUUID } from 'node:crypto'
import type { Applied__Output } from '../../proto/gen/tagsteer/v1/Applied.ts'
import type { AppliedStatus__Output } from '../../proto/gen/tagsteer/v1/AppliedStatus.ts'
import type { ApplyRequest } from '../../proto/gen/tagsteer/v1/ApplyRequest.ts'
import type { ApplyResponse__Output } from '../../proto/gen/tagsteer/v1/ApplyResponse.ts'
import { changeText } from '../change-text.ts'
import type { Client } from '../client.ts'
import { type CommandRow, flag, type Invocation, text, texts } from '../command.ts'
import { durationMs } from '../duration.ts'
import { CliError, EXIT } from '../failure.ts'
import { findingLine } from '../finding-text.ts'
import { KINDS } from '../kinds.ts'
import { manifestFiles, type Placed, readManifests } from '../manifest.ts'
import { render } from '../output.ts'
import { PLAN_OPTIONS, runPlan, wantsPlan } from '../plan.ts'

export const FILES = {
  flags: '-f, --filename <path...>',
  description: 'manifest files or folders; - is standard input',
}
export const RECURSIVE = { flags: '-R, --recursive', description: 'go into folders' }
export const OWNER = { flags: '--owner <name>', description: 'write this owner into the records' }
export const PRUNE = { flags: '--prune', description: "delete the owner's records that are not in the manifests" }

/** The manifests that the options name. */
export async function read({ options, terminal }: Invocation): Promise<Placed[]> {
  const paths = texts(options, 'filename')
  if (paths.length === 0) throw new CliError('name manifests with -f FILE, -f FOLDER or -f -')
  const files = manifestFiles(paths, flag(options, 'recursive'))
  return readManifests(files, files.includes('-') ? await terminal.readInput() : '')
}

/** One Apply of manifests. */
export function send(invocation: Invocation, placed: Placed[], validateOnly: boolean): Promise<ApplyResponse__Output> {
  const request = { ...changeOf(invocation, placed), requestId: randomUUID(), validateOnly }
  return invocation.client().call('ApplyService', 'apply', request)
}

/** The records of manifests, and how they are to be made so. */
function changeOf({ options }: Invocation, placed: Placed[]): ApplyRequest {
  const owner = text(options, 'owner') ?? ''
  const prune = flag(options, 'prune')
  if (prune && owner === '') throw new CliError('--prune deletes only what one owner holds: name it with --owner')
  const records = placed.map(({ manifest }) => KINDS.find(({ title }) => title === manifest.kind)!.toRecord(manifest))
  return { records: records as ApplyRequest['records'] & object, owner, prune }
}

/** Waits for a generation; throws a CliError that names the laggards where the time is up. */
export function waitApplied(client: Client, generation: string, timeout: string): Promise<AppliedStatus__Output> {
  const timeoutMs = durationMs(timeout, '--wait-timeout')
  // The call's own deadline is later, so that the controller's answer names the switches.
  return client.call('FlowService', 'waitApplied', { generation, timeoutMs }, timeoutMs + 5000)
}

/** The value of --wait. */
export function readWait(options: Invocation['options']): 'none' | 'applied' {
  const wait = text(options, 'wait') ?? 'none'
  if (wait !== 'none' && wait !== 'applied') throw new CliError(`--wait takes none or applied, not ${wait}`)
  return wait
}

/** How far a generation has come, for people. Switches that are away keep what they have and are not waited for. */
export function appliedText({ generation, switches }: AppliedStatus__Output, afterMs?: number): string {
  const connected = switches.filter((one) => one.connected).length
  if (connected === 0) return `generation ${generation}: no switch is connected\n`
  const time = afterMs === undefined ? '' : ` after ${afterMs} ms`
  return `generation ${generation} applied on ${connected} of ${switches.length} switches${time}\n`
}

const WORD: Record<string, string> = {
  OUTCOME_CREATED: 'created',
  OUTCOME_UPDATED: 'configured',
  OUTCOME_UNCHANGED: 'unchanged',
  OUTCOME_DELETED: 'deleted',
}

const outcomeLine = ({ kind, name, outcome }: Applied__Output, suffix: string): string =>
  `${kind}/${name} ${WORD[outcome] ?? outcome}${suffix}\n`

export const validate: CommandRow = {
  usage: 'validate',
  summary: 'Check manifests without a controller or, with --server-side, also with it',
  options: [
    FILES,
    RECURSIVE,
    { flags: '--server-side', description: 'also let the controller check references and limits' },
  ],
  examples: ['tagsteer validate -f net.yaml', 'tagsteer validate -f net.yaml -o yaml'],
  async run(invocation) {
    const placed = await read(invocation)
    if (flag(invocation.options, 'serverSide')) await send(invocation, placed, true)
    const { format, terminal } = invocation
    if (format === 'yaml' || format === 'json') {
      terminal.out(render(format, { columns: [], items: placed.map(({ manifest }) => manifest), single: false }))
    } else terminal.out(`${placed.length} record${placed.length === 1 ? '' : 's'} valid\n`)
    return undefined
  },
}

export const apply: CommandRow = {
  usage: 'apply',
  summary: 'Make records as the manifests say: all of them or, where one is wrong, none',
  options: [
    FILES,
    RECURSIVE,
    OWNER,
    PRUNE,
    { flags: '--dry-run', description: 'check and report; change nothing' },
    { flags: '--diff', description: 'print the change as a unified diff' },
    { flags: '--wait <state>', description: 'none, or applied: return when switches enforce it', default: 'none' },
    { flags: '--wait-timeout <duration>', description: 'how long to wait', default: '30s' },
    { flags: '--print-wait-time', description: 'say how long it took until switches enforced it' },
    { flags: '--error-unchanged', description: 'exit 2 where nothing had to change' },
    ...PLAN_OPTIONS,
  ],
  examples: [
    'tagsteer apply -f net.yaml --dry-run --diff',
    'tagsteer apply -f net.yaml --wait applied',
    'tagsteer apply -f net.yaml --plan',
    'tagsteer apply -f net.yaml --plan --fail-on cut,deny',
    'cat net.yaml | tagsteer apply -f -',
  ],
  async run(invocation) {
    const { options, format, terminal, client } = invocation
    const wait = readWait(options)
    const dry = flag(options, 'dryRun')
    const isPlan = wantsPlan(invocation)
    const placed = await read(invocation)
    if (isPlan) return runPlan(invocation, changeOf(invocation, placed))
    const { results, generation, warnings } = await send(invocation, placed, dry)
    terminal.note(warnings.map(findingLine).join(''))
    if (flag(options, 'diff')) terminal.out(changeText(results))
    if (format === 'json')
      terminal.out(render('json', { columns: [], items: [{ generation, results, warnings }], single: true }))
    else terminal.out(results.map((result) => outcomeLine(result, dry ? ' (dry run)' : '')).join(''))
    const changed = results.some(({ outcome }) => outcome !== 'OUTCOME_UNCHANGED')
    if (!dry && wait === 'applied') {
      const started = terminal.now()
      const status = await waitApplied(client(), generation, text(options, 'waitTimeout') ?? '30s')
      terminal.note(appliedText(status, flag(options, 'printWaitTime') ? terminal.now() - started : undefined))
    }
    return !changed && flag(options, 'errorUnchanged') ? EXIT.different : EXIT.ok
  },
}
