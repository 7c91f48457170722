/**
 * Turns the command rows into a commander program and runs one invocation: options every command shares, help with
 * examples, failures as exit codes. It knows no command by name.
 */
import { Command, CommanderError, Option } from 'commander'
import { DEFAULT_LISTEN, endpointText } from '../host/config.ts'
import { Client, type ClientOptions } from './client.ts'
import type { CommandRow, Terminal } from './command.ts'
import { VERSION } from './commands/tools.ts'
import { complete } from './completion.ts'
import { readContext } from './context.ts'
import { durationMs } from './duration.ts'
import { CliError, EXIT } from './failure.ts'
import { type Format, readFormat } from './output.ts'

const OUTPUT = 'Output:'
const CALL = 'The controller to call:'

/** Options of many commands: all that print records take the first group, all that call a controller the second. */
export function sharedOptions(groups: NonNullable<CommandRow['shared']> = ['output', 'call']): Option[] {
  const output = new Option('-o, --output <format>', 'table, wide, json, jsonl, yaml or name; flows also prints ovs')
  const call = [
    new Option('--server <host:port>', 'the controller; that of `tagsteer up` where absent').env('TAGSTEER_SERVER'),
    new Option('--cert <file>', 'client certificate').env('TAGSTEER_CERT'),
    new Option('--key <file>', 'client key').env('TAGSTEER_KEY'),
    new Option('--ca <file>', 'certificate of the authority that signed the server').env('TAGSTEER_CA'),
    new Option('--insecure', 'plaintext, on loopback only').env('TAGSTEER_INSECURE'),
    new Option('--timeout <duration>', 'give up on a call after this time').default('30s'),
  ]
  return [
    ...(groups.includes('output') ? [output.default('table').helpGroup(OUTPUT)] : []),
    ...(groups.includes('call') ? call.map((option) => option.helpGroup(CALL)) : []),
  ]
}

export function clientOptions(options: Readonly<Record<string, unknown>>): ClientOptions {
  const pick = (name: 'cert' | 'key' | 'ca'): Partial<ClientOptions> =>
    typeof options[name] === 'string' ? { [name]: options[name] } : {}
  const named = typeof options['server'] === 'string' ? options['server'] : undefined
  const context = readContext()
  const server = named ?? context?.server ?? endpointText(DEFAULT_LISTEN)
  const asked = options['insecure'] !== undefined && options['insecure'] !== false && options['insecure'] !== ''
  // A certificate that was named is meant to be used.
  const remembered = context?.server === server && context.insecure && options['cert'] === undefined
  return {
    server,
    ...pick('cert'),
    ...pick('key'),
    ...pick('ca'),
    insecure: asked || remembered,
    timeoutMs: durationMs(String(options['timeout'] ?? '30s'), '--timeout'),
  }
}

/** Runs one command line (without node and script) and resolves to its exit code. */
export async function run(words: readonly string[], rows: readonly CommandRow[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.ok
  let foreground = false
  const program = new Command('tagsteer')
    .description('Tags on interface records become enforced network partitions.')
    .version(`tagsteer ${VERSION}`, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.note(text) })
    .showHelpAfterError('(add --help for what the command takes)')
    .showSuggestionAfterError(true)
  for (const row of rows) {
    const command = program.command(row.usage).description(row.summary).exitOverride()
    for (const { flags, description, default: value } of row.options ?? []) command.option(flags, description, value)
    for (const option of sharedOptions(row.shared)) command.addOption(option)
    if (row.examples !== undefined)
      command.addHelpText('after', `\nExamples:\n${row.examples.map((line) => `  ${line}`).join('\n')}`)
    command.action(async () => {
      foreground = row.foreground === true
      exitCode = await invoke(row, command, terminal)
    })
  }
  if (words[0] === '__complete') {
    const found = await complete(
      words.slice(1),
      rows,
      () => new Client(clientOptions(process.env['TAGSTEER_SERVER'] ? { server: process.env['TAGSTEER_SERVER'] } : {})),
    ).catch(() => [])
    terminal.out(found.map((word) => `${word}\n`).join(''))
    return EXIT.ok
  }
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError)
      return error.code === 'commander.helpDisplayed' || error.code === 'commander.version' ? EXIT.ok : EXIT.error
    if (!(error instanceof CliError)) throw error
    terminal.note(`tagsteer: ${error.message}\n${error.lines.map((line) => `  ${line}\n`).join('')}`)
    return error.exitCode
  }
  return terminal.signal.aborted && !foreground ? EXIT.interrupted : exitCode
}

async function invoke(row: CommandRow, command: Command, terminal: Terminal): Promise<number> {
  const options = command.opts<Record<string, unknown>>()
  let client: Client | undefined
  const format: Format =
    options['output'] === 'ovs' && row.usage.startsWith('flows')
      ? 'table'
      : readFormat(String(options['output'] ?? 'table'))
  try {
    const code = await row.run({
      arguments: command.args,
      options,
      format,
      terminal,
      client: () => {
        client ??= new Client(clientOptions(options))
        return client
      },
    })
    return code ?? EXIT.ok
  } finally {
    client?.close()
  }
}
